"""`reply`: a line that somebody types, to whatever waits in a game: a question or a guess.

The app and the chat take a line in the same way.  A key, a name of an answer or an option's number means what it means
as a key.  All else is a sentence.
"""

from __future__ import annotations

from agents.play.game import Session
from agents.play.listener import SentenceListener
from agents.play.views import GameView
from sim.answers import DONT_KNOW, OPEN_DONT_KNOW, typed_answer


def reply(session: Session, listener: SentenceListener, line: str) -> GameView | None:
    """Let a game hear a line.

    Returns:
        What the game looks like then; None where nothing was understood, and nothing has happened.

    Raises:
        GameError: neither a question nor a guess waits.
    """
    view, text = session.view, line.strip()
    if view.phase == "guess":
        return _judged(session, listener, line)
    asked, typed = view.asked, typed_answer(text)
    if asked is not None and typed is not None and (not asked.open or typed == DONT_KNOW):
        return session.answer(OPEN_DONT_KNOW if asked.open else typed)
    if asked is not None and asked.by_digit and text[:3].isdecimal() and 1 <= int(text[:3]) <= len(asked.options):
        return session.answer(int(text[:3])) if len(text) <= 3 else None
    question = -1 if asked is None else asked.id
    sentence = listener.listen(line, session.now.mind.posterior, question)
    return None if sentence is None else session.hear(sentence)


def _judged(session: Session, listener: SentenceListener, line: str) -> GameView | None:
    """Right, wrong, or a fact that changes the matter.  Who says no and tells more wants to play on."""
    right = listener.judges(line)
    sentence = None if right else listener.listen(line, session.now.mind.posterior)
    if right is None:
        return None if sentence is None else session.hear(sentence)
    view = session.judge(right)
    if sentence is None or view.turn >= view.budget:
        return view
    view = session.play_on()
    return view if view.over else session.hear(sentence)
