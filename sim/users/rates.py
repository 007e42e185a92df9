"""What a simulated user does: how often he forgets, misremembers, slips, hedges and leaves.

Rates are what a preset fixes, so that results are comparable.  `people` are users as evidence has them, and go by what
the catalogue says of its users (`sim.users.people`).  The rates of `typical`, `hard`, `clean` and the noise grid are
invented, the same for all facets, and a type scales them: a confused user forgets and slips more than a careful one.
`sim.users.from_rates` turns rates into probabilities of answers; nothing else reads them.

Every rate is clipped to [EDGE, 1 - EDGE] there, in `clean` too, because the sums divide by answer probabilities.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from sim.files import parse_toml, read_text
from sim.names.did_you_mean import nearest
from sim.names.fields import field_types

EDGE = 1e-6
"""The least probability of anything."""
MAX_MISREMEMBERED, MAX_SLIP = 0.6, 0.45
"""No type's scale takes a rate above these; a rate that is given above them stays."""


Rate = float | tuple[float, ...]
"""A rate: a number, which types scale, or one number a type, taken as they are."""
SEEKER, FAN = "seeker", "fan"
"""The types of the preset `people`."""


class RatesError(ValueError):
    """Rates that can't be; the message names the field, the value and the way out."""


@dataclass(frozen=True, kw_only=True)
class Rates:
    """The behaviour of one population of users: probabilities per facet or per answer, before a type scales them.

    Those of `TYPE_RATES` may be given as (T,) numbers instead, one a type, and are then taken as they are.
    """

    name: str = "custom"
    types: tuple[str, ...] = ("careful", "casual", "confused")
    """(T,) names of the latent user types."""
    shares: tuple[float, ...] = (0.35, 0.45, 0.20)
    """(T,) share of each type; sums to 1."""
    scales: tuple[float, ...] = (0.4, 1.0, 2.2)
    """(T,) how a type multiplies the odds of every fault."""
    forgotten: Rate = 0.0
    """Per facet: nothing is remembered, and most answers are "don't know"."""
    unrecalled: Rate = 0.0
    """Per facet that isn't forgotten: nothing comes to mind, and the open question gets "don't know"; but what is true
    is recognised when asked for."""
    misremembered: Rate = 0.0
    """Per facet of which something comes to mind: one value is replaced by a confusable one."""
    confusion_width: float = 0.0
    """Numbers: how far off a misremembered one typically is, in the facet's unit; 0: see `confusion_share`."""
    confusion_share: float = 0.0
    """The same as a share of the true number; 0: about a seventh of the facet's spread."""
    confusion_company: float = 1.0
    """Names: weight of keeping the same company in what is taken for what, beside being about as famous."""
    confusion_fame: float = 0.0
    """Names: how much better known ones stand in for lesser known ones: the power of their fame."""
    slip: Rate = 0.0
    """Per answer: the opposite of what the user believes, or any value when open."""
    dont_know: Rate = 0.0
    """Per yes/no answer: "don't know" by chance."""
    dont_know_open: Rate = 0.0
    """Per open answer: "don't know" by chance."""
    hedge: Rate = 0.0
    """Per yes/no answer on a kept memory: "probably" instead of "yes", "probably not" instead of "no"."""
    hedge_muddled: Rate = 0.0
    """The same on a misremembered facet: people half sense that they are wrong."""
    guess: Rate = 0.0
    """Per answer on a forgotten facet: a guess instead of "don't know"."""
    recognition: tuple[float, float] = (1.0, 1.0)
    """Chance that a true value of a `many` facet is recognised when asked for: obscure and famous values."""
    absence: tuple[float, float] = (1.0, 1.0)
    """Chance of "no" rather than "don't know" for a value that isn't believed: obscure and famous values."""
    opening: Rate = 0.3
    """Per facet: the user volunteers its open answer in the opening request, where there is one."""
    patience: int = 30
    """Questions that everybody answers before anybody leaves."""
    leaving: float = 0.0
    """Per further question: the user leaves.  It depends on the turn alone, so staying tells nothing."""
    facets: Mapping[str, Mapping[str, Rate]] = field(default_factory=dict)
    """Rates of single facets by name, where they differ."""
    by_catalogue: bool = False
    """What is said of no facet here goes by what the catalogue says of its users, see `sim.users.people`."""
    own: tuple[str, ...] = ()
    """With `by_catalogue`: rates that hold for all facets, whatever the catalogue says; those that aren't at their
    defaults are among them."""

    def __post_init__(self) -> None:
        if not len(self.types) == len(self.shares) == len(self.scales) > 0:
            raise RatesError(
                f"rates '{self.name}': types, shares and scales need one entry a type, they have "
                f"{len(self.types)}, {len(self.shares)} and {len(self.scales)}"
            )
        if min(self.shares) < 0 or not math.isclose(sum(self.shares), 1.0, abs_tol=1e-9):
            raise RatesError(f"rates '{self.name}': shares {self.shares} must not be negative and must sum to 1")
        if not all(s > 0 and math.isfinite(s) for s in self.scales):
            raise RatesError(f"rates '{self.name}': scales {self.scales} must be above 0")
        for key in (*FACET_RATES, "leaving"):
            check_rate(f"rates '{self.name}'", key, getattr(self, key), len(self.types))
        if self.patience < 0:
            raise RatesError(f"rates '{self.name}': patience = {self.patience}; it must be at least 0")
        if self.by_catalogue:
            differs = [k for k in FACET_RATES if getattr(self, k) != getattr(Rates, k)]
            object.__setattr__(self, "own", tuple(dict.fromkeys((*self.own, *differs))))
        for key in self.own:
            if key not in FACET_RATES:
                raise RatesError(f"rates '{self.name}': own names no rate '{key}' ({_near(key, FACET_RATES)})")
        listed = {f: {k: tuple(p) if isinstance(p, list) else p for k, p in g.items()} for f, g in self.facets.items()}
        object.__setattr__(self, "facets", listed)
        for facet, given in listed.items():
            for key, p in given.items():
                check_rate(f"rates '{self.name}', facet '{facet}'", key, p, len(self.types))

    def of(self, facet: str, key: str) -> Any:
        """The rate `key` on one facet as it is given, before types scale it: a number, or a list as fields say."""
        return self.facets.get(facet, {}).get(key, getattr(self, key))

    def ends(self, facet: str, key: str) -> tuple[float, float]:
        """One of `FAME_RATES` on one facet: of obscure values, and of famous ones."""
        obscure, famous = self.of(facet, key)
        return float(obscure), float(famous)

    def by_type(self, facet: str, key: str) -> tuple[float, ...]:
        """(T,) one of `TYPE_RATES` on one facet for each type, clipped to [EDGE, 1 - EDGE].

        Chances of a fault are scaled as repeated tries, 1 - (1 - p)^scale; being wrong is capped, so that no type lies
        more often than not.  Hedging, guessing and volunteering are manners, not faults: no type scales them.  A
        facet is never unrecalled at a rate of 0: that state then doesn't exist.
        """
        p = self.of(facet, key)
        if not isinstance(p, int | float):
            scaled = [float(x) for x in p]
        elif key in ("forgotten", "unrecalled", "dont_know", "dont_know_open"):
            scaled = [1 - (1 - p) ** s for s in self.scales]
        elif key == "misremembered":
            scaled = [min(p * s, max(p, MAX_MISREMEMBERED)) for s in self.scales]
        elif key == "slip":
            scaled = [min(p * s, max(p, MAX_SLIP)) for s in self.scales]
        else:
            scaled = [p] * len(self.scales)
        least = 0.0 if key == "unrecalled" else EDGE
        return tuple(min(max(x, least), 1 - EDGE) for x in scaled)

    def to_dict(self) -> dict[str, Any]:
        return {f.name: getattr(self, f.name) for f in fields(self)}

    def told(self) -> dict[str, Any]:
        """As JSON holds them, without their name: what makes users the same, whatever they are called."""
        told = json.loads(json.dumps(self.to_dict(), default=dict))
        del told["name"]
        return told

    @property
    def digest(self) -> str:
        """A short hash of `told`."""
        return hashlib.blake2b(json.dumps(self.told(), sort_keys=True).encode(), digest_size=8).hexdigest()


TYPE_RATES = ("forgotten", "unrecalled", "misremembered", "slip", "dont_know", "dont_know_open", "hedge",
              "hedge_muddled", "guess", "opening")  # fmt: skip
"""Probabilities that types scale, or that each type has for itself."""
FAME_RATES = ("recognition", "absence")
"""Pairs of probabilities: of obscure and of famous values."""
CONFUSION_RATES = ("confusion_width", "confusion_share", "confusion_company", "confusion_fame")
"""What decides which values are taken for one another, in the order of `sim.channel.confusion.Confusability`."""
FACET_RATES = (*TYPE_RATES, *FAME_RATES, *CONFUSION_RATES)
"""Rates that a single facet may have for itself."""
MOST = {"confusion_width": 1e9, "confusion_share": 1e9, "confusion_company": 100, "confusion_fame": 3}
"""No rate of confusion is above these: of fame to a higher power, some values would be beyond all numbers."""


def check_rate(where: str, key: str, value: object, types: int) -> None:
    """One rate: a probability, a pair of them, a list of one a type, or a weight.

    Args:
        where: begins the message.
        types: how many entries a list of one a type has; 0 where there may be none.

    Raises:
        RatesError: there is no such rate, or it isn't of that kind.
    """
    if key not in (*FACET_RATES, "leaving"):
        raise RatesError(f"{where}: no rate '{key}' ({_near(key, FACET_RATES)})")
    listed = list(value) if isinstance(value, tuple | list) else None
    if key in FAME_RATES:
        if listed is None or len(listed) != 2:
            raise RatesError(f"{where}: {key} = {value!r}; it takes two numbers, obscure and famous")
    elif listed is not None and (key not in TYPE_RATES or len(listed) != types):
        more = f", or {types} of them, one a type" if types and key in TYPE_RATES else ""
        raise RatesError(f"{where}: {key} = {value!r}; it must be a number{more}")
    most = MOST.get(key, 1)
    for p in [value] if listed is None else listed:
        if not isinstance(p, int | float) or isinstance(p, bool) or not 0 <= p <= most:
            raise RatesError(f"{where}: {key} = {p!r}; it must be a number between 0 and {most:g}")


def _near(word: str, known: Sequence[str]) -> str:
    near = nearest(word, known)
    return (f"did you mean '{near}'? " if near else "") + "known: " + ", ".join(known)


CLEAN = Rates(name="clean")
TYPICAL = Rates(
    name="typical", forgotten=0.10, misremembered=0.10, slip=0.02, dont_know=0.05, dont_know_open=0.10, hedge=0.15,
    hedge_muddled=0.45, guess=0.30, recognition=(0.55, 0.97), absence=(0.45, 0.97), leaving=0.01,
)  # fmt: skip
HARD = Rates(
    name="hard", forgotten=0.20, misremembered=0.20, slip=0.05, dont_know=0.10, dont_know_open=0.20, hedge=0.25,
    hedge_muddled=0.50, guess=0.40, recognition=(0.35, 0.90), absence=(0.30, 0.90), patience=20, leaving=0.03,
)  # fmt: skip

PEOPLE = Rates(
    name="people", types=(SEEKER, FAN), shares=(0.5, 0.5), scales=(1.0, 1.0), patience=20, leaving=0.02,
    by_catalogue=True,
)  # fmt: skip
SEEKERS = replace(PEOPLE, name="seekers", types=(SEEKER,), shares=(1.0,), scales=(1.0,))
FANS = replace(PEOPLE, name="fans", types=(FAN,), shares=(1.0,), scales=(1.0,))

GRID_KINDS = ("forgotten", "slip", "misremembered", "mixed")
GRID_PERCENT = (0, 5, 10, 20, 30)
"""The noise grid: a preset `KIND-PERCENT` for each pair."""


def _grid(kind: str, percent: int) -> Rates:
    """One corner of the noise grid: a single fault at a rate, or each of the three at a third of it."""
    p = percent / 100
    faults = {"forgotten": p / 3, "slip": p / 3, "misremembered": p / 3} if kind == "mixed" else {kind: p}
    return replace(CLEAN, name=f"{kind}-{percent}", types=("everybody",), shares=(1.0,), scales=(1.0,), **faults)


PRESETS: Mapping[str, Rates] = {r.name: r for r in (PEOPLE, SEEKERS, FANS, CLEAN, TYPICAL, HARD)} | {
    f"{kind}-{percent}": _grid(kind, percent) for kind in GRID_KINDS for percent in GRID_PERCENT
}


def load_rates(name_or_path: str | Rates) -> Rates:
    """A preset by name, or rates from a TOML file: keys are the fields of `Rates`, `base` names a preset to start from.

    Raises:
        RatesError: no such preset or file, not TOML, an unknown key, a rate outside [0, 1].
    """
    if isinstance(name_or_path, Rates):
        return name_or_path
    if name_or_path in PRESETS:
        return PRESETS[name_or_path]
    path = Path(name_or_path)
    if path.suffix != ".toml":
        shown = ("people", "typical", "hard", "clean", "slip-10", "mixed-20")
        near = nearest(name_or_path, PRESETS)
        hint = f"did you mean '{near}'?" if near else "a file of your own ends in .toml."
        raise RatesError(f"no noise preset '{name_or_path}'; {hint} (presets: {', '.join(shown)}, ...)")
    return _from_table(path, parse_toml(read_text(path, RatesError), str(path), RatesError))


_TOML_WORDS = {
    "text": "a text in quotes",
    "a list of texts": "a list, each of them a text in quotes",
    "a list of numbers": "a list, each of them a number",
    "a number or a list of numbers": "a number, or a list of them, one a type",
    "a table of tables": "tables of rates, as in [facets.colour]",
}
"""Types of fields as somebody sees them who writes rates."""


def _from_table(path: Path, table: dict[str, Any]) -> Rates:
    base = table.pop("base", "clean")
    if not isinstance(base, str) or base not in PRESETS:
        raise RatesError(
            f"{path}: base = {base!r} is no preset ({_near(str(base), ('people', 'typical', 'hard', 'clean'))})"
        )
    known = field_types(Rates)
    for key, value in table.items():
        if key not in known:
            raise RatesError(f"{path}: no rate '{key}' ({_near(key, tuple(known))})")
        if not known[key].allows(value):
            words = known[key].words
            raise RatesError(f"{path}: {key} = {value!r}; it must be {_TOML_WORDS.get(words, words)}")
        if isinstance(value, list):
            table[key] = tuple(value)
    start = PRESETS[base]
    own = {"own": tuple(key for key in table if key in FACET_RATES)} if start.by_catalogue else {}
    return replace(start, **({"name": path.stem} | own | table))
