"""`python -m bench.posterior [TABLE ...]`: how near a learned belief comes to the exact one, and what it costs.

Runs are kept in runs/posterior and not trained twice.  `--quick` takes fewer dialogues.  Tables: near, candidates,
objectives, towers, outside, paired, crossed, logs, coldstart, words, wrongname, calibration, speed, throughput.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from agents.evaluation.calibration import measure
from agents.practice import Practice
from bench.learned import (
    beliefs,
    divergences,
    exact_histories,
    exact_of,
    mean_se,
    played,
    points_beside,
    population,
    run_of,
    shipped_run,
    table,
    world,
)
from bench.posterior_training import TURNS, candidates, objectives, throughput, towers
from bench.posterior_users import coldstart, crossed, logs, outside, words, wrongname
from sim.posterior.exact import ChannelPosterior

GIVEN = argparse.Namespace(only=[], first=0)
"""What the command line says."""
NEAR_ANSWERS = 12_800
"""So many in all after 5, 10 and 20 answers each.  Of few histories most have no facet asked twice by then, and what
`independent` loses hangs on the few that have: after 5 answers on films, users `typical`, 0.0015 nats by 160 histories
and 0.0009 by 640."""


def _wanted(name: str, noise: str) -> bool:
    return not GIVEN.only or f"{name}/{noise}" in GIVEN.only


def near(quick: bool) -> None:
    """Exact's own questions, no early stop; users `people` with the checkpoints that ship, others after 20,000 practice
    dialogues."""
    rows = []
    for name, noise, seeds in (
        *((name, "people", 1) for name in ("animals", "groceries", "famous", "movies-1k", "movies")),
        ("animals", "typical", 5),
        ("animals", "hard", 5),
        ("groceries", "typical", 5),
        ("groceries", "hard", 5),
        ("groceries", "uneven", 3),
        ("movies-1k", "typical", 3),
        ("movies-1k", "hard", 3),
        ("movies", "typical", 3),
        ("movies", "hard", 3),
    ):
        if not _wanted(name, noise):
            continue
        runs = [shipped_run(name)] if noise == "people" else [
            run_of(name, noise, seed=s) for s in range(1 if quick else seeds)
        ]  # fmt: skip
        for turns in TURNS:
            cut = exact_histories(name, noise, NEAR_ANSWERS // turns // (4 if quick else 1), turns)
            exact = beliefs(exact_of(name, noise), cut)
            alone = divergences(exact, beliefs(exact_of(name, noise, memory=False), cut))
            prior = divergences(exact, [world(name).catalogue.prior] * len(exact)).mean()
            learned = np.array([divergences(exact, beliefs(p, cut)) for p, _ in runs])
            mean, se = mean_se(learned.mean(axis=0))
            share = mean / alone.mean()
            _, share_se = mean_se((learned.mean(axis=0) - share * alone) / alone.mean())
            seconds = np.mean([m["seconds"] for _, m in runs])
            rows.append([name, noise, turns, len(runs), f"{mean:.5f} ± {se:.5f}", float(np.median(learned)),
                         f"{alone.mean():.5f}", f"{100 * share:.1f} ± {100 * share_se:.1f} %", float(prior),
                         f"{seconds:.0f}"])  # fmt: skip
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
        found = {
            agent: played(name, noise, posterior, users, GIVEN.first)
            for agent, posterior, users in (
                ("exact", exact_of(name, noise), count),
                ("learned", learned, count),
                ("independent", exact_of(name, noise, memory=False), max(1, count // 10)),
            )
        }
        for agent, e in found.items():
            base, n = found["exact"], len(e["success"])
            more, se = mean_se(e["reward"] - base["reward"][:n])
            rows.append([name, noise, n, agent, float(e["success"].mean()), float(e["questions"].mean()),
                         points_beside(e["success"], base["success"]), f"{more:+.4f} ± {1.96 * se:.4f}"])  # fmt: skip
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
    parser.add_argument("--first", type=int, default=0, help="paired: number of the first user")
    parser.parse_args(namespace=GIVEN)
    for name in GIVEN.tables:
        if name not in TABLES:
            parser.error(f"no table '{name}' (tables: {', '.join(TABLES)})")
        TABLES[name](GIVEN.quick)


if __name__ == "__main__":
    main()
