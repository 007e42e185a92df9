"""`HeardLog`: all that was said in one dialogue, answers by key and sentences alike, as evidence in its order.

There is one log a dialogue and a belief is whatever follows from it: nothing is ever subtracted from a belief.  Whoever
takes something back makes a log without it, and beliefs are rebuilt from that.  A log is immutable.

A sentence keeps the evidence that it was taken for, so that a log is replayed without the reader that made it.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field, replace

import numpy as np

from agents.agent import Agent
from agents.play.views import UNSURE
from agents.strategies.belief_agent import BeliefAgent
from sim.belief.virtual_evidence import Meaning, VirtualEvidence
from sim.dialogue import Dialogue, HeardChip, HeardMeaning, HeardWords
from sim.posterior.contract import Posterior

ROW = np.zeros(1, dtype=np.int64)
ITEMS = -1
"""In place of a part: the match of the whole sentence with each intent's text."""


@dataclass(frozen=True, kw_only=True)
class HeardAnswer:
    """An answer that was given by key or from a list."""

    question: int
    answer: int


@dataclass(frozen=True, eq=False, kw_only=True)
class HeardSentence:
    """A sentence, and the evidence that it was taken for."""

    text: str
    evidence: VirtualEvidence
    chips: tuple[HeardChip, ...] = ()
    """What it was understood to say, one for each part."""
    question: int = -1
    """The question that it answers; -1 where it answers none."""
    answer: int = -1
    """The likeliest answer to it."""
    dropped: frozenset[int] = field(default_factory=frozenset)
    """Parts that were taken back."""

    @property
    def kept(self) -> VirtualEvidence:
        """The evidence without what was taken back."""
        parts = tuple(part for k, part in enumerate(self.evidence.parts) if k not in self.dropped)
        items = None if ITEMS in self.dropped else self.evidence.items
        # Nothing said is no opening: silence would tell something.
        return VirtualEvidence(parts, items, self.evidence.opening and bool(parts or items is not None))

    @property
    def kept_chips(self) -> tuple[HeardChip, ...]:
        return tuple(chip for chip in self.chips if chip.part not in self.dropped)

    def answers_with(self, part: int) -> bool:
        """Whether a part is what answers the question."""
        if self.question < 0 or part == ITEMS:
            return False
        return any(q == self.question for meaning in self.evidence.parts[part] for q, _ in meaning.said)

    def without(self, part: int) -> HeardSentence:
        """With a part taken back; without the part that answers, it answers no question."""
        gone = {"question": -1, "answer": -1} if self.answers_with(part) else {}
        return replace(self, dropped=self.dropped | {part}, **gone)


Step = HeardAnswer | HeardSentence


@dataclass(frozen=True, eq=False)
class HeardLog:
    """What was said, in its order.

    Args:
        said: (F,) the options that were stated up front from a list, see `sim.channel.opening`; None without any.
        steps: what came after it.
    """

    said: tuple[int, ...] | None = None
    steps: tuple[Step, ...] = ()

    def answered(self, question: int, answer: int) -> HeardLog:
        return replace(self, steps=(*self.steps, HeardAnswer(question=question, answer=answer)))

    def heard(self, sentence: HeardSentence) -> HeardLog:
        return replace(self, steps=(*self.steps, sentence))

    def first(self, steps: int) -> HeardLog:
        """So much of it."""
        return replace(self, steps=self.steps[:steps])

    def without(self, step: int, part: int) -> HeardLog:
        """With one part of a sentence taken back.

        Raises:
            ValueError: there is no such sentence, or no such part of it that was not taken back.
        """
        sentence = self.steps[step] if 0 <= step < len(self.steps) else None
        if not isinstance(sentence, HeardSentence) or all(chip.part != part for chip in sentence.kept_chips):
            raise ValueError(f"step {step} holds no part {part} that could be taken back")
        return replace(self, steps=(*self.steps[:step], sentence.without(part), *self.steps[step + 1 :]))

    @property
    def history(self) -> tuple[tuple[int, int], ...]:
        """(question, answer) of each question that was answered; of a sentence the likeliest answer."""
        return tuple((step.question, step.answer) for step in self.steps if step.question >= 0)

    @property
    def closed(self) -> frozenset[int]:
        """Questions that sentences have answered, asked or not; to ask them again would be deaf."""
        out = {sentence.question for _, sentence in self.sentences}
        for _, sentence in self.sentences:
            sure = [c.part for c in sentence.kept_chips if c.part != ITEMS and c.probability >= UNSURE]
            out |= {q for part in sure for meaning in sentence.evidence.parts[part] for q, _ in meaning.said}
        return frozenset(out - {-1})

    @property
    def sentences(self) -> tuple[tuple[int, HeardSentence], ...]:
        """The sentences with their places among the steps."""
        return tuple((k, step) for k, step in enumerate(self.steps) if isinstance(step, HeardSentence))

    def tell(self, agent: Agent | None, posterior: Posterior) -> Posterior:
        """Tell all of it to an agent at the start of its dialogue; the posterior that has heard it.

        Args:
            agent: None where nobody asks.
            posterior: the agent's own where it shows one, else another at the same point, which is told beside it.
        """
        for step in self.steps:
            question, answer = np.array([step.question]), np.array([step.answer])
            own = agent is not None and getattr(agent, "posterior", None) is posterior
            if isinstance(step, HeardAnswer):
                if agent is not None:
                    agent.observe(ROW, question, answer)
                if not own:
                    posterior.update(question, answer)
                continue
            after = posterior.copy()
            after.hear([step.kept])
            if agent is not None and step.question >= 0:
                # It may count what it asked; what it takes for certain is replaced below.
                agent.observe(ROW, question, answer)
            if own and isinstance(agent, BeliefAgent):
                agent.posterior = after
            posterior = after
        return posterior


def written(log: HeardLog) -> tuple[HeardWords, ...]:
    """The sentences of a log as a dialogue's record keeps them."""
    return tuple(_written(sentence, len(log.first(k).history)) for k, sentence in log.sentences)


def _written(sentence: HeardSentence, after: int) -> HeardWords:
    """One of them, with how many questions had been answered before."""
    kept = [(k, part) for k, part in enumerate(sentence.evidence.parts) if k not in sentence.dropped]
    items = sentence.kept.items
    return HeardWords(
        after=after, question=sentence.question, answer=sentence.answer, text=sentence.text,
        opening=sentence.evidence.opening,
        meanings=tuple(
            HeardMeaning(part=place, likelihood=m.likelihood, questions=tuple(q for q, _ in m.said),
                         answers=tuple(a for _, a in m.said))
            for place, (_, part) in enumerate(kept) for m in part
        ),
        chips=tuple(
            replace(chip, part=chip.part if chip.part == ITEMS else [k for k, _ in kept].index(chip.part))
            for chip in sentence.kept_chips
        ),
        items="" if items is None else base64.b64encode(items.astype("<f2").tobytes()).decode(),
    )  # fmt: skip


def read(words: HeardWords) -> HeardSentence:
    """The inverse of `written`.

    Raises:
        ValueError: it holds what is no evidence.
    """
    count = 1 + max((m.part for m in words.meanings), default=-1)
    if count > len(words.meanings) or any(m.part < 0 for m in words.meanings):
        raise ValueError("its parts are not numbered from 0 on")
    if any(not ITEMS <= chip.part < count for chip in words.chips):
        raise ValueError("a chip is of no part")
    parts: list[list[Meaning]] = [[] for _ in range(count)]
    for m in words.meanings:
        parts[m.part].append(Meaning(m.likelihood, tuple(zip(m.questions, m.answers, strict=True))))
    items = np.frombuffer(base64.b64decode(words.items, validate=True), "<f2").astype(float) if words.items else None
    evidence = VirtualEvidence(tuple(map(tuple, parts)), items, words.opening)
    return HeardSentence(
        text=words.text, evidence=evidence, chips=words.chips, question=words.question, answer=words.answer
    )


def logs_of(dialogue: Dialogue, said: tuple[int, ...] | None) -> list[HeardLog]:
    """What a recorded dialogue's asker had heard at the start and after each answer.

    Args:
        said: (F,) what was stated up front from a list; None for nothing.

    Raises:
        ValueError: a sentence holds what is no evidence.
    """
    sentences = [(words.after, read(words)) for words in dialogue.heard]
    log, out = HeardLog(said), []
    for k, turn in enumerate((None, *(turn for turn in dialogue.turns if turn.answer >= 0))):
        replies = [s for after, s in sentences if after == k - 1 and s.question >= 0]
        if turn is not None:
            log = log.heard(replies[0]) if replies else log.answered(turn.question, turn.answer)
        for told in (s for after, s in sentences if after == k and s.question < 0):
            log = log.heard(told)
        out.append(log)
    return out


def rounded(items: np.ndarray | None) -> np.ndarray | None:
    """Log factors as a record keeps them, so that a replay believes the very same."""
    return None if items is None else items.astype("<f2").astype(float)
