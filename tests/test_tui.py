"""The app, played by its keys: whole games in every mode, at two sizes."""

from __future__ import annotations

import asyncio

import pytest
from textual.widgets import Input

from agents.play import mind
from agents.play.views import Setup
from screens.app import ClarigymApp
from screens.ask import AskScreen
from screens.confirm import ConfirmScreen
from screens.finish import FinishScreen
from screens.opening import OpeningScreen
from screens.play import CardScreen, PlayScreen
from screens.start import CATALOGUES, Menu, StartScreen
from screens.watch import WatchScreen
from sim.dialogue import read_dialogues
from tests.player import SIZES, Player, own_folders, play

__all__ = ["own_folders"]


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
    from agents.play.game import Session

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
        await p.type(screen.world.label(screen.asking.user.intent))
        await p.press("enter")
        await p.on(FinishScreen)
        await p.until(lambda: "bits' worth" in p.text("#told"), "the score")
        assert "Found it" in p.text("#head")

    play(story, size=size, mode="ask", catalogue="toy", save=tmp_path)
    (dialogue,) = read_dialogues(next(tmp_path.rglob("*.jsonl")))
    assert dialogue.agent == "person" and dialogue.success and dialogue.noise == "people"


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
        await p.press("escape", "i", "7", "enter")
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


def test_what_the_menu_offers_exists():
    from sim.catalogue.load import BUILT_IN

    assert set(CATALOGUES) == set(BUILT_IN)
