"""A report as one page of HTML: no network, no script; what files say stands escaped.

The template `report.html.jinja` says how it looks, `agents.results.report_data` what it says.  The same files give the
same bytes: nothing on the page tells the time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from agents.errors import InputError
from agents.evaluation.by_turn import bits_by_turn, calibration_curve, entropy_by_turn, success_by_turn
from agents.evaluation.intervals import ConfidenceInterval
from agents.evaluation.regret_split import PARTS
from agents.results import charts
from agents.results.charts import Curve
from agents.results.dialogue_index import Entry
from agents.results.report_data import Condition, ReportData, Row, baseline_of, titles
from agents.results.templates import page_environment
from sim.dialogue import Dialogue

TEMPLATE = "report.html.jinja"
NEEDS = "clarigym report needs jinja2 and matplotlib, the extra `report`: pip install '.[report]' in the checkout"
SHORT = 40
"""Questions up to which curves go to the budget; beyond, they end with the longest dialogue."""
COLUMNS = (
    ("success", "found", "percent"),
    ("turns_success", "questions, found alone", "two"),
    ("turns_all", "questions, failure = budget", "two"),
    ("bits_per_turn", "bits a question", "two"),
    ("reward", "reward", "three"),
    ("regret", "regret", "three"),
    ("nll_nats", "NLL, nats", "two"),
    ("brier", "Brier", "three"),
    ("ece", "ECE", "three"),
    ("overconfidence", "over-confidence", "signed"),
    ("recovery", "found after a false answer", "percent"),
    ("regained", "truth regained after it", "percent"),
)
"""Figure, its name for people, and how it is written."""
METRICS = {"success": "found", "turns_all": "questions", "reward": "reward", "bits": "bits", "nll_nats": "NLL"}
PLACES: Mapping[str, Callable[[float], str]] = {
    "percent": lambda x: f"{100 * x:.1f}",
    "two": lambda x: f"{x:.2f}",
    "three": lambda x: f"{x:.3f}",
    "signed": lambda x: f"{x:+.3f}",
}


def rendered(data: ReportData, *, title: str, baseline: str = "") -> str:
    """The page.

    Args:
        baseline: the agent that others are compared with; empty for the first of each condition.

    Raises:
        InputError: no condition has the baseline, or a library is missing.
    """
    environment = _environment()
    if baseline and not any(baseline in (*c.agents, *c.names.values()) for c in data.conditions):
        baseline_of(data.conditions[0], baseline)  # says which there are
    names = titles(data.conditions)
    conditions = [
        _condition(f"c{k}", name, condition, baseline)
        for k, (name, condition) in enumerate(zip(names, data.conditions, strict=True))
    ]
    worst = [_dialogue(k, *one) for k, one in enumerate(data.worst)]
    context = {"title": title, "conditions": conditions, "matrix": _matrix(names, conditions), "worst": worst,
               "dialogues": data.dialogues, "files": [_file(*one) for one in data.files],
               "columns": COLUMNS, "metrics": METRICS}  # fmt: skip
    return environment.get_template(TEMPLATE).render(context)


def _environment() -> Any:
    try:
        import matplotlib
    except ImportError:
        raise InputError(NEEDS) from None
    del matplotlib  # looked for before any work; `charts` draws with it
    return page_environment(NEEDS)


def _condition(name: str, title: str, condition: Condition, baseline: str) -> dict[str, Any]:
    """One condition as the template takes it."""
    figures, agents = condition.figures(), condition.agents
    known = baseline in (*agents, *condition.names.values())
    first = baseline_of(condition, baseline if known else "")
    longest = max(row["questions"] for rows in agents.values() for row in rows)
    budget = min(condition.budget, max(longest, SHORT))
    courses = {
        "found": [success_by_turn(rows, budget) for rows in agents.values()],
        "bits": [bits_by_turn(rows, budget) for rows in agents.values()],
        "entropy": [entropy_by_turn(rows, budget) for rows in agents.values()],
    }
    turns = range(budget + 1)
    reliability = [
        Curve([b.confidence for b in bins], *_ends([b.right for b in bins]))
        for bins in map(calibration_curve, agents.values())
    ]
    pictures = [
        ("Found by turn", "Share of users whose item was found with so many questions; Wilson's bands.",
         charts.by_turn(f"{name}-found", _curves(turns, courses["found"]), "share found", share=True)),
        ("Bits about the truth", "log2 p(truth) less that at the start, in the agent's own belief; Hall's bands.",
         charts.by_turn(f"{name}-bits", _curves(turns, courses["bits"]), "bits")),
        ("Entropy by turn", "What is open in the agent's own belief. Where it falls faster than the bits about the "
         "truth rise, the agent is too sure.",
         charts.by_turn(f"{name}-entropy", _curves(turns, courses["entropy"]), "bits")),
        ("Calibration", "Guesses in bins of equal mass. Below the diagonal the agent is too sure.",
         charts.calibration(f"{name}-right", reliability)),
    ]  # fmt: skip
    return {
        "id": name,
        "title": title,
        "told": {key: condition.config.get(key) for key in ("questions", "budget", "seed", "opening")},
        "users_per_intent": condition.users_per_intent,
        "agents": [
            {"label": label, "k": k, "episodes": len(rows), "figures": _figures(figures[label]),
             "pass_k": figures[label].get("pass_k", [])}
            for k, (label, rows) in enumerate(agents.items())
        ],
        "baseline": first,
        "differences": condition.differences(first),
        "split": _split(f"{name}-split", condition),
        "pictures": pictures,
        "turns": [
            [t, [[PLACES["percent"](c[t].value) for c in courses["found"]],
                 [PLACES["two"](c[t].value) for c in courses["bits"]],
                 [PLACES["two"](c[t].value) for c in courses["entropy"]]]]
            for t in turns
        ],
    }  # fmt: skip


def _split(name: str, condition: Condition) -> dict[str, Any] | None:
    """The split of regrets, a picture and a table; None where it wasn't played."""
    found = condition.regret_splits()
    if not found:
        return None
    write, rows, bars = PLACES["three"], [], []
    for label, split in found.items():
        values = [split[part] for part in PARTS]
        ends = [split[f"{part}_ci"] for part in PARTS]
        cells = [{"value": write(x), "ends": e and f"{write(e[0])} to {write(e[1])}"} for x, e in zip(values, ends)]
        rows.append((label, [{"value": write(sum(values)), "ends": None}, *cells]))
        limits = [e or (x, x) for x, e in zip(values, ends, strict=True)]
        bars.append(tuple(Curve([0], [x], [low], [high]) for x, (low, high) in zip(values, limits, strict=True)))
    return {"rows": rows, "svg": charts.split_bars(name, bars)}


def _figures(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The figures of an agent in the order of `COLUMNS`, as text."""
    out = []
    for key, _, places in COLUMNS:
        value, ends = found.get(key), found.get(f"{key}_ci")
        write = PLACES[places]
        out.append({"key": key, "value": None if value is None else write(value), "number": value,
                    "ends": None if ends is None else f"{write(ends[0])} to {write(ends[1])}"})  # fmt: skip
    return out


def _curves(x: Sequence[float], courses: Sequence[Sequence[ConfidenceInterval]]) -> list[Curve]:
    return [Curve(list(x), *_ends(course)) for course in courses]


def _ends(points: Sequence[ConfidenceInterval]) -> tuple[list[float], list[float], list[float]]:
    """Values and ends; a single dialogue has no ends, its band is the line."""
    finite = [p if p.high - p.low < float("inf") else ConfidenceInterval(p.value, p.value, p.value) for p in points]
    return [p.value for p in finite], [p.low for p in finite], [p.high for p in finite]


def _matrix(names: Sequence[str], conditions: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """Success of each agent under each condition; None where there is one condition alone."""
    if len(conditions) < 2:
        return None
    labels = list(dict.fromkeys(agent["label"] for c in conditions for agent in c["agents"]))
    cells = {(k, agent["label"]): agent["figures"][0] for k, c in enumerate(conditions) for agent in c["agents"]}
    return {"columns": [(c["id"], name) for c, name in zip(conditions, names, strict=True)],
            "rows": [(label, [cells.get((k, label)) for k in range(len(conditions))]) for label in labels]}  # fmt: skip


def _dialogue(k: int, entry: Entry, dialogue: Dialogue, row: Row | None) -> dict[str, Any]:
    """One of the worst dialogues as the template takes it; beliefs are the agent's own, from its row."""
    bits = row["truth_bits"] if row else []
    false = set(row["false_turns"]) if row else set()
    turns = []
    for number, turn in enumerate(dialogue.turns, 1):
        known = number < len(bits)
        beside = "" if turn.eig_bits is None else f"{turn.eig_bits:.2f}"
        turns.append({"number": number, "question": turn.question_text, "answer": turn.answer_text,
                      "false": number in false, "beside": beside, "said": dialogue.said(number),
                      "p": 2 ** bits[number] if known else None,
                      "fell": known and bits[number - 1] - bits[number] >= 1})  # fmt: skip
    outcome = {"wrong": "guessed another", "left": "the user left", "none": "guessed nothing", "found": "found"}
    return {"k": k, "entry": entry, "dialogue": dialogue, "turns": turns, "outcome": outcome[entry.outcome],
            "start": 2 ** bits[0] if bits else None, "end": 2 ** bits[-1] if bits else None}  # fmt: skip


def _file(path: str, header: Mapping[str, Any]) -> dict[str, Any]:
    """What a file of rows says of where it comes from."""
    made_with = header.get("made_with")
    made_with = made_with if isinstance(made_with, dict) else {}
    suite = header.get("suite")
    if isinstance(suite, dict):
        made_with = {"suite": f"{suite.get('name')}, digest {suite.get('digest')}"} | made_with
    checkpoints = header.get("checkpoints")
    return {
        "name": Path(path).name,
        "fingerprint": header.get("fingerprint"),
        "rates": header.get("rates_digest"),
        "config": {str(k): v for k, v in header["config"].items()},
        "made_with": {str(k): str(v) for k, v in made_with.items()},
        "checkpoints": checkpoints if isinstance(checkpoints, dict) else {},
    }
