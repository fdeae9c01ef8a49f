"""What a fit looks like: its curve with a band through the runs, and what it leaves of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from scalinglaws.errors import lacking
from scalinglaws.fitting.problem import FitError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from scalinglaws.fitting.result import Fit

#: So many curves are drawn where the law takes a second column.
CURVES = 4
POINTS = 100


def plotted(fit: Fit, sure: Any = None, along: str | None = None) -> Figure:
    """Two panels: the law along one column with the runs, and the residuals; see `Fit.plot`."""
    try:
        from scalinglaws.figures import panels
    except ModuleNotFoundError as error:
        raise FitError(lacking(error) or str(error)) from error

    along = along or fit.law.columns[0]
    if along not in fit.law.columns or along in fit.law.labels:
        known = ", ".join(name for name in fit.law.columns if name not in fit.law.labels)
        raise FitError(f"no column {along!r} to draw the law along; there are: {known}")
    if sure is None and fit.problem.loss.kind == "squared":
        sure = fit
    figure, (left, right) = panels(2)
    curves(left, fit, sure, along)
    residuals(right, fit, fit.data[along], along)
    return figure


def curves(ax: Axes, fit: Fit, sure: Any, along: str) -> None:
    """The law along one column: one curve, or one for each of a few values of the second column."""
    from scalinglaws.figures import PALETTE, shades

    data = {name: np.asarray(fit.data[name]) for name in fit.law.columns}
    numeric = [name for name in data if name not in fit.law.labels]
    second = next((name for name in numeric if name != along), None)
    x = data[along].astype(float)
    logarithmic = wide(x)
    grid = (np.geomspace if logarithmic else np.linspace)(x.min(), x.max(), POINTS)
    # Further columns stay where most runs are: at the middle value, at the commonest label.
    rest = {
        name: commonest(values) if name in fit.law.labels else median(values) for name, values in data.items()
    }
    levels = [None] if second is None else quantiles(data[second].astype(float))
    colors = [PALETTE[1]] if second is None else shades(len(levels))
    for level, color in zip(levels, colors, strict=True):
        place = {name: np.full(POINTS, value) for name, value in rest.items()} | {along: grid}
        if level is not None:
            place[second] = np.full(POINTS, level)
        label = None if level is None else f"{second} = {level:.3g}"
        ax.plot(grid, fit.predict(place), color=color, label=label)
        if sure is not None and fit.determined:
            low, high = sure.prediction_interval(place, new_run=False)
            ax.fill_between(grid, low, high, color=color, alpha=0.2, lw=0)
    ax.scatter(x, fit.problem.y, s=10, alpha=0.6, **dots(data, second, levels))
    if logarithmic:
        ax.set_xscale("log")
    if wide(fit.problem.y):
        ax.set_yscale("log")
    ax.set(xlabel=along, ylabel=fit.problem.y_name)
    if second is not None:
        ax.legend(fontsize=8)


def residuals(ax: Axes, fit: Fit, x: Any, name: str) -> None:
    """What the fit leaves of each run against a column: per cent where residuals are of the logarithm."""
    from scalinglaws.figures import PALETTE

    x = np.asarray(x, float)
    relative = fit.problem.residual == "log"
    ax.scatter(x, 100 * fit.residuals if relative else fit.residuals, s=10, alpha=0.6, color=PALETTE[1])
    ax.axhline(0, color=PALETTE[0], lw=1)
    if wide(x):
        ax.set_xscale("log")
    ax.set(xlabel=name, ylabel=f"observed over fitted {fit.problem.y_name} [%]" if relative else "residual")


def wide(values: np.ndarray) -> bool:
    """Whether values are positive and span decades, which only a logarithmic axis shows."""
    return bool((values > 0).all() and values.max() > 10 * values.min())


def dots(data: dict[str, np.ndarray], second: str | None, levels: list[Any]) -> dict[str, Any]:
    """The colour of each run: that of the curve whose value of the second column is nearest."""
    from scalinglaws.figures import PALETTE, shades

    if second is None:
        return {"color": PALETTE[0]}
    values, ends = np.log(np.abs(data[second].astype(float)) + 1e-300), np.log(np.abs(levels) + 1e-300)
    nearest = np.abs(values[:, None] - ends).argmin(axis=1)
    return {"color": np.array(shades(len(levels)))[nearest]}


def quantiles(values: np.ndarray) -> list[float]:
    """A few values of a column, from its least to its greatest; all of them if there are few."""
    known = np.unique(values)
    if len(known) <= CURVES:
        return [float(value) for value in known]
    return [float(value) for value in np.quantile(known, np.linspace(0, 1, CURVES), method="nearest")]


def median(values: np.ndarray) -> float:
    """The value in the middle, one that occurs."""
    return float(np.quantile(values.astype(float), 0.5, method="nearest"))


def commonest(values: np.ndarray) -> Any:
    """The label that most runs have."""
    labels, counts = np.unique(values, return_counts=True)
    return labels[counts.argmax()]
