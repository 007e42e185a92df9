"""A suite killed at random moments and gone on with: are the rows the same bytes?

    python -m bench.benchmark_kills --suite quick-1 --kills 5 --workers 2

Plays the suite once without a break, for the bytes and for the time that it takes.  Then it plays it again in another
folder, kills it (SIGKILL, its workers with it) at random moments of that time, each time after some rows are there, and
lets it go on.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def command(suite: str, out: Path, workers: int) -> list[str]:
    return [sys.executable, "-m", "agents.cli", "benchmark", suite, "--out", str(out), "--workers", str(workers)]


def play(suite: str, out: Path, workers: int) -> float:
    """Without a break; gives the seconds."""
    begun = time.monotonic()
    subprocess.run(command(suite, out, workers), check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.monotonic() - begun


def kill(suite: str, out: Path, workers: int, seconds: float) -> bool:
    """Play for so many seconds after the first new row, then kill; False where it was over before."""
    size = size_of(out)
    quiet = subprocess.DEVNULL
    run = subprocess.Popen(command(suite, out, workers), stdout=quiet, stderr=quiet, start_new_session=True)
    while run.poll() is None and size_of(out) == size:
        time.sleep(0.01)
    time.sleep(seconds)
    if run.poll() is not None:
        return False
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    return True


def size_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*.jsonl"))


def hashes(folder: Path) -> dict[str, str]:
    """File to the hash of its bytes."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*.jsonl"))
    }


def same_bytes(suite: str, folder: Path, kills: int, workers: int, seed: int = 0) -> bool:
    """Whether a run with kills comes to the bytes of one without."""
    whole, broken = folder / "whole", folder / "broken"
    took = play(suite, whole, workers)
    print(f"{suite}: {len(hashes(whole))} files in {took:.0f} s without a break", flush=True)
    moments = random.Random(seed)
    for number in range(kills):
        seconds = moments.uniform(0, took / (kills + 1))
        killed = kill(suite, broken, workers, seconds)
        share = size_of(broken) / size_of(whole)
        print(f"kill {number + 1}: {'killed' if killed else 'over before'}, {share:.1%} of the bytes there", flush=True)
    play(suite, broken, workers)
    same = hashes(whole) == hashes(broken)
    print(f"after {kills} kills: {'the same bytes' if same else 'OTHER BYTES'}")
    return same


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--suite", default="quick-1")
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", help="where the rows of both runs stay; none: nowhere")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as nowhere:
        folder = Path(given.folder or nowhere)
        return 0 if same_bytes(given.suite, folder, given.kills, given.workers, given.seed) else 1


if __name__ == "__main__":
    sys.exit(main())
