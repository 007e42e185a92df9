"""Text on a grid: what fits into so many cells, bars and sparklines of block characters.

Names come from anybody's data: they may hold markup, line breaks, wide or combining characters.  They are fitted by
cells, never by characters, and only ever put into `Content`, which doesn't read markup.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size
from textual.content import Content

EIGHTHS = " ▏▎▍▌▋▊▉█"
LEVELS = "▁▂▃▄▅▆▇█"
MUTED = "$foreground 60%"
"""What is read second; $text-muted resolves in CSS only."""
Part = str | tuple[str, str]
Row = Sequence[Part]


def clean(text: str) -> str:
    """One line without control characters."""
    return "".join(c if c.isprintable() else " " for c in text)


def fit(text: str, width: int) -> str:
    """The text in exactly `width` cells, with an ellipsis where it is cut.

    >>> fit("Casablanca", 6), fit("Up", 4)
    ('Casab…', 'Up  ')
    """
    text = clean(text)
    if width <= 0:
        return ""
    if cell_len(text) > width:
        text = set_cell_size(text, width - 1) + "…"
    return set_cell_size(text, width)


def short(text: str, width: int) -> str:
    """As `fit` without the padding.

    >>> short("Casablanca", 6), short("Up", 4)
    ('Casab…', 'Up')
    """
    return fit(text, width) if cell_len(clean(text)) > width else clean(text)


def bar(share: float, width: int) -> str:
    """A bar of `share` (0 to 1) of the width, in eighths of a cell; what is there at all shows.

    >>> bar(0.5, 4), bar(0.001, 4)
    ('██  ', '▏   ')
    """
    eighths = round(min(max(share, 0.0), 1.0) * width * 8)
    eighths = max(eighths, 1 if share > 0 else 0)
    full, part = divmod(eighths, 8)
    return (EIGHTHS[8] * full + (EIGHTHS[part] if part else "")).ljust(width)[:width]


def sparkline(values: Sequence[float], width: int, top: float | None = None) -> str:
    """The last `width` values as blocks, the tallest being `top`.

    >>> sparkline([4, 2, 0], 10)
    '█▄▁'
    """
    shown = values[-width:]
    top = max([*shown, 1e-9]) if top is None else max(top, 1e-9)
    return "".join(LEVELS[min(7, max(0, round(v / top * 8) - 1))] for v in shown)


def percent(p: float) -> str:
    """A probability in four cells.

    >>> percent(0.123), percent(0.0001), percent(0.9999)
    (' 12%', ' <1%', '>99%')
    """
    if 0 < p < 0.005:
        return " <1%"
    if 0.995 <= p < 1:
        return ">99%"
    return f"{p:4.0%}"


def lines(rows: Sequence[Row]) -> Content:
    """Rows of parts, each a text or (text, style), as content."""
    return Content("\n").join([Content.assemble(*row) for row in rows])


def plural(count: int, noun: str) -> str:
    """A count with its noun.

    >>> plural(1, "question"), plural(3, "question")
    ('1 question', '3 questions')
    """
    return f"{count:,} {noun}" + ("" if count == 1 else "s")
