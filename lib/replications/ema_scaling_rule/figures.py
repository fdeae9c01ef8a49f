"""The figures of the EMA scaling rule: paths, distances, and losses of averaged weights."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from replications.ema_scaling_rule.parabola import Parabola, Rule, mean_path
from scalinglaws.figures import PALETTE, PAPER, panels

#: Rule -> label, marker and colour.
RULES = {
    "power": (r"$\rho^\kappa$", "o", PALETTE[1]),
    "shortcut": (r"$1-\kappa(1-\rho)$", "^", PALETTE[4]),
    "unscaled": (r"$\rho$ as it was", "s", PALETTE[5]),
}


def paths(
    parabola: Parabola, rules: Mapping[str, Rule], distances: pd.DataFrame, left: Mapping[str, float]
) -> Figure:
    """Mean paths of the average at two batches, and distances from the path of reference by batch.

    Parameters
    ----------
    parabola
        At the batch of reference.
    rules
        Name -> momentum by rho and kappa.
    distances
        A row a kappa, a column a rule.
    left
        Rule -> distance over (kappa - 1) eta a, as theory has it.
    """
    figure, axes = panels(3, width=4.1, height=3.6)
    reference = mean_path(parabola)[:, 1]
    for ax, kappa in zip(axes, (8, 256), strict=False):
        for name, rule in rules.items():
            label, _, color = RULES[name]
            scaled = mean_path(parabola.scaled(kappa, rule(parabola.momentum, kappa)))[:, 1]
            ax.plot(kappa * np.arange(len(scaled)), scaled, color=color, lw=2, label=label)
        ax.plot(reference, **(PAPER | {"color": "black"}), lw=1, label=r"$\kappa = 1$, to be kept")
        ax.set(title=rf"$\kappa = {kappa}$", xlabel="examples seen", ylabel=r"mean of the average $\zeta$")
    axes[0].legend(fontsize=8, loc="lower left")
    last, kappas = axes[2], distances.index.to_numpy()
    for name, column in distances.items():
        label, mark, color = RULES[name]
        last.plot(kappas, column, marker=mark, ms=4, lw=1, color=color, label=label)
        if name in left:
            theory = left[name] * (kappas - 1) * parabola.rate * parabola.curvature
            last.plot(kappas, theory, **(PAPER | {"color": color}))
    last.plot([], [], **(PAPER | {"color": "0.3"}), label="theory, first order")
    last.set(
        xscale="log",
        yscale="log",
        xlabel=r"batch $\kappa$",
        ylabel=r"largest distance from the path at $\kappa = 1$",
    )
    last.legend(fontsize=8)
    return figure


def noise(rho: float, kappas: np.ndarray, kept: Mapping[str, np.ndarray]) -> Figure:
    """Variance of the average over that of the weights, by batch, under both scaled momenta.

    Parameters
    ----------
    rho
        Momentum at the batch of reference.
    kappas
        Batches; shape (n,).
    kept
        Rule -> that ratio at each.
    """
    figure, ax = panels(width=5.2)
    for name, ratios in kept.items():
        label, mark, color = RULES[name]
        ax.plot(kappas * (1 - rho), ratios, marker=mark, ms=3, lw=1, color=color, label=label)
    ax.axhline(1, color="0.4", lw=1, label="the weights, not averaged")
    ax.axvline(1, color="0.6", lw=1, ls=":", label="shortcut's momentum is 0")
    ax.set(
        xlabel=r"$\kappa\,(1-\rho)$",
        ylabel="variance, average over weights",
        ylim=(0.8, 3),
    )
    ax.legend(fontsize=8)
    return figure


def trained(
    losses: Mapping[str, pd.DataFrame], reference: pd.Series, gaps: pd.DataFrame, floor: float
) -> Figure:
    """Held-out losses of averaged weights at two batches, and gaps from the path of reference by batch.

    Parameters
    ----------
    losses
        Title -> mean loss by part of training (rows) and rule (columns).
    reference
        Mean loss at the batch of reference, by part.
    gaps
        A row a kappa, a column a rule or `weights`: means over seeds.
    floor
        The gap that another order of the examples makes at the batch of reference.
    """
    figure, axes = panels(3, width=4.1, height=3.6)
    for ax, (title, frame) in zip(axes, losses.items(), strict=False):
        for name, column in frame.items():
            label, mark, color = RULES[name]
            ax.plot(column.index, column, marker=mark, ms=4, lw=1.5, color=color, label=label)
        ax.plot(reference.index, reference, **(PAPER | {"color": "black"}), label="batch 8, to be kept")
        ax.set(title=title, xlabel="eighths of training", ylabel="held-out loss of the average [nats]")
    axes[0].legend(fontsize=8)
    last = axes[2]
    for name, column in gaps.items():
        label, mark, color = RULES.get(name, ("weights, not averaged", "x", PALETTE[0]))
        last.plot(gaps.index, column, marker=mark, ms=4, lw=1, color=color, label=label)
    last.axhline(floor, color="0.5", ls=":", label="another order of examples")
    last.set(
        xscale="log",
        yscale="log",
        xlabel=r"batch $\kappa$ (1 is 8 examples)",
        ylabel="largest gap, share of the fall",
    )
    last.set_ylim(1e-4, 2)
    last.legend(fontsize=7, loc="lower right")
    return figure
