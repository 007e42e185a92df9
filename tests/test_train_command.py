"""`clarigym train` and what follows it: a catalogue of one's own, and what is refused before work begins."""

from __future__ import annotations

import json

import pytest

from agents.cli import main
from agents.learning import checkpoint
from agents.learning.config import TrainConfig
from agents.resume import run_folder

FEW = ["--count", "64", "--evaluate-every", "64", "--turns", "6"]


@pytest.fixture
def own(tmp_path, monkeypatch):
    """A folder with a catalogue that no checkpoint ships for."""
    rows = [f"thing {k},{('red', 'blue', 'green')[k % 3]},{('tin', 'jar')[k // 3 % 2]},{k}" for k in range(12)]
    (tmp_path / "my things.csv").write_text("\n".join(["title,colour,packaging,size", *rows]) + "\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def failed(capsys, code: int, words: str, *arguments: str) -> None:
    capsys.readouterr()
    assert main(list(arguments)) == code
    said = capsys.readouterr().err
    assert words in said and "Traceback" not in said, said


def test_a_catalogue_of_ones_own_from_end_to_end(own, capsys):
    """The commands of docs/learning.md one after the other, and each word of the card's."""
    file = "my things.csv"
    assert main(["train", "--catalogue", file, "--out", "run", *FEW]) == 0
    assert main(["calibrate", "run", "--episodes", "20", "--turns", "0", "3", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["results"]
    assert [row["posterior"] for row in rows] == ["learned", "exact"] * 2
    assert main(["calibrate", "--checkpoint", "run", "--episodes", "20", "--turns", "0", "3", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["results"] == rows
    card = (own / "run" / checkpoint.CARD).read_text()
    assert "evaluate --agents exact,learned --catalogue 'my things.csv' --checkpoint run`" in card
    assert "clarigym train --out run --catalogue 'my things.csv' --count 64" in card
    assert main(["evaluate", "--agents", "exact,learned", "--catalogue", file, "--checkpoint", "run",
                 "--episodes", "5", "--json"]) == 0  # fmt: skip
    failed(capsys, 2, "train --catalogue FILE", "evaluate", "--agents", "learned", "--catalogue", file)


def test_a_folder_that_holds_a_run_is_not_taken_for_another(own, capsys):
    train = ["train", "--catalogue", "toy", "--out", "run", *FEW]
    assert main(train) == 0
    first = (own / "run" / checkpoint.MODEL).read_bytes()
    failed(capsys, 2, "run holds a run; go on with it by --resume, replace it by --overwrite", *train, "--seed", "1")
    failed(capsys, 2, "give one of them", *train, "--resume", "--overwrite")
    assert (own / "run" / checkpoint.MODEL).read_bytes() == first
    assert main([*train, "--seed", "1", "--overwrite"]) == 0
    assert (own / "run" / checkpoint.MODEL).read_bytes() != first
    assert "--overwrite" not in (own / "run" / checkpoint.CARD).read_text()


def test_a_run_goes_on_with_its_own_log_alone(own, capsys):
    simulate = ["simulate", "--catalogue", "toy", "--agent", "uniform", "--episodes", "40"]
    train = ["train", "--catalogue", "toy", "--dialogues", "log.jsonl", "--out", "run", *FEW]
    assert main([*simulate, "--out", "log.jsonl"]) == 0 and main(train) == 0
    assert main([*train[:-2], "--turns", "6", "--resume"]) == 0
    assert main([*simulate, "--seed", "5", "--out", "other.jsonl"]) == 0
    (own / "other.jsonl").replace(own / "log.jsonl")
    failed(capsys, 2, "was begun with data_digest", *train, "--resume")


def test_what_cannot_be_written_is_said_before_training(own, capsys, monkeypatch):
    (own / "file").write_text("")
    monkeypatch.setattr("agents.learning.train.train", lambda *_, **__: pytest.fail("trained"))
    failed(capsys, 4, "file", "train", "--catalogue", "toy", "--out", "file/run", *FEW)
    failed(capsys, 2, "negatives = 63", "train", "--catalogue", "toy", "--objective", "nwj", "--out", "run", *FEW)
    assert not (own / "run").exists()


def test_calibrate_is_told_of_one_checkpoint(capsys):
    failed(capsys, 2, "name one checkpoint", "calibrate")
    failed(capsys, 2, "name one checkpoint", "calibrate", "toy", "--checkpoint", "toy")


@pytest.mark.parametrize(
    ("words", "options"),
    [
        ("turns = 10001; it must be at most 10000", ["--turns", "10001"]),
        ("turns = 0; it must be at least 1", ["--turns", "0"]),
        ("threads = 1000; it must be at most 256", ["--threads", "1000"]),
        ("batch_size = 100000; it must be at most 65,536", ["--batch-size", "100000", "--count", "100000"]),
        ("types = 1001; it must be at most 1,000", ["--types", "1001"]),
    ],
)
def test_absurd_options_are_refused_before_work(own, capsys, words, options):
    failed(capsys, 2, words, "train", "--catalogue", "toy", "--out", "run", *options)
    assert not (own / "run").exists()


def test_a_picture_that_cannot_be_made_is_said_before_calibrating(own, capsys):
    pytest.importorskip("matplotlib")
    failed(capsys, 2, "there is no folder", "calibrate", "toy", "--plot", "nowhere/plot.png")
    failed(capsys, 2, "no picture is made as .xyz", "calibrate", "toy", "--plot", "plot.xyz")


def test_two_runs_in_one_folder(own, capsys):
    with run_folder(own / "run", checkpoint.MODEL):
        failed(capsys, 4, "run is being written by another run", "train", "--catalogue", "toy", "--out", "run", *FEW)


def test_a_checkpoint_that_cannot_be_used_is_said_before_anybody_plays(own, capsys):
    assert main(["train", "--catalogue", "toy", "--out", "run", *FEW]) == 0
    model = own / "run" / checkpoint.MODEL
    model.write_bytes(model.read_bytes()[:-9])
    failed(capsys, 2, "can't be read", "evaluate", "--catalogue", "toy", "--agents", "exact,learned", "--checkpoint",
           "run", "--out", "rows.jsonl")  # fmt: skip
    assert not (own / "rows.jsonl").exists()


@pytest.mark.parametrize(
    "command", ["train --out run", "calibrate toy", "evaluate", "simulate --out log.jsonl", "watch"]
)
def test_seeds_have_63_bits(own, capsys, command):
    failed(capsys, 2, "seed = 9223372036854775808; it must be at most", *command.split(), "--seed", str(2**63))
    assert list(own.iterdir()) == [own / "my things.csv"]


def test_negatives_by_default_are_those_that_an_objective_knows_the_weights_of():
    assert TrainConfig(objective="infonce").resolved(100) == ("infonce", "in-batch")
    assert TrainConfig(objective="nwj").resolved(100) == ("nwj", "posterior")
    assert TrainConfig(objective="infonce", proposal="prior").resolved(100) == ("infonce", "prior")
