"""What was answered: one facet's answers as `Evidence`, a dialogue's as a canonical `History`.

`heard` and `opened` are the only ways from answers and openings to evidence; posteriors and what learns from dialogues
share them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np

from sim.answers import ANSWERS, OPEN_DONT_KNOW
from sim.channel.opening import SILENT
from sim.questions import OPEN, QuestionBank

SAID_DONT_KNOW = -2
"""In the place of an option: the open question was asked, and the answer was "don't know"."""
NOT_SAID = -3
"""In the place of an option: there was no occasion to state one."""
WIDTH = len(ANSWERS)
"""Yes/no answers at one stage: answer a at stage s is symbol a + WIDTH s, see `sim.belief.stages`."""


class Evidence(NamedTuple):
    """What a user has answered about one facet; hashable and in canonical order."""

    yesno: tuple[tuple[int, int], ...] = ()
    """(value or threshold, answer), ascending, one entry a question; a later stage's answers follow
    (`sim.belief.stages`)."""
    said: int = NOT_SAID
    """The option stated; SAID_DONT_KNOW; SILENT, in the opening; or NOT_SAID."""
    stage: int = 0
    """Of the open answer."""
    volunteered: bool | None = None
    """An option was stated in the opening, or (False) after an opening that passed the facet over; None: there was no
    opening.  Some types of user are likelier to volunteer a facet than others."""

    @property
    def open_answered(self) -> bool:
        """An option was stated, or the open question was answered with "don't know"."""
        return self.said >= 0 or self.said == SAID_DONT_KNOW

    def answered(self, value: int, answer: int) -> Evidence:
        """With one more yes/no answer; a question that was asked before adds nothing."""
        if any(v == value for v, _ in self.yesno):
            return self
        return self._replace(yesno=tuple(sorted((*self.yesno, (value, answer)))))

    def stated(self, said: int, stage: int = 0, volunteered: bool | None = None) -> Evidence:
        """With an open answer.  It supersedes silence in the opening; "don't know" tells nothing else beside that."""
        if self.open_answered:
            return self
        if self.said == SILENT and said >= 0:
            volunteered = False
        return self._replace(said=said, stage=stage, volunteered=volunteered)


EMPTY = Evidence()
"""Nothing was answered about the facet."""
History = tuple[tuple[int, Evidence], ...]
"""(facet, what was answered about it), facets ascending, empty evidence left out."""


def heard(
    bank: QuestionBank, about: Mapping[int, Evidence], question: int, answer: int, stage: int = 0
) -> tuple[int, Evidence]:
    """One more answer.

    Args:
        about: what was known of each facet before; facets of which nothing was known may be left out.
        stage: of the answer.

    Returns:
        The facet that the question is on, and all that is known of it now.

    Raises:
        ValueError: the question has no such answer.
    """
    if not 0 <= answer < bank.answers[question]:
        raise ValueError(f"question {question} has answers 0 to {bank.answers[question] - 1}, not {answer}")
    f = int(bank.facet[question])
    before = about.get(f, EMPTY)
    if bank.kind[question] == OPEN:
        return f, before.stated(SAID_DONT_KNOW if answer == OPEN_DONT_KNOW else answer - 1, stage)
    return f, before.answered(int(bank.value[question]), answer + WIDTH * stage)


def opened(bank: QuestionBank, about: Mapping[int, Evidence], opening: np.ndarray) -> dict[int, Evidence]:
    """What is known of each facet after an opening, (F,) as in `sim.channel.opening`: silence tells something too."""
    out = dict(about)
    for f in np.flatnonzero(bank.open_question >= 0).tolist():
        out[f] = out.get(f, EMPTY).stated(max(int(opening[f]), SILENT), volunteered=True if opening[f] >= 0 else None)
    return out


def next_stage(turns: tuple[int, ...], about: Iterable[tuple[int, Evidence]]) -> int:
    """The stage of the next answer, given (facet, Evidence) pairs.

    Args:
        turns: turns[s - 1] answers come before stage s; what was stated in the opening counts as answers.
    """
    if not turns:
        return 0
    answers = sum(len(evidence.yesno) + evidence.open_answered for _, evidence in about)
    return sum(answers >= turn for turn in turns)


def first_stage(about: Evidence) -> int:
    """The stage at which a facet first came up; where nothing was answered, that at which it would."""
    stages = [answer // WIDTH for _, answer in about.yesno]
    if about.said != NOT_SAID:
        stages.append(about.stage)
    return min(stages, default=about.stage)


def canonical(about: Mapping[int, Evidence]) -> History:
    """The history that is known by facet, whatever the order in which it was heard."""
    return tuple(sorted((f, evidence) for f, evidence in about.items() if evidence != EMPTY))
