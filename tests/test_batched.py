"""Many dialogues at once against one at a time, and against enumeration."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sim.ask.ranking import top
from sim.belief import by_history
from sim.catalogue.load import load
from sim.channel.opening import SILENT
from sim.posterior.batched import BatchedPosterior
from sim.posterior.exact import ChannelPosterior
from sim.questions import OPEN, question_bank
from sim.users.rates import PRESETS
from tests import brute
from tests.catalogues import catalogues, channel_of


def pair(catalogue, preset="hard", **bank_options):
    try:
        bank = question_bank(catalogue, **bank_options)
    except ValueError:
        assume(False)
        raise
    channel = channel_of(catalogue, preset)
    return ChannelPosterior(channel, bank), BatchedPosterior(channel, bank)


def walk(posteriors, bank, turns: int, dialogues: int, seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """The same random answers for each; half the questions are among the best, so that facets are asked again."""
    rng, told = np.random.default_rng(seed), []
    for posterior in posteriors:
        posterior.reset(dialogues)
    for _ in range(turns):
        questions = np.where(rng.random(dialogues) < 0.5, posteriors[0].choose(1)[0][:, 0],
                             rng.integers(len(bank), size=dialogues))  # fmt: skip
        # An asked question would have to be answered as before; the posteriors disregard it, so anything will do.
        answers = rng.integers(bank.answers[np.maximum(questions, 0)])
        told.append((questions, answers))
        for posterior in posteriors:
            posterior.update(questions, answers)
    return told


def everything(posterior) -> list[np.ndarray]:
    ids, told = posterior.shortlist(4, 2)
    return [posterior.belief(), posterior.types(), posterior.eig_nats(), *posterior.choose(3), ids, told.gain_nats,
            told.user_nats, told.answers]  # fmt: skip


FILMS = pytest.param("movies-1k", 150, marks=pytest.mark.slow)


@pytest.mark.parametrize(("name", "cap"), [("toy", None), ("animals", None), ("groceries", None), FILMS])
def test_a_batch_equals_single_dialogues_bit_for_bit(name, cap):
    both = pair(load(name), "people", max_questions=cap)
    told = walk(both, both[0].bank, 6, 7, 1)
    for posterior in both:
        batch = everything(posterior)
        for b in (0, 3, 6):
            alone = type(posterior)(posterior.channel, posterior.bank)
            for questions, answers in told:
                alone.update(questions[b : b + 1], answers[b : b + 1])
            for mine, all_ in zip(everything(alone), batch, strict=True):
                np.testing.assert_array_equal(mine[0], all_[b])
    np.testing.assert_array_equal(both[0].belief(), both[1].belief())
    np.testing.assert_array_equal(both[0].types(), both[1].types())


def test_two_threads_equal_one():
    """Loops release the interpreter's lock and share nothing."""
    found = []
    for workers in (1, 2):
        posteriors = [pair(load("animals"), "people")[k % 2] for k in range(4)]

        def play(posterior, seed=5):
            walk((posterior,), posterior.bank, 5, 6, seed)
            return everything(posterior)

        with ThreadPoolExecutor(workers) as pool:
            found.append(list(pool.map(play, posteriors)))
    for one, other in zip(*found, strict=True):
        for a, b in zip(one, other, strict=True):
            np.testing.assert_array_equal(a, b)


@settings(max_examples=40, deadline=None)
@given(catalogues(max_intents=6), st.sampled_from(sorted(PRESETS)), st.integers(0, 3), st.integers(0, 99))
def test_open_questions_on_relations_are_exact(law, catalogue, preset, turns, seed):
    exact, batched = pair(catalogue, preset)
    history = [(int(q[0]), int(a[0])) for q, a in walk((exact, batched), exact.bank, turns, 1, seed) if q[0] >= 0]
    found = batched.eig_nats()[0]
    for q in np.flatnonzero(exact.bank.kind == OPEN).tolist():
        if q not in dict(history) and not exact.channel.facets[exact.bank.facet[q]].facet.scalar:
            assert found[q] == pytest.approx(brute.eig(exact.channel, exact.bank, history, q), abs=2e-9)


@settings(max_examples=60, deadline=None)
@given(catalogues(), st.sampled_from(sorted(PRESETS)), st.integers(0, 6), st.integers(0, 99))
def test_no_gain_is_more_than_there_is_and_predictions_are_those_of_one(law, catalogue, preset, turns, seed):
    exact, batched = pair(catalogue, preset)
    walk((exact, batched), exact.bank, turns, 3, seed)
    refined, plain = exact.eig_nats(), batched.eig_nats()
    assert (plain <= refined + 1e-8).all(), "what answers tell inside a class only comes to it"
    for q in range(len(exact.bank)):
        asked = np.full(3, q)
        np.testing.assert_array_equal(batched.predict(asked), exact.predict(asked))


@settings(max_examples=30, deadline=None)
@given(catalogues(), st.integers(0, 4), st.integers(0, 99))
def test_what_a_question_tells_about_the_user_is_what_enumeration_says(law, catalogue, turns, seed):
    exact, batched = pair(catalogue)
    walk((exact, batched), exact.bank, turns, 1, seed)
    told = batched.question_information()
    types = batched.types()[0]
    for q in range(len(exact.bank)):
        if told.gain_nats[0, q] == 0 and told.user_nats[0, q] == 0:
            continue
        predicted = batched.predict(np.array([q]))[0]
        after = batched.take(np.zeros(len(predicted), dtype=np.int64))
        after.update(np.full(len(predicted), q), np.arange(len(predicted)))
        then = after.types()
        entropy = -(types * np.log(types)).sum()
        expected = entropy + (predicted[:, None] * then * np.log(np.maximum(then, 1e-300))).sum()
        assert told.user_nats[0, q] == pytest.approx(expected, abs=1e-8)


def test_openings_count_and_rows_begin_anew_alone():
    exact, batched = pair(load("toy"), "typical")
    said = np.full((2, len(exact.bank.catalogue.facets)), SILENT)
    said[0, 0] = 1
    for posterior in (exact, batched):
        posterior.reset(2)
        posterior.open(said)
        posterior.update(np.array([3]), np.array([4]), np.array([1]))
    np.testing.assert_array_equal(batched.belief(), exact.belief())
    first = batched.belief()[0]
    batched.restart(np.array([1]))
    np.testing.assert_allclose(batched.belief(), [first, exact.bank.catalogue.prior], atol=1e-9)


def test_evidence_that_nobody_knows_is_forgotten(monkeypatch):
    """A learner meets more of it than memory holds; what the dialogues of a posterior and its copies know stays."""
    expected = []
    for most in (100_000, 60):
        monkeypatch.setattr(by_history, "MOST_KNOWN", most)
        posterior = pair(load("animals"), "people")[1]
        walk((posterior,), posterior.bank, 3, 5, 0)
        early = posterior.copy()
        walk((posterior,), posterior.bank, 6, 5, 1)
        found = [*everything(posterior), *everything(early)]
        expected = expected or found
        for a, b in zip(found, expected, strict=True):
            np.testing.assert_array_equal(a, b)
    assert len(posterior._beliefs.store.known) < 150


def test_top_breaks_ties_by_id():
    gain = np.array([[0.5, 0.7, 0.7 + 1e-12, 0.0, 0.1, 0.0, 0, 0, 0, 0, 0, 0, 0]])
    ids, nats = top(gain, 3)
    assert ids.tolist() == [[1, 2, 0]]
    assert top(np.array([[0.3, 0.0]]), 4)[0].tolist() == [[0, -1, -1, -1]]
    assert nats.shape == (1, 3)


def test_another_catalogue_is_refused():
    exact, _ = pair(load("toy"))
    with pytest.raises(ValueError, match="the channel is of catalogue 'toy', the bank of 'animals'"):
        BatchedPosterior(exact.channel, question_bank(load("animals")))
