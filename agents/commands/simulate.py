"""`clarigym simulate`: dialogues between an agent and simulated users, as JSONL.

The schema is `sim.dialogue`'s ("clarigym.dialogue/1"): the truth is in it, for a learner needs it; the rates are not,
for it must not have them.  A dialogue is written when its batch has ended; an interrupted run leaves
whole dialogues, and `--first-episode` goes on after them.
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from agents.agent import Agent
from agents.commands.flags import at_least, check_seed, parse
from agents.errors import Exit, InputError
from agents.evaluation.episodes import play
from agents.evaluation.runner import BATCH
from agents.setting import Setting, make_setting
from agents.strategies.registry import check_checkpoint, check_name, make_agent
from envs.record import dialogue_record
from envs.rules import Rules
from envs.world import World
from sim.questions import Questions


@dataclass(frozen=True, kw_only=True)
class Simulate:
    """What to simulate."""

    out: str
    """The file to write, JSONL."""
    catalogue: str = "movies-1k"
    """A built-in catalogue or a CSV, Parquet or JSONL file."""
    agent: str = "exact"
    """Who asks."""
    episodes: int = 1000
    """How many dialogues."""
    budget: int = 20
    """The most questions."""
    noise: str = "typical"
    """How users err: a preset or a TOML file of rates."""
    questions: Questions = "mixed"
    """Kinds of question."""
    max_questions: int | None = None
    """Keep only so many questions, the most informative."""
    opening: bool = False
    """Users volunteer a few facts first."""
    seed: int = 0
    """Of the users, and of the agent's own draws."""
    first_episode: int = 0
    """The number of the first episode; with others, runs can be split and joined."""
    checkpoint: str = ""
    """Where a trained agent is read from; empty for the one that ships."""

    def __post_init__(self) -> None:
        check_name(self.agent)
        check_checkpoint(self.checkpoint, [self.agent])
        for name, least in (("episodes", 1), ("budget", 1), ("first_episode", 0)):
            at_least(name, getattr(self, name), least)
        check_seed(self.seed)
        if os.path.exists(self.out):
            raise InputError(f"{self.out} exists; delete it, or choose another --out")
        if not Path(self.out).parent.exists():
            raise InputError(f"cannot write {self.out}: there is no folder {Path(self.out).parent}")


def main(arguments: list[str]) -> Exit:
    config = parse(Simulate, arguments, "simulate", "Dialogues as JSONL, to train and study on.")
    rules = Rules(budget=config.budget, opening=config.opening)
    setting = make_setting(config.catalogue, config.questions, config.noise, rules,
                           max_questions=config.max_questions, checkpoint=config.checkpoint)  # fmt: skip
    agent = make_agent(config.agent, setting)
    world = world_of(setting, config)
    end = config.first_episode + config.episodes
    found = 0
    with open(config.out, "x", encoding="utf-8", newline="\n") as file:
        for first in range(config.first_episode, end, BATCH):
            numbers = np.arange(first, min(first + BATCH, end))
            listener = Listener(agent, len(numbers))
            played = play(agent, setting, config.seed, numbers, watch=listener)
            found += int(played.success.sum())
            file.writelines(
                dialogue_record(world, played.dialogues, b, config.agent, listener.eig_bits[b]).to_json() + "\n"
                for b in range(len(numbers))
            )
            file.flush()
    print(f"{config.out}: {config.episodes:,} dialogues, {found:,} found")
    return Exit.OK


class Listener:
    """Notes what the agent expects of each question that it asks."""

    def __init__(self, agent: Agent, count: int):
        self.agent = agent
        self.eig_bits: list[list[float | None]] = [[] for _ in range(count)]

    def asks(self, rows: np.ndarray, questions: np.ndarray) -> None:
        gain = getattr(self.agent, "gain_nats", None)
        for b in rows.tolist():
            nats = np.nan if gain is None else float(gain[b])
            self.eig_bits[b].append(nats / math.log(2) if math.isfinite(nats) else None)

    def answered(self, rows: np.ndarray, questions: np.ndarray, answers: np.ndarray) -> None:
        """Nothing to note."""


def world_of(setting: Setting, config: Simulate) -> World:
    """The environments' view of the same world, which makes records."""
    return World(catalogue=setting.catalogue, questions=config.questions, max_questions=config.max_questions,
                 noise=setting.rates, observation="dict", rules=setting.rules)  # fmt: skip
