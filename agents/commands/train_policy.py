"""`clarigym train-policy`: which question to ask and when to guess, learned by reinforcement."""

from __future__ import annotations

import importlib.util
import sys
from typing import Any

from agents.commands.flags import parse
from agents.errors import Exit, InputError
from agents.policy.config import TrainPolicy, reference_stages

HELD_OUT = 1 << 40
"""Evaluation's users: this seed and the one trained with have none in common."""


def main(arguments: list[str]) -> Exit:
    config = parse(TrainPolicy, arguments, "train-policy", "Learn what to ask and when to guess, by maskable PPO.")
    if importlib.util.find_spec("sb3_contrib") is None:
        raise InputError("train-policy needs sb3-contrib; pip install 'clarigym[rl]'")
    import torch

    torch.set_num_threads(1)
    from agents.policy.train import train, train_stages

    def say(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    if config.reference:
        stages = reference_stages(config.out, config.resume, config.evaluate)
        train_stages(stages, say)
        config = stages[-1]
    else:
        train(config, say)
    print(f"{config.out}/policy.safetensors: clarigym watch --agent policy --checkpoint {config.out}", file=sys.stderr)
    if config.evaluate:
        _evaluate(config)
    return Exit.OK


def _evaluate(config: TrainPolicy) -> None:
    """Policy, exact and learned with the same users; a line each on stdout."""
    import numpy as np

    from agents.evaluation.episodes import play
    from agents.policy.synthetic import PREFIX, synthetic
    from agents.setting import make_setting
    from agents.strategies.registry import make_agent
    from envs.rules import Rules

    rules = Rules(budget=config.budget, question_cost=config.question_cost)
    for name in config.catalogues:
        catalogue: Any = synthetic(int(name.removeprefix(PREFIX))) if name.startswith(PREFIX) else name
        for noise in config.noise:
            questions: Any = config.questions
            setting = make_setting(catalogue, questions, noise, rules, max_questions=config.max_questions)
            trained = make_setting(
                catalogue, questions, noise, rules, max_questions=config.max_questions, checkpoint=config.out
            )
            for agent in ("policy", "exact", "learned"):
                mine = trained if agent == "policy" else setting
                try:
                    played = play(make_agent(agent, mine), mine, HELD_OUT, np.arange(config.evaluate))
                except ValueError as error:
                    print(f"{name}, {noise}, {agent}: left out, {error}", file=sys.stderr)
                    continue
                spread = played.reward.std() / max(len(played.reward), 1) ** 0.5
                print(f"{name:12} {noise:8} {agent:8} reward {played.reward.mean():.3f} +- {1.96 * spread:.3f}  "
                      f"success {100 * played.success.mean():.1f} %  questions {played.questions.mean():.2f}",
                      flush=True)  # fmt: skip
