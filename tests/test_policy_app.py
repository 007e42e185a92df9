"""The learned policy where people meet it: in the app, line by line, and watched."""

from __future__ import annotations

import json

import pytest

from agents.play import mind
from agents.play.game import Session
from agents.play.views import Setup
from agents.policy.serve import PolicyAgent
from screens.finish import FinishScreen
from screens.play import PlayScreen
from screens.watch import WatchScreen
from sim.dialogue import read_dialogues
from sim.posterior.batched import BatchedPosterior
from tests.player import Player, own_folders, play
from tests.test_session import run

__all__ = ["own_folders"]


def test_a_game_is_found_and_saved_under_its_name(tmp_path):
    async def story(p: Player) -> None:
        screen = await p.on(PlayScreen)
        lion = screen.world.catalogue.intents.index("Lion")
        while not isinstance(p.app.screen, FinishScreen):
            await p.answer(screen.world, lion)
        assert "Found it" in p.text("#head") and "Lion" in p.text("#head")
        await p.until(lambda: "saved in" in p.text("#saved").lower(), "saving")

    play(story, agent="policy", save=tmp_path)
    (path,) = tmp_path.rglob("*.jsonl")
    (dialogue,) = read_dialogues(path)
    assert dialogue.success and dialogue.agent == "policy"


def test_it_is_watched_step_by_step_and_back():
    async def story(p: Player) -> None:
        screen = await p.on(WatchScreen)
        await p.press("space")
        assert screen.view.turn == 1
        await p.press("u")
        assert screen.view.turn == 0
        await p.press("plus", "plus", "plus", "plus", "r")
        await p.until(lambda: isinstance(p.app.screen, FinishScreen), "the end")

    play(story, mode="watch", seed=3, catalogue="toy", agent="policy")


def test_a_wrong_guess_is_ruled_out():
    world = mind.load_world(Setup(catalogue="toy", agent="policy"))
    session = Session(world)
    session.begin()
    first = mind.Mind(world)
    assert isinstance(first.agent, PolicyAgent) and isinstance(first.posterior, BatchedPosterior)
    other = first.without(2)
    assert isinstance(other.agent, PolicyAgent)
    assert other.belief()[2] == 0 and other.belief().sum() == pytest.approx(1)
    assert other.agent.posterior.belief()[0, 2] < 1e-12
    assert run(session, 5).phase in ("right", "wrong")
    session = Session(world)
    session.begin()
    session.ask_for_guess()
    session.judge(False)
    assert session.play_on().wrong


def test_watch_prints_its_turns(capsys):
    from agents.commands.watch import main

    assert main(["--catalogue", "toy", "--agent", "policy", "--seed", "1", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["turns"] and said["turns"][0]["eig_bits"] > 0
