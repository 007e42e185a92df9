"""A checkpoint: a folder that holds what was learned, written and read; numpy and no torch.

`model.safetensors` holds the learned rates (a few kilobytes, for what depends on the catalogue is made again from the
catalogue), `config.json` what it was trained on and how, `metrics.json` how it went, `card.md` the same for people.  It
is bound to a catalogue by its fingerprint: intents and values are numbered by it.  Files are replaced whole and
together, and none of them can run code.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from agents.files import write_atomically, write_together
from sim.catalogue.catalogue import Catalogue
from sim.channel.channel import CHANGING

FORMAT = "clarigym.checkpoint/6"
FOLDER = Path(__file__).parent / "checkpoints"
MODEL, CONFIG, METRICS, CARD = "model.safetensors", "config.json", "metrics.json", "card.md"
OF_FACETS = (*CHANGING, "opening", "recognition", "absence", "salience", "kernel")
"""Tables that have a row for each facet."""


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


def as_json(data: Any) -> bytes:
    """JSON for people to read, keys in order."""
    return (json.dumps(data, indent=2, ensure_ascii=False, sort_keys=True) + "\n").encode()


def save_checkpoint(out: Path, tables: dict[str, np.ndarray], config: dict[str, Any], metrics: dict[str, Any]) -> None:
    """A checkpoint as `read_checkpoint` reads it: all of its files, or, where the disk refuses, none."""
    from safetensors.numpy import save

    write_together(
        {
            out / CONFIG: as_json({"format": FORMAT, **config}),
            out / MODEL: save(tables),
            out / METRICS: as_json(metrics),
        }
    )
    (out / CARD).unlink(missing_ok=True)  # it told of another


def save_metrics(out: Path, metrics: dict[str, Any]) -> None:
    write_atomically(out / METRICS, as_json(metrics))


def load_seconds(out: Path) -> float:
    """What the run in `out` has taken so far; 0 where that is not known."""
    try:
        return float(json.loads((out / METRICS).read_text(encoding="utf-8"))["seconds"])
    except (OSError, ValueError, KeyError, TypeError):
        return 0.0
