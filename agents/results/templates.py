"""Templates of pages: escaped, strict, and without what commands a terminal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from agents.errors import InputError, printable


def page_environment(needs: str) -> Any:
    """The environment of jinja2 in which pages are rendered; `p` writes a probability, `svg` lets a picture through.

    Args:
        needs: what is said where jinja2 is missing.

    Raises:
        InputError: jinja2 is missing.
    """
    try:
        import jinja2
        from markupsafe import Markup
    except ImportError:
        raise InputError(needs) from None

    def shown(value: object) -> object:
        """Text without what commands a terminal or isn't allowed in HTML; autoescape does the rest."""
        return printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value

    out = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=jinja2.StrictUndefined,
        finalize=shown, trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    out.filters |= {"svg": Markup, "p": probability}
    return out


def probability(value: float | None) -> str:
    """A probability for people.

    >>> probability(0.123), probability(0.00031), probability(None)
    ('12 %', '0.031 %', '-')
    """
    if value is None:
        return "-"
    return f"{100 * value:.0f} %" if value >= 0.1 else f"{100 * value:.2g} %" if value >= 1e-4 else "< 0.01 %"
