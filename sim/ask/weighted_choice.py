"""Which question to ask where a dialogue is a few histories: the EIG of the mixture, not the mean of EIGs.

A question on a facet of which all histories know the same is answered by one law, so what it tells follows from the
mixture's p(intent, type) as from a single belief.  On other facets EIG is worked out by what belief would follow:
H(intent) - sum_a p(a) H(intent | a), in which each history's part is exact and answers beyond the `LISTED` likeliest
count as one, which keeps a lower bound.  The best question is sought among the `UNION` best of each history and of
the mixture.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sim.ask import certified_choice, shortlist
from sim.ask.facet_gains import predict
from sim.ask.question_information import QuestionInformation
from sim.ask.ranking import NOTHING, top_among
from sim.ask.sweep import refined_gains, sweep
from sim.belief.by_history import BeliefsByHistory, Node
from sim.belief.weighted_histories import said_again
from sim.numeric.entropy import entropy_nats

UNION = 8
"""Best questions of each history that are considered."""
LISTED = 32
"""Answers that are told apart, the likeliest."""


class Mixture:
    """A few histories of one dialogue, heaviest first, and the belief that they come to."""

    def __init__(self, nodes: Sequence[Node], weights: np.ndarray) -> None:
        order = np.argsort(-weights, kind="stable")
        self.nodes = [nodes[h] for h in order]
        self.weights = weights[order]
        first = self.nodes[0]
        self.node = Node(
            b"", first.numbers, first.stage, self._mean("joint"), self._mean("belief"), self._mean("types"), 0.0
        )
        """The mixture as one belief: true of the facets that are not `apart`."""
        apart = np.any([node.numbers != first.numbers for node in self.nodes], axis=0)[:-1]
        if any(node.stage != first.stage for node in self.nodes):
            apart[:] = True
        self.apart = apart
        """(F,) bool: the facets of which the histories know different things."""

    def _mean(self, name: str) -> np.ndarray:
        out = np.zeros_like(getattr(self.nodes[0], name))
        for w, node in zip(self.weights, self.nodes, strict=True):
            out += w * getattr(node, name)
        return out

    @property
    def belief(self) -> np.ndarray:
        """(N,) p(intent | what was heard)."""
        return self.node.belief


def asked(beliefs: BeliefsByHistory, mixture: Mixture) -> set[int]:
    """The questions that all histories hold for answered."""
    return set.intersection(*(set(beliefs.asked(node)) for node in mixture.nodes))


def answers_expected(beliefs: BeliefsByHistory, mixture: Mixture, question: int) -> np.ndarray:
    """(A,) p(answer | what was heard)."""
    return mixture.weights @ np.stack([_answers_of(beliefs, node, question) for node in mixture.nodes])


def gains(beliefs: BeliefsByHistory, mixture: Mixture, ids: np.ndarray) -> np.ndarray:
    """(n,) EIG in nats of questions that not all histories hold for answered."""
    out, apart = np.zeros(len(ids)), mixture.apart[beliefs.bank.facet[ids]]
    if (~apart).any():
        out[~apart] = refined_gains(beliefs, mixture.node, ids[~apart])
        mixture.node.scratch.clear()
    for j in np.flatnonzero(apart).tolist():
        out[j] = _gain_by_answers(beliefs, mixture, int(ids[j]))
    return np.maximum(out, 0.0)


def _gain_by_answers(beliefs: BeliefsByHistory, mixture: Mixture, question: int) -> float:
    """H(intent) - sum_a p(a) H(intent | a)."""
    f, store = int(beliefs.bank.facet[question]), beliefs.store
    told = [_answers_of(beliefs, node, question) for node in mixture.nodes]
    p = mixture.weights @ np.stack(told)
    listed = np.sort(np.argsort(-p, kind="stable")[:LISTED])
    joint = np.zeros((len(listed) + 1, len(mixture.belief)))  # p(answer, intent); the last row is all other answers
    joint[-1] = mixture.belief
    for w, node, answers in zip(mixture.weights, mixture.nodes, told, strict=True):
        rows = np.tile(node.numbers, (len(listed), 1))
        for k, answer in enumerate(listed.tolist()):
            rows[k, f] = store.after(node.numbers, question, answer)[1]
        part = w * answers[listed][:, None] * beliefs.beliefs(rows)[1]
        joint[:-1] += part
        joint[-1] -= part.sum(axis=0)
    np.maximum(joint, 0.0, out=joint)
    shares = joint.sum(axis=1)
    some = shares > 0
    given = entropy_nats(joint[some] / shares[some][:, None])
    return float(entropy_nats(mixture.belief) - shares[some] @ given)


def _answers_of(beliefs: BeliefsByHistory, node: Node, question: int) -> np.ndarray:
    """(A,) p(answer | history); a user who has answered says the same again."""
    if question in beliefs.asked(node):
        return said_again(beliefs, int(node.numbers[beliefs.bank.facet[question]]), question)
    return predict(beliefs, node, question)


def choose(beliefs: BeliefsByHistory, mixture: Mixture, k: int) -> tuple[np.ndarray, np.ndarray]:
    """(k,) the questions of highest EIG among the best of each history, best first, and their nats."""
    pool = max(k, UNION)
    found = [certified_choice.choose(beliefs, node, pool)[0] for node in mixture.nodes]
    ids = np.unique(np.concatenate(found))
    ids = np.array([q for q in ids.tolist() if q != NOTHING and q not in asked(beliefs, mixture)], dtype=np.int64)
    return top_among(ids, gains(beliefs, mixture, ids), k)


def sweep_all(beliefs: BeliefsByHistory, mixture: Mixture) -> np.ndarray:
    """(Q,) EIG of every question, nats.

    Those on facets of which the histories know different things have the mean over the histories, but for the best,
    which are worked out as `choose` does.
    """
    by_history = sweep(beliefs, mixture.nodes)
    out, apart = sweep(beliefs, [mixture.node])[0].copy(), mixture.apart[beliefs.bank.facet]
    mean = mixture.weights @ by_history
    out[apart] = mean[apart]
    best = np.flatnonzero(apart)
    best = best[np.argsort(-mean[best], kind="stable")[:UNION]]
    best = best[mean[best] > 0]
    out[best] = gains(beliefs, mixture, best)
    out[list(asked(beliefs, mixture))] = 0.0
    return out


def shortlist_of(
    beliefs: BeliefsByHistory, mixture: Mixture, by_gain: int, by_user: int
) -> tuple[np.ndarray, QuestionInformation]:
    """As `sim.ask.shortlist`; what is told about the user, and the answers, are those of the heaviest history."""
    first, gain = choose(beliefs, mixture, by_gain)
    node, done = mixture.nodes[0], asked(beliefs, mixture)
    some = np.setdiff1d(shortlist.candidates(beliefs, node), [*first.tolist(), *done]) if by_user else first[:0]
    ids = np.concatenate([first[first >= 0], some])
    about = shortlist.question_information(beliefs, node, ids)
    node.scratch.clear()
    found = int((first >= 0).sum())
    second, _ = top_among(some, about.user_nats[found:], by_user)
    chosen, place = np.concatenate([first, second]), {q: at for at, q in enumerate(ids.tolist())}
    told = about.at(np.array([place.get(q, NOTHING) for q in chosen.tolist()], dtype=np.int64))
    told.gain_nats[:by_gain] = gain
    rest = np.flatnonzero(second >= 0)
    told.gain_nats[by_gain + rest] = gains(beliefs, mixture, second[rest])
    return chosen, told
