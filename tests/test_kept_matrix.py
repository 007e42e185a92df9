"""Matrices kept on disk: the same bits as made ones, and nothing else is ever read from them."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
from scipy import sparse

from sim.catalogue.load import load
from sim.channel import confusion
from sim.numeric import kept_matrix as module
from sim.numeric.cache_folder import digest_of, private_folder
from sim.numeric.kept_matrix import LARGE, kept_matrix


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("CLARIGYM_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def band(rows: int) -> sparse.csr_array:
    """A matrix with a few entries a row."""
    rng = np.random.default_rng(0)
    return sparse.csr_array(
        sparse.diags_array([rng.random(rows - k) for k in (1, 2)], offsets=[1, 2], shape=(rows, rows))
    )


class Maker:
    """Counts how often it was asked."""

    def __init__(self, rows: int = LARGE):
        self.rows, self.times = rows, 0

    def __call__(self) -> sparse.csr_array:
        self.times += 1
        return band(self.rows)


def same(a: sparse.csr_array, b: sparse.csr_array) -> bool:
    return a.shape == b.shape and all(
        np.array_equal(getattr(a, n), getattr(b, n)) for n in ("indptr", "indices", "data")
    )


def asked(make: Maker, *parts: object) -> sparse.csr_array:
    return kept_matrix(parts, [__file__], make.rows, make)


def test_made_once_and_the_same_bits(folder):
    make = Maker()
    first, again = asked(make, "a", 1), asked(make, "a", 1)
    assert make.times == 1 and same(first, again) and same(first, band(LARGE))
    asked(make, "a", 2)
    asked(make, b"a", 1)
    assert make.times == 3
    assert oct(folder.stat().st_mode & 0o777) == "0o700"
    small = Maker(LARGE - 1)
    asked(small)
    asked(small)
    assert small.times == 2, "a small one is made"


def test_code_that_changed_makes_another(folder, tmp_path):
    code, make = tmp_path / "code.py", Maker()
    for text in ("1", "2"):
        code.write_text(text)
        digest_of.cache_clear()
        kept_matrix(("x",), [str(code)], LARGE, make)
    assert make.times == 2


@pytest.mark.parametrize("how", ["cut", "empty", "text", "pickle", "other rows", "an index too far", "nan", "folder"])
def test_a_broken_file_is_made_anew(how, folder):
    make = Maker()
    asked(make)
    (file,) = folder.iterdir()
    whole = band(LARGE)
    arrays = {"indptr": whole.indptr, "indices": whole.indices.copy(), "data": whole.data.copy()}
    if how == "cut":
        file.write_bytes(file.read_bytes()[:1000])
    elif how == "empty":
        file.write_bytes(b"")
    elif how == "text":
        file.write_text("kernel")
    elif how == "folder":
        file.unlink()
        file.mkdir()
    else:
        if how == "pickle":
            arrays["data"] = np.array([print], dtype=object)
        elif how == "other rows":
            arrays["indptr"] = arrays["indptr"][:-1]
        elif how == "an index too far":
            arrays["indices"][0] = LARGE
        elif how == "nan":
            arrays["data"][0] = np.nan
        np.savez(file, **arrays)
    assert same(asked(make), whole) and make.times == 2


@pytest.mark.skipif(os.name != "posix", reason="a file in the way of a folder")
def test_where_nothing_can_be_kept_it_is_made(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("CLARIGYM_CACHE", str(tmp_path / "file" / "below"))
    make = Maker()
    assert same(asked(make), asked(make)) and make.times == 2


def test_a_user_without_a_home_has_a_folder_among_the_temporary_ones(tmp_path, monkeypatch):
    for name in ("CLARIGYM_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(Path, "home", mock.Mock(side_effect=RuntimeError("no home")))
    make = Maker()
    assert same(asked(make), asked(make)) and make.times == 1
    (folder,) = tmp_path.iterdir()
    assert private_folder(make=False) == folder


def test_what_was_read_longest_ago_makes_room(folder, monkeypatch):
    make = Maker()
    asked(make, 1)
    (file,) = folder.iterdir()
    monkeypatch.setattr(module, "MOST_BYTES", int(2.5 * file.stat().st_size))
    os.utime(file, (1, 1))
    asked(make, 2)
    asked(make, 3)
    assert len(list(folder.iterdir())) == 2 and not file.exists()


def test_confusions_from_disk_are_those_that_are_made(folder, monkeypatch):
    catalogue = load("movies-1k")
    f = [facet.name for facet in catalogue.facets].index("cast")
    made = confusion._kernel(catalogue, f, confusion.USUAL)
    for _ in range(2):
        monkeypatch.setattr(confusion, "_KERNELS", type(confusion._KERNELS)())
        assert same(confusion.confusion_kernel(catalogue, f), made)
    assert len(list(folder.glob("matrix-*"))) == 1
