"""One cell that is a number, as tables write it: `$1,234.00`, `1.96 kg`, `1.2k`, `12,50 €`, `4.5/5`, `1h 20`.

Words that are no known unit are units where a space parts them from the number: "12 reviews".  What the column makes of
its cells is in `sim.catalogue.quantities`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal

from sim.catalogue.units import CURRENCIES, Unit, unit_named

LONGEST_NUMBER = 40
"""Characters; longer cells are no numbers."""
THOUSAND = {"k": 1e3, "K": 1e3, "thousand": 1e3, "Tsd.": 1e3, "mn": 1e6, "mio": 1e6, "Mio": 1e6, "Mio.": 1e6,
            "million": 1e6, "millions": 1e6, "bn": 1e9, "Mrd.": 1e9, "billion": 1e9, "billions": 1e9}  # fmt: skip
MONEY = {"m": 1e6, "M": 1e6, "b": 1e9, "B": 1e9}
"""These multiply an amount of money; elsewhere "m" are metres."""
OUT_OF = ("5", "10", "20", "100")
"""What ratings are out of: 4.5/5."""
FIGURES = r"\d[\d.,'’\s]*\d|\d|[.,]\d+"
_CURRENCY = "|".join(re.escape(x) for x in sorted(CURRENCIES, key=len, reverse=True))
_CELL = re.compile(
    rf"(?P<about>(?:~|≈|ca\.?|about|approx\.?|<|>|≤|≥)\s*)?(?P<sign>[-+−–])?\s*(?:(?P<before>{_CURRENCY})\s*)?"
    rf"(?P<sign2>[-+−–])?(?P<figures>{FIGURES})(?P<exponent>[eE][-+]?\d{{1,3}})?(?P<after>.*)",
    re.DOTALL,
)
_RANGE = re.compile(rf"(?P<low>[^\d]*(?:{FIGURES})[^\d]*?)\s*(?:-|–|—|\bto\b)\s*(?P<high>[^\d-]*(?:{FIGURES})\D*\d?)")
_HOURS = re.compile(r"(\d{1,4})\s*(?:h|hr|hrs|hour|hours)\.?\s*(?:(?:and\s+)?(\d{1,2})\s*(?:m|min|mins|minutes?)?\.?)")
_GROUPED = {
    ".": re.compile(r"(?:\d{1,3}(?:,\d{2,3})*,\d{3}|\d*)(?:\.\d+)?"),
    ",": re.compile(r"(?:\d{1,3}(?:\.\d{3})+|\d*)(?:,\d+)?"),
}
EITHER = re.compile(r"[1-9]\d{0,2}[.,]\d{3}")
"""A thousand and more, or one and a bit."""
_WORDS = re.compile(r"[^\W\d_]{2,20}(?: [^\W\d_]{1,20})?")


@dataclass(frozen=True, kw_only=True)
class Quantity:
    """One cell as a number."""

    number: float
    unit: Unit | None = None
    before: bool = False
    """The unit stands before the number."""
    how: str = ""
    """What else was done with it: "middle", "about", "plus", "thousand"; for describing the column."""


def read_quantity(text: str, decimal: str = ".") -> Quantity | None:
    """One cell, given the decimal sign to believe where both are possible; None where it is no number.

    >>> read_quantity("$1,234.00").number, read_quantity("1.96 kg").unit.name, read_quantity("1.2k").number
    (1234.0, 'kg', 1200.0)
    >>> read_quantity("1,234", decimal=",").number, read_quantity("12 Oak Street 5")
    (1.234, None)
    """
    text = text.strip()
    if not text or len(text) > LONGEST_NUMBER or not any(c.isdecimal() for c in text):
        return None
    if text.startswith("(") and text.endswith(")"):  # as accountants write what is negative
        inner = _single(text[1:-1], decimal)
        return None if inner is None else replace(inner, number=-inner.number)
    return _single(text, decimal) or _duration(text) or _range(text, decimal)


def _single(text: str, decimal: str) -> Quantity | None:
    match = _CELL.fullmatch(text)
    if match is None:
        return None
    figures = python_figures(match["figures"], decimal) or python_figures(match["figures"], other_sign(decimal))
    if figures is None or (match["sign"] and match["sign2"]):
        return None
    value = float(figures + (match["exponent"] or ""))
    if (match["sign"] or match["sign2"] or "+") != "+":
        value = -value
    tail = _tail(match["after"], match["before"])
    if tail is None:
        return None
    factor, unit, how = tail
    return Quantity(number=product(value, factor), unit=unit, before=bool(match["before"]),
                    how="about" if match["about"] else how)  # fmt: skip


def other_sign(decimal: str) -> str:
    return "," if decimal == "." else "."


def python_figures(figures: str, decimal: str) -> str | None:
    """Digits, points, commas, spaces and apostrophes as Python writes them; None where the decimal sign can't be so."""
    if re.search(r"[\s'’]", figures):
        head, *groups = re.split(r"[\s'’]", figures)
        whole = [*groups[:-1], re.split(r"[.,]", groups[-1])[0]]
        if not 1 <= len(head) <= 3 or not head.isdecimal() or any(len(g) != 3 or not g.isdecimal() for g in whole):
            return None
        figures = head + "".join(groups)
    if not _GROUPED[decimal].fullmatch(figures):
        return None
    return figures.replace(other_sign(decimal), "").replace(",", ".")


def _tail(after: str, before: str | None) -> tuple[float, Unit | None, str] | None:
    """Factor, unit and remark of what stands behind the digits; None where it is neither."""
    attached = not after[:1].isspace()
    after, how = after.strip(), ""
    if re.fullmatch(r"[.,]?[-–—]+", after):  # "12,-"
        after = ""
    if after.startswith("+"):
        after, how, attached = after[1:].strip(), "plus", False
    factor = 1.0
    word = re.match(r"[^\W\d_]+\.?", after)
    money = before is not None or (word is not None and after[len(word[0]) :].strip() in CURRENCIES)
    if word is not None:
        by = THOUSAND.get(word[0]) or (MONEY.get(word[0]) if money or (attached and word[0] == "M") else None)
        if by is not None:
            factor, how, attached = by, "thousand", False
            after = after[len(word[0]) :].strip()
    unit = _unit(after, before, attached)
    return None if unit is False else (factor, unit, how)


def _unit(text: str, before: str | None, attached: bool) -> Unit | Literal[False] | None:
    """The unit that a text behind a number names, with the currency before it; None for none, False for no unit."""
    name, per = text, ""
    rate = re.fullmatch(r"(.*?)\s*(?:/|\bper\b)\s*(.+)", text)
    if rate is not None and unit_named(text) is None:
        name, per = rate[1], rate[2].strip()
        if not name and before is None and per not in OUT_OF and unit_named(per) is None:
            return False
        found = unit_named(per)
        if found is None and not (per in OUT_OF and not name) and not _WORDS.fullmatch(per):
            return False
        per = "/" + (found.name.removesuffix("s") or "s" if found is not None else per)
    if before is not None or name in CURRENCIES:
        if before is not None and name and CURRENCIES.get(name) != CURRENCIES[before]:
            return False
        sign = CURRENCIES[before if before is not None else name]
        return Unit(family=f"money {sign}{per}", name=sign + per)
    if not name:
        return Unit(family=f"rate {per}", name=per) if per else None
    unit = unit_named(name)
    if unit is not None:
        return replace(unit, family=unit.family + per, name=unit.name + per) if per else unit
    if attached or not _WORDS.fullmatch(name):
        return False
    return Unit(family="word " + (name + per).lower().removesuffix("s"), name=name + per, known=False)


def _duration(text: str) -> Quantity | None:
    match = _HOURS.fullmatch(text.lower())
    return Quantity(number=60.0 * int(match[1]) + int(match[2]), unit=unit_named("min")) if match else None


def _range(text: str, decimal: str) -> Quantity | None:
    """The middle of "10-20 cm"; without a unit "10-20" may be anything."""
    match = _RANGE.fullmatch(text)
    if match is None:
        return None
    low, high = _single(match["low"].strip(), decimal), _single(match["high"].strip(), decimal)
    if low is None or high is None:
        return None
    low = replace(low, unit=low.unit or high.unit)
    high = replace(high, unit=high.unit or low.unit)
    if low.unit is None or low.unit != high.unit or not low.unit.known or low.number > high.number:
        return None
    return Quantity(number=(low.number + high.number) / 2, unit=low.unit, before=low.before, how="middle")


def product(number: float, factor: float) -> float:
    """Without the dust that binary fractions leave: 1.1 k is 1100, not 1100.0000000000002."""
    return float(f"{number * factor:.15g}") if factor != 1 else number
