"""What questions tell, facet by facet: the loops of `sim.ask`, handed the records that they read.

Gains about the intent are I(answer; class of intents): where the law is tabled, the intents of one row are a class; of
other yes/no questions, those that have the value and those that don't; open questions are told apart by intent, on
tabled facets of large catalogues by row.  `refined` adds what answers tell inside a class.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.ask.gain_flags import ROWS, Flags, tell_flags
from sim.ask.gain_named import NEGLIGIBLE, conditional_entropy, named_by_all, tell_named, tell_sparse_batch
from sim.ask.gain_sparse import Sums, begin_sums, masses_of_values, new_sums, tell_sparse, yesno_joint
from sim.ask.gain_tabled import A, refine_tabled, tabled_answers, tell_tabled
from sim.ask.question_information import SUMMARY, QuestionInformation
from sim.ask.refine_sparse import refine_sparse
from sim.ask.surprise import Pattern, Saying, named_entropies, pattern_of, saying_of
from sim.belief.by_history import BeliefsByHistory, Node
from sim.belief.law_sparse import Known, known_of
from sim.belief.tables import WIDE, SparseFacet, asked_for
from sim.channel.channel import KEPT, MUDDLED
from sim.questions import OPEN

HEAD = 256
"""Likeliest intents for which H(answer | intent) of an open question on a sparse facet is exact."""
ENOUGH = 0.9
"""Share of the belief; where HEAD intents hold less, it is exact for `WIDE`."""


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


class Together(NamedTuple):
    """What n dialogues know and believe, side by side."""

    numbers: np.ndarray
    """(n, F + 1) see `EvidenceStore`."""
    stages: np.ndarray
    """(n,) of the next answer."""
    joint: np.ndarray
    """(n, N, T) p(intent, type | history)."""
    belief: np.ndarray
    """(n, N)"""


def together(nodes: list[Node]) -> Together:
    return Together(
        np.stack([node.numbers for node in nodes]), np.array([node.stage for node in nodes]),
        np.stack([node.joint for node in nodes]), np.stack([node.belief for node in nodes]),
    )  # fmt: skip


def tell(beliefs: BeliefsByHistory, at: Together) -> QuestionInformation:
    """What every question of the bank tells in n dialogues: (n, Q); 0 for those asked already."""
    n, bank, store = len(at.numbers), beliefs.bank, beliefs.store
    out = QuestionInformation(*(np.empty(shape) for shape in ((n, len(bank)), (n, len(bank)), (n, len(bank), SUMMARY))))
    asked, flags = store.asked(at.numbers), _flags(beliefs)
    alone = ~at.stages.any() and len(flags.facets) > 0
    if alone:
        known = (
            (at.numbers != beliefs.nothing)[:, :-1].copy() if beliefs.memory else asked[:, bank.starts[:-1] % len(bank)]
        )
        tell_flags(flags, at.joint, known, out.gain_nats, out.user_nats, out.answers)
    told = set(flags.facets.tolist()) if alone else set()
    for f in range(len(store.facets)):
        part = slice(int(bank.starts[f]), int(bank.starts[f + 1]))
        if f in told or part.start == part.stop:
            continue
        found = _tell_facet(beliefs, f, part, at, np.ascontiguousarray(asked[:, part]))
        out.gain_nats[:, part], out.user_nats[:, part], out.answers[:, part] = found
    return out


def _flags(beliefs: BeliefsByHistory) -> Flags:
    """The flags that the bank asks about, and their law before any answer."""
    if beliefs.flags is None:
        store, bank = beliefs.store, beliefs.bank
        kinds = [facet.kind for facet in bank.catalogue.facets]
        of = np.array([f for f in range(len(kinds)) if kinds[f] == "flag" and bank.starts[f] < bank.starts[f + 1]],
                      dtype=np.int64)  # fmt: skip
        held = np.zeros((store.intents, 2, len(of)))
        answers = np.zeros((store.types, ROWS, A, len(of)))
        store.need(of)
        for l, f in enumerate(of.tolist()):
            tables = store.tables(f)
            held[:, 0, l], held[:, 1, l] = (store.tabled[f].row_of == row for row in (1, 2))
            lost, kept, muddled = tables.states[0], tables.states[1] + tables.states[3], tables.states[2]  # (T, R)
            ways = ((0, lost, None), (KEPT, kept, tables.kept[0]), (MUDDLED, muddled, tables.muddled[0]))
            for state, share, believe in ways:
                if believe is None:
                    answers[..., l] += share[..., None] * store.manner.forgotten[0, f][:, None]
                else:
                    yes = store.manner.yesno[0, f][:, state]  # (T, 2, A)
                    answers[..., l] += believe[..., None] * yes[:, None, 1]
                    answers[..., l] += (share - believe)[..., None] * yes[:, None, 0]
        beliefs.flags = Flags(of, bank.starts[of].astype(np.int64), held, answers)
    return beliefs.flags


def _tell_facet(
    beliefs: BeliefsByHistory, f: int, part: slice, at: Together, skip: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What the questions `part` on facet f tell, but those of skip (n, questions): (n, questions) twice and (n,
    questions, A)."""
    store, facet, rows = beliefs.store, beliefs.store.facets[f], beliefs.store.tabled[f]
    told = np.empty(skip.shape), np.empty(skip.shape), np.empty((*skip.shape, A))
    numbers, way = store.next_answer(at.numbers[:, f], at.stages, f)
    begins = store.record_at[numbers]
    if rows is not None:
        tell_tabled(rows, store.manner, f, way, store.floats, begins, at.joint, at.belief, skip, *told)
    else:
        assert isinstance(facet, SparseFacet)
        opens = bool(beliefs.bank.open_question[f] >= 0)
        tell_sparse_batch(
            facet, _pattern(beliefs, f), store.manner, f, way, store.floats, store.ints, begins, store.map_at[numbers],
            store.row_count[numbers], store.touched_count[numbers], at.joint, at.belief, skip,
            asked_for(beliefs.bank, f), opens, *told,
        )  # fmt: skip
    return told


def _known(beliefs: BeliefsByHistory, node: Node, f: int) -> tuple[SparseFacet, Known, Sums, int]:
    """A facet that is not tabled, its record and sums at one belief, and how its next question is answered."""
    store, facet = beliefs.store, beliefs.store.facets[f]
    assert isinstance(facet, SparseFacet)
    if f not in node.scratch:
        k, way = _next_answer(beliefs, node, f)
        known = known_of(facet, store.floats, store.ints, int(store.record_at[k]), int(store.map_at[k]),
                         int(store.row_count[k]), int(store.touched_count[k]), store.types)  # fmt: skip
        sums = new_sums(facet, store.types)
        begin_sums(facet, known, node.joint, sums)
        node.scratch[f] = known, sums, way
    return facet, *node.scratch[f]


def _next_answer(beliefs: BeliefsByHistory, node: Node, f: int) -> tuple[int, int]:
    """`EvidenceStore.next_answer` of one dialogue."""
    (k,), (way,) = beliefs.store.next_answer(node.numbers[f : f + 1], np.array([node.stage]), f)
    return int(k), int(way)


def of_questions(
    beliefs: BeliefsByHistory, node: Node, f: int, ids: np.ndarray, by_user: bool = False
) -> QuestionInformation:
    """What questions (n,) on one facet tell in one dialogue, none of them asked before.

    Args:
        by_user: what open questions tell about the user is wanted as well; it takes longer.
    """
    store, bank = beliefs.store, beliefs.bank
    if store.tabled[f] is not None:
        part = slice(int(bank.starts[f]), int(bank.starts[f + 1]))
        key = "tabled", f
        if key not in node.scratch:
            skip = store.asked(node.numbers[None])[:, part]
            node.scratch[key] = _tell_facet(beliefs, f, part, together([node]), np.ascontiguousarray(skip))
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
    if beliefs.store.tabled[f] is not None:
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
        mass, saying = node.belief, _saying(beliefs, f, known, way)
        who, rough = np.flatnonzero(mass > NEGLIGIBLE), np.empty((0, beliefs.store.types))
        if len(mass) > WIDE and len(who) > HEAD:
            head = likeliest(node, HEAD)
            head = head if mass[head].sum() >= ENOUGH else likeliest(node, WIDE)
            if len(head) < len(who):
                who, rough = head, _rough(beliefs, f, way)
        surprises, out = np.empty(len(who)), np.empty(7)
        tell_named(facet, known, sums, saying, _pattern(beliefs, f), node.joint, who, by_user, surprises, out)
        told = conditional_entropy(facet, known, saying, mass, node.joint, who, surprises, rough)
        node.scratch[key] = max(-out[0] - told, 0.0), float(out[1]), out[2:]
    return node.scratch[key]


def _pattern(beliefs: BeliefsByHistory, f: int) -> Pattern:
    """What users may name where nothing was answered; made once for catalogues of up to `WIDE` intents, else empty."""
    if f not in beliefs.patterns:
        facet, nothing = beliefs.store.facets[f], np.empty(0)
        assert isinstance(facet, SparseFacet)
        small = beliefs.store.intents <= WIDE
        empty = Pattern(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int32), nothing, nothing)
        beliefs.patterns[f] = pattern_of(facet) if small else empty
    return beliefs.patterns[f]


def _saying(beliefs: BeliefsByHistory, f: int, known: Known, way: int) -> Saying:
    manner = beliefs.store.manner
    return saying_of(known, manner.silent[way, f], manner.slip[way, f], manner.guess[way, f])


def _rough(beliefs: BeliefsByHistory, f: int, way: int) -> np.ndarray:
    """(G, T) entropies of what users name where nothing was answered; made when first wanted."""
    if (f, way) not in beliefs.named:
        store, facet = beliefs.store, beliefs.store.facets[f]
        assert isinstance(facet, SparseFacet)
        store.need(np.array([f]))
        known = known_of(facet, store.floats, store.ints, int(store.record_at[f]), int(store.map_at[f]),
                         int(store.row_count[f]), 0, store.types)  # fmt: skip
        out = np.empty((len(facet.ptr) - 1, store.types))
        named_entropies(facet, known, new_sums(facet, store.types), _saying(beliefs, f, known, way), out)
        beliefs.named[f, way] = out
    return beliefs.named[f, way]


def predict(beliefs: BeliefsByHistory, node: Node, question: int) -> np.ndarray:
    """(A,) p(answer | history)."""
    store, bank, manner = beliefs.store, beliefs.bank, beliefs.store.manner
    f = int(bank.facet[question])
    out, rows = np.empty(int(bank.answers[question])), store.tabled[f]
    if rows is not None:
        k, way = _next_answer(beliefs, node, f)
        tabled_answers(rows, manner, f, way, store.floats, int(store.record_at[k]), node.joint[None],
                       question - int(bank.starts[f]), out)  # fmt: skip
        return out
    facet, known, sums, way = _known(beliefs, node, f)
    if bank.kind[question] == OPEN:
        named_by_all(facet, known, sums, _saying(beliefs, f, known, way), 0, store.types, out)
        return out
    cells, crowd, value = np.empty((store.types, 2, A)), np.empty((7, store.types)), int(bank.value[question])
    yesno_joint(facet, known, sums, value, manner.yesno[way, f], manner.forgotten[way, f], crowd, cells)
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
    rows, out = store.tabled[f], np.empty(len(ids))
    closed = bank.kind[ids] != OPEN
    if rows is not None or not closed.all():
        out[:] = of_questions(beliefs, node, f, ids).gain_nats
    if not closed.any():
        return out
    more, manner = np.zeros(closed.sum()), store.manner
    if rows is not None:
        k, way = _next_answer(beliefs, node, f)
        places = ids[closed] - bank.starts[f] - int(bank.open_question[f] >= 0)
        refine_tabled(rows, manner, f, way, store.floats, int(store.record_at[k]), node.joint[None], who, places, more)
        out[closed] += more
        return out
    facet, known, sums, way = _known(beliefs, node, f)
    refine_sparse(facet, known, sums, node.joint, who, bank.value[ids[closed]].astype(np.int64), manner.yesno[way, f],
                  manner.forgotten[way, f], more)  # fmt: skip
    out[closed] = more
    return out
