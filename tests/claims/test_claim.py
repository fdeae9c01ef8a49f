"""The table of verdicts, row by row; what a claim must say; what a measurement may be."""

from __future__ import annotations

import math
from math import inf, nan, nextafter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scalinglaws.claims import (
    INCONCLUSIVE,
    NOT_REPLICATED,
    PARTLY,
    REPLICATED,
    UNTESTABLE,
    WIDER,
    ClaimError,
    Region,
)
from scalinglaws.claims.claim import GIVEN, LOCKED

from .made import NAMED, region, value

#: Edges that floats hold exactly: the paper's region is 0.5 to 1.5, the rival is 2.
WIDE = {"within": 0.5}


def below(x: float) -> float:
    return nextafter(x, -inf)


def above(x: float) -> float:
    return nextafter(x, inf)


#: Measured, interval, word with a named choice, word with a tolerance that nobody chose.
VALUES = {
    "touches; m in G and I holds the paper": (1.25, (0.9, 2.1), INCONCLUSIVE, INCONCLUSIVE),
    "touches; m in G, the paper outside I": (1.25, (1.1, 2.1), INCONCLUSIVE, INCONCLUSIVE),
    "touches; m not in G, I holds the paper": (1.75, (0.9, 2.1), INCONCLUSIVE, INCONCLUSIVE),
    "touches; m at the rival, I holds the paper": (2.0, (0.5, 3.5), INCONCLUSIVE, INCONCLUSIVE),
    "touches; neither": (1.75, (1.6, 2.1), NOT_REPLICATED, NOT_REPLICATED),
    "apart; an interval of rounding": (1 + 2e-15, (1 + 1e-15, 1 + 3e-15), REPLICATED, REPLICATED),
    "touches; at the rival, exactly": (2.0, None, NOT_REPLICATED, NOT_REPLICATED),
    "touches: the interval ends on the rival": (1.75, (1.6, 2.0), NOT_REPLICATED, NOT_REPLICATED),
    "apart: the interval ends before the rival": (1.75, (0.9, below(2.0)), WIDER, WIDER),
    "apart; m in G, I holds the paper": (1.25, (0.9, 1.3), REPLICATED, REPLICATED),
    "apart; m in G, I ends on the paper": (1.25, (1.0, 1.3), REPLICATED, REPLICATED),
    "apart; m in G, I begins above the paper": (1.25, (above(1.0), 1.3), NOT_REPLICATED, REPLICATED),
    "apart; m in G, I ends below the paper": (0.75, (0.7, below(1.0)), NOT_REPLICATED, REPLICATED),
    "apart; m on the edge of G": (1.5, (1.0, 1.6), REPLICATED, REPLICATED),
    "apart; m beyond the edge of G": (above(1.5), (1.0, 1.6), WIDER, WIDER),
    "apart; m not in G, I holds the paper": (1.75, (1.0, 1.9), WIDER, WIDER),
    "apart; m not in G, I begins above the paper": (1.75, (above(1.0), 1.9), NOT_REPLICATED, NOT_REPLICATED),
    "apart; m in G, exact": (1.5, None, REPLICATED, REPLICATED),
    "apart; m in G from below, exact": (0.5, None, REPLICATED, REPLICATED),
    "apart; m not in G, exact": (above(1.5), None, NOT_REPLICATED, NOT_REPLICATED),
    "apart; m not in G from below, exact": (below(0.5), None, NOT_REPLICATED, NOT_REPLICATED),
    "apart; on the side that the rival is not": (-5.0, (-6.0, -4.0), NOT_REPLICATED, NOT_REPLICATED),
}


@pytest.mark.parametrize("row", VALUES)
def test_the_word_of_a_value(row):
    measured, interval, chosen, given_ = VALUES[row]
    assert value(**WIDE).judge(measured, interval) == chosen
    for tolerance in GIVEN:
        assert value(**WIDE, tolerance=tolerance).judge(measured, interval) == given_


@pytest.mark.parametrize(
    ("measured", "interval", "word"),
    [(1.25, (0.9, 2.5), INCONCLUSIVE), (1.25, (0.9, below(2.0)), REPLICATED), (3.0, None, NOT_REPLICATED)],
)
def test_the_rival_of_a_value_may_be_a_region(measured, interval, word):
    assert value(**WIDE, rival="2..4").judge(measured, interval) == word


PLUS, MINUS = region("sign", "+"), region("sign", "-")
ORDER = region("order", "a > b", within=0.5, tolerance=NAMED)
ABOVE = region("bound", "> 4", "< 2")
WITHIN = region("bound", "4..8", "< 2")


@pytest.mark.parametrize(
    ("claim", "measured", "interval", "word"),
    [
        # Apart from the rival, inside the paper's region.
        (PLUS, 0.5, (0.1, 0.9), REPLICATED),
        (PLUS, 0.5, (above(0.0), 0.9), REPLICATED),
        (MINUS, -0.5, (-0.9, below(0.0)), REPLICATED),
        (ORDER, 1.0, (above(0.5), 2.0), REPLICATED),
        (ABOVE, 5.0, None, REPLICATED),
        (ABOVE, above(4.0), None, REPLICATED),
        (ABOVE, 5.0, (above(4.0), 9.0), REPLICATED),
        (WITHIN, 5.0, (4.0, 8.0), REPLICATED),
        # Apart, reaching out of the paper's region, with the measured number inside.
        (ORDER, 1.0, (above(0.0), 2.0), WIDER),
        (ABOVE, 5.0, (4.0, 9.0), WIDER),
        (ABOVE, 5.0, (2.0, 9.0), WIDER),
        (WITHIN, 5.0, (4.0, above(8.0)), WIDER),
        (WITHIN, 4.0, (2.0, 9.0), WIDER),
        # Apart, with the measured number in the gap.
        (PLUS, 0.0, None, NOT_REPLICATED),
        (MINUS, 0.0, (0.0, 0.0), NOT_REPLICATED),
        (ORDER, 0.5, None, PARTLY),
        (ORDER, 0.25, (0.0, 0.75), INCONCLUSIVE),
        (ORDER, 0.25, (0.125, 0.75), PARTLY),
        (ABOVE, 3.0, None, PARTLY),
        (ABOVE, 4.0, (2.0, 9.0), PARTLY),
        (WITHIN, 9.0, (8.5, 9.5), PARTLY),
        (WITHIN, below(4.0), (2.0, 5.0), PARTLY),
        # Touching both.
        # No effect at all is the rival of a direction.
        (PLUS, 0.5, (0.0, 0.9), INCONCLUSIVE),
        (PLUS, 0.5, (below(0.0), 0.9), INCONCLUSIVE),
        (ORDER, 1.0, (0.0, 2.0), INCONCLUSIVE),
        (PLUS, -0.5, (-0.9, above(0.0)), INCONCLUSIVE),
        (ORDER, 0.25, (-0.1, above(0.5)), INCONCLUSIVE),
        (ABOVE, 5.0, (below(2.0), 9.0), INCONCLUSIVE),
        (ABOVE, 1.0, (0.0, above(4.0)), INCONCLUSIVE),
        (WITHIN, 3.0, (1.0, 4.0), INCONCLUSIVE),
        # Touching the rival alone.
        (PLUS, -0.5, (-0.9, 0.0), NOT_REPLICATED),
        (PLUS, below(0.0), None, NOT_REPLICATED),
        (MINUS, 0.5, (0.1, 0.9), NOT_REPLICATED),
        (ORDER, 0.25, (-0.1, 0.5), NOT_REPLICATED),
        (ABOVE, 1.0, None, NOT_REPLICATED),
        (ABOVE, 1.0, (0.0, 4.0), NOT_REPLICATED),
        (WITHIN, 3.0, (1.0, below(4.0)), NOT_REPLICATED),
    ],
)
def test_the_word_of_a_sign_an_order_and_a_bound(claim, measured, interval, word):
    assert claim.judge(measured, interval) == word


def test_a_word_that_changes_with_the_seed_is_inconclusive_and_what_cannot_be_tested_says_so():
    assert value(unstable="seeds 2 and 4 differ").judge(1.0) == INCONCLUSIVE
    assert value(untestable="no data").judge(1.0) == UNTESTABLE


def test_an_unbounded_interval_decides_nothing():
    assert value().judge(1.0, (-inf, inf)) == INCONCLUSIVE


@pytest.mark.parametrize(
    ("measured", "interval"),
    [(nan, None), (inf, None), (1.0, (2.0, 3.0)), (1.0, (0.0, 0.5)), (1.0, (nan, 2.0)), (1.0, (0.0, nan))],
)
def test_a_measurement_that_is_no_number_is_refused(measured, interval):
    with pytest.raises(ClaimError, match=r"is no number|outside its interval"):
        value().judge(measured, interval)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"kind": "guess"}, "kind 'guess' is none of"),
        ({"evidence": "hearsay"}, "evidence 'hearsay' is none of"),
        ({"role": "copied"}, "role 'copied' is none of"),
        *(({name: " "}, f"say its {name}") for name in ("id", "statement", "source", "why", "group")),
        ({"rival": None}, "name its rival"),
        ({"kind": "bound", "paper": "> 4", "rival": None}, "name its rival"),
        ({"within": 0.0}, "within > 0"),
        ({"within": -0.1}, "within > 0"),
        ({"paper": "one"}, "the paper's value is a number, not 'one'"),
        ({"tolerance": ""}, "what its tolerance is made of"),
        ({"tolerance": "as we got that"}, "what its tolerance is made of"),
        ({"tolerance": "named choice: "}, "what its tolerance is made of"),
        (
            {"kind": "order", "paper": "a > b", "rival": None, "tolerance": ""},
            "what its tolerance is made of",
        ),
        ({"rival": 1.05}, "rival lies within"),
        ({"rival": 1.1}, "rival lies within"),
        ({"rival": "> 0.5"}, "rival lies within"),
        ({"kind": "bound", "paper": "> 4", "rival": "< 5"}, "rival lies within"),
        ({"kind": "sign", "paper": "up", "rival": None}, "sign is"),
        ({"kind": "order", "paper": "a", "rival": None}, "write the order as"),
        ({"kind": "bound", "paper": "around 3"}, "cannot read the region"),
        ({"rival": "far away"}, "cannot read the region"),
        *(
            ({name: bad}, f"belongs in {name}")
            for name in ("paper", "rival", "within")
            for bad in (nan, inf, -inf)
        ),
    ],
)
def test_a_claim_that_makes_no_sense_is_refused(changes, says):
    with pytest.raises(ClaimError, match=says):
        value(**changes)


def test_the_lock_is_what_decides_the_word():
    assert value().locked == {
        "kind": "value",
        "role": "independent",
        "paper": 1.0,
        "rival": 2.0,
        "within": 0.1,
    }
    assert set(LOCKED) == set(value().locked)


numbers = st.floats(-1e6, 1e6).filter(lambda x: x == 0 or abs(x) > 1e-6)
tolerances = st.sampled_from([NAMED, *GIVEN])


@st.composite
def values(draw):
    paper, within = draw(numbers), draw(st.floats(1e-3, 1e3))
    away = draw(st.floats(1.5, 1e3)) * draw(st.sampled_from([-1, 1]))
    return value(paper=paper, within=within, rival=paper + away * within, tolerance=draw(tolerances))


@st.composite
def regions(draw):
    kind = draw(st.sampled_from(["sign", "order", "above", "below", "between"]))
    edge, gap = draw(numbers), draw(st.floats(0, 1e3))
    if kind == "sign":
        return region("sign", draw(st.sampled_from(["+", "-"])))
    if kind == "order":
        return region("order", "a > b", within=draw(st.floats(0, 1e3)), tolerance=NAMED)
    if kind == "above":
        return region("bound", f"> {edge!r}", f"< {edge - gap!r}")
    if kind == "below":
        return region("bound", f"< {edge!r}", f"> {edge + gap!r}")
    return region("bound", f"{edge!r}..{edge + gap!r}", f"> {edge + 2 * gap + 1!r}")


claims = values() | regions()


@settings(deadline=None)
@given(claims)
def test_every_claim_can_be_replicated_and_can_fail(claim):
    assert claim.judge(claim.at_paper()) == REPLICATED
    assert claim.judge(claim.at_rival()) == NOT_REPLICATED


@st.composite
def judged(draw, of):
    """A claim, a measurement somewhere between paper and rival or beside them, and an interval."""
    claim = draw(of)
    here, there = claim.at_paper(), claim.at_rival()
    measured = here + draw(st.floats(-0.5, 1.5)) * (there - here)
    reach = st.floats(1e-6, 2.0).map(lambda share: share * abs(there - here))
    return claim, measured, (measured - draw(reach), measured + draw(reach)), draw(reach), draw(reach)


@settings(deadline=None)
@given(judged(claims))
def test_an_interval_that_reaches_the_rival_never_replicates(case):
    claim, measured, interval, *_ = case
    if claim.refuting.touches(*interval):
        assert claim.judge(measured, interval) in (INCONCLUSIVE, NOT_REPLICATED)


@settings(deadline=None)
@given(judged(values()))
def test_a_chosen_tolerance_never_replicates_what_the_interval_excludes(case):
    claim, measured, interval, *_ = case
    word = claim.judge(measured, interval)
    if claim.tolerance == NAMED and not interval[0] <= claim.paper <= interval[1]:
        assert word in (INCONCLUSIVE, NOT_REPLICATED)


@settings(deadline=None)
@given(judged(claims))
def test_a_wider_interval_replicates_nothing_that_was_not(case):
    """But for chosen tolerances, where the paper's value lay outside of the narrower interval alone."""
    claim, measured, (low, high), left, right = case
    wider = (low - left, high + right)
    before, after = claim.judge(measured, (low, high)), claim.judge(measured, wider)
    if before == NOT_REPLICATED and after == REPLICATED:
        assert claim.kind == "value" and claim.tolerance == NAMED
        assert not low <= claim.paper <= high and wider[0] <= claim.paper <= wider[1]
    if before in (WIDER, PARTLY):
        assert after != REPLICATED


@settings(deadline=None)
@given(numbers)
def test_the_edge_of_a_region_belongs_to_neither_side(edge):
    above_, below_ = Region.parse(f"> {edge!r}"), Region.parse(f"< {edge!r}")
    assert not above_.contains(edge, edge) and not below_.contains(edge, edge)
    assert not above_.touches(below_.low, below_.high)
    assert above_.contains(above(edge), inf) and below_.contains(-inf, below(edge))


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("> 11.1", above(11.1), inf),
        (">= 11.1", above(11.1), inf),
        ("<-2e-3", -inf, below(-2e-3)),
        ("75..95", 75.0, 95.0),
        ("95 .. 75", 75.0, 95.0),
        (3, 3.0, 3.0),
        (0.5, 0.5, 0.5),
    ],
)
def test_regions_are_read(text, low, high):
    assert Region.parse(text) == Region(low, high)


@pytest.mark.parametrize("text", ["about 3", "> x", "1..", "..1", "> 1 and < 2", "", "> inf", True, None])
def test_what_is_no_region_is_refused(text):
    with pytest.raises(ClaimError, match="cannot read the region"):
        Region.parse(text)


def test_a_point_stands_well_inside_its_region():
    for text in ("> 11.1", "< -3", "75..95", 2.0):
        inner = Region.parse(text).inner()
        assert math.isfinite(inner) and Region.parse(text).contains(inner, inner)
