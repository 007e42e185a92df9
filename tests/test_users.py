"""Users against enumeration of their memories, and the promises of a user as a function of (seed, episode)."""

import itertools
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from scipy import stats

from sim.answers import DONT_KNOW, OPEN_DONT_KNOW, YES
from sim.catalogue.catalogue import Catalogue, make_facet
from sim.channel.opening import SILENT
from sim.numeric import alias
from sim.questions import OPEN, OVER, question_bank
from sim.users.memory import Population
from sim.users.rates import PRESETS, Rates
from sim.users.scripted import ScriptedUser
from sim.users.simulated import BLOCK, SimulatedUsers
from tests.catalogues import normalised, uneven_rates
from tests.independent import Story

NOISY = Rates(
    name="noisy", types=("good", "bad"), shares=(0.6, 0.4), scales=(0.7, 1.6), forgotten=0.2, misremembered=0.3,
    slip=0.1, dont_know=0.1, dont_know_open=0.15, hedge=0.2, hedge_muddled=0.4, guess=0.3, recognition=(0.4, 0.8),
    absence=(0.3, 0.8), opening=0.4, patience=3, leaving=0.2,
)  # fmt: skip


def tiny() -> Catalogue:
    """Six intents, a facet of every kind, each with an unknown value."""
    return Catalogue(
        name="tiny",
        intents=tuple("abcdef"),
        prior=normalised([5, 4, 3, 2, 2, 1]),
        facets=(
            make_facet("genre", "many", [["x", "y"], ["x", "z"], ["y", "z", "w"], [], ["w"], ["x", "y", "z"]]),
            make_facet("year", "number", [1990, 1991, 1993, None, 1995, 1999]),
            make_facet("brand", "one", ["p", "q", "p", "r", None, "q"]),
            make_facet("organic", "flag", [True, False, None, True, False, True]),
        ),
    )


def questions_of(bank, f: int):
    ids = list(range(bank.starts[f], bank.starts[f + 1]))
    return ids if len(ids) <= 3 else [ids[0], *ids[len(ids) // 2 :][:2]]


@pytest.mark.parametrize("rates", [NOISY, uneven_rates(tiny())], ids=["noisy", "uneven"])
@pytest.mark.parametrize("f", range(4))
def test_joint_answers_on_a_facet_against_enumeration(f, rates):
    population = Population(question_bank(tiny()), rates)
    story = Story(tiny(), rates, population.bank)
    n = 20_000
    worst = []
    for intent, t in itertools.product(range(6), range(2)):
        asked = questions_of(population.bank, f)
        joint = 0
        for memory in story.memories(f, intent, t):
            table = np.array(memory.chance)
            for q in asked:
                answers = [story.answer(q, a, t, memory) for a in range(int(population.bank.answers[q]))]
                table = np.multiply.outer(table, answers)
            joint = joint + table
        joint = np.asarray(joint).ravel()
        assert joint.sum() == pytest.approx(1)
        fixed = {"intents": np.full(n, intent), "types": np.full(n, t)}
        users = SimulatedUsers(population, 1007 + 10 * intent + t, np.arange(n), **fixed)
        said = [users.answer(np.full(n, q)) for q in asked]
        cell = np.ravel_multi_index(said, [int(population.bank.answers[q]) for q in asked])
        seen = np.bincount(cell, minlength=len(joint))
        assert seen[joint < 1e-12].sum() == 0
        common = joint * n >= 5
        expected = np.append(joint[common], joint[~common].sum()) * n
        counted = np.append(seen[common], seen[~common].sum())
        keep = expected > 1
        worst.append(stats.chisquare(counted[keep], expected[keep] * counted[keep].sum() / expected[keep].sum()).pvalue)
    # Twelve tables with fixed seeds: the least of twelve uniforms is below .001 once in eighty.
    assert min(worst) > 1e-3, worst
    assert stats.kstest(worst, "uniform").pvalue > 1e-3


def test_intents_types_and_leaving_follow_their_shares():
    population = Population(question_bank(tiny()), NOISY)
    n = 50_000
    users = SimulatedUsers(population, 7, np.arange(n))
    for drawn, chance in ((users.intent, tiny().prior), (users.type, population.channel.shares)):
        assert stats.chisquare(np.bincount(drawn, minlength=len(chance)), chance * n).pvalue > 1e-3
    assert users.leave_turn.min() == NOISY.patience + 1
    k = users.leave_turn - NOISY.patience
    chance = NOISY.leaving * (1 - NOISY.leaving) ** np.arange(20)
    assert stats.chisquare(np.append(np.bincount(k, minlength=21)[1:21], (k > 20).sum()),
                           np.append(chance, 1 - chance.sum()) * n).pvalue > 1e-3  # fmt: skip
    never = SimulatedUsers(Population(question_bank(tiny()), "clean"), np.arange(5))
    assert never.leave_turn.min() > 10**6


def test_opening_tries_facets_whatever_is_remembered():
    population = Population(question_bank(tiny()), NOISY)
    n = 40_000
    users = SimulatedUsers(population, np.arange(n))
    opening = users.opening()
    for f, question in enumerate(population.bank.open_question):
        if question < 0:
            assert (opening[:, f] == SILENT).all()
            continue
        would = users.answer(np.full(n, question))
        stated = opening[:, f] != SILENT
        assert (opening[stated, f] == would[stated] - 1).all()
        assert not (stated & (would == 0)).any()
        could = would != 0
        assert stats.binomtest(int(stated[could].sum()), int(could.sum()), 0.4).pvalue > 1e-3


@pytest.mark.parametrize("rates", ["clean", "typical", "hard", "mixed-30", NOISY])
def test_batch_equals_single_in_any_order_and_repeats(rates):
    bank = question_bank(tiny())
    population = Population(bank, rates)
    rng = np.random.default_rng(0)
    asked = rng.integers(len(bank), size=(12, 40))
    users = SimulatedUsers(population, 3, np.arange(40))
    batch = np.array([users.answer(row) for row in asked])
    assert (np.array([users.answer(row) for row in asked]) == batch).all()
    for b in range(0, 40, 7):
        one = SimulatedUsers(population, 3, b)
        assert one.intent[0] == users.intent[b]
        for k in rng.permutation(12):
            assert one.answer(asked[k, b : b + 1])[0] == batch[k, b]
        assert one.corruptions(0) == users.corruptions(b)
    rows = rng.permutation(40)[:11]
    assert (users.answer(asked[0, rows], rows) == batch[0, rows]).all()
    users.reset(rows, 99, np.arange(11))
    fresh = SimulatedUsers(population, 99, np.arange(11))
    assert (users.answer(asked[1, rows], rows) == fresh.answer(asked[1, rows])).all()


def test_answers_do_not_depend_on_which_other_questions_the_bank_holds():
    full, short = question_bank(tiny()), question_bank(tiny(), "yesno", max_questions=6)
    ids = [int(np.flatnonzero((full.facet == f) & (full.value == v))[0]) for f, v in zip(short.facet, short.value)]
    n = 500
    a, b = SimulatedUsers(Population(full, NOISY), np.arange(n)), SimulatedUsers(Population(short, NOISY), np.arange(n))
    for q, same in enumerate(ids):
        assert (b.answer(np.full(n, q)) == a.answer(np.full(n, same))).all()


def test_clean_users_tell_the_truth():
    catalogue, bank = tiny(), question_bank(tiny())
    n = 6
    users = SimulatedUsers(Population(bank, "clean"), np.arange(n), intents=np.arange(n))
    for q in range(len(bank)):
        facet = catalogue.facets[bank.facet[q]]
        said = users.answer(np.full(n, q))
        for i in range(n):
            true = facet.indices[facet.indptr[i] : facet.indptr[i + 1]]
            if not len(true):
                continue
            if bank.kind[q] == OPEN:
                assert said[i] - 1 in facet.option_of[true]
            else:
                yes = (true >= bank.value[q]).any() if bank.kind[q] == OVER else bank.value[q] in true
                assert said[i] == (4 if yes else 0)
    assert not any(users.corruptions(b) for b in range(n))


def test_corruptions_and_slips_account_for_every_wrong_answer():
    bank = question_bank(tiny(), "yesno")
    n = 2_000
    users = SimulatedUsers(Population(bank, NOISY), np.arange(n))
    clean = SimulatedUsers(Population(bank, "clean"), np.arange(n), intents=users.intent)
    scalar = [q for q in range(len(bank)) if bank.catalogue.facets[bank.facet[q]].scalar]
    for q in scalar:
        facet = bank.catalogue.facets[bank.facet[q]]
        known = facet.value_of[users.intent] >= 0
        said, true = users.answer(np.full(n, q)), clean.answer(np.full(n, q))
        wrong = known & (said != DONT_KNOW) & ((said > DONT_KNOW) != (true > DONT_KNOW))
        slipped = users.slipped(np.full(n, q), np.arange(n))
        for b in np.flatnonzero(wrong)[:60]:
            assert slipped[b] or any(c.facet == facet.name for c in users.corruptions(b))


def test_open_answers_that_slip_go_against_the_memory():
    bank = question_bank(tiny(), "open")
    n = 3_000
    slipping = Rates(name="slipping", types=("all",), shares=(1.0,), scales=(1.0,), slip=0.4, dont_know_open=0.2)
    users = SimulatedUsers(Population(bank, slipping), np.arange(n))
    for q in range(len(bank)):
        facet = bank.catalogue.facets[bank.facet[q]]
        if not facet.scalar:
            continue
        known = facet.value_of[users.intent] >= 0
        said = users.answer(np.full(n, q))
        wrong = (said != OPEN_DONT_KNOW) & (said - 1 != facet.option_of[facet.value_of[users.intent]])
        slipped = users.slipped(np.full(n, q), np.arange(n))
        assert (slipped == wrong)[known].all() and 0.1 < wrong[known].mean() < 0.4


def test_a_memory_given_of_what_nobody_knows_is_a_strangers():
    """Of a set that the catalogue leaves empty, values beside the one in mind are believed as often as they are had."""
    bank = question_bank(tiny())
    n = 4_000
    users = SimulatedUsers(Population(bank, "clean"), np.arange(n), intents=np.full(n, 3))
    for b in range(n):
        users.fix_memory(b, {"genre": "w"})
    facet = bank.catalogue.facets[0]
    for name in facet.values:
        q = int(bank.question_of_value[0][facet.values.index(name)])
        share = (users.answer(np.full(n, q)) == YES).mean()
        mass = 1.0 if name == "w" else facet.mass(bank.catalogue.prior)[facet.values.index(name)]
        assert share == pytest.approx(mass, abs=0.03), name


def test_fixed_memory():
    bank = question_bank(tiny())
    users = SimulatedUsers(Population(bank, "clean"), [0, 1], intents=[0, 0])
    users.fix_memory(0, {"brand": "r", "year": None, "genre": "w", "organic": "yes"})
    by_name = {c.facet: c for c in users.corruptions(0)}
    assert by_name["brand"].believed == "r" and by_name["brand"].lost == "p"
    assert by_name["year"].kind == "forgotten"
    assert by_name["genre"].believed == "w"
    assert set(by_name) == {"brand", "year", "genre"}
    assert not users.corruptions(1)
    which = int(bank.open_question[2])
    assert bank.answer_text(which, int(users.answer(np.array([which, which]))[0])) == "r"
    for name, value, answer in (("brand", "r", 4), ("brand", "p", 0), ("genre", "w", 4), ("organic", "yes", 4)):
        f = [x.name for x in bank.catalogue.facets].index(name)
        q = int(bank.question_of_value[f][bank.catalogue.facets[f].aliases[value]])
        assert users.answer(np.array([q, q]))[0] == answer == users.answer(np.array([q]), np.array([0]))[0]
    users.reset(np.array([0]), 0, 0, intents=np.array([0]))
    assert not users.corruptions(0)
    with pytest.raises(ValueError, match="no value 'nobody'"):
        users.fix_memory(0, {"brand": "nobody"})


def test_neither_blocks_nor_threads_change_an_answer():
    bank = question_bank(tiny())
    n = 2 * BLOCK + 7
    users, asked = SimulatedUsers(Population(bank, NOISY), np.arange(n)), np.arange(n) % len(bank)
    batch = users.answer(asked)
    places = np.array([0, BLOCK - 1, BLOCK, n - 1])
    assert [int(users.answer(asked[b : b + 1], np.array([b]))[0]) for b in places] == batch[places].tolist()
    with ThreadPoolExecutor(4) as pool:
        assert all((said == batch).all() for said in pool.map(users.answer, [asked] * 16))


def test_what_users_do_not_have_is_refused():
    bank = question_bank(tiny())
    users = SimulatedUsers(Population(bank, NOISY), np.arange(3))
    with pytest.raises(IndexError, match=f"questions up to {len(bank)}; they are below {len(bank)}"):
        users.answer(np.array([0, 1, len(bank)]))
    with pytest.raises(IndexError, match="index 3 is out of bounds"):
        users.answer(np.array([0]), np.array([3]))
    for given in ({"intents": [0, 6]}, {"types": [2, 0]}):
        with pytest.raises(IndexError, match="they are below"):
            users.reset(np.arange(2), 0, 0, **given)
    with pytest.raises(IndexError, match="users up to 3"):
        users.reset(np.array([3]), 0, 0)


def test_alias_tables_hold_the_weights_to_the_unit():
    rng = np.random.default_rng(0)
    length = np.append(rng.integers(0, 9, size=300), 2_000)
    ends = np.append(0, length.cumsum())
    weights = rng.random(ends[-1]) ** 4 * (rng.random(ends[-1]) > 0.1) + 1e-9
    mass = alias._integers(ends, weights)
    chance, other = alias._buckets(mass)
    got = chance.copy()
    np.add.at(got, other, (1 << 32) - chance)
    assert (got == mass).all() and chance.min() >= 0
    row = np.repeat(np.arange(len(length)), length)
    assert (row == row[other]).all()
    rows, outcomes, buckets = alias.alias_tables(ends, weights, np.arange(ends[-1]) + 7)
    u = rng.integers(1 << 32, size=20_000, dtype=np.uint64)
    drawn = np.array([alias.draw_outcome(outcomes, buckets, rows[-1], x) for x in u]) - 7 - ends[-2]
    expected = weights[ends[-2] :] / weights[ends[-2] :].sum() * len(u)
    common = expected > 5
    seen = np.append(np.bincount(drawn, minlength=2_000)[common], (~common)[drawn].sum())
    assert stats.chisquare(seen, np.append(expected[common], expected[~common].sum())).pvalue > 1e-3


def test_every_preset_answers_every_question():
    bank = question_bank(tiny())
    for name in PRESETS:
        users = SimulatedUsers(Population(bank, name), np.arange(len(bank)))
        said = users.answer(np.arange(len(bank)))
        assert (said >= 0).all() and (said < bank.answers).all()


SCRIPT = """
import hashlib, numpy as np, sys
sys.path.insert(0, "tests")
from tests.test_users import NOISY, tiny
from sim.users.memory import Population
from sim.questions import question_bank
from sim.users.simulated import SimulatedUsers
bank = question_bank(tiny())
users = SimulatedUsers(Population(bank, NOISY), np.arange(300))
h = hashlib.sha256(users.opening().tobytes() + users.intent.tobytes())
for q in range(len(bank)):
    h.update(users.answer(np.full(300, q)).tobytes())
print(h.hexdigest())
"""


def test_same_bytes_under_two_hash_seeds():
    out = {
        subprocess.run([sys.executable, "-c", SCRIPT], env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": "."},
                       capture_output=True, text=True, check=True).stdout
        for seed in ("0", "123")
    }  # fmt: skip
    assert len(out) == 1


def test_scripted_user():
    bank = question_bank(tiny())
    listed = ScriptedUser([4, 0], bank)
    assert [int(listed.answer(np.array([q]))[0]) for q in (2, 3)] == [4, 0]
    with pytest.raises(ValueError, match="script has 2 answers"):
        listed.answer(np.array([2]))
    asked = ScriptedUser(lambda question, bank: 3 if bank.kind[question] != OPEN else 0, bank)
    assert asked.answer(np.array([0])).tolist() == [0]
    assert asked.answer(np.array([1])).tolist() == [3]
    with pytest.raises(ValueError, match="has 5 answers"):
        ScriptedUser([7], bank).answer(np.array([1]))
