"""Tables as people have them: what cells mean, what was done with them, and where the way out is."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.catalogue.catalogue import Catalogue, CatalogueError, Facet
from sim.catalogue.dates import read_date, read_dates
from sim.catalogue.flags import are_flags
from sim.catalogue.load import load, load_with_report
from sim.catalogue.numbers import plain
from sim.catalogue.quantities import read_quantities
from sim.catalogue.quantity import read_quantity
from sim.catalogue.recognise import read_numbers, recognise, usual_decimal
from sim.catalogue.sidecar import FacetSpec
from sim.catalogue.units import CURRENCIES, UNITS
from sim.describe import check_catalogue, describe_catalogue
from sim.questions import OVER, question_bank


def table(folder: Path, columns: dict[str, Sequence[str]], sidecar: str = "") -> Path:
    """A CSV with a name for each row, and its sidecar."""
    n = len(next(iter(columns.values())))
    path = folder / "own.csv"
    pl.DataFrame({"name": [f"thing {i}" for i in range(n)], **columns}).write_csv(path)
    (folder / "own.toml").write_text(sidecar, encoding="utf-8")
    return path


def numbers(cells: Sequence[str | None], **given) -> list[float]:
    return read_quantities(cells, **given).numbers.tolist()


def messages(path: Path, severity: str) -> list[str]:
    return [p.message for p in check_catalogue(path) if p.severity == severity]


# --- numbers


CELLS = {
    "$1,234.00": (1234, "$"), "1.96 kg": (1.96, "kg"), "8GB": (8, "GB"), "8": (8, None), "1.2k": (1200, None),
    "€ 12,50": (12.5, "€"), "12,50 EUR": (12.5, "€"), "1 234,5": (1234.5, None), "1'234.50": (1234.5, None),
    "1.234.567,8": (1234567.8, None), "12,34,567": (1234567, None), "-5 °C": (-5, "°C"), "−5": (-5, None),
    "(1,200)": (-1200, None), "45%": (45, "%"), "13.5 % vol": (13.5, "%"), '15.6"': (15.6, '"'),
    "1.2k/m2": (1200, "/m²"),
    "€1.2k/m²": (1200, "€/m²"), "$1.2m": (1.2e6, "$"), "3.4M": (3.4e6, None), "5 m": (5, "m"), "4.5/5": (4.5, "/5"),
    "1h 20": (80, "min"), "2 h": (2, "h"), "12 reviews": (12, "reviews"), "10-20 cm": (15, "cm"), "~30": (30, None),
    "5+": (5, None), "1e5": (1e5, None), "12,-": (12, None), "£9.99": (9.99, "£"), "80 k€": (80000, "€"),
    "$50/month": (50, "$/month"), ".5 l": (0.5, "l"), "CHF 12.30": (12.3, "CHF"), "120 sq ft": (120, "ft²"),
}  # fmt: skip


@pytest.mark.parametrize("text", CELLS)
def test_a_cell_is_a_number_with_its_unit(text):
    number, unit = CELLS[text]
    read = read_quantity(text)
    assert read is not None and read.number == pytest.approx(number, rel=1e-12)
    assert (read.unit and read.unit.name) == unit


NO_NUMBERS = ["", "call us", "12 Oak Street 5", "2D", "5G", "1.2.3", "555-1234", "1,2,3", "8, 16", "10-20", "12 kg 3",
              "$5 €",
              "978-0-14-103", "2021-03-14", "14 Mar 2021", "-", "$", "kg", "1:30", "9/11 memorial",
              "Level 3"]  # fmt: skip


@pytest.mark.parametrize("text", NO_NUMBERS)
def test_a_cell_is_no_number(text):
    assert read_quantity(text) is None


def test_a_column_decides_what_its_commas_mean():
    assert numbers(["1,234", "12,5"]) == [1.234, 12.5]
    assert numbers(["1,234", "1,234.50"]) == [1234, 1234.5]
    assert numbers(["1.234", "1.234,50"]) == [1234, 1234.5]
    assert numbers(["1,234", "900"]) == [1234, 900] and not read_quantities(["1,234", "900"]).doubts
    guessed = read_quantities(["1,234", "2,500"])
    assert guessed.numbers.tolist() == [1234, 2500]
    assert guessed.doubts == ("'1,234' is read as 1234; if it is 1.234, put decimal = \",\" in the sidecar",)
    assert numbers(["1,234", "2,500"], decimal=",") == [1.234, 2.5]
    assert numbers(["1.234", "2.500"], usual=",") == [1234, 2500]
    assert usual_decimal([pl.Series(["12,50", "3,1"]), pl.Series(["1.234"])]) == ","


def test_only_numbers_decide_what_commas_mean():
    assert numbers(["1,234", "1.5", "at 12,5 or so, who knows"])[:2] == [1234, 1.5]
    assert read_quantities(["1.234.567", "2.345.678"]).doubts == ()  # no comma that could part a list


def test_units_of_one_family_are_converted_and_others_are_not_read():
    reading = read_quantities(["256 GB", "512 GB", "1 TB", "8", None, "5 kg"])
    assert reading.numbers[:4].tolist() == [256, 512, 1000, 8] and np.isnan(reading.numbers[4:]).all()
    assert reading.unit == " GB" and reading.unread == (5,)
    assert reading.done[:2] == ("numbers in GB", "TB converted")
    assert "8" not in reading.done[0] and "1 cell without a unit taken as GB (row 4)" in reading.done
    assert "the units are mixed" in reading.doubts[0]
    assert numbers(["1.5 kg", "300 g"], unit="g") == [1500, 300]
    assert numbers(["$5", "$6", "€7"])[:2] == [5, 6] and read_quantities(["$5", "$6", "€7"]).unread == (2,)


def test_prices_are_numbers_and_never_an_identifier(tmp_path):
    prices = [f"${1000 + 7.13 * i:,.2f}" for i in range(244)]
    prices[5] = "call us"
    path = table(tmp_path, {"price": prices})
    description = describe_catalogue(path)
    assert [f.kind for f in description.facets] == ["number"] and description.ignored == {}
    assert "numbers in $" in description.facets[0].read and "(row 6)" in description.facets[0].read
    assert [m for m in messages(path, "warning") if "no question tells" not in m] == [
        "'call us' is not a number in $; the cell counts as unknown"
    ]
    facet = load(path).facet("price")
    assert facet.label(0).startswith("$") and facet.said(facet.values[3]).startswith("$")
    half = [*(f"${1000 + i}" for i in range(60)), *("ask " + "abc"[i % 3] for i in range(50))]
    assert load(table(tmp_path, {"price": half})).facet("price").kind == "number"


def test_words_are_units_only_where_the_column_agrees(tmp_path):
    streets = [f"{i} {('Oak', 'Elm', 'High', 'Mill')[i % 4]} Street" for i in range(40)]
    reviews = [f"{i} reviews" for i in range(40)]
    catalogue = load(table(tmp_path, {"reviews": reviews, "street": streets}))
    assert catalogue.facet("reviews").wording.unit == " reviews"
    assert all(f.name != "street" or f.kind != "number" for f in catalogue.facets)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=30) | st.text(alphabet="0123456789.,'$€kmMB/%-+()e \u00a0", max_size=20))
def test_reading_a_cell_never_fails(text):
    for sign in (".", ","):
        quantity = read_quantity(text, sign)
        assert quantity is None or not math.isnan(quantity.number)
    read_date(text), read_date(text, "day first")
    are_flags([text])


@given(st.lists(st.text(alphabet="0123456789,.:;$€%kMGB -+~<>'/\t", max_size=7), max_size=5), st.sampled_from(".,"))
def test_reading_a_column_never_fails(cells, usual):
    reading = read_quantities(cells, usual=usual)
    assert len(reading.numbers) == len(cells)
    assert np.isnan(reading.numbers[list(reading.unread)]).all()


@settings(max_examples=200, deadline=None)
@given(st.floats(-1e12, 1e12, allow_subnormal=False) | st.integers(-(10**9), 10**9), st.sampled_from(sorted(UNITS)))
def test_a_printed_number_is_read_back(x, unit):
    """Prices and weights as we print them ourselves."""
    shown = plain(float(x))
    for text in (shown, f"{shown} {unit}", f"${shown}"):
        read = read_quantity(text)
        assert read is not None and read.number == float(shown)
    with_commas = f"{float(shown):,.2f}"
    read = read_quantity(with_commas)
    assert read is not None and read.number == float(with_commas.replace(",", ""))


@pytest.mark.parametrize("sign", sorted(CURRENCIES))
def test_currencies_stand_before_and_behind(sign):
    before, behind = read_quantity(f"{sign} 12.50"), read_quantity(f"12.50 {sign}")
    assert before is not None and behind is not None and before.unit == behind.unit and before.before


# --- dates


DATES = {
    "2021-03-14": 3, "2021-03": 3, "2021/3/14": 3, "2021-03-14T10:00:00Z": 3, "2021-03-14 10:30": 3, "14.03.2021": 3,
    "14/03/2021": 3, "3/14/2021": 3, "14-03-21": 3, "14 March 2021": 3, "14 Mar. 2021": 3, "March 2021": 3,
    "Mar 14, 2021": 3, "March 14th, 2021": 3, "Sun, 14 Mar 2021": 3, "14-Mar-21": 3, "Sept 2021": 9, "2021": None,
}  # fmt: skip


@pytest.mark.parametrize("text", DATES)
def test_a_cell_is_a_date(text):
    date = read_date(text)
    assert date is not None and (date.year, date.month) == (2021, DATES[text])


@pytest.mark.parametrize(
    "text",
    ["2021-13-01", "2009/10", "2021-001", "31 Feb 2021", "12.5", "3/14", "May", "99", "0000-01-01", "14 Foo 2021"],
)
def test_a_cell_is_no_date(text):
    assert read_date(text) is None


def test_a_date_is_its_year_and_its_month_where_years_are_few(tmp_path):
    opened = [f"{1990 + i}-0{1 + i % 9}-03" for i in range(30)]
    hired = [f"{2021 + i % 3}-{1 + i % 12:02}-15" for i in range(30)]
    path = table(tmp_path, {"opened": opened, "start date": hired})
    catalogue = load(path)
    year, month = catalogue.facet("opened"), catalogue.facet("start date")
    assert year.kind == month.kind == "number" and year.values[0] == "1990"
    assert month.values[0] == "January 2021" and month.row(4) == ("May 2022",)
    bank = question_bank(catalogue)
    texts = [bank.text(q) for q in range(len(bank))]
    assert "Was it opened after 1996?" in texts and "Is the start date after January 2021?" in texts
    assert messages(path, "note") == [
        "read as dates, of which the years are kept",
        "read as dates, of which the months are kept",
    ]
    kept = load(table(tmp_path, {"hired": hired}, '[facets.hired]\ncalendar = "year"'))
    assert kept.facet("hired").values == ("2021", "2022", "2023")


def test_the_words_of_a_month_are_its_truth(tmp_path):
    hired = [f"{2020 + i % 4}-{1 + (5 * i) % 12:02}-15" for i in range(40)]
    catalogue = load(table(tmp_path, {"hired": hired}))
    bank, facet = question_bank(catalogue), catalogue.facets[0]
    asked = [q for q in range(len(bank)) if bank.kind[q] == OVER]
    assert len(asked) > 10
    for q in asked:
        after = read_date(bank.text(q).removeprefix("Was it hired after ").removesuffix("?"))
        assert after is not None and after.month is not None
        for i, text in enumerate(hired):
            true = (int(text[:4]), int(text[5:7])) > (after.year, after.month)
            assert true == (facet.value_of[i] >= bank.value[q])
    for option in range(len(facet.options)):
        inside = [hired[i] for i in range(40) if facet.option_of[facet.value_of[i]] == option]
        assert inside and all(text[:4] in facet.options[option] for text in inside)
    assert (
        facet.option_of_number(2021)
        == facet.option_of[facet.value_of[hired.index(min(h for h in hired if h[:4] == "2021"))]]
    )


def test_the_column_decides_whether_the_day_leads():
    assert read_dates(["3/4/2021", "14/4/2021", "1/2/2021"]).numbers.tolist() == [
        2021 + 3 / 12,
        2021 + 3 / 12,
        2021 + 1 / 12,
    ]
    assert read_dates(["3/4/2021", "4/14/2021"]).numbers.tolist() == [2021 + 2 / 12, 2021 + 3 / 12]
    unclear = read_dates(["3/4/2021", "5/6/2021"])
    assert 'put dates = "day first" in the sidecar' in unclear.doubts[0]
    assert read_dates(["3/4/2021", "5/6/2021"], "day first").numbers.tolist() == [2021 + 3 / 12, 2021 + 5 / 12]
    assert read_dates(["3/4/1921", "5/6/2021"]).doubts == ()  # the month doesn't matter


def test_dates_of_parquet_are_dates_too(tmp_path):
    days = [f"{1990 + i}-06-01" for i in range(12)]
    pl.DataFrame({"name": [f"n{i}" for i in range(12)], "day": days}).with_columns(
        pl.col("day").str.to_date(), pl.col("day").str.to_datetime().alias("time")
    ).write_parquet(tmp_path / "x.parquet")
    catalogue = load(tmp_path / "x.parquet")
    assert [f.values[0] for f in catalogue.facets] == ["1990", "1990"]


def test_the_heaviest_rows_keep_their_own_cells(tmp_path):
    columns = {"price": [f"${i}" for i in range(1, 9)], "hired": [f"2021-0{i}-02" for i in range(1, 9)],
               "prior": list("12345678"), "new": ["yes", "No"] * 4}  # fmt: skip
    top = load(table(tmp_path, columns), top=3)
    assert [f.row(0) for f in top.facets] == [("6",), ("June 2021",), ("no",)]


def test_a_unit_of_the_sidecar_is_converted_into_or_doubted(tmp_path):
    weights = {"weight": ["1.5 kg", "2 kg", "300 g"]}
    assert load(table(tmp_path, weights, '[facets.weight]\nunit = " grams"')).facet("weight").label(2) == "2000 grams"
    doubted = table(tmp_path, weights, '[facets.weight]\nunit = " cm"')
    assert "the sidecar's unit is cm, the cells are in g; nothing is converted" in messages(doubted, "warning")


# --- flags and spellings


def test_flags_are_mixed_as_people_mix_them(tmp_path):
    columns = {"a": ["yes", "No", "Y", "n"], "b": ["TRUE", "false", "T", "0"], "c": ["1", "0", "0", "1"]}
    catalogue = load(table(tmp_path, columns))
    assert [f.kind for f in catalogue.facets] == ["flag"] * 3
    assert catalogue.facet("a").value_of.tolist() == [1, 0, 1, 0] and catalogue.facet("b").value_of.tolist() == [
        1,
        0,
        1,
        0,
    ]
    assert load(table(tmp_path, {"d": ["T", "N", "T", "N"]})).facet("d").kind == "one"


def test_ticks_and_empty_cells_have_a_way_out(tmp_path):
    columns = {"garden": ["x", "", "x", ""], "size": ["1", "2", "3", "4"]}
    path = table(tmp_path, columns)
    (warning,) = messages(path, "warning")
    assert 'put kind = "flag" and empty = "no" under [facets.garden]' in warning
    path = table(tmp_path, columns, '[facets.garden]\nkind = "flag"\nempty = "no"')
    assert load(path).facet("garden").value_of.tolist() == [1, 0, 1, 0] and messages(path, "warning") == []


def test_spellings_of_one_value_are_one(tmp_path):
    brands = ["DELL", "Dell", " dell ", "Dell", "HP", "hp", "Apple", "HP"]
    path = table(tmp_path, {"brand": brands})
    facet = load(path).facet("brand")
    assert facet.values == ("Apple", "Dell", "HP")
    assert facet.find("DELL") == facet.find("Dell") and facet.find("hp") == facet.find("HP")
    assert messages(path, "note") == ["read as 3 other spellings: 'DELL' for 'Dell', 'dell' for 'Dell', 'hp' for 'HP'"]
    exact = table(tmp_path, {"brand": brands}, '[facets.brand]\nspelling = "exact"')
    assert len(load(exact).facet("brand").values) == 6
    many = load(table(tmp_path, {"tags": ["red;Blue", "blue;RED", "Red;green", "Red", "blue", "green"]})).facet("tags")
    assert many.values == ("Red", "blue", "green")
    assert load(table(tmp_path, {"n": ["14", "14.0", "15", "x"]}, '[facets.n]\nkind = "one"')).facet("n").values == (
        "14", "15", "x",
    )  # fmt: skip


# --- files


SHEETS = {
    "blank rows above": ",,\n,,\nname,size,c\na,1,x\nb,2,y\n",
    "a title above": "My things,,\n,,\nname,size,c\na,1,x\nb,2,y\n",
    "a title without separators": "My things\n\nname,size,c\na,1,x\nb,2,y\n",
    "blank rows between and below": "name,size,c\na,1,x\n,,\nb,2,y\n,,\n,,\n",
    "semicolons": "name;size;c\na;1;x\nb;2;y\n",
    "Excel's own line": "sep=;\nname;size;c\na;1;x\nb;2;y\n",
    "a mark of UTF-8 and Windows lines": "\ufeffname,size,c\r\na,1,x\r\nb,2,y\r\n",
}


@pytest.mark.parametrize("case", SHEETS)
def test_exports_of_spreadsheets(case, tmp_path):
    path = tmp_path / "own.csv"
    path.write_text(SHEETS[case], encoding="utf-8", newline="")
    plain_path = tmp_path / "plain" / "own.csv"
    plain_path.parent.mkdir()
    plain_path.write_text("name,size,c\na,1,x\nb,2,y\n", encoding="utf-8")
    assert load(path).fingerprint == load(plain_path).fingerprint
    notes = messages(path, "note")
    assert ("the header is line 3; what stands above it is left out" in notes) == ("title" in case)
    assert any("left out; the others are counted" in note for note in notes) == ("below" in case)


def test_a_lone_name_above_figures_is_the_header(tmp_path):
    path = tmp_path / "own.csv"
    path.write_text("name,c,\na,1,2\nb,2,3\n", encoding="utf-8")
    assert load(path).intents == ("a", "b")


def test_a_broken_line_below_a_title_has_the_number_that_the_file_gives_it(tmp_path):
    path = tmp_path / "own.csv"
    for first in ("Things,,\n\n", "sep=,\n\n"):
        path.write_text(first + "name,size,c\na,1,x\nb,2\n", encoding="utf-8")
        with pytest.raises(CatalogueError, match="line 5: 2 values where the header has 3"):
            load(path)


def test_what_spreadsheets_write_for_nothing_is_unknown(tmp_path):
    path = table(tmp_path, {"size": ["1", "#N/A", "-", "?", "#DIV/0!", "3", "—"], "c": list("abababa")})
    assert load(path).facet("size").value_of.tolist() == [0, -1, -1, -1, -1, 1, -1]
    assert not [m for m in messages(path, "warning") if "not a number" in m]


def test_codes_and_row_numbers_are_no_numbers(tmp_path):
    n = 30
    columns = {"id": [f"a{i}" for i in range(n)], "ean": [str(9780000000000 + 7 * i) for i in range(n)],
               "#": [str(i + 1) for i in range(n)], "zip": [f"9{i % 5}123" for i in range(n)]}  # fmt: skip
    loaded = load_with_report(table(tmp_path, columns))
    assert {f.name: f.kind for f in loaded.catalogue.facets} == {"zip": "one"}
    assert loaded.ignored == {"ean": "30 different values, an identifier", "#": "it only counts the rows"}


@pytest.mark.parametrize("column", ["x", "prior"])
def test_numbers_without_bounds_are_refused(tmp_path, column):
    path = table(tmp_path, {column: ["1e308", "-1e308" if column == "x" else "1e308", "5"], "c": list("aba")})
    with pytest.raises(CatalogueError, match=f"column '{column}'.*1e\\+100"):
        load(path)


# --- all of them


def test_describe_gives_the_number_of_values(tmp_path):
    path = table(tmp_path, {"price": ["$1.50", "$2.50", "$3.50"], "colour": ["red", "blue", "Red"]})
    facets = json.loads(json.dumps(describe_catalogue(path).to_json()))["facets"]
    assert [(f["name"], f["kind"], f["values"]) for f in facets] == [("price", "number", 3), ("colour", "one", 2)]
    assert facets[0]["read"] == "numbers in $" and "'red' for 'Red'" in facets[1]["read"]


def test_weights_of_the_prior_may_be_written_so_too(tmp_path):
    prior = load(table(tmp_path, {"popularity": ["1.2k", "1,800", "3000"], "c": ["a", "b", "a"]})).prior
    assert prior.tolist() == pytest.approx([0.2, 0.3, 0.5])


@pytest.mark.parametrize(
    ("key", "value"), [("decimal", ";"), ("dates", "dmy"), ("calendar", "day"), ("empty", "0"), ("spelling", "any")]
)
def test_what_a_key_may_say(tmp_path, key, value):
    path = table(tmp_path, {"a": ["1", "2"]}, f'[facets.a]\n{key} = "{value}"')
    with pytest.raises(CatalogueError, match=rf"facet 'a': {key} = '{value}' \(there are: "):
        load(path)


messy = st.lists(
    st.sampled_from(
        [
            "$1,234.00",
            "$5",
            "12,5",
            "1,234",
            "8 GB",
            "1 TB",
            "8",
            "yes",
            "No",
            "1",
            "0",
            "2021-03-14",
            "3/4/2021",
            "2021",
            "DELL",
            "Dell",
            "x",
            "call us",
            "12 reviews",
            "10-20 cm",
            "a;b",
            "b;c",
            "~5",
            "",
        ]
    ),
    min_size=2,
    max_size=12,
)


@settings(max_examples=150, deadline=None)
@given(messy, st.randoms(use_true_random=False))
def test_the_order_of_rows_makes_no_difference(cells, shuffler: random.Random):
    order = list(range(len(cells)))
    shuffler.shuffle(order)
    first = pl.Series("c", [c or None for c in cells], dtype=pl.String)
    second = first.gather(order)
    if first.null_count() == len(first):
        return
    a, b = (recognise(s.drop_nulls(), FacetSpec(), usual_decimal([s])) for s in (first, second))
    assert (a.kind, a.separator, a.reason) == (b.kind, b.separator, b.reason)
    one, two = (read_numbers(s, FacetSpec()) for s in (first, second))
    assert np.array_equal(one.numbers[order], two.numbers, equal_nan=True)
    assert (one.unit, one.prefix, one.calendar) == (two.unit, two.prefix, two.calendar)


def facets_of(catalogue: Catalogue) -> dict[str, Facet]:
    return {f.name: f for f in catalogue.facets}


def test_what_is_plain_is_not_spoken_of(tmp_path):
    path = table(
        tmp_path, {"a": ["1", "2", "3"], "b": ["x", "y", "x"], "c": ["yes", "no", "yes"], "d": ["0.5", "1.5", "2"]}
    )
    loaded = load_with_report(path)
    assert loaded.read == {} and loaded.problems == () and set(facets_of(loaded.catalogue)) == {"a", "b", "c", "d"}


LANDMARKS = """
[facets.weight]
yesno = "Does it weigh more than {value}?"
unit = " kg"
[facets.weight.landmarks]
"a cat" = 4
"a person" = 70
"a whale" = 90000
"""


def test_landmarks_are_named_where_they_mean_the_same(tmp_path):
    weights = [1, 2, 3, 4, 5, 8, 20, 60, 70, 80, 300]
    (tmp_path / "x.csv").write_text("name,weight\n" + "".join(f"n{k},{w}\n" for k, w in enumerate(weights)))
    (tmp_path / "x.toml").write_text(LANDMARKS)
    catalogue = load(tmp_path / "x.csv")
    bank, facet = question_bank(catalogue, "yesno"), catalogue.facet("weight")
    texts = {bank.text(q): int(bank.value[q]) for q in range(len(bank))}
    cat = texts["Does it weigh more than a cat (4 kg)?"]
    assert [w > 4 for w in weights] == (facet.value_of >= cat).tolist()
    named = [text for text in texts if " a " in text]
    assert len(named) == 2 and not any("whale" in text for text in texts)
    (person,) = [texts[text] for text in named if "a person (70 kg)" in text]
    over = "more than a person" in "".join(named)
    assert [w > 70 if over else w >= 70 for w in weights] == (facet.value_of >= person).tolist()
    (tmp_path / "x.toml").write_text("")
    plain = load(tmp_path / "x.csv")
    assert plain.fingerprint == catalogue.fingerprint


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ('landmarks = 3', "landmarks must be a table of numbers"),
        ('landmarks = {"a cat" = "4"}', "landmark 'a cat' = '4' must be a finite number"),
        ('landmarks = {"a cat" = nan}', "landmark 'a cat' = nan must be a finite number"),
        ('landmarks = {" " = 4}', "a landmark of 4 has no name"),
    ],
)  # fmt: skip
def test_landmarks_that_cannot_be(said, message, tmp_path):
    (tmp_path / "x.csv").write_text("name,weight\na,1\nb,2\n")
    (tmp_path / "x.toml").write_text(f"[facets.weight]\n{said}\n")
    with pytest.raises(CatalogueError) as error:
        load(tmp_path / "x.csv")
    assert message in str(error.value)
