"""Fields that a file gives by name: whether a value is of the type that a dataclass wants, and the words for that type.

Whole numbers count as numbers, truth values as neither.  A tuple is a list in a file.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import is_dataclass
from types import NoneType, UnionType
from typing import Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints, is_typeddict


class FieldType(NamedTuple):
    """What one field may hold."""

    hint: Any
    """Its type, None left out."""
    or_none: bool
    """Whether None is allowed as well."""
    is_list: bool
    record: Any
    """The dataclass that it is a list of; None where it is none."""
    fits: Callable[[object], bool]
    """Whether a value other than None is of the type; of dataclasses only whether they are tables."""
    words: str
    """ "a whole number"."""

    def allows(self, value: object) -> bool:
        """Whether a value is of the type, or None where that is allowed."""
        return (value is None and self.or_none) or self.fits(value)


@functools.cache
def field_types(kind: type) -> Mapping[str, FieldType]:
    """The fields of a dataclass and what each may hold, in order.

    Raises:
        TypeError: a field is of a type that no file can hold.
    """
    return {name: _field_type(hint) for name, hint in get_type_hints(kind).items()}


def _field_type(hint: Any) -> FieldType:
    parts = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    some = [part for part in parts if part is not NoneType]
    if tuple(some) == (float, tuple[float, ...]):
        return FieldType(hint, len(some) < len(parts), False, None, _is_rate, "a number or a list of numbers")
    if len(some) != 1:
        raise TypeError(f"{hint} is several types at once")
    hint = some[0]
    items = get_args(hint)[0] if get_origin(hint) is tuple else None
    return FieldType(
        hint, len(some) < len(parts), items is not None, items if is_dataclass(items) else None, *_check(hint)
    )


def _check(hint: Any) -> tuple[Callable[[object], bool], str]:
    """Whether a value is of this type, and the words for it."""
    if hint in _PLAIN:
        return _PLAIN[hint]
    origin, parts = get_origin(hint), get_args(hint)
    if origin is Literal:
        return lambda x: x in parts, f"one of {', '.join(map(str, parts))}"
    if origin is Mapping and get_origin(parts[1]) is Mapping:
        return lambda x: isinstance(x, dict) and all(map(_is_table, x.values())), "a table of tables"
    if origin is Mapping or is_dataclass(hint):
        return _is_table, "a table"
    if origin is tuple:
        fits, words = _check_of_items(parts[0])
        return lambda x: isinstance(x, list) and all(map(fits, x)), f"a list{words}"
    raise TypeError(f"no file can hold a {hint}")


def _check_of_items(hint: Any) -> tuple[Callable[[object], bool], str]:
    if is_typeddict(hint):
        parts = {name: _check(part)[0] for name, part in get_type_hints(hint).items()}

        def fits(x: object) -> bool:
            return isinstance(x, dict) and set(x) == set(parts) and all(fits(x[name]) for name, fits in parts.items())

        return fits, f" of tables {{{', '.join(parts)}}}"
    if is_dataclass(hint):
        return _is_table, " of objects"
    return _check(hint)[0], {str: " of texts", int: " of numbers", float: " of numbers"}.get(hint, "")


def _is_rate(x: object) -> bool:
    number = _is_number(int | float)
    return number(x) or (isinstance(x, list) and all(map(number, x)))


def _is_table(x: object) -> bool:
    return isinstance(x, dict)


def _is_number(kind: Any) -> Callable[[object], bool]:
    return lambda x: isinstance(x, kind) and not isinstance(x, bool)


_PLAIN: Mapping[Any, tuple[Callable[[object], bool], str]] = {
    str: (lambda x: isinstance(x, str), "text"),
    int: (_is_number(int), "a whole number"),
    float: (_is_number(int | float), "a number"),
    bool: (lambda x: isinstance(x, bool), "true or false"),
    Any: (lambda x: True, "anything"),
}
