"""A console that suits where it writes to: a terminal, a pipe or a file.

What a catalogue or a path is called can't command the terminal: only the console's own escape sequences reach it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

from agents.errors import printable

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderableType


def console(stderr: bool = False) -> Console:
    """Colour on a terminal without NO_COLOR; 80 columns where the width is not known."""
    from rich.console import Console
    from rich.segment import Segment

    class EscapingConsole(Console):
        def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
            for segment in super().render(renderable, options):
                yield segment if segment.control else Segment(_printable(segment.text), segment.style)

    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() or "COLUMNS" in os.environ else 80
    return EscapingConsole(file=stream, highlight=False, width=width, markup=False, emoji=False)


def _printable(text: str) -> str:
    return text if text.isprintable() else "\n".join(map(printable, text.split("\n")))


def encodes(text: str) -> bool:
    """Whether stdout can say it."""
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True
