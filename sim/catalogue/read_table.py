"""Reading a file into a polars table whose columns are text, lists of text, numbers or booleans.

polars fills short lines of CSV up without a word and doesn't say which line is broken, and a person with a broken file
needs the line.  So its reader is asked first only where that pays, in files over `LARGE`, and believed only where
nothing is doubtful: no stray quote, and the right number of separators in each line.  All else goes through Python's
strict reader, and JSONL line by line.  Everything in CSV stays text here; what it means is decided in
`sim.catalogue.columns`.

Control characters and the marks that reverse the direction of writing become spaces, for names end up in a terminal.
"""

from __future__ import annotations

import csv
import gzip
import io
import itertools
import json
import re
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.catalogue.catalogue import CatalogueError
from sim.catalogue.cell_size import CHUNK, LARGEST_CELL, check_cells, check_header, check_stretches
from sim.files import LARGEST, check_regular, parse_json

if TYPE_CHECKING:
    import polars as pl

SUFFIXES = (".csv", ".csv.gz", ".tsv", ".tsv.gz", ".parquet", ".jsonl", ".jsonl.gz", ".ndjson")
"""Ends of the names of files that can be read."""
CONTROL = r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]+"
"""Control characters and those that turn the direction of text; each run of them becomes a space."""
LARGE = 1_000_000
"""Characters of CSV from which on polars reads it, where nothing in it is doubtful."""
QUOTED = r'(?:(?<=[{0}\n])|\A)"[^"]*(?:""[^"]*)*"(?=[{0}\r\n]|\Z)'
"""A field that is quoted by the book, given the separator."""
MISSING = ("", "NA", "N/A", "n/a", "n.a.", "<NA>", "NaN", "nan", "null", "NULL", "-", "--", "–", "—", "?",
           "#N/A", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NULL!", "#NUM!")  # fmt: skip
"""Cells that stand for nothing, and what spreadsheets write where a formula has failed."""
DELIMITERS = (",", "\t", ";")
"""What may part the cells of a line."""
TITLE_LINES = 20
"""The most lines above the header."""


def read_table(path: Path, notes: list[str] | None = None) -> pl.DataFrame:
    """The table in a CSV, TSV, Parquet or JSONL file (CSV, TSV and JSONL may be gzipped).

    Text is trimmed; cells that stand for nothing (`MISSING`) are null.  Of CSV, rows without a value are left out.

    Args:
        notes: what was left out is appended here.

    Raises:
        CatalogueError: no such file, not a table, no rows, broken line, invalid UTF-8, a column twice.
    """
    if path.is_dir():
        raise CatalogueError(f"{path} is a folder; give a file ({', '.join(SUFFIXES)})")
    if not path.exists():
        raise CatalogueError(f"{path} doesn't exist; check the path, or name a built-in catalogue")
    check_regular(path, CatalogueError, LARGEST)
    name = path.name.lower()
    if not name.endswith(SUFFIXES):
        raise CatalogueError(f"{path} is not a table that can be read; its name must end in {', '.join(SUFFIXES)}")
    notes = [] if notes is None else notes
    separated = ".csv" in name or ".tsv" in name
    try:
        if name.endswith(".parquet"):
            table = _parquet(path)
        elif separated:
            table = _csv(path, _text(path), notes)
        else:
            table = _jsonl(path, _text(path))
    except OSError as error:
        raise CatalogueError(f"{path} can't be read: {error.strerror or error}") from None
    if table.height == 0:
        raise CatalogueError(f"{path} has no rows; a catalogue needs at least one")
    check_header(path, table.columns)
    check_cells(path, table)
    names = [_column(name) for name in table.columns]
    _distinct(path, names)
    table = _clean([column.alias(name) for name, column in zip(names, table.get_columns(), strict=True) if name])
    return _without_empty_rows(path, table, notes) if separated else table


def _text(path: Path) -> str:
    data = path.read_bytes()
    if data[:2] == b"\x1f\x8b":
        try:
            with gzip.GzipFile(fileobj=io.BytesIO(data)) as packed:
                data = packed.read(LARGEST + 1)
        except (OSError, EOFError, zlib.error):
            raise CatalogueError(f"{path} is a damaged gzip file; unpack or fetch it again") from None
    if len(data) > LARGEST:
        raise CatalogueError(f"cannot read {path}: unpacked it has more than {LARGEST / 1e6:,.0f} MB")
    if not data.strip():
        raise CatalogueError(f"{path} is empty; a catalogue needs a header and at least one row")
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise CatalogueError(f"{path} is UTF-16; save it as UTF-8")
    if b"\0" in data[:100_000]:
        raise CatalogueError(f"{path} is not a table: it holds binary data; export it as CSV, JSONL or Parquet")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise CatalogueError(
            f"{path} is not valid UTF-8: line {line} has the byte 0x{data[error.start]:02x} at offset {error.start}; "
            "save the file as UTF-8"
        ) from None


def _without_empty_rows(path: Path, table: pl.DataFrame, notes: list[str]) -> pl.DataFrame:
    import polars as pl

    kept = table.filter(~pl.all_horizontal(pl.all().is_null()))
    if kept.height == 0:
        raise CatalogueError(f"{path} has no rows; a catalogue needs at least one")
    if kept.height < table.height:
        notes.append(f"{_count(table.height - kept.height, 'row')} without a value left out; the others are counted")
    return kept


def _csv(path: Path, text: str, notes: list[str]) -> pl.DataFrame:
    import polars as pl

    text, delimiter = _delimiter(text)
    check_stretches(path, text, delimiter)
    if len(text) > LARGE:
        table = _csv_by_polars(text, delimiter)
        if table is not None:
            return table
    limit = csv.field_size_limit(LARGEST_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    lines = ((reader.line_num, row) for row in reader)
    try:
        first = list(itertools.islice(lines, TITLE_LINES))
        at = _header_at(path, [row for _, row in first])
        if at and any(map(bool, first[0][1])):
            notes.append(f"the header is line {first[at][0]}; what stands above it is left out")
        header = [_column(name) for name in first[at][1]]
        rows = list(_rows(path, itertools.chain(first[at + 1 :], lines), len(header)))
    except csv.Error as error:
        raise CatalogueError(f"{path}, line {reader.line_num}: {error}; look for a stray quote in it") from None
    finally:
        csv.field_size_limit(limit)
    _distinct(path, header)
    return pl.DataFrame(
        [pl.Series(h, column, dtype=pl.String) for h, column in zip(header, zip(*rows), strict=True) if h]
        if rows
        else {h: pl.Series(h, [], dtype=pl.String) for h in header if h}
    )


def _delimiter(text: str) -> tuple[str, str]:
    """The text, without the line in which Excel names its separator, and what parts the cells of its first lines."""
    named = re.match(r"sep=([,;\t])\r?\n", text, re.IGNORECASE)
    if named is not None:
        return "\n" + text[named.end() :], named[1]
    lines = text.split("\n", TITLE_LINES)[:TITLE_LINES]
    for line in lines:
        best = max(DELIMITERS, key=line.count)
        if sum(bool(cell.strip()) for cell in line.split(best)) > 1:
            return text, best
    return text, max(DELIMITERS, key=lines[0].count)


def _header_at(path: Path, first: list[list[str]]) -> int:
    """Which of the first rows names the columns.

    Empty rows above it are left out, and titles: a cell alone above a row of several words.
    """
    filled = [sum(bool(_column(cell)) for cell in row) for row in first]
    found = [k for k, n in enumerate(filled) if n]
    if not found:
        raise CatalogueError(f"{path} has no header; its first line must name the columns")
    at, below = found[0], found[min(1, len(found) - 1)]
    wide = len(first[at]) == 1 or len(first[at]) == len(first[below]) > 2
    if filled[at] == 1 < filled[below] and wide and not any(map(_is_figure, first[below])):
        at = below
    if at and all(_is_figure(cell) for cell in first[at] if cell.strip()):
        raise CatalogueError(f"{path} has no header; its first line must name the columns")
    return at


def _is_figure(cell: str) -> bool:
    return re.fullmatch(r"\s*[-+.,\d]+\s*", cell) is not None


def _rows(path: Path, lines: Iterable[tuple[int, list[str]]], width: int) -> Iterator[list[str]]:
    """The rows below the header; lines without a cell are none."""
    row_number = 0
    for line, row in lines:
        if not row:
            continue
        row_number += 1
        if len(row) != width:
            raise CatalogueError(
                f"{path}, line {line}: {_count(len(row), 'value')} where the header has {width}; "
                "put a value that holds the separator in quotes",
                row=row_number,
            )
        yield row


def _csv_by_polars(text: str, delimiter: str) -> pl.DataFrame | None:
    """The table, or None where anything is doubtful: stray quotes and lone carriage returns are read differently."""
    import polars as pl

    bare = re.sub(QUOTED.format(re.escape(delimiter)), "", text) if '"' in text else text
    if '"' in bare or ("\r" in bare and "\r" in bare.replace("\r\n", "\n")):
        return None
    end = text.find("\n")
    first = text if end < 0 else text[:end]
    header = [_column(h) for h in next(csv.reader([first], delimiter=delimiter), [])]
    if first.count('"') % 2 or len(header) < 2 or "" in header or len(set(header)) < len(header):
        return None
    # Outside quotes, each line must hold the header's number of separators.
    encoded = text.encode()
    lines = _even_lines(encoded if bare is text else bare.encode(), ord(delimiter), len(header) - 1)
    if lines is None:
        return None
    try:
        table = pl.read_csv(encoded, infer_schema=False, separator=delimiter)
    except pl.exceptions.PolarsError:
        return None
    if table.width != len(header) or table.height != lines - 1:
        return None
    return table.rename(dict(zip(table.columns, header, strict=True)))


def _even_lines(text: bytes, separator: int, each: int) -> int | None:
    """How many lines a text has; None where not each holds so many separators."""
    symbols = np.frombuffer(text, dtype=np.uint8)
    lines = since = 0  # separators since the last end of a line
    for start in range(0, len(symbols), CHUNK):
        part = symbols[start : start + CHUNK]
        at = np.flatnonzero((part == separator) | (part == ord("\n")))
        ends = np.flatnonzero(part[at] == ord("\n"))
        found = np.diff(ends, prepend=-1) - 1
        if len(found):
            found[0] += since
            since = 0
        if np.any(found != each):
            return None
        lines, since = lines + len(ends), since + len(at) - 1 - (ends[-1] if len(ends) else -1)
    if text.endswith(b"\n"):
        return lines
    return lines + 1 if since == each else None


def _jsonl(path: Path, text: str) -> pl.DataFrame:
    import polars as pl

    records: list[dict[str, Any]] = []
    keys: dict[str, None] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        record = parse_json(line, f"{path}, line {number}", CatalogueError, "; each line must hold one object")
        if not isinstance(record, dict):
            raise CatalogueError(f"{path}, line {number}: a JSON {_json_kind(record)} where an object is needed")
        records.append(record)
        keys.update(dict.fromkeys(record))
    safe = {key: _column(_flat(key)) for key in keys}
    columns = []
    for key in keys:
        cells = [r.get(key) for r in records]
        known = [c for c in cells if c is not None]
        if any(isinstance(c, list) for c in known):
            several = (c if isinstance(c, list) or c is None else [c] for c in cells)
            lists = [None if c is None else [_flat(x) for x in c if x is not None] for c in several]
            columns.append(pl.Series(safe[key], lists, dtype=pl.List(pl.String)))
        elif known and all(isinstance(c, bool) for c in known):
            columns.append(pl.Series(safe[key], cells, dtype=pl.Boolean))
        elif known and all(type(c) is float or (type(c) is int and abs(c) < 1 << 62) for c in known):
            columns.append(pl.Series(safe[key], [None if c is None else float(c) for c in cells], dtype=pl.Float64))
        else:
            columns.append(pl.Series(safe[key], [None if c is None else _flat(c) for c in cells], dtype=pl.String))
    _distinct(path, [c.name for c in columns])
    return pl.DataFrame(columns)


def _parquet(path: Path) -> pl.DataFrame:
    import polars as pl

    try:
        return pl.read_parquet(path, use_statistics=False)
    except (pl.exceptions.PolarsError, OSError):
        raise CatalogueError(f"{path} is not a Parquet file, or a damaged one; write it again") from None


def _clean(columns: list[pl.Series]) -> pl.DataFrame:
    """Each column as String, List(String), Float64 or Boolean; others (structs, binary) are left for the inference."""
    import polars as pl

    out = []
    for column in columns:
        kind = column.dtype
        if isinstance(kind, pl.Categorical | pl.Enum):
            column = column.cast(pl.String)
            kind = pl.String
        if kind.is_numeric():
            column = column.cast(pl.Float64) if not kind.is_integer() else column
        elif kind in (pl.Date, pl.Datetime):
            column = column.dt.strftime("%Y-%m-%d")
        elif kind == pl.String:
            column = _tidy(column)
            column = column.set(column.is_in(MISSING), None)
        elif isinstance(kind, pl.List | pl.Array):
            lists = column.cast(pl.List(pl.String)) if not _nested(kind) else column
            column = lists
        out.append(column)
    return pl.DataFrame(out)


def _tidy(column: pl.Series) -> pl.Series:
    if column.str.contains(CONTROL).any():
        column = column.str.replace_all(CONTROL, " ")
    return column.str.strip_chars()


def _nested(kind: Any) -> bool:
    return kind.inner.is_nested()


def _column(name: str) -> str:
    """A column's name as it is shown and looked up."""
    return re.sub(CONTROL, " ", name).strip()


def _distinct(path: Path, header: list[str]) -> None:
    seen = set()
    for name in header:
        if name in seen:
            raise CatalogueError(f"{path} has two columns named '{name}'; rename one", column=name)
        if name:
            seen.add(name)
    if not seen:
        raise CatalogueError(f"{path} has no header; its first line must name the columns")


def _flat(x: Any) -> str:
    if isinstance(x, bool):
        return "true" if x else "false"
    if isinstance(x, float) and x.is_integer() and abs(x) < 1e15:
        return str(int(x))
    text = json.dumps(x, ensure_ascii=False) if isinstance(x, dict | list) else str(x)
    return text.encode("utf-8", "replace").decode()  # JSON can spell half a character, which no file can hold


def _json_kind(x: Any) -> str:
    return {list: "array", str: "string", bool: "boolean", type(None): "null"}.get(type(x), "number")


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"
