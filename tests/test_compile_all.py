"""Compiling ahead of time: nothing is left to compile for an app, a command or a training run."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.source import ROOT

USES = """
from agents.evaluation.evaluate import evaluate
from agents.play.mind import load_world
from agents.play.game import Session
from agents.play.views import Setup
from envs.beliefs import BeliefVectorEnv
from envs.vector import ClarifyVectorEnv
from sim.catalogue.load import load
from sim.numeric.first_use import loops_compiled
from sim.posterior.batched import BatchedPosterior
from sim.questions import question_bank
from sim.users.from_rates import make_channel
from sim.users.rates import PRESETS

for catalogue, agent in (("animals", "learned"), ("movies", "exact")):
    session = Session(load_world(Setup(catalogue=catalogue, agent=agent)))
    view = session.begin()
    for _ in range(4):
        view = session.answer(0, decide=True)
evaluate(["exact", "entropy", "uniform"], "animals", noise="clean", episodes=3)
animals = load("animals")
channel, bank = make_channel(animals, PRESETS["hard"]), question_bank(animals)
env = BeliefVectorEnv(ClarifyVectorEnv(5, "animals", noise="hard"), BatchedPosterior(channel, bank))
env.reset(seed=1)
for _ in range(3):
    env.step(env.action_masks().argmax(axis=1))
print(loops_compiled())
"""


def test_nothing_is_left_to_compile():
    """(`tests/conftest.py` has called `compile_all`.)"""
    done = subprocess.run([sys.executable, "-W", "error", "-c", USES], cwd=ROOT, capture_output=True, text=True)
    assert (done.stdout, done.stderr, done.returncode) == ("0\n", "", 0)


@pytest.mark.skipif(sys.platform == "win32", reason="ends as on POSIX")
def test_the_other_process_ends_with_this_one(tmp_path):
    """An app that is left while another process compiles for it leaves nothing behind."""
    slow = tmp_path / "slow.py"
    slow.write_text("#!/bin/sh\nexec sleep 100\n")
    slow.chmod(0o755)
    code = f"""
import threading, time
from envs.compile_all import compile_in_another_process
import subprocess
begun = subprocess.Popen
def noted(command, **how):
    other = begun([{str(slow)!r}], **how)
    print(other.pid, flush=True)
    return other
subprocess.Popen = noted
threading.Thread(target=compile_in_another_process, daemon=True).start()
time.sleep(0.3)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    gone = subprocess.run(["kill", "-0", done.stdout.strip()], capture_output=True)
    assert gone.returncode != 0
