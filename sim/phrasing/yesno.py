"""An answer to a yes/no question in words.

A hedge is an answer of its own here ("probably"), so a certain answer is never hedged and a hedged one never sure.
"""

from __future__ import annotations

from sim.answers import DONT_KNOW
from sim.phrasing.dice import Dice
from sim.phrasing.echo import Echo
from sim.phrasing.manner import TALKATIVE, TERSE, Manner
from sim.phrasing.yesno_about import ABOUT
from sim.phrasing.yesno_words import LEADS, SENTENCES_SAID, TAILS, WORDS


def yesno_sentence(answer: int, asked: Echo, about: str, manner: Manner, dice: Dice) -> str:
    """One of the five answers, without a capital or a full stop.

    Args:
        about: what the question is about, a key of `ABOUT`.
    """
    if dice.chance((0.15, 0.2, 0.25)[manner.register]) and answer in ABOUT.get(about, {}):
        return dice.pick(ABOUT[about][answer])
    if dice.chance((0.85, 0.45, 0.2)[manner.register]):
        said = dice.pick_front(WORDS[answer])
        plain = True
    else:
        said = _filled(dice.pick(SENTENCES_SAID[answer]), asked)
        plain = False
        if not said:  # the question can't be turned into a statement
            said, plain = dice.pick_front(WORDS[answer]), True
    if manner.register == TERSE or answer == DONT_KNOW and said == "?":
        return said
    if dice.chance(0.35 if manner.register == TALKATIVE else 0.12) and not _begins_alike(said, LEADS[answer]):
        said = f"{dice.pick(LEADS[answer])}, {said}"
    if plain and dice.chance(0.4 if manner.register == TALKATIVE else 0.2):
        tail = dice.pick(TAILS[answer])
        if tail.split()[-1] not in said:
            said = f"{said}, {tail}"
    return said


def _filled(template: str, asked: Echo) -> str:
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
