"""Tables of `bench.posterior` about users whom the channel's form, or the training, doesn't know."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np

from agents.evaluation.episodes import play
from agents.learning.sources import DialogueSource, split_log
from agents.learning.transcripts import Transcripts
from agents.practice import Practice
from agents.setting import Setting
from agents.strategies.greedy import Greedy
from bench.learned import (
    MIXTURE,
    SMALL_CACHE,
    beliefs,
    divergences,
    exact_histories,
    exact_of,
    mean_se,
    nll,
    played,
    points_beside,
    population,
    run_of,
    simulated_log,
    table,
    world,
)
from bench.posterior_training import TURNS
from envs.rules import Rules
from sim.channel.relation import incidence
from sim.posterior.exact import ChannelPosterior
from sim.users.memory import Population
from sim.users.rates import load_rates
from sim.users.simulated import SimulatedUsers


def tiring(name: str, noise: str = "typical", later: str = "hard", turn: int = 7) -> DialogueSource:
    """Users who err as `noise` says at first and as `later` from a turn on; same memory draws, other thresholds."""
    base = Practice(population(name, noise), 0)
    first, second = population(name, noise), population(name, later)

    def source(start: int, count: int) -> Transcripts:
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


def together(name: str, facets: tuple[str, str], noise: str = "typical", share: float = 0.3) -> DialogueSource:
    """Users of whom a share takes two facets from one other intent, as the cast and the year of the sequel.

    The other intent is the likest one by the values they have in common, popular values counting less, among those that
    differ on both facets.
    """
    base = Practice(population(name, noise), 0)
    catalogue = world(name).catalogue
    sibling = _siblings(name, facets)

    def source(start: int, count: int) -> Transcripts:
        h = base(start, count)
        users = SimulatedUsers(population(name, noise), base.seed, np.arange(start, start + count), intents=h.intent)
        mixed = (np.random.default_rng((start, 11)).random(count) < share) & (sibling[h.intent] >= 0)
        for b in np.flatnonzero(mixed).tolist():
            other = int(sibling[h.intent[b]])
            users.fix_memory(b, {f: catalogue.facet(f).row(other)[0] for f in facets})
        answer = h.answer.copy()
        for t in range(h.question.shape[1]):
            live = np.flatnonzero(h.question[:, t] >= 0)
            answer[live, t] = users.answer(h.question[live, t], live)
        return replace(h, answer=answer)

    return source


@cache
def _siblings(name: str, facets: tuple[str, str]) -> np.ndarray:
    """(N,) the likest intent that has values on both facets, all others than one's own; -1 where there is none."""
    catalogue = world(name).catalogue
    n = len(catalogue)
    likeness = np.zeros((n, n))
    for facet in catalogue.facets:
        table = incidence(facet, 1 / np.sqrt(np.maximum(facet.mass(catalogue.prior), 1e-9))[facet.indices])
        shared = (table @ table.T).toarray()
        if facet.name in facets:
            likeness[shared > 0] = -np.inf
            likeness[:, np.diff(facet.indptr) == 0] = -np.inf
        else:
            likeness += np.log1p(shared)
    np.fill_diagonal(likeness, -np.inf)
    best = likeness.argmax(axis=1)
    return np.where(np.isfinite(likeness[np.arange(n), best]), best, -1)


def outside(quick: bool) -> None:
    """Users that the channel's form, or the rates that exact believes, don't have."""
    rows = []
    sibling = together("movies-1k", ("cast", "year"))
    for label, name, source, tag, how in (
        ("tire after 7 questions", "groceries", tiring("groceries"), "tiring", {}),
        ("the same, heard by threes (`--stretch 3`)", "groceries", tiring("groceries"), "tiring", {"stretch": 3}),
        ("take cast and year from a sibling", "movies-1k", sibling, "together", {}),
        ("a mixture that no preset has", "groceries", Practice(population("groceries", "mixture"), 0), "mixture", {}),
        ("err more on some facets", "groceries", Practice(population("groceries", "uneven"), 0), "uneven", {}),
    ):
        posterior, _ = run_of(name, "typical", source=source, tag=tag, **how)
        more, metrics = run_of(name, "typical", source=source, tag=tag, residual=True, **how)
        kept = "kept" if metrics["residual"]["kept"] else "not kept"
        histories = source(1 << 42, 300 if quick else 1000)
        for turns in TURNS:
            cut = histories.prefix(turns)
            base = nll(beliefs(exact_of(name, "typical"), cut), cut)
            mine, alone = beliefs(posterior, cut), beliefs(exact_of(name, "typical", memory=False), cut)
            found = nll(mine, cut)
            gain, se = mean_se(base - found)
            hits = [100 * np.mean([p.argmax() == i for p, i in zip(x, cut.intent.tolist(), strict=True)])
                    for x in (mine, beliefs(exact_of(name, "typical"), cut), alone)]  # fmt: skip
            rows.append([f"{label} ({name})", turns, float(found.mean()), float(base.mean()),
                         float(nll(alone, cut).mean()), f"{nll(beliefs(more, cut), cut).mean():.4f} ({kept})",
                         f"{gain:+.4f} ± {1.96 * se:.4f}", " / ".join(f"{x:.1f}" for x in hits)])  # fmt: skip
    table(
        "Outside the family: NLL of the truth, nats, practice dialogues",
        [
            "users",
            "turns",
            "learned",
            "exact with typical's rates",
            "independent",
            "with residual",
            "learned is better than exact by (95 %)",
            "% found: learned / exact / independent",
        ],
        rows,
    )


def coldstart(quick: bool) -> None:
    """Trained with four films of five as intents, judged on those and on the fifth."""
    name, noise = "movies-1k", "typical"
    n = len(world(name).catalogue)
    unseen = np.sort(np.random.default_rng(5).permutation(n)[: n // 5])
    seen = np.setdiff1d(np.arange(n), unseen)
    learned, _ = run_of(name, noise, source=Practice(population(name, noise), 0, among=seen), tag="four of five")
    rows = []
    for label, among in (("trained on", seen), ("never met", unseen)):
        histories = Practice(population(name, noise), 21, among=among)(0, 100 if quick else 500)
        for turns in TURNS:
            cut = histories.prefix(turns)
            found = divergences(beliefs(exact_of(name, noise), cut), beliefs(learned, cut))
            mean, se = mean_se(found)
            rows.append([label, turns, f"{mean:.4f} ± {se:.4f}", float(np.median(found))])
    table(f"Cold start: KL from exact, nats ({name}, practice dialogues)", ["films", "turns", "KL", "median"], rows)


def words(quick: bool) -> None:
    """The same training with cosines of the values' text embeddings among the features of a confusion, and without."""
    from agents.learning.confusable import word_similarities
    from agents.learning.embeddings import words_of

    rows = []
    for name in ("groceries", "movies-1k"):
        found = word_similarities(world(name).catalogue, words_of(world(name).catalogue))
        histories = exact_histories(name, "typical", 100, 20)
        for label, posterior in (
            ("without", run_of(name, "typical")[0]),
            ("with", run_of(name, "typical", words=found, tag="words")[0]),
        ):
            mean = [divergences(beliefs(exact_of(name, "typical"), histories.prefix(t)),
                                beliefs(posterior, histories.prefix(t))).mean() for t in TURNS]  # fmt: skip
            rows.append([name, label, *map(float, mean)])
    table("What words add: KL from exact, nats", ["catalogue", "words", *map(str, TURNS)], rows)


def crossed(quick: bool) -> None:
    """Trained on one kind of user, met by another."""
    rows = []
    name, count = "animals", 200 if quick else 10_000
    for trained, met in (("typical", "hard"), ("hard", "typical")):
        base = None
        for label, posterior in (
            (f"exact, knows {met}", exact_of(name, met)),
            (f"exact, believes {trained}", ChannelPosterior(population(name, trained).channel, world(name))),
            (f"learned from {trained}", run_of(name, trained)[0]),
            (f"learned from {met}", run_of(name, met)[0]),
        ):
            e = played(name, met, posterior, count)
            base = e["success"] if base is None else base
            rows.append([met, label, *(float(e[k].mean()) for k in ("success", "questions", "nll")),
                         points_beside(e["success"], base)])  # fmt: skip
    table(
        f"Trained on one, met by another ({name}, {count:,} paired users)",
        ["users", "agent", "success", "questions", "NLL at the end", "points beside the first (95 %)"],
        rows,
    )


def logs(quick: bool) -> None:
    """2,000 logged dialogues of users that no preset has, gone through eleven times, and nothing else."""
    name, noise = "groceries", "mixture"
    source, held_out = split_log(simulated_log(name, MIXTURE, 2000), 0)
    wrong = ChannelPosterior(population(name, "typical").channel, world(name), cache_bytes=SMALL_CACHE)
    found = (
        ("exact", exact_of(name, noise)),
        ("learned from 2,000 of `simulate --agent exact`",
         run_of(name, noise, source=source, judged=held_out, tag="simulate")[0]),
        ("learned from 2,000 practice dialogues", run_of(name, noise, log=2000)[0]),
        ("independent, true rates", exact_of(name, noise, memory=False)),
        ("exact with typical's rates", wrong),
    )  # fmt: skip
    histories = exact_histories(name, noise, 200, 20)
    exact = {t: beliefs(exact_of(name, noise), histories.prefix(t)) for t in TURNS}
    count = 200 if quick else 10_000
    rows, base = [], None
    for label, p in found:
        kl = [float(divergences(exact[t], beliefs(p, histories.prefix(t))).mean()) for t in TURNS]
        # An order of magnitude slower, and farther off than a tenth of the users need to show.
        e = played(name, noise, p, count if p.memory else count // 10)
        base = e["success"] if base is None else base
        rows.append([label, *kl, float(e["success"].mean()), float(e["questions"].mean()),
                     points_beside(e["success"], base)])  # fmt: skip
    table(
        f"Logs only (groceries, a mixture that no preset has): KL from exact by turn; {count:,} paired users",
        ["posterior", *map(str, TURNS), "success", "questions", "points beside exact (95 %)"],
        rows,
    )


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
