"""A few screens as SVG: what they look like, down to the colours.

A changed screen fails; look at it, then write it anew with CLARIGYM_SNAPSHOTS=update.  Textual draws a little
differently from version to version, so other versions than the recorded one are skipped.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import textual
from textual.widgets import Input

from agents.play.views import Mode, Setup
from screens.app import ClarigymApp
from screens.finish import FinishScreen
from screens.play import CardScreen, PlayScreen
from screens.start import StartScreen
from tests.player import Player

FOLDER = Path(__file__).parent / "snapshots"
VERSION = FOLDER / "textual.txt"
UPDATE = os.environ.get("CLARIGYM_SNAPSHOTS") == "update"


async def menu(p: Player) -> None:
    await p.on(StartScreen)


async def question(p: Player) -> None:
    await p.on(PlayScreen)
    await p.press("p", "o")


async def field(p: Player) -> None:
    await p.on(PlayScreen)
    await p.press("escape", "d", "i")
    await p.type("m")


async def guess(p: Player) -> None:
    await p.on(PlayScreen)
    await p.press("y", "g")


async def end(p: Player) -> None:
    await p.on(PlayScreen)
    await p.press("y", "g", "n")
    await p.on(FinishScreen)
    await p.type("bianca")
    await p.press("enter")
    await p.settled()


async def card(p: Player) -> None:
    await p.on(CardScreen)


SCENES: dict[str, tuple[Callable[[Player], Awaitable[None]], tuple[int, int], str, str]] = {
    "menu-80x24": (menu, (80, 24), "", "mixed"),
    "question-80x24": (question, (80, 24), "play", "yesno"),
    "question-120x40": (question, (120, 40), "play", "yesno"),
    "field-80x24": (field, (80, 24), "play", "open"),
    "guess-80x24": (guess, (80, 24), "play", "yesno"),
    "end-80x24": (end, (80, 24), "play", "yesno"),
    "card-80x24": (card, (80, 24), "card", "yesno"),
}


def same(svg: str) -> str:
    """The drawing without the number that Rich makes up for it."""
    return re.sub(r"terminal-\d+", "terminal", svg)


FAST = ("question-80x24", "end-80x24")


@pytest.mark.parametrize("scene", [s if s in FAST else pytest.param(s, marks=pytest.mark.slow) for s in SCENES])
def test_looks_the_same(scene, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("TEXTUAL_ANIMATIONS", "none")
    monkeypatch.delenv("NO_COLOR", raising=False)
    if not UPDATE and VERSION.read_text().strip() != textual.__version__:
        pytest.skip(f"recorded with Textual {VERSION.read_text().strip()}, this is {textual.__version__}")
    story, size, mode, questions = SCENES[scene]

    async def main() -> str:
        app = ClarigymApp(Setup(catalogue="toy", questions=questions), mode=Mode(mode) if mode else None)
        async with app.run_test(size=size) as pilot:
            p = Player(app, pilot)
            await story(p)
            for input_ in app.screen.query(Input):
                input_.cursor_blink = False
            await p.settled()
            await pilot.pause(0.05)
            return same(app.export_screenshot(title=scene))

    drawn = asyncio.run(main())
    path = FOLDER / f"{scene}.svg"
    if UPDATE:
        FOLDER.mkdir(exist_ok=True)
        path.write_text(drawn, encoding="utf-8")
        VERSION.write_text(textual.__version__ + "\n")
    assert drawn == path.read_text(encoding="utf-8"), f"{scene} looks different; see the docstring of this file"
