"""Words that mean a value or a flag and are not its name, and numbers as people say them in running text."""

from __future__ import annotations

import math
from functools import lru_cache

import pytest

from sim import load, question_bank
from sim.catalogue.catalogue import CatalogueError, Facet
from sim.catalogue.load import load_with_report
from sim.mentions.candidates import Candidate, CandidateFinder
from sim.mentions.heard_words import stem
from sim.mentions.numbers_said import NumberReader
from sim.questions import QuestionBank

TABLE = "name,drink,covered,spotted\nA,oat drink,yes,yes\nB,milk,no,no\nC,sparkling fruit juice,yes,no\nD,milk,no,yes\n"
SIDECAR = """
[facets.drink.heard]
"oat drink" = ["oat milk"]
[facets.covered.heard]
yes = ["with a lid", "roof"]
no = ["in the open"]
"""


@lru_cache
def finder(name: str) -> CandidateFinder:
    return CandidateFinder(question_bank(load(name)))


def shown(bank: QuestionBank, candidate: Candidate) -> tuple[str, str]:
    best = candidate.meanings[0]
    facet = bank.catalogue.facets[best.facet]
    return facet.name, ("not " if candidate.negated else "") + facet.options[best.option]


def meant(name: str, text: str, about: str = "") -> dict[str, str]:
    """What a text may say, by facet, each mention in its likeliest meaning."""
    found = finder(name)
    facets = [facet.name for facet in found.bank.catalogue.facets]
    out = found.find(text, facets.index(about) if about else -1)
    return dict(shown(found.bank, candidate) for candidate in out if candidate.meanings)


def number_facet(name: str, facet: str) -> Facet:
    return load(name).facet(facet)


@pytest.mark.parametrize(
    ("catalogue", "text", "facts"),
    [
        ("animals", "a lizard with stripes", {"is_reptile": "yes", "striped": "yes"}),
        ("animals", "it's hairless and hornless", {"fur": "not yes", "horns": "not yes"}),
        ("animals", "a toxic toad, lives alone",
         {"venomous": "yes", "is_amphibian": "yes", "lives_in_groups": "not yes"}),
        ("animals", "whitish bird of prey", {"colours": "white", "is_bird": "yes"}),
        ("animals", "in the sea, eats plants", {"lives_in_the_sea": "yes", "diet": "herbivore"}),
        ("groceries", "almond milk, unsweetened", {"variety": "almond drink", "added_sugar": "not yes"}),
        ("groceries", "unsalted cheese & onion", {"salted": "not yes", "flavours": "cheese and onion"}),
        ("groceries", "coffee, instant, decaf", {"variety": "decaf instant coffee"}),
        ("groceries", "soy yogurt without sugar", {"variety": "soya yoghurt", "added_sugar": "not yes"}),
        ("groceries", "corn flakes, nut free", {"variety": "corn flakes", "contains_nuts": "not yes"}),
        ("famous", "vampires in Manhattan", {"undead": "yes", "places": "New York"}),
        ("famous", "world war II, in black & white", {"world_war_2": "yes", "black_and_white": "yes"}),
        ("famous", "it has a happy ending and a wedding", {"sad_end": "not yes", "wedding": "yes"}),
        ("famous", "not based on a true story", {"true_story": "not yes"}),
        ("famous", "a live action western", {"animated": "not yes", "genres": "a western"}),
    ],
)  # fmt: skip
def test_other_words_are_understood(catalogue, text, facts):
    assert meant(catalogue, text) == facts


def test_a_word_of_a_long_story_is_no_fact():
    story = (
        "A man takes the car and drives with a dog to a friend, they dance all night, somebody is shot in the family "
        "house by the sea, and in the end everyone goes home again and sleeps"
    )
    assert len(story.split()) > 25 and meant("famous", story) == {}
    assert meant("famous", "It is a zombie film. " + story) == {"undead": "yes"}
    assert "child_hero" not in meant("famous", "I saw it as a kid") and "dog" not in meant(
        "famous", "I saw it with my dog"
    )


def test_words_of_a_table_of_ones_own(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text(TABLE)
    (tmp_path / "x.toml").write_text(SIDECAR)
    catalogue = load(path)
    bank = question_bank(catalogue)
    find = CandidateFinder(bank).find

    def told(text: str) -> list[tuple[str, str]]:
        return [shown(bank, candidate) for candidate in find(text)]

    assert told("oat milk with a lid") == [("drink", "oat drink"), ("covered", "yes")]
    assert told("milk, roofed, spots") == [("drink", "milk"), ("covered", "yes"), ("spotted", "yes")]
    assert told("fruit juice, sparkling, in the open") == [("drink", "sparkling fruit juice"), ("covered", "not yes")]
    (tmp_path / "x.toml").write_text("")
    plain = load(path)
    assert (
        plain.fingerprint == catalogue.fingerprint and plain.facet("drink").aliases == catalogue.facet("drink").aliases
    )


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("heard = 3", "heard must be a table of lists"),
        ('heard = {milk = "white stuff"}', "the words for 'milk' are 'white stuff'; they must be a list of texts"),
        ('heard = {milk = [" "]}', "they must be a list of texts"),
    ],
)
def test_words_that_cannot_be(said, message, tmp_path):
    (tmp_path / "x.csv").write_text(TABLE)
    (tmp_path / "x.toml").write_text(f"[facets.drink]\n{said}\n")
    with pytest.raises(CatalogueError) as error:
        load(tmp_path / "x.csv")
    assert message in str(error.value)


def test_words_for_what_is_no_value_are_warned_of(tmp_path):
    (tmp_path / "x.csv").write_text(TABLE)
    (tmp_path / "x.toml").write_text('[facets.drink.heard]\nwater = ["aqua"]\n')
    (problem,) = load_with_report(tmp_path / "x.csv").problems
    assert "words heard for 'water' of 'drink' are for what is no value" in problem.message


@pytest.mark.parametrize("name", ["animals", "famous", "groceries", "movies"])
def test_built_in_words_are_of_values(name):
    found = load_with_report(name)
    assert not [p for p in found.problems if "heard" in p.message]
    assert any(facet.heard for facet in found.catalogue.facets)


def test_stems_keep_different_words_apart():
    for one, other in (("spots", "spotted"), ("fur", "furry"), ("stripes", "striped"), ("poison", "poisonous")):
        assert stem(one) == stem(other)
    for one, other in (("car", "caring"), ("music", "musical"), ("sea", "season"), ("war", "warm"), ("pot", "poster")):
        assert stem(one) != stem(other)


@pytest.mark.parametrize(
    ("facet", "text", "low", "high"),
    [
        (("movies", "runtime"), "a comedy of an hour and a quarter", 75, 75),
        (("movies", "runtime"), "three and a half hours, R", 210, 210),
        (("movies", "runtime"), "it's just over 2 hours long", 120, 138),
        (("movies", "runtime"), "just under an hour and a half", 76.5, 90),
        (("movies", "runtime"), "between one and two hours", 60, 121),
        (("movies", "year"), "a western, 69", 1969, 1970),
        (("movies", "year"), "filmed in '74", 1974, 1975),
        (("movies", "year"), "horror from between 91 and 94", 1991, 1995),
        (("movies", "year"), "it came out thirty years ago", 1978, 1996),
        (("movies", "year"), "some comedy of the last five years", 2009, math.inf),
        (("movies", "year"), "turn of the millennium thriller", 1998, 2003),
        (("animals", "legs"), "no legs, but scales", 0, 0),
        (("animals", "legs"), "an eight-legged thing", 8, 8),
        (("animals", "weight"), "weighs half a ton, more or less", 500, 500),
        (("groceries", "size"), "a kilo of flour and nuts", 1000, 1000),
        (("groceries", "price"), "cheese under a euro", -math.inf, 1),
    ],
)
def test_numbers_in_requests(facet, text, low, high):
    (said,) = NumberReader(0, number_facet(*facet)).find(text, False)
    (found,) = said.ranges
    assert (found.low, found.high) == (pytest.approx(low), pytest.approx(high))


@pytest.mark.parametrize(
    ("facet", "text", "low", "high"),
    [
        (("animals", "legs"), "none, it crawls", 0, 0),
        (("animals", "weight"), "couple of kilos", 2, 2),
        (("groceries", "price"), "three twenty", 3.2, 3.2),
        (("groceries", "price"), "4 euros 50", 4.5, 4.5),
        (("movies", "year"), "two decades ago", 1990, 2004),
    ],
)
def test_numbers_that_were_asked_for(facet, text, low, high):
    (said,) = NumberReader(0, number_facet(*facet)).find(text, True)
    (found,) = said.ranges
    assert (found.low, found.high) == (pytest.approx(low), pytest.approx(high))


@pytest.mark.parametrize(
    ("facet", "text"),
    [
        (("movies", "year"), "they have to get there in 48 hours"), (("movies", "year"), "kids from 10 to 12"),
        (("movies", "year"), "I saw it thirty years ago on tv"), (("movies", "year"), "about 50 people on a ship"),
        (("movies", "runtime"), "he dies half an hour into it"), (("movies", "runtime"), "a two time winner"),
        (("animals", "legs"), "it has a leg"),
    ],
)  # fmt: skip
def test_what_counts_something_else(facet, text):
    assert NumberReader(0, number_facet(*facet)).find(text, False) == []


def test_an_age_is_no_year():
    assert NumberReader(0, number_facet("movies", "year")).find("when I was ten years old", True) == []
