"""`--config`: options from a file, for every command, with the command line before it."""

from __future__ import annotations

import json

import pytest

from agents.cli import main
from agents.commands.evaluate import Evaluate
from agents.commands.flags import parse
from agents.commands.train import Train
from agents.errors import Exit, InputError

FILE = """
catalogue = "toy"
agents = ["exact", "uniform"]
episodes = 7
opening = true
max-questions = 5
agent_seed = 2
"""


@pytest.fixture
def path(tmp_path) -> str:
    file = tmp_path / "nightly.toml"
    file.write_text(FILE)
    return str(file)


def test_the_file_says_the_same_as_the_command_line(path):
    typed = ["--catalogue", "toy", "--agents", "exact,uniform", "--episodes", "7", "--opening", "--max-questions", "5",
             "--agent-seed", "2"]  # fmt: skip
    wanted = parse(Evaluate, typed, "evaluate", "")
    assert parse(Evaluate, ["--config", path], "evaluate", "") == wanted
    assert parse(Evaluate, [f"--config={path}"], "evaluate", "") == wanted


def test_the_command_line_wins(path):
    got = parse(Evaluate, ["--episodes=9", "--config", path, "--no-opening", "--max_questions", "3"], "evaluate", "")
    assert (got.episodes, got.opening, got.max_questions, got.catalogue) == (9, False, 3, "toy")


def test_options_within_options_and_switches_that_are_off(tmp_path):
    path = tmp_path / "t.toml"
    path.write_text("out = 'x'\nbatch_size = 8\nseed = 4\nresidual = false\nresume = true\n")
    got = parse(Train, ["--config", str(path)], "train", "")
    assert (got.out, got.training.batch_size, got.training.seed, got.residual, got.resume) == ("x", 8, 4, False, True)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("episods = 3", "evaluate has no option 'episods'; did you mean 'episodes'?"),
        ("opening = 1", "opening = 1; it is true or false"),
        ("episodes = true", "episodes = True; a text, a number or a list of them is needed"),
        ("episodes = 'many'", "invalid literal"),
        ("[episodes]\nx = 1", "a text, a number or a list of them is needed"),
        ("episodes 3", "is not TOML"),
        ("config = 'a.toml'", "no option 'config'"),
    ],
)
def test_what_a_file_cannot_say(text, words, tmp_path, capsys):
    path = tmp_path / "x.toml"
    path.write_text(text)
    assert main(["evaluate", "--config", str(path)]) == Exit.BAD_INPUT
    said = capsys.readouterr().err
    assert words in said and said.count("\n") == 1


def test_a_file_that_is_missing_or_named_twice(path, tmp_path, capsys):
    for arguments, words in (
        (["--config"], "--config needs a TOML file after it"),
        (["--config", str(tmp_path / "no.toml")], "cannot read"),
        (["--config", path, "--config", path], "given twice"),
    ):
        assert main(["watch", *arguments]) == Exit.BAD_INPUT
        assert words in capsys.readouterr().err
    with pytest.raises(InputError, match="no option 'a'"):
        file = tmp_path / "compare.toml"
        file.write_text("a = 'rows.jsonl'")
        from agents.commands.compare import Compare

        parse(Compare, ["--config", str(file), "a", "b"], "compare", "")


def test_what_ran_is_told(path, capsys):
    assert main(["evaluate", "--config", path, "--json"]) == Exit.OK
    config = json.loads(capsys.readouterr().out)["config"]
    assert (config["episodes"], config["agents"], config["opening"]) == (7, "exact,uniform", True)
