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

from agents.learning.check_tables import wrong_with
from sim.catalogue.catalogue import Catalogue
from sim.files import parse_json, read_bytes, read_text, write_atomically, write_together

FORMAT = "clarigym.checkpoint/7"
FOLDER = Path(__file__).parent / "checkpoints"
MODEL, CONFIG, METRICS, CARD = "model.safetensors", "config.json", "metrics.json", "card.md"
WAY_OUT = "train again, or take another checkpoint"


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
        CheckpointError: nothing there, another format, a truncated file, of another catalogue, or tables that mean
            nothing.
    """
    folder = FOLDER / str(path) if str(path) in shipped() else Path(path)
    if not (folder / CONFIG).exists():
        known = ", ".join(shipped()) or "none"
        raise CheckpointError(f"no checkpoint in {folder} (shipped: {known}; `clarigym train` makes one)")
    text = read_text(folder / CONFIG, CheckpointError)
    config = parse_json(text, f"{folder / CONFIG} is broken", CheckpointError, f"; {WAY_OUT}")
    if not isinstance(config, dict) or config.get("format") != FORMAT:
        raise CheckpointError(
            f"{folder / CONFIG} is no '{FORMAT}', it was written by another version of clarigym train or by something "
            f"else; {WAY_OUT}"
        )
    if catalogue is not None and config.get("fingerprint") != catalogue.fingerprint:
        raise CheckpointError(
            f"{folder} was trained on catalogue '{config.get('catalogue')}' as it was then, not on '{catalogue.name}' "
            f"as it is now; train one with: clarigym train --catalogue {_given(catalogue)} --out DIR"
        )
    tables = _read_tables(folder / MODEL)
    wrong = wrong_with(tables, catalogue)
    if wrong:
        raise CheckpointError(f"{folder / MODEL} {wrong}; {WAY_OUT}")
    return Checkpoint(folder, config, tables)


def _read_tables(path: Path) -> dict[str, np.ndarray]:
    from safetensors import SafetensorError
    from safetensors.numpy import load

    data = read_bytes(path, CheckpointError)
    try:
        return load(data)
    except (SafetensorError, KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"{path} can't be read ({error}); {WAY_OUT}") from None


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
    return (json.dumps(data, indent=2, ensure_ascii=False, sort_keys=True, allow_nan=False) + "\n").encode()


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
