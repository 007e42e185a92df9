"""A dialogue turn by turn: what was asked and answered, and what could be known then."""

from __future__ import annotations

import math
import textwrap

from rich.cells import cell_len
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from agents.results.second_look import KnownThen, SecondLook
from screens.draw import MUTED, Part, Row, bar, clean, fit, lines, percent, short, sparkline
from sim.dialogue import Dialogue

HEAD = "bold $primary"
BAR = "$accent"
FLOOR_BITS = -12.0
"""Of log2 p(truth) in a sparkline: what lies below looks alike."""


def wrapped(text: str, width: int, most: int) -> list[str]:
    """A text in lines of so many cells, as `fit` cuts them; at most so many."""
    found = textwrap.wrap(clean(text), max(8, width)) or [""]
    if len(found) > most:
        found = [*found[: most - 1], " ".join(found[most - 1 :])]
    return [fit(line, width) for line in found]


class TurnList(Widget):
    """The turns of a dialogue, one a line; one of them is chosen, 0 being the start."""

    DEFAULT_CSS = """
    TurnList { width: 1fr; height: 1fr; padding: 0 1; }
    """
    at: reactive[int] = reactive(0)
    look: reactive[SecondLook | None] = reactive(None)

    def __init__(self, dialogue: Dialogue, *, beliefs: bool = False) -> None:
        super().__init__()
        self.dialogue, self.beliefs = dialogue, beliefs
        """Whether the belief in the truth stands beside each answer."""

    def render(self) -> Content:
        width, height = max(20, self.content_size.width), max(3, self.content_size.height)
        rows = [self._row(k, width) for k in range(len(self.dialogue.turns) + 1)]
        end = self._ending(width)
        room = height - len(end)
        top = max(0, min(self.at - room // 2, len(rows) - room))
        return lines([*rows[top : top + room], *end])

    def _row(self, k: int, width: int) -> Row:
        d, look = self.dialogue, self.look
        mark = "▸" if k == self.at else " "
        style = "reverse" if k == self.at else ""
        after = self._truth(k) if self.beliefs else ""
        if k == 0:
            said = " ".join(t.answer_text for t in d.opening)
            return [(mark + fit(f"   start{': ' + said if said else ''}", width - 1 - len(after)) + after, style)]
        turn = d.turns[k - 1]
        wrong = look is not None and k in look.false_turns
        lost = look is not None and look.lost_at == k
        flags = ("!" if wrong else " ") + ("▼" if lost else " ")
        answer = short(turn.answer_text or "(left)", max(6, width // 3))
        question = fit(turn.question_text, width - 7 - cell_len(answer) - len(after))
        text = f"{mark}{k:3}{flags}{question} {answer}{after}"
        return [(text, style or ("$warning" if wrong or lost else ""))]

    def _truth(self, k: int) -> str:
        if self.look is None or k >= len(self.look.moments):
            return "     "
        return " " + percent(self.look.moments[k].p_truth)

    def _ending(self, width: int) -> list[Row]:
        d = self.dialogue
        out: list[Row] = [[""]]
        for guess in d.guesses[-2:]:
            verdict = "right" if guess.right else "wrong"
            out.append([fit(f"     guess: {guess.name}, {verdict}", width)])
        if d.user_left:
            out.append([("     the user left", "$warning")])
        wanted = d.intent_name or "unknown"
        return [*out, [(fit(f"     truth: {wanted}", width), "bold")]]


class MomentPanel(Widget):
    """What could be known after the chosen turn, and what the question was worth."""

    DEFAULT_CSS = """
    MomentPanel { width: 1fr; height: 1fr; padding: 0 1; }
    """
    at: reactive[int] = reactive(0)
    look: reactive[SecondLook | None] = reactive(None)
    note: reactive[str] = reactive("working out what could be known …")

    def render(self) -> Content:
        width = max(20, self.content_size.width)
        if self.look is None:
            return lines([[(line, MUTED)] for line in wrapped(self.note, width, 8)])
        at = min(self.at, len(self.look.moments) - 1)
        moment = self.look.moments[at]
        rows: list[Row] = [[(fit("LIKELIEST" if not at else f"LIKELIEST after {at}", width), HEAD)]]
        rows += self._likeliest(moment, width)
        rows += self._course(at, width)
        rows += self._question(width)
        rows += self._user(width)
        if self.look.note:
            rows += [[(line, "$warning")] for line in wrapped(self.look.note, width, 2)]
        return lines(rows)

    def _likeliest(self, moment: KnownThen, width: int) -> list[Row]:
        assert self.look is not None
        size = max(4, width // 5)
        truth = self.look.dialogue.intent_name
        out: list[Row] = []
        for name, p in moment.likeliest:
            right = name == truth
            style: str = "bold $success" if right else ""
            mark = "=" if right else " "
            out.append([(bar(p, size), BAR), percent(p), mark, (fit(name, width - size - 5), style)])
        return out

    def _course(self, at: int, width: int) -> list[Row]:
        assert self.look is not None
        shown = self.look.moments[: at + 1]
        bits = [max(FLOOR_BITS, math.log2(max(m.p_truth, 1e-9))) for m in shown]
        truth = f"truth {percent(shown[-1].p_truth)} rank {shown[-1].rank_of_truth:<5,}"
        left = f"bits left {shown[-1].entropy_bits:5.2f}   "
        course = sparkline([b - FLOOR_BITS for b in bits], width - len(truth), -FLOOR_BITS)
        open_ = sparkline([m.entropy_bits for m in shown], width - len(left), self.look.moments[0].entropy_bits)
        return [[""], [truth, (course, BAR)], [left, (open_, BAR)]]

    def _question(self, width: int) -> list[Row]:
        """The chosen question beside the best one."""
        assert self.look is not None
        if not 1 <= self.at <= len(self.look.dialogue.turns):
            return []
        before = self.look.moments[min(self.at - 1, len(self.look.moments) - 1)]
        asked = before.asked_bits or 0.0
        out: list[Row] = [[("QUESTION", HEAD), f" {asked:.2f} bits, best {before.best_bits:.2f}"]]
        if before.best_bits > asked + 0.005:
            out += [[(line, MUTED)] for line in wrapped(f"best: {before.best_text}", width, 2)]
        return out

    def _user(self, width: int) -> list[Row]:
        """What the user believed, and what the posterior made of it."""
        assert self.look is not None
        if not 1 <= self.at <= len(self.look.dialogue.turns):
            return []
        memory, suspected = self.look.memories[self.at - 1], self.look.suspected[self.at - 1]
        said: Part = (fit("THE USER", width), HEAD)
        out: list[Row] = [[said]]
        slip = "; the answer was a slip" if self.at in self.look.false_turns else ""
        well = f"remembered it well{slip}"
        out += [[(line, "$warning" if memory else "")] for line in wrapped(memory or well, width, 3)]
        return out + ([[(line, MUTED)] for line in wrapped(suspected, width, 2)] if suspected else [])


def quoted(words: str) -> str:
    """What somebody said, behind what is meant by it; nothing where nobody spoke."""
    return f" “{words}”" if words else ""


class TurnText(Widget):
    """The chosen turn in full."""

    DEFAULT_CSS = """
    TurnText { height: 2; padding: 0 1; background: $surface; }
    """
    at: reactive[int] = reactive(0)

    def __init__(self, dialogue: Dialogue) -> None:
        super().__init__()
        self.dialogue = dialogue

    def render(self) -> Content:
        width = max(20, self.content_size.width)
        d = self.dialogue
        if self.at == 0:
            said = " ".join(t.answer_text for t in d.opening)
            text = f"The user says: {said}" if said else "The user says nothing first."
            text += quoted(d.said(0))
        else:
            turn = d.turns[self.at - 1]
            bits = "" if turn.eig_bits is None else f" (the agent expected {turn.eig_bits:.2f} bits)"
            text = f"{self.at}. {turn.question_text} {turn.answer_text}{quoted(d.said(self.at))}{bits}"
        return lines([[line] for line in wrapped(text, width, 2)])
