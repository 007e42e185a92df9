"""The public face of a package: names that are imported when somebody asks for them (PEP 562).

`from sim import load` works, and `import sim` loads nothing.  Inside the project nobody imports from a face, so that
every import says which room it reaches into; `tests/test_architecture.py` holds that.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping
from typing import Any

from sim.names.did_you_mean import did_you_mean


def lazy_names(package: str, homes: Mapping[str, str]) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """`__getattr__` and `__dir__` of a package.

    Args:
        package: its name.
        homes: module to the public names that are defined in it, with spaces between.
    """
    home_of = {name: module for module, names in homes.items() for name in names.split()}

    def __getattr__(name: str) -> Any:
        if name in home_of:
            return getattr(importlib.import_module(home_of[name]), name)
        problem = f"module '{package}' has no attribute '{name}'{did_you_mean(name, home_of)}"
        raise AttributeError(problem, name=name, obj=sys.modules[package])

    def __dir__() -> list[str]:
        return sorted({*vars(sys.modules[package]), *home_of})

    return __getattr__, __dir__
