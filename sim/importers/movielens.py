"""MovieLens's layout: `movies.csv`, and beside it, if they are there, `tags.csv` and `ratings.csv`.

movieId,title,genres            "Night Train, The (1995)", genres with | between them
userId,movieId,tag,timestamp    tags that several people gave become a facet
userId,movieId,rating,timestamp how many people rated a film is its weight
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from pathlib import Path
from typing import Any

from sim.catalogue.catalogue import CatalogueError
from sim.files import LARGEST, check_regular, read_text
from sim.importers.imported import Facets, Imported, clean, clean_name

COLUMNS = ("movieId", "title", "genres")
"""What the header of movies.csv must name."""
NO_GENRES = "(no genres listed)"
"""What stands for none."""
MOST_TAGS = 20
"""Tags of a film, those that most people gave."""
_YEAR = re.compile(r"(?P<title>.*\S)\s*\((?P<year>\d{4})(?:\s*[-–]\s*(?:\d{4})?)?\)")
_ARTICLE = re.compile(
    r"(?P<title>.+?), (?P<article>The|An?|Les?|La|L'|Der|Die|Das|Den|Det|El|Los|Las|Il|Lo|Gli|O|Os|Une?|Ein|Eine)"
    r"(?P<rest>(?: \(.*\))?)"
)
WORDING: dict[str, dict[str, Any]] = {
    "year": {"kind": "number", "noun": "year of release", "yesno": "Was it released after {value}?",
             "open": "When was it released, roughly?", "statement": "It is from {value}."},
    "genres": {"kind": "many", "separator": "|", "noun": "genres", "yesno": "Is {value} among its genres?",
               "open": "What is one of its genres?", "statement": "{value} is one of its genres."},
}  # fmt: skip
"""How the sidecar speaks of the facets."""
TAGS = {"noun": "tags", "yesno": 'Would people tag it "{value}"?', "open": "What would people tag it with?",
        "statement": 'People would tag it "{value}".'}  # fmt: skip


def import_movielens(path: Path, *, least_tags: int = 2) -> Imported:
    """The table and sidecar of a folder in MovieLens's layout, or of its movies.csv and what is beside it.

    Args:
        path: the folder, or movies.csv.
        least_tags: so many people must have given a tag to a film.

    Raises:
        CatalogueError: no such file or columns, an id twice; with its place.
    """
    movies = path / "movies.csv" if path.is_dir() else path
    lines = _read(movies)
    ids = [line[0] for line in lines]
    split = [title_and_year(title) for _, title, _ in lines]
    facets = Facets({"id": ids, "title": [title for title, _ in split]})
    facets.columns |= {"year": [year for _, year in split],
                       "genres": ["" if genres == NO_GENRES else genres for *_, genres in lines]}  # fmt: skip
    facets.tables |= WORDING
    sidecar: dict[str, Any] = {"name": "title", "id": "id", "noun": "film", "prior": "", "source": movies.name}
    notes = [f"{n:,} of the titles end in no year" for n in [sum(not year for _, year in split)] if n]
    if (movies.parent / "tags.csv").is_file():
        tags = _tags(movies.parent / "tags.csv", ids, least_tags)
        if any(tags):
            facets.add_lists("tags", tags, **TAGS)
        given = sum(map(len, tags))
        notes.append(f"{given:,} tags of films that at least {least_tags} people gave; at most {MOST_TAGS} a film")
    if (movies.parent / "ratings.csv").is_file():
        counts = _ratings(movies.parent / "ratings.csv")
        facets.columns["ratings"] = [str(counts.get(key, 0)) for key in ids]
        sidecar |= {"prior": "ratings", "smoothing": 1}
        notes.append("the prior of a film is the number of its ratings and 1 more")
    return Imported(columns=facets.columns, sidecar=sidecar | {"facets": facets.tables}, notes=tuple(notes))


def title_and_year(text: str) -> tuple[str, str]:
    """A title as people say it, and its year, "" where there is none.

    >>> title_and_year("Night Train, The (1995)"), title_and_year("Sundown")
    (('The Night Train', '1995'), ('Sundown', ''))
    """
    found = _YEAR.fullmatch(text)
    title, year = (found["title"], found["year"]) if found else (text, "")
    moved = _ARTICLE.fullmatch(title)
    if moved:
        space = "" if moved["article"].endswith("'") else " "
        title = moved["article"] + space + moved["title"] + moved["rest"]
    return title, year


def _read(path: Path) -> list[tuple[str, str, str]]:
    """(id, title, genres) of each film."""
    reader = csv.reader(io.StringIO(read_text(path, CatalogueError, LARGEST).lstrip("\ufeff"), newline=""), strict=True)
    out: dict[str, tuple[str, str, str]] = {}
    first: dict[str, int] = {}
    try:
        header = next(reader, [])
        if tuple(cell.strip() for cell in header[:3]) != COLUMNS:
            raise CatalogueError(f"{path}, line 1: the columns must be {','.join(COLUMNS)}, found "
                                 f"{clean(','.join(header))[:80]!r}")  # fmt: skip
        for row in filter(None, reader):
            where = f"{path}, line {reader.line_num}"
            if len(row) != len(header):
                raise CatalogueError(f"{where}: {len(row)} values where the header has {len(header)}; "
                                     "put a title that holds a comma in quotes")  # fmt: skip
            key, title, genres = map(clean, row[:3])
            if not key:
                raise CatalogueError(f"{where}: the movieId is empty; each film needs its own")
            if key in first:
                raise CatalogueError(f"{where}: the movieId {key} is also in line {first[key]}; make them differ")
            first[key], out[key] = reader.line_num, (key, clean_name(title, where), genres)
    except csv.Error as error:
        raise CatalogueError(f"{path}, line {reader.line_num}: {error}; look for a stray quote in it") from None
    if not out:
        raise CatalogueError(f"{path}: no film in it")
    return list(out.values())


def _counted(path: Path, columns: list[str]) -> Any:
    """How often each combination of these columns of a large CSV file occurs, as a polars frame of texts."""
    import polars as pl

    check_regular(path, CatalogueError, LARGEST)
    try:
        lines = pl.scan_csv(path, infer_schema=False)
        missing = [column for column in columns if column not in lines.collect_schema().names()]
        if missing:
            raise CatalogueError(f"{path}, line 1: no column '{missing[0]}'; it needs {', '.join(columns)}")
        return lines.group_by(columns).len().collect()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise CatalogueError(f"{path} can't be read as CSV: {str(error).splitlines()[0]}") from None


def _ratings(path: Path) -> dict[str, int]:
    """How many ratings each film has, by its id."""
    return dict(_counted(path, ["movieId"]).iter_rows())


def _tags(path: Path, ids: list[str], least: int) -> list[list[str]]:
    """The tags of each film, those that most people gave first; upper and lower case are the same."""
    people: dict[str, Counter[str]] = {}
    seen: set[tuple[str, str, str]] = set()
    for user, film, tag, _ in _counted(path, ["userId", "movieId", "tag"]).sort("userId", "movieId", "tag").iter_rows():
        word = clean(tag or "").lower()
        if word and (user, film, word) not in seen:
            seen.add((user, film, word))
            people.setdefault(film, Counter())[word] += 1
    out = []
    for key in ids:
        ranked = sorted(people.get(key, Counter()).items(), key=lambda pair: (-pair[1], pair[0]))
        out.append([word for word, count in ranked if count >= least][:MOST_TAGS])
    return out
