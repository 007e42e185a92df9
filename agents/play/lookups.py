"""What can be searched in a game: the answers to an open question, intents, all that may be known up front, questions.

Each is an `agents.play.search.Index`, made when it is first asked for and kept with the world; tens of thousands of
names take a few tenths of a second, on whatever thread asks.  Numbers that are typed find the answers that hold them,
as `sim.catalogue.spoken_numbers` reads them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from agents.play.mind import GameWorld
from agents.play.search import Hit, Index
from sim.catalogue.catalogue import Facet
from sim.catalogue.spoken_numbers import NumberScale, numbers_meant, options_meant
from sim.questions import OVER

WELL_KNOWN = 0.01
"""What counts for a name that is well known, beside 1 for one that fits what was said: people err."""


def options(world: GameWorld, facet_id: int, belief: np.ndarray | None = None) -> Index:
    """Answers to a facet's open question by every name they have; keys are options.

    Args:
        belief: p(intent) (N,) after what was said: the names that fit come first.
    """
    index = _kept(world, f"options {facet_id}", lambda: _options(world, facet_id))
    facet = world.catalogue.facets[facet_id]
    if belief is None or facet.kind == "number":
        return index
    fits = facet.mass(belief) + WELL_KNOWN * world.setting.channel.facets[facet_id].mass
    return index.weighted([float(fits[v]) for v in facet.aliases.values()])


def intents(world: GameWorld, belief: np.ndarray | None = None) -> Index:
    """Intents by name, the likeliest first.

    Args:
        belief: p(intent) (N,) after what was said: the intents that fit come first.
    """

    def make() -> Index:
        labels = [world.label(i) for i in range(len(world.catalogue))]
        return Index(labels, weights=world.catalogue.prior.tolist())

    index = _kept(world, "intents", make)
    return index if belief is None else index.weighted((belief + WELL_KNOWN * world.catalogue.prior).tolist())


def values(world: GameWorld) -> Index:
    """Whatever a person may know up front: the answers to all open questions; `stated` reads the keys."""
    return _kept(world, "values", lambda: _values(world))


def questions(world: GameWorld) -> Index:
    """All questions of the bank by their text; keys are question ids."""
    return _kept(world, "questions", lambda: _questions(world))


def stated(world: GameWorld, key: int) -> tuple[int, int]:
    """(facet, option) of a key of `values`."""
    return divmod(key, _stride(world))


def _kept(world: GameWorld, name: str, make: Callable[[], Index]) -> Index:
    if name not in world.indices:
        world.indices[name] = make()
    return world.indices[name]


def _stride(world: GameWorld) -> int:
    return max(len(f.options) for f in world.catalogue.facets) + 1


def _named(world: GameWorld, facet_id: int) -> tuple[list[str], list[int], list[float]]:
    """Names of a facet's options, the options, and how well known they are."""
    facet = world.catalogue.facets[facet_id]
    if facet.kind == "number":
        return [facet.label(o) for o in range(len(facet.options))], list(range(len(facet.options))), []
    mass = world.setting.channel.facets[facet_id].mass
    return list(facet.aliases), list(facet.aliases.values()), [float(mass[v]) for v in facet.aliases.values()]


def _options(world: GameWorld, facet_id: int) -> Index:
    facet = world.catalogue.facets[facet_id]
    names, keys, weights = _named(world, facet_id)
    if facet.kind != "number":
        return Index(names, keys, weights)

    def by_number(query: str) -> Iterable[Hit]:
        meant = options_meant(facet, query)
        return () if meant is None else (Hit(facet.label(o), o, meant.sure) for o in meant.options)

    return Index(names, keys, special=by_number, similar=False, vague=range(len(names)))


def _values(world: GameWorld) -> Index:
    names: list[str] = []
    keys: list[int] = []
    weights: list[float] = []
    vague: list[int] = []
    stride = _stride(world)
    facets = [f for f in range(len(world.catalogue.facets)) if int(world.bank.open_question[f]) >= 0]
    numbers = [f for f in facets if world.catalogue.facets[f].kind == "number"]

    def shown(f: int, name: str) -> str:
        return f"{name} · {world.catalogue.facets[f].wording.noun}"

    for f in facets:
        mine, options_, known = _named(world, f)
        vague += range(len(names), len(names) + len(mine)) if f in numbers else ()
        names += [shown(f, name) for name in mine]
        keys += [f * stride + o for o in options_]
        weights += known or [0.0] * len(mine)

    def by_number(query: str) -> Iterable[Hit]:
        found = [(f, m) for f in numbers if (m := options_meant(world.catalogue.facets[f], query)) is not None]
        # Only its size says which facet a number is of: 19 may begin a year, and is hardly a running time.
        held = [(f, m) for f, m in found if m.sure and _among(world.catalogue.facets[f], query)]
        alone = len(held) == 1
        held = held or found
        for f, meant in held:
            for o in meant.options:
                yield Hit(shown(f, world.catalogue.facets[f].label(o)), f * stride + o, alone)

    return Index(names, keys, weights, by_number, vague=vague)


def _among(facet: Facet, query: str) -> bool:
    """Whether what is meant lies among the facet's numbers, not in the open end of "90 or less"."""
    scale = NumberScale(facet)
    return any(r.low < r.high or scale.holds(r.low) for r in numbers_meant(query, scale))


def _questions(world: GameWorld) -> Index:
    bank, channels = world.bank, world.setting.channel.facets
    known = [
        2.0 if v < 0 else float(channels[f].mass[v]) if v < len(channels[f].mass) else 0.0
        for f, v in zip(bank.facet.tolist(), bank.value.tolist(), strict=True)
    ]

    def by_number(query: str) -> Iterable[Hit]:
        return (Hit(bank.text(q), q, False) for q in _nearest_thresholds(world, query))

    return Index([bank.text(q) for q in range(len(bank))], weights=known, special=by_number)


def _nearest_thresholds(world: GameWorld, query: str) -> list[int]:
    """Of each facet on whose scale the query is a number, the question whose threshold is nearest."""
    bank, found = world.bank, []
    over = np.flatnonzero(bank.kind == OVER)
    for f in np.unique(bank.facet[over]).tolist():
        facet, mine = world.catalogue.facets[f], over[bank.facet[over] == f]
        meant = numbers_meant(query, NumberScale(facet))
        number = next((x for r in meant for x in (r.low, r.high) if np.isfinite(x)), None)
        if number is not None and facet.over is not None:
            found.append(int(mine[np.abs(facet.over[bank.value[mine]] - number).argmin()]))
    return found
