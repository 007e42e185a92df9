"""`clarigym compare`: two files of evaluate's rows, paired by episode.

What is compared must be the same users: catalogue, seed, noise and opening agree, or it says what doesn't.  Budgets
and kinds of question may differ, for that is a comparison one may want.  The metrics of a pair of agents are looked at
together, so the verdict is Holm's over all of them; each pair of agents is a question of its own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import tyro

from agents.commands.console import console
from agents.commands.flags import parse
from agents.errors import Exit, InputError, printable
from agents.evaluation.metrics import paired
from agents.evaluation.resumable_rows import read_evaluation
from sim.names.did_you_mean import did_you_mean

USERS = ("seed", "opening", "users_per_intent")
NAMES = {"success": "success", "turns_all": "turns", "reward": "reward", "bits": "bits", "nll_nats": "NLL"}


@dataclass(frozen=True, kw_only=True)
class Compare:
    """What to compare."""

    a: tyro.conf.Positional[str]
    """A file of rows."""
    b: tyro.conf.Positional[str]
    """Another, or the same one."""
    agent_a: str = ""
    """The agent in the first file; needed where it has several and the files share none."""
    agent_b: str = ""
    """The agent in the second file."""
    json: tyro.conf.FlagCreatePairsOff[bool] = False
    """One JSON object on stdout instead of a table."""


def main(arguments: list[str]) -> Exit:
    config = parse(Compare, arguments, "compare", "Paired differences, a minus b, with intervals and tests.")
    comparisons = compare_files(config)
    if config.json:
        print(json.dumps({"config": asdict(config), "comparisons": comparisons}, ensure_ascii=False))
    else:
        for comparison in comparisons:
            show(comparison)
    return Exit.OK


def compare_files(config: Compare) -> list[dict[str, Any]]:
    """One comparison for each pair of agents.

    Raises:
        InputError: files that don't pair, and why.
    """
    (head_a, rows_a), (head_b, rows_b) = read_evaluation(config.a), read_evaluation(config.b)
    check_users(config, head_a, head_b)
    budgets = (head_a["config"]["budget"], head_b["config"]["budget"])
    out = []
    for one, other in pairs(config, rows_a, rows_b):
        a = {row["episode"]: row for row in rows_a if row["agent"] == one}
        b = {row["episode"]: row for row in rows_b if row["agent"] == other}
        shared = sorted(a.keys() & b.keys())
        if not shared:
            raise InputError(f"{config.a} and {config.b} don't pair: they have no episode in common")
        if any(a[e]["intent"] != b[e]["intent"] for e in shared):
            raise InputError(f"{config.a} and {config.b} don't pair: the same episode has two intents")
        each = head_a["config"].get("users_per_intent", 1)
        figures = paired([a[e] for e in shared], [b[e] for e in shared], budgets, each)
        out.append({"agent_a": one, "agent_b": other, "episodes": len(shared),
                    "unpaired": len(a) + len(b) - 2 * len(shared), "metrics": figures})  # fmt: skip
    return out


def check_users(config: Compare, a: Mapping[str, Any], b: Mapping[str, Any]) -> None:
    """Raises InputError naming what differs between the users of two files."""
    differs = []
    if a.get("fingerprint") != b.get("fingerprint"):
        differs.append(f"catalogue ({a['config']['catalogue']} and {b['config']['catalogue']})")
    for key in USERS:
        x, y = a["config"].get(key), b["config"].get(key)
        if x != y:
            differs.append(f"{key} ({x} and {y})")
    # Users are the same by their rates: a preset's name holds for several catalogues, and a file may be changed.
    if a.get("fingerprint") == b.get("fingerprint") and a.get("rates") != b.get("rates"):
        x, y = a["config"].get("noise"), b["config"].get("noise")
        differs.append(f"noise ({x} and {y})" if x != y else f"rates ({x} meant others when one of them was run)")
    if differs:
        raise InputError(f"{config.a} and {config.b} don't pair, their users differ in {', '.join(differs)}")


def pairs(config: Compare, rows_a: list[dict[str, Any]], rows_b: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Which agents to compare: those named, the only ones, or those in both files."""
    names_a, names_b = (list(dict.fromkeys(row["agent"] for row in rows)) for rows in (rows_a, rows_b))
    for given, names, path in ((config.agent_a, names_a, config.a), (config.agent_b, names_b, config.b)):
        if not names:
            raise InputError(f"{path} has no rows yet")
        if given and given not in names:
            raise InputError(f"{path} has no agent '{given}'{did_you_mean(given, names)} (it has {', '.join(names)})")
    one = config.agent_a or (names_a[0] if len(names_a) == 1 else "")
    other = config.agent_b or (names_b[0] if len(names_b) == 1 else "")
    if one and other:
        return [(one, other)]
    if one or other:
        return [(one or other, one or other)] if (one or other) in (names_b if one else names_a) else _unclear(config)
    shared = [(name, name) for name in names_a if name in names_b]
    return shared or _unclear(config)


def _unclear(config: Compare):
    raise InputError(f"which agents of {config.a} and {config.b}? name them by --agent-a and --agent-b")


def show(comparison: dict[str, Any]) -> None:
    from rich.table import Table

    one, other = printable(comparison["agent_a"]), printable(comparison["agent_b"])
    left = f"; {comparison['unpaired']} unpaired rows left out" if comparison["unpaired"] else ""
    print(f"a: {one}, b: {other}, {comparison['episodes']:,} paired episodes{left}\n")
    out = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    out.add_column("")
    for name in ("a", "b", "a - b", "95 % interval", "p", "Holm", ""):
        out.add_column(name, justify="left" if not name else "right", no_wrap=True)
    for key, figures in comparison["metrics"].items():
        ends = "-" if figures["ci"] is None else "{:+.3f} to {:+.3f}".format(*figures["ci"])
        verdict = "differs" if figures["differs"] else "no difference shown"
        out.add_row(NAMES[key], f"{figures['a']:.3f}", f"{figures['b']:.3f}", f"{figures['difference']:+.3f}",
                    ends, shown(figures["p"]), shown(figures["p_holm"]), verdict)  # fmt: skip
    console().print(out)
    print("\nIntervals (Bonett-Price, Hall) and p (McNemar's exact test of success, sign-flip tests of the others) are "
          "\nof each metric by itself; Holm: p corrected for the five looked at together, which the verdict goes "
          "by.")  # fmt: skip


def shown(p: float) -> str:
    return f"{p:.4f}" if p >= 0.0001 else "<0.0001"
