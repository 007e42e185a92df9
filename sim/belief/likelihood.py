"""p(answers on one facet | intent, type), the user's memory summed out exactly.

A turn recomputes the asked facet from all that was answered about it; answers on one facet share a memory, so their
probabilities never multiply.  Two shapes:

- scalar facets (one, number, flag): the memory is one value, and everything is computed over the V values and gathered
  to the N intents; row V stands for unknown.
- `many` facets: sums over the top of the mind z and its replacement w only touch the values that were asked for or
  said, and their neighbours in the confusion kernel.  With h_v = r_v g1_v + (1 - r_v) g0_v, where g1 and g0 are the
  answers' probabilities if v is believed or not:

      kept     exp(base) A,  base = sum of log h_v or log g0_v,   A = 1 + sum_z pi_iz (e_z g1_z / h_z - 1)
      muddled  exp(base) R,  R = sum_z pi_iz al_z sum_w K[z, w] e_w beta_w(i),  al_z = g0_z / h_z,
                             e_w beta_w = e_w g1_w / h_w if w is true of i, else e_w g1_w / g0_w

Everything is kept linear after one shift a facet and type: the smallest intents may underflow to 1e-300 of the
likeliest, which no other facet brings back.  Loops run over touched values, never over intents.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.belief.evidence import SAID_DONT_KNOW, Evidence
from sim.catalogue.catalogue import Facet
from sim.channel.channel import KEPT, MUDDLED, FacetChannel
from sim.channel.opening import SILENT
from sim.channel.slips_and_hedges import not_believed

TINY = 1e-300


@dataclass(frozen=True, eq=False)
class ScalarTerms:
    """Likelihood of one facet's answers by value: rows 0..V-1 are values, row V unknown."""

    evidence: Evidence
    log_like: np.ndarray
    """(V + 1, T) log p(answers | value, type)."""
    states: np.ndarray
    """(3, V + 1, T) p(forgotten, kept, muddled | answers, value, type)."""
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
    """(3, N, T) p(forgotten, kept, muddled | answers, intent, type)."""
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


def terms(channel: FacetChannel, evidence: Evidence) -> ScalarTerms | SetTerms:
    """The likelihood of one facet's answers.  Evidence must not be empty."""
    return (scalar_terms if channel.facet.scalar else set_terms)(channel, evidence)


def log_like_by_intent(found: ScalarTerms | SetTerms, facet: Facet) -> np.ndarray:
    """(N, T) log p(answers | intent, type); not to be written to."""
    return found.log_like[facet.value_of] if isinstance(found, ScalarTerms) else found.log_like


def memory_states(found: ScalarTerms | SetTerms, facet: Facet, joint: np.ndarray) -> np.ndarray:
    """(3,) p(forgotten, kept, muddled | history), from p(intent, type | history), (N, T)."""
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
        return (1 - channel.opening) + channel.opening * channel.silent
    return None


def scalar_terms(channel: FacetChannel, evidence: Evidence) -> ScalarTerms:
    v, t = len(channel.facet.values), channel.types
    log = np.zeros((2, v, t))  # (S, V, T)
    for value, a in evidence.yesno:
        true = believed(channel, value)
        log += np.log(channel.yesno[:, :, :, a]).transpose(1, 2, 0)[:, true.astype(np.int64)]
    if evidence.said >= 0:
        hit = (channel.facet.option_of == evidence.said)[:, None]
        right = (1 - channel.slip) * hit + channel.slip * max(channel.options[evidence.said], TINY)  # (V, T)
        log += np.log((1 - channel.silent).T[:, None] * right)
    silence = dont_know_like(channel, evidence.said)
    if silence is not None:
        log += np.log(silence).T[:, None]
    shift = log.max(axis=(0, 1))
    like = np.exp(log - shift)
    forgotten = channel.forgotten * np.maximum(forgotten_like(channel, evidence) * np.exp(-shift), TINY)
    remembered = 1 - channel.forgotten
    confused = channel.kernel @ like[MUDDLED]
    unknown = (channel.background[:, None] * like[KEPT]).sum(axis=0)
    parts = np.zeros((3, v + 1, t))
    parts[0] = forgotten
    parts[1, :v] = remembered * (1 - channel.muddled) * like[KEPT]
    parts[1, v] = remembered * unknown
    parts[2, :v] = remembered * channel.muddled * confused
    total = np.maximum(parts.sum(axis=0), TINY)
    return ScalarTerms(evidence, np.log(total) + shift, parts / total, like[KEPT], like[MUDDLED], confused, unknown)


def set_terms(channel: FacetChannel, evidence: Evidence) -> SetTerms:
    touched, g1, g0, e, constant = _touched(channel, evidence)
    ids = np.array(touched, dtype=np.int64)
    r = channel.recognition[ids][:, None, None]
    h = r * g1 + (1 - r) * g0
    n, t, v = channel.facet.intents, channel.types, len(channel.facet.values)
    columns = [channel.by_value.of(x) for x in touched]

    # Answers as if each true value were recognised by itself: base, up to the answers about values that aren't true.
    # Only intents that have a touched value differ from `nobody`, so only their rows are worked on.
    rows = np.unique(np.concatenate([column[0] for column in columns])) if columns else np.empty(0, np.int64)
    place = np.empty(n, dtype=np.int64)
    place[rows] = np.arange(len(rows))
    base, top_rows = np.zeros((2, len(rows), t)), np.ones((len(rows), t))
    ratio = e * g1 / h
    for j, (who, at) in enumerate(columns):
        base[:, place[who]] += np.log(h[j] / g0[j]).T[:, None]
        top_rows[place[who]] += channel.salience[at, None] * (ratio[j, :, KEPT] - 1)
    nobody = np.log(g0).sum(axis=0).T + constant.T  # (S, T)
    base += nobody[:, None]
    top = np.ones((n, t))
    top[rows] = np.maximum(top_rows, TINY)

    lost = np.ones((v, t))
    lost[ids] = g0[:, :, MUDDLED] / h[:, :, MUDDLED]
    outside = e[:, :, MUDDLED] * g1[:, :, MUDDLED] / g0[:, :, MUDDLED]
    within = ratio[:, :, MUDDLED] - outside
    loss = np.ones((v, t))
    for j, x in enumerate(touched):
        loss[_row_indices(channel.kernel_t, x)] += _row_data(channel.kernel_t, x)[:, None] * (outside[j] - 1)
    replaced = np.maximum(_replaced(channel, touched, columns, lost, loss, within), TINY)

    rho = channel.stranger_recognition[ids][:, None]
    hb = rho * g1[:, :, KEPT] + (1 - rho) * g0[:, :, KEPT]
    stranger = 1 + (channel.background[ids][:, None] * (e[:, :, KEPT] * g1[:, :, KEPT] / hb - 1)).sum(axis=0)

    # Assemble, linear after one shift a type.
    shift = np.maximum(nobody.max(axis=0), base.max(axis=(0, 1), initial=-np.inf))
    remembered = 1 - channel.forgotten
    weight = np.stack([remembered * (1 - channel.muddled), remembered * channel.muddled])  # (S, T)
    parts = np.empty((3, n, t))
    parts[0] = channel.forgotten * np.maximum(forgotten_like(channel, evidence) * np.exp(-shift), TINY)
    parts[1:] = (weight * np.exp(nobody - shift))[:, None]
    parts[1:, rows] = weight[:, None] * np.exp(base - shift)
    parts[1, rows] *= top[rows]
    parts[2] *= replaced
    empty = np.flatnonzero(np.diff(channel.facet.indptr) == 0)
    if len(empty):
        log_stranger = np.log(hb).sum(axis=0) + constant[:, KEPT] + np.log(stranger)
        parts[1, empty] = remembered * np.exp(log_stranger - shift)
        parts[2, empty] = 0
    total = np.maximum(parts[0] + parts[1] + parts[2], TINY)
    return SetTerms(evidence=evidence, log_like=np.log(total) + shift, states=parts / total, top=top, replaced=replaced,
                    stranger=stranger, touched=touched, g1=g1, g0=g0, h=h, said=e, lost=lost, loss=loss,
                    within=within)  # fmt: skip


def _touched(channel: FacetChannel, evidence: Evidence):
    """Touched values with g1, g0, e, each (n, T, S), and the log constant of the open answer (T, S)."""
    values = sorted({value for value, _ in evidence.yesno} | ({evidence.said} if evidence.said >= 0 else set()))
    shape = (len(values), channel.types, 2)
    g1, g0, e = np.ones(shape), np.ones(shape), np.ones(shape)
    absent = not_believed(channel, np.array(values, dtype=np.int64))
    for value, a in evidence.yesno:
        j = values.index(value)
        g1[j], g0[j] = channel.yesno[:, :, 1, a], absent[j, :, :, a]
    constant = np.zeros(shape[1:])
    if evidence.said >= 0:
        at_random = np.maximum(channel.slip * channel.options[evidence.said], TINY)[:, None]  # (T, 1)
        e[values.index(evidence.said)] = (1 - channel.slip[:, None] + at_random) / at_random
        constant = np.log((1 - channel.silent) * at_random)
    silence = dont_know_like(channel, evidence.said)
    if silence is not None:
        constant = np.log(silence)
    return tuple(values), g1, g0, e, constant


def _replaced(channel, touched, columns, lost, loss, within) -> np.ndarray:
    """(N, T) R of the module's docstring."""
    n, ids = channel.facet.intents, np.array(touched, dtype=np.int64)
    near = np.unique(np.concatenate([ids, *(_row_indices(channel.kernel_t, x) for x in touched)]).astype(np.int64))
    out = 1 + channel.rows_of(near, channel.salience).T @ (lost[near] * loss[near] - 1)
    for j, x in enumerate(touched):
        rows, at = columns[j]
        chance = np.repeat(channel.intruder_within[at, None], channel.types, axis=1)
        sources = dict(zip(_row_indices(channel.kernel_t, x).tolist(), _row_data(channel.kernel_t, x), strict=True))
        for i, z in enumerate(touched):
            if z in sources:
                share = np.zeros(n)
                share[columns[i][0]] = channel.salience[columns[i][1]]
                chance += share[rows, None] * sources[z] * (lost[z] - 1)
        out[rows] += within[j] * chance
    return out


def _row_indices(matrix, row: int) -> np.ndarray:
    return matrix.indices[matrix.indptr[row] : matrix.indptr[row + 1]]


def _row_data(matrix, row: int) -> np.ndarray:
    return matrix.data[matrix.indptr[row] : matrix.indptr[row + 1]]
