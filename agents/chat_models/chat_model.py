"""`ChatModel`: what every language model can do, wherever it runs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

Message = dict[str, str]
"""`role` (system, user or assistant) and `content`, as OpenAI's chat completions have them."""
Chat = Sequence[Message]
LONGEST_REPLY = 2_000
"""Characters of a reply that are kept."""
_THOUGHT = re.compile(r"^.*</think>", re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class ChatReply:
    """What a model said."""

    text: str = ""
    """Printable, in one or several lines."""
    tokens: int = 0
    """Tokens that were read and written for it."""
    trouble: str = ""
    """Why there is no reply, as the end of a sentence; empty where there is one."""


class ChatModel(Protocol):
    """A language model that continues chats."""

    name: str

    def replies(self, chats: Sequence[Chat], seeds: Sequence[int], tokens: int, seconds: float) -> list[ChatReply]:
        """The replies to several chats.  What goes wrong is told in the reply; nothing is raised.

        Args:
            seeds: one a chat, for draws of tokens.
            tokens: the most that a reply may have.
            seconds: how long all of them may take together; an answer that is late is trouble.
        """
        ...


def said(text: object) -> str:
    """A model's text as it may be shown: bounded, without thoughts and control characters.

    >>> said("<think>hm</think>Is it red?\\x1b[31m")
    'Is it red?[31m'
    """
    if not isinstance(text, str):
        return ""
    text = _THOUGHT.sub("", text[: 50 * LONGEST_REPLY])[:LONGEST_REPLY]
    return "".join(c for c in text.replace("\r", "\n") if c.isprintable() or c == "\n").strip()
