"""How somebody talks: few words or many, carefully or not; drawn once for a dialogue, so it is one person who talks."""

from __future__ import annotations

from dataclasses import dataclass

from sim.phrasing.dice import Dice

TERSE, PLAIN, TALKATIVE = range(3)


@dataclass(frozen=True, kw_only=True)
class Manner:
    """How somebody talks; all chances are per opportunity."""

    register: int = PLAIN
    """TERSE, PLAIN or TALKATIVE."""
    hedging: float = 0.4
    """A fact is stated with "I think"; yes and no are never hedged by it, for there a hedge is another answer."""
    partial: float = 0.2
    """A person's surname alone, where nobody better known bears it."""
    corrections: float = 0.05
    """Something else is said first and taken back: "1985, no wait, 1995"."""
    typos: float = 0.0
    """A word of five letters or more is mistyped."""
    volunteering: float = 0.08
    """A fact of another facet is added behind an answer, where one comes to mind: "yes, and Tom Hanks is in it"."""
    asides: float = 0.2
    """Something is added that no catalogue knows: "I saw it with my sister"."""
    lower_case: bool = False
    unpunctuated: bool = False
    """Without a full stop at the end, and apostrophes left out now and then."""

    @staticmethod
    def drawn(dice: Dice) -> Manner:
        """Somebody's manner.  The shares are assumed, as a mixture that covers what people type."""
        register = dice.pick((TERSE, TERSE, PLAIN, PLAIN, PLAIN, TALKATIVE, TALKATIVE))
        careless = dice.chance(0.4)
        return Manner(
            register=register,
            hedging=dice.pick((0.1, 0.4, 0.7)),
            partial=dice.pick((0.0, 0.15, 0.4)),
            corrections=(0.02, 0.05, 0.1)[register],
            typos=dice.pick((0.02, 0.06)) if careless else 0.0,
            volunteering=(0.02, 0.08, 0.2)[register],
            asides=(0.02, 0.2, 0.6)[register],
            lower_case=careless and dice.chance(0.7),
            unpunctuated=careless or register == TERSE,
        )


PLAIN_SPEECH = Manner(hedging=0.0, partial=0.0, corrections=0.0, volunteering=0.0, asides=0.0)
"""Whole names, no typos, nothing taken back: what is said can be read back for certain."""
