"""Dialogues between an agent and simulated users: the one loop in which the two meet.

Episode e of seed s is the same user for every agent (see `sim.numeric.randomness`), which pairs whatever is compared.
Everything that ends up in a row or a log comes from here; what a turn costs in time is kept apart, so that rows are
functions of the configuration alone.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from agents.agent import Agent
from agents.setting import Setting
from envs.rules import Dialogues
from sim.facts import false_answers
from sim.numeric.entropy import entropy_nats
from sim.numeric.randomness import extend, stream

if TYPE_CHECKING:  # only users who speak need what reads them
    from agents.evaluation.talk import Talk

TINY = 1e-300
"""What a probability of zero counts as in logarithms."""
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
    truth_bits: list[list[float]]
    """log2 of the agent's belief in the truth, before the first question and after each answer, for each dialogue."""
    entropy_bits: list[list[float]]
    """The entropy of its belief, likewise."""
    false_turns: list[list[int]]
    """The turns of each dialogue whose answers are at odds with the catalogue; 0 stands for the opening."""
    seconds: float
    """Time spent in the agent, all dialogues together."""
    talk: Talk | None = None
    """What was said, where the users spoke."""


class Watcher(Protocol):
    """Looks on without touching anything."""

    def asks(self, rows: np.ndarray, questions: np.ndarray) -> None:
        """Before the questions (n,) are answered."""
        ...

    def answered(self, rows: np.ndarray, questions: np.ndarray, answers: np.ndarray) -> None:
        """Once the agent has observed the answers (n,); -1 where the user left instead."""
        ...


def watched(*watchers: Watcher | None) -> Watcher | None:
    """All that there are of them as one; None where there is none."""
    there = [one for one in watchers if one is not None]
    return _Watchers(there) if len(there) > 1 else there[0] if there else None


class _Watchers:
    """Several, one after the other."""

    def __init__(self, watchers: Sequence[Watcher]) -> None:
        self.watchers = watchers

    def asks(self, rows: np.ndarray, questions: np.ndarray) -> None:
        for one in self.watchers:
            one.asks(rows, questions)

    def answered(self, rows: np.ndarray, questions: np.ndarray, answers: np.ndarray) -> None:
        for one in self.watchers:
            one.answered(rows, questions, answers)


def agent_seeds(agent_seed: int, episode: np.ndarray) -> np.ndarray:
    """(B,) uint64 seeds of the agent's own draws."""
    return extend(stream(agent_seed, episode), AGENT_STREAM)


def play(
    agent: Agent, setting: Setting, seed: int, episode: np.ndarray, *, agent_seed: int | None = None,
    dialogues: Dialogues | None = None, watch: Watcher | None = None, talk: Talk | None = None,
) -> Episodes:  # fmt: skip
    """Let an agent meet B users.

    Args:
        episode: (B,) episode numbers.
        agent_seed: for the agent's own draws; `seed` when None.
        dialogues: ready to go, where somebody has fixed users or intents; else they are drawn.
        watch: see `Watcher`.
        talk: the users of the dialogues speak, and the agent hears them; None: answers go by their ids.

    Raises:
        ValueError: an action out of range.
    """
    episode = np.asarray(episode)
    if dialogues is None:
        dialogues = draw_dialogues(setting, seed, episode)
    meeting = Meeting(agent, setting, dialogues, watch, talk)
    meeting.begin(agent_seeds(seed if agent_seed is None else agent_seed, episode))
    rows = np.arange(len(episode))  # the dialogues that go on
    while len(rows):
        actions = meeting.act(rows)
        ended = meeting.step(rows, actions)
        meeting.observe(rows, actions, ended)
        rows = rows[~ended]
    return meeting.end(episode)


def draw_dialogues(setting: Setting, seed: int, episode: np.ndarray, users_per_intent: int = 1) -> Dialogues:
    """Dialogues with users of one seed, at their beginning.

    Args:
        users_per_intent: so many users in a row want what the first of them would have wanted; type, memory and
            answers stay each one's own.
    """
    rows = np.arange(len(episode))
    seeds = np.full(len(rows), seed, dtype=np.int64).astype(np.uint64)
    dialogues = Dialogues(setting.population, setting.rules, len(rows))
    intents = None
    if users_per_intent > 1:
        dialogues.reset(rows, seeds, episode // users_per_intent * users_per_intent)
        intents = dialogues.users.intent.copy()
    dialogues.reset(rows, seeds, episode, intents=intents)
    return dialogues


class Meeting:
    """An agent in B dialogues, and what these have come to so far."""

    def __init__(
        self, agent: Agent, setting: Setting, dialogues: Dialogues, watch: Watcher | None, talk: Talk | None = None
    ):
        count = len(dialogues)
        self.agent, self.setting, self.dialogues, self.watch, self.talk = agent, setting, dialogues, watch, talk
        self.in_agent = Stopwatch()
        self.guess = np.full(count, -1, dtype=np.int64)
        self.success, self.user_left = np.zeros(count, dtype=bool), np.zeros(count, dtype=bool)
        self.questions = np.zeros(count, dtype=np.int64)
        self.reward = np.zeros(count)
        self.truth_bits: list[list[float]] = [[] for _ in range(count)]
        self.entropy_bits: list[list[float]] = [[] for _ in range(count)]

    def begin(self, seeds: np.ndarray) -> None:
        """Reset the agent to the openings of the dialogues."""
        dialogues = self.dialogues
        if self.talk is not None:
            texts = self.talk.open()
            with self.in_agent:
                self.talk.begin(self.agent, seeds, texts)
        else:
            said = dialogues.opening(np.arange(len(dialogues))) if self.setting.rules.opening else None
            with self.in_agent:
                self.agent.reset(seeds, said)
        self.p_start = self._note(np.arange(len(dialogues))).intent

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
        texts = [] if self.talk is None else self.talk.answer(asked, questions, answers)
        if heard.any():
            with self.in_agent:
                if self.talk is None:
                    self.agent.observe(asked[heard], questions[heard], answers[heard])
                else:
                    said = [text for text, on in zip(texts, heard, strict=True) if on]
                    self.talk.tell(self.agent, asked[heard], questions[heard], said)
            self._note(asked[heard])
        if self.watch is not None and len(asked):
            self.watch.answered(asked, questions, answers)

    def end(self, episode: np.ndarray) -> Episodes:
        """What it all came to."""
        # Dialogues that were over went on guessing; what they came to is put back.
        self.dialogues.success[:], self.dialogues.user_left[:] = self.success, self.user_left
        self.dialogues.guessed[self.guess < 0] = -1
        guess, rows = self.guess, np.arange(len(self.guess))
        last = _in_beliefs(self.agent, rows, self.dialogues.users.intent)
        p_guess = np.where(guess >= 0, _in_beliefs(self.agent, rows, np.maximum(guess, 0)).intent, last.favourite)
        return Episodes(
            setting=self.setting, episode=episode, dialogues=self.dialogues, guess=guess, success=self.success,
            user_left=self.user_left, questions=self.questions, reward=self.reward, p_start=self.p_start,
            p_truth=last.intent, p_guess=p_guess, brier=last.squares + 1 - 2 * last.intent,
            truth_bits=self.truth_bits, entropy_bits=self.entropy_bits, false_turns=_false_turns(self.dialogues),
            seconds=self.in_agent.seconds, talk=self.talk,
        )  # fmt: skip

    def _note(self, rows: np.ndarray) -> Believed:
        """What the agent believes in the dialogues `rows` now, in the truth; noted, and given back."""
        now = _in_beliefs(self.agent, rows, self.dialogues.users.intent[rows])
        for b, p, bits in zip(rows.tolist(), now.intent.tolist(), now.entropy_bits.tolist(), strict=True):
            self.truth_bits[b].append(math.log2(max(p, TINY)))
            self.entropy_bits[b].append(bits)
        return now

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


def _false_turns(dialogues: Dialogues) -> list[list[int]]:
    """The turns of each dialogue whose answers are false, those of the opening as 0."""
    row, place = np.nonzero((dialogues.questions >= 0) & (dialogues.answers >= 0))
    said = dialogues.questions[row, place], dialogues.answers[row, place]
    wrong = false_answers(dialogues.population.bank, dialogues.users.intent[row], *said)
    out: list[list[int]] = [[] for _ in range(len(dialogues))]
    for b, k in zip(row[wrong].tolist(), place[wrong].tolist(), strict=True):
        out[b].append(max(0, k + 1 - dialogues.opening_count(b)))
    return out


class Believed(NamedTuple):
    """What an agent believes in n dialogues, (n,) each."""

    intent: np.ndarray
    """In the intent that was asked about."""
    favourite: np.ndarray
    """In the likeliest one."""
    squares: np.ndarray
    """The sum of squares over all intents."""
    entropy_bits: np.ndarray


def _in_beliefs(agent: Agent, rows: np.ndarray, intent: np.ndarray, chunk: int = 64) -> Believed:
    """Beliefs in one intent (n,) of each of the dialogues `rows` (n,), never holding (n, N)."""
    out = Believed(*(np.empty(len(rows)) for _ in Believed._fields))
    for start in range(0, len(rows), chunk):
        at = slice(start, start + chunk)
        belief = agent.belief(rows[at])
        out.intent[at], out.favourite[at] = belief[np.arange(len(belief)), intent[at]], belief.max(axis=1)
        out.squares[at] = np.einsum("bn,bn->b", belief, belief)
        out.entropy_bits[at] = np.maximum(entropy_nats(belief), 0) / math.log(2)
    return out
