"""What reinforcement learning gets out of these environments, in one command each.

    python -m bench.rl curves       learning curves on toy, animals, movies-1k, 3 seeds -> docs/figures/rl_curves.png
    python -m bench.rl transfer     the reference policy on films that it never saw, beside greedy with a tuned stop
    python -m bench.rl dad          a policy of the history alone, trained on a bound of the information, beside greedy
    python -m bench.rl myopia       a catalogue where the best first question tells nothing about the intent
    python -m bench.rl room         how much is to be won at all: dynamic programming beside greedy, small catalogues
    python -m bench.rl throughput   turns a second, of environments and of PPO

Every figure in docs/rl.md is printed by one of these.  One thread; curves, transfer and dad take some ten minutes each.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import warnings
from pathlib import Path

from bench.rl_common import TEST_SEED

ROOT = Path(__file__).resolve().parents[1]
TABLES = ("curves", "transfer", "dad", "myopia", "room", "throughput")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=TABLES)
    parser.add_argument(
        "--only", nargs="+", choices=("toy", "animals", "movies-1k"), help="curves, dad: these catalogues"
    )
    parser.add_argument("--figure", type=Path, default=ROOT / "docs" / "figures" / "rl_curves.png")
    parser.add_argument("--catalogue", default="movies-1k", help="transfer: films")
    parser.add_argument("--cap", type=int, help="transfer, room: largest bank (200; room 4)")
    parser.add_argument("--checkpoint", default="", help="transfer: another policy")
    parser.add_argument("--rule", action="store_true", help="transfer: greedy with the shared rule as well")
    parser.add_argument("--users", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=TEST_SEED, help="transfer: which users")
    parser.add_argument("--tune", type=int, default=300, help="transfer: users to tune greedy's threshold on")
    parser.add_argument("--steps", type=int, default=30_000, help="myopia: turns of PPO")
    parser.add_argument("--updates", type=int, default=1000, help="dad: gradient steps")
    parser.add_argument("--budget", type=int, default=3, help="room: questions on toy")
    parser.add_argument("--catalogues", type=int, default=40, help="room: made-up catalogues")
    parser.add_argument("--seconds", type=float, default=3.0, help="throughput: each")
    args = parser.parse_args()
    if args.cap is None:
        args.cap = 4 if args.what == "room" else 200
    warnings.filterwarnings("ignore", module="stable_baselines3")
    try:
        import torch

        torch.set_num_threads(1)
    except ImportError:
        sys.exit("bench.rl needs the extra rl: pip install -e '.[rl,plots]'")
    getattr(importlib.import_module(f"bench.rl_{args.what}"), args.what)(args)


if __name__ == "__main__":
    main()
