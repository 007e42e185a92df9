"""The tower of items, trained in six ways: what each costs and what it tells of requests that were held out.

    python -m bench.tower --requests FOLDER [--folds 5] [--json]

The folder holds `tot_dev.jsonl`, requests with the film that was found.  Every way takes the same steps of Adam over
the same stories; only what a story is told from differs.  "items" are those that a run would have to encode if the
encoder were trained too, each once a step, and those that its proposal needs; "distinct" if every vector were kept.
"hours" is what the items would take at the time of one item's forward and backward pass, which is measured here.
Seconds and memory are those of training the map on vectors that are kept.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import resource
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from agents.language.calibrate_strengths import FOLDS, held_out_strengths
from agents.language.fit_tower import TowerData, held_out, tower_data
from agents.language.reader import Reader
from agents.language.train import strength_sources
from agents.language.train_tower import TowerSettings
from agents.setting import make_setting
from envs.rules import Rules

BASE = TowerSettings()
WAYS: dict[str, TowerSettings] = {
    **{f"importance-weighted, K = {k}": replace(BASE, negatives=k) for k in (4, 16, 64)},
    "importance-weighted, K = 16, proposal by match": replace(BASE, negatives=16, proposal="match"),
    **{f"in-batch, K = {k}": replace(BASE, objective="in-batch", negatives=k) for k in (16, 64)},
    "whole catalogue": replace(BASE, objective="catalogue"),
}
"""The ways that are compared."""
TIMED = 64
"""Items whose forward and backward pass is timed."""


@dataclass(frozen=True)
class Line:
    """A line of the table; figures of whole requests, then of two sentences."""

    way: str
    bits: tuple[float, float]
    median_rank: tuple[float, float]
    among_100: tuple[float, float]
    worst_bits: tuple[float, float]
    steps: int
    items: int
    distinct: int
    hours: float
    seconds: float
    megabytes: float


def measured(data: TowerData, settings: TowerSettings, folds: int, pipe: Any) -> None:
    """Train and judge in a process of its own, so that its peak of memory is its own."""
    import torch

    torch.set_num_threads(1)
    before, begun = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()
    found = held_out(data, settings, range(folds))
    took = time.perf_counter() - begun
    pipe.send((found, took / folds, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024))


def line_of(way: str, data: TowerData, settings: TowerSettings, folds: int, ms_an_item: float) -> Line:
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe(duplex=False)
    child = context.Process(target=measured, args=(data, settings, folds, theirs))
    child.start()
    theirs.close()
    found, seconds, megabytes = ours.recv()
    child.join()
    n = found.rank.shape[1]
    pair = lambda of: tuple(round(float(of(v)), 3) for v in range(2))  # noqa: E731
    items = (found.cost.items + found.cost.proposal) // folds
    return Line(
        way, pair(lambda v: found.gain_bits[v].mean()), pair(lambda v: np.median(found.rank[v])),
        pair(lambda v: (found.rank[v] <= 100).mean()), pair(lambda v: np.sort(found.gain_bits[v])[n // 20]),
        found.cost.steps // folds, items, max(found.cost.distinct, found.cost.proposal) // folds,
        items * ms_an_item / 3.6e6, seconds, megabytes,
    )  # fmt: skip


def milliseconds_an_item(encoder: str, texts: list[str]) -> float:
    """Forward and backward through the whole encoder, of one item among `TIMED`."""
    import torch

    from agents.learning.embeddings import load_words_model, model_folder

    tokenizer, model = load_words_model(model_folder(encoder))
    tokens = tokenizer(texts, padding=True, truncation=True, max_length=64, return_tensors="pt")
    taken = []
    for _ in range(3):
        begun = time.perf_counter()
        model(**tokens).last_hidden_state.mean().backward()
        taken.append(1000 * (time.perf_counter() - begun) / len(texts))
    model.zero_grad(set_to_none=True)
    torch.manual_seed(0)
    return float(np.median(taken))


def main() -> None:
    """Print the table."""
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--requests", type=Path, default=os.environ.get("CLARIGYM_REQUESTS"))
    p.add_argument("--folds", type=int, default=FOLDS, help="of the five, how many are judged")
    p.add_argument("--encoder", default="minilm")
    p.add_argument("--json", action="store_true")
    given = p.parse_args()
    if given.requests is None:
        p.error("--requests FOLDER is needed; the folder holds tot_dev.jsonl")
    import torch

    from agents.language.item_text import item_texts

    torch.set_num_threads(1)
    setting = make_setting("movies", "mixed", "people", Rules())
    strengths = held_out_strengths(strength_sources(Path(given.requests), seed=0)[0])
    data = tower_data(Path(given.requests) / "tot_dev.jsonl", given.encoder, Reader(setting.bank, ""),
                      setting.posterior(), strengths)  # fmt: skip
    ms = milliseconds_an_item(given.encoder, item_texts(setting.catalogue)[:: len(setting.catalogue) // TIMED][:TIMED])
    lines = []
    for way, settings in WAYS.items():
        lines.append(line_of(way, data, settings, given.folds, ms))
        if not given.json:
            print(_markdown(lines[-1], first=len(lines) == 1), flush=True)
    if given.json:
        print(json.dumps({"ms_an_item": ms, "lines": [asdict(line) for line in lines]}))
    else:
        print(f"\nAn item forward and backward: {ms:.1f} ms.  {data.requests.vectors.shape[1]} requests.")


def _markdown(line: Line, first: bool) -> str:
    head = ("| way | bits | median rank | among 100 | worst 5 % at most | items encoded (distinct) | hours | "
            "s | MB |\n|---|---:|---:|---:|---:|---:|---:|---:|---:|\n")  # fmt: skip
    both = lambda pair, form: " / ".join(format(x, form) for x in pair)  # noqa: E731
    return (head if first else "") + (
        f"| {line.way} | {both(line.bits, '.2f')} | {both(line.median_rank, '.0f')} | {both(line.among_100, '.3f')} | "
        f"{both(line.worst_bits, '.2f')} | {line.items:,} ({line.distinct:,}) | {line.hours:.2f} | "
        f"{line.seconds:.0f} | {line.megabytes:.0f} |")  # fmt: skip


if __name__ == "__main__":
    main()
