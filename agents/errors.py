"""Exit codes of every command, and the error that means "your input".

stdout carries data, stderr narration; a code tells a script what happened without reading either.
"""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """What a command's exit status means."""

    OK = 0
    """Done; of `run`: every expectation holds."""
    FAILED = 1
    """Done, and what was asked about doesn't hold: a scenario failed, a checked catalogue has errors."""
    BAD_INPUT = 2
    """An option, a file or a name that can't be used; stderr says which, where, and the way out."""
    INTERNAL = 3
    """A fault of clarigym itself; CLARIGYM_TRACEBACK=1 shows where."""
    SYSTEM = 4
    """The machine refused: disk full, no permission, the file is in use by another run."""
    HANGUP = 129
    """The terminal was closed (SIGHUP)."""
    INTERRUPTED = 130
    """Ctrl+C."""
    TERMINATED = 143
    """SIGTERM."""


class InputError(ValueError):
    """Input that can't be used; the message says what, where and the way out."""


class BusyError(OSError):
    """A file that another run is writing."""


class HelpGiven(Exception):
    """The command line asked for help, which has been printed: there is nothing more to do."""


def printable(text: str) -> str:
    r"""The text with whatever is not printable escaped: quoted from a file, it can't command a terminal.

    >>> printable("a\x1b]0;b\x07.csv")
    'a\\x1b]0;b\\x07.csv'
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
