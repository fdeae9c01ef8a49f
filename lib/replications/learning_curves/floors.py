"""Learning curves with a floor: a constant beside the power law, and which curves ask for one."""

from __future__ import annotations

import warnings
from typing import Any

import pandas as pd

from replications.learning_curves.curves import CURVE
from scalinglaws import fit
from scalinglaws.fitting import FitWarning, aicc
from scalinglaws.laws import power_law, power_law_with_constant


def constants(curves: pd.DataFrame) -> tuple[pd.DataFrame, list[Any]]:
    """Every curve's law with a constant, and its gain over the law without one.

    Parameters
    ----------
    curves
        `data`, `family`, `n` and `y`, a row a run.

    Returns
    -------
    tuple of pandas.DataFrame and list
        By data set and family `gain`, by how much AICc is lower with the constant; `E`, the constant;
        `exponent`, that above it. And both fits of each, which whoever measures has to have proved.
    """
    rows, fits = {}, []
    for curve, runs in curves.groupby(CURVE, sort=False):
        data = {"x": runs["n"].to_numpy(float), "loss": runs["y"].to_numpy()}
        # An error is a count of mistakes, so that two seeds may agree exactly: no copies, as the warning has it.
        with warnings.catch_warnings(action="ignore", category=FitWarning):
            one, two = (
                fit(form, data, strict=False, starts=1) for form in (power_law, power_law_with_constant)
            )
        fits += [one, two]
        rows[curve] = {"gain": aicc(one) - aicc(two), "E": two["E"], "exponent": two["alpha"]}
    return pd.DataFrame(rows).T.rename_axis(CURVE), fits


def lead(gain: pd.Series, least: float, family: str = "linear") -> pd.DataFrame:
    """Of each data set whether a family's curve needs a constant, less the share of its other curves that do.

    Parameters
    ----------
    gain
        By data set and family, see `constants`.
    least
        The gain above which a curve needs one.

    Returns
    -------
    pandas.DataFrame
        One column, one row for each data set that has the family.
    """
    needs = gain > least
    its = needs.index.get_level_values("family") == family
    others = needs[~its].groupby("data", sort=False).mean()
    return (needs[its].droplevel("family") - others).dropna().astype(float).to_frame("lead")
