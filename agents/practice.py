"""Practice dialogues: simulated users asked by policies that need no posterior, to learn a posterior from.

The learner sees questions, answers and the truth; this module, outside agents/learning/, is where the users' rates are.
A posterior is learned for histories of the kind it was trained on, so they should be such as a good agent produces,
at a fraction of its cost: half a second of certified choices for one dialogue on films against a millisecond here.

- `suspect` (70 %): a crude belief adds and takes points for what was said; a suspect drawn from it (one Gumbel draw a
  dialogue, so it changes only as evidence comes in) is asked about: open questions early, then its own values.
- `random` (30 %): any facet, any question.

Both come back (half of the turns) to the facet of one of the questions before, as a good agent does: kept, muddled and
forgotten memories are told apart by several answers on one facet and by nothing else.  With facets drawn anew each
turn, a dialogue on the animals' 36 facets came back once where `exact` does eleven times, and what was learned there
of slips and guesses left three times the divergence.

Dialogue k of a seed is the same whenever and in whatever batch it is made, users and policy alike.
"""

from __future__ import annotations

import numpy as np

from agents.learning.transcripts import NOTHING, Transcripts
from sim.channel.opening import stated_answers
from sim.channel.relation import by_value
from sim.numeric.randomness import draw, extend, stream
from sim.questions import OPEN, OVER
from sim.users.memory import Population
from sim.users.simulated import SimulatedUsers

SEED_STEP = 7_919_000_003
"""Keeps users to practise on apart from those that evaluations meet."""
POLICY_STREAM = 1_000_033
INTENT_DRAW = 1_000_037
"""Tells the draw of an intent from those of the turns."""
POINTS = np.array([-2.0, -1.0, 0.0, 1.5, 2.5])
"""What each yes/no answer, from no to yes, adds to the intents that have the value."""
SAID_POINTS = 3.0
"""What an open answer adds to them."""
SUSPECT_SHARE = 0.7
"""Dialogues that are led by a suspect."""
OPEN_SHARE = 0.35
"""How often the open question is tried first on a facet that has one."""
ASIDE = 0.15
"""How often another value is asked about than the suspect's."""
BACK_SHARE = 0.5
"""Turns that come back to a facet."""


class Practice:
    """A source of dialogues (`sources.DialogueSource`): call it with (first, count).

    Args:
        population: the users.
        seed: of users and policy.
        turns: questions in each dialogue.
        opening: users volunteer a few facets first.
        among: (n,) the only intents that users may have; None for all.
    """

    def __init__(
        self, population: Population, seed: int, turns: int = 20, opening: bool = False,
        among: np.ndarray | None = None,
    ):  # fmt: skip
        self.population, self.bank, self.turns, self.opening = population, population.bank, turns, opening
        self.seed = np.uint64(seed + SEED_STEP)
        self.among = among
        self.log_prior = np.log(self.bank.catalogue.prior).astype(np.float32)
        self.by_value = [by_value(facet) for facet in self.bank.catalogue.facets]
        self.size = np.diff(self.bank.starts)
        # A facet with one question alone, a flag, comes up a third as often as one with more to ask.
        self.askable = np.repeat(np.arange(len(self.size)), np.clip(2 * self.size - 1, 0, 3))
        self.closed = [np.arange(a + (self.bank.open_question[f] >= 0), b)
                       for f, (a, b) in enumerate(zip(self.bank.starts[:-1], self.bank.starts[1:]))]  # fmt: skip

    def __call__(self, first: int, count: int) -> Transcripts:
        episodes = np.arange(first, first + count)
        start = extend(stream(self.seed, episodes), POLICY_STREAM)
        users = SimulatedUsers(self.population, self.seed, episodes, intents=self._intents(start))
        n = len(self.bank.catalogue)
        noise = np.stack([np.random.default_rng(int(s)).gumbel(size=n).astype(np.float32) for s in start])
        score = noise + self.log_prior
        suspects = draw(start, 0) < SUSPECT_SHARE
        asked: list[set[int]] = [set() for _ in range(count)]
        question = np.full((count, self.turns), NOTHING, dtype=np.int64)
        answer = np.full((count, self.turns), NOTHING, dtype=np.int64)
        said = None
        if self.opening:
            said = users.opening()
            for b in range(count):
                for q, a in stated_answers(self.bank, said[b]):
                    self._points(score[b], q, a)
                    asked[b].add(q)
        for turn in range(self.turns):
            chance = [draw(start, 1 + turn, k) for k in range(6)]
            top = score.argmax(axis=1)
            for b in range(count):
                u = [float(c[b]) for c in chance]
                before = self._before(question[b, :turn], u[5]) if u[4] < BACK_SHARE else -1
                q = self._ask(int(top[b]) if suspects[b] else -1, u, asked[b], before)
                if q >= 0:
                    question[b, turn] = q
                    asked[b].add(q)
            live = np.flatnonzero(question[:, turn] >= 0)
            if not len(live):
                break
            answer[live, turn] = users.answer(question[live, turn], live)
            for b in live.tolist():
                self._points(score[b], int(question[b, turn]), int(answer[b, turn]))
        return Transcripts(intent=users.intent.copy(), question=question, answer=answer, said=said)

    def _intents(self, start: np.ndarray) -> np.ndarray | None:
        """(B,) intents from among those allowed, by their prior; None leaves the draw to the users."""
        if self.among is None:
            return None
        below = np.cumsum(self.bank.catalogue.prior[self.among])
        at = np.searchsorted(below, draw(start, INTENT_DRAW) * below[-1], side="right")
        return self.among[np.minimum(at, len(below) - 1)]

    def _before(self, asked: np.ndarray, u: float) -> int:
        """The facet of one of the questions so far, among those with questions left; -1 where there is none."""
        facets = self.bank.facet[asked[asked >= 0]]
        left = facets[np.bincount(facets, minlength=len(self.size))[facets] < self.size[facets]]
        return int(left[int(u * len(left))]) if len(left) else -1

    def _ask(self, suspect: int, u: list[float], asked: set[int], before: int = -1) -> int:
        """The next question, tried on facet `before` first (-1: none); -1 when what was tried had been asked."""
        for attempt in range(4):
            f = int(self.askable[int((u[0] + 0.37 * attempt) % 1 * len(self.askable))])
            if before >= 0 and not attempt:
                f = before
            open_, closed = int(self.bank.open_question[f]), self.closed[f]
            if open_ >= 0 and open_ not in asked and (u[1] < OPEN_SHARE or not len(closed)):
                return open_
            if not len(closed):
                continue
            at = int(u[2] * len(closed))
            facet = self.bank.catalogue.facets[f]
            own = facet.indices[facet.indptr[suspect] : facet.indptr[suspect + 1]] if suspect >= 0 else ()
            if len(own) and u[3] > ASIDE:
                v = int(own[int(u[2] * len(own))])
                values = self.bank.value[closed]
                if self.bank.kind[closed[0]] == OVER:
                    # Around the suspect's own number, a threshold or two away.
                    at = int(np.clip(np.searchsorted(values, v) + int(u[2] * 5) - 2, 0, len(closed) - 1))
                else:
                    found = int(np.searchsorted(values, v))
                    at = found if found < len(values) and values[found] == v else at
            q = int(closed[(at + attempt) % len(closed)])
            if q not in asked:
                return q
        return -1

    def _points(self, row: np.ndarray, question: int, answer: int) -> None:
        f, v = int(self.bank.facet[question]), int(self.bank.value[question])
        facet = self.bank.catalogue.facets[f]
        table = self.by_value[f]
        if self.bank.kind[question] == OPEN:
            if answer > 0:
                for option in np.flatnonzero(facet.option_of == answer - 1).tolist():
                    row[table.of(option)[0]] += SAID_POINTS
        elif self.bank.kind[question] == OVER:
            row[table.intents[table.indptr[v] :]] += 0.6 * POINTS[answer]
            row[table.intents[: table.indptr[v]]] -= 0.6 * POINTS[answer]
        else:
            row[table.of(v)[0]] += POINTS[answer]
