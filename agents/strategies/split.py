"""`ASKER+BELIEVER`: one agent chooses the questions, another believes, stops and guesses.

What an agent loses by its questions and what by its belief can be told apart by playing it with either of the two
taken from `exact` (`agents.evaluation.regret_split`).  Both hear every answer.  The believer decides when to stop, by
its own rule; the asker is asked for a question whether it would stop or not.  An agent that shows no `choose` can't be
asked so: where it would guess it has no question, and the believer guesses.
"""

from __future__ import annotations

import numpy as np

from agents.agent import Agent
from agents.setting import Setting
from agents.strategies.belief_agent import BeliefAgent

NO_QUESTION = -1


class SplitAgent:
    """Asks as one agent does, and stops and guesses as another."""

    def __init__(self, setting: Setting, asker: Agent, believer: Agent):
        self.asker, self.believer = asker, believer
        self.parts: tuple[Agent, ...] = (asker, believer)
        """Each hears words in its own way."""
        self.first_guess = len(setting.bank)
        self.gain_nats = np.empty(0)
        """(B,) what the asker expected of its last question; NaN where it doesn't say."""

    def reset(self, seeds: np.ndarray, said: np.ndarray | None = None) -> None:
        self.asker.reset(seeds, said)
        self.believer.reset(seeds, said)
        self.gain_nats = np.full(len(np.atleast_1d(seeds)), np.nan)

    def act(self, rows: np.ndarray, left: np.ndarray) -> np.ndarray:
        rows, left = np.atleast_1d(rows), np.atleast_1d(left)
        actions = np.array(self.believer.act(rows, left), dtype=np.int64)
        on = np.flatnonzero(actions < self.first_guess)
        if len(on):
            questions = self._questions(rows[on], left[on])
            none = questions == NO_QUESTION
            actions[on] = questions
            if none.any():
                guesses = self.believer.belief(rows[on[none]]).argmax(axis=1)
                actions[on[none]] = self.first_guess + guesses
        return actions

    def _questions(self, rows: np.ndarray, left: np.ndarray) -> np.ndarray:
        """(n,) the asker's questions, `NO_QUESTION` where it has none."""
        if isinstance(self.asker, BeliefAgent):
            questions, gain = self.asker.choose(rows, self.asker.belief(rows))
            self.gain_nats[rows] = gain
            return questions
        actions = self.asker.act(rows, left)
        return np.where(actions < self.first_guess, actions, NO_QUESTION)

    def observe(self, rows: np.ndarray, question: np.ndarray, answer: np.ndarray) -> None:
        self.asker.observe(rows, question, answer)
        self.believer.observe(rows, question, answer)

    def belief(self, rows: np.ndarray) -> np.ndarray:
        return self.believer.belief(rows)
