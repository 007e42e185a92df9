"""What is compiled is compiled before the first test, so that no test waits for it."""

from __future__ import annotations

import pytest

from envs.compile_all import compile_all


def pytest_sessionstart(session: pytest.Session) -> None:
    if not hasattr(session.config, "workerinput"):  # once, not in each worker of pytest-xdist
        compile_all()
