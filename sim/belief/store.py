"""What was answered about facets, by number, and the records that compiled loops read of it.

A piece of evidence about a facet gets a number when it is first met, and what a dialogue knows is one number a facet:
two dialogues that heard the same, in whatever order, have the same numbers.  Number f, below F, is that nothing is
known of facet f, and number F that nothing was told of the items themselves.  Records (`sim.belief.law_dense`,
`sim.belief.law_sparse`) lie in two long arrays; when those have grown to their limit all are forgotten, and made again
where they are needed.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from sim.belief.evidence import EMPTY, NOT_SAID, WIDTH, Evidence, History, heard, opened
from sim.belief.law_dense import LawTables, Told, dense_records, table_size, tables_of
from sim.belief.law_of_groups import tabulated_records, touched_values
from sim.belief.law_sparse import give_rows, parts_of, sparse_record, sparse_size
from sim.belief.stages import Stages
from sim.belief.tables import (
    NONE,
    PASSED,
    VOLUNTEERED,
    DenseFacet,
    Memory,
    SparseFacet,
    asked_for,
    dense_facet,
    in_doubt,
    is_dense,
    manner_of,
    memory_of,
    sparse_facet,
    tabled,
)
from sim.channel.channel import Channel
from sim.numeric.compiled import compiled
from sim.questions import QuestionBank

MOST_KNOWN = 100_000
"""Pieces of evidence from which on those that no dialogue knows are forgotten: learners meet millions."""
NOWHERE = -1
"""In the place of an offset: there is no record."""


RULED_OUT = -700.0
"""Log factors on items are no lower: smaller ones have no float64 beside 1."""


class EvidenceStore:
    """Evidence under one channel and bank; N intents, F facets, T types.

    What a dialogue knows has F + 1 numbers: the last is of the items themselves, a log factor on each.

    Args:
        memory: False takes every answer for independent evidence.
        limit: bytes of records that are kept.
    """

    def __init__(self, channel: Channel, bank: QuestionBank, memory: bool, limit: int) -> None:
        self.channel, self.bank, self.memory, self.limit = channel, bank, memory, limit
        self.stages = Stages(channel)
        self.intents, self.types = len(channel.catalogue), len(channel.shares)
        self.facets: list[DenseFacet | SparseFacet] = [
            dense_facet(c, bank, f) if is_dense(c) else sparse_facet(c) for f, c in enumerate(channel.facets)
        ]
        self.tabled = [tabled(c, bank, f, self.facets[f]) for f, c in enumerate(channel.facets)]
        """(F,) the rows of the facets whose law is tabled, None for the others."""
        self.manner = manner_of([*self.stages.asking])
        self._memories: dict[int, Memory] = {}
        self._in_doubt = WIDTH * len(self.stages.asking)
        self._begin()
        self._lay_out_fixed()

    def _begin(self) -> None:
        """Nothing is known."""
        self.known: list[tuple[int, Evidence]] = [(f, EMPTY) for f in range(len(self.facets) + 1)]
        self._items: dict[int, np.ndarray] = {}
        self._number = {key: k for k, key in enumerate(self.known)}
        self._after: dict[tuple[int, int, int, int], int] = {}
        room = 4 * len(self.facets) + 4
        self._passed = np.zeros(room, dtype=np.int64)
        self.asked_at = np.zeros((room, 2), dtype=np.int64)
        """(evidence, 2) the questions that it answers are asked_ids[first:end]."""
        self.asked_ids, self._asked_used = np.empty(1 << 8, dtype=np.int64), 0
        self.record_at, self.map_at = np.full(room, NOWHERE), np.full(room, NOWHERE)
        """(evidence,) where its record of float64 begins, and the rows of the intents, int32."""
        self.row_count, self.touched_count = np.zeros(room, dtype=np.int64), np.zeros(room, dtype=np.int64)
        """(evidence,) how many rows it has, and, of a facet that is not tabled, touched values."""

    def _lay_out_fixed(self) -> None:
        """What never changes: the rows of tabled facets, and one row an intent."""
        rows = [of.row_of for of in self.tabled if of is not None]
        self._fixed = np.concatenate([np.arange(self.intents, dtype=np.int32), *rows])
        places = iter(range(1, 1 + len(rows)))
        self._rows_at = [NOWHERE if of is None else next(places) * self.intents for of in self.tabled]
        self._forget()

    def _forget(self) -> None:
        self.record_at[:] = NOWHERE
        # Anew: somebody may be reading the old ones.
        self.floats, self.ints = np.empty(1 << 12), np.empty(len(self._fixed) + (1 << 8), dtype=np.int32)
        self._floats_used, self._ints_used = 0, 0
        at = self._take_ints(len(self._fixed))
        self.ints[at : at + len(self._fixed)] = self._fixed

    # --- numbers ------------------------------------------------------------------------------------------------------

    def number(self, f: int, evidence: Evidence) -> int:
        """The number of what is known of facet f."""
        found = self._number.get((f, evidence))
        if found is None:
            found = self._number[f, evidence] = self._next_number(f, evidence)
            self._passed[found] = self.memory and evidence.silent
            self._note_asked(found, f, evidence)
        return found

    def _next_number(self, f: int, evidence: Evidence) -> int:
        self.known.append((f, evidence))
        if len(self.known) > len(self.record_at):
            for name in ("record_at", "map_at", "row_count", "touched_count", "asked_at", "_passed"):
                old = getattr(self, name)
                setattr(self, name, np.concatenate([old, np.full_like(old, NOWHERE)]))
        return len(self.known) - 1

    def number_of_items(self, before: int, log_factor: np.ndarray) -> int:
        """The number of one more log factor on each intent (N,), beside what was known of the items before.

        Raises:
            ValueError: not one for each intent, or none that is finite.
        """
        if np.shape(log_factor) != (self.intents,) or not np.isfinite(log_factor).any():
            raise ValueError(f"a log factor on items needs {self.intents} numbers, one an intent, some of them finite")
        whole = np.maximum(np.asarray(log_factor, dtype=np.float64) + self._items.get(before, 0.0), RULED_OUT)
        found = self._next_number(len(self.facets), EMPTY)  # no two are the same
        self._items[found], self.asked_at[found], self._passed[found] = whole - whole.max(), 0, 0
        return found

    def _note_asked(self, k: int, f: int, evidence: Evidence) -> None:
        closed, start = self.bank.question_of_value[f], self._asked_used
        ids = [int(self.bank.open_question[f])] if evidence.open_answered else []
        ids += [int(closed[value]) for value, _ in evidence.yesno]
        ids += [int(closed[value]) for value, _, _ in evidence.doubted]
        self._asked_used += len(ids)
        if self._asked_used > len(self.asked_ids):
            self.asked_ids = _longer(self.asked_ids, self._asked_used)
        self.asked_ids[start : self._asked_used] = ids
        self.asked_at[k] = start, self._asked_used

    def asked(self, numbers: np.ndarray) -> np.ndarray:
        """(n, Q) bool: the questions that were answered in n dialogues that know `numbers` (n, F)."""
        out = np.zeros((len(numbers), len(self.bank)), dtype=bool)
        mark_asked(np.ascontiguousarray(numbers), self.asked_at, self.asked_ids, out)
        return out

    def forget_all_but(self, in_use: list[np.ndarray]) -> None:
        """Forget what none of these dialogues knows: (B, F) numbers, which are given anew in place."""
        known, items = self.known, self._items
        kept = sorted({k for numbers in in_use for k in np.unique(numbers).tolist()})
        self._begin()
        self._forget()
        anew = np.arange(len(known))
        for k in kept:
            anew[k] = self.number_of_items(len(self.facets), items[k]) if k in items else self.number(*known[k])
        for numbers in in_use:
            numbers[:] = anew[numbers]

    def after(self, numbers: np.ndarray, question: int, answer: int) -> tuple[int, int]:
        """One more answer for a dialogue that knows `numbers` (F,): the facet, and the number of what is known now.

        Raises:
            ValueError: the question has no such answer.
        """
        f = int(self.bank.facet[question])
        before = int(numbers[f])
        stage = self.stage(numbers) if self.stages.turns else 0
        key = before, question, answer, stage
        found = self._after.get(key)
        if found is None:
            about = {f: self.known[before][1]}
            found = self._after[key] = self.number(*heard(self.bank, about, question, answer, stage))
        return f, found

    def after_opening(self, numbers: np.ndarray, opening: np.ndarray) -> np.ndarray:
        """(F + 1,) numbers after an opening (F,)."""
        about = {f: self.known[k][1] for f, k in enumerate(numbers[:-1].tolist())}
        out = numbers.copy()
        for f, evidence in opened(self.bank, about, opening).items():
            out[f] = self.number(f, evidence)
        return out

    def history(self, numbers: np.ndarray) -> History:
        """What a dialogue knows of its facets, with nothing that is empty."""
        return tuple(self.known[k] for f, k in enumerate(numbers[:-1].tolist()) if k != f)

    def numbers(self, history: Iterable[tuple[int, Evidence]]) -> np.ndarray:
        """(F + 1,) int64: the numbers of a history."""
        out = np.arange(len(self.facets) + 1)
        for f, evidence in history:
            out[f] = self.number(f, evidence)
        return out

    def stage(self, numbers: np.ndarray) -> int:
        """The stage of the next answer."""
        return self.stages.of(self.history(numbers)) if self.stages.turns else 0

    # --- records ------------------------------------------------------------------------------------------------------

    def need(self, numbers: np.ndarray) -> None:
        """See to it that there are records of all these numbers (any shape)."""
        if (self.record_at[numbers] != NOWHERE).all():
            return
        wanted = np.unique(numbers)
        if 8 * self._floats_used + 4 * self._ints_used > self.limit:
            self._forget()
        by_law: dict[tuple[int, int], list[int]] = {}
        for k in wanted[self.record_at[wanted] == NOWHERE].tolist():
            f, evidence = self.known[k]
            if f == len(self.facets):
                self._record_items(k)
            elif self.tabled[f] is None or len(self._pieces(evidence)) > 1 or evidence.doubted or evidence.named:
                self._record(k)
            else:
                by_law.setdefault((f, id(self.stages.heard(f, evidence))), []).append(k)
        for (f, _), kinds in by_law.items():
            self.record_at[kinds] = self._weigh_tabled(f, [self.known[k][1] for k in kinds])
            self.map_at[kinds] = self._rows_at[f]

    def next_answer(self, numbers: np.ndarray, stages: np.ndarray, f: int) -> tuple[np.ndarray, np.ndarray]:
        """How facet f is answered about next in n dialogues that know `numbers` (n,) of it: the numbers that say what
        is remembered, and the G of `AnswerManner`, (n,) each.

        What is remembered of a facet is settled when it first comes up; with memory off, that is always now.
        """
        fresh = numbers == f if self.memory else np.ones(len(numbers), dtype=bool)
        out = np.where(fresh, f, numbers)
        if stages.any():
            for b in np.flatnonzero(fresh & (stages > 0)).tolist():
                out[b] = self.number(f, EMPTY._replace(stage=int(stages[b])))
        self.need(out)
        return out, stages + len(self.stages.asking) * self._passed[out]

    def _record_items(self, k: int) -> None:
        """A row an intent, the same for all types."""
        log = np.zeros((self.intents, self.types))
        if k in self._items:
            log += self._items[k][:, None]
        self.record_at[k], self.map_at[k] = self._take_floats(log.size), 0
        self.floats[self.record_at[k] :][: log.size] = log.ravel()

    def _record(self, k: int) -> None:
        f, evidence = self.known[k]
        pieces = self._pieces(evidence)
        if len(pieces) == 1:
            self.record_at[k], self.map_at[k] = self._weigh(k, f, pieces[0])
            return
        # Evidence that shares no memory multiplies, intent by intent; what it leaves is never asked about.
        log = np.zeros((self.intents, self.types))
        for piece in pieces:
            at, rows = self._weigh(k, f, piece)
            r_n = int(self.row_count[k])
            like = self.floats[at : at + r_n * self.types].reshape(r_n, self.types)
            log += like[self.ints[rows : rows + self.intents]]
        self.record_at[k], self.map_at[k] = self._take_floats(log.size), 0
        self.floats[self.record_at[k] :][: log.size] = log.ravel()

    def _pieces(self, evidence: Evidence) -> tuple[Evidence, ...]:
        """The evidence as parts that share no memory: one, or with memory off one an answer."""
        if self.memory or (not evidence.yesno and not evidence.doubted and evidence.said == NOT_SAID):
            return (evidence,)
        said = (evidence._replace(yesno=(), doubted=()),) if evidence.said != NOT_SAID else ()
        doubted = (Evidence(doubted=(answer,)) for answer in evidence.doubted)
        return (*(Evidence(yesno=(answer,)) for answer in evidence.yesno), *doubted, *said)

    def _weigh(self, k: int, f: int, evidence: Evidence) -> tuple[int, int]:
        """Write a record; where it begins, and where the rows of the intents stand."""
        rows = self.tabled[f]
        if rows is not None:
            self.row_count[k] = len(rows.member_ptr) - 1
            return int(self._weigh_tabled(f, [evidence])[0]), self._rows_at[f]
        return self._weigh_sparse(k, f, evidence)

    def _weigh_tabled(self, f: int, evidence: list[Evidence]) -> np.ndarray:
        """Write records of several kinds of evidence about a facet, of like stages; where they begin, (m,)."""
        facet, rows = self.facets[f], self.tabled[f]
        assert rows is not None
        size = table_size(rows, self.types)
        at = self._take_floats(size * len(evidence)) + size * np.arange(len(evidence))
        memory, told = self._memory(f, evidence[0]), _told(evidence, self._in_doubt)
        if isinstance(facet, DenseFacet):
            dense_records(facet, rows, memory, told, self.floats, at)
        else:
            tabulated_records(facet, rows, asked_for(self.bank, f), memory, told, self.floats, at)
        return at

    def _weigh_sparse(self, k: int, f: int, evidence: Evidence) -> tuple[int, int]:
        facet, told = self.facets[f], _told([evidence], self._in_doubt)
        assert isinstance(facet, SparseFacet)
        memory = self._memory(f, evidence)
        ids = touched_values(told.pairs, evidence.said, memory.named)
        row_of = np.empty(len(facet.ptr) - 1, dtype=np.int32)
        r_n = give_rows(facet, ids, row_of)
        kept = np.concatenate([row_of[facet.group_of], row_of, ids])
        rows_at = self._take_ints(len(kept))
        self.ints[rows_at : rows_at + len(kept)] = kept
        size = sparse_size(r_n, len(ids), self.types)
        at = self._take_floats(size)
        volunteered, out = int(told.volunteered[0]), self.floats[at : at + size]
        sparse_record(facet, memory, told.pairs, evidence.said, volunteered, ids, row_of, r_n, out)
        self.row_count[k], self.touched_count[k] = r_n, len(ids)
        return at, rows_at

    def _memory(self, f: int, evidence: Evidence) -> Memory:
        channel = self.stages.heard(f, evidence)
        found = self._memories.get(id(channel))
        if found is None:
            found = self._memories[id(channel)] = memory_of(channel)  # `stages` keeps the channels
        return in_doubt(found, evidence) if evidence.doubted or evidence.named else found

    def _take_floats(self, size: int) -> int:
        at = self._floats_used
        self._floats_used += size
        if self._floats_used > len(self.floats):
            self.floats = _longer(self.floats, self._floats_used)
        return at

    def _take_ints(self, size: int) -> int:
        at = self._ints_used
        self._ints_used += size
        if self._ints_used > len(self.ints):
            self.ints = _longer(self.ints, self._ints_used)
        return at

    def tables(self, number: int) -> LawTables:
        """The record of evidence on a facet whose law is tabled."""
        self.need(np.array([number]))
        rows = self.tabled[self.known[number][0]]
        assert rows is not None
        return tables_of(rows, self.floats[self.record_at[number] :], self.types)

    def states(self, number: int, joint: np.ndarray) -> np.ndarray:
        """(4,) p(forgotten, kept, muddled, unrecalled | history) of a facet, from p(intent, type | history), (N, T)."""
        f, evidence = self.known[number]
        self.need(np.array([number]))
        at, rows_at = int(self.record_at[number]), int(self.map_at[number])
        if len(self._pieces(evidence)) > 1:
            at, rows_at = self._weigh(number, f, evidence)  # the record says how likely the parts are, and no more
        of, record, rows = self.tabled[f], self.floats[at:], self.ints[rows_at:][: self.intents]
        if of is not None:
            states = tables_of(of, record, self.types).states.transpose(0, 2, 1)
        else:
            parts = parts_of(record, int(self.row_count[number]), int(self.touched_count[number]), self.types)
            states = parts[1].transpose(2, 0, 1)[:4]
        return (states[:, rows] * joint).sum(axis=(1, 2))


@compiled
def mark_asked(numbers: np.ndarray, asked_at: np.ndarray, asked_ids: np.ndarray, out: np.ndarray):
    """Set what the numbers (n, F) say was asked in out (n, Q)."""
    for b in range(len(numbers)):
        for k in numbers[b]:
            for j in range(asked_at[k, 0], asked_at[k, 1]):
                out[b, asked_ids[j]] = True


def _told(evidence: list[Evidence], first: int) -> Told:
    """Laid out for loops; answers in doubt are the columns of `Memory` from `first` on."""
    pairs = np.array([pair for about in evidence for pair in _pairs(about, first)], dtype=np.int64).reshape(-1, 2)
    volunteered = [NONE if e.volunteered is None else VOLUNTEERED if e.volunteered else PASSED for e in evidence]
    ends = np.array([len(about.yesno) + len(about.doubted) for about in evidence]).cumsum()
    return Told(pairs, ends, np.array([about.said for about in evidence]), np.array(volunteered))


def _pairs(about: Evidence, first: int) -> list[tuple[int, int]]:
    """What yes/no questions asked for, and the symbols of the answers."""
    return [*about.yesno, *((value, first + c) for c, (value, _, _) in enumerate(about.doubted))]


def _longer(array: np.ndarray, least: int) -> np.ndarray:
    out = np.empty(max(least, 2 * len(array)), dtype=array.dtype)
    out[: len(array)] = array
    return out
