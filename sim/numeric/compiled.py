"""Loops that are compiled: `@compiled` over a function that reads like its formula.

numba compiles a function when it is first called, and keeps what it made on disk.  No sums are reordered
(`fastmath` is off) and nothing runs in parallel inside a loop, so that a dialogue's figures are the same bits whatever
is computed beside it, on one thread or on several: the interpreter's lock is released meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numba

Function = TypeVar("Function", bound=Callable)


def compiled(function: Function) -> Function:
    """The function, compiled at its first call for the types of its arguments."""
    return numba.njit(cache=True, nogil=True, error_model="numpy")(function)
