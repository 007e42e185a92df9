"""The opening: what users say before the first question, in one coding from the user to the posterior.

An opening is (F,) integers: the option stated of each facet, or SILENT.  Users, agents, posteriors and what learns from
dialogues all take it so.  Options, and not answers to open questions, because an opening never says "don't know": of
the answers one would mean nothing, and every entry here means something.  A bank without the facet's open question
has no place for what is stated of it, so there the entry is SILENT.

An observation and a record of a dialogue hold what was stated as answers to questions that nobody asked.
`opening_of` and `stated_answers` are the two ways between that and this.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sim.answers import OPEN_DONT_KNOW
from sim.questions import QuestionBank

SILENT = -1
"""In the place of an option: nothing is stated of the facet."""


def opening_of(bank: QuestionBank, questions: np.ndarray, answers: np.ndarray) -> np.ndarray:
    """The openings of B dialogues.

    Args:
        questions: (B, H) ids of open questions that the opening answers, -1 beyond them.
        answers: (B, H) the answers to them.

    Returns:
        (B, F) int64.
    """
    out = np.full((len(questions), len(bank.catalogue.facets)), SILENT, dtype=np.int64)
    who, place = np.nonzero((questions >= 0) & (answers != OPEN_DONT_KNOW))
    out[who, bank.facet[questions[who, place]]] = answers[who, place] - 1
    return out


def stated_answers(bank: QuestionBank, opening: Sequence[int] | np.ndarray) -> list[tuple[int, int]]:
    """What one opening (F,) states, as (open question, answer) pairs by facet."""
    stated = [(int(bank.open_question[f]), int(option) + 1) for f, option in enumerate(opening) if option != SILENT]
    return [pair for pair in stated if pair[0] >= 0]
