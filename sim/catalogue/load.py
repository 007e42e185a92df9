"""`load`: a catalogue from a built-in name or from a file.

A file goes through three steps, each a module: `sim.catalogue.read_table` reads it, `sim.catalogue.columns` decides
what each column is (the sidecar of `sim.catalogue.sidecar` overrides it), and here the facets are made.  Every error is
a `CatalogueError`; what is merely odd is a warning that `sim.describe.check_catalogue` lists and nobody else sees.

polars is imported inside functions, for importing it takes longer than the whole of a command's `--help`.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.catalogue.catalogue import Catalogue, CatalogueError, Facet, make_facet, named_facet
from sim.catalogue.columns import LARGEST_NUMBER, make_plan
from sim.catalogue.dates import dated_words
from sim.catalogue.kept_catalogue import kept_catalogue
from sim.catalogue.months import month_facet
from sim.catalogue.plan import FacetPlan, Problem, TablePlan
from sim.catalogue.quantities import read_quantities
from sim.catalogue.read_table import CONTROL, SUFFIXES, read_table
from sim.catalogue.sidecar import FacetSpec, Sidecar, make_sidecar, read_sidecar
from sim.catalogue.spelling import spellings, spellings_listed
from sim.catalogue.wording import Wording
from sim.files import user_path
from sim.names.did_you_mean import did_you_mean, there_are

if TYPE_CHECKING:
    import polars as pl

FOLDER = Path(__file__).parent.parent / "data"
BUILT_IN: dict[str, tuple[str, dict[str, Any]]] = {
    "movies": ("movies.parquet", {}),
    "movies-1k": ("movies.parquet", {"top": 1000, "title": "movies-1k"}),
    "famous": ("famous.parquet", {}),
    "groceries": ("groceries.csv", {}),
    "animals": ("animals.csv", {}),
    "toy": ("toy.csv", {}),
}
"""Name of each built-in catalogue to its file in `sim/data` and the sidecar's keys that it overrides."""
LONGEST = 1000
"""Longer values are cut to this many characters."""
LEAST_SHARE = 1e-30
"""Priors that are smaller parts of the largest are lost in rounding."""
MONSTROUS = 100_000
"""Values longer than this are warned of."""


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """A catalogue and what was found on the way to it."""

    catalogue: Catalogue
    ignored: dict[str, str]
    """Column to the reason why it is no facet."""
    problems: tuple[Problem, ...]
    """Warnings and notes."""
    read: dict[str, str]
    """Facet to what was done with cells that are not plain words and numbers, and which could not be read."""


def load(name_or_path: str | Path | Catalogue, **overrides: Any) -> Catalogue:
    """A built-in catalogue, or one from a CSV, TSV, Parquet or JSONL file.

    Args:
        name_or_path: one of `BUILT_IN`, a path, or a catalogue, which is returned as it is.
        overrides: keys of the sidecar (`sim.catalogue.sidecar.Sidecar`): `load("x.csv", prior="sales", top=500)`.

    Raises:
        CatalogueError: an unknown name, or a file that can't be used.
    """
    if isinstance(name_or_path, Catalogue):
        return name_or_path
    if not overrides and str(name_or_path) in BUILT_IN:
        return _built_in(str(name_or_path))
    return _kept(name_or_path, overrides)


@functools.cache
def _built_in(name: str) -> Catalogue:
    return _kept(name, {})


def _kept(name_or_path: str | Path, overrides: dict[str, Any]) -> Catalogue:
    path, given = resolve(name_or_path)
    return kept_catalogue(path, {**given, **overrides}, lambda: load_with_report(name_or_path, **overrides).catalogue)


def load_with_report(name_or_path: str | Path, **overrides: Any) -> Loaded:
    """As `load`, with the ignored columns and the warnings.

    Raises:
        CatalogueError: the first error; its message says how many there are besides.
    """
    path, given = resolve(name_or_path)
    plan, catalogue = read_catalogue(path, {**given, **overrides})
    errors = [p for p in plan.problems if p.severity == "error"]
    if errors or catalogue is None:
        more = f" (and {len(errors) - 1:,} more: clarigym catalogue check {path})" if len(errors) > 1 else ""
        raise CatalogueError(errors[0].message + more, row=errors[0].row, column=errors[0].column)
    read = {f.name: sentence for f in plan.facets if (sentence := plan.sentence(f.column))}
    return Loaded(catalogue=catalogue, ignored=plan.ignored, problems=tuple(plan.problems), read=read)


def resolve(name_or_path: str | Path) -> tuple[Path, dict[str, Any]]:
    """The file behind a name or path, and the sidecar keys that a built-in name adds.

    Raises:
        CatalogueError: neither a built-in name nor anything like a path.
    """
    name = str(name_or_path)
    if name in BUILT_IN:
        file, given = BUILT_IN[name]
        return FOLDER / file, given
    path = user_path(name_or_path)
    if not path.exists() and not name.lower().endswith(SUFFIXES) and len(path.parts) <= 1:
        hint = did_you_mean(name, BUILT_IN) + there_are(tuple(BUILT_IN))
        raise CatalogueError(f"no catalogue '{name}'{hint}, nor a file of that name")
    return path, {}


def read_catalogue(path: Path, overrides: dict[str, Any]) -> tuple[TablePlan, Catalogue | None]:
    """The plan with all problems, and the catalogue unless one of them is an error.

    Raises:
        CatalogueError: the file or its sidecar can't be read at all.
    """
    notes: list[str] = []
    table = read_table(path, notes)
    sidecar = read_sidecar(path)
    if overrides:
        sidecar = make_sidecar(overrides, "load(...)", base=sidecar)
    plan = make_plan(table, sidecar, str(path))
    for note in notes:
        plan.note(note)
    weights = _weights(plan, table, sidecar, str(path))
    _check_ids(plan, table, str(path))
    _check_lengths(plan, table)
    if plan.failed:
        return plan, None
    if sidecar.top is not None and sidecar.top < table.height:
        keep = np.sort(np.argsort(-weights, kind="stable")[: sidecar.top])
        table, weights, plan.rows = table[keep], weights[keep], keep
    noun = sidecar.noun or "item"
    built = ((build_facet(table[p.column], p, plan), p.spec) for p in plan.facets)
    facets = tuple(_as_told(f, spec, plan, str(path)) for f, spec in built if len(f.values))
    facets = _named_otherwise(facets, plan, sidecar, str(path))
    title = sidecar.title or path.name.split(".")[0]
    source = sidecar.source + (f" ({sidecar.licence})" if sidecar.licence else "")
    return plan, Catalogue(
        name=title,
        intents=_names(plan, table[plan.name], noun),
        prior=weights / weights.sum(),
        facets=facets,
        ids=tuple(_text(table[plan.id]).to_list()) if plan.id else (),
        noun=noun,
        source=source,
        texts=_free_texts(plan, table),
    )


def _free_texts(plan: TablePlan, table: pl.DataFrame) -> tuple[str, ...]:
    """The free text about each row, of all its columns; () where there is none."""
    import polars as pl

    if not plan.texts:
        return ()
    whole = table.select(pl.concat_str(plan.texts, separator=" ", ignore_nulls=True).str.strip_chars()).to_series()
    return tuple(whole.fill_null("").str.slice(0, LONGEST).to_list())


def _as_told(facet: Facet, spec: FacetSpec, plan: TablePlan, where: str) -> Facet:
    """The facet with what its sidecar says of users, landmarks, questions and other words."""
    if spec.landmarks and facet.kind != "number":
        plan.warning(f"{where}: the sidecar's landmarks of '{facet.name}' are for numbers, and it is {facet.kind}")
    if spec.questions and facet.kind not in ("one", "many"):
        kind = f"are for named values, and it is {facet.kind}; use yesno"
        plan.warning(f"{where}: the sidecar's questions of '{facet.name}' {kind}")
    if not (spec.users or spec.landmarks or spec.questions or spec.heard):
        return facet
    landmarks = spec.landmarks if facet.kind == "number" else {}
    questions, heard = _own_questions(facet, spec, plan, where), _heard(facet, spec, plan, where)
    return replace(facet, users=spec.users, landmarks=landmarks, questions=questions, heard=heard)


def _heard(facet: Facet, spec: FacetSpec, plan: TablePlan, where: str) -> dict[str, list[str]]:
    """The sidecar's other words, of the values that there are."""
    out: dict[str, list[str]] = {}
    for name, words in spec.heard.items():
        if facet.kind == "number":
            plan.warning(f"{where}: the sidecar's words heard for '{facet.name}' are for values, and it is number")
            return {}
        if name in facet.aliases:
            out[name] = list(words)
        elif plan.rows is None:
            plan.warning(f"{where}: the sidecar's words heard for '{name}' of '{facet.name}' are for what is no value")
    return out


def _own_questions(facet: Facet, spec: FacetSpec, plan: TablePlan, where: str) -> dict[str, str]:
    """The sidecar's texts by the value that is shown; of values that are one, the shown one's text leads."""
    out: dict[str, str] = {}
    for name, text in spec.questions.items() if facet.kind in ("one", "many") else ():
        value = facet.aliases.get(name)
        if value is None and plan.rows is None:
            plan.warning(f"{where}: the sidecar's question on '{name}' of '{facet.name}' is for what is no value")
        elif value is not None and (name == facet.values[value] or facet.values[value] not in out):
            out[facet.values[value]] = re.sub(CONTROL, " ", text).strip()[:LONGEST]
    return out


def _named_otherwise(facets: tuple[Facet, ...], plan: TablePlan, sidecar: Sidecar, where: str) -> tuple[Facet, ...]:
    """The facets with the sidecar's aliases, wherever a facet has the value."""
    out = []
    found: set[str] = set()
    for facet in facets:
        known = {other: facet.aliases[name] for other, name in sidecar.aliases.items() if name in facet.aliases}
        found.update(known)
        out.append(replace(facet, aliases={**known, **facet.aliases}) if known else facet)
    # A table cut down to its best known rows may well lack some.
    for other in sorted(set(sidecar.aliases) - found) if sidecar.top is None else ():
        plan.warning(f"{where}: the sidecar's alias '{other}' is for '{sidecar.aliases[other]}', which is no value")
    return tuple(out)


def build_facet(s: pl.Series, facet: FacetPlan, plan: TablePlan) -> Facet:
    """The facet of one column; spellings that are made one are noted in the plan."""
    import polars as pl

    wording = _wording(facet)
    if facet.reading is not None:
        x = facet.reading.numbers if plan.rows is None else facet.reading.numbers[plan.rows]
        if facet.reading.calendar == "month":
            return month_facet(facet.name, x, wording)
        return make_facet(facet.name, facet.kind, x, wording)
    if facet.kind in ("number", "flag"):
        missing = {"yes": 1.0, "no": 0.0}.get(facet.spec.empty or "", np.nan)
        return make_facet(facet.name, facet.kind, s.cast(pl.Float64).fill_null(missing).to_numpy(), wording)
    if facet.kind == "one":
        return _from_entries(facet, plan, wording, len(s), np.arange(len(s)), _text(s))
    if s.dtype != pl.List(pl.String):
        s = _text(s)
        s = s.str.split(facet.separator) if facet.separator else s.reshape((-1, 1)).arr.to_list()
    rows = np.repeat(np.arange(len(s)), s.list.len().fill_null(0).to_numpy())
    filled = s.filter(s.list.len() > 0)
    return _from_entries(facet, plan, wording, len(s), rows, filled.explode().str.strip_chars())


def _wording(facet: FacetPlan) -> Wording:
    words, reading = {}, facet.reading
    if reading is not None:
        words = {"unit": reading.unit, "prefix": reading.prefix}
        if reading.calendar:
            noun = facet.spec.noun or facet.name.replace("_", " ").strip()
            words |= dated_words(noun)
    return Wording.default(facet.name, facet.kind, **{**words, **facet.spec.words()})


def _from_entries(
    facet: FacetPlan, plan: TablePlan, wording: Wording, n: int, rows: np.ndarray, texts: pl.Series
) -> Facet:
    """A named facet from (row, text) pairs; null and "" are nothing."""
    import polars as pl

    known = (texts.is_not_null() & (texts != "")).fill_null(False)
    rows, texts = rows[known.to_numpy()], texts.filter(known).str.slice(0, LONGEST)
    same = {} if facet.spec.spelling == "exact" else _spellings(texts)
    if same:
        plan.read(facet.column, spellings_listed(same))
        texts = texts.replace(same)
    names = texts.unique().sort()
    codes = texts.cast(pl.Enum(names)).to_physical().to_numpy()
    made = named_facet(facet.name, facet.kind, wording, n, rows, codes, names.to_list())
    return replace(made, aliases={**made.aliases, **{x: made.aliases[y] for x, y in same.items()}}) if same else made


def _spellings(texts: pl.Series) -> dict[str, str]:
    """`spellings` of a column's texts; a look at lower case alone tells most columns that there are none."""
    names = texts.unique()
    rough = names.str.to_lowercase().str.replace_all(r"\s+", " ").str.replace(r"\.0+$", "")
    if rough.n_unique() == len(names) and names.str.contains(r"^[\x00-\x7f]*$").all():
        return {}
    counts = texts.value_counts().sort(texts.name)
    return spellings(counts[texts.name].to_list(), counts["count"].to_list())


def _text(s: pl.Series) -> pl.Series:
    import polars as pl

    if s.dtype == pl.String:
        return s
    # Beyond 2^53 not every whole number is a float: what the table said can't be known.
    if s.dtype.is_float() and (((s == s.round()) & (s.abs() < 2**53)) | s.is_null()).all():
        return s.cast(pl.Int64).cast(pl.String)
    return s.cast(pl.String)


def _names(plan: TablePlan, s: pl.Series, noun: str) -> tuple[str, ...]:
    names = _text(s).str.slice(0, LONGEST)
    for row in names.is_null().arg_true().to_list():
        plan.warning(f"the {noun} has no name; it is called '{noun} {row + 1}'", row + 1, s.name)
    return tuple(x or f"{noun} {row + 1}" for row, x in enumerate(names.to_list()))


def _weights(plan: TablePlan, table: pl.DataFrame, sidecar: Sidecar, where: str) -> np.ndarray:
    """(N,) the prior's weights, positive."""

    if plan.prior is None:
        return np.ones(table.height)
    cells = table[plan.prior]
    x = _numbers(cells, plan.usual_decimal) + sidecar.smoothing
    for row in np.flatnonzero(~((x <= LARGEST_NUMBER) & (x > 0))).tolist():
        value = cells[row]
        what = "empty or NaN" if value is None or value != value else f"'{value}'"
        way = "it must be a number above 0" + f" and at most {LARGEST_NUMBER:g}" * bool(x[row] > LARGEST_NUMBER)
        if np.isfinite(x[row]) and x[row] == 0:
            way += "; put smoothing = 1 in the sidecar, or take the row out"
        plan.error(f"{where}, row {row + 1}, column '{plan.prior}': the prior is {what}; {way}", row + 1, plan.prior)
    if not plan.failed:
        _check_shares(plan, x, where)
    return x


def _check_shares(plan: TablePlan, weights: np.ndarray, where: str) -> None:
    """An error for each row whose share of the prior is lost in rounding beside the largest."""
    largest = weights.max(initial=0.0)
    for row in np.flatnonzero(weights < LEAST_SHARE * largest).tolist():
        what = f"the prior is {weights[row]:g}, nothing beside the largest, {largest:g}"
        way = "put smoothing = 1 in the sidecar, or take the row out"
        plan.error(f"{where}, row {row + 1}, column '{plan.prior}': {what}; {way}", row + 1, plan.prior)


def _numbers(cells: pl.Series, usual: str) -> np.ndarray:
    import polars as pl

    x = cells.cast(pl.Float64, strict=False).fill_null(np.nan).to_numpy()
    if cells.dtype == pl.String and np.isnan(x).any():
        return read_quantities(cells.to_list(), usual=usual).numbers
    return x


def _check_ids(plan: TablePlan, table: pl.DataFrame, where: str) -> None:
    if plan.id is None:
        return
    ids = table[plan.id]
    if ids.n_unique() == len(ids) and ids.null_count() == 0:
        return
    first: dict[Any, int] = {}
    for row, value in enumerate(ids.to_list(), 1):
        if value is None:
            plan.error(f"{where}, row {row}, column '{plan.id}': the id is empty; each row needs its own", row, plan.id)
        elif value in first:
            plan.error(
                f"{where}, row {row}, column '{plan.id}': the id '{value}' is also in row {first[value]}; "
                "make them differ, or choose another id column",
                row,
                plan.id,
            )
        else:
            first[value] = row


def _check_lengths(plan: TablePlan, table: pl.DataFrame) -> None:
    import polars as pl

    for s in table.get_columns():
        if s.dtype == pl.String:
            for row in (s.str.len_bytes().fill_null(0) > MONSTROUS).arg_true().to_list():
                size = len(s[row].encode()) / 1e6
                plan.warning(f"a value of {size:.1f} MB; it is cut to {LONGEST:,} characters", row + 1, s.name)
