"""A yes/no question turned into what it asks: "Was it directed by Ang Lee?" to "it was directed by Ang Lee", and its
denial, and the short answers "it was" and "it wasn't".

English turns a question by moving its first verb behind the subject.  The subject is known where it is a pronoun, the
value that is asked for, or the facet's noun; another question is not echoed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_VERBS = ("was", "is", "did", "does", "do", "are", "were", "can", "has", "will")
_PRONOUNS = ("it", "they", "there", "he", "she")
_NEGATIVE = {"can": "can't", "will": "won't"}
_QUESTION = re.compile(rf"(?P<verb>{'|'.join(_VERBS)}) (?P<rest>.+?)\?*$", re.IGNORECASE)


@dataclass(frozen=True)
class Echo:
    """What a yes/no question asks, as statements without a capital or a full stop."""

    statement: str
    """ "it was directed by Ang Lee"; empty where the question can't be turned."""
    denial: str
    short: str
    """ "it was"."""
    short_denial: str


def echo(question: str, subjects: tuple[str, ...] = ()) -> Echo:
    """What a question asks.

    Args:
        subjects: what else may stand between verb and predicate: the value, "the noun".

    >>> echo("Was it directed by Ang Lee?").denial
    "it wasn't directed by Ang Lee"
    >>> echo("Did Tom Hanks play in it?", ("Tom Hanks",)).statement
    'Tom Hanks did play in it'
    """
    match = _QUESTION.match(question.strip())
    if match is None:
        return Echo("", "", "it is", "it isn't")
    verb, rest = match["verb"].lower(), match["rest"]
    negative = _NEGATIVE.get(verb, verb + "n't")
    subject = next((s for s in (*subjects, *_PRONOUNS) if rest.lower().startswith(s.lower() + " ")), "")
    pronoun = subject if subject in _PRONOUNS else "it"
    if pronoun in ("it", "he", "she") and verb in ("do", "are", "were"):
        pronoun = "they"
    short, short_denial = f"{pronoun} {verb}", f"{pronoun} {negative}"
    if not subject:
        return Echo("", "", short, short_denial)
    said, rest = rest[: len(subject)], rest[len(subject) + 1 :]
    return Echo(f"{said} {verb} {rest}", f"{said} {negative} {rest}", short, short_denial)
