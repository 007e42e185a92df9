"""The contract of a posterior: what agents, environments and the app may ask of any belief."""

from __future__ import annotations

from typing import Protocol, Self

import numpy as np

from sim.questions import QuestionBank


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
        """The k questions of highest EIG, best first: ids (B, k), nats (B, k); -1 and 0 where fewer tell anything."""
        ...

    def copy(self) -> Self:
        """An independent copy; what was computed is shared."""
        ...

    def take(self, rows: np.ndarray) -> Self:
        """An independent copy of the dialogues `rows` alone, in that order; one may come several times."""
        ...
