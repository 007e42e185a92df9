"""The served policy against its torch original, the adapter, training that learns, and what goes wrong."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from agents.agent import Agent
from agents.commands.train_policy import TrainPolicy
from agents.errors import InputError
from agents.evaluation.episodes import play
from agents.policy.config import PolicyConfig, reference_stages
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
        PolicyConfig(steps=0)
    with pytest.raises(ValueError, match="num_envs = 1; 2 catalogues with 1 presets need at least 2"):
        PolicyConfig(catalogues=("toy", "animals"), num_envs=1)


def test_the_reference_is_a_configuration():
    assert [stage.steps for stage in reference_stages()] == [80_000, 252_000, 298_000]
    TrainPolicy(reference=True, out="elsewhere", resume=True)
    with pytest.raises(ValueError, match="reference fixes learning_rate; leave --learning-rate away"):
        TrainPolicy(reference=True, training=PolicyConfig(learning_rate=0.1))


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

    from agents.policy.network import ShortlistNetwork, exported
    from envs.features import Shortlist

    torch.manual_seed(0)
    network, shortlist = ShortlistNetwork(), Shortlist(by_gain=4, by_user=1)
    (tmp_path / "policy.safetensors").write_bytes(exported(network, shortlist))
    x = np.random.default_rng(0).uniform(-1, 1, (7, GLOBAL + 5 * PER_QUESTION)).astype(np.float32)
    served = load_network(tmp_path)
    assert served.shortlist == shortlist
    np.testing.assert_allclose(served.logits(x), network(torch.as_tensor(x))[0].detach().numpy(), atol=1e-5)


@IGNORE
def test_the_adapter_hands_on_what_the_environments_do():
    pytest.importorskip("sb3_contrib")
    from agents.policy.environments import make_parts
    from agents.policy.vecenv import BeliefVecEnv

    config = PolicyConfig(catalogues=("toy", "synthetic-1"), noise=("hard",), num_envs=5, max_questions=20, budget=3)
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
