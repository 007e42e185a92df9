"""The environments' contract: spaces, rules, rewards, secrets, copies, and what Gymnasium's own checker asks."""

import copy
import os
import pickle
import subprocess
import sys

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from PIL import ImageFont

import envs
from envs import drawing
from envs.clarify import ClarifyEnv
from envs.wrappers import QuestionEntries, VectorQuestionEntries
from sim.dialogue import Dialogue
from sim.users.rates import CLEAN
from tests.test_users import NOISY, tiny


def make(**kwargs) -> ClarifyEnv:
    return ClarifyEnv(**({"catalogue": "toy"} | kwargs))


def arguments(id_: str) -> dict:
    return {"catalogue": "toy"} if id_ == envs.ANY else {}


@pytest.mark.parametrize("id_", envs.IDS)
@pytest.mark.parametrize("extra", [{}, {"opening": True, "mask": True, "observation": "flat", "guesses": 2}])
def test_gymnasium_checker(id_, extra):
    if id_ == "clarigym/Movies-v1" and extra:
        pytest.skip("the same code as Movies1k at fifteen times the size")
    check_env(gymnasium.make(id_, **arguments(id_), **extra).unwrapped, skip_render_check=True)


def test_registering_twice_changes_nothing():
    before = dict(gymnasium.registry)
    envs.register()
    assert dict(gymnasium.registry) == before


def test_module_in_the_id():
    assert gymnasium.make("envs:clarigym/Toy-v1").unwrapped.world.catalogue.name == "toy"


@pytest.mark.parametrize("use_mask", [False, True])
@pytest.mark.parametrize("extra", [{}, {"guesses": 3, "opening": True}, {"observation": "flat", "questions": "yesno"}])
def test_random_rollouts(use_mask, extra):
    env = gymnasium.make("clarigym/Animals-v1", mask=True, budget=6, **extra)
    env.action_space.seed(0)
    observation, info = env.reset(seed=3)
    ended = 0
    while ended < 30:
        assert observation in env.observation_space
        action = int(env.action_space.sample(info["action_mask"] if use_mask else None))
        assert (env.get_wrapper_attr("action_masks")() == info["action_mask"]).all()
        observation, reward, terminated, truncated, info = env.step(action)
        assert not truncated and -1.02 <= reward <= 1
        if terminated:
            ended += 1
            assert {"intent", "success", "corruptions"} <= set(info)
            observation, info = env.reset()


def test_rewards_and_ends():
    env = make(noise="clean", budget=2, guesses=2, question_cost=0.1, reward_right=5, reward_wrong=-3)
    q = len(env.world.bank)
    env.reset(seed=0, options={"intent": 3})
    assert env.step(1)[1:3] == (-0.1, False)
    assert env.step(q + 4)[1:3] == (-3, False)
    observation, reward, terminated, _, info = env.step(q + 3)
    assert (reward, terminated, info["success"], info["intent"]) == (5, True, True, 3)
    assert observation["guessed"].tolist() == [4, 3] and observation["left"].tolist() == [1, 0]
    with pytest.raises(gymnasium.error.ResetNeeded):
        env.step(0)
    env.reset(options={"intent": 3})
    env.step(q), env.step(q + 1)
    assert env.dialogues.over[0] and not env.dialogues.success[0]


def test_asking_beyond_the_budget_is_a_failed_guess():
    env = make(budget=2)
    env.reset(seed=0)
    env.step(0), env.step(0)
    assert env.action_masks()[: len(env.world.bank)].sum() == 0
    assert env.action_masks()[len(env.world.bank) :].all()
    observation, reward, terminated, _, info = env.step(0)
    assert (reward, terminated, info["success"]) == (-1.0, True, False)
    assert observation["turn"] == 2


def test_a_user_who_leaves():
    rates = NOISY.__class__(**(CLEAN.to_dict() | {"name": "restless", "patience": 1, "leaving": 0.9}))
    env = make(noise=rates)
    turns = []
    for seed in range(20):
        env.reset(seed=seed)
        terminated = False
        while not terminated:
            observation, reward, terminated, _, info = env.step(0)
        turns.append(int(observation["turn"][0]))
        assert info["user_left"] and not info["success"] and reward == pytest.approx(-1.02)
        assert observation["answers"][turns[-1] - 1] == -1
    assert min(turns) == 2 and len(set(turns)) > 1


def test_first_observations_do_not_depend_on_the_intent():
    """Without an opening; with one, what is passed over and what is tried don't either."""
    env = make(noise="hard")
    first = [env.reset(seed=5, options={"intent": i})[0] for i in range(8)]
    for other in first[1:]:
        assert all((first[0][k] == other[k]).all() for k in other)
    env = make(noise="clean", opening=True)
    stated = {tuple(env.reset(seed=5, options={"intent": i})[0]["questions"].tolist()) for i in range(8)}
    assert len(stated) == 1


def test_the_intent_is_nowhere_before_the_end():
    env = make(noise="clean", render_mode="ansi")
    for intent in range(8):
        _, info = env.reset(seed=2, options={"intent": intent})
        assert info == {}
        _, _, _, _, info = env.step(0)
        assert info == {}
        assert env.world.catalogue.intents[intent] not in env.render()
        with pytest.raises(ValueError, match="hasn't ended"):
            env.dialogue()


def test_opening_stands_in_the_history():
    env = make(noise="typical", opening=True)
    seen = 0
    for seed in range(30):
        observation, _ = env.reset(seed=seed)
        stated = observation["questions"][observation["questions"] >= 0]
        seen += len(stated)
        assert observation["turn"] == 0 and observation["left"][0] == 20
        assert (env.world.bank.kind[stated] == 2).all()
        after = env.step(1)[0]
        assert after["questions"][len(stated)] == 1 and after["turn"] == 1
    assert seen > 5


def test_options_fix_intent_and_user():
    env = make(noise="hard")
    assert env.reset(seed=1, options={"intent": env.world.catalogue.intents[2]}) and env.dialogues.users.intent[0] == 2
    env.reset(options={"user": {"type": "confused", "seed": 77, "episode": 4, "memory": {}}})
    assert (env.dialogues.seed[0], env.dialogues.episode[0], env.dialogues.users.type[0]) == (77, 4, 2)
    env.reset(options={"user": [4, 0, 2]})
    assert [int(env.step(k)[0]["answers"][k - 1]) for k in (1, 2, 3)] == [4, 0, 2]
    with pytest.raises(ValueError, match="the script has 3 answers"):
        env.step(4)
    for options, message in (
        ({"intents": 1}, "no option 'intents'"),
        ({"intent": 8}, "options\\['intent'\\] is 8"),
        ({"user": {"mood": 1}}, "no key 'mood'"),
        ({"user": {"type": "angry"}}, "the types are"),
    ):
        with pytest.raises(ValueError, match=message):
            env.reset(options=options)


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"budget": 0}, "budget=0"), ({"guesses": True}, "guesses=True"),
        ({"question_cost": float("nan")}, "question_cost"),
        ({"observation": "tuple"}, "observation='tuple'"),
        ({"render_mode": "video"}, "render_mode='video'; it is ansi, human, rgb_array or None"),
        ({"noise": "typcal"}, "did you mean 'typical'"), ({"catalogue": None}, "catalogue is missing"),
        ({"questions": "all"}, "questions='all'"),
    ],
)  # fmt: skip
def test_bad_arguments(kwargs, message):
    with pytest.raises(ValueError, match=message):
        make(**kwargs)


def test_bad_actions():
    env = make()
    with pytest.raises(gymnasium.error.ResetNeeded):
        env.step(0)
    env.reset(seed=0)
    for action in (-1, int(env.action_space.n), 1.0, True):
        with pytest.raises(gymnasium.error.InvalidAction):
            env.step(action)


@pytest.mark.parametrize("clone", [copy.deepcopy, lambda env: pickle.loads(pickle.dumps(env))])
def test_copies_go_on_alike_and_apart(clone):
    env = make(catalogue=tiny(), noise=NOISY, opening=True, budget=9)
    env.reset(seed=4)
    env.step(2)
    twin = clone(env)
    for action in (3, 1, 5):
        a, b = env.step(action), twin.step(action)
        assert all((a[0][k] == b[0][k]).all() for k in a[0]) and a[1:] == b[1:]
    env.step(0)
    assert env.dialogues.turn[0] == twin.dialogues.turn[0] + 1


def test_two_episodes_on_one_object_equal_two_fresh_ones():
    def play(env):
        out = []
        for action in (1, 2, 3, 0, 5):
            observation, reward, *_ = env.step(action)
            out.append((observation["answers"].tolist(), reward))
        return out

    one = make(noise="hard")
    one.reset(seed=8)
    first = play(one)
    one.reset()
    second = play(one)
    fresh = make(noise="hard")
    fresh.reset(options={"user": {"seed": 8, "episode": 1}})
    assert play(fresh) == second
    fresh.reset(seed=8)
    assert play(fresh) == first


def test_ended_dialogues_are_recorded():
    env = make(noise="hard", render_mode="ansi", opening=True)
    for seed in range(10):
        env.reset(seed=seed)
        env.step(0), env.step(3)
        env.step(int(env.action_space.n) - 1)
        record = env.dialogue("tester")
        assert Dialogue.from_json(record.to_json()) == record
        assert len(record.turns) == 2 and len(record.guesses) == 1 and record.seed == seed
        assert record.intent_name in env.render()


def test_one_entry_a_question():
    env = QuestionEntries(gymnasium.make("clarigym/Toy-v1"))
    assert env.reset(seed=0)[0] in env.observation_space
    observation = env.step(3)[0]
    assert observation["entries"][3] >= 0 and (observation["entries"] >= 0).sum() == 1
    vector = VectorQuestionEntries(gymnasium.make_vec("clarigym/Toy-v1", num_envs=3, autoreset_mode="SameStep"))
    vector.reset(seed=0)
    observation = vector.step(np.array([3, 3, 28]))[0]
    assert observation in vector.observation_space
    assert observation["entries"].shape == (3, 21)
    assert "entries" in vector.step(np.array([28, 1, 1]))[4]["final_obs"][0]
    with pytest.raises(ValueError, match="set max_questions"):
        QuestionEntries(gymnasium.make("clarigym/Movies1k-v1"))


SCRIPT = """
import hashlib, gymnasium, numpy as np, envs
env = gymnasium.make_vec("clarigym/Animals-v1", num_envs=50, noise="hard", opening=True)
h = hashlib.sha256()
observation, _ = env.reset(seed=0)
rng = np.random.default_rng(0)
for _ in range(60):
    asks = rng.random(50) < 0.9
    actions = np.where(asks, rng.integers(100, size=50), rng.integers(int(env.single_action_space.n), size=50))
    observation, reward, terminated, _, info = env.step(actions)
    for part in (*observation.values(), reward, terminated):
        h.update(np.ascontiguousarray(part).tobytes())
print(h.hexdigest())
"""


def test_same_bytes_under_two_hash_seeds():
    out = {
        subprocess.run([sys.executable, "-c", SCRIPT], env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": "."},
                       capture_output=True, text=True, check=True).stdout
        for seed in ("0", "123")
    }  # fmt: skip
    assert len(out) == 1 and len(out.pop().strip()) == 64


def test_a_misspelt_intent_gets_a_suggestion():
    env = gymnasium.make("clarigym/Animals-v1")
    with pytest.raises(
        ValueError, match=r"options\['intent'\] is 'cat'; did you mean 'Cat'\? It is a number from 0 to"
    ):
        env.reset(options={"intent": "cat"})
    with pytest.raises(ValueError, match=r"is 'xyzzy'; it is a number from 0 to"):
        env.reset(options={"intent": "xyzzy"})
    many = gymnasium.make_vec("clarigym/Animals-v1", num_envs=2)
    with pytest.raises(ValueError, match="did you mean 'Cat'"):
        many.reset(options={"intent": ["Cat", "cat"]})


# --- images --------------------------------------------------------------------------------------------------------


def test_a_dialogue_is_drawn_as_an_image_of_one_size():
    env = make(noise="hard", render_mode="rgb_array", opening=True, budget=3)
    env.reset(seed=1)
    images = [env.render()]
    for action in (0, 3, int(env.action_space.n) - 1):
        env.step(action)
        images.append(env.render())
    assert {(image.shape, image.dtype) for image in images} == {(images[0].shape, np.dtype(np.uint8))}
    assert images[0].ndim == 3 and images[0].shape[2] == 3
    inked = [int((image != image[0, 0]).any(axis=2).sum()) for image in images]
    assert inked == sorted(inked) and len(set(inked)) == 4, "each step adds a line"
    again = make(noise="hard", render_mode="rgb_array", opening=True, budget=3)
    again.reset(seed=1)
    assert (again.render() == images[0]).all()
    check_env(gymnasium.make("clarigym/Toy-v1").unwrapped)  # renders in every mode


def test_images_show_the_end_of_a_long_dialogue_and_break_long_lines():
    env = make(render_mode="rgb_array", budget=500, noise="clean")
    env.reset(seed=0)
    height = env.render().shape[0]
    assert height == drawing.MOST_LINES * drawing.LINE + 2 * drawing.MARGIN
    for k in range(60):
        env.step(k % 20)
    before = env.render()
    env.step(20)
    assert env.render().shape[0] == height and (env.render() != before).any()
    font = ImageFont.load_default(drawing.LETTER)
    words = "a user who is looking for something " * 12
    parts = list(drawing.wrapped(words.strip(), font))
    assert len(parts) > 3 and all(font.getlength(part) <= drawing.WIDTH - drawing.MARGIN for part in parts)
    assert " ".join(" ".join(parts).split()) == words.strip()


def test_without_pillow_it_says_what_to_install(monkeypatch):
    env = make(render_mode="rgb_array")
    env.reset(seed=0)
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(gymnasium.error.DependencyNotInstalled, match="install the extra `rl`"):
        env.render()


def test_a_batch_is_drawn_as_its_dialogues():
    many = gymnasium.make_vec("clarigym/Toy-v1", num_envs=2, render_mode="rgb_array")
    many.reset(seed=5)
    one = make(render_mode="rgb_array")
    one.reset(seed=6)
    assert (many.render()[1] == one.render()).all()
    with pytest.raises(ValueError, match="render_mode='human'; it is ansi, rgb_array or None"):
        gymnasium.make_vec("clarigym/Toy-v1", num_envs=2, render_mode="human")


def test_the_helper_of_stable_baselines3_makes_our_environments():
    env_util = pytest.importorskip("stable_baselines3.common.env_util")
    vector = env_util.make_vec_env("clarigym/Toy-v1", n_envs=2, seed=0, env_kwargs={"observation": "flat"})
    assert vector.reset().shape[0] == 2
    _, rewards, _, _ = vector.step(np.array([0, 1]))
    assert rewards.tolist() == pytest.approx([-0.02, -0.02])
    assert vector.get_images()[0].dtype == np.uint8
    vector.close()
