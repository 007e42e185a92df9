"""Tables of `bench.posterior` about training: how many candidates, which objective, and towers without a channel."""

from __future__ import annotations

import tempfile
import time

import numpy as np

from agents.learning.transcripts import Transcripts, evidence_of
from agents.practice import Practice
from bench.learned import beliefs, divergences, exact_histories, exact_of, population, run_of, table, world

TURNS = (5, 10, 20)


def candidates(quick: bool) -> None:
    """Equal numbers of dialogues, different negatives."""
    _compare(
        quick,
        "How many candidates a history, channel critic",
        [
            ("full", "", 0, 32),
            ("importance", "posterior", 3, 32),
            ("importance", "posterior", 7, 32),
            ("importance", "posterior", 15, 32),
            ("importance", "posterior", 63, 32),
            ("importance", "prior", 7, 32),
            ("importance", "uniform", 7, 32),
            ("infonce", "in-batch", 7, 8),
            ("infonce", "in-batch", 63, 64),
            ("importance", "posterior", 7, 8),
            ("importance", "posterior", 7, 64),
        ],
    )


def objectives(quick: bool) -> None:
    """FlatNCE, FLO and the rest on the same budget."""
    both = [(o, "prior", 7, 32) for o in ("infonce", "flatnce", "flo", "nwj", "dv", "binary")]
    both += [(o, "posterior", 7, 32) for o in ("importance", "infonce", "flatnce", "flo")]
    _compare(quick, "Objectives, 8 candidates, channel critic", both)


def _compare(quick: bool, title: str, settings) -> None:
    name, noise = "groceries", "typical"
    histories = exact_histories(name, noise, 100, 20)
    exact = {t: beliefs(exact_of(name, noise), histories.prefix(t)) for t in TURNS}
    rows = []
    for objective, proposal, negatives, batch in settings:
        found, costs = [], []
        for seed in range(1 if quick else 2):
            posterior, metrics = run_of(
                name,
                noise,
                objective=objective,
                proposal=proposal or "auto",
                negatives=max(1, negatives),
                seed=seed,
                batch_size=batch,
                count=6400,
                passes=1,
                evaluate_every=3200,
                held_out=1024,
                answer_weight=0.0,
                learning_rate=0.05,
            )
            found.append([divergences(exact[t], beliefs(posterior, histories.prefix(t))).mean() for t in TURNS])
            costs.append([metrics["seconds"], metrics["scores"] / 1e6])
        mean = np.mean(found, axis=0)
        seconds, scores = np.mean(costs, axis=0)
        k = "all" if objective == "full" else negatives + 1
        rows.append(
            [
                objective,
                proposal or "-",
                k,
                batch,
                *map(float, mean),
                float(np.std(found, axis=0)[-1]),
                f"{seconds:.0f}",
                f"{scores:.2f}",
            ]
        )
    table(
        f"{title} ({name}, 6,400 dialogues, answer weight 0; KL by turn)",
        [
            "objective",
            "proposal",
            "candidates",
            "batch",
            *map(str, TURNS),
            "sd over seeds (20)",
            "seconds",
            "scores with gradient, millions",
        ],
        rows,
    )


def throughput(quick: bool) -> None:
    """Dialogues a second that training takes in, one thread, beside a plain two-tower InfoNCE."""
    from agents.learning.config import TrainConfig
    from agents.learning.residual import ResidualConfig, train_residual
    from agents.learning.train import train

    rows = []
    count = 640 if quick else 2560
    for name in ("groceries", "movies-1k"):
        practice = Practice(population(name, "typical"), 0)
        made = practice(0, count)

        def source(start: int, number: int, made=made) -> Transcripts:
            return made[np.arange(start, start + number) % count]

        held_out = practice(1 << 41, 16)
        towers = ResidualConfig(count=count, objective="infonce", proposal="in-batch", held_out=16, looks=1)
        begun = time.perf_counter()
        train_residual(world(name), source, towers, None, held_out)
        base = time.perf_counter() - begun
        rows.append([name, "two towers, InfoNCE, in-batch 64", f"{count / base:.0f}", "1.0"])
        for label, settings in (
            ("channel, full softmax, batch 32", {"objective": "full"}),
            ("channel, 8 weighted candidates, batch 32", {"objective": "importance", "negatives": 7}),
            ("channel, 64 weighted candidates, batch 32", {"objective": "importance", "negatives": 63}),
        ):
            config = TrainConfig(count=count, passes=1, evaluate_every=count, held_out=16, **settings)
            with tempfile.TemporaryDirectory() as out:
                begun = time.perf_counter()
                train(world(name), source, config, out, held_out=held_out)
                spent = time.perf_counter() - begun
            rows.append([name, label, f"{count / spent:.0f}", f"{base / spent:.2f}"])
    table("Training, dialogues a second", ["catalogue", "what", "dialogues / s", "beside two towers"], rows)


def towers(quick: bool) -> None:
    """The two-tower baseline, without a channel, on the same dialogues."""
    from agents.learning.residual import ResidualConfig, train_residual
    from agents.learning.residual_tokens import ServedResidual

    name, noise = "groceries", "typical"
    bank = world(name)
    practice = Practice(population(name, noise), 0)
    histories, held_out = exact_histories(name, noise, 100, 20), practice(1 << 41, 256)
    exact = {t: beliefs(exact_of(name, noise), histories.prefix(t)) for t in TURNS}
    rows = []
    few, many = (2000, 4000) if quick else (20_000, 200_000)
    for objective, proposal, negatives, batch, dialogues in (
        ("full", "", 0, 64, few),
        ("full", "", 0, 64, many),
        ("importance", "posterior", 7, 64, few),
        ("importance", "posterior", 63, 64, few),
        ("importance", "prior", 7, 64, few),
        ("infonce", "in-batch", 7, 8, few),
        ("infonce", "in-batch", 63, 64, few),
        ("flatnce", "in-batch", 63, 64, few),
        ("flatnce", "prior", 7, 64, few),
        ("flatnce", "posterior", 7, 64, few),
        ("flo", "in-batch", 63, 64, few),
        ("flo", "prior", 7, 64, few),
        ("flo", "posterior", 7, 64, few),
        ("nwj", "prior", 7, 64, few),
    ):
        config = ResidualConfig(
            count=dialogues, objective=objective, proposal=proposal or "posterior",
            negatives=max(1, negatives), batch_size=batch, held_out=256,
        )  # fmt: skip
        found = train_residual(bank, practice, config, None, held_out)
        served = ServedResidual(bank.catalogue, {k.removeprefix("residual."): v for k, v in found["arrays"].items()})
        k = "all" if objective == "full" else negatives + 1
        row: list = [objective, proposal or "-", k, batch, f"{dialogues:,}", found["nll_nats"]]
        for turns in TURNS:
            logits = [served(tuple(sorted(t.items()))) for t in evidence_of(bank, histories.prefix(turns))]
            guess = [np.exp(x - x.max()) * bank.catalogue.prior for x in logits]
            row.append(float(divergences(exact[turns], [p / p.sum() for p in guess]).mean()))
        rows.append([*row, f"{found['seconds']:.0f}", f"{found['scores'] / 1e6:.2f}"])
    table(
        f"Two towers without a channel ({name}, 1 seed; held-out NLL of practice, KL from exact by turn)",
        [
            "objective",
            "proposal",
            "candidates",
            "batch",
            "dialogues",
            "NLL",
            *map(str, TURNS),
            "seconds",
            "scores, millions",
        ],
        rows,
    )
