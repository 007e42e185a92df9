"""What users want: N intents with a prior, and facets that give each intent a value, several or none.

A facet stores its intent-by-value relation once, as CSR rows.  Values that hold for exactly the same intents can't be
told apart by any question on that facet, so they are merged here, before users, kernels and questions are made: one
name is shown and the others stay findable as aliases.  (Never across facets: how well people remember a director and
an actor differs.)  Numbers live on fine bins; people state them as one of a dozen coarse ones
(`sim.catalogue.numbers`).

Nothing here reads files: that is `sim.catalogue.load`, which needs polars.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from sim.catalogue.numbers import make_bins, plain
from sim.catalogue.wording import KINDS, Kind, Wording
from sim.numeric.randomness import mix

FLAG_VALUES = ("no", "yes")
"""What the two values of a flag are called."""


class CatalogueError(ValueError):
    """A catalogue that can't be used; the message says what, where, and the way out.

    `row` (counted from 1, the header not counted) and `column` are the place where there is one.
    """

    def __init__(self, message: str, *, row: int | None = None, column: str | None = None):
        super().__init__(message)
        self.row = row
        self.column = column


@dataclass(frozen=True, eq=False, kw_only=True)
class Facet:
    """One attribute of the intents: N rows, V values.

    `one`, `number` and `flag` hold at most one value a row; `many` any number; an empty row is unknown.
    """

    name: str
    kind: Kind
    wording: Wording
    values: tuple[str, ...]
    """(V,) the name shown for each value; for numbers the label of its fine bin; for a flag ("no", "yes")."""
    indptr: np.ndarray
    """(N + 1,) int64: row i's values are indices[indptr[i]:indptr[i + 1]]."""
    indices: np.ndarray
    """(nnz,) int32 value ids, ascending within a row."""
    lower: np.ndarray | None = None
    """(V,) numbers only: the lower end of each fine bin, in the facet's unit."""
    over: np.ndarray | None = None
    """(V,) numbers only: the intents of bins >= v are exactly those over this number."""
    thresholds: tuple[str, ...] = ()
    """(V,) numbers only: what `over` is called, where it is more than a number and its unit: "March 2021"."""
    landmarks: Mapping[str, float] = field(default_factory=dict)
    """Numbers only: things that people know the number of, "a cat" to 4; a question may name one."""
    coarse: np.ndarray | None = None
    """(V,) int32, numbers only: the option of the open question that each fine bin belongs to."""
    options: tuple[str, ...] = ()
    """(O,) what an open answer can say: the values, or for numbers the coarse bins."""
    aliases: Mapping[str, int] = field(default_factory=dict)
    """Every name in the data, merged ones too, to its value id (not for numbers)."""
    questions: Mapping[str, str] = field(default_factory=dict)
    """Texts of yes/no questions that have their own, by the shown value; the wording's template has the others."""
    heard: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Other words that are understood as a value, by its name; nobody says them for it, so that no dialogue depends on
    them."""
    users: Mapping[str, Any] = field(default_factory=dict)
    """What a sidecar says of how well people know the facet, see `sim.users.people`; no belief depends on it but by the
    users' rates, so that it isn't part of the fingerprint."""

    @property
    def intents(self) -> int:
        return len(self.indptr) - 1

    @property
    def scalar(self) -> bool:
        """At most one value a row."""
        return self.kind != "many"

    @cached_property
    def rows(self) -> np.ndarray:
        """(nnz,) int32: the intent of each entry."""
        return np.repeat(np.arange(self.intents, dtype=np.int32), np.diff(self.indptr))

    @cached_property
    def value_of(self) -> np.ndarray:
        """(N,) int32: the value of each intent, -1 for unknown.  Scalar kinds only."""
        if not self.scalar:
            raise ValueError(f"facet '{self.name}' holds several values a row; read indptr and indices")
        out = np.full(self.intents, -1, dtype=np.int32)
        out[self.rows] = self.indices
        return out

    @cached_property
    def option_of(self) -> np.ndarray:
        """(V,) int32: the option that an open answer names when the memory is this value."""
        return self.coarse if self.coarse is not None else np.arange(len(self.values), dtype=np.int32)

    def mass(self, prior: np.ndarray) -> np.ndarray:
        """(V,) prior mass of the intents that hold each value."""
        return np.bincount(self.indices, weights=prior[self.rows], minlength=len(self.values))

    def find(self, value: object) -> int | None:
        """The id of a value given by one of its names, of a flag's also by True or False; None where there is none."""
        truth = isinstance(value, bool) or (self.kind == "flag" and value in (0, 1))
        text = FLAG_VALUES[bool(value)] if truth else str(value)
        if text in self.aliases:
            return self.aliases[text]
        return self.values.index(text) if text in self.values else None

    def option_of_number(self, number: float) -> int:
        """The coarse bin that a number falls into; the first or last one beyond the ends.  Numbers only."""
        assert self.lower is not None
        fine = int(np.searchsorted(self.lower, number, side="right")) - 1
        return int(self.option_of[max(fine, 0)])

    def label(self, option: int) -> str:
        """The option's name with its unit, as people say it: "170 minutes or more"."""
        return self.said(self.options[option])

    def said(self, value: str) -> str:
        """The name of a value or an option, a number's with its unit."""
        return self.wording.measured(value) if self.kind == "number" else value

    def threshold(self, value: int) -> str:
        """What the yes/no question on a number asks about, with its unit: "Is it over {value}?"."""
        if self.thresholds:
            return self.thresholds[value]
        assert self.over is not None
        return self.wording.measured(plain(float(self.over[value])))

    def row(self, intent: int) -> tuple[str, ...]:
        """Names of one intent's values; empty when unknown."""
        return tuple(self.values[v] for v in self.indices[self.indptr[intent] : self.indptr[intent + 1]])


@dataclass(frozen=True, eq=False, kw_only=True)
class Catalogue:
    """N intents, their prior and F facets.

    Raises:
        CatalogueError: no intents, a prior that is not a distribution over them, or a facet of another length.
    """

    name: str
    intents: tuple[str, ...]
    """(N,) what each intent is called on the screen; need not be unique."""
    prior: np.ndarray
    """(N,) float64, positive, sums to 1."""
    facets: tuple[Facet, ...]
    ids: tuple[str, ...] = ()
    """(N,) unique; the row number where the data has none."""
    noun: str = "item"
    """What one intent is: "film", "product", "animal"."""
    source: str = ""
    """Where the data comes from, and its licence."""
    texts: tuple[str, ...] = ()
    """(N,) free text about each intent, "" where it has none; () where the data has no such column.  What somebody
    tells is matched with it; questions and beliefs don't depend on it, nor does the fingerprint."""

    def __post_init__(self) -> None:
        n = len(self.intents)
        if n == 0:
            raise CatalogueError(f"catalogue '{self.name}' has no rows; it needs at least one intent")
        if self.prior.shape != (n,):
            raise CatalogueError(f"catalogue '{self.name}': prior has shape {self.prior.shape}, intents are {n}")
        if not np.all(np.isfinite(self.prior)) or self.prior.min() < 0 or not math.isclose(self.prior.sum(), 1.0):
            raise CatalogueError(f"catalogue '{self.name}': the prior must be finite, not negative, and sum to 1")
        for facet in self.facets:
            if facet.intents != n:
                raise CatalogueError(f"facet '{facet.name}' has {facet.intents} rows, the catalogue {n}")
        if len(self.texts) not in (0, n):
            raise CatalogueError(f"catalogue '{self.name}' has {len(self.texts)} texts for {n} intents")
        if not self.ids:
            object.__setattr__(self, "ids", tuple(map(str, range(n))))

    def __len__(self) -> int:
        return len(self.intents)

    def facet(self, name: str) -> Facet:
        for facet in self.facets:
            if facet.name == name:
                return facet
        names = ", ".join(f.name for f in self.facets)
        raise KeyError(f"no facet '{name}' in catalogue '{self.name}' (facets: {names})")

    @cached_property
    def fingerprint(self) -> str:
        """Hash of all that a belief depends on; a checkpoint is bound to it."""
        h = hashlib.blake2b(digest_size=12)
        h.update(np.ascontiguousarray(self.prior).tobytes())
        h.update("\0".join((*self.intents, "")).encode())
        for facet in self.facets:
            h.update(f"{facet.name}\0{facet.kind}\0".encode())
            for array in (facet.indptr, facet.indices, facet.option_of):
                h.update(array.tobytes())
            h.update("\0".join((*facet.values, "")).encode())
        return h.hexdigest()


def make_facet(name: str, kind: Kind, column: Sequence[Any] | np.ndarray, wording: Wording | None = None) -> Facet:
    """A facet from one Python value an intent.

    Args:
        name: the facet's name.
        kind: `one` (str), `many` (a sequence of str), `number` (int or float) or `flag` (bool).
        column: N values; None, NaN, "" or an empty sequence is unknown.  Numbers and flags may be a float array.
        wording: how to speak of it; plain defaults otherwise.

    Raises:
        CatalogueError: an unknown kind, or a number that is infinite.
    """
    if kind not in KINDS:
        raise CatalogueError(f"facet '{name}' has kind '{kind}'; the kinds are {', '.join(KINDS)}")
    wording = wording or Wording.default(name, kind)
    if kind == "number":
        return _number_facet(name, column, wording)
    if kind == "flag":
        raw = column if isinstance(column, np.ndarray) else [math.nan if _missing(x) else bool(x) for x in column]
        flags = np.asarray(raw, dtype=np.float64)
        rows = np.flatnonzero(~np.isnan(flags))
        indptr, indices = _csr(len(flags), rows, (flags[rows] != 0).astype(np.int64), 2)
        return Facet(name=name, kind=kind, wording=wording, values=FLAG_VALUES, indptr=indptr, indices=indices,
                     options=FLAG_VALUES, aliases={name: v for v, name in enumerate(FLAG_VALUES)})  # fmt: skip
    ids: dict[str, int] = {}
    rows_list: list[int] = []
    flat: list[int] = []
    for i, cell in enumerate(column):
        if _missing(cell):
            continue
        for text in (str(cell),) if kind == "one" else cell:
            rows_list.append(i)
            flat.append(ids.setdefault(text, len(ids)))
    names = sorted(ids)
    position = np.empty(len(names), dtype=np.int64)
    position[[ids[x] for x in names]] = np.arange(len(names))
    codes = position[np.array(flat, np.int64)] if names else np.empty(0, np.int64)
    return named_facet(name, kind, wording, len(column), np.array(rows_list, np.int64), codes, names)


def named_facet(
    name: str, kind: Kind, wording: Wording, n: int, rows: np.ndarray, codes: np.ndarray, names: Sequence[str]
) -> Facet:
    """A `one` or `many` facet from entries, merging the values that have the same members.

    Args:
        n: how many intents.
        rows: (E,) the intent of each entry; duplicates of an entry are allowed.
        codes: (E,) the position in `names` of each entry.
        names: the values' names, distinct and sorted; each has an entry.
    """
    shown: list[str] = []
    aliases: dict[str, int] = {}
    if len(names):
        entry = _distinct(codes.astype(np.int64) * n + rows)
        code, row = entry // n, (entry % n).astype(np.uint64)
        with np.errstate(over="ignore"):
            # Two independent 64-bit sums over a value's members tell member sets apart.
            first = np.flatnonzero(np.diff(code, prepend=-1))
            key_a = np.add.reduceat(mix(row * np.uint64(2) + np.uint64(12345)), first)
            key_b = np.add.reduceat(mix(row * np.uint64(2) + np.uint64(54321)), first)
        order = np.lexsort((key_b, key_a))  # stable: of equal keys the first name leads
        new_group = np.ones(len(order), dtype=bool)
        new_group[1:] = (np.diff(key_a[order]) != 0) | (np.diff(key_b[order]) != 0)
        leader = np.empty(len(order), dtype=np.int64)
        leader[order] = order[np.flatnonzero(new_group)][np.cumsum(new_group) - 1]
        leads = leader == np.arange(len(order))
        new = (np.cumsum(leads) - 1)[leader]
        shown = [names[i] for i in np.flatnonzero(leads).tolist()]
        aliases = dict(zip(names, new.tolist(), strict=True))
        codes = new[codes]
    indptr, indices = _csr(n, rows, codes, max(len(shown), 1))
    return Facet(name=name, kind=kind, wording=wording, values=tuple(shown), indptr=indptr, indices=indices,
                 options=tuple(shown), aliases=aliases)  # fmt: skip


def _number_facet(name: str, column: Sequence[Any] | np.ndarray, wording: Wording) -> Facet:
    number = np.asarray(column) if isinstance(column, np.ndarray) else [math.nan if _missing(x) else x for x in column]
    number = np.asarray(number, dtype=np.float64)
    if np.isinf(number).any():
        raise CatalogueError(f"facet '{name}' is infinite in row {int(np.isinf(number).argmax()) + 1}; leave it empty")
    known = np.flatnonzero(~np.isnan(number))
    if not len(known):
        indptr, indices = _csr(len(number), known, known, 1)
        return Facet(name=name, kind="number", wording=wording, values=(), indptr=indptr, indices=indices,
                     lower=np.empty(0), over=np.empty(0), coarse=np.empty(0, np.int32))  # fmt: skip
    bins = make_bins(number[known])
    indptr, indices = _csr(len(number), known, bins.bin_of, len(bins.lower))
    return Facet(name=name, kind="number", wording=wording, values=tuple(plain(v) for v in bins.lower), indptr=indptr,
                 indices=indices, lower=bins.lower, over=bins.over, coarse=bins.coarse,
                 options=bins.options)  # fmt: skip


def _csr(n: int, rows: np.ndarray, values: np.ndarray, n_values: int) -> tuple[np.ndarray, np.ndarray]:
    """Sorted, duplicate-free CSR of entries (row, value)."""
    key = _distinct(rows.astype(np.int64) * n_values + values)
    indptr = np.zeros(n + 1, dtype=np.int64)
    np.cumsum(np.bincount(key // n_values, minlength=n), out=indptr[1:])
    return indptr, (key % n_values).astype(np.int32)


def _distinct(key: np.ndarray) -> np.ndarray:
    """Sorted without duplicates; np.unique hashes integers first, which takes four times as long here."""
    key = np.sort(key)
    return key[np.diff(key, prepend=key[:1] - 1) != 0]


def _missing(x: Any) -> bool:
    return x is None or x == "" or (isinstance(x, float) and math.isnan(x))
