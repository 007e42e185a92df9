"""Scenarios as one page of HTML: which hold, and each dialogue turn by turn; no network, no script.

The template `scenarios.html.jinja` says how it looks.  The same outcomes give the same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from agents.results.templates import page_environment
from agents.scenarios.expectations import Outcome, in_words
from agents.scenarios.read import Expectations

TEMPLATE = "scenarios.html.jinja"
NEEDS = "clarigym run --html needs jinja2, the extra `report`: pip install '.[report]' in the checkout"
FELL_BITS = 1.0
"""A turn that costs the truth as much is tinted."""


def check_library() -> None:
    """Raises InputError where no page can be made, before scenarios are played for it."""
    page_environment(NEEDS)


def scenarios_page(outcomes: Sequence[Outcome], *, agent: str, others: int = 0) -> str:
    """The page.

    Args:
        outcomes: in the order of their files.
        agent: who asked.
        others: how many scenarios were left out, for they are for other agents.
    """
    by_file: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        by_file.setdefault(_file(outcome), []).append(outcome)
    groups = [_group(k, Path(file).name, listed) for k, (file, listed) in enumerate(by_file.items())]
    failed = sum(bool(outcome.failures) for outcome in outcomes)
    context = {"agent": agent, "groups": groups, "total": len(outcomes), "failed": failed, "others": others}
    return page_environment(NEEDS).get_template(TEMPLATE).render(context)


def _file(outcome: Outcome) -> str:
    return outcome.scenario.place.split(", ")[0]


def _group(k: int, name: str, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    return {
        "id": f"f{k}",
        "name": name,
        "scenarios": [_scenario(f"f{k}s{n}", outcome) for n, outcome in enumerate(outcomes)],
        "failed": sum(bool(outcome.failures) for outcome in outcomes),
        "questions": sum(outcome.questions for outcome in outcomes) / len(outcomes),
    }


def _scenario(name: str, o: Outcome) -> dict[str, Any]:
    """One scenario as the template takes it."""
    s, known = o.scenario, not o.scenario.absent
    end = "the user left" if o.user_left else "found" if o.found else "not found"
    guess = f"The guess is {o.guess} (belief {100 * o.confidence:.1f} %); it was {o.truth}."
    before, turns = o.start.p, []
    for number, turn in enumerate(o.turns, 1):
        turns.append({"number": number, "question": turn.question, "answer": turn.answer, "said": "",
                      "false": turn.false, "beside": turn.rank or "", "p": turn.p if known else None,
                      "fell": known and before > turn.p * 2**FELL_BITS})  # fmt: skip
        before = turn.p
    return {
        "id": name, "name": s.name, "guards": s.guards, "about": s.about, "failures": o.failures, "turns": turns,
        "end": f"{end}, {o.questions} question{'s' * (o.questions != 1)}", "opening": o.opening,
        "guess": f"The user left; it was {o.truth}." if o.user_left else guess,
        "start": o.start.p if known and o.turns else None, "expected": _expected(s.expect),
        "setting": ", ".join([s.catalogue, s.questions, s.noise, *([s.type] if s.type else [])]),
    }  # fmt: skip


def _expected(expect: Expectations) -> str:
    """What was expected, as it stands in the file."""
    given = {f.name: value for f in fields(expect) if (value := getattr(expect, f.name)) not in (None, ())}
    return "; ".join(f"{name} = {in_words(value)}" for name, value in given.items())
