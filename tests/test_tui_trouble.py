"""The app in trouble: haste, odd catalogues, resizes in mid-game, folders that fail."""

from __future__ import annotations

import subprocess
import sys
import threading

import numpy as np
import pytest
from textual.widgets import Input

from agents.play import mind, saves
from agents.play.game import Session
from screens.app import TooSmall
from screens.choices import Choices
from screens.finish import FinishScreen
from screens.loading import LoadingScreen
from screens.play import PlayScreen
from screens.search import SearchBox
from screens.start import StartScreen
from sim.catalogue.catalogue import Catalogue, make_facet
from tests.player import PATIENCE, Player, own_folders, play

__all__ = ["own_folders"]


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
    """The thought lasts until the keys are pressed, however long a machine takes for that."""
    told, may_end = mind.Mind.told, threading.Event()

    def told_when_it_may(self, question, answer):
        assert may_end.wait(PATIENCE)
        return told(self, question, answer)

    monkeypatch.setattr(mind.Mind, "told", told_when_it_may)

    async def story(p: Player) -> None:
        screen = await p.on(PlayScreen)
        first = screen.view
        await p.pilot.press("y", "n", "n", "p")
        assert screen.thinking and screen.view == first
        may_end.set()
        await p.settled()
        assert screen.view.turn == 1 and screen.view.history[0].answer_text == "yes"
        may_end.clear()
        await p.pilot.press("y", "u")
        assert screen.thinking and screen.view.turn == 1
        may_end.set()
        await p.until(lambda: not screen.thinking)
        await p.settled()
        assert screen.view.turn == 1, "the undo took the answer back that was being thought about"
        await p.press("u")
        assert screen.view == first

    play(story, questions="yesno")


def test_keys_typed_while_a_catalogue_loads_are_kept(monkeypatch):
    load, may_end = mind.load, threading.Event()

    def load_when_it_may(name):
        assert may_end.wait(PATIENCE)
        return load(name)

    monkeypatch.setattr(mind, "load", load_when_it_may)

    async def story(p: Player) -> None:
        await p.on(LoadingScreen)
        await p.pilot.press(*"quexen", "left", "left", "left", "backspace")
        await p.until(lambda: "reading" in p.text("#what"), "what is being done")
        may_end.set()
        await p.on(PlayScreen)
        await p.settled()
        assert isinstance(p.app.focused, Input) and p.app.focused.value == "quxen"

    play(story)


def test_keys_typed_before_the_first_question_is_thought_of_are_kept(monkeypatch):
    begin, may_end = Session.begin, threading.Event()

    def begin_when_it_may(self, *args, **options):
        assert may_end.wait(PATIENCE)
        return begin(self, *args, **options)

    monkeypatch.setattr(Session, "begin", begin_when_it_may)

    async def story(p: Player) -> None:
        await p.until(lambda: isinstance(p.app.screen, PlayScreen), "the game")
        screen = p.app.screen
        await p.until(lambda: "first question" in p.text("#question"), "what is being done")
        await p.pilot.press("y")
        assert screen.view is None
        may_end.set()
        await p.until(lambda: screen.view is not None and not screen.thinking, "a first view")
        await p.settled()
        assert [e.answer_text for e in screen.view.history] == ["yes"]

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


def test_search_box_takes_what_was_typed_faster_than_it_was_found():
    async def story(p: Player) -> None:
        screen = await p.on(PlayScreen)
        await p.pilot.press("3", "0", "enter")
        await p.settled()
        assert screen.view.history[0].answer_text == "10 to 100 kg"
        assert screen.query_one(SearchBox).field.value == ""

    play(story, noise="typical")


def test_enter_alone_takes_no_name_that_is_merely_similar(tmp_path):
    places = ("Africa", "North America", "Asia", "Europe", "Oceania", "Antarctica", "here", "there", "home", "abroad")
    path = tmp_path / "places.csv"
    path.write_text("name,place\n" + "".join(f"{k},{place}\n" for k, place in enumerate(places * 2)))

    async def story(p: Player) -> None:
        screen = await p.on(PlayScreen)
        choices = screen.query_one("#search").query_one(Choices)
        await p.type("rica")
        assert {c.label for c in choices.items} >= {"Africa", "North America"} and choices.at == -1
        await p.press("enter")
        assert screen.view.turn == 0
        await p.type("don't kn")
        await p.press("enter")
        assert [e.answer_text for e in screen.view.history] == ["don't know"]

    play(story, questions="open", catalogue=str(path))


def test_first_paint_imports_nothing_heavy():
    heavy = ("numpy", "scipy", "polars", "gymnasium", "torch", "transformers", "tyro", "rapidfuzz")
    code = f"import sys, tui, screens.app as a; a.ClarigymApp(); print([m for m in {heavy!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
