"""The contract of a posterior: what agents, environments and the app may ask of any belief.

A class of one's own need not inherit anything.  One that inherits `Posterior` gets some members for nothing:
`shortlist` is then worked out through the rest of the contract, a few hundred updates on copies for each dialogue, and
`states` and `type_names` say that nobody can tell.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, Self

import numpy as np

from sim.ask.question_information import SUMMARY, QuestionInformation, open_summary
from sim.ask.ranking import NOTHING, top
from sim.belief.virtual_evidence import Part, VirtualEvidence
from sim.channel.channel import Channel
from sim.channel.opening import SILENT
from sim.numeric.entropy import xlogx
from sim.questions import OPEN, QuestionBank

LIKELIEST = 4
"""Open answers that stand for all where a posterior can only be asked one by one."""


class Posterior(Protocol):
    """Belief about the intents of B dialogues at once."""

    bank: QuestionBank

    def reset(self, dialogues: int) -> None:
        """Start B dialogues afresh, at the prior."""
        ...

    def restart(self, rows: np.ndarray) -> None:
        """Start the dialogues `rows` (n,) afresh, at the prior, and leave the others as they are."""
        ...

    def open(self, said: np.ndarray, rows: np.ndarray | None = None) -> None:
        """Opening requests: (B, F) the option stated of each facet, SILENT (-1) for none, see `sim.channel.opening`."""
        ...

    def update(self, question: np.ndarray, answer: np.ndarray, rows: np.ndarray | None = None) -> None:
        """One question and answer for each dialogue, (B,) each; question -1 leaves a dialogue as it is."""
        ...

    def hear(self, evidence: Sequence[VirtualEvidence], rows: np.ndarray | None = None) -> None:
        """What was heard in words, in each dialogue; hard answers are the special case of one meaning.

        A posterior that has no way of its own takes the meaning of each part that is likeliest by itself, and no
        factors on items.
        """
        _hear_the_likeliest(self, evidence, rows)

    def likelihoods(self, parts: Sequence[Part], opening: bool = False) -> tuple[Part, ...]:
        """Parts whose meanings have probabilities, as read before anything was known, to parts with likelihoods;
        where nobody can tell how likely users are to say what, they stay as they are."""
        return tuple(parts)

    def belief(self) -> np.ndarray:
        """(B, N) p(intent | history), an array that the caller may write to."""
        ...

    def types(self) -> np.ndarray:
        """(B, T) p(type | history)."""
        ...

    def predict(self, question: np.ndarray) -> np.ndarray:
        """(B, A) p(answer to the dialogue's question | history), padded with zeros to the longest."""
        ...

    def eig_nats(self) -> np.ndarray:
        """(B, Q) expected information gain of every question about the intent; 0 for those asked already."""
        ...

    def choose(self, k: int = 1) -> tuple[np.ndarray, np.ndarray]:
        """The k questions of highest EIG, best first: ids (B, k), nats (B, k); -1 and 0 where fewer tell anything."""
        ...

    def copy(self) -> Self:
        """An independent copy; what was computed is shared."""
        ...

    def take(self, rows: np.ndarray) -> Self:
        """An independent copy of the dialogues `rows` alone, in that order; one may come several times."""
        ...

    def shortlist(self, by_gain: int, by_user: int) -> tuple[np.ndarray, QuestionInformation]:
        """The `by_gain` questions of highest EIG and behind them others that tell most about the user, best first.

        Returns:
            Ids (B, by_gain + by_user), -1 where fewer tell anything, and what they tell, zeros there.
        """
        return _shortlist_one_by_one(self, by_gain, by_user)

    def states(self, dialogue: int = 0) -> Mapping[str, np.ndarray]:
        """(4,) p(forgotten, kept, muddled, unrecalled | history) of each facet that was answered about, by its name;
        may be empty."""
        return {}

    @property
    def type_names(self) -> tuple[str, ...]:
        """(T,) the user types by name."""
        return tuple(f"type {t + 1}" for t in range(self.types().shape[1]))


def _hear_the_likeliest(posterior: Posterior, evidence: Sequence[VirtualEvidence], rows: np.ndarray | None) -> None:
    """Openings become options stated, all else answers."""
    bank = posterior.bank
    meant = np.arange(len(evidence)) if rows is None else np.asarray(rows)
    for b, heard in zip(meant, evidence, strict=True):
        row, said = np.array([b]), np.full((1, len(bank.catalogue.facets)), SILENT, dtype=np.int64)
        steps = [step for part in heard.parts for step in max(part, key=lambda m: m.likelihood).said]
        if heard.opening:
            for question, answer in steps:
                if bank.kind[question] == OPEN:
                    said[0, bank.facet[question]] = answer - 1
            posterior.open(said, row)
            steps = [step for step in steps if bank.kind[step[0]] != OPEN]
        for question, answer in steps:
            posterior.update(np.array([question]), np.array([answer]), row)


def check_catalogue(channel: Channel, bank: QuestionBank) -> None:
    """Raises ValueError where a channel and a bank are of two catalogues."""
    if channel.catalogue is not bank.catalogue and channel.catalogue.fingerprint != bank.catalogue.fingerprint:
        raise ValueError(f"the channel is of catalogue '{channel.catalogue.name}', the bank of '{bank.catalogue.name}'")


def dialogues_meant(rows: np.ndarray | None, entries: int, dialogues: int) -> list[int]:
    """The numbers of the dialogues that so many entries are about: `rows`, or all in order where that is None.

    Raises:
        ValueError: there are more or fewer of them than entries.
    """
    meant = list(range(dialogues)) if rows is None else np.asarray(rows).tolist()
    if entries != len(meant):
        raise ValueError(f"{entries} entries for {len(meant)} dialogues")
    return meant


def _shortlist_one_by_one(posterior: Posterior, by_gain: int, by_user: int) -> tuple[np.ndarray, QuestionInformation]:
    """Those about the user are sought among the next best by EIG."""
    ids, gain = posterior.choose(by_gain + 3 * by_user)
    types = posterior.types()
    user, answers = np.zeros(ids.shape), np.zeros((*ids.shape, SUMMARY))
    for b, j in zip(*np.nonzero(ids >= 0)):
        user[b, j], answers[b, j] = _asked_alone(posterior, int(b), int(ids[b, j]), types[b])
    more, _ = top(user[:, by_gain:], by_user)
    first = np.tile(np.arange(by_gain), (len(ids), 1))
    places = np.concatenate([first, np.where(more == NOTHING, NOTHING, more + by_gain)], axis=1)
    chosen = np.where(places == NOTHING, NOTHING, np.take_along_axis(ids, np.maximum(places, 0), axis=1))
    return chosen, QuestionInformation(gain, user, answers).at(np.where(chosen == NOTHING, NOTHING, places))


def _asked_alone(posterior: Posterior, b: int, question: int, types: np.ndarray) -> tuple[float, np.ndarray]:
    """I(answer; type) of one question in one dialogue, nats, and its answers (SUMMARY,).

    Of open answers only the likeliest are tried for what they tell.
    """
    p = posterior.take(np.array([b])).predict(np.array([question]))[0]
    if posterior.bank.kind[question] == OPEN:
        answers = open_summary(p)
        tried = np.unique(np.append(np.argsort(-p, kind="stable")[:LIKELIEST], 0))
    else:
        answers, tried = p, np.arange(len(p))
    after = posterior.take(np.full(len(tried), b))
    after.update(np.full(len(tried), question), tried)
    gained = xlogx(after.types()).sum(axis=1) - xlogx(types).sum()
    return max(0.0, float(p[tried] @ gained)), answers
