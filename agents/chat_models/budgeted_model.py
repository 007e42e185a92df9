"""`BudgetedModel`: a chat model in B dialogues at once, within each one's budgets, and a log of what it was asked.

Whatever goes wrong ends in no reply, and whoever asks has a way to go on without one.  It is said once on stderr.
After `MOST_FAILURES` troubles in a row the model is left in peace until new dialogues begin, so that an endpoint that
is down costs a bounded time.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections import Counter
from collections.abc import Sequence

import numpy as np

from agents.chat_models.chat_model import Chat, ChatModel, ChatReply
from agents.chat_models.config import ChatModelConfig, check_prompts
from agents.chat_models.open_model import open_model
from agents.errors import printable
from sim.numeric.randomness import extend

MOST_FAILURES = 3
"""Calls in a row that may fail."""


class BudgetedModel:
    """Asks a model for replies in B dialogues.

    Args:
        config: the model and its budgets.
        speaker: for the log: who the model stands for.
        model: one that is open already.

    Raises:
        InputError: the model or the log can't be used.
    """

    def __init__(self, config: ChatModelConfig, speaker: str, model: ChatModel | None = None) -> None:
        check_prompts(config.prompts)
        self.config, self.speaker = config, speaker
        self.model = open_model(config) if model is None else model
        self.counts: Counter[str] = Counter()
        """What happened so far, over all dialogues: `replies`, `tokens`, `trouble`, `over_budget`; its owner adds to
        it."""
        self._told = False
        self.reset(np.zeros(0, dtype=np.uint64))

    def reset(self, seeds: np.ndarray) -> None:
        """Begin B dialogues; `seeds` (B,) uint64."""
        self.seeds = np.asarray(seeds, dtype=np.uint64)
        self.tokens = np.zeros(len(seeds), dtype=np.int64)
        """(B,) tokens used."""
        self.seconds = np.zeros(len(seeds))
        """(B,) seconds used."""
        self._calls = np.zeros(len(seeds), dtype=np.int64)
        self._failures = 0

    def ask(self, rows: Sequence[int], chats: Sequence[Chat], reply_tokens: int | None = None) -> list[str]:
        """The replies in the dialogues `rows`, each with its chat; "" where there is none.

        A dialogue whose budget is spent is not asked.
        """
        out = [""] * len(rows)
        if self._failures >= MOST_FAILURES:
            return out
        within = [k for k, b in enumerate(rows) if self._left(b)]
        self.counts["over_budget"] += len(rows) - len(within)
        if not within:
            return out
        chosen = np.array([rows[k] for k in within])
        draws = extend(self.seeds[chosen], self._calls[chosen])
        self._calls[chosen] += 1
        begun = time.monotonic()
        limit = min(self.config.patience * (1 + (len(within) - 1) // self.config.batch),
                    float((self.config.seconds - self.seconds[chosen]).sum()))  # fmt: skip
        replies = self.model.replies(
            [chats[k] for k in within], draws.tolist(), reply_tokens or self.config.reply_tokens, limit
        )
        self.seconds[chosen] += (time.monotonic() - begun) / len(within)
        for k, reply in zip(within, replies, strict=True):
            self.tokens[rows[k]] += reply.tokens
            self._count(reply)
            self._log(rows[k], chats[k], reply)
            out[k] = reply.text
        return out

    def _left(self, row: int) -> bool:
        return bool(self.tokens[row] < self.config.tokens and self.seconds[row] < self.config.seconds)

    def _count(self, reply: ChatReply) -> None:
        self.counts["tokens"] += reply.tokens
        if not reply.trouble:
            self.counts["replies"] += 1
            self._failures = 0
            return
        self.counts["trouble"] += 1
        self._failures += 1
        if not self._told:
            self._told = True
            print(f"clarigym: {printable(reply.trouble)}; dialogues go on without it", file=sys.stderr, flush=True)

    def _log(self, row: int, chat: Chat, reply: ChatReply) -> None:
        """One line, in one write, so that several processes may share a file."""
        if not self.config.prompts:
            return
        line = {
            "model": self.model.name, "speaker": self.speaker, "dialogue": f"{int(self.seeds[row]):016x}",
            "call": int(self._calls[row]), "messages": list(chat), "reply": reply.text, "tokens": reply.tokens,
        }  # fmt: skip
        line |= {"trouble": reply.trouble} if reply.trouble else {}
        file = os.open(self.config.prompts, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            os.write(file, (json.dumps(line, ensure_ascii=False) + "\n").encode(errors="replace"))
        finally:
            os.close(file)
