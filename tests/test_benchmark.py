"""Suites: read strictly, played cell by cell, gone on with after a kill, checked when others hand them in."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agents.cli import main
from agents.errors import Exit
from agents.evaluation.resumable_rows import read_evaluation
from agents.suites.cells import TimeLeft
from agents.suites.check import wrong_sum
from agents.suites.scoreboard import mean_of_cells
from agents.suites.suite import find_suite, read_suite, shipped, short
from bench.benchmark_kills import same_bytes
from envs.rules import Rules
from sim.catalogue.load import load
from sim.users.people import resolved
from sim.users.rates import load_rates

TINY = """name = "tiny"
version = 1
about = "A tiny <suite> of toys | and *more*."
users = ["people", "hard"]
agents = ["exact", "uniform", "independent"]
episodes = 60
budget = 6

[[catalogues]]
name = "toy"
fewer = { independent = 30 }
"""
DIGESTS = {"core-1": "dac2908356d2d824", "quick-1": "7aa946527f398305", "robust-1": "932fdee751513ce2"}
"""A suite whose digest changes has scores of its own: give it the next version, and say so in the changelog."""


@pytest.fixture
def suite(tmp_path) -> Path:
    path = tmp_path / "tiny.toml"
    path.write_text(TINY, encoding="utf-8")
    return path


def played(suite: Path, *more: str) -> Path:
    out = suite.parent / "scores"
    assert main(["benchmark", str(suite), "--out", str(out), *more]) == Exit.OK
    return out / "tiny-1"


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.jsonl"))}


def test_shipped_suites_are_what_they_were():
    assert {label: find_suite(label).digest for label in shipped()} == DIGESTS
    for label in shipped():
        assert find_suite(label).label == label


def test_shipped_suites_fit_the_catalogues_and_users_that_ship():
    for label in shipped():
        for condition in find_suite(label).conditions():
            catalogue = load(condition.catalogue.name)
            condition.check_made_with(catalogue.fingerprint, resolved(load_rates(condition.users), catalogue).digest)
            assert condition.catalogue.fingerprint and condition.catalogue.rates[condition.users]


def test_a_suite_makes_a_file_a_cell_and_the_same_command_goes_on(suite, capsys):
    folder = played(suite)
    whole = bytes_of(folder)
    assert len(whole) == 6
    header, rows = read_evaluation(folder / "toy_hard_independent.jsonl")
    assert [row["episode"] for row in rows] == list(range(30))
    assert header["suite"] == read_suite(suite).provenance()
    first, second = folder / "toy_people_uniform.jsonl", folder / "toy_hard_exact.jsonl"
    first.write_bytes(first.read_bytes()[:-700])  # killed within a line
    second.unlink()
    capsys.readouterr()
    played(suite, "--no-play", "--json")
    told = {score["agent"]: score["cells"] for score in json.loads(capsys.readouterr().out)["scores"]}
    assert told == {"independent": 2, "exact": 1, "uniform": 1}
    played(suite, "--workers", "2")
    assert bytes_of(folder) == whole
    assert "tiny-1: 62 rows to play" in capsys.readouterr().err
    played(suite)
    assert capsys.readouterr().err == ""


def test_cells_are_what_evaluate_writes(suite):
    folder = played(suite)
    alone = suite.parent / "alone.jsonl"
    assert main(["evaluate", "--catalogue", "toy", "--noise", "hard", "--agents", "uniform", "--budget", "6",
                 "--episodes", "60", "--out", str(alone)]) == Exit.OK  # fmt: skip
    (header, rows), (mine, same) = read_evaluation(alone), read_evaluation(folder / "toy_hard_uniform.jsonl")
    assert rows == same
    assert {key: value for key, value in mine.items() if key != "suite"} == header


def test_tables_stand_between_marks_and_nothing_else_is_touched(suite, capsys):
    page, new = suite.parent / "page.md", suite.parent / "new.md"
    page.write_text("# Mine\n\n<!-- benchmark: tiny-1 agents -->\nold\n<!-- end -->\n\ntext\n\n"
                    "<!-- benchmark: other-1 users -->\nkept\n<!-- end -->\n", encoding="utf-8")  # fmt: skip
    played(suite, "--tables", str(page), str(new))
    text = page.read_text(encoding="utf-8")
    assert "old" not in text and "kept" in text and text.startswith("# Mine") and "\ntext\n" in text
    assert "| exact | 120 |" in text and "| independent * | 60 |" in text
    made = new.read_text(encoding="utf-8")
    assert "A tiny &lt;suite&gt; of toys \\| and \\*more\\*." in made and "| toy, hard |" in made
    played(suite, "--tables", str(page))
    assert page.read_text(encoding="utf-8") == text
    capsys.readouterr()
    unmarked = suite.parent / "unmarked.md"
    unmarked.write_text("nothing", encoding="utf-8")
    assert main(["benchmark", str(suite), "--out", str(suite.parent / "x"), "--tables", str(unmarked)]) == 2
    assert "has no place for a table" in capsys.readouterr().err
    assert not (suite.parent / "x").exists()


def test_what_a_suite_comes_to_as_json_and_as_a_report(suite, capsys):
    folder = played(suite, "--json", "--report", "--agents", "exact,fixed")
    told = json.loads(capsys.readouterr().out)
    assert [score["agent"] for score in told["scores"]] == ["exact", "fixed"]
    assert told["scores"][0]["regret"]["value"] == 0
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "A tiny &lt;suite&gt;" in page and f"tiny-1, digest {told['suite']['digest']}" in page


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (('"uniform"', '"unifrom"'), "no agent 'unifrom'; did you mean 'uniform'?"),
        (("budget = 6", "bugdet = 6"), "unknown key 'bugdet'; did you mean 'budget'?"),
        (("episodes = 60", 'episodes = "many"'), "episodes = 'many'; a whole number is needed"),
        (("independent = 30", 'independent = "few"'), "'few'; a whole number of users is needed"),
        (("independent = 30", "independant = 30"), "no agent 'independant'; did you mean"),
        (('["people", "hard"]', '["people", "people"]'), "toy, people is there twice"),
        (("version = 1", ""), "no 'version'"),
        (("version = 1", "version = 0"), "version = 0; it must be at least 1"),
        (('name = "tiny"', 'name = "../tiny"'), "small letters, digits and dashes are needed"),
        (("[[catalogues]]", "[catalogues]"), "no catalogue; name at least one"),
        (("episodes = 60", "episodes = 60\nusers_per_intent = 7"), "are no multiple of users_per_intent = 7"),
        (("budget = 6", "budget ="), "is not TOML"),
        (('name = "toy"', 'name = "toy"\nfingerprint = "abc"'), "tiny-1, toy, people: the catalogue changed"),
        (('name = "toy"', 'name = "toy"\nrates = { hard = "abc" }'), "tiny-1, toy, hard: the users changed"),
        (('["people", "hard"]', '["poeple"]'), "no noise preset 'poeple'; did you mean 'people'?"),
        (('name = "toy"', 'name = "toys"'), "toys"),
    ],
)
def test_a_bad_suite_is_one_sentence(suite, capsys, change, why):
    suite.write_text(TINY.replace(*change), encoding="utf-8")
    capsys.readouterr()
    assert main(["benchmark", str(suite), "--out", str(suite.parent / "scores")]) == Exit.BAD_INPUT
    said = capsys.readouterr().err
    assert said.startswith("clarigym: ") and why in said and said.count("\n") == 1
    assert not (suite.parent / "scores").exists()


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["quikc-1"], "no suite 'quikc-1'; did you mean 'quick-1'?"),
        (["none.toml"], "cannot read none.toml"),
        (["quick-1", "quick-1"], "a suite is named twice"),
        (["quick-1", "--agents", "exakt"], "no agent 'exakt'"),
        (["quick-1", "--replay", "1"], "--replay belongs to --check"),
        (["--check", "none.jsonl"], "cannot read none.jsonl"),
        (["quick-1", "--workers", "0"], "workers = 0"),
    ],
)
def test_bad_arguments_are_one_sentence(arguments, why, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["benchmark", *arguments]) == Exit.BAD_INPUT
    said = capsys.readouterr().err
    assert why in said and said.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_rows_of_another_suite_are_not_gone_on_with(suite, capsys):
    played(suite)
    suite.write_text(TINY.replace("budget = 6", "budget = 7"), encoding="utf-8")
    assert main(["benchmark", str(suite), "--out", str(suite.parent / "scores")]) == Exit.BAD_INPUT
    assert "rows of another tiny-1, its users, rules or episodes differ" in capsys.readouterr().err


def test_further_agents_and_words_leave_a_suite_what_it_is(suite):
    before = read_suite(suite).digest
    suite.write_text(TINY.replace('"uniform", ', "").replace("more", "less"), encoding="utf-8")
    assert read_suite(suite).digest == before
    for change in (
        ("budget = 6", "budget = 7"),
        ("= 60", "= 61"),
        ('"hard"', '"typical"'),
        ("version = 1", "version = 2"),
    ):
        suite.write_text(TINY.replace(*change), encoding="utf-8")
        assert read_suite(suite).digest != before


def refused(suite: Path, capsys: pytest.CaptureFixture[str], *files: Path, replay: int = 0) -> str:
    capsys.readouterr()
    code = main(["benchmark", str(suite), "--check", *map(str, files), "--replay", str(replay)])
    out, err = capsys.readouterr()
    if code == Exit.OK:
        assert out.startswith("accepted: ")
        return ""
    assert code in (Exit.FAILED, Exit.BAD_INPUT)
    return out + err


def edited(path: Path, episode: int, **changes: object) -> None:
    """Change figures of a row by hand."""
    lines = path.read_text(encoding="utf-8").splitlines()
    lines[1 + episode] = json.dumps(json.loads(lines[1 + episode]) | changes)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_a_submission_is_accepted_or_refused_with_a_reason(suite, capsys):
    folder = played(suite)
    assert refused(suite, capsys, folder, replay=1) == ""
    uniform = [folder / "toy_people_uniform.jsonl", folder / "toy_hard_uniform.jsonl"]
    assert refused(suite, capsys, *uniform) == ""
    assert "uniform has not met all users of tiny-1: toy, hard missing" in refused(suite, capsys, uniform[0])
    whole = uniform[0].read_bytes()

    def after(change: bytes, to: bytes) -> str:
        uniform[0].write_bytes(whole.replace(change, to, 1))
        return refused(suite, capsys, *uniform)

    assert "rows of 'tiny-2', not of tiny-1" in after(b"tiny-1", b"tiny-2")
    assert "rows of another tiny-1" in after(b'"version":1', b'"version":2')
    assert "seed (1 there, 0 in the suite)" in after(b'"seed":0', b'"seed":1')
    assert "catalogue 'x' there" in after(read_evaluation(uniform[1])[0]["fingerprint"].encode(), b"x")
    assert "rates of users" in after(b'"rates_digest":"', b'"rates_digest":"x')
    assert "several versions of clarigym" in after(b'"clarigym":"', b'"clarigym":"9')
    assert "for the second time: rows of two runs are mixed" in after(whole, whole + whole.splitlines(True)[-1])
    assert "a second header" in after(whole, whole + whole)
    assert "episodes 0 to 58, not those of 0 to 59" in after(whole.splitlines(True)[-1], b"")
    assert "rows of no suite" in after(b'"suite":', b'"sweet":')
    assert after(b"x", b"x") == ""


def test_a_row_that_was_changed_is_found(suite, capsys):
    folder = played(suite, "--agents", "exact")
    path = folder / "toy_hard_exact.jsonl"
    whole, rows = path.read_bytes(), read_evaluation(path)[1]
    lost = next(row for row in rows if not row["success"])
    e = lost["episode"]
    better = {"success": True, "guess": lost["intent"], "reward": lost["reward"] + 2}
    for changes, why in (
        ({"success": True}, "but guess and intent say otherwise"),
        ({"success": True, "guess": lost["intent"]}, "where guess and questions make"),
        (better, "p_guess = "),
        ({"intent": lost["guess"], "success": True, "reward": lost["reward"] + 2}, "has one who wants"),
        ({"nll_nats": 0.0}, "nll_nats = 0.0"),
        ({"bits": 3.0}, "bits = 3.0"),
        ({"brier": -0.5}, "brier = -0.5"),
    ):
        path.write_bytes(whole)
        edited(path, e, **changes)
        assert why in refused(suite, capsys, folder), changes
    path.write_bytes(whole)
    # What agrees with itself is found by playing it again.
    bits = [*lost["truth_bits"][:-1], -0.01]
    end = 2.0**-0.01
    edited(path, e, **better, truth_bits=bits, p_guess=end, brier=0.001, nll_nats=0.01 * 0.6931471805599453,
           bits=bits[-1] - bits[0])  # fmt: skip
    assert refused(suite, capsys, folder) == ""
    assert f"episode {e}: played again, it differs in guess" in refused(suite, capsys, folder, replay=3)


def test_what_is_played_is_never_called_changed(suite):
    folder = played(suite, "--agents", "exact,independent,uniform,fixed,entropy,learned,policy,lookahead")
    for path in folder.glob("*.jsonl"):
        for row in read_evaluation(path)[1]:
            assert wrong_sum(row, Rules(budget=6)) == ""


def test_time_left_goes_by_what_each_agent_took():
    left = TimeLeft({("slow", "a"): 100, ("fast", "a"): 100, ("slow", "b"): 100})
    assert left.estimate_s(1.0) is None
    left.add("slow", "a", 50, 100.0)
    left.add("fast", "a", 50, 1.0)
    # 2 s and .02 s an episode, "slow" elsewhere as here; twice as fast as the agents' own time, by two workers.
    assert left.estimate_s(50.5) == pytest.approx((50 * 2 + 50 * 0.02 + 100 * 2) / 2)


def test_means_of_cells():
    assert mean_of_cells([], "x") is None
    assert mean_of_cells([{"x": 1.0, "x_ci": None}], "x") is None
    assert short("a.b.c:d") == "c:d"


@pytest.mark.slow
def test_the_same_bytes_after_kills(suite, tmp_path):
    assert same_bytes(str(suite), tmp_path, kills=5, workers=2)
