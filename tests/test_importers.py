"""Catalogues as others keep them: what the import makes of each layout, and what it says of a file that is wrong."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.cli import main
from agents.errors import Exit
from sim.catalogue.catalogue import CatalogueError
from sim.catalogue.load import load, load_with_report
from sim.describe import check_catalogue
from sim.importers.diseases import import_diseases
from sim.importers.imported import Facets, Imported, facet_name, stated, toml_text
from sim.importers.matrix import CELLS, import_matrix
from sim.importers.movielens import import_movielens, title_and_year
from sim.questions import OPEN, question_bank
from tests.source import ROOT

EXAMPLES = ROOT / "examples" / "catalogues"
HOSTILE = '<script>alert(1)</script> [red]"q" \\ \x1b[31m |;é'


def texts(catalogue) -> list[str]:
    bank = question_bank(catalogue, "mixed")
    return [bank.text(q) for q in range(len(bank))]


@pytest.fixture
def out(tmp_path):
    return tmp_path / "made.csv"


def imported(out: Path, *arguments: object, code: Exit = Exit.OK) -> None:
    assert main(["catalogue", "import", *map(str, arguments), "--out", str(out)]) == code


# --- what comes of each layout -----------------------------------------------------------------------------------


def test_diseases_as_flags_say_what_the_lists_say(out, capsys):
    imported(out, "diseases", EXAMPLES / "conditions.json", "--evidences", EXAMPLES / "evidences.json")
    told = json.loads((EXAMPLES / "conditions.json").read_text())
    questions = json.loads((EXAMPLES / "evidences.json").read_text())
    catalogue = load(out)
    assert catalogue.intents == tuple(told) and catalogue.noun == "condition"
    weights = np.array([one["prior"] for one in told.values()], dtype=float)
    np.testing.assert_allclose(catalogue.prior, weights / weights.sum())
    for key, evidence in questions.items():
        facet = catalogue.facet(key)
        for i, one in enumerate(told.values()):
            listed = {**one["symptoms"], **one["antecedents"]}
            if key == "pain_at":
                assert set(facet.row(i)) == set(listed.get(key, ["none"]))
            else:
                assert facet.row(i) == ("yes" if key in listed else "no",)
        assert evidence["question_en"] in texts(catalogue)
    assert not check_catalogue(out), "nothing is odd about what was written"


def test_diseases_as_lists_ask_in_their_own_words(out):
    imported(out, "diseases", EXAMPLES / "conditions.json", "--evidences", EXAMPLES / "evidences.json",
             "--shape", "lists")  # fmt: skip
    catalogue = load(out)
    symptoms = catalogue.facet("symptoms")
    assert symptoms.kind == "many" and set(symptoms.row(0)) == {"runny nose", "sore throat", "cough"}
    assert catalogue.facet("antecedents").row(4) == ("none",), "no antecedent is known to be none, not unknown"
    asked = texts(catalogue)
    assert {"Do you have a fever?", "What is one of the symptoms?", "Where does it hurt? Is it head?"} <= set(asked)
    assert "Are there no antecedents?" in asked
    assert not any("among the symptoms" in text for text in asked), "each question has a text of its own"


def test_other_shapes_of_conditions(tmp_path):
    path = tmp_path / "both.json"
    conditions = [{"name": "A", "evidences": ["x", "y"]}, {"name": "B", "evidences": {"x": True, "y": False}}]
    path.write_text(json.dumps({"conditions": conditions, "evidences": {"x": "Is it x?", "y": "Is it y?"}}))
    made = import_diseases(path)
    assert dict(made.columns) == {"name": ["A", "B"], "x": ["yes", "yes"], "y": ["yes", "no"]}
    assert made.sidecar["facets"]["y"]["yesno"] == "Is it y?"
    assert "the facet x is the same" in made.notes[0]
    path.write_text(json.dumps(conditions))
    assert "yesno" not in import_diseases(path).sidecar["facets"]["y"], "without a file of evidences: plain wording"


def test_a_matrix_says_what_its_cells_say(out, capsys):
    imported(out, "matrix", EXAMPLES / "instruments.csv")
    catalogue = load(out)
    lines = [line.split(",") for line in (EXAMPLES / "instruments.csv").read_text().splitlines()]
    assert catalogue.intents == tuple(line[0] for line in lines[1:]) and catalogue.noun == "instrument"
    assert texts(catalogue) == lines[0][1:-1]
    for k, facet in enumerate(catalogue.facets, 1):
        rows = [facet.row(i) for i in range(len(catalogue))]
        assert rows == [() if line[k] == "unknown" else (line[k],) for line in lines[1:]]
    weights = np.array([float(line[-1]) for line in lines[1:]])
    np.testing.assert_allclose(catalogue.prior, weights / weights.sum())


def test_a_matrix_of_ids_with_texts_elsewhere(tmp_path, out):
    (tmp_path / "m.csv").write_text("weight,who,q1,q2\n2,A,1,0\n1,B,0,?\n")
    (tmp_path / "q.csv").write_text('id,text\nq1,"Big, is it?"\nq2,Is it red?\nq3,Unused?\n')
    imported(out, "matrix", tmp_path / "m.csv", "--questions", tmp_path / "q.csv", "--name", "who", "--prior", "weight")
    catalogue = load(out)
    assert catalogue.intents == ("A", "B") and catalogue.prior.tolist() == [2 / 3, 1 / 3]
    assert texts(catalogue)[0] == "Big, is it?"


@given(st.lists(st.lists(st.sampled_from(sorted(CELLS)), min_size=3, max_size=3), min_size=2, max_size=6))
@settings(max_examples=50, deadline=None)
def test_any_matrix_comes_back(tmp_path_factory, cells):
    folder = tmp_path_factory.mktemp("matrix")
    lines = [["thing", "a", "b", "c?"], *([f"row {k}", *row] for k, row in enumerate(cells))]
    (folder / "m.csv").write_text("\n".join(map(",".join, lines)) + "\n")
    made = import_matrix(folder / "m.csv")
    assert [list(made.columns[name]) for name in ("a", "b", "c")] == [
        [CELLS[row[k]] for row in cells] for k in range(3)
    ]


def test_movielens(out, capsys):
    imported(out, "movielens", EXAMPLES / "movielens")
    said = capsys.readouterr().out
    assert "6 tags" in said and "number of its ratings and 1 more" in said
    catalogue = load(out)
    assert catalogue.intents[:2] == ("The Quiet Harbour", "The Night Ferry") and catalogue.ids[0] == "1"
    assert catalogue.facet("year").row(0) == ("1987",) and catalogue.facet("genres").row(9) == ()
    tags = catalogue.facet("tags")
    assert tags.row(1) == ("ship",) and tags.find("twist ending") == tags.find("ship"), "of one film alone: one value"
    assert catalogue.facet("tags").row(5) == ("space",), "one person's tag is none"
    assert catalogue.facet("tags").row(0) == ("seaside",), "two spellings of two people are one tag"
    np.testing.assert_allclose(catalogue.prior, np.array([3, 4, 3, 1, 2, 4, 2, 1, 3, 1]) / 24)


def test_movielens_without_tags_and_ratings(tmp_path, out):
    (tmp_path / "movies.csv").write_text((EXAMPLES / "movielens" / "movies.csv").read_text())
    imported(out, "movielens", tmp_path / "movies.csv")
    catalogue = load(out)
    assert [f.name for f in catalogue.facets] == ["year", "genres"] and len(set(catalogue.prior.tolist())) == 1


@pytest.mark.parametrize(
    ("text", "title", "year"),
    [
        ("Night Train, The (1995)", "The Night Train", "1995"),
        ("Été, L' (1968)", "L'Été", "1968"),
        ("Lost City, The (Cité, La) (1995)", "The Lost City (Cité, La)", "1995"),
        ("Serial (2010-2014)", "Serial", "2010"),
        ("Serial (2010– )", "Serial", "2010"),
        ("Sundown", "Sundown", ""),
        ("2001 (1968)", "2001", "1968"),
        ("Crime, They Said (1999)", "Crime, They Said", "1999"),
    ],
)
def test_titles_of_movielens(text, title, year):
    assert title_and_year(text) == (title, year)


@pytest.mark.parametrize("layout", ["diseases", "matrix", "movielens"])
def test_what_was_imported_is_described_watched_and_evaluated(layout, tmp_path, out, capsys):
    given = {"diseases": [EXAMPLES / "conditions.json", "--evidences", EXAMPLES / "evidences.json"],
             "matrix": [EXAMPLES / "instruments.csv"], "movielens": [EXAMPLES / "movielens"]}[layout]  # fmt: skip
    imported(out, layout, *given)
    assert main(["catalogue", "describe", str(out)]) == Exit.OK
    assert main(["watch", "--catalogue", str(out), "--agent", "exact", "--seed", "0"]) == Exit.OK
    rows = tmp_path / "rows.jsonl"
    assert main(["evaluate", "--catalogue", str(out), "--agents", "exact", "--episodes", "20", "--out", str(rows)]) == 0
    dialogues = tmp_path / "dialogues.jsonl"
    assert main(["simulate", "--catalogue", str(out), "--episodes", "5", "--out", str(dialogues)]) == Exit.OK
    said = {turn["question_text"] for line in dialogues.read_text().splitlines() for turn in json.loads(line)["turns"]}
    assert said and said <= set(texts(load(out))), "simulated dialogues hold the bank's own texts"


def test_what_files_say_stands_as_it_is(tmp_path, out, capsys):
    path = tmp_path / "m.csv"
    cell = HOSTILE.replace('"', '""')
    path.write_text(f'thing,"{cell}?",b\nA,yes,no\n"{cell}",no,yes\n')
    imported(out, "matrix", path)
    shown = HOSTILE.replace("\x1b", " ")
    catalogue = load(out)
    assert catalogue.intents[1] == shown and shown + "?" in texts(catalogue)
    assert main(["catalogue", "describe", str(out)]) == Exit.OK
    assert "\x1b[31m" not in capsys.readouterr().out


# --- a question's own text ---------------------------------------------------------------------------------------


def test_a_sidecar_gives_questions_their_own_texts(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("name,colour,tags\nA,red,p|q\nB,blue,q|r\nC,green,p|r\nD,red,s|t\n")
    (tmp_path / "x.toml").write_text(
        '[facets.colour.questions]\nred = "Is it as red as\\na tomato?"\n'
        '[facets.tags]\nkind = "many"\n[facets.tags.questions]\nt = "T or S?"\nq = "Q?"\n'
    )
    found = load_with_report(path)
    assert not found.problems
    asked = texts(found.catalogue)
    assert "Is it as red as a tomato?" in asked and "Is the colour blue?" in asked
    assert "Q?" in asked and "T or S?" in asked, "s and t have the same members: the text of either serves"
    bank = question_bank(found.catalogue, "mixed")
    assert all(bank.text(q) == found.catalogue.facets[bank.facet[q]].wording.open
               for q in range(len(bank)) if bank.kind[q] == OPEN)  # fmt: skip


def test_texts_survive_the_cache(tmp_path, monkeypatch):
    monkeypatch.setattr("sim.catalogue.kept_catalogue.SMALL", 0)
    monkeypatch.setenv("CLARIGYM_CACHE", str(tmp_path / "cache"))
    path = tmp_path / "x.csv"
    path.write_text("name,colour\nA,red\nB,blue\nC,green\n")
    (tmp_path / "x.toml").write_text('[facets.colour.questions]\nred = "Red?"\n')
    first, second = texts(load(path)), texts(load(path))
    assert first == second and "Red?" in first


def test_texts_leave_the_fingerprint_alone(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("name,colour\nA,red\nB,blue\nC,green\n")
    before = load(path).fingerprint
    (tmp_path / "x.toml").write_text('[facets.colour.questions]\nred = "Red?"\n')
    assert load(path).fingerprint == before, "a belief doesn't depend on words"


@pytest.mark.parametrize(
    ("sidecar", "words"),
    [
        ("[facets.colour]\nquestions = 3", "questions must be a table of texts"),
        ("[facets.colour.questions]\nred = 3", "the question on 'red' is 3"),
        ('[facets.colour.questions]\nred = " "', "must be a text in quotes"),
    ],
)
def test_bad_texts_are_one_sentence(sidecar, words, tmp_path):
    (tmp_path / "x.csv").write_text("name,colour\nA,red\nB,blue\n")
    (tmp_path / "x.toml").write_text(sidecar)
    with pytest.raises(CatalogueError, match="facet 'colour'") as caught:
        load(tmp_path / "x.csv")
    assert words in str(caught.value)


def test_texts_for_what_is_no_value_are_warned_of(tmp_path):
    (tmp_path / "x.csv").write_text("name,colour,size\nA,red,1\nB,blue,2\nC,green,3\n")
    (tmp_path / "x.toml").write_text('[facets.colour.questions]\nrad = "R?"\n[facets.size.questions]\n1 = "One?"\n')
    said = " ".join(problem.message for problem in check_catalogue(tmp_path / "x.csv"))
    assert "question on 'rad' of 'colour'" in said and "questions of 'size' are for named values" in said


# --- files that are wrong ----------------------------------------------------------------------------------------

MATRICES = [
    ("thing,a,b\nA,yes,2\nB,no,no\n", "line 2, column 'b': '2' is neither yes, no nor unknown"),
    ("thing,a,b\nA,yes,1\nB,NaN,no\n", "line 3, column 'a': 'NaN' is neither"),
    ("thing,a,b\nA,yes,-1\nB,1,no\n", "'-1' is neither"),
    ("thing,a,a\nA,yes,1\n", "line 1: the question 'a' stands twice, in columns 2 and 3"),
    ("thing,a,\nA,yes,1\n", "line 1: column 3 has no question"),
    ("thing,a\nA,yes\nB,no\nA,no\n", "line 4: 'A' is also in line 2"),
    ("thing,a\n,yes\nB,no\n", "line 2, column 'thing': the name is ''"),
    ("thing,a\nA,yes,no\n", "line 2: 3 values where the header has 2"),
    ("thing\nA\n", "no matrix"),
    ("", "no matrix"),
    ('thing,a\n"A,yes\n', "look for a stray quote"),
    ("thing,a\nA,yes\nB,yes\n", "made.csv (not written) has no column that could be a facet"),
]
DISEASES = [
    ("[1]", "conditions, number 1: it must be an object with a name"),
    ("3", "conditions: a number where an object by name"),
    ("{}", "conditions: an empty object where"),
    ('{"A": 3}', "'A': a number where an object is needed"),
    ('{"A": "x"}', "'A': a text where an object with symptoms"),
    ('{"A": {}}', "'A': it has none of symptoms, antecedents, evidences"),
    ('{"A": {"symptoms": 3}}', "'A', symptoms: a number where a list of evidences is needed"),
    ('{"A": {"symptoms": ["x", "x"]}}', "'A', symptoms: 'x' stands twice"),
    ('{"A": {"symptoms": ["x"]}, "A": {"symptoms": ["y"]}}', "the id 'A' stands twice in one object"),
    ('[{"name": "A", "symptoms": []}, {"name": "A", "symptoms": []}]', "number 2: the id 'A' stands twice"),
    ('{"a": {"name": "A", "symptoms": []}, "b": {"name": "A", "symptoms": []}}', "the name 'A' is also that of"),
    ('{"A": {"symptoms": {"x": 0.3}}}', "'A', symptoms, 'x': 0.3 where true, false"),
    ('{"A": {"symptoms": {"x": null}}}', "None where true, false"),
    ('{"A": {"symptoms": [3]}}', "3 where the id of an evidence is needed"),
    ('{"A": {"symptoms": ["x"], "prior": 0}, "B": {"symptoms": ["y"]}}', "condition 'A': the prior is 0"),
    ('{"A": {"symptoms": ["x"], "prior": 1}, "B": {"symptoms": ["y"]}}', "condition 'B': the prior is None"),
    ('{"conditions": {"A": {"symptoms": ["fewer"]}}, "evidences": {"fever": "F?"}}', "did you mean 'fever'"),
    ('{"conditions": {"A": {"symptoms": ["x"]}}, "evidences": {"x": 3}}', "evidences, 'x': a number where a question"),
    ('{"conditions": {"A": {"symptoms": ["x"]}}, "evidences": {"x": {"question": 3}}}', "the question is 3"),
    (
        '{"conditions": {"A": {"symptoms": {"x": ["q"]}}}, "evidences": {"x": {"possible-values": ["p"]}}}',
        "no value 'q'",
    ),
    (
        '{"conditions": {"A": {"symptoms": ["x"]}}, "evidences": {"x": {"label": "L"}, "y": {"label": "L"}}}',
        "called 'L'",
    ),
    ("{", "not JSON"),
    ("[" * 5000, "nested too deeply"),
]
MOVIES = [
    ("id,name\n1,x\n", "the columns must be movieId,title,genres"),
    ("", "the columns must be"),
    ("movieId,title,genres\n", "no film in it"),
    ("movieId,title,genres\n1,A (1999),x\n1,B (2000),y\n", "line 3: the movieId 1 is also in line 2"),
    ("movieId,title,genres\n,A (1999),x\n", "line 2: the movieId is empty"),
    ("movieId,title,genres\n1,A, The (1999),x\n", "line 2: 4 values where the header has 3"),
    ("movieId,title,genres\n1,,x\n", "line 2: the name is ''"),
]


@pytest.mark.parametrize(
    ("layout", "name", "content", "words"),
    [("matrix", "x.csv", *case) for case in MATRICES]
    + [("diseases", "x.json", *case) for case in DISEASES]
    + [("movielens", "movies.csv", *case) for case in MOVIES],
)
def test_a_wrong_file_is_one_sentence(layout, name, content, words, tmp_path, out, capsys):
    path = tmp_path / name
    path.write_text(content)
    imported(out, layout, path, code=Exit.BAD_INPUT)
    said = capsys.readouterr().err
    assert words in said and said.count("\n") == 1
    assert not out.exists() and not out.with_suffix(".toml").exists(), "nothing is left behind"


def test_tags_and_ratings_that_are_wrong(tmp_path, out, capsys):
    (tmp_path / "movies.csv").write_text((EXAMPLES / "movielens" / "movies.csv").read_text())
    (tmp_path / "ratings.csv").write_text("userId,film,rating\n1,1,3\n")
    imported(out, "movielens", tmp_path, code=Exit.BAD_INPUT)
    assert "ratings.csv, line 1: no column 'movieId'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["matrix", "x.csv", "--out", "y.parquet"], "must end in .csv"),
        (["matrix", "x.csv", "--out", "y.csv", "--evidences", "z.json"], "--evidences is for diseases, not for matrix"),
        (["movielens", "x", "--out", "y.csv", "--prior", "p"], "--prior is for matrix"),
        (["movielens", "x", "--out", "y.csv", "--least-tags", "0"], "least-tags"),
        (["matrix", "x.csv", "--out", "x.csv", "--overwrite"], "is what is to be imported"),
        (["matrix", "x.csv", "--out", "gone/y.csv"], "there is no folder gone"),
        (["matrix", "x.csv", "--out", "y.csv", "--name", "thong"], "no column 'thong' for the name"),
        (["matrix", "none.csv", "--out", "y.csv"], "cannot read none.csv"),
        (["movies", "x.csv", "--out", "y.csv"], "movies"),
    ],
)
def test_mistakes_of_the_command_line(arguments, words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("x.csv").write_text("thing,a\nA,yes\nB,no\n")
    assert main(["catalogue", "import", *arguments]) == Exit.BAD_INPUT
    said = capsys.readouterr().err
    assert words in said and said.count("\n") == 1


def test_nothing_is_replaced_unasked(tmp_path, out, capsys):
    out.with_suffix(".toml").write_text("mine")
    imported(out, "matrix", EXAMPLES / "instruments.csv", code=Exit.BAD_INPUT)
    assert "made.toml exists" in capsys.readouterr().err and out.with_suffix(".toml").read_text() == "mine"
    imported(out, "matrix", EXAMPLES / "instruments.csv", "--overwrite", "--json")
    told = json.loads(capsys.readouterr().out)
    assert told["intents"] == 14 and told["facets"] == 7 and told["sidecar"].endswith("made.toml")


# --- what is written ---------------------------------------------------------------------------------------------

WORDS = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=12)
TABLES = st.recursive(
    st.dictionaries(WORDS, WORDS | st.integers(-5, 5) | st.booleans() | st.lists(WORDS, max_size=3), max_size=4),
    lambda inner: st.dictionaries(WORDS, WORDS | inner, max_size=3),
    max_leaves=8,
)


@given(TABLES)
@settings(max_examples=200, deadline=None)
def test_toml_reads_back(table):
    assert tomllib.loads(toml_text(table)) == table


def test_facets_get_names_of_their_own():
    facets = Facets({"name": ["A", "B"]})
    for text in ("Name?", "Is it big?", "is it BIG", "???", "大きい?"):
        facets.add_flag(text, text, ["yes", "no"])
    assert list(facets.columns) == ["name", "name_2", "is_it_big", "is_it_big_2", "question", "大きい"]
    assert facet_name("x" * 100, ()) == "x" * 40
    assert stated("Does it fly?") == "It does fly." and stated("You?") == 'Yes to "You?".'


def test_a_separator_that_no_value_holds(tmp_path):
    facets = Facets({"name": ["A", "B"]})
    facets.add_lists("tags", [["a|b", "c;d"], ["a|b"]])
    made = Imported(columns=facets.columns, sidecar={"name": "name", "facets": facets.tables})
    made.write(tmp_path / "x.csv")
    assert set(load(tmp_path / "x.csv").facet("tags").row(0)) == {"a|b", "c;d"}
    with pytest.raises(CatalogueError, match="take one of these out"):
        facets.add_lists("more", [["|;¦‖⁞"]])


def test_the_shipped_tables_are_what_the_import_makes(tmp_path):
    """Scenarios play the examples as they were imported."""
    shipped = ROOT / "agents" / "scenarios"
    import_matrix(EXAMPLES / "instruments.csv").write(tmp_path / "instruments.csv")
    import_diseases(EXAMPLES / "conditions.json", evidences=EXAMPLES / "evidences.json").write(
        tmp_path / "conditions.csv"
    )
    for name in ("instruments.csv", "instruments.toml", "conditions.csv", "conditions.toml"):
        assert (shipped / name).read_bytes() == (tmp_path / name).read_bytes()


def test_movielens_counts_people_and_not_tags(tmp_path):
    (tmp_path / "movies.csv").write_text("movieId,title,genres\n1,A (1999),x\n2,B (2000),y\n")
    (tmp_path / "tags.csv").write_text("userId,movieId,tag,timestamp\n1,1,cosy,1\n1,1,cosy,2\n1,1,Cosy,3\n")
    assert "tags" not in import_movielens(tmp_path).columns, "one person said it three times"
    assert list(import_movielens(tmp_path, least_tags=1).columns["tags"]) == ["cosy", ""]
