"""What counts as a move of a kept verdict, what is said about it, and what is remembered of it."""

from __future__ import annotations

import pytest

from scalinglaws.claims import drift


def record(**claims: tuple[float | None, str]) -> dict:
    """A record of claims with a tolerance of 0.1, by id: number and word."""
    verdicts = [
        {
            "id": id,
            "word": word,
            "measured": measured,
            "low": None,
            "high": None,
            "within": 0.1,
            "restated": "",
        }
        for id, (measured, word) in claims.items()
    ]
    return {"verdicts": verdicts, "data_checks": []}


KEPT = record(one=(1.0, "replicated"), two=(2.0, "replicated"))


@pytest.mark.parametrize(
    ("fresh", "says", "verdict"),
    [
        ((1.011, "replicated"), "off by 0.011, 1.1 times the drift allowed, 0.11 of its tolerance;", False),
        ((1.05, "replicated"), "measured 1 and now measures 1.05: off by 0.05, 5 times the drift", False),
        ((1.05, "replicated"), "the verdict is 'replicated' as before", False),
        ((1.2, "not replicated"), "was 'replicated' and is now 'not replicated': the verdict changed;", True),
        ((1.2, "not replicated"), "its number is off by 0.2, 20 times the drift allowed", True),
        ((1.001, "inconclusive"), "the verdict changed; its number is within drift", True),
        ((None, "untestable here"), "the verdict changed", True),
    ],
)
def test_a_difference_says_whether_the_verdict_changed_and_by_how_much_the_number(fresh, says, verdict):
    (found,) = drift.differences(record(one=fresh, two=(2.0, "replicated")), KEPT)
    assert says in str(found) and found.verdict is verdict and found.claim == "one"


def test_within_drift_there_is_no_difference():
    assert drift.differences(record(one=(1.009, "replicated"), two=(2.009, "replicated")), KEPT) == []
    assert (
        drift.differences(record(one=(1.5, "replicated"), two=(2.0, "replicated")), KEPT, numbers=False) == []
    )


def test_a_nought_without_a_tolerance_that_moved_is_told_without_dividing_by_it():
    kept, fresh = record(one=(0.0, "replicated")), record(one=(0.25, "replicated"))
    for verdict in (*kept["verdicts"], *fresh["verdicts"]):
        verdict["within"] = 0.0
    (found,) = drift.differences(fresh, kept)
    assert "measured 0 and now measures 0.25: off by 0.25, where it was nought" in str(found)


def test_the_drift_allowed_is_that_of_the_kept_claim():
    """A tolerance that was widened meanwhile excuses nothing."""
    fresh = record(one=(1.05, "replicated"), two=(2.0, "replicated"))
    fresh["verdicts"][0]["within"] = 10.0
    moved, stated = drift.differences(fresh, KEPT)
    assert (moved.claim, moved.stated) == ("one", False) and "5 times the drift" in str(moved)
    assert (stated.claim, stated.stated) == ("one", True)
    exact = record(one=(1.05, "replicated"))
    exact["verdicts"][0]["within"] = 0.0
    fresh = record(one=(1.06, "replicated"))
    fresh["verdicts"][0]["within"] = 0.0
    (found,) = drift.differences(fresh, exact)
    assert "tolerance" not in str(found)


def test_new_and_lost_claims_and_failing_data_checks():
    fresh = record(two=(2.0, "replicated"), three=(3.0, "replicated"))
    fresh["data_checks"] = [{"label": "first row", "holds": False}, {"label": "last row", "holds": True}]
    found = drift.differences(fresh, KEPT)
    assert [(str(d), d.verdict, d.claim) for d in found] == [
        ("claim 'one' is gone", True, "one"),
        ("claim 'three' is new: replicated", True, ""),
        ("data check fails: first row", True, ""),
    ]


def test_the_advice_says_first_whether_a_verdict_changed():
    number, word = drift.Difference("n", False, "one"), drift.Difference("w", True, "two")
    assert drift.advice([number, number], "10").startswith("No verdict changed: every word is the one kept")
    assert drift.advice([word], "10").startswith("A difference changes a verdict.")
    assert drift.advice([word, number, word], "10").startswith("2 of these 3 differences change a verdict.")
    for command in ("run 10 --write --moved", "pip freeze", "check --kernels 10"):
        assert command in drift.advice([number], "10")


def test_history_grows_with_each_move_and_with_nothing_else():
    first = drift.succeeded(KEPT, None, "", "2026-11-28")
    assert first == KEPT
    still = drift.succeeded(
        record(one=(1.009, "replicated"), two=(2.0, "replicated")), first, "", "2026-11-28"
    )
    assert not any("history" in verdict for verdict in still["verdicts"]) and "withdrawn" not in still
    second = drift.succeeded(
        record(one=(1.5, "not replicated"), two=(2.0, "replicated")), still, "new table", "2026-11-28"
    )
    third = drift.succeeded(
        record(one=(1.7, "not replicated"), two=(2.0, "replicated")), second, "mended", "2026-11-29"
    )
    one, two = third["verdicts"]
    assert one["history"] == [
        {
            "measured": 1.009,
            "low": None,
            "high": None,
            "word": "replicated",
            "why": "new table",
            "when": "2026-11-28",
        },
        {
            "measured": 1.5,
            "low": None,
            "high": None,
            "word": "not replicated",
            "why": "mended",
            "when": "2026-11-29",
        },
    ]
    assert one["measured"] == 1.7 and "history" not in two


def test_a_claim_that_is_gone_stays_among_the_withdrawn():
    second = drift.succeeded(record(two=(2.0, "replicated")), KEPT, "stated otherwise", "2026-11-28")
    third = drift.succeeded(record(two=(2.0, "replicated")), second, "", "2026-11-29")
    for kept in (second, third):
        (gone,) = kept["withdrawn"]
        assert (gone["id"], gone["measured"], gone["word"]) == ("one", 1.0, "replicated")
        assert [entry["why"] for entry in gone["history"]] == ["stated otherwise"]
