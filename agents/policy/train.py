"""Training of the policy: imitation of greedy questions first if wished, then maskable PPO.

Greedy information gain is a strong teacher, and PPO from scratch spends most of its steps on finding out what it knows.
So the reference policy begins as a copy of it (`agents.policy.imitate`), and what PPO then changes is what greedy
misses.  Learning curves start from nothing.

Every so many turns all that the run depends on is saved (`agents.policy.training_state`), so that one that was killed
goes on as if it had never stopped: the same files to the byte, on one machine.  Evaluations use users of other seeds.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, cast

import numpy as np
import sb3_contrib
import torch
from sb3_contrib import MaskablePPO
from stable_baselines3.common.callbacks import BaseCallback

from agents.errors import InputError
from agents.policy.config import PolicyConfig
from agents.policy.environments import make_parts
from agents.policy.imitate import imitate
from agents.policy.network import ShortlistPolicy, exported
from agents.policy.serve import POLICY
from agents.policy.training_state import SEED_STEP, TrainingState, begin_segment
from agents.policy.vecenv import BeliefVecEnv
from agents.resume import ResumeError, check_same, digest, load_state, restoring, save_state, versions
from envs.beliefs import BeliefVectorEnv
from sim.files import parse_json, read_text, write_atomically, write_together

FORMAT = "clarigym.policy-run/1"
CONFIG, CURVE = "config.json", "curve.jsonl"
MAY_DIFFER = {"catalogues", "noise", "steps"}
"""Of a run's description: names, for what they stand for is compared; and a run may be made longer."""


class PolicyProgress(NamedTuple):
    """What a run reports after each rollout."""

    turns: int
    of: int
    reward: float | None
    """Mean of the dialogues that ended since the last report."""
    seconds: float


Report = Callable[[PolicyProgress], None]
Say = Callable[[str], None]


def train_stages(
    stages: Sequence[PolicyConfig], out: str | Path, *, resume: bool = False, say: Say = print,
    report: Report | None = None, parts: Callable[[PolicyConfig], list[BeliefVectorEnv]] = make_parts,
) -> MaskablePPO:  # fmt: skip
    """Train in stages, each from where the one before it stopped; on resuming, those that are over are passed by.

    Raises:
        ValueError: as `train`.
    """
    done = int(load_state(Path(out), FORMAT, "train-policy")[1].get("turns", 0)) if resume else 0
    first = next((k for k, stage in enumerate(stages) if done < stage.steps), len(stages) - 1)
    model, previous = None, stages[first - 1] if first else None
    for number, stage in enumerate(stages[first:], first + 1):
        say(f"stage {number} of {len(stages)}: to turn {stage.steps:,}")
        again = resume or model is not None
        model = train(stage, out, resume=again, after=previous, say=say, report=report, parts=parts(stage))
        previous = stage
    assert model is not None
    return model


def train(
    config: PolicyConfig, out: str | Path, *, resume: bool = False, after: PolicyConfig | None = None,
    say: Say = print, report: Report | None = None, parts: Sequence[BeliefVectorEnv] | None = None,
) -> MaskablePPO:  # fmt: skip
    """Train as configured; the folder `out` has policy.safetensors, config.json, curve.jsonl and the state of the run.

    Args:
        resume: go on from the state in `out`, which must be of the same configuration.
        after: the stage that came before; its last state is gone on from, too, with this stage's users.
        report: called after each rollout.
        parts: environments made otherwise, for catalogues that have no name; same-step autoreset.

    Returns:
        The model.

    Raises:
        InputError: a catalogue that is too large, or one, a preset or a file that can't be used; weights that are not
            finite any more.
        ResumeError: no state to resume, or one of another configuration.
    """
    out = Path(out)
    env = BeliefVecEnv(list(parts) if parts is not None else make_parts(config), config.seed * SEED_STEP)
    torch.manual_seed(config.seed)
    model = _new_model(config, env, out, begun=after.steps if after else 0)
    about, rows = described(config, env), []
    if resume:
        state = _resume(model, out, about, after)
        rows = _curve_until(out, state.saved_at)
    else:
        state = TrainingState()
        if config.imitate:
            say(f"copying greedy on {config.imitate:,} turns")
            imitate(model.policy, env, config.imitate, config.seed, say)  # type: ignore[arg-type]
    if model.num_timesteps < config.steps:
        begin_segment(model, env, config.seed, state.segment)
        recorder = _Recorder(config, out, about, state, rows, report or (lambda progress: None))
        try:
            model.learn(
                config.steps - model.num_timesteps, callback=recorder, reset_num_timesteps=False, tb_log_name="ppo"
            )
        except ValueError:  # such weights give chances that are none
            check_weights(model, config)
            raise
        recorder.save()
    return model


def check_weights(model: MaskablePPO, config: PolicyConfig) -> None:
    """Raises InputError when training has gone astray: a weight of the policy is not finite."""
    if not all(bool(torch.isfinite(weight).all()) for weight in model.policy.parameters()):
        raise InputError(
            f"the weights are not finite after {model.num_timesteps:,} turns; lower --learning-rate (it is "
            f"{config.learning_rate:g}), or take smaller --question-cost, --shaping and --entropy"
        )


def described(config: PolicyConfig, env: BeliefVecEnv) -> dict[str, Any]:
    """What decides a run's result, and the names of what it is about."""
    populations = [part.dialogues.population for part in env.parts]
    digests = {
        "catalogue_digests": [p.catalogue.fingerprint for p in populations],
        "noise_digests": [digest(p.rates.to_dict()) for p in populations],
    }
    return config.recorded() | digests | versions() | {"sb3_contrib": sb3_contrib.__version__}


def _new_model(config: PolicyConfig, env: BeliefVecEnv, out: Path, begun: int) -> MaskablePPO:
    """The learning rate falls along a line from turn `begun` to the last one."""
    line = config.learning_rate * config.steps / max(config.steps - begun, 1)
    return MaskablePPO(
        ShortlistPolicy, env, gamma=1.0, device="cpu", verbose=0,
        tensorboard_log=str(out / "tensorboard") if _has_tensorboard() else None,
        learning_rate=lambda left: min(config.learning_rate, line * left), n_steps=config.n_steps,
        batch_size=config.batch_size, n_epochs=config.epochs, gae_lambda=config.gae, ent_coef=config.entropy,
    )  # fmt: skip


def _has_tensorboard() -> bool:
    import importlib.util

    return importlib.util.find_spec("tensorboard") is not None


def _resume(model: MaskablePPO, out: Path, about: dict[str, Any], after: PolicyConfig | None) -> TrainingState:
    arrays, numbers = load_state(out, FORMAT, "train-policy")
    with restoring(out):
        earlier = None if after is None else json.loads(json.dumps(after.recorded()))
        entering = earlier is not None and all(numbers["about"].get(name) == value for name, value in earlier.items())
        if not entering:
            check_same(out, numbers["about"], about, MAY_DIFFER)
        state = TrainingState.restored(model, arrays, numbers)
    if entering:
        state.segment = 0
    return state


def _curve_until(out: Path, turns: int) -> list[dict[str, Any]]:
    """The rows of the learning curve so far; a run that was killed may have written more than its state knows."""
    with restoring(out):
        lines = read_text(out / CURVE, ResumeError).splitlines()
        rows = [parse_json(line, str(out / CURVE), ResumeError) for line in lines]
        return [row for row in rows if row["steps"] <= turns]


class _Recorder(BaseCallback):
    """A row each rollout, and the state of the run every so often, before a rollout begins."""

    def __init__(
        self, config: PolicyConfig, out: Path, about: dict[str, Any], state: TrainingState,
        rows: list[dict[str, Any]], report: Report,
    ) -> None:  # fmt: skip
        super().__init__()
        self.config, self.out, self.about, self.state, self.rows, self.report = config, out, about, state, rows, report
        self.begun = time.perf_counter() - (rows[-1]["seconds"] if rows else 0.0)
        self.rewards: list[float] = []
        self.lengths: list[int] = []

    def _on_rollout_start(self) -> None:
        # What was learned from the last rollout is in the weights only now.
        if self.num_timesteps - self.state.saved_at >= self.config.checkpoint_every:
            self.save()
            model, env = cast(MaskablePPO, self.model), cast(BeliefVecEnv, self.training_env)
            begin_segment(model, env, self.config.seed, self.state.segment)
        elif not self.num_timesteps:
            self.save()  # what was imitated need not be again

    def _on_step(self) -> bool:
        for info in self.locals["infos"]:
            if "episode" in info:
                self.rewards.append(info["episode"]["r"])
                self.lengths.append(info["episode"]["l"])
        return True

    def _on_rollout_end(self) -> None:
        row = {
            "steps": self.num_timesteps,
            "seconds": round(time.perf_counter() - self.begun, 3),
            "episodes": len(self.rewards),
            "reward": float(np.mean(self.rewards)) if self.rewards else None,
            "length": float(np.mean(self.lengths)) if self.lengths else None,
        }
        self.rows.append(row)
        write_atomically(self.out / CURVE, self._curve())
        self.report(PolicyProgress(self.num_timesteps, self.config.steps, row["reward"], row["seconds"]))
        self.rewards, self.lengths = [], []

    def _curve(self) -> bytes:
        return "".join(json.dumps(row, allow_nan=False) + "\n" for row in self.rows).encode()

    def save(self) -> None:
        """What serves, what it is, its curve, and the state to go on from, each whole."""
        model = cast(MaskablePPO, self.model)
        check_weights(model, self.config)
        self.state.segment += self.num_timesteps > 0
        self.state.saved_at = self.num_timesteps
        policy = cast(ShortlistPolicy, model.policy)
        about = {"config": self.config.recorded(), "steps": self.num_timesteps}
        write_together({
            self.out / POLICY: exported(policy.network, self.config.shortlist, **about),
            self.out / CONFIG: (json.dumps(self.about, indent=1) + "\n").encode(),
            self.out / CURVE: self._curve(),
        })  # fmt: skip
        save_state(self.out, FORMAT, self.state.arrays(model), {"about": self.about, **self.state.numbers(model)})
