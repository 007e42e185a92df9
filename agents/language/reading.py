"""`TextReading`: what a text was understood to say, with the doubt that it carries.

A fact is one thing that somebody may have said of one facet, with the probability that he did.  Facts of one group
exclude each other: "De Niro or Pacino", a surname that several people bear.  That what was said may be misremembered
is not the reader's affair: the user model (`sim.channel`) knows of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from agents.language.asked import AskedQuestion
from sim.answers import ANSWERS
from sim.catalogue.catalogue import Facet
from sim.catalogue.numbers import plain
from sim.questions import QuestionBank

READ = ("no", "probably_not", "dont_know", "probably", "yes")
"""(5,) the answers as `TextReading.to_json` names them."""


@dataclass(frozen=True, kw_only=True)
class ReadFact:
    """Something that was said of a facet."""

    facet: int
    probability: float
    """That this was said of what is sought."""
    negated: bool = False
    hedged: bool = False
    value: int = -1
    """The value that was named; -1 for numbers."""
    low: float = np.nan
    """Numbers: from here; may be -inf."""
    high: float = np.nan
    """Numbers: to below here; may be inf."""
    text: str = ""
    """What was typed."""
    start: int = 0
    end: int = 0
    group: int = 0
    """Facts of one group exclude each other."""

    def to_json(self, bank: QuestionBank) -> dict[str, Any]:
        facet = bank.catalogue.facets[self.facet]
        return {
            "facet": facet.name, "value": self._value(facet), "negated": self.negated,
            "probability": round(self.probability, 4), "text": self.text,
        }  # fmt: skip

    def _value(self, facet: Facet) -> str | dict[str, float | None]:
        if facet.kind != "number":
            return facet.values[self.value]
        return {"low": _number(self.low), "high": _number(self.high)}


def _number(x: float) -> float | None:
    return float(plain(x)) if np.isfinite(x) else None


@dataclass(frozen=True, kw_only=True)
class TextReading:
    """What a text says."""

    text: str
    question: int = -1
    """The bank's question that it answers, -1 where none was asked."""
    asked: AskedQuestion | None = None
    """What it answers where the bank has no question of the same sense."""
    answer: np.ndarray | None = None
    """(5,) p(no, probably not, don't know, probably, yes); to an open question how surely something is named."""
    facts: tuple[ReadFact, ...] = ()
    items: np.ndarray | None = None
    """(N,) a log factor on each intent: how well its text matches what was said; None where none is known."""
    trust: float = 1.0
    """How far what patterns tell is believed beside `items`, for both see the same words."""
    off_topic: float = 0.0
    """The probability that it is about something else altogether."""
    notes: tuple[str, ...] = ()
    """What was not read, in sentences."""

    def to_json(self, bank: QuestionBank) -> dict[str, Any]:
        """`answer`, `facts` and `off_topic` as `clarigym understand` writes them."""
        out: dict[str, Any] = {}
        if self.answer is not None:
            out["answer"] = _rounded(dict(zip(READ, self.answer.tolist(), strict=True)))
        out["facts"] = [fact.to_json(bank) for fact in self.facts]
        out["off_topic"] = round(self.off_topic, 4)
        return out | ({"notes": list(self.notes)} if self.notes else {})

    @property
    def opens(self) -> bool:
        """It answers nothing: it opens a dialogue."""
        return self.question < 0 and self.asked is None

    @property
    def likeliest(self) -> str:
        """The answer that is likeliest, by its name; "" where no question was asked."""
        return "" if self.answer is None else ANSWERS[int(self.answer.argmax())]


def _rounded(shares: Mapping[str, float]) -> dict[str, float]:
    """To six places, from yes to no, summing to 1."""
    out = {name: round(p, 6) for name, p in reversed(list(shares.items()))}
    most = max(out, key=lambda name: out[name])
    out[most] = round(out[most] + 1.0 - sum(out.values()), 6)
    return out
