"""What a user names is read whole or refused in one sentence; what can't be written is said before the work begins."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from agents.cli import main
from agents.errors import Exit, InputError
from agents.evaluation.resumable_rows import read_rows
from agents.files import check_output
from agents.scenarios.read import read_scenarios
from sim.catalogue.catalogue import CatalogueError
from sim.catalogue.load import load
from sim.catalogue.sidecar import read_sidecar
from sim.dialogue import Dialogue, DialogueError, read_dialogues
from sim.files import parse_json, parse_toml, read_bytes, user_path
from sim.users.rates import RatesError, load_rates


class FileError(ValueError):
    """What the tests have raised."""


READERS = {
    "table": (load, "x.csv", CatalogueError),
    "rates": (load_rates, "x.toml", RatesError),
    "scenarios": (read_scenarios, "x.toml", InputError),
    "scenario lines": (read_scenarios, "x.jsonl", InputError),
    "dialogues": (lambda path: list(read_dialogues(path)), "x.jsonl", DialogueError),
    "rows": (read_rows, "x.jsonl", InputError),
}


@pytest.fixture(params=READERS)
def reader(request, tmp_path):
    read, name, error = READERS[request.param]
    return (lambda path: read(str(path))), tmp_path / name, error


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes")
def test_a_pipe_is_refused_and_not_waited_for(reader):
    read, path, error = reader
    os.mkfifo(path)
    with pytest.raises(error, match="it is a pipe or a device; write it to a file first"):
        read(path)


def test_what_is_not_there_is_named(reader):
    read, path, error = reader
    with pytest.raises(error, match=path.name):
        read(path)


DEEP = 100_000


@pytest.mark.parametrize(
    ("read", "name", "text"),
    [
        (load_rates, "x.toml", "a = " + "[" * DEEP),
        (read_scenarios, "x.toml", "a = " + "{b=" * DEEP),
        (read_scenarios, "x.jsonl", "[" * DEEP),
        (lambda path: list(read_dialogues(path)), "x.jsonl", '{"a":' + "[" * DEEP),
        (lambda path: list(read_dialogues(path)), "x.jsonl", '{"a":' * DEEP),
        (read_rows, "x.jsonl", "[" * DEEP + "\n"),
        (load, "x.jsonl", '{"name":' * DEEP),
        (lambda path: read_sidecar(path.with_suffix(".csv")), "x.toml", "a = " + "[" * DEEP),
    ],
)
def test_deep_nesting_is_refused(read, name, text, tmp_path):
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(ValueError, match="nested too deeply") as caught:
        read(path)
    assert str(path) in str(caught.value) and len(str(caught.value)) < 300


@pytest.mark.parametrize("text", ["{", "", "nul", '{"a":1}x', b"\xff", "1" * 5000, "\ud800"])
def test_what_is_not_json_is_one_sentence(text):
    with pytest.raises(FileError, match=r"^x, line 1: not JSON \(.*\); mend it$") as caught:
        parse_json(text, "x, line 1", FileError, "; mend it")
    assert "\n" not in str(caught.value) and "sys." not in str(caught.value)


@pytest.mark.parametrize("text", ["a", "a = 1\na = 2", "a = " + "1" * 5000, "[a]\n[a]"])
def test_what_is_not_toml_is_one_sentence(text):
    with pytest.raises(FileError, match=r"^x is not TOML: ") as caught:
        parse_toml(text, "x", FileError)
    assert "\n" not in str(caught.value) and "sys." not in str(caught.value)


def test_a_file_of_any_size_is_not_read(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"12345")
    assert read_bytes(path, FileError, 5) == b"12345"
    with pytest.raises(FileError, match="at most 0 MB are read"):
        read_bytes(path, FileError, 4)


def test_a_home_that_is_nobodys_is_part_of_the_name(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert user_path("~/x.csv") == tmp_path / "x.csv"
    assert user_path("~nobodyatall/x.csv") == Path("~nobodyatall/x.csv")
    with pytest.raises(CatalogueError, match=r"~nobodyatall/x\.csv doesn't exist"):
        load("~nobodyatall/x.csv")


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("facets = 3", "facets = 3; it must be tables of rates"),
        ("[[facets]]", "it must be tables of rates"),
        ("[facets]\ncolour = 3", "it must be tables of rates"),
        ("name = 3", "name = 3; it must be a text in quotes"),
        ("types = 'a'", "types = 'a'; it must be a list"),
        ("shares = ['a', 'b', 'c']", "it must be a list, each of them a number"),
        ("slip = '0.1'", "slip = '0.1'; it must be a number"),
        ("slip = true", "slip = True; it must be a number"),
        ("patience = 1.5", "patience = 1.5; it must be a whole number"),
        ("base = 3", "base = 3 is no preset"),
        ("base = ['clean']", "is no preset"),
        ("[facets.colour]\nslip = 'x'", "slip = 'x'; it must be a number"),
    ],
)
def test_rates_of_the_wrong_kind_are_named(table, words, tmp_path):
    path = tmp_path / "x.toml"
    path.write_text(table)
    with pytest.raises(RatesError) as caught:
        load_rates(str(path))
    assert words in str(caught.value)


def test_every_field_of_rates_can_be_given(tmp_path):
    path = tmp_path / "x.toml"
    path.write_text("base = 'hard'\nname = 'mine'\ntypes = ['a']\nshares = [1]\nscales = [2]\nslip = 0\npatience = 3\n"
                    "recognition = [0.5, 1]\n[facets.colour]\nslip = 0.5\n")  # fmt: skip
    rates = load_rates(str(path))
    assert (rates.types, rates.shares, rates.scales, rates.patience) == (("a",), (1,), (2,), 3)
    assert rates.of("colour", "slip") == 0.5


def test_a_scenario_table_that_is_no_list(tmp_path):
    path = tmp_path / "x.toml"
    path.write_text("scenario = 3")
    with pytest.raises(InputError, match=r"scenario = 3; scenarios are \[\[scenario\]\] tables"):
        read_scenarios(path)


def test_a_dialogue_can_be_read_from_its_line():
    with pytest.raises(DialogueError, match="nested too deeply"):
        Dialogue.from_json("[" * DEEP)


# --- outputs -------------------------------------------------------------------------------------------------------


def test_outputs_that_cannot_be(tmp_path):
    check_output(tmp_path / "new")
    (tmp_path / "old").write_text("")
    check_output(tmp_path / "old")
    with pytest.raises(InputError, match="it is a folder"):
        check_output(tmp_path)
    with pytest.raises(InputError, match="there is no folder"):
        check_output(tmp_path / "no" / "x")
    if os.name == "posix":
        os.mkfifo(tmp_path / "pipe")
        for path in (tmp_path / "pipe", Path("/dev/null")):
            with pytest.raises(InputError, match="it is a pipe or a device"):
                check_output(path)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_is_not_ours_is_said_at_once(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(PermissionError):
        check_output(tmp_path / "x")


@pytest.mark.parametrize(
    "command",
    [
        "run --junit {folder}",
        "run --junit {folder}/no/x.xml",
        "evaluate --catalogue movies --out {folder}",
        "evaluate --catalogue movies --out /dev/full",
        "simulate --catalogue movies --out {folder}",
        "simulate --catalogue movies --out /dev/full",
    ],
)
def test_commands_try_their_outputs_before_the_work(command, tmp_path, capsys, monkeypatch):
    def played(*_, **__):
        raise AssertionError("work began")

    monkeypatch.setattr("agents.commands.evaluate.make_setting", played)
    monkeypatch.setattr("agents.commands.simulate.make_setting", played)
    monkeypatch.setattr("agents.scenarios.play.make_setting", played)
    assert main(command.format(folder=tmp_path).split()) == Exit.BAD_INPUT
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and ("cannot write" in said or "exists" in said)
