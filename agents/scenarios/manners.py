"""The asker's manners: what is settled by what the user said, and how questions follow each other.

A question is settled when the answers before it leave one possible answer: after "after 2000? yes" nobody needs to ask
"after 1990?".  Only answers that are certain count; a user who said "probably" or "I don't know" may be asked further.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import numpy as np

from agents.scenarios.turns import ScenarioTurn
from sim.answers import NO, OPEN_DONT_KNOW, YES
from sim.channel.opening import SILENT
from sim.questions import OPEN, OVER, QuestionBank


class Settled:
    """What one user's certain answers leave open, facet by facet.

    Args:
        said: (F,) options that the opening states, SILENT for none; None: no opening.
    """

    def __init__(self, bank: QuestionBank, said: np.ndarray | None = None):
        self.bank = bank
        self._possible: dict[int, np.ndarray] = {}  # scalar facets: (V,) which values are left
        self._held: dict[int, dict[int, bool]] = {}  # facets of several values: value to whether it holds
        self._asked: set[int] = set()
        said = np.full(len(bank.catalogue.facets), SILENT) if said is None else said
        for f in np.flatnonzero(said != SILENT).tolist():
            self._take(f, OPEN, -1, int(said[f]) + 1)
            self._asked.add(int(bank.open_question[f]))

    def settles(self, question: int) -> bool:
        """Whether what was said leaves one answer to the question."""
        bank, f = self.bank, int(self.bank.facet[question])
        if question in self._asked:
            return True
        kind, value = int(bank.kind[question]), int(bank.value[question])
        if not bank.catalogue.facets[f].scalar:
            return kind != OPEN and value in self._held.get(f, {})
        possible = self._possible.get(f)
        if possible is None:
            return False
        outcomes = self._outcomes(f, kind, value)[possible]
        return bool((outcomes == outcomes[0]).all())

    def hear(self, question: int, answer: int) -> None:
        """Take in an answer; one that is hedged, unknown or missing settles nothing."""
        kind = int(self.bank.kind[question])
        certain = answer > OPEN_DONT_KNOW if kind == OPEN else answer in (NO, YES)
        if certain:
            self._asked.add(question)
            self._take(int(self.bank.facet[question]), kind, int(self.bank.value[question]), answer)

    def _take(self, f: int, kind: int, value: int, answer: int) -> None:
        facet = self.bank.catalogue.facets[f]
        if not facet.scalar:
            held = self._held.setdefault(f, {})
            held[value if kind != OPEN else answer - 1] = kind == OPEN or answer == YES
            return
        said = answer - 1 if kind == OPEN else int(answer == YES)
        fits = self._outcomes(f, kind, value) == said
        left = fits & self._possible.get(f, True)
        if not left.any():  # the user contradicts himself: the last word counts
            left = fits
        if left.any():
            self._possible[f] = left

    def _outcomes(self, f: int, kind: int, value: int) -> np.ndarray:
        """(V,) what each value of a scalar facet answers."""
        facet = self.bank.catalogue.facets[f]
        values = np.arange(len(facet.values))
        if kind == OPEN:
            return np.asarray(facet.option_of)
        return (values >= value if kind == OVER else values == value).astype(np.int64)


def longest_run(turns: Sequence[ScenarioTurn]) -> int:
    """The most questions in a row on one facet."""
    return max((len(list(group)) for _, group in groupby(turns, key=lambda turn: turn.facet)), default=0)


def most_unknown(turns: Sequence[ScenarioTurn]) -> tuple[int, str]:
    """The most answers "I don't know" on one facet, and which it is."""
    unknown = [turn.facet for turn in turns if turn.unknown]
    return max(((unknown.count(facet), facet) for facet in unknown), default=(0, ""))


def most_words(turns: Sequence[ScenarioTurn]) -> int:
    """The words of the longest question."""
    return max((len(turn.question.split()) for turn in turns), default=0)


def asked_though_sure(turns: Sequence[ScenarioTurn], level: float) -> list[int]:
    """The turns, from 1, before which the asker believed in one intent more than `level`."""
    return [k for k, turn in enumerate(turns, 1) if turn.favourite > level]
