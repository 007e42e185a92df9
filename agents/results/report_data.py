"""What a report says, as plain figures: files of rows become conditions, each with its agents, and dialogues join them.

A condition is one set of users under one set of rules: catalogue, rates, seed, opening, questions and budget.  Agents
of several files that met the same users stand side by side, so two versions of one agent can be compared; where names
clash, the file's name is added.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agents.errors import InputError
from agents.evaluation.intervals import LEVEL
from agents.evaluation.metrics import paired, summary
from agents.evaluation.regret_split import regret_splits
from agents.evaluation.resumable_rows import SCHEMA as ROWS
from agents.evaluation.resumable_rows import read_evaluation
from agents.evaluation.significance import holm
from agents.results.dialogue_index import DialogueIndex, Entry, Filter, kind_of
from agents.strategies.registry import SPLIT, YARDSTICK
from sim.dialogue import Dialogue
from sim.names.did_you_mean import did_you_mean

OF_CONDITION = ("catalogue", "noise", "questions", "budget", "max_questions", "opening", "users_per_intent", "seed")
"""Fields of a configuration that tell conditions apart, as they are named to people."""
PIECE = 2000
"""Dialogues that are read at a time."""
Row = dict[str, Any]


@dataclass
class Condition:
    """One set of users under one set of rules, and the agents that met them."""

    config: Mapping[str, Any]
    fingerprint: str
    rates_digest: str
    agents: dict[str, list[Row]] = field(default_factory=dict)
    """Label to rows, in the order of episodes."""
    mixtures: dict[str, list[Row]] = field(default_factory=dict)
    """The same of agents that ask as one and believe as another; they stand in the split of regrets alone."""
    names: dict[str, str] = field(default_factory=dict)
    """Label to the agent's name in its rows."""

    @property
    def budget(self) -> int:
        return int(self.config["budget"])

    @property
    def users_per_intent(self) -> int:
        return int(self.config.get("users_per_intent", 1))

    def figures(self) -> dict[str, dict[str, Any]]:
        """Label to `agents.evaluation.metrics.summary`; regret where `exact` met the same users."""
        exact = {row["episode"]: row for row in self.agents.get(YARDSTICK, ())}
        out = {}
        for label, rows in self.agents.items():
            same = [exact[row["episode"]] for row in rows if row["episode"] in exact]
            reference = same if exact and len(same) == len(rows) else None  # an agent may have met fewer users
            out[label] = summary(rows, self.budget, reference, self.users_per_intent)
        return out

    def differences(self, baseline: str) -> list[dict[str, Any]]:
        """Every other agent less the baseline; Holm's correction is for all metrics of all of them together.

        Raises:
            InputError: the same episode has two intents.
        """
        found = [self._pair(label, baseline) for label in self.agents if label != baseline]
        found = [one for one in found if one["episodes"]]
        every = [figures for one in found for figures in one["metrics"].values()]
        for figures, p in zip(every, holm([figures["p"] for figures in every]), strict=True):
            figures |= {"p_holm": p, "differs": p < 1 - LEVEL}
        return found

    def regret_splits(self) -> dict[str, dict[str, Any]]:
        """Label to the two parts of its regret, where `evaluate --judge exact` has played it."""
        return regret_splits(self.agents | self.mixtures, self.users_per_intent)

    def _pair(self, label: str, baseline: str) -> dict[str, Any]:
        a, b = ({row["episode"]: row for row in self.agents[x]} for x in (label, baseline))
        shared = sorted(a.keys() & b.keys())
        if any(a[e]["intent"] != b[e]["intent"] for e in shared):
            raise InputError(f"{label} and {baseline} don't pair: the same episode has two intents")
        rows = [a[e] for e in shared], [b[e] for e in shared]
        try:
            metrics = paired(*rows, (self.budget, self.budget), self.users_per_intent) if shared else {}
        except ValueError:  # no intent is complete
            metrics, shared = {}, []
        return {"agent": label, "episodes": len(shared), "metrics": metrics}


@dataclass
class ReportData:
    """All that a report is made of."""

    conditions: list[Condition]
    files: list[tuple[str, Mapping[str, Any]]]
    """Each file of rows with its header."""
    worst: list[tuple[Entry, Dialogue, Row | None]]
    """The worst dialogues, and the row of each where its file is given."""
    dialogues: int
    """How many there are in all."""


def read_report(
    paths: Sequence[str], worst: int, progress: Callable[[float, str], None] = lambda share, what: None
) -> ReportData:
    """Read what a report is made of.

    Args:
        worst: how many of the worst dialogues to take.
        progress: told the share that is done, and what is being done.

    Raises:
        InputError: a file is empty, holds neither rows nor dialogues, or mixes runs; no rows at all; or dialogues that
            belong to none of the rows.
        DialogueError: one of the worst dialogues is none.
    """
    kinds = {path: kind_of(path) for path in paths}
    row_files = [path for path in paths if kinds[path] == ROWS]
    dialogue_files = [path for path in paths if kinds[path] != ROWS]
    if not row_files:
        raise InputError(f"{', '.join(paths)}: dialogues without rows; give the file of evaluate's --out as well")
    progress(0.0, "reading rows")
    files = [(path, *read_evaluation(path)) for path in row_files]
    conditions = _conditions(files)
    data = ReportData(conditions, [(path, header) for path, header, _ in files], [], 0)
    if dialogue_files:
        _join(data, dialogue_files, worst, progress)
    return data


def _conditions(files: Sequence[tuple[str, dict[str, Any], list[Row]]]) -> list[Condition]:
    labels = _labels(files)
    out: dict[str, Condition] = {}
    for path, header, rows in files:
        if not rows:
            raise InputError(f"{path} has no rows yet; go on with the run by evaluate --resume")
        condition = out.setdefault(
            _users_and_rules(header),
            Condition(header["config"], str(header.get("fingerprint")), str(header.get("rates_digest"))),
        )
        for row in rows:
            label = labels[path, row["agent"]]
            condition.names[label] = row["agent"]
            kind = condition.mixtures if SPLIT in row["agent"] else condition.agents
            kind.setdefault(label, []).append(row)
    for condition in out.values():
        condition.agents = condition.agents or condition.mixtures  # nothing but mixtures: then they are the agents
        for rows in (*condition.agents.values(), *condition.mixtures.values()):
            rows.sort(key=lambda row: row["episode"])
    return list(out.values())


def _users_and_rules(header: Mapping[str, Any]) -> str:
    """What tells conditions apart; users by their rates, for a name may stand for others tomorrow."""
    config = {key: header["config"].get(key) for key in OF_CONDITION if key not in ("catalogue", "noise")}
    config["users_per_intent"] = config["users_per_intent"] or 1
    return json.dumps([config, header.get("fingerprint"), header.get("rates")], sort_keys=True)


def _labels(files: Sequence[tuple[str, dict[str, Any], list[Row]]]) -> dict[tuple[str, str], str]:
    """(file, agent) to a name that no other agent of the same condition has."""
    met = [(path, _users_and_rules(header), agent) for path, header, rows in files
           for agent in dict.fromkeys(row["agent"] for row in rows)]  # fmt: skip
    clashes = Counter((users, agent) for _, users, agent in met)
    stems = Counter((users, agent, Path(path).stem) for path, users, agent in met)
    out = {}
    for path, users, agent in met:
        stem = Path(path).stem
        mark = f" ({stem if stems[users, agent, stem] == 1 else path})"
        out[path, agent] = agent + mark * (clashes[users, agent] > 1)
    return out


def titles(conditions: Sequence[Condition]) -> list[str]:
    """What tells each condition from the others, and what it is: "animals, people noise"."""
    told = [key for key in OF_CONDITION if len({json.dumps(c.config.get(key)) for c in conditions}) > 1]
    out = []
    for condition in conditions:
        config = condition.config
        rest = [f"{key.replace('_', ' ')} {config.get(key)}" for key in told if key not in ("catalogue", "noise")]
        out.append(", ".join([str(config.get("catalogue")), f"{config.get('noise')} noise", *rest]))
    return out


def baseline_of(condition: Condition, wanted: str) -> str:
    """The label that others are compared with: the one asked for, or the first.

    Raises:
        InputError: there is no such agent.
    """
    if not wanted:
        return next(iter(condition.agents))
    for label, name in condition.names.items():
        if wanted in (label, name):
            return label
    labels = list(condition.agents)
    raise InputError(f"no agent '{wanted}' in the rows{did_you_mean(wanted, labels)} (there are: {', '.join(labels)})")


def _join(data: ReportData, paths: Sequence[str], worst: int, progress: Callable[[float, str], None]) -> None:
    """Add the worst dialogues, each with its row.

    Raises:
        InputError: none of the dialogues has a row.
    """
    index = DialogueIndex(paths)
    while index.read(PIECE):
        progress(index.share_read, "reading dialogues")
    rows: dict[tuple[object, ...], Row | None] = {}
    for condition in data.conditions:
        users = condition.fingerprint, condition.rates_digest, condition.config["seed"]
        for label, of_agent in (condition.mixtures | condition.agents).items():
            for row in of_agent:
                key = (*users, row["episode"], condition.names[label])
                rows[key] = None if key in rows else row  # two files have it: which one the dialogue is of is open
    keys = [(*entry.user, entry.agent) for entry in index.entries]
    if not any(key in rows for key in keys):
        raise InputError(f"{', '.join(paths)}: not one of these dialogues is of a row that was given; "
                         "they are of another run")  # fmt: skip
    row_of = dict(zip(((e.file, e.line) for e in index.entries), (rows.get(key) for key in keys), strict=True))

    def badness(entry: Entry) -> float:
        row = row_of[entry.file, entry.line]
        return 0.0 if row is None else row["truth_bits"][-1]

    chosen = sorted(index.chosen(Filter(outcome="not found"), "worst"), key=badness)[:worst]
    data.worst = [(entry, index.dialogue(entry), row_of[entry.file, entry.line]) for entry in chosen]
    data.dialogues = len(index.entries)
