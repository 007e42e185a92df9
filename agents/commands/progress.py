"""How far a run is, on stderr: a bar once it has taken two seconds, lines where stderr is no terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

PATIENCE_S = 2.0
"""A run that is over sooner shows no bar."""


class RunProgress:
    """Call it with how far the run is.

    Args:
        what: what is being done, until there is more to say.
        with_time: whether the bar says how long it will take, by what is done; off where the caller knows better.
    """

    def __init__(self, what: str, with_time: bool = True) -> None:
        self.what, self.with_time = what, with_time
        self.begun = time.monotonic()
        self.bar: Progress | None = None
        self.task: TaskID | None = None
        self.last = 0

    def __enter__(self) -> RunProgress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.bar is not None:
            self.bar.stop()

    def __call__(self, done: int, of: int, brief: str, line: str) -> None:
        """
        Args:
            done, of: in any unit.
            brief: beside the bar.
            line: where there is no bar; a line for each tenth of the run, and for its end.
        """
        if sys.stderr.isatty():
            self._show(done, of, brief)
            return
        every = max(1, of // 10)
        if done // every > self.last // every or done >= of:
            print(line, file=sys.stderr, flush=True)
        self.last = done

    def _show(self, done: int, of: int, brief: str) -> None:
        if self.bar is None or self.task is None:
            if time.monotonic() - self.begun < PATIENCE_S:
                return
            self.bar = _bar(self.with_time)
            self.bar.start()
            self.task = self.bar.add_task(self.what, total=of)
        self.bar.update(self.task, completed=min(done, of), total=of, description=brief)


@contextmanager
def encoding_progress() -> Iterator[Callable[[int, int], None]]:
    """What to tell how many texts are encoded: silent for two seconds, and altogether where it takes no longer."""
    begun: list[float] = []
    with RunProgress("texts are encoded") as progress:

        def tell(done: int, of: int) -> None:
            begun.append(time.monotonic())
            if begun[-1] - begun[0] >= PATIENCE_S:
                said = f"{done:,} of {of:,} texts of the catalogue are encoded, once on this machine"
                progress(done, of, "the catalogue's texts are encoded, once on this machine", said)

        yield tell


def _bar(with_time: bool) -> Progress:
    from rich.progress import BarColumn, Progress, ProgressColumn, TextColumn, TimeRemainingColumn

    from agents.commands.console import console

    columns: list[ProgressColumn] = [
        TextColumn("{task.description}", markup=False), BarColumn(), TextColumn("{task.percentage:>3.0f} %"),
    ]  # fmt: skip
    if with_time:
        columns.append(TimeRemainingColumn())
    return Progress(*columns, console=console(stderr=True), transient=True)
