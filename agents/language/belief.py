"""A `TextReading` as virtual evidence: what somebody may have said, each meaning with its likelihood.

A fact counts as what was said of its facet unasked, or in answer to its open question, so that what the user may
misremember is taken into account by the posterior.  Facts of different facets that are read from the same words exclude
each other, and the posterior keeps a history for each.  This is the only place where readings become evidence.

Decisions that live here:

- A number is what is said of it: the options that a range touches, by how much of each it covers, are its readings.
- A fact that denies, and a fact about what is so or not, answers the yes/no question on its value.
- The reader's probabilities are those of somebody who knows the users and nothing else; they are divided by how likely
  users are to say each thing (`Posterior.likelihoods`).  The heads are trained on as many of each answer, so that what
  they give are likelihoods already.
- Where a text is matched with items as well, patterns and match see the same words, and patterns count for less.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from agents.language.asked import AskedQuestion
from agents.language.reading import ReadFact, TextReading
from sim.answers import DONT_KNOW, NO, OPEN_DONT_KNOW, PROBABLY, PROBABLY_NOT, YES
from sim.belief.virtual_evidence import Meaning, VirtualEvidence
from sim.catalogue.catalogue import Facet
from sim.posterior.contract import Posterior
from sim.posterior.exact import ChannelPosterior
from sim.questions import OPEN, QuestionBank

SEVERAL = -1
"""In the place of a facet: one of several."""
LEAST_SHARE = 0.03
"""Readings of one facet that are less likely are left out."""

Step = tuple[int, int]
"""A question and its answer."""


@dataclass(frozen=True)
class Part:
    """The ways to read what was said of one facet."""

    facet: int
    """SEVERAL where what was said is of one facet or another."""
    ways: tuple[tuple[float, tuple[Step, ...]], ...]
    """(probability, what was then said); nothing, where nothing was."""
    asked: bool = False
    """It answers the question that was asked."""


@dataclass(frozen=True)
class Heard:
    """A belief after a reading."""

    belief: np.ndarray
    """(N,) p(intent | what was said)."""
    readings: int
    """Histories that were mixed."""
    pruned: float
    """The probability of those that were left out."""


def hear(posterior: Posterior, reading: TextReading) -> Heard:
    """The belief of a posterior's first dialogue after a reading; the posterior stays as it is.

    A reading that answers no question opens the dialogue.
    """
    copy = posterior.take(np.zeros(1, dtype=np.int64))
    copy.hear([evidence_of(copy, reading, opening=reading.opens)])
    several = isinstance(copy, ChannelPosterior)
    return Heard(
        copy.belief()[0], int(copy.histories[0]) if several else 1, float(copy.pruned[0]) if several else 0.0
    )  # fmt: skip


def evidence_of(posterior: Posterior, reading: TextReading, opening: bool = False) -> VirtualEvidence:
    """A reading as evidence for one dialogue of a posterior, of whatever was heard before.

    Args:
        opening: the text opens the dialogue, so that what it doesn't name was passed over in silence.
    """
    bank, trust = posterior.bank, reading.trust
    read, sure = [], []
    for part in parts_of(bank, reading):
        if part.asked and (reading.question < 0 or bank.kind[reading.question] != OPEN):
            sure.append(tuple(Meaning(p, steps) for p, steps in part.ways if p > 0))  # heads give likelihoods
        else:
            nothing = math.fsum(p for p, steps in part.ways if not steps)
            ways = [Meaning(trust * p, steps) for p, steps in part.ways if steps]
            rest = 1.0 - trust * (1.0 - nothing)
            read.append((*ways, Meaning(rest)) if rest >= LEAST_SHARE else tuple(ways))
    parts = (*sure, *posterior.likelihoods(read, opening))
    return VirtualEvidence(parts, reading.items, opening)


def parts_of(bank: QuestionBank, reading: TextReading) -> list[Part]:
    """What a reading says of each facet it touches, the facet that was asked about first."""
    out: list[Part] = []
    about = int(bank.facet[reading.question]) if reading.question >= 0 else -1
    if reading.question >= 0:
        out.append(_asked(bank, reading, [f for f in reading.facts if f.facet == about]))
    elif reading.asked is not None:
        out.append(_asked_in_own_words(bank, reading, reading.asked))
    # "No, it was George Clooney": beside a yes or a no a fact of the same facet is one more.
    openly = reading.question >= 0 and bank.kind[reading.question] == OPEN
    apart = [fact for fact in reading.facts if fact.facet != about or not openly]
    either = _either(apart)
    out += [Part(SEVERAL, _ways(bank, facts)) for facts in either]
    used = {id(fact) for facts in either for fact in facts}
    for facet in sorted({f.facet for f in apart}):
        mine = [f for f in apart if f.facet == facet and id(f) not in used]
        out += [Part(facet, _ways(bank, group)) for group in _groups(mine)]
    return [part for part in out if any(steps for _, steps in part.ways)]


def _either(facts: Sequence[ReadFact]) -> list[list[ReadFact]]:
    """The facts of different facets that are read from the same words, of which one was meant: Clint Eastwood, who
    acts and directs; "space movie", a genre or a place."""
    clusters: list[list[ReadFact]] = []
    for fact in facts:
        if not fact.negated:
            same = [c for c in clusters if any(_same_words(fact, other) for other in c)]
            clusters = [c for c in clusters if c not in same] + [[*(other for c in same for other in c), fact]]
    return [cluster for cluster in clusters if len({fact.facet for fact in cluster}) > 1]


def _same_words(one: ReadFact, other: ReadFact) -> bool:
    overlap = one.start < other.end and other.start < one.end
    return one.facet != other.facet and overlap


def _groups(facts: Sequence[ReadFact]) -> list[list[ReadFact]]:
    """The facts of one facet by what they are evidence of: an opening states one value, so what is stated excludes each
    other; what is denied or answers a yes/no question stands for itself."""
    stated = [f for f in facts if not f.negated]
    return ([stated] if stated else []) + [[f] for f in facts if f.negated]


def _asked(bank: QuestionBank, reading: TextReading, facts: Sequence[ReadFact]) -> Part:
    """The answer to the question that was asked."""
    question, answer = reading.question, reading.answer
    facet = int(bank.facet[question])
    assert answer is not None
    heard = 1.0 - reading.off_topic
    if bank.kind[question] != OPEN:
        ways = [(heard * float(p), ((question, a),)) for a, p in enumerate(answer)]
        return Part(facet, _kept(ways, reading.off_topic), asked=True)
    named = [way for way in _ways(bank, [f for f in facts if not f.negated], keep_all=True) if way[1]]
    total = math.fsum(p for p, _ in named)
    unknown = float(answer[DONT_KNOW]) if not named else max(0.0, 1.0 - total) * float(answer[DONT_KNOW])
    ways = [*named, (heard * unknown, ((question, OPEN_DONT_KNOW),))]
    return Part(facet, _kept(ways, max(0.0, 1.0 - math.fsum(p for p, _ in ways))), asked=True)


def _asked_in_own_words(bank: QuestionBank, reading: TextReading, asked: AskedQuestion) -> Part:
    """The answer to a question that the bank words otherwise, as answers to the bank's."""
    assert reading.answer is not None
    heard = 1.0 - reading.off_topic
    said = [(heard * float(p), steps) for a, p in enumerate(reading.answer) for steps in asked.ways(a)]
    facet = int(bank.facet[asked.questions[0]]) if asked.questions else SEVERAL
    # Each way is as likely to be put like this, so that they are likelihoods and need not sum to 1.
    silent = max(0.0, 1.0 - math.fsum(float(p) for a, p in enumerate(reading.answer) if asked.ways(a)) * heard)
    ways = [way for way in said if way[0] >= LEAST_SHARE]
    return Part(facet, (*ways, (silent, ())) if silent >= LEAST_SHARE or not ways else tuple(ways), asked=True)


def _ways(
    bank: QuestionBank, facts: Sequence[ReadFact], keep_all: bool = False
) -> tuple[tuple[float, tuple[Step, ...]], ...]:
    """The ways to read facts of one facet that exclude each other."""
    ways: list[tuple[float, tuple[Step, ...]]] = []
    silent = 1.0
    for fact in facts:
        for share, step in _steps(bank, fact):
            ways.append((fact.probability * share, (step,)))
    total = math.fsum(p for p, _ in ways)
    if total > 0.995 and not keep_all:  # several groups may each be nearly sure
        ways = [(p * 0.995 / total, steps) for p, steps in ways]
        total = 0.995
    if total > 1.0:
        ways = [(p / total, steps) for p, steps in ways]
        total = 1.0
    silent -= total
    return _kept(ways, silent)


def _kept(ways: Sequence[tuple[float, tuple[Step, ...]]], silent: float) -> tuple[tuple[float, tuple[Step, ...]], ...]:
    """Without those that are hardly likely, whose share goes to saying nothing."""
    merged: dict[tuple[Step, ...], float] = {}
    for p, steps in ways:
        merged[steps] = merged.get(steps, 0.0) + p
    big = [(p, steps) for steps, p in merged.items() if p >= LEAST_SHARE]
    rest = silent + math.fsum(p for p in merged.values() if p < LEAST_SHARE)
    out = [*big, (rest, ())] if rest >= LEAST_SHARE or not big else big
    total = math.fsum(p for p, _ in out)
    return tuple((p / total, steps) for p, steps in out)


def _steps(bank: QuestionBank, fact: ReadFact) -> list[tuple[float, Step]]:
    """What a fact is as (share, question and answer); none where the bank has no place for it."""
    facet = bank.catalogue.facets[fact.facet]
    open_ = int(bank.open_question[fact.facet])
    if facet.kind == "number":
        return [] if fact.negated or open_ < 0 else [(p, (open_, o + 1)) for o, p in options_of_range(facet, fact)]
    if facet.kind == "flag" or fact.negated or open_ < 0:
        asked = int(bank.question_of_value[fact.facet][fact.value])
        sure = (NO if fact.negated else YES, PROBABLY_NOT if fact.negated else PROBABLY)
        return [] if asked < 0 else [(1.0, (asked, sure[fact.hedged]))]
    return [(1.0, (open_, int(facet.option_of[fact.value]) + 1))]


def options_of_range(facet: Facet, fact: ReadFact) -> list[tuple[int, float]]:
    """The options that a range touches, by the share of the range that each covers; a single number has one."""
    assert facet.lower is not None
    begins = np.array([facet.lower[facet.option_of == o][0] for o in range(len(facet.options))])
    if fact.low == fact.high:
        return [(facet.option_of_number(fact.low), 1.0)]
    ends = np.append(begins[1:], max(float(facet.lower[-1]), begins[-1]) + 1)
    low, high = max(fact.low, begins[0]), min(fact.high, ends[-1])
    if high <= low:  # beyond what there is
        return [(len(begins) - 1 if fact.low >= begins[-1] else 0, 1.0)]
    covered = np.clip(np.minimum(ends, high) - np.maximum(begins, low), 0, None)
    return [(int(o), float(covered[o] / covered.sum())) for o in np.flatnonzero(covered > 0)]
