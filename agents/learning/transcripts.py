"""Dialogues as training data: arrays of questions and answers, the truth, and nothing of what the user was.

Training and judging read these; where they come from (a simulator, a log) is not known here.  `Histories.prefix` cuts
dialogues short, since a belief is needed at every turn, the first included.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sim.belief.evidence import NOT_SAID, SAID_DONT_KNOW, SILENT, WIDTH, Evidence, stage_at
from sim.catalogue.catalogue import Catalogue
from sim.dialogue import DialogueError, read_dialogues
from sim.questions import OPEN, QuestionBank

NOTHING = -1
LEFT = -1
"""The answer of a user who left instead."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Histories:
    """B dialogues of at most L turns."""

    intent: np.ndarray
    """(B,) int64, the truth."""
    question: np.ndarray
    """(B, L) int64, -1 after the end."""
    answer: np.ndarray
    """(B, L) int64."""
    said: np.ndarray | None = None
    """(B, F) int64, the option volunteered of each facet in the opening, -1 for silence; None without openings."""

    def __len__(self) -> int:
        return len(self.intent)

    def __getitem__(self, rows) -> Histories:
        said = None if self.said is None else self.said[rows]
        return Histories(intent=self.intent[rows], question=self.question[rows], answer=self.answer[rows], said=said)

    @property
    def turns(self) -> np.ndarray:
        """(B,) how many questions were answered."""
        return (self.question >= 0).sum(axis=1)

    def prefix(self, turns: np.ndarray | int) -> Histories:
        """The first `turns` answers of each."""
        keep = np.arange(self.question.shape[1]) < np.broadcast_to(np.asarray(turns), (len(self),))[:, None]
        return Histories(intent=self.intent, question=np.where(keep, self.question, NOTHING),
                         answer=np.where(keep, self.answer, NOTHING), said=self.said)  # fmt: skip

    def cut(self, rng: np.random.Generator) -> Histories:
        """Each at a length from 0 to all of it: a belief is needed at every turn, and judged there."""
        return self.prefix(rng.integers(self.turns + 1))


Source = Callable[[int, int], Histories]
"""(first, count) to dialogues first .. first + count - 1: the same whenever asked, so a resumed run sees the same.

A source that comes back to the same dialogues has how many they are as its attribute `distinct`.
"""


def concatenate(parts: Sequence[Histories]) -> Histories:
    """Dialogues one after the other; the shorter are padded."""
    length = max(p.question.shape[1] for p in parts)

    def padded(x: np.ndarray) -> np.ndarray:
        return np.pad(x, ((0, 0), (0, length - x.shape[1])), constant_values=NOTHING)

    said = None
    if all(p.said is not None for p in parts):
        said = np.concatenate([p.said for p in parts if p.said is not None])
    return Histories(
        intent=np.concatenate([p.intent for p in parts]), said=said,
        question=np.concatenate([padded(p.question) for p in parts]),
        answer=np.concatenate([padded(p.answer) for p in parts]))  # fmt: skip


def evidence_of(bank: QuestionBank, histories: Histories, turns: tuple[int, ...] = ()) -> list[dict[int, Evidence]]:
    """What each dialogue knows of each facet, as `sim.posterior.exact` keeps it: a question asked again adds nothing.

    Args:
        turns: how many answers come before each later stage, see `sim.belief.stages`.
    """
    facets, kinds, values = bank.facet.tolist(), bank.kind.tolist(), bank.value.tolist()
    opens = np.flatnonzero(bank.open_question >= 0).tolist()
    out = []
    for b in range(len(histories)):
        table: dict[int, Evidence] = {}
        given = 0
        if histories.said is not None:
            for f in opens:
                u = int(histories.said[b, f])
                table[f] = Evidence(said=u if u >= 0 else SILENT)
                given += u >= 0
        for q, a in zip(histories.question[b].tolist(), histories.answer[b].tolist()):
            if q < 0:
                break
            before, stage = table.get(facets[q], Evidence()), stage_at(turns, given)
            if kinds[q] == OPEN:
                after = before.stated(a - 1 if a > 0 else SAID_DONT_KNOW, stage)
            else:
                after = before.answered(values[q], a + WIDTH * stage)
            given += after is not before
            table[facets[q]] = after
        out.append({f: e for f, e in table.items() if e.yesno or e.said != NOT_SAID})
    return out


def read_histories(path: str | Path, catalogue: Catalogue, bank_of: Callable[[str, int | None], QuestionBank]):
    """Logged dialogues and the bank that their ids refer to; those whose truth nobody knows (intent -1) are left out.

    Args:
        bank_of: makes the catalogue's bank from the kind of questions and the cap that the log names.

    Returns:
        (Histories, QuestionBank)

    Raises:
        DialogueError: a broken line, dialogues of another catalogue or of two banks, an unknown question, answer or
            intent; the message names the file and the dialogue.
    """
    bank: QuestionBank | None = None
    kind: tuple[str, int | None] | None = None
    intents: list[int] = []
    questions: list[list[int]] = []
    answers: list[list[int]] = []
    openings: list[list[int] | None] = []
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
        if dialogue.intent == NOTHING:
            continue
        if not 0 <= dialogue.intent < len(catalogue):
            raise DialogueError(f"{where}: intent {dialogue.intent} is not among 0 to {len(catalogue) - 1}")
        turns = [t for t in dialogue.turns if t.answer != LEFT]
        for t in (*turns, *dialogue.opening):
            if not 0 <= t.question < len(bank):
                raise DialogueError(f"{where}: question {t.question} is not in the bank of {len(bank)}")
            if not 0 <= t.answer < bank.answers[t.question]:
                raise DialogueError(f"{where}: question {t.question} has no answer {t.answer}")
        for t in dialogue.opening:
            if bank.kind[t.question] != OPEN:
                raise DialogueError(f"{where}: question {t.question} of its opening is no open question")
        said: list[int] | None = None
        if dialogue.opening:
            said = [-1] * len(catalogue.facets)
            for t in dialogue.opening:
                said[int(bank.facet[t.question])] = t.answer - 1
        intents.append(dialogue.intent)
        questions.append([t.question for t in turns])
        answers.append([t.answer for t in turns])
        openings.append(said)
    if bank is None or not intents:
        what = "dialogue" if bank is None else "dialogue whose intent is known"
        raise DialogueError(f"{path} holds no {what}")
    nothing = [-1] * len(catalogue.facets)
    opened = any(said is not None for said in openings)
    histories = Histories(
        intent=np.array(intents, np.int64),
        question=_padded(questions),
        answer=_padded(answers),
        said=np.array([said or nothing for said in openings], np.int64) if opened else None,
    )
    return histories, bank


class Log:
    """Dialogues as a source that goes through them again and again, each time in another order.

    Dialogue k of the source is the same whenever asked.
    """

    def __init__(self, histories: Histories, seed: int):
        self.histories, self.seed = histories, seed
        self.distinct = len(histories)
        self.epoch, self.order = -1, np.empty(0, np.int64)

    def __call__(self, first: int, count: int) -> Histories:
        number = np.arange(first, first + count)
        rows = np.empty(count, dtype=np.int64)
        for epoch in np.unique(number // self.distinct).tolist():
            if epoch != self.epoch:
                self.epoch, self.order = epoch, np.random.default_rng((self.seed, 5, epoch)).permutation(self.distinct)
            mine = number // self.distinct == epoch
            rows[mine] = self.order[number[mine] % self.distinct]
        return self.histories[rows]


class Kept:
    """A source whose first `distinct` dialogues are gone through again and again.

    As it gives them at first, later from memory (some 300 MB for a million) and each time in another order.  `distinct`
    must be a multiple of the batches that are asked for, and these all of one size.
    """

    def __init__(self, source: Source, distinct: int, seed: int):
        self.source, self.distinct, self.seed = source, distinct, seed
        self.parts: dict[int, Histories] = {}
        self.log: Log | None = None

    def __call__(self, first: int, count: int) -> Histories:
        if first < self.distinct:
            self.parts[first] = self.source(first, count)
            return self.parts[first]
        if self.log is None:
            # A run that was resumed has not seen them all.
            parts = [self.parts.get(k) or self.source(k, count) for k in range(0, self.distinct, count)]
            self.log, self.parts = Log(concatenate(parts), self.seed), {}
        return self.log(first, count)


def logged(histories: Histories, seed: int, share: float = 0.1) -> tuple[Log, Histories]:
    """A log as a source, and its last part, which is held out."""
    keep = len(histories) - max(1, int(share * len(histories)))
    return Log(histories[np.arange(keep)], seed), histories[np.arange(keep, len(histories))]


def _padded(rows: list[list[int]]) -> np.ndarray:
    """(B, longest) int64."""
    length = max(1, max(map(len, rows)))
    return np.array([row + [NOTHING] * (length - len(row)) for row in rows], dtype=np.int64)
