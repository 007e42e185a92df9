"""How a posterior is trained: the settings, with the best found as defaults, and what is wrong with others."""

from __future__ import annotations

import math
from dataclasses import dataclass

from agents.learning import objectives, proposals

LONGEST = 20
"""Answers after which users change no more, whatever `stretch` says."""
WHOLE = 2000
"""Catalogues of up to so many intents are scored whole by default, and judged in torch."""


class TrainingError(ValueError):
    """Training that can't go on; the message says why and what is left."""


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """How to train.  The defaults are the best settings found (docs/learning.md)."""

    objective: str = "auto"
    """full, importance, infonce, flatnce, flo, nwj, dv, binary; auto: full on small catalogues, else importance."""
    proposal: str = "auto"
    """uniform, prior, in-batch or posterior; auto: posterior, but in-batch for infonce, which knows no weights."""
    negatives: int = 63
    """Candidates beside the truth (not for full and in-batch)."""
    mix: float = 0.3
    """Share of the prior in the posterior proposal."""
    batch_size: int = 32
    """Histories a step."""
    dialogues: int = 20_000
    """How many to learn from; a log of fewer is gone through until it comes to as many, and no further: there it is
    dialogues that are short."""
    passes: int = 3
    """How often they are gone through at least.  What films were short of is steps, not dialogues: three passes over
    20,000 leave a third of the divergence of one, and less than one pass over 60,000."""
    types: int = 3
    """Latent kinds of user."""
    stretch: int = 0
    """Users may change from each so many answers to the next so many (they tire, say); 0 if they stay as they are."""
    learning_rate: float = 0.02
    """Of Adam, on logits; falls along half a cosine."""
    answer_weight: float = 20.0
    """Weight of telling answers apart, a turn; at the number of turns it is the whole likelihood of a dialogue."""
    evaluate_every: int = 10_000
    """Dialogues between looks at the held-out ones."""
    held_out: int = 256
    """Held-out dialogues."""
    patience: int = 4
    """Looks in a row that are surely worse than the best one, before training stops early."""
    minutes: float = 0.0
    """Stop after so long, at the next look; 0 for no limit.  A limit makes a run depend on the machine."""
    seed: int = 0
    """Of everything drawn."""
    device: str = "cpu"
    """cpu or cuda."""

    def __post_init__(self) -> None:
        names = ("auto", *objectives.NAMES)
        if self.objective not in names:
            raise TrainingError(f"objective = '{self.objective}'; it is one of {', '.join(names)}")
        if self.proposal not in ("auto", *proposals.NAMES):
            raise TrainingError(f"proposal = '{self.proposal}'; it is one of auto, {', '.join(proposals.NAMES)}")
        for name in (
            "negatives", "batch_size", "dialogues", "passes", "types", "evaluate_every", "held_out", "patience"
        ):  # fmt: skip
            if getattr(self, name) < 1:
                raise TrainingError(f"{name} = {getattr(self, name)}; it must be at least 1")
        if not 0 < self.mix <= 1:
            raise TrainingError(f"mix = {self.mix}; it must be above 0 and at most 1")
        if not (self.learning_rate > 0 and math.isfinite(self.learning_rate)):
            raise TrainingError(f"learning_rate = {self.learning_rate}; it must be above 0")
        if not 0 <= self.stretch < LONGEST:
            raise TrainingError(f"stretch = {self.stretch}; it is 0, for users who stay as they are, to {LONGEST - 1}")
        for name in ("answer_weight", "minutes"):
            if not (getattr(self, name) >= 0 and math.isfinite(getattr(self, name))):
                raise TrainingError(f"{name} = {getattr(self, name)}; it must be a number of at least 0")
        if self.batch_size > self.dialogues:
            raise TrainingError(f"batch_size = {self.batch_size}, but dialogues = {self.dialogues}; take fewer a batch")
        if self.device not in ("cpu", "cuda"):
            raise TrainingError(f"device = '{self.device}'; it is cpu or cuda")

    def resolved(self, intents: int) -> tuple[str, str]:
        """The objective and the proposal for a catalogue of so many intents.

        Raises:
            TrainingError: more negatives than there are other intents, or none in a batch of one.
        """
        objective = self.objective
        if objective == "auto":
            objective = "full" if intents <= WHOLE else "importance"
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
