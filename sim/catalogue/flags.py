"""Words for yes and no in tables, mixed as people mix them: yes, No, Y, TRUE, 0."""

from __future__ import annotations

import math
from collections import Counter
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
    counts = Counter(cells)
    known = [cell for cell in counts if cell]
    used = {cell.lower() for cell in known} & set(words)
    said = ", ".join(sorted(cell for cell in known if cell.lower() in words)[:10])
    done = [f"{said} as yes and no"] if len(used) > 2 else []
    if empty is not None and None in counts:
        done.append(f"{counts[None]:,} empty cells as {'yes' if empty else 'no'}")
    means = {cell: nothing if cell is None else float(words.get(cell.lower(), math.nan)) for cell in counts}
    odd = {cell for cell in counts if cell is not None and cell.lower() not in words}
    return Reading(
        kind="flag",
        numbers=np.fromiter(map(means.__getitem__, cells), np.float64, len(cells)),
        unread=tuple(row for row, cell in enumerate(cells) if cell in odd) if odd else (),
        wanted="yes or no",
        done=tuple(done),
    )
