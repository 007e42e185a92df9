"""`clarigym watch`: one dialogue turn by turn, and at the end the truth and what the user had wrong.

Colours and bars on a terminal, the same lines in plain text through a pipe, one object with --json.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import tyro
from rich.console import Console
from rich.text import Text

from agents.agent import Agent
from agents.commands.console import console, encodes
from agents.commands.flags import parse
from agents.commands.model_flags import ModelFlags, counts_sentence
from agents.errors import LARGEST_EPISODE, Exit, at_least, at_most, check_budget, check_seed
from agents.evaluation.episodes import Episodes, draw_dialogues, play
from agents.setting import Setting, make_setting
from agents.strategies.registry import check_checkpoint, check_name, default_agent, make_agent
from envs.rules import Dialogues, Rules
from sim.numeric.entropy import entropy_nats
from sim.phrasing import answer_sentence, corruption_sentence, corruption_sentences, request
from sim.questions import Questions

SHOWN = 5
BAR = 22
Part = str | tuple[str, str]
"""A text, or a text and its style."""


@dataclass(frozen=True, kw_only=True)
class Watch(ModelFlags):
    """What to watch."""

    catalogue: str = "movies"
    """A built-in catalogue or a CSV, Parquet or JSONL file."""
    agent: str = ""
    """Who asks: a name from `clarigym list`, or module:factory of your own; without one, learned where a checkpoint
    ships for the catalogue, else exact."""
    noise: str = "people"
    """How users err: a preset or a TOML file of rates."""
    questions: Questions = "mixed"
    """Kinds of question."""
    budget: int = 20
    """The most questions."""
    opening: bool = False
    """The user volunteers a few facts first."""
    seed: int = 0
    """Which user, and the agent's own draws."""
    episode: int = 0
    """Which user of that seed."""
    checkpoint: str = ""
    """Where a trained agent is read from; empty for the one that ships."""
    json: tyro.conf.FlagCreatePairsOff[bool] = False
    """One JSON object on stdout instead."""

    def __post_init__(self) -> None:
        if self.agent:
            check_name(self.agent)
            check_checkpoint(self.checkpoint, [self.agent])
        self.check_model([self.agent] if self.agent else [])
        check_budget(self.budget)
        check_seed(self.seed)
        at_least("episode", self.episode, 0)
        at_most("episode", self.episode, LARGEST_EPISODE)


def main(arguments: list[str]) -> Exit:
    config = parse(Watch, arguments, "watch", "One dialogue, turn by turn.")
    rules = Rules(budget=config.budget, opening=config.opening)
    setting = make_setting(config.catalogue, config.questions, config.noise, rules, checkpoint=config.checkpoint,
                           language_model=config.language_model())  # fmt: skip
    config = replace(config, agent=config.agent or default_agent(setting))
    agent = make_agent(config.agent, setting)
    scribe = Scribe(setting, agent)
    episode = np.array([config.episode])
    dialogues = draw_dialogues(setting, config.seed, episode)
    printer = None if config.json else DialoguePrinter(setting, console())
    if printer:
        printer.header(config, opening_of(setting, dialogues))
        scribe.show = printer.turn
    episodes = play(agent, setting, config.seed, episode, dialogues=dialogues, watch=scribe)
    ending = end_of(episodes, 0)
    if printer:
        printer.end(ending)
    else:
        print(json.dumps({"config": asdict(config)} | scribe.to_json(episodes) | ending, ensure_ascii=False))
    if said := counts_sentence(config.agent, getattr(agent, "counts", {})):
        print(said, file=sys.stderr)
    return Exit.OK


class Scribe:
    """Writes down what a single dialogue's turns were like."""

    def __init__(self, setting: Setting, agent: Agent):
        self.setting, self.agent = setting, agent
        self.turns: list[dict[str, Any]] = []
        self.show: Callable[[dict[str, Any]], None] = lambda turn: None
        self._eig: float | None = None
        self._before = 0.0

    def asks(self, rows: np.ndarray, questions: np.ndarray) -> None:
        self._before = entropy_bits(self.agent.belief(rows[:1])[0])
        eig = getattr(self.agent, "eig_nats", None)
        self._eig = None if eig is None else float(eig(int(rows[0]), int(questions[0]))) / np.log(2)

    def answered(self, rows: np.ndarray, questions: np.ndarray, answers: np.ndarray) -> None:
        question, answer = int(questions[0]), int(answers[0])
        words = getattr(self.agent, "wording", None)
        belief = self.agent.belief(rows[:1])[0]
        turn = {
            "question": self.setting.bank.text(question),
            "question_id": question,
            "eig_bits": self._eig,
            "answer": answer_sentence(self.setting.bank, question, answer),
            "answer_id": answer,
            **({"worded": words(int(rows[0]))} if callable(words) else {}),
            "entropy_before_bits": self._before,
            "entropy_bits": entropy_bits(belief),
            "likeliest": likeliest(self.setting, belief),
        }
        self.turns.append(turn)
        self.show(turn)

    def to_json(self, episodes: Episodes) -> dict[str, Any]:
        return {"opening": opening_of(self.setting, episodes.dialogues), "turns": self.turns}


def opening_of(setting: Setting, dialogues: Dialogues) -> str:
    """What the user says first."""
    count = dialogues.opening_count(0)
    said = zip(dialogues.questions[0, :count].tolist(), dialogues.answers[0, :count].tolist(), strict=True)
    return request(setting.bank, list(said))


def entropy_bits(belief: np.ndarray) -> float:
    return max(0.0, float(entropy_nats(belief[None])[0]) / np.log(2))


def likeliest(setting: Setting, belief: np.ndarray) -> list[dict[str, Any]]:
    """The few likeliest intents, best first, ties by id."""
    top = np.argsort(-belief, kind="stable")[:SHOWN]
    return [{"intent": setting.catalogue.intents[i], "id": int(i), "p": float(belief[i])} for i in top]


def end_of(episodes: Episodes, b: int) -> dict[str, Any]:
    """How dialogue b ended, and what its user had wrong."""
    setting, dialogues = episodes.setting, episodes.dialogues
    catalogue, users = setting.catalogue, dialogues.users
    guess, truth = int(episodes.guess[b]), int(users.intent[b])
    count, volunteered = int(episodes.questions[b]), dialogues.opening_count(b)
    asked = dialogues.questions[b, volunteered : volunteered + count].astype(np.int64)
    answers = dialogues.answers[b, volunteered : volunteered + count]
    slips: list[int] = []
    if len(asked) and b not in dialogues.scripted:
        slipped = users.slipped(asked, np.full(len(asked), b)) & (answers >= 0)
        slips = (np.flatnonzero(slipped) + 1).tolist()
    corruptions = [] if b in dialogues.scripted else list(users.corruptions(b))
    return {
        "guess": catalogue.intents[guess] if guess >= 0 else None,
        "guess_id": guess if guess >= 0 else None,
        "p_guess": float(episodes.p_guess[b]),
        "truth": catalogue.intents[truth],
        "truth_id": truth,
        "p_truth": float(episodes.p_truth[b]),
        "success": bool(episodes.success[b]),
        "user_left": bool(episodes.user_left[b]),
        "questions": count,
        "reward": float(episodes.reward[b]),
        "user_type": setting.population.types[int(users.type[b])],
        "corruptions": [asdict(c) | {"text": corruption_sentence(catalogue, c)} for c in corruptions],
        "told": corruption_sentences(setting.bank, corruptions, dialogues.questions[b, : volunteered + count]),
        "slipped_at": slips,
    }


class DialoguePrinter:
    """Shows a dialogue on a console."""

    def __init__(self, setting: Setting, out: Console):
        self.setting, self.out = setting, out
        self.count = 0
        self.blocks = " ▏▎▍▌▋▊▉█" if encodes("▏█→") else " #"
        self.arrow = "→" if encodes("→") else "->"

    def header(self, config: Watch, opening: str) -> None:
        catalogue = self.setting.catalogue
        size = f"{len(catalogue):,} {catalogue.noun}{'' if len(catalogue) == 1 else 's'}"
        bits = entropy_bits(catalogue.prior)
        self._line((f"{catalogue.name}", "bold"), f": {size}, {bits:.1f} bits to find out, "
                   f"{len(self.setting.bank):,} questions")  # fmt: skip
        self._line(f"agent {config.agent}, noise {self.setting.rates.name}, seed {config.seed}", style="dim")
        self.out.print()
        self.out.print(Text.assemble(("user  ", "dim"), opening))

    def turn(self, turn: dict[str, Any]) -> None:
        self.count += 1
        eig = "" if turn["eig_bits"] is None else f"{turn['eig_bits']:.2f} bits expected"
        self.out.print()
        question = Text.assemble((f"{self.count:>2}  ", "dim"), (turn.get("worded") or turn["question"], "bold cyan"))
        self.out.print(self._right(question, Text(eig, "dim")))
        if turn.get("worded") not in (None, "", turn["question"]):
            self._say(("    taken as: ", "dim"), (turn["question"], "dim"))
        change = f"{turn['entropy_before_bits']:.1f} {self.arrow} {turn['entropy_bits']:.1f} bits left"
        self.out.print(self._right(Text.assemble("    ", (turn["answer"], "bold yellow")), Text(change, "dim")))
        for k, one in enumerate(turn["likeliest"]):
            bar = self._bar(one["p"])
            name = one["intent"]
            if k == 0 or one["p"] >= 0.0005:
                self._line("    ", (f"{100 * one['p']:5.1f} % ", "dim"), (bar, "green" if k == 0 else "blue"), " ",
                           (name, "bold" if k == 0 else ""))  # fmt: skip

    def end(self, ending: dict[str, Any]) -> None:
        self.out.print()
        count = ending["questions"]
        asked = f"{count} question{'' if count == 1 else 's'}"
        if ending["user_left"]:
            self._say(("The user left", "bold red"), f" at question {count}. It was ", (ending["truth"], "bold"), ".")
        elif ending["success"]:
            self._say(("Guess: ", "bold"), (ending["truth"], "bold green"), ". ", ("Right", "bold green"),
                       f", after {asked} (belief {100 * ending['p_guess']:.1f} %).")  # fmt: skip
        else:
            self._say(("Guess: ", "bold"), (str(ending["guess"]), "bold red"), ". ", ("Wrong", "bold red"),
                       f", after {asked} (belief {100 * ending['p_guess']:.1f} %).")  # fmt: skip
            self._say("It was ", (ending["truth"], "bold"), f" (belief {100 * ending['p_truth']:.2g} %).")
        user = f"This user ({ending['user_type']})"
        if not (ending["corruptions"] or ending["slipped_at"]):
            self._say(f"{user} remembered everything and never slipped.")
            return
        self._say(f"{user}:")
        for text in ending["told"]:
            self._say(("  - ", "dim"), text)
        if ending["slipped_at"]:
            at = ", ".join(map(str, ending["slipped_at"]))
            self._say(("  - ", "dim"), f"answered against what they believed at question {at}")

    def _bar(self, p: float) -> str:
        steps = len(self.blocks) - 1
        filled = round(p * BAR * steps)
        whole, part = divmod(filled, steps)
        return (self.blocks[-1] * whole + (self.blocks[part] if part else "")).ljust(BAR)

    def _right(self, left: Text, right: Text) -> Text:
        """Two texts at the two ends of a line, or beneath each other where they don't fit."""
        space = min(self.out.width, 100) - left.cell_len - right.cell_len
        return Text.assemble(left, " " * space, right) if space >= 2 else Text.assemble(left, "\n    ", right)

    def _say(self, *parts: Part) -> None:
        """A sentence, wrapped."""
        self.out.print(Text.assemble(*parts))

    def _line(self, *parts: Part, style: str = "") -> None:
        """A line, cut where it is too long."""
        line = Text.assemble(*parts, style=style)
        line.truncate(max(20, min(self.out.width, 100)), overflow="ellipsis")
        self.out.print(line, soft_wrap=True)
