"""Draws docs/view.svg and docs/report.png: what `clarigym view` and `clarigym report` make of an evaluation.

    python -m bench.result_pictures

Three agents meet 200 users of animals; two of them meet others who err more.  The report's picture needs Chromium.
"""

from __future__ import annotations

import asyncio
import os
import re
import tempfile
from pathlib import Path

from agents.cli import main
from agents.results.dialogue_index import DialogueIndex
from screens.viewer import DialogueScreen, ViewerApp
from tests.player import Player

DOCS = Path(__file__).resolve().parents[1] / "docs"
RUN = ["evaluate", "--catalogue", "animals", "--episodes", "200"]


async def draw_view(dialogues: Path, rows: Path) -> None:
    """The worst dialogue of `exact`, turn by turn."""
    index = DialogueIndex([str(dialogues), str(rows)])
    index.read(1000)
    app = ViewerApp(index)
    async with app.run_test(size=(100, 28)) as pilot:
        player = Player(app, pilot)  # type: ignore[arg-type]
        await player.until(lambda: not app.table.more and not app.reading.busy)
        await pilot.press("a", "slash", *"lost", "enter")
        await player.until(lambda: {e.agent for e in app.table.dialogues.entries} == {"exact"})
        await pilot.press("enter")
        await player.until(lambda: isinstance(app.screen, DialogueScreen) and not app.thinking.busy)
        svg = re.sub(r"terminal-\d+", "terminal", app.export_screenshot(title="clarigym view"))
        (DOCS / "view.svg").write_text(svg, encoding="utf-8")


def draw(folder: Path) -> None:
    """Both pictures, from one evaluation."""
    rows, dialogues = folder / "rows.jsonl", folder / "dialogues.jsonl"
    main([*RUN, "--agents", "exact,independent,uniform", "--out", str(rows), "--dialogues", str(dialogues)])
    asyncio.run(draw_view(dialogues, rows))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as home:
        os.environ |= {"XDG_CONFIG_HOME": home, "TEXTUAL_ANIMATIONS": "none"}
        draw(Path(home))
