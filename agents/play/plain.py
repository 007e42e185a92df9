"""The game line by line on stdin and stdout: for screen readers, scripts, pipes and terminals that can't do more.

The same session, stand-ins and lookups as the app; every line that is printed makes sense when it is read aloud.
Commands are single letters (`?` lists them); anything longer is a name.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TextIO

import numpy as np

from agents.errors import Exit, printable
from agents.play import lookups
from agents.play.coach import AskGame
from agents.play.conversation import HELP, Conversation, PersonQuits
from agents.play.game import GameError, Session
from agents.play.mind import GameWorld, load_world
from agents.play.replay import Recorded
from agents.play.saves import Saver, dialogue_of
from agents.play.standins import Simulated, StandIn, role_card
from agents.play.views import Asked, GameView, Mode, Review, Setup
from sim.answers import DONT_KNOW, NO, OPEN_DONT_KNOW, YES, typed_answer
from sim.dialogue import Dialogue
from sim.phrasing import corruption_sentences
from sim.users.corruption import Corruption


def play(
    setup: Setup,
    mode: Mode,
    saver: Saver,
    replay: Dialogue | None = None,
    source: TextIO | None = None,
    sink: TextIO | None = None,
    heard: Callable[[], bool] = lambda: True,
) -> Exit:
    """Play on streams until the input ends.

    Args:
        heard: whether anybody still reads what is said.

    Raises:
        ValueError: a catalogue, rates or a dialogue that can't be used.
    """
    plain = Conversation(source or sys.stdin, sink or sys.stdout, heard)
    world = load_world(setup)
    if world.note:
        print(f"clarigym-play: {printable(world.note)}", file=sys.stderr)
    game = PlainGame(plain, world, mode if replay is None else Mode.REPLAY, saver, replay)
    try:
        while True:
            MODES[game.mode](game)
            if replay is not None or not plain.hear("Another one? y or n:").lower().startswith("y"):
                break
    except PersonQuits:
        plain.say("Goodbye.")
    return Exit.OK


class PlainGame:
    """What the modes share."""

    def __init__(self, plain: Conversation, world: GameWorld, mode: Mode, saver: Saver, replay: Dialogue | None):
        self.plain, self.world, self.mode, self.saver, self.replay = plain, world, mode, saver, replay
        self.number = 0
        self._seed = world.setup.seed

    def session(self, user: StandIn | None = None) -> Session:
        """A new game; its record tells the seed of the simulated user who plays it."""
        self.number += 1
        return Session(self.world, seed=user.seed if isinstance(user, Simulated) else None)

    def next_user(self) -> Simulated:
        return Simulated(self.world, self.next_seed())

    def next_seed(self) -> int:
        """Another seed each time, from the chosen one on."""
        self._seed += 1
        return self._seed - 1

    def asking(self) -> AskGame:
        self.number += 1
        return AskGame(self.world, self.next_seed())

    def keep(self, session: Session, intent: int | None, corruptions: Sequence[Corruption] = ()) -> None:
        _, sentence = self.saver.save(dialogue_of(session, self.mode, intent, corruptions), self.number)
        if sentence:
            self.plain.say(f"The dialogue: {sentence}.")


def _play(game: PlainGame, opening: Sequence[tuple[int, int]] = (), user: Simulated | None = None) -> None:
    plain, session = game.plain, game.session(user)
    view = session.begin(opening)
    if user is None:
        plain.say(f"Think of one {view.noun}. I ask at most {view.budget} questions. ? for help.")
    while True:
        while not view.over:
            view = _turn(game, session, view)
        if view.phase == "right" and view.guess is not None:
            plain.say(f"Found it: {view.guess.name}, in {view.turn} questions.")
        if user is not None:
            truth: int | None = user.intent  # the card's, whatever its player says of a guess
        elif view.phase == "right" and view.guess is not None:
            truth = view.guess.intent
        else:
            outcome = _what_was_it(game, view, session.now.belief)
            if outcome == "on":
                view = session.play_on()
                continue
            if outcome == "undo":
                view = session.undo()
                continue
            truth = outcome  # pyright: ignore[reportAssignmentType]
        break
    corruptions = user.corruptions if user is not None else ()
    if truth is not None:
        told = corruption_sentences(game.world.bank, corruptions, [e.question for e in view.history])
        _look_back(plain, session.review(truth, told), view)
    game.keep(session, truth, corruptions)


def _opening(game: PlainGame) -> None:
    plain, chips = game.plain, {}
    plain.say("What do you know already? One fact a line; an empty line begins the game.")
    while text := plain.hear("It has to do with:"):
        hit = plain.find(lookups.values(game.world), text)
        if hit is not None:
            facet, option = lookups.stated(game.world, hit.key)
            chips[facet] = option
            plain.say(f"Noted: {hit.label}.")
    _play(game, tuple(chips.items()))


def _card(game: PlainGame) -> None:
    user = game.next_user()
    card = role_card(user)
    game.plain.say(f"Your role: you have {card.name} in mind. Answer from this memory, right or wrong.")
    for noun, believed in card.remembered:
        game.plain.say(f"  {noun}: {believed}")
    if card.forgotten:
        game.plain.say(f"  You have forgotten: {', '.join(card.forgotten)}.")
    _play(game, user=user)


def _turn(game: PlainGame, session: Session, view: GameView) -> GameView:
    """One question or guess, until something has happened."""
    plain = game.plain
    if view.phase == "guess" and view.guess is not None:
        twins = f" (or {', '.join(view.guess.twins[:3])}, which I can't tell apart)" if view.guess.twins else ""
        plain.say(f"My guess: {view.guess.name}{twins}. I am {view.guess.probability:.0%} sure.")
        text = plain.hear("Is it right? y or n:").lower()
        if typed_answer(text) in (YES, NO):
            return session.judge(typed_answer(text) == YES)
        if text != "u":
            plain.refuse(text, "is neither y nor n")
        return session.undo() if text == "u" else view
    asked = view.asked
    assert asked is not None
    plain.say(f"Question {view.turn + 1}: {asked.text}")
    if asked.options and not asked.number:
        plain.say("  " + ", ".join(f"{i} {label}" for i, label in enumerate(asked.options, 1)))
    text = plain.hear("Your answer, a number:" if asked.number else "Your answer:")
    command = {"u": session.undo, "s": session.skip, "g": session.ask_for_guess}.get(text.lower())
    if command is not None:
        return command()
    if text.lower() == "t":
        _think(plain, view)
        return view
    answer = _answer(game, asked, text, session.now.belief)
    return view if answer is None else session.answer(answer)


def _answer(game: PlainGame, asked: Asked, text: str, belief: np.ndarray) -> int | None:
    word = text.lower()
    if not asked.open:
        answer = typed_answer(text)
        if answer is None:
            if text:
                game.plain.refuse(text, "is no answer to this")
            game.plain.say(HELP)
        return answer
    if typed_answer(text) == DONT_KNOW:
        return OPEN_DONT_KNOW
    if not word:
        return None
    if asked.options and not asked.number and word.isdigit() and 1 <= int(word) <= len(asked.options):
        return int(word)
    hit = game.plain.find(lookups.options(game.world, asked.facet_id, belief), text)
    return None if hit is None else hit.key + 1


def _think(plain: Conversation, view: GameView) -> None:
    plain.say(f"{view.bits[-1]:.1f} bits left. Likeliest:")
    for name, p in view.top[:5]:
        plain.say(f"  {p:.1%} {name}")


def _what_was_it(game: PlainGame, view: GameView, belief: np.ndarray) -> int | str | None:
    plain = game.plain
    while True:
        text = plain.hear("Not it, then. What was it? A name; 'on' to play on, 'u' to undo, 'none' if it isn't here:")
        if text.lower() == "on" and view.phase == "wrong":
            return "on"
        if text.lower() == "u":
            return "undo"
        if text.lower() in ("none", ""):
            return None
        hit = plain.find(lookups.intents(game.world, belief), text)
        if hit is not None:
            return hit.key


def _look_back(plain: Conversation, review: Review, view: GameView) -> None:
    if view.phase != "right":
        plain.say(f"It was {review.name}.")
    if review.lost_at is not None:
        e = view.history[review.lost_at - 1]
        plain.say(f"The trail was lost at question {e.turn}: {e.text} {e.answer_text} ({review.lost_bits:.1f} bits).")
    for d in review.disagreements:
        where = f"question {d.turn}" if d.turn else "the start"
        plain.say(f"The catalogue disagrees at {where}: {d.text} {d.answer_text} ({d.truth}).")
    for sentence in review.corruptions:
        plain.say(f"The memory: {sentence}.")


def _watch(game: PlainGame) -> None:
    plain = game.plain
    user: StandIn = Recorded(game.world, game.replay) if game.replay is not None else game.next_user()
    session = game.session(user)
    view = user.begin(session)
    for sentence in view.opening:
        plain.say(f"User: {sentence}")
    while not view.over:
        before, view = view, user.step(session)
        if view.turn > before.turn:
            e = view.history[-1]
            plain.say(f"{e.turn}. {e.text} {e.answer_text} ({e.eig_bits:.2f} bits expected, {e.bits:.1f} left)")
        elif before.guess is not None and view.phase != "left":
            plain.say(f"Guess: {before.guess.name}. {'No.' if before.guess.name in view.wrong else 'Right!'}")
    if view.phase == "left":
        plain.say("The user walked away.")
    if user.intent >= 0:
        told = corruption_sentences(game.world.bank, user.corruptions, [e.question for e in view.history])
        _look_back(plain, session.review(user.intent, told), view)
    if game.replay is None:
        game.keep(session, user.intent, user.corruptions)


def _ask(game: PlainGame) -> None:
    plain, asking = game.plain, game.asking()
    view = asking.begin()
    plain.say(f"I have one {view.noun} in mind. Search a question by its words; 'name' to name it, 'coach' for advice.")
    while not view.over:
        text = plain.hear(f"Question {view.turn + 1} of {view.budget}:" if view.turn < view.budget else "Name it:")
        if text.lower() == "coach" and (advice := asking.advice()) is not None:
            plain.say(f"The best question: {advice.text} ({advice.bits:.2f} bits)")
        elif text.lower() == "name" or view.turn >= view.budget:
            hit = plain.find(lookups.intents(game.world), plain.hear("It is:") if text.lower() == "name" else text)
            view = view if hit is None else asking.name(hit.key)
        elif text and (hit := plain.find(lookups.questions(game.world), text)) is not None:
            view = _asked(plain, asking, hit.key)
    _asked_all(game, asking, view)


def _asked(plain: Conversation, asking: AskGame, question: int) -> GameView:
    """One question of the person's, with what it was worth."""
    try:
        view = asking.ask(question)
    except GameError as error:
        plain.say(f"{str(error).capitalize()}.")
        return asking.session.view
    last = asking.coach.last
    if view.phase != "left" and last is not None:
        e = view.history[-1]
        worth = f"Worth {last.asked_bits:.2f} bits; the best one {last.best_bits:.2f}."
        plain.say(f"{e.text} {e.answer_text}. {worth}")
    return view


def _asked_all(game: PlainGame, asking: AskGame, view: GameView) -> None:
    """The end of a game in which the person asked."""
    plain, user, coach = game.plain, asking.user, asking.coach
    plain.say({"right": "Right!", "left": "The user walked away."}.get(view.phase, "No."))
    told = corruption_sentences(game.world.bank, user.corruptions, [e.question for e in view.history])
    _look_back(plain, asking.session.review(user.intent, told), view)
    plain.say(f"Your questions were worth {coach.asked_bits:.1f} bits, the best ones {coach.best_bits:.1f}.")
    game.keep(asking.session, user.intent, user.corruptions)


MODES: dict[Mode, Callable[[PlainGame], None]] = {
    Mode.PLAY: _play,
    Mode.OPENING: _opening,
    Mode.CARD: _card,
    Mode.WATCH: _watch,
    Mode.REPLAY: _watch,
    Mode.ASK: _ask,
}
