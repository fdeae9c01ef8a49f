"""The figures of Gemstones: hulls and their corners, and where an optimiser stops."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from scalinglaws.figures import PALETTE, PAPER

COLORS = (PALETTE[1], PALETTE[3], PALETTE[4])


def hulls(ax: Axes, checkpoints: pd.DataFrame, corners: Mapping[str, pd.DataFrame]) -> None:
    """Loss against compute, with the lower hull of each choice of checkpoints.

    Parameters
    ----------
    ax
        Where to draw.
    checkpoints
        All of them, with `flops` and `loss` (nats per token).
    corners
        Name of a choice -> its corners, with the same columns.
    """
    ax.scatter(
        checkpoints.flops, checkpoints.loss, s=2, color="0.8", label=f"{len(checkpoints):,} checkpoints"
    )
    for (name, hull), color in zip(corners.items(), COLORS, strict=False):
        ax.plot(hull.flops, hull.loss, "o-", ms=4, lw=1, color=color, label=f"hull, {name}")
    ax.set(xlabel="training compute $C$ [FLOP]", ylabel="loss [nats per token]", xscale="log")
    ax.legend(fontsize=8)


def sizes(
    ax: Axes, corners: Mapping[str, pd.DataFrame], lines: Mapping[str, tuple[float, float]], span: np.ndarray
) -> None:
    """Sizes of the models at the corners, crosses where a corner lies at an edge of the grid; published lines dashed.

    Parameters
    ----------
    ax
        Where to draw.
    corners
        Name of a choice -> its corners, with `flops`, `n_params` and `edge`.
    lines
        Name -> height and slope of the authors' line, ln N = height + slope ln C.
    span
        Compute from and to which lines are drawn, FLOP.
    """
    for (name, hull), color in zip(corners.items(), COLORS, strict=False):
        at, height_slope = hull.edge, lines[name]
        ax.plot(hull.flops[at], hull.n_params[at], "x", color=color, label=f"{name}: at an edge")
        ax.plot(hull.flops[~at], hull.n_params[~at], "o", color=color, label=f"{name}: inner corners")
        drawn = np.exp(height_slope[0]) * span ** height_slope[1]
        label = f"authors' line, {name}: {height_slope[1]:.2f}"
        ax.plot(span, drawn, PAPER["linestyle"], color=color, label=label)
    ax.set(xlabel="training compute $C$ [FLOP]", ylabel="parameters of the best model", xscale="log")
    ax.set(yscale="log", ylim=(2e7, 4e10))
    ax.legend(fontsize=8, ncols=2)


def stops(ax: Axes, found: pd.DataFrame, published: tuple[float, float], optimum: float, title: str) -> None:
    """Where the starts of an optimiser stop: exponent, and excess of the objective over the least.

    Parameters
    ----------
    ax
        Where to draw.
    found
        One row a start, with the exponent `a` and `excess`, a share of the least objective.
    published
        Exponent and excess of the published fit.
    optimum
        Exponent at the least objective.
    title
        Of the panel.
    """
    ax.scatter(found.a, 100 * found.excess, s=10, alpha=0.5, label="where a start stops")
    ax.plot(published[0], 100 * published[1], "D", color=PAPER["color"], label="published")
    ax.axvline(published[0], **PAPER)
    ax.axvline(optimum, color=PALETTE[1], label="optimum")
    ax.set(xlim=(0, 1), ylim=(0.1, 1e6), yscale="log", xlabel="exponent $a$", title=title)
    ax.set_ylabel("objective above the least [%]")
    ax.legend(fontsize=8, loc="upper left")
    ax.label_outer()
