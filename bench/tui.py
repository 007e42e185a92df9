"""First paint and key latency of the app beside a trivial Textual app, each in a terminal of its own.

    python bench/tui.py [--rounds 9] [--catalogue movies]

- first paint: from starting the process to the first of its words on the (pseudo) terminal, 80 x 24.  The trivial app
  is one Static.  Rounds alternate; the median counts, and the ratio of medians (the goal is 1.4).
- key, idle: from the byte of a key going in to the first byte of the redraw coming out.  The trivial app is one Input
  that echoes; ours is the menu's arrow.
- key, thinking: the same in a game, an arrow key 10 ms after an answer, while the agent thinks (the goal is 50 ms).
- suggestions: one keystroke's search over all names of the catalogue's largest facet, and over 50,000 made-up ones (the
  goal is 30 ms), typed letter by letter, with and without typing errors.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import pty
import random
import select
import struct
import sys
import tempfile
import termios
import time
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
sys.path[0] = str(ROOT)

TRIVIAL = """
from textual.app import App
from textual.widgets import {widget}
class Trivial(App):
    def compose(self):
        yield {widget}({argument})
Trivial().run()
"""
PAUSE = 0.25
TYPED = ("leonardo dicaprio", "meryl streep", "arnold schwarzeneger", "tom hnaks", "penelope", "zoe saldana", "xqzt")


class Terminal:
    """A process on a pseudo terminal of 80 x 24."""

    def __init__(self, arguments: list[str], folder: str):
        self.began = time.perf_counter()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ.update(XDG_CONFIG_HOME=folder, XDG_DATA_HOME=folder, TERM="xterm-256color", PYTHONPATH=str(ROOT))
            os.execv(sys.executable, [sys.executable, *arguments])
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))

    def read(self, timeout: float) -> bytes:
        """What comes within the time, b"" if nothing."""
        if not select.select([self.fd], [], [], timeout)[0]:
            return b""
        try:
            return os.read(self.fd, 65536)
        except OSError:
            return b""

    def until(self, words: bytes, timeout: float = 60.0) -> float:
        """Seconds from the start until the words have come.

        Raises:
            TimeoutError: they don't come.
        """
        seen = b""
        while time.perf_counter() - self.began < timeout:
            seen += self.read(0.5)
            if words in seen:
                return time.perf_counter() - self.began
        raise TimeoutError(f"no {words!r} within {timeout} s; the end of what came: {seen[-300:]!r}")

    def quiet(self, seconds: float = PAUSE, timeout: float = 10.0) -> None:
        """Read until nothing has come for so long."""
        end = time.perf_counter() + timeout
        while self.read(seconds) and time.perf_counter() < end:
            pass

    def key(self, data: bytes, timeout: float = 2.0) -> float:
        """Seconds from a key to the first byte of the redraw."""
        began = time.perf_counter()
        os.write(self.fd, data)
        if not self.read(timeout):
            raise TimeoutError(f"{data!r} was not answered within {timeout} s")
        return time.perf_counter() - began

    def close(self) -> None:
        os.kill(self.pid, 9)
        os.waitpid(self.pid, 0)
        os.close(self.fd)


def first_paint(rounds: int, folder: str) -> tuple[list[float], list[float]]:
    trivial, ours = [], []
    for r in range(rounds + 1):
        for times, arguments, words in (
            (trivial, ["-c", TRIVIAL.format(widget="Static", argument="'hello there'")], b"hello"),
            (ours, [str(ROOT / "tui.py")], b"clarigym"),
        ):
            terminal = Terminal(arguments, folder)
            seconds = terminal.until(words)
            terminal.close()
            if r:  # the first round warms the disk's cache
                times.append(seconds)
    return trivial, ours


def idle_keys(arguments: list[str], words: bytes, keys: list[bytes], folder: str) -> list[float]:
    terminal = Terminal(arguments, folder)
    terminal.until(words)
    terminal.quiet(0.6)
    out = []
    for key in keys:
        out.append(terminal.key(key))
        terminal.quiet()
    terminal.close()
    return out


def thinking_keys(catalogue: str, count: int, folder: str) -> list[float]:
    arguments = [str(ROOT / "tui.py"), "--catalogue", catalogue, "--questions", "yesno", "--budget", "100", "--no-save"]
    terminal = Terminal(arguments, folder)
    terminal.until(b"LIKELIEST")
    terminal.quiet(0.6)
    out = []
    rng = random.Random(0)
    for _ in range(count):
        os.write(terminal.fd, rng.choice([b"d", b"o", b"p"]))
        time.sleep(0.01)
        while terminal.read(0):
            pass
        out.append(terminal.key(b"\x1b[B"))
        terminal.quiet()
    terminal.close()
    return out


def suggestions(catalogue: str) -> dict[str, list[float]]:
    from agents.play import lookups
    from agents.play.mind import load_world
    from agents.play.search import Index
    from agents.play.views import Setup

    world = load_world(Setup(catalogue=catalogue))
    facet = max(range(len(world.catalogue.facets)), key=lambda f: len(world.catalogue.facets[f].aliases))
    rng = random.Random(0)
    parts = ["".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=rng.randint(2, 5))) for _ in range(3000)]
    made_up = Index([f"{rng.choice(parts)}{rng.choice(parts)} {rng.choice(parts)}".title() for _ in range(50_000)])
    real = lookups.options(world, facet)
    out: dict[str, list[float]] = {}
    for name, index in ((f"{world.catalogue.facets[facet].name} of {catalogue}", real), ("made up", made_up)):
        index.find("warm up")
        times = []
        for text in TYPED:
            for end in range(1, len(text) + 1):
                began = time.perf_counter()
                index.find(text[:end])
                times.append(time.perf_counter() - began)
        out[f"{len(index):,} names, {name}"] = times
    return out


def row(name: str, times: list[float]) -> str:
    ms = sorted(1000 * t for t in times)
    return f"{name:44}{len(ms):6}{median(ms):10.1f}{ms[int(0.95 * (len(ms) - 1))]:10.1f}{ms[-1]:10.1f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--catalogue", default="movies")
    given = parser.parse_args()
    print(f"{'milliseconds':44}{'n':>6}{'median':>10}{'95 %':>10}{'worst':>10}")
    with tempfile.TemporaryDirectory() as folder:
        trivial, ours = first_paint(given.rounds, folder)
        print(row("first paint, trivial app", trivial))
        print(row("first paint, clarigym-play", ours))
        print(f"{'ratio of the medians':44}{median(ours) / median(trivial):16.2f}")
        echo = ["-c", TRIVIAL.format(widget="Input", argument="placeholder='type here'")]
        print(row("key, trivial app", idle_keys(echo, b"type", [b"a", b"b", b"c"] * 10, folder)))
        menu = idle_keys([str(ROOT / "tui.py")], b"clarigym", [b"\x1b[B", b"\x1b[A"] * 15, folder)
        print(row("key, clarigym-play, menu", menu))
        name = f"key, clarigym-play, thinking ({given.catalogue})"
        print(row(name, thinking_keys(given.catalogue, 40, folder)))
    for name, times in suggestions(given.catalogue).items():
        print(row(name, times))


if __name__ == "__main__":
    main()
