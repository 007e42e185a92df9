"""Logarithms, exponentials and sums for compiled loops.

`log` and `exp` are plain arithmetic, no calls and no branches, so that the compiler does eight at a time where they
stand in a loop; a library's would be called one by one, at five times the cost, and differ between machines in the last
digit.  Both are right to 2 units in the last place.  `total` adds in eight lanes: the order of a sum is fixed by its
length alone.
"""

# An element of an array is a number here, which the array types of a type checker cannot say.
# pyright: reportArgumentType=false, reportReturnType=false

from __future__ import annotations

import numpy as np

from sim.numeric.compiled import compiled

TINY = 1e-300
"""Chances count as at least this where their logarithm is taken."""
_LN2_HIGH, _LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
_LOWEST = -708.0
"""Whose exponential is still a normal number; below it is 0."""


@compiled
def _bits(x: float):
    return np.float64(x).view(np.int64)


@compiled
def _from_bits(x: int):
    return np.int64(x).view(np.float64)


@compiled
def log(x: float):
    """Natural logarithm of a normal positive number."""
    bits = _bits(x)
    # x = 2^k m with m in [sqrt(1/2), sqrt(2)): the smaller m - 1, the fewer terms.
    shifted = bits - 0x3FE6A09E667F3BCD
    k = shifted >> 52
    f = _from_bits(bits - (k << 52)) - 1.0
    # A whole number below 2^51 as float64, by its bits: not every processor converts eight at a time.
    power = _from_bits(k + 0x4338000000000000) - 6755399441055744.0
    s = f / (2.0 + f)
    z = s * s
    # log(1 + f) = 2 atanh(s): its series in s, economised over |s| < .1716.
    r = z * (
        0.6666666666666735130
        + z
        * (
            0.3999999999940941908
            + z
            * (
                0.2857142874366239149
                + z
                * (
                    0.2222219843214978396
                    + z * (0.1818357216161805012 + z * (0.1531383769920937332 + z * 0.1479819860511658591))
                )
            )
        )
    )
    half = 0.5 * f * f
    return power * _LN2_HIGH - ((half - (s * (half + r) + power * _LN2_LOW)) - f)


@compiled
def exp(x: float):
    """Exponential of a number of at most 0; 0 below -708."""
    y = max(x, _LOWEST)
    shifted = y * 1.4426950408889634 + 6755399441055744.0
    k = shifted - 6755399441055744.0
    r = (y - k * _LN2_HIGH) - k * _LN2_LOW
    p = 1 / 6227020800.0
    p = p * r + 1 / 479001600.0
    p = p * r + 1 / 39916800.0
    p = p * r + 1 / 3628800.0
    p = p * r + 1 / 362880.0
    p = p * r + 1 / 40320.0
    p = p * r + 1 / 5040.0
    p = p * r + 1 / 720.0
    p = p * r + 1 / 120.0
    p = p * r + 1 / 24.0
    p = p * r + 1 / 6.0
    p = p * r + 0.5
    p = (p * r) * r + r + 1.0
    scale = _from_bits((_bits(shifted) - 0x4338000000000000 + 1023) << 52)
    return p * scale if x >= _LOWEST else 0.0


@compiled
def xlogx(p: float):
    """p log p of one chance, 0 at 0; what rounding has left below 0 counts as 0."""
    q = max(p, TINY)
    return q * log(q)


@compiled
def total(x: np.ndarray, start: int, n: int):
    """The sum of x[start : start + n]; a slice would cost more than a short sum."""
    a = b = c = d = e = f = g = h = 0.0
    whole = start + n - n % 8
    for i in range(start, whole, 8):
        a += x[i]
        b += x[i + 1]
        c += x[i + 2]
        d += x[i + 3]
        e += x[i + 4]
        f += x[i + 5]
        g += x[i + 6]
        h += x[i + 7]
    for i in range(whole, start + n):
        a += x[i]
    return ((a + b) + (c + d)) + ((e + f) + (g + h))


@compiled
def entropy_sum(p: np.ndarray, start: int, n: int):
    """The sum of p log p over p[start : start + n], which is spoilt."""
    for i in range(start, start + n):
        q = max(p[i], TINY)
        p[i] = q * log(q)
    return total(p, start, n)
