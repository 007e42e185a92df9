"""Agents: the contract for every registered one, what each asks against a plain loop, the stop rule's closed forms."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from agents.errors import InputError
from agents.evaluation.check_agent import check_agent, small_setting
from agents.evaluation.episodes import agent_seeds, play
from agents.setting import make_setting
from agents.strategies.belief_agent import BeliefAgent
from agents.strategies.registry import AGENTS, check_name, make_agent
from agents.strategies.stopping import should_guess
from envs.rules import Rules
from sim.facts import NoiselessAnswers
from sim.questions import OPEN, OVER

GOLDEN = Path(__file__).parent / "playthroughs" / "agents"
RULES = Rules()
TRAINED = ("learned", "policy")
"""Play by a shipped checkpoint: training it anew may change their play, so no play of theirs is written down."""
UNTRAINED = [name for name in AGENTS if name not in TRAINED]


@pytest.fixture(scope="module")
def toy():
    return small_setting()


@pytest.fixture(scope="module")
def animals():
    return make_setting("animals", "yesno", "typical", Rules(budget=6))


# --- the stop rule -------------------------------------------------------------------------------------------------


def guesses(belief, gain, left=10, rules=RULES) -> bool:
    return bool(should_guess(np.atleast_2d(belief), np.array([gain]), np.array([left]), rules)[0])


def test_certain_hopeless_or_spent_guesses():
    assert guesses([1.0, 0.0], 1.0)
    assert guesses([0.5, 0.5], 0.0), "twins: nothing tells them apart"
    assert guesses([0.25] * 4, 1.0, left=0), "the budget is spent"


@pytest.mark.parametrize("cost", [0.02, 0.5, 0.99, 1.01, 1.5])
def test_two_equal_intents_are_worth_a_question_that_settles_it_iff_half_the_spread_exceeds_its_cost(cost):
    rules = Rules(question_cost=cost)
    half_spread = (rules.reward_right - rules.reward_wrong) / 2
    assert guesses([0.5, 0.5], np.log(2), rules=rules) == (half_spread <= cost)


@pytest.mark.parametrize("m", [2, 4, 8, 64])
def test_bisecting_a_uniform_belief_is_worth_it_iff_the_whole_way_is(m):
    # All the way costs log2(m) questions and removes the error 1 - 1/m.
    spread = RULES.reward_right - RULES.reward_wrong
    for cost in (0.9, 1.1):
        fair = spread * (1 - 1 / m) / np.log2(m)
        assert guesses(np.full(m, 1 / m), np.log(2), rules=Rules(question_cost=fair * cost)) == (cost > 1)


def test_free_questions_are_asked_while_they_tell_anything():
    free = Rules(question_cost=0.0)
    assert not guesses([0.999, 0.001], 1e-6, rules=free)
    assert guesses([0.999, 0.001], 0.0, rules=free)


def test_rewards_and_gain_move_the_threshold():
    belief = [0.9, 0.1]
    assert not guesses(belief, 0.2)
    assert guesses(belief, 0.01)
    assert not guesses(belief, 0.01, rules=Rules(reward_wrong=-100.0))
    assert guesses(belief, 0.2, rules=Rules(question_cost=0.5))


def test_whoever_guesses_with_a_perfect_question_at_hand_guesses_with_any():
    rng = np.random.default_rng(0)
    belief = rng.dirichlet(np.full(6, 0.2), size=300)
    left = np.full(300, 5)
    perfect = should_guess(belief, np.inf, left, RULES)
    for gain in (0.0, 0.01, 0.3, 2.0):
        assert (should_guess(belief, np.full(300, gain), left, RULES) >= perfect).all()


# --- the contract --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*AGENTS, "examples.own_agent:halves"])
def test_contract(name, toy):
    assert check_agent(lambda setting: make_agent(name, setting), toy) == []


class Guesses(BeliefAgent):
    """Guesses at once."""

    def __init__(self, setting):
        super().__init__(setting, setting.posterior())

    def choose(self, rows, belief):
        return np.full(len(rows), -1), np.zeros(len(rows))


class Remembers(Guesses):
    """Guesses something else in its second run."""

    runs = 0

    def begin(self, seeds):
        self.runs += 1

    def act(self, rows, left):
        return np.full(len(rows), len(self.bank) + self.runs)


class GlobalDraws(Guesses):
    def act(self, rows, left):
        return len(self.bank) + np.random.randint(8, size=len(rows))  # noqa: NPY002


class ByPlace(Guesses):
    """What it does depends on the row's number, not on the dialogue."""

    def act(self, rows, left):
        return len(self.bank) + np.asarray(rows) % 8


class AsksOn(Guesses):
    def act(self, rows, left):
        return np.zeros(len(rows), dtype=np.int64)


class OneAction(Guesses):
    def act(self, rows, left):
        return np.array([len(self.bank)])


class Unnormalised(Guesses):
    def belief(self, rows):
        return np.ones((len(rows), len(self.setting.catalogue)))


class OutOfRange(Guesses):
    def act(self, rows, left):
        return np.full(len(rows), 10**6)


@pytest.mark.parametrize(
    ("kind", "rule"),
    [
        (Remembers, "reset leaks nothing"),
        (GlobalDraws, "draws come from the seeds"),
        (ByPlace, "a batch equals single dialogues"),
        (AsksOn, "asks nothing once the budget is spent"),
        (OneAction, "one action for each of the rows"),
        (Unnormalised, "sums to 1"),
        (OutOfRange, "whole numbers from 0"),
        (lambda setting: object(), "has reset, act, observe and belief"),
    ],
)
def test_each_broken_rule_is_named(kind, rule, toy):
    with pytest.raises(AssertionError, match=rule):
        check_agent(kind, toy)


def test_what_could_not_be_checked_is_said(toy):
    assert check_agent(Guesses, toy) == ["it asked nothing, so that observe was not tried"]


class Unsure(BeliefAgent):
    """Asks well, and says of every question that it tells nothing."""

    def __init__(self, setting):
        super().__init__(setting, setting.posterior("exact"))

    def choose(self, rows, belief):
        questions, gains = self.posterior.take(rows).choose(1)
        return questions[:, 0], 0 * gains[:, 0]


def test_zero_gains_that_make_an_agent_guess_at_once_are_said(toy):
    (said,) = check_agent(Unsure, toy)
    assert "asked nothing" in said and "tells 0 nats" in said and "the stop rule guesses at once" in said


# --- what they ask -------------------------------------------------------------------------------------------------


def first_questions(name, setting, answers=()):
    """The question that a fresh agent asks after the given (question, answer) pairs, and the agent."""
    agent = make_agent(name, setting)
    agent.reset(agent_seeds(0, np.array([0])))
    for q, a in answers:
        agent.observe(np.array([0]), np.array([q]), np.array([a]))
    return int(agent.act(np.array([0]), np.array([6]))[0]), agent


@pytest.mark.parametrize("answers", [(), ((5, 4),), ((5, 0), (8, 3))])
def test_exact_asks_the_best_of_the_whole_sweep(toy, answers):
    action, agent = first_questions("exact", toy, answers)
    sweep = agent.posterior.eig_nats()[0]
    if action < len(toy.bank):
        assert sweep[action] >= sweep.max() - 1e-3


def test_entropies_against_a_plain_loop(toy, animals):
    rng = np.random.default_rng(1)
    for setting in (toy, animals):
        bank, catalogue = setting.bank, setting.catalogue
        belief = rng.dirichlet(np.full(len(catalogue), 0.3), size=3)
        got = NoiselessAnswers(bank).entropies_nats(belief)
        for b in range(3):
            for q in range(len(bank)):
                facet = catalogue.facets[bank.facet[q]]
                outcome: dict[object, float] = {}
                for i in range(len(catalogue)):
                    values = facet.indices[facet.indptr[i] : facet.indptr[i + 1]].tolist()
                    if bank.kind[q] == OPEN:
                        said = [int(facet.option_of[v]) for v in values] or [-1]
                    elif bank.kind[q] == OVER:
                        said = [any(v >= bank.value[q] for v in values)]
                    else:
                        said = [int(bank.value[q]) in values]
                    for x in said:
                        outcome[x] = outcome.get(x, 0.0) + belief[b, i] / len(said)
                wanted = -sum(p * np.log(p) for p in outcome.values() if p > 0)
                assert abs(got[b, q] - wanted) < 1e-9, bank.text(q)


def test_entropy_batch_is_bitwise_single(animals):
    belief = np.random.default_rng(2).dirichlet(np.full(len(animals.catalogue), 0.3), size=7)
    facts = NoiselessAnswers(animals.bank)
    together = facts.entropies_nats(belief)
    alone = np.concatenate([facts.entropies_nats(belief[k : k + 1]) for k in range(7)])
    assert np.array_equal(together, alone)


def test_lookahead_against_a_plain_loop(toy):
    action, _ = first_questions("lookahead", toy)
    exact = toy.posterior()
    exact.reset(1)
    ids, gains = (x[0] for x in exact.choose(3))
    values = []
    for q, gain in zip(ids, gains, strict=True):
        chances = exact.predict(np.array([q]))[0]
        top = np.argsort(-chances, kind="stable")[:5]
        total = weight = 0.0
        for a in top:
            if chances[a] > 1e-6:
                after = exact.copy()
                after.update(np.array([q]), np.array([a]))
                total += chances[a] * after.choose(1)[1][0, 0]
                weight += chances[a]
        values.append(gain + total / weight)
    assert action == ids[int(np.argmax(values))]


def test_fixed_asks_everybody_the_same(animals):
    played = play(make_agent("fixed", animals), animals, 3, np.arange(12))
    asked = played.dialogues.questions
    for b in range(12):
        n = played.questions[b]
        assert asked[b, :n].tolist() == asked[0, : played.questions[0]].tolist()[:n] or n > played.questions[0]


def test_uniform_never_repeats_and_differs_by_seed(animals):
    played = play(make_agent("uniform", animals), animals, 3, np.arange(30))
    rows = [played.dialogues.questions[b, : played.questions[b]].tolist() for b in range(30)]
    assert all(len(set(row)) == len(row) for row in rows)
    assert len({tuple(row) for row in rows}) == 30


def test_uniform_is_uniform(toy):
    agent = make_agent("uniform", toy)
    agent.reset(agent_seeds(0, np.arange(4000)))
    counts = np.bincount(agent.act(np.arange(4000), np.full(4000, 5)), minlength=len(toy.bank))
    expected = 4000 / len(toy.bank)
    assert ((counts - expected) ** 2 / expected).sum() < 50  # chi2 with 20 degrees of freedom: beyond 50 at 2e-4


def test_independent_differs_from_exact_by_its_memory(toy):
    _, exact = first_questions("exact", toy, ((5, 4), (8, 4)))
    _, other = first_questions("independent", toy, ((5, 4), (8, 4)))
    rows = np.array([0])
    assert not np.allclose(exact.belief(rows), other.belief(rows))


def test_episodes_are_the_same_user_for_every_agent(animals):
    truths = [play(make_agent(name, animals), animals, 5, np.arange(8)).dialogues.users.intent for name in UNTRAINED]
    assert all(np.array_equal(truths[0], truth) for truth in truths)


def test_users_who_leave_are_failures_that_cost_a_wrong_guess(toy):
    from dataclasses import replace

    rates = replace(toy.rates, patience=0, leaving=1.0)
    setting = make_setting("toy", "mixed", rates, Rules(budget=6))
    played = play(make_agent("exact", setting), setting, 0, np.arange(5))
    assert played.user_left.all() and not played.success.any() and (played.guess == -1).all()
    assert np.allclose(played.reward, -1.02)


def test_an_agent_of_ones_own_that_cannot_be_found():
    cases = (("exacct", "did you mean 'exact'"), ("nomodule:x", "cannot import"), ("json:nothing", "no factory"))
    for name, words in cases:
        with pytest.raises(InputError, match=words):
            make_agent(check_name(name), small_setting())
    with pytest.raises(InputError, match="lacks reset"):
        make_agent("json:dumps", "no setting")


# --- golden playthroughs -------------------------------------------------------------------------------------------


def playthrough(name, setting) -> list[dict]:
    played = play(make_agent(name, setting), setting, 11, np.arange(6))
    return [
        {
            "questions": played.dialogues.questions[b, : played.questions[b]].tolist(),
            "answers": played.dialogues.answers[b, : played.questions[b]].tolist(),
            "guess": int(played.guess[b]),
            "p_guess": round(float(played.p_guess[b]), 6),
        }
        for b in range(6)
    ]


@pytest.mark.parametrize("name", UNTRAINED)
def test_playthrough(name, toy):
    """`PYTHONPATH=. python tests/test_agents.py` writes them anew, when a change of behaviour is meant."""
    lines = (GOLDEN / f"{name}.jsonl").read_text().splitlines()
    assert playthrough(name, toy) == [json.loads(line) for line in lines]


if __name__ == "__main__":
    GOLDEN.mkdir(parents=True, exist_ok=True)
    for agent in UNTRAINED:
        text = "".join(json.dumps(one) + "\n" for one in playthrough(agent, small_setting()))
        (GOLDEN / f"{agent}.jsonl").write_text(text)
