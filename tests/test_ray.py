"""Evaluations on Ray: a cluster of two nodes on this machine, one of which goes down; and Ray where there is none."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agents.errors import Exit

pytest.importorskip("ray", exc_type=ImportError)
pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent
CLIENT_PORT = 20_077
STORE = 80_000_000
"""Bytes of each node's object store, the least that Ray takes but for a little."""
NODES = f"""
import sys
from ray.cluster_utils import Cluster

cluster = Cluster(initialize_head=True, head_node_args=dict(
    num_cpus=1, object_store_memory={STORE}, ray_client_server_port={CLIENT_PORT}))
second = cluster.add_node(num_cpus=1, object_store_memory={STORE})
print(cluster.address, flush=True)
for line in sys.stdin:
    cluster.remove_node(second, allow_graceful=False)
    print("killed", flush=True)
cluster.shutdown()
"""
"""A process that holds two nodes, prints their address, and kills the second one when it is told a line."""


class Nodes:
    """Two nodes with one CPU each."""

    def __init__(self) -> None:
        env = os.environ | {"PYTHONPATH": str(ROOT), "RAY_USAGE_STATS_ENABLED": "0"}
        self.process = subprocess.Popen([sys.executable, "-c", NODES], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True, env=env)  # fmt: skip
        assert self.process.stdout and self.process.stdin
        self.address = self.process.stdout.readline().strip()

    def kill_second(self) -> None:
        assert self.process.stdout and self.process.stdin
        self.process.stdin.write("kill\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline().strip() == "killed"

    def end(self) -> None:
        self.process.communicate(timeout=60)


@pytest.fixture
def nodes() -> Iterator[Nodes]:
    both = Nodes()
    yield both
    both.end()


def evaluation(out: Path, episodes: int, *more: str) -> list[str]:
    return [sys.executable, "-m", "agents.cli", "evaluate", "--catalogue", "animals", "--questions", "yesno",
            "--agents", "fixed,uniform", "--episodes", str(episodes), "--out", str(out),
            "--dialogues", f"{out}.dialogues", "--json", *more]  # fmt: skip


def started(command: list[str], address: str) -> subprocess.Popen[str]:
    env = os.environ | {"PYTHONPATH": str(ROOT)} | ({"RAY_ADDRESS": address} if address else {})
    return subprocess.Popen(command, cwd=ROOT, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def ended(process: subprocess.Popen[str]) -> tuple[dict[str, Any], str]:
    out, err = process.communicate(timeout=300)
    assert process.returncode == Exit.OK, err
    return json.loads(out), err


def wait_for_rows(process: subprocess.Popen[str], out: Path, count: int) -> None:
    while process.poll() is None and (not out.exists() or out.read_bytes().count(b"\n") < count):
        time.sleep(0.02)
    assert process.poll() is None, process.communicate()


def both(out: Path) -> tuple[bytes, bytes]:
    return out.read_bytes(), Path(f"{out}.dialogues").read_bytes()


@pytest.mark.parametrize("client", [False, True], ids=["a machine of the cluster", "a client elsewhere"])
def test_a_node_that_goes_down_changes_no_byte(client, nodes, tmp_path):
    whole, shared = tmp_path / "whole.jsonl", tmp_path / "shared.jsonl"
    with_processes, _ = ended(started(evaluation(whole, 1500, "--workers", "2"), ""))
    executor = f"ray://127.0.0.1:{CLIENT_PORT}" if client else "ray"
    process = started(evaluation(shared, 1500, "--executor", executor), "" if client else nodes.address)
    wait_for_rows(process, shared, 300)
    nodes.kill_second()
    with_ray, err = ended(process)
    assert both(shared) == both(whole)
    assert [r["success"] for r in with_ray["results"]] == [r["success"] for r in with_processes["results"]]
    assert err == "" or (err.startswith("clarigym: workers were lost; ") and err.count("\n") == 1), err


def test_killed_and_resumed_and_interrupted_on_a_ray_of_its_own(tmp_path):
    whole, killed = tmp_path / "whole.jsonl", tmp_path / "killed.jsonl"
    ended(started(evaluation(whole, 1500, "--workers", "2"), ""))
    on_ray = evaluation(killed, 1500, "--executor", "ray", "--workers", "2", "--resume")
    for number, rows in ((signal.SIGKILL, 100), (signal.SIGINT, 800)):
        process = started(on_ray, "local")
        wait_for_rows(process, killed, rows)
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
        if number == signal.SIGINT:
            assert (process.returncode, out) == (Exit.INTERRUPTED, "")
            assert err == f"clarigym: interrupted; what is done is in {killed}, go on with --resume\n"
        assert killed.read_bytes() == whole.read_bytes()[: killed.stat().st_size]
    _, err = ended(started(on_ray, "local"))
    assert both(killed) == both(whole) and err == ""


def test_what_fails_on_ray_is_the_same_sentence(tmp_path):
    """An agent that no worker can import."""
    out = tmp_path / "rows.jsonl"
    process = started([*evaluation(out, 50, "--executor", "ray"), "--agents", "nowhere:nobody"], "local")
    said, err = process.communicate(timeout=120)
    assert (process.returncode, said) == (Exit.BAD_INPUT, "") and "nowhere" in err and err.count("\n") == 1
