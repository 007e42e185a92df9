"""A learned posterior at work: a checkpoint becomes a `ChannelPosterior`, with numpy and no torch.

A checkpoint is a folder: `model.safetensors` holds the learned rates (a few kilobytes, for what depends on the
predictions and EIG are those of `sim.posterior.exact`, to the bit.  Each value's kernel is cut to its `KEEP` likeliest
confusions, which halves the work and loses under a thousandth of a nat (docs/learning.md).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

from agents.learning import confusable
from agents.learning.checkpoint import WAY_OUT, Checkpoint, CheckpointError, read_checkpoint, shipped_for
from agents.learning.confusable import (
    Pairs,
    confusable_pairs_of,
    hat_weights,
    kernel_logits,
    log_mass,
    softmax_by_group,
    with_words,
)
from agents.learning.residual_tokens import ServedResidual
from sim.catalogue.catalogue import Catalogue
from sim.channel import confusion, relation
from sim.channel.channel import CHANGING, Channel, FacetChannel, Later, background_of
from sim.numeric.kept_matrix import kept_matrix
from sim.posterior.exact import ChannelPosterior
from sim.questions import QuestionBank

KEEP = 32
"""Confusions kept of each name, of thousands.  Of a number all are kept: people are off by decades."""
CODE = (__file__, confusable.__file__, confusion.__file__, relation.__file__)
"""What kernels that are kept on disk depend on, beside the checkpoint."""
TYPE_NAMES = {1: ("everybody",), 2: ("reliable", "careless"), 3: ("reliable", "average", "careless")}


def learned_channel(
    catalogue: Catalogue, tables: dict[str, np.ndarray], name: str = "learned",
    keep: int | None = KEEP,
) -> Channel:  # fmt: skip
    """Learned rates as a channel of the catalogue.

    Args:
        keep: confusions kept of each name, the likeliest; None for all.
    """
    shares = tables["shares"] / tables["shares"].sum()
    t = len(shares)
    facets = tuple(_facet(catalogue, f, tables, keep) for f in range(len(catalogue.facets)))
    names = TYPE_NAMES.get(t, tuple(f"type {k + 1}" for k in range(t)))
    later = []
    for g, turn in enumerate(tables.get("later.turns", ())):
        changed = [{k: tables[f"later.{k}"][g, f] for k in CHANGING} for f in range(len(facets))]
        for facet, arrays in zip(facets, changed):
            arrays["muddled"] = arrays["muddled"] * (facet.kernel.nnz > 0)
        later.append(Later(int(turn), tuple(x.answering(**arrays) for x, arrays in zip(facets, changed))))
    return Channel(catalogue=catalogue, name=name, types=names, shares=shares, facets=facets, later=tuple(later))


def _with_words(near: Pairs, tables: dict[str, np.ndarray], f: int) -> Pairs:
    similarity = tables.get(f"words.{f}")
    if similarity is not None and len(similarity) != near.nnz:
        what = f"words.{f} has {len(similarity)} entries for {near.nnz} pairs of values"
        raise CheckpointError(f"the checkpoint is of another version: its {what}; {WAY_OUT}")
    return with_words(near, similarity)


def _facet(catalogue: Catalogue, f: int, tables: dict[str, np.ndarray], keep: int | None) -> FacetChannel:
    facet, prior = catalogue.facets[f], catalogue.prior
    hats = hat_weights(facet, prior)
    keep = None if facet.kind == "number" else keep
    weights, words = tables["kernel"][f], tables.get(f"words.{f}", np.empty(0))

    def make() -> sparse.csr_array:
        return _kernel(_with_words(confusable_pairs_of(catalogue, f), tables, f), weights, keep)

    depends_on = (catalogue.fingerprint, f, weights.tobytes(), words.tobytes(), keep)
    kernel = kept_matrix(depends_on, CODE, len(facet.values), make)
    salience = np.ones(len(facet.indices))
    if not facet.scalar:
        logit = tables["salience"][f] * log_mass(facet, prior)[facet.indices]
        salience = softmax_by_group(logit, facet.rows, facet.intents)
    return FacetChannel(
        facet=facet,
        forgotten=tables["forgotten"][f],
        unrecalled=tables["unrecalled"][f],
        muddled=tables["muddled"][f] if kernel.nnz else np.zeros_like(tables["muddled"][f]),
        yesno=tables["yesno"][f],
        yesno_forgotten=tables["yesno_forgotten"][f],
        silent=tables["silent"][f],
        slip=tables["slip"][f],
        guess=tables["guess"][f],
        opening=tables["opening"][f],
        background=background_of(facet, prior, salience),
        kernel=kernel,
        recognition=hats @ tables["recognition"][f],
        absence=hats @ tables["absence"][f],
        salience=salience,
        mass=facet.mass(prior),
    )


def _kernel(near: Pairs, weights: np.ndarray, keep: int | None) -> sparse.csr_array:
    """(V, V) p(believed | true, muddled) by weights (WEIGHTS,); `keep` as in `learned_channel`."""
    v = len(near.indptr) - 1
    chance = softmax_by_group(kernel_logits(near.features.astype(np.float64), weights, np.log), near.rows, v)
    rows, columns = near.rows, near.indices
    if keep is not None and near.nnz and np.diff(near.indptr).max() > keep:
        order = np.lexsort((-chance, rows))  # stable: equal chances by column, as they come
        place = np.arange(len(order)) - near.indptr[rows[order]]
        order = np.sort(order[place < keep])
        rows, columns, chance = rows[order], columns[order], chance[order]
        chance = chance / np.bincount(rows, weights=chance, minlength=v)[rows]
    indptr = np.zeros(v + 1, np.int64)
    np.cumsum(np.bincount(rows, minlength=v), out=indptr[1:])
    return sparse.csr_array((chance, columns, indptr), shape=(v, v))


def learned_posterior(
    bank: QuestionBank, checkpoint: str | Path | Checkpoint | None = None, **options: Any
) -> ChannelPosterior:
    """The posterior of a checkpoint; None takes the one shipped for the catalogue.

    Raises:
        CheckpointError: as `read_checkpoint`; or none is shipped for this catalogue.
    """
    catalogue = bank.catalogue
    if checkpoint is None:
        checkpoint = shipped_for(catalogue)
    if not isinstance(checkpoint, Checkpoint):
        checkpoint = read_checkpoint(checkpoint, catalogue)
    channel = learned_channel(catalogue, checkpoint.tables, name=str(checkpoint.config.get("name", "learned")))
    return ChannelPosterior(channel, bank, residual=served_residual(catalogue, checkpoint.tables), **options)


def served_residual(catalogue: Catalogue, tables: dict[str, np.ndarray]) -> ServedResidual | None:
    """What a checkpoint adds to its channel; None where no residual was kept."""
    arrays = {k.removeprefix("residual."): v for k, v in tables.items() if k.startswith("residual.")}
    return ServedResidual(catalogue, arrays) if arrays else None
