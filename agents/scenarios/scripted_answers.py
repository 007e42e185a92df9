"""What a scripted user says: an answer that is written down, the truth about given facts, or a lie."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from agents.errors import InputError
from sim.catalogue.catalogue import Facet
from sim.questions import DONT_KNOW, IS, NO, OPEN, OPEN_DONT_KNOW, YES, QuestionBank

WORDS = {"no": 0, "probably not": 1, "don't know": 2, "probably": 3, "yes": 4}


def answer_id(bank: QuestionBank, question: int, said: Any) -> int:
    """An answer given as a word, an option's name or a number; words that don't suit an open question: don't know.

    Raises:
        InputError: no such answer to a yes/no question.
    """
    if isinstance(said, int) and not isinstance(said, bool):
        return said
    if bank.kind[question] != OPEN:
        if said not in WORDS:
            raise InputError(f"answer '{said}' to \"{bank.text(question)}\"; it is one of {', '.join(WORDS)}")
        return WORDS[said]
    facet = bank.catalogue.facets[bank.facet[question]]
    return facet.options.index(said) + 1 if said in facet.options else OPEN_DONT_KNOW


def true_answer(bank: QuestionBank, question: int, facts: Mapping[str, Any]) -> int:
    """What somebody says who knows the facts and nothing else.

    Args:
        facts: facet to value or values.
    """
    facet = bank.catalogue.facets[bank.facet[question]]
    opened = bool(bank.kind[question] == OPEN)
    if facet.name not in facts:
        return OPEN_DONT_KNOW if opened else DONT_KNOW
    given = facts[facet.name]
    values = given if isinstance(given, list) else [given]
    if facet.kind == "number":
        return _about_number(facet, float(values[0]), None if opened else int(bank.value[question]))
    known = [facet.aliases[name] for name in map(_name, values) if name in facet.aliases]
    if opened:
        return known[0] + 1 if known else OPEN_DONT_KNOW
    assert bank.kind[question] == IS
    return YES if int(bank.value[question]) in known else NO


def _about_number(facet: Facet, number: float, threshold: int | None) -> int:
    """Whether a number is over a threshold of the facet; in which option it falls where None is given."""
    assert facet.lower is not None and facet.over is not None
    if threshold is not None:
        return YES if number > facet.over[threshold] else NO
    fine = int(np.searchsorted(facet.lower, number, side="right")) - 1
    return int(facet.option_of[max(fine, 0)]) + 1


def _name(value: Any) -> str:
    """A value as catalogues write it."""
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def opposite(bank: QuestionBank, question: int, answer: int) -> int:
    """A false answer: the reverse, or for an open question the next option."""
    if bank.kind[question] != OPEN:
        return {DONT_KNOW: NO}.get(answer, len(WORDS) - 1 - answer)
    options = int(bank.answers[question]) - 1
    return answer % options + 1
