"""What it costs to take people for other users than they are: paired differences from the exact belief.

    python -m bench.people [--users 1000] [--noise people] [--only animals,famous] [--opening]

All agents meet the same users, on each catalogue with mixed questions and a budget of 20.  `exact` knows the users'
rates.  `independent` knows them too and takes every answer for fresh evidence, as if no false memory lasted.
`exact_in_typical` is `exact` but for believing that users are `typical`, and `learned` is the shipped posterior.  The
table gives, against `exact`, the points of users found and the questions asked, with 95 % intervals of paired
differences, and how the types of users fare.
"""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np

from agents import Agent, Setting, evaluate, make_agent
from agents.evaluation.metrics import paired
from envs import Rules
from sim import Population, SimulatedUsers, load, load_rates, question_bank

CATALOGUES = ("animals", "groceries", "famous", "movies-1k", "movies")
BUDGET = 20


def exact_in_typical(setting: Setting) -> Agent:
    """The exact belief of somebody who takes users for `typical` ones."""
    return make_agent("exact", Setting(bank=setting.bank, rates=load_rates("typical"), rules=setting.rules))


def by_type(catalogue: str, noise: str, rows: list[dict[str, Any]]) -> str:
    """Success of each type of user in percent."""
    population = Population(question_bank(load(catalogue)), noise)
    types = SimulatedUsers(population, 0, np.array([row["episode"] for row in rows])).type
    found = np.array([row["success"] for row in rows])
    return ", ".join(f"{name} {found[types == t].mean():.1%}" for t, name in enumerate(population.types))


def main() -> None:
    """Print the tables."""
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--users", type=int, default=1000)
    p.add_argument("--noise", default="people")
    p.add_argument("--only", default=",".join(CATALOGUES))
    p.add_argument("--opening", action="store_true", help="users say something first")
    given = p.parse_args()
    agents = ["exact", "independent", exact_in_typical, "learned"]
    rules = Rules(budget=BUDGET, opening=given.opening)
    print(f"{given.users:,} users `{given.noise}`{', who say something first' * given.opening}", flush=True)
    for catalogue in given.only.split(","):
        rows = evaluate(agents, catalogue, noise=given.noise, rules=rules, episodes=given.users).rows
        names = list(dict.fromkeys(row["agent"] for row in rows))
        of = {name: [row for row in rows if row["agent"] == name] for name in names}
        for name in names:
            success, turns = (np.mean([row[key] for row in of[name]]) for key in ("success", "questions"))
            line = f"{catalogue:10} {name:17} found {success:6.1%} in {turns:5.2f} questions"
            if name != "exact":
                found = paired(of[name], of["exact"], (BUDGET, BUDGET))
                (low, high), (few, many) = found["success"]["ci"], found["turns_all"]["ci"]
                line += (f"  points {100 * found['success']['difference']:+5.1f} [{100 * low:+.1f}, {100 * high:+.1f}]"
                         f"  questions {found['turns_all']['difference']:+5.2f} [{few:+.2f}, {many:+.2f}]")  # fmt: skip
            print(f"{line}  ({by_type(catalogue, given.noise, of[name])})", flush=True)
        print()


if __name__ == "__main__":
    main()
