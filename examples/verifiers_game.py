"""The game in words as an environment of verifiers (v1): a taskset of users, and turns with the agent under test.

In an environment of its own, for verifiers brings dozens of packages along that clarigym does not need:

    python3 -m venv vf && vf/bin/pip install -c constraints.txt . && vf/bin/pip install verifiers==0.4.0 uv
    vf/bin/python examples/verifiers_game.py

Each task is a user: its `seed` says which, so that all rollouts of a task meet the same one.  The user's words are the
turns of verifiers' `interaction`, the agent's replies are messages: a question, or "My guess: X".

`main` plays with a scripted endpoint, named so, that asks the same few questions whatever it hears.  To evaluate a
model, have `verifiers_game` importable and name it: `vf-eval verifiers_game --env.agent.harness.id null -m MODEL`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import threading
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import verifiers.v1 as vf
from verifiers.v1.utils.loaders import load_environment

from envs import TextGame

__all__ = ["GameEnv", "GameTaskset"]
HOW = 'Each of your messages is one question in plain words, or "My guess: X" with nothing else.'


class GameData(vf.TaskData):
    seed: int
    """Which user."""
    catalogue: str


class GameTask(vf.Task[GameData]):
    """One user."""


class GameTasksetConfig(vf.TasksetConfig):
    users: int = 100
    catalogue: str = "animals"


class GameTaskset(vf.Taskset[GameTask, GameTasksetConfig]):
    """Users by seed."""

    def load(self) -> Iterable[GameTask]:
        for seed in range(self.config.users):
            data = GameData(seed=seed, catalogue=self.config.catalogue)
            yield GameTask(data, self.config.task)


class GameEnvConfig(vf.EnvConfig):
    agent: vf.AgentConfig = vf.AgentConfig(harness={"id": "null"}, runtime={"type": "subprocess"})


class GameEnv(vf.Env[GameEnvConfig]):
    """The user speaks first, and the game decides when it is over and what it was worth."""

    async def run(self, task: GameTask, agents: vf.Agents) -> None:
        game = TextGame(task.data.catalogue, how=HOW)
        said = game.reset(seed=task.data.seed)
        async with agents.agent.interaction(task) as interaction:
            while not game.dialogue.over:
                segment = await interaction.turn(said)
                if segment.terminated:
                    break
                said = game.dialogue.say(segment.last_reply).text
            interaction.trace.record_reward("game", game.get_reward())
            interaction.trace.record_metric("questions", float(game.dialogue.dialogues.turn[0]))


# --- a scripted endpoint, so that the example runs without a model ------------------------------------------------

SCRIPT = ("Can it fly?", "Is it heavier than a cat?", "What colour is it?", "My guess: dog")


class ScriptedEndpoint(BaseHTTPRequestHandler):
    """Answers each request for a chat completion with the next line of the script."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        turn = sum(message["role"] == "assistant" for message in asked["messages"])
        said = {"role": "assistant", "content": SCRIPT[min(turn, len(SCRIPT) - 1)]}
        common = {"id": f"scripted-{turn}", "created": 0, "model": "scripted"}
        usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
        if asked.get("stream"):
            kind, parts = "chat.completion.chunk", [({"delta": said}, None), ({"delta": {}}, "stop")]
        else:
            kind, parts = "chat.completion", [({"message": said}, "stop")]
        made = [
            json.dumps(common | {"object": kind, "usage": usage if end else None,
                                 "choices": [part | {"index": 0, "finish_reason": end}]})
            for part, end in parts
        ]  # fmt: skip
        if asked.get("stream"):
            made = [f"data: {one}\n\n" for one in (*made, "[DONE]")]
        body = "".join(made).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream" if asked.get("stream") else "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: what matters is printed by `main`."""


async def play(users: int, catalogue: str, address: str) -> list[float]:
    """One rollout of each task; the rewards."""
    os.environ.setdefault("SCRIPTED_KEY", "none")
    taskset = GameTasksetConfig(id="verifiers_game", users=users, catalogue=catalogue)
    env = load_environment(GameEnvConfig(taskset=taskset))
    client = vf.EvalClientConfig(base_url=address, api_key_var="SCRIPTED_KEY")
    context = vf.ModelContext(model="scripted", client=client)
    rewards = []
    async with env.serving():
        for task in env.taskset:
            episode = await env.run_episode(task, context)
            for error in [*episode.errors, *(error for trace in episode.traces for error in trace.errors)]:
                print(f"error: {error.type}: {error.message}")
            for trace in episode.traces:
                for message in trace.messages:
                    print(f"{message.role}: {message.content}")
                print(f"reward {trace.reward:+.2f}")
                rewards.append(trace.reward)
    return rewards


def main(arguments: list[str] | None = None) -> list[float]:
    """Play against a scripted endpoint."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--catalogue", default="animals")
    parser.add_argument("--users", type=int, default=2)
    options = parser.parse_args(arguments)
    server = ThreadingHTTPServer(("127.0.0.1", 0), ScriptedEndpoint)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    rewards = asyncio.run(play(options.users, options.catalogue, f"http://127.0.0.1:{server.server_address[1]}/v1"))
    server.shutdown()
    return rewards


if __name__ == "__main__":
    # verifiers imports this file by its name; its classes must not be there a second time.
    from verifiers_game import main as main_by_name

    main_by_name()
