"""Simulated users judged by the exact posterior: the belief means what it says (20,000 dialogues)."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from sim.catalogue.catalogue import Catalogue, make_facet
from sim.numeric.randomness import uniform
from sim.posterior.exact import ChannelPosterior
from sim.questions import question_bank
from sim.users.from_rates import make_channel
from sim.users.memory import Population
from sim.users.rates import PRESETS
from sim.users.simulated import SimulatedUsers


def small() -> Catalogue:
    """16 intents, every facet kind, unknown values, an uneven prior."""
    random = np.random.default_rng(7)
    tags = [sorted({f"tag {t}" for t in random.integers(0, 6, size=random.integers(0, 4))}) for _ in range(16)]
    columns = (
        make_facet("maker", "one", [None if i % 7 == 3 else f"maker {i % 5}" for i in range(16)]),
        make_facet("tags", "many", tags),
        make_facet(
            "year", "number", [None if i == 5 else 1990 + int(x) for i, x in enumerate(random.integers(0, 9, 16))]
        ),
        make_facet("organic", "flag", [bool(i % 3 == 0) for i in range(16)]),
    )
    weight = random.integers(1, 9, 16).astype(float)
    return Catalogue(name="small", intents=tuple(map(str, range(16))), prior=weight / weight.sum(), facets=columns)


@pytest.mark.slow
@pytest.mark.parametrize("policy", ["random", "greedy"])
@pytest.mark.parametrize("preset", ["typical", "hard"])
def test_the_rank_of_the_truth_is_uniform(policy, preset):
    """u = mass above the truth + a uniform share of its own mass is uniform for calibrated beliefs: KS at most 0.02."""
    catalogue = small()
    bank = question_bank(catalogue)
    channel = make_channel(catalogue, PRESETS[preset])
    n, turns = 20_000, 6
    users = SimulatedUsers(Population(bank, preset, channel), 11, np.arange(n))
    posterior = ChannelPosterior(channel, bank)
    posterior.reset(n)
    for turn in range(turns):
        if policy == "greedy":
            question = posterior.choose()[0][:, 0]
        else:
            question = (uniform(3, np.arange(n), turn) * len(bank)).astype(np.int64)
        posterior.update(question, users.answer(np.maximum(question, 0)))
    belief = posterior.belief()
    own = belief[np.arange(n), users.intent]
    above = np.where(belief > own[:, None], belief, 0.0).sum(axis=1)
    level = np.where(belief == own[:, None], belief, 0.0).sum(axis=1)
    ks = stats.kstest(above + uniform(4, np.arange(n)) * level, "uniform").statistic
    assert ks <= 0.02
    confidence = belief.max(axis=1)
    right = belief.argmax(axis=1) == users.intent
    assert abs(right.mean() - confidence.mean()) < 4 * np.sqrt((confidence * (1 - confidence)).mean() / n)
