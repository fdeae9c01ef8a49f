"""The figures of commuting limits: kernels along three paths, and how fast they settle."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from replications.width_depth_commute.cells import Cells
from replications.width_depth_commute.networks import scales
from replications.width_depth_commute.theory import scatter
from scalinglaws.figures import PALETTE, PAPER, panels, shades

#: Exponent of the width in the depth -> label and colour of the path.
PATHS = {
    0.5: ("depth = root of width", PALETTE[1]),
    1: ("depth = width", PALETTE[3]),
    2: ("depth = width squared", PALETTE[4]),
}
#: Network -> label, marker and colour.
NETWORKS = {
    "resnet": ("branches over sqrt(L)", "o", PALETTE[1]),
    "harmonic": ("branches over l", "s", PALETTE[3]),
    "exploding": ("branches as they are", "^", PALETTE[4]),
    "mlp": ("no skip connections", "v", PALETTE[5]),
}


def points(ax: Axes, x: np.ndarray, y: np.ndarray, **style) -> None:
    """Estimates (first row of y) with the middle 95 % of their resamples (the other rows)."""
    low, high = np.quantile(y[1:], [0.025, 0.975], axis=0)
    bars = np.maximum([y[0] - low, high - y[0]], 0)
    ax.errorbar(x, y[0], yerr=bars, ms=4, lw=1, **style)


def along_paths(
    resnet: Mapping[float, Cells], plain: Mapping[float, Cells], limits: tuple[float, float]
) -> Figure:
    """Kernels of networks with scaled branches, and of plain ones, along three paths, by width.

    Parameters
    ----------
    resnet, plain
        Exponent of the width in the depth -> sizes along that path.
    limits
        Limits of the kernels aa and ab of `resnet`.
    """
    fig, axes = panels(3, width=4.1, height=3.6)
    for power, (label, color) in PATHS.items():
        cells = resnet[power]
        points(axes[0], cells.n, cells["ab_expected"], fmt="o-", color=color, label=label)
        points(axes[1], cells.n, np.exp(cells["log_aa_expected"]), fmt="o-", color=color)
        points(axes[2], plain[power].n, plain[power]["log_aa_expected"], fmt="o", color=color, label=label)
        axes[2].plot(plain[power].n, -2.5 * plain[power].depth / plain[power].n, **(PAPER | {"color": color}))
    for ax, level in ((axes[0], limits[1]), (axes[1], limits[0])):
        ax.axhline(level, lw=1.5, label="limit of theory", **PAPER)
    axes[2].plot([], [], "--", color="0.3", label=r"theory, $-5L/2n$")
    titles = ("scaled branches: two inputs", "scaled branches: typical norm", "no skip connections")
    names = ("mean kernel of a and b", "exp of the mean log norm", "mean log of the squared norm")
    for ax, title, name in zip(axes, titles, names, strict=True):
        ax.set(title=title, xlabel="width n", ylabel=name, xscale="log")
        ax.minorticks_off()
        ax.set_xticks((8, 32, 128, 512), (8, 32, 128, 512))
    axes[2].set_yscale("symlog", linthresh=1)
    axes[2].set_ylim(-300, 1)
    axes[0].legend(fontsize=7, loc="upper right")
    axes[2].legend(fontsize=7, loc="lower right")
    return fig


def rates(errors: tuple[Cells, np.ndarray], cells: Cells, lacking: tuple[np.ndarray, float]) -> Figure:
    """Scatter against width and against depth, and what a finite depth lacks.

    Parameters
    ----------
    errors
        Sizes, and the root mean square error of the kernel ab there, shape (1 + resamples, sizes).
    cells
        All networks; the scatter of their norms is drawn with theory's.
    lacking
        The mean kernel ab of infinitely wide networks less its limit, at depths 4, 8, 16 and 32, and
        theory's coefficient of 1 / L in it.
    """
    fig, axes = panels(3, width=4.1, height=3.6)
    part, rms = errors
    depths = np.unique(part.depth)
    for depth, shade in zip(depths, shades(len(depths)), strict=True):
        at = part.depth == depth
        label = f"L = {depth:.0f}" if depth in (depths[0], depths[-1]) else None
        points(axes[0], part.n[at], rms[:, at], fmt="o-", color=shade, label=label)
    ends = np.array([8, 256])
    axes[0].plot(ends, 1.9 / np.sqrt(ends), label=r"slope $-1/2$", **PAPER)
    spreads_by_depth(axes[1], cells)
    depth = np.array([4, 8, 16, 32])
    points(axes[2], depth, -lacking[0], fmt="o", color=PALETTE[1], label="networks, width to infinity")
    axes[2].plot(depth, -lacking[1] / depth, label=f"theory, {-lacking[1]:.3f} / L", **PAPER)
    labels = ("rms error of the kernel of a and b", "n x variance of the log norm", "limit less mean kernel")
    ticks = ((8, 32, 128), (4, 8, 32, 128), (4, 8, 16, 32))
    for ax, x, y, at in zip(axes, ("width n", "depth L", "depth L"), labels, ticks, strict=True):
        ax.set(xlabel=x, ylabel=y, xscale="log", yscale="log")
        ax.minorticks_off()
        ax.set_xticks(at, at)
        ax.legend(fontsize=7.5)
    axes[0].set_yticks((0.1, 0.2, 0.4, 0.8), (0.1, 0.2, 0.4, 0.8))
    axes[2].set_yticks((0.003, 0.01, 0.03), (0.003, 0.01, 0.03))
    return fig


def spreads_by_depth(ax: Axes, cells: Cells) -> None:
    """n times the variance of the log norm against depth, with theory's first order in 1/n dashed."""
    for network, (label, marker, color) in NETWORKS.items():
        part = cells.of(network)
        at = (part.n >= 64) & (part.depth >= 4)
        points(
            ax,
            part.depth[at],
            (part.n * part.variance("log_aa"))[:, at],
            fmt=marker,
            color=color,
            label=label,
        )
        depth = np.unique(part.depth[at]).astype(int)
        theory = 5 * depth if network == "mlp" else [sum(scatter(scales(network, each))) for each in depth]
        ax.plot(depth, theory, **(PAPER | {"color": color}))
    ax.plot([], [], "--", color="0.3", label="theory")
