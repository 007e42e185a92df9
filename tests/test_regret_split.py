"""Asking and believing apart: agents that ask as one and believe as another, and what a regret is made of."""

from __future__ import annotations

import json

import numpy as np
import pytest

from agents.cli import main
from agents.errors import Exit, InputError
from agents.evaluation.check_agent import check_agent, small_setting
from agents.evaluation.episodes import play
from agents.evaluation.metrics import column
from agents.evaluation.regret_split import PARTS, judged, mixtures, regret_splits
from agents.evaluation.resumable_rows import read_evaluation
from agents.evaluation.runner import rows_of
from agents.setting import make_setting
from agents.strategies.registry import check_name, make_agent
from envs.rules import Rules
from tests.source import ROOT


@pytest.fixture(scope="module")
def toy():
    return make_setting("toy", "mixed", "hard", Rules(budget=6))


def played(name: str, setting):
    return play(make_agent(name, setting), setting, 2, np.arange(60))


def questions(of) -> list[list[int]]:
    return [[q for q in row if q >= 0] for row in of.dialogues.questions.tolist()]


@pytest.mark.parametrize(
    "name", ["uniform+exact", "exact+uniform", "exact+independent", "policy+exact", "fixed+entropy"]
)
def test_a_mixture_is_an_agent(name):
    check_agent(lambda setting: make_agent(name, setting), small_setting())


def test_exact_with_its_own_questions_is_exact(toy):
    assert rows_of("exact", played("exact+exact", toy)) == rows_of("exact", played("exact", toy))


@pytest.mark.parametrize("name", ["uniform", "fixed"])
def test_the_questions_are_the_askers(name, toy):
    """Those of these two don't hang on answers, so the mixture asks the same ones, as long as it goes on."""
    alone, mixed = questions(played(name, toy)), questions(played(f"{name}+exact", toy))
    assert all(a[: len(b)] == b[: len(a)] for a, b in zip(alone, mixed, strict=True))
    assert alone != mixed, "exact knows better when to stop"


def test_the_belief_is_the_believers(toy):
    mixed = make_agent("uniform+independent", toy)
    episodes = play(mixed, toy, 2, np.arange(20))
    posterior = toy.posterior(memory=False)
    for b, asked in enumerate(questions(episodes)):
        posterior.reset(1)
        for k, question in enumerate(asked):
            if episodes.dialogues.answers[b, k] >= 0:
                posterior.update(np.array([question]), episodes.dialogues.answers[b, k : k + 1])
        assert mixed.belief(np.array([b]))[0] == pytest.approx(posterior.belief()[0])
        if not episodes.user_left[b]:
            assert episodes.guess[b] == posterior.belief()[0].argmax()


def test_where_an_asker_that_shows_no_choice_would_guess_the_believer_does(monkeypatch):
    monkeypatch.chdir(ROOT)
    setting = make_setting("toy", "yesno", "clean", Rules(budget=6))
    alone, mixed = (played(name, setting) for name in ("examples.own_agent:halves", "examples.own_agent:halves+exact"))
    assert all(len(b) <= len(a) for a, b in zip(questions(alone), questions(mixed), strict=True))
    assert mixed.success.mean() == 1.0, "users who err in nothing"


def test_names_of_mixtures(toy):
    assert check_name("uniform+exact") == "uniform+exact"
    for name in ("uniform+exacct", "a+b+c", "+exact", "exact+"):
        with pytest.raises(InputError, match="no agent"):
            check_name(name)
    assert judged(["uniform"]) == ("uniform", "exact", *mixtures("uniform"))
    assert judged(["exact"]) == ("exact",)


def rows(rewards: list[float]) -> list[dict]:
    return [{"episode": e, "reward": r} for e, r in enumerate(rewards)]


def test_the_parts_in_closed_form():
    asks, believes = mixtures("a")
    exact, own = [1.0, 1.0, 1.0, 1.0], [-1.0, 0.0, 1.0, -1.0]
    # Right questions alone bring everything, whatever is believed: nothing is lost by belief.
    found = regret_splits({"a": rows(own), "exact": rows(exact), asks: rows(own), believes: rows(exact)})["a"]
    assert found["regret_by_questions"] == np.mean(np.subtract(exact, own)) and found["regret_by_belief"] == 0
    found = regret_splits({"a": rows(own), "exact": rows(exact), asks: rows(exact), believes: rows(own)})["a"]
    assert found["regret_by_questions"] == 0 and found["regret_by_belief"] == np.mean(np.subtract(exact, own))
    # Only both together help: half of it is each one's.
    found = regret_splits({"a": rows(own), "exact": rows(exact), asks: rows(own), believes: rows(own)})["a"]
    assert found["regret_by_questions"] == found["regret_by_belief"] == np.mean(np.subtract(exact, own)) / 2
    low, high = found["regret_by_questions_ci"]
    assert low < found["regret_by_questions"] < high
    assert regret_splits({"a": rows(own), "exact": rows(exact[:3]), asks: rows(own), believes: rows(own)}) == {}
    assert regret_splits({"a": rows(own), "exact": rows(exact)}) == {}


def test_evaluate_splits_the_regret(tmp_path, capsys):
    path, dialogues = tmp_path / "rows.jsonl", tmp_path / "dialogues.jsonl"
    command = ["evaluate", "--catalogue", "toy", "--noise", "hard", "--agents", "uniform,independent", "--judge",
               "exact", "--episodes", "40", "--out", str(path), "--dialogues", str(dialogues)]  # fmt: skip
    assert main([*command, "--json"]) == Exit.OK
    results = {one["agent"]: one for one in json.loads(capsys.readouterr().out)["results"]}
    assert set(results) == set(judged(["uniform", "independent"]))
    header, all_rows = read_evaluation(path)
    assert header["config"]["judge"] == "exact"
    of = {name: column([r for r in all_rows if r["agent"] == name], "reward") for name in results}
    for name in ("uniform", "independent"):
        assert sum(results[name][part] for part in PARTS) == pytest.approx(results[name]["regret"])
        asks, believes = (of[mixture] for mixture in mixtures(name))
        wanted = ((of["exact"] - asks) + (believes - of[name])).mean() / 2
        assert results[name]["regret_by_questions"] == pytest.approx(wanted)
    assert PARTS[0] not in results["exact"]
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    assert main([*command, "--resume"]) == Exit.OK
    shown = capsys.readouterr().out
    assert path.read_bytes() == whole
    assert "by questions" in shown and max(map(len, shown.splitlines())) <= 104 and "uniform+exact" not in shown


def test_the_report_shows_the_split(tmp_path, capsys):
    pytest.importorskip("matplotlib")
    path, page = tmp_path / "rows.jsonl", tmp_path / "report.html"
    command = ["evaluate", "--catalogue", "toy", "--noise", "hard", "--agents", "uniform", "--judge", "exact",
               "--episodes", "30", "--out", str(path)]  # fmt: skip
    assert main([*command, "--json"]) == Exit.OK
    found = {one["agent"]: one for one in json.loads(capsys.readouterr().out)["results"]}["uniform"]
    assert main(["report", str(path), "--out", str(page)]) == Exit.OK
    text = page.read_text()
    assert "Regret split" in text and f"<b>{found['regret_by_questions']:.3f}</b>" in text
    assert "uniform+exact" not in text.split('id="files"')[0], "mixtures are no agents of their own"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--judge", "exacct"], "judge = 'exacct'; it is exact"),
        (["--judge", "exact", "--agents", "uniform+exact"], "name them without a +"),
        (["--agents", "uniform+nobody"], "no agent 'nobody'"),
    ],
)
def test_mistakes(arguments, words, capsys):
    assert main(["evaluate", "--catalogue", "toy", *arguments]) == Exit.BAD_INPUT
    said = capsys.readouterr().err
    assert words in said and said.count("\n") == 1


@pytest.mark.slow
def test_the_intervals_of_the_parts_hold_the_truth_as_often_as_they_say():
    """Made-up agents whose rewards are those of guesses and questions; the truth is that of 200,000 users."""
    rng, held, samples = np.random.default_rng(0), np.zeros(2), 1500

    def drawn(n: int) -> dict[str, list[dict]]:
        luck = rng.random(n)  # shared, as the same users are
        chances = {"exact": 0.9, "a": 0.6, "a+exact": 0.75, "exact+a": 0.8}
        return {
            name: rows(
                (np.where(0.6 * luck + 0.4 * rng.random(n) < p, 1.0, -1.0) - 0.02 * rng.integers(3, 12, n)).tolist()
            )
            for name, p in chances.items()
        }

    truth = regret_splits(drawn(200_000))["a"]
    for _ in range(samples):
        found = regret_splits(drawn(100))["a"]
        held += [found[f"{part}_ci"][0] <= truth[part] <= found[f"{part}_ci"][1] for part in PARTS]
    assert (held / samples >= 0.93).all() and (held / samples <= 0.98).all(), held / samples
