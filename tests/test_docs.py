"""README and docs say what is true: examples run, commands and files exist, figures are those of the code."""

from __future__ import annotations

import importlib
import re
from collections import Counter
from pathlib import Path

import gymnasium
import numpy as np
import pytest

import envs
import tui
from agents.cli import COMMANDS, main
from bench import pictures
from sim.numeric.entropy import entropy_nats
from tests.source import FILES, ROOMS, ROOT

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
pages = pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
ENVIRONMENTS = {id_: name.lower() for id_ in envs.NAMED for name in re.findall(r"/(\w+)-v", id_)}
PRODUCTS = """title,sku,sales,notes,Flavor List,size,price,launched,organic,brand,description
Morning muesli,a1,30,nice,raisin;apple,500,"3,20",3/4/2021,x,DELL,oats as your grandmother ate them
Evening muesli,a2,10,,apple;nut,750,"4,100",4/4/2021,,Dell,
Noon biscuits,a3,20,,nut;chocolate,200,"1,950",5/4/2022,x,DELL,for the lunch box
Plain biscuits,a4,40,,,1.2 kg,"2,5",,,Dell,nothing but flour and butter
"""


def blocks(page: Path, language: str) -> list[str]:
    """The fenced blocks of a page in one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def prose(page: Path) -> str:
    """A page without its fenced blocks."""
    return re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)


def commands(page: Path) -> list[str]:
    """What a page tells to type: indented lines and inline code that call clarigym or a benchmark, without comments."""
    text = page.read_text(encoding="utf-8")
    lines = re.findall(
        r"^    (?:\.venv/bin/)?((?:clarigym(?:-play)?|python -m bench\.\w+)(?: .*)?)$", text, re.MULTILINE
    )
    inline = re.findall(r"`((?:clarigym|clarigym-play|python -m bench\.\w+) [^`]*)`", text)
    return [line.split("  #")[0].strip() for line in lines + inline]


@pytest.mark.parametrize(
    "page", [p for p in PAGES if blocks(p, "python")], ids=lambda p: p.relative_to(ROOT).as_posix()
)
def test_examples_run(page, tmp_path, monkeypatch):
    """The Python of a page, top to bottom, in a folder that has the files which it speaks of."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(ROOT)
    Path("products.csv").write_text(PRODUCTS, encoding="utf-8")
    (sidecar,) = blocks(ROOT / "docs/catalogues.md", "toml")
    Path("products.toml").write_text(sidecar, encoding="utf-8")
    if page.name == "dialogues.md":
        simulate = next(line for line in commands(page) if "simulate" in line)
        assert main(simulate.split()[1:]) == 0
    namespace: dict[str, object] = {}
    for block in blocks(page, "python"):
        exec(compile(block, str(page), "exec"), namespace)


def test_readme_is_short():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 150


def test_examples_import_what_is_public():
    for page in PAGES:
        for module in re.findall(
            r"^(?:from|import) ((?:sim|envs|agents)[\w.]*)", "\n".join(blocks(page, "python")), re.M
        ):
            assert "." not in module, f"{page.name} imports {module}"


@pytest.fixture(scope="module")
def helps() -> dict[str, str]:
    """What `clarigym COMMAND --help` prints; read once."""
    return {}


def help_of(command: str, helps: dict[str, str], capsys: pytest.CaptureFixture[str]) -> str:
    if command not in helps:
        assert command in COMMANDS, f"clarigym has no {command}"
        assert main([command, "--help"]) == 0
        helps[command] = capsys.readouterr().out
    return helps[command]


@pages
def test_commands_exist(page, helps, capsys):
    for line in commands(page):
        program, *words = line.split()
        if program == "python":
            assert (ROOT / words[1].replace(".", "/")).with_suffix(".py").exists(), line
            continue
        shown = tui.parser().format_help() if program == "clarigym-play" else help_of(words[0], helps, capsys)
        for flag in re.findall(r"(?<!\S)--[a-z-]+", line):
            assert flag == "--help" or flag in shown, f"{page.name}: {line}: no {flag}"


@pages
def test_files_that_are_named_exist(page):
    files = {path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*.py") if ".venv" not in path.parts}
    for name in set(re.findall(r"`([\w/]+\.(?:py|md|toml))`", prose(page))):
        known = (
            name in files or (ROOT / name).exists() or ("/" not in name and any(f.endswith("/" + name) for f in files))
        )
        assert known or name == "products.toml", f"{page.name} names {name}"


@pages
def test_relative_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", prose(page)):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


@pytest.mark.parametrize("face", ["sim", "envs", "agents"])
def test_reference_lists_every_public_name_once(face):
    text = (ROOT / f"docs/reference/{face}.md").read_text(encoding="utf-8")
    listed = Counter(re.findall(rf"^\.\. auto\w+:: {face}\.(\w+)$", text, re.MULTILINE))
    assert set(listed) == set(importlib.import_module(face).__all__)
    assert set(listed.values()) == {1}


@pytest.mark.parametrize("id_", ENVIRONMENTS)
def test_figures_of_an_environment(id_):
    world = gymnasium.make(id_).unwrapped.world  # type: ignore[attr-defined]
    intents, questions = len(world.catalogue), len(world.bank)
    yesno = questions - int((world.bank.open_question >= 0).sum())
    bits = entropy_nats(world.catalogue.prior) / np.log(2)
    figures = f"{intents:,} | {bits:.1f} | {questions:,} | {yesno:,} | `Discrete({questions + intents})`"
    row = f"| `{id_}` | {figures} |"
    assert row in (ROOT / f"docs/environments/{ENVIRONMENTS[id_]}.md").read_text(encoding="utf-8")


SECTIONS = ["Description", "Action space", "Observation space", "Rewards", "Starting state", "Episode end", "Arguments",
            "Example", "Version history"]  # fmt: skip


@pytest.mark.parametrize("id_", [*envs.IDS, envs.TEXT])
def test_every_environment_has_a_page_in_one_order(id_):
    name = re.findall(r"/(\w+)-v", id_)[0].lower()
    page = ROOT / f"docs/environments/{name}.md"
    assert re.findall(r"^## (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE) == SECTIONS
    # In words there is nothing to draw: the example prints the dialogue.
    assert id_ == envs.TEXT or re.search(r"\.\./pictures/[\w-]+\.svg", page.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", pictures.PICTURES)
def test_pictures_show_what_is_played(name):
    picture = pictures.PICTURES[name]
    drawn = pictures.draw(picture, pictures.watched(picture))
    assert drawn == (pictures.FOLDER / f"{name}.svg").read_text(encoding="utf-8"), "run python -m bench.pictures"


def listed_files() -> list[str]:
    """The files in the tree of CONTRIBUTING, as paths."""
    (tree,) = blocks(ROOT / "CONTRIBUTING.md", "text")
    folders: list[str] = []
    out = []
    for line in tree.splitlines():
        depth = (len(line) - len(line.lstrip())) // 2
        name = line.split()[0]
        folders[depth:] = [name]
        if not name.endswith("/"):
            out.append("".join(folders))
    return out


def test_contributing_lists_every_file_once():
    files = {path.relative_to(ROOT).as_posix() for path in FILES if path.name != "__init__.py"}
    listed = Counter(listed_files())
    assert not files - set(listed), "files without a line in CONTRIBUTING"
    assert not set(listed) - files, "lines of CONTRIBUTING without a file"
    assert set(listed.values()) == {1}


@pytest.mark.parametrize("folder", ROOMS)
def test_contributing_has_the_arrows(folder):
    text = " ".join((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").split())
    assert f"- `{folder}`: {' < '.join(ROOMS[folder])}" in text
