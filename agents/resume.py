"""A run in a folder of its own: one at a time, begun anew only when asked, and resumed as if it had never stopped.

`clarigym train` and `clarigym train-policy` share these manners.  The folder is locked and tried out before hours are
spent.  All that the next step depends on is one file, `state.safetensors`: arrays, and JSON in its header, so that
nothing that is read can run code, as a pickle could.  It is replaced whole: a run that was killed finds the old state
or the new one, never half of one, and is refused where its options are not those that it was begun with.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from agents.errors import InputError
from agents.files import lock
from sim.files import LARGEST, check_regular, write_atomically

if TYPE_CHECKING:
    import torch

STATE = "state.safetensors"


class ResumeError(InputError):
    """A run that can't be gone on with; the message says why, and what to do."""


@contextlib.contextmanager
def run_folder(out: Path, results: str, resume: bool = False, overwrite: bool = False) -> Iterator[None]:
    """The folder of a run, made where it isn't there and locked until the end; one that was made in vain is gone then.

    Args:
        results: the file that holds what a run has come to, beside its state.
        resume, overwrite: what the user wants of a run that the folder holds.

    Raises:
        InputError: the folder holds a run, and neither was asked for.
        OSError: it can't be made or written to.
        BusyError: another run writes there.
        KeyboardInterrupt: as it came, with the way to go on.
    """
    if not (resume or overwrite) and any((out / name).exists() for name in (results, STATE)):
        ways = "go on with it by --resume, replace it by --overwrite, or choose another --out"
        raise InputError(f"{out} holds a run; {ways}")
    try:
        with _locked(out):
            yield
    except KeyboardInterrupt:
        raise KeyboardInterrupt("go on with --resume" if (out / STATE).exists() else "") from None


@contextlib.contextmanager
def _locked(out: Path) -> Iterator[None]:
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


def save_state(out: Path, format: str, arrays: Mapping[str, np.ndarray], state: Mapping[str, Any]) -> None:
    """All that a resumed run needs, in one file: arrays of numbers, and `state`, which is JSON, in its header.

    Args:
        format: who wrote it, and in which version.
    """
    from safetensors.numpy import save

    header = {"state": json.dumps({"format": format, **state}, allow_nan=False)}
    data = save({name: np.ascontiguousarray(x) for name, x in arrays.items()}, metadata=header)
    write_atomically(out / STATE, data)


def load_state(out: Path, format: str, command: str) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """The inverse of `save_state`.

    Args:
        command: what writes such states, for the message.

    Raises:
        ResumeError: nothing to resume, a file that is broken, or one of another version.
    """
    from safetensors import SafetensorError, safe_open

    path = out / STATE
    if not path.exists():
        raise ResumeError(f"nothing to resume in {out}: it has no {STATE}; leave --resume out to begin")
    check_regular(path, ResumeError, LARGEST)
    try:
        with safe_open(path, framework="numpy") as file:
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            state = dict(json.loads(file.metadata()["state"]))
            written_by = state.pop("format", None)
    except (SafetensorError, KeyError, TypeError, ValueError, OSError, RecursionError) as error:
        raise ResumeError(f"{path} can't be read ({error}); begin again without --resume") from None
    if written_by != format:
        raise ResumeError(f"{path} is of another version of clarigym {command}; begin again without --resume")
    return arrays, state


@contextlib.contextmanager
def restoring(out: Path) -> Iterator[None]:
    """While a state is taken over: what it lacks, or has in another shape, is one sentence.

    Raises:
        ResumeError: in place of what such a state runs into.
    """
    try:
        yield
    except ResumeError:
        raise
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, RuntimeError, OSError) as error:
        what = " ".join(str(error).split())
        raise ResumeError(f"{out} holds no state of such a run ({what}); begin again without --resume") from None


def digest(data: Any) -> str:
    """A short hash of what JSON can tell; mappings count as objects."""
    text = json.dumps(json.loads(json.dumps(data, default=dict)), sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def versions() -> dict[str, str]:
    """Of what the bytes of a result depend on."""
    import torch

    return {"torch": torch.__version__, "numpy": np.__version__, "python": platform.python_version()}


def check_same(out: Path, begun: Mapping[str, Any], now: Mapping[str, Any], may_differ: Iterable[str]) -> None:
    """That a run goes on as it was begun.

    Args:
        begun, now: what decides the result, as JSON tells it; only `may_differ` may.

    Raises:
        ResumeError: naming the first that differs.
    """
    for key in sorted({*now, *begun} - {*may_differ}):
        if json.loads(json.dumps(now.get(key))) != begun.get(key):
            raise ResumeError(
                f"{out} was begun with {key} = {begun.get(key)!r}, now it is {now.get(key)!r}; "
                "resume with the same options, or take another --out"
            )


def optimiser_arrays(optimiser: torch.optim.Optimizer) -> dict[str, np.ndarray]:
    """What an optimiser remembers of each parameter, as `optimiser.NUMBER.NAME`."""
    import torch

    return {
        f"optimiser.{number}.{name}": torch.as_tensor(value).detach().cpu().numpy()
        for number, memory in optimiser.state_dict()["state"].items()
        for name, value in memory.items()
    }


def restore_optimiser(optimiser: torch.optim.Optimizer, arrays: Mapping[str, np.ndarray]) -> None:
    """The inverse of `optimiser_arrays`; other arrays are passed over."""
    import torch

    memory: dict[int, dict[str, torch.Tensor]] = {}
    for key, value in arrays.items():
        if key.startswith("optimiser."):
            _, number, name = key.split(".")
            memory.setdefault(int(number), {})[name] = torch.from_numpy(value)
    optimiser.load_state_dict({"state": memory, "param_groups": optimiser.state_dict()["param_groups"]})
