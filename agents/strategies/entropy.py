"""`entropy`: the question whose answer is most uncertain, as if every answer were the truth.

The classical splitting rule.  It knows the belief (the exact one, so that only its choice is on trial) but not the
noise: it takes the answer to "is it V?" for the fact, and the answer to an open question for one of the intent's
values.  So it is drawn to questions that split well and are answered badly: facets that this user has forgotten,
obscure names.  Facts cost one sparse product a turn for the whole bank.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

from agents.setting import Setting
from agents.strategies.belief_agent import BeliefAgent
from sim.ask.sweep import NOTHING, TIE
from sim.questions import OPEN, OVER, QuestionBank


class Facts:
    """The noiseless answers to a bank's questions as sparse matrices; Q questions, N intents."""

    def __init__(self, bank: QuestionBank):
        facets, n = bank.catalogue.facets, len(bank.catalogue)
        first = np.cumsum([0] + [len(f.values) for f in facets])
        entries = sparse.coo_array(
            (
                np.ones(sum(len(f.indices) for f in facets)),
                (
                    np.concatenate([f.indices.astype(np.int64) + v for f, v in zip(facets, first[:-1], strict=True)]),
                    np.concatenate([f.rows.astype(np.int64) for f in facets]),
                ),
            ),
            shape=(int(first[-1]), n),
        )
        self._values = sparse.csr_array(entries)  # (W, N): all facets' values one after the other
        closed = np.flatnonzero(bank.kind != OPEN)
        low = first[bank.facet[closed]] + bank.value[closed]
        high = np.where(bank.kind[closed] == OVER, first[bank.facet[closed] + 1], low + 1)
        counts = high - low
        columns = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts) + np.repeat(low, counts)
        indptr = np.concatenate([[0], np.cumsum(counts)])
        # Sums over thresholds as a product too: a batch then adds up in the order of a single dialogue.
        self._closed = sparse.csr_array((np.ones(len(columns)), columns, indptr), shape=(len(closed), int(first[-1])))
        self._closed_ids = closed
        self._open_ids = np.flatnonzero(bank.kind == OPEN)
        said, owner = [], []
        for j, q in enumerate(self._open_ids.tolist()):
            facet = facets[bank.facet[q]]
            size = np.maximum(np.diff(facet.indptr), 1)
            nothing = np.flatnonzero(np.diff(facet.indptr) == 0)
            rows = np.concatenate([facet.option_of[facet.indices], np.full(len(nothing), len(facet.options))])
            share = np.concatenate([1.0 / size[facet.rows], np.ones(len(nothing))])
            where = (rows, np.concatenate([facet.rows, nothing]))
            said.append(sparse.csr_array((share, where), shape=(len(facet.options) + 1, n)))
            owner.append(np.full(len(facet.options) + 1, j))
        if said:
            owners = np.concatenate(owner)
            self._said = sparse.csr_array(sparse.vstack(said))
            shape = (len(said), len(owners))
            self._owner = sparse.csr_array((np.ones(len(owners)), (owners, np.arange(len(owners)))), shape=shape)

    def entropies_nats(self, belief: np.ndarray) -> np.ndarray:
        """(n, Q) entropy of the noiseless answer to each question under beliefs (n, N)."""
        out = np.empty((len(belief), len(self._closed_ids) + len(self._open_ids)))
        columns = np.ascontiguousarray(belief.T)
        p = np.clip(self._closed @ (self._values @ columns), 0.0, 1.0).T
        out[:, self._closed_ids] = -(_p_log_p(p) + _p_log_p(1 - p))
        if len(self._open_ids):
            out[:, self._open_ids] = -(self._owner @ _p_log_p(self._said @ columns)).T
        return out


def _p_log_p(p: np.ndarray) -> np.ndarray:
    return p * np.log(np.maximum(p, 1e-300))


class Entropy(BeliefAgent):
    """Greedy on the entropy of the noiseless answer."""

    def __init__(self, setting: Setting):
        super().__init__(setting, setting.posterior())
        self._facts = Facts(setting.bank)

    def begin(self, seeds: np.ndarray) -> None:
        self._asked: list[list[int]] = [[] for _ in seeds]

    def choose(self, rows: np.ndarray, belief: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        entropy = self._facts.entropies_nats(belief)
        for k, b in enumerate(rows.tolist()):
            entropy[k, self._asked[b]] = 0.0
        best = np.round(entropy / TIE).argmax(axis=1)  # ties go to the lowest id
        gain = entropy[np.arange(len(rows)), best]
        return np.where(gain > TIE, best, NOTHING), gain

    def observe(self, rows: np.ndarray, question: np.ndarray, answer: np.ndarray) -> None:
        for b, q in zip(rows.tolist(), question.tolist(), strict=True):
            self._asked[b].append(q)
        super().observe(rows, question, answer)


def entropy(setting: Setting) -> Entropy:
    return Entropy(setting)
