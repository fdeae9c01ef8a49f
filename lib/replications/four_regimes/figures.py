"""The figures of the four regimes: losses and the equation, exponents, where the loss sits, two pitfalls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogFormatterSciNotation, LogLocator

from scalinglaws.figures import PALETTE, PAPER, panels
from scalinglaws.uncertainty import Estimate

#: A curve: sizes, losses of the simulation (draws, sizes), losses of the equation.
Curve = tuple[Sequence[float], np.ndarray, np.ndarray]


def regimes(parts: Mapping[str, Mapping[float | str, Curve]]) -> Figure:
    """The four regimes, two by two as in the paper's Figure 2a.

    Parameters
    ----------
    parts
        Title of a panel, such as "variance-limited, by data" -> spectrum -> curve. In a panel of
        the resolution-limited regime a spectrum is named by its alpha_K, which is the paper's
        exponent; elsewhere the paper's exponent is 1.
    """
    fig, axes = panels(2, 2)
    for ax, (title, curves) in zip(axes.flat, parts.items(), strict=True):
        resolved = title.startswith("resolution")
        for (name, (sizes, losses, equation)), colour in zip(
            curves.items(), (PALETTE[1], PALETTE[3], PALETTE[4]), strict=False
        ):
            mean, slope = losses.mean(0), -float(name) if resolved else -1.0
            ax.plot(sizes, mean, "o", ms=5, color=colour, label=f"α_K = {name}" if resolved else name)
            ax.plot(sizes, equation, "-", lw=1, color=colour)
            # The paper's line has a slope and no height: it is hung a little above the first point.
            ax.plot(sizes, 1.25 * mean[0] * (np.asarray(sizes) / sizes[0]) ** slope, lw=1, **PAPER)
        counted = "examples D" if title.endswith("data") else "features P"
        measured = "loss" if resolved else "loss above its limit"
        ax.set(xscale="log", yscale="log", xlabel=f"{counted} [count]", ylabel=f"{measured} [mean square]")
        ax.set_title(title, size=10)
        counts(ax, sizes)
        # Losses above a limit span little more than a decade, so that powers of ten alone are too few.
        ax.yaxis.set_major_locator(LogLocator(subs=(1,) if resolved else (1, 2, 5)))
        ax.yaxis.set_major_formatter(LogFormatterSciNotation(minor_thresholds=(np.inf, np.inf)))
        if resolved:  # room for the legend
            ax.set_ylim(bottom=ax.get_ylim()[0] / 30)
        ax.plot([], [], "k-", lw=1, label="equation")
        ax.plot([], [], lw=1, label="paper's slope", **PAPER)
        ax.legend(fontsize=8)
    return fig


def counts(ax: Axes, sizes: Sequence[float]) -> None:
    """Ticks at the sizes themselves, as plain numbers."""
    ax.set_xticks(list(sizes), [f"{size:,}" for size in sizes])
    ax.minorticks_off()


def exponents(rows: Mapping[str, tuple[float, Estimate, Estimate]]) -> Figure:
    """Exponents in data and in features against that of the spectrum, as in the paper's Figure 2b.

    Parameters
    ----------
    rows
        Name of a world -> exponent of its spectrum less 1, exponent in data, exponent in features.
    """
    fig, ax = panels(width=7.2, height=4.2)
    for (name, (alpha, data, features)), colour in zip(
        rows.items(), np.resize(np.array([*PALETTE[:2], *PALETTE[3:]]), len(rows)), strict=True
    ):
        for one, mark, of in ((data, "o", "data"), (features, "s", "features")):
            error = [[one.value - one.low], [one.high - one.value]]
            ax.errorbar(alpha, one.value, error, fmt=mark, ms=5, color=colour, label=f"{name}, {of}")
    ends = np.array([0.3, 1.7])
    ax.plot(ends, ends, label="paper: equal", **PAPER)
    ax.set(xlabel="exponent of the spectrum less 1, α_K [1]", ylabel="exponent of the loss [1]")
    fig.legend(loc="outside right upper", fontsize=8)
    return fig


def shares(
    learned: Mapping[float, tuple[np.ndarray, np.ndarray]], alphas: np.ndarray, beyond: np.ndarray
) -> Figure:
    """How much of each mode is learned, and how much of the loss lies beyond mode D.

    Parameters
    ----------
    learned
        Exponent of the spectrum less 1 -> rank over D, share learned.
    alphas, beyond
        Exponents, and the share of the loss in modes beyond D.
    """
    fig, (left, right) = panels(2)
    for (alpha, (rank, share)), colour in zip(
        learned.items(), (PALETTE[1], PALETTE[3], PALETTE[4]), strict=True
    ):
        left.plot(rank, share, color=colour, label=f"α_K = {alpha:g}")
    left.plot([0.1, 1, 1, 10], [1, 1, 0, 0], label="the shortcut of Eq. 5", **PAPER)
    left.set(xscale="log", xlabel="rank of the mode over D [1]", ylabel="share learned [1]")
    left.legend(fontsize=8)
    right.plot(alphas, beyond, color=PALETTE[1], label="from the equation")
    right.axhline(1, label="the shortcut of Eq. 5", **PAPER)
    right.set(xscale="log", xlabel="α_K [1]", ylabel="share of the loss beyond D [1]", ylim=(0, 1.05))
    right.legend(fontsize=8)
    return fig


def pitfalls(contrast: Mapping[str, Curve], peak: Curve, n_features: int) -> Figure:
    """An exponential spectrum beside a power law, and the peak where examples and features are alike.

    At equality the mean loss has no end, and `peak` has NaN there: a gap between its two branches.
    """
    fig, (left, right) = panels(2)
    for (name, curve), colour in zip(contrast.items(), (PALETTE[1], PALETTE[4]), strict=True):
        against(left, name, curve, colour)
    left.set(xlabel="examples D [count]", ylabel="loss [mean square]")
    counts(left, next(iter(contrast.values()))[0])
    against(right, f"{n_features} features", peak, PALETTE[1])
    right.axvline(n_features, color="0.5", lw=1, label="as many examples: no finite mean")
    for edge in (n_features / 4, n_features * 4):
        right.axvline(
            edge, color="0.5", lw=1, ls=":", label="a factor of four away" if edge < n_features else None
        )
    right.set(xlabel="examples D [count]", ylabel="loss [mean square]")
    counts(right, [8, 16, 32, 64, 128, 256, 512])
    left.legend(fontsize=8, loc="lower left")
    right.set_ylim(top=right.get_ylim()[1] * 8)
    right.legend(fontsize=8)
    return fig


def against(ax: Axes, name: str, curve: Curve, colour: str) -> None:
    """Points of a simulation and the line of the equation, both logarithmic."""
    sizes, losses, equation = curve
    ax.loglog(sizes, losses.mean(0), "o", ms=4, color=colour, label=f"{name}: simulation")
    ax.loglog(sizes, equation, "-", lw=1, color=colour, label=f"{name}: equation")


def pieces(found: Mapping[int, Mapping[str, np.ndarray]], sizes: Sequence[float]) -> Figure:
    """Losses of interpolation, a panel for each dimension, with the paper's slope 4/d dashed."""
    fig, axes = panels(len(found), width=3.6)
    for ax, (dimension, kinds) in zip(axes, found.items(), strict=True):
        flat, nearest = (kinds[kind].mean(0) for kind in ("flat pieces", "nearest point"))
        ax.loglog(sizes, flat, "o-", ms=4, lw=0.8, color=PALETTE[1], label="flat pieces")
        ax.loglog(sizes, nearest, "x:", ms=5, lw=0.8, color=PALETTE[4], label="nearest point")
        slope = (np.asarray(sizes) / sizes[0]) ** (-4 / dimension)
        ax.loglog(sizes, 1.4 * flat[0] * slope, label="paper: 4/d", **PAPER)
        ax.set(xlabel="points D [count]", ylabel="loss [mean square]")
        ax.set_title(f"d = {dimension}", size=10)
        counts(ax, sizes)
    axes[0].legend(fontsize=8)
    return fig
