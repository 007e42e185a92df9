"""The game without a screen: whole games, undoing, wrong guesses, odd catalogues, saving, searching, plain mode."""

from __future__ import annotations

import json
import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from agents.play import lookups, mind
from agents.play.coach import AskGame
from agents.play.game import GameError, Session
from agents.play.mind import GameWorld, load_world
from agents.play.replay import Recorded
from agents.play.standins import Simulated, role_card
from agents.play.views import Setup
from sim.answers import DONT_KNOW, NO, YES
from sim.catalogue.catalogue import Catalogue, make_facet
from sim.dialogue import DialogueError
from sim.questions import OPEN, OVER


@pytest.fixture(scope="module")
def toy() -> GameWorld:
    return load_world(Setup(catalogue="toy"))


@pytest.fixture(scope="module")
def animals() -> GameWorld:
    return load_world(Setup(catalogue="animals"))


def write_csv(path: Path, rows: list[str]) -> str:
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return str(path)


def truthful(world: GameWorld, intent: int, question: int) -> int:
    """What somebody with a perfect memory answers."""
    bank = world.bank
    facet = bank.catalogue.facets[bank.facet[question]]
    row = facet.indices[facet.indptr[intent] : facet.indptr[intent + 1]]
    if bank.kind[question] == OPEN:
        return int(facet.option_of[row[0]]) + 1 if len(row) else 0
    if not len(row):
        return DONT_KNOW
    value = bank.value[question]
    return YES if ((row >= value).any() if bank.kind[question] == OVER else value in row) else NO


def run(session: Session, intent: int, lies: dict[int, int] | None = None):
    """Play to the end; `lies` are answers by turn."""
    view = session.view
    while not view.over:
        if view.phase == "ask":
            truth = truthful(session.world, intent, view.asked.id)
            view = session.answer((lies or {}).get(view.turn + 1, truth))
        else:
            view = session.judge(view.guess.intent == intent)
    return view


class TestGame:
    @pytest.mark.parametrize("intent", [0, 17, 60, 138])
    def test_perfect_memory_is_found(self, animals, intent):
        session = Session(animals)
        session.begin()
        view = run(session, intent)
        assert view.phase == "right"
        assert session.review(intent).disagreements == ()
        assert len(view.bits) == view.turn + 1

    def test_every_agent_plays(self):
        from agents.strategies.registry import AGENTS

        for name in AGENTS:
            session = Session(load_world(Setup(catalogue="toy", agent=name)))
            session.begin()
            view = run(session, 3)
            assert view.phase in ("right", "wrong"), name
            assert all(e.eig_bits >= 0 and math.isfinite(e.eig_bits) for e in view.history), name

    def test_undo_returns_to_every_earlier_view(self, animals):
        session = Session(animals)
        seen = [session.begin()]
        seen.append(session.answer(1))
        seen.append(session.skip())
        seen.append(session.answer(0))
        seen.append(session.ask_for_guess())
        seen.append(session.judge(False))
        seen.append(session.play_on())
        for view in reversed([v for v in seen[:-1] if not v.over]):
            assert session.undo() is view, "ends are passed over"
        assert session.undo() is seen[0], "at the start nothing happens"

    def test_undone_game_goes_on_like_an_untouched_one(self, animals):
        touched, plain = Session(animals), Session(animals)
        touched.begin(), plain.begin()
        touched.answer(1)
        touched.undo()
        assert touched.answer(2) == plain.answer(2)

    def test_lie_is_told_in_the_review(self, animals):
        session = Session(animals)
        view = session.begin()
        while view.asked.open:
            view = session.answer(truthful(animals, 5, view.asked.id))
        turn = view.turn + 1
        lie = YES if truthful(animals, 5, view.asked.id) == NO else NO
        session.answer(lie)
        run(session, 5)
        found = session.review(5)
        assert turn in [d.turn for d in found.disagreements]
        chance = [p for p, _ in found.trail]
        falls = [math.log2(a / b) for a, b in pairwise(chance)]
        if found.lost_at is not None:
            assert falls[found.lost_at - 1] == pytest.approx(max(falls)) == pytest.approx(found.lost_bits)

    def test_skipped_questions_do_not_come_back(self, animals):
        session = Session(animals)
        view, seen = session.begin(), set()
        for _ in range(12):
            assert view.asked.id not in seen
            seen.add(view.asked.id)
            before = view.bits
            view = session.skip()
            assert view.bits == before, "a skip tells nothing"

    def test_wrong_guess_is_ruled_out_and_budget_grows(self):
        session = Session(load_world(Setup(catalogue="toy", budget=1)))
        session.begin()
        view = session.answer(0)
        assert view.phase == "guess", "the questions are spent"
        first = view.guess.name
        session.judge(False)
        view = session.play_on()
        assert first not in [name for name, _ in view.top]
        assert view.wrong == (first,) and view.budget == 6
        assert sum(p for _, p in view.top) == pytest.approx(1.0)

    def test_when_all_are_ruled_out_it_is_stumped(self):
        session = Session(load_world(Setup(catalogue="toy")))
        view = session.begin()
        for _ in range(8):
            session.ask_for_guess() if view.phase == "ask" else None
            session.judge(False)
            view = session.play_on()
        assert view.phase == "stumped" and len(view.wrong) == 8

    def test_what_the_rules_forbid_is_refused(self, toy):
        session = Session(toy)
        with pytest.raises(GameError, match="hasn't begun"):
            session.answer(0)
        session.begin()
        with pytest.raises(GameError, match="answers 0 to"):
            session.answer(99)
        with pytest.raises(GameError, match="awaits an answer"):
            session.judge(True)

    def test_what_somebody_else_asks_is_no_step_to_undo(self, toy):
        session = Session(toy)
        with pytest.raises(GameError, match="hasn't begun"):
            session.put(0, 0.1)
        start = session.begin()
        q = next(q for q in range(len(toy.bank)) if q != start.asked.id)
        view = session.put(q, 0.1)
        assert view.asked.id == q and not view.undoable
        with pytest.raises(IndexError):
            session.put(len(toy.bank), 0.1)
        assert session.view is view, "what can't be asked changes nothing"
        assert session.put_guess(3).guess.intent == 3 and not session.view.undoable

    def test_opening_is_believed_and_recorded(self, animals):
        session = Session(animals)
        colours = next(f for f, facet in enumerate(animals.catalogue.facets) if facet.name == "colours")
        option = animals.catalogue.facets[colours].options.index("green")
        view = session.begin([(colours, option)])
        assert view.opening == ("It is green, at least in part.",)
        assert session.record(0).opening[0].answer == option + 1
        lion = animals.catalogue.intents.index("Lion")
        assert [d.turn for d in session.review(lion).disagreements] == [0]

    @pytest.mark.parametrize("agent", ["exact", "learned", "independent", "uniform"])
    def test_beliefs_after_ruling_out_equal_bayes(self, agent):
        session = Session(load_world(Setup(catalogue="toy", agent=agent)))
        session.begin()
        session.answer(0)
        before = session.now.mind.belief()
        out = int(before.argmax())
        after = session.now.mind.without(out).belief()
        expected = np.where(np.arange(len(before)) == out, 0.0, before)
        np.testing.assert_allclose(after, expected / expected.sum(), atol=1e-12)

    def test_eig_of_one_question_equals_the_sweep(self, toy):
        session = Session(toy)
        session.begin()
        session.answer(0)
        mind = session.now.mind
        sweep = mind.posterior.eig_nats()[0]
        yesno = [q for q in range(len(toy.bank)) if toy.bank.kind[q] != OPEN]
        for q in yesno:
            assert mind.eig_nats(q) == pytest.approx(sweep[q], abs=5e-3)


class TestOddCatalogues:
    def alike(self, monkeypatch, *names: str) -> Session:
        """A game on intents that nothing tells apart; the loader refuses such files, a program may make them."""
        facet = make_facet("colour", "one", ["red"] * len(names))
        prior = np.full(len(names), 1 / len(names))
        catalogue = Catalogue(name="alike", intents=names, prior=prior, facets=(facet,))
        monkeypatch.setattr(mind, "load", lambda name: catalogue)
        return Session(load_world(Setup(catalogue="alike")))

    def test_one_intent(self, monkeypatch):
        session = self.alike(monkeypatch, "Only")
        view = session.begin()
        assert view.phase == "guess" and view.guess.name == "Only"
        session.judge(False)
        assert session.play_on().phase == "stumped"
        assert session.review(0).lost_at is None

    def test_two_identical(self, monkeypatch):
        session = self.alike(monkeypatch, "Left", "Right")
        view = session.begin()
        assert view.phase == "guess" and view.guess.twins == ("Right",)
        session.judge(False)
        view = session.play_on()
        assert view.phase == "guess" and view.guess.name == "Right"

    def test_twins_in_a_file(self, tmp_path):
        path = write_csv(tmp_path / "twins.csv", ["name,colour", "Left,red", "Right,red", "Other,blue"])
        session = Session(load_world(Setup(catalogue=path)))
        session.begin()
        view = session.view
        while view.phase == "ask":
            view = session.answer(truthful(session.world, 0, view.asked.id))
        assert {view.guess.name, *view.guess.twins} == {"Left", "Right"}

    @pytest.mark.parametrize("name", ["[bold]x[/bold]", "القاهرة", "東京", "🦊 fox", "long " * 60, "same"])
    def test_strange_names(self, tmp_path, name):
        rows = ["name,colour", f'"{name}",red', "same,blue", "Other,green"]
        world = load_world(Setup(catalogue=write_csv(tmp_path / "odd.csv", rows)))
        session = Session(world)
        session.begin()
        assert run(session, 0).phase == "right"
        assert json.loads(session.record(0).to_json())["intent_name"] == name.strip()
        assert lookups.intents(world).find(name.strip())[0].key in (0, 1)

    def test_same_names_are_told_apart(self, tmp_path):
        rows = ["name,year", "Psycho,1960", "Psycho,1998", "Other,1970"]
        world = load_world(Setup(catalogue=write_csv(tmp_path / "films.csv", rows)))
        assert len({world.label(0), world.label(1)}) == 2


class TestStandIns:
    def test_record_replays(self, animals):
        user = Simulated(animals, 4)
        first = Session(animals, seed=4)
        view = user.begin(first)
        while not view.over:
            view = user.step(first)
        record = first.record(user.intent, noise="typical", corruptions=user.corruptions)
        again, old = Session(animals), Recorded(animals, record)
        view2 = old.begin(again)
        while not view2.over:
            view2 = old.step(again)
        assert [(e.question, e.answer) for e in view2.history] == [(e.question, e.answer) for e in view.history]
        assert view2.phase == view.phase and view2.bits == pytest.approx(view.bits)

    def test_leaving_is_an_answer_of_its_own(self, animals):
        user, session = Simulated(animals, 2), Session(animals)
        user.leaves_at = lambda turn: turn >= 2
        view = user.begin(session)
        while not view.over:
            view = user.step(session)
        record = session.record(user.intent, noise="typical", left=True)
        assert view.phase == "left" and [t.answer < 0 for t in record.turns] == [False, True] and record.user_left
        again, old = Session(animals), Recorded(animals, record)
        view = old.begin(again)
        while not view.over:
            view = old.step(again)
        assert view.phase == "left" and view.turn == 1

    def test_replay_of_several_guesses(self, toy):
        session = Session(toy)
        session.begin()
        session.ask_for_guess()
        session.judge(False)
        session.play_on()
        view = run(session, 5)
        record = session.record(5)
        again, old = Session(toy), Recorded(toy, record)
        view2 = old.begin(again)
        while not view2.over:
            view2 = old.step(again)
        assert view2.wrong == view.wrong and view2.phase == view.phase == "right"

    def test_replay_refuses_another_catalogue(self, toy, animals):
        session = Session(toy)
        session.begin()
        run(session, 0)
        with pytest.raises(DialogueError, match="other data"):
            Recorded(animals, session.record(0))

    def test_role_card_holds_the_false_memory_as_true(self, animals):
        for seed in range(40):
            user = Simulated(animals, seed)
            card, nouns = role_card(user), {f.name: f.wording.noun for f in animals.catalogue.facets}
            for c in user.corruptions:
                if c.kind == "forgotten":
                    assert nouns[c.facet] in card.forgotten
                else:
                    assert c.believed in dict(card.remembered)[nouns[c.facet]]


class TestCoach:
    def test_compares_each_question_with_the_best_one(self, toy):
        game = AskGame(toy, 0)
        game.begin()
        best = game.advice()
        other = next(q for q in range(len(toy.bank)) if q != best.question)
        view = game.ask(other)
        last = game.coach.last
        assert view.history[-1].question == other and view.history[-1].eig_bits == pytest.approx(last.asked_bits)
        assert last.asked_bits <= last.best_bits == pytest.approx(best.bits) and last.best_text == best.text
        game.ask()
        assert game.coach.last.asked_bits == pytest.approx(game.coach.last.best_bits)
        assert game.coach.best_bits == pytest.approx(best.bits + game.coach.last.best_bits)

    def test_a_question_that_is_taken_back_counts(self, toy):
        game = AskGame(toy, 0)
        game.begin()
        game.ask()
        worth = game.coach.asked_bits
        game.session.undo()
        assert game.session.view.turn == 0 and game.coach.asked_bits == worth > 0

    def test_the_person_names_it_or_gives_up(self, toy):
        game = AskGame(toy, 0)
        game.begin()
        assert game.name(game.user.intent).phase == "right"
        game = AskGame(toy, 0)
        game.begin()
        assert game.name((game.user.intent + 1) % 8).phase == "wrong"
        game.session.undo()
        assert game.give_up().phase == "left"

    def test_a_user_who_leaves_ends_it(self, toy):
        game = AskGame(toy, 0)
        game.user.leaves_at = lambda turn: turn >= 2
        game.begin()
        game.ask()
        before = game.coach
        view = game.ask()
        assert view.phase == "left" and view.turn == 1 and game.coach is before

    def test_when_nothing_tells_anything_it_says_so(self, toy):
        game = AskGame(toy, 0)
        game.begin()
        for q in range(len(toy.bank)):
            if game.advice() is None:
                break
            game.ask(q)
        with pytest.raises(GameError, match="name it"):
            game.ask()
