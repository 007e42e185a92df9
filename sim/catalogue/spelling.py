"""Spellings of one value: `DELL`, `Dell` and ` dell ` are one, and the commonest spelling is shown.

Upper and lower case and the number of spaces make no difference, nor does the form in which Unicode writes a letter;
and 14.0 is 14.  What sounds alike but is written with other letters stays apart.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from sim.catalogue.reading import LISTED


def folded(name: str) -> str:
    """What all the spellings of a value have in common.

    >>> folded("DELL  Inc."), folded("14.0")
    ('dell inc.', '14')
    """
    name = " ".join(unicodedata.normalize("NFC", name).casefold().split())
    return re.sub(r"^(-?\d+)\.0+$", r"\1", name)


def spellings(names: Sequence[str], counts: Sequence[int]) -> dict[str, str]:
    """Each name that is another spelling of one that is commoner, to that one.

    Args:
        names: distinct.
        counts: how often each occurs.
    """
    groups: dict[str, list[int]] = {}
    for k, name in enumerate(names):
        groups.setdefault(folded(name), []).append(k)
    out = {}
    for group in groups.values():
        if len(group) > 1:
            best = names[min(group, key=lambda k: (-counts[k], _shouted(names[k]), names[k]))]
            out |= {names[k]: best for k in group if names[k] != best}
    return out


def spellings_listed(same: dict[str, str]) -> str:
    """What was made one, in a phrase.

    >>> spellings_listed({"DELL": "Dell", "dell": "Dell"})
    "2 other spellings: 'DELL' for 'Dell', 'dell' for 'Dell'"
    """
    shown = ", ".join(f"'{a[:40]}' for '{b[:40]}'" for a, b in list(same.items())[:LISTED])
    more = f" and {len(same) - LISTED:,} more" if len(same) > LISTED else ""
    return f"{len(same):,} other spelling{'s' * (len(same) > 1)}: {shown}{more}"


def _shouted(name: str) -> bool:
    """Of spellings that are equally common, "Dell" is shown before "DELL" and "dell"."""
    return name in (name.upper(), name.lower())
