"""`clarigym/ClarifyText-v1`: Gymnasium's contract, the same bytes for the same seed, the golden playthrough."""

from __future__ import annotations

import copy
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

import envs
from envs.text.clarify_text import ClarifyTextEnv
from sim.catalogue.catalogue import Catalogue, make_facet
from tests.test_policy_examples import run
from tests.test_text_game import HOSTILE

ROOT = Path(__file__).resolve().parent.parent
GOLDEN = Path(__file__).parent / "playthroughs" / "ClarifyText-v1.jsonl"


def make(**kwargs) -> ClarifyTextEnv:
    return gymnasium.make(envs.TEXT, **({"catalogue": "toy"} | kwargs)).unwrapped  # type: ignore[return-value]


@pytest.mark.parametrize("catalogue", ["toy", "animals", "movies-1k"])
@pytest.mark.parametrize("extra", [{}, {"opening": False, "guesses": 2, "budget": 3}])
def test_gymnasium_checker(catalogue, extra):
    check_env(make(catalogue=catalogue, **extra), skip_render_check=True)


@pytest.mark.parametrize("catalogue", ["toy", "famous"])
def test_random_rollouts_end_by_their_messages(catalogue):
    env = make(catalogue=catalogue, budget=3)
    env.action_space.seed(0)
    observation, info = env.reset(seed=0)
    assert info == {}
    ended = 0
    while ended < 5:
        assert observation in env.observation_space
        observation, reward, terminated, truncated, info = env.step(env.action_space.sample())
        assert reward <= 0 and {"read"} <= set(info)
        if terminated or truncated:
            ended += 1
            assert {"intent", "success", "corruptions"} <= set(info) and not info["success"]
            assert truncated or "wrong" in observation or "No questions were left" in observation
            observation, _ = env.reset()


def test_messages_are_questions_and_guesses():
    env = make(noise="clean", render_mode="ansi", guesses=2)
    env.reset(seed=0, options={"intent": "Diavola"})
    observation, reward, terminated, truncated, info = env.step("is it vegetarian?")
    assert (reward, terminated, truncated, info) == (-0.02, False, False, {"read": True})
    assert "[questions left: 19]" in observation
    assert env.step("I think it is Diavola")[4] == {"read": False}  # no guess, and no question
    assert env.step("My guess: Marinara")[1:4] == (-1.0, False, False)
    assert env.render().count("\n") == 4
    observation, reward, terminated, _, info = env.step("Well then.\nMy guess: diavola.")
    assert (reward, terminated, info["success"], info["intent_name"]) == (1.0, True, True, "Diavola")
    with pytest.raises(gymnasium.error.ResetNeeded):
        env.step("again?")
    env.reset()
    with pytest.raises(gymnasium.error.InvalidAction, match="no text"):
        env.step(3)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "guess",
    ["My guess: Diavola", "my guess is: diavola", "Guess: Diavola", " *My guess:* diavola", "Final guess - Diavola!"],
)
def test_ways_to_guess(guess):
    env = make(noise="clean")
    env.reset(seed=0, options={"intent": "Diavola"})
    assert env.step(guess)[1] == 1.0


def test_episodes_follow_each_other_and_options_fix_the_user():
    env, other = make(), make()
    first = env.reset(seed=5)[0]
    second = env.reset()[0]
    assert (env._seed, env._episode) == (5, 1) and env.reset(seed=5)[0] == first
    assert other.dialogue.begin(5, 1).text in second
    env.reset(seed=1, options={"intent": 3, "user": {"memory": {"colour": None}}})
    assert env.dialogue.dialogues.users.intent[0] == 3
    for wrong in ({"intnt": 1}, {"intent": "Hawaii"}, {"user": {"sed": 1}}):
        with pytest.raises(ValueError, match="option"):
            env.reset(options=wrong)


def test_a_copy_goes_its_own_way():
    env = make()
    env.reset(seed=3)
    twin = copy.deepcopy(env)
    assert [env.step(m) for m in ("is it vegetarian?", "what is on it?")][1] == [
        twin.step(m) for m in ("is it vegetarian?", "what is on it?")
    ][1]
    env.step("My guess: Bianca")
    assert env.dialogue.over and not twin.dialogue.over


def test_names_in_any_script_stand_within_the_space():
    names = ("Amélie", "千と千尋の神隠し", "Ἰλιάς", "ılık STRASSE ß")
    kind = make_facet("kind", "one", ["a", "b", "ü", "ß"])
    env = make(catalogue=Catalogue(name="scripts", intents=names, prior=np.full(4, 0.25), facets=(kind,)))
    for seed in range(4):
        observation, _ = env.reset(seed=seed, options={"intent": seed})
        assert observation in env.observation_space
        for message in (*HOSTILE, "what is the kind?", "is the kind ü?", f"My guess: {names[seed]}"):
            observation, *_, info = env.step(message)
            assert observation in env.observation_space
        assert info["success"]


def test_the_same_bytes_in_every_process():
    code = """
import gymnasium, envs
env = gymnasium.make(envs.TEXT, catalogue="animals")
env.action_space.seed(1); env.observation_space.seed(1)
print(ascii([env.action_space.sample(), env.observation_space.sample(), env.reset(seed=4)[0]]))
print(ascii([env.step(m)[:3] for m in ("can it fly?", "heavier than a cat?", "what colour?", "My guess: cat")]))
"""
    said = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True,
                       env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}).stdout
        for seed in ("1", "2")
    ]  # fmt: skip
    assert said[0] == said[1] != ""


MESSAGES = ("what is on it?", "does it cost over 8 euros?", "is there ham on it", "hello", "is it red or white?",
            "is it vegetarian?", "My guess: Hawaii", "My guess: Tono", "My guess: tonno")  # fmt: skip


def play() -> list[dict]:
    env = make(noise="hard", budget=6)
    out = []
    for seed in range(3):
        out.append({"seed": seed, "reply": env.reset(seed=seed)[0]})
        for message in MESSAGES:
            reply, reward, terminated, truncated, info = env.step(message)
            out.append({"message": message, "reply": reply, "reward": reward, "over": terminated, "read": info["read"]})
            assert not truncated
    return out


def test_golden_playthrough():
    """To accept a change of behaviour, delete the file and run the test twice; then bump the version of the id."""
    if not GOLDEN.exists():
        GOLDEN.write_text("".join(json.dumps(line) + "\n" for line in play()), encoding="utf-8")
        pytest.fail(f"there was no {GOLDEN.name}; it was written now, look at it and commit it")
    assert [json.loads(line) for line in GOLDEN.read_text(encoding="utf-8").splitlines()] == play()


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("trl") is None, reason="the extra trl is not installed")
def test_grpo_trains_on_the_game(tmp_path):
    lines = run("-m", "examples.grpo", "--steps", "2", "--group", "4", "--out", str(tmp_path)).splitlines()
    steps = [line for line in lines if line.startswith("step ")]
    assert len(steps) == 2
    for line in steps:
        assert -2 <= float(line.split("reward ")[1].split(",")[0]) <= 1 and float(line.split()[-1]) > 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("package", "words"),
    [
        ("openenv", ["-m", "examples.openenv_game"]),
        ("verifiers", ["examples/verifiers_game.py", "--users", "1"]),
    ],
)
def test_servers_of_games_play_one(package, words):
    if importlib.util.find_spec(package) is None:
        pytest.skip(f"{package} has an environment of its own, see the file")
    said = run(*words)
    assert "Can it fly?" in said and "[questions left: 19]" in said and "reward -1.06" in said
