"""The served policy against its torch original, the adapter, training that learns, and what goes wrong."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from agents.agent import Agent
from agents.errors import InputError
from agents.evaluation.episodes import play
from agents.policy.config import TrainPolicy, reference_stages
from agents.policy.serve import REFERENCE, load_network, policy
from agents.policy.synthetic import synthetic
from agents.setting import Setting
from agents.strategies.registry import make_agent
from envs.features import GLOBAL, PER_QUESTION
from envs.rules import Rules
from sim.catalogue.load import load
from sim.questions import question_bank
from sim.users.rates import PRESETS

ROOT = Path(__file__).resolve().parent.parent


def setting(name="toy", noise="hard", **options):
    return Setting(bank=question_bank(load(name)), rates=PRESETS[noise], rules=Rules(**options))


def test_it_is_an_agent_and_better_than_chance():
    agent = policy(setting())
    assert isinstance(agent, Agent)
    mine = play(agent, setting(), 3, np.arange(60)).reward.mean()
    chance = play(make_agent("uniform", setting()), setting(), 3, np.arange(60)).reward.mean()
    assert mine > chance


def test_an_episode_is_the_same_in_any_batch():
    one = play(policy(setting()), setting(), 5, np.arange(4, 6))
    many = play(policy(setting()), setting(), 5, np.arange(12))
    assert one.guess.tolist() == many.guess[4:6].tolist()
    assert one.dialogues.questions.tolist() == many.dialogues.questions[4:6].tolist()


def test_several_guesses_name_several_intents():
    agent = policy(setting(guesses=3))
    play(agent, setting(guesses=3), 1, np.arange(30))
    assert (agent._named > 1).any()
    for row in agent._guessed.tolist():
        named = [i for i in row if i >= 0]
        assert len(named) == len(set(named))


def test_openings_are_heard():
    played = play(policy(setting(opening=True)), setting(opening=True), 1, np.arange(10))
    assert played.p_start.std() > 0


def test_the_reference_says_what_it_was_trained_on():
    from safetensors import safe_open

    with safe_open(REFERENCE, framework="numpy") as file:
        about = json.loads(file.metadata()["policy"])
    assert "movies" not in " ".join(about["config"]["catalogues"])
    assert REFERENCE.with_name("reference.md").exists()


def test_serving_needs_no_torch():
    code = """
import sys, numpy as np
from agents.setting import Setting
from agents.policy.serve import policy
from envs.rules import Rules
from sim.catalogue.load import load
from sim.questions import question_bank
from sim.users.rates import PRESETS
agent = policy(Setting(bank=question_bank(load("toy")), rates=PRESETS["typical"], rules=Rules()))
agent.reset(np.zeros(1, np.uint64)); agent.act(np.array([0]), np.array([20]))
print([m for m in ("torch", "stable_baselines3", "transformers") if m in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "[]"


def test_what_is_no_policy_is_refused(tmp_path):
    with pytest.raises(InputError, match="isn't there; give --checkpoint what"):
        load_network(tmp_path / "nothing")
    (tmp_path / "policy.safetensors").write_bytes(b"nonsense")
    with pytest.raises(InputError, match="is not a policy"):
        load_network(tmp_path)


def test_configurations_that_cannot_be():
    with pytest.raises(ValueError, match="steps = 0"):
        TrainPolicy(steps=0)
    with pytest.raises(ValueError, match="num_envs = 1; 2 catalogues with 1 presets need at least 2"):
        TrainPolicy(catalogues=("toy", "animals"), num_envs=1)


def test_the_reference_is_a_configuration():
    stages = reference_stages("somewhere", evaluate=7)
    assert [stage.steps for stage in stages] == [80_000, 252_000, 298_000]
    assert [stage.resume for stage in stages] == [False, True, True]
    assert stages[2].out == "somewhere" and stages[2].evaluate == 7
    TrainPolicy(reference=True, out="elsewhere", resume=True)
    with pytest.raises(ValueError, match="reference fixes learning_rate; leave --learning-rate away"):
        TrainPolicy(reference=True, learning_rate=0.1)


def test_synthetic_catalogues_are_functions_of_their_seed():
    assert synthetic(4).fingerprint == synthetic(4).fingerprint != synthetic(5).fingerprint
    for seed in range(6):
        assert len(question_bank(synthetic(seed))) > 5


# --- with torch and sb3-contrib -----------------------------------------------------------------------------------

IGNORE = pytest.mark.filterwarnings("ignore")


@IGNORE
def test_numpy_computes_what_torch_computes(tmp_path):
    pytest.importorskip("sb3_contrib")
    import torch

    from agents.policy.network import ShortlistNetwork, export
    from envs.features import Shortlist

    torch.manual_seed(0)
    network, shortlist = ShortlistNetwork(), Shortlist(by_gain=4, by_user=1)
    export(network, shortlist, tmp_path / "policy.safetensors")
    x = np.random.default_rng(0).uniform(-1, 1, (7, GLOBAL + 5 * PER_QUESTION)).astype(np.float32)
    served = load_network(tmp_path)
    assert served.shortlist == shortlist
    np.testing.assert_allclose(served.logits(x), network(torch.as_tensor(x))[0].detach().numpy(), atol=1e-5)


@IGNORE
def test_the_adapter_hands_on_what_the_environments_do():
    pytest.importorskip("sb3_contrib")
    from agents.policy.train import make_parts
    from agents.policy.vecenv import BeliefVecEnv

    config = TrainPolicy(catalogues=("toy", "synthetic-1"), noise=("hard",), num_envs=5, max_questions=20, budget=3)
    both, apart = BeliefVecEnv(make_parts(config), 9), make_parts(config)
    assert [part.num_envs for part in apart] == [3, 2]
    observations = both.reset()
    alone = [apart[0].reset(seed=9)[0], apart[1].reset(seed=12)[0]]
    np.testing.assert_array_equal(observations, np.concatenate(alone))
    ended = 0
    for _ in range(8):
        masks = both.env_method("action_masks")
        actions = masks.argmax(axis=1)
        both.step_async(actions)
        observations, rewards, dones, infos = both.step_wait()
        one, other = (part.step(a) for part, a in zip(apart, np.split(actions, [3]), strict=True))
        np.testing.assert_array_equal(observations, np.concatenate([one[0], other[0]]))
        np.testing.assert_allclose(rewards, np.concatenate([one[1], other[1]]), atol=1e-6)
        for b in np.flatnonzero(dones):
            assert infos[b]["episode"]["l"] == 4
            assert infos[b]["terminal_observation"].shape == observations[b].shape
        ended += dones.sum()
    assert ended == 10


@IGNORE
@pytest.mark.slow
def test_the_reference_trains_in_three_stages_and_goes_on_where_it_was_cut_off(tmp_path):
    pytest.importorskip("sb3_contrib")
    from dataclasses import replace

    import torch

    from agents.policy.train import train, train_stages

    torch.set_num_threads(1)

    def tiny(out):
        sizes = {"num_envs": 12, "n_steps": 8, "batch_size": 48, "max_questions": 12, "imitate": 480}
        steps = (192, 384, 480)
        return [replace(s, steps=n, **sizes) for s, n in zip(reference_stages(str(out)), steps, strict=True)]

    lines = []
    model = train_stages(tiny(tmp_path / "once"), lines.append)
    assert model.num_timesteps == 480
    assert [line for line in lines if line.startswith("stage")][1] == "stage 2 of 3: to turn 384"
    about = json.loads((tmp_path / "once" / "config.json").read_text())
    assert (about["seed"], about["gae"], about["expected"], about["entropy"]) == (2, 0.97, True, 0.0)
    assert (model.gae_lambda, model.ent_coef) == (0.97, 0.0)
    # The rate falls along a line of the stage's own: the third begins at turn 384 and ends at 480.
    assert [model.lr_schedule(1 - turn / 480) for turn in (384, 432, 480)] == pytest.approx([6e-4, 3e-4, 0.0])
    assert load_network(tmp_path / "once").shortlist.size == 10
    stages = tiny(tmp_path / "cut")
    train(stages[0], lambda line: None)
    again = train_stages([replace(stages[0], resume=True), *stages[1:]], lambda line: None)
    assert again.num_timesteps == 480
    curve = (tmp_path / "cut" / "curve.jsonl").read_text().splitlines()
    assert [json.loads(line)["steps"] for line in curve] == [96, 192, 288, 384, 480]


@IGNORE
@pytest.mark.slow
def test_training_learns_and_resumes(tmp_path):
    pytest.importorskip("sb3_contrib")
    from dataclasses import replace

    import torch

    from agents.policy.train import train

    torch.set_num_threads(1)
    config = TrainPolicy(
        catalogues=("toy",), steps=15_000, num_envs=32, n_steps=32, batch_size=256, out=str(tmp_path / "run")
    )
    train(config, lambda line: None)
    curve = [json.loads(line) for line in (tmp_path / "run" / "curve.jsonl").read_text().splitlines()]
    assert curve[-1]["reward"] > curve[0]["reward"] + 0.2
    model = train(replace(config, steps=17_000, resume=True), lambda line: None)
    assert model.num_timesteps >= 17_000
    mine = Setting(bank=question_bank(load("toy")), rates=PRESETS["typical"], rules=Rules(), checkpoint=config.out)
    assert play(make_agent("policy", mine), mine, 1 << 40, np.arange(200)).reward.mean() > 0.3
