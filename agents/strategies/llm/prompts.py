"""What a model is told: the rules, what can be asked, the dialogue so far, and once what was wrong with its reply.

The dialogue is told as a chat: the model's questions as they were understood, in the bank's words, and the user's
answers.  So a model whose words were taken for another question sees which one was answered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from agents.chat_models.chat_model import Message
from sim.channel.opening import SILENT
from sim.phrasing import answer_sentence, article, request
from sim.questions import IS, OPEN, QuestionBank

MOST_LISTED = 40
"""A bank of so many questions is listed in full; of a larger one each facet has an example or two."""
MOST_FACETS = 30
LAST_QUESTIONS = 3
"""From so many questions left on, each turn says how many there are."""


@dataclass
class DialogueSoFar:
    """One dialogue so far."""

    opening: tuple[tuple[int, int], ...] = ()
    """What the user volunteered, as (open question, answer)."""
    turns: list[tuple[int, int]] = field(default_factory=list)
    """Questions and their answers."""

    @property
    def asked(self) -> set[int]:
        return {question for question, _ in self.turns}


class Prompts:
    """The words for one bank."""

    def __init__(self, bank: QuestionBank) -> None:
        self.bank = bank
        self.noun = bank.catalogue.noun
        examples = "\n".join(f"- {bank.text(q)}" for q in examples_of(bank))
        self.rules = (
            f"You play a guessing game. The user looks for one {self.noun} out of {len(bank.catalogue):,} and "
            f"remembers some of it wrongly. Find out which {self.noun} it is by asking one short question at a time. "
            f"Questions that the user understands:\n{examples}"
        )
        self.alone = (
            f"{self.rules}\n\nWrite one such question and nothing else. Never ask the same question twice. Once you "
            f'know the {self.noun}, write "My guess: " and its name instead.'
        )
        self.wording = (
            "Put the question that you are given into your own friendly words. Keep its meaning, and keep every name "
            "and number in it. Write the question and nothing else."
        )

    def chat(self, course: DialogueSoFar, left: int) -> list[Message]:
        """The dialogue, where the model plays alone."""
        chat = [{"role": "system", "content": self.alone}, *self._dialogue(course)]
        chat[-1]["content"] += self._left(left, first=not course.turns)
        return chat

    def propose(self, course: DialogueSoFar, count: int) -> list[Message]:
        """The dialogue, and the wish for several questions."""
        wish = f"Write {count} different questions that could be asked next, one a line, and nothing else."
        chat = [{"role": "system", "content": f"{self.rules}\n\n{wish}"}, *self._dialogue(course)]
        chat[-1]["content"] += f"\n{wish}"
        return chat

    def word(self, question: int) -> list[Message]:
        """A question to be put in other words."""
        return [{"role": "system", "content": self.wording}, {"role": "user", "content": self.bank.text(question)}]

    def again(self, chat: Sequence[Message], reply: str, why: str) -> list[Message]:
        """The same chat with the reply, and what is wrong with it."""
        return [*chat, {"role": "assistant", "content": reply or "..."}, {"role": "user", "content": why}]

    def _dialogue(self, course: DialogueSoFar) -> list[Message]:
        chat = [{"role": "user", "content": request(self.bank, course.opening)}]
        for question, answer in course.turns:
            chat += [{"role": "assistant", "content": self.bank.text(question)},
                     {"role": "user", "content": answer_sentence(self.bank, question, answer)}]  # fmt: skip
        return chat

    def _left(self, left: int, first: bool) -> str:
        if left <= 0:
            return f' You have no questions left. Write "My guess: " and the name of {article(self.noun)}.'
        if left <= LAST_QUESTIONS:
            return f" (You may ask {left} more question{'s' * (left > 1)} before you must guess.)"
        return " Ask me your first question." if first else ""


def examples_of(bank: QuestionBank) -> list[int]:
    """Questions that show what can be asked: all of a small bank; else of each facet the open question and the yes/no
    question that divides the intents best."""
    if len(bank) <= MOST_LISTED:
        return list(range(len(bank)))
    out: list[int] = []
    for f, facet in list(enumerate(bank.catalogue.facets))[:MOST_FACETS]:
        ids = np.arange(bank.starts[f], bank.starts[f + 1])
        out += ids[bank.kind[ids] == OPEN].tolist()
        closed = ids[bank.kind[ids] != OPEN]
        if len(closed):
            mass = facet.mass(bank.catalogue.prior)
            above = mass[::-1].cumsum()[::-1]
            share = np.where(bank.kind[closed] == IS, mass[bank.value[closed]], above[bank.value[closed]])
            out.append(int(closed[np.abs(share - 0.5).argmin()]))
    return out


def openings_of(bank: QuestionBank, said: np.ndarray | None, count: int) -> list[tuple[tuple[int, int], ...]]:
    """What each of B openings volunteered, as (open question, answer)."""
    if said is None:
        return [()] * count
    return [
        tuple((int(bank.open_question[f]), int(option) + 1) for f, option in enumerate(row)
              if option != SILENT and bank.open_question[f] >= 0)
        for row in np.asarray(said)
    ]  # fmt: skip
