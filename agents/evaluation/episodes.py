"""Dialogues between an agent and simulated users: the one loop in which the two meet.

Episode e of seed s is the same user for every agent (see `sim.numeric.randomness`), which pairs whatever is compared.
Everything that ends up in a row or a log comes from here; what a turn costs in time is kept apart, so that rows are
functions of the configuration alone.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from agents.agent import Agent
from agents.setting import Setting
from envs.rules import Dialogues
from sim.facts import false_answers
from sim.numeric.randomness import extend, stream

AGENT_STREAM = 1_000_003
"""Tells an agent's draws from the users' of the same seed and episode."""


@dataclass(frozen=True, kw_only=True)
class Episodes:
    """B ended dialogues."""

    setting: Setting
    episode: np.ndarray
    """(B,) episode numbers."""
    dialogues: Dialogues
    """Histories and users, as they were at the end."""
    guess: np.ndarray
    """(B,) the intent guessed, -1 where the user left or a question beyond the budget ended it."""
    success: np.ndarray
    """(B,) bool."""
    user_left: np.ndarray
    """(B,) bool."""
    questions: np.ndarray
    """(B,) questions asked, the one at which a user left included."""
    reward: np.ndarray
    """(B,) sum of rewards."""
    p_start: np.ndarray
    """(B,) the agent's belief in the truth before its first question."""
    p_truth: np.ndarray
    """(B,) the agent's belief in the truth at the end."""
    p_guess: np.ndarray
    """(B,) its belief in what it guessed; in its favourite where it guessed nothing."""
    brier: np.ndarray
    """(B,) sum over all intents of (belief at the end - truth)^2, from 0 to 2."""
    false_answers: np.ndarray
    """(B,) answers at odds with the catalogue."""
    seconds: float
    """Time spent in the agent, all dialogues together."""


class Watcher(Protocol):
    """Looks on without touching anything."""

    def asks(self, rows: np.ndarray, questions: np.ndarray) -> None:
        """Before the questions (n,) are answered."""
        ...

    def answered(self, rows: np.ndarray, questions: np.ndarray, answers: np.ndarray) -> None:
        """Once the agent has observed the answers (n,); -1 where the user left instead."""
        ...


def agent_seeds(agent_seed: int, episode: np.ndarray) -> np.ndarray:
    """(B,) uint64 seeds of the agent's own draws."""
    return extend(stream(agent_seed, episode), AGENT_STREAM)


def play(
    agent: Agent, setting: Setting, seed: int, episode: np.ndarray, *, agent_seed: int | None = None,
    dialogues: Dialogues | None = None, watch: Watcher | None = None,
) -> Episodes:  # fmt: skip
    """Let an agent meet B users.

    Args:
        episode: (B,) episode numbers.
        agent_seed: for the agent's own draws; `seed` when None.
        dialogues: ready to go, where somebody has fixed users or intents; else they are drawn.
        watch: see `Watcher`.

    Raises:
        ValueError: an action out of range.
    """
    episode = np.asarray(episode)
    if dialogues is None:
        dialogues = draw_dialogues(setting, seed, episode)
    meeting = Meeting(agent, setting, dialogues, watch)
    meeting.begin(agent_seeds(seed if agent_seed is None else agent_seed, episode))
    rows = np.arange(len(episode))  # the dialogues that go on
    while len(rows):
        actions = meeting.act(rows)
        ended = meeting.step(rows, actions)
        meeting.observe(rows, actions, ended)
        rows = rows[~ended]
    return meeting.end(episode)


def draw_dialogues(setting: Setting, seed: int, episode: np.ndarray) -> Dialogues:
    """Dialogues with users of one seed, at their beginning."""
    count = len(episode)
    dialogues = Dialogues(setting.population, setting.rules, count)
    dialogues.reset(np.arange(count), np.full(count, seed, dtype=np.int64).astype(np.uint64), episode)
    return dialogues


class Meeting:
    """An agent in B dialogues, and what these have come to so far."""

    def __init__(self, agent: Agent, setting: Setting, dialogues: Dialogues, watch: Watcher | None):
        count = len(dialogues)
        self.agent, self.setting, self.dialogues, self.watch = agent, setting, dialogues, watch
        self.in_agent = Stopwatch()
        self.guess = np.full(count, -1, dtype=np.int64)
        self.success, self.user_left = np.zeros(count, dtype=bool), np.zeros(count, dtype=bool)
        self.questions = np.zeros(count, dtype=np.int64)
        self.reward = np.zeros(count)

    def begin(self, seeds: np.ndarray) -> None:
        """Reset the agent to the openings of the dialogues."""
        dialogues = self.dialogues
        said = dialogues.opening(np.arange(len(dialogues))) if self.setting.rules.opening else None
        with self.in_agent:
            self.agent.reset(seeds, said)
        self.p_start, _, _ = _in_beliefs(self.agent, self.dialogues.users.intent)

    def act(self, rows: np.ndarray) -> np.ndarray:
        """(n,) the agent's actions in the dialogues `rows` (n,).

        Raises:
            ValueError: one is out of range.
        """
        with self.in_agent:
            actions = np.asarray(self.agent.act(rows, self._left(rows)), dtype=np.int64)
        total = self.dialogues.questions_total + self.dialogues.intents_total
        if actions.shape != rows.shape or (actions < 0).any() or (actions >= total).any():
            wrong = f"act gave {actions.tolist()[:5]} for {len(rows)} dialogues"
            raise ValueError(f"{wrong}; actions are 0 to {total - 1}")
        self._asks = (actions < self.dialogues.questions_total) & (self._left(rows) > 0)
        if self.watch is not None and self._asks.any():
            self.watch.asks(rows[self._asks], actions[self._asks])
        return actions

    def step(self, rows: np.ndarray, actions: np.ndarray) -> np.ndarray:
        """(n,) whether the dialogues `rows` have ended by these actions."""
        dialogues, first_guess = self.dialogues, self.dialogues.questions_total
        of_all = np.full(len(dialogues), first_guess, dtype=np.int64)  # those that are over guess, which nobody sees
        of_all[rows] = actions
        paid, ended = dialogues.step(of_all)
        self.reward[rows] += paid[rows]
        self.questions[rows] = dialogues.turn[rows]
        guesses = actions >= first_guess
        self.guess[rows[guesses]] = actions[guesses] - first_guess
        over = rows[ended[rows]]
        self.success[over], self.user_left[over] = dialogues.success[over], dialogues.user_left[over]
        return ended[rows]

    def observe(self, rows: np.ndarray, actions: np.ndarray, ended: np.ndarray) -> None:
        """Tell the agent what was answered; of a user who left there is nothing to tell."""
        asked, questions, heard = rows[self._asks], actions[self._asks], ~ended[self._asks]
        answers = last_answers(self.dialogues, asked)
        if heard.any():
            with self.in_agent:
                self.agent.observe(asked[heard], questions[heard], answers[heard])
        if self.watch is not None and len(asked):
            self.watch.answered(asked, questions, answers)

    def end(self, episode: np.ndarray) -> Episodes:
        """What it all came to."""
        # Dialogues that were over went on guessing; what they came to is put back.
        self.dialogues.success[:], self.dialogues.user_left[:] = self.success, self.user_left
        self.dialogues.guessed[self.guess < 0] = -1
        truth, guess = self.dialogues.users.intent, self.guess
        p_truth, p_best, squares = _in_beliefs(self.agent, truth)
        p_guess = np.where(guess >= 0, _in_beliefs(self.agent, np.maximum(guess, 0))[0], p_best)
        return Episodes(
            setting=self.setting, episode=episode, dialogues=self.dialogues, guess=guess, success=self.success,
            user_left=self.user_left, questions=self.questions, reward=self.reward, p_start=self.p_start,
            p_truth=p_truth, p_guess=p_guess, brier=squares + 1 - 2 * p_truth,
            false_answers=_false_answers(self.dialogues), seconds=self.in_agent.seconds,
        )  # fmt: skip

    def _left(self, rows: np.ndarray) -> np.ndarray:
        return self.setting.rules.budget - self.dialogues.turn[rows]


class Stopwatch:
    """Adds up the time that is spent in its with-blocks."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __enter__(self) -> None:
        self._begun = time.perf_counter()

    def __exit__(self, *error: object) -> None:
        self.seconds += time.perf_counter() - self._begun


def last_answers(dialogues: Dialogues, rows: np.ndarray) -> np.ndarray:
    """(n,) the answers to the last questions of dialogues `rows`."""
    place = (dialogues.questions[rows] >= 0).sum(axis=1) - 1
    return dialogues.answers[rows, place].astype(np.int64)


def _false_answers(dialogues: Dialogues) -> np.ndarray:
    """(B,) how many answers of each dialogue are false, those of the opening included."""
    row, turn = np.nonzero((dialogues.questions >= 0) & (dialogues.answers >= 0))
    said = dialogues.questions[row, turn], dialogues.answers[row, turn]
    wrong = false_answers(dialogues.population.bank, dialogues.users.intent[row], *said)
    return np.bincount(row, wrong, len(dialogues)).astype(np.int64)


def _in_beliefs(agent: Agent, intent: np.ndarray, chunk: int = 64) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Belief in one intent a dialogue, in the favourite, and the sum of squares, (B,) each, never holding (B, N)."""
    p, best, squares = np.empty(len(intent)), np.empty(len(intent)), np.empty(len(intent))
    for start in range(0, len(intent), chunk):
        rows = np.arange(start, min(start + chunk, len(intent)))
        belief = agent.belief(rows)
        p[rows], best[rows] = belief[np.arange(len(rows)), intent[rows]], belief.max(axis=1)
        squares[rows] = np.einsum("bn,bn->b", belief, belief)
    return p, best, squares
