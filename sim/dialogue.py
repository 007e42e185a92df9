"""Dialogues as data: what was asked, what was said, what was guessed, and, once it is over, the truth.

A file is JSONL, one dialogue a line, in the versioned schema "clarigym.dialogue/2" (docs/dialogues.md is its
reference).  Ids are what programs read; the texts beside them make a file readable, and are not read back as truth: a
reader with the catalogue at hand checks its fingerprint and rebuilds the words.  The noise is named, and a hash of its
rates tells users of one name apart; the rates themselves are not told, for a learner must not see them.  Reading is
strict, because a log that is half understood trains a wrong belief.  A dialogue in words has one field more: `heard`,
where a person typed sentences, `speech`, where a simulated user spoke.  One without words is written as it always was.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeVar, get_origin

from sim.files import check_regular, parse_json
from sim.names.fields import FieldType, field_types
from sim.phrasing.spoken import SpokenTurn, Talkers
from sim.phrasing.unasked import Unasked
from sim.phrasing.voice import SpeechVocabulary
from sim.users.corruption import Corruption
from sim.users.memory import Population
from sim.users.simulated import SimulatedUsers

SCHEMA = "clarigym.dialogue/2"
"""What each line says it is."""
MAY_LACK = ("heard", "speech")
"""Fields that a line may lack, and does where they are empty."""


class DialogueError(ValueError):
    """A file that is no log of dialogues; the message gives the line, what is wrong and the way out."""


@dataclass(frozen=True, kw_only=True)
class Turn:
    """One question and its answer."""

    question: int
    """Question id in the bank."""
    answer: int
    """Answer id; -1 when the user left instead of answering."""
    question_text: str = ""
    answer_text: str = ""
    eig_bits: float | None = None
    """What the asker expected to learn, bits; None where it didn't say."""


@dataclass(frozen=True, kw_only=True)
class Guess:
    """One naming of an intent."""

    intent: int
    right: bool
    after: int
    """How many questions had been asked."""
    name: str = ""


@dataclass(frozen=True, kw_only=True)
class HeardMeaning:
    """One thing that a sentence may have said, see `sim.belief.virtual_evidence`."""

    part: int
    """Meanings of one part exclude each other."""
    likelihood: float
    questions: tuple[int, ...]
    answers: tuple[int, ...]
    """The answers to these questions, in their order."""


@dataclass(frozen=True, kw_only=True)
class HeardChip:
    """One part of a sentence in words: what it was understood to say."""

    part: int
    """Its meanings' part; -1 for the match of the whole with each intent's text."""
    label: str
    """ "genre: western"."""
    hedged: bool
    probability: float
    """How surely it was said."""


@dataclass(frozen=True, kw_only=True)
class HeardWords:
    """A sentence that somebody typed, with the evidence that it was taken for."""

    after: int
    """How many questions had been answered."""
    question: int
    """The question that it answers, -1 for none."""
    answer: int
    """The likeliest answer to it, -1 for none."""
    text: str
    opening: bool
    """It opened the dialogue."""
    meanings: tuple[HeardMeaning, ...]
    """What was taken back is not among them."""
    chips: tuple[HeardChip, ...]
    items: str
    """A log factor on each intent, base64 of little-endian float16; empty for none."""


@dataclass(frozen=True, kw_only=True)
class Dialogue:
    """One ended dialogue."""

    catalogue: str
    """The catalogue's name."""
    fingerprint: str
    """`Catalogue.fingerprint`, so that ids are never read against other data."""
    questions: str
    """The kind of bank: yesno, open or mixed."""
    max_questions: int | None
    """The cap on the bank that question ids refer to; None for all questions."""
    budget: int
    noise: str
    """The preset's name."""
    rates: str
    """`Rates.digest` of the users; empty where a person answered."""
    agent: str
    """Who asked."""
    seed: int
    episode: int
    opening: tuple[Turn, ...]
    """What the user volunteered, as answers to open questions."""
    turns: tuple[Turn, ...]
    guesses: tuple[Guess, ...]
    intent: int
    """The truth."""
    intent_name: str
    success: bool
    user_left: bool
    corruptions: tuple[Corruption, ...]
    heard: tuple[HeardWords, ...] = ()
    """Sentences that were typed in place of keys, in their order."""
    speech: tuple[SpokenTurn, ...] = ()
    """The dialogue in words, the opening first where there was one; empty where nobody spoke."""

    def to_json(self) -> str:
        """One line of JSON without the line's end; the same dialogue gives the same bytes."""
        data = {"schema": SCHEMA} | asdict(self)
        data = {name: value for name, value in data.items() if value or name not in MAY_LACK}
        return json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)

    def said(self, turn: int) -> str:
        """What the user said at a turn, from 1, or in the opening, 0; empty where nobody spoke."""
        opened = bool(self.speech) and self.speech[0].question < 0
        place = turn if opened else turn - 1
        return self.speech[place].text if 0 <= place < len(self.speech) else ""

    def in_words(
        self, vocabulary: SpeechVocabulary, opening: bool | None = None, population: Population | None = None
    ) -> Dialogue:
        """The same dialogue with what was said, in words.

        Args:
            vocabulary: the words for the bank that the dialogue's ids refer to.
            opening: whether the user opened it, saying perhaps nothing; None: where something was volunteered.
            population: the users, among whom this one remembers what it adds behind its answers; None: nothing is
                added.

        Raises:
            ValueError: the population has other rates than this user.
        """
        unasked = None
        if population is not None:
            if population.rates.digest != self.rates:
                raise ValueError(f"episode {self.episode} is of a user with other rates than these")
            unasked = Unasked(SimulatedUsers(population, self.seed, self.episode, intents=[self.intent]))
        talkers = Talkers(vocabulary, self.seed, self.episode, unasked)
        speech = []
        if self.opening if opening is None else opening:
            speech.append(talkers.opening([(turn.question, turn.answer) for turn in self.opening]))
        speech += [talkers.turn(turn.question, turn.answer) for turn in self.turns]
        return replace(self, speech=tuple(speech))

    @staticmethod
    def from_json(text: str | bytes, where: str = "dialogue") -> Dialogue:
        """The inverse of `to_json`.

        Raises:
            DialogueError: not JSON, another schema, a field missing, unknown or of the wrong type.
        """
        data = parse_json(text, where, DialogueError, "; each line is one object")
        if not isinstance(data, dict):
            raise DialogueError(f"{where}: a JSON {type(data).__name__}, expected an object with a schema")
        schema = data.pop("schema", None)
        if schema != SCHEMA:
            raise DialogueError(f"{where}: schema is {schema!r}, this version reads '{SCHEMA}'")
        return _read(Dialogue, data, where)


def write_dialogues(path: str | Path, dialogues: Iterable[Dialogue], *, append: bool = False) -> int:
    """Write dialogues a line each, UTF-8; returns how many."""
    count = 0
    with open(path, "a" if append else "w", encoding="utf-8", newline="\n") as file:
        for dialogue in dialogues:
            file.write(dialogue.to_json() + "\n")
            count += 1
    return count


def read_dialogues(path: str | Path) -> Iterator[Dialogue]:
    """The dialogues of a file, one by one; blank lines are passed over.

    Raises:
        DialogueError: the file can't be read, or a line is no dialogue; the message gives the line.
    """
    check_regular(path, DialogueError)
    try:
        with open(path, encoding="utf-8") as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield Dialogue.from_json(line, f"{path}, line {number}")
    except OSError as error:
        raise DialogueError(f"cannot read {path}: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise DialogueError(f"{path} is not UTF-8 (byte {error.start}); save it as UTF-8") from None


Record = TypeVar("Record")


def _read(kind: type[Record], data: Mapping[str, object], where: str) -> Record:
    """An instance of the dataclass `kind` from a JSON object, every field checked."""
    known = field_types(kind)
    for name in data:
        if name not in known:
            raise DialogueError(f"{where}: unknown field '{name}' (the schema has {', '.join(known)})")
    out = {}
    for name, type_ in known.items():
        if name not in data:
            if name in MAY_LACK:
                continue
            raise DialogueError(f"{where}: field '{name}' is missing")
        out[name] = _field(type_, data[name], f"{where}, field '{name}'")
    return kind(**out)


def _field(type_: FieldType, value: Any, where: str) -> object:
    """The value of one field, lists as tuples and objects as dataclasses."""
    if not type_.allows(value):
        raise DialogueError(f"{where} {_misfit(type_, value)}")
    if type_.record is not None:
        return tuple(_read(type_.record, x, f"{where}[{k}]") for k, x in enumerate(value))
    return tuple(value) if type_.is_list else value


def _misfit(type_: FieldType, value: object) -> str:
    """What is wrong with a value."""
    if type_.is_list:
        return f"must be {type_.words}"
    verb = "is" if get_origin(type_.hint) is Literal else "must be"
    return f"is {value!r}; it {verb} {type_.words}{' or null' * type_.or_none}"
