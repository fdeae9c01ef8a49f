"""The figures of over-training: the two laws with their runs, and how far both miss."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scalinglaws.counting import training_flops
from scalinglaws.figures import PALETTE, PAPER, panels

#: What was done with a run, and how it is drawn.
KINDS = {
    "neither": {"marker": "o", "ms": 5, "mfc": "0.7"},
    "fitted": {"marker": "o", "ms": 5, "mfc": PALETTE[0]},
    "predicted": {"marker": "*", "ms": 12, "mfc": "w"},
}
#: Sorts of runs that were predicted, and how each is drawn; what has no fill of its own takes its set's colour.
SORTS = {
    "small runs": {"marker": ".", "ms": 5},
    "1.4 billion, 20 tokens a parameter": {"marker": "P", "ms": 10, "mfc": "w"},
    "1.4 billion, over-trained": {"marker": "P", "ms": 11},
    "6.9 billion, 20 tokens a parameter": {"marker": "*", "ms": 11},
}


def sorted_out(runs: pd.DataFrame) -> np.ndarray:
    """The sort of each run, a key of `SORTS`, by its n_params and its multiplier, tokens per parameter."""
    small, plain, over, large = SORTS
    sizes = [runs.n_params < 1e9, runs.n_params > 2e9, runs.multiplier > 20]
    return np.select(sizes, [small, large, over], plain)


def dots(ax: Axes, runs: pd.DataFrame, x: Any, y: Any) -> None:
    """Runs as dots, by what was done with them.

    Parameters
    ----------
    ax
        Axes to draw on.
    runs
        One row a run, with `kind`, a key of `KINDS`.
    x, y
        One number a run.
    """
    for kind, style in KINDS.items():
        part = (runs.kind == kind).to_numpy()
        ax.plot(np.asarray(x)[part], np.asarray(y)[part], ls="", mec="0.2", label=kind, **style)


def loss_law(
    ax: Axes, runs: pd.DataFrame, fit: Any, printed: Sequence[float], multipliers: Sequence[int]
) -> None:
    """Loss less the irreducible loss against compute: a line for each multiplier.

    Parameters
    ----------
    ax
        Axes to draw on.
    runs
        One row a run: n_params, n_tokens, loss, kind.
    fit
        Ours, of the law with one exponent.
    printed
        The paper's a, b and eta.
    multipliers
        Tokens per parameter, one line each.
    """
    a, b, eta = printed
    flops = np.logspace(15.5, 22.3, 50)
    for m, color in zip(multipliers, (PALETTE[1], PALETTE[3], PALETTE[4]), strict=True):
        n_params = np.sqrt(flops / 6 / m)
        curve = fit.predict({"n_params": n_params, "n_tokens": m * n_params}) - fit["E"]
        ax.plot(flops, curve, color=color, label=f"our fit, M = {m}")
        label = "Table 6 of the paper" if m == multipliers[-1] else None
        ax.plot(flops, (a * m**eta + b * m**-eta) * flops**-eta, label=label, **PAPER)
    dots(ax, runs, training_flops(runs.n_params, runs.n_tokens), runs.loss - fit["E"])
    ax.set(xscale="log", yscale="log", xlabel="training compute 6ND [FLOP]")
    ax.set(ylabel="loss less E [nats per token]")
    ax.set_yticks([0.5, 1, 2, 4], ["0.5", "1", "2", "4"])
    ax.minorticks_off()
    ax.legend(fontsize=8)


def error_law(ax: Axes, runs: pd.DataFrame, fit: Any, printed: Sequence[float]) -> None:
    """Mean error on the exams against loss; `printed` are the paper's epsilon, k and gamma."""
    top, k, gamma = printed
    loss = np.linspace(2.3, 5.5, 50)
    ax.plot(loss, fit.predict({"loss": loss}), color=PALETTE[1], label="our fit")
    ax.plot(loss, top - k * np.exp(-gamma * loss), label="Table 6 of the paper", **PAPER)
    dots(ax, runs, runs.loss, runs.error17)
    ax.set(xlabel="loss on C4 [nats per token]", ylabel="mean error on 17 tasks")
    ax.legend(fontsize=8)


def misses(ax: Axes, runs: pd.DataFrame, off: str, sets: Sequence[str], title: str) -> None:
    """Signed errors of predictions, a row for each training set, the headline's circled.

    Parameters
    ----------
    ax
        Axes to draw on.
    runs
        One row a run that was predicted: train_set, n_params, multiplier, the column `off`, and `headline`.
    off
        Column of errors in per cent.
    sets
        Training sets, from the lowest row up.
    title
        What is predicted.
    """
    sorts = sorted_out(runs)
    for row, name in enumerate(sets):
        for sort, mark in SORTS.items():
            part = runs[(runs.train_set == name) & (sorts == sort)]
            spread = np.linspace(-0.22, 0.22, len(part)) if sort == "small runs" else 0.0
            style = {"ls": "", "color": PALETTE[1 + row]} | mark
            ax.plot(part[off], np.full(len(part), row) + spread, **style)
            if not row:
                ax.plot([], [], **style | {"color": "0.3"}, label=sort)
    circled = runs[runs.headline]
    rows = circled.train_set.map(list(sets).index)
    ring = {"ls": "", "marker": "o", "ms": 20, "mfc": "none", "mec": PALETTE[0], "mew": 1.5}
    ax.plot(circled[off], rows, **ring)
    ax.plot([], [], **ring | {"ms": 10}, label="the headline's")
    ax.axvline(0, color=PALETTE[0], lw=1)
    ax.set(xlabel="error of the prediction [%]", title=title)


def both_laws(runs: pd.DataFrame, loss_fit: Any, error_fit: Any, printed: Sequence[float]) -> Figure:
    """The paper's Figure 1: both laws of one training set, with its runs.

    Parameters
    ----------
    runs
        One row a run: n_params, n_tokens, loss, error17, kind.
    loss_fit, error_fit
        Ours.
    printed
        The paper's seven coefficients, as in `printed.TABLE6`.
    """
    fig, (left, right) = panels(2, width=5.0, height=3.8)
    loss_law(left, runs, loss_fit, printed[1:4], (20, 320, 640))
    error_law(right, runs, error_fit, printed[4:])
    return fig


def both_misses(of_loss: pd.DataFrame, of_error: pd.DataFrame, sets: Sequence[str]) -> Figure:
    """Errors of the predicted losses and exam errors of runs that were not fitted, as in `misses`."""
    fig, axes = panels(2, width=5.0, height=3.8, sharey=True)
    misses(axes[0], of_loss, "off_loss", sets, "loss")
    misses(axes[1], of_error, "off_error17", sets, "mean error on 17 tasks")
    axes[0].set(yticks=range(len(sets)), yticklabels=sets, ylabel="training set", ylim=(-0.6, 2.6))
    fig.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3, fontsize=9)
    return fig
