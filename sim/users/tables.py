"""What a population of users may remember and say, as tables for compiled loops: read only, and shared by all users.

Values of all facets are numbered through ("global" value ids: facet f's value v is first[f] + v).  Chances are
thresholds: something happens when a hash is below its own.  Every choice among values or options is a row of one
alias table; `UserTables` says which.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.channel.channel import FORGOTTEN, KEPT, MUDDLED, Channel, FacetChannel
from sim.numeric.alias import alias_tables
from sim.numeric.randomness import Purpose, mix, salt, threshold
from sim.questions import OPEN, OVER, QuestionBank
from sim.users.rates import Rates

UNRECALLED = 3
"""A state of a memory beside `KEPT`, `MUDDLED` and `FORGOTTEN`: answered about as kept, only that nothing comes to
mind."""
FACET_BITS, PURPOSE_BITS = 32, 56
"""Where facet and purpose stand in the key of a draw, in bits."""
QUESTION = np.dtype(
    [("facet", np.int32), ("low", np.int32), ("high", np.int32), ("key", np.uint32), ("unsaid", np.uint32)]
)
"""A question: its facet; the first and the last value that it is true of, both `nothing` for an open one; the key of
its draws; below what the lower half of a hash is for "don't know" where it isn't believed."""
MANNER = np.dtype([
    ("forgotten", np.uint64), ("not_kept", np.uint64), ("not_recalled", np.uint64), ("slip", np.uint64),
    ("silent", np.uint64, (3,)), ("yesno", np.uint64, (3, 2, 4)),
])  # fmt: skip
"""How one type stands to one facet.  A memory is forgotten, muddled or unrecalled when its hash is below the first
threshold, or else the second, or else the third.  By state: silence to an open question, and the four thresholds of
yes/no answers, by what is believed."""
VALUE = np.dtype([("recognition", np.uint64), ("stranger", np.uint64), ("option", np.int32)])
"""A value: whether it is recognised where it is true, and where nothing is known; the open question's option."""


class UserTables(NamedTuple):
    """The tables of one bank, channel and rates; N intents, F facets, T types, Q questions, W values in all facets.

    Rows of the alias table: what comes to the mind of each intent, facet by facet (F N, empty where the catalogue knows
    nothing); from `background` on what people in general would name (F); from `muddled` on what a value is taken for
    (W); from `options` on random answers to open questions (F); at `prior` the intents.
    """

    questions: np.ndarray
    """(Q,) of `QUESTION`."""
    manners: np.ndarray
    """(F, T) of `MANNER`."""
    values: np.ndarray
    """(W + 1,) of `VALUE`; the last is for nothing that comes to mind."""
    many: np.ndarray
    """(F,) bool: which are `many` facets."""
    marks: np.ndarray
    """(N,) uint64: bit v % 64 is set where a value v of a `many` facet holds; most that don't are seen by it."""
    salts: np.ndarray
    """(F,) uint64: what a facet adds to the hash of a memory."""
    rows: np.ndarray
    outcomes: np.ndarray
    buckets: np.ndarray
    """The alias tables."""
    type_below: np.ndarray
    """(T - 1,) uint64: thresholds of the types."""
    intents: int
    background: int
    muddled: int
    options: int
    prior: int
    nothing: int
    """W: on top of the mind of those to whom nothing of a `many` facet comes to mind."""
    patience: int
    """Questions that everybody answers."""
    log_stays: float
    """Log of the chance to stay for one more question; 0 where nobody ever leaves."""


def user_tables(bank: QuestionBank, channel: Channel, rates: Rates) -> UserTables:
    """The tables of users who behave by `channel`; of the rates, patience and leaving are used."""
    facets = channel.facets
    first = np.cumsum([0] + [len(c.facet.values) for c in facets])  # (F + 1,)
    prior = bank.catalogue.prior
    n, count, nothing = len(prior), len(facets), int(first[-1])
    named = [c.facet.indices + start for c, start in zip(facets, first, strict=False)]
    taken = [c.kernel.indices + start for c, start in zip(facets, first, strict=False)]
    lengths = [np.diff(c.facet.indptr) for c in facets] + [np.diff(first)] + [np.diff(c.kernel.indptr) for c in facets]
    lengths += [[len(c.options) for c in facets], [n]]
    weights = [c.salience for c in facets] + [c.background for c in facets] + [c.kernel.data for c in facets]
    outcomes = [*named, np.arange(nothing), *taken, *(np.arange(len(c.options)) for c in facets), np.arange(n)]
    rows, outcomes, buckets = alias_tables(
        np.append(0, np.concatenate(lengths).cumsum()),
        np.concatenate([*weights, *(c.options for c in facets), prior]),
        np.concatenate(outcomes),
    )
    background, muddled = count * n, count * n + count
    return UserTables(
        questions=_questions(bank, channel, first),
        manners=np.concatenate([_manners(c) for c in facets]),
        values=np.concatenate([*(_values(c) for c in facets), np.zeros(1, dtype=VALUE)]),
        many=np.array([c.facet.kind == "many" for c in facets], dtype=bool),
        marks=_marks(channel, first),
        salts=mix(salt((np.int64(Purpose.MEMORY) << PURPOSE_BITS) + (np.arange(count) << FACET_BITS))),
        rows=rows, outcomes=outcomes, buckets=buckets, type_below=threshold(channel.shares.cumsum()[:-1]),
        intents=n, background=background, muddled=muddled, options=muddled + nothing, prior=muddled + nothing + count,
        nothing=nothing, patience=rates.patience,
        log_stays=float(np.log1p(-min(rates.leaving, 1 - 1e-12))) if rates.leaving > 0 else 0.0,
    )  # fmt: skip


def _marks(channel: Channel, first: np.ndarray) -> np.ndarray:
    """(N,) uint64: `UserTables.marks`."""
    out = np.zeros(len(channel.catalogue), dtype=np.uint64)
    for c, start in zip(channel.facets, first, strict=False):
        if c.facet.kind == "many":
            np.bitwise_or.at(out, c.facet.rows, np.uint64(1) << ((c.facet.indices + start) % 64).astype(np.uint64))
    return out


def _questions(bank: QuestionBank, channel: Channel, first: np.ndarray) -> np.ndarray:
    """(Q,) of `QUESTION`."""
    out = np.zeros(len(bank), dtype=QUESTION)
    opened, nothing = bank.kind == OPEN, first[-1]
    absence = [c.absence if c.facet.kind == "many" else np.ones(len(c.absence)) for c in channel.facets]
    low = np.where(opened, nothing, first[bank.facet] + bank.value)
    out["facet"], out["low"] = bank.facet, low
    # "Is it over ...?" is true of all values from there on.
    out["high"] = np.where(bank.kind == OVER, first[1:][bank.facet] - 1, low)
    # It is not the question's id, so a user says the same in a bank cut short.
    out["key"] = np.where(opened, nothing + bank.facet, low)
    # Passing over what isn't believed is decided by the lower half of the hash, the answer by the upper.
    out["unsaid"] = threshold(1 - np.concatenate([*absence, [1.0]])[low]) >> np.uint64(32)
    return out


def _manners(c: FacetChannel) -> np.ndarray:
    """(1, T) of `MANNER`."""
    out = np.zeros((1, len(c.forgotten)), dtype=MANNER)
    not_kept = c.forgotten + (1 - c.forgotten) * (1 - c.unrecalled) * c.muddled
    # The unrecalled stand between the muddled and the kept: yes/no answers don't tell them from the latter.
    not_recalled = np.minimum(not_kept + (1 - c.forgotten) * c.unrecalled, 1 - 2.0**-53)
    out["forgotten"], out["not_kept"], out["slip"] = threshold(c.forgotten), threshold(not_kept), threshold(c.slip)
    out["not_recalled"] = threshold(not_recalled)
    out["silent"][:, :, [KEPT, MUDDLED]] = threshold(c.silent)
    out["silent"][:, :, FORGOTTEN] = threshold(1 - c.guess)
    out["yesno"][:, :, [KEPT, MUDDLED]] = threshold(c.yesno.cumsum(axis=-1)[..., :-1])
    # Of what is forgotten nothing is believed, or not.
    out["yesno"][:, :, FORGOTTEN] = threshold(c.yesno_forgotten.cumsum(axis=-1)[:, None, :-1])
    return out


def _values(c: FacetChannel) -> np.ndarray:
    """(V,) of `VALUE`."""
    out = np.zeros(len(c.facet.values), dtype=VALUE)
    out["recognition"], out["stranger"] = threshold(c.recognition), threshold(c.stranger_recognition)
    out["option"] = c.facet.option_of
    return out
