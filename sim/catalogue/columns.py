"""What a table's columns are: name, id, prior, facets of some kind, or no facet at all, and why.

The rules, in order, for a column that the sidecar says nothing of:

- no value, or the same in every row: ignored, it tells nothing;
- booleans, and text that says yes/no, true/false, y/n, t/f or 0/1 throughout: `flag`;
- numbers: `number`; text of which nine tenths are numbers too, the rest is reported and unknown;
- lists, and text with a separator (| ; ,) whose pieces are short and come again: `many`;
- text of more than 60 characters on average, or different in nearly every row: a description or an identifier, ignored;
- other text: `one`.

A sidecar's `kind` overrides all of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from sim.catalogue.sidecar import FacetSpec, Sidecar
from sim.catalogue.wording import Kind
from sim.names.did_you_mean import did_you_mean, there_are

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

NAMES = ("name", "title", "product_name", "product", "label", "item", "intent", "animal", "film", "movie", "book")
IDS = ("id", "sku", "ean", "upc", "barcode", "uuid", "guid", "isbn")
PRIORS = ("prior", "popularity")
FLAGS = ({"true": True, "false": False}, {"yes": True, "no": False}, {"t": True, "f": False}, {"y": True, "n": False},
         {"1": True, "0": False})  # fmt: skip
SEPARATORS = ("|", ";", ",")
LONG_TEXT = 60
MOSTLY_NUMBERS = 0.9
MANY_COLUMNS = 1000
SAMPLE = 5000
LISTED = 100
"""Bad cells of one column that are listed one by one."""


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Something wrong with a data file; row counts from 1, the header not counted."""

    severity: Literal["error", "warning"]
    message: str
    row: int | None = None
    column: str | None = None

    def to_json(self) -> dict[str, Any]:
        return {"severity": self.severity, "row": self.row, "column": self.column, "message": self.message}


@dataclass(frozen=True, kw_only=True)
class FacetPlan:
    """One column that becomes a facet."""

    name: str
    column: str
    kind: Kind
    separator: str | None = None
    spec: FacetSpec = field(default_factory=FacetSpec)


@dataclass
class TablePlan:
    """What each column is; problems found on the way."""

    name: str = ""
    id: str | None = None
    prior: str | None = None
    facets: list[FacetPlan] = field(default_factory=list)
    ignored: dict[str, str] = field(default_factory=dict)
    """Column to the reason why it is no facet."""
    problems: list[Problem] = field(default_factory=list)
    rows: np.ndarray | None = None
    """(N,) the table's row of each intent, from 0, where `top` kept only some."""

    @property
    def failed(self) -> bool:
        """Whether a problem is an error."""
        return any(p.severity == "error" for p in self.problems)

    def error(self, message: str, row: int | None = None, column: str | None = None) -> None:
        self.problems.append(Problem(severity="error", message=message, row=row, column=column))

    def warning(self, message: str, row: int | None = None, column: str | None = None) -> None:
        self.problems.append(Problem(severity="warning", message=message, row=row, column=column))


ByColumn = dict[str, tuple[str, FacetSpec]]
"""Column to the facet that the sidecar makes of it."""


def make_plan(table: pl.DataFrame, sidecar: Sidecar, where: str) -> TablePlan:
    """Roles and kinds of all columns; `where` names the file in messages."""
    plan = TablePlan()
    if len(table.columns) > MANY_COLUMNS:
        plan.warning(
            f"{where} has {len(table.columns):,} columns; loading is slow, and few people ask that many things"
        )
    by_column = _given_facets(plan, table, sidecar, where)
    for column in sidecar.ignore:
        if _exists(plan, table, column, "ignore", where):
            plan.ignored[column] = "the sidecar says so"
    _set_roles(plan, table, sidecar, by_column, where)
    taken = {plan.name, plan.id, plan.prior}
    for column in table.columns:
        if column in by_column or not (column in taken or column in plan.ignored):
            name, spec = by_column.get(column, (column, FacetSpec()))
            facet = _facet_plan(plan, table[column], name, spec)
            if facet is not None:
                plan.facets.append(facet)
    if not plan.facets and not plan.failed:
        plan.error(f"{where} has no column that could be a facet; it needs at least one besides the name")
    return plan


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
    return next((c for c in free if what != "prior" or c.lower().strip() == "prior" or _all_numbers(table[c])), None)


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
        if len(known) and known.n_unique() > 0.9 * table.height and (known.str.len_chars().mean() or 0) <= 100:  # type: ignore[operator]
            if _all_numbers(known):
                continue
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
    kind, separator, reason = spec.kind, spec.separator, ""
    if kind is None:
        kind, separator, reason = _infer(known, spec)
    elif kind == "many" and separator is None and s.dtype == pl.String:
        separator = _separator(known) or next(
            (x for x in SEPARATORS if known.str.contains(x, literal=True).any()), None
        )
    if reason:
        plan.ignored[s.name] = reason
        return None
    assert kind is not None
    if known.n_unique() == 1:
        plan.ignored[s.name] = "all rows that have a value have the same"
        plan.warning("every row has the same value or none; the column tells nothing and is ignored", column=s.name)
        return None
    _mixed(plan, s, kind)
    return FacetPlan(name=name, column=s.name, kind=kind, separator=separator, spec=spec)


def _infer(known: pl.Series, spec: FacetSpec) -> tuple[Kind, str | None, str]:
    """Kind, separator, and the reason to ignore the column (or "")."""
    import polars as pl

    if known.dtype == pl.Boolean:
        return "flag", None, ""
    if known.dtype.is_numeric():
        return ("flag" if set(known.unique()[:3]) == {0, 1} else "number"), None, ""
    if known.dtype == pl.List(pl.String):
        return "many", None, ""
    if known.dtype != pl.String:
        return "one", None, f"values of type {known.dtype} are no facet"
    distinct = known.n_unique()
    if distinct <= 8 and flag_of(known) is not None:
        return "flag", None, ""
    numbers = known.cast(pl.Float64, strict=False)
    codes = known.str.contains(r"^0\d").any()
    if not codes and len(numbers.drop_nulls()) >= MOSTLY_NUMBERS * len(known):
        return "number", None, ""
    separator = spec.separator or _separator(known)
    if separator is not None:
        return "many", separator, ""
    length = float(known.str.len_chars().mean() or 0)  # type: ignore[arg-type]
    if length > LONG_TEXT and distinct > max(2, 0.2 * len(known)):
        return "one", None, f"long text ({length:.0f} characters on average), a description"
    share = distinct / len(known)
    if share > 0.8 and len(known) > 20:
        return "one", None, f"{distinct:,} different values in {len(known):,} rows, an identifier or a description"
    return "one", None, ""


def flag_of(known: pl.Series) -> dict[str, bool] | None:
    """The pair of words that a text column keeps to, if it does; both may be missing."""
    words = {x.lower() for x in known.unique().to_list()}
    return next((pair for pair in FLAGS if words <= set(pair)), None)


def _separator(known: pl.Series) -> str | None:
    """The separator whose pieces are short and come again in other cells."""
    if len(known) > SAMPLE:
        known = known.gather_every(len(known) // SAMPLE)
    cells = known.n_unique()
    for separator in SEPARATORS:
        if known.str.contains(separator, literal=True).mean() < 0.05:  # type: ignore[operator]
            continue
        pieces = known.str.split(separator).explode().str.strip_chars()
        pieces = pieces.filter(pieces != "")
        if not len(pieces):  # cells of separators alone
            continue
        distinct = pieces.n_unique()
        short = (pieces.str.len_chars().mean() or 0) <= 40 and pieces.str.contains(r"[()\[\]]").mean() < 0.05  # type: ignore[operator]
        again = distinct < 0.9 * cells or (len(pieces) >= 2.5 * len(known) and len(pieces) >= 2 * distinct)
        if short and again:
            return separator
    return None


def _all_numbers(s: pl.Series) -> bool:
    import polars as pl

    if s.dtype.is_numeric():
        return True
    known = s.drop_nulls()
    return known.dtype == pl.String and known.cast(pl.Float64, strict=False).null_count() == 0


def _mixed(plan: TablePlan, s: pl.Series, kind: Kind) -> None:
    """Warns of cells that are of another type than their column's kind, and of values of monstrous length."""
    import polars as pl

    if s.dtype == pl.String and kind in ("number", "flag"):
        if kind == "number":
            bad = s.is_not_null() & s.cast(pl.Float64, strict=False).is_null()
            wanted = "a number"
        else:
            pair = {w for p in FLAGS for w in p}
            bad = s.is_not_null() & ~s.str.to_lowercase().is_in(list(pair))
            wanted = "yes or no"
        rows = bad.arg_true().to_list()
        for row in rows[:LISTED]:
            plan.warning(f"'{str(s[row])[:40]}' is not {wanted}; the cell counts as unknown", row + 1, s.name)
        if len(rows) > LISTED:
            plan.warning(f"{len(rows) - LISTED:,} more cells are not {wanted}", column=s.name)
    if kind == "number":
        x = s.cast(pl.Float64, strict=False)
        for row in x.is_infinite().fill_null(False).arg_true().to_list()[:LISTED]:
            plan.error(f"column '{s.name}', row {row + 1}: the number is infinite; leave it empty", row + 1, s.name)
