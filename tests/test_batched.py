"""The batched posterior against the one that works dialogue by dialogue."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sim.ask import sweep
from sim.ask.gain_open import open_prediction
from sim.ask.ranking import top
from sim.catalogue.load import load
from sim.channel.opening import SILENT
from sim.numeric.entropy import entropy_nats
from sim.posterior.batched import BatchedPosterior
from sim.posterior.exact import ChannelPosterior
from sim.questions import OPEN, question_bank
from sim.users.rates import PRESETS
from tests.catalogues import catalogues, channel_of


def pair(catalogue, preset="hard", **bank_options):
    try:
        bank = question_bank(catalogue, **bank_options)
    except ValueError:
        assume(False)
        raise
    channel = channel_of(catalogue, preset)
    return ChannelPosterior(channel, bank), BatchedPosterior(channel, bank)


def walk(posteriors, bank, turns: int, dialogues: int, seed: int):
    """The same random answers for each; half the questions are among the best, so that facets are asked again."""
    rng = np.random.default_rng(seed)
    for posterior in posteriors:
        posterior.reset(dialogues)
    for _ in range(turns):
        questions = np.where(rng.random(dialogues) < 0.5, posteriors[0].choose(1)[0][:, 0],
                             rng.integers(len(bank), size=dialogues))  # fmt: skip
        # An asked question would have to be answered as before; the posteriors disregard it, so anything will do.
        answers = rng.integers(bank.answers[np.maximum(questions, 0)])
        for posterior in posteriors:
            posterior.update(questions, answers)


def unrefined(exact: ChannelPosterior) -> np.ndarray:
    """I(answer; class) of the yes/no questions, NaN of the open ones."""
    histories = exact._beliefs
    out = np.full((len(exact._nodes), len(exact.bank)), np.nan)
    for b, node in enumerate(exact._nodes):
        asked = histories.asked(node)
        for f in range(len(exact.channel.facets)):
            ids = sweep.unasked(histories, f, asked)
            ids = ids[exact.bank.kind[ids] != OPEN]
            if len(ids):
                out[b, ids] = sweep.yesno_gains(histories, node, f, ids)
        out[b, [q for q in asked if exact.bank.kind[q] != OPEN]] = 0
    return out


def open_gain(exact: ChannelPosterior, b: int, question: int) -> float:
    """I(answer; intent) of an open question on a `many` facet, one prediction an intent."""
    node, f = exact._nodes[b], int(exact.bank.facet[question])
    channel, now = exact.channel.facets[f], exact._beliefs.current(node, f)
    conditional = 0.0
    for i in np.flatnonzero(node.belief > 1e-9):
        alone = np.zeros_like(node.joint)
        alone[i] = node.joint[i] / node.belief[i]
        conditional += node.belief[i] * entropy_nats(open_prediction(channel, now, alone))
    return float(entropy_nats(open_prediction(channel, now, node.joint)) - conditional)


def assert_same(exact: ChannelPosterior, batched: BatchedPosterior, leak: float, opens: int = 2) -> None:
    np.testing.assert_allclose(batched.belief(), exact.belief(), atol=1e-9)
    np.testing.assert_allclose(batched.types(), exact.types(), atol=1e-9)
    expected, found = unrefined(exact), batched.eig_nats()
    closed = ~np.isnan(expected)
    np.testing.assert_allclose(found[closed], expected[closed], atol=2e-9)
    for b in range(min(opens, len(found))):
        for q in np.flatnonzero((exact.bank.kind == OPEN) & (found[b] > 0)).tolist():
            channel = exact.channel.facets[exact.bank.facet[q]]
            if channel.facet.scalar:
                assert found[b, q] == pytest.approx(exact.eig_nats()[b, q], abs=2e-9)
            else:
                truth = open_gain(exact, b, q)
                assert truth - 1e-6 <= found[b, q] <= truth + leak


FILMS = pytest.param("movies-1k", 150, marks=pytest.mark.slow)


@pytest.mark.parametrize(("name", "cap"), [("toy", None), ("animals", None), ("groceries", None), FILMS])
def test_it_is_the_exact_posterior(name, cap):
    exact, batched = pair(load(name), "hard", max_questions=cap)
    for turns in (0, 1, 4, 7):
        walk((exact, batched), exact.bank, turns, 6, turns)
        assert_same(exact, batched, 0.005)


@settings(max_examples=60, deadline=None)
@given(catalogues(), st.sampled_from(sorted(PRESETS)), st.integers(0, 6), st.integers(0, 99))
def test_on_any_small_catalogue(catalogue, preset, turns, seed):
    exact, batched = pair(catalogue, preset)
    walk((exact, batched), exact.bank, turns, 3, seed)
    assert_same(exact, batched, 0.02)


@settings(max_examples=30, deadline=None)
@given(catalogues(), st.integers(0, 4), st.integers(0, 99))
def test_what_a_question_tells_about_the_user_is_what_enumeration_says(catalogue, turns, seed):
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
        np.testing.assert_allclose(predicted, exact.predict(np.array([q]))[0], atol=1e-9)


def test_a_batch_equals_single_dialogues():
    exact, batched = pair(load("animals"), "typical")
    walk((exact, batched), exact.bank, 5, 8, 3)
    for b in range(8):
        alone = BatchedPosterior(exact.channel, exact.bank)
        for f, evidence in batched._history[b].items():
            alone._hear(0, {f: evidence})
        np.testing.assert_allclose(alone.eig_nats()[0], batched.eig_nats()[b], atol=1e-11)
        np.testing.assert_allclose(alone.belief()[0], batched.belief()[b], atol=1e-12)


def test_openings_count_and_rows_begin_anew_alone():
    exact, batched = pair(load("toy"), "typical")
    said = np.full((2, len(exact.bank.catalogue.facets)), SILENT)
    said[0, 0] = 1
    for posterior in (exact, batched):
        posterior.reset(2)
        posterior.open(said)
        posterior.update(np.array([3]), np.array([4]), np.array([1]))
    np.testing.assert_allclose(batched.belief(), exact.belief(), atol=1e-9)
    first = batched.belief()[0]
    batched.restart(np.array([1]))
    np.testing.assert_allclose(batched.belief(), [first, exact.bank.catalogue.prior], atol=1e-9)


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
