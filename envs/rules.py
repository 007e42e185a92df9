"""The rules of one turn, for B dialogues at once, written once: the scalar environment is a batch of one.

An action below Q asks a question, action Q + i guesses intent i.  The budget counts questions; once it is spent only a
guess is legal.  Asking all the same ends the dialogue as a failed guess does: it must cost something, or a policy
could put off a hopeless guess for ever, and it must end, so that a random rollout without the mask does.  A user who
leaves instead of answering costs the same as a wrong guess, or waiting to be left would beat guessing in doubt.

Rewards: each question costs `question_cost`, each guess brings `reward_right` or `reward_wrong`.  The dialogue is over
at the right guess, when the guesses have run out, or when the user leaves; always terminated, never truncated, for
the budget is part of the task and visible.

`Dialogues` knows no Gymnasium.  `take_turns` is the rules as one compiled loop; users who follow a script are asked
around it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from sim.channel.opening import SILENT, opening_of
from sim.names.arguments import finite, shown, switch, whole
from sim.numeric.compiled import compiled
from sim.users.memory import Population, Users, leaves_at
from sim.users.scripted import Script, ScriptedUser
from sim.users.simulated import SimulatedUsers, hear_each
from sim.users.tables import UserTables

LAST_EPISODE = 2**62
NOTHING = -1
"""In a history or among guesses: nothing stands in this place."""
MOST = 100_000
"""The largest budget and number of guesses: histories are arrays of that length."""
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


class Course(NamedTuple):
    """What B dialogues have come to, for compiled loops; H places in each history, G guesses."""

    questions: np.ndarray
    """(B, H) int32 question ids in order, volunteered ones first, -1 beyond."""
    answers: np.ndarray
    """(B, H) int32 answers to them; -1 at the question at which the user left."""
    turn: np.ndarray
    """(B,) int32: questions asked."""
    length: np.ndarray
    """(B,) int32: questions in the history, volunteered ones among them."""
    guessed: np.ndarray
    """(B, G) int32 intents guessed, -1 beyond."""
    guesses_left: np.ndarray
    """(B,) int32."""
    over: np.ndarray
    """(B,) bool: ended, and not reset since."""
    success: np.ndarray
    """(B,) bool."""
    user_left: np.ndarray
    """(B,) bool."""


@compiled
def take_turns(
    t: UserTables, users: Users, course: Course, budget: int, pay: np.ndarray, actions: np.ndarray, told: np.ndarray,
    reward: np.ndarray, ended: np.ndarray,
) -> None:  # fmt: skip
    """One turn of every dialogue that isn't over; the others stay as they are.

    Args:
        budget: the most questions.
        pay: (3,) what a question, a wrong guess and a right one bring.
        actions: (B,) int64 below Q + N.
        told: (B,) int32 answers by script, -1 for none; (0,) where there are no scripts.
        reward, ended: (B,), written to.
    """
    (questions, answers, turn, length, guessed, guesses_left, over, success, user_left) = course
    stream, intent, count, bank_size = users.stream, users.intent, len(actions), len(t.questions)
    # As if all asked: what those would hear who don't is not looked at.
    said, slipped = np.empty(count, dtype=np.int32), np.empty(count, dtype=np.bool_)
    hear_each(t, users, np.where(actions < bank_size, actions, 0), said, slipped)
    for b in range(count):
        reward[b], ended[b] = 0.0, False
        if over[b]:
            continue
        if actions[b] < bank_size and turn[b] < budget:
            scripted = len(told) > 0 and told[b] >= 0
            turn[b] += 1
            reward[b] = pay[0]
            answer = told[b] if scripted else said[b]
            if turn[b] > t.patience and not scripted and turn[b] >= leaves_at(stream[b], t.patience, t.log_stays):
                answer = NOTHING
                reward[b] += pay[1]
                ended[b] = user_left[b] = True
            questions[b, length[b]], answers[b, length[b]] = actions[b], answer
            length[b] += 1
        else:
            # Asking beyond the budget is a guess at nothing.
            guess = actions[b] - bank_size
            right = guess == intent[b]
            reward[b] = pay[2] if right else pay[1]
            success[b] = right
            if guess >= 0:
                guessed[b, guessed.shape[1] - guesses_left[b]] = guess
                guesses_left[b] -= 1
            ended[b] = right or guess < 0 or guesses_left[b] == 0
        over[b] = ended[b]


@compiled
def clear(course: Course, rows: np.ndarray) -> None:
    """Dialogues `rows` (n,) as at the start."""
    (questions, answers, turn, length, guessed, guesses_left, over, success, user_left) = course
    for k in range(len(rows)):
        b = rows[k]
        questions[b], answers[b], guessed[b] = NOTHING, NOTHING, NOTHING
        turn[b] = length[b] = 0
        guesses_left[b] = guessed.shape[1]
        over[b] = success[b] = user_left[b] = False


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
        self.course = Course(
            questions=np.full((count, self.places), NOTHING, dtype=np.int32),
            answers=np.full((count, self.places), NOTHING, dtype=np.int32),
            turn=np.zeros(count, dtype=np.int32), length=np.zeros(count, dtype=np.int32),
            guessed=np.full((count, rules.guesses), NOTHING, dtype=np.int32),
            guesses_left=np.full(count, rules.guesses, dtype=np.int32), over=np.ones(count, dtype=bool),
            success=np.zeros(count, dtype=bool), user_left=np.zeros(count, dtype=bool),
        )  # fmt: skip
        (self.questions, self.answers, self.turn, self.length, self.guessed, self.guesses_left, self.over,
         self.success, self.user_left) = self.course  # fmt: skip
        self.seed = np.zeros(count, dtype=np.uint64)
        self.episode = np.zeros(count, dtype=np.int64)
        self.users = SimulatedUsers(population, self.seed, self.episode)
        self.scripted: dict[int, ScriptedUser] = {}
        self._pay = np.array([-rules.question_cost, rules.reward_wrong, rules.reward_right])
        self._unscripted = np.zeros(0, dtype=np.int32)

    def __len__(self) -> int:
        return len(self.turn)

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
        clear(self.course, rows)
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
                who = rows[said]
                place = self.length[who]
                self.questions[who, place], self.answers[who, place] = question, opening[said, f] + 1
                self.length[who] += 1

    def step(self, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """One turn of every dialogue.

        Args:
            actions: (B,) integers in [0, Q + N).  Dialogues that are over stay as they are.

        Returns:
            (B,) float64 rewards, (B,) bool whether the dialogue has ended by this turn.
        """
        count, users = len(self), self.users
        reward, ended = np.empty(count), np.empty(count, dtype=bool)
        actions = np.ascontiguousarray(actions, dtype=np.int64)
        told = self._told(actions) if self.scripted else self._unscripted
        take_turns(
            self.population.tables, users.arrays, self.course, self.rules.budget, self._pay, actions, told, reward,
            ended,
        )  # fmt: skip
        return reward, ended

    def _told(self, actions: np.ndarray) -> np.ndarray:
        """(B,) int32: what users who follow a script answer, -1 for the others."""
        out = np.full(len(self), NOTHING, dtype=np.int32)
        asks = (actions < self.questions_total) & (self.turn < self.rules.budget) & ~self.over
        for row, script in self.scripted.items():
            if asks[row]:
                out[row] = script.answer(actions[row : row + 1])[0]
        return out

    def action_masks(self, rows: np.ndarray) -> np.ndarray:
        """(n, Q + N) int8: 1 where an action is legal: questions within the budget, guesses always."""
        out = np.ones((len(rows), self.questions_total + self.intents_total), dtype=np.int8)
        out[:, : self.questions_total] = (self.turn[rows] < self.rules.budget)[:, None]
        return out

    def opening_count(self, b: int) -> int:
        """How many facets user b volunteered."""
        return int(self.length[b] - self.turn[b])

    def opening(self, rows: np.ndarray) -> np.ndarray:
        """(n, F) what the users of the dialogues `rows` volunteered, see `sim.channel.opening`."""
        width = self.max_opening
        stated = np.arange(width) < (self.length[rows] - self.turn[rows])[:, None]
        questions = np.where(stated, self.questions[rows, :width], NOTHING)
        return opening_of(self.population.bank, questions, self.answers[rows, :width])
