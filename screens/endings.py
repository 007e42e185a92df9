"""What ends the app from outside: signals, and a terminal that was closed without one."""

from __future__ import annotations

import select
import signal
import sys

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
