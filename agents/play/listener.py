"""`SentenceListener`: what a sentence that a person types means in a game, as evidence and as chips.

A sentence answers the question that waits, or tells something that nobody asked, or both, or nothing that is
understood.  A reply that leaves the question open takes no turn: the agent takes what was told and decides anew.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from agents.language.answer_head import head_features
from agents.language.belief import evidence_of
from agents.language.reader import Reader
from agents.language.reading import ReadFact, TextReading
from agents.learning.embeddings import Tell
from agents.play.heard_log import ITEMS, HeardSentence, rounded
from agents.play.mind import GameWorld
from sim.answers import ANSWERS, NO, OPEN_DONT_KNOW, PROBABLY, PROBABLY_NOT, YES, typed_answer
from sim.belief.virtual_evidence import VirtualEvidence
from sim.catalogue.catalogue import Facet
from sim.catalogue.numbers import plain
from sim.dialogue import HeardChip
from sim.mentions.tokens import LONGEST, readable
from sim.names.fold import fold
from sim.phrasing.roles import role_of
from sim.posterior.contract import Posterior
from sim.questions import OPEN

ANSWERED = 0.5
"""The probability of one answer from which on a reply to a yes/no question is taken for an answer."""
NOT_KNOWN = 0.8
"""That of not knowing, for a reply to an open question that names nothing."""
TOLD = 0.2
"""The probability of a fact from which on it is shown."""
JUDGED = 0.7
"""The probability of yes, or of no, from which on a reply judges a guess."""
ALSO = 0.15
"""Other readings that are as probable are named beside the likeliest."""


class SentenceListener:
    """Reads what people type in games on one world.

    Args:
        world: what is played on.
        encoder: as `Reader` takes it; "" reads by patterns alone.
        tell: told how many items are encoded, where they must be.

    Raises:
        ValueError: an encoder that was named and can't be used.
    """

    def __init__(self, world: GameWorld, encoder: str = "", tell: Tell | None = None) -> None:
        self.bank = world.bank
        if encoder:
            import torch

            torch.set_num_threads(1)  # a reply is too short to share
        self.reader = Reader(world.bank, encoder)
        self.reader.warm(tell)

    @property
    def note(self) -> str:
        """What is missing, in a sentence; "" where nothing is."""
        return self.reader.note

    def read(self, text: str, question: int = -1) -> TextReading:
        return self.reader.read(text, question)

    def listen(
        self, text: str, posterior: Posterior, question: int = -1, *, opening: bool = False
    ) -> HeardSentence | None:
        """What a sentence is taken for; None where nothing was understood.

        Args:
            posterior: the belief that will hear it.
            question: the question that waits, -1 for none.
            opening: nothing was asked yet.
        """
        reading = self.read(text, question)
        if question >= 0 and not self._answers(reading):
            # What else it says stands by itself.
            reading = replace(reading, question=-1, answer=None)
        evidence = evidence_of(posterior, reading, opening)
        evidence = replace(evidence, items=rounded(evidence.items))
        chips = self._chips(reading, evidence)
        if not chips:
            return None
        answer = self._likeliest(reading, evidence)
        shown = {chip.part for chip in chips}
        kept = [k for k in range(len(evidence.parts)) if k in shown]
        chips = tuple(chip if chip.part == ITEMS else replace(chip, part=kept.index(chip.part)) for chip in chips)
        evidence = replace(evidence, parts=tuple(evidence.parts[k] for k in kept))
        return HeardSentence(
            text=text[:LONGEST], evidence=evidence, chips=chips, question=reading.question, answer=answer
        )

    def judges(self, text: str) -> bool | None:
        """Whether a reply says that a guess is right; None where it leaves that open."""
        typed = typed_answer(text)
        if typed is not None:
            return True if typed in (YES, PROBABLY) else False if typed in (NO, PROBABLY_NOT) else None
        clean = readable(text)
        if not clean.strip():
            return None
        cues = head_features(clean, False)[None]
        vectors = None if self.reader.encoder is None else self.reader.encoder.vectors([clean])
        p = self.reader.heads.answer(cues, vectors)[0] * (1 - float(self.reader.heads.off(cues, vectors)[0]))
        yes, no = float(p[YES] + p[PROBABLY]), float(p[NO] + p[PROBABLY_NOT])
        return True if yes >= JUDGED else False if no >= JUDGED else None

    # -- parts --------------------------------------------------------------------------------------------------------

    def _answers(self, reading: TextReading) -> bool:
        """Whether a reply answers the question that was asked."""
        answer, question = reading.answer, reading.question
        if answer is None or reading.off_topic >= ANSWERED:
            return False
        if self.bank.kind[question] != OPEN:
            return float(answer.max()) >= ANSWERED
        about = int(self.bank.facet[question])
        named = any(f.facet == about and not f.negated and f.probability >= TOLD for f in reading.facts)
        return named or float(answer[2]) >= NOT_KNOWN

    def _likeliest(self, reading: TextReading, evidence: VirtualEvidence) -> int:
        """The likeliest answer to the question that is answered; -1 for none."""
        said = [(m.likelihood, a) for part in evidence.parts for m in part for q, a in m.said if q == reading.question]
        if reading.question < 0 or not said:
            return -1
        if self.bank.kind[reading.question] != OPEN and reading.answer is not None:
            return int(reading.answer.argmax())
        return max(said)[1]

    def _chips(self, reading: TextReading, evidence: VirtualEvidence) -> tuple[HeardChip, ...]:
        chips = [chip for k in range(len(evidence.parts)) if (chip := self._chip(reading, evidence, k)) is not None]
        if evidence.items is not None:
            chips.append(HeardChip(part=ITEMS, label="the story", hedged=False, probability=1.0))
        return tuple(chips)

    def _chip(self, reading: TextReading, evidence: VirtualEvidence, part: int) -> HeardChip | None:
        """What one part says in words; None where it hardly says anything."""
        steps = [step for meaning in evidence.parts[part] for step in meaning.said]
        question, answer = steps[0]
        f = int(self.bank.facet[question])
        facet = self.bank.catalogue.facets[f]
        noun = facet.wording.noun
        mine = [fact for fact in reading.facts if fact.facet == f]
        if question == reading.question and self.bank.kind[question] != OPEN:
            assert reading.answer is not None
            best = int(reading.answer.argmax())
            return HeardChip(part=part, label=f"your answer: {ANSWERS[best]}", hedged=False,
                             probability=float(reading.answer.max()))  # fmt: skip
        if self.bank.kind[question] != OPEN:
            value = int(self.bank.value[question])
            mine = [fact for fact in mine if fact.value == value and fact.negated == (answer in (NO, PROBABLY_NOT))]
        else:
            mine = [fact for fact in mine if not fact.negated]
        mine = sorted(mine, key=lambda fact: -fact.probability)
        if not mine and all(a == OPEN_DONT_KNOW for _, a in steps):
            return HeardChip(part=part, label=f"you don't know the {noun}", hedged=False, probability=1.0)
        if not mine or mine[0].probability < TOLD:
            return None
        if facet.kind == "flag":
            is_so = (facet.values[mine[0].value] == "yes") != mine[0].negated
            return HeardChip(part=part, label=noun if is_so else f"not {noun}", hedged=mine[0].hedged,
                             probability=mine[0].probability)  # fmt: skip
        named = list(dict.fromkeys(said(facet, fact) for fact in mine[:3] if fact.probability >= ALSO))
        no = "not " if mine[0].negated else ""
        label = f"{noun}: {no}{' or '.join(named)}"
        return HeardChip(part=part, label=label, hedged=mine[0].hedged, probability=mine[0].probability)


def said(facet: Facet, fact: ReadFact) -> str:
    """What a fact says of its facet: a value's name, "1950s", "before 1960", "over 180 minutes"."""
    if facet.kind != "number":
        # Values that always go together are one, known by the name that was used.
        typed = fold(fact.text)
        names = (name for name, v in facet.aliases.items() if v == fact.value and fold(name) == typed)
        return next(names, facet.values[fact.value])
    low, high = fact.low, fact.high
    if role_of(facet) == "year":
        high -= 1  # whole years, told inclusively
        if high == low + 9 and low % 10 == 0:
            return f"{plain(low)}s"
        if not np.isfinite(low):
            return f"before {plain(high + 1)}"
        if not np.isfinite(high):
            return f"{plain(low)} or later"
        return plain(low) if high <= low else f"{plain(low)} to {plain(high)}"
    if not np.isfinite(low):
        return f"under {facet.said(plain(high))}"
    if not np.isfinite(high):
        return f"at least {facet.said(plain(low))}"
    return facet.said(plain(low)) if high <= low + 1 else f"{plain(low)} to {facet.said(plain(high))}"
