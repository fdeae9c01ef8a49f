"""The figures of compound scaling: activations, compound coefficients, run time, and equal accuracy."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from replications.compound_scaling.accuracy import FASTER
from scalinglaws.figures import PALETTE, PAPER, panels

#: Families that are drawn in a colour of their own; all others are grey.
COLOURS = {
    "EfficientNet": PALETTE[2],
    "efficientnet": PALETTE[2],
    "RegNetX": PALETTE[1],
    "regnetx": PALETTE[1],
    "RegNetY": PALETTE[6],
    "regnety": PALETTE[6],
    "ResNet": PALETTE[0],
    "resnet": PALETTE[0],
    "ResNeXt": PALETTE[4],
    "resnext": PALETTE[4],
}


def activations(
    schemes: Mapping[str, tuple[np.ndarray, np.ndarray, float]], released: tuple[np.ndarray, np.ndarray]
) -> Figure:
    """Activations against FLOPs of one network scaled in several ways, and of the released family.

    Parameters
    ----------
    schemes
        Name -> FLOPs and activations of the scaled networks, each shape (scales,), and the ideal exponent.
    released
        FLOPs and activations of B0 to B7.
    """
    fig, ax = panels(width=6.6, height=4.6)
    # Depth's and resolution's lines coincide, so that each line is drawn thinner than the one before.
    lines = zip(PALETTE[1:], np.linspace(5, 1, len(schemes)), schemes.items(), strict=False)
    for colour, thick, (name, (flops, acts, ideal)) in lines:
        ax.plot(flops / 1e9, acts / 1e6, "o", ms=4, color=colour, label=f"{name} (dashed: {ideal:.2f})")
        line = PAPER | {"color": colour, "lw": thick, "alpha": 0.6}
        ax.plot(flops / 1e9, acts[0] / 1e6 * (flops / flops[0]) ** ideal, **line)
    ax.plot(
        released[0] / 1e9, released[1] / 1e6, "D", ms=7, mfc="none", color="k", label="released, B0 to B7"
    )
    ax.set(xscale="log", yscale="log", xlabel="1e9 FLOPs an image", ylabel="1e6 activations an image")
    ax.legend(fontsize=9)
    return fig


def compound(allowed: Mapping[str, Mapping[str, tuple[float, float]]]) -> Figure:
    """The compound coefficients that depth, width and resolution of each network allow.

    Parameters
    ----------
    allowed
        Network -> dimension -> least and largest coefficient.
    """
    fig, ax = panels(width=6.6, height=3.8)
    dimensions = list(next(iter(allowed.values())))
    for shift, colour, dimension in zip((-0.22, 0, 0.22), PALETTE[1:], dimensions, strict=False):
        ends = np.array([of[dimension] for of in allowed.values()])
        places = np.arange(len(ends)) + shift
        ax.vlines(places, ends[:, 0], ends[:, 1], lw=7, color=colour, label=dimension)
    ax.set_xticks(range(len(allowed)), allowed)
    ax.set(xlabel="released network", ylabel="compound coefficient")
    ax.legend(title="allowed by", loc="upper left")
    return fig


def points(ax: Axes, cost: np.ndarray, time: np.ndarray, families: np.ndarray) -> None:
    """Time against one cost, a colour for some families, and a dashed line of proportion through the middle.

    Parameters
    ----------
    ax
        Axes to draw on.
    cost, time, families
        One value a network: a cost, milliseconds an image, and a name.
    """
    others = ~np.isin(families, list(COLOURS))
    if others.any():
        ax.plot(cost[others], time[others], ".", color="0.75", label="other families")
    for name in dict.fromkeys(families[~others]):
        of = families == name
        ax.plot(cost[of], time[of], "o", ms=4, color=COLOURS[name], label=name)
    ends = np.array([cost.min(), cost.max()])
    ax.plot(
        ends,
        ends * np.exp(np.median(np.log(time / cost))),
        label="in proportion,\nat the median height",
        **PAPER | {"color": "0.3"},
    )
    ax.set(xscale="log", yscale="log")


def run_time(machines: Mapping[str, tuple[np.ndarray, np.ndarray, np.ndarray]]) -> Figure:
    """Time an image against FLOPs and against activations, a row for each machine.

    Parameters
    ----------
    machines
        Machine -> logarithms of FLOPs and activations in 1e9 and 1e6, shape (networks, 2); milliseconds an
        image, shape (networks,); families.
    """
    fig, axes = panels(2, len(machines), width=4.8, height=3.3)
    for row, (machine, (costs, time, families)) in zip(axes, machines.items(), strict=True):
        for ax, cost, what in zip(row, np.exp(costs.T), ("1e9 FLOPs", "1e6 activations"), strict=True):
            points(ax, cost, time, families)
            ax.set(xlabel=f"{what} an image", ylabel="ms an image", title=machine)
        row[1].legend(fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))
    return fig


def equal_accuracy(ratios: pd.DataFrame) -> Figure:
    """ResNet-RS over EfficientNet at equal accuracy: FLOPs, activations and time.

    Parameters
    ----------
    ratios
        One row a network and image size: `top1` (%), and ratios of `gmacs`, `macts` and of the rates.
    """
    fig, axes = panels(2, width=4.8, height=3.8)
    rows = ratios.sort_values("top1")
    for name, label, colour, marker in (
        ("gmacs", "FLOPs", PALETTE[1], "o"),
        ("macts", "activations", PALETTE[2], "s"),
    ):
        axes[0].plot(rows.top1, rows[name], marker, color=colour, label=label)
    for name, label, colour, marker in (
        ("gpu_rate", "inference, RTX 4090", PALETTE[3], "o"),
        ("train_rate", "training, RTX 3090", PALETTE[0], "D"),
        ("cpu_rate", "inference, CPU", PALETTE[4], "s"),
    ):
        axes[1].plot(rows.top1, rows[name], marker, color=colour, label=label)
    for (machine, (low, high)), colour in zip(FASTER.items(), (PALETTE[5], PALETTE[6]), strict=True):
        label = f"the paper, training, {machine}: {low} to {high}"
        axes[1].axhspan(low, high, color=colour, alpha=0.15, lw=0, label=label)
        for edge in (low, high):
            axes[1].axhline(edge, lw=1, **PAPER | {"color": colour})
    for ax, what in zip(
        axes, ("cost of ResNet-RS / EfficientNet", "speed of ResNet-RS / EfficientNet"), strict=True
    ):
        ax.axhline(1, color="0.5", lw=1)
        ax.set(yscale="log", xlabel="top-1 accuracy of both [%]", ylabel=what)
        ax.set_yticks([0.3, 0.5, 1, 2, 3, 5], ["0.3", "0.5", "1", "2", "3", "5"])
        ax.minorticks_off()
        ax.legend(fontsize=8, loc="upper center", bbox_to_anchor=(0.5, -0.2))
    return fig
