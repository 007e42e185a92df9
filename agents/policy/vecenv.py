"""Our vector environments as one VecEnv of Stable-Baselines3.

Several `BeliefVectorEnv` (of several catalogues, say) stand side by side; each step goes to each of them whole, so
there is no loop over environments beyond handing out the infos that SB3 wants one by one.  They must begin anew in the
same step, as SB3 expects.  Returns and lengths of ended episodes are put where its Monitor would put them.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode

from envs.beliefs import BeliefVectorEnv

try:
    from stable_baselines3.common.vec_env import VecEnv
    from stable_baselines3.common.vec_env.base_vec_env import VecEnvIndices
except ImportError as error:
    raise ImportError("BeliefVecEnv needs Stable-Baselines3, which is not installed; install the extra `rl`") from error


class BeliefVecEnv(VecEnv):
    """One or several `BeliefVectorEnv` as a VecEnv, see the module.

    Args:
        parts: an environment, or several with one shortlist; made with `autoreset_mode="SameStep"`.
        seed: `reset` begins with users `seed` and on, one for each dialogue; `users_from` sets it anew.  A learner's
            own seed does not change whom it meets.

    Raises:
        ValueError: none, spaces that differ, or environments that don't begin anew in the same step.
    """

    def __init__(self, parts: BeliefVectorEnv | Sequence[BeliefVectorEnv], seed: int = 0) -> None:
        self.parts = [parts] if isinstance(parts, BeliefVectorEnv) else list(parts)
        if not self.parts:
            raise ValueError("parts is empty; a VecEnv needs an environment at least")
        first = self.parts[0]
        for part in self.parts:
            if part.metadata["autoreset_mode"] != AutoresetMode.SAME_STEP:
                raise ValueError("SB3 wants environments made with autoreset_mode='SameStep'")
            if part.shortlist != first.shortlist:
                raise ValueError(f"the shortlists differ: {part.shortlist} and {first.shortlist}")
        self._ends = np.cumsum([part.num_envs for part in self.parts])
        self.users_from = seed
        self._actions: np.ndarray | None = None
        self.begun = time.perf_counter()
        self.render_mode = None
        super().__init__(int(self._ends[-1]), first.single_observation_space, first.single_action_space)
        self._return, self._length = np.zeros(self.num_envs), np.zeros(self.num_envs, dtype=np.int64)

    def reset(self) -> np.ndarray:
        self._return[:], self._length[:] = 0, 0
        starts = self._ends - [part.num_envs for part in self.parts]
        # Users of different parts and of evaluation must differ: each environment has a seed of its own.
        begun: list[Any] = [
            part.reset(seed=self.users_from + int(start))[0] for part, start in zip(self.parts, starts, strict=True)
        ]
        return np.concatenate(begun)

    def step_async(self, actions: np.ndarray) -> None:
        self._actions = actions

    def step_wait(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[dict[str, Any]]]:
        assert self._actions is not None
        done = [p.step(a) for p, a in zip(self.parts, np.split(self._actions, self._ends[:-1]), strict=True)]
        observation, reward, ended = (np.concatenate([np.asarray(d[k]) for d in done]) for k in range(3))
        self._return += reward
        self._length += 1
        infos: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        final = np.concatenate([np.asarray(d[4].get("final_obs", np.full(p.num_envs, None)), dtype=object)
                                for d, p in zip(done, self.parts, strict=True)])  # fmt: skip
        spent = time.perf_counter() - self.begun
        for b in np.flatnonzero(ended).tolist():
            episode = {"r": float(self._return[b]), "l": int(self._length[b]), "t": spent}
            infos[b] = {"terminal_observation": final[b], "episode": episode, "TimeLimit.truncated": False}
        self._return[ended], self._length[ended] = 0, 0
        return observation, reward.astype(np.float32), ended, infos

    def env_method(self, method_name: str, *args: Any, indices: VecEnvIndices = None, **kwargs: Any) -> Any:
        if method_name == "action_masks":
            return np.concatenate([part.action_masks() for part in self.parts])
        raise AttributeError(f"only action_masks can be called, not {method_name}")

    def get_attr(self, attr_name: str, indices: VecEnvIndices = None) -> list[Any]:
        if attr_name == "render_mode":
            return [None] * self.num_envs
        if attr_name == "action_masks":
            return [True] * self.num_envs
        raise AttributeError(attr_name)

    def has_attr(self, attr_name: str) -> bool:
        return attr_name in ("action_masks", "render_mode")

    def set_attr(self, attr_name: str, value: Any, indices: VecEnvIndices = None) -> None:
        raise AttributeError(f"{attr_name} can't be set; make the environments anew")

    def env_is_wrapped(self, wrapper_class: type, indices: VecEnvIndices = None) -> list[bool]:
        # Episodes are counted here, as its Monitor would.
        return [wrapper_class.__name__ == "Monitor"] * self.num_envs

    def close(self) -> None:
        for part in self.parts:
            part.close()
