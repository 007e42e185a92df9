"""What ends an app from outside: signals, and a terminal that was closed without one."""

from __future__ import annotations

import asyncio
import contextlib
import select
import signal
import sys

from textual.app import App

from sim.numeric.first_use import compiled_elsewhere

CHECK_TERMINAL_S = 1.0
"""How often the app looks whether its terminal is still there."""


def ending_signals() -> list[signal.Signals]:
    """Those that this system has, but for the ignored ones: `nohup` asks for that."""
    all_of_them = [getattr(signal, name, None) for name in ("SIGINT", "SIGTERM", "SIGHUP")]
    return [number for number in all_of_them if number is not None and signal.getsignal(number) != signal.SIG_IGN]


def terminal_is_gone() -> bool:
    """Whether the terminal was closed: reading from it then gives nothing at once, over and over."""
    if sys.__stdin__ is None or not hasattr(select, "poll"):  # not a POSIX system
        return False
    poll = select.poll()
    poll.register(sys.__stdin__.fileno(), 0)
    return any(event & (select.POLLHUP | select.POLLERR) for _, event in poll.poll(0))


class EndedApp(App[None]):
    """An app that a signal ends as "quit" does, so that the terminal is as it was."""

    ended_by: signal.Signals | None = None

    def compile(self) -> None:
        """Have the loops that think compiled, in a process of its own: in a thread here they would hold up the keys."""
        from envs.compile_all import compile_in_another_process

        compile_in_another_process()

    def leave_on_signals(self) -> None:
        """Call it once the app is mounted."""
        loop = asyncio.get_running_loop()
        for number in ending_signals():
            # Not every system's loop can do this, and none outside the main thread.
            with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
                loop.add_signal_handler(number, self._end_by, number)

        # A terminal that is closed sends a signal, unless this process has left its session, as after `setsid`.
        if "SIGHUP" in signal.Signals.__members__ and not self.is_headless:
            self.set_interval(CHECK_TERMINAL_S, lambda: self._end_by(signal.SIGHUP) if terminal_is_gone() else None)

    def _end_by(self, number: signal.Signals) -> None:
        self.ended_by = number
        self.exit()


def run_app(app: EndedApp) -> None:
    """Run an app to its end; a signal that ended it is sent again, to whoever waited for it before."""
    before = {number: signal.getsignal(number) for number in ending_signals()}
    with compiled_elsewhere(app.compile):
        app.run()
    for number, handler in before.items():
        signal.signal(number, handler)
    if app.ended_by is not None:
        signal.raise_signal(app.ended_by)
