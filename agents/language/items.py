"""Intents with text: how well a film's title, year and genres match what somebody tells of it.

A request tells a story that no facet holds.  Its vector and that of an item's text are compared by a learned map, and
the score is a log factor on each intent.  The map is contrasted over all items of the catalogue, for their vectors are
encoded once and cost nothing then; it begins as the plain similarity of both, and is held to it.

The vectors of `movies` ship with the map, in a byte for each of 128 numbers, for encoding 17,060 texts takes minutes.
Those of another catalogue of films are made when first needed and kept in the user's cache.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from agents.learning.embeddings import embed
from sim.catalogue.catalogue import Catalogue
from sim.files import write_atomically

FILE = "item_tower.safetensors"
WIDTH = 128
START = 15.0
"""The scale of similarity at which the map begins."""
FILMS = ("film", "movie")
"""The map was learned on requests for films, and means nothing for other things."""


@dataclass(frozen=True)
class ItemTower:
    """The map, and the items of one catalogue."""

    basis: np.ndarray
    """(D, K) float32: from the encoder's vectors to K numbers."""
    map: np.ndarray
    """(K, K) float32."""
    vectors: np.ndarray
    """(N, K) float32, of the items."""

    def log_factors(self, request: np.ndarray) -> np.ndarray:
        """(N,) a log factor on each intent, of a request's vector (D,)."""
        return (self.vectors @ (self.map.T @ (self.basis.T @ request))).astype(np.float64)


def item_texts(catalogue: Catalogue) -> list[str]:
    """What an item is for the encoder: "Alien (1979). Horror, Sci-Fi film"."""
    facets = {facet.name: facet for facet in catalogue.facets}
    year, genres = facets.get("year"), facets.get("genres")
    out = []
    for i, name in enumerate(catalogue.intents):
        made = (year.row(i) or ("",))[0] if year is not None else ""
        kinds = ", ".join(genres.row(i)) if genres is not None else ""
        out.append(f"{name} ({made}). {kinds} film")
    return out


def key_of(texts: Sequence[str]) -> str:
    h = hashlib.blake2b(digest_size=12)
    for text in texts:
        h.update(text.encode() + b"\0")
    return h.hexdigest()


def principal_axes(vectors: np.ndarray) -> np.ndarray:
    """(D, K): the directions in which the vectors (N, D) are longest."""
    return np.linalg.svd(vectors, full_matrices=False)[2][:WIDTH].T.astype(np.float32)


def in_bytes(vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Vectors (N, K) as int8 and the scale (K,) of each number."""
    scale = np.abs(vectors).max(axis=0) / 127
    return np.rint(vectors / scale).astype(np.int8), scale.astype(np.float32)


def save_tower(folder: Path, encoder: str, basis: np.ndarray, map_: np.ndarray, vectors: np.ndarray, key: str) -> None:
    """Write the file of a folder."""
    from safetensors.numpy import save

    whole, scale = in_bytes(vectors)
    tensors = {"basis": basis.astype(np.float16), "map": map_.astype(np.float16), "items": whole, "scale": scale}
    tensors = {name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()}
    write_atomically(folder / FILE, save(tensors, metadata={"encoder": encoder, "items": key}))


def read_tower(folder: Path, catalogue: Catalogue, encoder: str) -> ItemTower | None:
    """The tower for a catalogue; None where it is not of films or there is no map.

    Raises:
        ValueError: a file that can't be read.
        WordsError: the catalogue's items have to be encoded and there is no such encoder.
    """
    path = folder / FILE
    if catalogue.noun not in FILMS or not path.exists():
        return None
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            kept = file.metadata() or {}
            basis, map_, items, scale = (file.get_tensor(name) for name in ("basis", "map", "items", "scale"))
    except (OSError, SafetensorError) as error:
        raise ValueError(f"{path} can't be read ({error}); clarigym train-language makes it again") from None
    if kept.get("encoder") != encoder:
        return None
    texts = item_texts(catalogue)
    basis = basis.astype(np.float32)
    vectors = items * scale if kept.get("items") == key_of(texts) else embed(texts, encoder) @ basis
    return ItemTower(basis, map_.astype(np.float32), vectors.astype(np.float32))
