"""Which answers are false: at odds with the catalogue, whatever the user believes.

"Don't know" is never false, nor is anything said about what the catalogue doesn't know.
"""

from __future__ import annotations

import numpy as np

from sim.questions import DONT_KNOW, OPEN, OPEN_DONT_KNOW, OVER, QuestionBank


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
