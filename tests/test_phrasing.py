"""The grammar: what is said depends on the seed and the meaning alone, and can be read back."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.language.belief import parts_of
from agents.language.reader import Reader
from sim.answers import ANSWERS, DONT_KNOW, OPEN_DONT_KNOW
from sim.catalogue.load import load
from sim.channel.opening import stated_answers
from sim.phrasing import PLAIN_SPEECH, Manner, SpeechVocabulary, Voice
from sim.phrasing.dice import Dice
from sim.phrasing.echo import echo
from sim.phrasing.spans import span_wordings
from sim.phrasing.typos import mistyped, with_typos
from sim.phrasing.yesno import all_wordings
from sim.questions import OPEN, question_bank
from sim.users.memory import Population
from sim.users.simulated import SimulatedUsers

NAMES = ("toy", "animals", "groceries", "famous")
BANKS = {name: question_bank(load(name)) for name in NAMES}
VOCABULARIES = {name: SpeechVocabulary(bank) for name, bank in BANKS.items()}
names = st.sampled_from(NAMES)
seeds = st.integers(0, 2**31)


def any_answer(name: str, pick: float, answer: float) -> tuple[int, int]:
    """A question of a bank and one of its answers, from two numbers in [0, 1)."""
    bank = BANKS[name]
    question = int(pick * len(bank))
    return question, int(answer * bank.answers[question])


shares = st.floats(0, 1, exclude_max=True)


@given(names, seeds, seeds, shares, shares, shares)
@settings(deadline=None)
def test_words_depend_on_who_speaks_and_on_what_is_meant_alone(name, seed, episode, pick, answer, other):
    question, said = any_answer(name, pick, answer)
    voice = Voice(VOCABULARIES[name], seed, episode)
    first = voice.answer(question, said)
    voice.answer(*any_answer(name, other, answer))
    voice.opening()
    assert voice.answer(question, said) == first
    assert Voice(SpeechVocabulary(BANKS[name]), seed, episode).answer(question, said) == first
    assert first.text and (first.question, first.answer) == (question, said)


@given(names, seeds, st.integers(0, 30))
@settings(max_examples=50, deadline=None)
def test_an_opening_states_what_the_user_volunteers_and_no_more(name, seed, who):
    bank = BANKS[name]
    crowd = SimulatedUsers(Population(bank, "typical"), 1, np.arange(who, who + 1))
    volunteered = stated_answers(bank, crowd.opening()[0])
    found = Voice(VOCABULARIES[name], seed, who).opening(volunteered)
    assert sorted((f.question, f.answer) for f in found.facts) == sorted(volunteered)
    meaning = found.to_json(bank)
    assert [f["answer"] for f in meaning["facts"]] == [bank.answer_text(f.question, f.answer) for f in found.facts]


@pytest.fixture(scope="module")
def readers():
    return {name: Reader(bank, "") for name, bank in BANKS.items()}


@given(
    name=names, seed=seeds, pick=shares, answer=shares, register=st.integers(0, 2), hedging=st.sampled_from([0.0, 0.5])
)
@settings(max_examples=150, deadline=None)
def test_an_answer_to_an_open_question_is_read_back(readers, name, seed, pick, answer, register, hedging):
    bank = BANKS[name]
    asked = np.flatnonzero(bank.kind == OPEN)
    question = int(asked[int(pick * len(asked))])
    said = 1 + int(answer * (bank.answers[question] - 1))
    manner = Manner(register=register, hedging=hedging, partial=0.0, corrections=0.0, asides=0.0)
    utterance = Voice(VOCABULARIES[name], seed, 0, manner).answer(question, said)
    reading = readers[name].read(utterance.text, question)
    (part,) = (p for p in parts_of(bank, reading) if p.asked)
    assert max(part.ways)[1] == ((question, said),), utterance.text


@given(name=names, seed=seeds, pick=shares)
@settings(max_examples=60, deadline=None)
def test_not_knowing_names_nothing(readers, name, seed, pick):
    bank = BANKS[name]
    asked = np.flatnonzero(bank.kind == OPEN)
    question = int(asked[int(pick * len(asked))])
    utterance = Voice(VOCABULARIES[name], seed, 0, PLAIN_SPEECH).answer(question, OPEN_DONT_KNOW)
    assert not utterance.facts
    reading = readers[name].read(utterance.text, question)
    assert reading.answer is not None and reading.answer.argmax() == DONT_KNOW, utterance.text


def test_the_five_answers_are_told_apart_without_an_encoder(readers):
    bank = BANKS["animals"]
    right, answers = [], np.arange(5)
    yesno = np.flatnonzero(bank.kind != OPEN)
    for seed in range(60):
        voice = Voice(VOCABULARIES["animals"], seed)
        question = int(yesno[seed % len(yesno)])
        for answer in answers:
            found = readers["animals"].read(voice.answer(question, int(answer)).text, question).answer
            right.append(found.argmax() == answer)
    assert np.mean(right) > 0.7


def test_something_taken_back_is_no_fact():
    bank = BANKS["famous"]
    question = int(bank.open_question[0])
    manner = Manner(hedging=0.0, partial=0.0, corrections=1.0, asides=0.0)
    found = Voice(VOCABULARIES["famous"], 3, 0, manner).opening([(question, 5)])
    (fact,) = found.facts
    assert fact.answer == 5 and fact.taken_back not in (-1, 5)
    assert found.to_json(bank)["facts"][0]["taken_back"] == bank.answer_text(question, fact.taken_back)


def test_a_reader_passes_over_what_is_taken_back(readers):
    bank = BANKS["famous"]
    question = int(bank.open_question[0])
    manner = Manner(hedging=0.0, partial=0.0, corrections=1.0, asides=0.0)
    for seed in range(30):
        utterance = Voice(VOCABULARIES["famous"], seed, 0, manner).answer(question, 5)
        (part,) = (p for p in parts_of(bank, readers["famous"].read(utterance.text, question)) if p.asked)
        assert max(part.ways)[1] == ((question, 5),), utterance.text


@pytest.mark.parametrize("name", NAMES)
def test_spans_in_words_mean_the_option(name):
    from sim.catalogue.spoken_numbers import options_meant

    for facet in BANKS[name].catalogue.facets:
        if facet.kind == "number":
            for option in range(len(facet.options)):
                own, *others = span_wordings(facet, option)
                assert own == facet.label(option)
                assert all(options_meant(facet, text).options == (option,) for text in others)


@given(st.text(alphabet="abcdefgh 0123456789'.", max_size=60), st.floats(0, 1), seeds)
def test_slips_leave_digits_and_first_letters(text, rate, seed):
    found = with_typos(text, rate, Dice(seed, 0))
    assert re.findall(r"\d", found) == re.findall(r"\d", text)
    assert [w[:1] for w in found.split()] == [w[:1] for w in text.split()]


@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyz", min_size=5, max_size=12), seeds)
def test_a_slip_changes_one_place(word, seed):
    from rapidfuzz.distance import OSA

    assert OSA.distance(word, mistyped(word, Dice(seed, 0))) <= 1


@pytest.mark.parametrize(
    ("question", "subject", "statement", "denial"),
    [
        ("Was it released after 1998?", (), "it was released after 1998", "it wasn't released after 1998"),
        ("Does it lay eggs?", (), "it does lay eggs", "it doesn't lay eggs"),
        ("Is drama among its genres?", ("drama",), "drama is among its genres", "drama isn't among its genres"),
        ("Is the price over 8?", ("the price",), "the price is over 8", "the price isn't over 8"),
        ("Can it fly?", (), "it can fly", "it can't fly"),
        ("Sport matters?", (), "", ""),
    ],
)
def test_questions_become_statements(question, subject, statement, denial):
    found = echo(question, subject)
    assert (found.statement, found.denial) == (statement, denial)


def test_wordings_are_many_and_of_every_answer():
    found = all_wordings()
    assert len(found) == len(set(found))
    for answer in range(len(ANSWERS)):
        assert sum(w.answer == answer for w in found) > 100
