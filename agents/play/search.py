"""Names that a person may mean, while he is still typing: a few milliseconds over fifty thousand.

Three sieves, each asked only when the one before found too little: names and words that begin with the query (binary
search in a sorted list), names that contain it (one search through all names joined), names that are merely similar
(rapidfuzz, for typing errors).  Within a sieve the best known come first.  Case and accents don't matter.

No numpy: a list of strings is all it needs, and the app's screens import it.
"""

from __future__ import annotations

import heapq
import re
import unicodedata
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

LIKE = 60.0
"""rapidfuzz's ratio from which on a name counts as similar."""
SHORTEST_FUZZY = 3
CAP = 12_000
"""Hits that are ranked at most, which takes some 5 ms."""
_WORD = re.compile(r"\w+")


def fold(text: str) -> str:
    """Lower case without accents.

    >>> fold("Penélope CRUZ")
    'penelope cruz'
    """
    if text.isascii():
        return text.lower()
    split = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in split if not unicodedata.combining(c))


@dataclass(frozen=True)
class Hit:
    """A name that was found: what is shown, and what it stands for."""

    label: str
    key: int


class Index:
    """Names to search.

    Args:
        names: what is shown and searched.
        keys: what each stands for; the position if not given.
        weights: how well known each is.
        special: hits that a query brings up before all others, such as the bin that a typed number falls into.
    """

    def __init__(
        self,
        names: Sequence[str],
        keys: Sequence[int] | None = None,
        weights: Sequence[float] | None = None,
        special: Callable[[str], Iterable[Hit]] | None = None,
    ):
        self.names = list(names)
        self.keys = list(range(len(self.names))) if keys is None else list(keys)
        self.weights = [0.0] * len(self.names) if weights is None else list(weights)
        self.special = special
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
        self._known = heapq.nlargest(50, range(len(self.names)), key=lambda i: (self.weights[i], -i))

    def __len__(self) -> int:
        return len(self.names)

    def find(self, query: str, limit: int = 8) -> list[Hit]:
        """The likeliest names, best first; the best known ones for an empty query."""
        query = fold(query.strip())
        out: dict[int, None] = {}
        first = list(self.special(query)) if self.special else []
        if not query:
            return first + [self._hit(i) for i in self._known[: limit - len(first)]]
        # A missing link of the chain is no error: an empty sieve leaves the place to the next.
        for sieve in (self._beginning, self._containing, self._like):
            for i in sieve(query, limit):
                out.setdefault(i)
            if len(out) >= limit:
                break
        hits = first + [self._hit(i) for i in out]
        unique = {hit.label: hit for hit in reversed(hits)}
        return [hit for hit in hits if unique.get(hit.label) is hit][:limit]

    def _hit(self, i: int) -> Hit:
        return Hit(self.names[i], self.keys[i])

    def _rank(self, found: Iterable[int], query: str, limit: int) -> list[int]:
        def worth(i: int) -> tuple[bool, bool, float, int]:
            return self._folded[i] == query, self._folded[i].startswith(query), self.weights[i], -i

        return heapq.nlargest(limit, dict.fromkeys(found), key=worth)

    def _beginning(self, query: str, limit: int) -> list[int]:
        low = bisect_left(self._starts, query)
        high = bisect_left(self._starts, query + "\U0010ffff", low)
        return self._rank(self._start_of[low : min(high, low + CAP)], query, limit)

    def _containing(self, query: str, limit: int) -> list[int]:
        found: list[int] = []
        at = self._joined.find(query)
        while at >= 0 and len(found) < CAP:
            i = bisect_left(self._ends, at)
            found.append(i)
            at = self._joined.find(query, self._ends[i] + 1)
        words = query.split()
        if not found and len(words) > 1:
            # "dicaprio leo": every word somewhere, the rarest (longest) one first.
            longest = max(words, key=len)
            low = bisect_left(self._starts, longest)
            high = bisect_left(self._starts, longest + "\U0010ffff", low)
            found = [i for i in self._start_of[low : min(high, low + CAP)] if all(w in self._folded[i] for w in words)]
        return self._rank(found, query, limit)

    def _like(self, query: str, limit: int) -> list[int]:
        if len(query) < SHORTEST_FUZZY:
            return []
        from rapidfuzz import fuzz, process

        found = process.extract(query, self._folded, scorer=fuzz.ratio, score_cutoff=LIKE, limit=limit, processor=None)
        return [i for _, _, i in sorted(found, key=lambda hit: (-round(hit[1] / 4), -self.weights[hit[2]]))]


def number_in(text: str) -> float | None:
    """The number that a text begins with: "about 1994", "100 min".

    >>> number_in("around 1,5 kg"), number_in("1994"), number_in("none")
    (1.5, 1994.0, None)
    """
    found = re.search(r"\d+(?:[.,]\d+)?", text)
    return float(found[0].replace(",", ".")) if found else None
