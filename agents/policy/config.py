"""How a policy is trained: the options of `clarigym train-policy`, without torch."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import tyro

from envs.features import Shortlist


@dataclass(frozen=True, kw_only=True)
class TrainPolicy:
    """How to train a policy."""

    catalogues: tuple[str, ...] = ("animals",)
    """Built-in catalogues, files, or synthetic-SEED, of up to 1,000 intents each; trained on side by side."""
    noise: tuple[str, ...] = ("typical",)
    """Presets or TOML files; each catalogue with each."""
    questions: str = "mixed"
    """yesno, open or mixed."""
    max_questions: int = 400
    """Larger banks are cut to the most informative."""
    budget: int = 20
    """The most questions."""
    question_cost: float = 0.02
    """Taken off for every question."""
    steps: int = 200_000
    """Turns to learn from."""
    num_envs: int = 64
    """Dialogues at a time, all catalogues together."""
    n_steps: int = 64
    """Turns of each between two updates."""
    batch_size: int = 1024
    """Turns a gradient step."""
    epochs: int = 4
    """Passes over each rollout."""
    learning_rate: float = 1e-3
    """Of Adam; falls to nothing along a line."""
    gae: float = 0.95
    """Lambda of generalised advantages; gamma is 1, dialogues end."""
    entropy: float = 0.01
    """Weight of the policy's entropy."""
    shaping: float = 0.0
    """Reward for each nat of entropy taken away, as a potential; see envs/rewards.py."""
    expected: tyro.conf.FlagCreatePairsOff[bool] = False
    """Pay guesses by what they bring on average, as the exact belief knows; less noise, the same optimum."""
    by_gain: int = 8
    """Questions of highest EIG on the shortlist."""
    by_user: int = 2
    """Questions that tell most about the user on it."""
    imitate: int = 0
    """Turns of greedy dialogues to copy first; 0 begins from nothing."""
    seed: int = 0
    """Of users, weights and actions."""
    out: str = "policy"
    """Folder for policy.safetensors, model.zip, config.json, curve.jsonl and tensorboard logs."""
    resume: tyro.conf.FlagCreatePairsOff[bool] = False
    """Go on from the folder's model.zip."""
    checkpoint_every: int = 50_000
    """Turns between two saved states."""
    reference: tyro.conf.FlagCreatePairsOff[bool] = False
    """Train anew what ships as the reference policy, in three stages; with it go --out, --resume and --evaluate."""
    evaluate: int = 0
    """Afterwards, let so many users of each catalogue meet the policy, exact and learned."""

    def __post_init__(self) -> None:
        counts = ("max_questions", "steps", "num_envs", "n_steps", "batch_size", "epochs", "checkpoint_every", "budget")
        for name in counts:
            if getattr(self, name) < 1:
                raise ValueError(f"{name} = {getattr(self, name)}; it must be at least 1")
        if not self.catalogues or not self.noise:
            raise ValueError("catalogues and noise need at least one name each")
        if self.num_envs < len(self.catalogues) * len(self.noise):
            raise ValueError(
                f"num_envs = {self.num_envs}; {len(self.catalogues)} catalogues with {len(self.noise)} presets need "
                f"at least {len(self.catalogues) * len(self.noise)}"
            )
        if self.reference:
            for field in fields(self):
                free = field.name in ("reference", "out", "resume", "evaluate")
                if not free and getattr(self, field.name) != field.default:
                    raise ValueError(f"reference fixes {field.name}; leave --{field.name.replace('_', '-')} away")

    @property
    def shortlist(self) -> Shortlist:
        return Shortlist(by_gain=self.by_gain, by_user=self.by_user)


def reference_stages(out: str, resume: bool = False, evaluate: int = 0) -> list[TrainPolicy]:
    """The three stages in which the reference policy is trained; `steps` counts on from one to the next."""
    first = TrainPolicy(
        catalogues=("animals", "groceries", *(f"synthetic-{seed}" for seed in range(4))), noise=("hard",),
        max_questions=200, steps=80_000, num_envs=96, n_steps=48, batch_size=1536, epochs=5, learning_rate=5e-4,
        entropy=0.001, imitate=40_000, checkpoint_every=5_000, out=out, resume=resume, evaluate=evaluate,
    )  # fmt: skip
    more = replace(first, expected=True, gae=0.97, resume=True)
    second = replace(more, steps=first.steps + 172_000, learning_rate=8e-4, seed=1)
    third = replace(more, steps=second.steps + 46_000, learning_rate=6e-4, entropy=0.0, seed=2)
    return [first, second, third]
