"""How an agent hears what was said: with its doubt where it can, else as the likeliest answer.

An agent that has `hear` and a posterior takes virtual evidence (`sim.belief.virtual_evidence`), which its posterior
weighs: what users seldom say and was read for sure is a strong sign.  Any other agent knows answers alone, so it
observes the likeliest one, and of an opening what was likeliest stated.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol, runtime_checkable

import numpy as np

from agents.agent import Agent
from agents.language.belief import evidence_of, parts_of
from agents.language.reading import TextReading
from sim.answers import DONT_KNOW, OPEN_DONT_KNOW
from sim.belief.virtual_evidence import VirtualEvidence
from sim.channel.opening import SILENT
from sim.posterior.contract import Posterior
from sim.questions import OPEN, QuestionBank


@runtime_checkable
class Hearer(Protocol):
    """An agent that takes what was heard with its doubt."""

    posterior: Posterior

    def hear(self, rows: np.ndarray, evidence: Sequence[VirtualEvidence], question: np.ndarray | None = None) -> None:
        """What was heard in the dialogues `rows` (n,), in answer to `question` (n,); None: an opening."""
        ...


@runtime_checkable
class Several(Protocol):
    """Agents that play together, each with its own way to hear."""

    parts: tuple[Agent, ...]


def hear_openings(agent: Agent, seeds: np.ndarray, bank: QuestionBank, readings: Sequence[TextReading]) -> None:
    """Reset an agent to dialogues (B,) that were opened in words; `seeds` as in `Agent.reset`."""
    if isinstance(agent, Several):
        agent.reset(seeds)
        for part in agent.parts:
            hear_openings(part, seeds, bank, readings)
    elif isinstance(agent, Hearer):
        agent.reset(seeds)
        evidence = [evidence_of(agent.posterior, reading, opening=True) for reading in readings]
        agent.hear(np.arange(len(readings)), evidence)
    else:
        agent.reset(seeds, np.stack([likeliest_opening(bank, reading) for reading in readings]))


def hear_answers(
    agent: Agent, rows: np.ndarray, question: np.ndarray, bank: QuestionBank, readings: Sequence[TextReading]
) -> None:
    """Let an agent hear the answers to its questions (n,) in the dialogues `rows` (n,)."""
    if isinstance(agent, Several):
        for part in agent.parts:
            hear_answers(part, rows, question, bank, readings)
    elif isinstance(agent, Hearer):
        agent.hear(rows, [evidence_of(agent.posterior, reading) for reading in readings], question)
    else:
        agent.observe(rows, question, np.array([likeliest_answer(bank, reading) for reading in readings]))


def likeliest_answer(bank: QuestionBank, reading: TextReading) -> int:
    """What was likeliest answered to the question that was asked; "don't know" where that is no answer."""
    question = reading.question
    unknown = OPEN_DONT_KNOW if bank.kind[question] == OPEN else DONT_KNOW
    return next((answer for q, answer in _likeliest(bank, reading, asked=True) if q == question), unknown)


def likeliest_opening(bank: QuestionBank, reading: TextReading) -> np.ndarray:
    """(F,) the option of each facet that was likeliest stated, as `sim.channel.opening` has it."""
    out = np.full(len(bank.catalogue.facets), SILENT, dtype=np.int64)
    for q, answer in _likeliest(bank, reading):
        if bank.kind[q] == OPEN and answer != OPEN_DONT_KNOW:
            out[int(bank.facet[q])] = answer - 1
    return out


def _likeliest(bank: QuestionBank, reading: TextReading, asked: bool = False) -> Iterator[tuple[int, int]]:
    """Questions and answers of the likeliest way to read each facet, the first of several alike."""
    for part in parts_of(bank, reading):
        if part.asked or not asked:
            yield from max(part.ways, key=lambda way: way[0])[1]
