"""Learning curves, see `bench.rl`."""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path

import numpy as np

from agents.policy.config import PolicyConfig
from agents.strategies.registry import make_agent
from bench.rl_common import TEST_SEED, GreedyUntil, make, rewards

CURVES = {"toy": (14_000, 400, 300), "animals": (14_000, 400, 150), "movies-1k": (8_000, 100, 100)}
"""Catalogue to turns, largest bank, users for the lines."""


def curves(args) -> None:
    """From nothing, sparse rewards: the mean reward of the policy as it trains, exploring."""
    from agents.policy.train import train

    found: dict[str, dict] = {}
    for name in args.only or CURVES:
        turns, cap, users = CURVES[name]
        setting = make(name, "typical", cap)
        agents = {"uniform": make_agent("uniform", setting), "exact": GreedyUntil(setting)}
        lines = {who: float(rewards(agent, setting, TEST_SEED, users)[0].mean()) for who, agent in agents.items()}
        print(f"{name}: uniform {lines['uniform']:.3f}, exact {lines['exact']:.3f} ({users} users)", flush=True)
        runs = []
        for seed in range(3):
            with tempfile.TemporaryDirectory() as out:
                config = PolicyConfig(
                    catalogues=(name,), max_questions=cap, steps=turns, n_steps=16, batch_size=256, learning_rate=2e-3,
                    expected=True, seed=seed,
                )  # fmt: skip
                begun = time.perf_counter()
                train(config, out, say=lambda line: None)
                rows = [json.loads(line) for line in (Path(out) / "curve.jsonl").read_text().splitlines()]
            runs.append([r for r in rows if r["reward"] is not None])
            last = np.mean([r["reward"] for r in runs[-1][-4:]])
            print(f"  seed {seed}: {last:.3f} at the end, {time.perf_counter() - begun:.0f} s", flush=True)
        found[name] = {"lines": lines, "runs": runs}
        args.figure.parent.mkdir(parents=True, exist_ok=True)
        args.figure.with_suffix(".json").write_text(json.dumps(found))
    draw(found, args.figure)


def draw(found: dict, path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    figure, grid = plt.subplots(2, len(found), figsize=(4.2 * len(found), 6.4), squeeze=False, sharey="col")
    for column, (name, data) in enumerate(found.items()):
        for row, axis in enumerate(("steps", "seconds")):
            place = grid[row][column]
            length = min(len(run) for run in data["runs"])
            x = np.mean([[r[axis] for r in run[:length]] for run in data["runs"]], axis=0)
            y = np.array([[r["reward"] for r in run[:length]] for run in data["runs"]])
            half = 4.30 * y.std(axis=0, ddof=1) / len(y) ** 0.5  # Student's t with two degrees of freedom
            place.fill_between(x, y.mean(axis=0) - half, y.mean(axis=0) + half, alpha=0.2, color="tab:blue", lw=0)
            place.plot(x, y.mean(axis=0), color="tab:blue", label="PPO, 3 seeds")
            for who, style in (("exact", "-"), ("uniform", ":")):
                place.axhline(data["lines"][who], color="k", ls=style, lw=1, label=who)
            place.xaxis.set_major_locator(plt.MaxNLocator(4))
            place.set_xlabel("turns" if axis == "steps" else "seconds, one thread of a shared machine")
            place.set_ylim(min(-0.6, y.min() - 0.05), 1)
            if row == 0:
                place.set_title(name)
        grid[0][0].set_ylabel("reward of a dialogue")
        grid[1][0].set_ylabel("reward of a dialogue")
    grid[0][0].legend(loc="lower right", frameon=False)
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    print(path)
