"""`TextDialogue`: one dialogue in words, over the rules of `envs.rules`; the text game and the environment wrap it.

Decisions that live here:

- Somebody who asks in his own words is told which question the user takes it for, so the answer is to that question
  whatever was typed: "before 1990?" is answered as "after the eighties?".
- Text that can't be read costs what a question costs, is told what can be asked, and ends nothing.  It uses up no
  question.  A title of which several bear the name is asked about at no cost.
- Questions and guesses use up the budget as in `envs.rules`; a question beyond it ends the dialogue as a wrong guess.
- A dialogue takes `messages` messages.  Whoever has not guessed by then pays for a wrong guess, as with a user who
  leaves: otherwise babbling would beat guessing in doubt.
- What was typed is never repeated, so a reply holds nothing but the catalogue's and the user's words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from envs.rules import NOTHING, FixedUser
from envs.text.question_matcher import QuestionMatcher
from envs.text.titles import TitleMatcher
from envs.world import World
from sim.names.arguments import whole
from sim.phrasing import article, corruption_sentences, listed
from sim.phrasing.spoken import Talkers
from sim.phrasing.unasked import Unasked
from sim.phrasing.voice import SpeechVocabulary
from sim.questions import QuestionBank

LONGEST_REPLY = 1_000
"""Characters of a reply."""
MESSAGES_A_QUESTION = 2
"""A dialogue takes so many messages for each question and guess, where nothing else is said."""
ONE = np.zeros(1, dtype=np.int64)
"""The rows of a batch of one."""
_GUESS = re.compile(
    r"^[\s\"'*>_-]*(?:my |final |i )?(?:final )?guess(?:es)?(?: is)?\s*[:=\-–]\s*(?P<title>.*)$",
    re.IGNORECASE | re.MULTILINE,
)
OVER = "The dialogue is over."


@dataclass(frozen=True)
class GameReply:
    """What comes back to a message."""

    text: str
    reward: float = 0.0
    read: bool = True
    """It was understood."""


class Understanding:
    """All that is needed to read questions and titles of one bank and to speak about it; shared, and never changed."""

    def __init__(self, bank: QuestionBank) -> None:
        self.questions = QuestionMatcher(bank)
        self.titles = TitleMatcher(bank.catalogue)
        self.vocabulary = SpeechVocabulary(bank)

    def __deepcopy__(self, memo: dict[int, object]) -> Understanding:
        return self


@lru_cache(maxsize=8)
def understanding_of(bank: QuestionBank) -> Understanding:
    """That of a bank, made once."""
    return Understanding(bank)


class TextDialogue:
    """One dialogue in words.

    Args:
        world: catalogue, users and rules.
        messages: the most messages, those that can't be read among them; None for twice as many as questions and
            guesses.

    Raises:
        ValueError: rules under which anything but a right guess brings more than 0; messages below 1.
    """

    def __init__(self, world: World, messages: int | None = None) -> None:
        rules = world.rules
        if rules.reward_wrong > 0 or rules.question_cost < 0:
            given = f"reward_wrong={rules.reward_wrong} and question_cost={rules.question_cost}"
            raise ValueError(f"{given}; in words only a right guess earns: reward_wrong <= 0 and question_cost >= 0")
        self.world, self.bank = world, world.bank
        self.messages = (
            MESSAGES_A_QUESTION * (rules.budget + rules.guesses) if messages is None else whole("messages", messages, 1)
        )
        self.dialogues = world.dialogues(1)
        self.lines: list[str] = []
        """What was said, for a transcript: the user's words, and how the asker was understood."""
        self.sent = 0
        """Messages so far."""
        self.reward = 0.0
        """The sum of all rewards so far."""
        self.over = True
        self.out_of_messages = False
        self._talkers: Talkers | None = None

    @cached_property
    def _understanding(self) -> Understanding:
        return understanding_of(self.bank)

    def begin(self, seed: int, episode: int = 0, intent: int | None = None, user: FixedUser | None = None) -> GameReply:
        """Another user, who says what he looks for.

        Args:
            seed, episode: which user; 64 bits.
            intent: what he looks for; drawn if not given.
            user: what is fixed of him, see `Dialogues.reset`.
        """
        d = self.dialogues
        intents = None if intent is None else np.array([intent])
        d.reset(ONE, np.array([seed], dtype=np.uint64), np.array([episode]), intents=intents, user=user)
        self.sent, self.reward, self.over, self.out_of_messages = 0, 0.0, False, False
        unasked = None if d.scripted else Unasked(d.users)
        self._talkers = Talkers(self._understanding.vocabulary, int(d.seed[0]), int(d.episode[0]), unasked)
        stated = d.opening_count(0)
        pairs = zip(d.questions[0, :stated].tolist(), d.answers[0, :stated].tolist(), strict=True)
        said = self._talkers.opening(list(pairs)).text
        self.lines = [f"User: {said}"]
        return self._reply(said)

    def say(self, text: str) -> GameReply:
        """A message that is a question, or a guess: "My guess: X"."""
        guess = _GUESS.search(text[: 2 * LONGEST_REPLY])
        return self.ask(text) if guess is None else self.guess(guess["title"])

    def ask(self, text: str) -> GameReply:
        """A question in words."""
        if self.over:
            return GameReply(OVER)
        match = self._understanding.questions.find(text)
        if not match.questions:
            return self._sent(self._unread(self._understanding.questions.told))
        # Of two ends of a range the one that wasn't asked about yet.
        asked = set(self.dialogues.questions[0].tolist())
        question = next((q for q in match.questions if q not in asked), match.questions[0])
        reward, _ = self._step(question)
        if self.dialogues.over[0] and not self.dialogues.user_left[0]:
            self.lines.append(f"Asker: {self.bank.text(question)}")
            return self._sent(GameReply(self._ending("No questions were left, only guesses"), reward))
        answer = int(self.dialogues.answers[0, self.dialogues.length[0] - 1])
        self.lines.append(f"Asker: {self.bank.text(question)}")
        if answer == NOTHING:
            return self._sent(GameReply(self._ending("The user has lost patience and leaves"), reward))
        assert self._talkers is not None
        said = self._talkers.turn(question, answer).text
        self.lines.append(f"User: {said}")
        heard = said if match.exact else f'(The user takes it as: "{self.bank.text(question)}") {said}'
        return self._sent(GameReply(f"{heard}{self._left()}", reward))

    def guess(self, title: str) -> GameReply:
        """A guess, graded by id."""
        if self.over:
            return GameReply(OVER)
        titles = self._understanding.titles
        match = titles.find(title)
        if not match.intents:
            near = " or ".join(f'"{name}"' for name in titles.suggested(title))
            noun = self.world.catalogue.noun
            return self._sent(self._unread(f"No {noun} is called so." + (f" Did you mean {near}?" if near else "")))
        if match.intent < 0:
            return self._sent(
                GameReply(f'Several are called so: {titles.shown(match)}. Which one? Name its id: "id ...".')
            )
        reward, ended = self._step(len(self.bank) + match.intent)
        name = self.world.catalogue.intents[match.intent]
        self.lines.append(f"Guess: {name}.")
        if ended:
            return self._sent(
                GameReply(self._ending(f"{name}: {'right' if self.dialogues.success[0] else 'wrong'}"), reward)
            )
        left = int(self.dialogues.guesses_left[0])
        return self._sent(GameReply(f"No, it isn't {name}. Guesses left: {left}.", reward))

    @property
    def instructions(self) -> str:
        """The task, in sentences, without how to send a question or a guess."""
        rules, n = self.world.rules, len(self.world.catalogue)
        noun = self.world.catalogue.noun
        guesses = "one guess" if rules.guesses == 1 else f"{rules.guesses} guesses"
        return (
            f"Somebody looks for {article(noun)}, one of {n:,}, and remembers it badly: some answers are wrong. "
            f"Find out which by at most {rules.budget} questions and {guesses}."
        )

    @property
    def score(self) -> float:
        """The sum of rewards; a dialogue that isn't over counts as a wrong guess."""
        return self.reward + (0.0 if self.over else self.world.rules.reward_wrong)

    def revealed(self) -> dict[str, Any]:
        """What is known once it is over, as in `World.revealed`."""
        return self.world.revealed(self.dialogues, 0)

    # -- parts ---------------------------------------------------------------------------------------------------------

    def _step(self, action: int) -> tuple[float, bool]:
        reward, ended = self.dialogues.step(np.array([action], dtype=np.int64))
        self.over = bool(ended[0])
        return float(reward[0]), self.over

    def _unread(self, why: str) -> GameReply:
        self.lines.append("(A message that was not understood.)")
        return GameReply(f"That was not understood. {why}", -self.world.rules.question_cost, read=False)

    def _sent(self, reply: GameReply) -> GameReply:
        """The reply to one more message, which may have been the last."""
        self.sent += 1
        reward, text = reply.reward, reply.text
        if self.sent >= self.messages and not self.over:
            self.over = self.out_of_messages = True
            self.dialogues.over[0] = True
            reward += self.world.rules.reward_wrong
            text = self._ending("That was the last message")
        self.reward += reward
        return self._reply(text, reward, reply.read)

    def _reply(self, text: str, reward: float = 0.0, read: bool = True) -> GameReply:
        short = text if len(text) <= LONGEST_REPLY else text[: LONGEST_REPLY - 3] + "..."
        return GameReply(short, reward, read)

    def _left(self) -> str:
        left = self.world.rules.budget - int(self.dialogues.turn[0])
        return f" [questions left: {left}]" if left else " [no questions left: name your guess]"

    def _ending(self, how: str) -> str:
        """The end, with the truth."""
        truth = self.revealed()
        asked = self.dialogues.questions[0]
        wrong = corruption_sentences(self.bank, truth["corruptions"], (int(q) for q in asked if q != NOTHING))
        end = f"{how}. It is {truth['intent_name']}." + (f" The user {listed(wrong)}." if wrong else "")
        self.lines.append(end)
        return f"{end} {OVER}"
