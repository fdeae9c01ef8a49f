"""The law of the third route: what a model of finite size, vocabulary and data loses."""

from __future__ import annotations

from typing import Any

import numpy as np

from scalinglaws.fitting.law import law


def vocabulary_gradient(
    N: Any, Nv: Any, D: Any, *, E: Any, A1: Any, A2: Any, B: Any, alpha2: Any, beta: Any
) -> dict[str, Any]:
    """Derivative of `vocabulary_law` by each parameter."""
    size, words, data = N**-beta, Nv**-alpha2, D**-beta
    return {
        "E": -1.0,
        "A1": size,
        "A2": words,
        "B": data,
        "alpha2": -A2 * words * np.log(Nv),
        "beta": -A1 * size * np.log(N) - B * data * np.log(D),
    }


def vocabulary_hessian(
    N: Any, Nv: Any, D: Any, *, E: Any, A1: Any, A2: Any, B: Any, alpha2: Any, beta: Any
) -> dict[tuple[str, str], Any]:
    """Second derivatives of `vocabulary_law` by pairs of parameters; those left out vanish."""
    size, words, data = N**-beta, Nv**-alpha2, D**-beta
    logs = np.log(N), np.log(Nv), np.log(D)
    return {
        ("alpha2", "alpha2"): A2 * words * logs[1] ** 2,
        ("alpha2", "A2"): -words * logs[1],
        ("beta", "beta"): A1 * size * logs[0] ** 2 + B * data * logs[2] ** 2,
        ("beta", "A1"): -size * logs[0],
        ("beta", "B"): -data * logs[2],
    }


@law(
    linear=("E", "A1", "A2", "B"),
    positive=("A1", "A2", "B"),
    bounds={"alpha2": (0, 3), "beta": (0, 3)},
    gradient=vocabulary_gradient,
    hessian=vocabulary_hessian,
)
def vocabulary_law(N, Nv, D, *, E, A1, A2, B, alpha2, beta):
    r"""Unigram-normalised loss, $\hat L = -E + A_1/N^{\beta} + A_2/N_v^{\alpha_2} + B/D^{\beta}$.

    Parameters
    ----------
    N
        Parameters other than those of the vocabulary, millions.
    Nv
        Parameters of the vocabulary, entries times width, millions.
    D
        Training tokens, billions.
    E
        How far below guessing by frequency the loss of an infinite model on infinite data
        lies, nats per token.
    A1, A2, B
        Losses for a size, a vocabulary and data of one unit each, nats per token.
    alpha2, beta
        Exponents, no unit. Size and data share theirs, as in the authors' fit.

    Source: Tao et al. (2024), arXiv:2407.13623, approach 3; units and the shared exponent
    from the authors' approach3_isoloss.py.
    """
    return -E + A1 * N**-beta + A2 * Nv**-alpha2 + B * D**-beta


@law(linear=("height", "slope"))
def log_line(x, *, height, slope):
    """A straight line on logarithmic scales, ln y = height + slope x.

    Parameters
    ----------
    x
        Logarithm of what is scaled.
    height, slope
        Value at x = 0, and exponent.

    Source: Tao et al. (2024), arXiv:2407.13623, approaches 1 and 2.
    """
    return height + slope * x
