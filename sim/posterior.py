"""Beliefs: the contract that agents, environments and the app see, and the exact posterior behind it.

`ChannelPosterior` marginalises the user's type and memory exactly (see `sim.likelihood`) under whatever channel it is
given: the simulator's true one is the yardstick, a learned one is read from a checkpoint, and with `memory=False` every
answer counts as independent evidence, the model that practice would use.

Decisions that live here:

- Every dialogue is computed by itself, in float64, in one canonical order of its evidence.  So a batch equals single
  dialogues bit for bit, the order in which things were answered doesn't matter, and dialogues with the same answers
  share one computation: results are kept by answer history (the early turns are everybody's), within `cache_bytes`.
- A choice is certified, not approximate: open questions and small facets first, then only those values whose fact
  carries more entropy under the belief than the best questions found so far (EIG <= H(fact)).  The outcome is that of
  the full sweep; ties within `TIE` nats go to the lowest id.
- The sweep ranks by I(answer; class of intents); the `SHORTLIST` best are then refined to I(answer; intent) over the
  `REFINED` likeliest intents (see `sim.refinement`), which for small catalogues makes them exact.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, Protocol, Self

import numpy as np

from sim.channel import Channel
from sim.information import (
    binary_entropy,
    least_mass,
    mutual_information,
    scalar_joint,
    set_joint,
    value_masses,
)
from sim.likelihood import NOT_SAID, SAID_DONT_KNOW, SILENT, Evidence, ScalarTerms, SetTerms, terms
from sim.open_information import likeliest, open_information, open_prediction
from sim.questions import OPEN, QuestionBank
from sim.refinement import within_class
from sim.sums import over_intents, over_types

TIE = 1e-9
NOTHING = -1
CHUNK = 64
SHORTLIST = 8
REFINED = 256


class Posterior(Protocol):
    """Belief about the intents of B dialogues at once."""

    bank: QuestionBank

    def reset(self, dialogues: int) -> None:
        """Start B dialogues afresh, at the prior."""
        ...

    def open(self, said: np.ndarray, rows: np.ndarray | None = None) -> None:
        """Opening requests: (B, F) the option stated of each facet, SAID_DONT_KNOW (-1) where the user was silent."""
        ...

    def update(self, question: np.ndarray, answer: np.ndarray, rows: np.ndarray | None = None) -> None:
        """One question and answer for each dialogue, (B,) each; question -1 leaves a dialogue as it is."""
        ...

    def belief(self) -> np.ndarray:
        """(B, N) p(intent | history)."""
        ...

    def types(self) -> np.ndarray:
        """(B, T) p(type | history)."""
        ...

    def predict(self, question: np.ndarray) -> np.ndarray:
        """(B, A) p(answer to the dialogue's question | history), padded with zeros to the longest."""
        ...

    def eig_nats(self) -> np.ndarray:
        """(B, Q) expected information gain of every question about the intent; 0 for those asked already."""
        ...

    def choose(self, k: int = 1) -> tuple[np.ndarray, np.ndarray]:
        """The k questions of highest EIG, best first: ids (B, k) and nats (B, k); -1 and 0 where fewer tell anything."""
        ...

    def copy(self) -> Self:
        """An independent copy; what was computed is shared."""
        ...

    def take(self, rows: np.ndarray) -> Self:
        """An independent copy of the dialogues `rows` alone, in that order; one may come several times."""
        ...


class Node:
    """One answer history: all that is known after it.  Immutable once made; shared by dialogues and copies."""

    __slots__ = ("belief", "best", "evidence", "joint", "sweep", "types")

    def __init__(self, evidence: tuple[tuple[int, Evidence], ...], joint: np.ndarray):
        self.evidence = evidence
        self.joint = joint  # (N, T) p(intent, type | history)
        self.belief = over_types(joint)  # (N,)
        self.types = over_intents(joint)  # (T,)
        self.sweep: np.ndarray | None = None
        self.best: dict[int, tuple[np.ndarray, np.ndarray]] = {}

    @property
    def bytes(self) -> int:
        return self.joint.nbytes + self.belief.nbytes + (0 if self.sweep is None else self.sweep.nbytes) + 2048


class ChannelPosterior:
    """The exact posterior under a channel, see the module.

    Args:
        channel: the users' behaviour that is believed in.
        bank: the questions; must be of the channel's catalogue.
        memory: False takes every answer for independent evidence.
        cache_bytes: memory for results by answer history; 0 keeps none.

    Raises:
        ValueError: bank and channel are of two catalogues.
    """

    def __init__(self, channel: Channel, bank: QuestionBank, *, memory: bool = True, cache_bytes: int = 1 << 28) -> None:
        if channel.catalogue is not bank.catalogue and channel.catalogue.fingerprint != bank.catalogue.fingerprint:
            raise ValueError(f"the channel is of catalogue '{channel.catalogue.name}', the bank of '{bank.catalogue.name}'")
        self.channel = channel
        self.bank = bank
        self.memory = memory
        self._nodes_kept = _Cache(cache_bytes)
        self._terms_kept = _Cache(cache_bytes)
        self._log_prior = np.log(np.maximum(channel.catalogue.prior, 1e-300))[:, None] + np.log(channel.shares)
        self._nodes: list[Node] = []
        self.reset(1)

    # --- the contract ---------------------------------------------------------------------------------------------

    def reset(self, dialogues: int) -> None:
        self._nodes = [self._node(())] * dialogues

    def open(self, said: np.ndarray, rows: np.ndarray | None = None) -> None:
        said = np.asarray(said)
        for b, options in self._rows(said, rows):
            evidence = dict(self._nodes[b].evidence)
            for f in np.flatnonzero(self.bank.open_question >= 0).tolist():
                kind = int(options[f]) if options[f] >= 0 else SILENT
                evidence[f] = evidence.get(f, Evidence()).stated(kind)
            self._nodes[b] = self._node(_canonical(evidence))

    def update(self, question: np.ndarray, answer: np.ndarray, rows: np.ndarray | None = None) -> None:
        answers = np.atleast_1d(answer)
        for j, (b, q) in enumerate(self._rows(np.atleast_1d(question), rows)):
            if q < 0:
                continue
            a = int(answers[j])
            if not 0 <= a < self.bank.answers[q]:
                raise ValueError(f"question {q} has answers 0 to {self.bank.answers[q] - 1}, not {a}")
            self._nodes[b] = self._node(self._with(self._nodes[b].evidence, int(q), a))

    def belief(self) -> np.ndarray:
        return np.stack([node.belief for node in self._nodes])

    def types(self) -> np.ndarray:
        return np.stack([node.types for node in self._nodes])

    def predict(self, question: np.ndarray) -> np.ndarray:
        rows = [self._predict(node, int(q)) for node, q in zip(self._nodes, np.atleast_1d(question), strict=True)]
        out = np.zeros((len(rows), max(map(len, rows))))
        for b, p in enumerate(rows):
            out[b, : len(p)] = p
        return out

    def eig_nats(self) -> np.ndarray:
        return np.stack([self._sweep(node) for node in self._nodes])

    def choose(self, k: int = 1) -> tuple[np.ndarray, np.ndarray]:
        found = [self._choose(node, k) for node in self._nodes]
        return np.stack([ids for ids, _ in found]), np.stack([gain for _, gain in found])

    def copy(self) -> Self:
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__)
        other._nodes = list(self._nodes)
        return other

    def take(self, rows: np.ndarray) -> Self:
        other = self.copy()
        other._nodes = [self._nodes[b] for b in np.asarray(rows).tolist()]
        return other

    # --- histories ------------------------------------------------------------------------------------------------

    def history(self, dialogue: int = 0) -> Mapping[int, Evidence]:
        """What is known of each facet in one dialogue."""
        return dict(self._nodes[dialogue].evidence)

    def states(self, dialogue: int = 0) -> Mapping[str, np.ndarray]:
        """(3,) p(forgotten, kept, muddled | history) of each facet that was answered about, by its name."""
        node = self._nodes[dialogue]
        out = {}
        for f, evidence in node.evidence:
            channel, facet_terms = self.channel.facets[f], self._terms(f, evidence)
            states = facet_terms.states
            if isinstance(facet_terms, ScalarTerms):
                states = states[:, channel.facet.value_of]
            out[channel.facet.name] = (states * node.joint).sum(axis=(1, 2))
        return out

    def _rows(self, per_dialogue: np.ndarray, rows: np.ndarray | None) -> list[tuple[int, Any]]:
        where = range(len(self._nodes)) if rows is None else np.asarray(rows).tolist()
        if len(per_dialogue) != len(where):
            raise ValueError(f"{len(per_dialogue)} entries for {len(where)} dialogues")
        return list(zip(where, per_dialogue, strict=True))

    def _with(self, evidence: tuple[tuple[int, Evidence], ...], q: int, a: int):
        f = int(self.bank.facet[q])
        table = dict(evidence)
        before = table.get(f, Evidence())
        if self.bank.kind[q] == OPEN:
            table[f] = before.stated(a - 1 if a > 0 else SAID_DONT_KNOW)
        else:
            table[f] = before.answered(int(self.bank.value[q]), a)
        return _canonical(table)

    def _node(self, evidence: tuple[tuple[int, Evidence], ...]) -> Node:
        node = self._nodes_kept.get(evidence)
        if node is None:
            log = self._log_prior
            for f, about in evidence:
                for piece in self._pieces(about):
                    log = log + self._log_like(f, piece)
            joint = np.exp(log - log.max())
            joint /= joint.sum()
            node = Node(evidence, joint)
            self._nodes_kept.put(evidence, node, node.bytes)
        return node

    def _pieces(self, evidence: Evidence):
        """The evidence as parts that share no memory: one, or with memory off one an answer."""
        if self.memory:
            return (evidence,)
        pieces = [Evidence(yesno=(answer,)) for answer in evidence.yesno]
        if evidence.said != NOT_SAID:
            pieces.append(Evidence(said=evidence.said))
        return tuple(pieces)

    def _log_like(self, f: int, evidence: Evidence) -> np.ndarray:
        found = self._terms(f, evidence)
        if isinstance(found, ScalarTerms):
            return found.log_like[self.channel.facets[f].facet.value_of]  # -1, unknown, is the last row
        return found.log_like

    def _terms(self, f: int, evidence: Evidence) -> ScalarTerms | SetTerms:
        found = self._terms_kept.get((f, evidence))
        if found is None:
            found = terms(self.channel.facets[f], evidence)
            size = sum(x.nbytes for x in found.__dict__.values() if isinstance(x, np.ndarray))
            self._terms_kept.put((f, evidence), found, size)
        return found

    def _current(self, node: Node, f: int) -> ScalarTerms | SetTerms | None:
        """The facet's likelihood that conditions the next answer on it; None when untouched or memory is off."""
        if not self.memory:
            return None
        for g, evidence in node.evidence:
            if g == f:
                return self._terms(f, evidence)
        return None

    # --- information ----------------------------------------------------------------------------------------------

    def _predict(self, node: Node, q: int) -> np.ndarray:
        f = int(self.bank.facet[q])
        channel, now = self.channel.facets[f], self._current(node, f)
        if self.bank.kind[q] == OPEN:
            return open_prediction(channel, now, node.joint)
        values = self.bank.value[q : q + 1]
        joint = (scalar_joint if channel.facet.scalar else set_joint)(channel, now, node.joint, values)  # pyright: ignore
        return joint[0].sum(axis=-1)

    def _asked(self, node: Node) -> set[int]:
        out = set()
        for f, evidence in node.evidence:
            out.update(int(self.bank.question_of_value[f][v]) for v, _ in evidence.yesno)
            if evidence.said >= SAID_DONT_KNOW:
                out.add(int(self.bank.open_question[f]))
        return out

    def _gains(self, node: Node, f: int, questions: np.ndarray) -> np.ndarray:
        """EIG in nats of yes/no questions on one facet, none of them asked before."""
        channel, now = self.channel.facets[f], self._current(node, f)
        values = self.bank.value[questions].astype(np.int64)
        joint = (scalar_joint if channel.facet.scalar else set_joint)(channel, now, node.joint, values)  # pyright: ignore
        return mutual_information(joint)

    def _refined(self, node: Node, ids: np.ndarray, gains: np.ndarray) -> np.ndarray:
        """EIG of the shortlist with what answers tell inside a class of intents, over the likeliest of them."""
        out = gains.copy()
        rows = likeliest(node.belief, REFINED)
        facet = np.where(ids >= 0, self.bank.facet[ids], -1)
        for f in np.unique(facet[facet >= 0]).tolist():
            channel, now = self.channel.facets[f], self._current(node, f)
            mine = np.flatnonzero((facet == f) & (self.bank.kind[ids] != OPEN))
            if len(mine):
                values = self.bank.value[ids[mine]].astype(np.int64)
                joint = (scalar_joint if channel.facet.scalar else set_joint)(channel, now, node.joint, values)  # pyright: ignore
                out[mine] += within_class(channel, now, node.joint, values, rows, joint)
        return out

    def _sweep(self, node: Node) -> np.ndarray:
        if node.sweep is None:
            out = np.zeros(len(self.bank))
            asked = self._asked(node)
            for f in range(len(self.channel.facets)):
                ids = self._unasked(f, asked)
                if self.bank.kind[ids[:1]].tolist() == [OPEN]:
                    out[ids[0]] = open_information(self.channel.facets[f], self._current(node, f), node.joint)[0]
                    ids = ids[1:]
                if len(ids):
                    out[ids] = self._gains(node, f, ids)
            best, gains = _top(np.arange(len(out)), out, SHORTLIST)
            out[best[best >= 0]] = self._refined(node, best, gains)[best >= 0]
            node.sweep = out
            self._nodes_kept.grow(node.evidence, out.nbytes)
        return node.sweep

    def _unasked(self, f: int, asked: set[int]) -> np.ndarray:
        start, end = int(self.bank.starts[f]), int(self.bank.starts[f + 1])
        return np.delete(np.arange(start, end), [q - start for q in asked if start <= q < end])

    def _choose(self, node: Node, k: int) -> tuple[np.ndarray, np.ndarray]:
        if k not in node.best:
            ids, gains = self._certified(node, max(k, SHORTLIST))
            refined = self._refined(node, ids[:SHORTLIST], gains[:SHORTLIST])
            node.best[k] = _top(ids, np.concatenate([refined, gains[SHORTLIST:]]), k)
        return node.best[k]

    def _certified(self, node: Node, k: int) -> tuple[np.ndarray, np.ndarray]:
        """The k questions of highest I(answer; class), best first."""
        asked = self._asked(node)
        ids: list[np.ndarray] = []
        gains: list[np.ndarray] = []
        pending: list[tuple[int, np.ndarray, np.ndarray]] = []
        for f, channel in enumerate(self.channel.facets):
            mine = self._unasked(f, asked)
            if not len(mine):
                continue
            now = self._current(node, f)
            if self.bank.kind[mine[0]] == OPEN:
                ids.append(mine[:1])
                gains.append(np.array([open_information(channel, now, node.joint)[0]]))
                mine = mine[1:]
            if channel.facet.scalar and len(mine) <= CHUNK:
                ids.append(mine)
                gains.append(self._gains(node, f, mine) if len(mine) else np.empty(0))
                continue
            pending.append((f, mine, value_masses(channel, node.belief)[self.bank.value[mine]]))
        best, value = _top(_join(ids), _join(gains), k)
        # A fact of probability p carries h(p): only facts within [edge, 1 - edge] can beat what is found already.
        edge = least_mass(float(value[-1]) - TIE)
        pending = [(f, *_by_bound(mine, mass, edge)) for f, mine, mass in pending]
        while pending := [entry for entry in pending if len(entry[1])]:
            at = max(range(len(pending)), key=lambda j: pending[j][2][0])
            f, mine, bound = pending[at]
            part = np.sort(mine[:CHUNK])
            best, value = _top(np.concatenate([best[best >= 0], part]),
                               np.concatenate([value[best >= 0], self._gains(node, f, part)]), k)  # fmt: skip
            pending[at] = (f, mine[CHUNK:], bound[CHUNK:])
            need = float(value[-1]) - TIE
            pending = [(f, mine[bound >= need], bound[bound >= need]) for f, mine, bound in pending]
        return best, value


def _by_bound(questions: np.ndarray, mass: np.ndarray, edge: float) -> tuple[np.ndarray, np.ndarray]:
    """The questions whose fact's probability lies within [edge, 1 - edge], by the entropy of the fact, and those."""
    keep = np.flatnonzero((mass >= edge) & (mass <= 1 - edge))
    bound = binary_entropy(mass[keep]) + 1e-12
    order = np.argsort(-bound, kind="stable")
    return questions[keep[order]], bound[order]


def _canonical(evidence: dict[int, Evidence]) -> tuple[tuple[int, Evidence], ...]:
    return tuple(sorted(evidence.items()))


def _join(parts: list[np.ndarray]) -> np.ndarray:
    return np.concatenate(parts) if parts else np.empty(0)


def _top(ids: np.ndarray, gains: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """The k largest, best first; gains within TIE of each other count as equal and go by id."""
    ids, gains = ids[gains > TIE].astype(np.int64), gains[gains > TIE]
    order = np.lexsort((ids, -np.round(gains / TIE)))[:k]
    out_ids, out_gains = np.full(k, NOTHING, dtype=np.int64), np.zeros(k)
    out_ids[: len(order)], out_gains[: len(order)] = ids[order], gains[order]
    return out_ids, out_gains


class _Cache:
    """Results by key, least recently used first out, within a number of bytes."""

    def __init__(self, limit: int) -> None:
        self.limit, self.held = limit, 0
        self._entries: OrderedDict[Any, tuple[Any, int]] = OrderedDict()

    def get(self, key):
        entry = self._entries.get(key)
        if entry is None:
            return None
        self._entries.move_to_end(key)
        return entry[0]

    def put(self, key, value, size: int) -> None:
        self._entries[key] = (value, size)
        self.held += size
        while self.held > self.limit and self._entries:
            _, (_, freed) = self._entries.popitem(last=False)
            self.held -= freed

    def grow(self, key, size: int) -> None:
        """An entry came to hold more."""
        entry = self._entries.get(key)
        if entry is not None:
            self._entries[key] = (entry[0], entry[1] + size)
            self.held += size
