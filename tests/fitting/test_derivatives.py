"""Laws of any formula: those that take no complex numbers, drop them, or come with a wrong gradient."""

import math
from multiprocessing.reduction import ForkingPickler

import numpy as np
import pytest
from scipy.special import digamma, expit, gammaln

from scalinglaws import FitError, fit, law
from scalinglaws.fitting.binding import bind
from scalinglaws.fitting.derivatives import complex_step, real_differences
from scalinglaws.fitting.losses import squared
from scalinglaws.laws import power_law

BOUNDS = {"k": (0.1, 5), "c": (0.5, 10)}
X = np.linspace(0, 10, 30)


def analytic(x, *, a, b, k, c):
    """The sigmoid in numpy's own functions."""
    return a + b / (1 + np.exp(-k * (x - c)))


def by_expit(x, *, a, b, k, c):
    return a + b * expit(k * (x - c))


def by_logaddexp(x, *, a, b, k, c):
    return a + b * np.exp(-np.logaddexp(0, -k * (x - c)))


def by_abs(x, *, a, b, k, c):
    return a + b / (1 + np.exp(-np.abs(k) * (x - c)))


def by_real(x, *, a, b, k, c):
    return np.real(analytic(x, a=a, b=b, k=k, c=c))


def by_math(x, *, a, b, k, c):
    return np.array([a + b / (1 + math.exp(-k * (v - c))) for v in x])


def by_interp(x, *, a, b, k, c):
    return a + b * expit(k * (np.interp(x, [0, 10], [0, 10]) - c))


def slopes(x, *, a, b, k, c):
    share = expit(k * (x - c))
    bent = b * share * (1 - share)
    return {"a": np.ones(1), "b": share, "k": bent * (x - c), "c": -bent * k}


def declared(function, **more):
    return law(function, linear=("a", "b"), bounds=BOUNDS, **more)


def data(noise=0.01):
    y = analytic(X, a=0.2, b=0.7, k=1.3, c=4.0) + noise * np.random.default_rng(0).normal(size=len(X))
    return {"x": X, "loss": y}


@pytest.fixture(scope="module")
def wanted():
    return fit(declared(analytic), data(), residual="raw")


@pytest.mark.parametrize(
    "form", [by_expit, by_logaddexp, by_abs, by_real, by_interp], ids=lambda f: f.__name__
)
@pytest.mark.parametrize("gradient", [None, slopes], ids=["without", "with gradient"])
def test_a_formula_that_takes_no_complex_numbers_is_fitted_all_the_same(form, gradient, wanted):
    found = fit(declared(form, gradient=gradient), data(), residual="raw")
    assert found.params == pytest.approx(wanted.params, rel=1e-7) and found.proved
    assert found.interval("k") == pytest.approx(wanted.interval("k"), rel=1e-6)


def test_a_formula_of_single_numbers_is_fitted_row_by_row(wanted):
    few = {"x": X[::3], "loss": data()["loss"][::3]}
    found = fit(declared(by_math), few, residual="raw", starts=2)
    assert found.params == pytest.approx(fit(declared(analytic), few, residual="raw").params, rel=1e-7)


def test_the_complex_step_is_used_where_it_holds_only():
    def taken(form):
        return bind(declared(form), data(), "loss", squared(), "raw", None, None, None).law.analytic

    assert taken(analytic) and not any(map(taken, (by_expit, by_abs, by_real)))


def test_gammaln_is_differentiated():
    @law(bounds={"p": (0.5, 4)}, positive=("p",))
    def factorial(x, *, p):
        return gammaln(x + p)

    x = np.array([0.5, 1.0, 3.0, 10.0])
    for p in (0.7, 2.5):
        np.testing.assert_allclose(factorial.gradient(x, p=p)["p"], digamma(x + p), rtol=1e-9)
    assert fit(factorial, {"x": x, "y": gammaln(x + 1.5)}, "y", residual="raw")["p"] == pytest.approx(
        1.5, rel=1e-8
    )


@pytest.mark.parametrize("scale", [1e-12, 1.0, 1e12])
def test_real_differences_are_good_to_nine_digits(scale):
    rng = np.random.default_rng(1)
    x = 10 ** rng.uniform(1, 10, 40)
    for _ in range(20):
        values = {"A": np.array([[scale * rng.uniform(1, 9)]] * 2), "alpha": np.array([[0.1], [0.9]])}
        exact = complex_step(power_law.function, (x,), values)
        found = real_differences(power_law.function, (x,), values, power_law.scales(values))
        for name in values:
            np.testing.assert_allclose(found[name].value, exact[name], rtol=1e-9)
            assert np.all(np.abs(found[name].value - exact[name]) <= 1e2 * found[name].error)


def test_second_derivatives_by_differences():
    smooth, other = declared(analytic), declared(by_expit)
    exact = smooth.hessian(X, a=0.2, b=0.7, k=1.3, c=4.0)
    for form in (other, declared(by_expit, gradient=slopes)):
        found = form.hessian(X, a=0.2, b=0.7, k=1.3, c=4.0)
        for pair in exact:
            size = max(np.abs(exact[pair]).max(), 1e-3)
            np.testing.assert_allclose(np.broadcast_to(found[pair], X.shape), exact[pair], atol=1e-4 * size)


@pytest.mark.parametrize("name", ["a", "b", "k", "c"])
def test_a_wrong_gradient_is_found_out_and_named(name):
    def wrong(x, **values):
        right = slopes(x, **values)
        return right | {name: 3 * right[name]}

    for form in (analytic, by_expit):
        with pytest.raises(FitError, match=rf"gradient given for {form.__name__} is wrong for {name}:"):
            fit(declared(form, gradient=wrong), data(), residual="raw")


def test_a_gradient_that_lacks_a_parameter_is_a_fit_error():
    with pytest.raises(FitError, match=r"lacks \['c'\]"):
        fit(
            declared(analytic, gradient=lambda x, **p: {n: slopes(x, **p)[n] for n in "abk"}),
            data(),
            residual="raw",
        )


def test_a_wrong_hessian_is_found_out_and_named():
    def bends(x, *, A, alpha):
        return {("A", "alpha"): -(x**-alpha) * np.log(x), ("alpha", "alpha"): A * x**-alpha * np.log(x)}

    wrong = law(
        power_law.function,
        linear=("A",),
        positive=("A",),
        bounds=power_law.bounds,
        gradient=power_law.derivatives,
        hessian=bends,
    )
    with pytest.raises(FitError, match=r"hessian given for power_law is wrong for \(alpha, alpha\)"):
        fit(wrong, {"x": [1.0, 10, 100, 1000], "loss": [4.0, 3, 2, 1.4]})


def test_a_formula_that_raises_is_named_and_the_data_are_not_blamed():
    @law(bounds={"k": (0, 1)})
    def broken(x, *, k):
        return x.loc[0] * k

    with pytest.raises(FitError, match=r"broken raises AttributeError .*loc.* when called with") as caught:
        fit(broken, {"x": X, "loss": X + 1})
    assert "positive" not in str(caught.value) and "column 'x'" not in str(caught.value)


def test_row_by_row_gives_the_same_fit():
    rng = np.random.default_rng(2)
    x = np.logspace(0, 3, 20)
    rows = {"x": x, "loss": 3 * x**-0.4 * np.exp(0.01 * rng.normal(size=20))}
    for residual in ("log", "raw"):
        one, other = (fit(form, rows, residual=residual) for form in (power_law, power_law.row_by_row()))
        assert other.params == pytest.approx(one.params, rel=1e-9)
    assert power_law.row_by_row().row_by_row()(x, A=2.0, alpha=1.0).shape == (20,)
    assert power_law.row_by_row()(x, A=np.ones((3, 1)), alpha=0.5).shape == (3, 20)


# --- sent to another process


def sent(value):
    """What a worker process receives."""
    return ForkingPickler.loads(ForkingPickler.dumps(value))


@pytest.mark.parametrize(
    "form", [power_law, power_law.row_by_row(), power_law.with_bounds(alpha=(0, 1))], ids=str
)
def test_a_law_is_sent_by_name(form):
    copy = sent(form)
    assert copy(X[1:], A=2.0, alpha=0.5).tolist() == form(X[1:], A=2.0, alpha=0.5).tolist()
    assert copy.bounds == form.bounds
    assert sent(power_law) is power_law


def test_a_fit_is_sent():
    found = fit(power_law, {"x": [1.0, 10, 100, 1000], "loss": [4.0, 3, 2, 1.4]})
    copy = sent(found)
    assert copy.params == found.params and repr(copy) == repr(found)


def test_a_law_inside_a_function_says_why_it_cannot_be_sent():
    @law(bounds={"k": (0, 1)})
    def local(x, *, k):
        return x * k

    with pytest.raises(TypeError, match="the law local, which is defined inside a function"):
        sent(local)
