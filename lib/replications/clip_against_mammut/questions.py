"""What is asked of tables of runs beyond their laws: which count, who is ahead, and how samples should grow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from replications.clip_against_mammut.comparison import (
    Cloud,
    beyond,
    cloud,
    edge_of,
    expected_least,
    lead,
)
from scalinglaws import bootstrap, fit
from scalinglaws.fitting import Bootstrap, Fit
from scalinglaws.frontier import exponent
from scalinglaws.laws import chinchilla
from scalinglaws.uncertainty import Estimate, cluster_resamples, from_draws, of_share

NAMES = ("clip", "mammut")
#: How most intervals here come about.
HOW = "architectures drawn again, the edge taken anew"


def admitted(table: pd.DataFrame, task: str) -> pd.DataFrame:
    """Runs that the authors' scripts admit, with `compute` in GFLOPs and `error` as a share.

    Source: `filter_data` in scaling_laws/main.py of LAION-AI/scaling-laws-for-comparison.
    """
    runs = table.assign(compute=table.n_samples * table.gflops_per_sample, error=1 - table[task])
    failed = (runs.error >= 0.7) & (runs.compute > 1e11) & (task != "ade20k")
    return runs[runs.compute.between(1e6, 1e12) & ~failed]


def families(table: pd.DataFrame, task: str) -> list[Cloud]:
    """CLIP's and MaMMUT's admitted runs, each by architecture."""
    runs = admitted(table, task)
    return [cloud(runs[runs.family == name]) for name in NAMES]


def edges(both: Sequence[Cloud], limit: float = np.inf) -> list[pd.DataFrame]:
    """The lower edge of either family up to `limit` GFLOPs: compute in 1e9 GFLOPs, and error."""
    found = [pd.DataFrame(np.transpose(edge_of(runs, runs)), columns=["compute", "error"]) for runs in both]
    return [points[points.compute <= limit].assign(compute=lambda t: t.compute / 1e9) for points in found]


def claims_of(case: str, declared: Mapping) -> dict[str, str]:
    """What is claimed of a case such as imagenet-datacomp: cross, small or large -> id."""
    task, _, pairs = case.partition("-")
    named = {"cross": f"cross-{case}"}
    if pairs != "relaion":
        named |= {what: f"{what}-{task}" for what in ("small", "large")}
    return {what: id for what, id in named.items() if id in declared}


def held_out(
    both: Sequence[Cloud], sets: np.ndarray, limit: float, fits: Sequence[Fit | None] = (None, None)
) -> list[Estimate]:
    """Mean absolute error of either law up to `limit` GFLOPs on the edge beyond, percentage points.

    Parameters
    ----------
    both
        The two families.
    sets
        Drawn sets of architectures, a row each.
    limit
        What the laws are fitted up to.
    fits
        The same laws with proof, which the estimates bring along.
    """
    return [
        from_draws(beyond(runs, runs, limit), [beyond(runs, names, limit) for names in sets], HOW, fit=found)
        for runs, found in zip(both, fits, strict=True)
    ]


def change(laws: np.ndarray) -> np.ndarray:
    """By how many points the lead of the second family grows between 1e9 and 5e11 GFLOPs."""
    return lead(laws, 5e11) - lead(laws, 1e9)


def share(hits: np.ndarray) -> Estimate:
    """The share of worlds in which something is so, with its exact binomial interval."""
    return of_share(hits.sum(), len(hits), "binomial, exact, of so many worlds")


def gains_by_choice(cells: Mapping) -> pd.DataFrame:
    """What it is worth to choose from more runs than the other family has.

    Parameters
    ----------
    cells
        As `comparison.cells_of` gives them.

    Returns
    -------
    DataFrame
        A row for each cell of a family that has more runs there: family, model, and by how many
        points its best exceeds the best to be expected of as many as the other has.
    """
    rows = []
    for (model, _), cell in cells.items():
        for more, fewer in (NAMES, NAMES[::-1]) if len(cell) == 2 else ():
            errors, limit = cell[more][1], len(cell[fewer][1])
            if len(errors) > limit:
                rows.append((more, model, 100 * (expected_least(errors, limit) - errors.min())))
    return pd.DataFrame(rows, columns=["family", "model", "gain"])


def at_equal_samples(table: pd.DataFrame, task: str) -> pd.DataFrame:
    """Errors of both families, columns clip and mammut, by model and n_samples, where both have been trained."""
    runs = table.assign(error=1 - table[task])
    return runs.pivot_table("error", ["model", "n_samples"], "family").dropna()


def sizes(table: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """CLIP's GFLOPs per sample, and the parameters of its picture tower, by model."""
    first = table[table.family == "clip"].groupby("model").first()
    return first.gflops_per_sample, first.n_params - first.n_params_text


def growth(ratio: pd.Series, millions: float) -> list[float]:
    """Change of a quantity per tenfold samples, from so many million on; one slope an architecture of three points.

    Parameters
    ----------
    ratio
        By model and n_samples.
    millions
        The fewest samples.
    """
    part = ratio[ratio.index.get_level_values("n_samples") >= 1e6 * millions - 1].reset_index(name="y")
    groups = [each for _, each in part.groupby("model") if len(each) >= 3]
    return [float(np.polyfit(np.log10(each.n_samples), each.y, 1)[0]) for each in groups]


def growth_by_both(
    ratio: pd.Series, size: pd.Series, millions: float, draws: int, rng: np.random.Generator
) -> list[Estimate]:
    """Change of a quantity per tenfold samples and per tenfold size, by one plane, from so many million samples on.

    Parameters
    ----------
    ratio
        By model and n_samples.
    size
        By model.
    millions
        The fewest samples.
    draws, rng
        Sets of models drawn for the intervals.
    """
    part = ratio[ratio.index.get_level_values("n_samples") >= 1e6 * millions - 1]
    models, samples = (part.index.get_level_values(name) for name in ("model", "n_samples"))
    sides = np.column_stack([np.ones(len(part)), np.log10(samples), np.log10(size[models])])

    def slopes(rows):
        return np.linalg.lstsq(sides[rows], part.to_numpy()[rows], rcond=None)[0][1:]

    drawn = np.array([slopes(rows) for rows in cluster_resamples(models.to_numpy(), draws, rng)])
    found = slopes(np.arange(len(part)))
    return [
        from_draws(each, of, "architectures drawn again") for each, of in zip(found, drawn.T, strict=True)
    ]


def about(each: Estimate) -> Estimate:
    """The same number with the interval of its draws turned about it, which heeds that they may be off centre."""
    how = f"{each.how}; turned about the number"
    return Estimate.around(each.value, 2 * each.value - each.high, 2 * each.value - each.low, how, each.fit)


def along_edge(runs: pd.DataFrame, from_compute: float = 0) -> float:
    """Exponent of compute of the number of samples, along the runs that none of less compute beats."""
    ordered = runs.sort_values(["compute", "error"])
    least = ordered[ordered.error < ordered.error.cummin().shift(fill_value=np.inf)]
    least = least[least.compute > from_compute]
    return exponent(least.compute, least.n_samples).exponent


def jointly(runs: pd.DataFrame, least: float, draws: int, seed: int) -> tuple[Fit, Bootstrap]:
    """The law of FLOPs per sample and samples: its fit to runs of more than `least` samples, and to drawn architectures."""
    kept: Any = runs[runs.n_samples > least].assign(
        n_params=lambda t: 1e9 * t.gflops_per_sample, n_tokens=lambda t: t.n_samples
    )
    found = fit(chinchilla, kept, "error", residual="raw")
    return found, bootstrap(found, draws, seed, by=kept.model)
