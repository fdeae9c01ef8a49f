"""Loss from model size and data together."""

from __future__ import annotations

from typing import Any

import numpy as np

from scalinglaws.fitting.law import law
from scalinglaws.laws.allocation import compute_optimal, data_exponent, size_exponent
from scalinglaws.laws.power import falling_gradient, falling_hessian, softplus


def chinchilla_gradient(
    n_params: Any, n_tokens: Any, *, E: Any, A: Any, B: Any, alpha: Any, beta: Any
) -> dict[str, Any]:
    size, data = n_params**-alpha, n_tokens**-beta
    return {
        "E": 1.0,
        "A": size,
        "B": data,
        "alpha": -A * size * np.log(n_params),
        "beta": -B * data * np.log(n_tokens),
    }


def chinchilla_hessian(
    n_params: Any, n_tokens: Any, *, E: Any, A: Any, B: Any, alpha: Any, beta: Any
) -> dict[tuple[str, str], Any]:
    size = falling_hessian(n_params, A=A, alpha=alpha)
    data = falling_hessian(n_tokens, A=B, alpha=beta)
    return size | {("B", "beta"): data["A", "alpha"], ("beta", "beta"): data["alpha", "alpha"]}


@law(
    linear=("E", "A", "B"),
    positive=("E", "A", "B"),
    bounds={"alpha": (0, 3), "beta": (0, 3)},
    gradient=chinchilla_gradient,
    hessian=chinchilla_hessian,
    derived={"a": size_exponent, "b": data_exponent},
    optimum=compute_optimal,
)
def chinchilla(n_params, n_tokens, *, E, A, B, alpha, beta):
    r"""Loss from size and data, $\hat L(N, D) = E + A/N^{\alpha} + B/D^{\beta}$.

    Parameters
    ----------
    n_params
        $N$, trainable parameters (say how embeddings are counted).
    n_tokens
        $D$, training tokens seen.
    E
        Loss of an infinite model on infinite data, nats per token.
    A, B
        Excess losses at one parameter and at one token, nats per token.
    alpha, beta
        Exponents, no unit.

    Source: Hoffmann et al. (2022), arXiv:2203.15556, eq. 2.
    """
    return E + A * n_params**-alpha + B * n_tokens**-beta


def kaplan_gradient(
    n_params: Any, n_tokens: Any, *, N_c: Any, D_c: Any, alpha_N: Any, alpha_D: Any
) -> dict[str, Any]:
    ratio = alpha_N / alpha_D
    log_size = np.log(N_c / n_params)
    size, data = np.exp(ratio * log_size), D_c / n_tokens
    both = size + data
    outer = both ** (alpha_D - 1)
    # log(both) - log(size), which may be far apart or next to each other.
    share = softplus(np.log(data) - ratio * log_size)
    return {
        "N_c": outer * size * alpha_N / N_c,
        "D_c": alpha_D * outer / n_tokens,
        "alpha_N": outer * size * log_size,
        "alpha_D": outer * (data * np.log(both) + size * share),
    }


@law(
    positive=("N_c", "D_c"),
    bounds={"N_c": (1, 1e20), "D_c": (1, 1e20), "alpha_N": (0.01, 2), "alpha_D": (0.01, 2)},
    gradient=kaplan_gradient,
)
def kaplan(n_params, n_tokens, *, N_c, D_c, alpha_N, alpha_D):
    r"""Joint loss that falls to 0, $\hat L = [(N_c/N)^{\alpha_N/\alpha_D} + D_c/D]^{\alpha_D}$.

    Parameters
    ----------
    n_params
        $N$, parameters; Kaplan et al. count them without embeddings.
    n_tokens
        $D$, tokens of the training set.
    N_c, D_c
        Scales of parameters and tokens, in the units of N and D.
    alpha_N, alpha_D
        Exponents, no unit: the loss falls as $N^{-\alpha_N}$ on infinite data and as
        $D^{-\alpha_D}$ for an infinite model.

    Source: Kaplan et al. (2020), arXiv:2001.08361, eq. 1.5.
    """
    return ((N_c / n_params) ** (alpha_N / alpha_D) + D_c / n_tokens) ** alpha_D


def kaplan_with_floor_gradient(
    n_params: Any, n_tokens: Any, *, E: Any, A: Any, B: Any, alpha: Any, beta: Any
) -> dict[str, Any]:
    found = kaplan_gradient(n_params, n_tokens, N_c=A, D_c=B, alpha_N=alpha, alpha_D=beta)
    return {"E": 1.0, **dict(zip(("A", "B", "alpha", "beta"), found.values(), strict=True))}


@law(
    linear=("E",),
    positive=("E", "A", "B"),
    bounds={"A": (1, 1e20), "B": (1, 1e20), "alpha": (0.01, 2), "beta": (0.01, 2)},
    gradient=kaplan_with_floor_gradient,
)
def kaplan_with_floor(n_params, n_tokens, *, E, A, B, alpha, beta):
    r"""The joint loss above a floor, $\hat L = E + [(A/N)^{\alpha/\beta} + B/D]^{\beta}$.

    Parameters
    ----------
    n_params
        $N$, parameters.
    n_tokens
        $D$, training tokens.
    E
        Loss of an infinite model on infinite data, nats per token.
    A, B
        Scales of parameters and tokens, in the units of N and D.
    alpha, beta
        Exponents of size and of data, no unit.

    Source: Kaplan et al. (2020), arXiv:2001.08361, eq. 1.5, with the irreducible loss of
    Hoffmann et al. (2022), arXiv:2203.15556, added.
    """
    return E + ((A / n_params) ** (alpha / beta) + B / n_tokens) ** beta


def worth(unique: Any, repeats: Any, star: Any) -> tuple[Any, Any]:
    """What unique units are worth when repeated, $U (1 + R^* (1 - e^{-R/R^*}))$, and its derivative by R*."""
    share = repeats / star
    saturated = -np.expm1(-share)
    return unique * (1 + star * saturated), unique * (saturated - share * np.exp(-share))


def data_constrained_gradient(
    unique_params: Any,
    excess_params: Any,
    unique_tokens: Any,
    repeats: Any,
    *,
    E: Any,
    A: Any,
    B: Any,
    alpha: Any,
    beta: Any,
    R_N: Any,
    R_D: Any,
) -> dict[str, Any]:
    size, by_size = worth(unique_params, excess_params, R_N)
    data, by_data = worth(unique_tokens, repeats, R_D)
    of_size, of_data = falling_gradient(size, A=A, alpha=alpha), falling_gradient(data, A=B, alpha=beta)
    return {
        "E": 1.0,
        "A": of_size["A"],
        "B": of_data["A"],
        "alpha": of_size["alpha"],
        "beta": of_data["alpha"],
        "R_N": -alpha * A * of_size["A"] / size * by_size,
        "R_D": -beta * B * of_data["A"] / data * by_data,
    }


@law(
    linear=("E", "A", "B"),
    positive=("E", "A", "B", "R_N", "R_D"),
    bounds={"alpha": (0, 3), "beta": (0, 3), "R_N": (0.1, 1000), "R_D": (0.1, 1000)},
    gradient=data_constrained_gradient,
)
def data_constrained(unique_params, excess_params, unique_tokens, repeats, *, E, A, B, alpha, beta, R_N, R_D):
    r"""Loss on repeated data, $\hat L = E + A/N'^{\alpha} + B/D'^{\beta}$ with what repeats are worth.

    $D' = U_D + U_D R_D^* (1 - e^{-R_D/R_D^*})$, and $N'$ likewise from $U_N$ and $R_N$.

    Parameters
    ----------
    unique_params
        $U_N$, the parameters that are compute-optimal for the unique tokens, at most N.
    excess_params
        $R_N = N/U_N - 1$, how often these are repeated, no unit.
    unique_tokens
        $U_D$, unique tokens.
    repeats
        $R_D = D/U_D - 1$, epochs after the first, no unit.
    E
        Loss of an infinite model on infinite unique data, nats per token.
    A, B
        Excess losses at one parameter and at one token, nats per token.
    alpha, beta
        Exponents, no unit.
    R_N, R_D
        $R_N^*$, $R_D^*$: after so many repeats a further one is worth 1/e of a unique one.

    Source: Muennighoff et al. (2023), arXiv:2305.16264, section 3.1, equations 5
    and 6 (there alpha = beta).
    """
    size, data = worth(unique_params, excess_params, R_N)[0], worth(unique_tokens, repeats, R_D)[0]
    return E + A * size**-alpha + B * data**-beta
