"""`clarigym report`: a page that says what the rows say, escapes what files say, and needs nothing but itself."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from agents.cli import main
from agents.errors import Exit
from agents.evaluation.metrics import summary
from agents.evaluation.resumable_rows import read_evaluation
from agents.evaluation.significance import holm

pytest.importorskip("jinja2")
pytest.importorskip("matplotlib")

VOID = {"meta", "link", "br", "img", "hr", "input"}
HOSTILE = "<script>alert(1)</script>[red]&amp;\x1b[31m\ud800$\\frac"


class Page(HTMLParser):
    """A page as parsed: nesting is checked, tables, text and links are kept."""

    def __init__(self, text: str):
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.ids: list[str] = []
        self.tables: list[list[list[str]]] = []
        self.text = ""
        self.feed(text)
        assert not self.open, f"not closed: {self.open}"

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        given = dict(attrs)
        self.links += [str(value) for key, value in attrs if key in ("href", "src", "xlink:href", "action", "data")]
        self.ids += [str(given["id"])] if "id" in given else []
        assert not any(key.startswith("on") for key in given), "no script in an attribute"
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self.tables[-1][-1].append("")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" in self.open:
            return
        self.text += data
        if self.open and {"td", "th"} & set(self.open):
            self.tables[-1][-1][-1] += data


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> dict[str, str]:
    """Rows and dialogues of toy under two kinds of noise."""
    folder = tmp_path_factory.mktemp("run")
    out = {}
    for noise in ("hard", "clean"):
        rows, dialogues = str(folder / f"{noise}.jsonl"), str(folder / f"{noise}-dialogues.jsonl")
        command = ["evaluate", "--catalogue", "toy", "--noise", noise, "--agents", "exact,uniform,fixed", "--episodes",
                   "60", "--budget", "5", "--out", rows, "--dialogues", dialogues]  # fmt: skip
        assert main(command) == Exit.OK
        out |= {noise: rows, f"{noise} dialogues": dialogues}
    return out


def reported(tmp_path: Path, capsys, *arguments: str) -> str:
    path = tmp_path / "report.html"
    capsys.readouterr()
    assert main(["report", *arguments, "--out", str(path), "--overwrite"]) == Exit.OK, capsys.readouterr().err
    capsys.readouterr()
    return path.read_text(encoding="utf-8")


def test_a_page_without_network_or_script(run, tmp_path, capsys):
    text = reported(tmp_path, capsys, *run.values())
    page = Page(text)
    assert not page.tags & {"script", "link", "iframe", "img", "object", "form"}
    assert page.links and all(link.startswith("#") for link in page.links)
    assert {link[1:] for link in page.links} <= set(page.ids) and len(page.ids) == len(set(page.ids))
    assert "@import" not in text and "url(http" not in text
    assert "prefers-color-scheme: dark" in text and "@media print" in text
    assert page.open == [] and page.tags >= {"svg", "table", "details", "nav", "main", "figcaption"}
    assert reported(tmp_path, capsys, *run.values()) == text, "the same files, the same bytes"


def test_tables_say_what_the_rows_say(run, tmp_path, capsys):
    page = Page(reported(tmp_path, capsys, run["hard"]))
    _, rows = read_evaluation(run["hard"])
    table, differences = page.tables[0], page.tables[1]
    by_agent = {name: [r for r in rows if r["agent"] == name] for name in ("exact", "uniform", "fixed")}
    assert [row[0].strip() for row in table[1:]] == list(by_agent)
    for row, mine in zip(table[1:], by_agent.values(), strict=True):
        want = summary(mine, 5, by_agent["exact"])
        low, high = want["success_ci"]
        assert row[2] == f"{100 * want['success']:.1f}{100 * low:.1f} to {100 * high:.1f}"
        assert row[6].startswith(f"{want['reward']:.3f}") and row[7].startswith(f"{want['regret']:.3f}")
    assert len(differences) == 1 + 2 * 5
    assert main(["compare", run["hard"], run["hard"], "--agent-a", "uniform", "--agent-b", "exact", "--json"]) == 0
    metrics = json.loads(capsys.readouterr().out)["comparisons"][0]["metrics"]
    assert [float(row[-5]) for row in differences[1:6]] == pytest.approx(
        [m["difference"] for m in metrics.values()], abs=6e-4
    )
    p = [0.0 if "<" in row[-3] else float(row[-3]) for row in differences[1:]]
    assert [0.0 if "<" in row[-2] else float(row[-2]) for row in differences[1:]] == pytest.approx(holm(p), abs=2e-3)


def test_robustness_and_the_worst_dialogues(run, tmp_path, capsys):
    page = Page(reported(tmp_path, capsys, *run.values(), "--worst", "3", "--title", "Nightly"))
    matrix = page.tables[0]
    assert matrix[0] == ["agent", "toy, hard noise", "toy, clean noise"]
    for row in matrix[1:]:
        for cell, noise in zip(row[1:], ("hard", "clean"), strict=True):
            mine = [r for r in read_evaluation(run[noise])[1] if r["agent"] == row[0]]
            assert cell.startswith(f"{100 * sum(r['success'] for r in mine) / 60:.1f}")
    assert "3 of 360 dialogues" in page.text and "Nightly" in page.text
    rows = [r for noise in ("hard", "clean") for r in read_evaluation(run[noise])[1] if not r["success"]]
    least = sorted(r["truth_bits"][-1] for r in rows)[:3]
    asked = page.tables[-3:]
    assert [len(table) - 2 for table in asked] == [
        next(r["questions"] for r in rows if r["truth_bits"][-1] == bits) for bits in least
    ]


def test_two_versions_of_an_agent_stand_side_by_side(run, tmp_path, capsys):
    other = tmp_path / "new.jsonl"
    command = ["evaluate", "--catalogue", "toy", "--noise", "hard", "--agents", "uniform", "--episodes", "60",
               "--budget", "5", "--agent-seed", "9", "--out", str(other)]  # fmt: skip
    assert main(command) == Exit.OK
    page = Page(reported(tmp_path, capsys, run["hard"], str(other), "--baseline", "uniform (hard)"))
    assert [row[0].strip() for row in page.tables[0][1:]] == ["exact", "uniform (hard)", "fixed", "uniform (new)"]
    assert "Differences from uniform (hard)" in page.text


def hostile(source: str, target: Path, **fields: object) -> str:
    """A copy of a file whose texts, and whatever fields are given, are hostile."""
    lines = [json.loads(line) for line in Path(source).read_text().splitlines()]
    for line in lines:
        line |= {key: value for key, value in fields.items() if key in line}
        for turn in line.get("turns", []):
            turn |= {"question_text": HOSTILE, "answer_text": HOSTILE}
        if "config" in line:
            line["config"] |= {"catalogue": HOSTILE, "noise": HOSTILE}
            line["made_with"] = {HOSTILE: HOSTILE}
    target.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return str(target)


def test_what_files_say_stands_escaped(run, tmp_path, capsys):
    rows = hostile(run["hard"], tmp_path / "rows.jsonl", agent=HOSTILE, episode=0)
    lines = Path(rows).read_text().splitlines()
    Path(rows).write_text("\n".join(lines[:2]) + "\n")  # one agent of that name, one episode
    dialogues = hostile(run["hard dialogues"], tmp_path / "d.jsonl", agent=HOSTILE, intent_name=HOSTILE,
                        catalogue=HOSTILE, noise=HOSTILE, success=False)  # fmt: skip
    text = reported(tmp_path, capsys, rows, dialogues, "--title", HOSTILE.replace("\ud800", ""))
    page = Page(text)
    assert "script" not in page.tags and "<script" not in text
    assert "\x1b" not in text and "<script>alert(1)</script>[red]&amp;\\x1b[31m" in page.text
    svg = text[text.index("<figure>") : text.rindex("</figure>")]
    assert "alert" not in svg, "names are no part of charts"


def test_a_large_budget_that_nobody_uses_makes_no_long_table(run, tmp_path, capsys):
    lines = Path(run["hard"]).read_text().splitlines()
    header = json.loads(lines[0])
    header["config"]["budget"] = 10_000
    path = tmp_path / "patient.jsonl"
    path.write_text("\n".join([json.dumps(header), *lines[1:]]) + "\n")
    assert len(Page(reported(tmp_path, capsys, str(path))).tables[2]) == 2 + 41


@pytest.mark.parametrize(
    "change", [{"budget": 10**30}, {"budget": True}, {"seed": {}}, {"seed": None}, {"users_per_intent": 0}]
)
def test_a_header_that_says_nothing_sensible(change, run, tmp_path, capsys):
    lines = Path(run["hard"]).read_text().splitlines()
    header = json.loads(lines[0])
    header["config"] |= change
    path = tmp_path / "odd.jsonl"
    path.write_text("\n".join([json.dumps(header), *lines[1:]]) + "\n")
    assert main(["report", str(path), "--out", str(tmp_path / "x.html")]) == Exit.BAD_INPUT
    said = capsys.readouterr().err
    assert "line 1: no file of evaluate's rows" in said and said.count("\n") == 1


def test_a_single_episode_and_an_agent_that_never_guesses(run, tmp_path, capsys):
    lines = Path(run["hard"]).read_text().splitlines()
    one = tmp_path / "one.jsonl"
    one.write_text("\n".join(lines[:2]) + "\n")
    assert "exact" in Page(reported(tmp_path, capsys, str(one))).text
    row = json.loads(lines[1]) | {"guess": -1, "success": False}
    one.write_text("\n".join([lines[0], json.dumps(row)]) + "\n")
    assert "-" in Page(reported(tmp_path, capsys, str(one))).tables[0][1]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "is empty"),
        ("# Notes\n", "not JSON"),
        ('{"a": 1}\n', "neither dialogues nor rows"),
        ("HEADER", "has no rows yet"),
        ("HEADER{broken\n", "line 2: not JSON"),
        ("HEADERROWHEADERROW", "line 3: a second header: rows of two runs are mixed"),
        ("HEADERROWROW", "for the second time: rows of two runs are mixed"),
        ('HEADER{"agent": "exact"}\n', "line 2: no 'episode'"),
    ],
)
def test_files_that_make_no_report_are_one_sentence(content, words, run, tmp_path, capsys):
    header, row = Path(run["hard"]).read_text().splitlines(keepends=True)[:2]
    path, out = tmp_path / "x.jsonl", tmp_path / "out.html"
    path.write_text(content.replace("HEADER", header).replace("ROW", row))
    assert main(["report", str(path), "--out", str(out)]) == Exit.BAD_INPUT
    said = capsys.readouterr()
    assert words in said.err and said.err.count("\n") == 1 and not said.out and not out.exists()


def test_mistakes_of_the_command_line(run, tmp_path, capsys, monkeypatch):
    out = str(tmp_path / "out.html")
    Path(out).write_text("mine")
    other = str(tmp_path / "new.html")
    strange = hostile(run["hard dialogues"], tmp_path / "d.jsonl", seed=99)
    for arguments, words in (
        ([run["hard"], "--out", out], "exists; replace it by --overwrite"),
        ([run["hard"], "--out", run["hard"], "--overwrite"], "is one of the files to report on"),
        ([run["hard dialogues"], "--out", other], "dialogues without rows"),
        ([run["hard"], run["hard"], "--out", other], "named twice"),
        ([run["hard"], strange, "--out", other], "they are of another run"),
        ([run["hard"], "--out", other, "--baseline", "exat"], "no agent 'exat' in the rows; did you mean 'exact'"),
        ([run["hard"], "--out", str(tmp_path / "no" / "x.html")], "there is no folder"),
        ([run["hard"], "--out", other, "--worst", "9999"], "worst = 9999"),
        ([run["hard"]], "--out"),
        (["nowhere.jsonl", "--out", other], "cannot read nowhere.jsonl"),
    ):
        assert main(["report", *arguments]) == Exit.BAD_INPUT
        said = capsys.readouterr().err
        assert words in said and said.count("\n") == 1
    assert Path(out).read_text() == "mine"
    monkeypatch.setitem(sys.modules, "jinja2", None)
    assert main(["report", run["hard"], "--out", other]) == Exit.BAD_INPUT
    assert "the extra `report`" in capsys.readouterr().err and not Path(other).exists()


CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FRAME = """<body style="margin:0">
<iframe id="f" src="report.html" style="width:{width}px;height:2000px;border:0"></iframe>
<script>onload = () => {{ const d = document.getElementById("f").contentDocument.documentElement;
document.title = d.scrollWidth + " " + d.scrollHeight; }}</script>"""


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
@pytest.mark.parametrize("width", [400, 1400])
def test_in_a_browser_nothing_sticks_out(width, run, tmp_path, capsys):
    """Screenshots are left in the test's folder; no page is wider than its window."""
    image = pytest.importorskip("PIL.Image")
    reported(tmp_path, capsys, *run.values())
    (tmp_path / "frame.html").write_text(FRAME.format(width=width))
    shot = tmp_path / f"report-{width}.png"
    browser = [str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
               "--allow-file-access-from-files", f"--user-data-dir={tmp_path / 'profile'}"]  # fmt: skip
    page = (tmp_path / "frame.html").as_uri()
    dumped = subprocess.run([*browser, "--virtual-time-budget=4000", "--dump-dom", page], capture_output=True,
                            text=True, timeout=120)  # fmt: skip
    wide, high = map(int, dumped.stdout.split("<title>")[1].split("</title>")[0].split())
    assert wide == width and high > 2000
    subprocess.run([*browser, f"--window-size={max(width, 500)},2000", f"--screenshot={shot}", page],
                   capture_output=True, timeout=120, check=True)  # fmt: skip
    with image.open(shot) as picture:
        colours = picture.convert("RGB").crop((0, 0, width, 2000)).getcolors(1 << 24)
    assert len(colours) > 100, "it isn't blank"


ODD = [None, True, False, 0, -1, 10**30, 1.5, float("nan"), float("inf"), "", "x", [], [1], ["a"], {}, {"a": 1}]


def damaged(line: str, rng: random.Random) -> str:
    """A line with one of its values, wherever it stands, gone or replaced by something odd."""
    data = json.loads(line)
    at, key = data, rng.choice(list(data))
    while isinstance(at[key], dict | list) and at[key] and rng.random() < 0.6:
        at = at[key]
        key = rng.choice(list(at)) if isinstance(at, dict) else rng.randrange(len(at))
    if isinstance(at, dict) and rng.random() < 0.2:
        del at[key]
    else:
        at[key] = rng.choice(ODD)
    return json.dumps(data)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(200))
def test_damaged_files_make_a_page_or_one_sentence(seed, run, tmp_path, capsys):
    rng = random.Random(seed)
    files = [Path(run[name]).read_text().splitlines()[:40] for name in ("hard", "hard dialogues")]
    lines = rng.choice(files)
    place = 0 if rng.random() < 0.3 else rng.randrange(len(lines))
    lines[place] = damaged(lines[place], rng)
    paths = [tmp_path / "rows.jsonl", tmp_path / "dialogues.jsonl"]
    for path, content in zip(paths, files, strict=True):
        path.write_text("\n".join(content) + "\n")
    for command in (["report", "--out", str(tmp_path / "x.html")], ["view"]):
        code = main([command[0], *map(str, paths), *command[1:]])
        said = capsys.readouterr()
        assert code in (Exit.OK, Exit.BAD_INPUT), said.err
        assert code == Exit.OK or (said.err.count("\n") == 1 and "Traceback" not in said.err)
