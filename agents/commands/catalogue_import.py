"""`clarigym catalogue import`: catalogues as others keep them, written as a table and a sidecar."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import tyro

from agents.commands.flags import parse
from agents.errors import Exit, InputError, at_least, printable
from agents.files import check_output

if TYPE_CHECKING:
    from sim.catalogue.load import Loaded
    from sim.importers.imported import Imported

OF_LAYOUT = {"evidences": "diseases", "shape": "diseases", "questions": "matrix", "name": "matrix", "prior": "matrix",
             "least_tags": "movielens"}  # fmt: skip
"""Option to the layout that it is for."""


@dataclass(frozen=True, kw_only=True)
class Import:
    """What to import."""

    layout: tyro.conf.Positional[Literal["diseases", "matrix", "movielens"]]
    """diseases: JSON of conditions with lists of evidences, as DDXPlus has it; matrix: a CSV file of intents by
    questions, each cell yes, no or unknown; movielens: a folder with movies.csv."""
    file: tyro.conf.Positional[str]
    """The file, or MovieLens's folder."""
    out: str
    """The table to write, a .csv file; the sidecar beside it ends in .toml."""
    evidences: str | None = None
    """diseases: the JSON file of evidences and their questions, where it is another."""
    shape: Literal["flags", "lists"] | None = None
    """diseases: a yes/no facet for each evidence (flags), or lists of them, which can be asked for openly."""
    questions: str | None = None
    """matrix: a CSV file of ids and texts, where the matrix holds ids."""
    name: str | None = None
    """matrix: the column of names; the first by default."""
    prior: str | None = None
    """matrix: the column of weights; one called "prior" by default."""
    least_tags: int | None = None
    """movielens: so many people must have given a tag to a film; 2 by default."""
    overwrite: tyro.conf.FlagCreatePairsOff[bool] = False
    """Replace a table and a sidecar that are there."""
    json: tyro.conf.FlagCreatePairsOff[bool] = False
    """One JSON object on stdout instead of lines."""

    def __post_init__(self) -> None:
        for option, layout in OF_LAYOUT.items():
            if getattr(self, option) is not None and self.layout != layout:
                flag = f"--{option.replace('_', '-')}"
                raise InputError(f"{flag} is for {layout}, not for {self.layout}; leave it out")
        if self.least_tags is not None:
            at_least("least-tags", self.least_tags, 1)
        if not self.out.lower().endswith(".csv"):
            raise InputError(f"--out {self.out} must end in .csv; the sidecar takes the same name with .toml")
        for path in self._written():
            check_output(path)
            if path.exists() and not self.overwrite:
                raise InputError(f"{path} exists; replace it by --overwrite, or choose another --out")
            if any(path.resolve() == Path(x).resolve() for x in (self.file, self.evidences, self.questions) if x):
                raise InputError(f"{path} is what is to be imported; choose another --out")

    def _written(self) -> tuple[Path, Path]:
        return Path(self.out), Path(self.out).with_suffix(".toml")


def run_import(arguments: list[str]) -> Exit:
    config = parse(Import, arguments, "catalogue import", "A catalogue as others keep it, as a table and a sidecar.")
    from rich.console import Console

    with Console(stderr=True).status("reading"):
        imported = READERS[config.layout](config)
        found = checked(imported, Path(config.out))
        beside = imported.write(Path(config.out))
    catalogue = found.catalogue
    told = {"table": config.out, "sidecar": str(beside), "intents": len(catalogue), "facets": len(catalogue.facets),
            "notes": [*imported.notes], "ignored": found.ignored}  # fmt: skip
    if config.json:
        print(json.dumps(told, ensure_ascii=False))
        return Exit.OK
    print(f"{printable(config.out)}: {len(catalogue):,} intents, {len(catalogue.facets):,} facets")
    print(f"{printable(str(beside))}: names, questions and kinds; edit it to change them")
    for note in imported.notes:
        print(printable(f"note: {note}"))
    print(printable(f"next: clarigym catalogue describe {config.out}"))
    return Exit.OK


def checked(imported: Imported, out: Path) -> Loaded:
    """The catalogue that the table will give, before a file is replaced.

    Raises:
        CatalogueError: it gives none.
    """
    from sim.catalogue.catalogue import CatalogueError
    from sim.catalogue.load import load_with_report

    with tempfile.TemporaryDirectory() as folder:
        trial = Path(folder) / out.name
        imported.write(trial)
        try:
            return load_with_report(trial)
        except CatalogueError as error:
            said = str(error).split(" (and ")[0].replace(str(trial), f"{out} (not written)")
            raise CatalogueError(said, row=error.row, column=error.column) from None


def _diseases(config: Import) -> Imported:
    from sim.importers.diseases import import_diseases

    evidences = None if config.evidences is None else Path(config.evidences)
    return import_diseases(Path(config.file), evidences=evidences, shape=config.shape or "flags")


def _matrix(config: Import) -> Imported:
    from sim.importers.matrix import import_matrix

    questions = None if config.questions is None else Path(config.questions)
    return import_matrix(Path(config.file), questions=questions, name=config.name or "", prior=config.prior or "")


def _movielens(config: Import) -> Imported:
    from sim.importers.movielens import import_movielens

    return import_movielens(Path(config.file), least_tags=2 if config.least_tags is None else config.least_tags)


READERS: dict[str, Callable[[Import], Imported]] = {"diseases": _diseases, "matrix": _matrix, "movielens": _movielens}
"""Layout to what reads it."""
