"""Where chunks of work are done: in this process, in others on this machine, or on a cluster.

`results` gives the results of chunks in the order of the chunks, whoever did them and in whatever order they came.  A
chunk whose worker was lost (killed, out of memory, on a machine that went down) is done again.  What is done with a
chunk must depend on the chunk alone; then results are the same in any arrangement.

An `Executor` only takes chunks and gives back results as they come.  Order, losses and the end of a run are seen to
here, once for all of them.  It knows nothing of what the chunks are.
"""

from __future__ import annotations

import contextlib
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

MOST_LOSSES = 3
"""A chunk whose workers were lost so often is not done again: it may be what ends them."""
AHEAD = 16
"""Chunks begun before the first one that is missing, for each that can be worked on at once: results wait in memory."""
RAY_NEEDS = "--executor ray needs Ray, the extra `ray`: pip install -c constraints.txt '.[ray]' in the checkout"


class Lost:
    """In place of a result: the worker that had the chunk is gone."""


LOST = Lost()


class LostWorkersError(ChildProcessError):
    """Workers were lost again and again, or there is none left."""


class Executor(Protocol):
    """Takes chunks and gives back results, in any order."""

    def start(self, work: Callable[[Any], Any]) -> None:
        """Get ready.

        Args:
            work: what is done with a chunk.  It is pickled for workers in other processes, each of which unpickles it
                once; what it keeps between chunks saves time and must not change a result.

        Raises:
            InputError: workers can't be had.
        """
        ...

    def room(self) -> int:
        """How many chunks may be in hand at once, at least 1."""
        ...

    def submit(self, number: int, chunk: Any) -> None:
        """Take a chunk in hand."""
        ...

    def collect(self) -> Sequence[tuple[int, Any]]:
        """Wait until at least one chunk in hand is done or lost.

        Returns:
            The numbers of those that are, each with its result or `LOST`.

        Raises:
            Exception: whatever `work` raised.
            LostWorkersError: no worker is left, and none will come.
        """
        ...

    def stop(self, early: bool) -> None:
        """Let workers go; once only, after `start`, even one that raised.

        Args:
            early: chunks are still in hand, whose results nobody wants.
        """
        ...


def results(
    executor: Executor, work: Callable[[Any], Any], chunks: Sequence[Any],
    on_loss: Callable[[], object] = lambda: None,
) -> Iterator[Any]:  # fmt: skip
    """What `work` gives for each chunk, in the order of the chunks.

    Args:
        on_loss: called for each chunk that is done again.

    Raises:
        LostWorkersError: workers of one chunk were lost `MOST_LOSSES` times, or none is left.
        Exception: whatever `work` or the start of workers raised.
    """
    early = True
    try:
        executor.start(work)
        yield from _in_order(executor, chunks, on_loss)
        early = False
    finally:
        executor.stop(early)


def _in_order(executor: Executor, chunks: Sequence[Any], on_loss: Callable[[], object]) -> Iterator[Any]:
    done: dict[int, Any] = {}
    again: list[int] = []
    losses: Counter[int] = Counter()
    begun = given = in_hand = 0
    while given < len(chunks):
        room = executor.room()
        while in_hand < room and (again or begun < min(len(chunks), given + AHEAD * room)):
            if again:
                number = again.pop(0)
            else:
                number, begun = begun, begun + 1
            executor.submit(number, chunks[number])
            in_hand += 1
        for number, result in executor.collect():
            in_hand -= 1
            if result is LOST:
                losses[number] += 1
                _check_losses(losses[number])
                again.append(number)
                on_loss()
            else:
                done[number] = result
        while given in done:
            yield done.pop(given)
            given += 1


def _check_losses(count: int) -> None:
    if count == MOST_LOSSES:
        raise LostWorkersError(f"workers died {count} times at the same episodes, perhaps for want of memory; "
                               "try fewer --workers, and go on with --resume")  # fmt: skip


class InProcess:
    """Does one chunk after the other, here and now."""

    def start(self, work: Callable[[Any], Any]) -> None:
        self._work = work
        self._in_hand: list[tuple[int, Any]] = []

    def room(self) -> int:
        return 1

    def submit(self, number: int, chunk: Any) -> None:
        self._in_hand.append((number, chunk))

    def collect(self) -> Sequence[tuple[int, Any]]:
        number, chunk = self._in_hand.pop(0)
        return [(number, self._work(chunk))]

    def stop(self, early: bool) -> None:
        self._in_hand = []


@contextlib.contextmanager
def threads_of_workers() -> Iterator[dict[str, str]]:
    """One thread a worker in whatever reads these variables, unless they are set; gives those that were set."""
    names = [n for n in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "POLARS_MAX_THREADS") if n not in os.environ]
    os.environ.update(dict.fromkeys(names, "1"))
    try:
        yield dict.fromkeys(names, "1")
    finally:
        for name in names:
            os.environ.pop(name, None)
