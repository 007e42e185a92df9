"""The whole of simulator's channel and exact posterior against the story enumerated anew (`tests/independent.py`)."""

from __future__ import annotations

import math
import random as random_module

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sim.catalogue.catalogue import Catalogue, make_facet
from sim.catalogue.load import load
from sim.channel.confusion import Confusability, confusion_kernel
from sim.posterior.batched import BatchedPosterior
from sim.posterior.exact import ChannelPosterior
from sim.questions import QuestionBank, question_bank
from sim.users.from_rates import make_channel
from sim.users.rates import CONFUSION_RATES, MOST, PRESETS, Rates
from tests.catalogues import KINDS, UNEVEN, catalogues, normalised, uneven_rates
from tests.independent import FacetTable, Story, confusions

NEAR = 1e-9
EVERYBODY = Rates(
    name="everybody", types=("good", "plain", "bad"), shares=(0.5, 0.3, 0.2), scales=(0.4, 1.0, 2.5), forgotten=0.15,
    misremembered=0.3, slip=0.2, dont_know=0.1, dont_know_open=0.25, hedge=0.1, hedge_muddled=0.7, guess=0.4,
    recognition=(0.2, 0.9), absence=(0.3, 0.8), opening=0.35,
    facets={"genre": {"slip": 0.02, "hedge": 0.3}, "year": {"forgotten": 0.5, "guess": 0.1, "dont_know_open": 0.6},
            "organic": {"misremembered": 0.5, "dont_know": 0.4, "hedge_muddled": 0.2}},
)  # fmt: skip

pytestmark = pytest.mark.usefixtures("law")


def groceries_of_eight() -> Catalogue:
    """Every kind of facet with an unknown value each; numbers with coarse options; two facets of several values."""
    return Catalogue(
        name="eight",
        intents=tuple("abcdefgh"),
        prior=normalised([8, 5, 4, 3, 3, 2, 1, 1]),
        facets=(
            make_facet("genre", "many", [list(genres) for genres in ("xy", "xz", "yzw", "", "w", "xyz", "z", "x")]),
            make_facet("year", "number", [1950, 1961, 1963, None, 1975, 1979, 1988, 1999]),
            make_facet("brand", "one", ["p", "q", "p", "r", None, "q", "s", "p"]),
            make_facet("organic", "flag", [True, False, None, True, False, True, True, False]),
            make_facet("lead", "many", [["k"], ["k", "l"], ["m"], ["m"], ["l", "m"], [], ["n"], ["n", "k"]]),
        ),
    )  # fmt: skip


def alone() -> Catalogue:
    """A single facet, so that values have no other company than themselves."""
    facet = make_facet("genre", "many", [["x", "y"], ["x"], ["y", "z"], ["z", "x"], []])
    return Catalogue(name="alone", intents=tuple("abcde"), prior=normalised([5, 3, 2, 2, 1]), facets=(facet,))


class Worst:
    """The largest difference seen, for whoever runs with -s."""

    def __init__(self) -> None:
        self.seen: dict[str, float] = {}

    def near(self, name: str, got: np.ndarray, wanted: np.ndarray) -> None:
        self.seen[name] = max(self.seen.get(name, 0.0), float(np.abs(np.asarray(got) - wanted).max()))
        np.testing.assert_allclose(got, wanted, rtol=0, atol=NEAR)


@pytest.fixture(scope="module")
def worst():
    out = Worst()
    yield out
    print("\nworst differences from the independent enumeration:", {k: f"{x:.1e}" for k, x in out.seen.items()})


def dialogue(bank: QuestionBank, random, turns: int) -> list[tuple[int, int]]:
    """Any answers; a repeated question gets the same one."""
    asked = [random.randrange(len(bank)) for _ in range(turns)]
    answers = {q: random.randrange(int(bank.answers[q])) for q in asked}
    return [(q, answers[q]) for q in asked]


def opening(bank: QuestionBank, random) -> tuple[np.ndarray, list[tuple[int, int]], tuple[int, ...]]:
    """What is said unasked, (1, F) options; the same as answers; and the facets that were passed over."""
    said = np.full((1, len(bank.catalogue.facets)), -1)
    stated, silent = [], []
    for f, q in enumerate(bank.open_question.tolist()):
        if q >= 0 and random.random() < 0.5:
            said[0, f] = random.randrange(int(bank.answers[q]) - 1)
            stated.append((q, int(said[0, f]) + 1))
        elif q >= 0:
            silent.append(f)
    return said, stated, tuple(silent)


def compare(worst: Worst, catalogue: Catalogue, rates: Rates, bank: QuestionBank, random, turns: int) -> None:
    """A dialogue without and one with an opening: beliefs about intents and types, and the next answer."""
    story = Story(catalogue, rates, bank)
    channel = make_channel(catalogue, rates)
    for opened in (False, True):
        said, stated, silent = opening(bank, random) if opened else (None, [], ())
        more = [(q, dict(stated).get(q, a)) for q, a in dialogue(bank, random, turns)]
        opened_facets = tuple(int(bank.facet[q]) for q, _ in stated)
        intents, types = story.belief(stated + more, silent, opened_facets)
        unasked = [q for q in range(len(bank)) if q not in dict(stated + more)]
        for make in (ChannelPosterior, BatchedPosterior):
            posterior = make(channel, bank)
            if said is not None:
                posterior.open(said)
            for q, a in more:
                posterior.update(np.array([q]), np.array([a]))
            worst.near("p(intent)", posterior.belief()[0], intents)
            worst.near("p(type)", posterior.types()[0], types)
            for q in random.sample(unasked, min(2, len(unasked))):
                wanted = story.predict(stated + more, q, silent, opened_facets)
                worst.near("p(answer)", posterior.predict(np.array([q]))[0], wanted)


@pytest.mark.parametrize("preset", ["clean", "typical", "hard", "everybody", "mixed-30", UNEVEN])
@pytest.mark.parametrize("questions", ["mixed", "yesno", "open"])
@pytest.mark.parametrize("make", [groceries_of_eight, alone, lambda: load("toy")], ids=["eight", "alone", "toy"])
def test_beliefs_and_predictions_are_those_of_the_story(make, questions, preset, worst):
    catalogue = make()
    rates = uneven_rates(catalogue) if preset == UNEVEN else PRESETS.get(preset, EVERYBODY)
    names = {facet.name for facet in catalogue.facets}
    if not names >= set(rates.facets):
        rates = Rates(**rates.to_dict() | {"facets": {k: v for k, v in rates.facets.items() if k in names}})
    random = random_module.Random(f"{catalogue.name} {questions} {preset}")
    for turns in (1, 4, 7):
        compare(worst, catalogue, rates, question_bank(catalogue, questions), random, turns)


probability = st.floats(0.005, 0.995).map(lambda p: round(p, 3))
"""Not 0 or 1, which presets try: where absence and slip are both at the clip of 1e-6, the sums over replaced values of
a set lose up to all digits in dialogues that have a probability of 1e-13 or less."""
pairs = st.tuples(probability, probability)
SINGLE = ("forgotten", "misremembered", "slip", "dont_know", "dont_know_open", "hedge", "hedge_muddled", "guess")


@st.composite
def rates_for(draw, catalogue: Catalogue) -> Rates:
    """Any rates, of one to three types, some of them for single facets."""
    weights = draw(st.lists(st.integers(1, 9), min_size=1, max_size=3))
    of_facets = {
        facet.name: draw(st.dictionaries(st.sampled_from(SINGLE), probability, max_size=3))
        for facet in catalogue.facets
        if draw(st.booleans())
    }
    return Rates(
        name="drawn", types=tuple(f"type {t}" for t in range(len(weights))),
        shares=tuple(w / sum(weights) for w in weights),
        scales=tuple(draw(st.sampled_from([0.2, 0.5, 1.0, 1.7, 3.0])) for _ in weights), recognition=draw(pairs),
        absence=draw(pairs), opening=draw(probability), facets=of_facets, **{key: draw(probability) for key in SINGLE},
    )  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(catalogues(max_intents=6, max_facets=3), st.data(), st.randoms(use_true_random=False))
def test_any_rates_and_any_small_catalogue(worst, catalogue, data, random):
    try:
        bank = question_bank(catalogue)
    except ValueError:
        assume(False)
        raise
    compare(worst, catalogue, data.draw(rates_for(catalogue)), bank, random, random.randrange(1, 7))


def test_silence_in_the_opening_makes_dont_know_likelier_later(worst):
    """Whoever had been asked in vain gives the same answer again; of others silence tells nothing."""
    catalogue = groceries_of_eight()
    bank = question_bank(catalogue, "open")
    channel, story = make_channel(catalogue, EVERYBODY), Story(catalogue, EVERYBODY, bank)
    silent = tuple(np.flatnonzero(bank.open_question >= 0).tolist())
    for make in (ChannelPosterior, BatchedPosterior):
        posterior, fresh = make(channel, bank), make(channel, bank)
        posterior.open(np.full((1, len(catalogue.facets)), -1))
        gains = posterior.eig_nats()[0]
        for q in range(len(bank)):
            wanted = story.predict([], q, silent)
            worst.near("p(answer)", posterior.predict(np.array([q]))[0], wanted)
            assert wanted[0] > fresh.predict(np.array([q]))[0, 0] + 0.02
            loss = 1e-3 if make is BatchedPosterior else NEAR  # it takes what answers tell of types as roughly known
            assert gains[q] == pytest.approx(information(story, [], q, silent), abs=loss)


def test_without_memory_silence_tells_nothing_of_later_answers():
    """Who takes every answer for fresh evidence takes the answer to come for fresh, too."""
    catalogue = groceries_of_eight()
    one = Rates(**EVERYBODY.to_dict() | {"types": ("all",), "shares": (1.0,), "scales": (1.0,)})
    bank = question_bank(catalogue, "open")
    story = Story(catalogue, one, bank)
    posterior = ChannelPosterior(make_channel(catalogue, one), bank, memory=False)
    posterior.open(np.full((1, len(catalogue.facets)), -1))
    prior = np.array(story.prior)
    for q in range(len(bank)):
        given = np.stack([np.sum(story.joint([(q, a)]), axis=1) / prior for a in range(int(bank.answers[q]))])
        wanted = given @ posterior.belief()[0]
        np.testing.assert_allclose(posterior.predict(np.array([q]))[0], wanted, rtol=0, atol=NEAR)


def information(story: Story, history: list[tuple[int, int]], q: int, silent: tuple[int, ...]) -> float:
    """I(answer; intent | history) in nats."""
    joint = np.array(
        [np.sum(story.joint([*history, (q, a)], silent), axis=1) for a in range(int(story.bank.answers[q]))]
    )
    joint /= joint.sum()
    apart = joint.sum(axis=0) * joint.sum(axis=1, keepdims=True)
    return float((joint * np.log(joint / apart)).sum())


def crowded() -> Catalogue:
    """Sets of more values than count as company, and a companion that is telling of more values than keep it."""
    rng = random_module.Random(0)
    names = [f"actor {k}" for k in range(120)]
    casts = [rng.sample(names[: 30 + 2 * i], rng.randrange(1, 25)) for i in range(45)]
    facets = (
        make_facet("cast", "many", casts),
        make_facet("brand", "one", [rng.choice("abcdefghij") for _ in range(45)]),
        make_facet("tags", "many", [rng.sample("uvwxyz", rng.randrange(3)) for _ in range(45)]),
        make_facet("rare", "flag", [i % 9 == 0 for i in range(45)]),
    )
    prior = normalised([rng.randrange(1, 9) for _ in range(45)])
    return Catalogue(name="crowded", intents=tuple(map(str, range(45))), prior=prior, facets=facets)


@pytest.mark.parametrize("by", [Confusability(), Confusability(3, 0, 0.2, 0.6), Confusability(0, 0.3, 2, 0.1)])
@pytest.mark.parametrize("name", ["toy", "animals", "groceries", "crowded"])
def test_what_is_taken_for_what(name, by):
    catalogue = crowded() if name == "crowded" else load(name)
    tables = [FacetTable(catalogue, f) for f in range(len(catalogue.facets))]
    prior = [float(p) for p in catalogue.prior]
    kinds = set()
    for f, facet in enumerate(catalogue.facets):
        kinds.add(facet.kind)
        kernel = confusion_kernel(catalogue, f, by).toarray()
        wanted = np.zeros_like(kernel)
        for v, row in enumerate(confusions(tables, f, prior, facet.lower, *by)):
            for w, chance in row.items():
                wanted[v, w] = chance
        np.testing.assert_allclose(kernel, wanted, rtol=0, atol=1e-12, err_msg=facet.name)
        np.testing.assert_allclose(wanted.sum(axis=1), 1.0 if len(facet.values) > 1 else 0.0)
    assert name not in ("animals", "groceries") or kinds == set(KINDS)


@pytest.mark.parametrize("name", ["groceries", "movies-1k"])
def test_the_most_that_rates_may_say_is_still_a_distribution(name):
    catalogue = load(name)
    most = [MOST[key] for key in CONFUSION_RATES]
    for by in (
        Confusability(*most),
        Confusability(0, *most[1:]),
        Confusability(share=1e-300),
        Confusability(company=0),
    ):
        for f, facet in enumerate(catalogue.facets):
            rows = confusion_kernel(catalogue, f, by).sum(axis=1)
            np.testing.assert_allclose(rows, 1.0 if len(facet.values) > 1 else 0.0)


def test_the_story_is_one_of_probabilities():
    """Its own check: memories, answers and dialogues sum to one."""
    catalogue = groceries_of_eight()
    bank = question_bank(catalogue)
    story = Story(catalogue, EVERYBODY, bank)
    assert math.isclose(sum(map(sum, story.joint([]))), 1)
    for f in range(len(catalogue.facets)):
        for i in range(len(catalogue)):
            for t in range(3):
                memories = story.memories(f, i, t)
                assert math.isclose(sum(memory.chance for memory in memories), 1)
                for q in (q for q in range(len(bank)) if bank.facet[q] == f):
                    for memory in memories[::3]:
                        total = sum(story.answer(q, a, t, memory) for a in range(int(bank.answers[q])))
                        assert math.isclose(total, 1)
