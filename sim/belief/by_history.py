"""What is known after an answer history: the belief, and the records that condition the next answer.

A history is canonical, one number a facet (`sim.belief.store`), so dialogues with the same answers, in whatever order,
share one computation.  Everything is float64, and each history is a turn of a loop of its own: a batch equals single
dialogues bit for bit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from weakref import WeakSet

import numpy as np

from sim.belief.evidence import History, without_doubt
from sim.belief.store import MOST_KNOWN, EvidenceStore
from sim.belief.type_mixture import beliefs_of, log_prior, weigh
from sim.channel.channel import Channel
from sim.numeric.cache import Cache
from sim.questions import QuestionBank

CHUNK = 256
"""Histories at a time."""


class Node:
    """One answer history and what follows from it.  Immutable but for what `sim.ask` finds out and leaves here."""

    __slots__ = ("belief", "joint", "key", "log_evidence", "numbers", "scratch", "stage", "told", "types")

    def __init__(
        self,
        key: bytes,
        numbers: np.ndarray,
        stage: int,
        joint: np.ndarray,
        belief: np.ndarray,
        types: np.ndarray,
        log_evidence: float,
    ) -> None:
        self.key = key
        self.numbers = numbers  # (F + 1,)
        self.stage = stage  # of the next answer
        self.joint = joint  # (N, T) p(intent, type | history)
        self.belief = belief  # (N,)
        self.types = types  # (T,)
        self.log_evidence = log_evidence  # log p(history), up to a constant of each facet
        self.told: dict[Any, Any] = {}  # what was found out, to be kept
        self.scratch: dict[Any, Any] = {}  # what several questions on one facet share, while a choice is made

    @property
    def bytes(self) -> int:
        kept = sum(x.nbytes for x in self.told.values() if isinstance(x, np.ndarray))
        return self.joint.nbytes + self.belief.nbytes + kept + 1024


class BeliefsByHistory:
    """Beliefs by answer history under one channel.

    Args:
        memory: False takes every answer for independent evidence.
        residual: (N,) log-weights of a history beside the channel's; what a learned critic adds.
        cache_bytes: memory for beliefs, and as much again for records of evidence.
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
        self.store = EvidenceStore(channel, bank, memory, cache_bytes)
        self.nothing = np.arange(len(channel.facets) + 1)
        """(F + 1,) the numbers of a dialogue that has heard nothing."""
        self.every = np.arange(len(bank))
        """(Q,) the ids of all questions."""
        self.named: dict[tuple[int, int], np.ndarray] = {}
        """What `sim.ask` keeps of each facet for all histories."""
        self.patterns: dict[int, Any] = {}
        self.flags: Any = None
        """The same of each facet alone, and of all flags."""
        self.chances: dict[Any, float] = {}
        """How likely users are to say this or that before anything is known (`sim.belief.weighted_histories`)."""
        self.readers: WeakSet[Any] = WeakSet()
        """Posteriors that hold `numbers` of this store, and drop what they found by them when told to `renumber`."""
        self._cache_bytes = cache_bytes
        self._nodes: Cache[Node] = Cache(cache_bytes)
        self._log_prior = log_prior(channel)

    def tidy(self) -> None:
        """Forget evidence that no dialogue knows, where there is too much of it."""
        if len(self.store.known) > MOST_KNOWN:
            readers = list(self.readers)
            self.store.forget_all_but([numbers for reader in readers for numbers in reader.all_numbers()])
            self._nodes = Cache(self._cache_bytes)
            for reader in readers:
                reader.renumber()

    def nodes(self, numbers: np.ndarray) -> list[Node]:
        """The beliefs after what B dialogues know, (B, F + 1)."""
        keys = [row.tobytes() for row in numbers]
        found = {key: self._nodes.get(key) for key in keys}
        missing = [key for key, node in found.items() if node is None]
        for start in range(0, len(missing), CHUNK):
            part = missing[start : start + CHUNK]
            for node in self._work_out(part):
                found[node.key] = node
                self.keep(node)
        return [found[key] for key in keys]  # type: ignore[misc]  none is missing now

    def _work_out(self, keys: Sequence[bytes]) -> list[Node]:
        numbers = np.frombuffer(b"".join(keys), dtype=np.int64).reshape(len(keys), -1)
        log_evidence = np.empty(len(numbers))
        joint, belief, types = self.beliefs(numbers, log_evidence)
        stages = self.stages(numbers).tolist()
        # A kept belief must not hold on to those of the whole batch.
        own = (lambda x: x) if len(keys) == 1 else np.copy
        return [
            Node(key, numbers[j], stages[j], own(joint[j]), own(belief[j]), own(types[j]), float(log_evidence[j]))
            for j, key in enumerate(keys)
        ]

    def beliefs(
        self, numbers: np.ndarray, log_evidence: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """What follows from what n dialogues know, (n, F + 1): p(intent, type | history) (n, N, T), p(intent) (n, N)
        and p(type) (n, T).

        Args:
            log_evidence: (n,) is filled with log p(history), up to a constant of each facet.
        """
        store, touched = self.store, numbers != self.nothing
        store.need(numbers[touched])
        joint = np.empty((len(numbers), store.intents, store.types))
        belief, types = np.empty(joint.shape[:2]), np.empty((len(numbers), store.types))
        residual = np.empty((0, 0))
        if self.residual is not None:
            residual = np.stack([self.residual(without_doubt(store.history(row))) for row in numbers])
        at, rows = store.record_at[numbers[touched]], store.map_at[numbers[touched]]
        ends = touched.sum(axis=1).cumsum()
        logs = np.empty(len(numbers)) if log_evidence is None else log_evidence
        beliefs_of(self._log_prior, store.floats, store.ints, at, rows, ends, residual, joint, belief, types, logs)
        return joint, belief, types

    def stages(self, numbers: np.ndarray) -> np.ndarray:
        """(n,) the stage of each dialogue's next answer."""
        if not self.store.stages.turns:
            return np.zeros(len(numbers), dtype=np.int64)
        return np.array([self.store.stage(row) for row in numbers])

    def keep(self, node: Node) -> None:
        """Remember a node, at the size that it has now."""
        self._nodes.put(node.key, node, node.bytes)

    def log_likelihood(self, node: Node) -> np.ndarray:
        """(N,) log p(history | intent), types and memories summed out; a prior of 0 counts as 1e-300."""
        numbers, store = node.numbers[node.numbers != self.nothing], self.store
        store.need(node.numbers)
        out = np.empty((store.intents, store.types))
        residual = np.empty(0) if self.residual is None else self.residual(without_doubt(store.history(node.numbers)))
        weigh(self._log_prior, store.floats, store.ints, store.record_at[numbers], store.map_at[numbers], residual, out)
        return np.logaddexp.reduce(out, axis=1) - np.logaddexp.reduce(self._log_prior, axis=1)

    def asked(self, node: Node) -> list[int]:
        """Ids of the questions that were answered."""
        at, ids = self.store.asked_at, self.store.asked_ids
        touched = node.numbers[node.numbers != self.nothing].tolist()
        return [question for k in touched for question in ids[at[k, 0] : at[k, 1]].tolist()]
