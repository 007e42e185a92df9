"""Names of people in the source of the films: comma-joined lists taken apart, names for several people, no people.

The lists are sorted by whole name.  So a suffix stands right behind its name, and a part that breaks the order is a
title that belongs to the name before it: "Ed Begley, Jr.", "Prince Philip, Duke of Edinburgh".
"""

from __future__ import annotations

import re
from collections.abc import Iterable

SUFFIX = re.compile(r"(jr|sr|ii|iii|iv|phd|m\.?d|ltd)\.?", re.IGNORECASE)
SEVERAL: dict[str, tuple[str, ...]] = {
    "Adam Gierasch and Jace Anderson": ("Adam Gierasch", "Jace Anderson"),
    "Age & Scarpelli": ("Agenore Incrocci", "Furio Scarpelli"),
    "Billy and Bobby Mauch": ("Billy Mauch", "Bobby Mauch"),
    "Bonnie and Terry Turner": ("Bonnie Turner", "Terry Turner"),
    "Christopher Markus and Stephen McFeely": ("Christopher Markus", "Stephen McFeely"),
    "Coen brothers": ("Joel Coen", "Ethan Coen"),
    "Ethan Reiff and Cyrus Voris": ("Ethan Reiff", "Cyrus Voris"),
    "Fabio Grassadonia and Antonio Piazza": ("Fabio Grassadonia", "Antonio Piazza"),
    "Frankie and George McLaren": ("Frankie McLaren", "George McLaren"),
    "Hughes brothers": ("Albert Hughes", "Allen Hughes"),
    "James and Oliver Phelps": ("James Phelps", "Oliver Phelps"),
    "Jared and Jerusha Hess": ("Jared Hess", "Jerusha Hess"),
    "Lee and Lyn Wilde": ("Lee Wilde", "Lyn Wilde"),
    "Leo Benvenuti and Steve Rudnick": ("Leo Benvenuti", "Steve Rudnick"),
    "Mary-Kate and Ashley Olsen": ("Mary-Kate Olsen", "Ashley Olsen"),
    "Pang brothers": ("Danny Pang Phat", "Oxide Pang Chun"),
    "Paolo and Vittorio Taviani": ("Paolo Taviani", "Vittorio Taviani"),
    "Paul and Gaëtan Brizzi": ("Paul Brizzi", "Gaëtan Brizzi"),
    "Penn & Teller": ("Penn Jillette", "Teller"),
    "Ron & Valerie Taylor": ("Ron Taylor", "Valerie Taylor"),
    "Scott Alexander and Larry Karaszewski": ("Scott Alexander", "Larry Karaszewski"),
    "Tarek Sharif and Nadia zo Elfakaar": ("Tarek Sharif", "Nadia zo Elfakaar"),
    "The Hageman Brothers": ("Dan Hageman", "Kevin Hageman"),
    "Thomas Dean Donnelly and Joshua Oppenheimer": ("Thomas Dean Donnelly", "Joshua Oppenheimer"),
    "Thomas brothers": ("Jim Thomas", "John Thomas"),
    "Will Speck and Josh Gordon": ("Will Speck", "Josh Gordon"),
    "the Wachowskis": ("Lana Wachowski", "Lilly Wachowski"),
}
"""Names for several people, and who they are; the names on the right are the source's, where it has them."""
SOUNDS_LIKE_SEVERAL = re.compile(r"\b(brothers|sisters|twins|family|wachowskis)$| and | & ", re.IGNORECASE)
ONE = frozenset((
    "Adam and the Ants", "Big Brother and the Holding Company", "Brooks & Dunn", "Chaplin family",
    "Country Joe and the Fish", "Crime & the City Solution", "Deek Watson & His Brown Dots", "Delaney & Bonnie",
    "Dick and Dom", "Dr. Hook & the Medicine Show", "Huey Lewis and the News", "Jonas Brothers", "Joyce Brothers",
    "Kessler Twins", "Kid Creole and the Coconuts", "Lane Sisters", "Lombard Twins", "Midas and Bacchus",
    "Princess Theodora of Greece and Denmark", "Siegfried & Roy", "Silverstein & Partners", "Sly and Robbie",
    "Sly and the Family Stone", "Stills & Nash", "The Andrews Sisters", "The Chemical Brothers",
    "The Clancy Brothers", "The Cold Crush Brothers", "The McGuire Sisters", "The Neville Brothers",
    "The Pointer Sisters", "Tom Petty and the Heartbreakers", "Wind & Fire", "Yokota family",
))  # fmt: skip
"""Names that only sound like several people, and acts that one knows by their common name."""
NOBODY = re.compile(r"list of |.* filmography$|Friday the 13th$|Troll 2$|TAKI 183$")
"""Entries among the people that are none."""


def people(joined: str | None) -> list[str]:
    """The people in a comma-joined list that is sorted by whole name.

    >>> people("Alan Arkin, Ed Begley, Jr., Jack Gilpin, Meghan, Duchess of Sussex, Tom Hanks, Tyler, the Creator")
    ['Alan Arkin', 'Ed Begley Jr.', 'Jack Gilpin', 'Meghan, Duchess of Sussex', 'Tom Hanks', 'Tyler, the Creator']
    >>> people("Keanu Reeves, list of Matrix characters, the Wachowskis")
    ['Keanu Reeves', 'Lana Wachowski', 'Lilly Wachowski']
    """
    parts = plain(joined)
    out: list[str] = []
    last = ""  # the latest part that began a name
    for i, part in enumerate(parts):
        following = parts[i + 1] if i + 1 < len(parts) else part
        if out and SUFFIX.fullmatch(part):
            out[-1] += f" {part}"
        elif (part < last and (following >= last or following == part)) or (
            out and part.startswith("the ") and part not in SEVERAL
        ):
            out[-1] += f", {part}"
        else:
            out.append(part)
            last = part
    return list(dict.fromkeys(one for name in out if not NOBODY.match(name) for one in SEVERAL.get(name, (name,))))


def plain(joined: str | None) -> list[str]:
    """The parts of a comma-joined list."""
    return [part.strip() for part in (joined or "").split(",") if part.strip()]


def doubtful(names: Iterable[str]) -> list[str]:
    """The names that sound like several people and stand neither in `SEVERAL` nor in `ONE`.

    >>> doubtful(["Joyce Brothers", "Grimm brothers", "Anna and Elsa", "Alexandra Wong"])
    ['Anna and Elsa', 'Grimm brothers']
    """
    known = {*SEVERAL, *ONE}
    return sorted(name for name in set(names) - known if SOUNDS_LIKE_SEVERAL.search(name))
