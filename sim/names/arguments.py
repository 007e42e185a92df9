"""What an argument may be: whole numbers, finite numbers, switches, names.  What isn't gets one sentence.

Each check gives the value back as plain Python, and raises a ValueError that names the argument, what was given, and
what may be given instead.  numpy's numbers are as good as Python's.  A bool is no number: True as a budget is a slip.
"""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral, Real

import numpy as np


def whole(name: str, given: object, least: int = 0, most: int | None = None) -> int:
    """A whole number from `least` to `most`.

    >>> whole("budget", 20)
    20
    >>> whole("budget", 1.5, 1)
    Traceback (most recent call last):
    ...
    ValueError: budget=1.5; it must be a whole number of at least 1
    """
    if isinstance(given, Integral) and not isinstance(given, bool):
        number = int(given)
        if number >= least and (most is None or number <= most):
            return number
    allowed = f"of at least {least}" if most is None else f"from {least} to {most:,}"
    raise ValueError(f"{name}={shown(given)}; it must be a whole number {allowed}")


def finite(name: str, given: object) -> float:
    """A finite number."""
    if isinstance(given, Real) and not isinstance(given, bool | np.bool_):
        try:
            number = float(given)
        except OverflowError:
            number = np.inf
        if np.isfinite(number):
            return number
    raise ValueError(f"{name}={shown(given)}; it must be a finite number")


def switch(name: str, given: object) -> bool:
    """True or False."""
    if isinstance(given, bool | np.bool_):
        return bool(given)
    raise ValueError(f"{name}={shown(given)}; it is True or False")


def one_of(name: str, given: object, known: Sequence[str]) -> str:
    """One of a few names."""
    if isinstance(given, str) and given in known:
        return given
    raise ValueError(f"{name}={shown(given)}; it is one of {', '.join(known)}")


def shown(given: object, most: int = 60) -> str:
    """A value in one line and not many letters."""
    text = " ".join(repr(given).split())
    return text if len(text) <= most else text[: most - 3] + "..."
