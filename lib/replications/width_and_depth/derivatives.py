"""Derivatives of the law of width, depth, parameters and tokens, which make its fits fast."""

from __future__ import annotations

from typing import Any

import numpy as np

#: Exponents, in the order of the columns; each coefficient has the letter of its exponent, written large.
EXPONENTS = "abcd"


def slopes(*columns: np.ndarray, **params: Any) -> dict[Any, Any]:
    """First derivatives of E + sum of K x^-k by E, K and k.

    Parameters
    ----------
    columns
        Width, depth, parameters and tokens.
    params
        `E`, the coefficients `A` to `D` and the exponents `a` to `d`.
    """
    found = {"E": 1.0}
    for k, x in zip(EXPONENTS, columns, strict=True):
        power = x ** -params[k]
        found |= {k.upper(): power, k: -params[k.upper()] * power * np.log(x)}
    return found


def curvatures(*columns: np.ndarray, **params: Any) -> dict[Any, Any]:
    """Second derivatives by the parameters, those that are not zero; arguments as for `slopes`."""
    found = {}
    for k, x in zip(EXPONENTS, columns, strict=True):
        fall = -np.log(x) * x ** -params[k]
        found |= {(k.upper(), k): fall, (k, k): -params[k.upper()] * fall * np.log(x)}
    return found
