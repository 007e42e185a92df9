"""The user's story from its description alone: rates and a catalogue's relation to probabilities, in plain Python.

`tests/brute.py` enumerates the memories of a given `Channel`, and the simulator draws from one: a wrong array in it is
wrong for both and shows nowhere.  Here nothing of `sim.channel`, `sim.users` or `sim.belief` is used but the
fields of `Rates`.  Lists, dicts and loops stand for arrays, every formula is written out again, and every memory is
enumerated.  Two tables of numbers are repeated on purpose: the constants of the confusion kernel and of the caps.

Letters: f facet, i intent, t type, v value, q question, a answer.
"""

from __future__ import annotations

import itertools
import math
import struct
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

import numpy as np

from sim.catalogue.catalogue import Catalogue
from sim.questions import OPEN, OVER, QuestionBank
from sim.users.rates import Rates

FORGOTTEN, KEPT, MUDDLED, UNRECALLED = "forgotten", "kept", "muddled", "unrecalled"
LEAST = 1e-6


class RememberedFacet(NamedTuple):
    """One possible memory of a facet."""

    chance: float
    state: str
    top: int | None
    """The value on top of the mind; of an unrecalled facet with one value, that one; None where nothing is."""
    believed: frozenset[int]
    """All values that are believed; the top alone unless the facet holds several."""


class Story:
    """The users of one catalogue at given rates."""

    def __init__(self, catalogue: Catalogue, rates: Rates, bank: QuestionBank):
        self.catalogue, self.rates, self.bank = catalogue, rates, bank
        self.prior = [float(p) for p in catalogue.prior]
        self.facets = [FacetTable(catalogue, f) for f in range(len(catalogue.facets))]
        lowers = [facet.lower for facet in catalogue.facets]
        self.kernels = [
            confusions(self.facets, f, self.prior, lowers[f], *(float(self.given(f, k)) for k in CONFUSION))
            for f in range(len(self.facets))
        ]
        shares = [max(share, LEAST) for share in rates.shares]
        self.shares = [share / sum(shares) for share in shares]
        self.memories = cache(lambda f, i, t: list(self._memories(f, i, t)))

    # -- rates --------------------------------------------------------------------------------------------------------

    def given(self, f: int, key: str) -> float | tuple[float, ...]:
        """A rate as it is written for one facet or for all."""
        return self.rates.facets.get(self.facets[f].name, {}).get(key, getattr(self.rates, key))

    def rate(self, f: int, key: str, t: int) -> float:
        """A rate on one facet for one type.

        Forgetting and not knowing are tried again `scale` times; misremembering and slips grow with the scale up to a
        cap, which never lowers what the rates say themselves; hedges, guesses and openings are the same for everybody.
        Where every type has a rate for itself, that is it.
        """
        p, scale = self.given(f, key), self.rates.scales[t]
        if isinstance(p, tuple):
            return clipped(p[t])
        if key == "unrecalled" and p == 0:
            return 0.0
        if key in ("forgotten", "unrecalled", "dont_know", "dont_know_open"):
            p = 1 - (1 - p) ** scale
        elif key == "misremembered":
            p = min(p * scale, max(p, 0.6))
        elif key == "slip":
            p = min(p * scale, max(p, 0.45))
        return clipped(p)

    def by_fame(self, f: int, v: int, key: str) -> float:
        """Between what holds of obscure values (one intent in 10,000) and of famous ones (one in ten)."""
        ends = self.given(f, key)
        assert isinstance(ends, tuple)
        share = self.facets[f].mass[v]
        fame = (math.log10(share) + 4) / 3 if share > 0 else 0.0
        return clipped(ends[0] + (ends[1] - ends[0]) * min(max(fame, 0.0), 1.0))

    # -- memories -----------------------------------------------------------------------------------------------------

    def _memories(self, f: int, i: int, t: int) -> Iterator[RememberedFacet]:
        table, kernel = self.facets[f], self.kernels[f]
        forgotten = self.rate(f, "forgotten", t)
        muddled = self.rate(f, "misremembered", t) if any(kernel) else 0.0
        unrecalled = self.rate(f, "unrecalled", t)
        yield RememberedFacet(forgotten, FORGOTTEN, None, frozenset())
        yield from self._unrecalled_memories(f, i, (1 - forgotten) * unrecalled)
        forgotten = 1 - (1 - forgotten) * (1 - unrecalled)  # from here on: nothing comes to mind
        true = table.values_of[i]
        if not true:  # nothing is known: a memory as people in general have it
            for z, chance in enumerate(table.background):
                others = [v for v in range(table.size) if v != z] if table.many else []
                recognised = {v: table.mass[v] * self.by_fame(f, v, "recognition") for v in others}
                for p, seen in subsets(recognised):
                    yield RememberedFacet((1 - forgotten) * chance * p, KEPT, z, seen | {z})
            return
        for z in true:
            others = [v for v in true if v != z]
            recognised = {v: self.by_fame(f, v, "recognition") for v in others}
            for p, seen in subsets(recognised):
                remembered = (1 - forgotten) * table.salience(i, z) * p
                yield RememberedFacet(remembered * (1 - muddled), KEPT, z, seen | {z})
                for w, chance in kernel[z].items():
                    yield RememberedFacet(remembered * muddled * chance, MUDDLED, w, seen | {w})

    def _unrecalled_memories(self, f: int, i: int, chance: float) -> Iterator[RememberedFacet]:
        """Nothing can be named; what is true is believed when asked for, each of several values by its own chance."""
        table = self.facets[f]
        true = table.values_of[i]
        if not table.many:
            for z, p in [(true[0], 1.0)] if true else enumerate(table.background):
                yield RememberedFacet(chance * p, UNRECALLED, z, frozenset({z}))
            return
        known = true or range(table.size)
        recognised = {v: self.by_fame(f, v, "recognition") * (1 if true else table.mass[v]) for v in known}
        for p, seen in subsets(recognised):
            yield RememberedFacet(chance * p, UNRECALLED, None, seen)

    # -- answers ------------------------------------------------------------------------------------------------------

    def answer(self, q: int, a: int, t: int, memory: RememberedFacet) -> float:
        """p(answer | type, memory of the question's facet)."""
        f = int(self.bank.facet[q])
        if self.bank.kind[q] == OPEN:
            return self._open(f, a - 1, t, memory) if a else self.says_nothing(f, t, memory)
        if memory.state == FORGOTTEN:
            guess = self.rate(f, "guess", t)
            return (0.05 * guess, 0.45 * guess, 1 - guess, 0.45 * guess, 0.05 * guess)[a]
        v = int(self.bank.value[q])
        believed = (memory.top or 0) >= v if self.bank.kind[q] == OVER else v in memory.believed
        says = 1.0
        if self.facets[f].many and not believed:
            says = self.by_fame(f, v, "absence")
        return says * self._yesno(f, a, t, memory.state, believed) + (1 - says) * (a == 2)

    def _yesno(self, f: int, a: int, t: int, state: str, believed: bool) -> float:
        """Slip, hedge and "don't know"; answers go from no (0) to yes (4)."""
        dont_know = self.rate(f, "dont_know", t)
        if a == 2:
            return dont_know
        slip = self.rate(f, "slip", t)
        hedge = self.rate(f, "hedge_muddled" if state == MUDDLED else "hedge", t)
        affirms, hedges = a > 2, a in (1, 3)
        return (1 - dont_know) * (1 - slip if affirms == believed else slip) * (hedge if hedges else 1 - hedge)

    def _open(self, f: int, option: int, t: int, memory: RememberedFacet) -> float:
        at_random = self.facets[f].option_background[option]
        if memory.state == FORGOTTEN:
            return self.rate(f, "guess", t) * at_random
        if memory.state == UNRECALLED:
            return 0.0
        slip = self.rate(f, "slip", t)
        assert memory.top is not None
        exact = self.facets[f].option_of[memory.top] == option
        return (1 - self.rate(f, "dont_know_open", t)) * ((1 - slip) * exact + slip * at_random)

    def says_nothing(self, f: int, t: int, memory: RememberedFacet) -> float:
        """p("don't know" to the open question | type, memory)."""
        if memory.state == FORGOTTEN:
            return 1 - self.rate(f, "guess", t)
        return 1.0 if memory.state == UNRECALLED else self.rate(f, "dont_know_open", t)

    # -- dialogues ----------------------------------------------------------------------------------------------------

    def joint(
        self, history: list[tuple[int, int]], silent: tuple[int, ...] = (), stated: tuple[int, ...] = ()
    ) -> list[list[float]]:
        """[i][t] p(intent, type, answers).

        Args:
            history: (question, answer) pairs; one that comes again is the same answer and tells nothing new.
            silent: facets that the opening might have stated and didn't.
            stated: facets that it did state; the history holds what.
        """
        said = dict(history)
        touched = sorted({int(self.bank.facet[q]) for q in said} | set(silent))
        out = []
        for i, p in enumerate(self.prior):
            out.append([p * share * math.prod(self._facet(f, i, t, said, f in silent) for f in touched)
                        * math.prod(self.rate(f, "opening", t) for f in stated)
                        for t, share in enumerate(self.shares)])  # fmt: skip
        return out

    def _facet(self, f: int, i: int, t: int, said: dict[int, int], silent: bool) -> float:
        """p(answers about one facet | intent, type), its memories summed out."""
        asked = [(q, a) for q, a in said.items() if int(self.bank.facet[q]) == f]
        total = 0.0
        for memory in self.memories(f, i, t):
            p = memory.chance * math.prod(self.answer(q, a, t, memory) for q, a in asked)
            total += p * self.passes_over(f, t, memory, said) if silent else p
        return total

    def passes_over(self, f: int, t: int, memory: RememberedFacet, said: dict[int, int]) -> float:
        """p(the opening says nothing of the facet | type, memory, what is answered when its open question is put).

        A facet that is tried gives that very answer, so silence means that it wasn't tried or that nothing is known.
        """
        tried, answer = self.rate(f, "opening", t), said.get(int(self.bank.open_question[f]))
        if answer is None:
            return 1 - tried + tried * self.says_nothing(f, t, memory)
        return 1 - tried if answer else 1.0

    def belief(
        self, history: list[tuple[int, int]], silent: tuple[int, ...] = (), stated: tuple[int, ...] = ()
    ) -> tuple[np.ndarray, np.ndarray]:
        """p(intent | history) and p(type | history)."""
        joint = np.array(self.joint(history, silent, stated))
        return joint.sum(axis=1) / joint.sum(), joint.sum(axis=0) / joint.sum()

    def predict(
        self, history: list[tuple[int, int]], q: int, silent: tuple[int, ...] = (), stated: tuple[int, ...] = ()
    ) -> np.ndarray:
        """p(answer to a question not asked yet | history)."""
        before = np.sum(self.joint(history, silent, stated))
        after = [np.sum(self.joint([*history, (q, a)], silent, stated)) for a in range(int(self.bank.answers[q]))]
        return np.array(after) / before


class FacetTable:
    """One facet's relation as plain Python, and what follows from it and the prior."""

    def __init__(self, catalogue: Catalogue, f: int):
        facet = catalogue.facets[f]
        self.name, self.kind, self.many = facet.name, facet.kind, facet.kind == "many"
        self.size = len(facet.values)
        ends = [int(x) for x in facet.indptr]
        self.values_of = [[int(v) for v in facet.indices[a:b]] for a, b in itertools.pairwise(ends)]
        """By intent, its values; none where the catalogue knows nothing."""
        prior = [float(p) for p in catalogue.prior]
        self.mass = [0.0] * self.size
        for p, values in zip(prior, self.values_of, strict=True):
            for v in values:
                self.mass[v] += p
        self.background = [0.0] * self.size
        """What people in general name."""
        for i, p in enumerate(prior):
            for v in self.values_of[i]:
                self.background[v] += p * self.salience(i, v)
        total = sum(self.background)
        self.background = [x / total if total else 1 / self.size for x in self.background]
        coarse = facet.coarse
        self.option_of = list(range(self.size)) if coarse is None else [int(x) for x in coarse]
        self.option_background = [0.0] * len(facet.options)
        for v, x in enumerate(self.background):
            self.option_background[self.option_of[v]] += x

    def salience(self, i: int, v: int) -> float:
        """p(v is on top of the mind | intent): by the root of its fame among the intent's values."""
        return math.sqrt(self.mass[v]) / sum(math.sqrt(self.mass[u]) for u in self.values_of[i])


def clipped(p: float) -> float:
    return min(max(p, LEAST), 1 - LEAST)


def subsets(chances: dict[int, float]) -> Iterator[tuple[float, frozenset[int]]]:
    """Every subset, each value in it by its own chance."""
    for inside in itertools.product((False, True), repeat=len(chances)):
        pairs = list(zip(chances.items(), inside, strict=True))
        p = math.prod(chance if k else 1 - chance for (_, chance), k in pairs)
        yield p, frozenset(v for (v, _), k in pairs if k)


# -- which values are taken for one another ---------------------------------------------------------------------------


CONFUSION = ("confusion_width", "confusion_share", "confusion_company", "confusion_fame")


def confusions(
    facets: list[FacetTable], f: int, prior: list[float], lower: np.ndarray | None = None, width: float = 0.0,
    share: float = 0.0, company: float = 1.0, fame: float = 0.0,
) -> list[dict[int, float]]:  # fmt: skip
    """By value, what a user believes who has muddled it; chances sum to 1, none of a single value."""
    table = facets[f]
    if table.size < 2:
        return [{} for _ in range(table.size)]
    if table.kind == "flag":
        return [{1: 1.0}, {0: 1.0}]
    if table.kind == "number" and (width or share):
        assert lower is not None
        weights = numbers_within([float(x) for x in lower], width, share)
    elif table.kind == "number":
        weights = near_numbers(table)
    else:
        weights = look_alikes(facets, f, prior, company, fame)
    return [{w: x / sum(row.values()) for w, x in row.items()} for row in weights]


def near_numbers(table: FacetTable) -> list[dict[int, float]]:
    """Neighbouring bins, exp(-distance / h) up to 4 h; h is 15 % of the spread, a bin at least."""
    total = sum(table.mass)
    mean = sum(m * v for v, m in enumerate(table.mass)) / total
    spread = math.sqrt(sum(m * (v - mean) ** 2 for v, m in enumerate(table.mass)) / total)
    h = max(1.0, 0.15 * spread)
    reach = max(1, int(4 * h))
    return [
        {w: math.exp(-abs(v - w) / h) for w in range(table.size) if 0 < abs(v - w) <= reach} for v in range(table.size)
    ]


def numbers_within(lower: list[float], width: float, share: float) -> list[dict[int, float]]:
    """exp(-distance / h) up to 4 h, h a width or a share of the value; the next bin always."""
    out = []
    for v, x in enumerate(lower):
        distance = {w: abs(y - x) for w, y in enumerate(lower) if w != v}
        nearest, h = min(distance.values()), width or share * abs(x)
        h = max(h, 1e-12 * nearest)
        row = {w: math.exp(-(d - nearest) / h) for w, d in distance.items() if d <= max(4 * h, nearest)}
        out.append({w: x for w, x in row.items() if x > 0})
    return out


def look_alikes(
    facets: list[FacetTable], f: int, prior: list[float], by_company: float, by_fame: float
) -> list[dict[int, float]]:
    """Values of similar fame that keep the same company; the two next in fame on either side always, a little.

    Where fame pulls, also those of a half, a third, a fourth, a sixth, ... of the value's rank in fame.
    """
    table, profile = facets[f], company_profiles(facets, f, prior)
    order = sorted(range(table.size), key=lambda v: (table.mass[v], v))
    place = {v: k for k, v in enumerate(order)}
    best_first = sorted(range(table.size), key=lambda v: (-table.mass[v], v))
    rank = {v: k for k, v in enumerate(best_first)}
    out = []
    for v in range(table.size):
        row = {}
        for w in range(table.size):
            if w == v:
                continue
            better = math.log(table.mass[w]) - math.log(table.mass[v])
            near = math.exp(by_fame * better - 0.5 * abs(better))
            alike = by_company * sum(x * profile[w].get(c, 0.0) for c, x in profile[v].items()) * near
            beside = 0.02 * near if abs(place[v] - place[w]) <= 2 else 0.0
            known = {rank[v] // k for k in (2, 3, 4, 6, 8, 12, 16)} if by_fame and rank[v] else set()
            above = 0.02 * near if rank[w] in known else 0.0
            total = sum(x for x in (alike, beside, above) if x > 1e-9)
            if total:
                row[w] = total
        out.append(largest(row, 16))
    return out


def company_profiles(facets: list[FacetTable], f: int, prior: list[float]) -> list[dict[tuple[int, int], float]]:
    """By value, how much it goes with the companions (facet, value) that tell most of it, as a unit vector.

    Companions are values of the other facets.  They are of the facet itself where its intents have more than two
    values on average, or where there is no other facet; then a value is a companion of its own.
    """
    table = facets[f]
    others = [g for g in range(len(facets)) if g != f and facets[g].size > 1]
    known = sum(bool(values) for values in table.values_of)
    if table.many and (not others or sum(map(len, table.values_of)) > 2 * known):
        others = [f]
    company = [
        [(g, c) for g in others for c in largest({c: facets[g].mass[c] for c in facets[g].values_of[i]}, 10)]
        for i in range(len(prior))
    ]
    seen: dict[tuple[int, int], int] = {}
    for companions in company:
        for c in companions:
            seen[c] = seen.get(c, 0) + 1
    together: list[dict[tuple[int, int], float]] = [{} for _ in range(table.size)]
    for i, p in enumerate(prior):
        for v in table.values_of[i]:
            for c in company[i]:
                together[v][c] = together[v].get(c, 0.0) + math.sqrt(p)
    telling = [
        largest({c: x * math.log(1 + len(prior) / seen[c]) for c, x in sorted(row.items())}, 8) for row in together
    ]
    crowd = {c: largest({v: row[c] for v, row in enumerate(telling) if c in row}, 24) for c in seen}
    profiles = [{c: x for c, x in row.items() if v in crowd[c]} for v, row in enumerate(telling)]
    lengths = [math.sqrt(sum(x * x for x in row.values())) for row in profiles]
    return [{c: x / n for c, x in row.items()} for row, n in zip(profiles, lengths, strict=True)]


def largest(weights: dict, k: int) -> dict:
    """The k largest; weights that agree in thirteen bits of their mantissa are equal, and the first key wins."""

    def rounded(x: float) -> int:
        return struct.unpack("i", struct.pack("f", x))[0] >> 10

    return dict(sorted(weights.items(), key=lambda item: (-rounded(item[1]), item[0]))[:k])
