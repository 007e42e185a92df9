"""Results that are kept: by key, least recently used first out, within a number of bytes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

Value = TypeVar("Value")
Owner = TypeVar("Owner")


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
