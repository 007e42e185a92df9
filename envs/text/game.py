"""`TextGame`: the game in words as one plain class, for trainers of language models.

Its public methods are its interface: `reset` begins a dialogue and returns what the user says first, `ask` and `guess`
are tools, `get_reward` scores the dialogue.  TRL's `GRPOTrainer(environment_factory=TextGame)` takes that as it is.  It
offers every other public method to the model as a tool, so there is none.  The docstrings of `ask` and `guess` are what
the model reads of them.
"""

from __future__ import annotations

from typing import Any

from envs.rules import Rules
from envs.text.dialogue import TextDialogue
from envs.world import CatalogueGiven, World, seed_bits
from sim.names.arguments import whole
from sim.questions import Questions
from sim.users.rates import Rates

HOW = "Ask with the tool `ask`, in your own words. Name what you think it is with the tool `guess`."


class TextGame:
    """Find out by questions what somebody looks for.

    Args:
        catalogue: name of a built-in catalogue, path of a file, or a `Catalogue`.
        questions, max_questions: the bank that questions are matched with, see docs/environments/clarify.md.
        noise: a preset's name, a TOML file or a `Rates`.
        budget, guesses, reward_right, reward_wrong, question_cost, opening: see `envs.rules.Rules`.
        messages: the most messages, those that can't be read among them; None for twice the budget and the guesses.
        how: the sentence of the task that says how to ask and to guess, for those who offer no tools.

    Raises:
        ValueError: an argument out of range, no such catalogue, no such preset.
    """

    def __init__(
        self,
        catalogue: CatalogueGiven = "animals",
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
        how: str = HOW,
    ) -> None:
        rules = Rules(budget=budget, guesses=guesses, reward_right=reward_right, reward_wrong=reward_wrong,
                      question_cost=question_cost, opening=opening)  # fmt: skip
        world = World(catalogue=catalogue, questions=questions, max_questions=max_questions, noise=noise,
                      observation="dict", rules=rules)  # fmt: skip
        self.how = how
        self.dialogue = TextDialogue(world, messages)
        """The dialogue itself: its transcript in `lines`, whether it is `over`, and what was `revealed`."""

    def reset(self, seed: int = 0, **row: Any) -> str:
        """Begin a dialogue; the same seed is the same user with the same memory.

        Args:
            seed: which user.
            row: the other columns of a data set.  `intent` (a number, an id or a name) and `episode` are heeded where
                they are given and not None, all others passed over.

        Returns:
            The task, and what the user says first.

        Raises:
            ValueError: no such intent; a seed or an episode that is no whole number.
        """
        intent, episode = row.get("intent"), row.get("episode")
        first = self.dialogue.begin(
            seed_bits(whole("seed", seed)),
            0 if episode is None else whole("episode", episode, 0),
            None if intent is None else self.dialogue.world.intent_id(intent),
        )
        return f"{self.dialogue.instructions} {self.how}\nThe user says: {first.text}"

    def ask(self, question: str) -> str:
        """Ask the user one question about what they are looking for.

        Args:
            question: The question in plain words, about one property, such as "Did it come out before 1990?".

        Returns:
            What the user answers.
        """
        return self.dialogue.ask(str(question)).text

    def guess(self, title: str) -> str:
        """Name what the user is looking for. Only a right guess earns anything.

        Args:
            title: The name alone.

        Returns:
            Whether it was right; or a question where several have that name.
        """
        return self.dialogue.guess(str(title)).text

    def get_reward(self) -> float:
        """The reward of the dialogue as it stands; without a right guess it is never more than 0."""
        return self.dialogue.score
