"""Fits the tower of `agents.language.items` on requests of people to whom the film was told.

Each request is seen as it is and cut to two sentences, for others write less.  The figures on the card are of requests
that were held out: in each of five folds nothing is learned from those that are judged, neither the map nor how far
patterns are believed beside it (`TRUSTS`), and each pattern's strength is that of the other folds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from agents.language.belief import hear
from agents.language.calibrate_strengths import FOLDS, lines_of
from agents.language.encoder import Encoder
from agents.language.item_text import column_names, item_texts, key_of
from agents.language.items import TowerMap, in_bytes, item_vectors, principal_axes, save_tower
from agents.language.reader import Reader
from agents.language.strengths import Strengths
from agents.language.train_tower import START, Cost, FittedMap, Stories, TowerSettings, train_map
from agents.learning.embeddings import embed
from sim.posterior.exact import ChannelPosterior

TRUSTS = (0.5, 0.7, 0.9)
"""How far patterns may be believed beside the match; the best for plain similarity is taken."""
STORY_PENALTY = 1e-4
"""Of the squared direction in which stories differ from openings; vectors are of unit length."""
VERSIONS = ("whole requests", "two sentences of each")
_SENTENCE = re.compile(r"(?<=[.!?])\s+")


class Requests(NamedTuple):
    """Requests, whole and cut."""

    vectors: np.ndarray
    """(2, n, D): of the whole texts and of two sentences of each."""
    log_gain: np.ndarray
    """(T, 2, n, N) float32: what patterns tell at each of `TRUSTS`, log belief - log prior."""
    intent: np.ndarray
    """(n,)."""
    fold: np.ndarray
    """(n,) the part in which each is held out."""


class TowerData(NamedTuple):
    """All that a tower is trained on."""

    requests: Requests
    basis: np.ndarray
    """(D, K)."""
    items: np.ndarray
    """(N, K + P) float32, as they are read from the file later."""
    columns: tuple[str, ...]
    prior: np.ndarray
    key: str
    """The hash of the items' texts."""

    def stories(self, rows: np.ndarray, trust: int, versions: Sequence[int] = (0, 1)) -> Stories:
        """The requests of some rows at one of `TRUSTS`, each version one behind the other."""
        r = self.requests
        return Stories(
            np.concatenate([r.vectors[v, rows] @ self.basis for v in versions]),
            np.concatenate([r.log_gain[trust, v, rows] for v in versions]),
            np.concatenate([r.intent[rows] for _ in versions]),
        )


class HeldOut(NamedTuple):
    """Figures of requests that were held out."""

    gain_bits: np.ndarray
    """(2, n)."""
    rank: np.ndarray
    """(2, n)."""
    trust: list[float]
    """Of each fold."""
    cost: Cost
    """Of all folds together."""

    def line(self, version: int) -> str:
        """Mean bits, median rank, share among 100, and the most that the worst 5 % have."""
        gain, rank = self.gain_bits[version], self.rank[version]
        return (f"{gain.mean():.2f} bits about the film, median rank {np.median(rank):.0f}, "
                f"{(rank <= 100).mean():.3f} among 100, the worst 5 % at most "
                f"{np.sort(gain)[len(gain) // 20]:.2f} bits")  # fmt: skip


def read_requests(
    path: Path, reader: Reader, posterior: ChannelPosterior, encoder: Encoder, strengths: Sequence[Strengths]
) -> Requests:
    """The requests of a file whose film the catalogue has.

    Args:
        strengths: for each fold those that have not seen it.
    """
    catalogue = reader.bank.catalogue
    row_of = {id_: i for i, id_ in enumerate(catalogue.ids)}
    kept = [(line, row) for line, row in lines_of(path) if str(row["film"]) in row_of]
    fold, rows = np.array([line % FOLDS for line, _ in kept]), [row for _, row in kept]
    posterior.reset(1)
    log_prior = np.log(catalogue.prior)
    versions = [[row["text"] for row in rows], [_two_sentences(row["text"], k) for k, row in enumerate(rows)]]
    gains = np.empty((len(TRUSTS), 2, len(rows), len(catalogue)), dtype=np.float32)
    for v, texts in enumerate(versions):
        for k, text in enumerate(texts):
            reader.strengths = strengths[fold[k]]
            reading = reader.read(text)
            for t, trust in enumerate(TRUSTS):
                belief = hear(posterior, replace(reading, trust=trust)).belief
                gains[t, v, k] = np.log(np.maximum(belief, 1e-30)) - log_prior
    return Requests(np.stack([encoder.meanings(texts) for texts in versions]), gains,
                    np.array([row_of[str(row["film"])] for row in rows]), fold)  # fmt: skip


def _two_sentences(text: str, k: int) -> str:
    sentences = [s for s in _SENTENCE.split(text) if len(s.split()) > 2]
    return " ".join(sentences[k % 2 : k % 2 + 2]) or text


def tower_data(
    path: Path, encoder: str, reader: Reader, posterior: ChannelPosterior, strengths: Sequence[Strengths]
) -> TowerData:
    """Requests and items, encoded.

    Args:
        reader: one without an encoder, for what patterns tell.
        strengths: for each fold those that have not seen it.
    """
    catalogue = reader.bank.catalogue
    texts = item_texts(catalogue)
    vectors = embed(texts, encoder)
    basis = principal_axes(vectors).astype(np.float16).astype(np.float32)
    whole, scale = in_bytes(vectors @ basis)
    columns = tuple(column_names(catalogue))
    items = item_vectors(catalogue, whole * scale, columns)
    requests = read_requests(path, reader, posterior, Encoder(encoder), strengths)
    return TowerData(requests, basis, items, columns, catalogue.prior, key_of(texts))


def held_out(
    data: TowerData, settings: TowerSettings, folds: Sequence[int] = tuple(range(FOLDS)),
    tell: Callable[[int], None] | None = None,
) -> HeldOut:  # fmt: skip
    """Train on all folds but one, and judge that one; requests of folds that are left out are not in the figures."""
    n = len(data.requests.intent)
    fold = data.requests.fold
    log_prior = np.log(data.prior)
    gain, rank = np.full((2, n), np.nan), np.full((2, n), np.nan)
    trust, cost = [], Cost()
    for k in folds:
        inside = np.flatnonzero(fold == k)
        own, outside = Cost(), np.flatnonzero(fold != k)
        best = best_trust(data, outside)
        fitted = train_map(
            data.stories(outside, best),
            data.items,
            data.prior,
            replace(settings, seed=settings.seed + k),
            own,
        )
        less = _less_prior(fitted, data.stories(outside, best), data, log_prior) if settings.prior_power else 0.0
        for version in range(2):
            scores = fitted.scores(data.stories(inside, best, (version,)), data.items, log_prior) - less * log_prior
            gain[version, inside], rank[version, inside] = _figures(scores, data.requests.intent[inside], log_prior)
        trust.append(TRUSTS[best])
        cost = Cost(cost.steps + own.steps, cost.items + own.items, cost.distinct + own.distinct,
                    cost.proposal + own.proposal)  # fmt: skip
        if tell is not None:
            tell(k)
    judged = np.isin(fold, folds)
    return HeldOut(gain[:, judged], rank[:, judged], trust, cost)


def _less_prior(fitted: FittedMap, stories: Stories, data: TowerData, log_prior: np.ndarray) -> float:
    """By how much the power of the prior is best lowered, in tenths, for stories that the map was trained on."""
    scores = fitted.scores(stories, data.items, log_prior)
    powers = np.arange(11) / 10
    gains = [_figures(scores - x * log_prior, stories.intent, log_prior)[0].mean() for x in powers]
    return float(powers[int(np.argmax(gains))])


def best_trust(data: TowerData, rows: np.ndarray) -> int:
    """Which of `TRUSTS` makes some requests' items likeliest beside plain similarity."""
    text, log_prior = data.basis.shape[1], np.log(data.prior)
    gains = []
    for t in range(len(TRUSTS)):
        stories = data.stories(rows, t)
        scores = START * stories.vectors @ data.items[:, :text].T + stories.log_gain + log_prior
        gains.append(_figures(scores, stories.intent, log_prior)[0].mean())
    return int(np.argmax(gains))


def fit_tower(
    out: Path, path: Path, encoder: str, reader: Reader, posterior: ChannelPosterior, strengths: Sequence[Strengths],
    openings: Sequence[str], seed: int,
) -> list[str]:  # fmt: skip
    """Fit and write the tower; lines for the card, with figures of held-out requests.

    Args:
        openings: texts that state facts and tell no story.
    """
    data = tower_data(path, encoder, reader, posterior, strengths)
    settings = TowerSettings(seed=seed)
    found = held_out(data, settings)
    n = len(data.requests.intent)
    best = best_trust(data, np.arange(n))
    fitted = train_map(data.stories(np.arange(n), best), data.items, data.prior, settings)
    story, bias, known = fit_story(data.requests.vectors, Encoder(encoder).meanings(openings))
    text = data.basis.shape[1]
    learned = TowerMap(data.basis, fitted.map, fitted.bias, story, bias, TRUSTS[best], data.columns)
    save_tower(out, encoder, learned, data.items[:, :text], data.key)
    return ["", f"Item tower: {n:,} requests, {settings.negatives} weighted negatives a story from a proposal of "
            f"{settings.proposal}, {settings.epochs} epochs of {settings.batch}; held out by {FOLDS} folds:",
            *(f"- {what}: {found.line(v)}" for v, what in enumerate(VERSIONS)),
            f"- stories told from {len(openings):,} openings that state facts: {100 * known:.1f} % of held-out texts "
            "right",
            f"- beside the match patterns are believed {TRUSTS[best]:g}; in the folds {found.trust}"]  # fmt: skip


def fit_story(requests: np.ndarray, openings: np.ndarray) -> tuple[np.ndarray, float, float]:
    """The direction (D,) and bias that tell stories from openings, and the share right of what was held out.

    Args:
        requests: (2, n, D) vectors of stories.
        openings: (m, D).
    """
    n, m = requests.shape[1], len(openings)
    x = np.concatenate([*requests, openings])
    y = np.concatenate([np.ones(2 * n), np.zeros(m)])
    fold = np.concatenate([np.arange(n), np.arange(n), np.arange(m)]) % FOLDS
    right = 0
    for k in range(FOLDS):
        weight, bias = _logistic(x[fold != k], y[fold != k])
        right += int(((x[fold == k] @ weight + bias > 0) == (y[fold == k] > 0)).sum())
    return *_logistic(x, y), right / len(y)


def _logistic(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, float]:
    given, label = torch.tensor(x, dtype=torch.float64), torch.tensor(y)
    each = torch.tensor(np.where(y > 0, 0.5 / y.mean(), 0.5 / (1 - y.mean())))  # both kinds weigh alike
    theta = torch.zeros(x.shape[1] + 1, dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.LBFGS([theta], max_iter=100, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimiser.zero_grad()
        logits = given @ theta[:-1] + theta[-1]
        out = torch.nn.functional.binary_cross_entropy_with_logits(logits, label, weight=each)
        out = out + STORY_PENALTY * (theta[:-1] ** 2).sum()
        out.backward()
        return out

    optimiser.step(loss)  # pyright: ignore[reportArgumentType]
    fitted = theta.detach().numpy()
    return fitted[:-1].astype(np.float32), float(fitted[-1])


def _figures(log_belief: np.ndarray, intent: np.ndarray, log_prior: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(n,) bits gained and ranks of the truth; beliefs need not be normalised."""
    top = log_belief.max(axis=1, keepdims=True)
    log_p = log_belief - top - np.log(np.exp(log_belief - top).sum(axis=1, keepdims=True))
    mine = log_p[np.arange(len(intent)), intent]
    return (mine - log_prior[intent]) / np.log(2), 1 + (log_p > mine[:, None]).sum(axis=1)
