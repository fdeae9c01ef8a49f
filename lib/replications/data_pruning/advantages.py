"""How much better one rule of pruning is than another: log ratios of test errors, a seed at a time."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import optimize, stats

from scalinglaws.uncertainty import Estimate, of_mean

RULES = ("easy", "hard", "random")
OVER_SEEDS = "Student's t over seeds"


def gap(table: pd.DataFrame, worse: str, better: str) -> Estimate:
    """Mean over seeds of the log ratio of two rules' errors, each a mean over what else the table holds.

    Parameters
    ----------
    table
        One row a run: `seed`, `keep` and `error`, a fraction.
    worse, better
        Two rules; where the second has the lesser error the result is positive.
    """
    logs = table.assign(log=np.log(table.error)).pivot_table(index="seed", columns="keep", values="log")
    return of_mean(logs[worse] - logs[better], OVER_SEEDS)


def as_array(table: pd.DataFrame) -> np.ndarray:
    """Logs of error, shape (seeds, pools, fractions, rules), each axis in rising order; what lacks is NaN."""
    axes = [sorted(table.total.unique()), sorted(table.f.unique()), RULES]
    logs = table.assign(log=np.log(table.error)).pivot_table(
        index="seed", columns=["total", "f", "keep"], values="log"
    )
    whole = logs.reindex(columns=pd.MultiIndex.from_product(axes)).to_numpy()
    return whole.reshape(-1, *map(len, axes))


def measures_of(logs: np.ndarray, pools: np.ndarray) -> dict[str, Estimate]:
    """The four measures of a set, from an array as `as_array` gives it.

    Parameters
    ----------
    logs
        Logs of error, shape (seeds, pools, fractions, rules).
    pools
        Examples of each pool before pruning, rising.

    Returns
    -------
    dict
        Means over fractions, then over seeds, of log ratios: `scarce`, by how much easy is better
        than hard in the smallest pool; `abundant`, hard than random in the largest; `turn`, by how
        much the advantage of hard over easy grows from the one to the other; and `slope`, by how
        much the log-log slope of error against examples is steeper with hard than with random ones.
    """
    easy, hard, random = np.moveaxis(np.nanmean(logs, axis=2), -1, 0)
    x, ahead = np.log(pools) - np.log(pools).mean(), easy - hard
    values = {
        "turn": ahead[:, -1] - ahead[:, 0],
        "scarce": -ahead[:, 0],
        "abundant": random[:, -1] - hard[:, -1],
        # A least-squares slope is linear in the logs; at a fixed fraction kept examples go as the pool.
        "slope": (random - hard) @ x / (x @ x),
    }
    return {what: of_mean(each, OVER_SEEDS) for what, each in values.items()}


def measures(table: pd.DataFrame) -> dict[str, Estimate]:
    """The four measures of a table of runs, see `measures_of`."""
    return measures_of(as_array(table), np.sort(table.total.unique()))


def found_from(estimate: Estimate, n_seeds: int) -> float:
    """The smallest true value that so many seeds, as noisy as these, would find in four of five tables.

    The power of Student's t at 95 %, by the non-central distribution.
    """
    edge = stats.t.ppf(0.975, n_seeds - 1)
    error = (estimate.high - estimate.low) / 2 / edge
    return error * optimize.brentq(lambda ratio: stats.nct.sf(edge, n_seeds - 1, ratio) - 0.8, 0.1, 30)
