"""What can be searched by name in a game: options of an open question, intents, all facets' values, questions.

Each is an `agents.play.search.Index`, made when first asked for and kept with the world; tens of thousands of names
take a few tenths of a second, on whatever thread asks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from agents.play.mind import GameWorld
from agents.play.search import Hit, Index, number_in


def options(world: GameWorld, facet_id: int) -> Index:
    """Open answers of a facet by every name they have; keys are options."""
    return _kept(world, f"options {facet_id}", lambda: _options(world, facet_id))


def intents(world: GameWorld) -> Index:
    """Intents by name, the likeliest first."""

    def make() -> Index:
        labels = [world.label(i) for i in range(len(world.catalogue))]
        return Index(labels, weights=world.catalogue.prior.tolist())

    return _kept(world, "intents", make)


def values(world: GameWorld) -> Index:
    """Whatever a person may know up front: the open answers of all facets; `stated` reads the keys."""
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

    def by_number(query: str) -> Iterable[Hit]:
        number = number_in(query)
        return () if number is None else (Hit(facet.label(o := facet.option_of_number(number)), o),)

    return Index(names, keys, weights or None, by_number if facet.kind == "number" else None)


def _values(world: GameWorld) -> Index:
    names: list[str] = []
    keys: list[int] = []
    weights: list[float] = []
    numbers: list[int] = []
    stride = _stride(world)

    def shown(f: int, name: str) -> str:
        return f"{name} · {world.catalogue.facets[f].wording.noun}"

    for f, facet in enumerate(world.catalogue.facets):
        if int(world.bank.open_question[f]) < 0:
            continue
        mine, options_, known = _named(world, f)
        names += [shown(f, name) for name in mine]
        keys += [f * stride + o for o in options_]
        weights += known or [0.0] * len(mine)
        if facet.kind == "number":
            numbers.append(f)

    def by_number(query: str) -> Iterable[Hit]:
        number = number_in(query)
        for f in numbers if number is not None else ():
            facet = world.catalogue.facets[f]
            assert facet.lower is not None and number is not None
            if facet.lower[0] <= number <= facet.lower[-1] * 1.5:
                o = facet.option_of_number(number)
                yield Hit(shown(f, facet.label(o)), f * stride + o)

    return Index(names, keys, weights, by_number)


def _questions(world: GameWorld) -> Index:
    bank, channels = world.bank, world.setting.channel.facets
    known = [
        2.0 if v < 0 else float(channels[f].mass[v]) if v < len(channels[f].mass) else 0.0
        for f, v in zip(bank.facet.tolist(), bank.value.tolist(), strict=True)
    ]
    return Index([bank.text(q) for q in range(len(bank))], weights=known)
