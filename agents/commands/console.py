"""What several commands do alike: a setting from names, and a console that suits where it writes to."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from agents.agent import Setting
from envs.rules import Rules
from sim.catalogue.catalogue import Catalogue
from sim.catalogue.load import load
from sim.questions import Questions, question_bank
from sim.users.rates import Rates, load_rates

if TYPE_CHECKING:
    from rich.console import Console


def make_setting(
    catalogue: str | Catalogue, questions: Questions, noise: str | Rates, rules: Rules, *,
    max_questions: int | None = None, checkpoint: str = "",
) -> Setting:  # fmt: skip
    """The setting that names describe.

    Raises:
        ValueError: a name or file that can't be used, each with its own sentence.
    """
    rates = load_rates(noise)
    bank = question_bank(load(catalogue), questions, max_questions)
    return Setting(bank=bank, rates=rates, rules=rules, checkpoint=checkpoint)


def console(stderr: bool = False) -> Console:
    """Colour on a terminal without NO_COLOR; 80 columns where the width is not known."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() or "COLUMNS" in os.environ else 80
    return Console(file=stream, highlight=False, width=width, markup=False, emoji=False)


def encodes(text: str) -> bool:
    """Whether stdout can say it."""
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True
