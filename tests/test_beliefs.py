"""Belief environments: Gymnasium's checks, scalar equal to vector, masks, features that know no catalogue, shaping."""

from __future__ import annotations

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

import envs  # noqa: F401  registers the ids
from envs.beliefs import BeliefEnv, BeliefVectorEnv
from envs.features import GLOBAL, PER_QUESTION, TOP, USER_SCALE, Shortlist, view
from envs.rewards import Shaping
from envs.rules import Rules
from sim.ask import shortlist
from sim.catalogue.catalogue import Catalogue, make_facet
from sim.numeric.entropy import entropy_nats
from sim.posterior.batched import BatchedPosterior
from sim.posterior.contract import Posterior
from sim.posterior.exact import ChannelPosterior

TOY = "clarigym/Toy-v1"


def posterior_of(env, kind=BatchedPosterior):
    population = env.unwrapped.world.population
    return kind(population.channel, population.bank)


def scalar(id_=TOY, kind=BatchedPosterior, options=None, **wrapper):
    env = gymnasium.make(id_, **(options or {})).unwrapped
    return BeliefEnv(env, posterior_of(env, kind), **wrapper)


def vector(count, id_=TOY, kind=BatchedPosterior, options=None, **wrapper):
    env = gymnasium.make_vec(id_, num_envs=count, **(options or {}))
    return BeliefVectorEnv(env, posterior_of(env, kind), **wrapper)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_gymnasium_is_content():
    check_env(scalar(), skip_render_check=True)


def test_spaces_are_the_same_for_every_catalogue():
    toy, animals = scalar(), scalar("clarigym/Animals-v1")
    assert toy.observation_space == animals.observation_space
    assert toy.action_space == animals.action_space == gymnasium.spaces.Discrete(11)


@pytest.mark.parametrize("kind", [BatchedPosterior, ChannelPosterior])
@pytest.mark.parametrize("mode", ["NextStep", "SameStep"])
@pytest.mark.parametrize("opening", [False, True])
def test_a_row_of_the_vector_environment_is_the_scalar_one(kind, mode, opening):
    options = {"noise": "hard", "budget": 5, "opening": opening}
    several = vector(3, kind=kind, options=options | {"autoreset_mode": mode})
    alone = [scalar(kind=kind, options=options) for _ in range(3)]
    observations, _ = several.reset(seed=7)
    for k, env in enumerate(alone):
        np.testing.assert_allclose(env.reset(seed=7 + k)[0], observations[k], atol=1e-6)
    rng = np.random.default_rng(0)
    ended = np.zeros(3, dtype=bool)
    for _ in range(12):
        actions = np.array([rng.choice(np.flatnonzero(m)) for m in several.action_masks()])
        observations, rewards, terminated, _, info = several.step(actions)
        for k, env in enumerate(alone):
            if ended[k]:  # next step: the step after the end begins anew
                np.testing.assert_allclose(observations[k], env.reset()[0], atol=1e-6)
                ended[k] = False
                continue
            mine, reward, over, _, _ = env.step(int(actions[k]))
            assert (reward, over) == (pytest.approx(rewards[k]), terminated[k])
            if over and mode == "SameStep":
                np.testing.assert_allclose(info["final_obs"][k], mine, atol=1e-6)
                mine = env.reset()[0]
            ended[k] = over and mode == "NextStep"
            np.testing.assert_allclose(observations[k], mine, atol=1e-6)


def heard(env, kind, turns, count=6):
    """A posterior that has heard the answers of an environment's users to random questions."""
    env.reset(seed=4)
    posterior, rng = posterior_of(env, kind), np.random.default_rng(2)
    posterior.reset(count)
    for _ in range(turns):
        question = rng.permutation(len(posterior.bank))[:count]
        env.step(question)
        d = env.unwrapped.dialogues
        posterior.update(question, d.answers[:, int(d.turn[0]) - 1].astype(np.int64))
    return posterior


@pytest.mark.parametrize("id_", [TOY, "clarigym/Animals-v1"])
@pytest.mark.parametrize("turns", [0, 1, 6])
def test_two_posteriors_show_the_same(id_, turns):
    shortlist = Shortlist(by_gain=6, by_user=3)
    both = []
    for kind in (BatchedPosterior, ChannelPosterior):
        env = gymnasium.make_vec(id_, num_envs=6, noise="hard", autoreset_mode="Disabled")
        both.append(heard(env, kind, turns))
    one, other = (view(p, Rules(), np.full(6, 20 - turns), shortlist) for p in both)
    # EIG is refined there and not here, and of open questions on many-valued facets an upper bound here.
    remaining = TOP + 7
    ours, theirs = (np.delete(v.observation[:, :GLOBAL], remaining, axis=1) for v in (one, other))
    np.testing.assert_allclose(ours, theirs, atol=1e-6)
    np.testing.assert_allclose(one.observation[:, remaining], other.observation[:, remaining], atol=0.02)
    told = both[0].question_information()
    rows = np.arange(6)[:, None]
    described = other.observation[:, GLOBAL:].reshape(6, shortlist.size, PER_QUESTION)
    np.testing.assert_allclose(described[..., 3] * USER_SCALE, told.user_nats[rows, other.questions], atol=1e-6)
    np.testing.assert_allclose(described[..., 4:9], told.answers[rows, other.questions], atol=1e-6)
    np.testing.assert_allclose(other.gain_nats, told.gain_nats[rows, other.questions], atol=0.05)
    # The places for the user hold what tells most about the user, of the whole bank.
    for b in range(6):
        rest = np.setdiff1d(np.arange(len(both[0].bank)), other.questions[b, :6])
        best = np.sort(told.user_nats[b, rest])[::-1][:3]
        np.testing.assert_allclose(told.user_nats[b, other.questions[b, 6:]], best, atol=1e-8)
    if turns == 0:
        assert (one.questions == other.questions).all()


def test_with_facets_of_one_value_all_of_it_is_the_same():
    catalogue = Catalogue(
        name="pairs", intents=tuple("abcdef"), prior=np.array([0.3, 0.2, 0.2, 0.1, 0.1, 0.1]),
        facets=(make_facet("colour", "one", list("rrggbb")), make_facet("size", "number", [1.0, 2, 3, 4, 5, 6])),
    )  # fmt: skip
    options = {"catalogue": catalogue, "noise": "clean", "autoreset_mode": "SameStep", "budget": 4, "opening": True}
    first, second = (vector(5, "clarigym/Clarify-v1", kind, options) for kind in (BatchedPosterior, ChannelPosterior))
    np.testing.assert_allclose(first.reset(seed=2)[0], second.reset(seed=2)[0], atol=1e-6)
    rng = np.random.default_rng(3)
    for _ in range(12):
        action = rng.integers(11, size=5)
        one, other = first.step(action), second.step(action)
        np.testing.assert_allclose(one[0], other[0], atol=1e-5)
        np.testing.assert_array_equal(one[1], other[1])
        np.testing.assert_array_equal(first.action_masks(), second.action_masks())


@pytest.mark.slow
def test_films_can_be_learned_on():
    env = gymnasium.make("clarigym/Movies-v1", noise="hard", opening=True)
    films = BeliefEnv(env, posterior_of(env, ChannelPosterior))
    prior_nats = entropy_nats(env.unwrapped.world.population.catalogue.prior)
    before, after = [], []
    for seed in range(20):
        observation, _ = films.reset(seed=seed)
        assert films.observation_space.contains(observation) and films.action_space.n == 11
        before.append(films.beliefs.view.entropy_nats[0])
        for action in (0, 8, 10):
            assert films.action_masks()[action]
            observation, reward, over, _, info = films.step(action)
            assert films.observation_space.contains(observation)
        assert over and abs(reward) == 1.0 and "intent" in info
        after.append(films.beliefs.view.entropy_nats[0])
    # Of one user nothing is sure: an answer at odds with the opening widens the belief.  On average answers narrow it.
    assert np.mean(after) < np.mean(before) < prior_nats  # the openings were heard, and so were the answers


@pytest.mark.slow
def test_what_tells_most_about_the_user_is_found_among_few():
    posterior = posterior_of(gymnasium.make("clarigym/Movies-v1", noise="hard"), ChannelPosterior)
    node, histories = posterior._nodes[0], posterior._beliefs
    ids, shown = posterior.shortlist(8, 2)
    others = np.setdiff1d(np.arange(len(posterior.bank)), ids[0, :8])
    assert len(shortlist.candidates(histories, node)) < 1000
    user = shortlist.question_information(histories, node, others).user_nats
    np.testing.assert_allclose(shown.user_nats[0, 8:], np.sort(user)[::-1][:2])


def test_masks_follow_the_budget_and_illegal_actions_guess():
    env = scalar(options={"budget": 1})
    env.reset(seed=0)
    assert env.action_masks()[-1]
    env.step(0)
    assert env.action_masks().tolist() == [False] * 10 + [True]
    _, reward, terminated, _, info = env.step(3)
    assert terminated and reward in (1.0, -1.0)
    assert "intent" in info


def test_a_wrong_guess_is_not_made_twice():
    env = vector(64, options={"guesses": 2, "noise": "hard", "budget": 2, "autoreset_mode": "Disabled"})
    env.reset(seed=3)
    first = env.beliefs.look().guess.copy()
    _, _, terminated, _, _ = env.step(np.full(64, 10))
    assert (env.beliefs.view.guess != first)[~terminated].all()


def test_the_user_places_hold_what_tells_most_about_the_user():
    env = vector(2, options={"noise": "hard"}, shortlist=Shortlist(by_gain=3, by_user=2))
    env.reset(seed=0)
    told = env.beliefs.posterior.question_information()
    chosen = env.beliefs.view.questions[0]
    rest = np.setdiff1d(np.arange(told.user_nats.shape[1]), chosen[:3])
    assert set(chosen[3:]) == set(rest[np.argsort(-told.user_nats[0, rest])[:2]])


def test_observations_tell_nothing_of_the_intent():
    env = scalar()
    seen = {env.reset(seed=0, options={"intent": i, "user": {"seed": 1}})[0].tobytes() for i in range(8)}
    assert len(seen) == 1


def test_features_lie_within_the_box():
    env = vector(16, "clarigym/Animals-v1", options={"noise": "hard"})
    observations, _ = env.reset(seed=0)
    rng = np.random.default_rng(1)
    for _ in range(15):
        assert env.single_observation_space.contains(observations[0])
        assert np.isfinite(observations).all() and np.abs(observations).max() <= 1
        observations, *_ = env.step(rng.integers(11, size=16))


def test_a_posterior_of_another_catalogue_is_refused():
    with pytest.raises(ValueError, match="the posterior is of catalogue 'animals', the environment of 'toy'"):
        BeliefEnv(gymnasium.make(TOY).unwrapped, posterior_of(gymnasium.make("clarigym/Animals-v1")))
    with pytest.raises(ValueError, match="by_gain=0"):
        Shortlist(by_gain=0)
    with pytest.raises(ValueError, match="gamma=0"):
        Shaping(gamma=0)


# --- shaping ------------------------------------------------------------------------------------------------------


def shaped_value(posterior, rules, left, shaping, asked=(), kept=None):
    """Value iteration backwards over all histories: (best value, {history: best actions}) under the shaped reward."""
    kept = {} if kept is None else kept
    belief = posterior.belief()[0]
    entropy = np.array([-(belief * np.log(np.maximum(belief, 1e-300))).sum()])
    over = np.array([True])
    p = belief.max()
    values = {"guess": rules.reward_wrong + (rules.reward_right - rules.reward_wrong) * p
              + float(shaping.extra(entropy, entropy, over)[0])}  # fmt: skip
    done = {q for q, _ in asked}
    for q in range(len(posterior.bank)) if left else ():
        if q in done:
            continue
        value = -rules.question_cost
        for a, chance in enumerate(posterior.predict(np.array([q]))[0]):
            then = posterior.copy()
            then.update(np.array([q]), np.array([a]))
            b = then.belief()[0]
            after = np.array([-(b * np.log(np.maximum(b, 1e-300))).sum()])
            more, _ = shaped_value(then, rules, left - 1, shaping, (*asked, (q, a)), kept)
            value += chance * (float(shaping.extra(entropy, after, ~over)[0]) + shaping.gamma * more)
        values[q] = value
    best = max(values.values())
    kept[asked] = {a for a, v in values.items() if v > best - 1e-9}
    return best, kept


@pytest.mark.parametrize("gamma", [1.0, 0.9])
def test_shaping_changes_no_optimal_action(gamma):
    env = gymnasium.make("clarigym/Clarify-v1", catalogue="toy", questions="yesno", max_questions=4, noise="hard")
    posterior = posterior_of(env, ChannelPosterior)
    rules = Rules(budget=3)
    plain, policy = shaped_value(posterior, rules, 3, Shaping(gamma=gamma))
    shaping = Shaping(weight=0.4, gamma=gamma)
    shaped, same = shaped_value(posterior, rules, 3, shaping)
    assert same == policy and len(policy) > 300
    prior = posterior.belief()[0]
    assert shaped == pytest.approx(plain - float(shaping.potential(-(prior * np.log(prior)).sum())))


def test_a_bonus_that_is_no_potential_would_change_it():
    """The test above can fail: paying for information at the end as well moves optimal actions."""

    class Bonus(Shaping):
        def extra(self, before_nats, after_nats, ended):
            return self.weight * (before_nats - after_nats)

    env = gymnasium.make("clarigym/Clarify-v1", catalogue="toy", questions="yesno", max_questions=4, noise="hard")
    posterior = posterior_of(env, ChannelPosterior)
    _, policy = shaped_value(posterior, Rules(budget=2), 2, Shaping())
    _, other = shaped_value(posterior, Rules(budget=2), 2, Bonus(weight=0.4))
    assert other != policy


def test_a_shaped_dialogue_pays_the_sparse_reward_less_the_first_potential():
    shaping = Shaping(weight=0.3)
    plain, shaped = scalar(), scalar(shaping=shaping)
    for seed in range(5):
        plain.reset(seed=seed)
        shaped.reset(seed=seed)
        prior = shaped.beliefs.view.entropy_nats[0]
        sums = [0.0, 0.0]
        for action in (0, 1, 0, 10):
            for k, env in enumerate((plain, shaped)):
                _, reward, over, _, _ = env.step(action)
                sums[k] += reward
            if over:
                break
        assert sums[1] == pytest.approx(sums[0] + 0.3 * prior)


class Bare(Posterior):
    """What the protocol asks for, and nothing that it gives."""

    def __init__(self, posterior):
        self.bank, self.posterior = posterior.bank, posterior
        for name in ("reset", "restart", "open", "update", "belief", "types", "predict", "eig_nats", "choose"):
            setattr(self, name, getattr(posterior, name))

    def copy(self):
        return Bare(self.posterior.copy())

    def take(self, rows):
        return Bare(self.posterior.take(rows))


def test_view_wants_nothing_but_the_protocol():
    posterior = posterior_of(gymnasium.make(TOY, noise="hard"), ChannelPosterior)
    posterior.update(np.array([3]), np.array([1]))
    shortlist = Shortlist(by_gain=4, by_user=2)
    bare, full = (view(p, Rules(), np.array([19]), shortlist) for p in (Bare(posterior), posterior))
    assert bare.questions[0, :4].tolist() == full.questions[0, :4].tolist()
    first = slice(0, GLOBAL + 4 * PER_QUESTION)
    is_open = full.observation[0, GLOBAL:].reshape(6, PER_QUESTION)[:4, 9] == 1
    different = np.abs(bare.observation - full.observation)[0, first] > 1e-6
    # Of open questions only the likeliest answers are tried for what they tell about the user: a little is missed.
    assert set(np.flatnonzero(different)) <= set(GLOBAL + 3 + PER_QUESTION * np.flatnonzero(is_open))


def test_dialogues_begin_anew_with_a_posterior_of_one_s_own():
    options = {"noise": "hard", "budget": 3, "autoreset_mode": "SameStep", "opening": True}
    env = gymnasium.make_vec(TOY, num_envs=4, **options)
    bare, full = (
        BeliefVectorEnv(env, Bare(posterior_of(env, ChannelPosterior))),
        vector(4, TOY, ChannelPosterior, options),
    )
    both = bare.reset(seed=3)[0], full.reset(seed=3)[0]
    rng, begun = np.random.default_rng(1), 0
    for _ in range(9):
        np.testing.assert_allclose(both[0][:, :GLOBAL], both[1][:, :GLOBAL], atol=1e-6)
        action = np.where(rng.random(4) < 0.3, 10, rng.integers(3, size=4))
        one, other = bare.step(action), full.step(action)
        both = one[0], other[0]
        np.testing.assert_array_equal(one[1], other[1])
        begun += one[2].sum()
    assert begun > 4


def test_a_guess_paid_by_its_expectation_pays_the_same_on_average():
    plain, expected = vector(512), vector(512, shaping=Shaping(expected=True))
    sums = []
    for env in (plain, expected):
        env.reset(seed=5)
        total = np.zeros(512)
        for action in (0, 0, 0, 10):
            total += env.step(np.full(512, action))[1]
        sums.append(total)
    assert sums[1].std() < 0.75 * sums[0].std()
    assert abs((sums[0] - sums[1]).mean()) < 4 * (sums[0] - sums[1]).std() / 512**0.5
