"""Builds movies.parquet from the film database in bokeh-sampledata (>= 2026.1; CC0, from Wikidata).

    pip install --no-deps "bokeh-sampledata>=2026.1"
    python -m sim.data.build_movies
    python -m sim.data.build_movies --fit       # fits the estimate of fame again, prints it, and writes nothing

Kept are the films that have a genre and a director.  The films that the public knows and the source lacks are added
from missing_films.txt, with ids below 0.  What is mended:

- Names with a comma in them ("Ed Begley, Jr.", "Prince Philip, Duke of Edinburgh") are split in the source's
  comma-joined lists.  The lists of people are sorted by whole name, so that a suffix stands right behind its name, and
  a title that breaks the order belongs to the name before it.  "Jr." and its like are joined without the comma, as the
  source writes most of them; other parts keep it.
- A name for several people ("the Wachowskis") becomes their names; entries that are no people go.
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

TARGET = Path(__file__).with_name("movies.parquet")
MISSING = Path(__file__).with_name("missing_films.txt")
SHORTEST = 20
"""Minutes; anything below is a slip of the source."""
SUFFIX = re.compile(r"(jr|sr|ii|iii|iv|phd|m\.?d|ltd)\.?", re.IGNORECASE)
QUERY = """
    select o.ID as id, o.imdbID as imdb, o.Title as title, o.Year as year, o.Runtime as runtime, o.Genre as genres,
           o.Director as directors, o.Writer as writers, o.Cast as cast, o.Country as countries,
           o.Language as languages, o.Rating as rating, o.Oscars as oscars, o.Awards as awards,
           o.Metacritic as metascore, t.Reviews as reviews, t.BoxOffice as box_office, t.Production as companies
    from omdb o join tomatoes t on o.ID = t.ID
    where o.Genre != '' and o.Director != ''
    order by o.ID
"""
SEVERAL: dict[str, tuple[str, ...]] = {
    "Adam Gierasch and Jace Anderson": ("Adam Gierasch", "Jace Anderson"),
    "Age & Scarpelli": ("Agenore Incrocci", "Furio Scarpelli"),
    "Billy and Bobby Mauch": ("Billy Mauch", "Bobby Mauch"),
    "Bonnie and Terry Turner": ("Bonnie Turner", "Terry Turner"),
    "Christopher Markus and Stephen McFeely": ("Christopher Markus", "Stephen McFeely"),
    "Coen brothers": ("Joel Coen", "Ethan Coen"),
    "Ethan Reiff and Cyrus Voris": ("Ethan Reiff", "Cyrus Voris"),
    "Fabio Grassadonia and Antonio Piazza": ("Fabio Grassadonia", "Antonio Piazza"),
    "Frankie and George McLaren": ("Frankie McLaren", "George McLaren"),
    "Hughes brothers": ("Albert Hughes", "Allen Hughes"),
    "James and Oliver Phelps": ("James Phelps", "Oliver Phelps"),
    "Jared and Jerusha Hess": ("Jared Hess", "Jerusha Hess"),
    "Lee and Lyn Wilde": ("Lee Wilde", "Lyn Wilde"),
    "Leo Benvenuti and Steve Rudnick": ("Leo Benvenuti", "Steve Rudnick"),
    "Mary-Kate and Ashley Olsen": ("Mary-Kate Olsen", "Ashley Olsen"),
    "Pang brothers": ("Danny Pang Phat", "Oxide Pang Chun"),
    "Paolo and Vittorio Taviani": ("Paolo Taviani", "Vittorio Taviani"),
    "Paul and Gaëtan Brizzi": ("Paul Brizzi", "Gaëtan Brizzi"),
    "Penn & Teller": ("Penn Jillette", "Teller"),
    "Ron & Valerie Taylor": ("Ron Taylor", "Valerie Taylor"),
    "Scott Alexander and Larry Karaszewski": ("Scott Alexander", "Larry Karaszewski"),
    "Tarek Sharif and Nadia zo Elfakaar": ("Tarek Sharif", "Nadia zo Elfakaar"),
    "The Hageman Brothers": ("Dan Hageman", "Kevin Hageman"),
    "Thomas Dean Donnelly and Joshua Oppenheimer": ("Thomas Dean Donnelly", "Joshua Oppenheimer"),
    "Thomas brothers": ("Jim Thomas", "John Thomas"),
    "Will Speck and Josh Gordon": ("Will Speck", "Josh Gordon"),
    "the Wachowskis": ("Lana Wachowski", "Lilly Wachowski"),
}
"""Names for several people, and who they are; the names on the right are the source's, where it has them."""
SOUNDS_LIKE_SEVERAL = re.compile(r"\b(brothers|sisters|twins|family|wachowskis)$| and | & ", re.IGNORECASE)
ONE = frozenset(
    "Adam and the Ants;Big Brother and the Holding Company;Brooks & Dunn;Chaplin family;Country Joe and the Fish;"
    "Crime & the City Solution;Deek Watson & His Brown Dots;Delaney & Bonnie;Dick and Dom;"
    "Dr. Hook & the Medicine Show;Huey Lewis and the News;Jonas Brothers;Joyce Brothers;Kessler Twins;"
    "Kid Creole and the Coconuts;Lane Sisters;Lombard Twins;Midas and Bacchus;"
    "Princess Theodora of Greece and Denmark;Siegfried & Roy;Silverstein & Partners;Sly and Robbie;"
    "Sly and the Family Stone;Stills & Nash;The Andrews Sisters;The Chemical Brothers;The Clancy Brothers;"
    "The Cold Crush Brothers;The McGuire Sisters;The Neville Brothers;The Pointer Sisters;"
    "Tom Petty and the Heartbreakers;Wind & Fire;Yokota family".split(";")
)
"""Names that only sound like several people, and acts that one knows by their common name."""
NOBODY = re.compile(r"list of |.* filmography$|Friday the 13th$|Troll 2$|TAKI 183$")
"""Entries among the people that are none."""
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


def people(joined: str | None) -> list[str]:
    """The people in a comma-joined list that is sorted by whole name.

    >>> people("Alan Arkin, Ed Begley, Jr., Jack Gilpin, Meghan, Duchess of Sussex, Tom Hanks, Tyler, the Creator")
    ['Alan Arkin', 'Ed Begley Jr.', 'Jack Gilpin', 'Meghan, Duchess of Sussex', 'Tom Hanks', 'Tyler, the Creator']
    >>> people("Keanu Reeves, list of Matrix characters, the Wachowskis")
    ['Keanu Reeves', 'Lana Wachowski', 'Lilly Wachowski']
    """
    parts = plain(joined)
    out: list[str] = []
    last = ""  # the latest part that began a name
    for i, part in enumerate(parts):
        following = parts[i + 1] if i + 1 < len(parts) else part
        if out and SUFFIX.fullmatch(part):
            out[-1] += f" {part}"
        elif out and part.startswith("the ") and part not in SEVERAL:
            out[-1] += f", {part}"
        elif part < last and (following >= last or following == part):
            out[-1] += f", {part}"
        else:
            out.append(part)
            last = part
    return list(dict.fromkeys(one for name in out if not NOBODY.match(name) for one in SEVERAL.get(name, (name,))))


def plain(joined: str | None) -> list[str]:
    """The parts of a comma-joined list."""
    return [part.strip() for part in (joined or "").split(",") if part.strip()]


def source_films() -> list[dict[str, Any]]:
    """The source's films, one dictionary each, lists as lists, slips mended.

    Raises:
        ValueError: a name that sounds like several people and stands neither in `SEVERAL` nor in `ONE`.
    """
    source = importlib.resources.files("bokeh_sampledata") / "_data" / "movies.db"
    with importlib.resources.as_file(source) as path, sqlite3.connect(path) as connection:
        connection.row_factory = sqlite3.Row
        rows = [dict(row) for row in connection.execute(QUERY)]
    films: dict[str, dict[str, Any]] = {}
    for row in rows:
        for column in ("directors", "writers", "cast"):
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
    names = {name for film in films.values() for c in ("directors", "writers", "cast") for name in film[c]}
    if unknown := sorted(name for name in names if SOUNDS_LIKE_SEVERAL.search(name) and name not in ONE):
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
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
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
