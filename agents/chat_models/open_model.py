"""`open_model`: the language model that a name means."""

from __future__ import annotations

from functools import lru_cache

from agents.chat_models.chat_model import ChatModel
from agents.chat_models.config import ChatModelConfig, is_endpoint
from agents.chat_models.endpoint import Endpoint
from agents.chat_models.local_model import LocalModel


@lru_cache(maxsize=2)
def _opened(model: str, temperature: float, batch: int) -> ChatModel:
    if is_endpoint(model):
        return Endpoint(model, temperature, batch)
    return LocalModel(model, temperature, batch)


def open_model(config: ChatModelConfig) -> ChatModel:
    """The model that is meant; kept, for loading weights takes seconds.

    Raises:
        InputError: none is named, there is no such model, it has no tokenizer or no chat template, or a URL that is
            none.
    """
    return _opened(config.named, config.temperature, config.batch)
