"""What is known after an answer history: the belief, and the likelihoods that condition the next answer.

A history is canonical: facets ascending, answers on a facet ascending, so the order in which things were answered
doesn't matter, and dialogues with the same answers share one computation.  Everything is float64 and computed for one
history at a time, so that a batch equals single dialogues bit for bit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from sim.belief.evidence import NOT_SAID, Evidence, History, canonical, heard
from sim.belief.likelihood import Terms, bytes_of, log_like_by_intent, terms
from sim.belief.stages import Stages
from sim.belief.type_mixture import intents_of, joint_of, log_prior, types_of
from sim.channel.channel import Channel, FacetChannel
from sim.channel.opening import SILENT
from sim.numeric.cache import Cache
from sim.questions import QuestionBank


class Node:
    """One answer history and what follows from it.  Immutable but for what `sim.ask.certified_choice` and
    `sim.ask.shortlist` find out and leave here."""

    __slots__ = ("belief", "best", "history", "joint", "scratch", "shortlists", "sweep", "types")

    def __init__(self, history: History, joint: np.ndarray) -> None:
        self.history = history
        self.joint = joint  # (N, T) p(intent, type | history)
        self.belief = intents_of(joint)  # (N,)
        self.types = types_of(joint)  # (T,)
        self.sweep: np.ndarray | None = None
        self.best: dict[int, tuple[np.ndarray, np.ndarray]] = {}
        self.shortlists: dict[tuple[int, int], Any] = {}
        self.scratch: dict[int, Any] = {}  # what several questions on one facet share, while a choice is made

    @property
    def bytes(self) -> int:
        return self.joint.nbytes + self.belief.nbytes + (0 if self.sweep is None else self.sweep.nbytes) + 2048


class BeliefsByHistory:
    """Beliefs by answer history under one channel.

    Args:
        memory: False takes every answer for independent evidence.
        residual: (N,) log-weights of a history beside the channel's; what a learned critic adds.
        cache_bytes: memory for beliefs, and as much again for likelihoods of facets.
    """

    def __init__(
        self,
        channel: Channel,
        bank: QuestionBank,
        memory: bool,
        cache_bytes: int,
        residual: Callable[[History], np.ndarray] | None = None,
    ) -> None:
        self.channel, self.bank, self.memory, self.residual = channel, bank, memory, residual
        self.stages = Stages(channel)
        self._nodes: Cache[Node] = Cache(cache_bytes)
        self._terms: Cache[Terms] = Cache(cache_bytes)
        self._log_prior = log_prior(channel)

    def node(self, history: History) -> Node:
        """The belief after these answers."""
        node = self._nodes.get(history)
        if node is None:
            log = self._log_prior
            for f, about in history:
                for piece in self._pieces(about):
                    log = log + self._log_like(f, piece)
            if self.residual is not None:
                log = log + self.residual(history)[:, None]
            node = Node(history, joint_of(log))
            self.keep(node)
        return node

    def keep(self, node: Node) -> None:
        """Remember a node, at the size that it has now."""
        self._nodes.put(node.history, node, node.bytes)

    def extended(self, history: History, question: int, answer: int) -> History:
        """With one more answer; a repeated question adds nothing."""
        about = dict(history)
        f, evidence = heard(self.bank, about, question, answer, self.stages.of(history))
        about[f] = evidence
        return canonical(about)

    def terms(self, f: int, evidence: Evidence) -> Terms:
        """The likelihood of what was answered about one facet."""
        found = self._terms.get((f, evidence))
        if found is None:
            found = terms(self.stages.heard(f, evidence), evidence)
            self._terms.put((f, evidence), found, bytes_of(found))
        return found

    def current(self, node: Node, f: int) -> Terms | None:
        """The likelihood that conditions the next answer on facet f; None when untouched or memory is off."""
        if not self.memory:
            return None
        for g, evidence in node.history:
            if g == f:
                return self.terms(f, evidence)
        return None

    def asking(self, node: Node) -> tuple[FacetChannel, ...]:
        """The facets as the next question will be answered.  With memory off, silence tells nothing of what follows."""
        silent = tuple(f for f, about in node.history if about.said == SILENT) if self.memory else ()
        return self.stages.after_opening(self.stages.of(node.history), silent)

    def asked(self, node: Node) -> set[int]:
        """The questions that were answered."""
        out = set()
        for f, evidence in node.history:
            out.update(int(self.bank.question_of_value[f][v]) for v, _ in evidence.yesno)
            if evidence.open_answered:
                out.add(int(self.bank.open_question[f]))
        return out

    def _pieces(self, evidence: Evidence) -> tuple[Evidence, ...]:
        """The evidence as parts that share no memory: one, or with memory off one an answer."""
        if self.memory:
            return (evidence,)
        said = (evidence._replace(yesno=()),) if evidence.said != NOT_SAID else ()
        return (*(Evidence(yesno=(answer,)) for answer in evidence.yesno), *said)

    def _log_like(self, f: int, evidence: Evidence) -> np.ndarray:
        return log_like_by_intent(self.terms(f, evidence), self.channel.facets[f].facet)
