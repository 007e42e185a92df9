"""What a learned channel knows before it learns: the catalogue's own geometry, no rate of any user.

For each facet, which values could be taken for which (a sparse pattern of `NEAR` candidates a value and a few of the
same fame) and features of every such pair; training finds the weight of each feature, and the kernel is their softmax.
The company that values keep is compared as `sim.channel.confusion` does it, for that is a fact of the catalogue; how
much it counts, against fame or spelling or nothing at all, is learned.  All but distance starts at weight 0: candidates
alike.

numpy and scipy only: serving needs it too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakKeyDictionary

import numpy as np
from scipy import sparse

from sim.catalogue.catalogue import Catalogue, Facet
from sim.channel.confusion import better_known, company_profiles, fame_neighbours, largest_of_rows
from sim.channel.relation import incidence

if TYPE_CHECKING:
    from torch import Tensor

Array = TypeVar("Array", np.ndarray, "Tensor")
NEAR = 20
"""Candidates a value from each of the two orders in which they are ranked."""
BETTER = 8
"""Candidates a value from the order of company and greater fame."""
KNOTS = np.array([-5.0, -4.0, -3.0, -2.0, -1.0])
"""log10 of prior mass where recognition and absence are learned, linear between."""
RANKS = (4, 8, 16)
"""Features that say whether so many other values are taken for this one more readily."""
PAIR_FEATURES = ("company", "fame_apart", "fame", "together", "spelling", "words", "distance", "relative",
                 *(f"beyond_{k}" for k in RANKS))  # fmt: skip
ENDS = np.concatenate([np.arange(8, 41) / 8, [5.5, 6, 6.5, 7, 7.5, 8, 9, 10, np.inf]])
"""Distances beyond which numbers may not be confused, in quarters of the facet's standard deviation (infinity: they
always may); the chance of each is learned."""
SHARE, FARTHEST_SHARE = 0.25, 40.0
"""Distance as a share of the true number is counted in quarters of it, up to so many."""
FLOOR = 0.02
"""Company of two values that keep none but are as famous."""
P = len(PAIR_FEATURES)
WEIGHTS = P + len(ENDS)
"""Weights of the pair features, then what each end is weighed by."""
FEATURE = {name: column for column, name in enumerate(PAIR_FEATURES)}
"""The column of each feature."""
_PAIRS: WeakKeyDictionary[Catalogue, dict[int, Pairs]] = WeakKeyDictionary()


@dataclass(frozen=True, eq=False)
class Pairs:
    """Candidate confusions of one facet, sorted by true value: CSR pattern and features."""

    indptr: np.ndarray
    """(V + 1,) int64."""
    indices: np.ndarray
    """(E,) int32, the value that is believed."""
    features: np.ndarray
    """(E, P) float32; of numbers (E, WEIGHTS), the last columns 1 where the pair is within an end, else 0."""

    @cached_property
    def rows(self) -> np.ndarray:
        """(E,) int64, the true value of each pair."""
        return np.repeat(np.arange(len(self.indptr) - 1), np.diff(self.indptr))

    @property
    def nnz(self) -> int:
        return len(self.indices)


def kernel_logits(features: Array, weights: Array, log: Callable[[Array], Array]) -> Array:
    """(E,) log-odds of each confusion within its row of the kernel; arrays of numpy or of torch, and their logarithm.

    Args:
        features: (E, P) or, of numbers, (E, WEIGHTS), see `Pairs`.
        weights: (WEIGHTS,) of the facet, or (E, WEIGHTS) where pairs of several facets stand together.
    """
    known, ends = features[:, :P], features[:, P:]
    apart = weights.ndim > 1
    logits: Any = (known * weights[:, :P]).sum(1) if apart else known @ weights[:P]
    if ends.shape[1]:
        within: Any = (ends * weights[:, P:]).sum(1) if apart else ends @ weights[P:]
        logits = logits + log(within)
    return logits


def softmax_by_group(logits: np.ndarray, group: np.ndarray, groups: int) -> np.ndarray:
    """(E,) softmax within groups; `group` (E,), ascending, says which each entry is in.

    `evidence_rates.segment_softmax` is the same in torch.
    """
    if not len(logits):
        return logits
    top = np.full(groups, -np.inf)
    np.maximum.at(top, group, logits)
    weight = np.exp(logits - top[group])
    return weight / np.bincount(group, weights=weight, minlength=groups)[group]


def log_mass(facet: Facet, prior: np.ndarray) -> np.ndarray:
    """(V,) natural logarithm of the values' prior mass."""
    return np.log(np.maximum(facet.mass(prior), 1e-12))


def hat_weights(facet: Facet, prior: np.ndarray) -> np.ndarray:
    """(V, knots) weights of linear interpolation between the knots of fame; rows sum to 1."""
    x = np.clip(log_mass(facet, prior) / np.log(10), KNOTS[0], KNOTS[-1])
    return np.maximum(0.0, 1.0 - np.abs(x[:, None] - KNOTS))


def pairs_of_facet(catalogue: Catalogue, f: int) -> Pairs:
    """The confusions that are possible on facet f, and their features; those of words are 0."""
    facet = catalogue.facets[f]
    v = len(facet.values)
    if v < 2:
        return Pairs(np.zeros(v + 1, np.int64), np.empty(0, np.int32), np.empty((0, P), np.float32))
    if facet.kind in ("number", "flag"):
        rows, columns = np.divmod(np.arange(v * v), v)
        company = np.zeros(v * v)
    else:
        profile = company_profiles(catalogue, f)
        similar = profile @ profile.T
        similar = sparse.csr_array(similar - sparse.dia_array((similar.diagonal()[None], 0), shape=similar.shape))
        similar.eliminate_zeros()
        rows, columns = _candidates(similar, facet, catalogue.prior)
        company = _entries(similar, rows, columns)
    keep = np.flatnonzero(rows != columns)  # they come by row and column
    rows, columns, company = rows[keep], columns[keep], company[keep]
    indptr = np.zeros(v + 1, np.int64)
    np.cumsum(np.bincount(rows, minlength=v), out=indptr[1:])
    return Pairs(indptr, columns.astype(np.int32), _features(catalogue, facet, rows, columns, company))


def _candidates(similar: sparse.csr_array, facet: Facet, prior: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pairs in the best company, those in the best company of like and of greater fame, neighbours in fame, and better
    known values (docs/learning.md)."""
    v = len(facet.values)
    similar.sort_indices()  # before its entries are read: `largest_of_rows` would sort them under our hands
    places = sparse.coo_array(similar)
    fame = log_mass(facet, prior)
    better = fame[places.col] - fame[places.row]
    alike, known_better = places.data * np.exp(-0.5 * np.abs(better)), places.data * np.exp(better)
    lists = [sparse.coo_array(largest_of_rows(similar, NEAR))]
    for score, most in ((alike, NEAR), (known_better, BETTER)):
        ranked = sparse.csr_array((score, (places.row, places.col)), shape=(v, v))
        lists.append(sparse.coo_array(largest_of_rows(ranked, most)))
    known = [fame_neighbours(facet.mass(prior)), better_known(facet.mass(prior))]
    keys = [*(x.row.astype(np.int64) * v + x.col for x in lists), *(rows * v + columns for rows, columns in known)]
    keys = np.concatenate(keys)
    return np.divmod(_distinct(keys), v)


def _distinct(keys: np.ndarray) -> np.ndarray:
    """Each key once, ascending.  numpy's own hashes them first: three times as slow on a million."""
    keys = np.sort(keys)
    return keys[np.append(True, keys[1:] != keys[:-1])] if len(keys) else keys


def _features(
    catalogue: Catalogue, facet: Facet, rows: np.ndarray, columns: np.ndarray, company: np.ndarray
) -> np.ndarray:
    """(E, P) of the pairs (rows, columns); of numbers (E, WEIGHTS)."""
    out = np.zeros((len(rows), P), np.float32)
    fame = log_mass(facet, catalogue.prior)
    if facet.kind == "number":
        mass = facet.mass(catalogue.prior)
        position = np.arange(len(mass))
        mean = (mass * position).sum() / mass.sum()
        spread = np.sqrt((mass * (position - mean) ** 2).sum() / mass.sum())
        distance = np.abs(rows - columns) / max(1.0, 0.25 * spread)
        out[:, FEATURE["distance"]] = -distance
        assert facet.lower is not None
        true = np.maximum(np.abs(facet.lower[rows]), 1e-9 * np.abs(facet.lower).max(initial=0.0) + 1e-300)
        shares = np.abs(facet.lower[rows] - facet.lower[columns]) / (SHARE * true)
        out[:, FEATURE["relative"]] = -np.minimum(shares, FARTHEST_SHARE)
        return np.hstack([out, (distance[:, None] <= ENDS).astype(np.float32)])
    if facet.kind == "flag":
        return out
    near_rows, near_columns = fame_neighbours(facet.mass(catalogue.prior))
    known_rows, known_columns = better_known(facet.mass(catalogue.prior))
    by_fame = np.concatenate([near_rows * len(fame) + near_columns, known_rows * len(fame) + known_columns])
    near = lookup(np.sort(by_fame), rows.astype(np.int64) * len(fame) + columns) >= 0
    out[:, FEATURE["company"]] = np.log(company + FLOOR * near)
    out[:, FEATURE["fame_apart"]] = -np.abs(fame[rows] - fame[columns])
    alike = out[:, FEATURE["company"]] + 0.5 * out[:, FEATURE["fame_apart"]]
    out[:, -len(RANKS) :] = _rank(rows, alike)[:, None] >= np.array(RANKS)
    out[:, FEATURE["fame"]] = fame[columns] - fame.mean()
    if facet.kind == "many":
        table = sparse.csr_array(incidence(facet, np.sqrt(catalogue.prior)[facet.rows]))
        shared = sparse.csr_array(table.T @ table)
        joint = _entries(shared, rows, columns)
        out[:, FEATURE["together"]] = joint / np.sqrt(np.exp(fame[rows] + fame[columns]))
    from rapidfuzz.distance import JaroWinkler
    from rapidfuzz.process import cpdist

    names = np.array(facet.values, dtype=object)
    out[:, FEATURE["spelling"]] = cpdist(names[rows].tolist(), names[columns].tolist(), scorer=JaroWinkler.similarity)
    return out


def _rank(rows: np.ndarray, score: np.ndarray) -> np.ndarray:
    """How many of the same row (rows ascend) have a higher score; ties within 1e-6 go to the one that comes first."""
    # One stable sort of packed keys, 26 bits of score below the row: columns ascend within a row already.
    steps = np.round(score / 1e-6).astype(np.int64)
    order = np.argsort(rows.astype(np.int64) * (1 << 26) + (steps.max(initial=0) - steps), kind="stable")
    first = np.searchsorted(rows, rows)
    out = np.empty(len(rows), np.int64)
    out[order] = np.arange(len(rows)) - first[order]
    return out


def _entries(matrix: sparse.csr_array, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Values of a sparse matrix at given places, 0 where it has none."""
    matrix.sort_indices()
    height, v = len(matrix.indptr) - 1, int(np.array(matrix.shape)[1])
    have = np.repeat(np.arange(height, dtype=np.int64), np.diff(matrix.indptr)) * v + matrix.indices
    at = lookup(have, rows.astype(np.int64) * v + columns)
    # A place that is not there reads the zero at the end.
    return np.append(matrix.data, 0.0)[at]


def lookup(sorted_keys: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Position of each wanted key among sorted ones, -1 where there is none."""
    if not len(sorted_keys):
        return np.full(len(wanted), -1)
    at = np.minimum(np.searchsorted(sorted_keys, wanted), len(sorted_keys) - 1)
    return np.where(sorted_keys[at] == wanted, at, -1)


def with_words(given: Pairs, similarity: np.ndarray | None) -> Pairs:
    """The same pairs, and how alike the two values' words are, (E,)."""
    if similarity is None:
        return given
    features = given.features.copy()
    features[:, FEATURE["words"]] = similarity
    return Pairs(given.indptr, given.indices, features)


def word_similarities(catalogue: Catalogue, words: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """(E,) float16 a facet that has words: cosines of each pair's embeddings, as a checkpoint keeps them."""
    out = {}
    for f, given in enumerate(confusable_pairs(catalogue)):
        vectors = words.get(catalogue.facets[f].name)
        if vectors is not None and given.nnz:
            cosines = [np.einsum("ed,ed->e", vectors[given.rows[part]], vectors[given.indices[part]])
                       for part in np.array_split(np.arange(given.nnz), 1 + given.nnz // 100_000)]  # fmt: skip
            out[f"words.{f}"] = np.concatenate(cosines).astype(np.float16)
    return out


def confusable_pairs(catalogue: Catalogue) -> tuple[Pairs, ...]:
    """The pairs of every facet, made once a catalogue: training and serving ask more than once."""
    return tuple(confusable_pairs_of(catalogue, f) for f in range(len(catalogue.facets)))


def confusable_pairs_of(catalogue: Catalogue, f: int) -> Pairs:
    """Those of one facet."""
    made = _PAIRS.setdefault(catalogue, {})
    if f not in made:
        made[f] = pairs_of_facet(catalogue, f)
    return made[f]
