"""Is a file of rows a score of a suite?  What makes it none is said in a sentence.

A submission is the files of rows of one agent or more, each of which has met all users of the suite.  Nothing in them
is taken on trust that can be known here: the users are drawn again, every figure of a row that follows from others is
worked out again, and some batches of agents that are at hand can be played again.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from agents.errors import InputError
from agents.evaluation.episodes import draw_dialogues
from agents.evaluation.kept_results import SAME
from agents.evaluation.resumable_rows import read_evaluation, row_line
from agents.evaluation.runner import BATCH, EvaluationPlan, Task, TaskRunner
from agents.setting import Setting
from agents.suites.cells import check_suite
from agents.suites.suite import Suite, UserGroup
from envs.rules import Rules

CLOSE = 1e-5
"""What rounding may have taken from a figure of a row."""
MOST_REASONS = 20
Row = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Submitted:
    """A file of a submission."""

    path: str
    header: Mapping[str, Any]
    rows: Sequence[Row]

    @property
    def agents(self) -> list[str]:
        return list(dict.fromkeys(row["agent"] for row in self.rows))


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What came of a check."""

    suite: str
    agents: tuple[str, ...]
    cells: int
    rows: int
    replayed: int
    """Rows that were played again."""
    reasons: tuple[str, ...]
    """Why it is refused; none where it is accepted."""

    @property
    def accepted(self) -> bool:
        return not self.reasons


def read_submission(paths: Sequence[str]) -> list[Submitted]:
    """The files.

    Raises:
        InputError: one can't be read, is no file of rows, mixes those of two runs, or has none.
    """
    out = []
    for path in paths:
        header, rows = read_evaluation(path)
        if not rows:
            raise InputError(f"{path} has no rows yet")
        out.append(Submitted(path=path, header=header, rows=rows))
    return out


def check(
    suite: Suite, files: Sequence[Submitted], setting_of: Callable[[UserGroup], Setting], replay: int = 0,
    progress: Callable[[int, int, str], None] = lambda done, of, what: None,
) -> Verdict:  # fmt: skip
    """Whether the files are scores of the suite.

    Args:
        setting_of: makes the world of a condition.
        replay: batches of each cell that are played again, where they are chosen by the bytes of its rows.
        progress: told what is being checked.

    Raises:
        InputError: an agent that is to be played again is not to be had here.
    """
    reasons: list[str] = []
    cells: dict[tuple[str, str], Submitted] = {}
    versions: dict[str, str] = {}
    replayed = 0
    for file in files:
        try:
            condition = _condition_of(suite, file)
            versions.setdefault(_version_of(file), file.path)
            for agent in file.agents:
                other = cells.setdefault((condition.title, agent), file)
                if other is not file:
                    raise InputError(f"{file.path}: {agent} with {condition.title} is in {other.path} already")
        except InputError as problem:
            reasons.append(str(problem))
    reasons += _missing(suite, cells)
    if len(versions) > 1:
        told = " and ".join(f"{version} ({path})" for version, path in versions.items())
        reasons.append(f"the files were made by several versions of clarigym: {told}")
    if not reasons:  # the dear part only for what is whole
        for done, condition in enumerate(suite.conditions()):
            progress(done, len(suite.conditions()), condition.title)
            setting = setting_of(condition)
            for (title, agent), file in cells.items():
                if title == condition.title:
                    rows = [row for row in file.rows if row["agent"] == agent]
                    found, again = _check_cell(condition, setting, file, agent, rows, replay)
                    reasons += found
                    replayed += again
    return Verdict(suite=suite.label, agents=tuple(dict.fromkeys(agent for _, agent in cells)), cells=len(cells),
                   rows=sum(len(file.rows) for file in files), replayed=replayed,
                   reasons=tuple(reasons[:MOST_REASONS]))  # fmt: skip


def _version_of(file: Submitted) -> str:
    made_with = file.header.get("made_with")
    return str(made_with.get("clarigym")) if isinstance(made_with, dict) else "an unknown one"


def _condition_of(suite: Suite, file: Submitted) -> UserGroup:
    """The users that the file says to have met.

    Raises:
        InputError: they, or the rules, are none of the suite's.
    """
    check_suite(file.path, file.header, suite)
    config = file.header["config"]
    for condition in suite.conditions():
        wanted = condition.options()
        # Files of one's own may lie elsewhere with others; fingerprint and rates say whether they are the same.
        if any(Path(str(config.get(key))).name != Path(wanted[key]).name for key in ("catalogue", "noise")):
            continue
        wanted |= {"first_episode": 0, "judge": "", "agent_seed": None}
        differs = [f"{key} ({config.get(key)!r} there, {value!r} in the suite)" for key, value in wanted.items()
                   if key not in ("catalogue", "noise") and config.get(key, "nothing") != value]  # fmt: skip
        if differs:
            raise InputError(f"{file.path}: not the rules of {suite.label}: {'; '.join(differs)}")
        return condition
    raise InputError(f"{file.path}: users of {config.get('catalogue')!r}, {config.get('noise')!r}; {suite.label} has "
                     "none such")  # fmt: skip


def _missing(suite: Suite, cells: Mapping[tuple[str, str], Submitted]) -> list[str]:
    """What each agent has not met, all of it in a sentence."""
    out = []
    for agent in dict.fromkeys(agent for _, agent in cells):
        missing = [c.title for c in suite.conditions() if (c.title, agent) not in cells]
        if missing:
            more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
            out.append(f"{agent} has not met all users of {suite.label}: {'; '.join(missing[:3])}{more} missing")
    return out


def _check_cell(
    condition: UserGroup, setting: Setting, file: Submitted, agent: str, rows: Sequence[Row], replay: int
) -> tuple[list[str], int]:
    """Why the cell doesn't count, the first reason alone; and how many of its rows were played again."""
    where = f"{file.path}: {agent}"
    try:
        _check_users(condition, setting, file)
        count = condition.episodes(agent)
        numbers = [row["episode"] for row in rows]
        if sorted(numbers) != list(range(count)):
            raise InputError(f"{where}: {len(rows):,} rows of episodes {min(numbers)} to {max(numbers)}, not those of "
                             f"0 to {count - 1}, each once")  # fmt: skip
        _check_intents(condition, setting, where, rows)
        for row in rows:
            wrong = wrong_sum(row, setting.rules)
            if wrong:
                raise InputError(f"{where}, episode {row['episode']}: {wrong}; the row was changed")
        return [], _replay(condition, setting, where, agent, rows, replay)
    except InputError as problem:
        return [str(problem)], 0


def _check_users(condition: UserGroup, setting: Setting, file: Submitted) -> None:
    told = file.header.get("fingerprint"), file.header.get("rates_digest")
    mine = setting.catalogue.fingerprint, setting.rates.digest
    for what, there, here in zip(("catalogue", "rates of users"), told, mine, strict=True):
        if there != here:
            raise InputError(f"{file.path}: another {condition.title}: {what} {there!r} there, {here!r} here")


def _check_intents(condition: UserGroup, setting: Setting, where: str, rows: Sequence[Row]) -> None:
    """Raises InputError where an episode isn't the user that the suite's seed draws."""
    suite = condition.suite
    episodes = np.arange(len(rows))
    drawn = draw_dialogues(setting, suite.seed, episodes, suite.users_per_intent).users.intent.tolist()
    for row in rows:
        if row["intent"] != drawn[row["episode"]]:
            raise InputError(f"{where}, episode {row['episode']}: the user wants item {row['intent']}, where "
                             f"{suite.label} has one who wants {drawn[row['episode']]}")  # fmt: skip


def wrong_sum(row: Row, rules: Rules) -> str:
    """What figure of a row doesn't follow from the others, in words; empty where all do."""
    right = row["guess"] == row["intent"] and not row["user_left"]
    start, end = 2.0 ** row["truth_bits"][0], 2.0 ** row["truth_bits"][-1]
    paid = (rules.reward_right if right else rules.reward_wrong) - rules.question_cost * row["questions"]
    checks = (
        (0 <= row["questions"] <= rules.budget, f"questions = {row['questions']}, the budget is {rules.budget}"),
        (row["success"] == right, f"success = {str(row['success']).lower()}, but guess and intent say otherwise"),
        (_near(row["reward"], paid), f"reward = {row['reward']}, where guess and questions make {paid:.9g}"),
        (_near(row["bits"], math.log2(end) - math.log2(start)), f"bits = {row['bits']}, not what truth_bits say"),
        (_near(row["nll_nats"], -math.log(end)), f"nll_nats = {row['nll_nats']}, not what truth_bits say"),
        (row["false_answers"] == len(row["false_turns"]), f"false_answers = {row['false_answers']}, not their count"),
        (0 <= row["p_guess"] <= 1 + CLOSE, f"p_guess = {row['p_guess']}"),
        (not right or _near(row["p_guess"], end), f"p_guess = {row['p_guess']}, not what truth_bits say"),
        ((1 - end) ** 2 - CLOSE <= row["brier"] <= 2 + CLOSE, f"brier = {row['brier']}, which that belief can't have"),
        (all(0 <= p <= 1 + CLOSE for p in (start, end)), "truth_bits above 0"),
    )
    return next((words for holds, words in checks if not holds), "")


def _near(a: float, b: float) -> bool:
    return abs(a - b) <= CLOSE


def _replay(
    condition: UserGroup, setting: Setting, where: str, agent: str, rows: Sequence[Row], batches: int
) -> int:  # fmt: skip
    """Play some batches again; gives how many rows that were.

    Raises:
        InputError: one comes out otherwise.
    """
    if not batches:
        return 0
    suite, by_episode = condition.suite, {row["episode"]: row for row in rows}
    # Whoever writes the rows can't know which will be looked at until all of them are written.
    seed = hashlib.blake2b("".join(map(row_line, map(dict, rows))).encode(), digest_size=8).digest()
    starts = np.arange(0, len(rows), BATCH)
    chosen = np.random.default_rng(int.from_bytes(seed)).permutation(starts)[:batches]
    plan = EvaluationPlan(setting={}, agents=(agent,), episodes=len(rows), seed=suite.seed, agent_seed=suite.seed,
                          users_per_intent=suite.users_per_intent)  # fmt: skip
    runner, again = TaskRunner(plan, setting), 0
    for first in sorted(chosen.tolist()):
        for row in runner.run(Task(agent=agent, first=first, end=min(first + BATCH, len(rows)))).rows:
            there = by_episode[row["episode"]]
            differs = [key for key in row if not _as_before(key, row[key], there[key])]
            if differs:
                raise InputError(f"{where}, episode {row['episode']}: played again, it differs in {', '.join(differs)}")
            again += 1
    return again


def _as_before(key: str, now: Any, there: Any) -> bool:
    """Whether a figure came out as it was; those of beliefs may differ in their last bits."""
    if key in SAME or isinstance(now, bool | str | int):
        return now == there
    if isinstance(now, list):
        return len(now) == len(there) and all(map(_near, now, there))
    return _near(now, there)


def to_json(verdict: Verdict) -> str:
    """A verdict for machines."""
    told = {"suite": verdict.suite, "accepted": verdict.accepted, "reasons": verdict.reasons,
            "agents": verdict.agents, "cells": verdict.cells, "rows": verdict.rows,
            "replayed": verdict.replayed}  # fmt: skip
    return json.dumps(told, ensure_ascii=False)
