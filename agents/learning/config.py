"""How a posterior is trained: the settings, with the best found as defaults, and what is wrong with others.

The command's options are these fields and where data and results are (`agents.commands.train`).
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Annotated, Any, Literal, get_args

import tyro

LONGEST = 20
"""Answers after which users change no more, whatever `stretch` says."""
WHOLE = 2000
"""Catalogues of up to so many intents are scored whole by default, and judged in torch."""
MOST_DIALOGUES, MOST_PASSES = 1 << 30, 1_000_000
"""Dialogues from `MOST_DIALOGUES` on are others': a residual's, and those that are held out."""
MOST_AT_ONCE, MOST_TYPES = 1 << 16, 1000
"""Histories a step, and kinds of user: what memory holds."""
LARGEST_RATE = 100.0
"""Longer steps than these overflow."""
Objective = Literal["auto", "full", "importance", "infonce", "flatnce", "flo", "nwj", "dv", "binary"]
"""What tells the true intent from others, see `agents.learning.objectives`."""
Proposal = Literal["auto", "uniform", "prior", "in-batch", "posterior"]
"""Where the others are drawn from, see `agents.learning.proposals`."""


class TrainingError(ValueError):
    """Training that can't go on; the message says why and what is left."""


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """How to train.  The defaults are the best settings found (docs/learning.md)."""

    count: int = 20_000
    """How many dialogues to learn from; a log of fewer is gone through until it comes to as many."""
    passes: int = 3
    """How often the dialogues are gone through; a small log more often, see --count."""
    objective: Objective = "auto"
    """auto: full up to 2,000 intents, importance beyond."""
    proposal: Proposal = "auto"
    """Where other intents come from; auto: posterior, its logarithm taken off (in-batch for infonce, which can't)."""
    negatives: int = 63
    """Other intents that each history is scored against (not for full and in-batch)."""
    mix: Annotated[float, tyro.conf.Fixed, tyro.conf.Suppress] = 0.3
    """Share of the prior in the posterior proposal."""
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
    held_out: Annotated[int, tyro.conf.Fixed, tyro.conf.Suppress] = 256
    """Held-out dialogues."""
    patience: Annotated[int, tyro.conf.Fixed, tyro.conf.Suppress] = 4
    """Looks in a row that are surely worse than the best one, before training stops early."""
    minutes: float = 0.0
    """Stop at the first look after so long; 0: no limit.  A limit makes a run depend on the machine."""
    seed: int = 0
    """Of everything drawn."""
    device: Literal["cpu", "cuda"] = "cpu"
    """Where to compute."""

    def __post_init__(self) -> None:
        for name, known in (("objective", get_args(Objective)), ("proposal", get_args(Proposal))):
            if getattr(self, name) not in known:
                raise TrainingError(f"{name} = '{getattr(self, name)}'; it is one of {', '.join(known)}")
        for name in ("negatives", "batch_size", "count", "passes", "types", "evaluate_every", "held_out", "patience"):
            if getattr(self, name) < 1:
                raise TrainingError(f"{name} = {getattr(self, name)}; it must be at least 1")
        if not 0 < self.mix <= 1:
            raise TrainingError(f"mix = {self.mix}; it must be above 0 and at most 1")
        for name, most in (
            ("count", MOST_DIALOGUES),
            ("passes", MOST_PASSES),
            ("batch_size", MOST_AT_ONCE),
            ("types", MOST_TYPES),
        ):
            if getattr(self, name) > most:
                raise TrainingError(f"{name} = {getattr(self, name)}; it must be at most {most:,}")
        if not 0 < self.learning_rate <= LARGEST_RATE:
            raise TrainingError(
                f"learning_rate = {self.learning_rate}; it must be above 0 and at most {LARGEST_RATE:g}"
            )
        if not 0 <= self.stretch < LONGEST:
            raise TrainingError(f"stretch = {self.stretch}; it is 0, for users who stay as they are, to {LONGEST - 1}")
        for name in ("answer_weight", "minutes"):
            if not (getattr(self, name) >= 0 and math.isfinite(getattr(self, name))):
                raise TrainingError(f"{name} = {getattr(self, name)}; it must be a number of at least 0")
        if self.batch_size > self.count:
            raise TrainingError(f"batch_size = {self.batch_size}, but count = {self.count}; take fewer a batch")
        if self.device not in ("cpu", "cuda"):
            raise TrainingError(f"device = '{self.device}'; it is cpu or cuda")

    @property
    def turns(self) -> tuple[int, ...]:
        """How many answers come before each later stage, see `sim.belief.stages`; none where users stay as they are."""
        return tuple(range(self.stretch, LONGEST, self.stretch)) if self.stretch else ()

    def recorded(self) -> dict[str, Any]:
        """As config.json tells it, where `count` has been called `dialogues` from the first version on."""
        return {"dialogues" if name == "count" else name: value for name, value in asdict(self).items()}

    def resolved(self, intents: int) -> tuple[str, str]:
        """The objective and the proposal for a catalogue of so many intents.

        Raises:
            TrainingError: more negatives than there are other intents, or none in a batch of one.
        """
        objective = objective_for(self.objective, intents)
        proposal = self.proposal
        if proposal == "auto":
            proposal = "in-batch" if objective == "infonce" else "posterior"
        if objective != "full" and proposal != "in-batch" and self.negatives >= intents:
            raise TrainingError(
                f"negatives = {self.negatives}, but only {intents - 1} intents are not the truth; "
                f"take fewer, or --objective full, which scores all {intents}"
            )
        if objective != "full" and proposal == "in-batch" and self.batch_size < 2:
            raise TrainingError("batch_size = 1, but negatives are the others in the batch; take 2 or more")
        return objective, proposal


def objective_for(objective: str, intents: int) -> str:
    """The objective, `auto` being the whole catalogue where it is small enough to be scored."""
    if objective == "auto":
        return "full" if intents <= WHOLE else "importance"
    return objective
