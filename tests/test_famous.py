"""The famous films: what the text may say, what the check finds, and that nothing is wrong with what ships."""

from __future__ import annotations

import polars as pl
import pytest

from sim.catalogue.load import load
from sim.data import build_famous
from sim.data.build_famous import GENRES, SOURCE, TARGET, WEIGHT, flag_names, read_films
from sim.data.check_famous import check

JAWS = "4 | Jaws | 1975 | Steven Spielberg | Roy Scheider; Robert Shaw | thriller | New York | sea monster book ?dog"
FLAGS = ("sea monster book", "dog school war", "heist cars twist", "prison trial murder")
OTHERS = [
    f"1 | {title} | {1950 + k} | {title} Smith | | drama | | {FLAGS[k % 4]}"
    for k, title in enumerate(("Alpha", "Bravo", "Charlie", "Delta", "Echo", "Foxtrot", "Golf", "Hotel"))
]


def problems(*lines: str) -> list[str]:
    """What the check finds in these films, but for flags that too few of so few films have."""
    return [found for found in check(read_films("\n".join(lines))) if " films have it" not in found]


def test_the_table_in_the_package_is_what_the_script_writes(tmp_path, monkeypatch):
    monkeypatch.setattr(build_famous, "TARGET", tmp_path / TARGET.name)
    shipped = pl.read_parquet(TARGET)
    build_famous.main()
    assert pl.read_parquet(tmp_path / TARGET.name).equals(shipped)


def test_a_line_is_a_film():
    (film,) = read_films(JAWS)
    assert (film.title, film.year, film.fame, film.actors) == ("Jaws", 1975, 4, ("Roy Scheider", "Robert Shaw"))
    assert film.places == ("the USA", "New York")
    assert [film.flag(name) for name in ("sea", "dog", "space")] == [True, None, False]


def test_the_catalogue_says_what_the_text_says():
    famous = load("famous")
    films = read_films(SOURCE.read_text(encoding="utf-8"))
    assert [f.name for f in famous.facets] == ["year", "directors", "actors", "genres", "places", *flag_names()]
    weights = [WEIGHT[film.fame] for film in films]
    for film, intent, weight, p in zip(films, famous.intents, weights, famous.prior.tolist(), strict=True):
        assert film.title == intent and p == pytest.approx(weight / sum(weights))
        i = famous.intents.index(intent)
        assert set(famous.facet("genres").row(i)) == {GENRES[g] for g in film.genres}
        for name in flag_names():
            told = {None: (), True: ("yes",), False: ("no",)}[film.flag(name)]
            assert famous.facet(name).row(i) == told


def test_nothing_is_wrong_with_the_films_that_ship():
    films = read_films(SOURCE.read_text(encoding="utf-8"))
    assert list(check(films)) == []
    assert len(films) >= 400 and 60 <= len(flag_names()) <= 90


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (JAWS.replace(" | thriller", ""), "line 1: 7 parts where there are 8"),
        (JAWS.replace("4 |", "9 |"), "line 1: fame is '9'; it is one of 1, 2, 3, 4"),
        (JAWS.replace("1975", "MCMLXXV"), "line 1: the year is 'MCMLXXV'"),
        (JAWS.replace("monster", "shark"), "line 1: no flag 'shark'"),
        (JAWS.replace("thriller", "film noir"), "line 1: no genre 'film noir'"),
        (JAWS.replace("New York", "Amity"), "line 1: no place 'Amity'"),
        (JAWS + " sea", "line 1: a flag comes twice"),
        (f"# a remark\n{JAWS}\n\n{JAWS}", "line 4: 'Jaws' is there already"),
    ],
)
def test_a_line_that_cannot_be_read_is_named(line, message):
    with pytest.raises(ValueError, match=message):
        read_films(line)


@pytest.mark.parametrize(
    ("line", "finding"),
    [
        ("2 | A | 1990 | Someone | | drama | | animated true_story sea", "A: both animated and true_story"),
        ("2 | A | 1990 | Someone | | western | | past horses space war", "A: both space and western"),
        ("2 | A | 1990 | Someone | | comedy | | computer_animated dog war", "A: computer_animated, and so animated"),
        ("2 | A | 1990 | Someone | | drama | | world_war_2 war prison", "A: world_war_2, seen from 1990, and so past"),
        ("2 | A 2 | 1990 | Someone | | drama | | war prison dog", "A 2: by its title a sequel"),
        ("2 | A | 1990 | Someone | | drama | | war dog", "A: only 2 flags hold"),
        ("2 | Rocky IX | 2030 | Someone | | drama | | series sport war", "Rocky IX: all of Rocky have contest"),
        ("2 | A | 1951 | Someone | | drama | | dog school war", "Bravo and A: nothing tells them apart"),
        (
            "2 | A | 1990 | Charlee Smith | | drama | | dog war sea",
            "Charlee Smith and Charlie Smith: one name spelled twice?",
        ),
    ],
)
def test_the_check_finds(line, finding):
    assert problems(*OTHERS[:4]) == []
    assert finding in problems(*OTHERS[:4], line)


def test_a_flag_that_too_few_or_too_many_films_have_is_found():
    found = list(check(read_films("\n".join(OTHERS))))
    assert "sea: 2 of 8 films have it" in found
    everywhere = [line + " space" for line in OTHERS]
    assert "space: 8 of 8 films have it" in list(check(read_films("\n".join(everywhere))))
