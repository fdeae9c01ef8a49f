"""What a fit is given: alignment, masks, extremes, false declarations, causes and warnings."""

import warnings

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr
from simulated import design

from scalinglaws import FitError, bootstrap, extrapolate, fit, huber, law, soft_l1
from scalinglaws.fitting.binding import bind, column
from scalinglaws.fitting.causes import FitWarning, cause, unrelated
from scalinglaws.fitting.losses import squared
from scalinglaws.laws import chinchilla, power_law, power_law_with_constant


def falling(n=12, seed=0):
    rng = np.random.default_rng(seed)
    x = np.geomspace(10, 1e4, n)
    return pd.DataFrame({"x": x, "loss": 3 * x**-0.3 * np.exp(0.2 * rng.normal(size=n))})


def bound(form, data, y="loss", **options):
    asked = {"loss": squared(), "residual": "log", "weights": None, "fixed": None, "bounds": None} | options
    return bind(form, data, y, **asked)


# --- alignment


def test_weights_are_aligned_with_the_data_by_their_index():
    data = falling()
    weights = pd.Series(np.linspace(0.1, 5, 12) ** 2, index=data.index)
    right = fit(power_law, data.assign(w=weights), weights="w")
    assert fit(power_law, data, weights=weights[::-1]).params == right.params
    by_position = fit(power_law, data, weights=weights[::-1].to_numpy())
    assert abs(by_position["alpha"] - right["alpha"]) > 0.005
    shuffled = data.sample(frac=1, random_state=1)
    assert fit(power_law, shuffled, weights=weights)["alpha"] == pytest.approx(right["alpha"], rel=1e-9)


@pytest.mark.parametrize(
    "index", [range(1, 13), [0] * 12, list("abcdefghijkl")], ids=["shifted", "twice", "names"]
)
def test_weights_of_another_index_are_refused(index):
    with pytest.raises(FitError, match="index is not that of the data"):
        fit(power_law, falling(), weights=pd.Series(np.ones(12), index=index))


def test_a_mapping_of_series_in_different_orders_is_refused():
    data = falling()
    with pytest.raises(FitError, match="different indices"):
        fit(power_law, {"x": data.x, "loss": data.loss[::-1]})
    same = fit(power_law, {"x": data.x[::-1], "loss": data.loss[::-1]}, weights=pd.Series(np.arange(1.0, 13)))
    assert same["alpha"] == pytest.approx(fit(power_law, data, weights=np.arange(1.0, 13))["alpha"], rel=1e-9)


def test_masked_values_are_refused_not_lost():
    data = falling()
    masked = np.ma.masked_array(data.loss.to_numpy(), mask=np.arange(12) == 4)
    with pytest.raises(FitError, match="'loss' has 1 masked"):
        fit(power_law, {"x": data.x, "loss": masked})
    with pytest.raises(FitError, match="weights has 2 masked"):
        fit(power_law, data, weights=np.ma.masked_array(np.ones(12), mask=np.arange(12) < 2))
    assert column({"loss": np.ma.masked_array([1.0, 2.0], mask=False)}, "loss").tolist() == [1, 2]


def test_weights_that_are_no_numbers():
    with pytest.raises(FitError, match="weights"):
        fit(power_law, falling(), weights=["heavy"] * 12)
    with pytest.raises(FitError, match="weights holds 1 missing"):
        fit(power_law, falling(), weights=[np.nan, *np.ones(11)])


# --- extremes


@pytest.mark.parametrize("residual", ["log", "raw"])
@pytest.mark.parametrize("factor", [1e308, 1e-308])
def test_values_whose_squares_are_no_numbers_are_refused(factor, residual):
    data = falling()
    with pytest.raises(FitError, match=r"'loss' goes to .*another unit"):
        fit(power_law, data.assign(loss=data.loss / data.loss.max() * factor), residual=residual)


@pytest.mark.parametrize("delta", [1e200, 1e-200])
def test_a_delta_whose_square_is_no_number_is_refused(delta):
    with pytest.raises(FitError, match=r"soft_l1.*cannot be computed"):
        fit(power_law, falling(), loss=soft_l1(delta))


@pytest.mark.filterwarnings("ignore::scalinglaws.FitWarning")
@pytest.mark.parametrize("factor", [1e24, 1e-24])
def test_units_far_away_are_fitted(factor):
    data = falling()
    moved = fit(power_law, data.assign(loss=data.loss * factor))
    assert moved["alpha"] == pytest.approx(fit(power_law, data)["alpha"], rel=1e-8)


# --- declarations that are false, and runs without a value


def test_false_linearity_is_named():
    @law(linear=("A",), positive=("A",), bounds={"alpha": (0, 2)})
    def logarithmic(x, *, A, alpha):
        return 5 + np.log(A) * x**-alpha

    @law(linear=("A", "B"), positive=("A",), bounds={"alpha": (0, 2)})
    def square(x, *, A, B, alpha):
        return A**2 * x**-alpha + B

    with pytest.raises(FitError, match=r"logarithmic is not linear in A: take it out"):
        fit(logarithmic, falling())
    with pytest.raises(FitError, match=r"square is not linear in A: take it out"):
        fit(square, falling())
    # With A held it is as linear as it says.
    assert bound(square, falling(), fixed={"A": 1.0}).names == ("B", "alpha")


@pytest.mark.parametrize("form", [power_law, power_law_with_constant], ids=lambda f: f.name)
@pytest.mark.parametrize("wrong", [0.0, -5.0])
def test_a_size_that_is_not_positive_is_named_with_its_row(form, wrong):
    data = falling()
    data.loc[3, "x"] = wrong
    with pytest.raises(
        FitError, match=rf"in 1 run where 'x' is not positive \(first in row 3: {wrong:.4g}\)"
    ):
        fit(form, data)


def test_columns_may_be_negative_where_the_law_has_a_value():
    @law(linear=("a", "b"))
    def line(x, *, a, b):
        return a + b * x

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = fit(line, {"x": np.arange(-4.0, 5), "y": 2 * np.arange(-4.0, 5) + 1}, "y", residual="raw")
    assert found["b"] == pytest.approx(2)


# --- causes


def noisy(seed=3, n=40):
    rng = np.random.default_rng(seed)
    size, tokens = 10 ** rng.uniform(7.7, 9.1, n), 10 ** rng.uniform(8, 10.3, n)
    loss = (1.9 + 57 * size**-0.3 + 750 * tokens**-0.3) * np.exp(0.01 * rng.normal(size=n))
    return pd.DataFrame({"n_params": size, "n_tokens": tokens, "loss": loss})


def cause_of(form, data):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FitWarning)
        return cause(bound(form, data))


def test_unrelated_is_what_a_rank_test_says_at_ten_percent():
    rng = np.random.default_rng(0)
    found = []
    for lean in np.linspace(0, 1.5, 60):
        x = rng.integers(0, 9, 20).astype(float)  # with ties
        y = lean * x / 9 + rng.normal(size=20)
        assert unrelated(x, y) == (spearmanr(x, y).pvalue > 0.1)
        found.append(unrelated(x, y))
    assert 10 < sum(found) < 50


@pytest.mark.filterwarnings("error")
def test_perfect_order_is_related_and_a_constant_says_nothing():
    x = np.arange(12.0)
    # At a correlation of 1 or -1 the t statistic would divide by zero, and beyond 1, by rounding, take the root of
    # a negative number.
    for y in (x**3, np.exp(-x), np.repeat(x[:6], 2)):
        assert not unrelated(x, y)
    assert not unrelated(x, np.ones(12)) and not unrelated(np.ones(12), x)
    assert unrelated(x, np.array([3.0, 9, 1, 7, 5, 11, 0, 8, 2, 10, 4, 6]))


def test_causes_are_named():
    data, rng = noisy(), np.random.default_rng(0)
    assert cause_of(chinchilla, data) == ""
    assert "always about 20 times n_params" in cause_of(chinchilla, data.assign(n_tokens=20 * data.n_params))
    power = data.assign(n_tokens=3 * data.n_params**0.6)
    assert "n_params to the power 0.6" in cause_of(chinchilla, power)
    logs = data.assign(n_params=np.log10(data.n_params), n_tokens=np.log10(data.n_tokens))
    assert "give 10**n_params" in cause_of(chinchilla, logs)
    x = np.geomspace(1e6, 1e9, 30)
    rising = {"x": x, "loss": 2 + x**0.1}
    for form in (power_law, power_law_with_constant):
        assert "loss rises with x (rank correlation 1.00)" in cause_of(form, rising)
    for noise in (1e-6, 1e-2):
        saturated = {"x": x, "loss": 2 + noise * rng.permutation(np.linspace(-1, 1, 30))}
        assert "saturated" in cause_of(power_law_with_constant, saturated)


# --- warnings


def warned(form, data, y="loss", **options):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        bound(form, data, y, **options)
    return [str(w.message) for w in caught if issubclass(w.category, FitWarning)]


def test_ordinary_data_give_no_warning():
    assert warned(chinchilla, design(noise=0.01)) == [] and warned(power_law, falling()) == []


def test_data_that_look_like_a_mistake_give_a_warning_each():
    data = noisy()
    assert "1 run is an exact duplicate of others" in warned(chinchilla, pd.concat([data, data.head(1)]))[0]
    billions = warned(chinchilla, data.assign(n_params=data.n_params / 1e9, n_tokens=data.n_tokens / 1e9))
    assert [text.split()[0] for text in billions] == ["n_params", "n_tokens"] and "billions" in billions[0]
    assert "decimal logarithms" in warned(chinchilla, data.assign(n_params=np.log10(data.n_params)))[0]
    assert "perplexity" in warned(chinchilla, data.assign(loss=np.exp(data.loss + 1)))[0]
    assert "perplexity" in warned(chinchilla, data.assign(perplexity=np.exp(data.loss)), "perplexity")[0]


def test_a_column_run_that_goes_unused_gives_a_warning_where_rows_are_resampled():
    data = noisy()

    def warned_by(labels, by=None, **options):
        found = fit(chinchilla, data.assign(run=labels), starts=1, **options)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            bootstrap(found, 2, by=by)
        return [str(w.message) for w in caught if issubclass(w.category, FitWarning)]

    (said,) = warned_by(np.arange(40) // 2)
    assert "by='run'" in said
    assert warned_by(np.arange(40) // 2, by="run") == []
    assert warned_by(np.arange(40)) == []
    assert warned_by(np.arange(40) // 20, per={"E": "run"}) == []


def test_the_warning_points_at_the_caller():
    with pytest.warns(FitWarning, match="duplicates") as caught:
        fit(power_law, pd.concat([falling(), falling()]), loss=huber(1e-1))
        extrapolate(power_law, pd.concat([falling(), falling()]), by="x")
    assert [warning.filename for warning in caught] == [__file__, __file__]
