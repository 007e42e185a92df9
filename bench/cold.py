"""From a cold process to the first question, and what a million rows cost.

    OMP_NUM_THREADS=1 python -m bench.cold [--catalogue movies] [--rounds 5]
    OMP_NUM_THREADS=1 python -m bench.cold --rows 1000000

The first prints seconds until each part is there, in fresh processes with everything cached (the first round is not
counted).  The second makes a table of 20 columns in a temporary folder, and prints seconds and the peak of memory.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

PARTS = """
import json, resource, sys, time
begun, times = time.perf_counter(), {}
def done(what):
    times[what] = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
from sim.catalogue.load import load
from sim.questions import question_bank
from sim.users.from_rates import make_channel
from sim.users.rates import PRESETS
from sim.posterior.exact import ChannelPosterior
import numpy as np
catalogue = load(sys.argv[1]); done("load")
bank = question_bank(catalogue); done("questions")
channel = make_channel(catalogue, PRESETS["people"]); done("channel")
posterior = ChannelPosterior(channel, bank); done("posterior")
question = posterior.choose(1)[0][0, 0]; bank.text(int(question)); done("first choice")
for turn in range(3):
    posterior.update(np.array([question]), np.array([1])); question = posterior.choose(1)[0][0, 0]
    done(f"choice {turn + 2}")
print(json.dumps(times))
"""


def parts(catalogue: str) -> dict[str, tuple[float, float]]:
    """Seconds since the process began to work, and GB at most, by what was done."""
    out = subprocess.run([sys.executable, "-c", PARTS, catalogue], capture_output=True, text=True, check=True)
    return json.loads(out.stdout)


def table(path: Path, rows: int) -> None:
    """A made-up table: numbers, names, lists and flags."""
    rng = np.random.default_rng(0)
    names = [f"name {k}" for k in range(20_000)]
    with open(path, "w", encoding="utf-8") as file:
        file.write(",".join(["title", *(f"column_{k}" for k in range(19))]) + "\n")
        for start in range(0, rows, 10_000):
            n = min(10_000, rows - start)
            numbers = rng.integers(0, 1000, (n, 8))
            few = rng.integers(0, 30, (n, 6))
            many = (rng.pareto(1.1, (n, 3, 3)) * 20).astype(int) % len(names)
            flags = rng.random((n, 2)) < 0.4
            for i in range(n):
                lists = ["|".join(sorted({names[k] for k in row})) for row in many[i].tolist()]
                cells = [*numbers[i].tolist(), *(f"kind {k}" for k in few[i].tolist()), *lists]
                cells += ["yes" if flag else "no" for flag in flags[i].tolist()]
                file.write(",".join(map(str, [f"item {start + i}", *cells])) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--catalogue", default="movies")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rows", type=int, default=0, help="of a made-up table, instead of a catalogue")
    args = parser.parse_args()
    if not args.rows:
        parts(args.catalogue)
        found = [parts(args.catalogue) for _ in range(args.rounds)]
        for what in found[0]:
            print(f"{what:14} {np.median([times[what][0] for times in found]):7.2f} s")
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.csv"
        begun = time.perf_counter()
        table(path, args.rows)
        print(f"made a table of {args.rows:,} rows in {time.perf_counter() - begun:.0f} s", flush=True)
        for round_ in ("first time", "cached"):
            for what, (seconds, peak) in parts(str(path)).items():
                print(f"{round_:12} {what:14} {seconds:7.1f} s  {peak:5.2f} GB at most", flush=True)


if __name__ == "__main__":
    main()
