"""What an evaluation keeps: a file of rows, and beside it, where that is wanted, one of dialogues in the same order.

Rows are synced before their dialogues, so after a kill one file may be ahead of the other.  A resumed run plays what
either lacks, whole batches at a time, and appends to each file what that file lacks: both end up as if nothing had
happened.  What is played again must come out as it is there, or the run can't be gone on with.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

from agents.errors import InputError
from agents.evaluation.dialogue_records import DialogueFile
from agents.evaluation.resumable_rows import RowFile, check_rows
from agents.evaluation.runner import BATCH, EvaluationPlan, RowOrderError, Task, TaskResult

SAME = ("agent", "episode", "intent", "guess", "success", "questions")
"""What a row that is played again must agree in; figures of beliefs may differ in their last bits."""
Key = tuple[str, int]


class KeptResults:
    """Rows and dialogues of one run, on disk.

    Args:
        plan: what is to be run.
        rows: an open file.
        dialogues: another; None where dialogues are not kept.

    Raises:
        InputError: what is there is not the first part of the plan, or rows and dialogues don't belong together.
    """

    def __init__(self, plan: EvaluationPlan, rows: RowFile, dialogues: DialogueFile | None):
        self.plan, self.rows, self.dialogues = plan, rows, dialogues
        check_rows(rows.path, rows.rows)
        self._kept: list[Key] = [(row["agent"], row["episode"]) for row in rows.rows]
        self._ahead = self._kept
        """The episodes of the file that has more of them."""
        self._at = len(self._kept) if dialogues is None else self._check_pairs(dialogues)
        """How many rows of the whole run come before the next result."""

    def _check_pairs(self, dialogues: DialogueFile) -> int:
        """That both files are of one run; gives how many episodes both of them have."""
        mine, theirs = self._kept, dialogues.keys
        both = min(len(mine), len(theirs))
        for k in range(both):
            row = self.rows.rows[k]
            if mine[k] != theirs[k] or row["intent"] != dialogues.intents[k]:
                there = f"agent {theirs[k][0]}, episode {theirs[k][1]}, intent {dialogues.intents[k]}"
                raise InputError(f"{dialogues.path}, line {k + 1}: {there} is not the dialogue of {self.rows.path}, "
                                 f"line {k + 2}; the files are of two runs")  # fmt: skip
        if len(theirs) > len(mine):
            self._ahead = theirs
        return both

    @property
    def before(self) -> list[dict[str, Any]]:
        """The rows that were there."""
        return self.rows.rows

    def tasks(self) -> list[Task]:
        """What remains to be played, in the order of rows.

        Raises:
            InputError: what is there is not the first part of the plan, or more than it.
        """
        ahead, path, first = self._ahead, self.rows.path, 2
        if self.dialogues is not None and ahead is not self._kept:
            path, first = self.dialogues.path, 1
        try:
            rest = self.plan.tasks(ahead)
        except RowOrderError as error:
            raise InputError(f"{path}, line {error.number + first}: row of {error.row[0]}, episode {error.row[1]}, "
                             f"expected {error.expected}; the file was changed") from None  # fmt: skip
        there = 1 + max((episode for _, episode in ahead), default=-1) - self.plan.first
        if there > self.plan.episodes:
            raise InputError(f"{path} has {there} episodes already; give --episodes {there} or more")
        return tasks_of(ahead[self._at :]) + rest

    def keep(self, result: TaskResult) -> TaskResult:
        """Write what isn't there yet, rows first; gives the result with its new rows alone.

        Raises:
            InputError: what was played again came out otherwise.
            OSError: the disk refused; what was written before is safe.
        """
        new = max(0, len(self._kept) - self._at)
        for number, (row, there) in enumerate(zip(result.rows[:new], self.rows.rows[self._at :]), self._at + 2):
            differs = [key for key in SAME if row[key] != there[key]]
            if differs:
                raise InputError(f"{self.rows.path}, line {number}: played again, the row differs in "
                                 f"{', '.join(differs)}; versions or files have changed since")  # fmt: skip
        rows = result.rows[new:]
        if rows:
            self.rows.append_rows(rows)
        if self.dialogues is not None:
            lines = result.dialogues[max(0, len(self.dialogues.keys) - self._at) :]
            if lines:
                self.dialogues.append(lines)
        self._at += len(result.rows)
        return replace(result, rows=rows)


def tasks_of(keys: Sequence[Key]) -> list[Task]:
    """Tasks that play these episodes, in their order: one for each run of episodes of an agent within a batch.

    >>> tasks_of([("a", 3), ("a", 4), ("b", 0), ("b", 1)])
    [Task(agent='a', first=3, end=5), Task(agent='b', first=0, end=2)]
    >>> [(task.first, task.end) for task in tasks_of([("a", e) for e in range(20, 60)])]
    [(20, 25), (25, 50), (50, 60)]
    """
    out: list[Task] = []
    for agent, group in groupby(keys, key=lambda key: key[0]):
        for _, episode in group:
            last = out[-1] if out else None
            if last is not None and last.agent == agent and last.end == episode and episode % BATCH:
                out[-1] = replace(last, end=episode + 1)
            else:
                out.append(Task(agent=agent, first=episode, end=episode + 1))
    return out
