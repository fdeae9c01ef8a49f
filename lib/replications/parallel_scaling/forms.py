"""Six forms of a loss in parameters and streams, and how far off they are on runs that were held out."""

from __future__ import annotations

import numpy as np
import pandas as pd

from scalinglaws import law

COMMON = dict(
    linear=("E", "B"), positive=("E", "B"), derived={"A": lambda p: 1e9 * p["B"] ** (1 / p["alpha"])}
)


@law(bounds={"alpha": (0.02, 2), "k": (0, 5)}, **COMMON)
def log_streams(n_params, streams, *, E, B, alpha, k):
    """Loss where streams are worth k ln P + 1 times the parameters (Chen et al. 2025, eq. 5)."""
    return E + B * (n_params / 1e9 * (k * np.log(streams) + 1)) ** -alpha


@law(bounds={"alpha": (0.02, 2), "kappa": (0, 2)}, **COMMON)
def power_streams(n_params, streams, *, E, B, alpha, kappa):
    """Loss where streams are worth a power of P times the parameters: the rival."""
    return E + B * (n_params / 1e9 * streams**kappa) ** -alpha


@law(bounds={"alpha": (0.02, 2), "rho": (0, 1)}, **COMMON)
def correlated_streams(n_params, streams, *, E, B, alpha, rho):
    """Loss where streams err together with the correlation rho (Chen et al. 2025, eq. 4)."""
    return E + B * (n_params / 1e9) ** -alpha * (rho + (1 - rho) / streams)


@law(bounds={"alpha": (0.02, 2), "k": (0, 5), "rise": (-1, 1)}, **COMMON)
def rising_streams(n_params, streams, *, E, B, alpha, k, rise):
    """The logarithm, with a worth that grows as a power of the parameters."""
    return E + B * (n_params / 1e9 * (k * (n_params / 1e9) ** rise * np.log(streams) + 1)) ** -alpha


@law(bounds={"alpha": (0.02, 2), "kappa": (0, 2), "rise": (-1, 1)}, **COMMON)
def rising_power(n_params, streams, *, E, B, alpha, kappa, rise):
    """A power of P, with an exponent that grows as a power of the parameters."""
    return E + B * (n_params / 1e9 * streams ** (kappa * (n_params / 1e9) ** rise)) ** -alpha


@law(bounds={"alpha": (0.02, 2), "beta": (0.02, 4)}, linear=("E", "B", "C"), positive=("E", "B", "C"))
def side_by_side(n_params, streams, *, E, B, C, alpha, beta):
    """Parameters and streams in a term each."""
    return E + B * (n_params / 1e9) ** -alpha + C * streams**-beta


def errors(form, params, held: pd.DataFrame) -> np.ndarray:
    """Absolute errors of a form on runs held out, in per cent of their loss.

    Parameters
    ----------
    form
        One of the forms above.
    params
        Its parameters by name, each one number or a column of them.
    held
        Runs: n_params, streams, loss in nats per token.

    Returns
    -------
    ndarray
        A row a set of parameters, a column a run.
    """
    columns = {name: np.reshape(params[name], (-1, 1)) for name in form.parameters}
    found = form(held.n_params.to_numpy(), held.streams.to_numpy(), **columns)
    return 100 * np.abs(np.log(found / held.loss.to_numpy()))
