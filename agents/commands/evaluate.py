"""`clarigym evaluate`: agents on the same simulated users, rows that survive a kill, any number of workers."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tyro

from agents.chat_models.open_model import open_model
from agents.commands.console import console
from agents.commands.entrance import complain
from agents.commands.flags import parse
from agents.commands.model_flags import ModelFlags, counts_sentence
from agents.commands.progress import encoding_progress
from agents.errors import (
    MOST_WORKERS,
    Exit,
    InputError,
    at_least,
    at_most,
    check_budget,
    check_episodes,
    check_seed,
    printable,
)
from agents.evaluation.dialogue_records import DialogueFile, marks_of_run
from agents.evaluation.executors import PROCESSES, check_executor
from agents.evaluation.intervals import LEVEL
from agents.evaluation.kept_results import KeptResults
from agents.evaluation.line_file import check_line_file
from agents.evaluation.metrics import INTERVALS
from agents.evaluation.provenance import checkpoint_digests, made_with
from agents.evaluation.regret_split import PARTS, judged
from agents.evaluation.resumable_rows import RowFile
from agents.evaluation.runner import BATCH, EvaluationPlan, ResultTable, run
from agents.setting import Setting, make_setting
from agents.strategies.registry import (
    SPLIT,
    TRAINED,
    YARDSTICK,
    asks_a_model,
    check_checkpoint,
    check_name,
    make_agent,
    parts_of,
)
from envs.rules import Rules
from sim.questions import Questions

if TYPE_CHECKING:
    from agents.evaluation.talk import Hearing

NOT_OF_THE_RESULT = ("json", "out", "dialogues", "resume", "workers", "executor", "prompts")
ON_WORDS = ("text", "encoder", "unasked")
DEFAULT_ENCODER = "minilm"


@dataclass(frozen=True, kw_only=True)
class Evaluate(ModelFlags):
    """What to evaluate."""

    catalogue: str = "movies-1k"
    """A built-in catalogue or a CSV, Parquet or JSONL file."""
    agents: str = "exact,independent"
    """Who is compared, with commas between."""
    judge: str = ""
    """exact: play each agent's questions with the exact belief, and the reverse, to split its regret in two."""
    episodes: int = 200
    """Users each agent meets, the same ones."""
    first_episode: int = 0
    """Of these users; with it several machines share a run, and clarigym merge puts their files together."""
    budget: int = 20
    """The most questions."""
    noise: str = "people"
    """How users err: a preset or a TOML file of rates."""
    questions: Questions = "mixed"
    """Kinds of question."""
    max_questions: int | None = None
    """Keep only so many questions, the most informative."""
    opening: bool = False
    """Users volunteer a few facts first."""
    text: bool = False
    """The same users speak, and agents hear what is read in their words."""
    encoder: str = DEFAULT_ENCODER
    """With --text, the text encoder: minilm, a folder, a hub id, or none."""
    unasked: bool = True
    """With --text, users now and then add a fact that nobody asked for."""
    users_per_intent: int = 1
    """So many users in a row want the same thing, each with a memory of its own: for pass^k."""
    seed: int = 0
    """Of the users."""
    agent_seed: int | None = None
    """Of the agents' own draws; None for that of the users."""
    checkpoint: str = ""
    """Where a trained agent is read from; empty for the one that ships."""
    json: tyro.conf.FlagCreatePairsOff[bool] = False
    """One JSON object on stdout instead of a table."""
    out: str = ""
    """A file to which a row an episode is appended."""
    dialogues: str = ""
    """A file to which the dialogue of each row is appended, as `clarigym simulate` writes it; needs --out."""
    resume: tyro.conf.FlagCreatePairsOff[bool] = False
    """Go on with the file of an interrupted run."""
    workers: int | None = None
    """Batches played at once; None for one, or with Ray for all CPUs of the cluster. The rows don't depend on it."""
    executor: str = PROCESSES
    """Where they are played: processes of this machine, ray, or ray://HOST:PORT for a cluster elsewhere."""
    user_model: str = ""
    """A language model that speaks for the users, named as --model is: it is dealt each user's memory, and answers
    against it are replaced."""

    def __post_init__(self) -> None:
        if self.judge not in ("", YARDSTICK):
            raise InputError(f"judge = '{self.judge}'; it is {YARDSTICK}, whose belief and questions are the yardstick")
        if self.judge and any(SPLIT in name for name in self.named):
            raise InputError(f"--judge {self.judge} mixes agents itself; name them without a {SPLIT}")
        for name in self.names:
            check_name(name)
        if not self.named or len(set(self.named)) < len(self.named):
            raise InputError(f"agents = '{self.agents}'; name at least one, and each once")
        check_checkpoint(self.checkpoint, self.names)
        self.check_model(self.names)
        check_episodes(self.episodes, self.first_episode)
        if self.first_episode % BATCH:
            raise InputError(f"first_episode = {self.first_episode}; it must be a multiple of {BATCH}, for so many "
                             "episodes are played together")  # fmt: skip
        check_budget(self.budget)
        at_least("users_per_intent", self.users_per_intent, 1)
        for name in ("episodes", "first_episode"):
            if getattr(self, name) % self.users_per_intent:
                each = f"users_per_intent = {self.users_per_intent}"
                raise InputError(f"{name} = {getattr(self, name)} is no multiple of {each}")
        if self.workers is not None:
            at_least("workers", self.workers, 1)
            at_most("workers", self.workers, MOST_WORKERS)
        check_executor(self.executor)
        check_seed(self.seed)
        if self.agent_seed is not None:
            check_seed(self.agent_seed, "agent_seed")
        if self.encoder != DEFAULT_ENCODER and not self.text:
            raise InputError(f"--encoder {self.encoder} reads what users say; give --text as well")
        if not self.unasked and not self.text:
            raise InputError("--no-unasked is about what users say; give --text as well")
        if self.text and self.user_model:
            raise InputError("--text and --user-model each speak for the users; give one of them")
        if self.resume and not self.out:
            raise InputError("--resume needs --out FILE, the file to go on with")
        if self.dialogues and not self.out:
            raise InputError("--dialogues needs --out FILE, the rows that the dialogues stand beside")
        if self.dialogues and Path(self.dialogues).absolute() == Path(self.out).absolute():
            raise InputError(f"--dialogues and --out are both {self.out}; name two files")
        if self.out:
            check_line_file(self.out, self.resume)
        if self.dialogues:
            check_line_file(self.dialogues, self.resume)

    @property
    def named(self) -> tuple[str, ...]:
        """The agents that were named."""
        return tuple(name.strip() for name in self.agents.split(",") if name.strip())

    @property
    def names(self) -> tuple[str, ...]:
        """Those that play."""
        return judged(self.named) if self.judge and self.named else self.named

    def of_the_result(self) -> dict[str, Any]:
        """The fields that rows depend on."""
        return {key: value for key, value in self.told().items() if key not in NOT_OF_THE_RESULT}

    def told(self) -> dict[str, Any]:
        """The fields as a file and a machine are told them: without those on words, where nobody speaks."""
        return {key: value for key, value in asdict(self).items() if self.text or key not in ON_WORDS}


def main(arguments: list[str]) -> Exit:
    config = parse(Evaluate, arguments, "evaluate", "Agents against the same simulated users.")
    plan = plan_of(config)
    setting = make_setting(**plan.setting)
    for name in config.names:
        if set(parts_of(name)) & set(TRAINED) or asks_a_model(name):
            make_agent(name, setting)  # what can't be used is said before anybody plays
    if plan.user_model is not None:
        open_model(plan.user_model)
    hearing = hearing_of(config, setting)
    with contextlib.ExitStack() as stack:
        kept = kept_results(config, plan, setting, stack)
        before = kept.before if kept else []
        tasks = kept.tasks() if kept else plan.tasks()
        table = ResultTable(config.names, config.budget, before, config.users_per_intent)
        advance = stack.enter_context(progress(config, len(before)))
        lost = count()
        stack.callback(say_lost, lost)
        try:
            for result in run(plan, tasks, config.workers, setting, executor=config.executor,
                              on_loss=lambda: next(lost), hearing=hearing):  # fmt: skip
                new = kept.keep(result) if kept else result
                table.add(new)
                advance(len(new.rows))
        except KeyboardInterrupt:
            raise KeyboardInterrupt(f"what is done is in {config.out}, go on with --resume" if kept else "") from None
    figures = table.figures()
    for who, counts in [*table.counts.items(), ("users", table.user_counts)]:
        if said := counts_sentence(who, counts):
            print(said, file=sys.stderr)
    if config.json:
        of_intents = (
            {} if config.users_per_intent == 1 else {"users_per_intent": "intervals go by the means of intents"}
        )
        of_users = {"user_model": dict(table.user_counts)} if config.user_model else {}
        how_sure = {"level": LEVEL} | INTERVALS | of_intents
        print(
            json.dumps(
                {"config": config.told(), "intervals": how_sure, "results": figures} | of_users, ensure_ascii=False
            )
        )
    else:
        show(config, figures)
    return Exit.OK


def say_lost(lost: Iterator[int]) -> None:
    """A line on stderr where batches were played again, given what counted them."""
    if batches := next(lost):
        print(f"clarigym: workers were lost; batches that were played again: {batches}", file=sys.stderr)


def hearing_of(config: Evaluate, setting: Setting) -> Hearing | None:
    """What reads the users' words, where they speak; what it lacks is said once.

    Raises:
        ValueError: an encoder that can't be used.
    """
    if not config.text:
        return None
    from agents.evaluation.talk import Hearing

    hearing = Hearing(setting.bank, encoder_of(config), config.unasked)
    if hearing.reader.note:
        complain("clarigym", hearing.reader.note)
    with encoding_progress() as tell:
        hearing.reader.warm(tell)
    return hearing


def encoder_of(config: Evaluate) -> str:
    return "" if config.encoder == "none" else config.encoder


def plan_of(config: Evaluate) -> EvaluationPlan:
    how = {
        "catalogue": config.catalogue, "questions": config.questions, "noise": config.noise,
        "rules": Rules(budget=config.budget, opening=config.opening),
        "max_questions": config.max_questions, "checkpoint": config.checkpoint,
        "language_model": config.language_model(),
    }  # fmt: skip
    agent_seed = config.seed if config.agent_seed is None else config.agent_seed
    return EvaluationPlan(
        setting=how, agents=config.names, episodes=config.episodes, seed=config.seed, agent_seed=agent_seed,
        dialogues=bool(config.dialogues), users_per_intent=config.users_per_intent, first=config.first_episode,
        encoder=encoder_of(config) if config.text else None, unasked=config.unasked,
        user_model=config.language_model(config.user_model) if config.user_model else None,
    )  # fmt: skip


def kept_results(
    config: Evaluate, plan: EvaluationPlan, setting: Setting, stack: contextlib.ExitStack
) -> KeptResults | None:
    """The files of the run, open until the stack ends; None where nothing is kept.

    Raises:
        InputError: a file is not of this run.
    """
    if not config.out:
        return None
    rows = stack.enter_context(RowFile(config.out, header(config, setting), config.resume))
    dialogues = None
    if config.dialogues:
        marks = marks_of_run(setting, config.questions, config.max_questions, config.seed)
        dialogues = stack.enter_context(DialogueFile(config.dialogues, marks, config.resume))
    return KeptResults(plan, rows, dialogues)


def header(config: Evaluate, setting: Setting) -> dict[str, Any]:
    """What the first line of a file of rows says; rows depend on all of it but `made_with`."""
    return {
        "config": config.of_the_result(),
        "fingerprint": setting.catalogue.fingerprint,
        "rates": setting.rates.told(),
        "rates_digest": setting.rates.digest,
        "checkpoints": checkpoint_digests(config.names, setting),
        "made_with": made_with(),
    }


@contextlib.contextmanager
def progress(config: Evaluate, rows_before: int) -> Iterator[Callable[[int], None]]:
    """A bar on stderr, where that is a terminal; gives the function to call with the number of new rows."""
    if not sys.stderr.isatty():
        yield lambda rows: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console(stderr=True), transient=True) as bar:
        total = config.episodes * len(config.names)
        task = bar.add_task(f"{config.catalogue}, {config.noise}", total=total, completed=rows_before)
        yield lambda rows: bar.update(task, advance=rows)


def show(config: Evaluate, table: list[dict[str, Any]]) -> None:
    from rich.table import Table

    names = f"{printable(config.catalogue)}, {printable(config.noise)} noise"
    print(f"{names}, {config.questions} questions, budget {config.budget}, "
          f"{config.episodes:,} users, seed {config.seed}\n")  # fmt: skip
    out = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False)
    out.add_column("agent", style="bold")
    for name in ("success", "95 %", "turns", "all", "bit/t", "reward", "regret", "NLL", "ECE", "ms/t"):
        out.add_column(name, justify="right", no_wrap=True)
    if config.text:
        out.add_column("read", justify="right", no_wrap=True)
    for r in table:
        if config.judge and SPLIT in r["agent"]:
            continue
        low, high = r["success_ci"]
        ms = None if r["seconds_per_turn"] is None else 1000 * r["seconds_per_turn"]
        out.add_row(r["agent"], f"{100 * r['success']:.1f}%", f"{100 * low:.0f}-{100 * high:.0f}",
                    shown(r["turns_success"], 2), shown(r["turns_all"], 2), shown(r["bits_per_turn"], 2),
                    shown(r["reward"], 3), shown(r["regret"], 3), shown(r["nll_nats"], 2), shown(r["ece"], 3),
                    shown(ms, 1), *([shown(r["understood"], 3)] if config.text else []))  # fmt: skip
    console().print(out)
    if config.users_per_intent > 1:
        show_pass_k(table)
    if config.judge:
        show_split(table)
    print("\n95 %: Wilson's interval of success; turns: questions where it succeeded; all: a failure counts as the "
          "\nbudget; bit/t: bits per question; regret: reward lost against exact; NLL of the truth in nats; ms/t: "
          "\nmilliseconds a question. --json has the intervals of the other figures.")  # fmt: skip
    if config.text:
        print("read: the share of answers in words that were taken for what they are")


def show_pass_k(table: list[dict[str, Any]]) -> None:
    """pass^k of each agent, for the few k that fit into a line."""
    from rich.table import Table

    out = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    out.add_column("all of k users of one intent served", style="bold")
    shown_k = [one["k"] for one in table[0]["pass_k"]][:4]
    for k in shown_k:
        out.add_column(f"pass^{k}, 95 %", justify="right")
    for r in table:
        ends = [(one["pass"], *one["pass_ci"]) for one in r["pass_k"][: len(shown_k)]]
        out.add_row(r["agent"], *(f"{100 * p:.1f}% {100 * low:.0f}-{100 * high:.0f}" for p, low, high in ends))
    print()
    console().print(out)


def show_split(table: list[dict[str, Any]]) -> None:
    """What each agent loses by its questions and what by its belief."""
    from rich.table import Table

    out = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    out.add_column("regret", style="bold")
    for name in ("in all", "by questions", "95 %", "by belief", "95 %"):
        out.add_column(name, justify="right", no_wrap=True)
    for r in table:
        if "regret_by_questions" in r:
            cells = [shown(r["regret"], 3)]
            for part in PARTS:
                ends = r[f"{part}_ci"]
                cells += [shown(r[part], 3), "-" if ends is None else f"{ends[0]:.3f} to {ends[1]:.3f}"]
            out.add_row(r["agent"], *cells)
    print()
    console().print(out)


def shown(value: float | None, places: int) -> str:
    return "-" if value is None else f"{value:.{places}f}"
