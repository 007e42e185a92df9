"""Training of policies: a resumed run equals an uninterrupted one byte for byte, and no file that is read runs code."""

from __future__ import annotations

import io
import json
import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("sb3_contrib")

import torch

from agents.cli import main
from agents.evaluation.episodes import play
from agents.policy.config import PolicyConfig, reference_stages
from agents.policy.serve import POLICY, load_network
from agents.policy.train import CONFIG, CURVE, train, train_stages
from agents.policy.vecenv import BeliefVecEnv
from agents.resume import STATE, ResumeError
from agents.setting import Setting
from agents.strategies.registry import make_agent
from envs.rules import Rules
from sim.catalogue.load import load
from sim.questions import question_bank
from sim.users.rates import PRESETS

pytestmark = pytest.mark.filterwarnings("ignore")
torch.set_num_threads(1)


def tiny(**options: Any) -> PolicyConfig:
    """A few rollouts of 96 turns on toy; states after the second, fourth and so on."""
    sizes = {"num_envs": 12, "n_steps": 8, "batch_size": 48, "max_questions": 12, "steps": 480, "checkpoint_every": 150}
    return PolicyConfig(**({"catalogues": ("toy",), "noise": ("hard",)} | sizes | options))


def written(folder: Path) -> dict[str, Any]:
    """What a run has come to, without the seconds that it took."""
    curve = [json.loads(line) for line in (folder / CURVE).read_text().splitlines()]
    files = {name: (folder / name).read_bytes() for name in (POLICY, CONFIG, STATE)}
    return files | {"curve": [row | {"seconds": 0} for row in curve]}


class Kill(Exception):
    """A run dies here."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Path:
    """A run that was never interrupted."""
    folder = tmp_path_factory.mktemp("whole")
    train(tiny(imitate=240), folder, say=lambda line: None)
    return folder


@pytest.mark.parametrize("killed", [96, 192, 288, 384])
def test_a_run_killed_and_resumed_is_an_uninterrupted_one_byte_for_byte(whole, tmp_path, killed):
    """Killed when only what was imitated is saved, just after a state, in between, and after the last but one."""

    def kill(progress):
        if progress.turns == killed:
            raise Kill

    with pytest.raises(Kill):
        train(tiny(imitate=240), tmp_path, say=lambda line: None, report=kill)
    assert written(tmp_path)[STATE] != written(whole)[STATE]
    train(tiny(imitate=240), tmp_path, resume=True, say=lambda line: None)
    assert written(tmp_path) == written(whole)
    assert [row["steps"] for row in written(whole)["curve"]] == [96, 192, 288, 384, 480]


def test_segments_meet_other_users(tmp_path, monkeypatch):
    """What broke: a resumed run met the users of the first one again."""
    begun: list[int] = []
    original = BeliefVecEnv.reset

    def reset(self: BeliefVecEnv) -> np.ndarray:
        begun.append(self.users_from)
        return original(self)

    monkeypatch.setattr(BeliefVecEnv, "reset", reset)
    train(tiny(seed=3), tmp_path, say=lambda line: None)
    train(tiny(seed=3, steps=576), tmp_path, resume=True, say=lambda line: None)
    assert begun == [3_000_009, 3_000_009 + 12, 3_000_009 + 24, 3_000_009 + 36]


def test_resuming_names_what_differs_and_a_run_may_be_made_longer(tmp_path):
    train(tiny(steps=96), tmp_path, say=lambda line: None)
    with pytest.raises(ResumeError, match=r"was begun with gae = 0\.95, now it is 0\.9"):
        train(tiny(steps=96, gae=0.9), tmp_path, resume=True, say=lambda line: None)
    with pytest.raises(ResumeError, match="was begun with catalogue_digests"):
        train(tiny(steps=96, catalogues=("synthetic-3",)), tmp_path, resume=True, say=lambda line: None)
    with pytest.raises(ResumeError, match="was begun with noise_digests"):
        train(tiny(steps=96, noise=("typical",)), tmp_path, resume=True, say=lambda line: None)
    with pytest.raises(ResumeError, match="nothing to resume"):
        train(tiny(), tmp_path / "none", resume=True, say=lambda line: None)
    before = written(tmp_path)
    assert train(tiny(steps=96), tmp_path, resume=True, say=lambda line: None).num_timesteps == 96
    assert written(tmp_path) == before  # it has come to its end
    assert train(tiny(steps=192), tmp_path, resume=True, say=lambda line: None).num_timesteps == 192


class Trap:
    """Unpickled, it leaves a trace."""

    def __init__(self, path: Path):
        self.path = path

    def __reduce__(self):
        return (Path.touch, (self.path,))


@pytest.mark.parametrize("name", [STATE, "model.zip", CURVE, POLICY])
def test_nothing_that_is_read_runs_code(tmp_path, capsys, name):
    run, trace = tmp_path / "run", tmp_path / "trace"
    train(tiny(steps=96), run, say=lambda line: None)
    buffer = io.BytesIO()
    torch.save({"state": Trap(trace)}, buffer)
    for data in (pickle.dumps(Trap(trace)), buffer.getvalue()):
        (run / name).write_bytes(data)
        arguments = ["--resume", "--catalogues", "toy", "--noise", "hard", "--steps", "192", "--num-envs", "12"]
        arguments += ["--n-steps", "8", "--batch-size", "48", "--max-questions", "12", "--checkpoint-every", "150"]
        code = main(["train-policy", "--out", str(run), *arguments])
        assert code == (2 if name in (STATE, CURVE) else 0), capsys.readouterr().err
        assert main(["watch", "--catalogue", "toy", "--agent", "policy", "--checkpoint", str(run)]) in (0, 2)
        assert not trace.exists()
    trapped = pickle.loads(pickle.dumps(Trap(trace)))
    assert trapped is None and trace.exists()


def test_the_reference_trains_in_three_stages_and_goes_on_where_it_was_cut_off(tmp_path):
    sizes = {"num_envs": 12, "n_steps": 8, "batch_size": 48, "max_questions": 12, "imitate": 480,
             "catalogues": ("toy",), "checkpoint_every": 96}  # fmt: skip
    stages = [replace(s, steps=n, **sizes) for s, n in zip(reference_stages(), (192, 384, 480), strict=True)]
    lines: list[str] = []
    model = train_stages(stages, tmp_path / "once", say=lines.append)
    assert model.num_timesteps == 480
    assert [line for line in lines if line.startswith("stage")][1] == "stage 2 of 3: to turn 384"
    about = json.loads((tmp_path / "once" / "config.json").read_text())
    assert (about["seed"], about["gae"], about["expected"], about["entropy"]) == (2, 0.97, True, 0.0)
    assert (model.gae_lambda, model.ent_coef) == (0.97, 0.0)
    # The rate falls along a line of the stage's own: the third begins at turn 384 and ends at 480.
    assert [model.lr_schedule(1 - turn / 480) for turn in (384, 432, 480)] == pytest.approx([6e-4, 3e-4, 0.0])
    assert load_network(tmp_path / "once").shortlist.size == 10
    for killed in (96, 192, 288, 480):  # in the first stage, at its end, in the second, at the end of all

        def kill(progress, killed=killed):
            if progress.turns == killed:
                raise Kill

        out = tmp_path / str(killed)
        with pytest.raises(Kill):
            train_stages(stages, out, say=lines.append, report=kill)
        train_stages(stages, out, resume=True, say=lines.append)
        assert written(out) == written(tmp_path / "once")


@pytest.mark.slow
def test_training_learns_and_resumes(tmp_path):
    config = PolicyConfig(catalogues=("toy",), steps=15_000, num_envs=32, n_steps=32, batch_size=256)
    train(config, tmp_path, say=lambda line: None)
    curve = [json.loads(line) for line in (tmp_path / "curve.jsonl").read_text().splitlines()]
    assert curve[-1]["reward"] > curve[0]["reward"] + 0.2
    model = train(replace(config, steps=17_000), tmp_path, resume=True, say=lambda line: None)
    assert model.num_timesteps >= 17_000
    mine = Setting(bank=question_bank(load("toy")), rates=PRESETS["typical"], rules=Rules(), checkpoint=str(tmp_path))
    assert play(make_agent("policy", mine), mine, 1 << 40, np.arange(200)).reward.mean() > 0.3
