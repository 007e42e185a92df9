"""The tower of items: small weighted batches reach what the whole catalogue does, and cost what they say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from agents.language.fit_tower import Requests, TowerData, fit_story, held_out
from agents.language.item_text import KNOWN, column_names, item_columns, item_texts, key_of
from agents.language.items import TowerMap, in_bytes, item_vectors, read_tower, save_tower
from agents.language.train_tower import START, Cost, FittedMap, Stories, TowerSettings, train_map
from sim import load

SMALL = TowerSettings(
    negatives=4, batch=16, epochs=15, rate=0.1, text_penalty=1e-5, facet_penalty=1e-5, bias_penalty=1e-5
)
TEXT = 4
"""Numbers of a text in the made-up catalogue."""


def made_up(
    n_items: int = 24, n_stories: int = 400, seed: int = 0
) -> tuple[Stories, np.ndarray, np.ndarray, np.ndarray]:
    """Stories told of every item alike under a prior that is far from even: (stories, items, prior, true belief)."""
    rng = np.random.default_rng(seed)
    text = rng.normal(size=(n_items, TEXT)) / 2
    prior = rng.dirichlet(np.full(n_items, 0.5)) + 1e-3
    prior /= prior.sum()
    log_prior = np.log(prior)
    length = (text**2).sum(axis=1)
    columns = np.stack([log_prior - log_prior.mean(), length - length.mean()], axis=1)
    items = np.concatenate([text, columns], axis=1).astype(np.float32)
    intent = rng.integers(n_items, size=n_stories)
    noise = START**-0.5
    vectors = text[intent] + noise * rng.normal(size=(n_stories, TEXT))
    belief = np.exp(-((vectors[:, None] - text) ** 2).sum(axis=2) / (2 * noise**2))
    stories = Stories(vectors.astype(np.float32), np.zeros((n_stories, n_items), np.float32), intent)
    return stories, items, prior, belief / belief.sum(axis=1, keepdims=True)


def nats_lost(fitted: FittedMap, stories: Stories, items: np.ndarray, prior: np.ndarray, truth: np.ndarray) -> float:
    """Mean KL divergence of what was learned from the belief that is right."""
    scores = fitted.scores(stories, items, np.log(prior))
    log_p = scores - np.logaddexp.reduce(scores, axis=1, keepdims=True)
    return float((truth * (np.log(truth + 1e-300) - log_p)).sum(axis=1).mean())


def test_four_weighted_negatives_learn_what_the_whole_catalogue_does_and_the_batch_does_not():
    stories, items, prior, truth = made_up()
    lost = {
        objective: nats_lost(
            train_map(stories, items, prior, replace(SMALL, objective=objective)), stories, items, prior, truth
        )
        for objective in ("importance", "catalogue", "in-batch")
    }
    assert lost["catalogue"] < 0.1
    assert lost["importance"] < 0.15
    assert lost["in-batch"] > 0.3, "it can't see that stories are told of what is hardly known"


def test_the_same_seed_gives_the_same_map():
    stories, items, prior, _ = made_up()
    few = replace(SMALL, epochs=2)
    one, two = (train_map(stories, items, prior, few) for _ in range(2))
    other = train_map(stories, items, prior, replace(few, seed=1))
    assert one.map.tobytes() == two.map.tobytes() and one.bias.tobytes() == two.bias.tobytes()
    assert one.map.tobytes() != other.map.tobytes()


@pytest.mark.parametrize("objective", ["importance", "in-batch", "catalogue"])
def test_a_run_counts_the_items_that_it_encodes(objective):
    stories, items, prior, _ = made_up()
    settings, cost = replace(SMALL, objective=objective, epochs=1), Cost()
    train_map(stories, items, prior, settings, cost)
    size = settings.negatives + 1 if objective == "in-batch" else settings.batch
    assert cost.steps == 400 // size and cost.proposal == 0 and cost.distinct <= len(items)
    most = {"importance": size * 5, "in-batch": size, "catalogue": len(items)}[objective]
    assert cost.items <= cost.steps * min(most, len(items))
    if objective == "catalogue":
        assert cost.items == cost.steps * len(items)


def test_a_proposal_by_the_match_of_texts_encodes_the_catalogue_once():
    stories, items, prior, _ = made_up()
    cost = Cost()
    train_map(stories, items, prior, replace(SMALL, proposal="match", epochs=1), cost)
    assert cost.proposal == len(items)


def test_without_a_step_the_map_is_plain_similarity():
    stories, items, prior, _ = made_up()
    fitted = train_map(stories, items, prior, replace(SMALL, epochs=1, rate=0.0))
    np.testing.assert_allclose(fitted.map[:, :TEXT], START * np.eye(TEXT))
    assert not fitted.map[:, TEXT:].any() and not fitted.bias.any()


def test_what_is_judged_was_not_learned_from():
    """With labels drawn at random there is nothing to learn, and figures of held-out stories say so."""
    _, items, prior, _ = made_up(n_stories=200)
    rng = np.random.default_rng(1)
    vectors = rng.normal(size=(2, 200, TEXT)).astype(np.float32) / 6
    intent = rng.choice(len(prior), p=prior, size=200)
    requests = Requests(vectors, np.zeros((3, 2, 200, len(prior)), np.float32), intent, np.arange(200) % 5)
    data = TowerData(requests, np.eye(TEXT, dtype=np.float32), items, ("x",), prior, "")
    found = held_out(data, replace(SMALL, negatives=16, text_penalty=1e-2, bias_penalty=1e-2))
    assert found.gain_bits.shape == (2, 200) and found.gain_bits.mean() < 0.1
    assert "median rank" in found.line(0) and len(found.trust) == 5


def test_stories_are_told_from_openings():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 60, 8)) + 1.5, rng.normal(size=(80, 8)) - 1.5
    direction, bias, right = fit_story(a, b)
    assert right > 0.97 and (a @ direction + bias > 0).mean() > 0.97 > (b @ direction + bias > 0).mean()


# --- items ------------------------------------------------------------------------------------------------------------


def test_an_items_text_names_it_and_what_it_is():
    films, toy = load("movies-1k"), load("toy")
    assert item_texts(films)[films.intents.index("Alien")].startswith("Alien (1979). ")
    assert all(
        text.startswith(f"{name} ({toy.noun}).") for name, text in zip(toy.intents, item_texts(toy), strict=True)
    )
    assert key_of(["a", "b"]) != key_of(["ab"]) != key_of(["a"])


def test_columns_are_centred_and_what_a_catalogue_lacks_is_nothing():
    films = load("movies-1k")
    names = column_names(films)
    assert "genres=Horror" in names and names[-2:] == [KNOWN, f"{KNOWN}, squared"]
    columns = item_columns(films, names)
    np.testing.assert_allclose(columns.mean(axis=0), 0, atol=1e-5)
    genres = films.facet("genres")
    horror = np.array(["Horror" in genres.row(i) for i in range(len(films))])
    assert columns[horror, names.index("genres=Horror")].min() > columns[~horror, names.index("genres=Horror")].max()
    assert not item_columns(load("toy"), names[:-2]).any()


def test_a_tower_is_read_as_it_was_written_and_is_silent_on_what_is_no_story(tmp_path, monkeypatch):
    films = load("movies-1k")
    rng = np.random.default_rng(0)
    columns = tuple(column_names(films))
    basis, items = rng.normal(size=(6, 3)).astype(np.float32), rng.normal(size=(len(films), 3)).astype(np.float32)
    story = np.array([1, 0, 0, 0, 0, 0], np.float32)
    learned = TowerMap(basis, rng.normal(size=(3, 3 + len(columns))).astype(np.float32),
                       np.zeros(3 + len(columns), np.float32), story, -0.5, 0.625, columns)  # fmt: skip
    save_tower(tmp_path, "some", learned, items, key_of(item_texts(films)))
    again = read_tower(tmp_path, films, "some")
    assert again is not None and again.trust == 0.625 and again.learned.columns == columns
    whole, scale = in_bytes(items)
    np.testing.assert_allclose(again.vectors, item_vectors(films, whole * scale, columns), rtol=1e-5, atol=1e-6)
    request = np.array([1, 0.2, 0, 0, 0.3, 0], np.float32)
    factors = again.log_factors(request)
    assert factors is not None and factors.shape == (len(films),)
    np.testing.assert_allclose(factors, again.vectors @ ((request @ basis) @ learned.map), rtol=0.02, atol=0.02)
    assert again.log_factors(-request) is None
    assert read_tower(tmp_path, films, "another") is None and read_tower(tmp_path, load("toy"), "some") is None
    (tmp_path / "item_tower.safetensors").write_bytes(b"rubbish")
    with pytest.raises(ValueError, match="train-language makes it again"):
        read_tower(tmp_path, films, "some")
