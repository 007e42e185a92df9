"""Training of the policy: imitation of greedy questions first if wished, then maskable PPO.

Greedy information gain is a strong teacher, and PPO from scratch spends most of its steps on finding out what it knows.
So the reference policy begins as a copy of it: states from dialogues that the greedy agent leads (a share of its
actions replaced by random ones, so that the copy has seen more than the straight path), its actions as targets, and
the returns that followed for the value.  What PPO then changes is what greedy misses.  Learning curves start from
nothing.

Users of training have seeds of their own, `seed` upwards; evaluations use others.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import torch
from sb3_contrib import MaskablePPO
from stable_baselines3.common.callbacks import BaseCallback

import envs  # noqa: F401  registers the ids
from agents.policy.config import TrainPolicy
from agents.policy.network import ShortlistPolicy, export
from agents.policy.synthetic import PREFIX, synthetic
from agents.policy.vecenv import BeliefVecEnv
from agents.strategies.stopping import should_guess
from envs.beliefs import BeliefVectorEnv
from envs.rewards import Shaping
from sim.posterior.batched import SMALL_CATALOGUE, BatchedPosterior


def make_parts(config: TrainPolicy) -> list[BeliefVectorEnv]:
    """An environment for each catalogue and preset, num_envs dialogues in all."""
    pairs = [(c, n) for c in config.catalogues for n in config.noise]
    out = []
    for k, (catalogue, noise) in enumerate(pairs):
        count = config.num_envs // len(pairs) + (k < config.num_envs % len(pairs))
        out.append(make_part(config, catalogue, noise, count))
    return out


def make_part(config: TrainPolicy, catalogue: Any, noise: Any, count: int) -> BeliefVectorEnv:
    """One environment of `count` dialogues.

    Raises:
        ValueError: a catalogue of more than `SMALL_CATALOGUE` intents.
    """
    if isinstance(catalogue, str) and catalogue.startswith(PREFIX):
        catalogue = synthetic(int(catalogue.removeprefix(PREFIX)))
    env = gymnasium.make_vec(
        "clarigym/Clarify-v0", num_envs=count, catalogue=catalogue, noise=noise, questions=config.questions,
        max_questions=config.max_questions, budget=config.budget, question_cost=config.question_cost, copy=False,
        autoreset_mode="SameStep",
    )  # fmt: skip
    population = env.unwrapped.world.population  # type: ignore[attr-defined]
    if len(population.catalogue) > SMALL_CATALOGUE:
        raise ValueError(
            f"catalogue '{population.catalogue.name}' has {len(population.catalogue):,} intents; policies are trained "
            f"on up to {SMALL_CATALOGUE:,} and then serve any (movies-1k has the best known films)"
        )
    posterior = BatchedPosterior(population.channel, population.bank)
    shaping = Shaping(weight=config.shaping, expected=config.expected)
    return BeliefVectorEnv(env, posterior, shortlist=config.shortlist, shaping=shaping)


def train_stages(stages: Sequence[TrainPolicy], say: Callable[[str], None] = print):
    """Train in stages, each from where the one before it stopped; those that are over already are passed by."""
    model, begun = None, 0
    for number, stage in enumerate(stages, 1):
        say(f"stage {number} of {len(stages)}: to turn {stage.steps:,}")
        again = stage.resume and (Path(stage.out) / "model.zip").is_file()
        model = train(replace(stage, resume=again), say, begun=begun)
        begun = stage.steps
    return model


def train(config: TrainPolicy, say: Callable[[str], None] = print, parts: list[BeliefVectorEnv] | None = None,
          begun: int = 0):  # fmt: skip
    """Train as configured; the folder's files are written on the way.  Returns the model.

    Args:
        parts: environments made otherwise, for catalogues that have no name; same-step autoreset.
        begun: the turn from which the learning rate falls along its line.

    Raises:
        ValueError: nothing to resume, a catalogue that is too large.
    """
    out = Path(config.out)
    out.mkdir(parents=True, exist_ok=True)
    env = BeliefVecEnv(parts or make_parts(config), config.seed * 1_000_003)
    saved = out / "model.zip"
    line = config.learning_rate * config.steps / max(config.steps - begun, 1)
    # All but the weights come from the configuration, when going on too.
    settings: dict[str, Any] = {
        "learning_rate": lambda left: min(config.learning_rate, line * left), "n_steps": config.n_steps,
        "batch_size": config.batch_size, "n_epochs": config.epochs, "gae_lambda": config.gae,
        "ent_coef": config.entropy, "seed": config.seed,
    }  # fmt: skip
    if config.resume:
        if not saved.is_file():
            raise ValueError(f"{saved} isn't there: nothing to resume; leave --resume away to begin")
        model = MaskablePPO.load(saved, env=env, device="cpu", **settings)
    else:
        log = str(out / "tensorboard") if _has_tensorboard() else None
        model = MaskablePPO(ShortlistPolicy, env, gamma=1.0, device="cpu", tensorboard_log=log, verbose=0, **settings)
        (out / "curve.jsonl").unlink(missing_ok=True)
    (out / "config.json").write_text(json.dumps(asdict(config), indent=1) + "\n", encoding="utf-8")
    if config.imitate and not config.resume:
        say(f"copying greedy on {config.imitate:,} turns")
        imitate(model.policy, env, config.imitate, config.seed, say)  # type: ignore[arg-type]
    curve = _Curve(config, out, say)
    model.learn(config.steps - model.num_timesteps, callback=curve, reset_num_timesteps=False, tb_log_name="ppo")
    curve.save()
    return model


def _has_tensorboard() -> bool:
    import importlib.util

    return importlib.util.find_spec("tensorboard") is not None


class _Curve(BaseCallback):
    """A line a rollout in curve.jsonl, and the state every so often."""

    def __init__(self, config: TrainPolicy, out: Path, say: Callable[[str], None]) -> None:
        super().__init__()
        self.config, self.out, self.say = config, out, say
        self.begun = time.perf_counter()
        self.rewards: list[float] = []
        self.lengths: list[int] = []

    def _on_step(self) -> bool:
        for info in self.locals["infos"]:
            if "episode" in info:
                self.rewards.append(info["episode"]["r"])
                self.lengths.append(info["episode"]["l"])
        return True

    def _on_rollout_end(self) -> None:
        line = {
            "steps": self.num_timesteps,
            "seconds": time.perf_counter() - self.begun,
            "episodes": len(self.rewards),
            "reward": float(np.mean(self.rewards)) if self.rewards else None,
            "length": float(np.mean(self.lengths)) if self.lengths else None,
        }
        with (self.out / "curve.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        reward = "-" if line["reward"] is None else f"{line['reward']:.3f}"
        self.say(f"{self.num_timesteps:>9,} turns  reward {reward}  {line['seconds']:.0f} s")
        self.rewards, self.lengths = [], []
        rollout = self.config.n_steps * self.training_env.num_envs
        if self.num_timesteps % self.config.checkpoint_every < rollout:
            self.save()

    def save(self) -> None:
        """model.zip to resume from, policy.safetensors to serve; each replaced whole."""
        self.model.save(self.out / "model.part.zip")
        (self.out / "model.part.zip").replace(self.out / "model.zip")
        part = self.out / "policy.part"
        policy: Any = self.model.policy
        about = {"config": asdict(self.config), "steps": self.num_timesteps}
        export(policy.network, self.config.shortlist, part, **about)
        part.replace(self.out / "policy.safetensors")


def greedy_actions(part: BeliefVectorEnv) -> np.ndarray:
    """(B,) what `exact` would do: the first question, or a guess by the shared stop rule."""
    seen = part.beliefs.view
    assert seen is not None
    rules = part.dialogues.rules
    belief = part.beliefs.posterior.belief()[: part.num_envs]
    left = rules.budget - part.dialogues.turn
    guess = should_guess(belief, seen.gain_nats[:, 0], left, rules) | ~seen.mask[:, 0]
    return np.where(guess, part.shortlist.size, 0)


def imitate(policy: ShortlistPolicy, env: BeliefVecEnv, turns: int, seed: int, say: Callable[[str], None],
            stray: float = 0.1, batch: int = 512) -> None:  # fmt: skip
    """Fit the policy to greedy actions, and the value to the returns of the dialogues they were taken in.

    Some 25 passes over the turns: 2,000 gradient steps for 40,000 of them.
    """
    updates = max(20, turns // 20)
    rng = np.random.default_rng(seed)
    observation = env.reset()
    seen, masks, targets, rewards, ends = [], [], [], [], []
    for _ in range(max(40, turns // env.num_envs)):
        mask = env.env_method("action_masks")
        target = np.concatenate([greedy_actions(part) for part in env.parts])
        action = np.where(rng.random(len(target)) < stray, (mask * rng.random(mask.shape)).argmax(axis=1), target)
        seen.append(observation)
        masks.append(mask)
        targets.append(target)
        env.step_async(action)
        observation, reward, ended, _ = env.step_wait()
        rewards.append(reward)
        ends.append(ended)
    returns, ahead = np.zeros((len(rewards), env.num_envs), dtype=np.float32), np.zeros(env.num_envs)
    known = np.zeros((len(rewards), env.num_envs), dtype=bool)  # dialogues still open at the end have no return
    closed = np.zeros(env.num_envs, dtype=bool)
    for t in range(len(rewards) - 1, -1, -1):
        ahead = np.where(ends[t], 0.0, ahead) + rewards[t]
        closed |= ends[t]
        returns[t], known[t] = ahead, closed
    keep = np.flatnonzero(known.ravel())
    x, legal, y, z = (
        torch.as_tensor(np.concatenate(a).astype(kind)[keep])
        for a, kind in ((seen, np.float32), (masks, bool), (targets, np.int64), (returns, np.float32))
    )
    optimizer = torch.optim.Adam(policy.parameters(), lr=1e-3)
    shuffle = torch.Generator().manual_seed(seed)
    done = 0
    while done < updates:
        right = total = 0.0
        for part in torch.randperm(len(x), generator=shuffle).split(batch):
            logits = policy.mlp_extractor.forward_actor(x[part]).masked_fill(~legal[part], -1e9)
            value = policy.value_net(policy.mlp_extractor.forward_critic(x[part]))[:, 0]
            loss = torch.nn.functional.cross_entropy(logits, y[part]) + 0.5 * (value - z[part]).square().mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            right += float((logits.argmax(dim=1) == y[part]).sum())
            total += len(part)
            done += 1
        if done >= updates or done % 200 < len(x) / batch:
            say(f"  {done:,} updates: {100 * right / total:.1f} % of greedy's actions")
