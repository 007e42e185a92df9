"""Every draw of a simulated user: a counter-based hash, no generator objects.

`uniform(seed, episode, *key)` depends on its arguments alone, so every agent meets the same user whatever it asks and
in whatever order, a repeated question repeats its answer, environment k of a batch equals the scalar environment with
seed + k, and a resumed or distributed run gives the same bytes.  Generators would have to be carried about and cost
600 times as much to make; they serve policies only.

The mixer is the finaliser of splitmix64 (Steele, Lea and Flood, 2014, https://doi.org/10.1145/2714064.2660195),
applied once for every part of the key; what a user is asked at every turn goes by the shorter `scramble`, from the
stream so mixed, one hash at a time in compiled loops.  It passes for independent uniforms here; it is no cryptography.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from sim.numeric.compiled import compiled

GAMMA = np.uint64(0x9E3779B97F4A7C15)
"""The odd increment of splitmix64."""
_MUL1 = np.uint64(0xBF58476D1CE4E5B9)
_MUL2 = np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31, _S32, _S11 = (np.uint64(s) for s in (30, 27, 31, 32, 11))
_TO_UNIT = 2.0**-53


class Purpose(IntEnum):
    """What a draw is for: the first part of its key, so that no two uses share a number."""

    INTENT = 1
    MEMORY = 3
    OPENING = 10
    LEAVING = 11
    SPEECH = 20


def mix(h: np.ndarray) -> np.ndarray:
    """Finaliser of splitmix64: uint64 of any shape to uint64 of that shape, a bijection."""
    h = (h ^ (h >> _S30)) * _MUL1
    h = (h ^ (h >> _S27)) * _MUL2
    return h ^ (h >> _S31)


mix_one: Callable[..., Any] = compiled(mix)
"""`mix` of one hash, in loops that are compiled."""


@compiled
def scramble(h: np.uint64) -> np.uint64:
    """Two thirds of `mix`: enough to tell apart the keys of one user, whose stream is well mixed already.

    The upper bits are the better ones.
    """
    h = h * _MUL1
    return (h ^ (h >> _S32)) * _MUL2


@compiled
def follow(h: np.uint64) -> np.uint64:
    """A second hash out of a first, for draws that need more than its 64 bits."""
    h = h * GAMMA
    return h ^ (h >> _S32)


def threshold(p: ArrayLike) -> np.ndarray:
    """uint64 t such that h < t exactly when to_unit(h) < p, for h a hash and 0 <= p < 1."""
    return np.ceil(np.asarray(p, dtype=np.float64) * 2.0**53).astype(np.uint64) << _S11


def stream(seed: ArrayLike, episode: ArrayLike) -> np.ndarray:
    """Hash of (seed, episode), uint64, the two broadcast: what `draw` extends by a key.

    Keep it for a dialogue: the seed and the episode are then mixed in once and not at every draw.
    """
    with np.errstate(over="ignore"):
        return mix(mixed_seed(seed) ^ (np.asarray(episode).astype(np.uint64) * GAMMA))


def mixed_seed(seed: ArrayLike) -> np.ndarray:
    """The half of `stream` that depends on the seed alone, uint64."""
    with np.errstate(over="ignore"):
        return mix(np.asarray(seed).astype(np.uint64) + GAMMA)


def extend(start: np.ndarray, *key: ArrayLike) -> np.ndarray:
    """The stream for a longer key, uint64: draw(extend(s, a), b) == draw(s, a, b)."""
    with np.errstate(over="ignore"):
        h = start
        for part in key:
            h = mix(h ^ salt(part))
        return h


def salt(part: ArrayLike) -> np.ndarray:
    """One part of a key as it is mixed in, uint64; a table of them saves the product at every draw."""
    with np.errstate(over="ignore"):
        return (np.asarray(part).astype(np.uint64) + np.uint64(1)) * GAMMA


def draw(start: np.ndarray, *key: ArrayLike) -> np.ndarray:
    """Uniforms in [0, 1), float64, the broadcast shape of `start` and the parts of `key` (integers or arrays)."""
    return to_unit(extend(start, *key))


def to_unit(h: np.ndarray) -> np.ndarray:
    """The upper 53 bits of uint64 as float64 in [0, 1)."""
    return (h >> _S11).astype(np.float64) * _TO_UNIT


def uniform(seed: ArrayLike, episode: ArrayLike, *key: ArrayLike) -> np.ndarray:
    """Uniforms in [0, 1), float64, a function of (seed, episode, key) alone; all arguments broadcast.

    >>> float(uniform(0, 0, Purpose.INTENT)) == float(uniform(0, 0, Purpose.INTENT))
    True
    """
    return draw(stream(seed, episode), *key)
