"""Words for what users say: the opening request, answers, and, after the end, what they had wrong.

`QuestionBank.text` has the questions.  Sentences are made from each facet's `Wording`, so a new catalogue speaks
tolerable English without a line of code.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sim.answers import DONT_KNOW, OPEN_DONT_KNOW, SENTENCES
from sim.catalogue.catalogue import Catalogue, Facet
from sim.questions import OPEN, QuestionBank
from sim.users.corruption import Corruption

TOLD = 4
"""Of many true values, so many are told, or one less and how many more there are."""


def article(noun: str) -> str:
    """The noun with its indefinite article.

    >>> article("animal"), article("film")
    ('an animal', 'a film')
    """
    return f"{'an' if noun[:1].lower() in 'aeiou' else 'a'} {noun}"


def request(bank: QuestionBank, opening: Sequence[tuple[int, int]] = ()) -> str:
    """What the user says first, with what is volunteered as (open question, answer) pairs."""
    said = [f"I'm looking for {article(bank.catalogue.noun)}."]
    said += [statement(bank, question, answer) for question, answer in opening]
    return " ".join(said)


def statement(bank: QuestionBank, question: int, answer: int) -> str:
    """An open answer as a sentence of its own: "It was directed by Ang Lee."."""
    facet = bank.catalogue.facets[bank.facet[question]]
    return facet.wording.statement.replace("{value}", facet.label(answer - 1))


def answer_sentence(bank: QuestionBank, question: int, answer: int) -> str:
    """What the user answers; -1 is leaving."""
    if answer < 0:
        return "(leaves)"
    if bank.kind[question] != OPEN:
        return SENTENCES[answer]
    return SENTENCES[DONT_KNOW] if answer == OPEN_DONT_KNOW else f"{bank.answer_text(question, answer)}."


def corruption_sentence(catalogue: Catalogue, corruption: Corruption) -> str:
    """What the user had wrong on one facet: "thought the year was 1994; it is 1991"."""
    facet = catalogue.facet(corruption.facet)
    noun = facet.wording.noun
    true = listed(shortened([facet.said(value) for value in _best_known(catalogue, facet, corruption.true)]))
    if facet.kind == "flag":
        question = facet.wording.yesno
        if corruption.kind == "forgotten":
            return f'did not know "{question}"' + (f" ({true})" if true else "")
        if corruption.kind == "unrecalled":
            return f'could not have said "{question}" unasked' + (f" ({true})" if true else "")
        return f'believed {corruption.believed} to "{question}"; it is {true}'
    if corruption.kind == "unrecalled":
        return f"could not name the {noun}" + (f" ({true})" if true else "") + ", but would have recognised it"
    if corruption.kind == "forgotten":
        return f"had forgotten the {noun}" + (f" ({true})" if true else "")
    believed = facet.said(corruption.believed)
    if facet.kind == "many":
        also = " (which holds as well)" if corruption.believed in corruption.true else ""
        return f"{noun}: thought of {believed}{also} in place of {corruption.lost}"
    return f"thought the {noun} was {believed}; it is {true}"


def value_sentence(facet: Facet, intent: int) -> str:
    """The true values of one intent, "unknown" where the catalogue has none."""
    return listed(map(facet.said, facet.row(intent))) or "unknown"


def corruption_sentences(
    bank: QuestionBank, corruptions: Sequence[Corruption], asked: Iterable[int]
) -> tuple[str, ...]:
    """What a user had wrong, as sentences: each facet that a question was about; of the others how many there are.

    Args:
        asked: questions that were answered, in the opening or later.
    """
    facets = {bank.catalogue.facets[bank.facet[q]].name for q in asked}
    told = [corruption_sentence(bank.catalogue, c) for c in corruptions if c.facet in facets]
    rest = len(corruptions) - len(told)
    return (*told, *([f"had {rest} more wrong that nobody asked about"] if rest else []))


def _best_known(catalogue: Catalogue, facet: Facet, values: Sequence[str]) -> Sequence[str]:
    """More values than are told, the best known first."""
    if len(values) <= TOLD:
        return values
    mass = facet.mass(catalogue.prior)
    return sorted(values, key=lambda value: -mass[facet.aliases.get(value, 0)])


def shortened(words: list[str]) -> list[str]:
    """At most `TOLD` words, the last of which may say how many more there are."""
    return words if len(words) <= TOLD else [*words[: TOLD - 1], f"{len(words) - TOLD + 1} more"]


def listed(words: Iterable[str]) -> str:
    """Words with commas and an "and".

    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    words = list(words)
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " and " + words[-1] if words else ""
