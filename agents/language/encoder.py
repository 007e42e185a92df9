"""The text encoder: sentences as vectors, by any transformers model; the default comes in the extra `language`.

What an answer says is read from the middle of the network and from its end: the last of MiniLM's six layers was trained
to forget "not" and "I think" in favour of what a sentence is about, the third has not, and on unseen wordings a head on
both is right more often than on either (docs/language.md has the figures).

The model is loaded when it is first needed, some seconds; load it where nobody waits.  torch runs in one thread, for a
reply is too short to share.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np

from agents.learning.embeddings import DEFAULT, load_words_model, mean_vectors, model_folder

LONGEST = 64
"""Tokens of a reply."""
LONGEST_REQUEST = 192
"""Tokens of a request."""
BATCH = 128
DEPTHS = (1 / 2, 1.0)
"""How deep in the network answers are read."""
_ONE_THREAD = threading.Lock()


class Encoder:
    """Sentences to vectors.

    Args:
        model: "minilm", a local folder, or a hub id.

    Raises:
        WordsError: there is no such model; the message says which and the way out.
    """

    def __init__(self, model: str = DEFAULT) -> None:
        self.model = model
        self.folder = model_folder(model)
        self._loaded: tuple[Any, Any] | None = None

    def load(self) -> None:
        """Load the weights, if that has not been done."""
        if self._loaded is None:
            with _ONE_THREAD:
                self._loaded = load_words_model(self.folder)

    def vectors(self, texts: Sequence[str]) -> np.ndarray:
        """(n, 2 D) float32, of two layers, the same for a text whatever stands beside it but for rounding."""
        return self._means(texts, DEPTHS, LONGEST)

    def meanings(self, texts: Sequence[str]) -> np.ndarray:
        """(n, D) float32 of unit length, of what long texts are about: the last layer, as items are encoded."""
        return self._means(texts, (1.0,), LONGEST_REQUEST)

    def _means(self, texts: Sequence[str], depths: Sequence[float], longest: int) -> np.ndarray:
        self.load()
        assert self._loaded is not None
        return mean_vectors(texts, *self._loaded, BATCH, longest, depths)
