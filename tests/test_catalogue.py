"""Facets hold what they were given; values with the same members are one; number bins cover and split exactly."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.catalogue.catalogue import Catalogue, CatalogueError, make_facet
from sim.catalogue.numbers import MAX_BINS, MAX_COARSE, make_bins, plain
from sim.catalogue.wording import Wording
from tests.catalogues import normalised

names = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=6)
cells = st.lists(names, max_size=4)
numbers = st.one_of(
    st.floats(-1e6, 1e6).map(lambda x: float(f"{x:.4g}")),
    st.integers(-50, 50).map(float),
    st.integers(1900, 2030).map(float),
    st.sampled_from([1e-6, 3e-3, 1.0, 250.0, 1e5]),
)


@given(st.lists(cells, min_size=1, max_size=12))
def test_many_holds_what_it_was_given(column):
    facet = make_facet("f", "many", column)
    for i, cell in enumerate(column):
        ids = {facet.aliases[x] for x in cell}
        assert facet.row(i) == tuple(facet.values[v] for v in sorted(ids))
    assert facet.indptr[-1] == len(facet.indices) and facet.intents == len(column)


@given(st.lists(cells, min_size=1, max_size=12))
def test_values_are_merged_when_and_only_when_their_members_are_the_same(column):
    facet = make_facet("f", "many", column)
    members = {x: frozenset(i for i, cell in enumerate(column) if x in cell) for cell in column for x in cell}
    assert set(facet.aliases) == set(members)
    for x in members:
        for y in members:
            assert (facet.aliases[x] == facet.aliases[y]) == (members[x] == members[y])
    shown = [min(x for x in members if facet.aliases[x] == v) for v in range(len(facet.values))]
    assert list(facet.values) == shown == sorted(shown)


@given(st.lists(st.one_of(st.none(), names), min_size=1, max_size=12))
def test_one_holds_at_most_one_value(column):
    facet = make_facet("f", "one", column)
    for i, x in enumerate(column):
        assert facet.value_of[i] == (-1 if x is None else facet.aliases[x])


@given(st.lists(st.sampled_from([True, False, None]), min_size=1, max_size=9))
def test_flag(column):
    facet = make_facet("f", "flag", column)
    assert facet.values == ("no", "yes")
    assert facet.value_of.tolist() == [-1 if x is None else int(x) for x in column]


@settings(max_examples=300)
@given(st.lists(numbers, min_size=1, max_size=60))
def test_bins_cover_all_numbers_and_thresholds_split_between_them(xs):
    x = np.array(xs)
    bins = make_bins(x)
    v = len(bins.lower)
    assert 1 <= v <= MAX_BINS and len(set(bins.options)) == len(bins.options) <= MAX_COARSE
    assert np.all(np.diff(bins.lower) > 0) and bins.bin_of.min() >= 0 and bins.bin_of.max() < v
    assert np.all(np.diff(bins.coarse) >= 0) and set(bins.coarse) == set(range(len(bins.options)))
    for b in range(1, v):
        assert np.array_equal(x > bins.over[b], bins.bin_of >= b)
    # A bin keeps numbers in order.
    order = np.argsort(x, kind="stable")
    assert np.all(np.diff(bins.bin_of[order]) >= 0)


def test_years_keep_their_grid_and_runtimes_get_round_thresholds():
    years = make_bins(np.repeat(np.arange(1940.0, 2015), 3))
    assert len(years.lower) == 75 and years.options[0] == "1940 to 1949" and years.options[-1] == "2010 to 2014"
    assert [plain(t) for t in years.over[1:4]] == ["1940", "1941", "1942"]
    rng = np.random.default_rng(0)
    minutes = make_bins(np.round(rng.normal(105, 30, 5000)).clip(20, 500))
    assert minutes.options[0].endswith("or less") and minutes.options[-1].endswith("or more")
    assert np.all(minutes.over[2:-2] % 2 == 0)


def test_many_powers_of_ten_get_logarithmic_bins():
    bins = make_bins(np.array([3e-6, 0.02, 0.1, 4, 4, 60, 500, 130000]))
    assert bins.options[0].startswith("less than") and bins.options[-1].endswith("or more")
    assert all("e" not in o.replace("less", "").replace("more", "") for o in bins.options)


def test_units_stand_where_people_say_them():
    minutes = np.round(np.random.default_rng(0).normal(105, 30, 5000)).clip(20, 500)
    facet = make_facet("length", "number", minutes, Wording.default("length", "number", unit=" minutes"))
    labels = [facet.label(o) for o in range(len(facet.options))]
    assert labels[0].endswith(" minutes or less") and labels[-1].endswith(" minutes or more")
    assert all(x.endswith(" minutes") for x in labels[1:-1])


def test_numbers_keep_unknown_and_refuse_infinity():
    facet = make_facet("price", "number", [1.0, None, math.nan, "", 2.5])
    assert facet.value_of.tolist() == [0, -1, -1, -1, 1]
    assert make_facet("none", "number", [None, None]).values == ()
    with pytest.raises(CatalogueError, match="infinite in row 2"):
        make_facet("price", "number", [1.0, math.inf])


def test_wordings_have_plain_defaults():
    assert Wording.default("shoe_size", "number").open == "What is the shoe size, roughly?"
    assert Wording.default("organic", "flag").yesno == "Is it organic?"
    assert Wording.default("is_organic", "flag").yesno == "Is it organic?"
    assert Wording.default("has_fins", "flag").statement == "It has fins."
    assert Wording.default("{value}", "one").open == "What is the {value}?"
    with pytest.raises(CatalogueError, match="kinds are one, many, number, flag"):
        make_facet("f", "colour", ["red"])  # type: ignore[arg-type]


def test_catalogue_checks_itself():
    facet = make_facet("colour", "one", ["red", "blue"])
    good = Catalogue(name="c", intents=("a", "b"), prior=normalised([1, 3]), facets=(facet,))
    assert len(good) == 2 and good.ids == ("0", "1") and good.facet("colour") is facet
    with pytest.raises(CatalogueError, match="no rows"):
        Catalogue(name="c", intents=(), prior=np.empty(0), facets=())
    with pytest.raises(CatalogueError, match="sum to 1"):
        Catalogue(name="c", intents=("a", "b"), prior=np.array([0.5, 0.6]), facets=())
    with pytest.raises(CatalogueError, match="2 rows, the catalogue 1"):
        Catalogue(name="c", intents=("a",), prior=np.array([1.0]), facets=(facet,))
    with pytest.raises(KeyError, match="facets: colour"):
        good.facet("size")


def test_fingerprint_sees_every_part_of_a_belief():
    def make(prior=(1, 3), names=("a", "b"), column=("red", "blue")):
        facets = (make_facet("colour", "one", column),)
        return Catalogue(name="c", intents=names, prior=normalised(prior), facets=facets).fingerprint

    assert make() == make()
    assert len({make(), make(prior=(1, 2)), make(names=("a", "c")), make(column=("red", "green"))}) == 4
