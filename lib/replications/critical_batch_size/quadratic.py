"""The noisy quadratic: what one step gains, and how many steps a tuned constant learning rate needs.

The loss is sum_i h_i theta_i^2 / 2, and the gradient of a batch of B samples has the noise
covariance diag(noise) / B. Both are diagonal in the same axes, so that all is exact.

Source: McCandlish et al. (2018), arXiv:1812.06162, section 2.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from replications.critical_batch_size.steps import ratios, residuals


def noise_scales(h: ArrayLike, noise: ArrayLike, squares: ArrayLike) -> tuple[float, float]:
    """The noise scale with curvature, tr(H Sigma) / G'HG, and the simple one, tr(Sigma) / |G|^2.

    Parameters
    ----------
    h, noise
        Curvatures and variances of one sample's gradient, shape (d,).
    squares
        Squared distances from the minimum, theta_i^2, shape (d,); G_i = h_i theta_i.

    Returns
    -------
    tuple
        Both in samples.
    """
    h, noise, squares = (np.asarray(each, float) for each in (h, noise, squares))
    return float(h @ noise / (h**3 @ squares)), float(noise.sum() / (h**2 @ squares))


def best_step(
    h: ArrayLike, noise: ArrayLike, theta: ArrayLike, batch: ArrayLike
) -> tuple[np.ndarray, np.ndarray]:
    """The best learning rate of one step and the mean fall of the loss, by the noise scale.

    Parameters
    ----------
    h, noise
        As in `noise_scales`.
    theta
        Where the step begins, shape (d,).
    batch
        Batch sizes, shape (k,).

    Returns
    -------
    tuple
        Rates and falls, shape (k,): each is its value without noise over 1 + B_noise / B.
    """
    h, theta = np.asarray(h, float), np.asarray(theta, float)
    scale, _ = noise_scales(h, noise, theta**2)
    gradient = h * theta
    slope, bend = gradient @ gradient, h @ gradient**2
    damped = 1 / (1 + scale / np.asarray(batch, float))
    return slope / bend * damped, slope**2 / bend / 2 * damped


def drawn_falls(
    h: ArrayLike,
    noise: ArrayLike,
    theta: ArrayLike,
    batch: float,
    rate: float,
    n: int,
    rng: np.random.Generator,
) -> np.ndarray:
    """Fall of the loss in one step, the mean of two whose drawn noise is opposite, shape (n,).

    What is linear in the noise cancels in such a pair, and with it most of the scatter.

    Parameters
    ----------
    h, noise, theta
        As in `best_step`.
    batch, rate
        Batch size and learning rate.
    n
        Number of pairs.
    rng
        Source of randomness.
    """
    h, theta = np.asarray(h, float), np.asarray(theta, float)
    noisy = np.sqrt(np.asarray(noise, float) / batch) * rng.standard_normal((n, len(h)))
    ends = [theta - rate * (h * theta + sign * noisy) for sign in (1, -1)]
    return h @ theta**2 / 2 - sum(end**2 @ h for end in ends) / 4


def drawn_norms(
    h: ArrayLike, noise: ArrayLike, theta: ArrayLike, batch: float, n: int, rng: np.random.Generator
) -> np.ndarray:
    """Squared norms of the gradients of n drawn batches, shape (n,).

    Parameters
    ----------
    h, noise, theta, batch, rng
        As in `drawn_falls`.
    n
        Number of batches.
    """
    h, theta = np.asarray(h, float), np.asarray(theta, float)
    drawn = h * theta + np.sqrt(np.asarray(noise, float) / batch) * rng.standard_normal((n, len(h)))
    return np.einsum("ij,ij->i", drawn, drawn)


def from_two_batches(
    small: ArrayLike, large: ArrayLike, batches: tuple[float, float]
) -> tuple[np.ndarray, np.ndarray]:
    """Estimates without bias of |G|^2 and tr(Sigma) from squared norms of gradients at two batch sizes.

    They follow from E |G_B|^2 = |G|^2 + tr(Sigma) / B. A single |G|^2 may come out negative.

    Parameters
    ----------
    small, large
        Squared norms at the smaller and at the larger batch, of one shape.
    batches
        The two batch sizes, in this order.

    Raises
    ------
    ValueError
        If the batches are not in this order.

    Source: McCandlish et al. (2018), arXiv:1812.06162, appendix A.1.
    """
    few, many = batches
    if not 0 < few < many:
        raise ValueError(f"two batch sizes are needed, the smaller first, not {batches}")
    small, large = np.asarray(small, float), np.asarray(large, float)
    return (many * large - few * small) / (many - few), (small - large) / (1 / few - 1 / many)


def squares_after(
    h: ArrayLike, noise: ArrayLike, start: ArrayLike, batch: ArrayLike, rate: ArrayLike, steps: ArrayLike
) -> np.ndarray:
    """Expected squared distances from the minimum after steps at a constant learning rate.

    They follow m <- (1 - eta h)^2 m + eta^2 noise / B, whose solution is known for any number of steps.

    Parameters
    ----------
    h, noise
        As in `noise_scales`.
    start
        Squared distances at the start, shape (d,).
    batch, rate, steps
        Batch sizes, learning rates above 0 and below 2 / max(h), and numbers of steps above 0,
        which need not be whole; arrays of one shape, or of shapes that fit.

    Returns
    -------
    ndarray
        Their common shape, and (d,).
    """
    h, noise, start = (np.asarray(each, float) for each in (h, noise, start))
    batch, rate, steps = (np.asarray(each, float)[..., None] for each in (batch, rate, steps))
    with np.errstate(divide="ignore"):  # a direction that one step ends has the logarithm of 0
        left = np.exp(2 * steps * np.log(np.abs(1 - rate * h)))
    # What the noise keeps up for ever; each direction goes there monotonically.
    return left * start + (1 - left) * rate * noise / (h * (2 - rate * h)) / batch


def least_steps(
    h: ArrayLike,
    noise: ArrayLike,
    start: ArrayLike,
    batches: ArrayLike,
    target: float,
    rates: ArrayLike,
) -> tuple[np.ndarray, np.ndarray]:
    """Fewest steps, as a real number, to a share of the first loss, over constant learning rates.

    The number of steps is found by halving an interval of its logarithm. A rate whose noise ends
    above the target does not reach it, even if the loss dips below it in passing.

    Parameters
    ----------
    h, noise, start
        As in `squares_after`.
    batches
        Shape (k,).
    target
        Share of the first expected loss, between 0 and 1.
    rates
        Constant learning rates, shape (r,).

    Returns
    -------
    tuple
        Steps and the rates that need them, shape (k,); steps are infinite where no rate reaches
        the target.

    Raises
    ------
    ValueError
        If a rate is not above 0 and below 2 / max(h), beyond which the loss grows.
    """
    rates, batches = np.asarray(rates, float), np.asarray(batches, float)
    if not ((rates > 0) & (rates < 2 / np.max(h))).all():
        raise ValueError("learning rates lie above 0 and below two over the largest curvature")
    goal = target * (np.asarray(h, float) @ start)

    def above(logarithm: np.ndarray) -> np.ndarray:
        """Whether the loss after exp(logarithm) steps is above the target, shape (r, k)."""
        return squares_after(h, noise, start, batches, rates[:, None], np.exp(logarithm)) @ h > goal

    low, high = np.full((len(rates), len(batches)), -10.0), np.full((len(rates), len(batches)), 30.0)
    unreached = above(high)
    for _ in range(36):
        middle = (low + high) / 2
        still = above(middle)
        low, high = np.where(still, middle, low), np.where(still, high, middle)
    steps = np.where(unreached, np.inf, np.exp(high))
    return steps.min(axis=0), rates[steps.argmin(axis=0)]


def along_the_run(
    h: ArrayLike,
    noise: ArrayLike,
    start: ArrayLike,
    batches: np.ndarray,
    steps: np.ndarray,
    target: float,
    rates: np.ndarray,
) -> tuple[np.ndarray, dict[str, float]]:
    """The critical batch size of whole runs, and the noise scales of the run with that batch.

    Parameters
    ----------
    h, noise, start, batches, target, rates
        As in `least_steps`.
    steps
        What `least_steps` found for the target, shape (k,).

    Returns
    -------
    tuple
        Squared distances from the minimum at the end of that run, shape (d,); and, in samples
        unless said otherwise, the critical batch size b / a, both noise scales at the end of the
        run, the one with curvature as a mean over the run, and of the logarithm of the steps
        about a + b / batch the scatter and the distance that is largest.
    """
    critical = float(ratios(batches, steps))
    (count,), (rate,) = least_steps(h, noise, start, [critical], target, rates)
    path = squares_after(h, noise, start, critical, rate, np.linspace(0, count, 51)[1:])
    scales = np.array([noise_scales(h, noise, squares) for squares in path])
    left = residuals(batches, steps)
    return path[-1], {
        "critical batch": critical,
        "B_noise": scales[-1, 0],
        "B_simple": scales[-1, 1],
        "B_noise, mean": scales[:, 0].mean(),
        "scatter": float(left.std()),
        "farthest": float(left[abs(left).argmax()]),
    }
