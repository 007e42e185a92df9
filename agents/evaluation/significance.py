"""Is a difference between two agents more than chance?  Exact tests on paired episodes, and Holm's correction.

The two agents met the same users.  If they are equally good, then which of them did better with a user is a toss:
every difference a - b could as well have had the other sign.  For shares that gives McNemar's exact test, for means the
sign-flip permutation test (Fisher, 1935).  Both keep their level at any number of episodes.

Whoever looks at several metrics together finds a difference in one of them more often than the level says; Holm's
correction (1979) keeps the chance of any false alarm among them at the level.
"""

from __future__ import annotations

import numpy as np
from scipy import special

FLIPS = 9999
SEED = 0
BLOCK = 1_000_000
"""Signs drawn at a time: a few megabytes."""


def mcnemar(only_a: int, only_b: int) -> float:
    """The two-sided p-value of McNemar's exact test.

    Args:
        only_a, only_b: pairs in which a alone, and in which b alone, succeeded.
    """
    discordant = only_a + only_b
    return min(1.0, 2 * float(special.bdtr(min(only_a, only_b), discordant, 0.5))) if discordant else 1.0


def sign_flip(differences: np.ndarray, flips: int = FLIPS, seed: int = SEED) -> np.ndarray:
    """(M,) two-sided p-values of the sign-flip test that the mean is zero, for M metrics of the same episodes.

    Args:
        differences: (M, n) a - b by metric and episode.
        flips: how many random assignments of signs are compared with the one seen.
        seed: of the signs.
    """
    rng = np.random.default_rng(seed)
    n = differences.shape[1]
    # Sums that differ by rounding alone are equal: metrics such as turns have many ties.
    least = np.abs(differences.sum(axis=1)) - 1e-9 * np.abs(differences).sum(axis=1)
    as_far = np.ones(len(differences))
    for done in range(0, flips, block := max(1, BLOCK // n)):
        signs = rng.integers(0, 2, size=(min(block, flips - done), n), dtype=np.int8) * 2.0 - 1.0
        as_far += (np.abs(signs @ differences.T) >= least).sum(axis=0)
    return as_far / (1 + flips)


def holm(p: list[float]) -> list[float]:
    """Holm's adjusted p-values: rejecting those up to alpha keeps the chance of any false alarm at alpha.

    >>> [round(x, 3) for x in holm([0.01, 0.04, 0.03])]
    [0.03, 0.06, 0.06]
    """
    out, largest = [0.0] * len(p), 0.0
    for rank, k in enumerate(sorted(range(len(p)), key=p.__getitem__)):
        largest = max(largest, min(1.0, (len(p) - rank) * p[k]))
        out[k] = largest
    return out
