"""The two papers' curves, and forecasts by link beside what people reach."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from replications.human_like_vision import forecast, gains
from scalinglaws.figures import PALETTE, panels
from scalinglaws.uncertainty import Estimate


def curves(runs: pd.DataFrame, videos: pd.DataFrame) -> Figure:
    """Accuracy against data: images by architecture with the line of all runs, and videos by test."""
    figure, (left, right) = panels(2, width=4.8, height=3.8)
    hours = forecast.HOURS * np.array(sorted(set(runs.share)))
    for k, (key, row) in enumerate(gains.curves(runs).iterrows()):
        chosen = runs[(runs.n_params == key[0]) & (runs.pixels == key[1])]
        color = PALETTE[k % len(PALETTE)]
        left.plot(
            hours, row, "o-", ms=3, lw=1, color=color, label=f"{chosen.arch.iloc[0]} at {key[1]:.0f} px"
        )
        left.scatter(forecast.HOURS * chosen.share, chosen.top5, s=8, alpha=0.5, color=color)
        line = forecast.foretold(
            forecast.LINKS["linear"], runs, runs.top5.to_numpy(), forecast.design(key[0], hours, key[1])
        )
        left.plot(hours, line, "--", lw=0.8, color=color)
    left.plot([], [], "--", lw=0.8, color="0.5", label="one line in logarithms")
    left.set(xscale="log", xlabel="human-like video [hours]", ylabel="ImageNet, top-5 accuracy [%]")
    left.legend(fontsize=7)
    for k, ((test, shots), row) in enumerate(of_child(videos).iterrows()):
        right.plot(row.index, row, "o-", ms=4, lw=1, color=PALETTE[k + 1], label=f"{test}, {shots} examples")
        x = np.log10(row.index.to_numpy(float))
        slope = gains.slopes(x[:-1], row.to_numpy()[:-1])
        line = row.to_numpy()[:-1].mean() + slope * (x - x[:-1].mean())
        right.plot(row.index, line, "--", lw=0.8, color=PALETTE[k + 1])
    right.plot([], [], "--", lw=0.8, color="0.5", label="line through the first three")
    right.set(xscale="log", xlabel="share of the child's videos", ylabel="top-1 accuracy [%]")
    right.legend(fontsize=7)
    return figure


def of_child(videos: pd.DataFrame, measure: str = "top1") -> pd.DataFrame:
    """Accuracy by share of the child's videos, a row a test and number of examples."""
    return videos[videos.pretraining == "child"].pivot_table(measure, ["test", "shots"], "share")


def forecasts(found: Mapping[str, Estimate], kept: Mapping[str, bool], seen: float) -> Figure:
    """Forecasts of top-5 accuracy by link, with their intervals, beside what people reach.

    Parameters
    ----------
    found, kept
        The forecast of each link, and whether it foretells the runs on all video.
    seen
        The best accuracy of any run, in per cent.
    """
    figure, ax = panels(width=6.4, height=3.2)
    ax.axvspan(74, 89, color=PALETTE[6], alpha=0.25, label="five people who tried")
    ax.axvline(81, color=PALETTE[1], lw=1, label="their median")
    ax.axvline(94.9, color=PALETTE[3], lw=1.5, label="trained annotator")
    ax.axvline(seen, color=PALETTE[0], ls=":", lw=1.2, label="best run")
    for k, (name, it) in enumerate(found.items()):
        color = PALETTE[0] if kept[name] else "0.6"
        ax.errorbar(
            it.value, k, xerr=[[it.value - it.low], [it.high - it.value]], fmt="o", color=color, capsize=3
        )
    names = [name if kept[name] else f"({name})" for name in found]
    ax.set_yticks(range(len(names)), names)
    ax.set(xlabel="foretold top-5 accuracy [%]", ylabel="what is a line", xlim=(65, 112))
    ax.invert_yaxis()
    ax.legend(fontsize=7, loc="upper right")
    return figure
