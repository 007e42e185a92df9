"""Answers that need no memory: tables that settle most of a batch in some thirty numpy calls.

A yes/no answer follows from the state of the facet's memory and from whether what is asked is true, unless the truth
is one of several values, was replaced by one that may change the answer, or isn't known.  So two bytes of hash and
three tables do: the state's byte gives the state, `truth` says what is known of (intent, question), and the answer's
byte gives the answer.  Inverse CDFs are cut into 256 bins each.  A bin that a threshold falls into says LONG, and so
does whatever needs a memory; those rows take the long way in `sim.users.simulated`, with the whole hash, and get
exactly what an inverse CDF on 64 bits gives.

What is known of (intent, question): a table where that is small.  Else the values of `many` facets, of which nearly
none are true, have a signature of 40 bits, two for each intent that has the value; a question is FALSE when it lacks
one of the intent's two bits, and LOOK otherwise.  Eight bits more are for facets of which the catalogue knows nothing.
One gather brings a question's signature with all else that is known of it.
"""

from __future__ import annotations

import numpy as np

from sim.answers import ANSWERS, DONT_KNOW
from sim.channel.channel import FORGOTTEN, KEPT, MUDDLED
from sim.numeric.randomness import mix
from sim.users.flat_tables import FORGOTTEN_CELL, KEPT_CELL, MUDDLED_CELL, FlatTables

LONG = len(ANSWERS)
"""In place of an answer: it takes a memory, or more than eight bits of hash."""
FALSE, TRUE, FALSE_NO, TRUE_NO, LOOK, FALSE_YES, TRUE_YES = (8 * k for k in range(7))
"""What is known of (intent, question) before any memory is drawn; times 8, to be added to twice a state.  FALSE_YES: it
is false, and whatever the true value may be taken for, it is true of that; likewise the others.  A plain FALSE or TRUE:
that depends.  LOOK: it takes the memory itself, or is an open question."""
UNSURE = 3
"""Beside KEPT, MUDDLED and FORGOTTEN: the bin of the hash doesn't settle the state."""
BLOCK_ROWS = 64
"""Rows of a block of tables."""
BIN_BITS = 8
BINS = 1 << BIN_BITS
"""Bins of a hash, by its upper bits."""
TO_BIN = np.uint64(64 - BIN_BITS)
"""The shift that leaves a hash's bin."""
GUIDE, FIRST = 0, 8
"""Rows of a block of tables: one that says the state, as FIRST + 2 state; from FIRST on answers, by truth, state and
"unsaid"."""
MEMBER_BITS, BARE_BITS = 40, 8
"""Bits of a signature: for intents that have the value, and for facets of which nothing is known."""
FACET_SHIFT = np.uint64(48)
"""The facet stands above the signature."""

QUESTION = np.dtype([("value", np.uint32), ("unsaid", np.uint32), ("signature", np.uint64)])
"""What is known of a question, 16 bytes: the key of its draws; below what the lower half of the hash is for "don't
know" where it isn't believed; the signature, and above it the facet."""


class FastAnswers:
    """The tables of one population: N intents, Q questions, F facets, T types."""

    def __init__(self, tables: FlatTables):
        p = tables
        n, q = len(p.catalogue), len(p.bank)
        self.tabled = n * q <= p.table_limit
        """Whether `truth` is a table; else it's for signatures to say."""
        blocks, self._class = np.unique(self._rates(p), axis=0, return_inverse=True)
        self._class = self._class.reshape(len(p.many), len(p.types))
        self.answers = self._tables(blocks).reshape(-1)
        """(blocks BLOCK_ROWS BINS,) uint8 states and answers."""
        self.one_class = bool((self._class == self._class[:1]).all())
        """Whether all facets have the same rates, so that a user's block follows from the type."""
        self.block = np.ascontiguousarray(self._class.T.reshape(-1).astype(np.int64) * (BLOCK_ROWS * BINS))  # (T F,)
        self.questions = np.zeros(q, dtype=QUESTION)
        self.questions["value"] = p.key
        self.questions["unsaid"] = p.unsaid_below
        if self.tabled:
            self.truth = _truth(p).reshape(-1)
            """(N Q,) uint8, what is known of (intent, question)."""
            signature = np.zeros(q, dtype=np.uint64)
        else:
            signature = self._signatures(p)
        signature |= p.facet.astype(np.uint64) << FACET_SHIFT
        self.questions["signature"] = signature

    def look_up(
        self, block: np.ndarray, x: np.ndarray, y: np.ndarray, known: np.ndarray, unsaid: np.ndarray
    ) -> np.ndarray:
        """Answers by the upper bytes of the hashes, LONG where they don't settle it.

        Args:
            block: (n,) int64, where the tables of facet and type begin: entries of `block`.
            x, y: (n,) uint64, the hashes of memory and answer.
            known: (n,) uint8, what is known of (intent, question).
            unsaid: (n,) bool: what isn't believed gets "don't know".

        Returns:
            (n,) uint8.
        """
        at = (x >> TO_BIN).view(np.int64)
        at += block
        row = self.answers.take(at)
        row += known
        row += unsaid
        at = row.astype(np.int64)
        at <<= BIN_BITS
        at += block
        at += (y >> TO_BIN).view(np.int64)
        return self.answers.take(at)

    def _rates(self, p: FlatTables) -> np.ndarray:
        """(F T, ...) everything that the tables of a facet and type depend on."""
        thresholds = p.yesno_below.reshape(4, -1, p.cell_step).transpose(2, 1, 0).reshape(p.cell_step, -1)
        return np.concatenate([p.forgotten_below[:, None], p.not_kept_below[:, None], thresholds], axis=1)

    def _tables(self, blocks: np.ndarray) -> np.ndarray:
        """(blocks, BLOCK_ROWS, BINS) uint8."""
        out = np.full((len(blocks), BLOCK_ROWS, BINS), LONG, dtype=np.uint8)
        for table, block in zip(out, blocks, strict=True):
            cells = block[2:].reshape(-1, 4)
            passed = _guide(block[:2], UNSURE)
            # Both thresholds are passed by the kept, none by the forgotten.
            table[GUIDE] = FIRST + 2 * np.where(passed == UNSURE, UNSURE, FORGOTTEN - passed)
            answers = table[FIRST:].reshape(-1, UNSURE + 1, 2, BINS)  # truth, state, unsaid
            for truth in (FALSE, TRUE, FALSE_NO, TRUE_NO, FALSE_YES, TRUE_YES):
                mine = answers[truth // 8]
                mine[KEPT] = _guide(cells[KEPT_CELL + (truth in (TRUE, TRUE_NO, TRUE_YES))], LONG)
                mine[FORGOTTEN] = _guide(cells[FORGOTTEN_CELL], LONG)
                if truth not in (FALSE, TRUE):
                    mine[MUDDLED] = _guide(cells[MUDDLED_CELL + (truth in (FALSE_YES, TRUE_YES))], LONG)
            for truth, state in ((FALSE, KEPT), (FALSE_NO, KEPT), (FALSE_NO, MUDDLED)):
                answers[truth // 8, state, 1] = DONT_KNOW
        return out

    def _signatures(self, p: FlatTables) -> np.ndarray:
        """(Q,) signatures of the questions; sets those of the intents."""
        n = len(p.catalogue)
        h = mix(np.arange(n, dtype=np.uint64))
        one = np.uint64(1)
        first = h % np.uint64(MEMBER_BITS)
        second = (first + one + (h >> np.uint64(32)) % np.uint64(MEMBER_BITS - 1)) % np.uint64(MEMBER_BITS)
        self.member = (one << first) | (one << second)
        """(N,) uint64 the two bits of each intent: the least that tells of a value that may be true."""
        self.mask = self.member.copy()
        """(N,) uint64 with those of facets of which nothing is known; above the others, so that any of them is more."""
        width = int(p.first[-1])
        by_value = np.zeros(width + 1, dtype=np.uint64)
        by_value[width] = (one << FACET_SHIFT) - one  # open questions
        for f, facet in enumerate(p.catalogue.facets):
            part = slice(p.first[f], p.first[f + 1])
            if not p.many[f]:
                by_value[part] = by_value[width]
                continue
            bare = one << np.uint64(MEMBER_BITS + f % BARE_BITS)
            self.mask[np.diff(facet.indptr) == 0] |= bare
            np.bitwise_or.at(by_value, facet.indices.astype(np.int64) + p.first[f], self.member[facet.rows])
            by_value[part] |= bare
        return by_value[p.low]


def _guide(thresholds: np.ndarray, unsure: int) -> np.ndarray:
    """(BINS,) how many of the ascending thresholds (k,) uint64 a hash has reached, by its upper byte."""
    first = np.arange(BINS, dtype=np.uint64) << TO_BIN
    last = first | ((np.uint64(1) << TO_BIN) - np.uint64(1))
    least, most = ((h[:, None] >= thresholds).sum(axis=1) for h in (first, last))
    return np.where(least == most, least, unsure).astype(np.uint8)


def _truth(p: FlatTables) -> np.ndarray:
    """(N, Q) uint8."""
    n = len(p.catalogue)
    out = np.full((n, len(p.bank)), LOOK, dtype=np.uint8)
    for f, facet in enumerate(p.catalogue.facets):
        ids = np.flatnonzero((p.facet == f) & ~p.is_open)
        if not len(ids):
            continue
        channel = p.channel.facets[f]
        if facet.kind == "many":
            known = np.diff(facet.indptr) > 0
            held = p.members.holds(np.arange(n)[:, None], p.low[ids])
            near = np.zeros((n, len(facet.values)), dtype=bool)
            near[channel.intruder.nonzero()] = True
            false = np.where(near[:, p.low[ids] - p.first[f]], FALSE, FALSE_NO)
            out[:, ids] = np.where(known[:, None] & ~held, false, LOOK)
        else:
            values = np.arange(len(facet.values))[:, None] + p.first[f]
            yes = (values >= p.low[ids]) & (values <= p.low[ids] + p.reach[f].astype(np.int64))  # (V, questions)
            taken = channel.kernel.astype(bool).astype(np.int64)
            some = taken @ yes.astype(np.int64)
            all_ = some == np.diff(channel.kernel.indptr)[:, None]
            false = np.where(some == 0, FALSE_NO, np.where(all_, FALSE_YES, FALSE))
            true = np.where(some == 0, TRUE_NO, np.where(all_, TRUE_YES, TRUE))
            x = facet.value_of
            out[:, ids] = np.where(x[:, None] < 0, LOOK, np.where(yes, true, false)[np.maximum(x, 0)])
    return out
