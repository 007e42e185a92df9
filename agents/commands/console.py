"""A console that suits where it writes to: a terminal, a pipe or a file."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console


def console(stderr: bool = False) -> Console:
    """Colour on a terminal without NO_COLOR; 80 columns where the width is not known."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() or "COLUMNS" in os.environ else 80
    return Console(file=stream, highlight=False, width=width, markup=False, emoji=False)


def encodes(text: str) -> bool:
    """Whether stdout can say it."""
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True
