"""Names that are nearly what was typed: those that share most trigrams with it, then letter by letter."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

CANDIDATES = 24
"""Names that are compared letter by letter."""


class TrigramIndex:
    """Which names share most trigrams with a text; the few best are then compared letter by letter."""

    def __init__(self, keys: Sequence[str], known: Sequence[float]) -> None:
        self.keys, self.known = list(keys), list(known)
        ids: dict[str, int] = {}
        grams: list[int] = []
        owners: list[int] = []
        for k, key in enumerate(self.keys):
            for gram in _grams(key):
                grams.append(ids.setdefault(gram, len(ids)))
                owners.append(k)
        order = np.argsort(np.array(grams, dtype=np.int64), kind="stable")
        self._ids = ids
        self._owners = np.array(owners, dtype=np.int32)[order]
        counts = np.bincount(np.array(grams, dtype=np.int64), minlength=len(ids))
        self._starts = np.concatenate([[0], np.cumsum(counts)])

    def near(self, typed: str, off: int) -> list[str]:
        """The names that differ in at most `off` letters, the nearest first, of those as near the best known."""
        from rapidfuzz.distance import OSA

        known = [g for gram in _grams(typed) if (g := self._ids.get(gram)) is not None] if self.keys else []
        if not known:
            return []
        shared = np.bincount(
            np.concatenate([self._owners[self._starts[g] : self._starts[g + 1]] for g in known]),
            minlength=len(self.keys),
        )
        # Each slip spoils three trigrams at most, and a name has about as many trigrams as letters.
        least = max(2, math.ceil(len(typed) - 1 - 3 * off))
        best = np.argpartition(-shared, min(CANDIDATES, len(shared) - 1))[:CANDIDATES]
        found = [(OSA.distance(typed, self.keys[k], score_cutoff=off), -self.known[k], self.keys[k])
                 for k in best.tolist() if shared[k] >= least]  # fmt: skip
        return [name for distance, _, name in sorted(found) if distance <= off]


def _grams(text: str) -> set[str]:
    padded = f" {text} "
    return {padded[k : k + 3] for k in range(len(padded) - 2)}
