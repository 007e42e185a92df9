"""An agent of one's own, guarded: what it raises or gives that is no act or belief is one sentence that names it.

Only agents named `module:factory` are guarded.  What the project's own agents raise is either said by themselves or a
fault of the project, which must not look like the user's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np

from agents.agent import Agent
from agents.errors import InputError
from agents.setting import Setting

Result = TypeVar("Result")
LONGEST = 300
"""Characters that are quoted of what somebody else's code says."""


class GuardedAgent:
    """Plays as an agent does, and says so in one sentence where it can't.

    What else the agent has, `gain_nats` or `posterior` for example, is had from here as well.

    Args:
        name: `module:factory`, for the sentence.

    Raises:
        InputError: from each method, when the agent raises or gives what the contract forbids.
    """

    def __init__(self, name: str, agent: Agent, setting: Setting):
        self.name, self.agent = name, agent
        self.questions, self.intents = len(setting.bank), len(setting.catalogue)

    def reset(self, seeds: np.ndarray, said: np.ndarray | None = None) -> None:
        self._call("reset", self.agent.reset, seeds, said)

    def act(self, rows: np.ndarray, left: np.ndarray) -> np.ndarray:
        given = self._array("act", self._call("act", self.agent.act, rows, left), rows.shape)
        total = self.questions + self.intents
        if not ((given == np.floor(given)) & (given >= 0) & (given < total)).all():
            raise self._wrong("act", f"{given.tolist()[:5]}; actions are whole numbers from 0 to {total - 1}")
        return given.astype(np.int64)

    def observe(self, rows: np.ndarray, question: np.ndarray, answer: np.ndarray) -> None:
        self._call("observe", self.agent.observe, rows, question, answer)

    def belief(self, rows: np.ndarray) -> np.ndarray:
        rows = np.atleast_1d(rows)
        given = self._array("belief", self._call("belief", self.agent.belief, rows), (len(rows), self.intents))
        sums = given.sum(axis=1)
        if not (given >= 0).all() or not np.allclose(sums, 1.0):
            why = f"sums {sums.tolist()[:5]}, least {given.min():g}; a belief is not negative and sums to 1"
            raise self._wrong("belief", why)
        return given

    def __getattr__(self, name: str) -> Any:
        if name == "agent":  # not there yet, as while it is copied
            raise AttributeError(name)
        given = getattr(self.agent, name)
        if not callable(given):
            return given
        return lambda *arguments: self._call(name, given, *arguments)

    def _call(self, method: str, call: Callable[..., Result], *arguments: Any) -> Result:
        return guarded(f"agent '{self.name}' fails in {method}", call, *arguments)

    def _array(self, method: str, given: object, shape: Sequence[int]) -> np.ndarray:
        found = self._call(method, np.asarray, given)
        if found.dtype.kind not in "iuf" or found.shape != tuple(shape):
            raise self._wrong(method, f"{found.dtype} of shape {found.shape}; numbers of shape {tuple(shape)} are due")
        return found

    def _wrong(self, method: str, what: str) -> InputError:
        return InputError(f"agent '{self.name}' gave in {method} {what}")


def guarded(what: str, call: Callable[..., Result], *arguments: Any) -> Result:
    """What somebody else's code gives.

    Args:
        what: fails, for the sentence.

    Raises:
        InputError: it raises, or tries to end the process.
        MemoryError: as it came: the machine is too small, or what is asked too large.
    """
    try:
        return call(*arguments)
    except MemoryError:
        raise
    except (Exception, SystemExit) as error:
        said = " ".join(str(error).split())
        said = said if len(said) <= LONGEST else said[:LONGEST] + "..."
        raise InputError(f"{what}: {type(error).__name__}{f': {said}' if said else ''}") from error
