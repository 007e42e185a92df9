"""Names in running text: whole ones, those with a typing error, surnames, and other words for values.

Three sieves, each for what the one before left over: n-grams that are a name (a dictionary), n-grams that are nearly
one (candidates that share trigrams, then rapidfuzz), and surnames.  A name may stand for several values,
in one facet or in
several ("Clint Eastwood" plays and directs); each is a meaning with its weight, by how well known it is.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from sim.mentions.common_words import COMMON_WORDS
from sim.mentions.name_words import NEVER_LAST, NICKNAMES, NOT_GIVEN, PARTICLES, WORKS
from sim.mentions.tokens import Token, written_small
from sim.mentions.trigrams import TrigramIndex
from sim.names.fold import fold
from sim.phrasing.other_words import heard_as
from sim.phrasing.roles import Role, of_people, role_of
from sim.questions import QuestionBank

LONGEST_NAME = 7
"""Words."""
MOST_FUZZY = 48
"""N-grams that are looked up for typing errors, in one text."""
SHORTEST_FUZZY = 6
BEARERS = 6
"""Bearers of a surname that are kept."""
GIVEN = 5
"""So many people bear a first name that is known for one."""
OFTEN_GIVEN = 30
"""So many, and it is one even where it is a common word besides."""
WELL_KNOWN = 0.003
"""Whoever plays in so much of what people look for is meant even where his name is two common words."""
MISSPELT = 7
"""Letters from which on a surname may be misspelt and stand alone, if its bearer is well known."""
FAME = 1.5
"""A surname is borne by each in proportion to how well known he is, to this power."""
SHORT_REPLY = 8
"""Words of a reply in which any first name may be an answer."""
ONE_OF_THE_NAME = 0.6
"""Whose first name stands alone is meant if so much of the fame of all who bear it is his: Keanu, and no Tom."""
_PLAIN = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class NamedValue:
    """One value that a name may stand for."""

    facet: int
    option: int
    weight: float


@dataclass(frozen=True)
class Mention:
    """A name in a text."""

    first: int
    """Its first token."""
    last: int
    """Behind its last token."""
    how: str
    """ "name", "typo", "surname" for one part of a name, "misspelt" for a surname with a slip, or "word" for what is no
    person's name."""
    meanings: tuple[NamedValue, ...]
    """Likeliest first; the weights are relative."""
    off: int = 0
    """Letters in which it differs from the name."""
    known: float = 0.0
    """Prior mass of the best known meaning."""


def _key(name: str) -> str:
    return " ".join(_PLAIN.findall(fold(name)))


@dataclass
class _Entry:
    meanings: dict[tuple[int, int], float] = field(default_factory=dict)
    person: bool = False


class NameIndex:
    """All names of a bank's facets, and other words for their values."""

    def __init__(self, bank: QuestionBank) -> None:
        self.bank = bank
        self.roles: list[Role] = [role_of(facet) for facet in bank.catalogue.facets]
        self._entries: dict[str, _Entry] = {}
        self._surnames: dict[str, _Entry] = {}
        self._first_names: dict[str, _Entry] = {}
        for f, facet in enumerate(bank.catalogue.facets):
            if facet.kind in ("one", "many"):
                self._add_facet(f)
        self._first_names = {key: e for key, e in self._first_names.items() if max(e.meanings.values()) >= WELL_KNOWN}
        self._words = [key for key, e in self._entries.items() if not e.person and len(key) >= SHORTEST_FUZZY - 1]
        people = [key for key, e in self._entries.items() if e.person and len(key) >= SHORTEST_FUZZY]
        self._trigrams = TrigramIndex(people, [max(self._entries[key].meanings.values()) for key in people])
        self._first_words = {key.split()[0] for key in self._entries}
        given = Counter(key.split()[0] for key in people if " " in key)
        self._given = frozenset(
            word
            for word, n in given.items()
            if n >= GIVEN and word not in NOT_GIVEN and (word not in COMMON_WORDS or n >= OFTEN_GIVEN)
        )
        surnames = {
            key: max(e.meanings.values()) for key, e in self._surnames.items() if len(key) >= SHORTEST_FUZZY - 1
        }
        self._like_surnames = TrigramIndex(list(surnames), list(surnames.values()))
        known = {key: mass for key, mass in surnames.items() if mass >= WELL_KNOWN and key not in COMMON_WORDS}
        self._like_known_surnames = TrigramIndex(list(known), list(known.values()))

    def _add_facet(self, f: int) -> None:
        catalogue = self.bank.catalogue
        facet, role = catalogue.facets[f], self.roles[f]
        mass = facet.mass(catalogue.prior)
        people = of_people(role)
        for name, value in facet.aliases.items():
            weight = float(mass[value])
            for key in self._keys(name, people):
                self._put(self._entries, key, f, value, weight, people)
            if not people:
                for other in (*heard_as(name, role), *_plurals(name)):
                    self._put(self._entries, _key(other), f, value, weight, False)
            elif len(key := _key(name).split()) > 1:
                self._put(self._surnames, key[-1], f, value, weight, True)
                self._put(self._first_names, key[0], f, value, weight, True)
                if len(key) > 2 and key[-2] in PARTICLES:
                    for joint in (" ", ""):  # "de niro", "deniro"
                        self._put(self._surnames, joint.join(key[-2:]), f, value, weight, True)

    @staticmethod
    def _keys(name: str, people: bool) -> set[str]:
        """A name as it may be typed: with its accents, without, and with spaces in their place."""
        keys = {_key(name)}
        if not name.isascii():
            keys.add(_key("".join(c if c.isascii() else " " for c in name)))
        if people and (words := _key(name).split()) and len(words) == 3 and len(words[1]) == 1:
            keys.add(f"{words[0]} {words[2]}")  # "Samuel L. Jackson" without the L.
        for short, long in (("jr", "junior"), ("sr", "senior")):
            keys |= {f"{key.removesuffix(short)}{long}" for key in keys if key.endswith(f" {short}")}
            keys |= {key.removesuffix(f" {short}") for key in keys if key.endswith(f" {short}")}
        keys |= {key.removeprefix("the ") for key in keys if key.count(" ") > 1}  # "the Coen brothers"
        keys |= {key.removesuffix("s") for key in keys if key.endswith(" brothers")}
        return keys - {""}

    @staticmethod
    def _put(table: dict[str, _Entry], key: str, f: int, value: int, weight: float, people: bool) -> None:
        if not key:
            return
        entry = table.setdefault(key, _Entry())
        entry.meanings[f, value] = max(weight, entry.meanings.get((f, value), 0.0))
        entry.person |= people

    # -- looking ----------------------------------------------------------------------------------------------------

    def find(self, tokens: Sequence[Token], about: int = -1) -> list[Mention]:
        """The names in a text, in order, none overlapping another.

        Args:
            about: the facet that a question was about; a name of it may be given more carelessly.
        """
        small = written_small(list(tokens))
        taken = np.zeros(len(tokens), dtype=bool)
        found = self._exact(tokens, taken, small, about, alone=False)
        found = self._typos(tokens, taken, small, about, (3, 2), found)
        found += self._exact(tokens, taken, small, about, alone=True)
        found += self._by_surname(tokens, taken, small, about)
        found += self._by_first_name(tokens, taken, small, about)
        found = self._typos(tokens, taken, small, about, (1,), found)
        return sorted(found, key=lambda mention: mention.first)

    def _exact(self, tokens: Sequence[Token], taken: np.ndarray, small: bool, about: int, alone: bool) -> list[Mention]:
        """Names as they are; with `alone` those of people that are one word, else all others."""
        out = []
        at = 0
        while at < len(tokens):
            end = at if taken[at] else self._longest_name(tokens, at, small, about, alone)
            if end > at:
                entry = self._entries[self._typed(tokens, at, end)]
                taken[at:end] = True
                out.append(self._mention(at, end, "name" if entry.person else "word", entry))
            at = max(end, at + 1)
        return out

    def _typed(self, tokens: Sequence[Token], start: int, end: int) -> str:
        key = " ".join(t.word for t in tokens[start:end])
        if key not in self._entries and end - start > 1 and tokens[start].word in NICKNAMES:
            return f"{NICKNAMES[tokens[start].word]} {' '.join(t.word for t in tokens[start + 1 : end])}"
        return key

    def _longest_name(self, tokens: Sequence[Token], at: int, small: bool, about: int, alone: bool) -> int:
        word = tokens[at].word
        if word not in self._first_words and word not in NICKNAMES:
            return at
        for end in range(at + 1 if alone else min(len(tokens), at + LONGEST_NAME), at, -1):
            entry = self._entries.get(self._typed(tokens, at, end))
            if (
                entry is not None
                and (entry.person and end == at + 1) == alone
                and self._stands_alone(tokens[at:end], entry, small, about)
            ):
                return end
        return at

    def _stands_alone(self, words: Sequence[Token], entry: _Entry, small: bool, about: int) -> bool:
        """Whether such a name is believed where it stands: a common word is no person's name."""
        asked = any(f == about for f, _ in entry.meanings)
        if not entry.person:  # "R" and "G" are ratings where one was asked for
            return asked or len(words) > 1 or len(words[0].word) > 2
        if asked and (len(words) > 1 or words[0].word not in COMMON_WORDS):
            return len(words) > 1 or len(words[0].word) > 2
        common = [t.word in COMMON_WORDS or len(t.word) < 3 or t.word.isdigit() for t in words]
        if len(words) == 1:
            return not common[0] and (small or words[0].capital) and len(words[0].word) > 3
        known = words[0].word != "the" and max(entry.meanings.values()) >= WELL_KNOWN / 2
        return not all(common) or known or (not small and all(t.capital for t in words))

    def _meanings(self, entry: _Entry, power: float = 1.0) -> tuple[NamedValue, ...]:
        ranked = sorted(entry.meanings.items(), key=lambda item: (-item[1], item[0]))[:BEARERS]
        total = sum(max(w, 1e-12) ** power for _, w in ranked)
        return tuple(NamedValue(f, v, max(w, 1e-12) ** power / total) for (f, v), w in ranked)

    def _typos(
        self, tokens: Sequence[Token], taken: np.ndarray, small: bool, about: int, sizes: Sequence[int],
        before: Sequence[Mention],
    ) -> list[Mention]:  # fmt: skip
        """Those found before, and those with slips: "Chad McQuen" takes the place of the country."""
        out = list(before)
        tried = 0
        people_asked = about >= 0 and of_people(self.roles[about])
        for at in range(len(tokens)):
            if tried >= MOST_FUZZY:
                break
            for size in sizes:
                words = tokens[at : at + size]
                inside = [m for m in out if m.first < at + size and at < m.last]
                if (
                    len(words) < size
                    or not all(_is_part(m, at, size, small) for m in inside)
                    or not self._like_a_name(words, small, people_asked)
                ):
                    continue
                tried += 1
                mention = self._nearest(words, at, size)
                common = words[0].word not in self._given and any(
                    t.word in COMMON_WORDS for t in words[:: size - 1 or 1]
                )
                if mention is not None and (mention.off <= 1 or not (common or inside)):
                    taken[at : at + size] = True
                    out = [m for m in out if m not in inside] + [mention]
                    break
        return out

    def _like_a_name(self, words: Sequence[Token], small: bool, asked: bool) -> bool:
        """Whether a few words may be a person's name that is spelt badly, or one word another value's."""
        ends = (words[0], words[-1])
        known = len(words) > 1 and words[0].word in self._given
        if (
            len(ends[0].word) < 2 or (len(ends[1].word) < 2 and len(words) < 3)
        ) or any(t.word.isdigit() for t in ends):  # fmt: skip
            return False
        capitals = [t.capital for t in words]
        # Behind a hyphen a name may go on small: "Choi Min-sik".
        written_so = not small and capitals[0] and sum(capitals) >= max(2, len(words) - 1)
        if words[-1].word in NEVER_LAST and not words[-1].capital:
            return False
        if words[0].word in COMMON_WORDS and not (known or written_so):
            return False
        if words[-1].word in COMMON_WORDS and not (known or written_so):
            return False
        if len(words) == 1:
            return len(words[0].word) >= SHORTEST_FUZZY - 1 and words[0].word not in self._surnames
        return small or asked or written_so

    def _nearest(self, words: Sequence[Token], at: int, size: int) -> Mention | None:
        from rapidfuzz import process
        from rapidfuzz.distance import OSA

        typed = " ".join(t.word for t in words)
        if size == 1:
            hit = process.extractOne(typed, self._words, scorer=OSA.distance, score_cutoff=1, processor=None)
            if hit is not None and hit[0][0] == typed[0]:
                return self._mention(at, at + 1, "word", self._entries[hit[0]], 1)
            near = self._like_known_surnames.near(typed, 1 if len(typed) < 10 else 2) if len(typed) >= MISSPELT else []
            near = [
                name
                for name in near
                if name[0] == typed[0] and not typed.endswith("ing") and name.rstrip("s") != typed.rstrip("s")
            ]  # "the weather" is nobody's; nor are "waters"
            return self._mention(at, at + 1, "misspelt", self._surnames[near[0]], 1, FAME) if near else None
        if len(typed) < SHORTEST_FUZZY:
            return None
        near = self._trigrams.near(typed, allowed(typed))
        if near:
            return self._mention(at, at + size, "typo", self._entries[near[0]], OSA.distance(typed, near[0]))
        return self._by_parts(words[0].word, words[1].word, at) if size == 2 else None

    def _by_parts(self, given: str, surname: str, at: int) -> Mention | None:
        """A first name and a surname that are each nearly right."""
        from rapidfuzz.distance import OSA

        if len(surname) < SHORTEST_FUZZY - 1:
            return None
        near = [surname] if surname in self._surnames else self._like_surnames.near(surname, allowed(surname))
        facets = self.bank.catalogue.facets
        alike = {
            (f, v): mass for name in near for (f, v), mass in self._surnames[name].meanings.items()
            if (first := _key(facets[f].values[v]).split()[:1]) and first[0][0] == given[0]
            and (NICKNAMES.get(given) == first[0] or OSA.distance(given, first[0]) <= min(2, len(given) // 2))
        }  # fmt: skip
        return self._mention(at, at + 2, "typo", _Entry(alike, True), 2) if alike else None

    def _mention(self, first: int, last: int, how: str, entry: _Entry, off: int = 0, power: float = 1.0) -> Mention:
        return Mention(first, last, how, self._meanings(entry, power), off, max(entry.meanings.values()))

    def _by_surname(self, tokens: Sequence[Token], taken: np.ndarray, small: bool, about: int) -> list[Mention]:
        out = []
        asked = about >= 0 and of_people(self.roles[about])
        for at, token in enumerate(tokens):
            begin = (
                at - 1 if at and not taken[at - 1] and f"{tokens[at - 1].word} {token.word}" in self._surnames else at
            )
            entry = self._surnames.get(" ".join(t.word for t in tokens[begin : at + 1]))
            if entry is None or taken[at] or len(token.word) < 4:
                continue
            if begin == at and token.word in COMMON_WORDS and not (asked and len(tokens) <= 4):
                continue
            if not small and not token.capital:
                continue
            if token.word in self._given and at + 1 < len(tokens) and not asked:  # "Nicholas and Sarah"
                known = max(entry.meanings.values()) >= WELL_KNOWN
                if not (known and tokens[at + 1].word in WORKS):  # "a Nolan film"
                    continue
            if self._rather_first_name(token.word, entry):
                continue
            taken[begin : at + 1] = True
            out.append(self._mention(begin, at + 1, "surname", entry, 0, FAME))
        return out

    def _rather_first_name(self, word: str, entry: _Entry) -> bool:
        """Whether a surname is better known as one person's first name: Quentin."""
        first = self._first_names.get(word)
        if first is None or max(first.meanings.values()) < 3 * max(entry.meanings.values()):
            return False
        return self._is_one(self._meanings(first, FAME))

    def _is_one(self, meanings: Sequence[NamedValue]) -> bool:
        """Whether one person, in whatever facets, has most of the weight."""
        facets = self.bank.catalogue.facets
        names = [facets[m.facet].values[m.option] for m in meanings]
        return sum(m.weight for m, name in zip(meanings, names, strict=True) if name == names[0]) >= ONE_OF_THE_NAME

    def _by_first_name(self, tokens: Sequence[Token], taken: np.ndarray, small: bool, about: int) -> list[Mention]:
        """First names that stand alone and make one think of one person, or that were asked for."""
        out = []
        asked = about >= 0 and of_people(self.roles[about]) and len(tokens) <= SHORT_REPLY
        for at, token in enumerate(tokens):
            entry = self._first_names.get(NICKNAMES.get(token.word, token.word))
            if entry is None or taken[at] or len(token.word) < 3 or token.word in COMMON_WORDS | NOT_GIVEN:
                continue
            goes_on = at + 1 < len(tokens) and not small and tokens[at + 1].capital
            if goes_on or (not small and not token.capital):
                continue
            mention = self._mention(at, at + 1, "surname", entry, 0, FAME)
            if asked or self._is_one(mention.meanings):
                taken[at] = True
                out.append(mention)
        return out


def _is_part(mention: Mention, at: int, size: int, small: bool) -> bool:
    """Whether a mention may be a part of a longer name: one word, or a name inside."""
    inside = at <= mention.first and mention.last <= at + size
    return inside and mention.last - mention.first < size and mention.how in (("word",) if small else ("word", "name"))


def allowed(typed: str) -> int:
    """How many slips a name of such a length may hold."""
    return 1 if len(typed) < 8 else 2 if len(typed) < 13 else 3


def _plurals(name: str) -> Iterable[str]:
    """A word's plural or singular: "comedies", "alien"."""
    words = _key(name)
    if len(words) < 4:
        return ()
    if words.endswith("y"):
        return (words[:-1] + "ies",)
    return (words[:-1],) if words.endswith("s") and not words.endswith("ss") else (words + "s",)
