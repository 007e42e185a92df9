"""What words cost in a dialogue, and what a real opening saves.

Both compare the same users, each with itself.  In the first table they speak in two runs, in one of them without facts
that nobody asked for, and answer by ids in a third.
In the second they want the films that people asked for, answer by ids in both runs, and in one of them the agent has
heard the request as it was written.  That user then remembers the film afresh: what the request had wrong it may have
right, and the other way round.  So the request counts as what somebody else said, a factor on each film, and its
mistakes are not held against the user's answers.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from agents.agent import Agent
from agents.evaluation import intervals
from agents.evaluation.episodes import play
from agents.evaluation.evaluate import evaluate
from agents.evaluation.metrics import paired, turns_all
from agents.evaluation.runner import rows_of
from agents.language.belief import parts_of
from agents.language.reader import Reader
from agents.language.reading import TextReading
from agents.setting import Setting
from agents.strategies.belief_agent import BeliefAgent
from agents.strategies.greedy import exact
from agents.strategies.hearing import hear_openings, likeliest_answer
from envs.rules import Dialogues, Rules
from sim.belief.virtual_evidence import VirtualEvidence
from sim.phrasing.spoken import Talkers
from sim.phrasing.unasked import Unasked
from sim.phrasing.voice import SpeechVocabulary
from sim.users.memory import Population
from sim.users.simulated import SimulatedUsers

BATCH = 25
AGENT = "exact"
TINY = 1e-12
"""Beliefs are taken for no smaller than this."""


def in_words(
    catalogue: str, encoder: str, episodes: int, *, noise: str = "people", opening: bool = False
) -> dict[str, Any]:
    """Success of `exact` with users who speak, beside the same users by ids.

    Returns:
        `words`, `answers` (words without facts that nobody asked for) and `ids`, figures of each; `difference`, what is
        lost in words beside ids and its interval, of `success` and of `turns_all`; `unasked`, what words are beside
        `answers`, likewise; `understood`, the share of answers.
    """
    rules = Rules(opening=opening)
    found = {
        how: evaluate([AGENT], catalogue, noise=noise, rules=rules, episodes=episodes, text=how != "ids",
                      encoder=encoder, unasked=how == "words")
        for how in ("words", "answers", "ids")
    }  # fmt: skip
    budgets = rules.budget, rules.budget
    figures = {how: one.figures[AGENT] for how, one in found.items()}
    return figures | {
        "difference": paired(found["words"].rows, found["ids"].rows, budgets),
        "unasked": paired(found["words"].rows, found["answers"].rows, budgets),
        "understood": figures["words"]["understood"],
    }


def behind_answers(reader: Reader, dialogues: int) -> dict[str, float]:
    """How answers are read with a fact of another facet behind each, beside the same answers without.

    A question at random is asked of each user of `people`, every third time an open one.

    Returns:
        `with` and `without`, the share of answers that are read; `facts`, the share of facts that are; `false`, how
        many others are read a reply; `n`.
    """
    bank, population = reader.bank, Population(reader.bank, "people")
    vocabulary, rng = SpeechVocabulary(bank), np.random.default_rng(0)
    opened = bank.open_question[bank.open_question >= 0]
    found: list[tuple[bool, bool, bool, int]] = []
    for seed in range(dialogues):
        users = SimulatedUsers(population, seed)
        question = int(rng.choice(opened) if seed % 3 == 0 else rng.integers(len(bank)))
        answer = int(users.answer(np.array([question]))[0])
        plain, more = Talkers(vocabulary, seed, 0), Talkers(vocabulary, seed, 0, Unasked(users))
        more.user.manner = replace(more.user.manner, volunteering=1.0)
        turn = more.turn(question, answer)
        added = {(fact.question, fact.answer) for fact in turn.facts if fact.question != question}
        if not added:
            continue
        both = reader.read_all([turn.text, plain.turn(question, answer).text], [question, question])
        with_fact, alone = (likeliest_answer(bank, reading) == answer for reading in both)
        parts = [part for part in parts_of(bank, both[0]) if not part.asked]
        read = {step for part in parts for step in max(part.ways, key=lambda way: way[0])[1]}
        found.append((with_fact, alone, added <= read, len(read - added)))
    means = np.mean(found, axis=0).tolist()
    return dict(zip(("with", "without", "facts", "false", "n"), [*means, float(len(found))], strict=True))


class _Opened:
    """An agent that has heard a request before its first question."""

    def __init__(self, agent: BeliefAgent, readings: list[TextReading]) -> None:
        self.agent, self.readings = agent, readings

    def reset(self, seeds: np.ndarray, said: np.ndarray | None = None) -> None:
        agent, rows = self.agent, np.arange(len(self.readings))
        hear_openings(agent, seeds, agent.bank, self.readings)
        prior = agent.bank.catalogue.prior
        factors = np.log(np.maximum(agent.belief(rows), TINY) / np.maximum(prior, TINY))
        agent.reset(seeds)
        agent.hear(rows, [VirtualEvidence(items=factor) for factor in factors])

    def act(self, rows: np.ndarray, left: np.ndarray) -> np.ndarray:
        return self.agent.act(rows, left)

    def observe(self, rows: np.ndarray, question: np.ndarray, answer: np.ndarray) -> None:
        self.agent.observe(rows, question, answer)

    def belief(self, rows: np.ndarray) -> np.ndarray:
        return self.agent.belief(rows)


def with_requests(
    reader: Reader, setting: Setting, path: Path, limit: int, tell: Callable[[int], None] | None = None
) -> dict[str, Any]:
    """What a request of a person saves of the questions that `exact` asks a simulated user who wants that film.

    Returns:
        `heard` and `none`: success and mean turns, a failure counting as the budget; `saved`: turns saved and their
        interval; `gained`: success gained and its interval; `n`.
    """
    catalogue = setting.catalogue
    row_of = {id_: i for i, id_ in enumerate(catalogue.ids)}
    with open(path, encoding="utf-8") as file:
        asked = [row for row in map(json.loads, file) if str(row["film"]) in row_of][:limit]
    rows: dict[str, list[dict[str, Any]]] = {"heard": [], "none": []}
    agent = exact(setting)
    for start in range(0, len(asked), BATCH):
        some = asked[start : start + BATCH]
        readings = reader.read_all([row["text"] for row in some], [-1] * len(some))
        numbers = np.arange(start, start + len(some))
        intents = np.array([row_of[str(row["film"])] for row in some])
        for how in rows:
            who: Agent = _Opened(agent, readings) if how == "heard" else agent
            played = play(who, setting, 0, numbers, dialogues=_wanting(setting, numbers, intents))
            rows[how] += rows_of(how, played)
        if tell is not None:
            tell(start + len(some))
    budget = setting.rules.budget
    turns = {how: turns_all(some, budget) for how, some in rows.items()}
    found = {how: np.array([row["success"] for row in some]) for how, some in rows.items()}
    gained = intervals.share_difference(
        int((found["heard"] & ~found["none"]).sum()), int((found["none"] & ~found["heard"]).sum()), len(asked)
    )
    saved = intervals.mean(turns["none"] - turns["heard"])
    return {how: {"success": float(found[how].mean()), "turns_all": float(turns[how].mean())} for how in rows} | {
        "saved": saved, "gained": gained, "n": len(asked),
    }  # fmt: skip


def _wanting(setting: Setting, numbers: np.ndarray, intents: np.ndarray) -> Dialogues:
    """Dialogues with users who want these intents, at their beginning."""
    dialogues = Dialogues(setting.population, setting.rules, len(numbers))
    dialogues.reset(np.arange(len(numbers)), np.zeros(len(numbers), dtype=np.uint64), numbers, intents=intents)
    return dialogues
