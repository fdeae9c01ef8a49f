"""Loss along a run, from the learning rates so far."""

from __future__ import annotations

from typing import Any

from scalinglaws.fitting.law import law
from scalinglaws.laws.power import falling_gradient, falling_hessian


def annealing_gradient(S1: Any, S2: Any, *, E: Any, A: Any, C: Any, alpha: Any) -> dict[str, Any]:
    return {"E": 1.0, "C": -S2, **falling_gradient(S1, A=A, alpha=alpha)}


def annealing_hessian(S1: Any, S2: Any, *, E: Any, A: Any, C: Any, alpha: Any) -> dict[tuple[str, str], Any]:
    return falling_hessian(S1, A=A, alpha=alpha)


@law(
    linear=("E", "A", "C"),
    positive=("E", "A", "C"),
    bounds={"alpha": (0, 3)},
    gradient=annealing_gradient,
    hessian=annealing_hessian,
)
def annealing(S1, S2, *, E, A, C, alpha):
    r"""Loss under a schedule of learning rates, $\hat L = L_0 + A\,S_1^{-\alpha} - C\,S_2$.

    Parameters
    ----------
    S1
        Forward area: the sum of the learning rates up to this step, in units of the rate.
    S2
        Annealing area: the sum over steps i of the momentum m_i = λ m_{i-1} + (η_{i-1} - η_i) of
        the falls of the rate η, with λ near one (0.999 in published implementations), in units
        of the rate.
    E
        $L_0$, loss after an infinite run at a constant rate, nats per token.
    A
        Excess loss at a forward area of 1, nats per token.
    C
        Loss that a unit of annealing area takes away, nats per token.
    alpha
        Exponent, no unit.

    Source: Tissue et al. (2024), arXiv:2408.11029.
    """
    return E + A * S1**-alpha - C * S2
