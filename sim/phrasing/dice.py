"""Seeded choices of words: a row of hash draws, taken one after the other.

What somebody says is a function of (seed, episode, what it is about) alone, as everything that a simulated user does
(`sim.numeric.randomness`).  Within one text choices follow each other, so they take the draws of one stream in order.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from sim.numeric.randomness import Purpose, draw, extend, stream

T = TypeVar("T")
_AT_ONCE = 64


class Dice:
    """Draws of one text, in order.

    >>> dice = Dice(7, 0, 1)
    >>> dice.pick("abc") == Dice(7, 0, 1).pick("abc")
    True
    """

    def __init__(self, seed: int, episode: int, *key: int) -> None:
        self._start = extend(stream(seed, episode), Purpose.SPEECH, *key)
        self._drawn: list[float] = []
        self._at = 0

    def uniform(self) -> float:
        """The next draw, in [0, 1)."""
        if self._at == len(self._drawn):
            self._drawn += draw(self._start, np.arange(self._at, self._at + _AT_ONCE)).tolist()
        self._at += 1
        return self._drawn[self._at - 1]

    def chance(self, p: float) -> bool:
        return self.uniform() < p

    def pick(self, among: Sequence[T]) -> T:
        """One of several, each alike; a draw is taken even where there is but one."""
        return among[int(self.uniform() * len(among))]

    def pick_front(self, among: Sequence[T]) -> T:
        """One of several, the first ones oftener, as the commonest words are."""
        return among[int(self.uniform() ** 1.6 * len(among))]
