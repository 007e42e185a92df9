"""What came of a scenario, and which of its expectations fail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from agents.scenarios.manners import asked_though_sure, longest_run, most_unknown, most_words
from agents.scenarios.read import Scenario
from agents.scenarios.turns import ScenarioTurn, Standing

NOWHERE = Standing()
"""Where there is no truth."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of a scenario."""

    scenario: Scenario
    turns: tuple[ScenarioTurn, ...]
    guess: str | None
    truth: str
    found: bool
    user_left: bool
    questions: int
    reward: float
    confidence: float
    failures: tuple[str, ...]
    """One sentence for each expectation that doesn't hold."""
    start: Standing = NOWHERE
    """Before the first question."""
    opening: tuple[str, ...] = ()
    """What the user said first, a sentence each."""
    contradicted: int = 0
    """Certain answers that what the catalogue says of the guess contradicts."""
    seconds: float = 0.0

    @property
    def transcript(self) -> str:
        """The dialogue with the truth's rank beside each turn."""
        width = max([len(t.question) for t in self.turns], default=0)
        lines = [
            f"{k:3}  {t.question:<{width}}  {t.answer}" + (f"  [rank {t.rank}, {100 * t.p:.2g} %]" if t.rank else "")
            for k, t in enumerate(self.turns, 1)
        ]
        end = "the user left" if self.user_left else f"guess: {self.guess} ({100 * self.confidence:.1f} %)"
        return "\n".join([*lines, f"     {end}; it was {self.truth}"])


def failures(outcome: Outcome) -> list[str]:
    """A sentence for each expectation that doesn't hold; the outcome's own `failures` are not looked at."""
    expect = outcome.scenario.expect
    out = []
    for name, check in CHECKS.items():
        wanted = getattr(expect, name)
        holds, saw = check(outcome, wanted) if wanted is not None else (True, "")
        if not holds:
            out.append(f"{name} = {in_words(wanted)}, but {saw}")
    return out + _asks_about(outcome) + _rank(outcome, outcome.start) + _recovery(outcome, outcome.start)


def in_words(value: Any) -> str:
    """What is expected, as people read it.

    >>> in_words(True), in_words(("a", "b")), in_words(0.5)
    ('true', 'a, b', '0.5')
    """
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return ", ".join(f"{key} {in_words(one)}" for key, one in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(in_words, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _questions(outcome: Outcome) -> str:
    return f"{outcome.questions} questions were asked"


def _within(o: Outcome, most: int) -> tuple[bool, str]:
    return o.found and o.questions <= most, f"{'found' if o.found else 'not found'}, {_questions(o)}"


def _never_repeats(o: Outcome, wanted: bool) -> tuple[bool, str]:
    ids = [turn.id for turn in o.turns]
    return (len(set(ids)) == len(ids)) == wanted, "a question came twice or none did"


def _never_asks_about(o: Outcome, facets: tuple[str, ...]) -> tuple[bool, str]:
    asked = [f"{turn.facet} at turn {k}" for k, turn in enumerate(o.turns, 1) if turn.facet in facets]
    return not asked, f"it asked about {', '.join(asked)}"


def _never_asks_settled(o: Outcome, wanted: bool) -> tuple[bool, str]:
    at = [str(k) for k, turn in enumerate(o.turns, 1) if turn.settled]
    return (not at) == wanted, f"what was asked at turn {', '.join(at)} had been answered" if at else "none was"


def _lets_go(o: Outcome, most: int) -> tuple[bool, str]:
    count, facet = most_unknown(o.turns)
    return count <= most, f"the user had to say {count} times that he doesn't know about {facet}"


def _stops_when_sure(o: Outcome, level: float) -> tuple[bool, str]:
    at = asked_though_sure(o.turns, level)
    return not at, f"it asked on at turn {', '.join(map(str, at))}"


CHECKS: dict[str, Callable[[Outcome, Any], tuple[bool, str]]] = {
    "found": lambda o, wanted: (o.found == wanted, f"found is {str(o.found).lower()}"),
    "within": _within,
    "at_least": lambda o, least: (o.questions >= least, _questions(o)),
    "user_left": lambda o, wanted: (o.user_left == wanted, "the user left" if o.user_left else "the user stayed"),
    "guess": lambda o, names: (o.guess in names, f"the guess was {o.guess}"),
    "confidence_below": lambda o, level: (o.confidence < level, f"confidence was {o.confidence:.3f}"),
    "confidence_above": lambda o, level: (o.confidence > level, f"confidence was {o.confidence:.3f}"),
    "reward_above": lambda o, level: (o.reward > level, f"the reward was {o.reward:.2f}"),
    "never_repeats": _never_repeats,
    "at_most": lambda o, most: (o.questions <= most, _questions(o)),
    "never_asks_settled": _never_asks_settled,
    "never_asks_about": _never_asks_about,
    "same_facet_in_a_row": lambda o, most: (
        longest_run(o.turns) <= most,
        f"{longest_run(o.turns)} in a row were on one facet",
    ),
    "facets_at_least": lambda o, least: (
        len({t.facet for t in o.turns}) >= least,
        f"{len({t.facet for t in o.turns})} facets were asked about",
    ),
    "unknown_of_a_facet": _lets_go,
    "stops_when_above": _stops_when_sure,
    "guess_contradicts": lambda o, most: (o.contradicted <= most, f"the guess contradicts {o.contradicted} answers"),
    "words_at_most": lambda o, most: (most_words(o.turns) <= most, f"a question had {most_words(o.turns)} words"),
}
"""Field of `Expectations` to whether what is wanted holds, and what was seen instead."""


def _asks_about(o: Outcome) -> list[str]:
    facets = {turn.facet for turn in o.turns}
    asked = ", ".join(sorted(facets)) or "nothing"
    return [f"asks_about {facet}, but it asked about {asked}" for facet in o.scenario.expect.asks_about
            if facet not in facets]  # fmt: skip


def _rank(o: Outcome, start: Standing) -> list[str]:
    out = []
    for wanted in o.scenario.expect.rank:
        at = min(wanted["turn"], len(o.turns))
        rank = o.turns[at - 1].rank if at else start.rank
        if not 0 < rank < wanted["below"]:
            out.append(f"rank below {wanted['below']} at turn {wanted['turn']}, but it was {rank or 'without a truth'}")
    return out


def _recovery(o: Outcome, start: Standing) -> list[str]:
    turn = o.scenario.expect.recovers_after
    if turn is None:
        return []
    if not 0 < turn <= len(o.turns):
        return [f"recovers_after = {turn}, but there were {len(o.turns)} turns"]
    before = o.turns[turn - 2].p if turn > 1 else start.p
    out = []
    if o.turns[turn - 1].p >= before:
        out.append(f"recovers_after = {turn}, but that answer didn't mislead")
    if o.turns[-1].rank != 1:
        out.append(f"recovers_after = {turn}, but the truth ended at rank {o.turns[-1].rank}")
    return out
