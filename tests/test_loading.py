"""Files as people have them: inferred kinds, sidecars, every error with its sentence, every warning with its place."""

import gzip
import json
import subprocess
import sys
import warnings
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from sim.catalogue.catalogue import Catalogue, CatalogueError
from sim.catalogue.load import BUILT_IN, load, load_with_report
from sim.describe import check_catalogue, classes, describe_catalogue, open_information_bits, row_keys
from sim.questions import question_bank

SHARED = Path(__file__).parents[2] / "shared" / "data" / "grocery_us_branded.csv.gz"
FRUIT = """name,colour,tastes,weight,sweet
Apple,green,sour;sweet,150,yes
Banana,yellow,sweet,120,yes
Lemon,yellow,sour,100,no
Lime,green,sour;bitter,,
"""


def write(folder: Path, text: str | bytes, name: str = "fruit.csv", sidecar: str | None = None) -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    if sidecar is not None:
        (folder / "fruit.toml").write_text(sidecar, encoding="utf-8")
    return path


def kinds(catalogue: Catalogue) -> dict[str, str]:
    return {f.name: f.kind for f in catalogue.facets}


def same(a: Catalogue, b: Catalogue) -> bool:
    return a.fingerprint == b.fingerprint and a.intents == b.intents


# --- what is built in


@pytest.mark.parametrize(
    ("name", "intents"),
    [("movies", 17060), ("movies-1k", 1000), ("famous", 861), ("groceries", 297), ("animals", 139), ("toy", 8)],
)
def test_built_in_catalogues(name, intents):
    catalogue = load(name)
    assert catalogue.name == name and len(catalogue) == intents and catalogue.source.endswith(")")
    assert catalogue.prior.min() > 0 and len(set(catalogue.ids)) == intents
    assert load(name) is catalogue and load(catalogue) is catalogue
    assert check_catalogue(name) == []


def test_movies_are_what_the_build_script_says():
    movies = load("movies")
    assert kinds(movies) == {
        "year": "number", "runtime": "number", "genres": "many", "directors": "many", "writers": "many",
        "cast": "many", "countries": "many", "languages": "many", "rating": "one", "oscar": "flag",
    }  # fmt: skip
    assert movies.noun == "film"
    cast = movies.facet("cast")
    assert not {"Jr.", "Sr.", "III"} & set(cast.aliases) and "Ed Begley Jr." in cast.aliases
    assert "Meghan, Duchess of Sussex" in cast.aliases
    inception = movies.intents.index("Inception")
    assert "Christopher Nolan" in movies.facet("directors").row(inception)
    assert "Leonardo DiCaprio" in cast.row(inception)
    machuca = movies.facet("runtime").value_of[movies.intents.index("Machuca")]
    assert machuca == -1
    assert -(movies.prior * np.log2(movies.prior)).sum() == pytest.approx(11.07, abs=0.01)
    bank = question_bank(movies)
    assert 45_000 < len(bank) < 55_000


def test_groceries_hold_neighbours_that_differ_in_one_facet():
    groceries = load("groceries")
    butter = [i for i, x in enumerate(groceries.intents) if "peanut butter" in x]
    assert len(butter) >= 25
    rows = {i: [f.row(i) for f in groceries.facets] for i in butter}
    near = sum(sum(a != b for a, b in zip(rows[i], rows[j], strict=True)) == 1 for i in butter for j in butter if i < j)
    assert near >= 10
    assert any(f.indptr[i] == f.indptr[i + 1] for f in groceries.facets for i in range(len(groceries)))


@pytest.mark.parametrize("name", ["famous", "groceries", "animals", "toy"])
def test_no_two_rows_of_a_catalogue_of_ours_are_alike(name):
    catalogue = load(name)
    assert len(set(classes([row_keys(f) for f in catalogue.facets], len(catalogue)).tolist())) == len(catalogue)
    assert len(set(catalogue.intents)) == len(catalogue)


@pytest.mark.parametrize("script", ["build_animals", "build_groceries"])
def test_the_data_in_the_package_are_what_the_scripts_write(script, tmp_path, monkeypatch):
    module = __import__(f"sim.data.{script}", fromlist=["main"])
    target = module.TARGET
    monkeypatch.setattr(module, "TARGET", tmp_path / target.name)
    module.main()
    assert (tmp_path / target.name).read_bytes() == target.read_bytes()


@pytest.mark.slow
@pytest.mark.skipif(find_spec("bokeh_sampledata") is None, reason="pip install bokeh-sampledata")
def test_the_films_in_the_package_are_what_the_script_writes(tmp_path, monkeypatch):
    from sim.data import build_movies

    shipped = pl.read_parquet(build_movies.TARGET)
    monkeypatch.setattr(build_movies, "TARGET", tmp_path / "movies.parquet")
    build_movies.main([])
    assert pl.read_parquet(tmp_path / "movies.parquet").equals(shipped)


def test_importing_the_loader_imports_no_polars():
    code = "import sys, sim.catalogue.load, sim.describe; sys.exit('polars' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# --- what is inferred


def test_kinds_are_inferred(tmp_path):
    catalogue = load(write(tmp_path, FRUIT))
    assert kinds(catalogue) == {"colour": "one", "tastes": "many", "weight": "number", "sweet": "flag"}
    assert catalogue.name == "fruit" and catalogue.intents == ("Apple", "Banana", "Lemon", "Lime")
    assert catalogue.facet("tastes").row(0) == ("sour", "sweet")
    assert catalogue.facet("weight").value_of[3] == catalogue.facet("sweet").value_of[3] == -1
    assert catalogue.prior.tolist() == [0.25] * 4


def test_all_formats_give_the_same_catalogue(tmp_path):
    expected = load(write(tmp_path, FRUIT))
    rows = [line.split(",") for line in FRUIT.strip().split("\n")]
    records = []
    for row in rows[1:]:
        record = dict(zip(rows[0], row, strict=True))
        record["tastes"] = record["tastes"].split(";")
        record["weight"] = int(record["weight"]) if record["weight"] else None
        record["sweet"] = {"yes": True, "no": False, "": None}[record["sweet"]]
        records.append(record)
    lines = "\n".join(json.dumps(r) for r in records)
    assert same(load(write(tmp_path, gzip.compress(FRUIT.encode()), "a.csv.gz")), expected)
    assert same(load(write(tmp_path, FRUIT.replace(",", "\t"), "a.tsv")), expected)
    assert same(load(write(tmp_path, "\ufeff" + FRUIT.replace("\n", "\r\n"), "b.csv")), expected)
    assert same(load(write(tmp_path, lines, "a.jsonl")), expected)
    pl.DataFrame(records).write_parquet(tmp_path / "a.parquet")
    assert same(load(tmp_path / "a.parquet"), expected)


def test_a_large_csv_reads_like_a_small_one(tmp_path, monkeypatch):
    text = "name,note,n\n" + "".join(f'"x ""{i}"", é",{"ab"[i % 2]},{i % 7}\n' for i in range(300))
    small = load(write(tmp_path, text))
    monkeypatch.setattr("sim.catalogue.read_table.LARGE", 0)
    assert same(load(write(tmp_path, text)), small)
    for broken in ("name,a\nx,1\ny\nz,2\n", 'name,a\nx,1\n"y,2\n', "name,a\nx,1\ny,2,3\n"):
        with pytest.raises(CatalogueError, match=r"line [23]"):
            load(write(tmp_path, broken))


def test_roles_and_descriptions(tmp_path):
    text = "id,title,popularity,about,city\n" + "".join(
        f"{i},Film {i},{i + 1},{'A long story about something that happened to number ' * 2}{i},{'AB'[i % 2]}\n"
        for i in range(30)
    )
    loaded = load_with_report(write(tmp_path, text))
    assert kinds(loaded.catalogue) == {"city": "one"}
    assert loaded.catalogue.ids[3] == "3" and loaded.catalogue.intents[3] == "Film 3"
    assert loaded.catalogue.prior[3] == pytest.approx(4 / 465)
    assert "description" in loaded.ignored["about"]


def test_commas_make_many_only_where_the_pieces_come_again(tmp_path):
    spoken = ["English, French", "French, German", "English", "German, English, French"]
    text = "name,spoken,maker\n" + "".join(f'x{i},"{spoken[i % 4]}","Firm {i % 9}, Inc."\n' for i in range(40))
    assert kinds(load(write(tmp_path, text))) == {"spoken": "many", "maker": "one"}


def test_a_sidecar_overrides(tmp_path):
    sidecar = """
        noun = "fruit"
        prior = "weight"
        smoothing = 10
        ignore = ["sweet"]
        source = "made up"
        [facets.hue]
        column = "colour"
        yesno = "Is it {value}, would you say?"
        [facets.tastes]
        kind = "one"
    """
    catalogue = load(write(tmp_path, FRUIT.replace(",,", ",20,"), sidecar=sidecar))
    assert kinds(catalogue) == {"hue": "one", "tastes": "one"}
    assert catalogue.prior.tolist() == pytest.approx([160 / 410, 130 / 410, 110 / 410, 30 / 410][:4], rel=0.1)
    assert catalogue.noun == "fruit" and catalogue.source == "made up"
    assert question_bank(catalogue, "yesno").text(0) == "Is it green, would you say?"
    assert len(load(tmp_path / "fruit.csv", top=2)) == 2
    assert load(tmp_path / "fruit.csv", noun="plant", prior="").prior.tolist() == [0.25] * 4


# --- what is refused

BAD_FILES = {
    "empty": (b"", "is empty; a catalogue needs a header"),
    "no rows": (b"name,colour\n", "has no rows"),
    "short line": (b"name,colour\na,red\nb\n", "line 3: 1 value where the header has 2"),
    "long line": (b"name,colour\na,red\nb,blue,1\n", "line 3: 3 values where the header has 2"),
    "quote": (b'name,colour\na,"red\nb,blue\n', "look for a stray quote"),
    "utf-8": (b"name,colour\na,red\nb,\xe9t\xe9\n", "not valid UTF-8: line 3 has the byte 0xe9 at offset 20"),
    "utf-16": ("name,colour\na,red\n".encode("utf-16"), "UTF-16; save it as UTF-8"),
    "binary": (b"\x89PNG\r\n\x1a\n\0\0\0", "not a table: it holds binary data"),
    "twice": (b"name,a,a\nx,1,2\n", "two columns named 'a'"),
    "no header": (b",,\n1,2,3\n", "has no header"),
    "no name": (b"colour,size\nred,1\nred,2\nblue,1\nblue,3\n", "no column that names its rows"),
    "no facet": (b"name\nx\ny\n", "no column that could be a facet"),
    "id": (b"id,name,c\n1,a,r\n2,b,g\n1,c,b\n", "row 3, column 'id': the id '1' is also in row 1"),
    "no id": (b"id,name,c\n1,a,r\n,b,g\n", "row 2, column 'id': the id is empty"),
    "nan": (b"name,prior,c\na,1,r\nb,NaN,g\n", "row 2, column 'prior': the prior is empty or NaN"),
    "negative": (b"name,prior,c\na,1,r\nb,-2,g\n", "row 2, column 'prior': the prior is '-2'; it must be a number"),
    "zero": (b"name,prior,c\na,0,r\nb,2,g\n", "put smoothing = 1 in the sidecar"),
    "lost": (
        b"name,prior,c\na,1e-300,r\nb,1e90,g\nc,1,r\n",
        "row 1, column 'prior': the prior is 1e-300, nothing beside",
    ),
    "infinite": (b"name,c\na,1\nb,inf\nc,3\n", "column 'c', row 2: the number is infinite"),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_errors_say_what_and_where(case, tmp_path):
    data, sentence = BAD_FILES[case]
    path = write(tmp_path, data)
    with pytest.raises(CatalogueError) as caught:
        load(path)
    message = str(caught.value)
    assert sentence in message and (str(path) in message or case == "infinite")
    assert "\n" not in message and len(message) < 400
    first = check_catalogue(path)[0]
    assert first.severity == "error" and sentence in first.message


BAD_SIDECARS = {
    "column": ('prior = "sales"', "sidecar's prior names the column 'sales', which isn't there"),
    "facet": ('[facets.color]\nkind = "one"', "names the column 'color', which isn't there; did you mean 'colour'?"),
    "ignore": ('ignore = ["swet"]', "did you mean 'sweet'?"),
    "key": ('pror = "weight"', "no key 'pror'; did you mean 'prior'?"),
    "facet key": ('[facets.colour]\nsep = ";"', "facet 'colour': no key 'sep'"),
    "kind": ('[facets.colour]\nkind = "single"', "no kind 'single' (there are: one, many, number, flag)"),
    "type": ("name = 3", "name = 3 must be a text in quotes"),
    "smoothing": ("smoothing = -1", "must be finite and not negative"),
    "top": ("top = 0", "must be at least 1"),
    "ignore type": ('ignore = "x"', "ignore must be a list"),
    "facets type": ("facets = 3", "facets must be tables"),
    "separator": ('[facets.colour]\nseparator = ""', "separator is empty"),
    "separator kind": ('[facets.colour]\nkind = "one"\nseparator = ";"', 'a separator needs kind = "many"'),
    "wording": ('[facets.colour]\nyesno = "Is it red?"', "yesno must hold {value}"),
    "toml": ("name = ", "is not TOML"),
}


@pytest.mark.parametrize("case", BAD_SIDECARS)
def test_sidecar_errors(case, tmp_path):
    sidecar, sentence = BAD_SIDECARS[case]
    path = write(tmp_path, FRUIT, sidecar=sidecar)
    with pytest.raises(CatalogueError) as caught:
        load(path)
    assert sentence in str(caught.value) and "fruit" in str(caught.value)
    assert any(sentence in p.message for p in check_catalogue(path))


def test_names_and_paths_that_are_not_there(tmp_path):
    with pytest.raises(CatalogueError, match=r"no catalogue 'moveis'; did you mean 'movies'"):
        load("moveis")
    with pytest.raises(CatalogueError, match="exist; check the path"):
        load(tmp_path / "gone.csv")
    with pytest.raises(CatalogueError, match="is a folder"):
        load(tmp_path)
    (tmp_path / "x.docx").write_text("name")
    with pytest.raises(CatalogueError, match=r"not a table that can be read; its name must end in \.csv"):
        load(tmp_path / "x.docx")
    with pytest.raises(CatalogueError, match=r"no key 'priors'; did you mean 'prior'"):
        load("toy", priors="x")


def test_broken_jsonl_and_parquet(tmp_path):
    with pytest.raises(CatalogueError, match="line 2: not JSON"):
        load(write(tmp_path, '{"name": "a"}\n{"name": \n', "a.jsonl"))
    with pytest.raises(CatalogueError, match="line 1: a JSON array where an object is needed"):
        load(write(tmp_path, "[1]\n", "b.jsonl"))
    with pytest.raises(CatalogueError, match="not a Parquet file"):
        load(write(tmp_path, "name,a\nx,1\n", "c.parquet"))
    with pytest.raises(CatalogueError, match="damaged gzip"):
        load(write(tmp_path, gzip.compress(FRUIT.encode())[:-9], "d.csv.gz"))


def test_check_lists_every_problem_and_load_counts_them(tmp_path):
    path = write(tmp_path, "id,name,prior,c\n1,a,1,r\n1,b,-1,g\n3,c,x,b\n")
    problems = check_catalogue(path)
    assert [(p.severity, p.row, p.column) for p in problems] == [
        ("error", 2, "prior"), ("error", 2, "id"), ("error", 3, "prior"),
    ]  # fmt: skip
    with pytest.raises(CatalogueError, match=r"\(and 2 more: clarigym catalogue check"):
        load(path)
    assert json.dumps([p.to_json() for p in problems])


# --- what is warned of


def test_warnings(tmp_path):
    size = ["1", "2", "3", "4", "five", *map(str, range(6, 21))]
    lines = [f"n{i},{s},same,,{'ab'[i % 2]}" for i, s in enumerate(size)]
    lines += ["twin,9,same,,a", "twin,9,same,,a", f"{'y' * 1_000_001},10,same,,b", ",11,same,,b"]
    path = write(tmp_path, "name,size,fixed,void,half\n" + "\n".join(lines) + "\n")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        catalogue = load(path)
    assert kinds(catalogue) == {"size": "number", "half": "one"}
    assert len(catalogue.intents[22]) == 1000 and catalogue.intents[23] == "item 24"
    found = {(p.row, p.column): p.message for p in check_catalogue(path)}
    assert all(p.severity == "warning" for p in check_catalogue(path))
    assert "'five' is not a number" in found[5, "size"]
    assert "same value" in found[None, "fixed"] and "no row has a value" in found[None, "void"]
    assert "a value of 1.0 MB" in found[23, "name"] and "has no name" in found[24, "name"]
    assert any("rows 9, 21, 22 are the same in every facet" in m for m in found.values())


def test_thousands_of_columns(tmp_path, monkeypatch):
    monkeypatch.setattr("sim.catalogue.columns.MANY_COLUMNS", 100)
    header = ",".join(["name", *(f"c{i}" for i in range(110))])
    rows = ["a" + ",1" * 100 + ",0" * 10, "b" + ",0" * 110]
    path = write(tmp_path, "\n".join([header, *rows]) + "\n")
    assert any("111 columns" in p.message for p in check_catalogue(path))
    assert len(load(path).facets) == 100


# --- hostile files


def test_hostile_text_survives(tmp_path):
    names = ["[bold]x[/bold]", "قهوة", "👩‍🍳 soup", 'say "hi", twice', "n" * 300]
    names += ["\x1b[31mred\x1b[0m", "two\nlines", "=1+1"]
    text = "name,c\n" + "".join('"' + n.replace('"', '""') + f'",{"ab"[i % 2]}\n' for i, n in enumerate(names))
    got = load(write(tmp_path, text)).intents
    assert got[:5] == tuple(names[:5]) and got[6:] == ("two lines", "=1+1")
    assert "\x1b" not in got[5] and got[5].endswith("[0m")


def test_one_intent_and_two_alike(tmp_path):
    one = write(tmp_path, "name,c\nx,red\n")
    with pytest.raises(CatalogueError, match="no column that could be a facet"):
        load(one)
    alike = write(tmp_path, "name,c,d\nx,red,1\nx,red,1\ny,blue,2\n")
    assert len(load(alike)) == 3
    assert "rows 1, 2 are the same" in check_catalogue(alike)[0].message


def test_blank_lines_spaces_and_missing_words(tmp_path):
    catalogue = load(write(tmp_path, "name, colour ,size\n\n a , red ,NA\nb,blue,2\n\nc,N/A,3\n\n"))
    assert catalogue.intents == ("a", "b", "c") and catalogue.facet("colour").value_of.tolist() == [1, 0, -1]
    assert catalogue.facet("size").value_of.tolist() == [-1, 0, 1]


# --- describe


def test_describe_says_how_many_bits(tmp_path):
    text = "name,half,pair,pets\na,x,p,cat;dog\nb,x,q,cat\nc,y,p,dog\nd,y,q,\n"
    description = describe_catalogue(write(tmp_path, text), facets={"pets": {"kind": "many", "separator": ";"}})
    assert description.intents == 4 and description.prior_bits == description.facet_bits == 2
    half, _pair, pets = description.facets
    assert half.bits == half.yesno_bits == half.open_bits == 1
    assert pets.bits == 2 and pets.yesno_bits == 1 and pets.unknown_share == 0.25
    # Said: cat 3/8, dog 3/8, don't know 1/4; the first intent leaves one bit open.
    said = -(2 * 3 / 8 * np.log2(3 / 8) + np.log2(1 / 4) / 4)
    assert pets.open_bits == pytest.approx(said - 1 / 4)
    assert description.yesno_questions == 6 and description.mixed_questions == 9
    assert json.loads(json.dumps(description.to_json()))["facets"][0]["name"] == "half"


def test_no_question_tells_more_than_its_facet():
    for name in BUILT_IN:
        description = describe_catalogue(name)
        assert description.facet_bits <= description.prior_bits + 1e-9
        for f in description.facets:
            assert f.yesno_bits <= f.bits + 1e-9 and f.open_bits <= f.bits + 1e-9 <= description.prior_bits + 2e-9
    toy = load("toy")
    assert open_information_bits(toy.facet("vegetarian"), toy.prior) == 0


@pytest.mark.skipif(not SHARED.exists(), reason="the shared data are not here")
def test_a_hundred_thousand_groceries_need_no_sidecar():
    loaded = load_with_report(SHARED)
    catalogue = loaded.catalogue
    assert len(catalogue) == 99_513 and set(loaded.ignored) == {"ingredients"}
    assert [f.kind for f in catalogue.facets] == ["one"] + ["flag"] * 9 + ["one"] * 3
    assert catalogue.ids[0] == "0000609124107" and catalogue.intents[0] == "Solid Milk Chocolate"
