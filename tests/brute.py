"""The yardstick of the exact posterior: every memory of a small catalogue, enumerated one by one.

Written from the user's story alone, in plain Python, sharing nothing with `sim.belief.likelihood` but the channel's
arrays. A memory of a facet is (probability, state, believes, says): `believes(q)` is True, False or "absent" (not
believed, on a `many` facet), `says` the distribution of the remembered value as {option: chance} or None when
forgotten.
"""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np

from sim.channel.channel import Channel
from sim.questions import OPEN, QuestionBank

FORGOTTEN, KEPT, MUDDLED, UNRECALLED = "forgotten", 0, 1, "unrecalled"


def memories(channel: Channel, f: int, intent: int, t: int):
    """All (probability, state, memory) of one facet; memory is a value, or (top of mind, frozenset believed)."""
    c = channel.facets[f]
    facet = c.facet
    values = facet.indices[facet.indptr[intent] : facet.indptr[intent + 1]].tolist()
    salience = c.salience[facet.indptr[intent] : facet.indptr[intent + 1]].tolist()
    kernel = c.kernel.toarray()
    phi, mu = c.forgotten[t], c.muddled[t]
    yield phi, FORGOTTEN, None
    upsilon = (1 - phi) * c.unrecalled[t]
    if facet.scalar:
        for m, g in [(values[0], 1.0)] if values else enumerate(c.background):
            yield upsilon * g, UNRECALLED, m
    else:
        known = c.recognition if values else c.mass * c.recognition
        for p, seen in subsets(values or list(range(len(facet.values))), known):
            yield upsilon * p, UNRECALLED, (None, frozenset(seen))
    phi += upsilon
    if facet.scalar:
        if not values:
            for m, g in enumerate(c.background):
                yield (1 - phi) * g, KEPT, m
            return
        (x,) = values
        yield (1 - phi) * (1 - mu), KEPT, x
        for m in range(len(facet.values)):
            if kernel[x, m] > 0:
                yield (1 - phi) * mu * kernel[x, m], MUDDLED, m
        return
    if not values:
        for z, g in enumerate(c.background):
            others = [u for u in range(len(facet.values)) if u != z]
            for p, seen in subsets(others, c.mass * c.recognition):
                yield (1 - phi) * g * p, KEPT, (z, frozenset({z, *seen}))
        return
    for z, s in zip(values, salience):
        others = [u for u in values if u != z]
        for p, seen in subsets(others, c.recognition):
            yield (1 - phi) * (1 - mu) * s * p, KEPT, (z, frozenset({z, *seen}))
            for w in range(len(facet.values)):
                if kernel[z, w] > 0:
                    yield (1 - phi) * mu * s * p * kernel[z, w], MUDDLED, (w, frozenset({w, *seen}))


def subsets(items, chance):
    """Every subset of items with its probability when each is in with its own chance."""
    for inside in itertools.product([False, True], repeat=len(items)):
        p = 1.0
        for u, i in zip(items, inside):
            p *= chance[u] if i else 1 - chance[u]
        yield p, [u for u, i in zip(items, inside) if i]


def answer_probabilities(channel: Channel, bank: QuestionBank, question: int, t: int, state, memory) -> np.ndarray:
    """p(answer | type, memory of the question's facet), (A,)."""
    f = int(bank.facet[question])
    c = channel.facets[f]
    if bank.kind[question] == OPEN:
        out = np.zeros(1 + len(c.facet.options))
        if state == FORGOTTEN:
            out[0] = 1 - c.guess[t]
            out[1:] = c.guess[t] * c.options
            return out
        if state == UNRECALLED:
            out[0] = 1.0
            return out
        silent = c.silent[t, state]
        out[0] = silent
        out[1:] = (1 - silent) * c.slip[t] * c.options
        m = memory if c.facet.scalar else memory[0]
        out[1 + c.facet.option_of[m]] += (1 - silent) * (1 - c.slip[t])
        return out
    if state == FORGOTTEN:
        return c.yesno_forgotten[t].copy()
    state = KEPT if state == UNRECALLED else state
    v = int(bank.value[question])
    if c.facet.kind == "number":
        return c.yesno[t, state, int(memory >= v)].copy()
    if c.facet.scalar:
        return c.yesno[t, state, int(memory == v)].copy()
    if v in memory[1]:
        return c.yesno[t, state, 1].copy()
    out = c.absence[v] * c.yesno[t, state, 0]
    out[2] += 1 - c.absence[v]
    return out


def stage(channel: Channel, answers: int) -> Channel:
    """The channel as it is after so many answers."""
    for turn, facets in reversed(channel.later):
        if answers >= turn:
            return replace(channel, facets=facets)
    return channel


def joint(channel: Channel, bank: QuestionBank, history, silent=(), stated=()) -> np.ndarray:
    """p(intent, type, answers), (N, T).

    Args:
        history: [(question, answer)], what the opening stated among them.
        silent: the facets that the opening passed over.
        stated: the facets that it stated.
    """
    n, t_ = len(channel.catalogue), len(channel.shares)
    out = channel.catalogue.prior[:, None] * channel.shares[None, :]
    by_facet: dict[int, dict[int, int]] = {}
    first: dict[int, Channel] = dict.fromkeys(silent, channel)
    then: dict[int, Channel] = {}
    for q, a in history:
        now = stage(channel, len(then))
        by_facet.setdefault(int(bank.facet[q]), {}).setdefault(q, a)
        first.setdefault(int(bank.facet[q]), now)
        then.setdefault(q, now)
    for i in range(n):
        for t in range(t_):
            for f in sorted(set(by_facet) | set(silent)):
                total = 0.0
                for p, state, memory in memories(first[f], f, i, t):
                    for q, a in by_facet.get(f, {}).items():
                        p *= answer_probabilities(then[q], bank, q, t, state, memory)[a]
                    tau = channel.facets[f].opening[t]
                    if f in stated:
                        p *= tau
                    if f in silent:
                        q = int(bank.open_question[f])
                        answer = by_facet.get(f, {}).get(q)
                        if answer is None:
                            p *= (1 - tau) + tau * answer_probabilities(channel, bank, q, t, state, memory)[0]
                        elif answer > 0:
                            p *= 1 - tau
                    total += p
                out[i, t] *= total
    return out


def eig(channel: Channel, bank: QuestionBank, history, question: int) -> float:
    """I(answer; intent | history) in nats."""
    before = joint(channel, bank, history)
    evidence = before.sum()
    table = np.stack([joint(channel, bank, [*history, (question, a)]).sum(axis=1)
                      for a in range(int(bank.answers[question]))]) / evidence  # fmt: skip
    p_a, p_i = table.sum(axis=1, keepdims=True), table.sum(axis=0, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(np.nansum(np.where(table > 0, table * np.log(table / (p_a * p_i)), 0.0)))
