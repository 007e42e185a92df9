"""Options that name a language model, shared by the commands in which one may play."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agents.chat_models.config import MODEL_VARIABLE, WAY_OUT, ChatModelConfig, check_prompts
from agents.errors import InputError, printable
from agents.strategies.registry import asks_a_model


@dataclass(frozen=True, kw_only=True)
class ModelFlags:
    """Which language model plays, and how much it may cost."""

    model: str = ""
    """The language model of llm agents: a folder, hub id, .gguf file, smollm2, or an endpoint's URL (and #model);
    empty for that of the environment variable CLARIGYM_MODEL."""
    model_tokens: int = ChatModelConfig.tokens
    """Tokens that it may read and write in one dialogue."""
    model_seconds: float = ChatModelConfig.seconds
    """Seconds that it may take in one dialogue."""
    model_patience: float = ChatModelConfig.patience
    """Seconds that one reply of it may take."""
    model_temperature: float = ChatModelConfig.temperature
    """0 takes its likeliest tokens; above, tokens are drawn by the dialogue's seed."""
    model_batch: int = ChatModelConfig.batch
    """Dialogues in one call of a local model, or requests to an endpoint at a time."""
    prompts: str = ""
    """A file to which prompts and replies are appended, JSON lines."""

    def check_model(self, names: Sequence[str]) -> None:
        """That a model is named where an agent asks one, and that somebody asks the one that is named.

        Raises:
            InputError: neither is so, or a budget or the log can't be used.
        """
        asks = any(asks_a_model(name) for name in names)
        if self.model and not asks and not any(":" in name for name in names):
            others = ", ".join(names)
            raise InputError(f"--model {printable(self.model)} is asked by llm agents alone, not by {others}; "
                             "name llm, llm-words or llm-proposes")  # fmt: skip
        if asks and not self.model:
            given = os.environ.get(MODEL_VARIABLE, "").strip()
            if not given:
                raise InputError(f"an llm agent needs a language model; {WAY_OUT}")
            object.__setattr__(self, "model", given)  # frozen for everybody else; a file of rows tells it
        self.language_model()
        check_prompts(self.prompts)

    def language_model(self, model: str = "") -> ChatModelConfig:
        """The model with its budgets; another model with the same ones where it is named."""
        return ChatModelConfig(
            model=model or self.model, tokens=self.model_tokens, seconds=self.model_seconds,
            patience=self.model_patience, temperature=self.model_temperature, batch=self.model_batch,
            prompts=self.prompts,
        )  # fmt: skip


WORDS = (
    ("replies", "reply", "replies"),
    ("tokens", "token", "tokens"),
    ("told", "reply that could not be used", "replies that could not be used"),
    ("fallbacks", "turn without the model", "turns without the model"),
    ("trouble", "call that failed", "calls that failed"),
    ("over_budget", "turn beyond the budget", "turns beyond the budget"),
    ("contradictions", "answer against the memory, replaced", "answers against the memory, replaced"),
    ("unread", "answer that could not be read, replaced", "answers that could not be read, replaced"),
    ("withheld", "time not knowing what the memory holds", "times not knowing what the memory holds"),
)
"""Counts in the order in which they are told, with their words for one and for several."""


def counts_sentence(who: str, counts: Mapping[str, int]) -> str:
    """What a model did, in one sentence; "" where it did nothing.

    >>> counts_sentence("llm", {"replies": 9, "tokens": 4120, "told": 2, "fallbacks": 1})
    'llm: 9 replies, 4,120 tokens, 2 replies that could not be used, 1 turn without the model'
    """
    parts: list[Any] = []
    for key, one, many in WORDS:
        if n := counts.get(key, 0):
            parts.append(f"{n:,} {one if n == 1 else many}")
    return f"{who}: {', '.join(parts)}" if parts else ""
