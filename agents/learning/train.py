"""Training of the learned posterior: batches of dialogues in, a checkpoint out.

Batch k of a run is a function of (configuration, k): the source gives the same dialogues whenever asked, and all other
draws (where a dialogue is cut short, which negatives) come from a generator seeded by (seed, k).  So a run that was
killed goes on from its last state as if nothing had happened: same weights to the bit, on one CPU and thread count.

The loss has two directions, as in contrastive learning of pairs: the true intent is told from other intents given the
answers so far (the objective), and the true answers from other answers given the intent, -log p(all answers | intent)
a turn, by weight `answer_weight`.  The first alone leaves open what is the same for every intent, how often people say
"don't know", and the information gain of a question depends on that.  The second is where the rates come from soonest:
at its full weight the loss is the likelihood of dialogues and intents together, which no estimator uses better if users
are of the channel's form.

What is judged and kept is an average over the steps, late ones counting most: single steps go about in directions that
say little, and kept 0.012 nats on users `hard` after 5 answers where their average has 0.003.

Beliefs are judged as they are served: by `sim.posterior.exact` in numpy, or, where the catalogue is small, by the same
sums in torch; the last state is the one that is kept, unless it is surely worse than the best before it.
"""

from __future__ import annotations

import copy
import json
import math
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from agents.learning import objectives, proposals
from agents.learning.belief_after import belief_after
from agents.learning.cheap_belief import Screen
from agents.learning.checkpoint import load_seconds, load_state, save_checkpoint, save_metrics, save_state
from agents.learning.config import LONGEST, WHOLE, TrainConfig, TrainingError
from agents.learning.critic import ChannelCritic
from agents.learning.serve import MODEL, learned_channel
from agents.learning.transcripts import Histories, Kept, Source, evidence_of
from sim.posterior.exact import ChannelPosterior
from sim.questions import QuestionBank

Words = dict[str, np.ndarray] | None
AVERAGING = 4
"""Step k enters the average of parameters with weight AVERAGING / (k + AVERAGING): late ones count most."""
RATE_END = 0.2
"""The learning rate falls to this share of itself: the average needs steps that still go about."""
FACETS_FROM = 1 / 3
"""Share of the steps after which facets depart from what they share.  From the first step on, they went where the
shared weights had not yet come, and their priors let them stay: of what films lost after 5 answers, a sixth."""
MARGIN_NATS = 0.02
"""What a look may lose to the best one whatever its standard error: that one was picked among several for its luck."""
HELD_OUT_FROM = 1 << 40
"""Number of the first held-out dialogue of a source."""


@dataclass
class Progress:
    """What a run reports after each step."""

    step: int
    steps: int
    loss: float
    bound_nats: float
    effective: float
    nll_nats: float | None
    """At the last look."""


@dataclass
class Run:
    """The mutable state of a run."""

    critic: ChannelCritic
    average: ChannelCritic
    """The same with the steps' weighted average as parameters: what is judged and kept."""
    dual: torch.nn.Parameter
    optimiser: torch.optim.Adam
    step: int = 0
    best: torch.Tensor | None = None
    """(B,) held-out losses of the look with the lowest mean so far."""
    scores: int = 0
    """Computed with gradient."""
    stale: int = 0
    """Looks in a row that were surely worse."""
    kept: float = math.inf
    """NLL of the look whose weights are kept."""
    kept_at: int = 0
    """Dialogues gone through until then."""
    rows: list[dict[str, Any]] = field(default_factory=list)


MAY_DIFFER = {"catalogue", "catalogue_file", "command", "data", "minutes", "name"}
"""Of a run's description, what its weights don't depend on: a run may be resumed from another place, for longer."""
COUNTS = ("kept", "kept_at", "stale", "scores")
"""What of a run's numbers goes into its state."""


def train(
    bank: QuestionBank, source: Source, config: TrainConfig, out: str | Path, *, held_out: Histories | None = None,
    describe: dict[str, Any] | None = None, resume: bool = False, words: Words = None,
    report: Callable[[Progress], None] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Train a channel critic and write its checkpoint to the folder `out`.

    Args:
        source: where dialogues come from.
        held_out: whole dialogues to judge by, which are cut at random lengths as those that are trained on; from the
            source, far from what is trained on, when None.
        describe: facts for config.json (catalogue, where the data is from).
        words: `structure.word_similarities`, kept in the checkpoint: serving needs no model of words.
        resume: go on from the state in `out`, which must be of the same configuration.

    Returns:
        The metrics, as written to metrics.json.

    Raises:
        TrainingError: CUDA asked for and absent, too many negatives, a loss that is not finite, no state to
            resume, or one of another configuration.
    """
    objective, proposal = config.resolved(len(bank.catalogue))
    if config.device == "cuda" and not torch.cuda.is_available():
        raise TrainingError("device = 'cuda', but no CUDA device is there; leave --device out to train on the CPU")
    out = Path(out)
    once = math.ceil(config.dialogues / config.batch_size)
    # A log of fewer goes through itself.
    distinct: int = min(once * config.batch_size, getattr(source, "distinct", once * config.batch_size))
    short = distinct < once * config.batch_size
    steps = max(once, math.ceil(config.passes * distinct / config.batch_size))
    stream = source if short or config.passes == 1 else Kept(source, distinct, config.seed)
    if config.device == "cuda":
        # Sums by index are in any order there unless told otherwise; one that knows no other way goes on, and says so.
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        torch.use_deterministic_algorithms(True, warn_only=True)
    run = _start(bank, config, words)
    about = {**asdict(config), **(describe or {}), "fingerprint": bank.catalogue.fingerprint}
    if resume:
        _restore(run, out, about)
    held_out = source(HELD_OUT_FROM, config.held_out) if held_out is None else held_out
    held_out = held_out.cut(np.random.default_rng((config.seed, 2)))
    begun, before = time.perf_counter(), load_seconds(out) if resume else 0.0
    every = max(1, config.evaluate_every // config.batch_size)
    nll: float | None = None
    while run.step < steps and run.stale < config.patience:
        rng = np.random.default_rng((config.seed, 3, run.step))
        whole = stream(run.step * config.batch_size, config.batch_size)
        estimate, loss, scored = _loss(run, whole, objective, proposal, config, distinct, rng)
        run.scores += scored
        if not bool(torch.isfinite(loss)):
            raise _not_finite(f"loss is not finite at batch {run.step}", out, config)
        _descend(run, loss, config, steps)
        run.step += 1
        looked = run.step % every == 0 or run.step == steps
        if looked:
            losses = held_out_losses(run.average, held_out, words=words)
            if not bool(torch.isfinite(losses).all()):
                raise _not_finite(f"held-out loss is not finite after batch {run.step - 1}", out, config)
            nll = float(losses.mean())
            run.rows.append({"dialogues": run.step * config.batch_size, "loss": float(loss.detach()), "nll_nats": nll})
            if _look(run, losses):
                run.kept, run.kept_at = nll, run.step * config.batch_size
                save_checkpoint(
                    out,
                    run.average.parameters_.tables().numpy() | (words or {}),
                    about,
                    _metrics(run, before + time.perf_counter() - begun, distinct),
                )
            save_state(out, _tensors(run), {"about": about, "step": run.step, "rows": run.rows}
                       | {name: getattr(run, name) for name in COUNTS})  # fmt: skip
        if report is not None:
            report(
                Progress(
                    run.step, steps, float(loss.detach()), float(estimate.bound_nats), float(estimate.effective), nll
                )
            )
        late = config.minutes and time.perf_counter() - begun > 60 * config.minutes
        if looked and (late or run.stale >= config.patience):
            break
    metrics = _metrics(run, before + time.perf_counter() - begun, distinct)
    save_metrics(out, metrics)
    return metrics


def _not_finite(what: str, out: Path, config: TrainConfig) -> TrainingError:
    left = f"the last good checkpoint in {out} is kept" if (out / MODEL).exists() else "no checkpoint was written"
    other = "" if config.objective == "importance" else ", or take --objective importance"
    return TrainingError(f"the {what}; {left}. Lower --learning-rate (it is {config.learning_rate}){other}")


def _look(run: Run, losses: torch.Tensor) -> bool:
    """Takes note of held-out losses; True if these weights are to be kept.

    Later weights have learned from more: they are kept unless they are worse than the best by more than `MARGIN_NATS`
    and two standard errors of the difference, dialogue by dialogue.  By the bare means of 256 dialogues, weights after
    a quarter of the training were kept as often as not, and twice as far from exact as the last; by two standard errors
    alone, those after a half on one run of three, for 0.0005 to 0.008 nats.
    """
    if run.best is None:
        run.best = losses
        return True
    worse = losses - run.best
    surely = float(worse.mean()) > max(MARGIN_NATS, 2 * float(worse.std()) / math.sqrt(len(losses)))
    run.stale = run.stale + 1 if surely else 0
    if float(worse.mean()) < 0:
        run.best = losses
    return not surely


def held_out_losses(critic: ChannelCritic, histories: Histories, chunk: int = 64, words: Words = None) -> torch.Tensor:
    """(B,) float64 -log p(truth | history), nats, over the whole catalogue."""
    catalogue = critic.catalogue
    out = []
    if len(catalogue) > WHOLE:
        channel = learned_channel(catalogue, critic.parameters_.tables().numpy() | (words or {}))
        belief = belief_after(ChannelPosterior(channel, critic.bank, cache_bytes=1 << 24), histories)
        return torch.from_numpy(-np.log(np.maximum(next_truth(belief, histories), 1e-300)))
    log_prior = np.log(catalogue.prior)
    for at in range(0, len(histories), chunk):
        part = histories[np.arange(at, min(at + chunk, len(histories)))]
        with torch.no_grad():
            logits = critic(part)[0].double().cpu().numpy() + log_prior
        top = logits.max(axis=1, keepdims=True)
        log_z = top[:, 0] + np.log(np.exp(logits - top).sum(axis=1))
        out.append(log_z - logits[np.arange(len(part)), part.intent])
    return torch.from_numpy(np.concatenate(out))


def next_truth(beliefs, histories: Histories) -> np.ndarray:
    """(B,) belief in the truth from an iterator of beliefs (N,)."""
    return np.array([belief[i] for belief, i in zip(beliefs, histories.intent.tolist(), strict=True)])


def _start(bank: QuestionBank, config: TrainConfig, words) -> Run:
    torch.manual_seed(config.seed)
    turns = tuple(range(config.stretch, LONGEST, config.stretch)) if config.stretch else ()
    critic = ChannelCritic(bank, config.types, words, turns).to(config.device)
    dual = torch.nn.Parameter(torch.zeros(2, device=config.device))
    average = copy.copy(critic)  # the same constants, parameters of its own
    average._modules = dict(critic._modules)
    average.parameters_ = copy.deepcopy(critic.parameters_).requires_grad_(False)
    optimiser = torch.optim.Adam([*critic.parameters(), dual], lr=config.learning_rate, betas=(0.9, 0.98))
    return Run(critic, average, dual, optimiser)


def _loss(run: Run, whole: Histories, objective: str, proposal: str, config: TrainConfig, distinct: int, rng):
    """The objective's estimate, the loss, and how many scores were computed.

    The priors on the parameters count once against `distinct` dialogues, however often these are gone through.
    """
    critic, truth, prior = run.critic, whole.intent, run.critic.catalogue.prior
    present = critic.present()
    batch = whole.cut(rng)
    device = config.device
    if objective == "full":
        found, shares = critic.log_likes(critic.compile(batch, None), None, len(batch), present)
        scores = torch.logsumexp(found + shares, dim=2)
        intent = torch.from_numpy(truth).to(device)
        estimate = objectives.full_softmax(scores, torch.from_numpy(np.log(prior)).to(scores), intent)
        scored = scores.numel()
    else:
        if proposal == "in-batch":
            drawn = proposals.in_batch(truth)
        elif proposal == "posterior":
            belief = Screen(critic.catalogue, critic.index, present.tables.numpy())
            belief = belief.log_belief(evidence_of(critic.bank, batch))
            drawn = proposals.posterior_mixture(truth, prior, belief, config.negatives, rng, config.mix)
        else:
            draw = proposals.uniform if proposal == "uniform" else proposals.from_prior
            drawn = draw(truth, prior, config.negatives, rng)
        scores, _ = critic(batch, drawn.ids, present)
        weight = torch.from_numpy(drawn.log_weight).to(scores)
        # Scores are log p(h | i): a constant of h is common to all candidates of a row.
        scores = scores - torch.logsumexp(scores + weight, dim=1, keepdim=True).detach() + math.log(scores.shape[1])
        if objective == "flo":
            estimate = objectives.flo(scores, weight, run.dual[0] + (run.dual[1] - 1) * scores[:, 0])
        else:
            estimate = objectives.OBJECTIVES[objective](scores, weight)
        scored = scores.numel()
    loss = estimate.loss + run.critic.parameters_.penalty() / distinct
    if config.answer_weight:
        answers = critic(whole, truth[:, None], present)[0]
        count = max(1.0, float(whole.turns.mean()))
        loss = loss - config.answer_weight * answers.mean() / count
    return estimate, loss, scored


def _descend(run: Run, loss: torch.Tensor, config: TrainConfig, steps: int) -> None:
    for group in run.optimiser.param_groups:
        warm = min(1.0, (run.step + 1) / 10)
        fall = RATE_END + (1 - RATE_END) * 0.5 * (1 + math.cos(math.pi * run.step / steps))
        group["lr"] = config.learning_rate * warm * fall
    run.optimiser.zero_grad(set_to_none=True)
    loss.backward()
    if run.step < FACETS_FROM * steps:
        run.critic.parameters_.hold_facets()
    torch.nn.utils.clip_grad_norm_([*run.critic.parameters(), run.dual], 5.0)
    run.optimiser.step()
    share = AVERAGING / (run.step + AVERAGING)
    with torch.no_grad():
        for mean, now in zip(run.average.parameters_.parameters(), run.critic.parameters_.parameters(), strict=True):
            mean.lerp_(now, share)


def _metrics(run: Run, seconds: float, distinct: int) -> dict[str, Any]:
    """NLL, dialogues and passes are those of the weights that are kept; seconds, scores and rows of the whole run."""
    return {"nll_nats": run.kept, "dialogues": min(run.kept_at, distinct), "passes": round(run.kept_at / distinct, 2),
            "seconds": round(seconds, 1), "scores": run.scores, "rows": run.rows}  # fmt: skip


def _tensors(run: Run) -> dict[str, torch.Tensor]:
    """Everything that the next step depends on."""
    out = {"dual": run.dual.detach()}
    if run.best is not None:
        out["best"] = run.best
    for name, critic in (("critic", run.critic), ("average", run.average)):
        out |= {f"{name}.{k}": v.detach() for k, v in critic.parameters_.state_dict().items()}
    for k, entry in run.optimiser.state_dict()["state"].items():
        out |= {f"adam.{k}.{name}": torch.as_tensor(x).detach().clone() for name, x in entry.items()}
    return out


def _restore(run: Run, out: Path, about: dict[str, Any]) -> None:
    tensors, state = load_state(out)
    for key in sorted({*about, *state["about"]} - MAY_DIFFER):
        if json.loads(json.dumps(about.get(key))) != state["about"].get(key):
            raise TrainingError(
                f"{out} was begun with {key} = {state['about'].get(key)!r}, now it is {about.get(key)!r}; "
                "resume with the same options, or take another --out"
            )
    for name, critic in (("critic", run.critic), ("average", run.average)):
        own = {k.removeprefix(f"{name}."): v for k, v in tensors.items() if k.startswith(f"{name}.")}
        critic.parameters_.load_state_dict(own)
    with torch.no_grad():
        run.dual.copy_(tensors["dual"])
    adam: dict[int, dict[str, torch.Tensor]] = {}
    for key, value in tensors.items():
        if key.startswith("adam."):
            _, k, name = key.split(".")
            adam.setdefault(int(k), {})[name] = value
    groups = run.optimiser.state_dict()["param_groups"]
    run.optimiser.load_state_dict({"state": adam, "param_groups": groups})
    run.step, run.rows = state["step"], state["rows"]
    for name in COUNTS:
        setattr(run, name, state[name])
    run.best = tensors["best"]
