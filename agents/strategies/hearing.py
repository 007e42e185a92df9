"""How an agent hears what was said: with its doubt where it can, else as the likeliest answer.

An agent that has `hear` takes virtual evidence (`sim.belief.virtual_evidence`).  Any other agent knows answers alone,
so it observes the likeliest one, and of an opening what was likeliest stated.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol, runtime_checkable

import numpy as np

from agents.agent import Agent
from sim.answers import DONT_KNOW, OPEN_DONT_KNOW
from sim.belief.virtual_evidence import VirtualEvidence
from sim.channel.opening import SILENT
from sim.questions import OPEN, QuestionBank


@runtime_checkable
class Hearer(Protocol):
    """An agent that takes what was heard with its doubt."""

    def hear(self, rows: np.ndarray, evidence: Sequence[VirtualEvidence], question: np.ndarray | None = None) -> None:
        """What was heard in the dialogues `rows` (n,), in answer to `question` (n,); None: an opening."""
        ...


def hear_openings(
    agent: Agent, seeds: np.ndarray, bank: QuestionBank, evidence: Sequence[VirtualEvidence]
) -> None:  # fmt: skip
    """Reset an agent to dialogues (B,) that were opened in words; `seeds` as in `Agent.reset`."""
    if isinstance(agent, Hearer):
        agent.reset(seeds)
        agent.hear(np.arange(len(evidence)), evidence)
    else:
        agent.reset(seeds, np.stack([likeliest_opening(bank, heard) for heard in evidence]))


def hear_answers(
    agent: Agent, rows: np.ndarray, question: np.ndarray, bank: QuestionBank, evidence: Sequence[VirtualEvidence]
) -> None:
    """Let an agent hear the answers to its questions (n,) in the dialogues `rows` (n,)."""
    if isinstance(agent, Hearer):
        agent.hear(rows, evidence, question)
    else:
        pairs = zip(question.tolist(), evidence, strict=True)
        agent.observe(rows, question, np.array([likeliest_answer(bank, q, heard) for q, heard in pairs]))


def likeliest_answer(bank: QuestionBank, question: int, heard: VirtualEvidence) -> int:
    """What was likeliest answered to a question; "don't know" where that is no answer."""
    unknown = OPEN_DONT_KNOW if bank.kind[question] == OPEN else DONT_KNOW
    return next((answer for q, answer in _likeliest(heard) if q == question), unknown)


def likeliest_opening(bank: QuestionBank, heard: VirtualEvidence) -> np.ndarray:
    """(F,) the option of each facet that was likeliest stated, as `sim.channel.opening` has it."""
    out = np.full(len(bank.catalogue.facets), SILENT, dtype=np.int64)
    for q, answer in _likeliest(heard):
        if bank.kind[q] == OPEN and answer != OPEN_DONT_KNOW:
            out[int(bank.facet[q])] = answer - 1
    return out


def _likeliest(heard: VirtualEvidence) -> Iterator[tuple[int, int]]:
    """Questions and answers of the likeliest meaning of each part, the first of several alike."""
    for part in heard.parts:
        yield from max(part, key=lambda meaning: meaning.likelihood).said


def thin_hear(posterior, evidence, rows):
    """TEMPORARY."""
    for b, heard in zip(rows.tolist(), evidence, strict=True):
        steps = list(_likeliest(heard))
        if heard.opening:
            posterior.open(likeliest_opening(posterior.bank, heard)[None], np.array([b]))
            steps = [(q, a) for q, a in steps if posterior.bank.kind[q] != OPEN]
        for q, a in steps:
            posterior.update(np.array([q]), np.array([a]), np.array([b]))
