"""Evaluation: figures against plain loops, rows that survive kills, full disks, broken lines and second runs."""

from __future__ import annotations

import errno
import json
import math
import os
import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.cli import main
from agents.commands.evaluate import Evaluate
from agents.errors import BusyError, Exit, InputError
from agents.evaluation import intervals
from agents.evaluation.episodes import agent_seeds, play
from agents.evaluation.metrics import ece, paired, summary, turns_all
from agents.evaluation.resumable_rows import FIELDS, RowFile, check_rows, read_rows
from agents.evaluation.runner import BATCH, EvaluationPlan, RowOrderError
from agents.evaluation.runner import rows_of as result_rows
from agents.setting import make_setting
from agents.strategies.registry import make_agent
from envs.rules import Rules
from sim.answers import DONT_KNOW, NO
from sim.facts import false_answers
from sim.numeric.randomness import stream
from sim.posterior.exact import ChannelPosterior
from sim.questions import OPEN, OVER
from sim.users.rates import HARD, Rates
from sim.users.simulated import SimulatedUsers

ROOT = Path(__file__).parent.parent


def rows_of(n: int, seed: int = 0) -> list[dict]:
    rng = np.random.default_rng(seed)
    out = []
    for e in range(n):
        p = float(rng.random())
        right = bool(rng.random() < p)
        guess = -1 if rng.random() < 0.1 else 3
        right &= guess >= 0
        questions = int(rng.integers(0, 21))
        reward = (1.0 if right else -1.0) - 0.02 * questions
        answers = questions if guess >= 0 else max(0, questions - 1)
        false = sorted({int(t) for t in rng.integers(0, answers + 1, size=rng.integers(0, 3))})
        out.append({"agent": "a", "episode": e, "intent": 3, "guess": guess, "success": right, "user_left": guess < 0,
                    "questions": questions, "reward": reward, "bits": float(rng.normal(5, 2)),
                    "nll_nats": -math.log(p), "p_guess": p, "brier": float(rng.random()),
                    "false_answers": len(false), "false_turns": false,
                    "truth_bits": (-8 * rng.random(answers + 1)).tolist(),
                    "entropy_bits": (8 * rng.random(answers + 1)).tolist()})  # fmt: skip
    return out


# --- metrics -------------------------------------------------------------------------------------------------------


def test_summary_against_plain_loops():
    rows, other = rows_of(203), rows_of(203, seed=1)
    got = summary(rows, 20, other)
    n = len(rows)
    found = [r for r in rows if r["success"]]
    assert got["episodes"] == n
    assert got["success"] == pytest.approx(len(found) / n)
    assert got["turns_success"] == pytest.approx(sum(r["questions"] for r in found) / len(found))
    assert got["turns_all"] == pytest.approx(sum(r["questions"] if r["success"] else 20 for r in rows) / n)
    assert got["bits_per_turn"] == pytest.approx(sum(r["bits"] for r in rows) / sum(r["questions"] for r in rows))
    assert got["reward"] == pytest.approx(sum(r["reward"] for r in rows) / n)
    assert got["nll_nats"] == pytest.approx(sum(r["nll_nats"] for r in rows) / n)
    assert got["brier"] == pytest.approx(sum(r["brier"] for r in rows) / n)
    misled = [r for r in rows if r["false_answers"]]
    assert got["recovery"] == pytest.approx(sum(r["success"] for r in misled) / len(misled))
    assert got["regret"] == pytest.approx(sum(o["reward"] - r["reward"] for r, o in zip(rows, other, strict=True)) / n)
    first = [(r, min(r["false_turns"])) for r in rows if r["false_turns"] and min(r["false_turns"]) > 0]
    back = sum(r["truth_bits"][-1] >= r["truth_bits"][turn - 1] for r, turn in first)
    assert got["regained"] == pytest.approx(back / len(first))
    sure = [r["p_guess"] - r["success"] for r in rows if r["guess"] >= 0]
    assert got["overconfidence"] == pytest.approx(sum(sure) / len(sure))
    guessed = sorted((r for r in rows if r["guess"] >= 0), key=lambda r: r["p_guess"])
    size, extra = divmod(len(guessed), 15)
    total, start = 0.0, 0
    for k in range(15):
        part = guessed[start : start + size + (k < extra)]
        start += len(part)
        total += abs(sum(r["success"] for r in part) - sum(r["p_guess"] for r in part))
    assert got["ece"] == pytest.approx(total / len(guessed))


NOTHING = ("turns_success", "ece", "regret", "recovery", "bits_per_turn", "regained", "overconfidence")


def test_what_there_is_none_of_is_null():
    row = {"agent": "a", "episode": 0, "intent": 3, "guess": -1, "success": False, "user_left": True, "questions": 0,
           "reward": -1.0, "bits": 0.0, "nll_nats": 1.0, "p_guess": 0.3, "brier": 1.2,
           "false_answers": 0, "false_turns": [], "truth_bits": [-3.0], "entropy_bits": [3.0]}  # fmt: skip
    got = summary([row], 20)
    assert all(got[key] is None for key in NOTHING)
    assert got["turns_all"] == 20
    json.dumps(got, allow_nan=False)


def test_ece_closed_forms():
    assert ece(np.ones(30), np.ones(30, bool)) == 0
    assert ece(np.ones(30), np.zeros(30, bool)) == 1
    assert ece(np.array([0.7]), np.array([True])) == pytest.approx(0.3)


def test_interval_of_a_mean_covers_and_repeats():
    values = np.random.default_rng(0).normal(size=400)
    middle, low, high = intervals.mean(values)
    assert intervals.mean(values) == (middle, low, high)
    half = 1.96 * values.std() / 20
    assert low == pytest.approx(values.mean() - half, abs=0.02)
    assert high == pytest.approx(values.mean() + half, abs=0.02)
    assert intervals.mean(np.full(5, 2.0)) == (2.0, 2.0, 2.0)


def test_paired_differences():
    a, b = rows_of(60), rows_of(60, seed=5)
    got = paired(a, b, (20, 20))
    wanted = np.mean(turns_all(a, 20) - turns_all(b, 20))
    assert got["turns_all"]["difference"] == pytest.approx(wanted)
    same = paired(a, a, (20, 20))
    assert not any(x["differs"] or x["difference"] for x in same.values())


# --- rows ----------------------------------------------------------------------------------------------------------

HEADER = {
    "config": {"seed": 0, "noise": "hard"},
    "rates": {"slip": 1},
    "fingerprint": "f",
    "made_with": {"python": "3"},
}


def test_rows_come_back(tmp_path):
    path = tmp_path / "r.jsonl"
    with RowFile(path, HEADER, resume=False) as file:
        file.append_rows([{"x": 1}, {"x": 2}])
    with RowFile(path, HEADER | {"made_with": {"python": "4"}}, resume=True) as file:
        assert file.rows == [{"x": 1}, {"x": 2}]
        file.append_rows([{"x": 3}])
    header, rows = read_rows(path)
    assert rows == [{"x": 1}, {"x": 2}, {"x": 3}] and header["config"] == HEADER["config"]


def test_cut_anywhere_it_resumes_to_a_prefix(tmp_path):
    path = tmp_path / "r.jsonl"
    with RowFile(path, HEADER, resume=False) as file:
        file.append_rows([{"x": k} for k in range(4)])
    whole = path.read_bytes()
    for cut in range(len(whole) + 1):
        path.write_bytes(whole[:cut])
        with RowFile(path, HEADER, resume=True) as file:
            kept = len(file.rows)
            assert file.rows == [{"x": k} for k in range(kept)]
            file.append_rows([{"x": k} for k in range(kept, 4)])
        assert path.read_bytes() == whole


def test_refusals_of_a_row_file(tmp_path):
    path = tmp_path / "r.jsonl"
    RowFile(path, HEADER, resume=False).__exit__()
    with pytest.raises(InputError, match="exists; go on with it by --resume"):
        RowFile(path, HEADER, resume=False)
    with pytest.raises(InputError, match=r"noise \('hard' there, 'clean' now\)"):
        RowFile(path, {**HEADER, "config": {"seed": 0, "noise": "clean"}, "rates": {}}, resume=True)
    with pytest.raises(InputError, match="configuration differs: the rates that 'hard' stands for"):
        RowFile(path, {**HEADER, "rates": {}}, resume=True)
    RowFile(path, {**HEADER, "config": {"seed": 0, "noise": "same users.toml"}}, resume=True).__exit__()
    with pytest.raises(InputError, match="fingerprint"):
        RowFile(path, {**HEADER, "fingerprint": "g"}, resume=True)
    with pytest.raises(InputError, match="no folder"):
        RowFile(tmp_path / "no" / "r.jsonl", HEADER, resume=False)
    with pytest.raises(InputError, match="is a folder"):
        RowFile(tmp_path, HEADER, resume=False)
    path.write_text(path.read_text() + "{broken\n{}\n")
    with pytest.raises(InputError, match="line 2: not JSON"):
        RowFile(path, HEADER, resume=True)
    (tmp_path / "x.jsonl").write_text('{"schema": "other"}\n')
    with pytest.raises(InputError, match="no file of evaluate's rows"):
        read_rows(tmp_path / "x.jsonl")


LISTS = ("false_turns", "truth_bits", "entropy_bits")


def test_rows_are_checked_field_by_field(tmp_path, capsys):
    path = tmp_path / "r.jsonl"
    evaluated(["--out", str(path), "--agents", "uniform", "--episodes", "3"], capsys)
    rows = read_rows(path)[1]
    assert list(rows[0]) == list(FIELDS)
    check_rows(path, rows)
    for name in FIELDS:
        empty = [None] if name in LISTS else []
        for bad in ("gone", None, empty, math.nan, "x" if name != "agent" else 3, 1.5 if name == "episode" else {}):
            row = {k: v for k, v in rows[1].items() if k != name} | ({} if bad == "gone" else {name: bad})
            with pytest.raises(InputError, match=f"line 3: .*{name}.*where a row has"):
                check_rows(path, [rows[0], row])
    for name in ("reward", "bits", "episode", "questions"):
        for bad in (10**400, -(10**30), *((1e308,) if isinstance(rows[1][name], float) else ())):
            with pytest.raises(InputError, match=f"line 2: {name} = "):
                check_rows(path, [rows[1] | {name: bad}])
    for name, bad in (("truth_bits", [0.0] * 30), ("entropy_bits", []), ("false_turns", [99])):
        with pytest.raises(InputError, match=f"line 2: .*{name}"):
            check_rows(path, [rows[1] | {name: bad}])
    for line in ('{"agent":"fixed","episode":0}', "[" * 100_000, '{"a":' * 100_000, "9" * 5000, "[]"):
        path.write_text(path.read_text().splitlines()[0] + f"\n{line}\n")
        assert main(["compare", str(path), str(path)]) == Exit.BAD_INPUT
        err = capsys.readouterr().err
        assert f"{path}, line 2: " in err and err.count("\n") == 1
    path.write_text('{"schema": "clarigym.rows/4"}\n')
    assert main(["compare", str(path), str(path)]) == Exit.BAD_INPUT
    assert "its first line must have the configuration" in capsys.readouterr().err


def test_two_runs_on_one_file(tmp_path):
    path = tmp_path / "r.jsonl"
    with RowFile(path, HEADER, resume=False), pytest.raises(BusyError, match="another run"):
        RowFile(path, HEADER, resume=True)
    RowFile(path, HEADER, resume=True).__exit__()


def test_disk_full_loses_nothing(tmp_path, monkeypatch):
    path = tmp_path / "r.jsonl"
    real = os.write
    with RowFile(path, HEADER, resume=False) as file:
        file.append_rows([{"x": 1}])
        before = path.read_bytes()

        def full(fd, data):
            if len(data) > 4:
                return real(fd, data[:4])  # a few bytes still fit
            raise OSError(errno.ENOSPC, "No space left on device")

        def nothing(fd, data):
            real(fd, data[:4])
            raise OSError(errno.ENOSPC, "No space left on device")

        for refusal in (full, nothing):
            monkeypatch.setattr(os, "write", refusal)
            with pytest.raises(OSError, match="the rows before are safe") as error:
                file.append_rows([{"x": 23}])
            assert error.value.errno == errno.ENOSPC
            monkeypatch.setattr(os, "write", real)
            assert path.read_bytes() == before
        file.append_rows([{"x": 2}])
    assert read_rows(path)[1] == [{"x": 1}, {"x": 2}]


# --- evaluate ------------------------------------------------------------------------------------------------------

TOY = ["evaluate", "--catalogue", "toy", "--agents", "exact,uniform,fixed", "--episodes", "55", "--noise", "hard",
       "--questions", "yesno", "--budget", "4"]  # fmt: skip


def evaluated(arguments, capsys) -> dict:
    assert main([*TOY, "--json", *arguments]) == Exit.OK
    return json.loads(capsys.readouterr().out)


def without_time(result: dict) -> list[dict]:
    return [{k: v for k, v in one.items() if k != "seconds_per_turn"} for one in result["results"]]


def test_json_has_all_fields_and_the_rows_agree(tmp_path, capsys):
    path = tmp_path / "r.jsonl"
    got = evaluated(["--out", str(path)], capsys)
    figures = {"success", "turns_success", "turns_all", "reward", "regret", "nll_nats", "brier", "recovery", "regained",
               "overconfidence"}  # fmt: skip
    wanted = {"agent", "episodes", "bits_per_turn", "ece", "seconds_per_turn"}
    wanted |= figures | {f"{name}_ci" for name in figures}
    assert all(wanted <= set(one) for one in got["results"])
    assert [one["agent"] for one in got["results"]] == ["exact", "uniform", "fixed"]
    assert got["results"][0]["regret"] == 0
    assert got["config"]["episodes"] == 55
    _, rows = read_rows(path)
    exact = [r for r in rows if r["agent"] == "exact"]
    assert [r["episode"] for r in exact] == list(range(55))
    assert got["results"][0]["success"] == pytest.approx(np.mean([r["success"] for r in exact]))
    intents = {agent: [r["intent"] for r in rows if r["agent"] == agent] for agent in ("exact", "uniform")}
    assert intents["exact"] == intents["uniform"], "paired: the same user for every agent"


@pytest.mark.parametrize("opening", [False, True])
def test_bits_are_counted_from_the_belief_before_the_first_question(opening):
    """What the prior knows, and what an opening tells, is nobody's merit."""
    setting = make_setting("toy", "mixed", "hard", Rules(budget=4, opening=opening))
    played = play(make_agent("exact", setting), setting, 3, np.arange(30))
    posterior = ChannelPosterior(setting.channel, setting.bank)
    posterior.reset(30)
    if opening:
        posterior.open(SimulatedUsers(setting.population, np.full(30, 3), np.arange(30)).opening())
    start = posterior.belief()
    assert (np.abs(start - setting.catalogue.prior).max(axis=1) > 1e-3).any() == opening
    for row, before in zip(result_rows("exact", played), start, strict=True):
        truth = row["intent"]
        assert row["bits"] == pytest.approx(-row["nll_nats"] / math.log(2) - math.log2(before[truth]), abs=1e-9)
    assert len(set(setting.catalogue.prior.tolist())) > 1


LEAVING = Rates(**HARD.to_dict() | {"name": "leaving", "patience": 2, "leaving": 0.3})


@pytest.fixture(scope="module")
def meeting():
    """Sixty users of toy, of whom many leave, an agent that met them, and what came of it."""
    setting = make_setting("toy", "mixed", LEAVING, Rules(budget=5, opening=True))
    agent = make_agent("exact", setting)
    played = play(agent, setting, 1, np.arange(60))
    assert 5 < played.user_left.sum() < 40
    return setting, agent, played


def test_what_is_believed_at_the_end_against_plain_loops(meeting):
    """In the truth, in the guess or, of users who left, in the favourite; and the Brier score."""
    _, agent, played = meeting
    for b, belief in enumerate(agent.belief(np.arange(60)).tolist()):
        truth, guess = int(played.dialogues.users.intent[b]), int(played.guess[b])
        assert played.p_truth[b] == pytest.approx(belief[truth])
        assert played.p_guess[b] == pytest.approx(max(belief) if guess < 0 else belief[guess])
        assert played.brier[b] == pytest.approx(sum((p - (i == truth)) ** 2 for i, p in enumerate(belief)))
    assert (played.guess[played.user_left] == -1).all()


def test_rewards_and_false_answers_against_plain_loops(meeting):
    setting, _, played = meeting
    bank, dialogues, said_no = setting.bank, played.dialogues, 0
    for b in range(60):
        paid = (1 if played.success[b] else -1) - 0.02 * played.questions[b]
        assert played.reward[b] == pytest.approx(paid)
        false = 0
        for q, a in zip(dialogues.questions[b].tolist(), dialogues.answers[b].tolist()):
            if q < 0 or a < 0:
                continue
            facet = setting.catalogue.facets[int(bank.facet[q])]
            intent = int(dialogues.users.intent[b])
            true = facet.indices[facet.indptr[intent] : facet.indptr[intent + 1]].tolist()
            if not true:
                continue
            if bank.kind[q] == OPEN:
                false += a > 0 and a - 1 not in [int(facet.option_of[v]) for v in true]
                continue
            value = int(bank.value[q])
            holds = any(v >= value for v in true) if bank.kind[q] == OVER else value in true
            false += a != DONT_KNOW and (a > DONT_KNOW) != holds
            said_no += a == NO and holds
        assert len(played.false_turns[b]) == false
    assert said_no, "a false 'no' among them"


def test_beliefs_turn_by_turn_against_a_posterior_of_its_own(meeting):
    """log2 p(truth) and entropy at the start and after each answer; and which of the answers were false."""
    setting, _, played = meeting
    posterior, dialogues = ChannelPosterior(setting.channel, setting.bank), played.dialogues
    for b in range(60):
        stated = dialogues.opening_count(b)
        posterior.reset(1)
        posterior.open(dialogues.opening(np.array([b])))
        heard = [(q, a) for q, a in zip(dialogues.questions[b, stated:], dialogues.answers[b, stated:]) if a >= 0]
        truth, beliefs = int(dialogues.users.intent[b]), [posterior.belief()[0]]
        for question, answer in heard:
            posterior.update(np.array([question]), np.array([answer]))
            beliefs.append(posterior.belief()[0])
        assert played.truth_bits[b] == pytest.approx([math.log2(p[truth]) for p in beliefs])
        wanted = [-sum(x * math.log2(x) for x in p.tolist() if x > 0) for p in beliefs]
        assert played.entropy_bits[b] == pytest.approx(wanted, abs=1e-9)
        assert all(0 <= turn <= len(heard) for turn in played.false_turns[b])
        for turn in set(played.false_turns[b]) - {0}:
            question, answer = heard[turn - 1]
            assert false_answers(setting.bank, [truth], [question], [answer])[0]
    assert any(0 in turns for turns in played.false_turns) and any(max(t, default=0) for t in played.false_turns)


def test_an_agents_draws_are_not_the_users():
    episodes = np.arange(50)
    seeds = agent_seeds(7, episodes)
    assert not np.isin(seeds, stream(7, episodes)).any() and len(set(seeds.tolist())) == 50
    assert (seeds == agent_seeds(7, episodes)).all() and (seeds != agent_seeds(8, episodes)).all()


def test_regret_is_null_without_exact(capsys):
    got = evaluated(["--agents", "uniform"], capsys)
    assert got["results"][0]["regret"] is None


@pytest.mark.parametrize(
    "option",
    [["--budget", "2"], ["--noise", "clean"], ["--questions", "mixed"], ["--seed", "1"], ["--max-questions", "6"],
     ["--opening", "--questions", "mixed"], ["--agent-seed", "9"], ["--catalogue", "animals"],
     ["--users-per-intent", "4"]],
)  # fmt: skip
def test_each_option_changes_what_happens(option, capsys):
    base = ["--agents", "uniform", "--episodes", "40"]
    assert without_time(evaluated(base, capsys)) != without_time(evaluated([*base, *option], capsys))


def test_resumed_at_any_row_the_file_is_the_same(tmp_path, capsys):
    path = tmp_path / "r.jsonl"
    whole_result = evaluated(["--out", str(path)], capsys)
    whole = path.read_bytes()
    rng = random.Random(0)
    ends = [k + 1 for k, byte in enumerate(whole) if byte == 10]
    for cut in [0, 5, ends[0], *(rng.randrange(len(whole)) for _ in range(4)), ends[-2], len(whole)]:
        path.write_bytes(whole[:cut])
        got = evaluated(["--out", str(path), "--resume"], capsys)
        assert path.read_bytes() == whole
        assert without_time(got) == without_time(whole_result)


def test_a_finished_run_goes_on_with_more_episodes(tmp_path, capsys):
    grown, at_once = tmp_path / "grown.jsonl", tmp_path / "at_once.jsonl"
    for episodes in ("10", "30", "61"):
        got = evaluated(["--out", str(grown), "--episodes", episodes, "--resume"], capsys)
    wanted = evaluated(["--out", str(at_once), "--episodes", "61"], capsys)
    assert without_time(got) == without_time(wanted)

    def key(row):
        return row["agent"], row["episode"]

    assert sorted(read_rows(grown)[1], key=key) == sorted(read_rows(at_once)[1], key=key)
    again = evaluated(["--out", str(grown), "--episodes", "61", "--resume"], capsys)
    assert without_time(again) == without_time(wanted), "nothing was left to do"
    assert main([*TOY, "--episodes", "60", "--out", str(grown), "--resume"]) == Exit.BAD_INPUT
    assert "has 61 episodes already; give --episodes 61 or more" in capsys.readouterr().err


@settings(deadline=None)
@given(st.integers(1, 3), st.lists(st.tuples(st.integers(1, 90), st.integers(0, 300)), min_size=1, max_size=4))
def test_what_remains_after_any_kills_and_extensions(agents, runs):
    """Each run asks for more episodes than the one before and is killed after some rows; the last one is not."""
    names, rows, episodes = tuple("abc"[:agents]), [], 0
    for more, killed_after in runs:
        episodes += more
        plan = EvaluationPlan(setting={}, agents=names, episodes=episodes, seed=0, agent_seed=0)
        fresh = [(task.agent, e) for task in plan.tasks(rows) for e in range(task.first, task.end)]
        rows = rows + fresh[:killed_after]
    tasks = plan.tasks(rows)
    rest = [(task.agent, e) for task in tasks for e in range(task.first, task.end)]
    assert sorted(rows + rest) == sorted((name, e) for name in names for e in range(episodes)), "each once"
    assert all(task.end - task.first <= BATCH for task in tasks)
    if len(runs) == 1:
        whole = [(task.agent, e) for task in plan.tasks() for e in range(task.first, task.end)]
        assert rows + rest == whole, "killed and resumed, rows stand where they would"
    for k in [k for k in range(len(rows) - 1) if rows[k][0] == rows[k + 1][0]]:
        swapped = [*rows[:k], rows[k + 1], rows[k], *rows[k + 2 :]]
        with pytest.raises(RowOrderError):
            plan.tasks(swapped)


def test_resume_refuses_another_configuration_by_name(tmp_path, capsys):
    path = tmp_path / "r.jsonl"
    evaluated(["--out", str(path), "--episodes", "5"], capsys)
    for option, name in ((["--seed", "1"], "seed (0 there, 1 now)"), (["--budget", "9"], "budget (4 there, 9 now)")):
        assert main([*TOY, "--episodes", "5", "--out", str(path), "--resume", *option]) == Exit.BAD_INPUT
        assert name in capsys.readouterr().err
    lines = path.read_text().splitlines()
    path.write_text("\n".join([lines[0], lines[2], lines[1], *lines[3:]]) + "\n")
    assert main([*TOY, "--episodes", "5", "--out", str(path), "--resume"]) == Exit.BAD_INPUT
    assert "the file was changed" in capsys.readouterr().err


def test_workers_give_the_same_rows(tmp_path, capsys):
    one, three = tmp_path / "1.jsonl", tmp_path / "3.jsonl"
    a = evaluated(["--out", str(one)], capsys)
    b = evaluated(["--out", str(three), "--workers", "3"], capsys)
    assert one.read_bytes() == three.read_bytes()
    assert without_time(a) == without_time(b)


def test_a_full_disk_is_one_sentence(tmp_path, capsys, monkeypatch):
    real = os.fsync
    calls = []

    def refuse(fd):
        calls.append(fd)
        if len(calls) == 3:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(fd)

    path = tmp_path / "r.jsonl"
    monkeypatch.setattr(os, "fsync", refuse)
    assert main([*TOY, "--out", str(path)]) == Exit.SYSTEM
    err = capsys.readouterr().err
    assert "No space left on device; the rows before are safe" in err and err.count("\n") == 1
    monkeypatch.setattr(os, "fsync", real)
    assert len(read_rows(path)[1]) == 25
    evaluated(["--out", str(path), "--resume"], capsys)
    assert len(read_rows(path)[1]) == 165


def test_the_same_users_whatever_the_order_of_agents(tmp_path, capsys):
    a = evaluated(["--agents", "exact,uniform", "--episodes", "30"], capsys)
    b = evaluated(["--agents", "uniform,exact", "--episodes", "30"], capsys)
    assert without_time(a) == without_time(b)[::-1]


def test_bad_configurations():
    cases = (("episodes", 0), ("budget", 0), ("workers", 0), ("seed", -1), ("agents", " , "), ("agents", "exact,exact"))
    for field, value in cases:
        with pytest.raises(InputError, match=field):
            Evaluate(**{field: value})
    with pytest.raises(InputError, match="--resume needs --out"):
        Evaluate(resume=True)


# --- compare -------------------------------------------------------------------------------------------------------


@pytest.fixture
def files(tmp_path, capsys):
    def make(name: str, *options: str) -> str:
        path = str(tmp_path / f"{name}.jsonl")
        evaluated(["--out", path, "--episodes", "40", *options], capsys)
        return path

    return make


def test_compare_pairs(files, capsys):
    a, b = files("a"), files("b", "--agent-seed", "4")
    assert main(["compare", a, b, "--json"]) == Exit.OK
    got = {c["agent_a"]: c for c in json.loads(capsys.readouterr().out)["comparisons"]}
    assert set(got) == {"exact", "uniform", "fixed"}
    assert got["exact"]["episodes"] == 40
    assert all(m["difference"] == 0 for m in got["exact"]["metrics"].values()), "exact draws nothing of its own"
    assert any(m["difference"] for m in got["uniform"]["metrics"].values())
    assert main(["compare", a, a, "--agent-a", "exact", "--agent-b", "uniform"]) == Exit.OK
    assert "40 paired episodes" in capsys.readouterr().out


def test_compare_says_why_files_do_not_pair(files, capsys):
    a = files("a", "--agents", "exact")
    cases = [
        (files("b", "--seed", "1"), "seed (0 and 1)"),
        (files("c", "--noise", "clean"), "noise (hard and clean)"),
        (files("d", "--catalogue", "animals", "--episodes", "3"), "catalogue (toy and animals)"),
        (files("e", "--opening"), "opening (False and True)"),
        (str(ROOT / "pyproject.toml"), "line 1: not JSON"),
        ("nowhere.jsonl", "cannot read nowhere.jsonl"),
    ]
    for other, words in cases:
        assert main(["compare", a, other]) == Exit.BAD_INPUT
        assert words in capsys.readouterr().err
    few = files("f", "--agents", "uniform")
    assert main(["compare", a, few, "--agent-b", "exat"]) == Exit.BAD_INPUT
    assert "no agent 'exat'" in capsys.readouterr().err


def test_compare_leaves_unpaired_episodes_out(files, capsys):
    a, b = files("a", "--agents", "exact"), files("b", "--agents", "exact", "--episodes", "30")
    assert main(["compare", a, b, "--json"]) == Exit.OK
    got = json.loads(capsys.readouterr().out)["comparisons"][0]
    assert (got["episodes"], got["unpaired"]) == (30, 10)


def test_what_is_no_file_of_rows_cannot_be_compared(tmp_path, capsys):
    other = tmp_path / "notes.md"
    other.write_text("# Notes\n")
    assert main(["compare", str(other), str(other)]) == Exit.BAD_INPUT
    err = capsys.readouterr().err
    assert "no file of evaluate's rows" in err and "--resume" not in err and err.count("\n") == 1
