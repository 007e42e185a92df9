"""An agent of one's own that fails, or gives what is no act or belief: one sentence that names it, and exit code 2."""

from __future__ import annotations

import numpy as np
import pytest

from agents.agent import Agent
from agents.cli import main
from agents.errors import Exit, InputError
from agents.evaluation.check_agent import small_setting
from agents.evaluation.episodes import play
from agents.strategies.registry import make_agent

PARTS = """
import sys
import numpy as np


class Whole:
    def __init__(self, setting):
        self.n = len(setting.catalogue)
        self.first_guess = len(setting.bank)

    def reset(self, seeds, said=None):
        pass

    def act(self, rows, left):
        return np.where(left > 3, left % self.first_guess, self.first_guess)

    def observe(self, rows, question, answer):
        pass

    def belief(self, rows):
        return np.full((len(rows), self.n), 1 / self.n)


def broken(**methods):
    return lambda setting: type("Broken", (Whole,), methods)(setting)


def fails(*arguments):
    return {}["no\\x1b[31m such key"]


def leaves(*arguments):
    sys.exit(0)


in_factory = lambda setting: 1 / 0
ends_in_factory = leaves
nothing = lambda setting: None
in_reset = broken(reset=fails)
in_act = broken(act=fails)
in_observe = broken(observe=fails)
in_belief = broken(belief=fails)
ends = broken(act=leaves)
half = broken(act=lambda self, rows, left: np.full(len(rows), 0.5))
nan_act = broken(act=lambda self, rows, left: np.full(len(rows), np.nan))
far = broken(act=lambda self, rows, left: np.full(len(rows), 10**6))
wide = broken(act=lambda self, rows, left: np.zeros((len(rows), 2), int))
words = broken(act=lambda self, rows, left: ["ask"] * len(rows))
ragged = broken(belief=lambda self, rows: [[1.0], [0.5, 0.5]])
short = broken(belief=lambda self, rows: np.ones((len(rows), 1)))
nan_belief = broken(belief=lambda self, rows: np.full((len(rows), self.n), np.nan))
negative = broken(belief=lambda self, rows: np.full((len(rows), self.n), -1.0))
sums = broken(belief=lambda self, rows: np.ones((len(rows), self.n)))
"""
BROKEN = {
    "in_factory": "the factory of agent 'parts:in_factory' fails: ZeroDivisionError: division by zero",
    "ends_in_factory": "the factory of agent 'parts:ends_in_factory' fails: SystemExit: 0",
    "nothing": "'parts:nothing' gave a NoneType, which lacks reset, act, observe or belief",
    "in_reset": r"agent 'parts:in_reset' fails in reset: KeyError: 'no\x1b[31m such key'",
    "in_act": "agent 'parts:in_act' fails in act: KeyError",
    "in_observe": "agent 'parts:in_observe' fails in observe: KeyError",
    "in_belief": "agent 'parts:in_belief' fails in belief: KeyError",
    "ends": "agent 'parts:ends' fails in act: SystemExit: 0",
    "half": "agent 'parts:half' gave in act [0.5",
    "nan_act": "agent 'parts:nan_act' gave in act [nan",
    "far": "actions are whole numbers from 0 to",
    "wide": "numbers of shape (1,) are due",
    "words": "agent 'parts:words' gave in act <U3 of shape (1,)",
    "ragged": "agent 'parts:ragged' fails in belief: ValueError",
    "short": "numbers of shape (1, 8) are due",
    "nan_belief": "a belief is not negative and sums to 1",
    "negative": "least -1; a belief is not negative",
    "sums": "sums [8.0",
}


@pytest.fixture
def parts(tmp_path, monkeypatch):
    (tmp_path / "parts.py").write_text(PARTS)
    monkeypatch.syspath_prepend(str(tmp_path))


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_broken_is_named(name, parts, capsys):
    assert main(["watch", "--catalogue", "toy", "--agent", f"parts:{name}", "--json"]) == Exit.BAD_INPUT
    said = capsys.readouterr().err
    assert BROKEN[name] in said
    assert said.count("\n") == 1 and "internal" not in said


@pytest.mark.parametrize(
    "command",
    ["evaluate --catalogue toy --episodes 3 --agents", "simulate --out log.jsonl --catalogue toy --agent",
     "run --agent", "evaluate --catalogue toy --episodes 60 --workers 2 --agents"],
)  # fmt: skip
def test_in_every_command(command, parts, capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=":")  # for workers
    monkeypatch.chdir(tmp_path)
    assert main([*command.split(), "parts:in_act"]) == Exit.BAD_INPUT
    assert "agent 'parts:in_act' fails in act: KeyError" in capsys.readouterr().err


def test_the_app_explains_it(parts, capsys, monkeypatch):
    import tui

    arguments = ["--plain", "--no-save", "--catalogue", "toy", "--agent", "parts:in_act"]
    monkeypatch.setattr("sys.stdin", iter(()))
    assert tui.main(arguments) == Exit.BAD_INPUT
    assert "agent 'parts:in_act' fails in act: KeyError" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["os:system", "os:abort_not", "sys:exit", "builtins:print", "builtins:open", "os:sep"])
def test_functions_that_make_no_agent(name, capsys):
    assert main(["watch", "--catalogue", "toy", "--agent", name]) == Exit.BAD_INPUT
    said = capsys.readouterr().err
    assert name.split(":")[1] in said and said.count("\n") == 1 and "internal" not in said


def test_a_module_that_ends_the_process(tmp_path, monkeypatch, capsys):
    (tmp_path / "leaves_at_once.py").write_text("raise SystemExit(0)\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert main(["watch", "--catalogue", "toy", "--agent", "leaves_at_once:x"]) == Exit.BAD_INPUT
    assert "cannot import 'leaves_at_once'" in capsys.readouterr().err


def test_one_that_is_whole_plays_as_it_would_unguarded(parts):
    import parts as own  # pyright: ignore[reportMissingImports]

    setting, numbers = small_setting(), np.arange(4)
    guarded = make_agent("parts:Whole", setting)
    assert isinstance(guarded, Agent)
    one, other = (play(agent, setting, 0, numbers) for agent in (guarded, own.Whole(setting)))
    assert one.guess.tolist() == other.guess.tolist()
    assert one.p_truth.tolist() == other.p_truth.tolist()


def test_what_else_an_agent_has_is_had_from_it_guarded():
    setting = small_setting()
    agent = make_agent("examples.own_agent:halves", setting)
    agent.reset(np.zeros(2, np.uint64))
    agent.act(np.arange(2), np.full(2, 5))
    assert agent.gain_nats.shape == (2,)
    assert agent.eig_nats(0, 1) > 0
    with pytest.raises(InputError, match="fails in eig_nats: IndexError"):
        agent.eig_nats(0, 10**6)
    assert not hasattr(agent, "nothing_of_this_name")
