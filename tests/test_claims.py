"""Verdict words, what a claim must say, and what a measurement may be."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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
from scalinglaws.replication import Replication
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
    paper.mutated = "shuffled"
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
