"""Flags from dataclasses: what the commands share of reading their options."""

from __future__ import annotations

import sys
from typing import Any, TypeVar

import tyro

from agents.exits import Exit, InputError

Config = TypeVar("Config")


class Leave(Exception):
    """The command line has been answered (help, or an error that was printed)."""

    def __init__(self, code: Exit):
        self.code = code


def parse(kind: type[Config], arguments: list[str], command: str, description: str) -> Config:
    """The configuration that the flags give.

    Raises:
        Leave: --help was given, or the flags are wrong, which tyro has said on stderr.
        ValueError: a field's own check.
    """
    options: tuple[Any, ...] = (tyro.conf.FlagCreatePairsOff,)
    try:
        return tyro.cli(kind, args=arguments, prog=f"clarigym {command}", description=description, config=options)
    except SystemExit as leave:
        sys.stdout.flush()
        raise Leave(Exit.OK if not leave.code else Exit.BAD_INPUT) from None


def at_least(name: str, value: int, least: int) -> None:
    """Raises InputError unless value >= least."""
    if value < least:
        raise InputError(f"{name} = {value}; it must be at least {least}")
