"""What people type for a number: the right answer, or several to choose from, never a wrong one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.play import lookups
from agents.play.mind import load_world
from agents.play.views import Setup
from sim.catalogue.catalogue import Facet, make_facet
from sim.catalogue.load import load
from sim.catalogue.months import month_facet
from sim.catalogue.number_words import in_digits
from sim.catalogue.numbers import named_range
from sim.catalogue.spoken_numbers import NumberScale, numbers_meant, options_meant
from sim.catalogue.thresholds import threshold_question
from sim.catalogue.wording import Wording
from sim.questions import question_bank


def facet(name: str, kind: str) -> Facet:
    return load(name).facet(kind)


def answers(of: Facet, text: str) -> list[str] | None:
    """The answers that a text touches, the sole sure one marked; None where it isn't understood."""
    meant = options_meant(of, text)
    if meant is None:
        return None
    return [of.label(o) + ("!" if meant.sure else "") for o in meant.options]


@pytest.fixture(scope="module")
def runtime() -> Facet:
    return make_facet("runtime", "number", list(range(77, 181)), Wording.default("runtime", "number", unit=" minutes"))


@pytest.fixture(scope="module")
def year() -> Facet:
    return make_facet("year", "number", list(range(1940, 2015)))


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("2 hours", 120), ("two hours", 120), ("2h", 120), ("2h20", 140), ("2 h 20 min", 140), ("1:45", 105),
        ("an hour and a half", 90), ("two and a half hours", 150), ("about 2 hours long", 120), ("~90", 90),
        ("ninety minutes or so", 90), ("two hours and twenty minutes", 140), ("90", 90), ("I think 1.5 hours", 90),
    ],
)  # fmt: skip
def test_durations(text, minutes, runtime):
    (meant,) = numbers_meant(text, NumberScale(runtime))
    assert meant.low == meant.high == minutes
    held = options_meant(runtime, text)
    assert held is not None and held.sure and held.options == (runtime.option_of_number(minutes),)


@pytest.mark.parametrize("text", ["2 kg", "2 dollars", "hello", "90 foo", "12 Oak Street", "", "i7", "2 hours ago 3"])
def test_what_is_not_understood_as_a_whole_is_no_number(text, runtime):
    assert options_meant(runtime, text) is None


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("the 80s", 1980, 1989), ("'80s", 1980, 1989), ("eighties", 1980, 1989), ("nineteen eighties", 1980, 1989),
        ("1980s", 1980, 1989), ("around 1995", 1995, 1995), ("'94", 1994, 1994), ("nineteen ninety-five", 1995, 1995),
        ("14", 2014, 2014), ("before the nineties", -np.inf, 1989), ("after the eighties", 1990, np.inf),
        ("since 2010", 2010, np.inf), ("1994 or 1995", 1994, 1995), ("between 1980 and 1989", 1980, 1989),
        ("it was 1994, I think", 1994, 1994), ("14 March 1994", 1994, 1994), ("20th century", 1900, 1999),
        ("late nineties", 1996, 1999),
    ],
)  # fmt: skip
def test_years(text, first, last, year):
    meant = numbers_meant(text, NumberScale(year))
    assert [x.low for x in meant] == [first]
    assert meant[0].high in (last, last + 1)


def test_a_stretch_over_several_answers_is_asked_about(year):
    assert answers(year, "the 80s") == ["1980 to 1989!"]
    assert answers(year, "1988 to 1992") == ["1980 to 1989", "1990 to 1999"]
    for beyond in ("2050", "1812", "19th century", "1850s"):
        meant = options_meant(year, beyond)
        assert meant is None or not meant.sure


def test_two_readings_are_both_given():
    weight = facet("animals", "weight")
    assert answers(weight, "1,200") == ["1,000 to 10,000 kg", "1 to 10 kg"]
    assert answers(weight, "1.2k") == ["1,000 to 10,000 kg!"]
    centuries = make_facet("built", "number", list(range(1890, 2021)))
    assert [x.low for x in numbers_meant("'14", NumberScale(centuries))] == [1914, 2014]


def test_units_are_converted_and_gaps_asked_about():
    animals = load("animals")
    assert answers(animals.facet("weight"), "half a kilo") == ["0.1 to 1 kg!"]
    assert answers(animals.facet("weight"), "10 pounds") == ["1 to 10 kg!"]
    assert answers(animals.facet("lifespan"), "18 months") == answers(animals.facet("lifespan"), "1.5")
    assert answers(animals.facet("legs"), "four legs") == ["4!"]
    assert answers(animals.facet("legs"), "3") == ["2", "4"]
    assert answers(animals.facet("legs"), "2 hours") is None
    assert answers(facet("toy", "price"), "$7") is None and answers(facet("toy", "price"), "€7") == ["7 euros!"]


def test_months():
    hired = month_facet("hired", np.arange(2020, 2022.5, 1 / 12), Wording.default("hired", "number"))
    assert answers(hired, "March 2021") == ["January to March 2021!"]
    assert len(answers(hired, "2021") or []) == 4
    assert answers(hired, "2019") == ["January to March 2020"], "beyond the end"


@given(st.integers(0, 9999))
def test_words_for_whole_numbers(number):
    ones = [
        *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
        *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
    ]
    tens = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]

    def words(n: int) -> str:
        if n < 20:
            return ones[n]
        if n < 100:
            return tens[n // 10 - 2] + (f"-{ones[n % 10]}" if n % 10 else "")
        name, by = ("hundred", 100) if n < 1000 else ("thousand", 1000)
        rest = f"{' and' if n % by < 100 else ''} {words(n % by)}" if n % by else ""
        return f"{words(n // by)} {name}{rest}"

    assert in_digits(words(number)) == str(number)


@pytest.mark.parametrize("name", ["toy", "animals", "groceries", "movies-1k"])
def test_every_number_of_a_catalogue_finds_its_own_answer(name):
    for of in load(name).facets:
        if of.kind != "number" or of.lower is None:
            continue
        for v, low in enumerate(of.lower.tolist()):
            meant = options_meant(of, f"{low:.10g}" if low >= 1e-4 else f"{low:.10f}")
            assert meant is not None and meant.options[0] == of.option_of[v] and meant.sure, (of.name, low)


@settings(max_examples=300)
@given(st.text(alphabet="0123456789 .,'-:hkgsdtoandbewrunmi~<>+½$€", max_size=12))
def test_a_sure_point_lies_in_its_answer(text):
    for of in (facet("animals", "weight"), facet("animals", "legs"), facet("toy", "price")):
        meant = options_meant(of, text)
        points = [x for x in numbers_meant(text, NumberScale(of)) if x.low == x.high]
        if meant is None or not meant.sure or not points:
            continue
        held = named_range(of.options[meant.options[0]])
        following = named_range(of.options[min(meant.options[0] + 1, len(of.options) - 1)])
        assert held is not None and following is not None
        assert held[0] - 1e-9 <= points[0].low <= max(held[1], following[0]) + 1e-9


class TestInTheGame:
    def test_what_fits_what_was_said_comes_first(self, tmp_path):
        from agents.play.game import Session

        path = tmp_path / "films.csv"
        rows = [*("Cameron Crowe,Cameron Crowe",) * 6, *("James Cameron,James Cameron",) * 2, "Ann,Bob", "Cy,Dee"]
        path.write_text("name,writer,director\n" + "".join(f"{k},{row}\n" for k, row in enumerate(rows)))
        world = load_world(Setup(catalogue=str(path)))
        names = {f.name: k for k, f in enumerate(world.catalogue.facets)}
        writer = world.catalogue.facets[names["writer"]]
        assert lookups.options(world, names["director"]).find("cameron")[0].label == "Cameron Crowe"
        session = Session(world)
        session.begin([(names["writer"], writer.aliases["James Cameron"])])
        hits = lookups.options(world, names["director"], session.now.belief).find("cameron")
        assert hits[0].label == "James Cameron"

    def test_a_number_up_front_finds_its_facet(self):
        world = load_world(Setup(catalogue="movies-1k"))
        hit = lookups.values(world).find("2 hours")[0]
        f, _ = lookups.stated(world, hit.key)
        assert world.catalogue.facets[f].name == "runtime" and hit.sure
        assert not lookups.values(world).find("19")[0].sure, "a part of a label is no answer"

    def test_a_number_finds_the_nearest_threshold(self):
        world = load_world(Setup(catalogue="movies-1k"))
        hit = lookups.questions(world).find("2 hours")[0]
        facet = world.catalogue.facets[world.bank.facet[hit.key]]
        assert facet.name == "runtime" and facet.over[world.bank.value[hit.key]] == 120 and not hit.sure


class TestThresholds:
    @pytest.mark.parametrize("name", ["toy", "animals", "groceries", "movies-1k"])
    def test_no_two_questions_of_a_facet_have_the_same_words(self, name):
        catalogue = load(name)
        bank = question_bank(catalogue)
        for f in range(len(catalogue.facets)):
            texts = [bank.text(q) for q in np.flatnonzero(bank.facet == f)]
            assert len(set(texts)) == len(texts)

    def test_the_rounder_number_is_said(self):
        weights = [5, 60, 150, 180, 200, 350, 7000]
        of = make_facet("weight", "number", weights, Wording.default("weight", "number", unit=" kg"))
        texts = [threshold_question(of, v) for v in range(1, len(of.values))]
        assert "Is the weight 200 kg or more?" in texts
        for v, text in enumerate(texts, start=1):
            number = float(text.split("over ")[-1].split(" is ")[-1].removeprefix("Is the weight ").split()[0])
            words_say = [w >= number if "or more" in text else w > number for w in weights]
            assert words_say == [of.value_of[i] >= v for i in range(len(weights))], text

    def test_hours_decades_and_one(self):
        wording = Wording.default("runtime", "number", unit=" minutes")
        minutes = make_facet("runtime", "number", [60, 119, 121, 150], wording)
        assert any("two hours" in threshold_question(minutes, v) for v in range(1, 4))
        wording = Wording.default("year", "number", yesno="Was it released after {value}?")
        years = make_facet("year", "number", list(range(1950, 2015)), wording)
        v = int(np.flatnonzero(years.lower == 1990)[0])
        assert threshold_question(years, v) == "Was it released after the eighties?"
        assert threshold_question(years, v + 20) == "Was it released in 2010 or later?"
        legs = load("animals").facet("legs")
        assert threshold_question(legs, 1) == "Does it have 2 or more legs?"
