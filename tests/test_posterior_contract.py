"""The contract of a posterior, for both that ship: what it has heard is all that counts, not how it came to hear it.

A posterior keeps results by answer history.  So every method is asked about a history that was met before, on the
object that has met it and as the first thing asked of it, and must say what a fresh object says.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest

from sim.ask.question_information import QuestionInformation
from sim.catalogue.catalogue import Catalogue, make_facet
from sim.catalogue.load import load
from sim.channel.channel import Channel
from sim.posterior.batched import BatchedPosterior
from sim.posterior.exact import ChannelPosterior
from sim.questions import question_bank
from sim.users.from_rates import make_channel
from sim.users.rates import PRESETS

SIX = Catalogue(
    name="six", intents=tuple("abcdef"), prior=np.array([0.3, 0.2, 0.2, 0.1, 0.1, 0.1]),
    facets=(
        make_facet("colour", "one", ["red", "red", "green", "green", None, "blue"]),
        make_facet("cast", "many", [["x", "y"], ["y"], ["x", "z"], [], ["z"], ["y", "z"]]),
        make_facet("size", "number", [1, 2, 3, 4, 5, 6]),
    ),
)  # fmt: skip
Posteriors = ChannelPosterior | BatchedPosterior
KINDS = {
    "exact": ChannelPosterior,
    "independent": lambda channel, bank: ChannelPosterior(channel, bank, memory=False),
    "batched": BatchedPosterior,
    "batched, uncached": lambda channel, bank: BatchedPosterior(channel, bank, cache_bytes=0),
}
COUNT = 3


def figures(about: QuestionInformation) -> tuple[np.ndarray, ...]:
    return about.gain_nats, about.user_nats, about.answers


def every_question(posterior: Posteriors, ask: Callable[[np.ndarray], np.ndarray]) -> list[np.ndarray]:
    return [ask(np.full(COUNT, q)) for q in range(len(posterior.bank))]


METHODS: dict[str, Callable[[Any], Any]] = {
    "belief": lambda p: p.belief(),
    "types": lambda p: p.types(),
    "predict": lambda p: every_question(p, p.predict),
    "predict a mixture": lambda p: p.predict(np.arange(COUNT) % len(p.bank)),
    "eig_nats": lambda p: p.eig_nats(),
    "choose one": lambda p: p.choose(),
    "choose some": lambda p: p.choose(4),
    "shortlist": lambda p: (lambda ids, about: (ids, *figures(about)))(*p.shortlist(3, 2)),
    "states": lambda p: [list(p.states(b).values()) for b in range(COUNT)],
    "type_names": lambda p: len(p.type_names),
    "copy": lambda p: p.copy().belief(),
    "copy, predict": lambda p: every_question(p, p.copy().predict),
    "take": lambda p: p.take(np.array([2, 0, 2])).belief(),
    "take, predict": lambda p: every_question(p, p.take(np.arange(COUNT)).predict),
    "update": lambda p: (p.update(np.full(COUNT, 1), np.full(COUNT, 2)), p.belief(), p.eig_nats())[1:],
    "update, predict": lambda p: (p.update(np.full(COUNT, 1), np.full(COUNT, 2)), every_question(p, p.predict))[1],
}
ALONE: dict[str, dict[str, Callable[[Any], Any]]] = {
    "exact": {},
    "batched": {
        "question_information": lambda p: figures(p.question_information()),
        "joint": lambda p: p.joint(),
        "log_likelihood": lambda p: p.log_likelihood(),
    },
}
"""What only one of the two has."""
ALONE |= {"independent": ALONE["exact"], "batched, uncached": ALONE["batched"]}
CASES = [(kind, name) for kind in KINDS for name in (*METHODS, *ALONE[kind])]


def hear(posterior: Posteriors, seed: int, opening: bool, turns: int = 4) -> None:
    """Openings and answers at random, the same whenever the seed is."""
    rng, bank = np.random.default_rng(seed), posterior.bank
    if opening:
        most = [len(facet.options) for facet in bank.catalogue.facets]
        posterior.open(np.stack([rng.integers(-1, most) for _ in range(COUNT)]))
    for _ in range(turns):
        questions = rng.integers(len(bank), size=COUNT)
        posterior.update(questions, rng.integers(bank.answers[questions]))


def assert_equal(found: Any, expected: Any) -> None:
    if isinstance(expected, list | tuple):
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            assert_equal(one, other)
        return
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9)


@cache
def channel_of(name: str) -> Channel:
    return make_channel(SIX if name == "six" else load(name), PRESETS["hard"])


def fresh(kind: str, name: str) -> Posteriors:
    channel = channel_of(name)
    posterior = KINDS[kind](channel, question_bank(channel.catalogue))
    posterior.reset(COUNT)
    return posterior


@cache
def met(kind: str, name: str, seed: int, opening: bool) -> Posteriors:
    """One that was asked everything about a history, and has heard others since."""
    posterior = fresh(kind, name)
    hear(posterior, seed, opening)
    for ask in (*METHODS.values(), *ALONE[kind].values()):
        ask(posterior.copy())
    hear(posterior, 3, False)
    posterior.belief()
    return posterior


@pytest.mark.parametrize("how", ["reset", "restart"])
@pytest.mark.parametrize(("kind", "method"), CASES)
def test_a_history_met_before_says_what_it_says_when_met_first(kind, method, how):
    ask = {**METHODS, **ALONE[kind]}[method]
    for name, seed, opening in (("six", 1, False), ("six", 2, True), ("toy", 1, True)):
        first = fresh(kind, name)
        hear(first, seed, opening)
        again = met(kind, name, seed, opening).copy()  # copies share what was computed
        if how == "reset":
            again.reset(COUNT)
        else:
            again.restart(np.arange(COUNT))
        hear(again, seed, opening)
        assert_equal(ask(again), ask(first))


def test_both_know_the_same_of_the_user():
    exact, batched = fresh("exact", "six"), fresh("batched", "six")
    for posterior in (exact, batched):
        hear(posterior, 2, True)
    assert exact.type_names == batched.type_names and len(exact.type_names) == exact.types().shape[1]
    for b in range(COUNT):
        assert list(exact.states(b)) == list(batched.states(b))
        assert_equal(list(exact.states(b).values()), list(batched.states(b).values()))


@pytest.mark.parametrize("kind", KINDS)
def test_rows_that_begin_again_leave_the_others_alone(kind):
    posterior = fresh(kind, "six")
    hear(posterior, 1, True)
    before = {name: ask(posterior.copy()) for name, ask in METHODS.items() if name in ("belief", "types", "eig_nats")}
    posterior.restart(np.array([1]))
    for name, array in before.items():
        found = METHODS[name](posterior.copy())
        assert_equal(found[[0, 2]], array[[0, 2]])
    assert_equal(posterior.belief()[1], SIX.prior)
