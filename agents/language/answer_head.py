"""What a reply answers: a linear head on a sentence's vector and its cues, contrasted over the five answers.

Two heads are kept: one that sees vectors and cues, and one of cues alone for where there is no encoder.  Beside each
stands one that says whether a text is about something else.  All are a few thousand numbers in one file, and numpy
suffices to use them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from agents.language.cues import CUES, cue_features
from sim.files import write_atomically
from sim.questions import OVER, QuestionBank

FILE = "answer_head.safetensors"
SPREAD = 3.0
"""Vectors of unit length are multiplied by this, so that they weigh about as much as cues."""
DIRECTED = ("more", "less")
"""Cues that say yes or no to a question on a number."""


def head_features(text: str, over: bool, below: bool = False) -> np.ndarray:
    """(C,) the cues of a reply, and those of amount once more where a number is asked about.

    Args:
        over: it was asked whether a number is over a threshold.
        below: whether it is below one, so that "less" says yes.
    """
    cues = cue_features(text)
    places = [list(CUES).index(name) for name in DIRECTED]
    if below:
        cues[places] = cues[places[::-1]]
        over = True
    return np.concatenate([cues, cues[places] * over]).astype(np.float32)


def is_over(bank: QuestionBank, question: int) -> bool:
    """Whether a question asks if a number is over a threshold."""
    return question >= 0 and int(bank.kind[question]) == OVER


@dataclass(frozen=True)
class LinearHead:
    """Weights of a head."""

    weight: np.ndarray
    """(K, D) float32."""
    bias: np.ndarray
    """(K,) float32."""

    def logits(self, features: np.ndarray) -> np.ndarray:
        """(n, K) of (n, D)."""
        return features @ self.weight.T + self.bias


@dataclass(frozen=True)
class AnswerHeads:
    """What a folder of weights holds."""

    with_vectors: LinearHead
    cues_only: LinearHead
    off_topic: LinearHead
    off_topic_cues: LinearHead
    encoder: str
    """The model whose vectors it was trained on."""

    def answer(self, cues: np.ndarray, vectors: np.ndarray | None) -> np.ndarray:
        """(n, 5) probabilities of the answers, from no to yes.

        Args:
            cues: (n, C).
            vectors: (n, D) of the encoder; None reads by cues alone.
        """
        logits = (self.cues_only.logits(cues) if vectors is None
                  else self.with_vectors.logits(joined(cues, vectors)))  # fmt: skip
        p = np.exp(logits - logits.max(axis=1, keepdims=True))
        return p / p.sum(axis=1, keepdims=True)

    def off(self, cues: np.ndarray, vectors: np.ndarray | None) -> np.ndarray:
        """(n,) the probability that a text is about something else."""
        logits = (self.off_topic_cues.logits(cues) if vectors is None
                  else self.off_topic.logits(joined(cues, vectors)))  # fmt: skip
        return 1.0 / (1.0 + np.exp(-np.clip(logits[:, 0], -30, 30)))


def joined(cues: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """(n, D + C) what a head on both sees."""
    return np.concatenate([SPREAD * vectors, cues], axis=1)


HEADS = ("with_vectors", "cues_only", "off_topic", "off_topic_cues")


def save_heads(folder: Path, heads: AnswerHeads) -> None:
    """Write the file of a folder."""
    tensors = {f"{name}.{part}": np.ascontiguousarray(getattr(getattr(heads, name), part), dtype=np.float32)
               for name in HEADS for part in ("weight", "bias")}  # fmt: skip
    from safetensors.numpy import save

    # The order of a file's metadata is not fixed, so there is one entry.
    kept = {"encoder": heads.encoder, "cues": list(CUES)}
    write_atomically(folder / FILE, save(tensors, metadata={"heads": json.dumps(kept)}))


def read_heads(folder: Path) -> AnswerHeads:
    """The heads of a folder.

    Raises:
        ValueError: it holds none, or some that were trained on other cues.
    """
    from safetensors import SafetensorError, safe_open

    path = folder / FILE
    try:
        with safe_open(path, framework="numpy") as file:
            kept = json.loads((file.metadata() or {}).get("heads", "{}"))
            parts = {
                name: LinearHead(file.get_tensor(f"{name}.weight"), file.get_tensor(f"{name}.bias")) for name in HEADS
            }
    except (OSError, SafetensorError, ValueError) as error:
        raise ValueError(f"{path} can't be read ({error}); clarigym train-language makes it again") from None
    if kept.get("cues") != list(CUES):
        raise ValueError(f"{path} was trained on other cues; clarigym train-language makes it again")
    return AnswerHeads(**parts, encoder=kept.get("encoder", ""))
