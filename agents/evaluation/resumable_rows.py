"""A file of rows that survives whatever befalls the run that writes it.

JSONL: a header (schema, configuration, catalogue's fingerprint, versions), then one row an episode, in an order that
the configuration fixes.  Rows are appended in whole lines by one write and synced, so that what a kill, a full disk or
a lost machine leaves is a prefix and at most one broken line, which `resume` cuts off.  A lock keeps two runs from one
file.  Nothing is ever overwritten.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from agents.errors import InputError
from agents.files import lock

SCHEMA = "clarigym.rows/2"


class RowFile:
    """Appends rows to a file; a context manager that holds its lock.

    Args:
        path: the file.
        header: what its first line must say; `made_with` in it is for people and isn't compared.
        resume: go on with an existing file.

    Raises:
        InputError: the file exists and `resume` is off, or it is of another configuration, or is no file of rows.
        BusyError: another run is writing it.
    """

    def __init__(self, path: str | Path, header: dict[str, Any], resume: bool):
        self.path = Path(path)
        self.rows: list[dict[str, Any]] = []
        """Those that were there already."""
        if self.path.is_dir():
            raise InputError(f"{path} is a folder; --out takes a file")
        if not self.path.parent.exists():
            raise InputError(f"cannot write {path}: there is no folder {self.path.parent}")
        self._fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            lock(self._fd, self.path)
            self._begin({"schema": SCHEMA} | header, resume)
        except BaseException:
            os.close(self._fd)
            raise

    def __enter__(self) -> RowFile:
        return self

    def __exit__(self, *error: object) -> None:
        os.close(self._fd)

    def append(self, rows: Sequence[dict[str, Any]]) -> None:
        """Add rows and sync them; all of them or, when the disk refuses, none.

        Raises:
            OSError: the disk refused; the rows before are safe.
        """
        self._write("".join(json.dumps(row, separators=(",", ":"), ensure_ascii=False) + "\n" for row in rows))

    def _begin(self, header: dict[str, Any], resume: bool) -> None:
        data = self._read()
        if not data:
            self._write(json.dumps(header, separators=(",", ":"), ensure_ascii=False) + "\n")
            return
        if not resume:
            raise InputError(f"{self.path} exists; go on with it by --resume, or choose another --out")
        whole = data.rfind(b"\n") + 1
        lines = data[:whole].splitlines()
        if not lines:
            os.ftruncate(self._fd, 0)  # killed within the header
            self._begin(header, resume)
            return
        check_header(self.path, parse(lines[0], self.path, 1), header)
        # A line that was cut and then written on can only be the work of another program: it is reported, not mended.
        self.rows = [parse(line, self.path, number) for number, line in enumerate(lines[1:], 2)]
        if whole < len(data):
            os.ftruncate(self._fd, whole)

    def _read(self) -> bytes:
        with open(self.path, "rb") as file:
            return file.read()

    def _write(self, text: str) -> None:
        data = text.encode()
        before = os.fstat(self._fd).st_size
        try:
            written = 0
            while written < len(data):
                written += os.write(self._fd, data[written:])
            os.fsync(self._fd)
        except OSError as error:
            with contextlib.suppress(OSError):
                os.ftruncate(self._fd, before)
            reason = f"{error.strerror or error}; the rows before are safe, go on with --resume"
            raise OSError(error.errno, reason, str(self.path)) from None


def check_header(path: Path, found: dict[str, Any], wanted: dict[str, Any]) -> None:
    """Raises InputError naming what differs."""
    if found.get("schema") != wanted["schema"]:
        raise InputError(f"{path}: its schema is {found.get('schema')!r}, this version writes '{wanted['schema']}'")
    differs = []
    for key in sorted((found.keys() | wanted.keys()) - {"made_with"}):
        a, b = found.get(key), wanted.get(key)
        if isinstance(a, dict) and isinstance(b, dict):
            pairs = {k: (a.get(k), b.get(k)) for k in sorted(a.keys() | b.keys())}
        else:
            pairs = {key: (a, b)}
        differs += [f"{k} ({x!r} there, {y!r} now)" for k, (x, y) in pairs.items() if x != y]
    if differs:
        raise InputError(f"{path} can't be resumed, the configuration differs: {'; '.join(differs)}")


def parse(line: bytes, path: Path, number: int) -> dict[str, Any]:
    """One line as an object.

    Raises:
        InputError: it is none.
    """
    try:
        data = json.loads(line)
    except ValueError:
        raise InputError(f"{path}, line {number}: not JSON; delete the line and all after it, then --resume") from None
    if not isinstance(data, dict):
        raise InputError(f"{path}, line {number}: expected an object")
    return data


def read_rows(path: str | Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Header and rows of a file; a last line that a kill cut in half is passed over.

    Raises:
        InputError: it can't be read or is no file of rows.
    """
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from None
    lines = data[: data.rfind(b"\n") + 1].splitlines()
    try:
        header = json.loads(lines[0]) if lines else None
    except ValueError:  # no word about --resume, as parse has: whatever this file is, there is nothing to resume
        raise InputError(f"{path}, line 1: not JSON, so it is no file of evaluate's rows") from None
    if not isinstance(header, dict) or header.get("schema") != SCHEMA:
        raise InputError(f"{path}, line 1: no file of evaluate's rows; its first line must have the schema '{SCHEMA}'")
    return header, [parse(line, Path(path), number) for number, line in enumerate(lines[1:], 2)]
