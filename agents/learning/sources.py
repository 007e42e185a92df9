"""Where dialogues to learn from come from: a log, gone through again and again, or any source, its first ones again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from agents.learning.transcripts import LEFT, NOTHING, Transcripts, concatenate
from sim.catalogue.catalogue import Catalogue
from sim.channel.opening import SILENT, opening_of
from sim.dialogue import Dialogue, DialogueError, Turn, read_dialogues
from sim.questions import OPEN, QuestionBank

DialogueSource = Callable[[int, int], Transcripts]
"""(first, count) to dialogues first .. first + count - 1: the same whenever asked, so a resumed run sees the same.

A source that comes back to the same dialogues has how many they are as its attribute `distinct`.
"""


class LoggedDialogues:
    """Dialogues as a source that goes through them again and again, each time in another order.

    Dialogue k of the source is the same whenever asked.
    """

    def __init__(self, transcripts: Transcripts, seed: int):
        self.transcripts, self.seed = transcripts, seed
        self.distinct = len(transcripts)
        self.epoch, self.order = -1, np.empty(0, np.int64)

    def __call__(self, first: int, count: int) -> Transcripts:
        number = np.arange(first, first + count)
        rows = np.empty(count, dtype=np.int64)
        for epoch in np.unique(number // self.distinct).tolist():
            if epoch != self.epoch:
                self.epoch, self.order = epoch, np.random.default_rng((self.seed, 5, epoch)).permutation(self.distinct)
            mine = number // self.distinct == epoch
            rows[mine] = self.order[number[mine] % self.distinct]
        return self.transcripts[rows]


class RepeatedDialogues:
    """A source whose first `distinct` dialogues are gone through again and again.

    As it gives them at first, later from memory (some 300 MB for a million) and each time in another order.  `distinct`
    must be a multiple of the batches that are asked for, and these all of one size.
    """

    def __init__(self, source: DialogueSource, distinct: int, seed: int):
        self.source, self.distinct, self.seed = source, distinct, seed
        self.parts: dict[int, Transcripts] = {}
        self.log: LoggedDialogues | None = None

    def __call__(self, first: int, count: int) -> Transcripts:
        if first < self.distinct:
            self.parts[first] = self.source(first, count)
            return self.parts[first]
        if self.log is None:
            # A run that was resumed has not seen them all.
            parts = [self.parts.get(k) or self.source(k, count) for k in range(0, self.distinct, count)]
            self.log, self.parts = LoggedDialogues(concatenate(parts), self.seed), {}
        return self.log(first, count)


def split_log(transcripts: Transcripts, seed: int, share: float = 0.1) -> tuple[LoggedDialogues, Transcripts]:
    """A log as a source, and its last part, which is held out."""
    keep = len(transcripts) - max(1, int(share * len(transcripts)))
    return LoggedDialogues(transcripts[np.arange(keep)], seed), transcripts[np.arange(keep, len(transcripts))]


def read_log(
    path: str | Path, catalogue: Catalogue, bank_of: Callable[[str, int | None], QuestionBank]
) -> tuple[Transcripts, QuestionBank]:
    """Logged dialogues and the bank that their ids refer to; those whose truth nobody knows (intent -1) are left out.

    Args:
        bank_of: makes the catalogue's bank from the kind of questions and the cap that the log names.

    Raises:
        DialogueError: a broken line, dialogues of another catalogue or of two banks, an unknown question, answer or
            intent; the message names the file and the dialogue.
    """
    bank: QuestionBank | None = None
    kind: tuple[str, int | None] | None = None
    rows: list[_Row] = []
    for number, dialogue in enumerate(read_dialogues(path), start=1):
        where = f"{path}, dialogue {number}"
        if dialogue.fingerprint != catalogue.fingerprint:
            raise DialogueError(f"{where} is of catalogue '{dialogue.catalogue}' as it was, not '{catalogue.name}' "
                                "as it is now; train on the catalogue that the log was made with")  # fmt: skip
        if bank is None or kind is None:
            kind = (dialogue.questions, dialogue.max_questions)
            bank = bank_of(*kind)
        elif kind != (dialogue.questions, dialogue.max_questions):
            raise DialogueError(f"{where} has another bank of questions than the first; train on one bank at a time")
        if dialogue.intent != NOTHING:
            rows.append(_row(where, dialogue, catalogue, bank))
    if bank is None or not rows:
        what = "dialogue" if bank is None else "dialogue whose intent is known"
        raise DialogueError(f"{path} holds no {what}")
    nothing = np.full(len(catalogue.facets), SILENT)
    opened = any(row.said is not None for row in rows)
    transcripts = Transcripts(
        intent=np.array([row.intent for row in rows], np.int64),
        question=_padded([row.questions for row in rows]),
        answer=_padded([row.answers for row in rows]),
        said=np.stack([nothing if row.said is None else row.said for row in rows]) if opened else None,
    )
    return transcripts, bank


class _Row(NamedTuple):
    """One dialogue of a log, as `Transcripts` has it."""

    intent: int
    questions: list[int]
    answers: list[int]
    said: np.ndarray | None


def _row(where: str, dialogue: Dialogue, catalogue: Catalogue, bank: QuestionBank) -> _Row:
    """Raises DialogueError where an id is none of the catalogue's or the bank's."""
    if not 0 <= dialogue.intent < len(catalogue):
        raise DialogueError(f"{where}: intent {dialogue.intent} is not among 0 to {len(catalogue) - 1}")
    turns = [t for t in dialogue.turns if t.answer != LEFT]
    for t in (*turns, *dialogue.opening):
        _check_turn(where, t, bank)
    for t in dialogue.opening:
        if bank.kind[t.question] != OPEN:
            raise DialogueError(f"{where}: question {t.question} of its opening is no open question")
    stated = np.array([(t.question, t.answer) for t in dialogue.opening], dtype=np.int64).reshape(1, -1, 2)
    said = opening_of(bank, stated[..., 0], stated[..., 1])[0] if dialogue.opening else None
    return _Row(dialogue.intent, [t.question for t in turns], [t.answer for t in turns], said)


def _check_turn(where: str, turn: Turn, bank: QuestionBank) -> None:
    if not 0 <= turn.question < len(bank):
        raise DialogueError(f"{where}: question {turn.question} is not in the bank of {len(bank)}")
    if not 0 <= turn.answer < bank.answers[turn.question]:
        raise DialogueError(f"{where}: question {turn.question} has no answer {turn.answer}")


def _padded(rows: list[list[int]]) -> np.ndarray:
    """(B, longest) int64."""
    length = max(1, max(map(len, rows)))
    return np.array([row + [NOTHING] * (length - len(row)) for row in rows], dtype=np.int64)
