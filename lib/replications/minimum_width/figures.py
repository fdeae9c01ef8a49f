"""The figures of the least width: curves that must not cross, errors against the floor, networks written down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from replications.minimum_width.networks import Network, Polyline, pieces
from scalinglaws.figures import PALETTE, PAPER, panels


def drawn(networks: Mapping[str, Network], target: Polyline) -> Figure:
    """A plane curve and what networks make of it, each with the longest of its errors as a bar.

    Parameters
    ----------
    networks
        Title of a panel -> network of one input and two outputs.
    target
        What they follow.
    """
    figure, axes = panels(len(networks), width=3.6, height=3.6, sharex=True, sharey=True)
    for ax, (title, network) in zip(axes, networks.items(), strict=True):
        t, curve = pieces(network, target.times)
        goal = target(t)
        worst = np.linalg.norm(curve - goal, axis=0).argmax()
        ax.plot(*target.corners.T, lw=2, label="the curve to be followed", **PAPER)
        ax.plot(*curve, color=PALETTE[1], lw=1.5, label="the network")
        ax.plot(
            *np.stack([curve[:, worst], goal[:, worst]]).T,
            "o-",
            color=PALETTE[4],
            ms=4,
            label="longest error",
        )
        ax.set(title=title, xlabel="first output", aspect="equal")
    axes[0].set_ylabel("second output")
    figure.legend(*axes[0].get_legend_handles_labels(), fontsize=8, loc="outside lower center", ncols=3)
    return figure


def against_the_floor(groups: Mapping[str, np.ndarray], grids: Mapping[str, pd.DataFrame]) -> Figure:
    """Left, the share of restarts with at most some error; right, the error on the grid and over the continuum.

    Parameters
    ----------
    groups
        Label -> largest errors of its restarts.
    grids
        Label -> runs with `largest_on_grid` and `largest`.
    """
    figure, (left, right) = panels(2)
    for (label, errors), color in zip(groups.items(), (PALETTE[1], PALETTE[3], PALETTE[5]), strict=True):
        left.step(
            np.sort(errors),
            np.arange(1, len(errors) + 1) / len(errors),
            where="post",
            color=color,
            label=label,
        )
    left.axvline(0.5, label="floor of width 2", **PAPER)
    left.set(xscale="log", xlabel="largest error over the continuum", ylabel="share of restarts", ylim=(0, 1))
    left.legend(fontsize=8, loc="upper left")
    for (label, runs), color, mark in zip(grids.items(), (PALETTE[4], PALETTE[1]), "x.", strict=True):
        right.plot(runs.largest_on_grid, runs.largest, mark, ms=5, color=color, label=label)
    right.axhline(0.5, label="floor of width 2", **PAPER)
    right.axvline(0.5, **PAPER)
    right.plot([0.4, 0.7], [0.4, 0.7], ":", color="0.5", label="equal")
    right.set(xlim=(0.484, 0.53), ylim=(0.48, 0.6), xlabel="largest error at the training points")
    right.set_ylabel("largest error over the continuum")
    right.legend(fontsize=8, loc="upper right")
    return figure


def stops(groups: Mapping[str, tuple[np.ndarray, float]], line: float) -> Figure:
    """The share of restarts with at most some error, for curves whose floors differ.

    Parameters
    ----------
    groups
        Label -> largest errors of the restarts, and the floor.
    line
        What a curve reaches that lies on a straight line; the same for all.
    """
    figure, ax = panels(1, width=7.0, height=3.6)
    for (label, (errors, floor)), color in zip(groups.items(), PALETTE[1::2], strict=False):
        share = np.arange(1, len(errors) + 1) / len(errors)
        ax.step(np.sort(errors), share, where="post", color=color, label=label)
        ax.axvline(floor, **PAPER | {"color": color})
    ax.plot([], [], label="floor, in the colour of its curve", **PAPER)
    ax.axvline(line, ls=":", color="0.3", label="nearest straight line")
    ax.set(
        xlabel="largest error over the continuum", ylabel="share of restarts", xlim=(0.15, 0.7), ylim=(0, 1)
    )
    ax.legend(fontsize=8, loc="upper left")
    return figure


def written_down(
    sizes: Sequence[int],
    square: Sequence[float],
    largest: Sequence[float],
    trained: pd.Series,
    example: Network,
) -> Figure:
    """Left, errors of networks of width 2 against depth; right, where one of them is at 400 even times.

    Parameters
    ----------
    sizes, square, largest
        Hidden layers, root mean square and largest errors of the networks that are written down.
    trained
        Least root mean square error that training found, by depth.
    example
        One of the networks, for the crossing curve.
    """
    figure, (left, right) = panels(2)
    left.plot(sizes, largest, "s-", color=PALETTE[5], label="written down, largest error")
    left.plot(sizes, square, "o-", color=PALETTE[1], label="written down, root mean square")
    left.plot(
        trained.index, trained, "x", color=PALETTE[4], ms=7, label="trained, least of 48, root mean square"
    )
    left.axhline(0.5, label="floor of the largest error", **PAPER)
    left.set(xscale="log", yscale="log", xlabel="hidden layers of width 2", ylabel="error")
    _, path = pieces(example, np.array([0.0, 1.0]))
    right.plot(*path, color="0.75", lw=0.7, label="whole path")
    right.plot(*example(np.linspace(0, 1, 400)[None]), ".", color=PALETTE[1], ms=3, label="at 400 even times")
    right.plot([-1, 1, 1, 0, 0], [0, 0, 1, 1, -1], lw=1.2, label="the curve to be followed", **PAPER)
    right.set(xlabel="first output", ylabel="second output", aspect="equal")
    handles, names = map(list.__add__, left.get_legend_handles_labels(), right.get_legend_handles_labels())
    figure.legend(handles, names, fontsize=8, loc="outside lower center", ncols=3)
    return figure


def other_dimensions(groups: Mapping[str, tuple[np.ndarray, bool]]) -> Figure:
    """Largest errors of the restarts of several shapes, one row each, with the floor where there is one.

    Parameters
    ----------
    groups
        Label -> errors, and whether the floor of 1/2 holds for the shape.
    """
    figure, ax = panels(1, width=7.6, height=4.0)
    for row, (errors, floored) in enumerate(groups.values()):
        height = row + np.linspace(-0.25, 0.25, len(errors))
        color = PALETTE[1] if floored else PALETTE[3]
        ax.plot(np.sort(errors), height, ".", ms=3, color=color)
    ax.plot([], [], ".", color=PALETTE[1], label="a restart; the floor holds for this width")
    ax.plot([], [], ".", color=PALETTE[3], label="a restart; no floor")
    ax.axvline(0.5, label="floor", **PAPER)
    ax.set_yticks(range(len(groups)), list(groups))
    ax.invert_yaxis()
    ax.set(xscale="log", xlabel="largest error over the continuum", ylabel="target and width")
    ax.legend(fontsize=8, loc="lower left")
    return figure
