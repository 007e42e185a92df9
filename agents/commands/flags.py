"""Flags from dataclasses: what the commands share of reading their options."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import io
import itertools
import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import tyro

from agents.commands.config_file import with_config_file
from agents.errors import HelpGiven, InputError

Config = TypeVar("Config")
NARROWEST = 40
"""Columns; in a few, tyro breaks lines for ever."""
WIDE = 100_000
"""Columns: no sentence is longer."""


def parse(kind: type[Config], arguments: list[str], command: str, description: str) -> Config:
    """The configuration that the flags give, and the file of `--config`.

    Raises:
        HelpGiven: --help was given, and the help has been printed.
        InputError: the flags are wrong, or a field's own check says so.
    """
    arguments = with_config_file(kind, arguments, command)
    description = f"{description}  --config FILE.toml holds any of these options; the command line wins."
    options: tuple[Any, ...] = (tyro.conf.FlagCreatePairsOff,)
    read = functools.partial(
        tyro.cli, kind, args=arguments, prog=f"clarigym {command}", description=description, config=options
    )
    try:
        width = max(NARROWEST, shutil.get_terminal_size().columns)
        with _columns(width), contextlib.redirect_stderr(io.StringIO()):
            return read()
    except SystemExit as leave:
        sys.stdout.flush()
        if not leave.code:
            raise HelpGiven from None
    said = _sentence(_box(read)) + _with_commas(kind, arguments)
    raise InputError(f"{said} (clarigym {command} --help lists the options)")


def _with_commas(kind: type[Any], arguments: list[str]) -> str:
    """How to write a list that was given with spaces between, where there is one."""
    for field in dataclasses.fields(kind):
        option = f"--{field.name.replace('_', '-')}"
        if isinstance(field.default, str) and "," in field.default and option in arguments:
            given = list(itertools.takewhile(lambda x: x[:1] != "-", arguments[arguments.index(option) + 1 :]))
            if len(given) > 1:
                return f"; with commas between: {option} {','.join(x.strip(',') for x in given)}"
    return ""


def _box(read: Callable[[], object]) -> str:
    """What tyro says of flags that it refuses, drawn alike in every terminal and locale: in ASCII, no line broken."""
    said = io.StringIO()
    elsewhere = contextlib.redirect_stdout(io.StringIO())
    with _columns(WIDE), contextlib.redirect_stderr(said), elsewhere, contextlib.suppress(SystemExit):
        read()
    return said.getvalue()


@contextlib.contextmanager
def _columns(width: int) -> Iterator[None]:
    """Within it the terminal is taken to be so wide."""
    before = os.environ.get("COLUMNS")
    os.environ["COLUMNS"] = str(width)
    try:
        yield
    finally:
        os.environ.pop("COLUMNS")
        if before is not None:
            os.environ["COLUMNS"] = before


def _sentence(box: str) -> str:
    """What tyro says in a box, as one sentence without the box.

    >>> _sentence(" Value error\\n -----\\n  Error parsing Watch: budget = 0\\n  -----\\n  For full helptext, see x\\n")
    'budget = 0'
    """
    lines = [line.strip() for line in box.splitlines()]
    lines = [line for line in lines if line]
    rules = [k for k, line in enumerate(lines) if not line.strip("-")]
    body = lines[rules[0] + 1 : rules[1]] if len(rules) > 1 else lines
    text = " ".join(body)
    after = lines[rules[1] + 1 :] if len(rules) > 1 else []
    if len(after) > 1 and after[0].startswith("Perhaps you meant"):
        text += f"; did you mean {after[1].split()[0]}?"
    parsing = re.match(r"Error parsing (\S+?): (.*)", text)
    if parsing is None:
        return text or "the options can't be read"
    return parsing[2] if not parsing[1].startswith("-") else f"{parsing[1]}: {parsing[2]}"
