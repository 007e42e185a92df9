"""Chunks on a Ray cluster: on its machines, or on this one where there is no cluster.

Ray is asked for plain tasks and never to retry one: whoever keeps order counts losses, too.  A machine that goes down
takes its tasks with it, and Ray needs some seconds to notice; until then it would send new tasks there, so a lost one
waits a moment.

Source: Moritz et al. (2018), Ray: A Distributed Framework for Emerging AI Applications, arXiv:1712.05889.
"""

from __future__ import annotations

import contextlib
import importlib
import logging
import os
import pickle
import signal
import socket
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TextIO
from uuid import uuid4

from agents.errors import InputError
from agents.evaluation.executor import LOST, RAY_NEEDS, LostWorkersError, threads_of_workers

ANSWER_S = 5.0
"""How long the address of a cluster may take to answer at all."""
TRY = "import sys, ray; ray.init(sys.argv[1], log_to_driver=False)"
"""A program that joins a cluster."""
TRY_S = 30.0
"""How long that may take."""
LOOK_S = 5.0
"""How often it is looked at whether the cluster has workers yet, or still."""
TOKEN = "where the cluster asks for a token, set RAY_AUTH_MODE=token"
"""What is easily missed: a head that finds a token in the user's home asks for it, but who joins it must be told."""
ALONE_S = 60.0
"""How long a cluster may be without a CPU, which one that grows with demand is at first."""
PAUSE_S = 2.0
"""After a loss, times the losses in a row."""
MOST_PAUSE_S = 10.0
QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",  # nothing is told to Ray's makers
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",  # or each task without a GPU warns of a change to come
    "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",
}
"""Variables that keep Ray from speaking on this terminal, unless they are set."""


class RayCluster:
    """Chunks as tasks of Ray, each with one CPU.

    Args:
        address: `ray://HOST:PORT` of a cluster's client server.  None for the cluster of which this machine is a part
            or that RAY_ADDRESS names; where there is none, Ray is started on this machine for as long as the run takes.
        workers: the most tasks at once; None for as many as the cluster has CPUs.
    """

    def __init__(self, address: str | None, workers: int | None):
        self.address = address or os.environ.get("RAY_ADDRESS") or None
        self.workers = workers
        self._leave = contextlib.ExitStack()

    def start(self, work: Callable[[Any], Any]) -> None:
        for name, value in QUIET.items():
            os.environ.setdefault(name, value)
        try:
            self._ray: Any = importlib.import_module("ray")
        except ImportError as error:
            raise InputError(f"{RAY_NEEDS} ({error})") from None
        check_address(self.address)
        self._leave.enter_context(_stdout_of_its_own())
        self._connect(self._leave.enter_context(threads_of_workers()))
        self._losses: tuple[type[BaseException], ...] = tuple(
            getattr(self._ray.exceptions, name)
            for name in ("WorkerCrashedError", "NodeDiedError", "OutOfMemoryError", "ObjectLostError")
        )
        self._in_hand: dict[Any, int] = {}
        self._lost_in_a_row = 0
        self._task = self._ray.remote(num_cpus=1, max_retries=0)(_do)
        self._work = self._ray.put(pickle.dumps(work))
        self._key = uuid4().hex
        self._cpus = self._wait_for_cpus()

    def _connect(self, threads: dict[str, str]) -> None:
        told = logging.getLogger("ray").level
        signals = {n: signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)}
        try:
            with warnings.catch_warnings(action="ignore"):
                self._ray.init(
                    address=self.address, log_to_driver=False, logging_level=logging.CRITICAL,
                    runtime_env={"env_vars": threads},
                )  # fmt: skip
        except Exception as error:  # of many kinds, Ray's own and grpc's
            self._ray.shutdown()
            where = self.address or "this machine"
            raise InputError(f"there is no Ray to be had at {where}: {_first_sentence(error)}; {TOKEN}") from None
        finally:
            logging.getLogger("ray").setLevel(max(told, logging.CRITICAL))
            if threading.current_thread() is threading.main_thread():
                for number, handler in signals.items():  # Ray sets one of its own
                    signal.signal(number, handler)

    def _wait_for_cpus(self) -> int:
        """How many CPUs the cluster has; waits a while for the first one.

        Raises:
            LostWorkersError: none came.
        """
        until = time.monotonic() + ALONE_S
        while True:
            cpus = int(self._ray.cluster_resources().get("CPU", 0))
            if cpus:
                return cpus
            if time.monotonic() > until:
                raise LostWorkersError("the Ray cluster has no CPU; start a node, and go on with --resume")
            time.sleep(LOOK_S / 5)

    def room(self) -> int:
        return min(self._cpus, self.workers or self._cpus)

    def submit(self, number: int, chunk: Any) -> None:
        self._in_hand[self._task.remote(self._key, self._work, chunk)] = number

    def collect(self) -> Sequence[tuple[int, Any]]:
        done: list[Any] = []
        while not done:
            done, _ = self._ray.wait(list(self._in_hand), num_returns=1, timeout=LOOK_S)
            if not done:
                self._cpus = self._wait_for_cpus()
        out = [(self._in_hand.pop(reference), self._result(reference)) for reference in done]
        if any(result is LOST for _, result in out):
            self._lost_in_a_row += 1
            time.sleep(min(PAUSE_S * self._lost_in_a_row, MOST_PAUSE_S))
            self._cpus = self._wait_for_cpus()
        else:
            self._lost_in_a_row = 0
        return out

    def _result(self, reference: Any) -> Any:
        try:
            return self._ray.get(reference)
        except self._losses:
            return LOST
        except self._ray.exceptions.RayTaskError as error:
            raise error.cause from None

    def stop(self, early: bool) -> None:
        try:
            if hasattr(self, "_ray"):
                self._ray.shutdown()  # whatever is in hand ends with it
        finally:
            self._leave.close()


def check_address(address: str | None) -> None:
    """That a cluster answers there; Ray itself would try for minutes, and write much meanwhile.

    Raises:
        InputError: none does.
    """
    if address in (None, "auto", "local"):
        return
    host, _, port = address.rpartition("://")[2].rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=ANSWER_S).close()
        if "://" not in address:  # a client server is tried for half a minute by Ray
            subprocess.run([sys.executable, "-c", TRY, address], check=True, timeout=TRY_S, capture_output=True,
                           text=True, stdin=subprocess.DEVNULL)  # fmt: skip
    except subprocess.TimeoutExpired:
        raise InputError(f"what answers at {address} is no head of a Ray cluster; RAY_ADDRESS names a head (port 6379 "
                         "by default), --executor ray://HOST:PORT a client server (10001)") from None  # fmt: skip
    except subprocess.CalledProcessError as error:
        why = (error.stderr.strip() or "it gives no reason").splitlines()[-1]
        raise InputError(f"there is no Ray to be had at {address}: {why}; {TOKEN}") from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise InputError(f"nothing answers at {address} within {ANSWER_S:.0f} s ({why}); is the cluster's head up? "
                         "Its client server has port 10001 by default, the head itself 6379") from None  # fmt: skip


def _first_sentence(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]


@contextlib.contextmanager
def _stdout_of_its_own() -> Iterator[None]:
    """Within this what Ray's threads print on stdout, the death of a node for example, goes nowhere."""
    before = sys.stdout
    sys.stdout = _NotFromRay(before)
    try:
        yield
    finally:
        sys.stdout = before


class _NotFromRay:
    """A stream that takes nothing from Ray's threads."""

    def __init__(self, stream: TextIO):
        self._stream = stream

    def write(self, text: str) -> int:
        if threading.current_thread().name.startswith("ray_"):
            return len(text)
        return self._stream.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


_works: dict[str, Callable[[Any], Any]] = {}
"""In a worker: the work of the run, by the run's key; a worker may outlive a run."""


def _do(key: str, work: bytes, chunk: Any) -> Any:
    if key not in _works:
        _works.clear()
        _works[key] = pickle.loads(work)
    return _works[key](chunk)
