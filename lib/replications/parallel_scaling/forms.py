"""Six forms of a loss in parameters and streams, and how far off they are on runs that were held out."""

from __future__ import annotations

import numpy as np
import pandas as pd

from scalinglaws import law

COMMON = dict(
    linear=("E", "B"), positive=("E", "B"), derived={"A": lambda p: 1e9 * p["B"] ** (1 / p["alpha"])}
)


def first(size, by, B, alpha, name):
    """First derivatives of E + B size^-alpha, where `name` changes the logarithm of the size by `by`."""
    power = size**-alpha
    return {"E": 1.0, "B": power, "alpha": -B * power * np.log(size), name: -alpha * B * power * by}


def second(size, by, bend, B, alpha, name):
    """Second derivatives; `bend` is that of the size itself by `name`, over the size."""
    power, log = size**-alpha, np.log(size)
    return {
        ("B", "alpha"): -power * log,
        ("B", name): -alpha * power * by,
        ("alpha", "alpha"): B * power * log**2,
        ("alpha", name): B * power * by * (alpha * log - 1),
        (name, name): alpha * B * power * ((alpha + 1) * by**2 - bend),
    }


def log_gradient(n_params, streams, *, E, B, alpha, k):
    times = k * np.log(streams) + 1
    return first(n_params / 1e9 * times, np.log(streams) / times, B, alpha, "k")


def log_hessian(n_params, streams, *, E, B, alpha, k):
    times = k * np.log(streams) + 1
    return second(n_params / 1e9 * times, np.log(streams) / times, 0.0, B, alpha, "k")


def power_gradient(n_params, streams, *, E, B, alpha, kappa):
    return first(n_params / 1e9 * streams**kappa, np.log(streams), B, alpha, "kappa")


def power_hessian(n_params, streams, *, E, B, alpha, kappa):
    by = np.log(streams)
    return second(n_params / 1e9 * streams**kappa, by, by**2, B, alpha, "kappa")


@law(bounds={"alpha": (0.02, 2), "k": (0, 5)}, gradient=log_gradient, hessian=log_hessian, **COMMON)
def log_streams(n_params, streams, *, E, B, alpha, k):
    """Loss where streams are worth k ln P + 1 times the parameters (Chen et al. 2025, eq. 5)."""
    return E + B * (n_params / 1e9 * (k * np.log(streams) + 1)) ** -alpha


@law(bounds={"alpha": (0.02, 2), "kappa": (0, 2)}, gradient=power_gradient, hessian=power_hessian, **COMMON)
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
