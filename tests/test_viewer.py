"""`clarigym view`: the index of dialogues, what could be known at each turn, and the app, played by its keys."""

from __future__ import annotations

import asyncio
import json
import math
import random
from collections.abc import Awaitable, Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.cli import main
from agents.errors import Exit, InputError
from agents.play.lookback import lost_at
from agents.results.dialogue_index import ORDERS, DialogueIndex, Filter, with_text
from agents.results.second_look import SecondLooks
from agents.setting import make_setting
from envs.rules import Rules
from screens.dialogue_panels import MomentPanel, TurnList
from screens.dialogue_screens import DialogueScreen, SideBySideScreen
from screens.viewer import TableScreen, ViewerApp
from sim.dialogue import DialogueError, read_dialogues
from sim.numeric.entropy import entropy_bits
from sim.posterior.exact import ChannelPosterior
from tests.player import Player

HOSTILE = "[red]Gl\x1b[31mad\x07iator[/red]\n<script>"


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> tuple[str, str]:
    """Dialogues and rows of three agents with forty users of toy."""
    folder = tmp_path_factory.mktemp("run")
    dialogues, rows = str(folder / "dialogues.jsonl"), str(folder / "rows.jsonl")
    command = ["evaluate", "--catalogue", "toy", "--noise", "hard", "--agents", "exact,uniform,fixed", "--episodes",
               "40", "--budget", "5", "--opening", "--out", rows, "--dialogues", dialogues]  # fmt: skip
    assert main(command) == Exit.OK
    return dialogues, rows


def whole(*paths: str) -> DialogueIndex:
    index = DialogueIndex(paths)
    index.read_rows()
    assert not index.read(10_000)
    return index


# --- the index -----------------------------------------------------------------------------------------------------


def test_the_index_against_the_dialogues_themselves(files):
    index = whole(*files)
    dialogues = list(read_dialogues(files[0]))
    assert [index.dialogue(entry) for entry in index.entries] == dialogues
    for entry, d in zip(index.entries, dialogues, strict=True):
        assert (entry.agent, entry.episode, entry.turns, entry.wanted) == (
            d.agent, d.episode, len(d.turns), d.intent_name
        )  # fmt: skip
        assert (entry.outcome == "found") == d.success and (entry.outcome == "left") == d.user_left
    assert index.agents == ["exact", "uniform", "fixed"] and index.share_read == 1.0
    lost = [index.lost(entry) for entry in index.entries]
    assert all(index.opened(entry) for entry in index.entries)
    assert None not in lost and any(lost) and not all(lost)


def test_read_in_pieces_it_is_the_same(files):
    index = DialogueIndex(files[:1])
    assert index.read(7) and len(index.entries) == 7 and 0 < index.share_read < 1
    while index.read(9):
        pass
    assert index.entries == whole(files[0]).entries
    assert all(index.lost(entry) is None for entry in index.entries), "nobody has looked"


@given(st.randoms())
def test_every_order_sorts_and_every_filter_keeps_what_fits(random_: random.Random):
    index = whole(*FILES)
    order = random_.choice(ORDERS)
    wanted = Filter(agent=random_.choice(["", "exact"]), outcome=random_.choice(["", "not found", "found", "wrong"]),
                    least_turns=random_.randrange(6), lost=random_.random() < 0.5,
                    text=random_.choice(["", "A", "fix"]))  # fmt: skip
    chosen = index.chosen(wanted, order)
    assert sorted(index.chosen(wanted, order, backwards=True)) == sorted(chosen)
    for entry in index.entries:
        keeps = (
            wanted.agent in ("", entry.agent)
            and (wanted.outcome in ("", entry.outcome) or (wanted.outcome == "not found" and entry.outcome != "found"))
            and entry.turns >= wanted.least_turns
            and (not wanted.lost or index.lost(entry))
            and (wanted.text.lower() in entry.wanted.lower() or wanted.text.lower() in entry.agent)
        )
        assert (entry in chosen) == bool(keeps)
    if order == "worst":
        ranks = [("wrong", "left", "none", "found").index(e.outcome) for e in chosen]
        assert ranks == sorted(ranks)
    if order == "turns":
        assert [e.turns for e in chosen] == sorted((e.turns for e in chosen), reverse=True)
    if order == "lost":
        turns = [index.lost(e) for e in chosen if index.lost(e)]
        assert turns == sorted(turns) and chosen[: len(turns)] == [e for e in chosen if index.lost(e)]


FILES: tuple[str, ...] = ()


@pytest.fixture(scope="module", autouse=True)
def _for_hypothesis(files) -> None:
    global FILES
    FILES = files


def test_what_is_typed_becomes_a_filter():
    typed = with_text(Filter(agent="exact", text="old"), "turns>=4 wrong Big dog")
    assert typed == Filter(agent="exact", outcome="wrong", least_turns=4, text="Big dog")
    assert with_text(Filter(), "turns") == Filter(text="turns")
    assert str(Filter()) == "all"


def test_two_rows_that_disagree_say_nothing_of_where_the_truth_was_lost(files, tmp_path):
    lines = Path(files[1]).read_text().splitlines()
    row = json.loads(lines[1])
    other = tmp_path / "other.jsonl"
    row["truth_bits"] = [-20.0 * k for k in range(len(row["truth_bits"]))]
    other.write_text("\n".join([lines[0], json.dumps(row)]) + "\n")
    index = whole(*files, str(other))
    assert index.lost(index.entries[0]) is None and index.lost(index.entries[1]) is not None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("\n\n", "is empty"),
        ("# Notes\n", "not JSON"),
        ("[]\n", "neither dialogues nor rows"),
        ('{"schema": "clarigym.dialogue/1"}\n', "this version reads 'clarigym.dialogue/2'"),
        ('{"schema": "clarigym.dialogue/2"}\n', 'no dialogue, "success" is missing'),
    ],
)
def test_files_that_cannot_be_viewed_are_one_sentence(text, words, tmp_path, capsys):
    path = tmp_path / "x.jsonl"
    path.write_text(text)
    assert main(["view", str(path)]) == Exit.BAD_INPUT
    said = capsys.readouterr()
    assert words in said.err and said.err.count("\n") == 1 and not said.out


def test_mistakes_of_the_command_line(files, tmp_path, capsys):
    for arguments, words in (
        (["view", files[1]], "rows without dialogues"),
        (["view", files[0], files[0]], "named twice"),
        (["view", str(tmp_path)], "it is a folder"),
        (["view", "nowhere.jsonl"], "cannot read nowhere.jsonl"),
        (["view", files[0], "--first", "0"], "first = 0"),
        (["view"], ""),
    ):
        assert main(arguments) == Exit.BAD_INPUT
        said = capsys.readouterr().err
        assert words in said and said.count("\n") == 1


def test_through_a_pipe_it_is_a_table(files, capsys):
    assert main(["view", *files, "--first", "5"]) == Exit.OK
    out = capsys.readouterr().out
    assert "\x1b" not in out and "the worst 5 of 120; --first shows more" in out
    assert out.splitlines()[0].split() == ["agent", "outcome", "turns", "lost", "episode", "wanted"]
    assert [line.split()[1] for line in out.splitlines()[1:6]] == ["wrong"] * 5


# --- what could be known -------------------------------------------------------------------------------------------


def expected_bits(posterior: ChannelPosterior, question: int) -> float:
    """By how much the answer is expected to lower the entropy."""
    after = 0.0
    for answer, p in enumerate(posterior.predict(np.array([question]))[0]):
        other = posterior.copy()
        other.update(np.array([question]), np.array([answer]))
        after += float(p) * entropy_bits(other.belief()[0])
    return entropy_bits(posterior.belief()[0]) - after


def test_a_second_look_against_a_posterior_of_its_own(files):
    setting = make_setting("toy", "mixed", "hard", Rules(budget=5, opening=True))
    posterior, looks = ChannelPosterior(setting.channel, setting.bank), SecondLooks()
    rows = [json.loads(line) for line in Path(files[1]).read_text().splitlines()[1:]]
    for row, d in list(zip(rows, read_dialogues(files[0]), strict=True))[:50]:
        look = looks.look(d, opened=True)
        posterior.reset(1)
        facets = setting.bank.facet
        said = np.full((1, len(setting.catalogue.facets)), -1)
        for turn in d.opening:
            said[0, facets[turn.question]] = turn.answer - 1
        posterior.open(said)
        for k, moment in enumerate(look.moments):
            belief = posterior.belief()[0]
            assert moment.p_truth == pytest.approx(belief[d.intent])
            assert moment.likeliest[0][1] == pytest.approx(belief.max())
            asked = d.turns[k].question if k < len(d.turns) else None
            if asked is not None:
                few = int(setting.bank.answers[asked]) <= 5
                assert moment.asked_bits == pytest.approx(expected_bits(posterior, asked), abs=1e-9 if few else 0.05)
                bound = posterior.choose(1)[1][0, 0] / math.log(2)
                assert max(moment.asked_bits, bound) - 1e-9 <= moment.best_bits <= bound + 0.05
                posterior.update(np.array([asked]), np.array([max(d.turns[k].answer, 0)]))
        assert looks.lost(d, opened=True) == look.lost_at
        if d.agent == "exact":
            assert look.lost_at == lost_at(row["truth_bits"])[0], "its own belief is the exact one"
        assert look.false_turns == set(row["false_turns"]) - {0}
        assert len(look.memories) == len(look.suspected) == len(d.turns)


def test_a_dialogue_of_a_catalogue_that_is_not_at_hand(files):
    d = next(read_dialogues(files[0]))
    from dataclasses import replace

    looks = SecondLooks()
    with pytest.raises(InputError, match="no catalogue 'mine' to work out beliefs on; give its file by --catalogue"):
        looks.look(replace(d, catalogue="mine"))
    with pytest.raises(InputError, match="has other data than when the dialogue was held"):
        looks.look(replace(d, fingerprint="0" * 16))
    with pytest.raises(DialogueError, match="asks question 9999"):
        looks.look(replace(d, turns=(replace(d.turns[0], question=9999),)))
    assert "is not at hand" in looks.look(replace(d, noise="mine.toml", rates="0")).note
    assert "other rates now" in looks.look(replace(d, rates="0")).note


# --- the app -------------------------------------------------------------------------------------------------------

Story = Callable[[Player, ViewerApp], Awaitable[None]]


def view(story: Story, *paths: str, size: tuple[int, int] = (80, 24)) -> None:
    async def run() -> None:
        index = DialogueIndex(paths)
        index.read(50)
        app = ViewerApp(index)
        async with app.run_test(size=size) as pilot:
            player = Player(app, pilot)  # type: ignore[arg-type]
            await player.until(lambda: app.screen is app.table and not app.table.more, "reading")
            await player.until(lambda: not app.reading.busy, "sorting")
            await story(player, app)

    asyncio.run(run())


def drawn(app: ViewerApp) -> list[str]:
    """What the screen shows, line by line."""
    size = app.size
    strips = app.screen._compositor.render_strips()  # the text alone; a screenshot would hold styles too
    assert len(strips) == size.height
    return [strip.text for strip in strips]


def test_worst_first_filtered_sorted_and_opened_by_keys(files):
    async def story(p: Player, app: ViewerApp) -> None:
        table = app.table.dialogues
        assert len(table.entries) == 120 and table.entries[0].outcome == "wrong"
        assert "1 of 120" in drawn(app)[0] and "▸" in drawn(app)[2]
        await p.pilot.press("a")
        await p.until(lambda: {e.agent for e in table.entries} == {"exact"})
        await p.pilot.press("o")
        await p.until(lambda: all(e.outcome != "found" for e in table.entries))
        await p.pilot.press("escape", "slash", *"turns>4", "enter")
        await p.until(lambda: min(e.turns for e in table.entries) == 4)
        await p.pilot.press("s", "s", "s", "r")
        await p.until(lambda: app.table.order.order == "turns" and table.entries[0].turns == 4)
        await p.pilot.press("end")
        assert table.at == len(table.entries) - 1
        await p.pilot.press("home", "down", "enter")
        await p.until(lambda: isinstance(app.screen, DialogueScreen))
        assert app.screen.entry is table.entries[1]
        await p.pilot.press("right")
        await p.until(lambda: app.screen.entry is table.entries[2])
        await p.pilot.press("q")
        assert app.screen is app.table

    view(story, *files)


def test_turn_by_turn_with_the_belief_and_beside_another_agent(files):
    async def story(p: Player, app: ViewerApp) -> None:
        await p.pilot.press("enter")
        await p.until(lambda: isinstance(app.screen, DialogueScreen))
        screen = app.screen
        await p.until(lambda: screen.query_one(MomentPanel).look is not None, "a second look")
        look = screen.query_one(MomentPanel).look
        await p.pilot.press("home", "down")
        shown = "\n".join(drawn(app))
        assert "LIKELIEST after 1" in shown and f"{look.moments[0].asked_bits:.2f} bits" in shown
        assert "THE USER" in shown and f"best {look.moments[0].best_bits:.2f}" in shown
        assert screen.dialogue.turns[0].question_text[:12] in shown
        await p.pilot.press("c")
        await p.until(lambda: isinstance(app.screen, SideBySideScreen))
        left, right = app.screen.query(TurnList)
        assert left.dialogue.intent == right.dialogue.intent and left.dialogue.agent != right.dialogue.agent
        await p.until(lambda: right.look is not None and left.look is not None)
        await p.pilot.press("down")
        assert left.at == 2
        before = right.dialogue.agent
        await p.pilot.press("tab")
        await p.until(lambda: [*app.screen.query(TurnList)][1].dialogue.agent != before)

    view(story, *files)


@pytest.mark.parametrize("size", [(80, 24), (40, 10)])
def test_text_from_a_file_commands_neither_screen_nor_terminal(files, size, tmp_path, capsys):
    path = tmp_path / "hostile.jsonl"
    lines = [json.loads(line) for line in Path(files[0]).read_text().splitlines()[:3]]
    for d in lines:
        d |= {"agent": HOSTILE, "intent_name": HOSTILE, "success": False, "guesses": [], "catalogue": HOSTILE}
        for turn in d["turns"]:
            turn |= {"question_text": HOSTILE, "answer_text": HOSTILE}
    path.write_text("".join(json.dumps(d) + "\n" for d in lines))

    async def story(p: Player, app: ViewerApp) -> None:
        for keys in ((), ("enter",), ("up",), ("home",)):
            await p.pilot.press(*keys)
            await p.until(lambda: not app.thinking.busy)
            shown = "".join(drawn(app))
            assert "\x1b" not in shown and "\x07" not in shown and "\n" not in shown
            assert "[red]" in shown

    view(story, str(path), size=size)
    assert main(["view", str(path)]) == Exit.OK
    out = capsys.readouterr().out
    assert "\x1b" not in out and "[red]" in out


def test_a_line_that_is_broken_is_said_and_the_rest_can_be_seen(files, tmp_path):
    path = tmp_path / "broken.jsonl"
    lines = Path(files[0]).read_text().splitlines(keepends=True)
    path.write_text("".join([*lines[:60], "{broken\n", *lines[60:]]))

    async def story(p: Player, app: ViewerApp) -> None:
        await p.until(lambda: app.table.trouble)
        assert "line 61: not JSON" in app.table.trouble
        assert isinstance(app.screen, TableScreen) and len(app.table.dialogues.entries) == 60

    view(story, str(path))


def test_a_dialogue_that_cannot_be_read_is_said(files, tmp_path):
    """Its line has all that a table says, and not what the schema wants; or the file is gone."""
    path = tmp_path / "odd.jsonl"
    lines = [json.loads(line) for line in Path(files[0]).read_text().splitlines()[:2]]
    for d in lines:
        d["turns"] = [{"question": "x"}]
    path.write_text("".join(json.dumps(d) + "\n" for d in lines))

    async def story(p: Player, app: ViewerApp) -> None:
        await p.pilot.press("enter")
        await p.pilot.pause()
        assert app.screen is app.table and any("field" in note.message for note in app._notifications)
        path.unlink()
        await p.pilot.press("down", "enter")
        await p.pilot.pause()
        assert app.screen is app.table and any("No such file" in note.message for note in app._notifications)

    view(story, str(path))
