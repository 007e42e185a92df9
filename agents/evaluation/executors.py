"""Executors by name: `--executor`."""

from __future__ import annotations

import importlib.util

from agents.errors import InputError
from agents.evaluation.executor import RAY_NEEDS, Executor, InProcess
from sim.names.did_you_mean import did_you_mean

PROCESSES, RAY = "processes", "ray"


def check_executor(name: str) -> None:
    """That there is such an executor, and that what it needs is installed; nothing is imported.

    Raises:
        InputError: neither is, with the way out.
    """
    known = f"it is {PROCESSES}, {RAY}, or {RAY}://HOST:PORT for a cluster elsewhere"
    kind, colon, address = name.partition("://")
    if name not in (PROCESSES, RAY) and not (kind == RAY and colon):
        raise InputError(f"executor = '{name}'{did_you_mean(kind, (PROCESSES, RAY))}; {known}")
    if colon:
        host, _, port = address.rpartition(":")
        if not host or not (port.isascii() and port.isdigit() and 0 < int(port) < 1 << 16):
            raise InputError(f"executor = '{name}' names no HOST:PORT; {known}")
    if kind == RAY and importlib.util.find_spec("ray") is None:
        raise InputError(RAY_NEEDS)


def make_executor(name: str, workers: int | None, chunks: int) -> Executor:
    """The executor of this name.

    Args:
        workers: how many chunks are worked on at once; None for one process, or for all that a cluster has.
        chunks: how many there will be.

    Raises:
        InputError: there is none of this name, or what it needs is not installed.
    """
    check_executor(name)
    if name != PROCESSES:
        from agents.evaluation.ray_executor import RayCluster

        return RayCluster(name if "://" in name else None, workers)
    count = min(workers or 1, chunks)
    if count <= 1:
        return InProcess()
    from agents.evaluation.processes import Processes

    return Processes(count)
