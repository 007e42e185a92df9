"""`question_meant`: the question of the bank that somebody means who asks in his own words.

"Was it by Spielberg?" names a value, and the yes/no question on it is meant; a number means the nearest threshold; "who
directed it?" names nothing, and the open question with whose words it shares most is meant.
"""

from __future__ import annotations

import re

import numpy as np

from agents.play.listener import TOLD, SentenceListener
from agents.play.mind import GameWorld
from sim.names.fold import fold
from sim.questions import OPEN, OVER

_OPEN = re.compile(r"\b(?:who|what|which|when|where|how (?:long|old|much|many|heavy|big|tall))\b")
_WORD = re.compile(r"\w+")
_EMPTY = frozenset(
    (
        "a",
        "an",
        "the",
        "is",
        "it",
        "was",
        "its",
        "of",
        "in",
        "did",
        "does",
        "do",
        "be",
        "to",
        "or",
        "and",
        "kind",
        "film",
    )
)
"""Words that most questions share."""


def question_meant(world: GameWorld, listener: SentenceListener, text: str) -> int | None:
    """The question that is meant; None where that is not understood."""
    bank = world.bank
    facts = [fact for fact in listener.read(text).facts if fact.probability >= TOLD]
    if not facts:
        return _open_question(world, text) if _OPEN.search(fold(text)) else None
    fact = max(facts, key=lambda f: f.probability)
    if bank.catalogue.facets[fact.facet].kind != "number":
        q = int(bank.question_of_value[fact.facet][fact.value])
        return q if q >= 0 else None
    over = np.flatnonzero((bank.kind == OVER) & (bank.facet == fact.facet))
    facet = bank.catalogue.facets[fact.facet]
    number = fact.low if np.isfinite(fact.low) else fact.high
    if facet.over is None or not len(over) or not np.isfinite(number):
        return None
    return int(over[np.abs(facet.over[bank.value[over]] - number).argmin()])


def _open_question(world: GameWorld, text: str) -> int | None:
    """The open question that shares most words, and words of the beginning, with a text."""
    bank = world.bank
    typed = _stems(text)
    best, shared = None, 0
    for q in np.flatnonzero(bank.kind == OPEN).tolist():
        own = _stems(f"{bank.text(q)} {bank.catalogue.facets[bank.facet[q]].wording.noun}")
        if len(typed & own) > shared:
            best, shared = q, len(typed & own)
    return best


def _stems(text: str) -> frozenset[str]:
    """The first letters of the words that tell: "directors" and "directed" are one."""
    return frozenset(word[:6] for word in _WORD.findall(fold(text)) if word not in _EMPTY)
