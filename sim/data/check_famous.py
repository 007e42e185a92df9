"""Looks for what is wrong in famous.txt: eighty thousand cells written by hand are data to be checked.

    python -m sim.data.check_famous

Rules, in the order of `check`: marks (flags and genres) that can't hold together, marks that follow from others,
what every film of a well-known series has, flags that tell too little, films of which too little is said, films that
nothing tells apart, and names that look like one name spelled twice.  A rule names the films that break it rightly.

What no program sees is whether a flag that stands alone is true; for that the list was read flag by flag.
"""

from __future__ import annotations

import difflib
import itertools
from collections.abc import Iterator

from sim.data.build_famous import SOURCE, Film, flag_names, read_films

NEVER: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("animated", "true_story", ("Persepolis",)),
    ("animated", "western", ("Rango",)),
    ("space", "western", ()),
    ("space", "old_days", ()),
    ("science fiction", "true_story", ()),
    ("superhero", "true_story", ()),
    ("invented_world", "true_story", ()),
    ("talking_animals", "true_story", ()),
    ("dinosaur", "true_story", ()),
    ("magic", "true_story", ()),
    ("undead", "true_story", ()),
    ("black_and_white", "computer_animated", ()),
    ("foreign", "disney", ()),
    ("past", "future", ("Back to the Future Part II", "Bill & Ted's Excellent Adventure")),
    ("ancient", "old_days", ()),
    ("ancient", "world_war_2", ()),
    ("ancient", "future", ()),
    ("ancient", "cars", ()),
    ("ancient", "train_or_plane", ()),
    ("ancient", "shooting", ()),
    ("ancient", "robot", ()),
    ("old_days", "world_war_2", ()),
    ("old_days", "future", ()),
    ("old_days", "robot", ()),
    ("world_war_2", "future", ()),
    ("world_war_2", "dinosaur", ()),
    ("one_day", "many_years", ()),
    ("one_place", "road_trip", ()),
    ("family", "serial_killer", ()),
    ("a family film", "serial_killer", ()),
    ("a family film", "sex", ()),
    ("a family film", "drugs", ("Three Men and a Baby",)),
    ("a family film", "horror", ("The Witches", "Coraline")),
    ("disney", "horror", ()),
    ("western", "future", ()),
)
"""Marks that no film has both of, but for the films named.  "family" alone is the flag, "a family film" the genre."""
IMPLIES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("computer_animated", "animated", ()),
    ("sequel", "series", ()),
    ("ancient", "past", ()),
    ("old_days", "past", ()),
    ("western", "horses", ("Rango",)),
    ("western", "past", ("Rango",)),
    ("space", "science fiction", ("Apollo 13", "Space Jam", "Despicable Me")),
)
"""Who has the first mark has the second, but for the films named."""
SERIES: dict[str, tuple[str, ...]] = {
    "Harry Potter": ("book", "series", "magic", "school", "monster"),
    "Star Wars": ("series", "space", "robot", "aliens", "war", "swords", "invented_world", "shooting"),
    "The Lord of the Rings": ("book", "series", "magic", "invented_world", "swords", "royalty", "monster", "war"),
    "Indiana Jones": ("series", "sequel", "treasure", "past"),
    "Toy Story": ("series", "animated", "computer_animated", "living_things", "disney", "friends"),
    "The Godfather": ("series", "gangsters", "family", "death", "shooting"),
    "Pirates of the Caribbean": ("series", "sea", "swords", "disney", "magic", "old_days"),
    "Back to the Future": ("series", "time_travel", "scientist", "teenagers", "cars"),
    "Shrek": ("series", "animated", "computer_animated", "fairy_tale", "royalty", "talking_animals"),
    "Spider-Man": ("series", "superhero"),
    "The Dark Knight": ("series", "sequel", "superhero", "disguise"),
    "The Matrix": ("series", "future", "unreal", "martial_arts"),
    "Rocky": ("series", "sport", "contest"),
    "The Hunger Games": ("series", "book", "future", "heroine", "contest"),
    "Kill Bill": ("series", "revenge", "swords", "martial_arts", "heroine"),
    "Avengers": ("series", "sequel", "superhero", "aliens"),
}
"""What the films have whose titles begin so."""
LEAST, MOST = 4, 0.7
"""A flag that fewer films have, or a greater share of them, tells too little."""
FEW_FLAGS = 3
"""A film with fewer flags that hold is suspicious."""
ALIKE = 0.9
"""Two names this similar (difflib's ratio) are looked at."""
DIFFERENT = (("Joan Cusack", "John Cusack"), ("Michael B. Jordan", "Michael Jordan"))
"""Similar names of two people."""


def check(films: list[Film]) -> Iterator[str]:
    """Everything that looks wrong, one sentence each."""
    for a, b, exceptions in NEVER:
        for film in films:
            if {a, b} <= marks(film) and film.title not in exceptions:
                yield f"{film.title}: both {a} and {b}"
    for a, b, exceptions in IMPLIES:
        for film in films:
            if a in marks(film) and b not in marks(film) | film.unknown and film.title not in exceptions:
                yield f"{film.title}: {a}, and so {b}"
    yield from _series(films)
    for film in films:
        if "world_war_2" in film.holds and film.year >= 1965 and "past" not in film.holds:
            yield f"{film.title}: world_war_2, seen from {film.year}, and so past"
        if len(film.holds) < FEW_FLAGS:
            yield f"{film.title}: only {len(film.holds)} flags hold"
        if film.title.endswith((" II", " III", " 2", " 3", " 4")) and "sequel" not in film.holds:
            yield f"{film.title}: by its title a sequel"
    for flag in flag_names():
        share = sum(flag in film.holds for film in films)
        if not LEAST <= share <= MOST * len(films):
            yield f"{flag}: {share} of {len(films)} films have it"
    yield from _alike(films)
    yield from _names(films)


def marks(film: Film) -> set[str]:
    """The flags that hold and the genres; the genre "family" is "a family film", for there is a flag of that name."""
    return set(film.holds) | {"a family film" if g == "family" else g for g in film.genres}


def _series(films: list[Film]) -> Iterator[str]:
    for begin, flags in SERIES.items():
        for film in films:
            if film.title.startswith(begin):
                for flag in flags:
                    if flag not in film.holds | film.unknown:
                        yield f"{film.title}: all of {begin} have {flag}"


def _alike(films: list[Film]) -> Iterator[str]:
    """Films of a year, or nearly, that no flag, genre or place tells apart."""
    for a, b in itertools.combinations(films, 2):
        differ = (a.holds ^ b.holds) - a.unknown - b.unknown
        if not differ and abs(a.year - b.year) < 10 and set(a.genres) == set(b.genres) and a.places == b.places:
            yield f"{a.title} and {b.title}: nothing tells them apart"


def _names(films: list[Film]) -> Iterator[str]:
    people = sorted({name for film in films for name in (*film.directors, *film.actors)})
    for a, b in itertools.combinations(people, 2):
        if (a, b) in DIFFERENT or abs(len(a) - len(b)) > 3:
            continue
        close = difflib.SequenceMatcher(None, a, b)
        if min(close.real_quick_ratio(), close.quick_ratio()) >= ALIKE and close.ratio() >= ALIKE:
            yield f"{a} and {b}: one name spelled twice?"


def main() -> None:
    films = read_films(SOURCE.read_text(encoding="utf-8"))
    found = list(check(films))
    for line in found:
        print(line)
    print(f"{len(films)} films, {sum(len(f.holds) for f in films):,} facts that hold, {len(found)} problems")


if __name__ == "__main__":
    main()
