"""Words for yes and no in tables, mixed as people mix them: yes, No, Y, TRUE, 0."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from sim.catalogue.reading import Cells, Reading

FAMILIES: tuple[tuple[dict[str, bool], ...], ...] = (
    ({"yes": True, "no": False}, {"y": True, "n": False}),
    ({"true": True, "false": False}, {"t": True, "f": False}),
    ({"1": True, "0": False},),
    ({"on": True, "off": False},),
    ({"ja": True, "nein": False},),
    ({"oui": True, "non": False},),
    ({"sí": True, "si": True, "no": False},),
    ({"✓": True, "✗": False}, {"✔": True, "✘": False}, {"☑": True, "☐": False}, {"✅": True, "❌": False}),
)
"""Pairs of words; those of one family are mixed freely."""
WORDS = {word: truth for family in FAMILIES for pair in family for word, truth in pair.items()}
TICKS = ("x", *(word for word, truth in WORDS.items() if truth))
"""What may stand alone in a column whose other cells are empty."""


def are_flags(words: Iterable[str]) -> bool:
    """Whether the words of a column mean yes and no.

    Words of several families do where one pair is whole: T and N may be anything, "yes", "no" and "1" are clear.

    >>> are_flags({"yes", "No", "Y"}), are_flags({"T", "N"}), are_flags({"TRUE"})
    (True, False, True)
    """
    lower = {word.lower() for word in words}
    if not lower or not lower <= set(WORDS):
        return False
    whole = any(set(pair) <= lower for family in FAMILIES for pair in family)
    return whole or any(lower <= {word for pair in family for word in pair} for family in FAMILIES)


def read_flags(cells: Cells, empty: bool | None = None) -> Reading:
    """A column as flags.

    Args:
        cells: the column.
        empty: what an empty cell means; None: unknown.
    """
    words = WORDS | {"x": True}
    nothing = math.nan if empty is None else float(empty)
    lower = [None if cell is None else cell.lower() for cell in cells]
    used = {word for word in lower if word in words}
    said = ", ".join(sorted({cell for cell, word in zip(cells, lower, strict=True) if cell and word in words})[:10])
    done = [f"{said} as yes and no"] if len(used) > 2 else []
    if empty is not None and None in lower:
        done.append(f"{lower.count(None):,} empty cells as {'yes' if empty else 'no'}")
    return Reading(
        kind="flag",
        numbers=np.array([nothing if word is None else float(words.get(word, math.nan)) for word in lower]),
        unread=tuple(row for row, word in enumerate(lower) if word is not None and word not in words),
        wanted="yes or no",
        done=tuple(done),
    )
