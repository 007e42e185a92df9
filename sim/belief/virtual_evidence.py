"""Virtual evidence: what may have been said, each meaning with the likelihood of what was heard if it was meant.

A text is no answer but a doubt about one.  It comes in parts that don't depend on each other; a part is a list of
meanings that exclude each other, and one of them may be that nothing was said.  A key that was pressed is the part with
one meaning.  Likelihoods count up to a factor of the part (Pearl, Probabilistic Reasoning in Intelligent Systems,
1988, section 2.2.2, calls this virtual evidence), so that what is heard commutes with everything else that is known.
That what was said may be misremembered is the channel's affair and not in here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np


class Meaning(NamedTuple):
    """One thing that may have been said."""

    likelihood: float
    """p(what was heard | this was said), up to a factor that the meanings of one part share; above 0."""
    said: tuple[tuple[int, int], ...] = ()
    """Questions and their answers, as `Posterior.update` takes them; of an open question, option o is answer o + 1.
    Empty: nothing was said."""


Part = tuple[Meaning, ...]
"""Meanings that exclude each other."""


@dataclass(frozen=True, eq=False)
class VirtualEvidence:
    """What was heard in one go.

    Raises:
        ValueError: a part without meanings, or with a likelihood that is not a finite number above 0.
    """

    parts: tuple[Part, ...] = ()
    """Meanings of one part exclude each other."""
    items: np.ndarray | None = None
    """(N,) a log factor on each intent: how well its text matches what was heard; None for none."""
    opening: bool = False
    """It opens the dialogue: what it does not name was passed over in silence."""

    def __post_init__(self) -> None:
        for part in self.parts:
            if not part or not all(0.0 < meaning.likelihood < np.inf for meaning in part):
                raise ValueError("a part of virtual evidence needs meanings, with likelihoods that are numbers above 0")


def answered(questions: Sequence[int], answers: Sequence[int]) -> list[VirtualEvidence]:
    """Hard answers as virtual evidence, one a dialogue; nothing for question -1.

    >>> answered([7], [4])[0].parts
    ((Meaning(likelihood=1.0, said=((7, 4),)),),)
    """
    return [
        VirtualEvidence(((Meaning(1.0, ((int(q), int(a)),)),),) if q >= 0 else ())
        for q, a in zip(questions, answers, strict=True)
    ]
