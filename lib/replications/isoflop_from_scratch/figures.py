"""The figures of the notebook on IsoFLOP curves from scratch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from scalinglaws.figures import PALETTE, PAPER, panels
from scalinglaws.frontier import isoflop_optimum

#: Shades of blue, light to dark, for sizes or budgets in their order.
SHADES = tuple((0.5 * s, 0.7 * s, s) for s in np.linspace(0.95, 0.1, 13))


def curves_and_bowls(
    tokens: np.ndarray,
    curves: Mapping[str, Mapping[int, np.ndarray]],
    shapes: pd.DataFrame,
    budgets: np.ndarray,
    bowl: Callable[..., tuple[np.ndarray, np.ndarray]],
) -> Any:
    """Loss curves of the tuned runs, and the bowls of two arms.

    Parameters
    ----------
    tokens
        Training tokens at which runs are judged.
    curves
        Arm -> width -> log loss (nats a byte), (tokens, seeds).
    shapes
        Indexed by width: `n_params`.
    budgets
        FLOPs.
    bowl
        (the curves of an arm, FLOPs) -> sizes and losses (nats a byte), (sizes, seeds).

    Returns
    -------
    Figure
    """
    figure, axes = panels(3, width=4.2, height=3.7)
    for (width, curve), shade in zip(curves["tuned"].items(), SHADES, strict=False):
        axes[0].plot(tokens, np.exp(curve[:, 0]), color=shade, label=f"{shapes.n_params[width]:,}")
    axes[0].set(xlabel="training tokens $D$ (bytes)", title="tuned: one run a size")
    axes[0].legend(title="$N$, head counted", fontsize=7, title_fontsize=7, ncols=2, loc="upper right")
    for ax, arm in zip(axes[1:], ("tuned", "long warm-up"), strict=True):
        for flops, shade in zip(budgets, SHADES, strict=False):
            n_params, loss = bowl(curves[arm], flops)
            ax.plot(n_params, loss[:, 0], "o-", ms=3, lw=1, color=shade)
            low = isoflop_optimum(n_params, loss[:, 0])
            ax.plot(low.n_params, low.loss, "v", ms=7, color=PALETTE[2], zorder=3)
        ax.set(xlabel="parameters $N$, head counted", title=f"{arm}: a bowl a budget")
        ax.plot([], [], "o-", ms=3, lw=1, color=SHADES[0], label=f"{budgets[0]:.0e} FLOPs")
        last = SHADES[min(len(budgets), len(SHADES)) - 1]
        ax.plot([], [], "o-", ms=3, lw=1, color=last, label=f"{budgets[-1]:.0e} FLOPs")
        ax.plot([], [], "v", ms=7, color=PALETTE[2], label="lowest point")
        ax.legend(fontsize=8, loc="upper right")
    for ax in axes:
        ax.set(xscale="log", ylim=(1.5, 3.6), ylabel="held-out loss [nats per byte]")
    return figure


def best_against_compute(
    budgets: np.ndarray,
    best: Mapping[str, np.ndarray],
    exponents: Mapping[str, Any],
    printed: Mapping[str, float],
) -> Any:
    """Best size against compute for three rungs of the ladder, with the published slopes dashed.

    Parameters
    ----------
    budgets
        FLOPs.
    best
        Rung -> best sizes, (budgets, 1 + draws): the table's own first, then those of redrawn tables.
    exponents
        Rung -> our exponent and what else is known of it, the exponent first.
    printed
        Rung -> exponent printed by Porian et al., where they print one.

    Returns
    -------
    Figure
    """
    figure, axes = panels(3, width=4.2, height=3.7, sharey=True)
    titles = {"kaplan": "head left out, long warm-up", "head": "head counted, long warm-up"}
    titles["tuned"] = "head counted, short warm-up"
    for ax, (name, title), color in zip(axes, titles.items(), (*PALETTE[:2], PALETTE[3]), strict=True):
        drawn = np.log(best[name][:, 1:])
        known = np.isfinite(drawn).mean(1) > 0.5
        low, middle, high = np.exp(np.nanquantile(drawn[known], [0.16, 0.5, 0.84], axis=1))
        at = budgets[known]
        bars = [middle - low, high - middle]
        ax.errorbar(at, middle, bars, fmt="o", ms=4, color=color, label="best size, 68 % of redraws")
        ours, theirs = exponents[name][0], printed.get(name, np.nan)
        centred = at / np.exp(np.log(at).mean())
        height = np.exp(np.log(middle).mean())
        ax.plot(at, height * centred**ours, color=color, label=f"ours: {ours:.2f}")
        if name in printed:
            ax.plot(at, height * centred**theirs, label=f"Porian et al.: {theirs}", **PAPER)
        ax.set(xscale="log", yscale="log", title=title, xlabel="compute $C$, as counted [FLOP]")
        ax.set(xlim=(5e8, 2 * budgets[-1]))
        ax.legend(fontsize=8, loc="upper left")
    axes[0].set_ylabel("best size $N_{opt}$, as counted")
    return figure
