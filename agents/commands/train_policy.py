"""`clarigym train-policy`: which question to ask and when to guess, learned by reinforcement."""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import tyro

from agents.commands.flags import parse
from agents.commands.progress import RunProgress
from agents.errors import Exit, InputError, at_least, at_most, printable
from agents.policy.config import PolicyConfig, reference_stages

if TYPE_CHECKING:
    from agents.policy.train import PolicyProgress
    from agents.setting import Setting

HELD_OUT = 1 << 40
"""Evaluation's users: this seed and the one trained with have none in common."""
MOST_EVALUATED = 100_000
"""Users, who are met all at once."""


@dataclass(frozen=True, kw_only=True)
class TrainPolicy:
    """What to train, and where it goes."""

    out: str = "policy"
    """Folder for policy.safetensors, config.json, curve.jsonl, the run's state and tensorboard logs."""
    training: Annotated[PolicyConfig, tyro.conf.OmitArgPrefixes] = field(default_factory=PolicyConfig)
    """How to train a policy."""
    reference: tyro.conf.FlagCreatePairsOff[bool] = False
    """Train anew what ships as the reference policy, in three stages; it fixes the training options."""
    evaluate: int = 0
    """Afterwards, let so many users of each catalogue meet the policy, exact and learned."""
    resume: tyro.conf.FlagCreatePairsOff[bool] = False
    """Go on with a run that was interrupted; the policy is that of an uninterrupted one."""
    overwrite: tyro.conf.FlagCreatePairsOff[bool] = False
    """Begin anew in a folder that holds a run."""

    def __post_init__(self) -> None:
        at_least("evaluate", self.evaluate, 0)
        at_most("evaluate", self.evaluate, MOST_EVALUATED)
        if self.resume and self.overwrite:
            raise InputError("--resume goes on with a run, --overwrite begins anew; give one of them")
        if self.reference:
            for option in fields(self.training):
                if getattr(self.training, option.name) != option.default:
                    raise InputError(f"reference fixes {option.name}; leave --{option.name.replace('_', '-')} away")


def main(arguments: list[str]) -> Exit:
    config = parse(TrainPolicy, arguments, "train-policy", "Learn what to ask and when to guess, by maskable PPO.")
    if importlib.util.find_spec("sb3_contrib") is None:
        raise InputError("train-policy needs sb3-contrib; pip install 'clarigym[rl]'")
    from agents.policy.serve import POLICY
    from agents.resume import run_folder

    with run_folder(Path(config.out), POLICY, config.resume, config.overwrite):
        _train(config)
    if config.evaluate:
        stage = reference_stages()[-1] if config.reference else config.training
        _evaluate(stage, config.out, config.evaluate)
    return Exit.OK


def _train(config: TrainPolicy) -> None:
    import torch

    torch.set_num_threads(1)
    from agents.policy.train import train, train_stages

    with RunProgress("training") as progress:

        def report(p: PolicyProgress) -> None:
            reward = "-" if p.reward is None else f"{p.reward:.3f}"
            progress(p.turns, p.of, f"reward {reward}", f"{p.turns:>9,} turns  reward {reward}  {p.seconds:.0f} s")

        if config.reference:
            train_stages(reference_stages(), config.out, resume=config.resume, say=_say, report=report)
        else:
            train(config.training, config.out, resume=config.resume, say=_say, report=report)
    _say(f"{config.out}/policy.safetensors: clarigym watch --agent policy --checkpoint {config.out}")


def _say(line: str) -> None:
    print(printable(line), file=sys.stderr, flush=True)


def _evaluate(config: PolicyConfig, out: str, users: int) -> None:
    """Policy, exact and learned with the same users; a line each on stdout."""
    from agents.policy.synthetic import named
    from agents.setting import make_setting
    from envs.rules import Rules

    rules = Rules(budget=config.budget, question_cost=config.question_cost)
    for name in config.catalogues:
        for noise in config.noise:
            settings = [
                make_setting(named(name), config.questions, noise, rules, max_questions=config.max_questions,
                             checkpoint=checkpoint)
                for checkpoint in (out, "")
            ]  # fmt: skip
            for agent, setting in zip(("policy", "exact", "learned"), (settings[0], settings[1], settings[1])):
                _evaluate_one(agent, setting, f"{name:12} {noise:8} {agent:8}", users)


def _evaluate_one(agent: str, setting: Setting, title: str, users: int) -> None:
    from agents.evaluation.episodes import play
    from agents.strategies.registry import make_agent

    try:
        played = play(make_agent(agent, setting), setting, HELD_OUT, np.arange(users))
    except ValueError as error:
        _say(f"{title} left out, {error}")
        return
    spread = 1.96 * played.reward.std() / len(played.reward) ** 0.5
    shares = f"success {100 * played.success.mean():.1f} %  questions {played.questions.mean():.2f}"
    print(f"{printable(title)} reward {played.reward.mean():.3f} +- {spread:.3f}  {shares}", flush=True)
