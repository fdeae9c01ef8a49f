"""Coverage by k samples, curves through it, and the beta distribution of pass rates behind it."""

from __future__ import annotations

import numpy as np
from scipy import special

#: Coverage nearer than this to none or all is taken as this near: no curve ever gets there.
EDGE = 1e-12


def inside(coverage: np.ndarray) -> np.ndarray:
    """Coverage kept off zero and one, whose logarithms are infinite."""
    return np.clip(coverage, EDGE, 1 - EDGE)


#: Two-parameter curves for coverage: what is a line in log k, and its inverse.
CURVES = {
    "exponentiated power law": (lambda c: np.log(-np.log(inside(c))), lambda y: np.exp(-np.exp(y))),
    "line for the logit": (lambda c: special.logit(inside(c)), special.expit),
    "line for the probit": (lambda c: special.ndtri(inside(c)), special.ndtr),
}


def pass_at_k(n: int, correct: np.ndarray, ks: np.ndarray) -> np.ndarray:
    """The chance that k of n samples, drawn without replacement, hold a right one.

    Parameters
    ----------
    n
        Samples of each problem.
    correct
        Right ones, any shape.
    ks
        Numbers of samples, shape (k,), none above n.

    Returns
    -------
    ndarray
        Shape of `correct` with k as the last axis: 1 - C(n - c, k) / C(n, k).

    Raises
    ------
    ValueError
        If more are asked for than were sampled.
    """
    if np.max(ks) > n:
        raise ValueError(f"coverage at {np.max(ks)} samples cannot be had from {n}")
    wrong = n - np.asarray(correct, float)[..., None]
    ks = np.asarray(ks, float)
    logs = special.gammaln(wrong + 1) - special.gammaln(np.maximum(wrong - ks, 0) + 1)
    logs = logs - special.gammaln(n + 1) + special.gammaln(n - ks + 1)
    return np.where(wrong < ks, 1.0, -np.expm1(logs))


def worlds(
    kind: str, mean: float, beta: tuple[float, float], size: tuple, rng: np.random.Generator
) -> np.ndarray:
    """Pass rates of problems, drawn from one of four distributions with one mean.

    Parameters
    ----------
    kind
        beta, equal (all problems alike), two kinds (one four times as easy), or log-normal (with a
        spread of two in natural logarithms; a rate above one is one).
    mean
        Mean pass rate.
    beta
        a and b of the beta distribution, which has its own mean.
    size
        Shape of what is returned.
    rng
        Source of randomness.
    """
    if kind == "beta":
        return rng.beta(*beta, size=size)
    if kind == "equal":
        return np.full(size, mean)
    if kind == "two kinds":
        return mean * np.where(rng.random(size) < 0.5, 0.4, 1.6)
    return np.minimum(1, mean * np.exp(2 * rng.standard_normal(size) - 2))


def beta_fitted(n: int, correct: np.ndarray, times: np.ndarray | None = None) -> np.ndarray:
    """Parameters a and b of the beta distribution of pass rates, of greatest likelihood.

    Newton's steps in log a and log b, halved where they would lower the likelihood, for all
    draws at once.

    Parameters
    ----------
    n
        Samples of each problem.
    correct
        Right ones, shape (problems,).
    times
        How often each problem is in each draw, shape (problems, draws); once each if none.

    Returns
    -------
    ndarray
        a and b, shape (2, draws), or (2,) without draws.

    Raises
    ------
    RuntimeError
        If the gradient of some draw does not vanish: there is then no finite optimum.
    """
    single = times is None
    times = np.ones((len(correct), 1)) if single else times
    values, where = np.unique(correct, return_inverse=True)
    # Problems with equal counts have equal terms: one each is enough.
    weights = np.zeros((len(values), times.shape[1]))
    np.add.at(weights, where, times)
    c, total = values[:, None].astype(float), weights.sum(axis=0)

    def likelihood(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return (weights * special.betaln(a + c, b + n - c)).sum(axis=0) - total * special.betaln(a, b)

    def parts(of: int, a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        def psi(x: np.ndarray) -> np.ndarray:
            return special.digamma(x) if of == 0 else special.polygamma(1, x)

        both = psi(a + b) - psi(a + b + n)
        left = (weights * (psi(a + c) - psi(a))).sum(axis=0)
        right = (weights * (psi(b + n - c) - psi(b))).sum(axis=0)
        return left, right, total * both

    mean = np.clip((weights * c).sum(axis=0) / total / n, 1e-6, 1 - 1e-6)
    a = np.full(total.shape, 0.3)
    b = a * (1 - mean) / mean
    now = likelihood(a, b)
    for _ in range(100):
        one, two, both = parts(0, a, b)
        ga, gb = a * (one + both), b * (two + both)
        if max(np.abs(ga).max(), np.abs(gb).max()) < 1e-7 * total[0]:
            break
        one, two, both = parts(1, a, b)
        haa, hbb, hab = a * a * (one + both) + ga, b * b * (two + both) + gb, a * b * both
        determinant = haa * hbb - hab**2
        # Where the likelihood is not concave Newton's step would climb nowhere: the gradient does.
        concave = (haa < 0) & (determinant > 0)
        determinant = np.where(concave, determinant, 1)
        da = np.where(concave, -(hbb * ga - hab * gb) / determinant, ga / total)
        db = np.where(concave, -(haa * gb - hab * ga) / determinant, gb / total)
        step = np.minimum(1, 2 / np.maximum(np.abs(da), np.abs(db)).clip(1e-300))
        for _ in range(40):
            trial_a, trial_b = a * np.exp(step * da), b * np.exp(step * db)
            then = likelihood(trial_a, trial_b)
            worse = then < now - 1e-12 * np.abs(now)  # less is rounding
            if not worse.any():
                break
            step = np.where(worse, step / 2, step)
        a, b, now = trial_a, trial_b, then
    else:
        raise RuntimeError("the beta distribution has no optimum with a gradient of zero for these counts")
    return np.array([a[0], b[0]] if single else [a, b])


def beta_coverage(a: np.ndarray, b: np.ndarray, ks: np.ndarray) -> np.ndarray:
    """Expected coverage of problems whose pass rates have a beta distribution, shape (k,) or (k, draws)."""
    ks = np.asarray(ks, float).reshape(-1, *[1] * np.ndim(a))
    return -np.expm1(special.betaln(a, b + ks) - special.betaln(a, b))
