"""The figures of the critical deposition: two paths, the law with its slope, and what has other laws."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from scalinglaws.figures import PALETTE, PAPER, panels


def paths(tracks: Mapping[str, np.ndarray]) -> Figure:
    """Particles that pass in front of the cylinder, whole and near the surface.

    Parameters
    ----------
    tracks
        Name of a particle -> its gap s and angle phi, shape (2, n).
    """
    fig, axes = panels(2)
    # The first is drawn wide, so that a second one on top of it hides neither.
    for width, colour, (name, (gap, angle)) in zip((4, 1.5, 1.5), PALETTE, tracks.items(), strict=False):
        style = {"lw": width, "color": colour, "label": name}
        axes[0].plot(-(1 + gap) * np.cos(angle), (1 + gap) * np.sin(angle), **style)
        outside = gap > 0
        axes[1].plot(angle[outside], gap[outside], **style)
    axes[0].add_patch(Circle((0, 0), 1, color="0.85"))
    axes[0].set(xlim=(-2.5, 0.2), ylim=(-0.2, 1.8), aspect="equal", xlabel="x (radii)", ylabel="y (radii)")
    axes[1].set(xscale="log", yscale="log", xlabel="angle from the front (radians)", ylabel="gap (radii)")
    for ax, place in zip(axes, ("upper left", "lower left"), strict=True):
        ax.legend(fontsize=8, loc=place)
    return fig


def straight(ax: Axes, excess: np.ndarray, log_efficiency: np.ndarray, theory: np.ndarray) -> None:
    """ln efficiency against the root that makes the law a straight line, with the best power of the excess.

    Parameters
    ----------
    ax
        Axes to draw on.
    excess, log_efficiency
        St - St_c and ln efficiency, shape (n,).
    theory
        Theory's ln efficiency at the same places, shape (n,).
    """
    root = excess**-0.5
    ax.plot(root, log_efficiency, "o", ms=5, label="simulation")
    power = np.polyfit(np.log(excess), log_efficiency, 1)
    fine = np.geomspace(excess.min(), excess.max(), 200)
    ax.plot(fine**-0.5, np.polyval(power, np.log(fine)), color=PALETTE[4], label="best power of St - St_c")
    ax.plot(root, theory, label="theory, both terms", **PAPER)
    ax.set(xlabel=r"$(St - St_c)^{-1/2}$", ylabel=r"$\ln\,\eta$")
    ax.legend(fontsize=8)


def law(
    excess: np.ndarray,
    log_efficiency: np.ndarray,
    theory: np.ndarray,
    slopes: Mapping[str, tuple[np.ndarray, np.ndarray]],
    coefficients: Mapping[str, float],
) -> Figure:
    """The law as a straight line, and its slope between neighbours on the way to the threshold.

    Parameters
    ----------
    excess, log_efficiency, theory
        As in `straight`.
    slopes
        Name -> St - St_c and the slope there.
    coefficients
        Name -> theory's coefficient, a dashed line each.
    """
    fig, axes = panels(2)
    straight(axes[0], excess, log_efficiency, theory)
    for marker, colour, (name, (places, slope)) in zip("os^", PALETTE, slopes.items(), strict=False):
        axes[1].plot(places, slope, marker, ms=5, color=colour, label=name)
    for colour, (name, value) in zip((PALETTE[2], PALETTE[4]), coefficients.items(), strict=False):
        axes[1].axhline(value, **PAPER | {"color": colour}, label=name)
    axes[1].set(xscale="log", xlabel=r"$St - St_c$", ylabel=r"$-\Delta\ln\eta\,/\,\Delta(St - St_c)^{-1/2}$")
    axes[1].legend(fontsize=8)
    return fig


def others(
    rows: Mapping[str, tuple[np.ndarray, np.ndarray, float]], power: tuple[np.ndarray, np.ndarray]
) -> Figure:
    """Flows that follow the law, each with theory's line, and one that follows a power.

    Parameters
    ----------
    rows
        Name -> St - St_c, ln efficiency, and theory's coefficient; its line goes through the first point.
    power
        St - St_c and ln efficiency of the flow that follows a power; its line has the exponent 1/2.
    """
    fig, axes = panels(2)
    for marker, colour, (name, (excess, found, c)) in zip("osD^", PALETTE, rows.items(), strict=False):
        axes[0].plot(excess**-0.5, found, marker, ms=4, color=colour, label=name)
        line = found[0] - c * (excess**-0.5 - excess[0] ** -0.5)
        axes[0].plot(excess**-0.5, line, **PAPER | {"color": colour})
    axes[0].set(xlim=(0, 210), ylim=(-230, 5), xlabel=r"$(St - St_c)^{-1/2}$", ylabel=r"$\ln\,\eta$")
    axes[0].plot([], [], label="theory's slopes", **PAPER | {"color": "0.4"})
    excess, found = power
    axes[1].plot(excess, found, "v", ms=5, color=PALETTE[4], label="air that sticks")
    axes[1].plot(excess, found[0] + 0.5 * np.log(excess / excess[0]), label="power 1/2", **PAPER)
    axes[1].set(xscale="log", xlabel=r"$St - St_c$", ylabel=r"$\ln\,\eta$")
    for ax in axes:
        ax.legend(fontsize=8)
    return fig
