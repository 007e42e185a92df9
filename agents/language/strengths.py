"""How strongly a pattern or a name is believed: calibrated numbers in a small file, beside the answer head.

The chance that something was said of what is sought is a logistic function of what it is (its `how`) and of the company
it keeps.  `strengths.json` holds the weights; `clarigym train-language` makes it again.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "shipped"
FILE = "strengths.json"
HOWS = (
    "name",
    "mononym",
    "typo",
    "surname",
    "misspelt",
    "genre",
    "place",
    "word",
    "flag",
    "decade",
    "year",
    "viewing",
    "range",
    "amount",
)
"""What a fact is read from."""
GROUPS = {"name": "people", "mononym": "people", "typo": "people", "surname": "people", "misspelt": "people",
"genre": "word",
          "place": "word", "word": "word", "flag": "word", "decade": "number", "year": "number", "viewing": "number",
          "range": "number",
          "amount": "number"}  # fmt: skip
"""Whose company counts alike."""
FEATURES = ("cue", "capital", "character", "compared", "seen", "watched", "setting", "made", "noun", "long", "asked",
"hedged",
            "first", "many", "reply", "alone", "short",
            "rare", "famous", "near")  # fmt: skip
"""Signs in a fact's company: a cue of its role; a capital; a character's name; a comparison; words of when somebody saw
it, and that it is the very year of seeing it; of when it is set; of when it was made; "film" behind it; a long text;
its facet was asked about; a hedge; near the beginning; more than two of its facet; the text answers a question; it is
most of the text; a short text; hardly known; well known; one letter is wrong."""


@dataclass(frozen=True)
class Strengths:
    """The weights."""

    bias: Mapping[str, float]
    """Log-odds of each `how`."""
    weights: Mapping[str, Mapping[str, float]]
    """What each sign adds, by group."""

    def probability(self, how: str, signs: frozenset[str]) -> float:
        """That it was said."""
        weights = self.weights.get(GROUPS[how], {})
        x = self.bias.get(how, 0.0) + sum(weights.get(sign, 0.0) for sign in sorted(signs))
        return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, x))))


ASSUMED = Strengths(
    bias={"name": 1.5, "mononym": 0.0, "typo": 1.0, "surname": 0.5, "misspelt": -0.5, "genre": 1.0, "place": 0.5,
    "word": 1.0, "flag": 0.0,
          "decade": 1.5, "year": 1.0, "viewing": 0.0, "range": 1.5, "amount": 1.5},
    weights={"people": {"cue": 1.0, "character": -2.0, "compared": -1.0, "asked": 2.0},
             "word": {"cue": 0.5, "noun": 0.5, "asked": 2.0},
             "number": {"seen": -1.0, "watched": -2.0, "setting": -2.0, "made": 1.0, "asked": 2.0}},
)  # fmt: skip
"""Where a fit begins; judged, not measured."""


def read_strengths(folder: Path | None = None) -> Strengths:
    """The calibrated weights of a folder, those that ship if none is given."""
    path = (folder or FOLDER) / FILE
    if not path.exists():
        return ASSUMED
    data = json.loads(path.read_text(encoding="utf-8"))
    return Strengths(data["bias"], data["weights"])
