"""The project's source files, for tests that read them."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ORDER = ["sim", "envs", "agents", "screens", "tui"]
"""Folders and modules, lowest first: each may import what stands before it."""
FILES = sorted(
    path
    for folder in ORDER
    for path in [*(ROOT / folder).rglob("*.py"), ROOT / f"{folder}.py"]
    if path.is_file() and "__pycache__" not in path.parts
)
ROOMS = {
    "sim": ["names", "files", "answers", "numeric", "catalogue", "questions", "facts", "channel", "users",
            "describe", "belief", "ask", "posterior", "phrasing", "mentions", "dialogue", "importers"],
    "agents": ["errors", "files", "resume", "chat_models", "setting", "agent", "learning", "language",
               "strategies", "policy", "practice", "evaluation", "scenarios", "play", "results", "suites", "commands",
               "cli"],
}  # fmt: skip
"""What stands in a folder, lowest first: each may import what stands before it."""
