"""Regret in two parts: what an agent loses by its questions, and what by its belief.

Four agents meet the same users: the agent A, `exact` E, and the two that mix them: A+E asks A's questions and believes
exactly, E+A asks exact's questions and believes as A does (`agents.strategies.split`).  Whether questions or belief are
put right first makes a difference, so both orders are averaged:

    by questions = 1/2 [(E - A+E) + (E+A - A)],    by belief = 1/2 [(A+E - A) + (E - E+A)]

in mean reward.  The two add up to the regret E - A.  A part may be below 0: where belief and questions suit each
other, putting one right alone can do harm.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from agents.evaluation.metrics import Row, by_intent, column, figure, mean_of
from agents.strategies.registry import SPLIT, YARDSTICK

PARTS = ("regret_by_questions", "regret_by_belief")


def mixtures(agent: str) -> tuple[str, str]:
    """The names of the two: the agent's questions with exact's belief, and the reverse.

    >>> mixtures("uniform")
    ('uniform+exact', 'exact+uniform')
    """
    return f"{agent}{SPLIT}{YARDSTICK}", f"{YARDSTICK}{SPLIT}{agent}"


def judged(names: Sequence[str]) -> tuple[str, ...]:
    """The agents, `exact`, and the mixtures of each with it: all that the split of their regrets needs."""
    alone = list(dict.fromkeys([*names, YARDSTICK]))
    return (*alone, *(mixture for name in alone if name != YARDSTICK for mixture in mixtures(name)))


def regret_splits(rows: Mapping[str, Sequence[Row]], users_per_intent: int = 1) -> dict[str, dict[str, Any]]:
    """Agent to `PARTS` with their intervals (Hall), for those whose mixtures met the same users.

    Args:
        rows: agent to its rows, in the order of episodes.
        users_per_intent: above 1 the intervals go by the means of intents.
    """
    out = {}
    for agent in rows:
        four = [rows.get(name) for name in (agent, *mixtures(agent), YARDSTICK)]
        if agent == YARDSTICK or SPLIT in agent or not all(_same_users(rows[agent], other) for other in four):
            continue
        own, asks, believes, exact = (column(of_one or (), "reward") for of_one in four)
        parts = ((exact - asks) + (believes - own)) / 2, ((asks - own) + (exact - believes)) / 2
        found: dict[str, Any] = {}
        for name, values in zip(PARTS, parts, strict=True):
            groups = by_intent(rows[agent], values, users_per_intent).mean(axis=1) if users_per_intent > 1 else values
            found |= figure(name, mean_of(groups)) | {name: float(values.mean())}
        out[agent] = found
    return out


def _same_users(rows: Sequence[Row], others: Sequence[Row] | None) -> bool:
    return bool(rows) and others is not None and np.array_equal(column(rows, "episode"), column(others, "episode"))
