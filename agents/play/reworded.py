"""A question put in other words, for somebody whose reply was not understood.

The same question is asked, so an answer means the same: other words for its value where there are some
(`sim.phrasing.other_words`), else the statement that it asks about, and for an open question what may be said.
"""

from __future__ import annotations

from sim.answers import ANSWERS, DONT_KNOW
from sim.phrasing.echo import echo
from sim.phrasing.facts import with_article
from sim.phrasing.other_words import other_words
from sim.phrasing.roles import role_of
from sim.phrasing.spans import span_wordings
from sim.questions import IS, OPEN, QuestionBank

EXAMPLES = 2
"""Answers to an open question that are named."""


def reworded(bank: QuestionBank, question: int) -> str:
    """The question in other words.

    >>> from sim import load, question_bank
    >>> bank = question_bank(load("toy"))
    >>> reworded(bank, 0) != bank.text(0)
    True
    """
    if bank.kind[question] == OPEN:
        return _open(bank, question)
    facet = bank.catalogue.facets[bank.facet[question]]
    value = facet.values[int(bank.value[question])] if bank.kind[question] == IS else ""
    words = other_words(value, "genre") if role_of(facet) == "genre" else ()
    if len(words) > 1:
        return f"Would you call it {with_article(words[1])}?"
    asked = echo(bank.text(question), tuple(s for s in (value, f"the {facet.wording.noun}") if s))
    if asked.statement:
        return f"Would you say that {asked.statement}? Yes, no or “{ANSWERS[DONT_KNOW]}” will do."
    return f"{bank.text(question)} Yes, no or “{ANSWERS[DONT_KNOW]}” will do."


def _open(bank: QuestionBank, question: int) -> str:
    """What may be answered: examples that are well known, and that one needn't know."""
    facet = bank.catalogue.facets[bank.facet[question]]
    if facet.kind == "number":
        told = [span_wordings(facet, len(facet.options) // 2)[-1]]
    else:
        mass = facet.mass(bank.catalogue.prior)
        told = [facet.label(int(facet.option_of[v])) for v in (-mass).argsort(kind="stable")[:EXAMPLES].tolist()]
    examples = " or ".join(f"“{label}”" for label in told)
    return f"The {facet.wording.noun}, I mean: for example {examples}. “{ANSWERS[DONT_KNOW]}” is an answer too."
