"""What was answered: one facet's answers as `Evidence`, a dialogue's as a canonical `History`."""

from __future__ import annotations

from typing import NamedTuple

from sim.answers import ANSWERS

NOT_SAID, SILENT, SAID_DONT_KNOW = -3, -2, -1


class Evidence(NamedTuple):
    """What a user has answered about one facet; hashable and in canonical order."""

    yesno: tuple[tuple[int, int], ...] = ()
    """(value or threshold, answer), ascending, one entry a question; a later stage's answers follow
    (`sim.belief.stages`)."""
    said: int = NOT_SAID
    """The option said; SAID_DONT_KNOW; SILENT in the opening; NOT_SAID when the open question was never put."""
    stage: int = 0
    """Of the open answer."""

    def answered(self, value: int, answer: int) -> Evidence:
        """With one more yes/no answer; a question that was asked before adds nothing."""
        if any(v == value for v, _ in self.yesno):
            return self
        return self._replace(yesno=tuple(sorted((*self.yesno, (value, answer)))))

    def stated(self, said: int, stage: int = 0) -> Evidence:
        """With an open answer.  It supersedes silence in the opening, which tells nothing beside it."""
        return self if self.said >= SAID_DONT_KNOW else self._replace(said=said, stage=stage)


WIDTH = len(ANSWERS)
History = tuple[tuple[int, Evidence], ...]
"""(facet, what was answered about it), facets ascending, empty evidence left out."""


def answers_given(history) -> int:
    """How many answers a history holds, what was stated in the opening among them; (facet, Evidence) pairs."""
    return sum(len(about.yesno) + (about.said >= SAID_DONT_KNOW) for _, about in history)


def stage_at(turns: tuple[int, ...], answers: int) -> int:
    """The stage of the next answer after so many; turns[s - 1] answers come before stage s."""
    return sum(answers >= turn for turn in turns)


def first_stage(about: Evidence) -> int:
    """The stage at which a facet first came up."""
    stages = [answer // WIDTH for _, answer in about.yesno]
    if about.said != NOT_SAID:
        stages.append(about.stage)
    return min(stages, default=0)


def canonical(evidence: dict[int, Evidence]) -> History:
    return tuple(sorted(evidence.items()))
