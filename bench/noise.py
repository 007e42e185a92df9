"""Noise curves: success against the rate of each fault, `exact` beside `independent`, as a picture and as figures.

    python -m bench.noise --catalogue groceries --questions yesno --episodes 400

Needs matplotlib (the extra `plots`).  The presets are the noise grid: {0, 5, 10, 20, 30 %} of one fault alone, or of
three at a third each.  Both agents meet the same users; the bars are 95 % intervals (Wilson).
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
from pathlib import Path

from agents.cli import main as clarigym
from sim.users.rates import GRID_KINDS, GRID_PERCENT

AGENTS = ("exact", "independent")
COLOURS = {"exact": "#1b6ca8", "independent": "#d1495b"}
TITLES = {"forgotten": "facets forgotten", "slip": "answers that slip", "misremembered": "facets misremembered",
          "mixed": "a third of each"}  # fmt: skip


def curves(catalogue: str, questions: str, episodes: int, workers: int, runs: Path) -> dict[str, list[dict]]:
    """Kind of noise to the results at each rate, ascending."""
    out: dict[str, list[dict]] = {}
    for kind in GRID_KINDS:
        for percent in GRID_PERCENT:
            preset = f"{kind}-{percent}" if percent else f"{GRID_KINDS[0]}-0"  # without faults they are all the same
            rows = runs / f"{catalogue}-{questions}-{preset}-{episodes}.jsonl"
            said = io.StringIO()
            with contextlib.redirect_stdout(said):
                code = clarigym(["evaluate", "--catalogue", catalogue, "--questions", questions, "--noise", preset,
                                 "--agents", ",".join(AGENTS), "--episodes", str(episodes), "--workers", str(workers),
                                 "--out", str(rows), "--resume", "--json"])  # fmt: skip
            if code:
                raise SystemExit(code)
            results = {one["agent"]: one for one in json.loads(said.getvalue())["results"]}
            out.setdefault(kind, []).append(results)
            shown = "   ".join(f"{a} {100 * r['success']:5.1f} % in {r['turns_all']:5.2f}" for a, r in results.items())
            print(f"{kind:<14} {percent:>3} %   {shown}", flush=True)
    return out


def draw(found: dict[str, list[dict]], title: str, path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, len(found), figsize=(11, 3.2), sharey=True)
    for axis, (kind, points) in zip(axes, found.items(), strict=True):
        for agent in AGENTS:
            middle = [100 * p[agent]["success"] for p in points]
            low = [m - 100 * p[agent]["success_ci"][0] for m, p in zip(middle, points, strict=True)]
            high = [100 * p[agent]["success_ci"][1] - m for m, p in zip(middle, points, strict=True)]
            axis.errorbar(GRID_PERCENT, middle, yerr=[low, high], marker="o", ms=4, lw=1.6, capsize=2,
                          color=COLOURS[agent], label=agent)  # fmt: skip
        axis.set_title(TITLES[kind], fontsize=10)
        axis.set_xlabel("rate, %", fontsize=9)
        axis.set_xticks(GRID_PERCENT)
        axis.set_ylim(0, 103)
        axis.grid(alpha=0.25)
        axis.spines[["top", "right"]].set_visible(False)
    axes[0].set_ylabel("found, %", fontsize=9)
    axes[0].legend(frameon=False, fontsize=9, loc="lower left")
    figure.suptitle(title, fontsize=11)
    figure.tight_layout()
    figure.savefig(path, dpi=130, metadata={"Software": None})  # the same figures, the same bytes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--catalogue", default="groceries")
    parser.add_argument("--questions", default="yesno")
    parser.add_argument("--episodes", type=int, default=400)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--runs", type=Path, default=Path("runs/noise"))
    parser.add_argument("--out", type=Path, default=Path("docs/noise.png"))
    given = parser.parse_args()
    given.runs.mkdir(parents=True, exist_ok=True)
    found = curves(given.catalogue, given.questions, given.episodes, given.workers, given.runs)
    draw(found, f"{given.catalogue}, {given.questions} questions, budget 20, {given.episodes} users", given.out)
    print(given.out)


if __name__ == "__main__":
    main()
