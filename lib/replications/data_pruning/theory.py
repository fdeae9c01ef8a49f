"""The teacher-student perceptron whose training set was pruned: its theory.

A teacher `T` labels Gaussian inputs, `y = sign(T.x)`. A probe at the angle `theta` to the
teacher ranks them by `|probe.x|`; a fraction `f` of them is kept, the hardest (smallest) or
the easiest (largest). The student is the maximum-margin direction of the kept examples, and
its test error is its angle to the teacher over pi. Everything is for `N` dimensions and
`alpha * N` kept examples with `N` large; `alpha_total = alpha / f` counts all examples.

`solve` finds the student by a convex reduction (Gordon's comparison, also called CGMT);
`saddle_probe` is the paper's equations, a different route to the same student.
`replications.data_pruning.perceptron` builds one at finite `N`.

Source: Sorscher, Geirhos, Shekhar, Ganguli and Morcos (2022), arXiv:2206.14486.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr, ndtri

#: Beyond this many standard deviations a Gaussian weighs less than 1e-15.
FAR = 8.5


@dataclass(frozen=True)
class Student:
    """The student's order parameters, one array entry a point.

    Parameters
    ----------
    error
        Test error: the probability of a wrong sign on an unpruned example.
    overlap
        `R`, cosine between student and teacher.
    probe_overlap
        `rho`, cosine between student and probe.
    margin
        `kappa`, the largest margin of the kept examples for a student of unit length, in
        units where an input has unit variance a dimension.
    """

    error: np.ndarray
    overlap: np.ndarray
    probe_overlap: np.ndarray
    margin: np.ndarray


def density(t: np.ndarray) -> np.ndarray:
    """Standard normal density."""
    return np.exp(-0.5 * t * t) / np.sqrt(2 * np.pi)


def kept_range(f: ArrayLike, keep: str) -> tuple[np.ndarray, np.ndarray]:
    """The range of `|probe.x|`, in standard deviations, of the kept examples.

    Parameters
    ----------
    f
        Kept fraction, in (0, 1].
    keep
        `"hard"`: the smallest |probe.x|; `"easy"`: the largest.

    Raises
    ------
    ValueError
        For another rule or a fraction out of range.
    """
    f = np.asarray(f, float)
    if not ((f > 0) & (f <= 1)).all():
        raise ValueError("the kept fraction must be in (0, 1]")
    if keep == "hard":
        return np.zeros_like(f), np.minimum(-ndtri((1 - f) / 2), FAR)
    if keep == "easy":
        return np.abs(ndtri(f / 2)), np.full_like(f, FAR)
    raise ValueError(f"keep {keep!r} is none of hard, easy; random pruning is f = 1 at the same alpha")


#: Points and weights on [-1, 1]. Finding them takes longer than what is done with them.
legendre = cache(np.polynomial.legendre.leggauss)


def gauss(nodes: int, low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Gauss-Legendre points and weights on [low, high], along a new last axis."""
    x, w = legendre(nodes)
    half = 0.5 * np.maximum(high - low, 0.0)[..., None]
    return low[..., None] + half * (x + 1), half * w


def kept_inputs(f, theta: float, keep: str, k, r, nodes: int) -> tuple[np.ndarray, np.ndarray]:
    """Quadrature over the kept inputs of label +1, in the plane of teacher and probe.

    Those of label -1 are their mirror image. Points are placed only where the constraint of
    a student (k, r) is active, `k - r.x > -FAR`, so that they resolve the teacher's boundary
    however sharp the student is.

    Returns
    -------
    (x, weight)
        `x` of shape (points, nodes, d), along the probe and, if theta > 0, across it;
        weights of shape (points, nodes) that sum to at most 1.
    """
    low, high = kept_range(f, keep)
    if theta == 0:
        high = np.clip((k + FAR) / np.maximum(r[:, 0], 1e-9), low + 1e-12, high)
        z, w = gauss(nodes, low, high)
        return z[..., None], 2 * w * density(z) / f[:, None]
    # One side of the probe's boundary, then the other; on each, z along the probe.
    (z, w), (z_other, w_other) = gauss(nodes, low, high), gauss(nodes, -high, -low)
    z, w = np.concatenate([z, z_other], -1), np.concatenate([w, w_other], -1)
    below = np.maximum(-z / np.tan(theta), -FAR)
    above = np.full_like(z, FAR)
    across = np.where(np.abs(r[:, 1:]) < 1e-9, 1e-9, r[:, 1:])
    edge = np.clip((k[:, None] + FAR - r[:, :1] * z) / across, -FAR, FAR)
    above = np.where(across > 0, np.minimum(above, edge), above)
    below = np.where(across > 0, below, np.maximum(below, edge))
    v, u = gauss(nodes, below, above)
    weight = 2 * (w * density(z) / f[:, None])[..., None] * u * density(v)
    x = np.stack([np.broadcast_to(z[..., None], v.shape), v], -1)
    return x.reshape(len(f), -1, 2), weight.reshape(len(f), -1)


def constraint(alpha, f, theta: float, keep: str, k, r, nodes: int) -> tuple[np.ndarray, ...]:
    r"""How far a student (k, r) is from its margin, and derivatives.

    A unit student `J` has the part `J_par` in the plane and the length `c` out of it; write
    `k = kappa / c` and `r = J_par / c`. The margin kappa can be had if

        G(k, r) = alpha E[h(k - r.x)] <= 1,   h(u) = E_g[(u + g)_+^2] = (u^2 + 1) Phi(u) + u phi(u).

    Returns
    -------
    (G, G_k, G_kk, G_r, G_kr, G_rr)
        Arrays over the points.
    """
    x, w = kept_inputs(f, theta, keep, k, r, nodes)
    w = w * alpha[:, None]
    u = k[:, None] - np.einsum("pqd,pd->pq", x, r)
    cdf, pdf = ndtr(u), density(u)
    w0, w1, w2 = w * ((u * u + 1) * cdf + u * pdf), w * 2 * (u * cdf + pdf), w * 2 * cdf
    first, mixed = -np.einsum("pq,pqd->pd", w1, x), -np.einsum("pq,pqd->pd", w2, x)
    return w0.sum(1), w1.sum(1), w2.sum(1), first, mixed, np.einsum("pqd,pqe->pde", w2[..., None] * x, x)


def ascend(alpha, f, theta: float, keep: str, k, r, nodes: int) -> tuple[np.ndarray, ...]:
    """Maximise kappa under G <= 1, all points at once.

    At a fixed kappa, `G(kappa sqrt(1 + r^2), r)` is convex in r. A Newton step in r lowers
    it below 1, which leaves room to raise kappa to G = 1 again; so kappa only ever grows,
    and at its maximum the derivative by r vanishes.

    Returns
    -------
    (k, r, size)
        The solution, and the larger of |log G| and the derivative by log |r|.
    """
    k, r, size = k.copy(), r.copy(), np.full(len(k), np.inf)
    live, eye = np.arange(len(k)), np.eye(r.shape[1])
    for _ in range(60):
        at = alpha[live], f[live], theta, keep
        for _ in range(2):
            g, g_k, *_ = constraint(*at, k[live], r[live], nodes)
            # The root of G is convex and nearly straight in k.
            k[live] = np.maximum(k[live] + 2 * (np.sqrt(g) - g) / np.maximum(g_k, 1e-12), 0.0)
        g, g_k, g_kk, g_r, g_kr, g_rr = constraint(*at, k[live], r[live], nodes)
        long = np.sqrt(1 + (r[live] ** 2).sum(1))
        kappa, turn = k[live] / long, r[live] / long[:, None]
        slope = g_r + (g_k * kappa)[:, None] * turn
        size[live] = np.maximum(np.abs(np.log(g)) * (k[live] > 0), long * np.abs(slope).max(1))
        outer = turn[:, :, None] * turn[:, None, :]
        cross = kappa[:, None, None] * g_kr[:, :, None] * turn[:, None, :]
        curve = g_rr + cross + cross.swapaxes(1, 2) + (g_kk * kappa**2)[:, None, None] * outer
        curve += (g_k * kappa / long)[:, None, None] * (eye - outer)
        step = -np.linalg.solve(curve, slope[..., None])[..., 0]
        damp = 1 / np.maximum(1, np.abs(step).max(1) / (2 * long))
        waiting, close = size[live] > 1e-9, size[live] < 1e-4
        for _ in range(20):
            trial = r[live] + damp[:, None] * step
            height = constraint(*at, kappa * np.sqrt(1 + (trial**2).sum(1)), trial, nodes)[0]
            # Close by, what a step gains is lost in rounding.
            take = waiting & (close | (height < g))
            r[live[take]] = trial[take]
            k[live[take]] = (kappa * np.sqrt(1 + (trial**2).sum(1)))[take]
            waiting &= ~take
            damp /= 2
            if not waiting.any():
                break
        live = live[(size[live] > 1e-9) & ~waiting]
        if not len(live):
            break
    return k, r, size


def solve(
    alpha: ArrayLike, f: ArrayLike = 1.0, theta: float = 0.0, keep: str = "hard", nodes: int | None = None
) -> Student:
    """The maximum-margin student of a pruned training set, for many points at once.

    Parameters
    ----------
    alpha
        Kept examples a dimension, `alpha_prune = f * alpha_total`.
    f
        Kept fraction, in (0, 1]; broadcast against alpha. 1 is no pruning (or random pruning).
    theta
        Angle between probe and teacher in radians, in [0, pi/2).
    keep
        `"hard"` or `"easy"`.
    nodes
        Quadrature points a dimension; the default is good to about 1e-6 of the error.

    Returns
    -------
    Student
        Arrays of the broadcast shape.

    Raises
    ------
    ValueError
        For parameters out of range.
    RuntimeError
        If a point does not converge, naming it.
    """
    alpha, f = np.broadcast_arrays(np.asarray(alpha, float), np.asarray(f, float))
    shape, alpha, f = alpha.shape, alpha.ravel(), f.ravel()
    if not (alpha > 0).all() or not 0 <= theta < np.pi / 2:
        raise ValueError("alpha must be positive and theta in [0, pi/2)")
    nodes = nodes or (96 if theta == 0 else 40)
    direction = np.ones(1) if theta == 0 else np.array([np.cos(theta), np.sin(theta)])
    low, _ = kept_range(f, keep)
    start = np.maximum(0.6 * alpha, 0.3)
    k, r, size = ascend(alpha, f, theta, keep, 1 + start * low, start[:, None] * direction, nodes)
    if not (size < 1e-7).all():
        bad = [(float(alpha[i]), float(f[i])) for i in np.flatnonzero(~(size < 1e-7))]
        raise RuntimeError(f"no solution found for theta={theta}, keep={keep!r}, (alpha, f) in {bad}")
    c = 1 / np.sqrt(1 + (r * r).sum(1))
    # R is close to 1 where it matters: the angle comes from its sine.
    across = np.hypot(1.0, r @ np.array([-direction[-1], direction[0]]) if theta else 0.0)
    error = np.arctan2(across, r @ direction) / np.pi
    return Student(*(v.reshape(shape) for v in (error, c * (r @ direction), c * r[:, 0], c * k)))


def composite(low: float, high: float, count: int = 80) -> tuple[np.ndarray, np.ndarray]:
    """Gauss-Legendre points and weights on equal panels of [low, high], ten points each."""
    edges = np.linspace(low, high, count + 1)
    return tuple(part.ravel() for part in gauss(10, edges[:-1], edges[1:]))


def saddle_probe(
    alpha: float, f: float, theta: float, overlap: float, probe_overlap: float, margin: float
) -> np.ndarray:
    r"""What is left of the paper's saddle-point equations, probe at an angle, hard examples kept.

    With `L^2 = sin^2 theta - R^2 - rho^2 + 2 rho R cos theta`,
    `Gamma = z (rho R - cos theta) - t (R - rho cos theta)`,
    `Delta = z^2 (rho^2 + cos^2 theta - 2 rho R cos theta) + 2 t z (R cos theta - rho) + t^2 sin^2 theta`,
    `e = exp(-(t - rho z)^2 / 2(1 - rho^2)) / sqrt(2 pi (1 - rho^2)) H(Gamma / (L sqrt(1 - rho^2)))`,
    `<.>` the mean over z of a Gaussian cut at |z| < gamma, and t from -inf to kappa:

        (R - rho cos) / sin^2 = alpha / (pi L) <Int dt exp(-Delta / 2 L^2) (kappa - t)>
        1 - (rho^2 + R^2 - 2 rho R cos) / sin^2 = 2 alpha <Int dt e (kappa - t)^2>
        (rho - R cos) / sin^2 = 2 alpha <Int dt [e (z - rho t) / (1 - rho^2)
              + exp(-Delta / 2 L^2) (rho R - cos) / (2 pi L (1 - rho^2))] (kappa - t)>

    Returns
    -------
    ndarray
        Left side minus right side of the three.
    """
    R, rho, cos, sin2 = overlap, probe_overlap, np.cos(theta), np.sin(theta) ** 2
    out = 1 - rho**2
    length = np.sqrt(sin2 - R**2 - rho**2 + 2 * rho * R * cos)
    z, wz = composite(*(kept_range(f, "hard")[1] * np.array([-1.0, 1.0])), count=20)
    t, wt = composite(-FAR, margin)
    z, w = z[:, None], (wz * density(z) / f)[:, None] * wt
    turn = z * (rho * R - cos) - t * (R - rho * cos)
    delta = z**2 * (rho**2 + cos**2 - 2 * rho * R * cos) + 2 * t * z * (R * cos - rho) + t**2 * sin2
    bell = np.exp(-delta / (2 * length**2))
    e = density((t - rho * z) / np.sqrt(out)) / np.sqrt(out) * ndtr(-turn / (length * np.sqrt(out)))
    inner = e * (z - rho * t) / out + bell * (rho * R - cos) / (2 * np.pi * length * out)
    left = (R - rho * cos, sin2 - (rho**2 + R**2 - 2 * rho * R * cos), rho - R * cos)
    right = (
        alpha / (np.pi * length) * (w * bell * (margin - t)).sum(),
        2 * alpha * (w * e * (margin - t) ** 2).sum(),
        2 * alpha * (w * inner * (margin - t)).sum(),
    )
    return np.array(left) / sin2 - np.array(right)
