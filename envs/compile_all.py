"""Calls what is compiled once, so that it lies on disk: `python -m envs.compile_all`.

For an app that must answer keys meanwhile, for a pool of processes that would each compile the same, and for images of
machines that are to start fast.  Beliefs and environments are asked for all that they can do; which loops are behind
them is not known here.
"""

from __future__ import annotations

import atexit
import subprocess
import sys
from contextlib import suppress
from subprocess import DEVNULL

import numpy as np

from envs.beliefs import BeliefVectorEnv
from envs.vector import ClarifyVectorEnv
from sim.catalogue.catalogue import Catalogue, make_facet
from sim.catalogue.load import load
from sim.posterior.batched import BatchedPosterior
from sim.posterior.contract import Posterior
from sim.posterior.exact import ChannelPosterior
from sim.questions import question_bank
from sim.users.from_rates import make_channel
from sim.users.memory import Population
from sim.users.rates import load_rates
from sim.users.simulated import SimulatedUsers

CATALOGUE, NOISE = "toy", "typical"
"""Facets of all kinds and users of several types; loops are compiled for types of numbers, not for sizes."""
LARGE = 3000
"""Intents of a catalogue in which beliefs take the ways that they have for large ones."""
DIALOGUES = 3
STEPS = 2


def compile_all() -> None:
    """Have everything compiled, or read from disk where it has been."""
    rates = load_rates(NOISE)
    for catalogue in (load(CATALOGUE), _large_catalogue()):
        bank, channel = question_bank(catalogue), make_channel(catalogue, rates)
        users = Population(bank, rates, channel)
        _ask(ChannelPosterior(channel, bank), users)
        if catalogue.name == CATALOGUE:
            _ask(ChannelPosterior(channel, bank, memory=False), users)
            _ask(BatchedPosterior(channel, bank), users)
            _step(BatchedPosterior(channel, bank))


def _large_catalogue() -> Catalogue:
    rows = np.arange(LARGE)
    facets = (
        make_facet("length", "number", rows % 90),
        make_facet("place", "one", [f"place {row % 97}" for row in rows]),
        make_facet("parts", "many", [(f"part {row % 41}", f"piece {row % 67}") for row in rows]),
    )
    return Catalogue(name="large", intents=tuple(map(str, rows)), prior=np.full(LARGE, 1 / LARGE), facets=facets)


def _ask(posterior: Posterior, users: Population) -> None:
    """A few turns of one dialogue and of several, with all that a belief can tell."""
    for dialogues in (1, DIALOGUES):
        talk = SimulatedUsers(users, 0, np.arange(dialogues))
        posterior.reset(dialogues)
        posterior.open(talk.opening())
        for _ in range(STEPS):
            question = posterior.choose(2)[0][:, 0]
            posterior.predict(question)
            answer = talk.answer(question)
            posterior.copy().take(np.arange(dialogues)).update(question, answer)
            posterior.update(question, answer)
            for tell in (posterior.belief, posterior.types, posterior.states, posterior.eig_nats):
                tell()
            posterior.shortlist(2, 1)
        for b in range(dialogues):
            talk.corruptions(b)


def _step(posterior: Posterior) -> None:
    """A few steps of environments, with beliefs on top."""
    env = BeliefVectorEnv(ClarifyVectorEnv(DIALOGUES, CATALOGUE, noise=NOISE, opening=True), posterior)
    env.reset(seed=0)
    for _ in range(STEPS):
        env.step(env.action_masks().argmax(axis=1))


def compile_in_another_process() -> None:
    """As `compile_all`, while other threads of this process go on; the other process ends with this one."""
    if not sys.executable:  # an interpreter within another program; then it is compiled here
        return
    command = [sys.executable, "-m", "envs.compile_all"]
    with suppress(OSError):
        other = subprocess.Popen(command, stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL)

        def end() -> None:
            other.kill()
            other.wait()

        atexit.register(end)
        other.wait()
        atexit.unregister(end)


if __name__ == "__main__":
    compile_all()
