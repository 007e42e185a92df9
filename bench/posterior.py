"""`python -m bench.posterior [TABLE ...]`: how near a learned belief comes to the exact one, and what it costs.

Runs are kept in runs/posterior and not trained twice.  `--quick` takes fewer dialogues.  Tables: near, candidates,
objectives, towers, outside, paired, crossed, logs, coldstart, words, wrongname, calibration, speed, throughput.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from agents.learning.calibration import measure
from agents.practice import Practice
from bench.learned import (
    beliefs,
    divergences,
    exact_histories,
    exact_of,
    mean_se,
    play_greedy,
    population,
    run_of,
    table,
    world,
)
from bench.posterior_training import TURNS, candidates, objectives, throughput, towers
from bench.posterior_users import coldstart, crossed, logs, outside, words, wrongname
from sim.batched import BatchedPosterior
from sim.posterior import ChannelPosterior

ONLY: list[str] = []
BATCHED = 1000
"""Questions up to which many dialogues at a time go through `BatchedPosterior`."""
CHUNK = 500


def _wanted(name: str, noise: str) -> bool:
    return not ONLY or f"{name}/{noise}" in ONLY


def near(quick: bool) -> None:
    """Exact's own questions, no early stop; 20,000 practice dialogues."""
    rows = []
    for name, noise, seeds in (
        ("animals", "typical", 5),
        ("animals", "hard", 5),
        ("groceries", "typical", 5),
        ("groceries", "hard", 5),
        ("movies-1k", "typical", 3),
        ("movies-1k", "hard", 3),
        ("movies", "typical", 3),
        ("movies", "hard", 3),
    ):
        if not _wanted(name, noise):
            continue
        histories = exact_histories(name, noise, 160 if name == "movies" else 100, 20)
        runs = [run_of(name, noise, seed=s) for s in range(1 if quick else seeds)]
        for turns in TURNS:
            cut = histories.prefix(turns)
            exact = beliefs(exact_of(name, noise), cut)
            alone = divergences(exact, beliefs(exact_of(name, noise, memory=False), cut)).mean()
            prior = divergences(exact, [world(name).catalogue.prior] * len(exact)).mean()
            learned = [divergences(exact, beliefs(p, cut)) for p, _ in runs]
            mean, se = mean_se(np.concatenate(learned))
            seconds = np.mean([m["seconds"] for _, m in runs])
            rows.append(
                [
                    name,
                    noise,
                    turns,
                    len(runs),
                    f"{mean:.4f} ± {se:.4f}",
                    float(np.median(learned)),
                    float(alone),
                    f"{100 * mean / alone:.0f} %",
                    float(prior),
                    f"{seconds:.0f}",
                ]
            )
    table(
        "KL from the exact posterior, nats",
        ["catalogue", "users", "turns", "seeds", "learned", "median", "independent", "share", "prior", "seconds"],
        rows,
    )


def paired(quick: bool) -> None:
    """Success of greedy agents on the same users, budget 20; a tenth of the users for `independent`."""
    rows = []
    for name, noise, episodes in (
        ("animals", "typical", 10_000),
        ("animals", "hard", 10_000),
        ("movies-1k", "typical", 10_000),
        ("movies-1k", "hard", 10_000),
        ("movies", "typical", 2000),
        ("movies", "hard", 2000),
    ):
        if not _wanted(name, noise):
            continue
        count = episodes // 10 if quick else episodes
        learned, _ = run_of(name, noise)
        found = {}
        for agent, posterior, users in (
            ("exact", exact_of(name, noise), count),
            ("learned", learned, count),
            ("independent", exact_of(name, noise, memory=False), max(1, count // 10)),
        ):
            # The batched posterior is the faster one on small catalogues, but knows users with memories alone.
            if len(world(name)) <= BATCHED and agent != "independent":
                posterior = BatchedPosterior(posterior.channel, world(name))
            parts = [play_greedy(name, noise, posterior, first, min(first + CHUNK, users))
                     for first in range(0, users, CHUNK)]  # fmt: skip
            found[agent] = {key: np.concatenate([getattr(e, key) for e in parts])
                            for key in ("success", "questions", "reward")}  # fmt: skip
        for agent, e in found.items():
            base = found["exact"]
            n = len(e["success"])
            diff, se = mean_se(e["success"].astype(float) - base["success"][:n])
            more, more_se = mean_se(e["reward"] - base["reward"][:n])
            rows.append([name, noise, n, agent, float(e["success"].mean()), float(e["questions"].mean()),
                         f"{100 * diff:+.2f} ± {196 * se:.2f}", f"{more:+.4f} ± {1.96 * more_se:.4f}"])  # fmt: skip
    table(
        "Paired success, mixed questions, budget 20",
        ["catalogue", "users", "episodes", "agent", "success", "questions", "points beside exact (95 %)", "reward"],
        rows,
    )


def calibration(quick: bool) -> None:
    """Held-out practice dialogues of animals and of exact's own questions."""
    rows = []
    name, noise, count = "animals", "typical", 1000 if quick else 20_000
    histories = Practice(population(name, noise), 9)(1 << 43, count)
    learned, _ = run_of(name, noise)
    for turns in TURNS:
        cut = histories.prefix(turns)
        for label, p in (("learned", learned), ("exact", exact_of(name, noise))):
            found = measure(
                beliefs(p, cut), cut.intent, world(name).catalogue.prior, np.random.default_rng(turns), temper=False
            )
            rows.append([turns, label, *(found[k] for k in ("nll_nats", "brier", "ece", "coverage_ks"))])
    table(
        f"Calibration ({name}, {count:,} held-out dialogues)",
        ["turns", "posterior", "NLL", "Brier", "ECE", "coverage KS"],
        rows,
    )


def speed(quick: bool) -> None:
    """One decision: update and certified choice, median over dialogues and turns, one thread."""
    rows = []
    for name in ("movies-1k", "movies"):
        histories = exact_histories(name, "typical", 40, 20)[np.arange(4 if quick else 8)]
        learned, _ = run_of(name, "typical")
        for label, channel in (("exact", population(name, "typical").channel), ("learned", learned.channel)):
            posterior = ChannelPosterior(channel, world(name), cache_bytes=0)
            times: list[list[float]] = [[], []]
            for b in range(len(histories)):
                posterior.reset(1)
                for q, a in zip(histories.question[b], histories.answer[b]):
                    begun = time.perf_counter()
                    posterior.update(np.array([q]), np.array([a]))
                    between = time.perf_counter()
                    posterior.choose(1)
                    times[0].append(between - begun)
                    times[1].append(time.perf_counter() - between)
            rows.append([name, label, *(f"{1e3 * np.median(t):.1f}" for t in times)])
    table("One decision, milliseconds, median turn", ["catalogue", "posterior", "update", "choice"], rows)


TABLES = {
    f.__name__: f
    for f in (
        near,
        candidates,
        objectives,
        towers,
        outside,
        paired,
        crossed,
        logs,
        coldstart,
        words,
        wrongname,
        calibration,
        speed,
        throughput,
    )
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tables", nargs="*", default=list(TABLES), help=f"of {', '.join(TABLES)}; all when left out")
    parser.add_argument("--quick", action="store_true", help="fewer dialogues and seeds")
    parser.add_argument("--only", nargs="*", default=[], help="near, paired: these of catalogue/users alone")
    given = parser.parse_args()
    ONLY.extend(given.only)
    for name in given.tables:
        if name not in TABLES:
            parser.error(f"no table '{name}' (tables: {', '.join(TABLES)})")
        TABLES[name](given.quick)


if __name__ == "__main__":
    main()
