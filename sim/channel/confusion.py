"""Which values people take for one another: a sparse kernel a facet, made from the catalogue alone.

`confusion_kernel(catalogue, f)` is a CSR matrix (V, V): row v is the distribution of what a user believes who has
muddled v.  Rows sum to 1, the diagonal is zero; a facet of a single value has an empty kernel.

- number: neighbouring bins, weight exp(-|x - y| / h), cut at 4 h.  The width h is about a seventh of the facet's
  spread, or a given one in the facet's unit, or a given share of the true value.
- flag: the other one.
- many: values of similar fame that keep the same company (an actor with the same co-stars; a genre that shares films).
- one: values of similar fame whose intents look alike on the other facets (a brand that sells the same things).

Company is compared through short profiles: for each value the `PROFILE` companions that are most telling, and for each
companion the `CROWD` values that it is most telling of, so that a popular companion does not tie everything to
everything and the product stays small; only an intent's `COMPANY` most famous values count as company.  A `many` facet
whose values mostly stand alone (directors) is compared on the other facets, as `one` is.  Neighbours in fame get a
little weight always, so that no row is empty.

How much likeness of fame and company weigh is a rate (`Confusability`): people who can't place an actor tend to name a
better known one, whoever he played with.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
from scipy import sparse

from sim.catalogue.catalogue import Catalogue, Facet
from sim.channel import relation
from sim.channel.relation import incidence
from sim.numeric.kept_matrix import kept_matrix

PROFILE = 8
"""Companions in a value's profile."""
CROWD = 24
"""Values in whose profile one companion may stand."""
COMPANY = 10
"""Values of an intent that count as company."""
ALONE = 2.0
"""Values of an intent, on average, up to which a `many` facet is compared on the other facets."""
PAIRS = 1 << 20
"""Pairs of values that are counted in a table of all."""
NEIGHBOURS = 16
"""Values that one value may be taken for."""
FAME_FLOOR = 0.02
"""Weight of neighbours in fame, before fame discounts it."""


CODE = (__file__, relation.__file__)
"""What kernels that are kept on disk depend on, beside the catalogue."""


class Confusability(NamedTuple):
    """What decides which values are taken for one another on a facet."""

    width: float = 0.0
    """Numbers: h in the facet's unit; 0 for what `share` says."""
    share: float = 0.0
    """Numbers: h as a share of the true value; 0 for a seventh of the facet's spread."""
    company: float = 1.0
    """Names: weight of keeping the same company, beside that of being about as famous."""
    fame: float = 0.0
    """Names: pull towards better known values: their prior mass to this power."""


USUAL = Confusability()
"""Where no rate says otherwise."""

_KERNELS: WeakKeyDictionary[Catalogue, dict[tuple[int, Confusability], sparse.csr_array]] = WeakKeyDictionary()
"""Kernels that were made, for as long as their catalogue lives."""


def confusion_kernel(catalogue: Catalogue, f: int, confusability: Confusability = USUAL) -> sparse.csr_array:
    """p(believed value | true value, muddled), CSR (V, V); made once a catalogue, not to be written to."""
    kernels = _KERNELS.setdefault(catalogue, {})
    key = f, confusability
    if key not in kernels:
        facet, depends_on = catalogue.facets[f], (catalogue.fingerprint, *key)
        # Names are compared by the company that they keep, on all facets.
        effort = 0 if facet.kind in ("flag", "number") else sum(len(g.indices) for g in catalogue.facets)
        made = partial(_kernel, catalogue, f, confusability)
        kernels[key] = kept_matrix(depends_on, CODE, len(facet.values), made, effort)
    return kernels[key]


def _kernel(catalogue: Catalogue, f: int, by: Confusability) -> sparse.csr_array:
    facet = catalogue.facets[f]
    v = len(facet.values)
    if v < 2:
        return sparse.csr_array((v, v))
    if facet.kind == "flag":
        return sparse.csr_array(np.array([[0.0, 1.0], [1.0, 0.0]]))
    if facet.kind == "number":
        if by.width or by.share:
            return _number_kernel_of_width(facet, by)
        return _number_kernel(facet, catalogue.prior)
    mass = facet.mass(catalogue.prior)
    profile = company_profiles(catalogue, f)
    similar = sparse.coo_array(profile @ profile.T)
    rows, columns, weight = similar.row, similar.col, similar.data
    near = [fame_neighbours(mass)] + ([better_known(mass)] if by.fame else [])
    rows = np.concatenate([rows, *(r for r, _ in near)])
    columns = np.concatenate([columns, *(c for _, c in near)])
    floor = np.full(len(rows) - len(weight), FAME_FLOOR)
    weight = np.concatenate([weight * by.company, floor])
    log_mass = np.log(np.maximum(mass, 1e-12))
    better = log_mass[columns] - log_mass[rows]
    weight = weight * np.exp(by.fame * better - 0.5 * np.abs(better))
    keep = (rows != columns) & (weight > 1e-9)
    kernel = sparse.csr_array((weight[keep], (rows[keep], columns[keep])), shape=(v, v))
    kernel.sum_duplicates()
    return _normalised(largest_of_rows(kernel, NEIGHBOURS))


def _number_kernel(facet: Facet, prior: np.ndarray) -> sparse.csr_array:
    v = len(facet.values)
    mass = facet.mass(prior)
    position = np.arange(v)
    mean = (mass * position).sum() / mass.sum()
    spread = np.sqrt((mass * (position - mean) ** 2).sum() / mass.sum())
    h = max(1.0, 0.15 * spread)
    reach = max(1, int(4 * h))
    offsets = np.concatenate([np.arange(-reach, 0), np.arange(1, reach + 1)])
    rows = np.repeat(position, len(offsets))
    columns = rows + np.tile(offsets, v)
    weight = np.exp(-np.abs(columns - rows) / h)
    inside = (columns >= 0) & (columns < v)
    return _normalised(sparse.csr_array((weight[inside], (rows[inside], columns[inside])), shape=(v, v)))


def _number_kernel_of_width(facet: Facet, by: Confusability) -> sparse.csr_array:
    """The kernel for a width in the facet's unit, or a share of the true value; bins stand where they begin.

    A width that is smaller than the way to the next bin confuses neighbours alone, so that no row is empty.
    """
    assert facet.lower is not None
    distance = np.abs(facet.lower[:, None] - facet.lower)
    width = by.width if by.width else by.share * np.abs(facet.lower)[:, None]
    np.fill_diagonal(distance, np.inf)
    nearest = distance.min(axis=1, keepdims=True)
    width = np.maximum(width, 1e-12 * nearest)
    keep = distance <= np.maximum(4 * width, nearest)
    rows, columns = np.nonzero(keep)
    weight = np.exp(-((distance - nearest) / width)[keep])
    keep = weight > 0
    shape = (len(facet.values), len(facet.values))
    return _normalised(sparse.csr_array((weight[keep], (rows[keep], columns[keep])), shape=shape))


def company_profiles(catalogue: Catalogue, f: int) -> sparse.csr_array:
    """(V, companions), rows of unit length: what a value is most often seen with, telling companions first."""
    facet = catalogue.facets[f]
    weight = np.sqrt(catalogue.prior)
    others = [g for j, g in enumerate(catalogue.facets) if j != f and len(g.values) > 1]
    alone = len(facet.indices) <= ALONE * np.count_nonzero(np.diff(facet.indptr))
    if facet.kind == "many" and not (others and alone):
        others = [facet]
    if not others:
        return sparse.csr_array((len(facet.values), 1))
    # One facet at a time: side by side they would be a matrix as large as the catalogue.
    company = [_company(g, catalogue.prior) for g in others]
    by_value = sparse.csr_array(incidence(facet, weight[facet.rows]).T)
    parts = [_counted(facet, g, weight) if _is_small(facet, g) else by_value @ of_g for g, of_g in zip(others, company)]
    together = sparse.hstack(parts, format="csr")
    # A companion counts by how rare it is, as in tf-idf; at least a little, for small facets where all are common.
    degree = np.concatenate([np.bincount(of_g.indices, minlength=len(g.values)) for g, of_g in zip(others, company)])
    together = together @ sparse.dia_array(
        (np.log1p(facet.intents / np.maximum(degree, 1))[None], 0), (len(degree),) * 2
    )
    together = largest_of_rows(sparse.csr_array(together), PROFILE)
    together = largest_of_rows(sparse.csr_array(together.T), CROWD).T.tocsr()
    length = np.sqrt(np.asarray(together.multiply(together).sum(axis=1)).ravel())
    return sparse.csr_array(sparse.dia_array((1 / np.maximum(length, 1e-300)[None], 0), (len(length),) * 2) @ together)


def _is_small(facet: Facet, other: Facet) -> bool:
    """Whether two facets hold one value an intent, and few pairs of values are possible."""
    return facet.scalar and other.scalar and len(facet.values) * len(other.values) <= PAIRS


def _counted(facet: Facet, other: Facet, weight: np.ndarray) -> sparse.csr_array:
    """(V, W) the weight of the intents that hold both values; the matrix product sums in the same order, but slower."""
    shape = len(facet.values), len(other.values)
    both = (facet.value_of >= 0) & (other.value_of >= 0)
    pair = facet.value_of[both] * shape[1] + other.value_of[both]
    return sparse.csr_array(np.bincount(pair, weights=weight[both], minlength=shape[0] * shape[1]).reshape(shape))


def _company(facet: Facet, prior: np.ndarray) -> sparse.csr_array:
    """(N, V) of each intent's `COMPANY` most famous values."""
    if np.diff(facet.indptr).max(initial=0) <= COMPANY:
        return incidence(facet)
    mass = facet.mass(prior)
    return largest_of_rows(incidence(facet, mass[facet.indices]), COMPANY).astype(bool).astype(np.float64)


def fame_neighbours(mass: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pairs (value, another of the same fame): the two before and the two after in the order of mass."""
    order = np.lexsort((np.arange(len(mass)), mass))
    rows, columns = [], []
    for step in (1, 2):
        if len(order) > step:
            rows += [order[:-step], order[step:]]
            columns += [order[step:], order[:-step]]
    return np.concatenate(rows), np.concatenate(columns)


def better_known(mass: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pairs (value, a better known one): a half, a third, ... of its rank in fame down to a sixteenth."""
    order = np.lexsort((np.arange(len(mass)), -mass))
    rank = np.arange(len(order))
    rows, columns = [], []
    for part in (2, 3, 4, 6, 8, 12, 16):
        rows.append(order[rank > 0])
        columns.append(order[rank[rank > 0] // part])
    pairs = np.unique(np.stack([np.concatenate(rows), np.concatenate(columns)]), axis=1)
    return pairs[0], pairs[1]


def largest_of_rows(matrix: sparse.csr_array, k: int) -> sparse.csr_array:
    """The k largest entries of each row; weights within 1e-4 of each other are ties and go to the lowest column."""
    counts = np.diff(matrix.indptr)
    if not (counts > k).any():
        return matrix
    matrix.sort_indices()
    # One sort of packed 64-bit keys is eight times as fast as a stable sort by several: row (20 bits), weight
    # descending (the upper 21 bits of a positive float32), place in the row (23 bits).
    rows = np.repeat(np.arange(len(counts), dtype=np.int64), counts)
    place = np.arange(len(rows)) - np.repeat(matrix.indptr[:-1], counts)
    weight = matrix.data.astype(np.float32).view(np.int32).astype(np.int64) >> 10
    key = np.sort((rows << 44) | ((1 << 21) - 1 - weight) << 23 | place)
    keep = matrix.indptr[key >> 44] + (key & ((1 << 23) - 1))
    keep = np.sort(keep[place < k])
    out = sparse.csr_array((matrix.data[keep], (rows[keep], matrix.indices[keep])), shape=matrix.shape)
    out.sort_indices()
    return out


def _normalised(matrix: sparse.csr_array) -> sparse.csr_array:
    total = np.asarray(matrix.sum(axis=1)).ravel()
    out = sparse.csr_array(sparse.dia_array((1 / total[None], 0), (len(total),) * 2) @ matrix)
    out.sort_indices()
    return out
