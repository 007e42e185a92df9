"""Simulated users: an intent, a type, a memory a facet, and answers that depend on the memory alone.

Drawn once per dialogue, so that asking around a false memory doesn't average it away:

1. The intent from the prior, the type from its shares.
2. Each facet is forgotten, kept or muddled.  A scalar facet then holds one value: the true one when kept, one from the
   confusion kernel when muddled.  A `many` facet holds a top of the mind, drawn by salience among the true values and
   replaced from the kernel when muddled; every other true value is recognised or not when asked for.  Where the
   catalogue knows nothing, the memory is of the background: people in general.
3. An answer: slips, hedges and "don't know" around what is believed; an open question is answered with the top of the
   mind.  What is not in the memory of a `many` facet gets "no", or "don't know" when it is obscure.
4. The opening: each facet is tried by chance, and gives its open answer or nothing.  Leaving: by the turn alone.

Every draw is a hash of (seed, episode, what it is for), so users are functions without state: the same whatever is
asked and in whatever order, and a repeated question gets the same answer.  A memory is drawn again whenever it is
needed: most answers follow from the truth and the state, and a memo costs more than it saves.  `sim.memory` holds the
tables and the draws, `sim.posterior` sums the same story.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from sim.memory import FORGOTTEN, KEPT, LOOK, MUDDLED, STRANGER, Population, pick
from sim.questions import DONT_KNOW, OPEN_DONT_KNOW
from sim.randomness import Purpose, mix_in_place, stream, to_unit

SILENT = -1


@dataclass(frozen=True, kw_only=True)
class Corruption:
    """One facet that a user had wrong; revealed after the dialogue only."""

    facet: str
    kind: Literal["forgotten", "misremembered"]
    true: tuple[str, ...]
    """Names of the true values; empty where the catalogue knows nothing."""
    lost: str = ""
    """Misremembered: the true value that was replaced."""
    believed: str = ""
    """Misremembered: what stands in its place."""


class SimulatedUsers:
    """A batch of B users of one population.

    Args:
        population: tables that the users share.
        seed, episode: integers or arrays (B,); together they determine a user.  Broadcast against each other.
        intents: (B,) fixed intents, -1 to draw; None draws all.
        types: (B,) fixed types, -1 to draw; None draws all.
    """

    def __init__(self, population: Population, seed: Any, episode: Any = 0, *, intents=None, types=None):
        self.population = population
        start = np.atleast_1d(stream(seed, episode))
        self.stream = start
        """(B,) uint64: the hash of (seed, episode)."""
        self.intent = np.empty(len(start), dtype=np.int64)
        """(B,) what each wants."""
        self.type = np.empty(len(start), dtype=np.int64)
        """(B,) the latent type of each."""
        self._width = len(population.catalogue.facets)
        self._fixed: dict[tuple[int, int], tuple[int, int]] = {}  # (user, facet): (cell, top) given by hand
        self._renew(np.arange(len(start)), start, intents, types)

    def __len__(self) -> int:
        return len(self.stream)

    def reset(self, rows: np.ndarray, seed, episode, *, intents=None, types=None) -> None:
        """Other users take the places `rows` (n,); seed, episode, intents and types as at construction, (n,)."""
        self._renew(rows, np.broadcast_to(stream(seed, episode), rows.shape), intents, types)

    def _renew(self, rows: np.ndarray, start: np.ndarray, intents, types) -> None:
        p = self.population
        intent, type_ = p.begin(start)
        for drawn, given in ((intent, intents), (type_, types)):
            if given is not None:
                np.copyto(drawn, given, where=np.asarray(given) >= 0)
        self.stream[rows], self.intent[rows], self.type[rows] = start, intent, type_
        if self._fixed:
            gone = set(rows.tolist())
            self._fixed = {key: memory for key, memory in self._fixed.items() if key[0] not in gone}

    @property
    def leave_turn(self) -> np.ndarray:
        """(B,) the number of the question, from 1, at which each leaves instead of answering."""
        return self.population.leave_turn(self.stream)

    def answer(self, questions: np.ndarray, rows: np.ndarray | None = None) -> np.ndarray:
        """What the users say.

        Args:
            questions: (n,) question ids, one a user.
            rows: (n,) which users, None for all in order.

        Returns:
            (n,) int32 answers: 0 to 4 from "no" to "yes"; for an open question 0 is "don't know", u + 1 option u.
        """
        p = self.population
        questions = np.asarray(questions)
        every = rows is None
        start, intent, type_ = (x if rows is None else x.take(rows) for x in (self.stream, self.intent, self.type))
        # The short way: a scalar facet's answer follows from the truth and the state, and a `many` facet's too where
        # what is asked isn't true and the memory isn't muddled.
        facet, salts = p.asked(questions)
        h = mix_in_place(start ^ p.salts[Purpose.STATE].take(facet))
        cell = p.cell_of.take(facet)
        cell += type_
        state = (h < p.not_kept_below.take(cell)).view(np.uint8)
        state += h < p.forgotten_below.take(cell)
        if p.tabled:
            state += p.truth.take(intent * len(p.bank) + questions)
        else:
            state += self._truth(intent, questions, facet)
        cell += (add := p.cell_add.take(state))
        salts ^= start
        h = mix_in_place(salts)
        if self._fixed:
            for at, _ in self._matches(facet, np.arange(len(self)) if every else rows):
                add[at] = -1
        long = np.flatnonzero(add < 0)
        if len(long):
            who, asked = long if every else rows[long], questions[long]
            found, top, believed = self._belief(asked, who)
            cell[long] = found + believed * p.cell_step
        out = (h >= p.yesno_below[0].take(cell)).astype(np.int32)
        for below in p.yesno_below[1:]:
            out += h >= below.take(cell)
        unsaid = h.astype(np.uint32) < p.unsaid_below.take(questions)
        unsaid &= p.may_pass.take(cell)
        out = np.where(unsaid, np.int32(DONT_KNOW), out)
        if p.any_open and len(long):
            opened = np.flatnonzero(p.is_open.take(asked))
            if len(opened):
                at = long[opened]
                out[at] = self._open(who[opened], facet[at], found[opened], top[opened], to_unit(h[at]))
        return out

    def _truth(self, intent: np.ndarray, questions: np.ndarray, facet: np.ndarray) -> np.ndarray:
        """(n,) uint8 truth without a table: most values of `many` facets are not true, and that is soon seen."""
        p = self.population
        look = p.members.maybe(intent, low := p.low.take(questions))
        hits = np.flatnonzero(look)
        look[hits] = p.holds(intent.take(hits), facet.take(hits), low.take(hits))
        look |= p.bare.take(intent * self._width + facet).view(np.uint8)
        look *= np.uint8(LOOK)
        look |= p.truth.take(questions)
        return look

    def _belief(self, questions: np.ndarray, rows: np.ndarray):
        """(cell, top) of the facets asked about, and whether what was asked is believed; all (n,)."""
        p = self.population
        facet, low, span = p.facet.take(questions), p.low.take(questions), p.span.take(questions)
        intent = self.intent.take(rows)
        # A memory of the background is compared with what is asked by its place in the CDF, without looking it up.
        vague = p.unknown.take(facet * len(p.catalogue) + intent)
        if vague.any() and not self._fixed:
            vague &= ~p.is_open.take(questions)
            sure, vague = np.flatnonzero(~vague), np.flatnonzero(vague)
            cell, top = np.empty(len(rows), dtype=np.int64), np.empty(len(rows), dtype=np.int64)
            believed = np.empty(len(rows), dtype=bool)
            cell[sure], top[sure] = self._memory(facet[sure], rows[sure])
            believed[sure] = (top[sure] - low[sure]).view(np.uint64) <= span[sure]
            cell[vague], top[vague], believed[vague] = p.vaguely(
                self.stream[rows[vague]], self.type[rows[vague]], facet[vague], low[vague], span[vague]
            )
        else:
            cell, top = self._memory(facet, rows)
            believed = (top - low).view(np.uint64) <= span
        maybe = p.members.maybe(intent, low).view(bool) | (cell >= STRANGER * p.cell_step)
        maybe &= ~believed & (top >= 0) & (low < p.first[-1])
        maybe = np.flatnonzero(maybe)
        if len(maybe):
            believed[maybe] = self._recognised(rows[maybe], facet[maybe], low[maybe], cell[maybe])
        return cell, top, believed

    def _memory(self, facet: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(cell, top) of one facet of each user, both (n,) int64."""
        intent, type_ = self.intent.take(rows), self.type.take(rows)
        cell, top = self.population.remember(self.stream.take(rows), intent, type_, facet)
        if self._fixed:
            for at, memory in self._matches(facet, rows):
                cell[at], top[at] = memory
        return cell, top

    def _matches(self, facet: np.ndarray, rows: np.ndarray):
        """Where a memory fixed by hand is asked for: (positions, memory) pairs."""
        for (row, f), memory in self._fixed.items():
            yield np.flatnonzero((rows == row) & (facet == f)), memory

    def _recognised(self, rows: np.ndarray, facet: np.ndarray, value: np.ndarray, cell: np.ndarray) -> np.ndarray:
        """Whether values that are not on top of the mind are believed all the same; all (n,)."""
        p = self.population
        strange = cell >= STRANGER * p.cell_step
        chance = np.where(strange, p.stranger.take(value), p.recognition.take(value))
        out = p.recognises(self.stream.take(rows), facet, value) < chance
        out &= strange | p.members.holds(self.intent.take(rows), value)
        muddled = np.flatnonzero(out & ~strange & (cell >= MUDDLED * p.cell_step))
        if len(muddled):
            r = rows[muddled]
            out[muddled] = p.top_of_mind(self.stream[r], self.intent[r], facet[muddled])[0] != value[muddled]
        return out

    def _open(
        self, rows: np.ndarray, facet: np.ndarray, cell: np.ndarray, top: np.ndarray, u: np.ndarray
    ) -> np.ndarray:
        """Answers to open questions, all (n,): u decides whether anything is said."""
        p = self.population
        known = np.maximum(top, 0)
        out = p.option_of.take(known) + 1
        start = self.stream.take(rows)
        astray = (top < 0) | self._slips(start, facet, cell)
        other = np.flatnonzero(astray)
        if len(other):
            f = facet[other]
            first = p.option_first[f]
            drawn = pick(p.option_cum, first, p.option_first[f + 1], p.draw(start[other], Purpose.BACKGROUND, f))
            out[other] = drawn - first + 1
        np.copyto(out, OPEN_DONT_KNOW, where=u < p.silent.take(cell))
        return out

    def _slips(self, start: np.ndarray, facet: np.ndarray, cell: np.ndarray) -> np.ndarray:
        """Whether open answers, if given, are a random option; (n,) bool."""
        p = self.population
        return p.draw(start, Purpose.SAID, facet) < p.slip.take(cell % p.cell_step)

    def opening(self, rows: np.ndarray | None = None) -> np.ndarray:
        """What the users say unasked: (n, F) int32, the answer to each facet's open question, SILENT for nothing.

        Which facets are tried depends on the facet alone, so a facet passed over says little and nothing of the memory.
        """
        p = self.population
        rows = np.arange(len(self)) if rows is None else rows
        out = np.full((len(rows), self._width), SILENT, dtype=np.int32)
        for f, question in enumerate(p.bank.open_question):
            if question >= 0:
                tried = p.draw(self.stream[rows], Purpose.OPENING, np.full(len(rows), f)) < p.channel.facets[f].opening
                said = self.answer(np.full(len(rows), question), rows)
                out[:, f] = np.where(tried & (said != OPEN_DONT_KNOW), said, SILENT)
        return out

    # -- one user: what was wrong, and what is fixed by hand ----------------------------------------------------------

    def corruptions(self, b: int) -> tuple[Corruption, ...]:
        """What user b had forgotten or misremembered, by facet.  Never to be shown before the dialogue has ended."""
        p = self.population
        facets = np.array([f for f, facet in enumerate(p.catalogue.facets) if facet.values], dtype=np.int64)
        if not len(facets):
            return ()
        rows = np.full(len(facets), b)
        cell, top = self._memory(facets, rows)
        mind, _ = p.top_of_mind(self.stream[rows], self.intent[rows], facets)
        out = []
        for f, code, believed, lost in zip(facets.tolist(), (cell // p.cell_step).tolist(), top, mind, strict=True):
            facet = p.catalogue.facets[f]
            true = facet.row(int(self.intent[b]))
            if code == FORGOTTEN:
                out.append(Corruption(facet=facet.name, kind="forgotten", true=true))
            elif code == MUDDLED:
                name, other = (facet.values[int(v) - p.first[f]] for v in (lost, believed))
                out.append(Corruption(facet=facet.name, kind="misremembered", true=true, lost=name, believed=other))
        return tuple(out)

    def slipped(self, questions: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """(n,) bool: the answer goes against what the user believes, by a slip.  A forgotten facet has no slips."""
        p = self.population
        answers = self.answer(questions, rows)
        cell, top, believed = self._belief(questions, rows)
        against = np.where(believed, answers < DONT_KNOW, answers > DONT_KNOW)
        opened = p.is_open[questions]
        said = self._slips(self.stream[rows], p.facet[questions], cell) & (answers != OPEN_DONT_KNOW)
        said &= answers != p.option_of[np.maximum(top, 0)] + 1
        return np.where(opened, said, against) & (top >= 0)

    def fix_memory(self, b: int, memory: Mapping[str, Any]) -> None:
        """Give user b the memory of some facets, until the place is reset.

        Args:
            memory: facet name to the name of the value on top of the mind (kept where it is true, misremembered
                otherwise), or None for forgotten.  A number is named as in `Facet.values`, a flag "no" or "yes".

        Raises:
            KeyError: no such facet.
            ValueError: no such value.
        """
        p = self.population
        for name, value in memory.items():
            facet = p.catalogue.facet(name)
            f = p.catalogue.facets.index(facet)
            cell = f * len(p.types) + int(self.type[b])
            if value is None:
                self._fixed[b, f] = cell, -1
                continue
            v = _value_id(facet, value)
            true = facet.indices[facet.indptr[self.intent[b]] : facet.indptr[self.intent[b] + 1]]
            code = KEPT if v in true else MUDDLED if len(true) else STRANGER if facet.kind == "many" else KEPT
            self._fixed[b, f] = cell + code * p.cell_step, int(p.first[f]) + v


def _value_id(facet, value) -> int:
    text = {True: "yes", False: "no"}.get(value, str(value)) if facet.kind == "flag" else str(value)
    if text in facet.aliases:
        return facet.aliases[text]
    if text in facet.values:
        return facet.values.index(text)
    shown = ", ".join(facet.values[:5])
    raise ValueError(f"facet '{facet.name}' has no value '{value}' (it has {shown}{', ...' * (len(facet.values) > 5)})")
