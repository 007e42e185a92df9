"""Results that are kept: by key, least recently used first out, within a number of bytes; or as long as an object."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from functools import wraps
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

Value = TypeVar("Value")
Owner = TypeVar("Owner")


def once_per_object(make: Callable[[Owner], Value]) -> Callable[[Owner], Value]:
    """A function of one object that is worked out once for each and forgotten with it.

    For what belongs to an object and is made by code that the object's own must not know of.  The object must be
    hashed by identity, and the result must not refer to it.
    """
    kept: WeakKeyDictionary[Owner, Value] = WeakKeyDictionary()

    @wraps(make)
    def found(of: Owner) -> Value:
        value = kept.get(of)
        if value is None:
            value = kept[of] = make(of)
        return value

    return found


class Cache(Generic[Value]):
    """A mapping that forgets.

    Args:
        limit: bytes; 0 keeps nothing.
    """

    def __init__(self, limit: int) -> None:
        self.limit, self.held = limit, 0
        self._entries: OrderedDict[Hashable, tuple[Value, int]] = OrderedDict()

    def get(self, key: Hashable) -> Value | None:
        entry = self._entries.get(key)
        if entry is None:
            return None
        self._entries.move_to_end(key)
        return entry[0]

    def put(self, key: Hashable, value: Value, size: int) -> None:
        """Keep a value of `size` bytes; called again, the size is what it has grown to."""
        if key in self._entries:
            self.held -= self._entries.pop(key)[1]
        self._entries[key] = (value, size)
        self.held += size
        while self.held > self.limit and self._entries:
            _, (_, freed) = self._entries.popitem(last=False)
            self.held -= freed
