"""Verdict words, what a claim must say, and what a measurement may be."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scalinglaws.replication import Replication

from scalinglaws import bootstrap, fit
from scalinglaws.claims import (
    INCONCLUSIVE,
    NOT_REPLICATED,
    REPLICATED,
    UNTESTABLE,
    WIDER,
    Claim,
    ClaimError,
    Mutation,
    Region,
)
from scalinglaws.fitting import Status, jackknife
from scalinglaws.laws import power_law, power_law_with_constant
from scalinglaws.text import number

SAID = {"statement": "s", "source": "Table 1", "why": "rounding", "evidence": "theory"}


def value(**changes) -> Claim:
    return Claim(**({"id": "x", "paper": 1.0, "rival": 2.0, "within": 0.1} | SAID | changes))


@pytest.mark.parametrize(
    ("measured", "interval", "word"),
    [
        (1.05, None, REPLICATED),
        (1.05, (0.9, 1.2), REPLICATED),
        (1.3, (0.9, 1.7), WIDER),
        (1.3, (0.9, 2.1), INCONCLUSIVE),
        (1.05, (0.5, 2.5), INCONCLUSIVE),
        (1.3, (1.2, 1.4), NOT_REPLICATED),
        (1.3, None, NOT_REPLICATED),
        (2.0, (0.5, 3.5), INCONCLUSIVE),
    ],
)
def test_value(measured, interval, word):
    assert value().judge(measured, interval) == word


@pytest.mark.parametrize(
    ("kind", "paper", "rival", "measured", "interval", "word"),
    [
        ("sign", "+", None, 0.5, (0.1, 0.9), REPLICATED),
        ("sign", "+", None, 0.5, (-0.1, 0.9), INCONCLUSIVE),
        ("sign", "-", None, 0.5, (0.1, 0.9), NOT_REPLICATED),
        ("sign", "-", None, 0.0, None, NOT_REPLICATED),
        ("bound", "> 11.1", "< 11.1", 84.0, None, REPLICATED),
        ("bound", "> 11.1", "< 11.1", 9.0, None, NOT_REPLICATED),
        ("bound", "75..95", "< 11.1", 90.0, (80.0, 99.0), INCONCLUSIVE),
    ],
)
def test_sign_and_bound(kind, paper, rival, measured, interval, word):
    claim = value(kind=kind, paper=paper, rival=rival, within=0.0)
    assert claim.judge(measured, interval) == word


def test_order_takes_the_smallest_gap():
    claim = value(kind="order", paper="a > b > c", rival=None, within=0.1)
    paper = Replication("00_test")
    paper.claims(claim)
    assert paper.measured("x", {"a": 3, "b": 2, "c": 1}) == REPLICATED
    assert paper.measured("x", {"a": 3, "b": 2, "c": 1.95}) == NOT_REPLICATED
    assert paper.measured("x", {"a": 3, "b": 2, "c": 1}, interval=(-0.5, 2.0)) == INCONCLUSIVE


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"kind": "guess"}, "kind"),
        ({"evidence": "hearsay"}, "evidence"),
        ({"why": " "}, "why"),
        ({"rival": None}, "rival"),
        ({"within": 0.0}, "tolerance"),
        ({"rival": 1.05}, "rival lies within"),
        ({"rival": "> 0.5"}, "rival lies within"),
        ({"kind": "sign", "paper": "up", "rival": None}, "sign"),
        ({"kind": "order", "paper": "a", "rival": None}, "order"),
        ({"kind": "bound", "paper": "around 3"}, "region"),
    ],
)
def test_a_claim_that_makes_no_sense_is_refused(changes, says):
    with pytest.raises(ClaimError, match=says):
        value(**changes)


@pytest.mark.parametrize(
    ("measured", "interval"), [(math.nan, None), (math.inf, None), (1.0, (2.0, 3.0)), (1.0, (math.nan, 2.0))]
)
def test_a_measurement_that_is_no_number_is_refused(measured, interval):
    with pytest.raises(ClaimError):
        value().judge(measured, interval)


def test_an_unbounded_interval_decides_nothing():
    assert value().judge(1.0, (-math.inf, math.inf)) == INCONCLUSIVE


def test_words_that_depend_on_the_seed_are_inconclusive():
    assert value(unstable="seeds 2 and 4 differ").judge(1.0) == INCONCLUSIVE


@settings(deadline=None)
@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e3), st.floats(1.5, 1e3))
def test_every_value_claim_can_fail(paper, within, distance):
    claim = value(paper=paper, within=within, rival=paper + distance * within)
    assert claim.judge(claim.at_paper()) == REPLICATED
    assert claim.judge(claim.at_rival()) == NOT_REPLICATED


@settings(deadline=None)
@given(st.floats(-1e6, 1e6).filter(lambda x: x == 0 or abs(x) > 1e-6))
def test_the_edge_of_a_region_belongs_to_neither_side(edge):
    above, below = Region.parse(f"> {edge!r}"), Region.parse(f"< {edge!r}")
    assert not above.contains(edge, edge) and not below.contains(edge, edge)
    assert not above.touches(below.low, below.high)


def paper_with(*mutations: Mutation) -> Replication:
    paper = Replication("00_test")
    paper.claims(value(id="x"), value(id="y"), value(id="z", untestable="no data"))
    paper.mutations(*mutations)
    return paper


def test_mutations_name_every_testable_claim():
    shuffle = Mutation("shuffled", ("x", "y"), lambda t: t, table="t")
    assert paper_with(shuffle).declared_mutations == [shuffle]
    with pytest.raises(ClaimError, match=r"no mutation makes these claims fail: \['y'\]"):
        paper_with(Mutation("shuffled", ("x",), lambda t: t, table="t"))
    with pytest.raises(ClaimError, match="no testable claim"):
        paper_with(Mutation("shuffled", ("x", "y", "z"), lambda t: t, table="t"))


def test_measurements_of_the_wrong_claims_are_refused():
    paper = paper_with(Mutation("shuffled", ("x", "y"), lambda t: t, table="t"))
    with pytest.raises(ClaimError, match="not stated"):
        paper.measured("w", 1.0)
    with pytest.raises(ClaimError, match="untestable"):
        paper.measured("z", 1.0)
    paper.measured("x", 1.0)
    with pytest.raises(ClaimError, match=r"never measured: \['y'\]"):
        paper.verdicts()
    with pytest.raises(ClaimError, match="stated twice"):
        paper.claims(value(id="x"))


def test_the_table_is_text_and_says_mutated():
    paper = paper_with(Mutation("shuffled", ("x", "y"), lambda t: t, table="t"))
    paper.measured("x", 1.0, (0.9, 1.1))
    paper.measured("y", 2.0)
    paper.data_check("first row", 1.0, 1.0, 0.0)
    paper.data_check("last row", 1.0, 2.0, 0.5)
    assert repr(paper.verdicts()).splitlines() == [
        "claim  paper  ours  95 % interval  rival  verdict",
        "x      1      1     [0.9, 1.1]     2      replicated",
        "y      1      2     –              2      not replicated",
        "z      1      –     –              2      untestable here",
        "data checks: 1 of 2 hold",
        "  fails: last row: ours 1, printed 2 ± 0.5",
    ]
    assert repr(paper.words()).splitlines() == [
        "x  replicated",
        "y  not replicated",
        "z  untestable here",
    ]
    paper.mutated = "shuffled"
    assert paper.words().startswith("MUTATED: shuffled")
    assert paper.verdicts().startswith("MUTATED: shuffled")
    record = paper.record("ci", 0).content
    assert record["mutated"] == "shuffled"
    assert [v["word"] for v in record["verdicts"]] == [REPLICATED, NOT_REPLICATED, UNTESTABLE]


@pytest.mark.parametrize(
    ("x", "text"),
    [
        (None, "–"),
        (0.0, "0"),
        (0.34731, "0.3473"),
        (1234.6, "1235"),
        (7e-9, "7.000e-09"),
        (math.inf, "∞"),
        (2.5, "2.5"),
    ],
)
def test_numbers_print_four_digits(x, text):
    assert number(x) == text


X = np.geomspace(1, 1000, 8)
PROVED = fit(power_law, {"x": X, "loss": X**-0.5 * np.exp(0.01 * np.cos(X))})
# One size only: no parameter is determined, whatever the optimiser does.
UNPROVED = fit(power_law_with_constant, {"x": np.full(8, 2.0), "loss": X}, strict=False)


def stated() -> Replication:
    paper = Replication("00_test")
    paper.claims(value(id="x"))
    return paper


@pytest.mark.parametrize(
    "rests_on",
    [UNPROVED, [PROVED, UNPROVED], {"a": UNPROVED}, (f for f in [UNPROVED]), SimpleNamespace(fit=UNPROVED)],
)
def test_a_value_of_a_fit_that_is_not_proved_is_refused(rests_on):
    assert PROVED.status is Status.CONVERGED and UNPROVED.status is not Status.CONVERGED
    paper = stated()
    with pytest.raises(
        ClaimError, match=r"'x' rests on a fit that is not proved \(UNIDENTIFIABLE: .+unproved="
    ):
        paper.measured("x", 1.0, fit=rests_on)
    assert not paper.found


def test_an_estimate_brings_its_interval_and_its_fit():
    estimate = SimpleNamespace(value=1.3, low=0.9, high=1.7, fit=PROVED)
    assert stated().measured("x", estimate) == WIDER
    assert stated().measured("x", SimpleNamespace(value=1.3, low=None, high=None)) == NOT_REPLICATED
    with pytest.raises(ClaimError, match="interval of its own"):
        stated().measured("x", estimate, (0.0, 2.0))
    estimate.fit = UNPROVED
    with pytest.raises(ClaimError, match="not proved"):
        stated().measured("x", estimate)


def test_proved_fits_pass_and_their_excuse_is_not_kept():
    paper = stated()
    for rests_on in (PROVED, [PROVED, PROVED], bootstrap(PROVED, 20), jackknife(PROVED), None, {}):
        assert paper.measured("x", 1.0, fit=rests_on) == REPLICATED
    paper.measured("x", 1.0, fit=PROVED, unproved="in case it is not")
    assert paper.record("ci", 0).content["verdicts"][0]["unproved"] == ""
    with pytest.raises(ClaimError, match=r"fit= takes a Fit.+not a float64"):
        paper.measured("x", 1.0, fit=np.float64(PROVED["alpha"]))


def test_a_claim_about_a_failure_says_so_in_the_table_and_in_the_record():
    for rests_on in (UNPROVED, None):
        paper = stated()
        paper.measured("x", 1.0, fit=rests_on, unproved="the authors stopped short, too")
        assert paper.verdicts().splitlines()[-1] == "  unproved: x: the authors stopped short, too"
        assert paper.record("ci", 0).content["verdicts"][0]["unproved"] == "the authors stopped short, too"
    with pytest.raises(ClaimError, match="not proved"):
        stated().measured("x", 1.0, fit=UNPROVED, unproved=" ")


def test_a_mutated_run_judges_what_the_breakage_did_to_a_fit():
    paper = stated()
    paper.mutated = "shuffled"
    assert paper.measured("x", 2.0, fit=UNPROVED) == NOT_REPLICATED
