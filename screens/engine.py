"""Threads that think, so that the keyboard never waits.

An `Engine` is one daemon thread with a queue: jobs run in order, each result comes back as a message and is handled on
the app's own thread.  A game lives on one engine, so that a session is only ever touched from one thread; searches
while typing have another.  A daemon, because Ctrl+C in the middle of a thought must end the program at once.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import TYPE_CHECKING, Generic, TypeVar

from textual.message import Message

if TYPE_CHECKING:
    from textual.app import App

Result = TypeVar("Result")


class JobDone(Message, Generic[Result]):
    """A job has a result; the app calls `deliver`."""

    def __init__(self, then: Callable[[Result], None], result: Result) -> None:
        super().__init__()
        self.then, self.result = then, result

    def deliver(self) -> None:
        self.then(self.result)


class JobFailed(Message):
    """A job has raised; the app calls `deliver`."""

    def __init__(self, failed: Callable[[Exception], None], error: Exception) -> None:
        super().__init__()
        self.failed, self.error = failed, error

    def deliver(self) -> None:
        self.failed(self.error)


class Engine:
    """One thread that works for an app."""

    def __init__(self, app: App[None], name: str) -> None:
        self._app = app
        self._jobs: SimpleQueue[Callable[[], Message] | None] = SimpleQueue()
        self._pending = 0
        threading.Thread(target=self._run, name=name, daemon=True).start()

    @property
    def busy(self) -> bool:
        """A job is waiting or at work."""
        return self._pending > 0

    def submit(
        self,
        job: Callable[[], Result],
        then: Callable[[Result], None] = lambda result: None,
        failed: Callable[[Exception], None] | None = None,
    ) -> None:
        """Run a job, then call `then` with its result, or `failed` with its exception, on the app's thread.

        Without `failed` the exception is raised there.
        """
        self._pending += 1

        def done(result: Result) -> None:
            self._pending -= 1
            then(result)

        def not_done(error: Exception) -> None:
            self._pending -= 1
            if failed is None:
                raise error
            failed(error)

        def work() -> Message:
            try:
                return JobDone(done, job())
            except Exception as error:
                return JobFailed(not_done, error)

        self._jobs.put(work)

    def stop(self) -> None:
        """End after the job at hand; waiting ones are dropped."""
        while not self._jobs.empty():
            self._jobs.get()
        self._jobs.put(None)

    def _run(self) -> None:
        while (work := self._jobs.get()) is not None:
            self._app.post_message(work())
