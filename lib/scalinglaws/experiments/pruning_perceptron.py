"""Maximum-margin students of pruned Gaussian training sets, for the theory of data pruning.

Source of the setting: Sorscher et al. (2022), arXiv:2206.14486; the theory beside it is in
`scalinglaws.perceptron`.
"""

from __future__ import annotations

from typing import Any

from scalinglaws.experiments import command
from scalinglaws.perceptron import simulate

SLUG = "pruning_perceptron"
SLUG_CI = "pruning_perceptron_ci"
TITLE = "Test error of maximum-margin perceptrons trained on pruned teacher-student data"
COLUMNS = {
    "n_dim": {"unit": "dimensions", "about": "input dimension N", "min": 50, "max": 2000},
    "alpha_total": {"unit": "examples a dimension", "about": "all examples / N", "min": 0.1, "max": 200},
    "f": {"unit": "fraction", "about": "kept fraction", "min": 0.001, "max": 1},
    "theta": {"unit": "radians", "about": "angle between probe and teacher", "min": 0, "max": 1.57},
    "keep": {"unit": "text", "about": "hard: smallest distances to the probe's boundary kept; easy: largest"},
    "seed": {"unit": "integer", "about": "seed of the draw", "min": 0, "max": 1000},
    "error": {"unit": "fraction", "about": "test error, angle to the teacher / pi", "min": 0, "max": 1},
    "probe_overlap": {"unit": "cosine", "about": "student's overlap with the probe", "min": -1, "max": 1},
    "margin": {"unit": "sd of an input", "about": "smallest margin of a kept example", "min": 0, "max": 5},
}
# Medians over the grid of the standard deviation over seeds at N = 400. The same seed gives
# the same draw and a solution without iteration error: repeats differ far less than this.
SPREAD = {"error": 0.01, "probe_overlap": 0.02, "margin": 0.02}

#: (alpha_total, f, theta, keep)
POINTS = [
    (3.0, 1.0, 0.0, "hard"),
    (3.0, 0.5, 0.0, "hard"),
    (3.0, 0.5, 0.0, "easy"),
    (1.0, 0.5, 0.0, "hard"),
    (1.0, 0.5, 0.0, "easy"),
    (8.0, 0.3, 0.0, "hard"),
    (8.0, 0.3, 0.0, "easy"),
    (32.0, 0.1, 0.0, "hard"),
    (32.0, 0.1, 0.0, "easy"),
    (3.0, 0.5, 0.35, "hard"),
    (6.0, 0.4, 0.8, "hard"),
    # The suspected drop at two kept examples a dimension, one point before and two after.
    (30.0, 0.05, 0.0, "hard"),
    (50.0, 0.05, 0.0, "hard"),
    (60.0, 0.05, 0.0, "hard"),
]
#: Dimension and seeds; the largest N shows what finite size still does to the smallest one.
SIZES = {"ci": [(150, 8)], "full": [(200, 32), (400, 32), (800, 16)]}


def grid(scale: str) -> list[dict[str, Any]]:
    """The configurations of a scale, `ci` or `full`."""
    return [
        {"n_dim": n_dim, "alpha_total": a, "f": f, "theta": theta, "keep": keep, "seed": seed}
        for n_dim, seeds in SIZES[scale]
        for a, f, theta, keep in POINTS
        for seed in range(seeds)
    ]


def run(**config: Any) -> dict[str, Any]:
    """One student; the arguments are those of `simulate`."""
    return simulate(**config)


def cost(n_dim: int, alpha_total: float, f: float, **_: Any) -> float:
    """Relative cost: active-set steps times the size of the problem."""
    return float(n_dim**3 * alpha_total * f)


if __name__ == "__main__":
    command("scalinglaws.experiments.pruning_perceptron")
