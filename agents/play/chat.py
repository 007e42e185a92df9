"""`Chat`: a dialogue in words, one line at a time: what somebody types, and what is said to it.

Without streams: `agents.commands.chat` puts it on a terminal or a pipe.  A line is a command, a key, or a sentence;
a sentence is heard with its doubt (`agents.play.listener`), and what was understood is said back.  Where nothing was
understood nothing is believed, and the question is put in other words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from agents.play import lookups
from agents.play.game import PERSON, GameError, Session
from agents.play.listener import SentenceListener
from agents.play.mind import GameWorld
from agents.play.replies import reply
from agents.play.reworded import reworded
from agents.play.views import GameView, Understood
from sim.dialogue import Dialogue
from sim.mentions.tokens import LONGEST
from sim.phrasing.sentences import article

Awaits = Literal["opening", "answer", "judgement", "truth", "nothing"]
"""What the next line is taken for."""
HELP = (
    "Say it in your own words, or just yes, no, probably or don't know.",
    "undo or “take that back”: the last thing you said; heard: what I understood; take back 2: the second of these;",
    "why: why I ask; skip: another question; guess: name it now; quit.",
)
UNDO = re.compile(
    r"(?:please )?(?:u|undo|(?:i )?take (?:that|it|this) back|scratch that|forget (?:that|it)|never ?mind(?: that)?)"
)
TAKE_BACK = re.compile(r"take back (?:number )?(\d{1,4})")
QUIT = ("q", "quit", "exit", "bye", "goodbye")
COMMANDS = {
    "why": "why", "why?": "why", "skip": "skip", "s": "skip", "guess": "guess", "g": "guess", "help": "help",
    "?": "help", "heard": "heard", "what did you understand?": "heard",
}  # fmt: skip
SLACK = 4
"""Letters by which a name may be longer than the one that it is taken for."""
QUOTED = 60
"""Letters of a line that are said back."""
SHOWN = 5
"""Likeliest intents that `why` and JSON tell."""


@dataclass(frozen=True, kw_only=True)
class ChatTurn:
    """What is said to one line."""

    say: tuple[str, ...]
    """Sentences, the question or the guess last."""
    line: str = ""
    """The line that this answers."""
    understood: tuple[Understood, ...] = ()
    """What the line was understood to say."""
    heard: bool = False
    """The line was a sentence and something in it was understood."""
    view: GameView
    awaits: Awaits

    def to_json(self) -> dict[str, Any]:
        """As `clarigym chat --json` writes it; with its line as it was typed, escaped by JSON."""
        view, asked, guess = self.view, self.view.asked, self.view.guess
        waits = self.awaits == "answer" and asked is not None
        return {
            "turn": view.turn, "line": self.line[:LONGEST], "heard": self.heard,
            "understood": [
                {"label": u.label, "hedged": u.hedged, "probability": round(u.probability, 4)} for u in self.understood
            ],
            "say": list(self.say), "awaits": self.awaits,
            "question": {"id": asked.id, "text": asked.text} if waits and asked is not None else None,
            "guess": None if guess is None else {"name": guess.name, "probability": round(guess.probability, 4)},
            "top": [{"name": name, "p": round(p, 6)} for name, p in view.top[:SHOWN]],
            "bits": round(view.bits[-1], 4) if view.bits else None,
        }  # fmt: skip


class Chat:
    """One dialogue in words.

    Args:
        world: what it is about.
        listener: who understands sentences.
    """

    def __init__(self, world: GameWorld, listener: SentenceListener) -> None:
        self.world, self.listener = world, listener
        self.session = Session(world)
        self.truth: int | None = None
        """What it was, where that is known."""
        self._awaits: Awaits = "opening"

    @property
    def over(self) -> bool:
        return self._awaits == "nothing"

    def record(self) -> Dialogue:
        """The dialogue as a line of a log."""
        return self.session.record(self.truth, noise=PERSON)

    def begin(self) -> ChatTurn:
        view = self.session.begin()
        say = f"Think of {article(view.noun)} and tell me what you know about it, in your own words."
        return self._turn("", [say])

    def hear(self, line: str) -> ChatTurn:
        """What is said to a line."""
        text = " ".join(line.split())
        word = text.lower().rstrip(".!")
        if UNDO.fullmatch(word):
            return self._undo(line)
        if (numbered := TAKE_BACK.fullmatch(word)) is not None:
            return self._take_back(line, int(numbered[1]))
        command = COMMANDS.get(text.lower().rstrip(".!"))
        if command is not None:
            return getattr(self, f"_{command}")(line)
        taken: dict[Awaits, Callable[[str, str], ChatTurn]] = {
            "opening": self._opening, "answer": self._reply, "judgement": self._reply, "truth": self._truth,
        }  # fmt: skip
        return taken[self._awaits](line, text) if not self.over else self._turn(line, [])

    # -- sentences ------------------------------------------------------------------------------------------------

    def _opening(self, line: str, text: str) -> ChatTurn:
        if not text:
            self._awaits = "answer"
            return self._asks(line, ["Then I'll ask."])
        sentence = self.listener.listen(line, self.session.now.mind.posterior, opening=True)
        if sentence is None:
            return self._turn(line, [self._nothing(text), "Put it another way, or press Enter and I'll ask."])
        self.session.hear(sentence)
        return self._understood(line, 0)

    def _reply(self, line: str, text: str) -> ChatTurn:
        """What is said to a question or a guess; a wrong guess is played on from."""
        before, asked = self.session.view, self.session.view.asked
        if not text:
            return self._asks(line, ["I'm listening. “help” tells what you can say."])
        view = reply(self.session, self.listener, line)
        if view is None:
            again = "Is my guess right? Yes or no." if asked is None else reworded(self.world.bank, asked.id)
            return self._turn(line, [self._nothing(text), again])
        if view.phase == "right" and view.guess is not None:
            self.truth, self._awaits = view.guess.intent, "nothing"
            return self._turn(line, [f"Found it: {view.guess.name}, in {_questions(view.turn)}."])
        say = ["Not it, then."] if len(view.wrong) > len(before.wrong) else []
        if view.phase == "wrong" and view.turn >= view.budget:
            self._awaits = "truth"
            return self._turn(line, ["Not it, then; I give up. What was it? Its name, or Enter to keep it."])
        if view.phase == "wrong":
            self.session.play_on()
        return self._understood(line, len(before.understood), say)

    def _truth(self, line: str, text: str) -> ChatTurn:
        hits = lookups.intents(self.world, self.session.now.belief).find(text[:200], 3) if text else []
        if text and not (hits and hits[0].sure and len(text) <= len(hits[0].label) + SLACK):
            like = f" Perhaps {' or '.join(hit.label for hit in hits)}?" if hits else ""
            return self._turn(line, [f"I know none of that name.{like} Its name, or Enter to keep it."])
        self.truth, self._awaits = (hits[0].key, "nothing") if hits else (None, "nothing")
        return self._turn(line, [f"It was {hits[0].label}. Thank you." if hits else "Fair enough."])

    # -- commands -------------------------------------------------------------------------------------------------

    def _undo(self, line: str) -> ChatTurn:
        if self._awaits == "opening" or not self.session.view.undoable:
            return self._asks(line, ["There is nothing to take back yet."])
        last = self.session.view.sentence
        self.session.undo()
        self._awaits = "answer"
        return self._asks(line, [f"Taken back: {_quoted(last)}." if last else "Taken back."])

    def _take_back(self, line: str, number: int) -> ChatTurn:
        known = self.session.view.understood if self._awaits != "truth" else ()
        if not 1 <= number <= len(known):
            return self._asks(line, [f"There is no number {number}. “heard” lists what I understood."])
        gone = known[number - 1]
        try:
            self.session.take_back(gone.step, gone.part)
        except GameError as error:
            return self._asks(line, [f"{str(error).capitalize()}."])
        return self._asks(line, [f"Taken back: {gone.text}."])

    def _heard(self, line: str) -> ChatTurn:
        known = [f"{number}. {u.text}" for number, u in enumerate(self.session.view.understood, 1)]
        return self._asks(line, known or ["I have understood no sentence yet."])

    def _why(self, line: str) -> ChatTurn:
        view = self.session.view
        top = ", ".join(f"{name} {p:.0%}" for name, p in view.top[:SHOWN] if p >= 0.005)
        say = [f"I waver as if between {max(view.candidates, 1):,} equally likely ones ({view.bits[-1]:.1f} bits)."]
        say += [f"Likeliest: {top}."] if top else []
        worth = dict(view.best).get(view.asked.text) if view.asked is not None else None
        if worth is not None:
            say.append(f"The answer to my question is expected to tell {worth:.2f} bits.")
        return self._asks(line, say)

    def _skip(self, line: str) -> ChatTurn:
        if self._awaits != "answer":
            return self._asks(line, ["There is no question to skip."])
        self.session.skip()
        return self._asks(line, [])

    def _guess(self, line: str) -> ChatTurn:
        if self._awaits != "answer":
            return self._asks(line, [] if self._awaits == "judgement" else ["Tell me something first."])
        self.session.ask_for_guess()
        return self._asks(line, [])

    def _help(self, line: str) -> ChatTurn:
        return self._asks(line, list(HELP))

    # -- what is said ---------------------------------------------------------------------------------------------

    def _understood(self, line: str, before: int, say: Sequence[str] = ()) -> ChatTurn:
        """What a line was understood to say, and what comes next.

        Args:
            before: how much had been understood before it.
        """
        self._awaits, say = "answer", list(say)
        fresh = self.session.view.understood[before:]
        if fresh:
            say.append("Understood: " + ", ".join(u.text for u in fresh) + ".")
        if fresh and len(line) > LONGEST:
            say.append(f"Only the first {LONGEST:,} characters were read.")
        return self._asks(line, say, fresh)

    def _nothing(self, text: str) -> str:
        return f"I understood nothing of {_quoted(text)}."

    def _asks(self, line: str, say: Sequence[str], understood: tuple[Understood, ...] = ()) -> ChatTurn:
        """Some words, and then the question or the guess that waits."""
        view, say = self.session.view, list(say)
        if self._awaits not in ("answer", "judgement"):
            return self._turn(line, say, understood)
        if view.phase == "guess" and view.guess is not None:
            self._awaits = "judgement"
            twins = f" (or {', '.join(view.guess.twins[:3])}, which I can't tell apart)" if view.guess.twins else ""
            say.append(f"My guess: {view.guess.name}{twins}. I am {view.guess.probability:.0%} sure. Is it right?")
        elif view.asked is not None:
            self._awaits = "answer"
            say.append(view.asked.text)
        else:
            self._awaits = "truth"
            say.append("I give up: nothing is left that I could name. What was it? Its name, or Enter to keep it.")
        return self._turn(line, say, understood)

    def _turn(self, line: str, say: Sequence[str], understood: tuple[Understood, ...] = ()) -> ChatTurn:
        return ChatTurn(say=tuple(say), line=line, understood=understood, heard=bool(understood),
                        view=self.session.view, awaits=self._awaits)  # fmt: skip


def _questions(count: int) -> str:
    return f"{count} question" + "s" * (count != 1)


def _quoted(text: str) -> str:
    """The beginning of what was typed."""
    return f"“{text[:QUOTED]}{' …' if len(text) > QUOTED else ''}”"
