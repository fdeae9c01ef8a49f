"""The figures of the critical batch size: steps against batch size, and its growth with the reference batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scalinglaws.figures import PALETTE, PAPER, panels, shades


def plain(ax: Axes, yticks: Sequence[float]) -> None:
    """Ticks of a logarithmic axis written out, at the numbers given and nowhere else."""
    ax.set_yticks(yticks, [f"{tick:g}" for tick in yticks])
    ax.minorticks_off()


def steps_and_law(
    size: np.ndarray,
    batch: np.ndarray,
    steps: np.ndarray,
    constants: np.ndarray,
    critical: Mapping[float, np.ndarray],
    printed: tuple[float, float],
) -> Figure:
    """Steps to the target with their curves, and critical batch sizes against size by reference batch.

    Parameters
    ----------
    size
        Parameters, in millions, shape (m,).
    batch
        Batch sizes in sequences, shape (k,).
    steps
        Shape (m, k).
    constants
        The two constants a and b of each fitted curve a + b / batch, shape (m, 2).
    critical
        Reference batch -> critical batch sizes, shape (m,).
    printed
        Factor and exponent of the paper's law, for size in millions.
    """
    fig, (left, right) = panels(2, width=4.9)
    x = np.geomspace(batch.min(), batch.max(), 200)
    for n, row, (a, b), colour in zip(size, steps, constants, shades(len(size)), strict=True):
        left.plot(batch, row, "o", ms=5, color=colour, label=f"{n:.0f} million parameters")
        left.plot(x, a + b / x, color=colour, lw=1)
    left.set(xlabel="batch size [sequences of 512 tokens]", ylabel="steps to the target loss [updates]")
    markers = zip(critical.items(), "osDv", PALETTE[1:2] + PALETTE[3:6], strict=False)
    for (reference, values), marker, colour in markers:
        label = f"reference {reference:.0f}" if reference else "no reference: a fifth of b / a"
        right.plot(size, values, marker, ms=6, color=colour, label=label)
        slope, level = np.polyfit(np.log(size), np.log(values), 1)
        right.plot(size, np.exp(level) * size**slope, color=colour, lw=1)
    right.plot(size, printed[0] * size ** printed[1], label="the paper's law", **PAPER)
    right.set(xlabel="parameters [millions]", ylabel="critical batch size [sequences]")
    for ax in (left, right):
        ax.set(xscale="log", yscale="log")
        ax.legend(fontsize=9)
    right.set_xticks(size, [f"{n:.0f}" for n in size])
    plain(right, yticks=(500, 1000, 2000))
    return fig


def trade_off(batches: np.ndarray, steps: Mapping[float, np.ndarray], found: pd.DataFrame) -> Figure:
    """Least steps against samples on the quadratic, each over its least value, and three measures of the batch.

    Parameters
    ----------
    batches
        Shape (k,), in samples.
    steps
        Target, as a share of the first loss, -> least steps, shape (k,).
    found
        One row a target, with the columns `critical batch`, `B_noise` and `B_simple`, in samples.
    """
    fig, (left, right) = panels(2, width=4.9)
    for (target, count), colour in zip(steps.items(), PALETTE[1:2] + PALETTE[3:], strict=False):
        ratio = found.loc[target, "critical batch"]
        least = np.exp(np.mean(np.log(count / (1 + ratio / batches))))
        samples = batches * count / (ratio * least)
        left.plot(count / least, samples, "o", ms=5, color=colour, label=f"{target} of the first loss")
    x = np.geomspace(1.0015, 400, 400)
    left.plot(x, x / (x - 1), label="the paper's hyperbola", **PAPER)
    left.set(xscale="log", yscale="log", xlabel="steps over the fewest", ylabel="samples over the fewest")
    measures = {
        "critical batch": ("critical batch size of the run", "o-", PALETTE[1]),
        "B_noise": ("noise scale with curvature at the target", "s-", PALETTE[3]),
        "B_simple": ("simple noise scale at the target", "D-", PALETTE[4]),
    }
    for column, (label, style, colour) in measures.items():
        right.plot(found.index, found[column], style, color=colour, label=label)
    right.set(
        xscale="log",
        yscale="log",
        xlabel="target [share of the first loss], falling to the right",
        ylabel="batch size [samples]",
    )
    right.invert_xaxis()
    right.set_xticks(found.index, [str(target) for target in found.index])
    plain(right, yticks=(5, 10, 20, 40, 80))
    right.set_ylim(bottom=4)
    left.legend(fontsize=9)
    right.legend(fontsize=9, loc="lower right")
    return fig


def growth_with_samples(curves: Mapping[str, tuple[np.ndarray, np.ndarray, float]]) -> Figure:
    """Critical batch size against the samples that a target needs, with the slope that theory has.

    Parameters
    ----------
    curves
        Label -> samples, critical batch sizes, both of shape (t,), and the exponent of theory.
    """
    fig, ax = panels(width=5.2)
    for (label, (samples, ratio, slope)), colour in zip(curves.items(), PALETTE[1:], strict=False):
        ax.plot(samples, ratio, "o", ms=5, color=colour, label=label)
        line = ratio[-1] * (samples / samples[-1]) ** slope
        ax.plot(samples, line, "--", color=colour, lw=1, label=f"slope {slope:g}, by theory")
    ax.set(xscale="log", yscale="log", xlabel="samples to the target", ylabel="critical batch size [samples]")
    plain(ax, yticks=(20, 50, 100, 200, 400))
    ax.legend(fontsize=9)
    return fig
