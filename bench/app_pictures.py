"""Draws docs/play.svg and docs/play-end.svg: a game of `famous` in the app, 120 x 40, played truthfully but for names.

    python -m bench.app_pictures

The player thinks of Jaws, knows what happens in it and when it was made, and no names.
"""

from __future__ import annotations

import asyncio
import os
import re
import tempfile
from pathlib import Path

from textual.widgets import Input

from agents.play.views import Mode, Setup
from screens.app import ClarigymApp
from screens.finish import FinishScreen
from screens.play import PlayScreen
from tests.player import Player

DOCS = Path(__file__).resolve().parents[1] / "docs"
FILM, QUESTIONS = "Jaws", 6
NAMES = ("actors", "directors")


def drawn(app: ClarigymApp, name: str) -> None:
    """Write what the app shows."""
    for field in app.screen.query(Input):
        field.cursor_blink = False
    svg = re.sub(r"terminal-\d+", "terminal", app.export_screenshot(title="clarigym"))
    (DOCS / f"{name}.svg").write_text(svg, encoding="utf-8")
    print(f"docs/{name}.svg  {len(svg):,} bytes")


async def play() -> None:
    """The game, and its two pictures."""
    app = ClarigymApp(Setup(catalogue="famous", agent="learned"), mode=Mode.PLAY)
    async with app.run_test(size=(120, 40)) as pilot:
        player = Player(app, pilot)
        screen = await player.on(PlayScreen)
        world = screen.world
        intent = world.catalogue.intents.index(FILM)
        drawn_yet = False
        while not isinstance(app.screen, FinishScreen):
            view = screen.view
            if view.turn == QUESTIONS and view.phase == "ask" and not drawn_yet:
                drawn(app, "play")
                drawn_yet = True
            facet = world.catalogue.facets[view.asked.facet_id].name if view.phase == "ask" else ""
            if facet in NAMES and view.asked.open:
                await player.press("escape", "d")
            else:
                await player.answer(world, intent)
            await player.settled()
        await player.on(FinishScreen)
        drawn(app, "play-end")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as home:
        os.environ |= {"XDG_CONFIG_HOME": home, "TEXTUAL_ANIMATIONS": "none"}
        asyncio.run(play())
