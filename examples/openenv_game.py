"""The game in words behind OpenEnv's server, and a client that plays it.

In an environment of its own, for OpenEnv brings dozens of packages along that clarigym does not need:

    python3 -m venv oe && oe/bin/pip install -c constraints.txt . && oe/bin/pip install openenv-core==0.3.0
    oe/bin/python -m examples.openenv_game

`app()` is what `uvicorn` serves: one game for each session, so that sessions don't meet.  `reset(seed=...)` begins with
the user of that seed.  An action names a tool of `TextGame` and what it is called with.  The reward comes at the end.
"""

from __future__ import annotations

import argparse
import socket
import threading
import time
from functools import partial
from typing import Any, Literal

import uvicorn
from openenv.core import GenericEnvClient
from openenv.core.env_server import create_fastapi_app
from openenv.core.env_server.interfaces import Environment
from openenv.core.env_server.types import Action, Observation, State

from envs import TextGame

PLAYED = (("ask", "Can it fly?"), ("ask", "is it heavier than a cat?"), ("ask", "what colour is it?"), ("guess", "dog"))
"""The messages of the client, which is no agent."""


class GameAction(Action):
    tool: Literal["ask", "guess"]
    text: str
    """The question, or the name that is guessed."""


class GameObservation(Observation):
    text: str
    """What the user says."""


class GameEnvironment(Environment):
    """One game."""

    SUPPORTS_CONCURRENT_SESSIONS = True

    def __init__(self, catalogue: str) -> None:
        super().__init__()
        self.game = TextGame(catalogue)
        self._state = State()

    def reset(self, seed: int | None = None, episode_id: str | None = None, **kwargs: Any) -> GameObservation:
        self._state = State(episode_id=episode_id, step_count=0)
        first = self.game.reset(seed=seed or 0, intent=kwargs.get("intent"))
        return GameObservation(text=first, reward=0.0, done=False)

    def step(self, action: GameAction, timeout_s: float | None = None, **kwargs: Any) -> GameObservation:
        self._state.step_count += 1
        said = self.game.ask(action.text) if action.tool == "ask" else self.game.guess(action.text)
        over = self.game.dialogue.over
        return GameObservation(text=said, reward=self.game.get_reward() if over else 0.0, done=over)

    @property
    def state(self) -> State:
        return self._state


def app(catalogue: str = "animals", sessions: int = 64) -> Any:
    """The server's application."""
    make = partial(GameEnvironment, catalogue)
    return create_fastapi_app(make, GameAction, GameObservation, max_concurrent_envs=sessions)


def serve(catalogue: str) -> tuple[uvicorn.Server, str]:
    """A server in a thread, and its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(app(catalogue), host="127.0.0.1", port=port, log_level="critical"))
    threading.Thread(target=server.run, daemon=True).start()
    while not server.started:
        time.sleep(0.05)
    return server, f"http://127.0.0.1:{port}"


def main(arguments: list[str] | None = None) -> float:
    """Play one game over the network; its reward."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--catalogue", default="animals")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    server, address = serve(options.catalogue)
    reward = 0.0
    with GenericEnvClient(base_url=address).sync() as client:
        result = client.reset(seed=options.seed)
        print(result.observation["text"])
        for tool, text in PLAYED:
            result = client.step({"tool": tool, "text": text})
            reward += float(result.reward or 0.0)
            print(f"{tool}: {text}\n{result.observation['text']}")
            if result.done:
                break
    server.should_exit = True
    print(f"reward {reward:+.2f}")
    return reward


if __name__ == "__main__":
    main()
