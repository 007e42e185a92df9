"""What the reader understands, beside what simpler readers did.

    python -m bench.language [--requests FOLDER] [--limit N] [--json]

The wordings in `bench/held_out` were written for this and are seen by no training.  The folder of --requests (or
CLARIGYM_REQUESTS) holds `film_queries_dev.jsonl`, queries with marked words, and `tot_dev.jsonl`, requests with the
film that was found; without it those tables are left out.  The strengths of patterns are fitted to these two files, so
each fifth is read with strengths that were fitted to the others.  How films match a story was fitted to the requests
too, and is left out here: `bench.tower` and the card in `agents/language/shipped` have its figures on what was
held out.

The column "baseline" holds figures of simpler readers, measured once on other text of the same kinds: for answers a
logistic head on MiniLM's last layer times a rule, for queries exact and similar names, for requests patterns and names
at weights beside the similarity of MiniLM's vectors under an earlier prior.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from agents.language.belief import hear, options_of_range
from agents.language.calibrate_strengths import FOLDS, held_out_strengths
from agents.language.reader import Reader
from agents.language.reading import ReadFact
from agents.language.strengths import Strengths
from agents.language.train import strength_sources
from agents.setting import Setting, make_setting
from bench.spoken_dialogues import behind_answers, in_words, with_requests
from envs.rules import Rules
from sim import question_bank
from sim.answers import ANSWER_OF
from sim.phrasing.dice import Dice
from sim.phrasing.roles import of_people, role_of
from sim.phrasing.typos import mistyped
from sim.questions import QuestionBank

HELD_OUT = Path(__file__).parent / "held_out"
SHOWN = 0.5
"""Facts at least so probable count as understood."""
SPAN_OF = {"cast": "Actor", "directors": "Director", "year": "Year", "genres": "Genre"}
BEHIND = 600
"""Users who are asked one question each, where a fact stands behind its answer."""
USERS = 300
"""Dialogues of each kind."""
THREE = np.array([0, 0, 1, 2, 2])


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    what: str
    baseline: str
    wanted: str
    got: str
    n: int


def rows_of(path: Path) -> list[dict[str, Any]]:
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


# --- answers --------------------------------------------------------------------------------------------------------


def answer_figures(p: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    """Figures of (n, 5) probabilities, from no to yes, against (n,) answers."""
    said = p.argmax(axis=1)
    three = np.stack([p[:, k == THREE].sum(axis=1) for k in range(3)], axis=1).argmax(axis=1)
    wanted = THREE[truth]
    confidence, right = p.max(axis=1), said == truth
    bins = np.minimum((confidence * 10).astype(int), 9)
    ece = sum(abs(right[bins == k].mean() - confidence[bins == k].mean()) * (bins == k).mean() for k in np.unique(bins))
    return {
        "five": float(right.mean()), "three": float((three == wanted).mean()),
        "turned": float((np.abs(three - wanted) == 2).mean()),
        "nll_nats": float(-np.log(np.maximum(p[np.arange(len(truth)), truth], 1e-12)).mean()), "ece": float(ece),
    }  # fmt: skip


def questions_by_text(bank: QuestionBank) -> dict[str, int]:
    return {bank.text(q): q for q in range(len(bank))}


def read_answers(readers: Sequence[Reader]) -> dict[str, float]:
    """The held-out answers; each is about a question of one of the catalogues."""
    given = rows_of(HELD_OUT / "answers.jsonl")
    known = [questions_by_text(reader.bank) for reader in readers]
    p, truth = [], []
    for row in given:
        k = next((k for k, texts in enumerate(known) if row["question"] in texts), None)
        assert k is not None, f"no catalogue asks: {row['question']}"
        answer = readers[k].read(row["text"], known[k][row["question"]]).answer
        assert answer is not None
        p.append(answer)
        truth.append(ANSWER_OF[row["answer"]])
    return answer_figures(np.stack(p), np.array(truth)) | {"n": len(given)}


def read_replies(reader: Reader) -> dict[str, float]:
    """The held-out replies with facts: labels, and facts found."""
    known, facets = questions_by_text(reader.bank), reader.bank.catalogue.facets
    rows = rows_of(HELD_OUT / "replies.jsonl")
    right = found = told = wanted = 0
    for row in rows:
        reading = reader.read(row["text"], known[row["question"]])
        right += reading.likeliest == row["answer"]
        said = {name for f in reading.facts if f.probability >= SHOWN and not f.negated
                for name in _named(reader.bank, f)}  # fmt: skip
        meant = {(facets[_index(reader.bank, name)].name, value) for name, value in row["facts"]}
        told += len(said)
        wanted += len(meant)
        found += len(said & meant)
    return {"label": right / len(rows), "precision": found / max(told, 1), "recall": found / wanted, "n": len(rows)}


def _named(bank: QuestionBank, fact: ReadFact) -> list[tuple[str, str]]:
    facet = bank.catalogue.facets[fact.facet]
    if facet.kind == "number":
        return [(facet.name, facet.options[max(options_of_range(facet, fact), key=lambda o: o[1])[0]])]
    return [(facet.name, facet.values[fact.value])]


def _index(bank: QuestionBank, name: str) -> int:
    return [f.name for f in bank.catalogue.facets].index(name)


# --- queries and requests of people -----------------------------------------------------------------------------------


def read_queries(reader: Reader, path: Path, limit: int, strengths: Sequence[Strengths]) -> dict[str, float]:
    """Of the marked words, how many were found as what they are; of the names found, how many are marked so.

    Args:
        strengths: for each fold of the lines those that have not seen it.
    """
    facets = reader.bank.catalogue.facets
    hit, all_ = dict.fromkeys(SPAN_OF, 0), dict.fromkeys(SPAN_OF, 0)
    named = good = 0
    rows = rows_of(path)[:limit]
    for line, row in enumerate(rows):
        reader.strengths = strengths[line % FOLDS]
        facts = [f for f in reader.read(row["text"]).facts if f.probability >= SHOWN]
        spans = [(kind, at, at + len(words)) for kind, words in row["spans"] if (at := row["text"].find(words)) >= 0]
        for name, kind in SPAN_OF.items():
            for marked, start, end in spans:
                if marked == kind:
                    all_[name] += 1
                    hit[name] += any(facets[f.facet].name == name and f.start < end and start < f.end for f in facts)
        for f in facts:
            if of_people(role_of(facets[f.facet])):
                named += 1
                good += any(marked in ("Actor", "Director", "Origin") and f.start < end and start < f.end
                            for marked, start, end in spans)  # fmt: skip
    return {name: hit[name] / max(all_[name], 1) for name in SPAN_OF} | {
        "precision": good / max(named, 1),
        "n": len(rows),
    }


def read_requests(
    reader: Reader, setting: Setting, path: Path, limit: int, strengths: Sequence[Strengths]
) -> dict[str, float]:
    """Bits that requests tell about the film that was found, and its rank; strengths as in `read_queries`."""
    catalogue = setting.catalogue
    row_of = {id_: i for i, id_ in enumerate(catalogue.ids)}
    posterior = setting.posterior()
    posterior.reset(1)
    bits, ranks = [], []
    lines = [(k, row) for k, row in enumerate(rows_of(path)) if str(row["film"]) in row_of][:limit]
    rows = [row for _, row in lines]
    for line, row in lines:
        reader.strengths = strengths[line % FOLDS]
        intent = row_of[str(row["film"])]
        belief = hear(posterior, reader.read(row["text"])).belief
        bits.append(float(np.log2(belief[intent] / catalogue.prior[intent])))
        ranks.append(1 + int((belief > belief[intent]).sum()))
    bits_, rank = np.array(bits), np.array(ranks)
    worst = np.sort(bits_)[: max(1, len(bits_) // 20)]
    prior = 1 + np.array([(catalogue.prior > catalogue.prior[row_of[str(r["film"])]]).sum() for r in rows])
    return {"bits": float(bits_.mean()), "median_rank": float(np.median(rank)),
    "among_100": float((rank <= 100).mean()),
            "worst_bits": float(worst.max()), "prior_rank": float(np.median(prior)), "n": len(rows)}  # fmt: skip


# --- names and time ---------------------------------------------------------------------------------------------------


def names_with_a_slip(reader: Reader, count: int) -> float:
    """Share of well known people's names with one slip that are read as that person."""
    bank = reader.bank
    f = next(k for k, facet in enumerate(bank.catalogue.facets) if role_of(facet) == "cast")
    facet = bank.catalogue.facets[f]
    mass = facet.mass(bank.catalogue.prior)
    right = 0
    for k in range(count):
        dice = Dice(0, k, 5)
        value = int(np.searchsorted(np.cumsum(mass), dice.uniform() * mass.sum()))
        words = facet.values[value].split()
        at = max(range(len(words)), key=lambda w: len(words[w]))
        words[at] = mistyped(words[at], dice)
        facts = reader.read(f"It has {' '.join(words)} in it.").facts
        right += any(x.facet == f and x.value == value for x in facts)
    return right / count


def milliseconds(reader: Reader, questions: Sequence[int], texts: Sequence[str]) -> float:
    """The median time of one reply."""
    reader.read(texts[0], questions[0])
    taken = []
    for text, question in zip(texts, questions, strict=True):
        begun = time.perf_counter()
        reader.read(text, question)
        taken.append(1000 * (time.perf_counter() - begun))
    return float(np.median(taken))


# --- the table --------------------------------------------------------------------------------------------------------


def table(requests: Path | None, limit: int) -> list[Row]:
    """All rows that can be measured."""
    setting = make_setting("movies", "mixed", "people", Rules())
    others = [question_bank(make_setting(name, "mixed", "people", Rules()).catalogue) for name in ("famous", "animals",
              "groceries")]  # fmt: skip
    out = []
    for encoder in ("minilm", ""):
        readers = [Reader(bank, encoder) for bank in (setting.bank, *others)]
        found = read_answers(readers)
        got = (
            " / ".join(f"{found[k]:.3f}" for k in ("five", "three", "turned"))
            + f" / {found['nll_nats']:.2f} / {found['ece']:.2f}"
        )
        how = "with the encoder" if encoder else "without"
        out.append(Row(f"free yes/no answers, {how}: five labels / three / turned round / NLL / ECE",
                       ".77 / .89 / .055 / 1.03 / .16", ".85 / .95 / .02 / .50 / .06", got,
                       int(found["n"])))  # fmt: skip
        films = readers[0]
        replies = read_replies(films)
        out.append(Row(f"replies with volunteered facts, {how}: label / facts' precision / recall", "-", ".80 / .80 "
                                                                                                         "/ .60",
                       f"{replies['label']:.2f} / {replies['precision']:.2f} / {replies['recall']:.2f}",
                       int(replies["n"])))  # fmt: skip
        for reader in readers[1:3]:
            behind, name = behind_answers(reader, BEHIND), reader.bank.catalogue.name
            figures = " / ".join(f"{behind[k]:.3f}" for k in ("with", "without", "facts", "false"))
            what = f"answers of simulated users on `{name}` with a fact behind each, {how}"
            what += ": read / read without that fact / facts read / false ones a reply"
            out.append(Row(what, "-", "show", figures, int(behind["n"])))
        given = rows_of(HELD_OUT / "replies.jsonl")
        known = questions_by_text(films.bank)
        took = milliseconds(films, [known[r["question"]] for r in given], [r["text"] for r in given])
        out.append(Row(f"a reply, {how}, ms", "-", "60" if encoder else "30", f"{took:.0f}", len(given)))
        if encoder:
            out.append(Row("names with one slip", ".995", ".98", f"{names_with_a_slip(films, 400):.3f}", 400))
        if requests is not None and encoder:
            out += people_rows(films, setting, requests, limit)
            for stories in (False, True):
                out.append(opening_row(films, setting, requests / "tot_dev.jsonl", min(limit, USERS), stories))
        out.append(words_row("famous", encoder))
    return out


def words_row(catalogue: str, encoder: str) -> Row:
    """What is lost where users speak."""
    found = in_words(catalogue, encoder, USERS)
    success, turns = (found["difference"][key] for key in ("success", "turns_all"))
    saved, (low, high) = found["unasked"]["turns_all"], success["ci"]
    got = (
        f"{100 * success['a']:.1f} % in words, {100 * success['b']:.1f} % by ids: {100 * success['difference']:+.1f} "
        f"({100 * low:+.1f} to {100 * high:+.1f}) points; {turns['difference']:+.2f} turns, and "
        f"{saved['difference']:+.2f} ({saved['ci'][0]:+.2f} to {saved['ci'][1]:+.2f}) by facts that nobody asked for; "
        f"{found['understood']:.3f} of answers read"
    )
    how = "with the encoder" if encoder else "without"
    return Row(f"success on `{catalogue}`, users who speak beside the same by ids, {how}", "-", "-2", got, USERS)


def opening_row(reader: Reader, setting: Setting, path: Path, limit: int, stories: bool) -> Row:
    """What a request of a person saves; with the match of stories, which was fitted to these very requests."""
    tower = reader.tower
    reader.tower = tower if stories else None
    found = with_requests(reader, setting, path, limit)
    reader.tower = tower
    saved, gained = found["saved"], found["gained"]
    got = (
        f"{saved.value:.2f} ({saved.low:.2f} to {saved.high:.2f}) turns, "
        f"{100 * gained.value:+.1f} ({100 * gained.low:+.1f} to {100 * gained.high:+.1f}) points of success"
    )
    how = "with the match of stories, fitted to these" if stories else "patterns and names alone"
    return Row(f"what a person's request saves, {how}, beside no opening", "-", "show", got, found["n"])


def people_rows(reader: Reader, setting: Setting, folder: Path, limit: int) -> list[Row]:
    """The rows on text of people."""
    fitted, strengths = reader.strengths, held_out_strengths(strength_sources(folder, seed=0)[0])
    q = read_queries(reader, folder / "film_queries_dev.jsonl", limit, strengths)
    tower, reader.tower = reader.tower, None  # it was fitted to these very requests; its card has held-out figures
    r = read_requests(reader, setting, folder / "tot_dev.jsonl", limit, strengths)
    reader.tower, reader.strengths = tower, fitted
    return [
        Row("crowd queries: actors, directors, years, genres / names' precision", ".92, .88, .99, .78 / .86",
            ".95, .93, .98, .85 / .93",
            f"{q['cast']:.3f}, {q['directors']:.3f}, {q['year']:.3f}, {q['genres']:.3f} / {q['precision']:.3f}",
            int(q["n"])),
        Row("requests for a film, patterns and names alone: bits / median rank / among 100 / worst 5 % at most",
        "1.90 / 827 / .175 / -",
            "2.30 / 660 / .205 / -1.8",
            f"{r['bits']:.2f} / {r['median_rank']:.0f} / {r['among_100']:.3f} / {r['worst_bits']:.2f}", int(r["n"])),
    ]  # fmt: skip


def main() -> None:
    """Print the table."""
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--requests", type=Path, default=os.environ.get("CLARIGYM_REQUESTS"))
    p.add_argument("--limit", type=int, default=100_000, help="of queries and of requests")
    p.add_argument("--json", action="store_true")
    given = p.parse_args()
    import torch

    torch.set_num_threads(1)
    rows = table(None if given.requests is None else Path(given.requests), given.limit)
    if given.json:
        print(json.dumps([vars(row) for row in rows]))
        return
    print("| what | n | baseline | wanted | measured |\n|---|---:|---|---|---|")
    for row in rows:
        print(f"| {row.what} | {row.n} | {row.baseline} | {row.wanted} | {row.got} |")


if __name__ == "__main__":
    main()
