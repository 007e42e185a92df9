"""`PlainTower`: what somebody tells of an item, matched with its text; for every catalogue but films without texts.

The match is the cosine of the encoder's vectors times a scale, a log factor on each item.  Decisions that live here:

- It sees what patterns don't read: the sentences that hold words which tell something and which no pattern reads
  (`agents.language.unread`).  So nothing counts twice, and an opening that states facts is not matched at all.
- The scale is calibrated (`agents.language.fit_plain`): it grows with the number of unread words, and is smaller where
  items have no text of their own.  Three numbers and how far patterns are believed beside them are all that is learned.
- Vectors are neither centred nor whitened.  To subtract the items' mean moves all scores of a text alike, and whitening
  cost up to half of what the match tells, for a catalogue has too few items to tell the directions (docs/language.md).
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
    scale: float
    """Of the cosine, for one unread word and items with texts."""
    power: float
    """Of the number of unread words."""
    untexted: float
    """By how much the scale is multiplied where items have no text of their own."""
    trust: float
    """How far patterns are believed beside the match."""

    def scale_of(self, unread: int, has_texts: bool) -> float:
        """The scale of a text's match."""
        return self.scale * min(unread, MOST_UNREAD) ** self.power * (1.0 if has_texts else self.untexted)


class PlainTower:
    """Matches what is told with the items of one catalogue.

    Args:
        numbers: what was calibrated.
        encoder: reads what is told.
    """

    def __init__(self, catalogue: Catalogue, numbers: MatchNumbers, encoder: Encoder) -> None:
        self.numbers, self.encoder = numbers, encoder
        self.has_texts = bool(catalogue.texts)
        self.unread = UnreadWords(catalogue)
        self.texts = item_texts(catalogue)
        self._vectors: np.ndarray | None = None

    @property
    def trust(self) -> float:
        return self.numbers.trust

    def vectors(self, tell: Tell | None = None) -> np.ndarray:
        """(N, D) of the items, encoded when first asked for.

        Args:
            tell: told of the progress.
        """
        if self._vectors is None:
            self._vectors = item_meanings(self.texts, self.encoder.model, tell)
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
        scale = self.numbers.scale_of(len(untold.words), self.has_texts)
        return scale * (self.vectors() @ told).astype(np.float64)


def item_meanings(texts: Sequence[str], encoder: str, tell: Tell | None = None) -> np.ndarray:
    """(N, D) float32: vectors of items' texts, from the cache folder where they are there."""
    return embed(texts, encoder, batch=BATCH, longest=LONGEST_ITEM, tell=tell)


def plain_tower(folder: Path, catalogue: Catalogue, encoder: Encoder) -> PlainTower | None:
    """The tower of a catalogue, by the numbers of a folder or else those that ship; None for films without texts, for too many items, and for another encoder.

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
        return MatchNumbers(encoder=str(data.pop("encoder")), **{name: float(data[name]) for name in data})
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"{path} can't be read ({error}); clarigym train-language makes it again") from None


def save_numbers(folder: Path, numbers: MatchNumbers) -> None:
    """Write them into a folder."""
    write_atomically(folder / FILE, (json.dumps(asdict(numbers), indent=1) + "\n").encode())
