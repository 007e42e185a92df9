"""Scripted episodes at work: the user that a scenario describes, and the dialogue."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from agents.agent import Agent
from agents.errors import InputError
from agents.evaluation.episodes import Episodes, play
from agents.scenarios.expectations import Outcome, failures
from agents.scenarios.manners import Settled
from agents.scenarios.read import Scenario
from agents.scenarios.scripted_answers import answer_id
from agents.scenarios.turns import ScenarioTurn, Standing
from agents.setting import Setting, make_setting
from agents.strategies.registry import make_agent
from envs.rules import Dialogues, Rules
from sim.answers import DONT_KNOW, PROBABLY, PROBABLY_NOT
from sim.catalogue.load import BUILT_IN
from sim.channel.opening import SILENT
from sim.facts import claims_nothing, false_answers, opposite_answer, true_answer
from sim.names.did_you_mean import did_you_mean
from sim.phrasing import answer_sentence, statement
from sim.questions import OPEN, QuestionBank
from sim.users.rates import load_rates
from sim.users.scripted import ScriptedUser
from sim.users.simulated import SimulatedUsers

Speaks = Callable[[int, QuestionBank], int]


class ScenarioPlayer:
    """Plays scenarios, keeping settings and agents for those that share them."""

    def __init__(self, agent: str):
        self.agent = agent
        self._settings: dict[tuple[Any, ...], Setting] = {}
        self._agents: dict[tuple[Any, ...], Agent] = {}

    def run(self, scenario: Scenario) -> Outcome:
        """Play it and compare with what it expects.

        Raises:
            InputError: it names what isn't there; with its place.
        """
        try:
            return self._run(scenario)
        except (ValueError, KeyError) as error:
            message = error.args[0] if error.args else str(error)
            if scenario.place in str(message):
                raise
            raise InputError(f"{scenario.place}: {message}") from None

    def _run(self, scenario: Scenario) -> Outcome:
        setting, agent = self._setting(scenario)
        dialogues = begin(scenario, setting)
        watcher = TruthWatcher(setting, agent, dialogues, scenario)
        played = play(agent, setting, scenario.seed, np.array([scenario.episode]), dialogues=dialogues, watch=watcher)
        return outcome_of(scenario, setting, played, watcher)

    def _setting(self, s: Scenario) -> tuple[Setting, Agent]:
        rules = Rules(budget=s.budget, opening=s.opening)
        here = Path(s.place.split(", ")[0]).parent
        catalogue = s.catalogue if s.catalogue in BUILT_IN else str(here / s.catalogue)
        noise = str(here / s.noise) if s.noise.endswith(".toml") else s.noise
        key = (catalogue, s.questions, noise, s.leaves_after)
        if key not in self._settings:
            rates = load_rates(noise)
            if s.leaves_after is not None:
                rates = replace(rates, patience=s.leaves_after, leaving=1.0)
            self._settings[key] = make_setting(catalogue, s.questions, rates, rules)  # pyright: ignore[reportArgumentType]
        setting = self._settings[key].with_rules(rules)
        if (*key, rules) not in self._agents:
            self._agents[*key, rules] = make_agent(self.agent, setting)
        return setting, self._agents[*key, rules]


def begin(s: Scenario, setting: Setting) -> Dialogues:
    """A dialogue with the user whom a scenario describes.

    Raises:
        ValueError: an intent, facet, value or type that isn't there.
    """
    dialogues = Dialogues(setting.population, setting.rules, 1)
    intents = None if s.intent is None else np.array([intent_id(setting, s.intent)])
    for name in (*s.memory, *s.forgotten, *s.facts):
        setting.catalogue.facet(name)
    fixed: dict[str, Any] = {"memory": dict(s.memory) | dict.fromkeys(s.forgotten)}
    if s.type is not None:
        fixed["type"] = s.type
    first, seed, episode = np.zeros(1, dtype=np.int64), np.array([s.seed], dtype=np.uint64), np.array([s.episode])
    dialogues.reset(first, seed, episode, intents=intents, user=fixed)
    script = script_of(s, dialogues.users)
    if script is not None:
        dialogues.scripted[0] = ScriptedUser(script, setting.bank)
    return dialogues


def script_of(s: Scenario, users: SimulatedUsers) -> Speaks | None:
    """What is said where not the simulated user speaks; None where he does."""
    if not (s.answers or s.then is not None or s.facts or s.lies):
        return None
    said = 0

    def speak(question: int, bank: QuestionBank) -> int:
        nonlocal said
        turn, said = said, said + 1
        if turn < len(s.answers):
            answer = answer_id(bank, question, s.answers[turn])
        elif s.then is not None:
            answer = answer_id(bank, question, s.then)
        elif s.facts:
            answer = true_answer(bank, question, s.facts)
        else:
            answer = int(users.answer(np.array([question]))[0])
        return opposite_answer(bank, question, answer) if said in s.lies else answer

    return speak


class TruthWatcher:
    """Notes where the truth stands after every turn of one dialogue."""

    def __init__(self, setting: Setting, agent: Agent, dialogues: Dialogues, scenario: Scenario):
        self.setting, self.agent = setting, agent
        self.truth = -1 if scenario.absent else int(dialogues.users.intent[0])
        self.turns: list[ScenarioTurn] = []
        self.at_start = Standing()
        self.history: list[tuple[int, int]] = []
        """(question, answer) of the turns; a leave is none."""
        opening = dialogues.opening(np.zeros(1, np.int64))[0]
        self.opening = _told_first(setting.bank, opening)
        self._settled = Settled(setting.bank, opening)
        self._before = (False, 0.0)

    def asks(self, rows: np.ndarray, questions: np.ndarray) -> None:
        if not self.turns:
            self.at_start = self._standing(rows)
        self._before = (self._settled.settles(int(questions[0])), float(self.agent.belief(rows[:1])[0].max()))

    def answered(self, rows: np.ndarray, questions: np.ndarray, answers: np.ndarray) -> None:
        bank, question, answer = self.setting.bank, int(questions[0]), int(answers[0])
        now = self._standing(rows)
        settled, favourite = self._before
        turn = ScenarioTurn(
            question=bank.text(question), answer=answer_sentence(bank, question, answer), id=question, rank=now.rank,
            facet=bank.catalogue.facets[bank.facet[question]].name, p=now.p, settled=settled, favourite=favourite,
            unknown=answer >= 0 and claims_nothing(bank, question, answer), false=self._is_false(question, answer),
        )  # fmt: skip
        self.turns.append(turn)
        if answer >= 0:
            self.history.append((question, answer))
            self._settled.hear(question, answer)

    def _is_false(self, question: int, answer: int) -> bool:
        if self.truth < 0 or answer < 0:
            return False
        return bool(false_answers(self.setting.bank, np.array([self.truth]), np.array([question]), np.array([answer])))

    def _standing(self, rows: np.ndarray) -> Standing:
        if self.truth < 0:
            return Standing()
        belief = self.agent.belief(rows[:1])[0]
        likelier = int((belief > belief[self.truth] * (1 + 1e-9)).sum())
        return Standing(1 + likelier, float(belief[self.truth]))


def outcome_of(s: Scenario, setting: Setting, played: Episodes, watcher: TruthWatcher) -> Outcome:
    """What came of a scenario that was played."""
    guess, truth = int(played.guess[0]), int(played.dialogues.users.intent[0])
    certain = [(q, a) for q, a in watcher.history
               if setting.bank.kind[q] == OPEN or a not in (PROBABLY_NOT, DONT_KNOW, PROBABLY)]  # fmt: skip
    names = setting.catalogue.intents
    out = Outcome(
        scenario=s, turns=tuple(watcher.turns), guess=names[guess] if guess >= 0 else None,
        truth="nothing in the catalogue" if s.absent else names[truth], found=bool(played.success[0]) and not s.absent,
        user_left=bool(played.user_left[0]), questions=int(played.questions[0]), reward=float(played.reward[0]),
        confidence=float(played.p_guess[0]), failures=(), seconds=played.seconds, start=watcher.at_start,
        opening=watcher.opening, contradicted=_contradicted(setting.bank, guess, certain),
    )  # fmt: skip
    return replace(out, failures=tuple(failures(out)))


def _contradicted(bank: QuestionBank, guess: int, said: list[tuple[int, int]]) -> int:
    """How many (question, answer) pairs are false of a guess; 0 where nothing was guessed."""
    if guess < 0 or not said:
        return 0
    questions, answers = np.array(said).T
    return int(false_answers(bank, np.full(len(said), guess), questions, answers).sum())


def _told_first(bank: QuestionBank, opening: np.ndarray) -> tuple[str, ...]:
    """The opening (F,) as sentences."""
    stated = np.flatnonzero(opening != SILENT).tolist()
    return tuple(statement(bank, int(bank.open_question[f]), int(opening[f]) + 1) for f in stated)


def intent_id(setting: Setting, name: str) -> int:
    """The intent of that id or name.

    Raises:
        InputError: none, or several of that name.
    """
    catalogue = setting.catalogue
    if name in catalogue.ids:
        return catalogue.ids.index(name)
    found = [i for i, x in enumerate(catalogue.intents) if x == name]
    if len(found) != 1:
        what = "is in the catalogue several times; give its id" if found else "is not in the catalogue"
        raise InputError(f"intent '{name}' {what}{'' if found else did_you_mean(name, catalogue.intents)}")
    return found[0]
