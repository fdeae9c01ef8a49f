"""Counting what a vocabulary costs: tokens per character, widths, and the compute that they make."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.optimize import brentq

#: Tokens per character as a parabola in ln V; the authors use it up to this many entries and hold it beyond.
CURVE, LAST = (0.00639222, -0.15811069, 1.20470122), 200_000
#: Up to how many other parameters a model has the width beside it, as the authors choose it.
STEPS = (5e7, 2e8, 5e8, 1e9, 2e9, 5e9, 1e10, 2e10, 5e10, 1e11, 2e11, 5e11, 1e12)
WIDTHS = (512, 768, 1024, 1536, 2048, 3200, 4096, 5120, 6048, 8192, 12288, 16384, 20480, 24576)
#: ln of the factor between the square root of compute and the other parameters, by the first route.
FIRST = -2.4846510161625193


def tokens_per_character(vocabulary: Any) -> Any:
    """Tokens that one character of text makes with a vocabulary of so many entries.

    Parameters
    ----------
    vocabulary
        $V$, in single entries: the parabola was drawn through tokenizers of 1,024 to 1,024,000.

    Source: authors' repository, utils.py.
    """
    logs = np.log(np.minimum(vocabulary, LAST))
    return np.polyval(CURVE, logs)


def width(other_params: float) -> int:
    """The authors' width $d$ of a model with so many parameters outside the vocabulary.

    Source: authors' repository, utils.py.
    """
    return WIDTHS[int(np.searchsorted(STEPS, other_params))]


def budget(other_params: float) -> float:
    """Compute, FLOPs, for which this many other parameters are best by the first route.

    Source: authors' repository, optimal_Nv_predict.py.
    """
    return float((other_params / np.exp(FIRST)) ** 2)


def cheapest(other_params: float, d: float) -> float:
    r"""The vocabulary with which a text of fixed length costs least compute.

    A root of $d\,f + (N + V d)\,f' = 0$, with $F = 6 (N + V d) H f(V)$; in entries.

    Raises
    ------
    ValueError
        If there is no root below the end of the parabola's use.

    Source: Tao et al. (2024), arXiv:2407.13623, approach 2.
    """
    a, b, c = CURVE

    def slope(log_v: float) -> float:
        value = (a * log_v + b) * log_v + c
        return d * value + (other_params / np.exp(log_v) + d) * (2 * a * log_v + b)

    return float(np.exp(brentq(slope, np.log(1000), np.log(LAST))))
