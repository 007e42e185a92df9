"""Simulated (utterance, meaning) pairs to learn to understand from: what the grammar of `sim.phrasing` says.

Every wording of an answer comes equally often, in several manners and about several questions, so that a head learns
the wordings and not how often the simulator happens to use them.  The wording is kept as a group: what is held out is
whole wordings, for people will use others.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from agents.language.answer_head import is_over
from agents.language.everyday_wordings import EVERYDAY
from agents.language.more_wordings import UNDERSTOOD
from sim.answers import YES
from sim.phrasing.dice import Dice
from sim.phrasing.manner import Manner
from sim.phrasing.voice import SpeechVocabulary, Utterance, Voice
from sim.phrasing.yesno import AnswerWording, all_wordings, dressed
from sim.questions import OPEN, QuestionBank

TRIES = 40
"""Questions that are tried for a wording that fits few."""
QUESTIONS = 300
FLAGGED = 0.3
"""Share of utterances that say of something that it is so."""


class Reply(NamedTuple):
    """A reply to a yes/no question."""

    text: str
    answer: int
    group: int
    """The wording."""
    over: bool
    """The question was whether a number is over one."""


def learned_wordings() -> list[AnswerWording]:
    """What is spoken, then what is only understood."""
    more = [AnswerWording(answer, text) for texts_of in (UNDERSTOOD, EVERYDAY)
            for answer, texts in texts_of.items() for text in texts]  # fmt: skip
    return list(dict.fromkeys([*all_wordings(), *more]))


def replies(banks: Sequence[QuestionBank], each: int, seed: int) -> list[Reply]:
    """Each wording so many times, about questions of all banks."""
    vocabularies = [SpeechVocabulary(bank) for bank in banks]
    places = [(b, q) for b, bank in enumerate(banks) for q in _some(np.flatnonzero(bank.kind != OPEN))]
    by_subject: dict[str | None, list[tuple[int, int]]] = {None: places}
    for b, q in places:
        by_subject.setdefault(vocabularies[b].facet(int(banks[b].facet[q])).about, []).append((b, q))
    out = []
    for group, wording in enumerate(learned_wordings()):
        said: set[str] = set()
        for k in range(each):
            dice = Dice(seed, group, k)
            for _ in range(TRIES):
                b, question = dice.pick(by_subject.get(wording.about, places))
                manner = Manner.drawn(dice)
                text = dressed(wording, vocabularies[b].asked(question), manner, dice)
                if text:
                    voice = Voice(vocabularies[b], seed, group, manner)
                    text = voice.typed(voice.joined(text, (), dice), dice)
                    if text not in said:
                        out.append(Reply(text, wording.answer, group, is_over(banks[b], question)))
                    said.add(text)
                    break
    return out


def _some(questions: np.ndarray) -> list[int]:
    """At most `QUESTIONS` of a bank, evenly spread, so that a large catalogue doesn't drown the others."""
    return questions[:: max(1, len(questions) // QUESTIONS)].tolist()


class Said(NamedTuple):
    """An utterance that states facts, and the bank it is about."""

    utterance: Utterance
    bank: QuestionBank


def statements(banks: Sequence[QuestionBank], count: int, seed: int) -> list[Said]:
    """Openings and replies with facts, half of each, by values that are well known."""
    out = []
    for bank in banks:
        vocabulary = SpeechVocabulary(bank)
        open_ = [int(q) for q in bank.open_question if q >= 0]
        yesno = np.flatnonzero(bank.kind != OPEN).tolist()
        flags = [q for q in yesno if bank.catalogue.facets[bank.facet[q]].kind == "flag"]
        for k in range(count // len(banks)):
            dice = Dice(seed, k, 77)
            voice = Voice(vocabulary, seed, k)
            facts = []
            for question in sorted(open_, key=lambda q: dice.uniform())[: int(dice.uniform() * 4)]:
                mass = vocabulary.facet(int(bank.facet[question])).mass
                option = int(np.searchsorted(np.cumsum(mass), dice.uniform() * mass.sum()))
                facts.append((question, min(option, len(mass) - 1) + 1))
            if flags and dice.chance(FLAGGED):
                facts.append((int(dice.pick(flags)), YES))
            if k % 4 == 1 and facts and bank.kind[facts[0][0]] == OPEN:
                asked, answer = facts[0]
                out.append(Said(voice.answer(asked, answer, facts[1:2]), bank))
            elif k % 2:
                question = int(dice.pick(yesno[: 1 << 14]))
                facts = [pair for pair in facts if bank.facet[pair[0]] != bank.facet[question]]
                out.append(Said(voice.answer(question, int(dice.uniform() * 5), facts[:2]), bank))
            else:
                out.append(Said(voice.opening(facts), bank))
    return out
