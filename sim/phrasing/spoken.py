"""A dialogue in words: the opening, how each question was put and how it was answered, and what was meant by it.

The words are a function of who speaks (seed, episode) and of what is meant, and of nothing else.  So a dialogue that
was led by ids can be put into words afterwards, and reads as it would have been heard.  The user talks in a manner of
its own, drawn once, and now and then adds a fact that nobody asked for (`sim.phrasing.unasked`); the asker talks
plainly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sim.phrasing.manner import PLAIN_SPEECH
from sim.phrasing.unasked import Unasked
from sim.phrasing.voice import SpeechVocabulary, Utterance, Voice

LEFT = -1
"""In the place of an answer: the user left instead."""


@dataclass(frozen=True, kw_only=True)
class SpokenFact:
    """What was said of a facet, by ids and by names."""

    question: int
    """The open question that it answers, asked or not."""
    answer: int
    facet: str
    value: str
    """The answer by its name."""
    hedged: bool
    partial: bool
    """Only a part of the name was said."""
    taken_back: int
    """The answer that was said first and taken back, -1 for none."""


@dataclass(frozen=True, kw_only=True)
class SpokenTurn:
    """The opening or one turn in words, and what the words mean."""

    question: int
    """The question that was asked, -1 for the opening."""
    answer: int
    """The answer that is meant, -1 for the opening and where the user left."""
    asked: str
    """The question as it was put; empty for the opening."""
    text: str
    """What the user said; empty where it left instead."""
    facts: tuple[SpokenFact, ...] = ()
    understood: int = -1
    """The answer that the asker took for the likeliest; -1 for the opening, and where the asker was told the ids."""


class Talkers:
    """The two who talk in one dialogue.

    Args:
        vocabulary: the words for a bank's facets; shared by all dialogues.
        seed, episode: of the dialogue.
        unasked: what the user adds behind its answers; None for nothing.
    """

    def __init__(self, vocabulary: SpeechVocabulary, seed: int, episode: int, unasked: Unasked | None = None) -> None:
        self.bank = vocabulary.bank
        self.unasked = unasked
        self._answered: dict[tuple[int, int], SpokenTurn] = {}
        self.user = Voice(vocabulary, seed, episode)
        self.asker = Voice(vocabulary, seed, episode, PLAIN_SPEECH)

    def opening(self, volunteered: Sequence[tuple[int, int]]) -> SpokenTurn:
        """The opening that states these (question, answer) pairs."""
        if self.unasked is not None:
            self.unasked.told(question for question, _ in volunteered)
        return self._turn(self.user.opening(volunteered), "")

    def turn(self, question: int, answer: int) -> SpokenTurn:
        """One question and its answer, `LEFT` where the user left; asked again, the same words."""
        asked = self.asker.ask(question)
        if answer == LEFT:
            return SpokenTurn(question=question, answer=LEFT, asked=asked, text="")
        if (question, answer) not in self._answered:
            more = () if self.unasked is None else self.unasked.behind(self.user, question)
            self._answered[question, answer] = self._turn(self.user.answer(question, answer, more), asked)
        return self._answered[question, answer]

    def _turn(self, said: Utterance, asked: str) -> SpokenTurn:
        bank = self.bank
        facts = tuple(
            SpokenFact(
                question=fact.question, answer=fact.answer,
                facet=bank.catalogue.facets[int(bank.facet[fact.question])].name,
                value=bank.answer_text(fact.question, fact.answer), hedged=fact.hedged, partial=fact.partial,
                taken_back=fact.taken_back,
            )
            for fact in said.facts
        )  # fmt: skip
        return SpokenTurn(question=said.question, answer=said.answer, asked=asked, text=said.text, facts=facts)


def understood_as(turn: SpokenTurn, answer: int) -> SpokenTurn:
    """The turn with what the asker took it for."""
    return replace(turn, understood=answer)
