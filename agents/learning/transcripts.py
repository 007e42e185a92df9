"""Dialogues as training data: arrays of questions and answers, the truth, and nothing of what the user was.

Training and judging read these; where they come from (a simulator, a log) is not known here, see
`agents.learning.sources`.  `Transcripts.prefix` cuts dialogues short, since a belief is needed at every turn, the first
included.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from sim.belief.evidence import Evidence, canonical, heard, next_stage, opened
from sim.posterior.exact import ChannelPosterior
from sim.questions import QuestionBank

NOTHING = -1
LEFT = -1
"""The answer of a user who left instead."""
FacetEvidence = dict[int, Evidence]
"""What one dialogue knows of each facet, by the facet's number."""
Rows = np.ndarray | slice


@dataclass(frozen=True, eq=False, kw_only=True)
class Transcripts:
    """B dialogues of at most L turns."""

    intent: np.ndarray
    """(B,) int64, the truth."""
    question: np.ndarray
    """(B, L) int64, -1 after the end."""
    answer: np.ndarray
    """(B, L) int64."""
    said: np.ndarray | None = None
    """(B, F) int64, openings as in `sim.channel.opening`; None where nobody was asked for one."""

    def __len__(self) -> int:
        return len(self.intent)

    def __getitem__(self, rows: Rows) -> Transcripts:
        said = None if self.said is None else self.said[rows]
        return Transcripts(intent=self.intent[rows], question=self.question[rows], answer=self.answer[rows], said=said)

    @property
    def turns(self) -> np.ndarray:
        """(B,) how many questions were answered."""
        return (self.question >= 0).sum(axis=1)

    def prefix(self, turns: np.ndarray | int) -> Transcripts:
        """The first `turns` answers of each."""
        keep = np.arange(self.question.shape[1]) < np.broadcast_to(np.asarray(turns), (len(self),))[:, None]
        return Transcripts(intent=self.intent, question=np.where(keep, self.question, NOTHING),
                         answer=np.where(keep, self.answer, NOTHING), said=self.said)  # fmt: skip

    def cut(self, rng: np.random.Generator) -> Transcripts:
        """Each at a length from 0 to all of it: a belief is needed at every turn, and judged there."""
        return self.prefix(rng.integers(self.turns + 1))


def concatenate(parts: Sequence[Transcripts]) -> Transcripts:
    """Dialogues one after the other; the shorter are padded."""
    length = max(p.question.shape[1] for p in parts)

    def padded(x: np.ndarray) -> np.ndarray:
        return np.pad(x, ((0, 0), (0, length - x.shape[1])), constant_values=NOTHING)

    said = None
    if all(p.said is not None for p in parts):
        said = np.concatenate([p.said for p in parts if p.said is not None])
    return Transcripts(
        intent=np.concatenate([p.intent for p in parts]), said=said,
        question=np.concatenate([padded(p.question) for p in parts]),
        answer=np.concatenate([padded(p.answer) for p in parts]))  # fmt: skip


def evidence_of(bank: QuestionBank, transcripts: Transcripts, turns: tuple[int, ...] = ()) -> list[FacetEvidence]:
    """What each dialogue knows of each facet, as `sim.posterior.exact` keeps it: a question asked again adds nothing.

    Args:
        turns: how many answers come before each later stage, see `sim.belief.stages`.
    """
    out = []
    for b in range(len(transcripts)):
        known = {} if transcripts.said is None else opened(bank, {}, transcripts.said[b])
        for q, a in zip(transcripts.question[b].tolist(), transcripts.answer[b].tolist()):
            if q < 0:
                break
            f, evidence = heard(bank, known, q, a, next_stage(turns, known.items()))
            known[f] = evidence
        out.append(known)
    return out


def belief_after(posterior: ChannelPosterior, transcripts: Transcripts) -> Iterator[np.ndarray]:
    """(N,) belief after each dialogue, without the beliefs on the way there."""
    for table in evidence_of(posterior.bank, transcripts, posterior.turns):
        yield posterior.belief_of(canonical(table))
