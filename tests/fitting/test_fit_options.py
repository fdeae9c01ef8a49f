"""Options of a fit as a whole: ties, groups, files, words for what went wrong."""

import numpy as np
import pytest
from simulated import design
from test_tied import runs

from scalinglaws import Fit, FitError, Status, bootstrap, check, compute_optimal, extrapolate, fit, huber
from scalinglaws.laws import chinchilla, power_law, power_law_with_constant


def test_a_tied_parameter_is_among_the_results():
    found = fit(chinchilla, runs(), fixed={"alpha": "beta"})
    assert found["alpha"] == found["beta"] and "alpha" not in found.free
    assert "alpha  = beta" in repr(found) and "alpha = beta" in found.report()["parameters"]
    assert compute_optimal(found.params, 1e21).a == pytest.approx(0.5)
    np.testing.assert_allclose(np.log(runs().loss / found.predict(runs())), found.residuals, rtol=1e-9)
    samples = bootstrap(found, 20).samples
    assert samples["alpha"].equals(samples["beta"].rename("alpha"))
    assert check(chinchilla, runs(), found.params, fixed={"alpha": "beta"}).proved


def test_parameters_of_their_own_for_every_group():
    data = runs().rename(columns={"n_params": "x"})
    found = fit(power_law_with_constant, data, per={"E": "dataset", "A": "dataset"}, loss=huber(1e-3))
    assert list(found.params) == ["E[code]", "E[web]", "A[code]", "A[web]", "alpha"] and found.proved
    best = min(
        sum(
            fit(
                power_law_with_constant, part, loss=huber(1e-3), fixed={"alpha": found["alpha"] * k}
            ).objective
            for _, part in data.groupby("dataset")
        )
        for k in (0.999, 1.0, 1.001)
    )
    assert found.objective == pytest.approx(best, rel=1e-9)
    rows = {"x": [1e8, 1e8], "dataset": ["web", "code"]}
    wanted = [found[f"E[{k}]"] + found[f"A[{k}]"] * 1e8 ** -found["alpha"] for k in rows["dataset"]]
    np.testing.assert_allclose(found.predict(rows), wanted, rtol=1e-12)
    squares = fit(power_law_with_constant, data, per={"E": "dataset", "A": "dataset"})
    drawn = bootstrap(squares, 20)
    assert list(drawn.samples) == [*found.params, "objective"]
    for low, high in (squares.prediction_interval(rows), drawn.prediction_interval(rows)):
        assert np.all(low < squares.predict(rows)) and np.all(squares.predict(rows) < high)


def test_a_dozen_groups_are_no_trouble():
    data = runs().rename(columns={"n_params": "x"}).assign(host=np.arange(60) % 12)
    found = fit(power_law, data, per={"A": "host"})
    x, y = np.log(data.x), np.log(data.loss)
    inside = [values - values.groupby(data.host).transform("mean") for values in (x, y)]
    assert found["alpha"] == pytest.approx(-(inside[0] @ inside[1]) / (inside[0] @ inside[0]), rel=1e-8)


def test_a_fit_is_saved_and_loaded(tmp_path):
    data = runs().rename(columns={"n_params": "x"})
    found = fit(power_law_with_constant, data, per={"A": "dataset"}, fixed={"E": 1.4})
    found.save(tmp_path / "fit.json")
    read = Fit.load(tmp_path / "fit.json")
    assert read.params == found.params and read.interval("alpha") == found.interval("alpha")
    rows = {"x": [1e8], "dataset": ["web"]}
    assert read.predict(rows).tolist() == found.predict(rows).tolist()


def test_causes_are_part_of_the_message():
    x = np.geomspace(1e6, 1e9, 30)
    with pytest.raises(FitError, match="loss rises with x"):
        fit(power_law_with_constant, {"x": x, "loss": 2 + x**0.1}, interior=True)
    ratio = design(noise=0.01)
    ratio["n_tokens"] = 20 * ratio.n_params
    with pytest.raises(FitError, match="always about 20 times n_params"):
        fit(chinchilla, ratio, interior=True)
    assert fit(chinchilla, design(noise=0.01)).message == "Converged."


def test_half_the_sum_of_squares_is_called_so():
    data = design(noise=0.01)
    found = fit(chinchilla, data)
    assert found.objective == pytest.approx(0.5 * np.sum(found.residuals**2))
    assert repr(found).endswith("half the sum of squares on 60 runs")
    assert found.report()["objective"] == "half the sum of squares of the residual of the logarithm"
    assert "= sum of huber(0.001) on" in repr(fit(chinchilla, data, loss=huber(1e-3)))


def test_weights_of_an_extrapolation_are_aligned():
    data = design(noise=0.01).assign(w=np.linspace(0.1, 9, 60))
    right = extrapolate(chinchilla, data, by="n_params", weights=data.w.to_numpy()).fit
    assert extrapolate(chinchilla, data, by="n_params", weights=data.w[::-1]).fit.params == right.params
    assert right.status is Status.CONVERGED
