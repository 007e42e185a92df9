"""What every question on one facet tells, for many dialogues that know the same about it.

`sim.ask.gain_yesno` works through one belief at a time.  Learners meet hundreds of dialogues a step over small
catalogues, and what a facet's answers depend on is its evidence alone, which comes again and again ("Drama was said");
so here the conditional answer probabilities given evidence become an operator, made once and kept, that is applied to
the beliefs of all dialogues with that evidence at once:

- scalar facets: a dense table p(answer | value, type), applied to the beliefs' masses of values, all flags at once;
- `many` facets: sparse features on the entries of the relation (state masses, believed and true) and of the
  confusions (believed and not true), one product a type.

EIG of yes/no questions is I(answer; class), as in `sim.ask.gain_yesno`, unrefined.  Of open questions on scalar facets
it is exact.  On `many` facets it is I(answer; intent, type) less what the answer tells about the type given the intent,
where for the latter answers are told apart as nothing, something true, something else: an upper bound, close.

Each operator also gives I(answer; type), what a question tells about the user.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import sparse

from sim.ask.gain_open import manner, reweighted, untouched_states
from sim.ask.gain_yesno import answering_states, is_small, kept_memory, muddled_memory, said_odds, scalar_states
from sim.ask.question_information import QuestionInformation, open_summary
from sim.belief.likelihood import ScalarTerms, SetTerms
from sim.channel.channel import KEPT, MUDDLED, FacetChannel
from sim.channel.confusion import kernel_entries
from sim.channel.relation import IntentsOfValues
from sim.channel.slips_and_hedges import not_believed
from sim.numeric.entropy import xlogx

NEGLIGIBLE = 1e-14
"""Belief in a value that adds nothing to any sum."""
BLOCK = 1 << 17
"""Numbers at a time, to stay within the processor's cache."""


def _user_information(by_type: np.ndarray) -> np.ndarray:
    """I(answer; type) from p(type, answer) in axes 0 and -2 of (T, ..., A, n)."""
    both = xlogx(by_type).sum(axis=-2).sum(axis=0)
    answer = xlogx(by_type.sum(axis=0)).sum(axis=-2)
    types = xlogx(by_type.sum(axis=-2)).sum(axis=0)
    return np.maximum(both - answer - types, 0.0)


class ScalarOperator:
    """A scalar facet's questions; `masses` are beliefs by value and type.

    Args:
        terms: the facet's likelihood so far, None when nothing was answered about it.
        values: (C,) values or thresholds of its yes/no questions.
        has_open: whether its open question may be asked; it then comes first.
    """

    def __init__(self, channel: FacetChannel, terms: ScalarTerms | None, values: np.ndarray, has_open: bool) -> None:
        self.small, self.values, self.has_open = is_small(channel), values, has_open
        v, t, c = len(channel.facet.values), channel.types, len(values)
        states = scalar_states(channel, terms)
        rows, columns, data = muddled_memory(channel, terms)
        background = kept_memory(channel, terms)
        tables = []
        if has_open:
            own = channel.facet.option_of
            kept, muddled, anything, unsaid = manner(channel, states)
            said = np.empty((v + 1, t, 1 + len(channel.facet.options)))
            said[:, :, 0] = unsaid
            said[:, :, 1:] = anything[:, :, None] * channel.options
            said[np.arange(v), :, 1 + own] += kept[:v]
            np.add.at(said.transpose(0, 2, 1), (rows, 1 + own[columns]), data * muddled[rows])
            np.add.at(said[v].T, 1 + own, background * kept[v])
            tables.append(said)
        if c:
            over = channel.facet.kind == "number"
            memory = np.arange(v)
            yes = np.zeros((2, v + 1, c, t))  # kept, muddled
            yes[0, :v] = (memory[:, None] >= values if over else memory[:, None] == values)[:, :, None]
            dense = np.zeros((v + 1, v, t))
            dense[rows, columns] = data
            if over:
                yes[1] = dense[:, ::-1].cumsum(axis=1)[:, ::-1][:, values]
                yes[0, v] = background[::-1].cumsum(axis=0)[::-1][values]
            else:
                yes[1], yes[0, v] = dense[:, values], background[values]
            table = np.zeros((v + 1, t, c, 5))
            for s, share in ((KEPT, states[1] + states[3]), (MUDDLED, states[2])):
                believes = (share[:, None] * yes[s]).transpose(0, 2, 1)[..., None]  # (V + 1, T, C, 1)
                table += believes * channel.yesno[:, s, None, 1]
                table += (share[:, :, None, None] - believes) * channel.yesno[:, s, None, 0]
            table += (states[0][:, :, None] * channel.yesno_forgotten)[:, :, None]
            tables.append(table.reshape(v + 1, t, -1))
        self.table = np.ascontiguousarray(np.concatenate(tables, axis=2).transpose(1, 0, 2))  # (T, V + 1, K)
        self.first = tables[0].shape[2] if has_open else 0
        self.nbytes = self.table.nbytes

    def tell(self, masses: np.ndarray) -> QuestionInformation:
        """From (T, V + 1, n)."""
        n, c = masses.shape[2], len(self.values)
        by_type = np.matmul(self.table.transpose(0, 2, 1), masses)  # (T, K, n)
        total = by_type.sum(axis=0)
        classes = xlogx(masses.sum(axis=0)).sum(axis=0)  # (n,)
        gain, user, answers = np.zeros((n, self.has_open + c)), np.zeros((n, self.has_open + c)), []
        # Joint entropies of answer and value; the closed questions of large facets need two classes only.
        k = self.table.shape[2] if self.small else self.first
        # A value that nobody is thought to want adds nothing: as beliefs sharpen, most of the work falls away.
        likely = np.flatnonzero(masses.max(axis=(0, 2)) > NEGLIGIBLE)
        within = np.zeros((k, n))
        step = max(1, BLOCK // max(1, k * n))
        for start in range(0, len(likely), step):
            x = likely[start : start + step]
            part = self.table[0][x, :k, None] * masses[0][x][:, None]  # (X, K, n)
            for t in range(1, len(masses)):
                part += self.table[t][x, :k, None] * masses[t][x][:, None]
            within += xlogx(part).sum(axis=0)
        within -= xlogx(total[:k])
        if self.has_open:
            gain[:, 0] = within[: self.first].sum(axis=0) - classes
            user[:, 0] = _user_information(by_type[:, : self.first])
            answers.append(open_summary(total[: self.first])[:, None])
        if c:
            closed = by_type[:, self.first :].reshape(len(masses), c, 5, n)
            user[:, self.has_open :] = _user_information(closed).T
            predicted = total[self.first :].reshape(c, 5, n)
            answers.append(predicted.transpose(2, 0, 1))
            if self.small:
                gain[:, self.has_open :] = within[self.first :].reshape(c, 5, n).sum(axis=1).T - classes[:, None]
            else:
                rows = self.table[:, :, self.first :].reshape(len(masses), -1, c, 5)
                own = rows[:, self.values, np.arange(c)]  # (T, C, 5)
                inside = np.einsum("tca,tcn->can", own, masses[:, self.values])
                gain[:, self.has_open :] = _two_classes(inside, predicted - inside).T
        return QuestionInformation(np.maximum(gain, 0.0), user, np.concatenate(answers, axis=1))


class FlagsOperator:
    """Several flags' questions at once: nothing was answered about them, or nothing would be left to ask.

    Args:
        flags: an operator each, of one question.
    """

    def __init__(self, flags: list[ScalarOperator]) -> None:
        self.table = np.stack([flag.table for flag in flags], axis=1)  # (T, F, 3, 5)

    def tell(self, masses: np.ndarray) -> QuestionInformation:
        """From (T, F, 3, n); questions in the order of the flags."""
        by_type = np.matmul(self.table.swapaxes(2, 3), masses)  # (T, F, 5, n)
        total = by_type.sum(axis=0)
        joint = np.zeros((*self.table.shape[1:], masses.shape[-1]))  # (F, 3, 5, n)
        for table, mass in zip(self.table, masses):
            joint += table[..., None] * mass[:, :, None]
        gain = xlogx(joint).sum(axis=(1, 2)) - xlogx(total).sum(axis=1) - xlogx(masses.sum(axis=0)).sum(axis=1)
        return QuestionInformation(np.maximum(gain, 0.0).T, _user_information(by_type).T, total.transpose(2, 0, 1))


def _two_classes(inside: np.ndarray, outside: np.ndarray) -> np.ndarray:
    """(C, n) I(answer; class) from two (C, A, n)."""
    outside = np.maximum(outside, 0.0)
    out = (xlogx(inside) + xlogx(outside) - xlogx(inside + outside)).sum(axis=1)
    return out - xlogx(inside.sum(axis=1)) - xlogx(outside.sum(axis=1))


class SetPattern:
    """Where the entries of a `many` facet's operators stand, whatever was answered; made once for a bank.

    Rows of an operator are features x types x questions, columns types x intents.  Features: masses of the three
    states, believed and true when kept and when muddled, believed and not true when muddled.
    """

    def __init__(self, channel: FacetChannel, values: np.ndarray) -> None:
        n, c, t = channel.facet.intents, len(values), channel.types
        self.values, self.held = values, IntentsOfValues(channel.by_value, values)
        self.taken = sparse.csr_array(channel.top_of_mind @ channel.kernel_t[values].T.tocsr())  # (N, C)
        self.taken.sort_indices()
        self.taken_by = np.repeat(np.arange(n), np.diff(self.taken.indptr))
        self.key = self.taken_by * c + self.taken.indices
        held, out = self.held, self.taken
        row = np.concatenate([*(f * c + held.segment for f in range(5)), 5 * c + out.indices, 5 * c + held.segment])
        column = np.concatenate([*[held.intents] * 5, self.taken_by])
        column = np.concatenate([column, held.intents])
        rows = (row + np.arange(t)[:, None] * 6 * c).ravel()
        self.order = np.argsort(rows, kind="stable")
        self.indptr = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=6 * c * t))]).astype(np.int32)
        self.columns = (column + np.arange(t)[:, None] * n).ravel()[self.order].astype(np.int32)
        self.shape = (6 * c * t, n * t)


class _Mind(NamedTuple):
    """What is on top of the mind given the answers so far; E entries of the relation, M of the confusions."""

    kept: np.ndarray
    """(N, T) p(kept | intent, type), divided by A of `sim.belief.likelihood`."""
    muddled: np.ndarray
    """(N, T) p(muddled | intent, type), divided by R."""
    lost: np.ndarray
    """(E, T or 1) the entry's value is the one that is replaced."""
    within: np.ndarray
    """(E, T) it replaces another that is true as well."""
    replacing: np.ndarray
    """(M, T) the value replaces one of the intent's."""


class SetOperator:
    """The yes/no questions of a `many` facet, and its open one; takes beliefs by type.

    What it says of questions that were asked before means nothing.  Arguments as above, and
        pattern: of the facet's questions.
    """

    def __init__(self, channel: FacetChannel, terms: SetTerms | None, pattern: SetPattern, has_open: bool) -> None:
        self.channel, self.values, self.has_open = channel, pattern.values, has_open
        everyone = np.arange(channel.facet.intents)
        self.states = untouched_states(channel, everyone) if terms is None else terms.states  # (4, N, T)
        self.answering = answering_states(self.states)  # (3, N, T)
        self.by_type = np.ascontiguousarray(self.answering.transpose(2, 0, 1))  # (T, 3, N)
        if terms is None:
            self.said_kept = self.said_muddled = np.ones((len(self.values), channel.types))
            self.strange = np.ones(channel.types)
        else:
            self.said_kept, self.said_muddled = said_odds(terms, self.values)
            self.strange = 1 / terms.stranger
        self.closed = self._closed(terms, pattern) if len(self.values) else None
        self.absent = not_believed(channel, self.values)  # (C, T, S, A)
        self.open = OpenSetOperator(channel, terms, self.states) if has_open else None
        self.nbytes = 3 * self.states.nbytes + (0 if self.closed is None else self.closed.data.nbytes)
        self.nbytes += 0 if self.open is None else self.open.nbytes

    def _closed(self, terms: SetTerms | None, pattern: SetPattern) -> sparse.csr_array:
        """The pattern's operator: (6 C T, N T)."""
        channel, values = self.channel, self.values
        seg, who, at = pattern.held.segment, pattern.held.intents, pattern.held.places
        salience, recognised = channel.salience[at][:, None], channel.recognition[values][seg][:, None]
        mind = self._untouched_mind(pattern) if terms is None else self._touched_mind(terms, pattern)
        kept, muddled = mind.kept[who], mind.muddled[who]
        inside = mind.within * muddled
        data = [self.answering[s][who] for s in range(3)]
        data.append(recognised * data[1] + (1 - recognised) * salience * self.said_kept[seg] * kept)
        data.append(inside + recognised * (data[2] - mind.lost * muddled - inside))
        data += [mind.replacing * mind.muddled[pattern.taken_by], -inside]
        entries = np.concatenate(data).T.ravel()[pattern.order]
        return sparse.csr_array((entries, pattern.columns, pattern.indptr), shape=pattern.shape)

    def _untouched_mind(self, pattern: SetPattern) -> _Mind:
        channel, types = self.channel, self.channel.types
        return _Mind(
            self.states[1], self.states[2], channel.salience[pattern.held.places][:, None],
            np.repeat(channel.intruder_within[pattern.held.places][:, None], types, axis=1),
            np.repeat(pattern.taken.data[:, None], types, axis=1),
        )  # fmt: skip

    def _touched_mind(self, terms: SetTerms, pattern: SetPattern) -> _Mind:
        channel, values, (_, _, salience, within, replacing) = self.channel, self.values, self._untouched_mind(pattern)
        seg, who = pattern.held.segment, pattern.held.intents
        lost = terms.loss[values][seg] * salience
        for j, x in enumerate(terms.touched):
            # Pairs of a touched value and an asked one in the same intent, see `sim.ask.gain_yesno`.
            out_of, into = kernel_entries(channel.kernel_t, x, values), kernel_entries(channel.kernel, x, values)
            rows, theirs = channel.intents_of(x)
            share = np.zeros(channel.facet.intents)
            share[rows] = theirs
            lost = lost + (out_of[seg] * (share > 0)[who])[:, None] * terms.within[j] * salience
            within += (into[seg] * share[who])[:, None] * (terms.lost[x] - 1)
            near = np.flatnonzero(into)
            if len(near) and len(rows):
                key = (rows[:, None].astype(np.int64) * len(values) + near).ravel()
                more = (theirs[:, None] * into[near]).ravel()[:, None] * (terms.lost[x] - 1)
                replacing[np.searchsorted(pattern.key, key)] += more
        within *= self.said_muddled[seg]
        replacing *= self.said_muddled[pattern.taken.indices]
        return _Mind(self.states[1] / terms.top, self.states[2] / terms.replaced, lost, within, replacing)

    def tell(self, joint: np.ndarray) -> QuestionInformation:
        """From beliefs (T, N, n)."""
        channel, c = self.channel, len(self.values)
        n = joint.shape[2]
        gain, user, answers = np.zeros((n, self.has_open + c)), np.zeros((n, self.has_open + c)), []
        if self.open is not None:
            gain[:, 0], user[:, 0], summary = self.open.tell(joint)
            answers.append(summary[:, None])
        if c:
            rho = channel.stranger_recognition[self.values][:, None]  # (C, 1)
            named = rho + (1 - rho) * channel.background[self.values][:, None] * self.said_kept * self.strange  # (C, T)
            classes = np.zeros((2, c, 5, n))
            by_type = np.empty((channel.types, c, 5, n))
            assert self.closed is not None
            features = (self.closed @ joint.reshape(-1, n)).reshape(channel.types, 6, c, n)
            for t in range(channel.types):
                forgotten, kept, muddled, sure, wrong_too, wrong = features[t]
                total = self.by_type[t] @ joint[t]  # (3, n)
                strangers = self.states[1, channel.unknown, t] @ joint[t, channel.unknown]
                unrecalled = self.states[3, channel.unknown, t] @ joint[t, channel.unknown]
                inside = self._answers(t, forgotten, kept, muddled, sure, wrong_too)
                rest = [np.maximum(whole - part, 0.0) for whole, part in zip(total, (forgotten, kept, muddled))]
                sure = named[:, t, None] * strangers + rho * unrecalled
                outside = self._answers(t, rest[0], rest[1], rest[2], sure, wrong)
                classes[0] += inside
                classes[1] += outside
                by_type[t] = inside + outside
            gain[:, self.has_open :] = np.maximum(_two_classes(classes[0], classes[1]), 0.0).T
            user[:, self.has_open :] = _user_information(by_type).T
            answers.append(classes.sum(axis=0).transpose(2, 0, 1))
        return QuestionInformation(gain, user, np.concatenate(answers, axis=1))

    def _answers(
        self, t: int, forgotten: np.ndarray, kept: np.ndarray, muddled: np.ndarray, sure: np.ndarray, wrong: np.ndarray
    ) -> np.ndarray:
        """(C, A, n) answers of type t from masses (C, n): of the states, and of those who believe the value."""
        channel = self.channel
        out = forgotten[:, None] * channel.yesno_forgotten[t, :, None]
        out += sure[:, None] * channel.yesno[t, KEPT, 1, :, None]
        out += wrong[:, None] * channel.yesno[t, MUDDLED, 1, :, None]
        out += np.maximum(kept - sure, 0.0)[:, None] * self.absent[:, t, KEPT, :, None]
        out += np.maximum(muddled - wrong, 0.0)[:, None] * self.absent[:, t, MUDDLED, :, None]
        return out


class OpenSetOperator:
    """The open question of a `many` facet."""

    def __init__(self, channel: FacetChannel, terms: SetTerms | None, states: np.ndarray) -> None:
        n, t = channel.facet.intents, channel.types
        v = len(channel.facet.values)
        rows = np.arange(n)
        pattern, kept_data = channel.may_name
        local = np.repeat(rows, np.diff(pattern.indptr))
        if terms is None:
            by_type = np.stack([np.repeat(d[:, None], t, axis=1) for d in (kept_data, pattern.data)])
        else:
            by_type = reweighted(channel, terms, rows, local, pattern.indices, kept_data, pattern.data)
        kept, muddled, anything, unsaid = manner(channel, states)
        said = kept[local] * by_type[0] + muddled[local] * by_type[1]  # (E, T)
        self.anything, self.unsaid, self.options = anything, unsaid, channel.options
        by_option = np.argsort(pattern.indices, kind="stable")
        indptr = np.concatenate([[0], np.cumsum(np.bincount(pattern.indices, minlength=v))])
        columns = local[by_option].astype(np.int32)
        self.named = [sparse.csr_array((said[by_option, j], columns, indptr), shape=(v, n)) for j in range(t)]
        empty = channel.unknown
        background = np.repeat(channel.background[:, None], t, axis=1)  # (V, T)
        if terms is not None:
            ids = np.array(terms.touched, dtype=np.int64)
            rho, g1, g0 = channel.stranger_recognition[ids][:, None], terms.g1[:, :, KEPT], terms.g0[:, :, KEPT]
            background[ids] *= g1 / (rho * g1 + (1 - rho) * g0)
            background /= terms.stranger
        self.empty, self.empty_kept, self.background = empty, kept[empty], background
        # Given intent and type: the entropy of the answer, and its three classes.
        options = channel.options
        surprise = xlogx(unsaid) + xlogx(anything) * options.sum() + anything * xlogx(options).sum()
        base = anything[local] * options[pattern.indices][:, None]
        lift = xlogx(base + said) - xlogx(base)
        surprise += np.stack([np.bincount(local, weights=column, minlength=n) for column in lift.T], axis=1)
        for i in empty.tolist():
            base = anything[i] * options[:, None]
            surprise[i] += (xlogx(base + kept[i] * background) - xlogx(base)).sum(axis=0)
        self.entropy = -surprise
        true = np.zeros(len(local), dtype=bool)
        key = local.astype(np.int64) * v + pattern.indices
        true[np.searchsorted(key, channel.facet.rows.astype(np.int64) * v + channel.facet.indices)] = True
        own = np.stack([np.bincount(local[true], weights=said[true, j], minlength=n) for j in range(t)], axis=1)
        chance = np.bincount(channel.facet.rows, weights=channel.options[channel.facet.indices], minlength=n)
        own += anything * chance[:, None]
        classes = np.stack([unsaid, own, np.maximum(1 - unsaid - own, 0.0)])  # (3, N, T)
        self.classes = np.ascontiguousarray(classes.transpose(2, 0, 1))[..., None]  # (T, 3, N, 1)
        self.class_entropy = -xlogx(classes).sum(axis=0)
        self.nbytes = sum(m.data.nbytes + m.indices.nbytes for m in self.named) + 8 * n * t * 8

    def tell(self, joint: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """EIG (n,), I(answer; type) (n,) and the summary (n, SUMMARY), from beliefs (T, N, n)."""
        types, _, n = joint.shape
        by_type = np.empty((types, 1 + len(self.options), n))
        conditional = np.zeros(n)
        for t in range(types):
            by_type[t, 0] = self.unsaid[:, t] @ joint[t]
            by_type[t, 1:] = self.named[t] @ joint[t]
            by_type[t, 1:] += self.options[:, None] * (self.anything[:, t] @ joint[t])
            if len(self.empty):
                by_type[t, 1:] += self.background[:, t, None] * (self.empty_kept[:, t] @ joint[t, self.empty])
            conditional += (self.entropy[:, t] - self.class_entropy[:, t]) @ joint[t]
        answer = by_type.sum(axis=0)
        mixed = np.zeros((3, *joint.shape[1:]))  # (3, N, n)
        for t in range(types):
            mixed += self.classes[t] * joint[t]
        conditional += xlogx(joint.sum(axis=0)).sum(axis=0) - xlogx(mixed).sum(axis=(0, 1))
        gain = -xlogx(answer).sum(axis=0) - conditional
        return np.maximum(gain, 0.0), _user_information(by_type), open_summary(answer)
