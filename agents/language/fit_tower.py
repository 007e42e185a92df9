"""Fits the map of `agents.language.items` on requests of people to whom the film was told.

Each request is seen as it is and cut to two sentences, for others write less.  The critic is the log belief that
patterns give plus the match; it is contrasted over the whole catalogue by `full_softmax`.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from agents.language.belief import TRUST, hear
from agents.language.encoder import Encoder
from agents.language.items import START, in_bytes, item_texts, key_of, principal_axes, save_tower
from agents.language.reader import Reader
from agents.learning.embeddings import embed
from agents.learning.objectives import full_softmax
from sim.posterior.exact import ChannelPosterior

PENALTY = 7e-5
"""Of the squared distance from where the map begins; chosen on requests that were held out."""
STEPS = 40
FOLDS = 5
_SENTENCE = re.compile(r"(?<=[.!?])\s+")


class Requests(NamedTuple):
    """Requests, whole and cut."""

    vectors: np.ndarray
    """(2, n, D): of the whole texts and of two sentences of each."""
    log_gain: np.ndarray
    """(2, n, N): what patterns tell, log belief - log prior, to the power `TRUST`."""
    intent: np.ndarray
    """(n,)."""


def read_requests(path: Path, reader: Reader, posterior: ChannelPosterior, encoder: Encoder) -> Requests:
    """The requests of a file whose film the catalogue has."""
    catalogue = reader.bank.catalogue
    row_of = {id_: i for i, id_ in enumerate(catalogue.ids)}
    with open(path, encoding="utf-8") as file:
        rows = [row for row in map(json.loads, file) if str(row["film"]) in row_of]
    posterior.reset(1)
    log_prior = np.log(catalogue.prior)
    versions = [[row["text"] for row in rows], [_two_sentences(row["text"], k) for k, row in enumerate(rows)]]
    gains = [[TRUST * (np.log(np.maximum(hear(posterior, reader.read(text)).belief, 1e-30)) - log_prior)
              for text in texts] for texts in versions]  # fmt: skip
    return Requests(np.stack([encoder.meanings(texts) for texts in versions]), np.array(gains, dtype=np.float32),
                    np.array([row_of[str(row["film"])] for row in rows]))  # fmt: skip


def _two_sentences(text: str, k: int) -> str:
    sentences = [s for s in _SENTENCE.split(text) if len(s.split()) > 2]
    return " ".join(sentences[k % 2 : k % 2 + 2]) or text


def fit_map(requests: Requests, rows: np.ndarray, basis: np.ndarray, items: np.ndarray, log_prior: np.ndarray):
    """(K, K) the map of some of the requests.

    Args:
        rows: which.
        basis: (D, K).
        items: (N, K).
        log_prior: (N,).
    """
    start = START * torch.eye(basis.shape[1])
    weight = start.clone().requires_grad_(True)
    optimiser = torch.optim.LBFGS([weight], max_iter=STEPS, line_search_fn="strong_wolfe")
    item, prior = torch.tensor(items), torch.tensor(log_prior.astype(np.float32))
    said = [torch.tensor(vectors[rows] @ basis) for vectors in requests.vectors]
    gains = [torch.tensor(gain[rows]) for gain in requests.log_gain]
    intent = torch.tensor(requests.intent[rows])

    def loss() -> torch.Tensor:
        optimiser.zero_grad()
        terms = [full_softmax(gain + text @ weight @ item.T, prior, intent).loss for text, gain in zip(said, gains)]
        out = torch.stack(terms).mean() + PENALTY * ((weight - start) ** 2).sum()
        out.backward()
        return out

    optimiser.step(loss)  # pyright: ignore[reportArgumentType]
    return weight.detach().numpy()


def fit_tower(out: Path, path: Path, encoder: str, reader: Reader, posterior: ChannelPosterior) -> list[str]:
    """Fit and write the tower; lines for the card, with figures of held-out requests."""
    catalogue = reader.bank.catalogue
    texts = item_texts(catalogue)
    vectors = embed(texts, encoder)
    basis = principal_axes(vectors)
    whole, scale = in_bytes(vectors @ basis)
    items = (whole * scale).astype(np.float32)
    requests = read_requests(path, reader, posterior, Encoder(encoder))
    log_prior = np.log(catalogue.prior)
    n = len(requests.intent)
    fold = np.arange(n) % FOLDS
    gain, rank = np.zeros((2, n)), np.zeros((2, n))
    for k in range(FOLDS):
        inside = np.flatnonzero(fold == k)
        map_ = fit_map(requests, np.flatnonzero(fold != k), basis, items, log_prior)
        for version in range(2):
            score = requests.log_gain[version, inside] + requests.vectors[version, inside] @ basis @ map_ @ items.T
            gain[version, inside], rank[version, inside] = _figures(
                score + log_prior, requests.intent[inside], log_prior
            )
    save_tower(out, encoder, basis, fit_map(requests, np.arange(n), basis, items, log_prior), items, key_of(texts))
    return ["", f"Item tower: {n:,} requests, penalty {PENALTY:g}; held out by {FOLDS} folds:", *(
        f"- {what}: {gain[v].mean():.2f} bits about the film, median rank {np.median(rank[v]):.0f}, "
        f"{(rank[v] <= 100).mean():.3f} among 100, the worst 5 % at most {np.sort(gain[v])[n // 20]:.2f} bits"
        for v, what in enumerate(("whole requests", "two sentences of each"))
    )]  # fmt: skip


def _figures(log_belief: np.ndarray, intent: np.ndarray, log_prior: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(n,) bits gained and ranks of the truth; beliefs need not be normalised."""
    top = log_belief.max(axis=1, keepdims=True)
    log_p = log_belief - top - np.log(np.exp(log_belief - top).sum(axis=1, keepdims=True))
    mine = log_p[np.arange(len(intent)), intent]
    return (mine - log_prior[intent]) / np.log(2), 1 + (log_p > mine[:, None]).sum(axis=1)
