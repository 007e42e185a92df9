"""Names that a person may mean, while he is still typing: a few milliseconds over fifty thousand.

Three sieves look for them, each only when the one before found too little: names in which a word begins with what was
typed (binary search in a sorted list), names that contain it (one search through all names joined), and names that are
merely similar (rapidfuzz, for typing errors).  Within a sieve the likeliest come first.  Case and accents don't matter.

A hit is `sure` where the typed words begin words of the name.  One that is not is shown, but Enter alone must not take
it: "help" is in "James Phelps", and he is hardly meant.

No numpy: a list of strings is all it needs, and the app's screens import it.
"""

from __future__ import annotations

import copy
import heapq
import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from sim.names.fold import fold

LIKE = 60.0
"""rapidfuzz's ratio from which on a name counts as similar."""
VERY_LIKE = 85.0
"""The ratio from which on a similar name is sure: a letter or two are wrong."""
BEGINS = 4.0
"""A name that begins with what was typed counts as so much likelier than one of which a later word does."""
SHORTEST_FUZZY = 3
CAP = 12_000
"""Hits that are ranked at most, which takes some 5 ms."""
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Hit:
    """A name that was found: what is shown, and what it stands for."""

    label: str
    key: int
    sure: bool = True
    """Enter may take it."""


class Index:
    """Names to search.

    Args:
        names: what is shown and searched.
        keys: what each stands for; the position if not given.
        weights: how likely each is meant, in whatever measure.
        special: hits that a query brings up before all others, such as the bin that a typed number falls into.
        similar: look for similar names too; among numbers those are other numbers.
        vague: positions of names that are sure only when they are typed in full: "19" is no "1990 to 1999".
    """

    def __init__(
        self,
        names: Sequence[str],
        keys: Sequence[int] | None = None,
        weights: Sequence[float] | None = None,
        special: Callable[[str], Iterable[Hit]] | None = None,
        *,
        similar: bool = True,
        vague: Iterable[int] = (),
    ):
        self.names = list(names)
        self.keys = list(range(len(self.names))) if keys is None else list(keys)
        self.weights = [0.0] * len(self.names) if weights is None else list(weights)
        self.special, self.similar, self.vague = special, similar, frozenset(vague)
        self._folded = [fold(name).replace("\n", " ") for name in self.names]
        starts = [(text[m.start() :], i) for i, text in enumerate(self._folded) for m in _WORD.finditer(text)]
        starts += [(text, i) for i, text in enumerate(self._folded) if not _WORD.match(text)]
        starts.sort()
        self._starts = [text for text, _ in starts]
        self._start_of = [i for _, i in starts]
        self._joined = "\n".join(self._folded)
        self._ends: list[int] = []
        end = -1
        for text in self._folded:
            end += len(text) + 1
            self._ends.append(end)
        self._known = self._likeliest()

    def __len__(self) -> int:
        return len(self.names)

    def weighted(self, weights: Sequence[float]) -> Index:
        """The same names in other shares; what was sorted is shared."""
        out = copy.copy(self)
        out.weights = list(weights)
        out._known = out._likeliest()
        return out

    def _likeliest(self) -> list[int]:
        return heapq.nlargest(50, range(len(self.names)), key=lambda i: (self.weights[i], -i))

    def find(self, query: str, limit: int = 8) -> list[Hit]:
        """The likeliest names, best first; the best known ones for an empty query."""
        typed = " ".join(query.split())
        query = fold(typed)
        first = list(self.special(typed)) if self.special else []
        if not query:
            return first + [self._hit(i) for i in self._known[: limit - len(first)]]
        out: dict[int, Hit] = {}
        # A missing link of the chain is no error: an empty sieve leaves the place to the next.
        for sieve in (self._beginning, self._containing, self._like):
            for i, sure in sieve(query, limit):
                out.setdefault(i, self._hit(i, sure and (i not in self.vague or self._folded[i] == query)))
            if len(out) >= limit:
                break
        exact = [hit for i, hit in out.items() if self._folded[i] == query]
        hits = [*exact, *first, *out.values()]
        unique = {hit.label: hit for hit in reversed(hits)}
        return [hit for hit in hits if unique.get(hit.label) is hit][:limit]

    def _hit(self, i: int, sure: bool = True) -> Hit:
        return Hit(self.names[i], self.keys[i], sure)

    def _rank(self, found: Iterable[int], query: str, limit: int) -> list[int]:
        def worth(i: int) -> tuple[bool, float, bool, int]:
            name = self._folded[i]
            begins = name.startswith(query)
            return name == query, self.weights[i] * (BEGINS if begins else 1.0), begins, -i

        return heapq.nlargest(limit, dict.fromkeys(found), key=worth)

    def _words_that_begin(self, query: str) -> list[int]:
        """Names in which a word begins with it, `CAP` at most; one may come several times."""
        low = bisect_left(self._starts, query)
        high = bisect_left(self._starts, query + "\U0010ffff", low)
        return self._start_of[low : min(high, low + CAP)]

    def _beginning(self, query: str, limit: int) -> list[tuple[int, bool]]:
        return [(i, True) for i in self._rank(self._words_that_begin(query), query, limit)]

    def _containing(self, query: str, limit: int) -> list[tuple[int, bool]]:
        found: list[int] = []
        at = self._joined.find(query)
        while at >= 0 and len(found) < CAP:
            i = bisect_left(self._ends, at)
            found.append(i)
            at = self._joined.find(query, self._ends[i] + 1)
        if found:
            return [(i, False) for i in self._rank(found, query, limit)]
        words = query.split()
        if len(words) < 2:
            return []
        # "dicaprio leo": every word somewhere, the rarest (longest) one first.
        among = self._words_that_begin(max(words, key=len))
        found = [i for i in among if all(w in self._folded[i] for w in words)]
        return [(i, self._begin_words(words, i)) for i in self._rank(found, query, limit)]

    def _begin_words(self, words: Sequence[str], i: int) -> bool:
        """Whether each of these begins a word of a name."""
        name = [m[0] for m in _WORD.finditer(self._folded[i])]
        return all(any(part.startswith(word) for part in name) for word in words)

    def _like(self, query: str, limit: int) -> list[tuple[int, bool]]:
        if len(query) < SHORTEST_FUZZY or not self.similar:
            return []
        from rapidfuzz import fuzz, process

        found = process.extract(query, self._folded, scorer=fuzz.ratio, score_cutoff=LIKE, limit=limit, processor=None)
        found = sorted(found, key=lambda hit: (-round(hit[1] / 4), -self.weights[hit[2]]))
        return [(i, ratio >= VERY_LIKE) for _, ratio, i in found]
