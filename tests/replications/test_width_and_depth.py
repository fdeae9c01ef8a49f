"""Width and depth: errors and objectives by a fit of scipy's alone, from the published table."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import optimize

from replications.width_and_depth import derivatives
from scalinglaws import load
from scalinglaws.claims import verdicts

DELTA = 1e-4


def misfit(theta, x, y):
    """Sum of Huber losses of log residuals, times 1e7, and its slope; exponents, log coefficients, log E."""
    k = len(x)
    terms = np.vstack([theta[k : 2 * k, None] - theta[:k, None] * x, np.full(len(y), theta[-1])])
    total = np.logaddexp.reduce(terms)
    share, residual = np.exp(terms - total), y - total
    pull = np.clip(residual, -DELTA, DELTA)
    rho = np.where(np.abs(residual) <= DELTA, residual**2 / 2, DELTA * (np.abs(residual) - DELTA / 2))
    slope = [(pull * share[:k] * x).sum(1), -(pull * share[:k]).sum(1), [-(pull * share[k]).sum()]]
    return 1e7 * rho.sum(), 1e7 * np.concatenate(slope)


def fitted(points: pd.DataFrame, columns: list[str], theta: np.ndarray) -> np.ndarray:
    """The least misfit near a start."""
    x, y = np.log(points[columns].to_numpy(float)).T, np.log(points.loss.to_numpy())
    for method in ("L-BFGS-B", "BFGS", "L-BFGS-B", "BFGS"):
        options = {"maxiter": 20_000} | (
            {"maxfun": 10**5, "ftol": 1e-15, "maxcor": 30} if "-" in method else {}
        )
        theta = optimize.minimize(misfit, theta, (x, y), method, jac=True, options=options).x
    return theta


def errors(theta: np.ndarray, points: pd.DataFrame, columns: list[str]) -> pd.Series:
    """Absolute relative errors in per cent."""
    x, k = np.log(points[columns].to_numpy(float)).T, len(columns)
    terms = [*(theta[k : 2 * k, None] - theta[:k, None] * x), np.full(len(points), theta[-1])]
    return 100 * (np.exp(np.logaddexp.reduce(terms)) / points.loss - 1).abs()


#: Columns of the two laws, and where their fits start: rounded values of no paper.
LAWS = {
    "size": (["n_params", "n_tokens"], np.array([0.3, 0.5, 5.0, 12.0, 0.5])),
    "shape": (
        ["width", "depth", "n_params", "n_tokens"],
        np.array([0.22, 0.47, 0.36, 0.5, 1.1, -0.2, 6.0, 10.5, 0.42]),
    ),
}


@pytest.fixture(scope="module")
def points() -> pd.DataFrame:
    table = load("gemstones")
    return table[table.every_10b == 1].reset_index(drop=True)


@pytest.fixture(scope="module")
def kept() -> dict[str, dict]:
    return {verdict["id"]: verdict for verdict in verdicts.read("17_width_and_depth")["verdicts"]}


def test_errors_of_the_law_of_size_and_exponents_of_the_law_of_shape(points, kept):
    large = points[(points.n_params > 1.8e9) & (points.n_tokens > 2.5e11)]
    smaller = points[points.n_params < 1.8e9]
    plain = {name: fitted(part, *LAWS["size"]) for name, part in (("all", points), ("small", smaller))}
    told = {name: fitted(part, *LAWS["shape"]) for name, part in (("all", points), ("small", smaller))}
    for name, theta in plain.items():
        found = errors(theta, large, LAWS["size"][0]).mean()
        assert found == pytest.approx(kept[f"are-{name}"]["measured"], rel=1e-3)
    for power, exponent in zip("abcd", told["all"], strict=False):
        assert exponent == pytest.approx(kept[f"shape-{power}"]["measured"], rel=2e-3)
    fall = [
        errors(theta["small"], large, LAWS[law][0]).mean()
        for law, theta in (("size", plain), ("shape", told))
    ]
    assert fall[0] - fall[1] == pytest.approx(kept["extrapolates"]["measured"], rel=5e-3)


def test_the_error_on_models_left_out_falls_as_kept(points, kept):
    start = {law: fitted(points, *LAWS[law]) for law in LAWS}
    found = {law: [] for law in LAWS}
    for _, left in points.groupby(["width", "depth"]):
        rest = points.drop(left.index)
        for law, (columns, _) in LAWS.items():
            theta = fitted(rest, columns, start[law])
            found[law].append(np.log1p(errors(theta, left, columns) / 100).mean())
    ratio = np.mean(found["shape"]) / np.mean(found["size"])
    assert ratio == pytest.approx(kept["halves"]["measured"], rel=0.02)


def test_derivatives_are_those_of_the_law():
    params = {"E": 1.5, "A": 2.0, "B": 0.8, "C": 400.0, "D": 1e5} | dict(
        zip("abcd", (0.2, 0.5, 0.4, 0.5), strict=True)
    )
    columns = [np.array([300.0, 900.0]), np.array([5.0, 40.0]), np.array([1e8, 2e9]), np.array([1e10, 3e11])]

    def loss(**p):
        return p["E"] + sum(p[k.upper()] * x ** -p[k] for k, x in zip("abcd", columns, strict=True))

    for name, slope in derivatives.slopes(*columns, **params).items():
        step = 1e-6 * params[name]
        up, down = (loss(**params | {name: params[name] + s}) for s in (step, -step))
        assert slope == pytest.approx((up - down) / (2 * step), rel=1e-6)
    for (first, second), bend in derivatives.curvatures(*columns, **params).items():
        step = 1e-6 * params[second]
        up, down = (
            derivatives.slopes(*columns, **params | {second: params[second] + s})[first]
            for s in (step, -step)
        )
        assert bend == pytest.approx((up - down) / (2 * step), rel=1e-6)
