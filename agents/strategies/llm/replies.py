"""What a model's reply means: a question of the bank, several of them, or an intent that is guessed.

Questions and names are found by `envs.text`, as in the game in words; this is the one place that asks it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from envs.text.question_matcher import QuestionMatcher
from envs.text.titles import TitleMatcher
from sim.catalogue.catalogue import Catalogue
from sim.questions import QuestionBank

MOST_LINES = 20
"""Lines of a reply that are looked at."""
_GUESS = re.compile(r"\bguess(?:\s+is)?\s*[:=\-]\s*(?P<name>[^\n]+)", re.IGNORECASE)
_ASKED = re.compile(r"[^.!?\n]*\?")
_NUMBERED = re.compile(r"^\W*(?:\d+\s*[.):]|q(?:uestion)?\s*\d*\s*[.):])?\s*", re.IGNORECASE)
_QUOTES = " \t\"'*_`“”"


@dataclass(frozen=True)
class Meant:
    """What a reply was taken for; -1 where it holds neither."""

    question: int = -1
    guess: int = -1

    def __bool__(self) -> bool:
        return self.question >= 0 or self.guess >= 0


class ReplyReader:
    """Reads replies about one bank."""

    def __init__(self, bank: QuestionBank) -> None:
        self.bank = bank
        self.questions = QuestionMatcher(bank)
        self.titles = TitleMatcher(bank.catalogue)

    def read(self, text: str, must_guess: bool = False) -> Meant:
        """The guess in a reply, or its first question.

        Args:
            must_guess: no question is left, so that a reply without "My guess" is taken for a name as it stands.
        """
        named = _GUESS.search(text)
        if named is not None or must_guess:
            return Meant(guess=self._named(named["name"] if named is not None else text))
        for asked in _questions_of(text):
            if (question := self.question(asked)) >= 0:
                return Meant(question=question)
        return Meant()

    def question(self, text: str) -> int:
        """The question of the bank that a text asks, -1 for none; of a range of numbers its first end."""
        behind = self.questions.find(text.rsplit(":", 1)[-1])  # "Tell me: is it round?"
        match = behind if behind.exact else self.questions.find(text)
        return match.questions[0] if match.questions else -1

    def worded(self, text: str, question: int) -> str:
        """The words in a reply that ask this question of the bank, without what stands around them; "" for none."""
        for asked in _questions_of(text):
            for words in (asked.rsplit(":", 1)[-1].strip(_QUOTES), asked):
                if words and self.question(words) == question:
                    return words
        return ""

    def proposed(self, text: str) -> list[int]:
        """The questions that a reply lists, in its order, each once."""
        found = [self.question(line) for line in _questions_of(text)]
        return [q for q in dict.fromkeys(found) if q >= 0]

    def _named(self, text: str) -> int:
        """The intent of a name, -1 where there is none; of several that bear it, the likeliest under the prior."""
        name = text.strip().split("\n")[0].strip(_QUOTES)
        catalogue: Catalogue = self.bank.catalogue
        for shorter in (name, name.rstrip(".!?" + _QUOTES)):
            if intents := self.titles.find(shorter).intents:
                return max(intents, key=lambda i: (float(catalogue.prior[i]), -i))
        return -1


def _questions_of(text: str) -> list[str]:
    """The questions in a reply: what ends with a question mark, or else its lines."""
    lines = [_NUMBERED.sub("", line, count=1).strip(_QUOTES) for line in text.split("\n")]
    lines = [line for line in lines if line][:MOST_LINES]
    asked = [found.strip(_QUOTES) for line in lines for found in _ASKED.findall(line)]
    return [x for x in asked if x][:MOST_LINES] or lines
