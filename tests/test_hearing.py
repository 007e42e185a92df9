"""Beliefs that hear words: virtual evidence against enumeration of all that may have been said."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from agents.learning.serve import learned_posterior
from agents.setting import make_setting
from envs.rules import Rules
from sim.belief.virtual_evidence import Meaning, VirtualEvidence, answered
from sim.belief.weighted_histories import MOST
from sim.catalogue.catalogue import Catalogue
from sim.catalogue.load import load
from sim.channel.opening import SILENT
from sim.numeric.entropy import mutual_information
from sim.posterior.batched import BatchedPosterior
from sim.posterior.contract import Posterior
from sim.posterior.exact import ChannelPosterior
from sim.questions import OPEN, QuestionBank, question_bank
from tests import brute
from tests.catalogues import UNEVEN, catalogues, channel_of

presets = st.sampled_from(["typical", "hard", UNEVEN])
pytestmark = pytest.mark.usefixtures("law")
COARSE = 0.1
"""Share of an open question's information that may be lost where intents are told apart by class; 2 % was seen."""
Parts = list[tuple[Meaning, ...]]


def world(catalogue: Catalogue, preset: Any):
    try:
        bank = question_bank(catalogue)
    except ValueError:
        assume(False)
        raise
    return channel_of(catalogue, preset), bank


def one_slot(bank: QuestionBank, question: int, random: Any) -> tuple[Meaning, ...]:
    """What may have been answered to one question, and perhaps that nothing was."""
    answers = random.sample(range(int(bank.answers[question])), min(3, int(bank.answers[question])))
    part = [Meaning(random.uniform(0.05, 1.0), ((question, a),)) for a in answers]
    return (*part, Meaning(random.uniform(0.05, 1.0))) if random.random() < 0.5 else tuple(part)


def two_facets(bank: QuestionBank, questions: list[int], random: Any) -> tuple[Meaning, ...]:
    """One of two things, of different facets."""
    return tuple(Meaning(random.uniform(0.05, 1.0), ((q, random.randrange(int(bank.answers[q]))),)) for q in questions)


def some_parts(bank: QuestionBank, random: Any, apart: bool) -> Parts:
    """Parts on different questions; with `apart`, one of them on two facets."""
    questions = random.sample(range(len(bank)), min(len(bank), 4))
    parts = [one_slot(bank, q, random) for q in questions[:2]]
    rest = [q for q in questions[2:] if bank.facet[q] not in bank.facet[questions[:2]]]
    if apart and len(rest) == 2 and bank.facet[rest[0]] != bank.facet[rest[1]]:
        parts.append(two_facets(bank, rest, random))
    return parts


def enumerated(channel: Any, bank: QuestionBank, parts: Parts, then: tuple[tuple[int, int], ...] = ()) -> np.ndarray:
    """(N, T) p(intent, type, what was heard and then answered), up to a factor: every way to read it, summed."""
    out = np.zeros((len(channel.catalogue), len(channel.shares)))
    for ways in itertools.product(*parts):
        said = [step for meaning in ways for step in meaning.said]
        weight = np.prod([meaning.likelihood for meaning in ways])
        out += weight * brute.joint(channel, bank, [*said, *then])
    return out


@settings(max_examples=60, deadline=None)
@given(catalogues(max_intents=8), presets, st.randoms(use_true_random=False), st.booleans())
def test_what_was_heard_is_the_sum_over_all_that_may_have_been_said(catalogue, preset, random, apart):
    channel, bank = world(catalogue, preset)
    parts = some_parts(bank, random, apart)
    expected = enumerated(channel, bank, parts)
    for kind in (ChannelPosterior, BatchedPosterior):
        posterior = kind(channel, bank)
        for part in parts:
            posterior.hear([VirtualEvidence((part,))])
        lost = 3 * float(posterior.pruned[0]) + 1e-9
        np.testing.assert_allclose(posterior.belief()[0], expected.sum(axis=1) / expected.sum(), atol=lost)
        np.testing.assert_allclose(posterior.types()[0], expected.sum(axis=0) / expected.sum(), atol=lost)


@settings(max_examples=60, deadline=None)
@given(catalogues(max_intents=8), presets, st.randoms(use_true_random=False), st.booleans())
def test_the_information_gain_is_that_of_the_mixture(catalogue, preset, random, apart):
    channel, bank = world(catalogue, preset)
    parts = some_parts(bank, random, apart)
    posterior = ChannelPosterior(channel, bank)
    posterior.hear([VirtualEvidence(tuple(parts))])
    heard = {q for part in parts for meaning in part for q, _ in meaning.said}
    fresh = [q for q in range(len(bank)) if q not in heard]
    for q in bank.open_question[bank.open_question >= 0].tolist():
        assert posterior.predict(np.array([q]))[0].sum() == pytest.approx(1.0), bank.text(q)
    assume(fresh)
    ids, gains = posterior.choose(4)
    for q, gain in [(int(q), g) for q, g in zip(ids[0], gains[0]) if q in fresh]:
        joint = np.stack([enumerated(channel, bank, parts, ((q, a),)).sum(axis=1) for a in range(int(bank.answers[q]))])
        if bank.kind[q] == OPEN and bank.open_question[bank.facet[q]] in heard:
            continue
        joint /= joint.sum()
        lost = 3 * float(posterior.pruned[0]) + 1e-8
        np.testing.assert_allclose(posterior.predict(np.array([q]))[0], joint.sum(axis=1), atol=lost)
        told = float(mutual_information(joint))
        if bank.kind[q] == OPEN:  # told apart by class of intents alone, so never more than all, and little less
            assert told - COARSE * told - 1e-3 - lost <= gain <= told + lost
        else:
            assert gain == pytest.approx(told, abs=lost)


@settings(max_examples=60, deadline=None)
@given(catalogues(max_intents=8), presets, st.randoms(use_true_random=False))
def test_one_meaning_is_a_hard_answer_to_the_bit(catalogue, preset, random):
    channel, bank = world(catalogue, preset)
    hard, soft = ChannelPosterior(channel, bank), ChannelPosterior(channel, bank)
    for q in random.sample(range(len(bank)), min(len(bank), 5)):
        a = random.randrange(int(bank.answers[q]))
        hard.update(np.array([q]), np.array([a]))
        soft.hear(answered([q], [a]))
        assert (hard.belief() == soft.belief()).all()
    assert all((x == y).all() for x, y in zip(hard.choose(3), soft.choose(3)))


@settings(max_examples=60, deadline=None)
@given(catalogues(max_intents=8), presets, st.randoms(use_true_random=False))
def test_an_opening_in_doubt_is_the_mixture_of_the_openings(catalogue, preset, random):
    channel, bank = world(catalogue, preset)
    facets = [f for f in range(len(catalogue.facets)) if bank.open_question[f] >= 0]
    assume(facets)
    f = random.choice(facets)
    q = int(bank.open_question[f])
    options = random.sample(range(1, int(bank.answers[q])), min(2, int(bank.answers[q]) - 1))
    shares = np.array([random.uniform(0.1, 1.0) for _ in range(len(options) + 1)])
    shares /= shares.sum()
    part = (*(Meaning(p, ((q, o),)) for p, o in zip(shares[:-1], options)), Meaning(shares[-1]))
    others = [g for g in facets if g != f]
    expected = np.zeros(len(catalogue))
    for p, o in zip(shares, [*(o - 1 for o in options), SILENT]):
        said = np.full((1, len(catalogue.facets)), SILENT)
        said[0, f] = o
        hard = ChannelPosterior(channel, bank)
        hard.open(said)
        expected += p * hard.belief()[0]
    posterior = ChannelPosterior(channel, bank)
    posterior.hear([VirtualEvidence(posterior.likelihoods([part], opening=True), opening=True)])
    if not others:  # where other facets were passed over too, that makes one meaning or another likelier
        np.testing.assert_allclose(posterior.belief()[0], expected, atol=1e-9)
    assert posterior.histories[0] == 1


def test_answers_and_what_was_heard_come_to_the_same_in_any_order(toy):
    channel, bank = toy
    random = np.random.default_rng(5)
    parts = [tuple(Meaning(float(p), ((q, a),)) for a, p in enumerate(random.dirichlet(np.ones(5))))
             for q in np.flatnonzero(bank.kind != OPEN)[:3].tolist()]  # fmt: skip
    hard = int(np.flatnonzero(bank.kind != OPEN)[4])
    beliefs = []
    for order in itertools.permutations(range(3)):
        posterior = ChannelPosterior(channel, bank)
        posterior.hear([VirtualEvidence((parts[order[0]], parts[order[1]]))])
        posterior.update(np.array([hard]), np.array([4]))
        posterior.hear([VirtualEvidence((parts[order[2]],))])
        beliefs.append(posterior.belief()[0])
    np.testing.assert_allclose(beliefs, np.tile(beliefs[0], (6, 1)), atol=1e-12)


def test_a_log_factor_on_items_multiplies_the_belief_and_can_come_twice(toy):
    channel, bank = toy
    factor = np.linspace(-2.0, 1.0, len(channel.catalogue))
    for kind in (ChannelPosterior, BatchedPosterior):
        posterior = kind(channel, bank)
        posterior.update(np.array([1]), np.array([3]))
        before = posterior.belief()[0]
        posterior.hear([VirtualEvidence(items=factor)])
        posterior.hear([VirtualEvidence(items=factor)])
        expected = before * np.exp(2 * factor)
        np.testing.assert_allclose(posterior.belief()[0], expected / expected.sum(), atol=1e-12)
        assert posterior.choose(1)[0][0, 0] >= 0
    with pytest.raises(ValueError, match="one an intent"):
        posterior.hear([VirtualEvidence(items=factor[1:])])


def test_at_most_so_many_histories_are_kept_and_the_rest_is_told(toy):
    channel, bank = toy
    posterior = ChannelPosterior(channel, bank)
    facets = list(dict.fromkeys(bank.facet.tolist()))
    first = [int(np.flatnonzero((bank.facet == f) & (bank.kind != OPEN))[0]) for f in facets
             if ((bank.facet == f) & (bank.kind != OPEN)).any()]  # fmt: skip
    part = tuple(Meaning(1.0, ((q, 4),)) for q in first[:2])
    for _ in range(4):
        posterior.hear([VirtualEvidence((part,))])
    assert posterior.histories[0] <= MOST
    many = tuple(Meaning(1.0, ((q, a),)) for q in first for a in range(5))
    posterior.hear([VirtualEvidence((many,))])
    assert posterior.histories[0] <= MOST and 0 < posterior.pruned[0] < 1
    np.testing.assert_allclose(posterior.belief().sum(), 1.0)
    assert posterior.eig_nats().shape == (1, len(bank))
    ids, about = posterior.shortlist(2, 1)
    assert ids.shape == (1, 3) and np.isfinite(about.gain_nats).all()


def test_dialogues_side_by_side_do_not_mix(toy):
    channel, bank = toy
    part = (Meaning(0.5, ((0, 1),)), Meaning(0.5, ((len(bank) - 1, 4),)))
    both, alone = ChannelPosterior(channel, bank), ChannelPosterior(channel, bank)
    both.reset(3)
    both.hear([VirtualEvidence((part,))], np.array([1]))
    alone.hear([VirtualEvidence((part,))])
    assert (both.belief()[1] == alone.belief()[0]).all()
    np.testing.assert_allclose(both.belief()[0], channel.catalogue.prior)
    assert (both.take(np.array([1, 0])).belief()[0] == both.belief()[1]).all()
    both.restart(np.array([1]))
    np.testing.assert_allclose(both.belief()[1], channel.catalogue.prior)
    assert both.histories.tolist() == [1, 1, 1]


class Borrowed(Posterior):
    """A posterior of one's own that knows nothing of words."""

    def __init__(self, inner: ChannelPosterior) -> None:
        self.inner, self.bank = inner, inner.bank

    def update(self, question: np.ndarray, answer: np.ndarray, rows: np.ndarray | None = None) -> None:
        self.inner.update(question, answer, rows)

    def open(self, said: np.ndarray, rows: np.ndarray | None = None) -> None:
        self.inner.open(said, rows)


def test_a_posterior_of_ones_own_takes_the_likeliest_meaning(toy):
    channel, bank = toy
    inner, other = ChannelPosterior(channel, bank), ChannelPosterior(channel, bank)
    Borrowed(inner).hear([VirtualEvidence(((Meaning(0.2, ((1, 0),)), Meaning(0.8, ((1, 3),))),))])
    other.update(np.array([1]), np.array([3]))
    assert (inner.belief() == other.belief()).all()


def test_meanings_that_are_none_are_refused(toy):
    channel, bank = toy
    with pytest.raises(ValueError, match="likelihoods that are numbers above 0"):
        VirtualEvidence(((Meaning(0.0, ((0, 1),)),),))
    with pytest.raises(ValueError, match="needs meanings"):
        VirtualEvidence(((),))
    with pytest.raises(ValueError, match="no answer 99"):
        ChannelPosterior(channel, bank).hear([VirtualEvidence(((Meaning(1.0, ((0, 99),)),),))])


@pytest.fixture
def toy():
    catalogue = load("toy")
    return channel_of(catalogue, "hard"), question_bank(catalogue)


def test_a_batch_of_mixtures_is_asked_as_each_alone(toy):
    channel, bank = toy
    parts = [(Meaning(0.5, ((0, 1),)), Meaning(p, ((len(bank) - 1, 4),))) for p in (0.5, 0.2)]
    batch, alone = BatchedPosterior(channel, bank), ChannelPosterior(channel, bank)
    batch.reset(3)
    batch.hear([VirtualEvidence((part,)) for part in parts], np.array([0, 2]))
    for b, part in zip((0, 2), parts):
        alone.reset(1)
        alone.hear([VirtualEvidence((part,))])
        assert batch.histories[b] == 2 == alone.histories[0]
        np.testing.assert_allclose(batch.belief()[b], alone.belief()[0], atol=1e-12)
        np.testing.assert_allclose(batch.eig_nats()[b], alone.eig_nats()[0], atol=0.01)
    np.testing.assert_allclose(batch.eig_nats()[1], BatchedPosterior(channel, bank).eig_nats()[0])


@pytest.mark.parametrize("name", ["animals", "groceries"])
def test_the_learned_posterior_and_the_independent_hear_too(name):
    setting = make_setting(name, "mixed", "people", Rules())
    question = int(np.flatnonzero(setting.bank.kind != OPEN)[3])
    for posterior in (learned_posterior(setting.bank), setting.posterior(memory=False)):
        posterior.reset(2)
        before = posterior.belief()[0]
        posterior.hear([VirtualEvidence(((Meaning(1.0, ((question, a),)),),)) for a in (0, 4)])
        no, yes = posterior.belief()
        chances = posterior.take(np.zeros(0, dtype=np.int64))
        chances.reset(1)
        p = chances.predict(np.array([question]))[0]
        chances.hear([VirtualEvidence((tuple(Meaning(w, ((question, a),)) for a, w in ((0, 0.3), (4, 0.6))),))])
        mixed = 0.3 * p[0] * no + 0.6 * p[4] * yes
        np.testing.assert_allclose(chances.belief()[0], mixed / mixed.sum(), atol=1e-9)
        assert np.abs(chances.belief()[0] - before).max() > 0


def test_what_no_dialogue_knows_is_forgotten_and_mixtures_stay(toy, monkeypatch):
    channel, bank = toy
    monkeypatch.setattr("sim.belief.by_history.MOST_KNOWN", 40)
    part = (Meaning(0.5, ((0, 1),)), Meaning(0.5, ((len(bank) - 1, 4),)))
    factor = np.linspace(0.0, 1.0, len(channel.catalogue))
    posterior, fresh = ChannelPosterior(channel, bank), ChannelPosterior(channel, bank)
    for one in (posterior, fresh):
        one.reset(2)
        one.hear([VirtualEvidence((part,), factor)], np.array([0]))
    closed = np.flatnonzero(bank.kind != OPEN).tolist()
    for turn in range(60):  # new evidence each time, in the other dialogue
        posterior.restart(np.array([1]))
        weights = tuple(
            Meaning(1.0 + turn, ((closed[2], a),)) if a else Meaning(1.0, ((closed[2], a),)) for a in (0, 4)
        )
        posterior.hear([VirtualEvidence((weights,), factor)], np.array([1]))
    assert len(posterior._beliefs.store.known) < 60 + len(bank)
    np.testing.assert_allclose(posterior.belief()[0], fresh.belief()[0], atol=1e-12)
