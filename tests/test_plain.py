"""Beside the game: saving, searching, and the plain mode."""

from __future__ import annotations

import errno
import io
from pathlib import Path

import pytest

from agents.play import lookups, saves
from agents.play.conversation import Conversation
from agents.play.game import Session
from agents.play.mind import GameWorld
from agents.play.plain import play
from agents.play.search import Index
from agents.play.standins import Simulated
from agents.play.views import Mode, Setup
from sim.dialogue import read_dialogues
from tests.test_session import animals, toy

__all__ = ["animals", "toy"]


class TestSaving:
    def record(self, world: GameWorld, intent: int | None = 0):
        session = Session(world)
        session.begin()
        session.answer(0)
        return session.record(intent)

    def test_a_game_is_one_file_that_reads_back(self, toy, tmp_path):
        saver = saves.Saver(tmp_path)
        path, sentence = saver.save(self.record(toy), 1)
        assert str(path) in sentence and next(read_dialogues(path)) == self.record(toy)
        assert list(tmp_path.rglob("*.jsonl")) == [path], "nothing temporary is left"

    def test_training_reads_it(self, toy, tmp_path):
        from agents.learning.sources import read_log

        path, _ = saves.Saver(tmp_path).save(self.record(toy), 1)
        histories, _ = read_log(path, toy.catalogue, lambda kind, cap: toy.bank)
        assert histories.intent.tolist() == [0]

    def test_unresolved_games_are_kept_apart_until_resolved(self, toy, tmp_path):
        saver = saves.Saver(tmp_path)
        path, _ = saver.save(self.record(toy, None), 1)
        assert path.parent.name == "unresolved"
        path, _ = saver.save(self.record(toy, 2), 1)
        assert list(tmp_path.rglob("*.jsonl")) == [path] and path.parent.name == "toy"

    def test_unwritable_folder_is_a_sentence(self, toy, tmp_path):
        blocked = tmp_path / "file"
        blocked.write_text("")
        path, sentence = saves.Saver(blocked).save(self.record(toy), 1)
        assert path is None and "not saved" in sentence and "--save" in sentence

    def test_full_disk_is_a_sentence_and_leaves_nothing(self, toy, tmp_path, monkeypatch):
        def full(handle):
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(saves.os, "fsync", full)
        path, sentence = saves.Saver(tmp_path).save(self.record(toy), 1)
        assert path is None and "No space left" in sentence
        assert [p for p in tmp_path.rglob("*") if p.is_file()] == []

    def test_no_save(self, toy):
        assert saves.Saver(None).save(self.record(toy), 1)[0] is None

    def test_markdown_escapes(self, toy):
        text = saves.markdown(self.record(toy))
        assert "Is it vegetarian?" in text and "**" in text

    def test_choices_are_remembered(self, tmp_path, monkeypatch):
        monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
        saves.remember(Setup(catalogue="toy", budget=7), theme="dark")
        assert saves.setup_from(saves.remembered()) == Setup(catalogue="toy", budget=7)
        assert saves.remembered()["theme"] == "dark"
        saves.config_file().write_text('{"budget": "many", "questions": "odd"}')
        assert saves.setup_from(saves.remembered()) == Setup()
        saves.config_file().write_text("not json")
        assert saves.remembered() == {}

    def test_folders_follow_xdg(self, tmp_path):
        assert saves.data_folder({"XDG_DATA_HOME": str(tmp_path)}) == tmp_path / "clarigym"


class TestSearch:
    def test_sieves(self):
        index = Index(["Tom Hanks", "Tom Cruise", "Penélope Cruz", "Atom Egoyan"], weights=[1, 3, 2, 9])
        assert [h.label for h in index.find("tom")][:2] == ["Tom Cruise", "Tom Hanks"]
        assert "Atom Egoyan" in [h.label for h in index.find("tom")]
        assert index.find("penelope")[0].label == "Penélope Cruz"
        assert index.find("hanks tom")[0].label == "Tom Hanks"
        assert index.find("tmo cruse")[0].label == "Tom Cruise"
        assert index.find("")[0].label == "Atom Egoyan"
        assert index.find("zzzzzz") == []

    def test_what_is_in_a_word_or_merely_similar_is_not_sure(self):
        index = Index(["James Phelps", "Tom Hanks", "Leonardo Cimino"])
        queries = ("help", "phel", "hanks tom", "tom hnaks", "leonardo dicap")
        sure = {query: index.find(query)[0].sure for query in queries}
        assert sure == {"help": False, "phel": True, "hanks tom": True, "tom hnaks": True, "leonardo dicap": False}

    def test_the_likeliest_come_first_in_whatever_shares(self):
        index = Index(["Cameron Crowe", "James Cameron", "Cameron Diaz"], weights=[3, 2, 1])
        assert [h.label for h in index.find("cameron")] == ["Cameron Crowe", "Cameron Diaz", "James Cameron"]
        fits = index.weighted([0.001, 0.9, 0.002])
        assert [h.label for h in fits.find("cameron")] == ["James Cameron", "Cameron Diaz", "Cameron Crowe"]
        assert fits.find("")[0].label == "James Cameron" and index.find("")[0].label == "Cameron Crowe"
        assert fits.find("cameron diaz")[0].label == "Cameron Diaz", "a name in full is that name"

    def test_empty_and_odd_queries(self):
        assert Index([]).find("x") == []
        index = Index(["a\nb", "[bold]", "…", "東京"])
        for query in ("\n", "[", "…", "東", "🦊", " ", "\\", "(" * 50):
            index.find(query)
        assert index.find("東")[0].label == "東京"

    def test_number_falls_into_its_bin(self, animals):
        f = next(f for f, facet in enumerate(animals.catalogue.facets) if facet.name == "weight")
        assert lookups.options(animals, f).find("30")[0].label == "10 to 100 kg"
        facet = animals.catalogue.facets[f]
        for v, low in enumerate(facet.lower):
            assert facet.option_of_number(float(low)) == facet.option_of[v]

    def test_values_name_their_facet(self, animals):
        hit = lookups.values(animals).find("green")[0]
        facet, option = lookups.stated(animals, hit.key)
        assert animals.catalogue.facets[facet].options[option] == "green"


class TestPlain:
    def talk(self, mode: str, lines: list[str], tmp_path: Path, catalogue: str = "toy") -> str:
        out = io.StringIO()
        code = play(
            Setup(catalogue=catalogue, noise="typical"),
            Mode(mode),
            saves.Saver(tmp_path),
            None,
            io.StringIO("\n".join(lines) + "\n"),
            out,
        )
        assert code == 0
        return out.getvalue()

    def test_a_game(self, tmp_path):
        said = self.talk("play", ["d", "ham", "u", "?", "t", "g", "n", "diavola", "n"], tmp_path)
        assert "bits left" in said and "It was Diavola" in said and "saved in" in said
        assert len(list(tmp_path.rglob("*.jsonl"))) == 1

    def test_a_refused_entry_does_not_read_like_an_answer(self, tmp_path):
        said = self.talk("play", ["leonardo dicaprio", "d", "qqqzzz", "g", "perhaps"], tmp_path)
        assert "I don't know" not in said
        assert said.count("Not taken: ") == 3 and "'leonardo dicaprio' is like no name here" in said
        assert "'perhaps' is neither y nor n" in said
        path = tmp_path / "flags.csv"
        path.write_text("name,big,red\nA,yes,no\nB,no,no\nC,yes,yes\n")
        assert "Not taken: 'leo' is no answer to this." in self.talk("play", ["leo"], tmp_path, catalogue=str(path))

    def test_help_is_help_and_no_name(self, tmp_path):
        path = tmp_path / "films.csv"
        path.write_text("name,actor,place\nA,James Phelps,here\nB,Help,there\nC,Tom Hanks,here\nD,Tom Hanks,there\n")
        lines = ["help", "d", "phel", "g", "n", '"help"', "d"]
        said = self.talk("play", lines, tmp_path, catalogue=str(path))
        assert "in quotes where it is also a command" in said

    @pytest.mark.parametrize(("typed", "taken"), [("helps", None), ("phel", "James Phelps"), ('"Help"', "Help")])
    def test_one_name_that_is_not_quite_what_was_typed_is_asked_about(self, typed, taken):
        out = io.StringIO()
        plain = Conversation(io.StringIO("\n"), out, lambda: True)
        hit = plain.find(Index(["James Phelps", "Tom Hanks", "Help"]), typed)
        assert (hit and hit.label) == taken
        assert ("Which one?" in out.getvalue()) == (taken is None)

    def test_input_may_end_anywhere(self, tmp_path):
        for n in range(6):
            assert "Goodbye" in self.talk("play", ["d", "ham", "y", "g", "n"][:n], tmp_path)

    @pytest.mark.parametrize("mode", ["watch", "card", "opening", "ask"])
    def test_modes(self, mode, tmp_path):
        lines = {
            "card": ["g", "y"],
            "opening": ["ham", "", "g", "y"],
            "ask": ["coach", "is it vegetarian?", "name", "diavola"],
        }
        assert "saved in" in self.talk(mode, [*lines.get(mode, []), "n"], tmp_path)

    @pytest.mark.parametrize("mode", ["watch", "card", "ask"])
    def test_the_record_tells_the_seed_of_the_user_who_played(self, mode, toy, tmp_path):
        lines = {"card": ["g", "y"], "ask": ["name", "diavola"]}.get(mode, [])
        self.talk(mode, [*lines, "y", *lines, "n"], tmp_path)
        found = sorted((next(read_dialogues(path)) for path in tmp_path.rglob("*.jsonl")), key=lambda d: d.seed)
        assert [(d.seed, d.intent) for d in found] == [(seed, Simulated(toy, seed).intent) for seed in (0, 1)]
