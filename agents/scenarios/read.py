"""Scripted episodes: what a scenario file may say, read strictly.

A file is TOML with `[[scenario]]` tables, or JSONL with one object a line.  A scenario fixes a world, a user and what
must come of it; docs/evaluation.md lists the keys.  Reading is strict, for a misspelt expectation would hold for ever.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any, TypedDict, TypeVar, get_args

from agents.errors import LARGEST_EPISODE, InputError, at_least, at_most, check_budget, check_seed
from agents.strategies.registry import check_name
from sim.files import parse_json, parse_toml, read_text
from sim.names.did_you_mean import did_you_mean
from sim.names.fields import field_types
from sim.questions import Questions

SHIPPED = Path(__file__).parent


class RankBelow(TypedDict):
    """After a turn (or the last one) fewer than `below` - 1 intents are likelier than the truth."""

    turn: int
    below: int


@dataclass(frozen=True, kw_only=True)
class Expectations:
    """What must hold at the end; those not given are not looked at."""

    found: bool | None = None
    """The guess was right."""
    within: int | None = None
    """Found, by at most this many questions."""
    at_least: int | None = None
    """At least this many questions were asked."""
    user_left: bool | None = None
    """The user left."""
    guess: tuple[str, ...] | None = None
    """The guess is one of these."""
    rank: tuple[RankBelow, ...] = ()
    """{turn, below}: after that turn (or the last one) fewer than `below` - 1 intents are likelier than the truth."""
    recovers_after: int | None = None
    """After this turn's (false) answer the truth is less likely than before; at the end it is the favourite."""
    confidence_below: float | None = None
    """Belief in what was guessed."""
    confidence_above: float | None = None
    asks_about: tuple[str, ...] = ()
    """Facets that were asked about."""
    never_repeats: bool | None = None
    """No question came twice."""
    reward_above: float | None = None
    at_most: int | None = None
    """At most this many questions were asked, found or not."""
    never_asks_settled: bool | None = None
    """No question was asked whose answer followed from what the user had said."""
    never_asks_about: tuple[str, ...] | None = None
    """Facets that were not asked about."""
    same_facet_in_a_row: int | None = None
    """At most this many questions in a row were about one facet."""
    facets_at_least: int | None = None
    """At least this many facets were asked about."""
    unknown_of_a_facet: int | None = None
    """The user had to say "I don't know" at most this often about one facet."""
    stops_when_above: float | None = None
    """No question was asked once the belief in one intent was above this."""
    guess_contradicts: int | None = None
    """At most this many certain answers are at odds with what was guessed."""
    words_at_most: int | None = None
    """No question has more words."""


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """One scripted episode."""

    name: str
    about: str = ""
    """Who the user is, and what happens."""
    guards: str = ""
    """What would go wrong if it failed, in a line."""
    agents: tuple[str, ...] = ()
    """The agents that it is for; empty: any."""
    place: str = ""
    """The file and the position in it; set by the reader."""
    catalogue: str = "movies-1k"
    """A built-in name, or a path from the scenario file's folder."""
    questions: str = "mixed"
    noise: str = "people"
    """What the agent believes of users, and how the user answers where nothing is scripted."""
    budget: int = 20
    opening: bool = False
    seed: int = 0
    episode: int = 0
    intent: str | None = None
    """Name or id; None draws it."""
    type: str | None = None
    """The user's type; None draws it."""
    memory: Mapping[str, Any] = field(default_factory=dict)
    """Facet to the value that the user has in mind, right or wrong."""
    forgotten: tuple[str, ...] = ()
    """Facets that the user has forgotten."""
    answers: tuple[Any, ...] = ()
    """What is said, turn by turn: "yes", "don't know", an option's name, or an answer's number."""
    then: Any = None
    """What is said when `answers` has run out, or always."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """Facet to value or values: the user answers truthfully about a thing that need not be in the catalogue."""
    lies: tuple[int, ...] = ()
    """Turns, from 1, at which the user says the opposite (open questions: something else)."""
    leaves_after: int | None = None
    """The user leaves instead of answering the question after this many."""
    expect: Expectations

    def __post_init__(self) -> None:
        check_budget(self.budget)
        check_seed(self.seed)
        at_least("episode", self.episode, 0)
        at_most("episode", self.episode, LARGEST_EPISODE)
        for agent in self.agents:
            check_name(agent)
        if self.questions not in get_args(Questions):
            raise InputError(f"questions = {self.questions!r}; it is one of {', '.join(get_args(Questions))}")

    def suits(self, agent: str) -> bool:
        """Whether it is for an agent."""
        return not self.agents or agent in self.agents

    @property
    def absent(self) -> bool:
        """What is said is scripted and no intent is named: nothing in the catalogue is meant, so no guess is right."""
        return bool(self.facts or self.answers or self.then is not None) and self.intent is None


def read_scenarios(path: str | Path) -> list[Scenario]:
    """The scenarios of a file, or of all files of a folder in order of their names.

    Raises:
        InputError: nothing there, not TOML or JSON, an unknown key, a value of the wrong kind; with its place.
    """
    path = Path(path)
    if path.is_dir():
        files = sorted(p for p in path.iterdir() if p.suffix in (".toml", ".jsonl") and not _is_sidecar(p))
        if not files:
            raise InputError(f"{path}: no .toml or .jsonl file in this folder")
        return [scenario for file in files for scenario in read_scenarios(file)]
    text = read_text(path, InputError)
    if path.suffix == ".jsonl":
        lines = [(f"{path}, line {n}", line) for n, line in enumerate(text.splitlines(), 1) if line.strip()]
        tables = [(place, parse_json(line, place, InputError)) for place, line in lines]
    else:
        data = parse_toml(text, str(path), InputError)
        for key in data:
            if key != "scenario":
                raise InputError(f"{path}: unknown table '{key}'; scenarios are [[scenario]] tables")
        listed = data.get("scenario", [])
        if not isinstance(listed, list):
            raise InputError(f"{path}: scenario = {listed!r}; scenarios are [[scenario]] tables")
        tables = [(f"{path}, scenario {n}", t) for n, t in enumerate(listed, 1)]
    if not tables:
        raise InputError(f"{path}: no scenario in it")
    return [_scenario(table, place) for place, table in tables]


def _is_sidecar(path: Path) -> bool:
    """Whether a TOML file is a table's sidecar: the table is beside it, and it holds no scenario."""
    beside = any(path.with_suffix(suffix).is_file() for suffix in (".csv", ".tsv", ".parquet"))
    return path.suffix == ".toml" and beside and "[[scenario]]" not in read_text(path, InputError)


def _scenario(table: Any, place: str) -> Scenario:
    if not isinstance(table, dict):
        raise InputError(f"{place}: expected a table, found {type(table).__name__}")
    name = table.get("name")
    if isinstance(name, str):
        place = f"{place} '{name}'"
    if not isinstance(table.get("expect"), dict) or not table["expect"]:
        raise InputError(f"{place}: 'expect' must be a table that expects something")
    expect = _build(Expectations, table["expect"], f"{place}, expect")
    rest = {key: value for key, value in table.items() if key != "expect"}
    return _build(Scenario, rest, place, expect=expect, place=place)


Read = TypeVar("Read", Expectations, Scenario)


def _build(kind: type[Read], table: dict[str, Any], where: str, **more: Any) -> Read:
    known = {name: type_ for name, type_ in field_types(kind).items() if name not in more}
    given: dict[str, Any] = {}
    for key, value in table.items():
        if key not in known:
            near = did_you_mean(key, known)
            raise InputError(f"{where}: unknown key '{key}'{near} (keys: {', '.join(known)})")
        if not known[key].fits(value):
            raise InputError(f"{where}: {key} = {value!r}; it must be {known[key].words}")
        given[key] = tuple(value) if known[key].is_list else value
    for f in fields(kind):
        if f.name in known and f.name not in given and f.default is MISSING and f.default_factory is MISSING:
            raise InputError(f"{where}: '{f.name}' is missing")
    try:
        return kind(**given, **more)
    except ValueError as error:
        raise InputError(f"{where}: {error}") from None
