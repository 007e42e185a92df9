"""The table of docs/results.md: every agent on the same users, four catalogues, three levels of noise.

    python -m bench.results --episodes 1000 --workers 2

Each setting is one `clarigym evaluate` whose rows go to runs/results, so the command goes on where it was interrupted.
`lookahead` chooses a hundred times slower than the others and meets fewer users, the first of the same ones.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
from pathlib import Path

from agents.cli import main as clarigym

SETTINGS = (("animals", "mixed"), ("groceries", "mixed"), ("movies-1k", "yesno"), ("movies", "mixed"))
NOISES = ("clean", "typical", "hard")
AGENTS = ("uniform", "fixed", "entropy", "independent", "exact")
SLOW = "lookahead"
FEWER = {"animals": 200, "groceries": 200, "movies-1k": 100, "movies": 50}
PAGE = Path("docs/results.md")


def evaluate(catalogue: str, questions: str, noise: str, agents: str, episodes: int, workers: int, runs: Path) -> list:
    """The results of one evaluation, its rows kept in `runs`."""
    rows = runs / f"{catalogue}-{questions}-{noise}-{agents.replace(',', '+')}-{episodes}.jsonl"
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        code = clarigym(["evaluate", "--catalogue", catalogue, "--questions", questions, "--noise", noise, "--agents",
                         agents, "--episodes", str(episodes), "--workers", str(workers), "--out", str(rows),
                         "--resume", "--json"])  # fmt: skip
    if code:
        raise SystemExit(code)
    return json.loads(said.getvalue())["results"]


def lines(catalogue: str, questions: str, noise: str, results: list) -> list[str]:
    """One table."""
    out = [f"### {catalogue}, {'yes/no' if questions == 'yesno' else questions} questions, `{noise}`", "",
           "| agent | users | success | 95 % | turns | all | bits/turn | reward | regret | NLL | ECE |",
           "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|"]  # fmt: skip
    for r in results:
        low, high = r["success_ci"]
        figures = [(r["turns_success"], 2), (r["turns_all"], 2), (r["bits_per_turn"], 2), (r["reward"], 3),
                   (r["regret"], 3), (r["nll_nats"], 2), (r["ece"], 3)]  # fmt: skip
        cells = " | ".join("" if x is None else f"{x:.{places}f}" for x, places in figures)
        success = f"{100 * r['success']:.1f} % | {100 * low:.1f} to {100 * high:.1f}"
        out.append(f"| {r['agent']} | {r['episodes']:,} | {success} | {cells} |")
    return [*out, ""]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--episodes", type=int, default=1000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--runs", type=Path, default=Path("runs/results"))
    parser.add_argument("--only", default="", help="catalogues, with commas between")
    parser.add_argument("--without-slow", action="store_true", help="leave lookahead out")
    given = parser.parse_args()
    given.runs.mkdir(parents=True, exist_ok=True)
    page = [
        "# Results", "",
        f"Made by `python -m bench.results --episodes {given.episodes}`; the columns: [evaluation.md](evaluation.md).",
        "Budget 20, seed 0. Every agent meets the same users; `lookahead` fewer of them, for it is slow: its regret is",
        "against `exact` on those it met.", "",
    ]  # fmt: skip
    for catalogue, questions in SETTINGS:
        if given.only and catalogue not in given.only.split(","):
            continue
        for noise in NOISES:
            results = evaluate(catalogue, questions, noise, ",".join(AGENTS), given.episodes, given.workers, given.runs)
            if not given.without_slow:
                few = min(FEWER[catalogue], given.episodes)
                pair = evaluate(catalogue, questions, noise, f"exact,{SLOW}", few, given.workers, given.runs)
                results.append(pair[1])
            table = lines(catalogue, questions, noise, results)
            print("\n".join(table), flush=True)
            page += table
            PAGE.write_text("\n".join(page), encoding="utf-8")


if __name__ == "__main__":
    main()
