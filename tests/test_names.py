"""What people type: misspelt names, and fields of files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypedDict

import pytest

from sim.names.did_you_mean import did_you_mean, nearest, there_are
from sim.names.fields import field_types


class Place(TypedDict):
    row: int
    column: str


@dataclass
class Item:
    text: str


@dataclass
class Everything:
    text: str
    whole: int
    number: float
    truth: bool
    maybe: int | None
    either: Literal["a", "b"]
    table: Mapping[str, Any]
    tables: Mapping[str, Mapping[str, float]]
    item: Item
    texts: tuple[str, ...]
    numbers: tuple[int, ...]
    pair: tuple[float, float]
    things: tuple[Any, ...]
    places: tuple[Place, ...]
    items: tuple[Item, ...]
    whatever: Any


VALUES = ["x", 3, 2.5, True, None, "a", {}, {"text": "x"}, ["x"], [3], [{"row": 1, "column": "x"}], []]
"""One of each, and [] which every list allows."""
ALLOWED = {
    "text": ["x", "a"],
    "whole": [3],
    "number": [3, 2.5],
    "truth": [True],
    "maybe": [3, None],
    "either": ["a"],
    "table": [{}, {"text": "x"}],
    "tables": [{}],
    "item": [{}, {"text": "x"}],
    "texts": [["x"], []],
    "numbers": [[3], []],
    "pair": [[3], []],
    "things": [["x"], [3], [{"row": 1, "column": "x"}], []],
    "places": [[{"row": 1, "column": "x"}], []],
    "items": [[{"row": 1, "column": "x"}], []],
    "whatever": VALUES,
}


@pytest.mark.parametrize("name", ALLOWED)
def test_a_field_takes_what_is_of_its_type_and_nothing_else(name):
    type_ = field_types(Everything)[name]
    assert [x for x in VALUES if type_.allows(x)] == ALLOWED[name]


def test_words_for_types():
    words = {name: type_.words for name, type_ in field_types(Everything).items()}
    assert list(words) == list(ALLOWED)
    assert words["pair"] == "a list of numbers" and words["tables"] == "a table of tables"
    assert words["maybe"] == words["whole"] == "a whole number" and words["either"] == "one of a, b"
    assert words["texts"] == "a list of texts" and words["places"] == "a list of tables {row, column}"


def test_a_table_needs_all_its_keys_of_their_types():
    places = field_types(Everything)["places"]
    assert not places.allows([{"row": 1}]) and not places.allows([{"row": "1", "column": "x"}])
    assert not places.allows([{"row": 1, "column": "x", "more": 2}])


def test_types_that_no_file_holds():
    @dataclass
    class Odd:
        both: int | str

    with pytest.raises(TypeError, match="several types"):
        field_types(Odd)
    with pytest.raises(TypeError, match="no file can hold"):
        field_types(type("Set", (), {"__annotations__": {"x": set}}))


def test_suggestions():
    known = ("exact", "fixed", "Entropy")
    assert nearest("EXACCT", known) == "exact" and nearest("entropi", known) == "Entropy"
    assert nearest("something else", known) is None and did_you_mean("something else", known) == ""
    assert there_are([str(k) for k in range(21)]).endswith(", 19, ...)")
