"""Rows of an evaluation in a file that can be resumed.

JSONL: a header (schema, configuration, catalogue's fingerprint, versions), then one row an episode, in an order that
the configuration fixes.  `agents.evaluation.line_file` says how the lines survive a kill or a full disk.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from agents.errors import MOST_EPISODES, InputError
from agents.evaluation.line_file import LineFile
from sim.files import parse_json, read_bytes

SCHEMA = "clarigym.rows/4"
_WHOLE, _NUMBER, _BOOL = (int, "a whole number"), ((int, float), "a number"), (bool, "true or false")
_NUMBERS = (list, "a list of numbers")
FIELDS: dict[str, tuple[type | tuple[type, ...], str]] = {
    "agent": (str, "a text"), "episode": _WHOLE, "intent": _WHOLE, "guess": _WHOLE, "success": _BOOL,
    "user_left": _BOOL, "questions": _WHOLE, "reward": _NUMBER, "bits": _NUMBER, "nll_nats": _NUMBER,
    "p_guess": _NUMBER, "brier": _NUMBER, "false_answers": _WHOLE,
    "false_turns": _NUMBERS, "truth_bits": _NUMBERS, "entropy_bits": _NUMBERS,
}  # fmt: skip
"""What a row holds: the kind of each field, and its name for people."""
NOT_COMPARED = {"episodes", "noise"}
"""Of the configuration: how long a run is is no part of what it is, and users are compared by their rates."""
SHARED_OUT = {*NOT_COMPARED, "first_episode"}
"""What may differ between files that share a run."""
LARGEST_FIGURE = 1e18
"""Of a row; sums and squares of larger ones overflow."""
WAY_OUT = "delete the line and all after it, then --resume"


class RowFile(LineFile):
    """Appends rows to a file; a context manager that holds its lock.

    Args:
        path: the file.
        header: what its first line must say; `made_with` in it is for people and isn't compared, nor is `NOT_COMPARED`.
        resume: go on with an existing file.

    Raises:
        InputError: the file exists and `resume` is off, or it is of another configuration, or is no file of rows.
        BusyError: another run is writing it.
    """

    def __init__(self, path: str | Path, header: dict[str, Any], resume: bool):
        super().__init__(path, resume, "rows")
        self.rows: list[dict[str, Any]] = []
        """Those that were there already."""
        try:
            self._begin({"schema": SCHEMA} | header)
        except BaseException:
            self.__exit__()
            raise

    def append_rows(self, rows: Sequence[dict[str, Any]]) -> None:
        """Add rows and sync them; all of them or, when the disk refuses, none.

        Raises:
            OSError: the disk refused; the rows before are safe.
        """
        self.append([row_line(row) for row in rows])

    def _begin(self, header: dict[str, Any]) -> None:
        if self.lines:
            check_header(self.path, parse(self.lines[0], self.path, 1), header)
            # A line that was cut and then written on can only be the work of another program: it is reported, not
            # mended.
            self.rows = [parse(line, self.path, number) for number, line in enumerate(self.lines[1:], 2)]
        self.cut(row_line({"schema": SCHEMA})[:-1])
        if not self.lines:  # a new file, or one of a run that was killed within the header
            self.append([row_line(header)])


def row_line(data: dict[str, Any]) -> str:
    """A header or a row as it stands in a file."""
    return json.dumps(data, separators=(",", ":"), ensure_ascii=False)


def check_header(
    path: Path,
    found: dict[str, Any],
    wanted: dict[str, Any],
    may_differ: set[str] = NOT_COMPARED,
    what: str = "resumed",
) -> None:
    """Raises InputError naming what differs."""
    if found.get("schema") != wanted["schema"]:
        raise InputError(f"{path}: its schema is {found.get('schema')!r}, this version writes '{wanted['schema']}'")
    differs = []
    for key in sorted((found.keys() | wanted.keys()) - {"made_with"}):
        a, b = found.get(key), wanted.get(key)
        if key == "rates" and a != b:
            configs = [c if isinstance(c := header.get("config"), dict) else {} for header in (found, wanted)]
            x, y = (config.get("noise") for config in configs)
            differs.append(f"noise ({x!r} there, {y!r} now)" if x != y else f"the rates that {x!r} stands for")
            continue
        if isinstance(a, dict) and isinstance(b, dict):
            pairs = {k: (a.get(k), b.get(k)) for k in sorted((a.keys() | b.keys()) - may_differ)}
        else:
            pairs = {key: (a, b)}
        differs += [f"{k} ({x!r} there, {y!r} now)" for k, (x, y) in pairs.items() if x != y]
    if differs:
        raise InputError(f"{path} can't be {what}, the configuration differs: {'; '.join(differs)}")


def parse(line: bytes, path: Path, number: int) -> dict[str, Any]:
    """One line as an object.

    Raises:
        InputError: it is none.
    """
    data = parse_json(line, f"{path}, line {number}", InputError, f"; {WAY_OUT}")
    if not isinstance(data, dict):
        raise InputError(f"{path}, line {number}: expected an object")
    return data


def read_rows(path: str | Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Header and rows of a file; a last line that a kill cut in half is passed over.

    Raises:
        InputError: it can't be read or is no file of rows.
    """
    data = read_bytes(path, InputError)
    lines = data[: data.rfind(b"\n") + 1].splitlines()
    first = f"{path}, line 1"
    # No word about --resume here: whatever this file is, there is nothing to resume.
    header = parse_json(lines[0], first, InputError, ", so it is no file of evaluate's rows") if lines else None
    if not isinstance(header, dict) or header.get("schema") != SCHEMA:
        raise InputError(f"{first}: no file of evaluate's rows; its first line must have the schema '{SCHEMA}'")
    return header, [parse(line, Path(path), number) for number, line in enumerate(lines[1:], 2)]


def read_evaluation(path: str | Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """As `read_rows`, with the configuration and every row checked for what evaluate writes.

    Raises:
        InputError: as `read_rows`; or the configuration or a field of a row is missing or of the wrong kind, or an
            agent's episode is there twice.
    """
    header, rows = read_rows(path)
    config = header.get("config")
    config = config if isinstance(config, dict) else {}
    counts = config.get("budget"), config.get("users_per_intent", 1)
    if not all(map(_is_count, counts)) or not _fits(config.get("seed"), int):
        raise InputError(f"{path}, line 1: no file of evaluate's rows; its first line must have the configuration")
    check_rows(path, rows)
    seen: set[tuple[str, int]] = set()
    for number, row in enumerate(rows, 2):
        key = row["agent"], row["episode"]
        if key in seen:
            raise InputError(f"{path}, line {number}: {key[0]}, episode {key[1]} for the second time: rows of two runs "
                             "are mixed; keep each in a file of its own")  # fmt: skip
        seen.add(key)
    return header, rows


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MOST_EPISODES


def check_rows(path: str | Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Raises InputError where a field of a row is missing, of the wrong kind or beyond `LARGEST_FIGURE`."""
    for number, row in enumerate(rows, 2):
        where = f"{path}, line {number}"
        if "schema" in row:
            raise InputError(f"{where}: a second header: rows of two runs are mixed; keep each in a file of its own")
        for name, (kinds, what) in FIELDS.items():
            if not _fits(row.get(name), kinds):
                held = f"{name} = {row[name]!r}" if name in row else f"no '{name}'"
                raise InputError(f"{where}: {held}, where a row has {what}; {WAY_OUT}")
        answers = row["questions"] - row["user_left"]
        if len(row["truth_bits"]) != 1 + answers or len(row["entropy_bits"]) != 1 + answers:
            raise InputError(f"{where}: truth_bits and entropy_bits must have {1 + answers} figures, the start and one "
                             f"an answer; {WAY_OUT}")  # fmt: skip
        if not all(0 <= turn <= answers for turn in row["false_turns"]):
            raise InputError(f"{where}: false_turns = {row['false_turns']!r}, beyond the {answers} answers; {WAY_OUT}")


def _fits(value: object, kinds: type | tuple[type, ...]) -> bool:
    if kinds is list:
        return isinstance(value, list) and all(_fits(x, (int, float)) for x in value)
    if not isinstance(value, kinds) or isinstance(value, bool) != (kinds is bool):
        return False
    return not isinstance(value, int | float) or abs(value) <= LARGEST_FIGURE
