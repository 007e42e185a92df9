"""The table of docs/results.md: every agent on the same users, five catalogues, people and typical users.

    python -m bench.results --episodes 1000 --workers 2

Each setting is a few `clarigym evaluate`; their rows stay in runs/results, so it goes on where it was interrupted.
`lookahead` and `policy` are slow and meet fewer users, the first of the same ones; regret is against `exact` on those.
"""

from __future__ import annotations

import argparse
import contextlib
import io
from pathlib import Path

from agents.cli import main as clarigym
from agents.evaluation.metrics import summary
from agents.evaluation.resumable_rows import read_rows

SETTINGS = tuple((name, "mixed") for name in ("animals", "groceries", "famous", "movies-1k", "movies"))
NOISES = ("people", "typical")
AGENTS = ("uniform", "fixed", "entropy", "independent", "exact")
TRAINED = ("learned",)
SLOW = ("lookahead", "policy")
MOST = {"movies-1k": 500, "movies": 300}
"""Users of each agent, where it takes long."""
FEWER = {"animals": 50, "groceries": 50, "famous": 50, "movies-1k": 50, "movies": 20}
BUDGET = 20
PAGE = Path("docs/results.md")
MARK = "<!-- Below this line, bench.results writes. -->"


def evaluate(
    catalogue: str, questions: str, noise: str, agents: tuple[str, ...], episodes: int, workers: int, runs: Path
):
    """The rows of one evaluation, kept in `runs`."""
    out = runs / f"{catalogue}-{questions}-{noise}-{'+'.join(agents)}-{episodes}.jsonl"
    with contextlib.redirect_stdout(io.StringIO()):
        code = clarigym(["evaluate", "--catalogue", catalogue, "--questions", questions, "--noise", noise, "--agents",
                         ",".join(agents), "--episodes", str(episodes), "--workers", str(workers), "--out", str(out),
                         "--budget", str(BUDGET), "--resume", "--json"])  # fmt: skip
    if code:
        raise SystemExit(code)
    return read_rows(out)[1]


def figures(rows: list, agents: tuple[str, ...]) -> list:
    """One dict an agent; regret against `exact` on the episodes that it met."""
    by = {a: {r["episode"]: r for r in rows if r["agent"] == a} for a in agents}
    return [{"agent": a} | summary(list(by[a].values()), BUDGET, [by["exact"][e] for e in by[a]]) for a in agents]


def lines(catalogue: str, questions: str, noise: str, results: list) -> list[str]:
    """One table."""
    out = [f"## {catalogue}, {'yes/no' if questions == 'yesno' else questions} questions, `{noise}`", "",
           "| agent | users | success | 95 % | turns | all | bits/turn | reward | regret | NLL | ECE | Brier "
           "| recovery |",
           "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|"]  # fmt: skip
    for r in results:
        low, high = r["success_ci"]
        shown = [(r["turns_success"], 2), (r["turns_all"], 2), (r["bits_per_turn"], 2), (r["reward"], 3),
                 (r["regret"], 3), (r["nll_nats"], 2), (r["ece"], 3), (r["brier"], 3), (r["recovery"], 3)]  # fmt: skip
        cells = " | ".join("" if x is None else f"{x:.{places}f}" for x, places in shown)
        success = f"{100 * r['success']:.1f} % | {100 * low:.1f} to {100 * high:.1f}"
        out.append(f"| {r['agent']} | {r['episodes']:,} | {success} | {cells} |")
    return [*out, ""]


def overview(everything: dict[tuple[str, str], list]) -> list[str]:
    """All settings at a glance: percent found, and questions where it was found."""
    agents = list(dict.fromkeys(r["agent"] for results in everything.values() for r in results))
    out = ["## All settings", "",
           "| users | " + " | ".join(agents) + " |", "|---|" + "---:|" * len(agents)]  # fmt: skip
    for (catalogue, noise), results in everything.items():
        cells = []
        for agent in agents:
            r = next((r for r in results if r["agent"] == agent), None)
            turns = "-" if r is None or r["turns_success"] is None else f"{r['turns_success']:.1f}"
            cells.append("" if r is None else f"{100 * r['success']:.1f} in {turns}")
        out.append(f"| {catalogue}, `{noise}` | " + " | ".join(cells) + " |")
    return [*out, ""]


def write(tables: list[str]) -> None:
    """Put the tables into the page, below its prose."""
    prose = PAGE.read_text(encoding="utf-8").partition(MARK)[0]
    PAGE.write_text("\n".join([prose + MARK, "", *tables]), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--episodes", type=int, default=1000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--runs", type=Path, default=Path("runs/results"))
    parser.add_argument("--only", default="", help="catalogues, with commas between")
    parser.add_argument("--without", default="", help="of learned, lookahead, policy, with commas between")
    given = parser.parse_args()
    given.runs.mkdir(parents=True, exist_ok=True)
    everything: dict[tuple[str, str], list] = {}
    tables: list[str] = []
    for catalogue, questions in SETTINGS:
        if given.only and catalogue not in given.only.split(","):
            continue
        for noise in NOISES:
            few = min(FEWER[catalogue], given.episodes)
            rows, agents = [], AGENTS
            all_ = min(MOST.get(catalogue, given.episodes), given.episodes)
            for group, episodes in ((AGENTS, all_), (TRAINED, all_), *(((a,), few) for a in SLOW)):
                if group[0] in given.without.split(","):
                    continue
                rows += evaluate(catalogue, questions, noise, group, episodes, given.workers, given.runs)
                agents += () if group is AGENTS else group
            everything[catalogue, noise] = figures(rows, agents)
            table = lines(catalogue, questions, noise, everything[catalogue, noise])
            print("\n".join(table), flush=True)
            tables += table
            if not given.only:
                write([*overview(everything), *tables])


if __name__ == "__main__":
    main()
