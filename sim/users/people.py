"""Users as people are: the presets `people`, `seekers` and `fans`, resolved for a catalogue.

How well people know a facet belongs to the catalogue, not to the population alone: everybody knows whether an animal
flies, nobody what it weighs.  These presets therefore leave the rates of facets open, and `resolved` fills them in for
one catalogue: every rate is then explicit, and what is written into files holds all of them.  The first of these that
has the rate decides:

1. the user's own rates for the facet, then those that he gives for all facets;
2. the sidecar's `[facets.NAME.users.TYPE]`, then its `[facets.NAME.users]`, beside the table;
3. what is usual for the facet's kind (`BY_KIND`);
4. what is usual for the type (`BY_TYPE`).

There are two kinds of people in the evidence, and they are types, which agents infer as any other.  A seeker half
remembers a film: 199 requests for one (TREC tip of the tongue 2023) name hardly an actor, no director, and 38 % of the
decades are wrong.  A fan knows it: of 9,769 queries by people who had the film before them (MIT trivia10k13) 47 % name
an actor, and 93 % of the years are right.  `people` are half and half, which is assumed.  Figures for films stand in
`sim/data/movies.toml`, each with where it is from; those here are assumed where nothing else is said, for nobody has
measured what people know of tables in general.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sim.catalogue.catalogue import Catalogue, Facet
from sim.names.did_you_mean import did_you_mean, there_are
from sim.users.rates import FACET_RATES, FAN, SEEKER, TYPE_RATES, Rates, RatesError, check_rate

FILL_IN = SEEKER
"""A type of somebody's own goes by this one where nothing is said of it."""

BY_TYPE: Mapping[str, Mapping[str, float]] = {
    # Hedging is measured on requests: 25 % of what is right is hedged, 90 % of what is wrong but years and actors.
    SEEKER: {"slip": 0.02, "dont_know": 0.05, "hedge": 0.25, "hedge_muddled": 0.9, "guess": 0.05},
    # Measured: .6 % of the queries hedge.
    FAN: {"slip": 0.01, "dont_know": 0.03, "hedge": 0.006, "hedge_muddled": 0.05, "guess": 0.05},
}
"""What is usual for a type, whatever the facet."""

BY_KIND: Mapping[str, Mapping[str, Mapping[str, float]]] = {
    # Numbers are known roughly.
    "number": {
        SEEKER: {"forgotten": 0.3, "misremembered": 0.7, "dont_know_open": 0.15, "opening": 0.2},
        FAN: {"forgotten": 0.15, "misremembered": 0.4, "dont_know_open": 0.05, "opening": 0.1},
    },
    # Names are better recognised than recalled.
    "one": {
        SEEKER: {"forgotten": 0.15, "unrecalled": 0.35, "misremembered": 0.15, "opening": 0.35},
        FAN: {"forgotten": 0.04, "unrecalled": 0.1, "misremembered": 0.04, "opening": 0.35},
    },
    "many": {
        SEEKER: {"forgotten": 0.15, "unrecalled": 0.35, "misremembered": 0.15, "opening": 0.35},
        FAN: {"forgotten": 0.04, "unrecalled": 0.1, "misremembered": 0.04, "opening": 0.35},
    },
    # What can be answered with yes or no is mostly known.
    "flag": {
        SEEKER: {"forgotten": 0.1, "misremembered": 0.06},
        FAN: {"forgotten": 0.03, "misremembered": 0.02},
    },
}
"""What is usual for a kind of facet, by type."""

OF_VALUES: Mapping[str, Any] = {"recognition": (0.5, 0.95), "absence": (0.5, 0.97), "confusion_fame": 0.3}
"""What is usual for names, whatever the type."""
SHARE_OF_NUMBER = 0.25
"""How far off people are who misremember a number that differs by multiples, as a share of it."""
MULTIPLES = 10.0
"""A number's values differ by multiples where the greatest is so many times the least, and all are above 0."""


def resolved(rates: Rates, catalogue: Catalogue) -> Rates:
    """Rates with every facet's own filled in; rates that need no catalogue are returned as they are.

    Raises:
        RatesError: the catalogue's sidecar says of its users what can't be.
    """
    if not rates.by_catalogue:
        return rates
    facets: dict[str, dict[str, Any]] = {facet.name: {} for facet in catalogue.facets}
    usual = {}
    for facet in catalogue.facets:
        _check_users(catalogue, facet, rates)
    for key in FACET_RATES:
        found = {facet.name: _rate(facet, key, rates) for facet in catalogue.facets}
        # What most facets have is said once, for headers of files to stay short.
        usual[key] = Counter(found.values()).most_common(1)[0][0] if found else getattr(rates, key)
        for name, value in found.items():
            if value != usual[key]:
                facets[name][key] = value
    # Facets that the catalogue lacks stay, for whoever makes a channel of them to refuse.
    facets |= {name: dict(given) for name, given in rates.facets.items() if name not in facets}
    return replace(rates, **usual, facets={f: given for f, given in facets.items() if given}, by_catalogue=False,
                   own=())  # fmt: skip


def _rate(facet: Facet, key: str, rates: Rates) -> Any:
    """One rate of one facet: a number, one number a type, or for values of names a pair."""
    own = rates.facets.get(facet.name, {})
    if key in own:
        return own[key]
    if key in rates.own:
        return getattr(rates, key)
    if key not in TYPE_RATES:
        value = facet.users.get(key, _usual_of_values(facet, key, getattr(rates, key)))
        return tuple(value) if isinstance(value, list) else value
    by_type = tuple(_rate_of_type(facet, key, name, rates) for name in rates.types)
    return by_type[0] if len(set(by_type)) == 1 else by_type


def _rate_of_type(facet: Facet, key: str, name: str, rates: Rates) -> float:
    for table in (facet.users.get(name, {}), facet.users):
        if key in table:
            return float(table[key])
    for tables in (BY_KIND[facet.kind], BY_TYPE):
        table = tables.get(name, tables[FILL_IN])
        if key in table:
            return table[key]
    return float(getattr(rates, key))


def _usual_of_values(facet: Facet, key: str, otherwise: Any) -> Any:
    if facet.kind == "number":
        lower = facet.lower
        assert lower is not None
        multiples = len(lower) > 0 and lower[0] > 0 and lower[-1] >= MULTIPLES * lower[0]
        # A width in the facet's unit, where there is one, is for the kernel to prefer.
        return SHARE_OF_NUMBER if key == "confusion_share" and multiples else otherwise
    return OF_VALUES.get(key, otherwise) if facet.kind in ("one", "many") else otherwise


def _check_users(catalogue: Catalogue, facet: Facet, rates: Rates) -> None:
    where = f"catalogue '{catalogue.name}', users of facet '{facet.name}'"
    known = tuple(dict.fromkeys((SEEKER, FAN, *rates.types)))
    for key, value in facet.users.items():
        if not isinstance(value, Mapping):
            check_rate(where, key, value, 0)  # which types there are is for a preset to say
            continue
        if key not in known:
            raise RatesError(f"{where}: no type '{key}'{did_you_mean(key, known)}{there_are(known)}")
        for inner, one in value.items():
            if inner not in TYPE_RATES:
                raise RatesError(f"{where}, {key}: no rate '{inner}'{did_you_mean(inner, TYPE_RATES)}"
                                 f"{there_are(TYPE_RATES)}")  # fmt: skip
            check_rate(f"{where}, {key}", inner, one, 0)
