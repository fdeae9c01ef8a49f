"""Which measurements rest on a fit that nobody asked to be proved, by a notebook's source."""

from __future__ import annotations

import nbformat
import pytest

from scalinglaws.notebooks import loose

LOOSE = "one = fit(law, runs, strict=False)"


def found(*cells: str) -> list[str]:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
    return [call for _, call in loose.measurements(notebook)]


@pytest.mark.parametrize(
    "cells",
    [
        [LOOSE, "paper.measured('a', one['alpha'])"],
        ["paper.measured('a', fit(law, runs, strict=False)['alpha'])"],
        ["paper.measured('a', fit(law, runs, strict=careful)['alpha'])"],
        # By way of other names, of containers that change, and of what a loop leaves behind.
        [
            LOOSE,
            "two = one.params",
            "three = {}\nthree['a'] = two['alpha']",
            "paper.measured('a', three['a'])",
        ],
        [
            LOOSE,
            "rows = []\nfor x in data:\n    rows.append(one.predict(x))",
            "paper.measured('a', max(rows))",
        ],
        [LOOSE, "for k, v in one.params.items():\n    paper.measured(k, v)"],
        [LOOSE, "for t, (a, b) in zip(names, one.pairs):\n    paper.measured(t, b)"],
        [LOOSE, "for i, v in enumerate(one.residuals):\n    paper.measured('a', v)"],
        [LOOSE, "for v in zip(names, one.residuals):\n    paper.measured('a', v[1])"],
        [LOOSE, "with quiet(one) as q:\n    a = one['alpha']\npaper.measured('a', a)"],
        ["a = 0\nfor x in data:\n    paper.measured('a', a)\n    a = fit(law, x, strict=False)['alpha']"],
        ["try:\n    one = 3\nexcept FitError:\n    " + LOOSE, "paper.measured('a', one)"],
        # By way of functions, defined here and now or called later.
        [
            "def summary(t):\n    return fit(law, t, strict=False)['alpha']",
            "paper.measured('a', summary(runs))",
        ],
        ["def say(id, v):\n    return paper.measured(id, v)", LOOSE, "say('a', one['alpha'])"],
        [LOOSE, "paper.measured('a', Estimate(3.0, *one.interval('alpha'), 'Wald'))"],
    ],
)
def test_a_measurement_of_a_loose_fit_is_found(cells):
    assert len(found(*cells)) == 1


@pytest.mark.parametrize(
    "cells",
    [
        ["one = fit(law, runs)", "paper.measured('a', one['alpha'])"],
        ["one = fit(law, runs, strict=True)", "paper.measured('a', one['alpha'])"],
        [LOOSE, "paper.measured('a', one['alpha'], fit=one)"],
        [LOOSE, "paper.measured('a', one['alpha'], unproved='theirs stopped short, too')"],
        [LOOSE, "one = fit(law, runs)", "paper.measured('a', one['alpha'])"],
        # A loop binds its names anew, and those that only say which one it is hold nothing of a fit.
        [
            LOOSE,
            "for f in [one]:\n    print(f)",
            "for f in proved:\n    paper.measured('a', f['alpha'])",
        ],
        [LOOSE, "for t, f in {'a': one}.items():\n    print(f)\n    paper.measured(t, proved[t])"],
        [LOOSE, "for i, v in enumerate(one.residuals):\n    paper.measured('a', proved[i])"],
        [LOOSE, "for ours, theirs in zip(proved, [one]):\n    paper.measured('a', ours['alpha'])"],
        [LOOSE, "print(one)", "paper.measured('a', runs.loss.mean())"],
        [LOOSE, "plt.plot(one.residuals)", "paper.measured('a', np.mean(runs.loss))"],
        ["found = smf.ols('y ~ x', runs).fit(strict=False)", "paper.measured('a', found.slope)"],
    ],
)
def test_other_measurements_are_left_alone(cells):
    assert found("import numpy as np\nimport matplotlib.pyplot as plt", *cells) == []
