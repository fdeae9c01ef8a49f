"""Correlations of many draws against scipy's, one pair at a time."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from scalinglaws.correlation import correlation, lines, log_slope, rank_correlation, ranks, slopes


@pytest.mark.parametrize("ours, theirs", [(correlation, stats.pearsonr), (rank_correlation, stats.spearmanr)])
def test_they_are_scipys_row_by_row(ours, theirs):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=9), rng.normal(size=(4, 3, 9)).round(1)  # some values are equal
    found = ours(x, y)
    assert found.shape == (4, 3)
    for place in np.ndindex(4, 3):
        assert found[place] == pytest.approx(theirs(x, y[place]).statistic, rel=1e-12)
        assert ours(y[place], x) == found[place]


def test_what_does_not_vary_has_none():
    for ours in (correlation, rank_correlation):
        assert np.isnan(ours([1.0, 1.0, 1.0], [1.0, 2.0, 4.0]))


def test_slopes_are_those_of_lines_drawn_one_by_one():
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=9), rng.normal(size=(4, 3, 9))
    found = slopes(x, y)
    for place in np.ndindex(4, 3):
        assert found[place] == pytest.approx(np.polyfit(x, y[place], 1)[0], rel=1e-12)


def test_ranks_are_scipys():
    x = np.random.default_rng(2).integers(0, 5, (3, 4, 11)).astype(float)
    assert np.array_equal(ranks(x), stats.rankdata(x, axis=-1))


def test_lines_and_powers_are_numpys():
    rng = np.random.default_rng(3)
    x, y = rng.uniform(1, 9, 7), rng.uniform(1, 2, (2, 3, 7))
    found = lines(x, y)
    assert found.shape == (2, 2, 3)
    for place in np.ndindex(2, 3):
        assert found[:, *place] == pytest.approx(np.polyfit(x, y[place], 1), rel=1e-12)
    assert log_slope(x, 3 * x**-0.7) == pytest.approx(-0.7, rel=1e-12)
