"""Writing checkpoints and states of a run: safetensors and JSON, atomically, nothing pickled.

A reader, or a run that is resumed after a kill, finds the old file or the new one, never half of one.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from agents.files import lock, write_atomically, write_together
from agents.learning.serve import CONFIG, FORMAT, METRICS, MODEL, CheckpointError

STATE, CARD = "state.safetensors", "card.md"


@contextlib.contextmanager
def folder_to_write(out: Path) -> Iterator[None]:
    """Makes the folder and holds its lock, before hours are spent on what could not be written.

    A folder that it made and that nothing was written to is gone at the end.

    Raises:
        OSError: it can't be made or written to.
        BusyError: another run writes there.
    """
    made = not out.exists()
    out.mkdir(parents=True, exist_ok=True)
    held = os.open(out, os.O_RDONLY) if os.name == "posix" else None  # folders can't be opened elsewhere
    try:
        if held is not None:
            lock(held, out)
        write_atomically(out / ".trial", b"")
        (out / ".trial").unlink()
        yield
    finally:
        if held is not None:
            os.close(held)
        if made and not any(out.iterdir()):
            out.rmdir()


def as_json(data: Any) -> bytes:
    return (json.dumps(data, indent=2, ensure_ascii=False, sort_keys=True) + "\n").encode()


def save_checkpoint(out: Path, tables: dict[str, np.ndarray], config: dict[str, Any], metrics: dict[str, Any]) -> None:
    """A checkpoint as `serve.read_checkpoint` reads it: all of its files, or, where the disk refuses, none."""
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


def save_state(out: Path, tensors: dict[str, Any], state: dict[str, Any]) -> None:
    """All that a resumed run needs, in one file: the tensors, and `state` in its header."""
    from safetensors.torch import save

    header = {"state": json.dumps({"format": FORMAT, **state})}
    data = save({k: v.contiguous().cpu() for k, v in tensors.items()}, metadata=header)
    write_atomically(out / STATE, data)


def load_state(out: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """The inverse of `save_state`.

    Raises:
        CheckpointError: nothing to resume, a file that is broken, or one of another version.
    """
    from safetensors import SafetensorError, safe_open

    path = out / STATE
    if not path.exists():
        raise CheckpointError(f"nothing to resume in {out}: it has no {STATE}; leave --resume out to begin")
    try:
        with safe_open(path, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            state = json.loads(file.metadata()["state"])
            written_by = state.pop("format", None)
    except (SafetensorError, KeyError, TypeError, json.JSONDecodeError, OSError) as error:
        raise CheckpointError(f"{path} can't be read ({error}); begin again without --resume") from None
    if written_by != FORMAT:
        raise CheckpointError(f"{path} is of another version of clarigym train; begin again without --resume")
    return tensors, state
