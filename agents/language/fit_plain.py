"""Calibrates `agents.language.plain_tower` on simulated text, in small weighted batches.

Each catalogue that has texts serves twice: pieces of its texts are matched with items as they are, and with items whose
text was taken away, which is what happens to a story in a catalogue without texts.  K negatives a story come from what
patterns make of it, and weigh p / q (`objectives.importance`), so the optimum is the posterior at any K.  As simulated
users want items as often as the prior says, the power of the prior stays 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import torch

from agents.language.belief import hear
from agents.language.encoder import Encoder
from agents.language.pieces import ToldTexts, told_of
from agents.language.plain_tower import LEAST_UNREAD, MOST_UNREAD, MatchNumbers, item_vectors_of
from agents.language.reader import Reader
from agents.language.unread import UnreadWords
from agents.learning.embeddings import Tell
from agents.learning.objectives import importance
from agents.learning.proposals import posterior_mixture
from agents.setting import Setting
from sim.mentions.tokens import readable

TRUSTS = (1.0, 0.8, 0.6, 0.4)
"""How far patterns may be believed beside the match; the best is taken."""
START = (20.0, 5.0, 15.0)
"""The scales at which the fit begins."""


@dataclass(frozen=True, kw_only=True)
class PlainSettings:
    """How the numbers are fitted."""

    stories: int = 600
    """Texts of each catalogue."""
    negatives: int = 16
    """Items beside the true one."""
    batch: int = 32
    epochs: int = 10
    rate: float = 0.03
    """The first step of Adam."""
    mix: float = 0.3
    """Share of the prior in the proposal."""
    seed: int = 0


class Matched(NamedTuple):
    """Texts about one catalogue, and how each matches its items; m of them, with enough unread words."""

    cosines: np.ndarray
    """(2, m, N) float32: with items' texts, and with what they are."""
    log_gain: np.ndarray
    """(T, m, N) float32: what patterns tell at each of `TRUSTS`, log belief - log prior."""
    intent: np.ndarray
    """(m,)"""
    unread: np.ndarray
    """(m,) how many words."""
    kind: np.ndarray
    """(m,) as in `ToldTexts`."""
    prior: np.ndarray
    """(N,)"""
    has_texts: bool

    def log_belief(self, numbers: MatchNumbers) -> np.ndarray:
        """(m, N) up to a constant a text; patterns as the trust that is nearest."""
        scales = np.array([numbers.scales(int(u), self.has_texts) for u in self.unread]).T  # (2, m)
        trust = int(np.argmin(np.abs(np.array(TRUSTS) - numbers.trust)))
        return (scales[:, :, None] * self.cosines).sum(axis=0) + self.log_gain[trust] + np.log(self.prior)


def fit_match(
    settings: Sequence[Setting], encoder: str, how: PlainSettings, tell: Tell | None = None
) -> tuple[MatchNumbers, list[str]]:
    """The numbers, and lines for a card with figures of other texts than they were fitted to.

    Args:
        settings: of catalogues with texts.
        tell: told how many items are encoded.
    """
    torch.set_num_threads(1)
    told = [told_of(s, how.stories, how.seed) for s in settings]
    parts = [matched(s, t, encoder, bare, tell) for s, t in zip(settings, told, strict=True) for bare in (False, True)]
    numbers = fit_numbers(parts, encoder, how)
    lines = [f", calibrated on {sum(len(p.intent) for p in parts[::2]):,} simulated texts, {how.negatives} weighted "
             f"negatives each: scales {numbers.text:g} of the text and {numbers.item:g} of what the item is, "
             f"{numbers.alone:g} where there is no text, times unread words to the power {numbers.power:g}; beside it "
             f"patterns are believed {numbers.trust:g}.  Bits about the item on other simulated texts, by patterns "
             "alone and with the match:\n"]  # fmt: skip
    for setting in settings:
        other = told_of(setting, how.stories, how.seed + 1)
        for bare in (False, True):
            part = matched(setting, other, encoder, bare)
            alone = part.log_gain[0] + np.log(part.prior)
            what = "items without their texts" if bare else "items with their texts"
            lines.append(f"- {setting.catalogue.name}, {len(part.intent)} texts, {what}: "
                         f"{gain_bits(part, alone).mean():.2f}, "
                         f"{gain_bits(part, part.log_belief(numbers)).mean():.2f}\n")  # fmt: skip
    return numbers, [lines[0], "\n", *lines[1:]]


def matched(
    setting: Setting, told: ToldTexts, encoder: str, textless: bool = False, tell: Tell | None = None
) -> Matched:
    """Texts with enough unread words, read and matched.

    Args:
        textless: the items' free text is taken away.
    """
    catalogue, reader, unread = setting.catalogue, Reader(setting.bank, ""), UnreadWords(setting.catalogue)
    known = replace(catalogue, texts=()) if textless else catalogue
    vectors = item_vectors_of(known, encoder, tell)
    posterior = setting.posterior()
    posterior.reset(1)
    log_prior = np.log(catalogue.prior)
    rows, sentences, counts, gains = [], [], [], []
    for k, text in enumerate(told.texts):
        clean = readable(text)
        untold = unread.find(clean, [(c.start, c.end) for c in reader.finder.find(clean)])
        if len(untold.words) < LEAST_UNREAD:
            continue
        reading = reader.read(text)
        beliefs = [hear(posterior, replace(reading, trust=trust)).belief for trust in TRUSTS]
        gains.append(np.log(np.maximum(beliefs, 1e-30)).astype(np.float32) - log_prior.astype(np.float32))
        rows.append(k)
        sentences.append(untold.text)
        counts.append(len(untold.words))
    cosines = vectors.cosines(Encoder(encoder).meanings(sentences))
    return Matched(cosines, np.stack(gains, axis=1), told.intent[rows], np.array(counts), told.kind[rows],
                   catalogue.prior, bool(known.texts))  # fmt: skip


def fit_numbers(parts: Sequence[Matched], encoder: str, settings: PlainSettings) -> MatchNumbers:
    """The numbers that make the texts' items likeliest, each part counting alike."""
    found = []
    for trust in range(len(TRUSTS)):
        theta = _fitted(parts, trust, settings)
        scales = [round(float(np.exp(x)), 3) for x in theta[:3]]
        numbers = MatchNumbers(encoder=encoder, text=scales[0], item=scales[1], alone=scales[2],
                               power=round(theta[3], 4), trust=TRUSTS[trust])  # fmt: skip
        found.append((np.mean([gain_bits(p, p.log_belief(numbers)).mean() for p in parts]), numbers))
    return max(found, key=lambda pair: pair[0])[1]


def _fitted(parts: Sequence[Matched], trust: int, settings: PlainSettings) -> list[float]:
    """The logarithms of `text`, `item` and `alone`, and the power."""
    theta = torch.tensor([*np.log(START), 0.0], dtype=torch.float64, requires_grad=True)
    rng = np.random.default_rng(settings.seed)
    batches = [
        (part, rows)
        for _ in range(settings.epochs)
        for part in parts
        for rows in np.array_split(rng.permutation(len(part.intent)), max(1, len(part.intent) // settings.batch))
    ]
    optimiser = torch.optim.Adam([theta], lr=settings.rate)
    slower = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: max(0.02, 1 - step / len(batches)))
    for k in rng.permutation(len(batches)).tolist():
        part, rows = batches[k]
        told = part.log_gain[trust, rows]
        drawn = posterior_mixture(part.intent[rows], part.prior, told + np.log(part.prior), settings.negatives, rng,
                                  settings.mix)  # fmt: skip
        words = torch.log(torch.tensor(np.minimum(part.unread[rows], MOST_UNREAD), dtype=torch.float64))
        scales = torch.exp((theta[:2] if part.has_texts else theta[2:3])[:, None] + theta[3] * words)
        seen = part.cosines[0 if part.has_texts else 1 :, rows]
        cosines = np.stack([np.take_along_axis(c, drawn.ids, axis=1) for c in seen])  # (1 or 2, B, 1 + K)
        match = (scales[:, :, None] * torch.from_numpy(cosines.astype(np.float64))).sum(dim=0)
        known = torch.from_numpy(np.take_along_axis(told, drawn.ids, axis=1).astype(np.float64))
        loss = importance(match + known, torch.from_numpy(drawn.log_weight)).loss
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        slower.step()
    return theta.detach().tolist()


def gain_bits(part: Matched, log_belief: np.ndarray) -> np.ndarray:
    """(m,) by how many bits the true item has become likelier than under the prior."""
    top = log_belief.max(axis=1, keepdims=True)
    log_p = log_belief - top - np.log(np.exp(log_belief - top).sum(axis=1, keepdims=True))
    rows = np.arange(len(part.intent))
    return (log_p[rows, part.intent] - np.log(part.prior[part.intent])) / np.log(2)
