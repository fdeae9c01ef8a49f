"""The figures of the dynamical model: curves in time and compute, exponents of width and data, early and late."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from replications.dynamical_model.frontier import Frontier
from scalinglaws.figures import PALETTE, PAPER, panels, shades


def power(ax: Axes, x: np.ndarray, y: float, exponent: float, label: str) -> None:
    """A power law that falls with this exponent, dashed, through y at the last of x."""
    ax.plot(x, y * (np.asarray(x) / x[-1]) ** -exponent, label=label, **PAPER)


def curves(
    t: np.ndarray,
    drawn: Mapping[int, np.ndarray],
    theory: Mapping[int, np.ndarray],
    wide: np.ndarray,
    best: Frontier,
    exponents: tuple[float, float],
) -> Figure:
    """Left, loss against time for several widths; right, the same against compute, with the frontier.

    Parameters
    ----------
    t
        Times, shape (n,).
    drawn, theory
        Width -> mean loss of the networks, and by the self-consistent equation, shape (n,) each.
    wide
        Loss at infinite width, shape (n,).
    best
        The frontier.
    exponents
        The paper's, of time and of compute.
    """
    figure, (left, right) = panels(2)
    for (width, loss), color in zip(drawn.items(), shades(len(drawn)), strict=True):
        for ax, x in ((left, t), (right, width * t)):
            ax.plot(x, loss, "o", ms=3, color=color, label=f"N = {width}")
            ax.plot(x, theory[width], lw=1, color=color)
    for ax in (left, right):
        ax.plot([], [], lw=1, color="0.5", label="equation, same widths")
    left.plot(t, wide, color=PALETTE[0], lw=1, label="infinite width")
    power(left, t[len(t) // 2 :], wide[-1], exponents[0], f"paper: exponent {exponents[0]:.2f}")
    right.plot(best.compute, best.loss, color=PALETTE[3], lw=2, label="least loss")
    power(right, best.compute, 0.8 * best.loss[-1], exponents[1], f"paper: exponent {exponents[1]:.2f}")
    left.set(xscale="log", yscale="log", xlabel="time t of gradient flow", ylabel="mean loss")
    right.set(xscale="log", yscale="log", xlabel="compute C = N t", ylabel="mean loss")
    right.set_xlim(1, best.compute[-1] * 3)
    for ax in (left, right):
        ax.legend(fontsize=8, loc="lower left")
    return figure


def final(groups: Sequence[tuple[str, np.ndarray, np.ndarray, Callable[[float], float], float]]) -> Figure:
    """Loss after training against width or data, one panel a group.

    Parameters
    ----------
    groups
        "Title: label of the axis", sizes drawn, their mean losses, the loss at a size in theory, and the
        paper's exponent.
    """
    figure, axes = panels(len(groups), width=3.4)
    for ax, (title, sizes, drawn, loss, exponent) in zip(axes, groups, strict=True):
        grid = np.geomspace(sizes[0], 1e4, 40)
        theory = [loss(size) for size in grid]
        ax.plot(sizes, drawn, "o", ms=4, color=PALETTE[1], label="mean of the draws")
        ax.plot(grid, theory, color=PALETTE[1], lw=1, label="self-consistent equation")
        power(ax, grid[::-1], theory[0], exponent, f"paper: exponent {exponent:.2g}")
        ax.set(xscale="log", yscale="log", xlabel=title.split(": ")[1], title=title.split(": ")[0])
        ax.set_ylabel("loss after training")
        ax.legend(fontsize=7, loc="lower left")
    return figure


def early_and_late(
    early: tuple[np.ndarray, np.ndarray, float, float],
    late: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> Figure:
    """What finite width costs early and late, with the powers that the paper has for either.

    Parameters
    ----------
    early
        Widths, mean loss above that of infinite width, the coefficient of 1/N in closed form, the time.
    late
        Widths, mean loss after training, the same by the self-consistent equation.
    """
    figure, ax = panels()
    widths, end, theory = late
    ax.plot(widths, end, "s", ms=4, color=PALETTE[1], label="after training")
    ax.plot(widths, theory, lw=1, color=PALETTE[1], label="self-consistent equation")
    power(ax, np.asarray(widths), theory[-1], 0.5, "paper: exponents 0.5 and 1")
    widths, excess, coefficient, t = early
    ax.plot(widths, excess, "o", ms=4, color=PALETTE[3], label=f"at t = {t:g}")
    ax.plot(widths, coefficient / np.asarray(widths), lw=1, color=PALETTE[3], label="closed form of the 1/N")
    power(ax, np.asarray(widths), 0.8 * excess[-1], 1.0, "")
    ax.set(xscale="log", yscale="log", xlabel="width N", ylabel="loss due to finite width", ylim=(4e-3, 2))
    ax.set_xticks(early[0], [f"{width}" for width in early[0]])
    ax.minorticks_off()
    ax.legend(fontsize=7, loc="lower left")
    return figure


def local(frontiers: Mapping[tuple[float, float], Frontier]) -> Figure:
    """The exponents of steps and parameters between one budget and the next, and the paper's.

    Parameters
    ----------
    frontiers
        (a, b) -> frontier in theory.
    """
    figure, axes = panels(len(frontiers), width=3.2, sharey=True, sharex=True)
    for ax, ((a, b), best) in zip(axes, frontiers.items(), strict=True):
        logs = np.log(best.compute)
        steps = 1 - np.diff(np.log(best.width)) / np.diff(logs)
        middle = np.exp((logs[1:] + logs[:-1]) / 2)
        ax.plot(middle, steps, "o-", ms=3, color=PALETTE[1], label="steps")
        ax.plot(middle, 1 - steps, "s-", ms=3, color=PALETTE[3], label="parameters")
        ax.axhline(b / (1 + b), label="paper: steps", **PAPER | {"color": PALETTE[1]})
        ax.axhline(1 / (1 + b), label="paper: parameters", **PAPER | {"color": PALETTE[3]})
        ax.axhline(0.5, color="0.6", lw=1, label="both alike")
        ax.set(xscale="log", xlabel="compute C = N t", title=f"a = {a}, b = {b}", ylim=(0.15, 0.75))
    axes[0].set_ylabel("local exponent in compute")
    axes[0].legend(fontsize=7, loc="lower right", ncols=2)
    return figure


def gap(t: np.ndarray, losses: Mapping[int, np.ndarray]) -> Figure:
    """Training and test loss against time, and their gap over the test loss, for several numbers of data.

    Parameters
    ----------
    t
        Times, shape (n,).
    losses
        P -> losses of each draw over all inputs, on the examples and on fresh ones, shape (draws, 3, n).
        The gap is the mean over draws of each one's share.
    """
    figure, (left, right) = panels(2)
    for (data, drawn), color in zip(losses.items(), shades(len(losses)), strict=True):
        test, train, fresh = np.moveaxis(drawn, 1, 0)
        left.plot(t, test.mean(0), color=color, label=f"test, P = {data}")
        left.plot(t, train.mean(0), ":", color=color, label=f"training, P = {data}")
        right.plot(t, (1 - train / test).mean(0), color=color, label=f"P = {data}")
        right.plot(t, (1 - fresh / test).mean(0), "-.", lw=1, color=color)
    right.plot([], [], "-.", lw=1, color="0.5", label="on fresh examples")
    left.set(xscale="log", yscale="log", xlabel="time t of gradient flow", ylabel="mean loss", ylim=(2e-3, 2))
    right.set(xscale="log", xlabel="time t of gradient flow", ylabel="gap over test loss")
    for ax in (left, right):
        ax.legend(fontsize=7)
    return figure
