"""What questions tell, facet by facet: the loops of `sim.ask`, handed the records that they read.

Gains about the intent are I(answer; class of intents): of a dense facet's questions, the intents with one value are a
class; of a sparse facet's yes/no questions, those that have the value and those that don't; open questions are told
apart by intent.  `refined` adds what answers tell inside a class.
"""

from __future__ import annotations

import numpy as np

from sim.ask.gain_dense import A, dense_answers, refine_dense, tell_dense
from sim.ask.gain_named import (
    NEGLIGIBLE,
    conditional_entropy,
    named_by_all,
    named_entropies,
    tell_named,
    tell_sparse_batch,
)
from sim.ask.gain_sparse import (
    Known,
    Sums,
    begin_sums,
    known_of,
    masses_of_values,
    new_sums,
    refine_sparse,
    tell_sparse,
    yesno_joint,
)
from sim.ask.question_information import SUMMARY, QuestionInformation
from sim.belief.by_history import BeliefsByHistory, Node
from sim.belief.tables import DenseFacet, SparseFacet
from sim.questions import OPEN

HEAD = 256
"""Likeliest intents for which H(answer | intent) of an open question on a sparse facet is exact."""
WIDE = 1024
"""The same where HEAD intents hold less than ENOUGH of the belief; for catalogues of up to so many it is all."""
ENOUGH = 0.9
"""Share of the belief."""


def likeliest(node: Node, k: int) -> np.ndarray:
    """The k likeliest intents in the order of their ids; ties bring in up to as many again, lowest ids first."""
    if ("likeliest", k) not in node.scratch:
        mass = node.belief
        if len(mass) <= k:
            found = np.arange(len(mass))
        else:
            cut = np.partition(mass, len(mass) - k)[len(mass) - k]
            above = np.flatnonzero(mass > cut)
            found = np.sort(np.concatenate([above, np.flatnonzero(mass == cut)[: 2 * k - len(above)]]))
        node.scratch["likeliest", k] = found
    return node.scratch["likeliest", k]


def asked_mask(beliefs: BeliefsByHistory, nodes: list[Node]) -> np.ndarray:
    """(n, Q) bool: the questions that were answered."""
    out = np.zeros((len(nodes), len(beliefs.bank)), dtype=bool)
    for row, node in zip(out, nodes, strict=True):
        row[list(beliefs.asked(node))] = True
    return out


def tell(beliefs: BeliefsByHistory, nodes: list[Node]) -> QuestionInformation:
    """What every question of the bank tells after n histories: (n, Q); 0 for those asked already."""
    n, q = len(nodes), len(beliefs.bank)
    out = QuestionInformation(np.zeros((n, q)), np.zeros((n, q)), np.zeros((n, q, SUMMARY)))
    joint, belief = (np.stack([getattr(node, name) for node in nodes]) for name in ("joint", "belief"))
    asked = asked_mask(beliefs, nodes)
    for f in range(len(beliefs.store.facets)):
        if not asked[:, beliefs.bank.starts[f] : beliefs.bank.starts[f + 1]].all():
            _tell_facet(beliefs, nodes, f, joint, belief, asked, out)
    return out


def _tell_facet(
    beliefs: BeliefsByHistory, nodes: list[Node], f: int, joint: np.ndarray, belief: np.ndarray, asked: np.ndarray,
    out: QuestionInformation,
) -> None:  # fmt: skip
    store, bank = beliefs.store, beliefs.bank
    part = slice(int(bank.starts[f]), int(bank.starts[f + 1]))
    facet, skip = store.facets[f], np.ascontiguousarray(asked[:, part])
    numbers = np.array([store.asked_of(int(node.numbers[f]), f, node.stage) for node in nodes])
    store.need(numbers)
    way = np.array([store.way(node.stage, k) for node, k in zip(nodes, numbers.tolist(), strict=True)])
    at = store.record_at[numbers]
    gain, user = np.empty(skip.shape), np.empty(skip.shape)
    answers = np.empty((*skip.shape, A))
    if isinstance(facet, DenseFacet):
        tell_dense(facet, store.manner, f, way, store.floats, at, joint, skip, gain, user, answers)
    elif store.intents <= WIDE:
        kinds = bank.kind[part]
        tell_sparse_batch(
            facet, store.manner, f, way, store.floats, store.ints, at, store.map_at[numbers], store.row_count[numbers],
            store.touched_count[numbers], joint, belief, skip, bank.value[part][kinds != OPEN].astype(np.int64),
            bool(kinds[0] == OPEN), gain, user, answers,
        )  # fmt: skip
    else:
        for b, node in enumerate(nodes):
            told = of_questions(beliefs, node, f, np.arange(part.start, part.stop)[~skip[b]], by_user=True)
            gain[b], user[b], answers[b] = 0.0, 0.0, 0.0
            gain[b, ~skip[b]], user[b, ~skip[b]], answers[b, ~skip[b]] = told.gain_nats, told.user_nats, told.answers
    out.gain_nats[:, part], out.user_nats[:, part], out.answers[:, part] = gain, user, answers


def _known(beliefs: BeliefsByHistory, node: Node, f: int) -> tuple[SparseFacet, Known, Sums, int]:
    """A sparse facet, its record and sums at one belief, and how its next question is answered."""
    store, facet = beliefs.store, beliefs.store.facets[f]
    assert isinstance(facet, SparseFacet)
    k = store.asked_of(int(node.numbers[f]), f, node.stage)
    if f not in node.scratch:
        store.need(np.array([k]))
        known = known_of(facet, store.floats, store.ints, int(store.record_at[k]), int(store.map_at[k]),
                         int(store.row_count[k]), int(store.touched_count[k]), store.types)  # fmt: skip
        sums = new_sums(facet, store.types)
        begin_sums(facet, known, node.joint, sums)
        node.scratch[f] = known, sums
    return facet, *node.scratch[f], store.way(node.stage, k)


def _dense(beliefs: BeliefsByHistory, node: Node, f: int) -> tuple[int, int]:
    """How a dense facet's next question is answered, and where its record begins."""
    store = beliefs.store
    k = store.asked_of(int(node.numbers[f]), f, node.stage)
    store.need(np.array([k]))
    return store.way(node.stage, k), int(store.record_at[k])


def of_questions(
    beliefs: BeliefsByHistory, node: Node, f: int, ids: np.ndarray, by_user: bool = False
) -> QuestionInformation:
    """What questions (n,) on one facet tell in one dialogue, none of them asked before.

    Args:
        by_user: what open questions tell about the user is wanted as well; it takes longer.
    """
    store, bank = beliefs.store, beliefs.bank
    facet = store.facets[f]
    if isinstance(facet, DenseFacet):
        part = slice(int(bank.starts[f]), int(bank.starts[f + 1]))
        key = "dense", f
        if key not in node.scratch:
            way, at = _dense(beliefs, node, f)
            count = part.stop - part.start
            told = np.empty((1, count)), np.empty((1, count)), np.empty((1, count, A))
            tell_dense(facet, store.manner, f, np.array([way]), store.floats, np.array([at]), node.joint[None],
                       np.zeros((1, count), dtype=bool), *told)  # fmt: skip
            node.scratch[key] = told
        gain, user, answers = (x[0][ids - part.start] for x in node.scratch[key])
        return QuestionInformation(gain, user, answers)
    gain, user, answers = np.empty(len(ids)), np.empty(len(ids)), np.empty((len(ids), A))
    closed = bank.kind[ids] != OPEN
    for j in np.flatnonzero(~closed):
        gain[j], user[j], answers[j] = _of_open(beliefs, node, f, by_user)
    if closed.any():
        gain[closed], _, user[closed], answers[closed] = _of_closed(beliefs, node, f, ids[closed])
    return QuestionInformation(gain, user, answers)


def _of_closed(beliefs: BeliefsByHistory, node: Node, f: int, ids: np.ndarray) -> tuple[np.ndarray, ...]:
    """What yes/no questions on a sparse facet tell, as `tell_sparse` does."""
    facet, known, sums, way = _known(beliefs, node, f)
    n, manner = len(ids), beliefs.store.manner
    told = np.empty(n), np.empty(n), np.empty(n), np.empty((n, A))
    values = beliefs.bank.value[ids].astype(np.int64)
    tell_sparse(facet, known, sums, values, manner.yesno[way, f], manner.forgotten[way, f], *told)
    node.scratch.setdefault("most", {}).update(zip(ids.tolist(), told[1].tolist()))
    return told


def most_nats(beliefs: BeliefsByHistory, node: Node, f: int, ids: np.ndarray) -> np.ndarray:
    """(n,) nats: what questions on one facet can tell about the intent at most; infinity where that is not known."""
    if isinstance(beliefs.store.facets[f], DenseFacet):
        return np.full(len(ids), np.inf)
    kept = node.scratch.setdefault("most", {})
    new = np.array([q for q in ids.tolist() if q not in kept and beliefs.bank.kind[q] != OPEN], dtype=np.int64)
    if len(new):
        _of_closed(beliefs, node, f, new)
    return np.array([kept.get(q, np.inf) for q in ids.tolist()])


def _of_open(beliefs: BeliefsByHistory, node: Node, f: int, by_user: bool) -> tuple[float, float, np.ndarray]:
    key = "open", f, by_user
    if key not in node.scratch:
        facet, known, sums, way = _known(beliefs, node, f)
        manner, mass = beliefs.store.manner, node.belief
        said = manner.silent[way, f], manner.slip[way, f], manner.guess[way, f]
        who, rough = np.flatnonzero(mass > NEGLIGIBLE), np.empty((0, beliefs.store.types))
        if len(mass) > WIDE and len(who) > HEAD:
            head = likeliest(node, HEAD)
            head = head if mass[head].sum() >= ENOUGH else likeliest(node, WIDE)
            if len(head) < len(who):
                who, rough = head, _rough(beliefs, f, way)
        surprises, out = np.empty(len(who)), np.empty(7)
        tell_named(facet, known, sums, node.joint, who, *said, by_user, surprises, out)
        told = conditional_entropy(facet, known, mass, node.joint, who, surprises, *said, rough)
        node.scratch[key] = max(-out[0] - told, 0.0), float(out[1]), out[2:]
    return node.scratch[key]


def _rough(beliefs: BeliefsByHistory, f: int, way: int) -> np.ndarray:
    """(G, T) entropies of what users name where nothing was answered; made when first wanted."""
    if (f, way) not in beliefs.named:
        store, facet = beliefs.store, beliefs.store.facets[f]
        assert isinstance(facet, SparseFacet)
        store.need(np.array([f]))
        known = known_of(facet, store.floats, store.ints, int(store.record_at[f]), int(store.map_at[f]),
                         int(store.row_count[f]), 0, store.types)  # fmt: skip
        out, manner = np.empty((len(facet.ptr) - 1, store.types)), store.manner
        named_entropies(facet, known, new_sums(facet, store.types), manner.silent[way, f],
                        manner.slip[way, f], manner.guess[way, f], out)  # fmt: skip
        beliefs.named[f, way] = out
    return beliefs.named[f, way]


def predict(beliefs: BeliefsByHistory, node: Node, question: int) -> np.ndarray:
    """(A,) p(answer | history)."""
    store, bank = beliefs.store, beliefs.bank
    f = int(bank.facet[question])
    facet, types = store.facets[f], store.types
    count = int(bank.answers[question])
    if isinstance(facet, DenseFacet):
        way, at = _dense(beliefs, node, f)
        by_type = np.empty((types, max(A, 1 + len(facet.options))))
        dense_answers(facet, store.manner, f, way, store.floats[at:], node.joint, question - int(bank.starts[f]), by_type)
        return by_type[:, :count].sum(axis=0)
    facet, known, sums, way = _known(beliefs, node, f)
    manner = store.manner
    if bank.kind[question] == OPEN:
        out = np.empty(count)
        named_by_all(facet, known, sums, 0, types, manner.silent[way, f], manner.slip[way, f], manner.guess[way, f], out)
        return out
    cells = np.empty((types, 2, A))
    value = int(bank.value[question])
    yesno_joint(facet, known, sums, value, manner.yesno[way, f], manner.forgotten[way, f], cells)
    return cells.sum(axis=(0, 1))


def masses(beliefs: BeliefsByHistory, node: Node, f: int) -> np.ndarray:
    """(V,) p(value true of the intent), of a sparse facet."""
    facet, _, sums, _ = _known(beliefs, node, f)
    out = np.empty(len(facet.background))
    masses_of_values(facet, sums, out)
    return out


def refined(beliefs: BeliefsByHistory, node: Node, f: int, ids: np.ndarray, who: np.ndarray) -> np.ndarray:
    """(n,) I(answer; intent) in nats of questions on one facet, over intents `who` in what answers tell in a class."""
    store, bank = beliefs.store, beliefs.bank
    facet, out = store.facets[f], np.empty(len(ids))
    closed = bank.kind[ids] != OPEN
    if isinstance(facet, DenseFacet) or not closed.all():
        out[:] = of_questions(beliefs, node, f, ids).gain_nats
    if not closed.any():
        return out
    if isinstance(facet, DenseFacet):
        way, at = _dense(beliefs, node, f)
        more = np.zeros(closed.sum())
        places = ids[closed] - bank.starts[f] - int(facet.open)
        refine_dense(facet, store.manner, f, way, store.floats[at:], node.joint, who, places, more)
        out[closed] += more
        return out
    facet, known, sums, way = _known(beliefs, node, f)
    more = np.empty(closed.sum())
    refine_sparse(facet, known, sums, node.joint, who, bank.value[ids[closed]].astype(np.int64),
                  store.manner.yesno[way, f], store.manner.forgotten[way, f], more)  # fmt: skip
    out[closed] = more
    return out
