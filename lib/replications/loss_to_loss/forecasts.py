"""Test losses of a large model forecast from a few runs: from a loss of another model, or from compute alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from replications.loss_to_loss.curves import paired, with_floor_fitted
from replications.loss_to_loss.printed import parameters
from replications.loss_to_loss.translation import at, law_of


def from_losses(
    few: pd.DataFrame, large: pd.DataFrame, floors: pd.DataFrame, tests: Sequence[str]
) -> pd.DataFrame:
    """Errors of curves that take a loss of a model of data set 0 to a test loss of its equal on data set 1.

    Parameters
    ----------
    few
        The runs that curves are fitted to: train_set, n_params, n_tokens, loss and the tests, nats per token.
    large
        The large models by data set: loss and the tests, nats per token.
    floors
        Irreducible losses by data set: loss and the tests, nats per token.
    tests
        Columns of the tests.

    Returns
    -------
    DataFrame
        One row a pair and test: zero, one, test; and predicted less measured, in %, from the training
        loss (train), from the same test's loss (same), and by that loss as it is (unchanged).
    """
    rows = []
    for zero in large.index:
        for one in large.index.drop(zero):
            both = paired(few, zero, one)
            for test in tests:
                aim, errors = large.loc[one, test], {}
                for how, given in {"train": "loss", "same": test}.items():
                    curve = with_floor_fitted(both[given], both[f"{test}_1"], floors.loc[zero, given])
                    errors[how] = 100 * (float(curve(large.loc[zero, given])) / aim - 1)
                errors["unchanged"] = 100 * (large.loc[zero, test] / aim - 1)
                rows.append({"zero": zero, "one": one, "test": test} | errors)
    return pd.DataFrame(rows)


def law_of_compute(flops: ArrayLike, loss: ArrayLike, budget: float, places: int = 100) -> float:
    """Loss at a budget by E + K (C - C0)^kappa, least squares of logarithms at the best place of a grid.

    Floor and shift stand at `places` even places from 0 to the least loss and budget, and the place
    whose predictions have the least squares of losses is taken, as the authors do it.

    Parameters
    ----------
    flops, loss
        Budgets and losses of the runs, FLOPs and nats per token, shape (n,).
    budget
        FLOPs.
    places
        Places of the grid, along each side; the last one, where logarithms end, is left out.
    """
    flops, loss = np.asarray(flops, float), np.asarray(loss, float)
    shift = np.linspace(0, flops.min(), places)[:-1, None, None]
    floor = np.linspace(0, loss.min(), places)[:-1, None]
    x, y = np.log(flops - shift), np.log(loss - floor)
    mean = x.mean(axis=-1, keepdims=True)
    kappa = ((x - mean) * (y - y.mean(axis=-1, keepdims=True))).sum(axis=-1, keepdims=True) / (
        (x - mean) ** 2
    ).sum(axis=-1, keepdims=True)
    start = y.mean(axis=-1, keepdims=True) - kappa * mean
    misfit = ((np.exp(start + kappa * x) + floor - loss) ** 2).sum(axis=-1)
    i, j = np.unravel_index(misfit.argmin(), misfit.shape)
    return float(floor[j, 0] + np.exp(start[i, j, 0]) * (budget - shift[i, 0, 0]) ** kappa[i, j, 0])


def from_compute(few: pd.DataFrame, large: pd.DataFrame, tests: Sequence[str]) -> Mapping[tuple, float]:
    """Errors of laws of compute alone at the large models: data set, test -> predicted less measured, in %."""
    return {
        (one, test): 100
        * (law_of_compute(part.flops, part[test], large.loc[one, "flops"]) / large.loc[one, test] - 1)
        for one, part in few.groupby("train_set")
        for test in tests
    }


def from_size_and_data(
    few: pd.DataFrame, large: pd.DataFrame, test: str, printed: Mapping[str, tuple[float, ...]]
) -> pd.DataFrame:
    """Laws of size and data for a test loss, fitted to few runs, at the large models: printed and ours.

    Parameters
    ----------
    few, large, test
        As for `from_losses`, of a single test.
    printed
        Data set -> its row of `printed.HELLASWAG`, whose parameters the search begins at.

    Returns
    -------
    DataFrame
        One row a data set: status of our fit; printed objective above ours, and the errors of both
        laws, predicted less measured, in %.
    """
    rows = {}
    for name, row in printed.items():
        law = law_of(few[few.train_set == name], [parameters(row)], test)
        star, aim = large.loc[[name]], large.loc[name, test]
        by_print = at(law, pd.DataFrame([parameters(row)]), star)[0, 0]
        rows[name] = {
            "status": law.status.name,
            "printed objective above ours [%]": 100 * (row[0] * law.n / law.objective - 1),
            "printed law [%]": 100 * (by_print / aim - 1),
            "our law [%]": 100 * (law.predict(star)[0] / aim - 1),
        }
    return pd.DataFrame.from_dict(rows, orient="index")
