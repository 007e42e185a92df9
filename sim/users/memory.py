"""The users of one bank: who they are, when they leave, and what they remember of a facet.

A memory is (state, top, mind).  `mind` is the global id of the true value that comes to mind, `top` that of the value
on top of the mind: the same one, or what stands in its place when muddled; -1 when the facet is forgotten, and above
all values where nothing of a `many` facet comes to mind.  `sim.users.tables` explains the ids and the tables.

All of it is hashes of a user's stream: x of (user, facet) decides the memory; what needs more draws takes them from
the hash that `follow`s.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from sim.channel.channel import FORGOTTEN, KEPT, MUDDLED, Channel
from sim.numeric.alias import draw_outcome
from sim.numeric.compiled import compiled
from sim.numeric.randomness import GAMMA, Purpose, follow, mix_one, salt, scramble
from sim.questions import QuestionBank
from sim.users.from_rates import make_channel
from sim.users.people import resolved
from sim.users.rates import Rates, load_rates
from sim.users.tables import PURPOSE_BITS, UNRECALLED, UserTables, user_tables

_BEGIN = np.uint64(salt(np.int64(Purpose.INTENT) << PURPOSE_BITS))
_LEAVING = np.uint64(salt(np.int64(Purpose.LEAVING) << PURPOSE_BITS))
HALF, LOW = np.uint64(32), np.uint64(0xFFFFFFFF)
"""The shift that leaves the upper half of a hash, and the bits of the lower."""
_S11, _TO_UNIT = np.uint64(11), 2.0**-53
NEVER = np.iinfo(np.int32).max
"""The turn at which those leave who never do."""


FIXED = np.dtype([("given", np.bool_), ("state", np.int64), ("top", np.int64)])
"""A memory given by hand, where one is."""


class Users(NamedTuple):
    """B users, for compiled loops."""

    stream: np.ndarray
    """(B,) uint64: the hash of (seed, episode)."""
    intent: np.ndarray
    """(B,) int64."""
    type: np.ndarray
    """(B,) int64."""
    fixed: np.ndarray
    """(B, F) of `FIXED`, or (0, F) where no memory was given."""


class Population:
    """The users of one bank at given rates.

    Args:
        bank: the questions they may be asked.
        rates: a `Rates`, a preset's name or a TOML file.
        channel: the same rates as arrays, where somebody has made them already.
    """

    def __init__(self, bank: QuestionBank, rates: Rates | str = "people", channel: Channel | None = None):
        self.bank, self.catalogue = bank, bank.catalogue
        self.rates = resolved(load_rates(rates), bank.catalogue)
        self.channel = make_channel(bank.catalogue, self.rates) if channel is None else channel
        self.types = self.channel.types
        self.first = np.cumsum([0] + [len(facet.values) for facet in self.catalogue.facets]).tolist()
        """F + 1: the global id of each facet's first value."""
        self.tables = user_tables(bank, self.channel, self.rates)

    def __deepcopy__(self, memo: dict[int, object]) -> Population:
        """Itself: the tables are read only, and a copied environment shares them."""
        return self


@compiled
def begin_users(
    t: UserTables, users: Users, rows: np.ndarray, seeds: np.ndarray, episodes: np.ndarray, intents: np.ndarray,
    types: np.ndarray,
) -> None:  # fmt: skip
    """Other users in the places `rows` (n,).

    Args:
        seeds: (n,) uint64 `mixed_seed` of their seeds.
        episodes: (n,) int64.
        intents, types: (n,) int64, -1 to draw; (0,) where all are drawn.
    """
    alias_rows, outcomes, buckets, type_below = t.rows, t.outcomes, t.buckets, t.type_below
    for k in range(len(rows)):
        b = rows[k]
        stream = mix_one(seeds[k] ^ (np.uint64(episodes[k]) * GAMMA))
        # Intent and type come from the two halves of one hash.
        h = scramble(stream ^ _BEGIN)
        users.stream[b] = stream
        users.intent[b] = draw_outcome(outcomes, buckets, alias_rows[t.prior], h >> HALF)
        users.type[b] = 0
        while users.type[b] < len(type_below) and type_below[users.type[b]] <= h << HALF:
            users.type[b] += 1
        if len(intents) > 0 and intents[k] >= 0:
            users.intent[b] = intents[k]
        if len(types) > 0 and types[k] >= 0:
            users.type[b] = types[k]
        if len(users.fixed):
            for f in range(users.fixed.shape[1]):
                users.fixed[b, f]["given"] = False


@compiled
def leaves_at(stream: np.uint64, patience: int, log_stays: float) -> int:
    """The number of the question, from 1, at which a user leaves instead of answering; see `UserTables`."""
    if log_stays == 0:
        return NEVER
    u = np.float64(mix_one(stream ^ _LEAVING) >> _S11) * _TO_UNIT
    return patience + 1 + int(min(math.floor(math.log1p(-u) / log_stays), 1e9))


@compiled
def remember_each(
    t: UserTables, users: Users, facets: np.ndarray, wanted: np.ndarray, state: np.ndarray, top: np.ndarray,
    mind: np.ndarray,
) -> None:  # fmt: skip
    """The memories of one facet each, all (B,); the last three are written to.

    `wanted` is bool: where it is false, a mind that isn't muddled is not looked at, and not drawn.
    """
    # Arrays are taken out of their tuples first: numba counts references to them wherever that is done.
    (stream, intent, type_, fixed), manners, many, salts = users, t.manners, t.many, t.salts
    alias_rows, outcomes, buckets = t.rows, t.outcomes, t.buckets
    for k in range(len(facets)):
        f = facets[k]
        manner, x = manners[f, type_[k]], scramble(stream[k] ^ salts[f])
        further = follow(x)
        named = alias_rows[f * t.intents + intent[k]]
        known = named["length"] > 0
        # What the catalogue doesn't know is not muddled, and kept instead.
        forgotten, kept = x < manner["forgotten"], x >= manner["not_kept"]
        muddled, unrecalled = known & (not forgotten) & (not kept), kept & (x < manner["not_recalled"])
        state[k] = FORGOTTEN if forgotten else MUDDLED if muddled else UNRECALLED if unrecalled else KEPT
        mind[k] = -1
        if wanted[k] | muddled:
            # By the catalogue, or by people in general.
            row = named if known else alias_rows[t.background + f]
            mind[k] = draw_outcome(outcomes, buckets, row, further >> HALF)
        top[k] = -1 if forgotten else t.nothing if unrecalled & many[f] else mind[k]
        if muddled:
            top[k] = draw_outcome(outcomes, buckets, alias_rows[t.muddled + mind[k]], further & LOW)
        if len(fixed) > 0 and fixed[k, f]["given"]:
            state[k], top[k] = fixed[k, f]["state"], fixed[k, f]["top"]
