"""Is a belief as often right as it says?  NLL, Brier, ECE, coverage, by turn; and whether a temperature would help.

- NLL: -log belief in the truth, nats.  Proper: the lower, the better, and lowest for the true posterior.
- Brier: sum of (belief - truth)^2 over intents, proper too.
- ECE: |share right - confidence| of the favourite over 15 bins of equal mass.  Sampling noise alone makes it about
  0.4 sqrt(15 / n), so compare it with exact's on the same dialogues.
- Coverage: u = belief in what is likelier than the truth, plus a random share of its ties.  It is uniform if the
  belief is right, and the Kolmogorov-Smirnov distance from that is given.  Necessary, not sufficient: the prior passes.

A temperature is fitted by golden section on one half of the dialogues and judged on the other: `helps` only where the
gain there exceeds two standard errors.  The belief is sharpened about the prior, p(i) (belief / p)^beta.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from agents.evaluation.metrics import ece

GOLDEN = (np.sqrt(5) - 1) / 2


def measure(
    beliefs: Iterable[np.ndarray], truth: np.ndarray, prior: np.ndarray, rng: np.random.Generator, temper: bool = True
) -> dict[str, Any]:
    """Figures of n beliefs (N,) against the truth (n,); `rng` breaks ties of the coverage."""
    n = len(truth)
    nll, brier, confidence, rank = (np.empty(n) for _ in range(4))
    right = np.empty(n, dtype=bool)
    kept: list[tuple[np.ndarray, np.ndarray]] = []
    for k, (belief, y) in enumerate(zip(beliefs, truth.tolist(), strict=True)):
        p = max(float(belief[y]), 1e-300)
        nll[k] = -np.log(p)
        brier[k] = float((belief**2).sum()) - 2 * float(belief[y]) + 1
        best = int(belief.argmax())
        confidence[k], right[k] = belief[best], best == y
        above = float(belief[belief > p * (1 + 1e-12)].sum())
        rank[k] = above + rng.random() * float(belief[np.abs(belief - p) <= p * 1e-12].sum())
        if temper:
            kept.append((np.log(np.maximum(belief, 1e-300) / prior), prior))
    ordered = np.sort(rank)
    steps = np.arange(n + 1) / n
    out: dict[str, Any] = {
        "dialogues": n,
        "nll_nats": float(nll.mean()),
        "brier": float(brier.mean()),
        "ece": ece(confidence, right),
        "accuracy": float(right.mean()),
        "confidence": float(confidence.mean()),
        "coverage_ks": float(max(np.abs(ordered - steps[1:]).max(), np.abs(ordered - steps[:-1]).max())),
        "ranks": np.histogram(rank, bins=10, range=(0, 1))[0].tolist(),
    }
    if temper and n >= 20:
        out["temperature"] = temperature(kept, truth)
    return out


def temperature(ratios: list[tuple[np.ndarray, np.ndarray]], truth: np.ndarray) -> dict[str, float | bool]:
    """The sharpening beta that lowers NLL most on even dialogues, and what it does on odd ones.

    Args:
        ratios: for each dialogue log belief / prior (N,) and the prior (N,).
    """

    def losses(beta: float, rows: range) -> np.ndarray:
        out = np.empty(len(rows))
        for j, k in enumerate(rows):
            ratio, prior = ratios[k]
            logit = beta * ratio
            top = logit.max()
            out[j] = np.log((prior * np.exp(logit - top)).sum()) + top - logit[truth[k]] - np.log(prior[truth[k]])
        return out

    fit, judged = range(0, len(truth), 2), range(1, len(truth), 2)
    low, high = 0.5, 1.6
    for _ in range(14):
        a, b = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
        if losses(a, fit).mean() < losses(b, fit).mean():
            high = b
        else:
            low = a
    beta = (low + high) / 2
    gain = losses(1.0, judged) - losses(beta, judged)
    error = float(gain.std(ddof=1) / np.sqrt(len(gain)))
    return {
        "beta": beta,
        "gain_nats": float(gain.mean()),
        "standard_error": error,
        "helps": bool(gain.mean() > 2 * error),
    }
