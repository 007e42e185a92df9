"""Made-up catalogues to train policies on: every facet kind, skewed values, a skewed prior, nothing of the real ones.

Sizes, skews and the share of unknown values are drawn from the seed, so that a policy meets catalogues where one open
question settles much and others where only many small ones do.
"""

from __future__ import annotations

import numpy as np

from agents.errors import InputError
from sim.catalogue.catalogue import Catalogue, make_facet

PREFIX = "synthetic-"


def synthetic(seed: int) -> Catalogue:
    """A catalogue of 120 to 500 intents and 6 to 10 facets, a function of the seed."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(120, 501))
    weight = rng.zipf(1.6, n).clip(max=200).astype(float)
    facets = []
    for f in range(int(rng.integers(6, 11))):
        kind = ("one", "many", "number", "flag")[int(rng.choice(4, p=[0.25, 0.35, 0.2, 0.2]))]
        unknown = rng.random(n) < rng.choice([0.0, 0.05, 0.3])
        if kind == "number":
            column = np.round(rng.gamma(float(rng.uniform(1, 6)), 20, n))
            column[unknown] = np.nan
        elif kind == "flag":
            column = (rng.random(n) < rng.uniform(0.05, 0.6)).astype(float)
            column[unknown] = np.nan
        else:
            values = int(np.exp(rng.uniform(np.log(4), np.log(n if kind == "many" else 60))))
            share = np.arange(1, values + 1) ** -float(rng.uniform(0.4, 1.3))
            most = int(rng.integers(2, 9)) if kind == "many" else 1
            column = []
            for blank in unknown:
                count = 0 if blank else int(rng.integers(1, most + 1))
                drawn = rng.choice(values, size=min(count, values), replace=False, p=share / share.sum())
                names = [f"v{v}" for v in drawn.tolist()]
                column.append(names if kind == "many" else (names[0] if names else None))
        facets.append(make_facet(f"{kind}{f}", kind, column))
    names = tuple(f"intent {i}" for i in range(n))
    return Catalogue(name=f"{PREFIX}{seed}", intents=names, prior=weight / weight.sum(), facets=tuple(facets))


def named(name: str) -> str | Catalogue:
    """The made-up catalogue of a name like synthetic-3; other names as they are.

    Raises:
        InputError: a seed that is none.

    >>> named("toy"), named("synthetic-3").name
    ('toy', 'synthetic-3')
    """
    if not name.startswith(PREFIX):
        return name
    seed = name.removeprefix(PREFIX)
    if not (seed.isascii() and seed.isdigit() and len(seed) < 19):
        raise InputError(f"no catalogue '{name}'; made-up ones are {PREFIX}0, {PREFIX}1 and so on")
    return synthetic(int(seed))
