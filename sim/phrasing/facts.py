"""One value of one facet in words: "it stars Hanks", "a nineties comedy", "the eighties, no wait, the nineties".

Decisions that live here:

- What is said names the very value or span that the memory holds, in one of its names, and no other.
- A surname stands for a person only where nobody better known in the facet bears it.
- Something that is taken back at once is drawn among what is near: the next span, another well known name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sim.catalogue.catalogue import Facet
from sim.phrasing.dice import Dice
from sim.phrasing.fact_words import CLAUSES, CORRECTIONS, HEDGED_CLAUSES, HEDGED_PHRASES, PHRASES
from sim.phrasing.manner import Manner
from sim.phrasing.other_words import other_words
from sim.phrasing.roles import Role, of_people, role_of
from sim.phrasing.spans import span_wordings
from sim.questions import QuestionBank

_COUNTED = ("film", "movie", "flick", "story", "comedy", "drama", "thriller", "romance", "musical", "western",
"mystery",
            "documentary", "biopic", "cartoon", "slasher", "whodunit", "biography", "piece", "spoof", "picture",
            "songs",
            "production", "docu")  # fmt: skip
"""Nouns that take an article: "a comedy", but "an action film"."""
_PREPOSITIONS = ("between ", "before ", "since ", "around ", "at ", "no more ")
KNOWN = 200
"""Values among which one that is taken back is drawn."""


@dataclass(frozen=True, kw_only=True)
class StatedFact:
    """What somebody said of a facet, by intention."""

    question: int
    """The question that it answers, asked or not."""
    answer: int
    hedged: bool = False
    partial: bool = False
    """Only a part of the name was said."""
    taken_back: int = -1
    """The answer that was said first and taken back, -1 for none."""


def with_article(noun: str) -> str:
    """A noun phrase with its indefinite article, unless it has one.

    >>> with_article("action film"), with_article("a comedy"), with_article("R-rated film")
    ('an action film', 'a comedy', 'an R-rated film')
    """
    if noun.lower().startswith(("a ", "an ", "the ")):
        return noun
    vowel = noun[:1].lower() in "aeiou" or noun.startswith(("R-", "R ", "NC-"))
    return f"{'an' if vowel and not noun.lower().startswith(('eu', 'uni', 'us ')) else 'a'} {noun}"


class FacetWords:
    """How a facet's values are spoken of."""

    def __init__(self, bank: QuestionBank, index: int) -> None:
        self.catalogue = bank.catalogue
        self.question = int(bank.open_question[index])
        self.facet: Facet = self.catalogue.facets[index]
        self.role: Role = role_of(self.facet)
        self.about = self.role or {"flag": "flag", "number": "number"}.get(self.facet.kind, "")
        """What a yes/no question on it is about, as `sim.phrasing.yesno_about` has it."""

    @cached_property
    def mass(self) -> np.ndarray:
        """(O,) prior mass of each option."""
        mass = self.facet.mass(self.catalogue.prior)
        return np.bincount(self.facet.option_of, weights=mass, minlength=len(self.facet.options))

    @cached_property
    def _best_known(self) -> np.ndarray:
        return np.argsort(-self.mass, kind="stable")[:KNOWN]

    @cached_property
    def _bearer(self) -> dict[str, int]:
        """The best known bearer of each surname."""
        out: dict[str, int] = {}
        for option in np.argsort(-self.mass, kind="stable").tolist():
            words = self.facet.options[option].split()
            if len(words) > 1:
                out.setdefault(words[-1].lower(), option)
        return out

    def surname(self, option: int) -> str:
        """The last word of a name where nobody better known bears it, else ""."""
        words = self.facet.options[option].split()
        if not of_people(self.role) or len(words) < 2 or len(words[-1]) < 4 or not words[-1].isalpha():
            return ""
        return words[-1] if self._bearer[words[-1].lower()] == option else ""

    def another(self, option: int, dice: Dice) -> int:
        """An option that somebody may say by mistake: the next span, another well known value."""
        if self.facet.kind == "number":
            step = 1 if dice.chance(0.5) else -1
            near = option + step
            return near if 0 <= near < len(self.facet.options) else option - step
        return int(dice.pick(self._best_known.tolist()))

    def names(self, option: int) -> Sequence[str]:
        """What the option is called, its own name first."""
        if self.facet.kind == "number":
            return span_wordings(self.facet, option)
        value = self.facet.options[option]
        return (value.lower() if self.role == "genre" else value, *other_words(value, self.role))

    def thing(self, name: str) -> str:
        """ "a comedy", "an Italian film"."""
        counted = name.lower().startswith(("a ", "an ")) or name.lower().split()[-1] in _COUNTED
        return with_article(name if counted else f"{name} {self.catalogue.noun}")


def stated(words: FacetWords, option: int, manner: Manner, dice: Dice, form: str) -> tuple[str, StatedFact]:
    """One option in words.

    Args:
        form: "bare" for the name alone, "phrase" for what stands behind a noun ("" where the facet has none), "clause"
            for a statement of its own.
    """
    old = words.another(option, dice) if dice.chance(manner.corrections) and len(words.facet.options) > 1 else option
    partial = bool(words.surname(option)) and dice.chance(manner.partial)
    template = _template(words, form, dice)
    if not template:
        return "", StatedFact(question=words.question, answer=option + 1)
    named = words.surname(option) if partial else _name(words, option, template, dice)
    if not named:  # this value has no name that fits
        template, named = "{value}" if form == "bare" else _own_template(words, form), words.names(option)[0]
    if old != option:
        other = _name(words, old, template, dice) or words.names(old)[0]
        named, template = _corrected(words, other, named, template, dice)
    said = _filled(words, template, named)
    hedged = dice.chance(manner.hedging)
    if hedged:
        said = dice.pick(HEDGED_CLAUSES if form == "clause" else HEDGED_PHRASES).replace("{c}", said)
    fact = StatedFact(question=words.question, answer=option + 1, hedged=hedged, partial=partial,
                      taken_back=old + 1 if old != option else -1)  # fmt: skip
    return said, fact


def _template(words: FacetWords, form: str, dice: Dice) -> str:
    if form == "bare":
        return "{value}"
    known = (CLAUSES if form == "clause" else PHRASES).get(words.role)
    if known:
        return dice.pick(known)
    return _own_template(words, form)


def _own_template(words: FacetWords, form: str) -> str:
    """From the catalogue's own statement; there is no phrase."""
    if form != "clause":
        return ""
    text = words.facet.wording.statement.removesuffix(".")
    return text if text.startswith("{") else text[:1].lower() + text[1:]


def _name(words: FacetWords, option: int, template: str, dice: Dice) -> str:
    """One of the names that fit a template."""
    names = list(words.names(option))
    if words.role == "country":
        adjective = [n for n in names[1:2] if n[:1].isupper() and not n.startswith(("the ", "a "))]
        places = [_the(names[0]), *(n for n in names[2:] if n[:1].isupper() or n.startswith("the "))]
        names = adjective if "{thing}" in template else [p for p in places if p not in ("Hollywood", "Bollywood")]
    elif (words.role == "genre" and "{thing}" not in template) or words.role in ("place", "rating", "language"):
        names = names[:1]
    return dice.pick(names) if names else ""


def _the(country: str) -> str:
    return f"the {country}" if country.startswith(("United ", "People's ", "Soviet ", "Czech ")) else country


def _corrected(words: FacetWords, old: str, new: str, template: str, dice: Dice) -> tuple[str, str]:
    """(what stands for the value, template) where something was said first and taken back."""
    pattern = dice.pick(CORRECTIONS)
    if "{thing}" in template:
        both = pattern.replace("{old}", words.thing(old)).replace("{new}", words.thing(new))
        return both, template.replace("{thing}", "{value}")
    both = pattern.replace("{old}", old).replace("{new}", new)
    if words.role == "year":
        when = "{value}" if old.startswith(_PREPOSITIONS) else "in {value}"
        template = template.replace("{from}", "from {value}").replace("{when}", when)
    return both, template


def _when(span: str) -> str:
    return span if span.startswith(_PREPOSITIONS) else f"in {span}"


def _filled(words: FacetWords, template: str, named: str) -> str:
    parts = {"{value}": named, "{from}": f"from {named}", "{when}": _when(named)}
    if "{thing}" in template:
        parts["{thing}"] = words.thing(named)
    if named[:1].lower() in "aeiou":
        template = template.replace(" a {value}", " an {value}")
    if named.startswith(_PREPOSITIONS):
        template = template.replace("about {value}", "{value}")
    for mark, text in parts.items():
        template = template.replace(mark, text)
    return template
