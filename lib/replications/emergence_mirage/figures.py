"""The figures: the per-token model, measures of the same outputs, tasks with the smooth curves that they may be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from replications.emergence_mirage.smooth import Simulated
from scalinglaws.figures import PALETTE, PAPER, panels, shades


def per_token(
    n_params: np.ndarray,
    laws: Mapping[str, Mapping[int, np.ndarray]],
    sampled: Mapping[str, np.ndarray],
    length: int,
) -> Figure:
    """The paper's Figure 3, left: accuracy and edit distance in the per-token model, by length of the answer.

    Parameters
    ----------
    n_params
        Sizes, shape (sizes,).
    laws
        Name of the measure -> length in tokens -> its value at each size.
    sampled
        Name of the measure -> its value at each size on one simulated test set.
    length
        Length of the answers in the simulated set.
    """
    fig, axes = panels(len(laws), width=4.7, height=3.4)
    for ax, (name, curves) in zip(axes, laws.items(), strict=True):
        # Lengths are written at the end where the curves are further apart.
        first, last = (np.ptp([y[end] for y in curves.values()]) for end in (0, -1))
        end, away, side = (-1, 7, "left") if last > first else (0, -7, "right")
        for color, (tokens, y) in zip(shades(len(curves)), curves.items(), strict=True):
            ax.plot(n_params, y, label="law", **PAPER | {"color": color})
            place = {"xytext": (away, 0), "textcoords": "offset points", "ha": side, "va": "center"}
            text = f"{tokens} token{'s' * (tokens > 1)}"
            ax.annotate(text, (n_params[end], y[end]), color=color, fontsize=9, **place)
        dots = {"ls": "", "marker": "o", "ms": 6, "color": PALETTE[2]}
        ax.plot(n_params, sampled[name], label=f"simulated, {length} tokens", **dots)
        ax.set(xscale="log", xlabel="parameters", ylabel=name)
        ax.set_xlim(n_params[0] / (20 if end == 0 else 2), n_params[-1] * (20 if end else 2))
    axes[0].legend(*(each[-2:] for each in axes[0].get_legend_handles_labels()), fontsize=9, loc="upper left")
    return fig


def two_measures(
    x: Mapping[str, np.ndarray], measures: Mapping[str, Mapping[str, np.ndarray]], xlabels: Mapping[str, str]
) -> Figure:
    """Measures of the same outputs, each as a share of its own range, a panel for each task.

    Parameters
    ----------
    x
        Task -> size or compute of each model.
    measures
        Task -> name of the measure -> its value for each model; larger is better.
    xlabels
        Task -> what x is, with its unit.
    """
    fig, axes = panels(len(x), width=4.7, height=3.6)
    for ax, (task, given) in zip(axes, measures.items(), strict=True):
        for color, marker, (name, y) in zip(PALETTE[1:4], "os^", given.items(), strict=False):
            share = (y - np.nanmin(y)) / np.ptp(y[np.isfinite(y)])
            ax.plot(x[task], share, ls="", marker=marker, color=color, alpha=0.65, label=name)
            line = np.polyfit(np.log(x[task]), share, 2)
            at = np.geomspace(x[task].min(), x[task].max(), 60)
            ax.plot(at, np.polyval(line, np.log(at)), color=color, lw=1.5)
        ax.plot([], [], color="0.4", lw=1.5, label="parabola of least squares")
        ax.set(xscale="log", title=task, xlabel=xlabels[task], ylim=(-0.15, 1.35))
        ax.set_ylabel("share of the measure's range")
        ax.legend(fontsize=9, loc="upper left")
    return fig


def powers(bleu: np.ndarray, exact: np.ndarray, slope: float, words: int) -> Figure:
    """Exact match against BLEU of the same outputs, on logarithmic axes.

    Parameters
    ----------
    bleu, exact
        Shares of each model, above zero.
    slope
        Of the line of least squares in the logarithms.
    words
        Length of the sentences for which the dashed curve of independent words is drawn.
    """
    fig, ax = panels(width=5.5, height=3.4)
    ax.plot(bleu, exact, "o", color=PALETTE[1], alpha=0.7, label="a model")
    at = np.geomspace(bleu.min(), bleu.max(), 50)
    height = np.exp(np.log(exact).mean() - slope * np.log(bleu).mean())
    ax.plot(at, height * at**slope, color="0.2", label=f"least squares, power {slope:.2f}")
    ax.plot(at, at ** (words / 2.5), label=f"independent words, {words} a sentence", **PAPER)
    ax.set(xscale="log", yscale="log", ylim=(exact.min() / 2, 1.5), xlabel="BLEU (share of the most)")
    ax.set_ylabel("exact match (share)")
    marks = [share for share in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1) if bleu.min() <= share <= bleu.max()]
    ax.set_xticks(marks, [f"{share:g}" for share in marks])
    ax.xaxis.set_minor_formatter("")
    ax.legend(fontsize=9, loc="upper left")
    return fig


def resolution(flops: np.ndarray, share: np.ndarray, questions: int, median: float) -> Figure:
    """The same scores on a linear and on a logarithmic axis.

    Parameters
    ----------
    flops, share
        Training compute and share of right answers of each model.
    questions
        How many were asked; half a question stands for none.
    median
        Compute that halves the models.
    """
    fig, axes = panels(2, width=4.7, height=3.4)
    floor = np.maximum(share, 0.5 / questions)
    for ax, y, scale in zip(axes, (share, floor), ("linear", "log"), strict=True):
        none = share == 0
        ax.plot(flops[~none], y[~none], "o", color=PALETTE[1], alpha=0.7, label="a model")
        ax.plot(flops[none], y[none], "v", color=PALETTE[2], label="no word right")
        ax.axvline(median, color="0.5", ls=":", label="half of the models")
        ax.set(xscale="log", yscale=scale, xlabel="training compute [FLOP]", title=f"{scale} axis")
        ax.set_ylabel("words unscrambled (share)")
    low = flops < median
    for half in (low, ~low):
        line = np.polyfit(np.log(flops[half]), np.log(floor[half]), 1)
        at = np.sort(flops[half])
        axes[1].plot(at, np.exp(np.polyval(line, np.log(at))), color="0.2", label="line of a half")
    handles, labels = axes[1].get_legend_handles_labels()
    axes[1].legend(handles[:-1], labels[:-1], fontsize=9)
    return fig


def one_task(ax: Axes, n_params: np.ndarray, accuracy: np.ndarray, drawn: Simulated, title: str) -> None:
    """A task's accuracy by size, its best smooth curve, and where 95 % of test sets drawn from it lie.

    Parameters
    ----------
    ax
        Axes to draw on.
    n_params, accuracy
        Shape (sizes,).
    drawn
        The task's curve and its draws.
    title
        The task.
    """
    low, high = np.quantile(drawn.right / drawn.questions, [0.025, 0.975], axis=0)
    ax.fill_between(n_params, low, high, color=PALETTE[6], alpha=0.35, label="95 % of its test sets")
    ax.plot(n_params, drawn.curve, label="the paper's law, fitted", **PAPER)
    ax.plot(n_params, accuracy, "o-", color=PALETTE[0], ms=4, lw=1, label="BIG-G")
    ax.set(xscale="log", title=f"{title} ({drawn.questions.max():.0f} questions)")
    ax.title.set_fontsize(10)
    ax.set(xlabel="parameters", ylabel="accuracy (share)", ylim=(-0.03, None))


def tasks(n_params: np.ndarray, accuracy: pd.DataFrame, drawn: Mapping[str, Simulated]) -> Figure:
    """Some tasks as in `one_task`, six panels.

    Parameters
    ----------
    n_params
        Sizes.
    accuracy
        One row a task, one column a size.
    drawn
        The tasks to draw.
    """
    fig, axes = panels(3, 2, width=3.5, height=2.8)
    for ax, (task, each) in zip(axes.flat, drawn.items(), strict=True):
        one_task(ax, n_params, accuracy.loc[task].to_numpy(), each, task)
    fig.legend(*axes.flat[0].get_legend_handles_labels(), loc="outside lower center", ncols=3, fontsize=10)
    return fig


def means(n_params: np.ndarray, groups: Mapping[str, np.ndarray], improving: Sequence[str]) -> Figure:
    """Means over tasks by size, one panel each, with the straight line from the first to the last but one.

    Parameters
    ----------
    n_params
        Sizes.
    groups
        Name of the measure -> its mean at each size.
    improving
        The axis label of each.
    """
    fig, axes = panels(len(groups), width=3.7, height=3.1)
    for ax, label, (name, y) in zip(axes, improving, groups.items(), strict=True):
        ax.plot(n_params, y, "o-", color=PALETTE[1], label="mean over tasks")
        line = np.polyfit(np.log(n_params[:-1]), y[:-1], 1)
        ax.plot(
            n_params,
            np.polyval(line, np.log(n_params)),
            color="0.4",
            lw=1,
            label="line through all but the last",
        )
        ax.set(xscale="log", title=name, xlabel="parameters", ylabel=label)
        ax.title.set_fontsize(10)
    axes[0].legend(fontsize=8)
    return fig
