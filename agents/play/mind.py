"""What thinks in a game: a belief, the questions it likes best, and when it would rather guess.

The seam between a game and whatever asks: `Mind` wraps one `Posterior` of one dialogue and an agent's policy.  Every
method returns at once or after one computation and nothing here is shared between threads; a game calls it from one.

Decisions that live here:

- An intent that was guessed wrongly is ruled out by a catalogue with a new prior, so the posterior's own sums stay as
  they are and a channel, exact or learned, need not know of it.
- Agents change as they observe, games go back and forth: a mind is a fresh agent that was told the history once more.
  The posteriors of a setting share what was computed, so this costs little.
- A catalogue that allows no question (one intent, or all alike) still plays: its bank is empty and the mind guesses.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from agents.play.heard_log import ROW, HeardLog
from agents.play.search import Index
from agents.play.views import Setup
from agents.setting import Setting
from agents.strategies.registry import LEARNED, YARDSTICK, check_name, make_agent
from envs.rules import Rules
from sim.catalogue.catalogue import Catalogue
from sim.catalogue.load import load
from sim.numeric.entropy import entropy_nats
from sim.posterior.contract import Posterior
from sim.questions import QuestionBank, Questions, question_bank
from sim.users.memory import Population
from sim.users.rates import load_rates

GUESS = -1
BEST = 5
"""Questions that are shown beside the one that is asked."""
FEW_ANSWERS = 5
Progress = Callable[[str, float], None]
"""Told what is being done and the share that is done, 0 to 1."""


@dataclass(eq=False)
class GameWorld:
    """A catalogue with its questions and users: all that games on it share."""

    setup: Setup
    catalogue: Catalogue
    bank: QuestionBank
    setting: Setting
    indices: dict[str, Index] = field(default_factory=dict)
    """What `agents.play.lookups` made."""
    note: str = ""
    """What is other than was asked for."""
    _labels: dict[str, int] | None = None

    def label(self, intent: int) -> str:
        """The intent's name, told apart from others of the same name by its first facets that are one value."""
        if self._labels is None:
            self._labels = Counter(self.catalogue.intents)
        name = self.catalogue.intents[intent]
        if self._labels[name] < 2:
            return name
        marks = [f.said(f.row(intent)[0]) for f in self.catalogue.facets[:3] if len(f.row(intent)) == 1]
        return f"{name} ({', '.join(marks[:2])})" if marks else name

    @property
    def population(self) -> Population:
        """Simulated users; made when first needed, for playing oneself needs none."""
        return self.setting.population


def load_world(setup: Setup, progress: Progress = lambda what, share: None) -> GameWorld:
    """All that a game needs, in seconds on a large catalogue; call it where nobody waits.

    Raises:
        ValueError: a catalogue or rates that can't be used; the message is one sentence for a person.
    """
    progress("reading the catalogue", 0.05)
    catalogue = load(setup.catalogue)
    progress("making the questions", 0.3)
    bank = bank_of(catalogue, setup.questions)
    progress("working out what people confuse", 0.4)
    check_name(setup.agent)
    setting = Setting(bank=bank, rates=load_rates(setup.noise), rules=Rules(budget=setup.budget))
    _ = setting.channel
    progress("waking the agent and thinking of a first question", 0.6)
    world = GameWorld(setup, catalogue, bank, setting)
    try:
        Mind(world).best(BEST)
    except ValueError as error:
        if setup.agent != LEARNED:
            raise
        # The default agent isn't there for every catalogue; a game is worth more than its default.
        note = f"{str(error).rstrip('.')}. Until then '{YARDSTICK}' plays."
        world = GameWorld(replace(setup, agent=YARDSTICK), catalogue, bank, setting, note=note)
        Mind(world).best(BEST)
    progress("ready", 1.0)
    return world


def bank_of(catalogue: Catalogue, questions: Questions) -> QuestionBank:
    """The catalogue's questions; an empty bank where nothing can tell its intents apart."""
    try:
        return question_bank(catalogue, questions)
    except ValueError:
        none = np.empty(0, np.int32)
        return QuestionBank(catalogue=catalogue, facet=none, kind=none.astype(np.int8), value=none, answers=none,
                            full_size=0)  # fmt: skip


class Mind:
    """One dialogue's belief and policy.  What it is told makes another mind; none changes.

    Args:
        log: what was said so far.
        out: intents that were guessed wrongly.
    """

    def __init__(
        self,
        world: GameWorld,
        log: HeardLog | None = None,
        out: frozenset[int] = frozenset(),
        setting: Setting | None = None,
    ):
        self.world, self.log, self.out = world, log or HeardLog(), out
        self.setting = world.setting if setting is None else setting
        opened = None if self.log.said is None else np.array([self.log.said])
        # An empty bank is too little for an agent; a posterior bears it.
        self.agent = make_agent(world.setup.agent, self.setting) if len(world.bank) else None
        if self.agent is not None:
            self.agent.reset(np.array([world.setup.seed], dtype=np.uint64), opened)
        shown: Posterior | None = getattr(self.agent, "posterior", None)
        self.posterior = self.log.tell(self.agent, self._fresh(opened) if shown is None else shown)

    def _fresh(self, opened: np.ndarray | None) -> Posterior:
        """The exact one, beside an agent that shows none."""
        posterior = self.setting.posterior()
        posterior.reset(1)
        if opened is not None:
            posterior.open(opened)
        return posterior

    def told(self, question: int, answer: int) -> Mind:
        """After one more answer."""
        return self.after(self.log.answered(question, answer))

    def after(self, log: HeardLog) -> Mind:
        """With another log."""
        return Mind(self.world, log, self.out, self.setting)

    def without(self, intent: int) -> Mind:
        """With one more intent ruled out; the same when it was the last one."""
        out = self.out | {intent}
        try:
            setting = self.world.setting.without(out)
        except ValueError:  # it was the last one
            setting = self.setting
        return Mind(self.world, self.log, out, setting)

    def belief(self) -> np.ndarray:
        """(N,) p(intent | history), ruled out ones at 0; all 0 when none is left."""
        belief = self.posterior.belief()[0]
        if self.out:
            belief = belief.copy()
            belief[list(self.out)] = 0.0
            total = belief.sum()
            belief = belief / total if total > 0 else belief
        return belief

    def types(self) -> list[tuple[str, float]]:
        """The types of user by name with their p(type | history)."""
        return list(zip(self.posterior.type_names, self.posterior.types()[0].tolist(), strict=True))

    def states(self) -> dict[str, np.ndarray]:
        """(4,) p(forgotten, kept, muddled, unrecalled) of each facet answered about; empty where nobody can tell."""
        return dict(self.posterior.states())

    def best(self, k: int = BEST, skipped: frozenset[int] = frozenset()) -> list[tuple[int, float]]:
        """Up to k questions of highest EIG with their nats, best first, skipped ones left out."""
        if not len(self.world.bank):
            return []
        ids, nats = self.posterior.choose(k + len(skipped))
        found = [(int(q), float(g)) for q, g in zip(ids[0], nats[0], strict=True) if q >= 0 and int(q) not in skipped]
        return found[:k]

    def eig_nats(self, question: int) -> float:
        """EIG of one question: computed over its answers where these are few, by the sweep where they are many."""
        if any(question == q for q, _ in self.log.history):
            return 0.0
        count = int(self.world.bank.answers[question])
        if count > FEW_ANSWERS:
            return float(self.posterior.eig_nats()[0, question])
        chance = self.posterior.predict(np.array([question]))[0]
        after = 0.0
        for a in range(count):
            other = self.posterior.copy()
            other.update(np.array([question]), np.array([a]))
            after += float(chance[a]) * entropy_nats(other.belief())[0]
        return max(0.0, float(entropy_nats(self.posterior.belief())[0] - after))

    def decide(self, best: list[tuple[int, float]], left: int, skipped: frozenset[int] = frozenset()) -> int:
        """The question to ask, or GUESS."""
        if self.agent is None or not best:
            return GUESS
        action = int(self.agent.act(ROW, np.array([max(left, 0)]))[0])
        if action >= len(self.world.bank) or left <= 0:
            return GUESS
        return best[0][0] if action in skipped else action
