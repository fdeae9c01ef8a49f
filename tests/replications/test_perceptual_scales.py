"""Perceptual scales: least squares by SLSQP, likelihoods by BFGS, information by differences of divergences."""

from __future__ import annotations

import itertools
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import integrate, optimize, stats

from replications.perceptual_scales import observers, predictions, scales
from scalinglaws import load
from scalinglaws.claims import verdicts

X = np.linspace(0, 1, 13)
TRIPLETS = [
    (i, j, k) for i, j, k in itertools.combinations(range(13), 3) if 1 <= j - i <= 3 and 1 <= k - j <= 3
]
A = np.array([[(s in (i, k)) - 2.0 * (s == j) for s in range(13)] for i, j, k in TRIPLETS])


@pytest.fixture(scope="module")
def answers() -> dict[str, np.ndarray]:
    """Counts by hand, one column after another."""
    table = load("fisher_scales_counts").set_index("triplet")
    return {
        name: np.array([part[f"person_{k}"].sort_index() for k in range(1, 6)])
        for name, part in table.groupby("condition")
    }


@pytest.fixture(scope="module")
def kept() -> dict[str, dict]:
    return {v["id"]: v for v in verdicts.read("62_perceptual_scales")["verdicts"]}


def by_slsqp(counts: np.ndarray) -> np.ndarray:
    """The released objective by the solver that the released program calls, with tight tolerances."""
    wanted = -stats.norm.ppf(np.clip(counts.mean(axis=0) / 5, 1e-3, 1 - 1e-3))
    found = optimize.minimize(
        lambda f: np.sum((A[:, 1:] @ f - wanted) ** 2),
        X[1:] * 6.5,
        jac=lambda f: 2 * A[:, 1:].T @ (A[:, 1:] @ f - wanted),
        method="SLSQP",
        constraints=[{"type": "ineq", "fun": lambda f: np.diff(np.r_[0, f])}],
        options={"maxiter": 10_000, "ftol": 1e-14},
    )
    return np.r_[0, found.x] / found.x[-1]


def probit(counts: np.ndarray, columns: np.ndarray) -> optimize.OptimizeResult:
    """Greatest likelihood of a probit by BFGS on the sum over people, written out."""
    n, nearer = 5 * len(counts), counts.sum(axis=0)

    def loss(c):
        z = -A @ columns @ c
        return -np.sum(nearer * stats.norm.logcdf(z) + (n - nearer) * stats.norm.logcdf(-z)) / n

    best = optimize.minimize(loss, np.full(columns.shape[1], 3.0), method="BFGS", options={"gtol": 1e-9})
    return optimize.minimize(
        loss, best.x, method="Nelder-Mead", options={"xatol": 1e-10, "fatol": 1e-15, "maxiter": 4000}
    )


def test_triplets_are_those_of_the_released_program():
    assert len(TRIPLETS) == 81
    np.testing.assert_array_equal(A, scales.contrasts())


def test_a_scale_is_found_again():
    seen = np.sqrt(X)
    assert np.abs(scales.monotone(observers.shares(seen, 0.3)) - seen).max() < 1e-6


@pytest.mark.parametrize("name", ["exp_sf", "exp_sf_bdw", "exp_ori_bdw", "pair_05", "pair_11"])
def test_least_squares_by_another_solver(name, answers):
    np.testing.assert_allclose(by_slsqp(answers[name]), scales.least_squares(answers[name]), atol=2e-5)


@pytest.mark.parametrize("person", range(5))
def test_amplitudes_by_another_solver(person, answers):
    one, log = answers["exp_sf"][person][None], np.log(1 + 6 * X) / np.log(7)
    found = probit(one, np.column_stack([X, log - X]))
    assert scales.amplitudes(one, log) == pytest.approx([found.x[1] / found.x[0]], abs=2e-5)
    ours = scales.regression(one, np.column_stack([X, log - X]))
    assert ours.log_likelihood == pytest.approx([-found.fun * 5], abs=1e-6)


@pytest.mark.parametrize("name", ["exp_sf", "pair_12"])
def test_likeliest_scales_by_statsmodels(name, answers):
    counts = answers[name].sum(axis=0)
    known = sm.GLM(
        np.column_stack([counts, 25 - counts]),
        -A[:, 1:],
        family=sm.families.Binomial(sm.families.links.Probit()),
    ).fit(tol=1e-12)
    np.testing.assert_allclose(
        scales.likeliest(answers[name])[1:], known.params / known.params[-1], atol=1e-7
    )
    assert scales.noise(answers[name]) == pytest.approx(1 / known.params[-1], rel=1e-7)


def test_answers_without_error_have_no_noise():
    with pytest.raises(ValueError, match="not at its maximum"):
        scales.regression(np.where(A @ X**0.5 < 0, 5, 0)[None], X[:, None] ** 0.5)


def test_closed_forms_are_the_information_of_log_normals_and_of_von_mises():
    """A difference of divergences: eight times the squared Hellinger distance, over the squared step."""
    theta = np.linspace(-np.pi / 2, np.pi / 2, 20_001)

    def orientations(s):
        p = np.exp((np.cos(2 * theta) - 1) / (4 * s**2))
        return p / integrate.trapezoid(p, theta)

    logs = np.linspace(-30, 30, 60_001)

    def frequencies(b):
        v = np.log(2) / 8 * b**2
        return stats.norm.pdf(logs, v, np.sqrt(v))

    def rates(density, grid, places, step):
        apart = [
            integrate.trapezoid((np.sqrt(density(place + step)) - np.sqrt(density(place - step))) ** 2, grid)
            for place in places
        ]
        return np.sqrt(np.array(apart)) / step

    fine = np.linspace(0, 1, 601)
    for found, rate in (
        (
            predictions.orientation_bandwidth(),
            rates(orientations, theta, np.deg2rad(1.5 + 12 * fine), np.deg2rad(1e-3)),
        ),
        (predictions.frequency_bandwidth(), rates(frequencies, logs, 0.25 + 3 * fine, 1e-4)),
    ):
        path = integrate.cumulative_simpson(rate, x=fine, initial=0)
        np.testing.assert_allclose(np.interp(X, fine, path / path[-1]), found, atol=2e-4)


def test_pixels_along_a_path_by_divergences():
    path = pd.DataFrame(
        {"t": np.linspace(0, 1, 5), "sd_0": 30.0, "sd_1": 42.0, "mean_0": 120.0, "mean_1": 131.0}
    )

    def at(t):
        return 120 + 11 * t, 30 + 12 * t

    def divergence(t, h):
        (m, s), (n, r) = at(t - h), at(t + h)
        return np.log(r / s) + (s**2 + (m - n) ** 2) / (2 * r**2) - 0.5

    by_divergence = [2 * divergence(t, 1e-3) / 4e-6 for t in path.t]
    np.testing.assert_allclose(predictions.from_pixels(path), by_divergence, rtol=3e-3)
    backwards = predictions.from_pixels(path, released=True)
    assert np.abs(backwards / predictions.from_pixels(path) - 1).max() > 0.2


def by_hand(path: pd.DataFrame, residues: tuple[int, int]) -> np.ndarray:
    """The released scale of a pair at the 13 places, with frequency zero written out."""
    a, b = (np.sqrt(1e-6 + (512 * k / 2**18) ** 2) for k in residues)
    s = (path.t * b + (1 - path.t) * a) ** 2
    slope = 2 * (b - a) * (path.t * b + (1 - path.t) * a)
    means = (path.mean_1 - path.mean_0) ** 2
    rate = np.sqrt(path.power_term + means * path.inverse_power + means / s + slope**2 / s**2 / 2)
    nearest = np.abs(X[:, None] - np.linspace(1e-3, 0.999, 100)).argmin(axis=1)
    return (rate.cumsum() / rate.sum()).to_numpy()[nearest]


def score(predicted: np.ndarray, measured: np.ndarray) -> float:
    off = measured - X
    return np.sum(np.sign(off) * (predicted - X)) / np.abs(off).sum()


@pytest.fixture(scope="module")
def by_rounding(answers) -> pd.DataFrame:
    """Score of each pair (row) for each rounding of its two means (column)."""
    seen = {pair: by_slsqp(answers[pair]) for pair in answers if pair.startswith("pair")}
    return pd.DataFrame(
        {
            pair: {
                off: score(by_hand(path, off), seen[pair]) for off in itertools.product(range(4), repeat=2)
            }
            for pair, path in load("fisher_scales_spectra").groupby("pair")
        }
    ).T


def test_the_printed_score_and_its_intervals(by_rounding, kept):
    each = by_rounding.mean(axis=1)
    assert kept["printed-mean"]["measured"] == pytest.approx(each.mean(), abs=2e-4)
    spread = (
        np.sqrt((by_rounding.var(axis=1, ddof=0)).sum()) / 12
    )  # Of a sum of twelve independent roundings.
    low, high = kept["printed-mean"]["low"], kept["printed-mean"]["high"]
    assert high - low == pytest.approx(2 * 1.96 * spread, rel=0.1)
    low, high = stats.t.interval(0.95, 11, each.mean(), stats.sem(each))
    assert (kept["mean"]["low"], kept["mean"]["high"]) == pytest.approx((low, high), abs=5e-4)


def test_the_bars_that_the_authors_drew(by_rounding):
    """Single precision meets the authors' bars to a pixel, and double precision does not."""
    bars = load("fisher_scales_bars").set_index("pair").power
    off = by_rounding.sub(bars, axis=0).abs()
    assert off.min(axis=1).max() < 0.016
    assert off[(0, 0)].max() > 0.4
    assert bars.mean() == pytest.approx(0.92, abs=0.01)
    assert 3 * bars.std() / np.sqrt(12) == pytest.approx(0.69, abs=0.01)


def test_pictures_in_single_precision():
    """PyTorch's mean of each picture is off by a whole number of units, and by few of them."""
    torch = pytest.importorskip("torch")
    mirror = os.environ.get("SCALINGLAWS_MIRROR")
    if not mirror or not (file := Path(mirror) / "perceptual-scales/stimuli_gray_u8.npz").is_file():
        pytest.skip("no mirror folder with the pictures")
    with np.load(file, allow_pickle=False) as pictures:
        for name in pictures.files:
            picture = pictures[name]
            rounded = torch.from_numpy(picture.astype(np.float32))[None].mean((0, 1, 2)).item()
            units = rounded * 2**18 - int(picture.sum(dtype=np.int64))
            assert units == round(units) and abs(units) <= 8


def test_people_one_by_one(answers, kept):
    log = np.log(1 + 6 * X) / np.log(7)
    each = [probit(one[None], np.column_stack([X, log - X])).x for one in answers["exp_sf"]]
    ratios = [b / a for a, b in each]
    low, high = stats.t.interval(0.95, 4, np.mean(ratios), stats.sem(ratios))
    row = kept["sf-amplitude"]
    assert (row["measured"], row["low"], row["high"]) == pytest.approx((np.mean(ratios), low, high), abs=1e-4)
    better = [
        probit(one[None], log[:, None]).fun < probit(one[None], X[:, None]).fun for one in answers["exp_sf"]
    ]
    assert kept["sf-each"]["measured"] == sum(better)


def test_equal_distances_are_a_tie_however_they_are_rounded():
    straight = observers.shares(scales.PLACES, 0.2)
    tied = np.isclose(straight, 0.5, rtol=0, atol=1e-9)
    assert tied.sum() > 5
    for last_bits in (-1e-16, 0.0, 1e-16):
        seen = scales.PLACES + last_bits * np.arange(13)
        assert (observers.shares(seen, 0.2)[tied] == 0.5).all()


def test_a_straight_line_scores(kept):
    """Answers on a straight line score beyond a half whatever is predicted."""
    rng = np.random.default_rng(5)
    found = observers.scores(predictions.logarithm(), X, 0.2, 300, rng)
    assert np.mean(np.abs(found) > 0.5) > 0.8
    assert kept["score-identity"]["measured"] > 0.8
