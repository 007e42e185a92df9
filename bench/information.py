"""How long a belief update and a certified choice take on all films, by turn, in one thread.

    OMP_NUM_THREADS=1 python -m bench.information [--dialogues 24] [--batches 64 1024]

Prints milliseconds of one dialogue by turn, a dialogue's share in batches that share results by answer history, and,
side by side in the same process, what a user would write instead: the dense numpy sweep of independent yes/no answers
against the same sweep in sparse form, and a plain Python loop at N = 1,000, Q = 100.
"""

from __future__ import annotations

import argparse
import os
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from scipy import sparse

from sim.catalogue.load import load
from sim.posterior.exact import ChannelPosterior
from sim.questions import IS, question_bank
from sim.users.from_rates import make_channel
from sim.users.memory import Population
from sim.users.rates import load_rates
from sim.users.simulated import SimulatedUsers

TURNS = 20


def clock(call, repeat: int = 5) -> float:
    """Best of a few, in seconds."""
    best = np.inf
    for _ in range(repeat):
        start = time.perf_counter()
        call()
        best = min(best, time.perf_counter() - start)
    return best


def by_turn(channel, bank, dialogues: int, noise: str) -> np.ndarray:
    """(dialogues, TURNS, 2) seconds of choice and update, one dialogue at a time, nothing kept between them."""
    out = np.full((dialogues, TURNS, 2), np.nan)
    users = SimulatedUsers(Population(bank, noise, channel), 0, np.arange(dialogues))
    warm = ChannelPosterior(channel, bank)
    warm.choose()
    for b in range(dialogues):
        posterior = ChannelPosterior(channel, bank)
        posterior.choose()  # the opening question is everybody's
        for turn in range(TURNS):
            start = time.perf_counter()
            question = posterior.choose()[0][:, 0]
            middle = time.perf_counter()
            if question[0] < 0:
                break
            answer = users.answer(question, rows=np.array([b]))
            between = time.perf_counter()
            posterior.update(question, answer)
            posterior.belief()
            out[b, turn] = middle - start, time.perf_counter() - between
    return out


def in_batch(channel, bank, size: int, noise: str) -> np.ndarray:
    """(TURNS,) seconds a dialogue of choice and update together, in a batch that shares results by history."""
    users = SimulatedUsers(Population(bank, noise, channel), 1, np.arange(size))
    posterior = ChannelPosterior(channel, bank)
    posterior.reset(size)
    out = np.empty(TURNS)
    for turn in range(TURNS):
        start = time.perf_counter()
        question = posterior.choose()[0][:, 0]
        answer = users.answer(np.maximum(question, 0))
        posterior.update(question, answer)
        out[turn] = (time.perf_counter() - start) / size
    return out


def sparse_against_dense(channel, bank) -> tuple[float, float]:
    """Seconds of one independent-answer sweep over all yes/no questions on sets: sparse, and dense (extrapolated)."""
    relations = [c.relation for c in channel.facets if not c.facet.scalar]
    belief = channel.catalogue.prior
    table = np.array([[0.9, 0.1, 0.0], [0.1, 0.8, 0.1]])  # (believed, answer): any fixed noise will do

    def information(mass):
        p = mass[:, None] * table[1] + (1 - mass)[:, None] * table[0]
        noise = mass * entropy(table[1]) + (1 - mass) * entropy(table[0])
        return entropy(p) - noise

    def entropy(p):
        return -(p * np.log(np.maximum(p, 1e-300))).sum(axis=-1)

    fast = clock(lambda: [information(relation @ belief) for relation in relations])
    some = 1000
    rows = sparse.vstack(relations, format="csr")[
        np.linspace(0, sum(r.shape[0] for r in relations) - 1, some).astype(int)
    ]
    dense = rows.toarray()

    def dense_sweep():
        answers = table[1][None, None] * dense[:, :, None] + table[0][None, None] * (1 - dense[:, :, None])  # (Q, N, A)
        p = np.einsum("n,qna->qa", belief, answers)
        return entropy(p) - np.einsum("n,qn->q", belief, entropy(answers))

    total = sum(r.shape[0] for r in relations)
    return fast, clock(dense_sweep, 1) * total / some


def exact_against_loop() -> tuple[float, float]:
    """Seconds of one decision at N = 1,000, Q = 100: vectorised, and as plain Python loops."""
    random = np.random.default_rng(0)
    belief = random.dirichlet(np.ones(1000))
    yes = np.where(random.random((100, 1000)) < 0.5, 0.9, 0.1)

    def h(p):
        return -p * np.log(p) - (1 - p) * np.log1p(-p)

    noise = h(yes)

    def vectorised():
        return int(np.argmax(h(yes @ belief) - noise @ belief))

    def loop():
        from math import log

        best, at = -1.0, 0
        weights, rows = belief.tolist(), yes.tolist()
        for q, row in enumerate(rows):
            p, lost = 0.0, 0.0
            for w, y in zip(weights, row):
                p += w * y
                lost -= w * (y * log(y) + (1 - y) * log(1 - y))
            gain = -p * log(p) - (1 - p) * log(1 - p) - lost
            if gain > best:
                best, at = gain, q
        return at

    assert vectorised() == loop()
    return clock(vectorised, 50), clock(loop, 3)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dialogues", type=int, default=24, help="dialogues timed one by one")
    parser.add_argument("--noise", default="people", help="a preset of users")
    parser.add_argument("--batches", type=int, nargs="*", default=[64, 1024], help="sizes of batches")
    args = parser.parse_args()
    start = time.perf_counter()
    catalogue = load("movies")
    bank = question_bank(catalogue, "mixed")
    loaded = time.perf_counter()
    channel = make_channel(catalogue, load_rates(args.noise))
    made = time.perf_counter()
    ChannelPosterior(channel, bank).choose()
    print(f"{len(catalogue):,} films, {len(bank):,} questions, users {args.noise}, one thread")
    print(
        f"load {loaded - start:.2f} s, channel {made - loaded:.2f} s, first choice {time.perf_counter() - made:.2f} s"
    )
    print()
    seconds = by_turn(channel, bank, args.dialogues, args.noise) * 1e3
    batches = {size: in_batch(channel, bank, size, args.noise) * 1e3 for size in args.batches}
    print("turn  choice ms  update ms" + "".join(f"  share of {size:>5,} ms" for size in batches))
    for turn in range(TURNS):
        choice, update = np.nanmedian(seconds[:, turn], axis=0)
        shares = "".join(f"  {batch[turn]:17.2f}" for batch in batches.values())
        print(f"{turn + 1:4d}  {choice:9.2f}  {update:9.2f}{shares}")
    after = seconds[:, 1:]
    print(f"median of all turns after the first: choice {np.nanmedian(after[..., 0]):.1f} ms,"
          f" update {np.nanmedian(after[..., 1]):.1f} ms")  # fmt: skip
    both = np.nansum(after, axis=2)
    print(f"choice and update together: median {np.nanmedian(both):.1f} ms,"
          f" dearest turn by its median {np.nanmedian(both, axis=0).max():.1f} ms")  # fmt: skip
    for size, batch in batches.items():
        print(
            f"a dialogue's share in a batch of {size:,}: median turn {np.median(batch):.2f} ms,"
            f" mean {batch.mean():.2f} ms"
        )
    fast, dense = sparse_against_dense(channel, bank)
    print(f"\nindependent answers, {sum(bank.kind == IS):,} yes/no questions: sparse {fast * 1e3:.1f} ms, dense numpy"
          f" (extrapolated from 1,000 questions) {dense:.1f} s: {dense / fast:,.0f} times")  # fmt: skip
    fast, slow = exact_against_loop()
    print(f"N = 1,000, Q = 100: numpy {fast * 1e6:.0f} us, plain loop {slow * 1e3:.1f} ms: {slow / fast:,.0f} times")


if __name__ == "__main__":
    main()
