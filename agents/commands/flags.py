"""Flags from dataclasses: what the commands share of reading their options."""

from __future__ import annotations

import contextlib
import io
import re
import sys
from typing import Any, TypeVar

import tyro

from agents.errors import HelpGiven, InputError

Config = TypeVar("Config")


def parse(kind: type[Config], arguments: list[str], command: str, description: str) -> Config:
    """The configuration that the flags give.

    Raises:
        HelpGiven: --help was given, and the help has been printed.
        InputError: the flags are wrong, or a field's own check says so.
    """
    options: tuple[Any, ...] = (tyro.conf.FlagCreatePairsOff,)
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said):
            return tyro.cli(kind, args=arguments, prog=f"clarigym {command}", description=description, config=options)
    except SystemExit as leave:
        sys.stdout.flush()
        if not leave.code:
            raise HelpGiven from None
    raise InputError(f"{_sentence(said.getvalue())} (clarigym {command} --help lists the options)")


def _sentence(box: str) -> str:
    """What tyro says in a box, as one sentence without the box.

    >>> _sentence("╭─ Value error ─╮\\n│ Error parsing Watch: budget = 0 │\\n│ ───── │\\n│ For more │\\n╰────╯")
    'budget = 0'

    Where a terminal knows ASCII alone there is no box, only a title above the first of its rules.

    >>> _sentence(" Value error \\n ------ \\n Error parsing Watch: budget = 0 \\n ------ \\n For more ")
    'budget = 0'
    """
    lines = [line.strip(" │╭╮╰╯") for line in box.splitlines()]
    lines = [line for line in lines if line]
    rules = [k for k, line in enumerate(lines) if line.startswith(("─", "----"))]
    body = lines[rules[0] + 1 : rules[1]] if len(rules) > 1 else lines
    text = " ".join(body)
    parsing = re.match(r"Error parsing (\S+?): (.*)", text)
    if parsing is None:
        return text or "the options can't be read"
    return parsing[2] if not parsing[1].startswith("-") else f"{parsing[1]}: {parsing[2]}"
