"""An asker's manners: what is settled, what counts as insisting, and that each expectation can hold and fail."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.cli import main
from agents.errors import Exit
from agents.scenarios.manners import Settled, asked_though_sure, longest_run, most_unknown, most_words
from agents.scenarios.play import ScenarioPlayer
from agents.scenarios.read import SHIPPED, read_scenarios
from agents.scenarios.turns import ScenarioTurn
from agents.strategies.registry import AGENTS
from sim.answers import ANSWER_OF, NO, OPEN_DONT_KNOW, YES
from sim.catalogue.load import load
from sim.channel.opening import SILENT
from sim.questions import IS, OPEN, OVER, question_bank

TOY = question_bank(load("toy"), "mixed")
ANIMALS = question_bank(load("animals"), "mixed")


def noiseless(bank, question, value):
    """What a single value of a facet answers."""
    facet = bank.catalogue.facets[bank.facet[question]]
    if bank.kind[question] == OPEN:
        return int(facet.option_of[value]) + 1
    holds = value >= bank.value[question] if bank.kind[question] == OVER else value == bank.value[question]
    return YES if holds else NO


@given(st.sampled_from([TOY, ANIMALS]), st.data())
@settings(max_examples=150, deadline=None)
def test_settled_is_what_enumeration_says(bank, data):
    """Values that fit all certain answers, listed one by one; a question is settled where they answer alike."""
    scalar = [f for f, facet in enumerate(bank.catalogue.facets) if facet.scalar]
    f = data.draw(st.sampled_from(scalar))
    own = [q for q in range(len(bank)) if bank.facet[q] == f]
    values = range(len(bank.catalogue.facets[f].values))
    truth = data.draw(st.sampled_from(values))
    settled, history = Settled(bank), []
    for question in data.draw(st.lists(st.sampled_from(own), max_size=4)):
        history.append((question, noiseless(bank, question, truth)))
        settled.hear(*history[-1])
    left = [v for v in values if all(noiseless(bank, q, v) == a for q, a in history)]
    for question in own:
        alike = len({noiseless(bank, question, v) for v in left}) == 1
        assert settled.settles(question) == (bool(history) and alike)


def question_on(bank, name, kind, value=None):
    facet = bank.catalogue.facet(name)
    wanted = None if value is None else facet.find(value)
    for q in range(len(bank)):
        own = bank.catalogue.facets[bank.facet[q]].name == name and bank.kind[q] == kind
        if own and (wanted is None or bank.value[q] == wanted):
            return q
    raise AssertionError(name)


def test_several_values_settle_only_themselves():
    settled = Settled(TOY)
    ham, tuna = (question_on(TOY, "toppings", IS, value) for value in ("ham", "tuna"))
    settled.hear(ham, YES)
    assert settled.settles(ham) and not settled.settles(tuna), "one topping says nothing of another"
    openly = question_on(TOY, "toppings", OPEN)
    assert not settled.settles(openly)
    settled.hear(openly, TOY.catalogue.facet("toppings").find("tuna") + 1)
    assert settled.settles(tuna) and settled.settles(openly)


def test_what_is_unsure_settles_nothing():
    settled = Settled(TOY)
    red = question_on(TOY, "colour", IS, "red")
    for answer in ("probably", "probably not", "don't know"):
        settled.hear(red, ANSWER_OF[answer])
    settled.hear(question_on(TOY, "colour", OPEN), OPEN_DONT_KNOW)
    assert not any(settled.settles(q) for q in range(len(TOY)))


def test_the_opening_settles():
    said = np.full(len(TOY.catalogue.facets), SILENT)
    f = [facet.name for facet in TOY.catalogue.facets].index("colour")
    said[f] = TOY.catalogue.facets[f].options.index("red")
    settled = Settled(TOY, said)
    mine = [q for q in range(len(TOY)) if settled.settles(q)]
    assert mine == [q for q in range(len(TOY)) if TOY.facet[q] == f]


def test_a_contradiction_leaves_the_last_word():
    settled = Settled(TOY)
    red, green = (question_on(TOY, "colour", IS, value) for value in ("red", "green"))
    settled.hear(red, YES)
    assert settled.settles(green)
    settled.hear(green, YES)
    assert settled.settles(question_on(TOY, "colour", IS, "white"))


def turn(facet: str, **more) -> ScenarioTurn:
    return ScenarioTurn(question="Is it?", answer="No.", facet=facet, id=0, rank=1, p=0.1, **more)


def test_runs_insisting_words_and_certainty():
    turns = [turn("a"), turn("b", unknown=True), turn("b"), turn("b", unknown=True), turn("a", favourite=0.99)]
    assert longest_run(turns) == 3 and most_unknown(turns) == (2, "b") and most_words(turns) == 2
    assert asked_though_sure(turns, 0.9) == [5] and asked_though_sure(turns, 0.99) == []
    assert longest_run([]) == 0 and most_unknown([]) == (0, "") and most_words([]) == 0


def one(expect: str, more: str = "") -> str:
    head = '[[scenario]]\nname = "x"\ncatalogue = "toy"\nnoise = "clean"\nintent = "Diavola"\nguards = "Guards."'
    return f"{head}\n{more}\nexpect = {{ {expect} }}\n"


@pytest.mark.parametrize(
    ("holds", "fails", "more", "words"),
    [
        ("at_most = 20", "at_most = 0", "", "questions were asked"),
        ("words_at_most = 30", "words_at_most = 1", "", "a question had"),
        ("facets_at_least = 1", "facets_at_least = 30", "", "facets were asked about"),
        ("same_facet_in_a_row = 20", "same_facet_in_a_row = 0", "", "in a row were on one facet"),
        ("stops_when_above = 0.999", "stops_when_above = 0.01", "", "it asked on at turn 1"),
        ("never_asks_about = []", 'never_asks_about = ["toppings", "colour", "price"]', "", "it asked about"),
        ("unknown_of_a_facet = 20", "unknown_of_a_facet = 0", 'then = "don\'t know"', "he doesn't know about"),
        ("never_asks_settled = true", "never_asks_settled = false", "", "but none was"),
    ],
)
def test_each_of_them_can_hold_and_fail(holds, fails, more, words, tmp_path, capsys):
    path = tmp_path / "s.toml"
    path.write_text(one(holds, more))
    assert main(["run", str(path)]) == Exit.OK, capsys.readouterr().out
    path.write_text(one(fails, more))
    assert main(["run", str(path)]) == Exit.FAILED
    said = capsys.readouterr().out
    assert words in said and "guards against: Guards." in said


def test_a_guess_against_what_was_said_is_noticed(tmp_path, capsys):
    path = tmp_path / "s.toml"
    lies = f'questions = "yesno"\nlies = {list(range(1, 21))}'
    text = one("guess_contradicts = 0", lies).replace("clean", "typical").replace("Diavola", "Bianca")
    path.write_text(text)
    assert main(["run", str(path)]) == Exit.FAILED
    assert "the guess contradicts 1 answers" in capsys.readouterr().out
    path.write_text(text.replace("contradicts = 0", "contradicts = 1"))
    assert main(["run", str(path)]) == Exit.OK


def test_a_settled_question_is_noticed(tmp_path, capsys):
    """`fixed` asks everybody the same, whatever they have said."""
    path = tmp_path / "s.toml"
    path.write_text(one("never_asks_settled = true").replace("Diavola", "Tonno"))
    assert main(["run", str(path), "--agent", "fixed"]) == Exit.FAILED
    assert "had been answered" in capsys.readouterr().out


def test_scenarios_for_some_agents(tmp_path, capsys):
    path = tmp_path / "s.toml"
    path.write_text(one("at_most = 0", 'agents = ["exact"]') + one("at_least = 0").replace('"x"', '"y"'))
    assert main(["run", str(path)]) == Exit.FAILED
    capsys.readouterr()
    assert main(["run", str(path), "--agent", "fixed"]) == Exit.OK
    said = capsys.readouterr().out
    assert "1 of 1 scenarios hold" in said and "1 are for other agents" in said
    assert main(["run", str(path), "--agent", "fixed", "--every"]) == Exit.FAILED
    capsys.readouterr()
    path.write_text(one("at_most = 0", 'agents = ["exact"]'))
    assert main(["run", str(path), "--agent", "fixed"]) == Exit.BAD_INPUT
    assert "none of the 1 scenarios is for the agent 'fixed'" in capsys.readouterr().err


def test_a_misspelt_agent_would_never_play(tmp_path, capsys):
    path = tmp_path / "s.toml"
    path.write_text(one("at_most = 0", 'agents = ["exakt"]'))
    assert main(["run", str(path)]) == Exit.BAD_INPUT
    assert "did you mean 'exact'" in capsys.readouterr().err


def test_a_sidecar_beside_a_table_is_no_scenario(tmp_path):
    (tmp_path / "t.csv").write_text("name,a\nA,x\nB,y\n")
    (tmp_path / "t.toml").write_text('noun = "thing"\n')
    (tmp_path / "s.toml").write_text(one("at_least = 0"))
    assert [s.name for s in read_scenarios(tmp_path)] == ["x"]
    (tmp_path / "t.toml").write_text(one("at_least = 0").replace('"x"', '"z"'))
    assert [s.name for s in read_scenarios(tmp_path)] == ["x", "z"], "a file of scenarios beside a table is read"


# --- those that ship ---------------------------------------------------------------------------------------------

ALL = read_scenarios(SHIPPED)
QUICK = [s for s in ALL if not s.catalogue.startswith("movies")]


def test_sixty_ship_and_each_says_what_it_guards():
    assert len(ALL) >= 60
    for scenario in ALL:
        assert scenario.guards.endswith(".") and len(scenario.guards) <= 110, scenario.name


@pytest.mark.parametrize("agent", [name for name in AGENTS if name not in ("exact", "lookahead")])
def test_every_agent_holds_those_that_are_for_it(agent):
    player = ScenarioPlayer(agent)
    mine = [s for s in QUICK if s.suits(agent)]
    assert mine, "each agent has some"
    broken = {s.name: outcome.failures for s in mine if (outcome := player.run(s)).failures}
    assert not broken


@pytest.mark.slow
@pytest.mark.parametrize("agent", list(AGENTS))
def test_every_agent_holds_those_on_films(agent):
    player = ScenarioPlayer(agent)
    chosen = ALL if agent == "lookahead" else [s for s in ALL if s not in QUICK]
    broken = {s.name: outcome.failures for s in chosen if s.suits(agent) and (outcome := player.run(s)).failures}
    assert not broken
