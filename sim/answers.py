"""The five answers to a yes/no question, from "no" to "yes": ids, names, keys, sentences, and what somebody may type.

Standard library alone: the app paints its first screen, and the command line reads a word, before numpy is loaded.
"""

from __future__ import annotations

NO, PROBABLY_NOT, DONT_KNOW, PROBABLY, YES = range(5)
ANSWERS = ("no", "probably not", "don't know", "probably", "yes")
"""(5,) names."""
ANSWER_KEYS = ("n", "o", "d", "p", "y")
"""(5,) a letter for each."""
SENTENCES = ("No.", "Probably not.", "I don't know.", "Probably.", "Yes.")
"""(5,) what a user says."""
ANSWER_OF = {name: answer for answer, name in enumerate(ANSWERS)}
"""Name to answer."""
OPEN_DONT_KNOW = 0
""" "Don't know" to an open question; option u is answer u + 1."""

_ALSO = {
    **dict.fromkeys(("yeah", "yep", "yup"), YES),
    **dict.fromkeys(("nope", "nah"), NO),
    **dict.fromkeys(("dont know", "i don't know", "i dont know", "no idea", "not sure", "dunno", "idk"), DONT_KNOW),
}
"""What else people type."""


def typed_answer(text: str) -> int | None:
    """The answer that somebody means who types its name or its key; None where it is neither.

    >>> typed_answer("Yes"), typed_answer("o"), typed_answer("I don’t know."), typed_answer("maybe")
    (4, 1, 2, None)
    """
    word = text.lower().replace("’", "'")
    names = ANSWER_OF | dict(zip(ANSWER_KEYS, range(5), strict=True)) | _ALSO
    return names.get(" ".join(word.strip(" .!").split()))
