"""Builds movies.parquet from the film database in bokeh-sampledata (>= 2026.1; CC0, from Wikidata).

    pip install --no-deps "bokeh-sampledata>=2026.1"
    python -m sim.data.build_movies

Kept are the films that have a genre, a director and a cast.  What is mended:

- Names with a comma in them ("Ed Begley, Jr.", "Prince Philip, Duke of Edinburgh") are split in the source's
  comma-joined lists.  The lists of people are sorted by whole name, so that a suffix stands right behind its name, and
  a title that breaks the order belongs to the name before it.  "Jr." and its like are joined without the comma, as the
  source writes most of them; other parts keep it.
- Runtimes under 20 minutes are unknown (one film, "Machuca", is said to last 1).  Those over five hours were looked at
  one by one and are right: "Out 1" does last 776 minutes, "Shoah" 540.
- Reviews unknown (3 films) count as none.

The same input gives the same bytes of data in any run; rows keep the source's order of ids.
"""

from __future__ import annotations

import importlib.resources
import re
import sqlite3
from pathlib import Path

TARGET = Path(__file__).with_name("movies.parquet")
SHORTEST = 20
"""Minutes; anything below is a slip of the source."""
SUFFIX = re.compile(r"(jr|sr|ii|iii|iv|phd|m\.?d|ltd)\.?", re.IGNORECASE)
QUERY = """
    select o.ID, o.Title, o.Year, o.Runtime, o.Genre, o.Director, o.Writer, o.Cast, o.Country, o.Language, o.Rating,
           o.Oscars, t.Reviews
    from omdb o join tomatoes t on o.ID = t.ID
    where o.Genre != '' and o.Director != '' and o.Cast != ''
    order by o.ID
"""


def people(joined: str | None) -> list[str]:
    """The names in a comma-joined list that is sorted by whole name.

    >>> people("Alan Arkin, Ed Begley, Jr., Jack Gilpin, Meghan, Duchess of Sussex, Tom Hanks")
    ['Alan Arkin', 'Ed Begley Jr.', 'Jack Gilpin', 'Meghan, Duchess of Sussex', 'Tom Hanks']
    """
    parts = plain(joined)
    out: list[str] = []
    last = ""  # the latest part that began a name
    for i, part in enumerate(parts):
        following = parts[i + 1] if i + 1 < len(parts) else part
        if out and SUFFIX.fullmatch(part):
            out[-1] += f" {part}"
        elif part < last and (following >= last or following == part):
            out[-1] += f", {part}"
        else:
            out.append(part)
            last = part
    return list(dict.fromkeys(out))


def plain(joined: str | None) -> list[str]:
    """The parts of a comma-joined list."""
    return [part.strip() for part in (joined or "").split(",") if part.strip()]


def main() -> None:
    import polars as pl

    source = importlib.resources.files("bokeh_sampledata") / "_data" / "movies.db"
    with importlib.resources.as_file(source) as path:
        rows = sqlite3.connect(path).execute(QUERY).fetchall()
    ids, title, year, runtime, genre, director, writer, cast, country, language, rating, oscars, reviews = zip(*rows)
    names = pl.List(pl.String)
    table = pl.DataFrame(
        [
            pl.Series("id", ids, pl.Int32),
            pl.Series("title", title, pl.String),
            pl.Series("reviews", [r or 0 for r in reviews], pl.Int32),
            pl.Series("year", year, pl.Int16),
            pl.Series("runtime", [m if m and m >= SHORTEST else None for m in runtime], pl.Int16, strict=False),
            pl.Series("genres", list(map(plain, genre)), names),
            pl.Series("directors", list(map(people, director)), names),
            pl.Series("writers", list(map(people, writer)), names),
            pl.Series("cast", list(map(people, cast)), names),
            pl.Series("countries", list(map(plain, country)), names),
            pl.Series("languages", list(map(plain, language)), names),
            pl.Series("rating", [r or None for r in rating], pl.String),
            pl.Series("oscar", [n > 0 for n in oscars], pl.Boolean),
        ]
    )
    table.write_parquet(TARGET, compression="zstd", compression_level=19)
    print(f"{TARGET}: {table.height:,} films, {TARGET.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
