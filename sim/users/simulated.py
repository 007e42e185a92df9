"""Simulated users: an intent, a type, a memory a facet, and answers that depend on the memory alone.

Drawn once per dialogue, so that asking around a false memory doesn't average it away:

1. The intent from the prior, the type from its shares.
2. Each facet is forgotten, unrecalled, kept or muddled.  A scalar facet then holds one value: the true one when kept,
   one from the confusion kernel when muddled.  A `many` facet holds a top of the mind, drawn by salience among the true
   values and replaced from the kernel when muddled; every other true value is recognised or not when asked for.  Of
   an unrecalled facet nothing can be named, but what is true is recognised: always on a scalar facet, each value by its
   own chance on a `many` facet.  Where the catalogue knows nothing, the memory is of the background: people in general.
3. An answer: slips, hedges and "don't know" around what is believed; an open question is answered with the top of the
   mind.  What is not in the memory of a `many` facet gets "no", or "don't know" when it is obscure.
4. The opening: each facet is tried by chance, and gives its open answer or nothing.  Leaving: by the turn alone.

Every draw is a hash of (seed, episode, what it is for), so users are functions without state: the same whatever is
asked and in whatever order, and a repeated question gets the same answer.  A memory is drawn again whenever it is
needed, by `sim.users.memory`; `hear_block` below gives the answers, and `sim.posterior.exact` sums the same story.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from sim.answers import DONT_KNOW, OPEN_DONT_KNOW
from sim.channel.channel import FORGOTTEN, KEPT, MUDDLED
from sim.channel.opening import SILENT
from sim.numeric.alias import draw_outcome, held
from sim.numeric.compiled import compiled
from sim.numeric.randomness import GAMMA, Purpose, draw, follow, mixed_seed, scramble
from sim.users.corruption import Corruption
from sim.users.memory import FIXED, LOW, Population, Users, begin_users, leaves_at, remember_each
from sim.users.tables import FACET_BITS, PURPOSE_BITS, UNRECALLED, UserTables

ONE = np.uint64(1)
BLOCK = 1024
"""Users who are heard at a time: so few that what one pass has looked up is still near when the next one needs it."""


@compiled
def hear_each(t: UserTables, users: Users, questions: np.ndarray, said: np.ndarray, slipped: np.ndarray) -> None:
    """What each user says to a question; and whether it is a slip, against what the user believes.

    All are (B,); the last two are written to.
    """
    stream, intent, type_, fixed = users
    for start in range(0, len(questions), BLOCK):
        end = start + BLOCK
        part = Users(stream[start:end], intent[start:end], type_[start:end], fixed[start:end])
        hear_block(t, part, questions[start:end], said[start:end], slipped[start:end])


@compiled
def hear_block(t: UserTables, users: Users, questions: np.ndarray, said: np.ndarray, slipped: np.ndarray) -> None:
    """`hear_each` for one block."""
    n = len(questions)
    facets, state = np.empty(n, dtype=np.int64), np.empty(n, dtype=np.int64)
    top, mind = np.empty(n, dtype=np.int64), np.empty(n, dtype=np.int64)
    true, wanted = np.empty(n, dtype=np.bool_), np.empty(n, dtype=np.bool_)
    stream, intent, type_, _ = users
    asked, manners, many, salts, values = t.questions, t.manners, t.many, t.salts, t.values
    alias_rows, outcomes, buckets, marks = t.rows, t.outcomes, t.buckets, t.marks
    for k in range(n):
        facets[k] = asked[questions[k]]["facet"]
    for k in range(n):
        # Of what isn't true of a `many` facet, only a muddled memory makes something.
        named, low = alias_rows[facets[k] * t.intents + intent[k]], asked[questions[k]]["low"]
        marked = (marks[intent[k]] >> np.uint64(low % 64)) & ONE
        true[k] = many[facets[k]] and marked == ONE and held(outcomes, named, int(low))
        wanted[k] = true[k] | (not many[facets[k]]) | (named["length"] == 0) | (low == t.nothing)
    remember_each(t, users, facets, wanted, state, top, mind)
    for k in range(n):
        f = facets[k]
        q, manner = asked[questions[k]], manners[f, type_[k]]
        y = scramble(scramble(stream[k] ^ salts[f]) ^ (np.uint64(q["key"]) * GAMMA))
        further = follow(y)
        forgotten, unrecalled = state[k] == FORGOTTEN, state[k] == UNRECALLED
        as_ = KEPT if unrecalled else state[k]
        if q["low"] == t.nothing:  # an open question
            silent, option = unrecalled | (y < manner["silent"][as_]), values[top[k]]["option"]
            said[k] = OPEN_DONT_KNOW if silent else option + 1
            if (not silent) & (forgotten | (further < manner["slip"])):
                said[k] = draw_outcome(outcomes, buckets, alias_rows[t.options + f], further & LOW) + 1
            slipped[k] = (not silent) & (not forgotten) & (said[k] != option + 1)
            continue
        believed = (q["low"] <= top[k]) & (top[k] <= q["high"])
        if many[f] & (not believed) & (not forgotten):
            # Not on top of the mind, but it may be recognised: what is true, or anything where nothing is known.
            if true[k]:
                lost = (state[k] == MUDDLED) & (mind[k] == q["low"])
                believed = (further < values[q["low"]]["recognition"]) & (not lost)
            elif alias_rows[f * t.intents + intent[k]]["length"] == 0:
                believed = further < values[q["low"]]["stranger"]
        unsaid = (not believed) & (not forgotten) & ((y & LOW) < q["unsaid"])
        below = manner["yesno"][as_, np.int64(believed)]
        answer = np.int64(y >= below[0]) + np.int64(y >= below[1]) + np.int64(y >= below[2]) + np.int64(y >= below[3])
        said[k] = DONT_KNOW if unsaid else answer
        slipped[k] = (not forgotten) & (said[k] < DONT_KNOW if believed else said[k] > DONT_KNOW)


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
        count = np.broadcast(np.atleast_1d(seed), episode).size
        self.stream = np.empty(count, dtype=np.uint64)
        """(B,) uint64: the hash of (seed, episode)."""
        self.intent = np.empty(count, dtype=np.int64)
        """(B,) what each wants."""
        self.type = np.empty(count, dtype=np.int64)
        """(B,) the latent type of each."""
        self._fixed = np.zeros((0, len(population.catalogue.facets)), dtype=FIXED)
        self.reset(np.arange(count), seed, episode, intents=intents, types=types)

    def __len__(self) -> int:
        return len(self.stream)

    @property
    def arrays(self) -> Users:
        """The users as compiled loops take them; live."""
        return Users(self.stream, self.intent, self.type, self._fixed)

    def _copied(self, rows: np.ndarray) -> Users:
        """Users `rows` (n,) as compiled loops take them."""
        fixed = self._fixed[rows] if len(self._fixed) else self._fixed
        return Users(self.stream[rows], self.intent[rows], self.type[rows], fixed)

    def reset(
        self, rows: np.ndarray, seed: ArrayLike, episode: ArrayLike, *, intents: ArrayLike | None = None,
        types: ArrayLike | None = None, mixed: np.ndarray | None = None,
    ) -> None:  # fmt: skip
        """Other users take the places `rows` (n,); seed, episode, intents and types as at construction, (n,).

        `mixed`, where given, is the `mixed_seed` of the seeds.
        """
        t, shape = self.population.tables, rows.shape
        mixed = mixed_seed(seed) if mixed is None else mixed
        mixed = mixed if mixed.shape == shape else np.broadcast_to(mixed, shape).copy()
        intents = DRAWN if intents is None else _whole("intents", intents, t.intents, shape)
        types = DRAWN if types is None else _whole("types", types, len(self.population.types), shape)
        episode = _whole("episodes", episode, None, shape)
        begin_users(t, self.arrays, _whole("users", rows, len(self), shape), mixed, episode, intents, types)

    @property
    def leave_turn(self) -> np.ndarray:
        """(B,) the number of the question, from 1, at which each leaves instead of answering."""
        t = self.population.tables
        return np.array([leaves_at(start, t.patience, t.log_stays) for start in self.stream], dtype=np.int64)

    def answer(self, questions: np.ndarray, rows: np.ndarray | None = None) -> np.ndarray:
        """What the users say.

        Args:
            questions: (n,) question ids, one a user.
            rows: (n,) which users, None for all in order.

        Returns:
            (n,) int32 answers: 0 to 4 from "no" to "yes"; for an open question 0 is "don't know", u + 1 option u.

        Raises:
            IndexError: no such question, or no such user.
        """
        return self._hear(questions, rows)[0]

    def slipped(self, questions: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """(n,) bool: the answer goes against what the user believes, by a slip.  A forgotten facet has no slips."""
        return self._hear(questions, rows)[1]

    def _hear(self, questions: np.ndarray, rows: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
        users = self.arrays if rows is None else self._copied(rows)
        questions = _whole("questions", questions, len(self.population.bank), users.stream.shape)
        said, slipped = np.empty(len(questions), dtype=np.int32), np.empty(len(questions), dtype=bool)
        hear_each(self.population.tables, users, questions, said, slipped)
        return said, slipped

    def opening(self, rows: np.ndarray | None = None) -> np.ndarray:
        """What the users say unasked: (n, F) int64, the option stated of each facet, see `sim.channel.opening`.

        Which facets are tried depends on facet and type alone, so a facet passed over says nothing of the memory but
        that nothing may come to mind.
        """
        p = self.population
        rows = np.arange(len(self)) if rows is None else rows
        out = np.full((len(rows), len(p.catalogue.facets)), SILENT, dtype=np.int64)
        for f, question in enumerate(p.bank.open_question):
            if question >= 0:
                key = (Purpose.OPENING << PURPOSE_BITS) + (f << FACET_BITS)
                tried = draw(self.stream[rows], key) < p.channel.facets[f].opening.take(self.type[rows])
                said = self.answer(np.full(len(rows), question), rows)
                out[:, f] = np.where(tried & (said != OPEN_DONT_KNOW), said - 1, SILENT)
        return out

    # -- one user: what was wrong, and what is fixed by hand ----------------------------------------------------------

    def corruptions(self, b: int) -> tuple[Corruption, ...]:
        """What user b had forgotten or misremembered, by facet.  Never to be shown before the dialogue has ended."""
        p, out = self.population, []
        facets = np.array([f for f, facet in enumerate(p.catalogue.facets) if facet.values], dtype=np.int64)
        memories = [np.empty(len(facets), dtype=np.int64) for _ in range(3)]
        remember_each(p.tables, self._copied(np.full(len(facets), b)), facets, facets >= 0, *memories)
        for f, state, top, mind in zip(facets.tolist(), *(m.tolist() for m in memories), strict=True):
            facet = p.catalogue.facets[f]
            true = facet.row(int(self.intent[b]))
            if state in (FORGOTTEN, UNRECALLED):
                kind = "forgotten" if state == FORGOTTEN else "unrecalled"
                out.append(Corruption(facet=facet.name, kind=kind, true=true))
            elif state == MUDDLED:
                lost, believed = (facet.values[v - p.first[f]] for v in (mind, top))
                out.append(Corruption(facet=facet.name, kind="misremembered", true=true, lost=lost, believed=believed))
        return tuple(out)

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
            state, top = FORGOTTEN, -1
            if value is not None:
                v = facet.find(value)
                if v is None:
                    shown = ", ".join(facet.values[:5]) + ", ..." * (len(facet.values) > 5)
                    raise ValueError(f"facet '{name}' has no value '{value}' (it has {shown})")
                true = facet.indices[facet.indptr[self.intent[b]] : facet.indptr[self.intent[b] + 1]]
                state, top = KEPT if v in true or not len(true) else MUDDLED, p.first[f] + v
            if not len(self._fixed):
                self._fixed = np.zeros((len(self), len(p.catalogue.facets)), dtype=FIXED)
            self._fixed[b, f] = True, state, top


DRAWN = np.zeros(0, dtype=np.int64)
"""In place of intents or types: all are drawn."""


def _whole(what: str, ids: ArrayLike, end: int | None, shape: tuple[int, ...]) -> np.ndarray:
    """Integers as compiled loops take them, which look up whatever they are told to; one for all is repeated.

    Raises:
        IndexError: one is beyond the `end`.
    """
    ids = np.asarray(ids, dtype=np.int64)
    ids = np.ascontiguousarray(ids if ids.shape == shape else np.broadcast_to(ids, shape))
    if end is not None and ids.size and np.maximum.reduce(ids) >= end:
        raise IndexError(f"{what} up to {ids.max()}; they are below {end}")
    return ids
