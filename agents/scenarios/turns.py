"""A turn of a scenario as it went, with what manners are judged by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class Standing(NamedTuple):
    """Where an agent holds the truth at some moment of a dialogue."""

    rank: int = 0
    """How many intents it holds likelier than the truth, plus 1; 0 where there is no truth."""
    p: float = 0.0
    """Its belief in the truth."""


@dataclass(frozen=True, kw_only=True)
class ScenarioTurn:
    """One turn as it went."""

    question: str
    answer: str
    facet: str
    id: int
    rank: int
    """As in `Standing`, after the answer."""
    p: float
    settled: bool = False
    """What the user had said left one answer to the question."""
    unknown: bool = False
    """The user didn't know."""
    favourite: float = 0.0
    """The agent's belief in its likeliest intent, before the question."""
    false: bool = False
    """The answer is at odds with the catalogue."""
