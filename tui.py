"""`clarigym-play`: twenty questions in a terminal, with an agent that knows that people misremember.

A person thinks of a film, a product or an animal; the agent asks, the person answers with a key.  Here are the
command's flags.  The game is `agents.play.game`, which knows no screen; the app is `screens.app`.  On a pipe, or with
--plain, `agents.play.plain` plays the same game line by line.

Decisions that live here:

- The first paint imports neither numpy nor polars nor gymnasium: catalogues are loaded by a thread, while the loading
  screen shows how far it is.  For the same reason flags are read by argparse and not by tyro.
- The interpreter's switch interval is lowered, so that a key press waits a millisecond for a thought and not five.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from agents.commands.entrance import enter, nobody_reads
from agents.errors import Exit
from agents.play import saves
from agents.play.views import Mode, Setup
from agents.strategies.registry import AGENTS, LEARNED, YARDSTICK, check_name

if TYPE_CHECKING:
    from sim.dialogue import Dialogue

SCRIPT = "clarigym-play"
SWITCH_INTERVAL = 0.001
CLEAR_LINE = "\r\x1b[K"
STREAMS = (sys.__stdin__, sys.__stdout__, sys.__stderr__)
AGENT = LEARNED
"""Who asks unless told: what was learned from dialogues, where that is there (`agents.play.mind` falls back on
exact)."""


def parser() -> argparse.ArgumentParser:
    """The flags."""
    p = argparse.ArgumentParser(
        prog=SCRIPT,
        description="Think of a film (or an animal, a product): the agent asks, you answer, it finds it.",
    )
    p.add_argument(
        "--catalogue", help="famous, movies-1k, movies, animals, groceries, toy, or a CSV, Parquet or JSONL file"
    )
    p.add_argument("--agent", help=f"{', '.join(AGENTS)} or module:factory")
    p.add_argument("--noise", help="how people are taken to err: people, typical, hard, ... or a TOML file")
    p.add_argument("--questions", choices=("mixed", "yesno", "open"))
    p.add_argument("--budget", type=int, help="questions at most")
    p.add_argument("--seed", type=int, help="for simulated users and role cards")
    p.add_argument(
        "--mode",
        choices=[mode.value for mode in Mode if mode is not Mode.REPLAY],
        help="play unless given; without any flag the menu opens",
    )
    p.add_argument("--save", type=Path, metavar="DIR", help=f"folder for dialogues ({saves.data_folder()})")
    p.add_argument("--no-save", action="store_true", help="keep no dialogues")
    p.add_argument("--replay", type=Path, metavar="FILE", help="step through a saved dialogue")
    p.add_argument("--encoder", default="minilm", help="what reads sentences: minilm (default), a folder, or none")
    p.add_argument("--plain", action="store_true", help="line by line, for screen readers, scripts and pipes")
    return p


def main(arguments: list[str] | None = None) -> int:
    """Play; the exit code is one of `agents.errors.Exit`."""
    return enter(SCRIPT, lambda: _play(parser().parse_args(arguments)))


def _play(given: argparse.Namespace) -> int:
    flags = {k: getattr(given, k) for k in ("catalogue", "agent", "noise", "questions", "budget", "seed")}
    flags = {k: v for k, v in flags.items() if v is not None}
    save = None if given.no_save else (given.save or saves.data_folder())
    # A command does today what it did yesterday: beside flags stand defaults, not the last choices.
    last = {} if flags else saves.remembered()
    setup = replace(saves.setup_from({"agent": AGENT} | last), **flags)
    check_name(setup.agent)
    replay = None
    if given.replay is not None:
        replay, setup = read_replay(given.replay, setup)
    # Textual draws on the error stream.
    if given.plain or not all(stream is not None and stream.isatty() for stream in STREAMS):
        from agents.play.plain import play

        return play(setup, Mode(given.mode or Mode.PLAY), saves.Saver(save), replay, heard=lambda: not nobody_reads())
    # Textual takes a moment to import, seconds on a busy machine.
    print("One moment …", end="", file=sys.stderr, flush=True)
    from screens.app import ClarigymApp
    from screens.endings import run_app

    sys.setswitchinterval(SWITCH_INTERVAL)
    encoder = "" if given.encoder == "none" else given.encoder
    mode = Mode(given.mode) if given.mode else Mode.PLAY if flags else None
    try:
        run_app(ClarigymApp(setup, mode=mode, save=save, replay=replay, remembering=True, encoder=encoder))
    finally:
        print(CLEAR_LINE, end="", file=sys.stderr, flush=True)
    return Exit.OK


def read_replay(path: Path, setup: Setup) -> tuple[Dialogue, Setup]:
    """The first dialogue of a file, and a setup that replays it.

    Raises:
        DialogueError: no dialogue, or not readable.
    """
    from sim.dialogue import DialogueError, read_dialogues

    dialogue = next(read_dialogues(path), None)
    if dialogue is None:
        raise DialogueError(f"{path} holds no dialogue")
    noise = setup.noise if dialogue.noise == "person" else dialogue.noise
    agent = dialogue.agent if dialogue.agent in AGENTS else YARDSTICK
    played = replace(setup, catalogue=dialogue.catalogue, questions=dialogue.questions, budget=dialogue.budget)
    return dialogue, replace(played, noise=noise, agent=agent)


if __name__ == "__main__":
    raise SystemExit(main())
