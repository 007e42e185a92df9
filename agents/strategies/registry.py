"""Agents by name: a plain dict of where each factory is, imported when asked for.

A factory takes a `Setting` and gives an `Agent`; one's own is named `module:factory`.  `ASKER+BELIEVER` asks as one
agent does, and stops and guesses as another.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

from agents.errors import InputError
from sim.names.did_you_mean import did_you_mean

if TYPE_CHECKING:  # the app and the command line look names up before numpy is loaded
    from agents.agent import Agent
    from agents.setting import Setting

AGENTS: dict[str, tuple[str, str]] = {
    "uniform": ("agents.strategies.uniform:uniform", "random questions"),
    "fixed": ("agents.strategies.fixed:fixed", "the same questions of everybody, best first under the prior"),
    "entropy": ("agents.strategies.entropy:entropy", "the answer of highest entropy, blind to noise"),
    "exact": ("agents.strategies.greedy:exact", "highest information gain under the users' true rates: the yardstick"),
    "learned": (
        "agents.strategies.learned:learned",
        "the same under a posterior learned from dialogues, knowing no rates",
    ),
    "independent": ("agents.strategies.greedy:independent", "the same, taking every answer for independent evidence"),
    "policy": ("agents.policy.serve:policy", "question and guess chosen by a network trained by reinforcement"),
    "lookahead": ("agents.strategies.lookahead:lookahead", "two steps ahead among the few best questions"),
}
"""Name to factory and one line."""
MODEL_AGENTS: dict[str, tuple[str, str]] = {
    "llm": ("agents.strategies.llm.alone:llm", "a language model alone: it asks and guesses as it likes"),
    "llm-words": ("agents.strategies.llm.worded:words", "exact's question, in a language model's words"),
    "llm-proposes": (
        "agents.strategies.llm.proposing:proposes",
        "the highest information gain among questions that a language model proposes",
    ),
}
"""Likewise those that ask a language model, which has to be named."""
YARDSTICK = "exact"
"""Who plays where nobody is named and the truth about the users may be known."""
LEARNED = "learned"
TRAINED = (LEARNED, "policy")
"""Who reads a checkpoint."""
SPLIT = "+"
"""Between two names: the first asks, the second believes, stops and guesses (`agents.strategies.split`)."""


def parts_of(name: str) -> list[str]:
    """The agents that a name stands for: one, or the two of `ASKER+BELIEVER`."""
    return name.split(SPLIT)


def check_name(name: str) -> str:
    """The name, if there may be such an agent; nothing is imported.

    Raises:
        InputError: neither registered nor `module:factory`, nor two such names with a plus between them.
    """
    if len(parts_of(name)) == 2:
        for part in parts_of(name):
            check_name(part)
        return name
    every = {**AGENTS, **MODEL_AGENTS}
    if name in every or ":" in name.strip(":"):
        return name
    near = did_you_mean(name, every)
    raise InputError(f"no agent '{name}'{near} (agents: {', '.join(sorted(every))}; your own: module:factory)")


def asks_a_model(name: str) -> bool:
    """Whether a language model must be named for an agent, or for one of the two of `ASKER+BELIEVER`."""
    return any(part in MODEL_AGENTS for part in parts_of(name))


def check_checkpoint(checkpoint: str, names: Sequence[str]) -> None:
    """That somebody of these names reads the checkpoint, where one is given; an agent of one's own may.

    Raises:
        InputError: nobody does, so that the figures would be of others than was meant.
    """
    if checkpoint and not any(part in TRAINED or ":" in part for name in names for part in parts_of(name)):
        readers = " and ".join(TRAINED)
        raise InputError(f"--checkpoint {checkpoint} is read by {readers} alone, not by {', '.join(names)}; name one")


def default_agent(setting: Setting) -> str:
    """Who plays before people where nobody is named: `learned` where a checkpoint fits the catalogue, else `exact`."""
    from agents.learning.checkpoint import CheckpointError, shipped_for

    if setting.checkpoint:
        return LEARNED
    try:
        shipped_for(setting.catalogue)
    except CheckpointError:
        return YARDSTICK
    return LEARNED


def make_agent(name: str, setting: Setting) -> Agent:
    """The agent of that name for a setting.

    Raises:
        InputError: no such agent, module or factory; or, of one's own, what the factory raises, or gives that is no
            agent.
    """
    from agents.agent import Agent

    check_name(name)
    if SPLIT in name:
        from agents.strategies.split import SplitAgent

        return SplitAgent(setting, *(make_agent(part, setting) for part in parts_of(name)))
    factory = _factory(name)
    if name in AGENTS or name in MODEL_AGENTS:  # what is wrong is said, or the fault is ours
        return cast("Agent", factory(setting))
    from agents.strategies.guarded import GuardedAgent, guarded

    agent = guarded(f"the factory of agent '{name}' fails", factory, setting)
    if not isinstance(agent, Agent):
        raise InputError(f"'{name}' gave a {type(agent).__name__}, which lacks reset, act, observe or belief")
    return GuardedAgent(name, agent, setting)


def _factory(name: str) -> Callable[[Setting], object]:
    ours = {**AGENTS, **MODEL_AGENTS}
    target = ours[name][0] if name in ours else name
    module_name, _, attribute = target.partition(":")
    if name not in ours and str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))  # as `python -m` would find it
    try:
        module = importlib.import_module(module_name)
    except (Exception, SystemExit) as error:  # of one's own, whatever its code raises
        if name in ours and not isinstance(error, ImportError):
            raise
        raise InputError(f"cannot import '{module_name}' for agent '{name}': {error}") from error
    factory = getattr(module, attribute, None)
    if not callable(factory):
        raise InputError(f"module '{module_name}' has no factory '{attribute}' for agent '{name}'")
    return factory
