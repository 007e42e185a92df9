"""Training of the learned posterior: batches of dialogues in, a checkpoint out.

Batch k of a run is a function of (configuration, k): the source gives the same dialogues whenever asked, and all other
draws (where a dialogue is cut short, which negatives) come from a generator seeded by (seed, k).  So a run that was
killed goes on from its last state (`agents.resume`) as if nothing had happened: same weights to the bit, on one CPU and
thread count.

What is judged and kept is an average over the steps, late ones counting most, for single steps go about in directions
that say little; the last state is the one that is kept, unless it is surely worse than the best before it.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from agents.learning.checkpoint import FORMAT, MODEL, load_seconds, save_checkpoint, save_metrics
from agents.learning.config import TrainConfig, TrainingError
from agents.learning.held_out import Words, held_out_losses
from agents.learning.loss import batch_loss
from agents.learning.objectives import Estimate
from agents.learning.sources import DialogueSource, RepeatedDialogues
from agents.learning.training_run import TrainingRun
from agents.learning.transcripts import Transcripts
from agents.resume import check_same, load_state, restoring, save_state
from sim.questions import QuestionBank

HELD_OUT_FROM = 1 << 40
"""Number of the first held-out dialogue of a source."""
MAY_DIFFER = {"catalogue", "catalogue_file", "command", "data", "minutes", "name"}
"""Of a run's description, what its weights don't depend on: a run may be resumed from another place, for longer."""


class TrainingProgress(NamedTuple):
    """What a run reports after each step."""

    step: int
    steps: int
    loss: float
    bound_nats: float
    effective: float
    nll_nats: float | None
    """At the last look."""


class Schedule(NamedTuple):
    """How long a run is, and over which dialogues."""

    steps: int
    distinct: int
    """Dialogues that differ; a log of fewer than were asked for goes through itself."""
    stream: DialogueSource
    every: int
    """Steps between two looks at held-out dialogues."""


def train(
    bank: QuestionBank, source: DialogueSource, config: TrainConfig, out: str | Path, *,
    held_out: Transcripts | None = None, describe: dict[str, Any] | None = None, resume: bool = False,
    words: Words = None, report: Callable[[TrainingProgress], None] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Train a channel critic and write its checkpoint to the folder `out`.

    Args:
        source: where dialogues come from.
        held_out: whole dialogues to judge by, which are cut at random lengths as those that are trained on; from the
            source, far from what is trained on, when None.
        describe: facts for config.json (catalogue, where the data is from).
        words: `confusable.word_similarities`, kept in the checkpoint: serving needs no model of words.
        resume: go on from the state in `out`, which must be of the same configuration.

    Returns:
        The metrics, as written to metrics.json.

    Raises:
        TrainingError: CUDA asked for and absent, too many negatives, a loss that is not finite.
        ResumeError: no state to resume, or one of another configuration.
    """
    config.resolved(len(bank.catalogue))
    _prepare_device(config)
    about = {**config.recorded(), **(describe or {}), "fingerprint": bank.catalogue.fingerprint}
    run = TrainingRun.begin(bank, config, words)
    if resume:
        _resume(run, Path(out), about)
    held_out = source(HELD_OUT_FROM, config.held_out) if held_out is None else held_out
    training = _Training(
        run, config, schedule_of(config, source), Path(out), about, words,
        held_out.cut(np.random.default_rng((config.seed, 2))), time.perf_counter(),
        load_seconds(Path(out)) if resume else 0.0,
    )  # fmt: skip
    nll: float | None = None
    while not training.over:
        estimate, loss = training.step()
        looked = run.step % training.schedule.every == 0 or run.step == training.schedule.steps
        if looked:
            nll = training.look(loss)
        if report is not None:
            figures = (loss, float(estimate.bound_nats), float(estimate.effective))
            report(TrainingProgress(run.step, training.schedule.steps, *figures, nll))
        if looked and training.late:
            break
    metrics = training.metrics()
    save_metrics(training.out, metrics)
    return metrics


def schedule_of(config: TrainConfig, source: DialogueSource) -> Schedule:
    """The steps that a configuration comes to with a source."""
    once = math.ceil(config.count / config.batch_size)
    distinct: int = min(once * config.batch_size, getattr(source, "distinct", once * config.batch_size))
    short = distinct < once * config.batch_size
    steps = max(once, math.ceil(config.passes * distinct / config.batch_size))
    stream = source if short or config.passes == 1 else RepeatedDialogues(source, distinct, config.seed)
    return Schedule(steps, distinct, stream, max(1, config.evaluate_every // config.batch_size))


@dataclass
class _Training:
    """A run and all that its steps need beside it."""

    run: TrainingRun
    config: TrainConfig
    schedule: Schedule
    out: Path
    about: dict[str, Any]
    words: Words
    held_out: Transcripts
    """Cut where they are judged."""
    begun: float
    before: float
    """Seconds of earlier sittings."""

    @property
    def over(self) -> bool:
        """All steps are done, or too many looks in a row were worse."""
        return self.run.step >= self.schedule.steps or self.run.stale >= self.config.patience

    @property
    def late(self) -> bool:
        """The time that was given is over."""
        return bool(self.config.minutes) and time.perf_counter() - self.begun > 60 * self.config.minutes

    def step(self) -> tuple[Estimate, float]:
        """One batch: the objective's estimate and the loss before the step."""
        run, config = self.run, self.config
        rng = np.random.default_rng((config.seed, 3, run.step))
        whole = self.schedule.stream(run.step * config.batch_size, config.batch_size)
        estimate, loss, scored = batch_loss(run.critic, run.dual, whole, config, self.schedule.distinct, rng)
        run.scores += scored
        if not bool(torch.isfinite(loss)):
            raise self._not_finite(f"loss is not finite at batch {run.step}")
        run.descend(loss, config.learning_rate, self.schedule.steps)
        return estimate, float(loss.detach())

    def look(self, loss: float) -> float:
        """Judges the averaged weights by held-out dialogues, keeps them if they are to be kept; their NLL, nats."""
        run = self.run
        losses = held_out_losses(run.average, self.held_out, words=self.words)
        if not bool(torch.isfinite(losses).all()):
            raise self._not_finite(f"held-out loss is not finite after batch {run.step - 1}")
        nll, dialogues = float(losses.mean()), run.step * self.config.batch_size
        run.rows.append({"dialogues": dialogues, "loss": loss, "nll_nats": nll})
        if run.note(losses):
            run.kept, run.kept_at = nll, dialogues
            tables = run.average.parameters_.tables().numpy() | (self.words or {})
            save_checkpoint(self.out, tables, self.about, self.metrics())
        save_state(self.out, FORMAT, run.arrays(), {"about": self.about, **run.numbers()})
        return nll

    def metrics(self) -> dict[str, Any]:
        """NLL, dialogues and passes are those of the weights that are kept; seconds, scores, rows of the whole run."""
        run, distinct = self.run, self.schedule.distinct
        seconds = round(self.before + time.perf_counter() - self.begun, 1)
        return {"nll_nats": run.kept, "dialogues": min(run.kept_at, distinct), "seconds": seconds,
                "passes": round(run.kept_at / distinct, 2), "scores": run.scores, "rows": run.rows}  # fmt: skip

    def _not_finite(self, what: str) -> TrainingError:
        kept = f"the last good checkpoint in {self.out} is kept" if (self.out / MODEL).exists() else ""
        other = "" if self.config.objective == "importance" else ", or take --objective importance"
        rate = f"Lower --learning-rate (it is {self.config.learning_rate})"
        return TrainingError(f"the {what}; {kept or 'no checkpoint was written'}. {rate}{other}")


def _resume(run: TrainingRun, out: Path, about: dict[str, Any]) -> None:
    arrays, state = load_state(out, FORMAT, "train")
    with restoring(out):
        check_same(out, state["about"], about, MAY_DIFFER)
        run.restore(arrays, state)


def _prepare_device(config: TrainConfig) -> None:
    if config.device != "cuda":
        return
    if not torch.cuda.is_available():
        raise TrainingError("device = 'cuda', but no CUDA device is there; leave --device out to train on the CPU")
    # Sums by index are in any order there unless told otherwise; one that knows no other way goes on, and says so.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.use_deterministic_algorithms(True, warn_only=True)
