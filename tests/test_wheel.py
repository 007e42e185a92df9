"""What a wheel holds, and that it plays where there is no checkout.

The wheel is built from a copy of the files that git knows, so that nothing left over from an earlier build slips in.
It is installed into a fresh virtual environment that sees the libraries of the running one but not its clarigym: a
`.pth` file adds their folder to the path, and Python reads no `.pth` file of a folder added that way, an editable
installation's neither.
"""

from __future__ import annotations

import os
import shutil
import site
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from sim.dialogue import read_dialogues
from tests.source import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not (ROOT / ".git").exists(), reason="needs a checkout with git")]
PACKAGES = ("sim", "envs", "agents", "screens", "tui.py")


def tracked() -> list[str]:
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [name for name in done.stdout.split("\0") if name and (ROOT / name).is_file()]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """The wheel of this checkout; needs a package index, for setuptools."""
    copy, out = tmp_path_factory.mktemp("copy"), tmp_path_factory.mktemp("wheel")
    for name in tracked():
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, copy / name)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(out), str(copy)]
    subprocess.run(command, check=True)
    (built,) = out.glob("clarigym-*.whl")
    return built


@pytest.fixture(scope="module")
def home(wheel, tmp_path_factory) -> Path:
    """A folder with a virtual environment that holds the wheel."""
    home = tmp_path_factory.mktemp("home")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(home / "venv")], check=True)
    (installed,) = (home / "venv").glob("lib/python*/site-packages")
    (installed / "libraries.pth").write_text("\n".join(site.getsitepackages()) + "\n", encoding="utf-8")
    python = str(home / "venv" / "bin" / "python")
    command = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps", str(wheel)]
    subprocess.run(command, check=True)
    return home


def run(home: Path, program: str, *arguments: str, typed: str = "") -> str:
    """Run a program of the environment in an empty folder; what it printed."""
    (home / "empty").mkdir(exist_ok=True)
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    env = kept | {"HOME": str(home), "XDG_DATA_HOME": str(home / "data"), "XDG_CONFIG_HOME": str(home / "config")}
    command = [str(home / "venv" / "bin" / program), *arguments]
    done = subprocess.run(command, cwd=home / "empty", env=env, input=typed, capture_output=True, text=True)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def test_a_wheel_holds_the_packages_and_their_data_and_nothing_else(wheel):
    # The texts that data are built from serve a checkout alone.
    expected = {name for name in tracked() if name.split("/")[0] in PACKAGES and not name.endswith(".txt")}
    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert names == expected


def test_what_runs_is_the_wheel(home):
    places = run(
        home, "python", "-c", "import sim, envs, agents, tui; print(sim.__file__, envs.__file__, tui.__file__)"
    )
    for place in places.split():
        assert Path(place).is_relative_to(home / "venv"), place


def test_list_names_what_ships(home):
    shown = run(home, "clarigym", "list")
    for name in ("movies-1k", "groceries", "exact", "clarigym/Toy-v1", "typical"):
        assert name in shown


@pytest.mark.parametrize("catalogue", ["toy", "animals", "groceries", "famous", "movies-1k", "movies"])
def test_catalogues_and_checkpoints_are_in_it(home, catalogue):
    assert "Guess:" in run(home, "clarigym", "watch", "--catalogue", catalogue, "--agent", "learned", "--seed", "1")


def test_the_reference_policy_is_in_it(home):
    assert "Guess:" in run(home, "clarigym", "watch", "--catalogue", "toy", "--agent", "policy", "--seed", "1")


def test_scenarios_are_in_it(home):
    assert "scenarios hold" in run(home, "clarigym", "run")


def test_an_environment_is_made(home):
    code = "import gymnasium, envs; print(gymnasium.make('clarigym/Toy-v1').reset(seed=0)[0]['left'])"
    assert run(home, "python", "-c", code).strip() == "[20  1]"


def test_a_person_plays(home):
    typed = "d\n" * 21 + "y\n"
    shown = run(home, "clarigym-play", "--plain", "--catalogue", "toy", "--seed", "0", "--save", "games", typed=typed)
    assert "Question 1:" in shown and "My guess:" in shown
    (game,) = (home / "empty" / "games").rglob("*.jsonl")
    (dialogue,) = read_dialogues(game)
    assert dialogue.noise == "person" and dialogue.success
