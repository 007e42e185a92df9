"""The first screen: what to play, and with what.  Light, because it is what the first paint shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Footer, Static

from agents.play.views import Mode, Setup
from agents.strategies.registry import AGENTS as REGISTERED
from screens.draw import MUTED, Row, clean, fit, lines

if TYPE_CHECKING:
    from screens.host import Host

MODES: dict[Mode, tuple[str, str]] = {
    Mode.PLAY: ("Play", "you think of something, the agent asks"),
    Mode.OPENING: ("Play, with a head start", "say first what you know already"),
    Mode.CARD: ("Role card", "you get a role, with a faulty memory"),
    Mode.WATCH: ("Watch", "a simulated user answers, you look on"),
    Mode.ASK: ("Ask", "roles reversed: you ask, with a coach"),
}
CATALOGUES: dict[str, str] = {
    "famous": "films that everybody knows, and what one remembers",
    "movies-1k": "the 1,000 best known, to 2014",
    "movies": "17,000 films, to 2014",
    "animals": "a hundred or so; good to begin with",
    "groceries": "products that differ in one detail",
    "toy": "eight pizzas",
}
QUESTIONS = {"mixed": "yes/no and open", "yesno": "twenty questions proper", "open": "who, what, when"}
NOISE = {
    "people": "some know it well, some half remember",
    "seekers": "people half remember",
    "fans": "people know it well",
    "clean": "people never err",
    "typical": "people forget and mix things up",
    "hard": "people err a lot",
}
AGENTS: dict[str, str] = {
    "learned": "learned from dialogues how people err",
    "exact": "asks what tells most, by the book",
    "lookahead": "thinks two questions ahead, slowly",
    "independent": "takes every answer at its word",
    "entropy": "likes surprising answers",
    "fixed": "asks everybody the same",
    "uniform": "asks anything: be patient",
}
"""How agents are told to players; others have the registry's line."""
FILE = "a file …"
Value = str | int
LOGO = "clarigym"
MOTTO = "twenty questions with someone who knows that memories fail"


class Menu(Widget, can_focus=True):
    """Modes above, settings below: up and down between lines, left and right through a setting's values."""

    DEFAULT_CSS = "Menu { height: auto; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", "Up", show=False),
        Binding("down", "move(1)", "Choose", key_display="↑↓"),
        Binding("left", "turn(-1)", "Change", show=False),
        Binding("right", "turn(1)", "Change", key_display="←→"),
        Binding("enter", "go", "Start", key_display="Enter"),
        Binding("space", "go", "Start", show=False),
    ]
    at: reactive[int] = reactive(0)
    setup: reactive[Setup] = reactive(Setup(), layout=True)

    class Go(Message):
        """A mode was chosen."""

        def __init__(self, mode: Mode) -> None:
            super().__init__()
            self.mode = mode

    class WantsFile(Message):
        """A catalogue is to be read from a file."""

    def __init__(self, setup: Setup, agents: Sequence[str]) -> None:
        super().__init__()
        self.agents = list(agents)
        self._typing = False
        self.set_reactive(Menu.setup, setup)

    @property
    def settings(self) -> dict[str, dict[Value, str]]:
        """Field of `Setup` to its values, each with a note."""
        setup = self.setup
        agents = {name: line for name, (_, line) in REGISTERED.items()} | AGENTS
        seeds = [seed for seed in (setup.seed - 1, setup.seed, setup.seed + 1) if seed >= 0]
        return {
            "catalogue": {**_offered(CATALOGUES, setup.catalogue), FILE: "CSV, Parquet or JSONL"},
            "agent": {name: agents.get(name, "") for name in self.agents},
            "questions": {**QUESTIONS},
            "noise": _offered(NOISE, setup.noise),
            "budget": dict.fromkeys(sorted({5, 10, 15, 20, 25, 30, 40, setup.budget}), "questions at most"),
            "seed": dict.fromkeys(seeds, "simulated users, role cards; or type"),
        }

    def render(self) -> Content:
        width = max(self.content_size.width, 30)
        rows: list[Row] = []
        for i, (title, note) in enumerate(MODES.values()):
            here = i == self.at
            rows.append([
                ("▸ " if here else "  ", "bold $accent"),
                (f" {i + 1} ", "reverse" if here else "$accent on $surface"), " ",
                (fit(title, 24), "bold $accent" if here else "bold"), (fit(note, width - 30), MUTED),
            ])  # fmt: skip
        rows.append([""])
        for k, (name, notes) in enumerate(self.settings.items()):
            here = len(MODES) + k == self.at
            value = getattr(self.setup, name)
            shown = clean(Path(str(value)).name if name == "catalogue" and value not in CATALOGUES else str(value))
            values = list(notes)
            at = values.index(value) if value in values else 0
            left = "‹ " if here and at > 0 else "  "
            right = " ›" if here and (at < len(values) - 1) else "  "
            rows.append([
                ("▸ " if here else "  ", "bold $accent"), (fit(name, 11), "bold" if here else MUTED),
                (left, "$accent"), (fit(shown, max(13, min(24, len(shown)))), "bold $accent" if here else ""),
                (right, "$accent"), (fit(notes.get(value, ""), max(0, width - 42)), MUTED),
            ])  # fmt: skip
        return lines(rows)

    @property
    def lines_count(self) -> int:
        return len(MODES) + len(self.settings)

    def _type(self, name: str, key: str) -> None:
        """A number typed on its line: the first digit begins anew."""
        digits = str(getattr(self.setup, name)) if self._typing else ""
        digits = digits[:-1] if key == "backspace" else digits + key
        self._typing = True
        try:
            self.setup = replace(self.setup, **{name: int(digits[:9] or 0)})
        except ValueError as error:
            self.notify(str(error), severity="warning", timeout=4, markup=False)

    def action_move(self, by: int) -> None:
        self._typing = False
        self.at = (self.at + by) % self.lines_count

    def action_turn(self, by: int) -> None:
        if self.at < len(MODES):
            return
        name, notes = list(self.settings.items())[self.at - len(MODES)]
        values = list(notes)
        value = getattr(self.setup, name)
        at = (values.index(value) if value in values else 0) + by
        if not 0 <= at < len(values):
            return
        if values[at] == FILE:
            self.post_message(self.WantsFile())
        else:
            self.setup = replace(self.setup, **{name: values[at]})

    def action_go(self) -> None:
        if self.at < len(MODES):
            self.post_message(self.Go(list(MODES)[self.at]))
        elif self.at == len(MODES):
            self.post_message(self.WantsFile())
        else:
            self.action_turn(1)

    def on_key(self, event: events.Key) -> None:
        name = list(self.settings)[self.at - len(MODES)] if self.at >= len(MODES) else ""
        if name in ("budget", "seed"):
            if event.key.isdigit() or event.key == "backspace":
                self._type(name, event.key)
                event.stop()
        elif event.key.isdigit() and 1 <= int(event.key) <= len(MODES):
            self.at = int(event.key) - 1
            self.action_go()
            event.stop()

    def on_click(self, event: events.Click) -> None:
        self.focus()
        if event.y < len(MODES):
            self.at = event.y
            self.action_go()
        elif event.y > len(MODES) and event.y - 1 < self.lines_count:
            self.at = event.y - 1
            self.action_turn(-1 if event.x < 15 else 1)


def _offered(known: Mapping[str, str], chosen: str) -> dict[Value, str]:
    """Values with their notes, and the chosen one, which somebody may have named by hand."""
    return {**known, **({} if chosen in known else {chosen: ""})}


class StartScreen(Screen):
    """Modes and settings."""

    DEFAULT_CSS = """
    StartScreen { align: center middle; }
    StartScreen #start {
        width: 84; max-width: 100%; height: auto; max-height: 100%; padding: 0 2; scrollbar-size: 1 1;
    }
    StartScreen #logo { height: auto; margin-bottom: 1; }
    StartScreen #saving { color: $text-muted; height: auto; margin-top: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f1", "app.help", "Help"),
        Binding("q", "app.quit", "Quit"),
    ]
    app: Host

    def __init__(self, setup: Setup, agents: Sequence[str]) -> None:
        super().__init__()
        self.setup, self.agents = setup, agents

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="start", can_focus=False):
            yield Static(lines([[(LOGO, "bold $primary"), (f"  {MOTTO}", MUTED)]]), id="logo")
            yield Menu(self.setup, self.agents)
            yield Static("", id="saving", markup=False)
        yield Footer(show_command_palette=True)

    def on_mount(self) -> None:
        self.query_one(Menu).focus()
        self._tell()

    def on_screen_resume(self) -> None:
        self._tell()

    def _tell(self) -> None:
        folder = self.app.saver.folder
        score = f"Found {self.app.won} of {self.app.played} so far. " if self.app.played else ""
        saving = f"Dialogues are kept in {folder}" if folder else "Dialogues are not saved."
        self.query_one("#saving", Static).update(score + saving)

    def on_menu_go(self, event: Menu.Go) -> None:
        self.app.enter(event.mode, self.query_one(Menu).setup)

    def on_menu_wants_file(self) -> None:
        from screens.file import FileScreen  # an input's module is a tenth of the first paint

        def then(path: str | None) -> None:
            if path:
                menu = self.query_one(Menu)
                menu.setup = replace(menu.setup, catalogue=path)

        self.app.push_screen(FileScreen(), then)
