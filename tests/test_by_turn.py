"""Curves, pass^k and what else others report: against plain loops, and how often the intervals hold the truth."""

from __future__ import annotations

import itertools
import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.cli import main
from agents.errors import Exit
from agents.evaluation import intervals
from agents.evaluation.by_turn import bits_by_turn, calibration_curve, entropy_by_turn, success_by_turn
from agents.evaluation.episodes import draw_dialogues
from agents.evaluation.evaluate import evaluate
from agents.evaluation.metrics import INTERVALS, overconfidence, paired, pass_k, regained, summary
from agents.evaluation.resumable_rows import read_evaluation
from agents.setting import make_setting
from envs.rules import Rules
from tests.test_evaluate import rows_of


def test_curves_against_plain_loops():
    rows, n = rows_of(120), 120
    found, gained, left = success_by_turn(rows, 20), bits_by_turn(rows, 20), entropy_by_turn(rows, 20)
    assert len(found) == len(gained) == len(left) == 21
    for t in range(21):
        right = sum(r["success"] and r["questions"] <= t for r in rows)
        assert found[t] == intervals.share(right, n)
        bits = [r["truth_bits"][min(t, len(r["truth_bits"]) - 1)] - r["truth_bits"][0] for r in rows]
        assert gained[t].value == pytest.approx(sum(bits) / n)
        assert left[t].value == pytest.approx(
            sum(r["entropy_bits"][min(t, len(r["entropy_bits"]) - 1)] for r in rows) / n
        )
    assert gained[0] == (0.0, 0.0, 0.0) and found[20].value == np.mean([r["success"] for r in rows])
    for curve in (success_by_turn, bits_by_turn, entropy_by_turn):
        with pytest.raises(ValueError, match="no rows"):
            curve([], 20)


@given(st.integers(0, 90), st.integers(1, 12))
def test_a_calibration_curve_is_of_everybody_who_guessed(n, bins):
    rows = rows_of(n)
    curve, guessed = calibration_curve(rows, bins), [r for r in rows if r["guess"] >= 0]
    assert sum(part.dialogues for part in curve) == len(guessed) and len(curve) <= bins
    assert [part.confidence for part in curve] == sorted(part.confidence for part in curve)
    if guessed:
        right = sum(part.right.value * part.dialogues for part in curve)
        assert right == pytest.approx(sum(r["success"] for r in guessed))


@given(st.lists(st.lists(st.booleans(), min_size=4, max_size=4), min_size=1, max_size=6))
def test_pass_k_is_the_share_of_choices_of_k_users_who_are_all_served(right):
    for one in pass_k(np.array(right, dtype=float)):
        k = one["k"]
        chosen = [all(group) for users in right for group in itertools.combinations(users, k)]
        assert one["pass"] == pytest.approx(sum(chosen) / len(chosen))
        low, high = one["pass_ci"]
        assert 0 <= low <= one["pass"] <= high <= 1


def test_users_of_one_intent_are_alike_in_nothing_else():
    setting = make_setting("animals", "mixed", "people", Rules(budget=5))
    episodes = np.arange(3, 43)
    alone, grouped = draw_dialogues(setting, 5, episodes), draw_dialogues(setting, 5, episodes, 4)
    assert (grouped.users.intent == [grouped.users.intent[max(0, e // 4 * 4 - 3)] for e in episodes]).all()
    first = episodes % 4 == 0
    assert (grouped.users.intent[first] == alone.users.intent[first]).all()
    assert (grouped.users.stream == alone.users.stream).all(), "type, memory and slips come from it"
    assert len(set(grouped.users.intent.tolist())) > 5
    split = draw_dialogues(setting, 5, np.arange(17, 20), 4)
    assert (split.users.intent == grouped.users.intent[14:17]).all(), "whatever the batch"


def test_evaluate_with_several_users_an_intent(tmp_path, capsys):
    path = tmp_path / "rows.jsonl"
    command = ["evaluate", "--catalogue", "toy", "--noise", "hard", "--agents", "exact,uniform", "--episodes", "60",
               "--users-per-intent", "3", "--out", str(path)]  # fmt: skip
    assert main([*command, "--json"]) == Exit.OK
    results = json.loads(capsys.readouterr().out)["results"]
    header, rows = read_evaluation(path)
    assert header["config"]["users_per_intent"] == 3
    for one in results:
        mine = [r for r in rows if r["agent"] == one["agent"]]
        groups = [mine[k : k + 3] for k in range(0, 60, 3)]
        assert all(len({r["intent"] for r in group}) == 1 for group in groups)
        assert one["pass_k"][2]["pass"] == np.mean([all(r["success"] for r in group) for group in groups])
        assert one["pass_k"][0]["pass"] == pytest.approx(one["success"])
        assert one["success_ci"] == pytest.approx(one["pass_k"][0]["pass_ci"])
        assert one["recovery_ci"] is None, "who was told something false differs from intent to intent"
    assert main(command[:-2]) == Exit.OK
    assert "pass^3" in capsys.readouterr().out
    assert main(["compare", str(path), str(path), "--agent-a", "exact", "--agent-b", "uniform", "--json"]) == Exit.OK
    compared = json.loads(capsys.readouterr().out)["comparisons"][0]["metrics"]["success"]
    assert compared["test"] == "sign-flip test", "users of one intent are no tosses of their own"
    other = tmp_path / "other.jsonl"
    assert main([*command[:-4], "--out", str(other)]) == Exit.OK
    assert main(["compare", str(path), str(other)]) == Exit.BAD_INPUT
    assert "users_per_intent (3 and 1)" in capsys.readouterr().err
    assert main([*command, "--episodes", "61", "--resume"]) == Exit.BAD_INPUT
    assert "episodes = 61 is no multiple of users_per_intent = 3" in capsys.readouterr().err


def test_in_python_as_on_the_command_line():
    found = evaluate(["uniform"], "toy", noise="hard", episodes=12, users_per_intent=3).figures["uniform"]["pass_k"]
    assert [one["k"] for one in found] == [1, 2, 3]
    with pytest.raises(ValueError, match="episodes = 10 is no multiple of users_per_intent = 3"):
        evaluate(["uniform"], "toy", episodes=10, users_per_intent=3)


def test_an_intent_that_is_not_complete_is_left_out():
    rows = rows_of(11)
    got = summary(rows, 20, None, 4)
    assert got["pass_k"] == summary(rows[:8], 20, None, 4)["pass_k"] and got["episodes"] == 11
    assert summary(rows[:3], 20, None, 4)["pass_k"] == []
    assert all(summary(rows[:3], 20, None, 4)[f"{name}_ci"] is None for name in INTERVALS)
    with pytest.raises(ValueError, match="no intent has all of its 4 users"):
        paired(rows[:3], rows[:3], (20, 20), 4)


def test_a_mean_share_of_single_users_is_wilsons():
    right = np.array([1.0] * 7 + [0.0] * 5)
    assert intervals.mean_share(right, 12) == pytest.approx(intervals.share(7, 12), abs=0.01)
    assert intervals.mean_share(np.ones(9), 36) == intervals.share(9, 9)
    alike = np.array([1.0, 0.0] * 20)
    assert intervals.mean_share(alike, 160)[1:] == pytest.approx(intervals.share(20, 40)[1:], abs=0.01), "all or none"


# --- coverage ------------------------------------------------------------------------------------------------------

WORLDS, SAMPLES = 4000, 1500


def drawn(rng: np.random.Generator, n: int) -> list[dict]:
    """Dialogues of a made-up agent that is too sure of itself: 80 % chance of a guess that it gives 85 to 95 %."""
    out = []
    for e in range(n):
        questions = int(rng.integers(3, 9))
        right = bool(rng.random() < 0.8)
        course = np.concatenate([[-6.0], -6 + np.cumsum(rng.gamma(1.0, 1.0, questions))])
        false = [int(rng.integers(1, questions + 1))] if rng.random() < 0.4 else []
        if false:
            course[false[0] :] -= 2.5
        out.append({"episode": e, "success": right, "questions": questions, "guess": 1,
                    "p_guess": float(rng.uniform(0.85, 0.95)), "truth_bits": course.tolist(),
                    "entropy_bits": (-course).tolist(), "false_turns": false})  # fmt: skip
    return out


@pytest.mark.slow
@pytest.mark.parametrize("n", [50, 200])
def test_the_intervals_hold_the_truth_as_often_as_they_say(n):
    """Of each figure that is reported; the truth is that of 100,000 dialogues."""
    rng = np.random.default_rng(n)
    large = drawn(rng, 100_000)
    figures = {
        "found by turn 5": lambda rows: success_by_turn(rows, 10)[5],
        "bits by turn 5": lambda rows: bits_by_turn(rows, 10)[5],
        "entropy at turn 5": lambda rows: entropy_by_turn(rows, 10)[5],
        "regained": regained,
        "overconfidence": overconfidence,
        "calibration": lambda rows: calibration_curve(rows, 1)[0].right,
    }
    truth = {name: figure(large).value for name, figure in figures.items()}
    held = dict.fromkeys(figures, 0)
    for _ in range(SAMPLES):
        rows = drawn(rng, n)
        for name, figure in figures.items():
            _, low, high = figure(rows)
            held[name] += low <= truth[name] <= high
    for name, count in held.items():
        assert 0.93 <= count / SAMPLES <= 0.99, f"{name}: {count / SAMPLES:.3f}"


@pytest.mark.slow
@pytest.mark.parametrize("intents", [25, 100])
@pytest.mark.parametrize(("a", "b"), [(8.0, 2.0), (30.0, 1.5), (2.0, 2.0), (0.5, 0.3)])
def test_pass_k_holds_the_truth_as_often_as_it_says(a, b, intents):
    """Intents differ in how often they are served, by a beta distribution, for which pass^k is known."""
    rng, n, held = np.random.default_rng(int(10 * a) + intents), 4, np.zeros(4)
    truth = [math.prod((a + j) / (a + b + j) for j in range(k)) for k in range(1, n + 1)]
    for _ in range(WORLDS):
        chance = rng.beta(a, b, intents)
        right = (rng.random((intents, n)) < chance[:, None]).astype(float)
        for k, one in enumerate(pass_k(right)):
            held[k] += one["pass_ci"][0] <= truth[k] <= one["pass_ci"][1]
    share = held / WORLDS
    assert (share >= 0.925).all() and (share <= 0.99).all(), share
