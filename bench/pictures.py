"""The moving pictures of docs/: one dialogue for each environment, drawn as an animated SVG.

    python -m bench.pictures                # all of them, into docs/pictures
    python -m bench.pictures --only toy

A picture shows what `clarigym watch --json` printed for the arguments in `PICTURES`, one frame a turn, so it says the
same as the command line.  SVG and style sheets need no script and no network: a browser plays them, GitHub shows them
inside a page, and a viewer that knows no animation (or a reader who asked for less motion) gets the last frame.
A test draws them again and compares the bytes.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from agents.cli import main as clarigym

FOLDER = Path(__file__).parent.parent / "docs" / "pictures"


@dataclass(frozen=True, kw_only=True)
class Picture:
    """One dialogue to draw."""

    title: str
    catalogue: str
    seed: int
    options: tuple[str, ...] = ()
    """More options of `clarigym watch`."""

    def command(self) -> list[str]:
        return ["watch", "--catalogue", self.catalogue, "--agent", "exact", "--seed", str(self.seed), *self.options]


YESNO = ("--questions", "yesno")
PICTURES = {
    "movies": Picture(title="clarigym/Movies-v1", catalogue="movies", seed=63),
    "movies-1k": Picture(title="clarigym/Movies1k-v1", catalogue="movies-1k", seed=56, options=YESNO),
    "famous": Picture(title="clarigym/Famous-v1", catalogue="famous", seed=53, options=YESNO),
    "groceries": Picture(title="clarigym/Groceries-v1", catalogue="groceries", seed=12),
    "animals": Picture(title="clarigym/Animals-v1", catalogue="animals", seed=3),
    "toy": Picture(title="clarigym/Toy-v1", catalogue="toy", seed=37),
    "clarify": Picture(title="clarigym/Clarify-v1", catalogue="movies-1k", seed=32, options=("--opening",)),
}

WIDTH, LINE, MARGIN = 820, 19, 18
TALK = 430
"""Width of the dialogue's column in pixels; the belief has the rest."""
CHARACTER = 7.25
"""Width of a character at 12 pixels; the widest of the usual fixed fonts, so that text never leaves its column."""
TOP, INDENT, ROWS = 64, 22, 16
"""Where the columns begin, how far an answer is set in, and the lines of the dialogue that are shown at once."""
SECONDS, LAST_SECONDS = 2.2, 6.0
BACKGROUND, PANEL, INK, PALE, BLUE, GREEN, RED = (
    "#16191f", "#20252e", "#e6e9ef", "#97a1b3", "#6cb2ff", "#7bd88f", "#ff8585",
)  # fmt: skip


def watched(picture: Picture) -> dict[str, Any]:
    """What `clarigym watch --json` prints for a picture."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        code = clarigym([*picture.command(), "--json"])
    if code:
        raise SystemExit(code)
    return json.loads(out.getvalue())


def cut(text: str, pixels: float) -> str:
    """A text that is no wider than so many pixels."""
    most = int(pixels / CHARACTER)
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def wrapped(text: str, pixels: float) -> list[str]:
    """A text in lines that are no wider than so many pixels."""
    return textwrap.wrap(text, int(pixels / CHARACTER))


def label(x: float, y: float, text: str, colour: str = INK, *, end: bool = False, bold: bool = False) -> str:
    style = (' text-anchor="end"' if end else "") + (' font-weight="bold"' if bold else "")
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}"{style}>{escape(text)}</text>'


def box(x: float, y: float, width: float, height: float, colour: str, radius: int = 2) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="{radius}" fill="{colour}"/>'


def talk(opening: str, turns: list[dict[str, Any]]) -> list[str]:
    """The dialogue's column: what was asked and answered, the newest turn last; older lines scroll away."""
    rows = [(0, line, GREEN) for line in wrapped(opening, TALK)]
    for k, turn in enumerate(turns, start=1):
        rows += [(0, line, INK) for line in wrapped(f"{k}. {turn['question']}", TALK)]
        rows += [(INDENT, line, GREEN) for line in wrapped(turn["answer"], TALK - INDENT)]
    return [label(MARGIN + x, TOP + LINE * k, text, colour) for k, (x, text, colour) in enumerate(rows[-ROWS:])]


def belief(prior_bits: float, bits: float, likeliest: list[dict[str, Any]]) -> list[str]:
    """The belief's column: what is left to find out, and the likeliest intents."""
    x, width = MARGIN + TALK + 26, WIDTH - TALK - 2 * MARGIN - 42
    lines = [label(x, TOP, "bits left", PALE), label(x + width, TOP, f"{bits:.1f}", INK, end=True)]
    lines += [box(x, TOP + 8, width, 6, PANEL), box(x, TOP + 8, width * min(1.0, bits / prior_bits), 6, BLUE)]
    for k, entry in enumerate(likeliest):
        y = TOP + 44 + 42 * k
        lines.append(label(x, y, cut(entry["intent"], width - 60), INK))
        lines.append(label(x + width, y, f"{100 * entry['p']:.1f} %", PALE, end=True))
        lines += [box(x, y + 8, width, 6, PANEL), box(x, y + 8, width * entry["p"], 6, BLUE)]
    return lines


def ending(y: float, told: dict[str, Any]) -> list[str]:
    """The last lines: the guess, the truth, and one thing that the user had wrong, a false memory before a gap."""
    right = told["success"]
    text = f"Guess: {told['guess']}. " + ("Right." if right else f"Wrong: it is {told['truth']}.")
    lines = [label(MARGIN, y, cut(text, WIDTH - 2 * MARGIN), GREEN if right else RED, bold=True)]
    wrong = sorted(told["corruptions"], key=lambda c: (c["text"] not in told["told"], c["kind"] != "misremembered"))
    if wrong:
        more = f"  (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
        sentence = f"This user ({told['user_type']}): {wrong[0]['text']}{more}"
        lines.append(label(MARGIN, y + LINE, cut(sentence, WIDTH - 2 * MARGIN), PALE))
    return lines


def frames(told: dict[str, Any]) -> list[list[str]]:
    """The drawings, one for the opening, one a turn, and one for the end."""
    turns = told["turns"]
    prior = turns[0]["entropy_before_bits"]
    out = [talk(told["opening"], []) + belief(prior, prior, [])]
    for k, turn in enumerate(turns):
        out.append(talk(told["opening"], turns[: k + 1]) + belief(prior, turn["entropy_bits"], turn["likeliest"]))
    out.append(out[-1] + ending(height(told) - 34, told))
    return out


def height(told: dict[str, Any]) -> int:
    """Height of a picture: its longest dialogue or the five likeliest intents, and the end."""
    return max(TOP + LINE * len(talk(told["opening"], told["turns"])), 300) + 50


def style(count: int) -> str:
    """The style sheet that shows frame k for its time and then the next one, over and over."""
    total = SECONDS * (count - 1) + LAST_SECONDS
    rules = [".f{opacity:0}", f".f{count - 1}{{opacity:1}}", "@media (prefers-reduced-motion:no-preference){"]
    for k in range(count):
        start, stop = (100 * SECONDS * min(j, count - 1) / total for j in (k, k + 1))
        shown = f"{start:.2f}%{{opacity:1}}" + (f"{stop:.2f}%{{opacity:0}}" if k < count - 1 else "")
        first = "0%{opacity:0}" if k else ""
        last = "100%{opacity:0}" if k < count - 1 else "100%{opacity:1}"
        rules.append(f"@keyframes k{k}{{{first}{shown}{last}}}")
        rules.append(f".f{k}{{animation:k{k} {total:.1f}s step-end infinite}}")
    return "\n".join([*rules, "}"])


def draw(picture: Picture, told: dict[str, Any]) -> str:
    """A picture as SVG text."""
    tall = height(told)
    drawn = frames(told)
    noise, seed = told["config"]["noise"], told["config"]["seed"]
    head = [
        box(0, 0, WIDTH, tall, BACKGROUND, 10),
        label(MARGIN, 30, picture.title, INK, bold=True),
        label(WIDTH - MARGIN, 30, f"agent exact, noise {noise}, seed {seed}", PALE, end=True),
    ]
    groups = [f'<g class="f f{k}">\n' + "\n".join(lines) + "\n</g>" for k, lines in enumerate(drawn)]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {tall}" width="{WIDTH}" height="{tall}" '
            'font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,DejaVu Sans Mono,monospace" font-size="12">',
            f"<title>A dialogue in {escape(picture.title)}</title>",
            f"<style>\n{style(len(drawn))}\n</style>",
            *head,
            *groups,
            "</svg>\n",
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="*", default=list(PICTURES), choices=list(PICTURES))
    parser.add_argument("--out", type=Path, default=FOLDER)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    for name in arguments.only:
        path = arguments.out / f"{name}.svg"
        path.write_text(draw(PICTURES[name], watched(PICTURES[name])), encoding="utf-8")
        print(f"{path}  {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
