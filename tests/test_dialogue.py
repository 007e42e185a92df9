"""Logs of dialogues: there and back, strict reading, words, and the golden playthroughs of every registered id."""

import json
from pathlib import Path

import gymnasium
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import envs
from sim.catalogue.load import load
from sim.dialogue import SCHEMA, Dialogue, DialogueError, Guess, Turn, read_dialogues, write_dialogues
from sim.phrasing import answer_sentence, corruption_sentence, listed, request, value_sentence
from sim.questions import OPEN, question_bank
from sim.users.corruption import Corruption

PLAYTHROUGHS = Path(__file__).parent / "playthroughs"

text = st.text(max_size=20)
count = st.integers(0, 10**6)
turns = st.lists(
    st.builds(Turn, question=count, answer=st.integers(-1, 100), question_text=text, answer_text=text,
              eig_bits=st.none() | st.floats(0, 20)),
    max_size=3,
).map(tuple)  # fmt: skip
names = st.lists(text, max_size=2).map(tuple)
dialogues = st.builds(
    Dialogue, catalogue=text, fingerprint=text, questions=text, max_questions=st.none() | count, budget=count,
    noise=text, agent=text, seed=st.integers(0, 2**64 - 1), episode=count, opening=turns, turns=turns,
    guesses=st.lists(
        st.builds(Guess, intent=count, right=st.booleans(), after=count, name=text), max_size=2
    ).map(tuple),
    intent=count, intent_name=text, success=st.booleans(), user_left=st.booleans(),
    corruptions=st.lists(
        st.builds(Corruption, facet=text, kind=st.sampled_from(["forgotten", "unrecalled", "misremembered"]),
                  true=names, lost=text, believed=text),
        max_size=2,
    ).map(tuple),
)  # fmt: skip


@given(dialogues)
def test_there_and_back(dialogue):
    line = dialogue.to_json()
    assert "\n" not in line
    assert Dialogue.from_json(line) == dialogue
    assert json.loads(line)["schema"] == SCHEMA


def golden() -> dict:
    return json.loads((PLAYTHROUGHS / "Toy-v1.jsonl").read_text(encoding="utf-8").splitlines()[0])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d.update(schema="clarigym.dialogue/9"), "schema is 'clarigym.dialogue/9', this version reads"),
        (lambda d: d.pop("schema"), "schema is None"),
        (lambda d: d.pop("budget"), "field 'budget' is missing"),
        (lambda d: d.update(mood=1), "unknown field 'mood'"),
        (lambda d: d.update(budget="20"), "field 'budget' is '20'; it must be a whole number"),
        (lambda d: d.update(success=1), "field 'success' is 1; it must be true or false"),
        (lambda d: d.update(turns={}), "field 'turns' must be a list of objects"),
        (lambda d: d["turns"][0].update(answer=True), r"field 'turns'\[0\], field 'answer' is True"),
        (lambda d: d["turns"][0].pop("question"), r"field 'turns'\[0\]: field 'question' is missing"),
        (lambda d: d.update(corruptions=[{"facet": "x", "kind": "lied", "true": [], "lost": "", "believed": ""}]),
         "it is one of forgotten, unrecalled, misremembered"),
    ],
)  # fmt: skip
def test_strict_reading(change, message, tmp_path):
    data = golden()
    change(data)
    path = tmp_path / "log.jsonl"
    path.write_text("\n" + json.dumps(data) + "\n", encoding="utf-8")
    with pytest.raises(DialogueError, match=f"line 2.*{message}"):
        list(read_dialogues(path))


def test_files_that_are_no_logs(tmp_path):
    path = tmp_path / "log.jsonl"
    with pytest.raises(DialogueError, match="No such file"):
        list(read_dialogues(path))
    path.write_text("{", encoding="utf-8")
    with pytest.raises(DialogueError, match="line 1: not JSON"):
        list(read_dialogues(path))
    path.write_text("[]", encoding="utf-8")
    with pytest.raises(DialogueError, match="a JSON list"):
        list(read_dialogues(path))
    path.write_bytes(b"\xff\n")
    with pytest.raises(DialogueError, match="not UTF-8"):
        list(read_dialogues(path))


def play(id_: str):
    """Three dialogues of a fixed player: open questions first, then yes/no across the bank, then a guess."""
    kwargs = {"catalogue": "toy"} if id_ == envs.ANY else {}
    env = gymnasium.make(id_, noise="hard", opening=True, budget=6, **kwargs).unwrapped
    bank, total = env.world.bank, int(env.action_space.n)
    first = np.flatnonzero(bank.kind == OPEN)[:2].tolist()
    for seed in range(3):
        env.reset(seed=seed)
        for question in first + np.linspace(0, len(bank) - 1, 6 - len(first)).astype(int).tolist():
            env.step(question)
        env.step(total - 1 - seed)
        yield env.dialogue("fixed player")


@pytest.mark.parametrize("id_", envs.IDS)
def test_golden_playthroughs(id_, tmp_path):
    """To accept a change of behaviour, delete the file and run the test twice; then bump the version of the id."""
    path = PLAYTHROUGHS / f"{id_.split('/')[1]}.jsonl"
    written = tmp_path / path.name
    write_dialogues(written, play(id_))
    if not path.exists():
        path.write_bytes(written.read_bytes())
        pytest.fail(f"there was no {path.name}; it was written now, look at it and commit it")
    assert written.read_text(encoding="utf-8") == path.read_text(encoding="utf-8")
    assert list(read_dialogues(path)) == list(play(id_))


def test_words():
    catalogue = load("movies-1k")
    bank = question_bank(catalogue)
    year = int(bank.open_question[[f.name for f in catalogue.facets].index("year")])
    assert request(bank) == "I'm looking for a film."
    assert request(bank, [(year, 1)]).startswith("I'm looking for a film. It ")
    assert answer_sentence(bank, year, 0) == "I don't know."
    assert answer_sentence(bank, year, -1) == "(leaves)"
    yesno = year + 1
    assert [answer_sentence(bank, yesno, a) for a in (0, 3)] == ["No.", "Probably."]
    wrong = Corruption(facet="year", kind="misremembered", true=("1991",), lost="1991", believed="1994")
    noun = catalogue.facet("year").wording.noun
    assert corruption_sentence(catalogue, wrong) == f"thought the {noun} was 1994; it is 1991"
    gone = Corruption(facet="year", kind="forgotten", true=("1991",))
    assert corruption_sentence(catalogue, gone) == f"had forgotten the {noun} (1991)"
    cast = Corruption(facet="cast", kind="misremembered", true=("A", "B"), lost="A", believed="C")
    assert "thought of C in place of A" in corruption_sentence(catalogue, cast)
    assert listed([]) == "" and listed(["a"]) == "a"
    assert value_sentence(catalogue.facet("year"), 0)
