"""Words that tell a name from a sentence: nicknames, parts of surnames, words that are none of either."""

from __future__ import annotations

NICKNAMES = {
    "jimmy": "james", "jim": "james", "bob": "robert", "bobby": "robert", "bill": "william", "billy": "william",
    "mike": "michael", "tony": "anthony", "tom": "thomas", "dick": "richard", "joe": "joseph", "liz": "elizabeth",
    "kate": "katherine", "katie": "katherine", "chris": "christopher", "dan": "daniel", "danny": "daniel",
    "sam": "samuel", "steve": "steven", "stephen": "steven", "phillip": "philip", "jeff": "jeffrey", "ken": "kenneth",
    "fred": "frederick", "charlie": "charles", "andy": "andrew", "ben": "benjamin", "alex": "alexander",
    "leo": "leonardo", "nick": "nicholas", "dave": "david", "sly": "sylvester", "arnie": "arnold", "ed": "edward",
    "geoff": "geoffrey",
}  # fmt: skip
NOT_GIVEN = frozenset(("a", "the", "will", "guy", "art", "park", "don", "oscar"))
"""First words of names that are hardly a first name where they stand in a sentence."""
WORKS = frozenset(("film", "films", "movie", "movies", "flick", "picture", "thriller", "comedy", "classic", "western"))
"""Words that follow the surname of whoever made them."""
NEVER_LAST = frozenset(
    "and or the a an with in is was were i it he she they we you of to for at on but by from".split()  # noqa: SIM905
)
"""Words that end no name."""
PARTICLES = frozenset(
    ("de", "del", "della", "di", "van", "von", "der", "den", "la", "le", "du", "mc", "st", "o", "bonham", "dos")
)
"""Words that belong to the surname behind them."""
