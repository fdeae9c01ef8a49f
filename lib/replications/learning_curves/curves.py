"""Learning curves of many models on many data sets: exponents, and how far models share them.

A table of curves has one row a run: `data`, `family`, `n` (training examples), `seed` and
`y`, the test error; `logn` and `logy` are added by `retuned`.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.stats.multitest import multipletests

from scalinglaws.correlation import log_slope
from scalinglaws.uncertainty import Estimate, every_resample, weighted_ends

#: What a curve is told by.
CURVE = ["data", "family"]
#: All seeds of a table.
EVERY = slice(None)
#: From test and training errors (n, width) to which networks are good enough, the same shape.
Enough = Callable[[np.ndarray, np.ndarray], np.ndarray]


def retuned(runs: pd.DataFrame) -> pd.DataFrame:
    """Of each family, size and seed the run whose choices are best on validation examples.

    Parameters
    ----------
    runs
        A table of `replications.learning_curves.runs`. `y` becomes the error; for text,
        which has none, the loss.
    """
    y, val = runs["error"].fillna(runs["loss"]), runs["val_error"].fillna(runs["val_loss"])
    runs = runs.assign(y=y, val=val, logn=np.log(runs["n"]), logy=np.log(y)).dropna(subset=["val"])
    return runs.loc[runs.groupby(["data", "family", "n", "seed"], sort=False)["val"].idxmin()]


def one_choice(runs: pd.DataFrame) -> pd.DataFrame:
    """Runs of one choice for all sizes of a curve: the one most often best at the largest size."""
    keys = ["data", "family", "setting", "passes"]
    largest = retuned(runs[runs["n"] == runs.groupby(keys[:2])["n"].transform("max")])
    often = largest.groupby(keys).size().rename("often").reset_index().sort_values("often", kind="stable")
    return runs.merge(often.groupby(keys[:2]).last().reset_index()[keys], on=keys)


def power_law_region(
    curves: pd.DataFrame, margin: float = 0.1, errors: int = 20, sizes: int = 4
) -> pd.DataFrame:
    """The part of each curve between guessing and what its test set can resolve.

    Parameters
    ----------
    curves
        What `retuned` gives, with `chance`, `domain` and `n_test`.
    margin
        How far below chance the mean must be, as a fraction of it.
    errors
        Test errors on which the mean must rest; not for text.
    sizes
        Sizes that a curve must keep; others are left out.
    """
    mean = curves.groupby(["data", "family", "n"])["y"].transform("mean")
    few = np.where(curves["domain"] == "text", 0, errors / curves["n_test"])
    curves = curves[(mean < (1 - margin) * curves["chance"]) & (mean > few)]
    return curves[curves.groupby(["data", "family"])["n"].transform("nunique") >= sizes]


def shared_sizes(curves: pd.DataFrame) -> pd.DataFrame:
    """The part of each data set's curves at the sizes that all its families have."""
    there = curves.groupby(["data", "n"])["family"].transform("nunique")
    return curves[there == curves.groupby("data")["family"].transform("nunique")]


def of_means(curves: pd.DataFrame) -> pd.DataFrame:
    """One row a curve and size: the mean of log y over the subsets."""
    return curves.groupby([*CURVE, "n", "logn"], sort=False)["logy"].mean().reset_index()


def about_means(curves: pd.DataFrame, by: Sequence[str] = CURVE) -> pd.DataFrame:
    """Of each curve, by data set and family: its points, and sums of squares of log n and log y about their means.

    Parameters
    ----------
    by
        Columns that tell one curve from another.

    Returns
    -------
    pandas.DataFrame
        `points`; `xx` and `yy`, sums of squares of log n and of log y; `xy`, the sum of their products.
    """
    logs = curves[[*by, "logn", "logy"]]
    means = logs.groupby([*by])[["logn", "logy"]].transform("mean")
    x, y = logs["logn"] - means["logn"], logs["logy"] - means["logy"]
    parts = logs[[*by]].assign(points=1, xx=x * x, xy=x * y, yy=y * y)
    return parts.groupby([*by], sort=False).sum()


def straightness(curves: pd.DataFrame) -> pd.Series:
    """Of each curve R2 of the straight line through its mean log y at every log n."""
    means = about_means(of_means(curves))
    return means["xy"] ** 2 / (means["xx"] * means["yy"])


def exponents(curves: pd.DataFrame) -> pd.DataFrame:
    """The straight line in log-log of every curve, by data set and family.

    Returns
    -------
    pandas.DataFrame
        `sizes`; `exponent`, from all runs, and `half`, half the width of its 95 % t interval; `R2`
        of the means over the seeds.
    """
    runs = about_means(curves)
    free = runs["points"] - 2
    noise = (runs["yy"] - runs["xy"] ** 2 / runs["xx"]) / free
    return pd.DataFrame(
        {
            "sizes": curves.groupby(CURVE, sort=False)["n"].nunique(),
            "exponent": -runs["xy"] / runs["xx"],
            "half": stats.t.ppf(0.975, free) * np.sqrt(noise.clip(lower=0) / runs["xx"]),
            "R2": straightness(curves),
        }
    )


def by_subset(curves: pd.DataFrame) -> pd.DataFrame:
    """Exponents of the curves of each subset alone: a row a curve, a column a subset (seed)."""
    lines = about_means(curves, [*CURVE, "seed"])
    slopes = lines.assign(exponent=-lines["xy"] / lines["xx"])
    return slopes.pivot_table(index=CURVE, columns="seed", values="exponent")


def of_best_families(curves: pd.DataFrame) -> pd.DataFrame:
    """`by_subset` of one curve a data set: the family with the best validation mean at the largest size."""
    last = curves[curves["n"] == curves.groupby("data")["n"].transform("max")]
    mean = last.groupby(CURVE)["val"].mean()
    return by_subset(curves).loc[mean.groupby("data").idxmin()]


def straighter(curves: pd.DataFrame) -> pd.Series:
    """Of each curve whether log y against log n is straighter (greater R2 of the means) than y against log n."""
    return straightness(curves) > straightness(curves.assign(logy=curves["y"]))


def equal_exponents(curves: pd.DataFrame) -> pd.Series:
    """Of each data set the p-value of the F test of one exponent for all families against one each.

    The residual holds what is not straight, too, so that curves which bend alike make the test
    cautious. Where families have different sizes it errs the other way: of two parallel curves that
    bend, each is given the slope of its own range (see `shared_sizes`). Rows are taken as
    independent, although families share their subsets (see `of_means`). A data set of one family
    has nothing to test: its p-value is not a number.
    """
    curve = about_means(curves)
    # With an exponent of its own each family leaves this; with a common one, what all together leave.
    own = (curve["yy"] - curve["xy"] ** 2 / curve["xx"]).groupby("data", sort=False).sum()
    of_set = curve.groupby("data", sort=False)
    total, families = of_set.sum(), of_set.size()
    common = total["yy"] - total["xy"] ** 2 / total["xx"]
    more, free = families - 1, total["points"] - 2 * families
    p = stats.f.sf((common - own) / more.where(more > 0) / (own / free), more, free)
    return pd.Series(p, families.index)


def holm(p: pd.Series) -> pd.Series:
    """P-values corrected for their number (Holm 1979); those that are not a number are left out."""
    p = p.dropna()
    return pd.Series(multipletests(p, method="holm")[1], p.index)


def between_families(exponent: pd.Series) -> pd.DataFrame:
    """Of each data set: variance, mean and largest ratio of its families' exponents."""
    e = exponent.groupby("data", sort=False)
    return pd.DataFrame({"variance": e.var(), "mean": e.mean(), "factor": e.max() / e.min()})


def between_family_variance(curves: pd.DataFrame) -> pd.DataFrame:
    """Of each data set the variance of log error between families: the same at all sizes, and in all.

    Only sizes that every family of a set has in its region count. Curves that fan out from one point
    are not far from a shift in this measure: with distances that grow from nothing as log n does, at many
    equally spaced sizes, 3/4 of the variance is the same at all sizes.
    """
    mean = of_means(shared_sizes(curves))
    mean["apart"] = mean["logy"] - mean.groupby(["data", "n"])["logy"].transform("mean")
    of_family = mean.groupby(CURVE, sort=False)["apart"]
    shift = of_family.mean() ** 2 * of_family.size()
    every = mean["apart"] ** 2
    return pd.DataFrame(
        {
            "shift": shift.groupby("data", sort=False).sum(),
            "all": every.groupby(mean["data"], sort=False).sum(),
        }
    )


def over_sets(statistic: Callable[[np.ndarray], np.ndarray], by_set: pd.DataFrame) -> Estimate:
    """A statistic of a table with one row a data set, with its interval over sets drawn anew.

    With nine sets there are 24,310 different draws, so that the bootstrap is computed exactly and
    not sampled, see `scalinglaws.uncertainty.every_resample`.

    Parameters
    ----------
    statistic
        Function of the table's columns, an array (columns, ..., sets), that reduces the last axis.
    """
    columns = by_set.to_numpy(float).T
    drawn, orders = every_resample(columns.shape[1])
    # A draw of one set alone has no spread between sets: its value is infinite, or no number.
    with np.errstate(divide="ignore", invalid="ignore"):
        ends = weighted_ends(statistic(columns[:, drawn]), orders)
    return Estimate.around(float(statistic(columns)), *ends, "data sets drawn again, every way")


@dataclass(frozen=True)
class Widths:
    """Networks of every width on one data set, at every number of examples and with every seed.

    Attributes
    ----------
    n, params
        Training examples of each size, shape (sizes,), and parameters of each width, shape (widths,).
    error, train
        Test and training errors, shape (seeds, sizes, widths).
    """

    n: np.ndarray
    params: np.ndarray
    error: np.ndarray
    train: np.ndarray

    @classmethod
    def of(cls, table: pd.DataFrame) -> Widths:
        """From the runs of one data set and family: every seed, n and setting once."""
        keys = ["seed", "n", "setting"]
        shape, table = [table[key].nunique() for key in keys], table.sort_values(keys)
        error, train, params = (
            table[c].to_numpy().reshape(shape) for c in ("error", "train_error", "n_params")
        )
        return cls(np.unique(table["n"]), params[0, 0], error, train)

    def smallest(self, enough: Enough, seeds: np.ndarray | slice = EVERY) -> pd.Series:
        """Parameters of the smallest good enough network for each n, where it is not at the grid's edge.

        Parameters
        ----------
        enough
            From test and training errors (n, width), means over seeds, to which are good enough.
        seeds
            Which seeds the means are of; one may stand there more than once.
        """
        good = enough(self.error[seeds].mean(0), self.train[seeds].mean(0))
        first = good.argmax(1)
        inner = good.any(1) & (first > 0) & (first < len(self.params) - 1)
        return pd.Series(self.params[first[inner]], index=self.n[inner])

    def up_to(self, widths: int) -> Widths:
        """The same, of the smallest widths alone; `widths` is their number."""
        return replace(
            self,
            params=self.params[:widths],
            error=self.error[..., :widths],
            train=self.train[..., :widths],
        )


def growth(size: pd.Series) -> float:
    """Exponent of a size against n; not a number from fewer than three points."""
    return log_slope(size.index, size) if len(size) > 2 else np.nan


def largest_growth(swept: Mapping[str, Widths], enough: Enough) -> tuple[Estimate, pd.Series]:
    """The largest of the sets' exponents of the size needed against n, and all of them.

    Its interval is that of subsets (seeds) drawn again, every way, the exponent of every set anew; a
    set whose size needed lies at the grid's edge but for two sizes has none, and does not count. It
    is at least as wide as what the grid leaves open: a width is known to a factor of two.

    Parameters
    ----------
    swept
        Data set -> its networks, all with equally many seeds.
    enough
        Which are good enough, see `Widths.smallest`.
    """
    sizes = {name: w.smallest(enough) for name, w in swept.items()}
    found = pd.Series({name: growth(size) for name, size in sizes.items()})
    known = found.dropna().index
    drawn, orders = every_resample(len(swept[known[0]].error))
    again = [[growth(swept[k].smallest(enough, seeds)) for k in known] for seeds in drawn]
    most, n = found.max(), sizes[found.idxmax()].index
    half = np.log(2) / np.log(n.max() / n.min()) / 2
    with warnings.catch_warnings(action="ignore", category=RuntimeWarning):  # a draw may leave no exponent
        low, high = weighted_ends(np.nanmax(again, axis=1), orders)
    how = "subsets drawn again, every way, and half a step of the grid"
    return Estimate(most, min(low, most - half), max(high, most + half), how), found
