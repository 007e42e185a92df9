"""The answers to open questions on numbers, which are spans, in words: "the nineties", "under an hour and a half".

Each wording is one that `sim.catalogue.spoken_numbers` reads back as the very option; a wording that it reads as
another is left out, so that what is said is what is meant.
"""

from __future__ import annotations

from functools import lru_cache

from sim.catalogue.catalogue import Facet
from sim.catalogue.numbers import named_range, plain
from sim.catalogue.spoken_numbers import options_meant
from sim.phrasing.roles import role_of

_DECADES = {1920: "twenties", 1930: "thirties", 1940: "forties", 1950: "fifties", 1960: "sixties", 1970: "seventies",
            1980: "eighties", 1990: "nineties", 2000: "two thousands"}  # fmt: skip
_TALKED_OF = 1e-3
"""Numbers smaller than this have no everyday words."""


@lru_cache(maxsize=4096)
def span_wordings(facet: Facet, option: int) -> tuple[str, ...]:
    """Ways to say an option, in words that stand behind "it is from" or "about"; its own label is always one."""
    name, label = facet.options[option], facet.label(option)
    low, high = _ends(name)
    said = [label]
    if role_of(facet) == "year":
        said += _years(low, high)
    elif high is not None and low is not None and low < high and low >= _TALKED_OF:
        middle = (low + high) / 2
        round_ = [float(f"{middle:.1g}"), float(f"{middle:.2g}"), 5 * round(middle / 5)]
        said += [f"around {facet.wording.measured(plain(x))}" for x in round_ if low <= x <= high]
        said += [f"between {plain(low)} and {facet.said(plain(high))}"]
    elif high is not None and low is None:
        said += [f"at most {facet.said(plain(high))}", f"no more than {facet.said(plain(high))}"]
    elif low is not None and high is None:
        said += [f"at least {facet.said(plain(low))}"]
    return tuple(dict.fromkeys(text for text in said if text == label or _is_read_as(facet, option, text)))


def _ends(name: str) -> tuple[float | None, float | None]:
    """Lower and upper end as they are named; None for an open one."""
    for tail, upper in ((" or less", True), (" or more", False)):
        if name.endswith(tail):
            number = float(name.removesuffix(tail))
            return (None, number) if upper else (number, None)
    named = named_range(name)
    return (named[0], named[1]) if named is not None else (None, None)


def _years(low: float | None, high: float | None) -> list[str]:
    if low is None and high is not None:
        return [f"before {plain(high + 1)}", f"{plain(high)} or earlier"]
    if low is None:
        return []
    if high is None:
        return [f"{plain(low)} or later", f"since {plain(low)}"]
    out = [f"between {plain(low)} and {plain(high)}"]
    decade = int(low) // 10 * 10
    if low == decade and high == decade + 9:
        out += [f"the {decade}s"]
        if decade < 2000:
            out += [f"the {_DECADES.get(decade, f'{decade}s')}", f"the {decade % 100}s", f"the '{decade % 100}s"]
    elif low == decade and high in (decade + 3, decade + 4):
        out += [f"the early {decade}s"]
    elif high == decade + 9 and low in (decade + 5, decade + 6):
        out += [f"the late {decade}s"]
    return out


def _is_read_as(facet: Facet, option: int, text: str) -> bool:
    meant = options_meant(facet, text)
    return meant is not None and meant.options == (option,)
