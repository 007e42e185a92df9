"""Runs that several machines share, and their files put together."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agents.cli import main
from agents.errors import Exit

RUN = ["evaluate", "--catalogue", "toy", "--agents", "exact,uniform", "--seed", "3"]


def share(folder: Path, first: int, episodes: int, *more: str) -> str:
    out = folder / f"{first}-{episodes}{''.join(more)}.jsonl"
    options = ["--first-episode", str(first), "--episodes", str(episodes), "--out", str(out)]
    assert main([*RUN, *options, *more]) == Exit.OK
    return str(out)


def test_shares_come_to_the_bytes_of_one_run(tmp_path, capsys):
    whole = share(tmp_path, 0, 130)
    parts = [share(tmp_path, 50, 75), share(tmp_path, 0, 50), share(tmp_path, 125, 5)]
    capsys.readouterr()
    out = tmp_path / "merged.jsonl"
    assert main(["merge", *parts, "--out", str(out)]) == Exit.OK
    told = json.loads(capsys.readouterr().out)
    assert told == {"out": str(out), "files": 3, "agents": 2, "first_episode": 0, "episodes": 130}
    assert out.read_bytes() == Path(whole).read_bytes()
    assert main(["compare", str(out), whole, "--json"]) == Exit.OK


def test_shares_of_any_arrangement_come_to_the_bytes_of_one_run(tmp_path, capsys):
    whole = share(tmp_path, 0, 150)
    parts = [share(tmp_path, 75, 75, "--workers", "2"), share(tmp_path, 0, 75)]
    out = tmp_path / "merged.jsonl"
    assert main(["merge", *parts, "--out", str(out)]) == Exit.OK
    assert out.read_bytes() == Path(whole).read_bytes()


@pytest.mark.parametrize(
    "others",
    [[(0, 100)], [(25, 25)], [(75, 50)], [(100, 25), (0, 25)], [(0, 125)], [(100, 25), (50, 100)]],
    ids=["the same", "within", "over the end", "over the beginning", "around", "one fits and one doesn't"],
)
def test_episodes_that_two_arrangements_played_are_refused(others, tmp_path, capsys):
    """Somebody played a part again, in another way and to another file; merge does not choose between the two."""
    files = [share(tmp_path, 0, 100)]
    for first, episodes in others:
        kept = Path(share(tmp_path, first, episodes, "--executor", "processes"))
        files.append(str(kept))
    capsys.readouterr()
    out = tmp_path / "out.jsonl"
    assert main(["merge", *files, "--out", str(out)]) == Exit.BAD_INPUT
    said = capsys.readouterr().err
    assert "they overlap" in said and said.count("\n") == 1
    assert not out.exists()


def test_a_share_is_resumed_as_any_run(tmp_path):
    path = Path(share(tmp_path, 50, 50))
    expected = path.read_bytes()
    path.write_bytes(expected[: len(expected) * 2 // 3])
    options = ["--first-episode", "50", "--episodes", "50", "--out", str(path), "--resume"]
    assert main([*RUN, *options]) == Exit.OK
    assert path.read_bytes() == expected


def test_what_does_not_fit_is_refused_and_nothing_is_written(tmp_path, capsys):
    one, two = share(tmp_path, 0, 50), share(tmp_path, 50, 25)
    unfinished = tmp_path / "cut.jsonl"
    unfinished.write_bytes(b"".join(Path(two).read_bytes().splitlines(keepends=True)[:-3]))
    out = tmp_path / "out.jsonl"
    for files, why in (
        ([one, one], "named twice"),
        ([one, share(tmp_path, 25, 50)], "they overlap"),
        ([one, share(tmp_path, 100, 25)], "they leave a gap"),
        ([one, str(unfinished)], "is not finished, 3 rows are missing; go on with evaluate --resume"),
        ([one, share(tmp_path, 50, 25, "--budget", "5")], "can't be merged, the configuration differs: budget"),
        ([share(tmp_path, 0, 30), share(tmp_path, 50, 25, "--budget", "20")], "they leave a gap"),
        ([str(tmp_path / "none.jsonl")], "cannot read"),
    ):
        capsys.readouterr()
        assert main(["merge", *files, "--out", str(out)]) == Exit.BAD_INPUT
        found = capsys.readouterr().err
        assert why in found and found.count("\n") == 1, found
        assert not out.exists()
    out.write_text("mine")
    assert main(["merge", one, two, "--out", str(out)]) == Exit.BAD_INPUT
    assert out.read_text() == "mine"


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--first-episode", "30"], "first_episode = 30; it must be a multiple of 25"),
        (["--first-episode", "-25"], "first_episode"),
        (["--first-episode", "25", "--episodes", "100", "--users-per-intent", "10"], "no multiple of users_per_intent"),
    ],
)
def test_shares_begin_where_batches_do(options, why, capsys):
    assert main([*RUN, *options]) == Exit.BAD_INPUT
    assert why in capsys.readouterr().err
