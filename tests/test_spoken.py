"""Dialogues in words: the same users as by ids, who say what they mean, and agents that hear it with its doubt."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents import evaluate
from agents.cli import main
from agents.errors import Exit
from agents.evaluation.dialogue_records import Listener, records_of, world_of
from agents.evaluation.episodes import agent_seeds, draw_dialogues, play
from agents.evaluation.talk import Hearing
from agents.language.belief import parts_of
from agents.language.reader import Reader
from agents.language.reading import TextReading
from agents.setting import make_setting
from agents.strategies.greedy import exact
from agents.strategies.hearing import Hearer, hear_answers, hear_openings, likeliest_answer, likeliest_opening
from agents.strategies.registry import make_agent
from agents.strategies.split import SplitAgent
from envs.rules import Rules
from sim.answers import DONT_KNOW, NO, OPEN_DONT_KNOW, YES
from sim.belief.virtual_evidence import Meaning, VirtualEvidence
from sim.catalogue.load import load
from sim.channel.opening import SILENT, stated_answers
from sim.dialogue import Dialogue, DialogueError, read_dialogues
from sim.numeric.randomness import Purpose, uniform
from sim.phrasing import PLAIN_SPEECH, SpeechVocabulary, Voice
from sim.phrasing.dice import Dice
from sim.phrasing.spoken import LEFT, Talkers
from sim.questions import OPEN, question_bank
from sim.users.memory import Population
from sim.users.simulated import SimulatedUsers
from tests.source import ROOT

NAMES = ("toy", "animals", "groceries", "famous")
PLAIN_NAMES = ("toy", "animals")
"""Where no word names values of two facets, as "honey" does of groceries."""
COMMON = ["--catalogue", "toy", "--noise", "hard", "--budget", "5", "--opening", "--text"]
SIMULATE = ["simulate", *COMMON, "--episodes", "30"]
EVALUATE = ["evaluate", *COMMON, "--encoder", "none", "--episodes", "30"]

SHARES = st.floats(0, 1, exclude_max=True)


@pytest.fixture(scope="module")
def heard():
    return {name: Hearing(question_bank(load(name)), "") for name in NAMES}


@pytest.fixture(scope="module")
def toy():
    return make_setting("toy", "mixed", "hard", Rules(budget=6, opening=True))


# --- what is said is what is meant ------------------------------------------------------------------------------------


@given(st.sampled_from(NAMES), st.integers(0, 2**31), st.integers(0, 40))
@settings(max_examples=80, deadline=None)
def test_a_plain_opening_is_read_as_what_it_means(heard, name, seed, who):
    reader: Reader = heard[name].reader
    users = SimulatedUsers(Population(reader.bank, "typical"), 1, np.arange(who, who + 1))
    volunteered = stated_answers(reader.bank, users.opening()[0])
    text = Voice(heard[name].vocabulary, seed, who, PLAIN_SPEECH).opening(volunteered).text
    reading = reader.read(text)
    meant = {step for part in parts_of(reader.bank, reading) for _, steps in part.ways for step in steps}
    assert set(volunteered) <= meant, text
    if name in PLAIN_NAMES:
        assert stated_answers(reader.bank, likeliest_opening(reader.bank, reading)) == volunteered, text


@given(st.sampled_from(NAMES), st.integers(0, 2**31), SHARES, SHARES)
@settings(max_examples=120, deadline=None)
def test_a_plain_answer_to_an_open_question_is_read_as_what_it_means(heard, name, seed, pick, which):
    reader: Reader = heard[name].reader
    asked = np.flatnonzero(reader.bank.kind == OPEN)
    question = int(asked[int(pick * len(asked))])
    answer = int(which * reader.bank.answers[question])
    text = Voice(heard[name].vocabulary, seed, 0, PLAIN_SPEECH).answer(question, answer).text
    assert likeliest_answer(reader.bank, reader.read(text, question)) == answer, text


def test_plain_yes_and_no_are_mostly_read_without_an_encoder(heard):
    reader: Reader = heard["animals"].reader
    bank, right, turned = reader.bank, [], []
    asked = np.flatnonzero(bank.kind != OPEN)
    for seed in range(200):
        question, answer = int(asked[seed % len(asked)]), seed % 5
        text = Voice(heard["animals"].vocabulary, seed, 0, PLAIN_SPEECH).answer(question, answer).text
        read = likeliest_answer(bank, reader.read(text, question))
        right.append(read == answer)
        turned.append((read - DONT_KNOW) * (answer - DONT_KNOW) < 0)
    assert np.mean(right) > 0.7 and np.mean(turned) < 0.1


def test_draws_of_speech_have_a_purpose_of_their_own():
    assert Dice(7, 3, 1).uniform() == uniform(7, 3, Purpose.SPEECH, 1, 0)
    assert len(set(Purpose)) == len(Purpose.__members__)


def test_who_left_says_nothing(toy):
    turn = Talkers(SpeechVocabulary(toy.bank), 0, 0).turn(0, LEFT)
    assert turn.asked and not turn.text and not turn.facts


# --- files ------------------------------------------------------------------------------------------------------------


def lines_of(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_simulate_writes_each_text_with_its_meaning(tmp_path, capsys):
    path = tmp_path / "d.jsonl"
    assert main([*SIMULATE, "--out", str(path)]) == Exit.OK, capsys.readouterr().err
    population = Population(question_bank(load("toy")), "hard")
    bank, unasked = population.bank, 0
    for dialogue in read_dialogues(path):
        users = SimulatedUsers(population, dialogue.seed, dialogue.episode)
        first, *rest = dialogue.speech
        assert first.question == -1 and first.text and not first.asked
        stated = sorted((fact.question, fact.answer) for fact in first.facts)
        assert stated == sorted((turn.question, turn.answer) for turn in dialogue.opening)
        assert [(s.question, s.answer) for s in rest] == [(t.question, t.answer) for t in dialogue.turns]
        for turn in rest:
            assert turn.asked and bool(turn.text) == (turn.answer != LEFT) and turn.understood == -1
            for fact in turn.facts:
                assert fact.value == bank.answer_text(fact.question, fact.answer)
                assert fact.answer == users.answer(np.array([fact.question]))[0], "asked or not, it is the memory's"
                unasked += fact.question != turn.question
        assert Dialogue.from_json(dialogue.to_json()) == dialogue
    assert unasked > 0


def test_words_are_all_that_text_adds(tmp_path, capsys):
    spoken, silent = tmp_path / "spoken.jsonl", tmp_path / "silent.jsonl"
    assert main([*SIMULATE, "--out", str(spoken)]) == Exit.OK
    assert main([x for x in [*SIMULATE, "--out", str(silent)] if x != "--text"]) == Exit.OK, capsys.readouterr().err
    with_words, without = lines_of(spoken), lines_of(silent)
    assert all("speech" not in line for line in without)
    assert [{k: v for k, v in line.items() if k != "speech"} for line in with_words] == without
    bank = question_bank(load("toy"))
    vocabulary, users = SpeechVocabulary(bank), Population(bank, "hard")
    found = [dialogue.in_words(vocabulary, True, users) for dialogue in read_dialogues(silent)]
    assert [dialogue.to_json() for dialogue in found] == spoken.read_text(encoding="utf-8").splitlines()
    with pytest.raises(ValueError, match="episode 0 is of a user with other rates"):
        next(read_dialogues(silent)).in_words(vocabulary, True, Population(bank, "clean"))


def test_a_run_in_words_is_resumed_and_repeated_to_the_same_bytes(tmp_path, capsys):
    path = tmp_path / "d.jsonl"
    assert main([*SIMULATE, "--out", str(path)]) == Exit.OK
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    assert main([*SIMULATE, "--out", str(path), "--resume"]) == Exit.OK, capsys.readouterr().err
    assert path.read_bytes() == whole
    again = tmp_path / "again.jsonl"
    command = [sys.executable, "-m", "agents.cli", *SIMULATE, "--out", str(again)]
    there = os.environ | {"PYTHONHASHSEED": "17", "PYTHONPATH": str(ROOT)}
    subprocess.run(command, check=True, capture_output=True, cwd=ROOT, env=there)
    assert again.read_bytes() == whole
    capsys.readouterr()
    silent = [x for x in SIMULATE if x != "--text"]
    assert main([*silent, "--out", str(path), "--resume"]) == Exit.BAD_INPUT
    assert "differs in speech" in capsys.readouterr().err


def test_a_broken_speech_is_refused_by_name():
    line = json.loads(next(iter(_dialogue_lines())))
    for broken, words in (
        ([{"question": 0}], "field 'answer' is missing"),
        ("hello", "speech' must be a list"),
        ([{**line["speech"][0], "text": 3}], "speech'[0], field 'text'"),
    ):
        with pytest.raises(DialogueError, match=words.replace("[", r"\[").replace("]", r"\]")):
            Dialogue.from_json(json.dumps(line | {"speech": broken}))


def _dialogue_lines() -> list[str]:
    setting = make_setting("toy", "mixed", "hard", Rules(opening=True))
    hearing = Hearing(setting.bank, "")
    agent, numbers = make_agent("exact", setting), np.arange(3)
    dialogues = draw_dialogues(setting, 0, numbers)
    listener = Listener(agent, 3)
    played = play(agent, setting, 0, numbers, dialogues=dialogues, watch=listener, talk=hearing.talk(dialogues, True))
    return [d.to_json() for d in records_of(world_of(setting, "mixed", None), played, "exact", listener)]


# --- evaluation -------------------------------------------------------------------------------------------------------


def test_evaluate_in_words_meets_the_same_users(tmp_path, capsys):
    rows, dialogues = tmp_path / "r.jsonl", tmp_path / "d.jsonl"
    agents = ["--agents", "exact,policy,uniform+exact,learned"]
    assert main([*EVALUATE, *agents, "--out", str(rows), "--dialogues", str(dialogues)]) == Exit.OK
    assert " read" in capsys.readouterr().out
    setting = make_setting("toy", "mixed", "hard", Rules(budget=5, opening=True))
    header, *found = lines_of(rows)
    assert header["config"]["text"] is True and header["config"]["encoder"] == "none"
    for row, dialogue in zip(found, read_dialogues(dialogues), strict=True):
        users = SimulatedUsers(setting.population, 0, np.array([row["episode"]]))
        assert row["intent"] == dialogue.intent == users.intent[0]
        for turn in dialogue.turns:
            if turn.answer != LEFT:
                assert users.answer(np.array([turn.question]))[0] == turn.answer, "what is meant is the user's own"
        answered = [turn for turn in dialogue.speech if turn.answer >= 0]
        wrong = [k for k, turn in enumerate(answered, 1) if turn.understood != turn.answer]
        assert row["misread_turns"] == wrong


def test_rows_in_words_are_the_same_in_workers_and_after_a_kill(tmp_path, capsys):
    at_once, resumed = tmp_path / "once.jsonl", tmp_path / "resumed.jsonl"
    assert main([*EVALUATE, "--agents", "exact", "--out", str(at_once)]) == Exit.OK
    whole = at_once.read_bytes()
    resumed.write_bytes(whole[: 2 * len(whole) // 3])
    assert main([*EVALUATE, "--agents", "exact", "--out", str(resumed), "--resume", "--workers", "2"]) == Exit.OK
    capsys.readouterr()
    assert resumed.read_bytes().split(b"\n", 1)[1] == whole.split(b"\n", 1)[1]


def test_without_text_nothing_is_told_of_words(tmp_path, capsys):
    path = tmp_path / "r.jsonl"
    command = ["evaluate", "--catalogue", "toy", "--agents", "exact", "--episodes", "5", "--out", str(path), "--json"]
    assert main(command) == Exit.OK
    told = json.loads(capsys.readouterr().out)
    header, row, *_ = lines_of(path)
    for config in (told["config"], header["config"]):
        assert not {"text", "encoder", "unasked"} & set(config)
    assert "misread_turns" not in row and "understood" not in told["results"][0]


def test_evaluate_as_a_function_scores_understanding():
    found = evaluate(["exact"], "animals", rules=Rules(opening=True), episodes=25, text=True, encoder="")
    symbols = evaluate(["exact"], "animals", rules=Rules(opening=True), episodes=25)
    assert 0.6 < found.figures["exact"]["understood"] <= 1
    assert [row["intent"] for row in found.rows] == [row["intent"] for row in symbols.rows]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--encoder", "none"], "--encoder none reads what users say; give --text as well"),
        (["--no-unasked"], "--no-unasked is about what users say; give --text as well"),
        (["--text", "--encoder", "no/such/folder"], "no/such/folder"),
    ],
)
def test_what_cannot_be_used_is_one_sentence_and_leaves_no_file(options, words, tmp_path, capsys):
    path = tmp_path / "r.jsonl"
    assert main(["evaluate", "--catalogue", "toy", "--out", str(path), *options]) == Exit.BAD_INPUT
    said = capsys.readouterr().err
    assert words in said and said.count("\n") == 1 and not path.exists()


def test_hostile_names_are_never_printed_or_written_raw(tmp_path, capsys):
    path, table = tmp_path / "d.jsonl", tmp_path / "evil.csv"
    evil = ["\x1b[31mred", "<script>alert(1)</script>", "[bold]loud[/bold]", "right‮left", "a,b", 'quo"te']
    rows = "\n".join(f'"item {k}","{name.replace(chr(34), chr(34) * 2)}"' for k, name in enumerate(evil))
    table.write_text(f"name,maker\n{rows}\n", encoding="utf-8")
    files = ["--out", str(tmp_path / "r.jsonl"), "--dialogues", str(path)]
    command = ["evaluate", "--catalogue", str(table), "--agents", "exact", "--episodes", "10", "--questions", "open"]
    code = main([*command, "--text", "--encoder", "none", *files])
    shown = capsys.readouterr()
    assert "\x1b" not in shown.out + shown.err
    if code == Exit.OK:
        assert "\x1b" not in path.read_text(encoding="utf-8")
        assert len(path.read_bytes().splitlines()) == 10 == len(list(read_dialogues(path)))


def test_a_report_shows_words_and_never_raw(tmp_path, capsys):
    rows, dialogues, page = (tmp_path / name for name in ("r.jsonl", "d.jsonl", "page.html"))
    assert main([*EVALUATE, "--agents", "exact", "--out", str(rows), "--dialogues", str(dialogues)]) == Exit.OK
    lines = lines_of(dialogues)
    for line in lines:
        for turn in line["speech"]:
            turn["text"] = "<script>alert(1)</script> \x1b[31m[bold]it is\u202e"
        line["speech"] = line["speech"][: 1 + len(line["speech"]) // 2]
    dialogues.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    assert main(["report", str(rows), str(dialogues), "--out", str(page)]) == Exit.OK, capsys.readouterr().err
    text = page.read_text(encoding="utf-8")
    assert "<q>&lt;script&gt;alert(1)" in text and "\x1b" not in text and "<script>alert" not in text


def test_the_viewer_quotes_words_as_plain_text(monkeypatch):
    from textual.geometry import Size

    from screens.dialogue_panels import TurnText, quoted

    dialogue = Dialogue.from_json(_dialogue_lines()[0])
    hostile = "[bold]it is[/bold] \x1b[31m"
    said = tuple(replace(turn, text=hostile) for turn in dialogue.speech)
    monkeypatch.setattr(TurnText, "content_size", Size(200, 2))
    panel = TurnText(replace(dialogue, speech=said))
    for panel.at in (0, 1):
        shown = panel.render().plain
        assert "[bold]it is[/bold]" in shown and "\x1b" not in shown
    assert quoted("") == ""


# --- agents -----------------------------------------------------------------------------------------------------------


def certain(question: int, answer: int) -> VirtualEvidence:
    return VirtualEvidence(((Meaning(1.0, ((question, answer),)),),))


@pytest.mark.parametrize("name", ["exact", "independent", "uniform", "fixed", "entropy", "lookahead"])
def test_hearing_for_certain_is_observing(name, toy):
    seeds = agent_seeds(0, np.arange(2))
    one, other = make_agent(name, toy), make_agent(name, toy)
    assert isinstance(other, Hearer)
    one.reset(seeds)
    other.reset(seeds)
    rows = np.arange(2)
    for turn in range(3):
        actions = one.act(rows, np.full(2, 6 - turn))
        assert (other.act(rows, np.full(2, 6 - turn)) == actions).all()
        if (actions >= len(toy.bank)).any():
            break
        answers = np.array([1 if toy.bank.kind[q] == OPEN else (YES, NO)[k] for k, q in enumerate(actions)])
        one.observe(rows, actions, answers)
        other.hear(rows, [certain(int(q), int(a)) for q, a in zip(actions, answers, strict=True)], actions)
        assert np.allclose(one.belief(rows), other.belief(rows), atol=1e-9)


def test_a_question_that_got_no_answer_is_not_asked_again(toy):
    agent = exact(toy)
    agent.reset(np.zeros(1, dtype=np.uint64))
    asked: list[int] = []
    for left in range(6, 0, -1):
        (action,) = agent.act(np.zeros(1, dtype=np.int64), np.array([left])).tolist()
        if action >= len(toy.bank):
            break
        assert action not in asked
        asked.append(action)
        agent.hear(np.zeros(1, dtype=np.int64), [VirtualEvidence()], np.array([action]))
    assert len(asked) > 3
    assert np.allclose(agent.belief(np.zeros(1, dtype=np.int64))[0], toy.catalogue.prior)


def reading_of(question: int, answer: np.ndarray, off_topic: float = 0.0) -> TextReading:
    return TextReading(text="?", question=question, answer=answer, off_topic=off_topic)


def test_what_says_nothing_is_taken_for_not_knowing(toy):
    bank = toy.bank
    open_, yesno = int(np.flatnonzero(bank.kind == OPEN)[0]), int(np.flatnonzero(bank.kind != OPEN)[0])
    assert likeliest_answer(bank, reading_of(open_, np.eye(5)[DONT_KNOW])) == OPEN_DONT_KNOW
    assert likeliest_answer(bank, reading_of(yesno, np.full(5, 0.2), off_topic=1.0)) == DONT_KNOW
    assert likeliest_answer(bank, reading_of(yesno, np.array([0.6, 0.0, 0.0, 0.0, 0.4]))) == NO


class Deaf:
    """A stand-in that knows answers alone: it writes down what it is told, asks question 0 and believes nothing."""

    def __init__(self, intents: int) -> None:
        self.told: list[object] = []
        self.intents = intents

    def reset(self, seeds: np.ndarray, said: np.ndarray | None = None) -> None:
        self.told.append(None if said is None else said.tolist())

    def act(self, rows: np.ndarray, left: np.ndarray) -> np.ndarray:
        return np.zeros(len(rows), dtype=np.int64)

    def observe(self, rows: np.ndarray, question: np.ndarray, answer: np.ndarray) -> None:
        self.told.append((question.tolist(), answer.tolist()))

    def belief(self, rows: np.ndarray) -> np.ndarray:
        return np.full((len(rows), self.intents), 1.0 / self.intents)


def test_who_can_not_hear_observes_the_likeliest_alone_or_beside_another(toy):
    bank, row = toy.bank, np.zeros(1, dtype=np.int64)
    yesno = int(np.flatnonzero(bank.kind != OPEN)[0])
    heard = [reading_of(yesno, np.array([0.6, 0.0, 0.0, 0.0, 0.4]))]
    deaf, hears = Deaf(len(toy.catalogue)), exact(toy)
    for agent in (deaf, SplitAgent(toy, deaf, hears)):
        deaf.told.clear()
        hear_openings(agent, np.zeros(1, dtype=np.uint64), bank, [TextReading(text="?", off_topic=1.0)])
        assert deaf.told[-1] == [[SILENT] * len(toy.catalogue.facets)]
        hear_answers(agent, row, np.array([yesno]), bank, heard)
        assert deaf.told[-1] == ([yesno], [NO])
    alone = exact(toy)
    hear_openings(alone, np.zeros(1, dtype=np.uint64), bank, [TextReading(text="?", off_topic=1.0)])
    before = alone.belief(row)
    hear_answers(alone, row, np.array([yesno]), bank, heard)
    assert np.allclose(alone.belief(row), hears.belief(row))
    assert not np.allclose(alone.belief(row), before)
