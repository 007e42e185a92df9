"""`clarigym simulate`: dialogues between an agent and simulated users, as JSONL.

The schema is `sim.dialogue`'s ("clarigym.dialogue/1"): the truth is in it, for a learner needs it; the rates are not,
for it must not have them.  A dialogue is written when its batch has ended; an interrupted run leaves whole dialogues,
and `--resume` goes on after them.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import tyro

from agents.agent import Agent
from agents.commands.flags import parse
from agents.commands.model_flags import ModelFlags, counts_sentence
from agents.errors import Exit, InputError, check_budget, check_episodes, check_seed, printable
from agents.evaluation.dialogue_records import START, Listener, records_of, world_of
from agents.evaluation.episodes import play
from agents.evaluation.line_file import LineFile, check_line_file
from agents.evaluation.runner import BATCH
from agents.setting import Setting, make_setting
from agents.strategies.registry import check_checkpoint, check_name, make_agent
from envs.rules import Rules
from sim.dialogue import Dialogue
from sim.phrasing import SpeechVocabulary
from sim.questions import Questions


@dataclass(frozen=True, kw_only=True)
class Simulate(ModelFlags):
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
    noise: str = "people"
    """How users err: a preset or a TOML file of rates."""
    questions: Questions = "mixed"
    """Kinds of question."""
    max_questions: int | None = None
    """Keep only so many questions, the most informative."""
    opening: bool = False
    """Users volunteer a few facts first."""
    text: bool = False
    """Put dialogues into words: the opening, each question and each answer, with what is meant."""
    unasked: bool = True
    """With --text, users now and then add a fact that nobody asked for."""
    seed: int = 0
    """Of the users, and of the agent's own draws."""
    first_episode: int = 0
    """The number of the first episode; with others, runs can be split and joined."""
    checkpoint: str = ""
    """Where a trained agent is read from; empty for the one that ships."""
    resume: tyro.conf.FlagCreatePairsOff[bool] = False
    """Go on with the file of an interrupted run, or with more episodes."""

    def __post_init__(self) -> None:
        check_name(self.agent)
        check_checkpoint(self.checkpoint, [self.agent])
        self.check_model([self.agent])
        check_episodes(self.episodes, self.first_episode)
        check_budget(self.budget)
        if not self.unasked and not self.text:
            raise InputError("--no-unasked is about what users say; give --text as well")
        check_seed(self.seed)
        check_line_file(self.out, self.resume)


def main(arguments: list[str]) -> Exit:
    config = parse(Simulate, arguments, "simulate", "Dialogues as JSONL, to train and study on.")
    rules = Rules(budget=config.budget, opening=config.opening)
    setting = make_setting(config.catalogue, config.questions, config.noise, rules,
                           max_questions=config.max_questions, checkpoint=config.checkpoint,
                           language_model=config.language_model())  # fmt: skip
    agent = make_agent(config.agent, setting)
    with LineFile(config.out, config.resume, "dialogues") as file:
        before = dialogues_of(config, file)
        try:
            found = _simulate(config, setting, agent, file, before)
        except KeyboardInterrupt:
            raise KeyboardInterrupt(f"what is done is in {config.out}, go on with --resume") from None
    if said := counts_sentence(config.agent, getattr(agent, "counts", {})):
        print(said, file=sys.stderr)
    print(f"{printable(config.out)}: {config.episodes:,} dialogues, {found:,} found")
    return Exit.OK


def _simulate(config: Simulate, setting: Setting, agent: Agent, file: LineFile, before: Sequence[Dialogue]) -> int:
    """Play and write what is missing; gives how many of all dialogues found the thing."""
    world = world_of(setting, config.questions, config.max_questions)
    vocabulary = SpeechVocabulary(setting.bank) if config.text else None
    found = sum(dialogue.success for dialogue in before)
    there = config.first_episode + len(before)
    # The batch of the last dialogue is played again: what is there already must come out of it as it is.
    first = config.first_episode + max(0, len(before) - 1) // BATCH * BATCH
    for numbers in batches(first, config.first_episode + config.episodes):
        listener = Listener(agent, len(numbers))
        played = play(agent, setting, config.seed, numbers, watch=listener)
        records = records_of(world, played, config.agent, listener)
        if vocabulary is not None:
            users = setting.population if config.unasked else None
            records = [dialogue.in_words(vocabulary, config.opening, users) for dialogue in records]
        old, new = [d for d in records if d.episode < there], [d for d in records if d.episode >= there]
        if old:
            check_same(config.out, before[-len(old) :], old)
            file.cut(START)
        file.append([dialogue.to_json() for dialogue in new])
        found += sum(dialogue.success for dialogue in new)
    return found


def batches(first: int, end: int) -> Iterator[np.ndarray]:
    """Episode numbers, `BATCH` at a time."""
    for start in range(first, end, BATCH):
        yield np.arange(start, min(start + BATCH, end))


def dialogues_of(config: Simulate, file: LineFile) -> list[Dialogue]:
    """The dialogues of a file that is gone on with.

    Raises:
        InputError: they aren't the first ones of this configuration, as far as their numbers say, or too many.
    """
    out = []
    for number, line in enumerate(file.lines):
        dialogue = Dialogue.from_json(line, f"{config.out}, line {number + 1}")
        if dialogue.episode != config.first_episode + number:
            raise InputError(f"{config.out}, line {number + 1}: episode {dialogue.episode}, expected "
                             f"{config.first_episode + number}; the file was changed")  # fmt: skip
        out.append(dialogue)
    if len(out) > config.episodes:
        raise InputError(f"{config.out} has {len(out)} dialogues already; give --episodes {len(out)} or more")
    if not out:
        file.cut(START)
    return out


def check_same(path: str, there: Sequence[Dialogue], again: Sequence[Dialogue]) -> None:
    """Raises InputError naming what differs between dialogues of a file and the same ones played again."""
    for one, other in zip(there, again, strict=True):
        a, b = _comparable(one), _comparable(other)
        for name in a:
            if a[name] != b[name]:
                plain = not isinstance(a[name], tuple | list | dict)
                what = f"{name} ({a[name]!r} there, {b[name]!r} now)" if plain else name
                raise InputError(f"{path} can't be resumed, episode {one.episode} differs in {what}")


def _comparable(dialogue: Dialogue) -> dict[str, Any]:
    """All but what a question was expected to tell: its last bits may depend on the size of a batch."""
    turns = tuple(replace(turn, eig_bits=None) for turn in dialogue.turns)
    return asdict(replace(dialogue, turns=turns))
