"""`BeliefEnv` and `BeliefVectorEnv`: our environments as a learner would want them.

Wrappers over `ClarifyEnv` and `ClarifyVectorEnv`, given a posterior: observations are the belief's features
(`envs.features`), actions choose a question of the shortlist or guess the likeliest intent.  Spaces are the same for
every catalogue.  Rules, users and seeds are the wrapped environment's, so an action here is exactly one there.

The vector version updates the beliefs of all dialogues and sweeps their questions in one batched pass; there is no
loop over environments in it.  Illegal actions (an empty place of the shortlist; a question when the budget is spent)
are taken for a guess, so that a random rollout needs no mask; learners should use `action_masks()`.

Observations after the end: nothing is learned from a guess or from a user who leaves, so the last features come again.
"""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, VectorEnv, VectorWrapper
from gymnasium.vector.utils import batch_space

from envs.features import BeliefView, Shortlist, view
from envs.rewards import Shaping
from envs.rules import Dialogues
from envs.world import check_action, checked_actions
from sim.posterior.batched import BatchedPosterior
from sim.posterior.contract import Posterior


class Beliefs:
    """The beliefs of B dialogues, kept in step with them."""

    def __init__(self, dialogues: Dialogues, posterior: Posterior | None, shortlist: Shortlist):
        bank = dialogues.population.bank
        if posterior is None:
            posterior = BatchedPosterior(dialogues.population.channel, bank)
        if posterior.bank is not bank and posterior.bank.catalogue.fingerprint != bank.catalogue.fingerprint:
            raise ValueError(
                f"the posterior is of catalogue '{posterior.bank.catalogue.name}', the environment of "
                f"'{bank.catalogue.name}'"
            )
        if len(posterior.bank) != len(bank):
            raise ValueError(f"the posterior has {len(posterior.bank)} questions, the environment {len(bank)}")
        self.dialogues, self.shortlist, self.bank = dialogues, shortlist, bank
        self.posterior = posterior.copy()
        self.posterior.reset(len(dialogues))
        self.view: BeliefView | None = None

    def begin(self, rows: np.ndarray) -> None:
        """These dialogues have begun anew."""
        self.posterior.restart(rows)
        if self.dialogues.max_opening:
            self.posterior.open(self.dialogues.opening(rows), rows)

    def heard(self, rows: np.ndarray) -> None:
        """These dialogues have a new last answer."""
        if len(rows):
            d = self.dialogues
            questions, answers = d.questions[rows], d.answers[rows]
            place = (questions >= 0).sum(axis=1) - 1
            every = np.arange(len(rows))
            question, answer = questions[every, place].astype(np.int64), answers[every, place].astype(np.int64)
            self.posterior.update(question, answer, rows)

    def look(self) -> BeliefView:
        """Observations, shortlist and masks as of now."""
        d = self.dialogues
        left = d.rules.budget - d.turn
        self.view = view(self.posterior, d.rules, left, self.shortlist, guesses_left=d.guesses_left, guessed=d.guessed)
        return self.view

    def actions(self, actions: np.ndarray) -> np.ndarray:
        """(B,) the wrapped environment's actions for these of the shortlist."""
        assert self.view is not None
        rows = np.arange(len(actions))
        legal = self.view.mask[rows, actions]
        place = np.where(legal & (actions < self.shortlist.size), actions, 0)
        asks = legal & (actions < self.shortlist.size)
        return np.where(asks, self.view.questions[rows, place], len(self.bank) + self.view.guess)


def spaces_of(shortlist: Shortlist) -> tuple[spaces.Box, spaces.Discrete]:
    """Observation and action space: the same for every catalogue."""
    return spaces.Box(-1.0, 1.0, (shortlist.width,), np.float32), spaces.Discrete(shortlist.size + 1)


class BeliefEnv(gymnasium.Wrapper, gymnasium.utils.RecordConstructorArgs):
    """`ClarifyEnv` with the belief's features and a shortlist of questions.

    Args:
        env: a `ClarifyEnv`, wrapped or not.
        posterior: what its agent believes; a copy is kept.  None for the exact one.
        shortlist: how many questions are offered.
        shaping: added to the reward.

    Raises:
        ValueError: the posterior is of another catalogue or bank.
    """

    def __init__(self, env: gymnasium.Env, posterior: Posterior | None = None, *, shortlist: Shortlist | None = None,
                 shaping: Shaping | None = None):  # fmt: skip
        gymnasium.utils.RecordConstructorArgs.__init__(
            self, _disable_deepcopy=True, posterior=posterior, shortlist=shortlist, shaping=shaping
        )
        gymnasium.Wrapper.__init__(self, env)
        self.shortlist, self.shaping = shortlist or Shortlist(), shaping or Shaping()
        self.dialogues: Dialogues = env.unwrapped.dialogues  # type: ignore[attr-defined]
        self.beliefs = Beliefs(self.dialogues, posterior, self.shortlist)
        self.observation_space, self.action_space = spaces_of(self.shortlist)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """As the environment's, with features."""
        _, info = self.env.reset(seed=seed, options=options)
        self.beliefs.begin(np.zeros(1, dtype=np.int64))
        return self.beliefs.look().observation[0], info

    def step(self, action: int | np.integer) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        """Ask question `action` of the shortlist, or guess with the last action."""
        before = self.beliefs.view
        if before is None:
            raise gymnasium.error.ResetNeeded("call reset() before step()")
        check_action(action, self.shortlist.size + 1)
        turn = int(self.dialogues.turn[0])
        asked = int(self.beliefs.actions(np.array([action]))[0])
        _, reward, terminated, truncated, info = self.env.step(asked)
        rules = self.dialogues.rules
        guessed = terminated and asked >= len(self.beliefs.bank)
        if self.shaping.expected and guessed and rules.guesses == 1:
            reward = rules.reward_wrong + (rules.reward_right - rules.reward_wrong) * float(before.certain[0])
        if not terminated:
            if self.dialogues.turn[0] > turn:
                self.beliefs.heard(np.zeros(1, dtype=np.int64))
            self.beliefs.look()
        after = self.beliefs.view
        assert after is not None
        extra = self.shaping.extra(before.entropy_nats, after.entropy_nats, np.array([terminated]))
        return after.observation[0], float(reward) + float(extra[0]), terminated, truncated, info

    def action_masks(self) -> np.ndarray:
        """(k + 1,) bool: which actions are legal now."""
        assert self.beliefs.view is not None
        return self.beliefs.view.mask[0]


class BeliefVectorEnv(VectorWrapper):
    """`ClarifyVectorEnv` with the beliefs' features and shortlists; arguments as `BeliefEnv`, every autoreset mode."""

    def __init__(self, env: VectorEnv, posterior: Posterior | None = None, *, shortlist: Shortlist | None = None,
                 shaping: Shaping | None = None):  # fmt: skip
        super().__init__(env)
        self.shortlist, self.shaping = shortlist or Shortlist(), shaping or Shaping()
        self.dialogues: Dialogues = env.unwrapped.dialogues  # type: ignore[attr-defined]
        self.beliefs = Beliefs(self.dialogues, posterior, self.shortlist)
        self.single_observation_space, self.single_action_space = spaces_of(self.shortlist)
        self.observation_space = batch_space(self.single_observation_space, self.num_envs)
        self.action_space = batch_space(self.single_action_space, self.num_envs)
        self._mode: AutoresetMode = env.metadata["autoreset_mode"]
        self._over = np.zeros(self.num_envs, dtype=bool)

    def reset(
        self, *, seed: int | list[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """As the environment's, with features."""
        _, info = self.env.reset(seed=seed, options=options)  # type: ignore[arg-type]  lists too
        mask = (options or {}).get("reset_mask")
        rows = np.arange(self.num_envs) if mask is None else np.flatnonzero(mask)
        self.beliefs.begin(rows)
        self._over[rows] = False
        return self.beliefs.look().observation, info

    def step(self, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]:
        """One turn everywhere; `info["final_obs"]` with same-step autoreset holds features too."""
        before = self.beliefs.view
        if before is None:
            raise gymnasium.error.ResetNeeded("call reset() before step()")
        actions = checked_actions(actions, self.num_envs, self.shortlist.size + 1)
        d = self.dialogues
        begun = self._over.copy() if self._mode == AutoresetMode.NEXT_STEP else np.zeros(self.num_envs, dtype=bool)
        turn = d.turn.copy()
        asked = self.beliefs.actions(actions.astype(np.int64))
        _, reward, terminated, truncated, info = self.env.step(asked)
        self.beliefs.heard(np.flatnonzero((d.turn > turn) & ~terminated & ~begun))
        new = np.flatnonzero(terminated if self._mode == AutoresetMode.SAME_STEP else begun)
        for b in np.flatnonzero(info.get("_final_obs", ())):
            info["final_obs"][b] = before.observation[b].copy()
        if len(new):
            self.beliefs.begin(new)
        self._over = terminated & (self._mode != AutoresetMode.SAME_STEP)
        after = self.beliefs.look()
        after.observation[self._over] = before.observation[self._over]
        if self.shaping.expected:
            named = terminated & ~begun & (asked >= len(self.beliefs.bank)) & (d.rules.guesses == 1)
            spread = d.rules.reward_right - d.rules.reward_wrong
            reward = np.where(named, d.rules.reward_wrong + spread * before.certain, reward)
        reward = reward + np.where(begun, 0.0, self.shaping.extra(before.entropy_nats, after.entropy_nats, terminated))
        return after.observation, reward, terminated, truncated, info

    def action_masks(self) -> np.ndarray:
        """(B, k + 1) bool: which actions are legal now."""
        assert self.beliefs.view is not None
        return self.beliefs.view.mask
