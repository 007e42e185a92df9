"""Catalogues from disk: what was read from the data file, and nothing else; polars is not asked twice."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import fields

import numpy as np
import pytest

from sim.catalogue.catalogue import Catalogue
from sim.catalogue.kept_catalogue import SMALL
from sim.catalogue.load import BUILT_IN, load, load_with_report
from tests.source import ROOT

TABLE = "name,opened,tags,weight,garden,colour\n" + "".join(
    f"Café {i} “ü”,{2015 + i % 3}-{1 + i % 12:02d}-03,a{i % 7};b{i % 5},{i % 40 or ''},"
    f"{'yes' if i % 3 else ''},c{i % 4}\n"
    for i in range(120)
)
SIDECAR = """
smoothing = 1
[aliases]
crimson = "c1"
[facets.tags]
separator = ";"
[facets.opened]
calendar = "month"
[facets.weight]
unit = " kg"
[facets.weight.landmarks]
"a cat" = 4
[facets.colour.users]
forgotten = 0.1
recognition = [0.3, 0.9]
[facets.colour.users.fan]
forgotten = 0.02
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("CLARIGYM_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def table(tmp_path):
    """A table with a sidecar that says something of everything."""
    path = tmp_path / "places.csv"
    assert len(TABLE) > SMALL
    path.write_text(TABLE, encoding="utf-8")
    path.with_suffix(".toml").write_text(SIDECAR)
    return path


def same(a: object, b: object) -> bool:
    """Equal in all parts, types and orders."""
    if isinstance(a, np.ndarray):
        return isinstance(b, np.ndarray) and a.dtype == b.dtype and np.array_equal(a, b)
    if isinstance(a, Catalogue) or type(a).__name__ == "Facet":
        return all(same(getattr(a, f.name), getattr(b, f.name)) for f in fields(a))  # type: ignore[arg-type]
    if isinstance(a, tuple) and a and not isinstance(a[0], str):
        return isinstance(b, tuple) and all(same(x, y) for x, y in zip(a, b, strict=True))
    return type(a) is type(b) and a == b and (not isinstance(a, dict) or list(a) == list(b))  # type: ignore[arg-type]


def loads(path: object) -> Catalogue:
    return load(path)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", sorted(set(BUILT_IN) - {"toy"}))
def test_built_in_catalogues_from_disk_are_those_of_their_files(name, folder):
    file, given = BUILT_IN[name]
    made = load_with_report(name).catalogue
    for _ in range(2):
        assert same(made, load(ROOT / "sim" / "data" / file, **given))
    assert len(list(folder.iterdir())) == 1


def test_the_second_load_needs_no_polars(table, folder):
    made = load_with_report(table).catalogue
    assert made.facet("opened").thresholds and made.facet("weight").landmarks and made.facet("colour").users
    assert same(made, loads(table)) and same(made, loads(table))
    code = "import sys; sys.modules['polars'] = None; import sim; print(sim.load(sys.argv[1]).fingerprint)"
    done = subprocess.run([sys.executable, "-c", code, str(table)], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.strip() == made.fingerprint, done.stderr


def test_whatever_a_catalogue_depends_on_makes_another(table, folder):
    def kept() -> int:
        return len(list(folder.iterdir()))

    loads(table)
    assert kept() == 1
    assert load(table, top=50).intents != loads(table).intents and kept() == 2
    table.with_suffix(".toml").write_text(SIDECAR + "[facets.garden]\nempty = 'no'\n")
    assert len(loads(table).facet("garden").indices) == 120 and kept() == 3
    table.write_text(TABLE.replace("c3", "c9"), encoding="utf-8")
    assert "c9" in loads(table).facet("colour").values and kept() == 4
    table.write_text(TABLE[: SMALL // 2].rpartition("\n")[0], encoding="utf-8")
    assert len(loads(table)) < 120 and kept() == 4, "a small one is read"
    with pytest.raises(ValueError, match="doesn't exist"):
        loads(table.with_name("other.csv"))


@pytest.mark.parametrize("how", ["cut", "empty", "text", "pickle", "an index too far", "a text less", "nan", "folder"])
def test_a_broken_file_is_read_anew(how, table, folder):
    made = loads(table)
    (file,) = folder.iterdir()
    with np.load(file) as kept:
        arrays = dict(kept)
    if how == "cut":
        file.write_bytes(file.read_bytes()[:1000])
    elif how == "empty":
        file.write_bytes(b"")
    elif how == "text":
        file.write_text("catalogue")
    elif how == "folder":
        file.unlink()
        file.mkdir()
    else:
        if how == "pickle":
            arrays["means"] = np.array([print], dtype=object)
        elif how == "an index too far":
            arrays["indices"][-1] = 1000
        elif how == "a text less":
            arrays["texts"] = arrays["texts"][:-5]
        elif how == "nan":
            arrays["prior"][0] = np.nan
        np.savez(file, **arrays)
    assert same(made, loads(table))
    if how != "folder":
        assert file.stat().st_size > 1000 and same(made, loads(table)), "it was written anew"


@pytest.mark.skipif(os.name != "posix", reason="a file in the way of a folder")
def test_where_nothing_can_be_kept_it_is_read(table, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("CLARIGYM_CACHE", str(tmp_path / "file" / "below"))
    assert same(loads(table), loads(table))


def test_a_text_that_holds_a_zero_is_not_kept(tmp_path, folder):
    path = tmp_path / "odd.jsonl"
    path.write_text("".join(f'{{"name": "n{i}", "tags": ["a\\u0000b", "c{i % 9}"]}}\n' for i in range(200)))
    assert same(loads(path), loads(path)) and not folder.exists()
