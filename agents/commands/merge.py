"""`clarigym merge`: files of evaluate's rows that share a run, put together.

Machines that know nothing of one another share a run by `evaluate --first-episode`.  The merged file is the one that a
single run would have written, byte for byte but for what says by which versions it was made.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any

import tyro

from agents.commands.flags import parse
from agents.errors import Exit, InputError
from agents.evaluation.resumable_rows import SHARED_OUT, check_header, read_evaluation, row_line
from agents.evaluation.runner import BATCH
from sim.files import write_atomically


@dataclass(frozen=True, kw_only=True)
class Merge:
    """What to put together."""

    files: Annotated[tuple[str, ...], tyro.conf.Positional]
    """Files of rows of one configuration, in any order."""
    out: str
    """The file to be written; it must not be there yet."""

    def __post_init__(self) -> None:
        if Path(self.out).exists():
            raise InputError(f"{self.out} is there already; name another --out, or delete it")
        if len(set(self.files)) < len(self.files):
            raise InputError("a file is named twice; each holds episodes of its own")


@dataclass(frozen=True)
class Share:
    """One file's part of a run."""

    path: str
    header: dict[str, Any]
    rows: list[dict[str, Any]]

    @property
    def first(self) -> int:
        return int(self.header["config"].get("first_episode", 0))

    @property
    def end(self) -> int:
        return self.first + int(self.header["config"]["episodes"])


def main(arguments: list[str]) -> Exit:
    config = parse(Merge, arguments, "merge", "Files of rows that share a run, put together.")
    shares = sorted((Share(path, *read_evaluation(path)) for path in config.files), key=lambda share: share.first)
    check_shares(shares)
    first, header = shares[0], shares[0].header
    episodes = shares[-1].end - first.first
    header = header | {"config": header["config"] | {"episodes": episodes, "first_episode": first.first}}
    lines = [row_line(header), *(row_line(row) for share in shares for row in share.rows)]
    write_atomically(Path(config.out), "".join(f"{line}\n" for line in lines).encode())
    agents = len({row["agent"] for row in first.rows})
    print(json.dumps({"out": config.out, "files": len(shares), "agents": agents, "first_episode": first.first,
                      "episodes": episodes}))  # fmt: skip
    return Exit.OK


def check_shares(shares: list[Share]) -> None:
    """Raises InputError where files are not of one run, overlap, leave a gap, or are not finished."""
    for share in shares:
        check_header(Path(share.path), share.header, shares[0].header, SHARED_OUT, "merged")
        names = [name.strip() for name in share.header["config"]["agents"].split(",")]
        playing = list(dict.fromkeys(row["agent"] for row in share.rows)) or names
        wanted = {(agent, episode) for agent in playing for episode in range(share.first, share.end)}
        missing = len(wanted - {(row["agent"], row["episode"]) for row in share.rows})
        if missing or len(playing) < len(names) or len(share.rows) != len(wanted):
            raise InputError(f"{share.path} is not finished, {missing} rows are missing; go on with evaluate --resume")
    for one, other in pairwise(shares):
        if other.first != one.end:
            how = "overlap" if other.first < one.end else "leave a gap"
            raise InputError(f"{one.path} has episodes {one.first} to {one.end - 1} and {other.path} those from "
                             f"{other.first} on: they {how}")  # fmt: skip
        if one.end % BATCH:
            raise InputError(f"{one.path} ends at episode {one.end}, which is no multiple of {BATCH}; only the last "
                             "file may")  # fmt: skip
