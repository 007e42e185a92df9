"""One coding of an opening, from the user to the posterior."""

from __future__ import annotations

import numpy as np
import pytest

from envs.rules import Dialogues, Rules
from sim.belief.evidence import EMPTY, SAID_DONT_KNOW, heard, opened
from sim.catalogue.load import load
from sim.channel.opening import SILENT, opening_of, stated_answers
from sim.questions import OPEN, question_bank
from sim.users.memory import Population


@pytest.mark.parametrize("name", ["toy", "animals", "groceries"])
def test_what_users_state_comes_through_the_dialogue_unchanged(name):
    bank = question_bank(load(name))
    dialogues = Dialogues(Population(bank, "hard"), Rules(opening=True, budget=3), 200)
    rows = np.arange(200)
    dialogues.reset(rows, np.arange(200, dtype=np.uint64), np.zeros(200, dtype=np.int64))
    stated = dialogues.users.opening()
    assert (stated[:, bank.open_question < 0] == SILENT).all()
    assert (stated >= 0).any() and (stated == SILENT).any() and stated.min() == SILENT
    assert (stated < np.array([len(facet.options) for facet in bank.catalogue.facets])).all()
    np.testing.assert_array_equal(dialogues.opening(rows), stated)
    # What is asked later on is no part of the opening.
    dialogues.step(np.full(200, int(np.flatnonzero(bank.kind == OPEN)[0])))
    np.testing.assert_array_equal(dialogues.opening(rows[::3]), stated[::3])
    for b in range(20):
        pairs = stated_answers(bank, stated[b])
        assert len(pairs) == dialogues.opening_count(b)
        back = opening_of(bank, np.array([[q for q, _ in pairs]], dtype=int), np.array([[a for _, a in pairs]], int))
        np.testing.assert_array_equal(back[0], stated[b])


def test_an_opening_is_evidence_as_an_answer_is():
    bank = question_bank(load("toy"))
    options = np.full(len(bank.catalogue.facets), SILENT)
    f = int(np.flatnonzero(bank.open_question >= 0)[0])
    options[f] = 1
    known = opened(bank, {}, options)
    question = int(bank.open_question[f])
    assert known[f] == heard(bank, {}, question, 2)[1]._replace(volunteered=True) and known[f].open_answered
    silent = next(g for g, evidence in known.items() if g != f)
    assert known[silent].said == SILENT and not known[silent].open_answered
    # An answer supersedes silence, and nothing supersedes an answer.
    assert heard(bank, known, int(bank.open_question[silent]), 0)[1].said == SAID_DONT_KNOW
    assert heard(bank, known, question, 0) == (f, known[f])
    with pytest.raises(ValueError, match=r"question .* has answers 0 to"):
        heard(bank, {f: EMPTY}, question, int(bank.answers[question]))
