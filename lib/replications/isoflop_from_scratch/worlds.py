"""Worlds of which the exponent is known: losses from one law, at the sizes and checkpoints of the runs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from replications.isoflop_from_scratch.bowls import slope


def law(n_params: Any, n_tokens: Any, a: float) -> Any:
    """A law of exponent a that knows no recipe: at 6e11 FLOPs 45,000 parameters are best."""
    return 0.9 + 0.8 * (a * (n_params / 4.5e4) ** (a - 1) + (1 - a) * (n_tokens / 2.2e6) ** -a)


def of_blocks(a: float, budgets: np.ndarray) -> float:
    """The exponent of the best size under that law if the head is left out, for widths of any fineness."""
    width = np.geomspace(8, 600, 5000)
    blocks, head = 12 * width**2, 256 * width
    best = [blocks[law(blocks + head, flops / 6 / blocks, a).argmin()] for flops in budgets]
    return slope(pd.Series(best, budgets))


def on_law(table: pd.DataFrame, n_params: pd.Series, a: float) -> pd.DataFrame:
    """Log losses of that law by width and token count, where a table has them; `n_params` is by width."""
    tokens = table.columns.to_numpy(float)
    losses = pd.DataFrame({w: np.log(law(n, tokens, a)) for w, n in n_params.items()}, table.columns).T
    return losses.where(table.notna())


def noise(curves: pd.DataFrame, rates: pd.Series, rng: np.random.Generator) -> pd.DataFrame:
    """One seed's way off the mean of all, as large as that mean's own error, at each width.

    Parameters
    ----------
    curves
        Log losses by `width`, `log2_lr` and `seed`.
    rates
        The rate of each width.
    rng
        Source of randomness.
    """
    off = {}
    for width, rate in rates.items():
        seeds = curves.loc[(width, rate)]
        off[width] = (seeds - seeds.mean()).iloc[rng.integers(len(seeds))] / np.sqrt(len(seeds) - 1)
    return pd.DataFrame(off).T
