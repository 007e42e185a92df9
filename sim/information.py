"""What a yes/no question is expected to tell about the intent, in nats.

A question touches one facet, so one pass over the facet's sparse relation gives the joint distribution of the answer
and of a class y of intents for every question on it, exactly:

- scalar facets of up to `SMALL` values, numbers and flags: y = the intent's value;
- larger scalar facets and `many` facets: y = "the value is true of the intent".

EIG here is I(answer; y), at most I(answer; intent), by data processing.  What is lost: intents of one class still
differ a little in how likely the value is on top of the mind, or a replacement, and in what their users' types are.
On small catalogues, users `hard`, turns 0 to 6, the chosen question's loss has median 0 and 99 % below 3e-3 nats (see
tests/test_information.py).  A value that was said but not asked about is computed exactly, over the intents.

No BLAS here or in the beliefs: sparse products and einsum give the same bits whatever is computed beside them, so a
certified choice and a full sweep agree, and batches equal single dialogues.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

from sim.channel import KEPT, MUDDLED, FacetChannel, not_believed
from sim.likelihood import ScalarTerms, SetTerms, set_parts

SMALL = 64
FLOOR = 1e-300


def xlogx(p: np.ndarray) -> np.ndarray:
    """p log p, 0 at 0."""
    return p * np.log(np.maximum(p, FLOOR))


def entropy_nats(p: np.ndarray, axis: int = -1) -> np.ndarray:
    """Entropy along an axis, nats.

    >>> float(entropy_nats(np.array([0.5, 0.5])) / np.log(2))
    1.0
    """
    return -xlogx(p).sum(axis=axis)


def mutual_information(joint: np.ndarray) -> np.ndarray:
    """I(A; Y) in nats of joint distributions (..., A, Y); rounding may leave -1e-16, which is lifted to 0."""
    information = xlogx(joint).sum(axis=(-2, -1))
    information -= xlogx(joint.sum(axis=-1)).sum(axis=-1) + xlogx(joint.sum(axis=-2)).sum(axis=-1)
    return np.maximum(information, 0.0)


def binary_entropy(p: np.ndarray) -> np.ndarray:
    """Entropy of a yes/no fact, nats: the most that a question about it can tell."""
    p = np.clip(p, 0.0, 1.0)
    return -xlogx(p) - xlogx(1 - p)


# --- scalar facets -------------------------------------------------------------------------------------------------


def scalar_masses(channel: FacetChannel, belief: np.ndarray) -> np.ndarray:
    """(V + 1, T) belief in each value; row V is unknown.  `belief` is p(intent, type), (N, T)."""
    facet = channel.facet
    value = facet.value_of
    rows = np.where(value < 0, len(facet.values), value)
    columns = [np.bincount(rows, weights=b, minlength=len(facet.values) + 1) for b in belief.T]
    return np.stack(columns, axis=1)


def scalar_states(channel: FacetChannel, terms: ScalarTerms | None) -> np.ndarray:
    """(3, V + 1, T) p(forgotten, kept, muddled | value, type), after the answers if there are any."""
    if terms is not None:
        return terms.states
    out = np.empty((3, len(channel.facet.values) + 1, channel.types))
    remembered = 1 - channel.forgotten
    out[0], out[1], out[2] = channel.forgotten, remembered * (1 - channel.muddled), remembered * channel.muddled
    out[1, -1], out[2, -1] = remembered, 0.0
    return out


def kept_memory(channel: FacetChannel, terms: ScalarTerms | None) -> np.ndarray:
    """(V, T) p(memory | unknown in the catalogue, kept)."""
    if terms is None:
        return np.repeat(channel.background[:, None], channel.types, axis=1)
    return channel.background[:, None] * terms.kept / np.maximum(terms.unknown, FLOOR)


def muddled_memory(channel: FacetChannel, terms: ScalarTerms | None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The replacement given the true value and muddled: rows, columns (nnz,) and chances (nnz, T) of the kernel."""
    kernel = channel.kernel
    rows = np.repeat(np.arange(kernel.shape[0]), np.diff(kernel.indptr))
    data = np.repeat(kernel.data[:, None], channel.types, axis=1)
    if terms is not None:
        data = data * terms.muddled[kernel.indices] / np.maximum(terms.confused[rows], FLOOR)
    return rows, kernel.indices, data


def is_small(channel: FacetChannel) -> bool:
    return channel.facet.kind in ("number", "flag") or len(channel.facet.values) <= SMALL


def scalar_joint(channel: FacetChannel, terms: ScalarTerms | None, belief: np.ndarray, values: np.ndarray) -> np.ndarray:
    """(C, A, Y) joint of answer and class for the yes/no questions on these values or thresholds."""
    mass = scalar_masses(channel, belief)
    states = scalar_states(channel, terms) * mass  # (3, V + 1, T)
    return (_small_joint if is_small(channel) else _large_joint)(channel, terms, states, values)


def _small_joint(channel: FacetChannel, terms, states: np.ndarray, values: np.ndarray) -> np.ndarray:
    v, t = len(channel.facet.values), channel.types
    c = len(values)
    # p(believed | value, state, type) for each question: kept, then muddled, then unknown.
    kept = np.zeros((v + 1, c))
    over = channel.facet.kind == "number"
    memory = np.arange(v)
    kept[:v] = memory[:, None] >= values if over else memory[:, None] == values
    rows, columns, data = muddled_memory(channel, terms)
    dense = np.zeros((v + 1, v, t))
    dense[rows, columns] = data
    background = kept_memory(channel, terms)  # (V, T)
    if over:
        muddled = dense[:, ::-1].cumsum(axis=1)[:, ::-1][:, values]  # (V + 1, C, T)
        unknown = background[::-1].cumsum(axis=0)[::-1][values]  # (C, T)
    else:
        muddled, unknown = dense[:, values], background[values]
    kept_yes = np.repeat(kept[:, :, None], t, axis=2)
    kept_yes[v] = unknown
    out = np.zeros((c, 5, v + 1))
    for share, state, yes in ((states[1], KEPT, kept_yes), (states[2], MUDDLED, muddled)):
        weight = share[:, None] * yes  # (V + 1, C, T)
        out += np.einsum("xct,ta->cax", weight, channel.yesno[:, state, 1])
        out += np.einsum("xct,ta->cax", share[:, None] - weight, channel.yesno[:, state, 0])
    return out + np.einsum("xt,ta->ax", states[0], channel.yesno_forgotten)


def _large_joint(channel: FacetChannel, terms, states: np.ndarray, values: np.ndarray) -> np.ndarray:
    v = len(channel.facet.values)
    total = states.sum(axis=1)  # (3, T)
    rows, columns, data = muddled_memory(channel, terms)
    flow = sparse.csr_array((np.arange(len(rows)), columns, channel.kernel.indptr), shape=(v, v)).T.tocsr()
    part = flow[values]  # who is taken for each value: positions in the kernel
    share = states[2][rows[part.data]] * data[part.data]  # (E, T)
    into = _segment_sum(share, part.indptr)  # (C, T) muddled, believes the value; it is never true of the intent
    stranger = states[1, v] * kept_memory(channel, terms)[values]
    inside = np.stack([states[1, values], states[2, values] * 0.0], axis=1)  # (C, S, T) believed, true of the intent
    outside = np.stack([stranger, into], axis=1)
    return _binary_joint(channel, channel.yesno[None, :, :, 0], states[:, values].transpose(1, 0, 2), total, inside, outside)


# --- many facets ---------------------------------------------------------------------------------------------------


def set_joint(channel: FacetChannel, terms: SetTerms | None, belief: np.ndarray, values: np.ndarray) -> np.ndarray:
    """(C, A, 2) joint of answer and "the value is true" for values that no answer has touched."""
    if terms is None:
        masses, inside, outside, total = _untouched(channel, belief, values)
    else:
        masses, inside, outside, total = _touched(channel, terms, belief, values)
    return _binary_joint(channel, not_believed(channel, values), masses, total, inside, outside)


def value_masses(channel: FacetChannel, belief: np.ndarray) -> np.ndarray:
    """(V,) p(value true of the intent), from p(intent), (N,)."""
    return by_value(channel, None, None) @ belief


def _untouched(channel: FacetChannel, belief: np.ndarray, values: np.ndarray):
    phi, mu = channel.forgotten, channel.muddled
    states = np.stack([phi, (1 - phi) * (1 - mu), (1 - phi) * mu])  # (3, T)
    everyone = belief.sum(axis=0)
    strangers = belief[_unknown(channel)].sum(axis=0)
    n = by_value(channel, values, None) @ belief  # (C, T)
    top = by_value(channel, values, channel.salience) @ belief
    sources = channel.kernel_t[values]
    near = np.unique(sources.indices)
    first = np.zeros((len(channel.facet.values), channel.types))
    first[near] = by_value(channel, near, channel.salience) @ belief
    total = sources @ first
    within = by_value(channel, values, channel.intruder_within) @ belief
    r = channel.recognition[values][:, None]
    inside = np.stack([
        states[1] * (r * n + (1 - r) * top),
        states[2] * (within + r * (n - top - within)),
    ], axis=1)  # fmt: skip
    rho, g = channel.stranger_recognition[values][:, None], channel.background[values][:, None]
    outside = np.stack([
        (states[1] + states[2]) * strangers * (rho + (1 - rho) * g),
        states[2] * (total - within),
    ], axis=1)  # fmt: skip
    sums = states * everyone
    sums[1] += states[2] * strangers
    sums[2] -= states[2] * strangers
    return states[None] * n[:, None], inside, outside, sums


def _touched(channel: FacetChannel, terms: SetTerms, belief: np.ndarray, values: np.ndarray):
    shares = terms.states * belief  # (3, N, T)
    kept, muddled = shares[1] / terms.top, shares[2] / terms.replaced
    masses = np.stack([by_value(channel, values, None) @ s for s in shares], axis=1)  # (C, 3, T)
    top = by_value(channel, values, channel.salience) @ kept
    sources = channel.kernel_t[values]
    near = np.unique(np.concatenate([sources.indices, values]))
    first = np.zeros((len(channel.facet.values), channel.types))
    first[near] = by_value(channel, near, channel.salience) @ muddled
    total = sources @ (terms.lost * first)
    within = by_value(channel, values, channel.intruder_within) @ muddled
    lost = terms.loss[values] * first[values]
    for j, x in enumerate(terms.touched):
        # Pairs of a touched value x and an asked one in the same intent: both may be each other's replacement.
        rows, salience = members(channel, x)
        out_of, into = _kernel_column(channel, x)[values], _kernel_row(channel, x)[values]
        if not (out_of.any() or into.any()):
            continue
        place = np.zeros((channel.facet.intents, channel.types))
        place[rows] = muddled[rows]
        lost += out_of[:, None] * terms.within[j] * (by_value(channel, values, channel.salience) @ place)
        place[rows] *= salience[:, None]
        within += into[:, None] * (terms.lost[x] - 1) * (by_value(channel, values, None) @ place)
    r = channel.recognition[values][:, None]
    inside = np.stack([
        r * masses[:, 1] + (1 - r) * top,
        within + r * (masses[:, 2] - lost - within),
    ], axis=1)  # fmt: skip
    strangers = shares[1][_unknown(channel)].sum(axis=0)
    rho, g = channel.stranger_recognition[values][:, None], channel.background[values][:, None]
    outside = np.stack([strangers * (rho + (1 - rho) * g / terms.stranger), total - within], axis=1)
    return masses, inside, outside, shares.sum(axis=1)


def said_joint(channel: FacetChannel, terms: SetTerms, belief: np.ndarray, value: int) -> np.ndarray:
    """(A, N) joint of answer and intent for a value that was said but not yet asked about; exact.

    The likelihood is linear in the factor of "value is believed": with that factor doubled it grows by the likelihood
    with the value believed.
    """
    plain = set_parts(channel, terms.evidence)
    twice = set_parts(channel, terms.evidence, doubled=value, shift=plain.shift)
    total = np.maximum(plain.parts.sum(axis=0), FLOOR)
    absent = not_believed(channel, np.array([value]))[0]
    out = np.einsum("nt,ta->an", belief * (plain.parts[0] / total), channel.yesno_forgotten)
    for state in (KEPT, MUDDLED):
        share = plain.parts[1 + state] / total
        yes = np.clip((twice.parts[1 + state] - plain.parts[1 + state]) / total, 0.0, share)
        out += np.einsum("nt,ta->an", belief * yes, channel.yesno[:, state, 1])
        out += np.einsum("nt,ta->an", belief * (share - yes), absent[:, state])
    return out


# --- shared --------------------------------------------------------------------------------------------------------


def by_value(channel: FacetChannel, values: np.ndarray | None, data: np.ndarray | None) -> sparse.csr_array:
    """(C, N) rows of the relation for these values (all when None), with ones or `data` (nnz,) as entries."""
    table = channel.members
    if values is None:
        indptr, intents, at = table.indptr, table.indices, table.data
    else:
        counts = table.indptr[values + 1] - table.indptr[values]
        indptr = np.zeros(len(values) + 1, dtype=table.indptr.dtype)
        np.cumsum(counts, out=indptr[1:])
        take = np.arange(indptr[-1]) + np.repeat(table.indptr[values] - indptr[:-1], counts)
        intents, at = table.indices[take], table.data[take]
    entries = np.ones(len(intents)) if data is None else data[at]
    return sparse.csr_array((entries, intents, indptr), shape=(len(indptr) - 1, channel.facet.intents))


def members(channel: FacetChannel, value: int) -> tuple[np.ndarray, np.ndarray]:
    """The intents that have a value and its salience there."""
    table = channel.members
    part = slice(table.indptr[value], table.indptr[value + 1])
    return table.indices[part], channel.salience[table.data[part]]


def _kernel_row(channel: FacetChannel, value: int) -> np.ndarray:
    """(V,) what `value` is taken for."""
    return channel.kernel[[value]].toarray().ravel()


def _kernel_column(channel: FacetChannel, value: int) -> np.ndarray:
    """(V,) how often each value is taken for `value`."""
    return channel.kernel_t[[value]].toarray().ravel()


def _unknown(channel: FacetChannel) -> np.ndarray:
    """Intents about which the catalogue says nothing on this facet."""
    return np.flatnonzero(np.diff(channel.facet.indptr) == 0)


def _segment_sum(entries: np.ndarray, indptr: np.ndarray) -> np.ndarray:
    """Sums of consecutive rows; empty segments are 0."""
    n = len(entries)
    ones = sparse.csr_array((np.ones(n), np.arange(n), indptr), shape=(len(indptr) - 1, n))
    return ones @ entries


def _binary_joint(channel, absent, masses, total, inside, outside) -> np.ndarray:
    """(C, A, 2) joint of answer and class.

    absent: (C or 1, T, S, A) answers when the value isn't believed.  masses: (C, 3, T) states of the intents for which
    the value is true; total: (3, T) of all.  inside, outside: (C, S, T) of them, those who believe the value.
    """
    out = np.zeros((len(masses), 5, 2))
    rest = total[None] - masses
    for y, believed, everyone in ((0, outside, rest), (1, inside, masses)):
        unbelieved = np.maximum(everyone[:, 1:] - believed, 0.0)
        out[:, :, y] = np.einsum("cst,tsa->ca", believed, channel.yesno[:, :, 1])
        out[:, :, y] += np.einsum("cst,ctsa->ca", unbelieved, np.broadcast_to(absent, (len(masses), *absent.shape[1:])))
        out[:, :, y] += np.einsum("ct,ta->ca", np.maximum(everyone[:, 0], 0.0), channel.yesno_forgotten)
    return out

