"""The certified choice: the few best questions of the bank, found without evaluating all of it.

It comes to the same as the full sweep of `sim.ask.sweep`: open questions and tabled facets first, then only those
values whose fact carries more entropy under the belief than the best questions found so far (EIG <= H(fact)).
"""

from __future__ import annotations

import numpy as np

from sim.ask.facet_gains import masses, most_nats, of_questions
from sim.ask.ranking import TIE, top_among
from sim.ask.sweep import SHORTLIST, always_refined, near, near_best, refined_gains, unasked
from sim.belief.by_history import BeliefsByHistory, Node
from sim.numeric.entropy import binary_entropy, least_mass
from sim.questions import OPEN

CHUNK = 16
"""Questions of one facet that are evaluated at a time, at first; twice as many each time after."""


def choose(beliefs: BeliefsByHistory, node: Node, k: int) -> tuple[np.ndarray, np.ndarray]:
    """(k,) ids of the questions of highest EIG, best first, and their nats; -1 and 0 where fewer tell anything."""
    if k not in node.told:
        ids, gains = _certified(beliefs, node, k)
        fine = np.union1d(near_best(node, ids, gains)[0], always_refined(beliefs, node, beliefs.asked(node)))
        fine = fine[_may_win(beliefs, node, fine, float(gains[k - 1]))]
        rough = ~np.isin(ids, fine)
        ids, gains = np.append(ids[rough], fine), np.append(gains[rough], refined_gains(beliefs, node, fine))
        node.told[k] = top_among(ids, gains, k)
        node.scratch.clear()
    return node.told[k]


def _may_win(beliefs: BeliefsByHistory, node: Node, ids: np.ndarray, least: float) -> np.ndarray:
    """(n,) bool: which questions may come to `least` nats once they are refined."""
    facet, out = beliefs.bank.facet[ids], np.empty(len(ids), dtype=bool)
    for f in np.unique(facet).tolist():
        out[facet == f] = most_nats(beliefs, node, f, ids[facet == f]) >= least - 2 * TIE
    return out


def _needed(node: Node, value: np.ndarray, k: int) -> float:
    """What a question must tell to be among the k best or on the shortlist, given gains so far, best first."""
    return max(float(value[-1]), min(near(node) * float(value[0]), float(value[k - 1])), 2 * TIE) - TIE


def _certified(beliefs: BeliefsByHistory, node: Node, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Questions of highest I(answer; class), best first: the k best for certain, and all of the shortlist."""
    bank = beliefs.bank
    asked = beliefs.asked(node)
    ids, gains = [np.empty(0, np.int64)], [np.empty(0)]
    pending: list[tuple[int, np.ndarray, np.ndarray]] = []
    for f, rows in enumerate(beliefs.store.tabled):
        mine = unasked(beliefs, f, asked)
        now = mine[bank.kind[mine] == OPEN] if rows is None else mine
        if len(now):
            ids.append(now)
            gains.append(of_questions(beliefs, node, f, now).gain_nats)
        mine = mine[len(now) :]
        if len(mine):
            pending.append((f, mine, masses(beliefs, node, f)[bank.value[mine]]))
    pool, chunk = max(k, SHORTLIST), CHUNK
    best, value = top_among(np.concatenate(ids), np.concatenate(gains), pool)
    # A fact of probability p carries h(p): only facts within [edge, 1 - edge] can beat what is found already.
    edge = least_mass(_needed(node, value, k))
    pending = [(f, *_by_bound(mine, mass, edge)) for f, mine, mass in pending]
    while pending := [entry for entry in pending if len(entry[1])]:
        at = max(range(len(pending)), key=lambda j: pending[j][2][0])
        f, mine, bound = pending[at]
        part = np.sort(mine[:chunk])
        found = best >= 0
        more = of_questions(beliefs, node, f, part).gain_nats
        best, value = top_among(np.concatenate([best[found], part]), np.concatenate([value[found], more]), pool)
        pending[at] = (f, mine[chunk:], bound[chunk:])
        need, chunk = _needed(node, value, k), 2 * chunk
        pending = [(f, mine[bound >= need], bound[bound >= need]) for f, mine, bound in pending]
    return best, value


def _by_bound(questions: np.ndarray, mass: np.ndarray, edge: float) -> tuple[np.ndarray, np.ndarray]:
    """The questions whose fact's probability lies within [edge, 1 - edge], by the entropy of the fact, and those."""
    keep = np.flatnonzero((mass >= edge) & (mass <= 1 - edge))
    bound = binary_entropy(mass[keep]) + 1e-12
    order = np.argsort(-bound, kind="stable")
    return questions[keep[order]], bound[order]
