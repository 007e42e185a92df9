"""The company in which a value or a number stands: cues of its role, negation, hedges, comparison, characters.

"directed by" says which facet a name is of; "not", "looked like" and "named" say that it is none.  What each is worth
is a calibrated number (`agents.language.strengths`), but for negation, which turns a fact round.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from sim.phrasing.roles import Role

BEFORE, BEHIND = 42, 26
"""Characters on each side that count as near."""
_NOUN = r"(?:films?|movies?|flicks?|pictures?|documentary|comedy|drama|thriller|classic|masterpiece|epic|musical)"
_LEFT: dict[Role, re.Pattern[str]] = {
    "director": re.compile(rf"\b(?:direct(?:ed|or|ion|s|ing)?|helmed|{_NOUN} by|made by|filmmaker|from the maker)\b|"
                           r"(?:^|[,;(]\s*)by(?=\W*$)"),
    "writer": re.compile(r"\b(?:writ(?:ten|er|ers)|wrote|script|screenplay|novel|author|book by|story by|penned)\b"),
    "cast": re.compile(r"\b(?:with|star(?:s|ring|red|rring)?|act(?:or|ress|ors|ed|resses)|played by|portrayed by|"
                       r"featur\w+|cast|"
                       r"voiced? (?:by|of)|also in it|maybe|lead|costars?|co star\w*|in it)\b"),
    "country": re.compile(r"\b(?:made in|from|produced in|production|shot in|filmed in|comes from)\b"),
    "language": re.compile(r"\b(?:in|speak\w*|spoken|language|dubbed|subtitle[sd]?|talk\w*|dialogue)\b"),
    "place": re.compile(r"\b(?:set|takes? place|took place|happens?|located|plays? in|filmed|somewhere)\b"),
    "genre": re.compile(r"\b(?:a|an|kind of|type of|genre|it'?s|its|was)\b"),
    "rating": re.compile(r"\b(?:rated|rating)\b"),
}  # fmt: skip
_RIGHT: dict[Role, re.Pattern[str]] = {
    "director": re.compile(rf"^\W*(?:s )?(?:directed|directs|directing|(?:\w+ ){{0,2}}{_NOUN})\b"),
    "writer": re.compile(r"^\W*(?:wrote|writes|penned|novel|book)\b"),
    "cast": re.compile(r"^\W*(?:plays?|played|stars?|starred|acts?|acted|is in|was in|was one|had a|portray\w*|as|in "
                       r"(?:it|the lead))\b"),
    "country": re.compile(rf"^\W*(?:\w+ )?{_NOUN}\b"),
    "language": re.compile(r"^\W*(?:is |was )?(?:language|spoken|speaking|subtitles|dub|in it)\b"),
    "genre": re.compile(rf"^\W*(?:\w+ )?{_NOUN}\b"),
}  # fmt: skip
_NEGATION = re.compile(
    r"\b(?:not|never|no|nor|neither|without|nothing|nobody|none of|hates?|avoid(?:ing)?|dislikes?|"
    r"(?:is|was|were|are|did|does|do|has|had|would|could|ca|wo)n'?t|except|(?:any|every)thing but|all but)\b|\bw/o\b"
)
_NO_NEGATION = re.compile(
    r"\b(?:not (?:sure|certain|positive|only|just|100|entirely|completely|exactly sure|mistaken)|no (?:idea|doubt|"
    r"clue|wait|sorry)|"
    r"(?:do|did|ca|could|can)(?:n'?t|not| not) (?:know|remember|recall|tell|say|place|think of|get|figure|find|seem)|"
    r"why not|if not|or not|whether or not|wasn'?t (?:there|it)|never (?:forget|knew|found|heard)|"
    r"(?:no|not)thing (?:like|else))\b|"
    r"^\W*no\b(?=\W*[,.:;!-]|\s+(?:it|its|it's|he|she|they|i|that|this|there|we|my|the|from|more)\b)"
)
_ANSWERS_NO = re.compile(r"^\W*no\s*$")
_NEW_SUBJECT = re.compile(
    r", (?:and |but |so )?(?=(?:it|he|she|they|there|i|the)\b)|(?<!thing )(?<!all )\bbut\b|\binstead\b| - "
)
_COMMA = re.compile(r",(?= )")
_OR_BEFORE = re.compile(r"\b(?:or|nor)\s+(?:an?\s+|the\s+)?$")
_OR_BEHIND = re.compile(r"^\s*(?:,\s*\w+)*,?\s*(?:or|nor)\b")
_DENIED = re.compile(r"^\W*(?:is|was|did|does|are|were)(?:n'?t| not)\b(?! (?:it|there|he|she)\b)")
_HEDGE = re.compile(
    r"\b(?:i think|i thought|maybe|perhaps|probably|possibly|might|may have|could|i believe|i guess|not sure|pretty "
    r"sure|"
    r"fairly sure|or so|i'?m sure|somewhere|something like|if i|i feel|seem|i want to say|not certain|likely|"
    r"i suppose|feeling|or something|mistaken)\b|\?"
)
_COMPARED = re.compile(
    r"\b(?:like|similar|remind\w*|resembl\w*|style|lookalike|looks?|looked|reminiscent|kinda|think of|other than|"
    r"isn'?t|vibe|"
    r"compare\w*|wanna ?be|than|type of guy)\b"
)
_CHARACTER = re.compile(
    r"\b(?:named?|called|character|calls|nicknam\w+|mr|mrs|king|queen|prince|captain|dr|doctor|says|song|book|played "
    r"a|son|"
    r"daughter|title|titled)\W*$"
)
_TAKEN_BACK = re.compile(
    r"(?:no,? wait|no,? sorry|,? i mean(?:t)?\b|scratch that|or no,|actually,? no|correction|make that|sorry,? i meant|"
    r"\bno,(?= )|wait,? no|or rather|- no,)"
)


@dataclass(frozen=True)
class Context:
    """What stands about a mention."""

    left: str
    """Before it, lower case, in its sentence."""
    right: str

    def cued(self, roles: Collection[Role]) -> set[Role]:
        """The roles that something near speaks of: the nearest cue before, and any right behind."""
        ends = {
            role: max((m.end() for m in _LEFT[role].finditer(self.left)), default=-1) for role in roles if role in _LEFT
        }
        nearest = max(ends.values(), default=-1)
        return {
            role for role in roles
            if (role in ends and ends[role] == nearest >= 0)
            or (role in _RIGHT and _RIGHT[role].search(self.right) is not None)
        }  # fmt: skip

    def denied(self, named: bool) -> bool:
        """Whether a mention is denied.

        Args:
            named: it is a person's name or a number, before which a "no" that begins a text answers: "no Brad Pitt" is
                "no, Brad Pitt", where "no horror" is none.
        """
        if named and _ANSWERS_NO.match(self.left):
            return False
        near = _TAKEN_BACK.split(_NEW_SUBJECT.split(self.left[-34:])[-1])[-1]
        if not (_OR_BEFORE.search(self.left) or _OR_BEHIND.match(self.right)):  # "no comedy, drama or horror"
            near = _COMMA.split(near)[-1]
        if _DENIED.match(self.right):
            return True
        hits = list(_NEGATION.finditer(near))
        if not hits:
            return False
        hit = hits[-1]
        return not any(m.start() <= hit.start() <= m.end() for m in _NO_NEGATION.finditer(near))

    @property
    def hedged(self) -> bool:
        return bool(_HEDGE.search(self.left) or _HEDGE.search(self.right))

    @property
    def compared(self) -> bool:
        return bool(_COMPARED.search(self.left[-22:]))

    @property
    def of_a_character(self) -> bool:
        return bool(_CHARACTER.search(self.left[-16:]))

    @property
    def before_a_noun(self) -> bool:
        """Whether "film" or the like follows."""
        return bool(re.match(rf"^\W*(?:\w+ ){{0,2}}{_NOUN}\b", self.right))


def context_of(text: str, start: int, end: int) -> Context:
    """What stands about a stretch of a text."""
    left = text[max(0, start - BEFORE) : start].lower().replace("’", "'")
    right = text[end : end + BEHIND].lower().replace("’", "'")
    return Context(re.split(r"[.!?;\n]", left)[-1], re.split(r"[.!;\n]", right)[0])


def corrections(text: str) -> list[tuple[int, int]]:
    """Where something is taken back, as (start, end)."""
    return [m.span() for m in _TAKEN_BACK.finditer(text.lower().replace("’", "'"))]
