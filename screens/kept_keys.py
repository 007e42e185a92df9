"""Keys that were pressed before there was anything to press them for: kept, and pressed again once there is.

A catalogue takes seconds to load, and then the first question is thought about; who starts typing meanwhile would find
his first letters gone.
"""

from __future__ import annotations

from textual import events
from textual.app import App

KEPT = ("enter", "backspace", "tab", "up", "down", "left", "right")
"""Besides whatever is printable; Escape and Ctrl with a letter act at once."""


class KeptKeys:
    """The keys of one loading."""

    def __init__(self) -> None:
        self._keys: list[events.Key] = []

    def keep(self, event: events.Key) -> None:
        """Keep a key, if it is one to type with."""
        if event.is_printable or event.key in KEPT:
            self._keys.append(event)
            event.stop()
            event.prevent_default()

    def forget(self) -> None:
        self._keys.clear()

    def press_again(self, app: App[None]) -> None:
        """Press them in their order, whoever has the focus now."""
        keys, self._keys = self._keys, []
        for event in keys:
            app.post_message(events.Key(event.key, event.character))
