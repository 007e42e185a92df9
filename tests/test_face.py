"""What the packages show the world: lazy, complete, the same for a type checker, and all that the examples need."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import agents
import envs
import sim
from agents.strategies.registry import make_agent
from tests.source import FILES, ROOT

FACES = (sim, agents, envs)
by_name = pytest.mark.parametrize("face", FACES, ids=lambda m: m.__name__)


def declared(face: ModuleType) -> set[str]:
    """What a type checker sees: the names imported under TYPE_CHECKING."""
    tree = ast.parse(Path(str(face.__file__)).read_text(encoding="utf-8"))
    block = next(n for n in tree.body if isinstance(n, ast.If) and ast.unparse(n.test) == "TYPE_CHECKING")
    return {alias.name for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names}


@by_name
def test_every_public_name_resolves_to_where_it_is_defined(face):
    homes = {name: module for module, names in face._HOMES.items() for name in names.split()}
    assert set(homes) == declared(face) == set(face.__all__) - {"IDS"}
    for name in face.__all__:
        thing = getattr(face, name)
        assert getattr(thing, "__module__", homes.get(name)) in (homes.get(name), "typing", "collections.abc")
    assert set(face.__all__) <= set(dir(face))


@by_name
def test_a_name_that_is_not_there(face):
    near = face.__all__[-1]
    with pytest.raises(
        AttributeError, match=f"module '{face.__name__}' has no attribute '{near}x'; did you mean '{near}'"
    ):
        getattr(face, near + "x")
    with pytest.raises(ImportError):
        importlib.import_module(f"{face.__name__}.nosuch")
    assert not hasattr(face, "nosuch")


@pytest.mark.skipif(sys.version_info < (3, 12), reason="older interpreters make no suggestion in an ImportError")
@by_name
def test_the_interpreter_suggests_names_of_the_face(face):
    code = f"from {face.__name__} import {face.__all__[-1]}x"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert f"Did you mean: '{face.__all__[-1]}'" in done.stderr


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_inside_every_import_says_where_a_thing_lives(path):
    """The faces are for others: here they would hide which room reaches into which."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module in ("sim", "agents", "envs"):
            for alias in node.names:
                place = ROOT / node.module / alias.name
                assert place.is_dir() or place.with_suffix(".py").is_file(), f"{path} imports {alias.name} from a face"


@pytest.mark.parametrize("path", sorted((ROOT / "examples").glob("*.py")), ids=lambda p: p.name)
def test_examples_need_the_face_alone(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            assert not any(alias.name.split(".")[0] in ("sim", "agents") for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and str(node.module).split(".")[0] in ("sim", "agents", "envs"):
            assert {alias.name for alias in node.names} <= set(importlib.import_module(str(node.module)).__all__)


def test_evaluate_gives_figures_and_rows():
    def everybody(setting: agents.Setting) -> agents.Agent:
        return make_agent("fixed", setting)

    out = agents.evaluate(["exact", "fixed", everybody], "toy", noise="hard", episodes=30, rules=envs.Rules(budget=6))
    assert list(out.figures) == ["exact", "fixed", "everybody"]
    assert [(r["agent"], r["episode"]) for r in out.rows[:26]] == [("exact", e) for e in range(25)] + [("fixed", 0)]
    mine = [r["reward"] for r in out.rows if r["agent"] == "exact"]
    assert out.figures["exact"]["reward"] == pytest.approx(np.mean(mine)) and out.figures["exact"]["regret"] == 0.0
    assert all(r["questions"] <= 6 for r in out.rows)
    same = [[dict(r, agent="") for r in out.rows if r["agent"] == name] for name in ("fixed", "everybody")]
    assert same[0] == same[1]


def test_evaluate_in_several_processes_gives_the_same_rows():
    once = agents.evaluate(["exact"], "toy", episodes=60)
    assert agents.evaluate(["exact"], "toy", episodes=60, workers=2).rows == once.rows


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"agents": []}, "name at least one"),
        ({"agents": ["exact", "exact"]}, "each once"),
        ({"agents": ["exacct"]}, "did you mean 'exact'"),
        ({"agents": ["exact"], "episodes": 0}, "episodes = 0"),
        ({"agents": [lambda setting: make_agent("exact", setting)], "workers": 2}, "plays in this process alone"),
        ({"agents": ["exact"], "catalogue": "tooy"}, "did you mean 'toy'"),
    ],
)
def test_evaluate_says_what_is_wrong(given, sentence):
    with pytest.raises(ValueError, match=sentence):
        agents.evaluate(**({"catalogue": "toy"} | given))
