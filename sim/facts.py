"""What the catalogue answers by itself, whatever a user believes: noiseless answers, and which answers are false.

"Don't know" is never false, nor is anything said about what the catalogue doesn't know.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy import sparse

from sim.answers import DONT_KNOW, NO, OPEN_DONT_KNOW, YES
from sim.catalogue.catalogue import Facet
from sim.numeric.entropy import binary_entropy, xlogx
from sim.questions import OPEN, OVER, QuestionBank


def true_answer(bank: QuestionBank, question: int, facts: Mapping[str, Any]) -> int:
    """What somebody says who knows these facts and nothing else, whether the catalogue has such a thing or not.

    Args:
        facts: facet to its value, a list of values, or for numbers the number.
    """
    facet = bank.catalogue.facets[bank.facet[question]]
    opened = bool(bank.kind[question] == OPEN)
    if facet.name not in facts:
        return OPEN_DONT_KNOW if opened else DONT_KNOW
    given = facts[facet.name]
    values = given if isinstance(given, list) else [given]
    if facet.kind == "number":
        return _about_number(facet, float(values[0]), None if opened else int(bank.value[question]))
    known = [v for v in map(facet.find, values) if v is not None]
    if opened:
        return known[0] + 1 if known else OPEN_DONT_KNOW
    return YES if int(bank.value[question]) in known else NO


def opposite_answer(bank: QuestionBank, question: int, answer: int) -> int:
    """What a liar says in place of an answer: the reverse, "no" for "don't know", the next option if it is open."""
    if bank.kind[question] != OPEN:
        return NO if answer == DONT_KNOW else YES - answer
    options = int(bank.answers[question]) - 1
    return answer % options + 1


def claims_nothing(bank: QuestionBank, question: int, answer: int) -> bool:
    """Whether the answer is "don't know"."""
    return answer == (OPEN_DONT_KNOW if bank.kind[question] == OPEN else DONT_KNOW)


def _about_number(facet: Facet, number: float, threshold: int | None) -> int:
    """The answer to "is it over ...?", by the threshold's bin; to the open question where that is None."""
    assert facet.over is not None
    if threshold is None:
        return facet.option_of_number(number) + 1
    return YES if number > facet.over[threshold] else NO


def false_answers(bank: QuestionBank, intents: np.ndarray, questions: np.ndarray, answers: np.ndarray) -> np.ndarray:
    """(n,) bool: answer k to question k contradicts what the catalogue says of intent k.

    Args:
        intents: (n,) int64, true intents.
        questions: (n,) question ids.
        answers: (n,) answer ids; "probably" counts as "yes".
    """
    intents, questions, answers = (np.asarray(x, dtype=np.int64) for x in (intents, questions, answers))
    out = np.zeros(len(questions), dtype=bool)
    for f in np.unique(bank.facet[questions]).tolist():
        at = np.flatnonzero(bank.facet[questions] == f)
        facet = bank.catalogue.facets[f]
        start = facet.indptr[intents[at]]
        count = facet.indptr[intents[at] + 1] - start
        entry = np.repeat(np.arange(len(at)), count)
        held = facet.indices[np.repeat(start - np.cumsum(count) + count, count) + np.arange(len(entry))]
        kind, wanted, said = bank.kind[questions[at]], bank.value[questions[at]], answers[at]
        named = np.where(kind[entry] == OPEN, facet.option_of[held] == said[entry] - 1, held == wanted[entry])
        holds = np.bincount(entry, np.where(kind[entry] == OVER, held >= wanted[entry], named), len(at)) > 0
        opened = ~holds & (said != OPEN_DONT_KNOW)
        told = np.where(kind == OPEN, opened, np.where(holds, said < DONT_KNOW, said > DONT_KNOW))
        out[at] = told & (count > 0)
    return out


class NoiselessAnswers:
    """The noiseless answers to a bank's questions as sparse matrices; Q questions, N intents, W values in all facets.

    A yes/no question gets the fact; an open one any of the intent's values with equal chance, and "don't know" where
    it has none.
    """

    def __init__(self, bank: QuestionBank):
        facets, n = bank.catalogue.facets, len(bank.catalogue)
        first = np.cumsum([0] + [len(f.values) for f in facets])
        values = np.concatenate([f.indices.astype(np.int64) + v for f, v in zip(facets, first[:-1], strict=True)])
        intents = np.concatenate([f.rows.astype(np.int64) for f in facets])
        entries = sparse.coo_array((np.ones(len(values)), (values, intents)), shape=(int(first[-1]), n))
        self._values = sparse.csr_array(entries)  # (W, N): all facets' values one after the other
        self._closed_ids = np.flatnonzero(bank.kind != OPEN)
        self._closed = _yes_values(bank, self._closed_ids, first)  # (closed questions, W)
        self._open_ids = np.flatnonzero(bank.kind == OPEN)
        if len(self._open_ids):
            said = [_said(facets[bank.facet[q]]) for q in self._open_ids.tolist()]
            owners = np.repeat(np.arange(len(said)), bank.answers[self._open_ids])
            self._said = sparse.csr_array(sparse.vstack(said))  # (answers of all open questions, N)
            shape = (len(said), len(owners))
            self._owner = sparse.csr_array((np.ones(len(owners)), (owners, np.arange(len(owners)))), shape=shape)

    def entropies_nats(self, belief: np.ndarray) -> np.ndarray:
        """(n, Q) entropy of the noiseless answer to each question under beliefs (n, N)."""
        out = np.empty((len(belief), len(self._closed_ids) + len(self._open_ids)))
        columns = np.ascontiguousarray(belief.T)
        out[:, self._closed_ids] = binary_entropy(self._closed @ (self._values @ columns)).T
        if len(self._open_ids):
            out[:, self._open_ids] = -(self._owner @ xlogx(self._said @ columns)).T
        return out


def _yes_values(bank: QuestionBank, questions: np.ndarray, first: np.ndarray) -> sparse.csr_array:
    """(C, W) ones: the values for which the answer to each yes/no question is yes.

    Sums over thresholds are a product too: a batch then adds up in the order of a single dialogue.
    """
    facet = bank.facet[questions]
    low = first[facet] + bank.value[questions]
    high = np.where(bank.kind[questions] == OVER, first[facet + 1], low + 1)
    counts = high - low
    columns = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts) + np.repeat(low, counts)
    indptr = np.concatenate([[0], np.cumsum(counts)])
    return sparse.csr_array((np.ones(len(columns)), columns, indptr), shape=(len(questions), int(first[-1])))


def _said(facet: Facet) -> sparse.csr_array:
    """(options + 1, N) p(option is named | intent), "don't know" last."""
    size = np.maximum(np.diff(facet.indptr), 1)
    nothing = np.flatnonzero(np.diff(facet.indptr) == 0)
    rows = np.concatenate([facet.option_of[facet.indices], np.full(len(nothing), len(facet.options))])
    share = np.concatenate([1.0 / size[facet.rows], np.ones(len(nothing))])
    where = (rows, np.concatenate([facet.rows, nothing]))
    return sparse.csr_array((share, where), shape=(len(facet.options) + 1, facet.intents))
