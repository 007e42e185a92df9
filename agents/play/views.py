"""What a game looks like from outside: frozen snapshots of plain Python values, no arrays.

A session makes them on the thread that thinks, the screens and the plain mode draw them; neither sees the other's
objects, so nothing is shared while the agent thinks.  No numpy here: the app's first paint imports this module.
Probabilities are between 0 and 1, information is in bits.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from sim.questions import Questions


class Mode(StrEnum):
    """Who has an intent in mind, who answers and who asks."""

    PLAY = "play"
    """A person has it in mind and answers; the agent asks."""
    OPENING = "opening"
    """The same; the person says first what he knows."""
    CARD = "card"
    """A person answers from the memory of a simulated user that he is dealt."""
    WATCH = "watch"
    """A simulated user answers; nobody plays."""
    REPLAY = "replay"
    """An old dialogue is shown again; nobody plays."""
    ASK = "ask"
    """A simulated user answers; a person asks."""

    @property
    def person_answers(self) -> bool:
        return self in (Mode.PLAY, Mode.OPENING, Mode.CARD)

    @property
    def watched(self) -> bool:
        """Nobody plays, so there is nothing to score."""
        return self in (Mode.WATCH, Mode.REPLAY)


Phase = Literal["ask", "guess", "right", "wrong", "stumped", "left"]
"""`ask`: a question waits; `guess`: a guess waits; `right`, `wrong`: it was judged; `stumped`: nothing is left to name;
`left`: the simulated user walked away."""

UNSURE = 0.6
"""What was said with a lower probability is shown as unsure."""
FEW, SOME = 9, 60
"""Open questions with at most so many options are answered by a digit; by a list that is shown at once."""


@dataclass(frozen=True, kw_only=True)
class Setup:
    """What a game is played with; what `clarigym-play` takes as flags and remembers."""

    catalogue: str = "famous"
    agent: str = "exact"
    noise: str = "people"
    """How the agent expects people to err, and how simulated users do."""
    questions: Questions = "mixed"
    budget: int = 20
    seed: int = 0

    def __post_init__(self) -> None:
        if self.questions not in ("mixed", "yesno", "open"):
            raise ValueError(f"questions={self.questions!r}; it is one of mixed, yesno, open")
        if not 1 <= self.budget <= 500:
            raise ValueError(f"budget={self.budget}; it must be a number of questions from 1 to 500")
        if not 0 <= self.seed < 2**63:
            raise ValueError(f"seed={self.seed}; it must be a whole number from 0 to {2**63 - 1}")


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A question that waits for its answer."""

    id: int
    text: str
    facet: str
    """The facet's noun: "year of release"."""
    facet_id: int
    open: bool
    options: tuple[str, ...] = ()
    """Labels of an open question's options where they are at most `FEW` or numbers, else empty: search instead."""
    number: bool = False
    """A number may be typed; it falls into one of the options."""
    browse: bool = False
    """Few enough to be shown before anything is typed: who knows what counts as a genre?"""

    @property
    def by_digit(self) -> bool:
        """Whether a digit names an option; never for numbers, where a digit is the beginning of one."""
        return self.open and not self.number and 0 < len(self.options) <= FEW


@dataclass(frozen=True, kw_only=True)
class Guessed:
    """An intent that the agent names."""

    intent: int
    name: str
    probability: float
    twins: tuple[str, ...] = ()
    """Others that no question can tell from it."""


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """A question that was answered."""

    turn: int
    question: int
    answer: int
    text: str
    answer_text: str
    bits: float
    """Bits left after it."""
    eig_bits: float = 0.0
    """Bits that the asker expected of it."""
    said: str = ""
    """The sentence that answered it; empty where a key did."""


@dataclass(frozen=True, kw_only=True)
class Understood:
    """Something that a sentence was understood to say; it can be taken back."""

    step: int
    """The sentence's place in the log."""
    part: int
    label: str
    hedged: bool
    probability: float

    @property
    def text(self) -> str:
        """In words that stand alone: "genre: western (hedged)"."""
        doubt = "unsure" if self.probability < UNSURE else "hedged" if self.hedged else ""
        return f"{self.label} ({doubt})" if doubt else self.label


@dataclass(frozen=True, kw_only=True)
class GameView:
    """One moment of a game."""

    phase: Phase
    noun: str
    """What one intent is: "film"."""
    turn: int
    """Questions answered so far."""
    budget: int
    asked: Asked | None = None
    guess: Guessed | None = None
    top: tuple[tuple[str, float], ...] = ()
    """The likeliest intents, best first."""
    candidates: int = 0
    """2 to the power of the bits left, rounded: between how many the agent wavers, as it were."""
    bits: tuple[float, ...] = ()
    """Bits left at the start and after each answer."""
    best: tuple[tuple[str, float], ...] = ()
    """The questions of highest EIG and their bits."""
    types: tuple[tuple[str, float], ...] = ()
    """What kind of user the agent takes you for."""
    doubts: tuple[tuple[str, float, float], ...] = ()
    """(facet's noun, p(forgotten), p(muddled)) of facets that were answered about, most doubtful first."""
    history: tuple[Exchange, ...] = ()
    opening: tuple[str, ...] = ()
    """Sentences that were said before the first question."""
    understood: tuple[Understood, ...] = ()
    """What sentences were understood to say, in their order, without what was taken back."""
    sentence: str = ""
    """The sentence that was heard last; empty where a key was pressed since."""
    undoable: bool = False
    wrong: tuple[str, ...] = ()
    """Names that were guessed and are not it."""

    @property
    def over(self) -> bool:
        return self.phase not in ("ask", "guess")


@dataclass(frozen=True, kw_only=True)
class Disagreement:
    """An answer that the catalogue contradicts."""

    turn: int
    text: str
    answer_text: str
    truth: str
    """What the catalogue says."""


@dataclass(frozen=True, kw_only=True)
class Review:
    """A game looked back on, once the truth is known."""

    intent: int
    name: str
    trail: tuple[tuple[float, int], ...]
    """(probability, rank from 1) of the truth at the start and after each answer."""
    disagreements: tuple[Disagreement, ...] = ()
    unknown: int = 0
    """Answers of "don't know"."""
    lost_at: int | None = None
    """The turn whose answer cost the truth most, where one cost it at least a bit."""
    lost_bits: float = 0.0
    corruptions: tuple[str, ...] = field(default=())
    """Sentences on what the role card or the simulated user had wrong."""
