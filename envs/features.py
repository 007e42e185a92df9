"""What a learner sees of a belief: numbers that mean the same on every catalogue.

A policy over the raw actions of films would have 60,000 of them and know films only.  Here it chooses among a shortlist
of questions, described by what they are expected to tell rather than by what they ask, or guesses; so one network
serves every catalogue, and what it learns on animals can be tried on films.

The shortlist is the `by_gain` questions of highest EIG and, behind them, the `by_user` others that tell most about the
user's type: a question may be worth asking because later answers are then understood, which no EIG of a single
question shows.

`view` needs nothing but the `Posterior` protocol; a posterior that can say what questions tell, for the whole bank
(`told()`, as `sim.posterior.batched` does) or of the shortlist (`shown()`, as `ChannelPosterior` does), spares it a few
hundred updates on copies.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from envs.rules import Rules
from sim.catalogue.wording import KINDS
from sim.posterior.contract import Posterior
from sim.questions import OPEN

NOTHING = -1
TOP = 8
"""Largest beliefs shown."""
TYPES = 4
"""User types shown; populations with more show the first ones."""
GLOBAL = TOP + 8 + TYPES + 1
PER_QUESTION = 11 + len(KINDS)
GAIN_SCALE, USER_SCALE = 2.0, 0.5
"""Nats that count as much."""
LIKELIEST = 4
"""Open answers that stand for all where a posterior can only be asked one by one."""
EVERY = 1e-9


@dataclass(frozen=True, kw_only=True)
class Shortlist:
    """How many questions are shown: Discrete(size + 1) is the action space."""

    by_gain: int = 8
    by_user: int = 2

    def __post_init__(self) -> None:
        if self.by_gain < 1 or self.by_user < 0:
            raise ValueError(f"by_gain={self.by_gain}, by_user={self.by_user}; at least 1 and 0 are needed")

    @property
    def size(self) -> int:
        return self.by_gain + self.by_user

    @property
    def width(self) -> int:
        """Length of an observation."""
        return GLOBAL + self.size * PER_QUESTION


@dataclass(frozen=True, eq=False, kw_only=True)
class View:
    """What B dialogues look like to a learner; k = the shortlist's size."""

    observation: np.ndarray
    """(B, GLOBAL + k PER_QUESTION) float32, within [-1, 1]."""
    questions: np.ndarray
    """(B, k) ids, -1 where there is none."""
    gain_nats: np.ndarray
    """(B, k) their EIG."""
    guess: np.ndarray
    """(B,) the intent that a guess would name: the likeliest, of several the first, that wasn't named before."""
    certain: np.ndarray
    """(B,) the belief in it."""
    mask: np.ndarray
    """(B, k + 1) bool: which actions are legal."""
    entropy_nats: np.ndarray
    """(B,) of the belief."""


def view(
    posterior: Posterior,
    rules: Rules,
    left: np.ndarray,
    shortlist: Shortlist,
    *,
    guesses_left: np.ndarray | None = None,
    guessed: np.ndarray | None = None,
) -> View:
    """Observations, shortlist and masks of all dialogues of a posterior.

    Args:
        left: (B,) questions left.
        guesses_left: (B,); `rules.guesses` everywhere when None.
        guessed: (B, guesses) wrong guesses so far, -1 beyond; a guess wouldn't repeat them.
    """
    belief = posterior.belief()
    count, n = belief.shape
    if guessed is not None and guessed.shape[1] > 1:
        rows, places = np.nonzero(guessed >= 0)
        belief[rows, guessed[rows, places]] = 0.0
        belief /= np.maximum(belief.sum(axis=1, keepdims=True), 1e-300)
    entropy = -(belief * np.log(np.maximum(belief, 1e-300))).sum(axis=1)
    types = posterior.types()
    ids, gain, user, answers = _look(posterior, shortlist, types)
    out = np.zeros((count, shortlist.width), dtype=np.float32)
    top = np.sort(np.partition(belief, max(n - TOP, 0), axis=1)[:, -TOP:], axis=1)[:, ::-1]
    out[:, : top.shape[1]] = top
    certain = top[:, 0]
    best = gain.max(axis=1)
    spread = max(rules.reward_right - rules.reward_wrong, 1e-12)
    remaining = np.clip(1 - best / np.maximum(entropy, 1e-12), 0.0, 1.0)
    type_entropy = -(types * np.log(np.maximum(types, 1e-300))).sum(axis=1) / max(np.log(types.shape[1]), 1e-12)
    some = np.stack([
        -np.log1p(-np.minimum(certain, 1 - 1e-9)) / 21,
        entropy / max(np.log(n), 1e-12),
        entropy / 10,
        left / rules.budget,
        np.minimum(left / 20, 1),
        (np.full(count, rules.guesses) if guesses_left is None else guesses_left) / rules.guesses,
        np.full(count, 10 * rules.question_cost / spread),
        certain**remaining,  # what the stop rule expects the belief to be after the best question
    ], axis=1)  # fmt: skip
    out[:, TOP : TOP + 8] = some
    shown_types = min(types.shape[1], TYPES)
    out[:, TOP + 8 : TOP + 8 + shown_types] = types[:, :shown_types]
    out[:, GLOBAL - 1] = type_entropy
    out[:, GLOBAL:] = _describe(posterior.bank, ids, gain, user, answers, entropy, shortlist).reshape(count, -1)
    mask = np.ones((count, shortlist.size + 1), dtype=bool)
    mask[:, :-1] = (ids >= 0) & (left > 0)[:, None]
    np.clip(out, -1.0, 1.0, out=out)
    return View(
        observation=out,
        questions=ids,
        gain_nats=gain,
        guess=belief.argmax(axis=1),
        certain=certain,
        mask=mask,
        entropy_nats=entropy,
    )


def _describe(bank, ids, gain, user, answers, entropy, shortlist: Shortlist) -> np.ndarray:
    """(B, k, PER_QUESTION) float32."""
    out = np.zeros((*ids.shape, PER_QUESTION), dtype=np.float32)
    is_open = bank.kind[ids] == OPEN
    out[..., 0] = 1
    out[..., 1] = gain / GAIN_SCALE
    out[..., 2] = gain / np.maximum(entropy, 1e-12)[:, None]
    out[..., 3] = user / USER_SCALE
    # A yes/no question's five answers, an open one's three figures: the flag tells the network which they are.
    out[..., 4:9] = answers
    out[..., 9] = is_open
    out[:, shortlist.by_gain :, 10] = 1
    names = [facet.kind for facet in bank.catalogue.facets]
    kind = np.array([KINDS.index(name) for name in names])[bank.facet[ids]]
    np.put_along_axis(out[..., 11:], kind[..., None], 1.0, axis=-1)
    out[ids < 0] = 0
    return out


def _look(posterior: Any, shortlist: Shortlist, types: np.ndarray):
    """Ids (B, k), EIG (B, k), I(answer; type) (B, k) and answers (B, k, 5) of the shortlist."""
    if hasattr(posterior, "shown"):
        seen = posterior.shown(shortlist.by_gain, shortlist.by_user)
        return seen.ids, seen.gain, seen.user, seen.answers
    if not hasattr(posterior, "told"):
        return _look_one_by_one(posterior, shortlist, types)
    told = posterior.told()
    first, _ = posterior.choose(shortlist.by_gain)
    user = told.user
    if shortlist.by_user:
        rest = np.pad(user, ((0, 0), (0, 1)))
        np.put_along_axis(rest, first, -1.0, axis=1)  # -1, nothing, is the spare last column
        second = _largest(rest[:, :-1], shortlist.by_user)
        ids = np.concatenate([first, second], axis=1)
    else:
        ids = first
    at = np.maximum(ids, 0)
    there = ids >= 0
    gain = np.take_along_axis(told.gain, at, axis=1) * there
    user = np.take_along_axis(user, at, axis=1) * there
    return ids, gain, user, np.take_along_axis(told.answers, at[..., None], axis=1) * there[..., None]


def _largest(values: np.ndarray, k: int) -> np.ndarray:
    """(B, k) columns of the largest values above `EVERY`, ties to the lowest; -1 where there are none."""
    out = np.full((len(values), k), NOTHING, dtype=np.int64)
    values = np.round(values / EVERY)
    rows = np.arange(len(values))
    for place in range(min(k, values.shape[1])):
        best = values.argmax(axis=1)
        out[:, place] = np.where(values[rows, best] > 0, best, NOTHING)
        values[rows, best] = -1
    return out


def _look_one_by_one(posterior: Posterior, shortlist: Shortlist, types: np.ndarray):
    """The same through the protocol alone; questions about the user are sought among the next best by EIG."""
    count = len(types)
    ids, gain = posterior.choose(shortlist.size + 2 * shortlist.by_user)
    user, answers = np.zeros(ids.shape), np.zeros((*ids.shape, 5))
    for b in range(count):
        for j, q in enumerate(ids[b].tolist()):
            if q >= 0:
                user[b, j], answers[b, j] = _ask(posterior, b, q, types[b])
    keep = np.tile(np.arange(shortlist.size), (count, 1))
    if shortlist.by_user:
        more = _largest(user[:, shortlist.by_gain :], shortlist.by_user)
        keep[:, shortlist.by_gain :] = np.where(more >= 0, more + shortlist.by_gain, NOTHING)
    at = np.maximum(keep, 0)
    chosen = np.where(keep >= 0, np.take_along_axis(ids, at, axis=1), NOTHING)
    there = chosen >= 0
    return (
        chosen,
        np.take_along_axis(gain, at, axis=1) * there,
        np.take_along_axis(user, at, axis=1) * there,
        np.take_along_axis(answers, at[..., None], axis=1) * there[..., None],
    )


def _ask(posterior: Posterior, b: int, question: int, types: np.ndarray) -> tuple[float, np.ndarray]:
    """I(answer; type) of one question in one dialogue, and its answers; of open ones only the likeliest are tried."""
    p = posterior.take(np.array([b])).predict(np.array([question]))[0]
    out = np.zeros(5)
    tried = np.arange(len(p))
    if posterior.bank.kind[question] == OPEN:
        out[:3] = p[0], p[1:].max(), -(p * np.log(np.maximum(p, 1e-300))).sum() / np.log(len(p))
        tried = np.unique(np.append(np.argsort(-p, kind="stable")[:LIKELIEST], 0))
    else:
        out[:] = p
    after = posterior.take(np.full(len(tried), b))
    after.update(np.full(len(tried), question), tried)
    then = after.types()
    now = (types * np.log(np.maximum(types, 1e-300))).sum()
    return max(0.0, float(p[tried] @ ((then * np.log(np.maximum(then, 1e-300))).sum(axis=1) - now))), out
