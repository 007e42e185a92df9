"""`llm`: a language model plays alone: it asks what it likes, and guesses when it likes.

Without a reply that can be used, a random question that wasn't asked yet is asked, by the dialogue's seed; and where
none is left, the likeliest intent under the prior is guessed.  Neither looks at the belief, so that what this agent
achieves is the model's own.
"""

from __future__ import annotations

import numpy as np

from agents.setting import Setting
from agents.strategies.llm.model_agent import ModelAgent
from agents.strategies.llm.replies import Meant
from sim.numeric.randomness import extend, mix, to_unit

PLENTY = 1 << 20
"""Questions left, where nobody says how many: another agent decides when to stop."""


class ModelAlone(ModelAgent):
    """Plays by a model's words."""

    def act(self, rows: np.ndarray, left: np.ndarray) -> np.ndarray:
        rows, left = np.atleast_1d(rows), np.atleast_1d(left)
        found = [
            len(self.bank) + meant.guess if meant.guess >= 0 else meant.question
            for meant in self._decide(rows.tolist(), left.tolist())
        ]
        return np.array(found, dtype=np.int64)

    def choose(self, rows: np.ndarray, belief: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The model's questions, -1 where it would guess; for `ASKER+BELIEVER`."""
        meant = self._decide(rows.tolist(), [PLENTY] * len(rows))
        return np.array([one.question for one in meant], dtype=np.int64), np.full(len(rows), np.inf)

    def _decide(self, rows: list[int], left: list[int]) -> list[Meant]:
        chats = [self.prompts.chat(self.courses[b], n) for b, n in zip(rows, left, strict=True)]

        for b in rows:
            self.words.pop(b, None)

        def read(k: int, reply: str) -> Meant | str:
            meant = self.reader.read(reply, must_guess=left[k] <= 0)
            self.words[rows[k]] = " ".join(reply.split())
            if meant.question in self.courses[rows[k]].asked:
                return "You asked that before. Ask something else."
            return meant or self._what_is_wrong(reply, left[k])

        replies = self.ask_twice(rows, chats, read)
        return [meant or self._without_a_reply(b, n) for b, n, meant in zip(rows, left, replies, strict=True)]

    def _what_is_wrong(self, reply: str, left: int) -> str:
        noun = self.prompts.noun
        if left <= 0 or "guess" in reply.lower():
            return f'I know no {noun} of that name. Write "My guess: " and the name of another {noun}.'
        return f"I don't understand that. {self.reader.questions.told}. Write one question and nothing else."

    def _without_a_reply(self, b: int, left: int) -> Meant:
        self.words.pop(b, None)
        asked = self.courses[b].asked
        fresh = len(self.bank) - len(asked)
        if left <= 0 or fresh <= 0:
            return Meant(guess=int(self.bank.catalogue.prior.argmax()))
        # The k-th question that wasn't asked, by stepping over the others in order.
        draw = to_unit(extend(mix(self.model.seeds[b : b + 1]), len(self.courses[b].turns)))
        k = int(draw[0] * fresh)
        for q in sorted(asked):
            k += q <= k
        return Meant(question=k)


def llm(setting: Setting) -> ModelAlone:
    return ModelAlone(setting, "llm")
