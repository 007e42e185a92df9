"""A game between a person (or a stand-in) and an agent, without any screen: what the app and the plain mode both play.

A game is a stack of moments.  Whatever happens pushes one, `undo` pops one, so that everything can be taken back any
number of times, a wrong guess included, and nothing is ever computed twice: a moment keeps its mind (beliefs share
what they computed) and its view.  A moment is immutable; a session is used from one thread at a time, and hands out
`GameView`s, which may go anywhere.

A skipped question is no answer: nothing is learned from it and it isn't asked again.  "Don't know" is an answer, and
tells something.  When the questions are spent the agent guesses; a person who plays on after that allows five more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from agents.play.heard_log import HeardLog, HeardSentence, written
from agents.play.mind import BEST, GUESS, GameWorld, Mind
from agents.play.moments import LOG2, Moment, view_of
from agents.play.views import Exchange, GameView, Phase, Review
from sim.channel.opening import SILENT, stated_answers
from sim.dialogue import Dialogue, Guess, Turn
from sim.numeric.entropy import entropy_bits
from sim.phrasing import answer_sentence, statement
from sim.users.corruption import Corruption

MORE = 5
"""Questions that playing on adds once the budget is spent."""
PERSON = "person"
"""The noise of a dialogue with a person; nobody knows his rates."""


class GameError(ValueError):
    """Something that the rules don't allow now; the message says what is awaited."""


class Session:
    """One game on a world.

    Args:
        world: the catalogue, its questions and the belief to start from.
        seed, episode: written into the record; they matter where the answers come from a simulated user.
    """

    def __init__(self, world: GameWorld, *, seed: int | None = None, episode: int = 0):
        self.world = world
        self.seed = world.setup.seed if seed is None else seed
        self.episode = episode
        self._stack: list[Moment] = []

    # -- what is going on -----------------------------------------------------------------------------------------

    @property
    def now(self) -> Moment:
        if not self._stack:
            raise GameError("the game hasn't begun; call begin() first")
        return self._stack[-1]

    @property
    def view(self) -> GameView:
        return self.now.view

    # -- what may happen ------------------------------------------------------------------------------------------

    def begin(self, opening: Sequence[tuple[int, int]] = (), *, decide: bool = True) -> GameView:
        """Start afresh.

        Args:
            opening: (facet, option) pairs that the person states up front, at most one a facet.
            decide: False where somebody else asks: the agent never guesses.
        """
        said = None
        if opening:
            stated = [SILENT] * len(self.world.catalogue.facets)
            for facet, option in opening:
                stated[facet] = option
            said = tuple(stated)
        mind = Mind(self.world, HeardLog(said))
        self._stack = []
        start = Moment(minds=(mind,), budget=self.world.setup.budget)
        return self._go_on(start, decide=decide)

    def answer(self, answer: int, *, decide: bool = True) -> GameView:
        """The answer to the question that waits; `decide` as in `begin`.

        Raises:
            GameError: no question waits, or it has no such answer.
        """
        now = self._in("ask")
        bank, q = self.world.bank, now.question
        if not 0 <= answer < int(bank.answers[q]):
            raise GameError(f"'{bank.text(q)}' has answers 0 to {int(bank.answers[q]) - 1}, not {answer}")
        return self._go_on(self._answered(now, now.mind.told(q, answer), answer), decide=decide)

    def hear(self, sentence: HeardSentence) -> GameView:
        """A sentence: the answer to the question that waits where it is one, and what else it tells.

        Raises:
            GameError: nothing waits, or it answers another question than the one that does.
        """
        now = self.now if self.now.phase == "guess" else self._in("ask")
        mind = now.mind.after(now.log.heard(sentence))
        if sentence.question < 0:
            bits = (*now.bits[:-1], entropy_bits(mind.belief()))
            return self._go_on(replace(now, minds=(*now.minds[:-1], mind), bits=bits))
        if sentence.question != now.question:
            raise GameError(f"the sentence answers question {sentence.question}, not {now.question}")
        return self._go_on(self._answered(now, mind, sentence.answer, sentence.text))

    def take_back(self, step: int, part: int) -> GameView:
        """Take back one thing that a sentence was understood to say: beliefs are rebuilt from the log without it.

        A question that is no longer answered may be asked again.

        Raises:
            GameError: there is no such thing to take back, or the game is over.
        """
        now = self.now if self.now.phase == "guess" else self._in("ask")
        try:
            log = now.log.without(step, part)
        except ValueError as error:
            raise GameError(str(error)) from None
        minds = [m if len(m.log.steps) <= step else m.after(log.first(len(m.log.steps))) for m in now.minds]
        exchanges = now.exchanges
        if len(log.history) < len(now.log.history):
            t = len(now.log.first(step + 1).history)
            del minds[t - 1]
            exchanges = (*exchanges[: t - 1], *(replace(e, turn=e.turn - 1) for e in exchanges[t:]))
        bits = tuple(entropy_bits(mind.belief()) for mind in minds)
        return self._go_on(replace(now, minds=tuple(minds), exchanges=exchanges, bits=bits))

    def put(self, question: int, eig_nats: float) -> GameView:
        """Ask this question instead of what the agent wants: the person asks, or a dialogue is replayed.

        Raises:
            GameError: the game hasn't begun.
        """
        now = self.now
        rest = tuple(entry for entry in now.best if entry[0] != question)
        best = tuple(sorted((*rest, (question, eig_nats)), key=lambda entry: -entry[1]))
        return self._amend(replace(now, phase="ask", question=question, guess=-1, best=best))

    def put_guess(self, intent: int) -> GameView:
        """Guess this intent instead of what the agent wants.

        Raises:
            GameError: the game hasn't begun.
        """
        return self._amend(replace(self.now, phase="guess", question=-1, guess=intent))

    def skip(self) -> GameView:
        """Another question, please.

        Raises:
            GameError: no question waits.
        """
        now = self._in("ask")
        return self._go_on(replace(now, skipped=now.skipped | {now.question}))

    def ask_for_guess(self) -> GameView:
        """Let the agent name its likeliest intent at once.

        Raises:
            GameError: no question waits.
        """
        return self._go_on(self._in("ask"), guess=True)

    def judge(self, right: bool) -> GameView:
        """Whether the guess that waits is right.

        Raises:
            GameError: no guess waits.
        """
        now = self._in("guess")
        name = self.world.catalogue.intents[now.guess]
        guess = Guess(intent=now.guess, right=right, after=len(now.exchanges), name=name)
        return self._finish(replace(now, guesses=(*now.guesses, guess)), "right" if right else "wrong")

    def play_on(self) -> GameView:
        """After a wrong guess: rule it out and go on.

        Raises:
            GameError: there was no wrong guess.
        """
        now = self._in("wrong")
        mind = now.mind.without(now.guess)
        budget = now.budget if len(now.exchanges) < now.budget else len(now.exchanges) + MORE
        bits = (*now.bits[:-1], entropy_bits(mind.belief()))
        return self._go_on(replace(now, minds=(*now.minds[:-1], mind), budget=budget, bits=bits))

    def leave(self) -> GameView:
        """The simulated user walks away."""
        return self._finish(self.now, "left")

    def undo(self) -> GameView:
        """Take back whatever happened last; at the start nothing happens.

        An end that was played on from is passed over: nobody wants to end once more, he wants his guess back.
        """
        if len(self._stack) > 1:
            self._stack.pop()
        while len(self._stack) > 1 and self.view.over:
            self._stack.pop()
        return self.view

    # -- looking back ---------------------------------------------------------------------------------------------

    def review(self, intent: int, corruptions: Sequence[str] = ()) -> Review:
        """The game as it was, now that the truth is known."""
        from agents.play.lookback import review

        now = self.now
        bank = self.world.bank
        opening = [
            Exchange(turn=0, question=q, answer=a, text=statement(bank, q, a), answer_text="", bits=0.0)
            for q, a in stated_answers(bank, self.now.log.said or ())
        ]
        return review(self.world, [m.belief() for m in now.minds], now.exchanges, intent, corruptions, opening)

    def record(
        self,
        intent: int | None,
        *,
        noise: str = PERSON,
        corruptions: Sequence[Corruption] = (),
        left: bool = False,
        agent: str | None = None,
    ) -> Dialogue:
        """The game as a line of a log; an intent of None is one that the catalogue doesn't have, written as -1."""
        now, world = self.now, self.world
        bank, catalogue = world.bank, world.catalogue
        opening = tuple(
            Turn(question=q, answer=a, question_text=bank.text(q), answer_text=answer_sentence(bank, q, a))
            for q, a in stated_answers(bank, self.now.log.said or ())
        )
        turns = tuple(
            Turn(question=e.question, answer=e.answer, question_text=e.text,
                 answer_text=e.said or answer_sentence(bank, e.question, e.answer), eig_bits=round(e.eig_bits, 6))
            for e in now.exchanges
        )  # fmt: skip
        if left and now.question >= 0:
            q = now.question
            turns += (
                Turn(question=q, answer=-1, question_text=bank.text(q), answer_text=answer_sentence(bank, q, -1)),
            )
        guesses = tuple(replace(g, right=g.intent == intent) for g in now.guesses)
        return Dialogue(
            catalogue=catalogue.name, fingerprint=catalogue.fingerprint, questions=world.setup.questions,
            max_questions=None, budget=now.budget, noise=noise,
            rates="" if noise == PERSON else world.setting.rates.digest, agent=agent or world.setup.agent,
            seed=self.seed, episode=self.episode, opening=opening, turns=turns, guesses=guesses,
            intent=-1 if intent is None else intent,
            intent_name="" if intent is None else catalogue.intents[intent],
            success=bool(guesses) and guesses[-1].right, user_left=left, corruptions=tuple(corruptions),
            heard=written(now.log),
        )  # fmt: skip

    # -- inside ---------------------------------------------------------------------------------------------------

    def _in(self, phase: Phase) -> Moment:
        now = self.now
        if now.phase != phase:
            waits = {"ask": "an answer", "guess": "a judgement of its guess"}.get(now.phase, "nothing, for it is over")
            raise GameError(f"the game awaits {waits}")
        return now

    def _answered(self, now: Moment, mind: Mind, answer: int, said: str = "") -> Moment:
        """The question that waits is answered, and this is the mind after it."""
        bank, q = self.world.bank, now.question
        eig = dict(now.best).get(q)
        eig = (now.mind.eig_nats(q) if eig is None else eig) / LOG2
        told = bank.answer_text(q, answer)
        exchange = Exchange(turn=len(now.exchanges) + 1, question=q, answer=answer, text=bank.text(q), eig_bits=eig,
                            answer_text=told, bits=entropy_bits(mind.belief()), said=said)  # fmt: skip
        return replace(now, minds=(*now.minds, mind), exchanges=(*now.exchanges, exchange))

    def _go_on(self, moment: Moment, *, guess: bool = False, decide: bool = True) -> GameView:
        """To a moment in which the agent decides what to do next, unless somebody else asks."""
        mind = moment.mind
        belief = mind.belief()
        bits = moment.bits if len(moment.bits) == len(moment.minds) else (*moment.bits, entropy_bits(belief))
        best = tuple(mind.best(BEST, moment.closed))
        moment = replace(moment, phase="ask", question=-1, guess=-1, best=best, belief=belief, bits=bits)
        return self._push(self._decided(moment, guess) if decide else moment)

    def _decided(self, moment: Moment, guess: bool) -> Moment:
        """With the question that the agent asks, or its guess."""
        left = moment.budget - len(moment.exchanges)
        decided = GUESS if guess else moment.mind.decide(list(moment.best), left, moment.closed)
        if decided != GUESS:
            return replace(moment, question=decided)
        named = int(moment.belief.argmax())
        return replace(moment, phase="guess" if moment.belief[named] > 0 else "stumped", guess=named)

    def _finish(self, moment: Moment, phase: Phase) -> GameView:
        return self._push(replace(moment, phase=phase))

    def _push(self, moment: Moment) -> GameView:
        """Something has happened: one more moment, which `undo` takes back."""
        self._stack.append(self._seen(moment, undoable=bool(self._stack)))
        return self.view

    def _amend(self, moment: Moment) -> GameView:
        """Nothing has happened, but somebody else than the agent decides: this moment in place of the present one."""
        self._stack[-1] = self._seen(moment, undoable=len(self._stack) > 1)
        return self.view

    def _seen(self, m: Moment, *, undoable: bool) -> Moment:
        return replace(m, view=view_of(self.world, m, undoable=undoable))
