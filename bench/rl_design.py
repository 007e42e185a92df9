"""Questions from a network of the history alone, trained on a bound of what they tell: deep adaptive design.

Greedy EIG keeps a belief and sweeps a bank at every turn.  Here all that is paid for once: a network q_t = pi(h_t) is
trained so that T questions together tell as much about the intent as they can, and at run time it sees questions and
answers, no belief.  It is trained on the sequential prior contrastive estimate, a lower bound of the information
I(intent; h_T) that needs nothing but the likelihood of a history under the true intent and L others from the prior:

    sPCE  E log p(h | i_0) / ((p(h | i_0) + sum_l p(h | i_l)) / (L + 1))     at most log(L + 1)
    sNMC  the same with the others alone, over L: an upper bound

The likelihoods are the simulator's own (`BatchedPosterior.log_likelihood`: types and memories summed out), so the terms
are exact; histories and contrasts are sampled, and in training the truth is averaged over given the history, which
leaves the gradient's mean as it is and takes most of its noise away.  Questions are discrete, so the gradient is the
score function's: the bound's growth at each turn is the reward, gamma 1, a learned value the baseline.

A pair (question, answer) is shown to the network by its log-likelihoods under all intents, made once, and by a free
vector; pairs are summed, for their order doesn't matter.  A network serves one catalogue, population and horizon.

Source: Foster, Ivanova, Malik and Rainforth (2021), Deep Adaptive Design, arXiv:2103.02438.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from envs.rules import Dialogues, Rules
from sim.posterior.batched import BatchedPosterior
from sim.questions import QuestionBank
from sim.users.memory import Population

CLIP = 8.0
"""Nats; a pair's log-likelihood ratios beyond say no more."""
CHUNK = 256
"""Dialogues at a time where many are evaluated."""


@dataclass(frozen=True, kw_only=True)
class DesignConfig:
    """How a design policy is trained."""

    horizon: int = 10
    """T, questions of each dialogue."""
    contrasts: int = 255
    """L, intents from the prior beside the true one."""
    updates: int = 1000
    """Gradient steps."""
    dialogues: int = 128
    """Of each of them, all new."""
    hidden: int = 128
    learning_rate: float = 3e-3
    """Of Adam; falls to a tenth along a line."""
    gae: float = 0.9
    """Lambda of generalised advantages."""
    entropy: float = 0.1
    """Weight of the policy's entropy; falls to nothing."""
    seed: int = 0
    """Of users, contrasts and weights."""

    def __post_init__(self) -> None:
        for name in ("horizon", "contrasts", "updates", "dialogues", "hidden"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} = {getattr(self, name)}; it must be at least 1")


def bounds(log_like: np.ndarray, contrasts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """sPCE and sNMC of each dialogue, nats, if each intent were the true one, (B, N) both.

    At the true intents they are the bounds as sampled; averaged by the belief they have the same mean and less noise,
    for the truth is distributed as the belief says.

    Args:
        log_like: log p(h | intent), (B, N).
        contrasts: how often each intent is among the L others, (B, N), rows sum to L.
    """
    top = log_like.max(axis=1, keepdims=True)
    like = np.exp(log_like - top)
    others, count = (like * contrasts).sum(axis=1, keepdims=True), contrasts.sum(axis=1, keepdims=True)
    # The floor keeps intents that nothing speaks for finite; their belief is 0.
    lower = log_like - top - np.log(np.maximum(others + like, 1e-300) / (count + 1))
    upper = log_like - top - np.log(np.maximum(others, 1e-300) / count)
    return lower, upper


def belief_of(log_like: np.ndarray, prior: np.ndarray) -> np.ndarray:
    """(..., N) p(intent | h) from log p(h | intent)."""
    joint = np.exp(log_like - log_like.max(axis=-1, keepdims=True)) * prior
    return joint / joint.sum(axis=-1, keepdims=True)


class DesignNetwork(nn.Module):
    """Logits of every question, and the value, from the pairs asked and answered so far.

    Args:
        pairs: (P, N) what is known of each (question, answer), see `describe`.
        offset: (Q,) where each question's answers begin among them.
    """

    def __init__(self, pairs: np.ndarray, offset: np.ndarray, hidden: int) -> None:
        super().__init__()
        self.offset = offset
        self.register_buffer("pairs", torch.as_tensor(pairs, dtype=torch.float32))
        self.encode = nn.Sequential(nn.Linear(pairs.shape[1], hidden), nn.ReLU(), nn.Linear(hidden, hidden))
        self.free = nn.Parameter(torch.zeros(len(pairs), hidden))
        self.head = nn.Sequential(nn.Linear(hidden + 1, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU())
        self.score, self.value = nn.Linear(hidden, len(offset)), nn.Linear(hidden, 1)
        nn.init.orthogonal_(self.score.weight, gain=0.01)

    def forward(self, pairs: torch.Tensor, asked: torch.Tensor, turn: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Logits (B, T, Q) and values (B, T) before each of T turns, from the pairs (B, T) that they bring.

        Args:
            asked: (B, T, Q) bool, what was asked before each turn.
            turn: (T,) the share of the horizon that is over.
        """
        table = self.encode(self.pairs) + self.free
        met = table[pairs]  # (B, T, H)
        pooled = met.cumsum(dim=1) - met
        state = self.head(torch.cat([pooled, turn[None, :, None].expand(*pairs.shape, 1)], dim=2))
        return self.score(state).masked_fill(asked, -1e9), self.value(state)[..., 0]

    @torch.no_grad()
    def logits(self, questions: np.ndarray, answers: np.ndarray, horizon: int) -> torch.Tensor:
        """(B, Q) after the questions and answers (B, t) so far."""
        b, t = questions.shape
        pairs = np.zeros((b, t + 1), dtype=np.int64)  # the last one is yet to come and counts for nothing
        pairs[:, :t] = self.offset[questions] + answers
        asked = np.zeros((b, t + 1, len(self.offset)), dtype=bool)
        np.put_along_axis(asked[:, t], questions, True, axis=1)
        turn = torch.arange(t + 1) / horizon
        return self.forward(torch.as_tensor(pairs), torch.as_tensor(asked), turn)[0][:, -1]


def describe(posterior: BatchedPosterior) -> tuple[np.ndarray, np.ndarray]:
    """(P, N) log p(answer | question, intent) / p(answer | question) of all pairs, and where each question's begin."""
    bank, prior = posterior.bank, posterior.channel.catalogue.prior
    offset = np.concatenate([[0], np.cumsum(bank.answers)[:-1]])
    question = np.repeat(np.arange(len(bank)), bank.answers)
    fresh = posterior.copy()
    fresh.reset(len(question))
    fresh.update(question, np.arange(len(question)) - offset[question])
    log_like = fresh.log_likelihood()
    return np.clip(log_like - np.log(np.exp(log_like) @ prior)[:, None], -CLIP, CLIP), offset


Chooser = Callable[[Dialogues, BatchedPosterior, np.random.Generator], np.ndarray]
"""What to ask next, (B,), given dialogues and the posterior that has heard them."""


@dataclass(frozen=True, eq=False)
class Rollout:
    """B dialogues of T questions."""

    questions: np.ndarray
    """(B, T)."""
    answers: np.ndarray
    """(B, T)."""
    truth: np.ndarray
    """(B,) the intents."""
    log_like: np.ndarray
    """(T + 1, B, N) log p(history | intent) after each question."""


def roll(population: Population, posterior: BatchedPosterior, choose: Chooser, horizon: int, seed: int,
         episodes: np.ndarray) -> Rollout:  # fmt: skip
    """Ask users `episodes` (B,) of a seed `horizon` questions each; the posterior is used up."""
    count = len(episodes)
    dialogues = Dialogues(population, Rules(budget=horizon), count)
    dialogues.reset(np.arange(count), np.full(count, seed, dtype=np.uint64), episodes)
    rng = np.random.default_rng([seed, int(episodes[0])])
    posterior.reset(count)
    log_like = [posterior.log_likelihood()]
    for turn in range(horizon):
        question = choose(dialogues, posterior, rng)
        dialogues.step(question)
        posterior.update(question, dialogues.answers[:, turn].astype(np.int64))
        log_like.append(posterior.log_likelihood())
    return Rollout(
        dialogues.questions.astype(np.int64), dialogues.answers.astype(np.int64), dialogues.users.intent.copy(),
        np.stack(log_like),
    )  # fmt: skip


def at_random(dialogues: Dialogues, posterior: BatchedPosterior, rng: np.random.Generator) -> np.ndarray:
    """Any question that wasn't asked."""
    chance = rng.random((len(dialogues), len(posterior.bank)))
    turn = int(dialogues.turn[0])
    np.put_along_axis(chance, dialogues.questions[:, :turn].astype(np.int64), -1.0, axis=1)
    return chance.argmax(axis=1)


def greedily(dialogues: Dialogues, posterior: BatchedPosterior, rng: np.random.Generator) -> np.ndarray:
    """The question of highest EIG; where none tells anything, any."""
    best = posterior.choose(1)[0][:, 0]
    return np.where(best >= 0, best, at_random(dialogues, posterior, rng))


def by_network(network: DesignNetwork, horizon: int, sample: bool = False) -> Chooser:
    """The network's likeliest question, or one drawn from it."""

    def choose(dialogues: Dialogues, posterior: BatchedPosterior, rng: np.random.Generator) -> np.ndarray:
        turn = int(dialogues.turn[0])
        asked, heard = (x[:, :turn].astype(np.int64) for x in (dialogues.questions, dialogues.answers))
        logits = network.logits(asked, heard, horizon).numpy()
        return (logits + rng.gumbel(size=logits.shape) if sample else logits).argmax(axis=1)

    return choose


def contrasts_of(posterior: BatchedPosterior, count: int, size: int, rng: np.random.Generator) -> np.ndarray:
    """(size, N) how often each intent comes among `count` from the prior."""
    return rng.multinomial(count, posterior.channel.catalogue.prior, size=size).astype(float)


def train_design(population: Population, config: DesignConfig, say: Callable[[str], None] = print) -> DesignNetwork:
    """Train on users of `population`: episodes from 0 of seed `config.seed`.

    Raises:
        ValueError: fewer questions than the horizon.
    """
    bank: QuestionBank = population.bank
    if len(bank) < config.horizon:
        raise ValueError(f"horizon = {config.horizon}; the bank has {len(bank)} questions")
    torch.manual_seed(config.seed)
    posterior = BatchedPosterior(population.channel, bank)
    network = DesignNetwork(*describe(posterior), config.hidden)
    optimizer = torch.optim.Adam(network.parameters(), lr=config.learning_rate)
    rng = np.random.default_rng(config.seed)
    t, b = config.horizon, config.dialogues
    turns, every = torch.arange(t) / t, np.arange(b)
    recent: list[float] = []
    for update in range(config.updates):
        left = 1 - update / config.updates
        optimizer.param_groups[0]["lr"] = config.learning_rate * max(left, 0.1)
        choose = by_network(network, t, sample=True)
        rollout = roll(population, posterior, choose, t, config.seed, every + update * b)
        others = contrasts_of(posterior, config.contrasts, b, rng)
        belief = belief_of(rollout.log_like, population.catalogue.prior)
        bound = np.stack([(p * bounds(log_like, others)[0]).sum(axis=1)
                          for p, log_like in zip(belief, rollout.log_like)])  # (T + 1, B)  # fmt: skip
        pairs = torch.as_tensor(network.offset[rollout.questions] + rollout.answers)
        asked = np.zeros((b, t, len(bank)), dtype=bool)
        for turn in range(1, t):
            asked[:, turn] = asked[:, turn - 1]
            asked[every, turn, rollout.questions[:, turn - 1]] = True
        logits, value = network(pairs, torch.as_tensor(asked), turns)
        choice = torch.distributions.Categorical(logits=logits)
        log_p = choice.log_prob(torch.as_tensor(rollout.questions))
        advantage = advantages(np.diff(bound, axis=0).T, value.detach().numpy(), config.gae)  # (B, T)
        target = torch.as_tensor(advantage, dtype=torch.float32) + value.detach()
        scaled = torch.as_tensor((advantage - advantage.mean()) / (advantage.std() + 1e-8), dtype=torch.float32)
        loss = 0.5 * (value - target).square().mean() - (scaled * log_p).mean()
        loss = loss - config.entropy * left * choice.entropy().mean()
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        recent.append(float(bound[-1].mean()))
        if (update + 1) % 100 == 0 or update + 1 == config.updates:
            say(f"{update + 1:6,} updates, {(update + 1) * b:,} dialogues: bound {np.mean(recent[-100:]):.3f} nats")
    return network


def advantages(rewards: np.ndarray, value: np.ndarray, decay: float) -> np.ndarray:
    """(B, T) generalised advantages of dialogues that end after T turns, gamma 1."""
    out = np.zeros_like(rewards)
    ahead, carried = np.zeros(len(rewards)), np.zeros(len(rewards))
    for turn in reversed(range(rewards.shape[1])):
        carried = rewards[:, turn] + ahead - value[:, turn] + decay * carried
        out[:, turn], ahead = carried, value[:, turn]
    return out
