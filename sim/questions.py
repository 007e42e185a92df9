"""The questions that a catalogue's facets allow.

Each question touches one facet, and that is what makes everything fast: what it can tell depends on the belief through
the marginal of its facet alone.

Yes/no questions (`is`, `among`, `over`) have five answers, from "no" to "yes" with "don't know" in the middle; open
ones (`which`, `when`) have "don't know" as answer 0 and option u as answer u + 1, so that ids don't move with the
number of options.  The bank is ordered by facet; in a facet the open question stands first, then values or thresholds
ascending.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal, get_args

import numpy as np

from sim.answers import ANSWERS, DONT_KNOW, OPEN_DONT_KNOW
from sim.catalogue.catalogue import Catalogue, Facet
from sim.catalogue.thresholds import roundness, threshold_question
from sim.names.arguments import one_of, whole
from sim.numeric.entropy import binary_entropy_for_order, entropy_nats

Questions = Literal["yesno", "open", "mixed"]
IS, OVER, OPEN = range(3)
"""Kinds of question: is it this value, is the number over this one, and which."""
THRESHOLDS = 24
"""Questions "is it over ...?" about one facet, at most."""


@dataclass(frozen=True, eq=False, kw_only=True)
class QuestionBank:
    """Q questions as parallel arrays; `question_bank` makes one."""

    catalogue: Catalogue
    facet: np.ndarray
    """(Q,) int32: the facet it touches."""
    kind: np.ndarray
    """(Q,) int8: IS, OVER or OPEN."""
    value: np.ndarray
    """(Q,) int32: IS: the value asked for; OVER: true of fine bins >= this one; OPEN: -1."""
    answers: np.ndarray
    """(Q,) int32: how many answers it has: 5, or 1 + options."""
    full_size: int
    """Questions before `max_questions` cut the bank."""

    def __len__(self) -> int:
        return len(self.facet)

    @cached_property
    def starts(self) -> np.ndarray:
        """(F + 1,) facet f's questions are starts[f]:starts[f + 1]."""
        return np.searchsorted(self.facet, np.arange(len(self.catalogue.facets) + 1))

    @cached_property
    def open_question(self) -> np.ndarray:
        """(F,) int64: the id of each facet's open question, -1 where the bank has none."""
        out = np.full(len(self.catalogue.facets), -1, dtype=np.int64)
        ids = np.flatnonzero(self.kind == OPEN)
        out[self.facet[ids]] = ids
        return out

    @cached_property
    def question_of_value(self) -> tuple[np.ndarray, ...]:
        """For each facet, (V,) int64: the id of the yes/no question on each value or threshold, -1 for none."""
        out = []
        for f, facet in enumerate(self.catalogue.facets):
            ids = np.arange(self.starts[f], self.starts[f + 1])
            ids = ids[self.kind[ids] != OPEN]
            table = np.full(len(facet.values), -1, dtype=np.int64)
            table[self.value[ids]] = ids
            out.append(table)
        return tuple(out)

    def text(self, question: int) -> str:
        """The question in English."""
        facet = self.catalogue.facets[self.facet[question]]
        if self.kind[question] == OPEN:
            return facet.wording.open
        value = int(self.value[question])
        if self.kind[question] == OVER and facet.over is not None:
            return threshold_question(facet, value)
        own = facet.questions.get(facet.values[value]) if facet.questions else None
        return own or facet.wording.yesno.replace("{value}", facet.values[value])

    def answer_text(self, question: int, answer: int) -> str:
        """The answer in English."""
        if self.kind[question] != OPEN:
            return ANSWERS[answer]
        if answer == OPEN_DONT_KNOW:
            return ANSWERS[DONT_KNOW]
        return self.catalogue.facets[self.facet[question]].label(answer - 1)


def question_bank(
    catalogue: Catalogue, questions: Questions = "mixed", max_questions: int | None = None
) -> QuestionBank:
    """All questions of the given kind that can tell anything.

    Args:
        questions: "yesno", "open", or "mixed" for both.
        max_questions: keep this many, those whose noiseless answer has the highest entropy under the prior.

    Raises:
        ValueError: no such kind; a cap below 1; no question left.
    """
    one_of("questions", questions, get_args(Questions))
    if max_questions is not None:
        whole("max_questions", max_questions, 1)
    columns: list[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]] = []
    for f, facet in enumerate(catalogue.facets):
        v = len(facet.values)
        if v == 0:
            continue
        mass = facet.mass(catalogue.prior)
        if questions != "yesno" and facet.kind != "flag" and len(facet.options) > 1:
            p = np.bincount(facet.option_of, weights=mass, minlength=len(facet.options))
            p = np.append(p, max(0.0, 1.0 - p.sum())) if facet.scalar else p / p.sum()
            columns.append(_column(f, OPEN, np.array([-1]), 1 + len(facet.options), entropy_nats(p[p > 0])[None]))
        if questions != "open":
            kind, value = _yesno(facet, mass)
            share = mass[::-1].cumsum()[::-1][value] if kind == OVER else mass[value]
            columns.append(_column(f, kind, value, len(ANSWERS), binary_entropy_for_order(share)))
    if not columns or not sum(len(c[0]) for c in columns):
        raise ValueError(f"catalogue '{catalogue.name}' allows no {questions} question: no facet tells its rows apart")
    facet_, kind_, value_, answers_, entropy = (np.concatenate(c) for c in zip(*columns, strict=True))
    full = len(facet_)
    if max_questions is not None and full > max_questions:
        keep = np.sort(np.lexsort((np.arange(full), -entropy))[:max_questions])
        facet_, kind_, value_, answers_ = facet_[keep], kind_[keep], value_[keep], answers_[keep]
    return QuestionBank(catalogue=catalogue, facet=facet_.astype(np.int32), kind=kind_.astype(np.int8),
                        value=value_.astype(np.int32), answers=answers_.astype(np.int32), full_size=full)  # fmt: skip


def _yesno(facet: Facet, mass: np.ndarray) -> tuple[int, np.ndarray]:
    """The kind and the values or thresholds that a facet's yes/no questions ask for."""
    if facet.kind == "flag":
        held = np.bincount(facet.indices, minlength=2)[1]
        return IS, np.array([1]) if 0 < held < facet.intents else np.empty(0, np.int64)
    if facet.kind == "number":
        return OVER, _thresholds(facet, np.concatenate([[0.0], mass.cumsum()[:-1]]) / mass.sum())
    # A value that every intent holds tells nothing.
    return IS, np.flatnonzero(np.bincount(facet.indices, minlength=len(mass)) < facet.intents)


def _thresholds(facet: Facet, below: np.ndarray) -> np.ndarray:
    """The thresholds of a number that are asked for, as bins: the roundest in each of THRESHOLDS parts of the prior.

    Args:
        below: (V,) share of the prior below each bin.
    """
    # Two with the same mass below are one question, whether they are one bin or have empty bins alone between them.
    bins = np.unique(below, return_index=True)[1]
    bins = bins[(below[bins] > 0) & (below[bins] < 1)]
    part = np.rint(below[bins] * (THRESHOLDS + 1)).clip(1, THRESHOLDS).astype(np.int64)
    round_ = np.array([roundness(facet, v) for v in bins.tolist()])
    off = np.abs(below[bins] - part / (THRESHOLDS + 1))
    best = np.lexsort((bins, off, round_, part))
    return np.sort(bins[best[np.unique(part[best], return_index=True)[1]]])


def _column(f: int, kind: int, value: np.ndarray, answers: int, entropy: np.ndarray):
    n = len(value)
    return np.full(n, f), np.full(n, kind), value, np.full(n, answers), entropy
