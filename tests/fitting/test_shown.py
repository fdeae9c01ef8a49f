"""How laws and fits show themselves: every ready law is typeset, numbers are those of the fit, figures have labels."""

from __future__ import annotations

import io

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib.mathtext import math_to_image

from scalinglaws import bootstrap, fit, huber, law, laws
from scalinglaws.cli.own import ready
from scalinglaws.fitting import FitError
from scalinglaws.fitting.typeset import as_text, formula, symbol

matplotlib.use("agg")
X = np.geomspace(1, 64, 12)
POINTS = pd.DataFrame({"x": X, "loss": (1.5 + 3 * X**-0.5) * np.exp(0.01 * np.cos(5 * X))})


@pytest.fixture(scope="module")
def plain():
    return fit(laws.power_law_with_constant, POINTS)


@pytest.fixture(scope="module")
def robust():
    return fit(laws.power_law, POINTS, loss=huber(1e-2))


@pytest.mark.parametrize("name", ready())
def test_every_ready_law_is_typeset(name):
    found = getattr(laws, name)
    for latex in (formula(found), *(symbol(found, part) for part in (*found.columns, *found.parameters))):
        math_to_image(f"${latex}$", io.BytesIO(), format="svg")
    symbols = [symbol(found, part) for part in found.parameters]
    assert len({*symbols, *(symbol(found, part) for part in found.columns)}) == len(symbols) + len(
        found.columns
    )
    assert all(one in formula(found) or name == "data_constrained" for one in symbols if "{" not in one)
    assert not set("\\{}$") & set(as_text(found))


def test_formulas_as_text():
    assert as_text(laws.chinchilla) == "L(N, D) = E + A/N^alpha + B/D^beta"
    assert as_text(laws.kaplan) == "L = [(N_c/N)^(alpha_N/alpha_D) + D_c/D]^alpha_D"


def test_a_law_of_ones_own_goes_by_its_names():
    @law(linear=("A_0",), bounds={"gamma_long": (0, 1)})
    def mine(steps, *, A_0, gamma_long):
        return A_0 * steps**-gamma_long

    assert formula(mine) == r"\hat y = \mathrm{mine}(\mathrm{steps}, A_{0}, \gamma_{long})"
    assert symbol(mine, "A_0") == "A_{0}" and symbol(mine, "gamma_long") == r"\gamma_{long}"
    assert symbol(mine, "A_0[web]") == r"A_{0}^{\mathrm{(web)}}"


def test_html_has_the_law_each_parameter_with_its_interval_and_the_proof(plain):
    html = plain._repr_html_()
    assert (
        r'<span class="math">\(\hat y = E + A\,x^{-\alpha}\)</span>' in html
        and "Converged on 12 runs: scaled gradient" in html
    )
    low, high = plain.interval("A")
    assert (
        rf'<td><span class="math">\(A\)</span></td>'
        f"<td>{plain['A']:.4g}</td><td>[{low:.4g}, {high:.4g}]</td>" in html
    )


def test_a_robust_fit_has_no_interval_by_itself_and_its_bootstrap_has(robust):
    assert "[" not in robust.to_latex() and "bootstrap(fit, 1000)" in robust._repr_html_()
    drawn = bootstrap(robust, 60)
    low, high = drawn.interval("alpha")
    for said in (drawn._repr_html_(), robust.to_latex(drawn)):
        assert f"{low:.4g}" in said and f"{high:.4g}" in said
    assert "percentiles of 60 resamples of 12 runs" in drawn._repr_html_()
    assert "95" not in bootstrap(robust, 10)._repr_html_(), "too few for an interval"


def test_latex_is_an_equation_and_a_table(plain):
    said = plain.to_latex()
    assert said.count(r"\begin{") == said.count(r"\end{") == 2 and said.count(r"\\") == 4
    fixed = fit(laws.power_law, POINTS.assign(y=1e9 * POINTS.loss), "y", fixed={"alpha": 0.5})
    assert r"$\alpha$ & 0.5 & fixed \\" in fixed.to_latex() and r"\times10^{9}$" in fixed.to_latex()


def test_what_is_named_with_html_marks_is_shown_as_it_is():
    runs = pd.concat([POINTS.assign(data="<b>"), POINTS.assign(data="c", loss=2 * POINTS.loss)])
    assert "<b>" not in fit(laws.power_law, runs, per={"A": "data"})._repr_html_()


def test_a_plot_shows_the_curve_with_its_band_and_all_runs(plain):
    left, right = plain.plot().axes
    (line,) = left.get_lines()
    np.testing.assert_allclose(line.get_ydata(), plain.predict({"x": line.get_xdata()}))
    band, dots = left.collections
    low, high = plain.prediction_interval({"x": line.get_xdata()}, new_run=False)
    edges = band.get_paths()[0].vertices[:, 1]
    assert edges.min() == pytest.approx(low.min()) and edges.max() == pytest.approx(high.max())
    assert len(dots.get_offsets()) == 12
    np.testing.assert_allclose(right.collections[0].get_offsets()[:, 1], 100 * plain.residuals)


def test_a_plot_of_two_columns_has_a_curve_for_a_few_values_of_the_other(found):
    left, right = found.plot(along="n_tokens").axes
    assert len(left.get_lines()) == 4 and right.get_xlabel() == "n_tokens"
    assert len(left.collections) == 1, "no band without a bootstrap"
    with pytest.raises(
        FitError, match="no column 'flops' to draw the law along; there are: n_params, n_tokens"
    ):
        found.plot(along="flops")
    matplotlib.pyplot.close("all")
