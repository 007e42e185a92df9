"""`policy`: what to ask and when to guess, learned by reinforcement, served in numpy.

The network reads the features of `envs.features`, which know no catalogue, so one file of weights serves all.  A small
encoder looks at each question of the shortlist by itself, the same for every place; the state is summed up from the
mean of them; each question is scored in the light of that summary, and guessing beside them.  So the order and the
number of the questions don't matter to it.

Beliefs are exact, as `exact`'s are: on small catalogues `sim.posterior.batched` keeps them, else the posterior that the
setting hands out: on films a turn takes some tenth of a second (`sim.ask.shortlist`).
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from agents.errors import InputError
from agents.policy.config import MOST_SHOWN
from agents.setting import Setting
from envs.features import GLOBAL, PER_QUESTION, BeliefView, Shortlist, view
from sim.files import LARGEST_BY_HAND, check_regular
from sim.posterior.batched import SMALL_CATALOGUE, BatchedPosterior
from sim.posterior.contract import Posterior
from sim.posterior.exact import ChannelPosterior

POLICY = "policy.safetensors"
"""What a folder of `clarigym train-policy` serves."""
REFERENCE = Path(__file__).with_name("reference.safetensors")
SMALL_BANK = 2000
"""Questions up to which the batched posterior is the faster one."""
LARGEST_WEIGHT = 1e6
"""Beyond it a file holds no weights of a network."""
LAYERS = ("encode", "encode_more", "summary", "judge", "score", "guess")


class PolicyNetwork:
    """The network in numpy; `tests/test_policy.py` holds it to its torch original.

    Args:
        weights: layer name to (out, in) matrix and (out,) bias, as `LAYERS.weight` and `LAYERS.bias`.
    """

    def __init__(self, weights: dict[str, np.ndarray], shortlist: Shortlist) -> None:
        self.weights, self.shortlist = weights, shortlist

    def _layer(self, name: str, x: np.ndarray) -> np.ndarray:
        return x @ self.weights[f"{name}.weight"].T + self.weights[f"{name}.bias"]

    def logits(self, observation: np.ndarray) -> np.ndarray:
        """(B, k + 1) from (B, width)."""
        state = observation[:, :GLOBAL]
        questions = observation[:, GLOBAL:].reshape(len(observation), -1, PER_QUESTION)
        k = questions.shape[1]
        wide = np.broadcast_to(state[:, None], (*questions.shape[:2], GLOBAL))
        each = np.tanh(self._layer("encode", np.concatenate([questions, wide], axis=2)))
        each = np.tanh(self._layer("encode_more", each))
        mean = (each * questions[..., :1]).sum(axis=1) / k
        summary = np.tanh(self._layer("summary", np.concatenate([state, mean, questions[:, 0]], axis=1)))
        wide = np.broadcast_to(summary[:, None], (*each.shape[:2], summary.shape[1]))
        judged = np.tanh(self._layer("judge", np.concatenate([each, wide], axis=2)))
        return np.concatenate([self._layer("score", judged)[..., 0], self._layer("guess", summary)], axis=1)

    def act(self, seen: BeliefView) -> np.ndarray:
        """(B,) the best legal action of each dialogue; ties to the lowest."""
        return np.where(seen.mask, self.logits(seen.observation), -np.inf).argmax(axis=1)


def load_network(path: Path) -> PolicyNetwork:
    """Weights from a safetensors file, or the `policy.safetensors` of a folder.

    Raises:
        InputError: no such file, not one of a policy, weights that are none, or features that have changed since.
    """
    path = path / POLICY if path.is_dir() else path
    if not path.exists():
        raise InputError(f"{path} isn't there; give --checkpoint what clarigym train-policy has written")
    check_regular(path, InputError, LARGEST_BY_HAND)
    return _load(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=8)
def _load(path: Path, changed: int) -> PolicyNetwork:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            about = json.loads((file.metadata() or {}).get("policy", "{}"))
            weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  not a dict
    except (SafetensorError, ValueError, TypeError, RecursionError) as error:
        raise InputError(f"{path} is not a policy: {error}") from None
    if not isinstance(about, dict) or "shortlist" not in about:
        raise InputError(f"{path} is not a policy; clarigym train-policy writes one")
    if about.get("features") != [GLOBAL, PER_QUESTION]:
        raise InputError(f"{path} was trained on other features than this version has; train it again")
    wrong = _wrong_with(weights)
    if wrong:
        raise InputError(f"{path} {wrong}; clarigym train-policy writes one that can be used")
    return PolicyNetwork(weights, _shortlist(path, about["shortlist"]))


def _wrong_with(weights: dict[str, np.ndarray]) -> str:
    """What makes these no weights of the network; nothing where they are."""
    missing = [name for name in LAYERS if not {f"{name}.weight", f"{name}.bias"} <= set(weights)]
    if missing:
        return f"is not a policy: it lacks {', '.join(missing)}"
    hidden = len(weights["encode.bias"]) if weights["encode.bias"].ndim else 0
    inputs = (PER_QUESTION + GLOBAL, hidden, GLOBAL + hidden + PER_QUESTION, 2 * hidden, hidden, hidden)
    outputs = (hidden, hidden, hidden, hidden, 1, 1)
    for name, read, made in zip(LAYERS, inputs, outputs, strict=True):
        matrix, bias = weights[f"{name}.weight"], weights[f"{name}.bias"]
        if matrix.shape != (made, read) or bias.shape != (made,):
            return f"is not a policy: layer {name} has {matrix.shape} weights where {(made, read)} are expected"
        for x in (matrix, bias):
            if x.dtype.kind != "f" or not (np.abs(x) <= LARGEST_WEIGHT).all():  # NaN is not
                return f"holds numbers in layer {name} that are no weights"
    return ""


def _shortlist(path: Path, given: Any) -> Shortlist:
    """The shortlist that a policy's file tells of; `given` may be anything that JSON can say."""
    if not isinstance(given, dict) or set(given) != {"by_gain", "by_user"}:
        raise InputError(f"{path} is not a policy: its shortlist is {given!r}")
    if any(isinstance(x, bool) or not isinstance(x, int) or x > MOST_SHOWN for x in given.values()):
        raise InputError(f"{path} is not a policy: its shortlist is {given!r}")
    return Shortlist(**given)


class PolicyAgent:
    """Acts by a network on an exact belief; the `Agent` protocol."""

    def __init__(self, setting: Setting, network: PolicyNetwork, posterior: Posterior) -> None:
        self.setting, self.network, self.posterior = setting, network, posterior
        self.bank = setting.bank

    def reset(self, seeds: np.ndarray, said: np.ndarray | None = None) -> None:
        count = len(np.atleast_1d(seeds))
        self.posterior.reset(count)
        if said is not None:
            self.posterior.open(said)
        guesses = self.setting.rules.guesses
        self._guessed = np.full((count, guesses), -1, dtype=np.int64)
        self._named = np.zeros(count, dtype=np.int64)
        self.gain_nats = np.full(count, np.nan)
        """(B,) what the last question was expected to tell; NaN before the first."""

    def act(self, rows: np.ndarray, left: np.ndarray) -> np.ndarray:
        rows, left = np.atleast_1d(rows), np.atleast_1d(left)
        rules = self.setting.rules
        seen = view(
            self.posterior.take(rows), rules, left, self.network.shortlist,
            guesses_left=rules.guesses - self._named[rows], guessed=self._guessed[rows],
        )  # fmt: skip
        action = self.network.act(seen)
        asks = action < self.network.shortlist.size
        place = np.where(asks, action, 0)
        every = np.arange(len(rows))
        named = rows[~asks]
        # With one guess the dialogue ends here; with several the next one is another.
        self._guessed[named, np.minimum(self._named[named], rules.guesses - 1)] = seen.guess[~asks]
        self._named[named] = np.minimum(self._named[named] + 1, rules.guesses)
        self.gain_nats[rows] = seen.gain_nats[every, place]
        return np.where(asks, seen.questions[every, place], len(self.bank) + seen.guess)

    def eig_nats(self, row: int, question: int) -> float:
        """What a question would tell in one dialogue; for those who look on."""
        return float(self.gain_nats[row])

    def observe(self, rows: np.ndarray, question: np.ndarray, answer: np.ndarray) -> None:
        self.posterior.update(question, answer, rows)

    def belief(self, rows: np.ndarray) -> np.ndarray:
        return self.posterior.take(rows).belief()


def exact_posterior(setting: Setting) -> ChannelPosterior | BatchedPosterior:
    """The exact posterior that is the faster one for this setting, an own copy."""
    if len(setting.catalogue) <= SMALL_CATALOGUE and len(setting.bank) <= SMALL_BANK:
        return setting.shared(_batched)
    return setting.posterior()


def _batched(setting: Setting) -> BatchedPosterior:
    return BatchedPosterior(setting.channel, setting.bank)


def policy(setting: Setting) -> PolicyAgent:
    return PolicyAgent(setting, load_network(Path(setting.checkpoint or REFERENCE)), exact_posterior(setting))
