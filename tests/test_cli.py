"""The command line: a help that loads nothing, exit codes, one sentence for every mistake, data on stdout alone."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from agents.cli import COMMANDS, main
from agents.errors import Exit
from sim.dialogue import read_dialogues

ROOT = Path(__file__).parent.parent
ENV = os.environ | {"PYTHONPATH": str(ROOT)}
HEAVY = ("numpy", "scipy", "gymnasium", "polars", "torch", "textual", "rich", "tyro", "transformers")


def clarigym(*arguments: str, **options) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "agents.cli", *arguments]
    return subprocess.run(command, cwd=ROOT, env=ENV, capture_output=True, text=True, **options)


@pytest.mark.parametrize("argument", ["--help", "-h", "help", "nonsense"])
def test_help_and_mistakes_load_nothing_heavy(argument):
    code = (
        f"import sys, agents.cli; agents.cli.main([{argument!r}]); "
        f"sys.exit(','.join(m for m in {HEAVY!r} if m in sys.modules) or None)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=ENV, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    if argument != "nonsense":
        assert all(name in done.stdout for name in COMMANDS)


def test_no_command_is_a_mistake(capsys):
    assert main([]) == Exit.BAD_INPUT
    assert "usage" in capsys.readouterr().err


@pytest.mark.parametrize("command", [name for name in COMMANDS if name != "train"])
def test_each_command_explains_itself(command, capsys):
    assert main([command, "--help"]) == Exit.OK
    assert "usage: clarigym" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("wach", "did you mean 'watch'"),
        ("watch --agent exacct", "did you mean 'exact'"),
        ("watch --catalogue moviez", "did you mean 'movies'"),
        ("watch --catalogue nowhere/x.csv", "nowhere/x.csv"),
        ("watch --noise tipical", "did you mean 'typical'"),
        ("watch --noise nowhere.toml", "nowhere.toml"),
        ("watch --budget 0", "budget = 0"),
        ("watch --budget three", "--budget"),
        ("watch --questions maybe", "maybe"),
        ("watch --bogus", "--bogus"),
        ("watch --catalogue toy --agent nomodule:factory", "cannot import 'nomodule'"),
        ("evaluate --episodes 0", "episodes = 0"),
        ("evaluate --resume", "--resume needs --out"),
        ("evaluate --agents exact independent", "; with commas between: --agents exact,independent"),
        ("evaluate --checkpoint runs/mine", "name one"),
        ("watch --agent exact --checkpoint runs/mine", "not by exact"),
        ("simulate --out new.jsonl --checkpoint runs/mine", "read by learned and policy alone"),
        ("evaluate --catalogue toy --out nowhere/x.jsonl", "no folder nowhere"),
        ("compare only.jsonl", "required"),
        ("compare a.jsonl b.jsonl", "cannot read a.jsonl"),
        ("run nowhere.toml", "cannot read nowhere.toml"),
        ("simulate", "--out"),
        ("simulate --out nowhere/x.jsonl", "no folder nowhere"),
        ("simulate --out pyproject.toml", "exists"),
        ("catalogue", "an action is missing"),
        ("catalogue descibe toy", "did you mean 'describe'"),
        ("catalogue describe moviez", "did you mean 'movies'"),
    ],
)
def test_mistakes_are_one_sentence_and_exit_two(arguments, words, capsys, monkeypatch):
    monkeypatch.chdir(ROOT)
    assert main(arguments.split()) == Exit.BAD_INPUT
    said = capsys.readouterr()
    assert words in said.err and said.err.count("\n") == 1 and said.out == ""
    assert "Traceback" not in said.err


WATCH = ["watch", "--catalogue", "toy", "--noise", "hard"]


def watched(capsys, *options: str) -> dict:
    assert main([*WATCH, "--json", *options]) == Exit.OK
    return json.loads(capsys.readouterr().out)


def test_watch_shows_a_dialogue_and_its_end(capsys):
    assert main([*WATCH, "--seed", "3"]) == Exit.OK
    shown = capsys.readouterr().out
    got = watched(capsys, "--seed", "3")
    assert "\x1b" not in shown, "no colour through a pipe"
    assert max(map(len, shown.splitlines())) <= 80
    for turn in got["turns"]:
        assert turn["question"] in shown and turn["answer"] in shown
        assert f"{turn['eig_bits']:.2f} bits expected" in shown
    assert got["truth"] in shown
    for corruption in got["corruptions"]:
        assert corruption["text"] in shown


def test_watch_json_is_consistent(capsys):
    for seed in range(4):
        got = watched(capsys, "--seed", str(seed))
        assert got["success"] == (got["guess_id"] == got["truth_id"])
        assert got["questions"] == len(got["turns"])
        for turn in got["turns"]:
            ps = [one["p"] for one in turn["likeliest"]]
            assert ps == sorted(ps, reverse=True) and sum(ps) <= 1 + 1e-9
            assert turn["entropy_bits"] >= 0 and turn["eig_bits"] >= 0


@pytest.mark.parametrize(
    "option",
    [["--seed", "8"], ["--agent", "uniform"], ["--noise", "clean"], ["--questions", "yesno"], ["--budget", "1"],
     ["--opening"], ["--episode", "5"], ["--catalogue", "animals"]],
)  # fmt: skip
def test_each_option_of_watch_does_something(option, capsys):
    base, other = watched(capsys, "--seed", "3"), watched(capsys, "--seed", "3", *option)
    del base["config"], other["config"]
    assert base != other


OTHERS = ["uniform", "fixed", "entropy", "independent", "lookahead", "examples.own_agent:halves"]


@pytest.mark.parametrize("agent", OTHERS)
def test_every_agent_can_be_watched(agent, capsys, monkeypatch):
    monkeypatch.chdir(ROOT)
    got = watched(capsys, "--agent", agent)
    assert all(turn["eig_bits"] >= 0 for turn in got["turns"])


def test_whoever_is_not_named_is_learned_where_a_checkpoint_fits(tmp_path, capsys):
    assert main(["watch", "--catalogue", "toy", "--json"]) == Exit.OK
    assert json.loads(capsys.readouterr().out)["config"]["agent"] == "learned"
    own = tmp_path / "own.csv"
    own.write_text("name,colour,size\na,red,1\nb,blue,2\nc,red,3\nd,green,4\n")
    assert main(["watch", "--catalogue", str(own), "--json"]) == Exit.OK
    assert json.loads(capsys.readouterr().out)["config"]["agent"] == "exact"


def test_simulate_writes_the_schema(tmp_path, capsys):
    path = tmp_path / "d.jsonl"
    command = ["simulate", "--catalogue", "toy", "--noise", "hard"]
    assert main([*command, "--episodes", "30", "--out", str(path)]) == Exit.OK
    dialogues = list(read_dialogues(path))
    assert [d.episode for d in dialogues] == list(range(30))
    assert f"{sum(d.success for d in dialogues)} found" in capsys.readouterr().out
    for d in dialogues:
        assert d.success == (bool(d.guesses) and d.guesses[-1].intent == d.intent) and d.agent == "exact"
    asked = [turn.eig_bits for d in dialogues for turn in d.turns]
    assert all(e is not None and 0 < e < 3 for e in asked), "what exact expected; toy holds 3 bits"
    assert '"slip"' not in path.read_text(), "the rates are not in it"
    again = tmp_path / "e.jsonl"
    assert main([*command, "--episodes", "10", "--first-episode", "20", "--out", str(again)]) == Exit.OK
    assert again.read_text().splitlines() == path.read_text().splitlines()[20:]


def test_list_has_everything(capsys):
    assert main(["list", "--json"]) == Exit.OK
    got = json.loads(capsys.readouterr().out)
    assert set(got) >= {"catalogues", "agents", "environments", "presets"}
    assert main(["list"]) == Exit.OK
    text = capsys.readouterr().out
    for name in (*got["catalogues"], *got["agents"], *got["environments"]):
        assert name in text


def test_catalogue_describe_and_check(tmp_path, capsys):
    assert main(["catalogue", "describe", "toy"]) == Exit.OK
    text = capsys.readouterr().out
    assert "8 rows (pizza)" in text and "toppings" in text and max(map(len, text.splitlines())) <= 80
    assert main(["catalogue", "describe", "toy", "--json"]) == Exit.OK
    assert json.loads(capsys.readouterr().out)["intents"] == 8
    assert main(["catalogue", "check", "toy"]) == Exit.OK
    assert "no problems" in capsys.readouterr().out
    bad = tmp_path / "bad.csv"
    bad.write_text("name,colour,prior\na,red,1\nb,blue,-2\nc,blue,x\n")
    assert main(["catalogue", "check", str(bad)]) == Exit.BAD_INPUT
    text = capsys.readouterr().out
    assert "row 2" in text and "row 3" in text and "2 errors" in text
    assert main(["catalogue", "check", str(bad), "--json"]) == Exit.BAD_INPUT
    assert json.loads(capsys.readouterr().out)["errors"] == 2
    assert main(["watch", "--catalogue", str(bad)]) == Exit.BAD_INPUT


def test_a_reader_who_goes_away_is_no_error():
    command = f"{sys.executable} -m agents.cli watch --catalogue toy --json | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], cwd=ROOT, env=ENV, capture_output=True, text=True)
    assert done.returncode == 0 and done.stderr == ""


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize("workers", ["1", pytest.param("2", marks=pytest.mark.slow)])
def test_control_c_is_one_line(workers, tmp_path):
    path = tmp_path / "r.jsonl"
    command = [sys.executable, "-m", "agents.cli", "evaluate", "--catalogue", "animals", "--episodes", "100000",
               "--agents", "uniform", "--workers", workers, "--out", str(path)]  # fmt: skip
    # A shell that runs tests in the background has them ignore the signal, which children inherit.
    process = subprocess.Popen(command, cwd=ROOT, env=ENV, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                               start_new_session=True,
                               preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))  # fmt: skip
    deadline = time.monotonic() + 60
    while (not path.exists() or path.read_bytes().count(b"\n") < 3) and time.monotonic() < deadline:
        time.sleep(0.1)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == Exit.INTERRUPTED
    assert err.strip() == f"clarigym: interrupted; what is done is in {path}, go on with --resume" and out == ""


def test_faults_of_its_own_are_told_apart(capsys, monkeypatch):
    import agents.commands.list_ as module

    def broken(arguments):
        raise RuntimeError("something")

    monkeypatch.setattr(module, "main", broken)
    assert main(["list"]) == Exit.INTERNAL
    assert "internal error: RuntimeError: something" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ("watch --budget 0", "budget = 0; it must be at least 1"),
        ("watch --seed x", "--seed: invalid literal for int() with base 10: 'x'"),
        ("evaluate --budgett 3", "Unrecognized options: --budgett, 3; did you mean --budget?"),
        ("evaluate --episodes", "Missing value for argument '--episodes'. Expected 1 values."),
        ("run --questions maybe", "Unrecognized options: --questions, maybe"),
        ("simulate --out x --questions maybe",
         "invalid choice 'maybe' for argument '--questions'. Expected one of ('yesno', 'open', 'mixed')."),
        (f"watch --agent exact --checkpoint {'/long' * 40}",
         f"--checkpoint {'/long' * 40} is read by learned and policy alone, not by exact; name one"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("columns", ["40", "80", "1000"])
def test_what_is_wrong_with_flags_is_the_same_sentence_in_every_terminal(
    arguments, sentence, columns, capsys, monkeypatch
):
    monkeypatch.setenv("COLUMNS", columns)
    assert main(arguments.split()) == Exit.BAD_INPUT
    command = arguments.split()[0]
    assert capsys.readouterr().err == f"clarigym: {sentence} (clarigym {command} --help lists the options)\n"
    assert os.environ["COLUMNS"] == columns


@pytest.mark.parametrize("columns", ["1", "5", "-3", "x"])
def test_help_in_a_terminal_of_few_columns(columns):
    done = subprocess.run([sys.executable, "-m", "agents.cli", "watch", "--help"], env=ENV | {"COLUMNS": columns},
                          capture_output=True, text=True, timeout=60)  # fmt: skip
    assert done.returncode == Exit.OK and "--catalogue" in done.stdout


@pytest.mark.parametrize("encoding", ["ascii", "utf-8", "latin-1"])
def test_and_in_every_locale(encoding):
    env = os.environ | {"PYTHONPATH": str(ROOT), "LC_ALL": "C", "PYTHONIOENCODING": encoding}
    command = [sys.executable, "-m", "agents.cli", "watch", "--budget", "0"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == Exit.BAD_INPUT
    assert done.stderr == "clarigym: budget = 0; it must be at least 1 (clarigym watch --help lists the options)\n"
