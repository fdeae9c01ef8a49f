"""The figures of Gemstones: hulls and their corners, and where an optimiser stops."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scalinglaws import figures as draw
from scalinglaws.figures import PALETTE, PAPER, panels

COLORS = (PALETTE[1], PALETTE[3], PALETTE[4])


def hulls_and_sizes(
    checkpoints: pd.DataFrame, corners: Mapping[str, pd.DataFrame], lines: Mapping[str, tuple[float, float]]
) -> Figure:
    """Loss and size of the best models against compute, with two lower hulls and the authors' lines.

    Parameters
    ----------
    checkpoints
        All of them, with `flops` and `loss` (nats per token).
    corners
        Name of a choice -> its corners, with `flops`, `loss`, `n_params` and `edge`.
    lines
        Name -> height and slope of the authors' line, ln N = height + slope ln C.
    """
    figure, axes = panels(2, width=5.2, height=3.8, sharex=True)
    hulls(axes[0], checkpoints, corners)
    sizes(axes[1], corners, lines, checkpoints.flops.agg(["min", "max"]).to_numpy())
    return figure


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


def stops(
    found: Mapping[str, pd.DataFrame],
    published: Mapping[str, tuple[float, float]],
    optimum: Mapping[str, float],
    titles: Mapping[str, str],
) -> Figure:
    """Where the starts of an optimiser stop: exponent, and excess of the objective over the least.

    Parameters
    ----------
    found
        Name of some points -> one row a start, with the exponent `a` and `excess`, a share of the least objective.
    published
        Name -> exponent and excess of the published fit.
    optimum
        Name -> exponent at the least objective.
    titles
        Name -> title of its panel.
    """
    figure, axes = panels(len(titles), width=4.8, height=3.5, sharey=True)
    for ax, (name, title) in zip(axes, titles.items(), strict=True):
        exponent, excess = published[name]
        draw.stops(ax, found[name].a, found[name].excess, optimum[name], ("published", exponent))
        ax.plot(exponent, 100 * excess, "D", color=PAPER["color"])
        ax.set(xlim=(0, 1), ylim=(0.1, 1e6), xlabel="exponent $a$", title=title)
        ax.legend(fontsize=8, loc="upper left")
        ax.label_outer()
    return figure
