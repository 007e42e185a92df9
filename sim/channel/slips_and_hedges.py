"""From what is believed to what is said: slips, hedges and "don't know"."""

from __future__ import annotations

import numpy as np


def answer_table(slip: np.ndarray, dont_know: np.ndarray, hedges: np.ndarray) -> np.ndarray:
    """(T, S, 2, A) yes/no answers from what is believed; slip and dont_know are (T,), hedges (T, S)."""
    out = np.empty((*hedges.shape, 2, 5))
    says, eps = 1 - dont_know[:, None], slip[:, None]
    out[:, :, 1, 0] = says * eps * (1 - hedges)
    out[:, :, 1, 1] = says * eps * hedges
    out[:, :, 1, 2] = 1 - says
    out[:, :, 1, 3] = says * (1 - eps) * hedges
    out[:, :, 1, 4] = says * (1 - eps) * (1 - hedges)
    out[:, :, 0] = out[:, :, 1, ::-1]
    return out


def forgotten_table(guess: np.ndarray) -> np.ndarray:
    """(T, A) yes/no answers about a forgotten facet; guess is (T,).  Who guesses mostly hedges."""
    return np.stack([0.05 * guess, 0.45 * guess, 1 - guess, 0.45 * guess, 0.05 * guess], axis=1)
