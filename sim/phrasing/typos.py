"""Slips of the fingers: one letter of a word doubled, left out, swapped or struck beside its key.

Words that turn a sentence round or weigh it ("not", "never", "maybe") are short or protected: what is typed badly must
not mean something else.  Digits stay as they are for the same reason.
"""

from __future__ import annotations

import re

from sim.phrasing.dice import Dice

_BESIDE = {
    "a": "sq", "b": "vn", "c": "xv", "d": "sf", "e": "wr", "f": "dg", "g": "fh", "h": "gj", "i": "uo", "j": "hk",
    "k": "jl", "l": "k", "m": "n", "n": "bm", "o": "ip", "p": "o", "q": "w", "r": "et", "s": "ad", "t": "ry",
    "u": "yi", "v": "cb", "w": "qe", "x": "zc", "y": "tu", "z": "x",
}  # fmt: skip
"""The keys beside each letter."""
_WORD = re.compile(r"(?<![\w'’])[A-Za-z]{5,}(?![\w'’])")
_KEPT = frozenset(
    ("never", "maybe", "doubt", "hardly", "wasnt", "isnt", "doesnt", "didnt", "cannot", "neither", "none", "nothing",
     "wrong", "right", "probably", "unlikely", "likely", "sorry", "actually", "rather", "before", "after", "between",
     "early", "under", "earlier", "later", "longer", "shorter", "thirties", "forties", "fifties", "sixties")
)  # fmt: skip


def mistyped(word: str, dice: Dice) -> str:
    """The word with one slip, never in its first letter.

    >>> from sim.phrasing.dice import Dice
    >>> mistyped("director", Dice(0, 0)) != "director"
    True
    """
    at = 1 + int(dice.uniform() * (len(word) - 1))
    letter = word[at]
    how = dice.pick(("double", "drop", "swap", "beside"))
    if how == "swap" and at + 1 < len(word) and word[at + 1] != letter:
        return word[:at] + word[at + 1] + letter + word[at + 2 :]
    if how == "drop" and len(word) > 5:
        return word[:at] + word[at + 1 :]
    if how == "beside" and letter in _BESIDE:
        return word[:at] + dice.pick(_BESIDE[letter]) + word[at + 1 :]
    return word[:at] + letter + word[at:]


def with_typos(text: str, rate: float, dice: Dice) -> str:
    """The text with slips in a share of its longer words."""
    if rate <= 0:
        return text

    def slip(match: re.Match[str]) -> str:
        hit = dice.chance(rate)
        return mistyped(match[0], dice) if hit and match[0].lower() not in _KEPT else match[0]

    return _WORD.sub(slip, text)
