"""The figure of width and depth: what shape costs, and what knowing it gains."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from scalinglaws.figures import PALETTE, PAPER, panels

#: Sizes that have a curve, in parameters.
SIZES = (1e8, 5e8, 1e9, 2e9)
#: A model is drawn with the curve of a size if it differs from that by less than this share.
NEAR = 0.17
#: A colour for each size; none is that of the paper's own curves.
COLOURS = (PALETTE[1], PALETTE[3], PALETTE[4], PALETTE[6])


def valleys_and_gains(
    loss: Callable[..., np.ndarray],
    depth_of: Callable[[np.ndarray, float], np.ndarray],
    fits: Mapping[str, Mapping[str, float]],
    models: pd.DataFrame,
    carried: Callable[[pd.DataFrame, float], pd.Series],
    errors: pd.DataFrame,
) -> Figure:
    """Loss against width over depth, and what two laws err on models of each shape.

    Parameters
    ----------
    loss, depth_of, fits, models, carried
        As in `valleys`.
    errors
        As in `gains`.
    """
    figure, axes = panels(2, width=4.8, height=3.6)
    valleys(axes[0], loss, depth_of, fits, models, carried)
    gains(axes[1], errors, models.width / models.depth)
    return figure


def valleys(
    ax: Axes,
    loss: Callable[..., np.ndarray],
    depth_of: Callable[[np.ndarray, float], np.ndarray],
    fits: Mapping[str, Mapping[str, float]],
    models: pd.DataFrame,
    carried: Callable[[pd.DataFrame, float], pd.Series],
) -> None:
    """Loss at the end of training against width over depth, a colour for each size.

    Parameters
    ----------
    ax
        Axes to draw on.
    loss
        The law: width, depth, parameters and tokens, then its parameters, to nats per token.
    depth_of
        Depth that makes a model of a width so large.
    fits
        Label -> parameters of the law: ours, drawn broad, and the paper's, dashed on top of it.
    models
        One row a model at the end of its training: width, depth, n_params, n_tokens, loss.
    carried
        Losses of models, carried to a size along the law of size.
    """
    tokens = models.n_tokens.max()
    for size, color in zip(SIZES, COLOURS, strict=True):
        width = np.logspace(2.4, 3.6, 200)
        width = width[depth_of(width, size) > 2]
        depth = depth_of(width, size)
        ours, papers = (loss(width, depth, size, tokens, **params) for params in fits.values())
        ax.plot(width / depth, ours, color=color, lw=4, alpha=0.45)
        ax.plot(width / depth, papers, lw=1.2, **PAPER)
        near = models[np.abs(models.n_params / size - 1) < NEAR]
        label = f"{size / 1e9:g} billion"
        ax.scatter(near.width / near.depth, carried(near, size), color=color, s=18, zorder=3, label=label)
    styles = ({"color": "0.5", "lw": 4, "alpha": 0.45}, {"lw": 1.2} | PAPER)
    lines = [Line2D([], [], label=label, **style) for label, style in zip(fits, styles, strict=True)]
    handles = ax.get_legend_handles_labels()[0]
    ax.legend(handles=handles + lines, fontsize=8, ncols=2, title="models carried to [parameters]; the law")
    ax.set_ylim(top=3.85)
    ax.set(xscale="log", xlabel="width over depth", ylabel="loss at 350B tokens [nats per token]")


def gains(ax: Axes, errors: pd.DataFrame, ratio: pd.Series) -> None:
    """Error on each model that was left out, by two laws, against its width over depth.

    Parameters
    ----------
    ax
        Axes to draw on.
    errors
        One row a model, one column a law: mean absolute residual of the log loss, times 100.
    ratio
        Width over depth of each model.
    """
    for label, color, marker in zip(errors, ("0.55", PALETTE[0]), "o^", strict=True):
        ax.scatter(ratio[errors.index], errors[label], color=color, marker=marker, s=20, label=label)
    ax.set(xscale="log", xlabel="width over depth of the model left out", ylabel="mean error on it [%]")
    ax.legend(fontsize=8, title="law of")
