"""Ended dialogues of an evaluation as records in the schema of `sim.dialogue`, and a file of them that is resumed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from agents.agent import Agent
from agents.errors import InputError
from agents.evaluation.episodes import Episodes
from agents.evaluation.line_file import LineFile
from agents.setting import Setting
from envs.record import dialogue_record
from envs.world import World
from sim.dialogue import SCHEMA, Dialogue
from sim.files import parse_json
from sim.questions import Questions

START = f'{{"schema":"{SCHEMA}"'
"""How each line begins."""
WAY_OUT = "delete the line and all after it, then --resume"


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


def world_of(setting: Setting, questions: Questions, max_questions: int | None) -> World:
    """The environments' view of the same world, which makes records."""
    return World(catalogue=setting.catalogue, questions=questions, max_questions=max_questions,
                 noise=setting.rates, observation="dict", rules=setting.rules)  # fmt: skip


def records_of(world: World, played: Episodes, agent: str, listener: Listener) -> list[Dialogue]:
    """The dialogues of a batch, with what the agent expected of its questions, and what was said."""
    count = len(played.episode)
    out = [dialogue_record(world, played.dialogues, b, agent, listener.eig_bits[b]) for b in range(count)]
    if played.talk is None:
        return out
    return [replace(dialogue, speech=tuple(played.talk.speech[b])) for b, dialogue in enumerate(out)]


class DialogueFile(LineFile):
    """Appends dialogues of several agents to a file; a context manager that holds its lock.

    Args:
        path: the file.
        run: fields of `Dialogue` that all of them have, for example the seed; a file of another run is refused.
        resume: go on with an existing file.

    Raises:
        InputError: the file exists and `resume` is off, or it holds something else or dialogues of another run.
        BusyError: another run is writing it.
    """

    def __init__(self, path: str | Path, run: Mapping[str, Any], resume: bool):
        super().__init__(path, resume, "dialogues")
        self.keys: list[tuple[str, int]] = []
        """(agent, episode) of those that were there already."""
        self.intents: list[int] = []
        """What each of them was about."""
        try:
            for number, line in enumerate(self.lines, 1):
                self._pass_over(line, f"{path}, line {number}", run)
            self.cut(START)
        except BaseException:
            self.__exit__()
            raise

    def _pass_over(self, line: bytes, where: str, run: Mapping[str, Any]) -> None:
        data = parse_json(line, where, InputError, f"; {WAY_OUT}")
        if not isinstance(data, dict) or data.get("schema") != SCHEMA:
            raise InputError(f"{where}: no dialogue of the schema '{SCHEMA}'; choose another --dialogues")
        differs = [f"{key} ({data.get(key)!r} there, {run[key]!r} now)" for key in run if data.get(key) != run[key]]
        if differs:
            raise InputError(f"{where}: a dialogue of another run, it differs in {', '.join(differs)}")
        agent, episode, intent = (data.get(key) for key in ("agent", "episode", "intent"))
        if not (isinstance(agent, str) and isinstance(episode, int) and isinstance(intent, int)):
            raise InputError(f"{where}: agent, episode or intent is missing; {WAY_OUT}")
        self.keys.append((agent, episode))
        self.intents.append(intent)


def marks_of_run(setting: Setting, questions: Questions, max_questions: int | None, seed: int) -> dict[str, Any]:
    """The fields that all dialogues of an evaluation have."""
    return {
        "fingerprint": setting.catalogue.fingerprint,
        "questions": questions,
        "max_questions": max_questions,
        "budget": setting.rules.budget,
        "rates": setting.rates.digest,
        "seed": seed,
    }
