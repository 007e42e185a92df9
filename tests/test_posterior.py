"""The exact posterior against enumeration, and what must hold of any posterior."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sim.catalogue.catalogue import Catalogue, make_facet
from sim.catalogue.load import load
from sim.channel.channel import CHANGING, Later
from sim.channel.opening import SILENT
from sim.posterior.batched import BatchedPosterior
from sim.posterior.exact import ChannelPosterior
from sim.questions import OPEN, question_bank
from sim.users.from_rates import make_channel
from sim.users.rates import PRESETS
from tests import brute
from tests.catalogues import UNEVEN, catalogues, channel_of

presets = st.sampled_from([*sorted(PRESETS), UNEVEN, UNEVEN, UNEVEN])
three_types = st.sampled_from(["typical", "hard"])

pytestmark = pytest.mark.usefixtures("law")


def world(catalogue: Catalogue, preset: str = "hard"):
    try:
        bank = question_bank(catalogue)
    except ValueError:
        assume(False)
        raise
    return channel_of(catalogue, preset), bank


def histories(bank, random, most: int):
    """Any answers at all, likely or not: all have positive probability."""
    questions = [random.randrange(len(bank)) for _ in range(random.randrange(most + 1))]
    # A user repeats himself when a question is repeated.
    answers = {q: random.randrange(int(bank.answers[q])) for q in questions}
    return [(q, answers[q]) for q in questions]


def told(channel, bank, history, **options) -> ChannelPosterior:
    posterior = ChannelPosterior(channel, bank, **options)
    for q, a in history:
        posterior.update(np.array([q]), np.array([a]))
    return posterior


@settings(max_examples=250, deadline=None)
@given(catalogues(max_intents=8), presets, st.randoms(use_true_random=False))
def test_belief_is_the_enumeration_of_all_memories(catalogue, preset, random):
    channel, bank = world(catalogue, preset)
    history = histories(bank, random, 6)
    expected = brute.joint(channel, bank, history)
    posterior = told(channel, bank, history)
    np.testing.assert_allclose(posterior.belief()[0], expected.sum(axis=1) / expected.sum(), atol=1e-9)
    np.testing.assert_allclose(posterior.types()[0], expected.sum(axis=0) / expected.sum(), atol=1e-9)


def changing(channel, preset: str, turns: tuple[int, ...]):
    """The channel with users who from some turns on answer, and forget, as another preset says, ever more so."""
    other, later = make_channel(channel.catalogue, PRESETS[preset]), []
    for number, turn in enumerate(turns, start=1):
        share = number / len(turns)
        facets = tuple(
            a.answering(**{k: (1 - share) * getattr(a, k) + share * getattr(b, k) for k in CHANGING})
            for a, b in zip(channel.facets, other.facets)
        )
        later.append(Later(turn, facets))
    return replace(channel, later=tuple(later))


@settings(max_examples=80, deadline=None)
@given(catalogues(max_intents=6), three_types, three_types, st.randoms(use_true_random=False))
def test_users_who_change_are_believed_as_they_are(catalogue, early, late, random):
    channel, bank = world(catalogue, early)
    channel = changing(channel, late, (1, 3))
    history = histories(bank, random, 6)
    expected = brute.joint(channel, bank, history)
    posterior = told(channel, bank, history)
    np.testing.assert_allclose(posterior.belief()[0], expected.sum(axis=1) / expected.sum(), atol=1e-9)
    np.testing.assert_allclose(posterior.types()[0], expected.sum(axis=0) / expected.sum(), atol=1e-9)
    unasked = [q for q in range(len(bank)) if q not in dict(history)]
    if unasked:
        question = random.choice(unasked)
        evidence = expected.sum()
        exact = [brute.joint(channel, bank, [*history, (question, a)]).sum() / evidence
                 for a in range(int(bank.answers[question]))]  # fmt: skip
        np.testing.assert_allclose(posterior.predict(np.array([question]))[0], exact, atol=1e-9)
    chosen, gain = posterior.choose(1)
    if chosen[0, 0] >= 0:
        exact = brute.eig(channel, bank, history, int(chosen[0, 0]))
        assert exact - 0.1 < gain[0, 0] <= exact + 1e-9


def test_many_at_a_time_are_users_who_change_too():
    bank = question_bank(load("toy"))
    channel = changing(make_channel(bank.catalogue, PRESETS["typical"]), "hard", (2,))
    both = ChannelPosterior(channel, bank), BatchedPosterior(channel, bank)
    for posterior in both:
        posterior.reset(2)
        for question, answer in (([3, 5], [4, 0]), ([6, 1], [1, 3]), ([0, 2], [2, 4])):
            posterior.update(np.array(question), np.array(answer))
    np.testing.assert_array_equal(both[0].belief(), both[1].belief())
    for q in range(len(bank)):
        np.testing.assert_array_equal(*(posterior.predict(np.array([q, q])) for posterior in both))


@settings(max_examples=60, deadline=None)
@given(catalogues(), presets, st.randoms(use_true_random=False))
def test_an_opening_counts_what_was_said_and_what_was_not(catalogue, preset, random):
    channel, bank = world(catalogue, preset)
    said = np.full((1, len(catalogue.facets)), SILENT)
    history, silent = [], []
    for f, q in enumerate(bank.open_question.tolist()):
        if q < 0:
            continue
        if random.random() < 0.5:
            said[0, f] = random.randrange(int(bank.answers[q]) - 1)
            history.append((q, int(said[0, f]) + 1))
        else:
            silent.append(f)
    more = histories(bank, random, 3)
    # The stated question counts as asked: a later answer to it would be the same one.
    more = [(q, dict(history).get(q, a)) for q, a in more]
    stated = [int(bank.facet[q]) for q, _ in history]
    expected = brute.joint(channel, bank, history + more, silent=silent, stated=stated)
    posterior = ChannelPosterior(channel, bank)
    posterior.open(said)
    for q, a in more:
        posterior.update(np.array([q]), np.array([a]))
    np.testing.assert_allclose(posterior.belief()[0], expected.sum(axis=1) / expected.sum(), atol=1e-9)
    np.testing.assert_allclose(posterior.types()[0], expected.sum(axis=0) / expected.sum(), atol=1e-9)


@settings(max_examples=60, deadline=None)
@given(catalogues(), presets, st.randoms(use_true_random=False))
def test_predictions_are_exact_and_beliefs_a_martingale(catalogue, preset, random):
    channel, bank = world(catalogue, preset)
    history = histories(bank, random, 4)
    posterior = told(channel, bank, history)
    asked = {q for q, _ in history}
    fresh = [q for q in range(len(bank)) if q not in asked]
    assume(fresh)
    question = random.choice(fresh)
    predicted = posterior.predict(np.array([question]))[0]
    evidence = brute.joint(channel, bank, history).sum()
    answers = int(bank.answers[question])
    exact = [brute.joint(channel, bank, [*history, (question, a)]).sum() / evidence for a in range(answers)]
    np.testing.assert_allclose(predicted, exact, atol=1e-9)
    after = [told(channel, bank, [*history, (question, a)]).belief()[0] for a in range(answers)]
    np.testing.assert_allclose(predicted @ np.array(after), posterior.belief()[0], atol=1e-9)


@settings(max_examples=60, deadline=None)
@given(catalogues(), presets, st.randoms(use_true_random=False), st.booleans())
def test_order_and_repetition_add_nothing(catalogue, preset, random, memory):
    channel, bank = world(catalogue, preset)
    history = histories(bank, random, 6)
    belief = told(channel, bank, history, memory=memory).belief()
    shuffled = history + [random.choice(history) for _ in range(2) if history]
    random.shuffle(shuffled)
    assert told(channel, bank, shuffled, memory=memory).belief().tobytes() == belief.tobytes()


@settings(max_examples=25, deadline=None)
@given(catalogues(), st.randoms(use_true_random=False))
def test_a_batch_is_its_dialogues(catalogue, random):
    channel, bank = world(catalogue)
    batch = [histories(bank, random, 5) for _ in range(4)]
    together = ChannelPosterior(channel, bank)
    together.reset(4)
    for turn in range(5):
        step = [history[turn] if turn < len(history) else (-1, 0) for history in batch]
        together.update(np.array([q for q, _ in step]), np.array([a for _, a in step]))
    alone = [told(channel, bank, history) for history in batch]
    assert together.belief().tobytes() == np.concatenate([p.belief() for p in alone]).tobytes()
    assert together.eig_nats().tobytes() == np.concatenate([p.eig_nats() for p in alone]).tobytes()
    assert together.choose(2)[0].tolist() == [p.choose(2)[0][0].tolist() for p in alone]


def test_independent_multiplies_answers():
    catalogue = Catalogue(
        name="two", intents=("a", "b", "c"), prior=np.array([0.2, 0.3, 0.5]),
        facets=(make_facet("tags", "many", [["x", "y"], ["y"], ["x", "z"]]),),
    )  # fmt: skip
    channel, bank = world(catalogue)
    history = [(q, a) for q, a in zip(range(len(bank)), (1, 4, 0, 2))]
    expected = catalogue.prior[:, None] * channel.shares
    for q, a in history:
        expected = expected * (brute.joint(channel, bank, [(q, a)]) / (catalogue.prior[:, None] * channel.shares))
    expected = expected.sum(axis=1) / expected.sum()
    np.testing.assert_allclose(told(channel, bank, history, memory=False).belief()[0], expected, atol=1e-12)
    assert np.abs(told(channel, bank, history).belief()[0] - expected).max() > 1e-3


def test_two_indistinguishable_intents_keep_the_ratio_of_their_priors():
    facet = make_facet("colour", "one", ["red", "red", "blue"])
    catalogue = Catalogue(name="twins", intents=("a", "b", "c"), prior=np.array([0.1, 0.3, 0.6]), facets=(facet,))
    channel, bank = world(catalogue)
    posterior = told(channel, bank, [(0, 1)])
    belief = posterior.belief()[0]
    assert belief[1] / belief[0] == pytest.approx(3)


def test_a_single_intent_needs_no_question():
    catalogue = Catalogue(
        name="alone", intents=("a",), prior=np.ones(1), facets=(make_facet("year", "number", [1990]),)
    )
    with pytest.raises(ValueError, match="allows no mixed question"):
        question_bank(catalogue)


def test_copies_go_their_own_ways():
    catalogue = load("toy")
    channel, bank = world(catalogue, "typical")
    first = told(channel, bank, [(0, 1)])
    second = first.copy()
    second.update(np.array([1]), np.array([1]))
    assert first.belief().tobytes() == told(channel, bank, [(0, 1)]).belief().tobytes()
    assert second.belief().tobytes() == told(channel, bank, [(0, 1), (1, 1)]).belief().tobytes()


def test_long_contradictory_dialogues_stay_finite():
    """60 answers of a user of whom `clean` says that he never errs."""
    catalogue = load("animals")
    channel, bank = world(catalogue, "clean")
    random = np.random.default_rng(0)
    posterior = ChannelPosterior(channel, bank)
    for q in random.permutation(len(bank))[:60]:
        posterior.update(np.array([q]), np.array([random.integers(int(bank.answers[q]))]))
        belief = posterior.belief()
        assert np.isfinite(belief).all() and belief.sum() == pytest.approx(1)
    assert np.isfinite(posterior.eig_nats()).all()


@pytest.mark.parametrize("cache_bytes", [0, 1 << 16])
def test_results_do_not_depend_on_what_is_kept(cache_bytes):
    catalogue = load("toy")
    channel, bank = world(catalogue, "typical")
    history = [(q, int(bank.answers[q]) - 1) for q in range(0, len(bank), 3)]
    kept, other = told(channel, bank, history), told(channel, bank, history, cache_bytes=cache_bytes)
    assert kept.belief().tobytes() == other.belief().tobytes()
    assert kept.eig_nats().tobytes() == other.eig_nats().tobytes()


def test_what_cannot_be_is_refused():
    catalogue = load("toy")
    channel, bank = world(catalogue, "typical")
    posterior = ChannelPosterior(channel, bank)
    open_question = int(np.flatnonzero(bank.kind == OPEN)[0])
    with pytest.raises(ValueError, match=f"question {open_question} has answers 0 to"):
        posterior.update(np.array([open_question]), np.array([99]))
    with pytest.raises(ValueError, match="2 entries for 1 dialogues"):
        posterior.update(np.array([0, 1]), np.array([0, 0]))
    animals = load("animals")
    with pytest.raises(ValueError, match="the channel is of catalogue 'toy', the bank of 'animals'"):
        ChannelPosterior(channel, question_bank(animals))
