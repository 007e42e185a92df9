"""How far a run is, on stderr: a bar once it has taken two seconds, lines where stderr is no terminal."""

from __future__ import annotations

import sys
import time
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
    """

    def __init__(self, what: str) -> None:
        self.what = what
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
            self.bar = _bar()
            self.bar.start()
            self.task = self.bar.add_task(self.what, total=of)
        self.bar.update(self.task, completed=min(done, of), total=of, description=brief)


def _bar() -> Progress:
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    from agents.commands.console import console

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"),
               TimeRemainingColumn())  # fmt: skip
    return Progress(*columns, console=console(stderr=True), transient=True)
