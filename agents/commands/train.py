"""`clarigym train`: a posterior learned from dialogues, simulated as it goes or logged."""

from __future__ import annotations

import hashlib
import json
import shlex
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import tyro

from agents.commands.flags import Leave, at_least, check_seed, parse
from agents.errors import Exit, InputError
from sim.questions import Questions


@dataclass(frozen=True, kw_only=True)
class Train:
    """What to learn from, and how.  The defaults are the best settings found."""

    out: str
    """Folder of the checkpoint: model.safetensors, config.json, metrics.json, card.md."""
    catalogue: str = "movies-1k"
    """A built-in catalogue or a CSV, Parquet or JSONL file."""
    noise: str = "typical"
    """Users to practise on, simulated as it goes: a preset or a TOML file.  The learner doesn't see their rates."""
    dialogues: str = ""
    """A log to learn from instead (JSONL, as `clarigym simulate` writes); its last tenth is held out."""
    count: int = 20_000
    """How many dialogues to learn from; a log of fewer is gone through until it comes to as many."""
    passes: int = 3
    """How often the dialogues are gone through; a small log more often, see --count."""
    questions: Questions = "mixed"
    """Kinds of question (a log has its own)."""
    turns: int = 20
    """Questions in a practice dialogue."""
    opening: bool = False
    """Users to practise on volunteer a few facts first."""
    objective: Literal["auto", "full", "importance", "infonce", "flatnce", "flo", "nwj", "dv", "binary"] = "auto"
    """auto: full up to 2,000 intents, importance beyond."""
    proposal: Literal["auto", "uniform", "prior", "in-batch", "posterior"] = "auto"
    """Where other intents come from; auto: posterior, its logarithm taken off (in-batch for infonce, which can't)."""
    negatives: int = 63
    """Other intents that each history is scored against (not for full and in-batch)."""
    batch_size: int = 32
    """Histories a step."""
    types: int = 3
    """Latent kinds of user."""
    stretch: int = 0
    """Let users change from each so many answers to the next so many (they tire, say); 0: they stay as they are."""
    learning_rate: float = 0.02
    """Of Adam, falling along a cosine."""
    answer_weight: float = 20.0
    """Weight of telling the true answers from others."""
    evaluate_every: int = 10_000
    """Dialogues between looks at the held-out ones; a run can be resumed from each."""
    minutes: float = 0.0
    """Stop at the first look after so long; 0: no limit."""
    words: str = ""
    """Embed values' names, too: minilm (needs the extra `language`), a folder or a hub id of a transformer."""
    residual: tyro.conf.FlagCreatePairsOff[bool] = False
    """Then train a set encoder on top, for what users do that no channel says; kept only where it helps."""
    seed: int = 0
    """Of everything drawn."""
    device: Literal["cpu", "cuda"] = "cpu"
    """Where to compute."""
    threads: int = 1
    """torch's threads; the weights are the same again on one machine with as many."""
    resume: tyro.conf.FlagCreatePairsOff[bool] = False
    """Go on with a run that was interrupted; the weights are those of an uninterrupted one."""
    overwrite: tyro.conf.FlagCreatePairsOff[bool] = False
    """Begin anew in a folder that holds a run."""

    def __post_init__(self) -> None:
        for name in ("count", "turns", "threads"):
            at_least(name, getattr(self, name), 1)
        check_seed(self.seed)
        if self.opening and self.dialogues:
            raise InputError("--opening is for simulated users; a log has the openings that it has")
        if self.resume and self.overwrite:
            raise InputError("--resume goes on with a run, --overwrite begins anew; give one of them")


def main(arguments: list[str]) -> Exit:
    try:
        config = parse(Train, arguments, "train", "Learn a posterior from dialogues.")
    except Leave as leave:
        return leave.code
    from agents.learning.checkpoint import STATE, folder_to_write
    from agents.learning.serve import MODEL

    out = Path(config.out)
    if not (config.resume or config.overwrite) and any((out / name).exists() for name in (MODEL, STATE)):
        ways = "go on with it by --resume, replace it by --overwrite, or choose another --out"
        raise InputError(f"{out} holds a run; {ways}")
    with folder_to_write(out):
        try:
            _train(config)
        except KeyboardInterrupt:
            raise KeyboardInterrupt("go on with --resume" if (out / STATE).exists() else "") from None
    return Exit.OK


def _train(config: Train) -> None:
    import torch

    from agents.learning.config import TrainConfig
    from agents.learning.train import Progress, train

    torch.set_num_threads(config.threads)
    shared = {k: v for k, v in asdict(config).items() if k in TrainConfig.__dataclass_fields__ and k != "dialogues"}
    settings = TrainConfig(**shared, dialogues=config.count)
    bank, source, held_out = dialogues_of(config)
    settings.resolved(len(bank.catalogue))
    about = {"catalogue": bank.catalogue.name, "catalogue_file": config.catalogue, "command": command(config),
             "name": f"learned-{bank.catalogue.name}", "data": data_of(config), "data_digest": digest_of(config),
             "threads": config.threads, "turns": config.turns} | versions()  # fmt: skip
    words = None
    if config.words:
        about["words"] = config.words
        from agents.learning.confusable import word_similarities
        from agents.learning.embeddings import words_of

        words = word_similarities(bank.catalogue, words_of(bank.catalogue, config.words))
    with progress() as advance:

        def report(p: Progress) -> None:
            advance(p)

        metrics = train(bank, source, settings, config.out, held_out=held_out, describe=about, resume=config.resume,
                        words=words, report=report)  # fmt: skip
    if config.residual:
        from agents.learning.residual import ResidualConfig, train_residual
        from agents.learning.train import HELD_OUT_FROM

        extra = ResidualConfig(dialogues=config.count, seed=config.seed)
        judged = source(HELD_OUT_FROM + 10_000, extra.held_out) if held_out is None else held_out
        judged = judged.cut(np.random.default_rng((config.seed, 12)))
        found = train_residual(bank, source, extra, config.out, judged)
        verdict = "kept" if found["kept"] else "not kept"
        print(
            f"residual {verdict}: NLL lower by {found['gain_nats']:.4f} ± {found['standard_error']:.4f} nats",
            file=sys.stderr,
        )
    write_card(Path(config.out), about, metrics)
    print(f"{config.out}: held-out NLL {metrics['nll_nats']:.4f} nats after {metrics['dialogues']:,} dialogues "
          f"in {metrics['seconds']:.0f} s", file=sys.stderr)  # fmt: skip


def dialogues_of(config: Train):
    """The bank, the source, and what is held out (None: the source's own)."""
    from agents.learning.transcripts import logged, read_histories
    from sim.catalogue.load import load
    from sim.questions import question_bank

    catalogue = load(config.catalogue)
    if config.dialogues:
        histories, bank = read_histories(
            config.dialogues,
            catalogue,
            lambda kind, cap: question_bank(catalogue, kind, cap),  # type: ignore[arg-type]
        )
        if len(histories) < 20:
            raise InputError(f"{config.dialogues} has {len(histories)} dialogues; at least 20 are needed, better 2,000")
        source, held_out = logged(histories, config.seed)
        return bank, source, held_out
    from agents.practice import Practice
    from sim.users.memory import Population
    from sim.users.rates import load_rates

    bank = question_bank(catalogue, config.questions)
    return bank, Practice(Population(bank, load_rates(config.noise)), config.seed, config.turns, config.opening), None


def data_of(config: Train) -> str:
    if config.dialogues:
        return f"log {Path(config.dialogues).name}"
    return f"simulated users '{config.noise}', practice policy, seed {config.seed}"


def digest_of(config: Train) -> str:
    """Of what decides which dialogues there are: a run that is resumed must go on with the same."""
    if config.dialogues:
        data = Path(config.dialogues).read_bytes()
    else:
        from sim.users.rates import load_rates

        users = json.loads(json.dumps(load_rates(config.noise).to_dict(), default=dict))
        data = json.dumps([users, config.questions, config.opening], sort_keys=True).encode()
    return hashlib.blake2b(data, digest_size=8).hexdigest()


def command(config: Train) -> str:
    """The command line that makes this run again."""
    parts = ["clarigym train"]
    for name, field in Train.__dataclass_fields__.items():
        value = getattr(config, name)
        if name not in ("resume", "overwrite") and value != field.default:
            flag = "--" + name.replace("_", "-")
            given = [flag, shlex.quote(str(value))]
            parts += given if not isinstance(value, bool) else [flag if value else f"--no-{flag[2:]}"]
    return " ".join(parts)


def versions() -> dict[str, str]:
    import platform

    import numpy
    import torch

    return {"torch": torch.__version__, "numpy": numpy.__version__, "python": platform.python_version()}


def write_card(out: Path, about: dict, metrics: dict) -> None:
    """What the checkpoint is, for people."""
    from agents.files import write_atomically
    from agents.learning.checkpoint import CARD

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


class progress:
    """A bar on stderr: loss, held-out NLL, time left.  Lines where stderr is no terminal."""

    def __enter__(self):
        if not sys.stderr.isatty():
            self.bar = None
            return self._line
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        from agents.commands.console import console

        self.bar = Progress(TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"),
                            TimeRemainingColumn(), console=console(stderr=True), transient=True)  # fmt: skip
        self.bar.start()
        self.task = self.bar.add_task("training", total=None)
        return self._update

    def __exit__(self, *_) -> None:
        if self.bar is not None:
            self.bar.stop()

    def _update(self, p) -> None:
        assert self.bar is not None
        nll = "" if p.nll_nats is None else f"  held-out NLL {p.nll_nats:.3f}"
        self.bar.update(self.task, completed=p.step, total=p.steps, description=f"loss {p.loss:.3f}{nll}")

    def _line(self, p) -> None:
        if p.step % max(1, p.steps // 10) == 0 or p.step == p.steps:
            nll = "" if p.nll_nats is None else f", held-out NLL {p.nll_nats:.4f}"
            print(f"step {p.step}/{p.steps}: loss {p.loss:.4f}, bound {p.bound_nats:.2f} nats{nll}", file=sys.stderr)
