"""The figures of the notebook on IsoFLOP curves from scratch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from scalinglaws import figures as draw
from scalinglaws.figures import PALETTE, PAPER, panels


def curves_and_bowls(
    tokens: np.ndarray,
    curves: Mapping[str, Mapping[int, np.ndarray]],
    shapes: pd.DataFrame,
    budgets: np.ndarray,
    bowl: Callable[..., tuple[np.ndarray, np.ndarray]],
) -> Figure:
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
    """
    figure, axes = panels(3, width=4.2, height=3.7)
    tuned = curves["tuned"]
    for (width, curve), shade in zip(tuned.items(), draw.shades(len(tuned)), strict=True):
        axes[0].plot(tokens, np.exp(curve[:, 0]), color=shade, label=f"{shapes.n_params[width]:,}")
    axes[0].set(xlabel="training tokens $D$ (bytes)", title="tuned: one run a size")
    axes[0].legend(title="$N$, head counted", fontsize=7, title_fontsize=7, ncols=2, loc="upper right")
    for ax, arm in zip(axes[1:], ("tuned", "long warm-up"), strict=True):
        sized = [(flops, *bowl(curves[arm], flops)) for flops in budgets]
        draw.bowls(ax, [(flops, n_params, loss[:, 0]) for flops, n_params, loss in sized])
        ax.set(xlabel="parameters $N$, head counted", title=f"{arm}: a bowl a budget")
        ax.legend(fontsize=8, loc="upper right")
    for ax in axes:
        ax.set(xscale="log", ylim=(1.5, 3.6), ylabel="held-out loss [nats per byte]")
    return figure


def best_against_compute(
    budgets: np.ndarray,
    best: Mapping[str, np.ndarray],
    exponents: Mapping[str, Any],
    printed: Mapping[str, float],
) -> Figure:
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
