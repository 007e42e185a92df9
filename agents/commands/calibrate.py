"""`clarigym calibrate RUN`: is the learned belief as often right as it says, turn by turn, beside the exact one?"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import tyro

from agents.commands.console import console
from agents.commands.flags import parse
from agents.errors import LARGEST_BUDGET, Exit, InputError, at_least, at_most, check_episodes, check_seed
from agents.files import check_output
from sim.questions import Questions


@dataclass(frozen=True, kw_only=True)
class Calibrate:
    """What to calibrate."""

    run: Annotated[str, tyro.conf.Positional] = ""
    """Folder of a checkpoint, or the name of a shipped one."""
    checkpoint: str = ""
    """The same, as the other commands name it."""
    catalogue: str = ""
    """A built-in catalogue or a file; empty for the one that the checkpoint was trained on."""
    noise: str = "people"
    """Users to meet: a preset or a TOML file."""
    questions: Questions = "mixed"
    """Kinds of question."""
    episodes: int = 1000
    """Held-out dialogues at each length."""
    turns: tuple[int, ...] = (0, 5, 10, 20)
    """Lengths to judge at."""
    seed: int = 1
    """Of the users."""
    json: tyro.conf.FlagCreatePairsOff[bool] = False
    """One JSON object on stdout instead of a table."""
    plot: str = ""
    """A file for a picture of the coverage (needs matplotlib)."""

    def __post_init__(self) -> None:
        if bool(self.run) == bool(self.checkpoint):
            raise InputError("name one checkpoint: clarigym calibrate DIR, or clarigym calibrate --checkpoint DIR")
        at_least("episodes", self.episodes, 20)
        check_episodes(self.episodes)
        check_seed(self.seed)
        if not self.turns or min(self.turns) < 0:
            raise InputError(f"turns = {self.turns}; give lengths of at least 0")
        at_most("turns", max(self.turns), LARGEST_BUDGET)

    @property
    def folder(self) -> str:
        """The checkpoint, whichever way it was named."""
        return self.run or self.checkpoint


def main(arguments: list[str]) -> Exit:
    config = parse(Calibrate, arguments, "calibrate", "Calibration of a learned belief beside the exact one.")
    if config.plot:
        check_plot(config.plot)
    found = figures(config)
    if config.json:
        print(json.dumps({"config": asdict(config), "results": found}))
    else:
        _table(found)
    if config.plot:
        _plot(found, config.plot)
    return Exit.OK


def figures(config: Calibrate) -> list[dict[str, Any]]:
    """A row a length and posterior."""
    from agents.evaluation.calibration import measure
    from agents.learning.checkpoint import read_checkpoint
    from agents.learning.serve import learned_posterior
    from agents.learning.transcripts import belief_after
    from agents.practice import Practice
    from sim.catalogue.load import load
    from sim.posterior.exact import ChannelPosterior
    from sim.questions import question_bank
    from sim.users.memory import Population
    from sim.users.rates import load_rates

    checkpoint = read_checkpoint(config.folder)
    kept = checkpoint.config
    catalogue = load(config.catalogue or str(kept.get("catalogue_file", kept.get("catalogue"))))
    checkpoint = read_checkpoint(config.folder, catalogue)
    bank = question_bank(catalogue, config.questions)
    population = Population(bank, load_rates(config.noise))
    held_out = Practice(population, config.seed, max(1, *config.turns))(1 << 42, config.episodes)
    posteriors = {
        "learned": learned_posterior(bank, checkpoint, cache_bytes=1 << 24),
        "exact": ChannelPosterior(population.channel, bank, cache_bytes=1 << 24),
    }
    out = []
    for turns in config.turns:
        for name, posterior in posteriors.items():
            beliefs = belief_after(posterior, held_out.prefix(turns))
            rng = np.random.default_rng((config.seed, turns))
            temper = name == "learned" and turns > 0
            row = measure(beliefs, held_out.intent, catalogue.prior, rng, temper=temper)
            out.append({"turns": turns, "posterior": name} | row)
    return out


def _table(rows: list[dict[str, Any]]) -> None:
    from rich.table import Table

    table = Table("turns", "posterior", "NLL", "Brier", "ECE", "coverage KS", "temperature")
    for row in rows:
        tempered = row.get("temperature")
        note = "" if tempered is None else f"{tempered['beta']:.2f} {'helps' if tempered['helps'] else 'no help'}"
        cells = [f"{row[k]:.4f}" for k in ("nll_nats", "brier", "ece", "coverage_ks")]
        table.add_row(str(row["turns"]), row["posterior"], *cells, note)
    console().print(table)


def check_plot(path: str) -> None:
    """Before minutes are spent on figures: that a picture of them can be made there.

    Raises:
        InputError: no matplotlib, no such folder, or a kind of picture that it can't write.
    """
    try:
        import matplotlib  # pyright: ignore[reportMissingImports]
    except ImportError:
        raise InputError("--plot needs matplotlib; pip install 'clarigym[plots]', or leave --plot out") from None
    matplotlib.use("Agg")
    from matplotlib.figure import Figure  # pyright: ignore[reportMissingImports]

    kinds = Figure().canvas.get_supported_filetypes()
    suffix = Path(path).suffix.removeprefix(".")
    if suffix and suffix not in kinds:
        raise InputError(f"--plot {path}: no picture is made as .{suffix}; take one of {', '.join(sorted(kinds))}")
    check_output(path)


def _plot(rows: list[dict[str, Any]], path: str) -> None:
    import matplotlib.pyplot as plt  # pyright: ignore[reportMissingImports]

    figure, axes = plt.subplots(1, len(rows) // 2, figsize=(3 * len(rows) // 2, 3), squeeze=False)
    for k, row in enumerate(rows):
        share = np.array(row["ranks"]) / row["dialogues"]
        axes[0, k // 2].step(np.arange(10) / 10, share, where="post", label=row["posterior"])
        axes[0, k // 2].axhline(0.1, color="grey", linewidth=0.5)
        axes[0, k // 2].set_title(f"{row['turns']} turns")
    axes[0, 0].legend()
    figure.supxlabel("belief in what is likelier than the truth")
    figure.tight_layout()
    figure.savefig(path)
