"""`ClarifyEnv`: one dialogue as a Gymnasium environment, a batch of one of `envs.rules`.

`reset(seed=s)` begins episode 0 of seed s, each `reset()` after it the next episode of the same seed; so does row k of
`ClarifyVectorEnv.reset(seed=s - k)`.  The generator that Gymnasium seeds serves nothing but to choose a seed where
none was given: everything drawn is a function of (seed, episode).
"""

from __future__ import annotations

from typing import Any, ClassVar

import gymnasium
import numpy as np

from envs.drawing import dialogue_image
from envs.record import dialogue_record, transcript
from envs.rules import Rules
from envs.world import CatalogueGiven, Observation, World, check_action, check_options, seed_bits
from sim.dialogue import Dialogue
from sim.names.arguments import switch, whole
from sim.questions import Questions
from sim.users.rates import Rates

ONE = np.zeros(1, dtype=np.int64)
"""The rows of a batch of one."""


class ClarifyEnv(gymnasium.Env):
    """Ask a user clarifying questions, then name what he wants.

    Args:
        catalogue: name of a built-in catalogue, path of a file, or a `Catalogue`.
        questions: "yesno", "open" or "mixed".
        max_questions: keep the most informative ones only; None for all.
        noise: a preset's name, a TOML file or a `Rates`.
        budget, guesses, reward_right, reward_wrong, question_cost, opening: see `envs.rules.Rules`.
        mask: put `action_mask` into every `info`.
        observation: "dict", or "flat" for one Box.
        render_mode: "ansi" (render returns the dialogue as text), "rgb_array" (as an image), "human" (each step is
            printed) or None.

    Raises:
        ValueError: an argument out of range, no such catalogue, no such preset.
    """

    metadata: ClassVar[dict[str, Any]] = {"render_modes": ["ansi", "human", "rgb_array"], "render_fps": 4}

    def __init__(
        self,
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
    ):
        if render_mode is not None and render_mode not in self.metadata["render_modes"]:
            raise ValueError(f"render_mode={render_mode!r}; it is ansi, human, rgb_array or None")
        rules = Rules(
            budget=budget, guesses=guesses, reward_right=reward_right, reward_wrong=reward_wrong,
            question_cost=question_cost, opening=opening,
        )  # fmt: skip
        self.world = World(
            catalogue=catalogue, questions=questions, max_questions=max_questions, noise=noise, observation=observation,
            rules=rules,
        )  # fmt: skip
        self.mask = switch("mask", mask)
        self.render_mode = render_mode
        self.dialogues = self.world.dialogues(1)
        self.action_space = gymnasium.spaces.Discrete(int(self.world.action_space.n))
        self.observation_space = self.world.observation_space
        self._seed = -1
        self._episode = 0

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Begin an episode.

        Args:
            seed: None goes on to the next episode of the seed in use.
            options: `intent` (a number, an id or a name) and `user` (see `Dialogues.reset`) fix them for this episode.

        Returns:
            The observation, and `info`, empty or with `action_mask`.
        """
        seed = None if seed is None else whole("seed", seed)
        super().reset(seed=seed)
        options = check_options(options, ("intent", "user"))
        if seed is not None:
            self._seed, self._episode = seed_bits(seed), 0
        elif self._seed < 0:
            self._seed, self._episode = int(self.np_random.integers(2**62)), 0
        else:
            self._episode += 1
        given = options.get("intent")
        intents = None if given is None else np.array([self.world.intent_id(given)])
        self.dialogues.reset(
            ONE, np.array([self._seed], dtype=np.uint64), np.array([self._episode]), intents=intents,
            user=options.get("user"),
        )  # fmt: skip
        if self.render_mode == "human":
            print(transcript(self.world, self.dialogues, 0))
        return self._observe(), self._info()

    def step(self, action: int | np.integer) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """Ask question `action`, or from Q on guess intent `action - Q`.

        Returns:
            Observation, reward, terminated, truncated (always False), and `info`; that of the last step holds
            `intent`, `intent_name`, `success`, `user_left` and `corruptions`.

        Raises:
            gymnasium.error.InvalidAction: not in the action space.
            gymnasium.error.ResetNeeded: the dialogue has ended, or none has begun.
        """
        if self.dialogues.over[0]:
            raise gymnasium.error.ResetNeeded("the dialogue is over; call reset() before step()")
        check_action(action, int(self.world.action_space.n))
        reward, terminated = self.dialogues.step(np.array([action], dtype=np.int64))
        ended = bool(terminated[0])
        info = self._info()
        if ended:
            info |= self.world.revealed(self.dialogues, 0)
        if self.render_mode == "human":
            print(transcript(self.world, self.dialogues, 0).splitlines()[-1])
        return self._observe(), float(reward[0]), ended, False, info

    def render(self) -> str | np.ndarray | None:
        """The dialogue so far: text with `ansi`, an image with `rgb_array`; with `human` it is printed as it goes."""
        if self.render_mode == "rgb_array":
            return dialogue_image(self.world, self.dialogues, 0)
        return transcript(self.world, self.dialogues, 0) if self.render_mode == "ansi" else None

    def action_masks(self) -> np.ndarray:
        """(Q + N,) int8: 1 where an action is legal now."""
        return self.dialogues.action_masks(ONE)[0]

    def dialogue(self, agent: str = "unknown") -> Dialogue:
        """The ended dialogue as a record for a log.

        Raises:
            ValueError: it hasn't ended.
        """
        return dialogue_record(self.world, self.dialogues, 0, agent)

    def _observe(self) -> Observation:
        return self.world.row(self.world.observe(self.dialogues), 0)

    def _info(self) -> dict[str, Any]:
        return {"action_mask": self.action_masks()} if self.mask else {}
