"""What an agent is: it meets B dialogues at once, and one dialogue is a batch of one.

An agent knows the catalogue, the questions, the rules and (some agents) the rates; never the intent, the user's type
or memory.  Actions are the environments': q < Q asks question q, Q + i guesses intent i.  Dialogues end at different
times, so every call after `reset` names the rows it is about.

Whatever an agent draws comes from the seeds given at reset, one a dialogue, so that an episode is the same in any
batch; `agents.evaluation.check_agent.check_agent` holds an agent to that and to the rest of the contract.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, runtime_checkable

import numpy as np

from agents.setting import Setting


@runtime_checkable
class Agent(Protocol):
    """Asks and guesses in B dialogues."""

    def reset(self, seeds: np.ndarray, said: np.ndarray | None = None) -> None:
        """Begin B dialogues.

        Args:
            seeds: (B,) uint64, one a dialogue, for the agent's own draws.
            said: (B, F) the option that each opening states of each facet, -1 (`sim.channel.opening.SILENT`) for none;
                None: no openings.
        """
        ...

    def act(self, rows: np.ndarray, left: np.ndarray) -> np.ndarray:
        """Actions (n,) for the dialogues `rows` (n,), which have `left` (n,) questions left."""
        ...

    def observe(self, rows: np.ndarray, question: np.ndarray, answer: np.ndarray) -> None:
        """What the dialogues `rows` were asked and what was answered, (n,) each."""
        ...

    def belief(self, rows: np.ndarray) -> np.ndarray:
        """(n, N) p(intent | history), rows sum to 1; an agent that has none may return what it can justify."""
        ...


AgentFactory = Callable[[Setting], Agent]
