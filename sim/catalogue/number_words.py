"""English words for numbers, written as digits, so that what people type or say can be read like a cell of a table.

"two and a half hours" becomes "2.5 hours", "an hour and a half" "1.5 hour", "nineteen ninety-five" "1995" and "a dozen"
"12".  Words that are no numbers stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from sim.catalogue.numbers import plain
from sim.catalogue.units import CURRENCIES, unit_named

_ONES = {word: n for n, word in enumerate(
    ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
     "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"))} | {"oh": 0}  # fmt: skip
_TENS = {word: 10 * n for n, word in enumerate(
    ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"), start=2)}  # fmt: skip
_GROUPS = {"hundred": 100.0, "thousand": 1e3, "million": 1e6, "billion": 1e9, "dozen": 12.0}
_PARTS = {"half": 0.5, "quarter": 0.25}
_PART = r"(?:a |1 )?half|(?:a |1 )?quarter|3 quarters"
_AND_A_PART = re.compile(rf"(\d+)( [a-z]+)? and ({_PART})(?!\w)")
_ONE_AND_A_PART = re.compile(r"(?<![\w.,] )\b(hour|year|kilo|pound|euro|dollar) and (?:a |1 )?(half|quarter)(?!\w)")
_COUPLE = re.compile(r"(?<!\w)(?:a |1 )?couple(?: of)? (?=[a-z])")
_PART_OF = re.compile(rf"(?<!\w)({_PART})(?: of)? (?:an?|1) (?=[a-z])")


def in_digits(text: str) -> str:
    """The text, lower case, with its number words as digits.

    >>> in_digits("Two and a half hours"), in_digits("an hour and a half"), in_digits("three quarters of an hour")
    ('2.5 hours', '1.5 hour', '0.75 hour')
    >>> in_digits("hour and a half"), in_digits("a couple of kilos"), in_digits("half a kilo")
    ('1.5 hour', '2 kilos', '0.5 kilo')
    >>> in_digits("nineteen ninety-five"), in_digits("a hundred and twenty"), in_digits("twenty twelve")
    ('1995', '120', '2012')
    """
    text = re.sub(r"(?<=[a-z])-(?=[a-z])", " ", text.lower()).replace("½", ".5").replace("half a dozen", "six")
    words = text.split()
    out: list[str] = []
    at = 0
    while at < len(words):
        value, used = _number_at(words, at)
        out.append(words[at] if value is None else plain(value))
        at += max(used, 1)
    text = _COUPLE.sub("2 ", " ".join(out))
    text = _ONE_AND_A_PART.sub(r"1 \1 and a \2", text)
    text = _AND_A_PART.sub(lambda m: plain(float(m[1]) + _part(m[3])) + (m[2] or ""), text)
    return _PART_OF.sub(lambda m: plain(_part(m[1])) + " ", text)


def _part(words: str) -> float:
    return 0.75 if words.startswith("3") else _PARTS[words.split()[-1]]


def _number_at(words: Sequence[str], at: int) -> tuple[float | None, int]:
    """The longest number that begins at a word, and how many words it takes; None, 0 where there is none."""
    if words[at] in ("a", "an") and at + 1 < len(words):
        after = words[at + 1]
        if after in _GROUPS:
            return _number_at(["one", *words[at + 1 :]], 0)
        counted = unit_named(after) is not None or after in CURRENCIES
        return (1.0, 1) if counted and after.isalpha() else (None, 0)
    total, group, used, k = 0.0, 0.0, 0, at
    pairs: list[int] = []
    """Numbers below a hundred that follow each other, as in "nineteen ninety-five"."""
    while k < len(words) and len(pairs) < 2:
        word = words[k]
        if word in _TENS | _ONES:
            pair, taken = _below_hundred(words, k)
            pairs.append(pair)
            group += pair
            k += taken
        elif word in _GROUPS and used:
            by = _GROUPS[word]
            total, group = (total, (group or 1) * by) if word == "hundred" else (total + (group or 1) * by, 0)
            pairs.clear()
            k += 1
        elif word == "and" and used and not pairs and k + 1 < len(words) and words[k + 1] in _TENS | _ONES:
            k += 1
            continue
        else:
            break
        used = k - at
    if len(pairs) == 2:
        return _as_year(pairs, used)
    return (total + group, used) if used else (None, 0)


def _below_hundred(words: Sequence[str], at: int) -> tuple[int, int]:
    if words[at] == "oh":  # "nineteen oh five"
        return (_ONES.get(words[at + 1], 0), 2) if at + 1 < len(words) else (0, 1)
    if words[at] in _ONES:
        return _ONES[words[at]], 1
    ones = _ONES.get(words[at + 1], 0) if at + 1 < len(words) else 0
    return (_TENS[words[at]] + ones, 2) if 0 < ones < 10 else (_TENS[words[at]], 1)


def _as_year(pairs: Sequence[int], used: int) -> tuple[float | None, int]:
    """Two numbers below a hundred in a row are the halves of a year; else no number."""
    century, year = pairs
    return (100.0 * century + year, used) if 10 <= century <= 20 else (None, 0)
