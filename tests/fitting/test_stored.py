"""Fits as JSON files: what is read is judged again."""

import json

import numpy as np
import pandas as pd
import pytest
from simulated import design

from scalinglaws import Fit, FitError, Status, absolute, fit, huber, law
from scalinglaws.laws import chinchilla, power_law, power_law_with_constant


@law(linear=("a", "b"))
def line(x, *, a, b):
    return a + b * x


def data():
    return design(noise=0.01).assign(w=np.linspace(1, 2, 60), host=["a", "b"] * 30, gap=[np.nan, *range(59)])


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"loss": huber(1e-3), "weights": "w"},
        {"loss": absolute(), "bounds": {"alpha": (0, 0.5)}},
        {"bounds": {"alpha": (0, 0.3)}},
        {"fixed": {"alpha": "beta", "E": 1.8}},
    ],
    ids=str,
)
def test_a_fit_is_read_as_it_was_saved(options, tmp_path):
    found = fit(chinchilla, data(), **options)
    found.save(tmp_path / "fit.json")
    read = Fit.load(tmp_path / "fit.json")
    assert (
        read.params == found.params
        and read.objective == found.objective
        and repr(read.proof) == repr(found.proof)
    )
    assert read.status is found.status and read.message == found.message and read.at_bounds == found.at_bounds
    assert repr(read) == repr(found)
    pd.testing.assert_frame_equal(read.data, data()[list(read.data)])
    assert set(read.data) == set(data())
    if not options:
        assert read.interval("beta") == found.interval("beta")


def test_a_law_of_ones_own_is_given(tmp_path):
    x = np.arange(9.0)
    found = fit(line, {"x": x, "y": 2 * x + np.sin(x)}, "y", residual="raw")
    found.save(tmp_path / "fit.json")
    assert Fit.load(tmp_path / "fit.json", line).params == found.params
    with pytest.raises(FitError, match=r"law line, which is none of scalinglaws\.laws"):
        Fit.load(tmp_path / "fit.json")
    with pytest.raises(FitError, match="and the law is Law power_law"):
        Fit.load(tmp_path / "fit.json", power_law)


def test_an_unproved_fit_stays_one(tmp_path):
    x = np.logspace(1, 6, 30)
    found = fit(power_law_with_constant, {"x": x, "loss": 2 + 0 * x}, strict=False)
    found.save(tmp_path / "fit.json")
    assert Fit.load(tmp_path / "fit.json").status is found.status is not Status.CONVERGED


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (("params", "beta"), 0.9, "its parameters give"),
        (("objective",), 1e-9, "its parameters give"),
        (("data", "loss", 3), 9.0, "its parameters give"),
        (("status",), "GOOD", "damaged"),
        (("format",), 99, "format 99"),
        (("data", "loss"), None, "damaged|no column|dimensions|dtype"),
        (("loss", "kind"), "absolute", "its parameters give|positive"),
    ],
)
def test_a_file_that_was_changed_is_refused(path, value, words, tmp_path):
    file = tmp_path / "fit.json"
    fit(chinchilla, data(), loss=huber(1e-3)).save(file)
    kept = json.loads(file.read_text())
    inner = kept
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    file.write_text(json.dumps(kept))
    with pytest.raises(FitError, match=words):
        Fit.load(file)


@pytest.mark.parametrize("options", [{}, {"loss": absolute()}], ids=["squares", "absolute"])
def test_a_place_that_is_no_optimum_is_refused_however_consistent(options, tmp_path):
    file = tmp_path / "fit.json"
    found = fit(chinchilla, data(), **options)
    found.save(file)
    kept = json.loads(file.read_text())
    kept["params"]["beta"] *= 1.001
    problem = found.problem
    kept["objective"] = float(problem.objective(problem.theta(kept["params"])))
    file.write_text(json.dumps(kept))
    with pytest.raises(FitError, match="optimal, and they are not"):
        Fit.load(file)


@pytest.mark.parametrize("text", ["", "{", "[]", "3", '{"format": 1}', "\x80"])
def test_other_files_are_refused(text, tmp_path):
    file = tmp_path / "fit.json"
    file.write_bytes(text.encode("latin-1"))
    with pytest.raises(FitError, match=r"no file that|damaged"):
        Fit.load(file)
