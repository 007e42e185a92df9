"""`Voice`: what a simulated user has in mind, put into words, and beside the words what they mean.

A voice belongs to one dialogue (seed, episode) and speaks in one manner throughout.  What it says to a question depends
on that, on the question and its answer and on what is added behind it, so a repeated question repeats its words, in any
order of asking.
No model is inside: what the user means comes from its memory (`sim.users`), and the words say that and nothing more.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from sim.answers import DONT_KNOW, NO, OPEN_DONT_KNOW, PROBABLY, PROBABLY_NOT, YES
from sim.phrasing.dice import Dice
from sim.phrasing.echo import Echo, echo
from sim.phrasing.fact_words import (
    ASIDES,
    ASIDES_ON_FILMS,
    BARE_LEADS,
    GREETINGS,
    REQUESTS,
    UNKNOWN,
    UNKNOWN_PEOPLE,
)
from sim.phrasing.facts import FacetWords, StatedFact, stated, with_article
from sim.phrasing.manner import PLAIN, TALKATIVE, TERSE, Manner
from sim.phrasing.roles import of_people
from sim.phrasing.typos import with_typos
from sim.phrasing.yesno import yesno_sentence
from sim.questions import OPEN, QuestionBank

_OPENING, _MANNER, _ASKING, _STRAYING = 0, 1, 2, 3
_FIRST_QUESTION = 8
"""Parts of a key: an opening, the manner, a question that is asked, what is added behind an answer, and from here on
the answers to questions."""
_I = re.compile(r"\bi\b(?=$|[ ,.'’?!])")


@dataclass(frozen=True, kw_only=True)
class Utterance:
    """What was said, and what is meant by it."""

    text: str
    question: int = -1
    """The question that is answered, -1 for an opening."""
    answer: int = -1
    """The answer that is meant, as in the bank; -1 for an opening."""
    facts: tuple[StatedFact, ...] = ()
    """What was said of facets, in the order it was said: volunteered, or the answer to an open question."""

    def to_json(self, bank: QuestionBank) -> dict[str, Any]:
        """The text and its meaning by names, for a log that scores who understands it."""
        facts = [
            {"question": bank.text(f.question), "facet": bank.catalogue.facets[bank.facet[f.question]].name,
             "answer": bank.answer_text(f.question, f.answer), "hedged": f.hedged, "partial": f.partial}
            | ({"taken_back": bank.answer_text(f.question, f.taken_back)} if f.taken_back >= 0 else {})
            for f in self.facts
        ]  # fmt: skip
        out: dict[str, Any] = {"text": self.text, "facts": facts}
        if self.question >= 0:
            out |= {"question": bank.text(self.question), "answer": bank.answer_text(self.question, self.answer)}
        return out


class SpeechVocabulary:
    """The words for a bank's facets; made once and shared by all voices."""

    def __init__(self, bank: QuestionBank) -> None:
        self.bank = bank
        self._facets: dict[int, FacetWords] = {}

    def facet(self, index: int) -> FacetWords:
        if index not in self._facets:
            self._facets[index] = FacetWords(self.bank, index)
        return self._facets[index]

    @cached_property
    def of_films(self) -> bool:
        return self.bank.catalogue.noun in ("film", "movie")

    def asked(self, question: int) -> Echo:
        """What a yes/no question asks, as statements."""
        bank = self.bank
        facet = bank.catalogue.facets[bank.facet[question]]
        value = facet.values[int(bank.value[question])] if bank.kind[question] != OPEN else ""
        return echo(bank.text(question), (value, f"the {facet.wording.noun}") if value else ())


class Voice:
    """One user's way to put things.

    Args:
        vocabulary: the words for a bank's facets.
        seed, episode: of the dialogue.
        manner: how the user talks; drawn if not given.
    """

    def __init__(self, vocabulary: SpeechVocabulary, seed: int, episode: int = 0, manner: Manner | None = None) -> None:
        self.vocabulary, self.bank = vocabulary, vocabulary.bank
        self.seed, self.episode = seed, episode
        self.manner = manner or Manner.drawn(Dice(seed, episode, _MANNER))

    # -- what is said --------------------------------------------------------------------------------------------------

    def opening(self, volunteered: Sequence[tuple[int, int]] = ()) -> Utterance:
        """The request, with what is volunteered as (question, answer) pairs."""
        dice = Dice(self.seed, self.episode, _OPENING)
        pairs = [pair for pair in volunteered if self._says_something(pair)]
        order = sorted(range(len(pairs)), key=lambda k: dice.uniform())
        pairs = [pairs[k] for k in order]
        if self.manner.register == TERSE and pairs and dice.chance(0.6):
            text, facts = self._fragments(pairs, dice)
        else:
            text, facts = self._request(pairs, dice)
        return Utterance(text=self.typed(text, dice), facts=tuple(facts))

    def answer(self, question: int, answer: int, volunteered: Sequence[tuple[int, int]] = ()) -> Utterance:
        """The answer to a question, and what else is said with it."""
        dice = Dice(self.seed, self.episode, _FIRST_QUESTION + question, answer)
        facts: list[StatedFact] = []
        if self.bank.kind[question] != OPEN:
            asked = self.vocabulary.asked(question)
            said = yesno_sentence(answer, asked, self._words(question).about, self.manner, dice)
        else:
            said, facts = self._open_answer(question, answer, dice)
        more = []
        for pair in volunteered:
            if self._says_something(pair):
                clause, fact = self._clause(pair, dice)
                more.append(clause)
                facts.append(fact)
        text = self.joined(said, more, dice)
        return Utterance(text=self.typed(text, dice), question=question, answer=answer, facts=tuple(facts))

    def topics(self, question: int, weights: np.ndarray) -> list[int]:
        """The facets of which this user may add something behind the answer to a question, the first one first; mostly
        none.

        Seed, manner and question decide it, and nothing that the user has in mind.

        Args:
            weights: (F,) how readily people speak of each facet; 0 for never.
        """
        dice = Dice(self.seed, self.episode, _STRAYING, question)
        if not dice.chance(self.manner.volunteering):
            return []
        # Exponential clocks ring in the order of weighted draws without replacement.
        rings = [(-math.log1p(-dice.uniform()) / weights[f], int(f)) for f in np.flatnonzero(weights)]
        return [f for _, f in sorted(rings) if f != self.bank.facet[question]]

    def ask(self, question: int) -> str:
        """A question as an asker in this manner puts it."""
        dice = Dice(self.seed, self.episode, _ASKING, question)
        text = self.bank.text(question)
        if self.manner.register == TERSE:
            return text
        inner = text[:1].lower() + text[1:] if not text.startswith(("I ", "I'")) else text
        before = ("{t}", "Tell me, {i}", "Do you remember: {i}", "Let me ask: {i}", "And {i}", "Okay. {t}", "Next: {i}",
                  "Just to narrow it down, {i}", "If you can recall: {i}", "One more thing: {i}",
                  "Say, {i}")  # fmt: skip
        return dice.pick(before).replace("{t}", text).replace("{i}", inner)

    # -- parts ---------------------------------------------------------------------------------------------------------

    def _says_something(self, pair: tuple[int, int]) -> bool:
        question, answer = pair
        return answer != (OPEN_DONT_KNOW if self.bank.kind[question] == OPEN else DONT_KNOW)

    def _words(self, question: int) -> FacetWords:
        return self.vocabulary.facet(int(self.bank.facet[question]))

    def _clause(self, pair: tuple[int, int], dice: Dice) -> tuple[str, StatedFact]:
        question, answer = pair
        if self.bank.kind[question] == OPEN:
            return stated(self._words(question), answer - 1, self.manner, dice, "clause")
        asked = self.vocabulary.asked(question)
        facet = self._words(question).facet
        yes = asked.statement
        if facet.kind == "flag":
            yes = facet.wording.statement.removesuffix(".")
            yes = yes[:1].lower() + yes[1:]
        no = asked.denial or f"it isn't so that {yes}"
        yes = yes or f'to "{self.bank.text(question)}" I\'d say yes'
        said = {YES: "{yes}", PROBABLY: dice.pick(("I think {yes}", "I believe {yes}", "maybe {yes}", "{yes}, I "
                                                                                                      "think")),
                NO: "{no}", PROBABLY_NOT: dice.pick(("I think {no}", "I believe {no}",
                "{no}, I think"))}[answer]  # fmt: skip
        fact = StatedFact(question=question, answer=answer, hedged=answer in (PROBABLY, PROBABLY_NOT))
        return said.replace("{yes}", yes).replace("{no}", no), fact

    def _open_answer(self, question: int, answer: int, dice: Dice) -> tuple[str, list[StatedFact]]:
        words = self._words(question)
        if answer == OPEN_DONT_KNOW:
            people = of_people(words.role) and dice.chance(0.3)
            return dice.pick(UNKNOWN_PEOPLE if people else UNKNOWN), []
        form = "clause" if dice.chance((0.1, 0.45, 0.7)[self.manner.register]) else "bare"
        said, fact = stated(words, answer - 1, self.manner, dice, form)
        if form == "bare" and self.manner.register > TERSE and dice.chance(0.3):
            said = f"{dice.pick(BARE_LEADS)}, {said}"
        return said, [fact]

    def _fragments(self, pairs: Sequence[tuple[int, int]], dice: Dice) -> tuple[str, list[StatedFact]]:
        """ "nineties, Tom Hanks, comedy"."""
        said, facts = [], []
        for pair in pairs:
            bare = self.bank.kind[pair[0]] == OPEN
            text, fact = (stated(self._words(pair[0]), pair[1] - 1, self.manner, dice, "bare") if bare
                          else self._clause(pair, dice))  # fmt: skip
            said.append(text)
            facts.append(fact)
        noun = self.bank.catalogue.noun
        start = dice.pick(("", "", f"{noun}: ", f"{noun}, "))
        return start + dice.pick((", ", ", ", "; ", " / ")).join(said), facts

    def _request(self, pairs: Sequence[tuple[int, int]], dice: Dice) -> tuple[str, list[StatedFact]]:
        """ "I'm looking for a comedy from the nineties. Tom Hanks is in it"."""
        head, phrases, clauses = with_article(self.bank.catalogue.noun), [], []
        head_taken = False
        facts: list[StatedFact] = []
        for pair in pairs:
            is_open = self.bank.kind[pair[0]] == OPEN
            words = self._words(pair[0])
            in_phrase = is_open and dice.chance((0.9, 0.6, 0.35)[self.manner.register])
            if in_phrase and words.role == "genre" and not head_taken:
                name = dice.pick(list(words.names(pair[1] - 1)))
                head, head_taken = words.thing(name), True
                facts.append(StatedFact(question=pair[0], answer=pair[1]))
                continue
            if in_phrase:
                text, fact = stated(words, pair[1] - 1, self.manner, dice, "phrase")
                if text:
                    phrases.append(text)
                    facts.append(fact)
                    continue
            text, fact = self._clause(pair, dice)
            clauses.append(text)
            facts.append(fact)
        request = dice.pick(REQUESTS).replace("{np}", " ".join([head, *phrases]))
        if self.manner.register == TALKATIVE and dice.chance(0.5):
            request = f"{dice.pick(GREETINGS)}, {request}"
        return self.joined(request, clauses, dice), facts

    def joined(self, said: str, more: Sequence[str], dice: Dice) -> str:
        """Sentences, with an aside now and then."""
        out = said
        for clause in more:
            out += " " if out.endswith("?") else dice.pick((". ", ". ", ", and ", "; ", " - "))
            out += clause
        if dice.chance(self.manner.asides) and self.manner.register >= PLAIN:
            pool = ASIDES + ASIDES_ON_FILMS if self.vocabulary.of_films else ASIDES
            aside = dice.pick(pool)
            out = f"{aside}. {out}" if dice.chance(0.25) else f"{out}. {aside}"
        return out

    def typed(self, text: str, dice: Dice) -> str:
        """Capitals, full stops and slips of the fingers."""
        text = with_typos(text, self.manner.typos, dice)
        text = re.sub(r"([?!])\s*[.,;]", r"\1", text)
        if self.manner.lower_case:
            text = text.lower()
        else:
            text = _I.sub("I", re.sub(r"(^|[.?!] )([a-z])", lambda m: m[1] + m[2].upper(), text))
        if self.manner.unpunctuated:
            return text.replace("'", "") if self.manner.lower_case and dice.chance(0.4) else text
        return text if text.endswith(("?", "!", ".")) else text + "."
