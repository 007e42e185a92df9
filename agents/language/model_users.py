"""`ModelUsers`: a language model that speaks for simulated users, each from a memory card.

The simulator draws the user and deals the card; the model answers in words; the words are read and checked against the
card.  An answer that contradicts it, or can't be read, is counted and replaced by the simulator's own answer in the
words of its grammar.  So a dialogue never hears of a memory that the user does not have.  Who leaves, and what is
volunteered first, stay the simulator's.

    users = ModelUsers(bank, ChatModelConfig(model="smollm2")).speak_for(dialogues)
    play(agent, setting, seed, episodes, dialogues=dialogues, watch=users)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Self

import numpy as np

from agents.chat_models.budgeted_model import BudgetedModel
from agents.chat_models.chat_model import ChatModel, Message
from agents.chat_models.config import ChatModelConfig
from agents.language.memory_card import CONTRADICTS, UNREAD, WITHHELD, MemoryCard, answer_of, deal
from agents.language.reader import Reader
from envs.rules import Dialogues
from sim.phrasing import SpeechVocabulary, Voice, article
from sim.questions import QuestionBank
from sim.users.memory import leaves_at
from sim.users.scripted import ScriptedUser

ASKED_AT_MOST = 6
"""Of the turns before, so many are told to the model."""


class ModelUsers:
    """Users whose words are a language model's; it looks on in `play`, and answers.

    Args:
        bank: the questions they may be asked.
        config: the model and its budgets for each dialogue.
        reader: who reads the words; by cues and patterns alone if not given.
        model: one that is open already.

    Raises:
        InputError: the model can't be used.
    """

    def __init__(
        self, bank: QuestionBank, config: ChatModelConfig, reader: Reader | None = None,
        model: ChatModel | None = None,
    ) -> None:  # fmt: skip
        self.bank = bank
        self.model = BudgetedModel(config, "user", model)
        self.reader = Reader(bank, "") if reader is None else reader
        self._vocabulary = SpeechVocabulary(bank)
        self.said: list[list[tuple[int, str]]] = []
        """Of each dialogue the questions, and what was said to them in words."""

    @property
    def counts(self) -> Counter[str]:
        """Over all dialogues so far: those of `BudgetedModel`, and `contradictions`, `unread` and `withheld` answers;
        `fallbacks` are turns without a reply."""
        return self.model.counts

    def speak_for(self, dialogues: Dialogues) -> Self:
        """Speak for the users of these dialogues from now on, which have just begun."""
        self._dialogues = dialogues
        count = len(dialogues)
        self.model.reset(dialogues.users.stream)
        self.cards: list[MemoryCard] = [deal(self.bank, dialogues.users, b) for b in range(count)]
        self.said = [[] for _ in range(count)]
        self._answers = np.zeros(count, dtype=np.int64)
        for b in range(count):
            dialogues.scripted[b] = ScriptedUser(self._script(b), self.bank)
        return self

    def asks(self, rows: np.ndarray, questions: np.ndarray) -> None:
        """Answer the questions (n,) of the dialogues `rows`, before anybody hears them."""
        here = [(b, q) for b, q in zip(rows.tolist(), questions.tolist(), strict=True) if not self._leaves(b)]
        replies = self.model.ask([b for b, _ in here], [self._chat(b, q) for b, q in here])
        for (b, q), reply in zip(here, replies, strict=True):
            answer, text = self._checked(b, q, " ".join(reply.split()))
            self._answers[b] = answer
            self.said[b].append((q, text))

    def answered(self, rows: np.ndarray, questions: np.ndarray, answers: np.ndarray) -> None:
        """Nothing to do."""

    def _script(self, b: int) -> Callable[[int, QuestionBank], int]:
        return lambda question, bank: int(self._answers[b])

    def _leaves(self, b: int) -> bool:
        """Whether this user leaves instead of answering, which the simulator then does."""
        dialogues = self._dialogues
        tables, turn = dialogues.population.tables, int(dialogues.turn[b]) + 1
        leaves = turn > tables.patience and turn >= leaves_at(
            dialogues.users.stream[b], tables.patience, tables.log_stays
        )
        if leaves:
            dialogues.scripted.pop(b, None)
        return leaves

    def _checked(self, b: int, question: int, reply: str) -> tuple[int, str]:
        """The answer, and the words in which it is given."""
        if not reply:
            self.counts["fallbacks"] += 1
            return self._own(b, question)
        reading = self.reader.read(reply, question)
        found = self.cards[b].check(reading)
        if found in (CONTRADICTS, UNREAD, WITHHELD):
            self.counts[found] += 1
        if found in (CONTRADICTS, UNREAD):
            return self._own(b, question)
        return answer_of(self.bank, reading), reply

    def _own(self, b: int, question: int) -> tuple[int, str]:
        """The simulator's answer in its own words."""
        dialogues = self._dialogues
        answer = int(dialogues.users.answer(np.array([question]), np.array([b]))[0])
        voice = Voice(self._vocabulary, int(dialogues.seed[b]), int(dialogues.episode[b]))
        return answer, voice.answer(question, answer).text

    def _chat(self, b: int, question: int) -> list[Message]:
        noun = self.bank.catalogue.noun
        told = (
            f"You are a person who looks for {article(noun)} and half remembers it. This is all that you remember of "
            f"it:\n{self.cards[b].text}\n\nAnswer each question in one short sentence of your own, by these memories "
            "alone. Where they say nothing, say that you don't know."
        )
        chat = [{"role": "system", "content": told}]
        for asked, text in self.said[b][-ASKED_AT_MOST:]:
            chat += [{"role": "user", "content": self.bank.text(asked)}, {"role": "assistant", "content": text}]
        return [*chat, {"role": "user", "content": self.bank.text(question)}]
