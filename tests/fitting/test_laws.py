"""Laws: their declaration, their gradients, and the closed-form frontier."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from scalinglaws import FitError, fit, laws
from scalinglaws.counting import tokens_from_flops, training_flops
from scalinglaws.fitting.derivatives import complex_step
from scalinglaws.frontier import compute_optimal, size_exponent
from scalinglaws.laws import Law, chinchilla, law, power_law

LAWS = [laws.power_law, laws.power_law_with_constant, laws.chinchilla]
LAWS += [form for form in vars(laws).values() if isinstance(form, Law) and form not in LAWS]


def draw(some_law, rng, n=7):
    """Random columns and parameters of a law, at which it has a value."""
    columns = [
        rng.uniform(0, 5, n) if name in SMALL else 10 ** rng.uniform(0, 11, n) for name in some_law.columns
    ]
    values = {name: rng.uniform(0.05, 2) for name in some_law.parameters}
    values |= {name: np.exp(rng.normal(0, 3)) for name in some_law.positive if name not in some_law.bounds}
    for name in set(some_law.positive) & set(some_law.bounds):
        values[name] = np.exp(rng.uniform(*np.log(some_law.bounds[name])))
    if some_law is laws.shifted_power_law:
        columns = [c + values["E_here"] + 0.1 for c in columns]
    if some_law is laws.broken_power_law:
        values["d"] = 10 ** rng.uniform(0, 11)
    if some_law is laws.kaplan or some_law is laws.kaplan_with_floor:
        values |= {name: 10 ** rng.uniform(5, 12) for name in ("N_c", "D_c", "A", "B") if name in values}
    return columns, values


#: Columns that hold no counts.
SMALL = ("repeats", "excess_params", "loss", "loss_here", "S1", "S2")


@pytest.mark.parametrize("some_law", LAWS, ids=lambda x: x.name)
def test_gradient_is_the_complex_step(some_law):
    rng = np.random.default_rng(0)
    for _ in range(200):
        columns, values = draw(some_law, rng)
        ours = some_law.gradient(*columns, **values)
        exact = complex_step(some_law.function, columns, values)
        # Sums of terms that cancel, which the first three laws have not, are rounded in the complex step too.
        rounding = 0.0 if some_law in LAWS[:3] else 1e-13 * np.abs(some_law(*columns, **values)).max()
        for name in some_law.parameters:
            np.testing.assert_allclose(ours[name], exact[name], rtol=1e-10, atol=rounding / abs(values[name]))


@pytest.mark.parametrize("some_law", LAWS, ids=lambda x: x.name)
def test_linear_parameters_enter_linearly(some_law):
    columns, values = draw(some_law, np.random.default_rng(1))
    none, once, twice = (
        some_law(*columns, **(values | {name: k * values[name] for name in some_law.linear}))
        for k in (0, 1, 2)
    )
    np.testing.assert_allclose(twice, 2 * once - none, rtol=1e-12)


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


N = 60
COUNTS = {name: 10 ** np.random.default_rng(k).uniform(low, high, N) for k, (name, low, high) in enumerate([
    ("n_params", 7.3, 9.3), ("n_tokens", 8.5, 10.5), ("unique_params", 7, 9), ("unique_tokens", 7.5, 10), ("x", 1, 8),
])}  # fmt: skip
SPANS = {
    "repeats": (0, 100),
    "excess_params": (0, 40),
    "loss": (0.3, 2),
    "loss_here": (2.2, 4),
    "S1": (0.1, 10),
    "S2": (0, 0.5),
}
COLUMNS = COUNTS | {
    name: np.random.default_rng(9).permutation(np.linspace(*span, N)) for name, span in SPANS.items()
}
TRUTHS = {
    "power_law": {"A": 3.0, "alpha": 0.2},
    "power_law_with_constant": {"E": 1.5, "A": 3.0, "alpha": 0.2},
    "rising_power_law": {"A": 0.1, "alpha": 0.5},
    "broken_power_law": {"E": 0.1, "A": 3.0, "alpha": 0.1, "bend": 0.4, "d": 1e4, "f": 0.5},
    "chinchilla": {"E": 1.8, "A": 480.0, "B": 2100.0, "alpha": 0.35, "beta": 0.37},
    "kaplan": {"N_c": 6.4e13, "D_c": 1.8e13, "alpha_N": 0.076, "alpha_D": 0.103},
    "kaplan_with_floor": {"E": 1.5, "A": 5e7, "B": 5e8, "alpha": 0.4, "beta": 0.45},
    "data_constrained": {
        "E": 1.87,
        "A": 521.0,
        "B": 1488.0,
        "alpha": 0.353,
        "beta": 0.353,
        "R_N": 5.3,
        "R_D": 15.4,
    },
    "shifted_power_law": {"E": 1.2, "K": 0.9, "kappa": 1.3, "E_here": 1.7},
    "accuracy_from_loss": {"floor": 0.25, "gain": 0.7, "k": 6.0, "middle": 1.0},
    "annealing": {"E": 2.0, "A": 0.6, "C": 0.4, "alpha": 0.5},
}


@pytest.mark.parametrize("some_law", LAWS, ids=lambda x: x.name)
def test_every_ready_law_is_recovered_within_its_own_bounds(some_law):
    truth = TRUTHS[some_law.name]
    columns = {name: COLUMNS[name] for name in some_law.columns}
    data = columns | {"y": some_law(*columns.values(), **truth)}
    found = fit(some_law, data, "y", residual="raw" if some_law is laws.accuracy_from_loss else "log")
    assert found.proved and found.params == pytest.approx(truth, rel=1e-6)


def test_laws_at_printed_parameters():
    # Kaplan et al. (2020), section 4.2: D >= 5e3 N^0.74 keeps overfitting small, a penalty of about 2 %.
    printed = {"N_c": 6.4e13, "D_c": 1.8e13, "alpha_N": 0.076, "alpha_D": 0.103}
    size = 1e9
    penalty = laws.kaplan(size, 5e3 * size**0.74, **printed) / laws.kaplan(size, 1e30, **printed) - 1
    assert 0.01 < penalty < 0.03
    # Repeats without end are worth R* of the unique tokens more, and none costs nothing.
    values = {"E": 1.87, "A": 521.0, "B": 1488.0, "alpha": 0.353, "beta": 0.353, "R_N": 5.3, "R_D": 15.4}
    plain = {name: values[name] for name in chinchilla.parameters}
    assert laws.data_constrained(1e9, 0.0, 1e10, 0.0, **values) == pytest.approx(
        chinchilla(1e9, 1e10, **plain)
    )
    forever = laws.data_constrained(1e9, 0.0, 1e10, 1e6, **values)
    assert forever == pytest.approx(chinchilla(1e9, 1e10 * 16.4, **plain))
    # Far from its break the broken law is a power law on both sides.
    broken = {"E": 0.0, "A": 2.0, "alpha": 0.1, "bend": 0.3, "d": 1e10, "f": 0.2}
    assert laws.broken_power_law(1e3, **broken) == pytest.approx(power_law(1e3, A=2.0, alpha=0.1))
    assert laws.broken_power_law(1e20, **broken) == pytest.approx(
        power_law(1e20, A=2.0 * 1e10**0.3, alpha=0.4)
    )


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


def test_a_fit_reads_as_the_paper_does():
    """What Hoffmann et al. derive from their law (eq. 4) stands at the fit, and nothing else does."""
    n_params, n_tokens = np.meshgrid(np.geomspace(1e7, 1e10, 5), np.geomspace(1e9, 1e12, 5))
    truth = {"E": 1.7, "A": 400.0, "B": 2000.0, "alpha": 0.35, "beta": 0.37}
    runs = {"n_params": n_params.ravel(), "n_tokens": n_tokens.ravel()}
    found = fit(laws.chinchilla, runs | {"loss": laws.chinchilla(*runs.values(), **truth)})
    assert found.a == pytest.approx(0.37 / 0.72, rel=1e-6) and found.a + found.b == pytest.approx(1)
    split = found.optimum(1e21)
    assert training_flops(split.n_params, split.n_tokens) == pytest.approx(1e21)
    best = laws.chinchilla(split.n_params, split.n_tokens, **truth)
    for factor in (0.9, 1.1):  # at the same budget any other size is worse
        assert laws.chinchilla(split.n_params * factor, split.n_tokens / factor, **truth) > best
    with pytest.raises(AttributeError, match="a fit has no 'c'; its law gives a, b"):
        _ = found.c
    plain = fit(laws.power_law, {"x": [1.0, 2, 4, 8], "loss": [3.0, 2.5, 2.1, 1.8]})
    with pytest.raises(AttributeError, match=r"a fit has no 'a'$"):
        _ = plain.a
    with pytest.raises(FitError, match="power_law has no compute-optimal split"):
        plain.optimum(1e21)
    level = fit(laws.chinchilla, runs | {"loss": laws.chinchilla(*runs.values(), **truth | {"beta": 0.35})})
    equal = fit(laws.chinchilla, level.data, fixed={"beta": "alpha"})
    assert equal.a == pytest.approx(0.5) == level.a and equal.optimum(1e21).a == pytest.approx(0.5)


def test_two_parameters_of_a_linear_form_have_no_second_derivative():
    assert chinchilla.curved == {
        "alpha": ["alpha", "beta", "E", "A", "B"],
        "beta": ["beta", "E", "A", "B"],
    }
    assert laws.kaplan.curved["alpha_D"] == ["alpha_D"] and sum(map(len, laws.kaplan.curved.values())) == 10
    x, values = np.geomspace(1, 1e3, 9), {"E": 0.3, "A": 2.0, "alpha": 0.4}
    floor = laws.power_law_with_constant
    bends = floor.hessian(x, **values)
    for plain in (True, False):
        other = replace(floor, curvatures=None, derivatives=None, analytic=plain)
        found = other.hessian(x, **values)
        assert found.keys() == {("alpha", "alpha"), ("alpha", "E"), ("alpha", "A")}
        np.testing.assert_allclose(found["alpha", "A"], bends["A", "alpha"], rtol=1e-4)
        np.testing.assert_allclose(found["alpha", "alpha"], bends["alpha", "alpha"], rtol=1e-4)
        np.testing.assert_allclose(found["alpha", "E"], 0, atol=1e-6)
