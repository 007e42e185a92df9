"""What is said in passing: what is denied, first names, an answer that is neither yes nor no, signs for words."""

from __future__ import annotations

from functools import lru_cache

import pytest

from agents.language.corpus import learned_wordings
from agents.language.cues import speaks_out
from agents.language.everyday_wordings import EVERYDAY
from agents.language.more_wordings import UNDERSTOOD
from agents.language.reader import Reader
from agents.setting import make_setting
from envs.rules import Rules
from sim.answers import DONT_KNOW, NO, YES


@lru_cache
def reader_of(catalogue: str) -> Reader:
    return Reader(make_setting(catalogue, "mixed", "people", Rules()).bank, "")


def question_of(catalogue: str, text: str) -> int:
    bank = reader_of(catalogue).bank
    return next(q for q in range(len(bank)) if bank.text(q) == text)


def facts_of(text: str, catalogue: str = "movies", question: str = "") -> list[str]:
    reader = reader_of(catalogue)
    asked = question_of(catalogue, question) if question else -1
    found = [f for f in reader.read(text, asked).facts if f.probability >= 0.3]
    values = [(f, reader.bank.catalogue.facets[f.facet].values[f.value] if f.value >= 0 else f"{f.low:g}-{f.high:g}")
              for f in found]  # fmt: skip
    return [f"not {value}" if f.negated else value for f, value in values]


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("no westerns please", ["not Western"]),
        ("not too old, from the eighties", ["1980-1990"]),
        ("not Harrison Ford, Mark Hamill", ["not Harrison Ford", "Mark Hamill"]),
        ("nothing animated, no musicals, something with Meg Ryan", ["not Animation", "not Musical", "Meg Ryan"]),
        ("it isn't a thriller, western or war film", ["not Thriller", "not Western", "not War"]),
        ("anything but a western", ["not Western"]),
        ("No, it was a thriller", ["Thriller"]),
    ],
)
def test_how_far_a_denial_reaches(text: str, facts: list[str]) -> None:
    assert facts_of(text) == facts


def test_no_before_a_name_answers() -> None:
    assert facts_of("no Sandra Bullock", question="Did Tom Hanks play in it?") == ["Sandra Bullock"]


@pytest.mark.parametrize(
    ("text", "question", "name"),
    [
        ("the one with Sigourney and a cat", "", "Sigourney Weaver"),
        ("Uma", "Who is in it?", "Uma Thurman"),
        ("leo i think", "Who is in it?", "Leonardo DiCaprio"),
        ("Quentin, wasn't it", "Who directed it?", "Quentin Tarantino"),
    ],
)
def test_a_first_name_that_makes_one_think_of_one(text: str, question: str, name: str) -> None:
    assert facts_of(text, question=question)[0] == name


@pytest.mark.parametrize("text", ["my brother Tom likes it", "I watched it with James", "Jack and I saw it"])
def test_a_first_name_of_many_is_nobodys(text: str) -> None:
    assert facts_of(text) == []


@pytest.mark.parametrize(
    ("catalogue", "question", "text", "answer"),
    [
        ("movies", "Did Tom Hanks play in it?", "that was Bruce Willis", NO),
        ("movies", "Is Comedy among its genres?", "more of a western", NO),
        ("animals", "Is it a mammal?", "it's a reptile", NO),
        ("movies", "Did Tom Hanks play in it?", "👍🏼", YES),
        ("movies", "Did Tom Hanks play in it?", "👎", NO),
        ("movies", "Did Tom Hanks play in it?", "🤷‍♂️", DONT_KNOW),
    ],
)
def test_neither_yes_nor_no(catalogue: str, question: str, text: str, answer: int) -> None:
    reading = reader_of(catalogue).read(text, question_of(catalogue, question))
    assert reading.answer is not None
    sides = [reading.answer[:2].sum(), reading.answer[2], reading.answer[3:].sum()]
    assert max(range(3), key=lambda side: sides[side]) == {NO: 0, DONT_KNOW: 1, YES: 2}[answer]


def test_who_says_yes_beside_another_value_says_yes() -> None:
    question = question_of("movies", "Did Tom Hanks play in it?")
    reading = reader_of("movies").read("yes, and so did Meg Ryan", question)
    assert reading.answer is not None
    assert reading.answer[3:].sum() > 0.8
    assert speaks_out("yes, and so did Meg Ryan")


def test_a_wording_means_one_thing() -> None:
    meant: dict[str, int] = {}
    for table in (UNDERSTOOD, EVERYDAY):
        for answer, texts in table.items():
            for text in texts:
                assert meant.setdefault(text, answer) == answer, text
    assert len(learned_wordings()) > len(meant)
