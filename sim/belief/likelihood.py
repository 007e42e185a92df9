"""p(answers on one facet | intent, type), the user's memory summed out exactly.

A turn recomputes the asked facet from all that was answered about it; answers on one facet share a memory, so their
probabilities never multiply.  Two shapes:

- scalar facets (one, number, flag): the memory is one value, and everything is computed over the V values and gathered
  to the N intents; row V stands for unknown.
- `many` facets: sums over the top of the mind z and its replacement w only touch the values that were asked for or
  said, and their neighbours in the confusion kernel.  With h_v = r_v g1_v + (1 - r_v) g0_v, where g1 and g0 are the
  answers' probabilities if v is believed or not:

      kept     exp(base) A,  base = sum of log h_v or log g0_v,   A = 1 + sum_z pi_iz (e_z g1_z / h_z - 1)
      unrecalled  exp(base), and no open answer but "don't know"
      muddled  exp(base) R,  R = sum_z pi_iz al_z sum_w K[z, w] e_w beta_w(i),  al_z = g0_z / h_z,
                             e_w beta_w = e_w g1_w / h_w if w is true of i, else e_w g1_w / g0_w

Everything is kept linear after one shift a facet and type: the smallest intents may underflow to 1e-300 of the
likeliest, which no other facet brings back.  Loops run over touched values, never over intents.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy import sparse

from sim.belief.evidence import SAID_DONT_KNOW, Evidence
from sim.catalogue.catalogue import Facet
from sim.channel.channel import KEPT, MUDDLED, FacetChannel
from sim.channel.opening import SILENT
from sim.channel.slips_and_hedges import not_believed
from sim.numeric.entropy import FLOOR


@dataclass(frozen=True, eq=False)
class ScalarTerms:
    """Likelihood of one facet's answers by value: rows 0..V-1 are values, row V unknown."""

    evidence: Evidence
    log_like: np.ndarray
    """(V + 1, T) log p(answers | value, type)."""
    states: np.ndarray
    """(4, V + 1, T) p(forgotten, kept, muddled, unrecalled | answers, value, type)."""
    kept: np.ndarray
    """(V, T) p(answers | memory, kept), up to a factor a type."""
    muddled: np.ndarray
    """(V, T) p(answers | memory, muddled), up to a factor a type."""
    confused: np.ndarray
    """(V, T) kernel @ muddled."""
    unknown: np.ndarray
    """(T,) background . kept."""


@dataclass(frozen=True, eq=False)
class SetTerms:
    """Likelihood of one `many` facet's answers by intent, with the parts that the information gain needs."""

    evidence: Evidence
    log_like: np.ndarray
    """(N, T) log p(answers | intent, type)."""
    states: np.ndarray
    """(4, N, T) p(forgotten, kept, muddled, unrecalled | answers, intent, type)."""
    top: np.ndarray
    """(N, T) A."""
    replaced: np.ndarray
    """(N, T) R."""
    stranger: np.ndarray
    """(T,) A of an intent about which the catalogue knows nothing."""
    touched: tuple[int, ...]
    g1: np.ndarray
    """(n, T, S) p(answers about the touched value | believed)."""
    g0: np.ndarray
    """(n, T, S) the same, not believed."""
    h: np.ndarray
    """(n, T, S) the same, true and recognised or not."""
    said: np.ndarray
    """(n, T, S) e: odds of the open answer if the value is on top of the mind; 1 where it wasn't said."""
    lost: np.ndarray
    """(V, T) al."""
    loss: np.ndarray
    """(V, T) kb = K @ (factor of each replacement outside the intent)."""
    within: np.ndarray
    """(n, T) wi - wo: factor of a replacement that is true of the intent, less that of one which isn't."""


Terms = ScalarTerms | SetTerms
"""The likelihood of one facet's answers, whatever the facet's kind."""


def terms(channel: FacetChannel, evidence: Evidence) -> Terms:
    """The likelihood of one facet's answers.  Evidence must not be empty."""
    return (scalar_terms if channel.facet.scalar else set_terms)(channel, evidence)


def bytes_of(found: Terms) -> int:
    """How much memory they take."""
    return sum(x.nbytes for x in vars(found).values() if isinstance(x, np.ndarray))


def log_like_by_intent(found: Terms, facet: Facet) -> np.ndarray:
    """(N, T) log p(answers | intent, type); not to be written to."""
    return found.log_like[facet.value_of] if isinstance(found, ScalarTerms) else found.log_like


def memory_states(found: Terms, facet: Facet, joint: np.ndarray) -> np.ndarray:
    """(4,) p(forgotten, kept, muddled, unrecalled | history), from p(intent, type | history), (N, T)."""
    by_intent = found.states[:, facet.value_of] if isinstance(found, ScalarTerms) else found.states
    return (by_intent * joint).sum(axis=(1, 2))


def believed(channel: FacetChannel, value: int) -> np.ndarray:
    """(V,) bool: which memories make the yes/no question on `value` true."""
    memory = np.arange(len(channel.facet.values))
    return memory >= value if channel.facet.kind == "number" else memory == value


def forgotten_like(channel: FacetChannel, evidence: Evidence) -> np.ndarray:
    """(T,) p(answers | forgotten)."""
    out = np.ones(channel.types)
    for _, a in evidence.yesno:
        out = out * channel.yesno_forgotten[:, a]
    if evidence.said >= 0:
        out = out * channel.guess * channel.options[evidence.said]
        out = out * channel.chance_of_volunteering(evidence.volunteered)
    elif evidence.said == SAID_DONT_KNOW:
        out = out * (1 - channel.guess)
    elif evidence.said == SILENT:
        out = out * ((1 - channel.opening) + channel.opening * (1 - channel.guess))
    return out


def dont_know_like(channel: FacetChannel, said: int) -> np.ndarray | None:
    """(T, S) p(no open answer | state) where none was given though there was occasion, else None."""
    if said == SAID_DONT_KNOW:
        return channel.silent
    if said == SILENT:
        return (1 - channel.opening[:, None]) + channel.opening[:, None] * channel.silent
    return None


def scalar_terms(channel: FacetChannel, evidence: Evidence) -> ScalarTerms:
    v, t = len(channel.facet.values), channel.types
    log = np.zeros((2, v, t))  # (S, V, T)
    for value, a in evidence.yesno:
        true = believed(channel, value)
        log += np.log(channel.yesno[:, :, :, a]).transpose(1, 2, 0)[:, true.astype(np.int64)]
    by_recognition = log[KEPT].copy()
    if evidence.said >= 0:
        hit = (channel.facet.option_of == evidence.said)[:, None]
        right = (1 - channel.slip) * hit + channel.slip * max(channel.options[evidence.said], FLOOR)  # (V, T)
        log += np.log((1 - channel.silent).T[:, None] * right)
        log += np.log(channel.chance_of_volunteering(evidence.volunteered))
    silence = dont_know_like(channel, evidence.said)
    if silence is not None:
        log += np.log(silence).T[:, None]
    unrecalled = channel.unrecalled.any() and evidence.said < 0
    shift = log.max(axis=(0, 1))
    if unrecalled:
        shift = np.maximum(shift, by_recognition.max(axis=0))
    like = np.exp(log - shift)
    forgotten = channel.forgotten * np.maximum(forgotten_like(channel, evidence) * np.exp(-shift), FLOOR)
    _, kept, muddled, recognises = channel.state_shares
    confused = channel.kernel @ like[MUDDLED]
    unknown = (channel.background[:, None] * like[KEPT]).sum(axis=0)
    parts = np.zeros((4, v + 1, t))
    parts[0] = forgotten
    parts[1, :v] = kept * like[KEPT]
    parts[1, v] = channel.stranger_shares[1] * unknown
    parts[2, :v] = muddled * confused
    if unrecalled:
        # No open answer depends on the value here: there is none, or silence.
        like_recognised = np.exp(by_recognition - shift)
        parts[3, :v] = recognises * like_recognised
        parts[3, v] = recognises * (channel.background[:, None] * like_recognised).sum(axis=0)
    total = np.maximum(parts.sum(axis=0), FLOOR)
    return ScalarTerms(evidence, np.log(total) + shift, parts / total, like[KEPT], like[MUDDLED], confused, unknown)


def set_terms(channel: FacetChannel, evidence: Evidence) -> SetTerms:
    touched = _touched(channel, evidence)
    base, nobody = _by_recognition(channel, touched)
    top = _top_of_mind(channel, touched)
    factors = _replacement_factors(channel, touched)
    replaced = _replaced(channel, touched, factors)
    recognised, stranger = _strangers(channel, touched)

    # Assemble, linear after one shift a type.
    unrecalled = channel.unrecalled.any() and evidence.said < 0
    # What says nothing of the top of the mind is as for a kept memory, but for the open answer, which is none.
    unnamed = touched.constant[:, KEPT] if unrecalled else np.zeros(channel.types)
    shift = np.maximum(nobody.max(axis=0), base.max(axis=(0, 1), initial=-np.inf)) - np.minimum(unnamed, 0)
    weight = channel.state_shares[1:3]  # (S, T)
    parts = np.zeros((4, *top.shape))
    parts[0] = channel.forgotten * np.maximum(forgotten_like(channel, evidence) * np.exp(-shift), FLOOR)
    parts[1:3] = (weight * np.exp(nobody - shift))[:, None]
    parts[1:3, touched.rows] = weight[:, None] * np.exp(base - shift)
    if unrecalled:
        recognises = channel.state_shares[3]
        parts[3] = recognises * np.exp(nobody[KEPT] - unnamed - shift)
        parts[3, touched.rows] = recognises * np.exp(base[KEPT] - unnamed - shift)
    parts[1, touched.rows] *= top[touched.rows]
    parts[2] *= replaced
    if len(channel.unknown):
        log_recognised = np.log(recognised).sum(axis=0)
        log_stranger = log_recognised + touched.constant[:, KEPT] + np.log(stranger)
        parts[1, channel.unknown] = channel.stranger_shares[1] * np.exp(log_stranger - shift)
        parts[2, channel.unknown] = 0
        if unrecalled:
            parts[3, channel.unknown] = channel.stranger_shares[3] * np.exp(log_recognised - shift)
    total = np.maximum(parts[0] + parts[1] + parts[2] + parts[3], FLOOR)
    return SetTerms(evidence=evidence, log_like=np.log(total) + shift, states=parts / total, top=top, replaced=replaced,
                    stranger=stranger, touched=tuple(touched.ids.tolist()), g1=touched.g1, g0=touched.g0, h=touched.h,
                    said=touched.said, lost=factors.lost, loss=factors.loss, within=factors.within)  # fmt: skip


class _Touched(NamedTuple):
    """The n values of a `many` facet that were asked for or said, and what was answered about each."""

    ids: np.ndarray
    """(n,) ascending."""
    g1: np.ndarray
    """(n, T, S) p(answers about the value | believed)."""
    g0: np.ndarray
    """(n, T, S) the same, not believed."""
    h: np.ndarray
    """(n, T, S) the same, true and recognised or not."""
    said: np.ndarray
    """(n, T, S) e of the module's docstring; 1 where the value wasn't said."""
    odds: np.ndarray
    """(n, T, S) e g1 / h: how much likelier the answers are if the value is on top of the mind."""
    constant: np.ndarray
    """(T, S) log p(the open answer | state) but for e."""
    entries: list[np.ndarray]
    """Where the entries of each value's members stand in facet.indices."""
    rows: np.ndarray
    """(m,) intents that have a touched value; the others' answers are nobody's."""
    places: list[np.ndarray]
    """Where each value's members stand in `rows`."""


def _touched(channel: FacetChannel, evidence: Evidence) -> _Touched:
    values = sorted({value for value, _ in evidence.yesno} | ({evidence.said} if evidence.said >= 0 else set()))
    ids = np.array(values, dtype=np.int64)
    shape = (len(values), channel.types, 2)
    g1, g0, e = np.ones(shape), np.ones(shape), np.ones(shape)
    absent = not_believed(channel, ids)
    for value, a in evidence.yesno:
        j = values.index(value)
        g1[j], g0[j] = channel.yesno[:, :, 1, a], absent[j, :, :, a]
    r = channel.recognition[ids][:, None, None]
    constant = np.zeros(shape[1:])
    if evidence.said >= 0:
        at_random = np.maximum(channel.slip * channel.options[evidence.said], FLOOR)[:, None]  # (T, 1)
        e[values.index(evidence.said)] = (1 - channel.slip[:, None] + at_random) / at_random
        constant = np.log((1 - channel.silent) * at_random)
        constant += np.log(channel.chance_of_volunteering(evidence.volunteered))[:, None]
    silence = dont_know_like(channel, evidence.said)
    if silence is not None:
        constant = np.log(silence)
    columns = [channel.by_value.of(x) for x in values]
    rows = np.unique(np.concatenate([who for who, _ in columns])) if columns else np.empty(0, np.int64)
    place = np.empty(channel.facet.intents, dtype=np.int64)
    place[rows] = np.arange(len(rows))
    h = r * g1 + (1 - r) * g0
    return _Touched(ids=ids, g1=g1, g0=g0, h=h, said=e, odds=e * g1 / h, constant=constant,
                    entries=[entries for _, entries in columns], rows=rows,
                    places=[place[who] for who, _ in columns])  # fmt: skip


def _by_recognition(channel: FacetChannel, touched: _Touched) -> tuple[np.ndarray, np.ndarray]:
    """Log p(answers) as if each true value were recognised by itself: (S, m, T) of `rows`, (S, T) of all others."""
    base = np.zeros((2, len(touched.rows), channel.types))
    for j, place in enumerate(touched.places):
        base[:, place] += np.log(touched.h[j] / touched.g0[j]).T[:, None]
    nobody = np.log(touched.g0).sum(axis=0).T + touched.constant.T
    base += nobody[:, None]
    return base, nobody


def _top_of_mind(channel: FacetChannel, touched: _Touched) -> np.ndarray:
    """(N, T) A of the module's docstring."""
    of_rows = np.ones((len(touched.rows), channel.types))
    for j, (place, entries) in enumerate(zip(touched.places, touched.entries, strict=True)):
        of_rows[place] += channel.salience[entries, None] * (touched.odds[j, :, KEPT] - 1)
    top = np.ones((channel.facet.intents, channel.types))
    top[touched.rows] = np.maximum(of_rows, FLOOR)
    return top


class _ReplacementFactors(NamedTuple):
    """How the answers weigh a value that is lost, and what comes in its place."""

    lost: np.ndarray
    """(V, T) al."""
    loss: np.ndarray
    """(V, T) K @ (factor of each replacement outside the intent)."""
    within: np.ndarray
    """(n, T) factor of a replacement that is true of the intent, less that of one which isn't."""


def _replacement_factors(channel: FacetChannel, touched: _Touched) -> _ReplacementFactors:
    g1, g0, h, e = (x[:, :, MUDDLED] for x in (touched.g1, touched.g0, touched.h, touched.said))
    lost = np.ones((len(channel.facet.values), channel.types))
    lost[touched.ids] = g0 / h
    outside = e * g1 / g0
    loss = np.ones_like(lost)
    for j, x in enumerate(touched.ids.tolist()):
        loss[_row_indices(channel.kernel_t, x)] += _row_data(channel.kernel_t, x)[:, None] * (outside[j] - 1)
    return _ReplacementFactors(lost, loss, touched.odds[:, :, MUDDLED] - outside)


def _replaced(channel: FacetChannel, touched: _Touched, factors: _ReplacementFactors) -> np.ndarray:
    """(N, T) R of the module's docstring."""
    lost, loss, within = factors
    sources = [_row_indices(channel.kernel_t, x) for x in touched.ids.tolist()]
    near = np.unique(np.concatenate([touched.ids, *sources]).astype(np.int64))
    out = 1 + channel.rows_of(near, channel.salience).T @ (lost[near] * loss[near] - 1)
    for j, x in enumerate(touched.ids.tolist()):
        rows = touched.rows[touched.places[j]]
        chance = np.repeat(channel.intruder_within[touched.entries[j], None], channel.types, axis=1)
        taken = dict(zip(sources[j].tolist(), _row_data(channel.kernel_t, x), strict=True))
        for i, z in enumerate(touched.ids.tolist()):
            if z in taken:
                share = np.zeros(channel.facet.intents)
                share[touched.rows[touched.places[i]]] = channel.salience[touched.entries[i]]
                chance += share[rows, None] * taken[z] * (lost[z] - 1)
        out[rows] += within[j] * chance
    return np.maximum(out, FLOOR)


def _strangers(channel: FacetChannel, touched: _Touched) -> tuple[np.ndarray, np.ndarray]:
    """Of intents about which the catalogue knows nothing: h, (n, T), and A, (T,)."""
    ids, e = touched.ids, touched.said[:, :, KEPT]
    g1, g0 = touched.g1[:, :, KEPT], touched.g0[:, :, KEPT]
    rho = channel.stranger_recognition[ids][:, None]
    h = rho * g1 + (1 - rho) * g0
    top = 1 + (channel.background[ids][:, None] * (e * g1 / h - 1)).sum(axis=0)
    return h, top


def _row_indices(matrix: sparse.csr_array, row: int) -> np.ndarray:
    return matrix.indices[matrix.indptr[row] : matrix.indptr[row + 1]]


def _row_data(matrix: sparse.csr_array, row: int) -> np.ndarray:
    return matrix.data[matrix.indptr[row] : matrix.indptr[row + 1]]
