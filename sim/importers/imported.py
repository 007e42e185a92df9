"""What an importer makes: a table and the sidecar beside it, and how both are written."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sim.catalogue.catalogue import CatalogueError
from sim.catalogue.read_table import CONTROL, MISSING
from sim.catalogue.sidecar import make_sidecar, sidecar_path
from sim.files import write_together
from sim.names.fold import fold
from sim.phrasing.echo import echo

SEPARATORS = ("|", ";", "¦", "‖", "⁞")
"""What may stand between the values of a cell; the first that no value holds."""
LONGEST_NAME = 40
"""Characters of a facet's name."""
LONGEST_TEXT = 1000
"""Characters of a question; longer ones are cut."""


@dataclass(frozen=True, kw_only=True)
class Imported:
    """A table with its sidecar."""

    columns: Mapping[str, Sequence[str]]
    """Column to its cells, all of the same number; "" is unknown."""
    sidecar: Mapping[str, Any]
    """Its keys, see `sim.catalogue.sidecar`."""
    notes: tuple[str, ...] = ()
    """What was left out or taken in some way, a sentence each."""

    def write(self, path: Path) -> Path:
        """Write the table (CSV) and its sidecar; neither where the disk refuses one.

        Returns:
            The sidecar's path.

        Raises:
            OSError: the disk refuses.
            CatalogueError: the sidecar would not be read.
        """
        beside = sidecar_path(path)
        make_sidecar(self.sidecar, str(beside))
        table = io.StringIO()
        writer = csv.writer(table, lineterminator="\n")
        writer.writerow(self.columns)
        writer.writerows(zip(*self.columns.values(), strict=True))
        write_together({path: table.getvalue().encode(), beside: toml_text(self.sidecar).encode()})
        return beside


@dataclass
class Facets:
    """Columns and the sidecar's tables of facets, as they are gathered; names are made distinct."""

    columns: dict[str, Sequence[str]] = field(default_factory=dict)
    tables: dict[str, dict[str, Any]] = field(default_factory=dict)

    def add_flag(self, label: str, text: str, cells: Sequence[str]) -> None:
        """A question that is answered by yes or no.

        Args:
            label: what it is called.
            text: the question as it is asked; "" makes one of the label.
            cells: "yes", "no" or "" for unknown, one an intent.
        """
        name = facet_name(label, self.columns)
        self.columns[name] = cells
        table: dict[str, Any] = {"kind": "flag"}
        if text:
            table |= {"yesno": text, "statement": stated(text)}
        elif facet_name(label, ()) != label:
            table["noun"] = label
        self.tables[name] = table

    def add_lists(self, label: str, cells: Sequence[Sequence[str]], **more: Any) -> None:
        """A facet of named values, several an intent.

        Args:
            label: what it is called.
            cells: the values of each intent.
            more: further keys of the facet in the sidecar.
        """
        name = facet_name(label, self.columns)
        separator = separator_for(value for cell in cells for value in cell)
        self.columns[name] = [separator.join(cell) for cell in cells]
        self.tables[name] = {"kind": "many", "separator": separator, "spelling": "exact", **more}

    def notes(self) -> tuple[str, ...]:
        """Which facets tell nothing, in a sentence, if any do."""
        same = [name for name in self.tables if len(set(self.columns[name]) - {""}) < 2]
        if not same:
            return ()
        shown = ", ".join(same[:5]) + ", ..." * (len(same) > 5)
        if len(same) == 1:
            return (f"the facet {shown} is the same wherever it is known, and tells nothing",)
        return (f"{len(same):,} facets are the same wherever they are known, and tell nothing: {shown}",)


def clean(text: Any) -> str:
    """A text as tables hold it: no control characters, no spaces around, of bounded length."""
    return re.sub(CONTROL, " ", str(text)).strip()[:LONGEST_TEXT]


def clean_name(text: Any, where: str) -> str:
    """The same of a name, which must be one.

    Raises:
        CatalogueError: there is no text, or one that stands for nothing in tables.
    """
    name = clean(text) if isinstance(text, str) else ""
    if name in MISSING:
        raise CatalogueError(f"{where}: the name is {text!r}; it must be a text that is not empty")
    return name


def facet_name(label: str, taken: Iterable[str]) -> str:
    """A short name for a facet, distinct from those that are taken.

    >>> facet_name("Does it fly?", {"does_it_fly"})
    'does_it_fly_2'
    """
    words = "_".join(re.findall(r"\w+", fold(label).replace("_", " ")))[:LONGEST_NAME].strip("_") or "question"
    taken, name, k = set(taken), words, 1
    while name in taken:
        k += 1
        name = f"{words}_{k}"
    return name


def stated(question: str) -> str:
    """What somebody says who answers yes unasked.

    >>> stated("Does it fly?"), stated("Do you have a fever?")
    ('It does fly.', 'Yes to "Do you have a fever?".')
    """
    said = echo(question).statement
    return f"{said[:1].upper()}{said[1:]}." if said else f'Yes to "{question}".'


def separator_for(values: Iterable[str]) -> str:
    """What may stand between these values.

    Raises:
        CatalogueError: each separator is part of a value.
    """
    used = set("".join(values))
    free = [separator for separator in SEPARATORS if separator not in used]
    if not free:
        raise CatalogueError(f"the values hold each of {' '.join(SEPARATORS)}; take one of these out of the names")
    return free[0]


def toml_text(table: Mapping[str, Any]) -> str:
    """A mapping of texts, numbers, lists and such mappings as TOML."""
    return "\n".join(_toml_lines(table, ())).lstrip("\n") + "\n"


def _toml_lines(table: Mapping[str, Any], above: tuple[str, ...]) -> list[str]:
    inner = {key: value for key, value in table.items() if isinstance(value, Mapping)}
    plain = [f"{_key(key)} = {_value(value)}" for key, value in table.items() if key not in inner]
    lines = [f"\n[{'.'.join(map(_key, above))}]"] if above and (plain or not inner) else []
    return [*lines, *plain, *(line for key, value in inner.items() for line in _toml_lines(value, (*above, key)))]


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _value(key)


def _value(value: Any) -> str:
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    # A string of JSON is one of TOML, but for the one control character that JSON leaves as it is.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
