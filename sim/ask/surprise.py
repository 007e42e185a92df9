"""How surprising an intent's users are when they are asked an open question on a sparse facet: H(answer | intent).

It runs over what they may name, an intent's own values and what each may be taken for, found as the loop goes; where
nothing was answered on the facet of a small catalogue, from a pattern that is made once.
"""

# An element of an array is a number here, which the array types of a type checker cannot say.
# pyright: reportArgumentType=false, reportReturnType=false

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.ask.gain_sparse import Sums
from sim.belief.law_sparse import (
    FORGOTTEN,
    G0,
    G1,
    KEPT_STATE,
    KEPT_TOP,
    MUDDLED_REPLACED,
    MUDDLED_STATE,
    UNRECALLED,
    E,
    H,
    Known,
    find,
    lost_by,
    strangers_odds,
)
from sim.belief.tables import SparseFacet
from sim.channel.channel import KEPT, MUDDLED
from sim.numeric.compiled import compiled
from sim.numeric.loops import TINY, log, total, xlogx


class Saying(NamedTuple):
    """How a facet's open question is answered, given what was answered on the facet."""

    kept: np.ndarray
    """(T,) p(a kept memory that comes to mind is said as it is)."""
    muddled: np.ndarray
    """(T,) the same of a muddled one."""
    at_random: np.ndarray
    """(R, T) p(any option is said | row, type)."""
    unsaid: np.ndarray
    """(R, T) p(nothing is said | row, type)."""


@compiled
def saying_of(known: Known, silent: np.ndarray, slip: np.ndarray, guess: np.ndarray) -> Saying:
    """From the rates of `AnswerManner` for one facet."""
    r_n, t_n = len(known.rows), len(slip)
    out = Saying(np.empty(t_n), np.empty(t_n), np.empty((r_n, t_n)), np.empty((r_n, t_n)))
    for t in range(t_n):
        says_kept, says_muddled = 1.0 - silent[t, KEPT], 1.0 - silent[t, MUDDLED]
        out.kept[t], out.muddled[t] = says_kept * (1.0 - slip[t]), says_muddled * (1.0 - slip[t])
        for r in range(r_n):
            k, m, f = known.rows[r, t, KEPT_STATE], known.rows[r, t, MUDDLED_STATE], known.rows[r, t, FORGOTTEN]
            out.at_random[r, t] = (k * says_kept + m * says_muddled) * slip[t] + f * guess[t]
            lost = f * (1.0 - guess[t]) + known.rows[r, t, UNRECALLED]
            out.unsaid[r, t] = k * silent[t, KEPT] + m * silent[t, MUDDLED] + lost
    return out


class Pattern(NamedTuple):
    """What those of each group may name where nothing was answered, of a small catalogue: group g's are
    which[ptr[g]:ptr[g + 1]]."""

    ptr: np.ndarray
    which: np.ndarray
    kept: np.ndarray
    """(E,) p(top of the mind | kept)."""
    muddled: np.ndarray
    """(E,) p(the same | muddled)."""


@compiled
def pattern_of(facet: SparseFacet) -> Pattern:
    """The pattern of a facet."""
    ptr, held, salience = facet.ptr, facet.held, facet.salience
    k_ptr, k_to, k_chance = facet.kernel.ptr, facet.kernel.to, facet.kernel.chance
    room = 0
    for e in range(len(held)):
        room += 1 + k_ptr[held[e] + 1] - k_ptr[held[e]]
    out, at = np.zeros(len(ptr), dtype=np.int64), np.full(len(facet.background), -1, dtype=np.int64)
    which, kept, muddled = np.empty(room, dtype=np.int32), np.zeros(room), np.zeros(room)
    count = 0
    for g in range(len(ptr) - 1):
        for e in range(ptr[g], ptr[g + 1]):
            for x in range(k_ptr[held[e]] - 1, k_ptr[held[e] + 1]):
                own = x < k_ptr[held[e]]
                u = held[e] if own else k_to[x]
                if at[u] < out[g]:
                    at[u] = count
                    which[count] = u
                    count += 1
                if own:
                    kept[at[u]] += salience[e]
                else:
                    muddled[at[u]] += salience[e] * k_chance[x]
        out[g + 1] = count
        for c in range(out[g], count):
            at[which[c]] = -1
    return Pattern(out, which[:count].copy(), kept[:count].copy(), muddled[:count].copy())


@compiled
def untouched_surprises(
    facet: SparseFacet,
    pattern: Pattern,
    known: Known,
    saying: Saying,
    groups: np.ndarray,
    belief: np.ndarray,
    out: np.ndarray,
):
    """`surprises_of` intents where nothing was answered on the facet, from its pattern."""
    ptr, which, share_kept, share_muddled = pattern.ptr, pattern.which, pattern.kept, pattern.muddled
    options, log_options, row_of, rows = facet.options, facet.log_options, known.row_of, known.rows
    as_kept, as_muddled, random, quiet = saying.kept, saying.muddled, saying.at_random, saying.unsaid
    all_options = all_logs = 0.0
    for u in range(len(options)):
        all_options += options[u]
        all_logs += options[u] * log_options[u]
    terms, base = np.empty(len(options) + 8), np.empty(len(options) + 8)
    for k in range(len(groups)):
        g = groups[k]
        r, start, count = row_of[g], ptr[g], ptr[g + 1] - ptr[g]
        anything = unsaid = kept = muddled = 0.0
        for t in range(belief.shape[1]):
            b = belief[k, t]
            anything += b * random[r, t]
            unsaid += b * quiet[r, t]
            kept += b * as_kept[t] * rows[r, t, KEPT_TOP]
            muddled += b * as_muddled[t] * rows[r, t, MUDDLED_REPLACED]
        if count == 0:
            anything += kept
        log_anything = log(max(anything, TINY))
        for c in range(count):
            u = which[start + c]
            base[c] = anything * options[u]
            terms[c] = base[c] + kept * share_kept[start + c] + muddled * share_muddled[start + c]
            base[c] *= log_anything + log_options[u]
        for c in range(count):
            p = max(terms[c], TINY)
            terms[c] = p * log(p) - base[c]
        out[k] = total(terms, 0, count) + xlogx(unsaid) + anything * (log_anything * all_options + all_logs)


@compiled
def surprises_of(
    facet: SparseFacet,
    known: Known,
    sums: Sums,
    saying: Saying,
    groups: np.ndarray,
    belief: np.ndarray,
    out: np.ndarray,
):
    """Fill out (n,) with the sum of p log p over the joint answers of n intents.

    Args:
        groups: (n,) of the intents.
        belief: (n, T) p(intent, type).
    """
    ptr, held, salience, options, log_options = (
        facet.ptr, facet.held, facet.salience, facet.options, facet.log_options,
    )  # fmt: skip
    k_ptr, k_to, k_chance = facet.kernel.ptr, facet.kernel.to, facet.kernel.chance
    rows, row_of, touched, ids, slot = known.rows, known.row_of, known.touched, known.ids, sums.slot
    as_kept, as_muddled, random, quiet = saying.kept, saying.muddled, saying.at_random, saying.unsaid
    t_n, v_n, some = belief.shape[1], len(slot), len(ids) > 0
    # What is named, each with its chance; of touched values, which weigh otherwise by type, what came in their place.
    chance, seen, which, terms = np.zeros(v_n), np.zeros(v_n, np.bool_), np.empty(v_n, np.int32), np.empty(2 * v_n)
    came = np.zeros((len(ids), t_n))
    all_options = all_logs = 0.0
    for u in range(v_n):
        all_options += options[u]
        all_logs += options[u] * log_options[u]
    for k in range(len(groups)):
        g, count = groups[k], 0
        r = row_of[g]
        anything = unsaid = kept_all = muddled_all = 0.0
        for t in range(t_n):
            b = belief[k, t]
            anything += b * random[r, t]
            unsaid += b * quiet[r, t]
            kept_all += b * as_kept[t] * rows[r, t, KEPT_TOP]
            muddled_all += b * as_muddled[t] * rows[r, t, MUDDLED_REPLACED]
        start, end = ptr[g], ptr[g + 1]
        if start == end:
            named = anything + kept_all
            out[k] = xlogx(unsaid) + named * (log(max(named, TINY)) * all_options + all_logs)
            for j in range(len(ids)):
                u, more = ids[j], 0.0
                for t in range(t_n):
                    odds = strangers_odds(j, facet.stranger[u], t, touched)
                    more += belief[k, t] * as_kept[t] * rows[r, t, KEPT_TOP] * odds
                out[k] += xlogx(options[u] * (anything + more)) - xlogx(options[u] * named)
            continue
        for e in range(start, end):
            z, pi = held[e], salience[e]
            if not seen[z]:
                seen[z] = True
                which[count] = z
                count += 1
            lost, kept = muddled_all, kept_all
            if some and slot[z] >= 0:
                lost = kept = 0.0
                j = slot[z]
                for t in range(t_n):
                    b = belief[k, t]
                    lost += b * as_muddled[t] * rows[r, t, MUDDLED_REPLACED] * lost_by(z, t, slot, touched)
                    odds = touched[j, t, KEPT, E] * touched[j, t, KEPT, G1] / touched[j, t, KEPT, H]
                    kept += b * as_kept[t] * rows[r, t, KEPT_TOP] * odds
            chance[z] += kept * pi
            lost *= pi
            for x in range(k_ptr[z], k_ptr[z + 1]):
                w = k_to[x]
                if not seen[w]:
                    seen[w] = True
                    which[count] = w
                    count += 1
                if some and slot[w] >= 0:
                    for t in range(t_n):
                        came[slot[w], t] += pi * k_chance[x] * lost_by(z, t, slot, touched)
                else:
                    chance[w] += lost * k_chance[x]
        for j in range(len(ids)):
            state = H if find(held, start, end, ids[j]) >= 0 else G0
            for t in range(t_n):
                odds = touched[j, t, MUDDLED, E] * touched[j, t, MUDDLED, G1] / touched[j, t, MUDDLED, state]
                more = belief[k, t] * as_muddled[t] * rows[r, t, MUDDLED_REPLACED]
                chance[ids[j]] += more * came[j, t] * odds
                came[j, t] = 0.0
        log_anything = log(max(anything, TINY))
        for c in range(count):
            u = which[c]
            terms[c] = anything * options[u] + chance[u]
            terms[count + c] = anything * options[u] * (log_anything + log_options[u])
            chance[u] = 0.0
            seen[u] = False
        for c in range(count):
            p = max(terms[c], TINY)
            terms[c] = p * log(p) - terms[count + c]
        out[k] = total(terms, 0, count) + xlogx(unsaid) + anything * (log_anything * all_options + all_logs)


@compiled
def named_entropies(facet: SparseFacet, known: Known, sums: Sums, saying: Saying, out: np.ndarray):
    """Fill out (G, T) with the entropy of what an untouched facet's user names when he names something."""
    n, t_n = out.shape
    alone, groups, whole = np.empty((n, t_n)), np.arange(n), np.empty(n)
    for t in range(t_n):
        alone[:] = 0.0
        alone[:, t] = 1.0
        surprises_of(facet, known, sums, saying, groups, alone, whole)
        for i in range(n):
            silence = saying.unsaid[known.row_of[i], t]
            out[i, t] = (xlogx(silence) + xlogx(1.0 - silence) - whole[i]) / max(1.0 - silence, TINY)
