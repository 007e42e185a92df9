"""The law of a dense facet: p(next answer | what was answered on the facet, value, type).

The memory is one value, so everything is summed over the V values of the facet and stands by row: R = V + 1, the last
row for what the catalogue doesn't know.  Evidence becomes a record of float64, one block after the other:

    like       (R, T)     log p(evidence | row, type)
    states     (4, T, R)  p(forgotten, kept, muddled, unrecalled | evidence, row, type)
    muddled    (C, T, R)  p(what question c asks for is believed | evidence, row, type, muddled)
    stranger   (C, T)     the same of the last row, kept: a memory of people in general
    named      (O, T, R)  p(the memory is of option o | evidence, row, type, muddled), where there is an open question
    named_by_strangers (O, T)

Nothing is known of a facet: that is the empty evidence, and no case of its own.
"""

from __future__ import annotations

import numpy as np

from sim.belief.evidence import SAID_DONT_KNOW
from sim.belief.tables import DenseFacet, Memory
from sim.channel.channel import KEPT, MUDDLED
from sim.channel.opening import SILENT
from sim.numeric.compiled import compiled
from sim.numeric.loops import TINY, exp, log

NONE, PASSED, VOLUNTEERED = -1, 0, 1
"""What an opening says of whether a facet is volunteered: there was none; it was passed over; it was."""


@compiled
def dense_size(facet: DenseFacet, t_n: int) -> int:
    """Numbers in a record."""
    r_n, c_n, o_n = len(facet.background) + 1, len(facet.values), len(facet.options) if facet.open else 0
    return 5 * r_n * t_n + (c_n + o_n) * t_n * (r_n + 1)


@compiled
def open_answer(said, volunteered, t, state, memory):
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
def volunteering(said, volunteered, t, memory):
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
def forgotten_like(pairs, said, volunteered, t, memory, options):
    """Log p(evidence | forgotten, type)."""
    out = log(max(memory.shares[0, t], TINY))
    for j in range(len(pairs)):
        out += log(max(memory.forgotten[t, pairs[j, 1]], TINY))
    guess, opening = memory.guess[t], memory.opening[t]
    if said >= 0:
        out += log(max(guess * options[said], TINY)) + volunteering(said, volunteered, t, memory)
    elif said == SAID_DONT_KNOW:
        out += log(max(1.0 - guess, TINY))
    elif said == SILENT:
        out += log(max((1.0 - opening) + opening * (1.0 - guess), TINY))
    return out


@compiled
def dense_record(facet: DenseFacet, memory: Memory, pairs, said, volunteered, out):
    """Fill a record.

    Args:
        pairs: (n, 2) what yes/no questions asked for, and the answers.
        said: the option stated, or a code of `Evidence.said`.
        volunteered: NONE, PASSED or VOLUNTEERED.
        out: (`dense_size`,) is filled.
    """
    v_n, t_n, c_n = len(facet.background), memory.shares.shape[1], len(facet.values)
    r_n, o_n = v_n + 1, len(facet.options) if facet.open else 0
    cut = 5 * r_n * t_n
    like, states = out[: r_n * t_n].reshape(r_n, t_n), out[r_n * t_n : cut].reshape(4, t_n, r_n)
    muddled = out[cut : cut + c_n * t_n * r_n].reshape(c_n, t_n, r_n)
    cut += c_n * t_n * r_n
    stranger = out[cut : cut + c_n * t_n].reshape(c_n, t_n)
    cut += c_n * t_n
    named = out[cut : cut + o_n * t_n * r_n].reshape(o_n, t_n, r_n)
    cut += o_n * t_n * r_n
    named_by_strangers = out[cut : cut + o_n * t_n].reshape(o_n, t_n)
    by_state, recognised, confused = np.empty((2, v_n)), np.empty(v_n), np.empty(v_n)
    ptr, to, chance = facet.kernel.ptr, facet.kernel.to, facet.kernel.chance
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
                confused[v] += chance[e] * by_state[MUDDLED, to[e]]
        for r in range(r_n):
            a = lost
            if r < v_n:
                b, c, d = memory.shares[1, t] * by_state[KEPT, r], memory.shares[2, t] * confused[r], recognised[r]
            else:
                b, c, d = memory.strangers[1, t] * unknown, 0.0, recognised_unknown
            d *= memory.shares[3, t]
            whole = max(a + b + c + d, TINY)
            like[r, t] = log(whole) + shift
            states[0, t, r], states[1, t, r], states[2, t, r], states[3, t, r] = (
                a / whole, b / whole, c / whole, d / whole,
            )  # fmt: skip
        _what_is_believed(facet, by_state, confused, max(unknown, TINY), t, muddled, stranger)
        if facet.open:
            named[:, t], named_by_strangers[:, t] = 0.0, 0.0
            for v in range(v_n):
                named_by_strangers[facet.option_of[v], t] += (
                    facet.background[v] * by_state[KEPT, v] / max(unknown, TINY)
                )
                for e in range(ptr[v], ptr[v + 1]):
                    w = to[e]
                    share = chance[e] * by_state[MUDDLED, w] / max(confused[v], TINY)
                    named[facet.option_of[w], t, v] += share


@compiled
def _of_memories(facet, memory, pairs, said, volunteered, t, by_state, recognised):
    """Log p(evidence | memory of each value) kept and muddled, and of yes/no answers alone; returns the largest."""
    v_n = len(facet.background)
    top = -np.inf
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
                recognised[v] = by_state[KEPT, v]
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
def _what_is_believed(facet, by_state, confused, unknown, t, muddled, stranger):
    """Chances that what each question asks for is believed."""
    v_n, c_n = len(facet.background), len(facet.values)
    ptr, to, chance = facet.kernel.ptr, facet.kernel.to, facet.kernel.chance
    for c in range(c_n):
        muddled[c, t, v_n] = 0.0
        stranger[c, t] = 0.0
        for v in range(facet.values[c], v_n if facet.over else facet.values[c] + 1):
            stranger[c, t] += facet.background[v] * by_state[KEPT, v]
        stranger[c, t] /= unknown
    for r in range(v_n):
        # From the highest value down, as thresholds fall: what lies above each is a running sum.
        e, above = ptr[r + 1] - 1, 0.0
        for c in range(c_n - 1, -1, -1):
            if not facet.over:
                above = 0.0
            while e >= ptr[r] and to[e] >= facet.values[c]:
                if facet.over or to[e] == facet.values[c]:
                    above += chance[e] * by_state[MUDDLED, to[e]]
                e -= 1
            muddled[c, t, r] = above / max(confused[r], TINY)
