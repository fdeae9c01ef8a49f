"""Families that do not exist: without a difference, without a trend, or with one's learning at another's cost."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from replications.clip_against_mammut.comparison import Cloud, cloud, exchanged, laws_of
from replications.clip_against_mammut.edge import compute_at, error_at
from replications.clip_against_mammut.questions import HOW, admitted
from scalinglaws.uncertainty import Estimate, from_draws

#: Names of what `gained` measures.
MEASURES = ("points", "ratio", "compute")
#: From which of `at_other_costs` to which: the whole way from CLIP to MaMMUT, its two steps in either order, and another.
PATHS = {
    "all, from CLIP to MaMMUT": (0, 1),
    "cost, with CLIP's learning": (0, 2),
    "learning, at MaMMUT's cost": (2, 1),
    "learning, at CLIP's cost": (0, 3),
    "cost, with MaMMUT's learning": (3, 1),
    "constant multiple of cost, with CLIP's learning": (0, 4),
}


def without_difference(both: Sequence[Cloud], worlds: int, rng: np.random.Generator) -> np.ndarray:
    """Laws of worlds in which each architecture has changed sides with even chance: shape (worlds, 2, 4)."""
    names = np.array(sorted(set().union(*both)))
    coins = rng.random((worlds, len(names))) < 0.5
    return np.array([laws_of(exchanged(both, names[heads]), names) for heads in coins])


def lifted(both: Sequence[Cloud], laws: np.ndarray) -> list[Cloud]:
    """The two families, runs below their law lifted onto it: none is better than its law says."""
    return [
        {model: (x, np.maximum(error, error_at(law, x))) for model, (x, error) in runs.items()}
        for runs, law in zip(both, laws, strict=True)
    ]


def costs(runs: pd.DataFrame) -> pd.DataFrame:
    """GFLOPs per sample by model: CLIP's and MaMMUT's, and two constant multiples of CLIP's, their mean ratio and 1.5."""
    cost = runs.pivot_table("gflops_per_sample", "model", "family").dropna().sort_values("clip")
    ratio = np.exp(np.log(cost["mammut"] / cost["clip"]).mean())
    return cost.assign(mean=ratio * cost["clip"], half_more=1.5 * cost["clip"])


def imagined(table: pd.DataFrame, task: str, learner: str, cost: pd.Series) -> Cloud:
    """A family that learns as `learner` does and pays another cost, where both families have been trained.

    Parameters
    ----------
    table, task
        Runs, and the column of their scores.
    learner
        Family whose errors it has.
    cost
        GFLOPs per sample that it pays, by model.
    """
    scores = admitted(table, task).pivot_table(task, ["model", "n_samples"], "family").dropna()[learner]
    runs = scores.rename(task).reset_index()
    return cloud(admitted(runs.assign(gflops_per_sample=runs.model.map(cost)), task))


def at_other_costs(table: pd.DataFrame, task: str, cost: pd.DataFrame) -> dict[str, Cloud]:
    """Families by whose learning and which of `costs` they have, beside CLIP and MaMMUT as they are: five."""
    made = {
        "CLIP's learning at MaMMUT's cost": ("clip", "mammut"),
        "MaMMUT's learning at CLIP's cost": ("mammut", "clip"),
        "CLIP's learning at the mean multiple of its cost": ("clip", "mean"),
        "MaMMUT's learning at the mean multiple of CLIP's cost": ("mammut", "mean"),
        "MaMMUT's learning at 1.5 times CLIP's cost": ("mammut", "half_more"),
    }
    return {how: imagined(table, task, learner, cost[payer]) for how, (learner, payer) in made.items()}


def gained(laws: np.ndarray, compute: float) -> np.ndarray:
    """What the second of two laws gains on the first at equal compute, by three measures.

    Parameters
    ----------
    laws
        Shape (..., 2, 4).
    compute
        GFLOPs.

    Returns
    -------
    ndarray
        Percentage points of error; log10 of the first's error over the second's; and log10 of the
        compute at which the first has the second's error over `compute`. Shape (..., 3).
    """
    first, second = np.moveaxis(error_at(laws, [compute])[..., 0], -1, 0)
    as_good = np.log10(compute_at(laws[..., 0, :], second))
    return np.stack([100 * (first - second), np.log10(first / second), as_good - np.log10(compute)], -1)


def along_paths(
    grown: Callable[[np.ndarray], np.ndarray], found: np.ndarray, drawn: np.ndarray
) -> tuple[dict[str, list[Estimate]], dict[str, list[Estimate]]]:
    """What grows by each measure on each of `PATHS`, and what share of the whole it is where only the cost changes.

    Parameters
    ----------
    grown
        From laws of two families, shape (..., 2, 4), to three numbers, shape (..., 3).
    found, drawn
        Laws of CLIP, MaMMUT and `at_other_costs`, shape (n, 4), and of drawn sets, shape (m, n, 4).
    """
    each = {how: (grown(found[[*way]]), grown(drawn[:, [*way]])) for how, way in PATHS.items()}
    whole, of_draws = next(iter(each.values()))

    def estimates(values, spread):
        return [from_draws(value, column, HOW) for value, column in zip(values, spread.T, strict=True)]

    growths = {how: estimates(*pair) for how, pair in each.items()}
    shares = {h: estimates(v / whole, d / of_draws) for h, (v, d) in each.items() if h.startswith("cost")}
    return growths, shares


def dealt_anew(pairs: pd.DataFrame) -> pd.DataFrame:
    """Errors, columns clip and mammut, of which the ratios of mammut to clip have been dealt out anew, always alike."""
    ratios = np.random.default_rng(0).permutation((pairs["mammut"] / pairs["clip"]).to_numpy())
    return pairs.assign(mammut=pairs["clip"] * ratios)


def with_errors(table: pd.DataFrame, task: str, pairs: pd.DataFrame) -> pd.DataFrame:
    """Runs of a table that `pairs` (a column a family, by model and n_samples) has, with its errors for their own."""
    errors = pairs.melt(value_name="error", var_name="family", ignore_index=False).reset_index()
    runs = table.drop(columns=task).merge(errors, on=["model", "n_samples", "family"])
    return runs.assign(**{task: 1 - runs.error})
