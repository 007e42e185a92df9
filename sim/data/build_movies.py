"""Builds movies.parquet from the film database in bokeh-sampledata (>= 2026.1; CC0, from Wikidata).

    pip install --no-deps "bokeh-sampledata>=2026.1"
    python -m sim.data.build_movies
    python -m sim.data.build_movies --fit       # fits the estimate of fame again, prints it, and writes nothing

Kept are the films that have a genre and a director.  The films that the public knows and the source lacks are added
from missing_films.txt, with ids below 0.  What is mended:

- Names with a comma in them are joined again, a name for several people ("the Wachowskis") becomes their names, and
  entries that are no people go: `sim.data.person_names`.
- Two films of one IMDb number are one: the first stays.
- Runtimes under 20 minutes are unknown (one film, "Machuca", is said to last 1).  Those over five hours were looked at
  one by one and are right: "Out 1" does last 776 minutes, "Shoah" 540.
- Reviews unknown (3 films) count as none.

Fame, the prior's weight, is that of famous.txt where it has the film, and the estimate of `sim.data.fame` elsewhere.
The same input gives the same bytes of data in any run; rows keep the source's order of ids.
"""

from __future__ import annotations

import argparse
import importlib.resources
import re
import sqlite3
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sim.data import build_famous
from sim.data.fame import FEATURES, estimate, features, fit
from sim.data.person_names import doubtful, people, plain

TARGET = Path(__file__).with_name("movies.parquet")
MISSING = Path(__file__).with_name("missing_films.txt")
PEOPLE = ("directors", "writers", "cast")
SHORTEST = 20
"""Minutes; anything below is a slip of the source."""
QUERY = """
    select o.ID as id, o.imdbID as imdb, o.Title as title, o.Year as year, o.Runtime as runtime, o.Genre as genres,
           o.Director as directors, o.Writer as writers, o.Cast as cast, o.Country as countries,
           o.Language as languages, o.Rating as rating, o.Oscars as oscars, o.Awards as awards,
           o.Metacritic as metascore, t.Reviews as reviews, t.BoxOffice as box_office, t.Production as companies
    from omdb o join tomatoes t on o.ID = t.ID
    where o.Genre != '' and o.Director != ''
    order by o.ID
"""
YEARS = {"tt0097937": 1989}
"""Years in which the source errs: My Left Foot."""
CALLED = {
    "Star Wars": "Star Wars: Episode IV – A New Hope",
    "Star Wars: The Empire Strikes Back": "Star Wars: Episode V – The Empire Strikes Back",
    "Star Wars: Return of the Jedi": "Star Wars: Episode VI – Return of the Jedi",
    "Star Wars: The Phantom Menace": "Star Wars: Episode I – The Phantom Menace",
    "Star Wars: Attack of the Clones": "Star Wars: Episode II – Attack of the Clones",
    "Star Wars: Revenge of the Sith": "Star Wars: Episode III – Revenge of the Sith",
    "Mad Max 2: The Road Warrior": "Mad Max 2",
    "The Naked Gun": "The Naked Gun: From the Files of Police Squad!",
    "How the Grinch Stole Christmas": "Dr. Seuss' How the Grinch Stole Christmas",
    "Ringu": "Ring",
    "Se7en": "Seven",
    "The Boy in the Striped Pyjamas": "The Boy in the Striped Pajamas",
}
"""Titles of famous.txt that the source has otherwise."""
LAST_YEAR = 2014
"""The source has no later films."""
MISSING_WEIGHT = 0.5
"""The weight of a film of missing_films.txt that famous.txt hasn't: classics that fewer people know."""


def source_films() -> list[dict[str, Any]]:
    """The source's films, one dictionary each, lists as lists, slips mended.

    Raises:
        ValueError: `sim.data.person_names` does not know whether a name is of one person or of several.
    """
    source = importlib.resources.files("bokeh_sampledata") / "_data" / "movies.db"
    with importlib.resources.as_file(source) as path, sqlite3.connect(path) as connection:
        connection.row_factory = sqlite3.Row
        rows = [dict(row) for row in connection.execute(QUERY)]
    films: dict[str, dict[str, Any]] = {}
    for row in rows:
        for column in PEOPLE:
            row[column] = people(row[column])
        for column in ("genres", "countries", "languages"):
            row[column] = plain(row[column])
        row["title"] = re.sub(r" \((\d{4} )?film\)$", "", row["title"])
        row["year"] = YEARS.get(row["imdb"], row["year"])
        row["reviews"] = row["reviews"] or 0
        row["rating"] = row["rating"] or None
        row["oscar"] = row["oscars"] > 0
        nominated = re.search(r"Nominated for (\d+)", row["awards"] or "")
        row["nominations"] = int(nominated[1]) if nominated else None
        row["runtime"] = row["runtime"] if row["runtime"] and row["runtime"] >= SHORTEST else None
        films.setdefault(row["imdb"], row)
    if unknown := doubtful(name for film in films.values() for c in PEOPLE for name in film[c]):
        raise ValueError(f"one person or several? put into SEVERAL or ONE: {', '.join(unknown)}")
    return list(films.values())


def missing_films(text: str) -> list[dict[str, Any]]:
    """The films of missing_films.txt, with ids from -1 downwards.

    Raises:
        ValueError: a line of another number of parts, with its number.
    """
    films = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        cells = [part.strip() for part in line.split("|")]
        if len(cells) != 10:
            raise ValueError(f"line {number}: {len(cells)} parts where there are 10")
        title, year, runtime, *lists, oscar = cells
        columns = ("genres", "directors", "writers", "cast", "countries", "languages")
        named = {c: [x.strip() for x in cell.split(";") if x.strip()] for c, cell in zip(columns, lists, strict=True)}
        films.append({"id": -len(films) - 1, "title": title, "year": int(year), "runtime": int(runtime), **named,
                      "rating": None, "oscar": oscar == "yes"})  # fmt: skip
    return films


def judged(films: Sequence[dict[str, Any]]) -> np.ndarray:
    """The weight that famous.txt gives each film, shape (N,), NaN where it hasn't the film.

    Raises:
        ValueError: famous.txt has a film, up to `LAST_YEAR`, that is not among these, or is twice.
    """
    place: dict[str, list[int]] = {}
    for i, film in enumerate(films):
        place.setdefault(key(film["title"]), []).append(i)
    out = np.full(len(films), np.nan)
    for famous in build_famous.read_films(build_famous.SOURCE.read_text(encoding="utf-8")):
        if famous.year > LAST_YEAR:
            continue
        title = CALLED.get(famous.title, re.sub(r" \(\d{4}\)$", "", famous.title))
        found = [i for i in place.get(key(title), []) if abs(films[i]["year"] - famous.year) <= 1]
        if len(found) != 1:
            raise ValueError(f"{famous.title} ({famous.year}) is {len(found)} of the films")
        out[found[0]] = build_famous.WEIGHT[famous.fame]
    return out


def key(title: str) -> str:
    """A title without case, accents and punctuation.

    >>> key("Léon: The Professional"), key("WALL·E")
    ('leontheprofessional', 'walle')
    """
    split = unicodedata.normalize("NFKD", title.casefold().replace("&", "and"))
    return re.sub(r"[^a-z0-9½⅓]", "", "".join(c for c in split if not unicodedata.combining(c)))


def write(known: list[dict[str, Any]], films: list[dict[str, Any]], hand: np.ndarray) -> None:
    """Write the table of all films, the source's first."""
    import polars as pl

    guess = np.concatenate([estimate(features(known)), np.full(len(films) - len(known), MISSING_WEIGHT)])
    fame = np.where(np.isnan(hand), guess, hand)
    names = pl.List(pl.String)
    types = {"id": pl.Int32, "title": pl.String, "year": pl.Int16, "runtime": pl.Int16, "genres": names,
             "directors": names, "writers": names, "cast": names, "countries": names, "languages": names,
             "rating": pl.String, "oscar": pl.Boolean}  # fmt: skip
    table = pl.DataFrame([pl.Series(c, [f[c] for f in films], t, strict=False) for c, t in types.items()])
    table = table.with_columns(pl.Series("fame", [float(f"{x:.3g}") for x in fame.tolist()], pl.Float32))
    table.write_parquet(TARGET, compression="zstd", compression_level=19)
    print(f"{TARGET}: {table.height:,} films, {TARGET.stat().st_size / 1e6:.2f} MB")


def print_fit(known: list[dict[str, Any]], hand: np.ndarray) -> None:
    """Print the coefficients that fit famous.txt best, and how many of its films the estimate finds."""
    x = features(known)
    b = fit(x, np.nan_to_num(hand))
    print(f"intercept {b[0]:.2f}; " + ", ".join(f"{name} {c:.2f}" for name, c in zip(FEATURES, b[1:], strict=True)))
    thousand = set(np.argsort(-estimate(x))[:1000].tolist())
    for weight in sorted({w for w in hand.tolist() if w == w}, reverse=True):
        those = np.flatnonzero(hand == weight).tolist()
        print(
            f"of {len(those)} films of weight {weight:g} the estimate has {len(thousand & set(those))} in its thousand"
        )


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Build the films.")
    parser.add_argument("--fit", action="store_true", help="fit the estimate of fame and write nothing")
    given = parser.parse_args(arguments)
    known = source_films()
    films = [*known, *missing_films(MISSING.read_text(encoding="utf-8"))]
    hand = judged(films)
    if given.fit:
        print_fit(known, hand[: len(known)])
    else:
        write(known, films, hand)


if __name__ == "__main__":
    main()
