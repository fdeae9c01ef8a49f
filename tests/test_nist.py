"""NIST's 27 nonlinear regression problems with certified answers, from both of NIST's starts."""

from __future__ import annotations

import numpy as np
import pytest
from nist import PROBLEMS

from scalinglaws import fit
from scalinglaws.fitting import Status
from scalinglaws.tables import load

#: Digits that must agree; the certificates have eleven.
DIGITS = 9
#: Its residuals are 1e-13 of y, below the rounding of the data: their sum of squares, and the
#: standard errors made from it, are rounding themselves.
ROUNDING = "Lanczos1"


def digits(ours, certified):
    """How many digits agree, the sign too: 16 where all do."""
    error = np.abs(np.asarray(ours) - certified) / np.abs(certified)
    return float(-np.log10(np.maximum(error, 1e-16)).min())


@pytest.fixture(scope="module")
def tables():
    """Observations, and certified answers."""
    return load("nist_strd"), load("nist_strd_certified")


def test_every_problem_is_there(tables):
    for table in tables:
        assert list(table["problem"].unique()) == list(PROBLEMS)


@pytest.mark.parametrize("start", ["start1", "start2"])
@pytest.mark.parametrize("name", PROBLEMS)
def test_certified_digits(name, start, tables):
    data, certified = (table[table["problem"] == name] for table in tables)
    if name == "Nelson":
        data = data.assign(y=np.log(data["y"]))
    begin = dict(zip(certified["parameter"], certified[start], strict=True))
    found = fit(PROBLEMS[name], data, y="y", residual="raw", starts=[begin])
    assert found.status is Status.CONVERGED
    ours = [found[parameter] for parameter in certified["parameter"]]
    assert digits(ours, certified["value"]) >= DIGITS
    if name != ROUNDING:
        assert digits(np.sqrt(np.diag(found.covariance)), certified["se"]) >= DIGITS
        assert digits(2 * found.objective, certified["rss"].iloc[0]) >= DIGITS
