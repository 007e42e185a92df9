"""Kinds of facets, and how a facet is asked about and stated in English."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

_LARGE, _THOUSANDS = (re.compile(rf"(?<![\d.,e])\d{{{digits},}}(?![\d.e])") for digits in (5, 4))
"""Whole numbers that are read with a comma, and those that get one beside such a number."""
_LARGE_BIN = re.compile(r"(\d{5,}) to (\d{5,})")


@dataclass(frozen=True, kw_only=True)
class Wording:
    """How a facet is spoken of.  In each template `{value}` stands for the value's name."""

    noun: str
    """What the facet is called in a sentence: "year of release"."""
    yesno: str
    """A yes/no question: "Was it directed by {value}?"."""
    open: str
    """An open question: "Who directed it?"; empty for a flag."""
    statement: str
    """What a user volunteers: "It was directed by {value}."."""
    unit: str = ""
    """Appended to a number: " minutes"."""
    prefix: str = ""
    """Put before a number: "$"."""

    def measured(self, text: str) -> str:
        """A number, or a range of numbers, with its unit, as people say it.

        >>> Wording.default("runtime", "number", unit=" minutes").measured("170 or more")
        '170 minutes or more'
        >>> Wording.default("price", "number", prefix="$").measured("500 to 1000")
        '$500 to $1000'
        >>> Wording.default("price", "number", prefix="$").measured("200001 to 400000")
        'over $200,000 to $400,000'
        """
        # A bin of whole numbers begins just above a round one.
        if (bin_ := _LARGE_BIN.fullmatch(text)) is not None and int(bin_[1]) % 1000 == 1:
            text = f"over {int(bin_[1]) - 1} to {bin_[2]}"
        if _LARGE.search(text):
            text = _THOUSANDS.sub(lambda number: f"{int(number[0]):,}", text)
        if self.prefix:
            text = re.sub(r"(?<![\d.,e])\d[\d.,]*(?:e[-+]?\d+)?", lambda number: self.prefix + number[0], text)
        for tail in (" or more", " or less"):
            if self.unit and text.endswith(tail):
                return text.removesuffix(tail) + self.unit + tail
        return text + self.unit

    @staticmethod
    def default(name: str, kind: Kind, **given: str) -> Wording:
        """Plain English for a facet about which nothing is known but its name and kind."""
        noun = given.pop("noun", name.replace("_", " ").strip())
        templates = {
            "one": (f"Is the {noun} {{value}}?", f"What is the {noun}?", f"The {noun} is {{value}}."),
            "many": (
                f"Is {{value}} among the {noun}?",
                f"What is one of the {noun}?",
                f"{{value}} is among the {noun}.",
            ),
            "number": (
                f"Is the {noun} over {{value}}?",
                f"What is the {noun}, roughly?",
                f"The {noun} is about {{value}}.",
            ),
            "flag": (f"Is it {noun}?", "", f"It is {noun}."),
        }
        yesno, open_, statement = templates[kind]
        if kind == "flag" and noun.lower().startswith(("is ", "has ")):
            verb, noun = noun.split(" ", 1)
            yesno, statement = f"Is it {noun}?", f"It is {noun}."
            if verb.lower() == "has":
                yesno, statement = f"Does it have {noun}?", f"It has {noun}."
        parts = {"noun": noun, "yesno": yesno, "open": open_, "statement": statement} | given
        return Wording(**parts)


Kind = Literal["one", "many", "number", "flag"]
KINDS: tuple[Kind, ...] = ("one", "many", "number", "flag")
