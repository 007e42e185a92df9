"""Which question of the bank somebody asks who asks in his own words.

In this order, the first that finds something counts:

1. The bank's own wording, but for case, accents and punctuation.
2. "Who", "what", "when" and the like: an open question, by the words that it shares with the text.
3. A value, a name or a number in the text (`sim.mentions`): the yes/no question about it, or the open one of its facet
   where the bank has no other.
4. A flag, by the words that it shares with the text.
5. An open question or a flag whose wording is nearly the text: slips of the fingers.

"Before 1990?" and "after 1989?" are one question here, and so are "is it a western?" and "isn't it a western?".
Whoever answers has to say which question he answers, which `envs.text.dialogue` does.

However long a text is, `LONGEST` characters of it are read.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sim.catalogue.catalogue import Facet
from sim.mentions.candidates import Candidate, CandidateFinder
from sim.mentions.tokens import readable
from sim.names.fold import fold
from sim.phrasing.roles import Role, role_of
from sim.questions import OPEN, QuestionBank

LONGEST = 300
"""Characters of a question that are read."""
ENOUGH = 0.5
"""Share of a text's telling words, weighed by how few questions they stand in, that a question must have."""
ALIKE = 86.0
"""rapidfuzz's ratio from which on a text is a wording with a slip or two."""
STEM = 5
"""Letters by which words are compared: "directed" and "director"."""
TOLD_FACETS = 8
"""Facets that are named where somebody is told what can be asked."""
_ASKS_OPENLY = re.compile(
    r"^\W*(?:and |so |ok(?:ay)? |please |tell me |do you (?:know|remember) )*"
    r"(?:who|whom|whose|what|which|when|where|how|name|in (?:what|which)|from (?:what|which))\b"
)
_PAUSE = re.compile(r"[:,.;!?\n]")
_LEAD = re.compile(r"^(?:(?:and|so|ok|okay|well|then|now|next|please|tell me|let me ask) )+")
MOST_CLAUSES = 12
"""Places in a text at which the bank's own wording may begin."""
_WORD = re.compile(r"[^\W_]+")
_SMALL_WORDS = (
    "a an the of in on at to for with about is are was were be been by it its this that there they he she you do does "
    "did done has have had can could would will some any one and or as if so from me tell know remember roughly thing "
    "film movie item product animal please user"
)
_SMALL = frozenset(_SMALL_WORDS.split())
"""Words that say little about which question it is."""
_FAINT, FAINT = frozenset(("how", "what", "which", "much", "many", "kind")), 0.3
"""Words of open questions that say little about which, and what they count beside others."""
_COMPARES = re.compile(r"\b(?:than|as \w+ as)\b")
_LESS = re.compile(r"\b(?:less|fewer|shorter|younger|lighter|smaller|lower|earlier|cheaper) than\b")
_SIZED = re.compile(r"\b(?:big|small|larg|heav|light|tall|tini|tiny)")
_SIZES = re.compile(r"\b(?:weight|size|height|mass|length)\b")
_OLDER = re.compile(r"\bolder than\b")
_SAID_TOO: dict[Role, str] = {
    "year": "when year date old released came come out made recent",
    "length": "how long length minutes hours runtime running time last lasts",
    "cast": "who stars starring star actor actress actors plays played acts acting cast lead",
    "director": "who directed director directors directing made filmmaker",
    "writer": "who wrote written writer writers author screenplay script",
    "genre": "what kind sort type genre genres",
    "country": "where country countries made produced from",
    "language": "language languages spoken speak",
    "place": "where set place takes happens location",
    "rating": "rated rating age",
}
"""Words by which people ask about a facet of a role, beside the catalogue's own."""


@dataclass(frozen=True)
class Match:
    """What a text was taken for."""

    questions: tuple[int, ...] = ()
    """Ids; of a range of numbers both ends.  Empty where nothing was understood."""
    exact: bool = False
    """It is the bank's own wording."""
    below: tuple[int, ...] = ()
    """Those of `questions` to which a yes to the text says no: "before 1990?" for "after the eighties?"."""
    nearly: bool = False
    """A no to the text leaves the question open: "four legs?" for "more than three?"."""


class QuestionMatcher:
    """Finds questions of one bank; what it needs is made when it is first needed, seconds on large catalogues."""

    def __init__(self, bank: QuestionBank) -> None:
        self.bank = bank

    def __deepcopy__(self, memo: dict[int, object]) -> QuestionMatcher:
        """Itself: it is read only."""
        return self

    def find(self, text: str) -> Match:
        """The question that a text asks; any text at all may be given."""
        text = readable(text[:LONGEST])
        key = key_of(text)
        if not key:
            return Match()
        if (exact := self._worded(text)) is not None:
            return Match((exact,), exact=True)
        if asks_openly(text) and (question := self._shared(key, openly=True)) is not None:
            return Match((question,))
        if (mentioned := self._mentioned(text)).questions:
            return mentioned
        for question in (self._shared(key, openly=False), self._shared(key, openly=True), self._nearly(key)):
            if question is not None:
                return Match((question,))
        return Match()

    @cached_property
    def told(self) -> str:
        """What can be asked, in a sentence."""
        bank = self.bank
        starts = [int(bank.starts[f]) for f in range(len(bank.catalogue.facets)) if bank.starts[f] < bank.starts[f + 1]]
        nouns = [bank.catalogue.facets[bank.facet[q]].wording.noun for q in starts]
        more = ", and more" if len(nouns) > TOLD_FACETS else ""
        # The last question of a facet is one on a value or a threshold, where the bank has any.
        ends = [int(bank.starts[bank.facet[q] + 1]) - 1 for q in starts]
        examples = " or ".join(f'"{bank.text(q)}"' for q in (starts[0], ends[-1] if len(ends) > 1 else ends[0]))
        return f"You can ask about: {', '.join(nouns[:TOLD_FACETS])}{more}. For example {examples}"

    def _worded(self, text: str) -> int | None:
        """The question in the bank's own wording, after a lead-in or none: "Tell me: who directed it?"."""
        starts = [0, *(m.end() for m in _PAUSE.finditer(text))]
        for start in starts[:MOST_CLAUSES]:
            key = key_of(text[start:])
            for typed in (key, _LEAD.sub("", key)):
                if (question := self._by_key.get(typed)) is not None:
                    return question
        return None

    # -- by wording ----------------------------------------------------------------------------------------------------

    @cached_property
    def _by_key(self) -> dict[str, int]:
        out: dict[str, int] = {}
        for question in range(len(self.bank)):
            out.setdefault(key_of(self.bank.text(question)), question)
        return out

    @cached_property
    def _templates(self) -> list[int]:
        """Open questions and those on flags: those that hold no value."""
        bank = self.bank
        return [q for q in range(len(bank))
                if bank.kind[q] == OPEN or bank.catalogue.facets[bank.facet[q]].kind == "flag"]  # fmt: skip

    @cached_property
    def _stems(self) -> dict[int, frozenset[str]]:
        """Question to the stems by which it may be asked."""
        bank = self.bank
        out = {}
        for q in self._templates:
            facet = bank.catalogue.facets[bank.facet[q]]
            words = (bank.text(q), facet.name.replace("_", " "), facet.wording.noun, _SAID_TOO.get(role_of(facet), ""))
            out[q] = frozenset(stems(key_of(" ".join(words))))
        return out

    @cached_property
    def _weight(self) -> dict[str, float]:
        """Stem to how telling it is: the fewer questions it stands in, the more."""
        often = Counter(stem for words in self._stems.values() for stem in words)
        total = 1 + len(self._stems)
        return {stem: math.log(total / n) * (FAINT if stem in _FAINT else 1.0) for stem, n in often.items()}

    def _shared(self, key: str, openly: bool) -> int | None:
        """The open question, or the flag, that shares most with a text; None if that is little, or two are as good."""
        typed = set(stems(key))
        # A word that no question has tells that it is about something else.
        unknown = math.log(1 + len(self._stems)) / 2
        total = sum(self._weight.get(stem, unknown) for stem in typed)
        scored = sorted(
            ((sum(self._weight[stem] for stem in typed & self._stems[q]), -q) for q in self._templates
             if (self.bank.kind[q] == OPEN) == openly),
            reverse=True,
        )[:2]  # fmt: skip
        if not scored or total <= 0 or scored[0][0] < ENOUGH * total:
            return None
        return None if len(scored) > 1 and scored[1][0] == scored[0][0] else -scored[0][1]

    def _nearly(self, key: str) -> int | None:
        from rapidfuzz import fuzz, process

        wordings = {q: key_of(self.bank.text(q)) for q in self._templates}
        hit = process.extractOne(key, wordings, scorer=fuzz.ratio, score_cutoff=ALIKE, processor=None)
        return None if hit is None else int(hit[2])

    # -- by what is mentioned ----------------------------------------------------------------------------------------

    @cached_property
    def _finder(self) -> CandidateFinder:
        return CandidateFinder(self.bank)

    def _mentioned(self, text: str) -> Match:
        """The question on the first value or number in a text that the bank has one for; flags come after those."""
        if (landmark := self._landmark(key_of(text))).questions:
            return landmark
        found = self._finder.find(text)
        for candidate in sorted(found, key=lambda c: c.how == "flag"):
            if candidate.how == "flag" and (shared := self._shared(key_of(text), openly=False)) is not None:
                return Match((shared,))
            if (match := self._about(candidate, key_of(text))).questions:
                return match
        return Match()

    def _landmark(self, key: str) -> Match:
        """The threshold nearest to a thing that something is compared with: "bigger than a cat".

        Several facets may have the same landmark; the question that shares most words with the text is meant.
        """
        if not _COMPARES.search(key):
            return Match()
        less = bool(_LESS.search(key))
        found = [
            self._thresholds(f, -math.inf if less else number, number if less else math.inf, key)
            for f, facet in enumerate(self.bank.catalogue.facets)
            for name, number in facet.landmarks.items()
            if f" {key_of(name)} " in f" {key} "
        ]
        words = set(key.split())
        shared = [len(words & set(key_of(self.bank.text(m.questions[0])).split())) + self._of_size(key, m)
                  if m.questions else -1 for m in found]  # fmt: skip
        return found[int(np.argmax(shared))] if found else Match()

    def _of_size(self, key: str, match: Match) -> int:
        """More than words that are shared by chance, where a text asks of a size and a question is on one."""
        noun = self.bank.catalogue.facets[self.bank.facet[match.questions[0]]].wording.noun
        return len(key) if _SIZED.search(key) and _SIZES.search(noun) else 0

    def _about(self, candidate: Candidate, key: str) -> Match:
        bank = self.bank
        if candidate.number is not None:
            said = candidate.number.ranges[0]
            return self._thresholds(candidate.number.facet, said.low, said.high, key)
        for meaning in candidate.meanings:
            question = int(bank.question_of_value[meaning.facet][meaning.option])
            if question >= 0:
                return Match((question,))
        openly = [int(bank.open_question[m.facet]) for m in candidate.meanings]
        return Match(tuple(q for q in openly if q >= 0)[:1])

    def _thresholds(self, f: int, low: float, high: float, key: str) -> Match:
        """The questions on facet f whose thresholds lie nearest to the ends of a range, in their order."""
        bank = self.bank
        facet, of_value = bank.catalogue.facets[f], bank.question_of_value[f]
        bins = np.flatnonzero(of_value >= 0)
        if not len(bins):
            openly = int(bank.open_question[f])
            return Match((openly,) if openly >= 0 else ())
        less = _LESS.search(key) or (role_of(facet) == "year" and _OLDER.search(key))
        beyond = bool(_COMPARES.search(key)) and not less
        if math.isfinite(low) and math.isfinite(high) and (less or beyond):  # "older than 1980", "newer than 1998"
            low, high = (-math.inf, low) if less else (low, math.inf)
        near = {end: int(of_value[bins[_nearest(facet, bins, end, beyond)]]) for end in (low, high)
                if math.isfinite(end)}  # fmt: skip
        questions = tuple(dict.fromkeys(near.values()))
        below = tuple(q for q in questions if near.get(high) == q != near.get(low))
        return Match(questions, below=below, nearly=len(near) > len(questions) or low == high)


def _nearest(facet: Facet, bins: np.ndarray, end: float, beyond: bool) -> int:
    """Which of the thresholds, given as bins, lies nearest to a number; `beyond`: to what is more than the number."""
    assert facet.lower is not None and facet.over is not None
    least, over = np.abs(facet.lower[bins] - end), np.abs(facet.over[bins] - end)
    return int(np.lexsort((over if beyond else least, np.minimum(least, over)))[0])


def key_of(text: str) -> str:
    """A text as it is compared: words in lower case without accents, single spaces between.

    >>> key_of(" Who  directed it?!")
    'who directed it'
    """
    return " ".join(_WORD.findall(fold(text).replace("'", "").replace("’", "")))


def stems(key: str) -> Sequence[str]:
    """The telling words of a key, cut to their beginnings.

    >>> stems("who was the director of it")
    ['who', 'direc']
    """
    return [word[:STEM] for word in key.split() if word not in _SMALL]


def asks_openly(text: str) -> bool:
    """Whether a text asks for a value rather than for yes or no.

    >>> asks_openly("And who directed it?"), asks_openly("Did he direct it?")
    (True, False)
    """
    return _ASKS_OPENLY.match(fold(text[:LONGEST])) is not None
