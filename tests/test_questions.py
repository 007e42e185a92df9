"""What the question bank promises: every question tells something, through one facet, in good English."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.answers import ANSWERS
from sim.catalogue.catalogue import Catalogue, make_facet
from sim.catalogue.load import BUILT_IN, load
from sim.questions import IS, OPEN, OVER, QuestionBank, question_bank
from tests.catalogues import normalised

word = st.sampled_from(["red", "blue", "green", "é", "x"])


@st.composite
def catalogues(draw):
    n = draw(st.integers(1, 9))

    def column(cell):
        return draw(st.lists(cell, min_size=n, max_size=n))

    facets = (
        make_facet("one", "one", column(st.one_of(st.none(), word))),
        make_facet("many", "many", column(st.lists(word, max_size=3))),
        make_facet("number", "number", column(st.one_of(st.none(), st.integers(0, 40), st.floats(0, 9)))),
        make_facet("flag", "flag", column(st.sampled_from([True, False, None]))),
    )
    prior = normalised(column(st.floats(0.1, 5)))
    return Catalogue(name="drawn", intents=tuple(map(str, range(n))), prior=prior, facets=facets)


def holds(bank: QuestionBank, question: int) -> np.ndarray:
    """(N,) whether each intent satisfies a yes/no question."""
    facet = bank.catalogue.facets[bank.facet[question]]
    value = bank.value[question]
    hit = facet.indices >= value if bank.kind[question] == OVER else facet.indices == value
    out = np.zeros(facet.intents, dtype=bool)
    out[facet.rows[hit]] = True
    return out


def bank_of(catalogue, *args) -> QuestionBank | None:
    try:
        return question_bank(catalogue, *args)
    except ValueError as error:
        assert "no facet tells its rows apart" in str(error)
        return None


@settings(max_examples=200, deadline=None)
@given(catalogues())
def test_every_question_tells_something(catalogue):
    bank = bank_of(catalogue)
    if bank is None:
        return
    assert np.all(np.diff(bank.facet) >= 0) and len(bank) == bank.full_size
    seen = set()
    for q in range(len(bank)):
        text = bank.text(q)
        assert text.endswith("?") and "{value}" not in text
        assert (int(bank.facet[q]), text) not in seen
        seen.add((int(bank.facet[q]), text))
        texts = tuple(bank.answer_text(q, a) for a in range(bank.answers[q]))
        assert all(texts)
        if bank.kind[q] == OPEN:
            assert bank.open_question[bank.facet[q]] == q
            assert bank.answers[q] == 1 + len(catalogue.facets[bank.facet[q]].options)
        else:
            truth = holds(bank, q)
            assert 0 < truth.sum() < len(catalogue)
            assert texts == ANSWERS
            assert bank.question_of_value[bank.facet[q]][bank.value[q]] == q


@settings(max_examples=100, deadline=None)
@given(catalogues())
def test_within_a_facet_no_two_questions_split_alike(catalogue):
    bank = bank_of(catalogue, "yesno")
    if bank is None:
        return
    splits = [(int(bank.facet[q]), holds(bank, q).tobytes()) for q in range(len(bank))]
    assert len(set(splits)) == len(splits)


@settings(max_examples=100, deadline=None)
@given(catalogues(), st.integers(1, 12))
def test_a_capped_bank_keeps_the_most_informative(catalogue, cap):
    whole = bank_of(catalogue, "yesno")
    if whole is None:
        return
    bank = question_bank(catalogue, "yesno", cap)
    assert len(bank) == min(cap, len(whole)) and bank.full_size == len(whole)

    def far_from_even(b):
        # Nearest to half of the mass is highest in entropy; unknown intents of a number count as not over.
        return sorted(round(abs(catalogue.prior[holds(b, q)].sum() - 0.5), 9) for q in range(len(b)))

    assert far_from_even(bank) == far_from_even(whole)[: len(bank)]


def test_the_texts_of_a_number_question_are_true():
    xs = [2.49, 2.49, 2.79, 3.1, 7, 7, 12, None]
    facet = make_facet("price", "number", xs)
    catalogue = Catalogue(name="c", intents=("x",) * 8, prior=np.full(8, 1 / 8), facets=(facet,))
    bank = question_bank(catalogue, "yesno")
    for q in range(len(bank)):
        threshold = float(bank.text(q).removeprefix("Is the price over ").removesuffix("?"))
        assert holds(bank, q).tolist() == [x is not None and x > threshold for x in xs]


def test_thresholds_on_both_sides_of_an_empty_bin_are_one_question():
    # The bin of 26 is empty: over 25 and over 26 are the same row.
    facet = make_facet("price", "number", [25, 27, 13, 14])
    catalogue = Catalogue(name="c", intents=tuple("abcd"), prior=np.full(4, 1 / 4), facets=(facet,))
    bank = question_bank(catalogue, "yesno")
    splits = [holds(bank, q).tolist() for q in range(len(bank))]
    assert splits == [[True, True, False, True], [True, True, False, False], [False, True, False, False]]


def test_kinds_of_bank_add_up():
    toy = load("toy")
    mixed, yesno, open_ = (question_bank(toy, k) for k in ("mixed", "yesno", "open"))
    assert len(mixed) == len(yesno) + len(open_)
    assert set(open_.kind) == {OPEN} and set(yesno.kind) == {IS, OVER}


@pytest.mark.parametrize("name", BUILT_IN)
def test_built_in_questions_are_english(name):
    bank = question_bank(load(name))
    for q in range(0, len(bank), max(1, len(bank) // 300)):
        text = bank.text(q)
        assert text.endswith("?") and text[0].isupper() and "_" not in text and "  " not in text


def test_bad_arguments_are_named():
    toy = load("toy")
    with pytest.raises(ValueError, match="one of yesno, open, mixed"):
        question_bank(toy, "both")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="at least 1"):
        question_bank(toy, max_questions=0)
    same = Catalogue(name="s", intents=("a",), prior=np.ones(1), facets=(make_facet("f", "one", ["x"]),))
    with pytest.raises(ValueError, match="tells its rows apart"):
        question_bank(same)
