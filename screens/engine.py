"""Threads that think, so that the keyboard never waits.

An `Engine` is one daemon thread with a queue: jobs run in order, each result comes back as a message and is handled on
the app's own thread.  A game lives on one engine, so that a session is only ever touched from one thread; searches
while typing have another.  A daemon, because Ctrl+C in the middle of a thought must end the program at once.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from textual.message import Message

if TYPE_CHECKING:
    from textual.app import App


class Done(Message):
    """A job has ended; the app calls `deliver`."""

    def __init__(self, then: Callable[[Any], None], failed: Callable[[Exception], None] | None, result: Any) -> None:
        super().__init__()
        self.then, self.failed, self.result = then, failed, result

    def deliver(self) -> None:
        if not isinstance(self.result, Exception):
            self.then(self.result)
        elif self.failed is not None:
            self.failed(self.result)
        else:
            raise self.result


class Engine:
    """One thread that works for an app."""

    def __init__(self, app: App, name: str) -> None:
        self._app = app
        self._jobs: SimpleQueue = SimpleQueue()
        self._pending = 0
        threading.Thread(target=self._run, name=name, daemon=True).start()

    @property
    def busy(self) -> bool:
        """A job is waiting or at work."""
        return self._pending > 0

    def submit(
        self,
        job: Callable[[], Any],
        then: Callable[[Any], None] = lambda result: None,
        failed: Callable[[Exception], None] | None = None,
    ) -> None:
        """Run a job, then call `then` with its result, or `failed` with its exception, on the app's thread."""
        self._pending += 1

        def landed(call: Callable[[Any], None]) -> Callable[[Any], None]:
            def wrapped(result: Any) -> None:
                self._pending -= 1
                call(result)

            return wrapped

        def fail(error: Exception) -> None:
            if failed is None:
                raise error
            failed(error)

        self._jobs.put((job, landed(then), landed(fail)))

    def stop(self) -> None:
        """End after the job at hand; waiting ones are dropped."""
        while not self._jobs.empty():
            self._jobs.get()
        self._jobs.put(None)

    def _run(self) -> None:
        while (entry := self._jobs.get()) is not None:
            job, then, failed = entry
            try:
                result = job()
            except Exception as error:
                result = error
            self._app.post_message(Done(then, failed, result))
