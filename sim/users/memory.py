"""What a population of users remembers: the draws of one memory, vectorised.

A `Population` is made once for a bank and rates and shared by every user and environment.  Its tables are those of
`sim.users.flat_tables`, where value ids and cells are explained.

A memory is (cell, top, mind).  `mind` is the global id of the true value that comes to mind, `top` that of the value
on top of the mind: the same one, or what stands in its place when muddled; -1 when the facet is forgotten, and above
all values where nothing of a `many` facet comes to mind.

Two hashes a question decide all: x of (user, facet), for the memory, and y of x and the value asked about, for the
answer.  Both are `scramble`d from the user's stream; what needs more draws takes them from the hash that `follow`s.
"""

from __future__ import annotations

import numpy as np

from sim.channel.channel import Channel
from sim.numeric.alias import Alias
from sim.numeric.randomness import GAMMA, Purpose, follow, mix, mix_in_place, salt, scramble, threshold, to_unit
from sim.questions import QuestionBank
from sim.users.fast_answers import FastAnswers
from sim.users.flat_tables import HALF, KEPT_CELL, MUDDLED_CELL, UNRECALLED_CELL, FlatTables
from sim.users.from_rates import make_channel
from sim.users.people import resolved
from sim.users.rates import Rates, load_rates

_PURPOSE, _FACET = 56, 32
"""Where purpose and facet stand in the key of a draw, in bits."""
_BEGIN = salt(np.int64(Purpose.INTENT) << _PURPOSE)
LOW = np.uint64(0xFFFFFFFF)
"""The bits of the lower half of a hash."""


class Population(FlatTables):
    """The users of one bank at given rates; N intents, F facets, T types, W values in all facets together.

    Args:
        bank: the questions they may be asked.
        rates: a `Rates`, a preset's name or a TOML file.
        channel: the same rates as arrays, where somebody has made them already.
    """

    def __init__(self, bank: QuestionBank, rates: Rates | str = "people", channel: Channel | None = None):
        self.rates = resolved(load_rates(rates), bank.catalogue)
        super().__init__(bank, make_channel(bank.catalogue, self.rates) if channel is None else channel)
        self.prior = Alias(np.array([0, len(self.catalogue)]), self.catalogue.prior, np.arange(len(self.catalogue)))
        self.type_below = threshold(self.channel.shares.cumsum()[:-1])  # (T - 1,)
        facets = np.arange(max(1, len(self.many)), dtype=np.int64)
        self.salts = {p: salt((np.int64(p) << _PURPOSE) + (facets << _FACET)) for p in Purpose}  # (F,) each
        self.facet_salt = mix(self.salts[Purpose.MEMORY])  # (F,)
        self.fast = FastAnswers(self)

    def __deepcopy__(self, memo: dict[int, object]) -> Population:
        """Itself: the tables are read only, and a copied environment shares them."""
        return self

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
        type_ = self.type_below.searchsorted(h << HALF, side="right")
        h >>= HALF
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
        top = mind = self.minds.draw(self.mind_rows.take(row), further >> HALF)
        # Nothing is muddled of what is forgotten, nor of what the catalogue doesn't know.
        forgotten = x < self.forgotten_below.take(at)
        odd = self.unknown.take(row)
        odd |= forgotten
        muddled = x < self.not_kept_below.take(at)
        muddled = (muddled > odd).nonzero()[0]
        cell = at + KEPT_CELL * self.cell_step
        if len(muddled):
            top = mind.copy()
            rows = self.kernel.rows.take(mind.take(muddled))
            further = further.take(muddled)
            further &= LOW
            top[muddled] = self.kernel.draw(rows, further)
            cell[muddled] += (MUDDLED_CELL - KEPT_CELL) * self.cell_step
        odd = odd.nonzero()[0]
        if len(odd):
            top = top.copy() if top is mind else top
            kept = ~forgotten.take(odd)
            cell[odd] = at.take(odd) + self.strange_cell.take(facet.take(odd)) * kept
            top[odd] = np.where(kept, top.take(odd), -1)
        if self.any_unrecalled:
            # One part of the hash says so for all, strangers too: theirs is not muddled, and kept instead.
            unrecalled = (x >= self.not_kept_below.take(at)) & (x < self.not_recalled_below.take(at))
            unrecalled = unrecalled.nonzero()[0]
            top = top.copy() if top is mind else top
            cell[unrecalled] = at.take(unrecalled) + UNRECALLED_CELL * self.cell_step
            top[unrecalled] = np.where(self.many.take(facet.take(unrecalled)), self.first[-1], mind.take(unrecalled))
        return cell, top, mind
