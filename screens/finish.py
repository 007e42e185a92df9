"""The end of a game: right or wrong, what it was, where the trail was lost, and what next."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Footer, Input, Static

from agents.play import lookups
from agents.play.game import Session
from agents.play.mind import GameWorld
from agents.play.saves import dialogue_of
from agents.play.views import GameView, Mode, Review
from screens.choices import Choice, Choices
from screens.draw import MUTED, Row, clean, lines, percent, plural, sparkline
from screens.host import Host
from screens.search import SearchBox
from sim.dialogue import Dialogue
from sim.phrasing import corruption_sentences
from sim.users.corruption import Corruption


class NextStep(StrEnum):
    """What comes after the end."""

    UNDO = "undo"
    ON = "on"
    """Play on: the guess was wrong, and is ruled out."""
    AGAIN = "again"
    MENU = "menu"
    QUIT = "quit"


NOT_THERE, NOT_SAYING = "not there", "not saying"
AGAIN = {
    Mode.PLAY: "new game",
    Mode.OPENING: "new game",
    Mode.CARD: "new game",
    Mode.WATCH: "the next user",
    Mode.REPLAY: "once more",
    Mode.ASK: "another one",
}
"""What "again" means after a game of each mode."""


@dataclass(frozen=True, kw_only=True)
class Ended:
    """A game whose truth is known, or known to be none."""

    record: Dialogue
    saved_in: Path | None
    sentence: str
    """Where it was saved, or why it wasn't."""
    review: Review | None


class FinishScreen(ModalScreen[NextStep]):
    """What came of a game.

    Args:
        mode: who played, which says what is scored, what is kept and what may come next.
        truth: the intent, where it is known; else the person is asked.
        corruptions: what was wrong in the memory that was played.
        remark: said before the story of the game.
    """

    DEFAULT_CSS = """
    FinishScreen { align: center middle; }
    FinishScreen #box {
        width: 76; max-width: 96%; height: auto; max-height: 94%; padding: 1 2; background: $surface;
        border: round $primary;
    }
    FinishScreen #box.right { border: round $success; }
    FinishScreen #box.wrong { border: round $warning; }
    FinishScreen #head { height: auto; text-style: bold; text-align: center; width: 1fr; }
    FinishScreen #story { height: auto; max-height: 1fr; margin-top: 1; scrollbar-size: 1 1; }
    FinishScreen #told { height: auto; width: 1fr; }
    FinishScreen #next { margin-top: 1; }
    FinishScreen #saved { color: $text-muted; height: auto; width: 1fr; margin-top: 1; }
    FinishScreen SearchBox { margin-top: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("u", "out('undo')", "Undo"),
        Binding("e", "export", "Export"),
        Binding("q", "out('quit')", "Quit"),
        Binding("escape", "list", "Menu", show=False),
    ]
    app: Host

    def __init__(
        self, world: GameWorld, session: Session, view: GameView, number: int, *, mode: Mode, truth: int | None,
        corruptions: tuple[Corruption, ...] = (), remark: str = "",
    ) -> None:  # fmt: skip
        super().__init__()
        self.world, self.session, self.view, self.number = world, session, view, number
        self.mode, self.truth, self.corruptions, self.remark = mode, truth, corruptions, remark
        self.ended: Ended | None = None
        """Known once the truth is."""

    @property
    def review(self) -> Review | None:
        return None if self.ended is None else self.ended.review

    def compose(self) -> ComposeResult:
        with Vertical(id="box"):
            yield Static("", id="head", markup=False)
            yield SearchBox(id="what", classes="hidden")
            with VerticalScroll(id="story", can_focus=False):
                yield Static("", id="told", markup=False)
            yield Static("", id="saved", markup=False)
            yield Choices(id="next")
        yield Footer(show_command_palette=True)

    def on_mount(self) -> None:
        right = self.view.phase == "right"
        self.query_one("#box").add_class("right" if right else "wrong")
        self.query_one("#head", Static).update(self._head())
        if not self.mode.watched:
            self.app.score_game(self.number, right)
        if self.truth is not None:
            self.know(self.truth)
        else:
            self.ask()

    def _head(self) -> Content:
        view = self.view
        name = clean(view.guess.name) if view.guess else ""
        asked = plural(view.turn, "question")
        if view.phase == "right":
            return Content.assemble(("★  Found it!  ★\n", "bold $success"), (name, "bold $accent"), f"\nin {asked}")
        if view.phase == "wrong":
            return Content.assemble(("Not it, then.\n", "bold $warning"), f"It wasn't {name}, after {asked}.")
        if view.phase == "left" and self.mode is Mode.ASK:
            return Content.assemble(("You gave up.\n", "bold $warning"), f"after {asked}")
        if view.phase == "left":
            return Content.assemble(("The user walked away.\n", "bold $warning"), f"after {asked}")
        return Content.assemble(("I give up.\n", "bold $warning"), "Nothing is left that I could name.")

    def ask(self) -> None:
        """What was it?"""
        self.query_one("#told", Static).update("")
        left = self.view.budget - self.view.turn
        on = f"play on: {plural(left, 'question')} left" if left > 0 else "play on with five more questions"
        fixed = [
            *([Choice("", on, NextStep.ON)] if self.view.phase == "wrong" else []),
            Choice("", f"it isn't in this catalogue, I searched for my {self.view.noun}", NOT_THERE),
            Choice("", "I'd rather not say", NOT_SAYING),
        ]
        self.query_one("#next", Choices).display = False
        box = self.query_one("#what", SearchBox)
        box.remove_class("hidden")
        belief = self.session.now.belief
        box.search_in(
            lambda: lookups.intents(self.world, belief), fixed=fixed, placeholder="What was it? Type its name"
        )
        box.field.focus()

    def on_search_box_picked(self, event: SearchBox.Picked) -> None:
        value = event.choice.value
        if isinstance(value, int):
            self.know(value)
        elif value == NextStep.ON:
            self.dismiss(NextStep.ON)
        else:
            why = "It isn't in the catalogue: there was nothing to find." if value == NOT_THERE else "Fair enough."
            apart = "" if self.app.saver.folder is None else " The dialogue is kept apart from those to learn from."
            self.query_one("#told", Static).update(why + apart)
            self.know(None)

    def know(self, intent: int | None) -> None:
        """The truth is known, or known to be none: look back and keep the dialogue."""
        self.truth = intent
        self.query_one("#what").add_class("hidden")
        self.app.engine.submit(lambda: self._keep(intent), self._known, self.app.explain)

    def _keep(self, intent: int | None) -> Ended:
        """Save the game and look back on it; a replayed one is saved already."""
        record = dialogue_of(self.session, self.mode, intent, self.corruptions)
        kept = (None, "") if self.mode is Mode.REPLAY else self.app.saver.save(record, self.number)
        told = corruption_sentences(self.world.bank, self.corruptions, [e.question for e in self.view.history])
        review = self.session.review(intent, told) if intent is not None else None
        return Ended(record=record, saved_in=kept[0], sentence=kept[1], review=review)

    def _known(self, ended: Ended) -> None:
        if not self.is_attached:
            return
        self.ended = ended
        if ended.review is not None:
            told = story(ended.review, self.view, you="you" if self.mode.person_answers else "the user")
            if self.remark:
                told = Content.assemble((self.remark, "bold"), "\n", told)
            self.query_one("#told", Static).update(told)
        score = "" if self.mode.watched else f"Score: found {self.app.won} of {self.app.played}.  "
        self.query_one("#saved", Static).update(score + ended.sentence[:1].upper() + ended.sentence[1:])
        items = [
            Choice("n", AGAIN[self.mode], NextStep.AGAIN),
            Choice("m", "menu", NextStep.MENU),
            Choice("u", "undo", NextStep.UNDO),
        ]
        if self.view.phase == "wrong" and self.mode.person_answers:
            items.insert(0, Choice("p", "play on without it", NextStep.ON))
        choices = self.query_one("#next", Choices)
        choices.display = True
        choices.offer(items)
        choices.focus()

    def on_choices_chosen(self, event: Choices.Chosen) -> None:
        if event.choices.id == "next":
            self.dismiss(NextStep(event.choice.value))

    def on_key(self, event: events.Key) -> None:
        choices = self.query_one("#next", Choices)
        if not isinstance(self.focused, Input) and choices.display and choices.press(event.key):
            event.stop()

    def action_out(self, outcome: str) -> None:
        self.dismiss(NextStep(outcome))

    def action_list(self) -> None:
        choices = self.query_one("#next", Choices)
        if choices.display:
            choices.focus()

    def action_export(self) -> None:
        """The dialogue as Markdown, beside its JSONL or in the working folder."""
        if self.ended is None:
            self.notify("say what it was first", timeout=3)
            return
        self.app.export(self.ended.record, self.ended.review, self.ended.saved_in)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if isinstance(self.focused, Input) and action in ("out", "export"):
            return False
        return super().check_action(action, parameters)

    def on_descendant_focus(self) -> None:
        self.refresh_bindings()


def story(review: Review, view: GameView, *, you: str = "you") -> Content:
    """What happened, now that the truth is known.

    Args:
        you: whoever answered.
    """
    rows: list[Row] = []
    if view.phase != "right":
        rows.append(["It was ", (clean(review.name), "bold $accent"), "."])
    p, rank = review.trail[-1]
    # By its logarithm: from one in a million to certain, or the first half of a game would be flat.
    course = sparkline([1 + math.log10(max(q, 1e-6)) / 6 for q, _ in review.trail], 40, 1.0)
    rows.append(
        [("its chance, answer by answer ", MUTED), (course, "$accent"), f" {percent(p).strip()}, rank {rank:,}"]
    )
    if review.lost_at is not None:
        e = view.history[review.lost_at - 1]
        lost = "It was led astray" if view.phase == "right" else "The trail was lost"
        rows.append([
            (f"{lost} at question {e.turn}", "bold $warning"),
            f" ({review.lost_bits:.1f} bits): {clean(e.text)} ", (clean(e.answer_text), "bold"),
        ])  # fmt: skip
    if review.disagreements:
        rows.append([("Here the catalogue begs to differ:", "bold")])
        rows += [
            [(f"{d.turn or '':>3} ", MUTED), clean(d.text), " ", (clean(d.answer_text), "bold"),
             (f"  ({clean(d.truth)})", MUTED)]
            for d in review.disagreements
        ]  # fmt: skip
    elif view.history:
        rows.append([f"Nothing that {you} said contradicts the catalogue."])
    if review.unknown:
        rows.append([(f"“Don't know”, {plural(review.unknown, 'time')}.", MUTED)])
    if review.corruptions:
        rows.append([("What the memory had wrong:", "bold")])
        rows += [[f"  · {you} {clean(c)}"[:300]] for c in review.corruptions]
    return lines(rows)
