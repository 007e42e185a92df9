"""Confidence intervals of the figures of an evaluation: closed formulas, so nothing is resampled and nothing is seeded.

| of | interval |
|---|---|
| a share | Wilson's score interval (1927) |
| a difference of two paired shares | Bonett and Price (2012): Wald's, with one pair added to each kind of discordance |
| a mean, also of paired differences | Student's t after Hall's transformation, which removes skewness (1992) |
| a mean of shares, one a group | Wilson's, for as many tries as would vary as much as these means do |
| a sum of two of these | limits joined by the square-and-add rule of Zou and Donner (2008), with their correlation |

The last is for rewards.  A reward is plus or minus 1 for the guess, less what the questions cost.  Where failures are
rare a small sample has none, its rewards hardly vary, and every interval made from their variance alone is far too
short.  Taken as a share of successes plus a mean of the rest, it is as good as the interval of the share.

`python -m bench.intervals` prints how often each of them covers the truth.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from scipy import special

LEVEL = 0.95
NO_SKEWNESS = 1e-6
"""Below this skewness Hall's transformation is the identity to within rounding."""


class ConfidenceInterval(NamedTuple):
    """A figure and the two ends of its interval."""

    value: float
    low: float
    high: float


def share(successes: int, of: int, level: float = LEVEL) -> ConfidenceInterval:
    """Wilson's interval for a share.

    Args:
        successes: from 0 to `of`.
        of: how many tries, at least 1.
        level: the share of samples whose interval should hold the truth.
    """
    return _wilson(successes / of, of, level)


def mean_share(shares: np.ndarray, most: float, level: float = LEVEL) -> ConfidenceInterval:
    """Wilson's interval for the mean of shares, one of each group, for users of one group are alike.

    It is that of as many independent tries as would vary as much: at least one a group, at most `most`.  Where the
    groups don't vary at all they count as one try each.

    Args:
        shares: (G,) from 0 to 1, G >= 1.
        most: how many tries there were in all.
        level: as for `share`.
    """
    groups, p = len(shares), float(shares.mean())
    variance = float(shares.var(ddof=1)) if groups > 1 else 0.0
    tries = min(max(groups * p * (1 - p) / variance, groups), most) if variance > 1e-12 else groups
    return _wilson(p, tries, level)


def _wilson(p: float, of: float, level: float) -> ConfidenceInterval:
    """Of a share p of `of` tries, which may be a fraction."""
    z = _normal_quantile(level)
    centre = (p + z * z / (2 * of)) / (1 + z * z / of)
    half = z / (1 + z * z / of) * math.sqrt(p * (1 - p) / of + (z / (2 * of)) ** 2)
    # At 0 and 1 the formula gives exactly these, but for rounding.
    return ConfidenceInterval(p, 0.0 if p == 0 else centre - half, 1.0 if p == 1 else centre + half)


def share_difference(only_a: int, only_b: int, pairs: int, level: float = LEVEL) -> ConfidenceInterval:
    """Bonett and Price's interval for a difference of two shares of the same pairs.

    Args:
        only_a, only_b: pairs in which a alone, and in which b alone, succeeded.
        pairs: all of them, at least 1.
        level: as for `share`.
    """
    p, q = (only_a + 1) / (pairs + 2), (only_b + 1) / (pairs + 2)
    half = _normal_quantile(level) * math.sqrt((p + q - (p - q) ** 2) / (pairs + 2))
    return ConfidenceInterval((only_a - only_b) / pairs, max(p - q - half, -1.0), min(p - q + half, 1.0))


def mean(values: np.ndarray, level: float = LEVEL) -> ConfidenceInterval:
    """Hall's interval for a mean; Student's t where the sample isn't skewed.

    A single value says nothing of how much they vary, so its interval is all numbers.

    Args:
        values: (n,) the sample, n >= 1.
        level: as for `share`.
    """
    n, middle = len(values), float(values.mean())
    if n == 1:
        return ConfidenceInterval(middle, -math.inf, math.inf)
    spread = float(values.std(ddof=1))
    if spread <= 1e-12 * abs(middle):
        return ConfidenceInterval(middle, middle, middle)
    skewness = float((((values - middle) / spread) ** 3).mean())
    t = float(special.stdtrit(n - 1, (1 + level) / 2)) / math.sqrt(n)
    return ConfidenceInterval(
        middle, middle - spread * _unskewed(t, skewness, n), middle - spread * _unskewed(-t, skewness, n)
    )


def total(a: ConfidenceInterval, b: ConfidenceInterval, correlation: float) -> ConfidenceInterval:
    """The interval of a sum from those of its two parts; `correlation` is that of the two in the sample."""

    def reach(x: float, y: float) -> float:
        far = max(x, y)
        return math.sqrt(max(x * x + y * y + 2 * correlation * x * y, 0.0)) if math.isfinite(far) else far

    value = a.value + b.value
    below, above = reach(a.value - a.low, b.value - b.low), reach(a.high - a.value, b.high - b.value)
    return ConfidenceInterval(value, value - below, value + above)


def reward(success: np.ndarray, rewards: np.ndarray, level: float = LEVEL) -> ConfidenceInterval:
    """The mean reward, by way of the share of successes.

    Args:
        success: (n,) bool.
        rewards: (n,) what was paid: 1 where it succeeded and -1 elsewhere, less what the questions cost.
        level: as for `share`.
    """
    part = share(int(np.count_nonzero(success)), len(success), level)
    doubled = ConfidenceInterval(*(2 * x - 1 for x in part))
    return _with_rest(doubled, 2.0 * success - 1, rewards, level)


def reward_difference(
    success_a: np.ndarray, success_b: np.ndarray, rewards_a: np.ndarray, rewards_b: np.ndarray, level: float = LEVEL
) -> ConfidenceInterval:
    """The mean of a - b in reward over paired episodes, (n,) each; as `reward`."""
    gained = success_a.astype(np.float64) - success_b
    part = share_difference(int((gained > 0).sum()), int((gained < 0).sum()), len(gained), level)
    return _with_rest(ConfidenceInterval(*(2 * x for x in part)), 2 * gained, rewards_a - rewards_b, level)


def _with_rest(
    part: ConfidenceInterval, of_guesses: np.ndarray, rewards: np.ndarray, level: float
) -> ConfidenceInterval:
    """The interval of the mean of `rewards` (n,), from that of what the guesses alone bring, `of_guesses` (n,)."""
    rest = rewards - of_guesses
    found = total(part, mean(rest, level), _correlation(of_guesses, rest))
    return found._replace(value=float(rewards.mean()))  # the same to the last bit as any other mean


def _correlation(x: np.ndarray, y: np.ndarray) -> float:
    """Of two samples (n,); 0 where one of them doesn't vary."""
    x, y = x - x.mean(), y - y.mean()
    scale = math.sqrt(float(x @ x) * float(y @ y))
    return float(x @ y) / scale if scale > 1e-12 else 0.0


def _normal_quantile(level: float) -> float:
    return float(special.ndtri((1 + level) / 2))


def _unskewed(t: float, skewness: float, n: int) -> float:
    """The inverse of Hall's transformation u -> u + a u^2 + a^2 u^3 / 3 + skewness / (6 n), a = skewness / 3, at t."""
    a = skewness / 3
    shifted = t - skewness / (6 * n)
    return shifted if abs(skewness) < NO_SKEWNESS else (math.cbrt(1 + 3 * a * shifted) - 1) / a
