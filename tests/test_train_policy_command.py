"""`clarigym train-policy`: what is refused before work begins, and the manners of a run in a folder."""

from __future__ import annotations

import errno
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from agents.cli import main
from agents.policy.serve import POLICY
from agents.resume import STATE, run_folder

pytest.importorskip("sb3_contrib")

pytestmark = pytest.mark.filterwarnings("ignore")
ROOT = Path(__file__).parent.parent
TINY = ["--catalogues", "toy", "--num-envs", "8", "--n-steps", "8", "--batch-size", "32", "--max-questions", "12",
        "--steps", "128", "--checkpoint-every", "64"]  # fmt: skip
BAD = {
    "steps = 0": ["--steps", "0"],
    "num_envs = 0": ["--num-envs", "0"],
    "num_envs = -3": ["--num-envs", "-3"],
    "num_envs = 1; 2 catalogues": ["--catalogues", "toy", "animals", "--num-envs", "1"],
    "n_steps = 0": ["--n-steps", "0"],
    "turns between updates; at most": ["--num-envs", "1000000000"],
    "batch_size = 1; it must be at least 2": ["--batch-size", "1"],
    "make a batch of one": ["--num-envs", "8", "--n-steps", "8", "--batch-size", "63"],
    "64 turns make a batch of one with batch_size = 3": ["--num-envs", "8", "--n-steps", "8", "--batch-size", "3"],
    "epochs = 0": ["--epochs", "0"],
    "learning_rate = 0.0": ["--learning-rate", "0"],
    "learning_rate = -1.0": ["--learning-rate", "-1"],
    "learning_rate = nan": ["--learning-rate", "nan"],
    "learning_rate = inf": ["--learning-rate", "inf"],
    "gae = nan": ["--gae", "nan"],
    "gae = 2.0": ["--gae", "2"],
    "gae = -0.1": ["--gae", "-0.1"],
    "entropy = nan": ["--entropy", "nan"],
    "entropy = -1.0": ["--entropy", "-1"],
    "shaping = inf": ["--shaping", "inf"],
    "shaping = -1.0": ["--shaping", "-1"],
    "by_gain = 0": ["--by-gain", "0"],
    "by_user = -1": ["--by-user", "-1"],
    "by_gain=100000": ["--by-gain", "100000"],
    "imitate = -1": ["--imitate", "-1"],
    "seed = -1": ["--seed", "-1"],
    "seed = 9223372036854775808": ["--seed", str(2**63)],
    "checkpoint_every = 0": ["--checkpoint-every", "0"],
    "evaluate = -1": ["--evaluate", "-1"],
    "max_questions = 0": ["--max-questions", "0"],
    "budget = 0": ["--budget", "0"],
    "budget = 10001; it must be at most 10,000": ["--budget", "10001"],
    "steps = 10000000001; it must be at most 10,000,000,000": ["--steps", "10000000001"],
    "imitate = 1000000001; it must be at most": ["--imitate", "1000000001"],
    "epochs = 1001; it must be at most 1,000": ["--epochs", "1001"],
    "evaluate = 100001; it must be at most 100000": ["--evaluate", "100001"],
    "entropy = 1e+30; it must be from 0 to 1,000,000": ["--entropy", "1e30"],
    "shaping = 1e+308; it must be from 0": ["--shaping", "1e308"],
    "question_cost = -1e+30; it must be from -1,000,000 to 1,000,000": ["--question-cost", "-1e30"],
    "question_cost = nan": ["--question-cost", "nan"],
    "question_cost = inf": ["--question-cost", "inf"],
    "invalid choice 'maybe'": ["--questions", "maybe"],
    "no catalogue 'synthetic-x'": ["--catalogues", "synthetic-x"],
    "no catalogue 'synthetic--1'": ["--catalogues", "synthetic--1"],
    "moovies": ["--catalogues", "moovies"],
    "17,060 intents; policies are trained on up to 1,000": ["--catalogues", "movies"],
    "awful": ["--noise", "awful"],
    "nothing to resume": ["--resume"],
    "give one of them": ["--resume", "--overwrite"],
    "reference fixes steps": ["--reference", "--steps", "5"],
    "invalid literal for int() with base 10: 'many'": ["--steps", "many"],
}


@pytest.fixture
def here(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refused(capsys, code: int, words: str, *arguments: str) -> None:
    """One sentence on stderr that holds these words, and nothing on stdout."""
    capsys.readouterr()
    assert main(["train-policy", *arguments]) == code
    out, err = capsys.readouterr()
    assert words in err and "Traceback" not in err and "internal error" not in err, err
    assert err.count("\n") == 1 and not out, (out, err)


@pytest.mark.parametrize("words", BAD)
def test_bad_options_are_one_sentence_and_leave_no_files(here, capsys, words):
    refused(capsys, 2, words, *BAD[words])
    assert list(here.iterdir()) == []


def test_a_folder_that_holds_a_run_is_not_taken_for_another(here, capsys):
    assert main(["train-policy", *TINY]) == 0
    assert "policy/policy.safetensors: clarigym watch" in capsys.readouterr().err
    first = (here / "policy" / POLICY).read_bytes()
    refused(capsys, 2, "policy holds a run; go on with it by --resume, replace it by --overwrite", *TINY, "--seed", "1")
    refused(capsys, 2, "policy was begun with seed = 0, now it is 1", *TINY, "--seed", "1", "--resume")
    assert (here / "policy" / POLICY).read_bytes() == first
    assert main(["train-policy", *TINY, "--seed", "1", "--overwrite"]) == 0
    assert (here / "policy" / POLICY).read_bytes() != first


def test_two_runs_in_one_folder(here, capsys):
    with run_folder(here / "policy", POLICY):
        refused(capsys, 4, "policy is being written by another run", *TINY)


def test_what_cannot_be_written_is_said_before_training(here, capsys, monkeypatch):
    (here / "file").write_text("")
    monkeypatch.setattr("agents.policy.train.train", lambda *_, **__: pytest.fail("trained"))
    refused(capsys, 4, "file", *TINY, "--out", "file/run")
    assert (here / "file").read_text() == ""


def test_a_full_disk_leaves_whole_files(here, capsys, monkeypatch):
    """The disk is full at some write of a run; what was there before is as it was, or as whole."""
    assert main(["train-policy", *TINY]) == 0
    names = sorted(path.name for path in (here / "policy").iterdir())
    write, calls = os.fsync, [0]

    def full(file):
        calls[0] += 1
        if calls[0] > 6:
            raise OSError(errno.ENOSPC, "No space left on device")
        write(file)

    monkeypatch.setattr("os.fsync", full)
    capsys.readouterr()
    longer = [*TINY[:-4], "--steps", "512", *TINY[-2:]]
    assert main(["train-policy", *longer, "--resume"]) == 4
    assert "No space left on device" in capsys.readouterr().err
    monkeypatch.undo()
    monkeypatch.chdir(here)
    assert sorted(path.name for path in (here / "policy").iterdir()) == names
    assert main(["train-policy", *longer, "--resume"]) == 0


@pytest.mark.parametrize(
    ("data", "words"),
    [(b"torn", "can't be read"), (b"", "can't be read"), (b"PK\x03\x04", "can't be read")],
    ids=["torn", "empty", "archive"],
)
def test_a_state_that_is_none_is_said(here, capsys, data, words):
    (here / "policy").mkdir()
    (here / "policy" / STATE).write_bytes(data)
    refused(capsys, 2, words, *TINY, "--resume")


def test_states_of_other_runs_are_said(here, capsys):
    """Of `clarigym train`, and one whose numbers are none."""
    import numpy as np

    from agents.policy.train import FORMAT
    from agents.resume import save_state

    out = here / "policy"
    assert main(["train", "--catalogue", "toy", "--out", str(out), "--count", "64", "--evaluate-every", "64"]) == 0
    refused(capsys, 2, "is of another version of clarigym train-policy", *TINY, "--resume")
    arrays = {"policy.x": np.zeros(3, np.float32), "optimiser.0.step": np.zeros((), np.float32)}
    for state in ({}, {"about": 3}, {"about": {}}, {"about": [], "turns": "many"}):
        save_state(out, FORMAT, arrays, state)
        refused(capsys, 2, str(out.name), *TINY, "--resume")


@pytest.mark.slow
def test_killed_processes_are_resumed_to_the_same_policy(tmp_path):
    """SIGKILL at random moments of a run on animals."""
    options = ["--catalogues", "animals", "synthetic-1", "--num-envs", "16", "--n-steps", "16", "--batch-size", "128",
               "--max-questions", "40", "--steps", "3072", "--checkpoint-every", "512", "--imitate", "600"]  # fmt: skip
    command = [sys.executable, "-m", "agents.cli", "train-policy", *options]
    begun = time.monotonic()
    subprocess.run([*command, "--out", str(tmp_path / "whole")], check=True, cwd=ROOT, capture_output=True)
    length, killed, kills = time.monotonic() - begun, tmp_path / "killed", 0
    rng = random.Random(3)
    for _ in range(4):
        resume = ["--resume"] if (killed / STATE).exists() else ["--overwrite"]
        process = subprocess.Popen([*command, "--out", str(killed), *resume], cwd=ROOT, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)  # fmt: skip
        try:
            process.wait(timeout=length * rng.uniform(0.3, 0.8))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            kills += 1
    assert kills
    subprocess.run([*command, "--out", str(killed), "--resume"], check=True, cwd=ROOT, capture_output=True)
    for name in (POLICY, STATE):
        assert (killed / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_weights_that_are_not_finite_are_said_and_not_saved(here, capsys, monkeypatch):
    import torch

    from agents.policy.network import ShortlistPolicy

    made = ShortlistPolicy.__init__

    def broken(self, *arguments, **options) -> None:
        made(self, *arguments, **options)
        with torch.no_grad():
            next(self.parameters()).fill_(float("nan"))

    monkeypatch.setattr(ShortlistPolicy, "__init__", broken)
    refused(capsys, 2, "the weights are not finite after 0 turns; lower --learning-rate (it is 0.001)", *TINY)
    assert not (here / "policy" / POLICY).exists()
