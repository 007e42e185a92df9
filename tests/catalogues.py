"""Small catalogues for tests: hand-made ones and a hypothesis strategy that draws every facet kind."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from hypothesis import strategies as st

from sim.catalogue.catalogue import Catalogue, make_facet
from sim.channel.channel import Channel
from sim.users.from_rates import make_channel
from sim.users.rates import PRESETS, Rates

KINDS = ("one", "many", "number", "flag")


def normalised(weights: Iterable[float]) -> np.ndarray:
    """Weights as a prior."""
    w = np.asarray(list(weights), dtype=np.float64)
    return w / w.sum()


UNEVEN = "uneven"
"""In place of a preset: users whose every rate differs from facet to facet, and from type to type where it may."""


def uneven_rates(catalogue: Catalogue) -> Rates:
    """Rates of which no two are alike, for the facets that a catalogue has."""
    facets = {}
    for f, facet in enumerate(catalogue.facets):
        up = f / (2 * len(catalogue.facets))
        facets[facet.name] = {
            "forgotten": (0.1 + up, 0.3), "unrecalled": (0.6 - up, 0.2), "misremembered": (0.3, 0.15 + up),
            "slip": 0.04 + up / 4, "dont_know": (0.05, 0.1), "dont_know_open": (0.2, 0.1 + up), "hedge": 0.2 + up / 4,
            "hedge_muddled": (0.5, 0.3), "guess": (0.3, 0.05 + up), "opening": (0.6 - up, 0.25),
            "recognition": (0.3, 0.8 - up), "absence": (0.4 + up, 0.9), "confusion_width": 1.7 * (f % 2),
            "confusion_share": 0.4, "confusion_company": 0.3 + up, "confusion_fame": 0.5 - up,
        }  # fmt: skip
    return Rates(name=UNEVEN, types=("seeker", "fan"), shares=(0.6, 0.4), scales=(1.0, 1.0), facets=facets)


def channel_of(catalogue: Catalogue, preset: str) -> Channel:
    """The channel of a preset's users, or of uneven ones."""
    return make_channel(catalogue, uneven_rates(catalogue) if preset == UNEVEN else PRESETS[preset])


@st.composite
def catalogues(draw, max_intents: int = 6, max_facets: int = 3, kinds=KINDS) -> Catalogue:
    """2 to `max_intents` intents, 1 to `max_facets` facets with unknown values, an uneven prior."""
    n = draw(st.integers(2, max_intents))
    facets = []
    for f in range(draw(st.integers(1, max_facets))):
        kind = draw(st.sampled_from(kinds))
        letters = st.sampled_from("abcd")
        cell = {
            "one": st.none() | letters,
            "many": st.lists(letters, max_size=3, unique=True),
            "number": st.none() | st.integers(0, 5),
            "flag": st.none() | st.booleans(),
        }[kind]
        facets.append(make_facet(f"{kind}{f}", kind, draw(st.lists(cell, min_size=n, max_size=n))))
    weight = np.array(draw(st.lists(st.integers(1, 9), min_size=n, max_size=n)), dtype=float)
    names = tuple(f"intent {i}" for i in range(n))
    return Catalogue(name="drawn", intents=names, prior=weight / weight.sum(), facets=tuple(facets))
