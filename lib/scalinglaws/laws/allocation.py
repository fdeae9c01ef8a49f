"""The best split of a budget in closed form, from a fitted law (approach 3 of Hoffmann et al.)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from scalinglaws.counting import FLOPS_PER_PARAM_TOKEN


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


def data_exponent(params: Mapping[str, float]) -> float:
    r"""The exponent $b = 1 - a$ in $D_{opt} \propto C^{b}$; see `size_exponent`."""
    return 1 - size_exponent(params)


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
