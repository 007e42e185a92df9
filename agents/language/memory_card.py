"""`MemoryCard`: what a simulated user's memory holds of each facet, for a language model that speaks for the user.

The card is dealt by the simulator and says what the user believes, right or wrong, never what is wanted.  What a text
says is checked against it: a claim that the memory does not hold is a contradiction, and so is a claim about what is
forgotten.  Not to know is never one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from agents.language.belief import options_of_range
from agents.language.reading import ReadFact, TextReading
from sim.answers import DONT_KNOW, OPEN_DONT_KNOW
from sim.catalogue.catalogue import Facet
from sim.phrasing import listed
from sim.questions import IS, OPEN, QuestionBank
from sim.users.simulated import SimulatedUsers

SURE = 0.5
"""A fact that is at least so probable was said."""
MOST_NAMED = 12
"""Of many values, so many stand on a card."""
CONTRADICTS, WITHHELD, UNREAD, AGREES = "contradictions", "withheld", "unread", "agrees"
"""What a reading is beside a card; the first three are counted by these names."""


@dataclass(frozen=True)
class Held:
    """What is held of one facet."""

    values: frozenset[int]
    """Value ids that are believed or would be recognised."""
    named: frozenset[int]
    """Options that an open question may be answered with."""
    line: str
    """The same in words."""


@dataclass(frozen=True)
class MemoryCard:
    """One user's memory."""

    bank: QuestionBank
    facets: tuple[Held, ...]

    @property
    def text(self) -> str:
        """The card, a line a facet."""
        return "\n".join(f"- {held.line}" for held in self.facets)

    def check(self, reading: TextReading) -> str:
        """How a reading of an answer stands to the card: one of the four words above."""
        asked = int(self.bank.facet[reading.question])
        if any(self._denies(fact) for fact in reading.facts if fact.facet != asked and fact.probability >= SURE):
            return CONTRADICTS
        if reading.off_topic > SURE:
            return UNREAD
        held, answer = self.facets[asked], answer_of(self.bank, reading)
        if answer == _unknown(self.bank, reading.question):
            return WITHHELD if held.values else AGREES
        if self.bank.kind[reading.question] == OPEN:
            return AGREES if answer - 1 in held.named else CONTRADICTS
        if not held.values:
            return CONTRADICTS
        return AGREES if (answer > DONT_KNOW) == self._is_true(reading.question, held) else CONTRADICTS

    def _is_true(self, question: int, held: Held) -> bool:
        value = int(self.bank.value[question])
        if self.bank.kind[question] == IS:
            return value in held.values
        return max(held.values) >= value

    def _denies(self, fact: ReadFact) -> bool:
        """Whether what was said beside the answer is not in the memory."""
        held, facet = self.facets[fact.facet], self.bank.catalogue.facets[fact.facet]
        if facet.kind != "number":
            return (fact.value in held.values) == fact.negated
        options = {option for option, _ in options_of_range(facet, fact)}
        return bool(options & {int(facet.option_of[v]) for v in held.values}) == fact.negated


def answer_of(bank: QuestionBank, reading: TextReading) -> int:
    """The answer, as in the bank, that a reading most likely is."""
    assert reading.answer is not None
    if bank.kind[reading.question] != OPEN:
        return int(reading.answer.argmax())
    asked = int(bank.facet[reading.question])
    mine = [f for f in reading.facts if f.facet == asked and not f.negated]
    if not mine or int(reading.answer.argmax()) == DONT_KNOW:
        return OPEN_DONT_KNOW
    best = max(mine, key=lambda f: f.probability)
    facet = bank.catalogue.facets[asked]
    if facet.kind != "number":
        return int(facet.option_of[best.value]) + 1
    return max(options_of_range(facet, best), key=lambda pair: pair[1])[0] + 1


def deal(bank: QuestionBank, users: SimulatedUsers, b: int) -> MemoryCard:
    """The card of user b."""
    wrong = {c.facet: c for c in users.corruptions(b)}
    out = []
    for f, facet in enumerate(bank.catalogue.facets):
        true, error = facet.row(int(users.intent[b])), wrong.get(facet.name)
        if error is None:
            out.append(_held(bank, users, b, f, true, nameable=True))
        elif error.kind == "forgotten":
            out.append(Held(frozenset(), frozenset(), f"{facet.wording.noun}: you have forgotten it"))
        elif error.kind == "unrecalled":
            out.append(_held(bank, users, b, f, true, nameable=False))
        else:
            kept = [value for value in true if value != error.lost and not facet.scalar]
            out.append(_held(bank, users, b, f, [str(error.believed), *kept], nameable=True))
    return MemoryCard(bank, tuple(out))


def _held(
    bank: QuestionBank, users: SimulatedUsers, b: int, f: int, values: Sequence[str], nameable: bool
) -> Held:  # fmt: skip
    """The card's entry of a facet of which these values may be remembered."""
    facet = bank.catalogue.facets[f]
    noun = facet.wording.noun
    ids = [v for v in (facet.find(value) for value in values) if v is not None]
    ids = ids if facet.scalar else _recognised(bank, users, b, f, ids)
    if not ids:
        return Held(frozenset(), frozenset(), f"{noun}: you remember nothing of it")
    names = [_name(facet, v) for v in ids][:MOST_NAMED]
    if facet.kind == "flag":
        return Held(frozenset(ids), frozenset(), f'"{facet.wording.yesno}": {names[0]}')
    if not nameable:
        line = f"{noun}: you can't name it, but you would recognise {listed(names)}"
        return Held(frozenset(ids), frozenset(), line)
    named = frozenset(int(facet.option_of[v]) for v in ids)
    return Held(frozenset(ids), named, f"{noun}: {listed(names)}")


def _recognised(bank: QuestionBank, users: SimulatedUsers, b: int, f: int, ids: Sequence[int]) -> list[int]:
    """Of several values those that this user recognises when asked, slips aside."""
    out = []
    for v in ids:
        question = int(bank.question_of_value[f][v])
        if question >= 0:
            asked, row = np.array([question]), np.array([b])
            answer, slipped = int(users.answer(asked, row)[0]), bool(users.slipped(asked, row)[0])
            if (answer < DONT_KNOW) != slipped and answer != DONT_KNOW:
                continue
        out.append(v)
    return out


def _name(facet: Facet, value: int) -> str:
    return facet.said(facet.values[value])


def _unknown(bank: QuestionBank, question: int) -> int:
    return OPEN_DONT_KNOW if bank.kind[question] == OPEN else DONT_KNOW
