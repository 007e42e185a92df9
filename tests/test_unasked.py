"""Facts that nobody asked for: the user's own memory, weights and chances as they are told, and exact beliefs."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from agents.evaluation.talk import Hearing
from agents.language.belief import parts_of
from agents.setting import make_setting
from agents.strategies.hearing import likeliest_answer
from agents.strategies.registry import make_agent
from envs.rules import Dialogues, Rules
from envs.text.dialogue import TextDialogue
from envs.world import World
from sim.answers import DONT_KNOW, NO, OPEN_DONT_KNOW, YES
from sim.belief.virtual_evidence import answered
from sim.catalogue.load import load
from sim.dialogue import read_dialogues
from sim.phrasing import Manner, SpeechVocabulary, Voice
from sim.phrasing.dice import Dice
from sim.phrasing.manner import PLAIN, PLAIN_SPEECH, TALKATIVE, TERSE
from sim.phrasing.spoken import SpokenTurn, Talkers
from sim.phrasing.unasked import Unasked, readiness
from sim.posterior.exact import ChannelPosterior
from sim.questions import OPEN, question_bank
from sim.users.memory import Population
from sim.users.rates import PRESETS
from sim.users.simulated import SimulatedUsers
from tests import brute
from tests.catalogues import UNEVEN, catalogues, uneven_rates

NAMES = ("toy", "animals", "famous")
POPULATIONS = {name: Population(question_bank(load(name)), "people") for name in NAMES}
VOCABULARIES = {name: SpeechVocabulary(POPULATIONS[name].bank) for name in NAMES}
CHATTY = replace(PLAIN_SPEECH, volunteering=1.0 - 1e-9)

names, seeds = st.sampled_from(NAMES), st.integers(0, 2**31)


def talkers_of(name: str, seed: int, manner: Manner | None = CHATTY) -> Talkers:
    """Two who talk, the user in a manner that adds a fact wherever it can."""
    out = Talkers(VOCABULARIES[name], seed, 0, Unasked(SimulatedUsers(POPULATIONS[name], seed)))
    if manner is not None:
        out.user = Voice(VOCABULARIES[name], seed, 0, manner)
    return out


def said_by(name: str, seed: int, question: int) -> int:
    return int(SimulatedUsers(POPULATIONS[name], seed).answer(np.array([question]))[0])


def some_questions(name: str, random, count: int = 6) -> list[int]:
    bank = POPULATIONS[name].bank
    opened = bank.open_question[bank.open_question >= 0].tolist()
    return random.sample(opened, min(2, len(opened))) + random.sample(range(len(bank)), min(count, len(bank)))


def added(turn: SpokenTurn) -> list[tuple[int, int]]:
    return [(fact.question, fact.answer) for fact in turn.facts if fact.question != turn.question]


# --- what is added ----------------------------------------------------------------------------------------------------


@given(names, seeds, st.randoms(use_true_random=False), st.booleans())
@settings(max_examples=80, deadline=None)
def test_what_is_added_is_the_memorys_own_answer_to_the_first_topic_not_told_yet(name, seed, random, opens):
    """A plain loop over the same law, for questions in any order, some of them twice."""
    population, talkers, told = POPULATIONS[name], talkers_of(name, seed), set()
    bank, weights = population.bank, readiness(population)
    if opens:
        options = SimulatedUsers(population, seed).opening()[0]
        pairs = [(int(q), int(o) + 1) for q, o in zip(bank.open_question, options) if q >= 0 and o >= 0]
        talkers.opening(pairs)
        told = {int(bank.facet[q]) for q, _ in pairs}
    heard: dict[int, SpokenTurn] = {}
    questions = some_questions(name, random)
    for question in questions + random.sample(questions, 2):
        turn = talkers.turn(question, said_by(name, seed, question))
        if question in heard:
            assert turn == heard[question], "asked again, the same words"
            continue
        heard[question] = turn
        if bank.kind[question] == OPEN:
            told.add(int(bank.facet[question]))
        facet = next((f for f in talkers.user.topics(question, weights) if f not in told), None)
        expected = []
        if facet is not None:
            asked = int(bank.open_question[facet])
            answer = said_by(name, seed, asked)
            expected = [(asked, answer)] if answer != OPEN_DONT_KNOW else []
            told |= {facet} if expected else set()
        assert added(turn) == expected
        assert all(bank.facet[q] != bank.facet[question] for q, _ in added(turn))
    mentioned = [bank.facet[q] for turn in heard.values() for q, _ in added(turn)]
    assert len(set(mentioned)) == len(mentioned), "nothing is added twice"


@given(names, seeds, st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_the_order_of_asking_changes_only_what_was_told_before(name, seed, random):
    questions = some_questions(name, random)
    turns = []
    for order in (questions, questions[::-1]):
        talkers = talkers_of(name, seed, None)
        turns.append({q: talkers.turn(q, said_by(name, seed, q)) for q in order})
    for question in questions:
        one, other = turns[0][question], turns[1][question]
        assert (one == other) == (added(one) == added(other))


def test_the_terse_hardly_ever_add_anything_and_the_talkative_now_and_then():
    bank, weights = POPULATIONS["famous"].bank, readiness(POPULATIONS["famous"])
    often = {}
    for register in (TERSE, PLAIN, TALKATIVE):
        drawn = (Manner.drawn(Dice(seed, 1, 1)) for seed in range(200))
        manner = next(manner for manner in drawn if manner.register == register)
        asked = np.arange(4000) % len(bank)
        voices = [Voice(VOCABULARIES["famous"], k // len(bank), k, manner) for k in range(4000)]
        often[register] = np.mean([bool(v.topics(int(q), weights)) for v, q in zip(voices, asked, strict=True)])
        deviation = np.sqrt(manner.volunteering * (1 - manner.volunteering) / 4000)
        assert abs(often[register] - manner.volunteering) < 4 * deviation
    assert often[TERSE] < 0.04 < often[PLAIN] < often[TALKATIVE] < 0.25


def test_facets_are_added_as_readily_as_they_are_stated_in_openings():
    population = POPULATIONS["famous"]
    weights, flag = readiness(population), int(np.flatnonzero(population.bank.open_question < 0)[0])
    assert not weights[population.bank.open_question < 0].any() and (weights > 0).sum() > 3
    question = int(population.bank.question_of_value[flag][1])
    first = Counter(Voice(VOCABULARIES["famous"], seed, 0, CHATTY).topics(question, weights)[0] for seed in range(4000))
    for facet in np.flatnonzero(weights).tolist():
        p = weights[facet] / weights.sum()
        assert abs(first[facet] / 4000 - p) < 4 * np.sqrt(p * (1 - p) / 4000)
    assert not Voice(VOCABULARIES["famous"], 0, 0, CHATTY).topics(question, np.zeros_like(weights))


# --- what beliefs make of it ------------------------------------------------------------------------------------------


@given(catalogues(5, 3, ("one", "many", "number")), seeds, st.sampled_from(["hard", UNEVEN]))
@settings(max_examples=30, deadline=None)
def test_a_belief_told_what_is_added_is_that_of_enumeration(catalogue, seed, preset):
    """Every memory, one by one, that gives the answers and, to its open question, what was added."""
    try:
        bank = question_bank(catalogue)
    except ValueError:
        assume(False)
        raise
    population = Population(bank, uneven_rates(catalogue) if preset == UNEVEN else PRESETS[preset])
    users, vocabulary = SimulatedUsers(population, seed), SpeechVocabulary(bank)
    talkers = Talkers(vocabulary, seed, 0, Unasked(users))
    talkers.user = Voice(vocabulary, seed, 0, CHATTY)
    by_ids, in_words = (ChannelPosterior(population.channel, bank) for _ in range(2))
    history: list[tuple[int, int]] = []
    for question in np.random.default_rng(seed).permutation(len(bank))[:4].tolist():
        turn = talkers.turn(question, int(users.answer(np.array([question]))[0]))
        for step in [(question, turn.answer), *added(turn)]:
            history.append(step)
            by_ids.update(np.array(step[:1]), np.array(step[1:]))
            in_words.hear(answered(*([x] for x in step)))
    expected = brute.joint(population.channel, bank, history).sum(axis=1)
    for posterior in (by_ids, in_words):
        np.testing.assert_allclose(posterior.belief()[0], expected / expected.sum(), atol=1e-9)


@pytest.mark.parametrize(("manner", "most"), [(None, 0.003), (CHATTY, 0.02)])
def test_that_nothing_is_added_tells_next_to_nothing(manner, most):
    """Beliefs pass over the silence of those to whom nothing came to mind.  Who knew of each such silence would be
    better informed than any listener; what he has before others is less than `most` nats a dialogue."""
    population, gained, sure = POPULATIONS["toy"], [], []
    bank, weights = population.bank, readiness(population)
    for seed in range(800):
        users, talkers = SimulatedUsers(population, seed), talkers_of("toy", seed, manner)
        heard, knowing = (ChannelPosterior(population.channel, bank) for _ in range(2))
        told: set[int] = set()
        for question in np.random.default_rng(seed).permutation(len(bank))[:5].tolist():
            turn = talkers.turn(question, said_by("toy", seed, question))
            if bank.kind[question] == OPEN:
                told.add(int(bank.facet[question]))
            steps = [(question, turn.answer), *added(turn)]
            topic = next((f for f in talkers.user.topics(question, weights) if f not in told), None)
            told |= {int(bank.facet[q]) for q, _ in added(turn)}
            for posterior in (heard, knowing):
                for q, a in steps:
                    posterior.update(np.array([q]), np.array([a]))
            if topic is not None and not added(turn):
                knowing.update(bank.open_question[[topic]], np.array([OPEN_DONT_KNOW]))
        beliefs = [posterior.belief()[0] for posterior in (heard, knowing)]
        gained.append(np.log(beliefs[1][users.intent[0]] / beliefs[0][users.intent[0]]))
        sure.append(np.log(beliefs[0][users.intent[0]]) - (beliefs[0] * np.log(np.maximum(beliefs[0], 1e-300))).sum())
    assert np.mean(gained) < most + 3 * np.std(gained) / np.sqrt(800)
    assert abs(np.mean(sure)) < most + 3 * np.std(sure) / np.sqrt(800), "beliefs are as sure as they may be"


# --- where users speak ------------------------------------------------------------------------------------------------


def first_to_stray(name: str) -> tuple[int, int]:
    """A seed and a question behind whose answer its user adds something, in the manner it was drawn with."""
    population, bank = POPULATIONS[name], POPULATIONS[name].bank
    for seed in range(400):
        voice = Voice(VOCABULARIES[name], seed)
        for question in range(0, len(bank), 7):
            topics = voice.topics(question, readiness(population))
            if topics and said_by(name, seed, int(bank.open_question[topics[0]])) != OPEN_DONT_KNOW:
                return seed, question
    raise AssertionError("nobody adds anything")


def test_the_game_and_evaluation_say_the_same_and_a_script_has_nothing_to_add():
    seed, question = first_to_stray("animals")
    bank = POPULATIONS["animals"].bank
    expected = talkers_of("animals", seed, None).turn(question, said_by("animals", seed, question))
    assert added(expected)
    game = TextDialogue(World(catalogue="animals", questions="mixed", max_questions=None, noise="people",
                              observation="dict", rules=Rules()))  # fmt: skip
    game.begin(seed)
    assert game.ask(bank.text(question)).text.startswith(expected.text + " [")
    game.begin(seed, user=[expected.answer] * 20)
    scripted = game.ask(bank.text(question)).text
    assert scripted.startswith(Voice(VOCABULARIES["animals"], seed).answer(question, expected.answer).text + " [")
    for unasked in (True, False):
        dialogues = Dialogues(POPULATIONS["animals"], Rules(), 1)
        dialogues.reset(np.arange(1), np.array([seed], dtype=np.uint64), np.array([0]))
        talk = Hearing(bank, "", unasked).talk(dialogues, False)
        (text,) = talk.answer(np.arange(1), np.array([question]), np.array([expected.answer]))
        assert (text == expected.text) == unasked
        assert added(talk.speech[0][0]) == (added(expected) if unasked else [])


def test_an_agent_hears_what_was_added():
    """An answer that says nothing, with a fact behind it that does: the belief moves towards those it is true of."""
    setting = make_setting("animals", "mixed", "people", Rules())
    population, bank = setting.population, setting.bank
    hearing, agent = Hearing(bank, ""), make_agent("exact", setting)
    diet = int(bank.open_question[[f.name for f in setting.catalogue.facets].index("diet")])
    colours = int(bank.open_question[[f.name for f in setting.catalogue.facets].index("colours")])
    text = Voice(hearing.vocabulary, 0, 0, PLAIN_SPEECH).answer(colours, OPEN_DONT_KNOW, ((diet, 1),)).text
    rows, dialogues = np.arange(1), Dialogues(population, Rules(), 1)
    dialogues.reset(rows, np.zeros(1, dtype=np.uint64), rows)
    talk = hearing.talk(dialogues, False)
    talk.answer(rows, np.array([colours]), np.array([OPEN_DONT_KNOW]))
    agent.reset(np.zeros(1, dtype=np.int64))
    before = agent.belief(rows)[0]
    talk.tell(agent, rows, np.array([colours]), [text])
    facet = setting.catalogue.facet("diet")
    true_of = np.array([facet.values[0] in facet.row(i) for i in range(len(before))])
    assert agent.belief(rows)[0][true_of].sum() > before[true_of].sum() + 0.1, text


def test_the_same_seed_is_the_same_text_with_or_without_facts_but_for_these(tmp_path, capsys):
    from agents.cli import main

    both = []
    for k, more in enumerate(([], ["--no-unasked"])):
        path = tmp_path / f"{k}.jsonl"
        command = ["simulate", "--catalogue", "toy", "--episodes", "40", "--text", "--out", str(path)]
        assert main([*command, *more]) == 0, capsys.readouterr().err
        both.append(list(read_dialogues(path)))
    facts = 0
    for one, other in zip(*both, strict=True):
        assert replace(one, speech=()) == replace(other, speech=())
        for a, b in zip(one.speech, other.speech, strict=True):
            assert (a == b) == (not added(a)) and not added(b)
            facts += len(added(a))
    assert facts > 3


# --- how it is read ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "text", "answer", "facet", "value"),
    [
        ("colours", "no idea, it has 4 legs", OPEN_DONT_KNOW, "legs", "4"),
        ("weight", "Sorry, no idea. It lives for about 30 to 38 years", OPEN_DONT_KNOW, "lifespan", "30 to 38 years"),
        ("legs", "4 - it is green, or no, black, at least in part", "4", "colours", "black"),
        ("legs", "It has 6, I mean 4 legs. It is a herbivore", "4", "diet", "herbivore"),
        ("colours", "grey I guess - it lives in Africa", "grey", "continents", "Africa"),
    ],
)
def test_what_is_added_to_an_open_answer_is_read_apart_from_it(asked, text, answer, facet, value):
    bank, reader = POPULATIONS["animals"].bank, Hearing(POPULATIONS["animals"].bank, "").reader
    names_ = [f.name for f in bank.catalogue.facets]
    question = int(bank.open_question[names_.index(asked)])
    reading = reader.read(text, question)
    found = likeliest_answer(bank, reading)
    assert found == answer or bank.answer_text(question, found) == answer
    other = int(bank.open_question[names_.index(facet)])
    (step,) = (max(p.ways, key=lambda way: way[0])[1][0] for p in parts_of(bank, reading) if not p.asked)
    assert step[0] == other and bank.answer_text(*step) == value


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("Yes. It has 4 legs, I think", YES),
        ("Yes; it lives in Oceania, but I could be wrong", YES),
        ("No - if I remember right, it lives in Africa", NO),
        ("not in the least - it lives in Africa", NO),
        ("no idea - it has 4 legs", DONT_KNOW),
        ("no idea, it weighs around 60 kg, or so I believe", DONT_KNOW),
    ],
)
def test_a_fact_behind_yes_or_no_leaves_the_answer_and_is_never_denied(text, answer):
    """The hedge of a fact isn't the answer's, and a number with another facet's unit answers nothing."""
    bank, reader = POPULATIONS["animals"].bank, Hearing(POPULATIONS["animals"].bank, "").reader
    lifespan = [f.name for f in bank.catalogue.facets].index("lifespan")
    for question in (int(bank.question_of_value[lifespan][3]), int(bank.question_of_value[lifespan + 5][1])):
        reading = reader.read(text, question)
        assert likeliest_answer(bank, reading) == answer
        assert [fact.negated for fact in reading.facts] == [False]
