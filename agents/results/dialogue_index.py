"""Many dialogues in a few bytes each: where each stands in its file, and what a table says of it.

A file of 100,000 dialogues holds hundreds of megabytes.  It is read piece by piece, so that a first page is there at
once; a dialogue is read as a whole when somebody looks at it.  Rows of `clarigym evaluate` may be given beside the
dialogues: they know where the truth was lost, which else must be worked out.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO, NamedTuple

from agents.errors import InputError
from agents.evaluation.resumable_rows import SCHEMA as ROWS
from agents.evaluation.resumable_rows import read_evaluation
from agents.play.lookback import lost_at
from sim.dialogue import SCHEMA, Dialogue
from sim.files import check_regular, parse_json

OUTCOMES = ("wrong", "left", "none", "found")
"""Worst first: it named another thing, the user left, it named nothing, it found the thing."""
ORDERS = ("worst", "agent", "outcome", "turns", "lost", "episode", "wanted")
UserKey = tuple[str, str, int, int]
"""(fingerprint, hash of rates, seed, episode): which user it was, of which catalogue."""


class Entry(NamedTuple):
    """What a table says of a dialogue, and where it is."""

    file: int
    """Which of the files."""
    offset: int
    """Its first byte there."""
    size: int
    """How many bytes its line has."""
    line: int
    user: UserKey
    agent: str
    outcome: str
    turns: int
    wanted: str
    """The name of the truth."""
    opening: int
    """How many facts the user volunteered."""

    @property
    def episode(self) -> int:
        return self.user[3]


@dataclass(frozen=True, kw_only=True)
class Filter:
    """Which dialogues a table shows; everything that is left open matches."""

    agent: str = ""
    outcome: str = ""
    """One of `OUTCOMES`, or "not found" for all but the last."""
    least_turns: int = 0
    lost: bool = False
    """Those alone in which the truth was lost."""
    text: str = ""
    """Part of the name of the truth or of the agent, in any case."""

    def fits(self, entry: Entry, lost: int | None) -> bool:
        text = self.text.casefold()
        return (
            (not self.agent or entry.agent == self.agent)
            and (not self.outcome or entry.outcome == self.outcome or self._not_found(entry))
            and entry.turns >= self.least_turns
            and (not self.lost or bool(lost))
            and (not text or text in entry.wanted.casefold() or text in entry.agent.casefold())
        )

    def _not_found(self, entry: Entry) -> bool:
        return self.outcome == "not found" and entry.outcome != "found"

    def __str__(self) -> str:
        turns = f"{self.least_turns} turns or more" if self.least_turns else ""
        text = f'"{self.text}"' if self.text else ""
        parts = [self.agent, self.outcome, turns, "truth lost" if self.lost else "", text]
        return ", ".join(filter(None, parts)) or "all"


@dataclass
class DialogueIndex:
    """The dialogues of some files, as far as they have been read.

    Args:
        paths: files of dialogues, and of rows beside them.

    Raises:
        InputError: a file can't be read, holds neither, or is empty; or there are rows and no dialogues.
    """

    paths: Sequence[str]
    entries: list[Entry] = field(default_factory=list, init=False)
    agents: list[str] = field(default_factory=list, init=False)
    """Those met so far."""
    can_look: bool = field(default=True, init=False)
    """Whether beliefs can be worked out for these dialogues, as far as somebody has tried."""
    _of_rows: dict[tuple[UserKey, str], int | None] = field(default_factory=dict, init=False)
    """At which turn the truth of a user and agent was lost, 0 for never; None where two rows disagree."""
    _looked_at: dict[tuple[int, int], int] = field(default_factory=dict, init=False)
    """The same by file and line, of dialogues that were looked at."""

    def __post_init__(self) -> None:
        kinds = {path: kind_of(path) for path in self.paths}
        self.files = [path for path, kind in kinds.items() if kind == SCHEMA]
        self.rows = [path for path, kind in kinds.items() if kind == ROWS]
        if not self.files:
            raise InputError(f"{', '.join(self.rows)}: rows without dialogues; give the file of --dialogues as well")
        self.size = sum(Path(path).stat().st_size for path in self.files)
        self._done = 0
        self._reader = self._read_all()
        self._seen: set[str] = set()
        self._opened: set[int] = set()

    @property
    def share_read(self) -> float:
        """From 0 to 1."""
        return min(1.0, self._done / max(1, self.size))

    def read(self, count: int) -> bool:
        """Read on, so many dialogues; gives whether there are more.

        Raises:
            InputError: a line is no dialogue.
        """
        for _ in range(count):
            entry = next(self._reader, None)
            if entry is None:
                return False
            self.entries.append(entry)
            if entry.opening:
                self._opened.add(entry.file)
            if entry.agent not in self._seen:
                self._seen.add(entry.agent)
                self.agents.append(entry.agent)
        return True

    def _read_all(self) -> Iterator[Entry]:
        for number, path in enumerate(self.files):
            offset = 0
            with open(path, "rb") as file:
                for line_number, line in enumerate(file, 1):
                    if line.endswith(b"\n") and line.strip():  # a kill may have cut the last one
                        where = f"{path}, line {line_number}"
                        yield _entry(line, where)._replace(file=number, offset=offset, size=len(line), line=line_number)
                    offset += len(line)
                    self._done += len(line)

    def read_rows(self) -> None:
        """Take from the rows where truths were lost.

        Raises:
            InputError: a file is no file of rows.
        """
        for path in self.rows:
            header, rows = read_evaluation(path)
            run = str(header.get("fingerprint")), str(header.get("rates_digest")), header["config"]["seed"]
            for row in rows:
                at = lost_at(row["truth_bits"])[0] or 0
                key = (*run, row["episode"]), row["agent"]
                self._of_rows[key] = at if self._of_rows.get(key, at) == at else None

    def lost(self, entry: Entry) -> int | None:
        """The turn at which the truth was lost, 0 for never; None where nobody knows yet.

        Rows go by the belief of the agent who asked; without rows it is the exact belief's, once somebody has looked.
        """
        found = self._of_rows.get((entry.user, entry.agent))
        return self._looked_at.get((entry.file, entry.line)) if found is None else found

    def note_lost(self, entry: Entry, turn: int | None) -> None:
        """Where the truth of a dialogue was lost, now that somebody has looked; None for never."""
        self._looked_at[entry.file, entry.line] = turn or 0

    def dialogue(self, entry: Entry) -> Dialogue:
        """The dialogue as a whole.

        Raises:
            DialogueError: the file has changed meanwhile, or the line has the schema but not its fields.
        """
        path = self.files[entry.file]
        with open(path, "rb") as file:
            file.seek(entry.offset)
            return Dialogue.from_json(file.read(entry.size), f"{path}, line {entry.line}")

    def opened(self, entry: Entry) -> bool:
        """Whether users of its file volunteered facts, as far as it has been read."""
        return entry.file in self._opened

    def chosen(self, wanted: Filter, order: str, backwards: bool = False) -> list[Entry]:
        """The entries that fit, in one of `ORDERS`; those that are equal stay as they stand in the files."""
        fitting = [entry for entry in self.entries if wanted.fits(entry, self.lost(entry))]
        return sorted(fitting, key=self._key(order), reverse=backwards)

    def _key(self, order: str) -> Callable[[Entry], tuple]:
        worse = {outcome: k for k, outcome in enumerate(OUTCOMES)}
        keys: Mapping[str, Callable[[Entry], tuple]] = {
            "worst": lambda e: (worse[e.outcome], -e.turns, e.episode),
            "agent": lambda e: (e.agent, e.episode),
            "outcome": lambda e: (worse[e.outcome],),
            "turns": lambda e: (-e.turns,),
            "lost": lambda e: (-2 if self.lost(e) else -1 if self.lost(e) is None else 0, self.lost(e) or 0),
            "episode": lambda e: (e.episode, e.agent),
            "wanted": lambda e: (e.wanted.casefold(),),
        }
        return keys[order]

    def others(self, entry: Entry) -> list[Entry]:
        """Other dialogues with the same user, as far as they have been read."""
        return [other for other in self.entries if other.user == entry.user and other is not entry]


def kind_of(path: str) -> str:
    """The schema of a file's first line.

    Raises:
        InputError: it has neither of the two.
    """
    check_regular(path, InputError)
    with open(path, "rb") as file:
        line = _first_line(file)
    what = "neither dialogues nor rows"
    if not line:
        raise InputError(f"{path} is empty; rows are written by evaluate --out, dialogues by --dialogues and simulate")
    data = parse_json(line, f"{path}, line 1", InputError, f", so it holds {what}")
    schema = data.get("schema") if isinstance(data, dict) else None
    if schema not in (SCHEMA, ROWS):
        raise InputError(
            f"{path}, line 1: {what}; the schema is {schema!r}, this version reads '{SCHEMA}' and '{ROWS}'"
        )
    return schema


def _first_line(file: BinaryIO) -> bytes:
    return next((line for line in file if line.strip()), b"")


def _entry(line: bytes, where: str) -> Entry:
    data = parse_json(line, where, InputError, "; each line is one dialogue")
    if not isinstance(data, dict) or data.get("schema") != SCHEMA:
        raise InputError(f"{where}: no dialogue of the schema '{SCHEMA}'")
    try:
        outcome = (
            "found" if data["success"] else "left" if data["user_left"] else "wrong" if data["guesses"] else "none"
        )
        user = str(data["fingerprint"]), str(data["rates"]), int(data["seed"]), int(data["episode"])
        turns, opening = len(list(data["turns"])), len(list(data["opening"]))
        wanted, agent = str(data["intent_name"]), str(data["agent"])
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        said = json.dumps(str(error.args[0])) if error.args else "a field"
        raise InputError(f"{where}: no dialogue, {said} is missing or is no such thing") from None
    return Entry(0, 0, 0, 0, user, agent, outcome, turns, wanted, opening)


def with_text(wanted: Filter, typed: str) -> Filter:
    """The filter with what somebody typed: "turns>8", "lost", the name of an outcome, or part of a name.

    >>> str(with_text(Filter(agent="exact"), "turns>8 lost gladi"))
    'exact, 8 turns or more, truth lost, "gladi"'
    """
    out, rest = replace(wanted, least_turns=0, lost=False, text=""), []
    for word in typed.split():
        number = word.removeprefix("turns").lstrip(">=")
        if word.startswith("turns") and number.isdecimal() and len(number) < 6:
            out = replace(out, least_turns=int(number))
        elif word == "lost":
            out = replace(out, lost=True)
        elif word in OUTCOMES:
            out = replace(out, outcome=word)
        else:
            rest.append(word)
    return replace(out, text=" ".join(rest))
