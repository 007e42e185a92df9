"""`ModelAgent`: what the three agents with a language model share: the dialogue so far, asking twice, and counts.

A reply that can't be used is told to the model once.  What the agent does without a reply is its own affair; each says
so in its module.  All of them believe exactly, so that figures of beliefs show what their questions could tell.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np

from agents.chat_models.budgeted_model import BudgetedModel
from agents.chat_models.chat_model import Message
from agents.setting import Setting
from agents.strategies.belief_agent import BeliefAgent
from agents.strategies.llm.prompts import DialogueSoFar, Prompts, openings_of
from agents.strategies.llm.replies import ReplyReader

Read = TypeVar("Read")


class ModelAgent(BeliefAgent):
    """An agent that asks a language model.

    Args:
        setting: its `language_model` says which.
        name: the agent's, for the log.

    Raises:
        InputError: the model can't be used.
    """

    def __init__(self, setting: Setting, name: str) -> None:
        super().__init__(setting, setting.posterior())
        self.model = BudgetedModel(setting.language_model, name)
        self.prompts = Prompts(self.bank)
        self.reader = ReplyReader(self.bank)

    @property
    def counts(self) -> Counter[str]:
        """Over all dialogues so far: `replies`, `tokens`, `trouble`, `over_budget`, `told` (replies that could not be
        used, and the model was told) and `fallbacks` (what the agent did without the model)."""
        return self.model.counts

    def reset(self, seeds: np.ndarray, said: np.ndarray | None = None) -> None:
        seeds = np.atleast_1d(seeds)
        self.words: dict[int, str] = {}
        """The model's own words for the last question of a dialogue, where it had any."""
        self.courses = [DialogueSoFar(opening) for opening in openings_of(self.bank, said, len(seeds))]
        self.model.reset(seeds)
        super().reset(seeds, said)

    def observe(self, rows: np.ndarray, question: np.ndarray, answer: np.ndarray) -> None:
        for b, q, a in zip(rows.tolist(), question.tolist(), answer.tolist(), strict=True):
            self.courses[b].turns.append((q, a))
        super().observe(rows, question, answer)

    def wording(self, row: int) -> str:
        """The model's own words for the last question of a dialogue; "" where the question is not the model's."""
        return self.words.get(row, "")

    def ask_twice(
        self, rows: Sequence[int], chats: Sequence[list[Message]], read: Callable[[int, str], Read | str],
        reply_tokens: int | None = None,
    ) -> list[Read | None]:  # fmt: skip
        """What the model's replies mean, None where neither the first nor the second can be used.

        Args:
            rows: (n,) dialogues.
            chats: what each is told.
            read: of a place among the rows and a reply, what it means, or as a text why it can't be used.
        """
        out: list[Read | None] = [None] * len(rows)
        replies = self.model.ask(rows, chats, reply_tokens)
        again: dict[int, list[Message]] = {}
        for k, reply in enumerate(replies):
            meant = read(k, reply) if reply else None
            if isinstance(meant, str):
                again[k] = self.prompts.again(chats[k], reply, meant)
            else:
                out[k] = meant
        if again:
            self.counts["told"] += len(again)
            second = self.model.ask([rows[k] for k in again], list(again.values()), reply_tokens)
            for k, reply in zip(again, second, strict=True):
                meant = read(k, reply) if reply else None
                out[k] = None if isinstance(meant, str) else meant
        self.counts["fallbacks"] += sum(one is None for one in out)
        return out
