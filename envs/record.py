"""A dialogue of an environment in words, and as a record for a log once it is over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from envs.rules import NOTHING, Dialogues
from envs.world import World
from sim.dialogue import Dialogue, Guess, Turn
from sim.phrasing import answer_sentence, corruption_sentences, listed, request


def dialogue_record(
    world: World, d: Dialogues, b: int, agent: str, eig_bits: Sequence[float | None] = ()
) -> Dialogue:  # fmt: skip
    """Dialogue b as a `Dialogue`.

    Args:
        eig_bits: what the asker expected of each question, one a question that was asked; () where it didn't say.

    Raises:
        ValueError: it hasn't ended; its truth is not to be seen yet.
    """
    if not d.over[b] or d.episode[b] < 0:
        raise ValueError("the dialogue hasn't ended; its record would show the hidden intent")
    turns = _turns(world, d, b)
    stated = d.opening_count(b)
    if len(eig_bits):
        expected = [None] * stated + list(eig_bits)
        turns = tuple(replace(turn, eig_bits=e) for turn, e in zip(turns, expected, strict=True))
    catalogue = world.catalogue
    guesses = tuple(
        Guess(intent=int(i), right=int(i) == int(d.users.intent[b]), after=int(d.turn[b]), name=catalogue.intents[i])
        for i in d.guessed[b] if i != NOTHING
    )  # fmt: skip
    revealed = world.revealed(d, b)
    return Dialogue(
        catalogue=catalogue.name, fingerprint=catalogue.fingerprint, questions=world.questions_kind,
        max_questions=world.max_questions, budget=world.rules.budget, noise=world.population.rates.name,
        rates=world.population.rates.digest, agent=agent, seed=int(d.seed[b]), episode=int(d.episode[b]),
        opening=turns[:stated], turns=turns[stated:], guesses=guesses,
        **revealed,
    )  # fmt: skip


def _turns(world: World, d: Dialogues, b: int) -> tuple[Turn, ...]:
    bank = world.bank
    pairs = zip(d.questions[b].tolist(), d.answers[b].tolist(), strict=True)
    return tuple(
        Turn(question=q, answer=a, question_text=bank.text(q), answer_text=answer_sentence(bank, q, a))
        for q, a in pairs if q != NOTHING
    )  # fmt: skip


def transcript(world: World, d: Dialogues, b: int) -> str:
    """The dialogue so far, a line a turn; the truth only after the end."""
    turns = _turns(world, d, b)
    stated = d.opening_count(b)
    lines = ["User: " + request(world.bank, [(t.question, t.answer) for t in turns[:stated]])]
    lines += [f"{k:3}. {t.question_text} {t.answer_text}" for k, t in enumerate(turns[stated:], start=1)]
    intents = world.catalogue.intents
    lines += [f"Guess: {intents[i]}." for i in d.guessed[b] if i != NOTHING]
    if d.over[b] and d.turn[b] + (d.guessed[b] != NOTHING).sum() > 0:
        truth = world.revealed(d, b)
        wrong = corruption_sentences(world.bank, truth["corruptions"], (t.question for t in turns))
        end = "Found" if truth["success"] else "Not found; the user left" if truth["user_left"] else "Not found"
        lines.append(f"{end}. It is {truth['intent_name']}." + (f" The user {listed(wrong)}." if wrong else ""))
    return "\n".join(lines)
