"""Catalogues that were read from a file are kept on disk as arrays: reading them again needs no polars.

Each is a file in the cache folder, named by a hash of the data file and its sidecar, of what `load` was told besides,
and of the code that reads them.  It holds plain arrays and JSON (no pickles), is written whole or not at all, and is
checked when it is read.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from sim.catalogue.catalogue import Catalogue, CatalogueError, Facet
from sim.catalogue.sidecar import sidecar_path
from sim.catalogue.wording import KINDS, Wording
from sim.files import LARGEST
from sim.numeric.cache_folder import cache_folder, digest_of, write_arrays

SMALL = 4000
"""Bytes of a data file below which it is always read anew."""
MOST_BYTES = 1 << 30
"""Of all files; the ones that were used longest ago go first."""
PREFIX = "catalogue-"
CODE = sorted(str(path) for path in Path(__file__).parent.glob("*.py"))
CATALOGUE, FACET = ("name", "noun", "source"), ("name", "kind", "users", "landmarks", "questions", "heard")
"""What a catalogue and a facet hold that is no array and no list of texts."""
ARRAYS = {"indptr": np.int64, "indices": np.int32, "lower": np.float64, "over": np.float64, "coarse": np.int32,
          "prior": np.float64, "means": np.int64}  # fmt: skip
"""Their arrays, one facet's after the other's; `means` are the values of the aliases."""
TEXTS = ("values", "thresholds", "options")


def kept_catalogue(path: Path, overrides: Mapping[str, Any], make: Callable[[], Catalogue]) -> Catalogue:
    """The catalogue of a data file, from the cache folder where it is there.

    Args:
        path: the data file.
        overrides: what goes before the keys of its sidecar.
        make: reads the file.

    Raises:
        CatalogueError: as `make` raises.
    """
    before = _state(path)
    if before is None or not SMALL <= before[0][1] <= LARGEST:
        return make()
    try:
        kept = cache_folder() / f"{PREFIX}{_hash(path, overrides)}.npz"
    except (OSError, TypeError, ValueError):  # it can't be read; an override is more than words and numbers
        return make()
    found = _read(kept)
    if found is None:
        found = make()
        if _state(path) == before:  # nobody has written to it meanwhile
            _write(kept, found)
    return found


def _state(path: Path) -> list[tuple[int, int]] | None:
    """When the data file and its sidecar were changed, and their sizes; None where there is no such file."""
    try:
        if not path.is_file():
            return None
        found = [file.stat() for file in (path, sidecar_path(path)) if file.is_file()]
    except (OSError, ValueError):
        return None
    return [(one.st_mtime_ns, one.st_size) for one in found]


def _hash(path: Path, overrides: Mapping[str, Any]) -> str:
    h = hashlib.blake2b(digest_size=16)
    told = json.dumps([path.name, dict(overrides), np.__version__], sort_keys=True)
    h.update(told.encode())
    for code in CODE:
        h.update(digest_of(code))
    for file in (path, sidecar_path(path)):
        if file.is_file():
            with open(file, "rb") as content:
                h.update(hashlib.file_digest(content, "blake2b").digest())
        h.update(b"\0")
    return h.hexdigest()


# --- reading -----------------------------------------------------------------------------------------------------


def _read(path: Path) -> Catalogue | None:
    """The catalogue of a file; None where it can't be read or is none."""
    try:
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as arrays:
            found = _catalogue(arrays)
        os.utime(path)
    except (OSError, ValueError, TypeError, KeyError, IndexError, EOFError, BadZipFile, CatalogueError):
        return None
    return found


def _catalogue(arrays: Mapping[str, np.ndarray]) -> Catalogue:
    """Raises ValueError, TypeError, KeyError or IndexError where they are no catalogue."""
    about = json.loads(arrays["about"].tobytes())
    texts = _InOrder(_texts(arrays["texts"], about["texts"]))
    numbers = {name: _InOrder(_array(arrays[name], kind)) for name, kind in ARRAYS.items()}
    n = about["intents"]
    parts = {"intents": texts.next(n), "ids": texts.next(n), "prior": numbers["prior"].next(n)}
    parts |= {name: str(about[name]) for name in CATALOGUE} | {"texts": texts.next(about["described"])}
    return Catalogue(facets=tuple(_facet(one, texts, numbers) for one in about["facets"]), **parts)


class _InOrder:
    """What lies one after the other."""

    def __init__(self, whole: Any) -> None:
        self._whole, self._at = whole, 0

    def next(self, count: int) -> Any:
        """As many as are asked for.

        Raises:
            IndexError: there are less.
        """
        begin, self._at = self._at, self._at + count
        if not begin <= self._at <= len(self._whole):
            raise IndexError(count)
        return self._whole[begin : self._at]


def _facet(about: Mapping[str, Any], texts: _InOrder, numbers: Mapping[str, _InOrder]) -> Facet:
    counts = about["counts"]
    parts: dict[str, Any] = {name: about[name] for name in FACET} | {"wording": Wording(**about["wording"])}
    parts |= {name: texts.next(counts[name]) for name in TEXTS}
    if not parts["options"]:
        parts["options"] = parts["values"]
    parts |= {name: numbers[name].next(count) for name, count in counts.items() if name in ARRAYS}
    called, means = texts.next(counts["called"]), numbers["means"].next(counts["called"])
    facet = Facet(aliases=dict(zip(called, means.tolist(), strict=True)), **parts)
    _check(facet)
    return facet


def _check(facet: Facet) -> None:
    """Raises ValueError where a facet's parts don't fit each other."""
    count, indptr, indices = len(facet.values), facet.indptr, facet.indices
    by_value = [len(x) for x in (facet.lower, facet.over, facet.coarse, facet.thresholds or None) if x is not None]
    fits = [
        facet.kind in KINDS,
        indptr[0] == 0 and indptr[-1] == len(indices) and bool((np.diff(indptr) >= 0).all()),
        _within(indices, count),
        all(length == count for length in by_value),
        len(by_value) >= 3 if facet.kind == "number" else not by_value,
        facet.coarse is None or _within(facet.coarse, len(facet.options)),
        all(0 <= value < count for value in facet.aliases.values()),
    ]
    if not all(fits):
        raise ValueError(f"facet {facet.name} is broken")


def _within(ids: np.ndarray, count: int) -> bool:
    return len(ids) == 0 or bool(ids.min() >= 0 and ids.max() < count)


def _array(array: np.ndarray, kind: type) -> np.ndarray:
    if array.ndim != 1 or array.dtype != kind:
        raise ValueError("another kind of array")
    return array


def _texts(array: np.ndarray, count: int) -> tuple[str, ...]:
    texts = array.tobytes().decode().split("\0")
    if len(texts) != count:
        raise ValueError("another number of texts")
    return tuple(texts)


# --- writing -----------------------------------------------------------------------------------------------------


def _write(path: Path, catalogue: Catalogue) -> None:
    about: dict[str, Any] = {name: getattr(catalogue, name) for name in CATALOGUE}
    about |= {"intents": len(catalogue), "described": len(catalogue.texts), "facets": []}
    texts: list[Sequence[str]] = [catalogue.intents, catalogue.ids, catalogue.texts]
    numbers: dict[str, list[np.ndarray]] = {name: [np.empty(0, kind)] for name, kind in ARRAYS.items()}
    numbers["prior"].append(catalogue.prior)
    for facet in catalogue.facets:
        lists = {name: getattr(facet, name) for name in TEXTS} | {"called": tuple(facet.aliases)}
        if facet.options == facet.values:
            lists["options"] = ()
        mine = {name: array for name in ARRAYS if (array := getattr(facet, name, None)) is not None}
        counts = {name: len(part) for name, part in (lists | mine).items()}
        mine["means"] = np.array(list(facet.aliases.values()), np.int64)
        texts += lists.values()
        for name, array in mine.items():
            numbers[name].append(array)
        one = {name: getattr(facet, name) for name in FACET}
        about["facets"].append(one | {"counts": counts, "wording": asdict(facet.wording)})
    try:
        arrays = {"texts": _bytes(texts)} | {name: np.concatenate(parts) for name, parts in numbers.items()}
        about["texts"] = sum(map(len, texts))
        arrays["about"] = np.frombuffer(json.dumps(about).encode(), np.uint8)
        write_arrays(path, arrays, f"{PREFIX}*.npz", MOST_BYTES)
    except (OSError, TypeError, ValueError):  # the disk refuses; a sidecar holds a date, or a text what parts texts
        return


def _bytes(lists: Sequence[Sequence[str]]) -> np.ndarray:
    """Texts one after the other, parted by zeros.

    Raises:
        ValueError: one of them holds a zero.
    """
    whole = "\0".join(itertools.chain.from_iterable(lists))
    if whole.count("\0") != sum(map(len, lists)) - 1:
        raise ValueError("a text holds a zero")
    return np.frombuffer(whole.encode(), np.uint8)
