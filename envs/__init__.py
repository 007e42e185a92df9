"""Gymnasium environments over `sim`: importing `envs` registers them, once.

`import envs` and then `gymnasium.make("clarigym/Movies-v1")`, or `gymnasium.make("envs:clarigym/Movies-v1")` at one go.
What is named here is public: `from envs import BeliefVectorEnv`.  Nothing is loaded before it is asked for: a catalogue
costs up to a second, the import of this a glance.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import gymnasium

from sim.names.lazy import lazy_names

if TYPE_CHECKING:
    from envs.beliefs import BeliefEnv, BeliefVectorEnv
    from envs.clarify import ClarifyEnv
    from envs.features import Shortlist
    from envs.rewards import Shaping
    from envs.rules import Rules
    from envs.text.clarify_text import ClarifyTextEnv
    from envs.text.game import TextGame
    from envs.vector import ClarifyVectorEnv
    from envs.wrappers import QuestionEntries, VectorQuestionEntries

__all__ = [
    "IDS",
    "BeliefEnv",
    "BeliefVectorEnv",
    "ClarifyEnv",
    "ClarifyTextEnv",
    "ClarifyVectorEnv",
    "QuestionEntries",
    "Rules",
    "Shaping",
    "Shortlist",
    "TextGame",
    "VectorQuestionEntries",
]
_HOMES = {
    "envs.beliefs": "BeliefEnv BeliefVectorEnv",
    "envs.clarify": "ClarifyEnv",
    "envs.features": "Shortlist",
    "envs.rewards": "Shaping",
    "envs.rules": "Rules",
    "envs.text.clarify_text": "ClarifyTextEnv",
    "envs.text.game": "TextGame",
    "envs.vector": "ClarifyVectorEnv",
    "envs.wrappers": "QuestionEntries VectorQuestionEntries",
}
"""Module to the names that are defined in it."""

if not TYPE_CHECKING:  # a type checker sees the imports above, and nothing else
    __getattr__, __dir__ = lazy_names(__name__, _HOMES)

NAMED = {
    "clarigym/Movies-v1": "movies",
    "clarigym/Movies1k-v1": "movies-1k",
    "clarigym/Famous-v1": "famous",
    "clarigym/Groceries-v1": "groceries",
    "clarigym/Animals-v1": "animals",
    "clarigym/Toy-v1": "toy",
}
"""Environment id to the built-in catalogue that it is about."""
ANY = "clarigym/Clarify-v1"
"""The environment of a catalogue that is named when it is made."""
IDS = (*NAMED, ANY)
"""The ids whose actions are numbers of questions and guesses; each has a vector environment."""
TEXT = "clarigym/ClarifyText-v1"
"""The same in words, of a catalogue that is named when it is made."""


def register() -> None:
    """Register every id that isn't registered yet; calling it again changes nothing."""
    for id_ in IDS:
        if id_ not in gymnasium.registry:
            gymnasium.register(
                id=id_,
                entry_point="envs.clarify:ClarifyEnv",
                vector_entry_point="envs.vector:ClarifyVectorEnv",
                kwargs={"catalogue": NAMED[id_]} if id_ in NAMED else {},
                # Dialogues end by the budget; a time limit on top would cut off the guess.
                max_episode_steps=None,
            )
    if TEXT not in gymnasium.registry:
        gymnasium.register(id=TEXT, entry_point="envs.text.clarify_text:ClarifyTextEnv")


register()
