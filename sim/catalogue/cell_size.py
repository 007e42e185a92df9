"""How large a cell may be: one of hundreds of megabytes is no value, and would take minutes and gigabytes to refuse.

What a quote that isn't closed has swallowed looks like this too.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sim.catalogue.catalogue import CatalogueError

if TYPE_CHECKING:
    import polars as pl

LARGEST_CELL = 10_000_000
"""Bytes of a cell; characters of CSV without a separator or the end of a line."""
WAY_OUT = f"at most {LARGEST_CELL / 1e6:.0f} MB are read; look for a quote that is not closed"
CHUNK = 1 << 24
LONGEST_HEADER = 1000
"""Characters of a column's name, which stands in every question about it."""


def check_stretches(path: Path, text: str, delimiter: str) -> None:
    """That no cell of CSV is too large, as far as that shows before it is read.

    Raises:
        CatalogueError: one is; its line is named.
    """
    if len(text) <= LARGEST_CELL:
        return
    symbols = np.frombuffer(text.encode(), dtype=np.uint8)
    last = -1  # where the last separator stands
    for start in range(0, len(symbols), CHUNK):
        part = symbols[start : start + CHUNK]
        ends = start + np.flatnonzero((part == ord(delimiter)) | (part == ord("\n")))
        edges = np.concatenate([[last], ends, [start + len(part)]])
        wide = np.flatnonzero(np.diff(edges) > LARGEST_CELL)
        if len(wide):
            line = 1 + np.count_nonzero(symbols[: edges[wide[0]] + 1] == ord("\n"))
            raise CatalogueError(f"{path}, line {line}: a cell that is too large; {WAY_OUT}")
        last = edges[-2]


def check_header(path: Path, names: Iterable[str]) -> None:
    """Raises CatalogueError where a column's name is no name: longer than `LONGEST_HEADER`."""
    for number, name in enumerate(names, 1):
        if len(name) > LONGEST_HEADER:
            what = f"the name of column {number} has {len(name):,} characters; at most {LONGEST_HEADER:,} are read"
            raise CatalogueError(f"{path}: {what}, shorten it")


def check_cells(path: Path, table: pl.DataFrame) -> None:
    """That no cell of a table is too large.

    Raises:
        CatalogueError: one is; its row and column are named.
    """
    import polars as pl

    for column in table.get_columns():
        if column.dtype == pl.String:
            sizes = column.str.len_bytes()
        elif column.dtype == pl.List(pl.String):
            sizes = column.list.eval(pl.element().str.len_bytes() + 1).list.sum()
        else:
            continue
        row = sizes.arg_max()
        if row is not None and (sizes[row] or 0) > LARGEST_CELL:
            where = f"{path}, row {row + 1}, column '{column.name}'"
            message = f"{where}: a cell of {sizes[row] / 1e6:,.0f} MB; {WAY_OUT}"
            raise CatalogueError(message, row=row + 1, column=column.name)
