"""Words that tell something and that no pattern reads: by their number a text is known to tell more than its facts.

What is left out is what people say whatever they seek: words of grammar, the words with which users ask, hedge and
apologise (`sim.phrasing`), those in which the catalogue speaks of its facets and their values, and all these with one
slip of the fingers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sim.catalogue.catalogue import Catalogue
from sim.mentions.tokens import tokens_of
from sim.phrasing import fact_words as said

SHORTEST = 3
"""Letters from which on a word tells something."""
SLIPPED = 6
"""Letters from which on a word may be one that is known, mistyped."""
MOST_VALUES = 100
"""Of facets with no more values, their words are the patterns' affair: where one is not read, there is a reason."""
_GRAMMAR = """
    about above across actually after again against all almost along also always among and another any anybody anything
    are around away back because been before began behind being below beside between beyond both but came can cannot
    come comes could did does doing done down during each either else ever every everybody everyone everything few for
    from get gets getting give gives going gone got had has have having her here hers herself him himself his how into
    its itself just keep kept kind know known less let like little lot made make makes many may maybe might mine more
    most much must near never nobody none nor not nothing now off often once one ones only onto other others our out
    over own perhaps please put quite rather really same see seem seems seen she should since some somebody someone
    something somehow somewhere sort still such take takes than that the their them themselves then there these they
    thing things this those though through thus till together too took toward towards under until upon use used uses
    using very want wants was way went were what when where whether which while who whole whom whose why will with
    within without would yes yet you your
"""
GRAMMAR = frozenset(_GRAMMAR.split())
"""Words of English grammar, and others that tell nothing."""
_SENTENCE = re.compile(r"(?<=[.!?;])(?=\s)|(?= - )")
"""Where one ends; joined they are the text."""
_TEXTS: tuple[Iterable[str], ...] = (
    *said.CLAUSES.values(), *said.PHRASES.values(), said.HEDGED_CLAUSES, said.HEDGED_PHRASES, said.CORRECTIONS,
    said.REQUESTS, said.GREETINGS, said.ASIDES, said.ASIDES_ON_FILMS, said.UNKNOWN_PEOPLE, said.UNKNOWN,
    said.BARE_LEADS,
)  # fmt: skip


def _words(text: str) -> list[str]:
    return [token.word for token in tokens_of(re.sub(r"{\w+}", " ", text))]


SPOKEN = frozenset(word for texts in _TEXTS for text in texts for word in _words(text))
"""The words with which users ask, hedge and apologise."""


@dataclass(frozen=True)
class Untold:
    """What of a text no pattern reads."""

    words: tuple[str, ...]
    """Different words that tell something, in order."""
    text: str
    """The sentences that hold them, the others left out."""


class UnreadWords:
    """Finds them, for one catalogue."""

    def __init__(self, catalogue: Catalogue) -> None:
        own = [catalogue.noun, catalogue.noun + "s"]
        for facet in catalogue.facets:
            w = facet.wording
            own += [facet.name.replace("_", " "), w.noun, w.yesno, w.open, w.statement, w.unit]
            own += facet.values if facet.kind in ("one", "many") and len(facet.values) <= MOST_VALUES else ()
        self.known = GRAMMAR | SPOKEN | {word for text in own for word in _words(text)}
        self._nearly = {
            one_less for word in self.known if len(word) >= SLIPPED - 1 for one_less in (word, *_shorter(word))
        }

    def find(self, text: str, read: Sequence[tuple[int, int]] = ()) -> Untold:
        """What of a text no pattern reads.

        Args:
            text: as `readable` passes it.
            read: where what patterns read begins and ends.

        >>> from sim import load
        >>> UnreadWords(load("toy")).find("Hello, I'm looking for a pizza. The crust was burnt.")
        Untold(words=('crust', 'burnt'), text='The crust was burnt.')
        """
        unread = (t for t in tokens_of(text) if not any(start <= t.start < end for start, end in read))
        tokens = [t for t in unread if not self._tells_nothing(t.word)]
        kept, at = [], 0
        for sentence in _SENTENCE.split(text):
            if any(at <= t.start < at + len(sentence) for t in tokens):
                kept.append(sentence.strip())
            at += len(sentence)
        return Untold(tuple(dict.fromkeys(t.word for t in tokens)), " ".join(kept))

    def _tells_nothing(self, word: str) -> bool:
        """Whether a word is short, a number, known, or known but for one slip of the fingers."""
        if len(word) < SHORTEST or word[0].isdigit() or word in self.known:
            return True
        return len(word) >= SLIPPED and any(one_less in self._nearly for one_less in (word, *_shorter(word)))


def _shorter(word: str) -> list[str]:
    """A word without one of its letters, the first one excepted."""
    return [word[:k] + word[k + 1 :] for k in range(1, len(word))]
