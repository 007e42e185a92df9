"""What a table becomes: the role or the facet of each column, and the problems that were found on the way."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from sim.catalogue.reading import Reading
from sim.catalogue.sidecar import FacetSpec
from sim.catalogue.wording import Kind

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Something wrong or noteworthy in a data file; row counts from 1, the header not counted."""

    severity: Literal["error", "warning", "note"]
    """A note says what was done with cells that are written as people write them."""
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
    reading: Reading | None = None
    """Text that was read as numbers or flags, all rows of it."""


@dataclass
class TablePlan:
    """What each column is; problems found on the way."""

    name: str = ""
    id: str | None = None
    prior: str | None = None
    facets: list[FacetPlan] = field(default_factory=list)
    ignored: dict[str, str] = field(default_factory=dict)
    """Column to the reason why it is no facet."""
    texts: list[str] = field(default_factory=list)
    """Columns of free text about a row."""
    problems: list[Problem] = field(default_factory=list)
    done: dict[str, list[str]] = field(default_factory=dict)
    """Column to what was done with its cells, in phrases."""
    unread: dict[str, str] = field(default_factory=dict)
    """Column to how many of its cells could not be read, and where."""
    usual_decimal: str = "."
    """The file's decimal sign, for columns that don't show theirs."""
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

    def note(self, message: str, column: str | None = None) -> None:
        self.problems.append(Problem(severity="note", message=message, column=column))

    def read(self, column: str, *done: str) -> None:
        """Note what was done with a column's cells."""
        if done:
            self.done.setdefault(column, []).extend(done)
            self.note("read as " + "; ".join(done), column)

    def sentence(self, column: str) -> str:
        """What was done with a column's cells, and which could not be read."""
        return "; ".join([*self.done.get(column, ()), *filter(None, [self.unread.get(column)])])
