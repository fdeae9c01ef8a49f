"""The figures of width transfer: bowls over the learning rate."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from scalinglaws.figures import PALETTE, PAPER, panels

TITLES = {"standard": "standard", "mup": "μP", "unit": "u-μP"}


def bowls(curves: Mapping[str, pd.DataFrame], optima: Mapping[str, np.ndarray]) -> Figure:
    """Loss against the learning rate, a line a width and a panel a parametrisation; theory dashed.

    Parameters
    ----------
    curves
        Parametrisation -> mean held-out losses (nats per byte), widths in rows, log2 of the peak
        rate in columns.
    optima
        Parametrisation -> best log2 rate at each width.
    """
    figure, axes = panels(3, width=3.5, height=3.5, sharey=True)
    colors = (PALETTE[1], *PALETTE[3:])
    for ax, (name, title) in zip(axes, TITLES.items(), strict=True):
        losses, best = curves[name], optima[name]
        for (width, row), at, color in zip(losses.iterrows(), best, colors, strict=True):
            ax.plot(row.index, row, "o-", ms=3, lw=1.2, color=color, label=f"width {width}")
            ax.plot(at, row.min(), "v", ms=7, color=color, mec="black")
        theory = best[0] - (name == "standard") * np.log2(losses.index / losses.index[0])
        ax.plot(theory, losses.min(axis=1), **PAPER, label="theory")
        ax.set(title=title, xlabel="$\\log_2$ of the peak learning rate", ylim=(1.75, 2.8))
    axes[0].set_ylabel("held-out loss [nats per byte]")
    axes[2].legend(fontsize=8, loc="upper right")
    return figure
