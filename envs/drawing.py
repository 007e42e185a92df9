"""A dialogue as an image, for `render_mode="rgb_array"`: videos and the helpers of Stable-Baselines3 ask for one.

The image shows the transcript in letters.  Pillow draws them; the extra `rl` brings it, and it is imported when the
first image is drawn.  All images of an environment have one size, as a video needs it: room for a whole dialogue, or
its last `MOST_LINES` lines.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import gymnasium
import numpy as np

from envs.record import transcript
from envs.rules import Dialogues
from envs.world import World

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont, ImageFont

WIDTH, MARGIN, LINE, LETTER = 720, 14, 21, 15
"""Pixels: of the image, around the text, from line to line, and a letter's height."""
MOST_LINES = 40
PAPER, INK, FOUND, LOST, QUIET = "#fbfaf7", "#22242a", "#1a7f3c", "#b3261e", "#5b6270"


def dialogue_image(world: World, d: Dialogues, b: int) -> np.ndarray:
    """Dialogue b so far, (height, WIDTH, 3) uint8.

    Raises:
        gymnasium.error.DependencyNotInstalled: there is no Pillow.
    """
    try:
        from PIL import Image, ImageDraw, ImageFont
    except ImportError as error:
        raise gymnasium.error.DependencyNotInstalled(
            "images are drawn by Pillow, which is not installed; install the extra `rl`, or take render_mode='ansi'"
        ) from error
    room = min(d.places + world.rules.guesses + 4, MOST_LINES)
    image = Image.new("RGB", (WIDTH, room * LINE + 2 * MARGIN), PAPER)
    drawing, font = ImageDraw.Draw(image), ImageFont.load_default(LETTER)
    shown = [(colour_of(line), part) for line in transcript(world, d, b).splitlines() for part in wrapped(line, font)]
    for k, (colour, part) in enumerate(shown[-room:]):
        drawing.text((MARGIN, MARGIN + k * LINE), part, fill=colour, font=font)
    return np.asarray(image, dtype=np.uint8).copy()


def colour_of(line: str) -> str:
    """A line's colour: the end says by it how the dialogue went."""
    if line.startswith("Found."):
        return FOUND
    if line.startswith("Not found"):
        return LOST
    return QUIET if line.startswith("User:") else INK


def wrapped(line: str, font: FreeTypeFont | ImageFont) -> Iterator[str]:
    """A line of the transcript in parts that fit into the image."""
    part = ""
    for word in line.split(" "):
        longer = f"{part} {word}" if part else word
        if part and font.getlength(longer) > WIDTH - 2 * MARGIN:
            yield part
            longer = "      " + word
        part = longer
    yield part
