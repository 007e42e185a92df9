"""Builds famous.parquet from famous.txt, which was written for this project from general knowledge.

    python -m sim.data.build_famous

The text has one film a line and names only the flags that hold, so that a line can be read and judged as a whole; the
table has a column for each flag.  The flags are those of famous.toml, in its order.  What can be found wrong by
program is found by `sim.data.check_famous`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sim.catalogue.sidecar import read_sidecar

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    import polars as pl

SOURCE = Path(__file__).with_name("famous.txt")
TARGET = Path(__file__).with_name("famous.parquet")
PARTS = ("fame", "title", "year", "directors", "actors", "genres", "places", "flags")
WEIGHT = {4: 8, 3: 4, 2: 2, 1: 1}
"""How likely a film is thought of, by its fame: twice as likely a step."""
GENRES = {
    "action": "an action film",
    "adventure": "an adventure film",
    "comedy": "a comedy",
    "crime": "a crime film",
    "drama": "a drama",
    "family": "a family film",
    "fantasy": "a fantasy film",
    "horror": "a horror film",
    "romance": "a romance",
    "science fiction": "science fiction",
    "thriller": "a thriller",
    "western": "a western",
}
"""Genres, and how a question names them."""
WIDER = {
    "the USA": ("New York", "California", "Las Vegas", "Chicago", "the American South", "Boston", "Washington", "Texas",
                "the Wild West", "Hawaii"),
    "Britain": ("London", "Scotland"),
    "Europe outside Britain": ("France", "Italy", "Germany", "Austria", "Spain", "Ireland", "Russia"),
    "Asia": ("Japan", "China", "India", "Vietnam", "the Middle East"),
    "Africa": ("Egypt",),
    "Latin America": ("Mexico",),
    "Canada": (),
    "the Caribbean": (),
    "Australia or New Zealand": (),
}  # fmt: skip
"""Every place that the text may name: the wide ones, and what lies in each."""


@dataclass(frozen=True, kw_only=True)
class Film:
    """One line of the text."""

    title: str
    year: int
    fame: int
    directors: tuple[str, ...]
    actors: tuple[str, ...]
    genres: tuple[str, ...]
    """Keys of `GENRES`."""
    places: tuple[str, ...]
    """The wide places first, each before what lies in it."""
    holds: frozenset[str]
    """The flags that hold."""
    unknown: frozenset[str]
    """The flags that are a matter of taste."""

    def flag(self, name: str) -> bool | None:
        """Whether a flag holds; None where it is a matter of taste."""
        return None if name in self.unknown else name in self.holds


@cache
def flag_names() -> tuple[str, ...]:
    """The flags that famous.toml asks about, in its order."""
    return tuple(name for name, facet in read_sidecar(SOURCE).facets.items() if facet.kind == "flag")


def read_films(text: str) -> list[Film]:
    """The films of a text such as famous.txt.

    Raises:
        ValueError: a line that can't be read, with its number; a title that comes twice.
    """
    films: list[Film] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        try:
            films.append(_film(line))
        except ValueError as error:
            raise ValueError(f"line {number}: {error}") from None
        if films[-1].title in {f.title for f in films[:-1]}:
            raise ValueError(f"line {number}: '{films[-1].title}' is there already")
    return films


def _film(line: str) -> Film:
    cells = [part.strip() for part in line.split("|")]
    if len(cells) != len(PARTS):
        raise ValueError(f"{len(cells)} parts where there are {len(PARTS)} ({', '.join(PARTS)})")
    part = dict(zip(PARTS, cells, strict=True))
    if part["fame"] not in map(str, WEIGHT):
        raise ValueError(f"fame is '{part['fame']}'; it is one of {', '.join(map(str, sorted(WEIGHT)))}")
    if not part["year"].isdecimal():
        raise ValueError(f"the year is '{part['year']}'")
    flags = part["flags"].split()
    holds = {f for f in flags if not f.startswith("?")}
    unknown = {f.removeprefix("?") for f in flags if f.startswith("?")}
    if len(flags) > len(holds | unknown):
        raise ValueError("a flag comes twice")
    _known(holds | unknown, flag_names(), "flag")
    genres = _names(part["genres"])
    _known(genres, GENRES, "genre")
    return Film(
        title=part["title"],
        year=int(part["year"]),
        fame=int(part["fame"]),
        directors=_names(part["directors"]),
        actors=_names(part["actors"]),
        genres=genres,
        places=_places(_names(part["places"])),
        holds=frozenset(holds),
        unknown=frozenset(unknown),
    )


def _places(named: tuple[str, ...]) -> tuple[str, ...]:
    """The places named and the wider ones that they lie in."""
    around = {place: wide for wide, places in WIDER.items() for place in places}
    _known(named, {*WIDER, *around}, "place")
    return tuple(dict.fromkeys(p for place in named for p in (around.get(place, place), place)))


def _names(cell: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in cell.split(";") if name.strip())


def _known(given: Iterable[str], known: Collection[str], what: str) -> None:
    for name in given:
        if name not in known:
            raise ValueError(f"no {what} '{name}' (there are: {', '.join(sorted(known))})")


def make_table(films: list[Film]) -> pl.DataFrame:
    """The catalogue's table: one row a film, one column a flag."""
    import polars as pl

    names = pl.List(pl.String)
    return pl.DataFrame(
        [
            pl.Series("title", [f.title for f in films], pl.String),
            pl.Series("year", [f.year for f in films], pl.Int16),
            pl.Series("directors", [f.directors for f in films], names),
            pl.Series("actors", [f.actors for f in films], names),
            pl.Series("genres", [[GENRES[g] for g in f.genres] for f in films], names),
            pl.Series("places", [f.places for f in films], names),
            *(pl.Series(name, [f.flag(name) for f in films], pl.Boolean) for name in flag_names()),
            pl.Series("fame", [WEIGHT[f.fame] for f in films], pl.Int8),
        ]
    )


def main() -> None:
    films = read_films(SOURCE.read_text(encoding="utf-8"))
    make_table(films).write_parquet(TARGET, compression="zstd", compression_level=19)
    print(f"{TARGET}: {len(films)} films, {len(flag_names())} flags, {TARGET.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
