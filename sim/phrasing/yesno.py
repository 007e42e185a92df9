"""An answer to a yes/no question in words.

A hedge is an answer of its own here ("probably"), so a certain answer is never hedged and a hedged one never sure.
"""

from __future__ import annotations

from typing import NamedTuple

from sim.answers import DONT_KNOW
from sim.phrasing.dice import Dice
from sim.phrasing.echo import Echo
from sim.phrasing.fact_words import UNKNOWN, UNKNOWN_PEOPLE
from sim.phrasing.manner import TALKATIVE, TERSE, Manner
from sim.phrasing.yesno_about import ABOUT
from sim.phrasing.yesno_words import COLLOQUIAL, LEADS, SENTENCES_SAID, TAILS, WORDS


class AnswerWording(NamedTuple):
    """One way to give one answer."""

    answer: int
    template: str
    about: str | None = None
    """What a question must be about for it to fit (a key of `ABOUT`); None for any."""


def all_wordings() -> list[AnswerWording]:
    """Every wording there is, in a fixed order, those of not knowing what was asked among them: what those who learn to
    understand answers learn from."""
    out = [
        AnswerWording(answer, text)
        for table in (WORDS, SENTENCES_SAID, COLLOQUIAL)
        for answer, texts in table.items()
        for text in texts
    ]
    for about, answers in ABOUT.items():
        out += [AnswerWording(answer, text, about) for answer, texts in answers.items() for text in texts]
    out += [AnswerWording(DONT_KNOW, text) for text in (*UNKNOWN, *UNKNOWN_PEOPLE)]
    return list(dict.fromkeys(out))


def yesno_sentence(answer: int, asked: Echo, about: str, manner: Manner, dice: Dice) -> str:
    """One of the five answers, without a capital or a full stop.

    Args:
        about: what the question is about, a key of `ABOUT`.
    """
    if dice.chance((0.15, 0.2, 0.25)[manner.register]) and answer in ABOUT.get(about, {}):
        return dice.pick(ABOUT[about][answer])
    if dice.chance((0.85, 0.45, 0.2)[manner.register]):
        return dressed(AnswerWording(answer, dice.pick_front(WORDS[answer])), asked, manner, dice)
    said = AnswerWording(answer, dice.pick(SENTENCES_SAID[answer] + COLLOQUIAL[answer]))
    if not filled(said.template, asked):  # the question can't be turned into a statement
        said = AnswerWording(answer, dice.pick(WORDS[answer]))
    return dressed(said, asked, manner, dice)


def dressed(wording: AnswerWording, asked: Echo, manner: Manner, dice: Dice) -> str:
    """A wording about a question, with what may stand before and behind it; "" where it doesn't fit the question."""
    answer, plain = wording.answer, wording.template in WORDS[wording.answer]
    said = filled(wording.template, asked)
    if not said or manner.register == TERSE or said == "?":
        return said
    if dice.chance(0.35 if manner.register == TALKATIVE else 0.12) and not _begins_alike(said, LEADS[answer]):
        said = f"{dice.pick(LEADS[answer])}, {said}"
    if plain and dice.chance(0.4 if manner.register == TALKATIVE else 0.2):
        tail = dice.pick(TAILS[answer])
        if tail.split()[-1] not in said:
            said = f"{said}, {tail}"
    return said


def filled(template: str, asked: Echo) -> str:
    """The template about the question; empty where it needs a statement that there is none of."""
    if ("{echo}" in template and not asked.statement) or ("{negation}" in template and not asked.denial):
        return ""
    parts = {"{is}": asked.short, "{isnt}": asked.short_denial, "{echo}": asked.statement, "{negation}": asked.denial}
    for mark, text in parts.items():
        template = template.replace(mark, text)
    return template


def _begins_alike(said: str, leads: tuple[str, ...]) -> bool:
    """Whether it begins with such a lead already: nobody says "yes, yes, it was"."""
    first = said.replace(",", " ").split()[0].lower()
    return any(first == lead.replace(",", " ").split()[0].lower() for lead in leads)
