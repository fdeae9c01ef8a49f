"""Compute-optimal allocation: how to split a budget between parameters and tokens.

Convention: training costs $C = 6ND$ FLOPs, two per parameter and token in the forward
pass and four in the backward pass; attention's own products are not counted (Kaplan et al.
2020, arXiv:2001.08361, section 2.1).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

#: FLOPs per parameter and token in training, forward and backward.
FLOPS_PER_PARAM_TOKEN = 6.0


def training_flops(n_params: Any, n_tokens: Any) -> Any:
    """Training FLOPs by the convention $C = 6ND$; in floating point, so that nothing overflows."""
    return FLOPS_PER_PARAM_TOKEN * np.asarray(n_params, float) * np.asarray(n_tokens, float)


def tokens_from_flops(flops: Any, n_params: Any) -> Any:
    """Tokens that a budget buys at a size, by the convention $C = 6ND$."""
    return np.asarray(flops, float) / (FLOPS_PER_PARAM_TOKEN * np.asarray(n_params, float))


@dataclass(frozen=True)
class Allocation:
    """A compute-optimal split: parameters and tokens, and how each grows with compute."""

    n_params: Any
    n_tokens: Any
    a: float
    b: float

    @property
    def tokens_per_param(self) -> Any:
        """Training tokens per parameter."""
        return self.n_tokens / self.n_params


def size_exponent(params: Mapping[str, float]) -> float:
    r"""The exponent $a = \beta/(\alpha+\beta)$ in $N_{opt} \propto C^{a}$.

    Source: Hoffmann et al. (2022), arXiv:2203.15556, eq. 4.
    """
    return params["beta"] / (params["alpha"] + params["beta"])


def compute_optimal(params: Mapping[str, float], flops: Any) -> Allocation:
    r"""The split that minimises $E + A/N^{\alpha} + B/D^{\beta}$ at a fixed $C = 6ND$.

    $N_{opt} = G\,(C/6)^{a}$, $D_{opt} = G^{-1}(C/6)^{b}$ with
    $G = (\alpha A/(\beta B))^{1/(\alpha+\beta)}$, $a = \beta/(\alpha+\beta)$, $b = 1-a$.

    Parameters
    ----------
    params
        `A`, `B`, `alpha`, `beta` of `scalinglaws.laws.chinchilla`.
    flops
        Budget in FLOPs, a number or an array.

    Raises
    ------
    ValueError
        If a parameter or the budget is not positive: there is then no interior optimum.

    Source: Hoffmann et al. (2022), arXiv:2203.15556, eq. 4.
    """
    A, B, alpha, beta = (params[name] for name in ("A", "B", "alpha", "beta"))
    if not min(A, B, alpha, beta) > 0 or not np.all(np.asarray(flops) > 0):
        raise ValueError("a compute-optimal split needs positive A, B, alpha, beta and FLOPs")
    a = size_exponent(params)
    half = np.asarray(flops, float) / FLOPS_PER_PARAM_TOKEN
    # On the log scale, since A / B may be astronomically large where a fit is poor.
    log_g = (np.log(alpha) + np.log(A) - np.log(beta) - np.log(B)) / (alpha + beta)
    n_params = np.exp(log_g + a * np.log(half))
    return Allocation(n_params[()], (half / n_params)[()], a, 1 - a)
