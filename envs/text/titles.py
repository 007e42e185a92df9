"""Which intent somebody names: exactly, or nearly and so that no other is as near.  Never by a part of a name.

A name may come without its article, and with a year behind it where the catalogue knows years.  "id 595" names the
intent with that id, for names that several bear.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from envs.text.question_matcher import key_of
from sim.catalogue.catalogue import Catalogue
from sim.mentions.tokens import readable
from sim.phrasing.roles import role_of

LONGEST = 200
"""A longer text, in characters, is no title."""
ONE_SLIP, TWO_SLIPS = 5, 10
"""Letters from which on a title may hold one slip, and two: more would make "Star Maps" of "Star Wars"."""
SUGGESTED, LIKE = 3, 75.0
"""So many titles are suggested for one that there isn't, and how alike they must be by rapidfuzz's ratio."""
SHOWN = 5
"""Of intents that a title may mean, so many are shown."""
_YEAR_BEHIND = re.compile(r"^(?P<title>.+?)[\s,]*[(\[]?\b(?P<year>1[89]\d\d|20\d\d)\b[)\]]?\s*$")
_ID = re.compile(r"^\s*(?:id|#|no\.?|number)\s*[:#]?\s*(?P<id>\S+)\s*$", re.IGNORECASE)
_ARTICLE = re.compile(r"^(?:the|a|an) (?=.)")


@dataclass(frozen=True)
class TitleMatch:
    """What a title names: one intent, or several of which one may be meant, or none."""

    intents: tuple[int, ...] = ()

    @property
    def intent(self) -> int:
        """The intent; -1 where it isn't clear."""
        return self.intents[0] if len(self.intents) == 1 else -1


class TitleMatcher:
    """Finds intents of one catalogue by name."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue

    def __deepcopy__(self, memo: dict[int, object]) -> TitleMatcher:
        """Itself: it is read only."""
        return self

    def find(self, title: str) -> TitleMatch:
        """What a title names; any text at all may be given."""
        if len(title) > LONGEST:
            return TitleMatch()
        title = readable(title).strip()
        named = _ID.match(title)
        if named is not None and named["id"] in self._ids:
            return TitleMatch((self._ids[named["id"]],))
        year = self._with_year(title)
        for intents in (self._exactly(title), year, self._nearly(title)):
            if intents:
                return TitleMatch(tuple(intents))
        return TitleMatch()

    def shown(self, match: TitleMatch) -> str:
        """The intents that may be meant, each so that it can be told from the others."""
        parts = [f"{self.catalogue.intents[i]} (id {self.catalogue.ids[i]}{self._year_of(i)})" for i in
                 match.intents[:SHOWN]]  # fmt: skip
        return "; ".join(parts) + ("; and others" if len(match.intents) > SHOWN else "")

    @cached_property
    def _ids(self) -> dict[str, int]:
        return {str(id_): i for i, id_ in enumerate(self.catalogue.ids)}

    @cached_property
    def _by_key(self) -> dict[str, list[int]]:
        return _grouped((key_of(name), i) for i, name in enumerate(self.catalogue.intents))

    @cached_property
    def _by_short_key(self) -> dict[str, list[int]]:
        """Those without their article."""
        return _grouped((_ARTICLE.sub("", key), i) for key, intents in self._by_key.items() for i in intents)

    @cached_property
    def _all_keys(self) -> list[str]:
        return list(dict.fromkeys((*self._by_key, *self._by_short_key)))

    def _exactly(self, title: str) -> list[int]:
        key = key_of(title)
        if not key:  # a name of nothing but signs
            return [i for i, name in enumerate(self.catalogue.intents) if name == title]
        same = self._by_key.get(key) or self._by_short_key.get(_ARTICLE.sub("", key), [])
        written = [i for i in same if self.catalogue.intents[i] == title]
        return written if len(written) == 1 else same

    def _with_year(self, title: str) -> list[int]:
        """Of those with the name the ones of the year."""
        match = _YEAR_BEHIND.match(title)
        years = next((facet for facet in self.catalogue.facets if role_of(facet) == "year"), None)
        if match is None or years is None or years.lower is None:
            return []
        at = int(np.searchsorted(years.lower, float(match["year"]), side="right")) - 1
        return [i for i in self._exactly(match["title"]) if at in years.indices[years.indptr[i] : years.indptr[i + 1]]]

    def _nearly(self, title: str) -> list[int]:
        """The one name that is nearest, in as few letters as its length allows; those that are as near if several."""
        from rapidfuzz import process
        from rapidfuzz.distance import OSA

        key = key_of(title)
        slips = (len(key) >= ONE_SLIP) + (len(key) >= TWO_SLIPS)
        if not slips:
            return []
        hits = process.extract(key, self._all_keys, scorer=OSA.distance, score_cutoff=slips, processor=None, limit=None)
        # "Rocky 3" is no slip for "Rocky 2".
        hits = [hit for hit in hits if _digits(hit[0]) == _digits(key)]
        best = min((hit[1] for hit in hits), default=0)
        near = {i for hit in hits if hit[1] == best for table in (self._by_key, self._by_short_key)
                for i in table.get(hit[0], ())}  # fmt: skip
        return sorted(near)

    def suggested(self, title: str) -> list[str]:
        """The names that are most like a title that there isn't."""
        from rapidfuzz import fuzz, process

        key = key_of(readable(title[:LONGEST]))
        hits = process.extract(key, self._all_keys, scorer=fuzz.ratio, score_cutoff=LIKE, processor=None,
                               limit=SUGGESTED)  # fmt: skip
        tables = (self._by_key, self._by_short_key)
        found = [self.catalogue.intents[next(table for table in tables if hit[0] in table)[hit[0]][0]] for hit in hits]
        return list(dict.fromkeys(found))

    def _year_of(self, i: int) -> str:
        for facet in self.catalogue.facets:
            if role_of(facet) == "year" and (row := facet.row(i)):
                return f", {row[0]}"
        return ""


def _grouped(pairs: Iterable[tuple[str, int]]) -> dict[str, list[int]]:
    out: dict[str, list[int]] = {}
    for key, intent in pairs:
        if key:
            out.setdefault(key, []).append(intent)
    return out


def _digits(key: str) -> list[str]:
    return re.findall(r"\d+", key)
