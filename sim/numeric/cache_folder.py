"""The folder in which what is dear to make is kept: matrices, catalogues that were read, compiled loops.

Each is a file, named by a hash of all that it depends on; one that is missing, broken or can't be written costs the
time of making it anew, and nothing else.  The folder may be deleted at any time.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import tempfile
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import numpy as np

from sim.files import writing


def cache_folder() -> Path:
    """CLARIGYM_CACHE, or clarigym in the user's cache; for a user without a home, a folder among the temporary ones."""
    given, caches = os.environ.get("CLARIGYM_CACHE"), os.environ.get("XDG_CACHE_HOME")
    if given:
        return Path(given)
    try:
        return (Path(caches) if caches else Path.home() / ".cache") / "clarigym"
    except RuntimeError:  # a container's user of whom nothing is known but a number
        return Path(tempfile.gettempdir()) / f"clarigym-{os.getuid() if hasattr(os, 'getuid') else 0}"


def private_folder(make: bool) -> Path:
    """The cache folder, where nobody else can write to it: what is read from it as code must be the user's own.

    Args:
        make: whether to make it where it is missing.

    Raises:
        OSError: it is missing or can't be made, or others can put files into it.
    """
    folder = cache_folder()
    if make:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not mine_alone(os.stat(folder)):
        raise OSError(f"others can write to {folder}")
    return folder


@contextlib.contextmanager
def folder_for_workers() -> Iterator[None]:
    """Within this, processes that are started share what is kept, even where nothing can be kept for later.

    Where the cache folder can't be written, CLARIGYM_CACHE names a folder that is there for as long.
    """
    before = os.environ.get("CLARIGYM_CACHE")
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):  # no room among the temporary files either: each keeps its own in memory
            if not _can_be_written():
                temporary = tempfile.TemporaryDirectory(prefix="clarigym-", ignore_cleanup_errors=True)
                os.environ["CLARIGYM_CACHE"] = stack.enter_context(temporary)
                stack.callback(_set_or_unset, "CLARIGYM_CACHE", before)
        yield


def _can_be_written() -> bool:
    try:
        return os.access(private_folder(make=True), os.W_OK)
    except OSError:
        return False


def _set_or_unset(variable: str, value: str | None) -> None:
    if value is None:
        os.environ.pop(variable, None)
    else:
        os.environ[variable] = value


def mine_alone(found: os.stat_result) -> bool:
    """Whether a file or a folder is the user's own and nobody else can write to it."""
    if not hasattr(os, "getuid"):  # Windows, where a user's folders are his own
        return True
    return found.st_uid == os.getuid() and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def make_room(folder: Path, pattern: str, more: int, most: int) -> None:
    """Delete the files of a pattern that were used longest ago, until this many bytes more fit into so many.

    Raises:
        OSError: the folder can't be read, or a file not be deleted.
    """
    kept = []
    for file in folder.glob(pattern):
        try:
            found = file.stat()
        except FileNotFoundError:  # another process made room meanwhile
            continue
        kept.append((found.st_mtime, found.st_size, file))
    total = more + sum(size for _, size, _ in kept)
    for _, size, file in sorted(kept):
        if total <= most:
            return
        file.unlink(missing_ok=True)
        total -= size


def write_arrays(path: Path, arrays: Mapping[str, np.ndarray], pattern: str, most: int) -> None:
    """An npz file in the cache folder, whole or not at all.

    Args:
        pattern, most: the files of its kind, and how many bytes of them are kept.

    Raises:
        OSError: the folder can't be made or written, the disk is full.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    make_room(path.parent, pattern, sum(array.nbytes for array in arrays.values()), most)
    with writing(path) as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]


@cache
def digest_of(file: str) -> bytes:
    """A hash of a file's content."""
    return hashlib.blake2b(Path(file).read_bytes(), digest_size=16).digest()
