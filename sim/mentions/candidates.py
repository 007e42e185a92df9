"""What in a text may be a fact: names, other words, flags and numbers, each with its company; none is weighed yet."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sim.mentions.common_words import COMMON_WORDS
from sim.mentions.context import Context, context_of, corrections
from sim.mentions.heard_words import HeardIndex
from sim.mentions.names import Mention, NamedValue, NameIndex
from sim.mentions.numbers_said import NumberReader, NumberSaid
from sim.mentions.tokens import Token, tokens_of, written_small
from sim.phrasing.roles import of_people
from sim.questions import QuestionBank

FITS = 300.0
"""A meaning whose role is named nearby counts as so much likelier, and one that was asked about."""
USUAL = {"director": 2.5, "writer": 0.6}
"""Who is named without a word of what he did directed it rather than wrote it."""
KEPT = 4
"""Meanings of one mention that are kept."""
LEAST = 0.02
LONG = 40
"""Words from which on a text is long."""
SHORT = 25
RARE, FAMOUS = 2e-4, 3e-3
"""Prior mass below which a value is hardly known, and from which on it is well known."""
FIRST = 12
ALONE = 0.6
"""Share of a text's letters, common words aside, from which on something is most of it."""
LIST_GAP = re.compile(r"^[\s,]*(?:and|or|,|&|/|also|maybe|\W)?[\s,]*(?:(?:and|or|maybe|also)\s+)?$")
TAKEN_BACK_WITHIN = 60


@dataclass(frozen=True)
class Candidate:
    """Something that may have been said of a facet."""

    how: str
    """As in `agents.language.strengths.HOWS`."""
    start: int
    end: int
    signs: frozenset[str]
    negated: bool
    hedged: bool
    meanings: tuple[NamedValue, ...] = ()
    """What it may stand for, the weights summing to 1."""
    number: NumberSaid | None = None

    @property
    def facet(self) -> int:
        """The likeliest facet."""
        return self.meanings[0].facet if self.number is None else self.number.facet


_IDIOM = re.compile(
    r"\bhard to (?:say|tell)\b|\brings? (?:a|no|any) bells?\b|\blive[- ]action\b|\bbetter not\b|"
    r"\b(?:mind|head)(?:'s| is| went| has gone| goes)(?: \w+)? blank\b|\bdraw\w* a blank\b"
)
"""Words that name nothing where they stand together: no texture is meant, no Zoë Bell, no Action and nothing black."""
_SPEAKERS = re.compile(r"\b(?:at (?:a|some)|my|our) (?:friend|kid|dog|family|brother|sister)s?\b")
"""Whoever was there when somebody saw it is nobody in it."""


class CandidateFinder:
    """Finds them for one bank."""

    def __init__(self, bank: QuestionBank) -> None:
        self.bank = bank
        self.names = NameIndex(bank)
        facets = bank.catalogue.facets
        self.numbers = [NumberReader(f, facet) for f, facet in enumerate(facets)
                        if facet.kind == "number" and facet.lower is not None and len(facet.lower)]  # fmt: skip
        self.heard = HeardIndex(bank)

    def find(self, text: str, about: int = -1) -> list[Candidate]:
        """All of a text, in order.

        Args:
            text: as `readable` passes it.
            about: the facet that was asked about, -1 for none.
        """
        tokens = tokens_of(text)
        general = frozenset(
            (["long"] if len(tokens) > LONG else ["short"] if len(tokens) <= SHORT else [])
            + (["reply"] if about >= 0 else [])
        )
        small = written_small(tokens)
        out = self._named(text, tokens, about, small, general)
        out += self._numbers(text, about, tokens, general)
        flagged = self._flagged(text, tokens, [c for c in out if c.meanings], general)
        out = [c for c in out if not _inside(c, flagged)] + flagged
        theirs = [m.span() for m in _SPEAKERS.finditer(text.lower())]
        out = [c for c in out if not any(start <= c.start and c.end <= end for start, end in theirs)]
        idioms = [m.span() for m in _IDIOM.finditer(text.lower())]
        out = [
            c for c in out if c.how == "flag" or not any(start <= c.start and c.end <= end for start, end in idioms)
        ]  # fmt: skip
        out.sort(key=lambda c: (c.start, c.end))
        often = Counter(c.facet for c in out)
        whole = max(1, sum(t.end - t.start for t in tokens if t.word not in COMMON_WORDS))
        out = [
            replace(c, signs=c.signs | ({"many"} if often[c.facet] > 2 else set())
                    | ({"alone"} if c.end - c.start >= ALONE * whole else set()))
            for c in out
        ]  # fmt: skip
        return _without_taken_back(text, out)

    # -- names and words -------------------------------------------------------------------------------------------

    def _named(
        self, text: str, tokens: Sequence[Token], about: int, small: bool, general: frozenset[str]
    ) -> list[Candidate]:
        out: list[Candidate] = []
        named = self.names.find(tokens, about)
        for mention in self.heard.values(tokens, named, -2 if len(tokens) <= SHORT else about):
            start, end = tokens[mention.first].start, tokens[mention.last - 1].end
            context = context_of(text, start, end)
            before = out[-1] if out and LIST_GAP.match(text[out[-1].end : start]) else None
            meanings, cued = self._weighed(mention, context, about, before)
            how = self._how(mention, meanings[0].facet)
            signs = set(general)
            signs |= {"cue"} if cued else set()
            signs |= {"capital"} if tokens[mention.first].capital and not small else set()
            signs |= {"asked"} if meanings[0].facet == about else set()
            signs |= {"first"} if mention.first < FIRST else set()
            signs |= {"rare"} if mention.known < RARE else {"famous"} if mention.known >= FAMOUS else set()
            signs |= {"near"} if mention.off == 1 else set()
            out.append(self._candidate(how, start, end, signs, context, meanings=meanings))
        return out

    def _how(self, mention: Mention, facet: int) -> str:
        role = self.names.roles[facet]
        if of_people(role):
            if mention.how == "typo":
                return "typo"
            if mention.how in ("surname", "misspelt"):
                return mention.how
            return "mononym" if mention.last - mention.first == 1 else "name"
        return "genre" if role == "genre" else "place" if role in ("country", "place", "language") else "word"

    def _weighed(
        self, mention: Mention, context: Context, about: int, before: Candidate | None
    ) -> tuple[tuple[NamedValue, ...], bool]:
        """The meanings in the light of what stands about them, and whether a cue of the likeliest does."""
        roles = self.names.roles
        near = context.cued([roles[m.facet] for m in mention.meanings if roles[m.facet]])
        cues = {m.facet: roles[m.facet] in near for m in mention.meanings}
        if before is not None and not any(cues.values()) and before.meanings and "cue" in before.signs:
            cues = {f: f == before.facet for f in cues}
        weighed = [
            (
                m.weight
                * USUAL.get(roles[m.facet], 1.0)
                * (FITS if cues[m.facet] else 1.0)
                * (FITS**1.5 if m.facet == about else 1.0),
                m,
            )
            for m in mention.meanings
        ]
        weighed.sort(key=lambda pair: -pair[0])
        total = sum(w for w, _ in weighed)
        kept = [(w / total, m) for w, m in weighed[:KEPT] if w / total >= LEAST]
        share = sum(w for w, _ in kept)
        return tuple(NamedValue(m.facet, m.option, w / share) for w, m in kept), cues[kept[0][1].facet]

    def _candidate(
        self, how: str, start: int, end: int, signs: set[str], context: Context, *,
        meanings: tuple[NamedValue, ...] = (), number: NumberSaid | None = None,
    ) -> Candidate:  # fmt: skip
        hedged = context.hedged
        named = number is not None or of_people(self.names.roles[meanings[0].facet])
        signs |= {"hedged"} if hedged else set()
        signs |= {"compared"} if context.compared else set()
        signs |= {"character"} if context.of_a_character else set()
        signs |= {"noun"} if context.before_a_noun else set()
        return Candidate(how, start, end, frozenset(signs), context.denied(named), hedged, meanings, number)

    # -- numbers ---------------------------------------------------------------------------------------------------

    def _numbers(self, text: str, about: int, tokens: Sequence[Token], general: frozenset[str]) -> list[Candidate]:
        out = []
        elsewhere = [
            said for reader in self.numbers if reader.index != about for said in reader.find(text, False, about >= 0)
        ]
        for reader in self.numbers:
            for said in reader.find(text, reader.index == about, about not in (-1, reader.index), elsewhere):
                context = context_of(text, said.start, said.end)
                signs = set(general)
                signs |= {name for name in ("seen", "watched", "setting", "made") if getattr(said, name)}
                signs |= {"asked"} if reader.index == about else set()
                signs |= (
                    {"first"} if said.start < (tokens[FIRST].start if len(tokens) > FIRST else len(text)) else set()
                )
                out.append(self._candidate(said.how, said.start, said.end, signs, context, number=said))
        return out

    # -- flags -----------------------------------------------------------------------------------------------------

    def _flagged(
        self, text: str, tokens: Sequence[Token], named: Sequence[Candidate], general: frozenset[str]
    ) -> list[Candidate]:
        """Flags whose words stand in the text, but for words that are part of a name or of a longer value."""
        out, said = [], set()
        for flag in self.heard.flags(tokens):
            start, stop = tokens[flag.first].start, tokens[flag.last - 1].end
            inside = any(
                c.start <= start and stop <= c.end
                and (c.how in ("name", "typo") or (c.how == "word" and c.end - c.start > stop - start))
                for c in named
            )  # fmt: skip
            if flag.facet in said or inside:
                continue
            context = context_of(text, start, stop)
            if flag.last - flag.first == 1 and (
                _OF_THE_SPEAKER.search(context.left) or (len(tokens) > SHORT and not _told_of_it(context))
            ):
                continue
            said.add(flag.facet)
            meant = (NamedValue(flag.facet, 1, 1.0),)
            found = self._candidate("flag", start, stop, set(general), context, meanings=meant)
            out.append(found if flag.holds else replace(found, negated=not found.negated))
        return out


_TOLD = re.compile(
    r"\b(?:(?:about|(?:it|this|which|that|film|movie|there) (?:is|was|are|were|has|had)|it'?s|there'?s|featur\w+|"
    r"kind of|type of)(?: (?:an?|the|some|any|its|lots? of|not|no))*|"
    r"(?:won|wins?|took home|walked away with)(?: \w+){0,3})\W*$"
)
_OF_THE_SPEAKER = re.compile(r"\b(?:as an?|i (?:was|am|have|had) an?|when i was|my|our)(?: little| young| small)?\W*$")
"""A kid, a dog or a school of whoever speaks is none of the story."""


def _told_of_it(context: Context) -> bool:
    """Whether a long text says a word of what is sought: "it's a war film"; in a story "car" is no fact."""
    return context.before_a_noun or bool(_TOLD.search(context.left))


def _inside(candidate: Candidate, flags: Sequence[Candidate]) -> bool:
    """Whether a word is part of a longer flag: "with nuts" isn't the category of nuts."""
    return candidate.how == "word" and any(
        f.start <= candidate.start and candidate.end <= f.end and candidate.end - candidate.start < f.end - f.start
        for f in flags
    )


def _without_taken_back(text: str, found: Sequence[Candidate]) -> list[Candidate]:
    """Without what is taken back at once: the last of the facet before "no wait", where one of the same comes after."""
    gone: set[int] = set()
    for start, end in corrections(text):
        after = next((c for c in found if c.start >= end - 1 and c.start - end < TAKEN_BACK_WITHIN), None)
        if after is None:
            continue
        before = [k for k, c in enumerate(found) if c.end <= start + 1 and start - c.end < 6 and c.facet == after.facet]
        gone |= set(before[-1:])
    return [c for k, c in enumerate(found) if k not in gone]
