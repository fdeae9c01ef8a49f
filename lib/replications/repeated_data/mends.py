"""What the two constants of decay become under other mends of the law, and the hollow that the printed pair lies in."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.optimize import minimize

from replications.repeated_data.decay import Constants, huber_terms, leveled
from scalinglaws import fit, huber
from scalinglaws.laws import chinchilla
from scalinglaws.uncertainty import Estimate, of_mean


def hollow(runs: pd.DataFrame, start: tuple[float, float]) -> tuple[float, float, float]:
    """The local minimum of the sum of Huber losses next to a pair of constants, by the simplex of Nelder and Mead.

    A fit looks for the least sum of all, and so cannot say whether a pair is a minimum among its neighbours.

    Parameters
    ----------
    runs
        n_params, n_tokens, unique_tokens, and loss in nats per token.
    start
        R_D* and R_N*.

    Returns
    -------
    tuple
        R_D*, R_N*, and the sum there.
    """

    def total(logs: np.ndarray) -> float:
        # A thousandfold, so that the tolerance is one of the sum and not of its first digits.
        return 1e3 * huber_terms(runs, repeats=np.exp(logs[:1]), excess=np.exp(logs[1:])).sum()

    found = minimize(total, np.log(start), method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-12})
    return (*np.exp(found.x), found.fun / 1e3)


def refitted(runs: pd.DataFrame, seed: int) -> dict[str, Constants]:
    """The constants of the law for one epoch, fitted to those of the runs that repeat nothing.

    Parameters
    ----------
    runs
        n_params, n_tokens, unique_tokens, and loss in nats per token.
    seed
        Of the fits.

    Returns
    -------
    dict
        Which runs, in words -> constants; a fit that is not proved is left out.
    """
    ones = runs[runs.n_tokens == runs.unique_tokens]
    parts = {
        "constants refitted to the runs of one epoch": ones,
        "the same, runs of a billion tokens or more": ones[ones.n_tokens >= 1e9],
    }
    made = {}
    for name, part in parts.items():
        found = fit(chinchilla, part.reset_index(drop=True), loss=huber(1e-3), seed=seed, strict=False)
        if found.proved:
            logs = np.log([found[letter] for letter in "ABE"])
            made[name] = Constants(*logs, found["alpha"], found["beta"])
    return made


def leveled_on_parts(runs: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Both constants with the level of the law free, on parts of the runs.

    Parameters
    ----------
    runs
        n_params, n_tokens, unique_tokens, and loss in nats per token.
    seed
        Of the fits.

    Returns
    -------
    DataFrame
        A row a part: runs, level, R_D* and R_N*; nan where the fit is not proved.
    """
    parts = {
        "all": runs,
        "more than a billion parameters": runs[runs.n_params > 1e9],
        "fewer": runs[runs.n_params <= 1e9],
        "at least 4 billion unique tokens": runs[runs.unique_tokens >= 4e9],
        "at least 1 billion unique tokens": runs[runs.unique_tokens >= 1e9],
        "at most 60 epochs": runs[runs.n_tokens <= 60 * runs.unique_tokens],
    }
    rows = {}
    for name, part in parts.items():
        free = fit(leveled, part.reset_index(drop=True), loss=huber(1e-3), seed=seed, strict=False)
        rates = np.array([free["repeat_rate"], free["excess_rate"]])
        with np.errstate(divide="ignore"):
            values = [free["level"], *(1 / rates)]
        rows[name] = [len(part), *(values if free.proved else [np.nan] * 3)]
    return pd.DataFrame(rows, index=["runs", "level", "R_D*", "R_N*"]).T


def read_at(epochs: ArrayLike, loss: ArrayLike, others: ArrayLike) -> float:
    """At which of other epochs a curve would be found least, were it the same one.

    Parameters
    ----------
    epochs, loss
        The curve, shape (n,); between its points it is straight in the logarithm of the epochs, and
        beyond them it goes on as at its end.
    others
        The epochs at which it is read, shape (m,).
    """
    order = np.argsort(epochs)
    x, y = np.log(np.asarray(epochs, float)[order]), np.asarray(loss, float)[order]
    at = np.log(np.asarray(others, float))
    before = y[0] + (at - x[0]) * (y[1] - y[0]) / (x[1] - x[0])
    after = y[-1] + (at - x[-1]) * (y[-1] - y[-2]) / (x[-1] - x[-2])
    read = np.where(at < x[0], before, np.where(at > x[-1], after, np.interp(at, x, y)))
    return float(np.exp(at[read.argmin()]))


def unchanged(less: pd.DataFrame, more: pd.DataFrame, sizes: ArrayLike) -> dict[str, Estimate]:
    """How much later losses would seem to turn with more text, if the turn were the same or there were none.

    The two texts have runs of other numbers of epochs, which by itself can move the place of the least loss.

    Parameters
    ----------
    less, more
        Runs on less and on more text, one a setting: n_params, epochs and loss.
    sizes
        Parameters of the models to look at.

    Returns
    -------
    dict
        The case, in words -> mean logarithm of the ratio of the best epochs, Student's over sizes.
    """
    same, last = [], []
    for size in sizes:
        a, b = less[less.n_params == size], more[more.n_params == size]
        same.append(read_at(a.epochs, a.loss, b.epochs) / a.epochs[a.loss.idxmin()])
        last.append(b.epochs.max() / a.epochs.max())
    cases = {
        "the same turn read on the epochs of the other grid": same,
        "no turn, the last run the best": last,
    }
    return {name: of_mean(np.log(ratios), "Student's, over sizes") for name, ratios in cases.items()}
