"""What is asked of the open models of known compute; rows are records of the table `obs_scaling_emergent`."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from replications.emergence_mirage.sharpness import bend

#: Words to unscramble.
QUESTIONS = 2000


def exact(rows: np.recarray) -> np.ndarray:
    """Exact match in word unscrambling, a share."""
    return rows.unscramble


def log_exact(rows: np.recarray) -> np.ndarray:
    """Its log10, with half a question added to those that are right, so that none right has a logarithm."""
    return np.log10((rows.unscramble * QUESTIONS + 0.5) / (QUESTIONS + 1))


def plain_log(rows: np.recarray) -> np.ndarray:
    """Its log10 as it is."""
    return np.log10(rows.unscramble)


def correlation(rows: np.recarray, y: Callable) -> float:
    """Correlation of a score with log compute."""
    return np.corrcoef(np.log(rows.flops), y(rows))[0, 1]


def correlations(rows: np.recarray, log: Callable = plain_log) -> float:
    """Correlation with log compute of the log of exact match, less that of exact match."""
    return correlation(rows, log) - correlation(rows, exact)


def slope(rows: np.recarray, y: Callable = log_exact) -> float:
    """Slope of a score with log10 compute."""
    return np.polyfit(np.log10(rows.flops), y(rows), 1)[0]


def bleu_bend(rows: np.recarray, per: str = "rise") -> float:
    """Bend of BLEU over that of exact match."""
    over, under = bend(np.log(rows.flops), [rows.ipa_bleu, rows.ipa_exact], per)
    return over / under


def bleu_power(rows: np.recarray) -> float:
    """The power of BLEU that exact match is: the slope of the log of one on that of the other."""
    return np.polyfit(np.log(rows.ipa_bleu / 100), np.log(rows.ipa_exact), 1)[0]


def digits(rows: np.recarray) -> float:
    """Median over models of log accuracy with three digits over that with two."""
    return np.median(np.log(rows.add_3) / np.log(rows.add_2))
