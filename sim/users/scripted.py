"""A user who says what a list or a function tells: for tests, demonstrations and people at a prompt."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from sim.channel.opening import SILENT
from sim.names.arguments import whole
from sim.questions import QuestionBank

Script = Sequence[int] | Callable[[int, QuestionBank], int]


class ScriptedUser:
    """One user with `SimulatedUsers`' method `answer`.

    Args:
        script: answers in the order of asking, or a function of (question id, bank).
        bank: the questions it may be asked.

    Raises:
        ValueError: a list that holds anything but whole numbers of at least 0.
    """

    def __init__(self, script: Script, bank: QuestionBank):
        for number, answer in enumerate(() if callable(script) else script, 1):
            whole(f"script: answer {number}", answer)
        self.script = script
        self.bank = bank
        self._said = 0

    def __len__(self) -> int:
        return 1

    def answer(self, questions: np.ndarray, rows: np.ndarray | None = None) -> np.ndarray:
        """(n,) int32 answers to the questions, one after the other.

        Raises:
            ValueError: the list has run out, or an answer that the question doesn't have.
        """
        return np.array([self._one(int(q)) for q in np.atleast_1d(questions)], dtype=np.int32)

    def opening(self, rows: np.ndarray | None = None) -> np.ndarray:
        """(1, F) int64: a scripted user volunteers nothing."""
        return np.full((1, len(self.bank.catalogue.facets)), SILENT, dtype=np.int64)

    def _one(self, question: int) -> int:
        if callable(self.script):
            answer = whole(f"script: answer to question {question}", self.script(question, self.bank))
        elif self._said < len(self.script):
            answer = int(self.script[self._said])
        else:
            raise ValueError(f"the script has {len(self.script)} answers and question {self._said + 1} was asked")
        self._said += 1
        allowed = int(self.bank.answers[question])
        if not 0 <= answer < allowed:
            raise ValueError(f"script: answer {answer} to question {question}, which has {allowed} answers from 0")
        return answer
