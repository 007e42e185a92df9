"""A game looked back on: which answers the catalogue contradicts, and when the agent lost the trail.

The trail is the probability of the truth after each answer.  It is lost at the answer that cost it most, where one
cost it at least a bit; an answer may agree with the catalogue and still mislead ("don't know" about a famous actor).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from agents.play.mind import GameWorld
from agents.play.views import Disagreement, Exchange, Review
from sim.facts import claims_nothing, false_answers
from sim.phrasing import value_sentence

FLOOR = 1e-12
LISTED = 4


def review(
    world: GameWorld,
    beliefs: Sequence[np.ndarray],
    exchanges: Sequence[Exchange],
    intent: int,
    corruptions: Sequence[str] = (),
    opening: Sequence[Exchange] = (),
) -> Review:
    """The game of `exchanges` in the light of the truth.

    Args:
        beliefs: T + 1 arrays (N,): at the start and after each answer.
        opening: what was stated up front, as exchanges of turn 0.
    """
    trail = tuple((float(b[intent]), int((b > b[intent]).sum()) + 1) for b in beliefs)
    lost, lost_bits = lost_at([math.log2(max(p, FLOOR)) for p, _ in trail])
    wrong = [d for e in (*opening, *exchanges) if (d := disagreement(world, e, intent)) is not None]
    return Review(
        intent=intent,
        name=world.label(intent),
        trail=trail,
        disagreements=tuple(wrong),
        unknown=sum(claims_nothing(world.bank, e.question, e.answer) for e in exchanges),
        lost_at=lost,
        lost_bits=lost_bits,
        corruptions=tuple(corruptions),
    )


def lost_at(truth_bits: Sequence[float]) -> tuple[int | None, float]:
    """The turn at which the truth was lost, counted from 1, and the bits that it cost; (None, 0) where it wasn't.

    Args:
        truth_bits: log2 p(truth) at the start and after each answer.

    >>> lost_at([-3.0, -1.0, -4.5, -4.0])
    (2, 3.5)
    """
    falls = [before - after for before, after in pairwise(truth_bits)]
    worst = max(range(len(falls)), key=falls.__getitem__, default=None)
    return (None, 0.0) if worst is None or falls[worst] < 1.0 else (worst + 1, falls[worst])


def disagreement(world: GameWorld, e: Exchange, intent: int) -> Disagreement | None:
    """What the catalogue says against an answer; None where it agrees, doesn't know, or nothing was claimed."""
    bank = world.bank
    facet = bank.catalogue.facets[bank.facet[e.question]]
    row = facet.indices[facet.indptr[intent] : facet.indptr[intent + 1]]
    if not false_answers(bank, np.array([intent]), np.array([e.question]), np.array([e.answer]))[0]:
        return None
    if facet.kind == "flag":
        truth = "it is so" if row[0] else "it isn't so"
    else:
        mass = world.setting.channel.facets[bank.facet[e.question]].mass
        names = [facet.values[v] for v in sorted(row.tolist(), key=lambda v: -mass[v])]
        more = f" and {len(names) - LISTED} more" if len(names) > LISTED + 1 else ""
        said = ", ".join(names[:LISTED]) + more if more else value_sentence(facet, intent)
        truth = f"{facet.wording.noun}: {said}"
    return Disagreement(turn=e.turn, text=e.text, answer_text=e.answer_text, truth=truth)
