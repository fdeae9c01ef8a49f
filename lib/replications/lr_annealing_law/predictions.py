"""Laws fitted to chosen curves of each size, their predictions of all others, and how far these are off."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from replications.lr_annealing_law import multipower_law, schedules
from scalinglaws.fitting import Fit, Loss, fit, huber
from scalinglaws.laws import annealing, power_law_with_constant
from scalinglaws.uncertainty import Estimate, of_mean

#: Form -> the law, and the columns that it takes: both areas, the forward one alone, or thousands of steps.
FORMS = {
    "annealing": (annealing, ["S1", "S2"]),
    "without": (power_law_with_constant, ["S1"]),
    "step": (power_law_with_constant, ["thousands"]),
}
#: The objective of both papers: Huber's loss of the error of the logarithm, with this threshold.
HUBER = huber(1e-3)
#: What varies -> its name in the plural.
UNITS = {"family": "families of schedules", "size": "sizes"}


def predicted(
    runs: pd.DataFrame, chosen: Sequence[str], form: str = "annealing", loss: Loss = HUBER, begin: int = 0
) -> tuple[pd.Series, dict[int, Fit]]:
    """Fit a law to some curves of each size, and predict the losses of all rows of that size.

    A loss that two fitted curves share, since one is a branch of the other, counts once.

    Parameters
    ----------
    runs
        Columns size, curve, step, loss, S1, S2 and thousands.
    chosen
        The curves that are fitted.
    form
        One of `FORMS`.
    loss
        Of the error of the logarithm.
    begin
        First step that is fitted.

    Returns
    -------
    tuple
        Losses in nats per token on the index of `runs`, and size -> the fit.

    Raises
    ------
    FitError
        If an optimum is not proved.
    """
    law, columns = FORMS[form]
    parts, fits = [], {}
    for size, rows in runs.groupby("size"):
        fitted = rows[rows.curve.isin(chosen) & (rows.step >= begin)].drop_duplicates([*columns, "loss"])
        data = dict(zip(law.columns, (fitted[c] for c in columns), strict=True))
        fits[size] = fit(law, data | {"loss": fitted.loss}, loss=loss)
        parts.append(law(*(rows[c] for c in columns), **fits[size].params))
    return pd.concat(parts), fits


def error(predicted: pd.Series, measured: pd.Series) -> pd.Series:
    """Predicted less measured loss, in % of the measured one."""
    return 100 * (predicted / measured - 1)


def whole_curves(runs: pd.DataFrame, predicted: pd.Series, chosen: Sequence[str]) -> pd.DataFrame:
    """How far predictions of whole curves are off, by the measures that papers on such laws print.

    Parameters
    ----------
    runs
        Columns size, curve and loss.
    predicted
        Predicted losses on the same index, nats per token.
    chosen
        The curves that were fitted.

    Returns
    -------
    DataFrame
        One row a size and curve: its family, whether it was `fitted`, the mean relative error [%] and R2.
    """
    found = []
    for (size, curve), rows in runs.groupby(["size", "curve"]):
        all_of_it = multipower_law.evaluation(rows.loss.to_numpy(), predicted[rows.index].to_numpy())
        about = {"size": size, "curve": curve, "family": schedules.FAMILY[curve], "fitted": curve in chosen}
        found.append(about | {"error": 100 * all_of_it["PredE"], "R2": all_of_it["R2"]})
    return pd.DataFrame(found)


def accuracy(whole: pd.DataFrame) -> Estimate:
    """Mean relative error of whole curves that were not fitted, in %, from the table of `whole_curves`.

    Errors are averaged over the curves of a family and over sizes; families give Student's interval.
    """
    new = whole[~whole.fitted].groupby(["family", "size"]).error.mean().groupby(level="family").mean()
    return of_mean(new, f"Student's interval over {len(new)} families of schedules")


def measures(whole: pd.DataFrame) -> dict[str, float | Estimate]:
    """Both measures of accuracy under the ids of their claims, `fit-r2` and `accuracy`, from `whole_curves`."""
    return {"fit-r2": whole[whole.fitted].R2.min(), "accuracy": accuracy(whole)}


def error_ratio(one: pd.Series, other: pd.Series, runs: pd.DataFrame) -> pd.Series:
    """Mean absolute error of one prediction over that of another, by size.

    Errors are averaged along each curve, over a family's curves, and over families.

    Parameters
    ----------
    one, other
        Predicted losses, on an index that holds that of `runs`.
    runs
        The rows that count: size, curve and the measured loss.
    """
    keys = [runs["size"], runs.curve.map(schedules.FAMILY).rename("family"), runs.curve]
    both = pd.DataFrame({k: error(each[runs.index], runs.loss) for k, each in enumerate((one, other))})
    families = both.abs().groupby(keys).mean().groupby(level=["size", "family"]).mean()
    means = families.groupby(level="size").mean()
    return means[0] / means[1]


def leaning(
    runs: pd.DataFrame, chosen: Sequence[str], curve: str, ours: pd.Series, h: float = 1e-3
) -> pd.Series:
    """By what share each prediction moves per share that the losses of a fitted curve are moved.

    Parameters
    ----------
    runs, chosen
        As in `predicted`.
    curve
        The fitted curve whose losses are moved.
    ours
        The predictions as they are.
    h
        The share by which they are moved.
    """
    moved = runs.assign(loss=runs.loss * np.where(runs.curve == curve, 1 + h, 1))
    return (predicted(moved, chosen)[0] / ours - 1) / h


def otherwise(
    runs: pd.DataFrame, chosen: Sequence[str], loss: Loss = HUBER, begin: int = 0
) -> tuple[pd.Series, dict[str, float | Estimate]]:
    """The law fitted in another way, and what it then gives the claims on its accuracy.

    Parameters
    ----------
    runs, chosen, loss, begin
        As in `predicted`; steps before `begin` do not count either.

    Returns
    -------
    tuple
        Predicted losses, and claim -> its measurement: `fit-r2`, `accuracy` and `area`.
    """
    law, without = (predicted(runs, chosen, form, loss, begin)[0] for form in ("annealing", "without"))
    counted = runs[runs.step >= begin]
    new = counted[unseen(counted, chosen, annealed=True)]
    return law, measures(whole_curves(counted, law, chosen)) | {"area": compared(law, without, new)}


def unseen(
    runs: pd.DataFrame,
    chosen: Sequence[str],
    whole: bool = False,
    annealed: bool = False,
    tenth: bool = False,
) -> pd.Series:
    """Which rows test a fit: those of other curves at steps that no fitted schedule had.

    Parameters
    ----------
    runs
        Columns curve and step.
    chosen
        The curves that were fitted.
    whole
        Whether steps count, too, whose schedule was fitted.
    annealed
        Whether curves of a constant rate are left out.
    tenth
        Whether only the last tenth of each curve counts.

    Returns
    -------
    Series
        True where a row counts.
    """
    ends = runs.groupby("curve").step.max().to_dict()
    counts = pd.Series(False, runs.index)
    for curve, family in schedules.FAMILY.items():
        if curve in chosen or (annealed and family == "constant"):
            continue
        begin = 0 if whole else schedules.first_new(curve, chosen, ends)
        begin = max(begin, 0.9 * ends[curve]) if tenth else begin
        counts |= (runs.curve == curve) & (runs.step >= begin)
    return counts


def compared(ours: pd.Series, other: pd.Series, runs: pd.DataFrame, by: str = "family") -> Estimate:
    """Logarithm of the mean error of one law's predictions over that of another's, with its interval.

    Errors are averaged along each curve, over the curves of a family of schedules, and over what does not
    vary; what varies gives Student's interval.

    Parameters
    ----------
    ours, other
        Predicted losses, on an index that holds that of `runs`.
    runs
        The rows that count: size, curve and the measured loss.
    by
        What varies: one of `UNITS`.
    """
    both = pd.DataFrame({"ours": error(ours, runs.loss), "other": error(other, runs.loss)}).loc[runs.index]
    keys = [runs["size"], runs.curve.map(schedules.FAMILY).rename("family"), runs.curve]
    both = both.abs().groupby(keys).mean().groupby(level=["size", "family"]).mean()
    ratios = np.log(both.ours / both.other).groupby(level=by).mean()
    return of_mean(ratios, f"Student's interval over {len(ratios)} {UNITS[by]}")


def lowered(
    law: Callable[[np.ndarray, int], float],
    shares: Sequence[float],
    sizes: Sequence[int],
    form: str = "linear",
) -> np.ndarray:
    """How far a decay at the end lowers the final loss of 24,000 steps, by a law.

    Parameters
    ----------
    law
        Gives the final loss in nats per token from the rates of all steps, and the size.
    shares
        Shares of the steps that decay.
    sizes
        Million parameters.
    form
        `"linear"` or `"exponential"`.

    Returns
    -------
    ndarray
        Nats per token below the constant rate, a row a size and a column a share.
    """
    end = schedules.DECAYED
    tried = [schedules.rates("constant_24000")]
    tried += [schedules.decayed(end - round(share * end), end, form) for share in shares]
    final = np.array([[law(rate, size) for rate in tried] for size in sizes])
    return final[:, :1] - final[:, 1:]


def in_world(
    runs: pd.DataFrame, losses: pd.Series, own: pd.Series, chosen: Sequence[str], rng: np.random.Generator
) -> dict[str, Estimate]:
    """What the annealing term and the areas would seem worth if the losses were those of another law.

    Parameters
    ----------
    runs
        As in `predicted`, with step.
    losses
        The losses of that law, nats per token.
    own
        Measured over predicted loss of the annealing law: the errors, each curve's as they are or inverted.
    chosen
        The curves that are fitted.
    rng
        Source of the inversions.

    Returns
    -------
    dict
        `area` and `step`: see `compared`, against the law without annealing and a power of the step.
    """
    signs = runs.groupby(["size", "curve"])["size"].transform(lambda rows: rng.choice([-1, 1]))
    planted = runs.assign(loss=losses * own**signs)
    law, without, step = (predicted(planted, chosen, form)[0] for form in FORMS)
    return {
        "area": compared(law, without, planted[unseen(runs, chosen, annealed=True)]),
        "step": compared(law, step, planted[unseen(runs, chosen)]),
    }
