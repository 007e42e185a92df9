"""A suite is a benchmark as data: which agents meet which users of which catalogues, under which rules, and how often.

It is a TOML file.  Those that ship stand beside this module and are named by name and version, `core-1`.  Whatever
makes scores incomparable raises the version: other users, rules, catalogues or episodes.  Further agents don't, so they
are no part of a suite's digest.  A shipped suite also says the fingerprints of its catalogues and the hashes of its
users' rates: when either has changed the suite refuses to run, and a new version is due.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, TypeVar

from agents.errors import InputError, at_least, check_budget, check_episodes, check_seed, printable
from agents.strategies.registry import check_name
from sim.catalogue.load import BUILT_IN
from sim.files import parse_toml, read_text
from sim.names.did_you_mean import did_you_mean
from sim.names.fields import field_types
from sim.questions import Questions

FOLDER = Path(__file__).parent
NOT_COMPARED = ("about", "minutes", "agents", "place")
"""Fields of a suite that scores don't depend on."""
Kind = TypeVar("Kind")


@dataclass(frozen=True, kw_only=True)
class SuiteCatalogue:
    """A catalogue of a suite, and who is met there."""

    name: str
    """A built-in name, or a path from the suite's folder."""
    users: tuple[str, ...] = ()
    """Presets of rates; empty for those of the suite."""
    episodes: int | None = None
    """Users that each agent meets; None for as many as the suite says."""
    fewer: Mapping[str, int] = field(default_factory=dict)
    """Agent to how many of these users it meets, for those that take long."""
    fingerprint: str = ""
    """Of the catalogue that the suite was made with; empty where that isn't held to."""
    rates: Mapping[str, str] = field(default_factory=dict)
    """Preset to the hash of the rates that the suite was made with, likewise."""


@dataclass(frozen=True, kw_only=True)
class Suite:
    """A benchmark with a name and a version."""

    name: str
    version: int
    agents: tuple[str, ...]
    catalogues: tuple[SuiteCatalogue, ...]
    about: str = ""
    """What it asks, in a line."""
    minutes: float | None = None
    """How long two quiet cores take."""
    users: tuple[str, ...] = ("people",)
    episodes: int = 100
    budget: int = 20
    questions: Questions = "mixed"
    max_questions: int | None = None
    opening: bool = False
    users_per_intent: int = 1
    seed: int = 0
    place: str = ""
    """The file; set by the reader."""

    @property
    def label(self) -> str:
        """Name and version, as people write them."""
        return f"{self.name}-{self.version}"

    @property
    def digest(self) -> str:
        """A short hash of all that scores depend on."""
        told = {key: value for key, value in _said(self).items() if key not in NOT_COMPARED}
        told["catalogues"] = [_said(catalogue) for catalogue in self.catalogues]
        return hashlib.blake2b(json.dumps(told, sort_keys=True).encode(), digest_size=8).hexdigest()

    def provenance(self) -> dict[str, Any]:
        """What stands in the header of each file of rows."""
        return {"name": self.label, "version": self.version, "digest": self.digest}

    def conditions(self) -> list[UserGroup]:
        """The users to be met, in order."""
        return [UserGroup(suite=self, catalogue=c, users=users) for c in self.catalogues for users in c.users]


@dataclass(frozen=True, kw_only=True)
class UserGroup:
    """Users of one kind who want something of one catalogue; with an agent it makes a cell."""

    suite: Suite
    catalogue: SuiteCatalogue
    users: str

    @property
    def title(self) -> str:
        """ "animals, people"."""
        return f"{self.catalogue.name}, {self.users}"

    @property
    def path(self) -> str:
        """What the catalogue is loaded by."""
        return located(self.catalogue.name, self.suite.place, self.catalogue.name in BUILT_IN)

    @property
    def noise(self) -> str:
        """What the rates are loaded by."""
        return located(self.users, self.suite.place, not self.users.endswith(".toml"))

    def episodes(self, agent: str) -> int:
        """How many of these users the agent meets."""
        most = self.catalogue.episodes or self.suite.episodes
        return min(most, self.catalogue.fewer.get(agent, most))

    def options(self) -> dict[str, Any]:
        """What `clarigym evaluate` is told, but for agent and episodes."""
        suite = self.suite
        return {
            "catalogue": self.path, "noise": self.noise, "budget": suite.budget, "questions": suite.questions,
            "max_questions": suite.max_questions, "opening": suite.opening, "seed": suite.seed,
            "users_per_intent": suite.users_per_intent,
        }  # fmt: skip

    def file_name(self, agent: str) -> str:
        """Of the cell's rows; another for every cell, whatever characters are in its names."""
        names = (Path(self.catalogue.name).stem, Path(self.users).stem, agent)
        plain = "_".join(re.sub(r"[^\w.+-]", "-", name) for name in names)
        exact = (self.catalogue.name, self.users, agent)
        if plain == "_".join(exact):
            return f"{plain}.jsonl"
        return f"{plain}.{hashlib.blake2b(repr(exact).encode(), digest_size=4).hexdigest()}.jsonl"

    def check_made_with(self, fingerprint: str, rates_digest: str) -> None:
        """Raises InputError where catalogue or rates are not those that the suite was made with."""
        wanted = {"catalogue": self.catalogue.fingerprint, "users": self.catalogue.rates.get(self.users, "")}
        for what, now in (("catalogue", fingerprint), ("users", rates_digest)):
            if wanted[what] and wanted[what] != now:
                raise InputError(f"{self.suite.label}, {self.title}: the {what} changed since the suite was made "
                                 f"({wanted[what]} then, {now} now), so scores are not comparable; the suite needs a "
                                 "new version")  # fmt: skip


def _said(one: Suite | SuiteCatalogue) -> dict[str, Any]:
    """The fields that aren't at their defaults; so a key that is new one day changes no digest."""
    return {f.name: value for f in fields(one) if (value := getattr(one, f.name)) not in (f.default, {})}


def located(name: str, place: str, built_in: bool) -> str:
    """A path as seen from here, of one that is written in the file `place`."""
    return name if built_in else str(Path(place).parent / name)


def short(agent: str) -> str:
    """An agent's name for a table: of a long module only the last part.

    >>> short("agents.strategies.assumed:typical"), short("exact")
    ('assumed:typical', 'exact')
    """
    module, colon, factory = agent.rpartition(":")
    return printable(module.rpartition(".")[2] + colon + factory)


def shipped() -> dict[str, Path]:
    """The suites that ship, by label."""
    return {path.stem: path for path in sorted(FOLDER.glob("*.toml"))}


def find_suite(name: str) -> Suite:
    """A suite that ships, by its label, or one's own, by the path of its file.

    Raises:
        InputError: there is none, or its file can't be used.
    """
    known = shipped()
    if name in known:
        return read_suite(known[name])
    if not name.endswith(".toml"):
        near = did_you_mean(name, known)
        raise InputError(f"no suite '{name}'{near} (suites: {', '.join(known)}; your own: a path to a TOML file)")
    return read_suite(name)


def read_suite(path: str | Path) -> Suite:
    """The suite of a TOML file.

    Raises:
        InputError: it can't be read, an unknown key, a value of the wrong kind, no such agent; with its place.
    """
    where = str(path) if Path(path).parent != FOLDER else Path(path).name
    table = parse_toml(read_text(path, InputError), where, InputError)
    listed = table.pop("catalogues", None)
    if not isinstance(listed, list) or not listed or not all(isinstance(one, dict) for one in listed):
        raise InputError(f"{where}: no catalogue; name at least one by a table [[catalogues]]")
    read = [_build(SuiteCatalogue, one, f"{where}, catalogue {k}") for k, one in enumerate(listed, 1)]
    suite = _build(Suite, table, where, catalogues=tuple(read), place=str(path))
    every = tuple(replace(one, users=one.users or suite.users) for one in suite.catalogues)
    suite = replace(suite, catalogues=every)
    _check(suite, where)
    return suite


def _build(kind: type[Kind], table: Mapping[str, Any], where: str, **rest: Any) -> Kind:
    """A dataclass from a table, strictly."""
    known = field_types(kind)
    given: dict[str, Any] = {}
    for key, value in table.items():
        if key not in known or key in rest:
            raise InputError(f"{where}: unknown key '{key}'{did_you_mean(key, set(known) - set(rest))}")
        if not known[key].allows(value):
            raise InputError(f"{where}: {key} = {value!r}; {known[key].words} is needed")
        given[key] = tuple(value) if isinstance(value, list) else value
    needed = [f.name for f in fields(kind) if f.default is MISSING and f.default_factory is MISSING]  # type: ignore[arg-type]
    for key in needed:
        if key not in given and key not in rest:
            raise InputError(f"{where}: no '{key}', which every one needs")
    return kind(**given, **rest)


def _check(suite: Suite, where: str) -> None:
    """Raises InputError where the suite makes no sense."""
    try:
        check_budget(suite.budget)
        check_seed(suite.seed)
        at_least("version", suite.version, 1)
        at_least("users_per_intent", suite.users_per_intent, 1)
        if not re.fullmatch(r"[a-z][a-z0-9-]*", suite.name):
            raise InputError(f"name = '{suite.name}'; small letters, digits and dashes are needed")
        check_agents(suite.agents)
        titles = [condition.title for condition in suite.conditions()]
        for title in titles:
            if titles.count(title) > 1:
                raise InputError(f"{title} is there twice; name each once")
        for condition in suite.conditions():
            _check_counts(suite, condition)
    except InputError as problem:
        raise InputError(f"{where}: {problem}") from None


def _check_counts(suite: Suite, condition: UserGroup) -> None:
    for agent in condition.catalogue.fewer:
        check_name(agent)
    for rates in condition.catalogue.rates.values():
        if not isinstance(rates, str):
            raise InputError(f"{condition.title}: rates = {rates!r}; a hash in quotes is needed")
    for count in (condition.catalogue.episodes or suite.episodes, *condition.catalogue.fewer.values()):
        if not isinstance(count, int) or isinstance(count, bool):
            raise InputError(f"{condition.title}: {count!r}; a whole number of users is needed")
        check_episodes(count)
        if count % suite.users_per_intent:
            raise InputError(f"{condition.title}: {count} users are no multiple of users_per_intent = "
                             f"{suite.users_per_intent}")  # fmt: skip


def check_agents(names: Sequence[str]) -> None:
    """Raises InputError where there is no agent, one twice, or one that there isn't."""
    for name in names:
        check_name(name)
    if not names or len(set(names)) < len(names):
        raise InputError(f"agents = '{', '.join(names)}'; name at least one, and each once")
