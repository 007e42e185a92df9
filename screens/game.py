"""What all games look like: the question and its answers at the left, what the agent thinks at the right.

A screen owns a session and hands every move to the app's engine; while one is under way the screen takes no other move
(an answer belongs to a question that was seen), except that an undo is remembered and done next.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Footer, Input, Static

from agents.play import lookups
from agents.play.game import Session
from agents.play.mind import GameWorld
from agents.play.search import Index
from agents.play.views import Asked, GameView, Mode
from screens.choices import OPEN_UNKNOWN, YESNO, Choice, Choices
from screens.draw import MUTED, clean, percent
from screens.engine import Result
from screens.host import Host
from screens.panels import AboutYou, BestQuestions, BitsLeft, History, Likeliest, Panel, TopBar
from screens.said import Chip, Chips, SaidLine
from screens.search import SearchBox

TITLES = {mode: mode.value for mode in Mode} | {Mode.OPENING: "play", Mode.CARD: "role card"}
"""What the top bar calls each mode."""
JUDGE = (Choice("y", "yes, that's it!", True), Choice("n", "no, it's something else", False))
PANELS = {"likeliest": Likeliest, "bits": BitsLeft, "best": BestQuestions, "you": AboutYou}
DONT_KNOW_IT = "don't know it"
WIDE, HUGE = 110, 160
LETTERS = ("undo", "skip", "guess", "step", "run", "next", "card", "spoilers", "chips", "leave_game")
"""Actions on single keys: not of every mode, and never while a field has the focus."""


class GameScreen(Screen):
    """A game on the screen; what is asked of whom is for the modes to say."""

    DEFAULT_CSS = """
    GameScreen #left { width: 1fr; padding: 0 1; }
    GameScreen #side { width: 36; padding: 0 1; border-left: solid $panel; scrollbar-size: 1 1; }
    GameScreen.wide #side { width: 54; padding: 0 2; }
    GameScreen.huge #side { width: 76; }
    GameScreen.wide #left { padding: 0 2; }
    GameScreen.wide #side Panel { margin-bottom: 1; }
    GameScreen.bare #side { display: none; }
    GameScreen #card {
        height: auto; max-height: 10; margin: 0; padding: 1 2; background: $surface; scrollbar-size: 1 1;
        border-left: outer $primary;
    }
    GameScreen.wide #card { margin: 1 0; padding: 2 4; max-height: 16; }
    GameScreen #card.guess { border-left: outer $accent; background: $accent 15%; }
    GameScreen #card Static { width: 1fr; height: auto; text-style: bold; }
    GameScreen #card #kicker { text-style: none; color: $text-muted; }
    GameScreen #choices { margin: 1 0 0 1; }
    GameScreen #search { margin: 0 0 0 0; }
    GameScreen #hint { color: $text-muted; height: auto; margin: 0 1; }
    GameScreen #past { height: 1fr; margin-top: 1; padding: 0 1; scrollbar-size: 1 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("u", "undo", "Undo"),
        Binding("s", "skip", "Skip"),
        Binding("g", "guess", "Guess!"),
        Binding("space", "step", "Step"),
        Binding("r", "run", "Run"),
        Binding("n", "next", "Next"),
        Binding("c", "card", "Card"),
        Binding("v", "spoilers", "Spoilers"),
        Binding("t", "chips", "Take back"),
        Binding("ctrl+t", "field('chips')", "Take back", priority=True),
        Binding("f2", "panel('likeliest')", "Likeliest", show=False),
        Binding("f3", "panel('bits')", "Bits left", show=False),
        Binding("f4", "panel('best')", "Best questions", show=False),
        Binding("f5", "panel('you')", "About you", show=False),
        Binding("ctrl+z", "field('undo')", "Undo", priority=True),
        Binding("ctrl+s", "field('skip')", "Skip", priority=True),
        Binding("ctrl+g", "field('guess')", "Guess!", priority=True),
        Binding("f1", "app.help", "Help"),
        Binding("q", "leave_game", "Quit"),
        Binding("escape", "keys", "Menu", show=False),
    ]
    mode: Mode
    hears: ClassVar[bool] = False
    """Sentences are taken where keys are."""
    beginning: ClassVar[str] = "Thinking of a first question …"
    """Said until there is a first moment to show."""
    app: Host

    def __init__(self, world: GameWorld) -> None:
        super().__init__()
        self.world = world
        self.session: Session | None = None
        self.view: GameView | None = None
        self.thinking = False
        self._by_keys = self._by_line = False
        self._undos = 0
        """Undos that were pressed during a thought."""

    # -- layout ---------------------------------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        yield TopBar()
        with Horizontal(id="body"):
            with Vertical(id="left"):
                with VerticalScroll(id="card", can_focus=False):
                    yield Static("", id="kicker", markup=False)
                    yield Static("", id="question", markup=False)
                yield Choices(id="choices")
                yield SearchBox(id="search", classes="hidden")
                yield SaidLine(id="line", classes="hidden")
                yield Static("", id="hint", markup=False)
                yield Chips(id="chips", classes="hidden")
                with VerticalScroll(id="past", can_focus=False):
                    yield History(id="history")
            with VerticalScroll(id="side", can_focus=False):
                yield from self.side()
        yield Footer(show_command_palette=True)

    def side(self) -> ComposeResult:
        """What stands at the right."""
        for name, panel in PANELS.items():
            yield panel(id=name)

    def on_mount(self) -> None:
        setup = self.world.setup
        where = f"{TITLES[self.mode]} · {clean(self.world.catalogue.name)} · {setup.agent}"
        self.query_one(TopBar).title = f"clarigym · {where}"
        hidden = self.app.hidden
        self.set_class("all" in hidden, "bare")
        for name in PANELS:
            for panel in self.query(f"#{name}"):
                panel.set_class(name in hidden, "hidden")
        self._fit(self.size.width)
        self.say("One moment", self.beginning)
        self.start()

    def on_resize(self, event: events.Resize) -> None:
        self._fit(event.size.width)

    def _fit(self, width: int) -> None:
        self.set_class(width >= WIDE, "wide")
        self.set_class(width >= HUGE, "huge")

    # -- moves ----------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin the game: here by showing the moment that the screen was given, if any."""
        if self.view is not None:
            self.show(self.view)

    def move(self, job: Callable[[], GameView]) -> None:
        """Let the engine do something with the session and show what comes of it; nothing while it is at work."""
        self.work(job, self.show)

    def work(self, job: Callable[[], Result], then: Callable[[Result], None]) -> None:
        """As `move`, with something else to do afterwards."""
        if self.thinking:
            return
        self.thinking = True
        self.set_timer(0.15, self._say_thinking)
        self.app.engine.submit(job, lambda result: self._landed(result, then), self._failed)

    def _say_thinking(self) -> None:
        if self.thinking and self.is_attached:
            self.query_one(TopBar).doing = "thinking …"
            self.query_one("#choices").add_class("off")

    def _landed(self, result: Result, then: Callable[[Result], None]) -> None:
        self.thinking = False
        if not self.is_attached:
            return
        self.query_one(TopBar).doing = ""
        self.query_one("#choices").remove_class("off")
        then(result)
        if self._undos:
            self._undos -= 1
            self.action_undo()

    def _failed(self, error: Exception) -> None:
        self.thinking, self._undos = False, 0
        if self.is_attached:
            self.query_one(TopBar).doing = ""
            self.query_one("#choices").remove_class("off")
            if self.view is None:  # nothing to go on with
                self.app.to_menu()
            self.app.explain(error)

    def action_undo(self) -> None:
        session = self.session
        if session is None:
            return
        if self.thinking:
            self._undos += 1
        elif self.view is not None and self.view.undoable:
            # Who presses u and sees a field again wants to press u once more; who types, Ctrl+Z.
            self._by_keys = not isinstance(self.focused, Input)
            self.move(session.undo)
        else:
            self.notify("there is nothing to undo yet", timeout=2)

    # -- showing --------------------------------------------------------------------------------------------------

    def show(self, view: GameView) -> None:
        """Draw a moment of the game."""
        first, self.view = self.view is None, view
        for panel in self.query(Panel):
            panel.view = view
        self.query_one(TopBar).show(view)
        self.query_one("#chips", Chips).show([Chip(u.text, (u.step, u.part)) for u in view.understood])
        self.query_one("#past").scroll_home(animate=False)
        self.query_one("#card").set_class(view.phase == "guess", "guess")
        self.query_one("#card").scroll_home(animate=False)
        if view.phase == "ask":
            self.show_question(view)
        elif view.phase == "guess":
            self.show_guess(view)
        else:
            self.show_end(view)
        self.refresh_bindings()
        if first:
            self.call_after_refresh(self.app.typed.press_again, self.app)

    def say(self, kicker: str, text: str | Content) -> None:
        """Words on the card."""
        self.query_one("#kicker", Static).update(kicker)
        self.query_one("#question", Static).update(Content(clean(text)) if isinstance(text, str) else text)

    def show_question(self, view: GameView) -> None:
        asked = view.asked
        if asked is None:
            return
        self.say(f"Question {view.turn + 1}", asked.text)
        if not asked.open:
            self.offer(YESNO)
        elif asked.by_digit:
            numbered = [Choice(str(i + 1), label, i + 1) for i, label in enumerate(asked.options)]
            self.offer([*numbered, OPEN_UNKNOWN])
        else:
            self.offer_search(asked)

    def show_guess(self, view: GameView) -> None:
        guess = view.guess
        assert guess is not None
        sure = percent(guess.probability).strip()
        kicker = (
            f"I have it, I think. My guess ({sure} sure):"
            if guess.probability >= 0.5
            else f"A shot in the dark ({sure} sure):"
        )
        name = Content.assemble((clean(guess.name), "bold $accent"))
        if guess.twins:
            name = Content.assemble(
                name, ("\nno question tells it from " + clean(", ".join(guess.twins[:3])), f"{MUTED} not bold")
            )
        self.say(kicker, name)
        self.offer(JUDGE)

    def show_end(self, view: GameView) -> None:
        """The game is over."""

    def offer(self, items: list[Choice] | tuple[Choice, ...], hint: str = "", at: int = 0) -> None:
        """Choices by key instead of a field."""
        self.query_one("#search").add_class("hidden")
        choices = self.query_one("#choices", Choices)
        choices.remove_class("hidden")
        choices.display = True
        choices.offer(items, at)
        line = self.query_one("#line", SaidLine)
        line.value = ""
        line.set_class(not self.hears, "hidden")
        if self._by_line and self.hears:
            line.focus()
        else:
            choices.focus()
        self._by_line = False
        self.query_one("#hint", Static).update(hint)

    def offer_search(self, asked: Asked) -> None:
        """A field over the answers of an open question."""
        dont_know = replace(OPEN_UNKNOWN, value=DONT_KNOW_IT)
        belief = self.session.now.belief if self.session is not None else None
        self.search(lambda: lookups.options(self.world, asked.facet_id, belief), [dont_know],
                    "a number will do" if asked.number else "type a name", browse=asked.browse)  # fmt: skip
        hint = "Enter takes ▸ or a sentence · Esc leaves" if self.hears else "Enter takes ▸ · Esc leaves, i returns"
        self.query_one("#hint", Static).update(hint)

    def search(self, index: Callable[[], Index], fixed: list[Choice], placeholder: str, browse: bool = False) -> None:
        self.query_one("#choices").display = False
        self.query_one("#line").add_class("hidden")
        self._by_line = False
        box = self.query_one("#search", SearchBox)
        box.remove_class("hidden")
        box.search_in(index, fixed=fixed, placeholder=placeholder, browse=browse)
        if self._by_keys:
            box.query_one(Choices).focus()
        else:
            box.field.focus()
        self._by_keys = False

    # -- keys -----------------------------------------------------------------------------------------------------

    def on_key(self, event: events.Key) -> None:
        if self.view is None:
            self.app.typed.keep(event)
            return
        if isinstance(self.focused, Input) or event.character is None:
            return
        choices = self.query_one("#choices", Choices)
        if choices.display and choices.press(event.key):
            event.stop()
            return
        line = self.query_one("#line", SaidLine)
        if event.key in ("i", "slash") and not line.has_class("hidden"):
            event.stop()
            line.focus()
            return
        box = self.query_one("#search", SearchBox)
        if box.has_class("hidden"):
            return
        if event.key in ("i", "slash"):
            event.stop()
            box.field.focus()
        elif box.query_one(Choices).press(event.key):
            event.stop()

    def action_keys(self) -> None:
        if self.view is not None and self.query_one("#choices").display:
            self.query_one("#choices").focus()

    def action_chips(self) -> None:
        """To what was understood, which can be taken back there."""
        chips = self.query_one("#chips", Chips)
        if chips.items:
            chips.focus()

    def on_said_line_left(self) -> None:
        choices = self.query_one("#choices", Choices)
        box = self.query_one("#search", SearchBox)
        (choices if choices.display else box.query_one(Choices)).focus()

    def action_spoilers(self) -> None:
        self.toggle_class("bare")
        self.app.keep_hidden("all", self.has_class("bare"))

    def action_field(self, name: str) -> None:
        """What a single key does, from within a field."""
        getattr(self, f"action_{name}")()

    def action_panel(self, name: str) -> None:
        for panel in self.query(f"#{name}"):
            panel.toggle_class("hidden")
            self.app.keep_hidden(name, panel.has_class("hidden"))

    @property
    def unfinished(self) -> bool:
        """Leaving now would lose something."""
        return self.view is not None and bool(self.view.history) and not self.view.over

    def action_leave_game(self) -> None:
        self.app.leave(self.unfinished)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        # Inside a field letters are letters, before the first moment they are kept: what can't be pressed isn't shown.
        in_field = isinstance(self.focused, Input)
        if (in_field or self.view is None) and action in LETTERS:
            return False
        if "chips" in (action, *parameters) and not self.query_one("#chips", Chips).items:
            return False
        if action == "field":
            return in_field and hasattr(self, f"action_{parameters[0]}")
        if action in LETTERS and not hasattr(self, f"action_{action}"):
            return False
        return super().check_action(action, parameters)

    def on_descendant_focus(self) -> None:
        self.refresh_bindings()
