"""The two papers' curves, and forecasts by link beside what people reach."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from replications.human_like_vision import forecast, gains
from scalinglaws.correlation import slopes
from scalinglaws.figures import PALETTE, panels
from scalinglaws.uncertainty import Estimate


def curves(runs: pd.DataFrame, videos: pd.DataFrame) -> Figure:
    """Accuracy against data: images by architecture with the line of all runs, and videos by test."""
    figure, (left, right) = panels(2, width=4.8, height=3.8)
    table = gains.curves(runs)
    hours = forecast.HOURS * table.columns.to_numpy(float)
    line = forecast.foretold(
        forecast.LINKS["linear"], table, table.to_numpy(), forecast.of_table(table).reshape(-1, 3)
    )
    for k, (key, row) in enumerate(table.iterrows()):
        chosen = runs[(runs.n_params == key[0]) & (runs.pixels == key[1])]
        color = PALETTE[k % len(PALETTE)]
        left.plot(
            hours, row, "o-", ms=3, lw=1, color=color, label=f"{chosen.arch.iloc[0]} at {key[1]:.0f} px"
        )
        left.scatter(forecast.HOURS * chosen.share, chosen.top5, s=8, alpha=0.5, color=color)
        left.plot(hours, line.reshape(table.shape)[k], "--", lw=0.8, color=color)
    left.scatter([], [], s=8, alpha=0.5, color="0.5", label="one subset")
    left.plot([], [], "--", lw=0.8, color="0.5", label="one line in logarithms")
    left.set(xscale="log", xlabel="human-like video [hours]", ylabel="ImageNet, top-5 accuracy [%]")
    left.legend(fontsize=6.5)
    for k, ((test, shots), row) in enumerate(gains.of_child(videos).iterrows()):
        right.plot(row.index, row, "o-", ms=4, lw=1, color=PALETTE[k + 1], label=f"{test}, {shots} examples")
        x = np.log10(row.index.to_numpy(float))
        slope = slopes(x[:-1], row.to_numpy()[:-1])
        through = row.to_numpy()[:-1].mean() + slope * (x - x[:-1].mean())
        right.plot(row.index, through, "--", lw=0.8, color=PALETTE[k + 1])
    right.plot([], [], "--", lw=0.8, color="0.5", label="least squares, first three")
    right.set(xscale="log", xlabel="share of the child's videos", ylabel="top-1 accuracy [%]")
    right.legend(fontsize=7)
    return figure


def forecasts(found: Mapping[tuple[str, bool], Estimate], seen: float) -> Figure:
    """Forecasts of top-5 accuracy by link, with and without products, beside what people reach.

    Parameters
    ----------
    found
        The forecast of each link, and whether it has products.
    seen
        The best accuracy of any architecture on all video, in per cent.
    """
    figure, ax = panels(width=6.4, height=4.2)
    ax.axvspan(74, 89, color=PALETTE[6], alpha=0.25, label="five people who tried")
    ax.axvline(94.9, color=PALETTE[3], lw=1.5, label="trained annotator")
    ax.axvline(seen, color=PALETTE[0], ls=":", lw=1.2, label="best run")
    ax.axvspan(100, 120, color="0.5", alpha=0.3, hatch="//", label="impossible")
    names = list(dict.fromkeys(link for link, _ in found))
    for products, shift, mark in ((False, -0.15, "o"), (True, 0.15, "s")):
        its = [found[name, products] for name in names]
        ax.errorbar(
            [it.value for it in its],
            np.arange(len(names)) + shift,
            xerr=[[it.value - it.low for it in its], [it.high - it.value for it in its]],
            fmt=mark,
            ms=5,
            color=PALETTE[2 if products else 0],
            capsize=3,
            label="with products" if products else "factors add up",
        )
    ax.set_yticks(range(len(names)), names)
    ax.set(xlabel="foretold top-5 accuracy, 95 % intervals [%]", ylabel="what is a line", xlim=(65, 120))
    ax.set_ylim(len(names) - 0.4, -1.8)
    ax.legend(fontsize=7, loc="upper right", ncol=2)
    return figure
