"""Loops that are compiled: `@compiled` over a function that reads like its formula.

No sums are reordered (`fastmath` is off) and nothing runs in parallel inside a loop, so that a dialogue's figures are
the same bits whatever is computed beside it, on one thread or on several: the interpreter's lock is released meanwhile.

numba is imported when a loop is first called, not before: a command's help needs none of it.  `sim.numeric.kept_loops`
keeps what was compiled on disk.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import update_wrapper
from typing import Any, TypeVar, cast

Function = TypeVar("Function", bound=Callable)
_starting = threading.RLock()


class CompiledLoop:
    """A function of a module that is compiled when it is first called, for the types of its arguments.

    It may call others of its kind by their names, in whichever module they stand.  For numba asks any object of its
    own type, `_numba_type_`, when it meets it in a function that it compiles.
    """

    __wrapped__: Callable
    """The function as it stands in the source."""
    __qualname__: str

    def __init__(self, function: Callable) -> None:
        update_wrapper(self, function)
        self._run = self._first
        self._dispatcher: Any = None

    def __call__(self, *arguments: Any) -> Any:
        return self._run(*arguments)

    def _first(self, *arguments: Any) -> Any:
        self._run = self.dispatcher
        return self._run(*arguments)

    @property
    def dispatcher(self) -> Any:
        """numba's dispatcher."""
        with _starting:
            if self._dispatcher is None:
                from sim.numeric.kept_loops import start

                self._dispatcher = start(self.__wrapped__)
            return self._dispatcher

    @property
    def _numba_type_(self) -> Any:
        return self.dispatcher._numba_type_

    def __reduce__(self) -> str:
        return self.__qualname__  # as functions are pickled: by name

    def __repr__(self) -> str:
        return f"<compiled {self.__module__}.{self.__qualname__}>"


def compiled(function: Function) -> Function:
    """The function, compiled at its first call; for functions that stand in a module, with positional arguments."""
    return cast(Function, CompiledLoop(function))
