"""Small catalogues for tests: hand-made ones and a hypothesis strategy that draws every facet kind."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from hypothesis import strategies as st

from sim.catalogue.catalogue import Catalogue, make_facet

KINDS = ("one", "many", "number", "flag")


def normalised(weights: Iterable[float]) -> np.ndarray:
    """Weights as a prior."""
    w = np.asarray(list(weights), dtype=np.float64)
    return w / w.sum()


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
