"""Fingers on the app under test, and the patience that its thinking thread needs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Input

from agents.play.views import Mode, Setup
from screens.app import ClarigymApp
from screens.game import GameScreen
from sim.dialogue import Dialogue
from tests.test_session import truthful

SMALL, LARGE = (80, 24), (120, 40)
SIZES = [SMALL, pytest.param(LARGE, marks=pytest.mark.slow)]
PATIENCE = 20.0


@pytest.fixture(autouse=True)
def own_folders(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("TEXTUAL_ANIMATIONS", "none")


class Player:
    """Fingers on an app under test."""

    def __init__(self, app: ClarigymApp, pilot: Any):
        self.app, self.pilot = app, pilot

    async def until(self, holds: Callable[[], Any], what: str = "") -> None:
        """Wait for the app, which thinks on another thread."""
        end = time.monotonic() + PATIENCE
        while not holds():
            assert time.monotonic() < end, f"waited in vain: {what or holds}; on {self.app.screen}"
            await self.pilot.pause(0.01)
        await self.pilot.pause()

    async def on(self, kind: type) -> Any:
        """Wait for a screen that has something to show."""
        await self.until(lambda: isinstance(self.app.screen, kind), kind.__name__)
        screen = self.app.screen
        if isinstance(screen, GameScreen):
            await self.until(lambda: screen.view is not None and not screen.thinking, "a first view")
        return screen

    async def settled(self) -> None:
        """Wait until nothing is being thought or searched."""
        await self.until(lambda: not self.app.engine.busy and not self.app.search_engine.busy, "engines")

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.settled()

    async def type(self, text: str) -> None:
        field = self.app.screen.query_one("SearchBox Input", Input)
        field.value = text
        await self.pilot.pause()
        await self.settled()

    def text(self, selector: str) -> str:
        return str(self.app.screen.query_one(selector).render())

    async def answer(self, world: Any, intent: int) -> None:
        """Answer what is on the card, truthfully, through keys."""
        view = self.app.screen.view
        if view.phase == "guess":
            await self.press("y" if view.guess.intent == intent else "n")
            return
        a = truthful(world, intent, view.asked.id)
        if not view.asked.open:
            await self.press("nodpy"[a])
        elif view.asked.by_digit:
            await self.press("d" if a == 0 else str(a))
        elif a == 0:
            await self.press("down", "enter")
        else:
            facet = world.catalogue.facets[view.asked.facet_id]
            await self.type(facet.label(a - 1))
            await self.press("enter")


def play(
    story: Callable[[Player], Awaitable[None]],
    *,
    size: tuple[int, int] = (80, 24),
    catalogue: str = "animals",
    mode: str = "play",
    save: Path | None = None,
    replay: Dialogue | None = None,
    **setup: Any,
) -> None:
    """Run a story against an app."""

    async def main() -> None:
        played = Setup(catalogue=catalogue, **setup)
        app = ClarigymApp(played, mode=Mode(mode) if mode else None, save=save, replay=replay)
        async with app.run_test(size=size) as pilot:
            await story(Player(app, pilot))

    asyncio.run(main())
