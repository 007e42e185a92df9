"""Where games are kept: dialogues as JSONL, their transcripts as Markdown, and what was chosen last time.

Every dialogue is a file of its own, written beside its place and moved there, so that a crash or a full disk never
leaves half a line; `cat` joins them, and training reads them as they are.  A game without a truth (it wasn't in the
catalogue, or nobody said) has no place in training and goes to the folder `unresolved`.  A folder that can't be
written spoils no game: `Saver.save` gives back a sentence instead of raising.
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agents.play.views import Mode, Review, Setup
from sim.files import write_atomically

if TYPE_CHECKING:
    from agents.play.game import Session
    from sim.dialogue import Dialogue
    from sim.users.corruption import Corruption

APP = "clarigym"


def data_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Where dialogues go unless a folder is given."""
    return _platform_folder(environ, "XDG_DATA_HOME", ".local/share")


def config_file(environ: Mapping[str, str] = os.environ) -> Path:
    """Where the last choices are."""
    return _platform_folder(environ, "XDG_CONFIG_HOME", ".config") / "play.json"


def _platform_folder(environ: Mapping[str, str], variable: str, usual: str) -> Path:
    if environ.get(variable):
        return Path(environ[variable]) / APP
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / APP
    if sys.platform == "win32":
        return Path(environ.get("LOCALAPPDATA") or Path.home()) / APP
    return Path.home() / usual / APP


def dialogue_of(session: Session, mode: Mode, intent: int | None, corruptions: Sequence[Corruption] = ()) -> Dialogue:
    """A game that has ended, as it is kept.

    Args:
        intent: the truth; None where it is unknown, or not in the catalogue.
        corruptions: what was wrong in the memory that was played.
    """
    simulated = not mode.person_answers
    return session.record(
        intent,
        noise=session.world.setup.noise if simulated else "person",
        corruptions=corruptions,
        left=mode.watched and session.view.phase == "left",
        agent="person" if mode is Mode.ASK else None,
    )


class Saver:
    """Keeps the dialogues of one run of the app.

    Args:
        folder: where to; None keeps nothing.
    """

    def __init__(self, folder: Path | None):
        self.folder = folder
        self._stem = f"{time.strftime('%Y-%m-%d-%H%M%S')}-{os.getpid()}"

    def save(self, dialogue: Dialogue, number: int) -> tuple[Path | None, str]:
        """Keep a dialogue, replacing what was kept of the same game.

        Args:
            number: which game of this run.

        Returns:
            The file and a sentence about it; no file where it couldn't be written, or nothing is to be kept.
        """
        if self.folder is None:
            return None, "not saved (--no-save)"
        name = re.sub(r"[^\w.-]+", "-", dialogue.catalogue).strip(".-") or "catalogue"
        resolved = self.folder / name[:80] / f"{self._stem}-{number}.jsonl"
        unresolved = resolved.parent / "unresolved" / resolved.name
        path, other = (resolved, unresolved) if dialogue.intent >= 0 else (unresolved, resolved)
        try:
            write_atomically(path, (dialogue.to_json() + "\n").encode())
            other.unlink(missing_ok=True)
        except OSError as error:
            return None, f"not saved: {path.parent}: {error.strerror or error}; choose another folder with --save DIR"
        return path, f"saved in {path}"


def markdown(dialogue: Dialogue, review: Review | None = None) -> str:
    """A dialogue to read and to show around."""
    lines = [f"# {_md(dialogue.intent_name) or 'Unknown'}", ""]
    lines += [f"{_md(dialogue.catalogue)} · {_md(dialogue.agent)} · {len(dialogue.turns)} questions", ""]
    if dialogue.opening:
        said = "; ".join(f"{_md(t.question_text)} {_md(t.answer_text)}" for t in dialogue.opening)
        lines += [f"Said at the start: {said}", ""]
    lines += [f"Said at the start: {_md(words.text)}\n" for words in dialogue.heard if words.opening]
    for number in range(len(dialogue.turns) + 1):
        if number:
            turn = dialogue.turns[number - 1]
            lines += [f"{number}. {_md(turn.question_text)} **{_md(turn.answer_text)}**"]
        told = [w for w in dialogue.heard if w.after == number and w.question < 0 and not w.opening]
        lines += [f"   - *Told besides: {_md(w.text)}*" for w in told]
        here = [g for g in dialogue.guesses if g.after == number]
        lines += [f"   - *Guess: {_md(g.name)}. {'Right!' if g.right else 'No.'}*" for g in here]
    if review is not None and review.disagreements:
        lines += ["", "Answers that the catalogue contradicts:", ""]
        lines += [f"- {d.turn}. {_md(d.text)} {_md(d.answer_text)} ({_md(d.truth)})" for d in review.disagreements]
    if review is not None and review.lost_at is not None:
        lines += ["", f"The trail was lost at question {review.lost_at} ({review.lost_bits:.1f} bits)."]
    if review is not None and review.corruptions:
        lines += ["", *(f"- The player {_md(c)}." for c in review.corruptions)]
    return "\n".join(lines) + "\n"


def _md(text: str) -> str:
    return re.sub(r"([\\`*_\[\]<>#|])", r"\\\1", text).replace("\n", " ")


def remembered() -> dict[str, object]:
    """The last choices: fields of `Setup` and the app's own; empty where there are none or they can't be read."""
    try:
        found = json.loads(config_file().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def remember(setup: Setup, **more: object) -> None:
    """Keep the choices for next time; a folder that can't be written is no reason to complain."""
    try:
        text = json.dumps({**remembered(), **asdict(setup), **more}, indent=1) + "\n"
        write_atomically(config_file(), text.encode())
    except OSError:
        return


def setup_from(choices: Mapping[str, object]) -> Setup:
    """A setup from remembered choices, whatever doesn't fit left out."""
    fits = [f.name for f in fields(Setup) if type(choices.get(f.name)) is type(f.default)]
    kept: dict[str, Any] = {name: choices[name] for name in fits}
    try:
        return Setup(**kept)
    except ValueError:
        return Setup()
