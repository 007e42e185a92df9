"""The channel critic against the exact posterior: the same sums, another way, at the same parameters."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import sparse

import agents.learning.critic as critic_module
from agents.learning.confusable import (
    ENDS,
    FEATURE,
    KNOTS,
    PAIR_FEATURES,
    WEIGHTS,
    P,
    Pairs,
    _rank,
    confusable_pairs,
    kernel_logits,
)
from agents.learning.critic import ChannelCritic
from agents.learning.evidence_rates import segment_softmax
from agents.learning.parameters import (
    DEPARTURE_STEP,
    END_DEVIATION,
    FREEDOM,
    KERNEL_SCALE,
    KERNEL_STEP,
    PLAIN_AT,
    SCALE,
    ChannelParameters,
    Tables,
)
from agents.learning.scalar_sums import ScalarFacets
from agents.learning.serve import _kernel, learned_channel
from agents.learning.set_sums import SetFacet, TopOfMind
from agents.learning.transcripts import Transcripts
from sim.catalogue.catalogue import Catalogue
from sim.catalogue.load import load
from sim.channel.confusion import USUAL, Confusability, confusion_kernel
from sim.posterior.exact import ChannelPosterior
from sim.questions import question_bank
from sim.users.from_rates import make_channel
from sim.users.people import resolved
from sim.users.rates import load_rates
from tests.catalogues import UNEVEN, catalogues, uneven_rates

torch.set_num_threads(1)


def random_histories(bank, rng, dialogues: int, turns: int, opening: bool) -> Transcripts:
    question = np.stack([rng.permutation(np.resize(np.arange(len(bank)), max(turns, len(bank))))[:turns]
                         for _ in range(dialogues)])  # fmt: skip
    answer = np.array([[rng.integers(bank.answers[q]) for q in row] for row in question])
    question[0, turns // 2 :] = -1  # of several lengths
    said = None
    if opening:
        facets = bank.catalogue.facets
        said = np.array([[rng.integers(-1, len(f.options)) for f in facets] for _ in range(dialogues)])
    n = len(bank.catalogue)
    return Transcripts(intent=rng.integers(n, size=dialogues), question=question, answer=answer, said=said)


def exact_belief(channel, bank, histories: Transcripts) -> np.ndarray:
    """(B, N) from the posterior that serves."""
    posterior = ChannelPosterior(channel, bank)
    posterior.reset(len(histories))
    if histories.said is not None:
        posterior.open(histories.said)
    for q, a in zip(histories.question.T, histories.answer.T):
        posterior.update(q, a)
    return posterior.belief()


def critic_belief(critic: ChannelCritic, histories: Transcripts, candidates=None) -> np.ndarray:
    with torch.no_grad():
        scores = critic(critic.evidence(histories), candidates).numpy()
    prior = critic.catalogue.prior
    weight = prior if candidates is None else prior[candidates]
    out = np.exp(scores - scores.max(axis=1, keepdims=True)) * weight
    return out / out.sum(axis=1, keepdims=True)


def perturbed(bank, seed: int = 0, types: int = 3, turns: tuple[int, ...] = ()) -> ChannelCritic:
    """A critic with parameters away from their start."""
    critic = ChannelCritic(bank, types, turns=turns).double()
    g = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for p in critic.parameters():
            p += 0.5 * torch.randn(p.shape, generator=g, dtype=torch.float64)
    return critic


@given(catalogues(), st.integers(0, 10_000), st.booleans(), st.sampled_from([(), (2,), (1, 3, 4)]))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_equals_the_posterior_that_serves_it(catalogue: Catalogue, seed: int, opening: bool, turns):
    try:
        bank = question_bank(catalogue)
    except ValueError:
        return
    critic = perturbed(bank, seed, turns=turns)
    histories = random_histories(bank, np.random.default_rng(seed), 4, 6, opening)
    channel = learned_channel(catalogue, critic.parameters_.tables().numpy(), keep=None)
    expected = exact_belief(channel, bank, histories)
    np.testing.assert_allclose(critic_belief(critic, histories), expected, atol=1e-8)
    everything = np.tile(np.arange(len(catalogue)), (4, 1))
    np.testing.assert_allclose(critic_belief(critic, histories, everything), expected, atol=1e-8)


def simulator_tables(channel, rates) -> Tables:
    """The simulator's rates as tables of the critic."""
    facets = channel.facets
    fame = np.clip((KNOTS + 4) / 3, 0, 1)
    knots = {}
    for key in ("recognition", "absence"):
        ends = [rates.ends(c.facet.name, key) for c in facets]
        knots[key] = np.stack([np.clip(a + (b - a) * fame, 1e-6, 1 - 1e-6) for a, b in ends])
    kernel = np.zeros((len(facets), WEIGHTS))
    kernel[:, 0] = 1.0
    stacked = {k: np.stack([getattr(c, k) for c in facets]) for k in
               ("forgotten", "unrecalled", "muddled", "yesno", "yesno_forgotten", "silent", "slip", "guess",
                "opening")}  # fmt: skip
    arrays = stacked | knots
    arrays |= {"shares": channel.shares, "salience": np.full(len(facets), 0.5), "kernel": kernel}
    return Tables.of(arrays, torch.float64)


@pytest.mark.parametrize("opening", [False, True])
@pytest.mark.parametrize("users", ["typical", "people", UNEVEN])
@pytest.mark.parametrize("name", ["toy", "animals", "groceries"])
def test_equals_the_exact_posterior_at_the_simulators_rates(name, users, opening, monkeypatch):
    catalogue = load(name)
    rates = uneven_rates(catalogue) if users == UNEVEN else resolved(load_rates(users), catalogue)
    bank, channel = question_bank(catalogue), make_channel(catalogue, rates)

    def true_pairs(catalogue):
        out = []
        for f in range(len(catalogue.facets)):
            k = channel.facets[f].kernel
            features = np.zeros((k.nnz, P))
            features[:, 0] = np.log(k.data)
            out.append(Pairs(k.indptr.astype(np.int64), k.indices, features))
        return tuple(out)

    monkeypatch.setattr(critic_module, "confusable_pairs", true_pairs)
    torch.set_default_dtype(torch.float64)  # the catalogue's constants, too
    try:
        critic = ChannelCritic(bank, len(rates.types))
    finally:
        torch.set_default_dtype(torch.float32)
    tables = simulator_tables(channel, rates)
    monkeypatch.setattr(critic.parameters_, "tables", lambda: tables)
    histories = random_histories(bank, np.random.default_rng(0), 12, 10, opening)
    np.testing.assert_allclose(critic_belief(critic, histories), exact_belief(channel, bank, histories), atol=1e-6)


def test_candidates_in_any_order_and_twice():
    catalogue = load("toy")
    bank = question_bank(catalogue)
    critic = perturbed(bank)
    histories = random_histories(bank, np.random.default_rng(3), 5, 8, False)
    with torch.no_grad():
        evidence = critic.evidence(histories)
        full = critic(evidence).numpy()
        ids = np.random.default_rng(4).integers(len(catalogue), size=(5, 11))
        some = critic(evidence, ids).numpy()
    np.testing.assert_allclose(some, np.take_along_axis(full, ids, axis=1), atol=1e-9)


def test_a_repeated_question_adds_nothing_and_order_does_not_matter():
    bank = question_bank(load("toy"))
    critic = perturbed(bank)
    once = Transcripts(intent=np.zeros(1, int), question=np.array([[3, 7, 9]]), answer=np.array([[1, 0, 1]]))
    again = Transcripts(intent=np.zeros(1, int), question=np.array([[9, 3, 3, 7]]), answer=np.array([[1, 1, 1, 0]]))
    np.testing.assert_allclose(critic_belief(critic, once), critic_belief(critic, again), atol=1e-12)


def test_gradients_are_right():
    bank = question_bank(load("toy"))
    critic = perturbed(bank)
    histories = random_histories(bank, np.random.default_rng(5), 3, 6, True)
    evidence = critic.evidence(histories)
    # In a direction at random, against a difference quotient.
    g = torch.Generator().manual_seed(1)
    direction = [torch.randn(p.shape, generator=g, dtype=torch.float64) for p in critic.parameters()]

    def value():
        return critic(evidence)[:, ::3].sum()

    gradient = torch.autograd.grad(value(), list(critic.parameters()), allow_unused=True)
    slope = sum(float((a * d).sum()) for a, d in zip(gradient, direction) if a is not None)
    step = 1e-5
    ends = []
    for sign in (1, -2):
        with torch.no_grad():
            for p, d in zip(critic.parameters(), direction):
                p += sign * step * d
            ends.append(float(value()))
    assert slope == pytest.approx((ends[0] - ends[1]) / (2 * step), rel=1e-6)


def test_types_start_apart():
    tables = ChannelCritic(question_bank(load("toy"))).parameters_.tables()
    assert (tables.forgotten[..., 0] < tables.forgotten[..., 1]).all()
    assert (tables.slip[..., 1] < tables.slip[..., 2]).all()


@pytest.mark.parametrize("by", [USUAL, Confusability(company=0.025, fame=1.0)])
@pytest.mark.parametrize("name", ["groceries", "movies-1k"])
def test_what_may_be_confused_holds_what_users_confuse(name, by):
    """No confusion of the simulator's is impossible for the learner, or nearly none: its candidates are few."""
    catalogue = load(name)
    for f, facet in enumerate(catalogue.facets):
        kernel = confusion_kernel(catalogue, f, by)
        near = confusable_pairs(catalogue)[f]
        pattern = sparse.csr_array((np.ones(near.nnz), near.indices, near.indptr), shape=kernel.shape)
        held = np.asarray(kernel.multiply(pattern).sum(axis=1)).ravel()
        assert held[np.diff(kernel.indptr) > 0].min(initial=1.0) > 0.9, facet.name
        assert np.diff(near.indptr).max(initial=0) <= 64 or facet.kind == "number", facet.name


@given(st.lists(st.tuples(st.integers(0, 4), st.sampled_from([-3.0, -1.5, -1.5 + 1e-9, 0.0, 0.25])), max_size=30))
def test_ranks_are_counted_within_a_value(pairs):
    pairs.sort(key=lambda pair: pair[0])
    rows, score = np.array([r for r, _ in pairs], np.int64), np.array([s for _, s in pairs], float)
    expected = [
        sum(r == rows[i] and (s > score[i] + 1e-7 or (abs(s - score[i]) < 1e-7 and j < i))
            for j, (r, s) in enumerate(pairs))
        for i in range(len(pairs))
    ]  # fmt: skip
    assert _rank(rows, score).tolist() == expected


@pytest.mark.parametrize("part", ["plain_shared", "plain_facet"])
def test_weights_of_pair_features_are_held_at_nothing_one_by_one(part):
    """One that is something costs little more at twice as much, and another pays what it would have paid alone."""
    parameters = ChannelParameters(load("animals"))
    weights = getattr(parameters, part)
    at = PLAIN_AT["kernel"].start + PAIR_FEATURES.index("spelling")
    step = KERNEL_STEP if part == "plain_shared" else DEPARTURE_STEP

    def cost(*values: float) -> float:
        with torch.no_grad():
            weights[..., at : at + len(values)] = torch.tensor(values) / step
            return float(parameters.penalty().detach())

    free = cost(0.0, 0.0)
    facets = 1 if weights.ndim == 1 else len(weights)
    assert cost(KERNEL_SCALE) - free == pytest.approx(np.log(2) * facets, rel=1e-3)
    assert cost(2.0) - cost(1.0) == pytest.approx(np.log(4) * facets, rel=1e-2)
    assert cost(0.1, 1.0) - cost(0.0, 1.0) == pytest.approx(cost(0.1, 0.0) - free, rel=1e-3)


def test_distances_of_numbers_hold_together_whatever_other_facets_there_are():
    """Animals have three numbers among 36 facets: the prior of the three is the Student density in three dimensions."""
    catalogue = load("animals")
    parameters = ChannelParameters(catalogue)
    before = parameters.penalty().detach()
    at = PLAIN_AT["kernel"].start + PAIR_FEATURES.index("distance")
    apart = torch.tensor([0.3, -0.2, 0.1])
    numbers = [f for f, facet in enumerate(catalogue.facets) if facet.kind == "number"]
    with torch.no_grad():
        parameters.plain_facet[numbers, at] = apart / KERNEL_STEP
    scale = SCALE * np.sqrt(FREEDOM)
    expected = 0.5 * (FREEDOM + 3) * np.log1p(float((apart**2).sum()) / scale**2)
    assert float(parameters.penalty().detach() - before) == pytest.approx(expected, rel=1e-3)


def test_held_facets_learn_of_their_own_only_distances():
    parameters = ChannelParameters(load("animals"))
    tables = parameters.tables()
    rates = (tables.yesno, tables.silent, tables.recognition, tables.salience, tables.kernel, tables.kernel**2)
    loss = sum(x.sum() for x in rates)
    loss.backward()
    parameters.hold_facets()
    assert parameters.typed_facet.grad is None and parameters.typed_joint.grad is None
    moved = (parameters.plain_facet.grad != 0).any(dim=0).nonzero().ravel() - PLAIN_AT["kernel"].start
    assert moved.tolist() == [FEATURE["distance"], FEATURE["relative"], *range(P, WEIGHTS)]
    assert (parameters.plain_shared.grad != 0).sum() > 10


def test_no_weight_of_distance_makes_the_farther_the_likelier():
    catalogue = load("animals")
    parameters = ChannelParameters(catalogue)
    with torch.no_grad():
        parameters.plain_shared[PLAIN_AT["kernel"]] = -5.0
        parameters.plain_facet[:, PLAIN_AT["kernel"]] = -3.0
    weights = parameters.tables().kernel
    distances = np.arange(WEIGHTS) >= P
    distances[[FEATURE["distance"], FEATURE["relative"]]] = True
    assert (weights[:, distances] >= 0).all()
    torch.testing.assert_close(weights[:, ~distances], torch.full_like(weights[:, ~distances], -5 * 3.0 - 3 * 0.5))


def test_confusions_of_numbers_fade_with_distance_from_the_start():
    catalogue = load("animals")
    weights = ChannelParameters(catalogue).tables().kernel.detach().double().numpy()
    for f, facet in enumerate(catalogue.facets):
        if facet.kind == "number":
            pairs = confusable_pairs(catalogue)[f]
            score = pairs.features[:, :P] @ weights[f, :P] + np.log(pairs.features[:, P:] @ weights[f, P:])
            for v in range(len(facet.values)):
                mine = score[pairs.rows == v]  # by value: those below come nearer, those above go farther
                assert np.all(np.diff(mine[:v]) >= -1e-6) and np.all(np.diff(mine[v:]) <= 1e-6)


def test_confusions_of_numbers_may_end_as_those_of_the_users_do():
    """Laplace within a reach and nothing beyond, which no weight of distance alone can say."""
    checked = 0
    for name in ("animals", "movies", "groceries"):
        catalogue = load(name)
        for f, facet in enumerate(catalogue.facets):
            if facet.kind != "number":
                continue
            true, near = confusion_kernel(catalogue, f).toarray(), confusable_pairs(catalogue)[f]
            distance = -near.features[:, FEATURE["distance"]]
            unit = float(distance[distance > 0].min())
            steps = np.count_nonzero(true[0])
            weights = np.zeros(WEIGHTS)
            weights[FEATURE["distance"]] = np.log(true[0, 1] / true[0, 2]) / unit
            end = np.searchsorted(ENDS, steps * unit)
            assert ENDS[end] < (steps + 1) * unit
            weights[P + end] = 1 - 1e-9
            weights[-1] = 1e-9
            np.testing.assert_allclose(_kernel(near, weights, None).toarray(), true, atol=1e-6)
            checked += 1
    assert checked >= 7


def test_ends_of_distance_are_chances_and_depart_freely():
    catalogue = load("animals")
    parameters = ChannelParameters(catalogue)
    before = parameters.penalty().detach()
    numbers = [f for f, facet in enumerate(catalogue.facets) if facet.kind == "number"]
    with torch.no_grad():
        parameters.plain_facet[numbers[0], PLAIN_AT["kernel"].start + P :] = torch.linspace(-2, 2, WEIGHTS - P)
    ends = parameters.tables().kernel[:, P:].detach()
    torch.testing.assert_close(ends.sum(dim=1), torch.ones(len(ends)))
    assert (ends > 0).all() and not torch.equal(ends[numbers[0]], ends[numbers[1]])
    expected = 0.5 * float(((KERNEL_STEP * torch.linspace(-2, 2, WEIGHTS - P) / END_DEVIATION) ** 2).sum())
    assert float(parameters.penalty().detach() - before) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("name", ["toy", "animals", "groceries"])
def test_torch_and_numpy_have_the_same_kernel_and_background(name):
    """Training and serving say these in two languages."""
    catalogue = load(name)
    critic = perturbed(question_bank(catalogue))
    tables = critic.parameters_.tables()
    served = learned_channel(catalogue, tables.numpy(), keep=None).facets
    seen = 0
    for group in critic.groups:
        if isinstance(group, ScalarFacets):
            kernels = group.kernel(tables.kernel).detach().numpy()
            for g, f in enumerate(group.facets):
                np.testing.assert_allclose(kernels[g], served[f].kernel.toarray(), atol=1e-6)
                np.testing.assert_allclose(group.background[g].numpy(), served[f].background, atol=1e-7)
                seen += 1
        elif isinstance(group, SetFacet):
            mind, near = TopOfMind(group, tables), confusable_pairs(catalogue)[group.facet]
            logits = kernel_logits(group.features, tables.kernel[group.facet], torch.log)
            shares = segment_softmax(logits, torch.from_numpy(near.rows), group.values).detach().numpy()
            np.testing.assert_allclose(shares, served[group.facet].kernel.data, atol=1e-6)
            np.testing.assert_allclose(mind.background.detach().numpy(), served[group.facet].background, atol=1e-6)
            np.testing.assert_allclose(mind.salience.detach().numpy(), served[group.facet].salience, atol=1e-6)
            seen += 1
    assert seen == len(catalogue.facets)


def test_the_kernels_formula_is_the_same_for_a_facet_and_for_pairs_of_several():
    rng = np.random.default_rng(0)
    for columns in (P, WEIGHTS):
        features, weights = rng.random((40, columns)), rng.random(WEIGHTS)
        together = np.tile(weights, (40, 1))
        expected = features[:, :P] @ weights[:P] + (np.log(features[:, P:] @ weights[P:]) if columns > P else 0)
        np.testing.assert_allclose(kernel_logits(features, weights, np.log), expected)
        np.testing.assert_allclose(kernel_logits(features, together, np.log), expected)
        found = kernel_logits(torch.from_numpy(features), torch.from_numpy(together), torch.log).numpy()
        np.testing.assert_allclose(found, expected)
