"""Curves of an agent from its rows alone, each point with an interval: turn by turn, and of its calibration.

A dialogue that has ended stays as it was: at turn t it counts with what was so after its last answer.  So every turn is
about all dialogues, and a curve does not jump when the easy ones leave.  Bands are for each turn by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from agents.evaluation import intervals
from agents.evaluation.intervals import ConfidenceInterval
from agents.evaluation.metrics import Row, column

BINS = 10
"""Of a calibration curve; fewer where there are fewer than `LEAST` dialogues a bin."""
LEAST = 10


def success_by_turn(rows: Sequence[Row], budget: int) -> list[ConfidenceInterval]:
    """For t = 0 to the budget the share of dialogues that found the thing with at most t questions, by Wilson.

    Raises:
        ValueError: no rows.
    """
    _some(rows)
    right, questions = column(rows, "success") > 0, column(rows, "questions")
    return [intervals.share(int((right & (questions <= t)).sum()), len(rows)) for t in range(budget + 1)]


def bits_by_turn(rows: Sequence[Row], budget: int) -> list[ConfidenceInterval]:
    """For t = 0 to the budget the mean of the bits about the truth after t answers, by Hall.

    Bits are log2 p(truth) less that at the start, in the agent's own belief.

    Raises:
        ValueError: no rows.
    """
    bits = _carried([row["truth_bits"] for row in rows], budget)
    return [intervals.mean(x) for x in (bits - bits[:, :1]).T]


def entropy_by_turn(rows: Sequence[Row], budget: int) -> list[ConfidenceInterval]:
    """For t = 0 to the budget the mean entropy of the agent's belief after t answers, bits, by Hall.

    Raises:
        ValueError: no rows.
    """
    return [intervals.mean(x) for x in _carried([row["entropy_bits"] for row in rows], budget).T]


def _some(rows: Sequence[object]) -> None:
    if not rows:
        raise ValueError("no rows, so there is nothing to tell turn by turn")


def _carried(courses: Sequence[Sequence[float]], budget: int) -> np.ndarray:
    """(n, budget + 1): each course, its last figure repeated to the end."""
    _some(courses)
    return np.array([[*course[: budget + 1], *[course[-1]] * (budget + 1 - len(course))] for course in courses])


class CalibrationBin(NamedTuple):
    """Dialogues that gave their guess about the same probability."""

    confidence: float
    """The mean of it."""
    right: ConfidenceInterval
    """The share of guesses that were right, by Wilson."""
    dialogues: int


def calibration_curve(rows: Sequence[Row], bins: int = BINS) -> list[CalibrationBin]:
    """Dialogues with a guess in bins of equal mass, least confident first; none where nobody guessed."""
    guessed = [row for row in rows if row["guess"] >= 0]
    if not guessed:
        return []
    confidence, right = column(guessed, "p_guess"), column(guessed, "success") > 0
    order = np.argsort(confidence, kind="stable")
    parts = np.array_split(order, max(1, min(bins, len(order) // LEAST)))
    return [
        CalibrationBin(float(confidence[part].mean()), intervals.share(int(right[part].sum()), len(part)), len(part))
        for part in parts
    ]
