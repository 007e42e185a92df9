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
from sim.randomness import GAMMA, Purpose, mix_in_place, salt, threshold, to_unit
from sim.rates import Rates, load_rates

FORGOTTEN, KEPT, MUDDLED, STRANGER = 0, 1, 3, 5
"""Codes of a cell; KEPT + 1, MUDDLED + 1, STRANGER + 1 believe.  A stranger's `many` facet has no value known."""
CODES = 7
EXACT_TABLE = 1 << 23
FILTER_BITS = 16
_HASHES = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xD6E8FEB86659FD93))
FALSE, TRUE, FLAG_FALSE, FLAG_TRUE, LOOK, SAY = (4 * k for k in range(6))
"""What is known of (intent, question) before any memory is drawn; times 4, to be added to a state.  LOOK: it takes the
memory itself; SAY: an open question."""
_PURPOSE, _FACET = 56, 32
_BEGIN = salt(np.array([Purpose.INTENT, Purpose.TYPE]) << _PURPOSE)[:, None]


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
        self._tabulate()

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
        # One gather says all: facet and value, which also are the key of the answer's draw.  The key is not the
        # question's id, so a user says the same in a bank cut short.
        self.key = (np.int64(Purpose.ANSWER) << _PURPOSE) + (self.facet << _FACET) + bank.value + 1  # (Q,)

    def _tabulate(self) -> None:
        """Tables of the short way: which cell a user answers from, where that follows from state and truth alone."""
        facets = np.arange(max(1, len(self.many)), dtype=np.int64)
        self.salts = {p: salt((np.int64(p) << _PURPOSE) + (facets << _FACET)) for p in Purpose}  # (F,) each
        self.cell_of = facets * len(self.types)  # (F,) cell of type 0, forgotten
        self.forgotten_below = threshold(self.forgotten)
        self.not_kept_below = threshold(self.not_kept)
        step = self.cell_step
        # By truth and state (kept, muddled, forgotten): what to add to the cell, -1 for the long way.
        self.cell_add = np.full(24, -1, dtype=np.int64)
        for truth in (FALSE, TRUE, FLAG_FALSE, FLAG_TRUE, LOOK):
            self.cell_add[truth + 2] = 0
        self.cell_add[[FALSE, FLAG_FALSE]] = KEPT * step
        self.cell_add[[TRUE, FLAG_TRUE]] = (KEPT + 1) * step
        self.cell_add[FLAG_FALSE + 1] = (MUDDLED + 1) * step
        self.cell_add[FLAG_TRUE + 1] = MUDDLED * step
        self.yesno_below = [threshold(cum) for cum in self.yesno_cum]
        # Passing over what isn't believed is decided by the lower half of the hash, the answer by the upper.
        self.unsaid_below = (threshold(1 - self.absence.take(self.low)) >> np.uint64(32)).astype(np.uint32)  # (Q,)
        code = np.arange(CODES * step) // step
        self.may_pass = (code == KEPT) | (code == MUDDLED) | (code == STRANGER)  # (cells,)
        n, q = len(self.catalogue), len(self.bank)
        self.tabled = n * q <= EXACT_TABLE
        self.truth = np.full((n, q) if self.tabled else q, LOOK, dtype=np.uint8)
        for f, facet in enumerate(self.catalogue.facets):
            ids = np.flatnonzero((self.facet == f) & ~self.is_open)
            if not self.tabled:
                self.truth[ids] = FALSE if facet.kind == "many" else LOOK
            elif facet.kind == "many":
                known = np.diff(facet.indptr) > 0
                held = self.members.holds(np.arange(n)[:, None], self.low[ids])
                self.truth[:, ids] = np.where(known[:, None] & ~held, FALSE, LOOK)
            else:
                x = facet.value_of[:, None].astype(np.int64) + self.first[f]
                yes = (x >= self.low[ids]) & (x <= self.low[ids] + self.span[ids].astype(np.int64))
                lie = FLAG_FALSE if facet.kind == "flag" else FALSE
                self.truth[:, ids] = np.where(facet.value_of[:, None] < 0, LOOK, np.where(yes, TRUE - FALSE, 0) + lie)
        self.truth[..., self.is_open] = SAY
        self.truth = self.truth.reshape(-1)
        # (N,) where the catalogue knows nothing of a `many` facet, all values go the long way.
        bare = [np.diff(f.indptr) == 0 for f in self.catalogue.facets]
        self.unknown = np.concatenate(bare)  # (F N,)
        self.bare = np.stack([b & m for b, m in zip(bare, self.many, strict=True)], axis=1).reshape(-1)  # (N F,)

    # -- draws of one memory; every argument is an array (n,) ---------------------------------------------------------

    def draw(self, start: np.ndarray, purpose: Purpose, facet: np.ndarray) -> np.ndarray:
        """Uniforms (n,) for one facet of each user: `sim.randomness` with purpose and facet as one part of the key."""
        return to_unit(mix_in_place(start ^ self.salts[purpose].take(facet)))

    def recognises(self, start: np.ndarray, facet: np.ndarray, value: np.ndarray) -> np.ndarray:
        """Uniforms (n,) that decide whether a global value is recognised."""
        key = (np.int64(Purpose.RECOGNITION) << _PURPOSE) + (facet << _FACET) + value - self.first.take(facet) + 1
        return to_unit(mix_in_place(start ^ salt(key)))

    def asked(self, questions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(n,) the facets asked about, and the salts of the answers' draws."""
        key = self.key.take(questions)
        salts = key.view(np.uint64) + np.uint64(1)
        salts *= GAMMA
        key >>= _FACET
        key &= 0xFFFFFF
        return key, salts

    def begin(self, start: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Intent and type of users (n,), in one pass of the mixer."""
        h = mix_in_place(start ^ _BEGIN)
        intent = np.searchsorted(self.prior_cum, to_unit(h[0]), side="right")
        type_ = np.searchsorted(self.type_cum, to_unit(h[1]), side="right")
        return np.minimum(intent, len(self.prior_cum) - 1), np.minimum(type_, len(self.types) - 1)

    def leave_turn(self, stream: np.ndarray) -> np.ndarray:
        """(n,) int64: the number of the question at which the user leaves, counted from 1; a huge one for never."""
        if self.rates.leaving <= 0:
            return np.full(stream.shape, np.iinfo(np.int32).max, dtype=np.int64)
        u = self.draw(stream, Purpose.LEAVING, np.zeros(stream.shape, dtype=np.int64))
        further = np.floor(np.log1p(-u) / np.log1p(-min(self.rates.leaving, 1 - 1e-12)))
        return self.rates.patience + 1 + np.minimum(further, 1e9).astype(np.int64)

    def top_of_mind(self, stream: np.ndarray, intent: np.ndarray, facet: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(n,) global value id that comes to mind first, and (n,) whether the catalogue knows nothing."""
        at = facet * len(self.catalogue) + intent
        start, end = self.row.take(at), self.row_end.take(at)
        unknown = start == end
        u = self.draw(stream, Purpose.TOP_OF_MIND, facet)
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

    def holds(self, intent: np.ndarray, facet: np.ndarray, value: np.ndarray) -> np.ndarray:
        """(n,) bool: the global value is one of the intent's, looked up in its row."""
        at = facet * len(self.catalogue) + intent
        start, end = self.row.take(at), self.row_end.take(at)
        found = self.indices.take(np.maximum(pick(self.indices, start, end, value - 1), 0)) == value
        return found & (start < end)

    def vaguely(
        self, stream: np.ndarray, type_: np.ndarray, facet: np.ndarray, low: np.ndarray, span: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Memories (n,) of facets of which the catalogue knows nothing: cell, top (0 for any), and whether the value on
        top of the mind is in [low, low + span]."""
        at = facet * len(self.types) + type_
        forgotten = self.draw(stream, Purpose.STATE, facet) < self.forgotten.take(at)
        u = self.draw(stream, Purpose.TOP_OF_MIND, facet)
        last = low + span.view(np.int64)
        below = np.where(low > self.first.take(facet), self.background_cum.take(np.maximum(low - 1, 0)), 0.0)
        above = np.where(last < self.first.take(facet + 1) - 1, self.background_cum.take(last), 2.0)
        code = np.where(forgotten, FORGOTTEN, np.where(self.many.take(facet), STRANGER, KEPT))
        return at + code * self.cell_step, np.where(forgotten, -1, 0), (u >= below) & (u < above) & ~forgotten

    def remember(
        self, stream: np.ndarray, intent: np.ndarray, type_: np.ndarray, facet: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """The memory of one facet each: (cell, top), both (n,) int64."""
        at = facet * len(self.types) + type_
        u = self.draw(stream, Purpose.STATE, facet)
        top, unknown = self.top_of_mind(stream, intent, facet)
        forgotten = u < self.forgotten.take(at)
        muddled = np.flatnonzero((u < self.not_kept.take(at)) & ~forgotten & ~unknown)
        cell = at + KEPT * self.cell_step
        if len(muddled):
            f, z = facet[muddled], top[muddled]
            u = self.draw(stream[muddled], Purpose.REPLACEMENT, f)
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

    Small catalogues have a table.  On large ones it would not fit into the cache, so there are two filters of hashed
    bits, 8 to 16 an entry: the second sees only what the first lets through, and one in a hundred or fewer is left to
    be looked up in the rows for nothing.
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
            bits = max(10, int(len(key) * FILTER_BITS).bit_length() - 1)
            self.shift = np.uint64(64 - bits)
            self.filters = []
            for multiplier in _HASHES:
                table = np.zeros(1 << (bits - 3), dtype=np.uint8)
                at = self._hash(key, multiplier)
                np.bitwise_or.at(table, at >> 3, np.left_shift(1, at & 7).astype(np.uint8))
                self.filters.append(table)
            self.keys = key

    def _hash(self, key: np.ndarray, multiplier: np.uint64) -> np.ndarray:
        return ((key.view(np.uint64) * multiplier) >> self.shift).view(np.int64)

    def _bit(self, key: np.ndarray, which: int) -> np.ndarray:
        at = self._hash(key, _HASHES[which])
        bit = self.filters[which].take(at >> 3)
        at &= 7
        bit >>= at.astype(np.uint8)
        bit &= 1
        return bit

    def maybe(self, intent: np.ndarray, value: np.ndarray) -> np.ndarray:
        """(n,) 0 or 1: whether `value` (global) may be one of the intent's; if so, ask `holds`."""
        key = intent * self.width + value
        if self.exact:
            return self.table.take(key).view(np.uint8)
        out = self._bit(key, 0)
        hits = np.flatnonzero(out)
        out[hits] = self._bit(key.take(hits), 1)
        return out

    def holds(self, intent: np.ndarray, value: np.ndarray) -> np.ndarray:
        """bool, the broadcast shape: `value` is one of the intent's, on a `many` facet."""
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

