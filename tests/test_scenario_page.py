"""`clarigym run --html`: the page says what came of each scenario, and escapes what files say."""

from __future__ import annotations

import sys

import pytest

from agents.cli import main
from agents.errors import Exit
from tests.test_report import HOSTILE, Page

pytest.importorskip("jinja2")

HEAD = '[[scenario]]\ncatalogue = "toy"\nnoise = "clean"\nintent = "Diavola"\n'


def run(tmp_path, text: str, *more: str) -> tuple[int, str]:
    path, page = tmp_path / "own.toml", tmp_path / "page.html"
    path.write_text(text, encoding="utf-8")
    code = main(["run", str(path), "--html", str(page), *more])
    return code, page.read_text(encoding="utf-8") if page.exists() else ""


def test_the_page_says_what_came_of_each(tmp_path, capsys):
    text = HEAD + 'name = "good"\nguards = "Nothing works."\nexpect = { found = true }\n'
    text += (
        HEAD + 'name = "bad"\nabout = "It is found."\nlies = [1]\n'
        "expect = { found = false, rank = [{ turn = 1, below = 1 }] }\n"
    )
    code, html = run(tmp_path, text)
    assert code == Exit.FAILED
    page = Page(html)
    assert "1 of 2 scenarios hold." in page.text and "Guards against: Nothing works." in page.text
    assert "expected found = false, but found is true" in page.text and "It is found." in page.text
    assert "Expected: found = false; rank = turn 1, below 1" in page.text
    assert "script" not in page.tags and all(link.startswith("#") for link in page.links)
    assert {link[1:] for link in page.links} <= set(page.ids), "no link leads nowhere"
    files, good, bad = page.tables
    assert files[1][:3] == ["own.toml", "2", "1"]
    shown = capsys.readouterr().out
    for row in bad[2:]:
        assert row[1] in shown, "the page's dialogue is that of the terminal"
    assert good[0][1:] == ["question", "answer", "rank of the truth", "p(truth)"] and good[1][1] == "start"
    assert "false" in bad[2][2], "the lie is marked"
    assert html.count("<details") == 2 and html.count(" open>") == 1, "what failed stands open"


def test_the_same_outcomes_give_the_same_bytes(tmp_path, capsys):
    text = HEAD + 'name = "x"\nopening = true\nexpect = { found = true }\n'
    assert run(tmp_path, text)[1] == run(tmp_path, text)[1]
    assert "The user says first:" in run(tmp_path, text)[1]


def test_light_and_dark_and_print(tmp_path, capsys):
    _, html = run(tmp_path, HEAD + 'name = "x"\nexpect = { found = true }\n')
    for part in ("prefers-color-scheme: dark", "@media print", 'name="viewport"', 'content="light dark"'):
        assert part in html


def test_what_files_say_stands_escaped(tmp_path, capsys):
    cell = HOSTILE.replace("\ud800", "").replace("\x1b", "").replace('"', "").replace(",", "")
    (tmp_path / "t.csv").write_text(f"name,colour\n{cell},red\nB,blue{cell}\nC,green\n", encoding="utf-8")
    told = cell.replace("\\", "\\\\")
    text = f'[[scenario]]\nname = "{told}"\nguards = "{told}"\nabout = "{told}"\ncatalogue = "t.csv"\nnoise = "clean"\n'
    text += f'intent = "{told}"\nexpect = {{ found = false, guess = ["{told}?"] }}\n'
    code, html = run(tmp_path, text)
    assert code == Exit.FAILED
    page = Page(html)
    assert "script" not in page.tags and "<script" not in html and page.text.count("<script>alert(1)</script>") >= 4


def test_who_left_and_what_is_not_there(tmp_path, capsys):
    text = '[[scenario]]\nname = "left"\ncatalogue = "toy"\nintent = "Pesto"\nleaves_after = 0\n'
    text += "expect = { at_least = 0 }\n"
    text += '[[scenario]]\nname = "absent"\ncatalogue = "toy"\nthen = "don\'t know"\nexpect = { at_least = 0 }\n'
    text += '[[scenario]]\nname = "none asked"\ncatalogue = "toy"\nagents = ["fixed"]\nexpect = { at_least = 0 }\n'
    code, html = run(tmp_path, text)
    page = Page(html)
    assert code == Exit.OK and "The user left; it was Pesto." in page.text and "(leaves)" in page.text
    assert "it was nothing in the catalogue." in page.text and "1 are for other agents." in page.text
    absent = page.tables[2]
    assert all(row[3:] == ["", "-"] for row in absent[2:]), "without a truth there is neither rank nor belief in it"


def test_mistakes(tmp_path, capsys, monkeypatch):
    text = HEAD + 'name = "x"\nexpect = { found = true }\n'
    assert run(tmp_path, text, "--junit", str(tmp_path / "page.html"))[0] == Exit.BAD_INPUT
    assert "name the same file" in capsys.readouterr().err
    monkeypatch.setitem(sys.modules, "jinja2", None)
    assert run(tmp_path, text)[0] == Exit.BAD_INPUT
    said = capsys.readouterr().err
    assert "the extra `report`" in said and said.count("\n") == 1
    monkeypatch.undo()
    assert main(["run", str(tmp_path / "own.toml"), "--html", str(tmp_path / "gone" / "x.html")]) == Exit.BAD_INPUT
