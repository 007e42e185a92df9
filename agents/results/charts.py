"""Charts of a report as SVG, drawn by matplotlib without a screen.

No text of a file goes into a chart, only figures: names stand in the page's own legends, where they are escaped.
Colours are left to the page, which knows whether it is light or dark: each is drawn as a mark that becomes a CSS
variable.  Lines differ in their dashes, too, for whoever prints them.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INK, RULE = "#101112", "#202122"
SERIES = 8
"""Colours of the page, `--c0` to `--c7`; further lines begin again."""
DASHES: tuple[str, ...] = ("-", "--", "-.", ":")
SIZE = (4.6, 2.9)
"""Inches."""


@dataclass(frozen=True)
class Curve:
    """A line with its band, (n,) each."""

    x: Sequence[float]
    y: Sequence[float]
    low: Sequence[float]
    high: Sequence[float]


def colour(k: int) -> str:
    """The mark of the k-th line's colour."""
    return f"#3031{k % SERIES:02x}"


def dash(k: int) -> str:
    """How the k-th line is dashed."""
    return DASHES[(k // SERIES + k) % len(DASHES)]


def by_turn(name: str, curves: Sequence[Curve], what: str, share: bool = False) -> str:
    """Curves over turns with their bands.

    Args:
        name: of the chart, in letters; ids begin with it.
        what: the label of the upright axis.
        share: it goes from 0 to 1.
    """

    def draw(axes: Axes) -> None:
        for k, curve in enumerate(curves):
            axes.fill_between(curve.x, curve.low, curve.high, color=colour(k), alpha=0.16, linewidth=0)
            axes.plot(curve.x, curve.y, color=colour(k), linestyle=dash(k), linewidth=1.7)
        axes.set_xlabel("questions")
        axes.set_ylabel(what)
        axes.locator_params(axis="x", integer=True)
        axes.set_xlim(0, max(c.x[-1] for c in curves))
        axes.set_ylim(0, 1.02) if share else axes.set_ylim(bottom=min(0.0, *(min(c.low) for c in curves)))

    return _drawn(name, draw)


def calibration(name: str, curves: Sequence[Curve]) -> str:
    """The share that was right over the probability given, with upright bars, and the diagonal where both agree."""

    def draw(axes: Axes) -> None:
        axes.plot([0, 1], [0, 1], color=RULE, linewidth=1)
        for k, curve in enumerate(curves):
            axes.vlines(curve.x, curve.low, curve.high, color=colour(k), linewidth=1.2, alpha=0.6)
            axes.plot(curve.x, curve.y, color=colour(k), linestyle=dash(k), linewidth=1.4, marker="o", markersize=3)
        axes.set_xlabel("probability given to the guess")
        axes.set_ylabel("share right")
        axes.set_xlim(0, 1.02)
        axes.set_ylim(0, 1.02)

    return _drawn(name, draw)


def split_bars(name: str, parts: Sequence[tuple[Curve, Curve]]) -> str:
    """For each agent two bars, from 0 to what it loses by its questions and by its belief, with upright intervals.

    Args:
        parts: (questions, belief) of each agent, curves of one point.
    """

    def draw(axes: Axes) -> None:
        for k, pair in enumerate(parts):
            for j, part in enumerate(pair):
                at = k + (j - 0.5) * 0.36
                axes.bar([at], part.y, width=0.32, color=colour(j), alpha=0.85, hatch=("", "//")[j], edgecolor=RULE)
                axes.vlines([at], part.low, part.high, color=INK, linewidth=1)
        axes.axhline(0, color=INK, linewidth=0.8)
        axes.set_ylabel("reward lost")
        axes.set_xticks(range(len(parts)), [str(k + 1) for k in range(len(parts))])

    return _drawn(name, draw)


def _drawn(name: str, draw: Callable[[Axes], None]) -> str:
    """An SVG element whose ids are its own, whose colours are the page's, and whose bytes are always the same."""
    import matplotlib
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    style: dict[Any, Any] = {
        "svg.fonttype": "none", "svg.hashsalt": name, "font.size": 9, "font.family": "sans-serif",
        "text.color": INK, "axes.labelcolor": INK, "xtick.color": INK, "ytick.color": INK, "axes.edgecolor": RULE,
        "grid.color": RULE, "axes.grid": True, "grid.linewidth": 0.5, "axes.spines.top": False,
        "axes.spines.right": False, "axes.axisbelow": True, "hatch.linewidth": 0.6,
    }  # fmt: skip
    with matplotlib.rc_context(style):
        figure = Figure(figsize=SIZE, layout="constrained")
        FigureCanvasSVG(figure)
        figure.patch.set_alpha(0)
        axes = figure.add_subplot()
        axes.patch.set_alpha(0)
        draw(axes)
        out = io.StringIO()
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    return _for_the_page(out.getvalue(), name)


def _for_the_page(svg: str, name: str) -> str:
    svg = svg[svg.index("<svg") :]
    svg = re.sub(
        r"<metadata>.*?</metadata>|<style.*?</style>", "", svg, flags=re.DOTALL
    )  # such a style is the page's too
    svg = re.sub(r'\bid="', f'id="{name}-', svg)
    svg = re.sub(r"url\(#", f"url(#{name}-", svg)
    svg = re.sub(r'xlink:href="#', f'xlink:href="#{name}-', svg)
    for mark, variable in ((INK, "ink"), (RULE, "rule"), *((colour(k), f"c{k}") for k in range(SERIES))):
        svg = svg.replace(mark, f"var(--{variable})")
    svg = re.sub(r' width="[\d.]+pt"', "", re.sub(r' height="[\d.]+pt"', "", svg, count=1), count=1)
    return svg.replace("<svg ", '<svg role="img" aria-hidden="true" ', 1)
