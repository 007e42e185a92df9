"""The app, played by its keys at two sizes: every mode, every ending, odd catalogues, haste, and folders that fail."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from textual.widgets import Input, Static

from agents import mind, saves
from agents.views import Setup
from screens.ask import AskScreen
from screens.choices import Choices
from screens.confirm import ConfirmScreen
from screens.finish import FinishScreen
from screens.game import GameScreen
from screens.opening import OpeningScreen
from screens.play import CardScreen, PlayScreen
from screens.search import SearchBox
from screens.start import CATALOGUES, Menu, StartScreen
from screens.watch import WatchScreen
from sim.catalogue import Catalogue, make_facet
from sim.dialogue import read_dialogues
from tests.test_session import truthful
from tui import ClarigymApp, TooSmall

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
        return str(self.app.screen.query_one(selector, Static).render())

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
    **setup: Any,
) -> None:
    """Run a story against an app."""

    async def main() -> None:
        app = ClarigymApp(Setup(catalogue=catalogue, **setup), mode=mode, save=save)
        async with app.run_test(size=size) as pilot:
            await story(Player(app, pilot))

    asyncio.run(main())


@pytest.mark.parametrize("size", SIZES)
def test_perfect_memory_is_found(size, tmp_path):
    async def story(p: Player) -> None:
        screen = await p.on(PlayScreen)
        lion = screen.world.catalogue.intents.index("Lion")
        while not isinstance(p.app.screen, FinishScreen):
            await p.answer(screen.world, lion)
        await p.until(lambda: "saved in" in p.text("#saved").lower(), "saving")
        assert "Found it" in p.text("#head") and "Lion" in p.text("#head")
        assert (p.app.won, p.app.played) == (1, 1)
        await p.press("e")
        await p.press("n")
        again = await p.on(PlayScreen)
        assert again.view.turn == 0

    play(story, size=size, save=tmp_path / "data")
    (path,) = (tmp_path / "data").rglob("*.jsonl")
    (dialogue,) = read_dialogues(path)
    assert dialogue.success and dialogue.intent_name == "Lion" and dialogue.noise == "person"
    assert path.with_suffix(".md").read_text().startswith("# Lion")


@pytest.mark.parametrize("size", SIZES)
def test_lie_undo_and_on(size):
    async def story(p: Player) -> None:
        screen = await p.on(PlayScreen)
        first = screen.view
        await p.press("escape", "d")
        assert screen.view.turn == 1
        await p.press("escape", "u")
        assert screen.view == first
        await p.press("escape", "s")
        assert screen.view.turn == 0 and screen.view.asked != first.asked
        await p.press("escape", "g")
        assert screen.view.phase == "guess"
        await p.press("n")
        await p.on(FinishScreen)
        await p.press("escape")
        await p.press("u")
        await p.on(PlayScreen)
        assert screen.view.phase == "guess" and p.app.played == 0, "a wrong guess can be undone"
        await p.press("n")
        await p.on(FinishScreen)
        await p.press("down", "enter")
        await p.on(PlayScreen)
        await p.settled()
        assert screen.view.wrong == (first.top[0][0],) and screen.view.phase == "ask"
        await p.press("escape", *"uuuuuuuuuu")
        await p.settled()
        assert screen.view == first
        await p.press("i", "ctrl+s")
        assert screen.view.asked != first.asked
        await p.press("ctrl+z")
        assert screen.view == first and isinstance(p.app.focused, Input)

    play(story, size=size)


@pytest.mark.slow
def test_wrong_and_searched_for():
    async def story(p: Player) -> None:
        screen = await p.on(PlayScreen)
        await p.press("escape", "g")
        await p.press("n")
        await p.on(FinishScreen)
        await p.type("poison dart")
        await p.press("enter")
        await p.until(lambda: "It was Poison dart frog" in p.text("#told"), "the truth")
        assert "Found it" not in p.text("#head")
        await p.press("m")
        await p.on(StartScreen)
        assert "0 of 1" in p.text("#saving") and screen is not None

    play(story)


def test_not_in_the_catalogue(tmp_path):
    async def story(p: Player) -> None:
        await p.on(PlayScreen)
        await p.press("escape", "g")
        await p.press("n")
        await p.on(FinishScreen)
        await p.press("down", "down", "enter")
        await p.until(lambda: "isn't in the catalogue" in p.text("#told"), "word of it")
        await p.settled()

    play(story, save=tmp_path)
    (path,) = tmp_path.rglob("*.jsonl")
    assert path.parent.name == "unresolved" and next(read_dialogues(path)).intent == -1


@pytest.mark.parametrize("size", SIZES)
def test_keys_are_letters_in_a_field(size):
    async def story(p: Player) -> None:
        screen = await p.on(PlayScreen)
        assert isinstance(p.app.focused, Input) and screen.view.asked.open
        await p.press(*"usgvqdync")
        assert p.app.screen is screen and screen.view.turn == 0
        assert p.app.focused.value == "usgvqdync" and not screen.has_class("bare")
        await p.press("enter")
        assert screen.view.turn == 0, "nothing was found, so nothing is taken"
        await p.press("escape", "i")
        assert isinstance(p.app.focused, Input)

    play(story, size=size)


@pytest.mark.slow
def test_haste():
    async def story(p: Player) -> None:
        screen = await p.on(PlayScreen)
        await p.pilot.press("escape", *"dydndypuosygd" * 3)
        await p.settled()
        if isinstance(p.app.screen, PlayScreen):
            view = screen.view
            assert len(view.history) == view.turn == len(view.bits) - 1
            assert [e.turn for e in view.history] == list(range(1, view.turn + 1))

    play(story, questions="yesno")


def test_answers_while_it_thinks_are_dropped_and_undo_is_not(monkeypatch):
    slow = mind.Mind.told

    def told(self, question, answer):
        time.sleep(0.25)
        return slow(self, question, answer)

    monkeypatch.setattr(mind.Mind, "told", told)

    async def story(p: Player) -> None:
        screen = await p.on(PlayScreen)
        first = screen.view
        await p.pilot.press("y", "n", "n", "p")
        await p.settled()
        assert screen.view.turn == 1 and screen.view.history[0].answer_text == "yes"
        await p.pilot.press("y", "u")
        await p.until(lambda: not screen.thinking)
        await p.settled()
        assert screen.view.turn == 1, "the undo took the answer back that was being thought about"
        await p.press("u")
        assert screen.view == first

    play(story, questions="yesno")


@pytest.mark.parametrize("size", SIZES)
def test_opening(size):
    async def story(p: Player) -> None:
        await p.on(OpeningScreen)
        await p.type("green")
        await p.press("enter")
        await p.type("africa")
        await p.press("enter")
        assert "green" in p.text("#chips") and "Africa" in p.text("#chips")
        await p.press("backspace")
        assert "Africa" not in p.text("#chips")
        await p.press("enter")
        screen = await p.on(PlayScreen)
        assert screen.view.opening == ("It is green, at least in part.",)

    play(story, size=size, mode="opening")


@pytest.mark.parametrize("size", SIZES)
def test_role_card(size, tmp_path):
    async def story(p: Player) -> None:
        screen = await p.on(CardScreen)
        name = screen.world.label(screen.dealt.intent)
        assert name in p.text("#rolecard") and screen.query_one("#likeliest").display is False
        await p.press("escape", "c")
        assert screen.query_one("#likeliest").display and not screen.query_one("#rolecard").display
        while not isinstance(p.app.screen, FinishScreen):
            await p.answer(screen.world, screen.dealt.intent)
        await p.until(lambda: "saved in" in p.text("#saved").lower(), "saving")

    play(story, size=size, mode="card", save=tmp_path, seed=5)
    (dialogue,) = read_dialogues(next(tmp_path.rglob("*.jsonl")))
    assert dialogue.corruptions and dialogue.noise == "person"


@pytest.mark.parametrize("size", SIZES)
def test_watch(size, tmp_path):
    async def story(p: Player) -> None:
        screen = await p.on(WatchScreen)
        await p.press("space")
        assert screen.view.turn == 1
        await p.press("u")
        assert screen.view.turn == 0
        await p.press("plus", "plus", "plus", "plus", "r")
        await p.until(lambda: isinstance(p.app.screen, FinishScreen), "the end")
        await p.until(lambda: "saved in" in p.text("#saved").lower(), "saving")
        await p.press("n")
        await p.on(WatchScreen)
        assert screen.seed == 4 and not screen.running

    play(story, size=size, mode="watch", save=tmp_path, seed=3, catalogue="toy")


def test_replay(tmp_path):
    from tests.test_session import run

    world = mind.load_world(Setup(catalogue="toy"))
    from agents.session import Session

    session = Session(world)
    session.begin()
    view = run(session, 2)
    record = session.record(2)

    async def main() -> None:
        app = ClarigymApp(Setup(catalogue="toy"), replay=record, save=tmp_path)
        async with app.run_test(size=(80, 24)) as pilot:
            p = Player(app, pilot)
            screen = await p.on(WatchScreen)
            while not isinstance(app.screen, FinishScreen):
                await p.press("space")
            assert screen.view.history[-1].question == view.history[-1].question
            await p.settled()

    asyncio.run(main())
    assert list(tmp_path.rglob("*.jsonl")) == [], "a replay isn't saved again"


@pytest.mark.parametrize("size", SIZES)
def test_ask(size, tmp_path):
    async def story(p: Player) -> None:
        screen = await p.on(AskScreen)
        await p.type("ham")
        await p.press("enter")
        assert screen.view.turn == 1 and "given away" in p.text("#coach")
        await p.press("down", "enter")
        assert screen.view.turn == 2 and "Couldn't be better" in p.text("#coach")
        await p.press("tab")
        await p.type(screen.world.label(screen.user.intent))
        await p.press("enter")
        await p.on(FinishScreen)
        await p.until(lambda: "bits' worth" in p.text("#told"), "the score")
        assert "Found it" in p.text("#head")

    play(story, size=size, mode="ask", catalogue="toy", save=tmp_path)
    (dialogue,) = read_dialogues(next(tmp_path.rglob("*.jsonl")))
    assert dialogue.agent == "person" and dialogue.success and dialogue.noise == "typical"


def test_menu_and_its_settings():
    async def story(p: Player) -> None:
        await p.on(StartScreen)
        menu = p.app.screen.query_one(Menu)
        await p.press(*["down"] * 5, "left", "right")
        assert menu.setup.catalogue in CATALOGUES
        while menu.setup.catalogue != "toy":
            await p.press("right")
        await p.press(*["down"] * 4, "left")
        assert menu.setup.budget == 15
        await p.press("down", "4", "2", "0", "backspace")
        assert menu.setup.seed == 42
        await p.press("up")
        await p.press(*["down"] * 2, "1")
        screen = await p.on(PlayScreen)
        assert screen.world.setup == Setup(catalogue="toy", budget=15, seed=42) and screen.view.budget == 15
        await p.press("escape", "q")
        await p.on(StartScreen)

    play(story, mode="", catalogue="animals")


def test_leaving_asks_only_when_something_would_be_lost():
    async def story(p: Player) -> None:
        screen = await p.on(PlayScreen)
        await p.press("y")
        await p.press("q")
        await p.on(ConfirmScreen)
        await p.press("n")
        assert p.app.screen is screen
        await p.press("q")
        await p.press("y")
        await p.on(StartScreen)

    play(story, questions="yesno")


def test_file_that_cannot_be_read(tmp_path):
    async def story(p: Player) -> None:
        await p.on(StartScreen)
        await p.until(lambda: len(p.app._notifications) == 1, "a sentence")
        assert "broken" in next(iter(p.app._notifications)).message

    path = tmp_path / "broken.csv"
    path.write_text("")
    play(story, catalogue=str(path))


ODD = ["[bold]x[/]", *(pytest.param(name, marks=pytest.mark.slow) for name in
       ("القاهرة", "東京物語", "🦊🦊", "very long " * 30, "]]["))]  # fmt: skip


@pytest.mark.parametrize("name", ODD)
def test_odd_names(name, tmp_path):
    path = tmp_path / "odd.csv"
    path.write_text(f'name,[bold]\n"{name}",[red]\nb,[/]\nc,[red]\nd,[/]\n"e [/bold]",[/]\n', encoding="utf-8")

    async def story(p: Player) -> None:
        screen = await p.on(PlayScreen)
        for _ in range(3):
            if isinstance(p.app.screen, FinishScreen):
                break
            await p.answer(screen.world, 0)
        p.app.export_screenshot()
        if not isinstance(p.app.screen, FinishScreen):
            await p.press("escape", "g")
            await p.press("n")
        finish = await p.on(FinishScreen)
        if finish.truth is None:
            await p.type(name.strip()[:20])
            await p.press("enter")
        await p.until(lambda: finish.review is not None, "the review")
        assert finish.review.name.strip() == name.strip()

    play(story, catalogue=str(path))


def alike(monkeypatch, *names: str) -> None:
    facet = make_facet("colour", "one", ["red"] * len(names))
    prior = np.full(len(names), 1 / len(names))
    catalogue = Catalogue(name="alike", intents=names, prior=prior, facets=(facet,))
    monkeypatch.setattr(mind, "load", lambda name: catalogue)


def test_one_intent(monkeypatch):
    alike(monkeypatch, "Only")

    async def story(p: Player) -> None:
        screen = await p.on(PlayScreen)
        assert screen.view.phase == "guess"
        await p.press("n")
        await p.on(FinishScreen)
        await p.press("down", "enter")
        await p.until(lambda: isinstance(p.app.screen, FinishScreen) and screen.view.phase == "stumped", "giving up")
        assert "give up" in p.text("#head")

    play(story)


def test_two_identical(monkeypatch):
    alike(monkeypatch, "Left", "Right")

    async def story(p: Player) -> None:
        screen = await p.on(PlayScreen)
        assert "Right" in p.text("#question") and screen.view.guess.name == "Left"
        await p.press("n")
        await p.on(FinishScreen)
        await p.press("down", "enter")
        await p.on(PlayScreen)
        await p.press("y")
        await p.on(FinishScreen)
        assert "Found it" in p.text("#head")

    play(story)


@pytest.mark.slow
def test_resize_in_mid_game():
    async def story(p: Player) -> None:
        screen = await p.on(PlayScreen)
        await p.press("y")
        for width, height in ((200, 60), (80, 24), (61, 20), (120, 40)):
            await p.pilot.resize_terminal(width, height)
            await p.pilot.pause()
            assert not screen.query(TooSmall)
            assert screen.query_one("#question").region.height > 0
            assert screen.query_one("#choices", Choices).region.height == 5
        await p.pilot.resize_terminal(40, 12)
        await p.until(lambda: screen.query(TooSmall), "the word")
        await p.pilot.resize_terminal(80, 24)
        await p.until(lambda: not screen.query(TooSmall), "its end")
        await p.press("n")
        assert screen.view.turn == 2

    play(story, questions="yesno")


def test_folder_that_cannot_be_written(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")

    async def story(p: Player) -> None:
        screen = await p.on(PlayScreen)
        await p.press("escape", "g")
        await p.press("y")
        await p.on(FinishScreen)
        await p.until(lambda: "Not saved" in p.text("#saved"), "the sentence")
        assert screen.view.phase == "right"
        await p.press("n")
        await p.on(PlayScreen)

    play(story, save=blocked)


@pytest.mark.slow
def test_disk_full(tmp_path, monkeypatch):
    def full(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(saves.os, "fsync", full)

    async def story(p: Player) -> None:
        await p.on(PlayScreen)
        await p.press("escape", "g")
        await p.press("y")
        await p.on(FinishScreen)
        await p.until(lambda: "No space left" in p.text("#saved"), "the sentence")

    play(story, save=tmp_path)


@pytest.mark.slow
def test_panels_are_hidden_and_remembered():
    async def story(p: Player) -> None:
        screen = await p.on(PlayScreen)
        await p.press("f4")
        assert not screen.query_one("#best").display and screen.query_one("#likeliest").display
        await p.press("v")
        assert not screen.query_one("#side").display
        await p.press("q")
        await p.press("1")
        again = await p.on(PlayScreen)
        assert not again.query_one("#side").display and not again.query_one("#best").display
        await p.press("v", "f4")
        assert again.query_one("#best").display

    play(story, questions="yesno", catalogue="toy")


def test_a_number_is_typed_and_no_option_by_digit():
    async def story(p: Player) -> None:
        screen = await p.on(PlayScreen)
        while screen.view.asked.facet_id != 2:
            await p.press("escape", "s")
        assert screen.view.asked.number and len(screen.view.asked.options) <= 9
        await p.press("i", "7", "enter")
        assert screen.view.history[0].answer_text.startswith("7")

    play(story, catalogue="toy", questions="open")


def test_mouse():
    async def story(p: Player) -> None:
        screen = await p.on(PlayScreen)
        await p.pilot.click("#choices", offset=(6, 4))
        await p.settled()
        assert screen.view.history[0].answer_text == "no"

    play(story, questions="yesno")


@pytest.mark.slow
def test_help_palette_and_themes():
    async def story(p: Player) -> None:
        screen = await p.on(PlayScreen)
        await p.press("f1")
        assert p.app.screen is not screen
        await p.press("escape")
        titles = {command.title for command in p.app.get_system_commands(screen)}
        assert {"Light or dark", "No spoilers", "Undo", "Help"} <= titles
        dark = p.app.current_theme.dark
        p.app.action_dark()
        await p.pilot.pause()
        assert p.app.current_theme.dark != dark

    play(story, questions="yesno", catalogue="toy")


def test_search_box_takes_what_was_typed_faster_than_it_was_found():
    async def story(p: Player) -> None:
        screen = await p.on(PlayScreen)
        await p.pilot.press("3", "0", "enter")
        await p.settled()
        assert screen.view.history[0].answer_text == "10 to 100 kg"
        assert screen.query_one(SearchBox).field.value == ""

    play(story)


def test_first_paint_imports_nothing_heavy():
    heavy = ("numpy", "scipy", "polars", "gymnasium", "torch", "transformers", "tyro", "rapidfuzz")
    code = f"import sys, tui; tui.ClarigymApp(); print([m for m in {heavy!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_what_the_menu_offers_exists():
    from sim.loading import BUILT_IN

    assert set(CATALOGUES) == set(BUILT_IN)
