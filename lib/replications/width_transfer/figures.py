"""The figures of width transfer: bowls over the learning rate, and how far activations move in eight updates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from scalinglaws.figures import PALETTE, PAPER, panels, shades

TITLES = {
    "standard fan-in": "standard, fan-in start",
    "mup matched": "μP, matched",
    "u-mup": "u-μP",
    "standard 0.02": "standard, start at 0.02",
    "mup 0.02": "μP, start at 0.02",
}


def bowls(curves: Mapping[str, pd.DataFrame], optima: Mapping[str, np.ndarray]) -> Figure:
    """Loss against the learning rate, a line a width and a panel an arm; at the end the best rates, theory dashed.

    Parameters
    ----------
    curves
        Arm -> mean held-out losses (nats per byte), widths in rows, log2 of the peak rate in columns.
    optima
        Arm -> best log2 rate at each width.
    """
    figure, axes = panels(3, 2, width=3.6, height=2.9)
    *each, last = axes.flat
    for ax, (arm, title) in zip(each, TITLES.items(), strict=True):
        losses, best, heights = curves[arm], optima[arm], []
        for (width, row), at, color in zip(losses.iterrows(), best, shades(len(losses)), strict=True):
            heights.append(np.interp(at, row.index, row))
            ax.plot(row.index, row, "o-", ms=3, lw=1.2, color=color, label=f"width {width}")
            ax.plot(at, heights[-1], "v", ms=7, color=color, mec="black", zorder=3)
        fall = np.log2(losses.index / losses.index[0]) * arm.startswith("standard")
        ax.plot(best[0] - fall, heights, **PAPER, label="theory")
        ax.set(title=title, xlabel="$\\log_2$ of the peak learning rate", ylim=(2.05, 3.1))
        ax.set_ylabel("held-out loss [nats per byte]")
    each[-1].plot([], [], "v", ms=7, color="white", mec="black", label="parabola's lowest point")
    each[-1].legend(fontsize=7, loc="lower center", ncols=2)
    colors = (PALETTE[1], *PALETTE[3:5], PALETTE[0], PALETTE[5])
    for (arm, title), mark, color in zip(TITLES.items(), "os^Dv", colors, strict=True):
        widths = curves[arm].index
        last.plot(widths, optima[arm] - optima[arm][0], marker=mark, color=color, label=title)
    last.plot(widths, -np.log2(widths / widths[0]), **PAPER, label="theory: 1 / width, and no move")
    last.axhline(0, **PAPER)
    # The room below the lines is the legend's.
    last.set(xscale="log", xlabel="width $d$", ylabel="octaves the best rate moved", ylim=(-6.4, 0.7))
    last.set_xticks(widths, widths)
    last.set_yticks(range(-4, 1))
    last.minorticks_off()
    last.legend(fontsize=7, loc="lower left")
    return figure


def coordinates(table: pd.DataFrame, arms: Sequence[str], sites: Sequence[str]) -> Figure:
    """Changes of activations by eight updates against the width, over those at the smallest, a panel an arm.

    Parameters
    ----------
    table
        One row a run: `arm`, `width`, and `change_SITE` for each site (RMS, units of the activation).
    arms, sites
        Which to show.
    """
    figure, axes = panels(len(arms), width=3.6, height=3.3, sharey=True)
    colors = [color for color in PALETTE if color != PAPER["color"]] + ["0.6"]
    for ax, arm in zip(axes, arms, strict=True):
        part = table[table.arm == arm].groupby("width")
        for site, mark, color in zip(sites, "os^vDPX", colors, strict=True):
            at = part[f"change_{site}"].mean()
            ax.plot(at.index, at / at.iloc[0], marker=mark, ms=5, lw=1, color=color, label=site)
        widths = at.index.to_numpy()
        ax.axhline(1, lw=1.5, **PAPER, label="theory of μP")
        ax.set(xscale="log", yscale="log", xlabel="width $d$", title=TITLES[arm])
        ax.set_xticks(widths, widths)
        ax.minorticks_off()
    axes[0].set_ylabel(f"change, over that at width {widths[0]}")
    axes[-1].legend(fontsize=8)
    return figure
