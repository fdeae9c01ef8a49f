"""A law of size and data carried from one data set to another by a few pairs, and laws of a few runs alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.optimize import minimize

from replications.loss_to_loss.curves import explained, paired, with_floor_fitted
from replications.loss_to_loss.printed import parameters
from scalinglaws import Fit, bootstrap, fit, huber
from scalinglaws.laws import kaplan_with_floor


def six_to_eight(runs: pd.DataFrame) -> pd.DataFrame:
    """The runs that the paper translates by: 16 to 23 tokens a parameter, and not the models of 20 layers."""
    ratio = runs.n_tokens / runs.n_params
    return runs[(ratio > 16) & (ratio < 23) & (runs.n_layers != 20)]


def law_of(runs: pd.DataFrame, starts: int | Sequence[Mapping[str, float]] = 2, y: str = "loss") -> Fit:
    """Kaplan's form above a floor, the least sum of Huber losses of log residuals, threshold 0.001; proved.

    Parameters
    ----------
    runs
        One row a run: n_params, n_tokens, and losses, nats per token.
    starts
        Where the search begins, as for `scalinglaws.fit`, which proves what it finds whatever they are.
    y
        Column of the loss.

    Raises
    ------
    FitError
        If the optimum is not proved.
    """
    return fit(kaplan_with_floor, runs, y, loss=huber(1e-3), starts=starts)


def translated(runs: pd.DataFrame, laws: Mapping[str, Fit]) -> pd.DataFrame:
    """What laws explain of all losses on each data set, carried over from each other data set.

    The law of data set 0 predicts loss 0 for all sizes and tokens, and the curve takes it to loss 1.

    Parameters
    ----------
    runs
        All small runs: train_set, n_layers, n_params, n_tokens, loss.
    laws
        Data set -> its law, fitted to all its runs.

    Returns
    -------
    DataFrame
        One row a pair: zero, one, n (pairs that carried it), explained.
    """
    few, rows = six_to_eight(runs), []
    for zero, law in laws.items():
        for one in laws:
            if one == zero:
                continue
            there = runs[runs.train_set == one]
            both = paired(few, zero, one)
            curve = with_floor_fitted(both.loss, both.loss_1, law["E"])
            rows.append((zero, one, len(both), explained(curve(law.predict(there)), there.loss)))
    return pd.DataFrame(rows, columns=["zero", "one", "n", "explained"])


def one_a_budget(runs: pd.DataFrame, count: int, seed: int) -> list[np.ndarray]:
    """Draws of one run from each budget: numbers of rows, `count` arrays of shape (budgets,).

    The grids are so alike that with one seed the draws have nearly the same sizes on all data sets, as
    the runs of somebody who plans them would.
    """
    rng = np.random.default_rng(seed)
    budgets = [np.flatnonzero(runs.flops == budget) for budget in np.unique(runs.flops)]
    return [np.array([rng.choice(rows) for rows in budgets]) for _ in range(count)]


def by_turns(runs: pd.DataFrame, large_first: bool) -> np.ndarray:
    """Numbers of rows of one run a budget: of its sizes the upper and the lower quarter by turns, shape (budgets,).

    The least budget has the larger model if `large_first`.
    """
    by_size = runs.n_params.reset_index(drop=True).groupby(runs.flops.to_numpy())
    ranked = [part.sort_values().index.to_numpy() for _, part in by_size]
    return np.array(
        [rows[len(rows) * (3 if (i % 2 == 0) == large_first else 1) // 4] for i, rows in enumerate(ranked)]
    )


def spread_out(law: Fit, runs: pd.DataFrame, draws: Sequence[np.ndarray]) -> pd.Series:
    """What laws fitted to some of the runs on a data set explain of all its losses.

    Each search begins at the law of all runs; a draw whose search ends at no optimum is left out.

    Parameters
    ----------
    law
        The law of all runs.
    runs
        These runs, in the order in which they were fitted.
    draws
        Numbers of the rows that a law is fitted to, an array a law.

    Returns
    -------
    Series
        Shares of variance, by the number of the draw; those that converged alone.
    """
    again = bootstrap(law, len(draws), rows=draws).samples
    return pd.Series([explained(losses, runs.loss) for losses in at(law, again, runs)], again.index)


def drawn(laws: Mapping[str, Fit], runs: pd.DataFrame, count: int, seed: int) -> pd.DataFrame:
    """What laws fitted to one drawn run a budget explain: a row a draw that converged on all data sets.

    Parameters
    ----------
    laws
        Data set -> the law of all its runs, whose form is fitted.
    runs
        All small runs, with train_set.
    count, seed
        How many draws, and of what seed.

    Returns
    -------
    DataFrame
        Shares of variance, a column a data set.
    """
    parts = {name: runs[runs.train_set == name] for name in laws}
    found = {
        name: spread_out(laws[name], part, one_a_budget(part, count, seed)) for name, part in parts.items()
    }
    return pd.DataFrame(found).dropna()


def planned(laws: Mapping[str, Fit], runs: pd.DataFrame, large_first: bool) -> pd.Series:
    """What laws fitted to planned runs, as `by_turns` has them, explain; arguments as for `drawn`."""
    parts = {name: runs[runs.train_set == name] for name in laws}
    return pd.Series(
        {name: spread_out(laws[name], part, [by_turns(part, large_first)])[0] for name, part in parts.items()}
    )


def of_late_budgets(
    laws: Mapping[str, Fit], runs: pd.DataFrame, least: float, large: pd.DataFrame
) -> pd.Series:
    """Losses of the large models by laws that are fitted again to the runs of more than some compute.

    The search begins at the law of all runs and is not proved; a test does that.

    Parameters
    ----------
    laws
        Data set -> the law of all its runs.
    runs
        All small runs: train_set, flops.
    least
        FLOPs, below the least budget that is kept.
    large
        The large models by data set: n_params, n_tokens.

    Raises
    ------
    FitError
        If a search ends at no optimum.
    """
    found = {}
    for name, law in laws.items():
        kept = np.flatnonzero(runs.flops[runs.train_set == name] > least)
        found[name] = at(law, bootstrap(law, 1, rows=[kept]).samples, large.loc[[name]])[0, 0]
    return pd.Series(found)


def descended(law: Fit, start: Mapping[str, float]) -> tuple[float, dict[str, float]]:
    """Where a plain descent of a law's objective ends: its mean over the runs, and the parameters; not proved.

    Parameters
    ----------
    law
        A fit, of which only data and objective are used.
    start
        Parameters that the descent begins at, in natural units.
    """
    theta = law.problem.theta(start)
    options = {"maxiter": 20_000, "maxfun": 200_000, "ftol": 0, "gtol": 0}
    for _ in range(5):  # what L-BFGS remembers of its steps misleads it in flat valleys, so it begins anew
        found = minimize(
            law.problem.objective_and_gradient, theta, jac=True, method="L-BFGS-B", options=options
        )
        theta = found.x
    return float(found.fun) / law.n, law.problem.params(theta)


def from_printed(
    laws: Mapping[str, Fit], printed: Mapping[str, tuple[float, ...]], runs: pd.DataFrame
) -> pd.DataFrame:
    """Printed laws of few runs beside ours, and beside where a plain descent from the printed ones ends.

    Parameters
    ----------
    laws
        Data set -> its law of few runs, as we find it.
    printed
        Data set -> its row of `printed.ALONE`.
    runs
        All small runs, with train_set.

    Returns
    -------
    DataFrame
        One row a data set: objectives above ours, in %, shares of the variance of all losses that are
        explained, and our floor, in nats per token.
    """
    rows = {}
    for name, law in laws.items():
        part, start, least = runs[runs.train_set == name], parameters(printed[name]), law.objective / law.n
        objective, end = descended(law, start)
        places = {"printed": start, "descent": end, "ours": law.params}
        rows[name] = {
            ("objective above ours [%]", "printed"): 100 * (printed[name][0] / least - 1),
            ("objective above ours [%]", "descent"): 100 * (objective / least - 1),
        }
        for where, place in places.items():
            rows[name]["explained", where] = explained(at(law, pd.DataFrame([place]), part)[0], part.loss)
        rows[name]["floor", "ours"] = law["E"]
    return pd.DataFrame(rows).T


def at(fit: Fit, again: pd.DataFrame, runs: pd.DataFrame) -> np.ndarray:
    """Losses at some runs by a law with other parameters, a row a set, nats per token, shape (sets, runs)."""
    given = {name: again[name].to_numpy()[:, None] for name in fit.law.parameters}
    return fit.law(*(runs[name].to_numpy() for name in fit.law.columns), **given)
