"""Compiled loops that are kept on disk: compiling all takes up to a minute, reading them a few tenths of a second.

Nothing imports this but a loop's first call, for it imports numba.

numba's own cache looks at a loop's own file alone: it would go on using a loop whose callee in another file has
changed.  It also writes its index before what the index names, and reads whatever it finds.  Here each compiled loop is
one file, written whole or not at all.  Its name is a hash of all that it depends on: its code and that of all loops it
reaches, the constants that they name, the types of the arguments, the processor, all versions.  It begins with a hash
of its name and content.

Files lie beside Python's own, in `__pycache__`, which are read as code just the same.  Where that can't be written they
lie in the cache folder, which must then be the user's alone: they are pickles, and reading a pickle runs it.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import pickle
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

import numba
import numpy as np
from numba.core.caching import NullCache
from numba.core.compiler import CompileResult
from numba.core.serialize import dumps

from sim.files import write_atomically
from sim.numeric.cache_folder import digest_of, make_room, mine_alone, private_folder
from sim.numeric.first_use import before_compiling, compile_elsewhere, say_once

PREFIX = "loop-"
MOST_BYTES = 64 << 20
"""Of all files in one folder; the ones that were used longest ago go first."""
CHECK = 16
"""Bytes of the hash at the beginning of a file."""
OUTSIDE = ("numba", "numpy", "llvmlite", "math", "builtins")
"""Modules that their versions say all of."""


def start(function: Callable) -> Any:
    """numba's dispatcher for a function; the function itself where NUMBA_DISABLE_JIT is set."""
    dispatcher: Any = numba.njit(nogil=True, error_model="numpy")(function)
    if dispatcher is not function:
        dispatcher._cache = KeptLoops(function)
    return dispatcher


class KeptLoops(NullCache):
    """What numba asks for a loop before it compiles it, and tells when it has."""

    def __init__(self, function: Callable) -> None:
        self._function = function
        self._beside = Path(importlib.util.cache_from_source(function.__code__.co_filename)).parent

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """The compiled loop for these types of arguments; None where it must be compiled."""
        target_context.refresh()
        found = self._read(sig, target_context)
        if found is None and self._is_kept_anywhere() and compile_elsewhere():
            found = self._read(sig, target_context)
        if found is None:
            before_compiling()
        return found

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep a compiled loop."""
        if data.library.has_dynamic_globals or any(not loop.can_cache for loop in data.lifted):
            return  # it holds addresses of this process
        content = dumps((sig, data._reduce()))
        name = self._name(sig, data.codegen)
        content = _check(name, content) + content
        if not sys.dont_write_bytecode:
            with suppress(OSError):
                _write(self._beside / name, content, 0o666)
                return
        try:
            _write(private_folder(make=True) / name, content, 0o600)
        except OSError as error:
            why = f"{error.filename}: {error.strerror}" if error.strerror else str(error)
            say_once(
                f"clarigym: what was compiled can't be kept, and is compiled again each time ({why}); let the "
                "environment variable CLARIGYM_CACHE name a folder of your own"
            )

    def _is_kept_anywhere(self) -> bool:
        """Whether a loop can be kept; what another process compiles would be lost otherwise."""
        beside = self._beside if self._beside.exists() else self._beside.parent
        if not sys.dont_write_bytecode and beside.is_dir() and os.access(beside, os.W_OK):
            return True
        with suppress(OSError):
            return os.access(private_folder(make=True), os.W_OK)
        return False

    def _read(self, sig: Any, target_context: Any) -> Any:
        name = self._name(sig, target_context.codegen())
        content = _content(self._beside / name)
        if content is None:
            with suppress(OSError):
                content = _content(private_folder(make=False) / name, private=True)
        if content is None:
            return None
        try:
            kept, parts = pickle.loads(content)
            return CompileResult._rebuild(target_context, *parts) if kept == sig else None
        except Exception:  # whatever numba makes of a file that is no loop of its own: it is compiled anew
            return None

    def _name(self, sig: Any, codegen: Any) -> str:
        settings = sorted(item for item in os.environ.items() if item[0].startswith("NUMBA_"))
        depends_on = (
            self._function.__module__,
            self._function.__qualname__,
            str(sig),
            codegen.magic_tuple(),
            sys.version,
            numba.__version__,
            np.__version__,
            settings,
        )
        h = hashlib.blake2b(repr(depends_on).encode(), digest_size=16)
        for part in _reached(self._function):
            h.update(part + b"\0")
        return f"{PREFIX}{self._function.__name__}-{h.hexdigest()}.bin"


def _content(path: Path, private: bool = False) -> bytes | None:
    """What a file holds behind its hash; None where it is missing, broken or, where it must be, not the user's own."""
    try:
        with open(path, "rb") as file:
            if private and not mine_alone(os.fstat(file.fileno())):
                return None
            content = file.read()
    except OSError:
        return None
    check, content = content[:CHECK], content[CHECK:]
    if check != _check(path.name, content):
        return None
    with suppress(OSError):
        os.utime(path)
    return content


def _check(name: str, content: bytes) -> bytes:
    return hashlib.blake2b(name.encode() + content, digest_size=CHECK).digest()


def _write(path: Path, content: bytes, mode: int) -> None:
    write_atomically(path, content, mode)
    make_room(path.parent, f"{PREFIX}*", 0, MOST_BYTES)


def _reached(function: Callable) -> Iterator[bytes]:
    """All that a loop is made of, and the loops that it reaches: their code, and the constants that it names.

    As they are in memory: somebody may have changed the source since it was imported.
    """
    seen: set[Callable] = set()
    waiting = [function]
    while waiting:
        loop = waiting.pop()
        if loop in seen:
            continue
        seen.add(loop)
        yield repr((loop.__defaults__, _described(loop.__code__))).encode()
        for name, value in _globals(loop):
            inner = getattr(value, "__wrapped__", None)
            if isinstance(inner, FunctionType):
                waiting.append(inner)
            else:
                yield name.encode() + b"=" + _constant(value)


def _described(code: CodeType) -> tuple:
    """What a code object does, without the lines that it stands on."""
    inner = [
        _described(x) if isinstance(x, CodeType) else sorted(map(repr, x)) if isinstance(x, frozenset) else x
        for x in code.co_consts
    ]
    return code.co_code, inner, code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars, code.co_flags


def _globals(function: Callable) -> Iterator[tuple[str, Any]]:
    """The global names in a function with their values, and the names that it takes from modules."""
    names = sorted(set(_names(function.__code__)))
    for name in names:
        value = function.__globals__.get(name)
        if not isinstance(value, ModuleType):
            yield name, value
        elif value.__name__.split(".")[0] not in OUTSIDE:
            yield from ((inner, getattr(value, inner)) for inner in names if hasattr(value, inner))


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _names(inner)


def _constant(value: Any) -> bytes:
    """A constant by its value; what is defined somewhere, such as a class, by its name and its file."""
    if isinstance(value, np.ndarray):
        return repr((value.dtype, value.shape)).encode() + value.tobytes()
    name = getattr(value, "__qualname__", None) or repr(value)
    module = sys.modules.get(getattr(value, "__module__", None) or "builtins")
    file = getattr(module, "__file__", None)
    if module is None or file is None or module.__name__.split(".")[0] in OUTSIDE:
        return name.encode()
    return name.encode() + digest_of(file)
