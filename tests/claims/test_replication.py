"""What a notebook's replication takes, refuses, prints and keeps."""

from __future__ import annotations

import dataclasses
import json
from math import inf

import pytest

from scalinglaws.claims import (
    INCONCLUSIVE,
    NOT_REPLICATED,
    PARTLY,
    REPLICATED,
    UNTESTABLE,
    ClaimError,
)
from scalinglaws.uncertainty import Estimate

from .made import NAMED, claim, mutation, replication

THREE = claim("x"), claim("y", unit="%"), claim("z", untestable="no data"), mutation("x", "y")
ORDER = (
    claim(kind="order", paper="a > b > c", rival=None, within=0.1, tolerance=NAMED),
    mutation("x"),
)


def test_an_order_takes_the_smallest_gap():
    paper = replication(*ORDER)
    assert paper.measured("x", {"a": 3, "b": 2, "c": 1}) == REPLICATED
    assert paper.found["x"].measured == 1.0
    assert paper.measured("x", {"c": 1.95, "b": 2, "a": 3}) == PARTLY
    assert paper.measured("x", {"a": 3, "b": 2, "c": 2.5}) == NOT_REPLICATED
    assert paper.measured("x", Estimate(1.0, -0.5, 2.0, "seeds")) == INCONCLUSIVE


def test_measurements_of_the_wrong_claims_are_refused():
    paper = replication(*THREE)
    for call in (paper.measured, lambda *words: paper.without_effect("shuffled", *words)):
        with pytest.raises(ClaimError, match="'w' was not stated; stated are"):
            call("w", 1.0)
        with pytest.raises(ClaimError, match="untestable"):
            call("z", 1.0)
        with pytest.raises(ClaimError, match="is no number"):
            call("x", inf)
    assert not paper.found and not paper.falsified
    paper.measured("x", 1.0)
    for show in (paper.verdicts, paper.words, lambda: paper.record("ci", 0)):
        with pytest.raises(ClaimError, match=r"never measured: \['y'\]"):
            show()


def test_the_tables_are_text_and_say_mutated():
    paper = replication(*THREE)
    paper.measured("x", Estimate(1.0, 0.9, 1.1, "seeds"))
    paper.measured("y", 2.0)
    paper.data_check("first row", 1.0, 1.0, 0.0)
    paper.data_check("last row", 1.0, 2.0, 0.5)
    assert repr(paper.verdicts()).splitlines() == [
        "claim  paper  ours  95 % interval  rival  verdict",
        "x      1      1     [0.9, 1.1]     2      replicated",
        "y      1 %    2     –              2      not replicated",
        "z      1      –     –              2      untestable here",
        "data checks: 1 of 2 hold",
        "  fails: last row: ours 1, printed 2 ± 0.5",
        "  95 % interval by seeds: x",
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


def test_the_record_holds_the_claim_as_stated_and_is_json():
    paper = replication()
    paper.measured("x", Estimate(1.0, -inf, 1.5, "runs drawn again"), note="seen")
    content = json.loads(json.dumps(paper.record("full", 3).content, allow_nan=False))
    (verdict,) = content["verdicts"]
    assert (content["notebook"], content["scale"], content["seed"]) == ("00_test", "full", 3)
    assert (verdict["low"], verdict["high"], verdict["power"]) == ("-inf", 1.5, None)
    assert verdict["note"] == "seen" and verdict["how"] == "runs drawn again"
    (said,) = paper.stated.claims
    assert dataclasses.asdict(said).items() <= verdict.items()
    paper.measured("x", Estimate(1.0, 0.0, 2.0, "seeds"))
    assert paper.record("ci", 0).content["verdicts"][0]["power"] == pytest.approx(0.5)


def test_claims_are_shown_as_text_and_as_html_with_the_finding():
    paper = replication(
        claim(statement="a < b & c"),
        claim("y", kind="bound", paper="> 4", rival="< 2", within=0, tolerance="", printed="4.2", unit="%"),
        mutation("x", "y"),
        finding="It holds [x], <mostly> [y].",
    )
    first, head, one, two = repr(paper).splitlines()
    assert first == "It holds, <mostly>."
    assert head.split("  ")[0] == "claim" and one.endswith("2           0.1, named choice: a tenth")
    assert "4.2 %" in two and "< 2" in two and two.endswith("–")
    html = paper._repr_html_()
    assert "<p>It holds, &lt;mostly&gt;.</p>" in html and "<td>a &lt; b &amp; c</td>" in html
    assert html.count("<tr>") == 3


def test_a_falsification_is_judged_and_kept_and_measures_nothing():
    paper = replication(*THREE)
    assert paper.without_effect("losses shuffled", "x", 2.0) == NOT_REPLICATED
    assert paper.without_effect("effect planted", "y", Estimate(1.0, 0.9, 1.1, "seeds")) == REPLICATED
    assert not paper.found
    paper.measured("x", 1.0)
    paper.measured("y", 1.0)
    assert paper.record("ci", 0).content["falsified"] == [
        {"how": "losses shuffled", "id": "x", "word": NOT_REPLICATED},
        {"how": "effect planted", "id": "y", "word": REPLICATED},
    ]
    ordered = replication(*ORDER)
    assert ordered.without_effect("names exchanged", "x", {"a": 1, "b": 2, "c": 3}) == NOT_REPLICATED


def test_edits_are_given_by_the_names_of_the_claims_file():
    paper = replication(claim(), mutation("x"), mutation("x", name="doubled", table=None, target="slope"))
    with pytest.raises(ClaimError, match=r"without an edit: \['doubled'\]"):
        paper.mutations({"shuffled": lambda t: t})
    with pytest.raises(
        ClaimError, match=r"does not state: \['halved'\]; it states \['shuffled', 'doubled'\]"
    ):
        paper.mutations({"shuffled": lambda t: t, "halved": lambda x: x / 2})
    paper.mutations({"shuffled": lambda t: t, "doubled": lambda x: 2 * x})
    paper.mutated = "doubled"
    assert paper.broken(3) == 6


def test_a_mutated_run_judges_what_the_breakage_gave():
    paper = replication()
    paper.mutated = "shuffled"
    assert paper.measured("x", 2.0) == NOT_REPLICATED


def test_another_choice_is_judged_and_leaves_no_trace():
    paper = replication(*THREE)
    assert (
        paper.judged("x", 2.0) == NOT_REPLICATED
        and paper.judged("x", Estimate(1.0, 0.9, 1.1, "seeds")) == REPLICATED
    )
    assert not paper.found and not paper.falsified
    with pytest.raises(ClaimError, match="not stated"):
        paper.judged("w", 1.0)


def test_a_word_that_another_reasonable_choice_flips_is_marked_as_fragile():
    paper = replication(*THREE)
    assert paper.judged("x", 2.0, choice="without the largest run") == NOT_REPLICATED
    paper.judged("x", 1.0, choice="squares in place of Huber")
    paper.judged("y", 1.0, choice="without the largest run")
    paper.measured("x", 1.0)
    paper.measured("y", 1.0)
    first, second, _ = paper.record("ci", 0).content["verdicts"]
    assert first["fragile"] == ["without the largest run"] and second["fragile"] == []
    lines = paper.verdicts().splitlines()
    assert lines[1].endswith("replicated (fragile)") and lines[2].endswith("  replicated")
    assert "  fragile: x has another word with: without the largest run" in lines
    assert [v.split()[-1] for v in paper.words().splitlines()[:2]] == ["replicated", "replicated"]
