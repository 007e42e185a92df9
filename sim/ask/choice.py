"""Which question to ask: the EIG of the whole bank, and a certified choice of the best few.

- The sweep ranks questions by I(answer; class of intents), see `sim.ask.gain_yesno`; the `SHORTLIST` best are refined
  to I(answer; intent) over the `REFINED` likeliest intents, see `sim.ask.gain_refined`.  For catalogues of up to that
  many
  intents the refined values are exact.  In larger ones only questions that come to `NEAR` times the best are refined:
  the bounds then leave few to evaluate.  Refined always are values that were said but not asked about ("so it really
  is she?"), and those of small facets that were touched: their answers tell kept from muddled memories, and so tell
  intents of one class apart.
- A certified choice comes to the same without the sweep: open questions and small facets first, then only those values
  whose fact carries more entropy under the belief than the best questions found so far (EIG <= H(fact)).
- Ties within `TIE` nats go to the lowest id.
"""

from __future__ import annotations

import numpy as np

from sim.ask.gain_open import likeliest, open_information, open_prediction
from sim.ask.gain_refined import within_class
from sim.ask.gain_yesno import (
    binary_entropy,
    least_mass,
    mutual_information,
    scalar_joint,
    set_joint,
    set_shares,
    value_masses,
)
from sim.belief.by_history import Histories, Node
from sim.belief.likelihood import ScalarTerms, SetTerms
from sim.questions import OPEN

TIE = 1e-9
NOTHING = -1
CHUNK = 64
SHORTLIST = 8
NEAR = 0.5
FEW = 32
REFINED = 256


def predict(histories: Histories, node: Node, question: int) -> np.ndarray:
    """(A,) p(answer | history)."""
    f = int(histories.bank.facet[question])
    if histories.bank.kind[question] == OPEN:
        return open_prediction(histories.asking(node)[f], histories.current(node, f), node.joint)
    return _joint(histories, node, f, np.array([question]))[0].sum(axis=-1)


def sweep(histories: Histories, node: Node) -> np.ndarray:
    """(Q,) EIG of every question, nats; 0 for those asked already."""
    if node.sweep is None:
        out = np.zeros(len(histories.bank))
        asked = histories.asked(node)
        for f in range(len(histories.channel.facets)):
            ids = _unasked(histories, f, asked)
            if histories.bank.kind[ids[:1]].tolist() == [OPEN]:
                out[ids[0]] = _open_gain(histories, node, f)
                ids = ids[1:]
            if len(ids):
                out[ids] = _gains(histories, node, f, ids)
        best, _ = _shortlist(node, *top(np.arange(len(out)), out, SHORTLIST))
        best = np.union1d(best, _telling(histories, node, asked))
        out[best] = _refined(histories, node, best)
        node.sweep = out
        node.scratch.clear()
        histories.keep(node)
    return node.sweep


def choose(histories: Histories, node: Node, k: int) -> tuple[np.ndarray, np.ndarray]:
    """(k,) ids of the questions of highest EIG, best first, and their nats; -1 and 0 where fewer tell anything."""
    if k not in node.best:
        ids, gains = _certified(histories, node, k)
        fine = np.union1d(_shortlist(node, ids, gains)[0], _telling(histories, node, histories.asked(node)))
        rough = ~np.isin(ids, fine)
        ids, gains = np.append(ids[rough], fine), np.append(gains[rough], _refined(histories, node, fine))
        node.best[k] = top(ids, gains, k)
        node.scratch.clear()
    return node.best[k]


def top(ids: np.ndarray, gains: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """The k largest gains, best first, padded with `NOTHING` and 0; gains within TIE count as equal and go by id."""
    ids, gains = ids[gains > TIE].astype(np.int64), gains[gains > TIE]
    order = np.lexsort((ids, -np.round(gains / TIE)))[:k]
    out_ids, out_gains = np.full(k, NOTHING, dtype=np.int64), np.zeros(k)
    out_ids[: len(order)], out_gains[: len(order)] = ids[order], gains[order]
    return out_ids, out_gains


def _shortlist(node: Node, ids: np.ndarray, gains: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of questions and their gains, best first, those to be refined."""
    n = int(np.count_nonzero(gains[:SHORTLIST] > max(_near(node) * gains[0], TIE)))
    return ids[:n], gains[:n]


def _near(node: Node) -> float:
    return NEAR if len(node.belief) > REFINED else 0.0


def _telling(histories: Histories, node: Node, asked: set[int]) -> np.ndarray:
    """Ids, ascending, of the questions on `many` facets that are refined always; see the module."""
    bank, out = histories.bank, []
    for f, evidence in node.history if histories.memory else ():
        facet = bank.catalogue.facets[f]
        if facet.scalar:
            continue
        if len(facet.values) <= FEW:
            out += bank.question_of_value[f].tolist()
        elif evidence.said >= 0:
            out.append(int(bank.question_of_value[f][evidence.said]))
    return np.array(sorted({q for q in out if q >= 0} - asked), dtype=np.int64)


def _needed(node: Node, value: np.ndarray, k: int) -> float:
    """What a question must tell to be among the k best or on the shortlist, given gains so far, best first."""
    return max(float(value[-1]), min(_near(node) * float(value[0]), float(value[k - 1])), 2 * TIE) - TIE


def _certified(histories: Histories, node: Node, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Questions of highest I(answer; class), best first: the k best for certain, and all of the shortlist."""
    bank = histories.bank
    asked = histories.asked(node)
    ids, gains = [np.empty(0, np.int64)], [np.empty(0)]
    pending: list[tuple[int, np.ndarray, np.ndarray]] = []
    for f, channel in enumerate(histories.asking(node)):
        mine = _unasked(histories, f, asked)
        if len(mine) and bank.kind[mine[0]] == OPEN:
            ids.append(mine[:1])
            gains.append(np.array([_open_gain(histories, node, f)]))
            mine = mine[1:]
        if not len(mine):
            continue
        if channel.facet.scalar and len(mine) <= CHUNK:
            ids.append(mine)
            gains.append(_gains(histories, node, f, mine))
        else:
            pending.append((f, mine, value_masses(channel, node.belief)[bank.value[mine]]))
    pool, chunk = max(k, SHORTLIST), CHUNK
    best, value = top(np.concatenate(ids), np.concatenate(gains), pool)
    # A fact of probability p carries h(p): only facts within [edge, 1 - edge] can beat what is found already.
    edge = least_mass(_needed(node, value, k))
    pending = [(f, *_by_bound(mine, mass, edge)) for f, mine, mass in pending]
    while pending := [entry for entry in pending if len(entry[1])]:
        at = max(range(len(pending)), key=lambda j: pending[j][2][0])
        f, mine, bound = pending[at]
        part = np.sort(mine[:chunk])
        found = best >= 0
        more = _gains(histories, node, f, part)
        best, value = top(np.concatenate([best[found], part]), np.concatenate([value[found], more]), pool)
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


def _unasked(histories: Histories, f: int, asked: set[int]) -> np.ndarray:
    start, end = int(histories.bank.starts[f]), int(histories.bank.starts[f + 1])
    return np.delete(np.arange(start, end), [q - start for q in asked if start <= q < end])


def _open_gain(histories: Histories, node: Node, f: int) -> float:
    key = -1 - f
    if key not in node.scratch:
        node.scratch[key] = open_information(histories.asking(node)[f], histories.current(node, f), node.joint)[0]
    return node.scratch[key]


def _gains(histories: Histories, node: Node, f: int, questions: np.ndarray) -> np.ndarray:
    """I(answer; class) in nats of yes/no questions on one facet, none of them asked before."""
    return mutual_information(_joint(histories, node, f, questions))


def _joint(histories: Histories, node: Node, f: int, questions: np.ndarray) -> np.ndarray:
    """(C, A, Y) joint of answer and class for yes/no questions on one facet."""
    channel, now = histories.asking(node)[f], histories.current(node, f)
    values = histories.bank.value[questions].astype(np.int64)
    if channel.facet.scalar:
        assert not isinstance(now, SetTerms)
        return scalar_joint(channel, now, node.joint, values)
    assert not isinstance(now, ScalarTerms)
    if f not in node.scratch:
        node.scratch[f] = set_shares(channel, now, node.joint)
    return set_joint(channel, now, node.joint, values, node.scratch[f])


def _refined(histories: Histories, node: Node, ids: np.ndarray) -> np.ndarray:
    """EIG with what answers tell inside a class of intents, over the likeliest of them."""
    bank, out = histories.bank, np.empty(len(ids))
    rows = likeliest(node.belief, REFINED)
    facet, is_open = bank.facet[ids], bank.kind[ids] == OPEN
    for f in np.unique(facet).tolist():
        if (mine := np.flatnonzero((facet == f) & is_open)).size:
            out[mine] = _open_gain(histories, node, f)
        if (mine := np.flatnonzero((facet == f) & ~is_open)).size:
            joint = _joint(histories, node, f, ids[mine])
            channel, now, values = histories.asking(node)[f], histories.current(node, f), bank.value[ids[mine]]
            out[mine] = mutual_information(joint)
            out[mine] += within_class(channel, now, node.joint, values.astype(np.int64), rows, joint)
    return out
