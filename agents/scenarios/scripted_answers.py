"""What a scripted user says: an answer that is written down, the truth about given facts, or a lie."""

from __future__ import annotations

from typing import Any

from agents.errors import InputError
from sim.answers import ANSWER_OF, ANSWERS, OPEN_DONT_KNOW
from sim.questions import OPEN, QuestionBank


def answer_id(bank: QuestionBank, question: int, said: Any) -> int:
    """An answer given as a word, an option's name or a number; words that don't suit an open question: don't know.

    Raises:
        InputError: no such answer to a yes/no question.
    """
    if isinstance(said, int) and not isinstance(said, bool):
        return said
    if bank.kind[question] != OPEN:
        if said not in ANSWER_OF:
            raise InputError(f"answer '{said}' to \"{bank.text(question)}\"; it is one of {', '.join(ANSWERS)}")
        return ANSWER_OF[said]
    facet = bank.catalogue.facets[bank.facet[question]]
    return facet.options.index(said) + 1 if said in facet.options else OPEN_DONT_KNOW
