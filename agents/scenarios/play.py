"""Scripted episodes at work: the user that a scenario describes, the dialogue, and which expectations fail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from agents.agent import Agent
from agents.errors import InputError
from agents.evaluation.episodes import Episodes, play
from agents.scenarios.read import Scenario
from agents.setting import Setting, make_setting
from agents.strategies.registry import make_agent
from envs.rules import Dialogues, Rules
from sim.catalogue.load import BUILT_IN
from sim.names.did_you_mean import did_you_mean
from sim.phrasing import answer_sentence
from sim.questions import DONT_KNOW, IS, NO, OPEN, OPEN_DONT_KNOW, YES, QuestionBank
from sim.users.rates import load_rates
from sim.users.scripted import ScriptedUser
from sim.users.simulated import SimulatedUsers

Speaks = Callable[[int, QuestionBank], int]
WORDS = {"no": 0, "probably not": 1, "don't know": 2, "probably": 3, "yes": 4}


@dataclass(frozen=True, kw_only=True)
class Turn:
    """One turn as it went."""

    question: str
    answer: str
    facet: str
    id: int
    rank: int
    """How many intents the agent holds likelier than the truth, plus 1; 0 where there is no truth."""
    p: float
    """Its belief in the truth."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of a scenario."""

    scenario: Scenario
    turns: tuple[Turn, ...]
    guess: str | None
    truth: str
    found: bool
    user_left: bool
    questions: int
    reward: float
    confidence: float
    failures: tuple[str, ...]
    """One sentence for each expectation that doesn't hold."""
    seconds: float = 0.0

    @property
    def transcript(self) -> str:
        """The dialogue with the truth's rank beside each turn."""
        width = max([len(t.question) for t in self.turns], default=0)
        lines = [
            f"{k:3}  {t.question:<{width}}  {t.answer}" + (f"  [rank {t.rank}, {100 * t.p:.2g} %]" if t.rank else "")
            for k, t in enumerate(self.turns, 1)
        ]
        end = "the user left" if self.user_left else f"guess: {self.guess} ({100 * self.confidence:.1f} %)"
        return "\n".join([*lines, f"     {end}; it was {self.truth}"])


class Stage:
    """Runs scenarios, keeping worlds and agents for those that share them."""

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
        setting, agent = self._world(scenario)
        dialogues = self._dialogues(scenario, setting)
        watcher = Log(setting, agent, dialogues, scenario)
        played = play(agent, setting, scenario.seed, np.array([scenario.episode]), dialogues=dialogues, watch=watcher)
        return outcome(scenario, setting, played, tuple(watcher.turns), watcher.at_start)

    def _world(self, s: Scenario) -> tuple[Setting, Agent]:
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
        place = (*key, rules)
        if place not in self._agents:
            self._agents[place] = make_agent(self.agent, self._settings[key].with_rules(rules))
        return self._settings[key].with_rules(rules), self._agents[place]

    def _dialogues(self, s: Scenario, setting: Setting) -> Dialogues:
        dialogues = Dialogues(setting.population, setting.rules, 1)
        intents = None if s.intent is None else np.array([intent_id(setting, s.intent)])
        for name in (*s.memory, *s.forgotten, *s.facts):
            setting.catalogue.facet(name)
        fixed: dict[str, Any] = {"memory": dict(s.memory) | dict.fromkeys(s.forgotten)}
        if s.type is not None:
            fixed["type"] = s.type
        first, seed, episode = np.zeros(1, dtype=np.int64), np.array([s.seed], dtype=np.uint64), np.array([s.episode])
        dialogues.reset(first, seed, episode, intents=intents, user=fixed)
        script = self._script(s, setting, dialogues.users)
        if script is not None:
            dialogues.scripted[0] = ScriptedUser(script, setting.bank)
        return dialogues

    def _script(self, s: Scenario, setting: Setting, users: SimulatedUsers) -> Speaks | None:
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
            return opposite(bank, question, answer) if said in s.lies else answer

        return speak


class Log:
    """Notes where the truth stands after every turn."""

    def __init__(self, setting: Setting, agent: Agent, dialogues: Dialogues, scenario: Scenario):
        self.setting, self.agent = setting, agent
        self.truth = -1 if scenario.absent else int(dialogues.users.intent[0])
        self.turns: list[Turn] = []
        self.at_start = (0, 0.0)

    def asks(self, rows: np.ndarray, questions: np.ndarray) -> None:
        if not self.turns:
            self.at_start = self._standing(rows)

    def answered(self, rows: np.ndarray, questions: np.ndarray, answers: np.ndarray) -> None:
        bank, question = self.setting.bank, int(questions[0])
        rank, p = self._standing(rows)
        self.turns.append(Turn(question=bank.text(question), answer=answer_sentence(bank, question, int(answers[0])),
                               facet=self.setting.catalogue.facets[bank.facet[question]].name, id=question, rank=rank,
                               p=p))  # fmt: skip

    def _standing(self, rows: np.ndarray) -> tuple[int, float]:
        if self.truth < 0:
            return 0, 0.0
        belief = self.agent.belief(rows[:1])[0]
        return 1 + int((belief > belief[self.truth] * (1 + 1e-9)).sum()), float(belief[self.truth])


def outcome(
    s: Scenario, setting: Setting, played: Episodes, turns: tuple[Turn, ...], start: tuple[int, float]
) -> Outcome:
    guess, truth = int(played.guess[0]), int(played.dialogues.users.intent[0])
    names = setting.catalogue.intents
    out = Outcome(
        scenario=s, turns=turns, guess=names[guess] if guess >= 0 else None,
        truth="nothing in the catalogue" if s.absent else names[truth], found=bool(played.success[0]) and not s.absent,
        user_left=bool(played.user_left[0]), questions=int(played.questions[0]), reward=float(played.reward[0]),
        confidence=float(played.p_guess[0]), failures=(), seconds=played.seconds,
    )  # fmt: skip
    return replace(out, failures=tuple(failures(out, start)))


def failures(o: Outcome, start: tuple[int, float]) -> list[str]:
    """A sentence for each expectation that doesn't hold."""
    e, asked = o.scenario.expect, f"{o.questions} questions were asked"
    facets = {t.facet for t in o.turns}
    ids = [t.id for t in o.turns]
    checks: list[tuple[Any, bool, str]] = [
        (e.found, o.found == e.found, f"found is {str(o.found).lower()}"),
        (e.within, o.found and o.questions <= (e.within or 0), f"{'found' if o.found else 'not found'}, {asked}"),
        (e.at_least, o.questions >= (e.at_least or 0), asked),
        (e.user_left, o.user_left == e.user_left, "the user left" if o.user_left else "the user stayed"),
        (e.guess, o.guess in (e.guess or ()), f"the guess was {o.guess}"),
        (e.confidence_below, o.confidence < (e.confidence_below or 0), f"confidence was {o.confidence:.3f}"),
        (e.confidence_above, o.confidence > (e.confidence_above or 0), f"confidence was {o.confidence:.3f}"),
        (e.reward_above, o.reward > (e.reward_above or 0), f"the reward was {o.reward:.2f}"),
        (e.never_repeats, (len(set(ids)) == len(ids)) == e.never_repeats, "a question came twice or none did"),
    ]
    names = ("found", "within", "at_least", "user_left", "guess", "confidence_below", "confidence_above",
             "reward_above", "never_repeats")  # fmt: skip
    out = [f"{name} = {wanted}, but {saw}" for name, (wanted, holds, saw) in zip(names, checks, strict=True)
           if wanted is not None and not holds]  # fmt: skip
    out += [f"asks_about {facet}, but it asked about {', '.join(sorted(facets)) or 'nothing'}"
            for facet in e.asks_about if facet not in facets]  # fmt: skip
    for wanted in e.rank:
        at = min(wanted["turn"], len(o.turns))
        rank = o.turns[at - 1].rank if at else start[0]
        if not 0 < rank < wanted["below"]:
            out.append(f"rank below {wanted['below']} at turn {wanted['turn']}, but it was {rank or 'without a truth'}")
    if e.recovers_after is not None:
        out += _recovery(o, e.recovers_after, start)
    return out


def _recovery(o: Outcome, turn: int, start: tuple[int, float]) -> list[str]:
    if not 0 < turn <= len(o.turns):
        return [f"recovers_after = {turn}, but there were {len(o.turns)} turns"]
    before = o.turns[turn - 2].p if turn > 1 else start[1]
    out = []
    if o.turns[turn - 1].p >= before:
        out.append(f"recovers_after = {turn}, but that answer didn't mislead")
    if o.turns[-1].rank != 1:
        out.append(f"recovers_after = {turn}, but the truth ended at rank {o.turns[-1].rank}")
    return out


# --- answers -------------------------------------------------------------------------------------------------------


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


def answer_id(bank: QuestionBank, question: int, said: Any) -> int:
    """An answer given as a word, an option's name or a number; words that don't suit an open question: don't know.

    Raises:
        InputError: no such answer to a yes/no question.
    """
    if isinstance(said, int) and not isinstance(said, bool):
        return said
    if bank.kind[question] != OPEN:
        if said not in WORDS:
            raise InputError(f"answer '{said}' to \"{bank.text(question)}\"; it is one of {', '.join(WORDS)}")
        return WORDS[said]
    facet = bank.catalogue.facets[bank.facet[question]]
    return facet.options.index(said) + 1 if said in facet.options else OPEN_DONT_KNOW


def true_answer(bank: QuestionBank, question: int, facts: dict[str, Any] | Any) -> int:
    """What somebody says who knows the facts and nothing else."""
    facet = bank.catalogue.facets[bank.facet[question]]
    opened = bank.kind[question] == OPEN
    if facet.name not in facts:
        return OPEN_DONT_KNOW if opened else DONT_KNOW
    given = facts[facet.name]
    values = [{True: "yes", False: "no"}.get(x, x) if isinstance(x, bool) else x
              for x in (given if isinstance(given, list) else [given])]  # fmt: skip
    if facet.kind == "number":
        assert facet.lower is not None and facet.over is not None
        fine = int(np.searchsorted(facet.lower, float(values[0]), side="right")) - 1
        if opened:
            return int(facet.option_of[max(fine, 0)]) + 1
        return YES if float(values[0]) > facet.over[bank.value[question]] else NO
    names = [str(v) for v in values]
    if opened:
        known = [facet.aliases[v] for v in names if v in facet.aliases]
        return known[0] + 1 if known else OPEN_DONT_KNOW
    assert bank.kind[question] == IS
    wanted = int(bank.value[question])
    return YES if wanted in [facet.aliases.get(v, -1) for v in names] else NO


def opposite(bank: QuestionBank, question: int, answer: int) -> int:
    """A false answer: the reverse, or for an open question the next option."""
    if bank.kind[question] != OPEN:
        return {DONT_KNOW: NO}.get(answer, len(WORDS) - 1 - answer)
    options = int(bank.answers[question]) - 1
    return answer % options + 1
