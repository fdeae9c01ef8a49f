"""Power laws of one quantity: falling, above a floor, rising, and broken."""

from __future__ import annotations

from typing import Any

import numpy as np

from scalinglaws.fitting.law import law


def falling_gradient(x: Any, *, A: Any, alpha: Any) -> dict[str, Any]:
    power = x**-alpha
    return {"A": power, "alpha": -A * power * np.log(x)}


def falling_hessian(x: Any, *, A: Any, alpha: Any) -> dict[tuple[str, str], Any]:
    fall = -(x**-alpha) * np.log(x)
    return {("A", "alpha"): fall, ("alpha", "alpha"): -A * fall * np.log(x)}


@law(
    linear=("A",),
    positive=("A",),
    bounds={"alpha": (0, 3)},
    gradient=falling_gradient,
    hessian=falling_hessian,
)
def power_law(x, *, A, alpha):
    r"""A falling power law, $\hat y = A\,x^{-\alpha}$.

    Parameters
    ----------
    x
        What is scaled: parameters, tokens, FLOPs, in any unit; the unit moves `A` only.
    A
        Value at x = 1, in the unit of y.
    alpha
        Exponent, no unit.

    Source: Hestness et al. (2017), arXiv:1712.00409;
    Kaplan et al. (2020), arXiv:2001.08361, eq. 1.1 writes $A = x_c^{\alpha}$.
    """
    return A * x**-alpha


def floor_gradient(x: Any, *, E: Any, A: Any, alpha: Any) -> dict[str, Any]:
    return {"E": 1.0, **falling_gradient(x, A=A, alpha=alpha)}


def floor_hessian(x: Any, *, E: Any, A: Any, alpha: Any) -> dict[tuple[str, str], Any]:
    return falling_hessian(x, A=A, alpha=alpha)


@law(
    linear=("E", "A"),
    positive=("E", "A"),
    bounds={"alpha": (0, 3)},
    gradient=floor_gradient,
    hessian=floor_hessian,
)
def power_law_with_constant(x, *, E, A, alpha):
    r"""A power law above a floor, $\hat y = E + A\,x^{-\alpha}$.

    Parameters
    ----------
    x
        What is scaled, in any unit; the unit moves `A` only.
    E
        What is left at infinite x, in the unit of y.
    A
        Distance from the floor at x = 1, in the unit of y.
    alpha
        Exponent, no unit.

    Source: Hestness et al. (2017), arXiv:1712.00409, figure 1; Henighan et al. (2020),
    arXiv:2010.14701, eq. 1.1.
    """
    return E + A * x**-alpha


def rising_gradient(x: Any, *, A: Any, alpha: Any) -> dict[str, Any]:
    power = x**alpha
    return {"A": power, "alpha": A * power * np.log(x)}


def rising_hessian(x: Any, *, A: Any, alpha: Any) -> dict[tuple[str, str], Any]:
    rise = x**alpha * np.log(x)
    return {("A", "alpha"): rise, ("alpha", "alpha"): A * rise * np.log(x)}


@law(
    linear=("A",),
    positive=("A",),
    bounds={"alpha": (0, 3)},
    gradient=rising_gradient,
    hessian=rising_hessian,
)
def rising_power_law(x, *, A, alpha):
    r"""A rising power law, $\hat y = A\,x^{\alpha}$: what is best against compute.

    Parameters
    ----------
    x
        What is scaled, such as FLOPs, in any unit; the unit moves `A` only.
    A
        Value at x = 1, in the unit of y: parameters, tokens.
    alpha
        Exponent, no unit.

    Source: Hoffmann et al. (2022), arXiv:2203.15556, section 3:
    $N_{opt} \propto C^{a}$, $D_{opt} \propto C^{b}$.
    """
    return A * x**alpha


def softplus(t: Any) -> Any:
    """log(1 + exp(t)) without overflow, of complex numbers too."""
    large = np.real(t) > 0
    small = np.where(large, -t, t)
    return np.where(large, t, 0.0) + np.log1p(np.exp(small))


def logistic(t: Any) -> Any:
    """1 / (1 + exp(-t)), the derivative of `softplus`, to full relative precision, of complex numbers too."""
    large = np.real(t) > 0
    small = np.exp(np.where(large, -t, t))
    return np.where(large, 1.0, small) / (1 + small)


def broken_gradient(x: Any, *, E: Any, A: Any, alpha: Any, bend: Any, d: Any, f: Any) -> dict[str, Any]:
    t = np.log(x / d) / f
    log_turn = softplus(t)
    term = x**-alpha * np.exp(-bend * f * log_turn)
    # An even function of t, written for t < 0, where nothing cancels.
    below = np.where(np.real(t) > 0, -t, t)
    by_width = below * logistic(below) - softplus(below)
    return {
        "E": 1.0,
        "A": term,
        "alpha": -A * term * np.log(x),
        "bend": -A * term * f * log_turn,
        "d": A * term * bend * logistic(t) / d,
        "f": A * term * bend * by_width,
    }


@law(
    linear=("E", "A"),
    positive=("E", "A", "d", "f"),
    bounds={"alpha": (0, 3), "bend": (-3, 3), "d": (1e-3, 1e27), "f": (1e-2, 3)},
    gradient=broken_gradient,
)
def broken_power_law(x, *, E, A, alpha, bend, d, f):
    r"""A power law with one smooth break, $\hat y = E + A\,x^{-\alpha}\,(1 + (x/d)^{1/f})^{-c f}$.

    Parameters
    ----------
    x
        What is scaled, in any unit; the unit moves `A` and `d` only.
    E
        What is left at infinite x, in the unit of y.
    A
        Distance from the floor at x = 1, were there no break, in the unit of y.
    alpha
        Exponent before the break, no unit.
    bend
        $c$, by how much the exponent grows at the break; negative where the curve flattens.
    d
        Where the break is, in the unit of x. Its bounds are wide: narrow ones around the
        runs, `bounds={"d": (low, high)}`, make the search surer.
    f
        How wide the break is, in natural logarithms of x; sharp near 0.

    Source: Caballero et al. (2023), arXiv:2210.14891, eq. 1 with one break, their a, b, c0,
    c1, d1 and f1 in this order.
    """
    return E + A * x**-alpha * np.exp(-bend * f * softplus(np.log(x / d) / f))
