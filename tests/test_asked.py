"""Questions in somebody's own words: what they are taken for, and what an answer to them says."""

from __future__ import annotations

import json
from functools import lru_cache

import numpy as np
import pytest

from agents.commands.understand import LineReader
from agents.language.asked import AskedQuestion, asked_in_own_words
from agents.language.belief import hear, parts_of
from agents.language.reader import Reader
from agents.setting import Setting, make_setting
from envs.rules import Rules
from envs.text.question_matcher import QuestionMatcher
from sim.answers import DONT_KNOW, NO, PROBABLY, PROBABLY_NOT, YES


@lru_cache
def setting_of(catalogue: str) -> Setting:
    return make_setting(catalogue, "mixed", "people", Rules())


@lru_cache
def listener_of(catalogue: str) -> LineReader:
    setting = setting_of(catalogue)
    return LineReader(Reader(setting.bank, ""), setting.posterior())


def asked(catalogue: str, text: str) -> int | AskedQuestion:
    return asked_in_own_words(QuestionMatcher(setting_of(catalogue).bank), text)


def worded(catalogue: str, text: str) -> tuple[list[str], list[str], bool]:
    found = asked(catalogue, text)
    assert isinstance(found, AskedQuestion)
    bank = setting_of(catalogue).bank
    return [bank.text(q) for q in found.questions], [bank.text(q) for q in found.below], found.nearly


@pytest.mark.parametrize(
    ("text", "questions", "below"),
    [
        ("Is it a comedy?", ["Is Comedy among its genres?"], []),
        ("Was it made before 1990?", ["Was it released after the eighties?"], ["Was it released after the eighties?"]),
        ("Is it older than 1980?", ["Was it released after the seventies?"], ["Was it released after the seventies?"]),
        ("Is it from the 90s?", ["Was it released after the eighties?", "Was it released after the nineties?"],
         ["Was it released after the nineties?"]),
        ("Is it shorter than 2 hours?", ["Is it longer than two hours?"], ["Is it longer than two hours?"]),
        ("Is it set on a boat?", [], []),
        ("What was the hero called?", [], []),
    ],
)  # fmt: skip
def test_what_a_question_is_taken_for(text: str, questions: list[str], below: list[str]) -> None:
    assert worded("movies-1k", text)[:2] == (questions, below)


def test_sizes_are_weights() -> None:
    questions, below, _ = worded("animals", "Is it smaller than a person?")
    assert questions == below == ["Does it weigh as much as a person (70 kg) or more?"]
    assert worded("animals", "Does it have four legs?")[2]


def test_the_banks_own_wording_is_its_id() -> None:
    bank = setting_of("movies-1k").bank
    assert asked("movies-1k", bank.text(7)) == 7


def test_a_question_that_denies_is_not_taken_for_one_that_does_not() -> None:
    assert asked("groceries", "Is it gluten free?") == asked("groceries", "is it GLUTEN-free")
    for text in ("Is it without nuts?", "Is it dairy-free?"):
        assert worded("groceries", text)[0] == []


def test_ways_turn_and_split() -> None:
    nineties = AskedQuestion(questions=(3, 8), below=(8,))
    assert nineties.ways(YES) == (((3, YES), (8, NO)),)
    assert nineties.ways(PROBABLY_NOT) == (((3, PROBABLY_NOT),), ((8, PROBABLY),))
    assert nineties.ways(DONT_KNOW) == (((3, DONT_KNOW), (8, DONT_KNOW)),)
    assert AskedQuestion(questions=(3,), nearly=True).ways(NO) == ()
    assert AskedQuestion().ways(YES) == ()


@pytest.mark.parametrize(("answer", "older"), [("yes", True), ("no", False)])
def test_an_answer_moves_belief_in_the_sense_of_what_was_asked(answer: str, older: bool) -> None:
    catalogue = setting_of("movies-1k").catalogue
    reader, posterior = listener_of("movies-1k").reader, listener_of("movies-1k").posterior
    question = asked("movies-1k", "Was it made before 1990?")
    reading = reader.read(answer, question)
    assert reading.likeliest == answer
    year = next(f for f in catalogue.facets if f.name == "year")
    old = np.array([float((year.row(i) or ("2000",))[0]) < 1990 for i in range(len(catalogue))])
    belief = hear(posterior, reading).belief
    assert (belief[old].sum() > catalogue.prior[old].sum()) == older


def test_between_two_ends_no_says_either() -> None:
    catalogue = setting_of("movies-1k").catalogue
    reader, posterior = listener_of("movies-1k").reader, listener_of("movies-1k").posterior
    belief = hear(posterior, reader.read("no", asked("movies-1k", "Is it from the 90s?"))).belief
    year = next(f for f in catalogue.facets if f.name == "year")
    made = np.array([float((year.row(i) or ("1995",))[0]) for i in range(len(catalogue))])
    for inside, more in (((made < 1990), True), ((made >= 1990) & (made < 2000), False), ((made >= 2001), True)):
        assert (belief[inside].sum() > catalogue.prior[inside].sum()) == more


@pytest.mark.parametrize("text", ["later than that", "no, it was in the nineties"])
def test_later_says_no_to_before(text: str) -> None:
    reading = listener_of("movies-1k").reader.read(text, asked("movies-1k", "Was it made before 1990?"))
    assert reading.answer is not None
    assert reading.answer[[NO, PROBABLY_NOT]].sum() > reading.answer[[YES, PROBABLY]].sum()


def test_a_question_that_is_unknown_is_answered_and_moves_nothing() -> None:
    out = listener_of("movies-1k").heard(
        json.dumps({"text": "yes", "question": "Is it set on a boat?", "intent": "Jaws"})
    )
    assert max(out["answer"], key=out["answer"].get) == "yes"
    assert out["gain_bits"] == 0.0
    assert "no such question" in out["notes"][0]


def test_what_it_was_taken_for_is_told() -> None:
    out = listener_of("movies-1k").heard(json.dumps({"text": "yes", "question": "Was it made before 1990?"}))
    assert out["notes"] == ['the question was taken for "Was it released after the eighties?", which a yes denies']
    assert "error" in listener_of("movies-1k").heard(json.dumps({"text": "yes", "question": "  "}))


def test_the_right_value_beside_a_no_is_heard() -> None:
    """ "No, it was George Clooney": the no tells little, the name much."""
    reader = listener_of("movies-1k").reader
    bank = reader.bank
    question = next(q for q in range(len(bank)) if bank.text(q) == "Did Brad Pitt play in it?")
    reading = reader.read("no, it was george clooney", question)
    said = {step for part in parts_of(bank, reading) for _, steps in part.ways for step in steps}
    cast = int(bank.facet[question])
    clooney = bank.catalogue.facets[cast].values.index("George Clooney")
    openly = int(bank.open_question[cast])
    assert (question, NO) in said
    assert (openly, int(bank.catalogue.facets[cast].option_of[clooney]) + 1) in said


def test_a_question_in_other_words_is_read_as_the_bank_s() -> None:
    """The same sense, the same reading; and what was cut off is told."""
    reader = listener_of("movies-1k").reader
    other = asked("movies-1k", "Is it a comedy?")
    assert isinstance(other, AskedQuestion)
    mine, its = reader.read("more of a western", other), reader.read("more of a western", other.one)
    assert mine.facts == its.facts and mine.question == its.question and mine.asked is None
    assert mine.answer is not None and its.answer is not None and np.array_equal(mine.answer, its.answer)
    for question in ("Was it made before 1990?", "Is it set on a boat?"):
        assert reader.read("yes " * 5000, asked("movies-1k", question)).notes
        blank = reader.read("", asked("movies-1k", question))
        assert blank.off_topic == 1.0 and blank.answer is not None and np.allclose(blank.answer, 0.2)
