"""The entrance of both scripts: every failure becomes one sentence on stderr and an exit code of `agents.errors.Exit`.

Decisions that live here:

- A reader that goes away (`| head -1`) or an output that was never open (`>&-`) is no failure.  What is written from
  then on goes nowhere, and the command goes on, so that its exit code says what it always says.
- stderr carries narration: where it can't be written, there is nobody to tell and nothing has failed.
- SIGTERM and SIGHUP end a command as Ctrl+C does, so that files are whole, locks are given back and the terminal is as
  it was; the exit code is that of the signal.
- What a message quotes from a file or a path can't command the terminal: whatever is not printable is escaped.
"""

from __future__ import annotations

import contextlib
import io
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import TYPE_CHECKING

from agents.errors import BusyError, Exit, HelpGiven, printable

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

SIGNALS = {"SIGHUP": Exit.HANGUP, "SIGTERM": Exit.TERMINATED}
"""Names, for not every system has both."""

NO_MEMORY = "there is not enough memory for this"
TORCH_WANTS_MEMORY = "can't allocate memory"
"""What torch says where others raise a MemoryError."""


def enter(script: str, command: Callable[[], int]) -> int:
    """Run a command of a script.

    Args:
        script: what messages begin with.

    Returns:
        The exit code.
    """
    mend_streams()
    ended_by: list[Exit] = []
    try:
        with _signals(ended_by), _threads_that_log():
            code = _unless_ended(command, ended_by)
            sys.stdout.flush()
    except HelpGiven:
        code = Exit.OK
    except SystemExit as left:
        code = left.code if isinstance(left.code, int) else Exit.OK if left.code is None else Exit.FAILED
    except KeyboardInterrupt as interrupt:
        code = ended_by[0] if ended_by else Exit.INTERRUPTED
        what = "interrupted" if code == Exit.INTERRUPTED else "ended by a signal"
        complain(script, "; ".join(filter(None, [what, str(interrupt)])))
    except MemoryError:
        code = failed(script, NO_MEMORY, Exit.SYSTEM)
    except BusyError as error:
        code = failed(script, str(error), Exit.SYSTEM)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        code = failed(script, where + (error.strerror or str(error)), Exit.SYSTEM)
    except ValueError as error:
        code = failed(script, str(error), Exit.BAD_INPUT)
    except BaseException as error:  # what panics in a compiled library is no Exception
        if TORCH_WANTS_MEMORY in str(error):
            code = failed(script, NO_MEMORY, Exit.SYSTEM)
        else:
            what = f"internal error: {type(error).__name__}: {error}"
            code = failed(script, f"{what} (CLARIGYM_TRACEBACK=1 shows where)", Exit.INTERNAL)
    _give_up_what_is_unwritten()
    return int(code)


@contextlib.contextmanager
def _threads_that_log() -> Iterator[None]:
    """A thread that can't write its log, on a full disk, says nothing: the command meets the same and says it."""
    usual = threading.excepthook
    threading.excepthook = lambda failure: None if issubclass(failure.exc_type, OSError) else usual(failure)
    try:
        yield
    finally:
        threading.excepthook = usual


def _unless_ended(command: Callable[[], int], ended_by: list[Exit]) -> int:
    try:
        return command()
    except Exception:
        if ended_by:  # it came of leaving something half made
            raise KeyboardInterrupt from None
        raise


def failed(script: str, message: str, code: Exit) -> Exit:
    """Say what is wrong, in one sentence; with a traceback before it where CLARIGYM_TRACEBACK is set."""
    if os.environ.get("CLARIGYM_TRACEBACK") and sys.exc_info()[0] is not None:
        import traceback

        traceback.print_exc()
    complain(script, message)
    return code


def complain(script: str, message: str) -> None:
    print(f"{script}: {printable(' '.join(message.split()))}", file=sys.stderr)


# --- streams -------------------------------------------------------------------------------------------------------


class PatientFile(io.FileIO):
    """A standard stream that goes nowhere once its reader has gone away.

    Args:
        optional: nothing that befalls it is a failure, a full disk included.
    """

    def __init__(self, descriptor: int, optional: bool):
        super().__init__(descriptor, "wb", closefd=False)
        self.optional = optional
        self.left = False
        """The reader has gone away, or there never was one."""

    def write(self, data: ReadableBuffer, /) -> int:
        try:
            return super().write(data)
        except OSError as error:
            if not (self.optional or isinstance(error, BrokenPipeError)):
                error.filename = error.filename or "standard output"
                raise
            _go_nowhere(self.fileno())
            self.left = True
            return memoryview(data).nbytes


def nobody_reads() -> bool:
    """Whether what is written to standard output goes nowhere; a command that waits for answers may then end."""
    raw = getattr(getattr(sys.stdout, "buffer", None), "raw", None)
    return isinstance(raw, PatientFile) and raw.left


def mend_streams() -> None:
    """Make the standard streams such that commands needn't think about them.

    Those that were closed go nowhere, so that no file that is opened later takes their place; those that a reader may
    leave are patient.  Streams that somebody has put in their place, a test for example, are left alone.
    """
    if os.name != "posix":  # a Windows console is no file
        return
    for descriptor, name in enumerate(("stdin", "stdout", "stderr")):
        stream, first = getattr(sys, name), getattr(sys, f"__{name}__")
        closed = stream is None
        if closed:
            _go_nowhere(descriptor)
        elif stream is not first or isinstance(getattr(stream.buffer, "raw", None), PatientFile):
            continue
        if descriptor == 0:
            if closed:
                sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115  for as long as the process
            continue
        if not closed:
            stream.flush()
        errors = "strict" if closed else stream.errors
        raw = PatientFile(descriptor, optional=descriptor == 2)
        raw.left = closed
        mended = io.TextIOWrapper(
            io.BufferedWriter(raw),
            encoding="utf-8" if closed else stream.encoding,
            errors="backslashreplace" if errors == "strict" else errors,
            line_buffering=not closed and stream.line_buffering,
            write_through=not closed and stream.write_through,
        )
        setattr(sys, name, mended)


def _go_nowhere(descriptor: int) -> None:
    nowhere = os.open(os.devnull, os.O_RDWR)
    if nowhere != descriptor:  # the lowest free one, so often it is
        os.dup2(nowhere, descriptor)
        os.close(nowhere)


def _give_up_what_is_unwritten() -> None:
    """What a full disk has refused once must not be tried, and complained of, again when the interpreter ends."""
    try:
        sys.stdout.flush()
    except OSError:
        _go_nowhere(sys.stdout.fileno())


# --- signals -------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _signals(ended_by: list[Exit]) -> Iterator[None]:
    """Within it SIGTERM and SIGHUP raise KeyboardInterrupt; what was received is noted."""

    def leave(number: int, frame: FrameType | None) -> None:
        ended_by.append(SIGNALS[signal.Signals(number).name])
        raise KeyboardInterrupt

    before = {}
    for name in SIGNALS:
        number = getattr(signal, name, None)
        # One that is ignored stays so, `nohup` asks for that; and handlers can be set in the main thread alone.
        with contextlib.suppress(ValueError):
            if number is not None and signal.getsignal(number) == signal.SIG_DFL:
                before[number] = signal.signal(number, leave)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
