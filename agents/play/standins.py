"""Who answers when the person doesn't, and the role cards that hand a simulated user's memory to a person.

A stand-in plays a session one step at a time, so that a screen can show every step; `Simulated` is one, and
`agents.play.replay.Recorded` another.  A person who plays a role card has the card's false memories and answers from
them, so his dialogue is data.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from agents.play.game import Session
from agents.play.mind import GameWorld
from agents.play.views import GameView
from sim.users.corruption import Corruption
from sim.users.simulated import SimulatedUsers

REMEMBERED = 6
"""Values of one facet that a role card names."""


class StandIn(Protocol):
    """Answers in place of a person."""

    intent: int
    corruptions: tuple[Corruption, ...]

    def begin(self, session: Session) -> GameView:
        """Start a session, with the opening where there is one."""
        ...

    def step(self, session: Session) -> GameView:
        """One answer or one judgement."""
        ...


class Simulated:
    """The simulated user of (seed, episode)."""

    def __init__(self, world: GameWorld, seed: int, episode: int = 0):
        self.world, self.seed, self.episode = world, seed, episode
        self.users = SimulatedUsers(world.population, seed, episode)
        self.intent = int(self.users.intent[0])
        self.corruptions = self.users.corruptions(0)

    def begin(self, session: Session) -> GameView:
        return session.begin()

    def answer(self, question: int) -> int:
        return int(self.users.answer(np.array([question]))[0])

    def leaves_at(self, turn: int) -> bool:
        """Whether the user walks away instead of answering the question of this number."""
        return turn >= int(self.users.leave_turn[0])

    def step(self, session: Session) -> GameView:
        view = session.view
        if view.phase == "guess" and view.guess is not None:
            return session.judge(view.guess.intent == self.intent)
        if view.phase != "ask" or view.asked is None:
            return view
        if self.leaves_at(view.turn + 1):
            return session.leave()
        return session.answer(self.answer(view.asked.id))


@dataclass(frozen=True, kw_only=True)
class RoleCard:
    """What a person is to play."""

    name: str
    remembered: tuple[tuple[str, str], ...]
    """(facet's noun, what he believes)."""
    forgotten: tuple[str, ...]
    """Nouns of facets that he knows nothing of."""


def role_card(user: Simulated) -> RoleCard:
    """The simulated user's memory as a card; what is false in it is not marked."""
    catalogue = user.world.catalogue
    wrong = {c.facet: c for c in user.corruptions}
    remembered: list[tuple[str, str]] = []
    forgotten: list[str] = []
    for f, facet in enumerate(catalogue.facets):
        noun = facet.wording.noun
        names = facet.row(user.intent)
        fault = wrong.get(facet.name)
        if not names or (fault is not None and fault.kind == "forgotten"):
            forgotten.append(noun)
            continue
        mass = user.world.setting.channel.facets[f].mass
        known = sorted(names, key=lambda name, a=facet, m=mass: -m[a.values.index(name)])
        if fault is not None and fault.kind == "misremembered":
            known = [fault.believed, *(name for name in known if name not in (fault.lost, fault.believed))]
        told = ", ".join(map(facet.said, known[:REMEMBERED]))
        unrecalled = fault is not None and fault.kind == "unrecalled"
        remembered.append((noun, f"you can't name it, but would recognise {told}" if unrecalled else told))
    return RoleCard(name=user.world.label(user.intent), remembered=tuple(remembered), forgotten=tuple(forgotten))
