"""Intents with text: how well an item's text matches what somebody tells of it.

A request tells a story that no facet holds.  Its vector and an item's vector are compared, and the score is a log
factor on each intent.  There are two towers:

- `ItemTower`, here, learned (`agents.language.fit_tower`): a map from the request's vector to the item's, whose columns
  are the principal axes of its text's vector and what its facets say (`agents.language.item_text`).  It was learned on
  requests for films and serves catalogues of films that have no free text.  It knows a story from a short opening and
  is silent on the latter: who tells a story seeks what is hardly known, and who names two facts does not.
- `PlainTower` (`agents.language.plain_tower`) for every other catalogue: the cosine of what patterns don't read with an
  item's text, times a calibrated scale.

The vectors of `movies` ship with the map, in a byte for each of 128 numbers, for encoding 17,060 texts takes minutes.
Those of another catalogue are made when first needed and kept in the user's cache.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from agents.language.item_text import FILMS, item_columns, item_texts, key_of
from agents.learning.embeddings import embed
from sim.catalogue.catalogue import Catalogue
from sim.files import write_atomically

FILE = "item_tower.safetensors"
WIDTH = 128
TENSORS = ("basis", "map", "bias", "items", "scale", "story", "story_bias")


@dataclass(frozen=True, eq=False)
class TowerMap:
    """What is learned."""

    basis: np.ndarray
    """(D, K) float32: from the encoder's vectors to K numbers."""
    map: np.ndarray
    """(K, K + P) float32: from a request's numbers to weights of an item's."""
    bias: np.ndarray
    """(K + P,) float32: the weights that every story has."""
    story: np.ndarray
    """(D,) float32: the direction in which stories differ from openings that state facts."""
    story_bias: float
    trust: float
    """How far patterns are believed beside the match: both see the same words."""
    columns: tuple[str, ...]
    """(P,) names of the columns behind the text's K."""

    def tells_a_story(self, request: np.ndarray) -> bool:
        """Whether a request's vector (D,) is that of a story."""
        return float(request @ self.story) + self.story_bias > 0

    def weights(self, requests: np.ndarray) -> np.ndarray:
        """(..., K + P) of requests' vectors (..., D)."""
        return (requests @ self.basis) @ self.map + self.bias


@dataclass(frozen=True, eq=False)
class ItemTower:
    """The map, and the items of one catalogue."""

    learned: TowerMap
    vectors: np.ndarray
    """(N, K + P) float32, of the items."""

    @property
    def trust(self) -> float:
        return self.learned.trust

    def log_factors(self, request: np.ndarray, surely: bool = False) -> np.ndarray | None:
        """(N,) a log factor on each intent, of a request's vector (D,); None where it tells no story.

        Args:
            surely: it tells one, whatever its vector is like.
        """
        if not (surely or self.learned.tells_a_story(request)):
            return None
        return (self.vectors @ self.learned.weights(request)).astype(np.float64)


def principal_axes(vectors: np.ndarray) -> np.ndarray:
    """(D, K): the directions in which the vectors (N, D) are longest."""
    return np.linalg.svd(vectors, full_matrices=False)[2][:WIDTH].T.astype(np.float32)


def in_bytes(vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Vectors (N, K) as int8 and the scale (K,) of each number."""
    scale = np.maximum(np.abs(vectors).max(axis=0), 1e-12) / 127
    return np.rint(vectors / scale).astype(np.int8), scale.astype(np.float32)


def save_tower(folder: Path, encoder: str, learned: TowerMap, items: np.ndarray, key: str) -> None:
    """Write the file of a folder.

    Args:
        items: (N, K) the text's numbers of each item.
        key: the hash of the items' texts.
    """
    from safetensors.numpy import save

    whole, scale = in_bytes(items)
    tensors = {
        "basis": learned.basis.astype(np.float16), "map": learned.map.astype(np.float16),
        "bias": learned.bias.astype(np.float32), "items": whole, "scale": scale,
        "story": learned.story.astype(np.float32), "story_bias": np.array([learned.story_bias], np.float32),
    }  # fmt: skip
    tensors = {name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()}
    # The order of a file's metadata is not fixed, so there is one entry.
    kept = {"encoder": encoder, "items": key, "trust": round(learned.trust, 4), "columns": learned.columns}
    write_atomically(folder / FILE, save(tensors, metadata={"tower": json.dumps(kept)}))


def read_tower(folder: Path, catalogue: Catalogue, encoder: str) -> ItemTower | None:
    """The tower for a catalogue; None where it is not of films, has free texts, or there is no map.

    Raises:
        ValueError: a file that can't be read.
        WordsError: the catalogue's items have to be encoded and there is no such encoder.
    """
    path = folder / FILE
    if catalogue.noun not in FILMS or catalogue.texts or not path.exists():
        return None
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            kept = json.loads((file.metadata() or {})["tower"])
            found = {name: file.get_tensor(name) for name in TENSORS}
    except (OSError, SafetensorError, KeyError, ValueError) as error:
        raise ValueError(f"{path} can't be read ({error}); clarigym train-language makes it again") from None
    if kept["encoder"] != encoder:
        return None
    as_float = {name: found[name].astype(np.float32) for name in ("basis", "map", "bias", "story")}
    learned = TowerMap(**as_float, story_bias=float(found["story_bias"][0]), trust=float(kept["trust"]),
                       columns=tuple(kept["columns"]))  # fmt: skip
    texts = item_texts(catalogue)
    ready = kept["items"] == key_of(texts)
    items = found["items"] * found["scale"] if ready else embed(texts, encoder) @ learned.basis
    return ItemTower(learned, item_vectors(catalogue, items, learned.columns))


def item_vectors(catalogue: Catalogue, items: np.ndarray, columns: tuple[str, ...]) -> np.ndarray:
    """(N, K + P) float32: the text's numbers (N, K) beside the columns of the facets."""
    return np.concatenate([items.astype(np.float32), item_columns(catalogue, columns)], axis=1)
