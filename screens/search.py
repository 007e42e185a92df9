"""A field that suggests names while one types, over tens of thousands of them.

Typing goes into the field and nowhere else: single keys that mean something elsewhere are letters here, and Escape
leaves it.  Each search runs on the app's search thread; an answer that comes after more was typed is dropped.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input

from agents.play.search import Hit, Index, fold
from screens.choices import Choice, Choices
from screens.host import Host

ROWS = 9


class SearchInput(Input):
    """An input whose arrows move in the list below it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "list(-1)", "Up", show=False),
        Binding("down", "list(1)", "Down", show=False),
        Binding("escape", "leave", "Leave the field"),
    ]

    def action_list(self, by: int) -> None:
        self.box.query_one(Choices).action_move(by)

    def action_leave(self) -> None:
        choices = self.box.query_one(Choices)
        choices.at = max(choices.at, 0)
        choices.focus()

    @property
    def box(self) -> SearchBox:
        assert isinstance(self.parent, SearchBox)
        return self.parent


class SearchBox(Vertical):
    """Field and list; `search_in` says what is searched.

    Args:
        placeholder: what to type.
    """

    DEFAULT_CSS = """
    SearchBox { height: auto; }
    SearchBox Input { margin: 0 0 0 0; border: tall $primary-muted; height: 3; }
    SearchBox Input:focus { border: tall $accent; }
    SearchBox.hidden { display: none; }
    """

    class Worded(Message):
        """Something was typed and entered that is surely no name here: perhaps a sentence."""

        def __init__(self, box: SearchBox, text: str) -> None:
            super().__init__()
            self.box, self.text = box, text

        @property
        def control(self) -> SearchBox:
            return self.box

    class Picked(Message):
        """A name or a fixed choice was taken."""

        def __init__(self, box: SearchBox, choice: Choice) -> None:
            super().__init__()
            self.box, self.choice = box, choice

        @property
        def control(self) -> SearchBox:
            return self.box

    app: Host

    def __init__(self, *, placeholder: str = "type a name", id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.fixed: tuple[Choice, ...] = ()
        """Choices that stand under the names, and alone while nothing is typed."""
        self.placeholder = placeholder
        self._index: Callable[[], Index] | None = None
        self._asked = 0
        self._browse = self._ready = False
        self._pending_enter = False
        self._fresh = True

    def compose(self) -> ComposeResult:
        yield SearchInput(placeholder=self.placeholder)
        choices = Choices()
        choices.beside_field = True
        yield choices

    @property
    def field(self) -> SearchInput:
        return self.query_one(SearchInput)

    def search_in(
        self,
        index: Callable[[], Index],
        *,
        fixed: Sequence[Choice],
        placeholder: str,
        browse: bool = False,
        ready: bool = False,
    ) -> None:
        """Begin anew with other names.

        Args:
            index: makes or fetches the names; called on the search thread.
            browse: show names before anything is typed.
            ready: Enter in the empty field takes the first line; else it takes nothing, for Enter is soon pressed.
        """
        self._index, self.fixed, self._browse, self._ready = index, tuple(fixed), browse, ready
        field = self.field
        field.placeholder = placeholder
        with field.prevent(Input.Changed):
            field.value = ""
        if not browse:
            # Made before the first letter comes: tens of thousands of names take a moment.
            self.app.search_engine.submit(index)
        self._look("")

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self._look(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if self._fresh:
            self._enter()
        else:
            self._pending_enter = True  # typed faster than it was found: take what comes

    def _enter(self) -> None:
        """Take what is marked; where nothing is, it may be a sentence."""
        if self.query_one(Choices).at >= 0:
            self.query_one(Choices).action_choose()
        elif self.field.value.strip():
            self.post_message(self.Worded(self, self.field.value))

    def on_choices_chosen(self, event: Choices.Chosen) -> None:
        event.stop()
        self.post_message(self.Picked(self, event.choice))

    def _look(self, query: str) -> None:
        self._asked += 1
        number, index = self._asked, self._index
        self._pending_enter = False
        if index is None or (not query.strip() and not self._browse):
            self._fresh = True
            self._show([], query)
            return
        self._fresh = False

        def job() -> list[Hit] | None:
            # Somebody typed on in the meantime: this question is nobody's any more.
            return index().find(query, ROWS) if number == self._asked else None

        def then(hits: list[Hit] | None) -> None:
            if hits is None or number != self._asked or not self.is_attached:
                return
            self._fresh = True
            self._show(hits, query)
            if self._pending_enter:
                self._pending_enter = False
                self._enter()

        self.app.search_engine.submit(job, then)

    def _show(self, hits: Sequence[Hit], query: str) -> None:
        found = tuple(Choice("", hit.label, hit.key) for hit in hits)
        if query.strip():
            self.query_one(Choices).offer((*found, *self.fixed), self._taken_by_enter(hits, query))
        else:
            self.query_one(Choices).offer((*self.fixed, *found), 0 if self._ready else -1)

    def _taken_by_enter(self, hits: Sequence[Hit], query: str) -> int:
        """The place of what was surely meant, a name or a fixed choice; -1 where nothing was."""
        if hits and hits[0].sure:
            return 0
        meant = [k for k, choice in enumerate(self.fixed) if fold(choice.label).startswith(fold(query.strip()))]
        return len(hits) + meant[0] if meant else -1
