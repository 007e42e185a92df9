"""`clarigym simulate`: a file of dialogues that is whole or resumed, whatever befalls the run that writes it."""

from __future__ import annotations

import errno
import os
import random
import signal
from dataclasses import fields
from pathlib import Path

import pytest

from agents.cli import main
from agents.errors import Exit
from sim.dialogue import read_dialogues

COMMAND = ["simulate", "--catalogue", "toy", "--noise", "hard", "--questions", "yesno", "--budget", "4"]


def simulated(path: Path, capsys, *options: str) -> bytes:
    assert main([*COMMAND, "--out", str(path), "--episodes", "60", *options]) == Exit.OK, capsys.readouterr().err
    capsys.readouterr()
    return path.read_bytes()


def refused(path: Path, capsys, *options: str) -> str:
    before = path.read_bytes()
    assert main([*COMMAND, "--out", str(path), "--episodes", "60", "--resume", *options]) == Exit.BAD_INPUT
    assert path.read_bytes() == before, "what is refused is left as it is"
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    return said


@pytest.mark.parametrize("agent", ["exact", "uniform", "learned"])
def test_cut_anywhere_it_is_resumed_to_the_same_bytes(agent, tmp_path, capsys):
    path = tmp_path / "d.jsonl"
    options = ("--agent", agent, "--first-episode", "7")
    whole = simulated(path, capsys, *options)
    rng = random.Random(0)
    ends = [k + 1 for k, byte in enumerate(whole) if byte == 10]
    for cut in [0, 5, ends[0], ends[24], ends[25] + 1, *(rng.randrange(len(whole)) for _ in range(3)), len(whole)]:
        path.write_bytes(whole[:cut])
        assert simulated(path, capsys, *options, "--resume") == whole


def test_whose_batches_are_not_bit_exact_is_resumed_all_the_same(tmp_path, capsys):
    """`policy` keeps its belief by BLAS: what it expects of a question may differ in its last bits."""
    path = tmp_path / "d.jsonl"
    simulated(path, capsys, "--agent", "policy")
    whole = list(read_dialogues(path))
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:33]))
    simulated(path, capsys, "--agent", "policy", "--resume")
    for one, other in zip(read_dialogues(path), whole, strict=True):
        for turn, wanted in zip(one.turns, other.turns, strict=True):
            assert turn.eig_bits == pytest.approx(wanted.eig_bits, abs=1e-9)
        assert all(getattr(one, f.name) == getattr(other, f.name) for f in fields(one) if f.name != "turns")


def test_it_goes_on_with_more_episodes(tmp_path, capsys):
    grown, at_once = tmp_path / "grown.jsonl", tmp_path / "at_once.jsonl"
    for episodes in ("10", "31", "60"):
        simulated(grown, capsys, "--episodes", episodes, "--resume")
    assert grown.read_bytes() == simulated(at_once, capsys)
    assert "has 60 dialogues already; give --episodes 60 or more" in refused(grown, capsys, "--episodes", "59")


def test_another_configuration_is_refused_by_name(tmp_path, capsys):
    path = tmp_path / "d.jsonl"
    simulated(path, capsys, "--episodes", "30")
    for options, words in (
        (("--seed", "1"), "seed (0 there, 1 now)"),
        (("--budget", "5"), "budget (4 there, 5 now)"),
        (("--noise", "typical"), "noise ('hard' there, 'typical' now)"),
        (("--agent", "uniform"), "agent ('exact' there, 'uniform' now)"),
        (("--catalogue", "animals"), "catalogue ('toy' there, 'animals' now)"),
        (("--questions", "mixed"), "questions ('yesno' there, 'mixed' now)"),
        (("--questions", "mixed", "--opening"), "questions"),
        (("--first-episode", "1"), "episode 0, expected 1"),
    ):
        assert words in refused(path, capsys, *options)
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([lines[0], lines[2], lines[1], *lines[3:]]))
    assert "line 2: episode 2, expected 1; the file was changed" in refused(path, capsys)
    path.write_text("notes of mine")
    assert "holds something else than dialogues" in refused(path, capsys)
    path.write_text("notes of mine\n")
    assert "line 1: not JSON" in refused(path, capsys)
    assert main([*COMMAND, "--out", str(path)]) == Exit.BAD_INPUT
    assert "exists; go on with it by --resume" in capsys.readouterr().err


def test_rates_that_were_changed_are_noticed(tmp_path, capsys):
    rates, path = tmp_path / "mine.toml", tmp_path / "d.jsonl"
    rates.write_text("base = 'hard'\n")
    simulated(path, capsys, "--noise", str(rates), "--episodes", "30")
    rates.write_text("base = 'clean'\n")
    assert "differs in" in refused(path, capsys, "--noise", str(rates))


def test_a_full_disk_is_one_sentence_that_names_the_file(tmp_path, capsys, monkeypatch):
    real, calls = os.fsync, []

    def refuse(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) == 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(descriptor)

    path = tmp_path / "d.jsonl"
    monkeypatch.setattr(os, "fsync", refuse)
    assert main([*COMMAND, "--out", str(path), "--episodes", "60"]) == Exit.SYSTEM
    said = capsys.readouterr().err
    assert str(path) in said and "the dialogues before are safe, go on with --resume" in said and said.count("\n") == 1
    monkeypatch.setattr(os, "fsync", real)
    assert path.read_bytes().count(b"\n") == 25 and path.read_bytes().endswith(b"}\n")
    whole = simulated(tmp_path / "other.jsonl", capsys)
    assert simulated(path, capsys, "--resume") == whole


def test_ctrl_c_says_what_is_written_and_how_to_go_on(tmp_path, capsys, monkeypatch):
    import agents.commands.simulate as module

    real, calls = module.play, []

    def interrupted(*arguments, **options):
        calls.append(1)
        if len(calls) == 2:
            os.kill(os.getpid(), signal.SIGINT)
        return real(*arguments, **options)

    path = tmp_path / "d.jsonl"
    monkeypatch.setattr(module, "play", interrupted)
    assert main([*COMMAND, "--out", str(path), "--episodes", "60"]) == Exit.INTERRUPTED
    assert capsys.readouterr().err == f"clarigym: interrupted; what is done is in {path}, go on with --resume\n"
    assert path.read_bytes().count(b"\n") == 25


def test_an_input_that_cannot_be_used_leaves_no_file(tmp_path, capsys):
    path = tmp_path / "d.jsonl"
    assert main([*COMMAND, "--catalogue", "nowhere.csv", "--out", str(path)]) == Exit.BAD_INPUT
    assert not path.exists()
