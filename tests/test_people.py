"""Users as people are: which rates hold for a catalogue, and what they make users say."""

from __future__ import annotations

import json
import os
import re
from dataclasses import replace
from importlib import resources

import gymnasium
import numpy as np
import pytest

import envs  # noqa: F401  registers the ids
from agents.cli import main
from bench import openings
from sim import check_catalogue, load, load_rates, make_channel, read_dialogues
from sim.users.people import BY_KIND, SHARE_OF_NUMBER, resolved
from sim.users.rates import FACET_RATES, FANS, PEOPLE, SEEKERS, Rates, RatesError

CATALOGUES = ("toy", "animals", "groceries", "famous", "movies-1k")

TABLE = """name,maker,weight,year,sweet
a,Aa,1.5,1990,yes
b,Bb,20,2001,no
c,Aa,300,1983,yes
d,Cc,4,2010,no
"""
SIDECAR = """
[facets.maker.users]
opening = 0.11
recognition = [0.2, 0.8]
[facets.maker.users.fan]
opening = 0.22
[facets.year.users]
confusion_width = 3.0
"""


@pytest.fixture
def catalogue(tmp_path):
    return written(tmp_path, SIDECAR)


def written(folder, sidecar: str):
    (folder / "own.csv").write_text(TABLE)
    (folder / "own.toml").write_text(sidecar)
    return load(folder / "own.csv")


def given(rates: Rates, facet: str, key: str):
    return rates.of(facet, key)


def test_what_is_said_nearest_decides(catalogue):
    rates = resolved(PEOPLE, catalogue)
    assert not rates.by_catalogue and rates.name == "people"
    assert given(rates, "maker", "opening") == (0.11, 0.22), "the sidecar, by type and for both"
    assert given(rates, "maker", "recognition") == (0.2, 0.8)
    usual = tuple(BY_KIND["number"][t]["misremembered"] for t in rates.types)
    assert given(rates, "weight", "misremembered") == usual, "the kind of facet"
    assert given(rates, "weight", "confusion_share") == SHARE_OF_NUMBER, "values that differ by multiples"
    assert given(rates, "year", "confusion_share") == 0 and given(rates, "year", "confusion_width") == 3
    own = replace(PEOPLE, opening=0.5, facets={"weight": {"opening": (0.1, 0.9)}})
    rates = resolved(own, catalogue)
    assert given(rates, "weight", "opening") == (0.1, 0.9), "one's own for the facet"
    assert given(rates, "maker", "opening") == 0.5, "one's own for all facets"
    assert given(rates, "maker", "forgotten") == given(resolved(PEOPLE, catalogue), "maker", "forgotten")


def test_rates_of_ones_own_on_top_of_people(catalogue, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('base = "people"\nslip = 0.0\nopening = 0.3\n[facets.maker]\nforgotten = [0.5, 0.25]\n')
    rates = resolved(load_rates(str(path)), catalogue)
    assert all(given(rates, f.name, "slip") == 0 for f in catalogue.facets), "also where it says what a default says"
    assert all(given(rates, f.name, "opening") == 0.3 for f in catalogue.facets)
    assert given(rates, "maker", "forgotten") == (0.5, 0.25)


def test_one_type_alone_has_its_share_of_the_mixture(catalogue):
    both = resolved(PEOPLE, catalogue)
    for t, preset in enumerate((SEEKERS, FANS)):
        alone = resolved(preset, catalogue)
        for facet in catalogue.facets:
            for key in ("forgotten", "unrecalled", "misremembered", "opening", "hedge"):
                wanted = both.by_type(facet.name, key)[t]
                assert alone.by_type(facet.name, key) == pytest.approx((wanted,), abs=1e-15), (facet.name, key)


@pytest.mark.parametrize("name", CATALOGUES)
def test_every_catalogue_has_its_people(name):
    catalogue = load(name)
    rates = resolved(PEOPLE, catalogue)
    assert resolved(rates, catalogue) is rates
    again = Rates(**rates.to_dict())
    assert again == rates
    channel, same = make_channel(catalogue, PEOPLE), make_channel(catalogue, again)
    for facet, other in zip(channel.facets, same.facets, strict=True):
        assert facet.opening.shape == (2,)
        np.testing.assert_array_equal(facet.unrecalled, other.unrecalled)
        np.testing.assert_array_equal(facet.kernel.data, other.kernel.data)


def test_users_are_no_part_of_the_fingerprint(tmp_path):
    (tmp_path / "x").mkdir()
    (tmp_path / "y").mkdir()
    assert written(tmp_path / "x", SIDECAR).fingerprint == written(tmp_path / "y", "").fingerprint


@pytest.mark.parametrize(
    ("sidecar", "message"),
    [
        ("[facets.maker.users]\nopenning = 0.1", "users of facet 'maker': no rate 'openning' (did you mean 'opening'"),
        ("[facets.maker.users]\nopening = 2", "users of facet 'maker': opening = 2; it must be a number between 0 and"),
        ("[facets.maker.users]\nopening = [0.1, 0.2, 0.3]", "opening = [0.1, 0.2, 0.3]; it must be a number"),
        ("[facets.maker.users]\nrecognition = 0.5", "recognition = 0.5; it takes two numbers, obscure and famous"),
        ("[facets.maker.users.seekr]\nopening = 0.1", "no type 'seekr'; did you mean 'seeker'?"),
        ("[facets.maker.users.fan]\nrecognition = [0.1, 0.2]", "users of facet 'maker', fan: no rate 'recognition'"),
        ("[facets.maker.users.fan]\nopening = 'x'", "opening = 'x'; it must be a number between 0 and 1"),
        ("[facets.year.users]\nconfusion_width = -1", "confusion_width = -1; it must be a number between 0 and 1e+09"),
        ("[facets.maker.users]\nconfusion_fame = 9", "confusion_fame = 9; it must be a number between 0 and 3"),
    ],
)
def test_what_a_sidecar_cannot_say_of_users(tmp_path, sidecar, message):
    catalogue = written(tmp_path, sidecar)
    with pytest.raises(RatesError) as error:
        resolved(PEOPLE, catalogue)
    assert message in str(error.value)
    make_channel(catalogue, load_rates("typical"))
    (problem,) = [p for p in check_catalogue(tmp_path / "own.csv") if p.severity == "error"]
    assert message in problem.message


@pytest.mark.parametrize("name", ["movies", "famous", "animals", "groceries"])
def test_each_figure_says_where_it_is_from(name):
    text = resources.files("sim").joinpath("data", f"{name}.toml").read_text()
    figures = [line for line in text.splitlines() if re.match(rf"({'|'.join(FACET_RATES)}) = ", line)]
    assert len(figures) > 10
    for line in figures:
        assert re.search(r"# (measured|published|assumed)", line), line


@pytest.mark.slow
@pytest.mark.parametrize("preset", ["seekers", "fans"])
def test_what_is_said_unasked_is_what_was_counted(preset):
    """Every share that the preset claims lies in the interval of what real people said."""
    found = openings.openings("movies", preset, 20_000)
    for counts, shares in ((openings.STATED, found.stated), (openings.WRONG, found.wrong),
                           (openings.HEDGED, found.hedged)):  # fmt: skip
        for facet, count in counts[preset].items():
            assert count.low <= shares[facet] <= count.high, (facet, shares[facet], count)
    if preset in openings.NUMBER:
        shares, mean = openings.NUMBER[preset]
        assert (found.numbers * np.arange(len(found.numbers))).sum() == pytest.approx(mean, abs=0.1)
        np.testing.assert_allclose(found.numbers[: len(shares)], shares, atol=0.05)


def test_environments_see_a_sidecar_that_changed(tmp_path):
    written(tmp_path, SIDECAR)
    path = str(tmp_path / "own.csv")

    def openings_of(env: gymnasium.Env) -> list[float]:
        return env.unwrapped.world.population.channel.facets[0].opening.tolist()

    first = openings_of(gymnasium.make("clarigym/Clarify-v1", catalogue=path))
    (tmp_path / "own.toml").write_text(SIDECAR.replace("0.11", "0.44"))
    os.utime(tmp_path / "own.toml", (1, 1))
    again = openings_of(gymnasium.make("clarigym/Clarify-v1", catalogue=path))
    assert first == pytest.approx([0.11, 0.22]) and again == pytest.approx([0.44, 0.22])


def test_rows_and_dialogues_tell_the_rates_that_were_filled_in(tmp_path, capsys):
    rows, log = tmp_path / "rows.jsonl", tmp_path / "log.jsonl"
    evaluate = ["evaluate", "--catalogue", "toy", "--agents", "exact", "--episodes", "3", "--out"]
    assert main([*evaluate, str(rows)]) == 0
    header = json.loads(rows.read_text().splitlines()[0])
    assert header["rates"]["by_catalogue"] is False and "name" not in header["rates"]
    same = Rates(**{k: tuple(v) if isinstance(v, list) else v for k, v in header["rates"].items()})
    assert same.digest == resolved(PEOPLE, load("toy")).digest
    # Users of another name that are the same ones go on with the file, and pair with it.
    (tmp_path / "mine.toml").write_text('base = "people"\n')
    assert main([*evaluate, str(rows), "--resume", "--noise", str(tmp_path / "mine.toml")]) == 0
    assert main([*evaluate, str(rows), "--resume", "--noise", "typical"]) == 2
    assert "noise ('people' there, 'typical' now)" in capsys.readouterr().err
    assert main(["simulate", "--catalogue", "toy", "--episodes", "2", "--out", str(log)]) == 0
    assert {dialogue.rates for dialogue in read_dialogues(log)} == {same.digest}
