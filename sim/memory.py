"""What a population of users remembers, as flat tables over all facets: the draws of one memory, vectorised.

A `Population` is made once for a bank and rates and shared by every user and environment.  Values of all facets are
numbered through ("global" value ids: facet f's value v is first[f] + v), so that a batch whose users are asked about
different facets needs no loop over facets: the tables are gathered from, and every inverse CDF is a binary search
within a row, all rows at once.

A memory is (cell, top).  `top` is the global id of the value on top of the mind, -1 when the facet is forgotten.
`cell` = code * F T + f T + t says facet, type, and how the user stands to it; adding F T turns "does not believe what
was asked" into "believes it", and the cell is then the row of the table of answers.
"""

from __future__ import annotations

import numpy as np

from sim.channel import Channel, make_channel
from sim.questions import OPEN, OVER, QuestionBank
from sim.randomness import Purpose, draw, salt
from sim.rates import Rates, load_rates

FORGOTTEN, KEPT, MUDDLED, STRANGER = 0, 1, 3, 5
"""Codes of a cell; KEPT + 1, MUDDLED + 1, STRANGER + 1 believe.  A stranger's `many` facet has no value known."""
CODES = 7
EXACT_TABLE = 1 << 23
FILTER_BITS = 16


class Population:
    """The users of one bank at given rates; N intents, F facets, T types, W values in all facets together.

    Args:
        bank: the questions they may be asked.
        rates: a `Rates`, a preset's name or a TOML file.
        channel: the same rates as arrays, where somebody has made them already.
    """

    def __init__(self, bank: QuestionBank, rates: Rates | str = "typical", channel: Channel | None = None):
        self.bank = bank
        self.catalogue = bank.catalogue
        self.rates = load_rates(rates)
        self.channel = make_channel(self.catalogue, self.rates) if channel is None else channel
        self.types = self.channel.types
        self.prior_cum = self.catalogue.prior.cumsum()
        self.type_cum = self.channel.shares.cumsum()
        self._flatten_values()
        self._flatten_kernels()
        self._flatten_answers()
        self._flatten_questions()
        self.members = Members(self)

    def __deepcopy__(self, memo: dict) -> Population:
        """Itself: the tables are read only, and a copied environment shares them."""
        return self

    def _flatten_values(self) -> None:
        facets = self.catalogue.facets
        self.first = np.cumsum([0] + [len(f.values) for f in facets])  # (F + 1,)
        self.many = np.array([f.kind == "many" for f in facets], dtype=bool)  # (F,)
        entries = np.cumsum([0] + [len(f.indices) for f in facets])
        self.row = np.concatenate([f.indptr[:-1] + e for f, e in zip(facets, entries[:-1], strict=True)])  # (F N,)
        self.row_end = np.concatenate([f.indptr[1:] + e for f, e in zip(facets, entries[:-1], strict=True)])
        named = [f.indices.astype(np.int64) + v for f, v in zip(facets, self.first[:-1], strict=True)]
        self.indices = np.concatenate(named)
        self.top_cum = np.concatenate([_row_sums(c.salience, c.facet.indptr) for c in self.channel.facets])
        channels = self.channel.facets
        self.background_cum = np.concatenate([c.background.cumsum() for c in channels])  # (W,)
        self.recognition = np.concatenate([c.recognition for c in channels])
        self.stranger = np.concatenate([c.stranger_recognition for c in channels])
        # One more entry, for questions about no value; only values of `many` facets have an absence.
        absence = [c.absence if c.facet.kind == "many" else np.ones(len(c.absence)) for c in channels]
        self.absence = np.concatenate([*absence, [1.0]])
        self.option_of = np.concatenate([f.option_of for f in facets]).astype(np.int64)
        self.option_first = np.cumsum([0] + [len(f.options) for f in facets])
        self.option_cum = np.concatenate([c.options.cumsum() for c in channels])

    def _flatten_kernels(self) -> None:
        channels = self.channel.facets
        entries = np.cumsum([0] + [c.kernel.nnz for c in channels])
        pairs = list(zip(channels, entries[:-1], self.first[:-1], strict=True))
        self.kernel_row = np.concatenate([c.kernel.indptr[:-1].astype(np.int64) + e for c, e, _ in pairs])
        self.kernel_end = np.concatenate([c.kernel.indptr[1:].astype(np.int64) + e for c, e, _ in pairs])
        self.kernel_indices = np.concatenate([c.kernel.indices.astype(np.int64) + v for c, _, v in pairs])
        self.kernel_cum = np.concatenate([_row_sums(c.kernel.data, c.kernel.indptr) for c, _, _ in pairs])

    def _flatten_answers(self) -> None:
        channels = self.channel.facets
        self.forgotten = np.concatenate([c.forgotten for c in channels])  # (F T,)
        self.not_kept = np.concatenate([c.forgotten + (1 - c.forgotten) * c.muddled for c in channels])
        cells = np.empty((CODES, len(channels), len(self.types), 5))
        for f, c in enumerate(channels):
            cells[FORGOTTEN, f] = c.yesno_forgotten
            for code, state in ((KEPT, 0), (MUDDLED, 1), (STRANGER, 0)):
                cells[code, f], cells[code + 1, f] = c.yesno[:, state, 0], c.yesno[:, state, 1]
        self.cell_step = len(channels) * len(self.types)
        self.yesno_cum = np.ascontiguousarray(cells.reshape(-1, 5).cumsum(axis=1)[:, :4].T)  # (4, cells)
        silent = np.empty((CODES, len(channels), len(self.types)))
        for f, c in enumerate(channels):
            silent[:, f] = c.silent[:, 0]
            silent[FORGOTTEN, f] = 1 - c.guess
            silent[MUDDLED, f] = silent[MUDDLED + 1, f] = c.silent[:, 1]
        self.silent = silent.reshape(-1)  # (cells,)
        self.slip = np.concatenate([c.slip for c in channels])  # (F T,)

    def _flatten_questions(self) -> None:
        bank = self.bank
        self.facet = bank.facet.astype(np.int64)  # (Q,)
        self.is_open = bank.kind == OPEN
        self.any_open = bool(self.is_open.any())
        nothing = self.first[-1]
        low = np.where(self.is_open, nothing, self.first[self.facet] + bank.value)
        high = np.where(bank.kind == OVER, self.first[self.facet + 1] - 1, low)
        self.low, self.span = low.astype(np.int64), (high - low).astype(np.uint64)
        # The key is the question's facet and value, not its id: a user says the same in a bank cut short.
        self.answer_salt = salt((self.facet << 32) + bank.value + 1)

    # -- draws of one memory; every argument is an array (n,) ---------------------------------------------------------

    def draw_intent(self, stream: np.ndarray) -> np.ndarray:
        at = np.searchsorted(self.prior_cum, draw(stream, Purpose.INTENT), side="right")
        return np.minimum(at, len(self.prior_cum) - 1)

    def draw_type(self, stream: np.ndarray) -> np.ndarray:
        at = np.searchsorted(self.type_cum, draw(stream, Purpose.TYPE), side="right")
        return np.minimum(at, len(self.types) - 1)

    def leave_turn(self, stream: np.ndarray) -> np.ndarray:
        """(n,) int64: the number of the question at which the user leaves, counted from 1; a huge one for never."""
        if self.rates.leaving <= 0:
            return np.full(stream.shape, np.iinfo(np.int32).max, dtype=np.int64)
        u = draw(stream, Purpose.LEAVING)
        further = np.floor(np.log1p(-u) / np.log1p(-min(self.rates.leaving, 1 - 1e-12)))
        return self.rates.patience + 1 + np.minimum(further, 1e9).astype(np.int64)

    def top_of_mind(self, stream: np.ndarray, intent: np.ndarray, facet: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(n,) global value id that comes to mind first, and (n,) whether the catalogue knows nothing."""
        at = facet * len(self.catalogue) + intent
        start, end = self.row.take(at), self.row_end.take(at)
        unknown = start == end
        u = draw(stream, Purpose.TOP_OF_MIND, facet)
        if unknown.any():
            top = np.empty(len(at), dtype=np.int64)
            known = np.flatnonzero(~unknown)
            top[known] = self.indices.take(pick(self.top_cum, start[known], end[known], u[known]))
            rest = np.flatnonzero(unknown)
            f = facet[rest]
            top[rest] = pick(self.background_cum, self.first[f], self.first[f + 1], u[rest])
        else:
            top = self.indices.take(pick(self.top_cum, start, end, u))
        return top, unknown

    def remember(
        self, stream: np.ndarray, intent: np.ndarray, type_: np.ndarray, facet: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """The memory of one facet each: (cell, top), both (n,) int64."""
        at = facet * len(self.types) + type_
        u = draw(stream, Purpose.STATE, facet)
        top, unknown = self.top_of_mind(stream, intent, facet)
        forgotten = u < self.forgotten.take(at)
        muddled = np.flatnonzero((u < self.not_kept.take(at)) & ~forgotten & ~unknown)
        cell = at + KEPT * self.cell_step
        if len(muddled):
            f, z = facet[muddled], top[muddled]
            u = draw(stream[muddled], Purpose.REPLACEMENT, f)
            w = self.kernel_indices.take(pick(self.kernel_cum, self.kernel_row[z], self.kernel_end[z], u))
            top[muddled] = w
            cell[muddled] += (MUDDLED - KEPT) * self.cell_step
        strange = np.flatnonzero(unknown & self.many.take(facet))
        cell[strange] += (STRANGER - KEPT) * self.cell_step
        np.copyto(cell, at, where=forgotten)
        np.copyto(top, -1, where=forgotten)
        return cell, top


class Members:
    """Which (intent, value) hold, for `many` facets: one gather for most questions, which name what isn't there.

    Small catalogues have a table.  On large ones it would not fit into the cache, so it is a filter of hashed bits,
    16 an entry, and the one in sixteen that it lets through wrongly is looked up in the rows.
    """

    def __init__(self, population: Population):
        p = population
        n = len(p.catalogue)
        self.width = np.int64(p.first[-1] + 1)
        keys = [np.empty(0, np.int64)]
        for f in np.flatnonzero(p.many):
            facet = p.catalogue.facets[f]
            keys.append(facet.rows.astype(np.int64) * self.width + facet.indices + p.first[f])
        key = np.sort(np.concatenate(keys))
        self.none = not len(key)
        self.exact = n * int(self.width) <= EXACT_TABLE
        if self.exact:
            self.table = np.zeros(n * int(self.width), dtype=bool)
            self.table[key] = True
        else:
            bits = max(10, int(len(key) * FILTER_BITS - 1).bit_length())
            self.shift = np.uint64(64 - bits)
            self.table = np.zeros(1 << (bits - 3), dtype=np.uint8)
            at = self._hash(key)
            np.bitwise_or.at(self.table, at >> 3, np.left_shift(1, at & 7).astype(np.uint8))
            self.keys = key

    def _hash(self, key: np.ndarray) -> np.ndarray:
        return ((key.view(np.uint64) * np.uint64(0x9E3779B97F4A7C15)) >> self.shift).view(np.int64)

    def among(self, intent: np.ndarray, value: np.ndarray) -> np.ndarray:
        """(k,) int64: the positions at which `value` (global) may be one of the intent's; check them by `holds`."""
        key = intent * self.width + value
        if self.exact:
            return np.flatnonzero(self.table.take(key))
        at = self._hash(key)
        return np.flatnonzero((self.table.take(at >> 3) >> (at & 7).astype(np.uint8)) & 1)

    def holds(self, intent: np.ndarray, value: np.ndarray) -> np.ndarray:
        """(n,) bool: `value` is one of the intent's, on a `many` facet."""
        key = intent * self.width + value
        if self.exact:
            return self.table.take(key)
        at = np.searchsorted(self.keys, key)
        return self.keys.take(np.minimum(at, len(self.keys) - 1)) == key


def pick(cum: np.ndarray, start: np.ndarray, end: np.ndarray, u: np.ndarray) -> np.ndarray:
    """Inverse CDF within rows: the first k in [start, end) with cum[k] > u, at most end - 1; all (n,)."""
    low, high = start, end - 1
    for _ in range(int((high - low).max(initial=0)).bit_length()):
        middle = (low + high) >> 1
        above = cum.take(middle) <= u
        low = np.where(above, np.minimum(middle + 1, high), low)
        high = np.where(above, high, middle)
    return low


def _row_sums(data: np.ndarray, indptr: np.ndarray) -> np.ndarray:
    """Running sums within the rows of a CSR matrix."""
    total = np.concatenate([[0.0], np.cumsum(data)])
    return total[1:] - np.repeat(total[indptr[:-1]], np.diff(indptr))

