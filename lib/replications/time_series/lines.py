"""Lines through the logarithms of losses: their slopes, what two slopes differ by, and a model beyond a line."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from replications.time_series.printed import FAMILIES, LEGENDS, SETS
from scalinglaws.uncertainty import Estimate, from_left_out

#: What varies along the curves of a figure.
ALONG = {"size": "n_params", "data": "n_points"}
#: Numbers of a table that differ by less than this share of themselves are one number.
SAME = 1e-6
#: The normal distribution's 97.5 % point, for errors of reading, which no degrees of freedom go with.
NORMAL = 1.96


class Line(NamedTuple):
    """A least-squares line, or as many as y has rows: slope, its standard error, degrees of freedom, and the rest.

    Attributes
    ----------
    slope, error
        In y per x.
    free
        Points less two.
    scatter
        Standard deviation of y about the line.
    middle, height
        Means of x and of y, through which the line goes.
    spread
        Sum of squared distances of x from its mean.
    """

    slope: np.ndarray
    error: np.ndarray
    free: int
    scatter: np.ndarray
    middle: float
    height: np.ndarray
    spread: float

    def at(self, x: np.ndarray) -> np.ndarray:
        """The y at x of a single line."""
        return self.height + self.slope * (x - self.middle)


def line(x: np.ndarray, y: np.ndarray) -> Line:
    """The least-squares line of y, shape (..., n), on x, shape (n,).

    Raises
    ------
    ValueError
        If there are fewer than three points, which leave no scatter to see.
    """
    if len(x) < 3:
        raise ValueError(f"a line with a scatter needs three points, not {len(x)}")
    far, free, height = x - x.mean(), len(x) - 2, y.mean(axis=-1)
    spread = float(far @ far)
    slope = y @ far / spread
    off = y - height[..., None] - slope[..., None] * far
    scatter = np.sqrt((off**2).sum(axis=-1) / free)
    return Line(slope, scatter / np.sqrt(spread), free, scatter, x.mean(), height, spread)


def curve(losses: pd.DataFrame, figure: str, family: str, eval_set: str) -> tuple[np.ndarray, np.ndarray]:
    """log10 of what varies and the loss in nats, along one curve of one figure.

    Raises
    ------
    ValueError
        If the table has no such curve.
    """
    wanted = (losses.figure == figure) & (losses.family == family) & (losses.eval_set == eval_set)
    if not wanted.any():
        raise ValueError(f"no curve of {figure}, {family}, {eval_set} in the table")
    rows = losses[wanted]
    return np.log10(rows[ALONG[figure]].to_numpy(float)), rows.nll.to_numpy()


def exponents(losses: pd.DataFrame) -> pd.DataFrame:
    """Every line of both figures: refitted, as printed, and as its printed constant has it.

    A printed law is (constant / x)^exponent. At the mean of log x its logarithm is the mean of log loss, so that

        exponent = mean log10 loss / (log10 constant - mean log10 x),

    which two digits of the constant give to a thousandth.

    Returns
    -------
    pandas.DataFrame
        By figure, family and set: `refitted`, its Student interval `low` and `high`, `printed`, `implied`, and
        `scatter`, the standard deviation of log10 loss about the line.
    """
    rows = {}
    for key, legend in LEGENDS.loc[list(ALONG)].iterrows():
        x, y = curve(losses, *key)
        it = line(x, np.log10(y))
        half = stdtrit(it.free, 0.975) * it.error
        rows[key] = {
            "refitted": -it.slope,
            "low": -it.slope - half,
            "high": -it.slope + half,
            "printed": legend.exponent,
            "implied": it.height / (np.log10(legend.constant) - it.middle),
            "scatter": it.scatter,
        }
    return pd.DataFrame(rows).T.rename_axis(LEGENDS.index.names)


def reading_error(found: pd.DataFrame, figure: str) -> float:
    """Root mean square over a figure's lines of refitted over implied exponent, less one: what reading pixels costs."""
    lines = found.loc[figure]
    return float(np.sqrt(((lines.refitted / lines.implied - 1) ** 2).mean()))


def steeper(
    losses: pd.DataFrame,
    figure: str,
    eval_set: str,
    reading: float,
    of: Callable[[np.ndarray], np.ndarray] = np.log10,
    paired: bool | None = None,
) -> Estimate:
    """By how much the encoder's line falls faster than the decoder's, in units of `of` per tenfold.

    Parameters
    ----------
    losses, figure, eval_set
        Two curves of the table.
    reading
        Relative error of a slope from reading the figure, independent from one picture to the other.
    of
        What a line is drawn through; by default log10 of the loss, whose slope is the exponent.
    paired
        Whether decoder less encoder is taken at each x, which takes out what both share there, and one line is drawn
        through the differences; by default where both have the same x. Otherwise two lines are drawn, and their
        standard errors added by Welch's rule.

    Returns
    -------
    Estimate
        Student's interval, widened by the error of reading.
    """
    (x, encoder), (other, decoder) = (curve(losses, figure, family, eval_set) for family in FAMILIES)
    paired = alike(x, other) if paired is None else paired
    value, half = difference(x, of(encoder), other, of(decoder), reading, paired)
    return Estimate(
        value, value - half, value + half, "Student's, from the scatter of models, and reading error"
    )


def difference(
    x: np.ndarray, encoder: np.ndarray, other: np.ndarray, decoder: np.ndarray, reading: float, paired: bool
) -> tuple[np.ndarray, np.ndarray]:
    """The decoder's slope less the encoder's, and half of its 95 % interval.

    Parameters
    ----------
    x, other
        The encoder's, shape (n,), and the decoder's, shape (m,).
    encoder, decoder
        What the lines are drawn through, shape (..., n) and (..., m).
    reading, paired
        As in `steeper`.
    """
    alone = line(x, encoder), line(other, decoder)
    if paired:
        both = line(x, decoder - encoder)
        value, error, free = both.slope, both.error, both.free
    else:
        value = alone[1].slope - alone[0].slope
        error, free = welch(*alone)
    read = reading * np.hypot(alone[0].slope, alone[1].slope)
    return value, np.hypot(stdtrit(free, 0.975) * error, NORMAL * read)


def alike(x: np.ndarray, other: np.ndarray) -> bool:
    """Whether two curves have the same sizes, or amounts of data, up to rounding."""
    return len(x) == len(other) and bool(np.allclose(x, other, rtol=SAME))


def welch(one: Line, other: Line) -> tuple[np.ndarray, np.ndarray]:
    """Standard error of the difference of two slopes, and its degrees of freedom.

    Source: Welch (1947), Biometrika 34, with the degrees of freedom of a line in place of those of a mean.
    """
    squares = one.error**2, other.error**2
    total = squares[0] + squares[1]
    return np.sqrt(total), total**2 / (squares[0] ** 2 / one.free + squares[1] ** 2 / other.free)


def of_sets(losses: pd.DataFrame, figure: str, family: str, keep: np.ndarray | slice = slice(None)) -> float:
    """log of the exponent on ID over the mean of those on LSF and Monash, from some of the points of each curve."""
    lines = [line(x[keep], np.log10(y)[keep]) for x, y in (curve(losses, figure, family, s) for s in SETS)]
    lsf, monash, familiar = (-it.slope for it in lines)
    if min(familiar, lsf + monash) <= 0:
        raise ValueError("exponents that are not positive have no ratio")
    return float(np.log(2 * familiar / (lsf + monash)))


def unlike(losses: pd.DataFrame, figure: str) -> Estimate:
    """The larger over the smaller of the exponents on ID and OOD, for the architecture where they differ most.

    Each model is left out in turn, in all three sets at once, since one model has three losses. Where the interval
    of the logarithm reaches across zero, the ratio may be 1.
    """

    def ratio(family: str) -> Estimate:
        n = len(curve(losses, figure, family, "ID")[0])
        left_out = [of_sets(losses, figure, family, np.arange(n) != k) for k in range(n)]
        return from_left_out(of_sets(losses, figure, family), left_out, "a jackknife over models")

    it = max((ratio(family) for family in FAMILIES), key=lambda found: abs(found.value))
    ends = np.abs([it.low, it.high])
    nearest = 0.0 if it.low < 0 < it.high else ends.min()
    return Estimate(*np.exp([abs(it.value), nearest, ends.max()]), it.how)


def largest(losses: pd.DataFrame) -> pd.DataFrame:
    """The rows of the encoder called 1B, trained on the most data that its curve has: all, in the table as it is."""
    rows = losses[(losses.figure == "data") & (losses.family == "encoder")]
    return rows[np.isclose(rows.n_points, rows.n_points.max(), rtol=SAME)]


def beyond(losses: pd.DataFrame, sets: tuple[str, ...] = SETS) -> Estimate:
    """Loss of the encoder called 1B, trained on all data, over what the lines of size predict, less one.

    The mean over sets is taken of log10 losses, model by model, so that one line predicts the mean and its scatter is
    that of the mean.

    Returns
    -------
    Estimate
        With Student's interval of a prediction: the line's own error, and the scatter of a new model.
    """
    logs = [np.log10(curve(losses, "size", "encoder", name)[1]) for name in sets]
    it = line(curve(losses, "size", "encoder", sets[0])[0], np.mean(logs, axis=0))
    last = largest(losses)[lambda t: t.eval_set.isin(sets)]
    x = np.log10(last.n_params.iloc[0])
    off = np.log10(last.nll).mean() - it.at(x)
    n = it.free + 2
    half = stdtrit(it.free, 0.975) * it.scatter * np.sqrt(1 + 1 / n + (x - it.middle) ** 2 / it.spread)
    return Estimate(*(10.0 ** np.array([off, off - half, off + half]) - 1), "Student's, of a prediction")
