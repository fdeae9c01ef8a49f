"""The figures of the ladder: bowls at fixed compute, best sizes, local exponents, shapes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from scalinglaws.figures import PALETTE, PAPER
from scalinglaws.frontier import isoflop_optimum

#: Sets of constants of the same law, as a legend calls them.
TITLES = {"hoffmann": "Hoffmann's law", "refit": "the refitted law"}


def bowls(ax: Axes, curves: Sequence[pd.DataFrame], title: str) -> None:
    """Loss against size, one line a budget, darker for larger ones, with the interpolated minima.

    Parameters
    ----------
    ax
        Where to draw.
    curves
        One table for each budget, in ascending order, with `flops`, `n_params` and `loss` (nats per token).
    title
        Of the panel.
    """
    shades = np.linspace(0.85, 0.05, len(curves))
    for k, (shade, curve) in enumerate(zip(shades, curves, strict=True)):
        label = f"{curve.flops.iloc[0]:.3g} FLOP" if k in (0, len(curves) - 1) else None
        color = (shade * 0.5, shade * 0.7, shade)
        ax.plot(curve.n_params, curve.loss, "o-", ms=3, lw=1, color=color, label=label)
        low = isoflop_optimum(curve.n_params, curve.loss)
        marked = None if k else "interpolated minimum"
        ax.plot(low.n_params, low.loss, "v", ms=7, color=PALETTE[2], zorder=3, ls="none", label=marked)
    ax.set(xscale="log", title=title, xlabel="parameters, as counted", ylim=(2.9, 6))
    ax.set_ylabel("loss [nats per token]")
    ax.legend(fontsize=8, loc="lower left")
    ax.label_outer()


def best_sizes(
    ax: Axes, optima: Mapping[str, pd.DataFrame], laws: Mapping[str, pd.Series], title: str
) -> None:
    """Best size against compute, our minima as marks and the authors' power laws dashed.

    Parameters
    ----------
    ax
        Where to draw.
    optima
        Label of a recipe -> its budgets (`flops`) and best sizes (`n_params`).
    laws
        Label -> `exponent` and `coefficient` that the authors released.
    title
        Of the panel.
    """
    for (label, marks), color in zip(optima.items(), PALETTE, strict=False):
        law = laws[label]
        ax.plot(marks.flops, marks.n_params, "o", ms=4, color=color, label=f"{label}: {law.exponent:.3f}")
        ax.plot(marks.flops, law.coefficient * marks.flops**law.exponent, "--", lw=1, color=color)
    ax.plot([], [], "--", lw=1, color="grey", label="dashed: the authors' laws")
    ax.set(xscale="log", yscale="log", title=title, xlabel="training compute $C$, as counted [FLOP]")
    ax.set_ylabel("best size, as counted [parameters]")
    ax.legend(fontsize=8)
    ax.label_outer()


def local_exponents(
    ax: Axes, n: np.ndarray, exponents: Mapping[str, np.ndarray], own: Mapping[str, float]
) -> None:
    """The exponent that a law shows at each size, and the one that it has by its own count.

    Parameters
    ----------
    ax
        Where to draw.
    n
        Best sizes without embeddings, parameters.
    exponents
        Name of a set of constants, hoffmann or refit -> local exponent at each size.
    own
        Name -> exponent with everything counted.
    """
    for (name, local), color in zip(exponents.items(), PALETTE[1:4:2], strict=True):
        # Differences at the ends are one-sided, and are left out.
        ax.plot(n[2:-2], local[2:-2], color=color, label=f"{TITLES[name]}, as Kaplan et al. count")
        ax.axhline(own[name], color=color, lw=0.8, ls=":", label=f"{TITLES[name]}, everything counted")
    ax.plot([768, 1.5e9], [0.73, 0.73], label="Kaplan et al., over their sizes", **PAPER)
    ax.set(xscale="log", xlabel="best size without embeddings [parameters]", ylabel="local exponent $a$")
    ax.legend(fontsize=8)


def shapes(ax: Axes, aspect: pd.Series, left: np.ndarray, group: pd.Series, title: str) -> None:
    """What a law in size alone leaves of the loss, against shape; a band as high as the paper's 3 %.

    Parameters
    ----------
    ax
        Where to draw.
    aspect
        Width over depth of each model.
    left
        Its ln loss less that of the law.
    group
        Its nominal size, categorical.
    title
        Of the panel.
    """
    for label, color in zip(group.cat.categories, PALETTE, strict=False):
        one = (group == label).to_numpy()
        ax.plot(aspect[one], 100 * left[one], "o", color=color, label=label)
    ax.axhspan(-1.5, 1.5, color=PAPER["color"], alpha=0.1, lw=0, label="3 % (Kaplan et al.)")
    ax.set(xscale="log", xlabel="aspect ratio, width / depth", title=title)
    ax.set_ylabel("loss above the baseline [%]")
    ax.legend(title="parameters", fontsize=8, title_fontsize=8)
    ax.label_outer()
