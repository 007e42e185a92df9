"""What is compiled is compiled before the first test, so that no test waits for it."""

from __future__ import annotations

import pytest

from envs.compile_all import compile_all
from sim.belief import tables


def pytest_sessionstart(session: pytest.Session) -> None:
    if not hasattr(session.config, "workerinput"):  # once, not in each worker of pytest-xdist
        compile_all()


@pytest.fixture(scope="module", params=["tabled", "along the relation"])
def law(request: pytest.FixtureRequest):
    """Small catalogues have all their facets tabled; here they are summed along the relation too, as films are."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param != "tabled":
            patch.setattr(tables, "LARGE", -1)
            patch.setattr(tables, "SMALL", 1)
        yield request.param
