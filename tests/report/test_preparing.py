"""Runs out of rows: columns by other names, units, 6ND; every row that is left out is named with the reason."""

import numpy as np
import pandas as pd
import pytest

from scalinglaws.errors import UserError
from scalinglaws.report.names import ELSEWHERE, meant
from scalinglaws.report.preparing import prepared
from scalinglaws.report.reading import Table

NEEDED = ("n_params", "n_tokens")


def table(**columns) -> Table:
    frame = pd.DataFrame(columns, dtype=object)
    return Table("runs.csv", frame, [f"line {k + 2}" for k in range(len(frame))], [])


def test_names_of_papers_and_trackers_are_known():
    wandb = table(**{"Name": ["a", "b"], "config.params": ["1e6", "2e6"], "Total FLOPs": ["6e15", "2.4e16"],
                     "eval/loss": ["3", "2"]})  # fmt: skip
    found = prepared(wandb, NEEDED, "loss")
    assert found.runs["n_tokens"].tolist() == [1e9, 2e9] and found.runs["run"].tolist() == ["a", "b"]
    assert found.origins == {
        "n_params": "config.params",
        "flops": "Total FLOPs",
        "n_tokens": "flops / (6 * n_params), by the convention C = 6ND",
        "loss": "eval/loss",
        "run": "Name",
    }


def test_no_name_is_known_for_two_things_and_capitals_tell_single_letters_apart():
    known = [other.lower() for others in ELSEWHERE.values() for other in others]
    assert len(known) == len({*known})
    assert meant(["n", "D", "c"], ("n_params", "n_tokens", "flops")) == {"n_tokens": "D"}


def test_two_columns_that_may_be_meant_are_refused():
    with pytest.raises(
        UserError, match=r"'val_loss' and 'train_loss' may each be loss: .*--columns loss='val_loss'"
    ):
        prepared(table(N=["1"], D=["1"], val_loss=["1"], train_loss=["1"]), NEEDED, "loss")
    both = table(N=["1"], D=["1"], val_loss=["2"], train_loss=["1"])
    assert prepared(both, NEEDED, "loss", assigned={"loss": "val_loss"}).runs["loss"].tolist() == [2]


def test_units_by_arithmetic_and_a_name_that_is_assigned_from_itself():
    found = prepared(
        table(n_params=["7", "70"], D=["1e9", "2e9"], ppl=["20", "10"]),
        NEEDED,
        "loss",
        assigned={"n_params": "n_params * 1e6", "loss": "log(ppl)"},
    )
    assert found.runs["n_params"].tolist() == [7e6, 7e7]
    np.testing.assert_allclose(found.runs["loss"], np.log([20, 10]))
    assert found.runs["flops"].tolist() == [6 * 7e6 * 1e9, 6 * 7e7 * 2e9]


def test_rows_that_are_no_runs_are_named_by_line_and_reason():
    rows = table(
        n_params=["1e6", "", "1e6", "0", "1e6", "1e6", "1e6"],
        n_tokens=["1e9", "1e9", "many", "1e9", "1e9", "inf", "1e9"],
        loss=["3", "3", "3", "3", "-1", "3", "nan"],
    )
    found = prepared(rows, NEEDED, "loss")
    assert found.places == ["line 2"] and len(found.runs) == 1
    assert found.bad == [
        ("line 3", "n_params is missing"),
        ("line 4", "n_tokens is no number: 'many'"),
        ("line 5", "n_params is 0, and must be positive"),
        ("line 6", "loss is -1, which has no logarithm"),
        ("line 7", "n_tokens is infinite"),
        ("line 8", "loss is missing"),
    ]
    halved = prepared(rows, NEEDED, "loss", assigned={"n_tokens": "n_tokens / 2"})
    assert ("line 4", "n_tokens is no number: 'n_tokens / 2'") in halved.bad
    assert prepared(rows, NEEDED, "loss", logarithm=False).places == ["line 2", "line 6"]


def test_what_is_left_out_on_request_is_counted_and_not_called_bad():
    rows = table(N=["1", "1", "1", "2", "2"], D=["1", "1", "1", "1", "1"], loss=["3", "2", "", "5", "4"])
    found = prepared(rows, NEEDED, "loss", where="loss < 5")
    assert found.left_out == {"not loss < 5": ["line 4", "line 5"]} and not found.bad
    best = prepared(rows, NEEDED, "loss", best=True)
    assert best.places == ["line 3", "line 6"] and best.bad == [("line 4", "loss is missing")]
    assert best.left_out == {"not the lowest loss at its n_params, n_tokens": ["line 2", "line 5"]}


def test_groups_and_further_columns_are_kept():
    rows = table(
        N=["1", "2"],
        D=["1", "1"],
        loss=["3", "2"],
        run_name=["a", "b"],
        lr=["1e-3", "2e-3"],
        data=["c4", "pile"],
    )
    found = prepared(rows, NEEDED, "loss", by="run_name")
    assert found.runs["run_name"].tolist() == ["a", "b"]
    assert list(found.others) == ["lr"] and list(found.words) == ["data"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"assigned": {"loss": "valloss"}}, "no column 'valloss'"),
        ({"by": "seed"}, "no column 'seed' to group by"),
        ({"where": "loss < 0"}, "none is a run"),
        ({"assigned": {"n_params": "millions"}}, "no column 'millions'"),
    ],
)
def test_what_is_not_there_is_said(options, said):
    with pytest.raises(UserError, match=said):
        prepared(table(N=["1"], D=["1"], loss=["3"]), NEEDED, "loss", **options)
    with pytest.raises(
        UserError, match=r"no column 'n_params', which the law takes .*--columns n_params='active_params'"
    ):
        prepared(table(active_params=["1"], D=["1"], loss=["1"]), NEEDED, "loss")


def test_the_export_of_a_chart_is_told_from_that_of_the_runs():
    chart = table(**{"Step": ["1"], "big - train/loss": ["3"], "big - train/loss__MIN": ["3"]})
    with pytest.raises(UserError, match=r"the export of a chart .* export the table of runs instead"):
        prepared(chart, NEEDED, "loss")
