"""The Multi-Power Law of Luo et al. (2025), with the parameters and the errors that the authors publish."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

#: Million parameters -> the published parameters in full digits (repository, logs/25.log and so on;
#: the README rounds them).
PARAMETERS = {
    25: {
        "E": 3.0404540607184405,
        "A": 0.524686039368193,
        "alpha": 0.5078685704877554,
        "B": 363.7875162170278,
        "C": 2.0656081241337327,
        "beta": 0.5827901296148124,
        "gamma": 0.6414225733502996,
    },
    100: {
        "E": 2.6514477024161742,
        "A": 0.6011515230827974,
        "alpha": 0.4529581100522778,
        "B": 437.94642760340304,
        "C": 2.132456121480403,
        "beta": 0.5978519925072291,
        "gamma": 0.6552364418199805,
    },
    400: {
        "E": 2.374744659170942,
        "A": 0.6542121550244083,
        "alpha": 0.42878731201783993,
        "B": 523.4246437117536,
        "C": 2.0246273548931515,
        "beta": 0.5935049336845727,
        "gamma": 0.6347245666876161,
    },
}
#: The README's table of evaluation metrics: averages over the six curves that were not fitted, as printed.
PRINTED = pd.DataFrame(
    {
        25: ("0.9988", "0.00376", "0.00465", "0.00110", "0.00409"),
        100: ("0.9983", "0.00435", "0.00592", "0.00142", "0.00583"),
        400: ("0.9978", "0.00484", "0.00730", "0.00168", "0.00995"),
    },
    index=["R2", "MAE", "RMSE", "PredE", "WorstE"],
)


def given_back(rates: np.ndarray, steps: Sequence[int], *, C: float, beta: float, gamma: float) -> np.ndarray:
    r"""What falls of the rate have given so far, $\sum_{k\le t}(\eta_{k-1}-\eta_k)\,G(\eta_k^{-\gamma}S_k(t))$.

    Parameters
    ----------
    rates
        Rate at each step, warm-up included: its rises enter with their sign.
    steps
        Steps t at which it is asked, shape (n,).
    C, beta, gamma
        Of $G(x) = 1 - (1 + Cx)^{-\beta}$, and of the rate.

    Returns
    -------
    ndarray
        Shape (n,), in units of the rate.
    """
    area = np.cumsum(rates)
    moved = np.flatnonzero(np.diff(rates)) + 1
    falls = rates[moved - 1] - rates[moved]
    scale = C * rates[moved] ** -gamma
    before = area[moved - 1]
    found = np.empty(len(steps))
    for i, step in enumerate(steps):
        n = np.searchsorted(moved, step, side="right")
        found[i] = falls[:n] @ (1 - (1 + scale[:n] * (area[step] - before[:n])) ** -beta)
    return found


def evaluation(loss: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
    """The measures that the authors print of one curve, under their names.

    Parameters
    ----------
    loss, predicted
        Nats per token, shape (n,).
    """
    off = loss - predicted
    return {
        "R2": 1 - (off**2).sum() / ((loss - loss.mean()) ** 2).sum(),
        "MAE": np.abs(off).mean(),
        "RMSE": np.sqrt((off**2).mean()),
        "PredE": (np.abs(off) / loss).mean(),
        "WorstE": (np.abs(off) / loss).max(),
    }


def half_units(ours: Mapping[str, float], printed: Mapping[str, str]) -> pd.Series:
    """How far numbers are from printed ones, in half units of the last printed digit.

    Parameters
    ----------
    ours
        Name -> number.
    printed
        Name -> the number as it is printed.
    """
    return pd.Series(
        {
            name: abs(ours[name] - float(text)) / (0.5 * 10.0 ** -len(text.partition(".")[2]))
            for name, text in printed.items()
        }
    )
