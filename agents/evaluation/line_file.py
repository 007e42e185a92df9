"""A file of lines that survives whatever befalls the run that writes it.

Lines are appended by one write and synced, so that what a kill, a full disk or a lost machine leaves is a prefix and at
most one broken line, which a run that is resumed cuts off.  A lock keeps two runs from one file.  Nothing is ever
overwritten.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from agents.errors import InputError
from agents.files import check_output, lock


def check_line_file(path: str | Path, resume: bool) -> None:
    """That lines can be written there; for a command to ask before its work begins.

    Raises:
        InputError: it holds something and `resume` is off, or it can't be a file.
        PermissionError: the system would refuse.
    """
    check_output(path)
    if not resume and Path(path).exists() and Path(path).stat().st_size:
        raise InputError(f"{path} exists; go on with it by --resume, or choose another --out")


class LineFile:
    """Appends lines to a file; a context manager that holds its lock.

    Args:
        path: the file.
        resume: go on with an existing file; an empty one may be there in any case.
        what: what the lines are, for messages.

    Raises:
        InputError: the file exists and `resume` is off, or it can't be a file.
        BusyError: another run is writing it.
    """

    def __init__(self, path: str | Path, resume: bool, what: str):
        self.path, self.what = Path(path), what
        check_line_file(path, resume)
        self._fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            lock(self._fd, self.path)
            check_line_file(path, resume)  # again, for it may have been begun meanwhile
            data = self.path.read_bytes()
        except BaseException:
            os.close(self._fd)
            raise
        self._whole = data.rfind(b"\n") + 1
        self._broken = data[self._whole :]
        self.lines = data[: self._whole].splitlines()
        """Those that were there already, without their ends."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        os.close(self._fd)

    def cut(self, first: str) -> None:
        """Cut off a broken last line; to be called once the lines before are known to be of the same run.

        Args:
            first: how the first line begins, by which it is known where it is the broken one.

        Raises:
            InputError: it is the first one, and not of such a file.
        """
        if not self.lines and not first.encode().startswith(self._broken[: len(first)]):
            raise InputError(f"{self.path} holds something else than {self.what}; choose another --out")
        if self._broken:
            os.ftruncate(self._fd, self._whole)

    def append(self, lines: Sequence[str]) -> None:
        """Add lines and sync them; all of them or, when the disk refuses, none.

        Raises:
            OSError: the disk refused; the lines before are safe.
        """
        data = "".join(line + "\n" for line in lines).encode()
        before = os.fstat(self._fd).st_size
        try:
            written = 0
            while written < len(data):
                written += os.write(self._fd, data[written:])
            os.fsync(self._fd)
        except OSError as error:
            with contextlib.suppress(OSError):
                os.ftruncate(self._fd, before)
            reason = f"{error.strerror or error}; the {self.what} before are safe, go on with --resume"
            raise OSError(error.errno, reason, str(self.path)) from None
