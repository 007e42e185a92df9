"""Draws docs/view.svg and docs/report.png: what `clarigym view` and `clarigym report` make of an evaluation.

    python -m bench.result_pictures

Three agents meet 200 users of animals, and 200 others who err more.  The report's picture needs Chromium and pillow.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from PIL import Image

from agents.cli import main
from agents.results.dialogue_index import DialogueIndex
from screens.dialogue_screens import DialogueScreen
from screens.viewer import ViewerApp
from tests.player import Player

DOCS = Path(__file__).resolve().parents[1] / "docs"
RUN = ["evaluate", "--catalogue", "animals", "--episodes", "200", "--agents", "exact,independent,uniform"]


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


def draw_report(folder: Path, *files: Path) -> None:
    """The top of the page, at 1,400 pixels."""
    page, shot = folder / "report.html", DOCS / "report.png"
    main(["report", *map(str, files), "--out", str(page), "--title", "Three agents on animals"])
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        raise SystemExit("docs/report.png needs Chromium")
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--window-size=1400,1760"]
    subprocess.run([browser, *options, f"--screenshot={shot}", page.as_uri()], check=True, capture_output=True)
    with Image.open(shot) as picture:
        picture.convert("P", palette=Image.Palette.ADAPTIVE, colors=256).save(shot, optimize=True)


def draw(folder: Path) -> None:
    """Both pictures, from evaluations under two kinds of noise."""
    files: dict[str, tuple[Path, Path]] = {}
    for noise in ("people", "hard"):
        rows, dialogues = files[noise] = folder / f"{noise}.jsonl", folder / f"{noise}-dialogues.jsonl"
        main([*RUN, "--noise", noise, "--out", str(rows), "--dialogues", str(dialogues)])
    asyncio.run(draw_view(*reversed(files["people"])))
    draw_report(folder, *files["people"], *files["hard"])


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as home:
        os.environ |= {"XDG_CONFIG_HOME": home, "TEXTUAL_ANIMATIONS": "none"}
        draw(Path(home))
