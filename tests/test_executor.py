"""Executors: results in order, whoever gives them and when; lost work done again; one sentence for bad input."""

from __future__ import annotations

import os
import pickle
import signal
import socket
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import agents
from agents.cli import main
from agents.errors import Exit, InputError
from agents.evaluation.executor import AHEAD, LOST, MOST_LOSSES, Executor, InProcess, LostWorkersError, results
from agents.evaluation.processes import Processes
from agents.evaluation.ray_executor import check_address
from agents.evaluation.runner import EvaluationPlan, TaskRunner, run
from envs.rules import Rules
from sim.numeric.cache_folder import folder_for_workers, mine_alone


class OddOrder:
    """Does chunks in a random order, several at a time, and loses those that it is told to, once for each mention."""

    def __init__(self, seed: int, room: int = 3, lose: Sequence[int] = ()):
        self.rng, self._room, self.lose = np.random.default_rng(seed), room, list(lose)
        self.most_ahead = 0
        self.stopped: list[bool] = []

    def start(self, work: Callable[[Any], Any]) -> None:
        self.work = pickle.loads(pickle.dumps(work))
        self.in_hand: list[tuple[int, Any]] = []

    def room(self) -> int:
        return self._room

    def submit(self, number: int, chunk: Any) -> None:
        self.in_hand.append((number, chunk))
        assert len(self.in_hand) <= self._room
        self.most_ahead = max(self.most_ahead, number - min(n for n, _ in self.in_hand))

    def collect(self) -> Sequence[tuple[int, Any]]:
        out: list[tuple[int, Any]] = []
        for _ in range(int(self.rng.integers(1, len(self.in_hand) + 1))):
            number, chunk = self.in_hand.pop(int(self.rng.integers(len(self.in_hand))))
            if number in self.lose:
                self.lose.remove(number)
                out.append((number, LOST))
            else:
                out.append((number, self.work(chunk)))
        return out

    def stop(self, early: bool) -> None:
        self.stopped.append(early)


def square(n: int) -> int:
    return n * n


@given(st.integers(0, 99), st.integers(1, 5), st.integers(0, 30), st.lists(st.integers(0, 29), max_size=6))
def test_results_come_in_order_and_what_is_lost_is_done_again(seed, room, chunks, lose):
    lose = [n for n in dict.fromkeys(lose) if n < chunks] * (MOST_LOSSES - 1)
    executor, losses = OddOrder(seed, room, lose), []
    got = list(results(executor, square, range(chunks), lambda: losses.append(1)))
    assert got == [n * n for n in range(chunks)] == list(results(InProcess(), square, range(chunks)))
    assert len(losses) == len(lose) and executor.stopped == [False]
    assert executor.most_ahead < AHEAD * room


def test_what_is_lost_too_often_is_given_up():
    executor = OddOrder(0, lose=[4] * MOST_LOSSES)
    given = results(executor, square, range(9))
    with pytest.raises(LostWorkersError, match=r"died 3 times .* fewer --workers, and go on with --resume"):
        list(given)
    assert executor.stopped == [True]


def refuse(n: int) -> int:
    raise ValueError(f"chunk {n}")


@pytest.mark.parametrize("executor", [InProcess(), OddOrder(0)], ids=["in process", "odd order"])
def test_an_error_in_the_work_ends_it(executor: Executor):
    with pytest.raises(ValueError, match="chunk 0"):
        next(results(executor, refuse, [0]))


def test_left_early_workers_are_let_go():
    executor = OddOrder(0)
    given = results(executor, square, range(9))
    assert next(given) == 0
    given.close()
    assert executor.stopped == [True]


# --- evaluations ---------------------------------------------------------------------------------------------------

HOW = {"catalogue": "toy", "questions": "yesno", "noise": "hard", "rules": Rules(budget=4), "max_questions": None,
       "checkpoint": ""}  # fmt: skip


@pytest.mark.parametrize("seed", range(3))
def test_an_evaluation_in_any_arrangement_has_the_same_bytes(seed):
    plan = EvaluationPlan(setting=HOW, agents=("exact", "uniform"), episodes=110, seed=5, agent_seed=5, dialogues=True)
    whole, odd = run(plan, plan.tasks()), run(plan, plan.tasks(), executor=OddOrder(seed, 4, [0, 3, 3, 7]))
    for one, other in zip(whole, odd, strict=True):
        assert (one.agent, one.rows, one.dialogues) == (other.agent, other.rows, other.dialogues)


def test_evaluate_takes_an_executor_of_ones_own():
    once = agents.evaluate(["uniform"], "toy", episodes=60)
    assert agents.evaluate(["uniform"], "toy", episodes=60, executor=OddOrder(1)).rows == once.rows
    with pytest.raises(ValueError, match="executor = 'ray', but 'factory' plays in this process alone"):
        agents.evaluate([factory], "toy", executor="ray")


def factory(setting: agents.Setting) -> agents.Agent:
    raise AssertionError("not reached")


def test_a_worker_whose_catalogue_is_another_is_refused(tmp_path):
    table = tmp_path / "table.csv"
    rows = [f"item {k},{'red' if k % 2 else 'blue'},{k % 5}" for k in range(20)]
    table.write_text("\n".join(["name,colour,size", *rows]))
    plan = EvaluationPlan(
        setting=HOW | {"catalogue": str(table)}, agents=("uniform",), episodes=25, seed=0, agent_seed=0
    )
    there = pickle.dumps(TaskRunner(plan).run)
    assert pickle.loads(there)(plan.tasks()[0]).rows == next(run(plan, plan.tasks())).rows
    table.write_text("\n".join(["name,colour,size", *rows[:-1]]))
    with pytest.raises(ValueError, match=r"reads another catalogue .*; give all machines the same"):
        pickle.loads(there)(plan.tasks()[0])


# --- processes -----------------------------------------------------------------------------------------------------


def die_once(folder: Path, n: int) -> int:
    """The second and the fifth chunk kill their process the first time."""
    if n in (1, 4):
        try:
            (folder / str(n)).touch(exist_ok=False)
        except FileExistsError:
            return n * n
        os.kill(os.getpid(), signal.SIGKILL)
    return n * n


def die(n: int) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return n


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_processes_that_are_killed_are_replaced(tmp_path):
    losses: list[int] = []
    got = list(results(Processes(2), partial(die_once, tmp_path), range(9), lambda: losses.append(1)))
    assert got == [n * n for n in range(9)]
    assert losses


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_processes_that_die_each_time_end_the_run():
    with pytest.raises(LostWorkersError, match="perhaps for want of memory"):
        list(results(Processes(1), die, range(2)))


def test_workers_share_what_is_compiled_where_nothing_can_be_kept(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("CLARIGYM_CACHE", str(tmp_path / "file" / "folder"))
    with folder_for_workers():
        shared = Path(os.environ["CLARIGYM_CACHE"])
        assert shared.is_dir() and mine_alone(shared.stat())
    assert os.environ["CLARIGYM_CACHE"] == str(tmp_path / "file" / "folder") and not shared.exists()
    monkeypatch.setenv("CLARIGYM_CACHE", str(tmp_path / "mine"))
    with folder_for_workers():
        assert os.environ["CLARIGYM_CACHE"] == str(tmp_path / "mine")


# --- what can't be used --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("rya", "executor = 'rya'; did you mean 'ray'?; it is processes, ray, or ray://HOST:PORT"),
        ("ray://", "executor = 'ray://' names no HOST:PORT"),
        ("ray://host", "names no HOST:PORT"),
        ("ray://host:70000", "names no HOST:PORT"),
        ("processes://host:1", "executor = 'processes://host:1'"),
        ("", "executor = ''"),
    ],
)
def test_executors_that_there_are_not(name, sentence, capsys):
    assert main(["evaluate", "--catalogue", "toy", "--executor", name]) == Exit.BAD_INPUT
    said = capsys.readouterr().err
    assert sentence in said and said.count("\n") == 1


def test_without_ray_the_extra_is_named(capsys, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert main(["evaluate", "--catalogue", "toy", "--executor", "ray"]) == Exit.BAD_INPUT
    said = capsys.readouterr().err
    assert "the extra `ray`" in said and said.count("\n") == 1


@pytest.mark.parametrize("address", ["ray://127.0.0.1:{}", "127.0.0.1:{}"])
def test_an_address_at_which_nobody_answers(address):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(InputError, match=f"nothing answers at .*:{port} within 5 s"):
        check_address(address.format(port))
