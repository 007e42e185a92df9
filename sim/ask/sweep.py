"""The sweep: the expected information gain (EIG) of every question of the bank, and what refines the best of them.

- The sweep ranks questions by I(answer; class of intents), see `sim.ask.gain_yesno`; the `SHORTLIST` best are refined
  to I(answer; intent) over the `REFINED` likeliest intents, see `sim.ask.gain_refined`.  For catalogues of up to that
  many intents the refined values are exact.  In larger ones only questions that come to `NEAR` times the best are
  refined: the bounds then leave few to evaluate.  Refined always are values that were said but not asked about ("so it
  really is she?"), and those of small facets that were touched: their answers tell kept from muddled memories, and so
  tell intents of one class apart.
- Ties within `TIE` nats go to the lowest id.
"""

from __future__ import annotations

import numpy as np

from sim.ask.gain_open import likeliest, open_information, open_prediction
from sim.ask.gain_refined import within_class
from sim.ask.gain_yesno import scalar_joint, set_joint, set_shares
from sim.ask.ranking import TIE, top_among
from sim.belief.by_history import BeliefsByHistory, Node
from sim.belief.likelihood import ScalarTerms, SetTerms
from sim.numeric.entropy import mutual_information
from sim.questions import OPEN

SHORTLIST = 8
"""Best questions that are refined."""
NEAR = 0.5
"""Share of the best gain that a question must come to, to be refined, in a catalogue of more than REFINED intents."""
FEW = 32
"""Values of a touched `many` facet up to which all its questions are refined."""
REFINED = 256
"""Likeliest intents over which gains are refined."""


def predict(beliefs: BeliefsByHistory, node: Node, question: int) -> np.ndarray:
    """(A,) p(answer | history)."""
    f = int(beliefs.bank.facet[question])
    if beliefs.bank.kind[question] == OPEN:
        return open_prediction(beliefs.asking(node)[f], beliefs.current(node, f), node.joint)
    return yesno_joint(beliefs, node, f, np.array([question]))[0].sum(axis=-1)


def sweep(beliefs: BeliefsByHistory, node: Node) -> np.ndarray:
    """(Q,) EIG of every question, nats; 0 for those asked already."""
    if node.sweep is None:
        out = np.zeros(len(beliefs.bank))
        asked = beliefs.asked(node)
        for f in range(len(beliefs.channel.facets)):
            ids = unasked(beliefs, f, asked)
            if beliefs.bank.kind[ids[:1]].tolist() == [OPEN]:
                out[ids[0]] = open_gain(beliefs, node, f)
                ids = ids[1:]
            if len(ids):
                out[ids] = yesno_gains(beliefs, node, f, ids)
        best, _ = near_best(node, *top_among(np.arange(len(out)), out, SHORTLIST))
        best = np.union1d(best, always_refined(beliefs, node, asked))
        out[best] = refined_gains(beliefs, node, best)
        node.sweep = out
        node.scratch.clear()
        beliefs.keep(node)
    return node.sweep


def unasked(beliefs: BeliefsByHistory, f: int, asked: set[int]) -> np.ndarray:
    start, end = int(beliefs.bank.starts[f]), int(beliefs.bank.starts[f + 1])
    return np.delete(np.arange(start, end), [q - start for q in asked if start <= q < end])


def open_gain(beliefs: BeliefsByHistory, node: Node, f: int) -> float:
    key = -1 - f
    if key not in node.scratch:
        node.scratch[key] = open_information(beliefs.asking(node)[f], beliefs.current(node, f), node.joint)[0]
    return node.scratch[key]


def yesno_gains(beliefs: BeliefsByHistory, node: Node, f: int, questions: np.ndarray) -> np.ndarray:
    """I(answer; class) in nats of yes/no questions on one facet, none of them asked before."""
    return mutual_information(yesno_joint(beliefs, node, f, questions))


def yesno_joint(beliefs: BeliefsByHistory, node: Node, f: int, questions: np.ndarray) -> np.ndarray:
    """(C, A, Y) joint of answer and class for yes/no questions on one facet."""
    channel, now = beliefs.asking(node)[f], beliefs.current(node, f)
    values = beliefs.bank.value[questions].astype(np.int64)
    if channel.facet.scalar:
        assert not isinstance(now, SetTerms)
        return scalar_joint(channel, now, node.joint, values)
    assert not isinstance(now, ScalarTerms)
    if f not in node.scratch:
        node.scratch[f] = set_shares(channel, now, node.joint)
    return set_joint(channel, now, node.joint, values, node.scratch[f])


def near_best(node: Node, ids: np.ndarray, gains: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of questions and their gains, best first, those to be refined."""
    n = int(np.count_nonzero(gains[:SHORTLIST] > max(near(node) * gains[0], TIE)))
    return ids[:n], gains[:n]


def near(node: Node) -> float:
    """The share of the best gain from which a question is refined."""
    return NEAR if len(node.belief) > REFINED else 0.0


def always_refined(beliefs: BeliefsByHistory, node: Node, asked: set[int]) -> np.ndarray:
    """Ids, ascending, of the questions on `many` facets that are refined always; see the module."""
    bank, out = beliefs.bank, []
    for f, evidence in node.history if beliefs.memory else ():
        facet = bank.catalogue.facets[f]
        if facet.scalar:
            continue
        if len(facet.values) <= FEW:
            out += bank.question_of_value[f].tolist()
        elif evidence.said >= 0:
            out.append(int(bank.question_of_value[f][evidence.said]))
    return np.array(sorted({q for q in out if q >= 0} - asked), dtype=np.int64)


def refined_gains(beliefs: BeliefsByHistory, node: Node, ids: np.ndarray) -> np.ndarray:
    """EIG with what answers tell inside a class of intents, over the likeliest of them."""
    bank, out = beliefs.bank, np.empty(len(ids))
    rows = likeliest(node.belief, REFINED)
    facet, is_open = bank.facet[ids], bank.kind[ids] == OPEN
    for f in np.unique(facet).tolist():
        if (mine := np.flatnonzero((facet == f) & is_open)).size:
            out[mine] = open_gain(beliefs, node, f)
        if (mine := np.flatnonzero((facet == f) & ~is_open)).size:
            joint = yesno_joint(beliefs, node, f, ids[mine])
            channel, now, values = beliefs.asking(node)[f], beliefs.current(node, f), bank.value[ids[mine]]
            out[mine] = mutual_information(joint)
            out[mine] += within_class(channel, now, node.joint, values.astype(np.int64), rows, joint)
    return out
