"""`AskedQuestion`: a yes/no or open question that the bank words otherwise, or does not have at all.

Somebody asked "Was it made before 1990?"; the bank has "Was it released after the eighties?".  A yes to the one is a no
to the other, and a yes to "Is it from the 90s?" answers two.  What was answered is read in the sense of what was asked,
and becomes evidence on the bank's questions.  A question that the bank has nothing like is answered all the same, and
moves no belief but by what is said beside the answer.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sim.answers import DONT_KNOW, NO, PROBABLY, PROBABLY_NOT, YES
from sim.questions import IS, OPEN, QuestionBank

if TYPE_CHECKING:
    from envs.text.question_matcher import QuestionMatcher

TURNED = {YES: NO, PROBABLY: PROBABLY_NOT, DONT_KNOW: DONT_KNOW, PROBABLY_NOT: PROBABLY, NO: YES}
_LACKS = re.compile(r"\b(?:free|without|no|not|non|never|lacks?|lacking|except|other than|un\w{4,}|\w+less)\b", re.I)


@dataclass(frozen=True, kw_only=True)
class AskedQuestion:
    """What was asked, in terms of the bank."""

    openly: bool = False
    """It asks for a value, not for yes or no."""
    questions: tuple[int, ...] = ()
    """The bank's questions on it; none where it has nothing like it, or where its sense is in doubt."""
    below: tuple[int, ...] = ()
    """Those of `questions` to which a yes says no."""
    nearly: bool = False
    """A no says nothing of `questions`."""

    @property
    def one(self) -> int:
        """The bank's question that means the same, -1 where there is none."""
        return self.questions[0] if len(self.questions) == 1 and not self.below and not self.nearly else -1

    def ways(self, answer: int) -> tuple[tuple[tuple[int, int], ...], ...]:
        """What may have been said to the bank's questions by an answer to this one: ways that exclude each other.

        A yes to "from the 90s?" says that it is newer than 1989 and no newer than 1999; a no, one or the other.
        """
        if self.nearly and answer in (NO, PROBABLY_NOT):
            return ()
        steps = tuple((q, TURNED[answer] if q in self.below else answer) for q in self.questions)
        if len(steps) > 1 and answer in (NO, PROBABLY_NOT):
            return tuple((step,) for step in steps)
        return (steps,) if steps else ()

    def note(self, bank: QuestionBank) -> str:
        """What it was taken for, in a sentence."""
        if not self.questions:
            return "the catalogue has no such question, so the answer itself moves no belief"
        taken = " and ".join(f'"{bank.text(q)}"' for q in self.questions)
        denied = ", which a yes denies" if self.below == self.questions else ""
        return f"the question was taken for {taken}{denied}"


def asked_in_own_words(matcher: QuestionMatcher, text: str) -> int | AskedQuestion:
    """The bank's question that a text asks: its id where the wording is the bank's, else how they are related."""
    from envs.text.question_matcher import asks_openly

    bank, match = matcher.bank, matcher.find(text)
    if match.exact:
        return match.questions[0]
    unknown = AskedQuestion(openly=asks_openly(text))
    if any((bank.kind[q] == OPEN) != unknown.openly for q in match.questions):
        return unknown  # "Is it dangerous?" is no way to ask what it eats
    if any(bank.kind[q] == IS for q in match.questions) and not _same_sense(text, bank.text(match.questions[0])):
        return unknown
    return replace(unknown, questions=match.questions, below=match.below, nearly=match.nearly)


def _same_sense(text: str, question: str) -> bool:
    """Whether both deny or neither does: "sugar free?" is not "does it contain sugar?", nor "is it gluten free?"."""
    from envs.text.question_matcher import key_of, stems

    denies = _LACKS.search(text) is not None
    if denies != (_LACKS.search(question) is not None):
        return False
    return not denies or set(stems(key_of(question))) <= set(stems(key_of(text)))
