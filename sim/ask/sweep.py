"""The sweep: the expected information gain (EIG) of every question of the bank, and what refines the best of them.

- The sweep ranks questions by I(answer; class of intents), see `sim.ask.facet_gains`; the `SHORTLIST` best are refined
  to I(answer; intent) over the `REFINED` likeliest intents: by the chain rule, what answers tell inside a class comes
  to it.  For catalogues of up to that many intents the refined values are exact; leaving intents out keeps a lower
  bound.  In larger ones only questions that come to `NEAR` times the best are refined: the bounds then leave few to
  evaluate.  Refined always, where the law is not tabled, are values that were said but not asked about ("so it really
  is she?"), and those of facets of up to `FEW` values that were touched: their answers tell kept from muddled
  memories, and so tell intents of one class apart.
- Ties within `TIE` nats go to the lowest id.
"""

from __future__ import annotations

import numpy as np

from sim.ask.facet_gains import likeliest, of_questions, refined, tell, together
from sim.ask.ranking import TIE, top_among
from sim.belief.by_history import BeliefsByHistory, Node
from sim.belief.tables import WIDE

SHORTLIST = 8
"""Best questions that are refined."""
NEAR = 0.5
"""Share of the best gain that a question must come to, to be refined, in a catalogue of more than REFINED intents."""
FEW = 32
"""Values of a touched sparse facet up to which all its questions are refined."""
REFINED = 256
"""Likeliest intents over which gains are refined."""
FAINT = 1e-8
"""Belief up to which intents of a larger catalogue are not among them: together they add less than 1e-5 nats."""


def sweep(beliefs: BeliefsByHistory, nodes: list[Node]) -> np.ndarray:
    """(n, Q) EIG of every question, nats; 0 for those asked already."""
    missing = [node for node in {id(node): node for node in nodes}.values() if "sweep" not in node.told]
    for node, out in zip(missing, _gains(beliefs, missing), strict=True):
        best, _ = near_best(node, *top_among(np.arange(len(out)), out, SHORTLIST))
        best = np.union1d(best, always_refined(beliefs, node, beliefs.asked(node)))
        out[best] = refined_gains(beliefs, node, best)
        node.told["sweep"] = out.copy()
        node.scratch.clear()
        beliefs.keep(node)
    return np.stack([node.told["sweep"] for node in nodes])


def _gains(beliefs: BeliefsByHistory, nodes: list[Node]) -> list[np.ndarray]:
    """(Q,) of each: I(answer; class of intents) of every question, nats."""
    if nodes and beliefs.store.intents <= WIDE:
        return list(tell(beliefs, together(nodes)).gain_nats)
    out = [np.zeros(len(beliefs.bank)) for _ in nodes]
    for node, gains in zip(nodes, out, strict=True):
        asked = beliefs.asked(node)
        for f in range(len(beliefs.store.facets)):
            ids = unasked(beliefs, f, asked)
            if len(ids):
                gains[ids] = of_questions(beliefs, node, f, ids).gain_nats
    return out


def unasked(beliefs: BeliefsByHistory, f: int, asked: list[int]) -> np.ndarray:
    """Ids, ascending, of the questions on facet f that were not asked."""
    start, end = int(beliefs.bank.starts[f]), int(beliefs.bank.starts[f + 1])
    mine = [q - start for q in asked if start <= q < end]
    every = beliefs.every[start:end]
    return np.delete(every, mine) if mine else every


def near_best(node: Node, ids: np.ndarray, gains: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of questions and their gains, best first, those to be refined."""
    n = int(np.count_nonzero(gains[:SHORTLIST] > max(near(node) * gains[0], TIE)))
    return ids[:n], gains[:n]


def near(node: Node) -> float:
    """The share of the best gain from which a question is refined."""
    return NEAR if len(node.belief) > REFINED else 0.0


def always_refined(beliefs: BeliefsByHistory, node: Node, asked: list[int]) -> np.ndarray:
    """Ids, ascending, of the questions that are refined always; see the module."""
    bank, out = beliefs.bank, []
    for f, evidence in beliefs.store.history(node.numbers) if beliefs.memory else ():
        if beliefs.store.tabled[f] is not None:
            continue
        if len(bank.catalogue.facets[f].values) <= FEW:
            out += bank.question_of_value[f].tolist()
        else:
            said = [evidence.said, *(said for said, _, _ in evidence.named)]
            out += [int(bank.question_of_value[f][value]) for value in said if value >= 0]
    return np.array(sorted({q for q in out if q >= 0} - set(asked)), dtype=np.int64)


def refined_gains(beliefs: BeliefsByHistory, node: Node, ids: np.ndarray) -> np.ndarray:
    """EIG with what answers tell inside a class of intents, over the likeliest of them."""
    facet, out = beliefs.bank.facet[ids], np.empty(len(ids))
    who = likeliest(node, REFINED)
    if len(node.belief) > REFINED:
        who = who[node.belief[who] > FAINT]
    for f in np.unique(facet).tolist():
        out[facet == f] = refined(beliefs, node, f, ids[facet == f], who)
    return out
