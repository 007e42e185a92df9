"""Exit codes of every command, the error that means "your input", and the checks of numbers that raise it.

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


LARGEST_SEED = 2**63 - 1
LARGEST_BUDGET = 10_000
"""Questions in a dialogue; every dialogue has room for all of them."""
LARGEST_EPISODE = 2**40 - 1
"""The number of an episode; what learning holds out has numbers beyond."""
MOST_EPISODES = 10_000_000
"""Of one run."""
MOST_WORKERS = 256


def check_seed(value: int, name: str = "seed") -> None:
    """Raises InputError unless 0 <= value <= LARGEST_SEED."""
    at_least(name, value, 0)
    at_most(name, value, LARGEST_SEED)


def check_budget(value: int, name: str = "budget") -> None:
    """Raises InputError unless 1 <= value <= LARGEST_BUDGET."""
    at_least(name, value, 1)
    at_most(name, value, LARGEST_BUDGET)


def check_episodes(count: int, first: int = 0) -> None:
    """Raises InputError where these are no episodes of one run."""
    at_least("episodes", count, 1)
    at_most("episodes", count, MOST_EPISODES)
    at_least("first_episode", first, 0)
    at_most("first_episode", first, LARGEST_EPISODE - count)


def at_least(name: str, value: int, least: int) -> None:
    """Raises InputError unless value >= least."""
    if value < least:
        raise InputError(f"{name} = {value}; it must be at least {least}")


def at_most(name: str, value: int, most: int) -> None:
    """Raises InputError unless value <= most."""
    if value > most:
        raise InputError(f"{name} = {value}; it must be at most {most}")


def printable(text: str) -> str:
    r"""The text with whatever is not printable escaped: quoted from a file, it can't command a terminal.

    >>> printable("a\x1b]0;b\x07.csv")
    'a\\x1b]0;b\\x07.csv'
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
