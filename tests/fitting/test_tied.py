"""Parameters that are tied, or one a group: the same fits as by a law written out."""

import numpy as np
import pandas as pd
import pytest

from scalinglaws import FitError, law
from scalinglaws.fitting.binding import bind, columns_of
from scalinglaws.fitting.derivatives import complex_step
from scalinglaws.fitting.estimate import fit
from scalinglaws.fitting.losses import squared
from scalinglaws.fitting.tied import grouped, tied
from scalinglaws.laws import chinchilla, power_law_with_constant


def runs(n=60):
    rng = np.random.default_rng(0)
    size, tokens = 10 ** rng.uniform(7.7, 9.1, n), 10 ** rng.uniform(8, 10.3, n)
    web = np.arange(n) % 2 == 1
    loss = np.where(web, 1.5, 1.9) + np.where(web, 57, 30) * size**-0.3 + 750 * tokens**-0.3
    loss = loss * np.exp(0.005 * rng.normal(size=n))
    return pd.DataFrame(
        {"n_params": size, "n_tokens": tokens, "loss": loss, "dataset": np.where(web, "web", "code")}
    )


def bound(form, data, **options):
    asked = {"loss": squared(), "residual": "log", "weights": None, "fixed": None, "bounds": None} | options
    return bind(form, data, "loss", **asked)


@law(linear=("E", "A", "B"), positive=("E", "A", "B"), bounds={"beta": (0, 3)})
def one_exponent(n_params, n_tokens, *, E, A, B, beta):
    return E + A * n_params**-beta + B * n_tokens**-beta


def test_a_tie_is_the_law_with_one_exponent():
    data = runs()
    found, wanted = fit(chinchilla, data, fixed={"alpha": "beta"}), fit(one_exponent, data)
    assert found.objective == pytest.approx(wanted.objective, rel=1e-9)
    for name in wanted.params:
        assert found[name] == pytest.approx(wanted[name], rel=1e-7)
    assert found.law.complete(wanted.params)["alpha"] == wanted["beta"]
    assert found.interval("beta") == pytest.approx(wanted.interval("beta"), rel=1e-6)


def test_ties_of_ties_and_to_fixed_values():
    form = tied(chinchilla, {"A": "B", "B": "E"})
    assert form.parameters == ("E", "alpha", "beta") and form.ties == {"A": "E", "B": "E"}
    assert form(1e3, 1e4, E=2.0, alpha=0.3, beta=0.4) == chinchilla(
        1e3, 1e4, E=2.0, A=2.0, B=2.0, alpha=0.3, beta=0.4
    )
    problem = bound(chinchilla, runs(), fixed={"alpha": "beta", "beta": 0.3})
    assert problem.names == ("E", "A", "B") and problem.law.ties == {"alpha": "beta"}


def test_bounds_of_tied_parameters_are_both_kept():
    problem = bound(
        chinchilla, runs(), fixed={"alpha": "beta"}, bounds={"alpha": (0.1, 0.9), "beta": (0.2, 2)}
    )
    assert problem.bounds["beta"] == (0.2, 0.9)
    with pytest.raises(FitError, match="do not overlap"):
        bound(chinchilla, runs(), fixed={"alpha": "beta"}, bounds={"alpha": (0.1, 0.2), "beta": (0.3, 2)})


@pytest.mark.parametrize(
    ("fixed", "words"),
    [
        ({"alpha": "gamma"}, "has no gamma"),
        ({"gamma": "alpha"}, "has no gamma"),
        ({"alpha": "alpha"}, "itself|themselves"),
        ({"alpha": "beta", "beta": "alpha"}, "itself"),
        ({"alpha": None}, "names of parameters"),
        ({"alpha": [0.3]}, "names of parameters"),
    ],
)
def test_ties_that_make_no_sense(fixed, words):
    with pytest.raises(FitError, match=words):
        fit(chinchilla, runs(), fixed=fixed)


@pytest.mark.parametrize("batch", [(), (1,), (3, 1)], ids=str)
@pytest.mark.parametrize(
    "form",
    [
        tied(chinchilla, {"alpha": "beta", "A": "B"}),
        grouped(chinchilla, {"E": "dataset", "alpha": "dataset"}, {"dataset": ("code", "web")}),
        tied(
            grouped(chinchilla, {"E": "d", "A": "e"}, {"d": ("1", "2"), "e": ("x", "y")}), {"alpha": "beta"}
        ),
        grouped(tied(chinchilla, {"alpha": "beta"}), {"beta": "d"}, {"d": ("1", "2")}),
    ],
    ids=["tied", "grouped", "two columns, tied", "tied, grouped"],
)
def test_derivatives_of_derived_laws(form, batch):
    rng = np.random.default_rng(0)
    columns = [10 ** rng.uniform(1, 4, 7) for _ in range(2)] + [rng.integers(0, 2, 7) for _ in form.labels]
    values = {name: rng.uniform(0.1, 1, batch) for name in form.parameters}
    found, exact = form.gradient(*columns, **values), complex_step(form.function, columns, values)
    bends = form.hessian(*columns, **values)
    for name in form.parameters:
        np.testing.assert_allclose(
            np.broadcast_to(found[name], exact[name].shape), exact[name], rtol=1e-10, atol=1e-14
        )
        moved = form.gradient(*columns, **(values | {name: values[name] + 1e-6}))
        for other in form.parameters:
            ours = bends.get((name, other), bends.get((other, name), 0.0))
            np.testing.assert_allclose(
                np.broadcast_to(ours, exact[name].shape),
                (moved[other] - found[other]) / 1e-6,
                rtol=1e-3,
                atol=1e-5,
            )


def test_a_parameter_of_its_own_for_every_group_is_a_fit_of_each():
    data = runs().rename(columns={"n_params": "x"})
    apart = {label: fit(power_law_with_constant, part) for label, part in data.groupby("dataset")}
    codes = (data.dataset == "web").to_numpy(float)
    per = dict.fromkeys(("E", "A", "alpha"), "code")
    form = grouped(power_law_with_constant, per, {"code": ("code", "web")})
    problem = bound(power_law_with_constant, data, per=dict.fromkeys(("E", "A", "alpha"), "dataset"))
    assert problem.columns[1].tolist() == codes.tolist()
    assert problem.names == form.parameters and problem.law.linear == form.linear
    theta = problem.theta({f"{k}[{label}]": v for label, one in apart.items() for k, v in one.params.items()})
    assert problem.objective(theta) == pytest.approx(sum(one.objective for one in apart.values()), rel=1e-9)
    assert np.abs(problem.gradient(theta)).max() < 1e-8


def test_groups_by_numbers_and_by_two_columns():
    data = runs().assign(arm=np.arange(60) % 3, host=np.where(np.arange(60) < 30, "a", "b"))
    problem = bound(
        chinchilla,
        data,
        per={"E": "arm", "A": "host"},
        fixed={"E[1]": 1.7},
        bounds={"A": (1, 1e4), "E[2]": (1, 2)},
    )
    assert problem.names == ("E[0]", "E[2]", "A[a]", "A[b]", "B", "alpha", "beta")
    assert problem.bounds["A[b]"] == (1, 1e4) and problem.bounds["E[2]"] == (1, 2)
    values = {"E": 1.7, "A": 400.0, "B": 750.0, "alpha": 0.3, "beta": 0.3}
    theta = problem.theta({name: values[name.split("[")[0]] for name in problem.names})
    columns = data.n_params.to_numpy(), data.n_tokens.to_numpy()
    np.testing.assert_allclose(problem.predict(theta), chinchilla(*columns, **values), rtol=1e-12)


def test_new_data_name_groups_by_their_labels():
    form = bound(chinchilla, runs(), per={"E": "dataset"}).law
    rows = {"n_params": [1e8, 1e9], "n_tokens": [1e9, 1e9], "dataset": ["web", "code"]}
    assert [values.tolist() for values in columns_of(form, rows)][2] == [1, 0]
    with pytest.raises(FitError, match="holds book, which no fitted run had; known are code, web"):
        columns_of(form, rows | {"dataset": ["web", "book"]})
    with pytest.raises(FitError, match="no column 'dataset'"):
        columns_of(form, {"n_params": [1e8], "n_tokens": [1e9]})


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"per": {"gamma": "dataset"}}, "per names gamma"),
        ({"per": {"A": "corpus"}}, "no column 'corpus'"),
        ({"per": {"A": "n_params"}}, "takes as a number"),
        ({"per": {"A": "dataset"}, "fixed": {"A": 3.0}}, "one a group"),
        ({"per": {"A": "dataset"}, "fixed": {"A[book]": 3.0}}, "no parameter"),
        ({"per": {"A": "holes"}}, "missing labels"),
    ],
)
def test_groups_that_make_no_sense(options, words):
    with pytest.raises(FitError, match=words):
        bound(chinchilla, runs().assign(holes=np.where(np.arange(60) < 3, None, "a")), **options)
