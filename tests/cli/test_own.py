"""`scalinglaws fit` and `laws`: what is typed wrong is said in one line, and nothing is left half-written."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from scalinglaws import Fit
from scalinglaws.cli.own import loss_named, ready


@pytest.fixture
def runs(tmp_path):
    """A file of 24 runs of a power law, four of each of six models, and three rows that are none."""
    flops = np.geomspace(1, 64, 24)
    noise = np.exp(0.01 * np.cos(7 * np.arange(24)))
    table = pd.DataFrame({"compute": flops, "val": 3 * flops**-0.3 * noise, "run": np.repeat([*"abcdef"], 4)})
    path = tmp_path / "runs.csv"
    path.write_text(table.to_csv(index=False) + "1,,g\nten,1,g\n1,2\n", encoding="utf-8")
    return path


#: A law of one column, without what costs time.
QUICK = ("--law", "power_law", "--columns", "x=compute,loss=val", "--holdout", "0")


def test_a_report_of_a_small_table(command, runs, tmp_path):
    status, said = command("fit", str(runs), *QUICK, "--out", str(tmp_path / "out"))
    assert status == 0, said
    for line in (
        "x = compute",
        "not used: line 26: loss is missing",
        "not used: line 27: x is no number: 'ten'",
        "not used: line 28: 2 fields, where the header has 3",
        "warning: the column 'run' says that several rows belong to one run, and nothing here uses it: such rows are not independent, so resample whole runs, with --by run",
    ):
        assert line in said, line
    found = Fit.load(tmp_path / "out" / "fit.json")
    assert found.n == 24 and found.law.name == "power_law" and found["alpha"] == pytest.approx(0.3, abs=0.01)
    low, high = found.interval("alpha")
    assert f"alpha = {found['alpha']:.3g} (95 % interval {low:.3g} to {high:.3g})" in said
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert (
        "<td>line 27</td>" in page
        and "None: the law power_law has no compute-optimal split in closed form." in page
    )
    assert "None: no runs were held out" in page


def test_groups_are_drawn_whole(command, runs, tmp_path):
    options = ("--by", "run", "--resamples", "60", "--compare", "power_law_with_constant")
    status, said = command("fit", str(runs), *QUICK, *options, "--out", str(tmp_path / "out"))
    assert status == 0, said
    assert "percentiles of 60 bootstrap resamples of 6 groups" in said
    assert "warning: 6 groups by 'run': with fewer than 20" in said and "belong to one run" not in said
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert (
        "<td>power_law_with_constant</td>" in page and "rows of one run are taken as not independent" in page
    )


@pytest.mark.parametrize(
    ("words", "status", "line"),
    [
        (("--law", "chinchila"), 2, "no law 'chinchila'; did you mean 'chinchilla'?"),
        (("--compare", "power_law,kapln"), 2, "no law 'kapln'; did you mean 'kaplan'?"),
        (("--loss", "huber"), 2, "--loss huber: give its size, as in huber:1e-3"),
        (("--loss", "huber:-1"), 2, "--loss huber:-1: huber: delta must be positive, not -1.0"),
        (("--loss", "l2"), 2, "--loss is squared, absolute, huber:DELTA, soft_l1:DELTA or quantile:Q, not 'l2'"),
        (("--budget", "-1"), 2, "--budget is compute in FLOP, not -1"),
        ((), 1, "runs.csv has no column 'n_params', which the law takes (needed are n_params, n_tokens, loss)"),
        (("--columns", "x"), 1, "write columns as NAME=EXPRESSION,NAME=EXPRESSION, not 'x'"),
        (("--law", "power_law", "--columns", "x=open('a')"), 1, "is no arithmetic"),
        (("--law", "power_law", "--columns", "x=compute,loss=val", "--where", "x < 0"), 1, "none is a run"),
        (("--law", "power_law", "--columns", "x=1,loss=val"), 1, "alpha has no effect on the fitted values"),
    ],
)  # fmt: skip
def test_what_is_typed_wrong_is_one_line(command, runs, tmp_path, words, status, line):
    ended, said = command("fit", str(runs), *words, "--out", str(tmp_path / "out"))
    last = [one for one in said.splitlines() if one.startswith("error: ")]
    assert ended == status and len(last) == 1 and line in last[0], said
    assert not (tmp_path / "out").exists()


def test_ctrl_c_leaves_what_was_there(command, runs, tmp_path, monkeypatch):
    from scalinglaws.report import intervals

    out = tmp_path / "out"
    out.mkdir()
    (out / "fit.json").write_text("an earlier one")
    calls = []

    def stopped(*args, **options):
        calls.append(args)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return bootstrap(*args, **options)

    bootstrap = intervals.bootstrap
    monkeypatch.setattr(intervals, "bootstrap", stopped)
    status, said = command("fit", str(runs), *QUICK, "--by", "run", "--resamples", "300", "--out", str(out))
    assert status != 0 and len(calls) == 2 and "Traceback" not in said
    assert [path.name for path in out.iterdir()] == ["fit.json"] and (
        out / "fit.json"
    ).read_text() == "an earlier one"


def test_laws_are_listed_with_formula_and_columns(command):
    status, said = command("laws")
    assert status == 0
    for name, law in ready().items():
        (line,) = [line for line in said.splitlines() if line.startswith(f"{name} ")]
        assert ", ".join(law.columns) in line and ", ".join(law.parameters) in line
    assert "L(N, D) = E + A/N^alpha + B/D^beta" in said


def test_losses_as_typed():
    told = {"squared": "squared", "absolute": "absolute", "huber:1e-3": "huber(0.001)",
            "soft_l1:0.01": "soft_l1(0.01)", "quantile:0.5": "quantile(0.5)"}  # fmt: skip
    assert {text: str(loss_named(text)) for text in told} == told
