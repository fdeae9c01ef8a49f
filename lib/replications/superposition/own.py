"""What is measured on networks of our own: the optimum of the loss, and cells of the paper's map."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pandas as pd

from replications.superposition.exponents import line, pairs
from replications.superposition.theory import welch
from scalinglaws.spectra import slope
from scalinglaws.uncertainty import Estimate, from_left_out, of_mean

#: Decays that stand for strong and for weak superposition, and those where the exponent should rise with alpha.
STRONG, WEAK, RISING = [-1.0, -0.3333], [0.3333, 1.0], [0.1111, 0.3333]
#: Features of all networks; widths of those that are compared, and their steps.
FEATURES, WIDTHS, STEPS = 125, (4, 12), 20_000


def by_cell(runs: pd.DataFrame, keys: list[str], of: str = "loss") -> pd.Series:
    """The exponent of a column in 1/m for each combination of the keys, over the widths that are compared."""
    part = runs[runs.m.isin(WIDTHS)]
    return pd.Series({key: slope(one.m, one[of]) for key, one in part.groupby(keys)}).rename_axis(keys)


def at_optimum(runs: pd.DataFrame) -> pd.DataFrame:
    """Exponents of loss and overlap at the optimum; columns are the two, rows alphas and starts."""
    descent = runs[runs.training == "descent"]
    return pd.DataFrame({of: by_cell(descent, ["alpha", "seed"], of) for of in ("loss", "overlap")})


def map_of(runs: pd.DataFrame, steps: int = STEPS, seed: int = 0) -> pd.DataFrame:
    """Exponents of networks trained on batches; rows are alphas, columns decays, nan where none was trained."""
    chosen = runs[(runs.training == "batches") & (runs.steps == steps) & (runs.seed == seed)]
    cells = by_cell(chosen, ["alpha", "decay"]).rename("exponent").reset_index()
    return cells.pivot_table(index="alpha", columns="decay", values="exponent")


def measures(runs: pd.DataFrame, published: pd.DataFrame) -> dict[str, Estimate]:
    """What is claimed of networks of our own, by the claims' names.

    Parameters
    ----------
    runs
        The table of runs.
    published
        The paper's exponents, rows are alphas, columns decays; our cells are among them.
    """
    starts, ours, halfway = at_optimum(runs).loc[0.0], map_of(runs), map_of(runs, STEPS // 2)
    descents, laws = "Student's interval over four starts", "Student's interval over three laws of frequency"
    strong, weak = (ours.loc[:1, decays].mean(axis=1) for decays in (STRONG, WEAK))
    rising = pairs(ours.loc[1:, RISING])
    change = (ours - halfway).abs().to_numpy()
    return {
        "own-overlap": of_mean(starts.overlap, descents),
        "own-optimum": of_mean(starts.loss, descents),
        "own-plateau": of_mean(strong, laws),
        "own-contrast": of_mean(strong - weak, laws),
        "own-weak-rise": line(rising, "six cells"),
        "own-cells": cells_alike(ours, published.loc[ours.index, ours.columns]),
        "own-settled": of_mean(change[np.isfinite(change)], "Student's interval over six cells"),
    }


def optima(runs: pd.DataFrame) -> pd.DataFrame:
    """Least and mean loss of the starts, mean overlap, Welch's bound on it, and the loss over the overlap."""
    groups = runs[runs.training == "descent"].groupby(["alpha", "m"])
    found = groups.agg(least=("loss", "min"), loss=("loss", "mean"), overlap=("overlap", "mean"))
    found["welch"] = [welch(FEATURES, m) for _, m in found.index]
    return found.assign(ratio=found.loss / found.overlap)


def beside(runs: pd.DataFrame, ours: pd.DataFrame, theirs: pd.DataFrame) -> dict[str, float]:
    """What else two maps of the same cells say, in words -> number."""
    chance, alike = relabelled(ours, theirs), ordered_alike(ours, theirs)
    least = optima(runs).least[0.0]
    apart = (ours - theirs).abs()
    return {
        "optimum: largest component of a gradient, in millionths": 1e6 * runs.gradient.max(),
        "optimum, even frequencies, least loss, m = 4 to 12: exponent": slope(WIDTHS, least[list(WIDTHS)]),
        "the same, m = 12 to 36": slope([12, 36], least[[12, 36]]),
        "cells ordered alike, decays of one sign relabelled: mean": chance.mean(),
        "relabellings that do as well, share": float((chance > alike - 1e-9).mean()),
        "distance to the map, decays below 0: mean": apart.loc[:, :0].to_numpy().mean(),
        "the same, above 0": apart.loc[:, 0:].to_numpy().mean(),
        "distance to another start of ours: mean": np.nanmean((ours - map_of(runs, seed=1)).abs()),
        "gain of decay -0.11 on -1, a unit of alpha: ours": crossing(ours).value,
        "the same, the map": crossing(theirs).value,
    }


def maps(runs: pd.DataFrame, published: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Our exponents, and those of the same cells of the paper's map; rows are alphas, columns decays."""
    ours = map_of(runs)
    return ours, published.loc[ours.index, ours.columns]


def ordered_alike(ours: pd.DataFrame, theirs: pd.DataFrame) -> float:
    """Share of pairs of cells that two maps order alike, among those with equal alpha and sign of decay.

    Sign of decay and alpha alone order no such pair, so that chance has a half.

    Parameters
    ----------
    ours, theirs
        Exponents, rows are alphas, columns decays, the same ones in the same order.
    """
    decays = ours.columns.to_numpy(float)
    one, two = np.triu_indices(len(decays), 1)
    same = decays[one] * decays[two] > 0
    ours, theirs = (each.to_numpy()[:, one[same]] - each.to_numpy()[:, two[same]] for each in (ours, theirs))
    return float((ours * theirs > 0).mean())


def cells_alike(ours: pd.DataFrame, theirs: pd.DataFrame) -> Estimate:
    """`ordered_alike` with Student's interval of the jackknife over alphas."""
    without = [ordered_alike(ours.drop(alpha), theirs.drop(alpha)) for alpha in ours.index]
    return from_left_out(ordered_alike(ours, theirs), without, "one alpha left out in turn")


def turned_round(cells: pd.DataFrame) -> pd.DataFrame:
    """Exponents with each decay dealt to the opposite one, the first column to the last."""
    return cells.iloc[:, ::-1].set_axis(cells.columns, axis=1)


def relabelled(ours: pd.DataFrame, theirs: pd.DataFrame) -> np.ndarray:
    """`ordered_alike` under all labels that decays of one sign can exchange among themselves, shape (k,)."""
    below, above = ours.columns[ours.columns < 0], ours.columns[ours.columns > 0]
    orders = [[*low, *high] for low in permutations(below) for high in permutations(above)]
    return np.array([ordered_alike(ours[order].set_axis(ours.columns, axis=1), theirs) for order in orders])


def crossing(table: pd.DataFrame) -> Estimate:
    """How much the exponent at decay -0.11 gains on that at -1 per unit of alpha."""
    gain = table[-0.1111] - table[-1.0]
    return line(list(gain.items()), "alphas")
