"""A dialogue looked at again: what could be known at each turn, by the exact posterior of its users.

Nothing of this is stored with a dialogue; it is worked out when somebody looks.  Whoever asked, the belief is the
exact one: an agent's own belief may be wrong, and this shows by how much it could have known better.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from agents.errors import InputError
from agents.play.heard_log import logs_of
from agents.play.lookback import lost_at
from agents.play.mind import GameWorld, Mind, load_world
from agents.play.replay import Recorded
from agents.play.views import Setup
from agents.strategies.registry import YARDSTICK
from sim.catalogue.load import load
from sim.channel.opening import opening_of
from sim.dialogue import Dialogue
from sim.facts import false_answers
from sim.numeric.entropy import entropy_bits
from sim.phrasing import corruption_sentence
from sim.users.people import resolved
from sim.users.rates import load_rates

LIKELIEST = 6
LARGEST_BUDGET = 500
"""Of a game; it decides nothing here."""
TINY = 1e-12
STATES = ("forgotten", "kept", "mixed up", "not recalled")


@dataclass(frozen=True, kw_only=True)
class KnownThen:
    """What could be known after some answers, and of the question that came next."""

    likeliest: tuple[tuple[str, float], ...]
    """Names and probabilities, best first."""
    p_truth: float
    rank_of_truth: int
    """1 for the likeliest."""
    entropy_bits: float
    best_text: str
    """The question of highest EIG; empty where none tells anything."""
    best_bits: float
    asked_bits: float | None
    """The EIG of the question that was asked next; None at the end."""


@dataclass(frozen=True, kw_only=True)
class SecondLook:
    """A dialogue with its moments."""

    dialogue: Dialogue
    moments: tuple[KnownThen, ...]
    """T + 1: before the first question and after each answer; a user who left gave none."""
    false_turns: frozenset[int]
    """Turns whose answers contradict the catalogue."""
    memories: tuple[str, ...]
    """T sentences: what the user had wrong about what each turn asked; empty where nothing."""
    suspected: tuple[str, ...]
    """T sentences: what the posterior made of the memory of that facet after the answer."""
    lost_at: int | None
    """The turn at which the truth was lost."""
    note: str = ""
    """What is other than it was."""


class SecondLooks:
    """Worlds that dialogues are looked at in, made once each.

    Args:
        catalogue: the file of a catalogue that isn't built in.
    """

    def __init__(self, catalogue: str = ""):
        self.catalogue = catalogue
        self._worlds: dict[tuple[str, str, str, str], tuple[GameWorld, str]] = {}
        self._looks: dict[tuple[str, str, str, int, int, bool], SecondLook] = {}

    def look(self, dialogue: Dialogue, opened: bool = False) -> SecondLook:
        """The dialogue with what could be known at each turn.

        Args:
            opened: users of its run could volunteer facts, so that one who said nothing has told something, too.

        Raises:
            InputError: its catalogue isn't there, or is another one now.
            DialogueError: it can't have happened on its catalogue.
        """
        d = dialogue
        key = d.fingerprint, d.rates, d.agent, d.seed, d.episode, opened
        found = self._looks.get(key)
        if found is None or found.dialogue != dialogue:
            world, note = self._world(dialogue)
            found = self._looks[key] = look_at(world, dialogue, opened, note)
        return found

    def lost(self, dialogue: Dialogue, opened: bool = False) -> int | None:
        """The turn at which the truth was lost; None where it wasn't.

        Raises:
            InputError, DialogueError: as `look`.
        """
        return lost_turn(self._world(dialogue)[0], dialogue, opened)

    def _world(self, d: Dialogue) -> tuple[GameWorld, str]:
        key = d.fingerprint, d.questions, d.noise, d.rates
        if key not in self._worlds:
            self._worlds[key] = self._made(d)
        return self._worlds[key]

    def _made(self, d: Dialogue) -> tuple[GameWorld, str]:
        name = self.catalogue or d.catalogue
        try:
            catalogue = load(name)
        except ValueError:
            raise InputError(f"no catalogue '{name}' to work out beliefs on; give its file by --catalogue") from None
        if catalogue.fingerprint != d.fingerprint:
            raise InputError(f"catalogue '{name}' has other data than when the dialogue was held; give the file as it "
                             "was then by --catalogue")  # fmt: skip
        try:
            rates, note = load_rates(d.noise), ""
        except ValueError:
            rates, note = load_rates("people"), f"users by the preset 'people', for '{d.noise}' is not at hand"
        if not note and d.rates and resolved(rates, catalogue).digest != d.rates:
            note = f"'{d.noise}' has other rates now than when the dialogue was held"
        noise = d.noise if not note.startswith("users by") else "people"
        setup = Setup(catalogue=name, agent=YARDSTICK, noise=noise, questions=d.questions,  # type: ignore[arg-type]
                      budget=min(d.budget, LARGEST_BUDGET))  # fmt: skip
        return load_world(setup), note


def look_at(world: GameWorld, dialogue: Dialogue, opened: bool = False, note: str = "") -> SecondLook:
    """A dialogue on its catalogue; `opened` as for `SecondLooks.look`.

    Raises:
        DialogueError: it can't have happened there.
    """
    d = Recorded(world, dialogue).dialogue
    asked = [t.question for t in d.turns]
    moments, suspected = [], []
    for k, mind in enumerate(_minds(world, d, opened)):
        if k:
            suspected.append(_suspicion(world, mind, asked[k - 1]))
        moments.append(_known_then(world, mind, d.intent, asked[k] if k < len(asked) else None))
    suspected += [""] * (len(asked) - len(suspected))
    catalogue = world.catalogue
    wrongs = {c.facet: corruption_sentence(catalogue, c) for c in d.corruptions}
    return SecondLook(
        dialogue=dialogue, moments=tuple(moments), note=note, suspected=tuple(suspected),
        lost_at=_lost([m.p_truth for m in moments], d), false_turns=_false_turns(world, d),
        memories=tuple(wrongs.get(catalogue.facets[world.bank.facet[q]].name, "") for q in asked),
    )  # fmt: skip


def lost_turn(world: GameWorld, dialogue: Dialogue, opened: bool = False) -> int | None:
    """The turn at which the truth was lost, for a fraction of what `look_at` costs; None where it wasn't.

    Raises:
        DialogueError: it can't have happened there.
    """
    d = Recorded(world, dialogue).dialogue
    return _lost([float(mind.belief()[d.intent]) for mind in _minds(world, d, opened)], d)


def _minds(world: GameWorld, d: Dialogue, opened: bool) -> Iterator[Mind]:
    """What the exact posterior knows before the first question and after each answer; wrong guesses are ruled out."""
    mind = Mind(world)
    # Who opened with a sentence has opened already.
    opened = opened and not any(words.opening for words in d.heard)
    for k, log in enumerate(logs_of(d, _said(world, d) if opened or d.opening else None)):
        mind = mind.after(log)
        for guess in d.guesses:
            if guess.after == k and not guess.right and k < len(d.turns):
                mind = mind.without(guess.intent)
        yield mind


def _lost(p_truth: Sequence[float], d: Dialogue) -> int | None:
    return lost_at([math.log2(max(p, TINY)) for p in p_truth])[0] if d.intent >= 0 else None


def _false_turns(world: GameWorld, d: Dialogue) -> frozenset[int]:
    heard = [t for t in d.turns if t.answer >= 0]
    if d.intent < 0 or not heard:
        return frozenset()
    said = (np.array([getattr(t, name) for t in heard], dtype=np.int64) for name in ("question", "answer"))
    return frozenset((np.flatnonzero(false_answers(world.bank, np.full(len(heard), d.intent), *said)) + 1).tolist())


def _said(world: GameWorld, d: Dialogue) -> tuple[int, ...]:
    """(F,) what the opening states, see `sim.channel.opening`."""
    questions, answers = (
        np.array([[getattr(t, name) for t in d.opening]], dtype=np.int64) for name in ("question", "answer")
    )
    return tuple(opening_of(world.bank, questions, answers)[0].tolist())


def _known_then(world: GameWorld, mind: Mind, truth: int, asked: int | None) -> KnownThen:
    belief = mind.belief()
    top = np.argsort(-belief, kind="stable")[:LIKELIEST]
    # By the definition, as far as answers are few: the bounds that a choice goes by are a little lower.
    gains = {
        q: mind.eig_nats(q) / math.log(2) for q in [*(q for q, _ in mind.best(1)), *([] if asked is None else [asked])]
    }
    best = max(gains, key=gains.__getitem__, default=None)
    return KnownThen(
        likeliest=tuple((world.label(int(i)), float(belief[i])) for i in top if belief[i] > 0),
        p_truth=float(belief[truth]) if truth >= 0 else 0.0,
        rank_of_truth=int((belief > belief[truth]).sum()) + 1 if truth >= 0 else 0,
        entropy_bits=entropy_bits(belief),
        best_text="" if best is None else world.bank.text(best),
        best_bits=0.0 if best is None else gains[best],
        asked_bits=None if asked is None else gains[asked],
    )


def _suspicion(world: GameWorld, mind: Mind, question: int) -> str:
    """What the posterior makes of the memory that an answer came from: "cast: kept 83%, mixed up 12%"."""
    facet = world.catalogue.facets[world.bank.facet[question]]
    states: Mapping[str, np.ndarray] = mind.states()
    if facet.name not in states:
        return ""
    p = dict(zip(STATES, states[facet.name].tolist(), strict=True))
    likely = [f"{name} {share:.0%}" for name, share in sorted(p.items(), key=lambda x: -x[1])[:2] if share >= 0.005]
    return f"{facet.wording.noun}: {', '.join(likely)}"
