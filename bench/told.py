"""How much a match with items' texts tells, for catalogues that are not of films.

    python -m bench.told [--groceries FILE] [--rows 5000] [--texts 600] [--json]

Openings that state facts, and pieces of items' own texts, are simulated (`agents.language.pieces`).  Sentences that
tell of an item in other words stand in `bench/held_out/told.jsonl`; they were written for this and are seen by no
training.  FILE is a table of packaged foods with a column of ingredients; so many of its rows are taken, evenly.

"patterns" reads names, words and numbers alone.  "plain similarity" adds 15 times the cosine of the whole request with
name, values and text of an item.  "calibrated" is what ships: it was fitted to other pieces of the texts of
`paperbacks`, and to other rows of FILE, which has near twins.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from agents.language.belief import hear
from agents.language.encoder import Encoder
from agents.language.item_text import item_texts
from agents.language.pieces import KINDS, ToldTexts, told_of
from agents.language.plain_tower import LONGEST_ITEM
from agents.language.reader import Reader
from agents.learning.embeddings import DEFAULT, embed
from agents.setting import Setting, make_setting
from envs.rules import Rules

ROOT = Path(__file__).parent.parent
CATALOGUES = {"paperbacks": str(ROOT / "examples/catalogues/paperbacks.csv"), "animals": "animals",
              "groceries": "groceries"}  # fmt: skip
TOLD = Path(__file__).parent / "held_out" / "told.jsonl"
OTHER_WORDS = "other words"
SEED = 5
"""Of the texts; the fit has other ones."""
SCALE = 15.0
"""Of plain similarity."""


@dataclass(frozen=True)
class ToldLine:
    """A line of the table; bits about the true item and its median rank, in each of three ways."""

    catalogue: str
    items: int
    texts: str
    """What is told."""
    n: int
    matched: float
    """The share that the calibrated match does not leave to patterns."""
    bits: tuple[float, float, float]
    """Patterns, plain similarity, calibrated."""
    median_rank: tuple[float, float, float]
    worst_bits: tuple[float, float, float]
    """The most that the worst 5 % have."""


def lines_of(name: str, setting: Setting, texts: int) -> Iterator[ToldLine]:
    """The lines of one catalogue."""
    catalogue, reader = setting.catalogue, Reader(setting.bank)
    whole = [" ".join(both) for both in zip(item_texts(catalogue), catalogue.texts or [""] * len(catalogue),
                                            strict=True)]  # fmt: skip
    vectors = embed(whole, DEFAULT, batch=64, longest=LONGEST_ITEM)
    told = told_of(setting, texts, SEED)
    for kind, what in enumerate(KINDS):
        rows = np.flatnonzero(told.kind == kind)
        if len(rows):
            some = ToldTexts([told.texts[k] for k in rows], told.intent[rows], told.kind[rows])
            yield line_of(name, what, setting, reader, vectors, some)
    row_of = {intent: i for i, intent in enumerate(catalogue.intents)}
    mine = [t for t in map(json.loads, TOLD.read_text(encoding="utf-8").splitlines()) if t["catalogue"] == name]
    if mine:
        intent = np.array([row_of[t["intent"]] for t in mine])
        some = ToldTexts([t["text"] for t in mine], intent, np.zeros(len(mine), np.int64))
        yield line_of(name, OTHER_WORDS, setting, reader, vectors, some)


def line_of(name: str, what: str, setting: Setting, reader: Reader, vectors: np.ndarray, told: ToldTexts) -> ToldLine:
    """What three ways make of some texts."""
    posterior = setting.posterior()
    posterior.reset(1)
    prior = setting.catalogue.prior
    similar = SCALE * (Encoder().meanings(told.texts) @ vectors.T).astype(np.float64)
    bits, rank, matched = np.empty((3, len(told.texts))), np.empty((3, len(told.texts))), 0
    for k, (text, intent) in enumerate(zip(told.texts, told.intent.tolist(), strict=True)):
        reading = reader.read(text)
        matched += reading.items is not None
        alone = replace(reading, items=None, trust=1.0)
        for way, heard in enumerate((alone, replace(alone, items=similar[k]), reading)):
            belief = hear(posterior, heard).belief
            bits[way, k] = np.log2(max(belief[intent], 1e-30)) - np.log2(prior[intent])
            rank[way, k] = 1 + (belief > belief[intent] * (1 + 1e-9)).sum()
    worst = np.sort(bits, axis=1)[:, bits.shape[1] // 20]
    return ToldLine(name, len(prior), what, len(told.texts), matched / len(told.texts), _three(bits.mean(axis=1)),
                _three(np.median(rank, axis=1)), _three(worst))  # fmt: skip


def _three(of: np.ndarray) -> tuple[float, float, float]:
    return round(float(of[0]), 3), round(float(of[1]), 3), round(float(of[2]), 3)


def some_rows(file: str, rows: int, folder: str) -> str:
    """A table in a folder with some rows of a file, evenly taken."""
    import polars as pl

    table = pl.read_csv(file, infer_schema_length=0)
    out = Path(folder) / "foods.csv"
    table.gather_every(max(1, table.height // rows), 3).head(rows).write_csv(out)
    out.with_suffix(".toml").write_text('noun = "product"\ntext = ["ingredients"]\n', encoding="utf-8")
    return str(out)


def main() -> None:
    """Print the table."""
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--groceries", help="a table of packaged foods with a column of ingredients")
    p.add_argument("--rows", type=int, default=5000, help="of them")
    p.add_argument("--texts", type=int, default=600, help="simulated texts of each catalogue")
    p.add_argument("--json", action="store_true")
    given = p.parse_args()
    import torch

    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        names = dict(CATALOGUES)
        if given.groceries:
            names["packaged foods"] = some_rows(given.groceries, given.rows, folder)
        if not given.json:
            print("| catalogue (items) | text | n | matched | patterns: bits / median rank / worst 5 % at most | "
                  "plain similarity | calibrated |\n|---|---|---:|---:|---:|---:|---:|")  # fmt: skip
        for name, path in names.items():
            for line in lines_of(name, make_setting(path, "mixed", "people", Rules()), given.texts):
                print(json.dumps(asdict(line)) if given.json else _markdown(line), flush=True)


def _markdown(line: ToldLine) -> str:
    ways = [f"{line.bits[w]:.2f} / {line.median_rank[w]:.0f} / {line.worst_bits[w]:.2f}" for w in range(3)]
    return (f"| {line.catalogue} ({line.items:,}) | {line.texts} | {line.n} | {100 * line.matched:.0f} % | "
            f"{' | '.join(ways)} |")  # fmt: skip


if __name__ == "__main__":
    main()
