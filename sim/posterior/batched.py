"""The exact posterior for small catalogues and many dialogues: what reinforcement learning trains on.

The same beliefs as `ChannelPosterior` to 1e-9 and the same EIG (unrefined, see `sim.ask.gain_batched`), a batch at a
time: what a facet's evidence means is computed once, kept, and applied to all dialogues that share it; dialogues that
share their whole history share everything.  BLAS is used, so a dialogue in a batch equals a single one to about 1e-12,
not bit for bit; where bytes must agree, `ChannelPosterior` is the one to take.

Everything is dense in the intents: (B, N, T) beliefs.  Made for catalogues of up to `SMALL_CATALOGUE` intents and banks
of some hundred questions; it works beyond, but `ChannelPosterior` will be the faster one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Self

import numpy as np
from scipy import sparse

from sim.ask.gain_batched import FlagsOperator, ScalarOperator, SetOperator, SetPattern
from sim.ask.gain_open import open_prediction
from sim.ask.question_information import SUMMARY, QuestionInformation, shortlisted
from sim.ask.ranking import TIE, top
from sim.belief.evidence import EMPTY, Evidence, History, canonical, heard, opened
from sim.belief.likelihood import ScalarTerms, SetTerms, Terms, bytes_of, log_like_by_intent, memory_states, terms
from sim.belief.type_mixture import intents_of, joint_of, log_likelihood, log_prior, types_of
from sim.channel.channel import Channel, FacetChannel
from sim.channel.opening import SILENT
from sim.numeric.cache import Cache
from sim.posterior.contract import check_catalogue, dialogues_meant
from sim.questions import OPEN, QuestionBank

SMALL_CATALOGUE = 1000
"""Intents up to which this is the faster posterior for a batch."""
CHUNK = 256
"""Histories at a time through the operators: a quarter faster than 64, for more of them share what was answered on a
facet; of hundreds of intents more would fall out of the processor's cache."""


class BatchedPosterior:
    """The `Posterior` protocol over a batch, see the module.

    Args:
        channel: the users' behaviour that is believed in.
        bank: the questions; must be of the channel's catalogue.
        cache_bytes: memory for operators, as much again for results by answer history, and for likelihoods.

    Raises:
        ValueError: bank and channel are of two catalogues, or the channel's users change as they answer.
    """

    def __init__(self, channel: Channel, bank: QuestionBank, *, cache_bytes: int = 1 << 28) -> None:
        check_catalogue(channel, bank)
        if channel.later:
            raise ValueError(f"the users of '{channel.name}' answer otherwise later on; take ChannelPosterior for them")
        self.channel, self.bank = channel, bank
        self._likes: Cache[np.ndarray] = Cache(cache_bytes)
        self._operators: Cache[ScalarOperator | SetOperator] = Cache(cache_bytes)
        self._recent: Cache[Terms] = Cache(cache_bytes // 4)
        self._unasked_kept: Cache[np.ndarray] = Cache(cache_bytes // 16)
        self._told: Cache[QuestionInformation] = Cache(cache_bytes)
        self._patterns: dict[int, SetPattern] = {}
        self._passed_over: dict[int, FacetChannel] = {}
        self._log_prior = log_prior(channel)
        self._open = bank.open_question >= 0
        self._values = [
            bank.value[a:b][bank.kind[a:b] != OPEN].astype(np.int64) for a, b in zip(bank.starts, bank.starts[1:])
        ]
        self._lay_out_scalars()
        self._flags_operator: FlagsOperator | None = None
        self.reset(1)

    def _lay_out_scalars(self) -> None:
        """Rows for the values of all scalar facets, the unknown one last in each, and who belongs into which."""
        bank, facets, n = self.bank, self.channel.catalogue.facets, len(self.channel.catalogue)
        scalars = [f for f, facet in enumerate(facets) if facet.scalar and bank.starts[f] < bank.starts[f + 1]]
        first = np.cumsum([0] + [len(facets[f].values) + 1 for f in scalars])
        self._places = {f: slice(int(a), int(b)) for f, a, b in zip(scalars, first, first[1:])}
        where = [np.where(facets[f].value_of < 0, len(facets[f].values), facets[f].value_of) + a
                 for f, a in zip(scalars, first)]  # fmt: skip
        rows = np.concatenate(where) if where else np.empty(0, np.int64)
        columns = np.tile(np.arange(n), len(scalars))
        self._masses = sparse.csr_array((np.ones(len(rows)), (rows, columns)), shape=(int(first[-1]), n))
        self._flags = [f for f in scalars if facets[f].kind == "flag" and len(self._values[f]) and not self._open[f]]
        self._flag_rows = np.array([np.arange(self._places[f].start, self._places[f].stop) for f in self._flags])
        self._flag_questions = bank.starts[self._flags]

    # --- the contract ---------------------------------------------------------------------------------------------

    def reset(self, dialogues: int) -> None:
        self._history: list[dict[int, Evidence]] = [{} for _ in range(dialogues)]
        self._log = np.repeat(self._log_prior[None], dialogues, axis=0)  # (B, N, T)
        self._joint = np.empty_like(self._log)
        self._stale = np.ones(dialogues, dtype=bool)
        self._known: list[QuestionInformation | None] = [None] * dialogues

    def restart(self, rows: np.ndarray) -> None:
        for b in np.asarray(rows).tolist():
            self._history[b], self._known[b] = {}, None
        self._log[rows] = self._log_prior
        self._stale[rows] = True

    def open(self, said: np.ndarray, rows: np.ndarray | None = None) -> None:
        for b, options in zip(dialogues_meant(rows, len(said), len(self._history)), np.asarray(said), strict=True):
            self._hear(b, opened(self.bank, self._history[b], options))

    def update(self, question: np.ndarray, answer: np.ndarray, rows: np.ndarray | None = None) -> None:
        question, answer = np.atleast_1d(question), np.atleast_1d(answer)
        meant = dialogues_meant(rows, len(question), len(self._history))
        for b, q, a in zip(meant, question.tolist(), answer.tolist(), strict=True):
            if q >= 0:
                self._hear(b, dict([heard(self.bank, self._history[b], q, a)]))

    def joint(self) -> np.ndarray:
        """(B, N, T) p(intent, type | history); not to be written to."""
        if self._stale.any():
            rows = np.flatnonzero(self._stale)
            self._joint[rows] = joint_of(self._log[rows])
            self._stale[rows] = False
        return self._joint

    def belief(self) -> np.ndarray:
        return intents_of(self.joint())

    def types(self) -> np.ndarray:
        return types_of(self.joint())

    def predict(self, question: np.ndarray) -> np.ndarray:
        question = np.atleast_1d(question)
        dialogues_meant(None, len(question), len(self._history))
        out = np.zeros((len(question), int(self.bank.answers[question].max())))
        # What questions tell may be found in the cache, and then nobody has made the beliefs fresh.
        joint, told = self.joint(), self.question_information()
        for b, q in enumerate(question.tolist()):
            f = int(self.bank.facet[q])
            if self.bank.kind[q] == OPEN:
                evidence = self._history[b].get(f)
                now = None if evidence is None else self._terms(f, evidence)
                p = open_prediction(self._asking(f, evidence or EMPTY), now, joint[b])
            else:
                p = told.answers[b, q]
            out[b, : len(p)] = p
        return out

    def eig_nats(self) -> np.ndarray:
        return self.question_information().gain_nats

    def choose(self, k: int = 1) -> tuple[np.ndarray, np.ndarray]:
        return top(self.question_information().gain_nats, k)

    def shortlist(self, by_gain: int, by_user: int) -> tuple[np.ndarray, QuestionInformation]:
        told = self.question_information()
        ids = shortlisted(told.gain_nats, told.user_nats, by_gain, by_user)
        return ids, told.at(ids)

    def states(self, dialogue: int = 0) -> Mapping[str, np.ndarray]:
        facets, joint = self.channel.catalogue.facets, self.joint()[dialogue]
        return {
            facets[f].name: memory_states(self._terms(f, evidence), facets[f], joint)
            for f, evidence in sorted(self._history[dialogue].items())
        }

    @property
    def type_names(self) -> tuple[str, ...]:
        return self.channel.types

    def copy(self) -> Self:
        return self.take(np.arange(len(self._history)))

    def with_prior_of(self, bank: QuestionBank) -> Self:
        """The same users under another prior, at the start of one dialogue; results are not shared.

        Args:
            bank: the same questions of the same catalogue, but for its prior.
        """
        channel = replace(self.channel, catalogue=bank.catalogue)
        return type(self)(channel, bank)

    def take(self, rows: np.ndarray) -> Self:
        rows = np.asarray(rows)
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__)
        other._history = [dict(self._history[b]) for b in rows.tolist()]
        other._known = [self._known[b] for b in rows.tolist()]
        other._log, other._joint, other._stale = self._log[rows], self._joint[rows], self._stale[rows]
        return other

    # --- beyond the contract --------------------------------------------------------------------------------------

    def question_information(self) -> QuestionInformation:
        """What every question tells in every dialogue: (B, Q) and (B, Q, 5); questions asked before tell 0."""
        missing = [b for b, known in enumerate(self._known) if known is None]
        if missing:
            groups: dict[History, list[int]] = {}
            for b in missing:
                groups.setdefault(canonical(self._history[b]), []).append(b)
            fresh = []
            for history, rows in groups.items():
                known = self._told.get(history)
                if known is None:
                    fresh.append((history, rows))
                for b in rows:
                    self._known[b] = known
            for start in range(0, len(fresh), CHUNK):
                self._tell(fresh[start : start + CHUNK])
        return QuestionInformation.stacked([k for k in self._known if k is not None])

    def log_likelihood(self) -> np.ndarray:
        """(B, N) log p(history | intent), the type and the memory summed out; a prior of 0 counts as 1e-300."""
        return log_likelihood(self._log, self.channel)

    def _tell(self, fresh: list[tuple[History, list[int]]]) -> None:
        """Results for a few different histories."""
        n, q = len(fresh), len(self.bank)
        joint = np.ascontiguousarray(self.joint()[[rows[0] for _, rows in fresh]].transpose(2, 1, 0))  # (T, N, n)
        masses = np.stack([self._masses @ j for j in joint])  # (T, W, n)
        gain, user, answers = np.zeros((n, q)), np.zeros((n, q)), np.zeros((n, q, SUMMARY))
        if self._flags:
            told = self._all_flags().tell(masses[:, self._flag_rows])
            at = self._flag_questions
            gain[:, at], user[:, at], answers[:, at] = told.gain_nats, told.user_nats, told.answers
        by_facet: list[dict[Evidence, list[int]]] = [{} for _ in self._values]
        others = [f for f in range(len(by_facet)) if len(self._values[f]) + self._open[f] and f not in self._flags]
        for j, (history, _) in enumerate(fresh):
            about = dict(history)
            asked = [int(self.bank.starts[f]) for f in self._flags if f in about]
            gain[j, asked] = user[j, asked] = answers[j, asked] = 0.0
            for f in others:
                by_facet[f].setdefault(about.get(f, EMPTY), []).append(j)
        for f in others:
            start, groups = int(self.bank.starts[f]), by_facet[f]
            for evidence, rows in groups.items():
                keep = self._unasked(f, evidence)
                if not keep.any():
                    continue
                place = (np.array(rows)[:, None], np.flatnonzero(keep) + start)
                operator = self._operator(f, evidence, keep)
                if isinstance(operator, ScalarOperator):
                    told = operator.tell(masses[:, self._places[f]][:, :, rows])
                    gain[place], user[place], answers[place] = told.gain_nats, told.user_nats, told.answers
                else:
                    told = operator.tell(_columns(joint, rows))
                    those = keep[len(keep) - told.gain_nats.shape[1] :]  # no open question among them once it was asked
                    gain[place], user[place] = told.gain_nats[:, those], told.user_nats[:, those]
                    answers[place] = told.answers[:, those]
        gain = np.where(gain > TIE, gain, 0.0)
        for j, (history, rows) in enumerate(fresh):
            known = QuestionInformation(gain[j], user[j], answers[j])
            self._told.put(history, known, 8 * q * (2 + SUMMARY) + 1024)
            for b in rows:
                self._known[b] = known

    def _all_flags(self) -> FlagsOperator:
        if self._flags_operator is None:
            flags = [(self.channel.facets[f], self._values[f]) for f in self._flags]
            self._flags_operator = FlagsOperator([ScalarOperator(c, None, v, False) for c, v in flags])
        return self._flags_operator

    def _unasked(self, f: int, evidence: Evidence) -> np.ndarray:
        """(questions on f,) bool, not to be written to."""
        asked = tuple(v for v, _ in evidence.yesno)
        told = self._open[f] and evidence.open_answered
        found = self._unasked_kept.get((f, asked, told))
        if found is None:
            found = np.concatenate([np.full(int(self._open[f]), not told), ~np.isin(self._values[f], asked)])
            self._unasked_kept.put((f, asked, told), found, found.nbytes + 256)
        return found

    def _asking(self, f: int, evidence: Evidence) -> FacetChannel:
        """The facet as the next question on it will be answered."""
        if evidence.said != SILENT:
            return self.channel.facets[f]
        if f not in self._passed_over:
            self._passed_over[f] = self.channel.facets[f].passed_over()
        return self._passed_over[f]

    def _operator(self, f: int, evidence: Evidence, keep: np.ndarray) -> ScalarOperator | SetOperator:
        found = self._operators.get((f, evidence))
        if found is None:
            channel = self._asking(f, evidence)
            now = None if evidence == EMPTY else self._terms(f, evidence)
            has_open = bool(self._open[f] and keep[0])
            if channel.facet.scalar:
                assert not isinstance(now, SetTerms)
                values = self._values[f][keep[1:] if self._open[f] else keep]
                found = ScalarOperator(channel, now, values, has_open)
            else:
                assert not isinstance(now, ScalarTerms)
                if f not in self._patterns:
                    self._patterns[f] = SetPattern(channel, self._values[f])
                found = SetOperator(channel, now, self._patterns[f], has_open)
            self._operators.put((f, evidence), found, found.nbytes)
        return found

    def _terms(self, f: int, evidence: Evidence) -> Terms:
        # Wanted twice, for the likelihood at once and for the operator if the dialogue goes on.
        found = self._recent.get((f, evidence))
        if found is None:
            found = terms(self.channel.facets[f], evidence)
            self._recent.put((f, evidence), found, bytes_of(found) + 1024)
        return found

    def _like(self, f: int, evidence: Evidence) -> np.ndarray:
        """(N, T) log p(evidence | intent, type)."""
        found = self._likes.get((f, evidence))
        if found is None:
            found = log_like_by_intent(self._terms(f, evidence), self.channel.facets[f].facet)
            self._likes.put((f, evidence), found, found.nbytes)
        return found

    def _hear(self, b: int, about: Mapping[int, Evidence]) -> None:
        """All that is known of some facets in dialogue b."""
        history = self._history[b]
        if all(history.get(f, EMPTY) == evidence for f, evidence in about.items()):
            return
        history.update(about)
        # Summed afresh in one order: adding differences would let rounding depend on the way there.
        log = self._log[b]
        log[:] = self._log_prior
        for f in sorted(history):
            log += self._like(f, history[f])
        self._stale[b], self._known[b] = True, None


def _columns(joint: np.ndarray, rows: list[int]) -> np.ndarray:
    return joint if len(rows) == joint.shape[2] else np.ascontiguousarray(joint[:, :, rows])
