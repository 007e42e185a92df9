"""What a population of users remembers, as flat tables over all facets: the draws of one memory, vectorised.

A `Population` is made once for a bank and rates and shared by every user and environment.  Values of all facets are
numbered through ("global" value ids: facet f's value v is first[f] + v), so that a batch whose users are asked about
different facets needs no loop over facets: the tables are gathered from, and every choice among values is an alias
table's, all rows at once.

A memory is (cell, top, mind).  `mind` is the global id of the true value that comes to mind, `top` that of the value
on top of the mind: the same one, or what stands in its place when muddled; -1 when the facet is forgotten.
`cell` = code * F T + f T + t says facet, type, and how the user stands to it; adding F T turns "does not believe what
was asked" into "believes it", and the cell is then the row of the table of answers.

Two hashes a question decide all: x of (user, facet), for the memory, and y of x and the value asked about, for the
answer.  Both are `scramble`d from the user's stream; what needs more draws takes them from the hash that `follow`s.
"""

from __future__ import annotations

import numpy as np

from sim.channel.channel import Channel
from sim.numeric.alias import Alias
from sim.numeric.randomness import GAMMA, Purpose, follow, mix, mix_in_place, salt, scramble, threshold, to_unit
from sim.questions import OPEN, OVER, QuestionBank
from sim.users.fast_answers import Shortcut
from sim.users.from_rates import make_channel
from sim.users.rates import Rates, load_rates

FORGOTTEN, KEPT, MUDDLED, STRANGER = 0, 1, 3, 5
"""Codes of a cell; KEPT + 1, MUDDLED + 1, STRANGER + 1 believe.  A stranger's `many` facet has no value known."""
CODES = 7
EXACT_TABLE = 1 << 20
_PURPOSE, _FACET = 56, 32
_BEGIN = salt(np.int64(Purpose.INTENT) << _PURPOSE)
_HALF, LOW = np.uint64(32), np.uint64(0xFFFFFFFF)


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
        self._flatten_values()
        self._flatten_kernels()
        self._flatten_answers()
        self._flatten_questions()
        self.members = Holds(self)
        self.prior = Alias(np.array([0, len(self.catalogue)]), self.catalogue.prior, np.arange(len(self.catalogue)))
        self.type_below = threshold(self.channel.shares.cumsum()[:-1])  # (T - 1,)
        facets = np.arange(max(1, len(self.many)), dtype=np.int64)
        self.salts = {p: salt((np.int64(p) << _PURPOSE) + (facets << _FACET)) for p in Purpose}  # (F,) each
        self.facet_salt = mix(self.salts[Purpose.MEMORY])  # (F,)
        self.short = Shortcut(self, EXACT_TABLE)

    def __deepcopy__(self, memo: dict) -> Population:
        """Itself: the tables are read only, and a copied environment shares them."""
        return self

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
        self.option_of = np.concatenate([f.option_of for f in facets]).astype(np.int64)
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
        not_kept = np.concatenate([c.forgotten + (1 - c.forgotten) * c.muddled for c in channels])
        self.not_kept_below = threshold(not_kept)
        cells = np.empty((CODES, len(channels), len(self.types), 5))
        for f, c in enumerate(channels):
            cells[FORGOTTEN, f] = c.yesno_forgotten
            for code, state in ((KEPT, 0), (MUDDLED, 1), (STRANGER, 0)):
                cells[code, f], cells[code + 1, f] = c.yesno[:, state, 0], c.yesno[:, state, 1]
        self.cell_step = len(channels) * len(self.types)
        self.strange_cell = np.where(self.many, STRANGER, KEPT) * self.cell_step  # (F,) where nothing is known
        self.yesno_below = threshold(np.ascontiguousarray(cells.reshape(-1, 5).cumsum(axis=1)[:, :4].T))  # (4, cells)
        code = np.arange(CODES * self.cell_step) // self.cell_step
        self.may_pass = (code == KEPT) | (code == MUDDLED) | (code == STRANGER)  # (cells,)
        silent = np.empty((CODES, len(channels), len(self.types)))
        for f, c in enumerate(channels):
            silent[:, f] = c.silent[:, 0]
            silent[FORGOTTEN, f] = 1 - c.guess
            silent[MUDDLED, f] = silent[MUDDLED + 1, f] = c.silent[:, 1]
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
        self.unsaid_below = (threshold(1 - self.absence.take(self.low)) >> _HALF).astype(np.uint32)  # (Q,)

    # -- draws of one memory; every argument is an array (n,) ---------------------------------------------------------

    def draw(self, start: np.ndarray, purpose: Purpose, facet: np.ndarray) -> np.ndarray:
        """Uniforms (n,) for one facet of each user: `sim.numeric.randomness` with purpose and facet as one part of the
        key."""
        return to_unit(mix_in_place(start ^ self.salts[purpose].take(facet)))

    def memory_hash(self, start: np.ndarray, facet: np.ndarray) -> np.ndarray:
        """x: (n,) uint64, what decides the memory of one facet of each user."""
        x = self.facet_salt.take(facet)
        x ^= start
        return scramble(x)

    def answer_hash(self, x: np.ndarray, value: np.ndarray) -> np.ndarray:
        """y: (n,) uint64, what decides the answer to questions with the keys `value` (n,) uint32."""
        y = value * GAMMA
        y ^= x
        return scramble(y)

    def begin(self, start: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Intent and type of users (n,), from the two halves of one hash."""
        h = scramble(start ^ _BEGIN)
        type_ = self.type_below.searchsorted(h << _HALF, side="right")
        h >>= _HALF
        return self.prior.draw(self.prior.rows, h), type_

    def leave_turn(self, stream: np.ndarray) -> np.ndarray:
        """(n,) int64: the number of the question at which the user leaves, counted from 1; a huge one for never."""
        if self.rates.leaving <= 0:
            return np.full(stream.shape, np.iinfo(np.int32).max, dtype=np.int64)
        u = self.draw(stream, Purpose.LEAVING, np.zeros(stream.shape, dtype=np.int64))
        further = np.floor(np.log1p(-u) / np.log1p(-min(self.rates.leaving, 1 - 1e-12)))
        return self.rates.patience + 1 + np.minimum(further, 1e9).astype(np.int64)

    def remember(
        self, x: np.ndarray, intent: np.ndarray, type_: np.ndarray, facet: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The memory of one facet each, from its hash x: (cell, top, mind), all (n,) int64."""
        at = facet * len(self.types)
        at += type_
        row = facet * len(self.catalogue)
        row += intent
        further = follow(x)
        top = mind = self.minds.draw(self.mind_rows.take(row), further >> _HALF)
        # Nothing is muddled of what is forgotten, nor of what the catalogue doesn't know.
        forgotten = x < self.forgotten_below.take(at)
        odd = self.unknown.take(row)
        odd |= forgotten
        muddled = x < self.not_kept_below.take(at)
        muddled = (muddled > odd).nonzero()[0]
        cell = at + KEPT * self.cell_step
        if len(muddled):
            top = mind.copy()
            rows = self.kernel.rows.take(mind.take(muddled))
            further = further.take(muddled)
            further &= LOW
            top[muddled] = self.kernel.draw(rows, further)
            cell[muddled] += (MUDDLED - KEPT) * self.cell_step
        odd = odd.nonzero()[0]
        if len(odd):
            top = top.copy() if top is mind else top
            kept = ~forgotten.take(odd)
            cell[odd] = at.take(odd) + self.strange_cell.take(facet.take(odd)) * kept
            top[odd] = np.where(kept, top.take(odd), -1)
        return cell, top, mind


class Holds:
    """Which (intent, value) hold, for `many` facets: a table where that is small, else a search among the keys."""

    def __init__(self, population: Population):
        p = population
        n = len(p.catalogue)
        self.width = np.int64(p.first[-1] + 1)
        keys = [np.empty(0, np.int64)]
        for f in np.flatnonzero(p.many):
            facet = p.catalogue.facets[f]
            keys.append(facet.rows.astype(np.int64) * self.width + facet.indices + p.first[f])
        key = np.sort(np.concatenate(keys))
        self.exact = n * int(self.width) <= EXACT_TABLE
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
