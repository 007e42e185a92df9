"""A learned posterior at work: a checkpoint becomes a `ChannelPosterior`, with numpy and no torch.

A checkpoint is a folder: `model.safetensors` holds the learned rates (a few kilobytes, for what depends on the
catalogue is made again from the catalogue), `config.json` what it was trained on and how, `metrics.json` how it went,
`card.md` the same for people.  It is bound to a catalogue by its fingerprint: intents and values are numbered by it.

What is served is the simulator's own `Channel` type with learned arrays, so that belief, types, memory states,
predictions and EIG are those of `sim.posterior.exact`, to the bit.  Each value's kernel is cut to its `KEEP` likeliest
confusions, which halves the work and loses under a thousandth of a nat (docs/learning.md).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

from agents.learning.confusable import P, Pairs, hat_weights, log_mass, structure_of, with_words
from agents.learning.residual_tokens import ServedResidual
from sim.catalogue.catalogue import Catalogue
from sim.channel.channel import CHANGING, Channel, FacetChannel, Later, answering
from sim.posterior.exact import ChannelPosterior
from sim.questions import QuestionBank

FORMAT = "clarigym.checkpoint/6"
FOLDER = Path(__file__).parent / "checkpoints"
MODEL, CONFIG, METRICS = "model.safetensors", "config.json", "metrics.json"
KEEP = 16
OF_FACETS = (*CHANGING, "opening", "recognition", "absence", "salience", "kernel")
"""Tables that have a row for each facet."""
TYPE_NAMES = {1: ("everybody",), 2: ("reliable", "careless"), 3: ("reliable", "average", "careless")}


class CheckpointError(ValueError):
    """A checkpoint that can't be used; the message says which, why, and the way out."""


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A checkpoint as read."""

    path: Path
    config: dict[str, Any]
    tables: dict[str, np.ndarray]
    """`parameters.Tables` by name, and `residual.*` where one was kept."""


def shipped() -> tuple[str, ...]:
    """Names of the checkpoints that come with the package, one a catalogue."""
    return tuple(sorted(p.parent.name for p in FOLDER.glob(f"*/{CONFIG}")))


def read_checkpoint(path: str | Path, catalogue: Catalogue | None = None) -> Checkpoint:
    """Read a folder, or a shipped checkpoint by its name.

    Raises:
        CheckpointError: nothing there, another format, a truncated file, or of another catalogue.
    """
    folder = FOLDER / str(path) if str(path) in shipped() else Path(path)
    try:
        config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    except OSError:
        known = ", ".join(shipped()) or "none"
        raise CheckpointError(f"no checkpoint in {folder} (shipped: {known}; `clarigym train` makes one)") from None
    except (json.JSONDecodeError, UnicodeDecodeError):
        raise CheckpointError(f"{folder / CONFIG} is broken; train again, or take another checkpoint") from None
    if not isinstance(config, dict) or config.get("format") != FORMAT:
        raise CheckpointError(
            f"{folder / CONFIG} is no '{FORMAT}', it was written by another version of clarigym train or by something "
            "else; train again, or take another checkpoint"
        )
    if catalogue is not None and config.get("fingerprint") != catalogue.fingerprint:
        raise CheckpointError(
            f"{folder} was trained on catalogue '{config.get('catalogue')}' as it was then, not on '{catalogue.name}' "
            f"as it is now; train one with: clarigym train --catalogue {_given(catalogue)} --out DIR"
        )
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        tables = load_file(folder / MODEL)
    except (OSError, SafetensorError) as error:
        raise CheckpointError(
            f"{folder / MODEL} can't be read ({error}); train again, or take another checkpoint"
        ) from None
    wrong = _wrong(tables, catalogue)
    if wrong:
        raise CheckpointError(f"{folder / MODEL} {wrong}; train again, or take another checkpoint")
    return Checkpoint(folder, config, tables)


def _wrong(tables: dict[str, np.ndarray], catalogue: Catalogue | None) -> str:
    """What makes tables unfit to serve; nothing where they are fit."""
    missing = {"shares", *OF_FACETS} - set(tables)
    if missing:
        return f"lacks {', '.join(sorted(missing))}"
    if any(not np.isfinite(x).all() for x in tables.values()):
        return "holds numbers that are not finite"
    if catalogue is not None and any(len(tables[name]) != len(catalogue.facets) for name in OF_FACETS):
        return f"is not of the {len(catalogue.facets)} facets of '{catalogue.name}'"
    return ""


def learned_channel(
    catalogue: Catalogue, tables: dict[str, np.ndarray], name: str = "learned",
    keep: int | None = KEEP,
) -> Channel:  # fmt: skip
    """Learned rates as a channel of the catalogue.

    Args:
        keep: confusions kept of each value, the likeliest; None for all.
    """
    shares = tables["shares"] / tables["shares"].sum()
    t = len(shares)
    structure = [with_words(pairs, tables.get(f"words.{f}")) for f, pairs in enumerate(structure_of(catalogue))]
    facets = tuple(_facet(catalogue, f, tables, structure[f], keep) for f in range(len(catalogue.facets)))
    names = TYPE_NAMES.get(t, tuple(f"type {k + 1}" for k in range(t)))
    later = []
    for g, turn in enumerate(tables.get("later.turns", ())):
        changed = [{k: tables[f"later.{k}"][g, f] for k in CHANGING} for f in range(len(facets))]
        for facet, arrays in zip(facets, changed):
            arrays["muddled"] = arrays["muddled"] * (facet.kernel.nnz > 0)
        later.append(Later(int(turn), tuple(answering(x, **arrays) for x, arrays in zip(facets, changed))))
    return Channel(catalogue=catalogue, name=name, types=names, shares=shares, facets=facets, later=tuple(later))


def _facet(catalogue: Catalogue, f: int, tables: dict[str, np.ndarray], near: Pairs, keep: int | None) -> FacetChannel:
    facet, prior = catalogue.facets[f], catalogue.prior
    hats = hat_weights(facet, prior)
    kernel = _kernel(near, tables["kernel"][f], keep)
    salience = np.ones(len(facet.indices))
    if not facet.scalar:
        logit = tables["salience"][f] * log_mass(facet, prior)[facet.indices]
        salience = _softmax_by(logit, facet.rows, facet.intents)
    background = np.bincount(facet.indices, weights=prior[facet.rows] * salience, minlength=len(facet.values))
    total = background.sum()
    background = background / total if total > 0 else np.full_like(background, 1 / max(1, len(background)))
    return FacetChannel(
        facet=facet,
        forgotten=tables["forgotten"][f],
        muddled=tables["muddled"][f] if kernel.nnz else np.zeros_like(tables["muddled"][f]),
        yesno=tables["yesno"][f],
        yesno_forgotten=tables["yesno_forgotten"][f],
        silent=tables["silent"][f],
        slip=tables["slip"][f],
        guess=tables["guess"][f],
        opening=float(tables["opening"][f]),
        background=background,
        kernel=kernel,
        recognition=hats @ tables["recognition"][f],
        absence=hats @ tables["absence"][f],
        salience=salience,
        mass=facet.mass(prior),
    )


def _kernel(near: Pairs, weights: np.ndarray, keep: int | None) -> sparse.csr_array:
    v = len(near.indptr) - 1
    features = near.features.astype(np.float64)
    logits = features[:, :P] @ weights[:P]
    if features.shape[1] > P:
        logits = logits + np.log(features[:, P:] @ weights[P:])
    chance = _softmax_by(logits, near.rows, v)
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


def _softmax_by(logits: np.ndarray, segment: np.ndarray, segments: int) -> np.ndarray:
    """Softmax within groups; `segment` is ascending."""
    if not len(logits):
        return logits
    top = np.full(segments, -np.inf)
    np.maximum.at(top, segment, logits)
    weight = np.exp(logits - top[segment])
    return weight / np.bincount(segment, weights=weight, minlength=segments)[segment]


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


def shipped_for(catalogue: Catalogue) -> str:
    """The name of the checkpoint that ships for a catalogue.

    Raises:
        CheckpointError: none does.
    """
    for name in shipped():
        config = json.loads((FOLDER / name / CONFIG).read_text(encoding="utf-8"))
        if config.get("fingerprint") == catalogue.fingerprint:
            return name
    raise CheckpointError(
        f"no learned posterior ships for catalogue '{catalogue.name}' (there are: {', '.join(shipped()) or 'none'}); "
        f"train one with: clarigym train --catalogue {_given(catalogue)} --out DIR, then --checkpoint DIR"
    )


def _given(catalogue: Catalogue) -> str:
    """How a catalogue is named to a command: a file's path is not known here."""
    return catalogue.name if catalogue.name in shipped() else "FILE"
