"""The groceries' invented names: what the check finds, and that nothing is wrong with what ships."""

from __future__ import annotations

import pytest

from sim.data.build_groceries import rows
from sim.data.check_groceries import check


def product(brand: str, variety: str = "tahini") -> dict[str, str]:
    return {"name": f"{brand} {variety}", "brand": brand, "variety": variety}


def test_nothing_is_wrong_with_the_names_that_ship():
    assert list(check(rows())) == []


@pytest.mark.parametrize(
    ("brand", "variety", "finding"),
    [
        ("Mill Sesame Street Mill Sesame", "tahini", "Mill Sesame Street Mill Sesame: 'mill' comes twice"),
        ("Mill Sesame Street", "tahini", "Mill Sesame Street: 'sesame street' is a trademark"),
        ("Uncle Ben's", "rice", "Uncle Bens"),
        ("Sesame & Seed", "sesame oil", "Sesame & Seed sesame oil: 'sesame' is in the brand and in the product"),
        ("Quern and Seed", "tahini", "Quern & Seed and Quern and Seed: one brand spelled twice?"),
        ("Seedling", "tahini", "Seedling: there is a brand of that name"),
    ],
)
def test_the_check_finds(brand, variety, finding):
    good = [product("Quern & Seed"), product("Hazelwick")]
    assert list(check(good, ["Seedling", "Otter's"])) == []
    found = list(check([*good, product(brand, variety)], ["Seedling", "Otter's"]))
    if brand == "Uncle Ben's":  # the mark without its genitive is another word, and nobody's
        assert found == []
    else:
        assert finding in found
