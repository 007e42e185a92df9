"""`clarigym-play` as a command: streams that end, damaged records, signals in mid-game."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from agents.errors import Exit
from agents.play import replay, saves
from agents.play.game import Session
from agents.play.mind import load_world
from agents.play.views import Setup
from sim.dialogue import Dialogue, DialogueError
from sim.questions import OPEN, question_bank
from tests.player import PATIENCE
from tests.test_session import run, toy
from tui import main

__all__ = ["toy"]

ROOT = Path(__file__).parent.parent
posix = pytest.mark.skipif(os.name != "posix", reason="descriptors, pipes and signals as POSIX has them")


@pytest.fixture(autouse=True)
def own_folders(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("TERM", "xterm-256color")


def shell(line: str) -> subprocess.CompletedProcess[str]:
    """A line of bash, in which `play` is the command of this checkout; the exit code is that of its last part but one
    where there are several, as the last one only reads."""
    script = f'play() {{ "{sys.executable}" -m tui --catalogue toy "$@"; }}; {line}; exit ${{PIPESTATUS[-2]:-$?}}'
    return subprocess.run(["bash", "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60)


@posix
class TestStreams:
    def test_a_reader_that_goes_away_ends_the_game(self):
        done = shell("yes y | play | head -1")
        assert (done.returncode, done.stderr) == (Exit.OK, "")
        assert done.stdout.startswith("Think of one pizza")

    def test_closed_streams_are_no_failure(self):
        done = subprocess.run(
            ["bash", "-c", f'"{sys.executable}" -m tui --catalogue toy <&-'], cwd=ROOT, capture_output=True, text=True
        )
        assert (done.returncode, done.stderr) == (Exit.OK, "") and "Goodbye" in done.stdout
        done = subprocess.run(
            ["bash", "-c", f'yes y | "{sys.executable}" -m tui --catalogue toy >&-; exit ${{PIPESTATUS[1]}}'],
            cwd=ROOT, capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        assert (done.returncode, done.stderr) == (Exit.OK, "")

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
    def test_a_full_output_is_one_sentence(self):
        command = f'"{sys.executable}" -m tui --catalogue toy > /dev/full'
        done = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == Exit.SYSTEM
        assert done.stderr == "clarigym-play: standard output: No space left on device\n"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--seed", "-1"], "seed=-1"),
        (["--seed", "99999999999999999999"], "seed=99999999999999999999"),
        (["--budget", "0"], "budget=0"),
        (["--agent", "exacct"], "did you mean 'exact'"),
        (["--catalogue", "moovies"], "moovies"),
        (["--replay", "/nowhere/x.jsonl"], "/nowhere/x.jsonl"),
    ],
)
def test_bad_flags_are_one_sentence(arguments, says, capsys):
    assert main(["--plain", *arguments]) == Exit.BAD_INPUT
    err = capsys.readouterr().err
    assert err.startswith("clarigym-play: ") and says in err and err.count("\n") == 1


class TestDamagedRecords:
    def record(self, world) -> dict:
        session = Session(world)
        costs = next(f for f, facet in enumerate(world.catalogue.facets) if world.bank.open_question[f] >= 0)
        session.begin([(costs, 0)])
        session.answer(0)
        session.ask_for_guess()
        session.judge(False)
        session.play_on()
        run(session, 2)
        return json.loads(session.record(2).to_json())

    def test_an_untouched_one_replays(self, toy, tmp_path, capsys):
        path = tmp_path / "d.jsonl"
        path.write_text(json.dumps(self.record(toy)) + "\n")
        assert main(["--plain", "--replay", str(path)]) == Exit.OK
        assert "Guess: " in capsys.readouterr().out

    @pytest.mark.parametrize(
        "change",
        [
            {"intent": 1000000000},
            {"intent": -2},
            {"turns": [{"question": 999, "answer": 0}]},
            {"turns": [{"question": -1, "answer": 0}]},
            {"turns": [{"question": 0, "answer": 99}]},
            {"turns": [{"question": 0, "answer": -1}, {"question": 1, "answer": 0}]},
            {"turns": [{"question": 0, "answer": -2}]},
            {"turns": [{"question": 0, "answer": 0, "eig_bits": float("nan")}]},
            {"turns": [{"question": 0, "answer": 0, "eig_bits": -1.0}]},
            {"opening": [{"question": 0, "answer": 0}]},
            {"opening": [{"question": 1, "answer": -1}]},
            {"guesses": [{"intent": 8, "right": True, "after": 0}]},
            {"guesses": [{"intent": 0, "right": True, "after": 99}]},
            {"guesses": [{"intent": 0, "right": False, "after": 1}, {"intent": 1, "right": True, "after": 0}]},
            {"corruptions": [{"facet": "nosuch", "kind": "forgotten", "true": [], "lost": "", "believed": ""}]},
            {"fingerprint": "0"},
            {"catalogue": "nosuch"},
            {"budget": 0},
            {"budget": 10**9},
            {"questions": "odd"},
            {"max_questions": 0},
            {"max_questions": 1},
            {"noise": "nosuch"},
            {"turns": 3},
        ],
        ids=str,
    )
    def test_a_damaged_one_is_one_sentence(self, change, toy, tmp_path, capsys):
        turn = {"question_text": "", "answer_text": "", "eig_bits": None}
        filled = {
            name: [
                ({"name": ""} if name == "guesses" else turn if name in ("turns", "opening") else {}) | x for x in value
            ]
            if isinstance(value, list)
            else value
            for name, value in change.items()
        }
        path = tmp_path / "d.jsonl"
        path.write_text(json.dumps(self.record(toy) | filled) + "\n")
        assert main(["--plain", "--replay", str(path)]) == Exit.BAD_INPUT
        err = capsys.readouterr().err
        assert err.startswith("clarigym-play: ") and err.count("\n") == 1

    def test_ids_of_a_cut_bank_are_read_as_such(self, toy):
        cut = question_bank(toy.catalogue, "mixed", 5)
        q = next(q for q in range(len(cut)) if cut.kind[q] != OPEN)
        data = self.record(toy) | {"max_questions": 5, "opening": [], "guesses": []}
        data["turns"] = [{"question": q, "answer": 4, "question_text": "", "answer_text": "", "eig_bits": None}]
        session, user = Session(toy), replay.Recorded(toy, Dialogue.from_json(json.dumps(data)))
        view = user.begin(session)
        assert view.asked is not None and view.asked.text == cut.text(q)
        data["turns"][0]["question"] = 5
        with pytest.raises(DialogueError):
            replay.Recorded(toy, Dialogue.from_json(json.dumps(data)))


def read_until(terminal: int, holds: Callable[[bytes], bool], seen: bytes = b"") -> bytes:
    """What comes from a terminal until it is enough, the other end is closed, or patience ends."""
    end = time.monotonic() + PATIENCE
    while not holds(seen) and select.select([terminal], [], [], max(0.0, end - time.monotonic()))[0]:
        try:
            piece = os.read(terminal, 65536)
        except OSError:  # Linux says so where the other end is closed
            break
        if not piece:
            break
        seen += piece
    return seen


@posix
@pytest.mark.parametrize(("name", "code"), [("SIGTERM", Exit.TERMINATED), ("SIGHUP", Exit.HANGUP), ("SIGINT", 130)])
def test_a_signal_ends_the_app_and_the_terminal_is_as_it_was(name, code):
    import pty
    import termios

    def defaults() -> None:  # whoever starts the tests may ignore some of them
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)

    above, below = pty.openpty()
    termios.tcsetwinsize(above, (24, 80))
    command = [sys.executable, "-m", "tui", "--catalogue", "toy", "--no-save"]
    process = subprocess.Popen(command, cwd=ROOT, stdin=below, stdout=below, stderr=below, preexec_fn=defaults)
    os.close(below)
    try:
        seen = read_until(above, lambda seen: b"LIKELIEST" in seen)
        assert b"LIKELIEST" in seen
        process.send_signal(getattr(signal, name))
        seen = read_until(above, lambda seen: False, seen)
        process.wait(timeout=PATIENCE)
    finally:
        process.kill()
        os.close(above)
    assert seen.count(b"\x1b[?1049h") == seen.count(b"\x1b[?1049l") == 1, "the other screen is left"
    assert process.returncode == code
    said = seen.partition(b"\x1b[?1049l")[2].decode()
    assert f"clarigym-play: {'interrupted' if name == 'SIGINT' else 'ended by a signal'}" in said


def test_remembered_choices_of_the_wrong_kind_are_left_out(tmp_path):
    from screens.app import ClarigymApp

    saves.remember(Setup(catalogue="toy"), hidden=3, theme=["dark"])
    app = ClarigymApp(remembering=True)
    assert app.hidden == set()
    assert load_world(saves.setup_from(saves.remembered())).catalogue.name == "toy"


@posix
def test_without_a_terminal_to_draw_on_it_plays_line_by_line():
    import pty

    above, below = pty.openpty()
    command = [sys.executable, "-m", "tui", "--catalogue", "toy", "--no-save"]
    process = subprocess.Popen(command, cwd=ROOT, stdin=below, stdout=below, stderr=subprocess.PIPE)
    os.close(below)
    try:
        seen = read_until(above, lambda seen: b"Your answer" in seen)
        os.write(above, b"q\n")
        seen = read_until(above, lambda seen: b"Goodbye" in seen, seen)
        _, err = process.communicate(timeout=PATIENCE)
    finally:
        process.kill()
        os.close(above)
    assert b"Think of one pizza" in seen and b"Goodbye" in seen and b"\x1b[" not in seen
    assert (process.returncode, err) == (Exit.OK, b"")


@posix
@pytest.mark.parametrize("ignored", [False, True], ids=["", "as nohup does"])
def test_a_terminal_that_goes_away_without_a_signal_ends_the_app(ignored):
    """In a session of its own nobody tells the app; reading from the terminal gives nothing, at once, for ever."""
    import pty
    import termios

    def defaults() -> None:
        signal.signal(signal.SIGHUP, signal.SIG_IGN if ignored else signal.SIG_DFL)

    above, below = pty.openpty()
    termios.tcsetwinsize(above, (24, 80))
    command = [sys.executable, "-m", "tui", "--catalogue", "toy", "--no-save"]
    process = subprocess.Popen(
        command, cwd=ROOT, stdin=below, stdout=below, stderr=below, start_new_session=True, preexec_fn=defaults
    )
    os.close(below)
    try:
        seen = read_until(above, lambda seen: b"LIKELIEST" in seen)
        assert b"LIKELIEST" in seen
        os.close(above)
        assert process.wait(timeout=PATIENCE) == (Exit.OK if ignored else Exit.HANGUP)
    finally:
        process.kill()
