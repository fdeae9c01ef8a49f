"""Maximum-margin students of pruned Gaussian training sets, for the theory of data pruning.

Source of the setting: Sorscher et al. (2022), arXiv:2206.14486; the theory beside it is in
`replications.data_pruning.theory`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.optimize import nnls

from scalinglaws.sweeps.command import command
from scalinglaws.sweeps.witness import Witnesses

SLUG = "data_pruning_perceptron"
SLUG_CI = "data_pruning_perceptron_small"
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


def witnesses(scale: str) -> Witnesses:
    """Every point in few dimensions, which is cheap, and two rows of the table itself."""
    names = ("alpha_total", "f", "theta", "keep")
    small = [dict(zip(names, point, strict=True)) for point in POINTS]
    rows = [config for config in grid(scale) if config["seed"] == 0][:3:2]
    return Witnesses([{"n_dim": 40, **point, "seed": 0} for point in small] + rows)


def max_margin(rows: np.ndarray) -> np.ndarray:
    """The unit direction of the largest smallest product with all rows, exactly.

    Lawson and Hanson's reduction: the shortest w with `rows @ w >= 1` comes from the
    residual of one non-negative least-squares problem, which ends after finitely many steps.

    Parameters
    ----------
    rows
        Labelled examples `y x`, shape (examples, dimensions).

    Raises
    ------
    ValueError
        If no direction has a positive margin.
    """
    count, dimension = rows.shape
    system = np.vstack([rows.T, np.ones(count)])
    target = np.zeros(dimension + 1)
    target[-1] = 1.0
    multipliers, _ = nnls(system, target, maxiter=30 * count)
    rest = target - system @ multipliers
    if rest[-1] < 1e-10:
        raise ValueError("the examples cannot be separated")
    return -rest[:-1] / np.linalg.norm(rest[:-1])


def run(n_dim: int, alpha_total: float, f: float, theta: float, keep: str, seed: int) -> dict[str, float]:
    """One pruned training set of finite size and its maximum-margin student.

    Parameters
    ----------
    n_dim
        Input dimension N.
    alpha_total
        All examples a dimension, before pruning.
    f, theta, keep
        Kept fraction, probe angle (radians) and rule, as in `replications.data_pruning.theory.solve`;
        exactly `round(f * P)` of the `P = round(alpha_total * N)` examples are kept.
    seed
        Seed of the draw.

    Returns
    -------
    dict
        `error`, `probe_overlap` and `margin` of the student.
    """
    rng = np.random.default_rng(seed)
    total = round(alpha_total * n_dim)
    # Along the probe, across it in the teacher's plane, and the rest; only kept rows need a rest.
    z, v = rng.standard_normal((2, total))
    order = np.argsort(np.abs(z))
    count = max(1, round(f * total))
    kept = {"hard": order[:count], "easy": order[-count:]}[keep]
    x = np.column_stack([z[kept], v[kept], rng.standard_normal((count, n_dim - 2))])
    y = np.sign(x[:, 0] * np.cos(theta) + x[:, 1] * np.sin(theta))
    student = max_margin(y[:, None] * x)
    aligned = student[0] * np.cos(theta) + student[1] * np.sin(theta)
    across = np.hypot(student[1] * np.cos(theta) - student[0] * np.sin(theta), np.linalg.norm(student[2:]))
    return {
        "error": float(np.arctan2(across, aligned) / np.pi),
        "probe_overlap": float(student[0]),
        "margin": float((y * (x @ student)).min()),
    }


def cost(n_dim: int, alpha_total: float, f: float, **_: Any) -> float:
    """Relative cost: active-set steps times the size of the problem."""
    return float(n_dim**3 * alpha_total * f)


if __name__ == "__main__":
    command("replications.data_pruning.perceptron")
