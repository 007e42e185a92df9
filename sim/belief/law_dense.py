"""The law of a dense facet: p(next answer | what was answered on the facet, value, type).

The memory is one value, so everything is summed over the V values of the facet: a row each, and a last one for what the
catalogue doesn't know.  Evidence becomes a record of float64 (`LawTables`), which says what is remembered and believed
after it.  Nothing is known of a facet: that is the empty evidence, and no case of its own.
"""

# An element of an array is a number here, which the array types of a type checker cannot say.
# pyright: reportArgumentType=false, reportReturnType=false

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.belief.evidence import IN_DOUBT, SAID_DONT_KNOW
from sim.belief.tables import NONE, VOLUNTEERED, DenseFacet, Memory, Tabled
from sim.channel.channel import KEPT, MUDDLED
from sim.channel.opening import SILENT
from sim.numeric.compiled import compiled
from sim.numeric.loops import TINY, exp, log


class LawTables(NamedTuple):
    """A record of a facet whose law is tabled, block after block; all given the evidence."""

    like: np.ndarray
    """(R, T) log p(evidence | row, type)."""
    states: np.ndarray
    """(4, T, R) p(forgotten, kept, muddled, unrecalled | row, type)."""
    kept: np.ndarray
    """(C, T, R) p(what question c asks for is believed, kept or unrecalled | row, type)."""
    muddled: np.ndarray
    """(C, T, R) p(the same, muddled | row, type)."""
    named_kept: np.ndarray
    """(O, T, R) p(option o is on top of the mind, kept | row, type)."""
    named_muddled: np.ndarray
    """(O, T, R) p(the same, muddled | row, type)."""


@compiled
def table_size(tabled: Tabled, t_n: int) -> int:
    """Numbers in a record."""
    return (len(tabled.member_ptr) - 1) * t_n * (5 + 2 * len(tabled.says) + 2 * len(tabled.options))


@compiled
def tables_of(tabled: Tabled, record: np.ndarray, t_n: int) -> LawTables:
    """A record where it lies."""
    r_n, c_n, o_n = len(tabled.member_ptr) - 1, len(tabled.says), len(tabled.options)
    a = r_n * t_n
    b, c = 5 * a, (5 + c_n) * a
    d, e = c + c_n * a, c + (c_n + o_n) * a
    return LawTables(
        record[:a].reshape(r_n, t_n), record[a:b].reshape(4, t_n, r_n), record[b:c].reshape(c_n, t_n, r_n),
        record[c:d].reshape(c_n, t_n, r_n), record[d:e].reshape(o_n, t_n, r_n),
        record[e : e + o_n * a].reshape(o_n, t_n, r_n),
    )  # fmt: skip


@compiled
def open_answer(said: int, volunteered: int, t: int, state: int, memory: Memory):
    """Log of what an open answer, or its absence, tells whatever is remembered; 0 where there was no occasion."""
    silent, opening = memory.silent[t, state], memory.opening[t]
    out = 0.0
    if said >= 0:
        out = log(max(1.0 - silent, TINY))
    elif said == SAID_DONT_KNOW:
        out = log(max(silent, TINY))
    elif said == SILENT:
        out = log(max((1.0 - opening) + opening * silent, TINY))
    return out + volunteering(said, volunteered, t, memory)


@compiled
def volunteering(said: int, volunteered: int, t: int, memory: Memory):
    """Log of how likely the type is to have volunteered an option or to have passed the facet over, beside the type
    that is likeliest to."""
    if said < 0 or volunteered == NONE:
        return 0.0
    most = TINY
    for u in range(len(memory.opening)):
        most = max(most, memory.opening[u] if volunteered == VOLUNTEERED else 1.0 - memory.opening[u])
    mine = memory.opening[t] if volunteered == VOLUNTEERED else 1.0 - memory.opening[t]
    return log(max(mine, TINY)) - log(most)


@compiled
def doubtful_open_answer(t: int, state: int, memory: Memory, options: np.ndarray, on_purpose: np.ndarray):
    """What an open answer in doubt tells: p(what was heard) but for naming what is on top of the mind.

    Args:
        on_purpose: (K,) is filled with what each that may have been said adds where it is on top of the mind.
    """
    at_random, slip = 0.0, memory.slip[t]
    for k in range(len(memory.named)):
        said = memory.named[k]
        chance = memory.weights[k] * exp(open_answer(said, memory.volunteered[k], t, state, memory))
        on_purpose[k] = 0.0
        if said >= 0:
            on_purpose[k] = (1.0 - slip) * chance
            chance *= max(slip * options[said], TINY)
        at_random += chance
    return max(at_random, TINY)


@compiled
def quiet(said: int, memory: Memory):
    """Log of how an open answer weighs that nothing comes to mind; 0 where that is all that is heard."""
    if said != IN_DOUBT:
        return 0.0
    out = 0.0
    for k in range(len(memory.named)):
        if memory.named[k] < 0:
            out += memory.weights[k]
    return log(max(out, TINY))


@compiled
def forgotten_like(pairs: np.ndarray, said: int, volunteered: int, t: int, memory: Memory, options: np.ndarray):
    """Log p(evidence | forgotten, type)."""
    out = log(max(memory.shares[0, t], TINY))
    for j in range(len(pairs)):
        out += log(max(memory.forgotten[t, pairs[j, 1]], TINY))
    if said != IN_DOUBT:
        return out + _guessed(said, volunteered, t, memory, options)
    whole = 0.0
    for k in range(len(memory.named)):
        whole += memory.weights[k] * exp(_guessed(memory.named[k], memory.volunteered[k], t, memory, options))
    return out + log(max(whole, TINY))


@compiled
def _guessed(said: int, volunteered: int, t: int, memory: Memory, options: np.ndarray):
    """Log p(open answer | forgotten, type)."""
    guess, opening = memory.guess[t], memory.opening[t]
    if said >= 0:
        return log(max(guess * options[said], TINY)) + volunteering(said, volunteered, t, memory)
    if said == SAID_DONT_KNOW:
        return log(max(1.0 - guess, TINY))
    if said == SILENT:
        return log(max((1.0 - opening) + opening * (1.0 - guess), TINY))
    return 0.0


@compiled
def dense_record(
    facet: DenseFacet, tabled: Tabled, memory: Memory, pairs: np.ndarray, said: int, volunteered: int, out: np.ndarray
):
    """Fill a record.

    Args:
        pairs: (n, 2) what yes/no questions asked for, and the answers.
        said: the option stated, or a code of `Evidence.said`.
        volunteered: NONE, PASSED or VOLUNTEERED.
        out: (`table_size`,) is filled.
    """
    v_n, t_n = len(facet.background), memory.shares.shape[1]
    to = tables_of(tabled, out, t_n)
    by_state, recognised, confused = np.empty((2, v_n)), np.empty(v_n), np.empty(v_n)
    ptr, values, chance = facet.kernel.ptr, facet.kernel.to, facet.kernel.chance
    for t in range(t_n):
        unrecalled = memory.shares[3, t] > 0.0 and said < 0
        shift = _of_memories(facet, memory, pairs, said, volunteered, t, by_state, recognised)
        if unrecalled:
            for v in range(v_n):
                shift = max(shift, recognised[v])
        forgotten = forgotten_like(pairs, said, volunteered, t, memory, facet.options)
        shift = max(shift, forgotten)
        lost = exp(forgotten - shift)
        unknown = recognised_unknown = 0.0
        for v in range(v_n):
            by_state[KEPT, v] = exp(by_state[KEPT, v] - shift)
            by_state[MUDDLED, v] = exp(by_state[MUDDLED, v] - shift)
            recognised[v] = exp(recognised[v] - shift) if unrecalled else 0.0
            unknown += facet.background[v] * by_state[KEPT, v]
            recognised_unknown += facet.background[v] * recognised[v]
        for v in range(v_n):
            confused[v] = 0.0
            for e in range(ptr[v], ptr[v + 1]):
                confused[v] += chance[e] * by_state[MUDDLED, values[e]]
        for r in range(v_n + 1):
            if r < v_n:
                b, c, d = memory.shares[1, t] * by_state[KEPT, r], memory.shares[2, t] * confused[r], recognised[r]
            else:
                b, c, d = memory.strangers[1, t] * unknown, 0.0, recognised_unknown
            d *= memory.shares[3, t]
            whole = max(lost + b + c + d, TINY)
            to.like[r, t] = log(whole) + shift
            to.states[0, t, r], to.states[1, t, r] = lost / whole, b / whole
            to.states[2, t, r], to.states[3, t, r] = c / whole, d / whole
        _what_is_believed(facet, by_state, confused, max(unknown, TINY), t, to)
        if said == IN_DOUBT and unrecalled:
            _believed_by_strangers(
                facet, by_state, recognised, max(unknown, TINY), max(recognised_unknown, TINY), t, to
            )
        if len(tabled.options):
            _what_is_named(facet, by_state, confused, max(unknown, TINY), t, to)


@compiled
def _of_memories(
    facet: DenseFacet,
    memory: Memory,
    pairs: np.ndarray,
    said: int,
    volunteered: int,
    t: int,
    by_state: np.ndarray,
    recognised: np.ndarray,
):
    """Log p(evidence | memory of each value) kept and muddled, and of yes/no answers alone; returns the largest."""
    v_n = len(facet.background)
    top, nothing_named = -np.inf, quiet(said, memory)
    on_purpose, by_option = np.empty(len(memory.named)), np.empty(len(facet.options) if said == IN_DOUBT else 0)
    for state in range(2):
        for v in range(v_n):
            by_state[state, v] = 0.0
        for j in range(len(pairs)):
            value, answer = pairs[j, 0], pairs[j, 1]
            yes = log(max(memory.yesno[t, state, 1, answer], TINY))
            no = log(max(memory.yesno[t, state, 0, answer], TINY))
            for v in range(v_n):
                true = v >= value if facet.over else v == value
                by_state[state, v] += yes if true else no
        if state == KEPT:
            for v in range(v_n):
                recognised[v] = by_state[KEPT, v] + nothing_named
        if said == IN_DOUBT:
            at_random = doubtful_open_answer(t, state, memory, facet.options, on_purpose)
            told, by_option[:] = log(at_random), 0.0
            for k in range(len(on_purpose)):
                if memory.named[k] >= 0:
                    by_option[memory.named[k]] += on_purpose[k]
            for v in range(v_n):
                added = by_option[facet.option_of[v]]
                by_state[state, v] += told if added == 0.0 else log(at_random + added)
                top = max(top, by_state[state, v])
            continue
        told = open_answer(said, volunteered, t, state, memory)
        right = wrong = 0.0
        if said >= 0:
            at_random = memory.slip[t] * max(facet.options[said], TINY)
            right, wrong = log(max((1.0 - memory.slip[t]) + at_random, TINY)), log(max(at_random, TINY))
        for v in range(v_n):
            by_state[state, v] += told + (right if facet.option_of[v] == said else wrong)
            top = max(top, by_state[state, v])
    return top


@compiled
def _what_is_believed(
    facet: DenseFacet, by_state: np.ndarray, confused: np.ndarray, unknown: float, t: int, to: LawTables
):
    """Chances that what each question asks for is believed."""
    v_n, c_n = len(facet.background), len(facet.values)
    ptr, values, chance = facet.kernel.ptr, facet.kernel.to, facet.kernel.chance
    to.kept[:, t], to.muddled[:, t] = 0.0, 0.0
    for c in range(c_n):
        stranger = 0.0
        for v in range(facet.values[c], v_n if facet.over else facet.values[c] + 1):
            to.kept[c, t, v] = to.states[1, t, v] + to.states[3, t, v]
            stranger += facet.background[v] * by_state[KEPT, v]
        to.kept[c, t, v_n] = (to.states[1, t, v_n] + to.states[3, t, v_n]) * stranger / unknown
    for r in range(v_n):
        # From the highest value down, as thresholds fall: what lies above each is a running sum.
        e, above = ptr[r + 1] - 1, 0.0
        for c in range(c_n - 1, -1, -1):
            if not facet.over:
                above = 0.0
            while e >= ptr[r] and values[e] >= facet.values[c]:
                if facet.over or values[e] == facet.values[c]:
                    above += chance[e] * by_state[MUDDLED, values[e]]
                e -= 1
            to.muddled[c, t, r] = to.states[2, t, r] * above / max(confused[r], TINY)


@compiled
def _believed_by_strangers(
    facet: DenseFacet,
    by_state: np.ndarray,
    recognised: np.ndarray,
    all_kept: float,
    all_recognised: float,
    t: int,
    to: LawTables,
):
    """What is believed of an intent that the catalogue doesn't know, where what may have been named tells nothing of
    what doesn't come to mind."""
    v_n = len(facet.background)
    for c in range(len(facet.values)):
        kept = unnamed = 0.0
        for v in range(facet.values[c], v_n if facet.over else facet.values[c] + 1):
            kept += facet.background[v] * by_state[KEPT, v]
            unnamed += facet.background[v] * recognised[v]
        to.kept[c, t, v_n] = to.states[1, t, v_n] * kept / all_kept
        to.kept[c, t, v_n] += to.states[3, t, v_n] * unnamed / all_recognised


@compiled
def _what_is_named(
    facet: DenseFacet, by_state: np.ndarray, confused: np.ndarray, unknown: float, t: int, to: LawTables
):
    """Chances that each option is on top of the mind."""
    v_n = len(facet.background)
    ptr, values, chance = facet.kernel.ptr, facet.kernel.to, facet.kernel.chance
    to.named_kept[:, t], to.named_muddled[:, t] = 0.0, 0.0
    for v in range(v_n):
        o = facet.option_of[v]
        to.named_kept[o, t, v] += to.states[1, t, v]
        to.named_kept[o, t, v_n] += to.states[1, t, v_n] * facet.background[v] * by_state[KEPT, v] / unknown
        for e in range(ptr[v], ptr[v + 1]):
            share = chance[e] * by_state[MUDDLED, values[e]] / max(confused[v], TINY)
            to.named_muddled[facet.option_of[values[e]], t, v] += to.states[2, t, v] * share


class Told(NamedTuple):
    """Evidence of m kinds about one facet, laid out for loops."""

    pairs: np.ndarray
    """(P, 2) what yes/no questions asked for, and the answers; those of kind e end before ends[e]."""
    ends: np.ndarray
    said: np.ndarray
    """(m,) the option stated, or a code of `Evidence.said`."""
    volunteered: np.ndarray
    """(m,) NONE, PASSED or VOLUNTEERED."""


@compiled
def dense_records(facet: DenseFacet, tabled: Tabled, memory: Memory, told: Told, floats: np.ndarray, at: np.ndarray):
    """Fill m records, which begin at at (m,) of `floats`."""
    size, start = table_size(tabled, memory.shares.shape[1]), 0
    for e in range(len(at)):
        pairs = told.pairs[start : told.ends[e]]
        start = told.ends[e]
        dense_record(facet, tabled, memory, pairs, told.said[e], told.volunteered[e], floats[at[e] : at[e] + size])
