"""Simulated users: an intent, a type, a memory a facet, and answers that depend on the memory alone.

Drawn once per dialogue, so that asking around a false memory doesn't average it away:

1. The intent from the prior, the type from its shares.
2. Each facet is forgotten, unrecalled, kept or muddled.  A scalar facet then holds one value: the true one when kept,
   one from the confusion kernel when muddled.  A `many` facet holds a top of the mind, drawn by salience among the true
   values and
   replaced from the kernel when muddled; every other true value is recognised or not when asked for.  Of an unrecalled
   facet nothing can be named, but what is true is recognised: always on a scalar facet, each value by its own chance on
   a `many` facet.  Where the catalogue knows nothing, the memory is of the background: people in general.
3. An answer: slips, hedges and "don't know" around what is believed; an open question is answered with the top of the
   mind.  What is not in the memory of a `many` facet gets "no", or "don't know" when it is obscure.
4. The opening: each facet is tried by chance, and gives its open answer or nothing.  Leaving: by the turn alone.

Every draw is a hash of (seed, episode, what it is for), so users are functions without state: the same whatever is
asked and in whatever order, and a repeated question gets the same answer.  A memory is drawn again whenever it is
needed: most answers follow from the truth and the state, and a memo costs more than it saves.  `sim.users.memory` has
the draws, `sim.users.flat_tables` their tables, `sim.posterior.exact` sums the same story.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import ArrayLike

from sim.answers import DONT_KNOW, OPEN_DONT_KNOW
from sim.channel.opening import SILENT
from sim.numeric.randomness import Purpose, follow, stream, stream_of
from sim.users.corruption import Corruption
from sim.users.fast_answers import FACET_SHIFT, LONG, LOOK
from sim.users.flat_tables import FORGOTTEN_CELL, KEPT_CELL, MUDDLED_CELL, STRANGER_CELL, UNRECALLED_CELL
from sim.users.memory import LOW, Population


class SimulatedUsers:
    """A batch of B users of one population.

    Args:
        population: tables that the users share.
        seed, episode: integers or arrays (B,); together they determine a user.  Broadcast against each other.
        intents: (B,) fixed intents, -1 to draw; None draws all.
        types: (B,) fixed types, -1 to draw; None draws all.
    """

    def __init__(
        self, population: Population, seed: ArrayLike, episode: ArrayLike = 0, *, intents: ArrayLike | None = None,
        types: ArrayLike | None = None,
    ):  # fmt: skip
        self.population = population
        start = np.atleast_1d(stream(seed, episode))
        self.stream = start
        """(B,) uint64: the hash of (seed, episode)."""
        self.intent = np.empty(len(start), dtype=np.int64)
        """(B,) what each wants."""
        self.type = np.empty(len(start), dtype=np.int64)
        """(B,) the latent type of each."""
        self._width = len(population.catalogue.facets)
        # What the fast way needs of each, put together once a dialogue.
        self._block = np.zeros(len(start), dtype=np.int64)
        if not population.fast.tabled:
            self._mask, self._member = np.zeros_like(start), np.zeros_like(start)
        self._fixed: dict[tuple[int, int], tuple[int, int]] = {}  # (user, facet): (cell, top) given by hand
        self._renew(np.arange(len(start)), start, intents, types)

    def __len__(self) -> int:
        return len(self.stream)

    def reset(
        self, rows: np.ndarray, seed: ArrayLike, episode: ArrayLike, *, intents: ArrayLike | None = None,
        types: ArrayLike | None = None, mixed: np.ndarray | None = None,
    ) -> None:  # fmt: skip
        """Other users take the places `rows` (n,); seed, episode, intents and types as at construction, (n,).

        `mixed`, where given, is the `mixed_seed` of the seeds.
        """
        start = stream(seed, episode) if mixed is None else stream_of(mixed, episode)
        self._renew(rows, np.broadcast_to(start, rows.shape) if start.shape != rows.shape else start, intents, types)

    def _renew(self, rows: np.ndarray, start: np.ndarray, intents: ArrayLike | None, types: ArrayLike | None) -> None:
        p = self.population
        intent, type_ = p.begin(start)
        for drawn, given in ((intent, intents), (type_, types)):
            if given is not None:
                np.copyto(drawn, given, where=np.asarray(given) >= 0)
        self.stream[rows], self.intent[rows], self.type[rows] = start, intent, type_
        fast = p.fast
        if fast.one_class:
            self._block[rows] = fast.block.take(type_ * self._width)
        if not fast.tabled:
            self._mask[rows], self._member[rows] = fast.mask.take(intent), fast.member.take(intent)
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
        p, fast = self.population, self.population.fast
        questions = np.asarray(questions)
        asked = fast.questions.take(questions)
        signature, value = asked["signature"], asked["value"]
        facet = (signature >> FACET_SHIFT).view(np.int64)
        x = p.memory_hash(self.stream if rows is None else self.stream.take(rows), facet)
        y = p.answer_hash(x, value)
        unsaid = y.astype(np.uint32) < asked["unsaid"]
        known, maybe_true = self._known(questions, signature, rows)
        out = fast.look_up(self._blocks(facet, rows), x, y, known, unsaid)
        if self._fixed:
            for at, _ in self._matches(facet, np.arange(len(self)) if rows is None else rows):
                out[at] = LONG
        long = (out == LONG).nonzero()[0]
        out = out.astype(np.int32)
        if len(long):
            out[long] = self._answer_long(
                long if rows is None else rows[long], facet.take(long), value.take(long), x.take(long), y.take(long),
                unsaid.take(long), None if maybe_true is None else maybe_true.take(long),
            )  # fmt: skip
        return out

    def _blocks(self, facet: np.ndarray, rows: np.ndarray | None) -> np.ndarray:
        """(n,) int64: where the fast answers of each user's facet begin."""
        fast = self.population.fast
        if fast.one_class:
            return self._block if rows is None else self._block.take(rows)
        block = (self.type if rows is None else self.type.take(rows)) * self._width
        block += facet
        return fast.block.take(block)

    def _known(
        self, questions: np.ndarray, signature: np.ndarray, rows: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """What is known of each user's intent and question before any memory is drawn.

        Returns:
            (n,) uint8 as in `FastAnswers.truth`; and, where that is no table, (n,) bool: false where what is asked
            certainly isn't true.
        """
        fast = self.population.fast
        if fast.tabled:
            at = (self.intent if rows is None else self.intent.take(rows)) * len(self.population.bank)
            at += questions
            return fast.truth.take(at), None
        mask, member = (self._mask, self._member) if rows is None else (self._mask.take(rows), self._member.take(rows))
        maybe_true = (signature & mask) >= member
        return maybe_true.view(np.uint8) * np.uint8(LOOK), maybe_true

    def _answer_long(
        self, rows: np.ndarray, facet: np.ndarray, value: np.ndarray, x: np.ndarray, y: np.ndarray, unsaid: np.ndarray,
        maybe_true: np.ndarray | None,
    ) -> np.ndarray:  # fmt: skip
        """Answers from the memory itself and whole hashes; all (n,)."""
        p = self.population
        cell, top, believed = self._belief(rows, facet, value, x, y, maybe_true)
        believed = believed * p.cell_step
        believed += cell
        out = np.add.reduce((y >= p.yesno_below.take(believed, axis=1)).view(np.uint8), axis=0, dtype=np.uint8)
        unsaid &= p.may_pass.take(believed)
        out[unsaid] = DONT_KNOW
        if p.any_open:
            opened = (value >= p.nothing).nonzero()[0]
            if len(opened):
                out = out.astype(np.int32)
                out[opened] = self._open(facet.take(opened), cell.take(opened), top.take(opened), y.take(opened))
        return out

    def _belief(
        self, rows: np.ndarray, facet: np.ndarray, value: np.ndarray, x: np.ndarray, y: np.ndarray,
        maybe_true: np.ndarray | None = None,
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
        """(cell, top) of the facets asked about, and whether what was asked is believed; all (n,).

        `value` is the key of the question; `maybe_true`, where given, is false where what is asked isn't true.
        """
        p = self.population
        intent = self.intent.take(rows)
        cell, top, mind = self._memory(facet, rows, intent, x)
        # The key of an open question is more than any value.
        believed = (top - value).view(np.uint64) <= p.reach.take(facet)
        # What isn't on top of the mind may be recognised: true values, and any where nothing is known.
        others = p.many.take(facet)
        if maybe_true is not None:
            others &= maybe_true
        others &= (value < p.nothing) & (top >= 0)
        others = (others > believed).nonzero()[0]
        if len(others):
            believed[others] = self._recognised(
                intent.take(others), facet.take(others), value.take(others).astype(np.int64), cell.take(others),
                mind.take(others), follow(y.take(others)),
            )  # fmt: skip
        return cell, top, believed

    def _recognised(
        self, intent: np.ndarray, facet: np.ndarray, value: np.ndarray, cell: np.ndarray, mind: np.ndarray,
        chance: np.ndarray,
    ) -> np.ndarray:  # fmt: skip
        """(n,) bool: values of `many` facets, not on top of the mind, that are believed when asked for; `chance` is a
        hash."""
        p = self.population
        found = p.members.holds(intent, value)
        # What was replaced is lost.
        found &= (cell // p.cell_step != MUDDLED_CELL) | (mind != value)
        found &= chance < p.recognition.take(value)
        strange = (cell >= STRANGER_CELL * p.cell_step).nonzero()[0]
        if p.any_unrecalled:
            row = facet.take(strange) * len(p.catalogue) + intent.take(strange)
            strange = strange[p.unknown.take(row)]
        if len(strange):
            found[strange] = chance.take(strange) < p.stranger.take(value.take(strange))
        return found

    def _memory(
        self, facet: np.ndarray, rows: np.ndarray, intent: np.ndarray, x: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(cell, top, mind) of one facet of each user, with its hash; all (n,) int64."""
        cell, top, mind = self.population.remember(x, intent, self.type.take(rows), facet)
        if self._fixed:
            top = top.copy()
            for at, memory in self._matches(facet, rows):
                cell[at], top[at] = memory
        return cell, top, mind

    def _matches(self, facet: np.ndarray, rows: np.ndarray) -> Iterator[tuple[np.ndarray, tuple[int, int]]]:
        """Where a memory fixed by hand is asked for: (positions, memory) pairs."""
        for (row, f), memory in self._fixed.items():
            yield np.flatnonzero((rows == row) & (facet == f)), memory

    def _open(self, facet: np.ndarray, cell: np.ndarray, top: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Answers to open questions, all (n,)."""
        p = self.population
        out = p.option_of.take(np.maximum(top, 0))
        further = follow(y)
        astray = ((further < p.slip.take(cell % p.cell_step)) | (top < 0)).nonzero()[0]
        if len(astray):
            further = further.take(astray)
            further &= LOW
            out[astray] = p.options.draw(p.options.rows.take(facet.take(astray)), further)
        out += 1
        out[y < p.silent.take(cell)] = OPEN_DONT_KNOW
        if p.any_unrecalled:
            out[cell // p.cell_step == UNRECALLED_CELL] = OPEN_DONT_KNOW
        return out

    def opening(self, rows: np.ndarray | None = None) -> np.ndarray:
        """What the users say unasked: (n, F) int64, the option stated of each facet, see `sim.channel.opening`.

        Which facets are tried depends on facet and type alone, so a facet passed over says nothing of the memory but
        that nothing may come to mind.
        """
        p = self.population
        rows = np.arange(len(self)) if rows is None else rows
        out = np.full((len(rows), self._width), SILENT, dtype=np.int64)
        for f, question in enumerate(p.bank.open_question):
            if question >= 0:
                tries = p.channel.facets[f].opening.take(self.type[rows])
                tried = p.draw(self.stream[rows], Purpose.OPENING, np.full(len(rows), f)) < tries
                said = self.answer(np.full(len(rows), question), rows)
                out[:, f] = np.where(tried & (said != OPEN_DONT_KNOW), said - 1, SILENT)
        return out

    # -- one user: what was wrong, and what is fixed by hand ----------------------------------------------------------

    def corruptions(self, b: int) -> tuple[Corruption, ...]:
        """What user b had forgotten or misremembered, by facet.  Never to be shown before the dialogue has ended."""
        p = self.population
        facets = np.array([f for f, facet in enumerate(p.catalogue.facets) if facet.values], dtype=np.int64)
        if not len(facets):
            return ()
        rows = np.full(len(facets), b)
        cell, top, mind = self._memory(facets, rows, self.intent[rows], p.memory_hash(self.stream[rows], facets))
        out = []
        for f, code, believed, lost in zip(facets.tolist(), (cell // p.cell_step).tolist(), top, mind, strict=True):
            facet = p.catalogue.facets[f]
            true = facet.row(int(self.intent[b]))
            if code in (FORGOTTEN_CELL, UNRECALLED_CELL):
                kind = "forgotten" if code == FORGOTTEN_CELL else "unrecalled"
                out.append(Corruption(facet=facet.name, kind=kind, true=true))
            elif code == MUDDLED_CELL:
                name, other = (facet.values[int(v) - p.first[f]] for v in (lost, believed))
                out.append(Corruption(facet=facet.name, kind="misremembered", true=true, lost=name, believed=other))
        return tuple(out)

    def slipped(self, questions: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """(n,) bool: the answer goes against what the user believes, by a slip.  A forgotten facet has no slips."""
        p = self.population
        answers = self.answer(questions, rows)
        facet = p.facet.take(questions)
        x = p.memory_hash(self.stream.take(rows), facet)
        value = p.key.take(questions)
        y = p.answer_hash(x, value)
        cell, top, believed = self._belief(rows, facet, value, x, y)
        against = np.where(believed, answers < DONT_KNOW, answers > DONT_KNOW)
        said = (follow(y) < p.slip.take(cell % p.cell_step)) & (answers != OPEN_DONT_KNOW)
        said &= answers != p.option_of[np.maximum(top, 0)] + 1
        return np.where(p.is_open[questions], said, against) & (top >= 0)

    def fix_memory(self, b: int, memory: Mapping[str, object]) -> None:
        """Give user b the memory of some facets, until the place is reset.

        Args:
            memory: facet name to the name of the value on top of the mind (kept where it is true, misremembered
                otherwise), or None for forgotten.  A number is named as in `Facet.values`, a flag "no" or "yes".

        Raises:
            ValueError: no such facet, or no such value.
        """
        p = self.population
        for name, value in memory.items():
            try:
                facet = p.catalogue.facet(name)
            except KeyError as error:
                raise ValueError(error.args[0]) from None
            f = p.catalogue.facets.index(facet)
            cell = f * len(p.types) + int(self.type[b])
            if value is None:
                self._fixed[b, f] = cell, -1
                continue
            v = facet.find(value)
            if v is None:
                shown = ", ".join(facet.values[:5]) + ", ..." * (len(facet.values) > 5)
                raise ValueError(f"facet '{name}' has no value '{value}' (it has {shown})")
            true = facet.indices[facet.indptr[self.intent[b]] : facet.indptr[self.intent[b] + 1]]
            unknown = STRANGER_CELL if facet.kind == "many" else KEPT_CELL
            code = KEPT_CELL if v in true else MUDDLED_CELL if len(true) else unknown
            self._fixed[b, f] = cell + code * p.cell_step, int(p.first[f]) + v
