"""The examples run as they stand."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def run(*arguments: str, seconds: int = 600) -> str:
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, cwd=ROOT, timeout=seconds, env=environment
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_ppo_in_one_file_learns():
    lines = run("-m", "examples.ppo", "--steps", "40000").splitlines()
    rewards = [float(line.split("reward")[1].split()[0]) for line in lines]
    assert len(rewards) == 40_000 // (32 * 64)
    assert sum(rewards[-3:]) / 3 > rewards[0] + 0.2


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="RLlib has an environment of its own, see the file")
def test_rllib_takes_a_belief_environment():
    assert run("examples/rllib_ppo.py", "--iterations", "2").count("iteration") == 2
