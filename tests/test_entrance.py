"""The entrance of the scripts: streams that are closed, full or left, signals, and what a message may quote."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from agents.cli import main
from agents.commands import entrance
from agents.errors import Exit
from agents.evaluation.resumable_rows import read_rows

ROOT = Path(__file__).parent.parent
ENV = os.environ | {"PYTHONPATH": str(ROOT)}
EVALUATE = "evaluate --catalogue toy --agents uniform --episodes 3"

pytestmark = pytest.mark.skipif(os.name != "posix", reason="descriptors, pipes and signals as POSIX has them")


def shell(line: str) -> subprocess.CompletedProcess[str]:
    """A line of bash, in which `clarigym` is the command of this checkout; the exit code is its first part's."""
    script = f'clarigym() {{ "{sys.executable}" -m agents.cli "$@"; }}; {line}; exit ${{PIPESTATUS[0]}}'
    return subprocess.run(["bash", "-c", script], cwd=ROOT, env=ENV, capture_output=True, text=True)


@pytest.mark.parametrize("command", ["list", "catalogue describe toy", "watch --catalogue toy", f"{EVALUATE} --json"])
def test_a_reader_that_goes_away_is_no_failure(command):
    done = shell(f"clarigym {command} | true")
    assert (done.returncode, done.stderr) == (Exit.OK, "")


def test_the_verdict_is_that_of_all_scenarios_whoever_reads_on(tmp_path):
    scenario = '[[scenario]]\nname = "{}"\ncatalogue = "toy"\nexpect = {{ found = true, within = {} }}\n'
    path = tmp_path / "s.toml"
    path.write_text(scenario.format("holds", 20) + scenario.format("fails", 0))
    done = shell(f"clarigym run {path} | true")
    assert (done.returncode, done.stderr) == (Exit.FAILED, "")


def test_closed_streams_are_no_failure():
    done = shell("clarigym list <&- >&-")
    assert (done.returncode, done.stderr) == (Exit.OK, "")
    done = shell(f"clarigym {EVALUATE} --json 2>&-")
    assert done.returncode == Exit.OK and json.loads(done.stdout)["results"]


def test_no_file_takes_the_place_of_a_closed_stream(tmp_path):
    path = tmp_path / "rows.jsonl"
    done = shell(f"clarigym {EVALUATE} --out {path} <&- >&- 2>&-")
    assert done.returncode == Exit.OK
    assert len(read_rows(path)[1]) == 3


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_a_full_output_is_one_sentence():
    done = shell("clarigym list > /dev/full")
    assert done.returncode == Exit.SYSTEM
    assert done.stderr == "clarigym: standard output: No space left on device\n"
    assert shell("clarigym nosuch 2> /dev/full").returncode == Exit.BAD_INPUT, "whoever can't be told is not told"


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_ends_a_command_with_its_code_and_whole_rows(name, tmp_path):
    path = tmp_path / "r.jsonl"
    command = [sys.executable, "-m", "agents.cli", "evaluate", "--catalogue", "toy", "--episodes", "100000",
               "--agents", "uniform", "--out", str(path)]  # fmt: skip

    def defaults() -> None:  # a shell in the background has its children ignore some of them
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)

    process = subprocess.Popen(command, cwd=ROOT, env=ENV, stderr=subprocess.PIPE, text=True, preexec_fn=defaults)
    deadline = time.monotonic() + 60
    while (not path.exists() or path.read_bytes().count(b"\n") < 3) and time.monotonic() < deadline:
        time.sleep(0.1)
    process.send_signal(getattr(signal, name))
    _, err = process.communicate(timeout=60)
    code, what = {
        "SIGINT": (Exit.INTERRUPTED, "interrupted"),
        "SIGTERM": (Exit.TERMINATED, "ended by a signal"),
        "SIGHUP": (Exit.HANGUP, "ended by a signal"),
    }[name]
    assert process.returncode == code
    assert err == f"clarigym: {what}; what is done is in {path}, go on with --resume\n"
    assert path.read_bytes().endswith(b"}\n")


def test_a_signal_that_is_ignored_stays_ignored():
    """`nohup clarigym evaluate` outlives its terminal."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        assert entrance.enter("x", lambda: int(signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN)) == 0
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL, "as it was before the command"


def test_ctrl_c_while_a_command_is_imported_is_one_line(tmp_path):
    (tmp_path / "slow.py").write_text("import os, signal, time\nos.kill(os.getpid(), signal.SIGINT)\ntime.sleep(9)\n")
    code = "from agents import cli; cli.COMMANDS['slow'] = ('slow', ''); raise SystemExit(cli.main(['slow']))"
    env = ENV | {"PYTHONPATH": f"{ROOT}:{tmp_path}"}

    def default() -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, preexec_fn=default)
    assert done.stderr == "clarigym: interrupted\n"
    assert done.returncode in (Exit.INTERRUPTED, -signal.SIGINT), "one or the other, a shell says 130 for both"


def test_what_a_message_quotes_cannot_command_the_terminal(capsys):
    assert main(["watch", "--catalogue", "n\x1b]0;PWNED\x07\x9b31m.csv"]) == Exit.BAD_INPUT
    said = capsys.readouterr().err
    assert r"n\x1b]0;PWNED\x07\x9b31m.csv" in said
    assert all(c.isprintable() for c in said.rstrip("\n"))


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("err == 0. CPUAllocator: can't allocate memory: 9 TB")])
def test_too_little_memory_is_the_machines_refusal(error, capsys):
    def command() -> int:
        raise error

    assert entrance.enter("clarigym", command) == Exit.SYSTEM
    assert capsys.readouterr().err == "clarigym: there is not enough memory for this\n"


def test_a_panic_of_a_compiled_library_is_one_sentence(capsys):
    class PanicException(BaseException):
        """As polars raises it: no Exception."""

    def command() -> int:
        raise PanicException("index out of bounds")

    assert entrance.enter("clarigym", command) == Exit.INTERNAL
    assert capsys.readouterr().err.startswith("clarigym: internal error: PanicException: index out of bounds (")


EVIL = "e\x1b]0;PWNED\x07"


@pytest.fixture
def evil(tmp_path, monkeypatch):
    """A folder in which all that a user may name holds an escape sequence."""
    monkeypatch.chdir(tmp_path)
    rows = "".join(f"{EVIL}{k},{('red', 'blue', EVIL)[k % 3]},{k}\n" for k in range(9))
    Path(f"{EVIL}.csv").write_text(f"name,co{EVIL}lour,size\n{rows}")
    Path(f"{EVIL}-bad.csv").write_text(f"name,co{EVIL}lour,size\na,red,1e300\nb\n")
    name = json.dumps(EVIL)
    scenario = f'[[scenario]]\nname = {name}\ncatalogue = "toy"\nexpect = {{ found = true, within = 0 }}\n'
    Path("s.toml").write_text(scenario)
    own = f"title = {name}\nnoun = {name}\nsource = {name}\n[facets.size]\nnoun = {name}\n"
    Path(f"{EVIL}.toml").write_text(own)
    return tmp_path


TINY_POLICY = "--steps 10 --num-envs 4 --n-steps 4 --batch-size 8 --evaluate 2"


@pytest.mark.parametrize(
    "command",
    ["watch --catalogue EVIL.csv", "watch --catalogue EVIL-bad.csv", "watch --catalogue toy --checkpoint EVIL",
     "evaluate --catalogue EVIL.csv --episodes 3 --out EVIL.rows", "evaluate --catalogue EVIL.csv --noise EVIL.csv",
     "compare EVIL.rows EVIL.rows", "run s.toml", "run EVIL.toml", "catalogue describe EVIL.csv",
     "catalogue describe EVIL-bad.csv", "catalogue check EVIL.csv", "catalogue check EVIL-bad.csv",
     "simulate --catalogue EVIL.csv --episodes 2 --out EVIL.jsonl", "calibrate EVIL", "EVIL", "watch --EVIL",
     "train --catalogue EVIL.csv --count 64 --turns 3 --out EVIL.run", "watch --agent EVIL", "watch --agent os:EVIL",
     f"train-policy --catalogues toy --out EVIL.policy {TINY_POLICY}",
     f"train-policy --catalogues EVIL.csv --out EVIL.policy {TINY_POLICY}"],
)  # fmt: skip
def test_nothing_that_a_user_names_commands_the_terminal(command, evil, capsys):
    code = main(command.replace("EVIL", EVIL).split(" "))
    said = "".join(capsys.readouterr())
    assert code in (Exit.OK, Exit.FAILED, Exit.BAD_INPUT)
    assert "PWNED" in said or code == Exit.OK
    assert all(c.isprintable() or c == "\n" for c in said), said


@pytest.mark.parametrize("arguments", ["--catalogue EVIL.csv", "--replay EVIL.jsonl", "--catalogue EVIL-bad.csv"])
def test_nor_in_a_game(arguments, evil, capsys, monkeypatch):
    import tui

    main(["simulate", "--catalogue", f"{EVIL}.csv", "--episodes", "1", "--out", f"{EVIL}.jsonl"])
    monkeypatch.setattr("sys.stdin", iter(["y\n", "n\n"]))
    tui.main(["--plain", "--no-save", *arguments.replace("EVIL", EVIL).split(" ")])
    said = "".join(capsys.readouterr())
    assert "PWNED" in said and all(c.isprintable() or c == "\n" for c in said), said


def test_a_thread_that_cannot_write_says_nothing_of_its_own(capsys, monkeypatch):
    """Whoever logs in the background meets a full disk as the command does, and that says so."""

    def command(error: Exception) -> int:
        def write() -> None:
            raise error

        thread = threading.Thread(target=write)
        thread.start()
        thread.join()
        return 0

    monkeypatch.setattr(threading, "excepthook", threading.__excepthook__)
    assert entrance.enter("clarigym", lambda: command(OSError(28, "No space left on device"))) == 0
    assert capsys.readouterr().err == ""
    entrance.enter("clarigym", lambda: command(RuntimeError("a fault of ours")))
    assert "a fault of ours" in capsys.readouterr().err
