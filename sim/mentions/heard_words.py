"""Words that mean a value or a flag and are not its name: what a sidecar lists, stems and other spellings.

A flag is found by its name and its noun, a value by the words that its catalogue lists for it (`Facet.heard`).  Stems
make "spots" say "spotted"; "yogurt" is a yoghurt.  Where words overlap, the longest run of them is meant: "oat milk" is
neither milk nor a taste of oat.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice, product

from sim.catalogue.catalogue import Facet
from sim.mentions.names import Mention, NamedValue
from sim.mentions.tokens import Token, tokens_of
from sim.phrasing.roles import of_people, role_of
from sim.questions import QuestionBank

LONGEST = 6
"""Words of a phrase."""
BAG = 3
"""Words from which on their order is free: "decaf coffee, instant"."""
MOST_SPELLINGS = 32
"""Of one phrase."""
_SMALL_WORDS = (
    "a an the of in on at to for with about is are be by that which and or over between set some somebody something "
    "one it film who has have much often made not do does up part later able good can product animal active "
    "theatre theater television"
)
_SMALL = frozenset(_SMALL_WORDS.split())
_SPELT = (
    ("yoghurt", "yogurt", "yoghourt"), ("and", "n"), ("grey", "gray"), ("colour", "color"), ("flavour", "flavor"),
    ("chilli", "chili"), ("soya", "soy"), ("theatre", "theater"), ("centre", "center"), ("doughnut", "donut"),
    ("whisky", "whiskey"), ("litre", "liter"), ("fibre", "fiber"), ("armour", "armor"), ("moustache", "mustache"),
    ("camomile", "chamomile"), ("organic", "organics"), ("mould", "mold"), ("aluminium", "aluminum"),
)  # fmt: skip
"""Spellings of one word."""
_OTHERWISE = {word: tuple(w for w in group if w != word) for group in _SPELT for word in group}
_COLOUR = re.compile(r"\bcolou?rs?\b")
_VOWEL = re.compile(r"[aeiouy]")

Words = tuple[str, ...]


@dataclass(frozen=True)
class FlagSaid:
    """A flag whose words stand in a text."""

    first: int
    """Its first token."""
    last: int
    """Behind its last token."""
    facet: int
    holds: bool
    """Whether the words say that it holds: "sugar free" says that it doesn't."""


def stem(word: str) -> str:
    """A word without its ending, as far as that makes no other word of it.

    >>> [stem(word) for word in ("spots", "spotted", "furry", "poisonous", "stripes", "hooves", "caring")]
    ['spot', 'spot', 'fur', 'poison', 'strip', 'hoov', 'caring']
    """
    if len(word) > 4 and word.endswith("ies"):
        word = word[:-3] + "y"
    elif len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "ous")):
        word = word[:-1]
    for ending, least in (("ous", 4), ("ing", 4), ("ed", 4), ("y", 4)):
        left = word.removesuffix(ending)
        if left == word or not _VOWEL.search(left):
            continue
        if len(left) > 3 and left[-1] == left[-2] and left[-1] not in "aeiouylsz":
            return left[:-1]
        if len(left) >= least or (len(left) == 3 and ending == "ing" and left[-1] == "y"):
            word = left
            break
    return word[:-1] if len(word) > 3 and word.endswith("e") else word


def words_of(text: str) -> Words:
    """A text's words as texts that are read have them."""
    return tuple(token.word for token in tokens_of(text))


class HeardIndex:
    """The words of one bank's values and flags."""

    def __init__(self, bank: QuestionBank) -> None:
        self._values: dict[Words, dict[tuple[int, int], float]] = {}
        self._bags: dict[Words, Words] = {}
        self._flags: dict[Words, list[tuple[int, bool]]] = {}
        self._stems: dict[Words, list[tuple[int, bool]]] = {}
        names = {_bare_name(facet) for facet in bank.catalogue.facets if facet.kind == "flag"}
        for f, facet in enumerate(bank.catalogue.facets):
            if facet.kind == "flag":
                self._add_flag(f, facet, names)
            elif facet.kind in ("one", "many") and (facet.heard or not of_people(role_of(facet))):
                self._add_values(f, facet, bank)
        self.starts = {words[0] for words in self._values} | {word for bag in self._bags for word in bag}

    # -- what is looked for ------------------------------------------------------------------------------------------

    def _add_values(self, f: int, facet: Facet, bank: QuestionBank) -> None:
        mass = facet.mass(bank.catalogue.prior)
        for name, listed in facet.heard.items():
            value = facet.aliases.get(name)
            if value is None:
                continue
            for words in {words_of(text) for text in listed}:
                for other in {words, *_spelt_otherwise(words)}:
                    self._put_value(other, f, value, float(mass[value]))
        if of_people(role_of(facet)):
            return
        coloured = bool(_COLOUR.search(facet.wording.noun.lower()))
        for name, value in facet.aliases.items():
            words = words_of(name)
            for other in _spelt_otherwise(words):
                self._put_value(other, f, value, float(mass[value]))
            if BAG <= len(words) <= LONGEST:
                self._put_value(words, f, value, float(mass[value]))
                self._bags.setdefault(tuple(sorted(words)), words)
            for shade in _shades(words[0]) if coloured and len(words) == 1 else ():
                self._put_value((shade,), f, value, float(mass[value]))

    def _put_value(self, words: Words, f: int, value: int, weight: float) -> None:
        if words and len(words) <= LONGEST:
            meanings = self._values.setdefault(words, {})
            meanings[f, value] = max(weight, meanings.get((f, value), 0.0))

    def _add_flag(self, f: int, facet: Facet, names: Collection[str]) -> None:
        for words in _names_of_flag(facet, names):
            self._put_flag(words, f, True)
        for said, holds in (("yes", True), ("no", False)):
            for text in facet.heard.get(said, ()):
                words = words_of(text)
                for other in {words, *_spelt_otherwise(words)}:
                    self._put_flag(other, f, holds)

    def _put_flag(self, words: Words, f: int, holds: bool) -> None:
        if not words or len(words) > LONGEST:
            return
        for table, key in ((self._flags, words), (self._stems, tuple(map(stem, words)))):
            meant = table.setdefault(key, [])
            if all(facet != f for facet, _ in meant):
                meant.append((f, holds))

    # -- looking ----------------------------------------------------------------------------------------------------

    def values(self, tokens: Sequence[Token], named: Sequence[Mention], alone: int) -> list[Mention]:
        """The names that were found, and what is said in other words, a longer run of words in a shorter one's place.

        Args:
            tokens: of the text.
            named: the names that it has.
            alone: the facet for which a single word will do, -1 for none, -2 for any.
        """
        out = list(named)
        at = 0
        while at < len(tokens):
            end, meanings = self._value_at(tokens, at, alone)
            over = [m for m in out if m.first < end and at < m.last]
            if end == at or not all(m.off or m.last - m.first < end - at for m in over):
                at += 1
                continue
            out = [m for m in out if m not in over]
            total = sum(meanings.values()) or 1.0
            ranked = sorted(meanings.items(), key=lambda item: (-item[1], item[0]))
            meant = tuple(NamedValue(f, v, max(w, 1e-12) / total) for (f, v), w in ranked)
            out.append(Mention(at, end, "word", meant, 0, max(meanings.values())))
            at = end
        return sorted(out, key=lambda mention: mention.first)

    def _value_at(self, tokens: Sequence[Token], at: int, alone: int) -> tuple[int, dict[tuple[int, int], float]]:
        """The end of the longest run of words from a token on that is a value's, and what it may mean."""
        if tokens[at].word not in self.starts:
            return at, {}
        for end in range(min(len(tokens), at + LONGEST), at, -1):
            words = tuple(t.word for t in tokens[at:end])
            meanings = self._values.get(words) or self._values.get(self._bags.get(tuple(sorted(words)), ()), {})
            if len(words) == 1 and alone > -2:
                meanings = {key: weight for key, weight in meanings.items() if key[0] == alone}
            if meanings:
                return end, meanings
        return at, {}

    def flags(self, tokens: Sequence[Token]) -> list[FlagSaid]:
        """The flags that a text speaks of, in order."""
        out = []
        at = 0
        words = [t.word for t in tokens]
        stems = [stem(word) for word in words]
        while at < len(words):
            end, meant = self._flag_at(words, stems, at)
            if end == at:
                at += 1
                continue
            denied = bool(words[end : end + 1] == ["free"])
            out += [FlagSaid(at, end + denied, f, holds != denied) for f, holds in meant]
            at = end + denied
        return out

    def _flag_at(self, words: Sequence[str], stems: Sequence[str], at: int) -> tuple[int, list[tuple[int, bool]]]:
        for end in range(min(len(words), at + LONGEST), at, -1):
            meant = self._flags.get(tuple(words[at:end])) or self._stems.get(tuple(stems[at:end]))
            if meant:
                return end, meant
        word = words[at]
        without = word.removesuffix("less") if len(word) > 6 else word
        without = without.removeprefix("un") if without == word and len(word) > 5 else without
        if without != word:  # "hornless", "unsalted"
            meant = self._flags.get((without,)) or self._stems.get((stem(without),)) or []
            return at + bool(meant), [(f, not holds) for f, holds in meant]
        return at, []


def _bare_name(facet: Facet) -> str:
    return re.sub(r"^(?:is|has|lives|kept)_", "", facet.name).replace("_", " ").lower()


def _names_of_flag(facet: Facet, taken: Collection[str]) -> set[Words]:
    """The words that name a flag: its facet's name, the parts of its noun that are a word or two, and its statement.

    Args:
        facet: the flag.
        taken: names of flags; another's name is no word of this one.
    """
    name = _bare_name(facet)
    out = {words_of(name)}
    for part in re.split(r",| or | and ", facet.wording.noun.lower()):
        noun = tuple(w for w in words_of(part) if w not in _SMALL)
        # The words of "sad end" say little one by one; nor do those of "sleeps through the winter".
        if len(noun) == 2 or (len(noun) == 1 and " " not in name and noun[0] not in taken):
            out.add(noun)
    said = words_of(re.sub(r"^it (?:is |has |was )?(?:an? )?", "", facet.wording.statement.lower()))
    if len([w for w in said if w not in _SMALL]) > 1:  # "It lives in the sea."
        out.add(said)
    named = {words for words in out if len(words) > 1 or (words and len(words[0]) > 2 and words[0] not in _SMALL)}
    return named | {other for words in named for other in _spelt_otherwise(words)}


def _spelt_otherwise(words: Words) -> Iterable[Words]:
    """The words with some of them in another spelling, or without "and", for signs are no words: "salt & vinegar"."""
    ways = [[word, *(w for w in _OTHERWISE.get(word, ()) if len(words) > 1 or len(w) > 2)] for word in words]
    for k, word in enumerate(words):
        if word == "and" and 0 < k < len(words) - 1:
            ways[k].append("")
    for way in islice(product(*ways), 1, MOST_SPELLINGS):
        yield tuple(filter(None, way))


def _shades(colour: str) -> tuple[str, ...]:
    """A colour that is nearly one: "greyish", "reddish", "whitish"."""
    forms = {colour + "ish", colour.removesuffix("e") + "ish", colour + colour[-1] + "ish"}
    return tuple(sorted(forms | {_OTHERWISE[colour][0] + "ish"} if colour in _OTHERWISE else forms))
