"""A dialogue in words: a few histories, each exact in itself, with a weight.

What is in doubt about one answer, or about what was said of one facet, is summed inside that facet (`Evidence`) and
takes no history of its own.  Only meanings that touch different facets do ("Washington": the actor, or the place).
The weight of a history is p(what was heard | it was meant) times p(history); at most `MOST` are kept, the likeliest,
and the mass of those that were left out is reported.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sim.answers import OPEN_DONT_KNOW
from sim.belief.by_history import BeliefsByHistory, Node
from sim.belief.evidence import NOT_SAID, SAID_DONT_KNOW, WIDTH, Evidence
from sim.belief.virtual_evidence import Meaning, Part, VirtualEvidence
from sim.channel.opening import SILENT
from sim.questions import OPEN

MOST = 8
"""Histories that are kept."""
FAINT = 1e-3
"""A history of no more than this share of the weight is left out."""
AGAIN = 0.05
"""Chance of any other answer than the one given before, where a user is asked what one history holds for said."""

TINY = 1e-300
"""Chances are no smaller."""


@dataclass(frozen=True, eq=False)
class WeightedHistories:
    """One dialogue."""

    numbers: np.ndarray
    """(H, F + 1) what each history knows, see `sim.belief.store`."""
    log_weight: np.ndarray
    """(H,) log p(what was heard | history)."""
    pruned: float = 0.0
    """The share of the weight of histories that were left out, added up over the dialogue."""

    def weights(self, nodes: Sequence[Node]) -> np.ndarray:
        """(H,) p(history | what was heard), given what follows from each."""
        logs = self.log_weight + np.array([node.log_evidence for node in nodes])
        out = np.exp(logs - logs.max())
        return out / out.sum()


def one_history(numbers: np.ndarray) -> WeightedHistories:
    """The dialogue whose history (F + 1,) is known."""
    return WeightedHistories(numbers[None].copy(), np.zeros(1))


def after_hearing(beliefs: BeliefsByHistory, before: WeightedHistories, heard: VirtualEvidence) -> WeightedHistories:
    """The dialogue once something more was heard.

    Raises:
        ValueError: a question or answer that there isn't, or a log factor not of the intents.
    """
    out = before
    for part in heard.parts:
        out = _after_part(beliefs, out, part, heard.opening)
    numbers = out.numbers.copy()
    for row in numbers:
        if heard.opening:
            _pass_over(beliefs, row, _all(beliefs))
        if heard.items is not None:
            row[-1] = beliefs.store.number_of_items(int(row[-1]), heard.items)
    return WeightedHistories(numbers, out.log_weight, out.pruned)


def after_answer(beliefs: BeliefsByHistory, before: WeightedHistories, question: int, answer: int) -> WeightedHistories:
    """The dialogue once a question was answered."""
    numbers, log_weight = before.numbers.copy(), before.log_weight.copy()
    for h, row in enumerate(numbers):
        f, known = beliefs.store.after(row, question, answer)
        if known == row[f]:
            log_weight[h] += np.log(said_again(beliefs, int(known), question)[answer])
        row[f] = known
    return _pruned(beliefs, WeightedHistories(numbers, log_weight, before.pruned))


def likelihoods_of(beliefs: BeliefsByHistory, parts: Sequence[Part], opening: bool) -> tuple[Part, ...]:
    """Parts whose meanings have probabilities, as read before anything else was known, to parts with likelihoods.

    By Bayes' rule p(heard | meant) is p(meant | heard) / p(meant), up to a factor: what a user says only one time in a
    thousand and was read for sure is a strong sign.
    """
    out = []
    for part in parts:
        about = {int(beliefs.bank.facet[question]) for meaning in part for question, _ in meaning.said}
        chances = [_chance(beliefs, meaning.said, tuple(sorted(about)) if opening else None) for meaning in part]
        out.append(tuple(m._replace(likelihood=m.likelihood / max(p, TINY)) for m, p in zip(part, chances)))
    return tuple(out)


# --- one part ---------------------------------------------------------------------------------------------------------


def _after_part(beliefs: BeliefsByHistory, before: WeightedHistories, part: Part, opening: bool) -> WeightedHistories:
    most = max(meaning.likelihood for meaning in part)
    if _on_one_slot(beliefs, part):
        numbers = before.numbers.copy()
        for row in numbers:
            _hear_in_facet(beliefs, row, part, opening)
        return WeightedHistories(numbers, before.log_weight, before.pruned)
    rows, logs = [], []
    for row, log_weight in zip(before.numbers, before.log_weight, strict=True):
        for meaning in part:
            after = row.copy()
            for step in meaning.said:
                _hear_in_facet(beliefs, after, (Meaning(1.0, (step,)),), opening)
            rows.append(after)
            logs.append(log_weight + np.log(meaning.likelihood / most))
    return _pruned(beliefs, WeightedHistories(np.stack(rows), np.array(logs), before.pruned), opening)


def _on_one_slot(beliefs: BeliefsByHistory, part: Part) -> bool:
    """Whether all meanings answer one and the same question, or nothing."""
    questions = {question for meaning in part for question, _ in meaning.said}
    return len(questions) <= 1 and all(len(meaning.said) <= 1 for meaning in part)


def _hear_in_facet(beliefs: BeliefsByHistory, row: np.ndarray, part: Part, opening: bool) -> None:
    """Take the answer to one question, in doubt or not, into what is known (F + 1,)."""
    bank, store = beliefs.bank, beliefs.store
    steps = [step for meaning in part for step in meaning.said]
    if not steps:
        return
    question = steps[0][0]
    for q, answer in steps:
        if not 0 <= q < len(bank) or not 0 <= answer < bank.answers[q]:
            raise ValueError(f"no answer {answer} to question {q}")
    f = int(bank.facet[question])
    before = store.known[int(row[f])][1]
    nothing = float(sum(meaning.likelihood for meaning in part if not meaning.said))
    stage = store.stage(row) if store.stages.turns else 0
    if bank.kind[question] == OPEN:
        after = _named(beliefs, f, before, part, nothing, opening, stage)
    else:
        weights = np.full(WIDTH, nothing)  # that nothing was said tells nothing, whatever would have been answered
        for meaning in part:
            for _, answer in meaning.said:
                weights[answer] += meaning.likelihood
        after = before.answered_perhaps(int(bank.value[question]), weights.tolist(), stage)
    row[f] = store.number(f, after)


def _named(
    beliefs: BeliefsByHistory, f: int, before: Evidence, part: Part, nothing: float, opening: bool, stage: int
) -> Evidence:
    weights: dict[int, float] = {NOT_SAID: nothing} if nothing else {}
    for meaning in part:
        for _, answer in meaning.said:
            code = SAID_DONT_KNOW if answer == OPEN_DONT_KNOW else answer - 1
            weights[code] = weights.get(code, 0.0) + meaning.likelihood
    if not before.open_answered:
        return before.stated_perhaps(weights, stage, opening)
    return _one_more(beliefs, f, before, weights, stage)


def _one_more(beliefs: BeliefsByHistory, f: int, before: Evidence, weights: dict[int, float], stage: int) -> Evidence:
    """Another value of a facet that was named already: of one with several, it answers the question on that value."""
    if beliefs.bank.catalogue.facets[f].kind != "many":
        return before
    best = max(weights, key=lambda code: weights[code])
    closed = int(beliefs.bank.question_of_value[f][best]) if best >= 0 else -1
    if closed < 0 or best == before.said:
        return before
    yes = [0.0] * (WIDTH - 1) + [weights[best]]
    rest = sum(weights.values()) - weights[best]
    return before.answered_perhaps(int(beliefs.bank.value[closed]), [w + rest for w in yes], stage)


def _pass_over(beliefs: BeliefsByHistory, row: np.ndarray, facets: Sequence[int]) -> None:
    """An opening is over: of these facets, what it doesn't name it passed over in silence."""
    store = beliefs.store
    for f in facets:
        evidence = store.known[int(row[f])][1]
        if evidence.said == NOT_SAID and beliefs.bank.open_question[f] >= 0:
            row[f] = store.number(f, evidence.stated(SILENT))


def _all(beliefs: BeliefsByHistory) -> list[int]:
    return list(range(len(beliefs.nothing) - 1))


# --- weights ----------------------------------------------------------------------------------------------------------


def _pruned(beliefs: BeliefsByHistory, among: WeightedHistories, opening: bool = False) -> WeightedHistories:
    """The likeliest histories; the same ones are put together."""
    numbers, back = np.unique(among.numbers, axis=0, return_inverse=True)
    logs = np.full(len(numbers), -np.inf)
    np.logaddexp.at(logs, back.reshape(-1), among.log_weight)
    if len(numbers) == 1:
        return WeightedHistories(numbers, np.zeros(1), among.pruned)
    weighed = numbers
    if opening:  # a history that names nothing was silent
        weighed = numbers.copy()
        for row in weighed:
            _pass_over(beliefs, row, _all(beliefs))
    log_evidence = np.empty(len(numbers))
    beliefs.beliefs(weighed, log_evidence)
    share = logs + log_evidence
    share = np.exp(share - share.max())
    share /= share.sum()
    kept = np.argsort(-share, kind="stable")[:MOST]
    kept = np.sort(kept[share[kept] > FAINT])
    lost = 1.0 - (1.0 - among.pruned) * float(share[kept].sum())
    return WeightedHistories(numbers[kept], logs[kept] - logs[kept].max(), max(lost, 0.0))


def said_again(beliefs: BeliefsByHistory, known: int, question: int) -> np.ndarray:
    """(A,) p(answer) to a question that a history holds for answered: users seldom contradict themselves."""
    evidence, bank = beliefs.store.known[known][1], beliefs.bank
    out, value = np.zeros(int(bank.answers[question])), int(bank.value[question])
    if bank.kind[question] == OPEN:
        for code, _, weight in evidence.named or ((evidence.said, None, 1.0),):
            out[OPEN_DONT_KNOW if code < 0 else code + 1] += weight
    else:
        for _, answer in (pair for pair in evidence.yesno if pair[0] == value):
            out[answer % WIDTH] = 1.0
        for _, _, weights in (entry for entry in evidence.doubted if entry[0] == value):
            out += weights
    return (1.0 - AGAIN) * out / out.sum() + AGAIN / len(out)


def _chance(beliefs: BeliefsByHistory, said: tuple[tuple[int, int], ...], unasked: tuple[int, ...] | None) -> float:
    """p(that this is said), before anything is known.

    Args:
        unasked: in an opening, the facets of which what is not said is passed over.
    """
    key = said, unasked
    if key not in beliefs.chances:
        row = beliefs.nothing.copy()
        for step in said:
            _hear_in_facet(beliefs, row, (Meaning(1.0, (step,)),), unasked is not None)
        _pass_over(beliefs, row, unasked or ())
        log_evidence = np.zeros(1)
        if (row != beliefs.nothing).any():
            beliefs.beliefs(row[None], log_evidence)
        beliefs.chances[key] = float(np.exp(log_evidence[0]))
    return beliefs.chances[key]
