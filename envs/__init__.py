"""Gymnasium environments over `sim`: importing `envs` registers them, once.

`import envs` and then `gymnasium.make("clarigym/Movies-v0")`, or `gymnasium.make("envs:clarigym/Movies-v0")` at one go.
Nothing is loaded before an environment is made: a catalogue costs up to a second, the import of this a glance.
"""

from __future__ import annotations

import gymnasium

NAMED = {
    "clarigym/Movies-v0": "movies",
    "clarigym/Movies1k-v0": "movies-1k",
    "clarigym/Groceries-v0": "groceries",
    "clarigym/Animals-v0": "animals",
    "clarigym/Toy-v0": "toy",
}
ANY = "clarigym/Clarify-v0"
IDS = (*NAMED, ANY)


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


register()
