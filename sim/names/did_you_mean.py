"""What a misspelt name may have meant: every message that suggests a name gets it from here.

Upper and lower case are taken for the same.  Standard library alone, for the command line asks before anything is
loaded.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

LISTED = 20
"""How many known names a message lists."""


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known name that is most like the word; None where none is near.

    >>> nearest("Exacct", ["exact", "fixed"])
    'exact'
    """
    import difflib

    folded = {name.lower(): name for name in known}
    close = difflib.get_close_matches(word.lower(), list(folded), n=1)
    return folded[close[0]] if close else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """ "; did you mean 'exact'?" or nothing.

    >>> did_you_mean("exacct", ["exact", "fixed"])
    "; did you mean 'exact'?"
    """
    near = nearest(word, known)
    return f"; did you mean '{near}'?" if near else ""


def there_are(known: Sequence[str]) -> str:
    """The names that there are, cut where they are many.

    >>> there_are(["exact", "fixed"])
    ' (there are: exact, fixed)'
    """
    return f" (there are: {', '.join(known[:LISTED])}{', ...' * (len(known) > LISTED)})"
