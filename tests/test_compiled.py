"""Compiled loops are kept on disk: the same figures from disk as compiled, and nothing breaks where they can't be."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.source import ROOT

LOOPS = """
from sim.numeric.compiled import compiled
import far

@compiled
def twice(x):
    return far.scaled(x) + far.scaled(x)

@compiled
def total(x):
    s = 0.0
    for i in range(len(x)):
        s += twice(x[i])
    return s
"""
FAR = """
from sim.numeric.compiled import compiled
from constants import FACTOR

@compiled
def scaled(x):
    return FACTOR * x
"""
MAIN = """
import sys
import numpy as np
import near
from sim.numeric.first_use import loops_compiled
assert "numba" not in sys.modules, "imported before it is needed"
print(near.total(np.arange(4.0)), loops_compiled())
"""
POOL = """
import multiprocessing, pickle, sys
from concurrent.futures import ProcessPoolExecutor
import numpy as np
import near

if __name__ == "__main__":
    assert pickle.loads(pickle.dumps(near.total)) is near.total
    context = multiprocessing.get_context(sys.argv[1])
    with ProcessPoolExecutor(3, context) as pool:
        found = [pool.submit(near.total, np.arange(float(n))) for n in range(6)]
        print([f.result() for f in found])
"""
COMPILES = "12.0 3\n"
READS = "12.0 0\n"
NOTICE = "clarigym: compiling, once on this machine; it takes up to a minute\n"


@pytest.fixture
def source(tmp_path):
    """A folder of modules with loops that call each other, and a constant from elsewhere."""
    folder = tmp_path / "source"
    folder.mkdir()
    files = {"near": LOOPS, "far": FAR, "constants": "FACTOR = 1.0\n", "main": MAIN, "pool": POOL}
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text)
    return folder


def run(source: Path, script: str = "main.py", *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A script in a process of its own, with warnings as errors."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("NUMBA", "PYTHON", "XDG"))}
    env |= {"CLARIGYM_CACHE": str(source.parent / "cache"), "PYTHONPATH": str(ROOT), **environment}
    command = [sys.executable, "-W", "error", script, *arguments]
    return subprocess.run(command, cwd=source, env=env, capture_output=True, text=True, check=False)


def outcome(source: Path, **environment: str) -> tuple[str, str]:
    """What `MAIN` prints, on stdout and on stderr."""
    done = run(source, **environment)
    assert done.returncode == 0, done.stderr
    return done.stdout, done.stderr


def in_the_way(folder: Path) -> None:
    """A plain file where a folder would be made."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.write_text("")


def test_compiled_once_and_said_then_read_in_silence(source):
    assert outcome(source) == (COMPILES, NOTICE)
    assert outcome(source) == (READS, "")
    assert len(list((source / "__pycache__").glob("loop-*"))) == 3
    assert not (source.parent / "cache").exists(), "the folder beside the source is enough"


def test_a_change_in_a_loop_that_is_reached_is_compiled_anew(source):
    outcome(source)
    # (Python takes a source of the same size and second for the same.)
    (source / "constants.py").write_text("FACTOR = 2.50\n")
    assert outcome(source) == ("30.0 3\n", NOTICE)
    (source / "far.py").write_text(FAR.replace("FACTOR * x", "FACTOR * x + 1.0"))
    assert outcome(source) == ("38.0 3\n", NOTICE)
    (source / "constants.py").write_text("FACTOR = 1.000\n")
    (source / "far.py").write_text("# a remark\n" + FAR)
    assert outcome(source) == (READS, ""), "the old ones are still there"


def test_a_broken_file_is_compiled_anew(source):
    outcome(source)
    files = sorted((source / "__pycache__").glob("loop-*"))
    for how in ("cut", "empty", "text", "another loop's", "folder"):
        whole = [file.read_bytes() for file in files]
        for file, content, other in zip(files, whole, whole[1:] + whole[:1], strict=True):
            if how == "folder":
                file.unlink()
                file.mkdir()
            else:
                broken = {"cut": content[:-1], "empty": b"", "text": b"loop", "another loop's": other}
                file.write_bytes(broken[how])
        assert outcome(source)[0] == COMPILES, how


@pytest.mark.skipif(os.name != "posix", reason="a file in the way of a folder; owners and modes")
def test_elsewhere_where_the_source_cannot_be_written(source):
    cache = source.parent / "cache"
    in_the_way(source / "__pycache__")
    assert outcome(source) == (COMPILES, NOTICE)
    assert outcome(source) == (READS, "")
    assert stat.S_IMODE(cache.stat().st_mode) == 0o700
    assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in cache.iterdir())

    cache.chmod(0o770)
    said, refused = outcome(source)
    assert said == COMPILES, "pickles that others may have written are not read"
    assert refused.count("\n") == 2 and f"others can write to {cache}" in refused

    cache.chmod(0o700)
    for file in cache.iterdir():
        file.chmod(0o620)
    assert outcome(source)[0] == COMPILES

    in_the_way(cache)
    said, why = outcome(source)
    assert said == COMPILES and why.count("\n") == 2 and f"({cache}: File exists)" in why and "CLARIGYM_CACHE" in why


def test_bytecode_that_is_not_wanted_beside_the_source_lies_elsewhere(source):
    assert outcome(source, PYTHONDONTWRITEBYTECODE="1")[0] == COMPILES
    assert not list(source.rglob("loop-*")) and len(list((source.parent / "cache").iterdir())) == 3


@pytest.mark.parametrize("kept", [True, False])
@pytest.mark.parametrize("method", ["spawn", "fork"])
def test_processes_that_compile_at_once(source, method, kept):
    if sys.platform == "win32" and method == "fork":
        pytest.skip("no fork there")
    if not kept:
        in_the_way(source / "__pycache__")
        in_the_way(source.parent / "cache")
    done = run(source, "pool.py", method)
    assert (done.stdout, done.stderr) == ("[0.0, 0.0, 2.0, 6.0, 12.0, 20.0]\n", "")
    if kept:
        assert outcome(source) == (READS, "")


def test_another_process_compiles_for_an_app(source):
    elsewhere = """
import subprocess, sys
import numpy as np
import near
from sim.numeric.first_use import compiled_elsewhere, loops_compiled
calls = []
def compile_all():
    calls.append(subprocess.run([sys.executable, "main.py"], capture_output=True, text=True).stdout)
with compiled_elsewhere(compile_all):
    print(near.total(np.arange(4.0)), loops_compiled(), calls)
    print(near.total(np.arange(4)), loops_compiled(), len(calls))
"""
    (source / "app.py").write_text(elsewhere)
    done = run(source, "app.py")
    assert done.stdout == f"12.0 0 {[COMPILES]}\n12.0 3 1\n", "types that the other did not meet are compiled here"
    assert done.stderr == NOTICE


def test_switched_off(source):
    assert outcome(source, NUMBA_DISABLE_JIT="1") == (READS, "")
