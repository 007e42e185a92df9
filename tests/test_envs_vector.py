"""The vector environment: row k is the scalar environment of seed s + k, in all three autoreset modes."""

import copy

import gymnasium
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode, SyncVectorEnv

import envs
from envs.clarify import ClarifyEnv
from envs.vector import ClarifyVectorEnv
from envs.world import Copies
from sim.users.rates import HARD

RESTLESS = HARD.__class__(**(HARD.to_dict() | {"name": "restless", "patience": 2, "leaving": 0.1}))
COUNT = 7
VARIANTS = [
    {"catalogue": "toy", "noise": "hard", "budget": 5},
    {"catalogue": "animals", "noise": RESTLESS, "budget": 8, "guesses": 2, "opening": True},
    {"catalogue": "groceries", "noise": "typical", "budget": 4, "questions": "yesno", "observation": "flat"},
    {"catalogue": "movies-1k", "noise": "hard", "budget": 6, "opening": True, "max_questions": 500},
]


def same(a, b) -> None:
    """Equal nested dicts of arrays; object arrays entry by entry."""
    if isinstance(a, dict):
        assert set(a) == set(b)
        for k in a:
            same(a[k], b[k])
    elif isinstance(a, np.ndarray) and a.dtype == object:
        for x, y in zip(a, b, strict=True):
            same(x, y)
    elif isinstance(a, np.ndarray):
        np.testing.assert_array_equal(a, b)
        assert a.dtype == b.dtype
    else:
        assert a == b


def random_actions(env, rng) -> np.ndarray:
    questions, total = len(env.world.bank), int(env.single_action_space.n)
    ask = rng.random(COUNT) < 0.85
    return np.where(ask, rng.integers(questions, size=COUNT), rng.integers(questions, total, size=COUNT))


@pytest.mark.parametrize("kwargs", VARIANTS)
@pytest.mark.parametrize("mode", [AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP])
@pytest.mark.parametrize("mask", [False, True])
def test_equals_gymnasiums_sync_of_our_scalar(kwargs, mode, mask):
    ours = ClarifyVectorEnv(COUNT, autoreset_mode=mode, corruptions=True, mask=mask, **kwargs)
    sync = SyncVectorEnv([lambda: ClarifyEnv(mask=mask, **kwargs)] * COUNT, autoreset_mode=mode)
    rng = np.random.default_rng(1)
    same(*(env.reset(seed=11)[0] for env in (ours, sync)))
    ended = 0
    for _ in range(60):
        actions = random_actions(ours, rng)
        a, b = ours.step(actions), sync.step(actions)
        for x, y in zip(a[:4], b[:4], strict=True):
            same(x, y)
        same(a[4], b[4])
        ended += int(a[2].sum())
        assert a[0] in ours.observation_space
    assert ended > COUNT


@pytest.mark.parametrize("kwargs", VARIANTS[:2])
def test_disabled_autoreset(kwargs):
    ours = ClarifyVectorEnv(COUNT, autoreset_mode="Disabled", corruptions=True, **kwargs)
    sync = SyncVectorEnv([lambda: ClarifyEnv(**kwargs)] * COUNT, autoreset_mode=AutoresetMode.DISABLED)
    rng = np.random.default_rng(1)
    same(*(env.reset(seed=3)[0] for env in (ours, sync)))
    for step in range(50):
        actions = random_actions(ours, rng)
        a, b = ours.step(actions), sync.step(actions)
        for x, y in zip(a, b, strict=True):
            same(x, y)
        if a[2].any():
            with pytest.raises(gymnasium.error.ResetNeeded, match="reset_mask"):
                ours.step(actions)
            seed = 100 + step if step % 2 else None
            same(*(env.reset(seed=seed, options={"reset_mask": a[2].copy()})[0] for env in (ours, sync)))


@pytest.mark.parametrize("id_", envs.IDS)
def test_make_vec(id_):
    kwargs = {"catalogue": "toy"} if id_ == envs.ANY else {}
    env = gymnasium.make_vec(id_, num_envs=3, autoreset_mode="SameStep", **kwargs)
    assert isinstance(env.unwrapped, ClarifyVectorEnv)
    assert env.metadata["autoreset_mode"] is AutoresetMode.SAME_STEP
    assert ClarifyVectorEnv.metadata["autoreset_mode"] is AutoresetMode.NEXT_STEP
    observation, _ = env.reset(seed=0)
    assert observation in env.observation_space
    env.action_space.seed(0)
    for _ in range(10):
        observation, *_ = env.step(env.action_space.sample())
        assert observation in env.observation_space


def test_rows_are_the_scalar_environments_of_seed_plus_k():
    vector = ClarifyVectorEnv(5, "animals", noise="hard")
    vector.reset(seed=40)
    answers = np.array([vector.step(np.full(5, q))[0]["answers"][:, q] for q in range(12)])
    for k in range(5):
        env = ClarifyEnv("animals", noise="hard")
        env.reset(seed=40 + k)
        assert [int(env.step(q)[0]["answers"][q]) for q in range(12)] == answers[:, k].tolist()


def test_observations_are_kept_unless_live():
    for live in (False, True):
        env = ClarifyVectorEnv(2, "toy", copy=not live)
        first, _ = env.reset(seed=0)
        env.step(np.array([1, 2]))
        assert (first["questions"][:, 0].tolist() == [1, 2]) is live


def test_deep_copies_go_on_alike_and_apart():
    env = ClarifyVectorEnv(4, "animals", noise="hard")
    env.reset(seed=0)
    env.step(np.arange(4))
    twin = copy.deepcopy(env)
    a, b = env.step(np.arange(4) + 9), twin.step(np.arange(4) + 9)
    same(a[0], b[0])
    env.step(np.arange(4))
    assert twin.dialogues.turn.tolist() == [2] * 4


def test_options_and_errors():
    env = ClarifyVectorEnv(3, "toy")
    with pytest.raises(gymnasium.error.ResetNeeded):
        env.step(np.zeros(3, dtype=int))
    env.reset(seed=[5, 6, 7], options={"intent": [1, 2, 3], "user": {"type": 0}})
    assert env.dialogues.users.intent.tolist() == [1, 2, 3] and not env.dialogues.users.type.any()
    for actions in (np.zeros(2, int), np.zeros(3), np.array([0, 0, 99]), np.array([0, -1, 0])):
        with pytest.raises(gymnasium.error.InvalidAction):
            env.step(actions)
    for options in ({"reset_mask": [True] * 3}, {"reset_mask": np.zeros(3, bool)}, {"nothing": 1}, {"intent": [1]}):
        with pytest.raises(ValueError, match="reset"):
            env.reset(options=options if "intent" not in options else {"nope": 1})
    with pytest.raises(ValueError, match="seed has 2 entries"):
        env.reset(seed=[1, 2])
    with pytest.raises(ValueError, match="num_envs=0"):
        ClarifyVectorEnv(0, "toy")


def test_unseeded_environments_differ_and_go_on():
    env = ClarifyVectorEnv(64, "animals")
    env.reset()
    first = env.dialogues.users.intent.copy()
    env.reset()
    assert (env.dialogues.users.intent != first).sum() > 40
    assert (env.dialogues.episode == 1).all()


def test_a_record_of_an_ended_row():
    env = ClarifyVectorEnv(3, "toy")
    env.reset(seed=0)
    env.step(np.array([1, 28, 2]))
    assert env.dialogue(1).guesses[0].intent == 7
    with pytest.raises(ValueError, match="hasn't ended"):
        env.dialogue(0)


def test_memory_of_observations_is_used_again_only_when_nobody_holds_it():
    copies = Copies()
    live = np.arange(6).reshape(2, 3)
    first = copies.of(live)
    view = first[0]
    del first
    second = copies.of(live + 1)
    assert view.tolist() == [0, 1, 2] and second[0].tolist() == [1, 2, 3]
    address = second.__array_interface__["data"]
    del second
    assert copies.of(live + 2).__array_interface__["data"] == address
    assert view.tolist() == [0, 1, 2]
