"""Evaluations that are interrupted and resumed in processes of their own, and the false alarms of `compare`."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from agents.errors import Exit
from agents.evaluation.metrics import paired

ROOT = Path(__file__).parent.parent
EVALUATE = [sys.executable, "-m", "agents.cli", "evaluate", "--catalogue", "animals", "--questions", "yesno",
            "--workers", "2", "--json"]  # fmt: skip
ENVIRONMENT = os.environ | {"PYTHONPATH": str(ROOT)}


@pytest.mark.slow
def test_interrupted_with_two_workers_it_says_so_once_and_goes_on_where_it_was(tmp_path):
    whole, path = tmp_path / "whole.jsonl", tmp_path / "interrupted.jsonl"
    base = [*EVALUATE, "--agents", "fixed,exact", "--episodes", "150"]
    subprocess.run([*base, "--out", str(whole)], check=True, cwd=ROOT, env=ENVIRONMENT, capture_output=True)
    process = subprocess.Popen([*base, "--out", str(path)], cwd=ROOT, env=ENVIRONMENT, start_new_session=True,
                               text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # fmt: skip
    while process.poll() is None and (not path.exists() or path.read_bytes().count(b"\n") < 50):
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: the run and its workers
    out, err = process.communicate(timeout=20)
    assert process.returncode == Exit.INTERRUPTED and out == ""
    assert err.count("\n") == 1 and "Traceback" not in err and "--resume" in err
    kept = path.read_bytes()
    assert 0 < len(kept) < whole.stat().st_size and kept == whole.read_bytes()[: len(kept)]
    subprocess.run([*base, "--out", str(path), "--resume"], check=True, cwd=ROOT, env=ENVIRONMENT, capture_output=True)
    assert path.read_bytes() == whole.read_bytes()


@pytest.mark.slow
def test_killed_at_random_moments_and_resumed(tmp_path):
    """SIGKILL to the run and its workers, six times; the rows are those of an uninterrupted run."""
    whole, path = tmp_path / "whole.jsonl", tmp_path / "killed.jsonl"
    base = [*EVALUATE, "--agents", "uniform,fixed", "--episodes", "1000"]
    env = ENVIRONMENT
    subprocess.run([*base, "--out", str(whole)], check=True, cwd=ROOT, env=env, capture_output=True)
    rng = random.Random(4)
    size = whole.stat().st_size
    for kill in range(6):
        process = subprocess.Popen([*base, "--out", str(path), "--resume"], cwd=ROOT, env=env, start_new_session=True,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
        before = path.stat().st_size if path.exists() else 0
        wanted = before + rng.random() * (size - before) / (6 - kill)
        while process.poll() is None and (not path.exists() or path.stat().st_size < wanted):
            time.sleep(0.002)
        time.sleep(rng.random() * 0.05)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        assert path.read_bytes() == whole.read_bytes()[: path.stat().st_size], "a prefix, perhaps with a broken line"
    done = subprocess.run([*base, "--out", str(path), "--resume"], check=True, cwd=ROOT, env=env, capture_output=True)
    assert path.read_bytes() == whole.read_bytes()
    assert json.loads(done.stdout)["results"][0]["episodes"] == 1000


@pytest.mark.slow
def test_false_alarms_of_compare_are_at_the_nominal_rate():
    """An agent against itself under other draws of its own, 200 times."""
    from agents.evaluation.episodes import play
    from agents.evaluation.runner import rows_of as as_rows
    from agents.setting import make_setting
    from agents.strategies.registry import make_agent
    from envs.rules import Rules

    setting = make_setting("toy", "yesno", "hard", Rules(budget=4))
    agent = make_agent("uniform", setting)
    runs = [as_rows("uniform", play(agent, setting, 0, np.arange(100), agent_seed=k)) for k in range(400)]
    alarms = dict.fromkeys(("success", "reward", "nll_nats"), 0)
    together = 0
    for k in range(200):
        got = paired(runs[2 * k], runs[2 * k + 1], (4, 4))
        for key in alarms:
            alarms[key] += got[key]["p"] < 0.05
        together += any(figures["differs"] for figures in got.values())
    # 200 tries at 5 %: 10 expected, 3 to 19 with probability .995.
    assert all(3 <= n <= 19 for n in alarms.values()), alarms
    assert together <= 19, "corrected for five metrics, any of them in 5 % at most"


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="children are found in /proc")
def test_a_worker_that_is_killed_changes_no_byte(tmp_path):
    """SIGKILL to one of the two workers, twice; the run goes on and says so."""
    whole, path = tmp_path / "whole.jsonl", tmp_path / "killed.jsonl"
    base = [*EVALUATE, "--agents", "uniform,fixed", "--episodes", "2000"]
    subprocess.run([*base, "--out", str(whole)], check=True, cwd=ROOT, env=ENVIRONMENT, capture_output=True)
    process = subprocess.Popen([*base, "--out", str(path)], cwd=ROOT, env=ENVIRONMENT, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # fmt: skip
    for rows in (100, 800):
        while process.poll() is None and (not path.exists() or path.read_bytes().count(b"\n") < rows):
            time.sleep(0.01)
        os.kill(workers_of(process.pid)[-1], signal.SIGKILL)
    out, err = process.communicate(timeout=300)
    assert process.returncode == Exit.OK and json.loads(out)["results"][0]["episodes"] == 2000
    assert err.startswith("clarigym: workers were lost; batches that were played again: ") and err.count("\n") == 1
    assert path.read_bytes() == whole.read_bytes()


def workers_of(parent: int) -> list[int]:
    """The spawned processes of a process, the tracker of resources left out."""
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return [int(child) for child in children if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]
