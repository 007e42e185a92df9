"""The films: what the source's lists become, the films by hand, fame, and names that people know others by."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from sim import ChannelPosterior, load, load_rates, make_channel, question_bank
from sim.catalogue.catalogue import CatalogueError
from sim.catalogue.load import read_catalogue
from sim.data import fame
from sim.data.build_famous import SOURCE, WEIGHT, read_films
from sim.data.build_movies import LAST_YEAR, MISSING, TARGET, judged, key, missing_films
from sim.data.person_names import NOBODY, SEVERAL, doubtful


@pytest.fixture(scope="module")
def table() -> pl.DataFrame:
    return pl.read_parquet(TARGET)


def by_hand() -> list[dict]:
    return missing_films(MISSING.read_text(encoding="utf-8"))


def test_films_without_a_cast_are_there():
    movies = load("movies")
    cast = movies.facet("cast")
    for title in ("Toy Story", "Shrek", "The Lion King", "Finding Nemo"):
        i = movies.intents.index(title)
        assert cast.row(i) == () and movies.facet("directors").row(i)


def test_films_by_hand_have_ids_below_0_and_are_not_in_the_source(table):
    films = by_hand()
    theirs = table.filter(pl.col("id") < 0)
    assert theirs["title"].to_list() == [f["title"] for f in films] and len(set(theirs["id"])) == len(films)
    others = {(key(t), y) for t, y in table.filter(pl.col("id") >= 0).select("title", "year").iter_rows()}
    for film in films:
        assert not {(key(film["title"]), film["year"] + d) for d in (-1, 0, 1)} & others, film["title"]
    known = {c: {x for cell in table.filter(pl.col("id") >= 0)[c] for x in cell} for c in ("genres", "countries")}
    for column, names in known.items():
        assert {x for film in films for x in film[column]} <= names


def test_no_film_is_there_twice(table):
    same = table.group_by(pl.col("title").str.to_lowercase(), "year", "directors").len().filter(pl.col("len") > 1)
    assert same.height == 0


def test_every_famous_film_of_its_years_is_there_and_known(table):
    weights = judged(table.to_dicts())
    famous = [f for f in read_films(SOURCE.read_text(encoding="utf-8")) if f.year <= LAST_YEAR]
    assert int(np.isfinite(weights).sum()) == len(famous)
    known = np.isfinite(weights)
    assert np.array_equal(table["fame"].to_numpy()[known], weights[known])
    thousand = set(load("movies-1k").ids)
    ids = table["id"].cast(pl.String).to_list()
    best = [i for i, w in zip(ids, weights.tolist(), strict=True) if w > min(WEIGHT.values())]
    assert set(best) <= thousand


def test_the_thousand_are_the_best_known():
    top, all_ = load("movies-1k"), load("movies")
    place = {x: i for i, x in enumerate(all_.ids)}
    rows = np.array([place[x] for x in top.ids])
    assert np.all(np.diff(rows) > 0)
    rest = np.setdiff1d(np.arange(len(all_)), rows)
    assert all_.prior[rows].min() >= all_.prior[rest].max()


def test_a_film_that_famous_has_and_nobody_else_is_an_error():
    with pytest.raises(ValueError, match=r"Nosferatu \(1922\) is 0 of the films"):
        judged([{"title": "Metropolis", "year": 1927}])


def test_a_line_of_the_films_by_hand_that_cannot_be_read_is_named():
    with pytest.raises(ValueError, match="line 2: 3 parts where there are 10"):
        missing_films("# a remark\nKing Kong | 1933 | 100")


# --- fame


def film(year: int = 2000, reviews: int = 50, **more) -> dict:
    return {"year": year, "reviews": reviews, "box_office": None, "nominations": None, "metascore": None,
            "companies": None, "rating": None} | more  # fmt: skip


def test_reviews_and_money_count_within_their_years():
    films = [film(1970, 10 + k, box_office=1e6 + k) for k in range(5)]
    films += [film(2010, 200 + k, box_office=1e8 + k) for k in range(5)]
    x = fame.features(films)
    assert x.shape == (10, len(fame.FEATURES))
    old, new = x[4], x[9]
    assert old[0] > 1 and new[0] > 1 and old[2] > 1 and new[2] > 1
    assert x[:5, 0].mean() == pytest.approx(0, abs=1e-9) and x[5:, 0].mean() == pytest.approx(0, abs=1e-9)


def test_whatever_the_source_has_more_makes_a_film_better_known():
    plain_film, rest = film(), [film(reviews=r) for r in range(10, 100)]
    (base, *_) = fame.estimate(fame.features([plain_film, *rest]))
    for more in ({"reviews": 90}, {"box_office": 1e8}, {"nominations": 3}, {"metascore": 70}, {"rating": "R"}):
        assert fame.estimate(fame.features([film(**more), *rest]))[0] > base, more
    assert fame.estimate(np.full((1, len(fame.FEATURES)), 50.0))[0] == fame.MOST


def test_the_fit_finds_the_rates_that_made_the_weights():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(20_000, len(fame.FEATURES)))
    truth = np.array([-1.0, 0.5, 0.2, -0.3, 0.0, 0.4, 0.1, -0.2])
    weight = rng.poisson(np.exp(truth[0] + x @ truth[1:])).astype(float)
    assert np.abs(fame.fit(x, weight) - truth).max() < 0.05


# --- names of people


def test_a_name_for_several_people_is_each_of_them(table):
    names = {x for c in ("directors", "writers", "cast") for cell in table[c] for x in cell}
    assert not set(SEVERAL) & names
    assert doubtful(names) == []
    assert not {x for x in names if NOBODY.match(x)}
    assert {p for both in SEVERAL.values() for p in both} <= names
    matrix = table.filter(pl.col("title") == "The Matrix")
    assert matrix["writers"][0].to_list() == matrix["directors"][0].to_list() == ["Lana Wachowski", "Lilly Wachowski"]


@pytest.mark.parametrize("name", ["Lana Wachowski", "the Wachowskis", "Larry Wachowski", "Lilly Wachowski"])
@pytest.mark.parametrize("facet", ["directors", "writers"])
def test_the_matrix_is_believed_whatever_its_makers_are_called(name, facet):
    movies = load("movies-1k")
    bank = question_bank(movies, "open")
    f = [x.name for x in movies.facets].index(facet)
    posterior = ChannelPosterior(make_channel(movies, load_rates("typical")), bank)
    before = posterior.belief()[0, movies.intents.index("The Matrix")]
    posterior.update(np.array([bank.open_question[f]]), np.array([1 + movies.facets[f].aliases[name]]))
    after = posterior.belief()[0, movies.intents.index("The Matrix")]
    assert after > 0.1 and after > 10 * before


# --- other names in a sidecar


def read(tmp_path, aliases: str):
    path = tmp_path / "jars.csv"
    path.write_text("name,nut,maker\na,hazelnut,Hazel\nb,peanut,Otter\nc,hazelnut,Otter\n", encoding="utf-8")
    path.with_suffix(".toml").write_text(aliases, encoding="utf-8")
    return read_catalogue(path, {})


def test_other_names_stand_for_a_value(tmp_path):
    plan, catalogue = read(tmp_path, '[aliases]\n"filbert" = "hazelnut"\n"peanut" = "hazelnut"\n')
    assert catalogue is not None and plan.problems == []
    nut = catalogue.facet("nut")
    assert nut.aliases["filbert"] == nut.aliases["hazelnut"] != nut.aliases["peanut"]
    assert "filbert" not in nut.values and "filbert" not in catalogue.facet("maker").aliases


def test_another_name_for_nothing_is_a_warning(tmp_path):
    plan, _ = read(tmp_path, '[aliases]\n"filbert" = "hazlenut"\n')
    assert ["the sidecar's alias 'filbert' is for 'hazlenut', which is no value" in p.message for p in plan.problems]


@pytest.mark.parametrize("aliases", ['aliases = "filbert"\n', "[aliases]\nfilbert = 3\n"])
def test_other_names_must_be_names(tmp_path, aliases):
    with pytest.raises(CatalogueError, match="aliases must be a table of names in quotes"):
        read(tmp_path, aliases)


def test_aliases_of_the_films_are_of_people_that_are_there():
    for name in ("movies", "famous"):
        catalogue = load(name)
        assert any("the Coens" in facet.aliases for facet in catalogue.facets)
