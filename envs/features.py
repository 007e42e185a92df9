"""What a learner sees of a belief: numbers that mean the same on every catalogue.

A policy over the raw actions of films would have 60,000 of them and know films only.  Here it chooses among a shortlist
of questions, described by what they are expected to tell rather than by what they ask, or guesses; so one network
serves every catalogue, and what it learns on animals can be tried on films.

The shortlist is the `by_gain` questions of highest EIG and, behind them, the `by_user` others that tell most about the
user's type: a question may be worth asking because later answers are then understood, which no EIG of a single
question shows.

`view` needs nothing but the `Posterior` protocol, whose `shortlist` says what the questions tell.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from envs.rules import Rules
from sim.ask.question_information import QuestionInformation
from sim.catalogue.wording import KINDS
from sim.names.arguments import whole
from sim.numeric.entropy import FLOOR, entropy_nats
from sim.posterior.contract import Posterior
from sim.questions import OPEN, QuestionBank

TOP = 8
"""Largest beliefs shown."""
SITUATION = 8
"""Figures on the belief as a whole and on what the rules still allow."""
TYPES = 4
"""User types shown; populations with more show the first ones."""
GLOBAL = TOP + SITUATION + TYPES + 1
"""Figures that are not about one question."""
PER_QUESTION = 11 + len(KINDS)
"""Figures on each question of the shortlist."""
GAIN_SCALE, USER_SCALE = 2.0, 0.5
"""Gains about the intent and about the user are divided by these (nats), so that typical ones are near 1."""
MOST_SHOWN = 1000
"""The longest shortlist of either kind."""
LEAST = 1e-12
"""Divisors are at least this."""


@dataclass(frozen=True, kw_only=True)
class Shortlist:
    """How many questions are shown: Discrete(size + 1) is the action space."""

    by_gain: int = 8
    by_user: int = 2

    def __post_init__(self) -> None:
        whole("by_gain", self.by_gain, 1, MOST_SHOWN)
        whole("by_user", self.by_user, 0, MOST_SHOWN)

    @property
    def size(self) -> int:
        return self.by_gain + self.by_user

    @property
    def width(self) -> int:
        """Length of an observation."""
        return GLOBAL + self.size * PER_QUESTION


@dataclass(frozen=True, eq=False, kw_only=True)
class BeliefView:
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
) -> BeliefView:
    """Observations, shortlist and masks of all dialogues of a posterior.

    Args:
        left: (B,) questions left.
        guesses_left: (B,); `rules.guesses` everywhere when None.
        guessed: (B, guesses) wrong guesses so far, -1 beyond; a guess wouldn't repeat them.
    """
    belief = _without(posterior.belief(), guessed)
    entropy = entropy_nats(belief)
    ids, about = posterior.shortlist(shortlist.by_gain, shortlist.by_user)
    largest = _largest_beliefs(belief)
    certain = largest[:, 0]
    observation = np.zeros((len(belief), shortlist.width), dtype=np.float32)
    observation[:, : largest.shape[1]] = largest
    observation[:, TOP : TOP + SITUATION] = _situation(
        rules, belief.shape[1], certain, entropy, about.gain_nats.max(axis=1), left,
        np.full(len(belief), rules.guesses) if guesses_left is None else guesses_left,
    )  # fmt: skip
    observation[:, TOP + SITUATION : GLOBAL] = _user(posterior.types())
    observation[:, GLOBAL:] = _questions(posterior.bank, ids, about, entropy, shortlist).reshape(len(belief), -1)
    np.clip(observation, -1.0, 1.0, out=observation)
    mask = np.ones((len(belief), shortlist.size + 1), dtype=bool)
    mask[:, :-1] = (ids >= 0) & (left > 0)[:, None]
    return BeliefView(
        observation=observation,
        questions=ids,
        gain_nats=about.gain_nats,
        guess=belief.argmax(axis=1),
        certain=certain,
        mask=mask,
        entropy_nats=entropy,
    )


def _without(belief: np.ndarray, guessed: np.ndarray | None) -> np.ndarray:
    """(B, N) the belief where wrong guesses (B, guesses) are ruled out; the array that was given is spoilt."""
    if guessed is not None and guessed.shape[1] > 1:
        rows, places = np.nonzero(guessed >= 0)
        belief[rows, guessed[rows, places]] = 0.0
        belief /= np.maximum(belief.sum(axis=1, keepdims=True), FLOOR)
    return belief


def _largest_beliefs(belief: np.ndarray) -> np.ndarray:
    """(B, at most TOP) largest first."""
    start = max(belief.shape[1] - TOP, 0)
    return np.sort(np.partition(belief, start, axis=1)[:, -TOP:], axis=1)[:, ::-1]


def _situation(
    rules: Rules, intents: int, certain: np.ndarray, entropy: np.ndarray, best: np.ndarray, left: np.ndarray,
    guesses_left: np.ndarray,
) -> np.ndarray:  # fmt: skip
    """(B, SITUATION): how sure one can be of the intent, and what may still be asked; all arguments (B,)."""
    spread = max(rules.reward_right - rules.reward_wrong, LEAST)
    remaining = np.clip(1 - best / np.maximum(entropy, LEAST), 0.0, 1.0)
    return np.stack([
        -np.log1p(-np.minimum(certain, 1 - 1e-9)) / 21,
        entropy / max(np.log(intents), LEAST),
        entropy / 10,
        left / rules.budget,
        np.minimum(left / 20, 1),
        guesses_left / rules.guesses,
        np.full(len(certain), 10 * rules.question_cost / spread),
        certain**remaining,  # what the stop rule expects the belief to be after the best question
    ], axis=1)  # fmt: skip


def _user(types: np.ndarray) -> np.ndarray:
    """(B, TYPES + 1): p(type) of the first types, zeros where there are fewer, and how open the type is, 0 to 1."""
    out = np.zeros((len(types), TYPES + 1))
    shown = min(types.shape[1], TYPES)
    out[:, :shown] = types[:, :shown]
    out[:, -1] = entropy_nats(types) / max(np.log(types.shape[1]), LEAST)
    return out


def _questions(
    bank: QuestionBank, ids: np.ndarray, about: QuestionInformation, entropy: np.ndarray, shortlist: Shortlist
) -> np.ndarray:
    """(B, k, PER_QUESTION) float32, from the shortlist's ids (B, k) and the belief's entropy (B,), nats."""
    out = np.zeros((*ids.shape, PER_QUESTION), dtype=np.float32)
    is_open = bank.kind[ids] == OPEN
    out[..., 0] = 1
    out[..., 1] = about.gain_nats / GAIN_SCALE
    out[..., 2] = about.gain_nats / np.maximum(entropy, LEAST)[:, None]
    out[..., 3] = about.user_nats / USER_SCALE
    # A yes/no question's five answers, an open one's three figures: the flag tells the network which they are.
    out[..., 4:9] = about.answers
    out[..., 9] = is_open
    out[:, shortlist.by_gain :, 10] = 1
    names = [facet.kind for facet in bank.catalogue.facets]
    kind = np.array([KINDS.index(name) for name in names])[bank.facet[ids]]
    np.put_along_axis(out[..., 11:], kind[..., None], 1.0, axis=-1)
    out[ids < 0] = 0
    return out
