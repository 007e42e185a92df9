"""Numbers in running text that belong to a facet: "late 80s or early 90s", "before 1970", "two hours", "four legs".

A pattern finds what may be a number with what frames it; `sim.catalogue.spoken_numbers` says what it means on the
facet's scale.  A bare number is a facet's only where it is a year, has the facet's unit or its noun behind it, or was
asked for.  When somebody saw a film, how old they were then and when a story is set are not when it was made: a year in
such company is marked, and what that is worth is a calibrated number.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from sim.catalogue.catalogue import Facet
from sim.catalogue.number_words import in_digits
from sim.catalogue.spoken_numbers import NumberRange, NumberScale, numbers_meant
from sim.mentions.context import corrections

_WORDS = r"twenties|thirties|forties|fifties|sixties|seventies|eighties|nineties|noughties"
_DECADE = rf"(?:(?:19|20)\d0|'?\d0) ?'?s|(?:{_WORDS})"
_PART = r"(?:early|earlier|mid|middle|late|later|very early|very late)(?: to (?:mid|late))?"
_YEAR = r"(?:18[89]\d|19\d\d|20[0-4]\d)"
_ONE = rf"(?:(?:{_PART})[ -/]*(?:of )?(?:the )?)?(?:the )?(?:{_DECADE})|(?:the )?(?:year )?{_YEAR}(?!\d)"
_JOIN = r" ?(?:-|–|/|to|or|and|until|or maybe|or perhaps|maybe|or possibly|through|or (?:the )?) ?"
YEARS = re.compile(
    rf"(?<![\w$£€.,'])(?P<frame>between |from |before |pre[- ]?|after |post[- ]?|since |until |up to |around |about |"
    rf"circa |"
    rf"no later than |no earlier than |at least |by )?(?P<first>{_ONE})(?:(?P<join>{_JOIN})(?P<second>{_ONE}))?"
    rf"(?P<tail> or (?:so|earlier|later|before|after)| at the latest| onwards?)?(?![\w%])"
)
SEEN = re.compile(
    r"\b(?:saw|seen|watch(?:ed|ing)?|rented|caught|remember(?:ed)?|born|aired|showed|shown|tv|television|telly|cable|"
    r"kid|child|younger|years old|grade|school|vhs|back in|growing up|childhood)\b"
)
WATCHED = re.compile(r"\b(?:saw|seen|watch(?:ed|ing)?|rented|caught)\b[^.;,]{0,30}$")
SET = re.compile(
    r"\b(?:set|takes? place|took place|happens?|during|world war|war|era|located|future|in the year|future)\b"
)
MADE = re.compile(r"\b(?:came out|released?|made|from|movie|film|comedy|drama|thriller|flick|filmed|produced|dates?|"
                  r"horror|"
                  r"it'?s|its|was)\b")  # fmt: skip
_DIGIT = "one|two|three|four|five|six|seven|eight|nine"
_WORD = (
    rf"(?:(?:{_DIGIT})|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|"
    rf"(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)(?:[ -](?:{_DIGIT}))?|hundred|thousand|dozen)"
)
_SPOKEN = rf"(?:{_WORD}(?:[ -](?:and )?{_WORD})*(?: and a (?:half|quarter))?)"
_LARGE = rf"(?:hundred|thousand|dozen)(?:[ -](?:and )?{_WORD})*"
_PART_OF = r"(?:half|(?:a )?quarter of|three quarters of) an?"
_NUMBER = rf"(?:[$€£]? ?\d[\d.,]*(?: and a half)?|a {_LARGE}|{_SPOKEN}|(?:a )?couple(?: of)?|{_PART_OF}|an?)"
_FRAME = (
    r"(?:(?:just |slightly |barely |(?:just )?a (?:bit|little|tad|touch) )?(?:over|above|under|below|more than|"
    r"less than)|no more than|no less than|at least|at most|up to|about|around|almost|nearly|roughly|between) "
)
_INTO_IT = r"(?! (?:in(?! total\b| length\b)|into|later|ago|before|after|away|from|earlier)\b)"
"""Behind a time that is no length: "an hour into it"."""
_TWO_FRAMES = r"between |from |before |pre[- ]?|after |since |until |around |about |circa |in "
TWO_DIGITS = re.compile(
    rf"(?<![\w$£€.,'])(?P<frame>{_TWO_FRAMES})(?P<first>'?\d\d)(?:(?P<join> and | to |-)(?P<second>'?\d\d))?(?![\d'])|"
    r"(?<![\w'])(?P<sign>'\d\d)(?![\d'])|(?<=,) ?(?P<last>\d\d)(?=\W*$)"
)
"""A year of two digits: with a word of years before it, with an apostrophe, or as the last of a list."""
LEAST_TWO = 30
"""Two digits without an apostrophe are no year below this: "from 10 to 12" are hours or children."""
_NO_NOUN = re.compile(
    r"^(?:$|\s*[.,;!?)(]+(?:\D|$)|\s+(?:or so|maybe|with|where|when|which|who|that|about|by|starring|directed|film|"
    r"movie|i|and|but|in|set|called)\b)"
)
"""What may follow such a year; another word would be what is counted."""
_COUNTED = re.compile(
    rf"\b(?:(?:\d+|{_SPOKEN}|an?|a few|some|several|(?:a )?couple(?: of)?) (?:years?|decades?) ago|"
    rf"(?:the )?(?:last|past) (?:few |(?:a )?couple of |\d+ |{_SPOKEN} )?(?:years|decades?)|"
    rf"(?<=is |'s )(?:(?:only|about|around|maybe) )*(?:\d+|{_SPOKEN}|a few|several|a couple of) (?:years?|decades?) "
    r"old|turn of the (?:century|millenn?ium))\b"
)
"""Years that are counted back from the latest, and turns of centuries."""
MANY_WORDS = 25
"""Words from which on two digits may be anything, and years ago those of somebody's life."""
_ONE_SIDED = (
    "before",
    "pre",
    "after",
    "post",
    "since",
    "until",
    "up to",
    "no later than",
    "no earlier than",
    "at least",
)
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}\b)")
BESIDE = 45
"""Characters before a year in which its company is looked for."""


_THEN_SEEN = re.compile(r"^\W*when (?:i|we) (?:first |last )?(?:watched|saw)\b")
"""A year is that of watching it: "1999 when I watched it"."""


@dataclass(frozen=True)
class NumberSaid:
    """Numbers that were said of a facet."""

    facet: int
    start: int
    end: int
    ranges: tuple[NumberRange, ...]
    """Readings, the likeliest first."""
    how: str
    """ "decade", "year", "range", "amount", or "viewing" for the very year in which somebody saw it."""
    seen: bool = False
    """It stands beside words of when somebody saw it."""
    watched: bool = False
    """The very year is that of watching it."""
    setting: bool = False
    """It stands beside words of when the story is set."""
    made: bool = False
    """It stands beside words of when it was made."""


class NumberReader:
    """Reads the numbers of one facet."""

    def __init__(self, index: int, facet: Facet) -> None:
        self.index, self.facet, self.scale = index, facet, NumberScale(facet)
        nouns = [w for w in re.findall(r"[a-z]+", facet.wording.noun.lower()) if w not in ("number", "of", "the", "a")]
        units = _unit_words(facet, self.scale)
        self.counted = not units and not self.scale.currency
        behind = units or [form for noun in nouns for form in _forms(noun)]
        words = "|".join(map(re.escape, behind))
        cents = rf"|(?: and)? (?:\d\d|{_SPOKEN})(?! ?\w)" if self.scale.currency else ""
        number = _NUMBER if units else rf"(?:{_NUMBER}|no)"
        self.behind = re.compile(
            rf"(?<![\w.,])(?P<frame>{_FRAME})?(?:(?P<number>{number}(?: ?(?:to|-|and|or) ?{_NUMBER})?)[ -]?|"
            rf"(?=hour and a ))(?P<unit>{words})(?![a-z])"
            rf"(?P<part>(?<=\dh) ?\d\d(?: ?m(?:in)?)?\b| and a (?:half|quarter)|"
            rf"(?: and)? (?:\d+|{_SPOKEN}) ?(?:minutes|mins?|cents)\b{cents})?{_INTO_IT}"
        ) if behind else None  # fmt: skip

    def find(
        self, text: str, asked: bool, other: bool = False, elsewhere: Sequence[NumberSaid] = ()
    ) -> list[NumberSaid]:
        """What a text says of the facet.

        Args:
            text: as it was typed; places are of it.
            asked: the facet was asked about, so that a bare number may be of it.
            other: another was, so that one may be of that.
            elsewhere: what was said of other facets, whose numbers are not bare.
        """
        lower = text.lower().replace("’", "'")
        found = self._years(lower, other) if self.scale.years and not self.scale.months else self._amounts(lower)
        if not found and asked and (none := self._nothing(lower)):
            return none
        if not found and asked:
            for said in elsewhere:  # "no idea, it has 4 legs"
                lower = lower[: said.start] + " " * (said.end - said.start) + lower[said.end :]
            for start in [*sorted((end for _, end in corrections(lower)), reverse=True), 0]:  # "6, no wait, 4"
                whole = self._whole(lower[start:])
                if said := [whole] if whole is not None else self._bare(lower[start:]):
                    return [replace(number, start=start, end=len(lower)) for number in said]
        return found

    def _whole(self, lower: str) -> NumberSaid | None:
        """All of a short reply as one number: "about two hours I think"."""
        if len(lower) > 80:
            return None
        ranges = numbers_meant(lower, self.scale)
        return NumberSaid(self.index, 0, len(lower), ranges, "amount", made=True) if ranges else None

    def _bare(self, lower: str) -> list[NumberSaid]:
        """A number without its unit, where it was asked for."""
        for match in re.finditer(r"(?<![\w.,])\d[\d.,]*(?: ?[a-z]{1,7})?", in_digits(lower)):
            if self.scale.years and re.search(r"year|decade", match[0]):  # somebody's age, or how long ago he saw it
                continue
            digits = match[0].split()[0].rstrip(".,")
            if digits == "1" and "1" not in lower:  # "skip that one"
                continue
            if self.scale.years and (digits not in lower or re.search(rf"{digits} ?[%/]|/ ?{digits}", lower)):
                continue  # "I must have been ten or so", "90% sure", "60/40"
            for text in (match[0], match[0].split()[0].rstrip(".,")):
                ranges = tuple(r for r in numbers_meant(text, self.scale) if self._may_be(r))
                if ranges:
                    return [NumberSaid(self.index, 0, len(lower), ranges, "amount", made=True)]
        return []

    def _may_be(self, reading: NumberRange) -> bool:
        """Whether a number without a unit lies anywhere near those of the facet."""
        return reading.low <= 1.2 * self.scale.high and reading.high >= 0.8 * self.scale.low

    # -- years ------------------------------------------------------------------------------------------------------

    def _years(self, lower: str, other: bool) -> list[NumberSaid]:
        out = []
        for match in YEARS.finditer(lower):
            ranges = self._of_years(match)
            if not ranges:
                continue
            before = re.split(r"[.!?;\n]", lower[max(0, match.start() - BESIDE) : match.start()])[-1]
            behind = re.split(r"[.!?;,\n]", lower[match.end() : match.end() + BESIDE // 2])[0]
            first = match["first"].strip()
            framed = bool(match["second"] or match["tail"]) or (match["frame"] or "").strip(" -") in _ONE_SIDED
            how = (
                "range"
                if framed
                else "year"
                if re.search(rf"{_YEAR}$", first) and not first.endswith("s")
                else "decade"
            )
            out.append(self._year_said(match, ranges, how, before, behind))
        for match, ranges, how in self._otherwise(lower, other):
            before = re.split(r"[.!?;\n]", lower[max(0, match.start() - BESIDE) : match.start()])[-1]
            said = self._year_said(match, ranges, how, before, "")
            apart = all(said.end <= o.start or o.end <= said.start for o in out)
            if apart and not (said.seen or said.watched):
                out.append(said)
        return out

    def _year_said(
        self, match: re.Match[str], ranges: tuple[NumberRange, ...], how: str, before: str, behind: str
    ) -> NumberSaid:
        """A year in its company."""
        watched = bool(WATCHED.search(before) or _THEN_SEEN.match(behind))
        if watched and how == "year":
            how = "viewing"
        return NumberSaid(
            self.index, match.start(), match.end(), ranges, how, seen=bool(SEEN.search(before)),
            watched=watched, setting=bool(SET.search(before)),
            made=bool(MADE.search(before) or MADE.match(behind.strip())),
        )  # fmt: skip

    def _otherwise(self, lower: str, other: bool) -> Iterator[tuple[re.Match[str], tuple[NumberRange, ...], str]]:
        """Years of two digits, years that are counted back, and turns of centuries, in a short text."""
        if len(lower.split()) > MANY_WORDS:
            return
        for match in TWO_DIGITS.finditer(lower) if not other else ():
            given = [match[name] for name in ("first", "second", "sign", "last") if match[name]]
            bare = [x for x in given if not x.startswith("'")]
            counts = bool(bare) and not _NO_NOUN.match(lower[match.end() :])
            if counts or any(int(x) < LEAST_TWO for x in bare) or (match["frame"] == "between ") != (len(given) == 2):
                continue
            read = [self._one(x) for x in given]
            frame = (match["frame"] or "").strip(" -")
            if len(read) == 2 and all(read) and read[1][0].high > read[0][0].low:
                yield match, (NumberRange(read[0][0].low, read[1][0].high),), "range"
            elif read[0]:
                framed = tuple(_framed(reading, frame, "") for reading in read[0])
                yield match, framed, "range" if frame in _ONE_SIDED else "year"
        for match in _COUNTED.finditer(lower):
            ranges = numbers_meant(match[0], self.scale)
            if ranges:
                yield match, ranges, "range" if re.search(r"last|past", match[0]) else "decade"

    def _of_years(self, match: re.Match[str]) -> tuple[NumberRange, ...]:
        """The readings of a year, a decade or a stretch with its frame."""
        first = self._one(match["first"])
        if not first:
            return ()
        frame, tail = (match["frame"] or "").strip(" -"), (match["tail"] or "").strip()
        if match["second"]:
            second = self._one(match["second"])
            if second and second[0].low >= first[0].low:
                return (NumberRange(first[0].low, second[0].high),)
            if second:
                return (NumberRange(second[0].low, max(first[0].high, second[0].high)),)
        return tuple(_framed(reading, frame, tail) for reading in first)

    def _one(self, text: str) -> tuple[NumberRange, ...]:
        text = re.sub(r"\b(very|earlier|later)\b", lambda m: {"earlier": "early", "later": "late"}.get(m[1], ""), text)
        text = (
            re.sub(r"(\d0) ?'?s\b", r"\1s", text).replace("/", " ").replace("year ", "").replace("late early", "late")
        )
        text = re.sub(r"\b(early|mid|late)[ -]+to[ -]+(?:mid|late)", r"\1", text)
        return tuple(_closed(r) for r in numbers_meant(" ".join(text.split()), self.scale))

    # -- other amounts ---------------------------------------------------------------------------------------------

    def _amounts(self, lower: str) -> list[NumberSaid]:
        """Numbers with a unit or a noun behind, in digits or in words."""
        out = []
        for match in self.behind.finditer(lower) if self.behind is not None else ():
            number = match["number"] or "1"
            if number in ("a", "an") and (self.counted or len(match["unit"]) < 3):
                continue
            if number == "no":
                ranges = (NumberRange(0.0, 0.0),) if self.scale.whole and self.scale.holds(0) else ()
            else:
                unit = "" if self.counted else f" {match['unit']}{match['part'] or ''}"
                said = f"{match['frame'] or ''}{number}{unit}"
                ranges = numbers_meant(said, self.scale) or numbers_meant(_THOUSANDS.sub("", said), self.scale)
            if ranges:
                out.append(NumberSaid(self.index, match.start(), match.end(), ranges, "amount", made=True))
        return out

    def _nothing(self, lower: str) -> list[NumberSaid]:
        """That there is none, where a count was asked for."""
        match = re.match(r"\W*(?:it has |it'?s got |there are )?(?:none|zero|nil|not any)\b(?! of )", lower)
        fits = self.counted and not self.scale.years and self.scale.whole and self.scale.holds(0)
        if match is None or not fits:
            return []
        return [NumberSaid(self.index, 0, match.end(), (NumberRange(0.0, 0.0),), "amount", made=True)]


def _closed(reading: NumberRange) -> NumberRange:
    """A single year as the stretch of one."""
    return NumberRange(reading.low, reading.low + 1) if reading.low == reading.high else reading


def _framed(reading: NumberRange, frame: str, tail: str) -> NumberRange:
    if frame in ("before", "pre", "until", "up to", "no later than", "by") or tail in (
        "or earlier",
        "or before",
        "at the latest",
    ):
        high = reading.low if frame in ("before", "pre") else reading.high
        return NumberRange(-math.inf, high)
    if frame in ("after", "post", "since", "no earlier than", "at least") or tail in (
        "or later",
        "or after",
        "onward",
        "onwards",
    ):
        return NumberRange(reading.high if frame in ("after", "post") else reading.low, math.inf)
    if frame in ("around", "about", "circa") or tail == "or so":
        return NumberRange(reading.low - 2, reading.high + 2)
    return reading


def _forms(noun: str) -> tuple[str, ...]:
    """What a counted noun may be: "legs", "leg", "legged"."""
    one = noun.removesuffix("s")
    return (noun, one + one[-1:] + "ed", one + "ed", one)


def _unit_words(facet: Facet, scale: NumberScale) -> list[str]:
    """The facet's unit and those that can be converted to it, as people type them."""
    unit = facet.wording.unit.strip().lower()
    families = (
        ("minutes", "minute", "mins", "min", "hours", "hour", "hrs", "hr", "h"),
        ("kg", "kilos", "kilo", "kilograms", "kilogram", "g", "grams", "gram", "tons", "ton", "tonnes", "pounds", "lbs",
         "lb", "ounces", "oz"),
        ("years", "year", "yrs", "months"),
        ("euros", "euro", "€", "cents"),
    )  # fmt: skip
    if scale.currency == "$" and not unit:
        return ["dollars", "dollar", "usd"]
    mine = next((f for f in families if unit in f), (unit,) if unit else ())
    return sorted(mine, key=len, reverse=True)
