"""`check_agent`: holds an agent to the contract of `agents.agent.Agent`, and names each rule that it breaks.

    from agents.evaluation.check_agent import check_agent
    check_agent(my_factory)        # raises AssertionError with every broken rule, or returns what it could not check

It plays the agent against simulated users of a small catalogue, several times over and in several batches.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from agents.agent import Agent, AgentFactory
from agents.evaluation.episodes import Episodes, agent_seeds, play
from agents.setting import Setting, make_setting
from agents.strategies.belief_agent import BeliefAgent
from envs.rules import Rules

EPISODES = 6
SEED = 7

METHODS = "has reset, act, observe and belief"
BATCH = "a batch equals single dialogues"
RESET = "reset leaks nothing of the dialogues before"
FRESH = "an old agent that was reset equals a new one"
SEEDS = "the agent's own draws come from the seeds given at reset, not from anything global"
LEGAL = "actions are whole numbers from 0 to Q + N - 1"
BUDGET = "asks nothing once the budget is spent"
SHAPE = "act gives one action for each of the rows asked about"
BELIEF = "belief is (n, N), not negative, and sums to 1"
INPUT = "the arrays it is given are left as they are"


def small_setting(rules: Rules | None = None) -> Setting:
    """A world of a few intents, quickly made."""
    return make_setting("toy", "mixed", "hard", rules or Rules(budget=6))


def check_agent(factory: AgentFactory, setting: Setting | None = None) -> list[str]:
    """Play the agent and hold it to every rule of its contract.

    Args:
        factory: as registered; called several times.
        setting: the world to try it in; a small one when None.

    Returns:
        What could not be checked, a sentence each.

    Raises:
        AssertionError: naming each broken rule and how it showed.
    """
    setting = setting or small_setting()
    agent = factory(setting)
    missing = [name for name in ("reset", "act", "observe", "belief") if not callable(getattr(agent, name, None))]
    if missing:
        raise AssertionError(f"broken: {METHODS} (it lacks {', '.join(missing)})")
    _hold({SHAPE: lambda: _shapes(factory(setting), setting), BUDGET: lambda: _spent(factory(setting), setting)})
    first = _play(agent, setting)  # what is broken so far would only show again in what follows
    _hold({
        RESET: lambda: _difference(first, _play(agent, setting)),
        FRESH: lambda: _difference(first, _play(factory(setting), setting)),
        BATCH: lambda: _batches(factory, setting, first),
        SEEDS: lambda: _global_draws(factory, setting, first),
    })  # fmt: skip
    left: list[str] = []
    if (first["questions"] == 0).all():
        left.append("it asked nothing, so that observe was not tried" + _why_nothing(agent))
    if (first["guess"] < 0).all():
        left.append("it guessed nothing in any dialogue")
    return left


def _why_nothing(agent: Agent) -> str:
    """Why an agent that shares the stop rule asks nothing, where that is its gains' doing."""
    if not isinstance(agent, BeliefAgent):
        return ""
    rows = np.arange(EPISODES)
    agent.reset(agent_seeds(SEED, rows))
    questions, gains = agent.choose(rows, agent.belief(rows))
    if not (questions >= 0).any() or (np.asarray(gains) > 0).any():
        return ""
    return (
        "; its `choose` says that every question tells 0 nats, and then the stop rule guesses at once: "
        "return what each question is expected to tell"
    )


def _hold(rules: Mapping[str, Callable[[], str]]) -> None:
    """Raises AssertionError naming the rules that are broken: those whose test says how, or raises."""
    broken = []
    for rule, test in rules.items():
        try:
            how = test()
        except Exception as error:
            how = f"{type(error).__name__}: {error}"
        if how:
            broken.append(f"{rule} ({how})")
    if broken:
        raise AssertionError("broken: " + "; ".join(broken))


def _play(agent: Agent, setting: Setting, episodes: np.ndarray | None = None) -> dict[str, np.ndarray]:
    numbers = np.arange(EPISODES) if episodes is None else episodes
    played: Episodes = play(agent, setting, SEED, numbers)
    return {
        "guess": played.guess,
        "questions": played.questions,
        "asked": played.dialogues.questions.copy(),
        "p_truth": played.p_truth,
    }


def _difference(a: dict[str, np.ndarray], b: dict[str, np.ndarray]) -> str:
    """In which episode and how two runs differ; empty where they don't."""
    for key, x in a.items():
        y = b[key]
        same = np.isclose(x, y, rtol=0, atol=1e-9) if x.dtype.kind == "f" else x == y
        rows = np.flatnonzero(~same.reshape(len(x), -1).all(axis=1))
        if len(rows):
            k = int(rows[0])
            return f"episode {k}: {key} {np.asarray(x[k]).tolist()} and {np.asarray(y[k]).tolist()}"
    return ""


def _batches(factory: AgentFactory, setting: Setting, together: dict[str, np.ndarray]) -> str:
    agent = factory(setting)
    alone = [_play(agent, setting, np.array([e])) for e in range(EPISODES)]
    return _difference(together, {key: np.concatenate([one[key] for one in alone]) for key in together})


def _global_draws(factory: AgentFactory, setting: Setting, first: dict[str, np.ndarray]) -> str:
    state = np.random.get_state()  # noqa: NPY002 - the global state is what is on trial
    try:
        np.random.seed(12345)  # noqa: NPY002
        return _difference(first, _play(factory(setting), setting))
    finally:
        np.random.set_state(state)  # noqa: NPY002


def _shapes(agent: Agent, setting: Setting) -> str:
    seeds, total = agent_seeds(SEED, np.arange(3)), len(setting.bank) + len(setting.catalogue)
    agent.reset(seeds)
    rows, left = np.array([0, 2]), np.array([3, 3])
    given = rows.copy(), left.copy()
    actions = np.asarray(agent.act(rows, left))
    if actions.shape != (2,):
        return f"{actions.shape} for 2 rows"
    if actions.dtype.kind not in "iu" or actions.min() < 0 or actions.max() >= total:
        return f"{LEGAL}: {actions.tolist()} of {total}"
    if not (rows == given[0]).all() or not (left == given[1]).all():
        return INPUT
    belief = np.asarray(agent.belief(rows))
    if belief.shape != (2, len(setting.catalogue)):
        return f"{BELIEF}: shape {belief.shape}"
    if belief.min() < 0 or not np.allclose(belief.sum(axis=1), 1.0):
        return f"{BELIEF}: sums {belief.sum(axis=1).tolist()}"
    return ""


def _spent(agent: Agent, setting: Setting) -> str:
    agent.reset(agent_seeds(SEED, np.arange(2)))
    actions = np.asarray(agent.act(np.arange(2), np.zeros(2, dtype=np.int64)))
    return f"question {int(actions.min())}" if (actions < len(setting.bank)).any() else ""
