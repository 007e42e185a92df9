"""What a facet is about, as far as people have their own ways of saying it: a year, who plays in it, a genre.

Read from the words by which the catalogue speaks of the facet, so that a catalogue of one's own that has a column
`directors` or `country` is spoken of in the same ways.  A facet of no such role is spoken of in its own words.
"""

from __future__ import annotations

import re
from typing import Literal, get_args

from sim.catalogue.catalogue import Facet
from sim.catalogue.spoken_numbers import NumberScale

Role = Literal["year", "length", "cast", "director", "writer", "genre", "country", "language", "place", "rating", ""]
ROLES: tuple[Role, ...] = get_args(Role)
_NOUNS: tuple[tuple[str, Role], ...] = (
    (r"\b(?:cast|actors?|actresses|starring|stars)\b", "cast"),
    (r"\bdirect(?:ed|ors?)\b", "director"),
    (r"\b(?:writers?|authors?|screenwriters?)\b", "writer"),
    (r"\bgenres?\b", "genre"),
    (r"\bcountr(?:y|ies)\b", "country"),
    (r"\blanguages?\b", "language"),
    (r"\b(?:places?|settings?|locations?)\b", "place"),
    (r"^rating$", "rating"),
)


def role_of(facet: Facet) -> Role:
    """What a facet is about, "" for what has no ways of its own."""
    if facet.kind == "number":
        if facet.lower is not None and len(facet.lower) and NumberScale(facet).years:
            return "year"
        return "length" if facet.wording.unit.strip() in ("minutes", "min") else ""
    if facet.kind == "flag":
        return ""
    for pattern, role in _NOUNS:
        if re.search(pattern, facet.wording.noun.lower()):
            return role
    return ""


def of_people(role: Role) -> bool:
    """Whether the values are people, whom a surname may name."""
    return role in ("cast", "director", "writer")
