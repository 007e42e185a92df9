"""What is seen beside the question: the likeliest intents, bits left, the best questions, and the agent on you.

Panels draw a `GameView` in whatever width they have.  Each says with letters and lengths what it says with colour.
"""

from __future__ import annotations

from rich.cells import cell_len
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from agents.play.views import GameView
from screens.draw import MUTED, Part, Row, bar, clean, fit, lines, percent, plural, short, sparkline
from sim.answers import ANSWERS

HEAD = "bold $primary"
DIM = MUTED
BAR = "$accent"
DOUBTFUL = 0.2
"""Chance of a forgotten or mixed up facet from which on it is shown."""
MARK = dict(zip(ANSWERS, "○◌?◐●", strict=True))


class Panel(Widget):
    """One drawing of the present view."""

    DEFAULT_CSS = """
    Panel { height: auto; width: 1fr; }
    Panel.hidden { display: none; }
    """
    view: reactive[GameView | None] = reactive(None, layout=True)

    def render(self) -> Content:
        return lines(self.rows(self.view, max(self.content_size.width, 20))) if self.view else Content("")

    def rows(self, view: GameView, width: int) -> list[Row]:
        """What is drawn, line by line, in a width of so many cells: nothing, where a panel has nothing to say."""
        return []


class Likeliest(Panel):
    """The ten likeliest intents as bars."""

    def rows(self, view: GameView, width: int) -> list[Row]:
        out: list[Row] = [[(fit("LIKELIEST", width), HEAD)]]
        size = max(4, width // 5)
        top = max((p for _, p in view.top), default=1.0)
        for name, p in view.top:
            # Against the likeliest, or 15,000 films would all look alike at first; the figure has the truth.
            length = bar(p / top * min(1.0, 0.35 + top), size)
            out.append([(length, BAR), (percent(p), "bold" if p >= 0.1 else DIM), " ", fit(name, width - size - 5)])
        out += [[""]] * (11 - len(out))
        return out


class BitsLeft(Panel):
    """Bits left with their course over the turns."""

    def rows(self, view: GameView, width: int) -> list[Row]:
        now = view.bits[-1] if view.bits else 0.0
        text = f"{now:4.1f} of {view.bits[0] if view.bits else 0:.1f} "
        course = sparkline(view.bits, max(1, width - 10 - len(text)), max(view.bits, default=1.0))
        return [[("BITS LEFT ", HEAD), text, (course, BAR)]]


class BestQuestions(Panel):
    """The questions that would tell most."""

    def rows(self, view: GameView, width: int) -> list[Row]:
        out: list[Row] = [[(fit("BEST QUESTIONS", width - 5), HEAD), (" bits", DIM)]]
        asked = view.asked.text if view.asked else ""
        for text, bits in view.best:
            mark = "▸" if text == asked else " "
            out.append([(mark, BAR), fit(text, width - 6), (f"{bits:5.2f}", "bold" if text == asked else DIM)])
        out += [[""]] * (6 - len(out))
        return out


class AboutYou(Panel):
    """What kind of user the agent takes you for, and which memories it doubts."""

    def rows(self, view: GameView, width: int) -> list[Row]:
        out: list[Row] = [[(fit("WHAT IT MAKES OF YOU", width), HEAD)]]
        cells: list[Part] = []
        if len(view.types) > 1:
            room = width
            for k, (name, p) in enumerate(sorted(view.types, key=lambda t: -t[1])):
                text = f"{name} {p:.0%}  "
                if len_cells(text) <= room + 2:
                    cells.append((text, DIM if k else "bold"))
                    room -= len_cells(text)
            out.append(cells)
        for noun, forgotten, muddled in view.doubts[:2]:
            p = max(forgotten, muddled)
            if p >= DOUBTFUL:
                what = "forgotten" if forgotten >= muddled else "mixed up"
                out.append([(fit(f"{noun}: {what}?", width - 4), "$warning"), (percent(p), DIM)])
        if len(out) < 3 and view.turn:
            out.append([(fit("your answers fit together well", width), DIM)])
        return out + [[""]] * (4 - len(out))


class History(Panel):
    """What was asked and answered, the last on top."""

    def rows(self, view: GameView, width: int) -> list[Row]:
        if not view.history and not view.opening and not view.wrong:
            return [[""]]
        out: list[Row] = []
        if view.wrong:
            out.append([(fit("not " + ", not ".join(view.wrong), width), "$warning")])
        for e in reversed(view.history):
            answer = fit_answer(e.answer_text, width // 2)
            if e.said and len_cells(answer) + len(e.said) < width // 2:
                answer += f" “{clean(e.said)}”"
            out.append([(f"{e.turn:2} ", DIM), fit(e.text, width - 4 - len_cells(answer)), " ", (answer, "bold")])
        out += [[(fit(sentence, width), DIM)] for sentence in view.opening]
        return out


class TopBar(Widget):
    """One line: where one is, what the agent does, how far it is."""

    DEFAULT_CSS = """
    TopBar { dock: top; height: 1; padding: 0 1; background: $panel; color: $foreground; }
    """
    title: reactive[str] = reactive("clarigym")
    doing: reactive[str] = reactive("")
    where: reactive[str] = reactive("")

    def render(self) -> Content:
        width = max(self.content_size.width, 10)
        right = f"{self.doing}   {self.where}" if self.doing else self.where
        left = fit(self.title, max(0, width - len_cells(right) - 1))
        return Content.assemble((left, "bold $primary"), " ", (self.doing, "$accent"), right[len(self.doing) :])

    def show(self, view: GameView) -> None:
        """How far the game is."""
        left = view.budget - view.turn
        where = f"question {view.turn + 1} of {view.budget}" if view.phase == "ask" else plural(view.turn, "question")
        self.where = where if left or view.phase != "ask" else "no questions left"


def fit_answer(text: str, width: int) -> str:
    """An answer with a mark that needs no colour, cut to the width."""
    return short(f"{MARK[text]} {text}" if text in MARK else text, width)


def len_cells(text: str) -> int:
    return cell_len(text)
