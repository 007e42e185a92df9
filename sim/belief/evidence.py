"""What was answered: one facet's answers as `Evidence`, a dialogue's as a canonical `History`.

`heard` and `opened` are the only ways from answers and openings to evidence; posteriors and what learns from dialogues
share them.  What was heard in words is a doubt about one answer: a weight on each that may have been given
(`sim.belief.virtual_evidence`).  An answer that is sure is never kept as one in doubt.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from sim.answers import ANSWERS, OPEN_DONT_KNOW
from sim.channel.opening import SILENT
from sim.questions import OPEN, QuestionBank

SAID_DONT_KNOW = -2
"""In the place of an option: the open question was asked, and the answer was "don't know"."""
NOT_SAID = -3
"""In the place of an option: there was no occasion to state one."""
IN_DOUBT = -4
"""In the place of an option: one of several things was said, see `Evidence.named`."""
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
    doubted: tuple[tuple[int, int, tuple[float, ...]], ...] = ()
    """(value or threshold, stage, weights of the answers), ascending: yes/no answers that were not read for sure."""
    named: tuple[tuple[int, bool | None, float], ...] = ()
    """(`said`, `volunteered`, weight), ascending: what may have been said, where that is in doubt."""

    @property
    def open_answered(self) -> bool:
        """An option was stated, or the open question was answered with "don't know"; for certain, whichever it was."""
        if self.said == IN_DOUBT:
            return all(said >= 0 or said == SAID_DONT_KNOW for said, _, _ in self.named)
        return self.said >= 0 or self.said == SAID_DONT_KNOW

    @property
    def silent(self) -> bool:
        """The opening passed the facet over, or may have done so."""
        return self.said == SILENT or any(said == SILENT for said, _, _ in self.named)

    def answered(self, value: int, answer: int) -> Evidence:
        """With one more yes/no answer; a question that was asked before adds nothing, unless its answer is in doubt."""
        if any(v == value for v, _ in self.yesno):
            return self
        doubted = tuple(entry for entry in self.doubted if entry[0] != value)
        return self._replace(yesno=tuple(sorted((*self.yesno, (value, answer)))), doubted=doubted)

    def answered_perhaps(self, value: int, weights: Sequence[float], stage: int = 0) -> Evidence:
        """With one more yes/no answer, read in doubt: p(what was heard | answer) for each answer, up to a factor.

        A user who is asked again says the same, so that weights multiply.
        """
        if any(v == value for v, _ in self.yesno):
            return self
        mine = [entry for entry in self.doubted if entry[0] == value]
        for _, first, before in mine:
            stage, weights = first, [a * b for a, b in zip(before, weights, strict=True)]
        most = max(weights)
        if not most > 0:
            return self
        sure = [a for a, w in enumerate(weights) if w > 0]
        if len(sure) == 1:
            return self.answered(value, sure[0] + WIDTH * stage)
        entry = (value, stage, tuple(float(w) / most for w in weights))
        return self._replace(doubted=tuple(sorted((*(e for e in self.doubted if e not in mine), entry))))

    def stated(self, said: int, stage: int = 0, volunteered: bool | None = None) -> Evidence:
        """With an open answer.  It supersedes silence in the opening and whatever is in doubt; "don't know" tells
        nothing else beside silence."""
        if self.open_answered:
            return self
        if self.silent and said >= 0:
            volunteered = False
        return self._replace(said=said, stage=stage, volunteered=volunteered, named=())

    def stated_perhaps(self, weights: Mapping[int, float], stage: int = 0, opening: bool = False) -> Evidence:
        """With an open answer, read in doubt.

        Args:
            weights: p(what was heard | said), up to a factor, by option, SAID_DONT_KNOW, and NOT_SAID for nothing.
            opening: it was stated unasked, in the opening.
        """
        if self.open_answered:
            return self
        nothing = SILENT if opening or self.silent else NOT_SAID
        volunteered = True if opening else False if self.silent else None
        alternatives: dict[tuple[int, bool | None], float] = {}
        before = self.named or ((nothing, None, 1.0),)
        for said, how, w in before:
            for more, v in weights.items():
                if said == nothing:
                    key = (nothing, None) if more == NOT_SAID else (more, volunteered if more >= 0 else None)
                elif more in (NOT_SAID, said):
                    key = said, how
                else:
                    continue  # only one thing is on top of the mind
                alternatives[key] = alternatives.get(key, 0.0) + w * v
        most = max(alternatives.values(), default=0.0)
        kept = sorted((said, how, w / most) for (said, how), w in alternatives.items() if w > 0) if most > 0 else []
        if not kept:
            return self
        if len(kept) == 1:
            said, how, _ = kept[0]
            return self._replace(said=said, stage=stage, volunteered=how, named=())
        return self._replace(said=IN_DOUBT, stage=stage, volunteered=None, named=tuple(kept))

    def likeliest(self) -> Evidence:
        """Without doubt: of what may have been said, what has the largest weight."""
        out = self._replace(doubted=(), named=())
        if self.named:
            said, how, _ = max(self.named, key=lambda entry: entry[2])
            out = out._replace(said=said, volunteered=how)
        for value, stage, weights in self.doubted:
            out = out.answered(value, max(range(WIDTH), key=lambda a: weights[a]) + WIDTH * stage)
        return out


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
    answers = sum(len(e.yesno) + len(e.doubted) + e.open_answered for _, e in about)
    return sum(answers >= turn for turn in turns)


def first_stage(about: Evidence) -> int:
    """The stage at which a facet first came up; where nothing was answered, that at which it would."""
    stages = [answer // WIDTH for _, answer in about.yesno] + [stage for _, stage, _ in about.doubted]
    if about.said != NOT_SAID:
        stages.append(about.stage)
    return min(stages, default=about.stage)


def canonical(about: Mapping[int, Evidence]) -> History:
    """The history that is known by facet, whatever the order in which it was heard."""
    return tuple(sorted((f, evidence) for f, evidence in about.items() if evidence != EMPTY))


def without_doubt(history: History) -> History:
    """The history as it most likely was: for what can only take answers that are sure."""
    return tuple((f, e.likeliest() if e.doubted or e.named else e) for f, e in history)
