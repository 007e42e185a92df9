"""Files that are whole or absent, several of them together, and the lock that keeps two runs from one place."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Mapping
from pathlib import Path

from agents.errors import BusyError, InputError


def check_output(path: str | Path) -> None:
    """That a file can be written there, before the work that it is for begins.

    Raises:
        InputError: it is a folder, a pipe or a device, or there is no folder for it.
        PermissionError: the system would refuse.
    """
    path = Path(path)
    if path.is_dir():
        raise InputError(f"cannot write {path}: it is a folder")
    if path.exists() and not path.is_file():
        raise InputError(f"cannot write {path}: it is a pipe or a device; name a file")
    if not path.parent.is_dir():
        raise InputError(f"cannot write {path}: there is no folder {path.parent}")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))


def write_atomically(path: Path, data: bytes) -> None:
    """The file as a whole, or not at all; its folder is made.

    Raises:
        OSError: the folder can't be made or written, the disk is full.
    """
    write_together({path: data})


def write_together(files: Mapping[Path, bytes]) -> None:
    """These files, each as a whole; none of them where the disk refuses one.

    Raises:
        OSError: as `write_atomically`; it names a file or their folder.
    """
    mine = f"{os.getpid()}.{threading.get_ident()}"
    beside = {path: path.with_name(f".{path.name}.{mine}") for path in files}
    try:
        for path, data in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            with open(beside[path], "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        for path in files:
            os.replace(beside[path], path)
    except OSError as error:
        error.filename = error.filename or str(next(iter(files)).parent)
        raise
    finally:
        for path in beside.values():
            path.unlink(missing_ok=True)


def lock(held: int, path: Path) -> None:
    """Locks an open file or folder until it is closed; does nothing where the system has no such locks.

    Raises:
        BusyError: another run holds it.
    """
    try:
        import fcntl
    except ImportError:  # not a POSIX system
        return
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise BusyError(f"{path} is being written by another run; wait for it, or choose another --out") from None
