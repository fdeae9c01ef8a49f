"""The figures of the notebook on IsoFLOP curves from scratch."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from scalinglaws.figures import PALETTE, PAPER, panels, shades

#: Rung -> what its panel is called.
TITLES = {
    "kaplan": "head left out, long warm-up",
    "head": "head counted, long warm-up",
    "tuned": "head counted, short warm-up",
}
#: Budgets, FLOPs, and sizes, parameters, that axes are labelled at.
TICKS, SIZES = (2e11, 4e11, 8e11, 1.6e12), (10_000, 20_000, 40_000, 80_000)


def curves_and_bowls(
    curves: pd.DataFrame,
    sizes: pd.Series,
    bowls: Mapping[str, tuple[pd.DataFrame, pd.Series]],
    counted: pd.Series,
) -> Figure:
    """Loss curves of the tuned runs, and the IsoFLOP curves of some arms with the bottoms of the moving bowl.

    Parameters
    ----------
    curves
        Log losses (nats a byte), by width (rows) and token count (columns).
    sizes
        Parameters by width, head counted.
    bowls
        Arm -> log losses by budget (rows) and width (columns), and its best size by budget.
    counted
        Loss of the trigram model (nats a byte) by bytes counted.
    """
    figure, axes = panels(1 + len(bowls), width=4.2, height=3.7)
    for (width, curve), shade in zip(curves.iterrows(), shades(len(curves)), strict=True):
        axes[0].plot(curve.index, np.exp(curve), color=shade, label=f"{sizes[width]:,}")
    axes[0].plot(counted.index, counted, color=PALETTE[1], ls=":", label="trigrams")
    axes[0].set(xlabel="training tokens $D$ (bytes)", title="tuned: one curve a size")
    axes[0].legend(title="$N$, head counted", fontsize=7, title_fontsize=7, ncols=2, loc="upper right")
    for ax, (arm, (losses, best)) in zip(axes[1:], bowls.items(), strict=True):
        rows = list(zip(losses.iterrows(), shades(len(losses)), strict=True))
        for k, ((flops, row), shade) in enumerate(rows):
            label = f"{flops:.2g} FLOP" if k in (0, len(rows) - 1) else None
            ax.plot(sizes[row.index], np.exp(row), "o-", ms=3, lw=1, color=shade, label=label)
        lowest = np.exp(losses.min(axis=1))
        ax.plot(best, lowest[best.index], "v", ms=6, color=PALETTE[2], ls="none", label="bottom of the bowl")
        ax.set(xlabel="parameters $N$, head counted", title=f"{arm} warm-up: a curve a budget")
        ax.legend(fontsize=8, loc="upper left")
    for ax in axes:
        ax.set(xscale="log", ylim=(1.5, 3.6), ylabel="held-out loss [nats per byte]")
        ax.xaxis.set_minor_formatter(NullFormatter())
    return figure


def best_against_compute(
    best: Mapping[str, tuple[pd.Series, pd.Series]],
    exponents: Mapping[str, float],
    printed: Mapping[str, float],
) -> Figure:
    """Best size against compute for three rungs of the ladder, with the published slopes dashed.

    Parameters
    ----------
    best
        Rung -> best sizes by budget, of the moving bowl and of each budget by itself.
    exponents
        Rung -> our exponent.
    printed
        Rung -> exponent printed by Porian et al., where they print one.
    """
    figure, axes = panels(len(best), width=4.2, height=3.7, sharey=True)
    for ax, (name, (moving, alone)), color in zip(
        axes, best.items(), (*PALETTE[:2], PALETTE[3]), strict=True
    ):
        ax.plot(alone.index, alone, "o", ms=4, color=color, label="each budget by itself (Akima)")
        ax.plot(moving.index, moving, color=color, label=f"one bowl: {exponents[name]:.2f}")
        if name in printed:
            centred = moving.index / np.exp(np.log(moving.index).to_numpy().mean())
            height = np.exp(np.log(moving).mean())
            ax.plot(
                moving.index,
                height * centred ** printed[name],
                label=f"Porian et al.: {printed[name]:.2f}",
                zorder=3,
                **PAPER,
            )
        ax.set(
            xscale="log", yscale="log", title=TITLES[name], xlabel="compute $C$, as counted [$10^{11}$ FLOP]"
        )
        ax.set_xticks(TICKS, [f"{flops / 1e11:g}" for flops in TICKS])
        ax.xaxis.set_minor_formatter(NullFormatter())
        ax.legend(fontsize=8, loc="upper left")
    axes[0].set_yticks(SIZES, [f"{size:,}" for size in SIZES])
    axes[0].yaxis.set_minor_formatter(NullFormatter())
    axes[0].set_ylabel("best size $N_{opt}$, as counted")
    return figure
