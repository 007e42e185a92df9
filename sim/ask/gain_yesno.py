"""What a yes/no question is expected to tell about the intent, in nats.

A question touches one facet, so one pass over the facet's sparse relation gives the joint distribution of the answer
and of a class y of intents for every question on it, exactly:

- scalar facets of up to `SMALL` values, numbers and flags: y = the intent's value;
- larger scalar facets and `many` facets: y = "the value is true of the intent".

EIG here is I(answer; y), at most I(answer; intent), by data processing.  What is left out: intents of one class still
differ a little in how likely the value is on top of the mind, or a replacement, and in what their users' types are.
`sim.ask.gain_refined` adds that for the questions that a choice hangs on.

No BLAS here or in the beliefs: sparse products and einsum give the same bits whatever is computed beside them, so a
certified choice and a full sweep agree, and batches equal single dialogues.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import sparse

from sim.belief.likelihood import ScalarTerms, SetTerms
from sim.channel.channel import KEPT, MUDDLED, FacetChannel
from sim.channel.confusion import kernel_entries
from sim.channel.relation import IntentsOfValues
from sim.channel.slips_and_hedges import not_believed
from sim.numeric.entropy import FLOOR
from sim.numeric.reductions import over_intents

SMALL = 64
"""Values of a scalar facet up to which classes of intents are its values, not "true of the intent or not"."""


# --- scalar facets -------------------------------------------------------------------------------------------------


def said_odds(terms: SetTerms, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(C, T) for kept and muddled: how much likelier a value is on top of the mind for having been said, else 1.

    The values must not have been asked about.
    """
    out = np.ones((2, len(values), terms.top.shape[1]))
    for j, x in enumerate(terms.touched):
        at = values == x
        if at.any():
            out[0, at], out[1, at] = terms.said[j, :, KEPT], terms.said[j, :, MUDDLED]
    return out[0], out[1]


def scalar_masses(channel: FacetChannel, belief: np.ndarray) -> np.ndarray:
    """(V + 1, T) belief in each value; row V is unknown.  `belief` is p(intent, type), (N, T)."""
    facet = channel.facet
    value = facet.value_of
    rows = np.where(value < 0, len(facet.values), value)
    columns = [np.bincount(rows, weights=b, minlength=len(facet.values) + 1) for b in belief.T]
    return np.stack(columns, axis=1)


def scalar_states(channel: FacetChannel, terms: ScalarTerms | None) -> np.ndarray:
    """(4, V + 1, T) p(forgotten, kept, muddled, unrecalled | value, type), after the answers if there are any."""
    if terms is not None:
        return terms.states
    out = np.repeat(channel.state_shares[:, None], len(channel.facet.values) + 1, axis=1)
    out[:, -1] = channel.stranger_shares
    return out


def answering_states(states: np.ndarray) -> np.ndarray:
    """(3, ...) of the states (4, ...) by how yes/no questions are answered: forgotten, kept or unrecalled, muddled."""
    return np.stack([states[0], states[1] + states[3], states[2]])


def kept_memory(channel: FacetChannel, terms: ScalarTerms | None) -> np.ndarray:
    """(V, T) p(memory | unknown in the catalogue, kept)."""
    if terms is None:
        return np.repeat(channel.background[:, None], channel.types, axis=1)
    return channel.background[:, None] * terms.kept / np.maximum(terms.unknown, FLOOR)


def muddled_memory(channel: FacetChannel, terms: ScalarTerms | None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The replacement given the true value and muddled: rows, columns (nnz,) and chances (nnz, T) of the kernel."""
    kernel = channel.kernel
    rows = np.repeat(np.arange(len(kernel.indptr) - 1), np.diff(kernel.indptr))
    data = np.repeat(kernel.data[:, None], channel.types, axis=1)
    if terms is not None:
        data = data * terms.muddled[kernel.indices] / np.maximum(terms.confused[rows], FLOOR)
    return rows, kernel.indices, data


def is_small(channel: FacetChannel) -> bool:
    return channel.facet.kind in ("number", "flag") or len(channel.facet.values) <= SMALL


def scalar_joint(
    channel: FacetChannel, terms: ScalarTerms | None, belief: np.ndarray, values: np.ndarray
) -> np.ndarray:
    """(C, A, Y) joint of answer and class for the yes/no questions on these values or thresholds."""
    mass = scalar_masses(channel, belief)
    states = answering_states(scalar_states(channel, terms)) * mass  # (3, V + 1, T)
    return (_small_joint if is_small(channel) else _large_joint)(channel, terms, states, values)


def _small_joint(
    channel: FacetChannel, terms: ScalarTerms | None, states: np.ndarray, values: np.ndarray
) -> np.ndarray:
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


def _large_joint(
    channel: FacetChannel, terms: ScalarTerms | None, states: np.ndarray, values: np.ndarray
) -> np.ndarray:
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
    return _binary_joint(
        channel, channel.yesno[None, :, :, 0], states[:, values].transpose(1, 0, 2), total, inside, outside
    )


# --- many facets ---------------------------------------------------------------------------------------------------


class SetShares(NamedTuple):
    """What all questions on one `many` facet share at one belief."""

    states: np.ndarray | None
    """(3, N, T) p(forgotten | kept or unrecalled | muddled, intent, type); None for an untouched facet."""
    kept: np.ndarray | None
    """(N, T) the same, kept, divided by A of `sim.belief.likelihood`."""
    muddled: np.ndarray | None
    """(N, T) the same, muddled, divided by R."""
    strangers: np.ndarray
    """(T,) belief in intents about which the catalogue says nothing; the kept part of it for a touched facet."""
    unrecalled: np.ndarray
    """(T,) the unrecalled part of it for a touched facet; 0 for an untouched one."""
    total: np.ndarray
    """(3, T) or, untouched, (T,): the sums over intents."""


def set_shares(channel: FacetChannel, terms: SetTerms | None, belief: np.ndarray) -> SetShares:
    """Prepares `set_joint` at one belief, (N, T)."""
    if terms is None:
        strangers = over_intents(belief[channel.unknown])
        return SetShares(None, None, None, strangers, 0 * strangers, over_intents(belief))
    states = terms.states * belief
    answering = answering_states(states)
    total = np.stack([over_intents(s) for s in answering])
    strangers, unrecalled = (over_intents(states[s][channel.unknown]) for s in (1, 3))
    return SetShares(answering, states[1] / terms.top, states[2] / terms.replaced, strangers, unrecalled, total)


def set_joint(
    channel: FacetChannel,
    terms: SetTerms | None,
    belief: np.ndarray,
    values: np.ndarray,
    shares: SetShares | None = None,
) -> np.ndarray:
    """(C, A, 2) joint of answer and "the value is true" for values that were not asked about before."""
    shares = set_shares(channel, terms, belief) if shares is None else shares
    if terms is None:
        masses, inside, outside, total = _untouched(channel, shares, belief, values)
    else:
        masses, inside, outside, total = _touched(channel, terms, shares, values)
    return _binary_joint(channel, not_believed(channel, values), masses, total, inside, outside)


def value_masses(channel: FacetChannel, belief: np.ndarray) -> np.ndarray:
    """(V,) p(value true of the intent), from p(intent), (N,)."""
    return channel.relation @ belief


def _untouched(channel: FacetChannel, shares: SetShares, belief: np.ndarray, values: np.ndarray):
    states = answering_states(channel.state_shares)  # (3, T)
    kept, strange, unrecalled = channel.state_shares[1], channel.stranger_shares, channel.state_shares[3]
    everyone, strangers = shares.total, shares.strangers
    held = IntentsOfValues(channel.by_value, values)
    n, top, within = held.sum(belief), held.sum(belief, channel.salience), held.sum(belief, channel.intruder_within)
    sources = channel.kernel_t[values]
    near = np.unique(sources.indices)
    first = np.zeros((len(channel.facet.values), channel.types))
    first[near] = IntentsOfValues(channel.by_value, near).sum(belief, channel.salience)
    total = sources @ first
    r = channel.recognition[values][:, None]
    inside = np.stack([
        kept * (r * n + (1 - r) * top) + unrecalled * (r * n),
        states[2] * (within + r * (n - top - within)),
    ], axis=1)  # fmt: skip
    rho, g = channel.stranger_recognition[values][:, None], channel.background[values][:, None]
    outside = np.stack([
        strangers * (strange[1] * (rho + (1 - rho) * g) + strange[3] * rho),
        states[2] * (total - within),
    ], axis=1)  # fmt: skip
    sums = states * everyone
    sums[1] += states[2] * strangers
    sums[2] -= states[2] * strangers
    return states[None] * n[:, None], inside, outside, sums


def _touched(channel: FacetChannel, terms: SetTerms, shares: SetShares, values: np.ndarray):
    assert shares.states is not None and shares.kept is not None and shares.muddled is not None
    kept, muddled, strangers = shares.kept, shares.muddled, shares.strangers
    held = IntentsOfValues(channel.by_value, values)
    masses = np.stack([held.sum(s) for s in shares.states], axis=1)  # (C, 3, T)
    top, within = held.sum(kept, channel.salience), held.sum(muddled, channel.intruder_within)
    sources = channel.kernel_t[values]
    near = np.unique(np.concatenate([sources.indices, values]))
    first = np.zeros((len(channel.facet.values), channel.types))
    first[near] = IntentsOfValues(channel.by_value, near).sum(muddled, channel.salience)
    total = sources @ (terms.lost * first)
    lost = terms.loss[values] * first[values]
    for j, x in enumerate(terms.touched):
        # Pairs of a touched value x and an asked one in the same intent: both may be each other's replacement.
        out_of, into = kernel_entries(channel.kernel_t, x, values), kernel_entries(channel.kernel, x, values)
        if not (out_of.any() or into.any()):
            continue
        rows, salience = channel.intents_of(x)
        place = np.zeros((channel.facet.intents, channel.types))
        place[rows] = muddled[rows]
        lost += out_of[:, None] * terms.within[j] * held.sum(place, channel.salience)
        place[rows] *= salience[:, None]
        within += into[:, None] * (terms.lost[x] - 1) * held.sum(place)
    said_kept, said_muddled = said_odds(terms, values)
    top, within, total = top * said_kept, within * said_muddled, total * said_muddled
    r = channel.recognition[values][:, None]
    inside = np.stack([
        r * masses[:, 1] + (1 - r) * top,
        within + r * (masses[:, 2] - lost - within),
    ], axis=1)  # fmt: skip
    rho, g = channel.stranger_recognition[values][:, None], channel.background[values][:, None]
    named = strangers * (rho + (1 - rho) * g * said_kept / terms.stranger)
    outside = np.stack([named + shares.unrecalled * rho, total - within], axis=1)
    return masses, inside, outside, shares.total


# --- shared --------------------------------------------------------------------------------------------------------


def _segment_sum(entries: np.ndarray, indptr: np.ndarray) -> np.ndarray:
    """Sums of consecutive rows; empty segments are 0."""
    n = len(entries)
    ones = sparse.csr_array((np.ones(n), np.arange(n), indptr), shape=(len(indptr) - 1, n))
    return ones @ entries


def _binary_joint(
    channel: FacetChannel, absent: np.ndarray, masses: np.ndarray, total: np.ndarray, inside: np.ndarray,
    outside: np.ndarray,
) -> np.ndarray:  # fmt: skip
    """(C, A, 2) joint of answer and class.

    Args:
        absent: (C or 1, T, S, A) answers when the value isn't believed.
        masses: (C, 3, T) states of the intents for which the value is true.
        total: (3, T) states of all intents.
        inside, outside: (C, S, T) of those for which the value is true and of the others, those who believe it.
    """
    out = np.zeros((len(masses), 5, 2))
    rest = total[None] - masses
    for y, believed, everyone in ((0, outside, rest), (1, inside, masses)):
        unbelieved = np.maximum(everyone[:, 1:] - believed, 0.0)
        out[:, :, y] = np.einsum("cst,tsa->ca", believed, channel.yesno[:, :, 1])
        out[:, :, y] += np.einsum("cst,ctsa->ca", unbelieved, np.broadcast_to(absent, (len(masses), *absent.shape[1:])))
        out[:, :, y] += np.einsum("ct,ta->ca", np.maximum(everyone[:, 0], 0.0), channel.yesno_forgotten)
    return out
