"""Simulated text about items of a catalogue: openings that state facts, and pieces of what it says of its items.

Where no request of people is at hand, a text tower is calibrated on these.  An opening is what a simulated user says.
A piece is a few clauses of an item's own free text, words dropped from it, as somebody half remembers it: to find the
text that a piece was taken from is the inverse cloze task (Lee, Chang and Toutanova 2019, arXiv:1906.00300).
"""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np

from agents.setting import Setting
from sim.phrasing.dice import Dice
from sim.phrasing.spoken import Talkers
from sim.phrasing.voice import SpeechVocabulary
from sim.users.simulated import SimulatedUsers

KINDS = ("opening", "piece", "both")
"""What is told: facts, a piece of the item's text, or one after the other."""
KEPT = (0.5, 0.65, 0.8)
"""Shares of a piece's words that are kept."""
LONGEST = 16
"""Words of a piece at most, before some are dropped."""
LEAST = 4
"""Words of a text of which there are pieces."""
CLAUSES = 3
"""Clauses at most of a piece."""
LEADS = ("", "the one with ", "there was something about ", "I remember ", "it has ", "something with ")
_CLAUSE = re.compile(r"[.;:!?,()\[\]]+\s*")


class ToldTexts(NamedTuple):
    """Texts and what they are about."""

    texts: list[str]
    intent: np.ndarray
    """(n,)"""
    kind: np.ndarray
    """(n,) positions in `KINDS`."""


def told_of(setting: Setting, count: int, seed: int) -> ToldTexts:
    """Texts by as many users; of each kind in turn where items have texts, else openings alone."""
    bank, texts = setting.bank, setting.catalogue.texts
    vocabulary = SpeechVocabulary(bank)
    users = SimulatedUsers(setting.population, seed, np.arange(count))
    stated = users.opening()
    out, kinds = [], []
    for b in range(count):
        intent, kind = int(users.intent[b]), b % len(KINDS)
        described = bool(texts) and len(texts[intent].split()) >= LEAST
        pairs = [(int(bank.open_question[f]), int(o) + 1) for f, o in enumerate(stated[b]) if o >= 0]
        opening = Talkers(vocabulary, seed, b).opening(pairs).text
        piece = piece_of(texts[intent], Dice(seed, b, 91)) if described and kind else ""
        out.append(" ".join(part for part in ("" if kind == 1 and piece else opening, piece) if part))
        kinds.append(kind if piece else 0)
    return ToldTexts(out, users.intent.copy(), np.array(kinds))


def piece_of(text: str, dice: Dice) -> str:
    """A few clauses of a text as somebody half remembers them.

    >>> piece_of("A clerk is sent to count every bee in the county.", Dice(0, 2))
    'it has a is sent to bee in county'
    """
    clauses = [c.split() for c in _CLAUSE.split(text) if c.strip()]
    wanted = 1 + int(dice.uniform() * CLAUSES)
    first = int(dice.uniform() * max(1, len(clauses) - wanted + 1))
    share, left, out = dice.pick(KEPT), LONGEST, []
    for clause in clauses[first : first + wanted]:
        kept = [word for word in clause[:left] if dice.chance(share)]
        left -= len(clause[:left])
        out += [" ".join(kept)] if kept else []
    return (dice.pick(LEADS) + ", ".join(out or [clauses[first][0]])).lower()
