"""`python -m bench.posterior [TABLE ...]`: how near a learned belief comes to the exact one, and what it costs.

Runs are kept in runs/posterior and not trained twice.  `--quick` takes fewer dialogues.  Tables: near, candidates,
objectives, towers, outside, paired, crossed, logs, wrongname, calibration, speed.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace

import numpy as np

from agents.base import Setting
from agents.episodes import play
from agents.greedy import Greedy
from agents.learning.calibration import measure
from agents.learning.histories import Histories, Source
from agents.practice import Practice
from bench.learned import (
    SMALL_CACHE,
    beliefs,
    divergences,
    exact_histories,
    exact_of,
    mean_se,
    nll,
    population,
    rates_of,
    run_of,
    table,
    world,
)
from bench.posterior_training import TURNS, candidates, objectives, towers
from envs.rules import Rules
from sim.memory import Population
from sim.posterior import ChannelPosterior
from sim.rates import load_rates
from sim.users import SimulatedUsers

ONLY: list[str] = []


def _wanted(name: str, noise: str) -> bool:
    return not ONLY or f"{name}/{noise}" in ONLY


def near(quick: bool) -> None:
    """Exact's own questions, no early stop; 20,000 practice dialogues."""
    rows = []
    for name, noise, seeds in (
        ("animals", "typical", 3),
        ("animals", "hard", 3),
        ("groceries", "typical", 1),
        ("movies-1k", "typical", 1),
        ("movies", "typical", 1),
        ("movies", "hard", 1),
    ):
        if not _wanted(name, noise):
            continue
        histories = exact_histories(name, noise, 40 if name == "movies" else 100, 20)
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


def tiring(name: str, noise: str = "typical", later: str = "hard", turn: int = 7) -> Source:
    """Users who err as `noise` says at first and as `later` from a turn on; same memory draws, other thresholds."""
    base = Practice(population(name, noise), 0)
    first, second = population(name, noise), population(name, later)

    def source(start: int, count: int) -> Histories:
        h = base(start, count)
        ids = np.arange(start, start + count)
        early, late = (SimulatedUsers(p, base.seed, ids, intents=h.intent) for p in (first, second))
        answer = h.answer.copy()
        for t in range(h.question.shape[1]):
            live = np.flatnonzero(h.question[:, t] >= 0)
            users = early if t < turn else late
            answer[live, t] = users.answer(h.question[live, t], live)
        return replace(h, answer=answer)

    return source


def outside(quick: bool) -> None:
    """Users that the channel's form, or the rates that exact believes, don't have."""
    rows = []
    name = "groceries"
    for label, source, tag in (
        ("tire after 7 questions", tiring(name), "tiring"),
        ("a mixture that no preset has", Practice(population(name, "mixture"), 0), "mixture"),
    ):
        posterior, _ = run_of(name, "typical", source=source, tag=tag)
        more, metrics = run_of(name, "typical", source=source, tag=tag, residual=True)
        kept = "kept" if metrics["residual"]["kept"] else "not kept"
        histories = source(1 << 42, 300 if quick else 1000)
        for turns in TURNS:
            cut = histories.prefix(turns)
            base = nll(beliefs(exact_of(name, "typical"), cut), cut)
            row = [label, turns, float(nll(beliefs(posterior, cut), cut).mean()), float(base.mean())]
            row.append(float(nll(beliefs(exact_of(name, "typical", memory=False), cut), cut).mean()))
            row.append(f"{nll(beliefs(more, cut), cut).mean():.4f} ({kept})")
            gain, se = mean_se(base - nll(beliefs(posterior, cut), cut))
            rows.append([*row, f"{gain:+.4f} ± {se:.4f}"])
    table(
        "Outside the family: NLL of the truth, nats (groceries)",
        [
            "users",
            "turns",
            "learned",
            "exact with typical's rates",
            "independent",
            "with residual",
            "learned is better than exact by",
        ],
        rows,
    )


def paired(quick: bool) -> None:
    """Success of greedy agents on the same users, budget 20."""
    rows = []
    for name, noise, episodes in (
        ("animals", "typical", 2000),
        ("animals", "hard", 2000),
        ("movies-1k", "typical", 1000),
        ("movies", "typical", 200),
    ):
        if not _wanted(name, noise):
            continue
        count = episodes // 10 if quick else episodes
        learned, _ = run_of(name, noise)
        found = {
            "exact": _play(name, noise, exact_of(name, noise), count),
            "learned": _play(name, noise, learned, count),
            "independent": _play(name, noise, exact_of(name, noise, memory=False), count),
        }
        base = found["exact"].success.astype(float)
        for agent, e in found.items():
            diff, se = mean_se(e.success - base)
            rows.append(
                [
                    name,
                    noise,
                    count,
                    agent,
                    float(e.success.mean()),
                    float(e.questions.mean()),
                    f"{100 * diff:+.2f} ± {196 * se:.2f}",
                ]
            )
    table(
        "Paired success, mixed questions, budget 20",
        ["catalogue", "users", "episodes", "agent", "success", "questions", "points beside exact (95 %)"],
        rows,
    )


def crossed(quick: bool) -> None:
    """Trained on one kind of user, met by another."""
    rows = []
    name, count = "animals", 200 if quick else 2000
    for trained, met in (("typical", "hard"), ("hard", "typical")):
        for label, posterior in (
            (f"exact, knows {met}", exact_of(name, met)),
            (f"exact, believes {trained}", ChannelPosterior(population(name, trained).channel, world(name))),
            (f"learned from {trained}", run_of(name, trained)[0]),
            (f"learned from {met}", run_of(name, met)[0]),
        ):
            e = _play(name, met, posterior, count)
            loss = -np.log(np.maximum(e.p_truth, 1e-300))
            rows.append([met, label, float(e.success.mean()), float(e.questions.mean()), float(loss.mean())])
    table(
        f"Trained on one, met by another ({name}, {count} paired users)",
        ["users", "agent", "success", "questions", "NLL at the end"],
        rows,
    )


def _play(name: str, noise: str, posterior: ChannelPosterior, count: int):
    setting = Setting(bank=world(name), rates=rates_of(noise), rules=Rules())
    return play(Greedy(setting, posterior), setting, seed=1, episode=np.arange(count))


def logs(quick: bool) -> None:
    """2,000 practice dialogues of users that no preset has, gone through ten times, and nothing else."""
    rows = []
    name, noise = "groceries", "mixture"
    posterior, _ = run_of(name, noise, log=2000, dialogues=20_000, evaluate_every=2_500)
    histories = exact_histories(name, noise, 200, 20)
    for turns in TURNS:
        cut = histories.prefix(turns)
        exact = beliefs(exact_of(name, noise), cut)
        wrong = ChannelPosterior(population(name, "typical").channel, world(name), cache_bytes=SMALL_CACHE)
        others = [posterior, exact_of(name, noise, memory=False), wrong]
        rows.append([turns, *(float(divergences(exact, beliefs(p, cut)).mean()) for p in others)])
    table(
        "Logs only: KL from exact after 2,000 dialogues (groceries, a mixture that no preset has)",
        ["turns", "learned", "independent, true rates", "exact with typical's rates"],
        rows,
    )
    count = 200 if quick else 1000
    rows = []
    for label, p in (
        ("exact", exact_of(name, noise)),
        ("learned", posterior),
        ("independent", exact_of(name, noise, memory=False)),
    ):
        e = _play(name, noise, p, count)
        rows.append([label, float(e.success.mean()), float(e.questions.mean())])
    table(f"The same, success ({count} paired users)", ["agent", "success", "questions"], rows)


def wrongname(quick: bool) -> None:
    """Users whose memory of the cast is always of somebody else; everybody was trained on, or believes, `typical`."""
    name = "movies-1k"
    one = {"types": ("everybody",), "shares": (1.0,), "scales": (1.0,)}
    rates = replace(load_rates("typical"), name="wrong name", **one, facets={"cast": {"misremembered": 1.0}})
    users = Population(world(name), rates)
    source = Practice(users, 3, turns=5, opening=True)
    histories = source(0, 100 if quick else 500)
    rows = []
    for label, p in (
        ("exact with typical's rates", exact_of(name, "typical")),
        ("learned from typical", run_of(name, "typical")[0]),
        ("independent", exact_of(name, "typical", memory=False)),
        ("exact with these rates", ChannelPosterior(users.channel, world(name), cache_bytes=SMALL_CACHE)),
    ):
        found = beliefs(p, histories)
        truth = histories.intent.tolist()
        rank = [1 + int((b > b[i]).sum()) for b, i in zip(found, truth)]
        setting = Setting(bank=world(name), rates=rates, rules=Rules(opening=True))
        e = play(Greedy(setting, p), setting, seed=2, episode=np.arange(30 if quick else 300))
        rows.append([label, float(np.median(rank)), float(np.mean(np.array(rank) <= 10)),
                     float(nll(found, histories).mean()), float(e.success.mean()),
                     float(e.questions.mean())])  # fmt: skip
    table(
        f"Wrong name: cast always misremembered ({name}); after the opening and 5 answers, and greedy to the end",
        ["posterior", "median rank", "in the first ten", "NLL", "success", "questions"],
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
    for f in (near, candidates, objectives, towers, outside, paired, crossed, logs, wrongname, calibration, speed)
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
