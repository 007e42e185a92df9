"""What simulated users of films say unasked, beside what real people said.

    python -m bench.openings [--catalogue movies] [--users 20000]

The counts are of two sorts of people.  Seekers half remember a film: 199 requests of TREC's tip of the tongue track of
2023, read one by one, and where more were needed 4,659 requests of Reddit's tipofmytongue, counted by program ("R").
Fans know it: the 9,769 queries of MIT's trivia10k13.  The last column says whether the simulated share lies within the
95 % interval, or, where a count has none to speak of, within two points of it.

"hedged" asks users of the preset who stated something whether it is so ("Did Tom Hanks play in it?", of a year whether
it was after the beginning of what they said), and counts who answers "probably" among those who answer yes: an opening
has no "probably" of its own.  Years are stated as one of eight spans, mostly decades, so a stated year that is wrong is
a wrong decade, and the width is not simulated.
"""

from __future__ import annotations

import argparse
from typing import NamedTuple

import numpy as np

from sim import Population, QuestionBank, Rates, SimulatedUsers, load, question_bank
from sim.catalogue.catalogue import Facet
from sim.channel.opening import SILENT


class Count(NamedTuple):
    """A share that was counted."""

    share: float
    low: float
    high: float
    """Ends of its 95 % interval."""
    where: str = "199 requests"


def about(share: float) -> Count:
    """A share of the queries, whose intervals are narrower than what they can mean for other people."""
    return Count(share, max(0.0, share - 0.02), share + 0.02, "9,769 queries")


STATED = {
    "seekers": {
        "year": Count(0.45, 0.38, 0.52), "genres": Count(0.46, 0.39, 0.53), "languages": Count(0.22, 0.17, 0.28),
        "countries": Count(0.18, 0.13, 0.24), "cast": Count(0.045, 0.024, 0.084), "runtime": Count(0.03, 0.01, 0.064),
        "rating": Count(0.02, 0.006, 0.05), "directors": Count(0.0, 0.0, 0.02), "writers": Count(0.0, 0.0, 0.02),
    },
    "fans": {"cast": about(0.47), "genres": about(0.42), "year": about(0.34), "directors": about(0.22)},
}  # fmt: skip
"""Share of openings that state each facet."""
WRONG = {
    "seekers": {
        "year": Count(0.38, 0.35, 0.41, "R, 1,406 decades"), "cast": Count(0.59, 0.51, 0.66, "R, 196 actors"),
        "countries": Count(0.14, 0.05, 0.31, "29"), "genres": Count(0.0, 0.0, 0.05, "67"),
        "languages": Count(0.03, 0.0, 0.17, "31"),
    },
    "fans": {"year": Count(0.07, 0.0, 0.07, "9,769 queries; a wrong year may be of the right decade")},
}  # fmt: skip
"""Share of what is stated that is not so."""
HEDGED = {
    "seekers": {
        "year": Count(0.57, 0.46, 0.66), "genres": Count(0.11, 0.06, 0.19), "languages": Count(0.27, 0.16, 0.42),
        "countries": Count(0.56, 0.40, 0.70), "cast": Count(0.74, 0.66, 0.80, "R, 153 actors"),
    },
    "fans": {"year": about(0.006), "genres": about(0.006), "cast": about(0.006)},
}  # fmt: skip
"""Share of what is stated that is hedged."""
NUMBER = {"seekers": ((0.20, 0.37, 0.30, 0.12), 1.39)}
"""Share of openings that state 0, 1, 2, 3 facets, and the mean."""


class Openings(NamedTuple):
    """What users of one preset stated of each facet."""

    stated: dict[str, float]
    wrong: dict[str, float]
    """Of what was stated about what the catalogue knows."""
    hedged: dict[str, float]
    numbers: np.ndarray
    """(F + 1,) share of openings that state so many facets."""
    rank: float
    """Median place in fame of the names that were stated of the facet `cast`, as a share of all; NaN without one."""
    shared: float
    """Share of the wrong names of `cast` that share a film with a true one; NaN without one."""


def openings(catalogue: str, noise: str | Rates, users: int, seed: int = 0) -> Openings:
    """What simulated users say unasked.

    Args:
        catalogue: a name or path.
        noise: a preset or a TOML file.
        users: how many.
    """
    bank = question_bank(load(catalogue))
    crowd = SimulatedUsers(Population(bank, noise), seed, np.arange(users))
    said = crowd.opening()
    stated, wrong, hedged = {}, {}, {}
    rank = shared = np.nan
    for f, facet in enumerate(bank.catalogue.facets):
        if bank.open_question[f] < 0:
            continue
        who = np.flatnonzero(said[:, f] != SILENT)
        stated[facet.name] = len(who) / users
        options = said[who, f]
        true = _true(facet, crowd.intent[who], options)
        known = np.diff(facet.indptr)[crowd.intent[who]] > 0
        wrong[facet.name] = float(1 - true[known].mean()) if known.any() else np.nan
        hedged[facet.name] = _hedged(bank, crowd, f, who, options)
        if facet.name == "cast":
            place = np.argsort(np.argsort(-facet.mass(bank.catalogue.prior), kind="stable"), kind="stable")
            rank = float((np.median(place[options]) + 1) / len(place))
            shared = _in_one_film(facet, crowd.intent[who][known & ~true], options[known & ~true])
    numbers = np.bincount((said != SILENT).sum(axis=1), minlength=len(bank.catalogue.facets) + 1) / users
    return Openings(stated, wrong, hedged, numbers, rank, shared)


def _true(facet: Facet, intents: np.ndarray, options: np.ndarray) -> np.ndarray:
    """(n,) bool: the option is true of the intent."""
    return np.array([
        o in facet.option_of[facet.indices[facet.indptr[i] : facet.indptr[i + 1]]]
        for i, o in zip(intents, options, strict=True)
    ], dtype=bool)  # fmt: skip


def _hedged(bank: QuestionBank, crowd: SimulatedUsers, f: int, who: np.ndarray, options: np.ndarray) -> float:
    """Share of "probably" among those who say yes to what they stated."""
    facet = bank.catalogue.facets[f]
    value = options
    if facet.kind == "number":  # over the bin before the first of the span
        value = np.searchsorted(facet.option_of, options)
    question = bank.question_of_value[f][value]
    asked = question >= 0
    answers = crowd.answer(question[asked], who[asked])
    yes = answers[answers > 2]
    return float((yes == 3).mean()) if len(yes) else np.nan


def _in_one_film(facet: Facet, intents: np.ndarray, options: np.ndarray) -> float:
    """Share of the options that stand beside a true value in some film."""
    films: dict[int, set[int]] = {}
    for i, v in zip(facet.rows.tolist(), facet.indices.tolist(), strict=True):
        films.setdefault(v, set()).add(i)
    together = []
    for i, o in zip(intents.tolist(), options.tolist(), strict=True):
        true = facet.indices[facet.indptr[i] : facet.indptr[i + 1]].tolist()
        together.append(any(films[o] & films[v] for v in true))
    return float(np.mean(together)) if together else np.nan


def report(name: str, found: Openings) -> list[str]:
    """Lines of the table of one preset."""
    out = [f"{name}: {'facet':12} {'simulated':>9} {'counted':>8}  95 %             of"]
    for title, simulated, counts in (
        ("stated", found.stated, STATED[name]), ("wrong, of those", found.wrong, WRONG[name]),
        ("hedged, of those", found.hedged, HEDGED[name]),
    ):  # fmt: skip
        out.append(f"  {title}")
        for facet, count in counts.items():
            if facet not in simulated:
                continue
            inside = "within" if count.low <= simulated[facet] <= count.high else "OUTSIDE"
            out.append(f"    {facet:14} {simulated[facet]:12.1%} {count.share:8.1%}  "
                       f"[{count.low:.1%}, {count.high:.1%}]".ljust(60) + f"{inside:8} {count.where}")  # fmt: skip
    mean = float((found.numbers * np.arange(len(found.numbers))).sum())
    share = ", ".join(f"{x:.0%}" for x in found.numbers[:4])
    out.append(f"  openings that state 0, 1, 2, 3 facets: {share}; mean {mean:.2f}")
    if name in NUMBER:
        counted, counted_mean = NUMBER[name]
        out.append(f"    counted: {', '.join(f'{x:.0%}' for x in counted)}; mean {counted_mean:.2f}")
    out.append(f"  actors named: half are among the {found.rank:.1%} best known; of the wrong ones {found.shared:.0%} "
               "share a film with a true one")  # fmt: skip
    return out


def main() -> None:
    """Print the tables of both presets."""
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--catalogue", default="movies")
    p.add_argument("--users", type=int, default=20_000)
    given = p.parse_args()
    for name in ("seekers", "fans"):
        print(*report(name, openings(given.catalogue, name, given.users)), sep="\n", end="\n\n")
    print(
        "counted of seekers: half are among the 1.7 % best known; of the wrong ones 62 % share a film with a true one"
    )


if __name__ == "__main__":
    main()
