"""Whatever a file holds, it loads or is refused with one sentence; `check` never fails."""

import csv
import io
import json
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sim.catalogue import cell_size, read_table
from sim.catalogue.catalogue import Catalogue, CatalogueError
from sim.catalogue.load import load
from sim.describe import check_catalogue, describe_catalogue

cell = st.one_of(
    st.sampled_from(["", "NA", "yes", "no", "1", "0", "2.5", "-3", "1e9", "inf", "a;b", "b;c;", ";", "a, b", "0012"]),
    st.sampled_from(["é", "x" * 70, "$1,234.00", "8 GB", "1 TB", "12,5", "2021-03-14", "3/4/2021", "No", "x", "1e308"]),
    st.text(max_size=8),
    st.integers(-(10**6), 10**6).map(str),
)
header = st.one_of(
    st.sampled_from(["name", "id", "prior", "popularity", "colour", "sku", "^.*$", "", " "]),
    st.text(min_size=1, max_size=4),
)
anything = st.recursive(
    st.none()
    | st.booleans()
    | st.floats()
    | st.integers(-5, 5)
    | st.text(max_size=4)
    | st.sampled_from([10**400, "\ud800", "^.*$"]),
    lambda x: st.lists(x, max_size=3) | st.dictionaries(st.text(max_size=2), x, max_size=2),
    max_leaves=4,
)
slow_fixture = settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def survives(path: Path) -> None:
    problems = check_catalogue(path)
    errors = [p.message for p in problems if p.severity == "error"]
    json.dumps([p.to_json() for p in problems])
    assert all(p.message and "\n" not in p.message for p in problems)
    try:
        catalogue = load(path)
    except CatalogueError as error:
        assert (errors and str(error).startswith(errors[0][:30])) or len(errors) > 1
        return
    assert not errors and isinstance(catalogue, Catalogue)
    try:
        describe_catalogue(path)
    except CatalogueError as error:
        assert "allows no mixed question" in str(error)


@slow_fixture
@given(data=st.data())
def test_any_table(tmp_path, data):
    width = data.draw(st.integers(1, 4))
    rows = [data.draw(st.lists(header, min_size=width, max_size=width))]
    rows += data.draw(st.lists(st.lists(cell, min_size=width, max_size=width), max_size=8))
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    path = tmp_path / "x.csv"
    path.write_bytes(out.getvalue().encode())
    survives(path)


@slow_fixture
@given(st.text(alphabet=' ,;"\n\rab1é', max_size=60).map("name,a\n".__add__) | st.text(alphabet=' ,"\nab', max_size=30))
def test_the_fast_reader_agrees_with_the_strict_one_or_steps_aside(text):
    fast = read_table._csv_by_polars(text, ",") if text.strip() else None
    if fast is not None:
        strict = read_table._csv(Path("x.csv"), text, [])
        assert read_table._clean(fast.get_columns()).equals(read_table._clean(strict.get_columns()))


@given(st.lists(st.integers(0, 3), min_size=1, max_size=9), st.booleans(), st.integers(1, 7))
def test_separators_are_counted_in_pieces_as_at_once(counts, ended, chunk):
    text = b"\n".join(b"a" + b",b" * count for count in counts) + b"\n" * ended
    with mock.patch.object(read_table, "CHUNK", chunk):
        found = read_table._even_lines(text, ord(","), counts[0])
    assert found == (len(counts) if len(set(counts)) == 1 else None)


@slow_fixture
@given(st.binary(max_size=80) | st.text(alphabet=' ,;\t"\n\rab1é', max_size=60).map(str.encode))
@example(b"!\t#\r!\t;")  # a column of separators alone
@example(b"!\t\r,0:\t")  # the only comma stands in a cell that is no number
@example(b"name;a\nx;1.234.567\ny;2.345.678\n")  # points between thousands, and no comma
def test_any_bytes(tmp_path, data):
    for name in ("x.csv", "x.jsonl", "x.parquet", "x.csv.gz"):
        (tmp_path / name).write_bytes(data)
        survives(tmp_path / name)


@slow_fixture
@given(st.lists(st.dictionaries(header, anything, max_size=4), max_size=6))
@example([{"name": 2.0**63, "popularity": False}, {"popularity": []}])
def test_any_objects(tmp_path, records):
    path = tmp_path / "x.jsonl"
    path.write_text("\n".join(json.dumps(r) for r in records), encoding="utf-8")
    survives(path)


@slow_fixture
@given(
    st.dictionaries(
        st.sampled_from(["name", "id", "prior", "noun", "smoothing", "top", "ignore", "facets"]), anything, max_size=3
    )
)
def test_any_overrides(tmp_path, overrides):
    path = tmp_path / "x.csv"
    path.write_text("name,c,d\na,1,x\nb,2,y\nc,3,x\n")
    try:
        load(path, **overrides)
    except CatalogueError as error:
        assert "\n" not in str(error)


@pytest.mark.parametrize("column", ["{value}", "^.*$", "[bold]", "a" * 300, "قهوة", "👩‍🍳"])
def test_any_name_of_a_facet(tmp_path, column):
    path = tmp_path / "x.csv"
    path.write_text(f"name,{column}\na,x\nb,y\nc,x\n", encoding="utf-8")
    assert [f.name for f in load(path).facets] == [column]


LONG = cell_size.LARGEST_CELL + 10


@pytest.mark.parametrize(
    ("name", "text", "where"),
    [
        ("x.csv", f"name,c\na,{'x' * LONG}\nb,y\n", "line 2: a cell that is too large"),
        ("x.tsv", f"name\tc\na\ty\nb\t{'x' * LONG}", "line 3: a cell that is too large"),
        ("x.csv", f'name,c\na,"{"x,yz" * (LONG // 4)}"\nb,y\n', "row 1, column 'c': a cell of 10 MB"),
        ("x.csv", 'name,c\na,"' + "b,red\n" * (LONG // 5), "look for a stray quote"),
        ("x.jsonl", '{"name":"a","c":"%s"}\n{"name":"b","c":"y"}' % ("x" * LONG), "row 1, column 'c': a cell of 10 MB"),
        ("x.jsonl", '{"name":"a","c":["z"%s]}\n{"name":"b"}' % (',"xxxxxxxxxxx"' * (LONG // 12)), "a cell of 10 MB"),
    ],
    ids=["csv", "tsv", "list in quotes", "quote not closed", "jsonl", "jsonl list"],
)
def test_a_monstrous_cell_is_refused(tmp_path, name, text, where):
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(CatalogueError, match=r"at most 10 MB|field limit") as refused:
        load(path)
    assert where in str(refused.value) and "\n" not in str(refused.value)


@pytest.mark.parametrize("name", ["x.csv", "x.jsonl"])
def test_a_monstrous_header_is_refused(tmp_path, name):
    path, column = tmp_path / name, "x" * 500_000
    path.write_text(f"name,{column}\na,1\nb,2\n" if name == "x.csv" else f'{{"name":"a","{column}":1}}')
    with pytest.raises(CatalogueError, match=r"the name of column 2 has 500,000 characters; at most 1,000 are read"):
        load(path)


def test_cells_just_below_are_measured_across_chunks(tmp_path, monkeypatch):
    monkeypatch.setattr(cell_size, "LARGEST_CELL", 10)
    monkeypatch.setattr(cell_size, "CHUNK", 4)
    cell_size.check_stretches(tmp_path, f"name,c\n{'a' * 9},{'b' * 9}\n", ",")
    with pytest.raises(CatalogueError, match="line 2"):
        cell_size.check_stretches(tmp_path, f"name,c\n{'a' * 9},{'b' * 11}\n", ",")
