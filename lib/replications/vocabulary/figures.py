"""The figures of scaling laws with vocabulary: bowls and their bottoms, tokens that were counted, and draws."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from replications.vocabulary.routes import at_budget
from scalinglaws.figures import PALETTE, PAPER, panels, shades


def bowls(runs: pd.DataFrame, optima: pd.DataFrame, paper: tuple[float, float]) -> Figure:
    """Losses against the vocabulary at one budget a model, and the best vocabulary parameters against size.

    Parameters
    ----------
    runs
        Table of the runs.
    optima
        Of `routes.free_optima`, every one inside the vocabularies trained.
    paper
        Vocabulary parameters of the smallest model, and the exponent, of the paper's second route.
    """
    fig, (left, right) = panels(2, width=5.0, height=3.8)
    colours = shades(len(optima))
    fine = np.geomspace(runs.vocabulary.min(), runs.vocabulary.max(), 100)
    for colour, best in zip(colours, optima.itertuples(), strict=True):
        losses = at_budget(runs[runs.other_params == best.other_params], best.flops)
        lowest = np.polyval(best.curve, np.log(best.vocabulary))
        left.plot(losses.index, losses - lowest, "o", ms=4, color=colour)
        left.plot(
            fine,
            np.polyval(best.curve, np.log(fine)) - lowest,
            color=colour,
            label=f"{best.other_params / 1e6:,.0f} M",
        )
        right.plot(best.other_params, best.vocabulary_params, "o", ms=8, color=colour)
    left.set(xscale="log", ylim=(-0.09, 0.5), xlabel="vocabulary [entries]")
    left.set_ylabel("loss above the bottom of the parabola [nats]")
    left.legend(title="other parameters", ncols=2)
    x = np.geomspace(2.5e7, 1.5e9, 50)
    slope, height = np.polyfit(np.log(optima.other_params), np.log(optima.vocabulary_params), 1)
    right.plot(
        x, np.exp(height) * x**slope, color=PALETTE[0], label=f"line through the six, exponent {slope:.2f}"
    )
    first = optima.other_params.min()
    right.plot(x, paper[0] * (x / first) ** paper[1], label="paper, second route", **PAPER)
    middle = np.exp(np.log(optima.vocabulary).mean())
    right.plot(
        optima.other_params,
        middle * optima.width,
        "x",
        ms=7,
        color="0.5",
        label=f"{middle / 1e3:.0f} thousand entries in all",
    )
    right.set(xscale="log", yscale="log", xlabel="other parameters", ylabel="vocabulary parameters")
    right.legend(loc="upper left")
    return fig


def counted(runs: pd.DataFrame, off: Mapping[str, np.ndarray]) -> Figure:
    """Tokens that the fit is given over those trained, and how far the printed law lies from the losses.

    Parameters
    ----------
    runs
        Columns vocabulary, given and trained (tokens).
    off
        Name of the tokens -> loss less the printed law's, nats per token, one number a checkpoint.
    """
    fig, (left, right) = panels(2, width=5.0, height=3.4)
    ratio = (runs.given / runs.trained).groupby(runs.vocabulary).first()
    left.plot(ratio.index, ratio, "o-", color=PALETTE[1], label="vocabulary in thousands")
    left.axhline(1, label="the formula of the paper", **PAPER)
    left.set(
        xscale="log", ylim=(0.8, 3.3), xlabel="vocabulary [entries]", ylabel="tokens in the fit / trained"
    )
    left.legend(loc="center left")
    bins = np.linspace(-1.4, 0.8, 111)
    for (name, values), colour in zip(off.items(), (PALETTE[1], PALETTE[0]), strict=True):
        right.hist(values, bins, histtype="step", lw=1.8, color=colour, label=name)
    right.axvline(0, color="0.6", lw=1)
    right.set(xlabel="loss less that of the printed law [nats]", ylabel="checkpoints")
    right.legend(loc="center left")
    return fig


def drawn(draws: Mapping[str, np.ndarray], headline: float, has: float) -> Figure:
    """Shares of the draws whose best vocabulary for 70 billion other parameters is at most so large.

    Parameters
    ----------
    draws
        Name -> vocabularies in thousands of entries, one a draw; those below 1 are drawn at 1.
    headline, has
        The paper's vocabulary and the one the model has, thousands of entries.
    """
    fig, ax = panels(1, width=6.2, height=3.6)
    for (name, values), colour in zip(draws.items(), (PALETTE[1], PALETTE[0]), strict=True):
        ordered = np.sort(np.clip(values, 1, 1e5))
        ax.step(
            ordered, np.arange(1, len(ordered) + 1) / len(ordered), where="post", color=colour, label=name
        )
    ax.axvline(headline, label=f"the paper: at least {headline:.0f}", **PAPER)
    ax.axvline(has, color="0.6", ls=":", label=f"Llama2-70B has {has:.0f}")
    ax.set(xscale="log", xlim=(1, 2e4), ylim=(0, 1.02))
    ax.set(xlabel="best vocabulary for 70 billion [thousand entries]", ylabel="share of draws of the runs")
    ax.legend(loc="upper left")
    return fig
