"""The figures of the ladder: bowls at fixed compute, best sizes, local exponents, shapes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from scalinglaws import figures as draw
from scalinglaws.figures import PALETTE, PAPER, panels

#: Sets of constants of the same law, as a legend calls them.
TITLES = {"hoffmann": "Hoffmann's law", "refit": "the refitted law"}


def bowls(curves: Mapping[str, Sequence[pd.DataFrame]]) -> Figure:
    """Loss against size, one line a budget, a panel for each recipe.

    Parameters
    ----------
    curves
        Recipe -> one table for each budget, in ascending order, with `flops`, `n_params` and
        `loss` (nats per token).
    """
    figure, axes = panels(len(curves), width=4.8, height=3.9, sharey=True)
    for ax, (title, tables) in zip(axes, curves.items(), strict=True):
        draw.bowls(ax, [(table.flops.iloc[0], table.n_params, table.loss) for table in tables])
        ax.set(title=title, xlabel="parameters, as counted", ylabel="loss [nats per token]", ylim=(2.9, 6))
        ax.legend(fontsize=8, loc="lower left")
        ax.label_outer()
    return figure


def best_sizes(
    optima: Mapping[str, Mapping[str, pd.DataFrame]], laws: Mapping[str, Mapping[str, pd.Series]]
) -> Figure:
    """Best size against compute, our minima as marks and the authors' power laws dashed.

    Parameters
    ----------
    optima
        Text -> label of a recipe -> its budgets (`flops`) and best sizes (`n_params`); a panel a text.
    laws
        Text -> label -> `exponent` and `coefficient` that the authors released.
    """
    figure, axes = panels(len(optima), width=4.8, height=4.1, sharey=True)
    for ax, (title, recipes) in zip(axes, optima.items(), strict=True):
        for (label, marks), color in zip(recipes.items(), PALETTE, strict=False):
            law = laws[title][label]
            ax.plot(marks.flops, marks.n_params, "o", ms=4, color=color, label=f"{label}: {law.exponent:.3f}")
            ax.plot(marks.flops, law.coefficient * marks.flops**law.exponent, "--", lw=1, color=color)
        ax.plot([], [], "--", lw=1, color="grey", label="dashed: the authors' laws")
        ax.set(xscale="log", yscale="log", title=title, xlabel="training compute $C$, as counted [FLOP]")
        ax.set_ylabel("best size, as counted [parameters]")
        ax.legend(fontsize=8)
        ax.label_outer()
    return figure


def local_exponents(n: np.ndarray, exponents: Mapping[str, np.ndarray], own: Mapping[str, float]) -> Figure:
    """The exponent that a law shows at each size, and the one that it has by its own count.

    Parameters
    ----------
    n
        Best sizes without embeddings, parameters.
    exponents
        Name of a set of constants, hoffmann or refit -> local exponent at each size.
    own
        Name -> exponent with everything counted.
    """
    figure, ax = panels(1, width=6, height=3.8)
    for (name, local), color in zip(exponents.items(), PALETTE[1:4:2], strict=True):
        # Differences at the ends are one-sided, and are left out.
        ax.plot(n[2:-2], local[2:-2], color=color, label=f"{TITLES[name]}, as Kaplan et al. count")
        ax.axhline(own[name], color=color, lw=0.8, ls=":", label=f"{TITLES[name]}, everything counted")
    ax.plot([768, 1.5e9], [0.73, 0.73], label="Kaplan et al., over their sizes", **PAPER)
    ax.set(xscale="log", xlabel="best size without embeddings [parameters]", ylabel="local exponent $a$")
    ax.legend(fontsize=8)
    return figure


def shapes(aspect: pd.Series, left: Mapping[str, np.ndarray], group: pd.Series) -> Figure:
    """What a law in size alone leaves of the loss, against shape; a band as high as the paper's 3 %.

    Parameters
    ----------
    aspect
        Width over depth of each model.
    left
        Title of a panel -> ln loss of each model less that of a law.
    group
        Nominal size of each model, categorical.
    """
    figure, axes = panels(len(left), width=4.8, height=3.6, sharey=True)
    for ax, (title, rest) in zip(axes, left.items(), strict=True):
        for label, color in zip(group.cat.categories, PALETTE, strict=False):
            one = (group == label).to_numpy()
            ax.plot(aspect[one], 100 * rest[one], "o", color=color, label=label)
        ax.axhspan(-1.5, 1.5, color=PAPER["color"], alpha=0.1, lw=0, label="3 % (Kaplan et al.)")
        ax.set(xscale="log", xlabel="aspect ratio, width / depth", title=title)
        ax.set_ylabel("loss above the baseline [%]")
        ax.legend(title="parameters", fontsize=8, title_fontsize=8)
        ax.label_outer()
    return figure
