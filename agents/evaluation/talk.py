"""Dialogues in words: simulated users speak, a reader reads, and the agent hears what it made of that.

The users are the ones that an agent meets by ids: what each means is drawn as ever, and only then put into words
(`sim.phrasing.spoken`).  So success in words and success by ids are paired, and what lies between them is the price of
misunderstanding, less what users add that nobody asked for.  An agent that has `hear` takes the reading with its doubt;
another observes the likeliest answer, and of an opening what was likeliest stated, and hears nothing of what is added.
A question that is asked again is answered in the same words, which tell nothing new: the agent hears nothing of it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from agents.agent import Agent
from agents.language.reader import Reader
from agents.strategies.hearing import hear_answers, hear_openings, likeliest_answer
from envs.rules import Dialogues
from sim.phrasing.spoken import SpokenTurn, Talkers, understood_as
from sim.phrasing.unasked import Unasked, readiness
from sim.phrasing.voice import SpeechVocabulary
from sim.questions import QuestionBank


class Hearing:
    """What it takes to hear users of one bank: made once and shared by all dialogues.

    Args:
        encoder: "minilm", a folder, a hub id, or "" for none.
        unasked: users add facts that nobody asked for.

    Raises:
        ValueError: an encoder that was named and can't be used.
    """

    def __init__(self, bank: QuestionBank, encoder: str, unasked: bool = True) -> None:
        if encoder:
            import torch

            torch.set_num_threads(1)  # a reply is too short to share
        self.reader, self.vocabulary, self.unasked = Reader(bank, encoder), SpeechVocabulary(bank), unasked

    def talk(self, dialogues: Dialogues, opening: bool) -> Talk:
        return Talk(self.reader, self.vocabulary, dialogues, opening, self.unasked)


class Talk:
    """B dialogues in words.

    Args:
        reader: reads what users say; its bank is the agent's.
        vocabulary: the words of the users.
        dialogues: ready to begin.
        opening: the users open the dialogue.
        unasked: they add facts that nobody asked for.
    """

    def __init__(
        self, reader: Reader, vocabulary: SpeechVocabulary, dialogues: Dialogues, opening: bool, unasked: bool
    ) -> None:
        self.reader, self.bank, self.dialogues, self.opens = reader, reader.bank, dialogues, opening
        users, weights = dialogues.users, readiness(dialogues.population)
        self._talkers = [
            Talkers(vocabulary, seed, episode, Unasked(users, b, weights) if unasked else None)
            for b, (seed, episode) in enumerate(zip(dialogues.seed.tolist(), dialogues.episode.tolist(), strict=True))
        ]
        self.speech: list[list[SpokenTurn]] = [[] for _ in self._talkers]
        """What was said in each dialogue so far."""

    def open(self) -> list[str]:
        """The users' openings; none where they don't open."""
        if not self.opens:
            return []
        for b, talkers in enumerate(self._talkers):
            count = self.dialogues.opening_count(b)
            said = (self.dialogues.questions[b, :count].tolist(), self.dialogues.answers[b, :count].tolist())
            self.speech[b].append(talkers.opening(list(zip(*said, strict=True))))
        return [speech[-1].text for speech in self.speech]

    def answer(self, rows: np.ndarray, questions: np.ndarray, answers: np.ndarray) -> list[str]:
        """What the users of the dialogues `rows` (n,) answer, -1 where one leaves instead; in words."""
        for b, q, a in zip(rows.tolist(), questions.tolist(), answers.tolist(), strict=True):
            self.speech[b].append(self._talkers[b].turn(q, a))
        return [self.speech[b][-1].text for b in rows.tolist()]

    def begin(self, agent: Agent, seeds: np.ndarray, texts: Sequence[str]) -> None:
        """Reset an agent, and let it hear the openings."""
        if not texts:
            agent.reset(seeds)
            return
        readings = self.reader.read_all(texts, [-1] * len(texts))
        hear_openings(agent, seeds, self.bank, readings)

    def tell(self, agent: Agent, rows: np.ndarray, questions: np.ndarray, texts: Sequence[str]) -> None:
        """Let an agent hear the answers (n,) to its questions (n,)."""
        readings = self.reader.read_all(texts, questions.tolist())
        new = []
        for k, (b, q) in enumerate(zip(rows.tolist(), questions.tolist(), strict=True)):
            turns = self.speech[b]
            turns[-1] = understood_as(turns[-1], likeliest_answer(self.bank, readings[k]))
            if all(turn.question != q for turn in turns[:-1]):
                new.append(k)
        if new:
            hear_answers(agent, rows[new], questions[new], self.bank, [readings[k] for k in new])

    def misread(self, b: int) -> list[int]:
        """The turns of dialogue b, from 1, whose answer was taken for another."""
        answered = [turn for turn in self.speech[b] if turn.question >= 0]
        return [k for k, turn in enumerate(answered, 1) if turn.answer >= 0 and turn.answer != turn.understood]
