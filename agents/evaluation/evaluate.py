"""`evaluate`: agents against the same simulated users, in one call.

What `clarigym evaluate` does, without a file: for notebooks, tests and scripts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from agents.agent import AgentFactory
from agents.chat_models.config import ChatModelConfig
from agents.evaluation.executor import Executor
from agents.evaluation.executors import PROCESSES
from agents.evaluation.runner import EvaluationPlan, ResultTable, run
from agents.setting import make_setting
from agents.strategies.registry import make_agent
from envs.rules import Rules
from sim.catalogue.catalogue import Catalogue
from sim.questions import Questions
from sim.users.rates import Rates


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """What agents came to."""

    figures: dict[str, dict[str, Any]]
    """Agent to its figures: `agents.evaluation.metrics.summary`, and `seconds_per_turn`."""
    rows: list[dict[str, Any]]
    """One an agent and episode, as `clarigym evaluate --out` writes them; episode e is the same user for all agents."""


def evaluate(
    agents: Sequence[str | AgentFactory], catalogue: str | Catalogue = "movies-1k", *, questions: Questions = "mixed",
    noise: str | Rates = "people", rules: Rules | None = None, episodes: int = 200, seed: int = 0,
    agent_seed: int | None = None, max_questions: int | None = None, checkpoint: str = "", workers: int | None = None,
    users_per_intent: int = 1, executor: str | Executor = PROCESSES, text: bool = False, encoder: str = "minilm",
    unasked: bool = True, language_model: ChatModelConfig | None = None,
) -> Evaluation:  # fmt: skip
    """Let agents meet the same simulated users.

    Args:
        agents: names, of one's own ones `module:factory`; or factories, which go by their `__name__`.
        catalogue: a built-in name, a file or a catalogue.
        questions, max_questions: the bank, see `sim.question_bank`.
        noise: how users err: a preset, a TOML file or `Rates`.
        rules: budget and rewards; those of the environments when None.
        episodes: how many users each agent meets.
        seed: of the users.
        agent_seed: of the agents' own draws; None for that of the users.
        checkpoint: where a trained agent is read from; empty for the one that ships with the catalogue.
        workers: batches played at once; None for one, or for all that a Ray cluster has. Rows don't depend on it.
        users_per_intent: so many users in a row want the same thing, each with a memory of its own; for `pass_k`.
        executor: where batches are played: "processes", "ray" or "ray://HOST:PORT"; or an `Executor`.
        text: the same users speak, and agents hear what a reader makes of it.
        encoder: of the reader: "minilm", a folder, a hub id, or "" for none.
        unasked: users who speak add facts that nobody asked for.
        language_model: whom agents ask that ask a language model, with its budgets.

    Raises:
        ValueError: a name or file that can't be used, each with its own sentence; no agent, no episode, an agent named
            twice; factories and several workers; an executor that can't be had; episodes that are no multiple of
            `users_per_intent`.
        LostWorkersError: workers died again and again.

    >>> toy = evaluate(["exact", "uniform"], "toy", noise="hard", episodes=20)
    >>> toy.figures["exact"]["turns_success"] < toy.figures["uniform"]["turns_success"]
    True
    """
    own = {agent.__name__: agent for agent in agents if not isinstance(agent, str)}
    names = tuple(agent if isinstance(agent, str) else agent.__name__ for agent in agents)
    if not names or len(set(names)) < len(names):
        raise ValueError(f"agents = {list(names)}; name at least one, and each once")
    if episodes < 1:
        raise ValueError(f"episodes = {episodes}; at least 1 is needed")
    if users_per_intent < 1 or episodes % users_per_intent:
        raise ValueError(f"episodes = {episodes} is no multiple of users_per_intent = {users_per_intent}")
    if own and isinstance(executor, str) and ((workers or 1) > 1 or executor != PROCESSES):
        first, where = next(iter(own)), f"workers = {workers}" if executor == PROCESSES else f"executor = '{executor}'"
        raise ValueError(f"{where}, but '{first}' plays in this process alone; name it module:factory")
    rules = rules or Rules()
    how = {
        "catalogue": catalogue, "questions": questions, "noise": noise, "rules": rules, "max_questions": max_questions,
        "checkpoint": checkpoint, "language_model": language_model,
    }  # fmt: skip
    setting = make_setting(**how)
    plan = EvaluationPlan(setting=how, agents=names, episodes=episodes, seed=seed,
                agent_seed=seed if agent_seed is None else agent_seed, users_per_intent=users_per_intent,
                encoder=encoder if text else None, unasked=unasked)  # fmt: skip
    made = {name: own[name](setting) if name in own else make_agent(name, setting) for name in names}
    table = ResultTable(names, rules.budget, users_per_intent=users_per_intent)
    for result in run(plan, plan.tasks(), workers, setting, made, executor):
        table.add(result)
    return Evaluation(figures={figures.pop("agent"): figures for figures in table.figures()}, rows=table.rows)
