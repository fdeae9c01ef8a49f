"""One measure of quality from another: loss from loss, accuracy from loss."""

from __future__ import annotations

from typing import Any

import numpy as np

from scalinglaws.fitting.law import law
from scalinglaws.laws.power import logistic


def shifted_gradient(loss_here: Any, *, E: Any, K: Any, kappa: Any, E_here: Any) -> dict[str, Any]:
    above = loss_here - E_here
    power = above**kappa
    # The limit of power * log(above) at 0 is 0.
    return {
        "E": 1.0,
        "K": power,
        "kappa": K * power * np.log(np.where(above == 0, 1.0, above)),
        "E_here": -K * kappa * power / above,
    }


@law(
    linear=("E", "K"),
    positive=("E", "K"),
    bounds={"kappa": (0.05, 5), "E_here": (0, 10)},
    gradient=shifted_gradient,
)
def shifted_power_law(loss_here, *, E, K, kappa, E_here):
    r"""One loss from another, $\hat L_1 = E + K\,(L_0 - E_0)^{\kappa}$.

    Parameters
    ----------
    loss_here
        $L_0$, loss on the first data, nats per token.
    E
        Irreducible loss on the second data, nats per token.
    K
        Excess loss there where it is 1 here, nats per token.
    kappa
        Exponent, no unit; 1 where both losses fall in step.
    E_here
        $E_0$, irreducible loss on the first data, nats per token; below every `loss_here`.

    Source: Brandfonbrener et al. (2024), arXiv:2411.12925.
    """
    above = loss_here - E_here
    # A whole exponent would take a negative excess for a number.
    return E + K * np.where(np.real(above) < 0, np.nan, above) ** kappa


def accuracy_gradient(loss: Any, *, floor: Any, gain: Any, k: Any, middle: Any) -> dict[str, Any]:
    share = logistic(-k * (loss - middle))
    slope = -gain * share * logistic(k * (loss - middle))
    return {
        "floor": 1.0,
        "gain": share,
        "k": slope * (loss - middle),
        "middle": -slope * k,
    }


@law(
    linear=("floor", "gain"),
    positive=("gain", "k"),
    bounds={"k": (0.1, 100), "middle": (0, 10)},
    gradient=accuracy_gradient,
)
def accuracy_from_loss(loss, *, floor, gain, k, middle):
    r"""A sigmoid of accuracy on loss, $\hat a = a_0 + g\,/\,(1 + e^{k (L - L_0)})$; fit it with raw residuals.

    Parameters
    ----------
    loss
        $L$, loss of the task (in the paper in bits per byte) or of the language model, any unit.
    floor
        $a_0$, accuracy at a high loss; of blind guesses it is known, so fix it there.
    gain
        $g$, what accuracy gains from there to a loss far below $L_0$.
    k
        Steepness, per unit of loss.
    middle
        $L_0$, loss at which half of the gain is reached.

    Source: Bhagia et al. (2024), arXiv:2412.04403, the second of their two steps.
    """
    return floor + gain * logistic(-k * (loss - middle))
