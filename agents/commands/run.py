"""`clarigym run`: scripted episodes, for continuous integration.

Exit code 0 when every expectation holds, 1 when one fails (its dialogue is shown), 2 for a file that can't be used.
Without a path it runs the scenarios that ship.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import tyro
from rich.console import Console

from agents.commands.console import console
from agents.commands.flags import parse
from agents.commands.progress import RunProgress
from agents.errors import Exit, InputError
from agents.files import check_output
from agents.scenarios.expectations import Outcome
from agents.scenarios.play import ScenarioPlayer
from agents.scenarios.read import SHIPPED, Scenario, read_scenarios
from agents.strategies.registry import YARDSTICK, check_name
from sim.files import write_atomically


@dataclass(frozen=True, kw_only=True)
class RunScenarios:
    """What to run."""

    paths: tyro.conf.Positional[tuple[str, ...]] = ()
    """Scenario files (TOML or JSONL) or folders of them; none: those that ship."""
    agent: str = YARDSTICK
    """Who asks."""
    json: tyro.conf.FlagCreatePairsOff[bool] = False
    """One JSON object on stdout instead of lines."""
    junit: str = ""
    """A file for the results in JUnit's XML."""
    html: str = ""
    """A file for a page that shows them, each dialogue turn by turn."""
    every: tyro.conf.FlagCreatePairsOff[bool] = False
    """Play also the scenarios that are for other agents."""

    def __post_init__(self) -> None:
        check_name(self.agent)
        for path in filter(None, (self.junit, self.html)):
            check_output(path)
        if self.junit and self.junit == self.html:
            raise InputError(f"--junit and --html name the same file, {self.html}; choose another for one of them")


def main(arguments: list[str]) -> Exit:
    config = parse(RunScenarios, arguments, "run", "Scripted episodes with expectations.")
    # All files are read before the first episode: a bad one must not cost a quarter of an hour.
    scenarios = [s for path in config.paths or (str(SHIPPED),) for s in read_scenarios(path)]
    chosen = [s for s in scenarios if config.every or s.suits(config.agent)]
    if not chosen:
        raise InputError(f"none of the {len(scenarios)} scenarios is for the agent '{config.agent}'; --every plays all")
    if config.html:
        from agents.results.scenario_page import check_library

        check_library()
    out, others = console(), len(scenarios) - len(chosen)
    outcomes = play_all(chosen, config, out)
    failed = sum(bool(o.failures) for o in outcomes)
    if config.junit:
        write_junit(config.junit, config.agent, outcomes)
    if config.html:
        from agents.results.scenario_page import scenarios_page

        page = scenarios_page(outcomes, agent=config.agent, others=others)
        write_atomically(Path(config.html), page.encode())
    if config.json:
        print(json.dumps(to_json(config, outcomes) | {"for_other_agents": others}, ensure_ascii=False))
    else:
        style = "bold red" if failed else "bold green"
        out.print(f"{len(outcomes) - failed} of {len(outcomes)} scenarios hold", style=style)
        if others:
            out.print(f"{others} are for other agents (--every plays them too)", style="dim")
    return Exit.FAILED if failed else Exit.OK


def play_all(scenarios: Sequence[Scenario], config: RunScenarios, out: Console) -> list[Outcome]:
    """Their outcomes, each shown as it comes; a bar where only the end is printed."""
    player = ScenarioPlayer(config.agent)
    outcomes: list[Outcome] = []
    with RunProgress("scenarios") as bar:
        for k, scenario in enumerate(scenarios, 1):
            outcomes.append(player.run(scenario))
            if not config.json:
                show(outcomes[-1], out)
            elif sys.stderr.isatty():
                bar(k, len(scenarios), "scenarios", "")
    return outcomes


def show(o: Outcome, out: Console) -> None:
    """A line an outcome, and the whole dialogue where an expectation fails."""
    mark, style = ("FAIL", "bold red") if o.failures else ("ok", "green")
    out.print(f"{mark:<5}", style=style, end="")
    how = "the user left" if o.user_left else "found" if o.found else "not found"
    out.print(f"{o.scenario.name}: {how}, {o.questions} question{'' if o.questions == 1 else 's'}", soft_wrap=True)
    for failure in o.failures:
        out.print(f"     expected {failure}", style="red", soft_wrap=True)
    if o.failures and o.scenario.guards:
        out.print(f"     guards against: {o.scenario.guards}", soft_wrap=True)
    if o.failures:
        out.print(o.transcript, soft_wrap=True)


def to_json(config: RunScenarios, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    results = []
    for o in outcomes:
        one = {key: value for key, value in asdict(o).items() if key not in ("scenario", "seconds")}
        told = {"name": o.scenario.name, "place": o.scenario.place, "guards": o.scenario.guards}
        results.append(told | {"holds": not o.failures} | one)
    failed = sum(bool(o.failures) for o in outcomes)
    return {"config": asdict(config), "scenarios": len(outcomes), "failed": failed, "results": results}


def write_junit(path: str, agent: str, outcomes: Sequence[Outcome]) -> None:
    failed = sum(bool(o.failures) for o in outcomes)
    suite = ElementTree.Element("testsuite", name=f"clarigym run ({agent})", tests=str(len(outcomes)),
                                failures=str(failed), errors="0")  # fmt: skip
    for o in outcomes:
        group = Path(o.scenario.place.split(", ")[0]).stem
        case = ElementTree.SubElement(suite, "testcase", classname=group, name=o.scenario.name, time=f"{o.seconds:.3f}")
        if o.failures:
            failure = ElementTree.SubElement(case, "failure", message="; ".join(o.failures))
            guards = f"guards against: {o.scenario.guards}\n\n" if o.scenario.guards else ""
            failure.text = _xml(guards + o.transcript)
    ElementTree.ElementTree(suite).write(path, encoding="utf-8", xml_declaration=True)


def _xml(text: str) -> str:
    """Without the control characters that XML has no way to say."""
    return "".join(c for c in text if c >= " " or c in "\n\t")
