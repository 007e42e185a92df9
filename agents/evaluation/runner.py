"""Agents against the same users: which is better, and by how much.

Episode e is the same user for every agent, so differences are paired.  Episodes go through in lock-step batches of
`BATCH`, batch after batch and agent after agent within it, so that an interrupted run is paired as well; a row depends
on the configuration and its episode alone, so any number of workers, and any kill and resume, gives the same bytes.
Workers are spawned, not forked: the table reader holds threads that a fork would break.
"""

from __future__ import annotations

import contextlib
import math
import multiprocessing
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from agents.agent import Agent
from agents.chat_models.config import ChatModelConfig
from agents.evaluation.dialogue_records import Listener, records_of, world_of
from agents.evaluation.episodes import TINY, Episodes, draw_dialogues, play, watched
from agents.evaluation.metrics import summary
from agents.evaluation.regret_split import regret_splits
from agents.setting import Setting, make_setting
from agents.strategies.registry import YARDSTICK, make_agent
from envs.compile_all import compile_all
from envs.world import World

if TYPE_CHECKING:  # it brings the reader of texts along
    from agents.language.model_users import ModelUsers

BATCH = 25
PLACES = 6
"""Decimals of what a row tells turn by turn."""


@dataclass(frozen=True, kw_only=True)
class EvaluationPlan:
    """What is to be run; small, for it is sent to workers."""

    setting: dict[str, Any]
    """Arguments of `agents.setting.make_setting`."""
    agents: tuple[str, ...]
    episodes: int
    """How many."""
    seed: int
    agent_seed: int
    dialogues: bool = False
    """Whether results hold the dialogues, too."""
    users_per_intent: int = 1
    """So many users in a row want the same."""
    user_model: ChatModelConfig | None = None
    """A language model that speaks for the users; None where the simulator does."""
    first: int = 0
    """The first episode."""

    @property
    def end(self) -> int:
        """The episode after the last."""
        return self.first + self.episodes

    def tasks(self, done: Sequence[tuple[str, int]] = ()) -> list[Task]:
        """What remains after rows that are there already, in the order of rows.

        Args:
            done: (agent, episode) of each of them, in their order; of this plan, or of one of fewer episodes.

        Raises:
            RowOrderError: they are not the first rows of such a plan.
        """
        place = _Place(self.agents, self.first)
        for number, row in enumerate(done):
            place.pass_over(number, row)
        return place.rest(self.end)


class RowOrderError(ValueError):
    """A row that doesn't follow on those before."""

    def __init__(self, number: int, row: tuple[str, int], expected: tuple[str, int]):
        super().__init__(f"row {number} is of {row[0]}, episode {row[1]}, expected {expected}")
        self.number, self.row, self.expected = number, row, expected


class _Place:
    """Where a sequence of rows has got to.

    Rows go block by block: the first agent's episodes from `start` on, as far as a batch goes or the plan went, then
    those of the second, and so on.
    """

    def __init__(self, agents: tuple[str, ...], first: int):
        self.agents = agents
        self.start = self.at = first
        self.end: int | None = None
        """Where the block ends; None while the first agent, who decides that, is at it."""
        self.agent = 0

    def pass_over(self, number: int, row: tuple[str, int]) -> None:
        expected = (self.agents[self.agent], self.at)
        if row != expected and self.agent == 0 and self.at > self.start and len(self.agents) > 1:
            self._next_agent(self.at)  # an earlier plan ended here
        if row != (self.agents[self.agent], self.at):
            raise RowOrderError(number, row, expected)
        self.at += 1
        if self.at == (_batch_end(self.start) if self.end is None else self.end):
            self._next_agent(self.at)

    def _next_agent(self, end: int) -> None:
        self.agent, self.at, self.end = self.agent + 1, self.start, end
        if self.agent == len(self.agents):
            self.start, self.agent, self.at, self.end = end, 0, end, None

    def rest(self, last: int) -> list[Task]:
        """The tasks up to an episode, itself left out."""
        out = []
        while self.start < last:
            end = min(_batch_end(self.start), last) if self.end is None else self.end
            if self.at < end:
                out.append(Task(agent=self.agents[self.agent], first=self.at, end=end))
            self._next_agent(end)
        return out


def _batch_end(episode: int) -> int:
    return (episode // BATCH + 1) * BATCH


@dataclass(frozen=True, kw_only=True)
class Task:
    """A batch of one agent's episodes."""

    agent: str
    first: int
    end: int


@dataclass(frozen=True, kw_only=True)
class TaskResult:
    """What a task gave."""

    agent: str
    rows: list[dict[str, Any]]
    seconds: float
    """In the agent."""
    questions: int
    dialogues: list[str] = field(default_factory=list)
    """Those of the rows, each a line of JSON; none where the plan wants none."""
    counts: dict[str, int] = field(default_factory=dict)
    """What the agent's language model did, see `ModelAgent.counts`."""
    user_counts: dict[str, int] = field(default_factory=dict)
    """What that of the users did, see `ModelUsers.counts`."""


class TaskRunner:
    """Runs tasks of one plan, keeping setting and agents for the next task."""

    def __init__(self, plan: EvaluationPlan, setting: Setting | None = None, agents: Mapping[str, Agent] | None = None):
        self.plan = plan
        self.setting = setting or make_setting(**plan.setting)
        self._agents: dict[str, Agent] = dict(agents or {})
        self._records_world: World | None = None
        self._speakers = None if plan.user_model is None else speakers(self.setting, plan.user_model)

    def run(self, task: Task) -> TaskResult:
        if task.agent not in self._agents:
            self._agents[task.agent] = make_agent(task.agent, self.setting)
        agent = self._agents[task.agent]
        # A batch whose first episodes are there is played as a whole: then no figure depends on where a run was killed.
        first = task.first // BATCH * BATCH
        numbers, new = np.arange(first, task.end), slice(task.first - first, None)
        listener = Listener(agent, len(numbers)) if self.plan.dialogues else None
        plan = self.plan
        dialogues = draw_dialogues(self.setting, plan.seed, numbers, plan.users_per_intent)
        users = None if self._speakers is None else self._speakers.speak_for(dialogues)
        before = Counter(getattr(agent, "counts", {})), Counter(users.counts if users else {})
        played = play(agent, self.setting, plan.seed, numbers, agent_seed=plan.agent_seed, dialogues=dialogues,
                      watch=watched(users, listener))  # fmt: skip
        records = records_of(self._world(), played, task.agent, listener)[new] if listener else []
        return TaskResult(agent=task.agent, rows=rows_of(task.agent, played)[new], seconds=played.seconds,
                    questions=int(played.questions.sum()), dialogues=[d.to_json() for d in records],
                    counts=_added(getattr(agent, "counts", {}), before[0]),
                    user_counts=_added(users.counts if users else {}, before[1]))  # fmt: skip

    def _world(self) -> World:
        if self._records_world is None:
            how = self.plan.setting
            self._records_world = world_of(self.setting, how["questions"], how["max_questions"])
        return self._records_world


def speakers(setting: Setting, model: ChatModelConfig) -> ModelUsers:
    """The language model that speaks for users of a setting.

    Raises:
        InputError: it can't be used.
    """
    from agents.language.model_users import ModelUsers

    return ModelUsers(setting.bank, model)


def _added(now: Mapping[str, int], before: Mapping[str, int]) -> dict[str, int]:
    return {key: n - before.get(key, 0) for key, n in now.items() if n > before.get(key, 0)}


def rows_of(agent: str, played: Episodes) -> list[dict[str, Any]]:
    """One row an episode, as it stands in a file."""
    out = []
    for b, episode in enumerate(played.episode.tolist()):
        p_truth = max(float(played.p_truth[b]), TINY)
        out.append({
            "agent": agent,
            "episode": episode,
            "intent": int(played.dialogues.users.intent[b]),
            "guess": int(played.guess[b]),
            "success": bool(played.success[b]),
            "user_left": bool(played.user_left[b]),
            "questions": int(played.questions[b]),
            "reward": round(float(played.reward[b]), 9),
            "bits": math.log2(p_truth) - math.log2(max(float(played.p_start[b]), TINY)),
            "nll_nats": -math.log(p_truth),
            "p_guess": float(played.p_guess[b]),
            "brier": float(played.brier[b]),
            "false_answers": len(played.false_turns[b]),
            "false_turns": played.false_turns[b],
            "truth_bits": [round(x, PLACES) for x in played.truth_bits[b]],
            "entropy_bits": [round(x, PLACES) for x in played.entropy_bits[b]],
        })  # fmt: skip
    return out


def run(
    plan: EvaluationPlan, tasks: Sequence[Task], workers: int = 1, setting: Setting | None = None,
    agents: Mapping[str, Agent] | None = None,
) -> Iterator[TaskResult]:  # fmt: skip
    """Results of the tasks, in their order.

    Args:
        setting: the plan's, where it has been made; workers make their own.
        agents: those that have been made; likewise.

    Raises:
        ValueError: as the setting or an agent raises.
        RuntimeError: a worker died.
    """
    if workers > 1 and len(tasks) > 1:
        yield from _in_workers(plan, tasks, min(workers, len(tasks)))
    else:
        runner = TaskRunner(plan, setting, agents)
        yield from map(runner.run, tasks)


def _in_workers(plan: EvaluationPlan, tasks: Sequence[Task], workers: int) -> Iterator[TaskResult]:
    compile_all()  # or each of them would
    with _threads_of_workers():
        context = multiprocessing.get_context("spawn")
        pool = ProcessPoolExecutor(workers, context, initializer=_begin_worker, initargs=(plan, os.getpid()))
        try:
            # Not pool.map: it cancels what is left when it is left early, and the pool's thread then stumbles over
            # cancelled tasks of ended workers (a traceback on stderr in Python 3.11).
            for future in [pool.submit(_run_in_worker, task) for task in tasks]:
                yield future.result()
        except BrokenProcessPool:
            raise RuntimeError("a worker died, perhaps for want of memory; try fewer --workers, and --resume") from None
        except BaseException:
            # Leaving early (an error, Ctrl+C) must not wait for batches that nobody wants.
            for child in list((getattr(pool, "_processes", None) or {}).values()):
                child.terminate()
            raise
        finally:
            pool.shutdown()


@contextlib.contextmanager
def _threads_of_workers() -> Iterator[None]:
    """One thread a worker in whatever reads these variables, unless they are set."""
    names = [n for n in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "POLARS_MAX_THREADS") if n not in os.environ]
    os.environ.update(dict.fromkeys(names, "1"))
    try:
        yield
    finally:
        for name in names:
            os.environ.pop(name, None)


_runner: TaskRunner | None = None


def _begin_worker(plan: EvaluationPlan, parent: int) -> None:
    global _runner
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C reaches the whole group; the parent ends us
    threading.Thread(target=_leave_with_parent, args=(parent,), daemon=True).start()
    _runner = TaskRunner(plan)


def _leave_with_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1.0)
    os._exit(1)


def _run_in_worker(task: Task) -> TaskResult:
    assert _runner is not None
    return _runner.run(task)


class ResultTable:
    """Gathers rows, and the time that agents took for them, into one line of figures an agent.

    Args:
        rows: those that were there before, of an interrupted run; their times are not known.
    """

    def __init__(
        self, agents: Sequence[str], budget: int, rows: Sequence[dict[str, Any]] = (), users_per_intent: int = 1
    ):
        self.agents, self.budget, self.users_per_intent = agents, budget, users_per_intent
        self.rows = list(rows)
        self._seconds = dict.fromkeys(agents, 0.0)
        self._questions = dict.fromkeys(agents, 0)
        self.counts: dict[str, Counter[str]] = {agent: Counter() for agent in agents}
        self.user_counts: Counter[str] = Counter()

    def add(self, result: TaskResult) -> None:
        self.rows += result.rows
        self._seconds[result.agent] += result.seconds
        self._questions[result.agent] += result.questions
        self.counts[result.agent].update(result.counts)
        self.user_counts.update(result.user_counts)

    def figures(self) -> list[dict[str, Any]]:
        """One dict an agent, in the order given; `seconds_per_turn` is None where an agent's rows were all there."""
        by_agent = {
            agent: sorted((row for row in self.rows if row["agent"] == agent), key=lambda row: row["episode"])
            for agent in self.agents
        }
        reference = by_agent.get(YARDSTICK)
        splits = regret_splits(by_agent, self.users_per_intent)
        return [
            {"agent": agent}
            | summary(rows, self.budget, reference, self.users_per_intent)
            | splits.get(agent, {})
            | {"seconds_per_turn": self._per_turn(agent)}
            | ({"language_model": dict(self.counts[agent])} if self.counts[agent] else {})
            for agent, rows in by_agent.items()
        ]

    def _per_turn(self, agent: str) -> float | None:
        return self._seconds[agent] / self._questions[agent] if self._questions[agent] else None
