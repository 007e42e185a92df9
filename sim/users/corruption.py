"""What a user had wrong or could not say on one facet; told after the dialogue only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Corruption:
    """One facet that a user had wrong; revealed after the dialogue only."""

    facet: str
    kind: Literal["forgotten", "unrecalled", "misremembered"]
    true: tuple[str, ...]
    """Names of the true values; empty where the catalogue knows nothing."""
    lost: str = ""
    """Misremembered: the true value that was replaced."""
    believed: str = ""
    """Misremembered: what stands in its place."""
