"""A dense matrix of intents by questions: each cell yes, no or unknown.

    animal,Does it fly?,Does it lay eggs?
    Bat,yes,no
    Hen,unknown,yes

Each question becomes a flag with its own text.  Nothing is guessed: a cell that is not one of `CELLS` is refused.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path

from sim.catalogue.catalogue import CatalogueError
from sim.files import LARGEST, read_text
from sim.importers.imported import Facets, Imported, clean, clean_name
from sim.names.did_you_mean import did_you_mean, there_are

CELLS: Mapping[str, str] = {
    **dict.fromkeys(("yes", "y", "true", "t", "1", "1.0"), "yes"),
    **dict.fromkeys(("no", "n", "false", "f", "0", "0.0"), "no"),
    **dict.fromkeys(("", "unknown", "?"), ""),
}
"""What a cell may say, in lower case, to yes, no or unknown ("")."""
PRIOR = "prior"
"""The column of weights, where one is called so."""


def import_matrix(path: Path, *, questions: Path | None = None, name: str = "", prior: str = "") -> Imported:
    """The table and sidecar of a matrix in CSV (commas).

    Args:
        path: the matrix; its first line holds the questions, or their ids.
        questions: a CSV file of two columns, id and text, where the matrix holds ids.
        name: the column of intents' names; "" for the first.
        prior: the column of weights; "" for one called "prior", if there is one.

    Raises:
        CatalogueError: not such a table, a cell that is neither yes, no nor unknown, a name or question twice; with
            its place.
    """
    header, rows = _read(path)
    at = _column(path, header, name, "name") if name else 0
    weights = _column(path, header, prior, "prior") if prior else header.index(PRIOR) if PRIOR in header[1:] else -1
    texts = _texts(questions, path, [h for k, h in enumerate(header) if k not in (at, weights)]) if questions else {}
    facets = Facets({"name": _distinct(path, header[at], [(line, row[at]) for line, row in rows])})
    sidecar = {"name": "name", "noun": _noun(header[at]), "prior": "", "source": path.name}
    if weights >= 0:
        facets.columns[PRIOR] = [clean(row[weights]) for _, row in rows]
        sidecar["prior"] = PRIOR
    for k, label in enumerate(header):
        if k not in (at, weights):
            cells = [_cell(path, line, label, row[k]) for line, row in rows]
            facets.add_flag(label, texts.get(label, label if label.endswith("?") else ""), cells)
    return Imported(columns=facets.columns, sidecar=sidecar | {"facets": facets.tables}, notes=facets.notes())


def _read(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """The header, and each row with the line that it ends at."""
    reader = csv.reader(io.StringIO(read_text(path, CatalogueError, LARGEST).lstrip("\ufeff"), newline=""), strict=True)
    try:
        lines = [(reader.line_num, row) for row in reader if row]
    except csv.Error as error:
        raise CatalogueError(f"{path}, line {reader.line_num}: {error}; look for a stray quote in it") from None
    if len(lines) < 2 or len(lines[0][1]) < 2:
        raise CatalogueError(f"{path}: no matrix; its first line must hold the questions, each other line an intent")
    header = [clean(cell) for cell in lines[0][1]]
    for k, label in enumerate(header):
        if not label and k:
            raise CatalogueError(f"{path}, line 1: column {k + 1} has no question")
        if label in header[:k]:
            raise CatalogueError(f"{path}, line 1: the question '{label}' stands twice, in columns "
                                 f"{header.index(label) + 1} and {k + 1}; keep one")  # fmt: skip
    for line, row in lines[1:]:
        if len(row) != len(header):
            raise CatalogueError(f"{path}, line {line}: {len(row)} values where the header has {len(header)}; "
                                 "put a value that holds a comma in quotes")  # fmt: skip
    return header, lines[1:]


def _cell(path: Path, line: int, label: str, cell: str) -> str:
    said = CELLS.get(cell.strip().lower())
    if said is None:
        raise CatalogueError(
            f"{path}, line {line}, column '{label}': {clean(cell)[:40]!r} is neither yes, no nor unknown; "
            "write yes or 1, no or 0, unknown or nothing"
        )
    return said


def _column(path: Path, header: list[str], name: str, what: str) -> int:
    if name not in header:
        hint = did_you_mean(name, header) + there_are(header)
        raise CatalogueError(f"{path}: no column '{name}' for the {what}{hint}")
    return header.index(name)


def _distinct(path: Path, column: str, cells: list[tuple[int, str]]) -> list[str]:
    """The intents' names, each of which is there once."""
    seen: dict[str, int] = {}
    for line, cell in cells:
        name = clean_name(cell, f"{path}, line {line}, column '{column}'")
        if name in seen:
            raise CatalogueError(f"{path}, line {line}: '{name}' is also in line {seen[name]}; names must differ")
        seen[name] = line
    return list(seen)


def _texts(path: Path, matrix: Path, labels: list[str]) -> dict[str, str]:
    """The text of each question by its id."""
    header, rows = _read(path)
    if len(header) != 2:
        raise CatalogueError(f"{path}: {len(header)} columns; it must have two, a question's id and its text")
    out: dict[str, str] = {}
    for line, (key, text) in ((line, [clean(cell) for cell in row]) for line, row in rows):
        if key in out:
            raise CatalogueError(f"{path}, line {line}: the id '{key}' stands twice; keep one")
        if not text:
            raise CatalogueError(f"{path}, line {line}: the question '{key}' has no text")
        out[key] = text
    for label in labels:
        if label not in out:
            raise CatalogueError(f"{path}: no text for the question '{label}' of {matrix}{did_you_mean(label, out)}")
    return out


def _noun(label: str) -> str:
    """What a row is, by the name of its column."""
    return label.lower() if label.lower() not in ("", "id", "name", "title", "label", "intent") else "item"
