"""Whether an output can be written, and the lock that keeps two runs from one place; `sim.files` writes."""

from __future__ import annotations

import errno
import os
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
