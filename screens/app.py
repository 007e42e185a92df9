"""The app: its screens one after the other, two themes, and what the screens share.

Two threads work for it: one thinks (a game is only ever touched there), one searches.  Both post messages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual import events
from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.reactive import reactive
from textual.screen import Screen
from textual.widgets import Static

from agents.play import saves
from agents.play.views import Mode, Review, Setup
from agents.strategies.registry import AGENTS, LEARNED
from screens.engine import Engine, JobDone, JobFailed
from screens.host import Host
from screens.kept_keys import KeptKeys
from screens.listening import Listening
from screens.start import StartScreen
from screens.themes import DARK, LIGHT
from sim.files import write_atomically

if TYPE_CHECKING:
    from agents.play.mind import GameWorld
    from sim.dialogue import Dialogue

SMALLEST = (60, 20)


class TooSmall(Static):
    """Instead of a screen that doesn't fit."""

    terminal: reactive[Size] = reactive(Size(0, 0))

    def __init__(self, terminal: Size) -> None:
        super().__init__()
        self.set_reactive(TooSmall.terminal, terminal)

    def render(self) -> str:
        width, height = self.terminal
        return f"{width} x {height} is too small: {SMALLEST[0]} x {SMALLEST[1]} is needed, 80 x 24 is nice"


class ClarigymApp(Host):
    """The app.

    Args:
        setup: what to play with.
        mode: what to play at once; None for the menu.
        save: the folder for dialogues; None keeps none.
        replay: a dialogue to replay.
        remembering: keep the choices for next time.
        encoder: what reads sentences, as `agents.language.reader.Reader` takes it; "" reads by patterns alone.
    """

    TITLE = "clarigym"
    CSS = """
    Screen { background: $background; }
    Screen { layers: default cover; }
    Toast { max-width: 60; }
    TooSmall {
        layer: cover; dock: top; width: 100%; height: 100%; content-align: center middle; text-align: center;
        background: $background; color: $warning;
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f1", "help", "Help", show=False),
        Binding("ctrl+q", "quit", "Quit", show=False),
        Binding("ctrl+c", "quit", "Quit", show=False, priority=True),
    ]

    def __init__(
        self,
        setup: Setup | None = None,
        *,
        mode: Mode | None = None,
        save: Path | None = None,
        replay: Dialogue | None = None,
        remembering: bool = False,
        encoder: str = "",
    ) -> None:
        super().__init__()
        self.setup = setup or Setup(agent=LEARNED)
        self.mode = mode
        self.replay = replay
        self.saver = saves.Saver(save)
        self.remembering = remembering
        kept = saves.remembered() if remembering else {}
        hidden, theme = kept.get("hidden"), kept.get("theme")
        self.hidden: set[str] = {str(name) for name in hidden} if isinstance(hidden, list) else set()
        self._theme_kept = theme if isinstance(theme, str) else DARK.name
        # Made before anything is mounted: a signal may end the app at any moment, and unmounting stops them.
        self.engine, self.search_engine = Engine(self, "thinking"), Engine(self, "searching")
        self.listening = Listening(self, encoder, self._can_listen, self.explain)
        self._noted = False
        """What is missing to understand sentences was said."""
        self._results: dict[int, bool] = {}
        self.terminal = Size(80, 24)
        self._games = 0
        self._seed_step = 0
        self.typed = KeptKeys()
        self._tell: Callable[[str, float], None] = lambda what, share: None
        self._worlds: dict[Setup, GameWorld] = {}

    def on_mount(self) -> None:
        self.leave_on_signals()
        self.register_theme(DARK)
        self.register_theme(LIGHT)
        self.theme = self._theme_kept if self._theme_kept in self.available_themes else DARK.name
        self.screen_change_signal.subscribe(self, lambda screen: self.call_after_refresh(self.cover), immediate=True)
        self.push_screen(StartScreen(self.setup, list(AGENTS)))
        if self.replay is not None:
            self.enter(Mode.REPLAY, self.setup)
        elif self.mode is not None:
            self.enter(self.mode, self.setup)

    def on_unmount(self) -> None:
        self.engine.stop()
        self.search_engine.stop()
        self.listening.engine.stop()

    def on_resize(self, event: events.Resize) -> None:
        self.terminal = event.size
        self.cover()

    def cover(self) -> None:
        """Say so where the terminal is too small to play in."""
        width, height = self.terminal
        small = width < SMALLEST[0] or height < SMALLEST[1]
        for screen in self.screen_stack:
            covers = screen.query(TooSmall)
            if small and screen is self.screen and not covers and screen.is_mounted:
                screen.mount(TooSmall(self.terminal))
            elif small and covers:
                covers.last(TooSmall).terminal = self.terminal
            elif covers:
                covers.remove()

    def on_job_done(self, message: JobDone[Any]) -> None:
        message.deliver()

    def on_job_failed(self, message: JobFailed) -> None:
        message.deliver()

    # -- from screen to screen ------------------------------------------------------------------------------------

    def enter(self, mode: Mode, setup: Setup) -> None:
        """Load what a mode needs and go there."""
        from screens.loading import LoadingScreen

        self.setup = setup
        self._seed_step = 0
        self.typed.forget()
        if self.remembering:
            saves.remember(setup, theme=self.theme, hidden=sorted(self.hidden))
        self.push_screen(LoadingScreen(setup, lambda world: self._enter(mode, world)))

    def _enter(self, mode: Mode, world: GameWorld) -> None:
        if world.note:
            self.notify(world.note, timeout=8, markup=False)
        if mode not in (Mode.WATCH, Mode.REPLAY):
            self.listening.prepare(world)
        self.switch_screen(self._screen_of(mode, world))

    def _can_listen(self, note: str) -> None:
        """Sentences can be understood from now on; what is missing is said once."""
        if note and not self._noted:
            self._noted = True
            self.notify(note, timeout=8, markup=False)
        for screen in self.screen_stack:
            told = getattr(screen, "can_listen", None)
            if told is not None:
                told()

    def _screen_of(self, mode: Mode, world: GameWorld) -> Screen[None]:
        """The screen of a mode, imported now: it brings numpy along, which the first paint doesn't wait for."""
        from screens.ask import AskScreen
        from screens.opening import OpeningScreen
        from screens.play import CardScreen, PlayScreen
        from screens.watch import WatchScreen

        match mode:
            case Mode.OPENING:
                return OpeningScreen(world)
            case Mode.CARD:
                return CardScreen(world)
            case Mode.WATCH:
                return WatchScreen(world)
            case Mode.REPLAY:
                return WatchScreen(world, self.replay)
            case Mode.ASK:
                return AskScreen(world)
            case Mode.PLAY:
                return PlayScreen(world)

    def load(
        self,
        setup: Setup,
        progress: Callable[[str, float], None],
        then: Callable[[GameWorld], None],
        failed: Callable[[Exception], None],
    ) -> None:
        """The world of a setup, kept for the next game; the seed makes no difference to it."""
        key, self._tell = replace(setup, seed=0), progress

        def job() -> GameWorld:
            from agents.play.mind import load_world

            if key not in self._worlds:
                self._worlds.clear()  # one is enough: a large one holds hundreds of megabytes
                self._worlds[key] = load_world(setup, progress)
            world = self._worlds[key]
            world.setup = replace(setup, agent=world.setup.agent)
            return world

        self.engine.submit(job, then, failed)

    def compile(self) -> None:
        self._tell("compiling, once on this machine; it takes up to a minute", 0.6)
        super().compile()

    def to_menu(self) -> None:
        """Back to the first screen."""
        while len(self.screen_stack) > 2:
            self.pop_screen()

    def action_to_menu(self) -> None:
        self.to_menu()

    def leave(self, unfinished: bool) -> None:
        """Leave a game; ask first where it is unfinished, for its answers would be lost."""
        if not unfinished:
            self.to_menu()
            return
        from screens.confirm import ConfirmScreen

        self.push_screen(
            ConfirmScreen("Leave this game? Its answers would be lost."), lambda yes: self.to_menu() if yes else None
        )

    # -- what screens share ---------------------------------------------------------------------------------------

    @property
    def played(self) -> int:
        return len(self._results)

    @property
    def won(self) -> int:
        return sum(self._results.values())

    def score_game(self, number: int, right: bool) -> None:
        self._results[number] = right

    def unscore(self, number: int) -> None:
        self._results.pop(number, None)

    def next_game(self) -> int:
        self._games += 1
        return self._games

    def next_seed(self) -> int:
        """Another seed each time, from the chosen one on."""
        self._seed_step += 1
        return self.setup.seed + self._seed_step - 1

    def keep_hidden(self, name: str, hidden: bool) -> None:
        """Remember which panels are hidden."""
        (self.hidden.add if hidden else self.hidden.discard)(name)
        if self.remembering:
            saves.remember(self.setup, theme=self.theme, hidden=sorted(self.hidden))

    def explain(self, error: Exception) -> None:
        """An error as a sentence; a fault of our own says so."""
        text = (
            str(error)
            if isinstance(error, ValueError | OSError)
            else f"internal error: {type(error).__name__}: {error}"
        )
        self.notify(text, severity="error", timeout=12, markup=False)

    def export(self, record: Dialogue, review: Review | None, beside: Path | None) -> None:
        """A dialogue as Markdown."""
        path = beside.with_suffix(".md") if beside is not None else Path.cwd() / f"clarigym-{self._games}.md"
        try:
            write_atomically(path, saves.markdown(record, review).encode())
        except OSError as error:
            self.notify(f"not exported: {path}: {error.strerror or error}", severity="error", markup=False)
        else:
            self.notify(f"exported to {path}", timeout=6, markup=False)

    def action_help(self) -> None:
        from screens.help import HelpScreen

        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen())

    def action_dark(self) -> None:
        self.theme = LIGHT.name if self.current_theme.dark else DARK.name
        if self.remembering:
            saves.remember(self.setup, theme=self.theme, hidden=sorted(self.hidden))

    def get_system_commands(self, screen: Screen) -> Iterable[SystemCommand]:
        yield from super().get_system_commands(screen)
        yield SystemCommand("Light or dark", "The other of the two themes", self.action_dark)
        yield SystemCommand("Help", "What the keys do", self.action_help)
        yield SystemCommand("Menu", "Back to the first screen", self.to_menu)
        for title, action, note in (
            ("No spoilers", "spoilers", "Hide or show everything that the agent thinks"),
            ("Undo", "undo", "Take back the last thing that happened"),
        ):
            method = getattr(screen, f"action_{action}", None)
            if method is not None:
                yield SystemCommand(title, note, method)
