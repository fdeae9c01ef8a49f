"""A value rests on fits that are proved, or says why not."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from scalinglaws import bootstrap, fit
from scalinglaws.claims import NOT_REPLICATED, REPLICATED, WIDER, ClaimError
from scalinglaws.fitting import Status, jackknife
from scalinglaws.laws import power_law, power_law_with_constant
from scalinglaws.uncertainty import Estimate

from .made import replication

X = np.geomspace(1, 1000, 8)
PROVED = fit(power_law, {"x": X, "loss": X**-0.5 * np.exp(0.01 * np.cos(X))})
# One size only: no parameter is determined, whatever the optimiser does.
UNPROVED = fit(power_law_with_constant, {"x": np.full(8, 2.0), "loss": X}, strict=False)


@pytest.mark.parametrize(
    "rests_on",
    [UNPROVED, [PROVED, UNPROVED], {"a": UNPROVED}, (f for f in [UNPROVED]), SimpleNamespace(fit=UNPROVED)],
)
def test_a_value_of_a_fit_that_is_not_proved_is_refused(rests_on):
    assert PROVED.status is Status.CONVERGED and UNPROVED.status is not Status.CONVERGED
    paper = replication()
    with pytest.raises(
        ClaimError, match=r"'x' rests on a fit that is not proved \(UNIDENTIFIABLE: .+unproved="
    ):
        paper.measured("x", 1.0, fit=rests_on)
    assert not paper.found


def test_an_estimate_brings_its_interval_and_its_fit():
    paper = replication()
    assert paper.measured("x", Estimate(1.3, 0.9, 1.7, "seeds", PROVED)) == WIDER
    assert paper.found["x"].interval == (0.9, 1.7) and paper.measured("x", 1.3) == NOT_REPLICATED
    unproved = Estimate(1.3, 0.9, 1.7, "seeds", UNPROVED)
    with pytest.raises(ClaimError, match="not proved"):
        replication().measured("x", unproved)
    assert replication().measured("x", unproved, fit=PROVED) == WIDER


def test_proved_fits_pass_and_their_excuse_is_not_kept():
    paper = replication()
    for rests_on in (PROVED, [PROVED, PROVED], bootstrap(PROVED, 20), jackknife(PROVED), None, {}):
        assert paper.measured("x", 1.0, fit=rests_on) == REPLICATED
    paper.measured("x", 1.0, fit=PROVED, unproved="in case it is not")
    assert paper.record("ci", 0).content["verdicts"][0]["unproved"] == ""
    with pytest.raises(ClaimError, match=r"fit= takes a Fit.+not a float64"):
        paper.measured("x", 1.0, fit=np.float64(PROVED["alpha"]))


def test_a_claim_about_a_failure_says_so_in_the_table_and_in_the_record():
    for rests_on in (UNPROVED, None):
        paper = replication()
        paper.measured("x", 1.0, fit=rests_on, unproved="the authors stopped short, too")
        assert paper.verdicts().splitlines()[-1] == "  unproved: x: the authors stopped short, too"
        assert paper.record("ci", 0).content["verdicts"][0]["unproved"] == "the authors stopped short, too"
    with pytest.raises(ClaimError, match="not proved"):
        replication().measured("x", 1.0, fit=UNPROVED, unproved=" ")


def test_a_mutated_run_judges_what_the_breakage_did_to_a_fit():
    paper = replication()
    paper.mutated = "shuffled"
    assert paper.measured("x", 2.0, fit=UNPROVED) == NOT_REPLICATED
