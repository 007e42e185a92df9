"""Settings: what is computed is shared between rules and given anew under another prior."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from agents.policy.serve import exact_posterior
from agents.setting import Setting, make_setting
from agents.strategies.learned import from_checkpoint
from envs.rules import Rules
from sim.posterior.batched import BatchedPosterior
from sim.posterior.exact import ChannelPosterior

POSTERIORS = {
    "exact": lambda setting: setting.posterior(),
    "independent": lambda setting: setting.posterior(memory=False),
    "learned": lambda setting: setting.shared(from_checkpoint),
    "batched": exact_posterior,
}


def told(posterior):
    """After a few answers."""
    posterior.reset(1)
    for question, answer in ((0, 1), (5, 0), (7, 1)):
        posterior.update(np.array([question]), np.array([answer]))
    return posterior


@pytest.fixture
def setting() -> Setting:
    return make_setting("animals", "mixed", "hard", Rules(budget=8))


@pytest.mark.parametrize("name", POSTERIORS)
def test_settings_that_differ_in_their_rules_share_what_is_computed(setting, name):
    other = setting.with_rules(Rules(budget=3))
    assert other.rules.budget == 3
    assert setting.rules.budget == 8
    one, two = POSTERIORS[name](other), POSTERIORS[name](setting)
    assert one is not two
    assert one.channel is two.channel
    shared = "_beliefs" if isinstance(one, ChannelPosterior) else "_told"
    assert getattr(one, shared) is getattr(two, shared)
    assert other.channel is setting.channel
    assert other.population is setting.population


def test_a_posterior_told_something_leaves_the_next_copy_at_the_prior(setting):
    told(setting.posterior())
    np.testing.assert_allclose(setting.posterior().belief()[0], setting.catalogue.prior, rtol=1e-12)


@pytest.mark.parametrize("before", [False, True], ids=["not made before", "made before"])
@pytest.mark.parametrize("name", POSTERIORS)
def test_intents_ruled_out_are_a_condition_on_the_belief(setting, name, before):
    """Bayes: whatever is believed of users, ruling intents out beforehand or afterwards comes to the same."""
    out = [3, 17, 40]
    belief = told(POSTERIORS[name](setting)).belief()[0] if before else None
    without = setting.without(out)
    found = told(POSTERIORS[name](without)).belief()[0]
    belief = told(POSTERIORS[name](setting)).belief()[0] if belief is None else belief
    expected = belief.copy()
    expected[out] = 0.0
    np.testing.assert_allclose(found, expected / expected.sum(), atol=1e-12)


def test_ruling_out_twice_equals_ruling_out_together(setting):
    one = told(setting.without([3]).without([3, 17]).posterior())
    np.testing.assert_allclose(one.belief(), told(setting.without([3, 17]).posterior()).belief(), atol=1e-15)


def test_what_users_remember_does_not_depend_on_who_is_ruled_out(setting):
    without = setting.without([3])
    assert without.channel.facets is setting.channel.facets
    assert without.checkpoint == setting.checkpoint
    assert without.catalogue.prior[3] == 0.0
    assert setting.catalogue.prior[3] > 0.0


def test_somebody_must_be_left(setting):
    with pytest.raises(ValueError, match="no intent of catalogue 'animals' is left"):
        setting.without(range(len(setting.catalogue)))


def test_a_setting_with_other_fields_computes_for_itself(setting):
    _ = setting.posterior()
    other = replace(setting, checkpoint="elsewhere")
    assert other.store is not setting.store
    assert other.store.posteriors == {}


def test_the_faster_exact_posterior_is_taken_on_small_catalogues(setting):
    assert isinstance(exact_posterior(setting), BatchedPosterior)
