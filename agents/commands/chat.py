"""`clarigym chat`: a conversation in a terminal or a pipe, one line at a time.

An opening sentence, then a question and a free reply, and so on, up to a guess.  stdout has what is said, or with
`--json` one JSON object a turn: one at the start and one for each line.  The conversation is `agents.play.chat`.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from agents.commands.entrance import complain, nobody_reads
from agents.commands.flags import parse
from agents.errors import Exit, check_seed
from sim.questions import Questions

if TYPE_CHECKING:
    from agents.play.chat import Chat, ChatTurn

LONGEST_LINE = 1 << 20
"""Characters of a line that are taken; the rest of a longer one is passed over."""


@dataclass(frozen=True, kw_only=True)
class ChatOptions:
    """With whom to talk, and about what."""

    catalogue: str = "famous"
    """A built-in catalogue or a CSV, Parquet or JSONL file."""
    agent: str = "exact"
    """Who asks."""
    noise: str = "people"
    """How people are taken to err: a preset or a TOML file."""
    questions: Questions = "mixed"
    """Which questions it may ask."""
    budget: int = 20
    """Questions at most."""
    encoder: str = "minilm"
    """The text encoder: minilm, a folder, a hub id, or none."""
    save: str = ""
    """A folder to keep the dialogue in; empty keeps none."""
    seed: int = 0
    """For agents that draw."""
    json: bool = False
    """One JSON object a turn."""

    def __post_init__(self) -> None:
        check_seed(self.seed)


def main(arguments: list[str]) -> Exit:
    config = parse(ChatOptions, arguments, "chat", "Tell an agent what you are looking for, in your own words.")
    talk(_chat(config), config, sys.stdin, sys.stdout)
    return Exit.OK


def _chat(config: ChatOptions) -> Chat:
    """Load all that is needed, which takes seconds."""
    from agents.commands.console import console
    from agents.play.views import Setup

    setup = Setup(catalogue=config.catalogue, agent=config.agent, noise=config.noise, questions=config.questions,
                  budget=config.budget, seed=config.seed)  # fmt: skip
    with console(stderr=True).status("loading the catalogue and what understands sentences") as status:
        from agents.play.chat import Chat
        from agents.play.listener import SentenceListener
        from agents.play.mind import load_world

        world = load_world(setup)

        def tell(done: int, of: int) -> None:
            status.update(f"{done:,} of {of:,} texts of the catalogue are encoded, once on this machine")

        listener = SentenceListener(world, "" if config.encoder == "none" else config.encoder, tell)
    for note in (world.note, listener.note):
        if note:
            complain("clarigym", note)
    return Chat(world, listener)


def talk(chat: Chat, config: ChatOptions, source: TextIO, sink: TextIO) -> None:
    """Talk until it is over, the input ends or nobody reads."""
    from agents.play.chat import QUIT
    from agents.play.conversation import Conversation

    plain = Conversation(source, sink, lambda: not nobody_reads())
    prompts = not config.json and source.isatty() and sink.isatty()

    def tell(turn: ChatTurn) -> None:
        if config.json:
            print(json.dumps(turn.to_json()), file=sink, flush=True)
        else:
            for sentence in turn.say:
                plain.say(sentence)
        if prompts and turn.awaits != "nothing":
            print("> ", end="", file=sink, flush=True)

    tell(chat.begin())
    for line in _lines(source):
        if line.strip().lower() in QUIT:
            break
        tell(chat.hear(line))
        if chat.over or not plain.heard():
            break
    if not chat.over and not config.json:
        plain.say("Goodbye.")
    if config.save and chat.session.now.log.steps:
        from agents.play.saves import Saver

        _, sentence = Saver(Path(config.save)).save(chat.record(), 1)
        complain("clarigym", f"the dialogue: {sentence}")


def _lines(source: TextIO) -> Iterator[str]:
    """Line by line without their ends; of one that is too long its beginning."""
    if isinstance(source, io.TextIOWrapper):
        source.reconfigure(encoding="utf-8", errors="replace")
    while line := source.readline(LONGEST_LINE):
        rest = line
        while not rest.endswith("\n") and len(rest) == LONGEST_LINE:
            rest = source.readline(LONGEST_LINE)
        yield line.rstrip("\r\n")
