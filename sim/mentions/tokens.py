"""Words of a text with their places, clauses, and how much of a long text is read."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sim.names.fold import fold

LONGEST = 4_000
"""Characters that are read; what is beyond says so in the reading's note."""
_WORD = re.compile(r"[^\W_]+(?:['’](?:t|ll|ve|re|m|d)(?![^\W_]))?", re.UNICODE | re.IGNORECASE)
"""A word; "don't" is one, and no Don."""
_CLAUSE_END = re.compile(r"[.!?;\n]+|,? (?:but|although|though|however)\b|, (?:and|so)\b| - ")
_OFTEN_LARGE = frozenset(("i", "tv", "usa", "us", "uk", "ok", "vhs", "dvd"))
_INVISIBLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


@dataclass(frozen=True)
class Token:
    """A word: how it is compared, and where it stands."""

    word: str
    """Lower case without accents."""
    start: int
    end: int
    capital: bool
    clause: int
    """The number of the clause that it stands in."""


def readable(text: str) -> str:
    """What of a text is read: the first `LONGEST` characters, control and direction marks as spaces.

    >>> readable("a\\x1bb")
    'a b'
    """
    return _INVISIBLE.sub(" ", text[:LONGEST])


def tokens_of(text: str) -> list[Token]:
    """The words of a text that `readable` has passed."""
    ends = [m.start() for m in _CLAUSE_END.finditer(text)]
    out, clause = [], 0
    for match in _WORD.finditer(text):
        while clause < len(ends) and ends[clause] < match.start():
            clause += 1
        word = fold(match[0]).replace("'", "").replace("’", "")
        out.append(Token(word, match.start(), match.end(), match[0][:1].isupper(), clause))
    return out


def written_small(tokens: list[Token]) -> bool:
    """Whether capitals tell nothing: a text without any but "I" and where clauses begin, or all in capitals."""
    inner = [t for k, t in enumerate(tokens) if k and t.clause == tokens[k - 1].clause and t.word not in _OFTEN_LARGE]
    capitals = sum(t.capital for t in inner)
    return capitals <= 0.03 * len(inner) or capitals > 0.8 * len(inner)
