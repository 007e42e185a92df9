"""`clarigym`: a table of commands.

Nothing heavy is imported before a command is known, so `clarigym --help` answers at once; a command's flags are the
fields of its configuration dataclass, and its module is imported when it is called.
"""

from __future__ import annotations

import importlib
import sys

from agents.commands.entrance import enter
from agents.errors import Exit, InputError
from sim.names.did_you_mean import did_you_mean

SCRIPT = "clarigym"
COMMANDS: dict[str, tuple[str, str]] = {
    "watch": ("agents.commands.watch", "one dialogue, turn by turn: what an agent asks and comes to believe"),
    "evaluate": ("agents.commands.evaluate", "agents against the same simulated users: success, turns, calibration"),
    "merge": ("agents.commands.merge", "files of evaluate's rows, shared out by --first-episode, put together"),
    "compare": ("agents.commands.compare", "two files of evaluate's rows: paired differences with intervals"),
    "view": ("screens.view", "dialogues in the terminal: sort and filter, turn by turn, two agents side by side"),
    "benchmark": ("agents.commands.benchmark", "suites: named, versioned evaluations, and submissions by others"),
    "report": ("agents.commands.report", "one page on an evaluation: figures, charts, the worst dialogues"),
    "run": ("agents.commands.run", "scripted episodes with expectations, for continuous integration"),
    "simulate": ("agents.commands.simulate", "dialogues as JSONL, to train and study on"),
    "train": ("agents.commands.train", "learn a posterior from dialogues, simulated or logged"),
    "train-policy": ("agents.commands.train_policy", "learn what to ask and when to guess, by reinforcement"),
    "calibrate": ("agents.commands.calibrate", "is a learned belief as often right as it says?"),
    "chat": ("agents.commands.chat", "tell an agent what you are looking for, in your own words, line by line"),
    "understand": ("agents.commands.understand", "what people's sentences say of a catalogue, as JSON lines"),
    "train-language": ("agents.commands.train_language", "make the weights again that understanding goes by"),
    "list": ("agents.commands.list_", "catalogues, agents, environments and noise presets"),
    "catalogue": ("agents.commands.catalogue", "describe or check a catalogue of your own, or import one"),
}
"""Name to module (which has `main(arguments) -> Exit`) and one line."""


def help_text() -> str:
    width = max(map(len, COMMANDS))
    lines = "\n".join(f"  {name:<{width}}  {line}" for name, (_, line) in COMMANDS.items())
    codes = ", ".join(f"{code.value} {code.name.lower().replace('_', ' ')}" for code in Exit)
    return (
        "usage: clarigym COMMAND [options]\n\n"
        "Simulated users with false memories, and agents that ask them clarifying questions.\n\n"
        f"commands:\n{lines}\n\n"
        "clarigym COMMAND --help lists a command's options and their defaults.\n"
        f"exit codes: {codes}\n"
    )


def main(arguments: list[str] | None = None) -> int:
    """Run a command; the exit code is one of `agents.errors.Exit`."""
    given = sys.argv[1:] if arguments is None else arguments
    return enter(SCRIPT, lambda: _dispatch(given))


def _dispatch(arguments: list[str]) -> int:
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(help_text(), file=sys.stdout if arguments else sys.stderr, end="")
        return Exit.OK if arguments else Exit.BAD_INPUT
    name, rest = arguments[0], arguments[1:]
    if name in ("--version", "-V"):
        from importlib.metadata import version

        print(f"clarigym {version('clarigym')}")
        return Exit.OK
    if name not in COMMANDS:
        raise InputError(f"no command '{name}'{did_you_mean(name, COMMANDS)} (commands: {', '.join(COMMANDS)})")
    return importlib.import_module(COMMANDS[name][0]).main(rest)


if __name__ == "__main__":
    sys.exit(main())
