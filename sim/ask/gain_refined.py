"""The rest of a yes/no question's EIG: what its answer tells about intents of one class.

`sim.ask.gain_yesno` computes I(answer; y) for classes y of intents.  By the chain rule

    I(answer; intent) = I(answer; y) + sum_i p(i) KL( p(answer | i) || p(answer | y_i) ),

and the second term is small: intents of a class differ in how likely the value is on top of the mind or a replacement,
and in what their users' types are.  It is computed here for the questions that a choice hangs on, exactly over the
given intents (all of them in a small catalogue); leaving intents out keeps the sum a lower bound.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

from sim.ask.gain_open import untouched_states
from sim.ask.gain_yesno import answering_states, is_small, kept_memory, said_odds, scalar_states
from sim.belief.likelihood import ScalarTerms, SetTerms, Terms
from sim.channel.channel import KEPT, MUDDLED, FacetChannel
from sim.channel.confusion import kernel_entries
from sim.channel.relation import IntentsOfValues
from sim.channel.slips_and_hedges import not_believed
from sim.numeric.entropy import FLOOR, xlogx


def within_class(
    channel: FacetChannel,
    terms: Terms | None,
    belief: np.ndarray,
    values: np.ndarray,
    rows: np.ndarray,
    joint: np.ndarray,
) -> np.ndarray:
    """(C,) nats: sum over `rows` of p(i) KL(p(answer | i) || p(answer | class of i)).

    Args:
        belief: p(intent, type | history), (N, T).
        values: (C,) the values or thresholds asked for.
        rows: (n,) intents.
        joint: (C, A, Y) answer and class, as `sim.ask.gain_yesno` gives it for these values.
    """
    mass = belief[rows].sum(axis=1)  # (n,)
    share = belief[rows] / np.maximum(mass, FLOOR)[:, None]  # (n, T)
    if channel.facet.scalar:
        assert not isinstance(terms, SetTerms)
        value = channel.facet.value_of[rows]  # -1 is the last class
        answers = _scalar_answers(channel, terms, share, values, value)
        y = np.broadcast_to(value, (len(values), len(rows))) if is_small(channel) else value == values[:, None]
    else:
        assert not isinstance(terms, ScalarTerms)
        answers, y = _set_answers(channel, terms, share, values, rows)
    by_class = joint / np.maximum(joint.sum(axis=1, keepdims=True), FLOOR)  # (C, A, Y) p(answer | class)
    expected = by_class[np.arange(len(values))[:, None], :, y.astype(np.int64)]  # (C, n, A)
    gap = (xlogx(answers) - answers * np.log(np.maximum(expected, FLOOR))).sum(axis=2)
    return (np.maximum(gap, 0.0) * mass).sum(axis=1)


def _scalar_answers(
    channel: FacetChannel, terms: ScalarTerms | None, share: np.ndarray, values: np.ndarray, value: np.ndarray
) -> np.ndarray:
    """(C, n, A) p(answer | intent) on a scalar facet.

    Args:
        share: (n, T) p(type | intent).
        values: (C,) values or thresholds asked for.
        value: (n,) the intents' own values, -1 unknown.
    """
    states = answering_states(scalar_states(channel, terms)[:, value])  # (3, n, T)
    known = value >= 0
    v = len(channel.facet.values)
    taken = channel.kernel[np.where(known, value, 0)] if v > 1 else sparse.csr_array((len(value), v))
    background = kept_memory(channel, terms)  # (V, T)
    over = channel.facet.kind == "number"
    kept = value >= values[:, None] if over else value == values[:, None]  # (C, n)
    types = channel.types
    if terms is None:
        weight, norm = np.ones((v, types)), np.ones((len(value), types))
    else:
        weight, norm = terms.muddled, np.maximum(terms.confused[np.where(known, value, 0)], FLOOR)
    if over:
        truth = (np.arange(v) >= values[:, None]).T.astype(np.float64)  # (V, C)
        muddled = np.stack([(taken @ (truth * weight[:, [t]])).T / norm[:, t] for t in range(types)], axis=2)
        stranger = background[::-1].cumsum(axis=0)[::-1][values]
    else:
        muddled = taken[:, values].toarray().T[:, :, None] * weight[values][:, None] / norm
        stranger = background[values]
    yes = np.where(known[:, None], kept[:, :, None], stranger[:, None])  # (C, n, T)
    out = np.einsum("nt,nt,ta->na", share, states[0], channel.yesno_forgotten)[None]
    for state, p in ((KEPT, yes), (MUDDLED, muddled)):
        weighted = share * states[1 + state]
        out = out + np.einsum("cnt,ta->cna", weighted * p, channel.yesno[:, state, 1])
        out = out + np.einsum("cnt,ta->cna", weighted * (1 - p), channel.yesno[:, state, 0])
    return out


def _set_answers(
    channel: FacetChannel, terms: SetTerms | None, share: np.ndarray, values: np.ndarray, rows: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """(C, n, A) p(answer | intent) on a `many` facet, and (C, n) whether the intent has the value.

    Args:
        share: (n, T) p(type | intent).
        values: (C,) not asked before.
        rows: (n,) the intents.
    """
    held = IntentsOfValues(channel.by_value, values)
    place = np.full(channel.facet.intents, -1)
    place[rows] = np.arange(len(rows))
    inside = held.table(place, len(rows)) > 0
    salience = held.table(place, len(rows), channel.salience)[:, :, None]  # (C, n, 1)
    intruder = (channel.kernel_t[values] @ channel.top_of_mind[rows].T.tocsr()).toarray()[:, :, None]
    empty = channel.facet.indptr[rows + 1] == channel.facet.indptr[rows]
    if terms is None:
        states = untouched_states(channel, rows)
        top, replaced, stranger = 1.0, 1.0, np.ones(channel.types)
        lost, said_kept = salience, 1.0
    else:
        states = terms.states[:, rows]
        top, replaced, stranger = terms.top[rows], terms.replaced[rows], terms.stranger
        factor = terms.loss[values][:, None] * np.ones((1, len(rows), 1))  # (C, n, T)
        intruder = intruder * np.ones(channel.types)
        for j, x in enumerate(terms.touched):
            who, chance = channel.intents_of(x)
            out_of, into = kernel_entries(channel.kernel_t, x, values), kernel_entries(channel.kernel, x, values)
            if not (out_of.any() or into.any()):
                continue
            of_x = np.zeros(channel.facet.intents)
            of_x[who] = chance
            factor += (out_of[:, None] * (of_x[rows] > 0))[:, :, None] * terms.within[j]
            intruder += (into[:, None] * of_x[rows])[:, :, None] * (terms.lost[x] - 1)
        lost = salience * factor
        said_kept, said_muddled = (odds[:, None] for odds in said_odds(terms, values))  # (C, 1, T)
        salience, intruder = salience * said_kept, intruder * said_muddled
    r = channel.recognition[values][:, None, None]
    rho, g = (x[values][:, None, None] for x in (channel.stranger_recognition, channel.background))
    true = inside[:, :, None]
    lost, came = np.clip(lost / replaced, 0, 1), np.clip(intruder / replaced, 0, 1)
    kept = np.where(true, r + (1 - r) * salience / top, 0.0)
    kept = np.where(empty[:, None], rho + (1 - rho) * g * said_kept / stranger, kept)
    muddled = np.where(true, came + r * np.maximum(1 - lost - came, 0.0), came)
    absent = not_believed(channel, values)  # (C, T, S, A)
    out = np.einsum("nt,nt,ta->na", share, states[0], channel.yesno_forgotten)[None]
    ways = [(KEPT, states[1], kept), (MUDDLED, states[2], muddled)]
    if channel.unrecalled.any():
        ways.append((KEPT, states[3], np.where(true, r, np.where(empty[:, None], rho, 0.0))))
    for state, chance, p in ways:
        weighted = share * chance
        out = out + np.einsum("cnt,ta->cna", weighted * p, channel.yesno[:, state, 1])
        out = out + np.einsum("cnt,cta->cna", weighted * (1 - p), absent[:, :, state])
    return out, inside
