"""Laws: their declaration, their gradients, and the closed-form frontier."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from scalinglaws.fitting.derivatives import complex_step
from scalinglaws.frontier import compute_optimal, size_exponent, tokens_from_flops, training_flops
from scalinglaws.laws import chinchilla, law, power_law, power_law_with_constant

LAWS = [power_law, power_law_with_constant, chinchilla]


def draw(some_law, rng):
    """Random columns and parameters of a law."""
    columns = [10 ** rng.uniform(0, 11, 7) for _ in some_law.columns]
    values = {name: rng.uniform(0.05, 2) for name in some_law.parameters}
    return columns, values | {name: np.exp(rng.normal(0, 3)) for name in some_law.positive}


@pytest.mark.parametrize("some_law", LAWS, ids=lambda x: x.name)
def test_gradient_is_the_complex_step(some_law):
    rng = np.random.default_rng(0)
    for _ in range(200):
        columns, values = draw(some_law, rng)
        ours = some_law.gradient(*columns, **values)
        exact = complex_step(some_law.function, columns, values)
        for name in some_law.parameters:
            np.testing.assert_allclose(ours[name], exact[name], rtol=1e-10)


@pytest.mark.parametrize("some_law", LAWS, ids=lambda x: x.name)
def test_linear_parameters_enter_linearly(some_law):
    columns, values = draw(some_law, np.random.default_rng(1))
    doubled = values | {name: 2 * values[name] for name in some_law.linear}
    np.testing.assert_allclose(some_law(*columns, **doubled), 2 * some_law(*columns, **values), rtol=1e-14)


@pytest.mark.parametrize("some_law", LAWS, ids=lambda x: x.name)
def test_docstring_has_formula_units_and_source(some_law):
    text = some_law.__doc__
    assert "$" in some_law.summary and "Source:" in text and "arXiv:" in text
    assert all(name in text for name in (*some_law.columns, *some_law.parameters))


def test_decorator_reads_the_signature():
    @law(linear=("A",), positive=("A",), bounds={"k": (0, 1)})
    def decay(steps, width, *, A, k):
        """Decay."""
        return A * np.exp(-k * steps) / width

    assert decay.columns == ("steps", "width") and decay.parameters == ("A", "k")
    assert decay.nonlinear == ("k",) and decay.name == "decay" and decay.summary == "Decay."
    assert repr(decay) == "Law decay(steps, width; A, k)"
    assert decay(0.0, 2.0, A=4.0, k=1.0) == 2
    assert decay.with_bounds(k=(0, 9)).bounds["k"] == (0, 9) and decay.bounds["k"] == (0, 1)


def test_decorator_without_arguments():
    @law
    def line(x, *, slope):
        return slope * x

    assert line.gradient(np.array([2.0]), slope=3.0)["slope"] == pytest.approx(2)


def test_declarations_that_make_no_sense_are_refused():
    with pytest.raises(ValueError, match="no such parameter"):
        law(lambda x, *, a: a * x, linear=("b",))
    with pytest.raises(ValueError, match="column"):
        law(lambda x: x)


def test_a_gradient_that_lacks_a_parameter_is_refused():
    broken = replace(power_law, derivatives=lambda x, *, A, alpha: {"A": x})
    with pytest.raises(ValueError, match="alpha"):
        broken.gradient(np.ones(2), A=1.0, alpha=1.0)


@pytest.mark.parametrize("flops", [1e18, 5.88e23])
def test_closed_form_is_the_minimum(flops):
    params = {"E": 1.8, "A": 480.0, "B": 2100.0, "alpha": 0.35, "beta": 0.37}
    split = compute_optimal(params, flops)
    assert training_flops(split.n_params, split.n_tokens) == pytest.approx(flops, rel=1e-12)
    assert split.a == size_exponent(params) and split.a + split.b == 1
    assert split.tokens_per_param == pytest.approx(split.n_tokens / split.n_params)

    def loss(log_size):
        return chinchilla(np.exp(log_size), tokens_from_flops(flops, np.exp(log_size)), **params)

    found = minimize_scalar(
        loss, bounds=(np.log(1e6), np.log(1e13)), method="bounded", options={"xatol": 1e-10}
    )
    assert np.log(split.n_params) == pytest.approx(found.x, abs=1e-5)


def test_frontier_takes_arrays_and_refuses_no_optimum():
    params = {"A": 480.0, "B": 2100.0, "alpha": 0.35, "beta": 0.37}
    assert compute_optimal(params, np.array([1e20, 1e21])).tokens_per_param.shape == (2,)
    for wrong in ({"beta": 0.0}, {"A": -1.0}):
        with pytest.raises(ValueError, match="positive"):
            compute_optimal(params | wrong, 1e20)
    with pytest.raises(ValueError, match="positive"):
        compute_optimal(params, 0.0)


def test_flops_do_not_overflow():
    assert training_flops(np.int32(2**30), np.int32(2**30)) == pytest.approx(6 * 2.0**60)
