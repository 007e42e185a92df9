"""The TOML file beside a table (`groceries.toml` for `groceries.csv`): what the inference can't know, or got wrong.

    noun = "product"                # what one row is
    name = "product"                # the column that names a row
    id = "sku"                      # a column of unique ids
    prior = "popularity"            # a column of weights; without one every row is equally likely
    smoothing = 5                   # added to each weight
    top = 1000                      # keep the heaviest rows only
    source = "..."                  # where the data comes from
    licence = "..."
    ignore = ["notes"]              # columns that are no facets
    text = ["description"]          # columns of free text about a row, with which stories are matched; [] for none

    [aliases]                       # other names that people know a value by, whatever its facet
    "hazel" = "hazelnut"

    [facets.flavours]               # a facet, by the name it shall have
    column = "Flavor List"          # its column, where the names differ
    kind = "many"                   # one, many, number, flag
    separator = ";"
    unit = " g"
    noun = "flavours"
    yesno = "Does it taste of {value}?"
    open = "What does it taste of?"
    statement = "It tastes of {value}."
    spelling = "exact"              # DELL and Dell are two

    [facets.flavours.users]         # how well people know it: rates of `sim.users.rates`
    forgotten = 0.1
    recognition = [0.3, 0.9]
    [facets.flavours.users.fan]     # those of one type alone
    forgotten = 0.02

    [facets.symptoms.questions]     # a question's own text, by value, where the template doesn't do
    "chest pain" = "Does your chest hurt?"

    [facets.flavours.heard]         # words that are understood as a value, and not said for it
    "hazelnut" = ["filbert", "cobnut"]

    [facets.price]
    prefix = "$"
    decimal = ","                   # 1,5 is one and a half

    [facets.weight.landmarks]       # things that people know the number of: "Is it heavier than a cat (4 kg)?"
    "a cat" = 4

    [facets.opened]
    dates = "day first"             # 3/4/2021 is in April
    calendar = "month"              # keep the month; "year" only the year

    [facets.garden]
    kind = "flag"
    empty = "no"                    # an empty cell means no

`load(path, prior="sales")` overrides the same keys from Python.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from sim.catalogue.catalogue import CatalogueError
from sim.catalogue.wording import KINDS, Kind
from sim.files import parse_toml, read_text
from sim.names.did_you_mean import did_you_mean, there_are

WORDS = ("noun", "yesno", "open", "statement", "unit", "prefix")
CHOICES = {"decimal": (".", ","), "dates": ("day first", "month first"), "calendar": ("year", "month"),
           "empty": ("yes", "no"), "spelling": ("exact",)}  # fmt: skip
"""What keys of a facet may say."""


@dataclass(frozen=True, kw_only=True)
class FacetSpec:
    """What a sidecar says of one facet; None is left to the inference."""

    column: str | None = None
    """The data's column; None: the facet's own name."""
    kind: Kind | None = None
    separator: str | None = None
    """Between the values of a `many` cell."""
    noun: str | None = None
    yesno: str | None = None
    open: str | None = None
    statement: str | None = None
    unit: str | None = None
    """Behind a number; cells in another unit of its family are converted."""
    prefix: str | None = None
    """Before a number."""
    decimal: Literal[".", ","] | None = None
    """The decimal sign of the column's numbers."""
    dates: Literal["day first", "month first"] | None = None
    """Which number of 3/4/2021 leads; the column holds dates."""
    calendar: Literal["year", "month"] | None = None
    """What is kept of dates; the column holds dates."""
    empty: Literal["yes", "no"] | None = None
    """What an empty cell of a flag means; None: unknown."""
    spelling: Literal["exact"] | None = None
    """"exact": spellings that differ in upper and lower case or in spaces are different values."""
    users: Mapping[str, Any] = field(default_factory=dict)
    """How well people know the facet: rates by name, and tables of them by type; `sim.users.people` checks them."""
    landmarks: Mapping[str, float] = field(default_factory=dict)
    """Things that people know the number of, "a cat" to 4; a question names one where it means the same."""
    questions: Mapping[str, str] = field(default_factory=dict)
    """Texts of single yes/no questions, by value: "chest pain" to "Does your chest hurt?"; `yesno` for the others."""
    heard: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Other words that are understood as a value, by value: "hazelnut" to ["filbert"]; a flag's are "yes" and "no"."""

    def words(self) -> dict[str, str]:
        """The parts of the wording that are given."""
        return {k: v for k in WORDS if (v := getattr(self, k)) is not None}


@dataclass(frozen=True, kw_only=True)
class Sidecar:
    """What the TOML file beside a table says; None is left to the inference."""

    title: str | None = None
    """The catalogue's name; None: the file's."""
    noun: str | None = None
    """What one row is: "film"."""
    name: str | None = None
    """Column that names a row."""
    id: str | None = None
    """Column of unique ids."""
    prior: str | None = None
    """Column of weights; "" for equally likely rows."""
    smoothing: float = 0.0
    """Added to each weight."""
    top: int | None = None
    """Keep the rows of greatest weight, this many; the first of equals."""
    source: str = ""
    licence: str = ""
    ignore: tuple[str, ...] = ()
    """Columns that are no facets."""
    text: tuple[str, ...] | None = None
    """Columns of free text about a row, which are no facets; one may be given by its name alone.  () for none."""
    aliases: Mapping[str, str] = field(default_factory=dict)
    """Other names that people know values by, to the names in the data: "the Wachowskis" to "Lana Wachowski"."""
    facets: Mapping[str, FacetSpec] = field(default_factory=dict)


def read_sidecar(path: Path) -> Sidecar:
    """The sidecar of a data file; an empty one where there is none.

    Raises:
        CatalogueError: not TOML, an unknown key, a value of the wrong type.
    """
    beside = sidecar_path(path)
    if not beside.is_file():
        return Sidecar()
    text = read_text(beside, CatalogueError)
    return make_sidecar(parse_toml(text, str(beside), CatalogueError), str(beside))


def sidecar_path(path: Path) -> Path:
    """`x.toml` for `x.csv`, `x.csv.gz`, `x.parquet`."""
    name = path.name
    for suffix in (".gz", path.with_suffix("").suffix if name.endswith(".gz") else path.suffix):
        name = name.removesuffix(suffix)
    return path.with_name(name + ".toml")


def make_sidecar(data: Mapping[str, Any], where: str, base: Sidecar | None = None) -> Sidecar:
    """A sidecar from keys and values, over `base`; None leaves a key alone; `where` names them in errors.

    Raises:
        CatalogueError: an unknown key, a value of the wrong type, a facet of an unknown kind.
    """
    values = {key: value for key, value in data.items() if value is not None}
    fields = [f.name for f in dataclasses.fields(Sidecar)]
    for key, value in values.items():
        if key not in fields:
            raise CatalogueError(f"{where}: no key '{key}'{did_you_mean(key, fields)}{there_are(fields)}")
        if key in ("ignore", "text", "aliases", "facets"):
            continue
        wanted = {"smoothing": (int, float), "top": (int,)}.get(key, (str,))
        if not isinstance(value, wanted) or isinstance(value, bool):
            kind = "a whole number" if wanted == (int,) else "a number" if int in wanted else "a text in quotes"
            raise CatalogueError(f"{where}: {key} = {value!r} must be {kind}")
    if not values.get("smoothing", 0) >= 0 or values.get("smoothing", 0) == float("inf"):
        raise CatalogueError(f"{where}: smoothing = {values['smoothing']} must be finite and not negative")
    if values.get("top") is not None and values["top"] < 1:
        raise CatalogueError(f"{where}: top = {values['top']} must be at least 1")
    if isinstance(values.get("text"), str):
        values["text"] = (values["text"],)
    for key in ("ignore", "text"):
        listed = values.get(key, ())
        if not isinstance(listed, list | tuple) or not all(isinstance(x, str) for x in listed):
            raise CatalogueError(f"{where}: {key} must be a list of column names")
        if key in values:
            values[key] = tuple(listed)
    if "aliases" in values:
        named = values["aliases"]
        if not isinstance(named, Mapping) or not all(isinstance(x, str) for x in named.values()):
            raise CatalogueError(f"{where}: aliases must be a table of names in quotes, as in [aliases]")
    base = base or Sidecar()
    if "facets" in values:
        if not isinstance(values["facets"], Mapping):
            raise CatalogueError(f"{where}: facets must be tables, as in [facets.colour]")
        values["facets"] = {**base.facets, **{k: _facet(v, k, where) for k, v in values["facets"].items()}}
    return dataclasses.replace(base, **values)


def _check_landmarks(given: Any, where: str) -> None:
    """Raises CatalogueError unless these are finite numbers by name."""
    if not isinstance(given, Mapping):
        raise CatalogueError(f'{where}: landmarks must be a table of numbers, such as "a cat" = 4')
    for name, number in given.items():
        if not isinstance(number, int | float) or isinstance(number, bool) or not math.isfinite(number):
            raise CatalogueError(f"{where}: landmark '{name}' = {number!r} must be a finite number")
        if not name.strip():
            raise CatalogueError(f"{where}: a landmark of {number} has no name")


def _check_questions(given: Any, where: str) -> None:
    """Raises CatalogueError unless these are texts by value."""
    if not isinstance(given, Mapping):
        raise CatalogueError(
            f'{where}: questions must be a table of texts, such as "blue" = "Is it as blue as the sky?"'
        )
    for value, text in given.items():
        if not isinstance(text, str) or not text.strip():
            raise CatalogueError(f"{where}: the question on '{value}' is {text!r}; it must be a text in quotes")


def _check_heard(given: Any, where: str) -> None:
    """Raises CatalogueError unless these are lists of texts by value."""
    if not isinstance(given, Mapping):
        raise CatalogueError(f'{where}: heard must be a table of lists, such as "hazelnut" = ["filbert"]')
    for value, words in given.items():
        if not isinstance(words, list | tuple) or not all(isinstance(x, str) and x.strip() for x in words):
            raise CatalogueError(f"{where}: the words for '{value}' are {words!r}; they must be a list of texts")


def _facet(data: Any, name: str, where: str) -> FacetSpec:
    if isinstance(data, FacetSpec):
        return data
    if not isinstance(data, Mapping):
        raise CatalogueError(f"{where}: facets.{name} must be a table, as in [facets.{name}]")
    fields = [f.name for f in dataclasses.fields(FacetSpec)]
    for key, value in data.items():
        if key not in fields:
            hint = did_you_mean(key, fields) + there_are(fields)
            raise CatalogueError(f"{where}, facet '{name}': no key '{key}'{hint}")
        if key == "users":
            if not isinstance(value, Mapping):
                raise CatalogueError(f"{where}, facet '{name}': users must be a table, as in [facets.{name}.users]")
            continue
        if key == "landmarks":
            _check_landmarks(value, f"{where}, facet '{name}'")
            continue
        if key == "questions":
            _check_questions(value, f"{where}, facet '{name}'")
            continue
        if key == "heard":
            _check_heard(value, f"{where}, facet '{name}'")
            continue
        if not isinstance(value, str):
            raise CatalogueError(f"{where}, facet '{name}': {key} = {value!r} must be a text in quotes")
    kind = data.get("kind")
    if kind is not None and kind not in KINDS:
        raise CatalogueError(f"{where}, facet '{name}': no kind '{kind}'{did_you_mean(kind, KINDS)}{there_are(KINDS)}")
    for key, choices in CHOICES.items():
        if key in data and data[key] not in choices:
            raise CatalogueError(f"{where}, facet '{name}': {key} = {data[key]!r}{there_are(choices)}")
    if data.get("separator") == "":
        raise CatalogueError(f"{where}, facet '{name}': separator is empty; leave it out for a single value")
    if "separator" in data and kind not in (None, "many"):
        raise CatalogueError(f'{where}, facet \'{name}\': a separator needs kind = "many", not "{kind}"')
    for key in ("yesno", "statement"):
        if key in data and kind != "flag" and "{value}" not in data[key]:
            raise CatalogueError(f"{where}, facet '{name}': {key} must hold {{value}} (a flag needs kind = \"flag\")")
    return FacetSpec(**data)
