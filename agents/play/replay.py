"""An old dialogue from a log, played again turn by turn.

A log may have been damaged, or written by another program: whatever a replay relies on is checked before it begins.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from agents.play.game import Session
from agents.play.heard_log import HeardSentence, read
from agents.play.mind import GameWorld
from agents.play.moments import LOG2
from agents.play.views import GameView
from sim.dialogue import Dialogue, DialogueError, Turn
from sim.questions import OPEN, QuestionBank, question_bank

LEFT = -1
"""The answer of a user who walks away."""


class Recorded:
    """A stand-in that does what was done in a dialogue, on the catalogue that it was held on.

    Raises:
        DialogueError: it is of another catalogue, or holds what can't have happened on this one.
    """

    def __init__(self, world: GameWorld, dialogue: Dialogue):
        if dialogue.fingerprint != world.catalogue.fingerprint:
            raise DialogueError(
                f"the dialogue is about catalogue '{dialogue.catalogue}' as it was then; "
                f"'{world.catalogue.name}' has other data now, so it can't be replayed"
            )
        dialogue = _on_full_bank(world, dialogue)
        _check_turns(world.bank, dialogue)
        _check_names(world, dialogue)
        self._sentences = _sentences(world, dialogue)
        self.world, self.dialogue = world, dialogue
        self.intent = dialogue.intent
        self.corruptions = dialogue.corruptions

    def begin(self, session: Session) -> GameView:
        facets = self.world.bank.facet
        view = session.begin([(int(facets[t.question]), t.answer - 1) for t in self.dialogue.opening])
        return self._next(session, view)

    def step(self, session: Session) -> GameView:
        view = session.view
        turns = self.dialogue.turns
        if view.phase == "guess":
            session.judge(self.dialogue.guesses[len(session.now.guesses)].right)
            more = len(session.now.guesses) < len(self.dialogue.guesses) or view.turn < len(turns)
            return self._next(session, session.play_on()) if more and session.view.phase == "wrong" else session.view
        if view.phase != "ask" or view.turn >= len(turns):
            return view
        if turns[view.turn].answer == LEFT:
            return session.leave()
        sentence = self._waiting(session)
        if sentence is not None:
            return self._next(session, session.hear(sentence))
        return self._next(session, session.answer(turns[view.turn].answer))

    def _waiting(self, session: Session) -> HeardSentence | None:
        """The sentence that was said next, where nothing else happened before it."""
        said = len(session.now.log.sentences)
        if said == len(self._sentences) or self._sentences[said][0] > session.view.turn:
            return None
        return self._sentences[said][1]

    def _next(self, session: Session, view: GameView) -> GameView:
        """What was done then, whatever the agent would do now; what was told unasked is heard first."""
        while (sentence := self._waiting(session)) is not None and sentence.question < 0 and not view.over:
            view = session.hear(sentence)
        guesses, told = self.dialogue.guesses, len(session.now.guesses)
        if told < len(guesses) and guesses[told].after <= view.turn:
            return session.put_guess(guesses[told].intent)
        if view.turn < len(self.dialogue.turns):
            turn = self.dialogue.turns[view.turn]
            nats = session.now.mind.eig_nats(turn.question) if turn.eig_bits is None else turn.eig_bits * LOG2
            return session.put(turn.question, nats)
        return session.leave()


def _on_full_bank(world: GameWorld, dialogue: Dialogue) -> Dialogue:
    """The dialogue with ids of the full bank, where its own are those of a bank that `max_questions` cut."""
    if dialogue.max_questions is None:
        return dialogue
    bank = world.bank
    cut = question_bank(bank.catalogue, world.setup.questions, dialogue.max_questions)
    place = {key: q for q, key in enumerate(zip(bank.facet, bank.kind, bank.value, strict=True))}
    full = [place.get(key, -1) for key in zip(cut.facet, cut.kind, cut.value, strict=True)]

    def moved(turns: tuple[Turn, ...]) -> tuple[Turn, ...]:
        return tuple(replace(t, question=full[t.question] if 0 <= t.question < len(full) else -1) for t in turns)

    return replace(dialogue, opening=moved(dialogue.opening), turns=moved(dialogue.turns))


def _check_turns(bank: QuestionBank, dialogue: Dialogue) -> None:
    """That each turn can have happened where it stands.

    Raises:
        DialogueError: it can't.
    """
    for number, turn in enumerate((*dialogue.opening, *dialogue.turns), 1 - len(dialogue.opening)):
        where = f"turn {number}" if number > 0 else "the opening"
        least = 1 if number <= 0 else LEFT if number == len(dialogue.turns) else 0
        if not 0 <= turn.question < len(bank):
            raise DialogueError(f"{where} of the dialogue asks question {turn.question}; there is no such in the bank")
        if not least <= turn.answer < int(bank.answers[turn.question]):
            raise DialogueError(f"{where} of the dialogue has answer {turn.answer}; its question has no such")
        if number <= 0 and bank.kind[turn.question] != OPEN:
            raise DialogueError(f"{where} of the dialogue answers question {turn.question}, which is not an open one")
        if turn.eig_bits is not None and not (math.isfinite(turn.eig_bits) and turn.eig_bits >= 0):
            raise DialogueError(f"{where} of the dialogue has eig_bits {turn.eig_bits}; it must be 0 or more")


def _sentences(world: GameWorld, dialogue: Dialogue) -> list[tuple[int, HeardSentence]]:
    """The sentences that were heard, each with how many questions had been answered before.

    Raises:
        DialogueError: one can't have been heard where it stands, on this catalogue.
    """
    out: list[tuple[int, HeardSentence]] = []
    before = 0
    for number, words in enumerate(dialogue.heard, 1):
        where = f"sentence {number} of the dialogue"
        try:
            sentence = read(words)
        except ValueError as error:
            raise DialogueError(f"{where} holds no evidence ({error})") from None
        if not before <= words.after <= len(dialogue.turns):
            raise DialogueError(f"{where} came after {words.after} of {len(dialogue.turns)} turns, out of order")
        _check_sentence(world, dialogue, where, words.after, sentence)
        before = words.after
        out.append((words.after, sentence))
    return out


def _check_sentence(world: GameWorld, dialogue: Dialogue, where: str, after: int, sentence: HeardSentence) -> None:
    bank, turn = world.bank, dialogue.turns[after] if after < len(dialogue.turns) else None
    if sentence.question >= 0 and (turn is None or turn.question != sentence.question):
        raise DialogueError(f"{where} answers question {sentence.question}, which was not asked then")
    if sentence.question >= 0 and turn is not None and turn.answer != sentence.answer:
        raise DialogueError(f"{where} has answer {sentence.answer}, its turn {turn.answer}")
    for meaning in (m for part in sentence.evidence.parts for m in part):
        for question, answer in meaning.said:
            if not 0 <= question < len(bank) or not 0 <= answer < int(bank.answers[question]):
                raise DialogueError(f"{where} tells answer {answer} of question {question}; there is no such")
    items = sentence.evidence.items
    if items is not None and items.shape != (len(world.catalogue),):
        raise DialogueError(f"{where} weighs {items.size} intents; there are {len(world.catalogue)}")
    if items is not None and not np.isfinite(items).all():
        raise DialogueError(f"{where} weighs intents by what are no finite numbers")


def _check_names(world: GameWorld, dialogue: Dialogue) -> None:
    """That what the dialogue names is in the catalogue, and its guesses stand in their order.

    Raises:
        DialogueError: it isn't, or they don't.
    """
    count, asked = len(world.catalogue), len(dialogue.turns)
    if not -1 <= dialogue.intent < count:
        raise DialogueError(f"the dialogue is about intent {dialogue.intent}; there are {count} in the catalogue")
    for guess, before in zip(dialogue.guesses, (0, *(g.after for g in dialogue.guesses)), strict=False):
        if not 0 <= guess.intent < count:
            raise DialogueError(f"the dialogue guesses intent {guess.intent}; there are {count} in the catalogue")
        if not before <= guess.after <= asked:
            raise DialogueError(f"the dialogue has a guess after {guess.after} of {asked} turns, out of order")
    facets = {facet.name for facet in world.catalogue.facets}
    for corruption in dialogue.corruptions:
        if corruption.facet not in facets:
            raise DialogueError(f"the dialogue has a false memory of '{corruption.facet}', which is no facet")
