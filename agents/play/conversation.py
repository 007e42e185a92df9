"""A person at the other end of two streams: what is said to him, what he answers, and which name he means.

Whatever is printed makes sense when it is read aloud.  An entry that is not surely understood is asked about or
refused, and a refusal does not read like an answer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TextIO

from agents.play.search import Hit, Index, fold
from sim.answers import ANSWER_KEYS, ANSWERS

HELP = (
    ", ".join(f"{key} {name}" for key, name in reversed(list(zip(ANSWER_KEYS, ANSWERS, strict=True))))
    + "; a number for an option; or type a name, in quotes where it is also a command. "
    "u undo, s skip, g guess now, t what I think, q quit, ? help."
)


TELLING = 4
"""Letters from which on the only sure name is taken, where others are merely similar."""


class PersonQuits(Exception):
    """The person quits, or the input has ended."""


class Conversation:
    """A person at the other end of two streams."""

    def __init__(self, source: TextIO, sink: TextIO, heard: Callable[[], bool]):
        self.source, self.sink, self.heard = source, sink, heard

    def say(self, text: str = "") -> None:
        print("".join(c if c.isprintable() else " " for c in text), file=self.sink, flush=True)

    def hear(self, prompt: str) -> str:
        """A line without its ends.

        Raises:
            PersonQuits: the input has ended, nobody reads any more, or "q".
        """
        print(prompt, end=" ", file=self.sink, flush=True)
        line = self.source.readline() if self.heard() else ""
        if not line:
            self.say()
            raise PersonQuits
        text = line.strip()
        if text.lower() in ("q", "quit", "exit"):
            raise PersonQuits
        if text.lower() in ("?", "help"):
            self.say(HELP)
            return self.hear(prompt)
        return text

    def refuse(self, text: str, why: str) -> None:
        """An entry that was not taken; said such that it can't be heard as an answer."""
        self.say(f"Not taken: '{text}' {why}.")

    def find(self, index: Index, text: str) -> Hit | None:
        """The name that is meant; asks back where several may be, or the only one is not quite what was typed."""
        text = text.strip("\"'“”") or text
        hits = index.find(text, 9)
        if not hits:
            self.refuse(text, "is like no name here; try another spelling, or ? for help")
            return None
        if fold(hits[0].label) == fold(text):
            return hits[0]
        if hits[0].sure and (len(hits) == 1 or (len(text) >= TELLING and not any(hit.sure for hit in hits[1:]))):
            self.say(f"  {hits[0].label}")
            return hits[0]
        for number, hit in enumerate(hits, 1):
            self.say(f"  {number} {hit.label}")
        choice = self.hear("Which one? A number, or nothing for none of them:")
        return hits[int(choice) - 1] if choice.isdigit() and 1 <= int(choice) <= len(hits) else None
