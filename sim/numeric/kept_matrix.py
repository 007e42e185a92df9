"""Sparse matrices that are kept on disk: making the confusions of 34,000 actors takes a second, reading them no time.

They stand in the cache folder, a file each, named by a hash of all that they depend on, the code that makes them
included.  A file is written whole or not at all, holds plain arrays (no pickles), and is checked when it is read.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from scipy import sparse

from sim.numeric.cache_folder import cache_folder, digest_of, write_arrays

LARGE = 2000
"""Rows from which on a matrix is worth a file."""
EFFORT = 100_000
"""Numbers to be looked at from which on a matrix is worth a file, however small it is."""
MOST_BYTES = 400 << 20
"""Of all files; the ones that were read longest ago go first."""
PREFIX = "matrix-"


def kept_matrix(
    parts: Sequence[object], code: Sequence[str], rows: int, make: Callable[[], sparse.csr_array], effort: int = 0
) -> sparse.csr_array:
    """A square CSR matrix with float64 entries, from disk where it is there.

    Args:
        parts: all that the matrix depends on; bytes as they are, anything else by its `repr`.
        code: files of the code that makes it.
        rows: how many it has; a small one is always made, unless that is an effort.
        effort: how many numbers are looked at to make it.
    """
    if rows < LARGE and effort < EFFORT:
        return make()
    h = hashlib.blake2b(digest_size=16)
    for part in (*map(digest_of, code), np.__version__, *parts):
        h.update(part if isinstance(part, bytes) else repr(part).encode())
        h.update(b"\0")
    path = cache_folder() / f"{PREFIX}{h.hexdigest()}.npz"
    found = _read(path, rows)
    if found is None:
        found = make()
        _write(path, found)
    return found


def _read(path: Path, rows: int) -> sparse.csr_array | None:
    """The matrix of a file; None where it can't be read or is none."""
    try:
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as arrays:
            indptr, indices, data = (arrays[name] for name in ("indptr", "indices", "data"))
        os.utime(path)
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):
        return None
    kinds = indptr.dtype == indices.dtype == np.int32 and data.dtype == np.float64
    if not kinds or indptr.shape != (rows + 1,) or indices.ndim != 1 or indices.shape != data.shape:
        return None
    whole = indptr[0] == 0 and indptr[-1] == len(indices) and (np.diff(indptr) >= 0).all()
    inside = len(indices) == 0 or (indices.min() >= 0 and indices.max() < rows)
    if not (whole and inside and np.isfinite(data).all()):
        return None
    return sparse.csr_array((data, indices, indptr), shape=(rows, rows))


def _write(path: Path, matrix: sparse.csr_array) -> None:
    arrays = {"indptr": matrix.indptr.astype(np.int32), "indices": matrix.indices.astype(np.int32)}
    with suppress(OSError):
        write_arrays(path, arrays | {"data": matrix.data.astype(np.float64)}, f"{PREFIX}*.npz", MOST_BYTES)
