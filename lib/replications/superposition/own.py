"""What is measured on networks of our own: the optimum of the loss, and cells of the paper's map."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pandas as pd

from replications.superposition.exponents import line, steep_points
from scalinglaws.spectra import slope
from scalinglaws.uncertainty import Estimate, from_left_out, of_mean

#: Decays that stand for strong and for weak superposition, and those where the exponent should rise with alpha.
STRONG, WEAK, RISING = [-1.0, -0.3333], [0.3333, 1.0], [0.1111, 0.3333]
#: Widths of the networks that are compared, and their steps.
WIDTHS, STEPS = (4, 12), 20_000


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


def measures(ours: pd.DataFrame, theirs: pd.DataFrame, halfway: pd.DataFrame) -> dict[str, Estimate]:
    """What is claimed of cells of the map, by the claims' names.

    Parameters
    ----------
    ours, theirs
        Exponents of the same cells, rows are alphas, columns decays.
    halfway
        Exponents of some of our cells after half the steps, nan elsewhere.
    """
    laws = "Student's interval over three laws of frequency"
    strong, weak = (ours.loc[:1, decays].mean(axis=1) for decays in (STRONG, WEAK))
    rising = steep_points(ours.loc[1:, RISING])
    change = (ours - halfway).abs().to_numpy()
    return {
        "own-plateau": of_mean(strong, laws),
        "own-contrast": of_mean(strong - weak, laws),
        "own-weak-rise": line(rising, "Student's interval of the line through six cells"),
        "own-cells": cells_alike(ours, theirs),
        "own-settled": of_mean(change[np.isfinite(change)], "Student's interval over six cells"),
    }


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


def relabelled(ours: pd.DataFrame, theirs: pd.DataFrame) -> np.ndarray:
    """`ordered_alike` under all labels that decays of one sign can exchange among themselves, shape (k,)."""
    below, above = ours.columns[ours.columns < 0], ours.columns[ours.columns > 0]
    orders = [[*low, *high] for low in permutations(below) for high in permutations(above)]
    return np.array([ordered_alike(ours[order].set_axis(ours.columns, axis=1), theirs) for order in orders])


def crossing(table: pd.DataFrame) -> Estimate:
    """How much the exponent at decay -0.11 gains on that at -1 per unit of alpha."""
    gain = table[-0.1111] - table[-1.0]
    return line(gain.items(), "Student's interval of the line through the alphas")
