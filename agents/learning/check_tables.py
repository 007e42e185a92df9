"""What the tables of a checkpoint must be: shapes that fit together, and numbers that mean what they are taken for.

A table may have the right shape and be absurd: counts for chances, logits, another table by mistake.  Beliefs from it
would be NaN or worse, look like beliefs.  So a checkpoint is checked when it is read, before anybody plays by it.

F facets, T types, S = 2 states, A = 5 answers, G - 1 later stages.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain

import numpy as np

from agents.learning.confusable import KNOTS, WEIGHTS, P
from agents.learning.residual_tokens import KINDS
from sim.belief.evidence import WIDTH
from sim.catalogue.catalogue import Catalogue
from sim.channel.channel import CHANGING

OF_FACETS = (*CHANGING, "unrecalled", "opening", "recognition", "absence", "salience", "kernel")
"""Tables that have a row for each facet."""
SHAPES: Mapping[str, tuple[str | int, ...]] = {
    "shares": ("T",),
    "forgotten": ("F", "T"),
    "unrecalled": ("F", "T"),
    "muddled": ("F", "T"),
    "yesno": ("F", "T", 2, 2, WIDTH),
    "yesno_forgotten": ("F", "T", WIDTH),
    "silent": ("F", "T", 2),
    "slip": ("F", "T"),
    "guess": ("F", "T"),
    "opening": ("F", "T"),
    "recognition": ("F", len(KNOTS)),
    "absence": ("F", len(KNOTS)),
    "salience": ("F",),
    "kernel": ("F", WEIGHTS),
}
DISTRIBUTIONS = ("shares", "yesno", "yesno_forgotten")
"""Tables whose last axis sums to 1."""
LEAST = 1e-20
"""No chance may be closer to 0: products of many would vanish."""
LARGEST_WEIGHT, LARGEST_EXPONENT, LARGEST_OF_RESIDUAL = 1e4, 100.0, 1e6
"""Of features of a confusion, of fame in what comes to mind, and of a residual's vectors."""


def wrong_with(tables: Mapping[str, np.ndarray], catalogue: Catalogue | None) -> str:
    """What makes tables unfit to serve, as the end of a sentence; nothing where they are fit."""
    missing = set(SHAPES) - set(tables)
    if missing:
        return f"lacks {', '.join(sorted(missing))}"
    if any(x.dtype.kind not in "fiu" or not np.isfinite(x).all() for x in tables.values()):
        return "holds numbers that are not finite"
    if catalogue is not None and any(len(np.atleast_1d(tables[name])) != len(catalogue.facets) for name in OF_FACETS):
        return f"is not of the {len(catalogue.facets)} facets of '{catalogue.name}'"
    # Lazily: what comes later takes shapes for right that come earlier.
    problems = chain(
        _of_rates(tables), _of_stages(tables), _of_words(tables, catalogue), _of_residual(tables, catalogue)
    )  # fmt: skip
    return next(problems, "")


def _of_rates(tables: Mapping[str, np.ndarray]) -> Iterator[str]:
    sizes = {"F": len(np.atleast_1d(tables["opening"])), "T": len(np.atleast_1d(tables["shares"]))}
    for name, shape in SHAPES.items():
        yield from _of_table(name, tables[name], tuple(sizes[n] if isinstance(n, str) else n for n in shape))


def _of_table(name: str, x: np.ndarray, shape: tuple[int, ...]) -> Iterator[str]:
    """`name` may have the prefix of later stages."""
    kind = name.removeprefix("later.")
    if x.shape != shape or not x.size:
        yield f"has {name} of shape {x.shape}, expected {shape}"
    elif x.dtype.kind != "f":
        yield f"has whole numbers for {name}"
    elif kind == "salience":
        if np.abs(x).max() > LARGEST_EXPONENT:
            yield f"has salience of {x[np.abs(x).argmax()]:.3g}; exponents of fame are near 1"
    elif kind == "kernel":
        yield from _of_kernel(x)
    elif not LEAST <= x.min() <= x.max() <= 1:
        yield f"has {name} from {x.min():.3g} to {x.max():.3g}, which are no chances"
    elif kind in DISTRIBUTIONS:
        if np.abs(x.sum(axis=-1) - 1).max() > 1e-3:
            yield f"has {name} that don't sum to 1"
    elif x.max() > 1 - 1e-9:
        yield f"has {name} of 1; nobody is that sure to err"


def _of_kernel(x: np.ndarray) -> Iterator[str]:
    weights, ends = x[:, :P], x[:, P:]
    if np.abs(weights).max() > LARGEST_WEIGHT:
        yield f"has weights of confusions up to {np.abs(weights).max():.3g}, which are none"
    elif not LEAST <= ends.min() <= ends.max() <= 1 or np.abs(ends.sum(axis=1) - 1).max() > 1e-3:
        yield "has ends of confusions that are no chances"


def _of_stages(tables: Mapping[str, np.ndarray]) -> Iterator[str]:
    later = {name for name in tables if name.startswith("later.")}
    if not later:
        return
    turns = tables.get("later.turns", np.empty(0))
    whole = turns.ndim == 1 and len(turns) and turns.dtype.kind in "iu"
    rising = whole and turns[0] >= 1 and (np.diff(turns) > 0).all()
    if not rising or later != {"later.turns", *(f"later.{name}" for name in CHANGING)}:
        yield "has later stages that don't follow one another"
        return
    for name in CHANGING:
        yield from _of_table(f"later.{name}", tables[f"later.{name}"], (len(turns), *tables[name].shape))


def _of_words(tables: Mapping[str, np.ndarray], catalogue: Catalogue | None) -> Iterator[str]:
    known = None if catalogue is None else {f"words.{f}" for f in range(len(catalogue.facets))}
    for name, x in tables.items():
        if name.startswith("words."):
            if (known is not None and name not in known) or x.ndim != 1 or x.dtype.kind != "f":
                yield f"has {name}, which is of no facet"
            elif np.abs(x).max(initial=0.0) > 1.01:
                yield f"has {name} that are no cosines"


def _of_residual(tables: Mapping[str, np.ndarray], catalogue: Catalogue | None) -> Iterator[str]:
    own = {name.removeprefix("residual."): x for name, x in tables.items() if name.startswith("residual.")}
    if not own:
        return
    facets = len(tables["opening"])
    width, hidden = own["inner"].shape if "inner" in own and own["inner"].ndim == 2 else (0, 0)
    values = None if catalogue is None else sum(len(facet.values) for facet in catalogue.facets) + 1
    shapes = {
        "values": (values, width), "scale": (facets * KINDS, width), "bias": (facets * KINDS, width),
        "inner": (width, hidden), "inner_bias": (hidden,), "outer": (hidden, width), "item": (width, width),
    }  # fmt: skip
    for name, shape in shapes.items():
        x = own.get(name)
        fits = x is not None and x.ndim == len(shape) and all(n in (None, m) for n, m in zip(shape, x.shape))
        if x is None or not fits or x.dtype.kind != "f" or not np.abs(x).max(initial=0.0) <= LARGEST_OF_RESIDUAL:
            yield "has a residual that is none of this version's"
            return
