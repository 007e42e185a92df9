"""What the scalar and the vector environment share: the arguments, the world behind them, spaces and observations.

A population (catalogue, bank, channel, tables) costs up to a second or two on films and is read only, so environments
made with equal arguments share one.  `World` is all of that together; the environments add only what Gymnasium asks.

Observation, the history as it grows, of a size that doesn't depend on the catalogue:

- `questions` (H,) and `answers` (H,), int32, in order, -1 beyond; volunteered answers stand first, as answers to
  questions that nobody asked.  H is the budget, plus the number of open questions with `opening=True`.
- `turn` (1,): questions asked.  `left` (2,): questions and guesses left.
- `guessed` (guesses,), with more than one guess only: the wrong guesses so far.

Box and not MultiDiscrete for ids, which common libraries would blow up to one entry an id.  `observation="flat"` is
the same, one after the other, in one Box.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, get_args

import gymnasium
import numpy as np
from gymnasium import spaces
from numpy.typing import ArrayLike

from envs.rules import NOTHING, Dialogues, Rules
from sim.catalogue.catalogue import Catalogue
from sim.catalogue.load import load
from sim.catalogue.sidecar import sidecar_path
from sim.names.arguments import one_of, shown, whole
from sim.names.did_you_mean import did_you_mean
from sim.questions import Questions, question_bank
from sim.users.memory import Population
from sim.users.rates import PRESETS, Rates, load_rates

OBSERVATIONS = ("dict", "flat")
"""What an observation may be: a dict of arrays, or all of them one after the other."""
Observation = dict[str, np.ndarray] | np.ndarray
"""As `World.observe` gives it."""
CatalogueGiven = str | os.PathLike[str] | Catalogue
"""A built-in name, a path, or the catalogue itself."""
IntentGiven = str | int | np.integer
"""A number, an id of the catalogue or a name."""


class World:
    """The arguments of an environment, checked, and what follows from them.

    Args: as in docs/environments; every one is a keyword of `gymnasium.make` and `gymnasium.make_vec`.

    Raises:
        ValueError: an argument out of range; the catalogue's and the rates' own errors are ValueErrors too.
    """

    def __init__(
        self,
        *,
        catalogue: CatalogueGiven | None,
        questions: Questions,
        max_questions: int | None,
        noise: str | Rates,
        observation: str,
        rules: Rules,
    ):
        if catalogue is None:
            raise ValueError("catalogue is missing: give a name (movies, animals, ...), a path or a Catalogue")
        if not isinstance(catalogue, str | os.PathLike | Catalogue):
            raise ValueError(f"catalogue={shown(catalogue)}; it is a name, a path or a Catalogue")
        if not isinstance(noise, str | os.PathLike | Rates):
            raise ValueError(f"noise={shown(noise)}; it is a preset's name, a TOML file or a Rates")
        # Before anything is looked up by them: as keys, True is 1, and a list is none.
        one_of("questions", questions, get_args(Questions))
        if max_questions is not None:
            max_questions = whole("max_questions", max_questions, 1)
        one_of("observation", observation, OBSERVATIONS)
        self.rules: Rules = rules
        self.population = population(catalogue, questions, max_questions, noise)
        self.questions_kind, self.max_questions = questions, max_questions
        self.catalogue = self.population.catalogue
        self.bank = self.population.bank
        self.flat = observation == "flat"
        self.action_space = spaces.Discrete(len(self.bank) + len(self.catalogue))
        self.parts = self._parts()
        if self.flat:
            low, high = (np.concatenate([getattr(box, end) for box in self.parts.values()]) for end in ("low", "high"))
            self.observation_space: spaces.Space = spaces.Box(low, high, dtype=np.int32)
        else:
            self.observation_space = spaces.Dict(dict(self.parts))

    def dialogues(self, count: int) -> Dialogues:
        return Dialogues(self.population, self.rules, count)

    def _parts(self) -> dict[str, spaces.Box]:
        rules, bank = self.rules, self.bank
        places = rules.budget + (int((bank.open_question >= 0).sum()) if rules.opening else 0)

        def box(low: int, high: int | np.ndarray, shape: tuple[int, ...]) -> spaces.Box:
            return spaces.Box(np.full(shape, low, np.int32), np.broadcast_to(np.int32(high), shape), dtype=np.int32)

        parts = {
            "questions": box(NOTHING, len(bank) - 1, (places,)),
            "answers": box(NOTHING, int(bank.answers.max()) - 1, (places,)),
            "turn": box(0, rules.budget, (1,)),
            "left": box(0, np.array([rules.budget, rules.guesses], np.int32), (2,)),
        }
        if rules.guesses > 1:
            parts["guessed"] = box(NOTHING, len(self.catalogue) - 1, (rules.guesses,))
        return parts

    def observe(self, d: Dialogues, copies: Copies | None = None) -> Observation:
        """Observations of all B dialogues: a dict of arrays (B, ...) or one array (B, width), int32.

        Without `copies` the history's arrays are the live ones.
        """
        left = np.empty((len(d), 2), dtype=np.int32)
        np.subtract(self.rules.budget, d.turn, out=left[:, 0])
        left[:, 1] = d.guesses_left
        parts = {"questions": d.questions, "answers": d.answers, "turn": d.turn.copy()[:, None], "left": left}
        if self.rules.guesses > 1:
            parts["guessed"] = d.guessed
        if self.flat:
            return np.concatenate(list(parts.values()), axis=1)
        if copies is not None:
            for name in ("questions", "answers", "guessed"):
                if name in parts:
                    parts[name] = copies.of(parts[name])
        return parts

    def row(self, observation: Observation, b: int) -> Observation:
        """One dialogue's observation out of a batch's, a copy."""
        if isinstance(observation, np.ndarray):
            return observation[b].copy()
        return {name: part[b].copy() for name, part in observation.items()}

    def revealed(self, d: Dialogues, b: int) -> dict[str, Any]:
        """What `info` holds once dialogue b is over, and not before."""
        intent = int(d.users.intent[b])
        return {
            "intent": intent,
            "intent_name": self.catalogue.intents[intent],
            "success": bool(d.success[b]),
            "user_left": bool(d.user_left[b]),
            "corruptions": () if b in d.scripted else d.users.corruptions(b),
        }

    def intent_id(self, given: object) -> int:
        """An intent from options: its number, its id in the catalogue or its name.

        Raises:
            ValueError: none such.
        """
        n = len(self.catalogue)
        if isinstance(given, str):
            for names in (self.catalogue.ids, self.catalogue.intents):
                if given in names:
                    return names.index(given)
        elif isinstance(given, int | np.integer) and not isinstance(given, bool) and 0 <= given < n:
            return int(given)
        near = did_you_mean(given, (*self.catalogue.intents, *self.catalogue.ids)) if isinstance(given, str) else ""
        ways = f"{near} It is" if near else "; it is"
        raise ValueError(f"options['intent'] is {shown(given)}{ways} a number from 0 to {n - 1}, an id or a name")


class Copies:
    """Copies of arrays into memory that nobody holds any more.

    A fresh megabyte a step is handed back to the system and faulted in again, page by page, which at 16,384
    environments costs twice the rest of the step.  So arrays given out are remembered, and one is used again when its
    count of references says that this is the only place that knows it: no view, no tensor over it.
    """

    KEPT = 8

    def __init__(self) -> None:
        self._given: list[np.ndarray] = []

    def of(self, array: np.ndarray) -> np.ndarray:
        for k in range(len(self._given)):
            # Two references: the list's and the call's own.
            if sys.getrefcount(self._given[k]) == 2 and self._given[k].shape == array.shape:
                out = self._given[k]
                np.copyto(out, array)
                return out
        out = array.copy()
        if len(self._given) < self.KEPT:
            self._given.append(out)
        return out

    def __deepcopy__(self, memo: dict) -> Copies:
        return Copies()

    def __reduce__(self):
        return Copies, ()


def seed_bits(seed: int) -> int:
    """A seed of any size as 64 bits."""
    return int(seed) & 0xFFFFFFFFFFFFFFFF


def check_options(options: Mapping[str, Any] | None, known: tuple[str, ...]) -> dict[str, Any]:
    """The options of `reset` as a dict.

    Raises:
        ValueError: an unknown key.
    """
    if options is None:
        return {}
    if not isinstance(options, Mapping):
        raise ValueError(f"options={shown(options)}; it is a mapping with some of {', '.join(known)}")
    for key in options:
        if key not in known:
            raise ValueError(f"reset has no option {shown(key)} (options: {', '.join(known)})")
    return dict(options)


def population(
    catalogue: CatalogueGiven, questions: Questions, max_questions: int | None, noise: str | Rates
) -> Population:
    """The population for these arguments, shared among equal ones while they are in use."""
    rates = noise if isinstance(noise, Rates) else load_rates(os.fspath(noise))
    key = rates.name if PRESETS.get(rates.name) is rates else repr(rates)
    _RATES[key] = rates
    if isinstance(catalogue, Catalogue):
        return _population(catalogue, questions, max_questions, key)
    # A file that was changed is another catalogue, and so is one whose sidecar was.
    beside = (Path(catalogue), sidecar_path(Path(catalogue)))
    named = str(catalogue), tuple(path.stat().st_mtime_ns if path.is_file() else 0 for path in beside)
    return _population(named, questions, max_questions, key)


_RATES: dict[str, Rates] = {}
"""Rates that populations were made of, by what `lru_cache` knows them by."""


@lru_cache(maxsize=16)
def _catalogue(name: str, changed: tuple[int, ...]) -> Catalogue:
    return load(name)


@lru_cache(maxsize=16)
def _population(
    catalogue: Catalogue | tuple[str, tuple[int, ...]], questions: Questions, max_questions: int | None, rates: str
) -> Population:
    catalogue = catalogue if isinstance(catalogue, Catalogue) else _catalogue(*catalogue)
    return Population(question_bank(catalogue, questions, max_questions), _RATES[rates])


def check_action(action: object, total: int) -> None:
    """Raises gymnasium.error.InvalidAction unless 0 <= action < total."""
    if not isinstance(action, int | np.integer) or isinstance(action, bool) or not 0 <= action < total:
        raise gymnasium.error.InvalidAction(f"action {shown(action)} is not a whole number from 0 to {total - 1}")


def checked_actions(actions: ArrayLike, count: int, total: int) -> np.ndarray:
    """(count,) int64 actions of a batch.

    Raises:
        gymnasium.error.InvalidAction: another shape or dtype, or one that is not from 0 to `total` - 1.
    """
    try:
        actions = np.asarray(actions)
    except ValueError:
        raise gymnasium.error.InvalidAction(f"actions are {shown(actions)}; {count} integers are needed") from None
    if actions.shape != (count,) or actions.dtype.kind not in "iu":
        raise gymnasium.error.InvalidAction(
            f"actions are {actions.dtype} of shape {actions.shape}; {count} integers are needed"
        )
    actions = actions.astype(np.int64, copy=False)
    # A negative one is a huge one, seen without its sign.
    if np.maximum.reduce(actions.view(np.uint64)) >= total:
        raise gymnasium.error.InvalidAction(
            f"actions from {actions.min()} to {actions.max()}; they must lie in 0 to {total - 1}"
        )
    return actions
