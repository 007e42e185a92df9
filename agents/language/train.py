"""Makes the weights that understanding goes by, in a folder of five files (`clarigym train-language`).

`answer_head.safetensors` holds the heads on vectors and cues, `strengths.json` how strongly patterns and names are
believed, `item_tower.safetensors` how films match a story, `plain_tower.json` how other items match what is told, and
`README.md` is the card: from what, how and how well.
Without requests of people the strengths are fitted to simulated utterances alone, and there is no tower; the folder may
hold `film_queries_dev.jsonl` and `tot_dev.jsonl`, which are read and not copied.  The same seed gives the same files on
one machine.  `train_match` calibrates the match with other items alone, beside weights that are there.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from agents.language.strengths import FILE, FOLDER, Strengths
from sim.answers import ANSWERS
from sim.files import write_atomically

if TYPE_CHECKING:
    from agents.language.calibrate_strengths import StrengthEvidence
    from agents.learning.embeddings import Tell

BANKS = ("movies", "famous", "animals", "groceries")
CARD = "README.md"
QUERIES, REQUESTS = "film_queries_dev.jsonl", "tot_dev.jsonl"
LEAST_OPENING = 8
"""Openings of more words than this show what is no story."""
MATCH = "Match with items' texts"
MADE_FOR = "Made for "
"""How paragraphs of the card begin."""
OFF_SHARE = 0.03
"""How often a text is taken to be about something else, before it is read."""


def train_language(out: Path, requests: Path | None, encoder: str, each: int, seed: int) -> None:
    """Write the files of a folder, which is there."""
    card = train_heads(out, encoder, each, seed)
    lines, strengths = train_strengths(out, requests, seed)
    card += lines
    if requests is not None and (requests / REQUESTS).exists():
        card += train_tower(out, requests / REQUESTS, encoder, strengths, seed)
    (out / CARD).write_text(_card(encoder, each, seed, card), encoding="utf-8")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _banks() -> list:
    from sim.catalogue.load import load
    from sim.questions import question_bank

    return [question_bank(load(name)) for name in BANKS]


def train_heads(out: Path, encoder: str, each: int, seed: int) -> list[str]:
    """Fit and write the heads; lines for the card."""
    import torch

    from agents.language.answer_head import AnswerHeads, LinearHead, head_features, joined, save_heads
    from agents.language.corpus import replies, statements
    from agents.language.encoder import Encoder
    from agents.language.fit import fit_head

    torch.set_num_threads(1)
    banks = _banks()
    said = replies(banks, each, seed)
    other = [s.utterance.text for s in statements(banks, 1200, seed)]
    off = off_topic_texts()
    texts = [r.text for r in said] + other + [text for text, _ in off]
    _say(f"{len(texts):,} texts are encoded by {encoder}, a minute or two")
    vectors = Encoder(encoder).vectors(texts)
    over = [r.over for r in said] + [False] * (len(texts) - len(said))
    cues = np.stack([head_features(text, o) for text, o in zip(texts, over, strict=True)])
    n = len(said)
    meaning = np.array([r.answer for r in said])
    group = np.array([r.group for r in said])
    lines, heads = [], {}
    for name, features in (("with_vectors", joined(cues, vectors)), ("cues_only", cues)):
        fitted = fit_head(features[:n], meaning, group, len(ANSWERS), even=True)
        heads[name] = fitted.head
        lines.append(f"- the answer, {name.replace('_', ' ')}: {100 * fitted.accuracy:.1f} % of held-out wordings "
                     f"right, "
                     f"NLL {fitted.nll_nats:.3f} nats, penalty {fitted.penalty:g}")  # fmt: skip
    _say(lines[-2])
    about = np.concatenate([np.zeros(n + len(other), np.int64), np.ones(len(off), np.int64)])
    groups = np.concatenate([group, group.max() + 1 + np.arange(len(other)),
                             group.max() + 1 + len(other) + np.array([g for _, g in off])])  # fmt: skip
    share = len(set(groups[about == 1])) / len(set(groups))
    shift = np.log(OFF_SHARE / (1 - OFF_SHARE)) - np.log(share / (1 - share))
    for name, features in (("off_topic", joined(cues, vectors)), ("off_topic_cues", cues)):
        fitted = fit_head(features, about, groups, 2)
        difference = fitted.head.weight[1:] - fitted.head.weight[:1]
        heads[name] = LinearHead(difference, (fitted.head.bias[1:] - fitted.head.bias[:1] + shift).astype(np.float32))
        lines.append(f"- {name.replace('_', ' ')}: {100 * fitted.accuracy:.1f} % of held-out texts right")
    save_heads(out, AnswerHeads(**heads, encoder=encoder))
    return [f"{n:,} replies in {group.max() + 1:,} wordings, {len(other):,} openings and replies with facts, "
            f"{len(off):,} texts off topic.", "", *lines]  # fmt: skip


def off_topic_texts() -> list[tuple[str, int]]:
    """Texts off topic as people type them, with the number of each."""
    from agents.language.off_topic import OFF_TOPIC

    out = []
    for k, text in enumerate(OFF_TOPIC):
        forms = (text, text.lower(), text[:1].upper() + text[1:], text.rstrip("?!."), text + ".")
        out += [(form, k) for form in dict.fromkeys(forms) if form]
    return out


def train_strengths(out: Path, requests: Path | None, seed: int) -> tuple[list[str], list[Strengths]]:
    """Fit and write the strengths; lines for the card, and strengths that have not seen a fold of the requests."""
    from agents.language.calibrate_strengths import fit_strengths, held_out_strengths

    sources, named = strength_sources(requests, seed)
    found, fit = fit_strengths(sources)
    data = {"bias": dict(found.bias), "weights": {g: dict(w) for g, w in found.weights.items()}}
    (out / FILE).write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
    counts = ", ".join(f"{len(s):,} from {name}" for s, name in zip(sources, named, strict=True))
    line = f"Strengths: fitted to {counts}; mean log-likelihood {fit:.3f} nats."
    return ["", line], held_out_strengths(sources) if requests is not None else []


def strength_sources(requests: Path | None, seed: int) -> tuple[list[list[StrengthEvidence]], list[str]]:
    """What strengths are fitted to, and what each part is called."""
    from agents.language.calibrate_strengths import from_grammar, from_queries, from_requests
    from agents.language.corpus import statements
    from sim.mentions.candidates import CandidateFinder

    banks = _banks()
    finders = {bank.catalogue.name: CandidateFinder(bank) for bank in banks}
    sources = [from_grammar(finders, statements(banks, 4000, seed + 1))]
    named = ["simulated utterances"]
    if requests is not None:
        for name, read in ((QUERIES, from_queries), (REQUESTS, from_requests)):
            if (requests / name).exists():
                sources.append(read(finders["movies"], requests / name))
                named.append(name)
    return sources, named


def train_tower(
    out: Path, path: Path, encoder: str, strengths: Sequence[Strengths], seed: int
) -> list[str]:  # fmt: skip
    """Fit and write the tower of items; lines for the card."""
    from agents.language.corpus import statements
    from agents.language.fit_tower import fit_tower
    from agents.language.reader import Reader
    from agents.setting import make_setting
    from envs.rules import Rules

    _say("the films are encoded, some minutes the first time, and their map is fitted, some minutes more")
    setting = make_setting("movies", "mixed", "people", Rules())
    said = (s.utterance for s in statements(_banks(), 4000, seed + 2))
    openings = [u.text for u in said if u.question < 0 and len(u.text.split()) > LEAST_OPENING]
    reader = Reader(setting.bank, "", out)
    return fit_tower(out, path, encoder, reader, setting.posterior(), strengths, openings, seed)


def train_match(out: Path, names: Sequence[str], encoder: str, seed: int, tell: Tell | None = None) -> None:
    """Calibrate how items of catalogues with texts match what is told, and write that into a folder and its card.

    What else the folder lacks are copies of the weights that ship.

    Args:
        names: of catalogues, built in or files.
        tell: told how many of their texts are encoded.

    Raises:
        ValueError: a catalogue without texts, or weights that were trained on another encoder.
    """
    from agents.language.answer_head import read_heads
    from agents.language.fit_plain import PlainSettings, fit_match
    from agents.language.plain_tower import save_numbers
    from agents.setting import make_setting
    from envs.rules import Rules

    settings = [make_setting(name, "mixed", "people", Rules()) for name in names]
    for setting in settings:
        if not setting.catalogue.texts:
            raise ValueError(f"catalogue '{setting.catalogue.name}' has no column of free text; "
                             'text = ["COLUMN"] in its sidecar names one')  # fmt: skip
    for path in sorted(FOLDER.iterdir()):
        if not (out / path.name).exists():
            write_atomically(out / path.name, path.read_bytes())
    if (trained := read_heads(out).encoder) != encoder:
        raise ValueError(f"the weights in {out} were trained on the encoder '{trained}', not '{encoder}'; make them "
                         "without --catalogue first")  # fmt: skip
    numbers, lines = fit_match(settings, encoder, PlainSettings(seed=seed), tell)
    save_numbers(out, numbers)
    card = (out / CARD).read_text(encoding="utf-8")
    before, made_for, after = _without_match(card).rpartition(MADE_FOR)
    write_atomically(out / CARD, "".join([before, MATCH, *lines, "\n", made_for, after]).encode())


def _without_match(card: str) -> str:
    """A card without what it says of an earlier match."""
    before, match, after = card.partition(MATCH)
    return before + after[after.find(MADE_FOR) :] if match else card


def _card(encoder: str, each: int, seed: int, lines: Sequence[str]) -> str:
    return "\n".join([
        "# Weights for understanding what people say", "",
        "Made by `clarigym train-language --requests FOLDER`, which writes this card "
        f"(encoder {encoder}, {each} of each wording, seed {seed}).  What is in the files: the module docstrings of "
        "`agents/language/answer_head.py` and `strengths.py`.", "",
        "The heads learn from simulated utterances alone, whose meaning is known, and are judged on wordings that were "
        "held out.  The strengths also see queries and requests of people where they are given: of those only numbers "
        "are kept, none of their text.", "", *lines, "",
        f"{MADE_FOR}short English replies about a catalogue.  Irony, other languages and what needs knowledge of the "
        "world "
        "(\"penguins can't\") are read badly; the probabilities are meant to say so.", "",
    ])  # fmt: skip
