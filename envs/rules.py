"""The rules of one turn, for B dialogues at once, written once: the scalar environment is a batch of one.

An action below Q asks a question, action Q + i guesses intent i.  The budget counts questions; once it is spent only a
guess is legal.  Asking all the same ends the dialogue as a failed guess does: it must cost something, or a policy
could put off a hopeless guess for ever, and it must end, so that a random rollout without the mask does.  A user who
leaves instead of answering costs the same as a wrong guess, or waiting to be left would beat guessing in doubt.

Rewards: each question costs `question_cost`, each guess brings `reward_right` or `reward_wrong`.  The dialogue is over
at the right guess, when the guesses have run out, or when the user leaves; always terminated, never truncated, for
the budget is part of the task and visible.

`Dialogues` knows no Gymnasium.  Its arrays are laid out for the vector environment: one pass each over (B,), the
questions of those who don't ask written to a spare cell, no loop over dialogues.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.channel.opening import SILENT, opening_of
from sim.names.arguments import finite, shown, switch, whole
from sim.users.memory import Population
from sim.users.scripted import Script, ScriptedUser
from sim.users.simulated import SimulatedUsers

NOTHING = -1
LAST_EPISODE = 2**62
MOST = 100_000
"""The largest budget and number of guesses: histories are arrays of that length."""
"""In a history or among guesses: nothing stands in this place."""
USER_KEYS = ("type", "seed", "episode", "memory")
"""What may be fixed of a user, see `Dialogues.reset`."""
FixedUser = Mapping[str, Any] | ScriptedUser | Script
"""What `Dialogues.reset` takes for a user who is not drawn."""


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What a dialogue allows and pays."""

    budget: int = 20
    """The most questions."""
    guesses: int = 1
    """The most guesses."""
    reward_right: float = 1.0
    reward_wrong: float = -1.0
    """Also for asking beyond the budget, and for a user who leaves."""
    question_cost: float = 0.02
    """Taken off for every question."""
    opening: bool = False
    """The user volunteers a few facets before the first question."""

    def __post_init__(self) -> None:
        for name in ("budget", "guesses"):
            whole(name, getattr(self, name), 1, MOST)
        for name in ("reward_right", "reward_wrong", "question_cost"):
            finite(name, getattr(self, name))
        switch("opening", self.opening)


class Dialogues:
    """B dialogues with users of one population, H = most volunteered + budget places in each history.

    The arrays are live: `step` and `reset` change them in place.
    """

    def __init__(self, population: Population, rules: Rules, count: int):
        self.population = population
        self.rules = rules
        bank = population.bank
        self.questions_total = len(bank)
        self.intents_total = len(population.catalogue)
        self.max_opening = int((bank.open_question >= 0).sum()) if rules.opening else 0
        self.places = self.max_opening + rules.budget
        self._questions = np.full(count * self.places + 1, NOTHING, dtype=np.int32)
        self._answers = np.full(count * self.places + 1, NOTHING, dtype=np.int32)
        self.turn = np.zeros(count, dtype=np.int32)
        """(B,) questions asked."""
        self.guesses_left = np.full(count, rules.guesses, dtype=np.int32)
        self.guessed = np.full((count, rules.guesses), NOTHING, dtype=np.int32)
        """(B, guesses) int32 intents guessed, -1 beyond."""
        self.over = np.ones(count, dtype=bool)
        """(B,) ended, and not reset since."""
        self.success = np.zeros(count, dtype=bool)
        self.user_left = np.zeros(count, dtype=bool)
        self._base = np.arange(count, dtype=np.int64) * self.places
        self._next = self._base.copy()
        self.seed = np.zeros(count, dtype=np.uint64)
        self.episode = np.zeros(count, dtype=np.int64)
        self.users = SimulatedUsers(population, self.seed, self.episode)
        self.scripted: dict[int, ScriptedUser] = {}
        rates = population.rates
        self._may_leave = rates.leaving > 0 and rates.patience < rules.budget
        self._leave_turn = np.zeros(count if self._may_leave else 0, dtype=np.int64)
        self._asked = np.full(count, -rules.question_cost)  # what a turn brings if it's a question
        self._guess_pay = np.array([rules.reward_wrong, rules.reward_right])

    def __len__(self) -> int:
        return len(self.turn)

    # Views are made when asked for: kept ones would part from their array in a deep copy.

    @property
    def questions(self) -> np.ndarray:
        """(B, H) int32 question ids in order, volunteered ones first, -1 beyond."""
        return self._questions[:-1].reshape(-1, self.places)

    @property
    def answers(self) -> np.ndarray:
        """(B, H) int32 answers to them; -1 at the question at which the user left."""
        return self._answers[:-1].reshape(-1, self.places)

    def reset(
        self, rows: np.ndarray, seed: np.ndarray, episode: np.ndarray, *, intents: np.ndarray | None = None,
        user: FixedUser | None = None, mixed: np.ndarray | None = None,
    ) -> None:  # fmt: skip
        """Begin dialogues in the places `rows` (n,).

        Args:
            seed, episode: (n,) which users.
            intents: (n,) fixed intents, -1 to draw; None draws all.
            user: what is fixed of the users: a mapping with some of `type` (name or index), `seed`, `episode`,
                `memory` (facet to value or None, see `SimulatedUsers.fix_memory`); or a `ScriptedUser`, a list of
                answers or a function of (question, bank).
            mixed: (n,) `sim.numeric.randomness.mixed_seed` of the seeds, where somebody has it.

        Raises:
            ValueError: an unknown key, type or value.
        """
        types = None
        fixed: Mapping[str, Any] = user if isinstance(user, Mapping) else {}
        self._check_user(user)
        if "seed" in fixed:
            seed = np.full(len(rows), int(fixed["seed"]) & 0xFFFFFFFFFFFFFFFF, dtype=np.uint64)
            episode, mixed = np.zeros(len(rows), dtype=np.int64), None
        if "episode" in fixed:
            episode = np.full(len(rows), int(fixed["episode"]), dtype=np.int64)
        if "type" in fixed:
            types = np.full(len(rows), self._type(fixed["type"]))
        self.seed[rows], self.episode[rows] = seed, episode
        self.users.reset(rows, seed, episode, intents=intents, types=types, mixed=mixed)
        if self.scripted or "memory" in fixed or (user is not None and not fixed):
            self._fix(rows, user)
        self._clear(rows)
        if self.max_opening:
            self._volunteer(rows)

    def _check_user(self, user: object) -> None:
        """Raises ValueError naming what can't be fixed of a user."""
        if user is None or isinstance(user, ScriptedUser) or callable(user):
            return
        if not isinstance(user, Mapping):
            if isinstance(user, str | bytes) or not isinstance(user, Sequence | np.ndarray):
                ways = f"a mapping with some of {', '.join(USER_KEYS)}, a list of answers or a function"
                raise ValueError(f"options['user'] is {shown(user)}; it is {ways}")
            return
        for key in user:
            if key not in USER_KEYS:
                raise ValueError(f"options['user'] has no key {shown(key)} (keys: {', '.join(USER_KEYS)})")
        if "seed" in user:
            whole("options['user']['seed']", user["seed"])
        if "episode" in user:
            whole("options['user']['episode']", user["episode"], 0, LAST_EPISODE)
        if not isinstance(user.get("memory", {}), Mapping):
            given = shown(user["memory"])
            raise ValueError(f"options['user']['memory'] is {given}; it maps facets to a value, or None for forgotten")

    def _fix(self, rows: np.ndarray, user: FixedUser | None) -> None:
        """Memories and scripts that are given for the users of `rows`; scripts of those who were there are gone."""
        for row in rows.tolist():
            self.scripted.pop(row, None)
            if isinstance(user, Mapping):
                try:
                    self.users.fix_memory(row, user.get("memory", {}))
                except ValueError as error:
                    raise ValueError(f"options['user']['memory']: {error}") from None
            elif user is not None:
                self.scripted[row] = (
                    user if isinstance(user, ScriptedUser) else ScriptedUser(user, self.population.bank)
                )

    def _clear(self, rows: np.ndarray) -> None:
        """Histories and guesses as at the start."""
        self.questions[rows] = NOTHING
        self.answers[rows] = NOTHING
        self.turn[rows] = 0
        self.guesses_left[rows] = self.rules.guesses
        self.guessed[rows] = NOTHING
        self.over[rows] = False
        self.success[rows] = False
        if self._may_leave:
            self.user_left[rows] = False
            self._leave_turn[rows] = self.population.leave_turn(self.users.stream[rows])
        self._next[rows] = self._base.take(rows)

    def _type(self, given: object) -> int:
        names = self.population.types
        if isinstance(given, str) and given in names:
            return names.index(given)
        if isinstance(given, int | np.integer) and not isinstance(given, bool) and 0 <= given < len(names):
            return int(given)
        raise ValueError(f"options['user']['type'] is {shown(given)}; the types are {', '.join(names)}")

    def _volunteer(self, rows: np.ndarray) -> None:
        opening = self.users.opening(rows)
        opening[np.isin(rows, list(self.scripted))] = SILENT
        for f, question in enumerate(self.population.bank.open_question):
            said = opening[:, f] != SILENT
            if question >= 0 and said.any():
                at = self._next[rows[said]]
                self._questions[at] = question
                self._answers[at] = opening[said, f] + 1
                self._next[rows[said]] += 1

    def step(self, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """One turn of every dialogue.

        Args:
            actions: (B,) integers in [0, Q + N).  In dialogues that are over they do nothing that a reset won't undo.

        Returns:
            (B,) float64 rewards, (B,) bool whether the dialogue has ended by this turn.
        """
        rules = self.rules
        asks = actions < self.questions_total
        asks &= self.turn < rules.budget
        others = (~asks).nonzero()[0]
        # As if all asked; then what was otherwise is put right.
        question, at = actions, self._next
        self.turn += 1
        if len(others):
            question, at = actions.copy(), at.copy()
            question[others] = 0
            at[others] = len(self._questions) - 1
            self.turn[others] -= 1
        answer = self.users.answer(question)
        for row, script in self.scripted.items():
            if asks[row] and not self.over[row]:
                answer[row] = script.answer(question[row : row + 1])[0]
        reward = self._asked.copy()
        terminated = np.zeros(len(asks), dtype=bool)
        if self._may_leave:
            self._leave(asks, answer, reward, terminated)
        self._questions[at] = question.astype(np.int32)
        self._answers[at] = answer
        self._next += 1  # not before: `at` may be this array
        if len(others):
            self._next[others] -= 1
            self._guess(others, actions.take(others) - self.questions_total, reward, terminated)
        self.over |= terminated
        return reward, terminated

    def _leave(self, asks: np.ndarray, answer: np.ndarray, reward: np.ndarray, terminated: np.ndarray) -> None:
        leaves = np.flatnonzero(asks & (self.turn >= self._leave_turn))
        leaves = leaves[[row not in self.scripted for row in leaves.tolist()]] if self.scripted else leaves
        answer[leaves] = NOTHING
        reward[leaves] += self.rules.reward_wrong
        terminated[leaves] = self.user_left[leaves] = True

    def _guess(self, rows: np.ndarray, guess: np.ndarray, reward: np.ndarray, terminated: np.ndarray) -> None:
        """Guesses, and questions beyond the budget, which come as negative guesses."""
        right = guess == self.users.intent.take(rows)
        reward[rows] = self._guess_pay.take(right.view(np.int8))
        self.success[rows] = right
        if self.rules.guesses == 1:
            left = self.guesses_left.take(rows)
            named = (guess >= 0) & (left > 0)
            left -= named
            self.guesses_left[rows] = left
            self.guessed.reshape(-1)[rows.compress(named)] = guess.compress(named)
            terminated[rows] = True
            return
        allowed = guess >= 0
        left = self.guesses_left[rows]
        place = np.where(allowed & (left > 0), self.rules.guesses - left, 0)
        self.guessed[rows, place] = np.where(allowed & (left > 0), guess, self.guessed[rows, place])
        left = np.maximum(left - allowed, 0)
        self.guesses_left[rows] = left
        terminated[rows] = right | ~allowed | (left == 0)

    def action_masks(self, rows: np.ndarray) -> np.ndarray:
        """(n, Q + N) int8: 1 where an action is legal: questions within the budget, guesses always."""
        out = np.ones((len(rows), self.questions_total + self.intents_total), dtype=np.int8)
        out[:, : self.questions_total] = (self.turn[rows] < self.rules.budget)[:, None]
        return out

    def opening_count(self, b: int) -> int:
        """How many facets user b volunteered."""
        return int(self._next[b] - self._base[b] - self.turn[b])

    def opening(self, rows: np.ndarray) -> np.ndarray:
        """(n, F) what the users of the dialogues `rows` volunteered, see `sim.channel.opening`."""
        width = self.max_opening
        stated = np.arange(width) < (self._next[rows] - self._base[rows] - self.turn[rows])[:, None]
        questions = np.where(stated, self.questions[rows, :width], NOTHING)
        return opening_of(self.population.bank, questions, self.answers[rows, :width])
