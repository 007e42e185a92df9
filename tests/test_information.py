"""Expected information gain against enumeration, and the certified choice against the full sweep."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.ask.ranking import top_among
from sim.catalogue.catalogue import Catalogue, make_facet
from sim.catalogue.load import load
from sim.numeric.entropy import binary_entropy, least_mass, mutual_information
from sim.posterior.exact import ChannelPosterior
from sim.questions import question_bank
from sim.users.from_rates import make_channel
from sim.users.rates import PRESETS
from tests import brute
from tests.catalogues import catalogues
from tests.test_posterior import histories, told, world


def losses(catalogue, random, most: int = 6) -> tuple[float, float]:
    """EIG lost by the choice, and the largest error of any question's EIG, nats; `hard` users, any answers."""
    channel, bank = world(catalogue, "hard")
    history = histories(bank, random, most)
    asked = {q for q, _ in history}
    exact = np.array([0.0 if q in asked else brute.eig(channel, bank, history, q) for q in range(len(bank))])
    posterior = told(channel, bank, history)
    (choice,), _ = posterior.choose(1)[0], None
    swept = posterior.eig_nats()[0]
    assert (swept <= exact + 1e-9).all(), "never more than there is"
    chosen = exact[choice[0]] if choice[0] >= 0 else 0.0
    return float(exact.max() - chosen), float(np.abs(exact - swept).max())


@settings(max_examples=60, deadline=None)
@given(catalogues(), st.randoms(use_true_random=False))
def test_the_choice_loses_nothing_on_small_catalogues(catalogue, random):
    loss, error = losses(catalogue, random)
    assert loss < 5e-3
    assert error < 0.1


@pytest.mark.slow
def test_the_loss_of_the_choice_over_many_catalogues():
    found = []

    @settings(max_examples=1500, deadline=None, database=None)
    @given(catalogues(max_intents=8), st.randoms(use_true_random=False))
    def collect(catalogue, random):
        found.append(losses(catalogue, random)[0])

    collect()
    assert np.median(found) <= 1e-3
    assert np.quantile(found, 0.99) <= 5e-3


@settings(max_examples=60, deadline=None)
@given(catalogues(), st.randoms(use_true_random=False), st.integers(1, 5))
def test_the_certified_choice_is_that_of_the_full_sweep(catalogue, random, k):
    channel, bank = world(catalogue)
    history = histories(bank, random, 5)
    ids, gains = told(channel, bank, history).choose(k)
    expected = top_among(np.arange(len(bank)), told(channel, bank, history).eig_nats()[0], k)
    assert ids[0].tolist() == expected[0].tolist()
    np.testing.assert_allclose(gains[0], expected[1], atol=1e-12)


@pytest.mark.parametrize("name", ["movies-1k", "groceries", "animals"])
def test_certified_choices_on_real_catalogues(name):
    catalogue = load(name)
    channel = make_channel(catalogue, PRESETS["typical"])
    bank = question_bank(catalogue)
    random = np.random.default_rng(3)
    posterior = ChannelPosterior(channel, bank)
    for _ in range(8):
        ids, gains = posterior.choose(3)
        expected = top_among(np.arange(len(bank)), posterior.eig_nats()[0], 3)
        assert ids[0].tolist() == expected[0].tolist()
        np.testing.assert_allclose(gains[0], expected[1], atol=1e-12)
        assert (gains[0] <= np.log(bank.answers[ids[0]])).all()
        answer = random.choice(int(bank.answers[ids[0, 0]]), p=posterior.predict(ids[:, 0])[0])
        posterior.update(ids[:, 0], np.array([answer]))


def test_a_large_scalar_facet_goes_through_the_sparse_path():
    """More values than `SMALL`: class "is it v", kernel sparse; compared with enumeration."""
    n = 70
    brands = [f"brand {i % 66:02d}" for i in range(n)]
    catalogue = Catalogue(
        name="brands", intents=tuple(f"item {i}" for i in range(n)), prior=np.full(n, 1 / n),
        facets=(make_facet("brand", "one", brands), make_facet("organic", "flag", [i % 3 == 0 for i in range(n)])),
    )  # fmt: skip
    channel, bank = world(catalogue)
    history = [(3, 4), (40, 1)]
    posterior = told(channel, bank, history)
    gains = posterior.eig_nats()[0]
    for q in (0, 5, 41, 66, len(bank) - 1):
        exact = brute.eig(channel, bank, history, q)
        # Brands that are taken for v tell them apart from the rest: what a class "is it v" leaves out.
        assert exact - 0.03 < gains[q] <= exact + 1e-9
    ids, refined = posterior.choose(3)
    for q, gain in zip(ids[0].tolist(), refined[0]):
        assert gain == pytest.approx(brute.eig(channel, bank, history, q), abs=1e-9)
    question = int(ids[0, 0])
    predicted = posterior.predict(np.array([question]))[0]
    evidence = brute.joint(channel, bank, history).sum()
    exact = [brute.joint(channel, bank, [*history, (question, a)]).sum() / evidence for a in range(len(predicted))]
    np.testing.assert_allclose(predicted, exact, atol=1e-9)


def test_closed_forms():
    assert mutual_information(np.full((2, 2), 0.25)) == pytest.approx(0)
    assert mutual_information(np.eye(2) / 2) == pytest.approx(np.log(2))
    assert binary_entropy(np.array([0.0, 0.5, 1.0])) == pytest.approx([0, np.log(2), 0])


@given(st.floats(1e-6, 0.5))
def test_least_mass_inverts_the_binary_entropy(p):
    nats = float(binary_entropy(np.array(p)))
    assert least_mass(nats) <= p + 1e-9
    assert float(binary_entropy(np.array(least_mass(nats)))) == pytest.approx(nats, abs=1e-8)


def test_noiseless_bits_of_a_perfect_split():
    """A clean user and a flag that halves the catalogue: one bit, short of the clipped rates."""
    facet = make_facet("is", "flag", [True, False])
    catalogue = Catalogue(name="halves", intents=("a", "b"), prior=np.full(2, 0.5), facets=(facet,))
    channel, bank = world(catalogue, "clean")
    gain = ChannelPosterior(channel, bank).eig_nats()[0, 0] / np.log(2)
    assert gain == pytest.approx(1, abs=1e-3) and gain < 1
