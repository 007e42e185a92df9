"""How well known a film is, estimated from what the source of the films has of it.

    python -m sim.data.build_movies --fit

fits the estimate again and prints it.

A film that was reviewed 150 times was a great thing in 1975 and is nothing special in 2012, and so with money.  So
reviews and box office are held against those of the films of the same years.  What else the source tells is whether
people cared to write a thing down: nominations for Oscars, a Metacritic score, the companies, the rating.

The estimate is the weight that famous.txt would give the film, log-linear in these features: a Poisson regression of
the weights in famous.txt, 0 for all films that are not in it.  It can't know what became of a film later: few people
saw The Shawshank Redemption when it was new.  Where famous.txt has a film, its judgement goes before the estimate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

FEATURES = ("reviews", "box office known", "box office", "nominations", "metascore", "companies", "rating")
INTERCEPT = -6.77
COEFFICIENTS = np.array([0.94, 0.99, 0.71, 0.45, 2.32, 0.95, 0.59])
"""(7,) log weight for one unit of each feature, as fitted."""
YEARS = 3
"""A film's own years reach so far to both sides."""
LOWEST = -2.0
"""Standard deviations below the mean from which on reviews count no less."""
MOST = 8.0
"""No estimate is greater: the weight of what nearly everybody knows."""


def features(films: Sequence[Mapping[str, Any]]) -> np.ndarray:
    """What tells of fame, shape (N, 7), in the order of `FEATURES`.

    Args:
        films: N films with "year", "reviews" (a number), and, each None where the source has nothing, "box_office" in
            dollars, "nominations", "metascore", "companies", "rating".
    """

    def known(key: str) -> np.ndarray:
        return np.array([film[key] is not None for film in films], dtype=float)

    year = np.array([film["year"] for film in films])
    reviews = np.log1p([film["reviews"] for film in films])
    sold = np.array([film["box_office"] or 0.0 for film in films])
    box = standing(np.log10(np.maximum(sold, 1.0)), year, sold > 0)
    return np.column_stack(
        [
            np.maximum(standing(reviews, year, np.ones(len(films), dtype=bool)), LOWEST),
            sold > 0,
            box,
            np.log1p([film["nominations"] or 0 for film in films]),
            known("metascore"),
            known("companies"),
            known("rating"),
        ]
    ).astype(float)


def standing(x: np.ndarray, year: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Standard deviations of each x above the mean of its years, shape (N,); 0 where it is not known."""
    out = np.zeros(len(x))
    for y in np.unique(year[known]).tolist():
        of_its_years = x[known & (np.abs(year - y) <= YEARS)]
        mine = known & (year == y)
        out[mine] = (x[mine] - of_its_years.mean()) / max(float(of_its_years.std()), 1e-9)
    return out


def estimate(x: np.ndarray) -> np.ndarray:
    """The weight of each film in the prior, shape (N,), between 0 and `MOST`; x has shape (N, 7)."""
    return np.minimum(np.exp(INTERCEPT + x @ COEFFICIENTS), MOST)


def fit(x: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Intercept and coefficients of the Poisson regression of the weights on the features, shape (8,)."""
    x = np.column_stack([np.ones(len(x)), x])
    b = np.zeros(x.shape[1])
    b[0] = np.log(weight.mean())
    for _ in range(100):
        mean = np.exp(x @ b)
        step = np.linalg.solve((x * mean[:, None]).T @ x, x.T @ (weight - mean))
        b += step * min(1.0, 2.0 / float(np.abs(step).max()))
        if np.abs(step).max() < 1e-9:
            break
    return b
