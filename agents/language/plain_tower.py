"""`PlainTower`: what somebody tells of an item, matched with its text; for every catalogue but films without texts.

The match is a log factor on each item: the cosine of what is told with what the item is (its name and values) times a
scale, and that with its own text, where it has one, times another.  Decisions that live here:

- It sees what patterns don't read: the sentences that hold words which tell something and which no pattern reads
  (`agents.language.unread`).  So nothing counts twice, and an opening that states facts is not matched at all.
- The scales are calibrated (`agents.language.fit_plain`): they grow with the number of unread words.  Four numbers and
  how far patterns are believed beside them are all that is learned.
- What an item is and its text are encoded apart: in one text, the names and values drown what the text tells.
- Vectors are neither centred nor whitened.  To subtract the items' mean moves all scores of a text alike, and whitening
  cost much of what the match tells, for a catalogue has too few items to know the directions by (docs/language.md).
- Vectors of items are made when first needed, and kept in the user's cache by a hash of the texts.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from agents.language.encoder import Encoder
from agents.language.item_text import FILMS, item_texts
from agents.language.strengths import FOLDER
from agents.language.unread import UnreadWords
from agents.learning.embeddings import Tell, embed
from sim.catalogue.catalogue import Catalogue
from sim.files import write_atomically

FILE = "plain_tower.json"
LEAST_UNREAD = 2
"""Unread words from which on a text is matched: one alone is mostly a slip of the fingers."""
MOST_UNREAD = 12
"""More count as so many."""
MOST_ITEMS = 20_000
"""Larger catalogues are not encoded."""
ITEMS_A_MINUTE = 1_500
"""Items of a hundred tokens that are encoded by one core, about."""
LONGEST_ITEM = 128
"""Tokens of an item's text that are read, some ninety words."""
BATCH = 64


@dataclass(frozen=True, kw_only=True)
class MatchNumbers:
    """What is calibrated."""

    encoder: str
    text: float
    """The scale of the cosine with an item's text, for one unread word."""
    item: float
    """The scale of the cosine with what an item is, beside that."""
    alone: float
    """The same where items have no texts."""
    power: float
    """Of the number of unread words; all scales grow by it."""
    trust: float
    """How far patterns are believed beside the match."""

    def scales(self, unread: int, has_texts: bool) -> tuple[float, float]:
        """The scales of the cosines with items' texts and with what they are."""
        grown = min(unread, MOST_UNREAD) ** self.power
        return (self.text * grown, self.item * grown) if has_texts else (0.0, self.alone * grown)


class PlainTower:
    """Matches what is told with the items of one catalogue.

    Args:
        numbers: what was calibrated.
        encoder: reads what is told.
    """

    def __init__(self, catalogue: Catalogue, numbers: MatchNumbers, encoder: Encoder) -> None:
        self.numbers, self.encoder = numbers, encoder
        self.catalogue = catalogue
        self.unread = UnreadWords(catalogue)
        self._vectors: ItemVectors | None = None

    @property
    def trust(self) -> float:
        return self.numbers.trust

    def vectors(self, tell: Tell | None = None) -> ItemVectors:
        """Those of the items, encoded when first asked for.

        Args:
            tell: told of the progress.
        """
        if self._vectors is None:
            self._vectors = item_vectors_of(self.catalogue, self.encoder.model, tell)
        return self._vectors

    def log_factors(self, text: str, read: Sequence[tuple[int, int]]) -> np.ndarray | None:
        """(N,) a log factor on each intent; None where patterns read all that a text tells.

        Args:
            text: as `readable` passes it.
            read: where what patterns read begins and ends.
        """
        untold = self.unread.find(text, read)
        if len(untold.words) < LEAST_UNREAD:
            return None
        told = self.encoder.meanings([untold.text])[0]
        with_text, with_item = self.vectors().cosines(told)
        by_text, by_item = self.numbers.scales(len(untold.words), bool(self.catalogue.texts))
        return (by_text * with_text + by_item * with_item).astype(np.float64)


@dataclass(frozen=True, eq=False)
class ItemVectors:
    """Vectors of unit length of a catalogue's items."""

    items: np.ndarray
    """(N, D) float32: what each is."""
    texts: np.ndarray | None
    """(N, D) float32: its text; None where the catalogue has none.  An item without one has the mean of the others."""

    def cosines(self, told: np.ndarray) -> np.ndarray:
        """(2, ..., N) with items' texts, 0 where there are none, and with what they are; of vectors (..., D)."""
        with_item = told @ self.items.T
        return np.stack([np.zeros_like(with_item) if self.texts is None else told @ self.texts.T, with_item])


def item_vectors_of(catalogue: Catalogue, encoder: str, tell: Tell | None = None) -> ItemVectors:
    """The vectors of a catalogue, from the cache folder where they are there.

    Args:
        tell: told how many texts are encoded.
    """
    n, texts = len(catalogue), catalogue.texts
    both = embed([*item_texts(catalogue), *texts], encoder, batch=BATCH, longest=LONGEST_ITEM, tell=tell)
    if not texts:
        return ItemVectors(both, None)
    has = np.array([bool(text) for text in texts])
    own = both[n:]
    own[~has] = own[has].mean(axis=0) if has.any() else 0.0
    return ItemVectors(both[:n], own)


def plain_tower(folder: Path, catalogue: Catalogue, encoder: Encoder) -> PlainTower | None:
    """The tower of a catalogue, by the numbers of a folder or else those that ship.

    None for films without texts, for too many items, and for another encoder.

    Raises:
        ValueError: a file that can't be read.
    """
    numbers = read_numbers(folder) or read_numbers(FOLDER)
    films = catalogue.noun in FILMS and not catalogue.texts
    if films or numbers is None or numbers.encoder != encoder.model or len(catalogue) > MOST_ITEMS:
        return None
    return PlainTower(catalogue, numbers, encoder)


def too_many(catalogue: Catalogue) -> str:
    """Why a catalogue's items are not matched, in a sentence; "" where they are."""
    if len(catalogue) <= MOST_ITEMS or (catalogue.noun in FILMS and not catalogue.texts):
        return ""
    minutes = max(1, round(len(catalogue) / ITEMS_A_MINUTE))
    return (f"what is told is not matched with the texts of {len(catalogue):,} rows, for encoding them takes "
            f"{minutes} minutes or more; top = {MOST_ITEMS} in the sidecar keeps the likeliest rows")  # fmt: skip


def read_numbers(folder: Path) -> MatchNumbers | None:
    """What is calibrated, from a folder; None where it is not there.

    Raises:
        ValueError: a file that can't be read.
    """
    path = folder / FILE
    if not path.exists():
        return None
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        encoder = str(data.pop("encoder"))
        return MatchNumbers(encoder=encoder, **{name: float(number) for name, number in data.items()})
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"{path} can't be read ({error}); clarigym train-language makes it again") from None


def save_numbers(folder: Path, numbers: MatchNumbers) -> None:
    """Write them into a folder."""
    write_atomically(folder / FILE, (json.dumps(asdict(numbers), indent=1) + "\n").encode())
