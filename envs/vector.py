"""`ClarifyVectorEnv`: B dialogues in one batch of arrays, the same rules and the same users as the scalar environment.

Row k of `reset(seed=s)` is the scalar environment's `reset(seed=s + k)`, through every autoreset: a row goes on to the
next episode of its own seed.  Autoreset is an ordinary keyword, for `gymnasium.make_vec` hands no `vector_kwargs` on to
native vector environments: "NextStep" (the default: the step after the end ignores the action and begins the next
episode), "SameStep" (the last observation and info are in `info["final_obs"]` and `info["final_info"]`) or "Disabled"
(call `reset(options={"reset_mask": mask})`).

What `info` reveals at an end are arrays (`intent`, `success`, `user_left`, each with its mask `_intent`, ...).
Corruptions are Python objects and would cost more than the step, so they come with `corruptions=True` only.  With
`copy=False` the arrays of an observation are live and change at the next step.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from envs.drawing import dialogue_image
from envs.record import dialogue_record, transcript
from envs.rules import FixedUser, Rules
from envs.world import (
    CatalogueGiven,
    Copies,
    IntentGiven,
    Observation,
    World,
    check_options,
    checked_actions,
    seed_bits,
)
from sim.dialogue import Dialogue
from sim.names.arguments import one_of, switch, whole
from sim.numeric.randomness import mixed_seed
from sim.questions import Questions
from sim.users.rates import Rates

MOST_ENVIRONMENTS = 10_000_000


class ClarifyVectorEnv(VectorEnv):
    """`num_envs` dialogues at once.

    Args: those of `ClarifyEnv`, and
        num_envs: how many.
        autoreset_mode: an `AutoresetMode` or its value.
        copy: observations are copies, safe to keep.
        corruptions: reveal the users' false memories in `info` at the end.

    Raises:
        ValueError: an argument out of range, no such catalogue, no such preset.
    """

    metadata: ClassVar[dict[str, Any]] = {
        "render_modes": ["ansi", "rgb_array"],
        "autoreset_mode": AutoresetMode.NEXT_STEP,
    }

    def __init__(
        self,
        num_envs: int = 1,
        catalogue: CatalogueGiven | None = None,
        *,
        questions: Questions = "mixed",
        max_questions: int | None = None,
        noise: str | Rates = "people",
        budget: int = 20,
        guesses: int = 1,
        reward_right: float = 1.0,
        reward_wrong: float = -1.0,
        question_cost: float = 0.02,
        opening: bool = False,
        mask: bool = False,
        observation: str = "dict",
        render_mode: str | None = None,
        autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
        copy: bool = True,
        corruptions: bool = False,
    ):
        whole("num_envs", num_envs, 1, MOST_ENVIRONMENTS)
        for name, given in (("mask", mask), ("copy", copy), ("corruptions", corruptions)):
            switch(name, given)
        modes = [mode.value for mode in AutoresetMode]
        if not isinstance(autoreset_mode, AutoresetMode):
            autoreset_mode = AutoresetMode(one_of("autoreset_mode", autoreset_mode, modes))
        if render_mode is not None and render_mode not in self.metadata["render_modes"]:
            raise ValueError(f"render_mode={render_mode!r}; it is ansi, rgb_array or None")
        rules = Rules(
            budget=budget, guesses=guesses, reward_right=reward_right, reward_wrong=reward_wrong,
            question_cost=question_cost, opening=opening,
        )  # fmt: skip
        self.world = World(
            catalogue=catalogue, questions=questions, max_questions=max_questions, noise=noise, observation=observation,
            rules=rules,
        )  # fmt: skip
        self.num_envs = int(num_envs)
        self.render_mode = render_mode
        self.autoreset_mode = autoreset_mode
        # Of this object alone, as in Gymnasium's own: the class keeps the default.
        self.metadata = {**self.metadata, "autoreset_mode": self.autoreset_mode}  # type: ignore[misc]
        self.mask, self.corruptions = mask, corruptions
        self._copies = Copies() if copy else None
        self.single_action_space = gymnasium.spaces.Discrete(int(self.world.action_space.n))
        self.single_observation_space = self.world.observation_space
        self.action_space = batch_space(self.single_action_space, self.num_envs)
        self.observation_space = batch_space(self.single_observation_space, self.num_envs)
        self.dialogues = self.world.dialogues(self.num_envs)
        self._all = np.arange(self.num_envs)
        self._actions = int(self.single_action_space.n)
        self._seeds: np.ndarray | None = None  # (B,) uint64
        self._mixed = np.zeros(self.num_envs, dtype=np.uint64)  # (B,) the seeds as they enter into every episode
        self._episodes = np.zeros(self.num_envs, dtype=np.int64)

    def reset(
        self, *, seed: int | list[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Begin an episode everywhere, or where `options["reset_mask"]` (B,) bool is set.

        Args:
            seed: s gives row k the seed s + k; a list gives each row its own, None in it goes on to the next episode.
            options: besides `reset_mask`: `intent`, one or a sequence of B, and `user`, as in `ClarifyEnv.reset`.

        Raises:
            ValueError: an unknown option; a mask of another shape or dtype, or with nothing set.
        """
        seed = self._checked_seed(seed)
        super().reset(seed=seed if isinstance(seed, int) else None)
        options = check_options(options, ("intent", "user", "reset_mask"))
        rows = self._all if "reset_mask" not in options else np.flatnonzero(self._mask(options["reset_mask"]))
        self._mixed = mixed_seed(self._seed(seed, rows))
        self._begin(rows, self._intents(options.get("intent"), rows), options.get("user"))
        return self._observe(), self._info({}, rows)

    def _mask(self, mask: object) -> np.ndarray:
        if not isinstance(mask, np.ndarray) or mask.shape != (self.num_envs,) or mask.dtype != np.bool_:
            raise ValueError(f"options['reset_mask'] must be a numpy array of {self.num_envs} bools")
        if not mask.any():
            raise ValueError("options['reset_mask'] must have at least one environment set")
        return mask

    def _checked_seed(self, seed: int | Sequence[int | None] | None) -> int | list[int | None] | None:
        """Raises ValueError unless it is None, one seed, or one or None for each environment."""
        if seed is None or not isinstance(seed, Sequence | np.ndarray) or isinstance(seed, str | bytes):
            return None if seed is None else whole("seed", seed)
        if len(seed) != self.num_envs:
            raise ValueError(f"seed has {len(seed)} entries, the environments are {self.num_envs}")
        return [None if given is None else whole("seed", given) for given in seed]

    def _seed(self, seed: int | list[int | None] | None, rows: np.ndarray) -> np.ndarray:
        """Set the seed and episode with which each of the rows begins; (B,) the seeds of all."""
        seeds = self._seeds
        if seeds is None:
            # Where no seed was ever given they are drawn; episodes begin at -1, for the next is counted up below.
            seeds = self._seeds = self.np_random.integers(2**62, size=self.num_envs).astype(np.uint64)
            self._episodes[:] = -1
        if seed is None:
            self._episodes[rows] += 1
            return seeds
        if isinstance(seed, int):
            seeds[rows] = np.array([seed_bits(int(seed) + int(k)) for k in rows], dtype=np.uint64)
            self._episodes[rows] = 0
            return seeds
        for k in rows.tolist():
            given = seed[k]
            if given is None:
                self._episodes[k] += 1
            else:
                seeds[k], self._episodes[k] = seed_bits(given), 0
        return seeds

    def _intents(self, given: IntentGiven | Sequence[IntentGiven] | None, rows: np.ndarray) -> np.ndarray | None:
        if given is None:
            return None
        if isinstance(given, str | bytes) or not isinstance(given, Sequence | np.ndarray):
            return np.full(len(rows), self.world.intent_id(given))
        if len(given) != self.num_envs:
            raise ValueError(f"options['intent'] has {len(given)} entries, the environments are {self.num_envs}")
        return np.array([self.world.intent_id(given[k]) for k in rows])

    def _begin(self, rows: np.ndarray, intents: np.ndarray | None = None, user: FixedUser | None = None) -> None:
        assert self._seeds is not None
        self.dialogues.reset(
            rows, self._seeds.take(rows), self._episodes.take(rows), intents=intents, user=user,
            mixed=self._mixed.take(rows),
        )  # fmt: skip

    def step(self, actions: np.ndarray) -> tuple[Observation, np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]:
        """One turn everywhere.

        Args:
            actions: (B,) integers in [0, Q + N).

        Returns:
            Observations, rewards (B,) float64, terminated (B,), truncated (B,) all False, and `info`.

        Raises:
            gymnasium.error.InvalidAction: an action out of range, or an array of another shape or dtype.
            gymnasium.error.ResetNeeded: before the first reset; with autoreset disabled, a dialogue that is over.
        """
        d = self.dialogues
        actions = checked_actions(actions, self.num_envs, self._actions)
        before = d.over.nonzero()[0]
        if len(before) and (self._seeds is None or self.autoreset_mode == AutoresetMode.DISABLED):
            raise gymnasium.error.ResetNeeded(
                f"dialogue {before[0]} is over; reset it with options={{'reset_mask': ...}}"
                if self._seeds is not None else "call reset() before step()"
            )  # fmt: skip
        reward, terminated = d.step(actions)
        if len(before):
            reward[before] = 0.0
            terminated[before] = False
            self._episodes[before] += 1
            self._begin(before)
        info: dict[str, Any] = {}
        ended = terminated.nonzero()[0]
        if len(ended):
            if self.autoreset_mode == AutoresetMode.SAME_STEP:
                info = self._final(ended, terminated)
                self._episodes[ended] += 1
                self._begin(ended)
            else:
                info = self._revealed(ended, terminated)
        return self._observe(), reward, terminated, np.zeros(self.num_envs, dtype=bool), self._info(info, self._all)

    def _revealed(self, ended: np.ndarray, mask: np.ndarray) -> dict[str, Any]:
        d = self.dialogues
        intent = np.zeros(self.num_envs, dtype=np.int64)
        intent[ended] = d.users.intent.take(ended)
        info: dict[str, Any] = {"intent": intent, "success": mask & d.success, "user_left": mask & d.user_left}
        info |= {"_intent": mask.copy(), "_success": mask.copy(), "_user_left": mask.copy()}
        if self.corruptions:
            for name in ("intent_name", "corruptions"):
                info[name] = np.full(self.num_envs, None, dtype=object)
                info[f"_{name}"] = mask.copy()
            for b in ended.tolist():
                revealed = self.world.revealed(d, b)
                info["intent_name"][b], info["corruptions"][b] = revealed["intent_name"], revealed["corruptions"]
        return info

    def _final(self, ended: np.ndarray, mask: np.ndarray) -> dict[str, Any]:
        observation = self._observe()
        final = np.full(self.num_envs, None, dtype=object)
        for b in ended.tolist():
            final[b] = self.world.row(observation, b)
        info = self._info(self._revealed(ended, mask), ended)
        return {"final_obs": final, "_final_obs": mask.copy(), "final_info": info, "_final_info": mask.copy()}

    def action_masks(self) -> np.ndarray:
        """(B, Q + N) int8: 1 where an action is legal now."""
        return self.dialogues.action_masks(self._all)

    def dialogue(self, b: int, agent: str = "unknown") -> Dialogue:
        """Dialogue b as a record for a log, once it has ended and before it is reset.

        Raises:
            ValueError: it hasn't ended.
        """
        return dialogue_record(self.world, self.dialogues, b, agent)

    def render(self) -> tuple[str, ...] | tuple[np.ndarray, ...] | None:
        """Each dialogue so far: text with `ansi`, images with `rgb_array`."""
        every = range(self.num_envs)
        if self.render_mode == "rgb_array":
            return tuple(dialogue_image(self.world, self.dialogues, b) for b in every)
        return tuple(transcript(self.world, self.dialogues, b) for b in every) if self.render_mode == "ansi" else None

    def _observe(self) -> Observation:
        return self.world.observe(self.dialogues, self._copies)

    def _info(self, info: dict[str, Any], rows: np.ndarray) -> dict[str, Any]:
        if self.mask:
            masks = np.zeros((self.num_envs, self._actions), dtype=np.int8)
            masks[rows] = self.dialogues.action_masks(rows)
            info["action_mask"] = masks
            info["_action_mask"] = np.isin(self._all, rows)
        return info
