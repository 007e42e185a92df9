"""Chunks in processes of this machine.

Workers are spawned, not forked: the table reader holds threads that a fork would break.  Where one of them is killed,
`concurrent.futures` gives the whole pool up; then a new pool does again what was in hand.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import pickle
import signal
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from agents.evaluation.executor import LOST, threads_of_workers
from envs.compile_all import compile_all
from sim.numeric.cache_folder import folder_for_workers

IN_HAND = 2
"""Chunks in hand for each worker: one that it does, and one that waits, so that it never does."""


class Processes:
    """Chunks in several processes.

    Args:
        workers: how many.
    """

    def __init__(self, workers: int):
        self.workers = workers

    def start(self, work: Callable[[Any], Any]) -> None:
        self._work = pickle.dumps(work)
        self._in_hand: dict[Future[Any], int] = {}
        self._lost: list[int] = []
        self._leave = contextlib.ExitStack()
        self._leave.enter_context(folder_for_workers())
        compile_all()  # or each of them would
        self._leave.enter_context(threads_of_workers())
        self._pool = self._new_pool()

    def _new_pool(self) -> ProcessPoolExecutor:
        context = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(self.workers, context, initializer=_begin, initargs=(self._work, os.getpid()))

    def room(self) -> int:
        return IN_HAND * self.workers

    def submit(self, number: int, chunk: Any) -> None:
        try:
            self._in_hand[self._pool.submit(_do, chunk)] = number
        except BrokenProcessPool:  # a worker died this moment
            self._lost.append(number)

    def collect(self) -> Sequence[tuple[int, Any]]:
        out: list[tuple[int, Any]] = []
        lost, self._lost = self._lost, []
        if not lost:
            for future in wait(self._in_hand, return_when=FIRST_COMPLETED).done:
                number = self._in_hand.pop(future)
                if isinstance(future.exception(), BrokenProcessPool):
                    lost.append(number)
                else:
                    out.append((number, future.result()))
        if lost:
            self._replace_pool(out, lost)
        return out

    def _replace_pool(self, out: list[tuple[int, Any]], lost: list[int]) -> None:
        """Gather what the broken pool still gives, and begin another."""
        self._pool.shutdown()
        for future, number in self._in_hand.items():
            error = future.exception()
            if error is None:
                out.append((number, future.result()))
            else:
                lost.append(number)
        self._in_hand = {}
        out += [(number, LOST) for number in sorted(lost)]
        self._pool = self._new_pool()

    def stop(self, early: bool) -> None:
        pool = getattr(self, "_pool", None)
        if pool is not None:
            if early:  # an error, Ctrl+C: it must not wait for chunks that nobody wants
                for child in list((getattr(pool, "_processes", None) or {}).values()):
                    child.terminate()
            pool.shutdown()
        self._leave.close()


_pickled: bytes = b""
_work: Callable[[Any], Any] | None = None


def _begin(work: bytes, parent: int) -> None:
    global _pickled
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C reaches the whole group; the parent ends us
    threading.Thread(target=_leave_with_parent, args=(parent,), daemon=True).start()
    _pickled = work


def _leave_with_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1.0)
    os._exit(1)


def _do(chunk: Any) -> Any:
    global _work
    if _work is None:
        _work = pickle.loads(_pickled)
    assert _work is not None
    return _work(chunk)
