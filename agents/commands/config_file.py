"""`--config FILE.toml`: options of any command from a file, read as if they stood before those of the command line.

Keys are the options' names, with dashes or underscores.  The command line wins: an option that it gives is passed over
in the file, and `--no-OPTION` turns off a switch that the file turns on.  What a command takes without a name, files
for example, is no option and stays on the command line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from typing import Any, get_args, get_type_hints

import tyro

from agents.errors import InputError
from sim.files import parse_toml, read_text
from sim.names.did_you_mean import did_you_mean

FLAG = "--config"


def with_config_file(kind: type, arguments: Sequence[str], command: str) -> list[str]:
    """The arguments of a command, with the options of its `--config` file before them.

    Args:
        kind: the dataclass of the command's options.

    Raises:
        InputError: no file after `--config`, one that can't be read, an unknown key, a value that is no option's.
    """
    rest, path = _split(arguments)
    if path is None:
        return rest
    given = parse_toml(read_text(path, InputError), path, InputError)
    known = _options(kind)
    said = {argument.split("=")[0].lstrip("-").replace("-", "_") for argument in rest if argument.startswith("--")}
    out: list[str] = []
    for key, value in given.items():
        name = key.replace("-", "_")
        if name not in known:
            near = did_you_mean(name, known)
            raise InputError(f"{path}: clarigym {command} has no option '{key}'{near} (--help lists them)")
        if name not in said and f"no_{name}" not in said:
            out += _as_arguments(name, value, known[name], f"{path}, {key}")
    off = {f"--no-{name.replace('_', '-')}" for name, default in known.items() if default is False}
    return out + [word for word in rest if word not in off]  # what is off anyway has no such flag


def _split(arguments: Sequence[str]) -> tuple[list[str], str | None]:
    """The arguments without `--config FILE`, and the file."""
    rest, path = [], None
    words = iter(arguments)
    for word in words:
        if word != FLAG and not word.startswith(FLAG + "="):
            rest.append(word)
            continue
        if path is not None:
            raise InputError(f"{FLAG} is given twice; one file holds all options")
        path = next(words, "") if word == FLAG else word[len(FLAG) + 1 :]
        if not path:
            raise InputError(f"{FLAG} needs a TOML file after it")
    return rest, path


def _options(kind: type) -> dict[str, bool | None]:
    """The options of a dataclass, those of dataclasses within it too, by name: the default of a switch, else None."""
    hints = get_type_hints(kind, include_extras=True)
    out: dict[str, bool | None] = {}
    for field in fields(kind):
        plain = _plain(hints[field.name])
        if is_dataclass(plain):
            out |= _options(plain)  # type: ignore[arg-type]
        elif not _is_positional(hints[field.name]):
            switch = plain is bool and field.default is not MISSING
            out[field.name] = bool(field.default) if switch else None
    return out


def _plain(hint: Any) -> Any:
    return get_args(hint)[0] if hasattr(hint, "__metadata__") else hint


def _is_positional(hint: Any) -> bool:
    marker = get_args(tyro.conf.Positional[int])[1]
    return marker in getattr(hint, "__metadata__", ())


def _as_arguments(name: str, value: object, default: bool | None, where: str) -> list[str]:
    """An option as it would be typed."""
    flag = f"--{name.replace('_', '-')}"
    if default is not None:
        if not isinstance(value, bool):
            raise InputError(f"{where} = {value!r}; it is true or false")
        return [] if value == default else [flag if value else f"--no-{name.replace('_', '-')}"]
    if isinstance(value, bool | Mapping):
        raise InputError(f"{where} = {value!r}; a text, a number or a list of them is needed")
    if isinstance(value, list):
        return [f"{flag}={','.join(map(str, value))}"] if name == "agents" else [flag, *map(str, value)]
    return [f"{flag}={value}"]  # in one word, for a value may begin with a dash
