"""What a file of results says of where it comes from: versions, the commit, and hashes of the checkpoints."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from agents.learning.checkpoint import FOLDER, shipped, shipped_for
from agents.policy.serve import REFERENCE
from agents.setting import Setting
from agents.strategies.registry import LEARNED, TRAINED, parts_of

ROOT = Path(__file__).resolve().parents[2]
LIBRARIES = ("numpy", "scipy", "numba", "torch")
"""Those whose version may change a figure."""
WEIGHTS = ("*.safetensors", "config.json")
"""Of a folder: what was learned, and what it was learned for."""
PATIENCE_S = 10
"""For git to answer."""


def made_with() -> dict[str, str]:
    """Versions, and the commit where clarigym runs from a checkout; for people, no result is compared by it."""
    out = {"clarigym": _version("clarigym"), "python": sys.version.split()[0]}
    out |= {name: _version(name) for name in LIBRARIES}
    commit = _commit()
    return out | ({"commit": commit} if commit else {})


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _commit() -> str:
    """The commit of the checkout, with a "+" where files have changed since; empty where there is no checkout."""
    if not (ROOT / ".git").exists():
        return ""
    try:
        said = [
            subprocess.run(["git", "-C", str(ROOT), *words], capture_output=True, text=True, timeout=PATIENCE_S)
            for words in (["rev-parse", "HEAD"], ["status", "--porcelain", "--untracked-files=no"])
        ]
    except (OSError, subprocess.SubprocessError):
        return ""
    if said[0].returncode:
        return ""
    return said[0].stdout.strip() + ("+" if said[1].stdout.strip() else "")


def checkpoint_digests(names: Sequence[str], setting: Setting) -> dict[str, str]:
    """Agent to a hash of what it has learned, for those who read a checkpoint.

    Raises:
        CheckpointError: none ships for the catalogue.
    """
    out = {}
    for name in dict.fromkeys(part for given in names for part in parts_of(given)):
        if name in TRAINED:
            out[name] = digest_of(_checkpoint(name, setting))
        elif setting.checkpoint and ":" in name and Path(setting.checkpoint).exists():
            out[name] = digest_of(Path(setting.checkpoint))
    return out


def _checkpoint(name: str, setting: Setting) -> Path:
    given = setting.checkpoint
    if name != LEARNED:
        return Path(given or REFERENCE)
    return FOLDER / (given or shipped_for(setting.catalogue)) if not given or given in shipped() else Path(given)


def digest_of(path: Path) -> str:
    """A short hash of a file, or of the weights and the configuration in a folder."""
    files = sorted(file for pattern in WEIGHTS for file in path.glob(pattern)) if path.is_dir() else [path]
    out = hashlib.blake2b(digest_size=8)
    for file in files:
        out.update(hashlib.blake2b(file.read_bytes()).digest())
    return out.hexdigest()
