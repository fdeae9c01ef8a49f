"""The figures of the notebook on data pruning."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from scalinglaws.figures import PALETTE, panels

RULES = {"hard": "hardest", "easy": "easiest"}


def theory_and_simulations(
    error: Callable[..., np.ndarray], envelope: Callable[..., np.ndarray], means: pd.DataFrame
) -> Figure:
    """Test error against kept examples, hard ones kept, for a perfect and a crooked probe.

    Parameters
    ----------
    error
        (kept examples a dimension, kept fraction, angle of the probe in radians) -> test error, a fraction.
    envelope
        (kept examples a dimension, smallest kept fraction, angle) -> the lowest error over all fractions.
    means
        One row a simulated point: `alpha_total`, `f`, `theta`, `keep`, and `mean` and `sem` of its test error.
    """
    figure, axes = panels(2, sharey=True)
    wide = np.sort(np.append(np.geomspace(0.3, 10, 19), [1.8, 1.9, 2.0, 2.1, 2.2]))
    for ax, theta in zip(axes, (0.0, 0.35), strict=True):
        hard = means[(means.theta == theta) & (means.keep == "hard")]
        for colour, f in zip(PALETTE[:5], (1.0, 0.8, 0.5, 0.2, 0.05), strict=True):
            ax.plot(wide, error(wide, f, theta), color=colour, label=f"f = {f}, theory")
            dots = hard[hard.f == f]
            at = dots.alpha_total * f
            ax.errorbar(at, dots["mean"], 2 * dots["sem"], fmt="o", color=colour, markersize=4)
        ax.plot(wide, envelope(wide, 0.01, theta), ":", color="grey", label="envelope, f ≥ 0.01")
        ax.set(xscale="log", yscale="log", xlabel="kept examples a dimension")
        ax.set_title(f"probe at {theta} radians")
    axes[0].plot([], [], "o", color="grey", markersize=4, label="simulated, ± 2 s.e.")
    axes[0].set_ylabel("test error (fraction)")
    axes[0].legend(fontsize=8)
    return figure


def easy_or_hard(error: Callable[..., np.ndarray], means: pd.DataFrame) -> Figure:
    """Test error against all examples, the hardest or the easiest half and tenth kept.

    Parameters
    ----------
    error, means
        As in `theory_and_simulations`.
    """
    figure, axes = panels(2)
    totals = np.geomspace(0.5, 64, 57)
    for ax, f in zip(axes, (0.5, 0.1), strict=True):
        for rule, colour in (("hard", PALETTE[2]), ("easy", PALETTE[1])):
            ax.plot(totals, error(totals * f, f, keep=rule), color=colour, label=f"{f:.0%} kept, {rule}")
            dots = means[(means.f == f) & (means.theta == 0) & (means.keep == rule)]
            ax.errorbar(dots.alpha_total, dots["mean"], 2 * dots["sem"], fmt="o", color=colour, markersize=4)
        ax.plot(totals, error(totals), color="grey", linewidth=1, label="all kept")
        ax.plot([], [], "o", color="grey", markersize=4, label="simulated, ± 2 s.e.")
        ax.set(xscale="log", yscale="log", xlabel="examples a dimension, unpruned")
        ax.set_ylabel("test error (fraction)")
        ax.legend(fontsize=8)
    return figure


def envelopes(envelope: Callable[..., np.ndarray], alpha: np.ndarray) -> Figure:
    """Envelopes for three smallest fractions, as they are and times all examples a dimension.

    Parameters
    ----------
    envelope
        As in `theory_and_simulations`.
    alpha
        Kept examples a dimension, over which the best exponential is fitted.
    """
    figure, axes = panels(2)
    fine = np.sort(np.append(np.linspace(0.5, 8, 61), [1.95, 2.02, 2.06]))
    for smallest, colour in zip((0.1, 0.03, 0.01), (PALETTE[0], PALETTE[1], PALETTE[3]), strict=True):
        curve = envelope(fine, smallest)
        axes[0].plot(fine, curve, color=colour, label=f"f ≥ {smallest}")
        axes[1].plot(fine, curve * fine / smallest, color=colour, label=f"f ≥ {smallest}")
    line = np.polyfit(alpha, np.log(envelope(alpha, 0.1)), 1)
    label = "our best exponential, f ≥ 0.1"
    axes[0].plot(fine, np.exp(np.polyval(line, fine)), color="black", linestyle="-.", label=label)
    axes[1].axhline(0.5, color="grey", linewidth=0.8, label="0.5, the unpruned error")
    axes[0].set_ylabel("envelope (test error, fraction)")
    axes[1].set_ylabel("envelope × α / smallest f")
    for ax in axes:
        ax.set(yscale="log", xlabel="kept examples a dimension")
        ax.legend(fontsize=8)
    return figure


def image_runs(sets: dict[str, pd.DataFrame]) -> Figure:
    """Test error of trained networks against kept examples, a row a set; hardest on the left, easiest on the right.

    Parameters
    ----------
    sets
        By the set's name one row a run: `keep`, `f`, `n_kept` and `error`, a fraction.
    """
    figure, axes = panels(2, len(sets), sharey="row")
    for (name, runs), row in zip(sets.items(), axes, strict=True):
        mean = runs.groupby(["keep", "f", "n_kept"]).error.agg(["mean", "sem"]).reset_index()
        control = mean[mean.keep == "random"]
        for ax, rule in zip(row, ("hard", "easy"), strict=True):
            bars = {"fmt": "s", "color": "grey", "label": "random, any fraction", "markersize": 3}
            ax.errorbar(control.n_kept, control["mean"], 2 * control["sem"], **bars)
            for colour, f in zip(PALETTE[1:5], (0.8, 0.6, 0.4, 0.2), strict=True):
                line, label = mean[(mean.keep == rule) & (mean.f == f)], f"{f:.0%} kept, {rule}"
                bars = {"fmt": "o-", "color": colour, "label": label, "markersize": 4}
                ax.errorbar(line.n_kept, line["mean"], 2 * line["sem"], **bars)
            ax.set(xscale="log", yscale="log", xlabel="kept examples", title=f"{name}, {RULES[rule]} kept")
            ax.legend(fontsize=8)
        row[0].set_ylabel("test error (fraction, ± 2 s.e.)")
    return figure
