"""What several findings draw alike, and what the house asks of a figure."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from scalinglaws.figures import bowls, panels, shades, show, stops
from scalinglaws.frontier import isoflop_optimum

SIZES = np.geomspace(1e6, 1e8, 9)


@pytest.fixture
def ax():
    figure, ax = panels()
    yield ax
    plt.close(figure)


def bowl(flops):
    """A budget with a bowl whose lowest point grows as its root."""
    best = 1e7 * np.sqrt(flops / 1e18)
    return flops, SIZES, 3 + 0.1 * np.log(SIZES / best) ** 2 - 0.2 * np.log10(flops / 1e18)


def test_shades_darken():
    brightness = np.sum(shades(5), axis=1)
    assert len(brightness) == 5 and (np.diff(brightness) < 0).all()
    assert len(shades(1)) == 1


def test_bowls_mark_the_lowest_point_of_each_and_name_the_first_and_the_last(ax):
    curves = [bowl(flops) for flops in (5e17, 1e18, 2e18)]
    bowls(ax, curves)
    lines, marks = ax.lines[::2], ax.lines[1::2]
    assert [line.get_color() for line in lines] == shades(3)
    for (_, n_params, loss), mark in zip(curves, marks, strict=True):
        low = isoflop_optimum(n_params, loss)
        assert (mark.get_xdata(), mark.get_ydata()) == (low.n_params, low.loss)
    assert ax.get_legend_handles_labels()[1] == ["5e+17 FLOP", "interpolated minimum", "2e+18 FLOP"]


def test_stops_show_a_start_at_the_optimum_too(ax):
    stops(ax, np.array([0.3, 0.5]), np.array([0.02, 0.0]), 0.5, ("published", 0.4))
    (dots,) = ax.collections
    x, y = np.asarray(dots.get_offsets()).T
    assert x.tolist() == [0.3, 0.5] and y[0] == pytest.approx(2) and 0 < y[1] < 1e-3
    assert [line.get_xdata()[0] for line in ax.lines] == [0.5, 0.4]
    assert ax.get_yscale() == "log"


def test_a_figure_without_words_or_labels_is_refused():
    figure, ax = panels()
    with pytest.raises(ValueError, match="alt text is empty"):
        show(figure, " ")
    with pytest.raises(ValueError, match="no label"):
        show(figure, "a line")
    ax.set(xlabel="x", ylabel="y")
    assert show(figure, "a line").data.startswith(b"\x89PNG")
