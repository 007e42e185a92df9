"""`clarigym list`: what there is to name on the other commands' command lines."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import tyro

from agents.commands.console import console
from agents.commands.flags import parse
from agents.errors import Exit
from agents.strategies.registry import AGENTS, LEARNED, MODEL_AGENTS
from agents.suites.suite import shipped
from sim.catalogue.load import BUILT_IN
from sim.users.rates import GRID_KINDS, GRID_PERCENT, PRESETS


@dataclass(frozen=True, kw_only=True)
class List:
    """What there is."""

    json: tyro.conf.FlagCreatePairsOff[bool] = False
    """One JSON object on stdout instead of a list."""


def main(arguments: list[str]) -> Exit:
    config = parse(List, arguments, "list", "Catalogues, agents, environments and noise presets.")
    import envs

    everything: dict[str, Any] = {
        "catalogues": list(BUILT_IN),
        "agents": {name: line for name, (_, line) in (*AGENTS.items(), *MODEL_AGENTS.items())},
        "environments": [*envs.IDS, envs.TEXT],
        "presets": list(PRESETS),
        "questions": ["yesno", "open", "mixed"],
        "suites": list(shipped()),
    }
    if config.json:
        print(json.dumps(everything))
        return Exit.OK
    out = console()
    grid = f"{{{','.join(GRID_KINDS)}}}-{{{','.join(map(str, GRID_PERCENT))}}}"
    plain = [name for name in PRESETS if not name.startswith(GRID_KINDS)]
    out.print("catalogues", style="bold")
    out.print("  " + ", ".join(BUILT_IN) + "; or a file of your own")
    out.print("agents", style="bold")
    for name, (_, line) in AGENTS.items():
        out.print(f"  {name:<12} {line}{' (plays before people)' if name == LEARNED else ''}", soft_wrap=True)
    for name, (_, line) in MODEL_AGENTS.items():
        out.print(f"  {name:<12} {line} (--model, docs/llm.md)", soft_wrap=True)
    out.print("  module:factory is your own (docs/agents.md)")
    out.print("environments", style="bold")
    for name in (*envs.IDS, envs.TEXT):
        out.print(f"  {name}")
    out.print("suites", style="bold")
    out.print("  " + ", ".join(shipped()) + "; or a file of your own")
    out.print("noise presets", style="bold")
    out.print(f"  {', '.join(plain)}; one fault alone: {grid};\n  or a TOML file of your own", soft_wrap=True)
    return Exit.OK
