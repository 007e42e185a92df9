"""Views of the history for learners: one entry a question, for small banks.

A network over a bank of a few hundred questions likes a fixed place for each: `QuestionEntries` turns the history into
a vector with the answer at each question asked and -1 elsewhere, and `VectorQuestionEntries` does it for a batch.  On
films that would be 48,000 entries to hold twenty answers, so both refuse banks beyond `LIMIT`; the history itself is
then the better input.  The order of the questions is lost, and nothing else: a user says the same whenever asked.
"""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces
from gymnasium.vector import VectorEnv, VectorWrapper
from gymnasium.vector.utils import batch_space

from envs.rules import NOTHING
from envs.world import World

LIMIT = 4096
"""Questions up to which a bank may have an entry for each."""
DictObservation = dict[str, np.ndarray]
"""Of an environment with observation="dict"."""


def entries(questions: np.ndarray, answers: np.ndarray, total: int) -> np.ndarray:
    """The answer to each question, NOTHING where it wasn't asked.

    Args:
        questions, answers: (..., H) the history, -1 beyond.
        total: Q.

    Returns:
        (..., Q) int32.

    >>> entries(np.array([2, 0, -1]), np.array([4, 1, -1]), 4).tolist()
    [1, -1, 4, -1]
    """
    out = np.full((*questions.shape[:-1], total + 1), NOTHING, dtype=np.int32)
    # Places beyond the history hold -1 and so write to the spare last entry.
    np.put_along_axis(out, questions.astype(np.int64) % (total + 1), answers, axis=-1)
    return out[..., :total]


def _space(world: World) -> spaces.Dict:
    """The observation space with the history replaced by `entries`."""
    total = len(world.bank)
    if total > LIMIT:
        raise ValueError(f"the bank has {total:,} questions, one entry each is for up to {LIMIT:,}; set max_questions")
    if world.flat:
        raise ValueError("one entry a question is made from observation='dict'")
    answers = spaces.Box(np.full(total, NOTHING, np.int32), (world.bank.answers - 1).astype(np.int32), dtype=np.int32)
    rest = {name: box for name, box in world.parts.items() if name not in ("questions", "answers")}
    return spaces.Dict({"entries": answers, **rest})


def _observation(observation: DictObservation, total: int) -> DictObservation:
    rest = {name: part for name, part in observation.items() if name not in ("questions", "answers")}
    return {"entries": entries(observation["questions"], observation["answers"], total), **rest}


class QuestionEntries(gymnasium.ObservationWrapper):
    """`ClarifyEnv` with `entries` (Q,) in place of `questions` and `answers`.

    Raises:
        ValueError: a bank of more than `LIMIT` questions, or flat observations.
    """

    def __init__(self, env: gymnasium.Env):
        super().__init__(env)
        world = env.get_wrapper_attr("world")
        self.observation_space = _space(world)
        self._total = len(world.bank)

    def observation(self, observation: DictObservation) -> DictObservation:
        return _observation(observation, self._total)


class VectorQuestionEntries(VectorWrapper):
    """`ClarifyVectorEnv` with `entries` (B, Q) in place of `questions` and `answers`, in every autoreset mode.

    Raises:
        ValueError: a bank of more than `LIMIT` questions, or flat observations.
    """

    def __init__(self, env: VectorEnv):
        super().__init__(env)
        world: World = env.unwrapped.world  # type: ignore[attr-defined]
        self.single_observation_space = _space(world)
        self.observation_space = batch_space(self.single_observation_space, env.num_envs)
        self._total = len(world.bank)

    def reset(
        self, *, seed: int | list[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[DictObservation, dict[str, Any]]:
        """As the environment's, with entries."""
        observations, info = self.env.reset(seed=seed, options=options)  # type: ignore[arg-type]  lists too
        return _observation(observations, self._total), info

    def step(self, actions: np.ndarray) -> tuple[DictObservation, np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]:
        """As the environment's; the observations in `info["final_obs"]` are turned into entries too."""
        observations, reward, terminated, truncated, info = self.env.step(actions)
        for b in np.flatnonzero(info.get("_final_obs", ())):
            info["final_obs"][b] = _observation(info["final_obs"][b], self._total)
        return _observation(observations, self._total), reward, terminated, truncated, info
