"""Reading what a user names, a regular file of bounded size, as bytes, text, JSON or TOML; writing files that are whole
or absent, several of them together.

A pipe would keep a command waiting without a word, a device may never end, and text that is nested without end exhausts
the interpreter's stack.  Each is refused, in one sentence, by the error that the caller names.
"""

from __future__ import annotations

import contextlib
import json
import os
import stat
import threading
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

LARGEST = 1 << 31
"""Bytes of a table or of rows."""
LARGEST_BY_HAND = 1 << 24
"""Bytes of what a person writes: TOML, scenarios, configurations."""


def user_path(path: str | Path) -> Path:
    """With ~ at its beginning expanded, where there is such a home."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        return Path(path)


def check_regular(path: str | Path, error: type[ValueError], largest: int | None = None) -> None:
    """That a file can be read to its end, in bounded time.

    Args:
        error: what to raise.
        largest: bytes; None leaves the size open.

    Raises:
        error: no such file, a folder, a pipe or a device, too large.
    """
    try:
        found = os.stat(path)
    except OSError as problem:
        raise error(f"cannot read {path}: {problem.strerror or problem}") from None
    if stat.S_ISDIR(found.st_mode):
        raise error(f"cannot read {path}: it is a folder")
    if not stat.S_ISREG(found.st_mode):
        raise error(f"cannot read {path}: it is a pipe or a device; write it to a file first")
    if largest is not None and found.st_size > largest:
        sizes = f"it has {found.st_size / 1e6:,.0f} MB, at most {largest / 1e6:,.0f} MB are read"
        raise error(f"cannot read {path}: {sizes}")


def read_bytes(path: str | Path, error: type[ValueError], largest: int = LARGEST) -> bytes:
    """The whole of a file.

    Raises:
        error: as `check_regular`, or the system refuses.
    """
    check_regular(path, error, largest)
    try:
        return Path(path).read_bytes()
    except OSError as problem:
        raise error(f"cannot read {path}: {problem.strerror or problem}") from None


def read_text(path: str | Path, error: type[ValueError], largest: int = LARGEST_BY_HAND) -> str:
    """The whole of a file in UTF-8.

    Raises:
        error: as `read_bytes`, or it is not UTF-8.
    """
    try:
        return read_bytes(path, error, largest).decode("utf-8")
    except UnicodeDecodeError as problem:
        raise error(f"{path} is not UTF-8 (byte {problem.start}); save it as UTF-8") from None


def parse_json(text: str | bytes, where: str, error: type[ValueError], way_out: str = "") -> Any:
    """What a text in JSON says.

    Args:
        where: what the message begins with.
        way_out: what it ends with.

    Raises:
        error: it is not JSON, or nested too deeply.
    """
    try:
        return json.loads(text)
    except json.JSONDecodeError as problem:
        why = f"{problem.msg} at column {problem.colno}"
    except RecursionError:
        why = "nested too deeply"
    except ValueError as problem:  # not UTF-8, or a number of thousands of digits
        why = str(problem).split(";")[0]
    raise error(f"{where}: not JSON ({why}){way_out}")


def parse_toml(text: str, where: str, error: type[ValueError]) -> dict[str, Any]:
    """What a text in TOML says.

    Raises:
        error: it is not TOML, or nested too deeply.
    """
    try:
        return tomllib.loads(text)
    except RecursionError:
        why = "nested too deeply"
    except ValueError as problem:
        why = str(problem).split(";")[0]
    raise error(f"{where} is not TOML: {why}")


def write_atomically(path: Path, data: bytes, mode: int = 0o666) -> None:
    """The file as a whole, or not at all; arguments and errors as `writing`."""
    with writing(path, mode) as file:
        file.write(data)


@contextlib.contextmanager
def writing(path: Path, mode: int = 0o666) -> Iterator[BinaryIO]:
    """A file to write to, which takes the place of `path` at the end, unless something is raised; its folder is made.

    Args:
        mode: who may read and write it, less what the process's umask takes away.

    Raises:
        OSError: the folder can't be made or written, the disk is full; it names the file or its folder.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(beside, "wb", opener=lambda name, flags: os.open(name, flags, mode)) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    except OSError as error:
        error.filename = error.filename or str(path.parent)
        raise
    finally:
        with contextlib.suppress(OSError):
            beside.unlink()


def write_together(files: Mapping[Path, bytes]) -> None:
    """These files, each as a whole; none of them where the disk refuses one.

    Raises:
        OSError: the folder can't be made or written, the disk is full; it names a file or its folder.
    """
    with contextlib.ExitStack() as whole:  # it is left in the order opposite to that of entering
        for path, data in reversed(list(files.items())):
            file = whole.enter_context(writing(path))
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
