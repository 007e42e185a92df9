"""Agents against the same users: which is better, and by how much.

Episode e is the same user for every agent, so differences are paired.  Episodes go through in lock-step batches of
`BATCH`, batch after batch and agent after agent within it, so that an interrupted run is paired as well; a row depends
on the configuration and its episode alone, so any number of workers, and any kill and resume, gives the same bytes.
Where batches are played, and what becomes of those of a lost worker, is decided in `agents.evaluation.executor`.
"""

from __future__ import annotations

import math
import platform
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from agents.agent import Agent
from agents.chat_models.config import ChatModelConfig
from agents.evaluation.dialogue_records import Listener, records_of, world_of
from agents.evaluation.episodes import TINY, Episodes, draw_dialogues, play, watched
from agents.evaluation.executor import Executor, results
from agents.evaluation.executors import PROCESSES, make_executor
from agents.evaluation.metrics import summary
from agents.evaluation.provenance import checkpoint_digests, made_with
from agents.evaluation.regret_split import regret_splits
from agents.setting import Setting, make_setting
from agents.strategies.registry import YARDSTICK, make_agent
from envs.world import World

if TYPE_CHECKING:  # only users who speak need what reads them
    from agents.evaluation.talk import Hearing
    from agents.language.model_users import ModelUsers

BATCH = 25
PLACES = 6
"""Decimals of what a row tells turn by turn."""
DIFFERS = (
    "the worker on {machine} reads another catalogue '{catalogue}', other rates or another checkpoint than this run, or"
    " has other versions of clarigym or its libraries; give all machines the same"
)
"""What is said where a worker's rows could be others."""


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
    encoder: str | None = None
    """The users speak, and what they say is read with this encoder, "" for none; None: answers go by their ids."""
    unasked: bool = True
    """Users who speak add facts that nobody asked for."""

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
    """Runs tasks of one plan, keeping setting and agents for the next task.

    A worker gets the plan alone and makes its own setting and agents when it has its first task.

    Args:
        marks: what the worker's setting must agree in with that of the run.
        hearing: what reads users who speak, where it has been made.
    """

    def __init__(
        self, plan: EvaluationPlan, setting: Setting | None = None, agents: Mapping[str, Agent] | None = None,
        marks: tuple[str, ...] | None = None, hearing: Hearing | None = None,
    ):  # fmt: skip
        self.plan = plan
        self._setting, self._marks = setting, marks
        self._agents: dict[str, Agent] = dict(agents or {})
        self._hearing = hearing
        self._records_world: World | None = None
        self._speakers: ModelUsers | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        return TaskRunner, (self.plan, None, None, _marks(self.setting, self.plan.agents))

    @property
    def setting(self) -> Setting:
        if self._setting is None:
            setting = make_setting(**self.plan.setting)
            if self._marks is not None and _marks(setting, self.plan.agents) != self._marks:
                raise ValueError(DIFFERS.format(catalogue=setting.catalogue.name, machine=platform.node()))
            self._setting = setting
        return self._setting

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
        talk = self._reading().talk(dialogues, self.setting.rules.opening) if plan.encoder is not None else None
        users = None if plan.user_model is None else self._speaking(plan.user_model).speak_for(dialogues)
        before = Counter(getattr(agent, "counts", {})), Counter(users.counts if users else {})
        played = play(agent, self.setting, plan.seed, numbers, agent_seed=plan.agent_seed, dialogues=dialogues,
                      watch=watched(users, listener), talk=talk)  # fmt: skip
        records = records_of(self._world(), played, task.agent, listener)[new] if listener else []
        return TaskResult(agent=task.agent, rows=rows_of(task.agent, played)[new], seconds=played.seconds,
                    questions=int(played.questions.sum()), dialogues=[d.to_json() for d in records],
                    counts=_added(getattr(agent, "counts", {}), before[0]),
                    user_counts=_added(users.counts if users else {}, before[1]))  # fmt: skip

    def _reading(self) -> Hearing:
        """What reads the users; a worker makes its own at its first task."""
        if self._hearing is None:
            from agents.evaluation.talk import Hearing

            self._hearing = Hearing(self.setting.bank, self.plan.encoder or "", self.plan.unasked)
        return self._hearing

    def _speaking(self, model: ChatModelConfig) -> ModelUsers:
        """The language model that speaks for the users.

        Raises:
            InputError: it can't be used.
        """
        if self._speakers is None:
            from agents.language.model_users import ModelUsers

            self._speakers = ModelUsers(self.setting.bank, model)
        return self._speakers

    def _world(self) -> World:
        if self._records_world is None:
            how = self.plan.setting
            self._records_world = world_of(self.setting, how["questions"], how["max_questions"])
        return self._records_world


def _marks(setting: Setting, agents: Sequence[str]) -> tuple[str, ...]:
    """What rows depend on beside the plan: hashes of the catalogue, the rates and the checkpoints, and the versions."""
    checkpoints = checkpoint_digests(agents, setting)
    versions = [version.rstrip("+") for version in made_with().values()]
    return (setting.catalogue.fingerprint, setting.rates.digest, *checkpoints.values(), *versions)


def _added(now: Mapping[str, int], before: Mapping[str, int]) -> dict[str, int]:
    return {key: n - before.get(key, 0) for key, n in now.items() if n > before.get(key, 0)}


def rows_of(agent: str, played: Episodes) -> list[dict[str, Any]]:
    """One row an episode, as it stands in a file; where users spoke, with the turns at which they were misread."""
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
        } | ({} if played.talk is None else {"misread_turns": played.talk.misread(b)}))  # fmt: skip
    return out


def run(
    plan: EvaluationPlan, tasks: Sequence[Task], workers: int | None = None, setting: Setting | None = None,
    agents: Mapping[str, Agent] | None = None, executor: str | Executor = PROCESSES,
    on_loss: Callable[[], object] = lambda: None, hearing: Hearing | None = None,
) -> Iterator[TaskResult]:  # fmt: skip
    """Results of the tasks, in their order.

    Args:
        workers: how many tasks are played at once; None for one, or for all that a cluster has room for.
        setting: the plan's, where it has been made; workers make their own.
        agents: those that have been made; likewise.
        executor: where they are played: a name of `agents.evaluation.executors.make_executor`, or an executor.
        on_loss: called for each task that is played again because its worker was lost.
        hearing: what reads the users, where it has been made; likewise.

    Raises:
        ValueError: as the setting or an agent raises; no such executor, or it can't be had; a worker's catalogue is
            another one.
        LostWorkersError: workers died again and again.
    """
    if tasks:
        where = make_executor(executor, workers, len(tasks)) if isinstance(executor, str) else executor
        yield from results(where, TaskRunner(plan, setting, agents, hearing=hearing).run, tasks, on_loss)


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
