"""NIST's 27 nonlinear regression problems with certified answers, from both of NIST's starts."""

from __future__ import annotations

import pytest
from nist import PROBLEMS, ROUNDING, solved

from scalinglaws.fitting import Status
from scalinglaws.tables.loading import load

#: Digits that must agree; the certificates have eleven.
DIGITS = 9


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
    found, reached = solved(name, start, *tables)
    assert found.status is Status.CONVERGED
    assert len(reached) == (1 if name == ROUNDING else 3)
    assert all(digits >= DIGITS for digits in reached.values()), reached
