"""Checkpoints whose tables mean nothing are refused when they are read; those that are not serve beliefs."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import save

from agents.cli import main
from agents.learning.check_tables import DISTRIBUTIONS, SHAPES, wrong_with
from agents.learning.checkpoint import CONFIG, FOLDER, MODEL, CheckpointError, read_checkpoint
from agents.learning.confusable import P
from agents.learning.serve import learned_channel
from sim.catalogue.load import load
from sim.posterior.exact import ChannelPosterior
from sim.questions import question_bank

Change = Callable[[np.ndarray], np.ndarray]
TOY, BANK = load("toy"), question_bank(load("toy"))
TABLES = read_checkpoint("toy").tables
ABSURD: dict[str, Change] = {
    "whole numbers": lambda x: np.round(x * 10).astype(np.int64),
    "negated": lambda x: -x,
    "above one": lambda x: x + 1.5,
    "percent": lambda x: 100 * x,
    "zero": np.zeros_like,
    "two": lambda x: np.full_like(x, 2.0),
    "tiny": lambda x: x * 1e-30,
    "without an axis": lambda x: x.sum(axis=-1),
    "with another axis": lambda x: x[..., None],
    "empty": lambda x: x[..., :0],
    "infinite": lambda x: np.full_like(x, np.inf),
}
CHANCES = tuple(name for name in SHAPES if name not in ("salience", "kernel"))


@pytest.fixture
def run(tmp_path) -> Path:
    shutil.copytree(FOLDER / "toy", tmp_path / "run")
    return tmp_path / "run"


def rewritten(run: Path, tables: dict[str, np.ndarray]) -> Path:
    (run / MODEL).write_bytes(save({k: np.ascontiguousarray(x) for k, x in tables.items()}))
    return run


@pytest.mark.parametrize("how", ABSURD)
@pytest.mark.parametrize("name", CHANCES)
def test_chances_that_are_none_are_refused(run, name, how):
    with pytest.raises(CheckpointError, match=r"model.safetensors .*; train again, or take another checkpoint"):
        read_checkpoint(rewritten(run, TABLES | {name: ABSURD[how](TABLES[name])}), TOY)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"salience": TABLES["salience"] * 1e6}, "exponents of fame are near 1"),
        ({"kernel": TABLES["kernel"] * 1e9}, "weights of confusions up to"),
        ({"kernel": -TABLES["kernel"]}, "ends of confusions that are no chances"),
        ({"kernel": TABLES["kernel"][:, :-1]}, "kernel of shape"),
        ({"yesno": TABLES["yesno"] * 0.9}, "yesno that don't sum to 1"),
        ({"slip": np.ones_like(TABLES["slip"])}, "slip of 1"),
        ({"words.7": np.zeros(3, np.float16)}, "of no facet"),
        ({"words.0": np.full(3, 4.0, np.float16)}, "no cosines"),
        ({"later.turns": np.array([5, 5])}, "later stages"),
        ({"residual.values": np.zeros((3, 3), np.float32)}, "residual"),
    ],
)
def test_other_tables_that_mean_nothing_are_refused(run, changed, words):
    with pytest.raises(CheckpointError, match=words):
        read_checkpoint(rewritten(run, TABLES | changed), TOY)


def test_words_of_another_number_of_pairs_are_refused(run):
    tables = read_checkpoint(rewritten(run, TABLES | {"words.0": np.zeros(3, np.float16)}), TOY).tables
    with pytest.raises(CheckpointError, match=r"words.0 has 3 entries for"):
        learned_channel(TOY, tables)


@pytest.mark.parametrize("text", ["{", "[]", "3", "[" * 100_000, "1" * 10_000, '{"format": 3}'])
def test_any_config_is_read_or_refused(run, text):
    (run / CONFIG).write_text(text)
    with pytest.raises(CheckpointError, match=CONFIG):
        read_checkpoint(run, TOY)


@pytest.mark.skipif(os.name != "posix", reason="no pipes with names")
@pytest.mark.parametrize("name", [CONFIG, MODEL])
def test_pipes_are_refused_and_not_waited_for(run, name):
    (run / name).unlink()
    os.mkfifo(run / name)
    with pytest.raises(CheckpointError, match="it is a pipe or a device"):
        read_checkpoint(run, TOY)


@pytest.mark.parametrize("how", ["whole numbers", "negated", "two"])
@pytest.mark.parametrize(
    "command",
    [
        ["evaluate", "--agents", "learned", "--episodes", "3", "--catalogue", "toy", "--json", "--checkpoint"],
        ["calibrate", "--episodes", "20", "--json"],
    ],
    ids=["evaluate", "calibrate"],
)
def test_commands_say_it_in_one_sentence(run, capsys, command, how):
    """What broke: NaN in JSON, and "cannot convert float NaN to integer"."""
    rewritten(run, TABLES | {name: ABSURD[how](TABLES[name]) for name in CHANCES})
    assert main([*command, str(run)]) == 2
    out, err = capsys.readouterr()
    assert not out and err.count("\n") == 1 and "model.safetensors" in err


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(SHAPES)), st.integers(0, 2**32 - 1), st.floats(-3, 3), st.integers(0, 3))
def test_what_is_not_refused_serves_beliefs(name, seed, size, kind):
    """Whatever numbers stand in one table: refused in a sentence, or beliefs and gains are what they should be."""
    rng = np.random.default_rng(seed)
    x = TABLES[name].copy()
    noise = rng.normal(size=x.shape) * 10.0**size
    with np.errstate(over="ignore", invalid="ignore"):
        ways = (x + noise, x * np.exp(noise), np.where(rng.random(x.shape) < 0.1, noise, x), np.clip(x + noise, 0, 1))
    x = ways[kind]
    if name in DISTRIBUTIONS and kind % 2:
        with np.errstate(invalid="ignore"):  # of infinities
            x = np.abs(x) / np.maximum(np.abs(x).sum(axis=-1, keepdims=True), 1e-9)
    if name == "kernel" and kind % 2:
        x[:, P:] = TABLES["kernel"][:, P:]
    tables = TABLES | {name: x}
    if wrong_with(tables, TOY):
        return
    posterior = ChannelPosterior(learned_channel(TOY, tables), BANK)
    posterior.reset(1)
    for question in rng.permutation(len(BANK))[:12]:
        posterior.update(np.array([question]), rng.integers(BANK.answers[question], size=1))
        belief = posterior.belief()
        assert np.isfinite(belief).all() and belief.min() >= 0 and belief.sum() == pytest.approx(1)
        assert np.isfinite(posterior.choose(3)[1]).all()


def test_json_is_json(run, capsys):
    """`--json` is read by a parser that knows no NaN."""

    def refuse(word):
        raise AssertionError(word)

    assert main(["calibrate", str(run), "--episodes", "20", "--turns", "0", "2", "--json"]) == 0
    assert json.loads(capsys.readouterr().out, parse_constant=refuse)["results"]
