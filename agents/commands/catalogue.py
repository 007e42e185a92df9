"""`clarigym catalogue describe|check|import`: what a file became, what is wrong with it, or another layout read."""

from __future__ import annotations

import json
from dataclasses import dataclass

import tyro

from agents.commands.console import console
from agents.commands.flags import parse
from agents.errors import Exit, InputError, at_least
from sim.describe import Description, check_catalogue, describe_catalogue
from sim.names.did_you_mean import did_you_mean

ACTIONS = ("describe", "check", "import")


@dataclass(frozen=True, kw_only=True)
class Describe:
    """What to describe."""

    catalogue: tyro.conf.Positional[str]
    """A built-in catalogue or a CSV, TSV, Parquet or JSONL file."""
    json: tyro.conf.FlagCreatePairsOff[bool] = False
    """One JSON object on stdout instead of tables."""


@dataclass(frozen=True, kw_only=True)
class Check:
    """What to check."""

    catalogue: tyro.conf.Positional[str]
    """A built-in catalogue or a CSV, TSV, Parquet or JSONL file."""
    json: tyro.conf.FlagCreatePairsOff[bool] = False
    """One JSON object on stdout instead of a list."""
    show: int = 50
    """The most problems listed; --json has all."""

    def __post_init__(self) -> None:
        at_least("show", self.show, 1)


def main(arguments: list[str]) -> Exit:
    action = arguments[0] if arguments else ""
    if action in ("-h", "--help"):
        print("usage: clarigym catalogue {describe,check} FILE [--json]\n"
              "       clarigym catalogue import {diseases,matrix,movielens} FILE --out TABLE.csv\n\n"
              "  describe  what each column was taken for, and how many bits each facet holds\n"
              "  check     every problem with row and column; exit code 2 when the file can't be used\n"
              "  import    a catalogue as others keep it becomes a table and a sidecar;\n"
              "            --evidences, --shape for diseases, --questions, --name, --prior for matrix,\n"
              "            --least-tags for movielens; --overwrite, --json; see import --help")  # fmt: skip
        return Exit.OK
    if action not in ACTIONS:
        what = f"no action '{action}'{did_you_mean(action, ACTIONS)}" if action else "an action is missing"
        raise InputError(f"catalogue: {what} (actions: {', '.join(ACTIONS)})")
    if action == "describe":
        return run_describe(parse(Describe, arguments[1:], "catalogue describe", "A catalogue in figures."))
    if action == "import":
        from agents.commands.catalogue_import import run_import

        return run_import(arguments[1:])
    return run_check(parse(Check, arguments[1:], "catalogue check", "Every problem of a file."))


def run_describe(config: Describe) -> Exit:
    description = describe_catalogue(config.catalogue)
    if config.json:
        print(json.dumps(description.to_json(), ensure_ascii=False))
    else:
        show(description, config.catalogue)
    return Exit.OK


def show(d: Description, name: str) -> None:
    from rich.table import Table

    out = console()
    out.print(d.name, style="bold", end="")
    bits = f"{d.prior_bits:.2f} bits to find out, {d.facet_bits:.2f} of them in the facets"
    out.print(f": {d.intents:,} rows ({d.noun}), {bits}")
    out.print(f"questions: {d.yesno_questions:,} yes/no, {d.mixed_questions:,} with the open ones\n")
    head = ("facet", "kind", "values", "unknown", "bits", "yes/no", "open")
    body = [(f.name, f.kind, f"{f.values:,}", f"{100 * f.unknown_share:.0f} %", f"{f.bits:.2f}", f"{f.yesno_bits:.2f}",
             f"{f.open_bits:.2f}" if f.open_bits else "-") for f in d.facets]  # fmt: skip
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False)
    room = out.width
    for k, title in enumerate(head):
        width = min(max([len(title), *(len(row[k]) for row in body)]), 24)
        table.add_column(title, justify="left" if k < 2 else "right", no_wrap=True, width=width)
        room -= width + 1
    table.add_column("likeliest", no_wrap=True, overflow="ellipsis", width=max(room, 9))
    for f, row in zip(d.facets, body, strict=True):
        table.add_row(*row, ", ".join(f.examples))
    out.print(table)
    out.print("\nbits: all that the facet could tell; yes/no and open: what the best question tells.", style="dim")
    for f in d.facets:
        if f.read:
            out.print(f"read: {f.name} ({f.read})", soft_wrap=True)
    for column, reason in d.ignored.items():
        out.print(f"ignored: {column} ({reason})", soft_wrap=True)
    if d.warnings:
        out.print(f"{d.warnings:,} warning{'s' * (d.warnings > 1)}: clarigym catalogue check {name}", soft_wrap=True)
    if d.source:
        out.print(f"source: {d.source}", style="dim")


def run_check(config: Check) -> Exit:
    problems = check_catalogue(config.catalogue)
    errors = sum(p.severity == "error" for p in problems)
    warnings = sum(p.severity == "warning" for p in problems)
    if config.json:
        print(json.dumps({"errors": errors, "warnings": warnings, "notes": len(problems) - errors - warnings,
                          "problems": [p.to_json() for p in problems]}, ensure_ascii=False))  # fmt: skip
        return Exit.BAD_INPUT if errors else Exit.OK
    out = console()
    for p in problems[: config.show]:
        place = [f"row {p.row}"] * (p.row is not None) + [f"column '{p.column}'"] * (p.column is not None)
        where = "" if all(part in p.message for part in place) else ", ".join(place) + ": "
        out.print(p.severity, style={"error": "red", "warning": "yellow"}.get(p.severity, "dim"), end="")
        out.print(f"  {where}{p.message}", soft_wrap=True)
    if len(problems) > config.show:
        out.print(f"... and {len(problems) - config.show:,} more (--show N, or --json)")
    notes = len(problems) - errors - warnings
    what = f"{errors} error{'s' * (errors != 1)}, {warnings} warning{'s' * (warnings != 1)}"
    what += f", {notes} note{'s' * (notes != 1)}" if notes else ""
    out.print(f"{config.catalogue}: {what if problems else 'no problems'}", style="bold", soft_wrap=True)
    return Exit.BAD_INPUT if errors else Exit.OK
