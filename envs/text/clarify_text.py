"""`ClarifyTextEnv`: the game in words as a Gymnasium environment, for agents that read and write.

An action is a message: a question in any words, or "My guess: X".  An observation is what comes back to it, the first
one the task and the user's opening words.  Both spaces name their characters and lengths, and their characters are
sorted, so that a seeded sample is the same in every process.  A message outside the space is no error: what people and
models type is read as far as it can be.
"""

from __future__ import annotations

import string
from collections.abc import Iterable
from typing import Any, ClassVar

import gymnasium
from gymnasium import spaces

from envs.rules import Rules
from envs.text.dialogue import LONGEST_REPLY, GameReply, TextDialogue
from envs.world import CatalogueGiven, World, check_options, seed_bits
from sim.catalogue.catalogue import Catalogue
from sim.names.arguments import shown, whole
from sim.questions import Questions
from sim.users.rates import Rates

LONGEST_MESSAGE = 300
"""Characters of a message that is sampled; longer ones are read so far."""
LONGEST_OBSERVATION = 2 * LONGEST_REPLY
"""The first one holds the task beside the user's words."""
BASE = string.digits + string.ascii_letters + string.punctuation + " \n"
"""Characters of plain English."""
SPEECH = "’‘“”–—…€£"
"""Characters that users say beside those."""
HOW = 'Ask in your own words; end with "My guess:" and the name.'


class ClarifyTextEnv(gymnasium.Env):
    """Ask a user clarifying questions in words, then name what he wants.

    Args:
        catalogue: name of a built-in catalogue, path of a file, or a `Catalogue`.
        questions, max_questions: the bank that questions are matched with.
        noise: a preset's name, a TOML file or a `Rates`.
        budget, guesses, reward_right, reward_wrong, question_cost, opening: see `envs.rules.Rules`.
        messages: the most messages, those that can't be read among them; None for twice the budget and the guesses.
        render_mode: "ansi" (render returns the dialogue as text), "human" (it is printed as it goes) or None.

    Raises:
        ValueError: an argument out of range, no such catalogue, no such preset.
    """

    metadata: ClassVar[dict[str, Any]] = {"render_modes": ["ansi", "human"], "render_fps": 4}

    def __init__(
        self,
        catalogue: CatalogueGiven | None = None,
        *,
        questions: Questions = "mixed",
        max_questions: int | None = None,
        noise: str | Rates = "people",
        budget: int = 20,
        guesses: int = 1,
        reward_right: float = 1.0,
        reward_wrong: float = -1.0,
        question_cost: float = 0.02,
        opening: bool = True,
        messages: int | None = None,
        render_mode: str | None = None,
    ):
        if render_mode is not None and render_mode not in self.metadata["render_modes"]:
            raise ValueError(f"render_mode={render_mode!r}; it is ansi, human or None")
        rules = Rules(budget=budget, guesses=guesses, reward_right=reward_right, reward_wrong=reward_wrong,
                      question_cost=question_cost, opening=opening)  # fmt: skip
        self.world = World(catalogue=catalogue, questions=questions, max_questions=max_questions, noise=noise,
                           observation="dict", rules=rules)  # fmt: skip
        self.dialogue = TextDialogue(self.world, messages)
        self.render_mode = render_mode
        charset = characters(self.world.catalogue)
        self.action_space = spaces.Text(LONGEST_MESSAGE, min_length=0, charset=charset)
        self.observation_space = spaces.Text(LONGEST_OBSERVATION, min_length=1, charset=charset)
        self._known = frozenset(charset)
        self._seed, self._episode = -1, 0

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[str, dict[str, Any]]:
        """Begin an episode.

        Args:
            seed: None goes on to the next episode of the seed in use.
            options: `intent` (a number, an id or a name) and `user` (see `Dialogues.reset`) fix them for this episode.

        Returns:
            The task with what the user says first, and an empty `info`.
        """
        seed = None if seed is None else whole("seed", seed)
        super().reset(seed=seed)
        options = check_options(options, ("intent", "user"))
        if seed is not None:
            self._seed, self._episode = seed_bits(seed), 0
        elif self._seed < 0:
            self._seed, self._episode = int(self.np_random.integers(2**62)), 0
        else:
            self._episode += 1
        given = options.get("intent")
        intent = None if given is None else self.world.intent_id(given)
        first = self.dialogue.begin(self._seed, self._episode, intent, options.get("user"))
        self._print(0)
        return self._observe(f"{self.dialogue.instructions} {HOW}\nThe user says: {first.text}"), {}

    def step(self, action: str) -> tuple[str, float, bool, bool, dict[str, Any]]:
        """Send a message.

        Returns:
            The reply, the reward, terminated, truncated (the messages have run out), and `info`: `read`, whether the
            message was understood; at the end `intent`, `intent_name`, `success`, `user_left` and `corruptions` too.

        Raises:
            gymnasium.error.InvalidAction: no text.
            gymnasium.error.ResetNeeded: the dialogue has ended, or none has begun.
        """
        dialogue = self.dialogue
        if dialogue.over:
            raise gymnasium.error.ResetNeeded("the dialogue is over; call reset() before step()")
        if not isinstance(action, str):
            raise gymnasium.error.InvalidAction(f"action {shown(action)} is no text")
        before = len(dialogue.lines)
        reply: GameReply = dialogue.say(action)
        self._print(before)
        info: dict[str, Any] = {"read": reply.read}
        if dialogue.over:
            info |= dialogue.revealed()
        truncated = dialogue.out_of_messages
        return self._observe(reply.text), reply.reward, dialogue.over and not truncated, truncated, info

    def render(self) -> str | None:
        """The dialogue so far with `ansi`; with `human` it is printed as it goes."""
        return "\n".join(self.dialogue.lines) if self.render_mode == "ansi" else None

    def _print(self, start: int) -> None:
        if self.render_mode == "human":
            print("\n".join(self.dialogue.lines[start:]))

    def _observe(self, text: str) -> str:
        """A text within the space."""
        return "".join(c if c in self._known else "?" for c in text[:LONGEST_OBSERVATION])


def characters(catalogue: Catalogue) -> str:
    """Every character that may stand in a dialogue about a catalogue, sorted, in small and large."""
    found = set(BASE + SPEECH)
    for text in _texts(catalogue):
        found.update(text, text.lower(), text.upper())
    return "".join(sorted(c for c in found if c.isprintable() or c == "\n"))


def _texts(catalogue: Catalogue) -> Iterable[str]:
    yield from (catalogue.noun, *catalogue.intents, *map(str, catalogue.ids))
    for facet in catalogue.facets:
        wording = facet.wording
        yield from (facet.name, wording.noun, wording.yesno, wording.open, wording.statement, wording.unit)
        yield from (wording.prefix, *facet.values, *facet.landmarks, *(facet.thresholds or ()))
