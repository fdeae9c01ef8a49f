"""NIST's 27 nonlinear regression problems: their models as laws, and how many certified digits a fit reaches.

Formulas as the problems' files state them; see `data/published/nist_strd`.
"""

from __future__ import annotations

import numpy as np

from scalinglaws import Fit, fit, law


@law
def saturating(x, *, b1, b2):
    return b1 * (1 - np.exp(-b2 * x))


@law
def misra1b(x, *, b1, b2):
    return b1 * (1 - (1 + b2 * x / 2) ** -2)


@law
def misra1c(x, *, b1, b2):
    return b1 * (1 - (1 + 2 * b2 * x) ** -0.5)


@law
def misra1d(x, *, b1, b2):
    return b1 * b2 * x / (1 + b2 * x)


@law
def chwirut(x, *, b1, b2, b3):
    return np.exp(-b1 * x) / (b2 + b3 * x)


@law
def lanczos(x, *, b1, b2, b3, b4, b5, b6):
    return b1 * np.exp(-b2 * x) + b3 * np.exp(-b4 * x) + b5 * np.exp(-b6 * x)


@law
def gauss(x, *, b1, b2, b3, b4, b5, b6, b7, b8):
    peaks = b3 * np.exp(-(((x - b4) / b5) ** 2)) + b6 * np.exp(-(((x - b7) / b8) ** 2))
    return b1 * np.exp(-b2 * x) + peaks


@law
def danwood(x, *, b1, b2):
    return b1 * x**b2


@law
def kirby2(x, *, b1, b2, b3, b4, b5):
    return (b1 + b2 * x + b3 * x**2) / (1 + b4 * x + b5 * x**2)


@law
def cubic_ratio(x, *, b1, b2, b3, b4, b5, b6, b7):
    return (b1 + b2 * x + b3 * x**2 + b4 * x**3) / (1 + b5 * x + b6 * x**2 + b7 * x**3)


@law
def nelson(x, x2, *, b1, b2, b3):
    # Of log y: the test takes the logarithm.
    return b1 - b2 * x * np.exp(-b3 * x2)


@law
def mgh17(x, *, b1, b2, b3, b4, b5):
    return b1 + b2 * np.exp(-b4 * x) + b3 * np.exp(-b5 * x)


@law
def roszman1(x, *, b1, b2, b3, b4):
    return b1 - b2 * x - np.arctan(b3 / (x - b4)) / np.pi


@law
def enso(x, *, b1, b2, b3, b4, b5, b6, b7, b8, b9):
    def wave(period, cosine, sine):
        angle = 2 * np.pi * x / period
        return cosine * np.cos(angle) + sine * np.sin(angle)

    return b1 + wave(12.0, b2, b3) + wave(b4, b5, b6) + wave(b7, b8, b9)


@law
def mgh09(x, *, b1, b2, b3, b4):
    return b1 * (x**2 + b2 * x) / (x**2 + b3 * x + b4)


@law
def mgh10(x, *, b1, b2, b3):
    return b1 * np.exp(b2 / (x + b3))


@law
def rat42(x, *, b1, b2, b3):
    return b1 / (1 + np.exp(b2 - b3 * x))


@law
def rat43(x, *, b1, b2, b3, b4):
    return b1 / (1 + np.exp(b2 - b3 * x)) ** (1 / b4)


@law
def eckerle4(x, *, b1, b2, b3):
    return b1 / b2 * np.exp(-0.5 * ((x - b3) / b2) ** 2)


@law
def bennett5(x, *, b1, b2, b3):
    return b1 * (b2 + x) ** (-1 / b3)


PROBLEMS = {
    "Bennett5": bennett5,
    "BoxBOD": saturating,
    "Chwirut1": chwirut,
    "Chwirut2": chwirut,
    "DanWood": danwood,
    "ENSO": enso,
    "Eckerle4": eckerle4,
    "Gauss1": gauss,
    "Gauss2": gauss,
    "Gauss3": gauss,
    "Hahn1": cubic_ratio,
    "Kirby2": kirby2,
    "Lanczos1": lanczos,
    "Lanczos2": lanczos,
    "Lanczos3": lanczos,
    "MGH09": mgh09,
    "MGH10": mgh10,
    "MGH17": mgh17,
    "Misra1a": saturating,
    "Misra1b": misra1b,
    "Misra1c": misra1c,
    "Misra1d": misra1d,
    "Nelson": nelson,
    "Rat42": rat42,
    "Rat43": rat43,
    "Roszman1": roszman1,
    "Thurber": cubic_ratio,
}

#: Its residuals are 1e-13 of y, below the rounding of the data: their sum of squares, and the
#: standard errors made from it, are rounding themselves.
ROUNDING = "Lanczos1"


def digits(ours, certified) -> float:
    """How many digits agree, the sign too: 16 where all do."""
    error = np.abs(np.asarray(ours) - certified) / np.abs(certified)
    return float(-np.log10(np.maximum(error, 1e-16)).min())


def solved(name: str, start: str, observations, certified) -> tuple[Fit, dict[str, float]]:
    """The fit of a problem from one of NIST's starts, and the fewest digits of what is certified."""
    data, answers = (table[table["problem"] == name] for table in (observations, certified))
    if name == "Nelson":
        data = data.assign(y=np.log(data["y"]))
    begin = dict(zip(answers["parameter"], answers[start], strict=True))
    found = fit(PROBLEMS[name], data, y="y", residual="raw", starts=[begin], strict=False)
    reached = {"parameters": digits([found[p] for p in answers["parameter"]], answers["value"])}
    if name != ROUNDING:
        reached["standard errors"] = digits(np.sqrt(np.diag(found.covariance)), answers["se"])
        reached["residual sum of squares"] = digits(2 * found.objective, answers["rss"].iloc[0])
    return found, reached
