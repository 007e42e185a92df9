"""Looks for what is wrong with the invented brands of the groceries.

    python -m sim.data.check_groceries
    python -m sim.data.check_groceries products.csv     # and whether one is a brand of that table, column "brand"

A brand is a slip if a word comes twice in it, if a product repeats a word of its brand, or if it is nearly another
brand.  It must be no trademark: `TRADEMARKS` has those that everybody knows, and a table of real products may be given.
"""

from __future__ import annotations

import argparse
import difflib
import itertools
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

from sim.data.build_groceries import rows

TRADEMARKS = frozenset((
    "aldi", "alpro", "arla", "bahlsen", "barilla", "bertolli", "bird's eye", "bonne maman", "bounty", "buitoni",
    "cadbury", "campbell", "cheerios", "chiquita", "coca-cola", "coop", "danone", "de cecco", "del monte", "dole",
    "dr oetker", "dr pepper", "edeka", "evian", "fanta", "ferrero", "green giant", "haribo", "heinz", "hellmann",
    "hershey", "innocent", "jacobs", "jif", "kellogg", "kitkat", "knorr", "kraft", "lavazza", "lay's", "lidl",
    "lindt", "lipton", "maggi", "maltesers", "marmite", "mars", "mccain", "milka", "mondelez", "monster", "mutti",
    "nescafe", "nestle", "nutella", "nutrilon", "oatly", "ocean spray", "old el paso", "oreo", "pepsi", "peter pan",
    "philadelphia", "planters", "pringles", "quaker", "quorn", "reese", "ribena", "ritter", "robinsons",
    "sainsbury", "schweppes", "sesame street", "skippy", "smucker", "snickers", "spar", "starbucks", "sun-maid",
    "sunpat", "tchibo", "tesco", "tetley", "toblerone", "tropicana", "twinings", "twix", "uncle ben", "unilever",
    "vegemite", "waitrose", "walkers", "weetabix", "whole earth", "yoplait",
))  # fmt: skip
"""Brands of food, and names that others own, which everybody knows."""
ALIKE = 0.8
"""Two brands this similar (difflib's ratio) are looked at."""


def check(table: Sequence[Mapping[str, str]], real: Collection[str] = ()) -> Iterator[str]:
    """Everything that looks wrong with the brands, one sentence each; `real` are brands that exist."""
    brands = sorted({row["brand"] for row in table})
    known = {plain(name) for name in real}
    for brand in brands:
        words = re.findall(r"\w+", brand.lower())
        for word in sorted({w for w in words if words.count(w) > 1}):
            yield f"{brand}: '{word}' comes twice"
        for mark in sorted(TRADEMARKS):
            if f" {plain(mark)} " in f" {plain(brand)} ":
                yield f"{brand}: '{mark}' is a trademark"
        if plain(brand) in known:
            yield f"{brand}: there is a brand of that name"
    for row in table:
        again = set(plain(row["brand"]).split()) & set(plain(row["variety"]).split())
        for word in sorted(again):
            yield f"{row['name']}: '{word}' is in the brand and in the product"
    for a, b in itertools.combinations(brands, 2):
        if difflib.SequenceMatcher(None, a, b).ratio() >= ALIKE:
            yield f"{a} and {b}: one brand spelled twice?"


def plain(name: str) -> str:
    """Lower case, words of letters and digits.

    >>> plain("Orchard & Daughters"), plain("Lay's")
    ('orchard daughters', 'lays')
    """
    return " ".join(re.findall(r"\w+", name.lower().replace("'", "").replace("’", "")))


def real_brands(path: Path) -> list[str]:
    """The brands of a table of products."""
    from sim.catalogue.read_table import read_table

    return read_table(path)["brand"].drop_nulls().unique().to_list()


def main() -> None:
    parser = argparse.ArgumentParser(description="Look for what is wrong with the invented brands.")
    parser.add_argument("table", nargs="?", type=Path, help="real products, with a column 'brand'")
    arguments = parser.parse_args()
    table = rows()
    found = list(check(table, real_brands(arguments.table) if arguments.table else ()))
    for line in found:
        print(line)
    print(f"{len(table)} products, {len({row['brand'] for row in table})} brands, {len(found)} problems")


if __name__ == "__main__":
    main()
