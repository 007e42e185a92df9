"""Fits how strongly what was read is believed (`agents.language.strengths`): a logistic model of "this was said".

Three kinds of evidence, each weighing alike: utterances of the grammar, whose meaning is known; queries in which people
marked what names an actor, a director, a genre or a year; and requests of people who were told the film later.  Of the
last only what is true is known, and people misremember, so a fact that was said is taken to be true as often as
`TRUE_IF_SAID` says, and one that was not as often as the prior does.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from agents.language.corpus import Said
from agents.language.strengths import ASSUMED, FEATURES, GROUPS, HOWS, Strengths
from sim.catalogue.catalogue import Facet
from sim.mentions.candidates import Candidate, CandidateFinder
from sim.mentions.tokens import readable
from sim.phrasing.roles import role_of
from sim.questions import OPEN

TRUE_IF_SAID = {"year": 0.62, "genre": 0.97, "cast": 0.41, "director": 0.5, "writer": 0.5, "country": 0.86,
                "language": 0.97}  # fmt: skip
"""Share of what people state that is so, by role: counted on 199 and 4,659 requests (sim/data/movies.toml); directors
and writers are assumed."""
OTHER = 0.8
SPANS = {"cast": "Actor", "director": "Director", "genre": "Genre", "country": "Genre", "language": "Genre",
         "year": "Year", "writer": "Origin"}  # fmt: skip
"""Which marked spans of a query make a fact of such a facet right."""
FOLDS = 5
"""Text of people is held out in so many parts."""
NO_FOLD = -1
PULL = 0.02
"""How strongly the weights are held to what was assumed."""
STEPS = 200


class StrengthEvidence(NamedTuple):
    """One candidate, and how likely it was right if it was said and if it was not."""

    how: str
    signs: frozenset[str]
    if_said: float
    if_not: float
    fold: int = NO_FOLD
    weight: float = 1.0


def from_grammar(finders: dict[str, CandidateFinder], said: Iterable[Said]) -> list[StrengthEvidence]:
    """What is read in simulated utterances: said or not said is known."""
    out = []
    for utterance, bank in said:
        finder = finders[bank.catalogue.name]
        about = int(bank.facet[utterance.question]) if utterance.question >= 0 else -1
        meant = {(int(bank.facet[f.question]), f.answer - 1 if bank.kind[f.question] == OPEN else 1)
                 for f in utterance.facts}  # fmt: skip
        for c in finder.find(readable(utterance.text), about):
            if not c.negated and not (
                utterance.question >= 0 and c.facet == about and bank.kind[utterance.question] != OPEN
            ):
                was = any(f == c.facet and _holds(c, bank.catalogue.facets[f], option) for f, option in meant)
                out.append(StrengthEvidence(c.how, c.signs, float(was), float(not was)))
    return out


def _holds(candidate: Candidate, facet: Facet, option: int) -> bool:
    """Whether an option is what a candidate says first of all."""
    if candidate.number is None:
        return int(facet.option_of[candidate.meanings[0].option]) == option
    return facet.lower is not None and any(
        r.low <= x < r.high or r.low == x for x in facet.lower[facet.option_of == option].tolist()
        for r in candidate.number.ranges
    )  # fmt: skip


def from_queries(finder: CandidateFinder, path: Path) -> list[StrengthEvidence]:
    """What is read in queries whose words people have marked."""
    out = []
    for line, row in lines_of(path):
        spans = _placed(row["text"], row["spans"])
        for c in finder.find(readable(row["text"])):
            wanted = SPANS.get(role_of(finder.bank.catalogue.facets[c.facet]))
            if wanted is not None and not c.negated:
                was = any(kind == wanted and c.start < end and start < c.end for kind, start, end in spans)
                out.append(StrengthEvidence(c.how, c.signs, float(was), float(not was), line % FOLDS))
    return out


def _placed(text: str, spans: Sequence[Sequence[str]]) -> list[tuple[str, int, int]]:
    found = [(kind, text.find(words), len(words)) for kind, words in spans]
    return [(kind, at, at + n) for kind, at, n in found if at >= 0]


def from_requests(finder: CandidateFinder, path: Path) -> list[StrengthEvidence]:
    """What is read in requests of people to whom the film was told."""
    catalogue = finder.bank.catalogue
    row_of = {id_: i for i, id_ in enumerate(catalogue.ids)}
    out = []
    for line, row in lines_of(path):
        intent = row_of.get(str(row["film"]))
        if intent is None:
            continue
        for c in finder.find(readable(row["text"])):
            facet = catalogue.facets[c.facet]
            values = facet.indices[facet.indptr[intent] : facet.indptr[intent + 1]]
            if c.negated or not len(values):
                continue
            true = any(_holds(c, facet, int(facet.option_of[v])) for v in values)
            p_true = TRUE_IF_SAID.get(role_of(facet), OTHER)
            chance = min(0.9, _chance(c, facet, catalogue.prior))
            pair = (p_true, chance) if true else (1 - p_true, 1 - chance)
            out.append(StrengthEvidence(c.how, c.signs, *pair, line % FOLDS))
    return out


def _chance(c: Candidate, facet: Facet, prior: np.ndarray) -> float:
    mass = facet.mass(prior)
    if c.number is None:
        return float(mass[c.meanings[0].option])
    assert facet.lower is not None
    inside = np.zeros(len(mass), dtype=bool)
    for r in c.number.ranges:
        inside |= (facet.lower >= r.low) & (facet.lower < max(r.high, r.low + 1e-9))
    return float(mass[inside].sum())


def lines_of(path: Path) -> Iterable[tuple[int, dict]]:
    """The lines of a file and their numbers; line k is in fold k % `FOLDS`."""
    with open(path, encoding="utf-8") as file:
        yield from enumerate(map(json.loads, file))


def held_out_strengths(sources: Sequence[Sequence[StrengthEvidence]]) -> list[Strengths]:
    """For each fold the strengths that are fitted to all text but that fold's."""
    return [fit_strengths([[e for e in source if e.fold != k] for source in sources])[0] for k in range(FOLDS)]


def fit_strengths(sources: Sequence[Sequence[StrengthEvidence]]) -> tuple[Strengths, float]:
    """The weights, and the mean log-likelihood in nats of what was right."""
    rows = [e._replace(weight=1.0 / len(source)) for source in sources for e in source]
    groups = sorted(set(GROUPS.values()))
    x = np.zeros((len(rows), len(HOWS) + len(groups) * len(FEATURES)))
    for k, e in enumerate(rows):
        x[k, HOWS.index(e.how)] = 1.0
        base = len(HOWS) + groups.index(GROUPS[e.how]) * len(FEATURES)
        for sign in e.signs & set(FEATURES):
            x[k, base + FEATURES.index(sign)] = 1.0
    start = np.array([ASSUMED.bias.get(how, 0.0) for how in HOWS]
                     + [ASSUMED.weights.get(g, {}).get(sign, 0.0) for g in groups for sign in FEATURES])  # fmt: skip
    weight = torch.tensor([e.weight for e in rows], dtype=torch.float64)
    weight /= weight.sum()
    yes, no = (torch.tensor([getattr(e, part) for e in rows], dtype=torch.float64) for part in ("if_said", "if_not"))
    design, origin = torch.tensor(x), torch.tensor(start)
    theta = origin.clone().requires_grad_(True)
    optimiser = torch.optim.LBFGS([theta], max_iter=STEPS, line_search_fn="strong_wolfe")

    def likelihood() -> torch.Tensor:
        p = torch.sigmoid(design @ theta)
        return (weight * torch.log(p * yes + (1 - p) * no + 1e-6)).sum()

    def loss() -> torch.Tensor:
        optimiser.zero_grad()
        out = -likelihood() + PULL / math.sqrt(len(sources)) * ((theta - origin) ** 2).mean()
        out.backward()
        return out

    optimiser.step(loss)  # pyright: ignore[reportArgumentType]
    fitted = theta.detach().numpy()
    bias = {how: round(float(fitted[k]), 3) for k, how in enumerate(HOWS)}
    weights = {
        g: {sign: round(float(fitted[len(HOWS) + i * len(FEATURES) + j]), 3) for j, sign in enumerate(FEATURES)}
        for i, g in enumerate(groups)
    }
    return Strengths(bias, weights), float(likelihood().detach())
