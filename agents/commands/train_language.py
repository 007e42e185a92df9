"""`clarigym train-language`: make the weights again that understanding what people say goes by."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import tyro

from agents.commands.flags import parse
from agents.commands.progress import encoding_progress
from agents.errors import Exit, InputError, at_least, check_seed, printable
from agents.files import check_output


@dataclass(frozen=True, kw_only=True)
class TrainLanguage:
    """What to make."""

    out: tyro.conf.Positional[str]
    """The folder to write."""
    requests: str = ""
    """A folder with queries and requests of people, film_queries_dev.jsonl and tot_dev.jsonl; empty for none."""
    catalogue: str = ""
    """Catalogues with a column of free text, files or built-in names with commas between: calibrates how items match
    what is told, and leaves the other weights of the folder alone; those that ship are copied where it has none."""
    encoder: str = "minilm"
    """The text encoder: minilm, a folder or a hub id."""
    each: int = 6
    """Utterances of each wording."""
    seed: int = 0
    """Of the utterances."""

    def __post_init__(self) -> None:
        at_least("each", self.each, 1)
        check_seed(self.seed)
        if self.requests and not Path(self.requests).is_dir():
            raise InputError(f"no folder '{self.requests}'; leave --requests out to go by simulated utterances alone")
        if self.requests and self.catalogue:
            raise InputError("--requests and --catalogue make different weights; give one, then the other")


def main(arguments: list[str]) -> Exit:
    config = parse(TrainLanguage, arguments, "train-language", "Weights for understanding what people say.")
    from agents.language.strengths import FILE
    from agents.language.train import train_language, train_match

    out = Path(config.out)
    out.mkdir(parents=True, exist_ok=True)
    check_output(str(out / FILE))
    if config.catalogue:
        with encoding_progress() as tell:
            names = [name.strip() for name in config.catalogue.split(",") if name.strip()]
            train_match(out, names, config.encoder, config.seed, tell)
        print(f"{printable(config.out)}: how items match what is told")
        return Exit.OK
    train_language(out, Path(config.requests) if config.requests else None, config.encoder, config.each, config.seed)
    print(f"{printable(config.out)}: weights for understanding, and their card")
    return Exit.OK
