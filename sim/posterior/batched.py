"""The exact posterior for many dialogues over a small catalogue: what reinforcement learning trains on.

The same sums as `ChannelPosterior`, bit for bit, in arrays of all dialogues and over the whole bank at once.  Gains are
not refined: a learner reads those of a shortlist at every turn, and what refining adds is small beside its cost
(`sim.ask.sweep`).  Nothing is kept by history: a learner's dialogues soon differ, and those that don't are found in the
batch.
"""

from __future__ import annotations

from typing import Self

import numpy as np

from sim.ask import weighted_choice
from sim.ask.facet_gains import Together, tell
from sim.ask.question_information import QuestionInformation, shortlisted
from sim.ask.ranking import TIE, top
from sim.belief.by_history import CHUNK
from sim.belief.tables import WIDE
from sim.numeric.randomness import GAMMA, mix
from sim.posterior.exact import ChannelPosterior

SMALL_CATALOGUE = 1000
"""Intents up to which this is the faster posterior for a batch."""


class BatchedPosterior(ChannelPosterior):
    """`ChannelPosterior` whose gains are unrefined and worked out for the whole bank, a batch at a time.

    Catalogues of more than `WIDE` intents are asked about one dialogue at a time, as there.
    """

    def reset(self, dialogues: int) -> None:
        super().reset(dialogues)
        self._believed, self._told = np.zeros(dialogues, dtype=bool), np.zeros(dialogues, dtype=bool)
        channel, bank = self.channel, self.bank
        n, t, q = len(channel.catalogue), len(channel.shares), len(bank)
        self._joint, self._belief = np.empty((dialogues, n, t)), np.empty((dialogues, n))
        self._types = np.empty((dialogues, t))
        small = n <= WIDE
        self._information = QuestionInformation(
            np.empty((dialogues, q * small)), np.empty((dialogues, q * small)), np.empty((dialogues, q * small, 5))
        )

    def _heard(self, rows: list[int]) -> None:
        super()._heard(rows)
        self._believed[rows] = self._told[rows] = False

    def _believe(self) -> None:
        """See to it that the beliefs are those of now."""
        rows = np.flatnonzero(~self._believed)
        if len(rows):
            first, back = _distinct(self.numbers[rows])
            for start in range(0, len(first), CHUNK):
                part = slice(start, start + CHUNK)
                mine = (back >= start) & (back < start + CHUNK)
                found = self._beliefs.beliefs(self.numbers[rows[first[part]]])
                for to, of in zip((self._joint, self._belief, self._types), found, strict=True):
                    to[rows[mine]] = of[back[mine] - start]
            for b in set(rows.tolist()) & set(self._several):
                node = self._mixture(b).node
                self._joint[b], self._belief[b], self._types[b] = node.joint, node.belief, node.types
            self._believed[rows] = True

    def joint(self) -> np.ndarray:
        """(B, N, T) p(intent, type | history); not to be written to."""
        self._believe()
        return self._joint

    def belief(self) -> np.ndarray:
        self._believe()
        return self._belief.copy()

    def types(self) -> np.ndarray:
        self._believe()
        return self._types.copy()

    def question_information(self) -> QuestionInformation:
        """What every question tells in every dialogue: (B, Q) and (B, Q, 5), not to be written to; questions asked
        before tell 0."""
        self._believe()
        rows, to = np.flatnonzero(~self._told), self._information
        if len(rows):
            first, back = _distinct(self._told_apart(rows))
            for start in range(0, len(first), CHUNK):
                some = rows[first[start : start + CHUNK]]
                mine = (back >= start) & (back < start + CHUNK)
                at = Together(
                    self.numbers[some],
                    self._beliefs.stages(self.numbers[some]),
                    self._joint[some],
                    self._belief[some],
                )
                told, place = tell(self._beliefs, at), back[mine] - start
                to.gain_nats[rows[mine]] = np.where(told.gain_nats > TIE, told.gain_nats, 0.0)[place]
                to.user_nats[rows[mine]], to.answers[rows[mine]] = told.user_nats[place], told.answers[place]
            for b in set(rows.tolist()) & set(self._several):
                mixture = self._mixture(b)
                apart = mixture.apart[self.bank.facet]
                to.gain_nats[b, apart] = weighted_choice.sweep_all(self._beliefs, mixture)[apart]
            self._told[rows] = True
        return to

    def _told_apart(self, rows: np.ndarray) -> np.ndarray:
        """(n, F + 1) numbers of the dialogues `rows`; one more where a mixture is like no other dialogue."""
        if not self._several:
            return self.numbers[rows]
        own = np.array([b + 1 if b in self._several else 0 for b in rows.tolist()])
        return np.column_stack([self.numbers[rows], own])

    def eig_nats(self) -> np.ndarray:
        return super().eig_nats() if self._wide else self.question_information().gain_nats.copy()

    def choose(self, k: int = 1) -> tuple[np.ndarray, np.ndarray]:
        return super().choose(k) if self._wide else top(self.question_information().gain_nats, k)

    def shortlist(self, by_gain: int, by_user: int) -> tuple[np.ndarray, QuestionInformation]:
        if self._wide:
            return super().shortlist(by_gain, by_user)
        told = self.question_information()
        ids = shortlisted(told.gain_nats, told.user_nats, by_gain, by_user)
        return ids, told.at(ids)

    @property
    def _wide(self) -> bool:
        return len(self.channel.catalogue) > WIDE

    def take(self, rows: np.ndarray) -> Self:
        other, rows = super().take(rows), np.asarray(rows)
        for name in ("_believed", "_told", "_joint", "_belief", "_types"):
            setattr(other, name, getattr(self, name)[rows])
        of = self._information
        other._information = QuestionInformation(of.gain_nats[rows], of.user_nats[rows], of.answers[rows])
        return other


def _distinct(numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The first of each of the distinct rows of (n, F), and for each row which of those it is, (n,)."""
    with np.errstate(over="ignore"):
        mark = (mix(numbers.astype(np.uint64) + GAMMA) * _odd(numbers.shape[1])).sum(axis=1, dtype=np.uint64)
    _, first, back = np.unique(mark, return_index=True, return_inverse=True)
    if (numbers[first][back] == numbers).all():
        return first, back
    _, first, back = np.unique(numbers, axis=0, return_index=True, return_inverse=True)  # two marks have met
    return first, back.reshape(-1)


def _odd(count: int) -> np.ndarray:
    """(count,) uint64: different odd numbers."""
    return mix(np.arange(count, dtype=np.uint64)) | np.uint64(1)
