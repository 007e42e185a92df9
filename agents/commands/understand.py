"""`clarigym understand`: what people's sentences say of a catalogue, as JSON lines in and out.

A line in is `{"text", "question"?, "intent"?}`: the question that was answered, by id or in anybody's words, and the
intent that is sought, by id or by name, where it is known.  A line out has `answer`, `facts` and `off_topic` as
`agents.language.reading` has them, the five intents of highest belief as `top`, and with an intent `gain_bits`, by how
much more probable it has become, and its `rank`.  Every line in gives one line out, at once; one that can't be used
gives `{"error"}`.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, TextIO

from agents.commands.entrance import complain, nobody_reads
from agents.commands.flags import parse
from agents.commands.progress import encoding_progress
from agents.errors import Exit, InputError
from sim.names.did_you_mean import did_you_mean

if TYPE_CHECKING:
    from agents.language.asked import AskedQuestion
    from agents.language.reader import Reader
    from envs.text.question_matcher import QuestionMatcher
    from sim.posterior.exact import ChannelPosterior

LONGEST_LINE = 1 << 20
"""Characters of a line that are read; what is longer is no line for this."""
TOP = 5
FIELDS = ("text", "question", "intent")


@dataclass(frozen=True, kw_only=True)
class Understand:
    """What to understand."""

    catalogue: str = "movies"
    """A built-in catalogue or a CSV, Parquet or JSONL file."""
    file: str = "-"
    """The lines to read; - for standard input."""
    encoder: str = "minilm"
    """The text encoder: minilm, a folder, a hub id, or none."""
    weights: str = ""
    """A folder that train-language made; empty for the weights that ship."""
    noise: str = "people"
    """How users are taken to err: a preset or a TOML file."""


class LineError(ValueError):
    """A line that can't be used."""


def main(arguments: list[str]) -> Exit:
    config = parse(Understand, arguments, "understand", "What people's sentences say of a catalogue, JSON lines.")
    from agents.setting import make_setting
    from envs.rules import Rules

    with _source(config.file) as source:
        setting = make_setting(config.catalogue, "mixed", config.noise, Rules())
        reader = _reader(config, setting.bank)
        listener = LineReader(reader, setting.posterior())
        for line in _lines(source):
            print(json.dumps(listener.heard(line)), flush=True)
            if nobody_reads():
                break
    return Exit.OK


def _source(name: str) -> Any:
    if name == "-":
        if isinstance(sys.stdin, io.TextIOWrapper):
            sys.stdin.reconfigure(encoding="utf-8", errors="replace")
        return nullcontext(sys.stdin)
    from sim.files import check_regular

    check_regular(name, InputError)
    try:
        return open(name, encoding="utf-8", errors="replace")
    except OSError as error:
        raise InputError(f"cannot read {name}: {error.strerror or error}") from None


def _reader(config: Understand, bank: Any) -> Reader:
    from pathlib import Path

    import torch

    from agents.language.reader import Reader

    torch.set_num_threads(1)  # a reply is too short to share
    encoder = "" if config.encoder == "none" else config.encoder
    reader = Reader(bank, encoder, Path(config.weights) if config.weights else None)
    if reader.note:
        complain("clarigym", reader.note)
    with encoding_progress() as tell:
        reader.warm(tell)
    return reader


def _lines(source: TextIO) -> Iterator[str | None]:
    """Line by line; None for one that is too long, the rest of which is passed over."""
    while line := source.readline(LONGEST_LINE):
        if len(line) < LONGEST_LINE or line.endswith("\n"):
            yield line
            continue
        while (rest := source.readline(LONGEST_LINE)) and not rest.endswith("\n"):
            pass
        yield None


class LineReader:
    """Answers lines about one catalogue."""

    def __init__(self, reader: Reader, posterior: ChannelPosterior) -> None:
        self.reader, self.posterior = reader, posterior
        self.bank = reader.bank
        self.catalogue = self.bank.catalogue
        self.posterior.reset(1)

    def heard(self, line: str | None) -> dict[str, Any]:
        """What one line gives, an object of JSON."""
        try:
            text, question, intent = self._asked(line)
        except LineError as error:
            return {"error": str(error)}
        from agents.language.belief import hear

        reading = self.reader.read(text, question)
        if not isinstance(question, int):
            reading = replace(reading, notes=(*reading.notes, question.note(self.bank)))
        belief = hear(self.posterior, reading).belief
        out = reading.to_json(self.bank)
        order = (-belief).argsort(kind="stable")[:TOP].tolist()
        out["top"] = [{"intent": self.catalogue.ids[i], "name": self.catalogue.intents[i],
                       "p": round(float(belief[i]), 6)} for i in order]  # fmt: skip
        if intent >= 0:
            out |= self._about(belief, intent)
        return out

    def _about(self, belief: Any, intent: int) -> dict[str, Any]:
        import numpy as np

        with np.errstate(divide="ignore"):
            gain = np.log2(belief[intent]) - np.log2(self.catalogue.prior[intent])
        # Equally likely intents share a rank: rounding must not part them.
        ahead = belief > belief[intent] * (1 + 1e-9)
        return {"gain_bits": round(float(gain), 4) + 0.0 if np.isfinite(gain) else None,
                "rank": 1 + int(ahead.sum())}  # fmt: skip

    def _asked(self, line: str | None) -> tuple[str, int | AskedQuestion, int]:
        """(text, question or -1, intent or -1).

        Raises:
            LineError: a line that can't be used.
        """
        if line is None:
            raise LineError(f"the line is longer than {LONGEST_LINE:,} characters")
        try:
            data = json.loads(line)
        except (ValueError, RecursionError):
            raise LineError('no JSON; a line is {"text": "...", "question": ..., "intent": ...}') from None
        if not isinstance(data, dict) or not isinstance(data.get("text"), str):
            raise LineError('a line is an object with a "text" that is a string')
        for name in data:
            if name not in FIELDS:
                raise LineError(f"unknown field '{name}'{did_you_mean(name, FIELDS)} (fields: {', '.join(FIELDS)})")
        question, intent = data.get("question"), data.get("intent")
        return (data["text"], -1 if question is None else self._question(question),
                -1 if intent is None else self._intent(intent))  # fmt: skip

    def _question(self, given: object) -> int | AskedQuestion:
        if isinstance(given, int) and not isinstance(given, bool):
            if not 0 <= given < len(self.bank):
                raise LineError(f"no question {given}; they are 0 to {len(self.bank) - 1}")
            return given
        if not isinstance(given, str):
            raise LineError("a question is given by its id or its text")
        if not given.strip():
            raise LineError("the question is empty; leave it out where none was asked")
        from agents.language.asked import asked_in_own_words

        return asked_in_own_words(self._matcher, given)

    @cached_property
    def _matcher(self) -> QuestionMatcher:
        from envs.text.question_matcher import QuestionMatcher

        return QuestionMatcher(self.bank)

    def _intent(self, given: object) -> int:
        ids = self._row_of
        text = str(given)
        if isinstance(given, bool) or not isinstance(given, int | str):
            raise LineError("an intent is given by its id or its name")
        if text in ids:
            return ids[text]
        named = [i for i, name in enumerate(self.catalogue.intents) if name.casefold() == text.casefold()]
        if not named:
            raise LineError(f"no intent '{text[:200]}' in catalogue '{self.catalogue.name}'")
        if len(named) > 1:
            raise LineError(
                f"'{text}' names {len(named)}; give an id: {', '.join(self.catalogue.ids[i] for i in named)}"
            )
        return named[0]

    @property
    def _row_of(self) -> dict[str, int]:
        if not hasattr(self, "_ids"):
            self._ids = {id_: i for i, id_ in enumerate(self.catalogue.ids)}
        return self._ids
