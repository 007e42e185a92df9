"""What the tables of `bench.posterior` share: worlds, runs kept on disk, histories as `exact` makes them."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from agents.cli import main as clarigym
from agents.evaluation.episodes import play
from agents.learning.checkpoint import CONFIG, FOLDER, METRICS
from agents.learning.config import TrainConfig
from agents.learning.serve import learned_posterior
from agents.learning.sources import DialogueSource, read_log, split_log
from agents.learning.transcripts import NOTHING, Transcripts, belief_after
from agents.practice import Practice
from agents.setting import Setting
from agents.strategies.greedy import Greedy
from envs.rules import Rules
from sim.catalogue.load import load
from sim.numeric.entropy import divergence_nats
from sim.posterior.batched import BatchedPosterior
from sim.posterior.exact import ChannelPosterior
from sim.questions import QuestionBank, question_bank
from sim.users.memory import Population
from sim.users.rates import Rates, load_rates
from sim.users.simulated import SimulatedUsers

RUNS = Path("runs/posterior")
SMALL_CACHE = 1 << 26
EXACT_SEED = 77
BATCHED = 1000
"""Questions up to which many dialogues at a time go through `BatchedPosterior`."""
CHUNK = 500
"""Users at a time."""

MIXTURE = replace(
    load_rates("typical"), name="mixture", types=("brisk", "dreamy", "stubborn", "lost"), shares=(0.3, 0.3, 0.25, 0.15),
    scales=(0.3, 1.5, 0.8, 4.0), forgotten=0.16, misremembered=0.07, slip=0.04, dont_know=0.03, dont_know_open=0.2,
    hedge=0.3, hedge_muddled=0.35, guess=0.15, recognition=(0.7, 0.9), absence=(0.8, 0.9),
)  # fmt: skip
"""Users that no preset has."""
UNEVEN = replace(load_rates("typical"), name="uneven", facets={
    "brand": {"misremembered": 0.3}, "size": {"forgotten": 0.35}, "flavours": {"slip": 0.1},
    "price": {"dont_know": 0.2, "dont_know_open": 0.4}, "texture": {"misremembered": 0.02, "forgotten": 0.02},
    "salted": {"forgotten": 0.4, "guess": 0.7},
})  # fmt: skip
"""Users of groceries who err more on some facets than on others; every preset's err alike on all."""
OWN = {rates.name: rates for rates in (MIXTURE, UNEVEN)}


@cache
def world(name: str) -> QuestionBank:
    return question_bank(load(name))


@cache
def population(name: str, noise: str) -> Population:
    return Population(world(name), rates_of(noise))


def rates_of(noise: str) -> Rates:
    return OWN.get(noise) or load_rates(noise)


def run_of(name: str, noise: str, **how: Any) -> tuple[ChannelPosterior, dict[str, Any]]:
    """(posterior, metrics) of a trained run, see `folder_of`."""
    folder = folder_of(name, noise, **how)
    metrics = json.loads((folder / METRICS).read_text())
    return learned_posterior(world(name), folder, cache_bytes=SMALL_CACHE), metrics


def shipped_run(name: str) -> tuple[ChannelPosterior, dict[str, Any]]:
    """(posterior, metrics) of the checkpoint that ships."""
    metrics = json.loads((FOLDER / name / METRICS).read_text())
    return learned_posterior(world(name), cache_bytes=SMALL_CACHE), metrics


def folder_of(
    name: str,
    noise: str,
    *,
    source: DialogueSource | None = None,
    tag: str = "",
    log: int = 0,
    residual: bool = False,
    words: dict[str, np.ndarray] | None = None,
    judged: Transcripts | None = None,
    **settings: Any,
) -> Path:
    """Where a run is; trained now unless it is there already.

    Args:
        log: learn from so many dialogues again and again, and no others.
        tag: tells runs of another source apart.
        residual: train a residual on top, too.
        words: `confusable.word_similarities`; give a tag with them.
        judged: what to judge by, where the source is a log; give a tag with it.
    """
    from agents.learning.train import train

    config = TrainConfig(**settings)
    bank = world(name)
    plain = noise == "people" and not tag and not log and not residual
    if plain and _shipped(name) == config.recorded():
        return FOLDER / name
    key = json.dumps([name, noise, tag, log, residual, repr(config)])
    folder = RUNS / hashlib.blake2b(key.encode(), digest_size=8).hexdigest()
    if (folder / "done").exists():
        return folder
    import torch

    torch.set_num_threads(1)
    held_out = judged
    if residual:
        base = folder_of(name, noise, source=source, tag=tag, log=log, **settings)
        shutil.copytree(base, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("done"))
    if log:
        source, held_out = split_log(Practice(population(name, noise), 5)(0, log), config.seed)
    source = source or Practice(population(name, noise), config.seed)
    if residual:
        from agents.learning.residual import ResidualConfig, train_residual

        held_out = source(1 << 41, 512) if held_out is None else held_out
        held_out = held_out.cut(np.random.default_rng((config.seed, 12)))
        train_residual(bank, source, ResidualConfig(count=config.count), folder, held_out)
    else:
        train(bank, source, config, folder, held_out=held_out, words=words)
    (folder / "done").write_text(key)
    return folder


def _shipped(name: str) -> dict[str, Any]:
    """The settings of the checkpoint that ships; nothing where there is none."""
    path = FOLDER / name / CONFIG
    kept = json.loads(path.read_text()) if path.exists() else {}
    return {k: v for k, v in kept.items() if k in TrainConfig().recorded()}


def simulated_log(name: str, rates: Rates, count: int) -> Transcripts:
    """Dialogues of `clarigym simulate --agent exact` with such users, read back from the file that it writes."""
    path = RUNS / f"log-{name}-{rates.name}-{count}.jsonl"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        toml = path.with_suffix(".toml")
        given = {k: v for k, v in rates.to_dict().items() if k not in ("name", "facets")}
        toml.write_text("".join(f"{k} = {json.dumps(v)}\n" for k, v in given.items()), encoding="utf-8")
        command = ["simulate", "--catalogue", name, "--noise", str(toml), "--agent", "exact", "--episodes", str(count)]
        if clarigym([*command, "--seed", "3", "--out", str(path)]):
            raise SystemExit("simulate failed")
    return read_log(path, world(name).catalogue, lambda kind, most: world(name))[0]


def exact_of(name: str, noise: str, memory: bool = True) -> ChannelPosterior:
    return ChannelPosterior(population(name, noise).channel, world(name), memory=memory, cache_bytes=SMALL_CACHE)


@cache
def exact_histories(name: str, noise: str, count: int, turns: int, seed: int = EXACT_SEED) -> Transcripts:
    """Dialogues in which `exact` asks to the end, whatever it believes; kept on disk."""
    path = RUNS / f"exact-{name}-{noise}-{count}-{turns}-{seed}.npz"
    if path.exists():
        kept = np.load(path)
        return Transcripts(intent=kept["intent"], question=kept["question"], answer=kept["answer"])
    users = SimulatedUsers(population(name, noise), seed, np.arange(count))
    question, answer = np.full((count, turns), NOTHING), np.full((count, turns), NOTHING)
    for start in range(0, count, 64):
        rows = np.arange(start, min(start + 64, count))
        posterior = exact_of(name, noise)
        posterior.reset(len(rows))
        for t in range(turns):
            asked = posterior.choose(1)[0][:, 0]
            live = np.flatnonzero(asked >= 0)
            question[rows[live], t] = asked[live]
            answer[rows[live], t] = users.answer(asked[live], rows[live])
            posterior.update(asked, np.maximum(answer[rows, t], 0))
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, intent=users.intent, question=question, answer=answer)
    return Transcripts(intent=users.intent.copy(), question=question, answer=answer)


def played(name: str, noise: str, posterior: ChannelPosterior, users: int, first: int = 0) -> dict[str, np.ndarray]:
    """(users,) each: success, questions, reward, loss in nats of a greedy agent with users of one seed from `first` on.

    The batched posterior is the faster one on small catalogues, but knows users with memories alone.
    """
    setting = Setting(bank=world(name), rates=rates_of(noise), rules=Rules())
    batched = len(world(name)) <= BATCHED and posterior.memory
    agent = Greedy(setting, BatchedPosterior(posterior.channel, world(name)) if batched else posterior)
    end = first + users
    parts = [play(agent, setting, seed=1, episode=np.arange(at, min(at + CHUNK, end)))
             for at in range(first, end, CHUNK)]  # fmt: skip
    found = {key: np.concatenate([getattr(e, key) for e in parts]) for key in ("success", "questions", "reward")}
    belief = np.concatenate([e.p_truth for e in parts])
    return found | {"nll": -np.log(np.maximum(belief, 1e-300))}


def points_beside(found: np.ndarray, base: np.ndarray) -> str:
    """By how many points success differs from that of another agent with the same users, and a 95 % interval."""
    difference, se = mean_se(found.astype(float) - base[: len(found)])
    return f"{100 * difference:+.2f} ± {196 * se:.2f}"


def beliefs(posterior: ChannelPosterior, histories: Transcripts) -> list[np.ndarray]:
    return list(belief_after(posterior, histories))


def mean_se(x) -> tuple[float, float]:
    x = np.asarray(x, dtype=float)
    return float(x.mean()), float(x.std(ddof=1) / np.sqrt(len(x))) if len(x) > 1 else 0.0


def divergences(truth: list[np.ndarray], other: list[np.ndarray]) -> np.ndarray:
    return np.array([divergence_nats(a, b) for a, b in zip(truth, other, strict=True)])


def nll(found: list[np.ndarray], histories: Transcripts) -> np.ndarray:
    return np.array([-np.log(max(p[i], 1e-300)) for p, i in zip(found, histories.intent.tolist(), strict=True)])


def table(title: str, head: list[str], rows: list[list[Any]]) -> None:
    """Markdown, as the README has it."""
    print(f"\n### {title}\n")
    print("| " + " | ".join(head) + " |\n|" + "---|" * len(head))
    for row in rows:
        cells = (f"{x:.4f}" if isinstance(x, float) else str(x) for x in row)
        print("| " + " | ".join(cells) + " |", flush=True)
