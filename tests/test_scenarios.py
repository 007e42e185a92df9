"""Scripted episodes: all that ship hold, a failing one is shown, bad files give their place."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest

from agents.cli import main
from agents.errors import Exit, InputError
from agents.scenarios.play import ScenarioPlayer
from agents.scenarios.read import SHIPPED, read_scenarios

SHIPPED_SCENARIOS = read_scenarios(SHIPPED)
QUICK = [s for s in SHIPPED_SCENARIOS if s.catalogue not in ("movies", "movies-1k")]


@pytest.fixture(scope="module")
def stage():
    return ScenarioPlayer("exact")


def test_at_least_twenty_ship():
    assert len(SHIPPED_SCENARIOS) >= 20
    names = [s.name for s in SHIPPED_SCENARIOS]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("scenario", QUICK, ids=lambda s: s.name)
def test_shipped(scenario, stage):
    outcome = stage.run(scenario)
    assert not outcome.failures, f"{outcome.failures}\n{outcome.transcript}"


@pytest.mark.slow
@pytest.mark.parametrize("scenario", [s for s in SHIPPED_SCENARIOS if s not in QUICK], ids=lambda s: s.name)
def test_shipped_films(scenario, stage):
    outcome = stage.run(scenario)
    assert not outcome.failures, f"{outcome.failures}\n{outcome.transcript}"


def one(expect: str, more: str = "") -> str:
    head = '[[scenario]]\nname = "x"\ncatalogue = "toy"\nnoise = "clean"\nintent = "Diavola"'
    return f"{head}\n{more}\nexpect = {{ {expect} }}\n"


@pytest.mark.parametrize(
    ("expect", "more", "words"),
    [
        ("found = false", "", "found is true"),
        ("within = 0", "", "found, "),
        ("at_least = 15", "", "questions were asked"),
        ("user_left = true", "", "the user stayed"),
        ('guess = ["Pesto"]', "", "the guess was Diavola"),
        ("confidence_below = 0.1", "", "confidence was"),
        ("confidence_above = 1.0", "", "confidence was"),
        ("reward_above = 1.0", "", "the reward was"),
        ('asks_about = ["vegetarian", "colour", "price", "toppings"]', "", "it asked about"),
        ("rank = [{ turn = 1, below = 1 }]", "", "but it was"),
        ("recovers_after = 1", "", "didn't mislead"),
        ("recovers_after = 19", "", "there were"),
        ("never_repeats = false", "", "a question came twice"),
    ],
)
def test_each_expectation_can_fail(expect, more, words, tmp_path, capsys):
    path = tmp_path / "s.toml"
    path.write_text(one(expect, more))
    assert main(["run", str(path)]) == Exit.FAILED
    said = capsys.readouterr().out
    assert words in said and "FAIL" in said and "0 of 1 scenarios hold" in said
    assert "it was Diavola" in said, "the dialogue is shown"


def test_lies_mislead_and_are_recovered_from(tmp_path, stage):
    path = tmp_path / "s.toml"
    path.write_text(one("recovers_after = 1", "lies = [1]").replace("clean", "hard"))
    [outcome] = [stage.run(s) for s in read_scenarios(path)]
    assert outcome.turns[0].p < 1 / 8


def test_leaving_memory_forgetting_and_scripts(tmp_path, stage):
    path = tmp_path / "s.jsonl"
    base = {"catalogue": "toy", "questions": "yesno", "intent": "Diavola", "expect": {"at_least": 0}}
    cases = [
        {"name": "leaves", "leaves_after": 1},
        {"name": "script", "answers": ["yes", 0, "don't know"], "then": "no"},
        {"name": "forgot", "forgotten": ["colour", "toppings", "price", "vegetarian"], "noise": "clean"},
        {"name": "wrong", "memory": {"colour": "green", "vegetarian": "yes", "price": "6"}, "noise": "clean"},
        {"name": "right", "noise": "clean"},
        {"name": "absent", "facts": {"colour": "green", "price": 11, "toppings": ["ham"]}, "intent": None},
    ]
    lines = [json.dumps({k: v for k, v in (base | case).items() if v is not None}) for case in cases]
    path.write_text("\n".join(lines))
    leaves, script, forgot, wrong, right, absent = (stage.run(s) for s in read_scenarios(path))
    assert leaves.user_left and leaves.questions == 2
    assert [t.answer for t in script.turns][:3] == ["Yes.", "No.", "I don't know."]
    assert all(t.answer == "No." for t in script.turns[3:])
    assert all(t.answer == "I don't know." for t in forgot.turns)
    assert [t.answer for t in wrong.turns] != [t.answer for t in right.turns]
    assert absent.truth == "nothing in the catalogue" and not absent.found
    assert all(t.rank == 0 for t in absent.turns)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[scenario]\n", "is not TOML"),
        ("[other]\n", "unknown table 'other'"),
        ("", "no scenario in it"),
        ('[[scenario]]\nname = "x"\n', "scenario 1 'x': 'expect' must be"),
        (one("fund = true"), "expect: unknown key 'fund'; did you mean 'found'"),
        (one("found = 1"), "found = 1; it must be true or false"),
        (one("rank = [{ turn = 1 }]"), "tables {turn, below}"),
        (one("found = true", "buget = 3"), "unknown key 'buget'; did you mean 'budget'"),
        (one("found = true", 'budget = "x"'), "budget = 'x'; it must be a whole number"),
        (one("found = true").replace("Diavola", "Diavolo"), "intent 'Diavolo' is not in the catalogue"),
        (one("found = true").replace("toy", "toi"), "toi doesn't exist"),
        (one("found = true", 'memory = { color = "red" }'), "no facet 'color'"),
        (one("found = true", 'memory = { colour = "red", toppings = "glue" }'), "no value 'glue'"),
        (one("found = true", 'type = "calm"'), "type"),
        (one("found = true", 'questions = "yesno"\nanswers = ["perhaps"]'), "answer 'perhaps'"),
        (one("found = true", "budget = 0"), "budget"),
    ],
)
def test_bad_files_give_their_place(text, words, tmp_path, capsys):
    path = tmp_path / "bad.toml"
    path.write_text(text)
    assert main(["run", str(path)]) == Exit.BAD_INPUT
    err = capsys.readouterr().err
    assert words in err and "bad.toml" in err and err.count("\n") == 1


def test_bad_jsonl_gives_its_line(tmp_path):
    path = tmp_path / "bad.jsonl"
    path.write_text('{"name": "x", "expect": {"found": true}}\n{oops\n')
    with pytest.raises(InputError, match="line 2: not JSON"):
        read_scenarios(path)
    path.write_text("[1]\n")
    with pytest.raises(InputError, match="expected a table"):
        read_scenarios(path)
    with pytest.raises(InputError, match=r"no \.toml or \.jsonl"):
        (tmp_path / "empty").mkdir()
        read_scenarios(tmp_path / "empty")


def test_json_and_junit(tmp_path, capsys):
    path, report = tmp_path / "s.toml", tmp_path / "report.xml"
    path.write_text(one("found = true") + one("found = false").replace('"x"', '"y"'))
    assert main(["run", str(path), "--json", "--junit", str(report)]) == Exit.FAILED
    got = json.loads(capsys.readouterr().out)
    assert (got["scenarios"], got["failed"]) == (2, 1)
    assert [r["holds"] for r in got["results"]] == [True, False]
    suite = ElementTree.parse(report).getroot()
    assert suite.attrib["tests"] == "2" and suite.attrib["failures"] == "1"
    cases = suite.findall("testcase")
    assert [len(c.findall("failure")) for c in cases] == [0, 1]


def test_another_agent_can_fail_where_exact_holds(tmp_path):
    path = tmp_path / "s.toml"
    path.write_text(one("within = 2").replace("Diavola", "Pesto"))
    assert main(["run", str(path)]) == Exit.OK
    assert main(["run", str(path), "--agent", "uniform"]) == Exit.FAILED
