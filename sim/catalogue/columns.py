"""What a table's columns are: name, id, prior, facets of some kind, or no facet at all, and why.

The sidecar's `kind` decides, and `sim.catalogue.recognise` where it says nothing.  What was done with cells that are
not plain numbers and words is a note in the plan; what may have been meant otherwise is a warning with the way out.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sim.catalogue.flags import TICKS
from sim.catalogue.plan import FacetPlan, TablePlan
from sim.catalogue.reading import Reading
from sim.catalogue.recognise import (
    SEPARATORS,
    Recognised,
    distinct_numbers,
    find_separator,
    flags,
    read_numbers,
    recognise,
    recognise_words,
    text_reason,
    usual_decimal,
)
from sim.catalogue.sidecar import FacetSpec, Sidecar
from sim.catalogue.spelling import folded
from sim.names.did_you_mean import did_you_mean, there_are

if TYPE_CHECKING:
    import polars as pl

NAMES = ("name", "title", "product_name", "product", "label", "item", "intent", "animal", "film", "movie", "book")
"""What a column of names is called."""
IDS = ("id", "sku", "ean", "upc", "gtin", "barcode", "uuid", "guid", "isbn", "isbn13", "isbn10")
"""What a column of identifiers is called."""
PRIORS = ("prior", "popularity")
"""What a column of weights is called."""
CODES = ("phone", "telephone", "tel", "mobile", "fax", "zip", "zip code", "zipcode", "postcode", "post code",
         "postal code", "plz")  # fmt: skip
"""What a column of figures is called that nobody counts with."""
ROW_NUMBERS = ("#", "no", "no.", "nr", "nr.", "row", "index", "unnamed: 0")
"""What a column is called that only counts the rows."""
MANY_COLUMNS = 1000
"""More are warned of."""
LARGEST_NUMBER = 1e100
"""Numbers beyond it have no bins: their differences may be infinite."""
LISTED = 100
"""Bad cells of one column that are listed one by one."""


ByColumn = dict[str, tuple[str, FacetSpec]]
"""Column to the facet that the sidecar makes of it."""


def make_plan(table: pl.DataFrame, sidecar: Sidecar, where: str) -> TablePlan:
    """Roles and kinds of all columns; `where` names the file in messages."""
    plan = TablePlan(usual_decimal=usual_decimal(table.get_columns()))
    if len(table.columns) > MANY_COLUMNS:
        plan.warning(
            f"{where} has {len(table.columns):,} columns; loading is slow, and few people ask that many things"
        )
    by_column = _given_facets(plan, table, sidecar, where)
    for column in sidecar.ignore:
        if _exists(plan, table, column, "ignore", where):
            plan.ignored[column] = "the sidecar says so"
    for column in sidecar.text or ():
        if _exists(plan, table, column, "text", where):
            _given_text(plan, table[column], column in by_column, where)
    _set_roles(plan, table, sidecar, by_column, where)
    taken = {plan.name, plan.id, plan.prior}
    for column in table.columns:
        if column in by_column or not (column in taken or column in plan.ignored):
            name, spec = by_column.get(column, (column, FacetSpec()))
            facet = _facet_plan(plan, table[column], name, spec)
            if facet is not None:
                plan.facets.append(facet)
    if sidecar.text is not None:
        plan.texts = [column for column in sidecar.text if column in table.columns]
    if not plan.facets and not plan.failed:
        plan.error(f"{where} has no column that could be a facet; it needs at least one besides the name")
    return plan


def _given_text(plan: TablePlan, s: pl.Series, is_facet: bool, where: str) -> None:
    """A column that the sidecar calls free text; a facet of its own beside that only where the sidecar has one."""
    import polars as pl

    if s.dtype != pl.String and len(s.drop_nulls()):
        plan.error(f"{where}, column '{s.name}': the sidecar's text must be one text a row", column=s.name)
    elif not is_facet:
        plan.ignored[s.name] = text_reason(float(s.str.len_chars().mean() or 0) if s.dtype == pl.String else 0.0)  # type: ignore[arg-type]


def _given_facets(plan: TablePlan, table: pl.DataFrame, sidecar: Sidecar, where: str) -> ByColumn:
    """The facets of the sidecar whose columns are there."""
    by_column: ByColumn = {}
    for name, spec in sidecar.facets.items():
        column = spec.column or name
        if _exists(plan, table, column, f"facet '{name}'", where):
            if column in by_column:
                plan.error(f"{where}: facets '{by_column[column][0]}' and '{name}' share the column", column=column)
            by_column[column] = (name, spec)
    return by_column


def _set_roles(plan: TablePlan, table: pl.DataFrame, sidecar: Sidecar, by_column: ByColumn, where: str) -> None:
    """Which columns hold names, ids and the prior."""
    import polars as pl

    plan.prior = _role(plan, table, sidecar.prior, "prior", PRIORS, by_column, where)
    plan.id = _role(plan, table, sidecar.id, "id", (), by_column, where) or _find_id(table, by_column, plan)
    plan.name = _role(plan, table, sidecar.name, "name", NAMES, by_column, where) or _find_name(table, by_column, plan)
    for role in ("name", "id", "prior"):
        column = getattr(plan, role)
        if column and (table[column].dtype.is_nested() or table[column].dtype in (pl.Binary, pl.Object)):
            plan.error(f"{where}, column '{column}': the {role} must be one text or number a row", column=column)
            setattr(plan, role, None)
    if not plan.name and not plan.failed:
        columns = table.columns
        plan.error(
            f"{where} has no column that names its rows; call one 'name', or put name = \"COLUMN\" in a sidecar "
            f"({', '.join(columns[:10])}{', ...' if len(columns) > 10 else ''})"
        )


def _exists(plan: TablePlan, table: pl.DataFrame, column: str, what: str, where: str) -> bool:
    if column in table.columns:
        return True
    hint = did_you_mean(column, table.columns) + there_are(table.columns)
    plan.error(f"{where}: the sidecar's {what} names the column '{column}', which isn't there{hint}", column=column)
    return False


def _role(
    plan: TablePlan, table: pl.DataFrame, given: str | None, what: str, usual: tuple[str, ...], by_column: ByColumn,
    where: str,
) -> str | None:  # fmt: skip
    """The column of a role: what the sidecar says, else a free one of a usual name."""
    if given is not None:
        return given if given and _exists(plan, table, given, what, where) else None
    lower = {c.lower().strip(): c for c in reversed(table.columns)}
    free = (lower[u] for u in usual if u in lower and lower[u] not in by_column and lower[u] not in plan.ignored)
    if what == "prior":
        free = (c for c in free if c.lower().strip() == "prior" or _is_number(plan, table[c]))
    return next(free, None)


def _find_id(table: pl.DataFrame, by_column: ByColumn, plan: TablePlan) -> str | None:
    for column in table.columns:
        lower = column.lower().strip()
        if column in by_column or column in plan.ignored or column == plan.prior:
            continue
        if lower == "id":
            return column
        if lower in IDS or lower.endswith(("_id", " id")):
            s = table[column]
            if not s.dtype.is_nested() and s.null_count() == 0 and s.n_unique() == len(s):
                return column
    return None


def _find_name(table: pl.DataFrame, by_column: ByColumn, plan: TablePlan) -> str:
    """A column called something like a name; else the first of short text that is different in nearly every row."""
    import polars as pl

    free = [c for c in table.columns if c not in by_column and c not in plan.ignored and c not in (plan.id, plan.prior)]
    text = [c for c in free if table[c].dtype == pl.String]
    for column in text:
        if column.lower().endswith(("name", "title")):
            return column
    for column in text:
        known = table[column].drop_nulls()
        unique = known.n_unique() > 0.9 * table.height and (known.str.len_chars().mean() or 0) <= 100  # type: ignore[operator]
        if len(known) and unique and not _is_number(plan, known):
            return column
    return ""


def _facet_plan(plan: TablePlan, s: pl.Series, name: str, spec: FacetSpec) -> FacetPlan | None:
    import polars as pl

    known = s.drop_nulls()
    if (s.dtype.is_nested() and s.dtype != pl.List(pl.String)) or s.dtype in (pl.Binary, pl.Object):
        plan.ignored[s.name] = f"values of type {s.dtype} are no facet"
        return None
    if len(known) == 0:
        plan.ignored[s.name] = "no row has a value"
        plan.warning("no row has a value; the column is ignored", column=s.name)
        return None
    if spec.kind is not None:
        found = _given(known, spec)
    elif known.dtype == pl.String and s.name.lower().strip() in CODES:
        found = recognise_words(known, spec)
    else:
        found = recognise(known, spec, plan.usual_decimal)
    reason = found.reason or ("" if spec.kind else _mere_label(s, known, found))
    if reason:
        plan.ignored[s.name] = reason
        plan.texts += [s.name] * found.text
        return None
    reading = found.reading
    if s.dtype == pl.String and found.kind == "number":
        reading = read_numbers(s, spec, plan.usual_decimal)
    elif found.kind == "flag":
        reading = flags(s, spec)
    if _says_one_thing(known, reading):
        plan.ignored[s.name] = "all rows that have a value have the same"
        _warn_of_one_thing(plan, s, known)
        return None
    if found.kind == "number":
        _check_sizes(plan, s, reading)
    if reading is not None:
        _report(plan, s, reading)
    return FacetPlan(name=name, column=s.name, kind=found.kind, separator=found.separator, spec=spec, reading=reading)


def _given(known: pl.Series, spec: FacetSpec) -> Recognised:
    """What the sidecar says that a column is."""
    import polars as pl

    assert spec.kind is not None
    separator = spec.separator
    if spec.kind == "many" and separator is None and known.dtype == pl.String:
        separator = find_separator(known) or next(
            (x for x in SEPARATORS if known.str.contains(x, literal=True).any()), None
        )
    return Recognised(kind=spec.kind, separator=separator)


def _mere_label(s: pl.Series, known: pl.Series, found: Recognised) -> str:
    """Why numbers are none that anybody would ask about, by the column's name; "" where they may be."""
    import polars as pl

    lower = s.name.lower().strip()
    if found.kind != "number":
        return ""
    numbers = known.cast(pl.Float64, strict=False)
    if lower in IDS or lower.endswith(("_id", " id")):
        distinct = known.n_unique()
        return f"{distinct:,} different values, an identifier" if distinct > 0.8 * len(known) else ""
    counts = len(numbers) == len(s) and not numbers.is_null().any() and bool((numbers.diff().drop_nulls() == 1).all())
    return "it only counts the rows" if lower in ROW_NUMBERS and counts and numbers[0] in (0, 1) else ""


def _says_one_thing(known: pl.Series, reading: Reading | None) -> bool:
    import polars as pl

    if reading is not None:
        return distinct_numbers(reading) == 1
    distinct = known.n_unique()
    if known.dtype == pl.String and 1 < distinct <= 10:
        return len({folded(x) for x in known.unique().to_list()}) == 1
    return distinct == 1


def _warn_of_one_thing(plan: TablePlan, s: pl.Series, known: pl.Series) -> None:
    import polars as pl

    message = "every row has the same value or none; the column tells nothing and is ignored"
    if known.dtype == pl.String and len(known) < len(s) and str(known[0]).lower() in TICKS:
        message += f'; if an empty cell means no, put kind = "flag" and empty = "no" under [facets.{s.name}]'
    plan.warning(message, column=s.name)


def _is_number(plan: TablePlan, s: pl.Series) -> bool:
    """Whether nearly all of a column are numbers or dates."""
    known = s.drop_nulls()
    return (
        len(known) > 0
        and not s.dtype.is_nested()
        and recognise(known, FacetSpec(), plan.usual_decimal).kind == "number"
    )


def _report(plan: TablePlan, s: pl.Series, reading: Reading) -> None:
    """Notes what was done with a column's cells, and warns of those that could not be read."""
    plan.read(s.name, *reading.done)
    if reading.unread:
        plan.unread[s.name] = reading.unread_in_words()
    for doubt in reading.doubts:
        plan.warning(doubt, column=s.name)
    for row in reading.unread[:LISTED]:
        text = f"'{str(s[row])[:40]}' is not {reading.wanted}; the cell counts as unknown"
        plan.warning(text, row + 1, s.name)
    if len(reading.unread) > LISTED:
        plan.warning(f"{len(reading.unread) - LISTED:,} more cells are not {reading.wanted}", column=s.name)


def _check_sizes(plan: TablePlan, s: pl.Series, reading: Reading | None) -> None:
    import numpy as np
    import polars as pl

    x = s.cast(pl.Float64, strict=False).fill_null(math.nan).to_numpy() if reading is None else reading.numbers
    for row in np.flatnonzero(np.abs(x) > LARGEST_NUMBER).tolist()[:LISTED]:
        what = "infinite" if math.isinf(x[row]) else f"beyond {LARGEST_NUMBER:g}"
        plan.error(f"column '{s.name}', row {row + 1}: the number is {what}; leave it empty", row + 1, s.name)
