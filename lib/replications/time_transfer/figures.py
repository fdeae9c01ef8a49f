"""The figures of the drift: curves of the loss, their optima against tokens and batch, and the drift by batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from replications.time_transfer.drift import surge_drift
from scalinglaws.figures import PALETTE, PAPER, panels, shades
from scalinglaws.uncertainty import Estimate


def batches_written(ax: Axes, batches: Sequence[float]) -> None:
    """A logarithmic axis of batches with the numbers written out."""
    ax.set_xscale("log")
    ax.set_xticks(batches, [f"{b:,.0f}" for b in batches])
    ax.minorticks_off()


def rates_written(ax: Axes) -> None:
    """Learning rates written out, with room for a legend below."""
    ax.set_yticks([5e-4, 1e-3, 2e-3, 5e-3], ["0.0005", "0.001", "0.002", "0.005"])
    ax.minorticks_off()
    ax.set_ylim(1.5e-4, 8e-3)


def bowls(runs: pd.DataFrame, cells: pd.DataFrame, model: int, batches: tuple[int, int]) -> Figure:
    """Loss above the least against the learning rate, a line a budget, for one model and two batches."""
    fig, axes = panels(2, width=4.6, sharey=True)
    for ax, batch in zip(axes, batches, strict=True):
        own = runs[(runs.model == model) & (runs.batch_size == batch)]
        best = cells[(cells.model == model) & (cells.batch_size == batch)].set_index("n_tokens")
        for (budget, curve), colour in zip(
            own.groupby("n_tokens"), shades(own.n_tokens.nunique()), strict=True
        ):
            least = best.least[budget]
            label = f"{budget / 1e9:.1f} billion tokens"
            ax.plot(curve.learning_rate, curve.loss - least, "o-", ms=3, lw=1, color=colour, label=label)
            ax.plot(np.exp(best.log_rate[budget]), 0, "v", ms=8, color=colour)
        ax.set(
            xscale="log", ylim=(-0.004, 0.06), xlabel="learning rate", title=f"batch of {batch:,} sequences"
        )
    axes[0].plot([], [], "v", ms=8, ls="none", color=PALETTE[0], label="optimum")
    axes[0].set_ylabel("loss above the least [nats per token]")
    axes[0].legend(fontsize=8)
    return fig


def optima(
    cells: pd.DataFrame, best: pd.DataFrame, model: int, batches: Sequence[int], zero: float
) -> Figure:
    """Optimal learning rates of one model against tokens, a line a batch, and against batch, a line a budget."""
    fig, (left, right) = panels(2, width=4.9)
    own = cells[cells.model == model]
    for batch, colour in zip(batches, shades(len(batches)), strict=True):
        row = own[own.batch_size == batch]
        left.plot(
            row.n_tokens / 1e9, np.exp(row.log_rate), "o-", ms=4, color=colour, label=f"{batch:,} sequences"
        )
    left.set(xscale="log", yscale="log", xlabel="tokens [billions]", ylabel="optimal learning rate")
    left.set_xticks([4, 10, 20, 50, 100], ["4", "10", "20", "50", "100"])
    rates_written(left)
    left.legend(fontsize=7, ncols=2, loc="lower left")
    budgets = np.unique(own.n_tokens)
    for budget, colour in zip(budgets, shades(len(budgets)), strict=True):
        row = own[own.n_tokens == budget]
        label = f"{budget / 1e9:.1f} billion tokens"
        right.plot(row.batch_size, np.exp(row.log_rate), "o-", ms=4, color=colour, label=label)
        at = best[(best.model == model) & (best.n_tokens == budget)].log_batch.to_numpy()
        rate = np.interp(at, np.log(row.batch_size), row.log_rate)
        right.plot(np.exp(at), np.exp(rate), "*", ms=12, color=PALETTE[2])
    right.axvline(zero, color=PALETTE[3], lw=1, label="no drift, all sizes")
    right.plot([], [], "*", ms=12, ls="none", color=PALETTE[2], label="optimal batch")
    right.set(yscale="log", xlabel="batch [sequences]", ylabel="optimal learning rate")
    rates_written(right)
    batches_written(right, [32, 128, 512, 2048])
    right.legend(fontsize=7, ncols=2, loc="lower right")
    return fig


def drifts(
    rows: Mapping[str, Mapping[int, Estimate]], fitted: tuple[float, float], long: Mapping[int, Estimate]
) -> Figure:
    """Drift by batch with intervals, the law of the three powers dashed, and the shape that was fitted.

    Parameters
    ----------
    rows
        Two kinds of models -> batch -> drift; the first is drawn on the left, with the laws, the second right.
    fitted
        The largest drift and the batch of no drift, as `drift.surge` gives them.
    long
        The same as the first of `rows`, of long runs alone.
    """
    fig, axes = panels(2, width=4.9, sharey=True)
    x = np.geomspace(24, 2700, 200)
    for ax, (name, drift) in zip(axes, rows.items(), strict=True):
        points(ax, drift, PALETTE[0], f"{name}, 95 % interval")
        ax.plot(x, surge_drift(x, fitted[1]), label="law of the three powers", **PAPER)
        ax.axhline(0, color=PALETTE[0], lw=0.6)
        batches_written(ax, [32, 64, 128, 256, 512, 1024, 2048])
        ax.set(xlabel="batch [sequences]", title=name)
    points(axes[0], {b * 1.07: e for b, e in long.items()}, PALETTE[5], "the same, long runs alone")
    axes[0].plot(
        x, surge_drift(x, fitted[1], fitted[0]), color=PALETTE[1], label="fitted to the dense models"
    )
    axes[0].set_ylabel("exponent of the tokens\nin the optimal learning rate")
    for ax in axes:
        ax.legend(fontsize=8, loc="upper left")
    axes[0].set_ylim(-0.55, 0.75)
    return fig


def points(ax: Axes, drift: Mapping[float, Estimate], colour: str, label: str) -> None:
    """Numbers with their intervals as bars."""
    value = np.array([e.value for e in drift.values()])
    ends = np.abs(np.array([(e.low, e.high) for e in drift.values()]).T - value)
    ax.errorbar(list(drift), value, ends, fmt="o", ms=4, color=colour, capsize=2, lw=1, label=label)
