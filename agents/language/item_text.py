"""What an item is for a text tower: a line of text for the encoder, and what its facets say in zeros and ones.

The text names an item with its year and what it is.  What a story tells of a film's kind, time and country is told
better by the values themselves than by a vector of their names, so every value or coarse number that some share of the
catalogue has is a column of its own; and so is how well known an item is, for those who ask with a story ask for what
is hardly known.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

from sim.catalogue.catalogue import Catalogue, Facet

LEAST_MASS = 0.02
"""Prior mass from which on a value has a column of its own."""
MOST_VALUES = 40
"""Facets of more values are named in an item's text by their first ones only where they are few in a row."""
FIRST = 4
"""Values of a facet that are named in an item's text."""
KNOWN = "well known"
"""The columns of how well known an item is: the log prior, standardised, and its square."""
FILMS = ("film", "movie")


def item_texts(catalogue: Catalogue) -> list[str]:
    """What each item is for the encoder: "Alien (1979). Horror, Sci-Fi film", "jif (peanut butter). ..."."""
    if catalogue.noun in FILMS:
        return _film_texts(catalogue)
    named = [f for f in catalogue.facets if f.kind in ("one", "many") and len(f.values) > 1]
    flags = [f for f in catalogue.facets if f.kind == "flag"]
    out = []
    for i, name in enumerate(catalogue.intents):
        said = [", ".join(f.row(i)[:FIRST]) for f in named if f.row(i)]
        said += [f.wording.noun for f in flags if f.row(i) == ("yes",)][:MOST_VALUES]
        out.append(f"{name} ({catalogue.noun}). {'; '.join(said)}".rstrip(" "))
    return out


def _film_texts(catalogue: Catalogue) -> list[str]:
    facets = {facet.name: facet for facet in catalogue.facets}
    year, genres = facets.get("year"), facets.get("genres")
    out = []
    for i, name in enumerate(catalogue.intents):
        made = (year.row(i) or ("",))[0] if year is not None else ""
        kinds = ", ".join(genres.row(i)) if genres is not None else ""
        out.append(f"{name} ({made}). {kinds} film")
    return out


def key_of(texts: Sequence[str]) -> str:
    """A hash of the texts."""
    h = hashlib.blake2b(digest_size=12)
    for text in texts:
        h.update(text.encode() + b"\0")
    return h.hexdigest()


def column_names(catalogue: Catalogue) -> list[str]:
    """The columns that a catalogue offers: "genres=Horror" and so on, how well known it is last."""
    out = []
    for facet in catalogue.facets:
        mass = np.bincount(
            facet.option_of[facet.indices], catalogue.prior[facet.rows], minlength=max(1, len(facet.options))
        )
        out += [f"{facet.name}={facet.options[o]}" for o in np.flatnonzero(mass >= LEAST_MASS)]
    return [*out, KNOWN, f"{KNOWN}, squared"]


def item_columns(catalogue: Catalogue, names: Sequence[str]) -> np.ndarray:
    """(N, P) float32: the columns of the given names, centred; what the catalogue does not have is 0.

    >>> from sim import load
    >>> item_columns(load("toy"), ["cuisine=Italian", "no such"]).shape
    (8, 2)
    """
    out = np.zeros((len(catalogue), len(names)), dtype=np.float64)
    facets = {facet.name: facet for facet in catalogue.facets}
    log_prior = np.log(catalogue.prior)
    spread = float(log_prior.std()) or 1.0
    known = (log_prior - log_prior.mean()) / spread
    for k, name in enumerate(names):
        facet, _, option = name.partition("=")
        if facet in facets:
            out[:, k] = _has(facets[facet], option)
        elif name.startswith(KNOWN):
            out[:, k] = known**2 if name != KNOWN else known
    return (out - out.mean(axis=0)).astype(np.float32)


def _has(facet: Facet, option: str) -> np.ndarray:
    """(N,) whether each intent has an option."""
    out = np.zeros(facet.intents)
    if option in facet.options:
        inside = facet.option_of[facet.indices] == facet.options.index(option)
        out[facet.rows[inside]] = 1.0
    return out
