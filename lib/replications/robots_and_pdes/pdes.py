"""The PDEs' exponents, breaks and gains, from curves of log n and log error by task and model."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from replications.robots_and_pdes import lines, printed
from scalinglaws import correlation

MODELS = ("Poseidon-B", "FNO")
#: Where Poseidon-B's line starts in Figure 1, if not at the first point.
FROM = {"Poisson": 32}


def part(curve: tuple, first: float = 0, last: float = np.inf) -> tuple[np.ndarray, np.ndarray]:
    """The points of a curve from `first` trajectories to `last`."""
    x, y = curve
    n = np.round(np.exp(x))
    kept = (n >= first) & (n <= last)
    return x[kept], y[kept]


def exponent(curve: tuple, first: float = 0, last: float = np.inf) -> float:
    """The exponent of the line through the points from `first` trajectories to `last`."""
    return float(-correlation.lines(*part(curve, first, last))[0])


def exponents(curves: Mapping) -> pd.DataFrame:
    """Exponents of all points, a row a task, beside those of the drawn lines and the printed ones."""
    table = pd.DataFrame({model: {t: exponent(curves[t, model]) for t in printed.NAMES} for model in MODELS})
    both = np.array([printed.EXPONENTS[task] for task in table.index])
    table.insert(1, "drawn", [printed.DRAWN[task][1] for task in table.index])
    table.insert(2, "printed", both[:, 0])
    table["printed for FNO"] = both[:, 1]
    return table


def at(curve: tuple, n: float) -> float:
    """The log error of the point nearest to n trajectories."""
    x, y = curve
    return float(y[np.argmin(abs(x - np.log(n)))])


def gains(curves: Mapping) -> pd.DataFrame:
    """What pretraining gains, a row a task (equation 11 of the paper).

    Returns
    -------
    DataFrame
        `efficiency`: FNO's trajectories over those with which Poseidon-B has the same error, straight between
        points; `by the line`: the same by the line that Figure 1 draws, see `FROM`; `accuracy`: FNO's error
        over Poseidon-B's at equal trajectories; the printed two; and how far the accuracy is off, in per cent.
    """
    table = {}
    for task, (many, few) in printed.SAMPLES.items():
        ours, theirs = (curves[task, model] for model in MODELS)
        target = at(theirs, many)
        drawn = part(ours, FROM.get(task, 1))
        table[task] = {
            "efficiency": many / lines.reached(*ours, target),
            "by the line": many / lines.reached_by_line(*drawn, target),
            "printed": printed.GAINS[task][0],
            "accuracy": np.exp(at(theirs, few) - at(ours, few)),
            "printed accuracy": printed.GAINS[task][1],
        }
    table = pd.DataFrame(table).T
    return table.assign(off=100 * (table.accuracy / table["printed accuracy"] - 1))


def shared(curves: Mapping) -> pd.DataFrame:
    """Exponents over the trajectories that both models have, a row a task."""
    table = {}
    for task in printed.NAMES:
        pair = [curves[task, model] for model in MODELS]
        first, last = max(x[0] for x, _ in pair), min(x[-1] for x, _ in pair)
        ends = np.exp(first) - 0.5, np.exp(last) + 0.5
        table[task] = [exponent(curve, *ends) for curve in pair]
    return pd.DataFrame(table, MODELS).T


def broken(found: Mapping, parabolas: Mapping) -> pd.DataFrame:
    """A row a curve: where two lines meet, exponents on either side, and the chances of break and parabola."""
    return pd.DataFrame(
        {
            " ".join(key): {
                "breaks at": f"{each.at:.3g}",
                "before": f"{each.below:.2f}",
                "after": f"{each.above:.2f}",
                "chance": f"{each.chance:.4f}",
                "parabola": f"{parabolas[key]:.4f}",
            }
            for key, each in found.items()
        }
    ).T


def on_lines(curves: Mapping, rng: np.random.Generator) -> dict:
    """Each curve with its points drawn about its line, with the scatter that they have."""
    drawn = {}
    for key, (x, y) in curves.items():
        slope, level = correlation.lines(x, y)
        scatter = np.sqrt(lines.squares(x, y) / (len(x) - 2))
        drawn[key] = x, rng.normal(level + slope * x, scatter)
    return drawn
