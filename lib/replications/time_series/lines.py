"""Lines through the logarithms of losses: their slopes, what two slopes differ by, and a model beyond a line."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.optimize import minimize_scalar
from scipy.special import fdtrc, ndtri, stdtrit

from replications.time_series.printed import FAMILIES, LEGENDS, SETS
from scalinglaws.correlation import slopes
from scalinglaws.uncertainty import Estimate, from_left_out

#: What varies along the curves of a figure.
ALONG = {"size": "n_params", "data": "n_points"}
#: Numbers of a table that differ by less than this share of themselves are one number.
SAME = 1e-6
#: No picture is misread by more nats than this, some ten times what its ticks leave open.
FURTHEST = 0.2


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
    slope = slopes(x, y)
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


def implied(it: Line, constant: float) -> float:
    """The exponent that a law (constant / x)^exponent has if it goes through the middle of a line's points.

    At the mean of log x its logarithm is the mean of log loss, so that

        exponent = mean log10 loss / (log10 constant - mean log10 x),

    which two digits of the constant give to some thousandths.
    """
    return it.height / (np.log10(constant) - it.middle)


def exponents(losses: pd.DataFrame) -> pd.DataFrame:
    """Every line of both figures: refitted, as printed, and as its printed constant has it.

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
            "implied": implied(it, legend.constant),
            "scatter": it.scatter,
        }
    return pd.DataFrame(rows).T.rename_axis(LEGENDS.index.names)


def reading_error(found: pd.DataFrame, figure: str) -> float:
    """Root mean square over a figure's lines of refitted over implied exponent, less one: what reading pixels costs."""
    lines = found.loc[figure]
    return float(np.sqrt(((lines.refitted / lines.implied - 1) ** 2).mean()))


def shift(losses: pd.DataFrame, figure: str, family: str) -> float:
    """Nats to add to all losses of one picture so that its refitted exponents come nearest to the implied ones.

    A picture's ticks are placed by one number, so that an error in it is the same for all points of the picture.
    The ratios of refitted to implied exponents on the three sets are brought as near to 1 as one shift can.
    """
    curves = [(*curve(losses, figure, family, name), LEGENDS.constant[figure, family, name]) for name in SETS]

    def off(nats: float) -> float:
        lines = [(line(x, np.log10(loss + nats)), constant) for x, loss, constant in curves]
        return sum((it.slope / implied(it, constant) + 1) ** 2 for it, constant in lines)

    return float(minimize_scalar(off, bounds=(-FURTHEST, FURTHEST), method="bounded").x)


def with_ticks_moved(losses: pd.DataFrame) -> pd.DataFrame:
    """The table with the ticks of all four pictures where their printed constants would have them."""
    moved = losses.copy()
    for (figure, family), rows in losses.groupby(["figure", "family"]):
        moved.loc[rows.index, "nll"] += shift(losses, figure, family)
    return moved


def bend(x: np.ndarray, y: np.ndarray) -> float:
    """How often chance alone would give a line's points as large a quadratic term: the p-value of its F test."""
    straight, bent = (np.polyfit(x - x.mean(), y, degree, full=True)[1][0] for degree in (1, 2))
    free = len(x) - 3
    return float(fdtrc(1, free, (straight - bent) / (bent / free)))


def pairs(losses: pd.DataFrame, of: Callable[[np.ndarray], np.ndarray] = np.log10) -> pd.DataFrame:
    """What the pairs of one size look like, set by set.

    Returns
    -------
    pandas.DataFrame
        By set: `shared`, the correlation of the two architectures' distances from their lines, which pairing takes
        out where it is positive; and `bend`, the p-value of a quadratic term in the differences.
    """
    rows = {}
    for name in SETS:
        (x, encoder), (_, decoder) = (curve(losses, "size", family, name) for family in FAMILIES)
        off = [of(loss) - line(x, of(loss)).at(x) for loss in (encoder, decoder)]
        rows[name] = {"shared": np.corrcoef(off)[0, 1], "bend": bend(x, of(decoder) - of(encoder))}
    return pd.DataFrame(rows).T


def steeper(
    losses: pd.DataFrame,
    figure: str,
    eval_set: str,
    reading: float,
    of: Callable[[np.ndarray], np.ndarray] = np.log10,
    paired: bool | None = None,
    level: float = 0.95,
) -> Estimate:
    """By how much the encoder's line falls faster than the decoder's, in units of `of` per tenfold.

    Parameters
    ----------
    losses, figure, eval_set
        Two curves of the table.
    reading
        Relative error of a slope from reading the figure, one standard deviation, as if it were independent from one
        picture to the other and normal.
    of
        What a line is drawn through; by default log10 of the loss, whose slope is the exponent.
    paired
        Whether decoder less encoder is taken at each x, which takes out what both share there, if they share
        something, and one line is drawn through the differences; by default where both have the same x. Otherwise two
        lines are drawn, and their standard errors added by Welch's rule.
    level
        How often the interval is to hold the difference.

    Returns
    -------
    Estimate
        Student's interval, widened by the error of reading.
    """
    (x, encoder), (other, decoder) = (curve(losses, figure, family, eval_set) for family in FAMILIES)
    paired = alike(x, other) if paired is None else paired
    value, half = difference(x, of(encoder), other, of(decoder), reading, paired, level)
    return Estimate(
        value, value - half, value + half, "Student's, from the scatter of models, and reading error"
    )


def difference(
    x: np.ndarray,
    encoder: np.ndarray,
    other: np.ndarray,
    decoder: np.ndarray,
    reading: float,
    paired: bool,
    level: float = 0.95,
) -> tuple[np.ndarray, np.ndarray]:
    """The decoder's slope less the encoder's, and half of its interval.

    Parameters
    ----------
    x, other
        The encoder's, shape (n,), and the decoder's, shape (m,).
    encoder, decoder
        What the lines are drawn through, shape (..., n) and (..., m).
    reading, paired, level
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
    upper = (1 + level) / 2
    return value, np.hypot(stdtrit(free, upper) * error, ndtri(upper) * read)


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


def of_sets(
    losses: pd.DataFrame,
    figure: str,
    family: str,
    of: Callable[[np.ndarray], np.ndarray] = np.log10,
    keep: np.ndarray | slice = slice(None),
) -> float:
    """log of the fall on ID over the mean of those on LSF and Monash, from some of the points of each curve.

    A fall is in units of `of` per tenfold: an exponent, or nats.

    Raises
    ------
    ValueError
        If the loss does not fall.
    """
    lines = [line(x[keep], of(y)[keep]) for x, y in (curve(losses, figure, family, s) for s in SETS)]
    lsf, monash, familiar = (-it.slope for it in lines)
    if min(familiar, lsf + monash) <= 0:
        raise ValueError("losses that do not fall have no ratio of falls")
    return float(np.log(2 * familiar / (lsf + monash)))


def unlike(losses: pd.DataFrame, figure: str, of: Callable[[np.ndarray], np.ndarray] = np.log10) -> Estimate:
    """The larger over the smaller of the falls on ID and OOD, for the architecture where they differ most.

    Each model is left out in turn, in all three sets at once, since one model has three losses. Where the interval
    of the logarithm reaches across zero, the ratio may be 1. The interval is that of the one architecture, and does
    not know that it was chosen.
    """

    def ratio(family: str) -> Estimate:
        n = len(curve(losses, figure, family, "ID")[0])
        left_out = [of_sets(losses, figure, family, of, np.arange(n) != k) for k in range(n)]
        return from_left_out(of_sets(losses, figure, family, of), left_out, "a jackknife over models")

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
