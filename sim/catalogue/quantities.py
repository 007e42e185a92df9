"""Numbers as tables write them: `$1,234.00`, `1.96 kg`, `8 GB` beside `8`, `1.2k`, `12,50 €`, `4.5/5`, `1h 20`.

One cell can't be read alone.  `1,234` is a thousand here and little more than one there, and `8` beside `8 GB` is 8 GB.
So a cell becomes a `Quantity`, and the column decides the rest:

- The decimal sign is what most of the cells that leave no choice have.  Where there are none it is that of the file's
  other columns, and a point where these say nothing either.  The sidecar's `decimal` decides it otherwise.
- Units of one family (g and kg, GB and TB) are converted into the commonest of them.  Cells without a unit count as if
  they had it.  Cells of another family ("2 kg" among lengths, "$5" among euros) can't be read.

Words that are no known unit are units where a space parts them from the number and nearly the whole column has the
same: "12 reviews" is a number, "12 Oak Street" is not.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable

import numpy as np

from sim.catalogue.numbers import plain
from sim.catalogue.quantity import (
    EITHER,
    FIGURES,
    LONGEST_NUMBER,
    Quantity,
    other_sign,
    product,
    python_figures,
    read_quantity,
)
from sim.catalogue.reading import Cells, Reading, rows_listed
from sim.catalogue.units import Unit, unit_named, unit_shown


def read_quantities(cells: Cells, *, decimal: str | None = None, usual: str = ".", unit: str = "") -> Reading:
    """A column as numbers, whatever share of it is any.

    Args:
        cells: the column.
        decimal: the decimal sign, where it is known.
        usual: the decimal sign to believe where the column says nothing.
        unit: the unit to convert into, where it is one of the column's family.
    """
    counts = Counter(cell for cell in cells if cell is not None)
    votes = decimal_votes(counts)
    sign = decimal or (max(votes, key=lambda s: (votes[s], s == usual)) if any(votes.values()) else usual)
    read = {cell: q for cell in counts if (q := read_quantity(cell, sign)) is not None}
    common = _common_unit(read, counts, unit)
    numbers = {cell: n for cell, q in read.items() if (n := _in_unit(q, common)) is not None}
    column = np.array([math.nan if cell is None else numbers.get(cell, math.nan) for cell in cells], dtype=np.float64)
    unread = tuple(row for row, cell in enumerate(cells) if cell is not None and cell not in numbers)
    kept = {cell: read[cell] for cell in numbers}
    before = sum(counts[c] * (1 if q.before else -1) for c, q in kept.items() if q.unit is not None) > 0
    name, slash, per = common.name.partition("/") if common is not None else ("", "", "")
    return Reading(
        kind="number",
        numbers=column,
        unread=unread,
        wanted="a number" + (f" in {common.name}" if common is not None and not common.name.startswith("/") else ""),
        unit=slash + per if before or common is None else unit_shown(common),
        prefix=name if before else "",
        done=tuple(_done(kept, counts, cells, common, sign)),
        doubts=(
            *(_decimal_doubts(kept, votes, sign, usual, common) if decimal is None else ()),
            *_unit_doubts(kept, counts, common, unit),
        ),
    )


def decimal_votes(cells: Iterable[str]) -> Counter[str]:
    """How many cells are numbers that can have only "." or only "," for their decimal sign."""
    votes = Counter({".": 0, ",": 0})
    for cell in cells:
        match = re.search(FIGURES, cell) if len(cell) <= LONGEST_NUMBER else None
        if match is None or not set(match[0]) & {".", ","} or EITHER.fullmatch(match[0]):
            continue
        possible = [sign for sign in votes if python_figures(match[0], sign) is not None]
        if len(possible) == 1 and read_quantity(cell, possible[0]) is not None:
            votes[possible[0]] += 1
    return votes


def share_with_known_unit(cells: Cells) -> float:
    """The share of the cells that are known that hold a number with a currency or a unit of `sim.catalogue.units`."""
    counts = Counter(cell for cell in cells if cell is not None)
    with_unit = sum(n for c, n in counts.items() if (q := read_quantity(c)) and q.unit is not None and q.unit.known)
    return with_unit / max(1, counts.total())


# --- the column ----------------------------------------------------------------------------------------------------


def _common_unit(read: dict[str, Quantity], counts: Counter[str], wanted: str) -> Unit | None:
    """The wanted unit where it is of the commonest family; else the family's commonest in which no number is below 1.

    256 GB beside 1 TB is better said than 0.256 TB.
    """
    families: Counter[str] = Counter()
    units: Counter[str] = Counter()
    by_name: dict[str, Unit] = {}
    for cell, q in read.items():
        if q.unit is not None:
            families[q.unit.family] += counts[cell]
            units[q.unit.name] += counts[cell]
            by_name.setdefault(q.unit.name, q.unit)
    if not families:
        return None
    family = max(families, key=lambda f: (families[f], f))
    target = unit_named(wanted.strip())
    if target is not None and target.family == family:
        return target
    mine = [unit for unit in by_name.values() if unit.family == family]
    mine.sort(key=lambda unit: (-units[unit.name], unit.name))
    least = min((abs(q.number) * q.unit.factor for q in read.values() if q.unit is not None and q.number
                 and q.unit.family == family), default=0.0)  # fmt: skip
    return next((unit for unit in mine if least >= unit.factor), mine[0])


def _in_unit(q: Quantity, common: Unit | None) -> float | None:
    if q.unit is None or common is None:
        return q.number
    if q.unit.family != common.family:
        return None
    return product(q.number, q.unit.factor / common.factor)


def _done(
    kept: dict[str, Quantity], counts: Counter[str], cells: Cells, common: Unit | None, sign: str
) -> Iterable[str]:
    """What was done with the cells that are no plain numbers, in phrases."""
    if common is not None:
        rate = common.name.removeprefix("/")
        how = "in" if rate == common.name else "out of" if rate.isdecimal() else "per"
        yield f"numbers {how} {rate}"
        others = sorted({q.unit.name for q in kept.values() if q.unit is not None} - {common.name})
        if others and common.known:
            yield f"{_listed(others)} converted"
        bare = {cell for cell, q in kept.items() if q.unit is None}
        if bare:
            rows = [row for row, cell in enumerate(cells) if cell in bare]
            yield f"{_cells(len(rows))} without a unit taken as {common.name} ({rows_listed(rows)})"
    how = Counter()
    for cell, q in kept.items():
        how[q.how] += counts[cell]
    if how["thousand"]:
        cell = min(cell for cell, q in kept.items() if q.how == "thousand")
        yield f"'{cell}' is {plain(kept[cell].number)}"
    if how["middle"]:
        yield f"{how['middle']:,} range{'s' * (how['middle'] > 1)} taken as the middle"
    if how["about"] or how["plus"]:
        yield f"{_cells(how['about'] + how['plus'])} with ~, <, > or + taken as the number itself"
    if sign == ",":
        yield "decimal commas"
    elif any("," in cell for cell in kept):
        yield "commas between thousands"


def _decimal_doubts(
    kept: dict[str, Quantity], votes: Counter[str], sign: str, usual: str, common: Unit | None
) -> Iterable[str]:
    """What another decimal sign would have read otherwise, in sentences with the way out."""
    decide = f'put decimal = "{other_sign(sign)}" in the sidecar'
    if votes["."] and votes[","]:
        yield f"some cells have decimal points and others commas; '{sign}' is believed where both can be, else {decide}"
        return
    with_commas = sorted(cell for cell in kept if "," in cell)
    if sign == "," and usual == "." and common is None and with_commas:
        cell = with_commas[0]
        yield f"'{cell}' is read as {plain(kept[cell].number)}; put kind = \"many\" in the sidecar if it is a list"
        return
    unclear = sorted(cell for cell in kept if (m := re.search(FIGURES, cell)) and EITHER.fullmatch(m[0]))
    if any(votes.values()) or not unclear or _plainly_english(unclear, kept, sign, common):
        return
    cell = unclear[0]
    otherwise = read_quantity(cell, other_sign(sign))
    if otherwise is not None:
        yield f"'{cell}' is read as {plain(kept[cell].number)}; if it is {plain(otherwise.number)}, {decide}"


def _plainly_english(unclear: list[str], kept: dict[str, Quantity], sign: str, common: Unit | None) -> bool:
    """Nobody would ask: 1.234 in a file without decimal commas, $1,234, and 950 beside 1,234."""
    if sign != ".":
        return False
    if all("." in cell for cell in unclear) or (common is not None and common.name.startswith("$")):
        return True
    whole = [cell for cell in kept if cell.isdecimal()]
    return bool(whole) and all("," in cell for cell in unclear) and all(len(cell) <= 3 for cell in whole)


def _unit_doubts(kept: dict[str, Quantity], counts: Counter[str], common: Unit | None, wanted: str) -> Iterable[str]:
    target = unit_named(wanted.strip())
    if common is not None and target is not None and target.family != common.family:
        yield f"the sidecar's unit is {target.name}, the cells are in {common.name}; nothing is converted"
    units = {q.unit.name for q in kept.values() if q.unit is not None}
    bare = sum(counts[cell] for cell, q in kept.items() if q.unit is None)
    if common is not None and common.known and len(units) > 1 and bare:
        mixed = _listed(sorted(units))
        bare_ones = f"{_cells(bare)} without one count{'s' * (bare == 1)} as {common.name}"
        yield f"the units are mixed ({mixed}), and {bare_ones}; write the unit into the cells if that is wrong"


def _cells(n: int) -> str:
    return "1 cell" if n == 1 else f"{n:,} cells"


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " and " + words[-1]
