"""Coverage by k samples, curves through it, and the beta distribution of pass rates behind it."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy import special

from replications.massive_sampling.rates import explained, on_lines
from scalinglaws.uncertainty import Estimate, from_draws

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


LAW = "exponentiated power law"


def straight(ks: np.ndarray, seen: np.ndarray, curve: str = LAW, first: int = 1) -> np.ndarray:
    """How much of a transformed coverage a line in log k explains.

    Parameters
    ----------
    ks
        Numbers of samples, shape (k,).
    seen
        Coverage, shape (k, ...).
    curve
        Which of `CURVES`.
    first
        Least number of samples that counts.

    Returns
    -------
    ndarray
        Shares of variance, shape (...).
    """
    return explained(np.log(ks[ks >= first]), CURVES[curve][0](seen[ks >= first]))


def ahead(ks: np.ndarray, seen: np.ndarray, curve: str = LAW, most: int = 100) -> np.ndarray:
    """Coverage at the last k that a curve through the first ks predicts, less what is measured.

    Parameters
    ----------
    ks, seen, curve
        As in `straight`.
    most
        Largest number of samples that the curve is fitted to.
    """
    there, back = CURVES[curve]
    line, level = on_lines(np.log(ks[ks <= most]), there(seen[ks <= most]))
    return back(line * np.log(ks[-1]) + level) - seen[-1]


def beside(ks: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Mean miss of the exponentiated power law over models, less that of the better of the other curves.

    Parameters
    ----------
    ks, seen
        As in `straight`, models second.
    """
    law, *others = (abs(ahead(ks, seen, curve)).mean(axis=0) for curve in CURVES)
    return law - np.minimum(*others)


def exponent(ks: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """The exponent b of log coverage = -a k^b, fitted to all k, shape (...)."""
    return on_lines(np.log(ks), CURVES[LAW][0](seen))[0]


def from_few(
    n: int,
    correct: np.ndarray,
    few: int,
    ks: np.ndarray,
    last: np.ndarray,
    draws: int,
    rng: np.random.Generator,
) -> np.ndarray:
    """Worst forecast over models where only a few of the n samples were taken.

    Parameters
    ----------
    n, correct
        Samples, and right ones, shape (models, problems).
    few
        Samples taken of each problem.
    ks
        Numbers of samples; the law is fitted to those up to `few` and read at the last.
    last
        Coverage at the last, from all samples, shape (models,).
    draws
        Number of times that samples are taken.
    rng
        Source of randomness.

    Returns
    -------
    ndarray
        Largest absolute error over models, shape (draws,).
    """
    small = rng.hypergeometric(correct, n - correct, few, size=(draws, *correct.shape))
    short = pass_at_k(few, small, ks[ks <= few]).mean(axis=2).transpose(2, 1, 0)
    # What is measured in the end stands at the end, where `ahead` looks for it.
    known = np.concatenate([short, np.broadcast_to(last[:, None], (1, *short.shape[1:]))])
    return abs(ahead(np.append(ks[ks <= few], ks[-1]), known, most=few)).max(axis=0)


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
    ValueError
        If the counts of some draw spread no more than those of equal problems would: the
        likelihood then rises for ever as the distribution narrows.
    RuntimeError
        If the gradient of some draw does not vanish.

    Source of the condition: Tarone (1979), Biometrika 66: the likelihood's slope where the
    distribution is a point, which is positive only if the counts spread more than binomial ones.
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
    pairs = c * (c - 1) / mean + (n - c) * (n - c - 1) / (1 - mean) - n * (n - 1)
    if ((weights * pairs).sum(axis=0) <= 0).any():
        raise ValueError("counts that spread no more than those of equal problems have no beta distribution")
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
            # So near the optimum the likelihood's own rounding hides whether it rose.
            worse = (then < now) & (np.maximum(np.abs(da), np.abs(db)) > 1e-3)
            if not worse.any():
                break
            step = np.where(worse, step / 2, step)
        a, b, now = trial_a, trial_b, then
    else:
        raise RuntimeError("the gradient of the beta distribution's likelihood did not vanish in 100 steps")
    return np.array([a[0], b[0]] if single else [a, b])


def beta_coverage(a: np.ndarray, b: np.ndarray, ks: np.ndarray) -> np.ndarray:
    """Expected coverage of problems whose pass rates have a beta distribution, shape (k,) or (k, draws)."""
    ks = np.asarray(ks, float).reshape(-1, *[1] * np.ndim(a))
    return -np.expm1(special.betaln(a, b + ks) - special.betaln(a, b))


def tails(
    n: int, correct: np.ndarray, ks: np.ndarray, times: np.ndarray, others: np.ndarray | None = None
) -> tuple[pd.DataFrame, np.ndarray, dict[str, np.ndarray]]:
    """The beta distribution of each model's pass rates, and the exponent of coverage that follows from it.

    Parameters
    ----------
    n, correct
        Samples of each problem, and right ones, shape (models, problems).
    ks
        Numbers of samples, shape (k,).
    times
        As in `beta_fitted`.
    others
        The same for the problems whose coverage is fitted, if they are not those of the beta
        distribution.

    Returns
    -------
    tuple
        A table, one row a model: a, b, the exponent that follows (implied) and the fitted one;
        coverage as the beta distribution has it, shape (k, models); and a, implied and fitted
        of the draws, each of shape (models, draws).
    """
    others = times if others is None else others
    rows, behind, again = [], [], {"a": [], "implied": [], "fitted": []}
    for each in correct:
        passes = pass_at_k(n, each, ks)
        a, b = beta_fitted(n, each)
        behind.append(beta_coverage(a, b, ks))
        rows.append((a, b, exponent(ks, behind[-1]), exponent(ks, passes.mean(axis=0))))
        a, b = beta_fitted(n, each, times)
        again["a"].append(a)
        again["implied"].append(exponent(ks, beta_coverage(a, b, ks)))
        again["fitted"].append(exponent(ks, passes.T @ others / others.sum(axis=0)))
    table = pd.DataFrame(rows, columns=["a", "b", "implied", "fitted"])
    return table, np.array(behind).T, {name: np.array(values) for name, values in again.items()}


def apart(of: Mapping[str, np.ndarray], by: str = "implied") -> np.ndarray | float:
    """Largest distance, over models, of the ratio of an exponent and the fitted one from one.

    Parameters
    ----------
    of
        implied, fitted and a, of shape (models,) or (models, draws), as `tails` gives them.
    by
        implied, or a: the exponent of the tail, which coverage has in the limit of many samples.
    """
    return np.abs(np.abs(of[by]) / np.abs(of["fitted"]) - 1).max(axis=0)


def halves(n: int, correct: np.ndarray, ks: np.ndarray, splits: int, rng: np.random.Generator) -> Estimate:
    """`apart` where the beta distribution is fitted to one half of the problems, coverage to the other.

    Parameters
    ----------
    n, correct, ks
        As in `tails`.
    splits
        Number of halvings.
    rng
        Source of randomness.
    """
    problems = correct.shape[1]
    one = rng.permuted(np.tile(np.arange(problems) < problems // 2, (splits, 1)), axis=1).T.astype(float)
    found = apart(tails(n, correct, ks, one, 1 - one)[2])
    return from_draws(np.median(found), found, "halves of the problems")


def by_decade(ks: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """The exponent of coverage within each tenfold of samples, shape (decades, models)."""
    ends = 10 ** np.arange(round(np.log10(ks[-1])) + 1)
    within = [(ks >= low) & (ks <= high) for low, high in itertools.pairwise(ends)]
    return np.array([exponent(ks[part], seen[part]) for part in within])
