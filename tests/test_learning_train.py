"""Training: resumed equals uninterrupted to the bit, checkpoints are whole or absent, bad input has a sentence."""

from __future__ import annotations

import ast
import errno
import json
import math
import random
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import agents.learning
from agents.learning import checkpoint
from agents.learning.checkpoint import METRICS, CheckpointError, read_checkpoint, shipped_for
from agents.learning.config import TrainConfig, TrainingError
from agents.learning.serve import learned_posterior
from agents.learning.sources import RepeatedDialogues, read_log, split_log
from agents.learning.train import HELD_OUT_FROM, train
from agents.learning.training_run import TrainingRun
from agents.learning.transcripts import Transcripts, belief_after, concatenate
from agents.practice import Practice
from agents.resume import STATE, ResumeError
from sim.catalogue.load import load
from sim.dialogue import DialogueError
from sim.files import write_atomically
from sim.numeric.entropy import divergence_nats
from sim.posterior.exact import ChannelPosterior
from sim.questions import OPEN, question_bank
from sim.users.memory import Population

torch.set_num_threads(1)
ROOT = Path(__file__).parent.parent
SMALL = {"count": 160, "batch_size": 16, "evaluate_every": 32, "held_out": 16}


@pytest.fixture(scope="module")
def toy():
    bank = question_bank(load("toy"))
    return bank, Practice(Population(bank, "typical"), 0, turns=8)


def weights(folder) -> bytes:
    return (Path(folder) / checkpoint.MODEL).read_bytes()


def test_the_same_seed_gives_the_same_weights_and_another_others(toy, tmp_path):
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        train(*toy, TrainConfig(**SMALL, seed=seed), tmp_path / name)
    assert weights(tmp_path / "a") == weights(tmp_path / "b") != weights(tmp_path / "c")


@pytest.mark.parametrize(("stretch", "killed"), [(0, 5), (0, 17), (3, 17)])
def test_a_run_killed_and_resumed_gives_the_weights_of_an_uninterrupted_one(toy, tmp_path, stretch, killed):
    """Killed while facets are still alike, or in the second pass; each time just after a look."""
    config = TrainConfig(**SMALL, objective="importance", negatives=3, stretch=stretch)
    train(*toy, config, tmp_path / "whole")

    class Kill(Exception):
        pass

    def kill(progress):
        if progress.step == killed:
            raise Kill

    with pytest.raises(Kill):
        train(*toy, config, tmp_path / "killed", report=kill)
    states = [tmp_path / name / STATE for name in ("killed", "whole")]
    first = states[0].read_bytes()
    train(*toy, config, tmp_path / "killed", resume=True)
    assert weights(tmp_path / "killed") == weights(tmp_path / "whole")
    assert states[0].read_bytes() == states[1].read_bytes() != first


@pytest.mark.slow
@pytest.mark.parametrize("extra", [[], ["--residual"]])
def test_killed_processes_are_resumed_to_the_same_weights(extra, tmp_path):
    """SIGKILL four times, at random moments of the channel's training and, with one, of the residual's."""
    command = [sys.executable, "-m", "agents.cli", "train", "--catalogue", "toy", "--count", "1600",
               "--evaluate-every", "160", *extra]  # fmt: skip
    begun = time.monotonic()
    subprocess.run([*command, "--out", str(tmp_path / "whole")], check=True, cwd=ROOT, capture_output=True)
    length = time.monotonic() - begun
    rng, killed, kills = random.Random(3), tmp_path / "killed", 0
    for _ in range(4):
        resume = ["--resume"] if (killed / STATE).exists() else ["--overwrite"]
        process = subprocess.Popen([*command, "--out", str(killed), *resume], cwd=ROOT, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)  # fmt: skip
        try:
            process.wait(timeout=length * rng.uniform(0.2, 0.9))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            kills += 1
    assert kills
    subprocess.run([*command, "--out", str(killed), "--resume"], check=True, cwd=ROOT, capture_output=True)
    assert weights(killed) == weights(tmp_path / "whole")


def test_resuming_names_what_differs(toy, tmp_path, monkeypatch):
    train(*toy, TrainConfig(**SMALL), tmp_path / "a")
    with pytest.raises(ResumeError, match=r"learning_rate = 0\.02, now it is 0\.01"):
        train(*toy, TrainConfig(**SMALL, learning_rate=0.01), tmp_path / "a", resume=True)
    train(*toy, TrainConfig(**SMALL, minutes=9.0), tmp_path / "a", resume=True, describe={"command": "another"})
    with pytest.raises(ResumeError, match="was begun with data_digest = None, now it is 'of another log'"):
        train(*toy, TrainConfig(**SMALL), tmp_path / "a", resume=True, describe={"data_digest": "of another log"})
    with pytest.raises(ResumeError, match="nothing to resume"):
        train(*toy, TrainConfig(**SMALL), tmp_path / "none", resume=True)
    monkeypatch.setattr("agents.learning.train.FORMAT", "clarigym.checkpoint/next")
    with pytest.raises(ResumeError, match="of another version of clarigym train; begin again"):
        train(*toy, TrainConfig(**SMALL), tmp_path / "a", resume=True)
    (tmp_path / "a" / STATE).write_bytes(b"torn")
    with pytest.raises(ResumeError, match="can't be read"):
        train(*toy, TrainConfig(**SMALL), tmp_path / "a", resume=True)


@pytest.mark.parametrize("objective", ["full", "importance", "infonce", "flatnce", "flo", "nwj", "dv", "binary"])
@pytest.mark.parametrize("proposal", ["posterior", "in-batch"])
def test_every_objective_and_proposal_trains(toy, tmp_path, objective, proposal):
    config = TrainConfig(**SMALL, objective=objective, proposal=proposal, negatives=5, learning_rate=0.02)
    metrics = train(*toy, config, tmp_path / "run")
    assert math.isfinite(metrics["nll_nats"])


def test_training_comes_near_the_exact_posterior(toy, tmp_path):
    bank, practice = toy
    train(bank, practice, TrainConfig(count=3000, passes=1, evaluate_every=3000, held_out=16), tmp_path / "run")
    histories = practice(1 << 41, 60)
    exact = list(belief_after(ChannelPosterior(practice.population.channel, bank), histories))
    learned = list(belief_after(learned_posterior(bank, tmp_path / "run"), histories))
    before = [divergence_nats(a, bank.catalogue.prior) for a in exact]
    after = [divergence_nats(a, b) for a, b in zip(exact, learned)]
    assert np.mean(after) < 0.06 < 0.5 < np.mean(before)


def test_users_who_change_are_learned(toy, tmp_path):
    """From the fifth answer on the opposite is said: a belief that hears when an answer came knows what to do."""
    bank, practice = toy

    def source(first: int, count: int) -> Transcripts:
        h = practice(first, count)
        late = (np.arange(8) >= 4) & (bank.kind[h.question] != OPEN) & (h.answer >= 0)
        return replace(h, answer=np.where(late, 4 - h.answer, h.answer))

    config = {"count": 4800, "passes": 1, "evaluate_every": 1600, "held_out": 256}
    loss = {}
    for stretch in (0, 4):
        out = tmp_path / str(stretch)
        loss[stretch] = train(bank, source, TrainConfig(**config, stretch=stretch), out)["nll_nats"]
    assert loss[4] < loss[0] - 0.1
    posterior = learned_posterior(bank, tmp_path / "4")
    assert posterior.turns == (4, 8, 12, 16)
    stages = posterior.channel.facets, posterior.channel.later[0].facets
    surely = [facets[0].yesno[1, 0, 1, [0, 4]] for facets in stages]
    assert surely[0][1] > 0.5 > surely[0][0] and surely[1][0] > surely[1][1]


def test_early_stopping_keeps_the_best(toy, tmp_path):
    """From the 2,000th on, dialogues are of other intents than they say."""
    bank, practice = toy

    def soured(start, count):
        whole = practice(start, count)
        wrong = 2000 <= start < HELD_OUT_FROM
        return replace(whole, intent=(whole.intent + 1) % len(bank.catalogue)) if wrong else whole

    config = TrainConfig(**SMALL | {"count": 8000, "held_out": 256}, passes=1, patience=2)
    metrics = train(bank, soured, config, tmp_path / "run")
    rows = metrics["rows"]
    assert len(rows) < 125
    assert all(row["nll_nats"] > metrics["nll_nats"] for row in rows[-2:])
    before = weights(tmp_path / "run")
    assert train(bank, soured, config, tmp_path / "run", resume=True)["rows"] == rows  # it has come to its end
    assert weights(tmp_path / "run") == before


def test_the_last_weights_are_kept_unless_they_are_surely_worse():
    even, uneven = torch.ones(100, dtype=torch.float64), torch.tensor([-3.0, 4.0] * 50, dtype=torch.float64)
    start = torch.arange(100, dtype=torch.float64)
    run = TrainingRun(*(None,) * 4)  # type: ignore[arg-type]
    assert run.note(start) and run.stale == 0
    assert not run.note(start + even) and run.stale == 1  # worse by 1 on each dialogue
    assert not run.note(start + 2 * even) and run.stale == 2
    assert run.note(start + 0.01) and run.stale == 0  # too little to tell from the best one's luck
    assert run.note(start + uneven) and run.stale == 0  # worse by 0.5 on average, with a standard error of 0.35
    assert run.best is start
    assert run.note(start - even) and run.best is not start


def test_a_loss_that_is_not_finite_keeps_the_last_checkpoint(toy, tmp_path, monkeypatch):
    train(*toy, TrainConfig(**SMALL), tmp_path / "run")
    before = weights(tmp_path / "run")
    import agents.learning.train as module

    monkeypatch.setattr(module, "batch_loss", lambda *_: (None, torch.tensor(math.nan), 0))
    with pytest.raises(TrainingError, match=r"loss is not finite at batch 0.*kept"):
        train(*toy, TrainConfig(**SMALL), tmp_path / "run")
    assert weights(tmp_path / "run") == before


def test_weights_that_are_not_finite_are_not_kept(toy, tmp_path, monkeypatch):
    """A loss may be finite and the step after it throw the weights away; the next look at held-out dialogues tells."""
    import agents.learning.train as module

    train(*toy, TrainConfig(**SMALL), tmp_path / "run")
    before = weights(tmp_path / "run")
    monkeypatch.setattr(module, "held_out_losses", lambda *_, **__: torch.full((16,), math.nan))
    with pytest.raises(TrainingError, match=r"held-out loss is not finite after batch 1;.*is kept"):
        train(*toy, TrainConfig(**SMALL), tmp_path / "run")
    assert weights(tmp_path / "run") == before
    with pytest.raises(TrainingError, match="no checkpoint was written"):
        train(*toy, TrainConfig(**SMALL), tmp_path / "none")


def test_a_log_is_no_more_than_was_asked_for(toy, tmp_path):
    """Of 41 logged dialogues 16 are gone through three times, or all of them until they come to 160, or three times."""
    log, held_out = split_log(toy[1](0, 45), 0)
    for asked, found, passes in ((16, 16, 3.0), (160, 41, 3.9), (48, 41, 3.12)):
        config = TrainConfig(**SMALL | {"count": asked})
        metrics = train(toy[0], log, config, tmp_path / str(asked), held_out=held_out)
        assert (metrics["dialogues"], metrics["passes"]) == (found, passes)
        assert metrics == json.loads((tmp_path / str(asked) / "metrics.json").read_text())


def test_bad_settings_are_refused(toy, tmp_path):
    with pytest.raises(TrainingError, match="negatives = 8, but only 7"):
        train(*toy, TrainConfig(objective="importance", negatives=8), tmp_path)
    if not torch.cuda.is_available():
        with pytest.raises(TrainingError, match="no CUDA device"):
            train(*toy, TrainConfig(device="cuda"), tmp_path)
    with pytest.raises(TrainingError, match="batch_size = 1, but negatives"):
        train(*toy, TrainConfig(objective="infonce", proposal="in-batch", batch_size=1), tmp_path)
    for bad, words in (
        ({"objective": "x"}, "objective"), ({"mix": 0.0}, "mix"), ({"types": 0}, "types"), ({"passes": 0}, "passes"),
        ({"stretch": 20}, "stretch = 20"), ({"answer_weight": math.nan}, "answer_weight"),
        ({"minutes": -1.0}, "minutes"), ({"batch_size": 33, "count": 32}, "batch_size = 33, but count = 32"),
    ):  # fmt: skip
        with pytest.raises(TrainingError, match=words):
            TrainConfig(**bad)


def test_bad_checkpoints_are_refused(toy, tmp_path):
    bank, _ = toy
    train(*toy, TrainConfig(**SMALL), tmp_path / "run")
    with pytest.raises(CheckpointError, match="no checkpoint in"):
        read_checkpoint(tmp_path / "nowhere")
    with pytest.raises(CheckpointError, match="was trained on catalogue"):
        learned_posterior(question_bank(load("animals")), tmp_path / "run")
    model = tmp_path / "run" / checkpoint.MODEL
    model.write_bytes(model.read_bytes()[:-40])
    with pytest.raises(CheckpointError, match="can't be read"):
        learned_posterior(bank, tmp_path / "run")
    from safetensors.numpy import save

    tables = read_checkpoint("toy").tables
    for wrong, words in (
        ({k: x for k, x in tables.items() if k != "forgotten"}, "lacks forgotten"),
        (tables | {"kernel": tables["kernel"][1:]}, "is not of the 4 facets of 'toy'"),
        (tables | {"slip": np.full_like(tables["slip"], np.nan)}, "not finite"),
    ):
        model.write_bytes(save(wrong))
        with pytest.raises(CheckpointError, match=words):
            learned_posterior(bank, tmp_path / "run")
    (tmp_path / "run" / checkpoint.CONFIG).write_text("{")
    with pytest.raises(CheckpointError, match="is broken"):
        learned_posterior(bank, tmp_path / "run")


def test_nothing_half_written_stays(tmp_path):
    path = tmp_path / "x" / "y.json"
    write_atomically(path, b"old")
    with pytest.raises(TypeError):
        write_atomically(path, "not bytes")  # type: ignore[arg-type]
    assert path.read_bytes() == b"old" and len(list(path.parent.iterdir())) == 1


def test_a_checkpoint_is_written_as_a_whole_or_not_at_all(toy, tmp_path, monkeypatch):
    """The disk is full when it comes to the third file."""
    train(*toy, TrainConfig(**SMALL), tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    calls: list[int] = []

    def full(file):
        calls.append(file)
        if len(calls) == 3:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match=f"No space left on device: '{tmp_path}'"):
        train(*toy, TrainConfig(**SMALL, seed=1, types=2), tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_what_is_held_out_is_cut_wherever_it_comes_from(toy, tmp_path):
    bank, practice = toy
    config = TrainConfig(**SMALL)
    own = train(bank, practice, config, tmp_path / "own")
    given = train(bank, practice, config, tmp_path / "given", held_out=practice(HELD_OUT_FROM, config.held_out))
    assert given["nll_nats"] == own["nll_nats"]


def test_later_passes_are_over_the_same_dialogues(toy):
    """In another order each, and the same again for a run that is resumed in the middle of one."""
    kept = RepeatedDialogues(toy[1], 12, seed=3)
    passes = [concatenate([kept(first, 4) for first in range(start, start + 12, 4)]) for start in (0, 12, 24)]
    rows = [sorted(zip(p.intent.tolist(), p.question.tolist(), p.answer.tolist(), strict=True)) for p in passes]
    assert rows[0] == rows[1] == rows[2]
    assert passes[0].question.tolist() != passes[1].question.tolist() != passes[2].question.tolist()
    resumed = RepeatedDialogues(toy[1], 12, seed=3)
    np.testing.assert_array_equal(resumed(16, 4).question, passes[1].question[4:8])


def test_practice_is_the_same_in_any_batch(toy):
    practice = toy[1]
    whole, parts = practice(3, 6), concatenate([practice(3, 2), practice(5, 4)])
    for name in ("intent", "question", "answer"):
        np.testing.assert_array_equal(getattr(whole, name), getattr(parts, name))
    for row in whole.question:
        assert len(set(row[row >= 0])) == (row >= 0).sum()  # nothing is asked twice


def test_a_log_goes_round_in_other_orders(toy):
    histories = toy[1](0, 20)
    source, held_out = split_log(histories, seed=0)
    assert len(held_out) == 2
    first, second = source(0, 18), source(18, 18)
    assert sorted(first.intent) == sorted(second.intent) == sorted(histories.intent[:18])
    assert (first.question != second.question).any()
    np.testing.assert_array_equal(source(10, 16).question[8:], second.question[:8])


def test_logs_are_read_strictly(toy, tmp_path):
    from sim.dialogue import Dialogue, Turn, write_dialogues

    bank, _ = toy
    catalogue = bank.catalogue

    def dialogue(**changes):
        given = {
            "catalogue": "toy", "fingerprint": catalogue.fingerprint, "questions": "mixed", "max_questions": None,
            "budget": 20, "noise": "typical", "rates": "", "agent": "exact", "seed": 0, "episode": 0, "opening": (),
            "turns": (Turn(question=1, answer=4), Turn(question=0, answer=0), Turn(question=2, answer=-1)),
            "guesses": (), "intent": 3, "intent_name": "", "success": True, "user_left": True, "corruptions": (),
        }  # fmt: skip
        return Dialogue(**(given | changes))

    def read(*dialogues):
        write_dialogues(tmp_path / "log.jsonl", dialogues)
        return read_log(tmp_path / "log.jsonl", catalogue, lambda kind, cap: question_bank(catalogue, kind, cap))

    histories, found = read(dialogue(), dialogue(turns=()))
    assert len(found) == len(bank) and histories.intent.tolist() == [3, 3]
    assert histories.question.tolist() == [[1, 0], [-1, -1]]  # what a user left unanswered is no evidence
    assert read(dialogue(), dialogue(intent=-1), dialogue(intent=5))[0].intent.tolist() == [3, 5]
    for changes, words in (
        ({"turns": (Turn(question=999, answer=0),)}, "dialogue 1: question 999"),
        ({"turns": (Turn(question=1, answer=7),)}, "no answer 7"),
        ({"turns": (Turn(question=1, answer=-5),)}, "no answer -5"),
        ({"opening": (Turn(question=1, answer=0),)}, "question 1 of its opening is no open question"),
        ({"intent": -1}, "no dialogue whose intent is known"),
        ({"intent": 8}, "intent 8"),
        ({"fingerprint": "x"}, "as it was, not"),
    ):
        with pytest.raises(DialogueError, match=words):
            read(dialogue(**changes))
    with pytest.raises(DialogueError, match="another bank"):
        read(dialogue(), dialogue(questions="yesno"))
    (tmp_path / "log.jsonl").write_text('{"schema"\n')
    with pytest.raises(DialogueError, match="line 1"):
        read_log(tmp_path / "log.jsonl", catalogue, lambda kind, cap: bank)


ALLOWED = {"answers", "numeric", "catalogue", "questions", "dialogue", "channel", "belief", "posterior", "files"}
"""Rooms of `sim` that a learner may look into."""


def test_learning_never_imports_users_or_rates():
    for path in Path(agents.learning.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                assert not name.startswith("sim.") or name.split(".")[1] in ALLOWED, f"{path.name} imports {name}"


def test_serving_imports_no_torch():
    code = "import sys, agents.strategies.learned, agents.learning.serve; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("name", checkpoint.shipped())
def test_shipped_checkpoints_fit_their_catalogues(name):
    checkpoint = read_checkpoint(name)
    catalogue = load(checkpoint.config["catalogue"])
    checkpoint = read_checkpoint(name, catalogue)
    assert (checkpoint.path / "card.md").exists() and json.loads((checkpoint.path / METRICS).read_text())
    assert shipped_for(catalogue) == name
    bank = question_bank(catalogue)
    posterior = learned_posterior(bank)
    question, _ = posterior.choose(1)
    posterior.update(question[:, 0], np.zeros(1, int))
    assert posterior.belief().sum() == pytest.approx(1.0)


def test_histories_cut_short(toy):
    histories = toy[1](0, 3)
    cut = histories.prefix(np.array([0, 2, 99]))
    assert isinstance(cut, Transcripts) and cut.turns.tolist() == [0, 2, histories.turns[2]]
