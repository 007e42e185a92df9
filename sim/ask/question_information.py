"""What questions tell, in one record: about the intent, about the user, and which answers are to be expected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from sim.ask.ranking import NOTHING, top
from sim.numeric.entropy import xlogx

SUMMARY = 5
"""Numbers that describe the answers to a question: as many as a yes/no question has answers."""


@dataclass(frozen=True, eq=False)
class QuestionInformation:
    """What k questions tell, in one dialogue or in several: `...` is () or (B,)."""

    gain_nats: np.ndarray
    """(..., k) EIG about the intent."""
    user_nats: np.ndarray
    """(..., k) I(answer; type): what the answer is expected to tell about the user."""
    answers: np.ndarray
    """(..., k, SUMMARY) predicted answers: p(answer) of a yes/no question, `open_summary` of an open one."""

    @classmethod
    def stacked(cls, parts: Sequence[Self]) -> Self:
        """(B, k) from B dialogues of k questions each."""
        return cls(
            np.stack([part.gain_nats for part in parts]), np.stack([part.user_nats for part in parts]),
            np.stack([part.answers for part in parts]),
        )  # fmt: skip

    def at(self, places: np.ndarray) -> Self:
        """(B, k) of (B, Q): the questions in these places, (B, k); zeros for NOTHING."""
        there = places != NOTHING
        at = np.where(there, places, 0)
        return type(self)(
            np.take_along_axis(self.gain_nats, at, axis=-1) * there,
            np.take_along_axis(self.user_nats, at, axis=-1) * there,
            np.take_along_axis(self.answers, at[..., None], axis=-2) * there[..., None],
        )


def open_summary(p: np.ndarray) -> np.ndarray:
    """(..., SUMMARY) of an open question's answers p, (1 + O, ...): p(don't know), p(likeliest option), entropy / log
    (1 + O), 0, 0."""
    out = np.zeros((*p.shape[1:], SUMMARY))
    out[..., 0], out[..., 1] = p[0], p[1:].max(axis=0)
    out[..., 2] = -xlogx(p).sum(axis=0) / np.log(len(p))
    return out


def shortlisted(gain_nats: np.ndarray, user_nats: np.ndarray, by_gain: int, by_user: int) -> np.ndarray:
    """The `by_gain` questions of highest EIG and behind them the `by_user` others that tell most about the user.

    Args:
        gain_nats, user_nats: (B, Q).

    Returns:
        (B, by_gain + by_user) places among the Q; NOTHING where fewer tell anything.
    """
    first, _ = top(gain_nats, by_gain)
    rest = user_nats.copy()
    rows, columns = np.nonzero(first != NOTHING)
    rest[rows, first[rows, columns]] = 0.0
    return np.concatenate([first, top(rest, by_user)[0]], axis=1)
