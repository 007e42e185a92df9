"""A head start: what the person already knows, as chips: sentences, or values found by typing over all facets."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import Screen
from textual.widgets import Footer, Input, Static

from agents.play import lookups
from agents.play.heard_log import HeardSentence
from agents.play.mind import GameWorld
from agents.play.views import Understood
from screens.choices import Choice
from screens.host import Host
from screens.play import PlayScreen
from screens.replying import LOADING
from screens.said import Chip, Chips
from screens.search import SearchBox

if TYPE_CHECKING:
    from agents.play.listener import SentenceListener

START = "start"
INVITED = "In your own words. It may be wrong: the agent knows that people err."
KNOWN = "I understood:"
CHOSEN = -1
"""In place of a sentence's number: a value that was chosen from the list."""


class OpeningScreen(Screen):
    """Chips, then the game."""

    DEFAULT_CSS = """
    OpeningScreen { align: center middle; }
    OpeningScreen #opening { width: 76; max-width: 98%; height: auto; padding: 1 2; }
    OpeningScreen #asks { text-style: bold; height: auto; }
    OpeningScreen #told { height: auto; color: $text-muted; }
    OpeningScreen #chips { margin: 0 0 1 0; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("backspace", "take_back", "Last chip away", priority=True),
        Binding("ctrl+t", "to_chips", "Take back"),
        Binding("ctrl+g", "begin", "Start"),
        Binding("escape", "app.to_menu", "Menu"),
    ]
    app: Host

    def __init__(self, world: GameWorld) -> None:
        super().__init__()
        self.world = world
        self.chosen: dict[int, tuple[int, str]] = {}
        """Facet to (option, label), in the order of adding."""
        self.sentences: list[HeardSentence] = []
        self._waiting = 0
        """Sentences that were typed and are not understood yet."""
        self._begins = False
        """The game begins as soon as they are."""

    def compose(self) -> ComposeResult:
        noun = self.world.catalogue.noun
        with Vertical(id="opening"):
            yield Static(f"Think of a {noun}. What do you know about it?", id="asks", markup=False)
            yield Static("", id="told", markup=False)
            yield Chips(id="chips", classes="hidden")
            yield SearchBox(id="facts", placeholder="a sentence, a name, a year")
        yield Footer(show_command_palette=True)

    def on_mount(self) -> None:
        self._anew()
        self.call_after_refresh(self.app.typed.press_again, self.app)

    @property
    def chips(self) -> list[Chip]:
        """Whatever may be taken back, what was chosen first."""
        out = [Chip(label, (CHOSEN, facet)) for facet, (_, label) in self.chosen.items()]
        for k, sentence in enumerate(self.sentences):
            for c in sentence.kept_chips:
                told = Understood(step=k, part=c.part, label=c.label, hedged=c.hedged, probability=c.probability)
                out.append(Chip(told.text, (k, c.part)))
        return out

    def _anew(self, told: str = "") -> None:
        chips = self.chips
        box = self.query_one("#facts", SearchBox)
        start = Choice("", "start with this" if chips else "start: I'd rather say nothing", START)
        more = "and what else?" if chips else "a sentence, a name, a year"
        box.search_in(lambda: lookups.values(self.world), fixed=[start], placeholder=more, ready=True)
        box.field.focus()
        self.query_one("#chips", Chips).show(chips)
        self.refresh_bindings()
        self._tell(told or (KNOWN if chips else INVITED))

    def _tell(self, text: str) -> None:
        loading = f" ({LOADING})" if self.app.listening.loading else ""
        self.query_one("#told", Static).update(text + loading)
        self._told = text

    def can_listen(self) -> None:
        """Sentences are understood at once from now on."""
        if self.is_mounted:
            self._tell(self._told)

    # -- what is said ---------------------------------------------------------------------------------------------

    def on_search_box_picked(self, event: SearchBox.Picked) -> None:
        key = event.choice.value
        if not isinstance(key, int):
            self.action_begin()
            return
        facet, option = lookups.stated(self.world, key)
        self.chosen.pop(facet, None)  # one thing of each kind is told; the last one counts
        self.chosen[facet] = (option, event.choice.label)
        self._anew()

    def on_search_box_worded(self, event: SearchBox.Worded) -> None:
        text = event.text
        self._tell("One moment …")
        self._waiting += 1
        self.app.listening.when_ready(lambda listener: self._hear(listener, text))

    def _hear(self, listener: SentenceListener, text: str) -> None:
        def job() -> HeardSentence | None:
            posterior = self.world.setting.posterior()
            posterior.reset(1)
            return listener.listen(text, posterior, opening=True)

        def then(sentence: HeardSentence | None) -> None:
            self._waiting -= 1
            if not self.is_attached:
                return
            if sentence is None:
                self._begins = False
                self._tell("I understood nothing of that. Other words, please: a name, a year.")
                return
            self.sentences.append(sentence)
            self._anew()
            if self._begins:
                self.action_begin()

        def failed(error: Exception) -> None:
            self._waiting -= 1
            self.app.explain(error)

        self.app.engine.submit(job, then, failed)

    # -- taking back ----------------------------------------------------------------------------------------------

    def on_chips_taken_back(self, event: Chips.TakenBack) -> None:
        self._take_back(event.chip)

    def action_take_back(self) -> None:
        chips = self.chips
        if chips:
            self._take_back(chips[-1])

    def action_to_chips(self) -> None:
        if self.chips:
            self.query_one("#chips", Chips).focus()

    def on_said_line_left(self) -> None:
        self.query_one("#facts", SearchBox).field.focus()

    def _take_back(self, chip: Chip) -> None:
        number, part = chip.of
        if number == CHOSEN:
            self.chosen.pop(part, None)
        else:
            self.sentences[number] = self.sentences[number].without(part)
        self._anew()

    def action_begin(self) -> None:
        if self._waiting:
            self._begins = True
            return
        opening = tuple((facet, option) for facet, (option, _) in self.chosen.items())
        sentences = [sentence for sentence in self.sentences if sentence.kept_chips]
        for k, sentence in enumerate(sentences):
            # The first thing said is the opening; beside it silence tells nothing any more.
            first = k == 0 and not opening
            sentences[k] = replace(sentence, evidence=replace(sentence.evidence, opening=first))
        self.app.switch_screen(PlayScreen(self.world, opening, tuple(sentences)))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "to_chips" and not self.chips:
            return False
        if action == "take_back" and (isinstance(self.focused, Chips) or self._typing):
            return False
        return super().check_action(action, parameters)

    @property
    def _typing(self) -> bool:
        return isinstance(self.focused, Input) and bool(self.focused.value)
