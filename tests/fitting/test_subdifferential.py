"""The proof of an optimum with a corner: it holds there, and nowhere next to it."""

from __future__ import annotations

import numpy as np
import pytest
from simulated import figure_runs

from scalinglaws.fitting.binding import bind
from scalinglaws.fitting.descent import exactly
from scalinglaws.fitting.kinked import scaled
from scalinglaws.fitting.losses import absolute, huber, quantile
from scalinglaws.fitting.solve import TIGHT
from scalinglaws.fitting.subdifferential import optimality_at
from scalinglaws.laws import chinchilla

START = {"E": 1.8173, "A": 477.8, "B": 2145.0, "alpha": 0.3473, "beta": 0.3672}


@pytest.mark.parametrize("loss", [absolute(), quantile(0.2), huber(4.706e-9)])
def test_a_place_that_is_no_optimum_is_refused(loss):
    problem = bind(chinchilla, figure_runs(), "loss", loss, "log", None, None, None)
    theta = exactly(problem, problem.theta(START)[None]).theta[0]
    proof = optimality_at(problem, theta)
    assert optimality_at(problem, theta).gap < TIGHT
    for j in range(5):
        for away in (1e-6, -1e-3):
            assert not optimality_at(problem, theta + away * np.eye(5)[j]).gap < TIGHT
    # A vertex, with five zeros, that is not the best one: one residual of the right ones swapped for another.
    at = scaled(problem, theta, 0.0)
    corner = proof.corner.copy()
    corner[np.flatnonzero(corner)[0]] = False
    corner[np.argsort(np.where(proof.corner, np.inf, np.abs(at.r)))[3]] = True
    for _ in range(30):
        theta = theta - np.linalg.lstsq(problem.jacobian(theta)[corner], problem.residuals(theta)[corner])[0]
    assert np.abs(problem.residuals(theta)[corner]).max() < 1e-12
    assert not optimality_at(problem, theta).gap < TIGHT
