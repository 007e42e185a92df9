"""`evaluate --dialogues`: each row's dialogue beside it, in the same order, whatever befalls the run."""

from __future__ import annotations

import json
import random

import pytest

from agents.cli import main
from agents.errors import Exit
from agents.evaluation.provenance import digest_of
from agents.evaluation.resumable_rows import read_evaluation, read_rows
from sim.dialogue import read_dialogues

TOY = ["evaluate", "--catalogue", "toy", "--noise", "hard", "--questions", "mixed", "--budget", "4", "--json"]


class Run:
    """An evaluation with both files in a folder."""

    def __init__(self, folder, capsys):
        self.rows, self.dialogues, self.capsys = folder / "rows.jsonl", folder / "dialogues.jsonl", capsys

    def arguments(self, *options: str) -> list[str]:
        files = ["--out", str(self.rows), "--dialogues", str(self.dialogues)]
        return [*TOY, "--agents", "exact,uniform", "--episodes", "40", *files, *options]

    def __call__(self, *options: str) -> tuple[bytes, bytes]:
        assert main(self.arguments(*options)) == Exit.OK, self.capsys.readouterr().err
        self.results = json.loads(self.capsys.readouterr().out)["results"]
        return self.rows.read_bytes(), self.dialogues.read_bytes()

    def refused(self, *options: str) -> str:
        before = self.rows.read_bytes(), self.dialogues.read_bytes()
        assert main(self.arguments("--resume", *options)) == Exit.BAD_INPUT
        assert (self.rows.read_bytes(), self.dialogues.read_bytes()) == before, "what is refused is left as it is"
        said = self.capsys.readouterr().err
        assert said.count("\n") == 1
        return said


@pytest.fixture
def run(tmp_path, capsys) -> Run:
    return Run(tmp_path, capsys)


def test_each_row_has_its_dialogue(run):
    run()
    _, rows = read_evaluation(run.rows)
    dialogues = list(read_dialogues(run.dialogues))
    assert len(rows) == len(dialogues) == 80
    for row, dialogue in zip(rows, dialogues, strict=True):
        for key in ("agent", "episode", "intent", "success", "user_left"):
            assert row[key] == getattr(dialogue, key), key
        assert row["questions"] == len(dialogue.turns)
        assert (row["guess"] if row["guess"] >= 0 else None) == next((g.intent for g in dialogue.guesses), None)
    asked = [turn.eig_bits for d in dialogues for turn in d.turns if d.agent == "exact"]
    assert asked and all(bits is not None and bits > 0 for bits in asked)


def test_the_dialogues_are_those_of_simulate(run, tmp_path):
    run("--agents", "exact")
    other = tmp_path / "simulated.jsonl"
    command = ["simulate", *TOY[1:-1], "--episodes", "40", "--out", str(other)]
    assert main(command) == Exit.OK
    assert other.read_bytes() == run.dialogues.read_bytes()


@pytest.mark.parametrize("workers", ["1", "2"])
def test_killed_at_any_byte_and_resumed_both_files_are_the_same(run, workers):
    """Rows are written first, so the rows' file is the longer one; a file that was cut by hand is mended as well."""
    rows, dialogues = run("--workers", workers)
    wanted = [{k: v for k, v in one.items() if k != "seconds_per_turn"} for one in run.results]
    rng = random.Random(0)
    tries = [(0, 0), (len(rows), 0), (0, len(dialogues)), (len(rows), len(dialogues) - 1)]
    tries += [(rng.randrange(len(rows)), rng.randrange(len(dialogues))) for _ in range(8 if workers == "1" else 1)]
    for cut_rows, cut_dialogues in tries:
        run.rows.write_bytes(rows[:cut_rows])
        run.dialogues.write_bytes(dialogues[:cut_dialogues])
        assert run("--resume", "--workers", workers) == (rows, dialogues), (cut_rows, cut_dialogues)
        assert [{k: v for k, v in one.items() if k != "seconds_per_turn"} for one in run.results] == wanted


def test_more_episodes_and_dialogues_that_were_not_wanted_at_first(run):
    whole = run("--episodes", "60")
    run.dialogues.unlink()  # as after a run without --dialogues
    assert run("--episodes", "60", "--resume") == whole
    run.rows.unlink(), run.dialogues.unlink()
    for episodes in ("10", "60"):
        run("--episodes", episodes, "--resume")
    rows, dialogues = read_rows(run.rows)[1], list(read_dialogues(run.dialogues))
    assert [(r["agent"], r["episode"]) for r in rows] == [(d.agent, d.episode) for d in dialogues]
    assert len(rows) == 120


def test_what_belongs_to_another_run_is_refused(run, tmp_path, capsys):
    rows, dialogues = run()
    assert "seed (0 there, 1 now)" in run.refused("--seed", "1")
    lines = dialogues.splitlines(keepends=True)
    run.dialogues.write_bytes(b"".join([lines[1], lines[0], *lines[2:]]))
    assert "the files are of two runs" in run.refused()
    run.dialogues.write_bytes(dialogues.replace(b'"seed":0', b'"seed":7', 1))
    assert "a dialogue of another run, it differs in seed (7 there, 0 now)" in run.refused()
    run.dialogues.write_bytes(b"notes of mine\n")
    assert "line 1: not JSON" in run.refused()
    run.dialogues.write_bytes(lines[0])
    run.rows.write_bytes(rows.replace(b'"intent":', b'"intent":1', 1))
    assert "intent" in run.refused()
    run.dialogues.write_bytes(b"")
    assert "played again, the row differs in intent" in run.refused()
    for options, words in (
        (["--dialogues", "x"], "--dialogues needs --out"),
        (["--dialogues", "x", "--out", "x"], "name two files"),
        (["--dialogues", str(run.rows), "--out", str(tmp_path / "new")], "exists; go on with it by --resume"),
    ):
        assert main([*TOY, *options]) == Exit.BAD_INPUT
        assert words in capsys.readouterr().err


def test_rows_of_two_runs_in_one_file(run, capsys):
    rows, _ = run("--agents", "exact")
    for mixed, words in ((rows + rows, "a second header: rows of two runs are mixed"),
                         (rows + rows.split(b"\n", 1)[1], "exact, episode 0 for the second time")):  # fmt: skip
        run.rows.write_bytes(mixed)
        assert main(["compare", str(run.rows), str(run.rows)]) == Exit.BAD_INPUT
        said = capsys.readouterr().err
        assert words in said and said.count("\n") == 1


def test_the_header_says_where_the_rows_come_from(run, tmp_path):
    run("--agents", "learned,policy,exact", "--episodes", "3")
    header, _ = read_rows(run.rows)
    assert set(header["checkpoints"]) == {"learned", "policy"}
    assert header["rates_digest"] == next(read_dialogues(run.dialogues)).rates
    assert {"clarigym", "python", "numpy", "scipy", "numba", "torch"} <= set(header["made_with"])
    folder = tmp_path / "checkpoint"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(b"1")
    before = digest_of(folder)
    (folder / "metrics.json").write_text("{}")
    assert digest_of(folder) == before, "figures of a training are no part of what was learned"
    (folder / "model.safetensors").write_bytes(b"2")
    assert digest_of(folder) != before
    changed = run.rows.read_bytes().replace(header["checkpoints"]["learned"].encode(), b"0123456789abcdef")
    run.rows.write_bytes(changed)
    assert "learned ('0123456789abcdef' there" in run.refused("--agents", "learned,policy,exact", "--episodes", "3")
