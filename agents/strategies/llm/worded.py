"""`llm-words`: the question of highest information gain, in a language model's words.

The words must still be taken for that question; else the model is told so once, and then the bank's own words are
used.  So the dialogue goes as that of `exact`, whatever the model says.
"""

from __future__ import annotations

import numpy as np

from agents.setting import Setting
from agents.strategies.llm.model_agent import ModelAgent


class ModelWords(ModelAgent):
    """Asks as `exact` does, in other words."""

    def choose(self, rows: np.ndarray, belief: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        ids, gain = self.posterior.take(rows).choose(1)
        return ids[:, 0], gain[:, 0]

    def act(self, rows: np.ndarray, left: np.ndarray) -> np.ndarray:
        rows = np.atleast_1d(rows)
        actions = super().act(rows, left)
        asking = np.flatnonzero(actions < len(self.bank))
        if len(asking):
            self._put_into_words(rows[asking].tolist(), actions[asking].tolist())
        return actions

    def _put_into_words(self, rows: list[int], questions: list[int]) -> None:
        def read(k: int, reply: str) -> tuple[str] | str:
            if words := self.reader.worded(reply, questions[k]):
                return (words,)
            return "That asks something else. Keep the meaning and every name and number. Write the question alone."

        found = self.ask_twice(rows, [self.prompts.word(q) for q in questions], read)
        for b, q, words in zip(rows, questions, found, strict=True):
            self.words[b] = words[0] if words else self.bank.text(q)


def words(setting: Setting) -> ModelWords:
    return ModelWords(setting, "llm-words")
