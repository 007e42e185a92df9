"""What is in a catalogue, and what is wrong with a file: data only, which the command line puts into tables.

Three figures say how much a facet holds, in bits, all under the prior and with a user who is never wrong:

- `bits`: the entropy of the facet's whole row, everything that anybody could learn from it; rows with the same values
  (for `many`, the same set) are one outcome, and unknown is an outcome too.
- `yesno_bits`: what its best yes/no question tells.
- `open_bits`: what its open question tells: I(intent; answer), the answer being any of an intent's values with equal
  chance, and "don't know" where it has none.  0 for a flag, which has no open question.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sim.catalogue.catalogue import Catalogue, CatalogueError, Facet
from sim.catalogue.load import load_with_report, read_catalogue, resolve
from sim.catalogue.plan import Problem, TablePlan
from sim.numeric.entropy import entropy_bits
from sim.numeric.randomness import mix
from sim.questions import OPEN, QuestionBank, question_bank
from sim.users.people import resolved
from sim.users.rates import PEOPLE, RatesError

EXAMPLES = 5
"""Values of a facet that are shown."""


@dataclass(frozen=True, kw_only=True)
class FacetDescription:
    """One facet in figures; see the module's docstring for the three kinds of bits."""

    name: str
    kind: str
    values: int
    """Distinct values after merging; for numbers the fine bins."""
    merged: int
    """Names that stand for another value: other spellings, and those that belong to exactly the same intents."""
    entries: int
    """Pairs of intent and value."""
    unknown_share: float
    """Share of the intents that have no value."""
    unknown_mass: float
    """The same, weighted by the prior."""
    bits: float
    yesno_bits: float
    open_bits: float
    yesno_questions: int
    read: str
    """What was done with cells that are not plain words and numbers, and which could not be read; "" for neither."""
    examples: tuple[str, ...]
    """The likeliest values (numbers: coarse bins) under the prior."""


@dataclass(frozen=True, kw_only=True)
class Description:
    """A catalogue in figures."""

    name: str
    noun: str
    source: str
    intents: int
    prior_bits: float
    """Entropy of the prior: what there is to find out."""
    facet_bits: float
    """Entropy of all facets together; below `prior_bits` where rows can't be told apart."""
    yesno_questions: int
    mixed_questions: int
    facets: tuple[FacetDescription, ...]
    ignored: dict[str, str]
    """Column to the reason why it is no facet; empty for a catalogue made in Python."""
    warnings: int
    """Warnings met on loading; `check` lists them."""
    fingerprint: str

    def to_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self)


def describe_catalogue(catalogue: Catalogue | str | Path, **overrides: Any) -> Description:
    """Figures of a catalogue, a built-in name or a file.

    Raises:
        CatalogueError: the file can't be used.
    """
    ignored: dict[str, str] = {}
    read: dict[str, str] = {}
    problems: tuple[Problem, ...] = ()
    if not isinstance(catalogue, Catalogue):
        loaded = load_with_report(catalogue, **overrides)
        catalogue, ignored, read, problems = loaded.catalogue, loaded.ignored, loaded.read, loaded.problems
    try:
        bank = question_bank(catalogue, "mixed")
    except ValueError as error:
        raise CatalogueError(str(error)) from None
    keys = [row_keys(facet) for facet in catalogue.facets]
    facets = tuple(_facet(catalogue, bank, f, key, read) for f, key in enumerate(keys))
    return Description(
        name=catalogue.name,
        noun=catalogue.noun,
        source=catalogue.source,
        intents=len(catalogue),
        prior_bits=entropy_bits(catalogue.prior),
        facet_bits=entropy_bits(np.bincount(classes(keys, len(catalogue)), weights=catalogue.prior)),
        yesno_questions=int((bank.kind != OPEN).sum()),
        mixed_questions=len(bank),
        facets=facets,
        ignored=ignored,
        warnings=sum(p.severity == "warning" for p in problems),
        fingerprint=catalogue.fingerprint,
    )


def check_catalogue(path: str | Path, **overrides: Any) -> list[Problem]:
    """Every problem of a file, errors first, then warnings, then notes, each in order of rows.

    Raises nothing for a bad file: what stops it from being read is the first problem.
    """
    plan = TablePlan()
    try:
        file, given = resolve(path)
        plan, catalogue = read_catalogue(file, {**given, **overrides})
        if catalogue is not None:
            _twins(plan, catalogue)
            resolved(PEOPLE, catalogue)
    except CatalogueError as error:
        plan.error(str(error), error.row, error.column)
    except RatesError as error:
        plan.error(str(error))
    return sorted(plan.problems, key=lambda p: (("error", "warning", "note").index(p.severity), p.row or 0))


def row_keys(facet: Facet) -> np.ndarray:
    """(N, 2) uint64: a hash of each row's set of values; equal rows have equal keys, unknown is (0, 0)."""
    with np.errstate(over="ignore"):
        salt = facet.indices.astype(np.uint64) * np.uint64(2)
        out = np.zeros((facet.intents, 2), dtype=np.uint64)
        filled = np.flatnonzero(np.diff(facet.indptr))
        if len(filled):
            for j, seed in enumerate((np.uint64(0x5EED), np.uint64(0xFACE))):
                out[filled, j] = np.add.reduceat(mix(salt + seed), facet.indptr[filled])
    return out


def classes(keys: list[np.ndarray], n: int) -> np.ndarray:
    """(N,) int64: rows that agree in all the keys share a number."""
    group = np.zeros(n, dtype=np.int64)
    for key in keys:
        order = np.lexsort((key[:, 1], key[:, 0], group))
        new = np.ones(n, dtype=bool)
        new[1:] = (group[order][1:] != group[order][:-1]) | (key[order][1:] != key[order][:-1]).any(axis=1)
        group[order] = np.cumsum(new) - 1
    return group


def open_information_bits(facet: Facet, prior: np.ndarray) -> float:
    """I(intent; answer) of the facet's open question, asked of a user who is never wrong."""
    if facet.kind == "flag" or len(facet.options) < 2:
        return 0.0
    sizes = np.diff(facet.indptr)
    weight = prior[facet.rows] / sizes[facet.rows]
    said = np.bincount(facet.option_of[facet.indices], weights=weight, minlength=len(facet.options))
    answer = entropy_bits(np.append(said, prior[sizes == 0].sum()))
    return max(0.0, answer - float((prior * np.log2(np.maximum(sizes, 1))).sum()))


def _facet(catalogue: Catalogue, bank: QuestionBank, f: int, key: np.ndarray, read: dict[str, str]) -> FacetDescription:
    facet, prior = catalogue.facets[f], catalogue.prior
    unknown = np.diff(facet.indptr) == 0
    mass = facet.mass(prior)
    asked = slice(bank.starts[f], bank.starts[f + 1])
    kind, value = bank.kind[asked], bank.value[asked]
    value = value[kind != OPEN]
    share = mass[::-1].cumsum()[::-1] if facet.kind == "number" else mass
    best = max((entropy_bits(np.array([p, max(0.0, 1 - p)])) for p in share[value]), default=0.0)
    shown = np.bincount(facet.option_of, weights=mass, minlength=len(facet.options))
    top = np.argsort(-shown, kind="stable")[:EXAMPLES]
    return FacetDescription(
        name=facet.name,
        kind=facet.kind,
        values=len(facet.values),
        merged=max(0, len(facet.aliases) - len(facet.values)),
        entries=len(facet.indices),
        unknown_share=float(unknown.mean()),
        unknown_mass=float(prior[unknown].sum()),
        bits=entropy_bits(np.bincount(classes([key], len(catalogue)), weights=prior)),
        yesno_bits=best,
        open_bits=open_information_bits(facet, prior),
        yesno_questions=len(value),
        read=read.get(facet.name, ""),
        examples=tuple(facet.label(int(o)) for o in top if shown[o] > 0),
    )


def _twins(plan: TablePlan, catalogue: Catalogue) -> None:
    """Warns of rows that no question tells apart."""
    group = classes([row_keys(f) for f in catalogue.facets], len(catalogue))
    order = np.argsort(group, kind="stable")
    sizes = np.bincount(group)
    starts = np.concatenate([[0], sizes.cumsum()])
    where = plan.rows if plan.rows is not None else np.arange(len(catalogue))
    twins = sorted(np.flatnonzero(sizes > 1).tolist(), key=lambda g: order[starts[g]])
    for g in twins:
        rows = [int(where[i]) + 1 for i in order[starts[g] : starts[g + 1]]]
        listed = ", ".join(map(str, rows[:10])) + (f" and {len(rows) - 10:,} more" if len(rows) > 10 else "")
        plan.warning(f"rows {listed} are the same in every facet; no question tells them apart", rows[0])
