"""The tower of items, trained in several ways: what each costs and what it tells of requests that were held out.

    python -m bench.tower --requests FOLDER [--folds 5] [--json]

The folder holds `tot_dev.jsonl`, requests with the film that was found.  Every way takes the same steps of Adam over
the same stories; only what a story is told from differs.  "items" are those that a run would have to encode if the
encoder were trained too, each once a step, and those that its proposal needs; "distinct" if every vector were kept.
"hours" and "MB a step" are what the items would take at the time and memory of one item's forward and backward pass,
which are measured here; "s" is the processor time of training the map on vectors that are kept, a fold.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import NamedTuple

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
    "plain similarity": replace(BASE, epochs=0),
    "plain similarity, the prior's power fitted": replace(BASE, epochs=0, prior_power=True),
    **{f"importance-weighted, K = {k}": replace(BASE, negatives=k) for k in (4, 16, 64)},
    "importance-weighted, K = 16, proposal by match": replace(BASE, negatives=16, proposal="match"),
    **{f"in-batch, K = {k}": replace(BASE, objective="in-batch", negatives=k) for k in (16, 64)},
    **{
        f"in-batch, K = {k}, the prior's power fitted": replace(
            BASE, objective="in-batch", negatives=k, prior_power=True
        )
        for k in (16, 64)
    },
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
    items: int
    distinct: int
    hours: float
    megabytes: float
    seconds: float


class EncodedItem(NamedTuple):
    """What encoding an item costs, forward and backward."""

    milliseconds: float
    megabytes: float
    """What is held for the backward pass, weights among it."""


def line_of(way: str, data: TowerData, settings: TowerSettings, folds: int, item: EncodedItem) -> Line:
    """Train and judge one way.

    Args:
        item: what encoding an item costs.
    """
    begun = time.process_time()
    found = held_out(data, settings, range(folds))
    seconds = (time.process_time() - begun) / folds
    gain, rank = found.gain_bits, found.rank
    items = (found.cost.items + found.cost.proposal) // folds
    return Line(
        way, _pair(gain.mean(axis=1)), _pair(np.median(rank, axis=1)), _pair((rank <= 100).mean(axis=1)),
        _pair(np.sort(gain, axis=1)[:, gain.shape[1] // 20]), items,
        max(found.cost.distinct, found.cost.proposal) // folds, items * item.milliseconds / 3.6e6,
        found.cost.items / max(1, found.cost.steps) * item.megabytes, seconds,
    )  # fmt: skip


def _pair(of: np.ndarray) -> tuple[float, float]:
    return round(float(of[0]), 3), round(float(of[1]), 3)


def encoded_item(encoder: str, texts: list[str]) -> EncodedItem:
    """What one item costs forward and backward through the whole encoder, among some."""
    import torch

    from agents.learning.embeddings import load_words_model, model_folder

    tokenizer, model = load_words_model(model_folder(encoder))
    tokens = tokenizer(texts, padding=True, truncation=True, max_length=64, return_tensors="pt")
    model(**tokens).last_hidden_state.mean().backward()  # gradients have their room from here on
    taken: list[float] = []
    held: list[int] = []
    for _ in range(3):
        begun = time.process_time()
        held.clear()
        with torch.autograd.graph.saved_tensors_hooks(lambda x: held.append(x.nbytes) or x, lambda x: x):
            model(**tokens).last_hidden_state.mean().backward()
        taken.append(1000 * (time.process_time() - begun) / len(texts))
    model.zero_grad(set_to_none=True)
    return EncodedItem(float(np.median(taken)), sum(held) / len(texts) / 2**20)


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
    each = len(setting.catalogue) // TIMED
    item = encoded_item(given.encoder, item_texts(setting.catalogue)[::each][:TIMED])
    lines = []
    for way, settings in WAYS.items():
        lines.append(line_of(way, data, settings, given.folds, item))
        if not given.json:
            print(_markdown(lines[-1], first=len(lines) == 1), flush=True)
    if given.json:
        print(json.dumps({"item": item._asdict(), "lines": [asdict(line) for line in lines]}))
    else:
        print(f"\nAn item forward and backward: {item.milliseconds:.1f} ms, {item.megabytes:.2f} MB.  "
              f"{data.requests.vectors.shape[1]} requests.")  # fmt: skip


def _markdown(line: Line, first: bool) -> str:
    head = ("| way | bits | median rank | among 100 | worst 5 % at most | items encoded (distinct) | hours | "
            "MB a step | s |\n|---|---:|---:|---:|---:|---:|---:|---:|---:|\n")  # fmt: skip
    both = lambda pair, form: " / ".join(format(x, form) for x in pair)  # noqa: E731
    return (head if first else "") + (
        f"| {line.way} | {both(line.bits, '.2f')} | {both(line.median_rank, '.0f')} | {both(line.among_100, '.3f')} | "
        f"{both(line.worst_bits, '.2f')} | {line.items:,} ({line.distinct:,}) | {line.hours:.2f} | "
        f"{line.megabytes:.0f} | {line.seconds:.0f} |")  # fmt: skip


if __name__ == "__main__":
    main()
