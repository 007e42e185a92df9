"""What is said and done when loops must be compiled, which takes up to a minute, once on a machine."""

from __future__ import annotations

import contextlib
import multiprocessing
import sys
from collections.abc import Callable, Iterator

TOLD_AT = 3
"""The loop before whose compiling it is said; one or two take no more than a moment."""
_said: set[str] = set()
_compiled = 0
_elsewhere: Callable[[], None] | None = None


def say_once(sentence: str) -> None:
    """A line on stderr, once, and not from each worker of a pool."""
    if sentence in _said or multiprocessing.parent_process() is not None:
        return
    _said.add(sentence)
    if sys.stderr is not None:
        print(sentence, file=sys.stderr, flush=True)


def loops_compiled() -> int:
    """How many loops this process has compiled, or begun to, because they were not on disk."""
    return _compiled


def before_compiling() -> None:
    """To be called before a loop is compiled."""
    global _compiled
    _compiled += 1
    if _compiled == TOLD_AT:
        say_once("clarigym: compiling, once on this machine; it takes up to a minute")


@contextlib.contextmanager
def compiled_elsewhere(compile_all: Callable[[], None]) -> Iterator[None]:
    """Within this, the first loop that is not on disk has all of them compiled by `compile_all`, which waits.

    For an app: compiling holds the interpreter's lock, so it is to be done by another process.  What is not on disk
    after that is compiled here.
    """
    global _elsewhere
    _elsewhere = compile_all
    try:
        yield
    finally:
        _elsewhere = None


def compile_elsewhere() -> bool:
    """Whether another process has compiled now, so that looking on disk again is worth while."""
    global _elsewhere
    if _elsewhere is None:
        return False
    compile_all, _elsewhere = _elsewhere, None
    compile_all()
    return True
