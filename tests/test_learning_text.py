"""Words: a tiny transformer with random weights, made from a configuration, stands in for the real one."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from agents.learning import embeddings
from agents.learning.config import TrainConfig
from agents.learning.confusable import PAIR_FEATURES, confusable_pairs, with_words, word_similarities
from agents.learning.serve import learned_posterior
from agents.learning.train import train
from agents.practice import Practice
from sim.catalogue.load import load
from sim.questions import question_bank
from sim.users.memory import Population
from tests.tiny_model import tiny_bert

torch.set_num_threads(1)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return tiny_bert(tmp_path_factory.mktemp("model"), layers=1)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("CLARIGYM_CACHE", str(tmp_path / "cache"))


def test_embeddings_are_of_unit_length_and_do_not_depend_on_their_neighbours(model):
    found = embeddings.embed(["red", "a long name", "green"], model)
    assert found.shape == (3, 16) and found.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(embeddings.embed(["green"], model)[0], found[2], atol=1e-5)


def test_a_second_time_nothing_is_computed(model, monkeypatch):
    first = embeddings.embed(["red", "blue"], model)
    monkeypatch.setattr(embeddings, "mean_vectors", lambda *_, **__: pytest.fail("computed again"))
    np.testing.assert_array_equal(embeddings.embed(["red", "blue"], model), first)
    with pytest.raises(pytest.fail.Exception):
        embeddings.embed(["red", "blues"], model)


def test_a_missing_model_is_one_sentence(monkeypatch, tmp_path):
    monkeypatch.setattr(embeddings, "find_spec", lambda name: None)
    with pytest.raises(embeddings.WordsError, match="clarigym\\[language\\]"):
        embeddings.embed(["red"])
    with pytest.raises(embeddings.WordsError, match="no model of words at"):
        embeddings.embed(["red"], str(tmp_path / "nothing"))
    monkeypatch.setattr(embeddings, "_is_here", lambda name: False)

    def unreachable(*given, **options):
        raise OSError(110, "timed out")

    monkeypatch.setattr("socket.create_connection", unreachable)
    with pytest.raises(embeddings.WordsError, match=r"no model of words at .no/model.: it is not on this machine"):
        embeddings.embed(["red"], "no/model")


def test_a_hub_that_does_not_answer_is_asked_once(monkeypatch):
    asked = []

    def unreachable(model: str, timeout: float) -> None:
        asked.append((model, timeout))
        raise OSError("no route\nto host")

    monkeypatch.setattr("huggingface_hub.model_info", unreachable)
    with pytest.raises(embeddings.WordsError, match=r"it is not on this machine.*no route to host") as said:
        embeddings.embed(["red"], "nobody/no-such-model")
    assert asked == [("nobody/no-such-model", embeddings.PATIENCE_S)] and "\n" not in str(said.value)


@pytest.mark.parametrize("path", ["./nowhere", "/nowhere/x", "a b", "../x", "a/b/c"])
def test_a_path_is_not_asked_for_on_the_hub(path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.model_info", lambda *_, **__: pytest.fail("asked the hub"))
    with pytest.raises(embeddings.WordsError, match="neither a folder nor a hub id"):
        embeddings.embed(["red"], path)


def test_words_reach_the_kernel_and_the_checkpoint(model, tmp_path):
    catalogue = load("toy")
    similar = word_similarities(catalogue, embeddings.words_of(catalogue, model))
    assert set(similar) == {"words.0", "words.1"}
    pairs = with_words(confusable_pairs(catalogue)[1], similar["words.1"])
    column = pairs.features[:, PAIR_FEATURES.index("words")]
    assert column.std() > 0 and np.abs(column).max() <= 1.001
    bank = question_bank(catalogue)
    practice = Practice(Population(bank, "typical"), 0, turns=6)
    config = TrainConfig(count=64, batch_size=16, evaluate_every=32, held_out=8)
    for name, words in (("with", similar), ("without", None)):
        train(bank, practice, config, tmp_path / name, words=words)
    kernels = [learned_posterior(bank, tmp_path / n).channel.facets[1].kernel.toarray() for n in ("with", "without")]
    assert np.abs(kernels[0] - kernels[1]).max() > 1e-6
