"""`clarigym train`: a posterior learned from dialogues, simulated as it goes or logged."""

from __future__ import annotations

import hashlib
import shlex
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import numpy as np
import tyro

from agents.commands.flags import parse
from agents.commands.progress import RunProgress
from agents.errors import MOST_WORKERS, Exit, InputError, at_least, at_most, check_budget, check_seed, printable
from agents.learning.config import TrainConfig
from sim.questions import QuestionBank, Questions, question_bank

if TYPE_CHECKING:
    from agents.learning.sources import DialogueSource
    from agents.learning.train import TrainingProgress
    from agents.learning.transcripts import Transcripts


@dataclass(frozen=True, kw_only=True)
class Train:
    """What to learn from, and how."""

    out: str
    """Folder of the checkpoint: model.safetensors, config.json, metrics.json, card.md."""
    catalogue: str = "movies-1k"
    """A built-in catalogue or a CSV, Parquet or JSONL file."""
    noise: str = "people"
    """Users to practise on, simulated as it goes: a preset or a TOML file.  The learner doesn't see their rates."""
    dialogues: str = ""
    """A log to learn from instead (JSONL, as `clarigym simulate` writes); its last tenth is held out."""
    training: Annotated[TrainConfig, tyro.conf.OmitArgPrefixes] = field(default_factory=TrainConfig)
    """How to learn; the defaults are the best settings found."""
    questions: Questions = "mixed"
    """Kinds of question (a log has its own)."""
    turns: int = 20
    """Questions in a practice dialogue."""
    opening: bool = False
    """Users to practise on volunteer a few facts first."""
    words: str = ""
    """Embed values' names, too: minilm (needs the extra `language`), a folder or a hub id of a transformer."""
    residual: tyro.conf.FlagCreatePairsOff[bool] = False
    """Then train a set encoder on top, for what users do that no channel says; kept only where it helps."""
    threads: int = 1
    """torch's threads; the weights are the same again on one machine with as many."""
    resume: tyro.conf.FlagCreatePairsOff[bool] = False
    """Go on with a run that was interrupted; the weights are those of an uninterrupted one."""
    overwrite: tyro.conf.FlagCreatePairsOff[bool] = False
    """Begin anew in a folder that holds a run."""

    def __post_init__(self) -> None:
        check_budget(self.turns, "turns")
        at_least("threads", self.threads, 1)
        at_most("threads", self.threads, MOST_WORKERS)
        check_seed(self.training.seed)
        if self.opening and self.dialogues:
            raise InputError("--opening is for simulated users; a log has the openings that it has")
        if self.resume and self.overwrite:
            raise InputError("--resume goes on with a run, --overwrite begins anew; give one of them")


def main(arguments: list[str]) -> Exit:
    config = parse(Train, arguments, "train", "Learn a posterior from dialogues.")
    from agents.learning.checkpoint import MODEL
    from agents.resume import run_folder

    with run_folder(Path(config.out), MODEL, config.resume, config.overwrite):
        _train(config)
    return Exit.OK


def _train(config: Train) -> None:
    import torch

    from agents.learning.train import train
    from agents.resume import versions

    torch.set_num_threads(config.threads)
    bank, source, held_out = dialogues_of(config)
    config.training.resolved(len(bank.catalogue))
    about = {"catalogue": bank.catalogue.name, "catalogue_file": config.catalogue, "command": command(config),
             "name": f"learned-{bank.catalogue.name}", "data": data_of(config), "data_digest": digest_of(config),
             "threads": config.threads, "turns": config.turns} | versions()  # fmt: skip
    words = None
    if config.words:
        about["words"] = config.words
        words = _words(bank, config.words)
    with RunProgress("training") as progress:

        def report(p: TrainingProgress) -> None:
            nll = "" if p.nll_nats is None else f"held-out NLL {p.nll_nats:.4f}"
            figures = f"loss {p.loss:.4f}, bound {p.bound_nats:.2f} nats"
            line = ", ".join(filter(None, [f"step {p.step}/{p.steps}: {figures}", nll]))
            progress(p.step, p.steps, f"loss {p.loss:.3f}  {nll}".rstrip(), line)

        metrics = train(bank, source, config.training, config.out, held_out=held_out, describe=about,
                        resume=config.resume, words=words, report=report)  # fmt: skip
    if config.residual:
        _train_residual(config, bank, source, held_out)
    write_card(Path(config.out), about, metrics)
    done = f"{metrics['dialogues']:,} dialogues in {metrics['seconds']:.0f} s"
    print(f"{printable(config.out)}: held-out NLL {metrics['nll_nats']:.4f} nats after {done}", file=sys.stderr)


def _words(bank: QuestionBank, model: str) -> dict[str, np.ndarray]:
    from agents.learning.confusable import word_similarities
    from agents.learning.embeddings import words_of

    return word_similarities(bank.catalogue, words_of(bank.catalogue, model))


def _train_residual(config: Train, bank: QuestionBank, source: DialogueSource, held_out: Transcripts | None) -> None:
    from agents.learning.residual import ResidualConfig, train_residual
    from agents.learning.train import HELD_OUT_FROM

    extra = ResidualConfig(count=config.training.count, seed=config.training.seed)
    judged = source(HELD_OUT_FROM + 10_000, extra.held_out) if held_out is None else held_out
    judged = judged.cut(np.random.default_rng((config.training.seed, 12)))
    found = train_residual(bank, source, extra, config.out, judged)
    verdict = "kept" if found["kept"] else "not kept"
    print(f"residual {verdict}: NLL lower by {found['gain_nats']:.4f} ± {found['standard_error']:.4f} nats",
          file=sys.stderr)  # fmt: skip


def dialogues_of(config: Train) -> tuple[QuestionBank, DialogueSource, Transcripts | None]:
    """The bank, the source, and what is held out (None: the source's own)."""
    from agents.learning.sources import read_log, split_log
    from sim.catalogue.load import load

    catalogue = load(config.catalogue)
    if config.dialogues:

        def bank_of(kind: str, cap: int | None) -> QuestionBank:
            return question_bank(catalogue, cast(Questions, kind), cap)

        transcripts, bank = read_log(config.dialogues, catalogue, bank_of)
        if len(transcripts) < 20:
            raise InputError(
                f"{config.dialogues} has {len(transcripts)} dialogues; at least 20 are needed, better 2,000"
            )
        return bank, *split_log(transcripts, config.training.seed)
    from agents.practice import Practice
    from sim.users.memory import Population
    from sim.users.rates import load_rates

    bank = question_bank(catalogue, config.questions)
    population = Population(bank, load_rates(config.noise))
    return bank, Practice(population, config.training.seed, config.turns, config.opening), None


def data_of(config: Train) -> str:
    if config.dialogues:
        return f"log {Path(config.dialogues).name}"
    return f"simulated users '{config.noise}', practice policy, seed {config.training.seed}"


def digest_of(config: Train) -> str:
    """Of what decides which dialogues there are: a run that is resumed must go on with the same."""
    from agents.resume import digest
    from sim.catalogue.load import load
    from sim.files import read_bytes
    from sim.users.people import resolved
    from sim.users.rates import load_rates

    if config.dialogues:
        return hashlib.blake2b(read_bytes(config.dialogues, InputError), digest_size=8).hexdigest()
    rates = resolved(load_rates(config.noise), load(config.catalogue))
    return digest([rates.to_dict(), config.questions, config.opening])


def command(config: Train) -> str:
    """The command line that makes this run again."""
    parts = ["clarigym train"]
    for name, value in _changed(config):
        flag = "--" + name.replace("_", "-")
        given = [flag, shlex.quote(str(value))]
        parts += given if not isinstance(value, bool) else [flag if value else f"--no-{flag[2:]}"]
    return " ".join(parts)


def _changed(config: Train | TrainConfig) -> Iterator[tuple[str, Any]]:
    """The options that are not at their defaults, but for those about a folder that holds a run."""
    for option in fields(config):
        value = getattr(config, option.name)
        if isinstance(value, TrainConfig):
            yield from _changed(value)
        elif option.name not in ("resume", "overwrite") and value != option.default:
            yield option.name, value


def write_card(out: Path, about: dict[str, Any], metrics: dict[str, Any]) -> None:
    """What the checkpoint is, for people."""
    from agents.learning.checkpoint import CARD
    from sim.files import write_atomically

    catalogue, given = about["catalogue"], shlex.quote(about["catalogue_file"])
    use = f"clarigym evaluate --agents exact,learned --catalogue {given} --checkpoint {shlex.quote(str(out))}"
    dialogues = f"{metrics['dialogues']:,} dialogues, gone through {metrics['passes']:g} times"
    text = f"""# Learned posterior for {catalogue}

A belief p(intent | answers), learned from dialogues: `{use}`.

- Data: {about["data"]}; {dialogues}, cut at random lengths.
- Made by: `{about["command"]}`
- Held-out NLL: {metrics["nll_nats"]:.4f} nats; {metrics["seconds"]:.0f} s of training.
- Versions: torch {about["torch"]}, numpy {about["numpy"]}, Python {about["python"]}.
- Good for: this catalogue, as its fingerprint in config.json says, and users like those it was trained on.
- Not tested on people.
"""
    write_atomically(out / CARD, text.encode())
