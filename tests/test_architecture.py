"""The arrows between folders, and what may be imported where: read from the source, so that lazy imports count too."""

from __future__ import annotations

import ast
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.source import FILES, ORDER, ROOMS, ROOT


def imports(path: Path) -> set[str]:
    """Dotted names of all that a file imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: relative import"
            found.update({node.module, *(f"{node.module}.{alias.name}" for alias in node.names)})
    return found


def top(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_point_down(path):
    mine = ORDER.index(top(path))
    for name in imports(path):
        head = name.split(".")[0]
        assert head not in ("tests", "bench", "examples"), f"{path} imports {name}"
        if head in ORDER:
            assert ORDER.index(head) <= mine, f"{path} imports {name}, which stands above it"


APART = {("sim.belief", "sim.users"), ("sim.ask", "sim.users"), ("sim.posterior", "sim.users")}
"""Beliefs go by the channel: they must not look at the users whom they are about."""


def rooms(path: Path) -> tuple[str, set[str]]:
    """The room that a file stands in and the other rooms of its folder that it imports."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    mine = ".".join(parts[:2])
    names = {tuple(name.split(".")[:2]) for name in imports(path) if name.startswith(parts[0] + ".")}
    return mine, {".".join(name) for name in names if name[1] in ROOMS[parts[0]] and ".".join(name) != mine}


@pytest.mark.parametrize(
    "path", [p for p in FILES if top(p) in ROOMS and p.name != "__init__.py"], ids=lambda p: str(p.relative_to(ROOT))
)
def test_imports_between_rooms_point_down(path):
    mine, seen = rooms(path)
    order = [f"{folder}.{room}" for folder, rooms_of in ROOMS.items() for room in rooms_of]
    if mine == "sim.data":  # the builders of built-in catalogues, run by hand
        return
    assert mine in order, f"{path} stands in a room that ROOMS does not list"
    for other in seen:
        assert order.index(other) < order.index(mine), f"{path} imports {other}, which stands above it"
        assert (mine, other) not in APART, f"{path} imports {other}"


def test_no_module_imports_itself_by_way_of_others():
    """Lazy imports and those for a type checker count too."""
    modules = {".".join(p.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): p for p in FILES}
    seen = {name: sorted(imports(path) & modules.keys() - {name}) for name, path in modules.items()}
    order = TopologicalSorter(seen)
    try:
        order.prepare()
    except CycleError as error:
        pytest.fail("imports in a circle: " + " <- ".join(error.args[1]))


@pytest.mark.parametrize("folder", ROOMS)
def test_at_most_eight_files_stand_at_the_top(folder):
    assert len(list((ROOT / folder).glob("*.py"))) <= 8


@pytest.mark.parametrize("path", [p for p in FILES if top(p) == "sim"], ids=lambda p: p.stem)
def test_the_world_is_numpy_scipy_and_polars(path):
    heavy = {name.split(".")[0] for name in imports(path)} & {"torch", "transformers", "textual", "gymnasium", "tyro"}
    assert not heavy, f"{path} imports {heavy}"


@pytest.mark.parametrize("path", [p for p in FILES if top(p) in ("envs", "screens", "tui")], ids=lambda p: p.stem)
def test_no_torch_outside_training(path):
    assert not {name.split(".")[0] for name in imports(path)} & {"torch", "transformers"}


@pytest.mark.parametrize("path", [p for p in FILES if "learning" in p.relative_to(ROOT).parts], ids=lambda p: p.stem)
def test_the_learner_never_sees_the_users(path):
    """What is learned comes from dialogues: neither users nor rates may be looked at."""
    forbidden = {"sim.users"}
    seen = {name for name in imports(path) if any(name == f or name.startswith(f + ".") for f in forbidden)}
    assert not seen, f"{path} imports {seen}"
    assert "sim.users.from_rates.make_channel" not in imports(path), f"{path} makes a channel from rates"


@pytest.mark.parametrize(
    ("module", "absent"),
    [
        ("sim", ["numpy", "scipy", "polars", "numba", "difflib"]),
        ("agents", ["numpy", "scipy", "polars", "numba", "gymnasium", "torch", "textual", "difflib"]),
        ("agents.cli", ["numpy", "gymnasium", "polars", "numba", "torch", "textual", "scipy", "rich", "tyro"]),
        ("sim.posterior.exact", ["torch", "polars", "numba", "gymnasium", "textual"]),
        ("sim.users.simulated", ["torch", "polars", "numba", "gymnasium", "textual"]),
        ("envs.vector", ["torch", "polars", "numba", "textual", "transformers"]),
        ("envs", ["torch", "polars", "numba", "textual", "transformers"]),
    ],
)
def test_what_an_import_does_not_bring_along(module, absent):
    code = f"import sys, {module}; print([m for m in {absent!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "[]"


def test_equal_beliefs_in_two_processes():
    """Same seed, same bytes, whatever the hash seed."""
    code = """
import hashlib, numpy as np
from sim.users.from_rates import make_channel
from sim.catalogue.load import load
from sim.users.memory import Population
from sim.posterior.exact import ChannelPosterior
from sim.questions import question_bank
from sim.users.rates import PRESETS
from sim.users.simulated import SimulatedUsers
catalogue = load("groceries"); bank = question_bank(catalogue)
channel = make_channel(catalogue, PRESETS["hard"])
users = SimulatedUsers(Population(bank, "hard", channel), 5, np.arange(3))
posterior = ChannelPosterior(channel, bank); posterior.reset(3)
digest = hashlib.blake2b()
for _ in range(5):
    question, gain = posterior.choose()
    answer = users.answer(question[:, 0])
    posterior.update(question[:, 0], answer)
    for array in (question, gain, answer, posterior.belief()):
        digest.update(np.ascontiguousarray(array).tobytes())
print(digest.hexdigest())
"""
    digests = set()
    for seed in ("0", "1"):
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True,
                              env={"PYTHONHASHSEED": seed, "PATH": ""})  # fmt: skip
        digests.add(done.stdout)
    assert len(digests) == 1


def test_a_class_name_means_one_thing():
    places: dict[str, list[str]] = {}
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                places.setdefault(node.name, []).append(str(path.relative_to(ROOT)))
    doubles = {name: where for name, where in places.items() if len(where) > 1}
    assert not doubles


def without_a_type(path: Path) -> list[str]:
    """Parameters of functions (not of lambdas) that say nothing of what they are."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            given = node.args
            stars = [x for x in (given.vararg, given.kwarg) if x is not None]
            every = [*given.posonlyargs, *given.args, *given.kwonlyargs, *stars]
            bare = [x.arg for x in every if x.annotation is None and x.arg not in ("self", "cls")]
            found += [f"line {node.lineno}: {node.name}({name})" for name in bare]
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_parameter_has_a_type(path):
    assert not without_a_type(path)
