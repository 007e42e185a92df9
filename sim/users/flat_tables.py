"""What a population of users may remember and say, as flat tables over all facets.

Values of all facets are numbered through ("global" value ids: facet f's value v is first[f] + v), so that a batch whose
users are asked about different facets needs no loop over facets: the tables are gathered from, and every choice among
values is an alias table's, all rows at once.

A cell = code * F T + f T + t says facet, type, and how the user stands to it; adding F T turns "does not believe what
was asked" into "believes it", and the cell is then the row of the table of answers.
"""

from __future__ import annotations

import numpy as np

from sim.answers import ANSWERS
from sim.channel.channel import KEPT, MUDDLED, Channel
from sim.numeric.alias import Alias
from sim.numeric.randomness import GAMMA, mix, threshold
from sim.questions import OPEN, OVER, QuestionBank

FORGOTTEN_CELL = 0
KEPT_CELL, MUDDLED_CELL, STRANGER_CELL, UNRECALLED_CELL = range(1, 9, 2)
"""Codes of a cell, of which the next one believes what was asked.  A stranger has kept a `many` facet of which the
catalogue knows nothing; where a facet is forgotten, nothing is believed or not."""
CELL_CODES = 9
"""How many codes there are."""
EXACT_TABLE = 1 << 20
"""Up to this many pairs of intent and value, or of intent and question, are tabled one by one."""
HALF = np.uint64(32)
"""The shift that leaves the upper half of a hash."""


class FlatTables:
    """The tables of one bank and channel; N intents, F facets, T types, Q questions, W values in all facets together.

    Args:
        bank: the questions that may be asked.
        channel: the users' behaviour.
    """

    def __init__(self, bank: QuestionBank, channel: Channel):
        self.bank, self.channel = bank, channel
        self.table_limit = EXACT_TABLE
        self.catalogue = bank.catalogue
        self.types = channel.types
        self._flatten_values()
        self._flatten_kernels()
        self._flatten_answers()
        self._flatten_questions()
        self.members = HeldValues(self)

    def _flatten_values(self) -> None:
        facets, channels = self.catalogue.facets, self.channel.facets
        n = len(self.catalogue)
        self.first = np.cumsum([0] + [len(f.values) for f in facets])  # (F + 1,)
        self.many = np.array([f.kind == "many" for f in facets], dtype=bool)  # (F,)
        entries = np.cumsum([0] + [len(f.indices) for f in facets])
        # What comes to mind: a row a facet and intent, then one a facet, for where the catalogue knows nothing.
        ends = [f.indptr[:-1] + e for f, e in zip(facets, entries[:-1], strict=True)]
        named = [f.indices.astype(np.int64) + v for f, v in zip(facets, self.first[:-1], strict=True)]
        self.minds = Alias(
            np.concatenate([*ends, entries[-1] + self.first]),
            np.concatenate([*(c.salience for c in channels), *(c.background for c in channels)]),
            np.concatenate([*named, np.arange(self.first[-1])]),
        )
        self.unknown = np.concatenate([np.diff(f.indptr) == 0 for f in facets])  # (F N,)
        background = np.repeat(self.minds.rows[len(self.unknown) :], n)
        self.mind_rows = np.where(self.unknown, background, self.minds.rows[: len(self.unknown)])  # (F N,)
        self.recognition = threshold(np.concatenate([c.recognition for c in channels]))  # (W,)
        self.stranger = threshold(np.concatenate([c.stranger_recognition for c in channels]))
        # One more entry, for questions about no value; only values of `many` facets have an absence.
        absence = [c.absence if c.facet.kind == "many" else np.ones(len(c.absence)) for c in channels]
        self.absence = np.concatenate([*absence, [1.0]])
        # One more entry: what is on top of the mind of those to whom nothing comes to mind.
        self.option_of = np.concatenate([*(f.option_of for f in facets), [0]]).astype(np.int64)
        options = [c.options for c in channels]
        self.options = Alias(
            np.cumsum([0] + [len(o) for o in options]),
            np.concatenate(options),
            np.concatenate([np.arange(len(o)) for o in options]),
        )

    def _flatten_kernels(self) -> None:
        channels = self.channel.facets
        entries = np.cumsum([0] + [c.kernel.nnz for c in channels])
        pairs = list(zip(channels, entries[:-1], self.first[:-1], strict=True))
        ends = [c.kernel.indptr[:-1].astype(np.int64) + e for c, e, _ in pairs]
        self.kernel = Alias(
            np.concatenate([*ends, entries[-1:]]),
            np.concatenate([c.kernel.data for c, _, _ in pairs]),
            np.concatenate([c.kernel.indices.astype(np.int64) + v for c, _, v in pairs]),
        )

    def _flatten_answers(self) -> None:
        channels = self.channel.facets
        self.forgotten_below = threshold(np.concatenate([c.forgotten for c in channels]))  # (F T,)
        not_kept = [c.forgotten + (1 - c.forgotten) * (1 - c.unrecalled) * c.muddled for c in channels]
        self.not_kept_below = threshold(np.concatenate(not_kept))
        # The unrecalled stand between the muddled and the kept: yes/no answers don't tell them from the latter.
        unrecalled = [x + (1 - c.forgotten) * c.unrecalled for x, c in zip(not_kept, channels, strict=True)]
        self.any_unrecalled = any(c.unrecalled.any() for c in channels)
        self.not_recalled_below = threshold(np.minimum(np.concatenate(unrecalled), 1 - 2.0**-53))
        cells = np.empty((CELL_CODES, len(channels), len(self.types), len(ANSWERS)))
        for f, c in enumerate(channels):
            cells[FORGOTTEN_CELL, f] = c.yesno_forgotten
            states = ((KEPT_CELL, KEPT), (MUDDLED_CELL, MUDDLED), (STRANGER_CELL, KEPT), (UNRECALLED_CELL, KEPT))
            for code, state in states:
                cells[code, f], cells[code + 1, f] = c.yesno[:, state, 0], c.yesno[:, state, 1]
        self.cell_step = len(channels) * len(self.types)
        # Where nothing is known: (F,).
        self.strange_cell = np.where(self.many, STRANGER_CELL, KEPT_CELL) * self.cell_step
        below = cells.reshape(-1, len(ANSWERS)).cumsum(axis=1)[:, :-1]
        self.yesno_below = threshold(np.ascontiguousarray(below.T))  # (4, cells)
        code = np.arange(CELL_CODES * self.cell_step) // self.cell_step
        self.may_pass = np.isin(code, (KEPT_CELL, MUDDLED_CELL, STRANGER_CELL, UNRECALLED_CELL))  # (cells,)
        silent = np.empty((CELL_CODES, len(channels), len(self.types)))
        for f, c in enumerate(channels):
            silent[:, f] = c.silent[:, KEPT]
            silent[FORGOTTEN_CELL, f] = 1 - c.guess
            silent[[MUDDLED_CELL, MUDDLED_CELL + 1], f] = c.silent[:, MUDDLED]
        self.silent = threshold(silent.reshape(-1))  # (cells,)
        self.slip = threshold(np.concatenate([c.slip for c in channels]))  # (F T,)

    def _flatten_questions(self) -> None:
        bank = self.bank
        self.facet = bank.facet.astype(np.int64)  # (Q,)
        self.is_open = bank.kind == OPEN
        self.any_open = bool(self.is_open.any())
        self.nothing = self.first[-1].astype(np.uint32)
        """The first key that is no value's."""
        self.low = np.where(self.is_open, self.nothing, self.first[self.facet] + bank.value).astype(np.int64)  # (Q,)
        # How far above the value asked about a value still counts: as far as the facet goes, for "is it over ...?".
        self.reach = np.zeros(max(1, len(self.many)), dtype=np.uint64)  # (F,)
        over = self.facet[bank.kind == OVER]
        self.reach[over] = np.diff(self.first)[over]
        # The key of an answer's draw.  It is not the question's id, so a user says the same in a bank cut short.
        self.key = np.where(self.is_open, self.nothing + self.facet, self.low).astype(np.uint32)  # (Q,)
        # Passing over what isn't believed is decided by the lower half of the hash, the answer by the upper.
        self.unsaid_below = (threshold(1 - self.absence.take(self.low)) >> HALF).astype(np.uint32)  # (Q,)


class HeldValues:
    """Which (intent, value) hold, for `many` facets: a table where that is small, else a search among the keys."""

    def __init__(self, tables: FlatTables):
        p = tables
        n = len(p.catalogue)
        self.width = np.int64(p.first[-1] + 1)
        keys = [np.empty(0, np.int64)]
        for f in np.flatnonzero(p.many):
            facet = p.catalogue.facets[f]
            keys.append(facet.rows.astype(np.int64) * self.width + facet.indices + p.first[f])
        key = np.sort(np.concatenate(keys))
        self.exact = n * int(self.width) <= p.table_limit
        if self.exact:
            self.table = np.zeros(n * int(self.width), dtype=bool)
            self.table[key] = True
        else:
            self.keys = key
            # A search among the keys is a walk through the memory; a word of bits settles nearly all that aren't there.
            self.shift = np.uint64(64 - max(8, int(len(key) * 0.4).bit_length()))
            self.words = np.zeros(1 << (64 - int(self.shift)), dtype=np.uint64)
            four = mix(np.arange(4 << 12, dtype=np.uint64)).reshape(4, -1) & np.uint64(63)
            self.masks = np.bitwise_or.reduce(np.uint64(1) << four)  # four bits of 64, a choice of 4,096
            at, mask = self._word(key)
            np.bitwise_or.at(self.words, at, mask)

    def _word(self, key: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Which word tells of each key, and by which bits of it."""
        h = key.view(np.uint64) * GAMMA
        at = (h >> self.shift).view(np.int64)
        h &= 0xFFF << 12
        h >>= 12
        return at, self.masks.take(h.view(np.int64))

    def holds(self, intent: np.ndarray, value: np.ndarray) -> np.ndarray:
        """bool, the broadcast shape: `value` is one of the intent's, on a `many` facet."""
        key = intent * self.width + value
        if self.exact:
            return self.table.take(key)
        at, mask = self._word(key)
        out = (self.words.take(at) & mask) == mask
        hits = out.nonzero()
        if len(hits[0]):
            at = self.keys.searchsorted(key[hits])
            out[hits] = self.keys.take(np.minimum(at, len(self.keys) - 1)) == key[hits]
        return out
