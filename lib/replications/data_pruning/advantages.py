"""How much better one rule of pruning is than another: log ratios of test errors, a seed at a time."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.stats.power import TTestPower

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
    """Logs of error, shape (seeds, pools, fractions, rules), each axis in rising order.

    What lacks is NaN: a table with a column shuffled has gaps, a table of runs has none.
    """
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


#: Runs, the rule that is expected to be worse, and the better one: what `gap` takes.
Pair = tuple[pd.DataFrame, str, str]


def pairs_of(runs: pd.DataFrame) -> dict[str, Pair]:
    """The comparisons on photographs besides the four measures.

    Parameters
    ----------
    runs
        Pruned runs of Fashion-MNIST, one row each: `total`, `f`, `keep`, `seed` and `error`.

    Returns
    -------
    dict
        `mild`: hard against random, four fifths of the largest pool kept; `scarcest`: easy against
        hard in the pool of 800; `scarce_by_class`: the same in the next larger pool, the same share
        of each class kept; `fifth_by_class`: the hardest fifth of each class of the largest pool
        against a random fifth.
    """
    scarcest, least, *_, most = sorted(runs.total.unique())
    plain, random = runs[runs.keep.isin(RULES)], runs[runs.keep == "random"]
    by_class = runs[runs.keep.str.endswith(" by class")]
    balanced = pd.concat([by_class.assign(keep=by_class.keep.str.removesuffix(" by class")), random])
    return {
        "mild": (plain[(plain.total == most) & (plain.f == 0.8)], "random", "hard"),
        "scarcest": (plain[plain.total == scarcest], "hard", "easy"),
        "scarce_by_class": (balanced[balanced.total == least], "hard", "easy"),
        "fifth_by_class": (balanced[(balanced.total == most) & (balanced.f == 0.2)], "random", "hard"),
    }


def dealt(pair: Pair, rng: np.random.Generator, times: int) -> list[Estimate]:
    """What `gap` gives where the two rules are dealt at random within each seed and fraction, so many times."""
    table, *rules = pair
    runs = table[table.keep.isin(rules)].assign(log=lambda each: np.log(each.error))
    logs = runs.pivot_table(index="seed", columns=["f", "keep"], values="log").to_numpy()
    by_rule = logs.reshape(len(logs), -1, 2)
    deals = (rng.permuted(by_rule, axis=2) for _ in range(times))
    return [of_mean(np.diff(deal, axis=2).mean((1, 2)), OVER_SEEDS) for deal in deals]


def found_from(estimate: Estimate, n_seeds: int) -> float:
    """The smallest true value that so many seeds, as noisy as these, would find in four of five tables."""
    ratio = TTestPower().solve_power(nobs=n_seeds, alpha=0.05, power=0.8)
    deviation = (estimate.high - estimate.low) / 2 / stats.t.ppf(0.975, n_seeds - 1) * np.sqrt(n_seeds)
    return ratio * deviation
