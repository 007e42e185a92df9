"""Which answers are false, against a plain loop over the catalogue's own rows."""

from __future__ import annotations

import numpy as np
import pytest

from sim.answers import DONT_KNOW
from sim.catalogue.load import load
from sim.facts import claims_nothing, false_answers, opposite_answer, true_answer
from sim.questions import OPEN, OVER, QuestionBank, question_bank
from sim.users.from_rates import make_channel
from sim.users.memory import Population
from sim.users.rates import load_rates
from sim.users.simulated import SimulatedUsers


def plainly(bank: QuestionBank, intent: int, question: int, answer: int) -> bool:
    facet = bank.catalogue.facets[bank.facet[question]]
    held = facet.indices[facet.indptr[intent] : facet.indptr[intent + 1]].tolist()
    if not held:
        return False
    if bank.kind[question] == OPEN:
        return answer > 0 and all(facet.option_of[v] != answer - 1 for v in held)
    wanted = int(bank.value[question])
    holds = any(v >= wanted for v in held) if bank.kind[question] == OVER else wanted in held
    return answer < DONT_KNOW if holds else answer > DONT_KNOW


@pytest.mark.parametrize("name", ["toy", "animals", "groceries"])
def test_against_a_plain_loop(name):
    bank = question_bank(load(name))
    rng = np.random.default_rng(0)
    questions = rng.integers(len(bank), size=2000)
    intents = rng.integers(len(bank.catalogue), size=2000)
    answers = rng.integers(bank.answers[questions])
    got = false_answers(bank, intents, questions, answers)
    assert got.tolist() == [plainly(bank, *x) for x in zip(intents.tolist(), questions.tolist(), answers.tolist())]
    assert 0 < got.mean() < 1


def test_users_without_faults_say_nothing_false():
    bank = question_bank(load("animals"))
    rates = load_rates("clean")
    users = SimulatedUsers(Population(bank, rates, make_channel(bank.catalogue, rates)), 0, np.arange(500))
    rng = np.random.default_rng(1)
    questions = rng.integers(len(bank), size=500)
    assert not false_answers(bank, users.intent, questions, users.answer(questions)).any()


def test_nothing_asked_nothing_false():
    none = np.empty(0, dtype=np.int64)
    assert false_answers(question_bank(load("toy")), none, none, none).shape == (0,)


def facts_of(bank: QuestionBank, intent: int) -> dict[str, object]:
    """What the catalogue knows of an intent, as somebody would write it down."""
    facts: dict[str, object] = {}
    for facet in bank.catalogue.facets:
        held = facet.indices[facet.indptr[intent] : facet.indptr[intent + 1]].tolist()
        if held and facet.lower is not None:
            facts[facet.name] = float(facet.lower[held[0]])
        elif held:
            names = [facet.values[v] for v in held]
            facts[facet.name] = (
                names if facet.kind == "many" else names[0] == "yes" if facet.kind == "flag" else names[0]
            )
    return facts


@pytest.mark.parametrize("name", ["toy", "animals", "groceries"])
def test_true_answers_are_not_false_and_their_opposites_are(name):
    bank = question_bank(load(name))
    rng = np.random.default_rng(2)
    lies = 0
    for intent in rng.integers(len(bank.catalogue), size=20).tolist():
        facts = facts_of(bank, intent)
        for question in rng.integers(len(bank), size=60).tolist():
            answer = true_answer(bank, question, facts)
            known = bank.catalogue.facets[bank.facet[question]].name in facts
            assert claims_nothing(bank, question, answer) == (not known)
            assert not plainly(bank, intent, question, answer)
            if known and bank.kind[question] != OPEN:
                lies += 1
                assert plainly(bank, intent, question, opposite_answer(bank, question, answer))
    assert lies > 100


def test_opposites():
    bank = question_bank(load("toy"))
    closed = int(np.flatnonzero(bank.kind != OPEN)[0])
    assert [opposite_answer(bank, closed, a) for a in range(5)] == [4, 3, 0, 1, 0]
    opened = int(np.flatnonzero(bank.kind == OPEN)[0])
    options = int(bank.answers[opened]) - 1
    assert [opposite_answer(bank, opened, a) for a in range(options + 1)] == [1, *range(2, options + 1), 1]
